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

/*
 * Conversions d u x o c s %, with ll, l or z before a number; flags 0 and -, a width, and a
 * precision for s; * for both.  Writes at most room bytes with the NUL, and a NUL always (room
 * must not be 0).  Returns the length the whole text has, which is room or more if it was cut.
 */
size_t fmt_put(char *text, size_t room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t fmt_vput(char *text, size_t room, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

#endif
