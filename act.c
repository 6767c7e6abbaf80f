/* SPDX-License-Identifier: MIT */
/*
 * act: actions become effects, and effects become events; see act.h.
 *
 * It must never look at the machines to decide anything, and never wait for anything.
 */
#include "act_in.h"

#include <errno.h>
#include <signal.h>		/* numbers only */
#include <string.h>

#include "become.h"
#include "fds.h"
#include "fmt.h"
#include "jvm.h"
#include "log.h"
#include "oom.h"
#include "sys.h"
#include "words.h"

const char *
act_name(const struct act_scope *scope, int slot)
{
	return slot < 0 ? NULL : scope->conf->name[slot];
}

/* ---- starting ---- */

/* In the child; its memory is its own. */
_Noreturn static void
child(const struct act_scope *scope, int slot, int report)
{
	static _Alignas(64) struct jvm_line line;
	const struct conf_server *conf = &scope->conf->server[slot];
	struct equip_job equip = { .conf = scope->conf, .slot = slot, .known = scope->world->rcon,
		.in_container = scope->world->machine.whole.in_container, .shared = world_equip() };
	int rc = jvm_line(&line, conf);

	if (rc < 0)
		become_failed(report, PROC_EXEC, -rc, "command line");
	become_server(scope->conf, slot, line.argv, jvm_jar(conf),
	    &scope->world->console.slot[slot], &equip, report);
}

static void
cannot_spawn(struct act_scope *scope, int slot, int rc, const char *what)
{
	log_err(act_name(scope, slot), rc, "%s", what);
	console_end(&scope->world->console, slot);
	console_release(&scope->world->console, slot);
	act_tell(scope, STEP_SPAWN_FAILED, slot,
	    proc_may_pass(-rc) ? FAILURE_RETRY : FAILURE_FATAL);
}

/* The number of the new main process, or -errno after it was told. */
static pid_t
start_main(struct act_scope *scope, int slot)
{
	int report = -1, rc = console_prepare(&scope->world->console, slot, scope->conf);
	pid_t pid;

	if (rc < 0) {
		cannot_spawn(scope, slot, rc, "cannot make its console");
		return rc;
	}
	act_equip(scope, slot);
	scope->world->proc.main[slot].oom_kills = oom_kills() + 1;
	pid = proc_fork(&scope->world->proc, slot, &report);
	if (pid == 0)
		child(scope, slot, report);
	if (pid < 0)
		cannot_spawn(scope, slot, (int)pid, "cannot fork");
	return pid;
}

static void
act_spawn(struct act_scope *scope, const struct step_act *a)
{
	const struct conf_server *conf = &scope->conf->server[a->slot];
	struct proc_main *p = &scope->world->proc.main[a->slot];
	int rc = 0;

	/* Is there one already, then an image before us forked it, and did not live to tell. */
	if (p->pid == 0 && start_main(scope, a->slot) < 0)
		return;
	proc_open(p);
	if (p->report >= 0)
		rc = sys_epoll_add(scope->epoll, p->report, TAG_REPORT | (unsigned)a->slot);
	/* Its end tells the same, only later; but it must not stay open for ever. */
	if (rc < 0 && rc != -EEXIST)
		fds_drop(&p->report);
	log_info(act_name(scope, a->slot), "starting %s in %s (pid %d)",
	    conf->command.count > 0 ? conf->command.text : conf->jar, conf->dir, (int)p->pid);
	act_tell(scope, STEP_SPAWNED, a->slot, 0);
	if (p->report < 0)
		act_executed(scope, a->slot);
}

static void
say_no_jar(const char *name, const struct conf_server *conf, const char *found)
{
	char hint[256] = "";

	if (*found != '\0')
		fmt_put(hint, sizeof(hint), "Found %s: set \"jar = %s\". Otherwise d", found, found);
	log_err(name, 0, "no %s in %s. %sownload a server and put it there; mcinit downloads nothing",
	    conf->jar, conf->dir, *hint != '\0' ? hint : "D");
}

