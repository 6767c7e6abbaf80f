/* SPDX-License-Identifier: MIT */
/*
 * What lines of a console say, as marker.h promises it: those of marker_lines.h, and those made of
 * them by prompts, colours, players and chance.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marker.h"
#include "marker_lines.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

enum { LONGEST = 4096, RANDOM_LINES = 1000000 };

struct said {
	enum marker_kind kind;
	int32_t value;
};

/* From a buffer of exactly its size, so that ASan sees a step beyond. */
static struct said
hear(const char *line, size_t bytes)
{
	char *copy = malloc(bytes > 0 ? bytes : 1);
	struct said said = { .value = -1 };

	assert_non_null(copy);
	memcpy(copy, line, bytes);
	said.kind = marker_of(bytes > 0 ? copy : copy + 1, bytes, &said.value);
	free(copy);
	assert_true(said.kind < MARKER_COUNT);
	assert_true(said.kind != MARKER_NONE || said.value == 0);
	assert_true(said.kind != MARKER_PROGRESS || (said.value >= 0 && said.value <= 100));
	assert_true(said.kind != MARKER_RCON_UP || (said.value > 0 && said.value <= 65535));
	assert_true(said.kind != MARKER_OLD_JAVA || (said.value > 44 && said.value < 1000));
	return said;
}

static void
check(const char *line, size_t bytes, enum marker_kind kind, int32_t value)
{
	struct said said = hear(line, bytes);

	if (said.kind != kind || said.value != value)
		fail_msg("%s %d instead of %s %d: '%.*s'", marker_word((int)said.kind), said.value,
		    marker_word((int)kind), value, (int)bytes, line);
}

