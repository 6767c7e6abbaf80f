/* SPDX-License-Identifier: MIT */
/*
 * The whole as step.h promises it: what signals mean in each mode, when mcinit ends and with
 * which code, and servers that come and go with the configuration.
 */
#include "step_lab.h"

static const char THREE[] = "[server]\nstop_timeout = 10s\ncrash_limit = 1\n"
    "[server:a]\n[server:b]\n[server:c]\n";

/* --- signals --- */

/* By number: End Reload Statistics Debug Quit(dump) Window; in a machine Reboot Halt Poweroff. */
static const struct {
	int signal;
	char elsewhere, machine;
} meanings[] = {
	{ SIGTERM, 'E', 'R' }, { SIGINT, 'E', 'R' }, { SIGPWR, 'E', 'P' }, { 37, 'E', '-' },
	{ SIGUSR1, 'S', 'H' }, { SIGUSR2, 'D', 'P' }, { SIGHUP, 'L', 'L' }, { SIGQUIT, 'Q', 'Q' },
	{ SIGWINCH, 'W', 'W' },
};

static char
expected_meaning(enum step_mode mode, int signal)
{
	for (size_t i = 0; i < COUNT(meanings); i++)
		if (meanings[i].signal == signal)
			return mode == MODE_APPLIANCE ? meanings[i].machine : meanings[i].elsewhere;
	return '-';
}

static char
meaning_of_what_happened(enum step_mode mode)
{
	static const char ending[] = { [ENDING_EXIT] = 'E', [ENDING_REBOOT] = 'R',
		[ENDING_HALT] = 'H', [ENDING_POWEROFF] = 'P' };

	if (lab_said(-1, SAY_IGNORED) == 1 && lab.records == 1)
		return '-';
	if (lab.m.whole.ending) {
		assert_int_equal(lab_said(-1, SAY_SIGNAL), 1);
		assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 1);
		assert_int_equal(lab_count(ACT_SIGNAL_GROUP, 1, SIGTERM), 1);
		assert_true(mode == MODE_APPLIANCE || lab.m.whole.how == ENDING_EXIT);
		return ending[lab.m.whole.how];
	}
	assert_int_equal(lab.records, 1 + lab_count(ACT_ROTATE, -1, ANY));
	return lab_count(ACT_RELOAD, -1, ANY) ? 'L' :
	    lab_count(ACT_RESIZE, -1, ANY) ? 'W' :
	    lab_count(ACT_STATISTICS, -1, ANY) && lab_count(ACT_ROTATE, -1, ANY) ? 'S' :
	    lab_count(ACT_DEBUG, -1, ANY) ? 'D' :
	    lab_count(ACT_SIGNAL_MAIN, 0, SIGQUIT) ? 'Q' : '?';
}

static void
each_signal_means_what_it_should_in_each_mode(void **state)
{
	static const enum step_mode modes[] = { MODE_SERVICE, MODE_CONTAINER, MODE_APPLIANCE };

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++)
		for (int signal = 1; signal <= 64; signal++) {
			char expected = expected_meaning(modes[i], signal), is;

			lab_begin_in(modes[i], modes[i] == MODE_CONTAINER,
			    "[server:a]\n[server:b]\ncommand = ./start.sh\n");
			lab_event(STEP_CONF, -1, 0);
			lab_pass(STEP_ALIVE);
			lab_clear();
			lab_signal(signal);
			is = meaning_of_what_happened(modes[i]);
			if (is != expected)
				fail_msg("mode %zu, signal %d: %c, not %c", i, signal, is,
				    expected);
		}
}

static void
a_dump_is_asked_of_java_itself_alone(void **state)
{
	(void)state;
	lab_begin_in(MODE_SERVICE, false, "[server:a]\n[server:b]\ncommand = ./start.sh\n"
	    "type = paper\n[server:c]\nautostart = no\n[server:d]\n");
	lab.server[3].hold_exec = true;
	lab_event(STEP_CONF, -1, 0);
	lab_pass(STEP_ALIVE);
	lab_clear();
	lab_signal(SIGQUIT);
	assert_string_equal(lab_story(), "SIGNAL_MAIN 0 3");
	lab_event(STEP_STOP, 0, 0);
	lab_clear();
	lab_signal(SIGQUIT);
	assert_string_equal(lab_story(), "SIGNAL_MAIN 0 3");
}

