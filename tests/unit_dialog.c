/* SPDX-License-Identifier: MIT */
/*
 * RCON as the decision sees it: when it is opened, whose turn it is, what has no reply, and that
 * nothing is ever said behind a stop command.
 */
#include "rcon_decide.h"

/* ---- the connection ---- */

static void
it_is_opened_when_the_server_says_so(void **state)
{
	(void)state;
	lab.rcon = true;
	lab_begin(GAME);
	lab_clear();
	mark(MARKER_READY);
	assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 0);
	mark(MARKER_RCON_UP);
	assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 1);
	assert_int_equal(lab_said(0, SAY_RCON_UP), 1);
}

static void
one_that_opens_it_first_is_asked_when_it_is_ready(void **state)
{
	(void)state;
	lab.rcon = true;
	lab_begin(GAME);
	mark(MARKER_RCON_UP);
	assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 0);
	mark(MARKER_READY);
	assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 1);
}

static void
one_that_does_not_say_so_is_tried_a_moment_later(void **state)
{
	(void)state;
	lab.rcon = true;
	lab_begin(GAME);
	mark(MARKER_READY);
	lab_clear();
	lab_pass(STEP_ALIVE);
	assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 1);
	assert_int_equal(lab_state(0)->rcon, RCON_UP);
}

static void
what_is_lost_is_tried_again_later_and_later_then_said_once(void **state)
{
	static const int64_t waits[] = { 1000, 2000, 4000 };

	(void)state;
	up_with_rcon("[server]\ntype = paper\nhealth_interval = 0\n");
	for (size_t i = 0; i < COUNT(waits); i++) {
		lab_state(0)->rcon = RCON_UP;
		lab_event(STEP_RCON_DOWN, 0, RCON_END_REFUSED);
		lab_clear();
		lab_pass(waits[i] - 1);
		assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 0);
		lab.m.server[0].rcon_tries = (int32_t)i + 1;
		lab_pass(1);
		assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 1);
		lab.m.server[0].rcon_tries = (int32_t)i + 1;
	}
	lab_event(STEP_RCON_DOWN, 0, RCON_END_REFUSED);
	lab_event(STEP_RCON_DOWN, 0, RCON_END_REFUSED);
	assert_int_equal(lab_said(0, SAY_RCON_AWAY), 1);
	lab_clear();
	lab_pass(MINUTES(60));
	assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 0);
	/* Until somebody wants it. */
	lab_event(STEP_ASKED, 0, 1);
	assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 1);
	assert_int_equal(asked(ASK_CLIENT), 1);
}

static void
an_opening_that_takes_too_long_is_given_up(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.m.server[0].rcon = RCON_OPENING;
	lab.m.server[0].deadline[TIMER_RCON] = lab.now + SECONDS(10);
	lab_pass(SECONDS(10));
	assert_int_equal(lab_count(ACT_RCON_CLOSE, 0, ANY), 1);
	assert_int_equal(lab.m.server[0].rcon, RCON_AWAY);
}

static void
a_server_without_rcon_is_asked_once_in_its_life(void **state)
{
	(void)state;
	lab.rcon = false;
	lab_begin(GAME);
	mark(MARKER_READY);
	mark(MARKER_RCON_UP);
	assert_int_equal(lab_state(0)->rcon, RCON_NONE);
	lab_pass(MINUTES(100));
	assert_int_equal(lab_state(0)->rcon, RCON_NONE);
	lab_event(STEP_ASKED, 0, 3);
	assert_int_equal(refused(3), REFUSED_NO_RCON);
}

/* ---- clients ---- */

static void
one_question_at_a_time_and_each_has_its_turn(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	for (int client = 0; client < 4; client++)
		lab_event(STEP_ASKED, 0, client);
	assert_int_equal(asked(ASK_CLIENT), 1);
	for (int n = 2; n <= 4; n++) {
		lab_event(STEP_ANSWERED, 0, -1);
		assert_int_equal(asked(ASK_CLIENT), n);
		/* Who asks again comes behind the others. */
		lab_event(STEP_ASKED, 0, lab_state(0)->client == 1 ? 1 : 0);
	}
	for (int client = 0; client < 4; client++) {
		int n = 0;

		for (int i = 0; i < lab.records; i++)
			n += lab_fits(&lab.record[i], ACT_ASK, 0, ASK_CLIENT) && lab.record[i].act.b == client;
		assert_int_equal(n, 1);
	}
}

