/* SPDX-License-Identifier: MIT */
/*
 * A random walk through the decision: a model of processes outside, which knows nothing of the
 * machines, lets happen what can happen, and checks after each step what is promised whatever
 * happens.  A second walk sends what cannot happen.
 *
 * A failure names its seed; MCINIT_SEED=SEED walks that way again.  SOAK=1 walks a hundred times
 * as far.
 */
#include "step_model.h"

#include <stdlib.h>

enum {
	STEPS = 1000000,		/* of each walk */
	WARNINGS = 10 * 1000 + STEP_STOP_REPLY	/* the longest stop_warn, and the question before it */
};

/* ---- one step ---- */

/* Players are warned, or counted. */
static bool
is_ahead(int slot)
{
	return lab_state(slot)->rung == RUNG_ONLINE || lab_state(slot)->rung == RUNG_WARN;
}

/* A stop that begins, behind its warnings: from now on the promise counts. */
static void
note_stops(const uint8_t was[CONF_SERVERS], const struct step_event *event)
{
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		struct outside *o = &w.server[slot];

		if (lab_is(slot) != IS_STOPPING || was[slot] != IS_STOPPING)
			o->kill_asked = false;
		if (lab_is(slot) == IS_STOPPING && (was[slot] != IS_STOPPING || o->ahead)) {
			o->stop_at = active();
			o->stop_timeout = lab.conf->server[slot].stop_timeout;
		}
		o->ahead = lab_is(slot) == IS_STOPPING && is_ahead(slot);
		if (event->what == STEP_KILL && event->slot == slot)
			o->kill_asked = true;
	}
}

/* All stops run at the same time, so the end takes no longer than the longest of them. */
static void
note_end(void)
{
	int64_t longest = 0;

	if (!lab.m.whole.ending || w.ending)
		return;
	w.ending = true;
	w.end_at = active();
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (lab_is(slot) == IS_STOPPING && w.server[slot].stop_timeout > longest)
			longest = w.server[slot].stop_timeout;
	if (lab.conf->mcinit.grace > 0)
		w.grace_end = active() + lab.conf->mcinit.grace - STEP_AHEAD_OF_GRACE;
	w.end_bound = longest + WARNINGS + STEP_KILL_WAIT + STEP_DRAIN + STEP_DRAIN + 6 * LATE_MOST;
}

static void
check(const struct step_event *event, const struct step_acts *acts)
{
	const char *what = step_broken(&lab.m);

	MUST(what == NULL, "%s", what);
	MUST(acts->count < STEP_ACTS, "%d actions", acts->count);
	MUST(lab.m.whole.odd == 0, "%s in slot %d was not expected", words_event(event->what),
	    event->slot);
	MUST(event->what != STEP_TICK || lab.m.whole.finished || step_deadline(&lab.m) > w.now,
	    "a deadline was left behind");
	MUST(!w.ending || lab.m.whole.finished || active() - w.end_at <= w.end_bound,
	    "the end takes longer than %lld ms", (long long)w.end_bound);
}

static void
take_step(const struct step_event *event)
{
	static struct step_acts acts;
	uint8_t was[CONF_SERVERS];

	for (int slot = 0; slot < CONF_SERVERS; slot++)
		was[slot] = lab_state(slot)->is;
	step(lab.conf, &lab.m, event, w.now, &acts);
	w.steps++;
	note_stops(was, event);
	note_end();
	check(event, &acts);
	for (int i = 0; i < acts.count; i++)
		carry_out(&acts.act[i]);
}

static void
drain(void)
{
	while (w.queued > 0) {
		struct step_event event = w.queue[0];

		memmove(&w.queue[0], &w.queue[1], (size_t)--w.queued * sizeof(w.queue[0]));
		take_step(&event);
	}
	for (int slot = 0; slot < CONF_SERVERS && !lab.m.whole.finished; slot++) {
		MUST(lab_state(slot)->main_alive == w.server[slot].main,
		    "what it thinks of the main process in slot %d is wrong", slot);
		MUST(!lab_state(slot)->spawning, "slot %d waits for an answer for ever", slot);
	}
}

