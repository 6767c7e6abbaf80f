/* SPDX-License-Identifier: MIT */
/*
 * How many are online, as players.h reads it from what servers, their plugins and their languages
 * reply to "list"; and that it is not known rather than guessed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "players.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define S		"\xc2\xa7"

/* Out of memory of its own, so that a read behind its end is seen. */
static int32_t
players(const char *reply, size_t bytes)
{
	char *copy = malloc(bytes > 0 ? bytes : 1);
	int32_t count;

	assert_non_null(copy);
	memcpy(copy, reply, bytes);
	count = players_of(bytes > 0 ? copy : copy + 1, bytes);
	free(copy);
	return count;
}

struct row {
	const char *reply;
	int32_t count;
};

static void
insist(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int32_t got = players(rows[i].reply, strlen(rows[i].reply));

		if (got != rows[i].count)
			print_error("%s: %d\n", rows[i].reply, (int)got);
		assert_int_equal(got, rows[i].count);
	}
}

static void
servers_of_each_age_are_understood(void **state)
{
	static const struct row rows[] = {
		{ "There are 0 of a max of 20 players online: ", 0 },
		{ "There are 2 of a max of 20 players online: Steve, Alex", 2 },
		{ "There are 100 of a max of 100 players online: 5, 6", 100 },
		{ "There are 3 of a max 20 players online: Steve, Alex, Notch", 3 },
		{ "There are 0/20 players online:", 0 },
		{ "There are 5/20 players online:\nSteve, Alex", 5 },
		{ "There are 12/20 players online:Steve", 12 },
		{ "There are 1000000 of a max of 1000000 players online: ", 1000000 },
	};

	(void)state;
	insist(rows, COUNT(rows));
}

static void
colours_are_no_numbers(void **state)
{
	static const struct row rows[] = {
		{ S "6There are " S "c5" S "6 out of maximum " S "c10" S "6 players online.", 5 },
		{ S "6There are " S "c5" S "6/" S "c7" S "6 out of maximum " S "c10"
		    S "6 players online.", 5 },
		{ S "6There are " S "c5" S "6 out of maximum " S "c10" S "6 players online.\n"
		    S "6default" S "r: Steve, Alex", 5 },
		{ S "x" S "1" S "2" S "3" S "4" S "5" S "6There are " S "x" S "9" S "9" S "0" S "0"
		    S "0" S "0"
		    "42 players", 42 },
		{ "There are 1" S "62" S "r3 players", 123 },
		{ "There are 1" S "7/20 players", 1 },
		{ S "4" S "5" S "67", 7 },
		{ "There are 7" S "4", 7 },
		{ "There are 7" S, 7 },
		{ "There are 7\xc2", PLAYERS_NOT_KNOWN },
		{ S "4", PLAYERS_NOT_KNOWN },
		{ S, PLAYERS_NOT_KNOWN },
		/* As old servers write it, a byte each. */
		{ "\xa7" "6There are \xa7" "c5\xa7" "6 out of maximum \xa7" "c10\xa7"
		    "6 players online.", 5 },
		{ "\xa7", PLAYERS_NOT_KNOWN },
		{ "\xa7" "5", PLAYERS_NOT_KNOWN },
		{ "There are 7\xa7", 7 },
	};

	(void)state;
	insist(rows, COUNT(rows));
}

static void
other_languages_are_understood(void **state)
{
	static const struct row rows[] = {
		{ "Es sind 3 von maximal 20 Spielern online: Steve", 3 },
		{ "Il y a 4 joueurs sur un maximum de 20\xc2\xa0: Steve", 4 },
		{ "Hay 0 de un m\xc3\xa1ximo de 20 jugadores conectados:", 0 },
		{ "\xd0\xa1\xd0\xb5\xd0\xb9\xd1\x87\xd0\xb0\xd1\x81 2 \xd0\xb8\xd0\xb7 20", 2 },
		{ "5/6", 5 },
		{ "17", 17 },
		{ "(8 / 20)", 8 },
		{ "[9] online", 9 },
		{ "Online - 6", 6 },
		{ "\xe5\xbd\x93\xe5\x89\x8d\xe6\x9c\x89 5 \xe5\x90\x8d, 20 \xe5\x90\x8d", 5 },
		{ S "6\xe5\xbd\x93\xe5\x89\x8d\xe6\x9c\x89 " S "c5" S "6 \xe4\xb8\xaa, " S "c20"
		    S "6 \xe4\xb8\xaa", 5 },
		/* The last byte of a letter may be that of a colour in Latin-1. */
		{ "Ka\xc3\xa7 5 / 20", 5 },
		{ "\xe6\x80\xa7 5 / 20", 5 },
	};

	(void)state;
	insist(rows, COUNT(rows));
}

