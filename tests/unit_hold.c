/* SPDX-License-Identifier: MIT */
/*
 * Who keeps a server from saving, as the decision sees it: save-on is said when the last has gone, by RCON
 * or on the console, once, and never behind a stop.
 */
#include "rcon_decide.h"

static int
typed(void)
{
	return lab_count(ACT_SAVE_ON, 0, ANY);
}

static void
by_rcon_when_the_last_has_gone(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab_event(STEP_HOLD, 0, 3);
	lab_event(STEP_HOLD, 0, 4);
	lab_pass(MINUTES(10));
	lab_event(STEP_UNHOLD, 0, 3);
	assert_int_equal(asked(ASK_SAVE_ON), 0);
	lab_event(STEP_UNHOLD, 0, 4);
	assert_int_equal(asked(ASK_SAVE_ON), 1);
	assert_int_equal(typed(), 0);
	assert_false(lab_state(0)->save_off);
	/* One that held nothing. */
	lab_event(STEP_UNHOLD, 0, 4);
	lab_pass(MINUTES(10));
	assert_int_equal(asked(ASK_SAVE_ON), 1);
}

static void
behind_what_waits_for_its_reply_and_before_all_others(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_HOLD, 0, 3);
	lab_event(STEP_ASKED, 0, 0);
	lab_event(STEP_ASKED, 0, 1);
	lab_event(STEP_UNHOLD, 0, 3);
	assert_int_equal(asked(ASK_SAVE_ON), 0);
	lab_event(STEP_ANSWERED, 0, STEP_ANSWER);
	assert_int_equal(asked(ASK_SAVE_ON), 1);
	assert_int_equal(asked(ASK_CLIENT), 1);
}

static void
on_the_console_where_rcon_is_not_or_does_not_answer(void **state)
{
	(void)state;
	lab.rcon = false;
	lab_begin(GAME);
	mark(MARKER_READY);
	lab_clear();
	lab_event(STEP_HOLD, 0, 3);
	lab_event(STEP_UNHOLD, 0, 3);
	assert_int_equal(typed(), 1);
	assert_false(lab_state(0)->save_off);
	/* No reply. */
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_HOLD, 0, 3);
	lab_event(STEP_UNHOLD, 0, 3);
	assert_int_equal(asked(ASK_SAVE_ON), 1);
	assert_int_equal(typed(), 0);
	lab_pass(SECONDS(10));
	assert_int_equal(typed(), 1);
	/* The connection is lost while it waits for its turn, and no other is to be had. */
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_ASKED, 0, 0);
	lab_event(STEP_HOLD, 0, 3);
	lab_event(STEP_UNHOLD, 0, 3);
	lab.rcon = false;
	lab_event(STEP_RCON_DOWN, 0, RCON_END_LOST);
	assert_int_equal(typed(), 1);
}

static void
another_image_says_it(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab_event(STEP_HOLD, 0, 3);
	lab_event(STEP_RESUMED, -1, 0);
	assert_int_equal(lab_state(0)->holders, 0);
	assert_int_equal(asked(ASK_SAVE_ON) + typed(), 1);
	assert_false(lab_state(0)->save_off);
	/* It was being said. */
	up_with_rcon(GAME);
	lab.deaf = true;
	lab_event(STEP_HOLD, 0, 3);
	lab_event(STEP_UNHOLD, 0, 3);
	assert_int_equal(asked(ASK_SAVE_ON), 1);
	lab.deaf = false;
	lab_event(STEP_RESUMED, -1, 0);
	assert_int_equal(asked(ASK_SAVE_ON), 2);
	assert_false(lab_state(0)->save_off);
}

static void
never_behind_a_stop_and_not_to_the_next_life(void **state)
{
	(void)state;
	up_with_rcon(GAME);
	lab_event(STEP_HOLD, 0, 3);
	lab_event(STEP_STOP, 0, 0);
	lab_event(STEP_UNHOLD, 0, 3);
	assert_int_equal(asked(ASK_SAVE_ON) + typed(), 0);
	up_with_rcon(GAME);
	lab_event(STEP_HOLD, 0, 3);
	mark(MARKER_STOPPING);
	lab_event(STEP_UNHOLD, 0, 3);
	assert_int_equal(asked(ASK_SAVE_ON) + typed(), 0);
	up_with_rcon(GAME);
	lab_event(STEP_HOLD, 0, 3);
	lab_end(0, EXIT_OF(1), 0);
	lab_event(STEP_DRAINED, 0, 0);
	lab_pass(MINUTES(1));
	mark(MARKER_READY);
	mark(MARKER_RCON_UP);
	assert_int_equal(lab_is(0), IS_RUNNING);
	lab_event(STEP_UNHOLD, 0, 3);
	assert_int_equal(asked(ASK_SAVE_ON) + typed(), 0);
	assert_false(lab_state(0)->save_off);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_rcon_when_the_last_has_gone),
		cmocka_unit_test(behind_what_waits_for_its_reply_and_before_all_others),
		cmocka_unit_test(on_the_console_where_rcon_is_not_or_does_not_answer),
		cmocka_unit_test(another_image_says_it),
		cmocka_unit_test(never_behind_a_stop_and_not_to_the_next_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
