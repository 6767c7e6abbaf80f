/* SPDX-License-Identifier: MIT */
/*
 * adopt: the servers of an mcinit that was killed; see adopt.h.
 *
 * Whoever is killed in here is followed by one that finds the same: the state in run_dir is at each
 * instant one that can be taken over.
 */
#include "adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fmt.h"
#include "log.h"
#include "resume.h"
#include "sys.h"

enum { EXIT_SYSTEM = 71 };

/* What became of the main process of each slot. */
static struct {
	bool was, lives;
	int rc, status;
} found[CONF_SERVERS];
static bool with_state;
static bool set_aside;			/* the state could not be read */

/* ---- the state ---- */

/* Where all have come to rest there is nothing to look after: mcinit starts as ever. */
static bool
is_wanted(const struct world *w)
{
	if (w->machine.whole.mode != MODE_SERVICE || w->machine.whole.closing || w->held)
		return false;
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const struct step_server *s = &w->machine.server[slot];

		if (s->used && s->is != IS_STOPPED && s->is != IS_FAILED)
			return true;
	}
	return false;
}

static void
say_unusable(int dir, const char *run_dir)
{
	int rc = world_set_aside(dir);

	set_aside = true;
	if (rc < 0)
		log_err(NULL, rc, "%s/state, which an mcinit that was killed left behind, cannot be read, "
		    "and not be set aside; starting without it", run_dir);
	else
		log_err(NULL, 0, "%s/state, which an mcinit that was killed left behind, cannot be read; it "
		    "is kept as %s/state.bad. Servers that still run are known by the locks of their "
		    "worlds", run_dir, run_dir);
}

/* What could not be read has been parsed over the configuration of today. */
static void
back_to_today(struct act_scope *scope, struct conf confs[2])
{
	world_discard();
	scope->conf = &confs[0];
	scope->next = &confs[1];
	if (load_again(scope->incoming, scope->conf, load_say_in_log, NULL) > 0)
		sys_exit(EXIT_SYSTEM);
}

static void
forget_descriptor(int32_t *fd)
{
	*fd = -1;
}

/* What its operator did to it is over. */
static void
drop_signals(struct world *w)
{
	int kept = 0;

	for (int i = 0; i < w->events; i++)
		if (w->event[i].what != STEP_SIGNAL)
			w->event[kept++] = w->event[i];
	w->events = kept;
}

static bool
open_consoles(struct act_scope *scope, const char *run_dir)
{
	struct console_table *table = &scope->world->console;
	int rc = console_adopt(table, run_dir);

	if (rc < 0)
		log_err(NULL, rc, "the consoles in run_dir %s cannot be taken over; what they had not yet "
		    "written to a log is lost", run_dir);
	if (rc < 0 && console_open(table, run_dir, true) < 0)
		return false;
	console_configure(table, &scope->world->proc, scope->conf, scope->conf);
	return true;
}

/* ---- the servers ---- */

static void
verify(struct act_scope *scope, int slot)
{
	const struct proc_main *p = &scope->world->proc.main[slot];

	found[slot].was = p->pid != 0;
	if (p->session == 0)
		return;
	found[slot].rc = proc_adopt(&scope->world->proc, slot, &found[slot].status);
	found[slot].lives = found[slot].was && found[slot].rc == 0;
}

static void
say_what_became(const struct act_scope *scope, int slot)
{
	const struct proc_main *p = &scope->world->proc.main[slot];
	const char *name = scope->conf->name[slot];

	if (found[slot].lives)
		log_info(name, "still runs (pid %d); taken over", (int)p->pid);
	else if (found[slot].was)
		log_warn(name, 0, "ended (pid %d) while no mcinit was there", (int)p->pid);
}

/*
 * It is neither taken over nor judged: whoever starts mcinit again finds the state as it is.  A server
 * that runs shall not be ended because this machine has no descriptors or a kernel too old.
 */
