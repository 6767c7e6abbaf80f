/* SPDX-License-Identifier: MIT */
/*
 * What servers answer to rcon.h: replies, numbers, sizes, silence and ends, as Minecraft's own
 * server does it, as others do it, and as none should.
 */
#include "rcon_lab.h"

#define PLAYERS		"There are 0 of a max of 20 players online: "

/* ---- bytes as they were seen ---- */

static void
logins_are_understood(void **state)
{
	(void)state;
	memset(&lab.r, 0, sizeof(lab.r));
	rcon_login(&lab.r, lab.packet, "minecraft");
	send_bytes(BYTES("\x0a\0\0\0\1\0\0\0\2\0\0\0\0\0"));
	hears_text("I", "");
	rcon_login(&lab.r, lab.packet, "wrong");
	send_bytes(BYTES("\x0a\0\0\0\xff\xff\xff\xff\2\0\0\0\0\0"));
	hears_text("R", "");
}

static void
replies_are_understood(void **state)
{
	static const struct {
		int32_t id;
		const char *bytes;
		size_t count;
		const char *text;
	} rows[] = {
		{ 2, BYTES("\x35\0\0\0\2\0\0\0\0\0\0\0" PLAYERS "\0\0"), PLAYERS },
		{ 3, BYTES("\x0a\0\0\0\3\0\0\0\0\0\0\0\0\0"), "" },
		{ 5, BYTES("\x0f\0\0\0\5\0\0\0\0\0\0\0\xc2\xa7" "aHi\0\0"), "\xc2\xa7" "aHi" },
		{ 9, BYTES("\x1d\0\0\0\x09\0\0\0\0\0\0\0Stopping the server\0\0"),
		    "Stopping the server" },
		{ 7, BYTES("\x1c\0\0\0\7\0\0\0\0\0\0\0Unknown request 64\0\0"),
		    "Unknown request 64" },
		{ 7, BYTES("\x1b\0\0\0\7\0\0\0\0\0\0\0Unknown request 0\0\0"),
		    "Unknown request 0" },
		{ 7, BYTES("\x22\0\0\0\7\0\0\0\0\0\0\0Unknown request ffffffff\0\0"),
		    "Unknown request ffffffff" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		log_in_and_ask("x");
		lab.r.id = rows[i].id;
		send_bytes(rows[i].bytes, rows[i].count);
		hears_text("D", rows[i].text);
	}
}

static void
the_answer_to_a_probe_is_no_part_of_the_reply(void **state)
{
	(void)state;
	log_in();
	lab.r.id = 4;
	ask("help");
	send_many(6, REPLY, "x", RCON_UNITS);
	hears_all("P");
	send_bytes(BYTES("\x1c\0\0\0\7\0\0\0\0\0\0\0Unknown request c8\0\0"));
	hears_text("D", "");
}

/* ---- what comes together ---- */

static void
a_reply_may_come_with_the_head_of_the_next(void **state)
{
	(void)state;
	for (size_t more = 1; more <= 12; more++) {
		log_in_and_ask("list");
		send_text(3, REPLY, PLAYERS);
		/* One that nobody waits for. */
		send_bytes("\x0e\0\0\0\3\0\0\0\0\0\0\0", more);
		hears_text("D", PLAYERS);
		ask("help");
		send_bytes("\x0e\0\0\0\3\0\0\0\0\0\0\0late\0\0" + more, 18 - more);
		send_text(5, REPLY, "helped");
		hears_text("LL", "helped");
		assert_int_equal(rcon_idle(&lab.r), RCON_DONE);
	}
}

static void
a_reply_that_goes_on_may_come_at_once(void **state)
{
	(void)state;
	log_in_and_ask("help");
	send_many(3, REPLY, "x", RCON_UNITS);
	send_many(3, REPLY, "y", 77);
	hears_all("P");
	send_text(4, REPLY, "Unknown request c8");
	hears_text("D", "");
}

static void
nothing_is_nothing(void **state)
{
	struct rcon before;

	(void)state;
	log_in_and_ask("list");
	before = lab.r;
	hears_text("", "");
	assert_memory_equal(&lab.r, &before, sizeof(before));
}

/* Text may hold anything, also what looks like a packet or its end. */
static void
text_is_not_looked_into(void **state)
{
	char text[256 + 14];

	(void)state;
	for (int c = 0; c < 256; c++)
		text[c] = (char)c;
	memcpy(text + 256, "\x0a\0\0\0\3\0\0\0\0\0\0\0\0\0", 14);
	log_in_and_ask("list");
	send_packet(3, REPLY, text, sizeof(text));
	hears("D", text, sizeof(text));
}

/* ---- numbers ---- */

static void
a_reply_to_something_else_breaks_it(void **state)
{
	static const int32_t ids[] = { 5, 6, 0, -1, -2, INT32_MAX, INT32_MIN, 0x300, 0x3000000 };

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		log_in_and_ask("list");
		send_text(ids[i], REPLY, "for someone else");
		hears_text("B", "");
		/* Also when nothing was asked, and behind a part of a reply. */
		log_in();
		send_text(ids[i], REPLY, "for someone else");
		hears_text("B", "");
	}
	log_in_and_ask("list");
	send_many(3, REPLY, "x", RCON_UNITS);
	hears_all("P");
	send_text(5, REPLY, "for someone else");
	hears_text("B", "");
}

