/* SPDX-License-Identifier: MIT */
/*
 * The language of the control socket, as ctl.h promises it: what is understood, what is not, and that
 * what one side says is what the other hears.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl.h"

static struct ctl_request request;

/* Out of memory of its own, so that a read behind its end is seen. */
static const char *
parse(const char *line, size_t bytes)
{
	char *copy = malloc(bytes > 0 ? bytes : 1);
	const char *wrong;

	assert_non_null(copy);
	memcpy(copy, line, bytes);
	wrong = ctl_parse(&request, copy, bytes);
	free(copy);
	return wrong;
}

static const char *
parse_text(const char *line)
{
	return parse(line, strlen(line));
}

static void
a_verb_has_an_argument_or_none(void **state)
{
	(void)state;
	assert_null(parse_text("reexec"));
	assert_int_equal(request.verb, CTL_REEXEC);
	assert_string_equal(request.argument, "");
	assert_null(parse_text("reexec "));
	assert_string_equal(request.argument, "");
	assert_null(parse_text("reexec /usr/local/bin/mcinit new"));
	assert_string_equal(request.argument, "/usr/local/bin/mcinit new");
	assert_null(parse_text("reexec  x"));
	assert_string_equal(request.argument, " x");
	assert_null(parse_text("rcon lobby say  hello"));
	assert_int_equal(request.verb, CTL_RCON);
	assert_string_equal(request.argument, "lobby say  hello");
	assert_non_null(parse_text("rcon"));
	assert_non_null(parse_text("rcon "));
}

static void
what_is_no_verb_is_refused(void **state)
{
	(void)state;
	assert_non_null(parse_text(""));
	assert_non_null(parse_text(" "));
	assert_non_null(parse_text(" reexec"));
	assert_non_null(parse_text("reexe"));
	assert_non_null(parse_text("reexecx"));
	assert_non_null(parse_text("REEXEC"));
	assert_non_null(parse_text("dance"));
	assert_non_null(parse_text("start"));
	assert_non_null(parse_text("shutdown now"));
}

static void
control_bytes_are_refused(void **state)
{
	(void)state;
	for (int c = 0; c < ' '; c++) {
		char line[] = "reexec /x?";

		line[9] = (char)c;
		assert_non_null(parse(line, sizeof(line) - 1));
	}
	assert_non_null(parse_text("reexec /x\x7f"));
	assert_null(parse_text("reexec /Gr\xc3\xbc\xc3\x9f" "e"));
}

static void
an_argument_has_an_end(void **state)
{
	char line[CTL_REQUEST] = "reexec ";

	(void)state;
	memset(line + 7, 'x', CTL_ARGUMENT);
	assert_null(parse(line, 7 + CTL_ARGUMENT - 1));
	assert_int_equal(strlen(request.argument), CTL_ARGUMENT - 1);
	assert_non_null(parse(line, 7 + CTL_ARGUMENT));
}

static void
an_argument_has_room_for_a_name_and_a_command_of_rcon(void **state)
{
	enum { NAME = 31, COMMAND = 1446 };
	char line[CTL_REQUEST], argument[NAME + 1 + COMMAND + 2];
	size_t n;

	(void)state;
	/* A slash in front of a command does not count. */
	memset(argument, 'x', sizeof(argument));
	argument[NAME] = ' ';
	argument[NAME + 1 + COMMAND + 1] = '\0';
	n = ctl_ask(line, CTL_RCON, argument);
	assert_int_equal(n, strlen("rcon ") + NAME + 1 + COMMAND + 2);
	assert_null(parse(line, n - 1));
	assert_string_equal(request.argument, argument);
}

static void
pieces_of_a_reply_are_counted(void **state)
{
	static const char *const none[] = { "", "data", "data ", "data x", "data -1", "data 1x", "data 1 ",
		"data  1", "data 0x1", "data 1000000000", "date 1", "ok ", "no data 1", "late data 1" };
	char line[CTL_ANSWER];
	size_t count, n = ctl_data(line, 4096);

	(void)state;
	assert_string_equal(line, "data 4096\n");
	line[n - 1] = '\0';
	assert_true(ctl_is_data(line, &count));
	assert_int_equal(count, 4096);
	assert_true(ctl_is_data("data 0", &count));
	assert_int_equal(count, 0);
	assert_true(ctl_is_data("data 999999999", &count));
	assert_int_equal(count, 999999999);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(ctl_is_data(none[i], &count));
}

