/* SPDX-License-Identifier: MIT */
/*
 * The life of one server as step.h promises it: its start, its stop ladder, what it leaves
 * behind.  Why it starts again is in unit_restart.c, the whole in unit_whole.c, pauses in
 * unit_late.c.  Must not depend on how the machines are built, only on events and actions.
 */
#include "step_lab.h"

static const char COMMAND[] = "[server]\ncommand = ./start.sh\n";
static const char FOREVER[] = "[server]\nrestart_delay = 1h\nrestart_delay_max = 1h\n"
    "crash_window = 24h\n";

/* SIGKILL in whatever form. */
static int
kills(int slot)
{
	return lab_count(ACT_SIGNAL_MAIN, slot, SIGKILL) +
	    lab_count(ACT_SIGNAL_GROUP, slot, SIGKILL) + lab_count(ACT_SWEEP, slot, SIGKILL);
}

/* --- starting --- */

static void
it_runs_one_second_after_the_exec(void **state)
{
	(void)state;
	lab_begin("");
	assert_string_equal(lab_story(), "SPAWN 0 0");
	lab_pass(STEP_ALIVE - 1);
	assert_int_equal(lab_is(0), IS_STARTING);
	lab_pass(1);
	assert_int_equal(lab_is(0), IS_RUNNING);
	assert_int_equal(lab_first(ACT_SAY, 0, SAY_READY)->act.b, STEP_ALIVE);
}

static void
the_second_begins_with_the_exec(void **state)
{
	(void)state;
	lab_begin_in(MODE_SERVICE, false, "");
	lab.server[0].hold_exec = true;
	lab_event(STEP_CONF, -1, 0);
	lab_pass(SECONDS(30));
	assert_int_equal(lab_is(0), IS_STARTING);
	lab_event(STEP_EXEC_DONE, 0, 0);
	lab_pass(STEP_ALIVE - 1);
	assert_int_equal(lab_is(0), IS_STARTING);
	lab_pass(1);
	assert_int_equal(lab_is(0), IS_RUNNING);
	assert_int_equal(lab_first(ACT_SAY, 0, SAY_READY)->act.b, SECONDS(31));
}

static void
news_of_players_is_believed_after_the_exec_only(void **state)
{
	(void)state;
	lab_begin_in(MODE_SERVICE, false, "");
	lab.server[0].hold_exec = true;
	lab_event(STEP_CONF, -1, 0);
	lab_event(STEP_READY, 0, 0);
	assert_int_equal(lab_is(0), IS_STARTING);
	lab_event(STEP_EXEC_DONE, 0, 0);
	lab_event(STEP_READY, 0, 0);
	assert_int_equal(lab_is(0), IS_RUNNING);
	lab_event(STEP_READY, 0, 0);
	lab_pass(MINUTES(1));
	assert_int_equal(lab_said(0, SAY_READY), 1);
}

static void
who_ends_within_the_second_never_ran(void **state)
{
	(void)state;
	lab_begin("");
	lab_pass(STEP_ALIVE - 1);
	lab_end(0, EXIT_OF(1), 0);
	assert_int_equal(lab_is(0), IS_BACKOFF);
	assert_int_equal(lab_said(0, SAY_READY), 0);
	assert_false(lab_state(0)->was_ready);
}

static void
a_server_without_autostart_waits_for_its_start(void **state)
{
	(void)state;
	lab_begin("[server]\nautostart = no\n");
	lab_pass(MINUTES(60));
	assert_int_equal(lab.records, 0);
	assert_int_equal(lab_is(0), IS_STOPPED);
	lab_event(STEP_START, 0, 0);
	lab_pass(STEP_ALIVE);
	assert_int_equal(lab_is(0), IS_RUNNING);
}

static void
starting_twice_is_starting_once(void **state)
{
	(void)state;
	lab_begin("");
	lab_event(STEP_START, 0, 0);
	lab_pass(STEP_ALIVE);
	lab_event(STEP_START, 0, 0);
	lab_pass(MINUTES(1));
	assert_int_equal(lab_count(ACT_SPAWN, 0, ANY), 1);
	assert_int_equal(lab_is(0), IS_RUNNING);
}

