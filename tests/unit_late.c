/* SPDX-License-Identifier: MIT */
/*
 * Time that passes while nobody runs, neither we nor the servers: docker pause, a suspended
 * machine.  It must not cost a server any of the time it was given, whenever it comes.
 */
#include "step_lab.h"

/* From here on a pause is always noticed: later than STEP_LATE after a pulse that was due. */
enum { NOTICED = STEP_LATE + STEP_PULSE + 1 };

static const int64_t pauses[] = { NOTICED, 5000, 119999, 120000, 120001, MINUTES(60),
	MINUTES(60 * 24 * 365) };

static int
kills(int slot)
{
	return lab_count(ACT_SWEEP, slot, SIGKILL);
}

/* Runs until slot is killed; how long that took. */
static int64_t
time_until_kill(int slot)
{
	int64_t begin = lab.now;

	while (kills(slot) == 0 && lab.now - begin < MINUTES(10))
		lab_pass(step_deadline(&lab.m) - lab.now);
	return lab.now - begin;
}

static void
a_pause_anywhere_in_a_stop_costs_nothing(void **state)
{
	(void)state;
	lab_begin("");
	for (int64_t at = 0; at < 120000; at += at % 1000 < 998 ? 499 : 1)
		for (size_t i = 0; i < COUNT(pauses); i++) {
			int64_t left = 120000 - at, took;

			lab_reset(MODE_SERVICE, false);
			lab_event(STEP_CONF, -1, 0);
			lab_pass(STEP_ALIVE);
			lab_event(STEP_STOP, 0, 0);
			lab_pass(at);
			lab_pause(pauses[i]);
			assert_int_equal(kills(0), 0);
			assert_int_equal(lab_said(-1, SAY_LATE), 1);
			took = time_until_kill(0);
			assert_in_range(took, left, left + STEP_PULSE);
			assert_int_equal(lab_said(0, SAY_DUMP), 1);
			assert_int_equal(lab_is(0), IS_STOPPED);
		}
}

static void
the_dump_keeps_its_distance(void **state)
{
	(void)state;
	lab_up("");
	lab_event(STEP_STOP, 0, 0);
	lab_pass(SECONDS(117) + 500);
	lab_pause(MINUTES(60));
	assert_int_equal(lab_said(0, SAY_DUMP), 0);
	lab_pass(SECONDS(10));
	assert_int_equal(lab_first(ACT_SAY, 0, SAY_KILL)->at - lab_first(ACT_SAY, 0, SAY_DUMP)->at,
	    STEP_DUMP_AHEAD);
	assert_in_range(lab_first(ACT_SAY, 0, SAY_KILL)->act.b, SECONDS(120), SECONDS(121));
}

/* What is too short to be noticed is lost, and nothing more; it never brings a kill forward. */
static void
a_short_pause_costs_no_more_than_itself(void **state)
{
	(void)state;
	lab_begin("");
	for (int64_t pause = 1; pause < NOTICED; pause += 97) {
		int64_t stop;

		lab_reset(MODE_SERVICE, false);
		lab_event(STEP_CONF, -1, 0);
		lab_pass(STEP_ALIVE);
		stop = lab.now;
		lab_event(STEP_STOP, 0, 0);
		lab_pass(SECONDS(60) + 123);
		lab_pause(pause);
		time_until_kill(0);
		assert_in_range(lab_first(ACT_SWEEP, 0, SIGKILL)->at - stop, SECONDS(120),
		    SECONDS(120) + pause + STEP_PULSE);
	}
}

static void
pauses_add_up(void **state)
{
	int64_t stop, paused = 0;
	int n = 0;

	(void)state;
	lab_up("");
	stop = lab.now;
	lab_event(STEP_STOP, 0, 0);
	while (kills(0) == 0 && n < 100) {
		lab_pass(SECONDS(7) + n);
		if (kills(0) != 0)
			break;
		lab_pause(MINUTES(n + 1));
		paused += MINUTES(n + 1);
		n++;
	}
	assert_in_range(n, 10, 17);
	assert_in_range(lab_first(ACT_SWEEP, 0, SIGKILL)->at - stop - paused, SECONDS(120),
	    SECONDS(120) + n * STEP_PULSE);
}

