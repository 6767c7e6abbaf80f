/* SPDX-License-Identifier: MIT */
/*
 * restart: what follows the end of a server, a part of the decision (step.h).
 *
 * Why did it end, does it start again, and when.  Called by server.c.  restart_after_end() is
 * the one place that decides; nothing else may start a server that the operator did not start.
 */
#include <signal.h>		/* numbers only */

#include "step_in.h"

int64_t
step_delay(const struct conf_server *conf, int try)
{
	int64_t delay = conf->restart_delay;

	while (--try > 0 && delay > 0 && delay < conf->restart_delay_max)
		delay *= 2;
	return delay < conf->restart_delay_max ? delay : conf->restart_delay_max;
}

enum { CLASS_TO_JAVA = 44 };		/* class file version 65 is Java 21 */

static enum step_reason
reason_of_failure(enum step_failure failure)
{
	switch (failure) {
	case FAILURE_CONFIG:
		return REASON_CONFIG;
	case FAILURE_LOCKED:
		return REASON_WORLD_LOCKED;
	case FAILURE_RETRY:
	case FAILURE_FATAL:
	case FAILURE_COUNT:
		break;
	}
	return REASON_EXEC_FAILED;
}

/* What it said of a cause that trying again cannot mend, or that ends with the other server. */
static enum step_reason
reason_on_console(const struct step_server *s)
{
	static const struct {
		uint8_t kind, reason;
		bool early;		/* means this only before it was ready */
	} said[] = {
		{ MARKER_EULA, REASON_CONFIG, true },
		{ MARKER_JVM_OPTION, REASON_CONFIG, true },
		{ MARKER_NO_JAR, REASON_CONFIG, true },
		{ MARKER_OLD_JAVA, REASON_CONFIG, true },
		{ MARKER_BIND, REASON_PORT_TAKEN, true },
		{ MARKER_SESSION_LOCK, REASON_WORLD_LOCKED, false },
		{ MARKER_OOM, REASON_OOM_HEAP, false },
	};

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (listen_said(s, (enum marker_kind)said[i].kind) && !(said[i].early && s->was_ready))
			return (enum step_reason)said[i].reason;
	return REASON_NONE;
}

/* An end with exit code 0 is a crash all the same if it says so, or if nobody had asked for it. */
static bool
ended_well(const struct step_server *s)
{
	/* With nobody there to wait for it, only its console tells whether it meant to end. */
	if (s->status == STEP_NOT_KNOWN && !listen_said(s, MARKER_STOPPING))
		return false;
	if ((s->status != STEP_NOT_KNOWN && step_exit_code(s->status) != 0) || listen_said(s, MARKER_CRASH_REPORT) ||
	    listen_said(s, MARKER_WATCHDOG))
		return false;
	/* A game server that ends before it was ready was not stopped, unless it says so. */
	return s->was_ready || !s->jvm || listen_said(s, MARKER_STOPPING);
}

/*
 * It was asked to stop, and something else ended it.  Programs that are no JVM have exit codes of their
 * own; and one that had saved may do as it likes.
 */
static bool
ended_badly(const struct step_server *s)
{
	int code = s->status == STEP_NOT_KNOWN ? 0 : step_exit_code(s->status);

	if (s->killed || s->saved || s->failure != 0)
		return false;
	if (code == 128 + SIGHUP || code == 128 + SIGINT || code == 128 + SIGTERM)
		return false;
	return code != 0 && (s->jvm || code > 128);
}

/*
 * Exit status, console, what we wanted and how far it had come together; never the status
 * alone: a vanilla server exits with 0 after a crash in its tick, too.
 */
