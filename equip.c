/* SPDX-License-Identifier: MIT */
/*
 * equip: a server's directory gets what the INI asks for; see equip.h.
 *
 * Whoever is killed in here leaves each file whole, as it was or as it is to be.
 */
#include "equip.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "equip_in.h"
#include "fmt.h"
#include "sys.h"

enum { KEY_BYTES = 512 };

/* ---- notes ---- */

int
equip_note_level(enum equip_note note)
{
#define X(name, level, text) LEVEL_##level,
	static const uint8_t levels[] = { EQUIP_NOTES(X) };
#undef X

	return levels[note];
}

void
equip_note_text(char *text, size_t room, enum equip_note note, const char *dir, const char *word,
    int number)
{
#define X(name, level, words) words,
	static const char texts[][208] = { EQUIP_NOTES(X) };
#undef X
	const char *at = texts[note];
	size_t used = 0;

	text[0] = '\0';
	while (*at != '\0' && used < room) {
		size_t n = strcspn(at, "{");

		used += fmt_put(text + used, room - used, "%.*s", (int)n, at);
		at += n;
		if (used >= room || *at == '\0')
			break;
		if (at[1] == 'n')
			used += fmt_put(text + used, room - used, "%d", number);
		else
			used += fmt_put(text + used, room - used, "%s", at[1] == 'd' ? dir : word);
		at = strchr(at, '}') + 1;
	}
}

static void
note(const struct equip_job *job, enum equip_note which, int rc)
{
	job->note(job->report, which, -rc, 0, "");
}

/* ---- files ---- */

static void
accept_eula(const struct equip_job *job)
{
	struct props_file file;
	int rc = props_open(&file, AT_FDCWD, "eula.txt"), closed = 0;

	if (rc == 0) {
		rc = props_change(&file, "eula", "true");
		file.changed &= rc == 0;
		closed = props_close(&file, false);
	}
	if (rc < 0 || closed < 0)
		note(job, EQUIP_EULA, rc < 0 ? rc : closed);
}

const char *
equip_line(const struct conf_server *conf, const char *key)
{
	const char *value = NULL;
	size_t n = strlen(key);

	for (const char *line = conf_next(&conf->property, NULL); line != NULL;
	    line = conf_next(&conf->property, line))
		if (strncmp(line, key, n) == 0 && line[n] == '=')
			value = line + n + 1 + strspn(line + n + 1, " \t");
	return value;
}

/* Of several lines with one key only the last: a file that is as it should be is not written. */
static int
set_lines(struct equip_work *work)
{
	const struct conf_list *lines = &work->conf->property;
	char key[KEY_BYTES];
	int rc = 0;

	for (const char *line = conf_next(lines, NULL); line != NULL && rc == 0;
	    line = conf_next(lines, line)) {
		const char *value = strchr(line, '=');

		if (value == NULL)
			continue;
		if (fmt_put(key, sizeof(key), "%.*s", (int)(value - line), line) >= sizeof(key))
			return -ENAMETOOLONG;
		value += 1 + strspn(value + 1, " \t");
		if (equip_line(work->conf, key) == value)
			rc = props_change(&work->file, key, value);
	}
	work->secret = equip_line(work->conf, "rcon.password") != NULL;
	return rc;
}

/* Whether a server of the type reads server.properties, and so makes it if it is missing. */
static bool
makes_properties(int type)
{
	return type == TYPE_AUTO || type == TYPE_VANILLA || type == TYPE_PAPER ||
	    type == TYPE_BEDROCK;
}

/* With a file that is not for us to write, what is in it counts. */
static void
write_properties(struct equip_work *work)
{
	struct equip_rcon before = { .on = false };
	bool usable = work->wish != EQUIP_NONE && equip_rcon_read(&work->file, &before);
	int rc = set_lines(work), closed;

	if (rc == 0 && work->wish != EQUIP_NONE)
		rc = equip_rcon_enable(work);
	work->file.changed &= rc == 0;
	closed = props_close(&work->file, work->secret);
	if (rc == 0 && closed == PROPS_OPEN)
		note(work->job, EQUIP_OPEN, 0);
	if (rc == 0 && closed >= 0)
		return;
	note(work->job, EQUIP_UNWRITTEN, rc < 0 ? rc : closed);
	if (work->wish != EQUIP_NONE)
		work->rcon = before;
	work->rcon.on = work->wish != EQUIP_NONE ? usable : work->rcon.on;
}

static void
set_properties(struct equip_work *work)
{
	const struct conf_server *conf = work->conf;
	int rc;

	if (work->wish == EQUIP_NONE && conf->property.count == 0)
		return;
	rc = props_open(&work->file, AT_FDCWD, "server.properties");
	if (rc < 0) {
		note(work->job, EQUIP_UNREADABLE, rc);
		return;
	}
	/* What a command starts may be anything. */
	if (work->wish == EQUIP_AUTO && conf->type == TYPE_AUTO && conf->command.count > 0 &&
	    !work->file.is_there)
		work->wish = EQUIP_NONE;
	if (work->file.is_there || makes_properties((int)conf->type)) {
		write_properties(work);
		return;
	}
	note(work->job, EQUIP_NO_PROPERTIES, 0);
	props_close(&work->file, false);
}

/* ---- what is told ---- */

/* Whoever finds the number finds all before it. */
static void
tell(struct equip_told *told, const struct equip_rcon *rcon)
{
	__atomic_store_n(&told->pid, 0, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	told->rcon = *rcon;
	__atomic_store_n(&told->pid, sys_pid(), __ATOMIC_RELEASE);
}

void
equip_server(const struct equip_job *job)
{
	/* The child's own memory: too much for a stack. */
	static struct equip_work work;
	int twin;

	memset(&work, 0, sizeof(work));
	work.job = job;
	work.conf = &job->conf->server[job->slot];
	if (work.conf->eula)
		accept_eula(job);
	work.wish = equip_rcon_wish(&work);
	set_properties(&work);
	if (!work.rcon.on)
		memset(&work.rcon, 0, sizeof(work.rcon));
	tell(&job->shared->told[job->slot], &work.rcon);
	twin = work.rcon.on ? equip_rcon_twin(&work) : -1;
	if (twin < 0)
		return;
	job->note(job->report, EQUIP_TWIN, 0, work.rcon.place.port, job->conf->name[twin]);
	memset(&work.rcon, 0, sizeof(work.rcon));
	tell(&job->shared->told[job->slot], &work.rcon);
}
