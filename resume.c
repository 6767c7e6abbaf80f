/* SPDX-License-Identifier: MIT */
/*
 * resume: what a new image of mcinit finds, and what it makes of it; see resume.h.
 *
 * A fault in here comes back to here: it must never change the state in a way that a second time
 * would not bear.
 */
#include "resume.h"

#include <errno.h>
#include <signal.h>		/* numbers only */
#include <string.h>

#include "control.h"
#include "crash.h"
#include "fds.h"
#include "fmt.h"
#include "log.h"
#include "sys.h"
#include "words.h"

enum { GIVE_UP_ACT = 3, GIVE_UP_EVENT = 4, GIVE_UP_RELOAD = 5 };	/* faults in a row */

static void
say_nothing(void *cookie, enum conf_severity severity, const char *line)
{
	(void)cookie;
	(void)severity;
	(void)line;
}

/* An exec leaves open what the state names; from now on it is ours alone again. */
static void
own_again(int32_t *fd)
{
	if (*fd >= 0 && sys_keep_at_exec(*fd, false) < 0)
		*fd = -1;
}

static bool
is_whole(uint32_t which)
{
	const struct load_text *text = world_text(which);

	return text->bytes <= sizeof(text->text) && load_is_whole(text, load_bytes(text));
}

bool
resume_conf(struct act_scope *scope, struct conf confs[2])
{
	struct world *w = scope->world;
	struct conf *conf = &confs[0], *other = &confs[1];

	scope->conf = conf;
	scope->next = other;
	if (w->held) {
		load_nothing(conf);
		return true;
	}
	if (!is_whole(w->text) || !is_whole(0) ||
	    load_again(world_text(w->text), conf, load_say_in_log, NULL) > 0 ||
	    load_again(world_text(0), other, say_nothing, NULL) > 0 ||
	    conf_arrange(conf, other, w->name) > 0)
		return false;
	/* The one before is looked into for servers that leave, and may have been cut off. */
	if (!is_whole(w->text_before) ||
	    load_again(world_text(w->text_before), other, say_nothing, NULL) > 0)
		*other = *conf;
	if (conf_recall(conf, other, w->name) > 0)
		return false;
	sys_give_back(other, sizeof(*other));
	return true;
}

static void
say_why(void)
{
	const struct world_fault *fault = world_fault();
	unsigned long long generation = world_generation();
	char name[WORDS_SHORT];

	if (fault->signal == 0) {
		log_info(NULL, "going on as mcinit " MCINIT_VERSION ", generation %llu, pid %d",
		    generation, (int)sys_pid());
		return;
	}
	words_signal(name, fault->signal);
	if (fault->sender < 0)
		log_err(NULL, 0, "mcinit itself failed (%s sent from outside, generation %llu); it goes on where "
		    "it was, servers are untouched", name, generation);
	else if (fault->sender != 0)
		log_err(NULL, 0, "mcinit itself failed (%s sent by process %d, generation %llu); it goes "
		    "on where it was, servers are untouched", name, fault->sender, generation);
	else
		log_err(NULL, 0, "mcinit itself failed (%s at 0x%llx, generation %llu); it goes on where "
		    "it was, servers are untouched. Please report this", name,
		    (unsigned long long)fault->address, generation);
}

_Noreturn static void
stand_on_faults(void)
{
	char name[WORDS_SHORT], why[128];

	words_signal(name, world_fault()->signal);
	fmt_put(why, sizeof(why), "it failed %d times in a row, now with %s at 0x%llx", CRASH_MOST, name,
	    (unsigned long long)world_fault()->address);
	crash_last_stand(why);
}

void
resume_open(struct act_scope *scope, int fd)
{
	int rc = world_attach(fd), old = rc == -EPROTO ? fd : -1;

	if (rc == -EPROTO)
		rc = world_import(fd);
	if (rc == -EINVAL) {
		log_err(NULL, 0, "--state is for mcinit itself: what it names is no state");
		sys_exit(64);
	}
	if (rc < 0 || (old < 0 && world_restore() == NULL))
		crash_last_stand("its state cannot be read");
	if (world_faults() >= CRASH_MOST)
		stand_on_faults();
	scope->world = world_now();
	if (old >= 0)
		sys_close(old);
}

void
resume_state(struct act_scope *scope, struct conf confs[2])
{
	int rc;

	sys_keep_at_exec(world_fd(), false);
	world_each_place(own_again);
	if (!resume_conf(scope, confs))
		crash_last_stand("the configuration in its state cannot be read");
	log_set(scope->conf->mcinit.log_level, scope->conf->mcinit.log_format == FORMAT_JSON);
	log_say_from((int)scope->world->level);
	rc = console_resume(&scope->world->console);
	if (rc < 0) {
		log_err(NULL, rc, "cannot map the consoles again");
		crash_last_stand("it has no consoles");
	}
	console_take_log(&scope->world->console);
}