static void
the_first_signal_decides_how_it_ends(void **state)
{
	(void)state;
	lab_begin_in(MODE_APPLIANCE, false, "");
	lab_event(STEP_CONF, -1, 0);
	lab_signal(SIGUSR2);
	lab_signal(SIGTERM);
	assert_int_equal(lab_said(-1, SAY_SIGNAL_AGAIN), 1);
	lab_end(0, EXIT_OF(0), 0);
	assert_int_equal(lab_finished(), 0);
	assert_int_equal(lab_first(ACT_FINISH, -1, ANY)->act.b, ENDING_POWEROFF);
}

static void
a_reload_is_refused_while_ending(void **state)
{
	(void)state;
	lab_up("");
	lab_signal(SIGTERM);
	lab_signal(SIGHUP);
	assert_int_equal(lab_count(ACT_RELOAD, -1, ANY), 0);
	assert_int_equal(lab_said(-1, SAY_NO_RELOAD), 1);
	/* One that was under way changes nothing any more. */
	lab_reload("[server]\n[server:other]\n");
	assert_int_equal(lab_count(ACT_SPAWN, 1, ANY), 0);
	assert_false(lab_state(1)->used);
}

static void
nobody_starts_anything_while_it_ends(void **state)
{
	static const int events[] = { STEP_START, STEP_RESTART, STEP_CHANGED, STEP_START };

	(void)state;
	lab_begin_in(MODE_SERVICE, false, "[server:a]\n[server:b]\nautostart = no\n"
	    "[server:c]\ncrash_limit = 1\n[server:d]\nrestart = always\n");
	lab_event(STEP_CONF, -1, 0);
	lab_pass(STEP_ALIVE);
	lab_end(2, EXIT_OF(1), 0);
	lab_clear();
	lab_signal(SIGTERM);
	for (size_t i = 0; i < COUNT(events); i++)
		for (int slot = 0; slot < 4; slot++)
			lab_event(events[i], slot, 0);
	lab_end(3, EXIT_OF(0), 0);
	for (int slot = 1; slot < 4; slot++)
		lab_event(STEP_START, slot, 0);
	lab_end(0, EXIT_OF(0), 0);
	assert_int_equal(lab_finished(), 1);
	for (int slot = 0; slot < 4; slot++)
		assert_int_equal(lab_count(ACT_SPAWN, slot, ANY), 0);
}

static void
who_has_finished_ignores_everything(void **state)
{
	struct step_machine before;

	(void)state;
	lab_up("");
	lab_signal(SIGTERM);
	lab_end(0, EXIT_OF(0), 0);
	assert_int_equal(lab_finished(), 0);
	lab_clear();
	before = lab.m;
	for (int event = 0; event < STEP_EVENT_COUNT; event++)
		for (int slot = -1; slot < 2; slot++)
			lab_event(event, slot, SIGTERM);
	assert_int_equal(lab.records, 0);
	assert_memory_equal(&before, &lab.m, sizeof(before));
}

/* --- exit codes --- */

/* What becomes of a server until TERM and after it: each letter is one outcome. */
static const struct {
	char name;
	int code, rank;			/* of the code, when it is the only one; lower wins */
} outcomes[] = {
	{ 'w', 0, 4 },			/* stops well */
	{ 'k', 137, 3 },		/* needs SIGKILL */
	{ 'x', 127, 2 },		/* could not be run */
	{ 'c', 78, 1 },			/* configuration */
	{ 'g', 1, 0 },			/* gave up */
};

static void
prepare(int slot, char outcome)
{
	if (outcome == 'x')
		lab.server[slot].no_exec = FAILURE_FATAL + 1;
	if (outcome == 'c')
		lab.server[slot].no_exec = FAILURE_CONFIG + 1;
}

