/* SPDX-License-Identifier: MIT */
/*
 * Replays tests/traces: each is what `mcinit --trace FILE` wrote, or what the scenarios below did
 * in the laboratory.  Every turn must come out as it did then, word for word.
 *
 * A trace that came with a bug report becomes a test by being put there.  When a change of policy
 * is meant, `RECORD=all build/tests/unit_trace` in the project's directory records the scenarios
 * anew, RECORD=NAME one of them.
 */
#include "step_lab.h"

#include <glob.h>
#include <stdlib.h>

static const char DIRECTORY[] = "tests/traces";

/* ---- what is recorded ---- */

static void
record_crash_loop(void)
{
	lab_begin("");
	for (int i = 0; i < 5; i++) {
		lab_pass(SECONDS(3));
		lab_end(0, EXIT_OF(1), 0);
		lab_pass(SECONDS(1 << i));
	}
	lab_signal(SIGTERM);
}

static void
record_graceful_stop(void)
{
	lab_begin_in(MODE_CONTAINER, true, "[server:lobby]\n[server:survival]\n");
	lab_event(STEP_CONF, -1, 0);
	lab_pass(MINUTES(30));
	lab_signal(SIGTERM);
	lab_pass(SECONDS(2));
	lab_end(0, EXIT_OF(0), 0);
	lab_pass(SECONDS(5));
	lab_end(1, EXIT_OF(143), 0);
}

static void
record_stop_killed(void)
{
	lab_begin_in(MODE_CONTAINER, true, "[server]\nstop_timeout = 6s\n");
	lab_event(STEP_CONF, -1, 0);
	lab_pass(SECONDS(90));
	lab_signal(SIGTERM);
	lab_pass(SECONDS(3));
	lab_signal(SIGTERM);
	lab_pass(SECONDS(10));
}

static void
record_leftovers(void)
{
	lab_begin("[server]\ncommand = ./start.sh\nstop_timeout = 10s\n");
	lab_pass(SECONDS(20));
	lab_end(0, EXIT_OF(1), 2);
	lab_pass(SECONDS(12));
	lab_pass(SECONDS(20));
	lab_event(STEP_STOP, 0, 0);
	lab_pass(SECONDS(1));
	lab_end(0, SIGTERM, 1);
	lab_pass(SECONDS(4));
	lab_end_tree(0);
}

static void
record_pause_in_stop(void)
{
	lab_begin("[server]\nstop_timeout = 10s\n");
	lab_pass(SECONDS(5));
	lab_event(STEP_STOP, 0, 0);
	lab_pass(SECONDS(7) + 500);
	lab_pause(MINUTES(60 * 8));
	lab_pass(SECONDS(10));
}

static void
record_reload(void)
{
	lab_begin("[server:a]\n[server:b]\ncommand = ./b\n");
	lab_pass(SECONDS(10));
	lab_signal(SIGHUP);
	lab_reload("[server:b]\ncommand = ./b\nstop_timeout = 30s\n[server:c]\nheap = 2G\n");
	lab_pass(SECONDS(2));
	lab_end(0, EXIT_OF(0), 0);
	lab_reload("[server:c]\nheap = 3G\n");
	lab_pass(SECONDS(1));
	lab_reload("[server:b]\ncommand = ./b\nstop_timeout = 30s\n[server:c]\nheap = 3G\n");
	lab_end(1, EXIT_OF(0), 0);
	lab_pass(SECONDS(2));
}

static void
record_exec_failed(void)
{
	lab_begin_in(MODE_SERVICE, false, "[server:a]\n[server:b]\n[server:c]\n[server:d]\n");
	lab.server[0].no_exec = FAILURE_FATAL + 1;
	lab.server[1].no_exec = FAILURE_CONFIG + 1;
	lab.server[2].no_exec = FAILURE_LOCKED + 1;
	lab.server[3].no_fork = FAILURE_RETRY + 1;
	lab_event(STEP_CONF, -1, 0);
	lab_pass(SECONDS(2));
	lab.server[2].no_exec = lab.server[3].no_fork = 0;
	lab_pass(SECONDS(4));
	lab_signal(SIGINT);
	lab_end(2, EXIT_OF(130), 0);
	lab_end(3, SIGINT, 0);
}

static void
record_start_timeout(void)
{
	lab_begin_in(MODE_SERVICE, false, "[server]\nstart_timeout = 5s\nstop_timeout = 2s\n"
	    "crash_limit = 2\n");
	lab.server[0].hold_exec = true;
	lab_event(STEP_CONF, -1, 0);
	lab_pass(SECONDS(30));
}

