/* SPDX-License-Identifier: MIT */
/*
 * dropin: one program with no INI; see dropin.h.
 *
 * main() comes here when the command line has a `--`.  Below the first fork nothing may bail:
 * as PID 1 our end is the end of every process of the container.  It must never poll, allocate,
 * or do more for an orphan than one waitpid.
 */
#define _GNU_SOURCE
#include "dropin.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "fmt.h"
#include "log.h"
#include "path.h"
#include "sys.h"
#include "words.h"

enum { EXIT_USAGE = 64, EXIT_SYSTEM = 71, EXIT_NOT_RUN = 126, EXIT_NOT_FOUND = 127 };
enum { FIRST_REALTIME = 34 };		/* glibc's and the container engines'; musl says 35 */

struct dropin {
	struct dropin_options options;
	pid_t self, group;		/* ours; the group is 0 when it lies outside our namespace */
	pid_t child;
	int signals;			/* signalfd */
	int tty;			/* our controlling terminal, or -1 */
	bool on_tty;			/* it is our standard input: the program reads it */
	bool given;			/* the program's group was put in the foreground by us */
	bool suspended;			/* we stopped because the program did */
	bool stop_forwarded;		/* somebody asked for the stop through us */
};

/* How the child tells that exec failed. */
struct failure {
	int error;			/* -errno */
	bool no_interpreter;		/* the file is there, what must run it is not */
};

const char dropin_help[] =
    "mcinit [-gsvw] [-p SIGNAL] [-e CODE]... -- PROGRAM [ARG]...\n"
    "  run one program: forward signals to it, reap orphans, exit with its code\n"
    "  -g         send signals to the program's process group\n"
    "  -s         fail if mcinit cannot become a subreaper (it always tries)\n"
    "  -p SIGNAL  get SIGNAL when the parent of mcinit dies, and forward it\n"
    "  -e CODE    exit with 0 instead of CODE (0 to 255), repeatable\n"
    "  -v         say more, up to three times\n"
    "  -w         warn about each orphan that is reaped\n"
    "  -l, -h     show the licence, show this text\n"
    "  MCINIT_SUBREAPER and MCINIT_KILL_PROCESS_GROUP, when set, mean -s and -g;\n"
    "  MCINIT_VERBOSITY is a number: 0 errors, 1 warnings (default), 2 or 3 more\n";

/* A whole decimal number within 0..highest, or -1. */
static int
number(const char *text, int highest)
{
	char *end;
	long value = strtol(text, &end, 10);

	/* strtol() takes blanks and signs too. */
	return *text < '0' || *text > '9' || *end != '\0' || value > highest ? -1 : (int)value;
}

int
dropin_signal(const char *text)
{
	char name[WORDS_SHORT];
	int n = number(text, SYS_SIGNALS);

	if (n >= 0)
		return n;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	if (strncasecmp(text, "RTMIN", 5) == 0 || strncasecmp(text, "RTMAX", 5) == 0) {
		bool from_top = strncasecmp(text, "RTMAX", 5) == 0;

		n = text[5] == '\0' ? 0 : text[5] != (from_top ? '-' : '+') ? -1 :
		    number(text + 6, SYS_SIGNALS - FIRST_REALTIME);
		return n < 0 ? 0 : from_top ? SYS_SIGNALS - n : FIRST_REALTIME + n;
	}
	for (n = FIRST_REALTIME - 1; n > 0; n--) {
		words_signal(name, n);
		if (strcasecmp(name + 3, text) == 0)
			break;
	}
	return n;
}

/* Walks the flags before `--`, bundled or not. */
struct flags {
	char **word;
	const char *letter;		/* in *word; NULL: at its beginning */
	const char *value;		/* of -p and -e; empty when there is none */
};