static int
code_of(const size_t outcome[3])
{
	lab_reset(MODE_CONTAINER, true);
	for (int slot = 0; slot < 3; slot++)
		prepare(slot, outcomes[outcome[slot]].name);
	lab_event(STEP_CONF, -1, 0);
	lab_pass(STEP_ALIVE);
	for (int slot = 0; slot < 3; slot++)
		if (outcomes[outcome[slot]].name == 'g')
			lab_end(slot, EXIT_OF(1), 0);
	if (lab.m.whole.finished)
		return lab_finished();		/* all of them had failed */
	lab_signal(SIGTERM);
	for (int slot = 0; slot < 3; slot++)
		if (outcomes[outcome[slot]].name == 'w')
			lab_end(slot, EXIT_OF(143), 0);
	lab_pass(SECONDS(60));
	return lab_finished();
}

static void
the_exit_code_is_the_first_that_fits(void **state)
{
	size_t o[3];

	(void)state;
	lab_begin_in(MODE_CONTAINER, true, THREE);
	for (o[0] = 0; o[0] < COUNT(outcomes); o[0]++)
		for (o[1] = 0; o[1] < COUNT(outcomes); o[1]++)
			for (o[2] = 0; o[2] < COUNT(outcomes); o[2]++) {
				size_t worst = 0;

				for (int i = 0; i < 3; i++)
					if (outcomes[o[i]].rank < outcomes[worst].rank)
						worst = o[i];
				assert_int_equal(code_of(o), outcomes[worst].code);
			}
}

/* One server, restart = no, in a container: its own code, unless we were asked to stop, which it may not survive. */
static void
one_server_without_restart_hands_on_its_code(void **state)
{
	static const struct { int status, code, asked; } rows[] = {
		{ EXIT_OF(0), 0, 0 }, { EXIT_OF(1), 1, 1 }, { EXIT_OF(3), 3, 1 }, { EXIT_OF(78), 78, 1 },
		{ EXIT_OF(255), 255, 1 }, { SIGKILL, 137, 1 }, { SIGSEGV | 0x80, 139, 1 },
		{ SIGTERM, 143, 0 }, { EXIT_OF(143), 143, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		lab_begin_in(MODE_CONTAINER, true, "[server]\nrestart = no\n");
		lab_event(STEP_CONF, -1, 0);
		lab_pass(STEP_ALIVE);
		lab_end(0, rows[i].status, 0);
		assert_int_equal(lab_finished(), rows[i].code);

		lab_begin_in(MODE_CONTAINER, true, "[server]\nrestart = no\n");
		lab_event(STEP_CONF, -1, 0);
		lab_pass(STEP_ALIVE);
		lab_signal(SIGTERM);
		lab_end(0, rows[i].status, 0);
		assert_int_equal(lab_finished(), rows[i].asked);
	}
}

static void
without_restart_the_other_codes_stay(void **state)
{
	static const int codes[] = { [FAILURE_RETRY] = 127, [FAILURE_FATAL] = 127,
		[FAILURE_CONFIG] = 78, [FAILURE_LOCKED] = 1 };

	(void)state;
	for (int i = 0; i < FAILURE_COUNT; i++) {
		lab_begin_in(MODE_CONTAINER, true, "[server]\nrestart = no\n");
		lab.server[0].no_exec = i + 1;
		lab_event(STEP_CONF, -1, 0);
		assert_int_equal(lab_finished(), codes[i]);
	}
	lab_begin_in(MODE_CONTAINER, true, "[server]\nrestart = no\n");
	lab_event(STEP_CONF, -1, 0);
	lab_signal(SIGTERM);
	lab_pass(MINUTES(3));
	assert_int_equal(lab_finished(), 137);
}

static void
of_several_servers_none_hands_on_its_code(void **state)
{
	(void)state;
	lab_begin_in(MODE_CONTAINER, true, "[server]\nrestart = no\n[server:a]\n[server:b]\n");
	lab_event(STEP_CONF, -1, 0);
	lab_pass(STEP_ALIVE);
	lab_end(0, EXIT_OF(7), 0);
	lab_end(1, EXIT_OF(0), 0);
	assert_int_equal(lab_finished(), 1);
}

/* Being asked while it was already being ended for another reason is being asked, too. */
static void
a_stop_that_joins_another_is_a_requested_stop(void **state)
{
	(void)state;
	for (int stuck = 0; stuck < 2; stuck++) {
		lab_up("");
		lab_end(0, EXIT_OF(1), 1);
		lab.server[0].stuck = stuck;
		lab_signal(SIGTERM);
		lab_pass(MINUTES(5));
		assert_int_equal(lab_finished(), 137);
	}
	/* Nobody asked for this one. */
	lab_up("");
	lab_end(0, EXIT_OF(0), 1);
	lab_pass(MINUTES(5));
	assert_int_equal(lab_is(0), IS_STOPPED);
	lab_signal(SIGTERM);
	assert_int_equal(lab_finished(), 0);
}

static void
wait_statuses_become_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(step_exit_code(EXIT_OF(0)), 0);
	assert_int_equal(step_exit_code(EXIT_OF(255)), 255);
	for (int signal = 1; signal <= 64; signal++) {
		assert_int_equal(step_exit_code(signal), 128 + signal);
		assert_int_equal(step_exit_code(signal | 0x80), 128 + signal);
	}
}

