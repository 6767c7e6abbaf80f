/* SPDX-License-Identifier: MIT */
/*
 * remote_tty: a part of remote.c: a person who types commands at a terminal.
 *
 * Signals come as bytes do, so that nothing ends us between the terminal's keys and its lines.  It
 * must never return with the terminal as it is while we have it.
 */
#include "remote_in.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>

#include "edit.h"
#include "log.h"
#include "sys.h"

enum { CTRL_C = 3, ENDED = -1 };

static _Alignas(64) struct {
	bool on;
	int signals;			/* signalfd */
	int ended_by;			/* a signal that ends us, 0: none yet */
	bool interrupted, resized;
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
remote_tty_signals(void)
{
	return tty.on ? tty.signals : -1;
}

bool
remote_tty_interrupted(void)
{
	take_signals();
	return tty.interrupted || tty.ended_by != 0;
}

static void
draw(void)
{
	remote_out_draw(tty.edit.out, tty.edit.out_bytes);
	remote_out_flush();
}

/* What waits, or what comes next; false: the terminal is gone. */
static bool
wait_for_keys(void)
{
	struct pollfd fds[] = { { .fd = 0, .events = POLLIN },
		{ .fd = tty.signals, .events = POLLIN } };
	ssize_t n;

	if (tty.resized) {
		edit_hide(&tty.edit);
		draw();
		tty.edit.columns = sys_tty_columns(1);
		edit_show(&tty.edit);
		draw();
		tty.resized = false;
	}
	sys_poll(fds, 2, -1);
	take_signals();
	if (fds[0].revents == 0)
		return true;
	n = sys_read(0, tty.keys, sizeof(tty.keys));
	tty.taken = 0;
	tty.filled = n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* The next line is in tty.edit; ENDED: there comes none. */
static int
read_line(void)
{
	for (;;) {
		enum edit_news news = EDIT_GOES_ON;

		if (tty.ended_by != 0)
			return ENDED;
		if (tty.interrupted) {
			tty.interrupted = false;
			news = edit_take(&tty.edit, CTRL_C);
			draw();
		} else if (tty.taken < tty.filled) {
			news = edit_take(&tty.edit, tty.keys[tty.taken++]);
			draw();
		} else if (!wait_for_keys()) {
			return ENDED;
		}
		if (news != EDIT_GOES_ON)
			return (int)news;
	}
}

static int
set_up(void)
{
	int rc;

	sys_signals_block();
	tty.signals = sys_signalfd();
	if (tty.signals < 0)
		return tty.signals;
	rc = take_keys();
	tty.on = rc == 0;
	return rc;
}

int
remote_tty_run(const char *prompt, void (*run)(char *line))
{
	int news, rc = set_up();

	if (rc < 0)
		return remote_fail(REMOTE_NO, "cannot read keys from the terminal: %s",
		    log_errno(rc));
	do {
		edit_begin(&tty.edit, prompt, sys_tty_columns(1));
		draw();
		news = read_line();
		if (news == EDIT_IS_LINE) {
			memcpy(tty.line, tty.edit.line, sizeof(tty.line));
			run(tty.line);
			tty.interrupted = false;
		}
	} while (news == EDIT_IS_LINE || news == EDIT_IS_OFF);
	if (news == ENDED) {
		/* The row that was typed in is left. */
		remote_out_draw("\r\n", 2);
		remote_out_flush();
	}
	sys_tty_restore(0, &tty.before);
	return tty.ended_by != 0 ? REMOTE_SIGNALLED + tty.ended_by : REMOTE_DONE;
}
