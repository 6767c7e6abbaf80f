/* SPDX-License-Identifier: MIT */
/*
 * The row of the line editor, as edit.h promises it: what never gets there, what is seen of a line
 * that is longer, and that any keys leave it in order.
 */
#include "edit_keys.h"

/* ---- what is no key ---- */

static void
unknown_sequences_are_swallowed_whole(void **state)
{
	static const char *const unknown[] = {
		"\033[5~", "\033[6~", "\033[15~", "\033[2~", "\033[24;5~", "\033[200~", "\033[201~",
		"\033[Z", "\033[I", "\033[[A", "\033[[E", "\033OP", "\033OS", "\033[1;5P",
		"\033[27;5;99~", "\033[99;5u", "\033[?1;2c", "\033[<0;10;20M", "\033[12;34R",
		"\033x", "\0331", "\033" UE, "\033O" UE, "\033[" EURO, "\033[3;" UE,
		"\033[ q", "\033[1$y",
		"\033[99999999999999999999999X",
	};

	(void)state;
	/* What is no arrow must not be taken for one. */
	type("older");
	assert_int_equal(type("\r"), EDIT_IS_LINE);
	begin();
	type("ab" LEFT);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		SEES(unknown[i], "> a|b");
		SEES("c" BACKSPACE, "> a|b");
	}
}

static void
esc_by_itself_takes_no_enter(void **state)
{
	(void)state;
	SEES("ab\033\033[D", "> a|b");
	SEES("\033[1;" CTRL_A "x", "> x|ab");
	type("\033");
	assert_int_equal(type("\r"), EDIT_IS_LINE);
	assert_string_equal(e.line, "xab");
	begin();
	SEES("b", "> b|");
	type("\033[");
	assert_int_equal(type(CTRL_C), EDIT_IS_OFF);
}

static void
control_characters_are_not_typed(void **state)
{
	(void)state;
	for (int c = 1; c < ' '; c++) {
		char key[] = { (char)c, '\0' };

		if (strchr(CTRL_C CTRL_D "\r\n\033", c) == NULL)
			SEES(key, "> |");
	}
	(void)edit_take(&e, '\0');
	assert_int_equal(e.out_bytes, 0);
	SEES("a\tb", "> ab|");
	SEES("\xc2\x80\xc2\x9b" "2J\xc2\x9f", "> ab2J|");
	SEES("\xc2\xa1", "> ab2J\xc2\xa1|");
}

static void
bytes_of_no_utf_8_are_ignored(void **state)
{
	static const char *const wrong[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf",
		"\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff", "\xc3", "\xe2\x82",
		"\xf0\x9f\x98", "\x9b" "\x9b",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		SEES(wrong[i], "> |");
		SEES("a" BACKSPACE, "> |");
		SEES(wrong[i], "> |");
		SEES(UE, "> " UE "|");
		SEES(BACKSPACE, "> |");
	}
	SEES("\xee\x80\x80\xf4\x8f\xbf\xbf", "> \xee\x80\x80\xf4\x8f\xbf\xbf|");
}

static void
a_full_line_takes_no_more_and_is_no_line_then(void **state)
{
	(void)state;
	type_times(EDIT_LINE_BYTES - 3, "x");
	assert_false(s.rang);
	assert_int_equal(type(EURO), EDIT_GOES_ON);
	assert_true(s.rang);
	assert_int_equal(type(UE), EDIT_GOES_ON);
	assert_false(s.rang);
	type("y");
	assert_true(s.rang);
	assert_int_equal(strlen(e.line), EDIT_LINE_BYTES - 1);
	type(HOME CTRL_K CTRL_Y CTRL_Y);
	assert_true(s.rang);
	/* Half a command is another one: not now, and not when it is looked for. */
	assert_int_equal(type("\r"), EDIT_IS_TOO_LONG);
	begin();
	type(UP);
	assert_int_equal(e.bytes, 0);
	type_times(EDIT_LINE_BYTES - 1, "x");
	assert_int_equal(type("\r"), EDIT_IS_LINE);
	assert_int_equal(strlen(e.line), EDIT_LINE_BYTES - 1);
	begin();
	type(UP);
	assert_int_equal(e.bytes, EDIT_LINE_BYTES - 1);
	type("y");
	assert_true(s.rang);
	type(CTRL_U);
	assert_false(e.too_long);
	type("z");
	assert_int_equal(type("\r"), EDIT_IS_LINE);
	begin();
	/* Nor is it whole when it was left for an older one. */
	type_times(EDIT_LINE_BYTES, "x");
	type(UP DOWN);
	assert_int_equal(type("\r"), EDIT_IS_TOO_LONG);
	begin();
	type_times(EDIT_LINE_BYTES, "x");
	type(UP);
	assert_int_equal(type("\r"), EDIT_IS_LINE);
}