static void
a_long_start_is_complained_about_every_five_minutes(void **state)
{
	(void)state;
	lab_begin_in(MODE_SERVICE, false, "");
	lab.server[0].hold_exec = true;
	lab_event(STEP_CONF, -1, 0);
	lab_pass(MINUTES(5) - 1);
	assert_int_equal(lab_said(0, SAY_LONG_START), 0);
	lab_pass(1);
	assert_int_equal(lab_said(0, SAY_LONG_START), 1);
	lab_pass(MINUTES(11));
	assert_int_equal(lab_said(0, SAY_LONG_START), 3);
	assert_int_equal(lab.record[lab.records - 1].act.b, MINUTES(15));
	lab_event(STEP_EXEC_DONE, 0, 0);
	lab_pass(MINUTES(60));
	assert_int_equal(lab_said(0, SAY_LONG_START), 3);
}

static void
start_timeout_ends_the_start(void **state)
{
	(void)state;
	lab_begin_in(MODE_SERVICE, false, "[server]\nstart_timeout = 30s\n");
	lab.server[0].hold_exec = true;
	lab_event(STEP_CONF, -1, 0);
	lab_pass(SECONDS(30) - 1);
	assert_int_equal(lab_is(0), IS_STARTING);
	lab_pass(1);
	assert_int_equal(lab_is(0), IS_STOPPING);
	assert_int_equal(lab_said(0, SAY_OVERDUE), 1);
	lab_event(STEP_EXEC_DONE, 0, 0);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 1);
	lab_end(0, EXIT_OF(143), 0);
	assert_int_equal(lab_is(0), IS_BACKOFF);
	assert_int_equal(lab_state(0)->reason, REASON_HUNG);
}

static void
start_timeout_does_not_touch_who_runs(void **state)
{
	(void)state;
	lab_up("[server]\nstart_timeout = 30s\n");
	lab_pass(MINUTES(60));
	assert_int_equal(lab_is(0), IS_RUNNING);
	assert_int_equal(step_deadline(&lab.m), STEP_NEVER);
}

/* --- stopping --- */

static void
a_stop_is_term_then_cont(void **state)
{
	(void)state;
	lab_up("");
	lab_event(STEP_STOP, 0, 0);
	assert_string_equal(lab_story(),
	    "SAY 0 STOPPING, SIGNAL_MAIN 0 15, SIGNAL_MAIN 0 18");
	assert_int_equal(lab_is(0), IS_STOPPING);
	lab_pass(MINUTES(1));
	lab_clear();
	lab_end(0, EXIT_OF(143), 0);
	assert_string_equal(lab_story(), "LOOK 0 0, SAY 0 ENDED_WELL");
	assert_int_equal(lab_is(0), IS_STOPPED);
	assert_int_equal(lab_state(0)->reason, REASON_STOPPED);
	assert_int_equal(step_deadline(&lab.m), STEP_NEVER);
}

static void
a_command_gets_its_signals_as_a_group(void **state)
{
	(void)state;
	lab_up(COMMAND);
	lab_event(STEP_STOP, 0, 0);
	assert_string_equal(lab_story(),
	    "SAY 0 STOPPING, SIGNAL_GROUP 0 15, SIGNAL_GROUP 0 18");
}

static void
a_server_is_stopped_the_way_it_was_started(void **state)
{
	(void)state;
	lab_up("");
	lab_reload(COMMAND);
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 1);
	assert_int_equal(lab_count(ACT_SIGNAL_GROUP, 0, ANY), 0);
}

static void
the_dump_comes_two_seconds_before_the_kill(void **state)
{
	(void)state;
	lab_up("");
	lab_event(STEP_STOP, 0, 0);
	lab_clear();
	lab_pass(SECONDS(118) - 1);
	assert_int_equal(lab.records, 0);
	lab_pass(1);
	assert_string_equal(lab_story(), "SAY 0 DUMP, SIGNAL_MAIN 0 3");
	assert_int_equal(lab.record[0].act.b, STEP_DUMP_AHEAD);
	lab_clear();
	lab_pass(STEP_DUMP_AHEAD - 1);
	assert_int_equal(lab.records, 0);
	lab_pass(1);
	assert_string_equal(lab_story(), "SAY 0 KILL, SIGNAL_GROUP 0 9, SWEEP 0 9, "
	    "LOOK 0 0, SAY 0 ENDED_KILLED");
	assert_int_equal(lab.record[0].act.b, SECONDS(120));
	assert_int_equal(lab_is(0), IS_STOPPED);
	assert_int_equal(lab_state(0)->reason, REASON_HUNG);
}

