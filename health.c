/* SPDX-License-Identifier: MIT */
/*
 * health: does a running server answer, a part of the decision (step.h).
 *
 * A round trip by RCON, or health_command, each health_interval.  Called by step.c, server.c and
 * dialog.c.  It must never take for deaf who was not asked, or sleeps because nobody is there.
 */
#include <signal.h>		/* numbers only */

#include "step_in.h"

static bool
by_command(const struct turn *t, int slot)
{
	return turn_conf(t, slot)->health_command.count > 0;
}

void
health_begin(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	int64_t interval = turn_conf(t, slot)->health_interval;
	bool any = by_command(t, slot) || s->rcon_was_up;

	/* A command that runs has this timer for its end. */
	if (s->checking && interval > 0 && by_command(t, slot))
		return;
	if (s->is != IS_RUNNING || interval == 0 || !any)
		health_end(t, slot);
	else if (s->deadline[TIMER_HEALTH] == STEP_NEVER)
		s->deadline[TIMER_HEALTH] = t->now + interval;
}

void
health_end(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->checking)
		step_do(t, ACT_UNCHECK, slot, 0);
	s->checking = false;
	s->deadline[TIMER_HEALTH] = STEP_NEVER;
}

void
health_answered(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	s->misses = 0;
	s->paused = false;
	if (s->unhealthy)
		step_say(t, slot, SAY_HEALTHY, 0, 0);
	s->unhealthy = false;
}

void
health_missed(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	const struct conf_server *c = turn_conf(t, slot);

	/* One that ends by itself has other things to do, and one question is missed once at a time. */
	if (s->is != IS_RUNNING || s->paused || s->hushed || listen_said(s, MARKER_STOPPING) ||
	    (s->missed_at == t->now && s->misses > 0))
		return;
	s->missed_at = t->now;
	s->misses += s->misses < INT32_MAX;
	step_say(t, slot, SAY_MISSED, s->misses, 0);
	if (s->misses < c->health_failures)
		return;
	if (!s->unhealthy)
		step_say(t, slot, SAY_UNHEALTHY, s->misses, 0);
	s->unhealthy = true;
	if (c->health_action != HEALTH_RESTART)
		return;
	step_say(t, slot, SAY_HUNG, 0, 0);
	/* SIGQUIT would end a shell that runs the JVM: only where main is the JVM. */
	if (s->jvm && !s->group && c->thread_dump)
		step_do(t, ACT_SIGNAL_MAIN, slot, SIGQUIT);
	ladder_stop(t, slot, INTENT_HUNG);
}

/* The answer of health_command. */
void
health_checked(struct turn *t, int slot, bool well)
{
	struct step_server *s = turn_server(t, slot);

	if (!s->checking)
		return;
	s->checking = false;
	if (s->is != IS_RUNNING)
		return;
	s->deadline[TIMER_HEALTH] = STEP_NEVER;
	health_begin(t, slot);
	if (well)
		health_answered(t, slot);
	else
		health_missed(t, slot);
}

static void
check_by_command(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->checking) {
		/* It had all the time that a reply may take. */
		step_do(t, ACT_UNCHECK, slot, 0);
		health_checked(t, slot, false);
		return;
	}
	s->checking = true;
	s->deadline[TIMER_HEALTH] = t->now + turn_conf(t, slot)->rcon_timeout;
	step_do(t, ACT_CHECK, slot, 0);
}

void
health_on_time(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->is != IS_RUNNING || turn_conf(t, slot)->health_interval == 0) {
		health_end(t, slot);
		return;
	}
	if (by_command(t, slot) && (s->checking || !listen_said(s, MARKER_STOPPING))) {
		check_by_command(t, slot);
		return;
	}
	health_begin(t, slot);
	if (s->paused || s->hushed || s->rcon_over || listen_said(s, MARKER_STOPPING))
		return;
	/* A reply may be lost, too: each miss is one of a question of its own. */
	if (s->overdue)
		dialog_renew(t, slot);
	if (dialog_is_free(s))
		dialog_ask(t, slot, ASK_PROBE, 0);
	else if (s->rcon == RCON_AWAY)
		health_missed(t, slot);
	else
		s->probe_due = s->asks != ASK_PROBE;
	/* What was lost long ago may be there again. */
	dialog_open(t, slot);
}