/* ---- the row ---- */

static void
a_long_line_scrolls(void **state)
{
	(void)state;
	begin_at("> ", 12);
	SEES("abcdefghi", "> abcdefghi|");
	SEES("j", "> fghij|");
	SEES("klmn", "> fghijklmn|");
	SEES(LEFT LEFT LEFT LEFT LEFT, "> fghi|jklmn");
	SEES(LEFT LEFT LEFT, "> f|ghijklmn");
	SEES(LEFT, "> abcde|fghi");
	SEES(HOME, "> |abcdefghi");
	SEES(CTRL_E, "> jklmn|");
	SEES(BACKSPACE BACKSPACE BACKSPACE BACKSPACE, "> j|");
	SEES(BACKSPACE, "> abcdefghi|");
}

static void
a_wide_letter_is_never_cut_in_two(void **state)
{
	(void)state;
	begin_at("> ", 8);
	SEES(HAN HAN, "> " HAN HAN "|");
	SEES("a", "> " HAN HAN "a|");
	SEES(HOME, "> |" HAN HAN "a");
	SEES("b", "> b|" HAN HAN);
	SEES(CTRL_E, "> " HAN "a|");
	SEES(HAN, "> " HAN "a" HAN "|");
	SEES(LEFT LEFT LEFT HAN, "> b" HAN HAN "|");
}

static void
a_prompt_that_leaves_no_room_is_left_out(void **state)
{
	(void)state;
	begin_at("survival> ", 14);
	SEES("abcd", "survival> cd|");
	type(CTRL_U);
	begin_at("survival> ", 13);
	SEES("abcdefghi", "abcdefghi|");
}

static void
a_prompt_is_only_text(void **state)
{
	char longest[200];

	(void)state;
	begin_at("\033[31m\x9b" UE "\xc2\x9b" "\r\n\t\x7f> ", 40);
	assert_string_equal(screen(), "[31m" UE "> |");
	begin_at("", 40);
	SEES("a", "a|");
	type(CTRL_U);
	memset(longest, 'p', sizeof(longest));
	memcpy(longest + EDIT_PROMPT - 2, UE, 2);
	longest[sizeof(longest) - 1] = '\0';
	begin_at(longest, 100);
	assert_int_equal(s.at, EDIT_PROMPT - 2);
}

static void
in_a_row_of_no_width_a_line_is_typed_all_the_same(void **state)
{
	(void)state;
	for (int columns = 1; columns < 8; columns++) {
		begin_at("> ", columns);
		type("a" HAN UE ACUTE LEFT LEFT "b" HOME ACUTE RIGHT ACUTE BACKSPACE CTRL_E "c");
		assert_int_equal(type("\r"), EDIT_IS_LINE);
		assert_string_equal(e.line, "b" HAN UE ACUTE "c");
		begin_at("> ", columns);
		type(HAN "x");
		assert_int_equal(type(CTRL_C), EDIT_IS_OFF);
	}
}

