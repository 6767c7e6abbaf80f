/* SPDX-License-Identifier: MIT */
/*
 * The keys of the line editor, as edit.h promises them: what a person sees after each, and where
 * the cursor stands (here a "|").
 */
#include "edit_keys.h"

/* ---- letters and places ---- */

static void
what_is_typed_follows_the_prompt(void **state)
{
	(void)state;
	assert_string_equal(screen(), "> |");
	SEES("a", "> a|");
	assert_int_equal(e.out_bytes, 1);
	SEES("b c", "> ab c|");
	assert_int_equal(type("\r"), EDIT_IS_LINE);
	assert_string_equal(e.line, "ab c");
	assert_string_equal(s.above, "> ab c");
	assert_int_equal(s.rows, 1);
	begin();
	assert_string_equal(screen(), "> |");
}

static void
a_newline_is_enter_too(void **state)
{
	(void)state;
	type("one");
	assert_int_equal(type("\n"), EDIT_IS_LINE);
	assert_string_equal(e.line, "one");
	begin();
	assert_int_equal(type("\n"), EDIT_IS_LINE);
	assert_string_equal(e.line, "");
}

static void
enter_inside_a_line_takes_all_of_it(void **state)
{
	(void)state;
	type("one two" LEFT LEFT);
	assert_int_equal(type("\r"), EDIT_IS_LINE);
	assert_string_equal(e.line, "one two");
	assert_string_equal(s.above, "> one two");
}

static void
the_cursor_goes_left_and_right(void **state)
{
	(void)state;
	SEES("abc" LEFT, "> ab|c");
	SEES("\033OD", "> a|bc");
	SEES("x", "> ax|bc");
	SEES(RIGHT, "> axb|c");
	SEES("\033OC\033OC", "> axbc|");
	SEES(CTRL_B, "> axb|c");
	SEES(CTRL_F, "> axbc|");
	SEES(LEFT LEFT LEFT LEFT LEFT LEFT, "> |axbc");
}

static void
home_and_end_in_all_dialects(void **state)
{
	static const char *const home[] = {
		HOME, "\033OH", "\033[1~", "\033[7~", CTRL_A, "\033[1;5H",
	};
	static const char *const end[] = {
		"\033[F", "\033OF", "\033[4~", "\033[8~", CTRL_E, "\033[1;2F",
	};

	(void)state;
	type("abc");
	for (int i = 0; i < 6; i++) {
		SEES(home[i], "> |abc");
		SEES(end[i], "> abc|");
	}
}

static void
a_letter_of_many_bytes_is_one(void **state)
{
	(void)state;
	SEES("a" UE EURO, "> a" UE EURO "|");
	SEES(LEFT, "> a" UE "|" EURO);
	SEES(LEFT, "> a|" UE EURO);
	SEES(RIGHT, "> a" UE "|" EURO);
	SEES(BACKSPACE, "> a|" EURO);
	SEES(DELETE, "> a|");
}

static void
a_wide_letter_takes_two_columns(void **state)
{
	(void)state;
	SEES(HAN SMILE "x", "> " HAN SMILE "x|");
	assert_int_equal(s.at, 7);
	SEES(LEFT LEFT, "> " HAN "|" SMILE "x");
	assert_int_equal(s.at, 4);
	SEES(BACKSPACE, "> |" SMILE "x");
}

static void
a_mark_goes_with_its_letter(void **state)
{
	(void)state;
	SEES("ae" ACUTE "b", "> ae" ACUTE "b|");
	SEES(LEFT LEFT, "> a|e" ACUTE "b");
	SEES(RIGHT, "> ae" ACUTE "|b");
	SEES(ACUTE, "> ae" ACUTE ACUTE "|b");
	SEES(BACKSPACE, "> a|b");
	SEES(HOME ACUTE, "> |ab");
}

static void
backspace_and_delete(void **state)
{
	(void)state;
	SEES("abcd" LEFT LEFT BACKSPACE, "> a|cd");
	SEES(CTRL_H, "> |cd");
	SEES(BACKSPACE, "> |cd");
	SEES(DELETE, "> |d");
	SEES(CTRL_D, "> |");
	SEES("x" DELETE, "> x|");
	SEES(CTRL_D, "> x|");
}

/* ---- words and kills ---- */