/* What the first pause moved must not be what would have told the length of the second. */
static void
the_second_of_two_pauses_is_noticed_too(void **state)
{
	(void)state;
	lab_up("[server]\nstop_timeout = 1s\n");
	lab_event(STEP_STOP, 0, 0);
	lab_pass(100);
	lab_pause(SECONDS(5));
	assert_int_equal(lab_said(-1, SAY_LATE), 1);
	lab_end(0, EXIT_OF(143), 1);
	lab_pause(NOTICED);
	assert_int_equal(lab_said(-1, SAY_LATE), 2);
	assert_int_equal(kills(0), 0);
	assert_in_range(time_until_kill(0), 900, 900 + 2 * STEP_PULSE);
}

static void
each_server_keeps_what_it_has_left(void **state)
{
	(void)state;
	lab_begin("[server:a]\nstop_timeout = 10s\n[server:b]\nstop_timeout = 60s\n"
	    "[server:c]\n[server:d]\nrestart_delay = 20s\nrestart_delay_max = 1m\n");
	for (int64_t at = 0; at < 10000; at += 333)
		for (size_t i = 0; i < COUNT(pauses); i++) {
			int64_t thaw;

			lab_reset(MODE_SERVICE, false);
			lab_event(STEP_CONF, -1, 0);
			lab_pass(STEP_ALIVE);
			lab_event(STEP_STOP, 1, 0);
			lab_pass(SECONDS(7) + 77);
			lab_event(STEP_STOP, 0, 0);
			lab_end(3, EXIT_OF(1), 0);
			lab_clear();
			lab_pass(at);
			lab_pause(pauses[i]);
			thaw = lab.now;
			assert_int_equal(kills(0) + kills(1) + lab_count(ACT_SPAWN, 3, ANY), 0);
			lab_pass(SECONDS(70));
			assert_in_range(lab_first(ACT_SWEEP, 0, SIGKILL)->at - thaw,
			    SECONDS(10) - at, SECONDS(10) - at + STEP_PULSE);
			assert_in_range(lab_first(ACT_SWEEP, 1, SIGKILL)->at - thaw,
			    SECONDS(53) - 77 - at, SECONDS(53) - 77 - at + STEP_PULSE);
			assert_in_range(lab_first(ACT_SPAWN, 3, ANY)->at - thaw,
			    SECONDS(20) - at, SECONDS(20) - at + STEP_PULSE);
			assert_int_equal(lab_is(2), IS_RUNNING);
		}
}

