/* SPDX-License-Identifier: MIT */
/*
 * Players who are warned before a stop, the time that a container has, and a server that has saved and
 * does not end.
 */
#include "rcon_decide.h"

#define WARN	"[server]\ntype = paper\nstop_warn = 60 30 10\n"

/* The seconds of the n-th warning, by RCON or by the console. */
static int64_t
warning(int n)
{
	for (int i = 0; i < lab.records; i++) {
		const struct step_act *a = &lab.record[i].act;

		if (a->what == ACT_ASK && a->a == ASK_WARNING && n-- == 0)
			return a->b;
		if (a->what == ACT_WARN && n-- == 0)
			return a->a;
	}
	return -1;
}

static void
players_are_warned_then_it_stops(void **state)
{
	(void)state;
	up_with_rcon(WARN);
	lab.online = 2;
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(asked(ASK_COUNT), 1);
	assert_int_equal(warning(0), 60);
	lab_pass(SECONDS(30));
	assert_int_equal(warning(1), 30);
	lab_pass(SECONDS(20));
	assert_int_equal(warning(2), 10);
	lab_pass(SECONDS(10) - 1);
	assert_int_equal(asked(ASK_STOP), 0);
	lab_pass(1);
	assert_int_equal(asked(ASK_STOP), 1);
	assert_int_equal(warning(3), -1);
	/* The whole time to save begins here. */
	lab_clear();
	lab_pass(SECONDS(120) - 1);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 0);
	lab_pass(1);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 1);
}

static void
nobody_online_nobody_warned(void **state)
{
	(void)state;
	up_with_rcon(WARN);
	lab.online = 0;
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(warning(0), -1);
	assert_int_equal(lab_said(0, SAY_NOBODY), 1);
	assert_int_equal(asked(ASK_STOP), 1);
}

static void
without_a_reply_the_console_knows_who_is_there(void **state)
{
	(void)state;
	up_with_rcon(WARN);
	lab.deaf = true;
	lab_event(STEP_PLAYERS, 0, 3);
	lab_event(STEP_STOP, 0, 0);
	lab_pass(STEP_STOP_REPLY);
	assert_int_equal(lab_count(ACT_WARN, 0, 60), 1);
	up_with_rcon(WARN);
	lab.deaf = true;
	lab_event(STEP_STOP, 0, 0);
	lab_pass(STEP_STOP_REPLY);
	assert_int_equal(warning(0), -1);
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 1);
}

static void
without_rcon_it_is_typed(void **state)
{
	(void)state;
	lab.rcon = false;
	lab.talks = true;
	lab_begin(WARN);
	mark(MARKER_READY);
	lab_pass(STEP_ALIVE);
	lab_event(STEP_PLAYERS, 0, 1);
	lab_clear();
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(lab_count(ACT_WARN, 0, 60), 1);
	lab_pass(SECONDS(60));
	assert_int_equal(lab_count(ACT_WARN, 0, ANY), 3);
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 1);
}

static void
a_second_signal_cuts_it_short(void **state)
{
	(void)state;
	up_with_rcon(WARN);
	lab.online = 2;
	lab_signal(SIGTERM);
	lab_pass(SECONDS(5));
	assert_int_equal(asked(ASK_STOP), 0);
	lab_signal(SIGTERM);
	assert_int_equal(asked(ASK_STOP), 1);
	assert_int_equal(lab_count(ACT_SWEEP, 0, ANY), 0);
	/* The third does what the second does elsewhere. */
	lab_signal(SIGTERM);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGTERM), 1);
}

static void
a_crash_or_a_kill_meanwhile_is_no_warning_any_more(void **state)
{
	(void)state;
	up_with_rcon(WARN);
	lab.online = 2;
	lab_event(STEP_STOP, 0, 0);
	lab_end(0, EXIT_OF(1), 0);
	lab_event(STEP_DRAINED, 0, 0);
	assert_int_equal(lab_is(0), IS_STOPPED);
	lab_pass(MINUTES(5));
	assert_int_equal(asked(ASK_STOP), 0);
	up_with_rcon(WARN);
	lab.online = 2;
	lab_event(STEP_STOP, 0, 0);
	lab_event(STEP_KILL, 0, 0);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 1);
	lab_pass(MINUTES(2));
	assert_int_equal(asked(ASK_STOP), 0);
}

/* ---- grace ---- */

static void
in_a_container_nobody_is_warned_unless_there_is_time(void **state)
{
	(void)state;
	up_with_rcon_in(MODE_CONTAINER, true, WARN);
	lab.online = 2;
	lab_signal(SIGTERM);
	assert_int_equal(lab_said(0, SAY_NOT_WARNED), 1);
	assert_int_equal(asked(ASK_STOP), 1);
	/* A verb has all the time. */
	up_with_rcon_in(MODE_CONTAINER, true, WARN);
	lab.online = 2;
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(warning(0), 60);
	/* 120 s to save, 2 s ahead of the end: 28 s are left to warn. */
	up_with_rcon_in(MODE_CONTAINER, true, "[mcinit]\ngrace = 150s\n" WARN);
	lab.online = 2;
	lab_signal(SIGTERM);
	assert_int_equal(warning(0), 10);
	lab_pass(SECONDS(10));
	assert_int_equal(asked(ASK_STOP), 1);
}

