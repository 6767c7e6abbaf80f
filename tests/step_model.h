/* SPDX-License-Identifier: MIT */
/*
 * step_model: the processes, helpers, operators and clocks around the decision, as a model that
 * is walked through at random.  It knows nothing of the machines but what they order, and keeps
 * what a server was promised.
 *
 * Included once, by unit_walk.c, whose header says how to use it.
 */
#ifndef STEP_MODEL_H
#define STEP_MODEL_H

#include "step_lab.h"

enum {
	LATE_MOST = 40,			/* ms that our loop may be late */
	/* A pause of this length is always noticed. */
	PAUSE_LEAST = STEP_LATE + STEP_PULSE + LATE_MOST + 1,
	QUEUE = 128
};

/* A server's processes, as the kernel would have them. */
struct outside {
	bool main;			/* forked and not reaped */
	bool dead;			/* ... but ended, as `status` */
	int32_t status;
	bool report;			/* the exec pipe has something to say: `failure`, or 0 */
	int failure;			/* enum step_failure + 1 */
	int tree;			/* what is left of it beside main */
	bool sweep;			/* a helper is out, with this signal, then the next */
	int sweep_signal, sweep_next;
	bool unkillable;
	bool draining;			/* DRAINED is still to come */
	bool commanded;			/* the stop command was given in this life */
	/* What it was promised when its stop began. */
	int64_t stop_at, stop_timeout;	/* in time that was not paused */
	bool kill_asked, ahead;		/* ahead: players are warned before it */
	/* Its RCON, and what is asked there (enum step_ask). */
	enum { NO_LINE, LINE_OPENS, LINE_IS_UP } line;
	int asked;
	bool stop_said, stop_answered;	/* by RCON, in this life */
	bool checking;			/* health_command runs */
};

static struct {
	uint64_t seed, random;
	int64_t now, paused;		/* ms; paused altogether */
	struct outside server[CONF_SERVERS];
	struct step_event queue[QUEUE];
	int queued;
	bool reading;			/* the INI is being read again */
	bool ending, closing;
	bool proving, proved;		/* the program of a re-exec; what it said last */
	int64_t end_at, end_bound;	/* when the end began; how long it may take */
	int64_t grace_end;		/* ... and by when it has to be there, or 0 */
	long steps, lives, kills, spawns, reloads, pauses, execs, answers, said[SAY_COUNT];
} w;

static inline uint32_t
chance(uint32_t below)
{
	w.random ^= w.random >> 12;
	w.random ^= w.random << 25;
	w.random ^= w.random >> 27;
	return (uint32_t)((w.random * UINT64_C(2685821657736338717)) >> 33) % below;
}

static inline bool
one_in(uint32_t n)
{
	return chance(n) == 0;
}

__attribute__((format(printf, 1, 2)))
static inline void
broken(const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	print_error("step %ld: %s\nwalk that way again: MCINIT_SEED=%llu\n", w.steps, text,
	    (unsigned long long)w.seed);
	fail();
}

#define MUST(condition, ...) do { if (!(condition)) broken(__VA_ARGS__); } while (0)

static inline int64_t
active(void)
{
	return w.now - w.paused;
}

static inline void
tell(int what, int slot, int32_t a)
{
	MUST(w.queued < QUEUE, "the queue is full");
	w.queue[w.queued++] = (struct step_event){ (uint8_t)what, (int8_t)slot, a };
}

/* ---- configurations ---- */

static const char *
one_of(const char *words)
{
	static char word[64];
	int n = 1;

	for (const char *c = words; *c != '\0'; c++)
		n += *c == '|';
	for (n = (int)chance((uint32_t)n); n > 0; n--)
		words = strchr(words, '|') + 1;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(words, "|"), words);
	return word;
}

static inline void
make_ini(char *ini, size_t room)
{
	static const char *const keys[][2] = {
		{ "stop_timeout", "1s|3s|20s|2m" }, { "restart", "on-failure|always|no" },
		{ "crash_limit", "1|2|5|32" },
		{ "restart_limit", "0|0|3" }, { "start_timeout", "0|2s|30s" },
		{ "stable_after", "1s|1m|10m" }, { "thread_dump", "yes|no" },
		{ "autostart", "yes|yes|yes|no" }, { "command", "|./start.sh" },
		{ "type", "auto|paper|generic" }, { "stop_warn", "3|10 5 1" },
		{ "health_interval", "0|5s|1m" }, { "health_failures", "1|3" },
		{ "health_action", "none|restart" }, { "health_command", "|./well.sh" },
		{ "rcon_timeout", "1s|10s" }, { "rcon_retry", "0|3" },
	};
	size_t used = 0;
	uint32_t first = chance(4), servers = 1 + chance(4);

#define PUT(...) (used += (size_t)snprintf(ini + used, room - used, __VA_ARGS__))
	PUT("[mcinit]\nwhen_all_stopped = %s\n", one_of("auto|exit|stay"));
	if (one_in(3))
		PUT("grace = %s\n", one_of("3s|10s|5m"));
	for (uint32_t i = 0; i < servers; i++) {
		PUT("[server:%c]\n", 'a' + (int)(first + i) % 6);
		if (one_in(3))
			PUT("restart_delay = 0\ncrash_window = %s\n", one_of("1s|10m"));
		else
			PUT("restart_delay = %s\ncrash_window = 24h\n", one_of("0|1s|10s"));
		for (size_t k = 0; k < COUNT(keys); k++)
			if (one_in(2))
				PUT("%s = %s\n", keys[k][0], one_of(keys[k][1]));
	}
#undef PUT
}

