/* SPDX-License-Identifier: MIT */
/*
 * What the decision does in each state with each event, as a table: tests/matrix.txt.
 *
 * The table is the policy in full; a change of it shows as a difference here.  `UPDATE=1
 * build/tests/unit_matrix` in the project's directory writes it anew.  The states are reached by
 * real events, and one event is tried in each of them.
 */
#include "step_lab.h"

#include <stdlib.h>

static const char TABLE[] = "tests/matrix.txt";

/* a and b are programs, from java and from a script; c is a game, which talks. */
static const char INI[] = "[server]\nstart_timeout = 10m\nrestart_delay = 10s\n"
    "type = generic\n[server:a]\n[server:b]\ncommand = ./start.sh\n"
    "[server:c]\nautostart = no\ntype = paper\n";

enum { MATRIX_BYTES = 256 * 1024, MATRIX_LINES = 2048, GAME = 2 };
static char matrix[MATRIX_BYTES], golden[MATRIX_BYTES];
static size_t used;
static uint16_t common[MATRIX_LINES + 1][MATRIX_LINES + 1];

__attribute__((format(printf, 1, 2)))
static void
put(const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(matrix + used, sizeof(matrix) - used, format, arguments);
	va_end(arguments);
	assert_true(n >= 0 && (size_t)n < sizeof(matrix) - used);
	used += (size_t)n;
}

/* ---- the states ---- */

/*
 * Events from the first CONF on, which starts the server; +SECONDS lets time pass.  The
 * environment answers nothing by itself, so each intermediate state can be had.
 */
static const struct {
	const char *name, *path;
} states[] = {
	{ "stopped, as asked", "SPAWNED EXEC_DONE +1 STOP ENDED TREE DRAINED" },
	{ "stopped, by itself", "SPAWNED EXEC_DONE +1 ENDED TREE DRAINED" },
	{ "failed", "SPAWN_FAILED=1" },
	{ "backoff", "SPAWNED EXEC_DONE +1 ENDED=256 TREE DRAINED" },
	{ "starting, before the fork is known", "" },
	{ "starting, before the exec is known", "SPAWNED" },
	{ "starting, the exec failed", "SPAWNED EXEC_FAILED=0" },
	{ "starting, the program runs", "SPAWNED EXEC_DONE" },
	{ "running", "SPAWNED EXEC_DONE +1" },
	{ "running, stable", "SPAWNED EXEC_DONE +601" },
	{ "stopping, before the fork is known", "STOP" },
	{ "stopping, before the exec is known", "SPAWNED STOP" },
	{ "stopping, SIGTERM was sent", "SPAWNED EXEC_DONE +1 STOP" },
	{ "stopping, to be started again", "SPAWNED EXEC_DONE +1 RESTART" },
	{ "stopping, the dump was asked for", "SPAWNED EXEC_DONE +1 STOP +118" },
	{ "stopping, main ended", "SPAWNED EXEC_DONE +1 STOP ENDED" },
	{ "stopping, main ended, the rest had SIGTERM", "SPAWNED EXEC_DONE +1 STOP ENDED TREE=1" },
	{ "stopping, SIGKILL was sent", "SPAWNED EXEC_DONE +1 STOP +120" },
	{ "stopping, SIGKILL was sent, main ended", "SPAWNED EXEC_DONE +1 STOP +120 ENDED=9" },
	{ "stopping, unkillable", "SPAWNED EXEC_DONE +1 STOP +130" },
	{ "stopping, the start was overdue", "SPAWNED +600" },
	{ "stopping, it ended by itself", "SPAWNED EXEC_DONE +1 ENDED=256" },
	{ "stopping, it ended and left something", "SPAWNED EXEC_DONE +1 ENDED=256 TREE=1" },
	{ "stopping, what it left was killed", "SPAWNED EXEC_DONE +1 ENDED=256 TREE=1 +120" },
	{ "stopping, killed before the fork is known", "KILL" },
	{ "stopping, it left the INI", "SPAWNED EXEC_DONE +1 LEAVE" },
	{ "stopping, with mcinit", "SPAWNED EXEC_DONE +1 END" },
	{ "stopping, with mcinit, unkillable", "SPAWNED EXEC_DONE +1 END +120" },
	{ "stopping, its last output is waited for", "SPAWNED EXEC_DONE +1 STOP ENDED TREE" },
	{ "starting, a game", "START SPAWNED EXEC_DONE +1" },
	{ "running, a game", "START SPAWNED EXEC_DONE MARKER=3" },
	{ "stopping, a game, the command was given", "START SPAWNED EXEC_DONE MARKER=3 STOP" },
	{ "stopping, a game, SIGTERM was sent, too", "START SPAWNED EXEC_DONE MARKER=3 STOP +84" },
	{ "stopping, a game, its last output is waited for",
	    "START SPAWNED EXEC_DONE MARKER=3 ENDED TREE" },
	{ "failed, a game without its EULA", "START SPAWNED EXEC_DONE MARKER=9 ENDED TREE DRAINED" },
};