static void
say_not_executed(const char *name, const struct conf_server *conf, const struct proc_report *r)
{
	bool java = conf->command.count == 0;
	const char *hint = java ? "Install Java or set \"java = /path/to/java\"" :
	    "Set \"command\" to a program that exists";

	if (r->error == EACCES)
		hint = "Make it executable (chmod +x)";
	else if (r->error == ENOEXEC)
		hint = "A script needs #!/bin/sh as its first line; a program must be built for this machine";
	else if (proc_may_pass(r->error))
		hint = "This may pass by itself";
	log_err(name, r->error, "cannot execute %s", r->what);
	log_info(name, "%s", hint);
}

/* The message for a failed stage, and what it means for the decision. */
enum step_failure
act_judge(const struct act_scope *scope, int slot, const struct proc_report *r)
{
	const struct conf_server *conf = &scope->conf->server[slot];
	const char *name = act_name(scope, slot);

	switch (r->stage) {
	case PROC_LOCK:
		if (r->holder > 0)
			log_err(name, 0, "the world in %s is in use by another server (pid %d); stop that one "
			    "first", conf->dir, (int)r->holder);
		else
			log_err(name, 0, "the world in %s is in use by another server", conf->dir);
		return FAILURE_LOCKED;
	case PROC_JAR:
		say_no_jar(name, conf, r->what);
		return FAILURE_CONFIG;
	case PROC_DIRECTORY:
		log_err(name, r->error, "cannot enter its directory %s; make it, or set \"dir\"", conf->dir);
		return FAILURE_CONFIG;
	case PROC_EXEC:
		say_not_executed(name, conf, r);
		break;
	default:
		log_err(name, r->error, "cannot be started: could not %s%s%s", proc_stage_text(r->stage),
		    r->what[0] != '\0' ? ": " : "", r->what);
		break;
	}
	return proc_may_pass(r->error) ? FAILURE_RETRY : FAILURE_FATAL;
}

void
act_warn_once(const struct act_scope *scope, int slot, const struct proc_report *r)
{
	struct proc_main *p = &scope->world->proc.main[slot];
	uint8_t bit = (uint8_t)(1U << r->what_bit);

	if (r->stage == PROC_EQUIP) {
		act_note_once(scope, slot, r);
		return;
	}
	if (p->warned & bit)
		return;
	p->warned |= bit;
	if (r->stage == PROC_LOCK)
		log_warn(act_name(scope, slot), r->error, "cannot lock %s/%s, so nothing keeps a second "
		    "server off this world", scope->conf->server[slot].dir, r->what);
	else
		log_warn(act_name(scope, slot), r->error, "cannot set %s; going on without", r->what);
}

/* ---- ending ---- */

static void
complain_of_signal(const struct act_scope *scope, const struct step_act *a, int rc)
{
	char signal[WORDS_SHORT];

	/* ESRCH: it ended in the meantime, and its end is on the way. */
	if (rc >= 0 || rc == -ESRCH)
		return;
	words_signal(signal, (int)a->a);
	log_err(act_name(scope, a->slot), rc, "cannot send %s", signal);
}

static void
act_signal_main(struct act_scope *scope, const struct step_act *a)
{
	complain_of_signal(scope, a, proc_signal(&scope->world->proc.main[a->slot], (int)a->a));
}

static void
act_signal_group(struct act_scope *scope, const struct step_act *a)
{
	complain_of_signal(scope, a, proc_signal_group(&scope->world->proc.main[a->slot], (int)a->a));
}

int
act_start_sweep(struct act_scope *scope, int slot, int signal, bool next)
{
	struct proc_broom broom = {
		.name = scope->conf->name[slot], .signal = signal, .next = next,
		.level = scope->conf->mcinit.log_level,
		.json = scope->conf->mcinit.log_format == FORMAT_JSON,
	};
	int rc = proc_sweep(&scope->world->proc, slot, &broom);

	if (rc >= 0)
		return rc;
	log_err(act_name(scope, slot), rc, "cannot fork to look for all that is left of it; trying again");
	if (signal > 0)
		proc_signal_session(&scope->world->proc, slot, signal);
	return rc;
}