/* All of them are tried, and each that fails is shown. */
static void
check_lines(const struct marker_line *lines, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		struct said said = hear(lines[i].text, lines[i].bytes);

		if (said.kind == lines[i].kind && said.value == lines[i].value)
			continue;
		print_error("%s %d instead of %s %d: '%.*s'\n", marker_word((int)said.kind),
		    said.value, marker_word((int)lines[i].kind), lines[i].value,
		    (int)lines[i].bytes, lines[i].text);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* A line with something in front and something behind. */
static void
check_between(const char *before, const struct marker_line *line, const char *after)
{
	char text[LONGEST];
	size_t n = strlen(before), more = strlen(after);

	assert_true(n + line->bytes + more <= sizeof(text));
	memcpy(text, before, n);
	memcpy(text + n, line->text, line->bytes);
	memcpy(text + n + line->bytes, after, more);
	check(text, n + line->bytes + more, line->kind, line->value);
}

/* ---- the tables ---- */

static void
servers_are_heard(void **state)
{
	(void)state;
	assert_true(COUNT(marker_says) >= 140);
	check_lines(marker_says, COUNT(marker_says));
}

static void
players_are_not(void **state)
{
	(void)state;
	assert_true(COUNT(marker_mute) >= 40);
	check_lines(marker_mute, COUNT(marker_mute));
}

static void
each_kind_is_there(void **state)
{
	bool there[MARKER_COUNT] = { [MARKER_NONE] = true };

	(void)state;
	for (size_t i = 0; i < COUNT(marker_says); i++)
		there[marker_says[i].kind] = true;
	for (size_t i = 0; i < MARKER_COUNT; i++)
		if (!there[i])
			fail_msg("no line says %s", marker_word((int)i));
}

static void
kinds_have_words_and_come_once_or_more_often(void **state)
{
#define X(name, often, word) assert_string_equal(marker_word(MARKER_##name), word);
	(void)state;
	MARKERS(X)
#undef X
	assert_string_equal(marker_word(-1), "?");
	assert_string_equal(marker_word(MARKER_COUNT), "?");
	assert_true(marker_is_once(MARKER_READY) && marker_is_once(MARKER_WATCHDOG));
	assert_false(marker_is_once(MARKER_NONE) || marker_is_once(MARKER_PROGRESS) ||
	    marker_is_once(MARKER_JOINED) || marker_is_once(MARKER_LEFT));
	assert_false(marker_is_once(-1) || marker_is_once(MARKER_COUNT));
}

/* ---- terminals ---- */

static void
prompts_and_colours_change_nothing(void **state)
{
	static const struct { const char *before, *after; } rows[] = {
		{ "", "\r" }, { "\r> ", "" }, { "\r", "\r\r" }, { ">\r", "" }, { "> \b\b\r", "" },
		{ "", " " }, { "\033[31m", "\033[0m" }, { "\033[0;33;1m", "\033[m\r" },
		{ "\033[38;2;1;22;255m", "" }, { "\r\033[K", "" },
		{ "\033[m\r> \033[2K\r", "\033[?25h" }, { "> \033[1G\033[J", "\033[m " },
		{ "\033=\033[?2004h", "\033>" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t j = 0; j < COUNT(marker_says); j++)
			check_between(rows[i].before, &marker_says[j], rows[i].after);
		for (size_t j = 0; j < COUNT(marker_mute); j++)
			check_between(rows[i].before, &marker_mute[j], rows[i].after);
	}
}

static void
colours_may_stand_anywhere(void **state)
{
	char text[LONGEST];

	(void)state;
	for (size_t i = 0; i < COUNT(marker_says); i++) {
		const struct marker_line *line = &marker_says[i];

		if (memchr(line->text, 0x1b, line->bytes) != NULL)
			continue;
		for (size_t at = 0; at <= line->bytes; at++) {
			memcpy(text, line->text, at);
			memcpy(text + at, "\033[1;31m", 7);
			memcpy(text + at + 7, line->text + at, line->bytes - at);
			check(text, line->bytes + 7, line->kind, line->value);
		}
	}
}

/* ---- what players can say ---- */

/* What any line says, behind a prefix and what stands before the words of a player. */
static void
check_spoken(const char *prefix, const char *speaker)
{
	char text[LONGEST];
	size_t n = (size_t)snprintf(text, sizeof(text), "%s%s", prefix, speaker);

	for (size_t i = 0; i < COUNT(marker_says); i++) {
		const char *line = marker_says[i].text;

		/* The whole of it, and from each blank on: its content is among them. */
		for (size_t at = 0; at < marker_says[i].bytes; at++) {
			size_t rest = marker_says[i].bytes - at;

			if (at > 0 && strchr(" \rm", line[at - 1]) == NULL)
				continue;
			memcpy(text + n, line + at, rest);
			check(text, n + rest, MARKER_NONE, 0);
		}
	}
}

static void
what_players_say_is_never_heard(void **state)
{
	static const char *const prefixes[] = {
		VANILLA, OLD, CRAFTBUKKIT, PAPER, FML, FORGE, FORGE_FILE, NEOFORGE, FABRIC, BEDROCK,
		"[12:34:56] [Async Chat Thread - #3/INFO]: ", "\r\033[K[12:34:56 INFO]: ",
		"> \r[12:34:56 INFO]: \033[m",
	};
	static const char *const speakers[] = {
		"<Steve> ", "[Not Secure] <Steve> ", "<\xc2\xa7""4Steve> ", "[Admin] Steve: ",
		"Steve: ", "[Steve] ", "[Server] ", "* Steve ", "<Steve> \r", "<Steve> \r> ",
		"<Steve> \033[m", "<Steve> \033[2K\r", "<Steve> \b\b", "Steve \xc2\xbb ",
		"Steve issued server command: /say ", "Steve whispers to you: ",
		"[Steve -> Alex] ", "-> [Team] <Steve> ", "[Steve: ", "Exception: ", "Error: ",
		"INFO: ", "Minecraft: ", "Done: ", "Steve was slain by ",
		"Steve was killed by Alex using [", "\xe2\x9c\xaa Steve: ",
		"Steve: \xc2\xa7""a", "~Nick Name: ",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++)
		for (size_t j = 0; j < COUNT(speakers); j++)
			check_spoken(prefixes[i], speakers[j]);
}

static void
long_lines_are_heard_at_their_beginning_only(void **state)
{
	static const char *const prefixes[] = {
		PAPER "<Steve> ", PAPER "Steve: ", VANILLA "* Steve ",
	};
	char text[LONGEST];

	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++)
		for (size_t j = 0; j < COUNT(marker_says); j++)
			for (size_t at = 400; at < 600; at++) {
				memset(text, ' ', sizeof(text));
				memcpy(text, prefixes[i], strlen(prefixes[i]));
				memcpy(text + at, marker_says[j].text, marker_says[j].bytes);
				check(text, at + marker_says[j].bytes, MARKER_NONE, 0);
			}
	memset(text, 'x', sizeof(text));
	memcpy(text, PAPER_ERROR "Encountered an unexpected exception", 54);
	check(text, sizeof(text), MARKER_CRASH_REPORT, 0);
}