static bool
is_game(size_t state)
{
	return strstr(states[state].name, "a game") != NULL;
}

/* An event without environment. */
static void
tell(int what, int slot, int32_t a)
{
	struct step_event event = { .what = (uint8_t)what, .slot = (int8_t)slot, .a = a };
	static struct step_acts acts;

	step(lab.conf, &lab.m, &event, lab.now, &acts);
	if (step_broken(&lab.m) != NULL)
		fail_msg("%s, after %s", step_broken(&lab.m), words_event(what));
	lab.records = 0;
	for (int i = 0; i < acts.count; i++)
		lab.record[lab.records++] = (struct lab_record){ lab.now, acts.act[i] };
}

static void
pass(int64_t ms)
{
	int64_t end = lab.now + ms;

	while (step_deadline(&lab.m) <= end) {
		lab.now = step_deadline(&lab.m);
		tell(STEP_TICK, -1, 0);
	}
	lab.now = end;
}

static int
event_of(const char *word)
{
	size_t n = strcspn(word, "= ");

	for (int i = 0; i < STEP_EVENT_COUNT; i++)
		if (strlen(words_event(i)) == n && strncmp(words_event(i), word, n) == 0)
			return i;
	fail_msg("no event %s", word);
	return -1;
}

/* How the whole looks to the other servers is of no interest here: one alone is up. */
static void
reach(const char *path, int slot)
{
	const char *word;

	lab_reset(MODE_SERVICE, false);
	memset(lab.conf->leaving, 0, sizeof(lab.conf->leaving));
	tell(STEP_CONF, -1, 0);
	for (int other = 0; other < GAME; other++)
		if (other != slot) {
			tell(STEP_SPAWN_FAILED, other, FAILURE_RETRY);
			tell(STEP_STOP, other, 0);
		}
	for (word = path; *word != '\0'; word += strcspn(word, " "), word += strspn(word, " ")) {
		const char *value = word + strcspn(word, "= ");

		if (*word == '+')
			pass(SECONDS(atoi(word + 1)));
		else if (strncmp(word, "END", 3) == 0 && (word[3] == ' ' || word[3] == '\0'))
			tell(STEP_SIGNAL, -1, SIGTERM);
		else if (strncmp(word, "LEAVE", 5) == 0)
			lab.conf->leaving[slot] = true, tell(STEP_CONF, -1, 0);
		else
			tell(event_of(word), slot, *value == '=' ? atoi(value + 1) : 0);
	}
}

/* ---- the events ---- */