static void
an_unknown_width_is_80(void **state)
{
	(void)state;
	begin_at("> ", 0);
	type_times(77, "x");
	assert_int_equal(s.at, 79);
	type("y");
	assert_true(s.at < 79);
	type(CTRL_U);
	begin_at("> ", -1);
	type_times(77, "x");
	assert_int_equal(s.at, 79);
}

static void
ctrl_l_clears_the_screen(void **state)
{
	(void)state;
	type("abc" LEFT);
	SEES(CTRL_L, "> ab|c");
	assert_true(s.cleared);
}

static void
it_hides_for_the_output_of_others(void **state)
{
	(void)state;
	type("abcdefghijklmnop" LEFT);
	edit_hide(&e);
	show();
	assert_string_equal(screen(), "|");
	assert_true(lab_show(&s, "server\r\n", 8));
	edit_show(&e);
	show();
	assert_string_equal(screen(), "> abcdefghijklmno|p");
	edit_hide(&e);
	show();
	e.columns = s.columns = 10;
	edit_show(&e);
	show();
	assert_null(lab_wrong(&e, &s));
	SEES("", "> lmno|p");
}

static void
a_line_has_no_more_marks_than_are_drawn(void **state)
{
	(void)state;
	type("a");
	type_times(EDIT_LINE_BYTES / 2 - 1, ACUTE);
	assert_int_equal(e.bytes, EDIT_LINE_BYTES - 1);
	type(LEFT);
	assert_int_equal(s.at, 2);
}

/* ---- anything ---- */

static unsigned
chance(unsigned below)
{
	static uint64_t seed = 42;

	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(seed >> 33) % below;
}

static void
random_keys_leave_all_in_order(void **state)
{
	static const char *const keys[] = {
		"a", "b", " ", ".", UE, EURO, HAN, SMILE, ACUTE, "xy z", HAN HAN HAN,
		LEFT, LEFT, LEFT, RIGHT, RIGHT, HOME, "\033[F", UP, UP, DOWN, DELETE, BACKSPACE,
		"\033b", "\033f", "\033d", CTRL_K, CTRL_U, CTRL_W, CTRL_Y, CTRL_Y, CTRL_L, CTRL_D,
		"\r", CTRL_C,
		"\033", "\033[", "\033O", "\xe2", "\x82", "\xf0", "\xc2\x9b", "1", ";", "5", "~",
		CTRL_A, CTRL_E,
	};
	static const int widths[] = { 1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 20, 40, 80, 199 };

	(void)state;
	for (int round = 0; round < 600; round++) {
		int columns = widths[chance(sizeof(widths) / sizeof(widths[0]))];

		if (chance(20) == 0)
			memset(&e, 0, sizeof(e));
		begin_at(chance(2) == 0 ? "> " : HAN UE "> ", columns);
		for (int i = 0; i < 100; i++)
			if (type(keys[chance(sizeof(keys) / sizeof(keys[0]))]) != EDIT_GOES_ON) {
				assert_int_equal(s.at, 0);
				assert_true(lab_is_sound(e.line, strlen(e.line)));
				begin_at("> ", columns);
			}
		edit_hide(&e);
		show();
		assert_string_equal(screen(), "|");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(unknown_sequences_are_swallowed_whole),
		CASE(esc_by_itself_takes_no_enter),
		CASE(control_characters_are_not_typed),
		CASE(bytes_of_no_utf_8_are_ignored),
		CASE(a_full_line_takes_no_more_and_is_no_line_then),
		CASE(a_long_line_scrolls),
		CASE(a_wide_letter_is_never_cut_in_two),
		CASE(a_prompt_that_leaves_no_room_is_left_out),
		CASE(a_prompt_is_only_text),
		CASE(in_a_row_of_no_width_a_line_is_typed_all_the_same),
		CASE(an_unknown_width_is_80),
		CASE(ctrl_l_clears_the_screen),
		CASE(it_hides_for_the_output_of_others),
		CASE(a_line_has_no_more_marks_than_are_drawn),
		CASE(random_keys_leave_all_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