/* ---- bytes ---- */

static void
no_beginning_of_a_line_is_read_past(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(marker_says); i++)
		for (size_t n = 0; n < marker_says[i].bytes; n++)
			(void)hear(marker_says[i].text, n);
	for (size_t i = 0; i < COUNT(marker_mute); i++)
		for (size_t n = 0; n < marker_mute[i].bytes; n++)
			(void)hear(marker_mute[i].text, n);
}

static uint32_t seed;

static uint32_t
chance(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

static size_t
any_bytes(char *text)
{
	size_t n = chance(160);

	for (size_t i = 0; i < n; i++)
		text[i] = (char)chance(256);
	return n;
}

static size_t
likely_bytes(char *text)
{
	static const char likely[] = "[]:<>/ .,()!%#*'\"\r\b\033\0[m019INFO \xc2\xa7\xe2xyzSDPLE";
	size_t n = chance(160);

	for (size_t i = 0; i < n; i++)
		text[i] = likely[chance(sizeof(likely))];
	return n;
}

/* A line with some of its bytes lost, doubled or others. */
static size_t
changed_line(char *text)
{
	const struct marker_line *line = chance(2) ? &marker_says[chance(COUNT(marker_says))] :
	    &marker_mute[chance(COUNT(marker_mute))];
	size_t n = line->bytes;

	memcpy(text, line->text, n);
	for (uint32_t changes = 1 + chance(4); changes > 0 && n > 0; changes--) {
		size_t at = chance((uint32_t)n);

		switch (chance(3)) {
		case 0:
			memmove(text + at, text + at + 1, --n - at);
			break;
		case 1:
			memmove(text + at + 1, text + at, n++ - at);
			break;
		case 2:
			text[at] = (char)chance(256);
			break;
		}
	}
	return n;
}

static size_t
spoken_line(char *text)
{
	static const char *const before[] = {
		VANILLA "<Steve> ", PAPER "Steve: ", OLD "<Steve> ", FORGE "[Not Secure] <Steve> ",
		CRAFTBUKKIT "[Admin] Steve: ", "\r\033[K" PAPER "* Steve ",
	};
	const char *said = before[chance(COUNT(before))];
	size_t n = strlen(said);

	memcpy(text, said, n);
	return n + (chance(2) ? changed_line(text + n) : likely_bytes(text + n));
}

static void
chance_does_no_harm(void **state)
{
	char text[LONGEST];

	(void)state;
	seed = 20261125;
	for (int i = 0; i < RANDOM_LINES / 4; i++) {
		size_t n;

		(void)hear(text, any_bytes(text));
		(void)hear(text, likely_bytes(text));
		(void)hear(text, changed_line(text));
		n = spoken_line(text);
		check(text, n, MARKER_NONE, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_are_heard),
		cmocka_unit_test(players_are_not),
		cmocka_unit_test(each_kind_is_there),
		cmocka_unit_test(kinds_have_words_and_come_once_or_more_often),
		cmocka_unit_test(prompts_and_colours_change_nothing),
		cmocka_unit_test(colours_may_stand_anywhere),
		cmocka_unit_test(what_players_say_is_never_heard),
		cmocka_unit_test(long_lines_are_heard_at_their_beginning_only),
		cmocka_unit_test(no_beginning_of_a_line_is_read_past),
		cmocka_unit_test(chance_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