static void
act_sweep(struct act_scope *scope, const struct step_act *a)
{
	act_start_sweep(scope, a->slot, (int)a->a, false);
}

static void
act_look(struct act_scope *scope, const struct step_act *a)
{
	struct proc_main *p = &scope->world->proc.main[a->slot];
	enum proc_left left;

	if (p->sweep != 0)
		return;			/* its end will be the answer */
	/* What could not be sent when it was due comes first. */
	if (p->sweep_next != 0 && act_start_sweep(scope, a->slot, p->sweep_next, false) == 0)
		return;
	left = proc_look(&scope->world->proc, a->slot);
	if (left == PROC_UNSURE && act_start_sweep(scope, a->slot, 0, false) == 0)
		return;
	act_tell(scope, STEP_TREE, a->slot, left != PROC_EMPTY);
}

/* ---- the rest ---- */

static void
act_forget(struct act_scope *scope, const struct step_act *a)
{
	/* A reload that came in the meantime may want it back: CONF starts it anew. */
	if (!scope->conf->leaving[a->slot])
		return;
	log_info(act_name(scope, a->slot), "is gone from the configuration");
	console_forget(&scope->world->console, &scope->world->proc, a->slot);
	act_equip(scope, a->slot);
	scope->conf->name[a->slot][0] = scope->world->name[a->slot][0] = '\0';
	scope->conf->leaving[a->slot] = false;
	scope->conf->servers--;
}

static void
act_debug(struct act_scope *scope, const struct step_act *a)
{
	bool on = log_toggle_debug();

	scope->world->level = (uint32_t)log_level();
	(void)a;
	log_info(NULL, "debug messages are %s", on ? "on" : "off");
}

static void
act_statistics(struct act_scope *scope, const struct step_act *a)
{
	const struct step_machine *m = &scope->world->machine;
	char age[WORDS_SHORT], progress[16];
	int64_t now = sys_now();
	uint64_t bytes, lost;

	(void)a;
	words_duration(age, now - scope->world->started);
	log_info(NULL, "up %s, %llu orphans reaped, %u log lines lost, generation %llu", age,
	    (unsigned long long)scope->world->proc.reaped, log_lost(),
	    (unsigned long long)world_generation());
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const struct step_server *s = &m->server[slot];

		if (!s->used)
			continue;
		words_duration(age, now - s->since);
		progress[0] = '\0';
		if (s->is == IS_STARTING && s->progress > 0)
			fmt_put(progress, sizeof(progress), " (%d %%)", s->progress);
		console_count(&scope->world->console, slot, &bytes, &lost);
		log_info(act_name(scope, slot), "%s%s for %s, pid %d, %d restarts, last end: %s, %d players, "
		    "%llu console bytes, %llu lines lost%s", words_state(s->is), progress, age,
		    scope->world->proc.main[slot].pid, s->restarts, words_reason(s->reason), s->players,
		    (unsigned long long)bytes, (unsigned long long)lost,
		    s->changed ? ", changes wait for the next start" : "");
	}
}

static void
act_say(struct act_scope *scope, const struct step_act *a)
{
	const char *name = act_name(scope, a->slot);
	char text[512];

	words_message(text, sizeof(text), (int)a->a, a->b, a->c);
	switch (words_level((int)a->a)) {
	case LEVEL_ERROR:
		log_err(name, 0, "%s", text);
		break;
	case LEVEL_WARN:
		log_warn(name, 0, "%s", text);
		break;
	case LEVEL_INFO:
		log_info(name, "%s", text);
		break;
	default:
		log_debug(name, "%s", text);
		break;
	}
}

static void
act_finish(struct act_scope *scope, const struct step_act *a)
{
	bool machine = scope->world->machine.whole.mode == MODE_APPLIANCE;

	if (machine)
		log_info(NULL, "all is stopped: %s", words_ending((int)a->b));
	if (!console_runs(&scope->world->proc, CONSOLE_OUTPUT, -1))
		log_rescue();
	act_report_end(scope, machine ? 0 : (int)a->a);
	if (machine) {
		proc_end_machine((enum step_ending)a->b);
		return;			/* process 1 of a machine waits for the end of its world */
	}
	scope->finished = true;
	scope->exit_code = (int)a->a;
}