static void
the_shortest_stop_timeout_has_a_dump_near_its_end(void **state)
{
	(void)state;
	lab_up("[server]\nstop_timeout = 1s\n");
	lab_event(STEP_STOP, 0, 0);
	lab_clear();
	lab_pass(799);
	assert_int_equal(lab.records, 0);
	lab_pass(1);
	assert_int_equal(lab_said(0, SAY_DUMP), 1);
	lab_pass(199);
	assert_int_equal(kills(0), 0);
	lab_pass(1);
	assert_int_equal(kills(0), 2);
}

/* Never to a group: SIGQUIT would end the shell in it. */
static void
dumps_are_for_virtual_machines(void **state)
{
	static const struct { const char *ini; int main, group; } rows[] = {
		{ "", 1, 0 },
		{ "[server]\nthread_dump = no\n", 0, 0 },
		{ "[server]\ncommand = ./start.sh\n", 0, 0 },
		{ "[server]\ncommand = ./start.sh\ntype = generic\n", 0, 0 },
		{ "[server]\ncommand = ./start.sh\ntype = bedrock\n", 0, 0 },
		{ "[server]\ncommand = ./start.sh\ntype = vanilla\n", 0, 0 },
		{ "[server]\ncommand = ./start.sh\ntype = paper\n", 0, 0 },
		{ "[server]\ncommand = ./start.sh\ntype = velocity\n", 0, 0 },
		{ "[server]\ncommand = ./start.sh\ntype = bungee\n", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		lab_begin(rows[i].ini);
		lab_event(STEP_READY, 0, 0);
		lab_event(STEP_STOP, 0, 0);
		lab_pass(MINUTES(3));
		assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGQUIT), rows[i].main);
		assert_int_equal(lab_count(ACT_SIGNAL_GROUP, 0, SIGQUIT), rows[i].group);
		assert_int_equal(lab_said(0, SAY_DUMP), rows[i].main + rows[i].group);
		assert_int_equal(lab_is(0), IS_STOPPED);
	}
}

static void
further_requests_never_bring_the_kill_forward(void **state)
{
	static const int64_t at[] = { 0, 1, 1000, 59000, 117999, 118000, 119999 };
	int64_t begin;

	(void)state;
	lab_up("");
	begin = lab.now;
	lab_signal(SIGTERM);
	for (size_t i = 0; i < COUNT(at); i++) {
		lab_pass(begin + at[i] - lab.now);
		lab_signal(i % 2 ? SIGTERM : SIGINT);
		lab_event(STEP_STOP, 0, 0);
		assert_int_equal(kills(0), 0);
	}
	lab_pass(1);
	assert_int_equal(lab_first(ACT_SWEEP, 0, SIGKILL)->at - begin, SECONDS(120));
	/* Each of them got SIGTERM to all of its processes, and SIGTERM to main was sent once. */
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGTERM), COUNT(at));
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 1);
	assert_int_equal(lab_finished(), 137);
}

static void
a_term_before_the_exec_is_held_back(void **state)
{
	(void)state;
	lab_begin_in(MODE_SERVICE, false, COMMAND);
	lab.server[0].hold_fork = lab.server[0].hold_exec = true;
	lab_event(STEP_CONF, -1, 0);
	lab_clear();
	lab_event(STEP_STOP, 0, 0);
	lab.server[0].main = true;
	lab_event(STEP_SPAWNED, 0, 0);
	lab_pass(SECONDS(5));
	assert_string_equal(lab_story(), "SAY 0 STOPPING");
	lab_clear();
	lab_event(STEP_EXEC_DONE, 0, 0);
	assert_string_equal(lab_story(), "SIGNAL_GROUP 0 15, SIGNAL_GROUP 0 18");
	lab_clear();
	lab_pass(SECONDS(115) - 1);
	assert_int_equal(kills(0), 0);
	lab_pass(1);
	assert_int_equal(kills(0), 2);
	assert_int_equal(lab_is(0), IS_STOPPED);
}

