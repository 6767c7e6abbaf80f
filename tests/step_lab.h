/* SPDX-License-Identifier: MIT */
/*
 * step_lab: a laboratory for the decision.  A clock that jumps, an environment that answers the
 * actions as act.c does, and a record of all that was ordered, with its time.
 *
 * Included once by each test of step.h.  It must never decide anything that step.c decides.
 */
#ifndef STEP_LAB_H
#define STEP_LAB_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "step.h"
#include "trace.h"
#include "words.h"

#define EXIT_OF(code)	((code) << 8)	/* a wait status; of a signal it is the signal's number */
#define SECONDS(n)	((int64_t)(n) * 1000)
#define MINUTES(n)	((int64_t)(n) * 60000)
#define ANY		INT64_MIN	/* any value of an action */
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* The clock begins where a machine's may be, and not at a round number. */
enum { LAB_RECORDS = 16384, LAB_QUEUE = 64, LAB_BEGIN = 123456789 };

/* What the world outside is like, and what is to go wrong there. */
struct lab_server {
	bool main;			/* alive */
	int tree;			/* how many of its processes are left beside it */
	bool hold_fork, hold_exec;	/* SPAWNED, EXEC_DONE do not come by themselves */
	int no_fork, no_exec;		/* enum step_failure + 1 */
	bool stuck;			/* SIGKILL does not help */
};

struct lab_record {
	int64_t at;
	struct step_act act;
};

static struct {
	struct conf confs[2], *conf;	/* `conf` is the one in force */
	struct step_machine m;
	int64_t now;
	struct lab_server server[CONF_SERVERS];
	struct lab_record record[LAB_RECORDS];
	int records;
	struct step_event queue[LAB_QUEUE];
	int queued;
	bool talks;			/* servers of type auto are what they are, and consoles matter */
	bool hold_drain;		/* DRAINED does not come by itself */
	bool rcon;			/* servers have one, and tests have an eye for it */
	bool deaf;			/* ... that does not answer */
	int online;			/* ... who answers to "list"; -1: nobody knows */
	bool prints;			/* servers print something all the time */
	FILE *trace;			/* a trace is written there, or NULL */
} lab = { .conf = &lab.confs[0] };

/* ---- configurations ---- */

static inline int
lab_variable(void *cookie, const char *name, char *value, size_t room)
{
	(void)cookie;
	(void)name;
	(void)value;
	(void)room;
	return -ENOENT;
}

static inline void
lab_complaint(void *cookie, enum conf_severity severity, const char *line)
{
	(void)cookie;
	if (severity == CONF_ERROR)
		print_error("%s\n", line);
}

/* From an INI text, which must be right. */
static inline void
lab_conf(struct conf *conf, const char *ini)
{
	struct conf_source source = { .text = ini, .bytes = strlen(ini), .file = "test.ini",
		.directory = "/srv", .variable = lab_variable, .secret = lab_variable,
		.say = lab_complaint };

	assert_int_equal(conf_parse(conf, &source, false), 0);
	/* Most tests are of a program that says nothing: ready by age, stopped by signals. */
	for (int slot = 0; slot < CONF_SERVERS && !lab.talks; slot++)
		if (conf->server[slot].type == TYPE_AUTO)
			conf->server[slot].type = TYPE_GENERIC;
}

static inline struct step_server *
lab_state(int slot)
{
	return &lab.m.server[slot];
}

static inline int
lab_is(int slot)
{
	return lab_state(slot)->is;
}

/* ---- the environment ---- */

static inline void
lab_answer(int what, int slot, int32_t a)
{
	assert_true(lab.queued < LAB_QUEUE);
	lab.queue[lab.queued++] = (struct step_event){
		.what = (uint8_t)what, .slot = (int8_t)slot, .a = a };
}