_Noreturn static void
cannot_take(const struct act_scope *scope, int slot)
{
	const struct proc_main *p = &scope->world->proc.main[slot];
	const char *name = scope->conf->name[slot];

	if (found[slot].rc == -ENOSYS)
		log_err(name, 0, "cannot be taken over (Linux before 5.3, or no pidfds allowed): pid %d was "
		    "started by an mcinit that was killed. Stop it by hand (kill %d), then start mcinit again",
		    (int)p->pid, (int)p->pid);
	else
		log_err(name, found[slot].rc, "cannot be taken over: pid %d was started by an mcinit that was "
		    "killed. Mend that, then start mcinit again; the servers go on meanwhile", (int)p->pid);
	sys_exit(EXIT_SYSTEM);
}

/* What it printed may still be on the way, whether it lives or not. */
static void
open_console(struct act_scope *scope, int slot)
{
	const struct step_server *s = &scope->world->machine.server[slot];
	const struct conf_server *conf = &scope->conf->server[slot];
	int rc;

	if (conf->tty == TTY_INHERIT || (!found[slot].was && !s->draining && s->is != IS_STOPPING))
		return;
	rc = console_claim_slot(&scope->world->console, slot, scope->conf);
	if (rc == 0)
		rc = console_reopen(&scope->world->console, slot, scope->conf->name[slot],
		    conf->tty == TTY_PTY);
	if (rc < 0 && found[slot].lives)
		log_err(scope->conf->name[slot], rc, "its console cannot be taken over: restart it soon");
}

/* Those of the mcinit before us write out what they have, and leave. */
static void
replace_helpers(struct act_scope *scope)
{
	struct proc_table *p = &scope->world->proc;
	enum console_role role;
	int slot;

	for (int i = 0; i < PROC_HELPERS; i++) {
		if (p->helper[i] == 0)
			continue;
		p->helper[i] = 0;
		console_which(i, &role, &slot);
		act_tell(scope, STEP_HELPER_ENDED, slot, (int32_t)role | HELPER_END_DIED << 8);
	}
	p->reader = p->trial = 0;
	for (slot = 0; slot < CONF_SERVERS; slot++) {
		if (p->main[slot].check != 0)
			act_tell(scope, STEP_HEALTH, slot, 1);
		p->main[slot].check = 0;
	}
}

/* Before this commit another mcinit would find all as we did, behind it as we leave it. */
static void
take_servers(struct act_scope *scope)
{
	struct world *w = scope->world;

	proc_recover(&w->proc);
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		if (!w->machine.server[slot].used)
			continue;
		verify(scope, slot);
		if (found[slot].was && found[slot].rc < 0 && found[slot].rc != -ESRCH)
			cannot_take(scope, slot);
	}
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (w->machine.server[slot].used)
			open_console(scope, slot);
	replace_helpers(scope);
	act_tell(scope, STEP_ADOPTED, -1, 0);
	world_commit();
}

bool
adopt_state(struct act_scope *scope, struct conf confs[2], const char *run_dir)
{
	int dir = sys_open(run_dir, O_RDONLY | O_DIRECTORY, 0);
	int rc = dir < 0 ? -ENOENT : world_adopt(dir, scope->incoming, is_wanted);
	bool adopted = false;

	if (rc == 0) {
		scope->world = world_now();
		adopted = resume_conf(scope, confs);
	}
	if (rc == 0 && !adopted)
		back_to_today(scope, confs);
	if ((rc == 0 && !adopted) || rc == -EINVAL || rc == -EPROTO || rc == -EBADMSG) {
		say_unusable(dir, run_dir);
	} else if (rc < 0 && rc != -ENOENT) {
		/* It stays as it is: servers that run shall not be lost for want of a few KiB. */
		log_err(NULL, rc, "cannot take over the servers of an mcinit that was killed, from %s. "
		    "Mend that, then start mcinit again; the servers go on meanwhile", run_dir);
		sys_exit(EXIT_SYSTEM);
	}
	if (dir >= 0)
		sys_close(dir);
	if (!adopted)
		return false;
	with_state = true;
	world_each_place(forget_descriptor);
	drop_signals(scope->world);
	if (!open_consoles(scope, run_dir))
		sys_exit(EXIT_SYSTEM);
	take_servers(scope);
	return true;
}

