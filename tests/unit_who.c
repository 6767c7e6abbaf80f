/* SPDX-License-Identifier: MIT */
/*
 * Groups by their names (who.h): what is found in a file, however it comes in pieces, and what is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "who.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const char file[] = "root:x:0:\n# a comment\n\n:x:7:\nminecraft2:x:5:\nminecraft:x:1000:alex,steve\n"
    "minecraft:x:1001:\nnone:x::\nbad:x:12a:\nlong:x:99999999999:\nlast:x:4294967295:\nnot:here\n"
    "gäme:x:1002:\nend:x:4294967294:a";

static void
names_are_found_however_they_are_cut(void **state)
{
	static const struct { const char *name; int64_t number; } rows[] = {
		{ "root", 0 }, { "minecraft", 1000 }, { "minecraft2", 5 }, { "gäme", 1002 },
		{ "end", 4294967294 }, { "mine", -1 }, { "minecraft3", -1 }, { "x", -1 }, { "none", -1 },
		{ "bad", -1 }, { "long", -1 }, { "last", -1 }, { "not", -1 }, { "alex", -1 }, { "# a comment", -1 },
		{ "Root", -1 }, { "1000", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t step = 1; step <= sizeof(file); step++) {
			struct who_search s = { .number = 0 };
			bool found = false;

			for (size_t at = 0; at < sizeof(file) - 1 && !found; at += step) {
				size_t left = sizeof(file) - 1 - at, n = step < left ? step : left;

				found = who_find(&s, rows[i].name, file + at, n);
			}
			found = found || who_find(&s, rows[i].name, "\n", 1);
			assert_int_equal(found, rows[i].number >= 0);
			if (found)
				assert_int_equal(s.number, rows[i].number);
		}
}

static void
lines_without_an_end_do_no_harm(void **state)
{
	struct who_search s = { .number = 0 };
	static char many[100000];

	(void)state;
	memset(many, ':', sizeof(many));
	assert_false(who_find(&s, "x", many, sizeof(many)));
	memset(many, '1', sizeof(many));
	memcpy(many, "\nx:x:", 5);
	assert_false(who_find(&s, "x", many, sizeof(many)));
	assert_false(who_find(&s, "x", "\n", 1));
	assert_true(who_find(&s, "x", "x:x:3:\n", 7));
}

static void
numbers_are_digits_alone(void **state)
{
	static const char *const none[] = { "", " 1", "1 ", "-1", "+1", "0x1", "1a", "4294967295", "4294967296",
		"99999999999", "99999999999999999999" };
	uint32_t number;

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++)
		assert_false(who_number(none[i], &number));
	assert_true(who_number("0", &number));
	assert_int_equal(number, 0);
	assert_true(who_number("4294967294", &number));
	assert_int_equal(number, 4294967294U);
	assert_int_equal(who_group("12", &number), 0);
	assert_int_equal(number, 12);
	assert_int_equal(who_group("root", &number), 0);
	assert_int_equal(number, 0);
	assert_true(who_group("no group has this name", &number) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_however_they_are_cut),
		cmocka_unit_test(lines_without_an_end_do_no_harm),
		cmocka_unit_test(numbers_are_digits_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
