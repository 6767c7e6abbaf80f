/* SPDX-License-Identifier: MIT */
/*
 * act_news: news become events: signals, reports of children, ends; see act.h.
 *
 * What was read from the kernel is in the box of the state (world.h) before it is told, and what
 * ended stays a zombie until that is committed: a fault in between loses neither.  It must never
 * look at the machines to decide anything, and never wait for anything.
 */
#include "act_in.h"

#include <errno.h>
#include <signal.h>		/* numbers only */
#include <string.h>
#include <sys/signalfd.h>

#include "fds.h"
#include "log.h"
#include "oom.h"
#include "sweep.h"
#include "sys.h"
#include "words.h"

/* Bits of proc_main.warned: 0..6 are the child's (become.c). */
enum { WARNED_BLIND = 7 };

/* What the box can hold. */
enum { BOX_SIGNAL = 1, BOX_REPORT, BOX_CONSOLE };
_Static_assert(sizeof(struct signalfd_siginfo) <= WORLD_BOX &&
    sizeof(struct proc_report) <= WORLD_BOX && sizeof(struct console_report) <= WORLD_BOX,
    "news that the box is too small for");

void
act_tell(struct act_scope *scope, int what, int slot, int32_t a)
{
	struct world *w = scope->world;

	if (w->events == WORLD_QUEUE) {
		log_err(NULL, 0, "event %s was lost: the queue is full; please report it",
		    words_event(what));
		return;
	}
	w->event[w->events++] = (struct step_event){ .what = (uint8_t)what, .slot = (int8_t)slot,
		.a = a };
}

void
act_untell_rcon(struct act_scope *scope, int slot)
{
	struct world *w = scope->world;
	int kept = 0;

	for (int i = 0; i < w->events; i++) {
		const struct step_event *e = &w->event[i];

		if (e->slot != slot || (e->what != STEP_RCON_UP && e->what != STEP_RCON_DOWN &&
		    e->what != STEP_ANSWERED && e->what != STEP_REPLYING && e->what != STEP_FINAL))
			w->event[kept++] = *e;
	}
	w->events = kept;
}

bool
act_next(struct act_scope *scope, struct step_event *event)
{
	struct world *w = scope->world;

	if (w->events == 0)
		return false;
	*event = w->event[0];
	w->events--;
	memmove(w->event, w->event + 1, (size_t)w->events * sizeof(w->event[0]));
	return true;
}

/* ---- signals ---- */

/* Signals that the kernel sends us for our own doing say nothing to us. */
static bool
tell_signal(struct act_scope *scope, const struct signalfd_siginfo *info)
{
	if (info->ssi_signo != SIGCHLD && info->ssi_signo != SIGPIPE)
		act_tell(scope, STEP_SIGNAL, -1, (int32_t)info->ssi_signo);
	return info->ssi_signo == SIGCHLD;
}

bool
act_hear_signal(struct act_scope *scope)
{
	struct world_box *box = world_box(BOX_SIGNAL, -1);
	struct signalfd_siginfo *info = (void *)box->bytes;
	bool child;

	if (sys_signal_read(scope->signals, info, 1) != 1)
		return false;
	child = tell_signal(scope, info);
	/* A SIGCHLD that gets lost is made good: each image looks for ended children. */
	if (!child)
		world_box_done();
	return child;
}

/* ---- reports of children on their way to the exec ---- */

static void
close_report(struct act_scope *scope, int slot)
{
	struct proc_main *p = &scope->world->proc.main[slot];

	if (p->report < 0)
		return;
	sys_epoll_remove(scope->epoll, p->report);
	fds_drop(&p->report);
}

static void
tell_report(struct act_scope *scope, int slot, const struct proc_report *r)
{
	if (r->warning) {
		act_warn_once(scope, slot, r);
		return;
	}
	scope->world->proc.main[slot].failed = true;
	act_tell(scope, STEP_EXEC_FAILED, slot, act_judge(scope, slot, r));
}

void
act_hear_report(struct act_scope *scope, int slot)
{
	struct proc_main *p = &scope->world->proc.main[slot];
	int rc;

	while (p->report >= 0) {
		struct world_box *box = world_box(BOX_REPORT, slot);
		struct proc_report *r = (void *)box->bytes;

		rc = proc_read_report(p->report, r);
		if (rc == 0)
			return;
		if (rc < 0) {
			close_report(scope, slot);
			if (!p->failed)
				act_executed(scope, slot);
			world_commit();
		} else {
			tell_report(scope, slot, r);
			world_box_done();
		}
	}
}

/* ---- reports of console processes ---- */

void
act_hear_console(struct act_scope *scope)
{
	for (int i = 0; i < ACT_HEAR; i++) {
		struct world_box *box = world_box(BOX_CONSOLE, -1);
		struct console_report *report = (void *)box->bytes;

		report->kind = CONSOLE_REPORT_KIND_COUNT;
		if (!console_hear(&scope->world->console, report))
			return;
		act_tell_console(scope, report);
		world_box_done();
	}
}

/* ---- ends ---- */

