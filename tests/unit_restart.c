/* SPDX-License-Identifier: MIT */
/*
 * What follows the end of a server: why it ended, whether it starts again, when, and when it is
 * given up.  The crash window is compared with a count that knows nothing of rings and clocks.
 */
#include "step_lab.h"

/* Starts again at once, so that a test has the times of its crashes in its own hand. */
static const char AT_ONCE[] = "[server]\nrestart_delay = 0\nstable_after = 24h\n";

static void
crash_when_ready(void)
{
	lab_event(STEP_READY, 0, 0);
	lab_end(0, EXIT_OF(1), 0);
}

/* --- reasons and policies --- */

enum { UNASKED_EARLY, UNASKED, ASKED };

static void
each_end_has_its_reason_and_its_outcome(void **state)
{
	static const struct {
		const char *ini;
		int when, status, is, reason;
	} rows[] = {
		{ "", UNASKED, EXIT_OF(0), IS_STOPPED, REASON_STOPPED },
		{ "", UNASKED, EXIT_OF(1), IS_BACKOFF, REASON_CRASHED },
		{ "", UNASKED, EXIT_OF(3), IS_BACKOFF, REASON_OOM_HEAP },
		{ "", UNASKED, EXIT_OF(143), IS_BACKOFF, REASON_CRASHED },
		{ "", UNASKED, SIGTERM, IS_BACKOFF, REASON_CRASHED },
		{ "", UNASKED, SIGKILL, IS_BACKOFF, REASON_CRASHED },
		{ "", UNASKED, SIGSEGV | 0x80, IS_BACKOFF, REASON_CRASHED },
		{ "", UNASKED_EARLY, EXIT_OF(0), IS_BACKOFF, REASON_CRASHED },
		{ "", UNASKED_EARLY, EXIT_OF(3), IS_BACKOFF, REASON_OOM_HEAP },
		{ "", ASKED, EXIT_OF(0), IS_STOPPED, REASON_STOPPED },
		{ "", ASKED, EXIT_OF(1), IS_STOPPED, REASON_CRASHED },
		{ "", ASKED, EXIT_OF(3), IS_STOPPED, REASON_OOM_HEAP },
		{ "", ASKED, EXIT_OF(129), IS_STOPPED, REASON_STOPPED },
		{ "", ASKED, EXIT_OF(130), IS_STOPPED, REASON_STOPPED },
		{ "", ASKED, EXIT_OF(143), IS_STOPPED, REASON_STOPPED },
		{ "", ASKED, SIGTERM, IS_STOPPED, REASON_STOPPED },
		{ "", ASKED, SIGKILL, IS_STOPPED, REASON_CRASHED },
		{ "", ASKED, SIGSEGV | 0x80, IS_STOPPED, REASON_CRASHED },
		{ "command = ./x\n", ASKED, EXIT_OF(1), IS_STOPPED, REASON_STOPPED },
		{ "command = ./x\n", ASKED, SIGKILL, IS_STOPPED, REASON_CRASHED },
		{ "command = ./x\n", UNASKED_EARLY, EXIT_OF(0), IS_STOPPED, REASON_STOPPED },
		{ "command = ./x\n", UNASKED, EXIT_OF(3), IS_BACKOFF, REASON_CRASHED },
		{ "command = ./x\ntype = paper\n", UNASKED_EARLY, EXIT_OF(0), IS_BACKOFF,
		    REASON_CRASHED },
		{ "command = ./x\ntype = paper\n", UNASKED, EXIT_OF(3), IS_BACKOFF,
		    REASON_OOM_HEAP },
		{ "restart = no\n", UNASKED, EXIT_OF(0), IS_STOPPED, REASON_STOPPED },
		{ "restart = no\n", UNASKED, EXIT_OF(1), IS_FAILED, REASON_CRASHED },
		{ "restart = no\n", UNASKED, EXIT_OF(3), IS_FAILED, REASON_OOM_HEAP },
		{ "restart = no\n", UNASKED, EXIT_OF(143), IS_FAILED, REASON_CRASHED },
		{ "restart = no\n", UNASKED_EARLY, EXIT_OF(0), IS_FAILED, REASON_CRASHED },
		{ "restart = no\n", ASKED, EXIT_OF(1), IS_STOPPED, REASON_CRASHED },
		{ "restart = always\n", UNASKED, EXIT_OF(0), IS_BACKOFF, REASON_STOPPED },
		{ "restart = always\n", UNASKED, EXIT_OF(1), IS_BACKOFF, REASON_CRASHED },
		{ "restart = always\n", UNASKED_EARLY, EXIT_OF(0), IS_BACKOFF, REASON_CRASHED },
		{ "restart = always\n", ASKED, EXIT_OF(0), IS_STOPPED, REASON_STOPPED },
		{ "restart = always\n", ASKED, EXIT_OF(143), IS_STOPPED, REASON_STOPPED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char ini[128];

		snprintf(ini, sizeof(ini), "[server]\n%s", rows[i].ini);
		lab_begin(ini);
		lab_pass(rows[i].when == UNASKED_EARLY ? 1 : STEP_ALIVE);
		if (rows[i].when == ASKED)
			lab_event(STEP_STOP, 0, 0);
		lab_end(0, rows[i].status, 0);
		if (lab_is(0) == rows[i].is && lab_state(0)->reason == rows[i].reason)
			continue;
		fail_msg("row %zu: %s, %s", i, words_state(lab_is(0)),
		    words_reason(lab_state(0)->reason));
	}
}

static void
each_failure_to_start_has_its_outcome(void **state)
{
	static const struct { int is, reason, later, code; } rows[] = {
		[FAILURE_RETRY] = { IS_BACKOFF, REASON_EXEC_FAILED, IS_BACKOFF, 0 },
		[FAILURE_FATAL] = { IS_FAILED, REASON_EXEC_FAILED, IS_FAILED, 127 },
		[FAILURE_CONFIG] = { IS_FAILED, REASON_CONFIG, IS_FAILED, 78 },
		[FAILURE_LOCKED] = { IS_BACKOFF, REASON_WORLD_LOCKED, IS_FAILED, 1 },
	};

	(void)state;
	assert_int_equal(COUNT(rows), FAILURE_COUNT);
	for (int fork = 0; fork < 2; fork++)
		for (int i = 0; i < FAILURE_COUNT; i++) {
			lab_begin_in(MODE_SERVICE, false, "");
			lab.server[0].no_fork = fork ? i + 1 : 0;
			lab.server[0].no_exec = i + 1;
			lab_event(STEP_CONF, -1, 0);
			assert_int_equal(lab_is(0), rows[i].is);
			assert_int_equal(lab_state(0)->reason, rows[i].reason);
			assert_int_equal(lab_said(0, SAY_GAVE_UP_AT_ONCE), rows[i].is == IS_FAILED);
			lab_pass(MINUTES(60));
			assert_int_equal(lab_is(0), rows[i].later);
			lab_signal(SIGTERM);
			assert_int_equal(lab_finished(), rows[i].code);
		}
}

static void
a_failure_belongs_to_its_own_start(void **state)
{
	(void)state;
	lab_begin_in(MODE_SERVICE, false, "");
	lab.server[0].no_exec = FAILURE_LOCKED + 1;
	lab_event(STEP_CONF, -1, 0);
	lab.server[0].no_exec = 0;
	lab_pass(MINUTES(1));
	assert_int_equal(lab_is(0), IS_RUNNING);
	lab_end(0, EXIT_OF(1), 0);
	assert_int_equal(lab_state(0)->reason, REASON_CRASHED);
}

/* --- delays --- */

static void
the_delay_doubles_up_to_its_maximum(void **state)
{
	static const int64_t expected[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };

	(void)state;
	lab_up("[server]\ncrash_limit = 32\ncrash_window = 24h\n");
	for (size_t i = 0; i < COUNT(expected); i++) {
		int64_t ended = lab.now;

		lab_clear();
		crash_when_ready();
		assert_int_equal(lab_first(ACT_SAY, 0, SAY_RESTART_IN)->act.b,
		    SECONDS(expected[i]));
		lab_pass(SECONDS(expected[i]));
		assert_int_equal(lab_first(ACT_SPAWN, 0, ANY)->at - ended, SECONDS(expected[i]));
	}
}

static void
delays_keep_their_bounds(void **state)
{
	static const struct { int64_t delay, max; int try; int64_t expected; } rows[] = {
		{ 0, 0, 1, 0 }, { 0, 60000, 1, 0 }, { 0, 60000, 32, 0 }, { 500, 60000, 1, 500 },
		{ 500, 60000, 2, 1000 }, { 1000, 1000, 5, 1000 }, { 700, 1000, 2, 1000 },
		{ 1, 86400000, 27, 67108864 }, { 1, 86400000, 28, 86400000 },
		{ 3600000, 86400000, 31, 86400000 }, { 1, 86400000, INT32_MAX, 86400000 },
	};
	struct conf_server c;

	(void)state;
	memset(&c, 0, sizeof(c));
	for (size_t i = 0; i < COUNT(rows); i++) {
		c.restart_delay = rows[i].delay;
		c.restart_delay_max = rows[i].max;
		assert_int_equal(step_delay(&c, rows[i].try), rows[i].expected);
	}
}

static void
no_delay_means_now(void **state)
{
	(void)state;
	lab_up(AT_ONCE);
	lab_end(0, EXIT_OF(1), 0);
	assert_int_equal(lab_first(ACT_SPAWN, 0, ANY)->at, lab.now);
	assert_int_equal(lab_said(0, SAY_RESTART_NOW), 1);
	assert_int_equal(lab_said(0, SAY_RESTART_IN), 0);
	assert_int_equal(lab_is(0), IS_STARTING);
}

/* A server may end thousands of times a day for years and be started again each time. */
static void
counters_have_no_end(void **state)
{
	(void)state;
	lab_up("[server]\nrestart_delay = 0\nrestart = always\n");
	lab_state(0)->tries = lab_state(0)->restarts = INT32_MAX - 2;
	for (int i = 0; i < 8; i++) {
		lab_event(STEP_READY, 0, 0);
		lab_end(0, EXIT_OF(0), 0);
		assert_int_equal(lab_is(0), IS_STARTING);
	}
	assert_true(lab_state(0)->tries > 0 && lab_state(0)->restarts > 0);
}

/* --- giving up --- */

/* Crashes at the given times, or until it is given up; says at the how many-th that was. */
static int
crashes_until_failed(const int64_t *gap, int count, int64_t phase)
{
	lab_reset(MODE_SERVICE, false);
	lab.now += phase;
	lab_event(STEP_CONF, -1, 0);
	for (int i = 0; i < count; i++) {
		lab_pass(gap[i]);
		crash_when_ready();
		if (lab_is(0) == IS_FAILED)
			return i + 1;
	}
	return 0;
}

/* The same, counted by hand: so many within the window that ends now. */
static int
crashes_until_limit(const int64_t *gap, int count, int limit, int64_t window)
{
	for (int last = 0; last < count; last++) {
		int64_t ago = 0;
		int n = 0;

		for (int i = last; i >= 0 && ago < window; i--) {
			n++;
			ago += gap[i];
		}
		if (n >= limit)
			return last + 1;
	}
	return 0;
}

static uint32_t
random_below(uint64_t *seed, uint32_t limit)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33) % limit;
}

