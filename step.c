/* SPDX-License-Identifier: MIT */
/*
 * step: what mcinit decides; see step.h for the vocabulary.
 *
 * This file holds the time, the whole and the way of an event; server.c, ladder.c, restart.c and
 * listen.c beside it hold the machine of one server.  It must never make a system call, and never look
 * at anything but its arguments.
 */
#include "step.h"

#include <signal.h>		/* numbers only */
#include <string.h>

#include "step_in.h"

/* What a signal to mcinit means, by mode.  RTMIN+3 is 37 to the kernel and to runtimes. */
enum meaning { MEANS_END, MEANS_RELOAD, MEANS_STATISTICS, MEANS_DEBUG, MEANS_DUMP, MEANS_RESIZE };
enum { ANYWHERE = 7, NOT_A_MACHINE = 1 << MODE_SERVICE | 1 << MODE_CONTAINER,
	A_MACHINE = 1 << MODE_APPLIANCE, SIGNAL_RTMIN_3 = 34 + 3 };

static const struct {
	uint8_t modes, signal, meaning, how;
} signals[] = {
	{ NOT_A_MACHINE, SIGTERM, MEANS_END, ENDING_EXIT },
	{ NOT_A_MACHINE, SIGINT, MEANS_END, ENDING_EXIT },
	{ NOT_A_MACHINE, SIGPWR, MEANS_END, ENDING_EXIT },
	{ NOT_A_MACHINE, SIGNAL_RTMIN_3, MEANS_END, ENDING_EXIT },
	{ NOT_A_MACHINE, SIGUSR1, MEANS_STATISTICS, 0 },
	{ NOT_A_MACHINE, SIGUSR2, MEANS_DEBUG, 0 },
	{ A_MACHINE, SIGTERM, MEANS_END, ENDING_REBOOT },
	{ A_MACHINE, SIGINT, MEANS_END, ENDING_REBOOT },
	{ A_MACHINE, SIGUSR1, MEANS_END, ENDING_HALT },
	{ A_MACHINE, SIGUSR2, MEANS_END, ENDING_POWEROFF },
	{ A_MACHINE, SIGPWR, MEANS_END, ENDING_POWEROFF },
	{ ANYWHERE, SIGHUP, MEANS_RELOAD, 0 },
	{ ANYWHERE, SIGQUIT, MEANS_DUMP, 0 },
	{ ANYWHERE, SIGWINCH, MEANS_RESIZE, 0 },
};

void
step_do_with(struct turn *t, int what, int slot, int64_t a, int64_t b)
{
	if (t->acts->count < STEP_ACTS)
		t->acts->act[t->acts->count++] = (struct step_act){
			.what = (uint8_t)what, .slot = (int8_t)slot, .a = a, .b = b };
}

void
step_do(struct turn *t, int what, int slot, int64_t a)
{
	step_do_with(t, what, slot, a, 0);
}

void
step_say(struct turn *t, int slot, int message, int64_t b, int64_t c)
{
	if (t->acts->count < STEP_ACTS)
		t->acts->act[t->acts->count++] = (struct step_act){ .what = ACT_SAY,
			.slot = (int8_t)slot, .a = message, .b = b, .c = c };
}

void
step_odd(struct turn *t, int slot, int event, int state)
{
	t->m->whole.odd++;
	step_say(t, slot, SAY_ODD, event, state);
}

void
step_init(struct step_machine *m, enum step_mode mode, bool in_container)
{
	memset(&m->whole, 0, sizeof(m->whole));
	m->whole.mode = (uint8_t)mode;
	m->whole.in_container = in_container;
	for (int i = 0; i < STEP_WHOLE_TIMER_ROOM; i++)
		m->whole.deadline[i] = STEP_NEVER;
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (m->server[slot].used)
			server_free(&m->server[slot]);
}

int64_t
step_deadline(const struct step_machine *m)
{
	int64_t earliest = STEP_NEVER;

	for (int i = 0; i < WHOLE_TIMER_COUNT && !m->whole.finished; i++)
		if (m->whole.deadline[i] < earliest)
			earliest = m->whole.deadline[i];
	for (int slot = 0; slot < CONF_SERVERS && !m->whole.finished; slot++)
		for (int i = 0; m->server[slot].used && i < TIMER_COUNT; i++)
			if (m->server[slot].deadline[i] < earliest)
				earliest = m->server[slot].deadline[i];
	return earliest;
}