/*
 * What must not happen twice is known to have begun before it does.  In doubt it counts as done:
 * the ladder has another rung, but a server that is told to stop twice may take the second line for
 * something else.  And an exec is seen to be done by who comes after it.
 */
static bool
is_once(const struct step_act *a)
{
	return a->what == ACT_COMMAND || a->what == ACT_REEXEC || (a->what == ACT_ASK && a->a == ASK_STOP);
}

static void
act(struct act_scope *scope, const struct step_act *what)
{
	static void (*const table[])(struct act_scope *, const struct step_act *) = {
		[ACT_SPAWN] = act_spawn,
		[ACT_SIGNAL_MAIN] = act_signal_main,
		[ACT_SIGNAL_GROUP] = act_signal_group,
		[ACT_SWEEP] = act_sweep,
		[ACT_LOOK] = act_look,
		[ACT_COMMAND] = act_command,
		[ACT_DRAIN] = act_drain,
		[ACT_ABANDON] = act_abandon,
		[ACT_QUOTE] = act_quote,
		[ACT_HELPER] = act_helper,
		[ACT_UNPLUG] = act_unplug,
		[ACT_CLOSE] = act_close,
		[ACT_ROTATE] = act_rotate,
		[ACT_RESIZE] = act_resize,
		[ACT_RELOAD] = act_reload,
		[ACT_FORGET] = act_forget,
		[ACT_DEBUG] = act_debug,
		[ACT_STATISTICS] = act_statistics,
		[ACT_SAY] = act_say,
		[ACT_FINISH] = act_finish,
		[ACT_PROVE] = act_prove,
		[ACT_UNPROVE] = act_unprove,
		[ACT_REEXEC] = act_reexec,
		[ACT_ANSWER] = act_answer,
		[ACT_RCON_OPEN] = act_rcon_open,
		[ACT_RCON_CLOSE] = act_rcon_close,
		[ACT_ASK] = act_ask,
		[ACT_REFUSE] = act_refuse,
		[ACT_WARN] = act_warn,
		[ACT_ATTEND] = act_attend,
		[ACT_CHECK] = act_check,
		[ACT_UNCHECK] = act_uncheck,
		[ACT_SETTLE] = act_settle,
		[ACT_METRICS] = act_metrics,
		[ACT_SAVE_ON] = act_save_on,
	};
	_Static_assert(sizeof(table) / sizeof(table[0]) == ACT_COUNT, "an action without a function");

	table[what->what](scope, what);
}

/* The one that was under way when the image before us ended: whether it is done with. */
static bool
was_done(struct act_scope *scope, const struct step_act *a)
{
	if (scope->world->begun) {
		if (a->what == ACT_COMMAND)
			act_tell(scope, STEP_COMMAND_FAILED, a->slot, 0);
		return true;
	}
	if (a->what == ACT_CHECK)
		return scope->world->proc.main[a->slot].check != 0;
	if (a->what == ACT_HELPER)
		return console_runs(&scope->world->proc, (enum console_role)a->a, a->slot);
	/* Of lines in our log it can be seen. */
	return (a->what == ACT_SAY || a->what == ACT_STATISTICS || a->what == ACT_QUOTE ||
	    a->what == ACT_DEBUG) && log_position() != scope->world->log_at;
}

void
act_all(struct act_scope *scope)
{
	struct world *w = scope->world;

	while (w->done < w->acts.count) {
		const struct step_act *a = &w->acts.act[w->done];

		bool done = scope->in_doubt && was_done(scope, a);

		scope->in_doubt = false;
		if (!done && is_once(a)) {
			w->begun = 1;
			world_commit();
		}
		if (!done)
			act(scope, a);
		/* Never done with: an image that fails on the way out is followed by one that leaves. */
		if (scope->finished)
			return;
		w->begun = 0;
		w->done++;
		w->log_at = log_position();
		world_commit();
		/* It is the same act that an image fails at, or another one. */
		if (world_faults() > 0)
			world_settled();
	}
}
