/* SPDX-License-Identifier: MIT */
/*
 * Names and sentences of the decision as words.h promises them: durations, statuses, signals, and
 * each message with values in it.
 */
#include "step_lab.h"

static const char *
duration(int64_t ms)
{
	static char text[WORDS_SHORT];

	words_duration(text, ms);
	return text;
}

static void
durations_are_short_and_never_too_long(void **state)
{
	static const struct { int64_t ms; const char *text; } rows[] = {
		{ -1, "0 ms" }, { 0, "0 ms" }, { 1, "1 ms" }, { 999, "999 ms" }, { 1000, "1 s" },
		{ 1099, "1 s" }, { 1100, "1.1 s" }, { 2500, "2.5 s" }, { 59999, "59.9 s" },
		{ 60000, "60 s" }, { 60500, "60 s" }, { 119999, "119 s" }, { 120000, "2 min" },
		{ 3599999, "59 min" }, { 3600000, "1 h 0 min" }, { 12000000, "3 h 20 min" },
		{ 172799999, "47 h 59 min" }, { 172800000, "2 days" },
		{ MINUTES(60 * 24 * 365), "365 days" },
		{ INT64_MAX, "106751991167 days" }, { INT64_MIN, "0 ms" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(duration(rows[i].ms), rows[i].text);
}

/* Between two rows of the table nothing jumps back: the text tells no more than has passed. */
static void
durations_never_say_too_much(void **state)
{
	(void)state;
	for (int64_t ms = 0; ms < MINUTES(60 * 72); ms = ms * 21 / 20 + 1) {
		long long a, b = 0;
		char unit[8], rest[8] = "";
		int64_t said;

		if (sscanf(duration(ms), "%lld.%lld s", &a, &b) == 2)
			said = SECONDS(a) + b * 100;
		else if (sscanf(duration(ms), "%lld h %lld %7s", &a, &b, rest) == 3)
			said = MINUTES(a * 60 + b);
		else if (sscanf(duration(ms), "%lld %7s", &a, unit) == 2)
			said = !strcmp(unit, "ms") ? a : !strcmp(unit, "s") ? SECONDS(a) :
			    !strcmp(unit, "min") ? MINUTES(a) : MINUTES(a * 60 * 24);
		else
			said = -1;
		assert_in_range(said, ms * 2 / 3, ms);
	}
}

static void
statuses_are_codes_or_signals(void **state)
{
	static const struct { int status; const char *text; } rows[] = {
		{ EXIT_OF(0), "exit 0" }, { EXIT_OF(1), "exit 1" }, { EXIT_OF(143), "exit 143" },
		{ EXIT_OF(255), "exit 255" }, { SIGKILL, "SIGKILL" }, { SIGSEGV, "SIGSEGV" },
		{ SIGSEGV | 0x80, "SIGSEGV" }, { SIGTERM, "SIGTERM" }, { 64, "SIGRTMIN+30" },
	};
	char text[WORDS_SHORT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		words_status(text, rows[i].status);
		assert_string_equal(text, rows[i].text);
	}
}

/* The kernel's numbers, which all machines that mcinit is built for share. */
static void
all_signals_have_names(void **state)
{
	static const char *const names[] = { NULL,
		"SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE",
		"SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM",
		"SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU",
		"SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",
		"SIGPWR", "SIGSYS", "signal 32", "signal 33",
	};
	char text[WORDS_SHORT], expected[WORDS_SHORT];

	(void)state;
	for (int signal = 1; signal <= 64; signal++) {
		words_signal(text, signal);
		if (signal < 34)
			assert_string_equal(text, names[signal]);
		snprintf(expected, sizeof(expected), "SIGRTMIN+%d", signal - 34);
		if (signal >= 34)
			assert_string_equal(text, expected);
	}
	words_signal(text, 0);
	assert_string_equal(text, "signal 0");
	words_signal(text, 65);
	assert_string_equal(text, "signal 65");
	words_signal(text, -1);
	assert_string_equal(text, "signal -1");
}

static void
lists_have_a_word_for_each_and_a_mark_for_none(void **state)
{
	static const struct { const char *(*word)(int); int count; } lists[] = {
		{ words_state, IS_COUNT }, { words_wish, WISH_COUNT },
		{ words_reason, REASON_COUNT }, { words_event, STEP_EVENT_COUNT },
		{ words_action, ACT_COUNT },
		{ words_ending, ENDING_COUNT }, { words_message_id, SAY_COUNT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		assert_string_equal(lists[i].word(-1), "?");
		assert_string_equal(lists[i].word(lists[i].count), "?");
		for (int n = 0; n < lists[i].count; n++) {
			assert_true(lists[i].word(n)[0] != '\0' && lists[i].word(n)[0] != '?');
			for (int m = 0; m < n; m++)
				assert_string_not_equal(lists[i].word(n), lists[i].word(m));
		}
	}
	assert_string_equal(words_state(IS_BACKOFF), "backoff");
	assert_string_equal(words_wish(WISH_END), "end");
	assert_string_equal(words_reason(REASON_WORLD_LOCKED), "world-locked");
	assert_string_equal(words_event(STEP_SPAWN_FAILED), "SPAWN_FAILED");
	assert_string_equal(words_action(ACT_SIGNAL_GROUP), "SIGNAL_GROUP");
	assert_string_equal(words_ending(ENDING_POWEROFF), "power off");
	assert_string_equal(words_message_id(SAY_GAVE_UP), "GAVE_UP");
}

static void
each_message_reads_without_gaps(void **state)
{
	static const int64_t values[] = { 0, 1, 5, 9, 15, 256, 60000 };
	char text[512];

	(void)state;
	for (int message = 0; message < SAY_COUNT; message++) {
		assert_in_range(words_level(message), LEVEL_ERROR, LEVEL_DEBUG);
		for (size_t i = 0; i < COUNT(values); i++) {
			/* Only reasons are lists that end. */
			int64_t b = message == SAY_CRASHED || message == SAY_NOT_STARTED ||
			    message == SAY_ENDED_BADLY ? REASON_HUNG :
			    message == SAY_RCON_AWAY ? RCON_END_LOST : values[i];

			words_message(text, sizeof(text), message, b, values[i]);
			assert_true(strlen(text) > 8 && strlen(text) < 200);
			if (strpbrk(text, "?{}\n") != NULL)
				fail_msg("%s: %s", words_message_id(message), text);
		}
	}
}

static void
values_stand_where_they_belong(void **state)
{
	static const struct { int message; int64_t b, c; const char *text; } rows[] = {
		{ SAY_READY, 2500, 0, "running after 2.5 s" },
		{ SAY_CRASHED, REASON_OOM_HEAP, EXIT_OF(3), "ended: oom-heap (exit 3)" },
		{ SAY_SIGNAL, SIGTERM, 0, "SIGTERM: stopping all servers" },
		{ SAY_GAVE_UP, 5, MINUTES(4), "gave up after 5 crashes in 4 min. Mend the "
		    "cause, then reload (SIGHUP) or start mcinit again" },
		{ SAY_ALL_ENDED, 137, 0, "all servers have ended; leaving with exit code 137" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		words_message(text, sizeof(text), rows[i].message, rows[i].b, rows[i].c);
		assert_string_equal(text, rows[i].text);
	}
	assert_int_equal(words_level(SAY_CRASHED), LEVEL_ERROR);
	assert_int_equal(words_level(SAY_LATE), LEVEL_WARN);
	assert_int_equal(words_level(SAY_READY), LEVEL_INFO);
	assert_int_equal(words_level(SAY_STABLE), LEVEL_DEBUG);
	assert_int_equal(words_level(SAY_COUNT), LEVEL_ERROR);
	words_message(text, sizeof(text), SAY_COUNT, 0, 0);
	assert_string_equal(text, "?");
}

static void
messages_stay_in_their_room(void **state)
{
	char whole[512], text[512];

	(void)state;
	words_message(whole, sizeof(whole), SAY_GAVE_UP, 5, MINUTES(4));
	for (size_t room = 1; room < sizeof(whole); room++) {
		memset(text, '#', sizeof(text));
		words_message(text, room, SAY_GAVE_UP, 5, MINUTES(4));
		assert_true(strlen(text) < room);
		assert_memory_equal(text, whole, strlen(text));
		assert_true(strlen(text) == (strlen(whole) < room ? strlen(whole) : room - 1));
		for (size_t i = room; i < sizeof(text); i++)
			assert_int_equal(text[i], '#');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_short_and_never_too_long),
		cmocka_unit_test(durations_never_say_too_much),
		cmocka_unit_test(statuses_are_codes_or_signals),
		cmocka_unit_test(all_signals_have_names),
		cmocka_unit_test(lists_have_a_word_for_each_and_a_mark_for_none),
		cmocka_unit_test(each_message_reads_without_gaps),
		cmocka_unit_test(values_stand_where_they_belong),
		cmocka_unit_test(messages_stay_in_their_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
