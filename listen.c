/* SPDX-License-Identifier: MIT */
/*
 * listen: what the decision (step.h) makes of a server's console.
 *
 * What it says (marker.h), when all that it said has arrived, and what becomes of a console
 * process that ended.  Called by step.c and server.c.  It must never start a server.
 */
#include "step_in.h"

bool
listen_said(const struct step_server *s, enum marker_kind kind)
{
	return s->marks & UINT32_C(1) << kind;
}

static bool
is_at_work(const struct step_server *s)
{
	return s->is == IS_STARTING || s->is == IS_RUNNING || s->is == IS_STOPPING;
}

/* ---- markers ---- */

/* A start that says something is not silent. */
static void
progress(struct turn *t, int slot, int32_t percent)
{
	struct step_server *s = turn_server(t, slot);

	if (s->is != IS_STARTING)
		return;
	s->deadline[TIMER_SILENT] = t->now + STEP_SILENT;
	if (percent == s->progress || percent < 0 || percent > 100)
		return;
	s->progress = (uint8_t)percent;
	step_say(t, slot, SAY_PROGRESS, percent, 0);
}

static void
marker(struct turn *t, int slot, int32_t a)
{
	struct step_server *s = turn_server(t, slot);
	int kind = a & 0xff;
	int32_t value = a >> 8;

	/* A line that came late says nothing of the next start, nor a program that is no game's. */
	if (!is_at_work(s) || kind >= MARKER_COUNT || turn_conf(t, slot)->type == TYPE_GENERIC)
		return;
	s->marks |= UINT32_C(1) << kind;
	if (kind == MARKER_OLD_JAVA)
		s->java = value;
	if (kind == MARKER_STARTING || kind == MARKER_PROGRESS)
		progress(t, slot, kind == MARKER_PROGRESS ? value : 0);
	if (kind == MARKER_RCON_UP)
		dialog_open(t, slot);
	if (kind == MARKER_SAVED)
		ladder_saved(t, slot);
	if (kind == MARKER_FLUSHING)
		s->saved = false;
	if (kind == MARKER_PAUSED || kind == MARKER_JOINED)
		s->paused = kind == MARKER_PAUSED;
	/* Somebody can play, whatever its ready line looks like. */
	if (kind != MARKER_READY && kind != MARKER_JOINED)
		return;
	if (s->is == IS_STARTING && s->exec_done)
		server_ready(t, slot);
	else if (s->is == IS_STOPPING)
		s->was_ready = true;	/* it ended before we heard of it */
}

void
listen_alive(struct turn *t, int slot)
{
	const struct step_server *s = turn_server(t, slot);

	if (s->by_line || listen_said(s, MARKER_STARTING) || listen_said(s, MARKER_PROGRESS))
		return;			/* its ready line is still to come */
	server_ready(t, slot);
}

bool
listen_event(struct turn *t, int slot, int event, int32_t a)
{
	struct step_server *s = turn_server(t, slot);

	switch (event) {
	case STEP_MARKER:
		marker(t, slot, a);
		return true;
	case STEP_PLAYERS:
		if (is_at_work(s))
			s->players = a;
		return true;
	case STEP_PRINTED:
		ladder_printed(t, slot, a != 0);
		return true;
	case STEP_OOM_KILL:
		s->oom_killed |= is_at_work(s);
		return true;
	case STEP_HELPER_ENDED:
		listen_helper_ended(t, slot, a);
		return true;
	case STEP_DRAINED:
		if (s->draining)
			restart_after_end(t, slot);
		return true;
	}
	return false;
}

/* ---- the end of the output ---- */

int64_t
listen_patience(const struct turn *t)
{
	return t->conf->log.on_full == FULL_BLOCK ? STEP_DRAIN_BLOCK : STEP_DRAIN;
}

void
listen_drain(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	server_cancel_all(s);
	s->draining = true;
	s->missing[HELPER_CARRIER] = false;
	s->deadline[TIMER_DRAIN] = t->now + listen_patience(t);
	step_do(t, ACT_DRAIN, slot, 0);
}

void
listen_on_drain(struct turn *t, int slot)
{
	step_say(t, slot, SAY_NOT_DRAINED, listen_patience(t), 0);
	step_do(t, ACT_ABANDON, slot, 0);
	restart_after_end(t, slot);
}