static void
what_took_too_long_is_no_refusal(void **state)
{
	char line[CTL_ANSWER], longest[2 * CTL_ANSWER];
	const char *text;
	bool yes;
	size_t n = ctl_late(line, "lobby does\nnot answer");

	(void)state;
	assert_string_equal(line, "late lobby does?not answer\n");
	line[n - 1] = '\0';
	assert_true(ctl_is_late(line, &text));
	assert_string_equal(text, "lobby does?not answer");
	assert_false(ctl_is_answer(line, &yes, &text));
	assert_false(ctl_is_late("late", &text));
	assert_false(ctl_is_late("no late ", &text));
	assert_true(ctl_is_late("late ", &text));
	assert_string_equal(text, "");
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	n = ctl_late(line, longest);
	assert_int_equal(n, CTL_ANSWER - 1);
	assert_int_equal(line[n - 1], '\n');
}

static void
what_one_side_asks_the_other_hears(void **state)
{
	char line[CTL_REQUEST], longest[CTL_ARGUMENT + 1];
	size_t n = ctl_ask(line, CTL_REEXEC, "/a b");

	(void)state;
	assert_string_equal(line, "reexec /a b\n");
	assert_null(parse(line, n - 1));
	assert_string_equal(request.argument, "/a b");
	n = ctl_ask(line, CTL_REEXEC, "");
	assert_string_equal(line, "reexec\n");
	memset(longest, 'x', sizeof(longest));
	longest[CTL_ARGUMENT - 1] = '\0';
	n = ctl_ask(line, CTL_REEXEC, longest);
	assert_int_equal(n, strlen(line));
	assert_null(parse(line, n - 1));
	assert_string_equal(request.argument, longest);
	longest[CTL_ARGUMENT - 1] = 'x';
	longest[CTL_ARGUMENT] = '\0';
	assert_int_equal(ctl_ask(line, CTL_REEXEC, longest), 0);
	assert_int_equal(ctl_ask(line, CTL_REEXEC, "/a\nb"), 0);
}

static void
what_the_other_answers_is_heard_here(void **state)
{
	char line[CTL_ANSWER], longest[2 * CTL_ANSWER];
	const char *text;
	bool yes;
	size_t n = ctl_greeting(line);

	(void)state;
	assert_int_equal(line[n - 1], '\n');
	line[n - 1] = '\0';
	assert_true(ctl_is_greeting(line));
	assert_false(ctl_is_greeting("mcinit-control 2 9.9.9"));
	assert_false(ctl_is_greeting("mcinit-control 1"));
	assert_false(ctl_is_greeting("220 smtp"));
	n = ctl_answer(line, true, "done");
	assert_string_equal(line, "ok done\n");
	line[n - 1] = '\0';
	assert_true(ctl_is_answer(line, &yes, &text));
	assert_true(yes);
	assert_string_equal(text, "done");
	n = ctl_answer(line, false, "two\nlines");
	assert_string_equal(line, "no two?lines\n");
	assert_true(ctl_is_answer(line, &yes, &text));
	assert_false(yes);
	assert_false(ctl_is_answer("yes", &yes, &text));
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	n = ctl_answer(line, false, longest);
	assert_int_equal(n, CTL_ANSWER - 1);
	assert_int_equal(line[n - 1], '\n');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_verb_has_an_argument_or_none),
		cmocka_unit_test(what_is_no_verb_is_refused),
		cmocka_unit_test(control_bytes_are_refused),
		cmocka_unit_test(an_argument_has_an_end),
		cmocka_unit_test(an_argument_has_room_for_a_name_and_a_command_of_rcon),
		cmocka_unit_test(pieces_of_a_reply_are_counted),
		cmocka_unit_test(what_took_too_long_is_no_refusal),
		cmocka_unit_test(what_one_side_asks_the_other_hears),
		cmocka_unit_test(what_the_other_answers_is_heard_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
