/* SPDX-License-Identifier: MIT */
/*
 * world_sound: whether what a state says can be, a part of world.c; see world.h.
 *
 * Whoever goes on from a state indexes by its numbers, signals its processes and uses its descriptors.
 * So all of them are looked at here first, in one place.  It must never do anything: no system call, no
 * signal.
 */
#include <string.h>

#include "world_in.h"

/* Bounds that nothing real comes near, and whose sums are still numbers. */
enum { MANY = 1 << 30, FDS = 1 << 20, SIGNALS = 64 };
#define LONG_AGO	(-(INT64_C(1) << 60))
#define FAR_AHEAD	(INT64_C(1) << 60)
#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static bool
is_time(int64_t t)
{
	return t > LONG_AGO && t < FAR_AHEAD;
}

static bool
are_times(const int64_t *times, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_time(times[i]))
			return false;
	return true;
}

static bool
are_deadlines(const int64_t *times, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (times[i] != STEP_NEVER && !is_time(times[i]))
			return false;
	return true;
}

static bool
is_count(int32_t n)
{
	return n >= 0 && n < MANY;
}

/* ---- the machines ---- */

#define SERVER(member)	offsetof(struct step_server, member)
#define WHOLE(member)	offsetof(struct step_whole, member)

/* Another byte than 0 and 1 in a bool is no bool. */
static bool
flags_are(const void *record, const uint16_t *offsets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (*((const uint8_t *)record + offsets[i]) > 1)
			return false;
	return true;
}

static bool
whole_is(const struct step_whole *w)
{
	static const uint16_t flags[] = { WHOLE(in_container), WHOLE(ending), WHOLE(finished),
		WHOLE(rest_said), WHOLE(closing), WHOLE(consoles), WHOLE(input), WHOLE(missing[0]),
		WHOLE(missing[1]), WHOLE(missing[2]), WHOLE(missing[3]), WHOLE(proving) };

	return flags_are(w, flags, COUNT(flags)) && w->mode <= MODE_APPLIANCE &&
	    w->how < ENDING_COUNT && is_count(w->helpers) && is_time(w->helpers_at) &&
	    are_deadlines(w->deadline, STEP_WHOLE_TIMER_ROOM);
}

static bool
server_is(const struct step_server *s)
{
	static const uint16_t flags[] = { SERVER(used), SERVER(leaving), SERVER(spawning),
		SERVER(main_alive), SERVER(exec_done), SERVER(was_ready), SERVER(changed), SERVER(waits),
		SERVER(killed), SERVER(stuck), SERVER(swept), SERVER(asked_down), SERVER(by_itself),
		SERVER(group), SERVER(jvm), SERVER(console), SERVER(by_line), SERVER(draining),
		SERVER(missing[0]), SERVER(missing[1]), SERVER(has_files) };

	const int64_t times[] = { s->since, s->started_at, s->stop_at, s->kill_at };

	return flags_are(s, flags, COUNT(flags)) && s->is < IS_COUNT &&
	    s->wish < WISH_COUNT && s->reason < REASON_COUNT && s->intent < INTENT_COUNT &&
	    s->rung < RUNG_COUNT && s->failure <= FAILURE_COUNT && is_count(s->tries) &&
	    is_count(s->unready) && is_count(s->restarts) && are_times(times, COUNT(times)) &&
	    are_times(s->crash_at, STEP_CRASHES) && are_deadlines(s->deadline, STEP_TIMER_ROOM);
}

/* ---- what is to be done, and what has happened ---- */

/* Who an action or event may be about. */
enum about { MISSING, A_SERVER, THE_WHOLE, EITHER };
/* What its value may be. */
enum value { ANYTHING, SIGNAL, SIGNAL_OR_NONE, LINES, HELPER, MESSAGE, CODE };