static void
who_has_gone_is_not_served(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_ASKED, 0, 0);
	lab_event(STEP_ASKED, 0, 5);
	lab_event(STEP_UNASKED, 0, 5);
	lab_event(STEP_ANSWERED, 0, -1);
	assert_int_equal(asked(ASK_CLIENT), 1);
}

static void
a_reply_that_is_late_costs_the_connection_and_the_next_is_served(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_ASKED, 0, 0);
	lab_event(STEP_ASKED, 0, 7);
	lab_pass(SECONDS(10) - 1);
	assert_int_equal(refused(0), -1);
	lab_pass(1);
	assert_int_equal(refused(0), REFUSED_LATE);
	assert_int_equal(lab_count(ACT_RCON_CLOSE, 0, ANY), 1);
	/* By another connection, at once. */
	assert_int_equal(refused(7), -1);
	assert_int_equal(asked(ASK_CLIENT), 2);
}

/* Line by line: whole when nothing more comes, and not waited for any longer than another. */
static void
a_reply_of_lines_is_whole_after_a_pause(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_ASKED, 0, 0);
	lab_pass(SECONDS(1));
	lab_event(STEP_REPLYING, 0, 0);
	lab_pass(STEP_REPLY_PAUSE - 1);
	lab_event(STEP_REPLYING, 0, 0);
	lab_pass(STEP_REPLY_PAUSE - 1);
	assert_int_equal(lab_count(ACT_SETTLE, 0, ANY), 0);
	lab_pass(1);
	assert_int_equal(lab_count(ACT_SETTLE, 0, ANY), 1);
	lab_pass(STEP_REPLY_PAUSE);
	assert_int_equal(lab_count(ACT_SETTLE, 0, ANY), 1);
	lab_event(STEP_ANSWERED, 0, STEP_ANSWER);
	assert_int_equal(refused(0), -1);
	assert_int_equal(lab_state(0)->asks, ASK_NOTHING);
}

static void
lines_without_an_end_are_late_all_the_same(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_ASKED, 0, 0);
	for (int i = 0; i < 199; i++) {
		lab_event(STEP_REPLYING, 0, 0);
		lab_pass(STEP_REPLY_PAUSE / 2);
	}
	assert_int_equal(refused(0), -1);
	lab_event(STEP_REPLYING, 0, 0);
	lab_pass(STEP_REPLY_PAUSE / 2);
	assert_int_equal(refused(0), REFUSED_LATE);
	assert_int_equal(lab_count(ACT_SETTLE, 0, ANY), 0);
}

static void
a_stop_behind_lines_waits_as_long_as_behind_any_other_reply(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_ASKED, 0, 0);
	lab_event(STEP_STOP, 0, 0);
	for (int i = 0; i < 39; i++) {
		lab_event(STEP_REPLYING, 0, 0);
		lab_pass(STEP_REPLY_PAUSE / 2);
	}
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 0);
	lab_event(STEP_REPLYING, 0, 0);
	lab_pass(STEP_REPLY_PAUSE / 2);
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 1);
}

static void
a_probe_that_was_overdue_has_its_time_anew_when_it_is_replied_to(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_pass(SECONDS(60) + SECONDS(10));
	assert_true(lab_state(0)->overdue);
	lab_event(STEP_REPLYING, 0, 0);
	assert_false(lab_state(0)->overdue);
	lab_pass(STEP_REPLY_PAUSE);
	assert_int_equal(lab_count(ACT_SETTLE, 0, ANY), 1);
	lab_event(STEP_ANSWERED, 0, 2);
	assert_int_equal(lab_state(0)->players, 2);
	assert_int_equal(lab_state(0)->misses, 0);
}

static void
nobody_is_served_who_cannot_be(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	mark(MARKER_STOPPING);
	lab_event(STEP_ASKED, 0, 1);
	assert_int_equal(refused(1), REFUSED_STOPPING);
	lab_end(0, EXIT_OF(0), 0);
	lab_event(STEP_ASKED, 0, 2);
	assert_int_equal(refused(2), REFUSED_DOWN);
	assert_int_equal(asked(ASK_CLIENT), 0);
}

/* ---- the stop ---- */