static void
record_power_off(void)
{
	lab_begin_in(MODE_APPLIANCE, false, "[server:a]\n[server:b]\nautostart = no\n");
	lab_event(STEP_CONF, -1, 0);
	lab_pass(SECONDS(30));
	lab_event(STEP_START, 1, 0);
	lab_signal(SIGQUIT);
	lab_signal(SIGWINCH);
	lab_signal(SIGPWR);
	lab_end(1, EXIT_OF(0), 0);
	lab_signal(SIGTERM);
	lab_end(0, EXIT_OF(0), 0);
}

static void
record_unkillable(void)
{
	lab_begin("[server]\nstop_timeout = 3s\nrestart = always\n");
	lab.server[0].stuck = true;
	lab_pass(SECONDS(2));
	lab_event(STEP_RESTART, 0, 0);
	lab_pass(SECONDS(14));
	lab_signal(SIGTERM);
}

static void
record_console(void)
{
	lab.talks = true;
	lab_begin_in(MODE_CONTAINER, true, "[server]\ntype = paper\n[log]\ndir = logs\n");
	lab_event(STEP_CONF, -1, 0);
	lab_event(STEP_MARKER, 0, MARKER_STARTING);
	for (int percent = 0; percent < 100; percent += 33) {
		lab_pass(SECONDS(20));
		lab_event(STEP_MARKER, 0, MARKER_PROGRESS | percent << 8);
	}
	lab_event(STEP_MARKER, 0, MARKER_READY);
	lab_event(STEP_HELPER_ENDED, 0, HELPER_CARRIER | HELPER_END_DIED << 8);
	lab_event(STEP_HELPER_ENDED, -1, HELPER_OUTPUT | HELPER_END_NOT_STARTED << 8);
	lab_pass(SECONDS(10));
	lab_event(STEP_PLAYERS, 0, 2);
	lab_event(STEP_MARKER, 0, MARKER_CRASH_REPORT);
	lab_end(0, EXIT_OF(0), 0);
	lab_pass(SECONDS(5));
	lab_event(STEP_MARKER, 0, MARKER_READY);
	lab_signal(SIGUSR1);
	lab_signal(SIGTERM);
	lab_event(STEP_MARKER, 0, MARKER_STOPPING);
	lab_pass(SECONDS(90));
	lab.hold_drain = true;
	lab_end(0, EXIT_OF(143), 0);
	lab_pass(SECONDS(5));
	lab.talks = lab.hold_drain = false;
}

static const struct {
	const char *name;
	void (*run)(void);
} scenarios[] = {
	{ "crash-loop", record_crash_loop },
	{ "graceful-stop", record_graceful_stop },
	{ "stop-killed", record_stop_killed },
	{ "leftovers", record_leftovers },
	{ "pause-in-stop", record_pause_in_stop },
	{ "reload", record_reload },
	{ "exec-failed", record_exec_failed },
	{ "start-timeout", record_start_timeout },
	{ "power-off", record_power_off },
	{ "unkillable", record_unkillable },
	{ "console", record_console },
};

