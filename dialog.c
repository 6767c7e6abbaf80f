/* SPDX-License-Identifier: MIT */
/*
 * dialog: the RCON of one server, a part of the decision (step.h).
 *
 * One connection, one question at a time, and whose turn it is.  Called by step.c, server.c, ladder.c,
 * warn.c and health.c.  It must never say anything behind a stop command, and never two things at once.
 */
#include "step_in.h"

static bool
may_talk(const struct step_server *s)
{
	bool runs = s->is == IS_RUNNING || (s->is == IS_STOPPING && ladder_is_ahead(s));

	return runs && s->main_alive && !s->rcon_over && !s->hushed && !listen_said(s, MARKER_STOPPING);
}

/* 1 s, 2 s, 4 s, ... */
static int64_t
next_try(const struct step_server *s)
{
	int64_t wait = 1000;

	for (int i = 0; i < s->rcon_tries && wait < STEP_RCON_BY_MOST; i++)
		wait *= 2;
	return wait;
}

void
dialog_open(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->rcon != RCON_AWAY || !may_talk(s))
		return;
	s->rcon = RCON_OPENING;
	s->deadline[TIMER_RCON] = t->now + turn_conf(t, slot)->rcon_timeout;
	step_do(t, ACT_RCON_OPEN, slot, 0);
}

void
dialog_refuse_all(struct turn *t, int slot, enum step_refusal why)
{
	struct step_server *s = turn_server(t, slot);

	for (int client = 0; client < STEP_CLIENTS; client++)
		if (s->clients & UINT32_C(1) << client)
			step_do_with(t, ACT_REFUSE, slot, client, why);
	s->clients = 0;
}

/* Nothing waits for a reply any more. */
static void
forget_question(struct step_server *s)
{
	s->asks = ASK_NOTHING;
	s->overdue = s->replying = false;
	s->deadline[TIMER_REPLY] = STEP_NEVER;
}

/* Of this start nothing is said by RCON any more. */
void
dialog_close(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->rcon == RCON_UP || s->rcon == RCON_OPENING) {
		s->rcon = RCON_AWAY;
		step_do(t, ACT_RCON_CLOSE, slot, 0);
	}
	forget_question(s);
	s->stop_next = false;
	s->deadline[TIMER_RCON] = STEP_NEVER;
	dialog_refuse_all(t, slot, s->is == IS_STOPPING ? REFUSED_STOPPING : REFUSED_DOWN);
}

void
dialog_renew(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	s->rcon = RCON_AWAY;
	forget_question(s);
	step_do(t, ACT_RCON_CLOSE, slot, 0);
	dialog_open(t, slot);
}

bool
dialog_is_free(const struct step_server *s)
{
	return s->rcon == RCON_UP && s->asks == ASK_NOTHING && !s->rcon_over;
}

void
dialog_ask(struct turn *t, int slot, enum step_ask what, int64_t b)
{
	struct step_server *s = turn_server(t, slot);
	int64_t most = turn_conf(t, slot)->rcon_timeout;

	s->asks = (uint8_t)what;
	s->overdue = s->replying = s->final = false;
	s->rcon_over |= what == ASK_STOP;
	if (what == ASK_STOP || what == ASK_COUNT || what == ASK_WARNING)
		most = most < STEP_STOP_REPLY ? most : STEP_STOP_REPLY;
	s->reply_by = s->deadline[TIMER_REPLY] = t->now + most;
	step_do_with(t, ACT_ASK, slot, what, b);
}

/* The client behind the last one comes next, so that none waits for ever; nor does our own question. */
static void
serve_next(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (!dialog_is_free(s) || !may_talk(s))
		return;
	if (s->probe_due && s->is == IS_RUNNING) {
		s->probe_due = false;
		dialog_ask(t, slot, ASK_PROBE, 0);
		return;
	}
	if (hold_is_over(s)) {
		dialog_ask(t, slot, ASK_SAVE_ON, 0);
		return;
	}
	if (s->clients == 0)
		return;
	do
		s->client = (s->client + 1) % STEP_CLIENTS;
	while (!(s->clients & UINT32_C(1) << s->client));
	s->clients &= ~(UINT32_C(1) << s->client);
	dialog_ask(t, slot, ASK_CLIENT, s->client);
}

/* ---- what comes ---- */

static void
is_up(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->rcon != RCON_OPENING)
		return;
	s->rcon = RCON_UP;
	s->rcon_was_up = true;
	s->deadline[TIMER_RCON] = STEP_NEVER;
	step_say(t, slot, SAY_RCON_UP, 0, 0);
	if (!may_talk(s)) {
		dialog_close(t, slot);
		return;
	}
	health_begin(t, slot);
	serve_next(t, slot);
}

/* What had waited for a reply will not have one. */
static void
no_reply(struct turn *t, int slot, enum step_ask asked)
{
	if (asked == ASK_PROBE)
		health_missed(t, slot);
	else if (asked == ASK_COUNT || asked == ASK_WARNING)
		warn_counted(t, slot, -1);
	else if (asked == ASK_STOP)
		ladder_no_reply(t, slot);
	else if (asked == ASK_SAVE_ON)
		hold_answered(t, slot, false);
}

