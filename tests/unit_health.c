/* SPDX-License-Identifier: MIT */
/*
 * Whether a running server answers, as the decision sees it; and the end of one that the kernel killed.
 */
#include "rcon_decide.h"

#define ACTION	"[server]\ntype = paper\nhealth_action = restart\n"

static void
it_is_asked_each_interval(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab_pass(MINUTES(1) - 1);
	assert_int_equal(asked(ASK_PROBE), 0);
	lab_pass(1);
	assert_int_equal(asked(ASK_PROBE), 1);
	lab_pass(MINUTES(9));
	assert_int_equal(asked(ASK_PROBE), 10);
	up_with_rcon("[server]\ntype = paper\nhealth_interval = 0\n");
	lab_pass(MINUTES(100));
	assert_int_equal(asked(ASK_PROBE), 0);
}

static void
players_are_counted_by_the_way(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.online = 7;
	lab_pass(MINUTES(1));
	assert_int_equal(lab_state(0)->players, 7);
	lab.online = -1;
	lab_pass(MINUTES(1));
	assert_int_equal(lab_state(0)->players, 7);
}

static void
so_many_misses_in_a_row_make_it_unhealthy_and_an_answer_well(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	/* The first probe after a minute, its miss 10 s later; then one each minute. */
	lab_pass(MINUTES(3) + SECONDS(10) - 1);
	assert_int_equal(lab_said(0, SAY_UNHEALTHY), 0);
	lab_pass(1);
	assert_int_equal(lab_said(0, SAY_UNHEALTHY), 1);
	assert_true(lab_state(0)->unhealthy);
	lab_pass(MINUTES(10));
	assert_int_equal(lab_said(0, SAY_UNHEALTHY), 1);
	/* One miss for each question; nothing is asked behind one without a reply but by another connection. */
	assert_int_equal(asked(ASK_PROBE), lab_said(0, SAY_MISSED));
	assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), asked(ASK_PROBE) - 1);
	assert_int_equal(lab_is(0), IS_RUNNING);
	lab_event(STEP_ANSWERED, 0, 0);
	assert_int_equal(lab_said(0, SAY_HEALTHY), 1);
	assert_false(lab_state(0)->unhealthy);
	/* Meanwhile nobody waits for it. */
	lab_pass(MINUTES(2));
	lab_event(STEP_ASKED, 0, 4);
	assert_int_equal(refused(4), REFUSED_DEAF);
}

static void
one_that_hangs_is_dumped_ended_and_started_again(void **state)
{
	(void)state;
	up_with_rcon(ACTION);
	lab.deaf = true;
	lab_pass(MINUTES(3) + SECONDS(10));
	assert_int_equal(lab_said(0, SAY_HUNG), 1);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGQUIT), 1);
	assert_int_equal(asked(ASK_STOP), 0);
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 1);
	lab_pass(STEP_TERM_SOON);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 1);
	lab_end(0, EXIT_OF(143), 0);
	lab_event(STEP_DRAINED, 0, 0);
	assert_int_equal(lab_state(0)->reason, REASON_HUNG);
	assert_int_equal(lab_is(0), IS_BACKOFF);
}

static void
a_probe_behind_a_command_is_no_miss(void **state)
{
	(void)state;
	up_with_rcon("[server]\ntype = paper\nrcon_timeout = 5m\nhealth_interval = 5s\n");
	lab.deaf = true;
	lab_event(STEP_ASKED, 0, 0);
	lab_pass(MINUTES(4));
	assert_int_equal(lab_said(0, SAY_MISSED), 0);
}

static void
clients_that_ask_all_the_time_do_not_hide_that_it_hangs(void **state)
{
	(void)state;
	up_with_rcon("[server]\ntype = paper\nhealth_action = restart\nrcon_timeout = 10s\n");
	lab.deaf = true;
	for (int i = 0; i < 60 && lab_is(0) == IS_RUNNING; i++) {
		lab_event(STEP_ASKED, 0, i % STEP_CLIENTS);
		lab_pass(SECONDS(5));
	}
	assert_int_equal(lab_said(0, SAY_HUNG), 1);
}