static void
by_words(void **state)
{
	static const char *const left[] = { "\033b", "\033[1;5D", "\033[1;3D", "\033O5D" };
	static const char *const right[] = { "\033f", "\033[1;5C", "\033[1;3C", "\033O5C" };

	(void)state;
	type("give b" UE "b_1 mc:stone, 3");
	for (int i = 0; i < 4; i++) {
		SEES(left[i], "> give b" UE "b_1 mc:stone, |3");
		SEES(left[i], "> give b" UE "b_1 mc:|stone, 3");
		SEES(left[i], "> give b" UE "b_1 |mc:stone, 3");
		SEES(left[i], "> give |b" UE "b_1 mc:stone, 3");
		SEES(left[i], "> |give b" UE "b_1 mc:stone, 3");
		SEES(left[i], "> |give b" UE "b_1 mc:stone, 3");
		SEES(right[i], "> give| b" UE "b_1 mc:stone, 3");
		SEES(right[i], "> give b" UE "b_1| mc:stone, 3");
		type_times(4, right[i]);
		assert_string_equal(screen(), "> give b" UE "b_1 mc:stone, 3|");
	}
}

static void
shift_is_no_word(void **state)
{
	(void)state;
	SEES("ab cd\033[1;2D", "> ab c|d");
	SEES("\033[1;2C", "> ab cd|");
}

static void
a_mark_on_a_stop_does_not_part_a_word(void **state)
{
	(void)state;
	SEES("a." ACUTE "b\033b\033b", "> |a." ACUTE "b");
	SEES("\033f", "> a|." ACUTE "b");
	SEES("\033f", "> a." ACUTE "b|");
}

static void
what_is_killed_comes_back(void **state)
{
	(void)state;
	SEES("one two.x  three" CTRL_W, "> one two.x  |");
	SEES(CTRL_W, "> one |");
	SEES(CTRL_Y, "> one two.x  |");
	SEES(HOME RIGHT, "> o|ne two.x  ");
	SEES(CTRL_K, "> o|");
	SEES(CTRL_Y, "> one two.x  |");
	SEES(LEFT LEFT LEFT CTRL_U, "> |x  ");
	SEES(CTRL_Y CTRL_Y, "> one two.one two.|x  ");
	SEES("\033b\033d", "> one two.one |.x  ");
	SEES("\033\x7f", "> one two.|.x  ");
	SEES(CTRL_Y, "> one two.one |.x  ");
}

static void
to_kill_nothing_forgets_nothing(void **state)
{
	(void)state;
	SEES("abc" CTRL_U, "> |");
	SEES(CTRL_U CTRL_K CTRL_W "\033d", "> |");
	SEES(CTRL_Y, "> abc|");
}

static void
a_kill_outlives_its_line(void **state)
{
	(void)state;
	type("say hello" CTRL_W);
	assert_int_equal(type("\r"), EDIT_IS_LINE);
	begin();
	SEES(CTRL_Y, "> hello|");
}

/* ---- the history ---- */

static void
enter(const char *line)
{
	type(line);
	assert_int_equal(type("\r"), EDIT_IS_LINE);
	assert_string_equal(e.line, line);
	assert_int_equal(s.at, 0);
	begin();
}

static void
the_history_goes_up_and_down(void **state)
{
	(void)state;
	enter("first");
	enter("second");
	SEES("unfin", "> unfin|");
	SEES(UP, "> second|");
	SEES("\033OA", "> first|");
	SEES(UP, "> first|");
	SEES(DOWN, "> second|");
	SEES("\033OB", "> unfin|");
	SEES(DOWN, "> unfin|");
	SEES(CTRL_P CTRL_P, "> first|");
	SEES(CTRL_N CTRL_N, "> unfin|");
}

static void
a_line_of_before_is_entered_again(void **state)
{
	(void)state;
	enter("first");
	enter("second");
	type(UP UP);
	assert_int_equal(type("\r"), EDIT_IS_LINE);
	assert_string_equal(e.line, "first");
	begin();
	SEES(UP, "> first|");
	SEES(UP, "> second|");
	SEES(UP, "> first|");
}

static void
the_same_line_twice_is_kept_once(void **state)
{
	(void)state;
	enter("one");
	enter("two");
	enter("two");
	enter("");
	SEES(UP, "> two|");
	SEES(UP, "> one|");
	SEES(UP, "> one|");
}

