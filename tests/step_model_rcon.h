/* SPDX-License-Identifier: MIT */
/*
 * step_model_rcon: the RCON of the servers in step_model.h, and who asks there: one question at a time, and
 * nothing behind a stop command.  Included in the middle of that, whose words it uses.
 */
#ifndef STEP_MODEL_RCON_H
#define STEP_MODEL_RCON_H

/* What the connection before had to say is not told any more. */
static inline void
untell(int slot)
{
	int kept = 0;

	for (int i = 0; i < w.queued; i++) {
		const struct step_event *e = &w.queue[i];

		if (e->slot != slot || (e->what != STEP_RCON_UP && e->what != STEP_RCON_DOWN &&
		    e->what != STEP_ANSWERED && e->what != STEP_REPLYING && e->what != STEP_FINAL))
			w.queue[kept++] = *e;
		else
			/* A reply that comes in the moment in which its time is over was not heard. */
			w.server[slot].stop_answered &= e->what != STEP_ANSWERED;
	}
	w.queued = kept;
}

static inline void
open_line(int slot)
{
	struct outside *o = &w.server[slot];

	untell(slot);
	MUST(o->line == NO_LINE, "a second connection to slot %d", slot);
	MUST(!o->stop_said, "a connection to slot %d behind its stop command", slot);
	o->line = LINE_OPENS;
	o->asked = ASK_NOTHING;
	if (one_in(4)) {
		o->line = NO_LINE;
		tell(STEP_RCON_DOWN, slot, (int32_t)chance(RCON_END_COUNT));
	} else if (!one_in(4)) {
		o->line = LINE_IS_UP;
		tell(STEP_RCON_UP, slot, 0);
	}
}

static inline void
close_line(int slot)
{
	untell(slot);
	w.server[slot].line = NO_LINE;
	w.server[slot].asked = ASK_NOTHING;
}

static inline void
reply(int slot)
{
	struct outside *o = &w.server[slot];

	o->stop_answered |= o->asked == ASK_STOP;
	if (o->asked == ASK_STOP && one_in(2))
		die(o, EXIT_OF(0));
	tell(STEP_ANSWERED, slot, o->asked != ASK_CLIENT ? (int32_t)chance(4) - 1 :
	    one_in(10) ? STEP_NOT_ASKED : STEP_ANSWER);
	o->asked = ASK_NOTHING;
}

/* Nothing more came, or it does now. */
static inline void
settle(int slot)
{
	if (w.server[slot].asked == ASK_NOTHING)
		return;
	if (one_in(3))
		tell(STEP_REPLYING, slot, 0);
	else if (!one_in(10))
		reply(slot);
}

static inline void
ask(const struct step_act *act)
{
	struct outside *o = &w.server[act->slot];

	/* The word that the connection is lost may be on its way. */
	if (o->line == NO_LINE)
		return;
	MUST(o->line == LINE_IS_UP, "slot %d was asked before it was logged in", act->slot);
	MUST(o->asked == ASK_NOTHING, "slot %d was asked two things at a time", act->slot);
	MUST(!o->stop_said, "slot %d was asked behind its stop command", act->slot);
	MUST(act->a != ASK_STOP || !o->commanded, "a second stop command to slot %d", act->slot);
	o->asked = (int)act->a;
	if (act->a == ASK_CLIENT && one_in(10))
		tell(STEP_FINAL, act->slot, 0);
	o->stop_said |= act->a == ASK_STOP;
	if (one_in(3)) {
		reply(act->slot);
	} else if (one_in(10)) {
		close_line(act->slot);
		tell(STEP_RCON_DOWN, act->slot, RCON_END_LOST);
	}
}

static inline void
something_of_rcon(int slot)
{
	struct outside *o = &w.server[slot];

	if (o->asked != ASK_NOTHING && one_in(4)) {
		tell(STEP_REPLYING, slot, 0);
	} else if (o->asked != ASK_NOTHING && one_in(3)) {
		reply(slot);
	} else if (o->line == LINE_IS_UP && one_in(30)) {
		close_line(slot);
		tell(STEP_RCON_DOWN, slot, RCON_END_LOST);
	} else if (o->checking && one_in(3)) {
		o->checking = false;
		tell(STEP_HEALTH, slot, one_in(2));
	} else if (one_in(20)) {
		tell(one_in(2) ? STEP_HOLD : STEP_UNHOLD, slot, (int32_t)chance(4));
	} else if (one_in(10)) {
		tell(one_in(3) ? STEP_UNASKED : STEP_ASKED, slot, (int32_t)chance(STEP_CLIENTS));
	}
}

/* Another image has no connections. */
static inline void
lose_lines(void)
{
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		close_line(slot);
}

#endif