static void
an_exec_that_hangs_is_killed_as_one_process(void **state)
{
	(void)state;
	lab_begin_in(MODE_SERVICE, false, "");
	lab.server[0].hold_exec = true;
	lab_event(STEP_CONF, -1, 0);
	lab_event(STEP_STOP, 0, 0);
	lab_signal(SIGTERM);
	lab_signal(SIGTERM);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, ANY) + lab_count(ACT_SWEEP, 0, ANY), 0);
	lab_clear();
	lab_pass(SECONDS(120) - 1);
	assert_int_equal(lab.records, 0);
	lab_pass(1);
	/* Its process group may still be ours. */
	assert_int_equal(lab_count(ACT_SIGNAL_GROUP, 0, ANY), 0);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGKILL), 1);
	assert_int_equal(lab_finished(), 137);
}

static void
a_fork_that_fails_ends_the_stop(void **state)
{
	(void)state;
	lab_begin_in(MODE_SERVICE, false, "");
	lab.server[0].hold_fork = true;
	lab_event(STEP_CONF, -1, 0);
	lab_event(STEP_STOP, 0, 0);
	lab_event(STEP_SPAWN_FAILED, 0, FAILURE_RETRY);
	assert_int_equal(lab_is(0), IS_STOPPED);
	lab_pass(MINUTES(60));
	assert_int_equal(lab_count(ACT_SPAWN, 0, ANY), 1);
}

static void
a_stop_during_backoff_cancels_the_restart(void **state)
{
	static const int events[] = { STEP_STOP, STEP_KILL };

	(void)state;
	for (size_t i = 0; i < COUNT(events); i++) {
		lab_up(FOREVER);
		lab_end(0, EXIT_OF(1), 0);
		assert_int_equal(lab_is(0), IS_BACKOFF);
		lab_event(events[i], 0, 0);
		assert_int_equal(lab_is(0), IS_STOPPED);
		assert_int_equal(step_deadline(&lab.m), STEP_NEVER);
		lab_pass(MINUTES(180));
		assert_int_equal(lab_count(ACT_SPAWN, 0, ANY), 0);
		assert_int_equal(kills(0), 0);
	}
	lab_up(FOREVER);
	lab_end(0, EXIT_OF(1), 0);
	lab_signal(SIGTERM);
	assert_int_equal(lab_finished(), 0);
	assert_int_equal(lab_count(ACT_SPAWN, 0, ANY), 0);
}

static void
a_start_during_backoff_does_not_wait(void **state)
{
	(void)state;
	lab_up(FOREVER);
	lab_end(0, EXIT_OF(1), 0);
	lab_event(STEP_START, 0, 0);
	assert_int_equal(lab_is(0), IS_STARTING);
	lab_pass(MINUTES(180));
	assert_int_equal(lab_count(ACT_SPAWN, 0, ANY), 1);
}

static void
a_start_while_stopping_follows_the_stop(void **state)
{
	(void)state;
	lab_up("");
	lab_event(STEP_STOP, 0, 0);
	lab_event(STEP_START, 0, 0);
	assert_int_equal(lab_is(0), IS_STOPPING);
	lab_clear();
	lab_end(0, EXIT_OF(0), 1);
	assert_int_equal(lab_count(ACT_SPAWN, 0, ANY), 0);
	lab_end_tree(0);
	assert_int_equal(lab_count(ACT_SPAWN, 0, ANY), 1);
	lab_pass(STEP_ALIVE);
	assert_int_equal(lab_is(0), IS_RUNNING);
	assert_int_equal(lab_state(0)->wish, WISH_UP);
}

static void
a_restart_is_a_stop_and_a_start_at_once(void **state)
{
	(void)state;
	lab_up(FOREVER);
	lab_end(0, EXIT_OF(1), 0);
	lab_pass(MINUTES(60) + STEP_ALIVE);
	assert_int_equal(lab_state(0)->crashes, 1);
	lab_event(STEP_RESTART, 0, 0);
	assert_int_equal(lab_is(0), IS_STOPPING);
	lab_clear();
	lab_end(0, EXIT_OF(143), 0);
	assert_int_equal(lab_is(0), IS_STARTING);
	assert_int_equal(lab_first(ACT_SPAWN, 0, ANY)->at, lab.now);
	assert_int_equal(lab_state(0)->crashes, 0);
	assert_int_equal(lab_state(0)->restarts, 0);
}