static void
what_was_made_of_an_older_line_is_not_lost(void **state)
{
	(void)state;
	enter("first");
	enter("second");
	SEES("unfin" UP "x", "> secondx|");
	SEES(UP, "> first|");
	SEES(DOWN, "> second|");
	SEES(DOWN, "> secondx|");
	SEES(DOWN, "> unfin|");
	SEES(UP "y" DOWN, "> unfin|");
	SEES(UP, "> secondxy|");
}

static void
the_unfinished_line_is_not_lost_with_enter(void **state)
{
	(void)state;
	enter("first");
	type("unfin" UP);
	assert_int_equal(type("\r"), EDIT_IS_LINE);
	begin();
	SEES(UP, "> first|");
	SEES(UP, "> unfin|");
}

static void
without_a_history_the_line_stays(void **state)
{
	(void)state;
	SEES("abc" LEFT UP, "> ab|c");
	SEES(DOWN, "> ab|c");
}

static void
the_oldest_lines_make_room(void **state)
{
	char line[32], kept[64];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		enter(line);
	}
	type_times(3, UP);
	assert_string_equal(screen(), "> line 4997|");
	type_times(5000, UP);
	assert_memory_equal(screen(), "> line ", 7);
	snprintf(kept, sizeof(kept), "> line %d|", 5000 - EDIT_HISTORY / 10);
	assert_string_equal(screen(), kept);
}

static void
an_edited_line_may_push_out_the_one_looked_for(void **state)
{
	(void)state;
	for (char c = 'a'; c < 'k'; c++) {
		type_times(EDIT_LINE_BYTES - 2, (char[]){ c, '\0' });
		assert_int_equal(type("\r"), EDIT_IS_LINE);
		begin();
	}
	type("unfin");
	for (int i = 0; i < 12; i++)
		type(UP "x");
	type_times(30, DOWN);
	assert_string_equal(screen(), "> unfin|");
}

/* ---- ends ---- */

static void
ctrl_c_gives_up_a_line_then_all(void **state)
{
	(void)state;
	type("abc" LEFT);
	assert_int_equal(type(CTRL_C), EDIT_IS_OFF);
	assert_string_equal(s.above, "> abc^C");
	assert_int_equal(s.at, 0);
	begin();
	SEES(UP, "> |");
	assert_int_equal(type(CTRL_C), EDIT_IS_END);
	assert_int_equal(s.at, 0);
}

static void
ctrl_c_has_room_in_a_row_that_is_full(void **state)
{
	(void)state;
	type_times(100, "x");
	assert_int_equal(type(CTRL_C), EDIT_IS_OFF);
	assert_string_equal(s.above + strlen(s.above) - 3, "x^C");
	assert_memory_equal(s.above, "> x", 3);
}

static void
ctrl_d_is_the_end_of_an_empty_line(void **state)
{
	(void)state;
	SEES("a" LEFT CTRL_D, "> |");
	assert_int_equal(type(CTRL_D), EDIT_IS_END);
	assert_int_equal(s.rows, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_typed_follows_the_prompt),
		CASE(a_newline_is_enter_too),
		CASE(enter_inside_a_line_takes_all_of_it),
		CASE(the_cursor_goes_left_and_right),
		CASE(home_and_end_in_all_dialects),
		CASE(a_letter_of_many_bytes_is_one),
		CASE(a_wide_letter_takes_two_columns),
		CASE(a_mark_goes_with_its_letter),
		CASE(backspace_and_delete),
		CASE(by_words),
		CASE(shift_is_no_word),
		CASE(a_mark_on_a_stop_does_not_part_a_word),
		CASE(what_is_killed_comes_back),
		CASE(to_kill_nothing_forgets_nothing),
		CASE(a_kill_outlives_its_line),
		CASE(the_history_goes_up_and_down),
		CASE(a_line_of_before_is_entered_again),
		CASE(the_same_line_twice_is_kept_once),
		CASE(what_was_made_of_an_older_line_is_not_lost),
		CASE(the_unfinished_line_is_not_lost_with_enter),
		CASE(without_a_history_the_line_stays),
		CASE(the_oldest_lines_make_room),
		CASE(an_edited_line_may_push_out_the_one_looked_for),
		CASE(ctrl_c_gives_up_a_line_then_all),
		CASE(ctrl_c_has_room_in_a_row_that_is_full),
		CASE(ctrl_d_is_the_end_of_an_empty_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
