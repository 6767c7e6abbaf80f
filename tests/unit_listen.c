/* SPDX-License-Identifier: MIT */
/*
 * What the decision makes of a console, as step.h promises it: ready by a line, the stop command
 * and what follows it, why a server ended by its own word, the last output, console processes.
 */
#include "step_lab.h"

static const char GAME[] = "[server]\ntype = paper\nstop_timeout = 100s\n";

static void
mark(int kind, int value)
{
	lab_event(STEP_MARKER, 0, kind | value << 8);
}

static void
begin_game(const char *ini)
{
	lab.talks = true;
	lab.hold_drain = false;
	lab_begin(ini);
}

/* It runs, and said so. */
static void
play(const char *ini)
{
	begin_game(ini);
	mark(MARKER_READY, 0);
	assert_int_equal(lab_is(0), IS_RUNNING);
	lab_clear();
}

static void
helper(int slot, enum step_helper which, enum step_helper_end how)
{
	lab_event(STEP_HELPER_ENDED, slot, (int32_t)which | (int32_t)how << 8);
}

/* ---- ready ---- */

static void
a_game_is_ready_when_it_says_so(void **state)
{
	(void)state;
	begin_game(GAME);
	mark(MARKER_STARTING, 0);
	lab_pass(MINUTES(3));
	assert_int_equal(lab_is(0), IS_STARTING);
	mark(MARKER_READY, 0);
	assert_int_equal(lab_is(0), IS_RUNNING);
	assert_int_equal(lab_first(ACT_SAY, 0, SAY_READY)->act.b, MINUTES(3));
}

static void
its_word_may_be_faster_than_that_of_the_exec(void **state)
{
	(void)state;
	lab.talks = true;
	lab_begin_in(MODE_SERVICE, false, GAME);
	lab.server[0].hold_exec = true;
	lab_event(STEP_CONF, -1, 0);
	mark(MARKER_READY, 0);
	assert_int_equal(lab_is(0), IS_STARTING);
	lab_event(STEP_EXEC_DONE, 0, 0);
	assert_int_equal(lab_is(0), IS_RUNNING);
	assert_int_equal(lab_said(0, SAY_READY), 1);
}

static void
somebody_who_plays_proves_that_it_is_ready(void **state)
{
	(void)state;
	begin_game(GAME);
	mark(MARKER_JOINED, 0);
	assert_int_equal(lab_is(0), IS_RUNNING);
}

static void
a_script_is_ready_by_age_unless_it_speaks_as_a_game(void **state)
{
	(void)state;
	begin_game("[server]\ncommand = ./start.sh\n");
	lab_pass(STEP_ALIVE);
	assert_int_equal(lab_is(0), IS_RUNNING);
	begin_game("[server]\ncommand = ./start.sh\n");
	mark(MARKER_STARTING, 0);
	lab_pass(MINUTES(1));
	assert_int_equal(lab_is(0), IS_STARTING);
	mark(MARKER_READY, 0);
	assert_int_equal(lab_is(0), IS_RUNNING);
}

static void
what_a_generic_program_prints_means_nothing(void **state)
{
	(void)state;
	begin_game("[server]\ntype = generic\n");
	mark(MARKER_READY, 0);
	mark(MARKER_EULA, 0);
	assert_int_equal(lab_is(0), IS_STARTING);
	lab_pass(STEP_ALIVE);
	assert_int_equal(lab_is(0), IS_RUNNING);
	lab_end(0, EXIT_OF(1), 0);
	assert_int_equal(lab_said(0, SAY_EULA), 0);
	assert_int_equal(lab_is(0), IS_BACKOFF);
}

static void
a_terminal_of_ours_is_not_heard(void **state)
{
	(void)state;
	begin_game("[server]\ntype = paper\ntty = inherit\n");
	lab_pass(STEP_ALIVE);
	assert_int_equal(lab_is(0), IS_RUNNING);
	assert_int_equal(lab_count(ACT_HELPER, 0, HELPER_CARRIER), 0);
	lab_clear();
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 0);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 1);
}

