/* SPDX-License-Identifier: MIT */
/*
 * utf: letters of UTF-8, byte by byte, wherever the bytes are cut.
 *
 * Pure.  Called by rcon.c and paint.c.  It must never take for a letter what Unicode forbids: a form
 * that is longer than needed, half a surrogate pair, a number beyond the last.
 */
#ifndef UTF_H
#define UTF_H

#include <stdint.h>

enum { UTF_BYTES = 4 };			/* of a letter, at most */

/* Where we are inside a letter; all zero is the beginning of one. */
struct utf {
	uint32_t code;			/* of a letter that is whole: its number */
	uint8_t left;			/* bytes still to come */
	uint8_t least, most;		/* what the next one can be */
};

enum utf_is {
	UTF_INSIDE,			/* there is more to come */
	UTF_LETTER,			/* `code` is whole */
	UTF_WRONG			/* not with what was before it: that was no letter, and a new one begins */
};

/* After WRONG the byte has not been taken, unless nothing was before it. */
enum utf_is utf_take(struct utf *utf, unsigned char byte);

#endif
