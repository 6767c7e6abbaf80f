/* SPDX-License-Identifier: MIT */
/*
 * mcinit: the front door.  Picks the role, sets up, and turns the loop.
 *
 * One event a turn: the decision (step.c) works on a draft of the state, the draft becomes the
 * truth, then its actions are carried out (act.c).  It must never block, and behind the line
 * that says so it must never end but by the decision to.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>		/* numbers only */
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include "act.h"
#include "carrier.h"
#include "cli.h"
#include "dropin.h"
#include "files.h"
#include "host.h"
#include "input.h"
#include "log.h"
#include "output.h"
#include "sweep.h"
#include "sys.h"
#include "trace.h"
#include "words.h"

enum { EXIT_SYSTEM = 71, EXIT_CONFIG = 78, TAGS = 16 };

extern char **environ;

static struct conf confs[2];
static struct load_text incoming;
static struct act_scope scope;
static int signals, trace = -1;

/* ---- setting up: here errors end the program ---- */

/* Without this the first file we open becomes somebody's standard output. */
static void
repair_descriptors(void)
{
	struct stat st;

	for (int fd = 0; fd <= 2; fd++) {
		int null;

		if (sys_stat_fd(fd, &st) != -EBADF)
			continue;
		null = sys_open("/dev/null", O_RDWR, 0);
		if (null < 0)
			null = sys_open("/", O_RDONLY | O_DIRECTORY, 0);
		if (null >= 0)
			sys_move(null, fd);
		if (null > fd)
			sys_close(null);
	}
}

_Noreturn static void
cannot_start(int error, const char *what)
{
	log_err(NULL, error, "cannot start: %s", what);
	sys_exit(EXIT_SYSTEM);
}

/* A machine whose process 1 exits is a kernel panic: it goes on without servers instead. */
static void
hold(void)
{
	memset(&confs[0].mcinit, 0, sizeof(confs[0].mcinit));
	memset(confs[0].name, 0, sizeof(confs[0].name));
	confs[0].servers = 0;
	confs[0].mcinit.run_dir = "";
	confs[0].mcinit.log_level = LEVEL_INFO;
	confs[0].mcinit.when_all_stopped = ALL_STOPPED_STAY;
	log_err(NULL, 0, "no server runs. Mend the INI, then send SIGHUP to process 1, or reboot");
}

static void
load_conf(const struct cli *cli, enum step_mode mode)
{
	const struct load_text *text = &scope.world->text;

	if (load_read(&scope.world->text, &confs[0], &cli->request, true, load_say_in_log, NULL) > 0) {
		if (mode != MODE_APPLIANCE)
			sys_exit(EXIT_CONFIG);
		hold();
	}
	log_set(confs[0].mcinit.log_level, confs[0].mcinit.log_format == FORMAT_JSON);
	scope.conf = &confs[0];
	scope.next = &confs[1];
	scope.incoming = &incoming;
	if (text->file[0] == '\0' && scope.conf->servers > 0)
		log_info(NULL, "no INI found; running server.jar of %s with defaults", text->directory);
}

/* The helper gets the same command line, but the INI by its absolute name: we leave our cwd. */
static void
prepare_reader(const struct cli *cli)
{
	static char me[] = "mcinit", role[] = "--role=read", c[] = "-c", o[] = "-o";
	static char *words[2 * CLI_OVERRIDES + 5];
	int n = 0;

	words[n++] = me;
	words[n++] = role;
	if (scope.world->text.file[0] != '\0') {
		words[n++] = c;
		words[n++] = scope.world->text.file;
	}
	for (int i = 0; i < cli->request.count; i++) {
		words[n++] = o;
		words[n++] = (char *)(uintptr_t)cli->overrides[i];
	}
	words[n] = NULL;
	scope.reader_argv = words;
}