static void
progress_is_told_and_keeps_the_start_from_being_silent(void **state)
{
	(void)state;
	begin_game(GAME);
	for (int percent = 0; percent <= 100; percent += 20) {
		lab_pass(STEP_SILENT - 1000);
		mark(MARKER_PROGRESS, percent);
		assert_int_equal(lab_state(0)->progress, percent);
	}
	assert_int_equal(lab_said(0, SAY_LONG_START), 0);
	lab_pass(STEP_SILENT);
	assert_int_equal(lab_said(0, SAY_LONG_START), 1);
	lab_clear();
	mark(MARKER_PROGRESS, 100);
	assert_int_equal(lab_said(0, SAY_PROGRESS), 0);
}

/* ---- the stop ---- */

static void
each_type_has_its_stop_command(void **state)
{
	static const struct { const char *ini, *command; } rows[] = {
		{ "[server]\n", "stop" }, { "[server]\ntype = vanilla\n", "stop" },
		{ "[server]\ntype = paper\n", "stop" }, { "[server]\ntype = velocity\n", "shutdown" },
		{ "[server]\ntype = bungee\n", "end" }, { "[server]\ntype = bedrock\n", "stop" },
		{ "[server]\ntype = generic\n", "" },
		{ "[server]\ntype = generic\nstop_command = quit now\n", "quit now" },
		{ "[server]\ntype = paper\nstop_command = save-all\n", "save-all" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin_game(rows[i].ini);
		assert_string_equal(step_stop_command(&lab.conf->server[0]), rows[i].command);
		mark(MARKER_READY, 0);
		lab_pass(STEP_ALIVE);
		lab_clear();
		lab_event(STEP_STOP, 0, 0);
		assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), rows[i].command[0] != '\0');
		assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), rows[i].command[0] == '\0');
	}
}

static void
a_script_gets_the_command_only_if_it_is_known_to_be_a_game(void **state)
{
	(void)state;
	begin_game("[server]\ncommand = ./start.sh\n");
	lab_pass(STEP_ALIVE);
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 0);
	assert_int_equal(lab_count(ACT_SIGNAL_GROUP, 0, SIGTERM), 1);
	play("[server]\ncommand = ./start.sh\n");
	lab_event(STEP_STOP, 0, 0);
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 1);
	assert_int_equal(lab_count(ACT_SIGNAL_GROUP, 0, SIGTERM), 0);
}

static void
term_follows_at_seventy_percent(void **state)
{
	(void)state;
	play(GAME);
	lab_event(STEP_STOP, 0, 0);
	lab_pass(SECONDS(70) - 1);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 0);
	lab_pass(1);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 1);
	assert_int_equal(lab_first(ACT_SAY, 0, SAY_TERM)->act.b, SECONDS(70));
	lab_pass(SECONDS(28));
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGQUIT), 1);
	lab_pass(SECONDS(2));
	assert_int_equal(lab_count(ACT_SIGNAL_GROUP, 0, SIGKILL), 1);
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 1);
}

static void
the_dump_comes_behind_term_however_short_the_time_is(void **state)
{
	(void)state;
	play("[server]\ntype = paper\nstop_timeout = 4s\n");
	lab_event(STEP_STOP, 0, 0);
	lab_pass(2800);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 1);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGQUIT), 0);
	lab_pass(400);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGQUIT), 1);
	lab_pass(800);
	assert_int_equal(lab_count(ACT_SIGNAL_GROUP, 0, SIGKILL), 1);
}

static void
in_a_container_term_follows_soon_if_nothing_stops(void **state)
{
	(void)state;
	for (int stopping = 0; stopping <= 1; stopping++) {
		lab.talks = true;
		lab_begin_in(MODE_CONTAINER, true, GAME);
		lab_event(STEP_CONF, -1, 0);
		mark(MARKER_READY, 0);
		lab_signal(SIGTERM);
		if (stopping)
			mark(MARKER_STOPPING, 0);
		lab_pass(STEP_TERM_SOON);
		assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), !stopping);
		lab_pass(SECONDS(70) - STEP_TERM_SOON);
		assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 1);
	}
}

static void
a_command_that_could_not_be_given_is_followed_by_term_at_once(void **state)
{
	(void)state;
	play(GAME);
	lab_event(STEP_STOP, 0, 0);
	lab_event(STEP_COMMAND_FAILED, 0, 0);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 1);
	lab_pass(SECONDS(80));
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 1);
}

