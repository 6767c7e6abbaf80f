/* SPDX-License-Identifier: MIT */
/*
 * edit: one line typed on a terminal, with what was typed before it.
 *
 * Bytes of the keyboard in, bytes for the terminal out.  Pure: whoever calls it has put the
 * terminal into raw mode, and reads and writes.  Called by remote.c.  It must never draw what would
 * be read as a control sequence, and never lose a line that was typed.
 *
 * The line takes one row of the screen: what is longer scrolls, and the last column is the cursor's
 * alone, for terminals differ there.  The keys are those of Emacs, as far as edit.c lists them.
 */
#ifndef EDIT_H
#define EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	EDIT_LINE_BYTES = 4096,		/* of a line with its NUL */
	EDIT_HISTORY = 16 * 1024,	/* bytes for all lines before it: the oldest go first */
	EDIT_PROMPT = 64,		/* with its NUL; a longer one is cut */
	EDIT_OUT = 5 * 1024		/* the most that one call can make to be drawn */
};

enum edit_news {
	EDIT_GOES_ON,
	EDIT_IS_LINE,			/* Enter: `line` is whole, and in the history */
	EDIT_IS_OFF,			/* Ctrl-C: what was typed is given up */
	EDIT_IS_TOO_LONG,		/* Enter, but not all of it had room: half a command is another one */
	EDIT_IS_END			/* Ctrl-C or Ctrl-D on an empty line */
};

/* Numbers and text only; all zero is the beginning. */
struct edit {
	/* For the caller. */
	char line[EDIT_LINE_BYTES];	/* UTF-8 without control characters; until edit_begin() */
	char out[EDIT_OUT];
	size_t out_bytes;		/* of this call alone */
	int columns;			/* may be changed between edit_hide() and edit_show() */
	bool too_long;			/* something that was typed had no room; until the line is empty */

	/* Its own. */
	char prompt[EDIT_PROMPT];
	size_t bytes;			/* of the line */
	size_t at;			/* where the cursor stands in it: never inside a letter */
	size_t from;			/* what is seen begins here */
	char unfinished[EDIT_LINE_BYTES];	/* while one before it is looked at */
	bool unfinished_too_long;
	char killed[EDIT_LINE_BYTES];
	char history[EDIT_HISTORY];	/* each with its NUL, none empty or as the one before */
	size_t history_bytes;
	unsigned back;			/* how many lines back is looked at */
	uint8_t awaits;			/* the rest of an escape sequence */
	uint16_t first, number;		/* its first parameter, its last one */
	char letter[5];			/* as far as it came */
	uint8_t letter_bytes;
};

/*
 * Begins a line: draws the prompt, where it leaves room for more.  `columns` of the terminal (0:
 * unknown, then 80).  The cursor must stand in an empty row.
 */
void edit_begin(struct edit *e, const char *prompt, int columns);

/*
 * A byte of the keyboard.  What is to be drawn stands in e->out, e->out_bytes of it.  After other
 * news than EDIT_GOES_ON the cursor is in the next row, and edit_begin() has to follow.
 */
enum edit_news edit_take(struct edit *e, char byte);

/* Takes the line off the screen, for output of others, and draws it again in an empty row. */
void edit_hide(struct edit *e);
void edit_show(struct edit *e);

#endif
