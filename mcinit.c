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
#include <sys/stat.h>

#include "act.h"
#include "adopt.h"
#include "carrier.h"
#include "cli.h"
#include "control.h"
#include "crash.h"
#include "daemon.h"
#include "dropin.h"
#include "fds.h"
#include "files.h"
#include "host.h"
#include "input.h"
#include "log.h"
#include "metrics.h"
#include "notify.h"
#include "output.h"
#include "pidfile.h"
#include "prove.h"
#include "resume.h"
#include "sweep.h"
#include "sys.h"
#include "trace.h"
#include "who.h"
#include "words.h"

enum { EXIT_SYSTEM = 71, EXIT_CONFIG = 78, TAGS = 16, SET_UP_STACK = 64 * 1024,
	SET_UP_MARGIN = 1024 };

extern char **environ;

static _Alignas(64) struct conf confs[2];
/* Aligned, so that all of it can be given back once it is copied. */
static _Alignas(4096) struct load_text incoming;
static struct act_scope scope;

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
load_conf(const struct cli *cli, enum step_mode mode, bool *held)
{
	*held = false;
	if (load_read(&incoming, &confs[0], &cli->request, true, load_say_in_log, NULL) > 0) {
		if (mode != MODE_APPLIANCE)
			sys_exit(EXIT_CONFIG);
		*held = true;
		load_nothing(&confs[0]);
		log_err(NULL, 0, "no server runs. Mend the INI, then send SIGHUP to process 1, or reboot");
	}
	log_set(confs[0].mcinit.log_level, confs[0].mcinit.log_format == FORMAT_JSON);
	scope.conf = &confs[0];
	scope.next = &confs[1];
	if (incoming.file[0] == '\0' && scope.conf->servers > 0)
		log_info(NULL, "no INI found; running server.jar of %s with defaults", incoming.directory);
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
	if (world_text(0)->file[0] != '\0') {
		words[n++] = c;
		words[n++] = world_text(0)->file;
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
	int fd;
	struct stat st;

	if (cli->trace == NULL)
		return;
	fd = sys_open(cli->trace, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		cannot_start(fd, cli->trace);
	/* A FIFO that nobody reads would stop us. */
	if (sys_stat_fd(fd, &st) < 0 || !S_ISREG(st.st_mode) || sys_truncate(fd, 0) < 0)
		cannot_start(0, "--trace wants a regular file");
	scope.world->fds.trace = fd;
}

static void
open_events(void)
{
	scope.signals = sys_signalfd();
	scope.epoll = sys_epoll();
	if (scope.signals < 0 || scope.epoll < 0)
		cannot_start(scope.signals < 0 ? scope.signals : scope.epoll, "signalfd or epoll");
	if (sys_epoll_add(scope.epoll, scope.signals, TAG_SIGNALS) < 0)
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

/* As process 1 in memory alone: it ends with us in any case. */
static void
open_world(enum step_mode mode, const char *run_dir)
{
	int dir = mode == MODE_SERVICE ? sys_open(run_dir, O_RDONLY | O_DIRECTORY, 0) : -1;

	scope.world = world_create(dir);
	if (scope.world == NULL)
		cannot_start(0, "no room for the state in run_dir or memory");
	if (dir >= 0)
		sys_close(dir);
	memcpy(world_text(0), &incoming, load_bytes(&incoming));
	sys_give_back(&incoming, sizeof(incoming));
	memcpy(scope.world->name, scope.conf->name, sizeof(scope.world->name));
	scope.world->level = (uint32_t)log_level();
}

/* True: with servers that run already. */
static bool
open_anew(enum step_mode mode, const char *run_dir, bool held)
{
	bool adopted;

	open_world(mode, run_dir);
	scope.world->held = held;
	if (console_open(&scope.world->console, run_dir, mode == MODE_SERVICE) < 0)
		sys_exit(EXIT_SYSTEM);
	console_configure(&scope.world->console, &scope.world->proc, scope.conf, scope.conf);
	step_init(&scope.world->machine, mode, host_in_container(mode));
	adopted = adopt_by_lock(&scope);
	act_tell(&scope, STEP_CONF, -1, 0);
	world_commit();
	return adopted;
}

static void
leave_terminal(int waiting, const char *run_dir)
{
	const char *dir = scope.conf->log.dir[0] != '\0' ? scope.conf->log.dir : run_dir;
	char path[LOAD_PATH];
	int rc = daemon_log(waiting, dir, path, sizeof(path));

	if (rc < 0)
		cannot_start(rc, path);
}

/* What is locked stays so until we end. */
static void
hold(int lock, int waiting)
{
	struct world_fds *fds = &scope.world->fds;
	const char *path = scope.conf->mcinit.pid_file;

	fds->lock = lock < 0 ? -1 : lock;
	fds->waiting = waiting;
	if (path[0] != '\0' && pidfile_write(path, &fds->pid_file) < 0)
		sys_exit(EXIT_SYSTEM);
	world_commit();
}

static uint32_t
find_group(void)
{
	const char *name = scope.conf->mcinit.socket_group;
	uint32_t group;
	int rc = *name != '\0' ? who_group(name, &group) : 0;

	if (rc < 0)
		log_warn(NULL, rc == -ENOENT ? 0 : rc, "socket_group: there is no group %s; only root and mcinit's own "
		    "user reach the control socket", name);
	return *name == '\0' || rc < 0 ? CONTROL_NO_GROUP : group;
}

/* Leaves the working directory: an inherited one would keep its file system from being unmounted. */
static void
listen_for_verbs(const char *run_dir)
{
	uint32_t group = find_group();
	int refused, fd = control_open(run_dir, group, &refused);
	int rc = fd < 0 ? fd : sys_epoll_add_edge(scope.epoll, fd, TAG_CONTROL);

	if (fd >= 0 && rc < 0)
		sys_close(fd);
	/* Servers run without it, too. */
	if (rc < 0)
		log_warn(NULL, rc, "cannot listen at %s/control: no verb will reach this mcinit", run_dir);
	if (refused < 0)
		log_warn(NULL, refused, "socket_group: cannot open %s to group %s; mcinit's user has to be root or a "
		    "member of it", run_dir, scope.conf->mcinit.socket_group);
	scope.world->fds.control = rc < 0 ? -1 : fd;
	scope.world->socket_group = refused < 0 ? 0 : group + UINT32_C(1);
	sys_change_dir("/");
	world_commit();
}

/* True: with the servers of an mcinit before us. */
static bool
begin(const struct cli *cli, int waiting)
{
	enum step_mode mode = host_mode();
	char run_dir[HOST_PATH];
	bool held, adopted;
	int lock;

	if (mode == MODE_SERVICE)
		sys_subreaper();
	load_conf(cli, mode, &held);
	lock = host_run_dir(scope.conf->mcinit.run_dir, mode != MODE_SERVICE, run_dir);
	if (lock < 0 && mode != MODE_APPLIANCE)
		sys_exit(EXIT_SYSTEM);
	/* What was refused is not used all the same: a machine has servers without it. */
	if (lock < 0)
		run_dir[0] = '\0';
	if (waiting >= 0)
		leave_terminal(waiting, run_dir);
	adopted = mode == MODE_SERVICE && adopt_state(&scope, confs, run_dir);
	if (!adopted)
		adopted = open_anew(mode, run_dir, held);
	hold(lock, waiting);
	open_events();
	open_trace(cli);
	listen_for_verbs(run_dir);
	console_take_log(&scope.world->console);
	announce(mode, run_dir);
	return adopted;
}

static void
arm(char *argv[])
{
	int rc = crash_arm(argv);

	if (rc < 0)
		log_warn(NULL, rc, "mcinit would not outlive a fault of its own here");
}

static bool
set_up(const struct cli *cli, char *argv[])
{
	bool adopted;

	sys_close_from(3);
	log_open();
	proc_set_self();
	adopted = begin(cli, cli->daemon ? daemon_leave() : -1);
	arm(argv);
	return adopted;
}

static void
set_up_again(int state, char *argv[])
{
	const char *slash = strrchr(argv[0], '/');

	sys_take_name(slash != NULL ? slash + 1 : argv[0]);
	log_open();
	proc_set_self();
	resume_open(&scope, state);
	arm(argv);
	resume_state(&scope, confs);
	open_events();
}

/* ---- the loop: from here on nothing may bail ---- */

static void
write_to_trace(const char *text)
{
	int32_t *trace = &scope.world->fds.trace;
	size_t bytes = strlen(text);

	if (*trace < 0 || sys_write(*trace, text, bytes) == (ssize_t)bytes)
		return;
	log_err(NULL, 0, "the trace cannot be written any more; it ends here");
	fds_drop(trace);
}

static void
write_trace(int64_t now, const struct step_event *event, const struct step_acts *acts)
{
	static _Alignas(64) char text[TRACE_LINES];
	static const struct conf *head;

	/* The first turn under a new configuration tells what it is. */
	if (head != scope.conf) {
		head = scope.conf;
		trace_head(text, sizeof(text), &scope.world->machine.whole, head);
		write_to_trace(text);
	}
	trace_turn(text, sizeof(text), now, event, acts, &scope.world->machine);
	write_to_trace(text);
}

/* Decide, commit, do: a turn that was not committed has never happened. */
static void
turn(const struct step_event *event)
{
	struct world *w = scope.world;
	int64_t now = sys_now();

	step(scope.conf, &w->machine, event, now, &w->acts);
	w->done = 0;
	w->log_at = log_position();
	world_commit();
	if (w->fds.trace >= 0)
		write_trace(now, event, &w->acts);
	act_all(&scope);
	world_settled();
}

static void
turn_all(void)
{
	struct step_event event;

	/* A turn behind FINISH would put its own actions, none, in the place of FINISH. */
	while (!scope.finished && act_next(&scope, &event))
		turn(&event);
}

static void
hear_signals(void)
{
	if (act_hear_signal(&scope))
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
	case TAG_MAIN:
		act_hear_main(&scope, (int)(tag & 0xff));
		break;
	case TAG_CONSOLE:
		act_hear_console(&scope);
		break;
	case TAG_CONTROL:
		scope.at_the_door = true;
		break;
	case TAG_CLIENT:
		act_hear_client(&scope, (int)(tag & 0xff));
		break;
	case TAG_RCON:
		act_hear_rcon(&scope, (int)(tag & 0xff));
		break;
	case TAG_TRIAL:
		act_hear_trial(&scope);
		break;
	}
}

static int
time_to_wait(void)
{
	int64_t deadline = step_deadline(&scope.world->machine), left;

	if (scope.more_to_reap)
		return 0;
	if (notify_due() < deadline)
		deadline = notify_due();
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
		sys_readable(scope.signals, 1000);
		hear_signals();
		act_hear_reader(&scope);
		act_hear_console(&scope);
		act_hear_control(&scope);
		for (int slot = 0; slot < CONF_SERVERS; slot++) {
			act_hear_report(&scope, slot);
			act_hear_main(&scope, slot);
			act_hear_rcon(&scope, slot);
		}
	}
	for (int i = 0; i < n; i++)
		hear(tags[i]);
	/* Behind those who are in: their places may be taken. */
	if (scope.at_the_door)
		act_hear_control(&scope);
	if (scope.more_to_reap)
		act_reap(&scope);
	if (step_deadline(&scope.world->machine) <= sys_now())
		act_tell(&scope, STEP_TICK, -1, 0);
}

/*
 * The parser of the INI went deeper than anything that is still to come. In a frame of its own:
 * inlined, the locals of the caller would lie below `here`, and be given back with the rest.
 */
__attribute__((noinline)) static void
give_back_stack(void)
{
	char *here = __builtin_frame_address(0);

	sys_give_back(here - SET_UP_STACK, SET_UP_STACK - SET_UP_MARGIN);
}

/* Who waits in a terminal is told once. */
static void
tell_waiting(void)
{
	int code = step_settled(scope.conf, &scope.world->machine);

	if (code < 0)
		return;
	daemon_known(scope.world->fds.waiting, code);
	fds_drop(&scope.world->fds.waiting);
	world_commit();
}

_Noreturn static void
end(void)
{
	struct world *w = scope.world;

	/* Nobody shall take over what has ended. */
	if (w->console.dir >= 0) {
		world_remove(w->console.dir);
		control_remove(w->console.dir);
	}
	console_finish(&w->console);
	pidfile_remove(scope.conf->mcinit.pid_file, w->fds.pid_file);
	sys_exit(scope.exit_code);
}

_Noreturn static void
supervise(const struct cli *cli, int state, char *argv[])
{
	bool adopted = false;

	scope.incoming = &incoming;
	if (state < 0)
		adopted = set_up(cli, argv);
	else
		set_up_again(state, argv);
	prepare_reader(cli);
	if (state >= 0)
		resume_work(&scope);
	if (adopted)
		adopt_work(&scope);
	notify_open();
	give_back_stack();
	/* From here on nothing may bail: an exit of process 1 ends everything it looks after. */
	for (;;) {
		turn_all();
		if (scope.finished)
			end();
		if (scope.world->fds.waiting >= 0)
			tell_waiting();
		notify_tell(scope.conf, &scope.world->machine, scope.world->proc.reader != 0, sys_now());
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
		{ "files", files_main }, { "input", input_main },
		{ "metrics", metrics_main }, { "prove", prove_main } };

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
	int code, state = crash_inherited(argc, argv), first = state >= 0;

	sys_signals_block();
	repair_descriptors();
	if (argc > 1 && strncmp(argv[1], "--role=", 7) == 0) {
		/* Who helps fails alone, and is started again. */
		sys_signals_default();
		sys_faults_unblock();
		if (play_role(argc, argv, &code))
			return code;
	}
	if (dropin_asked(argc, argv)) {
		sys_signals_default();
		dropin_main(argc, argv, environ);
	}
	if (argc > 1 && strcmp(argv[1], "--role=read") == 0)
		return cli_parse(&cli, argc - 1, argv + 1) ? load_role(&cli.request) : cli.exit_code;
	if (!cli_parse(&cli, argc - first, argv + first))
		return cli.exit_code;
	if (cli.verb != NULL || cli.check_only) {
		/* An ordinary program, which Ctrl-C ends where nobody wants it ignored; but ends are waited for. */
		sys_signal_default(SIGCHLD);
		sys_signals_unblock();
		return cli.verb != NULL ? cli_verb(&cli) : cli_check(&cli);
	}
	sys_signals_default();
	supervise(&cli, state, argv);
}
