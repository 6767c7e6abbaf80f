/* SPDX-License-Identifier: MIT */
/*
 * daemon: the way into the background, and the word back to who started it; see daemon.h.
 *
 * Who waits is the first process: it becomes the parent of the daemon (as a subreaper) when the one
 * in between is gone, so that an end of the daemon before it said anything has its code, too.  It
 * must never keep the daemon from going on: it may be gone at any time.
 */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "fmt.h"
#include "log.h"
#include "sys.h"

enum { EXIT_SYSTEM = 71, HIGH = 16, GLANCE = 100 };

enum { SAY_PID, SAY_LOG, SAY_KNOWN };

/* Shorter than PIPE_BUF: each comes in one piece. */
struct word {
	int32_t what, value;
	int64_t at;			/* LOG: where our lines begin */
	char path[512];
};

_Noreturn static void
fail(int error, const char *what)
{
	log_err(NULL, error, "cannot go into the background: %s", what);
	sys_exit(EXIT_SYSTEM);
}

static void
say(int waiting, const struct word *word)
{
	/* Nobody may be there any more: that is no business of the daemon's. */
	(void)sys_write(waiting, word, sizeof(*word));
}

/* ---- who waits ---- */

/* What the daemon has said since we looked last. */
static void
show(int log, int64_t *at)
{
	char text[2048];
	ssize_t n;

	while (log >= 0 && (n = sys_pread(log, text, sizeof(text), *at)) > 0 &&
	    sys_write(2, text, (size_t)n) == n)
		*at += n;
}

static int
code_of(int status)
{
	return (status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f);
}

/* It said nothing more: so it ends, and its code says why. */
_Noreturn static void
end_with(pid_t daemon)
{
	int status = EXIT_SYSTEM << 8;
	pid_t pid;

	while ((pid = sys_reap(&status)) >= 0 && (pid == 0 || pid != daemon))
		if (pid == 0)
			sys_readable(-1, GLANCE);
	sys_exit(pid > 0 ? code_of(status) : EXIT_SYSTEM);
}

_Noreturn static void
wait_for_daemon(int from)
{
	struct word word;
	int64_t at = 0;
	pid_t daemon = 0;
	int log = -1;

	/* Ctrl-C ends the waiting alone: the daemon is in another session. */
	sys_signals_unblock();
	for (;;) {
		int rc = sys_readable(from, log < 0 ? -1 : GLANCE);

		show(log, &at);
		if (rc == 0)
			continue;
		if (sys_read(from, &word, sizeof(word)) != (ssize_t)sizeof(word))
			end_with(daemon);
		if (word.what == SAY_KNOWN) {
			/* Another process writes the log, and may be at the last line of it. */
			sys_readable(-1, GLANCE);
			show(log, &at);
			sys_exit(word.value);
		}
		if (word.what == SAY_PID)
			daemon = word.value;
		if (word.what != SAY_LOG)
			continue;
		log = sys_open(word.path, O_RDONLY | O_NOFOLLOW, 0);
		at = word.at;
	}
}

/* ---- the daemon ---- */

static void
use_null(int fd, int flags)
{
	int null = sys_open("/dev/null", flags, 0);

	if (null < 0)
		fail(null, "/dev/null");
	sys_move(null, fd);
	if (null != fd)
		sys_close(null);
}

static void
fork_once(void)
{
	pid_t pid = sys_fork();

	if (pid < 0)
		fail(pid, "fork");
	if (pid > 0)
		sys_exit(0);
}

int
daemon_leave(void)
{
	struct word word = { .what = SAY_PID };
	int ends[2], waiting, rc = sys_pipe(ends);
	pid_t pid;

	if (rc < 0)
		fail(rc, "pipe");
	sys_subreaper();
	pid = sys_fork();
	if (pid < 0)
		fail(pid, "fork");
	if (pid > 0) {
		sys_close(ends[1]);
		wait_for_daemon(ends[0]);
	}
	sys_close(ends[0]);
	sys_session();
	/* Who leads no session gets no terminal by opening one. */
	fork_once();
	waiting = sys_move_above(ends[1], HIGH);
	sys_close(ends[1]);
	if (waiting < 0)
		fail(waiting, "pipe");
	sys_umask(sys_umask(077) | 022);
	use_null(0, O_RDONLY);
	word.value = sys_pid();
	say(waiting, &word);
	return waiting;
}

int
daemon_log(int waiting, const char *dir, char *path, size_t room)
{
	struct word word = { .what = SAY_LOG };
	struct stat st;
	int fd, rc;

	if (fmt_put(path, room, "%s/mcinit.log", dir) >= sizeof(word.path))
		return -ENAMETOOLONG;
	sys_make_dir(dir, 0750);
	fd = sys_open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0640);
	if (fd < 0)
		return fd;
	rc = sys_stat_fd(fd, &st);
	if (rc == 0 && !S_ISREG(st.st_mode))
		rc = -EINVAL;
	if (rc == 0)
		rc = sys_move(fd, 2) < 0 ? -EBADF : 0;
	sys_close(fd);
	if (rc < 0)
		return rc;
	word.at = st.st_size;
	memcpy(word.path, path, strlen(path) + 1);
	say(waiting, &word);
	use_null(1, O_WRONLY);
	log_open();
	return 0;
}

void
daemon_known(int waiting, int code)
{
	struct word word = { .what = SAY_KNOWN, .value = code };

	say(waiting, &word);
}