static void
no_second_command_whatever_is_asked(void **state)
{
	(void)state;
	play(GAME);
	lab_event(STEP_STOP, 0, 0);
	lab_event(STEP_RESTART, 0, 0);
	lab_event(STEP_STOP, 0, 0);
	lab_signal(SIGTERM);
	lab_signal(SIGTERM);
	lab_pass(SECONDS(99));
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 1);
}

static void
a_start_that_takes_too_long_gets_no_command(void **state)
{
	(void)state;
	begin_game("[server]\ntype = paper\nstart_timeout = 10s\n");
	lab_pass(SECONDS(10));
	assert_int_equal(lab_count(ACT_COMMAND, 0, ANY), 0);
	assert_int_equal(lab_count(ACT_SIGNAL_MAIN, 0, SIGTERM), 1);
}

/* ---- why it ended ---- */

static void
what_it_said_tells_why_it_ended(void **state)
{
	static const struct { int said, ready, status, reason, is; } rows[] = {
		{ MARKER_EULA, 0, 0, REASON_CONFIG, IS_FAILED },
		{ MARKER_EULA, 0, 1, REASON_CONFIG, IS_FAILED },
		{ MARKER_EULA, 1, 1, REASON_CRASHED, IS_BACKOFF },	/* a player's joke */
		{ MARKER_JVM_OPTION, 0, 1, REASON_CONFIG, IS_FAILED },
		{ MARKER_NO_JAR, 0, 1, REASON_CONFIG, IS_FAILED },
		{ MARKER_OLD_JAVA, 0, 1, REASON_CONFIG, IS_FAILED },
		{ MARKER_BIND, 0, 1, REASON_PORT_TAKEN, IS_BACKOFF },
		{ MARKER_BIND, 0, 0, REASON_PORT_TAKEN, IS_BACKOFF },
		{ MARKER_SESSION_LOCK, 0, 0, REASON_WORLD_LOCKED, IS_BACKOFF },
		{ MARKER_SESSION_LOCK, 1, 1, REASON_WORLD_LOCKED, IS_BACKOFF },
		{ MARKER_SESSION_LOCK, 1, 0, REASON_STOPPED, IS_STOPPED },	/* a plugin's world */
		{ MARKER_OOM, 1, 1, REASON_OOM_HEAP, IS_BACKOFF },
		{ MARKER_OOM, 1, 0, REASON_STOPPED, IS_STOPPED },	/* a plugin survived it */
		{ MARKER_NONE, 1, 3, REASON_OOM_HEAP, IS_BACKOFF },
		{ MARKER_CRASH_REPORT, 1, 0, REASON_CRASHED, IS_BACKOFF },
		{ MARKER_WATCHDOG, 1, 0, REASON_CRASHED, IS_BACKOFF },
		{ MARKER_RESTART_ASKED, 1, 0, REASON_RESTART_ASKED, IS_BACKOFF },
		{ MARKER_STOPPING, 1, 0, REASON_STOPPED, IS_STOPPED },
		{ MARKER_STOPPING, 0, 0, REASON_STOPPED, IS_STOPPED },
		{ MARKER_NONE, 0, 0, REASON_CRASHED, IS_BACKOFF },	/* nobody asked it to end */
		{ MARKER_NONE, 1, 0, REASON_STOPPED, IS_STOPPED },
		{ MARKER_NONE, 1, 1, REASON_CRASHED, IS_BACKOFF },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin_game(GAME);
		if (rows[i].ready)
			mark(MARKER_READY, 0);
		mark(rows[i].said, rows[i].said == MARKER_OLD_JAVA ? 65 : 0);
		lab_clear();
		lab_end(0, EXIT_OF(rows[i].status), 0);
		if (lab_state(0)->reason != rows[i].reason || lab_is(0) != rows[i].is)
			fail_msg("row %zu: %s, %s", i, words_reason(lab_state(0)->reason),
			    words_state(lab_is(0)));
		assert_int_equal(lab_count(ACT_QUOTE, 0, STEP_QUOTE), rows[i].is != IS_STOPPED &&
		    rows[i].reason != REASON_RESTART_ASKED);
		assert_int_equal(lab_said(0, SAY_EULA), rows[i].said == MARKER_EULA && !rows[i].ready);
		if (rows[i].said == MARKER_OLD_JAVA)
			assert_int_equal(lab_first(ACT_SAY, 0, SAY_JAVA)->act.b, 21);
	}
}

