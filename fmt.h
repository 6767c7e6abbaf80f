/* SPDX-License-Identifier: MIT */
/*
 * fmt: text into a room of fixed size.
 *
 * What snprintf() does, without floating point, wide characters and locales: 1 KiB of code in
 * the place of 13.  Pure.  Called by every room that makes text.
 */
#ifndef FMT_H
#define FMT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FMT_TIME = 25,			/* room for a time, until the year 9999 */
	FMT_JSON = 7			/* room for a byte of a JSON string */
};

/*
 * Conversions d u x o c s %, with ll, l or z before a number; flags 0 and -, a width, and a
 * precision for s; * for both.  Writes at most room bytes with the NUL, and a NUL always (room
 * must not be 0).  Returns the length the whole text has, which is room or more if it was cut.
 */
size_t fmt_put(char *text, size_t room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t fmt_vput(char *text, size_t room, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* A moment, in ms since 1970, as "2026-11-25T12:00:00.123Z": UTC; one before 1970 is 1970. */
void fmt_time(char *text, size_t room, int64_t ms);

/*
 * A byte as it stands inside a JSON string, made harmless to a terminal: itself, \", \\ or \u001b.
 * Bytes from 0x80 on are themselves.  Returns how many bytes it takes, at most FMT_JSON - 1; what
 * lies behind them in the room may be written over.  No NUL is promised.
 */
size_t fmt_json(char to[FMT_JSON], char byte);

#endif
