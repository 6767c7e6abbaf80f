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

/* The next name at *at, without colours and blanks around it: its length, or 0: that is none. */
static size_t
name_at(const unsigned char *text, size_t bytes, size_t *at, char name[PLAYERS_NAME])
{
	size_t n = 0;

	for (*at = skip_colours(text, bytes, *at); *at < bytes; *at = skip_colours(text, bytes, *at + 1)) {
		unsigned char c = text[*at];

		if (c == ',' || c == '\n')
			break;
		if (c == ' ' && n == 0)
			continue;
		if (c < ' ' || c == 0x7f || n + 1 >= PLAYERS_NAME)
			return 0;
		name[n++] = (char)c;
	}
	while (n > 0 && name[n - 1] == ' ')
		n--;
	name[n] = '\0';
	(*at)++;
	return n;
}

size_t
players_names(const char *reply, size_t bytes, char *names, size_t room)
{
	const unsigned char *text = (const unsigned char *)reply;
	int32_t count = players_of(reply, bytes), found = 0;
	size_t at = bytes, used = 0;
	char name[PLAYERS_NAME];

	names[0] = '\0';
	while (at > 0 && text[at - 1] != ':')
		at--;
	if (at == 0 || count <= 0)
		return 0;
	while (at < bytes) {
		size_t n = name_at(text, bytes, &at, name);

		if (n == 0 || used + n + 3 > room)
			break;
		if (used > 0) {
			names[used++] = ',';
			names[used++] = ' ';
		}
		memcpy(names + used, name, n + 1);
		used += n;
		found++;
	}
	/* More or fewer of them: these are no names, or not all. */
	if (found == count && at >= bytes)
		return used;
	names[0] = '\0';
	return 0;
}