/* Whoever waited for the connection to be free for the stop command. */
static void
stop_is_next(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (!s->stop_next)
		return;
	s->stop_next = false;
	if (dialog_is_free(s))
		dialog_ask(t, slot, ASK_STOP, 0);
	else
		ladder_no_reply(t, slot);
}

/*
 * A client has said "stop" or its like.  What its console says of that comes another way, and may be
 * later than the next question would be; and of no console nothing comes.
 */
static void
hush(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	s->hushed = true;
	forget_question(s);
	if (s->rcon == RCON_UP)
		step_do(t, ACT_RCON_CLOSE, slot, 0);
	s->rcon = RCON_AWAY;
	s->rcon_over |= !s->console;
	s->deadline[TIMER_RCON] = t->now + STEP_HUSH;
	dialog_refuse_all(t, slot, REFUSED_STOPPING);
}

static bool
is_final(const struct step_server *s)
{
	return s->asks == ASK_CLIENT && s->final;
}

/* Whatever became of what was said: true, and nothing else is. */
static bool
hush_if_final(struct turn *t, int slot)
{
	if (!is_final(turn_server(t, slot)))
		return false;
	hush(t, slot);
	stop_is_next(t, slot);
	return true;
}

static void
is_down(struct turn *t, int slot, enum step_rcon_end how)
{
	struct step_server *s = turn_server(t, slot);
	enum step_ask asked = (enum step_ask)s->asks;
	bool was_up = s->rcon == RCON_UP, counted = s->overdue;

	/* Known from the start on: nobody has to wake up for it. */
	if (how == RCON_END_ABSENT && s->rcon == RCON_AWAY) {
		s->rcon = RCON_NONE;
		s->deadline[TIMER_RCON] = STEP_NEVER;
		dialog_refuse_all(t, slot, REFUSED_NO_RCON);
	}
	if (s->rcon != RCON_UP && s->rcon != RCON_OPENING)
		return;
	if (hush_if_final(t, slot))
		return;
	s->rcon = how == RCON_END_ABSENT ? RCON_NONE : RCON_AWAY;
	forget_question(s);
	s->deadline[TIMER_RCON] = STEP_NEVER;
	/* Who waits is not to blame, and the next one may be served. */
	if (was_up && s->clients != 0)
		dialog_open(t, slot);
	if (s->rcon != RCON_OPENING)
		dialog_refuse_all(t, slot, how == RCON_END_ABSENT ? REFUSED_NO_RCON : REFUSED_NOT_YET);
	if (s->rcon == RCON_OPENING || how == RCON_END_ABSENT) {
		health_begin(t, slot);
	} else if (may_talk(s) && s->rcon_tries < turn_conf(t, slot)->rcon_retry) {
		s->deadline[TIMER_RCON] = t->now + next_try(s);
		s->rcon_tries++;
	} else if (may_talk(s) && s->rcon_tries == turn_conf(t, slot)->rcon_retry) {
		s->rcon_tries++;
		step_say(t, slot, SAY_RCON_AWAY, how, 0);
		health_begin(t, slot);
	}
	if (!counted)
		no_reply(t, slot, asked);
	hold_release(t, slot);
	stop_is_next(t, slot);
}

static void
is_answered(struct turn *t, int slot, int32_t players)
{
	struct step_server *s = turn_server(t, slot);
	enum step_ask asked = (enum step_ask)s->asks;
	bool final = is_final(s) && players != STEP_NOT_ASKED;

	if (asked == ASK_NOTHING)
		return;
	forget_question(s);
	if (final)
		hush(t, slot);
	if (players != STEP_NOT_ASKED)
		s->rcon_tries = 0;
	if ((asked == ASK_PROBE || asked == ASK_COUNT) && players >= 0)
		s->players = players;
	if (players != STEP_NOT_ASKED)
		health_answered(t, slot);
	if (asked == ASK_COUNT)
		warn_counted(t, slot, players);
	else if (asked == ASK_STOP)
		ladder_replied(t, slot);
	else if (asked == ASK_SAVE_ON)
		hold_answered(t, slot, true);
	stop_is_next(t, slot);
	serve_next(t, slot);
}

/* Line by line, and none of them says that it is the last. */
static void
is_replying(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->asks == ASK_NOTHING)
		return;
	if (s->overdue)
		s->reply_by = t->now + turn_conf(t, slot)->rcon_timeout;
	s->overdue = false;
	s->replying = t->now + STEP_REPLY_PAUSE < s->reply_by;
	s->deadline[TIMER_REPLY] = s->replying ? t->now + STEP_REPLY_PAUSE : s->reply_by;
}

