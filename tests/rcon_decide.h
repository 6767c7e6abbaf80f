/* SPDX-License-Identifier: MIT */
/*
 * rcon_decide: what the tests of the decision around RCON share.  Included behind step_lab.h.
 */
#ifndef RCON_DECIDE_H
#define RCON_DECIDE_H

#include "step_lab.h"

#define GAME	"[server]\ntype = paper\n"

static inline void
mark(int kind)
{
	lab_event(STEP_MARKER, 0, kind);
}

/* A server that is ready, with RCON that answers; nothing recorded yet. */
static inline void
up_with_rcon_in(enum step_mode mode, bool in_container, const char *ini)
{
	lab.rcon = lab.talks = true;
	lab.deaf = lab.prints = false;
	lab.online = 0;
	lab_begin_in(mode, in_container, ini);
	lab_event(STEP_CONF, -1, 0);
	mark(MARKER_READY);
	mark(MARKER_RCON_UP);
	assert_int_equal(lab_is(0), IS_RUNNING);
	assert_int_equal(lab_state(0)->rcon, RCON_UP);
	lab_clear();
}

static inline void
up_with_rcon(const char *ini)
{
	up_with_rcon_in(MODE_SERVICE, false, ini);
}

/* How often it was ordered with this value. */
static inline int
asked(int what)
{
	return lab_count(ACT_ASK, 0, what);
}

/* Who was refused, and why; -1: nobody. */
static inline int
refused(int client)
{
	for (int i = 0; i < lab.records; i++)
		if (lab_fits(&lab.record[i], ACT_REFUSE, 0, client))
			return (int)lab.record[i].act.b;
	return -1;
}

#endif
