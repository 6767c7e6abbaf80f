/* SPDX-License-Identifier: MIT */
/*
 * ladder: the stop ladder of one server, a part of the decision (step.h).
 *
 * The stop command on its console, SIGTERM, a thread dump of what does not end, SIGKILL of the whole
 * tree; one deadline from its first rung on.  Called by step.c and server.c.  It must never bring SIGKILL forward, and
 * never start anything.
 */
#include <signal.h>		/* numbers only */

#include "step_in.h"

/* A start script may be anything: it gets the command only if it has spoken as a game server. */
static bool
understands_command(const struct turn *t, int slot)
{
	const struct step_server *s = &t->m->server[slot];
	const struct conf_server *c = turn_conf(t, slot);

	if (!s->console || !s->main_alive || !s->exec_done || *step_stop_command(c) == '\0')
		return false;
	return c->type != TYPE_AUTO || !s->group || c->stop_command[0] != '\0' ||
	    listen_said(s, MARKER_STARTING) || listen_said(s, MARKER_PROGRESS) ||
	    listen_said(s, MARKER_READY);
}

static int64_t
term_after(const struct turn *t, int slot)
{
	return turn_conf(t, slot)->stop_timeout * STEP_TERM_PART / 100;
}

void
ladder_begin(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	int64_t after = term_after(t, slot);

	/* A start that takes too long may never come to reading its console. */
	if (s->intent != INTENT_ASKED || !understands_command(t, slot)) {
		ladder_term(t, slot);
		return;
	}
	/* A container may be killed from outside long before our own deadline. */
	if (t->m->whole.in_container && after > STEP_TERM_SOON)
		after = STEP_TERM_SOON;
	s->rung = RUNG_COMMAND;
	s->deadline[TIMER_TERM] = t->now + after;
	step_do(t, ACT_COMMAND, slot, 0);
}

void
ladder_on_term(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	int64_t at = s->stop_at + term_after(t, slot);

	/* Where stop_timeout is short the dump has been before. */
	if (!s->main_alive)
		return;
	if (t->now < at && listen_said(s, MARKER_STOPPING)) {
		s->deadline[TIMER_TERM] = at;
		return;
	}
	step_say(t, slot, SAY_TERM, t->now - s->stop_at, 0);
	ladder_term(t, slot);
}

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
	s->deadline[TIMER_TERM] = STEP_NEVER;
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
	ladder_begin(t, slot);
}

static void
ladder_kill(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->rung != RUNG_KILL) {
		s->rung = RUNG_KILL;
		s->killed = true;
		s->deadline[TIMER_TERM] = s->deadline[TIMER_DUMP] = s->deadline[TIMER_KILL] = STEP_NEVER;
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

	if (s->is != IS_STOPPING || s->draining || s->rung == RUNG_HELD || s->rung == RUNG_KILL)
		return;
	step_say(t, slot, SAY_HURRY, s->kill_at - t->now, 0);
	s->swept = true;
	s->deadline[TIMER_TERM] = STEP_NEVER;
	if (s->rung == RUNG_NONE || s->rung == RUNG_COMMAND)
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
