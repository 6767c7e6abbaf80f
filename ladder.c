/* SPDX-License-Identifier: MIT */
/*
 * ladder: the stop ladder of one server, a part of the decision (step.h).
 *
 * Warnings (warn.c), the stop command by RCON (dialog.c) or on its console, SIGTERM, a thread dump of what
 * does not end, SIGKILL of the whole tree; one deadline from the command on.  Called by step.c, server.c and
 * those beside it.  It must never bring SIGKILL forward but for `grace`, and never start anything.
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
term_after(const struct step_server *s)
{
	return (s->kill_at - s->stop_at) * STEP_TERM_PART / 100;
}

/* On its console. */
static void
type_command(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (!understands_command(t, slot)) {
		ladder_term(t, slot);
		return;
	}
	s->rung = RUNG_COMMAND;
	step_do(t, ACT_COMMAND, slot, 0);
}

static void
arm_term(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	int64_t after = term_after(s);
	/* A container may be killed from outside long before our own deadline. */
	bool soon = s->intent == INTENT_HUNG ||
	    (t->m->whole.in_container && t->conf->mcinit.grace <= 0);

	if (soon && after > STEP_TERM_SOON)
		after = STEP_TERM_SOON;
	s->deadline[TIMER_TERM] = s->stop_at + after;
}

void
ladder_begin(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	/* A start that takes too long may never come to reading its console. */
	if (s->intent != INTENT_ASKED && s->intent != INTENT_HUNG) {
		ladder_term(t, slot);
		return;
	}
	arm_term(t, slot);
	/* Somebody else has told it: a player, or a person at its console. */
	if (listen_said(s, MARKER_STOPPING)) {
		dialog_close(t, slot);
		s->rung = RUNG_COMMAND;
		return;
	}
	if (s->intent == INTENT_HUNG || *step_stop_command(turn_conf(t, slot)) == '\0')
		dialog_close(t, slot);
	else if (s->exec_done && dialog_stop(t, slot))
		s->rung = RUNG_RCON;
	if (s->rung != RUNG_RCON)
		type_command(t, slot);
}

void
ladder_replied(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->rung == RUNG_RCON)
		s->rung = RUNG_COMMAND;
	dialog_close(t, slot);
}

void
ladder_no_reply(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	bool begun = listen_said(s, MARKER_STOPPING);

	dialog_close(t, slot);
	s->rcon_over = true;
	if (s->rung != RUNG_RCON)
		return;
	if (begun) {
		s->rung = RUNG_COMMAND;
	} else if (s->in_doubt) {
		ladder_term(t, slot);
	} else {
		step_say(t, slot, SAY_NO_REPLY, t->now - s->stop_at, 0);
		type_command(t, slot);
	}
}

void
ladder_on_term(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	int64_t at = s->stop_at + term_after(s);

	if (!s->main_alive)
		return;
	if (t->now < at && listen_said(s, MARKER_STOPPING)) {
		s->deadline[TIMER_TERM] = at;
		return;
	}
	step_say(t, slot, SAY_TERM, t->now - s->stop_at, 0);
	ladder_term(t, slot);
}

/* What waits for RCON, and for a server that has saved, has nothing to do with how far a stop is. */
static void
cancel_for_stop(struct step_server *s)
{
	static const uint8_t kept[] = { TIMER_RCON, TIMER_REPLY, TIMER_QUIET };
	int64_t before[sizeof(kept)];

	for (size_t i = 0; i < sizeof(kept); i++)
		before[i] = s->deadline[kept[i]];
	server_cancel_all(s);
	for (size_t i = 0; i < sizeof(kept); i++)
		s->deadline[kept[i]] = before[i];
}

/* SIGQUIT would end a shell that runs the JVM: only where main is the JVM. */
static void
arm_end(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	/* Behind SIGTERM, however short the time is. */
	int64_t part = (s->kill_at - s->stop_at) * (100 - STEP_TERM_PART) / 150;
	int64_t ahead = part < STEP_DUMP_AHEAD ? part : STEP_DUMP_AHEAD;

	s->deadline[TIMER_KILL] = s->kill_at;
	if (s->jvm && !s->group && turn_conf(t, slot)->thread_dump && s->main_alive)
		s->deadline[TIMER_DUMP] = s->kill_at - ahead;
}

void
ladder_arm(struct turn *t, int slot, enum step_intent intent)
{
	struct step_server *s = turn_server(t, slot);
	int64_t end = t->m->whole.grace_end;

	cancel_for_stop(s);
	server_become(t, s, IS_STOPPING);
	s->intent = (uint8_t)intent;
	s->rung = RUNG_NONE;
	s->stop_at = t->now;
	s->kill_at = t->now + turn_conf(t, slot)->stop_timeout;
	if (end != 0 && s->kill_at > end)
		s->kill_at = end > t->now ? end : t->now;
	s->deadline[TIMER_PULSE] = t->now + STEP_PULSE;
	arm_end(t, slot);
}

