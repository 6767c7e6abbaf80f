/* SPDX-License-Identifier: MIT */
/*
 * step_in: what the parts of the decision share with each other and with nobody else: step.c
 * (time and the whole), roster.c (which servers there are), server.c, ladder.c, warn.c, restart.c (one
 * server), listen.c (its console), dialog.c and health.c (its RCON), hold.c (who makes a backup of it).
 */
#ifndef STEP_IN_H
#define STEP_IN_H

#include "step.h"

/* One call of step(): what it was given, so that a function takes one argument and not four. */
struct turn {
	const struct conf *conf;
	struct step_machine *m;
	int64_t now;
	struct step_acts *acts;
};

/*
 * Events that are no state's to answer: of the whole, or heard by listen.c, dialog.c and health.c in any
 * state.  As labels, for switches that name all events: a new one is missed until it stands somewhere.
 */
#define EVENTS_OF_NO_STATE \
	STEP_TICK: case STEP_CONF: case STEP_SIGNAL: case STEP_REAPED: case STEP_MARKER: \
	case STEP_PLAYERS: case STEP_DRAINED: case STEP_HELPER_ENDED: case STEP_CLOSED: \
	case STEP_RESUMED: case STEP_ADOPTED: case STEP_FOUND: case STEP_REEXEC: case STEP_PROVED: \
	case STEP_RCON_UP: case STEP_RCON_DOWN: case STEP_ANSWERED: case STEP_ASKED: \
	case STEP_UNASKED: case STEP_PRINTED: case STEP_HEALTH: case STEP_OOM_KILL: \
	case STEP_REPLYING: case STEP_FINAL: case STEP_ROTATE: case STEP_HOLD: case STEP_UNHOLD: \
	case STEP_EVENT_COUNT

/* Those that are always about one server. */
#define EVENTS_OF_A_SERVER \
	STEP_CHANGED: case STEP_START: case STEP_STOP: case STEP_RESTART: case STEP_KILL: \
	case STEP_MARKER: case STEP_PLAYERS: case STEP_COMMAND_FAILED: case STEP_DRAINED: \
	case STEP_SPAWNED: case STEP_SPAWN_FAILED: case STEP_EXEC_DONE: case STEP_EXEC_FAILED: \
	case STEP_READY: case STEP_ENDED: case STEP_TREE: case STEP_FOUND: case STEP_RCON_UP: \
	case STEP_RCON_DOWN: case STEP_ANSWERED: case STEP_ASKED: case STEP_UNASKED: \
	case STEP_PRINTED: case STEP_HEALTH: case STEP_OOM_KILL: case STEP_REPLYING: \
	case STEP_FINAL: case STEP_HOLD: case STEP_UNHOLD

/* Adds an action, with one value or two, or a message with its two. */
void step_do(struct turn *t, int what, int slot, int64_t a);
void step_do_with(struct turn *t, int what, int slot, int64_t a, int64_t b);
void step_say(struct turn *t, int slot, int message, int64_t b, int64_t c);

/* An event that this state should not see: said and counted, never fatal. */
void step_odd(struct turn *t, int slot, int event, int state);

static inline struct step_server *
turn_server(const struct turn *t, int slot)
{
	return &t->m->server[slot];
}

static inline const struct conf_server *
turn_conf(const struct turn *t, int slot)
{
	return &t->conf->server[slot];
}

/* roster.c: what the one before was told by its operator is over; what servers do goes on. */
void roster_adopted(struct turn *t);

/* server.c */

/* A slot without a server: zeroes. */
void server_free(struct step_server *s);

/* A slot for a server of which nothing is known yet, all timers unset. */
void server_come(struct step_server *s);

/* Wants it down (WISH_DOWN or WISH_END), whatever it is doing. */
void server_down(struct turn *t, int slot, enum step_wish wish);

/* An event of this server; a deadline of it; an orphan was reaped that may have been of it. */
void server_event(struct turn *t, int slot, int event, int32_t a);
void server_timer(struct turn *t, int slot, int timer);
void server_reaped(struct turn *t, int slot);

/* It runs, and we have not started it. */
void server_found(struct turn *t, int slot);

/* The first invariant that this server violates, or NULL. */
const char *server_broken(const struct step_machine *m, int slot);

/* For ladder.c, listen.c and restart.c: small moves. */
void server_ready(struct turn *t, int slot);
void server_become(struct turn *t, struct step_server *s, enum step_state state);
void server_cancel_all(struct step_server *s);		/* timers */
void server_forget_crashes(struct step_server *s);
void server_spawn(struct turn *t, int slot);
void server_start_by_hand(struct turn *t, int slot);	/* counts and delays begin anew */
void server_rest(struct turn *t, int slot, enum step_state state);	/* stopped or failed */

/* roster.c */

/* A configuration came into force: servers come, go, and come back. */
void roster_follow(struct turn *t);
/* Starts it as soon as no leaving server is in its directory any more. */
void roster_wait(struct turn *t, int slot);

