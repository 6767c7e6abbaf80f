/* SPDX-License-Identifier: MIT */
/*
 * server: the machine of one server, the other half of step.c; see step.h for the vocabulary.
 *
 * One function per state, a switch over the events without default, so that the compiler names
 * a pair that was forgotten.  Called by step.c alone.  It must never make a system call, and a
 * server that ended starts again only behind the one choke point, restart_after_end().
 */
#include "step.h"

#include <signal.h>		/* numbers only */
#include <string.h>

#include "step_in.h"

void
server_cancel_all(struct step_server *s)
{
	for (int i = 0; i < STEP_TIMER_ROOM; i++)
		s->deadline[i] = STEP_NEVER;
}

void
server_free(struct step_server *s)
{
	memset(s, 0, sizeof(*s));
}

void
server_come(struct step_server *s)
{
	server_free(s);
	server_cancel_all(s);
	s->used = true;
}

void
server_become(struct turn *t, struct step_server *s, enum step_state state)
{
	s->is = (uint8_t)state;
	s->since = t->now;
}

/* The operator's hand clears every count: a start by hand is never refused for old crashes. */
void
server_forget_crashes(struct step_server *s)
{
	s->tries = s->unready = 0;
	s->crashes = 0;
	for (int i = 0; i < STEP_CRASHES; i++)
		s->crash_at[i] = 0;
}

/* Is the program a JVM (thread dump, exit 3)?  With `command` only the type can tell. */
static bool
is_jvm(const struct conf_server *c)
{
	if (c->command.count == 0)
		return true;
	return c->type == TYPE_VANILLA || c->type == TYPE_PAPER || c->type == TYPE_VELOCITY ||
	    c->type == TYPE_BUNGEE;
}

/* Does it say when it is ready?  A start script may be anything, so its type has to be set. */
static bool
is_game(const struct conf_server *c)
{
	return c->type != TYPE_GENERIC && (c->type != TYPE_AUTO || c->command.count == 0);
}

static void
as_started(struct step_server *s, const struct conf_server *c)
{
	s->group = c->command.count > 0;
	s->jvm = is_jvm(c);
	s->console = c->tty != TTY_INHERIT;
	s->by_line = s->console && is_game(c);
}

/* Nothing is known of its life so far; to take it for one that is not ready could end it. */
void
server_found(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	server_come(s);
	s->main_alive = s->exec_done = true;
	s->wish = WISH_UP;
	s->started_at = t->now;
	as_started(s, turn_conf(t, slot));
	server_ready(t, slot);
	if (s->console)
		step_do(t, ACT_HELPER, slot, HELPER_CARRIER);
}

/* A start knows nothing of what was said to the one before. */
static void
forget_dialog(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	dialog_refuse_all(t, slot, REFUSED_DOWN);
	s->rcon = RCON_AWAY;
	s->asks = ASK_NOTHING;
	s->rcon_was_up = s->rcon_over = s->stop_next = s->in_doubt = s->overdue = false;
	s->unhealthy = s->checking = s->paused = s->saved = s->oom_killed = false;
	s->probe_due = s->hushed = s->replying = s->final = false;
	s->rcon_tries = s->misses = 0;
}

void
server_spawn(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	const struct conf_server *c = turn_conf(t, slot);

	server_cancel_all(s);
	server_become(t, s, IS_STARTING);
	s->intent = INTENT_NONE;
	s->rung = RUNG_NONE;
	s->failure = 0;
	s->spawning = true;
	s->waits = false;
	s->main_alive = s->exec_done = s->was_ready = s->changed = false;
	s->killed = s->stuck = s->swept = s->asked_down = s->by_itself = s->ended_badly = false;
	s->kill_asked = s->save_off = false;
	s->holders = 0;
	s->status = 0;
	as_started(s, c);
	s->draining = s->missing[HELPER_CARRIER] = false;
	s->progress = 0;
	s->java = s->players = 0;
	s->marks = 0;
	forget_dialog(t, slot);
	s->started_at = t->now;
	s->starts += s->starts < INT32_MAX;
	s->deadline[TIMER_SILENT] = t->now + STEP_SILENT;
	if (c->start_timeout > 0) {
		s->deadline[TIMER_OVERDUE] = t->now + c->start_timeout;
		s->deadline[TIMER_PULSE] = t->now + STEP_PULSE;
	}
	step_do(t, ACT_SPAWN, slot, 0);
}

void
server_start_by_hand(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	server_forget_crashes(s);
	s->restarts = 0;
	s->wish = WISH_UP;
	server_spawn(t, slot);
}

