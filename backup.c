/* SPDX-License-Identifier: MIT */
/*
 * backup: the verb backup; see backup.h.
 *
 * On the console where there is one, for that tells when the save is done, however long it takes; else by
 * RCON.
 */
#include "backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "fmt.h"
#include "log.h"
#include "path.h"
#include "status.h"
#include "sys.h"
#include "talk.h"

enum { DONE = 0, NO = 1, USAGE = 64, LATE = 75, SAVE = 2 * 60 * 1000, SAVE_ON = 20 * 1000, PATIENCE = 30 * 1000,
	LOOK_EACH = 50 };

extern char **environ;

static _Alignas(64) struct {
	const char *name;		/* NULL: none was given */
	char *const *command;
	int64_t timeout;
	struct status status;
	char why[STATUS_WHY];
	int here;			/* the directory that COMMAND is to run in */
} my;

static int
complain(int code, const char *of, const char *what)
{
	char text[STATUS_WHY + REPORT_NAME];

	fmt_put(text, sizeof(text), "mcinit: %s%s%s\n", of, *of != '\0' ? ": " : "", what);
	log_print(2, text);
	return code;
}

static int
read_words(int count, char *const words[])
{
	static const char form[] = "backup [NAME] [--timeout TIME] -- COMMAND [ARG]...";

	my.timeout = SAVE;
	for (int i = 1; i < count; i++) {
		if (strcmp(words[i], "--") == 0) {
			my.command = words + i + 1;
			break;
		}
		if (strcmp(words[i], "--timeout") == 0 && i + 1 < count) {
			my.timeout = ask_duration(words[++i]);
			if (my.timeout <= 0)
				return complain(USAGE, words[i], "give a time such as 30s or 5m, up to 24h");
		} else if (words[i][0] != '-' && my.name == NULL) {
			my.name = words[i];
		} else {
			return complain(USAGE, words[i], form);
		}
	}
	return my.command != NULL && *my.command != NULL ? DONE : complain(USAGE, "the command is missing", form);
}

/* Which server: it has to run. */
static int
choose(void)
{
	const struct report_server *s = &my.status.server[0];
	int code = status_fetch(my.name, &my.status, my.why);

	if (code != DONE)
		return complain(code, "", my.why);
	if (my.status.count != 1)
		return complain(USAGE, "say for which server", "there are several");
	if (strcmp(s->state, "running") != 0)
		return complain(NO, s->name, "it does not run: back up its directory as it is");
	return DONE;
}

/* ---- the save ---- */

static int
take_nothing(const char *bytes, size_t count)
{
	(void)bytes;
	(void)count;
	return 0;
}

static int
by_rcon(const char *command, int64_t until)
{
	char argument[REPORT_NAME + 64];
	struct ask ask = { .verb = CTL_RCON, .argument = argument, .until = until, .take = take_nothing,
		.why = my.why, .room = sizeof(my.why) };

	fmt_put(argument, sizeof(argument), "%s %s", my.status.server[0].name, command);
	return ask_mcinit(".", &ask);
}

static int
save_by_rcon(int64_t until)
{
	const char *name = my.status.server[0].name;
	int code = by_rcon("save-off", until);

	if (code == DONE)
		code = by_rcon("save-all flush", until);
	return code == DONE ? DONE : complain(code == LATE ? LATE : NO, name, my.why);
}

static int
save(void)
{
	static const char *const saved[] = { "Saved the game", "Saved the world", NULL };
	const char *name = my.status.server[0].name;
	int64_t until = sys_now() + my.timeout;
	int rc = talk_type(name, "save-off", NULL, until);

	if (rc == -ENOENT || rc == -ENXIO || rc == -EACCES || rc == -EPIPE)
		return save_by_rcon(until);
	if (rc == 0)
		rc = talk_type(name, "save-all flush", saved, until);
	if (rc == 0)
		return DONE;
	return rc == -ETIMEDOUT ? complain(LATE, name, "it did not say in time that it has saved; the command was not "
	    "run. --timeout makes it wait longer") : complain(NO, name, log_errno(rc));
}

/* ---- the command ---- */

static int
run(void)
{
	pid_t pid = sys_fork();
	int status = 0, rc;
	bool no_interpreter;

	if (pid < 0)
		return complain(NO, my.command[0], log_errno((int)pid));
	if (pid == 0) {
		sys_change_dir_fd(my.here);
		sys_signals_unblock();
		rc = path_exec(getenv("PATH"), my.command, environ, &no_interpreter);
		complain(NO, my.command[0], log_errno(rc));
		sys_exit(rc == -ENOENT ? 127 : 126);
	}
	while ((rc = (int)sys_reap(&status)) != pid && rc != -ECHILD)
		sys_readable(-1, LOOK_EACH);
	if (rc != pid)
		return complain(NO, my.command[0], "it is not known how it ended");
	return (status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f);
}

/* mcinit says it when the last connection is gone; it is told when that is done. */
static int
let_go(int connection)
{
	int64_t until = sys_now() + SAVE_ON;
	const char *name = my.status.server[0].name;

	sys_close(connection);
	while (status_fetch(name, &my.status, my.why) == DONE && my.status.count == 1 &&
	    my.status.server[0].save_off == 1 && my.status.server[0].backups == 0) {
		if (sys_now() >= until)
			return complain(NO, name, "save-on was not said yet; see the log");
		sys_readable(-1, LOOK_EACH);
	}
	return DONE;
}

int
backup_main(const char *run_dir, int count, char *const words[])
{
	struct ask hold = { .verb = CTL_HOLD, .why = my.why, .room = sizeof(my.why) };
	int code = read_words(count, words), connection, over;

	if (code != DONE)
		return code;
	my.here = sys_open(".", O_RDONLY | O_DIRECTORY, 0);
	if (sys_change_dir(run_dir) < 0)
		return complain(NO, run_dir, "cannot go there");
	code = choose();
	if (code != DONE)
		return code;
	hold.argument = my.status.server[0].name;
	hold.until = sys_now() + PATIENCE;
	code = ask_lasting(&hold, &connection);
	if (code != DONE)
		return complain(code == ASK_AGAIN ? NO : code, my.status.server[0].name, my.why);
	code = save();
	if (code == DONE)
		code = run();
	over = let_go(connection);
	return code == DONE ? over : code;
}