static void
one_question_is_missed_once_while_its_time_is_not_over(void **state)
{
	(void)state;
	up_with_rcon("[server]\ntype = paper\nhealth_interval = 5s\nrcon_timeout = 10s\n");
	lab.deaf = true;
	lab_pass(SECONDS(15) - 1);
	assert_int_equal(lab_said(0, SAY_MISSED), 0);
	lab_pass(1);
	assert_int_equal(lab_said(0, SAY_MISSED), 1);
}

/* It hangs up instead, or does not say anything to that one question. */
static void
a_reply_that_is_lost_is_one_miss(void **state)
{
	(void)state;
	for (int hangs_up = 0; hangs_up < 2; hangs_up++) {
		up_with_rcon("[server]\ntype = paper\nhealth_action = restart\nhealth_failures = 2\n");
		lab.deaf = true;
		lab_pass(MINUTES(1) + SECONDS(10));
		assert_int_equal(lab_said(0, SAY_MISSED), 1);
		lab.deaf = false;
		if (hangs_up)
			lab_event(STEP_RCON_DOWN, 0, RCON_END_LOST);
		lab_pass(MINUTES(10));
		assert_int_equal(lab_said(0, SAY_MISSED), 1);
		assert_int_equal(lab_is(0), IS_RUNNING);
	}
}

static void
one_that_ends_by_itself_is_not_called_hung(void **state)
{
	(void)state;
	up_with_rcon("[server]\ntype = paper\nhealth_action = restart\nhealth_command = ./well.sh\n");
	mark(MARKER_STOPPING);
	for (int i = 0; i < 10; i++) {
		lab_pass(MINUTES(1));
		lab_event(STEP_HEALTH, 0, 0);
	}
	assert_int_equal(lab_said(0, SAY_HUNG), 0);
	assert_int_equal(lab_is(0), IS_RUNNING);
}

static void
one_that_sleeps_is_left_alone(void **state)
{
	(void)state;
	up_with_rcon(ACTION);
	lab.deaf = true;
	mark(MARKER_PAUSED);
	lab_pass(MINUTES(100));
	assert_int_equal(asked(ASK_PROBE), 0);
	assert_int_equal(lab_is(0), IS_RUNNING);
	mark(MARKER_JOINED);
	lab_pass(MINUTES(1));
	assert_int_equal(asked(ASK_PROBE), 1);
}

static void
a_connection_that_cannot_be_had_again_is_a_miss(void **state)
{
	(void)state;
	up_with_rcon("[server]\ntype = paper\nrcon_retry = 0\n");
	lab_event(STEP_RCON_DOWN, 0, RCON_END_LOST);
	lab.m.server[0].rcon = RCON_AWAY;
	lab_clear();
	lab_pass(MINUTES(1));
	assert_int_equal(lab_said(0, SAY_MISSED), 1);
	/* And the moment to try. */
	assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 1);
}

static void
a_stop_ends_it(void **state)
{
	(void)state;
	up_with_rcon(ACTION);
	lab.deaf = true;
	lab_pass(MINUTES(1));
	lab_event(STEP_STOP, 0, 0);
	lab_pass(SECONDS(100));
	assert_int_equal(lab_said(0, SAY_HUNG) + lab_said(0, SAY_UNHEALTHY), 0);
}

/* ---- by a command ---- */

#define COMMAND	"[server]\ntype = paper\nhealth_command = ./well.sh\n"

static void
a_command_tells_too(void **state)
{
	(void)state;
	up_with_rcon(COMMAND "health_failures = 2\n");
	lab_pass(MINUTES(1));
	assert_int_equal(lab_count(ACT_CHECK, 0, ANY), 1);
	assert_int_equal(asked(ASK_PROBE), 0);
	lab_event(STEP_HEALTH, 0, 1);
	assert_int_equal(lab_said(0, SAY_MISSED), 0);
	for (int i = 0; i < 2; i++) {
		lab_pass(MINUTES(1));
		lab_event(STEP_HEALTH, 0, 0);
	}
	assert_int_equal(lab_said(0, SAY_UNHEALTHY), 1);
	assert_int_equal(lab_count(ACT_CHECK, 0, ANY), 3);
}

