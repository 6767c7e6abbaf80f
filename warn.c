/* SPDX-License-Identifier: MIT */
/*
 * warn: players are told before a server stops, a part of the decision (step.h).
 *
 * Only when somebody is online, and only as far as there is time for it.  Called by ladder.c and
 * dialog.c.  It must never hold up a stop longer than stop_warn says.
 */
#include <string.h>

#include "step_in.h"

/* The largest of the seconds in stop_warn that is below `below`; 0: there is none. */
static int64_t
largest_below(const struct conf_server *c, int64_t below)
{
	const char *word = c->stop_warn.text;
	int64_t best = 0;

	for (int i = 0; i < c->stop_warn.count; i++, word += strlen(word) + 1) {
		int64_t seconds = 0;

		for (const char *digit = word; *digit >= '0' && *digit <= '9'; digit++)
			seconds = seconds * 10 + (*digit - '0');
		if (seconds < below && seconds > best)
			best = seconds;
	}
	return best;
}

/* How many seconds of warnings there is time for. */
static int64_t
room_for(const struct turn *t, int slot)
{
	const struct step_whole *w = &t->m->whole;
	int64_t left;

	if (turn_server(t, slot)->wish != WISH_END)
		return INT32_MAX;
	if (w->grace_end == 0)
		return w->in_container ? 0 : INT32_MAX;
	left = w->grace_end - t->now - turn_conf(t, slot)->stop_timeout;
	return left > 0 ? left / 1000 : 0;
}

static void
say(struct turn *t, int slot, int64_t seconds)
{
	struct step_server *s = turn_server(t, slot);

	if (dialog_is_free(s))
		dialog_ask(t, slot, ASK_WARNING, seconds);
	else if (s->console)
		step_do(t, ACT_WARN, slot, seconds);
}

/* What is left of the time is that of the warning just given. */
static void
plan_next(struct turn *t, int slot, int64_t seconds)
{
	struct step_server *s = turn_server(t, slot);

	s->deadline[TIMER_WARN] = s->stop_at - largest_below(turn_conf(t, slot), seconds) * 1000;
}

static void
count_down(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	int64_t seconds = largest_below(turn_conf(t, slot), room_for(t, slot) + 1);

	s->rung = RUNG_WARN;
	s->stop_at = t->now + seconds * 1000;
	step_say(t, slot, SAY_WARNING, seconds * 1000, 0);
	say(t, slot, seconds);
	plan_next(t, slot, seconds);
}

void
warn_on_time(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	int64_t left = s->stop_at - t->now;

	if (s->rung != RUNG_WARN)
		return;
	if (left < 500 || listen_said(s, MARKER_STOPPING)) {
		ladder_command(t, slot);
		return;
	}
	say(t, slot, (left + 500) / 1000);
	plan_next(t, slot, (left + 500) / 1000);
}

void
warn_counted(struct turn *t, int slot, int32_t players)
{
	struct step_server *s = turn_server(t, slot);

	/* Of a warning the reply does not matter. */
	if (s->is != IS_STOPPING || s->rung != RUNG_ONLINE)
		return;
	if (players < 0)
		players = s->players;
	if (players == 0) {
		step_say(t, slot, SAY_NOBODY, 0, 0);
		ladder_command(t, slot);
		return;
	}
	count_down(t, slot);
}

/* True: the stop goes on from here. */
bool
warn_begin(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	const struct conf_server *c = turn_conf(t, slot);

	if (c->stop_warn.count == 0 || s->intent != INTENT_ASKED || !s->was_ready || !s->main_alive ||
	    *step_say_command(c) == '\0' || listen_said(s, MARKER_STOPPING) ||
	    (s->rcon != RCON_UP && !s->console))
		return false;
	if (largest_below(c, room_for(t, slot) + 1) == 0) {
		step_say(t, slot, SAY_NOT_WARNED, 0, 0);
		return false;
	}
	s->rung = RUNG_ONLINE;
	if (dialog_is_free(s))
		dialog_ask(t, slot, ASK_COUNT, 0);
	else
		warn_counted(t, slot, -1);
	return true;
}

void
warn_no_more(struct turn *t, int slot)
{
	const struct step_server *s = turn_server(t, slot);

	if (s->is == IS_STOPPING && ladder_is_ahead(s))
		ladder_command(t, slot);
}
