/* SPDX-License-Identifier: MIT */
/*
 * utf: letters of UTF-8, byte by byte; see utf.h.
 *
 * It must never look at more than one byte at a time.
 */
#include "utf.h"

enum { NEXT_LEAST = 0x80, NEXT_MOST = 0xbf, NEXT_BITS = 6, NEXT_OWN = 0x3f };

/* First bytes: the highest of a range, how many follow, what the second can be, bits that are its own. */
static const struct {
	uint8_t most, left, least_next, most_next, bits;
} firsts[] = {
	{ 0x7f, 0, 0, 0, 0x7f },
	{ 0xc1, UINT8_MAX, 0, 0, 0 },
	{ 0xdf, 1, NEXT_LEAST, NEXT_MOST, 0x1f },
	{ 0xe0, 2, 0xa0, NEXT_MOST, 0x0f },
	{ 0xec, 2, NEXT_LEAST, NEXT_MOST, 0x0f },
	{ 0xed, 2, NEXT_LEAST, 0x9f, 0x0f },
	{ 0xef, 2, NEXT_LEAST, NEXT_MOST, 0x0f },
	{ 0xf0, 3, 0x90, NEXT_MOST, 0x07 },
	{ 0xf3, 3, NEXT_LEAST, NEXT_MOST, 0x07 },
	{ 0xf4, 3, NEXT_LEAST, 0x8f, 0x07 },
	{ 0xff, UINT8_MAX, 0, 0, 0 },
};

static enum utf_is
take_first(struct utf *utf, unsigned char byte)
{
	int i = 0;

	while (byte > firsts[i].most)
		i++;
	if (firsts[i].left == UINT8_MAX)
		return UTF_WRONG;
	utf->code = byte & firsts[i].bits;
	utf->left = firsts[i].left;
	utf->least = firsts[i].least_next;
	utf->most = firsts[i].most_next;
	return utf->left > 0 ? UTF_INSIDE : UTF_LETTER;
}

enum utf_is
utf_take(struct utf *utf, unsigned char byte)
{
	if (utf->left == 0)
		return take_first(utf, byte);
	if (byte < utf->least || byte > utf->most) {
		utf->left = 0;
		return UTF_WRONG;
	}
	utf->code = utf->code << NEXT_BITS | (byte & NEXT_OWN);
	utf->least = NEXT_LEAST;
	utf->most = NEXT_MOST;
	return --utf->left > 0 ? UTF_INSIDE : UTF_LETTER;
}
