/* SPDX-License-Identifier: MIT */
/*
 * How rcon.h gets along with servers that are not Minecraft's own: Cuberite answers twice and
 * hangs up on a probe, Pumpkin answers with nothing or with each line, and takes a probe for a
 * login.
 */
#include <stdio.h>

#include "rcon_lab.h"

static void
cuberite_answers_with_nothing_first(void **state)
{
	(void)state;
	log_in_and_ask("list");
	send_text(3, COMMAND, "");
	hears_text("", "");
	send_text(3, COMMAND, "Players (0):");
	hears_text("D", "Players (0):");
	ask("list");
	send_text(5, COMMAND, "");
	send_text(5, COMMAND, "Players (1):");
	hears_text("D", "Players (1):");
}

static void
cuberite_answers_with_nothing_second(void **state)
{
	(void)state;
	log_in_and_ask("list");
	send_text(3, COMMAND, "Players (0):");
	send_text(3, COMMAND, "");
	hears_text("D", "Players (0):");
	/* Of the reply before, while the next one is waited for. */
	ask("list");
	send_text(3, COMMAND, "");
	send_text(5, COMMAND, "Players (1):");
	hears_text("D", "Players (1):");
	ask("list");
	send_text(5, COMMAND, "");
	send_text(7, COMMAND, "");
	hears_text("", "");
	send_text(7, COMMAND, "Players (2):");
	hears_text("D", "Players (2):");
}

static void
cuberite_may_have_nothing_to_say(void **state)
{
	(void)state;
	log_in_and_ask("say x");
	send_text(3, COMMAND, "");
	hears_text("", "");
	assert_int_equal(rcon_idle(&lab.r), RCON_DONE);
	ask("say x");
	send_text(5, COMMAND, "");
	send_text(5, COMMAND, "");
	hears_text("D", "");
	ask("list");
}

static void
cuberite_hangs_up_on_a_probe(void **state)
{
	(void)state;
	log_in_and_ask("help");
	send_many(3, COMMAND, "x", RCON_UNITS);
	hears_all("P");
	assert_int_equal(rcon_hung_up(&lab.r), RCON_DONE);
	/* Its other answer was before the reply, or is behind it. */
	log_in_and_ask("help");
	send_text(3, COMMAND, "");
	send_many(3, COMMAND, "x", RCON_UNITS);
	hears_all("P");
	assert_int_equal(rcon_hung_up(&lab.r), RCON_DONE);
	log_in_and_ask("help");
	send_many(3, COMMAND, "x", RCON_UNITS);
	send_text(3, COMMAND, "");
	hears_all("P");
	assert_int_equal(rcon_hung_up(&lab.r), RCON_DONE);
	/* No other does so behind its reply, and none inside it. */
	log_in_and_ask("help");
	send_many(3, REPLY, "x", RCON_UNITS);
	hears_all("P");
	assert_int_equal(rcon_hung_up(&lab.r), RCON_BROKEN);
	log_in_and_ask("help");
	send_many(3, COMMAND, "x", RCON_UNITS);
	hears_all("P");
	send_bytes("\x0a", 1);
	hears_text("", "");
	assert_int_equal(rcon_hung_up(&lab.r), RCON_BROKEN);
}

static void
cuberite_does_not_cut_replies(void **state)
{
	(void)state;
	log_in_and_ask("help");
	send_text(3, COMMAND, "");
	send_many(3, COMMAND, "x", 10000);
	hears_all("D");
}

static void
pumpkin_answers_with_nothing(void **state)
{
	(void)state;
	log_in_and_ask("say x");
	assert_int_equal(rcon_idle(&lab.r), RCON_MORE);
	assert_int_equal(rcon_idle(&lab.r), RCON_MORE);
	assert_int_equal(rcon_hung_up(&lab.r), RCON_BROKEN);
}

/* The first line seems to be the reply; from then on it is known that more lines may come. */
static void
pumpkin_answers_with_each_line(void **state)
{
	(void)state;
	static const char pauses[] = "LLLLLLLLLLLLLLLLLLLL";
	char news[COUNT(pauses) + 2];

	for (size_t n = 1; n < COUNT(pauses); n++) {
		log_in_and_ask("help");
		for (size_t i = 0; i < n; i++)
			send_text(3, REPLY, i == 0 ? "first line" : "next line");
		snprintf(news, sizeof(news), "D%.*s", (int)n - 1, pauses);
		hears_text(news, "first line");
		ask("list");
		for (size_t i = 0; i < n; i++)
			send_text(3, REPLY, "next line");
		send_text(5, REPLY, "There are 1/20 players online");
		snprintf(news, sizeof(news), "L%.*s", (int)n, pauses);
		hears_text(news, "There are 1/20 players online");
		assert_int_equal(rcon_idle(&lab.r), RCON_DONE);
	}
}

static void
pumpkin_takes_a_probe_for_a_login(void **state)
{
	(void)state;
	log_in_and_ask("help");
	send_many(3, REPLY, "x", RCON_UNITS);
	hears_all("P");
	send_text(-1, COMMAND, "");
	hears_text("D", "");
	assert_int_equal(rcon_hung_up(&lab.r), RCON_BROKEN);
}

/* Each answer to a probe is one, whatever is in it. */
static void
probes_are_answered_in_many_words(void **state)
{
	static const struct {
		int32_t kind;
		const char *text;
	} rows[] = {
		{ REPLY, "Unknown request c8" }, { REPLY, "" }, { REPLY, "Unknown request 200" },
		{ COMMAND, "" },
		{ REPLY, "\xff\xfe" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		log_in_and_ask("help");
		send_many(3, REPLY, "x", RCON_UNITS);
		hears_all("P");
		send_text(1, REPLY, "late");
		send_text(4, rows[i].kind, rows[i].text);
		/* Source's own servers answer a second time. */
		send_text(4, REPLY, "");
		hears_text("D", "");
		ask("list");
		send_text(4, REPLY, "\1");
		send_text(5, REPLY, "listed");
		hears_text("D", "listed");
	}
}

static void
a_probe_may_be_answered_with_a_full_packet(void **state)
{
	(void)state;
	log_in_and_ask("help");
	send_many(3, REPLY, "x", RCON_UNITS);
	hears_all("P");
	send_many(4, REPLY, "y", RCON_UNITS);
	hears_text("D", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuberite_answers_with_nothing_first),
		cmocka_unit_test(cuberite_answers_with_nothing_second),
		cmocka_unit_test(cuberite_may_have_nothing_to_say),
		cmocka_unit_test(cuberite_hangs_up_on_a_probe),
		cmocka_unit_test(cuberite_does_not_cut_replies),
		cmocka_unit_test(pumpkin_answers_with_nothing),
		cmocka_unit_test(pumpkin_answers_with_each_line),
		cmocka_unit_test(pumpkin_takes_a_probe_for_a_login),
		cmocka_unit_test(probes_are_answered_in_many_words),
		cmocka_unit_test(a_probe_may_be_answered_with_a_full_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