static void
the_stop_command_goes_by_rcon_and_not_by_the_console(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(asked(ASK_STOP), 1);
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 0);
	assert_int_equal(lab_count(ACT_RCON_CLOSE, 0, ANY), 1);
	lab_clear();
	lab_pass(SECONDS(80));
	/* Nothing is said by RCON behind it, and nothing typed. */
	assert_int_equal(lab_count(ACT_ASK, 0, ANY) + lab_count(ACT_RCON_OPEN, 0, ANY) +
	    lab_count(ACT_COMMAND, 0, ANY), 0);
	lab_pass(SECONDS(4));
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 1);
}

static void
without_a_reply_it_is_typed_two_seconds_later(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_STOP, 0, 0);
	lab_pass(STEP_STOP_REPLY - 1);
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 0);
	lab_pass(1);
	assert_int_equal(lab_said(0, SAY_NO_REPLY), 1);
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 1);
	assert_int_equal(asked(ASK_STOP), 1);
}

static void
without_a_reply_but_with_a_word_on_its_console_it_is_not_typed(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_STOP, 0, 0);
	mark(MARKER_STOPPING);
	lab_pass(SECONDS(10));
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 0);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 0);
}

static void
a_lost_connection_is_no_reply(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_STOP, 0, 0);
	lab_event(STEP_RCON_DOWN, 0, RCON_END_LOST);
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 1);
	assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 0);
}

static void
it_waits_for_what_is_asked_already_but_not_for_long(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_ASKED, 0, 0);
	lab_event(STEP_ASKED, 0, 9);
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(refused(9), REFUSED_STOPPING);
	assert_int_equal(asked(ASK_STOP), 0);
	lab_event(STEP_ANSWERED, 0, -1);
	assert_int_equal(asked(ASK_STOP), 1);
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_ASKED, 0, 0);
	lab_event(STEP_STOP, 0, 0);
	lab_pass(STEP_STOP_REPLY);
	assert_int_equal(refused(0), REFUSED_LATE);
	assert_int_equal(asked(ASK_STOP), 0);
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 1);
}

static void
behind_what_a_client_says_to_end_it_nothing_is_said(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_ASKED, 0, 0);
	lab_event(STEP_ASKED, 0, 1);
	/* "stop": what the console says of it comes later. */
	lab_event(STEP_FINAL, 0, 0);
	lab_event(STEP_ANSWERED, 0, STEP_ANSWER);
	assert_int_equal(asked(ASK_CLIENT), 1);
	assert_int_equal(refused(1), REFUSED_STOPPING);
	lab_pass(STEP_HUSH - 1);
	assert_int_equal(lab_count(ACT_ASK, 0, ANY), 1);
	assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 0);
	/* It was "restart", of which it knows nothing. */
	lab_pass(1);
	assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 1);
}

/* Nor when there was no reply, or no more of the connection, or of the mcinit that had it. */
static void
nothing_is_said_behind_it_without_a_reply_either(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		up_with_rcon(GAME);
		lab.deaf = true;
		lab_event(STEP_ASKED, 0, 0);
		lab_event(STEP_FINAL, 0, 0);
		lab_event(STEP_ASKED, 0, 1);
		lab_clear();
		if (how == 0)
			lab_pass(SECONDS(10));
		else
			lab_event(how == 1 ? STEP_RCON_DOWN : STEP_RESUMED, how == 1 ? 0 : -1, RCON_END_LOST);
		assert_int_equal(refused(0), how == 0 ? REFUSED_LATE : -1);
		assert_int_equal(refused(1), how == 2 ? -1 : REFUSED_STOPPING);
		lab_pass(STEP_HUSH - 1);
		assert_int_equal(lab_count(ACT_ASK, 0, ANY) + lab_count(ACT_RCON_OPEN, 0, ANY), 0);
		lab_pass(1);
		assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 1);
	}
}

static void
what_stops_already_is_not_told_to(void **state)
{
	(void)state;
	up_with_rcon("[server]\ntype = paper\nstop_warn = 10\n");
	lab.online = 3;
	lab_event(STEP_STOP, 0, 0);
	mark(MARKER_STOPPING);
	lab_clear();
	lab_pass(SECONDS(60));
	assert_int_equal(lab_count(ACT_ASK, 0, ANY) + lab_count(ACT_COMMAND, 0, ANY) +
	    lab_count(ACT_WARN, 0, ANY), 0);
	up_with_rcon(GAME);
	mark(MARKER_STOPPING);
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(lab_count(ACT_ASK, 0, ANY) + lab_count(ACT_COMMAND, 0, ANY), 0);
	assert_int_equal(lab_is(0), IS_STOPPING);
}

