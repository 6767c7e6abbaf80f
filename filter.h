/* SPDX-License-Identifier: MIT */
/*
 * filter: what becomes of a server's console bytes on their way to standard output or a file.
 *
 * What a player or a plugin can make a server print must not move the cursor of the person who
 * reads it, nor look like a line of mcinit's own.  Pure.  Called by writer.c and the processes
 * around it.  It must never trust that its input stays the same while it reads it.
 *
 * Where the bytes are not raw:
 * - Control bytes are shown, "^M", "^[", "^?", and C1 as "\x9b"; \t stays, \r\n is a newline.
 * - UTF-8 passes, wherever it is cut.  Bytes that belong to no UTF-8 pass from 0xa0 on.
 * - SGR sequences (ESC [ digits ; : m, at most FILTER_SGR bytes) stay or go; ESC of any other is
 *   shown, and the rest is text.  Colour ends with its line.  A reset before a line, where there
 *   is nothing to reset, always goes: it would begin a line that nobody wrote.
 * - A line that could be taken for mcinit's own gets "NAME: " in front: one whose first 64 visible
 *   bytes have "mcinit: " with nothing but a time and blanks before it, or which begins, after
 *   blanks, with {"time".  A beginning that is cut off before this is certain gets it too.  That
 *   is all that depends on how a stream is cut into calls.
 * - JSON: an object {"time":"...","server":"NAME","line":"..."} a line; no prefix is needed, a
 *   control byte is \u001b, and each byte of no UTF-8 is \ufffd.
 */
#ifndef FILTER_H
#define FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FILTER_ROOM = 512,		/* the least that filter_put() must be given */
	FILTER_NAME = 64,		/* a longer name is cut */
	FILTER_SGR = 64
};

/* How the bytes are to look. */
struct filter_form {
	const char *name;		/* the server's, [A-Za-z0-9_.-]; never NULL */
	bool raw;			/* as they come (log files); the rest is then not used */
	bool json;
	bool prefix;			/* "NAME: " before each line */
	bool color;			/* SGR sequences stay */
};

/*
 * Where a stream is inside a line; all zero is the beginning of a stream.  It lives in shared
 * memory and outlives the process, so it is plain numbers, and any numbers are safe to have.
 */
struct filter_state {
	uint8_t flags;
	uint8_t held[31];		/* what was taken but cannot be told yet: half a letter */
};

/*
 * Takes bytes of `in` and puts what becomes of them into `out` (room >= FILTER_ROOM).  Returns
 * the bytes put, which may be none; *used is how many of `in` were taken, and some are whenever
 * there are any.  The rest is to be given again, with more behind it.
 *
 * Depends on nothing but its arguments, and on no byte that was not taken: given the *used bytes
 * alone, it puts the same again.  If json or raw are others than inside the line that is open,
 * that line is ended first.
 */
size_t filter_put(const struct filter_form *form, struct filter_state *state, const char *in,
    size_t bytes, int64_t wall_ms, char *out, size_t room, size_t *used);

/*
 * Ends a line that is open (a gap or another's line follows): puts what closes it, or nothing.
 * Half a letter or sequence that had not begun a line is forgotten.  Needs room >= FILTER_ROOM.
 */
size_t filter_end(const struct filter_form *form, struct filter_state *state, char *out,
    size_t room);

/*
 * Raw bytes that are written from where they are, and not by way of filter_put(): what it would
 * leave in *state.  False, and nothing is changed: it would put something before them.
 */
bool filter_pass(struct filter_state *state, const char *in, size_t bytes);

/* Whether what was put ends inside a line, so that filter_end() has something to put. */
bool filter_is_inside(const struct filter_state *state);

#endif