static void
move_server(struct step_server *s, int64_t by, int64_t now)
{
	for (int i = 0; i < TIMER_COUNT; i++)
		if (s->deadline[i] != STEP_NEVER)
			s->deadline[i] += by;
	/* Another timer may have been the earliest: the next pause must not hide behind it. */
	if (s->deadline[TIMER_PULSE] != STEP_NEVER)
		s->deadline[TIMER_PULSE] = now + STEP_PULSE;
	for (int i = 0; i < STEP_CRASHES; i++)
		s->crash_at[i] += by;
	s->since += by;
	s->started_at += by;
	s->stop_at += by;
	s->kill_at += by;
	s->quiet_at += by;
	s->reply_by += by;
}

/*
 * A pause of all of us (docker pause, a suspended VM, SIGSTOP to the lot) must not cost a
 * server the time it was given to save.  Where time can cost a life the pulse is armed, so
 * the lateness of a turn is the length of the pause; one pulse more, so that nothing ends in
 * the very turn that notices.
 */
static void
catch_up(struct turn *t)
{
	int64_t earliest = step_deadline(t->m);
	int64_t late = earliest == STEP_NEVER ? 0 : t->now - earliest;

	if (late <= STEP_LATE)
		return;
	for (int i = 0; i < WHOLE_TIMER_COUNT; i++)
		if (t->m->whole.deadline[i] != STEP_NEVER)
			t->m->whole.deadline[i] += late + STEP_PULSE;
	if (t->m->whole.grace_end != 0)
		t->m->whole.grace_end += late + STEP_PULSE;
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (t->m->server[slot].used)
			move_server(&t->m->server[slot], late + STEP_PULSE, t->now);
	step_say(t, -1, SAY_LATE, late, 0);
}

static int exit_code(const struct conf *conf, const struct step_machine *m);

/* All that could be done was done: output that nobody takes keeps nothing alive. */
static void
finish(struct turn *t)
{
	struct step_whole *w = &t->m->whole;

	w->finished = true;
	step_do_with(t, ACT_FINISH, -1, exit_code(t->conf, t->m), w->how);
}

/* ---- another program in our place ---- */

static void
refuse(struct turn *t, int message, int64_t b)
{
	step_say(t, -1, message, b, 0);
	step_do_with(t, ACT_ANSWER, -1, message, b);
}

static void
reexec_asked(struct turn *t)
{
	struct step_whole *w = &t->m->whole;

	if (w->closing) {
		refuse(t, SAY_NO_REEXEC, 0);
	} else if (!w->proving) {
		w->proving = true;
		w->deadline[WHOLE_PROOF] = t->now + STEP_PROOF;
		step_do(t, ACT_PROVE, -1, 0);
	}
}

static void
proved(struct turn *t, bool can)
{
	struct step_whole *w = &t->m->whole;

	/* Of an attempt that was given up. */
	if (!w->proving)
		return;
	w->proving = false;
	w->deadline[WHOLE_PROOF] = STEP_NEVER;
	if (can && w->closing)
		refuse(t, SAY_NO_REEXEC, 0);
	else if (can)
		step_do(t, ACT_REEXEC, -1, 0);
}

/* What is told each so often; an interval of 0: never. */
static void
plan(struct turn *t, int timer, int64_t interval, int64_t first)
{
	int64_t *at = &t->m->whole.deadline[timer];

	if (interval <= 0 || t->m->whole.closing)
		*at = STEP_NEVER;
	else if (*at == STEP_NEVER)
		*at = t->now + first;
	else if (*at <= t->now || *at > t->now + interval)
		*at = t->now + interval;
}

static void
plan_reports(struct turn *t)
{
	const struct conf_mcinit *c = &t->conf->mcinit;

	plan(t, WHOLE_STATISTICS, c->stats_interval, c->stats_interval);
	plan(t, WHOLE_METRICS, *c->metrics_file != '\0' ? c->metrics_interval : 0, 0);
}

