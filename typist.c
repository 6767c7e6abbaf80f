/* SPDX-License-Identifier: MIT */
/*
 * typist: a person who types lines at a terminal; see typist.h.
 *
 * Signals come as bytes do, so that nothing ends us between the terminal's keys and its lines.  It
 * must never return with the terminal as it is while we have it.
 */
#include "typist.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>

#include "edit.h"
#include "sys.h"

enum { CTRL_C = 3, CTRL_Z = 26, A_LITTLE = 512, FULL_WAIT = 10, DRAW_WAIT = 100 };

static _Alignas(64) struct {
	bool on;
	int signals;			/* signalfd */
	int out;			/* the terminal, to write without waiting; a descriptor of its own */
	int ended_by;			/* a signal that ends us, 0: none yet */
	bool interrupted, resized, stopped;
	bool behind;			/* Ctrl-C came as a key right behind the line that is dealt with */
	bool gone;			/* the terminal */
	struct termios before;
	struct edit edit;
	char keys[256];
	size_t filled, taken;
	char line[EDIT_LINE_BYTES];
} tty;

/* A terminal that is not the one of our session knows no front. */
static bool
in_front(void)
{
	pid_t group = sys_tty_group(0);

	return group < 0 || group == sys_own_group();
}

/* By its default action: what was read is not there any more to act.  False: the kernel left us alone. */
static bool
stop_by(int signal)
{
	return sys_kill(sys_pid(), signal) == 0 && sys_suspend(signal) > 0;
}

static void take_signals(void);

/*
 * In the background it is somebody else's, and with its signals blocked nothing would keep us off it.  Who is
 * to end was woken for that.
 */
static int
take_keys(void)
{
	bool stopped = true;

	while (stopped && !in_front() && tty.ended_by == 0) {
		stopped = stop_by(SIGTTOU);
		take_signals();
	}
	return tty.ended_by != 0 || !in_front() ? -EIO : sys_tty_keys(0, &tty.before);
}

/* A shell that has it now has put it in order for itself. */
static void
leave_keys(void)
{
	if (in_front())
		sys_tty_restore(0, &tty.before);
}

/* Stops as the terminal would have stopped us, and goes on as it is then. */
static void
suspend(int signal)
{
	leave_keys();
	stop_by(signal);
	take_signals();
	tty.gone = take_keys() < 0;
	tty.resized = true;
}

