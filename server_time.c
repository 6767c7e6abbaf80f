/* SPDX-License-Identifier: MIT */
/*
 * server_time: the deadlines of one server, and what must hold of it; a part of server.c.
 *
 * Called by step.c.  It must never do more than hand on what is due.
 */
#include "step_in.h"

/* ---- timers ---- */

static void
on_pulse(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	s->deadline[TIMER_PULSE] = t->now + STEP_PULSE;
	if (s->is == IS_STOPPING && !s->main_alive)
		step_do(t, ACT_LOOK, slot, 0);
}

static void
on_silent(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	s->deadline[TIMER_SILENT] = t->now + STEP_SILENT;
	step_say(t, slot, SAY_LONG_START, t->now - s->started_at, 0);
}

static void
on_overdue(struct turn *t, int slot)
{
	step_say(t, slot, SAY_OVERDUE, turn_conf(t, slot)->start_timeout, 0);
	ladder_stop(t, slot, INTENT_OVERDUE);
}

static void
on_stable(struct turn *t, int slot)
{
	server_forget_crashes(turn_server(t, slot));
	step_say(t, slot, SAY_STABLE, turn_conf(t, slot)->stable_after, 0);
}

static void
on_delay(struct turn *t, int slot)
{
	server_spawn(t, slot);
}

const char *
step_next(const struct step_server *s, int64_t *when)
{
	static const struct {
		uint8_t timer;
		char word[15];
	} rows[] = {
		{ TIMER_DELAY, "restart" }, { TIMER_WARN, "warning" }, { TIMER_TERM, "sigterm" },
		{ TIMER_DUMP, "thread-dump" }, { TIMER_KILL, "sigkill" }, { TIMER_OVERDUE, "end-of-start" },
	};
	const char *word = NULL;

	*when = STEP_NEVER;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (s->deadline[rows[i].timer] < *when) {
			*when = s->deadline[rows[i].timer];
			word = rows[i].word;
		}
	return word;
}

void
server_timer(struct turn *t, int slot, int timer)
{
	static void (*const on[])(struct turn *, int) = {
		[TIMER_PULSE] = on_pulse,
		[TIMER_READY] = listen_alive,
		[TIMER_SILENT] = on_silent,
		[TIMER_OVERDUE] = on_overdue,
		[TIMER_STABLE] = on_stable,
		[TIMER_DELAY] = on_delay,
		[TIMER_TERM] = ladder_on_term,
		[TIMER_DUMP] = ladder_on_dump,
		[TIMER_KILL] = ladder_on_kill,
		[TIMER_UNKILLABLE] = ladder_on_unkillable,
		[TIMER_DRAIN] = listen_on_drain,
		[TIMER_RCON] = dialog_on_rcon,
		[TIMER_REPLY] = dialog_on_reply,
		[TIMER_HEALTH] = health_on_time,
		[TIMER_WARN] = warn_on_time,
		[TIMER_QUIET] = ladder_on_quiet,
	};
	_Static_assert(sizeof(on) / sizeof(on[0]) == TIMER_COUNT, "a timer without a function");

	on[timer](t, slot);
}

/* ---- invariants ---- */

static bool
any_armed(const struct step_server *s)
{
	for (int i = 0; i < TIMER_COUNT; i++)
		if (s->deadline[i] != STEP_NEVER)
			return true;
	return false;
}

/* Before the stop command: the players are counted, or the next warning is due. */
static bool
has_warning_ahead(const struct step_server *s)
{
	return s->rung == RUNG_ONLINE ? s->asks == ASK_COUNT : s->deadline[TIMER_WARN] != STEP_NEVER;
}

const char *
server_broken(const struct step_machine *m, int slot)
{
	const struct step_server *s = &m->server[slot];
	bool alive = s->is == IS_STARTING || s->is == IS_RUNNING || s->is == IS_STOPPING;
	bool ladder = s->deadline[TIMER_KILL] != STEP_NEVER ||
	    s->deadline[TIMER_UNKILLABLE] != STEP_NEVER;

	if (!s->used)
		return NULL;
	if (s->main_alive && !alive)
		return "a main process lives in a server at rest";
	if ((s->is == IS_STOPPED || s->is == IS_FAILED) && any_armed(s))
		return "a server at rest has a timer";
	if (s->is == IS_RUNNING && (!s->main_alive || !s->was_ready))
		return "running without a main process that was ready";
	if (s->draining && (s->is != IS_STOPPING || s->main_alive ||
	    s->deadline[TIMER_DRAIN] == STEP_NEVER))
		return "its last output is waited for without an end, or beside a main process";
	if (s->is == IS_STOPPING && ladder_is_ahead(s) ? ladder || !has_warning_ahead(s) :
	    s->is == IS_STOPPING && !s->draining && (!ladder || s->deadline[TIMER_PULSE] == STEP_NEVER))
		return "stopping without a deadline or a pulse";
	if (s->asks != ASK_NOTHING && (s->deadline[TIMER_REPLY] == STEP_NEVER) != s->overdue)
		return "a reply is waited for without an end";
	if (s->rcon == RCON_OPENING && s->deadline[TIMER_RCON] == STEP_NEVER)
		return "RCON is opened without an end";
	if (s->is != IS_STOPPING && ladder)
		return "SIGKILL is due for a server that nobody stops";
	if (s->is == IS_BACKOFF && s->deadline[TIMER_DELAY] == STEP_NEVER)
		return "backoff without an end";
	if (m->whole.ending && (s->is == IS_STARTING || s->is == IS_RUNNING || s->is == IS_BACKOFF))
		return "a server starts or runs while mcinit ends";
	if (s->killed && s->is == IS_RUNNING)
		return "running after SIGKILL";
	return NULL;
}