static void
tick_whole(struct turn *t)
{
	int64_t *deadline = t->m->whole.deadline;

	if (deadline[WHOLE_HELPERS] <= t->now) {
		deadline[WHOLE_HELPERS] = STEP_NEVER;
		listen_start_missing(t);
	}
	if (deadline[WHOLE_PROOF] <= t->now) {
		deadline[WHOLE_PROOF] = STEP_NEVER;
		t->m->whole.proving = false;
		refuse(t, SAY_NO_PROOF, STEP_PROOF);
		step_do(t, ACT_UNPROVE, -1, 0);
	}
	if (deadline[WHOLE_STATISTICS] <= t->now)
		step_do(t, ACT_STATISTICS, -1, 0);
	if (deadline[WHOLE_METRICS] <= t->now)
		step_do(t, ACT_METRICS, -1, 0);
	plan_reports(t);
	if (deadline[WHOLE_CLOSE] <= t->now) {
		deadline[WHOLE_CLOSE] = STEP_NEVER;
		step_say(t, -1, SAY_NOT_WRITTEN, listen_patience(t), 0);
		finish(t);
	}
}

static void
tick(struct turn *t)
{
	tick_whole(t);
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		struct step_server *s = &t->m->server[slot];

		for (int i = 0; i < TIMER_COUNT; i++) {
			if (!s->used || s->deadline[i] > t->now)
				continue;
			s->deadline[i] = STEP_NEVER;
			server_timer(t, slot, i);
		}
	}
}

static void
end_all(struct turn *t, int signal, int how)
{
	struct step_whole *w = &t->m->whole;
	bool again = w->ending;

	step_say(t, -1, again ? SAY_SIGNAL_AGAIN : SAY_SIGNAL, signal, 0);
	if (!again) {
		w->ending = true;
		w->how = (uint8_t)how;
		if (t->conf->mcinit.grace > 0)
			w->grace_end = t->now + t->conf->mcinit.grace - STEP_AHEAD_OF_GRACE;
		else
			w->grace_end = 0;
	}
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (t->m->server[slot].used && again)
			ladder_hurry(t, slot);
		else if (t->m->server[slot].used) {
			ladder_in_time(t, slot);
			server_down(t, slot, WISH_END);
		}
}

static void
dump_all(struct turn *t)
{
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const struct step_server *s = &t->m->server[slot];

		/* SIGQUIT would end a shell that runs the JVM: only where main is the JVM. */
		if (s->used && s->main_alive && s->exec_done && s->jvm && !s->group)
			step_do(t, ACT_SIGNAL_MAIN, slot, SIGQUIT);
	}
}

static void
take_signal(struct turn *t, int signal)
{
	struct step_whole *w = &t->m->whole;
	size_t i = 0;

	while (i < sizeof(signals) / sizeof(signals[0]) &&
	    (signals[i].signal != signal || !(signals[i].modes & 1 << w->mode)))
		i++;
	if (i == sizeof(signals) / sizeof(signals[0])) {
		step_say(t, -1, SAY_IGNORED, signal, 0);
		return;
	}
	switch ((enum meaning)signals[i].meaning) {
	case MEANS_END:
		end_all(t, signal, signals[i].how);
		break;
	case MEANS_RELOAD:
		if (w->ending)
			step_say(t, -1, SAY_NO_RELOAD, 0, 0);
		else
			step_do(t, ACT_RELOAD, -1, 0);
		break;
	case MEANS_RESIZE:
		step_do(t, ACT_RESIZE, -1, 0);
		break;
	case MEANS_STATISTICS:
		step_do(t, ACT_ROTATE, -1, 0);
		step_do(t, ACT_STATISTICS, -1, 0);
		break;
	case MEANS_DEBUG:
		step_do(t, ACT_DEBUG, -1, 0);
		break;
	case MEANS_DUMP:
		dump_all(t);
		break;
	}
}

int
step_exit_code(int status)
{
	if (status == STEP_NOT_KNOWN)
		return 255;
	return (status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f);
}

/* By enum of server.type; a program of any kind is told by SIGTERM alone. */
static const char commands[][9] = { [TYPE_AUTO] = "stop", [TYPE_VANILLA] = "stop",
	[TYPE_PAPER] = "stop", [TYPE_VELOCITY] = "shutdown", [TYPE_BUNGEE] = "end",
	[TYPE_BEDROCK] = "stop", [TYPE_GENERIC] = "" };