static void
what_it_said_is_forgotten_at_the_next_start(void **state)
{
	(void)state;
	play(GAME);
	mark(MARKER_CRASH_REPORT, 0);
	lab_end(0, EXIT_OF(0), 0);
	lab_pass(SECONDS(2));
	mark(MARKER_READY, 0);
	lab_end(0, EXIT_OF(0), 0);
	assert_int_equal(lab_is(0), IS_STOPPED);
	lab_event(STEP_PLAYERS, 0, 3);
	assert_int_equal(lab_state(0)->players, 0);
}

static void
one_that_was_ready_for_a_moment_was_ready(void **state)
{
	(void)state;
	begin_game("[server]\ntype = paper\ncrash_limit = 1\n");
	lab.hold_drain = true;
	lab_end(0, EXIT_OF(0), 0);
	mark(MARKER_READY, 0);
	mark(MARKER_RESTART_ASKED, 0);
	lab_event(STEP_DRAINED, 0, 0);
	assert_int_equal(lab_said(0, SAY_ASKED_AGAIN), 1);
	assert_int_equal(lab_is(0), IS_BACKOFF);
}

static void
a_server_that_asks_for_a_restart_again_and_again_does_not_loop(void **state)
{
	(void)state;
	begin_game("[server]\ntype = paper\ncrash_limit = 3\n");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(lab_is(0), IS_STARTING);
		mark(MARKER_RESTART_ASKED, 0);
		lab_end(0, EXIT_OF(0), 0);
		lab_pass(MINUTES(1));
	}
	assert_int_equal(lab_is(0), IS_FAILED);
}

/* ---- the last output ---- */

static void
nothing_follows_before_its_output_is_here(void **state)
{
	(void)state;
	play(GAME);
	lab.hold_drain = true;
	lab_end(0, EXIT_OF(1), 0);
	assert_string_equal(lab_story(), "LOOK 0 0, DRAIN 0 0");
	lab_clear();
	lab_event(STEP_START, 0, 0);
	lab_pass(STEP_DRAIN - 1);
	assert_int_equal(lab.records, 0);
	/* The last word may be the one that matters. */
	mark(MARKER_OOM, 0);
	helper(0, HELPER_CARRIER, HELPER_END_LEFT);
	assert_int_equal(lab_state(0)->reason, REASON_OOM_HEAP);
	assert_int_equal(lab_is(0), IS_BACKOFF);
	assert_int_equal(lab_said(0, SAY_NOT_DRAINED), 0);
}

static void
output_that_does_not_come_is_given_up(void **state)
{
	(void)state;
	for (int block = 0; block <= 1; block++) {
		play(block ? "[server]\ntype = paper\n[log]\non_full = block\n" : GAME);
		lab.hold_drain = true;
		lab_end(0, EXIT_OF(1), 0);
		lab_pass((block ? STEP_DRAIN_BLOCK : STEP_DRAIN) - 1);
		assert_int_equal(lab_is(0), IS_STOPPING);
		lab_pass(1);
		assert_int_equal(lab_said(0, SAY_NOT_DRAINED), 1);
		assert_int_equal(lab_count(ACT_ABANDON, 0, ANY), 1);
		assert_int_equal(lab_is(0), IS_BACKOFF);
		/* Its carrier was ended: that starts nobody. */
		lab_clear();
		helper(0, HELPER_CARRIER, HELPER_END_DIED);
		assert_int_equal(lab.records, 0);
	}
}

static void
a_carrier_that_dies_while_it_drains_has_a_successor(void **state)
{
	(void)state;
	play(GAME);
	lab.hold_drain = true;
	lab_end(0, EXIT_OF(1), 0);
	helper(0, HELPER_CARRIER, HELPER_END_DIED);
	assert_int_equal(lab_count(ACT_HELPER, 0, HELPER_CARRIER), 1);
	assert_int_equal(lab_is(0), IS_STOPPING);
	helper(0, HELPER_CARRIER, HELPER_END_LEFT);
	assert_int_equal(lab_is(0), IS_BACKOFF);
}

