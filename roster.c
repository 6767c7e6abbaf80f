/* SPDX-License-Identifier: MIT */
/*
 * roster: which servers there are, a part of the decision (step.h).
 *
 * Servers of the configuration come, go, come back, and wait for the directory of one that goes.
 * Called by step.c.  It must never stop a server that the configuration still has.
 */
#include <string.h>

#include "step_in.h"

static void
come(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	server_come(s);
	s->wish = WISH_DOWN;
	s->since = t->now;
	listen_files(t, slot);
	if (!turn_conf(t, slot)->autostart)
		return;
	s->wish = WISH_UP;
	s->waits = true;
	roster_wait(t, slot);
	if (s->waits)
		step_say(t, slot, SAY_WAITS, 0, 0);
}

/* Whether a server that left the INI is still busy in the directory that slot is to have. */
static bool
is_occupied(const struct turn *t, int slot)
{
	for (int other = 0; other < CONF_SERVERS; other++)
		if (other != slot && t->m->server[other].used && t->conf->leaving[other] &&
		    strcmp(turn_conf(t, other)->dir, turn_conf(t, slot)->dir) == 0)
			return true;
	return false;
}

void
roster_wait(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->wish != WISH_UP || s->is != IS_STOPPED || t->m->whole.ending)
		s->waits = false;
	else if (!is_occupied(t, slot))
		server_start_by_hand(t, slot);
}

static void
leave(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	s->leaving = true;
	step_say(t, slot, SAY_LEAVING, 0, 0);
	if (s->is == IS_STOPPED || s->is == IS_FAILED)
		server_rest(t, slot, (enum step_state)s->is);
	else
		server_down(t, slot, WISH_DOWN);
}

static void
come_back(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	s->leaving = false;
	if (turn_conf(t, slot)->autostart)
		s->wish = WISH_RESTART;
}

static void
try_again(struct turn *t, int slot)
{
	if (turn_server(t, slot)->wish == WISH_UP)
		server_start_by_hand(t, slot);
}

/* The configuration in force changed: servers come, go, and come back. */
void
roster_follow(struct turn *t)
{
	if (!t->m->whole.consoles) {
		t->m->whole.consoles = true;
		step_do(t, ACT_HELPER, -1, HELPER_OUTPUT);
	}
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		struct step_server *s = &t->m->server[slot];
		bool wanted = t->conf->name[slot][0] != '\0' && !t->conf->leaving[slot];

		if (wanted && !s->used)
			come(t, slot);
		else if (wanted && s->leaving)
			come_back(t, slot);
		else if (!wanted && s->used && !s->leaving)
			leave(t, slot);
		else if (wanted && s->is == IS_FAILED)
			try_again(t, slot);
		if (!s->used)
			continue;
		listen_files(t, slot);
		health_begin(t, slot);
	}
}

/* It was to end, and was killed before it had. */
static void
end_is_off(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->wish != WISH_END)
		return;
	s->wish = WISH_DOWN;
	if (!turn_conf(t, slot)->autostart || s->leaving)
		return;
	if (s->is == IS_STOPPED || s->is == IS_FAILED)
		server_start_by_hand(t, slot);
	else
		s->wish = WISH_RESTART;
}

void
roster_adopted(struct turn *t)
{
	struct step_whole *w = &t->m->whole;
	bool ending = w->ending;

	w->ending = w->closing = w->rest_said = false;
	w->how = ENDING_EXIT;
	w->proving = false;
	w->grace_end = 0;
	w->deadline[WHOLE_CLOSE] = w->deadline[WHOLE_PROOF] = STEP_NEVER;
	for (int slot = 0; slot < CONF_SERVERS && ending; slot++)
		if (turn_server(t, slot)->used)
			end_is_off(t, slot);
	/* Our standard input is another one than it was. */
	w->input = false;
	listen_input(t);
}