/* --- when all have ended by themselves --- */

static void
when_all_stopped_decides_whether_it_stays(void **state)
{
	static const struct { const char *value; bool in_container, ends; } rows[] = {
		{ "auto", false, false }, { "auto", true, true }, { "exit", false, true },
		{ "exit", true, true }, { "stay", false, false }, { "stay", true, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char ini[128];

		snprintf(ini, sizeof(ini), "[mcinit]\nwhen_all_stopped = %s\n[server:a]\n"
		    "[server:b]\n", rows[i].value);
		lab_begin_in(MODE_SERVICE, rows[i].in_container, ini);
		lab_event(STEP_CONF, -1, 0);
		lab_pass(STEP_ALIVE);
		lab_end(0, EXIT_OF(0), 0);
		lab_pass(MINUTES(60));
		assert_false(lab.m.whole.finished);
		lab_end(1, EXIT_OF(0), 0);
		assert_int_equal(lab.m.whole.finished, rows[i].ends);
		assert_int_equal(lab_said(-1, SAY_ALL_REST), !rows[i].ends);
		if (!rows[i].ends)
			continue;
		assert_int_equal(lab_finished(), 0);
		assert_int_equal(lab_first(ACT_FINISH, -1, ANY)->act.b, ENDING_EXIT);
	}
}

static void
it_stays_where_the_operator_had_a_hand_in_it(void **state)
{
	static const int events[] = { STEP_STOP, STEP_KILL };

	(void)state;
	for (size_t i = 0; i < COUNT(events); i++) {
		lab_begin_in(MODE_CONTAINER, true, "[server:a]\n[server:b]\n");
		lab_event(STEP_CONF, -1, 0);
		lab_pass(STEP_ALIVE);
		lab_event(events[i], 0, 0);
		if (events[i] == STEP_STOP)
			lab_end(0, EXIT_OF(0), 0);
		lab_end(1, EXIT_OF(0), 0);
		lab_pass(MINUTES(60));
		assert_false(lab.m.whole.finished);
		assert_int_equal(lab_is(0), IS_STOPPED);
		/* Started again it ends by itself like the other one. */
		lab_event(STEP_START, 0, 0);
		lab_pass(STEP_ALIVE);
		lab_end(0, EXIT_OF(0), 0);
		assert_int_equal(lab_finished(), 0);
	}
}

static void
it_waits_for_the_first_start(void **state)
{
	(void)state;
	lab_begin_in(MODE_CONTAINER, true, "[server]\nautostart = no\n");
	lab_event(STEP_CONF, -1, 0);
	lab_pass(MINUTES(60));
	assert_false(lab.m.whole.finished);
	lab_signal(SIGTERM);
	assert_int_equal(lab_finished(), 0);
}

static void
that_all_rest_is_said_once_each_time(void **state)
{
	(void)state;
	lab_up("");
	lab_end(0, EXIT_OF(0), 0);
	lab_event(STEP_REAPED, -1, 0);
	lab_event(STEP_TREE, 0, 0);
	assert_int_equal(lab_said(-1, SAY_ALL_REST), 1);
	lab_event(STEP_START, 0, 0);
	lab_pass(STEP_ALIVE);
	lab_end(0, EXIT_OF(0), 0);
	assert_int_equal(lab_said(-1, SAY_ALL_REST), 2);
}

/* --- the configuration --- */

static void
a_new_server_is_started_and_the_others_left_alone(void **state)
{
	(void)state;
	lab_up("[server:a]\n");
	lab_reload("[server:a]\n[server:b]\n[server:c]\nautostart = no\n");
	assert_string_equal(lab_story(), "SPAWN 1 0");
	assert_int_equal(lab_is(2), IS_STOPPED);
}

static void
a_server_that_left_is_stopped_then_forgotten(void **state)
{
	(void)state;
	lab_up("[server:a]\n[server:b]\n");
	lab_reload("[server:b]\n");
	assert_string_equal(lab_story(),
	    "SAY 0 LEAVING, SAY 0 STOPPING, SIGNAL_MAIN 0 15, SIGNAL_MAIN 0 18");
	lab_event(STEP_START, 0, 0);
	lab_event(STEP_RESTART, 0, 0);
	lab_clear();
	lab_end(0, EXIT_OF(0), 0);
	assert_string_equal(lab_story(), "LOOK 0 0, SAY 0 ENDED_WELL, FORGET 0 0");
	assert_false(lab_state(0)->used);
	assert_int_equal(lab_is(1), IS_RUNNING);
	lab_reload("[server:b]\n[server:c]\n");
	assert_int_equal(lab_count(ACT_SPAWN, 0, ANY), 1);
}

static void
a_server_that_rests_or_waits_leaves_at_once(void **state)
{
	(void)state;
	lab_begin("[server:a]\nautostart = no\n[server:b]\n[server:c]\ncrash_limit = 1\n"
	    "[server:d]\n");
	lab_pass(STEP_ALIVE);
	lab_end(1, EXIT_OF(1), 0);
	lab_end(2, EXIT_OF(1), 0);
	assert_int_equal(lab_is(1), IS_BACKOFF);
	assert_int_equal(lab_is(2), IS_FAILED);
	lab_clear();
	lab_reload("[server:d]\n");
	for (int slot = 0; slot < 3; slot++) {
		assert_int_equal(lab_count(ACT_FORGET, slot, ANY), 1);
		assert_false(lab_state(slot)->used);
	}
	lab_pass(MINUTES(60));
	assert_int_equal(lab_is(3), IS_RUNNING);
	assert_int_equal(lab_count(ACT_SPAWN, 1, ANY), 0);
}

static void
a_server_may_come_back_before_it_was_gone(void **state)
{
	static const struct { const char *ini; int is; } rows[] = {
		{ "[server:a]\n[server:b]\n", IS_STARTING },
		{ "[server:a]\n[server:b]\nautostart = no\n", IS_STOPPED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		lab_up("[server:a]\n[server:b]\n");
		lab_reload("[server:a]\n");
		lab_pass(SECONDS(5));
		lab_reload(rows[i].ini);
		assert_int_equal(lab_is(1), IS_STOPPING);
		lab_end(1, EXIT_OF(0), 0);
		assert_true(lab_state(1)->used);
		assert_int_equal(lab_is(1), rows[i].is);
		assert_int_equal(lab_count(ACT_FORGET, 1, ANY), 0);
	}
}

static void
a_reload_tries_again_who_gave_up(void **state)
{
	static const char ini[] = "[server]\ncrash_limit = 1\n";

	(void)state;
	lab_up(ini);
	lab_end(0, EXIT_OF(1), 0);
	assert_int_equal(lab_is(0), IS_FAILED);
	lab_reload("[server]\ncrash_limit = 1\nheap = 2G\n");
	assert_int_equal(lab_is(0), IS_STARTING);
	/* Not against the will of the operator. */
	lab_pass(STEP_ALIVE);
	lab_end(0, EXIT_OF(1), 0);
	lab_event(STEP_STOP, 0, 0);
	lab_reload(ini);
	assert_int_equal(lab_is(0), IS_FAILED);
}

static void
a_reload_leaves_servers_at_rest_alone(void **state)
{
	(void)state;
	lab_up("[server:a]\n[server:b]\n");
	lab_end(0, EXIT_OF(0), 0);
	lab_event(STEP_STOP, 1, 0);
	lab_end(1, EXIT_OF(0), 0);
	lab_reload("[server:a]\nheap = 1G\n[server:b]\nheap = 1G\n");
	assert_int_equal(lab_is(0), IS_STOPPED);
	assert_int_equal(lab_is(1), IS_STOPPED);
	assert_int_equal(lab_count(ACT_SPAWN, 0, ANY) + lab_count(ACT_SPAWN, 1, ANY), 0);
}

static void
what_waits_for_the_next_start_is_known(void **state)
{
	(void)state;
	lab_up("");
	lab_reload("[server]\nstop_timeout = 10s\n");
	assert_false(lab_state(0)->changed);
	lab_reload("[server]\nheap = 2G\n");
	assert_true(lab_state(0)->changed);
	assert_int_equal(lab_is(0), IS_RUNNING);
	assert_int_equal(lab.records, 0);
	lab_event(STEP_RESTART, 0, 0);
	lab_end(0, EXIT_OF(0), 0);
	assert_false(lab_state(0)->changed);
}

/* --- the unexpected --- */

static void
the_unexpected_is_said_and_counted(void **state)
{
	(void)state;
	lab_up("");
	lab_event(STEP_SPAWNED, 0, 0);
	lab_event(STEP_TICK, 0, 0);
	lab_event(STEP_SPAWNED, -1, 0);
	lab_event(STEP_READY, 7, 0);
	lab_event(STEP_READY, 99, 0);
	assert_int_equal(lab_said(0, SAY_ODD), 2);
	assert_int_equal(lab_said(-1, SAY_ODD), 3);
	assert_int_equal(lab.m.whole.odd, 5);
	assert_int_equal(lab_is(0), IS_RUNNING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_signal_means_what_it_should_in_each_mode),
		cmocka_unit_test(a_dump_is_asked_of_java_itself_alone),
		cmocka_unit_test(the_first_signal_decides_how_it_ends),
		cmocka_unit_test(a_reload_is_refused_while_ending),
		cmocka_unit_test(nobody_starts_anything_while_it_ends),
		cmocka_unit_test(who_has_finished_ignores_everything),
		cmocka_unit_test(the_exit_code_is_the_first_that_fits),
		cmocka_unit_test(one_server_without_restart_hands_on_its_code),
		cmocka_unit_test(without_restart_the_other_codes_stay),
		cmocka_unit_test(of_several_servers_none_hands_on_its_code),
		cmocka_unit_test(a_stop_that_joins_another_is_a_requested_stop),
		cmocka_unit_test(wait_statuses_become_exit_codes),
		cmocka_unit_test(when_all_stopped_decides_whether_it_stays),
		cmocka_unit_test(it_stays_where_the_operator_had_a_hand_in_it),
		cmocka_unit_test(it_waits_for_the_first_start),
		cmocka_unit_test(that_all_rest_is_said_once_each_time),
		cmocka_unit_test(a_new_server_is_started_and_the_others_left_alone),
		cmocka_unit_test(a_server_that_left_is_stopped_then_forgotten),
		cmocka_unit_test(a_server_that_rests_or_waits_leaves_at_once),
		cmocka_unit_test(a_server_may_come_back_before_it_was_gone),
		cmocka_unit_test(a_reload_tries_again_who_gave_up),
		cmocka_unit_test(a_reload_leaves_servers_at_rest_alone),
		cmocka_unit_test(what_waits_for_the_next_start_is_known),
		cmocka_unit_test(the_unexpected_is_said_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
