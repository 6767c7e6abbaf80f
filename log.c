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
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "fmt.h"
#include "ini/conf.h"
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
} out = { .fd = 2, .level = LEVEL_INFO, .level_set = LEVEL_INFO };

static const char *const level_name[] = { "error", "warning", "info", "debug" };

void
log_open(void)
{
	struct stat st;
	int fd;

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

unsigned
log_lost(void)
{
	return out.lost;
}

const char *
log_errno(int error)
{
	return strerror(error < 0 ? -error : error);
}

static bool
put_line(const char *line, size_t bytes)
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

/*
 * Days since 1970 to a date: eras of 400 years that begin in March, so that the leap day is the
 * last of its year.  (gmtime_r would bring malloc along, by way of the time zones.)
 */
static void
date_of(int64_t days, int *year, int *month, int *day)
{
	enum { ERA = 146097, TO_ERA = 719468 };
	int64_t in_era = (days + TO_ERA) % ERA, era = (days + TO_ERA) / ERA;
	int64_t of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / (ERA - 1)) / 365;
	int64_t of_year = in_era - (365 * of_era + of_era / 4 - of_era / 100);
	int64_t from_march = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * from_march + 2) / 5 + 1);
	*month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
	*year = (int)(of_era + era * 400 + (*month <= 2));
}

static void
put_time(char *text, size_t room)
{
	int64_t ms = sys_wall_clock(), seconds = ms < 0 ? 0 : ms / 1000;
	int year, month, day;

	date_of(seconds / 86400, &year, &month, &day);
	fmt_put(text, room, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day,
	    (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60), (int)(seconds % 60),
	    (int)(ms % 1000));
}

/* What a terminal or a JSON reader would stumble over becomes \n, \" or \u001b. */
static size_t
put_escaped(char *to, size_t room, const char *from)
{
	size_t n = 0;

	for (; *from != '\0' && n + 7 < room; from++) {
		unsigned char c = (unsigned char)*from;

		if (c == '"' || c == '\\') {
			to[n++] = '\\';
			to[n++] = (char)c;
		} else if (c < 0x20 || c == 0x7f) {
			n += fmt_put(to + n, room - n, "\\u%04x", c);
		} else {
			to[n++] = (char)c;
		}
	}
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
	char when[96], escaped[LOG_LINE_BYTES];
	const char *rank = level == LEVEL_INFO ? "" : level_name[level];

	put_time(when, sizeof(when));
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