const struct world_rule world_act_rules[ACT_COUNT] = {
	[ACT_SPAWN] = { A_SERVER, ANYTHING },
	[ACT_SIGNAL_MAIN] = { A_SERVER, SIGNAL },
	[ACT_SIGNAL_GROUP] = { A_SERVER, SIGNAL },
	[ACT_SWEEP] = { A_SERVER, SIGNAL_OR_NONE },
	[ACT_LOOK] = { A_SERVER, ANYTHING },
	[ACT_COMMAND] = { A_SERVER, ANYTHING },
	[ACT_DRAIN] = { A_SERVER, ANYTHING },
	[ACT_ABANDON] = { A_SERVER, ANYTHING },
	[ACT_QUOTE] = { A_SERVER, LINES },
	[ACT_HELPER] = { EITHER, HELPER },
	[ACT_UNPLUG] = { THE_WHOLE, ANYTHING },
	[ACT_ROTATE] = { THE_WHOLE, ANYTHING },
	[ACT_RESIZE] = { THE_WHOLE, ANYTHING },
	[ACT_CLOSE] = { THE_WHOLE, ANYTHING },
	[ACT_RELOAD] = { THE_WHOLE, ANYTHING },
	[ACT_FORGET] = { A_SERVER, ANYTHING },
	[ACT_DEBUG] = { THE_WHOLE, ANYTHING },
	[ACT_STATISTICS] = { THE_WHOLE, ANYTHING },
	[ACT_SAY] = { EITHER, MESSAGE },
	[ACT_FINISH] = { THE_WHOLE, CODE },
	[ACT_PROVE] = { THE_WHOLE, ANYTHING },
	[ACT_UNPROVE] = { THE_WHOLE, ANYTHING },
	[ACT_REEXEC] = { THE_WHOLE, ANYTHING },
	[ACT_ANSWER] = { THE_WHOLE, MESSAGE },
};

static bool
is_about(int slot, int about)
{
	return slot >= -1 && slot < CONF_SERVERS && (about == EITHER || (slot >= 0) == (about == A_SERVER));
}

/* The first kinds are each server's own. */
static bool
is_helper(int64_t helper, int slot)
{
	return helper >= 0 && helper < HELPER_COUNT && (slot >= 0) == (helper < HELPER_OUTPUT);
}

bool
world_act_is(const struct step_act *a)
{
	const struct world_rule *rule = &world_act_rules[a->what < ACT_COUNT ? a->what : 0];

	if (a->what >= ACT_COUNT || !is_about(a->slot, rule->about))
		return false;
	switch ((enum value)rule->value) {
	case ANYTHING:
		return true;
	case SIGNAL:
		return a->a > 0 && a->a <= SIGNALS;
	case SIGNAL_OR_NONE:
		return a->a >= 0 && a->a <= SIGNALS;
	case LINES:
		return a->a >= 0 && a->a <= STEP_QUOTE;
	case HELPER:
		return is_helper(a->a, a->slot);
	case MESSAGE:
		return a->a >= 0 && a->a < SAY_COUNT;
	case CODE:
		return a->a >= 0 && a->a <= 255 && a->b >= 0 && a->b < ENDING_COUNT;
	}
	return false;
}

/* The decision itself takes any event that has a name: what does not fit it calls odd. */
static bool
event_is(const struct step_event *event)
{
	return event->what < STEP_EVENT_COUNT && is_about(event->slot, EITHER);
}

/* By its name a server is found in the configuration; what is said of one may come after its name. */
static bool
has_name(const struct world *w, int slot)
{
	return slot < 0 || w->name[slot][0] != '\0';
}

static bool
names_are(const struct world *w)
{
	for (int i = 0; i < CONF_SERVERS; i++) {
		if (memchr(w->name[i], '\0', sizeof(w->name[i])) == NULL)
			return false;
		for (int j = 0; j < i && has_name(w, i); j++)
			if (strcmp(w->name[i], w->name[j]) == 0)
				return false;
	}
	return true;
}