static void
whatever_wakes_us_first_notices_the_pause(void **state)
{
	static const struct step_event events[] = {
		{ STEP_SIGNAL, -1, SIGTERM }, { STEP_SIGNAL, -1, SIGHUP }, { STEP_REAPED, -1, 0 },
		{ STEP_STOP, 0, 0 }, { STEP_STOP, 1, 0 }, { STEP_CONF, -1, 0 }, { STEP_TREE, 0, 1 },
		{ STEP_TREE, 1, 0 }, { STEP_CHANGED, 0, 0 }, { STEP_START, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(events); i++) {
		lab_up("[server:a]\n[server:b]\n");
		lab_event(STEP_STOP, 0, 0);
		lab_pass(SECONDS(119) + 900);
		lab.now += MINUTES(5);
		lab_event(events[i].what, events[i].slot, events[i].a);
		lab_event(STEP_TICK, -1, 0);
		assert_int_equal(kills(0), 0);
		assert_int_equal(lab_said(-1, SAY_LATE), 1);
		assert_in_range(time_until_kill(0), 100, 100 + STEP_PULSE);
	}
}

static void
leftovers_keep_their_time(void **state)
{
	(void)state;
	lab_up("");
	lab_end(0, EXIT_OF(1), 1);
	lab_pass(SECONDS(100));
	lab_pause(MINUTES(60));
	assert_int_equal(kills(0), 0);
	assert_in_range(time_until_kill(0), SECONDS(20), SECONDS(21));
}

static void
what_resists_the_kill_keeps_its_time(void **state)
{
	(void)state;
	lab_up("");
	lab.server[0].stuck = true;
	lab_signal(SIGTERM);
	lab_pass(SECONDS(125));
	lab_pause(MINUTES(60));
	assert_false(lab.m.whole.finished);
	lab_pass(SECONDS(5) - 1);
	assert_false(lab.m.whole.finished);
	lab_pass(STEP_PULSE + 1);
	assert_int_equal(lab_finished(), 137);
}

static void
a_start_keeps_its_time(void **state)
{
	(void)state;
	lab_begin_in(MODE_SERVICE, false, "[server]\nstart_timeout = 60s\n");
	lab.server[0].hold_exec = true;
	lab_event(STEP_CONF, -1, 0);
	lab_pass(SECONDS(50));
	lab_pause(MINUTES(60));
	lab_pass(SECONDS(10) - 1);
	assert_int_equal(lab_is(0), IS_STARTING);
	lab_pass(STEP_PULSE + 1);
	assert_int_equal(lab_said(0, SAY_OVERDUE), 1);
}

static void
crashes_do_not_grow_old_in_a_pause(void **state)
{
	(void)state;
	lab_up("");
	for (int i = 0; i < 4; i++) {
		lab_end(0, EXIT_OF(1), 0);
		lab_pause(MINUTES(60));
		lab_pass(SECONDS(20));
		assert_int_equal(lab_is(0), IS_RUNNING);
	}
	lab_end(0, EXIT_OF(1), 0);
	assert_int_equal(lab_is(0), IS_FAILED);
	/* Four times 20 s, and of each pause no more than the delay that it fell into. */
	assert_in_range(lab_first(ACT_SAY, 0, SAY_GAVE_UP)->act.c, SECONDS(80), SECONDS(95));
}

static void
the_length_is_said_and_a_busy_machine_is_no_pause(void **state)
{
	(void)state;
	lab_up("");
	lab_event(STEP_STOP, 0, 0);
	lab_pause(STEP_PULSE + STEP_LATE);
	assert_int_equal(lab_said(-1, SAY_LATE), 0);
	lab_pause(STEP_PULSE + STEP_LATE + 1);
	assert_int_equal(lab_first(ACT_SAY, -1, SAY_LATE)->act.b, STEP_LATE + 1);
}

static void
a_server_that_runs_is_not_disturbed(void **state)
{
	(void)state;
	lab_up("");
	lab_pause(MINUTES(60 * 24));
	lab_pass(MINUTES(60));
	assert_int_equal(lab_is(0), IS_RUNNING);
	assert_int_equal(lab_said(0, SAY_STABLE), 1);
	assert_int_equal(step_deadline(&lab.m), STEP_NEVER);
	lab_pause(MINUTES(60 * 24));
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(lab_said(-1, SAY_LATE), 1);
	assert_int_equal(time_until_kill(0), SECONDS(120));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pause_anywhere_in_a_stop_costs_nothing),
		cmocka_unit_test(the_dump_keeps_its_distance),
		cmocka_unit_test(a_short_pause_costs_no_more_than_itself),
		cmocka_unit_test(pauses_add_up),
		cmocka_unit_test(the_second_of_two_pauses_is_noticed_too),
		cmocka_unit_test(each_server_keeps_what_it_has_left),
		cmocka_unit_test(whatever_wakes_us_first_notices_the_pause),
		cmocka_unit_test(leftovers_keep_their_time),
		cmocka_unit_test(what_resists_the_kill_keeps_its_time),
		cmocka_unit_test(a_start_keeps_its_time),
		cmocka_unit_test(crashes_do_not_grow_old_in_a_pause),
		cmocka_unit_test(the_length_is_said_and_a_busy_machine_is_no_pause),
		cmocka_unit_test(a_server_that_runs_is_not_disturbed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