void
server_rest(struct turn *t, int slot, enum step_state state)
{
	struct step_server *s = turn_server(t, slot);

	server_cancel_all(s);
	server_become(t, s, state);
	s->draining = false;
	s->asked_down = s->wish != WISH_UP;
	s->by_itself = s->wish == WISH_UP;
	/* It may have had our terminal, which the others could not hear. */
	if (!s->console && s->started_at != 0 && !t->m->whole.ending)
		listen_input(t);
	if (s->leaving) {
		server_free(s);
		step_do(t, ACT_FORGET, slot, 0);
	}
}

/*
 * The main process is gone; the server has ended only when the rest of its tree has, too.  The
 * ladder is armed at once, because the answer to LOOK may have to come from another process.
 */
static void
main_ended(struct turn *t, int slot, int32_t status)
{
	struct step_server *s = turn_server(t, slot);

	if (!s->main_alive) {
		step_odd(t, slot, STEP_ENDED, s->is);
		return;
	}
	s->main_alive = false;
	s->status = status;
	if (s->is != IS_STOPPING)
		ladder_arm(t, slot, INTENT_LEFTOVERS);
	else if (ladder_is_ahead(s))
		ladder_arm(t, slot, (enum step_intent)s->intent);
	health_end(t, slot);
	dialog_close(t, slot);
	s->deadline[TIMER_DUMP] = s->deadline[TIMER_QUIET] = STEP_NEVER;
	step_do(t, ACT_LOOK, slot, 0);
}

static void
tree_answer(struct turn *t, int slot, bool left)
{
	struct step_server *s = turn_server(t, slot);

	if (s->spawning || s->main_alive || s->draining || s->is != IS_STOPPING)
		return;			/* an answer to a question of an earlier moment */
	if (!left) {
		listen_drain(t, slot);
		return;
	}
	if (s->rung == RUNG_KILL || s->swept)
		return;
	step_say(t, slot, s->intent == INTENT_LEFTOVERS ? SAY_LEFTOVERS : SAY_WAITING, s->status, 0);
	ladder_term(t, slot);
}

/* ---- one function per state ---- */

/* The end of all is one-way. */
static void
wish_down(struct step_server *s)
{
	if (s->wish != WISH_END)
		s->wish = WISH_DOWN;
}

static void
when_at_rest(struct turn *t, int slot, int event)
{
	struct step_server *s = turn_server(t, slot);

	switch ((enum step_event_name)event) {
	case STEP_START:
	case STEP_RESTART:
		if (!t->m->whole.ending)
			server_start_by_hand(t, slot);
		break;
	case STEP_STOP:
	case STEP_KILL:
		wish_down(s);
		s->asked_down = true;
		break;
	case STEP_CHANGED:
	case STEP_TREE:
	case STEP_COMMAND_FAILED:
		break;
	case STEP_SPAWNED:
	case STEP_SPAWN_FAILED:
	case STEP_EXEC_DONE:
	case STEP_EXEC_FAILED:
	case STEP_READY:
	case STEP_ENDED:
	case EVENTS_OF_NO_STATE:
		step_odd(t, slot, event, s->is);
		break;
	}
}

static void
when_backoff(struct turn *t, int slot, int event)
{
	struct step_server *s = turn_server(t, slot);

	switch ((enum step_event_name)event) {
	case STEP_START:
	case STEP_RESTART:
		server_start_by_hand(t, slot);
		break;
	case STEP_STOP:
	case STEP_KILL:
		server_down(t, slot, WISH_DOWN);
		break;
	case STEP_CHANGED:
	case STEP_TREE:
	case STEP_COMMAND_FAILED:
		break;
	case STEP_SPAWNED:
	case STEP_SPAWN_FAILED:
	case STEP_EXEC_DONE:
	case STEP_EXEC_FAILED:
	case STEP_READY:
	case STEP_ENDED:
	case EVENTS_OF_NO_STATE:
		step_odd(t, slot, event, s->is);
		break;
	}
}

void
server_ready(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	const struct conf_server *c = turn_conf(t, slot);

	server_cancel_all(s);
	server_become(t, s, IS_RUNNING);
	s->was_ready = true;
	s->unready = 0;
	s->deadline[TIMER_STABLE] = t->now + c->stable_after;
	step_say(t, slot, SAY_READY, t->now - s->started_at, 0);
	health_begin(t, slot);
	/* As a rule it says itself when RCON is there, a moment later. */
	if (listen_said(s, MARKER_RCON_UP))
		dialog_open(t, slot);
	else if (s->rcon == RCON_AWAY)
		s->deadline[TIMER_RCON] = t->now + STEP_ALIVE;
}

static void
spawned(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (!s->spawning) {
		step_odd(t, slot, STEP_SPAWNED, s->is);
		return;
	}
	s->spawning = false;
	s->main_alive = true;
	if (s->console)
		step_do(t, ACT_HELPER, slot, HELPER_CARRIER);
	listen_input(t);
	if (s->rung == RUNG_KILL)
		step_do(t, ACT_SIGNAL_MAIN, slot, SIGKILL);
}