/* ---- console processes ---- */

void
listen_files(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->has_files || t->conf->log.dir[0] == '\0' || t->m->whole.closing)
		return;
	s->has_files = true;
	step_do(t, ACT_HELPER, slot, HELPER_FILES);
}

/* Two who read one terminal would get a part of each line. */
void
listen_input(struct turn *t)
{
	struct step_whole *w = &t->m->whole;
	bool given = false;

	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const struct step_server *s = turn_server(t, slot);

		given |= s->used && is_at_work(s) && !s->console;
	}
	if (given == !w->input)
		return;
	w->input = !given;
	w->missing[HELPER_INPUT] = false;
	step_do(t, given ? ACT_UNPLUG : ACT_HELPER, -1, HELPER_INPUT);
}

/* One that dies again and again is not worth the whole processor. */
static bool
may_start_now(struct turn *t)
{
	struct step_whole *w = &t->m->whole;

	if (t->now - w->helpers_at >= STEP_HELPER_LATER) {
		w->helpers_at = t->now;
		w->helpers = 0;
	}
	return w->helpers++ < STEP_HELPER_RATE;
}

static void
start_again(struct turn *t, int slot, int helper, bool now)
{
	struct step_whole *w = &t->m->whole;
	bool *missing = slot < 0 ? &w->missing[helper] : &turn_server(t, slot)->missing[helper];

	*missing = !now || !may_start_now(t);
	if (!*missing)
		step_do(t, ACT_HELPER, slot, helper);
	else if (w->deadline[WHOLE_HELPERS] == STEP_NEVER)
		w->deadline[WHOLE_HELPERS] = t->now + STEP_HELPER_LATER;
}

static void
carrier_ended(struct turn *t, int slot, enum step_helper_end how)
{
	struct step_server *s = turn_server(t, slot);

	if (how == HELPER_END_LEFT && s->draining)
		restart_after_end(t, slot);
	else if (how != HELPER_END_LEFT && is_at_work(s) && !s->spawning)
		start_again(t, slot, HELPER_CARRIER, how == HELPER_END_DIED);
}

static void
files_ended(struct turn *t, int slot, enum step_helper_end how)
{
	struct step_server *s = turn_server(t, slot);

	if (t->conf->log.dir[0] == '\0') {
		s->has_files = s->missing[HELPER_FILES] = false;
		return;
	}
	s->has_files = true;
	start_again(t, slot, HELPER_FILES, how != HELPER_END_NOT_STARTED);
}

void
listen_helper_ended(struct turn *t, int slot, int32_t a)
{
	struct step_whole *w = &t->m->whole;
	enum step_helper helper = (enum step_helper)(a & 0xff);
	enum step_helper_end how = (enum step_helper_end)(a >> 8);

	/* At the end only who still has something to write is wanted. */
	if (w->closing && (how != HELPER_END_DIED || helper == HELPER_INPUT) &&
	    !(slot >= 0 && turn_server(t, slot)->draining))
		return;
	switch (helper) {
	case HELPER_CARRIER:
		if (slot >= 0)
			carrier_ended(t, slot, how);
		break;
	case HELPER_FILES:
		if (slot >= 0)
			files_ended(t, slot, how);
		break;
	case HELPER_OUTPUT:
		start_again(t, -1, helper, how != HELPER_END_NOT_STARTED);
		break;
	case HELPER_INPUT:
		/* That it left means that our standard input has ended. */
		if (how != HELPER_END_LEFT && w->input)
			start_again(t, -1, helper, how == HELPER_END_DIED);
		break;
	case HELPER_COUNT:
		break;
	}
}

void
listen_start_missing(struct turn *t)
{
	struct step_whole *w = &t->m->whole;

	if (w->closing)
		return;
	for (int helper = HELPER_OUTPUT; helper < HELPER_COUNT; helper++)
		if (w->missing[helper])
			start_again(t, -1, helper, true);
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		for (int helper = 0; helper < HELPER_OUTPUT; helper++)
			if (t->m->server[slot].used && t->m->server[slot].missing[helper])
				start_again(t, slot, helper, true);
}