/* ---- the walks ---- */

static long
how_far(void)
{
	return getenv("SOAK") != NULL && *getenv("SOAK") ? 100L * STEPS : STEPS;
}

static void
set_out(void)
{
	const char *seed = getenv("MCINIT_SEED");

	memset(&w, 0, sizeof(w));
	w.seed = seed != NULL ? strtoull(seed, NULL, 10) : 20261121;
	w.random = w.seed * 2 + 1;
}

static void
new_life(void)
{
	static const enum step_mode modes[] = { MODE_SERVICE, MODE_CONTAINER, MODE_APPLIANCE };
	char ini[4096];

	make_ini(ini, sizeof(ini));
	lab_conf(lab.conf, ini);
	step_init(&lab.m, modes[chance(3)], one_in(2));
	memset(w.server, 0, sizeof(w.server));
	w.queued = 0;
	w.reading = w.ending = w.closing = w.proving = w.proved = false;
	w.now = chance(1000000);
	w.paused = w.grace_end = 0;
	w.lives++;
	tell(STEP_CONF, -1, 0);
	drain();
}

static void
what_can_happen_breaks_no_promise(void **state)
{
	long far = how_far();

	(void)state;
	set_out();
	new_life();
	while (w.steps < far) {
		if (lab.m.whole.finished)
			new_life();
		for (uint32_t at_once = one_in(4) ? 3 : 1; at_once > 0; at_once--)
			something();
		drain();
	}
	/* A walk that met nothing would prove nothing. */
	MUST(w.lives > 100 && w.kills > 1000 && w.spawns > 10000 && w.reloads > 100 &&
	    w.pauses > 1000 && w.execs > 100 && w.answers > 100, "too little happened");
	for (int message = 0; message < SAY_COUNT; message++)
		MUST(w.said[message] > 0 || message == SAY_ODD || message == SAY_WAITS, "%s was never said",
		    words_message_id(message));
}

static void
arbitrary_event(struct step_event *event)
{
	static const int32_t values[] = { 0, 1, 2, 3, 9, 15, 256, -1, INT32_MAX, INT32_MIN };

	event->what = (uint8_t)(one_in(100) ? chance(256) : chance(STEP_EVENT_COUNT));
	event->slot = (int8_t)(one_in(50) ? (int)chance(256) - 128 : (int)chance(5) - 1);
	event->a = values[chance(COUNT(values))];
	/* Or no life would end: this takes a stop of everything back. */
	if (event->what == STEP_ADOPTED && !one_in(1000))
		event->what = STEP_RESUMED;
	/* Or no life would last. */
	if (event->what == STEP_SIGNAL && event->slot < 0 && !one_in(20))
		event->a = SIGHUP;
}

static void
what_cannot_happen_does_no_harm(void **state)
{
	static struct step_acts acts;
	long far = how_far();

	(void)state;
	set_out();
	new_life();
	for (; w.steps < far; w.steps++) {
		struct step_event event;

		if (lab.m.whole.finished)
			new_life();
		arbitrary_event(&event);
		w.now += one_in(3) ? chance(one_in(20) ? 100000000 : 3000) : 0;
		step(lab.conf, &lab.m, &event, w.now, &acts);
		MUST(acts.count < STEP_ACTS, "%d actions", acts.count);
		MUST(step_broken(&lab.m) == NULL, "%s, after %s", step_broken(&lab.m),
		    words_event(event.what));
		MUST(event.what != STEP_TICK || event.slot >= 0 || lab.m.whole.finished ||
		    step_deadline(&lab.m) > w.now, "a deadline was left behind");
	}
	MUST(w.lives > 40, "too little happened: %ld lives", w.lives);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_happen_breaks_no_promise),
		cmocka_unit_test(what_cannot_happen_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
