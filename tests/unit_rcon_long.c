/* SPDX-License-Identifier: MIT */
/*
 * Replies that are cut into packets, as java cuts them: at 4096 units of UTF-16, whatever these
 * are in bytes.  The splitter is written from what java does, not from rcon.c.
 */
#include "rcon_lab.h"

enum { JAVA_UNITS = 4096, JAVA_PACKETS = 256, JAVA_MOST = JAVA_UNITS * JAVA_PACKETS };

#define UNKNOWN		"Unknown request c8"

/* ---- java ---- */

static uint16_t units[JAVA_MOST + JAVA_UNITS];
static size_t units_there;

static void
add_letter(uint32_t letter)
{
	if (letter > 0xffff) {
		units[units_there++] = (uint16_t)(0xd800 + ((letter - 0x10000) >> 10));
		units[units_there++] = (uint16_t)(0xdc00 + ((letter - 0x10000) & 0x3ff));
	} else {
		units[units_there++] = (uint16_t)letter;
	}
}

static bool
is_half(uint16_t unit, uint16_t first)
{
	return (unit & 0xfc00) == first;
}

/* String.getBytes(UTF_8), for which half a letter is a question mark. */
static size_t
java_bytes(const uint16_t *unit, size_t count, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t u = unit[i];

		if (is_half(unit[i], 0xd800) && i + 1 < count && is_half(unit[i + 1], 0xdc00)) {
			u = 0x10000 + ((u & 0x3ff) << 10) + (unit[++i] & 0x3ffu);
			to[n++] = (char)(0xf0 | u >> 18);
			to[n++] = (char)(0x80 | (u >> 12 & 0x3f));
		} else if (is_half(unit[i], 0xd800) || is_half(unit[i], 0xdc00)) {
			u = '?';
		} else if (u >= 0x800) {
			to[n++] = (char)(0xe0 | u >> 12);
		}
		if (u >= 0x800)
			to[n++] = (char)(0x80 | (u >> 6 & 0x3f));
		else if (u >= 0x80)
			to[n++] = (char)(0xc0 | u >> 6);
		to[n++] = (char)(u < 0x80 ? u : 0x80 | (u & 0x3f));
	}
	return n;
}

/* Sends the letters as a server does: at least one packet; how many of them are full. */
static size_t
java_sends(int32_t id)
{
	static char text[4 * JAVA_UNITS];
	size_t at = 0, full = 0;

	do {
		size_t n = units_there - at < JAVA_UNITS ? units_there - at : JAVA_UNITS;

		send_packet(id, REPLY, text, java_bytes(units + at, n, text));
		full += n == JAVA_UNITS;
		at += n;
	} while (at < units_there);
	units_there = 0;
	return full;
}

/* What was sent is heard whole; with a probe if the first packet was full. */
static void
heard_as_sent(size_t full)
{
	if (full == 0) {
		hears_all("D");
		return;
	}
	hears_all("P");
	send_text(4, REPLY, UNKNOWN);
	hears_text("D", "");
}

/* ---- letters ---- */

static const uint32_t letters[] = {
	'a', 0x7f, 0x80, 0xa7, 0x7ff, 0x800, 0x20ac, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x1f600,
	0x10ffff,
};

/* So many units, of one letter, and an "a" in front where it would not come out even. */
static void
add_units(uint32_t letter, size_t count)
{
	if (letter > 0xffff && count % 2 != 0)
		add_letter('a');
	while (count > 0 && (letter <= 0xffff || count > 1)) {
		add_letter(letter);
		count -= letter > 0xffff ? 2 : 1;
	}
}

static void
replies_near_a_full_packet_end_where_they_end(void **state)
{
	static const size_t counts[] = { 4094, 4095, 4096, 4097, 4098 };

	(void)state;
	for (size_t l = 0; l < COUNT(letters); l += 2)
		for (size_t i = 0; i < COUNT(counts); i++) {
			log_in_and_ask("help");
			add_units(letters[l], counts[i]);
			assert_int_equal(units_there, counts[i]);
			heard_as_sent(java_sends(3));
		}
}

static void
full_packets_of_each_letter_go_on(void **state)
{
	static const size_t counts[] = { 4096, 8192 };

	(void)state;
	for (size_t l = 0; l < COUNT(letters); l++)
		for (size_t i = 0; i < COUNT(counts); i++) {
			size_t full;

			log_in_and_ask("help");
			add_units(letters[l], counts[i]);
			full = java_sends(3);
			assert_int_equal(full, counts[i] / 4096);
			heard_as_sent(full);
		}
}