static void
open_trace(const struct cli *cli)
{
	struct stat st;

	if (cli->trace == NULL)
		return;
	trace = sys_open(cli->trace, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (trace < 0)
		cannot_start(trace, cli->trace);
	/* A FIFO that nobody reads would stop us. */
	if (sys_stat_fd(trace, &st) < 0 || !S_ISREG(st.st_mode) || sys_truncate(trace, 0) < 0)
		cannot_start(0, "--trace wants a regular file");
}

static void
open_events(void)
{
	signals = sys_signalfd();
	scope.epoll = sys_epoll();
	if (signals < 0 || scope.epoll < 0)
		cannot_start(signals < 0 ? signals : scope.epoll, "signalfd or epoll");
	if (sys_epoll_add(scope.epoll, signals, TAG_SIGNALS) < 0)
		cannot_start(0, "epoll refuses the signalfd");
	if (sys_epoll_add(scope.epoll, scope.world->console.reports, TAG_CONSOLE) < 0)
		cannot_start(0, "epoll refuses the pipe of the console processes");
}

static void
announce(enum step_mode mode, const char *run_dir)
{
	log_info(NULL, "mcinit " MCINIT_VERSION ", %s mode, pid %d, %d server%s, run_dir %s",
	    host_mode_name(mode), (int)sys_pid(), scope.conf->servers,
	    scope.conf->servers == 1 ? "" : "s", run_dir);
}

static void
set_up(const struct cli *cli)
{
	enum step_mode mode = host_mode();
	char run_dir[HOST_PATH];

	sys_close_from(3);
	log_open();
	proc_set_self();
	if (mode == MODE_SERVICE)
		sys_subreaper();
	scope.world = world_create();
	if (scope.world == NULL)
		cannot_start(-ENOMEM, "no memory for the state");
	load_conf(cli, mode);
	prepare_reader(cli);
	if (host_run_dir(scope.conf->mcinit.run_dir, mode != MODE_SERVICE, run_dir) < 0 &&
	    mode != MODE_APPLIANCE)
		sys_exit(EXIT_SYSTEM);
	if (console_open(&scope.world->console, run_dir) < 0)
		sys_exit(EXIT_SYSTEM);
	console_configure(&scope.world->console, &scope.world->proc, scope.conf, scope.conf);
	step_init(world_draft(scope.world), mode, host_in_container(mode));
	world_commit(scope.world);
	open_events();
	open_trace(cli);
	/* An inherited directory would keep its file system from being unmounted. */
	sys_change_dir("/");
	console_take_log(&scope.world->console);
	announce(mode, run_dir);
}

/* ---- the loop: from here on nothing may bail ---- */

static void
write_to_trace(const char *text)
{
	size_t bytes = strlen(text);

	if (trace < 0 || sys_write(trace, text, bytes) == (ssize_t)bytes)
		return;
	log_err(NULL, 0, "the trace cannot be written any more; it ends here");
	sys_close(trace);
	trace = -1;
}

static void
write_trace(int64_t now, const struct step_event *event, const struct step_acts *acts)
{
	static char text[TRACE_LINES];
	static const struct conf *head;

	/* The first turn under a new configuration tells what it is. */
	if (head != scope.conf) {
		head = scope.conf;
		trace_head(text, sizeof(text), &world_now(scope.world)->whole, head);
		write_to_trace(text);
	}
	trace_turn(text, sizeof(text), now, event, acts, world_now(scope.world));
	write_to_trace(text);
}

static void
turn(const struct step_event *event)
{
	static struct step_acts acts;
	int64_t now = sys_now();

	step(scope.conf, world_draft(scope.world), event, now, &acts);
	world_commit(scope.world);
	if (trace >= 0)
		write_trace(now, event, &acts);
	for (int i = 0; i < acts.count; i++)
		act(&scope, &acts.act[i]);
}

static void
turn_all(void)
{
	struct step_event event;

	while (act_next(&scope, &event))
		turn(&event);
}

/* Signals that the kernel sends us for our own doing say nothing to us. */
static void
hear_signals(void)
{
	struct signalfd_siginfo info[8];
	int n = sys_signal_read(signals, info, 8);
	bool child = false;

	/* What did not fit wakes us again. */
	for (int i = 0; i < n; i++) {
		if (info[i].ssi_signo == SIGCHLD)
			child = true;
		else if (info[i].ssi_signo != SIGPIPE)
			act_tell(&scope, STEP_SIGNAL, -1, (int32_t)info[i].ssi_signo);
		turn_all();
	}
	if (child)
		act_reap(&scope);
}

static void
hear(uint64_t tag)
{
	switch (tag & ~UINT64_C(0xff)) {
	case TAG_SIGNALS:
		hear_signals();
		break;
	case TAG_REPORT:
		act_hear_report(&scope, (int)(tag & 0xff));
		break;
	case TAG_READER:
		act_hear_reader(&scope);
		break;
	case TAG_CONSOLE:
		act_hear_console(&scope);
		break;
	}
}

static int
time_to_wait(void)
{
	int64_t deadline = step_deadline(world_now(scope.world)), left;

	if (scope.more_to_reap)
		return 0;
	if (deadline == STEP_NEVER)
		return -1;
	left = deadline - sys_now();
	return left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static void
wait_and_hear(void)
{
	uint64_t tags[TAGS];
	int n = sys_epoll_wait(scope.epoll, tags, TAGS, time_to_wait());

	/* It cannot fail as we call it; if it does, the signals still have to be served. */
	if (n < 0) {
		sys_readable(signals, 1000);
		hear_signals();
		act_hear_reader(&scope);
		act_hear_console(&scope);
		for (int slot = 0; slot < CONF_SERVERS; slot++)
			act_hear_report(&scope, slot);
	}
	for (int i = 0; i < n; i++)
		hear(tags[i]);
	if (scope.more_to_reap)
		act_reap(&scope);
	if (step_deadline(world_now(scope.world)) <= sys_now())
		act_tell(&scope, STEP_TICK, -1, 0);
}

_Noreturn static void
supervise(const struct cli *cli)
{
	set_up(cli);
	/* From here on nothing may bail: an exit of process 1 ends everything it looks after. */
	act_tell(&scope, STEP_CONF, -1, 0);
	for (;;) {
		turn_all();
		if (scope.finished)
			sys_exit(scope.exit_code);
		wait_and_hear();
	}
}

/* A helper of another mcinit; false: it is none of these. */
static bool
play_role(int argc, char *argv[], int *code)
{
	static const struct {
		char word[8];
		int (*main)(int argc, char *argv[]);
	} roles[] = { { "sweep", sweep_main }, { "carrier", carrier_main }, { "output", output_main },
		{ "files", files_main }, { "input", input_main } };

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(argv[1] + 7, roles[i].word) != 0)
			continue;
		*code = roles[i].main(argc, argv);
		return true;
	}
	return false;
}

int
main(int argc, char *argv[])
{
	struct cli cli;
	int code;

	sys_signals_block();
	sys_signals_default();
	repair_descriptors();
	if (argc > 1 && strncmp(argv[1], "--role=", 7) == 0 && play_role(argc, argv, &code))
		return code;
	if (dropin_asked(argc, argv))
		dropin_main(argc, argv, environ);
	if (argc > 1 && strcmp(argv[1], "--role=read") == 0)
		return cli_parse(&cli, argc - 1, argv + 1) ? load_role(&cli.request) : cli.exit_code;
	if (!cli_parse(&cli, argc, argv))
		return cli.exit_code;
	if (cli.verb != NULL || cli.check_only) {
		/* An ordinary program, which Ctrl-C ends. */
		sys_signals_unblock();
		return cli.verb != NULL ? cli_verb(&cli) : cli_check(&cli);
	}
	supervise(&cli);
}
