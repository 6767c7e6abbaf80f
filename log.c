/* SPDX-License-Identifier: MIT */
/*
 * log: mcinit's own lines, on stderr; see log.h.
 *
 * It must never block and never fail its caller: as PID 1 a reader of our stderr who stopped
 * reading would otherwise stop the signals, the reaping and the stop of the servers.
 */
#include "log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "fmt.h"
#include "ini/conf.h"
#include "ring.h"
#include "sys.h"

/* How a line leaves without blocking: it depends on what fd 2 is. */
enum way {
	WAY_PLAIN,		/* a file, or before log_open(): write */
	WAY_NONBLOCKING,	/* a pipe or terminal, opened anew for us alone */
	WAY_SEND,		/* a socket: MSG_DONTWAIT */
	WAY_POLL		/* could not be opened anew: ask first */
};

static struct {
	int fd;
	enum way way;
	int level, level_set;
	bool json;
	unsigned lost, lost_unsaid;
	struct ring *ring;	/* the output writer writes what is in it; NULL = we do */
	int bell;
} out = { .fd = 2, .level = LEVEL_INFO, .level_set = LEVEL_INFO };

static const char *const level_name[] = { "error", "warning", "info", "debug" };

void
log_open(void)
{
	struct stat st;
	int fd;

	if (out.fd != 2)
		sys_close(out.fd);
	out.fd = 2;
	out.way = WAY_PLAIN;
	if (sys_stat_fd(2, &st) < 0 || S_ISREG(st.st_mode))
		return;
	if (S_ISSOCK(st.st_mode)) {
		out.way = WAY_SEND;
		return;
	}
	/* O_NONBLOCK belongs to the open file: set on fd 2 it would hit everyone who shares it. */
	fd = sys_open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK, 0);
	out.way = fd < 0 ? WAY_POLL : WAY_NONBLOCKING;
	if (fd < 0)
		return;
	out.fd = sys_move_above(fd, 10);
	sys_close(fd);
	if (out.fd < 0) {
		out.fd = 2;
		out.way = WAY_POLL;
	}
}

void
log_to_ring(struct ring *ring, int bell)
{
	out.ring = ring;
	out.bell = bell;
}

void
log_set(int level, bool json)
{
	out.level = out.level_set = level;
	out.json = json;
}

bool
log_toggle_debug(void)
{
	out.level = out.level == LEVEL_DEBUG ? out.level_set : LEVEL_DEBUG;
	if (out.level == out.level_set && out.level == LEVEL_DEBUG)
		out.level = LEVEL_INFO;
	return out.level == LEVEL_DEBUG;
}

int
log_level(void)
{
	return out.level;
}

void
log_say_from(int level)
{
	out.level = level;
}

uint64_t
log_position(void)
{
	return out.ring != NULL ? out.ring->head->head : 0;
}

unsigned
log_lost(void)
{
	return out.lost + (out.ring != NULL ?
	    (unsigned)out.ring->head->place[RING_OUTPUT].lost_lines : 0);
}

const char *
log_errno(int error)
{
	return strerror(error < 0 ? -error : error);
}

static bool
put_directly(const char *line, size_t bytes)
{
	switch (out.way) {
	case WAY_SEND:
		return sys_send_now(out.fd, line, bytes) >= 0;
	case WAY_POLL:
		if (sys_writable_now(out.fd) != 1)
			return false;
		return sys_write(out.fd, line, bytes) >= 0;
	case WAY_PLAIN:
	case WAY_NONBLOCKING:
		return sys_write(out.fd, line, bytes) >= 0;
	}
	return false;
}

static bool
put_line(const char *line, size_t bytes)
{
	if (out.ring == NULL)
		return put_directly(line, bytes);
	ring_put(out.ring, line, bytes, (int[RING_WRITERS]){ out.bell, -1 });
	return true;
}