static void
a_command_that_hangs_is_ended_and_a_miss(void **state)
{
	(void)state;
	up_with_rcon(COMMAND);
	lab_pass(MINUTES(1) + SECONDS(10));
	assert_int_equal(lab_count(ACT_UNCHECK, 0, ANY), 1);
	assert_int_equal(lab_said(0, SAY_MISSED), 1);
	/* Its end comes late, and says nothing. */
	lab_event(STEP_HEALTH, 0, 0);
	assert_int_equal(lab_said(0, SAY_MISSED), 1);
	lab_pass(MINUTES(1));
	assert_int_equal(lab_count(ACT_CHECK, 0, ANY), 2);
}

static void
without_rcon_a_command_is_asked(void **state)
{
	(void)state;
	lab.rcon = false;
	lab_begin(COMMAND);
	mark(MARKER_READY);
	lab_clear();
	lab_pass(MINUTES(1));
	assert_int_equal(lab_count(ACT_CHECK, 0, ANY), 1);
}

/* ---- want of memory ---- */

static void
who_is_killed_for_want_of_memory_is_called_so(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab_event(STEP_OOM_KILL, 0, 0);
	lab_end(0, SIGKILL, 0);
	lab_event(STEP_DRAINED, 0, 0);
	assert_int_equal(lab_state(0)->reason, REASON_OOM_KILLED);
	assert_int_equal(lab_said(0, SAY_OOM_KILLED), 1);
	assert_int_equal(lab_is(0), IS_BACKOFF);
	/* A start script tells of it by its exit code. */
	up_with_rcon(GAME);
	lab_event(STEP_OOM_KILL, 0, 0);
	lab_end(0, EXIT_OF(137), 0);
	lab_event(STEP_DRAINED, 0, 0);
	assert_int_equal(lab_state(0)->reason, REASON_OOM_KILLED);
	/* Somebody else was killed for it. */
	up_with_rcon(GAME);
	lab_event(STEP_OOM_KILL, 0, 0);
	lab_end(0, EXIT_OF(1), 0);
	lab_event(STEP_DRAINED, 0, 0);
	assert_int_equal(lab_state(0)->reason, REASON_CRASHED);
}

static void
our_own_sigkill_is_no_want_of_memory(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_STOP, 0, 0);
	lab_pass(SECONDS(120));
	lab_event(STEP_DRAINED, 0, 0);
	assert_int_equal(lab_state(0)->reason, REASON_HUNG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_asked_each_interval),
		cmocka_unit_test(players_are_counted_by_the_way),
		cmocka_unit_test(so_many_misses_in_a_row_make_it_unhealthy_and_an_answer_well),
		cmocka_unit_test(one_that_hangs_is_dumped_ended_and_started_again),
		cmocka_unit_test(a_probe_behind_a_command_is_no_miss),
		cmocka_unit_test(clients_that_ask_all_the_time_do_not_hide_that_it_hangs),
		cmocka_unit_test(one_question_is_missed_once_while_its_time_is_not_over),
		cmocka_unit_test(a_reply_that_is_lost_is_one_miss),
		cmocka_unit_test(one_that_ends_by_itself_is_not_called_hung),
		cmocka_unit_test(one_that_sleeps_is_left_alone),
		cmocka_unit_test(a_connection_that_cannot_be_had_again_is_a_miss),
		cmocka_unit_test(a_stop_ends_it),
		cmocka_unit_test(a_command_tells_too),
		cmocka_unit_test(a_command_that_hangs_is_ended_and_a_miss),
		cmocka_unit_test(without_rcon_a_command_is_asked),
		cmocka_unit_test(who_is_killed_for_want_of_memory_is_called_so),
		cmocka_unit_test(our_own_sigkill_is_no_want_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