static void
record(const char *name)
{
	for (size_t i = 0; i < COUNT(scenarios); i++) {
		char path[256];

		if (strcmp(name, "all") != 0 && strcmp(name, scenarios[i].name) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s.trace", DIRECTORY, scenarios[i].name);
		lab.trace = fopen(path, "w");
		assert_non_null(lab.trace);
		scenarios[i].run();
		assert_int_equal(lab.m.whole.odd, 0);
		assert_int_equal(fclose(lab.trace), 0);
		lab.trace = NULL;
	}
}

/* ---- what is replayed ---- */

enum { TRACE_BYTES = 1024 * 1024, INI_BYTES = 32 * 1024 };

static struct replay {
	const char *path;
	char text[TRACE_BYTES];
	char *at;			/* the next line */
	int line;
	int turns;
} replay;

static void
load(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(replay.text, 1, sizeof(replay.text) - 1, file);
	fclose(file);
	replay.text[n] = '\0';
	replay.path = path;
	replay.at = replay.text;
	replay.line = 1;
	replay.turns = 0;
}

/* The lines of `from` up to the first that begins with none of `of`; they are taken. */
static char *
take_lines(const char *of, bool at_least_one)
{
	char *begin = replay.at;

	while (*replay.at != '\0' && (at_least_one || strchr(of, *replay.at) != NULL)) {
		char *end = strchr(replay.at, '\n');

		if (end == NULL)
			fail_msg("%s:%d: the last line is not whole", replay.path, replay.line);
		replay.at = end + 1;
		replay.line++;
		at_least_one = false;
	}
	return begin;
}

/* "conf SECTION.KEY=VALUE" becomes a line of an INI, below a head where the section is new. */
static void
put_conf_line(char ini[INI_BYTES], const char *line, size_t n)
{
	const char *equal = memchr(line, '=', n), *dot = equal;
	size_t used = strlen(ini);
	char head[128];

	while (dot != NULL && dot > line && *dot != '.')
		dot--;
	if (equal == NULL || dot == line)
		fail_msg("%s: not a line of the configuration: %.*s", replay.path, (int)n, line);
	snprintf(head, sizeof(head), "[%.*s]\n", (int)(dot - line), line);
	snprintf(ini + used, INI_BYTES - used, "%s%.*s\n", strstr(ini, head) ? "" : head,
	    (int)(line + n - dot - 1), dot + 1);
}

/* A head: the mode, and the configuration as INI text. */
static void
take_head(char ini[INI_BYTES], int *mode, int *in_container)
{
	const char *line = replay.at;

	if (sscanf(line, "mcinit-trace 1 %d %d", mode, in_container) != 2)
		fail_msg("%s:%d: the head of a trace should be here", replay.path, replay.line);
	take_lines("", true);
	ini[0] = '\0';
	while (strncmp(replay.at, "conf ", 5) == 0) {
		line = take_lines("", true) + 5;
		put_conf_line(ini, line, (size_t)(replay.at - line - 1));
	}
}

static void
replay_turn(void)
{
	static char is[TRACE_LINES];
	static struct step_acts acts;
	struct step_event event;
	int line = replay.line;
	const char *was;
	size_t n;

	if (!trace_read(replay.at, &lab.now, &event))
		fail_msg("%s:%d: not an event", replay.path, line);
	was = take_lines(" ", true);
	n = (size_t)(replay.at - was);
	step(lab.conf, &lab.m, &event, lab.now, &acts);
	if (step_broken(&lab.m) != NULL)
		fail_msg("%s:%d: %s", replay.path, line, step_broken(&lab.m));
	trace_turn(is, sizeof(is), lab.now, &event, &acts, &lab.m);
	if (strlen(is) != n || memcmp(is, was, n) != 0)
		fail_msg("%s:%d: it was\n%.*sit is\n%s", replay.path, line, (int)n, was, is);
	for (int i = 0; i < acts.count; i++)
		if (acts.act[i].what == ACT_FORGET)
			lab_do_forget(acts.act[i].slot);
	replay.turns++;
}

static void
replay_trace(void **state)
{
	static char ini[INI_BYTES];
	int mode, in_container;

	load(*state);
	lab.talks = true;		/* the head has all there is to know */
	take_head(ini, &mode, &in_container);
	lab_begin_in((enum step_mode)mode, in_container, ini);
	while (*replay.at != '\0')
		if (*replay.at == '@') {
			replay_turn();
		} else {
			take_head(ini, &mode, &in_container);
			lab_follow(ini);
		}
	assert_true(replay.turns > 3);
}

/* ---- the form ---- */

static void
what_is_written_is_read_back(void **state)
{
	static char text[TRACE_LINES];
	static struct step_acts none;
	struct step_event event, again;
	int64_t now;

	(void)state;
	lab_begin("");
	for (int what = 0; what < STEP_EVENT_COUNT; what++)
		for (int slot = -1; slot < CONF_SERVERS; slot++) {
			int64_t at = what % 2 ? 0 : INT64_MAX - what;

			event = (struct step_event){ (uint8_t)what, (int8_t)slot, 7 - 14 * what };
			trace_turn(text, sizeof(text), at, &event, &none, &lab.m);
			memset(&again, 0xaa, sizeof(again));
			assert_true(trace_read(text, &now, &again));
			assert_true(now == at && again.what == event.what &&
			    again.slot == event.slot && again.a == event.a);
		}
	assert_false(trace_read("", &now, &again));
	assert_false(trace_read(" -> SPAWN 0 0 0", &now, &again));
	assert_false(trace_read("@12", &now, &again));
	assert_false(trace_read("@12 ", &now, &again));
	assert_false(trace_read("@12 TIC -1 0", &now, &again));
	assert_false(trace_read("@12 TICKS -1 0", &now, &again));
	assert_false(trace_read("mcinit-trace 1 0 0", &now, &again));
}

static void
a_turn_has_its_orders_and_its_outcome(void **state)
{
	static char text[TRACE_LINES];
	static const struct step_event event = { STEP_STOP, 0, 0 };
	static struct step_acts acts;

	(void)state;
	lab_up("");
	lab.now = 5;
	step(lab.conf, &lab.m, &event, lab.now, &acts);
	trace_turn(text, sizeof(text), lab.now, &event, &acts, &lab.m);
	assert_string_equal(text, "@5 STOP 0 0\n -> SAY 0 STOPPING 120000 0\n"
	    " -> SIGNAL_MAIN 0 15 0\n -> SIGNAL_MAIN 0 18 0\n = 0 stopping\n");
}

static void
the_head_has_what_differs_and_no_secret(void **state)
{
	static char text[TRACE_LINES];

	(void)state;
	lab.talks = true;
	lab_begin("[mcinit]\nlog_level = debug\n[server]\nstop_timeout = 90s\n[server:a]\n"
	    "restart = no\nrcon_password = hunter2\nenv = SECRET=x\n[server:b]\ndir = /home/me\n"
	    "stop_timeout = 2m\nargs =\n");
	trace_head(text, sizeof(text), &lab.m.whole, lab.conf);
	assert_string_equal(text, "mcinit-trace 1 0 0\nconf mcinit.log_level=debug\n"
	    "conf server:a.dir=/a\nconf server:a.restart=no\nconf server:a.stop_timeout=90s\n"
	    "conf server:b.dir=/b\n");
}

/* A head in the middle of a trace is the new INI; a server that still stops is not in it. */
static void
the_head_does_not_name_who_has_left(void **state)
{
	static char text[TRACE_LINES];

	(void)state;
	lab_up("[server]\ntype = generic\n[server:a]\n[server:b]\n");
	lab_reload("[server]\ntype = generic\n[server:b]\n");
	assert_int_equal(lab_is(0), IS_STOPPING);
	trace_head(text, sizeof(text), &lab.m.whole, lab.conf);
	assert_string_equal(text, "mcinit-trace 1 0 0\nconf server:b.dir=/b\n"
	    "conf server:b.type=generic\n");
}

static void
nothing_is_written_outside_its_room(void **state)
{
	static char text[TRACE_LINES];
	static const struct step_event event = { STEP_STOP, 0, 0 };
	static struct step_acts acts;

	(void)state;
	lab_up("[server]\ntype = generic\n[server:a]\n[server:b]\nargs = x y z\n");
	step(lab.conf, &lab.m, &event, lab.now, &acts);
	for (size_t room = 1; room < 200; room++) {
		memset(text, '#', sizeof(text));
		trace_turn(text, room, lab.now, &event, &acts, &lab.m);
		assert_true(strlen(text) < room && text[room] == '#');
		trace_head(text, room, &lab.m.whole, lab.conf);
		assert_true(strlen(text) < room && text[room] == '#');
	}
}

/* ---- */

enum { TRACES = 200 };

int
main(void)
{
	const struct CMUnitTest fixed[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(a_turn_has_its_orders_and_its_outcome),
		cmocka_unit_test(the_head_has_what_differs_and_no_secret),
		cmocka_unit_test(the_head_does_not_name_who_has_left),
		cmocka_unit_test(nothing_is_written_outside_its_room),
	};
	static struct CMUnitTest tests[TRACES + COUNT(fixed)];
	size_t n = COUNT(fixed);
	char pattern[256];
	glob_t found;
	int rc;

	if (getenv("RECORD") != NULL)
		record(getenv("RECORD"));
	memcpy(tests, fixed, sizeof(fixed));
	snprintf(pattern, sizeof(pattern), "%s/*.trace", DIRECTORY);
	if (glob(pattern, 0, NULL, &found) != 0 || found.gl_pathc > TRACES) {
		print_error("no traces, or too many: %s; run me in the directory of the project\n",
		    pattern);
		return 1;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		tests[n++] = (struct CMUnitTest){ found.gl_pathv[i], replay_trace, NULL, NULL,
			found.gl_pathv[i] };
	/* The macro for this takes an array of fixed size. */
	rc = _cmocka_run_group_tests("traces", tests, n, NULL, NULL);
	globfree(&found);
	return rc;
}