/* By a key, in its turn: what was typed before it has been read, and is not the shell's. */
static void
suspend_all(void)
{
	leave_keys();
	sys_kill_group(sys_own_group(), SIGTSTP);
	suspend(SIGTSTP);
	sys_tty_typing(0, &tty.before, true);
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
		tty.stopped = true;
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

/* The same, and stops where we were told to. */
static void
obey_signals(void)
{
	take_signals();
	if (tty.stopped) {
		tty.stopped = false;
		suspend(SIGTSTP);
	}
}

int
typist_signals(void)
{
	return tty.on ? tty.signals : -1;
}

bool
typist_interrupted(void)
{
	obey_signals();
	return tty.interrupted || tty.ended_by != 0;
}

void
typist_said(void)
{
	tty.interrupted = tty.interrupted || tty.behind;
	tty.behind = false;
}

void
typist_go_on(void)
{
	tty.interrupted = tty.behind = false;
}

static void
read_keys(void)
{
	ssize_t n = sys_read(0, tty.keys, sizeof(tty.keys));

	tty.taken = 0;
	tty.filled = n > 0 ? (size_t)n : 0;
	/* In the background that is how it says what SIGTTIN would. */
	if (n == -EIO && !in_front())
		suspend(SIGTTIN);
	else if (n != -EAGAIN)
		tty.gone |= n <= 0;
}

/* Waits for room on the terminal, for keys while none are there, and for signals. */
static bool
has_room(void)
{
	struct pollfd fds[] = { { .fd = tty.out, .events = POLLOUT }, { .fd = tty.signals, .events = POLLIN },
		{ .fd = tty.taken < tty.filled ? -1 : 0, .events = POLLIN } };

	sys_poll(fds, 3, -1);
	obey_signals();
	if (fds[2].revents != 0)
		read_keys();
	return fds[0].revents != 0;
}

/*
 * A terminal that nobody reads would hold us in a write, where no signal finds us: that there is room (POLLOUT) does
 * not mean for how much.  Where it cannot be opened once more, little is written at a time.
 */
static ssize_t
write_some(const char *bytes, size_t count)
{
	ssize_t n = sys_write(tty.out, bytes, count < A_LITTLE ? count : A_LITTLE);

	/* There may be room for less than a newline needs. */
	if (n == -EAGAIN)
		sys_readable(tty.signals, FULL_WAIT);
	tty.gone |= n < 0 && n != -EAGAIN;
	return n;
}

int
typist_print(const char *bytes, size_t count)
{
	for (size_t done = 0; done < count; ) {
		ssize_t n = has_room() ? write_some(bytes + done, count - done) : 0;

		if (tty.gone)
			return -EIO;
		if (tty.interrupted || tty.ended_by != 0 || (tty.taken < tty.filled && tty.keys[tty.taken] == CTRL_C))
			return -EINTR;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* What we draw can be drawn again, and is not waited for. */
static void
put(const char *bytes, size_t count)
{
	struct pollfd room = { .fd = tty.out, .events = POLLOUT };

	for (size_t done = 0; done < count && !tty.gone; ) {
		ssize_t n = sys_poll(&room, 1, DRAW_WAIT) > 0 ? write_some(bytes + done, count - done) : -ETIMEDOUT;

		if (n < 0)
			return;
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

	if (tty.resized) {
		typist_hide();
		typist_show();
	}
	sys_poll(fds, 2, timeout_ms);
	obey_signals();
	if (fds[0].revents != 0)
		read_keys();
}

/* A signal that somebody sent is not waited with; Ctrl-C comes in its turn. */
static enum edit_news
take_one(void)
{
	enum edit_news news = EDIT_GOES_ON;

	if (tty.interrupted) {
		tty.interrupted = false;
		news = edit_take(&tty.edit, CTRL_C);
	} else if (tty.keys[tty.taken++] != CTRL_Z) {
		news = edit_take(&tty.edit, tty.keys[tty.taken - 1]);
	} else {
		suspend_all();
		return news;
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

static enum typist_news
wait_for_line(int64_t end, char **line)
{
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
			case EDIT_IS_TOO_LONG:
				return TYPIST_TOO_LONG;
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

/*
 * While a line is being dealt with, Ctrl-C is the signal that ends the waiting for it.  One that was typed before
 * the terminal knew of that came as a key.
 */
static void
leave_typing(void)
{
	sys_tty_typing(0, &tty.before, false);
	if (tty.taken == tty.filled && sys_readable(0, 0) == 1)
		read_keys();
	if (tty.taken < tty.filled && tty.keys[tty.taken] == CTRL_C) {
		tty.taken++;
		tty.behind = true;
	}
}

enum typist_news
typist_wait(int timeout_ms, char **line)
{
	enum typist_news news = wait_for_line(timeout_ms < 0 ? -1 : sys_now() + timeout_ms, line);

	if (news == TYPIST_LINE)
		leave_typing();
	return news;
}

void
typist_begin(const char *prompt)
{
	/* Nothing was waited for: it is one for the new line. */
	typist_said();
	sys_tty_typing(0, &tty.before, true);
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
	tty.out = sys_open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK, 0);
	if (tty.out < 0)
		tty.out = 1;
	rc = take_keys();
	tty.on = rc == 0;
	return rc < 0 && tty.ended_by != 0 ? tty.ended_by : rc;
}

int
typist_close(void)
{
	leave_keys();
	tty.on = false;
	return tty.ended_by;
}