/* A signal or a code is never called `--`: `-p -- java` has a flag without a value. */
static const char *
flag_value(struct flags *flags)
{
	const char *rest = flags->letter + 1;

	flags->letter = NULL;
	flags->word++;
	if (*rest != '\0')
		return rest;
	return *flags->word == NULL || strcmp(*flags->word, "--") == 0 ? "" : *flags->word++;
}

/* The next flag's letter, 0 at `--`, -1 at anything that is no flag of this mode. */
static int
flag_next(struct flags *flags)
{
	char letter;

	if (flags->letter == NULL) {
		if (*flags->word == NULL || **flags->word != '-')
			return -1;
		if (strcmp(*flags->word, "--") == 0)
			return 0;
		flags->letter = *flags->word + 1;
	}
	letter = *flags->letter;
	if (letter == '\0' || strchr("ghlsvwpe", letter) == NULL)
		return -1;
	if (letter == 'p' || letter == 'e') {
		flags->value = flag_value(flags);
	} else if (*++flags->letter == '\0') {
		flags->letter = NULL;
		flags->word++;
	}
	return letter;
}

bool
dropin_asked(int argc, char *argv[])
{
	struct flags flags = { .word = argv + 1 };
	int flag;

	if (argc < 2)
		return false;
	do
		flag = flag_next(&flags);
	while (flag > 0);
	return flag == 0 && flags.word[1] != NULL;
}

static bool
set_flag(struct dropin_options *options, int flag, const char *value)
{
	int code;

	switch (flag) {
	case 'p':
		options->death_signal = dropin_signal(value);
		return options->death_signal != 0;
	case 'e':
		code = number(value, 255);
		if (code >= 0)
			options->as_zero[code / 32] |= UINT32_C(1) << code % 32;
		return code >= 0;
	case 'v':
		options->verbosity += options->verbosity < 3;
		return true;
	}
	options->on[flag] = true;
	return true;
}

/* The place of NAME=value in envp, or NULL. */
static char **
env_slot(char *envp[], const char *name)
{
	size_t bytes = strlen(name);

	for (; *envp != NULL; envp++)
		if (strncmp(*envp, name, bytes) == 0 && (*envp)[bytes] == '=')
			return envp;
	return NULL;
}

static const char *
env_value(char *envp[], const char *name)
{
	char **slot = env_slot(envp, name);

	return slot == NULL ? NULL : *slot + strlen(name) + 1;
}

bool
dropin_parse(struct dropin_options *options, char *argv[], char *envp[])
{
	struct flags flags = { .word = argv + 1, .value = "" };
	const char *verbosity = env_value(envp, "MCINIT_VERBOSITY");
	int flag;

	*options = (struct dropin_options){ .verbosity = 1 };
	while ((flag = flag_next(&flags)) > 0) {
		if (set_flag(options, flag, flags.value))
			continue;
		fmt_put(options->problem, sizeof(options->problem), flag == 'p' ?
		    "-p \"%.40s\": give a signal by name or number, such as TERM, 15 or RTMIN+3" :
		    "-e \"%.40s\": give an exit code from 0 to 255", flags.value);
		return false;
	}
	if (flag < 0 || flags.word[1] == NULL) {
		fmt_put(options->problem, sizeof(options->problem), "no program after --");
		return false;
	}
	options->program = flags.word + 1;
	options->on['s'] |= env_value(envp, "MCINIT_SUBREAPER") != NULL;
	options->on['g'] |= env_value(envp, "MCINIT_KILL_PROCESS_GROUP") != NULL;
	if (verbosity != NULL) {
		long level = strtol(verbosity, NULL, 10);

		options->verbosity = level < 0 ? 0 : level > 3 ? 3 : (int)level;
	}
	return true;
}

/* -e counts for every code we leave with, 127 too: the peers' child exits with it by itself. */
static _Noreturn void
leave(const struct dropin *d, int code)
{
	if (d->options.as_zero[code / 32] >> code % 32 & 1)
		code = 0;
	sys_exit(code);
}

