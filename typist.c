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

enum { CTRL_C = 3, A_LITTLE = 512, FULL_WAIT = 10, A_MOMENT = 20 };

static _Alignas(64) struct {
	bool on;
	int signals;			/* signalfd */
	int out;			/* the terminal, to write without waiting; a descriptor of its own */
	int ended_by;			/* a signal that ends us, 0: none yet */
	bool interrupted, resized;
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

/* In the background it is somebody else's, and with its signals blocked nothing would keep us off it. */
static int
take_keys(void)
{
	bool stopped;

	do
		stopped = !in_front() && stop_by(SIGTTOU);
	while (stopped);
	return in_front() ? sys_tty_keys(0, &tty.before) : -EIO;
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
	tty.gone = take_keys() < 0;
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

/*
 * A terminal that nobody reads would hold us in a write, where no signal finds us: that there is room (POLLOUT) does
 * not mean for how much.  Where it cannot be opened once more, little is written at a time.
 */
int
typist_print(const char *bytes, size_t count)
{
	struct pollfd fds[] = { { .fd = tty.out, .events = POLLOUT }, { .fd = tty.signals, .events = POLLIN } };

	for (size_t done = 0; done < count; ) {
		size_t some = count - done < A_LITTLE ? count - done : A_LITTLE;
		ssize_t n;

		sys_poll(fds, 2, -1);
		take_signals();
		if (tty.interrupted || tty.ended_by != 0)
			return -EINTR;
		n = fds[0].revents != 0 ? sys_write(tty.out, bytes + done, some) : 0;
		/* There may be room for less than a newline needs. */
		if (n == -EAGAIN)
			sys_readable(tty.signals, FULL_WAIT);
		if (n < 0 && n != -EAGAIN) {
			tty.gone = true;
			return (int)n;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* What we draw has little to say, and is only in the way of one who wants to leave. */
static void
put(const char *bytes, size_t count)
{
	bool interrupted = tty.interrupted;

	tty.interrupted = false;
	if (tty.ended_by == 0 && !tty.gone)
		typist_print(bytes, count);
	tty.interrupted |= interrupted;
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
	take_signals();
	if (fds[0].revents != 0)
		read_keys();
}

/*
 * What was typed before a Ctrl-C is given up by it, and not the next line.  The kernel sends the signal before it
 * lets us read what came in the same piece.
 */
static enum edit_news
take_one(void)
{
	enum edit_news news = EDIT_GOES_ON;

	if (tty.taken < tty.filled) {
		news = edit_take(&tty.edit, tty.keys[tty.taken++]);
	} else if (sys_readable(0, A_MOMENT) == 1) {
		read_keys();
		return EDIT_GOES_ON;
	} else {
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
	if (sys_writable_now(tty.out) == 1)
		sys_write(tty.out, "\r\n", 2);
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
	tty.out = sys_open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK, 0);
	if (tty.out < 0)
		tty.out = 1;
	rc = take_keys();
	tty.on = rc == 0;
	return rc;
}

int
typist_close(void)
{
	leave_keys();
	tty.on = false;
	return tty.ended_by;
}
