/* SPDX-License-Identifier: MIT */
/*
 * paint: the bytes of a reply, as a server sends them, to what is printed.
 *
 * Pure.  Called by remote.c.  It must never put onto a terminal what a player or a plugin could
 * move a cursor with, and never put anything but UTF-8, unless it is asked for the bytes.
 *
 * Letters are UTF-8, wherever they are cut; a byte that belongs to none is one of Latin-1, as the
 * servers of long ago write it.  A formatting code is U+00A7 and a letter or digit, a colour of six
 * digits U+00A7 x and six times U+00A7 and a digit.  What only looks like one, or is cut at the end
 * of the reply, stays.
 * - RAW: byte for byte.
 * - PLAIN: without the codes; all else stays.
 * - TERMINAL: the codes as SGR sequences, or without them; a line that has some ends without, and
 *   the next goes on with them.  Control characters are shown, "^[", and C1 as "\x9b"; \t stays,
 *   \r\n is a newline.
 * - JSON: what stands inside a string; the codes stay, a control character is \u001b.
 */
#ifndef PAINT_H
#define PAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utf.h"

enum { PAINT_ROOM = 512 };		/* the least that paint_put() and paint_end() must be given */

enum paint_form { PAINT_RAW, PAINT_PLAIN, PAINT_TERMINAL, PAINT_JSON };

/* What letters look like: bits of PAINT_BOLD and so on, and a colour: 0, or one of paint.c. */
struct paint_look {
	uint32_t colour;
	uint8_t styles;
};

/* Where a reply is; all zero but the first two is the beginning of one. */
struct paint {
	uint8_t form;			/* enum paint_form */
	bool colour;			/* TERMINAL: with SGR sequences */

	struct utf utf;
	uint8_t held[UTF_BYTES], bytes;	/* a letter that is not whole */
	bool cr;			/* \r: what follows decides */
	bool section;			/* U+00A7: the same */
	char code[7];			/* before it: "x" and the digits so far */
	uint8_t code_bytes;
	struct paint_look wanted, drawn;
	bool inside;			/* a line has begun and not ended */
};

/*
 * Takes bytes of `in` and puts what becomes of them into `out` (room >= PAINT_ROOM).  Returns the
 * bytes put; *used is how many were taken, and some are whenever there are any.
 */
size_t paint_put(struct paint *p, const char *in, size_t bytes, char *out, size_t room,
    size_t *used);

/*
 * The reply has ended: puts what was not whole, and, in PLAIN and TERMINAL, the newline that the
 * last line lacks.  What follows is another reply.
 */
size_t paint_end(struct paint *p, char *out, size_t room);

/* Whether a line has begun and not ended. */
bool paint_is_inside(const struct paint *p);

#endif