static const char say_commands[][6] = { [TYPE_AUTO] = "say", [TYPE_VANILLA] = "say",
	[TYPE_PAPER] = "say", [TYPE_VELOCITY] = "", [TYPE_BUNGEE] = "alert", [TYPE_BEDROCK] = "say",
	[TYPE_GENERIC] = "" };

const char *
step_say_command(const struct conf_server *conf)
{
	return say_commands[conf->type];
}

const char *
step_stop_command(const struct conf_server *conf)
{
	return conf->stop_command[0] != '\0' ? conf->stop_command : commands[conf->type];
}

static bool
at_rest(const struct step_server *s)
{
	return s->is == IS_STOPPED || s->is == IS_FAILED;
}

/* The first that fits: gave up or was lost, configuration, not runnable, SIGKILL was needed, well. */
static int
exit_code(const struct conf *conf, const struct step_machine *m)
{
	bool gave_up = false, badly = false, config = false, exec = false, killed = false;
	int used = 0, own = -1;

	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const struct step_server *s = &m->server[slot];

		if (!s->used)
			continue;
		used++;
		config |= s->is == IS_FAILED && s->reason == REASON_CONFIG;
		exec |= s->is == IS_FAILED && s->reason == REASON_EXEC_FAILED;
		gave_up |= s->is == IS_FAILED && s->reason != REASON_CONFIG &&
		    s->reason != REASON_EXEC_FAILED;
		badly |= s->ended_badly && s->is == IS_STOPPED;
		killed |= s->killed && !s->saved && !s->kill_asked && s->wish != WISH_UP;
		if (conf->server[slot].restart == RESTART_NO && s->by_itself && s->failure == 0)
			own = step_exit_code(s->status);
	}
	if (used == 1 && own >= 0)
		return own;
	return gave_up || badly ? 1 : config ? 78 : exec ? 127 : killed ? 137 : 0;
}

int
step_settled(const struct conf *conf, const struct step_machine *m)
{
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const struct step_server *s = &m->server[slot];

		if (s->used && !at_rest(s) && s->is != IS_RUNNING)
			return -1;
	}
	return exit_code(conf, m);
}

static bool
exit_when_all_rest(const struct turn *t)
{
	int what = t->conf->mcinit.when_all_stopped;

	/* A machine does not end because its server did: that would be a loop of reboots. */
	if (t->m->whole.mode == MODE_APPLIANCE)
		return false;
	return what == ALL_STOPPED_EXIT ||
	    (what == ALL_STOPPED_AUTO && t->m->whole.in_container);
}

/* After every event: is there anything left to do in this world? */
static void
settle(struct turn *t)
{
	struct step_whole *w = &t->m->whole;
	bool rest = true, asked = false, by_itself = false;

	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (t->m->server[slot].used && t->m->server[slot].waits)
			roster_wait(t, slot);
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const struct step_server *s = &t->m->server[slot];

		if (!s->used)
			continue;
		rest &= at_rest(s) || (w->ending && s->is == IS_STOPPING && s->stuck);
		asked |= s->asked_down;
		by_itself |= s->by_itself;
	}
	if (!rest)
		w->rest_said = false;
	if (!rest || w->closing)
		return;
	if (w->ending || (exit_when_all_rest(t) && by_itself && !asked)) {
		w->ending = w->closing = true;
		step_say(t, -1, SAY_ALL_ENDED, exit_code(t->conf, t->m), 0);
		w->deadline[WHOLE_CLOSE] = t->now + listen_patience(t);
		step_do(t, ACT_CLOSE, -1, 0);
	} else if (!w->rest_said && by_itself) {
		w->rest_said = true;
		step_say(t, -1, SAY_ALL_REST, 0, 0);
	}
}

static void
each_used(struct turn *t, void (*see)(struct turn *, int))
{
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (t->m->server[slot].used)
			see(t, slot);
}

/* What a container has to be given, so that no world is lost when it is stopped. */
static void
say_grace(struct turn *t)
{
	struct step_whole *w = &t->m->whole;
	int64_t grace = t->conf->mcinit.grace, needed = 0;

	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (t->m->server[slot].used && turn_conf(t, slot)->stop_timeout > needed)
			needed = turn_conf(t, slot)->stop_timeout;
	if (!w->in_container || w->grace_said || needed == 0)
		return;
	w->grace_said = true;
	if (grace <= 0)
		step_say(t, -1, SAY_GRACE, needed + STEP_AHEAD_OF_GRACE, 0);
	else if (grace - STEP_AHEAD_OF_GRACE < needed)
		step_say(t, -1, SAY_GRACE_SHORT, grace - STEP_AHEAD_OF_GRACE, needed);
}

