/* SPDX-License-Identifier: MIT */
/*
 * edit_lab: a terminal for edit.h, of one row, which knows no more than edit.c may use.
 *
 * Included once by each test of edit.h.  It must never look into edit.c for what a letter is like.
 */
#ifndef EDIT_LAB_H
#define EDIT_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"

enum { LAB_COLUMNS = 200, LAB_ROW = EDIT_PROMPT + EDIT_LINE_BYTES + LAB_COLUMNS };

#define SECOND_HALF	"\1"

struct screen {
	int columns, at;
	int rows;			/* how often it went on to the next one */
	bool rang, cleared;
	char cells[LAB_COLUMNS][EDIT_LINE_BYTES + 8];	/* a letter with its marks; "" is blank */
	char above[LAB_ROW];		/* the row before */
};

/* Decodes strictly; the bytes of the letter, 0: that is none. */
static size_t
lab_decode(const char *text, size_t bytes, uint32_t *letter)
{
	const unsigned char *u = (const unsigned char *)text;
	size_t count = u[0] < 0x80 ? 1 : u[0] >= 0xc2 && u[0] < 0xe0 ? 2 :
	    (u[0] & 0xf0) == 0xe0 ? 3 : u[0] >= 0xf0 && u[0] <= 0xf4 ? 4 : 0;

	if (count == 0 || count > bytes)
		return 0;
	*letter = count == 1 ? u[0] : count == 2 ? u[0] & 0x1f : count == 3 ? u[0] & 0xf : u[0] & 7;
	for (size_t i = 1; i < count; i++) {
		if (u[i] < 0x80 || u[i] > 0xbf)
			return 0;
		*letter = *letter * 64 + u[i] - 0x80;
	}
	if ((count == 3 && (*letter < 0x800 || (*letter >= 0xd800 && *letter < 0xe000))) ||
	    (count == 4 && (*letter < 0x10000 || *letter > 0x10ffff)))
		return 0;
	return count;
}

static bool
lab_is_control(uint32_t letter)
{
	return letter < ' ' || (letter >= 0x7f && letter < 0xa0);
}

/* Of the letters that tests type. */
static int
lab_width(uint32_t letter)
{
	return letter >= 0x300 && letter < 0x370 ? 0 :
	    (letter >= 0x4e00 && letter < 0xa000) || (letter >= 0xac00 && letter < 0xd7a4) ||
	    (letter >= 0x1f600 && letter < 0x1f640) ? 2 : 1;
}

static void
lab_row(const struct screen *s, char text[LAB_ROW])
{
	int last = s->columns;
	size_t n = 0;

	while (last > 0 && s->cells[last - 1][0] == '\0')
		last--;
	for (int i = 0; i < last; i++) {
		const char *cell = s->cells[i][0] == '\0' ? " " : s->cells[i];

		if (strcmp(cell, SECOND_HALF) == 0)
			continue;
		memcpy(text + n, cell, strlen(cell));
		n += strlen(cell);
	}
	text[n] = '\0';
}

static void
lab_erase(struct screen *s, int from)
{
	if (from > 0 && strcmp(s->cells[from], SECOND_HALF) == 0)
		s->cells[from - 1][0] = '\0';
	for (int i = from; i < s->columns; i++)
		s->cells[i][0] = '\0';
}

/* False: what a real terminal could take amiss. */
static bool
lab_print(struct screen *s, const char *text, size_t count, int width)
{
	int at = s->at;

	if (width == 0) {
		char *cell;
		size_t n;

		if (at == 0)
			return false;
		at -= strcmp(s->cells[at - 1], SECOND_HALF) == 0 ? 2 : 1;
		cell = s->cells[at];
		n = strlen(cell);
		if (n == 0)
			return false;
		memcpy(cell + n, text, count);
		cell[n + count] = '\0';
		return true;
	}
	if (at + width > s->columns - 1)
		return false;
	if (at > 0 && strcmp(s->cells[at], SECOND_HALF) == 0)
		s->cells[at - 1][0] = '\0';
	if (strcmp(s->cells[at + width], SECOND_HALF) == 0)
		s->cells[at + width][0] = '\0';
	memcpy(s->cells[at], text, count);
	s->cells[at][count] = '\0';
	if (width == 2)
		memcpy(s->cells[at + 1], SECOND_HALF, 2);
	s->at += width;
	return true;
}

