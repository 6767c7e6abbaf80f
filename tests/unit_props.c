/* SPDX-License-Identifier: MIT */
/*
 * The text of a properties file, as props.h promises it: what a key says, that nothing changes but
 * its value, and that what was written is what is read.  tests/props.bats asks java about the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "props.h"
#include "props_lines.h"

enum { ROOM = 8192 };

static char value[PROPS_VALUE];

/* Out of memory of its own, so that a read behind its end is seen. */
static char *
copy_of(const char *text, size_t bytes, size_t room)
{
	char *copy = malloc(room > 0 ? room : 1);

	assert_non_null(copy);
	if (bytes > 0)
		memcpy(copy, text, bytes);
	return copy;
}

static bool
get(const char *text, size_t bytes, const char *key)
{
	char *copy = copy_of(text, bytes, bytes);
	bool is_there = props_get(copy, bytes, key, value);

	free(copy);
	return is_there;
}

/* Into a room that is just enough; one byte less changes nothing. */
static size_t
set(char *text, size_t bytes, const char *key, const char *to)
{
	char roomy[ROOM], *copy;
	size_t n, most;

	assert_true(bytes <= ROOM);
	memcpy(roomy, text, bytes);
	n = props_set(roomy, bytes, ROOM, key, to);
	most = n > bytes ? n : bytes;
	copy = copy_of(text, bytes, most);
	assert_int_equal(props_set(copy, bytes, most, key, to), n);
	assert_memory_equal(copy, roomy, n);
	free(copy);
	if (n > bytes) {
		copy = copy_of(text, bytes, n - 1);
		assert_int_equal(props_set(copy, bytes, n - 1, key, to), 0);
		assert_memory_equal(copy, text, bytes);
		free(copy);
	}
	memcpy(text, roomy, n);
	return n;
}

static size_t
join(char *text, const struct props_sample *s, const struct props_bytes *middle)
{
	memcpy(text, s->head.at, s->head.count);
	memcpy(text + s->head.count, middle->at, middle->count);
	memcpy(text + s->head.count + middle->count, s->tail.at, s->tail.count);
	return s->head.count + middle->count + s->tail.count;
}

static void
a_key_says_what_java_would_read(void **state)
{
	char text[ROOM];

	(void)state;
	for (int i = 0; i < PROPS_SAMPLES; i++) {
		const struct props_sample *s = &props_samples[i];
		size_t n = join(text, s, &s->old);
		bool is_there = get(text, n, s->key);

		if (is_there != (s->value != NULL) || (is_there && strcmp(value, s->value) != 0))
			fail_msg("%s: it says \"%s\" (%d)", s->what, value, is_there);
		if (is_there)
			assert_true(props_has(text, n, s->key, s->value));
	}
}

static void
nothing_changes_but_the_value(void **state)
{
	char text[ROOM], after[ROOM];

	(void)state;
	for (int i = 0; i < PROPS_SAMPLES; i++) {
		const struct props_sample *s = &props_samples[i];
		size_t n = join(text, s, &s->old), expected = join(after, s, &s->new);

		n = set(text, n, s->key, s->set);
		if (n != expected || memcmp(text, after, n) != 0)
			fail_msg("%s: it is \"%.*s\"", s->what, (int)n, text);
		if (!get(text, n, s->key) || strcmp(value, s->set) != 0)
			fail_msg("%s: it says \"%s\"", s->what, value);
	}
}

static void
try_value(const struct props_sample *s, const char *to)
{
	char text[ROOM], before[ROOM];
	size_t bytes = join(before, s, &s->old), n;
	bool same = props_has(before, bytes, s->key, to);

	memcpy(text, before, bytes);
	n = set(text, bytes, s->key, to);
	if (same && (n != bytes || memcmp(text, before, n) != 0))
		fail_msg("%s: \"%s\" is there, and it changed", s->what, to);
	if (n < s->head.count + s->tail.count || memcmp(text, s->head.at, s->head.count) != 0 ||
	    memcmp(text + n - s->tail.count, s->tail.at, s->tail.count) != 0)
		fail_msg("%s: more than \"%s\" changed", s->what, to);
	if (!get(text, n, s->key) || strcmp(value, to) != 0)
		fail_msg("%s: \"%s\" was read as \"%s\"", s->what, to, value);
	memcpy(before, text, n);
	assert_int_equal(set(text, n, s->key, to), n);
	assert_memory_equal(text, before, n);
	/* And back again by another way: where one comes from makes no difference. */
	n = set(text, n, s->key, "zz");
	bytes = join(before, s, &s->old);
	bytes = set(before, bytes, s->key, "zz");
	assert_int_equal(bytes, n);
	assert_memory_equal(text, before, n);
}

