/* SPDX-License-Identifier: MIT */
/*
 * When the first state of all servers is known, and with which code who waits for it returns.
 */
#include "step_lab.h"

static int
settled(void)
{
	return step_settled(lab.conf, &lab.m);
}

static void
each_state_is_one_that_is_waited_for_or_not(void **state)
{
	(void)state;
	lab_begin("[server]\ntype = vanilla\n");
	assert_int_equal(lab_is(0), IS_STARTING);
	assert_int_equal(settled(), -1);
	lab_event(STEP_READY, 0, 0);
	assert_int_equal(settled(), 0);
	lab_end(0, EXIT_OF(1), 0);
	assert_int_equal(lab_is(0), IS_BACKOFF);
	assert_int_equal(settled(), -1);
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(lab_is(0), IS_STOPPED);
	assert_int_equal(settled(), 0);
}

static void
a_server_that_gave_up_is_an_answer(void **state)
{
	(void)state;
	lab_begin("[server]\nrestart = no\n");
	lab_end(0, EXIT_OF(7), 0);
	assert_int_equal(lab_is(0), IS_FAILED);
	assert_int_equal(settled(), 7);
	lab_begin("[server]\ncrash_limit = 1\n");
	lab_end(0, EXIT_OF(7), 0);
	assert_int_equal(lab_is(0), IS_FAILED);
	assert_int_equal(settled(), 1);
}

static void
all_of_several_are_waited_for(void **state)
{
	(void)state;
	lab_begin("[server:a]\n[server:b]\n");
	lab_event(STEP_READY, 0, 0);
	assert_int_equal(settled(), -1);
	lab_event(STEP_READY, 1, 0);
	assert_int_equal(settled(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_is_one_that_is_waited_for_or_not),
		cmocka_unit_test(a_server_that_gave_up_is_an_answer),
		cmocka_unit_test(all_of_several_are_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