static void
a_stop_takes_a_restart_back(void **state)
{
	(void)state;
	lab_up("");
	lab_event(STEP_RESTART, 0, 0);
	lab_event(STEP_STOP, 0, 0);
	lab_end(0, EXIT_OF(143), 0);
	lab_pass(MINUTES(60));
	assert_int_equal(lab_is(0), IS_STOPPED);
	assert_int_equal(lab_count(ACT_SPAWN, 0, ANY), 0);
}

static void
a_restart_of_a_server_at_rest_starts_it(void **state)
{
	(void)state;
	lab_up("[server]\ncrash_limit = 1\n");
	lab_end(0, EXIT_OF(1), 0);
	assert_int_equal(lab_is(0), IS_FAILED);
	lab_event(STEP_RESTART, 0, 0);
	lab_pass(STEP_ALIVE);
	assert_int_equal(lab_is(0), IS_RUNNING);
}

static void
a_kill_does_not_wait(void **state)
{
	(void)state;
	lab_up("");
	lab_event(STEP_KILL, 0, 0);
	assert_string_equal(lab_story(), "SAY 0 KILL_ASKED, SIGNAL_GROUP 0 9, SWEEP 0 9, "
	    "LOOK 0 0, SAY 0 ENDED_KILLED");
	lab_pass(MINUTES(60));
	assert_int_equal(lab_is(0), IS_STOPPED);
	assert_int_equal(lab_count(ACT_SPAWN, 0, ANY), 0);
}

static void
a_kill_during_a_stop_ends_it(void **state)
{
	(void)state;
	lab_up("");
	lab_event(STEP_RESTART, 0, 0);
	lab_pass(SECONDS(10));
	lab_clear();
	lab_event(STEP_KILL, 0, 0);
	assert_int_equal(kills(0), 2);
	assert_int_equal(lab_is(0), IS_STOPPED);
}

static void
a_kill_between_fork_and_answer_is_made_up_for(void **state)
{
	(void)state;
	lab_begin_in(MODE_SERVICE, false, "");
	lab.server[0].hold_fork = true;
	lab_event(STEP_CONF, -1, 0);
	lab_event(STEP_KILL, 0, 0);
	assert_int_equal(lab_is(0), IS_STOPPING);
	lab_clear();
	lab.server[0].main = true;
	lab_event(STEP_SPAWNED, 0, 0);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGKILL), 1);
	assert_int_equal(lab_is(0), IS_STOPPED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_runs_one_second_after_the_exec),
		cmocka_unit_test(the_second_begins_with_the_exec),
		cmocka_unit_test(news_of_players_is_believed_after_the_exec_only),
		cmocka_unit_test(who_ends_within_the_second_never_ran),
		cmocka_unit_test(a_server_without_autostart_waits_for_its_start),
		cmocka_unit_test(starting_twice_is_starting_once),
		cmocka_unit_test(a_long_start_is_complained_about_every_five_minutes),
		cmocka_unit_test(start_timeout_ends_the_start),
		cmocka_unit_test(start_timeout_does_not_touch_who_runs),
		cmocka_unit_test(a_stop_is_term_then_cont),
		cmocka_unit_test(a_command_gets_its_signals_as_a_group),
		cmocka_unit_test(a_server_is_stopped_the_way_it_was_started),
		cmocka_unit_test(the_dump_comes_two_seconds_before_the_kill),
		cmocka_unit_test(the_shortest_stop_timeout_has_a_dump_near_its_end),
		cmocka_unit_test(dumps_are_for_virtual_machines),
		cmocka_unit_test(further_requests_never_bring_the_kill_forward),
		cmocka_unit_test(a_term_before_the_exec_is_held_back),
		cmocka_unit_test(an_exec_that_hangs_is_killed_as_one_process),
		cmocka_unit_test(a_fork_that_fails_ends_the_stop),
		cmocka_unit_test(a_stop_during_backoff_cancels_the_restart),
		cmocka_unit_test(a_start_during_backoff_does_not_wait),
		cmocka_unit_test(a_start_while_stopping_follows_the_stop),
		cmocka_unit_test(a_restart_is_a_stop_and_a_start_at_once),
		cmocka_unit_test(a_stop_takes_a_restart_back),
		cmocka_unit_test(a_restart_of_a_server_at_rest_starts_it),
		cmocka_unit_test(a_kill_does_not_wait),
		cmocka_unit_test(a_kill_during_a_stop_ends_it),
		cmocka_unit_test(a_kill_between_fork_and_answer_is_made_up_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
