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
enum { MANY = 1 << 30, FDS = 1 << 20, SIGNALS = 64, ERRORS = 4095 };
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
		WHOLE(missing[1]), WHOLE(missing[2]), WHOLE(missing[3]), WHOLE(proving), WHOLE(grace_said) };

	return flags_are(w, flags, COUNT(flags)) && w->mode <= MODE_APPLIANCE &&
	    w->how < ENDING_COUNT && is_count(w->helpers) && is_time(w->helpers_at) && is_time(w->grace_end) &&
	    are_deadlines(w->deadline, STEP_WHOLE_TIMER_ROOM);
}

static bool
server_is(const struct step_server *s)
{
	static const uint16_t flags[] = { SERVER(used), SERVER(leaving), SERVER(spawning),
		SERVER(main_alive), SERVER(exec_done), SERVER(was_ready), SERVER(changed), SERVER(waits),
		SERVER(killed), SERVER(stuck), SERVER(swept), SERVER(asked_down), SERVER(by_itself),
		SERVER(group), SERVER(jvm), SERVER(console), SERVER(by_line), SERVER(draining),
		SERVER(missing[0]), SERVER(missing[1]), SERVER(has_files), SERVER(rcon_was_up),
		SERVER(rcon_over), SERVER(stop_next), SERVER(in_doubt), SERVER(overdue), SERVER(unhealthy),
		SERVER(checking), SERVER(paused), SERVER(saved), SERVER(attended), SERVER(oom_killed),
		SERVER(probe_due), SERVER(hushed), SERVER(replying), SERVER(ended_badly),
		SERVER(final), SERVER(kill_asked), SERVER(save_off) };

	const int64_t times[] = { s->since, s->started_at, s->stop_at, s->kill_at, s->quiet_at, s->missed_at,
	    s->reply_by };

	return flags_are(s, flags, COUNT(flags)) && s->is < IS_COUNT &&
	    s->wish < WISH_COUNT && s->reason < REASON_COUNT && s->intent < INTENT_COUNT &&
	    s->rung < RUNG_COUNT && s->failure <= FAILURE_COUNT && is_count(s->tries) &&
	    s->rcon < RCON_STATE_COUNT && s->asks < STEP_ASK_COUNT && is_count(s->rcon_tries) &&
	    is_count(s->misses) && s->client >= 0 && s->client < STEP_CLIENTS &&
	    is_count(s->unready) && is_count(s->restarts) && is_count(s->starts) && are_times(times, COUNT(times)) &&
	    are_times(s->crash_at, STEP_CRASHES) && are_deadlines(s->deadline, STEP_TIMER_ROOM);
}

/* ---- what is to be done, and what has happened ---- */

/* Who an action or event may be about. */
enum about { A_SERVER, THE_WHOLE, EITHER };
/* What its value may be; ANY where nobody looks at it, or whoever does bears all. */
enum value { ANY, SIGNAL, SIGNAL_OR_NONE, LINES, HELPER, HELPER_END, MESSAGE, CODE, FAILURE, STATUS, ASK, CLIENT, RCON_END,
	SECONDS };

/* As act.c and the rooms below it take them. */
#define ACT_RULES(X) \
	X(SPAWN, A_SERVER, ANY) \
	X(SIGNAL_MAIN, A_SERVER, SIGNAL) \
	X(SIGNAL_GROUP, A_SERVER, SIGNAL) \
	X(SWEEP, A_SERVER, SIGNAL_OR_NONE) \
	X(LOOK, A_SERVER, ANY) \
	X(COMMAND, A_SERVER, ANY) \
	X(DRAIN, A_SERVER, ANY) \
	X(ABANDON, A_SERVER, ANY) \
	X(QUOTE, A_SERVER, LINES) \
	X(HELPER, EITHER, HELPER) \
	X(UNPLUG, THE_WHOLE, ANY) \
	X(ROTATE, THE_WHOLE, ANY) \
	X(RESIZE, THE_WHOLE, ANY) \
	X(CLOSE, THE_WHOLE, ANY) \
	X(RELOAD, THE_WHOLE, ANY) \
	X(FORGET, A_SERVER, ANY) \
	X(DEBUG, THE_WHOLE, ANY) \
	X(STATISTICS, THE_WHOLE, ANY) \
	X(SAY, EITHER, MESSAGE) \
	X(FINISH, THE_WHOLE, CODE) \
	X(PROVE, THE_WHOLE, ANY) \
	X(UNPROVE, THE_WHOLE, ANY) \
	X(REEXEC, THE_WHOLE, ANY) \
	X(ANSWER, THE_WHOLE, MESSAGE) \
	X(RCON_OPEN, A_SERVER, ANY) \
	X(RCON_CLOSE, A_SERVER, ANY) \
	X(ASK, A_SERVER, ASK) \
	X(REFUSE, A_SERVER, CLIENT) \
	X(WARN, A_SERVER, SECONDS) \
	X(ATTEND, A_SERVER, ANY) \
	X(CHECK, A_SERVER, ANY) \
	X(UNCHECK, A_SERVER, ANY) \
	X(SETTLE, A_SERVER, ANY) \
	X(METRICS, THE_WHOLE, ANY) \
	X(SAVE_ON, A_SERVER, ANY)