static void
the_writers_leave_before_mcinit_does(void **state)
{
	(void)state;
	play(GAME);
	lab_signal(SIGTERM);
	lab_end(0, EXIT_OF(0), 0);
	assert_int_equal(lab_finished(), 0);
	assert_true(lab_first(ACT_CLOSE, -1, ANY) < lab_first(ACT_FINISH, -1, ANY));
	assert_true(lab_first(ACT_SAY, -1, SAY_ALL_ENDED) < lab_first(ACT_CLOSE, -1, ANY));
}

/* ---- console processes ---- */

static void
console_processes_are_there_when_they_are_needed(void **state)
{
	(void)state;
	begin_game("[server:a]\n[server:b]\nautostart = no\n[log]\ndir = logs\n");
	assert_int_equal(lab_count(ACT_HELPER, -1, HELPER_OUTPUT), 1);
	assert_int_equal(lab_count(ACT_HELPER, -1, HELPER_INPUT), 1);
	assert_int_equal(lab_count(ACT_HELPER, 0, HELPER_CARRIER), 1);
	assert_int_equal(lab_count(ACT_HELPER, 1, HELPER_CARRIER), 0);
	assert_int_equal(lab_count(ACT_HELPER, 0, HELPER_FILES), 1);
	assert_int_equal(lab_count(ACT_HELPER, 1, HELPER_FILES), 1);
	lab_event(STEP_START, 1, 0);
	assert_int_equal(lab_count(ACT_HELPER, 1, HELPER_CARRIER), 1);
	assert_int_equal(lab_count(ACT_HELPER, -1, ANY), 2);
}

static void
log_dir_may_come_and_go(void **state)
{
	(void)state;
	play(GAME);
	lab_reload("[server]\ntype = paper\n[log]\ndir = logs\n");
	assert_int_equal(lab_count(ACT_HELPER, 0, HELPER_FILES), 1);
	/* Other settings: the one that leaves has a successor, which is told them. */
	helper(0, HELPER_FILES, HELPER_END_LEFT);
	assert_int_equal(lab_count(ACT_HELPER, 0, HELPER_FILES), 2);
	lab_reload(GAME);
	lab_clear();
	helper(0, HELPER_FILES, HELPER_END_LEFT);
	assert_int_equal(lab.records, 0);
	lab_reload("[server]\ntype = paper\n[log]\ndir = logs\n");
	assert_int_equal(lab_count(ACT_HELPER, 0, HELPER_FILES), 1);
}

static void
those_that_die_are_started_again(void **state)
{
	(void)state;
	play("[server]\ntype = paper\n[log]\ndir = logs\n");
	helper(0, HELPER_CARRIER, HELPER_END_DIED);
	helper(0, HELPER_FILES, HELPER_END_DIED);
	helper(-1, HELPER_OUTPUT, HELPER_END_DIED);
	helper(-1, HELPER_INPUT, HELPER_END_DIED);
	assert_string_equal(lab_story(), "HELPER 0 0, HELPER 0 1, HELPER -1 2, HELPER -1 3");
}

static void
the_end_of_our_input_is_no_death(void **state)
{
	(void)state;
	play(GAME);
	helper(-1, HELPER_INPUT, HELPER_END_LEFT);
	lab_end(0, EXIT_OF(1), 0);
	lab_pass(SECONDS(2));
	assert_int_equal(lab_count(ACT_HELPER, -1, HELPER_INPUT), 0);
	assert_int_equal(lab_count(ACT_HELPER, 0, HELPER_CARRIER), 1);
}

static void
one_that_cannot_be_started_is_tried_again_each_second(void **state)
{
	(void)state;
	play(GAME);
	helper(-1, HELPER_OUTPUT, HELPER_END_NOT_STARTED);
	helper(0, HELPER_CARRIER, HELPER_END_NOT_STARTED);
	assert_int_equal(lab.records, 0);
	lab_pass(STEP_HELPER_LATER);
	assert_string_equal(lab_story(), "HELPER -1 2, HELPER 0 0");
	/* Nothing else keeps us awake. */
	lab_clear();
	lab_pass(MINUTES(5));
	assert_int_equal(lab.records, 0);
}

