/* SPDX-License-Identifier: MIT */
/*
 * What comes behind a reply that seemed whole: nothing, or, when the caller wants it, text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rcon.h"

static struct rcon r;
static char packet[RCON_PACKET], bytes[1024], text[1024];
static size_t filled, counts[8], pieces;

static void
add(int32_t id, int32_t kind, const char *body)
{
	int32_t words[] = { (int32_t)strlen(body) + RCON_SIZE_LEAST, id, kind };

	for (size_t w = 0; w < 3; w++)
		for (int i = 0; i < 4; i++)
			bytes[filled++] = (char)((uint32_t)words[w] >> 8 * i & 0xff);
	memcpy(bytes + filled, body, strlen(body) + 1);
	filled += strlen(body) + 1;
	bytes[filled++] = '\0';
}

/* All of it, so many bytes at a time; the last news.  Each text is followed by its packet's number. */
static enum rcon_news
hear(size_t step)
{
	enum rcon_news news = RCON_MORE;
	size_t at = 0, end = 0;

	text[0] = '\0';
	pieces = 0;
	while (at < filled && news != RCON_BROKEN && news != RCON_DONE) {
		size_t used, from, piece;

		end = at == end ? end + step : end;
		end = end < filled ? end : filled;
		news = rcon_hear(&r, bytes + at, end - at, &used, &from, &piece);
		if (news == RCON_TEXT) {
			strncat(text, bytes + at + from, piece);
			if (pieces == 0 || counts[pieces - 1] != r.packets)
				counts[pieces++] = r.packets;
		}
		at += used;
	}
	memmove(bytes, bytes + at, filled - at);
	filled -= at;
	return news;
}

static void
ask(const char *command)
{
	assert_true(rcon_ask(&r, packet, command, false) > 0);
}

static int
begin(void **state)
{
	(void)state;
	filled = 0;
	rcon_login(&r, packet, "x");
	add(r.id, 2, "");
	assert_int_equal(hear(1000), RCON_IN);
	ask("help");
	add(r.id, 0, "one");
	assert_int_equal(hear(1000), RCON_DONE);
	assert_string_equal(text, "one");
	return 0;
}

static void
unasked_it_is_nothing(void **state)
{
	(void)state;
	add(r.id, 0, "two");
	assert_int_equal(hear(1000), RCON_MORE);
	assert_string_equal(text, "");
}

static void
wanted_it_is_text_and_its_packets_are_counted(void **state)
{
	(void)state;
	for (size_t step = 1; step < 40; step++) {
		r.late = true;
		add(r.id, 0, "two");
		add(r.id, 0, "");
		add(r.id, 2, "three");
		assert_int_equal(hear(step), RCON_MORE);
		assert_string_equal(text, "twothree");
		assert_int_equal(pieces, 2);
		assert_int_equal(counts[1], counts[0] + 2);
	}
}

static void
of_a_command_before_it_is_nothing_all_the_same(void **state)
{
	int32_t before = r.id;

	(void)state;
	r.late = true;
	ask("list");
	assert_false(r.late);
	add(before, 0, "two");
	add(r.id, 0, "list");
	assert_int_equal(hear(1000), RCON_DONE);
	assert_string_equal(text, "list");
	r.late = true;
	add(before, 0, "three");
	assert_int_equal(hear(1000), RCON_MORE);
	assert_string_equal(text, "");
}

static void
what_is_for_nobody_is_broken_all_the_same(void **state)
{
	(void)state;
	r.late = true;
	add(r.id + 2, 0, "two");
	assert_int_equal(hear(1000), RCON_BROKEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(unasked_it_is_nothing, begin),
		cmocka_unit_test_setup(wanted_it_is_text_and_its_packets_are_counted, begin),
		cmocka_unit_test_setup(of_a_command_before_it_is_nothing_all_the_same, begin),
		cmocka_unit_test_setup(what_is_for_nobody_is_broken_all_the_same, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