/*
 * As they are told.  What a console process has said, of our build or of another, the decision takes
 * whatever it is: for a word that we do not know no state is given up.
 */
#define EVENT_RULES(X) \
	X(TICK, THE_WHOLE, ANY) \
	X(CONF, THE_WHOLE, ANY) \
	X(CHANGED, A_SERVER, ANY) \
	X(SIGNAL, THE_WHOLE, SIGNAL) \
	X(REAPED, THE_WHOLE, ANY) \
	X(START, A_SERVER, ANY) \
	X(STOP, A_SERVER, ANY) \
	X(RESTART, A_SERVER, ANY) \
	X(KILL, A_SERVER, ANY) \
	X(SPAWNED, A_SERVER, ANY) \
	X(SPAWN_FAILED, A_SERVER, FAILURE) \
	X(EXEC_DONE, A_SERVER, ANY) \
	X(EXEC_FAILED, A_SERVER, FAILURE) \
	X(READY, A_SERVER, ANY) \
	X(MARKER, EITHER, ANY) \
	X(PLAYERS, EITHER, ANY) \
	X(COMMAND_FAILED, A_SERVER, ANY) \
	X(ENDED, A_SERVER, STATUS) \
	X(TREE, A_SERVER, ANY) \
	X(DRAINED, A_SERVER, ANY) \
	X(HELPER_ENDED, EITHER, HELPER_END) \
	X(CLOSED, THE_WHOLE, ANY) \
	X(RESUMED, THE_WHOLE, ANY) \
	X(ADOPTED, THE_WHOLE, ANY) \
	X(FOUND, A_SERVER, ANY) \
	X(REEXEC, THE_WHOLE, ANY) \
	X(PROVED, THE_WHOLE, ANY) \
	X(RCON_UP, A_SERVER, ANY) \
	X(RCON_DOWN, A_SERVER, RCON_END) \
	X(ANSWERED, A_SERVER, ANY) \
	X(ASKED, A_SERVER, CLIENT) \
	X(UNASKED, A_SERVER, CLIENT) \
	X(PRINTED, A_SERVER, ANY) \
	X(HEALTH, A_SERVER, ANY) \
	X(OOM_KILL, A_SERVER, ANY) \
	X(REPLYING, A_SERVER, ANY) \
	X(FINAL, A_SERVER, ANY) \
	X(ROTATE, THE_WHOLE, ANY) \
	X(HOLD, A_SERVER, CLIENT) \
	X(UNHOLD, A_SERVER, CLIENT)

struct rule {
	uint8_t about, value;
};

#define X(name, about, value)	[ACT_##name] = { about, value },
static const struct rule act_rules[] = { ACT_RULES(X) };
#undef X
#define X(name, about, value)	[STEP_##name] = { about, value },
static const struct rule event_rules[] = { EVENT_RULES(X) };
#undef X
#define X(name, about, value)	+ 1
_Static_assert(0 ACT_RULES(X) == ACT_COUNT, "an action without a rule");
_Static_assert(0 EVENT_RULES(X) == STEP_EVENT_COUNT, "an event without a rule");
#undef X

/* The first kinds are each server's own. */
static bool
is_helper(int64_t helper, int slot)
{
	return helper >= 0 && helper < HELPER_COUNT && (slot >= 0) == (helper < HELPER_OUTPUT);
}

static bool
is_value(int64_t a, int slot, enum value value)
{
	switch (value) {
	case ANY:
		return true;
	case SIGNAL:
		return a > 0 && a <= SIGNALS;
	case SIGNAL_OR_NONE:
		return a >= 0 && a <= SIGNALS;
	case LINES:
		return a >= 0 && a <= STEP_QUOTE;
	case HELPER:
		return is_helper(a, slot);
	case HELPER_END:
		return is_helper(a & 0xff, slot) && a >= 0 && a >> 8 < HELPER_END_COUNT;
	case MESSAGE:
		return a >= 0 && a < SAY_COUNT;
	case CODE:
		return a >= 0 && a <= 0xff;
	case FAILURE:
		return a >= 0 && a < FAILURE_COUNT;
	case STATUS:
		return a >= STEP_NOT_KNOWN && a <= 0xffff;
	case ASK:
		return a > ASK_NOTHING && a < STEP_ASK_COUNT;
	case CLIENT:
		return a >= 0 && a < STEP_CLIENTS;
	case RCON_END:
		return a >= 0 && a < RCON_END_COUNT;
	case SECONDS:
		return a >= 0 && a <= 3600;
	}
	return false;
}

static bool
fits_rule(const struct rule *rule, int slot, int64_t a)
{
	return slot >= -1 && slot < CONF_SERVERS &&
	    (rule->about == EITHER || (slot >= 0) == (rule->about == A_SERVER)) &&
	    is_value(a, slot, (enum value)rule->value);
}