/* The sequences it knows; the bytes of one, 0: unknown. */
static size_t
lab_sequence(struct screen *s, const char *text, size_t bytes)
{
	size_t n = 2;
	int number = 0;

	if (bytes < 3 || text[1] != '[')
		return 0;
	for (; n < bytes && n < 6 && text[n] >= '0' && text[n] <= '9'; n++)
		number = number * 10 + text[n] - '0';
	if (n == bytes)
		return 0;
	if (n == 2 && text[n] == 'K') {
		lab_erase(s, s->at);
	} else if (n == 2 && text[n] == 'H') {
		s->at = 0;
	} else if (number == 2 && text[n] == 'J') {
		lab_erase(s, 0);
		s->cleared = true;
	} else if (number > 0 && text[n] == 'C' && s->at + number < s->columns) {
		s->at += number;
	} else {
		return 0;
	}
	return n + 1;
}

/* False: this was not for a terminal. */
static bool
lab_show(struct screen *s, const char *text, size_t bytes)
{
	for (size_t i = 0, count; i < bytes; i += count) {
		uint32_t letter;

		count = lab_decode(text + i, bytes - i, &letter);
		if (count == 0)
			return false;
		if (letter == '\033') {
			count = lab_sequence(s, text + i, bytes - i);
			if (count == 0)
				return false;
		} else if (letter == '\r') {
			s->at = 0;
		} else if (letter == '\n') {
			lab_row(s, s->above);
			lab_erase(s, 0);
			s->rows++;
		} else if (letter == '\a') {
			s->rang = true;
		} else if (lab_is_control(letter) ||
		    !lab_print(s, text + i, count, lab_width(letter))) {
			return false;
		}
	}
	return true;
}

static bool
lab_is_sound(const char *text, size_t bytes)
{
	uint32_t letter;

	for (size_t i = 0, count; i < bytes; i += count) {
		count = lab_decode(text + i, bytes - i, &letter);
		if (count == 0 || lab_is_control(letter) || (i == 0 && lab_width(letter) == 0))
			return false;
	}
	return strlen(text) == bytes;
}

static int
lab_columns(const char *text, size_t bytes)
{
	uint32_t letter;
	int columns = 0;

	for (size_t i = 0, count; i < bytes; i += count) {
		count = lab_decode(text + i, bytes - i, &letter);
		if (count == 0)
			return -1;
		columns += lab_width(letter);
	}
	return columns;
}

/* NULL, or what is wrong while a line is typed: with what is kept, or with what is seen of it. */
static const char *
lab_wrong(const struct edit *e, const struct screen *s)
{
	char row[LAB_ROW];
	size_t prompt = strlen(e->prompt), seen;
	int room = s->columns, left = lab_columns(e->prompt, prompt);

	if (e->bytes >= sizeof(e->line) || !lab_is_sound(e->line, e->bytes))
		return "the line is not sound";
	if (!lab_is_sound(e->killed, strlen(e->killed)))
		return "what was killed is not sound";
	if (e->at > e->bytes || lab_columns(e->line, e->at) < 0)
		return "the cursor is no place of the line";
	if (e->from > e->at)
		return "the cursor is not in what is seen";
	lab_row(s, row);
	if (s->columns - left < 4)
		prompt = 0, left = 0;
	room -= left;
	if (memcmp(row, e->prompt, prompt) != 0)
		return "the prompt is not there";
	/* Blanks at the end of a row cannot be seen. */
	seen = strlen(row + prompt);
	if (strncmp(row + prompt, e->line + e->from, seen) != 0)
		return "something else is seen";
	while (e->from + seen < e->bytes && e->line[e->from + seen] == ' ' &&
	    lab_columns(e->line + e->from, seen) < room - 1)
		seen++;
	if (e->from + seen < e->bytes && lab_columns(e->line + e->from, seen) < room - 2)
		return "less is seen than could be";
	if (e->from > 0 && lab_columns(e->line, e->bytes) < room)
		return "it need not be scrolled";
	if (s->at != left + lab_columns(e->line + e->from, e->at - e->from))
		return "the cursor stands elsewhere";
	return NULL;
}

#endif