static void
one_that_dies_all_the_time_is_not_worth_the_processor(void **state)
{
	(void)state;
	play(GAME);
	for (int i = 0; i < 1000; i++)
		if (lab_count(ACT_HELPER, -1, HELPER_OUTPUT) == i)
			helper(-1, HELPER_OUTPUT, HELPER_END_DIED);
	assert_int_equal(lab_count(ACT_HELPER, -1, HELPER_OUTPUT), STEP_HELPER_RATE);
	lab_pass(STEP_HELPER_LATER);
	assert_int_equal(lab_count(ACT_HELPER, -1, HELPER_OUTPUT), STEP_HELPER_RATE + 1);
}

static void
who_inherits_our_terminal_has_it_alone(void **state)
{
	(void)state;
	begin_game("[server:a]\ntype = paper\ntty = inherit\nautostart = no\n[server:b]\n");
	assert_int_equal(lab_count(ACT_HELPER, -1, HELPER_INPUT), 1);
	lab_clear();
	lab_event(STEP_START, 0, 0);
	assert_int_equal(lab_count(ACT_UNPLUG, -1, ANY), 1);
	lab_clear();
	helper(-1, HELPER_INPUT, HELPER_END_DIED);
	assert_int_equal(lab.records, 0);
	lab_end(0, EXIT_OF(0), 0);
	lab_event(STEP_RESTART, 1, 0);
	lab_end(1, EXIT_OF(0), 0);
	assert_int_equal(lab_count(ACT_HELPER, -1, HELPER_INPUT), lab_count(ACT_SPAWN, 1, ANY));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_game_is_ready_when_it_says_so),
		cmocka_unit_test(its_word_may_be_faster_than_that_of_the_exec),
		cmocka_unit_test(somebody_who_plays_proves_that_it_is_ready),
		cmocka_unit_test(a_script_is_ready_by_age_unless_it_speaks_as_a_game),
		cmocka_unit_test(what_a_generic_program_prints_means_nothing),
		cmocka_unit_test(a_terminal_of_ours_is_not_heard),
		cmocka_unit_test(progress_is_told_and_keeps_the_start_from_being_silent),
		cmocka_unit_test(each_type_has_its_stop_command),
		cmocka_unit_test(a_script_gets_the_command_only_if_it_is_known_to_be_a_game),
		cmocka_unit_test(term_follows_at_seventy_percent),
		cmocka_unit_test(the_dump_comes_behind_term_however_short_the_time_is),
		cmocka_unit_test(in_a_container_term_follows_soon_if_nothing_stops),
		cmocka_unit_test(a_command_that_could_not_be_given_is_followed_by_term_at_once),
		cmocka_unit_test(no_second_command_whatever_is_asked),
		cmocka_unit_test(a_start_that_takes_too_long_gets_no_command),
		cmocka_unit_test(what_it_said_tells_why_it_ended),
		cmocka_unit_test(what_it_said_is_forgotten_at_the_next_start),
		cmocka_unit_test(one_that_was_ready_for_a_moment_was_ready),
		cmocka_unit_test(a_server_that_asks_for_a_restart_again_and_again_does_not_loop),
		cmocka_unit_test(nothing_follows_before_its_output_is_here),
		cmocka_unit_test(output_that_does_not_come_is_given_up),
		cmocka_unit_test(a_carrier_that_dies_while_it_drains_has_a_successor),
		cmocka_unit_test(the_writers_leave_before_mcinit_does),
		cmocka_unit_test(console_processes_are_there_when_they_are_needed),
		cmocka_unit_test(log_dir_may_come_and_go),
		cmocka_unit_test(those_that_die_are_started_again),
		cmocka_unit_test(the_end_of_our_input_is_no_death),
		cmocka_unit_test(one_that_cannot_be_started_is_tried_again_each_second),
		cmocka_unit_test(one_that_dies_all_the_time_is_not_worth_the_processor),
		cmocka_unit_test(who_inherits_our_terminal_has_it_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