/* The reader is done: the new configuration is in force, what it means is still to be told. */
static inline void
new_conf(void)
{
	struct conf *next = lab.conf == &lab.confs[0] ? &lab.confs[1] : &lab.confs[0];
	unsigned busy = 0;
	char ini[4096];

	w.reading = false;
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		busy |= lab_state(slot)->used ? 1U << slot : 0;
	make_ini(ini, sizeof(ini));
	lab_conf(next, ini);
	if (conf_follow(next, lab.conf, busy) > 0)
		return;
	memset(lab_pending, 0, sizeof(lab_pending));
	conf_compare(lab.conf, next, lab_differs, NULL);
	lab.conf = next;
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (lab_pending[slot])
			tell(STEP_CHANGED, slot, 0);
	tell(STEP_CONF, -1, 0);
	w.reloads++;
}

/* ---- what orders do outside ---- */

static inline void
die(struct outside *o, int32_t status)
{
	if (!o->main || o->dead || (o->unkillable && !one_in(50)))
		return;
	o->dead = true;
	o->status = status;
}

static inline void
signal_main(struct outside *o, int signal)
{
	if (signal == SIGKILL)
		die(o, SIGKILL);
	else if (signal == SIGTERM && !one_in(4))
		die(o, one_in(2) ? EXIT_OF(143) : SIGTERM);
	else if (signal == SIGQUIT && one_in(8))
		die(o, EXIT_OF(3));
}

/* Those that die here are reaped when the walk gets to it. */
static inline void
signal_tree(struct outside *o, int signal)
{
	if (o->unkillable)
		return;
	if (signal == SIGKILL)
		o->tree = 0;
	else if (signal == SIGTERM && o->tree > 0)
		o->tree -= (int)chance((uint32_t)o->tree + 1);
}

static inline void
start_sweep(struct outside *o, int signal)
{
	if (o->sweep) {
		if (signal > 0 && o->sweep_next != SIGKILL)
			o->sweep_next = signal;
		return;
	}
	o->sweep = true;
	o->sweep_signal = signal;
	o->sweep_next = 0;
}

static inline void
sweep_ends(int slot)
{
	struct outside *o = &w.server[slot];

	signal_main(o, o->sweep_signal);
	signal_tree(o, o->sweep_signal);
	o->sweep = false;
	if (o->sweep_next != 0)
		start_sweep(o, o->sweep_next);
	else
		tell(STEP_TREE, slot, o->tree > 0);
}

static inline void
spawn(int slot)
{
	struct outside *o = &w.server[slot];

	MUST(!o->main, "a second main process in slot %d", slot);
	MUST(o->tree == 0, "slot %d was started beside its old tree", slot);
	MUST(!o->draining, "slot %d was started before its last output was here", slot);
	MUST(!lab.m.whole.ending, "slot %d was started while mcinit ends", slot);
	w.spawns++;
	if (one_in(20)) {
		tell(STEP_SPAWN_FAILED, slot, one_in(2) ? FAILURE_RETRY : FAILURE_FATAL);
		return;
	}
	*o = (struct outside){ .main = true, .report = true, .unkillable = one_in(30),
		.sweep = o->sweep, .sweep_signal = o->sweep_signal, .sweep_next = o->sweep_next };
	o->failure = one_in(12) ? 1 + (int)chance(FAILURE_COUNT) : 0;
	tell(STEP_SPAWNED, slot, 0);
}

static inline void
look(int slot)
{
	struct outside *o = &w.server[slot];

	if (o->sweep)
		return;			/* its end will be the answer */
	if (one_in(8))
		start_sweep(o, 0);
	else
		tell(STEP_TREE, slot, o->tree > 0);
}