static bool
give_terminal(struct dropin *d)
{
	bool done = sys_tty_set_group(d->tty, d->child) == 0;

	d->given |= done;
	return done;
}

/*
 * A script that called us goes on reading the terminal, so it gets it back.  If the program was
 * a shell, the foreground may be left with a job of it that is gone; a living one keeps it.
 */
static void
take_terminal_back(const struct dropin *d)
{
	pid_t owner;

	if (!d->given || d->self == 1)
		return;
	owner = sys_tty_group(d->tty);
	if (owner == d->child || sys_kill_group(owner, 0) == -ESRCH)
		sys_tty_set_group(d->tty, d->group);
}

/*
 * Stops our whole group by a stop signal with its default action, as the terminal would have,
 * had the program been in it: a script that called us must stop with us, or the shell waits
 * for it.  By that and not by SIGSTOP, because here the kernel itself leaves an orphaned group
 * alone, which nobody could continue; PID 1 is spared by sys_kill().  A stop that came through
 * us has reached the others already.
 */
static bool
suspend(struct dropin *d, int signal)
{
	int error = d->stop_forwarded ? sys_kill(d->self, signal) :
	    sys_kill_group(d->group, signal);

	d->suspended = error == 0 && sys_suspend(signal) > 0;
	return d->suspended;
}

/*
 * A program that stops is the shell's business: the shell sees only us, so we stop too, and its
 * `fg` reaches us as SIGCONT.  Without a terminal, or when somebody froze a program that is not
 * in the foreground by SIGSTOP, it is not: we must stay awake for the signals.
 */
static void
program_stopped(struct dropin *d, int signal)
{
	pid_t owner = d->tty < 0 ? -ENOTTY : sys_tty_group(d->tty);

	if (owner < 0)
		return;
	/* `fg` of a job that never stopped sends no signal: this is how we hear of it. */
	if ((signal == SIGTTIN || signal == SIGTTOU) && owner == d->group) {
		if (give_terminal(d))
			sys_kill_group(d->child, SIGCONT);
		return;
	}
	if (signal == SIGSTOP && owner != d->child)
		return;
	if (owner == d->child && d->group > 1)
		sys_tty_set_group(d->tty, d->group);
	if (suspend(d, signal == SIGSTOP ? SIGTSTP : signal))
		return;
	if (owner == d->child)
		sys_tty_set_group(d->tty, d->child);
	/* Ctrl-Z with no shell above us would freeze the program for good. */
	if (signal == SIGTSTP && !d->stop_forwarded)
		sys_kill_group(d->child, SIGCONT);
}

static _Noreturn void
program_ended(const struct dropin *d, int code)
{
	if (code >= 0)
		log_info(NULL, "%s ended, exit code %d", d->options.program[0], code);
	else
		log_err(NULL, 0, "%s (pid %d) is gone and left no exit code",
		    d->options.program[0], (int)d->child);
	take_terminal_back(d);
	leave(d, code >= 0 ? code : 1);
}

/* Every child that is ours or was left to us; returns when none waits. */
static void
reap(struct dropin *d)
{
	int status, code = -1;
	pid_t pid;

	while ((pid = sys_reap_all(&status)) > 0) {
		if (pid == d->child && WIFSTOPPED(status))
			program_stopped(d, WSTOPSIG(status));
		else if (pid == d->child && code < 0)
			code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		else if (d->options.on['w'] && !WIFSTOPPED(status))
			log_warn(NULL, 0, "reaped orphan %d", (int)pid);
	}
	if (code >= 0 || pid == -ECHILD)
		program_ended(d, code);
}

/*
 * Signals that we caused ourselves.  The kernel signs SIGPIPE and SIGXFSZ with the writer's own
 * pid, so a log line of ours that nobody takes does not hit the program.
 */
