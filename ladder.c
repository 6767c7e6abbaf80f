/* SPDX-License-Identifier: MIT */
/*
 * ladder: the stop ladder of one server, a part of the decision (step.h).
 *
 * SIGTERM, a thread dump of what does not end, SIGKILL of the whole tree; one deadline from
 * its first rung on.  Called by step.c and server.c.  It must never bring SIGKILL forward, and
 * never start anything.
 */
#include <signal.h>		/* numbers only */

#include "step_in.h"

void
ladder_arm(struct turn *t, int slot, enum step_intent intent)
{
	struct step_server *s = turn_server(t, slot);
	const struct conf_server *c = turn_conf(t, slot);
	int64_t ahead = c->stop_timeout / 2 < STEP_DUMP_AHEAD ? c->stop_timeout / 2 : STEP_DUMP_AHEAD;

	server_cancel_all(s);
	server_become(t, s, IS_STOPPING);
	s->intent = (uint8_t)intent;
	s->rung = RUNG_NONE;
	s->stop_at = t->now;
	s->kill_at = t->now + c->stop_timeout;
	s->deadline[TIMER_KILL] = s->kill_at;
	s->deadline[TIMER_PULSE] = t->now + STEP_PULSE;
	/* SIGQUIT would end a shell that runs the JVM: only where main is the JVM. */
	if (s->jvm && !s->group && c->thread_dump && s->main_alive)
		s->deadline[TIMER_DUMP] = s->kill_at - ahead;
}

/* A stopped process (Ctrl-Z, SIGSTOP) would sleep through SIGTERM: CONT follows it. */
void
ladder_term(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->spawning || (s->main_alive && !s->exec_done)) {
		/* Its process group does not exist before the exec pipe has reported. */
		s->rung = RUNG_HELD;
		return;
	}
	s->rung = RUNG_TERM;
	if (!s->main_alive) {
		s->swept = true;
		step_do(t, ACT_SWEEP, slot, SIGTERM);
		return;
	}
	step_do(t, s->group ? ACT_SIGNAL_GROUP : ACT_SIGNAL_MAIN, slot, SIGTERM);
	step_do(t, s->group ? ACT_SIGNAL_GROUP : ACT_SIGNAL_MAIN, slot, SIGCONT);
}

void
ladder_stop(struct turn *t, int slot, enum step_intent intent)
{
	ladder_arm(t, slot, intent);
	if (intent == INTENT_ASKED)
		step_say(t, slot, SAY_STOPPING, turn_conf(t, slot)->stop_timeout, 0);
	ladder_term(t, slot);
}

static void
ladder_kill(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->rung != RUNG_KILL) {
		s->rung = RUNG_KILL;
		s->killed = true;
		s->deadline[TIMER_DUMP] = s->deadline[TIMER_KILL] = STEP_NEVER;
		s->deadline[TIMER_UNKILLABLE] = t->now + STEP_KILL_WAIT;
		s->deadline[TIMER_PULSE] = t->now + STEP_PULSE;
		s->kill_at = t->now;
	}
	if (s->main_alive)
		step_do(t, s->exec_done ? ACT_SIGNAL_GROUP : ACT_SIGNAL_MAIN, slot, SIGKILL);
	step_do(t, ACT_SWEEP, slot, SIGKILL);
}

void
ladder_kill_asked(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->is != IS_STOPPING)
		ladder_arm(t, slot, INTENT_ASKED);
	s->intent = INTENT_ASKED;
	step_say(t, slot, SAY_KILL_ASKED, 0, 0);
	ladder_kill(t, slot);
}

void
ladder_hurry(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->is != IS_STOPPING || s->rung == RUNG_HELD || s->rung == RUNG_KILL)
		return;
	step_say(t, slot, SAY_HURRY, s->kill_at - t->now, 0);
	s->swept = true;
	if (s->rung == RUNG_NONE)
		s->rung = RUNG_TERM;
	step_do(t, ACT_SWEEP, slot, SIGTERM);
}

void
ladder_on_dump(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (!s->main_alive || !s->exec_done)
		return;
	s->rung = RUNG_DUMP;
	step_say(t, slot, SAY_DUMP, s->kill_at - t->now, 0);
	step_do(t, ACT_SIGNAL_MAIN, slot, SIGQUIT);
}

void
ladder_on_kill(struct turn *t, int slot)
{
	step_say(t, slot, SAY_KILL, t->now - turn_server(t, slot)->stop_at, 0);
	ladder_kill(t, slot);
}

void
ladder_on_unkillable(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	s->stuck = true;
	s->deadline[TIMER_UNKILLABLE] = t->now + STEP_KILL_WAIT;
	step_say(t, slot, SAY_UNKILLABLE, t->now - s->kill_at, 0);
	step_do(t, ACT_SWEEP, slot, SIGKILL);
}