static void
spawn_failed(struct turn *t, int slot, int32_t failure)
{
	struct step_server *s = turn_server(t, slot);

	if (!s->spawning) {
		step_odd(t, slot, STEP_SPAWN_FAILED, s->is);
		return;
	}
	s->spawning = false;
	s->failure = (uint8_t)(failure + 1);
	restart_after_end(t, slot);
}

/* What starting, running and stopping servers have in common. */
static void
when_alive(struct turn *t, int slot, int event, int32_t a)
{
	struct step_server *s = turn_server(t, slot);

	switch ((enum step_event_name)event) {
	case STEP_STOP:
		server_down(t, slot, WISH_DOWN);
		break;
	case STEP_RESTART:
		server_down(t, slot, WISH_RESTART);
		break;
	case STEP_KILL:
		wish_down(s);
		if (!s->draining)
			ladder_kill_asked(t, slot);
		break;
	case STEP_CHANGED:
		s->changed = true;
		break;
	case STEP_SPAWNED:
		spawned(t, slot);
		break;
	case STEP_SPAWN_FAILED:
		spawn_failed(t, slot, a);
		break;
	case STEP_EXEC_FAILED:
		if (s->main_alive && !s->exec_done)
			s->failure = (uint8_t)(a + 1);
		else
			step_odd(t, slot, event, s->is);
		break;
	case STEP_ENDED:
		main_ended(t, slot, a);
		break;
	case STEP_TREE:
		tree_answer(t, slot, a != 0);
		break;
	case STEP_COMMAND_FAILED:
		if (s->rung == RUNG_COMMAND)
			ladder_term(t, slot);
		break;
	case STEP_START:
	case STEP_READY:
		break;			/* it is what it should be */
	case STEP_EXEC_DONE:
	case EVENTS_OF_NO_STATE:
		step_odd(t, slot, event, s->is);
		break;
	}
}

static void
when_starting(struct turn *t, int slot, int event, int32_t a)
{
	struct step_server *s = turn_server(t, slot);

	if (event == STEP_EXEC_DONE && s->main_alive) {
		s->exec_done = true;
		s->deadline[TIMER_READY] = t->now + STEP_ALIVE;
		/* What it printed comes another way than the word of its exec, and may be faster. */
		if (listen_said(s, MARKER_READY))
			server_ready(t, slot);
	} else if (event == STEP_READY && s->exec_done) {
		server_ready(t, slot);
	} else {
		when_alive(t, slot, event, a);
	}
}

static void
when_stopping(struct turn *t, int slot, int event, int32_t a)
{
	struct step_server *s = turn_server(t, slot);

	if (event == STEP_EXEC_DONE && s->main_alive) {
		s->exec_done = true;
		if (s->rung == RUNG_HELD)
			ladder_begin(t, slot);
	} else if (event == STEP_START) {
		if (s->wish == WISH_DOWN && !s->leaving)
			s->wish = WISH_RESTART;
	} else {
		when_alive(t, slot, event, a);
	}
}

void
server_event(struct turn *t, int slot, int event, int32_t a)
{
	if (listen_event(t, slot, event, a) || dialog_event(t, slot, event, a) || hold_event(t, slot, event, a))
		return;
	if (event == STEP_HEALTH) {
		health_checked(t, slot, a != 0);
		return;
	}
	switch ((enum step_state)turn_server(t, slot)->is) {
	case IS_STOPPED:
	case IS_FAILED:
		when_at_rest(t, slot, event);
		break;
	case IS_STARTING:
		when_starting(t, slot, event, a);
		break;
	case IS_RUNNING:
		when_alive(t, slot, event, a);
		break;
	case IS_STOPPING:
		when_stopping(t, slot, event, a);
		break;
	case IS_BACKOFF:
		when_backoff(t, slot, event);
		break;
	case IS_COUNT:
		break;
	}
	if ((event == STEP_STOP || event == STEP_RESTART) && a != 0)
		warn_no_more(t, slot);
}

void
server_down(struct turn *t, int slot, enum step_wish wish)
{
	struct step_server *s = turn_server(t, slot);

	if (s->wish != WISH_END)
		s->wish = (uint8_t)wish;
	switch ((enum step_state)s->is) {
	case IS_STOPPED:
		s->asked_down = true;
		break;
	case IS_BACKOFF:
		s->killed = false;	/* that was not for this stop */
		server_rest(t, slot, IS_STOPPED);
		break;
	case IS_STARTING:
	case IS_RUNNING:
		ladder_stop(t, slot, INTENT_ASKED);
		break;
	case IS_STOPPING:
	case IS_FAILED:
	case IS_COUNT:
		break;
	}
}

/* The last of a tree is always our child: whoever outlives his parent becomes it. */
void
server_reaped(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->is == IS_STOPPING && !s->main_alive && !s->draining)
		step_do(t, ACT_LOOK, slot, 0);
}