static void
a_login_that_is_lost_breaks_it(void **state)
{
	(void)state;
	log_in_and_ask("list");
	send_text(-1, COMMAND, "");
	hears_text("B", "");
}

static void
another_kind_breaks_it(void **state)
{
	static const int32_t kinds[] = { 1, 3, 200, -1, 0x100, 0x200, INT32_MIN };

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		log_in_and_ask("list");
		send_text(3, kinds[i], PLAYERS);
		hears_text("B", "");
	}
}

static void
what_comes_late_is_left_out(void **state)
{
	(void)state;
	log_in_and_ask("list");
	send_text(3, REPLY, PLAYERS);
	hears_text("D", PLAYERS);
	send_text(3, REPLY, "late");
	send_many(3, REPLY, "x", RCON_UNITS);
	send_text(4, REPLY, "late");
	send_text(1, COMMAND, "");
	hears_text("LL", "");
	ask("help");
	send_text(3, REPLY, "late");
	send_text(5, REPLY, "helped");
	send_text(3, COMMAND, "late");
	hears_text("LL", "helped");
}

/* ---- sizes ---- */

static void
wrong_sizes_break_it_at_their_head(void **state)
{
	static const int32_t sizes[] = {
		0, 1, 4, 8, 9, -1, -14, INT32_MIN, INT32_MAX, 1024 * 1024 + 1, 0x01000000,
		0x7f00000a,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		log_in_and_ask("list");
		send_head(sizes[i], 3, REPLY);
		hears_text("B", "");
		log_in();
		rcon_login(&lab.r, lab.packet, "x");
		send_head(sizes[i], 1, COMMAND);
		hears_text("B", "");
	}
}

static void
the_largest_packet_is_heard(void **state)
{
	(void)state;
	log_in_and_ask("list");
	send_many(3, REPLY, "x", 1024 * 1024 - 10);
	assert_int_equal(lab.filled, 1024 * 1024 + 4);
	hears_all("D");
}

static void
the_head_alone_tells_how_much_is_to_come(void **state)
{
	(void)state;
	log_in_and_ask("list");
	send_head(1024 * 1024, 3, REPLY);
	hears_text("", "");
	assert_int_equal(rcon_idle(&lab.r), RCON_MORE);
	assert_int_equal(rcon_hung_up(&lab.r), RCON_BROKEN);
}

/* ---- login ---- */

static void
an_empty_packet_may_come_before_the_login(void **state)
{
	static const int32_t ids[] = { 1, 0, -1, 7 };

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		rcon_login(&lab.r, lab.packet, "x");
		send_text(ids[i], REPLY, "");
		send_text(1, COMMAND, "");
		hears_text("I", "");
		rcon_login(&lab.r, lab.packet, "x");
		send_text(ids[i], REPLY, "");
		send_text(-1, COMMAND, "");
		hears_text("R", "");
	}
}

