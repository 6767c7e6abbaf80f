/* SPDX-License-Identifier: MIT */
/*
 * What becomes of the bytes of a reply, as paint.h promises it, wherever they are cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "paint.h"

#define S		"\xc2\xa7"
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define ROW(in, out)	{ in, sizeof(in) - 1, out, sizeof(out) - 1 }
#define SAME(text)	ROW(text, text)
#define OFF		"\033[0m"

struct row {
	const char *in;
	size_t in_bytes;
	const char *out;
	size_t out_bytes;
};

static const struct paint raw = { .form = PAINT_RAW }, plain = { .form = PAINT_PLAIN },
    colourless = { .form = PAINT_TERMINAL }, terminal = { .form = PAINT_TERMINAL, .colour = true },
    json = { .form = PAINT_JSON };

static struct {
	struct paint paint;
	size_t room;
	char out[1 << 17];
	size_t filled;
} lab;

/* Input and room of exactly their sizes, so that ASan sees a step beyond. */
static size_t
put(const char *in, size_t bytes)
{
	char *from = malloc(bytes > 0 ? bytes : 1), *to = malloc(lab.room);
	size_t used = SIZE_MAX, n;

	memcpy(from, in, bytes);
	n = paint_put(&lab.paint, from, bytes, to, lab.room, &used);
	assert_true(n <= lab.room && used <= bytes && used > 0);
	memcpy(lab.out + lab.filled, to, n);
	lab.filled += n;
	free(from);
	free(to);
	return used;
}

static void
feed(const char *in, size_t bytes, size_t piece)
{
	for (size_t at = 0; at < bytes; )
		at += put(in + at, piece < bytes - at ? piece : bytes - at);
}

static void
end(void)
{
	char *to = malloc(PAINT_ROOM);
	size_t n = paint_end(&lab.paint, to, PAINT_ROOM);

	assert_true(n <= PAINT_ROOM);
	memcpy(lab.out + lab.filled, to, n);
	lab.filled += n;
	free(to);
}

static void
check(const struct row *row)
{
	if (lab.filled != row->out_bytes || memcmp(lab.out, row->out, row->out_bytes) != 0)
		fail_msg("'%.*s' instead of '%.*s'", (int)lab.filled, lab.out, (int)row->out_bytes,
		    row->out);
}

/* After the end it is as it was: the next reply begins anew. */
static void
check_row(const struct paint *form, const struct row *row)
{
	lab.paint = *form;
	for (size_t cut = 0; cut <= row->in_bytes; cut++) {
		lab.filled = 0;
		lab.room = PAINT_ROOM + cut;
		feed(row->in, cut, cut);
		feed(row->in + cut, row->in_bytes - cut, row->in_bytes);
		end();
		check(row);
		assert_memory_equal(&lab.paint, form, sizeof(lab.paint));
	}
	for (size_t piece = 1; piece <= 3; piece++) {
		lab.filled = 0;
		feed(row->in, row->in_bytes, piece);
		end();
		check(row);
	}
}

#define CHECK(form, ...) do {							\
	static const struct row checked[] = { __VA_ARGS__ };			\
	for (size_t i = 0; i < COUNT(checked); i++)				\
		check_row(form, &checked[i]);					\
} while (0)

static void
raw_is_byte_for_byte(void **state)
{
	char all[1024];
	struct row row = { all, sizeof(all), all, sizeof(all) };

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)(i * 7 + i / 256);
	check_row(&raw, &row);
	CHECK(&raw, SAME(""), SAME("a"), SAME("a\n"), SAME(S "agreen" S), SAME("\xff\0\r\n\033"));
}

static void
plain_leaves_the_codes_out_and_all_else_in(void **state)
{
	(void)state;
	CHECK(&plain, SAME(""), ROW("a", "a\n"), SAME("a\n"), SAME("a\n\n"), SAME("a\r\nb\r\n"),
	    SAME("\t\001\033[31mx\177\0y\n"), ROW(S "aGreen " S "lbold" S "r.", "Green bold.\n"),
	    ROW(S "x" S "1" S "2" S "e" S "4" S "5" S "fHex", "Hex\n"), ROW(S "a", ""),
	    ROW("a\n" S "r", "a\n"), SAME("&agreen &x\n"));
}

static void
json_keeps_the_codes_and_escapes_control_characters(void **state)
{
	(void)state;
	CHECK(&json, SAME(""), SAME("a"), SAME(S "a" S), ROW("a\nb\r\t", "a\\u000ab\\u000d\\u0009"),
	    ROW("\"\\\033\177\0", "\\\"\\\\\\u001b\\u007f\\u0000"), ROW("\xc2\x9b", "\\u009b"),
	    ROW("\x9b", "\\u009b"), ROW("\xe9\xa7" "a", "\xc3\xa9" S "a"));
}