enum column { OF_SERVER, OF_WHOLE, OF_TIMER, OF_CONF };
static const struct {
	enum column column;
	int event;
	int32_t a;
	const char *name;
} events[] = {
	{ OF_SERVER, STEP_START, 0, "START" },
	{ OF_SERVER, STEP_STOP, 0, "STOP" },
	{ OF_SERVER, STEP_RESTART, 0, "RESTART" },
	{ OF_SERVER, STEP_KILL, 0, "KILL" },
	{ OF_SERVER, STEP_CHANGED, 0, "CHANGED" },
	{ OF_SERVER, STEP_SPAWNED, 0, "SPAWNED" },
	{ OF_SERVER, STEP_SPAWN_FAILED, FAILURE_RETRY, "SPAWN_FAILED retry" },
	{ OF_SERVER, STEP_SPAWN_FAILED, FAILURE_FATAL, "SPAWN_FAILED fatal" },
	{ OF_SERVER, STEP_SPAWN_FAILED, FAILURE_CONFIG, "SPAWN_FAILED config" },
	{ OF_SERVER, STEP_SPAWN_FAILED, FAILURE_LOCKED, "SPAWN_FAILED locked" },
	{ OF_SERVER, STEP_EXEC_DONE, 0, "EXEC_DONE" },
	{ OF_SERVER, STEP_EXEC_FAILED, FAILURE_CONFIG, "EXEC_FAILED config" },
	{ OF_SERVER, STEP_READY, 0, "READY" },
	{ OF_SERVER, STEP_MARKER, MARKER_STARTING, "MARKER starting" },
	{ OF_SERVER, STEP_MARKER, MARKER_PROGRESS | 40 << 8, "MARKER progress" },
	{ OF_SERVER, STEP_MARKER, MARKER_READY, "MARKER ready" },
	{ OF_SERVER, STEP_MARKER, MARKER_STOPPING, "MARKER stopping" },
	{ OF_SERVER, STEP_MARKER, MARKER_JOINED, "MARKER joined" },
	{ OF_SERVER, STEP_PLAYERS, 3, "PLAYERS" },
	{ OF_SERVER, STEP_COMMAND_FAILED, 0, "COMMAND_FAILED" },
	{ OF_SERVER, STEP_DRAINED, 0, "DRAINED" },
	{ OF_SERVER, STEP_HELPER_ENDED, HELPER_CARRIER | HELPER_END_LEFT << 8, "carrier left" },
	{ OF_SERVER, STEP_HELPER_ENDED, HELPER_CARRIER | HELPER_END_DIED << 8, "carrier died" },
	{ OF_WHOLE, STEP_HELPER_ENDED, HELPER_OUTPUT | HELPER_END_DIED << 8, "of all: output died" },
	{ OF_WHOLE, STEP_CLOSED, 0, "of all: CLOSED" },
	{ OF_WHOLE, STEP_REEXEC, 0, "of all: REEXEC" },
	{ OF_SERVER, STEP_ENDED, EXIT_OF(0), "ENDED exit 0" },
	{ OF_SERVER, STEP_ENDED, EXIT_OF(1), "ENDED exit 1" },
	{ OF_SERVER, STEP_TREE, 0, "TREE empty" },
	{ OF_SERVER, STEP_TREE, 1, "TREE left" },
	{ OF_SERVER, STEP_TICK, 0, "TICK" },
	{ OF_SERVER, STEP_CONF, 0, "CONF" },
	{ OF_SERVER, STEP_SIGNAL, SIGTERM, "SIGNAL" },
	{ OF_SERVER, STEP_REAPED, 0, "REAPED" },
	{ OF_WHOLE, STEP_REAPED, 0, "of all: REAPED" },
	{ OF_WHOLE, STEP_SIGNAL, SIGTERM, "of all: SIGTERM" },
	{ OF_WHOLE, STEP_SIGNAL, SIGQUIT, "of all: SIGQUIT" },
	{ OF_WHOLE, STEP_SIGNAL, SIGHUP, "of all: SIGHUP" },
	{ OF_CONF, STEP_CONF, 0, "of all: CONF without it" },
	{ OF_CONF, STEP_CONF, 1, "of all: CONF with it" },
	{ OF_TIMER, STEP_TICK, TIMER_PULSE, "timer PULSE" },
	{ OF_TIMER, STEP_TICK, TIMER_READY, "timer READY" },
	{ OF_TIMER, STEP_TICK, TIMER_SILENT, "timer SILENT" },
	{ OF_TIMER, STEP_TICK, TIMER_OVERDUE, "timer OVERDUE" },
	{ OF_TIMER, STEP_TICK, TIMER_STABLE, "timer STABLE" },
	{ OF_TIMER, STEP_TICK, TIMER_DELAY, "timer DELAY" },
	{ OF_TIMER, STEP_TICK, TIMER_TERM, "timer TERM" },
	{ OF_TIMER, STEP_TICK, TIMER_DUMP, "timer DUMP" },
	{ OF_TIMER, STEP_TICK, TIMER_KILL, "timer KILL" },
	{ OF_TIMER, STEP_TICK, TIMER_UNKILLABLE, "timer UNKILLABLE" },
	{ OF_TIMER, STEP_TICK, TIMER_DRAIN, "timer DRAIN" },
};

/* Only the timer of the row is due; false when it is not armed in this state. */
static bool
ring(int slot, int timer)
{
	int64_t *deadline = lab_state(slot)->deadline;
	bool armed = deadline[timer] != STEP_NEVER;

	for (int i = 0; i < TIMER_COUNT && armed; i++)
		if (deadline[i] <= lab.now)
			deadline[i] = lab.now + 1;
	if (!armed)
		return false;
	deadline[timer] = lab.now;
	tell(STEP_TICK, -1, 0);
	return true;
}

