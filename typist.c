/* SPDX-License-Identifier: MIT */
/*
 * typist: a person who types lines at a terminal; see typist.h.
 *
 * Signals come as bytes do, so that nothing ends us between the terminal's keys and its lines.  It
 * must never return with the terminal as it is while we have it.
 */
#include "typist.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>

#include "edit.h"
#include "sys.h"

enum { CTRL_C = 3, FULL_WAIT = 10 };

static _Alignas(64) struct {
	bool on;
	int signals;			/* signalfd */
	int ended_by;			/* a signal that ends us, 0: none yet */
	bool interrupted, resized;
	bool gone;			/* the terminal */
	struct termios before;
	struct edit edit;
	char keys[256];
	size_t filled, taken;
	char line[EDIT_LINE_BYTES];
} tty;

/* In the background it is somebody else's, and with its signals blocked nothing would keep us off it. */
static int
take_keys(void)
{
	pid_t group;

	do
		group = sys_tty_group(0);
	while (group >= 0 && group != sys_own_group() && sys_suspend(SIGTTOU) > 0);
	return sys_tty_keys(0, &tty.before);
}

/* Stops as the terminal would have stopped us, and goes on as it is then. */
static void
suspend(int signal)
{
	sys_tty_restore(0, &tty.before);
	sys_suspend(signal);
	take_keys();
	tty.resized = true;
}

static void
take_signal(int signal)
{
	switch (signal) {
	case SIGINT:
		tty.interrupted = true;
		break;
	case SIGTERM: case SIGHUP: case SIGQUIT:
		tty.ended_by = signal;
		break;
	case SIGTSTP:
		suspend(signal);
		break;
	case SIGCONT: case SIGWINCH:
		tty.resized = true;
		break;
	}
}

static void
take_signals(void)
{
	struct signalfd_siginfo info[4];
	int n;

	while ((n = sys_signal_read(tty.signals, info, 4)) > 0)
		for (int i = 0; i < n; i++)
			take_signal((int)info[i].ssi_signo);
}

int
typist_signals(void)
{
	return tty.on ? tty.signals : -1;
}

bool
typist_interrupted(void)
{
	take_signals();
	return tty.interrupted || tty.ended_by != 0;
}

void
typist_go_on(void)
{
	tty.interrupted = false;
}

static void
put(const char *bytes, size_t count)
{
	for (size_t done = 0; done < count && !tty.gone; ) {
		ssize_t n = sys_write(1, bytes + done, count - done);

		/* Somebody who shares it may have made it non-blocking. */
		if (n == -EAGAIN)
			sys_readable(-1, FULL_WAIT);
		else if (n < 0)
			tty.gone = true;
		else
			done += (size_t)n;
	}
}

static void
draw(void)
{
	put(tty.edit.out, tty.edit.out_bytes);
}

void
typist_hide(void)
{
	edit_hide(&tty.edit);
	draw();
}

void
typist_show(void)
{
	tty.edit.columns = sys_tty_columns(1);
	tty.resized = false;
	edit_show(&tty.edit);
	draw();
}

/* What waits, or what comes next. */
static void
wait_for_keys(int timeout_ms)
{
	struct pollfd fds[] = { { .fd = 0, .events = POLLIN },
		{ .fd = tty.signals, .events = POLLIN } };
	ssize_t n;

	if (tty.resized) {
		typist_hide();
		typist_show();
	}
	sys_poll(fds, 2, timeout_ms);
	take_signals();
	if (fds[0].revents == 0)
		return;
	n = sys_read(0, tty.keys, sizeof(tty.keys));
	tty.taken = 0;
	tty.filled = n > 0 ? (size_t)n : 0;
	tty.gone |= n <= 0;
}

/* What was typed before a Ctrl-C is given up by it, and not the next line. */
static enum edit_news
take_one(void)
{
	enum edit_news news = EDIT_GOES_ON;

	if (tty.taken < tty.filled) {
		news = edit_take(&tty.edit, tty.keys[tty.taken++]);
	} else if (tty.interrupted) {
		tty.interrupted = false;
		news = edit_take(&tty.edit, CTRL_C);
	}
	draw();
	return news;
}

static int
left_until(int64_t end)
{
	int64_t left = end - sys_now();

	return end < 0 ? -1 : left <= 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX;
}

enum typist_news
typist_wait(int timeout_ms, char **line)
{
	int64_t end = timeout_ms < 0 ? -1 : sys_now() + timeout_ms;
	bool late = false;

	while (tty.ended_by == 0 && !tty.gone) {
		if (tty.taken < tty.filled || tty.interrupted) {
			switch (take_one()) {
			case EDIT_GOES_ON:
				continue;
			case EDIT_IS_LINE:
				memcpy(tty.line, tty.edit.line, sizeof(tty.line));
				*line = tty.line;
				return TYPIST_LINE;
			case EDIT_IS_OFF:
				return TYPIST_OFF;
			case EDIT_IS_END:
				return TYPIST_END;
			}
		}
		if (late)
			return TYPIST_NOTHING;
		wait_for_keys(left_until(end));
		late = left_until(end) == 0;
	}
	/* The row that was typed in is left. */
	put("\r\n", 2);
	return TYPIST_END;
}

void
typist_begin(const char *prompt)
{
	edit_begin(&tty.edit, prompt, sys_tty_columns(1));
	draw();
}

int
typist_open(void)
{
	int rc;

	sys_signals_block();
	/* What is ignored nobody is told of. */
	sys_signals_default();
	tty.signals = sys_signalfd();
	if (tty.signals < 0)
		return tty.signals;
	rc = take_keys();
	tty.on = rc == 0;
	return rc;
}

int
typist_close(void)
{
	sys_tty_restore(0, &tty.before);
	tty.on = false;
	return tty.ended_by;
}