static void
a_login_is_answered_by_nothing_else(void **state)
{
	static const struct {
		int32_t id, kind;
		const char *text;
	} rows[] = {
		{ 1, REPLY, "Unknown request 3" }, { 2, COMMAND, "" }, { 0, COMMAND, "" },
		{ -2, COMMAND, "" },
		{ 1, LOGIN, "" }, { -1, LOGIN, "" }, { 1, -1, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		rcon_login(&lab.r, lab.packet, "x");
		send_text(rows[i].id, rows[i].kind, rows[i].text);
		hears_text("B", "");
	}
}

static void
a_server_that_talks_first_is_not_heard(void **state)
{
	(void)state;
	memset(&lab.r, 0, sizeof(lab.r));
	send_text(0, COMMAND, "");
	hears_text("B", "");
	/* Nor is another protocol. */
	rcon_login(&lab.r, lab.packet, "x");
	send_bytes(BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"));
	hears_text("B", "");
	rcon_login(&lab.r, lab.packet, "x");
	send_bytes(BYTES("SSH-2.0-OpenSSH_9.2\r\n"));
	hears_text("B", "");
}

static void
a_refused_login_may_be_tried_again(void **state)
{
	(void)state;
	rcon_login(&lab.r, lab.packet, "wrong");
	send_text(-1, COMMAND, "");
	hears_text("R", "");
	rcon_login(&lab.r, lab.packet, "right");
	send_text(lab.r.id, COMMAND, "");
	hears_text("I", "");
}

/* ---- silence, and ends ---- */

static void
silence_is_waited_out_while_nothing_is_here(void **state)
{
	(void)state;
	memset(&lab.r, 0, sizeof(lab.r));
	assert_int_equal(rcon_idle(&lab.r), RCON_MORE);
	rcon_login(&lab.r, lab.packet, "x");
	assert_int_equal(rcon_idle(&lab.r), RCON_MORE);
	log_in();
	assert_int_equal(rcon_idle(&lab.r), RCON_MORE);
	ask("list");
	for (int i = 0; i < 1000; i++)
		assert_int_equal(rcon_idle(&lab.r), RCON_MORE);
	send_text(3, REPLY, PLAYERS);
	hears_text("D", PLAYERS);
	assert_int_equal(rcon_idle(&lab.r), RCON_MORE);
}

static void
silence_in_a_packet_does_not_end_it(void **state)
{
	(void)state;
	for (size_t cut = 1; cut < 14 + 5; cut++) {
		log_in_and_ask("stop");
		send_many(3, REPLY, "x", RCON_UNITS);
		hears_all("");
		send_text(3, REPLY, "later");
		lab.filled = cut;
		hears("", "later", cut <= 12 ? 0 : cut < 17 ? cut - 12 : 5);
		assert_int_equal(rcon_idle(&lab.r), RCON_MORE);
	}
}

static void
silence_behind_a_probe_is_waited_out(void **state)
{
	(void)state;
	log_in_and_ask("list");
	send_many(3, REPLY, "x", RCON_UNITS);
	hears_all("P");
	assert_int_equal(rcon_idle(&lab.r), RCON_MORE);
	send_text(3, REPLY, "more");
	hears_text("", "more");
	assert_int_equal(rcon_idle(&lab.r), RCON_MORE);
}

static void
an_end_inside_a_reply_cuts_it_off(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < 14 + 5; cut++) {
		log_in_and_ask("list");
		send_text(3, REPLY, "cut o");
		lab.filled = cut;
		hears("", "cut o", cut <= 12 ? 0 : cut < 17 ? cut - 12 : 5);
		assert_int_equal(rcon_hung_up(&lab.r), RCON_BROKEN);
	}
	rcon_login(&lab.r, lab.packet, "x");
	assert_int_equal(rcon_hung_up(&lab.r), RCON_BROKEN);
	log_in();
	assert_int_equal(rcon_hung_up(&lab.r), RCON_BROKEN);
}

static void
behind_a_last_command_an_end_is_success(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < 14 + 5; cut++) {
		log_in_and_ask("stop");
		send_text(3, REPLY, "Stop.");
		lab.filled = cut;
		hears("", "Stop.", cut <= 12 ? 0 : cut < 17 ? cut - 12 : 5);
		assert_int_equal(rcon_hung_up(&lab.r), RCON_DONE);
		assert_int_equal(rcon_ask(&lab.r, lab.packet, "list", false), 0);
	}
	/* It was so of that command only. */
	log_in_and_ask("restart");
	send_text(3, REPLY, "Unknown command");
	hears_text("D", "Unknown command");
	ask("list");
	assert_int_equal(rcon_hung_up(&lab.r), RCON_BROKEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logins_are_understood),
		cmocka_unit_test(replies_are_understood),
		cmocka_unit_test(the_answer_to_a_probe_is_no_part_of_the_reply),
		cmocka_unit_test(a_reply_may_come_with_the_head_of_the_next),
		cmocka_unit_test(a_reply_that_goes_on_may_come_at_once),
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(text_is_not_looked_into),
		cmocka_unit_test(a_reply_to_something_else_breaks_it),
		cmocka_unit_test(a_login_that_is_lost_breaks_it),
		cmocka_unit_test(another_kind_breaks_it),
		cmocka_unit_test(what_comes_late_is_left_out),
		cmocka_unit_test(wrong_sizes_break_it_at_their_head),
		cmocka_unit_test(the_largest_packet_is_heard),
		cmocka_unit_test(the_head_alone_tells_how_much_is_to_come),
		cmocka_unit_test(an_empty_packet_may_come_before_the_login),
		cmocka_unit_test(a_login_is_answered_by_nothing_else),
		cmocka_unit_test(a_server_that_talks_first_is_not_heard),
		cmocka_unit_test(a_refused_login_may_be_tried_again),
		cmocka_unit_test(silence_is_waited_out_while_nothing_is_here),
		cmocka_unit_test(silence_in_a_packet_does_not_end_it),
		cmocka_unit_test(silence_behind_a_probe_is_waited_out),
		cmocka_unit_test(an_end_inside_a_reply_cuts_it_off),
		cmocka_unit_test(behind_a_last_command_an_end_is_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