static bool
ours(const struct dropin *d, const struct signalfd_siginfo *info)
{
	switch (info->ssi_signo) {
	case SIGTTIN:
	case SIGTTOU:
		return true;
	case SIGPIPE:
	case SIGXFSZ:
		return (pid_t)info->ssi_pid == d->self;
	case SIGILL:
	case SIGTRAP:
	case SIGBUS:
	case SIGFPE:
	case SIGSEGV:
	case SIGSYS:
		return info->ssi_code > 0;
	}
	return false;
}

static void
forward(struct dropin *d, const struct signalfd_siginfo *info)
{
	int signal = (int)info->ssi_signo, error = -ESRCH;
	bool whole_group = d->options.on['g'];

	if (ours(d, info))
		return;
	if (signal == SIGCONT) {
		/* The shell put our group in the foreground first: pass both on, in order. */
		if ((d->on_tty || d->given) && sys_tty_group(d->tty) == d->group)
			give_terminal(d);
		whole_group |= d->suspended;
		d->suspended = d->stop_forwarded = false;
	}
	d->stop_forwarded |= signal == SIGTSTP;
	log_debug(NULL, "forwarding signal %d to pid %d", signal, (int)d->child);
	/* The program may have left its group: a TERM must reach it all the same. */
	if (whole_group)
		error = sys_kill_group(d->child, signal);
	if (error == -ESRCH)
		error = sys_kill(d->child, signal);
	if (error < 0 && error != -ESRCH)
		log_warn(NULL, error, "cannot forward signal %d to %s (pid %d)", signal,
		    d->options.program[0], (int)d->child);
}

/*
 * Sockets passed to us are for the program, which looks for its own pid in LISTEN_PID.  Newer
 * ones look for LISTEN_PIDFDID too; it names us and cannot be right any more.
 */
static void
address_sockets(char *envp[], pid_t was_for, char *text, size_t room)
{
	char **pid = env_slot(envp, "LISTEN_PID"), **slot = env_slot(envp, "LISTEN_PIDFDID");

	if (pid == NULL || number(*pid + sizeof("LISTEN_PID"), INT_MAX) != was_for)
		return;
	fmt_put(text, room, "LISTEN_PID=%d", (int)sys_pid());
	*pid = text;
	for (; slot != NULL && *slot != NULL; slot++)
		slot[0] = slot[1];
}

/*
 * The terminal is taken here and not by the parent: when the program is another mcinit, it must
 * find itself in the foreground from its first instruction.  SIGTTOU is still blocked, so that
 * cannot stop us.  The mask comes last and is empty, not the one we were given: a JVM with
 * SIGTERM or SIGQUIT blocked saves no world and dumps no threads.
 */
static _Noreturn void
become_program(const struct dropin *d, char *envp[], int report)
{
	struct failure failure = { 0 };
	char listen_pid[32];

	sys_group(0, 0);
	if (sys_tty_group(0) == d->group)
		sys_tty_set_group(0, sys_pid());
	address_sockets(envp, d->self, listen_pid, sizeof(listen_pid));
	sys_signals_default();
	sys_signals_unblock();
	failure.error = path_exec(env_value(envp, "PATH"), d->options.program, envp,
	    &failure.no_interpreter);
	sys_write(report, &failure, sizeof(failure));
	sys_exit(EXIT_NOT_RUN);
}

static _Noreturn void
exec_failed(const struct dropin *d, const struct failure *failure, char *envp[])
{
	const char *name = d->options.program[0], *path = env_value(envp, "PATH");

	take_terminal_back(d);
	if (failure->no_interpreter)
		log_err(NULL, 0, "%s is there, but what must run it is not: look at its first "
		    "line (#!, and no CR at its end), or install its dynamic loader", name);
	else if (failure->error == -ENOENT)
		log_err(NULL, 0, "no program \"%s\" (PATH is %s): install it, or give the full "
		    "path after --", name, path == NULL ? "not set" : path);
	else if (failure->error == -EACCES)
		log_err(NULL, 0, "%s may not be executed: it needs chmod +x, must not be a "
		    "directory, and its mount must not be noexec", name);
	else if (failure->error == -ENOEXEC)
		log_err(NULL, 0, "%s is no program of this machine: a script begins with #!, a "
		    "binary is made for this processor", name);
	else
		log_err(NULL, failure->error, "cannot run %s", name);
	leave(d, failure->error == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN);
}

