/* SPDX-License-Identifier: MIT */
/*
 * A server has ended only when its whole tree has: what the decision does about processes that
 * outlive the main one, of a stop and of an end that nobody asked for, and about those that not
 * even SIGKILL ends.
 */
#include "step_lab.h"

static const char SCRIPT[] = "[server]\ncommand = ./start.sh\nstop_timeout = 60s\n";

static void
the_restart_waits_for_the_tree(void **state)
{
	(void)state;
	lab_up("");
	lab_end(0, EXIT_OF(1), 2);
	assert_string_equal(lab_story(), "LOOK 0 0, SAY 0 LEFTOVERS, SWEEP 0 15");
	assert_int_equal(lab_first(ACT_SAY, 0, SAY_LEFTOVERS)->act.b, EXIT_OF(1));
	lab_pass(SECONDS(60));
	lab_event(STEP_REAPED, -1, 0);
	lab_event(STEP_START, 0, 0);
	assert_int_equal(lab_is(0), IS_STOPPING);
	assert_int_equal(lab_count(ACT_SPAWN, 0, ANY), 0);
	lab_clear();
	lab_end_tree(0);
	assert_int_equal(lab_is(0), IS_BACKOFF);
	assert_int_equal(lab_state(0)->reason, REASON_CRASHED);
	assert_string_equal(lab_story(), "LOOK 0 0, SAY 0 CRASHED, SAY 0 RESTART_IN");
}

static void
leftovers_are_swept_with_term_once(void **state)
{
	(void)state;
	lab_up("");
	lab_end(0, EXIT_OF(1), 1);
	lab_pass(SECONDS(119));
	for (int i = 0; i < 10; i++)
		lab_event(STEP_REAPED, -1, 0);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGTERM), 1);
	assert_int_equal(lab_said(0, SAY_LEFTOVERS), 1);
}

static void
leftovers_are_killed_at_the_deadline(void **state)
{
	int64_t ended;

	(void)state;
	lab_up("");
	lab_pass(SECONDS(77));
	ended = lab.now;
	lab_end(0, EXIT_OF(1), 1);
	lab_pass(SECONDS(120) - 1);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 0);
	lab_pass(1);
	assert_int_equal(lab_first(ACT_SWEEP, 0, SIGKILL)->at - ended, SECONDS(120));
	/* There is no main process, and no thread dump of one. */
	assert_int_equal(lab_count(ACT_SIGNAL_GROUP, 0, ANY), 0);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, ANY), 0);
	assert_int_equal(lab_is(0), IS_BACKOFF);
}

static void
leftovers_that_leave_no_trace_are_looked_for_each_second(void **state)
{
	(void)state;
	lab_up("");
	lab_end(0, EXIT_OF(1), 1);
	lab_clear();
	lab_pass(SECONDS(10));
	assert_int_equal(lab_count(ACT_LOOK, 0, ANY), 10);
	lab.server[0].tree = 0;
	lab_pass(STEP_PULSE);
	assert_int_equal(lab_is(0), IS_BACKOFF);
}

static void
a_script_that_dies_of_term_has_not_ended(void **state)
{
	int64_t stop;

	(void)state;
	lab_up(SCRIPT);
	stop = lab.now;
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(lab_count(ACT_SIGNAL_GROUP, 0, SIGTERM), 1);
	lab_pass(SECONDS(1));
	lab_clear();
	lab_end(0, SIGTERM, 1);
	assert_string_equal(lab_story(), "LOOK 0 0, SAY 0 WAITING, SWEEP 0 15");
	lab_pass(stop + SECONDS(60) - 1 - lab.now);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 0);
	assert_int_equal(lab_is(0), IS_STOPPING);
	lab_clear();
	lab_end_tree(0);
	assert_int_equal(lab_is(0), IS_STOPPED);
	assert_int_equal(lab_said(0, SAY_ENDED_WELL), 1);
	assert_int_equal(lab_state(0)->reason, REASON_STOPPED);
}