static void
a_second_stop_takes_back_what_waits_for_its_turn(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_ASKED, 0, 0);
	lab_signal(SIGTERM);
	lab_signal(SIGTERM);
	assert_int_equal(lab_count(ACT_SWEEP, 0, SIGTERM), 1);
	lab_event(STEP_ANSWERED, 0, -1);
	assert_int_equal(asked(ASK_STOP), 0);
}

static void
what_was_not_said_proves_nothing(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_pass(MINUTES(3) + SECONDS(10));
	assert_true(lab_state(0)->unhealthy);
	lab_event(STEP_ANSWERED, 0, STEP_NOT_ASKED);
	assert_true(lab_state(0)->unhealthy);
}

static void
another_image_says_it_not_again(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_STOP, 0, 0);
	lab_clear();
	lab_event(STEP_RESUMED, -1, 0);
	lab_pass(STEP_STOP_REPLY - 1);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 0);
	lab_pass(1);
	/* Nobody knows whether it arrived. */
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY) + asked(ASK_STOP), 0);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 1);
	/* Its console tells that it did. */
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_STOP, 0, 0);
	lab_clear();
	lab_event(STEP_RESUMED, -1, 0);
	mark(MARKER_STOPPING);
	lab_pass(SECONDS(60));
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY) + asked(ASK_STOP) +
	    lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 0);
}

static void
another_image_connects_anew(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab_event(STEP_RESUMED, -1, 0);
	assert_int_equal(lab_count(ACT_RCON_OPEN, 0, ANY), 1);
	assert_int_equal(lab_state(0)->rcon, RCON_UP);
	assert_int_equal(lab_state(0)->clients, 0);
}

static void
the_next_start_has_rcon_again(void **state)
{
	(void)state;
	up_with_rcon("[server]\ntype = paper\nrestart = always\n");
	lab_event(STEP_RESTART, 0, 0);
	lab_end(0, EXIT_OF(0), 0);
	lab_event(STEP_DRAINED, 0, 0);
	mark(MARKER_READY);
	mark(MARKER_RCON_UP);
	assert_int_equal(lab_state(0)->rcon, RCON_UP);
	lab_clear();
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(asked(ASK_STOP), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_opened_when_the_server_says_so),
		cmocka_unit_test(one_that_opens_it_first_is_asked_when_it_is_ready),
		cmocka_unit_test(one_that_does_not_say_so_is_tried_a_moment_later),
		cmocka_unit_test(what_is_lost_is_tried_again_later_and_later_then_said_once),
		cmocka_unit_test(an_opening_that_takes_too_long_is_given_up),
		cmocka_unit_test(a_server_without_rcon_is_asked_once_in_its_life),
		cmocka_unit_test(one_question_at_a_time_and_each_has_its_turn),
		cmocka_unit_test(who_has_gone_is_not_served),
		cmocka_unit_test(a_reply_that_is_late_costs_the_connection_and_the_next_is_served),
		cmocka_unit_test(a_reply_of_lines_is_whole_after_a_pause),
		cmocka_unit_test(lines_without_an_end_are_late_all_the_same),
		cmocka_unit_test(a_stop_behind_lines_waits_as_long_as_behind_any_other_reply),
		cmocka_unit_test(a_probe_that_was_overdue_has_its_time_anew_when_it_is_replied_to),
		cmocka_unit_test(nobody_is_served_who_cannot_be),
		cmocka_unit_test(the_stop_command_goes_by_rcon_and_not_by_the_console),
		cmocka_unit_test(without_a_reply_it_is_typed_two_seconds_later),
		cmocka_unit_test(without_a_reply_but_with_a_word_on_its_console_it_is_not_typed),
		cmocka_unit_test(a_lost_connection_is_no_reply),
		cmocka_unit_test(it_waits_for_what_is_asked_already_but_not_for_long),
		cmocka_unit_test(behind_what_a_client_says_to_end_it_nothing_is_said),
		cmocka_unit_test(nothing_is_said_behind_it_without_a_reply_either),
		cmocka_unit_test(what_stops_already_is_not_told_to),
		cmocka_unit_test(a_second_stop_takes_back_what_waits_for_its_turn),
		cmocka_unit_test(what_was_not_said_proves_nothing),
		cmocka_unit_test(another_image_says_it_not_again),
		cmocka_unit_test(another_image_connects_anew),
		cmocka_unit_test(the_next_start_has_rcon_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