/* listen.c */

/* What the console says; false: the event is none of the console's. */
bool listen_event(struct turn *t, int slot, int event, int32_t a);
/* What it meant for readiness that a second has passed since the exec. */
void listen_alive(struct turn *t, int slot);
/* The tree is gone: take over what it printed, then restart_after_end(). */
void listen_drain(struct turn *t, int slot);
void listen_on_drain(struct turn *t, int slot);
/* How long what was printed is waited for, in ms. */
int64_t listen_patience(const struct turn *t);
/* A file writer where one is wanted; a reader of our standard input unless that is a server's own. */
void listen_files(struct turn *t, int slot);
void listen_input(struct turn *t);
/* A console process ended: of a server, or (slot -1) of the whole. */
void listen_helper_ended(struct turn *t, int slot, int32_t a);
void listen_start_missing(struct turn *t);
/* Whether the console said this since the start. */
bool listen_said(const struct step_server *s, enum marker_kind kind);

/* ladder.c */

/* Stopping, with all deadlines, before anything was sent. */
void ladder_arm(struct turn *t, int slot, enum step_intent intent);
/* Arms and sends the first signal. */
void ladder_stop(struct turn *t, int slot, enum step_intent intent);
/* The first thing a stop does: the stop command where there is one, else SIGTERM. */
void ladder_begin(struct turn *t, int slot);
/* Players were warned, or not: from here on the time to save counts. */
void ladder_command(struct turn *t, int slot);
/* Whether that is still to come. */
bool ladder_is_ahead(const struct step_server *s);
/* The stop command by RCON has its reply, or will have none. */
void ladder_replied(struct turn *t, int slot);
void ladder_no_reply(struct turn *t, int slot);
/* The end of all was asked for, and there is a time by which it has to be there. */
void ladder_in_time(struct turn *t, int slot);
/* It has saved its world and is about to end: is it quiet, and what ATTEND tells of that. */
void ladder_saved(struct turn *t, int slot);
void ladder_on_quiet(struct turn *t, int slot);
void ladder_printed(struct turn *t, int slot, bool something);
void ladder_on_term(struct turn *t, int slot);
/* SIGTERM to what there is of it: main process, group, or what it left behind. */
void ladder_term(struct turn *t, int slot);
/* The operator wants SIGKILL now. */
void ladder_kill_asked(struct turn *t, int slot);
/* A second request to stop: SIGTERM to everything of it; SIGKILL is never brought forward. */
void ladder_hurry(struct turn *t, int slot);
void ladder_on_dump(struct turn *t, int slot);
void ladder_on_kill(struct turn *t, int slot);
void ladder_on_unkillable(struct turn *t, int slot);

/* warn.c */

/* True: the stop goes on from there, with players who are warned or counted first. */
bool warn_begin(struct turn *t, int slot);
void warn_on_time(struct turn *t, int slot);
/* Somebody has no time for warnings: if it is at those, it goes on. */
void warn_no_more(struct turn *t, int slot);
/* So many are online, or -1: nobody knows. */
void warn_counted(struct turn *t, int slot, int32_t players);

/* dialog.c */

/* What RCON tells, and clients of it; false: the event is none of these. */
bool dialog_event(struct turn *t, int slot, int event, int32_t a);
/* Connects, where that may help; and the end of it for this start. */
void dialog_open(struct turn *t, int slot);
void dialog_close(struct turn *t, int slot);
/* Another connection, in the place of one where a reply is overdue. */
void dialog_renew(struct turn *t, int slot);
/* Nothing waits for a reply, so something can be said. */
bool dialog_is_free(const struct step_server *s);
void dialog_ask(struct turn *t, int slot, enum step_ask what, int64_t b);
/* True: the stop command is said by RCON, at once or behind what waits for its reply. */
bool dialog_stop(struct turn *t, int slot);
void dialog_refuse_all(struct turn *t, int slot, enum step_refusal why);
void dialog_on_rcon(struct turn *t, int slot);
void dialog_on_reply(struct turn *t, int slot);
/* Another image goes on. */
void dialog_resumed(struct turn *t, int slot);

/* hold.c */

/* Whether save-on is due; to be said as soon as something can be. */
bool hold_is_over(const struct step_server *s);
void hold_release(struct turn *t, int slot);
/* It was said by RCON, or was not. */
void hold_answered(struct turn *t, int slot, bool yes);
bool hold_event(struct turn *t, int slot, int event, int32_t a);
void hold_resumed(struct turn *t, int slot);

/* health.c */

/* Probes begin, where there is a way and an interval; and end. */
void health_begin(struct turn *t, int slot);
void health_end(struct turn *t, int slot);
void health_answered(struct turn *t, int slot);
void health_missed(struct turn *t, int slot);
void health_checked(struct turn *t, int slot, bool well);
void health_on_time(struct turn *t, int slot);

/* restart.c */

/* The whole tree has ended: rest, start again, or give up. */
void restart_after_end(struct turn *t, int slot);

#endif