enum { WINDOW = 60000, CRASHES = 70 };

static void
use_window(int limit)
{
	char ini[256];

	snprintf(ini, sizeof(ini), "%scrash_limit = %d\ncrash_window = 60s\n", AT_ONCE, limit);
	lab_begin_in(MODE_SERVICE, false, ini);
}

static void
evenly_spaced_crashes_are_counted_right(void **state)
{
	static const int limits[] = { 1, 2, 3, 5, 31, 32 };
	int64_t gap[CRASHES];

	(void)state;
	for (size_t i = 0; i < COUNT(limits); i++) {
		int64_t just = limits[i] > 1 ? WINDOW / (limits[i] - 1) : WINDOW;

		use_window(limits[i]);
		for (int64_t phase = 0; phase < WINDOW; phase += 7919)
			for (int64_t each = just - 2; each <= just + 2; each++) {
				int expected;

				for (int n = 0; n < CRASHES; n++)
					gap[n] = each;
				expected = crashes_until_limit(gap, CRASHES, limits[i], WINDOW);
				assert_int_equal(crashes_until_failed(gap, CRASHES, phase),
				    expected);
				/* The reference: all of them or, the oldest outside, never. */
				assert_int_equal(expected,
				    (limits[i] - 1) * each < WINDOW ? limits[i] : 0);
			}
	}
}