/* A stopped process (Ctrl-Z, SIGSTOP) would sleep through SIGTERM: CONT follows it. */
void
ladder_term(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->spawning || (s->main_alive && !s->exec_done)) {
		/* Its process group does not exist before the exec pipe has reported. */
		s->rung = RUNG_HELD;
		s->deadline[TIMER_TERM] = STEP_NEVER;
		return;
	}
	s->rung = RUNG_TERM;
	s->deadline[TIMER_TERM] = STEP_NEVER;
	dialog_close(t, slot);
	s->rcon_over = true;
	if (!s->main_alive) {
		s->swept = true;
		step_do(t, ACT_SWEEP, slot, SIGTERM);
		return;
	}
	step_do(t, s->group ? ACT_SIGNAL_GROUP : ACT_SIGNAL_MAIN, slot, SIGTERM);
	step_do(t, s->group ? ACT_SIGNAL_GROUP : ACT_SIGNAL_MAIN, slot, SIGCONT);
}

bool
ladder_is_ahead(const struct step_server *s)
{
	return s->rung == RUNG_ONLINE || s->rung == RUNG_WARN;
}

void
ladder_command(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	ladder_arm(t, slot, (enum step_intent)s->intent);
	if (s->intent == INTENT_ASKED)
		step_say(t, slot, SAY_STOPPING, s->kill_at - t->now, 0);
	ladder_begin(t, slot);
}

void
ladder_stop(struct turn *t, int slot, enum step_intent intent)
{
	struct step_server *s = turn_server(t, slot);

	health_end(t, slot);
	cancel_for_stop(s);
	server_become(t, s, IS_STOPPING);
	s->intent = (uint8_t)intent;
	s->rung = RUNG_NONE;
	s->deadline[TIMER_PULSE] = t->now + STEP_PULSE;
	if (!warn_begin(t, slot))
		ladder_command(t, slot);
}

/* One whose end is nearer than it was told. */
void
ladder_in_time(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	int64_t end = t->m->whole.grace_end;

	if (s->is != IS_STOPPING || s->rung == RUNG_KILL || s->draining)
		return;
	if (ladder_is_ahead(s) && (end != 0 || t->m->whole.in_container)) {
		ladder_command(t, slot);
	} else if (!ladder_is_ahead(s) && end != 0 && s->kill_at > end) {
		s->kill_at = end > t->now ? end : t->now;
		arm_end(t, slot);
		if (s->deadline[TIMER_TERM] != STEP_NEVER)
			arm_term(t, slot);
	}
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

	health_end(t, slot);
	if (s->is != IS_STOPPING || ladder_is_ahead(s))
		ladder_arm(t, slot, INTENT_ASKED);
	s->intent = INTENT_ASKED;
	dialog_close(t, slot);
	step_say(t, slot, SAY_KILL_ASKED, 0, 0);
	s->kill_asked = true;
	ladder_kill(t, slot);
}

void
ladder_hurry(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->is != IS_STOPPING || s->draining || s->rung == RUNG_HELD || s->rung == RUNG_KILL)
		return;
	if (ladder_is_ahead(s)) {
		ladder_command(t, slot);
		return;
	}
	step_say(t, slot, SAY_HURRY, s->kill_at - t->now, 0);
	s->swept = true;
	s->deadline[TIMER_TERM] = STEP_NEVER;
	dialog_close(t, slot);
	s->rcon_over = true;
	if (s->rung == RUNG_NONE || s->rung == RUNG_COMMAND || s->rung == RUNG_RCON)
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

/* ---- behind the end of the save ---- */

void
ladder_saved(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	/* A save in the middle of its life says the same. */
	if (!listen_said(s, MARKER_STOPPING) || !s->main_alive)
		return;
	s->saved = true;
	s->quiet_at = t->now;
	ladder_on_quiet(t, slot);
}

void
ladder_on_quiet(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (!s->saved || !s->main_alive || s->rung == RUNG_KILL)
		return;
	s->deadline[TIMER_QUIET] = t->now + STEP_QUIET_LOOK;
	if (!s->attended)
		step_do(t, ACT_ATTEND, slot, 0);
	s->attended = true;
}

void
ladder_printed(struct turn *t, int slot, bool something)
{
	struct step_server *s = turn_server(t, slot);

	s->attended = false;
	if (!s->saved || !s->main_alive || s->rung == RUNG_KILL)
		return;
	if (something)
		s->quiet_at = t->now;
	if (t->now - s->quiet_at < STEP_QUIET)
		return;
	step_say(t, slot, SAY_SAVED, t->now - s->quiet_at, 0);
	if (s->is != IS_STOPPING)
		ladder_arm(t, slot, INTENT_SAVED);
	ladder_kill(t, slot);
}
