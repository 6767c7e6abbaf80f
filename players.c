/* SPDX-License-Identifier: MIT */
/*
 * players: how many are online, by the reply to "list"; see players.h.
 *
 * It must never take a digit for a number that is a colour, or a part of a name.
 */
#include "players.h"

#include <stdbool.h>
#include <string.h>

/* U+00A7 in UTF-8, or alone in Latin-1: the letter behind it is a colour or a style. */
enum { SECTION_LEAD = 0xc2, SECTION = 0xa7 };

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* A letter of any alphabet, or what stands inside names. */
static bool
is_letter(unsigned char c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c >= 0x80;
}

/* The next byte that is no part of a colour, at or behind `at`. */
static size_t
skip_colours(const unsigned char *text, size_t bytes, size_t at)
{
	for (;;) {
		if (at + 1 < bytes && text[at] == SECTION_LEAD && text[at + 1] == SECTION)
			at += 3;
		/* In UTF-8 it is the last byte of many letters. */
		else if (at < bytes && text[at] == SECTION && (at == 0 || text[at - 1] < 0x80))
			at += 2;
		else
			return at < bytes ? at : bytes;
	}
}

int32_t
players_of(const char *reply, size_t bytes)
{
	const unsigned char *text = (const unsigned char *)reply;
	int32_t number = 0;
	bool inside = false, after_letter = false;
	unsigned char before = ' ';

	for (size_t at = skip_colours(text, bytes, 0); at < bytes; at = skip_colours(text, bytes, at + 1)) {
		unsigned char c = text[at];

		if (is_digit(c) && !after_letter) {
			inside = true;
			number = number * 10 + (c - '0');
			if (number > PLAYERS_MOST)
				return PLAYERS_NOT_KNOWN;
		} else if (inside) {
			return is_letter(c) ? PLAYERS_NOT_KNOWN : number;
		} else if (c == ':' || (is_digit(c) && before >= 0x80)) {
			/* Behind it stand names; without blanks between words, it may be anything. */
			return PLAYERS_NOT_KNOWN;
		} else {
			after_letter = is_letter(c) || is_digit(c);
			before = c;
		}
	}
	return inside ? number : PLAYERS_NOT_KNOWN;
}
