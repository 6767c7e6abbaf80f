/*
 * SPDX-License-Identifier: MIT
 *
 * What goes in and out of the fake server: console lines, the journal, signals, and the one wait
 * for all of them.  Called by the other files of the fake server.  It must never lose evidence: no
 * journal means no run, and a signal is on record even while a full pipe blocks the console.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fakeserver.h"

int fake_journal_fd = -1;

static const int caught[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
static volatile sig_atomic_t arrived[COUNT(caught)];
static bool pending[COUNT(caught)];
/* What ppoll lets in; elsewhere our signals are blocked. */
static sigset_t open_mask;

void
fake_die(int status, const char *what, const char *value)
{
	fprintf(stderr, "fakeserver: %s: %s\n", what, value);
	_exit(status);
}

int64_t
fake_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
fake_after(int64_t duration)
{
	return duration == FOREVER ? FOREVER : fake_now() + duration;
}

void
fake_journal(const char *format, ...)
{
	char line[LINE_SIZE + 64];
	va_list args;
	int i, head, len;

	if (fake_journal_fd < 0)
		return;
	head = snprintf(line, sizeof(line), "%" PRId64 " ", fake_now());
	va_start(args, format);
	len = head + vsnprintf(line + head, sizeof(line) - (size_t)head, format, args);
	va_end(args);
	if (len > (int)sizeof(line) - 1)
		len = (int)sizeof(line) - 1;
	for (i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 127)
			line[i] = '?';
	line[len++] = '\n';
	if (write(fake_journal_fd, line, (size_t)len) != len)
		fake_die(STATUS_NO_JOURNAL, "cannot write the journal", strerror(errno));
}

static void
handler(int number)
{
	size_t i;

	for (i = 0; i < COUNT(caught); i++)
		if (caught[i] == number)
			arrived[i] = 1;
}

static void
note_signals(void)
{
	size_t i;

	for (i = 0; i < COUNT(caught); i++) {
		if (!arrived[i])
			continue;
		arrived[i] = 0;
		pending[i] = true;
		fake_journal("signal %d", caught[i]);
	}
}

/*
 * The wait before each write is where signals come in, so that the journal knows of a SIGTERM even
 * while a full pipe holds the server up.  A pipe that polls writable takes a page without blocking.
 */
void
fake_io_put(const char *text, size_t len)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	ssize_t done;

	while (len > 0) {
		(void)ppoll(&out, 1, NULL, &open_mask);
		note_signals();
		if (out.revents == 0)
			continue;
		done = write(STDOUT_FILENO, text, len < PIPE_BUF ? len : PIPE_BUF);
		if (done < 0 && errno != EAGAIN && errno != EINTR)
			return;	/* java.io.PrintStream swallows the error just so */
		if (done > 0) {
			text += done;
			len -= (size_t)done;
		}
	}
}

int
fake_io_prefix(char *line, size_t size)
{
	static char text[64];
	static time_t text_of = -1;
	struct tm tm;
	time_t now;

	/* Once a second: a flood would spend most of its time in localtime_r. */
	now = time(NULL);
	if (now != text_of && localtime_r(&now, &tm) != NULL)
		snprintf(text, sizeof(text), "[%02d:%02d:%02d] [Server thread/INFO]: ",
		    tm.tm_hour, tm.tm_min, tm.tm_sec);
	text_of = now;
	return snprintf(line, size, "%s", text);
}

void
fake_say(const char *format, ...)
{
	char line[LINE_SIZE + 64];
	va_list args;
	int len;

	len = fake_io_prefix(line, sizeof(line));
	va_start(args, format);
	len += vsnprintf(line + len, sizeof(line) - (size_t)len, format, args);
	va_end(args);
	if (len > (int)sizeof(line) - 1)
		len = (int)sizeof(line) - 1;
	line[len++] = '\n';
	fake_io_put(line, (size_t)len);
}

void
fake_say_raw(const char *text)
{
	char line[LINE_SIZE];
	int len;

	len = snprintf(line, sizeof(line), "%s\n", text);
	fake_io_put(line, len < (int)sizeof(line) ? (size_t)len : sizeof(line) - 1);
}

/*
 * As HotSpot does: a SIGTERM, SIGINT or SIGHUP that is ignored at exec stays ignored, so there is
 * no save; one that is blocked at exec is let in.
 */
void
fake_io_catch_signals(void)
{
	struct sigaction action = { .sa_handler = handler }, old;
	sigset_t ours;
	size_t i;

	sigemptyset(&ours);
	for (i = 0; i < COUNT(caught); i++) {
		sigaction(caught[i], NULL, &old);
		if (old.sa_handler == SIG_IGN && caught[i] != SIGQUIT)
			continue;
		sigaddset(&ours, caught[i]);
		sigdelset(&open_mask, caught[i]);
	}
	sigprocmask(SIG_BLOCK, &ours, NULL);
	for (i = 0; i < COUNT(caught); i++)
		if (sigismember(&ours, caught[i]))
			sigaction(caught[i], &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

void
fake_io_open(void)
{
	sigprocmask(SIG_BLOCK, NULL, &open_mask);
	if (opt.journal == NULL)
		return;
	fake_journal_fd = open(opt.journal, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fake_journal_fd < 0)
		fake_die(STATUS_NO_JOURNAL, opt.journal, strerror(errno));
}

int64_t
fake_io_earlier_starts(void)
{
	char line[LINE_SIZE];
	int64_t starts;
	FILE *file;

	file = opt.journal != NULL ? fopen(opt.journal, "re") : NULL;
	if (file == NULL)
		fake_die(STATUS_NO_JOURNAL, "--first counts starts in a journal", "none to read");
	starts = 0;
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line + strspn(line, "0123456789"), " start ", 7) == 0)
			starts++;
	fclose(file);
	return starts;
}

void
fake_io_poll(struct pollfd *fds, nfds_t count, int64_t deadline)
{
	struct timespec left;
	int64_t wait;
	nfds_t i;
	int ready;

	wait = deadline - fake_now();
	if (wait < 0)
		wait = 0;
	left.tv_sec = (time_t)(wait / 1000);
	left.tv_nsec = (long)(wait % 1000 * 1000000);
	ready = ppoll(fds, count, deadline == FOREVER ? NULL : &left, &open_mask);
	note_signals();
	for (i = 0; ready <= 0 && i < count; i++)
		fds[i].revents = 0;
}

int
fake_io_signal(void)
{
	size_t i;

	for (i = 0; i < COUNT(caught); i++) {
		if (!pending[i])
			continue;
		pending[i] = false;
		return caught[i];
	}
	return 0;
}
