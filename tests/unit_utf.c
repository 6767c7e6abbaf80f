/* SPDX-License-Identifier: MIT */
/*
 * Letters of UTF-8, as utf.h promises them: each that Unicode has, none that it forbids, and where
 * one goes on behind what was none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "utf.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

enum { LAST_LETTER = 0x10ffff, WRONG = 0x110000, OPEN };

/* By the book, and longer than allowed where `count` says so. */
static size_t
encode(uint32_t letter, size_t count, unsigned char to[UTF_BYTES])
{
	static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = count - 1; i > 0; i--) {
		to[i] = (unsigned char)(0x80 | (letter & 0x3f));
		letter >>= 6;
	}
	to[0] = (unsigned char)(first[count] | letter);
	return count;
}

static size_t
length_of(uint32_t letter)
{
	return letter < 0x80 ? 1 : letter < 0x800 ? 2 : letter < 0x10000 ? 3 : 4;
}

static int
is_surrogate(uint32_t letter)
{
	return letter >= 0xd800 && letter < 0xe000;
}

/* The letters of a text, the way callers go: a byte that was wrong behind others begins anew. */
static size_t
decode(const unsigned char *text, size_t bytes, uint32_t *to)
{
	struct utf utf = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < bytes; ) {
		uint8_t before = utf.left;

		switch (utf_take(&utf, text[i])) {
		case UTF_LETTER:
			to[n++] = utf.code;
			i++;
			break;
		case UTF_INSIDE:
			i++;
			break;
		case UTF_WRONG:
			to[n++] = WRONG;
			i += before == 0;
			break;
		}
	}
	if (utf.left > 0)
		to[n++] = OPEN;
	return n;
}

static void
each_letter_is_known(void **state)
{
	struct utf utf = { 0 };

	(void)state;
	for (uint32_t letter = 0; letter <= LAST_LETTER; letter++) {
		unsigned char bytes[UTF_BYTES];
		size_t n = encode(letter, length_of(letter), bytes);

		if (is_surrogate(letter))
			continue;
		for (size_t i = 0; i + 1 < n; i++) {
			assert_int_equal(utf_take(&utf, bytes[i]), UTF_INSIDE);
			assert_int_equal(utf.left, n - 1 - i);
		}
		assert_int_equal(utf_take(&utf, bytes[n - 1]), UTF_LETTER);
		assert_int_equal(utf.code, letter);
		assert_int_equal(utf.left, 0);
	}
}

/* It is said as early as it can be known: at the second byte, or at the first. */
static void
forbidden(uint32_t letter, size_t count)
{
	unsigned char bytes[UTF_BYTES];
	struct utf utf = { 0 };

	encode(letter, count, bytes);
	if (utf_take(&utf, bytes[0]) == UTF_WRONG)
		return;
	assert_int_equal(utf_take(&utf, bytes[1]), UTF_WRONG);
	assert_int_equal(utf.left, 0);
}

static void
forms_that_are_too_long_are_none(void **state)
{
	(void)state;
	for (uint32_t letter = 0; letter < 0x10000; letter++)
		for (size_t count = length_of(letter) + 1; count <= UTF_BYTES; count++)
			forbidden(letter, count);
}

static void
halves_and_what_is_beyond_are_none(void **state)
{
	(void)state;
	for (uint32_t letter = 0xd800; letter < 0xe000; letter++)
		forbidden(letter, 3);
	for (uint32_t letter = LAST_LETTER + 1; letter < 0x200000; letter += 0x3f)
		forbidden(letter, 4);
	forbidden(LAST_LETTER + 1, 4);
	forbidden(0x1fffff, 4);
}

/* All pairs of bytes: what may begin, and what may follow. */
static void
second_bytes_are_as_unicode_has_them(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 256; a++) {
		int begins = a >= 0xc2 && a <= 0xf4;
		unsigned least = a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : 0x80;
		unsigned most = a == 0xed ? 0x9f : a == 0xf4 ? 0x8f : 0xbf;

		for (unsigned b = 0; b < 256; b++) {
			struct utf utf = { 0 };
			enum utf_is is = utf_take(&utf, (unsigned char)a);

			assert_int_equal(is,
			    a < 0x80 ? UTF_LETTER : begins ? UTF_INSIDE : UTF_WRONG);
			if (is != UTF_INSIDE)
				break;
			is = utf_take(&utf, (unsigned char)b);
			assert_int_equal(is, b < least || b > most ? UTF_WRONG :
			    a < 0xe0 ? UTF_LETTER : UTF_INSIDE);
		}
	}
}