static void
all_has_ended_before_grace_has(void **state)
{
	(void)state;
	up_with_rcon_in(MODE_CONTAINER, true, "[mcinit]\ngrace = 20s\n" GAME);
	lab_signal(SIGTERM);
	lab_pass(SECONDS(18) - 1);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 0);
	lab_pass(1);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 1);
	/* 70 % of what there is. */
	assert_int_equal(lab_first(ACT_SIGNAL_MAIN, 0, SIGTERM)->at, LAB_BEGIN + 12600);
}

static void
a_stop_under_way_has_no_more_time_than_the_rest(void **state)
{
	(void)state;
	up_with_rcon_in(MODE_CONTAINER, true, "[mcinit]\ngrace = 20s\n" WARN);
	lab_event(STEP_STOP, 0, 0);
	lab_pass(SECONDS(5));
	lab_signal(SIGTERM);
	lab_pass(SECONDS(18));
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 1);
	/* Nor has one that is still warning. */
	up_with_rcon_in(MODE_CONTAINER, true, "[mcinit]\ngrace = 20s\n" WARN);
	lab.online = 2;
	lab_event(STEP_STOP, 0, 0);
	lab_pass(SECONDS(5));
	assert_int_equal(asked(ASK_STOP), 0);
	lab_signal(SIGTERM);
	assert_int_equal(asked(ASK_STOP), 1);
}

static void
who_takes_over_a_stop_that_was_cut_off_has_no_hurry(void **state)
{
	(void)state;
	up_with_rcon_in(MODE_SERVICE, false, "[mcinit]\ngrace = 20s\n" GAME);
	lab_signal(SIGTERM);
	lab_event(STEP_ADOPTED, -1, 0);
	lab_pass(MINUTES(5));
	lab_event(STEP_STOP, 0, 0);
	lab_clear();
	if (lab_is(0) == IS_STOPPING && lab_state(0)->rung != RUNG_KILL)
		lab_pass(SECONDS(60));
	assert_int_equal(lab.m.whole.grace_end, 0);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 0);
}

static void
a_container_is_told_how_long_it_takes(void **state)
{
	(void)state;
	up_with_rcon_in(MODE_CONTAINER, true, GAME);
	lab_begin_in(MODE_CONTAINER, true, "[server]\nstop_timeout = 90s\n");
	lab.rcon = true;
	lab_event(STEP_CONF, -1, 0);
	assert_int_equal(lab_first(ACT_SAY, -1, SAY_GRACE)->act.b, SECONDS(92));
	lab_event(STEP_CONF, -1, 0);
	assert_int_equal(lab_said(-1, SAY_GRACE), 1);
	lab_begin_in(MODE_CONTAINER, true, "[mcinit]\ngrace = 60s\n[server]\nstop_timeout = 90s\n");
	lab_event(STEP_CONF, -1, 0);
	assert_int_equal(lab_first(ACT_SAY, -1, SAY_GRACE_SHORT)->act.b, SECONDS(58));
	lab_begin_in(MODE_CONTAINER, true, "[mcinit]\ngrace = 92s\n[server]\nstop_timeout = 90s\n");
	lab_event(STEP_CONF, -1, 0);
	assert_int_equal(lab_said(-1, SAY_GRACE_SHORT) + lab_said(-1, SAY_GRACE), 0);
}

/* ---- behind the end of the save ---- */

static void
what_has_saved_and_is_quiet_is_ended_after_a_minute(void **state)
{
	(void)state;
	up_with_rcon("[server]\ntype = paper\nstop_timeout = 1h\n");
	lab_event(STEP_STOP, 0, 0);
	mark(MARKER_STOPPING);
	lab_pass(SECONDS(5));
	mark(MARKER_SAVED);
	lab_pass(STEP_QUIET - 1);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 0);
	lab_pass(STEP_QUIET_LOOK);
	assert_int_equal(lab_said(0, SAY_SAVED), 1);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 1);
	lab_event(STEP_DRAINED, 0, 0);
	assert_int_equal(lab_said(0, SAY_ENDED_SAVED), 1);
	assert_int_equal(lab_state(0)->reason, REASON_STOPPED);
}

static void
what_still_says_something_is_let_finish(void **state)
{
	(void)state;
	up_with_rcon("[server]\ntype = paper\nstop_timeout = 1h\n");
	lab.prints = true;
	lab_event(STEP_STOP, 0, 0);
	mark(MARKER_STOPPING);
	mark(MARKER_SAVED);
	lab_pass(MINUTES(30));
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 0);
	lab.prints = false;
	lab_pass(STEP_QUIET + STEP_QUIET_LOOK);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 1);
}

