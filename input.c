/* SPDX-License-Identifier: MIT */
/*
 * input: our standard input to the servers' FIFOs; see input.h.
 *
 * It must never wait for a server, and never leave the terminal in single keys.
 */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>		/* numbers only */
#include <string.h>
#include <sys/stat.h>
#include <sys/signalfd.h>
#include <termios.h>

#include "console.h"
#include "fmt.h"
#include "ring.h"
#include "sys.h"

enum { LOOK_EACH = 1000, REPORTS_A_SECOND = 10, USAGE = 64, NO_MEMORY = 71 };

_Static_assert(INPUT_LINE + 1 == PIPE_BUF, "lines of several writers never mix");

/* What a successor has to know when we are killed. */
struct kept {
	struct termios before;		/* the terminal, as it was at first; zero: not known yet */
	bool keys;			/* it may be giving single keys */
	bool inside;			/* a part of a line was read, and is lost with us */
	uint64_t device, inode;		/* our standard input: of another one nothing is known */
};

/* It stands at the end of a page that outlives us, where our own ring has its head. */
_Static_assert(sizeof(struct ring_head) + sizeof(struct kept) <= RING_HEAD, "there is room for it");

static _Alignas(64) struct {
	struct ring own, heads[CONF_SERVERS];
	struct kept *kept;
	char *run_dir;
	struct input_line line;
	bool cut;			/* its beginning went with one who was killed */
	bool refused;			/* the last thing typed was */
} input;

/* ---- lines ---- */

bool
input_is_left_out(char c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
}

static bool
finish(struct input_line *line)
{
	line->text[line->bytes] = '\n';
	line->whole = true;
	return true;
}

bool
input_take(struct input_line *line, char c)
{
	if (line->whole) {
		line->bytes = 0;
		line->whole = line->too_long = false;
	}
	if (c == '\n')
		return finish(line);
	if (input_is_left_out(c))
		return false;
	if (line->bytes == INPUT_LINE)
		line->too_long = true;
	else
		line->text[line->bytes++] = c;
	return false;
}

bool
input_rest(struct input_line *line)
{
	return !line->whole && line->bytes > 0 && finish(line);
}

size_t
input_command(const struct input_line *line, const char *name)
{
	size_t at = strnlen(name, CONF_NAME_BYTES);

	if (at == 0 || at >= line->bytes || memcmp(line->text, name, at) != 0 ||
	    line->text[at] != ':')
		return 0;
	do
		at++;
	while (line->text[at] == ' ');
	return at;
}

int
input_type(const char *run_dir, const char *name, const char *bytes, size_t count)
{
	char path[512];
	struct stat st;
	ssize_t n;
	int fd;

	fmt_put(path, sizeof(path), "%s/%.*s/stdin", run_dir, CONF_NAME_BYTES, name);
	fd = sys_open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd;
	/* Somebody's echo, after the server had ended, makes a file of that name. */
	n = sys_stat_fd(fd, &st) < 0 || !S_ISFIFO(st.st_mode) ? -ENXIO : sys_write(fd, bytes, count);
	sys_close(fd);
	return n < 0 ? (int)n : 0;
}

/* ---- servers ---- */

static const char *
name_of(int slot)
{
	return (input.own.head->slots & 1U << slot) != 0 ? input.heads[slot].head->name : "";
}

/* The slot of the one server there is, or -1. */
static int
only_one(void)
{
	int found = -1;

	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		if (*name_of(slot) == '\0')
			continue;
		if (found >= 0)
			return -1;
		found = slot;
	}
	return found;
}

/* PID 1 says what becomes of it.  When it has no room for the report, it has said enough. */
static void
report(int slot, enum console_report_kind kind, int value)
{
	static int64_t second;
	static int said;

	if (sys_now() - second >= 1000) {
		second = sys_now();
		said = 0;
	}
	/* A program that does not hear would fill our log. */
	if (said++ < REPORTS_A_SECOND)
		console_tell(&(struct console_report){ .slot = (int8_t)slot, .kind = (uint8_t)kind,
			.value = value });
}

static void
type(int slot, const char *bytes, size_t count)
{
	int rc = input_type(input.run_dir, name_of(slot), bytes, count);

	/* Of a person's keys the first one is enough. */
	if (rc < 0 && !(input.kept->keys && input.refused))
		report(slot, REPORT_INPUT_REFUSED, -rc);
	input.refused = rc < 0;
}