static inline void
lab_do_spawn(int slot)
{
	struct lab_server *s = &lab.server[slot];

	assert_false(s->main);
	assert_int_equal(s->tree, 0);
	if (s->no_fork != 0) {
		lab_answer(STEP_SPAWN_FAILED, slot, s->no_fork - 1);
		return;
	}
	if (s->hold_fork)
		return;
	s->main = true;
	lab_answer(STEP_SPAWNED, slot, 0);
	if (s->no_exec != 0) {
		s->main = false;
		lab_answer(STEP_EXEC_FAILED, slot, s->no_exec - 1);
		lab_answer(STEP_ENDED, slot, EXIT_OF(127));
	} else if (!s->hold_exec) {
		lab_answer(STEP_EXEC_DONE, slot, 0);
	}
}

static inline void
lab_do_signal(int slot, int64_t signal)
{
	struct lab_server *s = &lab.server[slot];

	if (signal != SIGKILL || !s->main || s->stuck)
		return;
	s->main = false;
	lab_answer(STEP_ENDED, slot, SIGKILL);
}

static inline void
lab_do_sweep(int slot, int64_t signal)
{
	struct lab_server *s = &lab.server[slot];

	lab_do_signal(slot, signal);
	if (signal == SIGKILL && !s->stuck)
		s->tree = 0;
	lab_answer(STEP_TREE, slot, s->tree > 0 || s->main);
}

static inline void
lab_do_forget(int slot)
{
	if (!lab.conf->leaving[slot])
		return;			/* it has come back in the meantime */
	lab.conf->name[slot][0] = '\0';
	lab.conf->leaving[slot] = false;
	lab.conf->servers--;
}

static inline void
lab_do(const struct step_act *act)
{
	switch ((enum step_action)act->what) {
	case ACT_SPAWN:
		lab_do_spawn(act->slot);
		break;
	case ACT_SIGNAL_MAIN:
	case ACT_SIGNAL_GROUP:
		lab_do_signal(act->slot, act->a);
		break;
	case ACT_SWEEP:
		lab_do_sweep(act->slot, act->a);
		break;
	case ACT_LOOK:
		lab_answer(STEP_TREE, act->slot, lab.server[act->slot].tree > 0);
		break;
	case ACT_FORGET:
		lab_do_forget(act->slot);
		break;
	case ACT_DRAIN:
		if (!lab.hold_drain)
			lab_answer(STEP_DRAINED, act->slot, 0);
		break;
	case ACT_CLOSE:
		lab_answer(STEP_CLOSED, -1, 0);
		break;
	case ACT_RCON_OPEN:
		lab_answer(lab.rcon ? STEP_RCON_UP : STEP_RCON_DOWN, act->slot, RCON_END_ABSENT);
		break;
	case ACT_ASK:
		if (!lab.deaf)
			lab_answer(STEP_ANSWERED, act->slot, lab.online);
		break;
	case ACT_ATTEND:
		lab_answer(STEP_PRINTED, act->slot, lab.prints);
		break;
	case ACT_COMMAND:
	case ACT_ABANDON:
	case ACT_QUOTE:
	case ACT_HELPER:
	case ACT_UNPLUG:
	case ACT_ROTATE:
	case ACT_RESIZE:
	case ACT_RELOAD:
	case ACT_DEBUG:
	case ACT_STATISTICS:
	case ACT_SAY:
	case ACT_FINISH:
	case ACT_PROVE:
	case ACT_UNPROVE:
	case ACT_REEXEC:
	case ACT_ANSWER:
	case ACT_RCON_CLOSE:
	case ACT_REFUSE:
	case ACT_WARN:
	case ACT_CHECK:
	case ACT_UNCHECK:
	case ACT_SETTLE:
	case ACT_METRICS:
	case ACT_SAVE_ON:
	case ACT_COUNT:
		break;
	}
}

/* ---- events and time ---- */

static inline void
lab_write_head(const struct conf *conf)
{
	static char text[TRACE_LINES];

	if (lab.trace == NULL)
		return;
	trace_head(text, sizeof(text), &lab.m.whole, conf);
	fputs(text, lab.trace);
}