static _Noreturn void
cannot_start(const struct dropin *d, int error, const char *what)
{
	log_err(NULL, error, "cannot run %s: %s", d->options.program[0], what);
	leave(d, EXIT_SYSTEM);
}

/* Returns when the program runs.  No signal is read before, so none is sent to half a child. */
static void
start(struct dropin *d, char *envp[])
{
	struct failure failure;
	int ends[2], error = sys_pipe(ends);

	if (error < 0)
		cannot_start(d, error, "no pipe, too many open files");
	d->child = sys_fork();
	if (d->child < 0)
		cannot_start(d, d->child, "no new process, look at the limits of processes and "
		    "memory");
	if (d->child == 0)
		become_program(d, envp, ends[1]);
	sys_close(ends[1]);
	sys_group(d->child, d->child);
	if (sys_read(ends[0], &failure, sizeof(failure)) == (ssize_t)sizeof(failure))
		exec_failed(d, &failure, envp);
	sys_close(ends[0]);
}

/* Everything that can fail is done here, before there is a program to lose. */
static void
prepare(struct dropin *d)
{
	int death_signal = d->options.death_signal;
	int error = d->self == 1 ? 0 : sys_subreaper();
	pid_t parent = sys_parent();

	if (error < 0 && d->options.on['s'])
		cannot_start(d, error, "the kernel refused to make mcinit a subreaper (-s)");
	d->signals = sys_signalfd_blocking();
	if (d->signals < 0)
		cannot_start(d, d->signals, "no signalfd");
	if (death_signal != 0 && (error = sys_death_signal(death_signal)) < 0)
		cannot_start(d, error, "the kernel refused the signal of -p");
	/* It died before we asked: then the signal is due now, and waits in the signalfd. */
	if (death_signal != 0 && sys_parent() != parent)
		sys_kill(d->self, death_signal);
	d->given = sys_tty_group(0) == d->group;
	d->on_tty = sys_tty_group(0) >= 0;
	d->tty = d->on_tty ? 0 : -1;
}

/* What we were given belongs to the program: kept open here it would pin sockets and mounts. */
static void
settle(struct dropin *d)
{
	enum { SIGNALS = 3 };

	sys_change_dir("/");
	d->signals = sys_move(d->signals, SIGNALS);
	sys_close_from(SIGNALS + 1);
	log_open();
	/* The program may still ask for a terminal that is not its standard input. */
	if (d->tty < 0)
		d->tty = sys_open("/dev/tty", O_RDWR, 0);
	log_info(NULL, "%s runs as pid %d", d->options.program[0], (int)d->child);
}

_Noreturn void
dropin_main(int argc, char *argv[], char *envp[])
{
	struct dropin d = { .self = sys_pid(), .group = sys_own_group() };
	struct signalfd_siginfo info;
	int got;

	(void)argc;
	if (!dropin_parse(&d.options, argv, envp)) {
		log_err(NULL, 0, "%s", d.options.problem);
		log_print(2, dropin_help);
		sys_exit(EXIT_USAGE);
	}
	if (d.options.on['h'] || d.options.on['l']) {
		log_print(1, d.options.on['h'] ? dropin_help : "mcinit: the MIT licence\n");
		sys_exit(0);
	}
	log_set(d.options.verbosity, false);
	prepare(&d);
	start(&d, envp);
	settle(&d);
	while ((got = sys_signal_read(d.signals, &info, 1)) >= 0)
		if (got == 1 && info.ssi_signo == SIGCHLD)
			reap(&d);
		else if (got == 1)
			forward(&d, &info);
	cannot_start(&d, got, "the signals can no longer be read");
}