static void
randomly_spaced_crashes_are_counted_right(void **state)
{
	int64_t gap[CRASHES];
	uint64_t seed = 20260711;
	int gave_up = 0;

	(void)state;
	for (int limit = 1; limit <= STEP_CRASHES; limit++) {
		use_window(limit);
		for (int round = 0; round < 20; round++) {
			uint32_t most = (uint32_t)(1 + 4 * WINDOW / limit);
			int expected;

			for (int n = 0; n < CRASHES; n++)
				gap[n] = random_below(&seed, most);
			expected = crashes_until_limit(gap, CRASHES, limit, WINDOW);
			assert_int_equal(crashes_until_failed(gap, CRASHES,
			    random_below(&seed, WINDOW)), expected);
			gave_up += expected > 0;
		}
	}
	/* Neither outcome is the only one that was tried. */
	assert_in_range(gave_up, 100, STEP_CRASHES * 20 - 100);
}

static void
giving_up_says_how_many_in_which_time(void **state)
{
	(void)state;
	lab_up("[server]\nrestart_delay = 10s\nrestart_delay_max = 10s\ncrash_limit = 3\n");
	for (int i = 0; i < 3; i++) {
		crash_when_ready();
		lab_pass(SECONDS(10));
	}
	assert_int_equal(lab_is(0), IS_FAILED);
	assert_int_equal(lab_first(ACT_SAY, 0, SAY_GAVE_UP)->act.b, 3);
	assert_int_equal(lab_first(ACT_SAY, 0, SAY_GAVE_UP)->act.c, SECONDS(20));
	assert_int_equal(step_deadline(&lab.m), STEP_NEVER);
}

