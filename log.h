/* SPDX-License-Identifier: MIT */
/*
 * log: mcinit's own lines, on stderr.
 *
 * Four verbs, one line and one write each, text or JSON, with the time of day in UTC.
 * Called by every room but the pure ones (step, jvm, conf, ctl, rcon).  Never blocks: a line
 * that stderr will not take at once is dropped and counted, and the next one says so.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stdint.h>

enum { LOG_LINE_BYTES = 2048 };		/* a longer line is cut, with "..." */

/* Finds a way to write to fd 2 that cannot block.  Before it, lines are written plainly. */
void log_open(void);

/* From now on lines go into mcinit's own ring, and `bell` wakes the writer. */
struct ring;
void log_to_ring(struct ring *ring, int bell);

/* There is no writer: what waits in the ring is written by us, as far as it goes without waiting. */
void log_rescue(void);

/* The level (LEVEL_ERROR .. LEVEL_DEBUG) and format of conf.h. */
void log_set(int level, bool json);
bool log_toggle_debug(void);		/* USR2; returns whether debug is on now */
int log_level(void);			/* what is said now */
void log_say_from(int level);		/* ... in another image of the same process */

/* Where our lines in the ring end; 0 as long as they do not go there. */
uint64_t log_position(void);

/* Lines lost since the start because nobody read stderr. */
unsigned log_lost(void);

/*
 * `server` is the name the line is about, or NULL for mcinit itself.  `error` is a -errno
 * whose text is put behind the line, or 0.
 */
void log_err(const char *server, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void log_warn(const char *server, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void log_info(const char *server, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_debug(const char *server, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The kernel's short name of an error (ENOENT: "No such file or directory"); never NULL. */
const char *log_errno(int error);

/* Writes `text` to fd 1 or 2 for a person at the start or in a verb; may block. */
void log_print(int fd, const char *text);

#endif
