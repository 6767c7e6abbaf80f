/* SPDX-License-Identifier: MIT */
/*
 * proc_trial: the program of a re-exec is tried in a child, a part of proc; see proc.h.
 *
 * It may be anything.  It is executed by the very descriptor that we shall execute ourselves by, so
 * that nobody can put another file in its place in between.  Its path is opened by the child alone: a
 * dead disk must not stop process 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>		/* numbers only */
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "fmt.h"
#include "log.h"
#include "proc_in.h"
#include "sys.h"

extern char **environ;

enum { SOCKET = 3, STATE, RINGS, FREE };

char *const *
proc_little_environment(void)
{
	static const char names[][16] = { "PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "TZ", "LANG", "LC_ALL",
		"LC_CTYPE", "GZIP", "XZ_OPT", "XZ_DEFAULTS", "ZSTD_CLEVEL", "ZSTD_NBTHREADS" };
	enum { NAMES = sizeof(names) / sizeof(names[0]) };
	static char *kept[NAMES + 1];
	int count = 0;

	for (int i = 0; i < NAMES; i++)
		for (char **one = environ; *one != NULL; one++)
			if (strncmp(*one, names[i], strlen(names[i])) == 0 && (*one)[strlen(names[i])] == '=') {
				kept[count++] = *one;
				break;
			}
	kept[count] = NULL;
	return kept;
}

void
proc_say_no(int socket, const char *format, ...)
{
	char text[PROC_REASON] = { PROC_NO };
	va_list values;
	size_t n;

	va_start(values, format);
	n = fmt_vput(text + 1, sizeof(text) - 1, format, values);
	va_end(values);
	sys_send_now(socket, text, n < sizeof(text) - 1 ? n + 1 : sizeof(text) - 1);
}

/* Its descriptor, or -1 after it was said why not. */
static int
open_program(const char *path, int socket)
{
	/* A FIFO would be waited for. */
	int fd = sys_open(path, O_RDONLY | O_NONBLOCK, 0);
	struct stat st;

	if (fd < 0) {
		proc_say_no(socket, "cannot open %s: %s", path, log_errno(fd));
		return -1;
	}
	if (sys_stat_fd(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	proc_say_no(socket, "%s is no file", path);
	return -1;
}

/* What it reads and prints is nobody's business, least of all that of a server on our terminal. */
static void
hide_terminal(void)
{
	int null = sys_open("/dev/null", O_RDWR, 0);

	for (int fd = 0; fd < SOCKET; fd++)
		if (null >= 0)
			sys_move(null, fd);
		else
			sys_close(fd);
}

_Noreturn static void
try(const struct proc_trial *trial, int socket)
{
	static char role[] = "--role=prove";
	const int fds[] = { socket, trial->state, trial->rings };
	char word = PROC_FILE;
	int fd;

	sys_signals_default();
	sys_death_signal(SIGKILL);
	hide_terminal();
	for (int i = 0; i < FREE - SOCKET; i++)
		sys_move(fds[i], SOCKET + i);
	sys_close_from(FREE);
	fd = open_program(trial->path, SOCKET);
	if (fd >= 0 && sys_send_with_fd(SOCKET, &word, 1, fd) == 1) {
		trial->argv[1] = role;
		proc_say_no(SOCKET, "cannot execute %s: %s", trial->path,
		    log_errno(sys_exec_fd(fd, trial->path, trial->argv, environ)));
	}
	sys_exit(127);
}

int
proc_try(struct proc_table *table, const struct proc_trial *trial, int *socket)
{
	int low[2], ends[2], rc;
	pid_t pid;

	if (table->trial != 0)
		return -EBUSY;
	rc = sys_pair(low);
	if (rc < 0)
		return rc;
	for (int i = 0; i < 2; i++) {
		ends[i] = sys_move_above(low[i], LOW_FDS);
		sys_close(low[i]);
	}
	pid = ends[0] < 0 || ends[1] < 0 ? -EMFILE : proc_fork_as(table, PROC_TRIAL, 0);
	if (pid == 0)
		try(trial, ends[1]);
	if (ends[1] >= 0)
		sys_close(ends[1]);
	if (pid > 0)
		*socket = ends[0];
	else if (ends[0] >= 0)
		sys_close(ends[0]);
	return pid < 0 ? pid : 0;
}