static inline void
lab_write_turn(const struct step_event *event, const struct step_acts *acts)
{
	static char text[TRACE_LINES];

	if (lab.trace == NULL)
		return;
	trace_turn(text, sizeof(text), lab.now, event, acts, &lab.m);
	fputs(text, lab.trace);
}

/* What most tests have no eye for. */
static inline bool
lab_is_of_the_console(int action)
{
	return action == ACT_HELPER || action == ACT_UNPLUG || action == ACT_DRAIN || action == ACT_QUOTE;
}

static inline bool
lab_is_of_rcon(const struct step_act *act)
{
	return act->what == ACT_RCON_OPEN || act->what == ACT_RCON_CLOSE || act->what == ACT_ATTEND ||
	    (act->what == ACT_SAY && act->a == SAY_GRACE);
}

static inline void
lab_turn(const struct step_event *event)
{
	static struct step_acts acts;
	const char *broken;

	step(lab.conf, &lab.m, event, lab.now, &acts);
	broken = step_broken(&lab.m);
	if (broken != NULL)
		fail_msg("%s, after %s", broken, words_event(event->what));
	assert_true(acts.count < STEP_ACTS);
	lab_write_turn(event, &acts);
	for (int i = 0; i < acts.count; i++) {
		assert_true(lab.records < LAB_RECORDS);
		if ((lab.talks || !lab_is_of_the_console(acts.act[i].what)) &&
		    (lab.rcon || !lab_is_of_rcon(&acts.act[i])))
			lab.record[lab.records++] = (struct lab_record){ lab.now, acts.act[i] };
		lab_do(&acts.act[i]);
	}
}

/* One event, and all that the environment answers to what it causes. */
static inline void
lab_event(int what, int slot, int32_t a)
{
	lab_answer(what, slot, a);
	while (lab.queued > 0) {
		struct step_event event = lab.queue[0];

		lab.queued--;
		memmove(&lab.queue[0], &lab.queue[1], (size_t)lab.queued * sizeof(lab.queue[0]));
		lab_turn(&event);
	}
}

static inline void
lab_signal(int signal)
{
	lab_event(STEP_SIGNAL, -1, signal);
}

/* The main process ends.  `left` of its tree stay behind. */
static inline void
lab_end(int slot, int32_t status, int left)
{
	assert_true(lab.server[slot].main);
	lab.server[slot].main = false;
	lab.server[slot].tree = left;
	lab_event(STEP_ENDED, slot, status);
}

/* What was left ends, and is reaped by us. */
static inline void
lab_end_tree(int slot)
{
	lab.server[slot].tree = 0;
	lab_event(STEP_REAPED, -1, 0);
}

/* Time passes as it does for the loop in mcinit.c: each deadline gets its turn. */
static inline void
lab_pass(int64_t ms)
{
	int64_t end = lab.now + ms, deadline;

	while ((deadline = step_deadline(&lab.m)) <= end && !lab.m.whole.finished) {
		if (deadline > lab.now)
			lab.now = deadline;
		lab_event(STEP_TICK, -1, 0);
	}
	lab.now = end;
}

/* Time passes and we do not: a pause of the container.  Then the loop wakes up. */
static inline void
lab_pause(int64_t ms)
{
	lab.now += ms;
	if (step_deadline(&lab.m) <= lab.now)
		lab_event(STEP_TICK, -1, 0);
}

/* ---- the record ---- */

static inline void
lab_clear(void)
{
	lab.records = 0;
}

static inline bool
lab_fits(const struct lab_record *r, int what, int slot, int64_t a)
{
	return r->act.what == what && r->act.slot == slot && (a == ANY || r->act.a == a);
}

/* How often it was ordered since lab_clear(). */
static inline int
lab_count(int what, int slot, int64_t a)
{
	int n = 0;

	for (int i = 0; i < lab.records; i++)
		n += lab_fits(&lab.record[i], what, slot, a);
	return n;
}