/* ---- with epoll ---- */

static void
listen_again(struct act_scope *scope)
{
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		struct proc_main *p = &scope->world->proc.main[slot];

		if (p->report >= 0)
			sys_epoll_add(scope->epoll, p->report, TAG_REPORT | (unsigned)slot);
		if (p->adopted && p->pidfd >= 0)
			sys_epoll_add(scope->epoll, p->pidfd, TAG_MAIN | (unsigned)slot);
		proc_open(p);
	}
	control_admit(scope->world->socket_group - UINT32_C(1));
	if (scope->world->fds.control >= 0)
		sys_epoll_add_edge(scope->epoll, scope->world->fds.control, TAG_CONTROL);
}

/* What the reader had sent so far went with the image that had it. */
static void
read_again(struct act_scope *scope)
{
	struct proc_table *p = &scope->world->proc;

	if (p->reader == 0 && p->reader_pipe < 0)
		return;
	if (p->reader != 0)
		sys_kill(p->reader, SIGKILL);
	p->reader = 0;
	fds_drop(&p->reader_pipe);
	/* The INI itself may be what we fail at. */
	scope->world->read_faults += world_fault()->signal != 0 && world_fault()->sender == 0;
	if (scope->world->read_faults < GIVE_UP_RELOAD)
		act_reload_again(scope);
	else
		log_err(NULL, 0, "reload given up: mcinit failed at it %d times; the configuration stays "
		    "as it was", GIVE_UP_RELOAD);
}

/* One that was found dead by an image that did not live to tell. */
static void
tell_gone(struct act_scope *scope)
{
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		struct proc_main *p = &scope->world->proc.main[slot];

		if (!p->adopted || p->pid == 0 || p->pidfd >= 0)
			continue;
		proc_adopted_gone(p);
		act_tell(scope, STEP_ENDED, slot, STEP_NOT_KNOWN);
	}
}

/* Who waits for what came of it is told that nothing did; what has no answer has a deadline. */
static void
tell_given_up(struct act_scope *scope, const struct step_act *a)
{
	struct proc_table *p = &scope->world->proc;

	if (a->what == ACT_SPAWN && p->main[a->slot].pid != 0) {
		act_tell(scope, STEP_SPAWNED, a->slot, 0);
		if (p->main[a->slot].report < 0)
			act_executed(scope, a->slot);
	} else if (a->what == ACT_SPAWN) {
		fds_drop(&p->main[a->slot].report);
		act_tell(scope, STEP_SPAWN_FAILED, a->slot, FAILURE_RETRY);
	} else if (a->what == ACT_HELPER && !console_runs(p, (enum console_role)a->a, a->slot)) {
		act_tell(scope, STEP_HELPER_ENDED, a->slot, (int32_t)a->a | HELPER_END_NOT_STARTED << 8);
	} else if (a->what == ACT_PROVE) {
		act_tell(scope, STEP_PROVED, -1, 0);
	}
}

/* Failing at the same thing again and again helps nobody. */
static void
give_up(struct act_scope *scope)
{
	struct world *w = scope->world;
	struct step_event event;

	if (world_faults() >= GIVE_UP_ACT && w->done < w->acts.count) {
		const struct step_act *a = &w->acts.act[w->done];

		if (a->what == ACT_FINISH)
			crash_last_stand("it failed again and again on its way out");
		w->done++;
		log_err(NULL, 0, "gave up \"%s\": mcinit failed at it %d times", words_action(a->what),
		    world_faults());
		w->begun = 0;
		tell_given_up(scope, a);
	} else if (world_faults() >= GIVE_UP_EVENT && act_next(scope, &event)) {
		log_err(NULL, 0, "gave up event \"%s\": mcinit failed at it %d times",
		    words_event(event.what), world_faults());
	}
	w->log_at = world_faults() >= GIVE_UP_ACT ? log_position() : w->log_at;
}

void
resume_work(struct act_scope *scope)
{
	proc_recover(&scope->world->proc);
	give_up(scope);
	listen_again(scope);
	act_resume(scope);
	tell_gone(scope);
	say_why();
	scope->world->log_at = log_position();
	read_again(scope);
	act_reexec_over(scope);
	act_tell(scope, STEP_RESUMED, -1, 0);
	world_commit();
}