static void
what_is_written_is_what_is_read(void **state)
{
	(void)state;
	for (int i = 0; i < PROPS_SAMPLES; i++)
		for (int v = 0; v < PROPS_VALUES; v++)
			try_value(&props_samples[i], props_values[v]);
}

static void
any_key_can_be_written(void **state)
{
	char text[ROOM];

	(void)state;
	for (int i = 0; i < PROPS_VALUES; i++) {
		static const char before[] = "a=1\r\nb=2";
		size_t n = sizeof(before) - 1;

		memcpy(text, before, n);
		n = set(text, n, props_values[i], "x");
		if (props_values[i][0] == '\0') {
			assert_int_equal(n, 0);
			continue;
		}
		assert_memory_equal(text, before, sizeof(before) - 1);
		assert_true(get(text, n, props_values[i]));
		assert_string_equal(value, "x");
		assert_true(get(text, n, "a"));
		assert_string_equal(value, "1");
		assert_true(get(text, n, "b"));
		assert_string_equal(value, "2");
	}
	assert_false(get("=1\n", 3, ""));
}

/* What an INI in Latin-1 may have: each byte is a character, then as later. */
static void
a_value_that_is_no_utf8_is_latin1(void **state)
{
	char text[ROOM] = "a=1\n";
	size_t n = set(text, 4, "a", "\xe9");

	(void)state;
	assert_int_equal(n, sizeof("a=\\u00E9\n") - 1);
	assert_memory_equal(text, "a=\\u00E9\n", n);
	assert_int_equal(set(text, n, "a", "\xe9"), n);
	assert_true(get(text, n, "a"));
	assert_string_equal(value, "\xc3\xa9");
}

static void
a_value_may_be_as_long_as_there_is_room(void **state)
{
	char text[ROOM] = "a=", as[PROPS_VALUE + 1];

	(void)state;
	memset(text + 2, 'x', PROPS_VALUE);
	assert_true(get(text, 2 + PROPS_VALUE - 1, "a"));
	assert_int_equal(strlen(value), PROPS_VALUE - 1);
	assert_false(get(text, 2 + PROPS_VALUE, "a"));
	assert_string_equal(value, "");
	memcpy(text + 2 + PROPS_VALUE - 2, "\xc3\xa9", 2);
	assert_false(get(text, 2 + PROPS_VALUE, "a"));
	assert_true(get(text, 2 + PROPS_VALUE - 3, "a"));
	/* One that is too long to be told is compared all the same. */
	memset(text + 2, 'x', PROPS_VALUE);
	memset(as, 'x', PROPS_VALUE);
	as[PROPS_VALUE] = '\0';
	assert_true(props_has(text, 2 + PROPS_VALUE, "a", as));
	assert_int_equal(set(text, 2 + PROPS_VALUE, "a", as), 2 + PROPS_VALUE);
}

static void
a_large_file_is_as_any_other(void **state)
{
	enum { LINES = 40000, LINE = 27 };
	char *text = malloc(PROPS_MOST), *before;
	size_t n = 0;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < LINES; i++, n += LINE)
		memcpy(text + n, i % 3 == 0 ? "# \xc3\xa9 a comment of \\n it   \n" :
		    i % 3 == 1 ? "key.of.many = value\\\n  in t" :
		    "wo\n! another=comment   \\\n\n", LINE);
	memcpy(text + n, "\nend", 4);
	n += 4;
	before = copy_of(text, n, n);
	n = props_set(text, n, PROPS_MOST, "a", "1");
	assert_true(n > 1024 * 1024);
	assert_memory_equal(text + n - 9, "\nend\na=1\n", 9);
	assert_memory_equal(text, before, n - 5);
	n = props_set(text, n, PROPS_MOST, "end", "1");
	assert_memory_equal(text + n - 11, "\nend=1\na=1\n", 11);
	assert_memory_equal(text, before, n - 11);
	free(before);
	/* One line of it all. */
	memset(text, '\\', PROPS_MOST);
	text[0] = 'a';
	assert_false(props_get(text, PROPS_MOST, "b", value));
	assert_false(props_get(text, PROPS_MOST, "a", value));
	assert_int_equal(props_set(text, PROPS_MOST, PROPS_MOST, "b", ""), 0);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_says_what_java_would_read),
		cmocka_unit_test(nothing_changes_but_the_value),
		cmocka_unit_test(what_is_written_is_what_is_read),
		cmocka_unit_test(any_key_can_be_written),
		cmocka_unit_test(a_value_that_is_no_utf8_is_latin1),
		cmocka_unit_test(a_value_may_be_as_long_as_there_is_room),
		cmocka_unit_test(a_large_file_is_as_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