static bool
try_event(size_t i, int slot)
{
	switch (events[i].column) {
	case OF_SERVER:
		tell(events[i].event, slot, events[i].a);
		break;
	case OF_WHOLE:
		tell(events[i].event, -1, events[i].a);
		break;
	case OF_TIMER:
		return ring(slot, events[i].a);
	case OF_CONF:
		lab.conf->leaving[slot] = !events[i].a;
		tell(STEP_CONF, -1, 0);
		break;
	}
	return true;
}

/* ---- the table ---- */

static const char *const rungs[] = {
#define X(name, text) [RUNG_##name] = text,
	STEP_RUNGS(X)
#undef X
};

static void
put_actions(void)
{
	for (int i = 0; i < lab.records; i++) {
		const struct step_act *act = &lab.record[i].act;
		char signal[WORDS_SHORT];

		words_signal(signal, (int)act->a);
		if (act->what == ACT_SAY)
			put(" say:%s", words_message_id((int)act->a));
		else if (act->what == ACT_SIGNAL_MAIN || act->what == ACT_SIGNAL_GROUP ||
		    act->what == ACT_SWEEP)
			put(" %s:%s", words_action(act->what), signal);
		else if (act->what == ACT_FINISH)
			put(" FINISH:%lld", (long long)act->a);
		else
			put(" %s", words_action(act->what));
	}
	while (matrix[used - 1] == ' ')
		used--;
	put("\n");
}

static void
put_state(int slot)
{
	const struct step_server *s = lab_state(slot);
	char text[64];

	if (!s->used)
		snprintf(text, sizeof(text), "free");
	else if (s->is == IS_STOPPING)
		snprintf(text, sizeof(text), "%s/%s, %s", words_state(s->is), rungs[s->rung],
		    words_wish(s->wish));
	else
		snprintf(text, sizeof(text), "%s, %s", words_state(s->is), words_wish(s->wish));
	put("%-23s", text);
}

/* The names of events that have the same outcome, as a paragraph. */
static void
put_names(const char *what, const bool is[COUNT(events)])
{
	size_t column = 0;

	for (size_t i = 0; i < COUNT(events); i++) {
		if (!is[i])
			continue;
		if (column == 0 || column + strlen(events[i].name) > 94)
			column = (size_t)sprintf(matrix + used, "%s%s", column ? ",\n    " : what,
			    events[i].name);
		else
			column += (size_t)sprintf(matrix + used, ", %s", events[i].name);
		used += strlen(matrix + used);
	}
	if (column > 0)
		put("\n");
}

/* One row; rows without effect are gathered. */
static void
put_event(size_t state, int slot, size_t i, bool *odd, bool *nothing)
{
	struct step_machine before;

	reach(states[state].path, slot);
	before = lab.m;
	if (!try_event(i, slot))
		return;
	if (memcmp(&before.server[slot], lab_state(slot), sizeof(before.server[slot])) == 0) {
		*odd = lab.m.whole.odd > 0;
		*nothing = !*odd && lab.records == 0;
	}
	if (*odd || *nothing)
		return;
	put("%-24s", events[i].name);
	put_state(slot);
	put_actions();
}

static void
put_block(size_t state, int slot)
{
	bool odd[COUNT(events)] = { false }, nothing[COUNT(events)] = { false };

	put("\n## %s%s\n", states[state].name, slot == 1 ? " (command)" : "");
	for (size_t i = 0; i < COUNT(events); i++)
		put_event(state, slot, i, &odd[i], &nothing[i]);
	put_names("nothing: ", nothing);
	put_names("unexpected: ", odd);
}

static void
put_whole(void)
{
	put("\n# mcinit itself: event -> actions\n");
	for (int mode = MODE_SERVICE; mode <= MODE_APPLIANCE; mode++) {
		put("\n## %s\n", mode == MODE_SERVICE ? "service" :
		    mode == MODE_CONTAINER ? "container" : "appliance");
		for (int signal = 1; signal <= 64; signal++) {
			char name[WORDS_SHORT];

			lab_reset((enum step_mode)mode, false);
			tell(STEP_SIGNAL, -1, signal);
			if (lab.records == 1 && lab.record[0].act.a == SAY_IGNORED)
				continue;
			words_signal(name, signal);
			put("%-26s%-9s", name, lab.m.whole.ending ?
			    words_ending(lab.m.whole.how) : "");
			put_actions();
		}
	}
	put("\n## events of a server, sent to no server\n");
	for (int event = STEP_CHANGED; event < STEP_EVENT_COUNT; event++) {
		lab_reset(MODE_SERVICE, false);
		if (event == STEP_SIGNAL || event == STEP_REAPED)
			continue;
		tell(event, -1, 0);
		put("%-26s", words_event(event));
		put_actions();
	}
}

