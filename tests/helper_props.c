/* SPDX-License-Identifier: MIT */
/*
 * helper_props: properties files before and after they were changed, for tests/PropsCheck.java to
 * read.
 *
 *	helper_props COUNT SEED
 *
 * Prints the samples of tests/props_lines.h, each with every value of it, and then COUNT files made
 * at random of what is special to java.  A record is six texts, each behind its length (four bytes,
 * the highest first; all ones: there is none): what it is, the key, the text before, the value that
 * props_get() finds in it, the value that is set, the text after.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "props.h"
#include "props_lines.h"

enum { ROOM = 8192, PIECES = 24 };

static uint64_t state;

static unsigned
chance(unsigned most)
{
	state = state * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(state >> 33) % most;
}

static void
put(const char *text, size_t count)
{
	uint32_t n = text != NULL ? (uint32_t)count : UINT32_MAX;

	for (int shift = 24; shift >= 0; shift -= 8)
		putchar((int)(n >> shift & 0xff));
	if (text != NULL)
		fwrite(text, 1, count, stdout);
}

static void
put_string(const char *text)
{
	put(text, text != NULL ? strlen(text) : 0);
}

static void
put_record(const char *what, const char *key, const char *text, size_t bytes, const char *set)
{
	static char after[ROOM];
	char value[PROPS_VALUE];
	size_t n;

	memcpy(after, text, bytes);
	n = props_set(after, bytes, ROOM, key, set);
	put_string(what);
	put_string(key);
	put(text, bytes);
	put_string(props_get(text, bytes, key, value) ? value : NULL);
	put_string(set);
	put(after, n);
}

static void
put_sample(const struct props_sample *s)
{
	char text[ROOM];
	size_t n = s->head.count + s->old.count;

	memcpy(text, s->head.at, s->head.count);
	memcpy(text + s->head.count, s->old.at, s->old.count);
	memcpy(text + n, s->tail.at, s->tail.count);
	n += s->tail.count;
	put_record(s->what, s->key, text, n, s->set);
	for (int i = 0; i < PROPS_VALUES; i++)
		put_record(s->what, s->key, text, n, props_values[i]);
}

/* Either of UTF-8 or of Latin-1: without its one wrong line a mixed file would be another. */
static void
put_random(int number)
{
	static const char *const pieces[] = { "a", "a", "a", "b", "u", "t", "0", "=", ":", " ", "\t",
		"\f", "\\", "\\", "\\", "\\\\", "\n", "\n", "\r", "\r\n", "\\\n", "\\\r", "\\\r\n",
		"\na", "\ra=", "\r\na ", "#", "!", "\\u0061", "\\u003D", "\\u00", "\\ud83d",
		"\\ude00", "x" };
	static const char *const utf8[] = { "\xc3\xa9", BOM, "\xf0\x9f\x98\x80", "\xc2\x85",
		"\xc4\x8c" };
	unsigned own = sizeof(pieces) / sizeof(pieces[0]), kind = chance(3), n;
	char text[ROOM] = "", name[32];

	n = 1 + chance(PIECES);
	for (unsigned i = 0; i < n; i++) {
		unsigned which = chance(kind > 0 ? own + 3 : own);

		strcat(text, which < own ? pieces[which] : kind == 1 ? utf8[chance(5)] : "\xe9");
	}
	sprintf(name, "random %d", number);
	put_record(name, chance(4) > 0 ? "a" : "aa", text, strlen(text),
	    props_values[chance(PROPS_VALUES)]);
}

int
main(int argc, char *argv[])
{
	if (argc != 3) {
		fputs("usage: helper_props COUNT SEED\n", stderr);
		return 64;
	}
	for (int i = 0; i < PROPS_SAMPLES; i++)
		put_sample(&props_samples[i]);
	state = strtoul(argv[2], NULL, 10);
	for (int i = 0; i < atoi(argv[1]); i++)
		put_random(i);
	return 0;
}