static void
whole_event(struct turn *t, const struct step_event *event)
{
	switch ((enum step_event_name)event->what) {
	case STEP_TICK:
		tick(t);
		break;
	case STEP_CONF:
		if (!t->m->whole.ending)
			roster_follow(t);
		say_grace(t);
		plan_reports(t);
		break;
	case STEP_SIGNAL:
		take_signal(t, event->a);
		break;
	case STEP_REAPED:
		each_used(t, server_reaped);
		break;
	case STEP_RESUMED:
		each_used(t, server_reaped);
		each_used(t, dialog_resumed);
		break;
	case STEP_ADOPTED:
		roster_adopted(t);
		break;
	case STEP_HELPER_ENDED:
		listen_helper_ended(t, -1, event->a);
		break;
	case STEP_CLOSED:
		if (t->m->whole.closing)
			finish(t);
		break;
	case STEP_ROTATE:
		step_do(t, ACT_ROTATE, -1, 0);
		break;
	case STEP_REEXEC:
		reexec_asked(t);
		break;
	case STEP_PROVED:
		proved(t, event->a != 0);
		break;
	case EVENTS_OF_A_SERVER:
	case STEP_EVENT_COUNT:
		step_odd(t, -1, event->what, 0);
		break;
	}
}

/* An answer or a wish about a server that has left in the meantime. */
static bool
may_come_late(int what)
{
	return what == STEP_TREE || what == STEP_START || what == STEP_STOP ||
	    what == STEP_RESTART || what == STEP_KILL || what == STEP_CHANGED ||
	    what == STEP_MARKER || what == STEP_PLAYERS || what == STEP_COMMAND_FAILED ||
	    what == STEP_DRAINED || what == STEP_HELPER_ENDED || what == STEP_RCON_UP ||
	    what == STEP_RCON_DOWN || what == STEP_ANSWERED || what == STEP_ASKED ||
	    what == STEP_UNASKED || what == STEP_PRINTED || what == STEP_HEALTH || what == STEP_OOM_KILL ||
	    what == STEP_REPLYING || what == STEP_FINAL || what == STEP_HOLD || what == STEP_UNHOLD;
}

static bool
may_be_found(const struct turn *t, int slot)
{
	return slot < CONF_SERVERS && !t->m->server[slot].used && !t->m->whole.ending &&
	    t->conf->name[slot][0] != '\0' && !t->conf->leaving[slot];
}

void
step(const struct conf *conf, struct step_machine *m, const struct step_event *event,
    int64_t now, struct step_acts *acts)
{
	struct turn t = { .conf = conf, .m = m, .now = now, .acts = acts };

	acts->count = 0;
	if (m->whole.finished)
		return;
	catch_up(&t);
	if (event->slot < 0)
		whole_event(&t, event);
	else if (event->what == STEP_FOUND && may_be_found(&t, event->slot))
		server_found(&t, event->slot);
	else if (event->slot < CONF_SERVERS && m->server[event->slot].used)
		server_event(&t, event->slot, event->what, event->a);
	else if (!may_come_late(event->what))
		step_odd(&t, -1, event->what, 0);
	settle(&t);
}

const char *
step_broken(const struct step_machine *m)
{
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const char *broken = server_broken(m, slot);

		if (broken != NULL)
			return broken;
	}
	if (m->whole.finished && !m->whole.closing)
		return "finished, but the console was not closed";
	if (m->whole.closing && (!m->whole.ending ||
	    (!m->whole.finished && m->whole.deadline[WHOLE_CLOSE] == STEP_NEVER)))
		return "the console is closed, but nobody asked for the end, or it never comes";
	if (m->whole.grace_end != 0 && !m->whole.ending)
		return "a time for the end, and no end";
	if (m->whole.proving != (m->whole.deadline[WHOLE_PROOF] != STEP_NEVER))
		return "a proof is waited for without a deadline, or the other way round";
	return NULL;
}