static void
what_the_script_left_is_killed_when_the_stop_is_over(void **state)
{
	int64_t stop;

	(void)state;
	lab_up(SCRIPT);
	stop = lab.now;
	lab_signal(SIGTERM);
	lab_pass(SECONDS(59));
	lab_end(0, SIGTERM, 1);
	lab_pass(SECONDS(10));
	assert_int_equal(lab_first(ACT_SWEEP, 0, SIGKILL)->at - stop, SECONDS(60));
	assert_int_equal(lab_finished(), 137);
}

static void
a_hurry_sweeps_again_and_kills_nothing(void **state)
{
	(void)state;
	lab_up(SCRIPT);
	lab_signal(SIGTERM);
	lab_end(0, SIGTERM, 1);
	lab_signal(SIGTERM);
	lab_signal(SIGTERM);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGTERM), 3);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 0);
	lab_end_tree(0);
	assert_int_equal(lab_finished(), 0);
}

static void
a_stop_does_not_prolong_the_end_of_leftovers(void **state)
{
	int64_t ended;

	(void)state;
	lab_up("");
	ended = lab.now;
	lab_end(0, EXIT_OF(1), 1);
	lab_pass(SECONDS(100));
	lab_event(STEP_STOP, 0, 0);
	lab_pass(SECONDS(100));
	assert_int_equal(lab_first(ACT_SWEEP, 0, SIGKILL)->at - ended, SECONDS(120));
	assert_int_equal(lab_is(0), IS_STOPPED);
	assert_int_equal(lab_count(ACT_SPAWN, 0, ANY), 0);
}

static void
late_answers_mean_nothing(void **state)
{
	(void)state;
	lab_begin("");
	lab_event(STEP_TREE, 0, 0);
	assert_int_equal(lab_is(0), IS_STARTING);
	lab_pass(STEP_ALIVE);
	lab_event(STEP_TREE, 0, 0);
	lab_event(STEP_TREE, 0, 1);
	assert_int_equal(lab_is(0), IS_RUNNING);
	lab_event(STEP_STOP, 0, 0);
	lab_event(STEP_TREE, 0, 0);
	assert_int_equal(lab_is(0), IS_STOPPING);
	lab_end(0, EXIT_OF(0), 0);
	lab_event(STEP_TREE, 0, 1);
	lab_event(STEP_TREE, 0, 0);
	assert_int_equal(lab_is(0), IS_STOPPED);
	assert_int_equal(lab.m.whole.odd, 0);
}

/* Several questions can be under way; the first answer may have freed the slot. */
static void
a_late_answer_about_a_server_that_left_is_no_surprise(void **state)
{
	(void)state;
	lab_up("[server:a]\n[server:b]\n");
	lab_reload("[server:a]\n");
	lab.server[1].main = false;
	lab_answer(STEP_ENDED, 1, EXIT_OF(0));
	lab_event(STEP_REAPED, -1, 0);
	assert_int_equal(lab_count(ACT_LOOK, 1, ANY), 2);
	assert_int_equal(lab_count(ACT_FORGET, 1, ANY), 1);
	assert_int_equal(lab.m.whole.odd, 0);
	assert_int_equal(lab_said(-1, SAY_ODD), 0);
}

static void
the_unkillable_is_complained_about_and_not_replaced(void **state)
{
	int64_t killed;

	(void)state;
	lab_up("");
	lab.server[0].stuck = true;
	lab_event(STEP_RESTART, 0, 0);
	lab_pass(SECONDS(120));
	killed = lab.now;
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 1);
	lab_pass(STEP_KILL_WAIT - 1);
	assert_int_equal(lab_said(0, SAY_UNKILLABLE), 0);
	lab_pass(1);
	assert_int_equal(lab_said(0, SAY_UNKILLABLE), 1);
	lab_pass(2 * STEP_KILL_WAIT);
	assert_int_equal(lab_said(0, SAY_UNKILLABLE), 3);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 4);
	assert_int_equal(lab.record[lab.records - 1].at - killed, 3 * STEP_KILL_WAIT);
	assert_int_equal(lab_count(ACT_SPAWN, 0, ANY), 0);
	assert_int_equal(lab_is(0), IS_STOPPING);
	lab_end(0, SIGKILL, 0);
	assert_int_equal(lab_count(ACT_SPAWN, 0, ANY), 1);
}

