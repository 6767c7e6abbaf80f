/* SPDX-License-Identifier: MIT */
/*
 * When another program may take the place of mcinit, and when not: the decision alone.
 */
#include "step_lab.h"

static void
ask(void)
{
	lab_clear();
	lab_event(STEP_REEXEC, -1, 0);
}

static void
answer(int can)
{
	lab_clear();
	lab_event(STEP_PROVED, -1, can);
}

static void
it_is_tried_then_executed(void **state)
{
	(void)state;
	lab_begin("[server]\n");
	ask();
	assert_string_equal(lab_story(), "PROVE -1 0");
	answer(1);
	assert_string_equal(lab_story(), "REEXEC -1 0");
	/* And once more. */
	ask();
	assert_string_equal(lab_story(), "PROVE -1 0");
}

static void
one_that_cannot_changes_nothing(void **state)
{
	struct step_machine before;

	(void)state;
	lab_begin("[server]\n");
	before = lab.m;
	ask();
	answer(0);
	assert_string_equal(lab_story(), "");
	assert_memory_equal(&before, &lab.m, sizeof(before));
}

static void
one_at_a_time(void **state)
{
	(void)state;
	lab_begin("[server]\n");
	ask();
	ask();
	assert_string_equal(lab_story(), "");
}

static void
one_that_says_nothing_is_given_up(void **state)
{
	(void)state;
	lab_begin("[server]\nstart_timeout = 1h\ntype = vanilla\n");
	ask();
	lab_pass(STEP_PROOF - 1);
	assert_int_equal(lab_count(ACT_UNPROVE, -1, ANY), 0);
	lab_clear();
	lab_pass(1);
	assert_int_equal(lab_count(ACT_UNPROVE, -1, ANY), 1);
	assert_int_equal(lab_count(ACT_ANSWER, -1, SAY_NO_PROOF), 1);
	assert_int_equal(lab_count(ACT_SAY, -1, SAY_NO_PROOF), 1);
	/* What it says then comes too late. */
	answer(1);
	assert_string_equal(lab_story(), "");
}

static void
nobody_takes_the_place_of_one_that_leaves(void **state)
{
	(void)state;
	lab_begin("[server]\ntype = generic\n");
	lab_event(STEP_STOP, 0, 0);
	lab_end(0, EXIT_OF(0), 0);
	assert_int_equal(lab_is(0), IS_STOPPED);
	ask();
	/* Only the consoles are waited for. */
	lab.m.whole.closing = lab.m.whole.ending = true;
	lab.m.whole.deadline[WHOLE_CLOSE] = lab.now + STEP_DRAIN;
	answer(1);
	assert_int_equal(lab_count(ACT_REEXEC, -1, ANY), 0);
	assert_int_equal(lab_count(ACT_ANSWER, -1, SAY_NO_REEXEC), 1);
	ask();
	assert_int_equal(lab_count(ACT_PROVE, -1, ANY), 0);
	assert_int_equal(lab_count(ACT_ANSWER, -1, SAY_NO_REEXEC), 1);
}

static void
a_stop_goes_on_in_it(void **state)
{
	(void)state;
	lab_begin("[server]\ntype = vanilla\n");
	lab_event(STEP_SIGNAL, -1, SIGTERM);
	ask();
	answer(1);
	assert_int_equal(lab_count(ACT_REEXEC, -1, ANY), 1);
	assert_int_equal(lab_is(0), IS_STOPPING);
}

static void
who_takes_over_by_hand_waits_for_no_proof(void **state)
{
	(void)state;
	lab_begin("[server]\n");
	ask();
	lab_event(STEP_ADOPTED, -1, 0);
	lab_clear();
	lab_pass(2 * STEP_PROOF);
	assert_int_equal(lab_count(ACT_UNPROVE, -1, ANY), 0);
	ask();
	assert_int_equal(lab_count(ACT_PROVE, -1, ANY), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_tried_then_executed),
		cmocka_unit_test(one_that_cannot_changes_nothing),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(one_that_says_nothing_is_given_up),
		cmocka_unit_test(nobody_takes_the_place_of_one_that_leaves),
		cmocka_unit_test(a_stop_goes_on_in_it),
		cmocka_unit_test(who_takes_over_by_hand_waits_for_no_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
