/* SPDX-License-Identifier: MIT */
/*
 * What comes behind a reply that seemed whole: it is told apart, and from then on a reply ends with silence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rcon.h"

static struct rcon r;
static char packet[RCON_PACKET], bytes[1024], text[1024], rest[1024];
static size_t filled;

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

/* All of it, so many bytes at a time; the last news.  "|" is a pause. */
static enum rcon_news
hear(size_t step)
{
	enum rcon_news news = RCON_MORE;
	size_t at = 0, end = 0;
	char *to = text;

	text[0] = rest[0] = '\0';
	while (at < filled && news != RCON_BROKEN && news != RCON_DONE) {
		size_t used, from, piece;

		end = at == end ? end + step : end;
		end = end < filled ? end : filled;
		news = rcon_hear(&r, bytes + at, end - at, &used, &from, &piece);
		if (news == RCON_TEXT || news == RCON_REST) {
			to = news == RCON_REST ? rest : text;
			strncat(to, bytes + at + from, piece);
		} else if (news == RCON_PAUSE) {
			strcat(to, "|");
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
what_seems_whole_is_whole_when_nothing_follows(void **state)
{
	(void)state;
	assert_false(r.by_line);
	ask("list");
	add(r.id, 0, "nobody");
	assert_int_equal(hear(1000), RCON_DONE);
	assert_false(r.by_line);
}

static void
the_rest_is_told_apart_however_it_comes(void **state)
{
	(void)state;
	for (size_t step = 1; step < 40; step++) {
		r.by_line = false;
		add(r.id, 0, "two");
		add(r.id, 0, "");
		add(r.id, 2, "three");
		hear(step);
		assert_string_equal(text, "");
		assert_string_equal(rest, "two|three|");
		assert_true(r.by_line);
		assert_int_equal(rcon_idle(&r), RCON_MORE);
	}
}

static void
from_then_on_a_reply_ends_with_silence(void **state)
{
	(void)state;
	add(r.id, 0, "two");
	hear(1000);
	ask("help");
	assert_true(r.by_line);
	assert_int_equal(rcon_idle(&r), RCON_MORE);
	add(r.id, 0, "one");
	assert_int_equal(hear(1000), RCON_PAUSE);
	add(r.id, 0, "two");
	assert_int_equal(hear(5), RCON_PAUSE);
	assert_string_equal(text, "two|");
	add(r.id, 0, "three");
	filled -= 4;
	assert_int_equal(hear(1000), RCON_TEXT);
	/* Not within a packet. */
	assert_int_equal(rcon_idle(&r), RCON_MORE);
	memcpy(bytes, "ee\0", 4);
	filled = 4;
	assert_int_equal(hear(1000), RCON_PAUSE);
	assert_int_equal(rcon_idle(&r), RCON_DONE);
	assert_int_equal(rcon_idle(&r), RCON_MORE);
	ask("list");
}

static void
the_reply_to_what_ends_it_is_one_packet(void **state)
{
	(void)state;
	r.by_line = true;
	assert_true(rcon_ask(&r, packet, "stop", true) > 0);
	add(r.id, 0, "Stopping");
	assert_int_equal(hear(1000), RCON_DONE);
}

static void
a_full_packet_is_probed_all_the_same(void **state)
{
	static char full[RCON_UNITS];
	size_t used, from, piece;

	(void)state;
	r.by_line = true;
	ask("help");
	add(r.id, 0, "");
	filled = 0;
	memset(full, 'x', sizeof(full));
	memcpy(bytes, (int32_t[]){ RCON_UNITS + RCON_SIZE_LEAST, r.id, 0 }, RCON_HEAD);
	assert_int_equal(rcon_hear(&r, bytes, RCON_HEAD, &used, &from, &piece), RCON_MORE);
	assert_int_equal(rcon_hear(&r, full, sizeof(full), &used, &from, &piece), RCON_TEXT);
	assert_int_equal(rcon_hear(&r, "\0", 2, &used, &from, &piece), RCON_PROBE);
}

/* It comes in order, so it is the rest of the reply before, and nothing else. */
static void
of_the_command_before_it_is_rest_until_a_reply_begins(void **state)
{
	int32_t before = r.id;

	(void)state;
	ask("list");
	add(before, 0, "two");
	assert_int_equal(hear(1000), RCON_PAUSE);
	assert_string_equal(rest, "two|");
	assert_int_equal(rcon_idle(&r), RCON_MORE);
	add(r.id, 0, "list");
	assert_int_equal(hear(1000), RCON_PAUSE);
	assert_string_equal(text, "list|");
	add(before, 0, "three");
	assert_int_equal(hear(1000), RCON_MORE);
	assert_string_equal(rest, "");
}

static void
what_is_for_nobody_is_broken_all_the_same(void **state)
{
	(void)state;
	add(r.id + 2, 0, "two");
	assert_int_equal(hear(1000), RCON_BROKEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_seems_whole_is_whole_when_nothing_follows, begin),
		cmocka_unit_test_setup(the_rest_is_told_apart_however_it_comes, begin),
		cmocka_unit_test_setup(from_then_on_a_reply_ends_with_silence, begin),
		cmocka_unit_test_setup(the_reply_to_what_ends_it_is_one_packet, begin),
		cmocka_unit_test_setup(a_full_packet_is_probed_all_the_same, begin),
		cmocka_unit_test_setup(of_the_command_before_it_is_rest_until_a_reply_begins, begin),
		cmocka_unit_test_setup(what_is_for_nobody_is_broken_all_the_same, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