static void
the_unkillable_does_not_keep_mcinit(void **state)
{
	int64_t stop;

	(void)state;
	lab_up("[server:a]\n[server:b]\nstop_timeout = 5s\n");
	stop = lab.now;
	lab.server[1].stuck = true;
	lab_signal(SIGTERM);
	lab_pass(SECONDS(30));
	assert_false(lab.m.whole.finished);
	assert_int_equal(lab_is(1), IS_STOPPING);
	lab_end(0, EXIT_OF(0), 0);
	assert_int_equal(lab_finished(), 137);

	lab_up("");
	stop = lab.now;
	lab.server[0].stuck = true;
	lab_signal(SIGTERM);
	lab_pass(MINUTES(60));
	assert_int_equal(lab_finished(), 137);
	assert_int_equal(lab_first(ACT_FINISH, -1, ANY)->at - stop, SECONDS(120) + STEP_KILL_WAIT);
}

static void
repeated_kills_do_not_put_off_the_end(void **state)
{
	(void)state;
	lab_up("");
	lab.server[0].stuck = true;
	lab_signal(SIGTERM);
	for (int i = 0; i < 10; i++) {
		lab_event(STEP_KILL, 0, 0);
		lab_pass(SECONDS(9));
	}
	/* It is what was wanted. */
	assert_int_equal(lab_finished(), 0);
}

/* A section with another name and the same directory: never two servers in there. */
static void
a_renamed_server_waits_for_its_directory(void **state)
{
	(void)state;
	lab_up("[server:a]\ndir = /w\n");
	lab_reload("[server:b]\ndir = /w\n");
	assert_int_equal(lab_is(0), IS_STOPPING);
	assert_int_equal(lab_is(1), IS_STOPPED);
	assert_int_equal(lab_said(1, SAY_WAITS), 1);
	lab_pass(SECONDS(30));
	assert_int_equal(lab_is(1), IS_STOPPED);
	lab_end(0, EXIT_OF(0), 0);
	assert_int_equal(lab_is(1), IS_STARTING);
	/* Also when its slot comes before that of the one that leaves. */
	lab_up("[server:x]\n[server:a]\ndir = /w\n");
	lab_reload("[server:a]\ndir = /w\n");
	lab_end(0, EXIT_OF(0), 0);
	assert_false(lab_state(0)->used);
	lab_reload("[server:b]\ndir = /w\n");
	assert_int_equal(lab_is(0), IS_STOPPED);
	assert_int_equal(lab_said(0, SAY_WAITS), 1);
	lab_end(1, EXIT_OF(0), 0);
	assert_int_equal(lab_is(0), IS_STARTING);
	/* A wish in between is obeyed. */
	lab_up("[server:a]\ndir = /w\n");
	lab_reload("[server:b]\ndir = /w\n");
	lab_event(STEP_STOP, 1, 0);
	lab_end(0, EXIT_OF(0), 0);
	assert_int_equal(lab_is(1), IS_STOPPED);
	/* And the end of all. */
	lab_up("[server:a]\ndir = /w\n");
	lab_reload("[server:b]\ndir = /w\n");
	lab_signal(SIGTERM);
	lab_end(0, EXIT_OF(0), 0);
	assert_int_equal(lab_finished(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_restart_waits_for_the_tree),
		cmocka_unit_test(leftovers_are_swept_with_term_once),
		cmocka_unit_test(leftovers_are_killed_at_the_deadline),
		cmocka_unit_test(leftovers_that_leave_no_trace_are_looked_for_each_second),
		cmocka_unit_test(a_script_that_dies_of_term_has_not_ended),
		cmocka_unit_test(what_the_script_left_is_killed_when_the_stop_is_over),
		cmocka_unit_test(a_hurry_sweeps_again_and_kills_nothing),
		cmocka_unit_test(a_stop_does_not_prolong_the_end_of_leftovers),
		cmocka_unit_test(late_answers_mean_nothing),
		cmocka_unit_test(a_late_answer_about_a_server_that_left_is_no_surprise),
		cmocka_unit_test(the_unkillable_is_complained_about_and_not_replaced),
		cmocka_unit_test(the_unkillable_does_not_keep_mcinit),
		cmocka_unit_test(repeated_kills_do_not_put_off_the_end),
		cmocka_unit_test(a_renamed_server_waits_for_its_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
