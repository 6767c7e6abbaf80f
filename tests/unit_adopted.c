/* SPDX-License-Identifier: MIT */
/*
 * What the decision makes of a life that another mcinit began: an end of which nobody knows how it
 * was, and the stop of everything that the other one was told, and did not live to see.
 */
#include "step_lab.h"

static void
running(const char *ini)
{
	lab_begin(ini);
	lab_event(STEP_READY, 0, 0);
	assert_int_equal(lab_is(0), IS_RUNNING);
	lab_clear();
}

static void
an_end_of_which_nobody_knows_is_judged_by_the_console(void **state)
{
	static const struct {
		const char *ini;
		int marker, is, reason;
		bool asked;
	} rows[] = {
		{ "type = vanilla\n", -1, IS_BACKOFF, REASON_UNKNOWN, false },
		{ "type = vanilla\nrestart = no\n", -1, IS_FAILED, REASON_UNKNOWN, false },
		{ "type = vanilla\n", -1, IS_STOPPED, REASON_STOPPED, true },
		{ "type = vanilla\n", MARKER_STOPPING, IS_STOPPED, REASON_STOPPED, false },
		{ "type = vanilla\nrestart = always\n", MARKER_STOPPING, IS_BACKOFF, REASON_STOPPED, false },
		{ "type = vanilla\n", MARKER_OOM, IS_BACKOFF, REASON_OOM_HEAP, false },
		{ "type = vanilla\n", MARKER_RESTART_ASKED, IS_BACKOFF, REASON_RESTART_ASKED, false },
		{ "command = ./x\n", -1, IS_BACKOFF, REASON_UNKNOWN, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char ini[128];

		snprintf(ini, sizeof(ini), "[server]\n%s", rows[i].ini);
		running(ini);
		if (rows[i].marker >= 0)
			lab_event(STEP_MARKER, 0, rows[i].marker);
		if (rows[i].asked)
			lab_event(STEP_STOP, 0, 0);
		lab_end(0, STEP_NOT_KNOWN, 0);
		if (lab_is(0) != rows[i].is || lab_state(0)->reason != rows[i].reason)
			fail_msg("row %zu: %s, %s", i, words_state(lab_is(0)),
			    words_reason(lab_state(0)->reason));
	}
}

static void
a_start_of_mcinit_takes_back_the_end_of_all(void **state)
{
	(void)state;
	running("[server]\ntype = vanilla\n");
	lab_event(STEP_SIGNAL, -1, SIGTERM);
	assert_true(lab.m.whole.ending);
	lab_event(STEP_ADOPTED, -1, 0);
	assert_false(lab.m.whole.ending);
	assert_int_equal(lab_is(0), IS_STOPPING);
	lab_end(0, EXIT_OF(0), 0);
	assert_int_equal(lab_is(0), IS_STARTING);
	assert_int_equal(lab_state(0)->wish, WISH_UP);
}

static void
what_is_not_to_start_by_itself_stays_down(void **state)
{
	(void)state;
	running("[server]\ntype = vanilla\n");
	lab.conf->server[0].autostart = false;
	lab_event(STEP_SIGNAL, -1, SIGTERM);
	lab_event(STEP_ADOPTED, -1, 0);
	lab_end(0, EXIT_OF(0), 0);
	assert_int_equal(lab_is(0), IS_STOPPED);
	assert_false(lab.m.whole.finished);
}

static void
what_the_operator_stopped_stays_stopped(void **state)
{
	(void)state;
	running("[server]\ntype = vanilla\n");
	lab_event(STEP_STOP, 0, 0);
	lab_event(STEP_ADOPTED, -1, 0);
	lab_end(0, EXIT_OF(0), 0);
	assert_int_equal(lab_is(0), IS_STOPPED);
	assert_true(lab_state(0)->asked_down);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_end_of_which_nobody_knows_is_judged_by_the_console),
		cmocka_unit_test(a_start_of_mcinit_takes_back_the_end_of_all),
		cmocka_unit_test(what_is_not_to_start_by_itself_stays_down),
		cmocka_unit_test(what_the_operator_stopped_stays_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