static void
is_asked(struct turn *t, int slot, int32_t client)
{
	struct step_server *s = turn_server(t, slot);
	uint32_t bit = UINT32_C(1) << (client & (STEP_CLIENTS - 1));

	s->clients |= bit;
	if (s->is == IS_STOPPING || (s->is == IS_RUNNING && (s->rcon_over || s->hushed ||
	    listen_said(s, MARKER_STOPPING))))
		dialog_refuse_all(t, slot, REFUSED_STOPPING);
	else if (s->is != IS_RUNNING)
		dialog_refuse_all(t, slot, REFUSED_DOWN);
	else if (s->rcon == RCON_NONE)
		dialog_refuse_all(t, slot, REFUSED_NO_RCON);
	else if (s->overdue)
		dialog_refuse_all(t, slot, REFUSED_DEAF);
	else if (s->rcon == RCON_AWAY)
		dialog_open(t, slot);
	else
		serve_next(t, slot);
}

bool
dialog_event(struct turn *t, int slot, int event, int32_t a)
{
	switch (event) {
	case STEP_RCON_UP:
		is_up(t, slot);
		return true;
	case STEP_RCON_DOWN:
		is_down(t, slot, (enum step_rcon_end)a);
		return true;
	case STEP_ANSWERED:
		is_answered(t, slot, a);
		return true;
	case STEP_FINAL:
		turn_server(t, slot)->final = true;
		return true;
	case STEP_REPLYING:
		is_replying(t, slot);
		return true;
	case STEP_ASKED:
		is_asked(t, slot, a);
		return true;
	case STEP_UNASKED:
		turn_server(t, slot)->clients &= ~(UINT32_C(1) << (a & (STEP_CLIENTS - 1)));
		return true;
	}
	return false;
}

/* ---- time ---- */

void
dialog_on_rcon(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->rcon == RCON_AWAY) {
		s->hushed = false;
		dialog_open(t, slot);
		return;
	}
	if (s->rcon != RCON_OPENING)
		return;
	step_do(t, ACT_RCON_CLOSE, slot, 0);
	is_down(t, slot, RCON_END_LOST);
}

/*
 * A probe that is late may be answered yet, and then the server is well again: it keeps its place.  What
 * else is late would be taken for the reply to what comes next.
 */
void
dialog_on_reply(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	enum step_ask asked = (enum step_ask)s->asks;

	if (asked == ASK_NOTHING)
		return;
	if (s->replying && t->now < s->reply_by) {
		s->replying = false;
		s->deadline[TIMER_REPLY] = s->reply_by;
		step_do(t, ACT_SETTLE, slot, 0);
		return;
	}
	if (asked == ASK_STOP && s->in_doubt) {
		s->asks = ASK_NOTHING;
		ladder_no_reply(t, slot);
		return;
	}
	if (asked == ASK_PROBE && !s->stop_next) {
		s->overdue = true;
		dialog_refuse_all(t, slot, REFUSED_DEAF);
		health_missed(t, slot);
		return;
	}
	if (asked == ASK_CLIENT)
		step_do_with(t, ACT_REFUSE, slot, s->client, REFUSED_LATE);
	if (hush_if_final(t, slot))
		return;
	step_do(t, ACT_RCON_CLOSE, slot, 0);
	is_down(t, slot, RCON_END_LOST);
}

/* ---- a stop ---- */

/* True: the stop command is said by RCON, at once or after what waits for its reply. */
bool
dialog_stop(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->rcon != RCON_UP || s->rcon_over || s->overdue) {
		dialog_close(t, slot);
		s->rcon_over = true;
		return false;
	}
	dialog_refuse_all(t, slot, REFUSED_STOPPING);
	if (s->asks == ASK_NOTHING) {
		dialog_ask(t, slot, ASK_STOP, 0);
		return true;
	}
	s->stop_next = true;
	if (s->reply_by > t->now + STEP_STOP_REPLY)
		s->reply_by = t->now + STEP_STOP_REPLY;
	if (s->deadline[TIMER_REPLY] > s->reply_by)
		s->deadline[TIMER_REPLY] = s->reply_by;
	return true;
}

/* ---- another image ---- */

/*
 * Connections and clients went with the one before.  Whether the stop command arrived there its console
 * may tell until the time for the reply is over; it is not said again, by no way.
 */
void
dialog_resumed(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	enum step_ask asked = (enum step_ask)s->asks;

	s->clients = 0;
	s->overdue = s->replying = false;
	s->deadline[TIMER_RCON] = STEP_NEVER;
	/* Or it is one that was opened since. */
	if (s->rcon == RCON_UP || s->rcon == RCON_OPENING) {
		s->rcon = RCON_AWAY;
		step_do(t, ACT_RCON_CLOSE, slot, 0);
	}
	if (asked == ASK_STOP) {
		s->in_doubt = true;
		return;
	}
	if (hush_if_final(t, slot))
		return;
	forget_question(s);
	dialog_open(t, slot);
	hold_resumed(t, slot);
	warn_counted(t, slot, -1);
	stop_is_next(t, slot);
}