static void
end_line(void)
{
	const struct input_line *line = &input.line;
	int slot = only_one();
	size_t at = 0;

	if (line->too_long) {
		/* Of one that is cut PID 1 has said what happened: half a command is another one. */
		if (!input.cut)
			report(-1, REPORT_INPUT_UNKNOWN, 2);
		input.cut = false;
		return;
	}
	for (int i = 0; slot < 0 && i < CONF_SERVERS; i++)
		if ((at = input_command(line, name_of(i))) > 0)
			slot = i;
	if (slot >= 0)
		type(slot, line->text + at, line->bytes + 1 - at);
	else if (line->bytes > 0)
		report(-1, REPORT_INPUT_UNKNOWN, 1);
}

/* ---- the terminal ---- */

/* A terminal that is not the one of our session knows no front. */
static bool
in_front(void)
{
	pid_t group = sys_tty_group(0);

	return group < 0 || group == sys_own_group();
}

static void
leave_keys(void)
{
	struct kept *kept = input.kept;

	/* A shell that has it now has put it in order for itself. */
	if (kept->keys && kept->before.c_cflag != 0 && in_front())
		sys_tty_restore(0, &kept->before);
	kept->keys = false;
}

/*
 * Single keys are for a terminal whose only server runs in a pty.  Nothing but a look tells us
 * when that changes, or when we are sent to the background and back; the time until the next one.
 */
static int
choose_keys(void)
{
	int slot = only_one();
	bool wanted = slot >= 0 && input.heads[slot].head->terminal && sys_is_tty(0);
	bool front = in_front();
	struct kept *kept = input.kept;
	struct termios now;

	if (kept->keys && !(front && wanted)) {
		leave_keys();
	} else if (!kept->keys && front && wanted) {
		/* First it is kept, then it is changed: we may be killed in between. */
		kept->keys = true;
		if (sys_tty_keys(0, kept->before.c_cflag == 0 ? &kept->before : &now) < 0)
			kept->keys = false;
	}
	return wanted ? LOOK_EACH : -1;
}

/* ---- the whole ---- */

static void
take(int slot, const char *bytes, size_t count)
{
	if (input.kept->keys && slot >= 0) {
		type(slot, bytes, count);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (input_take(&input.line, bytes[i]))
			end_line();
}

static bool
is_inside(const struct input_line *line)
{
	return !line->whole && (line->bytes > 0 || line->too_long);
}

/* PID 1 wants us to leave, with the terminal in order: it is to be a server's own. */
static bool
is_told_to_leave(int signals)
{
	struct signalfd_siginfo info[8];
	int n = sys_signal_read(signals, info, 8);

	for (int i = 0; i < n; i++)
		if (info[i].ssi_signo == SIGTERM)
			return true;
	return false;
}

static void
pump(int signals)
{
	for (;;) {
		struct pollfd fds[] = { { .fd = 0, .events = POLLIN }, { .fd = CONSOLE_LIFELINE },
			{ .fd = signals, .events = POLLIN } };
		char bytes[1024];
		ssize_t n;

		sys_poll(fds, 3, choose_keys());
		if (fds[1].revents != 0 || (fds[2].revents != 0 && is_told_to_leave(signals)))
			return;
		if (fds[0].revents == 0)
			continue;
		input.kept->inside = true;
		n = sys_read(0, bytes, sizeof(bytes));
		if (n > 0)
			take(only_one(), bytes, (size_t)n);
		input.kept->inside = is_inside(&input.line);
		if (n > 0) {
			continue;
		} else if (n == -EAGAIN || (n == -EIO && !(fds[0].revents & POLLHUP))) {
			/* In the background of a terminal, from where we may be brought back. */
			sys_poll(fds + 1, 2, LOOK_EACH);
		} else {
			if (input_rest(&input.line))
				end_line();
			input.kept->inside = false;
			return;
		}
	}
}

/* Another mcinit may have been started from another terminal. */
static void
find_kept(void)
{
	struct kept *kept = (struct kept *)(void *)((char *)input.own.head + RING_HEAD) - 1;
	struct stat st;

	input.kept = kept;
	if (sys_stat_fd(0, &st) < 0 || (kept->device == st.st_dev && kept->inode == st.st_ino))
		return;
	memset(kept, 0, sizeof(*kept));
	kept->device = st.st_dev;
	kept->inode = st.st_ino;
}

int
input_main(int argc, char *argv[])
{
	if (argc != 3)
		return USAGE;
	input.run_dir = argv[2];
	if (!console_take_place(CONSOLE_INPUT, -1))
		return 0;
	if (ring_map_head(&input.own, CONSOLE_RINGS, RING_OWN) < 0)
		return NO_MEMORY;
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (ring_map_head(&input.heads[slot], CONSOLE_RINGS, slot) < 0)
			return NO_MEMORY;
	find_kept();
	/* One before us may have been killed at any moment. */
	leave_keys();
	input.line.too_long = input.cut = input.kept->inside;
	pump(sys_signalfd());
	leave_keys();
	return 0;
}