static enum step_reason
why_ended(const struct step_server *s)
{
	enum step_reason reason = reason_on_console(s);

	if (s->oom_killed && !s->killed && s->status != STEP_NOT_KNOWN &&
	    step_exit_code(s->status) == 128 + SIGKILL)
		return REASON_OOM_KILLED;
	if (s->intent == INTENT_ASKED && ended_badly(s))
		return reason == REASON_OOM_HEAP || (s->jvm && step_exit_code(s->status) == 3) ?
		    REASON_OOM_HEAP : REASON_CRASHED;
	if (s->intent == INTENT_ASKED && s->kill_asked)
		return REASON_KILLED;
	if (s->intent == INTENT_ASKED)
		return s->killed && !s->saved ? REASON_HUNG : REASON_STOPPED;
	if (s->failure != 0)
		return reason_of_failure((enum step_failure)(s->failure - 1));
	if (s->intent == INTENT_OVERDUE || s->intent == INTENT_HUNG)
		return REASON_HUNG;
	if (listen_said(s, MARKER_RESTART_ASKED) && (s->intent == INTENT_SAVED || s->status == STEP_NOT_KNOWN ||
	    step_exit_code(s->status) == 0))
		return REASON_RESTART_ASKED;
	if (s->intent == INTENT_SAVED)
		return REASON_STOPPED;
	/* Some of it a server may have survived. */
	if (reason != REASON_NONE && (!s->was_ready || !ended_well(s)))
		return reason;
	if (ended_well(s))
		return REASON_STOPPED;
	if (s->status == STEP_NOT_KNOWN)
		return REASON_UNKNOWN;
	return step_exit_code(s->status) == 3 && s->jvm ? REASON_OOM_HEAP : REASON_CRASHED;
}

int
step_crashes(const struct conf_server *conf, const struct step_server *s, int64_t now, int64_t *span)
{
	uint32_t known = s->crashes < STEP_CRASHES ? s->crashes : STEP_CRASHES;
	int n = 0;

	*span = 0;
	for (uint32_t i = 1; i <= known; i++) {
		int64_t age = now - s->crash_at[(s->crashes - i) % STEP_CRASHES];

		if (age >= conf->crash_window)
			break;
		*span = age;
		n++;
	}
	return n;
}

/* Also when each of them ended well: a program that ends at once is not what was meant. */
static bool
never_gets_ready(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	s->unready = s->was_ready ? 0 : s->unready + 1;
	if (s->unready < turn_conf(t, slot)->crash_limit)
		return false;
	step_say(t, slot, SAY_GAVE_UP_UNREADY, s->unready, 0);
	return true;
}

static bool
crashed_too_often(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	const struct conf_server *c = turn_conf(t, slot);
	int64_t span;
	int n;

	s->crash_at[s->crashes % STEP_CRASHES] = t->now;
	s->crashes++;
	n = step_crashes(c, s, t->now, &span);
	if (n >= c->crash_limit) {
		step_say(t, slot, SAY_GAVE_UP, n, span);
		return true;
	}
	return never_gets_ready(t, slot);
}

static void
start_again(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);
	const struct conf_server *c = turn_conf(t, slot);
	int64_t delay;

	if (c->restart_limit > 0 && s->restarts >= c->restart_limit) {
		step_say(t, slot, SAY_GAVE_UP_RESTARTS, c->restart_limit, 0);
		server_rest(t, slot, IS_FAILED);
		return;
	}
	s->restarts += s->restarts < INT32_MAX;
	s->tries += s->tries < INT32_MAX;
	delay = step_delay(c, s->tries);
	step_say(t, slot, delay > 0 ? SAY_RESTART_IN : SAY_RESTART_NOW, delay, 0);
	if (delay == 0) {
		server_spawn(t, slot);
		return;
	}
	server_cancel_all(s);
	server_become(t, s, IS_BACKOFF);
	s->deadline[TIMER_DELAY] = t->now + delay;
}

static bool
is_hopeless(const struct step_server *s)
{
	return s->reason == REASON_CONFIG || s->failure == FAILURE_FATAL + 1;
}