static inline void
check_kill(int slot)
{
	const struct outside *o = &w.server[slot];

	w.kills++;
	MUST(lab_is(slot) == IS_STOPPING, "SIGKILL to slot %d, which nobody stops", slot);
	MUST(o->kill_asked || active() - o->stop_at >= o->stop_timeout ||
	    (w.grace_end != 0 && active() >= w.grace_end),
	    "SIGKILL to slot %d after %lld ms of %lld", slot, (long long)(active() - o->stop_at),
	    (long long)o->stop_timeout);
}

static inline void
check_finish(void)
{
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const struct outside *o = &w.server[slot];

		MUST((!o->main && o->tree == 0) || lab_state(slot)->stuck,
		    "it left, and slot %d was still alive", slot);
	}
}

#include "step_model_rcon.h"

static inline void
carry_out(const struct step_act *act)
{
	struct outside *o = &w.server[act->slot < 0 ? 0 : act->slot];

	switch ((enum step_action)act->what) {
	case ACT_SPAWN:
		spawn(act->slot);
		break;
	case ACT_SIGNAL_MAIN:
	case ACT_SIGNAL_GROUP:
		/* Its end may have been told, and not heard yet. */
		MUST(!o->report || act->a == SIGKILL, "a signal to slot %d before its exec",
		    act->slot);
		if (act->a == SIGKILL)
			check_kill(act->slot);
		signal_main(o, (int)act->a);
		if (act->what == ACT_SIGNAL_GROUP)
			signal_tree(o, (int)act->a);
		break;
	case ACT_SWEEP:
		if (act->a == SIGKILL)
			check_kill(act->slot);
		start_sweep(o, (int)act->a);
		break;
	case ACT_LOOK:
		look(act->slot);
		break;
	case ACT_RELOAD:
		w.reading = true;
		break;
	case ACT_FORGET:
		lab_do_forget(act->slot);
		break;
	case ACT_DRAIN:
		MUST(!o->draining, "slot %d is drained twice at a time", act->slot);
		o->draining = true;
		break;
	case ACT_ABANDON:
		o->draining = false;
		break;
	case ACT_COMMAND:
		MUST(!o->report, "a command to slot %d before its exec", act->slot);
		MUST(!o->commanded && !o->stop_answered, "a second stop command to slot %d", act->slot);
		o->commanded = true;
		if (one_in(8))
			tell(STEP_COMMAND_FAILED, act->slot, 0);
		else if (!one_in(4))
			die(o, EXIT_OF(0));
		break;
	case ACT_HELPER:
		if (one_in(30))
			tell(STEP_HELPER_ENDED, act->slot, (int32_t)act->a |
			    (int32_t)(1 + chance(HELPER_END_COUNT - 1)) << 8);
		break;
	case ACT_CLOSE:
		w.closing = true;
		break;
	case ACT_FINISH:
		check_finish();
		break;
	case ACT_SAY:
		w.said[act->a]++;
		/* It has nothing to lose any more. */
		o->kill_asked |= act->slot >= 0 && act->a == SAY_SAVED;
		break;
	case ACT_PROVE:
		MUST(!w.proving, "a second proof at a time");
		w.proving = true;
		w.proved = false;
		break;
	case ACT_UNPROVE:
		w.proving = false;
		break;
	case ACT_REEXEC:
		MUST(w.proved && !w.proving && !w.closing, "executed without a proof, or too late");
		w.proved = false;
		w.execs++;
		lose_lines();
		tell(STEP_RESUMED, -1, 0);
		break;
	case ACT_RCON_OPEN:
		open_line(act->slot);
		break;
	case ACT_RCON_CLOSE:
		close_line(act->slot);
		break;
	case ACT_ASK:
		ask(act);
		break;
	case ACT_SETTLE:
		settle(act->slot);
		break;
	case ACT_ATTEND:
		tell(STEP_PRINTED, act->slot, one_in(20));
		break;
	case ACT_CHECK:
		MUST(!o->checking, "health_command of slot %d runs twice", act->slot);
		o->checking = true;
		break;
	case ACT_UNCHECK:
		o->checking = false;
		break;
	case ACT_REFUSE:
	case ACT_WARN:
		break;
	case ACT_ANSWER:
		w.answers++;
		break;
	case ACT_METRICS:
	case ACT_SAVE_ON:
	case ACT_QUOTE:
	case ACT_UNPLUG:
	case ACT_ROTATE:
	case ACT_RESIZE:
	case ACT_DEBUG:
	case ACT_STATISTICS:
	case ACT_COUNT:
		break;
	}
}

/* ---- what can happen ---- */

static inline void
hear_report(int slot)
{
	struct outside *o = &w.server[slot];

	if (!o->report)
		return;
	o->report = false;
	if (o->failure == 0 || o->dead) {
		tell(STEP_EXEC_DONE, slot, 0);
		if (one_in(4))
			tell(STEP_RCON_DOWN, slot, RCON_END_ABSENT);
		return;
	}
	tell(STEP_EXEC_FAILED, slot, o->failure - 1);
	o->unkillable = false;
	die(o, EXIT_OF(127));
}