static bool
decision_is(const struct world *w)
{
	if (!whole_is(&w->machine.whole) || !names_are(w))
		return false;
	for (int i = 0; i < CONF_SERVERS; i++)
		if (!server_is(&w->machine.server[i]) ||
		    (w->machine.server[i].used && !has_name(w, i)))
			return false;
	for (int i = 0; i < w->acts.count; i++)
		if (!world_act_is(&w->acts.act[i]) || (i >= w->done && w->acts.act[i].what != ACT_SAY &&
		    !has_name(w, w->acts.act[i].slot)))
			return false;
	for (int i = 0; i < w->events; i++)
		if (!event_is(&w->event[i]))
			return false;
	return w->done >= 0 && w->done <= w->acts.count;
}

/* ---- processes ---- */

static bool
is_pid(int32_t pid)
{
	return pid == 0 || pid > 1;
}

static bool
main_is(const struct proc_main *main)
{
	return is_pid(main->pid) && is_pid(main->session) && main->sweep_signal <= SIGNALS &&
	    main->sweep_next <= SIGNALS && *(const uint8_t *)&main->failed <= 1 &&
	    *(const uint8_t *)&main->adopted <= 1;
}

static bool
is_among(const int32_t *numbers, size_t count, int32_t number)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/*
 * Children of ours have numbers of their own until they are buried.  (That of an adopted process may be
 * another's by the time that we are told of its end.)
 */
static bool
children_are(const struct proc_table *p)
{
	int32_t pids[2 * CONF_SERVERS + PROC_HELPERS + 2];
	size_t n = 0;

	for (int i = 0; i < CONF_SERVERS; i++) {
		pids[n++] = p->main[i].adopted ? 0 : p->main[i].pid;
		pids[n++] = p->main[i].sweep;
	}
	for (int i = 0; i < PROC_HELPERS; i++)
		pids[n++] = p->helper[i];
	pids[n++] = p->reader;
	pids[n++] = p->trial;
	for (size_t i = 0; i < n; i++)
		if (!is_pid(pids[i]) || (pids[i] != 0 && is_among(pids, i, pids[i])))
			return false;
	return true;
}

static bool
processes_are(const struct proc_table *p)
{
	for (int i = 0; i < CONF_SERVERS; i++)
		if (!main_is(&p->main[i]))
			return false;
	return children_are(p) && p->forking.whose <= PROC_TRIAL && p->forking.number < PROC_HELPERS &&
	    ((p->forking.whose != PROC_MAIN && p->forking.whose != PROC_SWEEP) ||
	    p->forking.number < CONF_SERVERS);
}

/* ---- descriptors ---- */

static bool
consoles_are(const struct console_table *c)
{
	for (int i = 0; i < CONF_SERVERS; i++)
		if (*(const uint8_t *)&c->slot[i].pty > 1 || *(const uint8_t *)&c->slot[i].warned > 1)
			return false;
	return *(const uint8_t *)&c->persistent <= 1 && memchr(c->path, '\0', sizeof(c->path)) != NULL;
}

/* Each is our own, and one place's only: whether it is open is asked where it is used. */
static bool
descriptors_are(const struct world *w)
{
	int32_t all[WORLD_FDS_MOST], fd;
	size_t n = 0;

	for (int i = 0; i < WORLD_FD_PLACES; i++) {
		const struct world_form *form = &world_forms[world_fd_places[i].part];

		for (int record = 0; record < form->count; record++) {
			memcpy(&fd, (const char *)w + form->offset + (size_t)record * form->size +
			    world_fd_places[i].offset, sizeof(fd));
			if (fd == -1)
				continue;
			if (fd <= 2 || fd >= FDS || n == WORLD_FDS_MOST || is_among(all, n, fd))
				return false;
			all[n++] = fd;
		}
	}
	return true;
}

bool
world_is_sound(const struct world *w)
{
	return decision_is(w) && processes_are(&w->proc) && consoles_are(&w->console) &&
	    descriptors_are(w) && w->text < WORLD_TEXTS && w->text_before < WORLD_TEXTS &&
	    w->level <= LEVEL_DEBUG && is_time(w->started);
}