static void
slow_starts_that_never_get_ready_are_counted_too(void **state)
{
	(void)state;
	lab_begin_in(MODE_SERVICE, false, "");
	lab.server[0].hold_exec = true;
	lab_event(STEP_CONF, -1, 0);
	for (int i = 1; i <= 5; i++) {
		lab_pass(MINUTES(12));
		assert_int_equal(lab_is(0), IS_STARTING);
		lab_end(0, EXIT_OF(1), 0);
		assert_int_equal(lab_is(0), i < 5 ? IS_BACKOFF : IS_FAILED);
		lab_pass(MINUTES(2));
	}
	assert_int_equal(lab_said(0, SAY_GAVE_UP), 0);
	assert_int_equal(lab_first(ACT_SAY, 0, SAY_GAVE_UP_UNREADY)->act.b, 5);
}

static void
one_start_that_gets_ready_ends_the_row(void **state)
{
	(void)state;
	lab_begin_in(MODE_SERVICE, false, "");
	lab.server[0].hold_exec = true;
	lab_event(STEP_CONF, -1, 0);
	for (int i = 1; i <= 20; i++) {
		lab_pass(MINUTES(12));
		if (i % 5 == 0)
			lab_event(STEP_EXEC_DONE, 0, 0);
		if (i % 5 == 0)
			lab_event(STEP_READY, 0, 0);
		lab_end(0, EXIT_OF(1), 0);
		assert_int_equal(lab_is(0), IS_BACKOFF);
		lab_pass(MINUTES(2));
	}
}

/* Even one that ended well. */
static void
one_good_run_ends_the_row(void **state)
{
	(void)state;
	lab_begin_in(MODE_SERVICE, false, "[server]\nrestart = always\n");
	lab.server[0].hold_exec = true;
	lab_event(STEP_CONF, -1, 0);
	for (int i = 1; i <= 20; i++) {
		lab_pass(MINUTES(12));
		if (i % 4 == 0)
			lab_event(STEP_EXEC_DONE, 0, 0);
		if (i % 4 == 0)
			lab_event(STEP_READY, 0, 0);
		lab_end(0, EXIT_OF(i % 4 != 0), 0);
		assert_int_equal(lab_is(0), IS_BACKOFF);
		lab_pass(MINUTES(2));
	}
}

static void
a_limit_of_one_forgives_nothing(void **state)
{
	(void)state;
	lab_up("[server]\ncrash_limit = 1\n");
	lab_pass(MINUTES(24 * 60));
	lab_end(0, EXIT_OF(1), 0);
	assert_int_equal(lab_is(0), IS_FAILED);
}

static void
readiness_alone_forgives_nothing(void **state)
{
	(void)state;
	lab_up("");
	for (int i = 1; i <= 5; i++) {
		lab_pass(SECONDS(5));
		assert_int_equal(lab_is(0), IS_RUNNING);
		lab_end(0, EXIT_OF(1), 0);
		assert_int_equal(lab_is(0), i < 5 ? IS_BACKOFF : IS_FAILED);
		lab_pass(SECONDS(1 << i) / 2 + STEP_ALIVE);
	}
}