bool
world_act_is(const struct step_act *act)
{
	return act->what < ACT_COUNT && fits_rule(&act_rules[act->what], act->slot, act->a) &&
	    (act->what != ACT_FINISH || (act->b >= 0 && act->b < ENDING_COUNT)) &&
	    (act->what != ACT_ASK || act->a != ASK_CLIENT || (act->b >= 0 && act->b < STEP_CLIENTS)) &&
	    (act->what != ACT_ASK || (act->b >= 0 && act->b <= 3600));
}

bool
world_event_is(const struct step_event *event)
{
	return event->what < STEP_EVENT_COUNT &&
	    fits_rule(&event_rules[event->what], event->slot, event->a);
}

/* By its name a server is found in the configuration; what is said of one may come after its name. */
static bool
has_name(const struct world *w, int slot)
{
	return slot < 0 || w->name[slot][0] != '\0';
}

/* As the INI takes them: they are the names of directories, too. */
static bool
is_name(const char name[CONF_NAME_BYTES])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	return memchr(name, '\0', CONF_NAME_BYTES) != NULL && name[0] != '-' &&
	    name[strspn(name, letters)] == '\0';
}

static bool
names_are(const struct world *w)
{
	for (int i = 0; i < CONF_SERVERS; i++) {
		if (!is_name(w->name[i]))
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
	if (!whole_is(&w->machine.whole) || !names_are(w) || w->acts.count < 0 ||
	    w->acts.count > STEP_ACTS || w->events < 0 || w->events > WORLD_QUEUE)
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
		if (!world_event_is(&w->event[i]))
			return false;
	/* What has begun is one of those that are not done. */
	return w->done >= 0 && w->done <= w->acts.count && (w->begun == 0 ||
	    (w->begun == 1 && w->done < w->acts.count));
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
	return is_pid(main->pid) && is_pid(main->session) &&
	    (main->pid == 0 || main->session == main->pid) && main->sweep_signal <= SIGNALS &&
	    main->sweep_next <= SIGNALS && main->oom_kills >= 0 && *(const uint8_t *)&main->failed <= 1 &&
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

/* All places for the number of a child of ours; how many they are. */
enum { CHILDREN = 3 * CONF_SERVERS + PROC_HELPERS + 3 };
static size_t
list_children(const struct proc_table *p, int32_t pids[CHILDREN])
{
	size_t n = 0;

	for (int i = 0; i < CONF_SERVERS; i++) {
		/* That of an adopted one may be another's by the time that we are told of its end. */
		pids[n++] = p->main[i].adopted ? 0 : p->main[i].pid;
		pids[n++] = p->main[i].sweep;
		pids[n++] = p->main[i].check;
	}
	for (int i = 0; i < PROC_HELPERS; i++)
		pids[n++] = p->helper[i];
	pids[n++] = p->reader;
	pids[n++] = p->trial;
	pids[n++] = p->metrics;
	return n;
}

/* Children of ours have numbers of their own until they are buried. */
static bool
children_are(const struct proc_table *p)
{
	int32_t pids[CHILDREN];
	size_t n = list_children(p, pids);

	for (size_t i = 0; i < n; i++)
		if (!is_pid(pids[i]) || (pids[i] != 0 && is_among(pids, i, pids[i])))
			return false;
	return true;
}

/* It is to get a place in the table, from which it can be signalled. */
bool
world_birth_is(const struct proc_birth *birth, const struct proc_table *table)
{
	int32_t pids[CHILDREN];
	size_t n = list_children(table, pids);

	if (table->forking.whose == PROC_NOBODY || birth->pid == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		if (pids[i] == birth->pid)
			return false;
	return birth->pid > 1;
}

static bool
processes_are(const struct proc_table *p)
{
	for (int i = 0; i < CONF_SERVERS; i++)
		if (!main_is(&p->main[i]))
			return false;
	return children_are(p) && p->forking.number < PROC_HELPERS &&
	    (p->forking.whose <= PROC_TRIAL || p->forking.whose == PROC_CHECK ||
	    p->forking.whose == PROC_METRICS) &&
	    ((p->forking.whose != PROC_MAIN && p->forking.whose != PROC_SWEEP &&
	    p->forking.whose != PROC_CHECK) || p->forking.number < CONF_SERVERS);
}

/* ---- RCON ---- */

bool
world_rcon_is(const struct equip_rcon *rcon)
{
	uint8_t on = *(const uint8_t *)&rcon->on;

	if (on > 1 || memchr(rcon->password, '\0', sizeof(rcon->password)) == NULL)
		return false;
	return on == 0 || (rcon->place.port != 0 &&
	    (rcon->place.family == WIRE_IPV4 || rcon->place.family == WIRE_IPV6));
}

static bool
rcons_are(const struct world *w)
{
	for (int i = 0; i < CONF_SERVERS; i++)
		if (!world_rcon_is(&w->rcon[i]))
			return false;
	return true;
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
			/* -1, or the error for which there is none. */
			if (fd < 0 && fd >= -ERRORS)
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
	    rcons_are(w) && descriptors_are(w) && w->text < WORLD_TEXTS && w->text_before < WORLD_TEXTS &&
	    w->level <= LEVEL_DEBUG && w->held <= 1 && is_time(w->started);
}