/* The first such order; it must be there. */
static inline const struct lab_record *
lab_first(int what, int slot, int64_t a)
{
	for (int i = 0; i < lab.records; i++)
		if (lab_fits(&lab.record[i], what, slot, a))
			return &lab.record[i];
	fail_msg("no %s %d %lld was ordered", words_action(what), slot, (long long)a);
	return NULL;
}

static inline int
lab_said(int slot, int message)
{
	return lab_count(ACT_SAY, slot, message);
}

/* The code of FINISH; it must be the last order, and the only one of its kind. */
static inline int
lab_finished(void)
{
	assert_true(lab.m.whole.finished);
	assert_int_equal(lab_count(ACT_FINISH, -1, ANY), 1);
	assert_int_equal(lab.record[lab.records - 1].act.what, ACT_FINISH);
	return (int)lab.record[lab.records - 1].act.a;
}

/* Orders and messages of one turn in one line, for comparison: "SIGNAL_MAIN 0 15, SAY 0 READY". */
static inline const char *
lab_story(void)
{
	static char text[4096];
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < lab.records && used < sizeof(text) - 64; i++) {
		const struct step_act *act = &lab.record[i].act;

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %d ",
		    i == 0 ? "" : ", ", words_action(act->what), act->slot);
		if (act->what == ACT_SAY)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s",
			    words_message_id((int)act->a));
		else
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%lld",
			    (long long)act->a);
	}
	return text;
}

/* ---- beginnings ---- */

/* Nothing has happened yet; the configuration stays. */
static inline void
lab_reset(enum step_mode mode, bool in_container)
{
	memset(lab.server, 0, sizeof(lab.server));
	lab.records = lab.queued = 0;
	lab.now = LAB_BEGIN;
	step_init(&lab.m, mode, in_container);
}

static inline void
lab_begin_in(enum step_mode mode, bool in_container, const char *ini)
{
	lab.conf = &lab.confs[0];
	lab_conf(lab.conf, ini);
	lab_reset(mode, in_container);
	lab_write_head(lab.conf);
}

static inline void
lab_begin(const char *ini)
{
	lab_begin_in(MODE_SERVICE, false, ini);
	lab_event(STEP_CONF, -1, 0);
}

/* All servers of the INI are running. */
static inline void
lab_up(const char *ini)
{
	lab_begin(ini);
	lab_pass(STEP_ALIVE);
	for (int slot = 0; slot < lab.conf->servers; slot++)
		assert_int_equal(lab_is(slot), IS_RUNNING);
	lab_clear();
}

/* ---- reload ---- */

static bool lab_pending[CONF_SERVERS];	/* by slot: keys wait for the next start */

static inline void
lab_differs(void *cookie, const struct conf_key *key, int slot)
{
	(void)cookie;
	if (slot >= 0)
		lab_pending[slot] |= key->when == CONF_NEXT;
}

/* Puts a new configuration in force, as act.c does; the events of it are still to come. */
static inline void
lab_follow(const char *ini)
{
	struct conf *next = lab.conf == &lab.confs[0] ? &lab.confs[1] : &lab.confs[0];
	unsigned busy = 0;

	for (int slot = 0; slot < CONF_SERVERS; slot++)
		busy |= lab_state(slot)->used ? 1U << slot : 0;
	lab_conf(next, ini);
	lab_write_head(next);
	assert_int_equal(conf_follow(next, lab.conf, busy), 0);
	memset(lab_pending, 0, sizeof(lab_pending));
	conf_compare(lab.conf, next, lab_differs, NULL);
	lab.conf = next;
}

static inline void
lab_reload(const char *ini)
{
	lab_follow(ini);
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (lab_pending[slot])
			lab_event(STEP_CHANGED, slot, 0);
	lab_event(STEP_CONF, -1, 0);
}

#endif