static void
after_crash(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	if (s->failure != 0) {
		step_say(t, slot, SAY_NOT_STARTED, s->reason, 0);
	} else {
		if (s->console)
			step_do(t, ACT_QUOTE, slot, STEP_QUOTE);
		step_say(t, slot, SAY_CRASHED, s->reason, s->status);
	}
	if (s->reason == REASON_OOM_KILLED)
		step_say(t, slot, SAY_OOM_KILLED, 0, 0);
	if (s->failure == 0 && s->reason == REASON_CONFIG && listen_said(s, MARKER_EULA))
		step_say(t, slot, SAY_EULA, 0, 0);
	if (s->failure == 0 && s->reason == REASON_CONFIG && s->java > CLASS_TO_JAVA)
		step_say(t, slot, SAY_JAVA, s->java - CLASS_TO_JAVA, 0);
	if (is_hopeless(s)) {
		step_say(t, slot, SAY_GAVE_UP_AT_ONCE, 0, 0);
		server_rest(t, slot, IS_FAILED);
	} else if (turn_conf(t, slot)->restart == RESTART_NO) {
		step_say(t, slot, SAY_NO_RESTART, 0, 0);
		server_rest(t, slot, IS_FAILED);
	} else if (s->failure != FAILURE_RETRY + 1 && crashed_too_often(t, slot)) {
		/* Want of memory or processes is no crash: that waits until there is some again. */
		server_rest(t, slot, IS_FAILED);
	} else {
		start_again(t, slot);
	}
}

/* Not a crash: players wait for it, so the delays begin anew. */
static void
asked_again(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	step_say(t, slot, SAY_ASKED_AGAIN, 0, 0);
	s->tries = 0;
	if (turn_conf(t, slot)->restart == RESTART_NO) {
		step_say(t, slot, SAY_NO_RESTART, 0, 0);
		server_rest(t, slot, IS_STOPPED);
	} else if (never_gets_ready(t, slot)) {
		server_rest(t, slot, IS_FAILED);
	} else {
		start_again(t, slot);
	}
}

static void
end_of_stop(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	s->ended_badly = s->intent == INTENT_ASKED && ended_badly(s);
	if (s->ended_badly && s->console)
		step_do(t, ACT_QUOTE, slot, STEP_QUOTE);
	if (s->ended_badly)
		step_say(t, slot, SAY_ENDED_BADLY, s->reason, s->status);
	if (s->reason == REASON_OOM_KILLED)
		step_say(t, slot, SAY_OOM_KILLED, 0, 0);
	if (!s->ended_badly)
		step_say(t, slot, !s->killed ? SAY_ENDED_WELL : s->saved ? SAY_ENDED_SAVED : SAY_ENDED_KILLED,
		    s->status, 0);
}

/*
 * The whole tree has ended, and all that it printed is here.  The one place that decides whether a
 * server starts again.
 */
void
restart_after_end(struct turn *t, int slot)
{
	struct step_server *s = turn_server(t, slot);

	server_cancel_all(s);
	s->draining = false;
	s->players = 0;
	s->reason = (uint8_t)why_ended(s);
	if (s->wish == WISH_UP && !t->m->whole.ending) {
		s->killed = false;	/* that was no requested stop */
		if (s->reason == REASON_RESTART_ASKED) {
			asked_again(t, slot);
		} else if (s->reason != REASON_STOPPED) {
			after_crash(t, slot);
		} else if (turn_conf(t, slot)->restart == RESTART_ALWAYS) {
			step_say(t, slot, SAY_ENDED_WELL, s->status, 0);
			if (never_gets_ready(t, slot))
				server_rest(t, slot, IS_FAILED);
			else
				start_again(t, slot);
		} else {
			step_say(t, slot, SAY_ENDED_BY_ITSELF, s->status, 0);
			server_rest(t, slot, IS_STOPPED);
		}
		return;
	}
	end_of_stop(t, slot);
	if (s->wish == WISH_RESTART && !t->m->whole.ending && !s->leaving)
		server_start_by_hand(t, slot);
	else
		server_rest(t, slot, IS_STOPPED);
}