/* In alphabets without blanks a digit behind a letter is no name, and what comes later no count. */
static void
what_is_not_sure_is_not_known(void **state)
{
	static const struct row rows[] = {
		{ "", PLAYERS_NOT_KNOWN },
		{ "Unknown or incomplete command, see below for error<--[HERE]",
		    PLAYERS_NOT_KNOWN },
		{ "There are no players online.", PLAYERS_NOT_KNOWN },
		{ "Players online: 5", PLAYERS_NOT_KNOWN },
		{ "Players (0):", 0 },
		{ "\xe5\x9c\xa8\xe7\xba\xbf\xef\xbc\x9a" "5/20", PLAYERS_NOT_KNOWN },
		{ "\xe5\xbd\x93\xe5\x89\x8d\xe6\x9c\x89" "5\xe5\x90\x8d, 20 \xe5\x90\x8d",
		    PLAYERS_NOT_KNOWN },
		{ "\xe5\xbd\x93\xe5\x89\x8d\xe6\x9c\x89" S "c5" S "6/" S "c20", PLAYERS_NOT_KNOWN },
		{ "\xe6\x80\xa7" "5 / 20", PLAYERS_NOT_KNOWN },
		{ "Ka\xc3\xa7" "5 / 20", PLAYERS_NOT_KNOWN },
		{ "There are 5\xe5\x90\x8d", PLAYERS_NOT_KNOWN },
		{ "There are 1000001 of a max of 20", PLAYERS_NOT_KNOWN },
		{ "There are 2147483648 of a max of 20", PLAYERS_NOT_KNOWN },
		{ "There are 4294967297 of a max of 20", PLAYERS_NOT_KNOWN },
		{ "There are 18446744073709551617 of a max of 20", PLAYERS_NOT_KNOWN },
		{ ":5", PLAYERS_NOT_KNOWN },
		{ " \n\t", PLAYERS_NOT_KNOWN },
	};

	(void)state;
	insist(rows, COUNT(rows));
}

static void
names_are_no_numbers(void **state)
{
	static const struct row rows[] = {
		{ "Steve2 is here", PLAYERS_NOT_KNOWN },
		{ "Steve_2 is here", PLAYERS_NOT_KNOWN },
		{ "Max_99", PLAYERS_NOT_KNOWN },
		{ "_1_", PLAYERS_NOT_KNOWN },
		{ "2fast, 4you", PLAYERS_NOT_KNOWN },
		{ "2_fast", PLAYERS_NOT_KNOWN },
		{ "x1y2z3", PLAYERS_NOT_KNOWN },
		{ "Online: Steve 5", PLAYERS_NOT_KNOWN },
		{ "world2: 5", PLAYERS_NOT_KNOWN },
		{ "On lobby1 there are 3 of 20", 3 },
		{ "On lobby_1 there are 3 of 20", 3 },
		{ "Steve" S "c2 is here", PLAYERS_NOT_KNOWN },
		{ "Z9 A8 a7 z6 @5", 5 },
		{ "There are 007 of 20", 7 },
	};

	(void)state;
	insist(rows, COUNT(rows));
}

static void
bytes_behind_the_reply_do_not_count(void **state)
{
	static const char reply[] = S "6There are " S "c123" S "6 of " S "c1000 online";
	int32_t seen = PLAYERS_NOT_KNOWN;

	(void)state;
	for (size_t bytes = 0; bytes <= sizeof(reply) - 1; bytes++) {
		int32_t count = players(reply, bytes);

		/* A number that is cut off is one still: more bytes have more digits, not fewer. */
		assert_true(count >= seen || count == PLAYERS_NOT_KNOWN);
		seen = count > seen ? count : seen;
	}
	assert_int_equal(seen, 123);
	assert_int_equal(players("1\0" "2", 3), 1);
	assert_int_equal(players("\0" "2", 2), 2);
}

/* Whatever it is, the answer is one that there is. */
static void
garbage_has_an_answer(void **state)
{
	static const char dice[] = "0123456789 :/_ax\xc2\xa7\xc3\xe5\xff\n";
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char reply[24];
		size_t bytes = 0;
		int32_t count;

		do {
			seed = seed * 1664525 + 1013904223;
			reply[bytes++] = dice[(seed >> 16) % (sizeof(dice) - 1)];
		} while (bytes < sizeof(reply) && seed >> 28 != 0);
		count = players(reply, bytes);
		assert_true(count >= PLAYERS_NOT_KNOWN && count <= PLAYERS_MOST);
	}
}

static void
names_are_told_when_there_are_as_many(void **state)
{
	static const struct { const char *reply, *names; } rows[] = {
		{ "There are 2 of a max of 20 players online: Steve, Alex", "Steve, Alex" },
		{ "There are 2/20 players online:Steve, Alex", "Steve, Alex" },
		{ "There are 1 of a max of 20 players online: Steve\n", "Steve" },
		{ "There are 0 of a max of 20 players online: ", "" },
		{ "There are " S "c2" S "6 out of maximum " S "c20" S "6 players online.\n" S "6default" S "r: "
		    S "aSteve" S "r, .Alex_2", "Steve, .Alex_2" },
		/* Two groups: the last has not all of them. */
		{ "There are 2 out of maximum 20 players online.\nadmins: Steve\ndefault: Alex", "" },
		{ "There are 3 of a max of 20 players online: Steve, Alex", "" },
		{ "There are 1 of a max of 20 players online: Steve, Alex", "" },
		{ "There are 2 of a max of 20 players online: Steve, ", "" },
		{ "There are 1 of a max of 20 players online: 0123456789012345678901234567890123456789", "" },
		{ "There are 1 of a max of 20 players online: \033[2J", "" },
		{ "2 players", "" },
		{ "", "" },
	};
	char names[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = players_names(rows[i].reply, strlen(rows[i].reply), names, sizeof(names));

		assert_string_equal(names, rows[i].names);
		assert_int_equal(n, strlen(names));
	}
	/* All of them, or none. */
	assert_int_equal(players_names(rows[0].reply, strlen(rows[0].reply), names, 11), 0);
	assert_int_equal(players_names(rows[0].reply, strlen(rows[0].reply), names, 12), 11);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_of_each_age_are_understood),
		cmocka_unit_test(colours_are_no_numbers),
		cmocka_unit_test(other_languages_are_understood),
		cmocka_unit_test(what_is_not_sure_is_not_known),
		cmocka_unit_test(names_are_no_numbers),
		cmocka_unit_test(bytes_behind_the_reply_do_not_count),
		cmocka_unit_test(garbage_has_an_answer),
		cmocka_unit_test(names_are_told_when_there_are_as_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