static void
full_packets_are_cut_at_each_byte(void **state)
{
	static const uint32_t each[] = { 'a', 0x1f600 };

	(void)state;
	lab.cut_all = LAB_IN;
	for (size_t i = 0; i < COUNT(each); i++) {
		log_in_and_ask("help");
		add_units(each[i], JAVA_UNITS);
		hears_all(java_sends(3) == 1 ? "P" : "");
	}
	lab.cut_all = 2000;
}

static void
full_packets_have_the_bytes_that_were_seen(void **state)
{
	static const struct {
		uint32_t letter;
		const char *head;
	} rows[] = {
		{ 'a', "\x0a\x10\0\0" }, { 0xa7, "\x0a\x20\0\0" }, { 0x20ac, "\x0a\x30\0\0" },
		{ 0x1f600, "\x0a\x20\0\0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		log_in_and_ask("help");
		add_units(rows[i].letter, JAVA_UNITS);
		java_sends(3);
		assert_memory_equal(lab.in, rows[i].head, 4);
		heard_as_sent(1);
	}
}

static void
what_is_4096_in_bytes_only_is_whole(void **state)
{
	(void)state;
	log_in_and_ask("help");
	send_many(3, REPLY, "\xc2\xa7", RCON_UNITS / 2);
	hears_all("D");
	log_in_and_ask("help");
	send_many(3, REPLY, "\xf0\x9f\x98\x80", RCON_UNITS / 4);
	hears_all("D");
}

static void
a_letter_across_a_cut_becomes_two_marks(void **state)
{
	(void)state;
	log_in_and_ask("help");
	add_units('a', JAVA_UNITS - 1);
	add_letter(0x1f600);
	add_units('b', 9);
	assert_int_equal(java_sends(3), 1);
	assert_memory_equal(lab.in + 12 + 4094, "a?\0\0", 4);
	heard_as_sent(1);
}

/* ---- Latin-1 ---- */

static void
old_servers_count_bytes(void **state)
{
	static const char *const old[] = { "\xe9", "\xa7", "\xff", "\xc0", "\xe9\xe8",
	    "\xf0\xf0\xf0\xf0" };

	(void)state;
	for (size_t i = 0; i < COUNT(old); i++) {
		log_in_and_ask("help");
		send_many(3, REPLY, old[i], RCON_UNITS / strlen(old[i]));
		heard_as_sent(1);
		log_in_and_ask("help");
		send_many(3, REPLY, old[i], RCON_UNITS / strlen(old[i]) - 1);
		heard_as_sent(0);
	}
}

/* What is not UTF-8 is known at its first byte, somewhere, or only because no byte follows. */
static void
old_servers_are_known_by_one_byte(void **state)
{
	static const char *const old[] = { "\xa7", "\xe9 ", "\xe2\x82", "\xf0\x9f\x98",
	    "\xc3\xa4\xe9" };
	static char text[RCON_UNITS];

	(void)state;
	for (size_t i = 0; i < COUNT(old); i++) {
		size_t length = strlen(old[i]), places[] = { 0, 1, 2000, RCON_UNITS - length };

		for (size_t p = 0; p < COUNT(places); p++) {
			memset(text, 'x', sizeof(text));
			memcpy(text + places[p], old[i], length);
			log_in_and_ask("help");
			send_packet(3, REPLY, text, RCON_UNITS);
			heard_as_sent(1);
			log_in_and_ask("help");
			send_packet(3, REPLY, text, RCON_UNITS - length);
			heard_as_sent(0);
		}
	}
}

/* Each packet is judged by itself: a letter that one leaves open is not closed by the next. */
static void
packets_do_not_share_letters(void **state)
{
	static const char *const old[] = { "\xe9", "\xff", "\xf0\x9f\x98", "\xc3" };
	static char text[RCON_UNITS];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[RCON_UNITS - 1] = '\xc3';
	log_in_and_ask("help");
	send_packet(3, REPLY, text, RCON_UNITS);
	hears_all("P");
	send_text(4, REPLY, UNKNOWN);
	hears_text("D", "");
	/* Nor what one was wrong about, or has open where it ends. */
	for (size_t i = 0; i < COUNT(old); i++) {
		log_in_and_ask("help");
		send_text(3, REPLY, old[i]);
		hears_all("D");
		ask("help");
		send_many(5, REPLY, "\xc2\xa7", RCON_UNITS);
		hears_all("P");
	}
}

/* ---- how it ends ---- */

static void
a_full_packet_and_an_end_is_cut_off(void **state)
{
	(void)state;
	log_in_and_ask("help");
	send_many(3, REPLY, "x", RCON_UNITS);
	hears_all("P");
	assert_int_equal(rcon_hung_up(&lab.r), RCON_BROKEN);
	log_in_and_ask("help");
	send_many(3, REPLY, "x", 2 * RCON_UNITS);
	hears_all("D");
	/* Cut off inside what follows, or in the answer to the probe. */
	for (size_t cut = 1; cut < 14; cut++) {
		log_in_and_ask("help");
		send_many(3, REPLY, "x", RCON_UNITS);
		hears_all("P");
		send_text(cut % 2 ? 3 : 4, REPLY, "");
		lab.filled = cut;
		hears_text("", "");
		assert_int_equal(rcon_hung_up(&lab.r), RCON_BROKEN);
	}
}

static void
behind_a_last_command_nothing_is_probed(void **state)
{
	(void)state;
	log_in_and_ask("stop");
	send_many(3, REPLY, "x", RCON_UNITS);
	send_many(3, REPLY, "y", RCON_UNITS);
	hears_all("");
	assert_int_equal(rcon_hung_up(&lab.r), RCON_DONE);
	log_in_and_ask("stop");
	send_many(3, REPLY, "x", RCON_UNITS);
	hears_all("");
	assert_int_equal(rcon_idle(&lab.r), RCON_DONE);
	log_in_and_ask("stop");
	send_many(3, REPLY, "x", RCON_UNITS);
	send_text(3, REPLY, "Stopping the server");
	hears_all("D");
}

/* A packet that is short does not end what a probe goes behind. */
static void
short_packets_behind_a_probe_go_on(void **state)
{
	(void)state;
	log_in_and_ask("help");
	send_many(3, REPLY, "x", RCON_UNITS);
	hears_all("P");
	send_text(3, REPLY, "one");
	send_text(3, REPLY, "");
	send_text(3, REPLY, "two");
	hears_text("", "onetwo");
	send_text(3, REPLY, "three");
	send_text(4, REPLY, UNKNOWN);
	hears_text("D", "three");
	/* And the next one is probed again. */
	ask("help");
	send_many(5, REPLY, "x", RCON_UNITS);
	hears_all("P");
	send_text(6, REPLY, UNKNOWN);
	hears_text("D", "");
}

/* Around each cut stand letters of each length, in each order, sometimes across it. */
static void
a_megabyte_arrives_as_it_was_sent(void **state)
{
	static const uint32_t around[] = { 'z', 0xe4, 0x4e16, 0x1f30d };

	(void)state;
	log_in_and_ask("help");
	for (size_t p = 0; p < JAVA_PACKETS; p++) {
		size_t end = (p + 1) * JAVA_UNITS;

		if (units_there > 0 && p % 3 != 0)
			add_letter(around[p / 4 % 4]);
		while (units_there + 2 + p % 2 < end)
			add_letter(p % 2 ? 'a' + units_there % 26 : around[units_there % 3]);
		while (units_there < end && end < JAVA_MOST)
			add_letter(around[p % 4]);
	}
	add_units('.', JAVA_MOST - units_there);
	assert_int_equal(units_there, JAVA_MOST);
	assert_int_equal(java_sends(3), JAVA_PACKETS);
	assert_true(lab.filled > 1024 * 1024);
	heard_as_sent(JAVA_PACKETS);
	assert_int_equal(rcon_idle(&lab.r), RCON_MORE);
	ask("list");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_near_a_full_packet_end_where_they_end),
		cmocka_unit_test(full_packets_of_each_letter_go_on),
		cmocka_unit_test(full_packets_are_cut_at_each_byte),
		cmocka_unit_test(full_packets_have_the_bytes_that_were_seen),
		cmocka_unit_test(what_is_4096_in_bytes_only_is_whole),
		cmocka_unit_test(a_letter_across_a_cut_becomes_two_marks),
		cmocka_unit_test(old_servers_count_bytes),
		cmocka_unit_test(old_servers_are_known_by_one_byte),
		cmocka_unit_test(packets_do_not_share_letters),
		cmocka_unit_test(a_full_packet_and_an_end_is_cut_off),
		cmocka_unit_test(behind_a_last_command_nothing_is_probed),
		cmocka_unit_test(short_packets_behind_a_probe_go_on),
		cmocka_unit_test(a_megabyte_arrives_as_it_was_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