/* ---- without a state ---- */

/* Whether descriptor `number` of a process is this file. */
static bool
has_open(pid_t pid, int number, const struct stat *file)
{
	char path[48];
	struct stat st;

	fmt_put(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, number);
	return sys_stat(path, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

/* Who has locked a world says so in the lock file; 0: it is not locked. */
static pid_t
holder_of(const char *dir, struct stat *lock)
{
	char path[4096 + 16], text[16] = "";
	long pid = 0;
	int fd;

	fmt_put(path, sizeof(path), "%s/.mcinit.lock", dir);
	fd = sys_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return 0;
	if (sys_stat_fd(fd, lock) == 0 && S_ISREG(lock->st_mode) &&
	    sys_lock_shared(fd) == -EWOULDBLOCK && sys_pread(fd, text, sizeof(text) - 1, 0) > 0)
		pid = strtol(text, NULL, 10);
	sys_close(fd);
	return pid > 1 && pid <= INT32_MAX ? (pid_t)pid : 0;
}

/* Its lock is descriptor 3 of it, and what it prints goes into the FIFO of our run_dir. */
static bool
is_ours(const struct console_table *table, const char *name, pid_t pid, const struct stat *lock)
{
	char path[sizeof(table->path) + CONF_NAME_BYTES + 16];
	struct stat fifo;

	fmt_put(path, sizeof(path), "%s/%s/stdout", table->path, name);
	return has_open(pid, 3, lock) && sys_stat(path, &fifo) == 0 && has_open(pid, 1, &fifo);
}

static bool
take_by_lock(struct act_scope *scope, int slot)
{
	struct proc_main *p = &scope->world->proc.main[slot];
	const char *name = scope->conf->name[slot];
	struct stat lock;
	pid_t pid = holder_of(scope->conf->server[slot].dir, &lock);

	if (pid == 0)
		return false;
	if (proc_take(&scope->world->proc, slot, pid) == 0) {
		if (is_ours(&scope->world->console, name, pid, &lock))
			return true;
		proc_adopted_gone(p);
		p->session = 0;
		p->adopted = false;
	}
	log_warn(name, 0, "the world in %s is in use by a server (pid %d) that is left alone",
	    scope->conf->server[slot].dir, (int)pid);
	return false;
}

bool
adopt_by_lock(struct act_scope *scope)
{
	bool any = false;

	for (int slot = 0; slot < CONF_SERVERS && set_aside; slot++) {
		if (scope->conf->name[slot][0] == '\0' || !take_by_lock(scope, slot))
			continue;
		any = found[slot].was = found[slot].lives = true;
		open_console(scope, slot);
		act_tell(scope, STEP_FOUND, slot, 0);
	}
	return any;
}

/* ---- with epoll ---- */

static void
tell(struct act_scope *scope, int slot)
{
	struct proc_main *p = &scope->world->proc.main[slot];

	if (!found[slot].was)
		return;
	/* Whether it was executed the other mcinit was told; what lives on by now was. */
	if (!scope->world->machine.server[slot].exec_done)
		act_executed(scope, slot);
	if (found[slot].lives)
		return;
	proc_adopted_gone(p);
	act_tell(scope, STEP_ENDED, slot, found[slot].status);
}

static void
accept_today(struct act_scope *scope)
{
	if (load_again(scope->incoming, scope->next, load_say_in_log, NULL) == 0)
		act_accept(scope, true);
}

void
adopt_work(struct act_scope *scope)
{
	struct world *w = scope->world;

	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		if (found[slot].was)
			say_what_became(scope, slot);
		if (found[slot].lives && sys_epoll_add(scope->epoll, w->proc.main[slot].pidfd,
		    TAG_MAIN | (unsigned)slot) < 0)
			log_err(scope->conf->name[slot], 0, "its end will not be noticed: epoll refuses it");
	}
	if (!with_state)
		return;
	act_resume(scope);
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		tell(scope, slot);
	act_tell(scope, STEP_RESUMED, -1, 0);
	accept_today(scope);
	world_commit();
}