/* While it walked, the last of them may have ended; who asks now gets the answer of now. */
static void
sweep_ended(struct act_scope *scope, const struct proc_end *end)
{
	int slot = end->slot;
	struct proc_main *p = &scope->world->proc.main[slot];
	int code = step_exit_code(end->status), next = p->sweep_next;
	bool left = code != 0, failed = code == SWEEP_NOT_NOW || code > 128;

	if (next != 0 && act_start_sweep(scope, slot, next, true) == 0)
		return;
	/* What it did not get to see may be there: the next look sends it again. */
	if (failed) {
		p->sweep_next = p->sweep_signal;
		proc_forget(&scope->world->proc, end);
		act_tell(scope, STEP_TREE, slot, true);
		return;
	}
	if (code > 1 && !(p->warned & 1U << WARNED_BLIND)) {
		p->warned |= 1U << WARNED_BLIND;
		log_warn(act_name(scope, slot), 0, "/proc does not show its processes (code %d); only its "
		    "process group can be waited for", code);
	}
	if (code > 1 && p->sweep_signal != 0)
		proc_signal_session(&scope->world->proc, slot, p->sweep_signal);
	if (code > 1)
		left = proc_group_left(&scope->world->proc, slot);
	else if (left)
		left = proc_look(&scope->world->proc, slot) != PROC_EMPTY;
	proc_forget(&scope->world->proc, end);
	act_tell(scope, STEP_TREE, slot, left);
}

/* Who is killed for want of memory cannot say so; a start script tells of it by its exit code. */
static void
tell_main(struct act_scope *scope, int slot, int status)
{
	int64_t before = scope->world->proc.main[slot].oom_kills;

	if (step_exit_code(status) == 128 + SIGKILL && before > 0 && oom_kills() >= before)
		act_tell(scope, STEP_OOM_KILL, slot, 0);
	act_tell(scope, STEP_ENDED, slot, status);
}

/* Its end is told, and after the commit it is no zombie any more. */
static void
tell_end(struct act_scope *scope, const struct proc_end *end)
{
	switch (end->whose) {
	case PROC_MAIN:
		/* What it said before it ended comes first. */
		act_hear_report(scope, end->slot);
		close_report(scope, end->slot);
		proc_forget(&scope->world->proc, end);
		tell_main(scope, end->slot, end->status);
		break;
	case PROC_SWEEP:
		sweep_ended(scope, end);
		break;
	case PROC_READER:
		proc_forget(&scope->world->proc, end);
		act_reader_ended(scope, end->status);
		break;
	case PROC_HELPER:
		act_helper_ended(scope, end);
		break;
	case PROC_TRIAL:
		proc_forget(&scope->world->proc, end);
		act_trial_ended(scope, end->status);
		break;
	case PROC_CHECK:
		proc_forget(&scope->world->proc, end);
		act_check_ended(scope, end->slot, end->status);
		break;
	case PROC_METRICS:
		proc_forget(&scope->world->proc, end);
		act_metrics_ended(scope, end->status);
		break;
	case PROC_NOBODY:
	case PROC_NO_MORE:
	case PROC_NO_CHILD:
		break;
	}
}

void
act_hear_main(struct act_scope *scope, int slot)
{
	struct proc_main *p = &scope->world->proc.main[slot];
	int status;

	if (!p->adopted || p->pidfd < 0 || sys_readable(p->pidfd, 0) != 1)
		return;
	status = proc_adopted_status(p);
	sys_epoll_remove(scope->epoll, p->pidfd);
	proc_adopted_gone(p);
	tell_main(scope, slot, status);
	world_commit();
}

void
act_reap(struct act_scope *scope)
{
	struct proc_end end;
	bool strangers = false;
	int n = 0;

	scope->more_to_reap = false;
	for (;;) {
		if (n++ == ACT_REAP || scope->world->events > WORLD_QUEUE - ACT_HEAR - 8) {
			scope->more_to_reap = true;
			break;
		}
		proc_peek(&scope->world->proc, &end);
		if (end.whose == PROC_NO_MORE || end.whose == PROC_NO_CHILD)
			break;
		tell_end(scope, &end);
		if (end.whose != PROC_NOBODY)
			world_commit();
		proc_bury(&end);
		strangers |= end.whose == PROC_NOBODY;
	}
	if (strangers && proc_any_gone(&scope->world->proc)) {
		act_tell(scope, STEP_REAPED, -1, 0);
		world_commit();
	}
}

/* ---- after a fault ---- */

/* The box is not under the checksum of the state: a fault may have cut off what was put into it. */
static bool
is_report(const struct act_scope *scope, int slot, const struct proc_report *r)
{
	return slot >= 0 && slot < CONF_SERVERS && scope->conf->name[slot][0] != '\0' &&
	    r->stage > 0 && r->stage < PROC_STAGE_COUNT &&
	    r->what_bit < (r->stage == PROC_EQUIP ? (int)EQUIP_NOTE_COUNT : 8) &&
	    *(const uint8_t *)&r->warning <= 1 && memchr(r->what, '\0', sizeof(r->what)) != NULL;
}

/* What was read into the box and not told. */
static void
tell_box(struct act_scope *scope, const struct world_box *box)
{
	const struct signalfd_siginfo *info = (const void *)box->bytes;
	const struct proc_report *report = (const void *)box->bytes;
	const struct console_report *console = (const void *)box->bytes;

	if (box->kind == BOX_SIGNAL && info->ssi_signo > 0 && info->ssi_signo <= SYS_SIGNALS)
		tell_signal(scope, info);
	else if (box->kind == BOX_REPORT && is_report(scope, box->slot, report))
		tell_report(scope, box->slot, report);
	else if (box->kind == BOX_CONSOLE && console_is_of_now(console))
		act_tell_console(scope, console);
	world_box_done();
}

void
act_resume(struct act_scope *scope)
{
	struct world_box *box = world_box_left();

	world_commit();
	if (box != NULL)
		tell_box(scope, box);
	scope->in_doubt = scope->world->done < scope->world->acts.count;
	act_all(scope);
	scope->more_to_reap = true;
}