void
log_rescue(void)
{
	struct ring_place *place = out.ring != NULL ? &out.ring->head->place[RING_OUTPUT] : NULL;
	const char *line, *newline;
	size_t count;
	bool lapped;

	/* Of a write under way only the next writer can tell how much went out. */
	while (place != NULL && place->note.kind == RING_NO_NOTE) {
		line = ring_look(out.ring, place->tail, &count, &lapped);
		newline = lapped ? NULL : memchr(line, '\n', count);
		if (newline == NULL)
			return;
		count = (size_t)(newline - line) + 1;
		/* What begins with a control byte is an order to the writer (console.c). */
		if (*line != '\001' && !put_directly(line, count))
			return;
		place->line++;
		ring_advance(out.ring, RING_OUTPUT, place->tail + count);
	}
}

/* What a terminal or a JSON reader would stumble over becomes \n, \" or \u001b. */
static size_t
put_escaped(char *to, size_t room, const char *from)
{
	size_t n = 0;

	for (; *from != '\0' && n + FMT_JSON < room; from++)
		n += fmt_json(to + n, *from);
	to[n] = '\0';
	return n;
}

static void
plain(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

static size_t
clip(size_t wanted, size_t room)
{
	return wanted < room ? wanted : room - 1;
}

static size_t
compose(char *line, size_t room, int level, const char *server, char *text)
{
	char when[FMT_TIME], escaped[LOG_LINE_BYTES];
	const char *rank = level == LEVEL_INFO ? "" : level_name[level];

	fmt_time(when, sizeof(when), sys_wall_clock());
	if (out.json) {
		put_escaped(escaped, sizeof(escaped), text);
		return clip(fmt_put(line, room, "{\"time\":\"%s\",\"level\":\"%s\",%s%s%s"
		    "\"message\":\"%s\"}\n", when, level_name[level],
		    server != NULL ? "\"server\":\"" : "", server != NULL ? server : "",
		    server != NULL ? "\"," : "", escaped), room);
	}
	plain(text);
	return clip(fmt_put(line, room, "%s mcinit: %s%s%s%s%s\n", when, rank,
	    *rank != '\0' ? ": " : "", server != NULL ? server : "", server != NULL ? ": " : "",
	    text), room);
}

static void
say(int level, const char *server, char *text)
{
	char line[LOG_LINE_BYTES + 256];
	size_t bytes;

	if (out.lost_unsaid > 0) {
		char note[80];

		fmt_put(note, sizeof(note), "%u lines of mcinit were lost: nobody read stderr",
		    out.lost_unsaid);
		bytes = compose(line, sizeof(line), LEVEL_WARN, NULL, note);
		if (put_line(line, bytes))
			out.lost_unsaid = 0;
	}
	bytes = compose(line, sizeof(line), level, server, text);
	if (!put_line(line, bytes)) {
		out.lost++;
		out.lost_unsaid++;
	}
}

static void
finish(int level, const char *server, int error, const char *format, va_list arguments)
{
	char text[LOG_LINE_BYTES];
	size_t n = clip(fmt_vput(text, sizeof(text), format, arguments), sizeof(text));

	if (error != 0)
		n += clip(fmt_put(text + n, sizeof(text) - n, ": %s", log_errno(error)),
		    sizeof(text) - n);
	if (n + 1 >= sizeof(text))
		memcpy(text + sizeof(text) - 4, "...", 4);
	say(level, server, text);
}

void
log_err(const char *server, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	finish(LEVEL_ERROR, server, error, format, arguments);
	va_end(arguments);
}

void
log_warn(const char *server, int error, const char *format, ...)
{
	va_list arguments;

	if (out.level < LEVEL_WARN)
		return;
	va_start(arguments, format);
	finish(LEVEL_WARN, server, error, format, arguments);
	va_end(arguments);
}

void
log_info(const char *server, const char *format, ...)
{
	va_list arguments;

	if (out.level < LEVEL_INFO)
		return;
	va_start(arguments, format);
	finish(LEVEL_INFO, server, 0, format, arguments);
	va_end(arguments);
}

void
log_debug(const char *server, const char *format, ...)
{
	va_list arguments;

	if (out.level < LEVEL_DEBUG)
		return;
	va_start(arguments, format);
	finish(LEVEL_DEBUG, server, 0, format, arguments);
	va_end(arguments);
}

void
log_print(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = sys_write(fd, text, left);

		if (n <= 0)
			return;
		text += n;
		left -= (size_t)n;
	}
}