static void
make_matrix(void)
{
	used = 0;
	lab.talks = true;
	lab_conf(lab.conf, INI);
	put("# What the decision does: event, next state and wish, actions.  Written by\n"
	    "# UPDATE=1 build/tests/unit_matrix; its difference is the change of policy.\n");
	for (size_t state = 0; state < COUNT(states); state++)
		for (int slot = 0; slot < GAME; slot++)
			/* What a script is differs in the stop ladder alone. */
			if (is_game(state) && slot == 0)
				put_block(state, GAME);
			else if (!is_game(state) && (slot == 0 || strncmp(states[state].name, "stopping, SIG", 13) == 0 ||
			    strcmp(states[state].name, "running") == 0))
				put_block(state, slot);
	put_whole();
}

/* ---- the difference ---- */

static int
split(char *text, const char *line[MATRIX_LINES])
{
	int n = 0;

	for (char *end; (end = strchr(text, '\n')) != NULL && n < MATRIX_LINES; text = end + 1) {
		*end = '\0';
		line[n++] = text;
	}
	return n;
}

/* common[i][j]: how many lines what follows old[i] and what follows new[j] have in common. */
static void
find_common(const char *const *old, int olds, const char *const *new, int news)
{
	for (int i = olds - 1; i >= 0; i--)
		for (int j = news - 1; j >= 0; j--)
			if (strcmp(old[i], new[j]) == 0)
				common[i][j] = common[i + 1][j + 1] + 1;
			else
				common[i][j] = common[i + 1][j] > common[i][j + 1] ?
				    common[i + 1][j] : common[i][j + 1];
}

static void
show_difference(void)
{
	static const char *old[MATRIX_LINES], *new[MATRIX_LINES];
	int olds = split(golden, old), news = split(matrix, new), i = 0, j = 0;
	const char *block = "", *shown = "";

	find_common(old, olds, new, news);
	while (i < olds || j < news) {
		bool both = i < olds && j < news;

		if (j < news && new[j][0] == '#')
			block = new[j];
		if (both && strcmp(old[i], new[j]) == 0) {
			i++, j++;
			continue;
		}
		if (strcmp(block, shown) != 0)
			print_message("  %s\n", block);
		shown = block;
		if (j == news || (both && common[i + 1][j] >= common[i][j + 1]))
			print_message("- %s\n", old[i++]);
		else
			print_message("+ %s\n", new[j++]);
	}
}

static void
the_matrix_is_as_committed(void **state)
{
	FILE *file;
	size_t n;

	(void)state;
	make_matrix();
	if (getenv("UPDATE") != NULL) {
		file = fopen(TABLE, "w");
		assert_non_null(file);
		assert_int_equal(fwrite(matrix, 1, used, file), used);
		assert_int_equal(fclose(file), 0);
		return;
	}
	file = fopen(TABLE, "r");
	if (file == NULL)
		fail_msg("no %s here; run me in the directory of the project", TABLE);
	n = fread(golden, 1, sizeof(golden) - 1, file);
	golden[n] = '\0';
	fclose(file);
	if (strcmp(golden, matrix) == 0)
		return;
	show_difference();
	fail_msg("the policy is not that of %s; if it is meant to be: UPDATE=1 "
	    "build/tests/unit_matrix", TABLE);
}

/* A state that is not the one of its name would make a table of wrong claims. */
static void
each_state_is_reached(void **state)
{
	(void)state;
	lab.talks = true;
	lab_conf(lab.conf, INI);
	for (size_t i = 0; i < COUNT(states); i++) {
		const struct step_server *s;
		const char *word;

		reach(states[i].path, is_game(i) ? GAME : 0);
		s = lab_state(is_game(i) ? GAME : 0);
		word = words_state(s->is);
		assert_int_equal(strncmp(states[i].name, word, strlen(word)), 0);
		if (strstr(states[i].name, "unkillable") != NULL)
			assert_true(s->stuck || lab.m.whole.ending);
		if (strstr(states[i].name, "SIGKILL") != NULL)
			assert_int_equal(s->rung, RUNG_KILL);
		if (strstr(states[i].name, "dump") != NULL)
			assert_int_equal(s->rung, RUNG_DUMP);
		assert_int_equal(lab.m.whole.odd, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_is_reached),
		cmocka_unit_test(the_matrix_is_as_committed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