/* Paper says so, and then is silent for as long as the disk takes. */
static void
what_it_flushes_is_not_saved_before_it_says_so(void **state)
{
	(void)state;
	up_with_rcon("[server]\ntype = paper\nstop_timeout = 1h\n");
	lab_event(STEP_STOP, 0, 0);
	mark(MARKER_STOPPING);
	mark(MARKER_SAVED);
	mark(MARKER_FLUSHING);
	lab_pass(MINUTES(30));
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 0);
	mark(MARKER_SAVED);
	lab_pass(STEP_QUIET + STEP_QUIET_LOOK);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 1);
}

static void
what_is_killed_in_the_middle_of_a_flush_has_not_saved(void **state)
{
	(void)state;
	up_with_rcon("[server]\ntype = paper\n");
	lab_event(STEP_STOP, 0, 0);
	mark(MARKER_STOPPING);
	mark(MARKER_SAVED);
	mark(MARKER_FLUSHING);
	lab_pass(MINUTES(3));
	lab_event(STEP_DRAINED, 0, 0);
	assert_int_equal(lab_said(0, SAY_ENDED_KILLED), 1);
}

static void
one_that_has_saved_may_end_as_it_likes(void **state)
{
	(void)state;
	for (int saved = 0; saved < 2; saved++) {
		up_with_rcon("[server]\ntype = paper\n");
		lab_event(STEP_STOP, 0, 0);
		mark(MARKER_STOPPING);
		if (saved)
			mark(MARKER_SAVED);
		lab_end(0, EXIT_OF(1), 0);
		lab_event(STEP_DRAINED, 0, 0);
		assert_int_equal(lab_said(0, SAY_ENDED_BADLY), !saved);
		assert_int_equal(lab_said(0, SAY_ENDED_WELL), saved);
		assert_int_equal(lab_count(ACT_QUOTE, 0, ANY), !saved);
		assert_int_equal(step_settled(lab.conf, &lab.m), saved ? 0 : 1);
		lab_event(STEP_START, 0, 0);
		assert_false(lab_state(0)->ended_badly);
	}
}

static void
a_save_in_the_middle_of_its_life_is_none(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	mark(MARKER_SAVED);
	lab_pass(MINUTES(30));
	assert_int_equal(lab_is(0), IS_RUNNING);
	assert_int_equal(lab_count(ACT_ATTEND, 0, ANY), 0);
	/* And the one behind its stop counts, though it said so before. */
	lab_event(STEP_STOP, 0, 0);
	mark(MARKER_STOPPING);
	mark(MARKER_SAVED);
	assert_int_equal(lab_count(ACT_ATTEND, 0, ANY), 1);
}

static void
one_that_a_player_stopped_is_ended_too(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	mark(MARKER_STOPPING);
	mark(MARKER_SAVED);
	lab_pass(STEP_QUIET + STEP_QUIET_LOOK);
	assert_int_equal(lab_said(0, SAY_SAVED), 1);
	lab_event(STEP_DRAINED, 0, 0);
	assert_int_equal(lab_is(0), IS_STOPPED);
	assert_int_equal(lab_state(0)->reason, REASON_STOPPED);
}

static void
a_pause_does_not_make_it_quiet(void **state)
{
	(void)state;
	up_with_rcon("[server]\ntype = paper\nstop_timeout = 1h\n");
	lab_event(STEP_STOP, 0, 0);
	mark(MARKER_STOPPING);
	mark(MARKER_SAVED);
	lab_pass(SECONDS(3));
	lab_pause(MINUTES(10));
	lab_pass(SECONDS(50));
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGKILL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(players_are_warned_then_it_stops),
		cmocka_unit_test(nobody_online_nobody_warned),
		cmocka_unit_test(without_a_reply_the_console_knows_who_is_there),
		cmocka_unit_test(without_rcon_it_is_typed),
		cmocka_unit_test(a_second_signal_cuts_it_short),
		cmocka_unit_test(a_crash_or_a_kill_meanwhile_is_no_warning_any_more),
		cmocka_unit_test(in_a_container_nobody_is_warned_unless_there_is_time),
		cmocka_unit_test(all_has_ended_before_grace_has),
		cmocka_unit_test(a_stop_under_way_has_no_more_time_than_the_rest),
		cmocka_unit_test(who_takes_over_a_stop_that_was_cut_off_has_no_hurry),
		cmocka_unit_test(a_container_is_told_how_long_it_takes),
		cmocka_unit_test(what_has_saved_and_is_quiet_is_ended_after_a_minute),
		cmocka_unit_test(what_still_says_something_is_let_finish),
		cmocka_unit_test(what_it_flushes_is_not_saved_before_it_says_so),
		cmocka_unit_test(what_is_killed_in_the_middle_of_a_flush_has_not_saved),
		cmocka_unit_test(one_that_has_saved_may_end_as_it_likes),
		cmocka_unit_test(a_save_in_the_middle_of_its_life_is_none),
		cmocka_unit_test(one_that_a_player_stopped_is_ended_too),
		cmocka_unit_test(a_pause_does_not_make_it_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