static void
a_good_run_forgives_all(void **state)
{
	(void)state;
	lab_up("[server]\ncrash_window = 24h\n");
	for (int i = 0; i < 4; i++) {
		crash_when_ready();
		lab_pass(SECONDS(1 << i) + STEP_ALIVE);
	}
	assert_int_equal(lab_state(0)->tries, 4);
	lab_pass(MINUTES(10) - 1);
	assert_int_equal(lab_state(0)->tries, 4);
	assert_int_equal(lab_state(0)->crashes, 4);
	lab_pass(1);
	assert_int_equal(lab_said(0, SAY_STABLE), 1);
	assert_int_equal(lab_state(0)->crashes, 0);
	lab_clear();
	crash_when_ready();
	assert_int_equal(lab_is(0), IS_BACKOFF);
	assert_int_equal(lab_first(ACT_SAY, 0, SAY_RESTART_IN)->act.b, SECONDS(1));
}

static void
restart_limit_counts_all_restarts(void **state)
{
	(void)state;
	lab_up("[server]\nrestart_limit = 3\nstable_after = 1s\n");
	for (int i = 0; i < 3; i++) {
		lab_end(0, EXIT_OF(1), 0);
		assert_int_equal(lab_is(0), IS_BACKOFF);
		lab_pass(MINUTES(60));
		assert_int_equal(lab_is(0), IS_RUNNING);
	}
	lab_end(0, EXIT_OF(1), 0);
	assert_int_equal(lab_is(0), IS_FAILED);
	assert_int_equal(lab_first(ACT_SAY, 0, SAY_GAVE_UP_RESTARTS)->act.b, 3);
	lab_event(STEP_START, 0, 0);
	lab_pass(STEP_ALIVE);
	lab_end(0, EXIT_OF(1), 0);
	assert_int_equal(lab_is(0), IS_BACKOFF);
}

static void
a_start_by_hand_forgives_all(void **state)
{
	(void)state;
	lab_up("");
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 5; i++) {
			lab_end(0, EXIT_OF(1), 0);
			lab_pass(SECONDS(20));
		}
		assert_int_equal(lab_is(0), IS_FAILED);
		lab_event(STEP_START, 0, 0);
		assert_int_equal(lab_is(0), IS_STARTING);
		lab_pass(STEP_ALIVE);
		assert_int_equal(lab_state(0)->crashes, 0);
	}
}

static void
a_year_of_restarts(void **state)
{
	const int64_t begin = LAB_BEGIN, year = MINUTES(365 * 24 * 60);
	int restarts = 0;

	(void)state;
	lab_up("[server]\nrestart = always\n");
	while (lab.now - begin < year) {
		lab_pass(MINUTES(15));
		lab_end(0, EXIT_OF(restarts++ % 2), 0);
		assert_int_equal(lab_is(0), IS_BACKOFF);
		lab_pass(SECONDS(2));
		lab_clear();
	}
	assert_in_range(restarts, 34000, 36000);
	assert_int_equal(lab.m.whole.odd, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_end_has_its_reason_and_its_outcome),
		cmocka_unit_test(each_failure_to_start_has_its_outcome),
		cmocka_unit_test(a_failure_belongs_to_its_own_start),
		cmocka_unit_test(the_delay_doubles_up_to_its_maximum),
		cmocka_unit_test(delays_keep_their_bounds),
		cmocka_unit_test(no_delay_means_now),
		cmocka_unit_test(counters_have_no_end),
		cmocka_unit_test(evenly_spaced_crashes_are_counted_right),
		cmocka_unit_test(randomly_spaced_crashes_are_counted_right),
		cmocka_unit_test(giving_up_says_how_many_in_which_time),
		cmocka_unit_test(slow_starts_that_never_get_ready_are_counted_too),
		cmocka_unit_test(one_start_that_gets_ready_ends_the_row),
		cmocka_unit_test(one_good_run_ends_the_row),
		cmocka_unit_test(a_limit_of_one_forgives_nothing),
		cmocka_unit_test(readiness_alone_forgives_nothing),
		cmocka_unit_test(a_good_run_forgives_all),
		cmocka_unit_test(restart_limit_counts_all_restarts),
		cmocka_unit_test(a_start_by_hand_forgives_all),
		cmocka_unit_test(a_year_of_restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