static void
utf8_passes_and_other_bytes_are_latin1(void **state)
{
	(void)state;
	CHECK(&plain, SAME("\xc3\xa9\n"), SAME("\xe2\x82\xac\n"), SAME("\xf0\x9f\x98\x80\n"),
	    ROW("caf\xe9", "caf\xc3\xa9\n"), ROW("\xe9t\xe9\n", "\xc3\xa9t\xc3\xa9\n"),
	    ROW("\xe2\x82", "\xc3\xa2\xc2\x82\n"), ROW("\xe2\x82x\n", "\xc3\xa2\xc2\x82x\n"),
	    ROW("\xf0\x9f\x98\xc3\xa9\n", "\xc3\xb0\xc2\x9f\xc2\x98\xc3\xa9\n"),
	    ROW("\xff\xfe\x80\n", "\xc3\xbf\xc3\xbe\xc2\x80\n"),
	    /* Too long for what it says, a surrogate, past the last. */
	    ROW("\xc0\xaf\n", "\xc3\x80\xc2\xaf\n"), ROW("\xed\xa0\x80\n", "\xc3\xad\xc2\xa0\xc2\x80\n"),
	    ROW("\xf4\x90\x80\x80\n", "\xc3\xb4\xc2\x90\xc2\x80\xc2\x80\n"));
}

static void
codes_of_latin1_are_codes(void **state)
{
	(void)state;
	CHECK(&plain, ROW("\xa7" "aGr\xfcn\n", "Gr\xc3\xbcn\n"));
	CHECK(&terminal, ROW("\xa7" "aGr\xfcn\n", "\033[0;92mGr\xc3\xbcn" OFF "\n"));
}

static void
each_colour_has_its_own(void **state)
{
	static const char codes[] = "0123456789abcdefABCDEF";
	static const char *const sgr[] = { "30", "34", "32", "36", "31", "35", "33", "37", "90", "94",
		"92", "96", "91", "95", "93", "97", "92", "96", "91", "95", "93", "97" };

	(void)state;
	for (size_t i = 0; i < COUNT(sgr); i++) {
		char in[16] = S "?x", out[32] = "\033[0;";
		struct row row = { in, 4, out, 0 };

		in[2] = codes[i];
		strcat(strcat(out, sgr[i]), "mx" OFF "\n");
		row.out_bytes = strlen(out);
		check_row(&terminal, &row);
	}
}

static void
styles_add_up_until_a_colour(void **state)
{
	(void)state;
	CHECK(&terminal, ROW(S "lb", "\033[0;1mb" OFF "\n"), ROW(S "oi", "\033[0;3mi" OFF "\n"),
	    ROW(S "nu", "\033[0;4mu" OFF "\n"), ROW(S "mm", "\033[0;9mm" OFF "\n"),
	    ROW(S "kk", "\033[0;5mk" OFF "\n"), ROW(S "Lb", "\033[0;1mb" OFF "\n"),
	    ROW(S "c" S "l" S "ox", "\033[0;1;3;91mx" OFF "\n"),
	    ROW(S "lx" S "cy", "\033[0;1mx\033[0;91my" OFF "\n"),
	    ROW(S "lx" S "ry", "\033[0;1mx" OFF "y\n"), ROW(S "cx" S "ly", "\033[0;91mx\033[0;1;91my" OFF
	    "\n"), ROW(S "c" S "cx" S "cy", "\033[0;91mxy" OFF "\n"), ROW("x" S "a" S "c\n", "x\n"),
	    ROW(S "r", ""), ROW("x" S "r", "x\n"));
}

static void
six_digits_are_a_colour(void **state)
{
	(void)state;
	CHECK(&terminal, ROW(S "x" S "1" S "2" S "e" S "4" S "5" S "fHex" S "r.",
	    "\033[0;38;2;18;228;95mHex" OFF ".\n"), ROW(S "X" S "F" S "f" S "0" S "0" S "A" S "ax",
	    "\033[0;38;2;255;0;170mx" OFF "\n"), ROW(S "x" S "0" S "0" S "0" S "0" S "0" S "0x",
	    "\033[0;38;2;0;0;0mx" OFF "\n"),
	    ROW(S "l" S "n" S "o" S "m" S "k" S "x" S "f" S "f" S "f" S "f" S "f" S "f" S "l" S "n" S "o"
	    S "m" S "kx", "\033[0;1;3;4;5;9;38;2;255;255;255mx" OFF "\n"));
}

static void
what_only_looks_like_a_code_stays(void **state)
{
	(void)state;
	CHECK(&plain, ROW(S, S "\n"), SAME(S "z\n"), SAME(S " 5\n"), SAME(S "\n"), ROW(S S "a.", S ".\n"),
	    SAME(S "\xc3\xa9\n"), ROW(S S, S S "\n"),
	    /* Colours of six digits that have fewer. */
	    ROW(S "x", S "x\n"), SAME(S "xy\n"), ROW(S "x" S "1", S "x" S "1\n"),
	    ROW(S "x" S "1" S, S "x" S "1" S "\n"), ROW(S "x" S "1" S "2.", S "x.\n"),
	    ROW(S "x" S "1" S "l.", S "x.\n"), ROW(S "x" S "1" S "z.", S "x" S "z.\n"),
	    ROW(S "x" S "1" S S "a.", S "x" S ".\n"),
	    ROW(S "x" S "1" S "x" S "1" S "2" S "e" S "4" S "5" S "fHex", S "xHex\n"));
	CHECK(&terminal, ROW(S "x" S "1" S "a.", S "x\033[0;92m." OFF "\n"),
	    ROW(S "x" S "1.", S "x\033[0;34m." OFF "\n"), ROW(S "ax" S, "\033[0;92mx" S OFF "\n"),
	    ROW(S "x" S "1", S "x" S "1\n"));
}