static inline void
reap_main(int slot)
{
	struct outside *o = &w.server[slot];

	if (!o->dead)
		return;
	hear_report(slot);
	o->main = o->dead = false;
	if (o->status == SIGKILL && one_in(4))
		tell(STEP_OOM_KILL, slot, 0);
	tell(STEP_ENDED, slot, o->status);
}

static inline void
something_of_a_server(int slot)
{
	static const int32_t statuses[] = { EXIT_OF(0), EXIT_OF(1), EXIT_OF(3), EXIT_OF(143),
		SIGSEGV, SIGKILL, SIGTERM };
	struct outside *o = &w.server[slot];

	switch (chance(8)) {
	case 0:
		hear_report(slot);
		break;
	case 1:
	case 2:
		reap_main(slot);
		break;
	case 3:
		if (o->sweep)
			sweep_ends(slot);
		break;
	case 4:
		if (o->main && !o->report && !o->dead && one_in(4))
			tell(STEP_READY, slot, 0);
		break;
	case 5:
		if (one_in(4) && !o->report)
			die(o, statuses[chance(COUNT(statuses))]);
		break;
	case 6:
		if (o->main && !o->dead && !o->report && o->tree < 4 && one_in(4))
			o->tree++;
		break;
	default:
		if (o->tree > 0)
			o->tree--;
		if (!o->main)
			tell(STEP_REAPED, -1, 0);
		if (o->main && !o->report)
			something_of_rcon(slot);
		if (o->main && !o->report)
			tell(STEP_MARKER, slot, (int32_t)(chance(MARKER_COUNT) | chance(101) << 8));
		if (o->draining && one_in(2)) {
			o->draining = false;
			tell(STEP_HELPER_ENDED, slot, HELPER_CARRIER | HELPER_END_LEFT << 8);
		}
		break;
	}
	if (one_in(500))
		o->unkillable = false;
}

static inline void
something_of_the_operator(int slot)
{
	static const int orders[] = { STEP_START, STEP_STOP, STEP_RESTART, STEP_START };

	if (!lab_state(slot)->used)
		return;
	if (one_in(8))
		tell(STEP_KILL, slot, 0);
	else
		tell(orders[chance(COUNT(orders))], slot, 0);
}

static inline void
some_signal(void)
{
	if (one_in(20))
		tell(STEP_SIGNAL, -1, one_in(2) ? SIGTERM : SIGPWR);
	else if (w.ending && one_in(4))
		tell(STEP_SIGNAL, -1, SIGTERM);
	else if (one_in(2))
		tell(STEP_SIGNAL, -1, SIGHUP);
	else
		tell(STEP_SIGNAL, -1, one_in(3) ? SIGWINCH : one_in(2) ? SIGQUIT : SIGALRM);
}

static inline void
some_time(void)
{
	int64_t deadline = step_deadline(&lab.m), pause;

	if (one_in(60)) {
		pause = PAUSE_LEAST + chance(one_in(3) ? 86400000 : 10000);
		w.now += pause;
		w.paused += pause;
		w.end_bound += STEP_PULSE + LATE_MOST;
		w.pauses++;
	} else if (one_in(3) && deadline != STEP_NEVER) {
		if (deadline > w.now)
			w.now = deadline;
		w.now += one_in(2) ? 0 : chance(LATE_MOST);
	} else {
		w.now += chance(LATE_MOST);
	}
	if (step_deadline(&lab.m) <= w.now)
		tell(STEP_TICK, -1, 0);
}

static inline void
something(void)
{
	int slot = (int)chance(one_in(8) ? CONF_SERVERS : 6);

	switch (chance(24)) {
	case 0:
		if (one_in(3))
			something_of_the_operator(slot);
		break;
	case 1:
		if (one_in(4))
			some_signal();
		else if (one_in(8))
			tell(STEP_REEXEC, -1, 0);
		break;
	case 2:
		if (w.reading)
			new_conf();
		if (w.proving && one_in(8)) {
			w.proving = false;
			w.proved = one_in(2);
			tell(STEP_PROVED, -1, w.proved);
		}
		break;
	case 3:
	case 4:
	case 5:
	case 6:
		some_time();
		break;
	default:
		if (w.closing && one_in(4))
			tell(STEP_CLOSED, -1, 0);
		if (w.server[slot].main || w.server[slot].tree > 0 || w.server[slot].sweep ||
		    w.server[slot].draining)
			something_of_a_server(slot);
		break;
	}
}

#endif
