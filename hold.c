/* SPDX-License-Identifier: MIT */
/*
 * hold: who keeps a server from saving, a part of the decision (step.h).
 *
 * A client that makes a backup has said save-off, and whatever becomes of it, save-on is said when it is gone:
 * by RCON where that is up, else on the console.  Called by server.c and dialog.c.  It must never forget
 * it: a world that is not saved any more is lost with the next crash.
 */
#include "step_in.h"

/* A server that stops saves all the same, and the next start begins with saving on. */
static bool
matters(const struct step_server *s)
{
	return s->is == IS_RUNNING && s->main_alive && s->save_off && s->holders == 0;
}

static void
type(struct turn *t, int slot)
{
	turn_server(t, slot)->save_off = false;
	step_do(t, ACT_SAVE_ON, slot, 0);
}

bool
hold_is_over(const struct step_server *s)
{
	return matters(s) && !listen_said(s, MARKER_STOPPING);
}

void
hold_release(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (!hold_is_over(s)) {
		s->save_off &= s->is == IS_RUNNING;
		return;
	}
	if (dialog_is_free(s))
		dialog_ask(t, slot, ASK_SAVE_ON, 0);
	else if ((s->rcon != RCON_UP && s->rcon != RCON_OPENING) || s->overdue)
		type(t, slot);
}

void
hold_answered(struct turn *t, int slot, bool yes)
{
	struct step_server *s = turn_server(t, slot);

	if (yes)
		s->save_off = false;
	else if (hold_is_over(s))
		type(t, slot);
}

bool
hold_event(struct turn *t, int slot, int event, int32_t a)
{
	struct step_server *s = turn_server(t, slot);
	uint32_t bit = UINT32_C(1) << (a & (STEP_CLIENTS - 1));

	if (event == STEP_HOLD) {
		s->holders |= bit;
		s->save_off = true;
		return true;
	}
	if (event != STEP_UNHOLD)
		return false;
	s->holders &= ~bit;
	hold_release(t, slot);
	return true;
}

void
hold_resumed(struct turn *t, int slot)
{
	turn_server(t, slot)->holders = 0;
	hold_release(t, slot);
}