static void
a_line_ends_without_colour_and_the_next_goes_on_with_it(void **state)
{
	(void)state;
	CHECK(&terminal, ROW(S "aone\ntwo\n", "\033[0;92mone" OFF "\n\033[0;92mtwo" OFF "\n"),
	    ROW(S "aone\n\n\ntwo", "\033[0;92mone" OFF "\n\n\n\033[0;92mtwo" OFF "\n"),
	    ROW(S "aone\r\ntwo\r\n", "\033[0;92mone" OFF "\n\033[0;92mtwo" OFF "\n"),
	    ROW(S "aone\n" S "rtwo\n", "\033[0;92mone" OFF "\ntwo\n"));
}

static void
a_terminal_is_not_told_what_to_do(void **state)
{
	(void)state;
	CHECK(&terminal, ROW("\033[31mred\n", "^[[31mred\n"), ROW("a\0\a\b\177\n", "a^@^G^H^?\n"),
	    SAME("a\tb\n"), ROW("a\rb\n", "a^Mb\n"), ROW("a\r\nb", "a\nb\n"), ROW("a\r\r\n", "a^M\n"),
	    ROW("a\r", "a^M\n"), ROW("\xc2\x9b" "31m\n", "\\x9b31m\n"), ROW("\x9b\n", "\\x9b\n"),
	    SAME("\xc2\xa0\n"), ROW(S "\033[m\n", S "^[[m\n"), ROW("\r" S "ax", "^M\033[0;92mx" OFF "\n"));
	CHECK(&colourless, ROW("\033[31mred\n", "^[[31mred\n"), ROW(S "aGreen " S "lbold", "Green bold\n"),
	    ROW(S "x" S "1" S "2" S "e" S "4" S "5" S "fHex", "Hex\n"), SAME(""), ROW("a\r\n", "a\n"));
}

static void
it_is_known_whether_a_line_has_begun(void **state)
{
	(void)state;
	lab.room = PAINT_ROOM;
	lab.filled = 0;
	lab.paint = plain;
	assert_false(paint_is_inside(&lab.paint));
	feed("a", 1, 1);
	assert_true(paint_is_inside(&lab.paint));
	feed("\n" S "a", 4, 4);
	assert_false(paint_is_inside(&lab.paint));
}

/* Whatever comes: UTF-8 without control characters, but for our own sequences. */
static void
noise_does_no_harm(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int turn = 0; turn < 2000; turn++) {
		static const char some[] = "\xc2\xa7x1a\r\n\033\x9b\xe2\x82\xf0";
		char in[256];

		for (size_t i = 0; i < sizeof(in); i++) {
			seed = seed * 1103515245 + 12345;
			in[i] = seed >> 30 ? some[(seed >> 16) % (sizeof(some) - 1)] : (char)(seed >> 16);
		}
		lab.paint = turn % 2 ? terminal : colourless;
		lab.filled = 0;
		lab.room = PAINT_ROOM;
		feed(in, sizeof(in), 1 + (size_t)turn % 9);
		end();
		for (size_t i = 0; i < lab.filled; i++) {
			unsigned char c = (unsigned char)lab.out[i];
			bool ours = c == '\033' && turn % 2 && lab.out[i + 1] == '[' && lab.out[i + 2] == '0';

			assert_true(c >= ' ' || c == '\n' || c == '\t' || ours);
			assert_true(c != 0x7f && (c != 0xc2 || (unsigned char)lab.out[i + 1] >= 0xa0));
		}
		assert_true(lab.filled == 0 || lab.out[lab.filled - 1] == '\n');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_is_byte_for_byte),
		cmocka_unit_test(plain_leaves_the_codes_out_and_all_else_in),
		cmocka_unit_test(json_keeps_the_codes_and_escapes_control_characters),
		cmocka_unit_test(utf8_passes_and_other_bytes_are_latin1),
		cmocka_unit_test(codes_of_latin1_are_codes),
		cmocka_unit_test(each_colour_has_its_own),
		cmocka_unit_test(styles_add_up_until_a_colour),
		cmocka_unit_test(six_digits_are_a_colour),
		cmocka_unit_test(what_only_looks_like_a_code_stays),
		cmocka_unit_test(a_line_ends_without_colour_and_the_next_goes_on_with_it),
		cmocka_unit_test(a_terminal_is_not_told_what_to_do),
		cmocka_unit_test(it_is_known_whether_a_line_has_begun),
		cmocka_unit_test(noise_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