static void
later_bytes_are_not_bound_by_the_first(void **state)
{
	static const char *const whole[] = {
		"\xe0\xa0\x80", "\xed\x9f\xbf", "\xf0\x90\x80\xbf", "\xf4\x8f\xbf\x80",
	};
	static const uint32_t letters[] = { 0x800, 0xd7ff, 0x1003f, 0x10ffc0 };

	(void)state;
	for (size_t i = 0; i < COUNT(whole); i++) {
		uint32_t got[8];

		assert_int_equal(decode((const unsigned char *)whole[i], strlen(whole[i]), got), 1);
		assert_int_equal(got[0], letters[i]);
	}
}

static void
a_new_letter_begins_behind_what_was_none(void **state)
{
	static const struct {
		const char *text;
		uint32_t letters[8];
		size_t count;
	} rows[] = {
		{ "\x80", { WRONG }, 1 },
		{ "\x80\xbfz", { WRONG, WRONG, 'z' }, 3 },
		{ "\xc3z", { WRONG, 'z' }, 2 },
		{ "\xc3\xc3\xa4", { WRONG, 0xe4 }, 2 },
		{ "\xe2\x82z", { WRONG, 'z' }, 2 },
		{ "\xe2\x82\xc3\xa4", { WRONG, 0xe4 }, 2 },
		{ "\xf0\x9f\x98\xf0\x9f\x98\x80", { WRONG, 0x1f600 }, 2 },
		{ "\xf0\x9f\xe2\x82\xac", { WRONG, 0x20ac }, 2 },
		{ "\xe0\x80\x80", { WRONG, WRONG, WRONG }, 3 },
		{ "\xed\xa0\x80", { WRONG, WRONG, WRONG }, 3 },
		{ "\xf4\x90\x80\x80", { WRONG, WRONG, WRONG, WRONG }, 4 },
		{ "\xc0\xaf", { WRONG, WRONG }, 2 },
		{ "\xff\xfe", { WRONG, WRONG }, 2 },
		{ "a\xe9" "b", { 'a', WRONG, 'b' }, 3 },
		{ "\xe9\xe9\xe9", { WRONG, WRONG, OPEN }, 3 },
		{ "a\xf0\x9f\x98", { 'a', OPEN }, 2 },
		/* A second byte that would do for another first one. */
		{ "\xe0\x9f\xbf" "a", { WRONG, WRONG, WRONG, 'a' }, 4 },
		{ "\xf0\x8f\xbf\xbf", { WRONG, WRONG, WRONG, WRONG }, 4 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint32_t got[16];
		size_t n = decode((const unsigned char *)rows[i].text, strlen(rows[i].text), got);

		assert_int_equal(n, rows[i].count);
		assert_memory_equal(got, rows[i].letters, n * sizeof(got[0]));
	}
}

static void
a_zero_is_a_letter(void **state)
{
	struct utf utf = { 0 };

	(void)state;
	assert_int_equal(utf_take(&utf, 0), UTF_LETTER);
	assert_int_equal(utf.code, 0);
	assert_int_equal(utf_take(&utf, 0xe2), UTF_INSIDE);
	assert_int_equal(utf_take(&utf, 0), UTF_WRONG);
	assert_int_equal(utf_take(&utf, 0), UTF_LETTER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_letter_is_known),
		cmocka_unit_test(forms_that_are_too_long_are_none),
		cmocka_unit_test(halves_and_what_is_beyond_are_none),
		cmocka_unit_test(second_bytes_are_as_unicode_has_them),
		cmocka_unit_test(later_bytes_are_not_bound_by_the_first),
		cmocka_unit_test(a_new_letter_begins_behind_what_was_none),
		cmocka_unit_test(a_zero_is_a_letter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
