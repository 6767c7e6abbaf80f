/* SPDX-License-Identifier: MIT */
/*
 * proc: children, seen from PID 1; see proc.h.
 *
 * It must never block, and never signal a process that it has not forked itself or that has
 * been reaped.
 */
#include "proc_in.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/reboot.h>

#include "fds.h"
#include "fmt.h"
#include "sys.h"

extern char **environ;

static const char *self_path = "/proc/self/exe";
struct proc_birth *proc_births;
static void (*save)(void);


const char *
proc_stage_text(int stage)
{
#define X(name, text) text,
	static const char texts[][24] = { PROC_STAGES(X) };
#undef X

	return stage >= 0 && stage < PROC_STAGE_COUNT ? texts[stage] : "?";
}

void
proc_init(struct proc_table *table)
{
	memset(table, 0, sizeof(*table));
	table->reader_pipe = -1;
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		table->main[slot].pidfd = table->main[slot].report = -1;
}

void
proc_set_self(void)
{
	static char path[1024];
	const char *own = sys_own_path();
	char here[512] = "";

	if (sys_executable("/proc/self/exe") == 0 || own == NULL)
		return;
	if (own[0] != '/' && sys_working_dir(here, sizeof(here)) < 0)
		return;
	if (fmt_put(path, sizeof(path), "%s%s%s", here, own[0] != '/' ? "/" : "", own) < sizeof(path))
		self_path = path;
}

const char *
proc_self(void)
{
	return self_path;
}

/* ---- forking ---- */

void
proc_born_into(struct proc_birth *birth, void (*commit)(void))
{
	proc_births = birth;
	save = commit;
}

/* The place in the table that holds the pid of such a child. */
static int32_t *
place_of(struct proc_table *table, enum proc_whose whose, int number)
{
	switch (whose) {
	case PROC_MAIN:
		return &table->main[number].pid;
	case PROC_SWEEP:
		return &table->main[number].sweep;
	case PROC_READER:
		return &table->reader;
	case PROC_HELPER:
		return &table->helper[number];
	case PROC_TRIAL:
		return &table->trial;
	case PROC_CHECK:
		return &table->main[number].check;
	case PROC_METRICS:
		return &table->metrics;
	case PROC_NOBODY:
	case PROC_NO_MORE:
	case PROC_NO_CHILD:
		break;
	}
	return NULL;
}

void
proc_recover(struct proc_table *table)
{
	int32_t *place = place_of(table, (enum proc_whose)table->forking.whose,
	    table->forking.number);

	if (place != NULL && proc_births->pid > 1) {
		*place = proc_births->pid;
		if (table->forking.whose == PROC_MAIN)
			table->main[table->forking.number].session = proc_births->pid;
	}
	table->forking.whose = PROC_NOBODY;
}

/* Before it happens it stands in the state what the child is going to be. */
pid_t
proc_fork_as(struct proc_table *table, enum proc_whose whose, int number)
{
	pid_t pid;

	proc_births->pid = 0;
	table->forking.whose = (uint16_t)whose;
	table->forking.number = (uint16_t)number;
	save();
	pid = sys_fork_into(&proc_births->pid);
	if (pid != 0)
		proc_recover(table);
	return pid;
}

/* A pipe whose ends are out of the way of descriptors 0..15. */
static int
high_pipe(int ends[2])
{
	int low[2], rc = sys_pipe(low);

	if (rc < 0)
		return rc;
	ends[0] = sys_move_above(low[0], LOW_FDS);
	ends[1] = sys_move_above(low[1], LOW_FDS);
	sys_close(low[0]);
	sys_close(low[1]);
	if (ends[0] >= 0 && ends[1] >= 0)
		return 0;
	rc = ends[0] < 0 ? ends[0] : ends[1];
	if (ends[0] >= 0)
		sys_close(ends[0]);
	if (ends[1] >= 0)
		sys_close(ends[1]);
	return rc;
}

/* By the child itself: a supervisor to come can only ask when it may be too late. */
static void
write_birth(int slot)
{
	uint64_t ticks;
	int fd = sys_pidfd_open(sys_pid());

	proc_births->start[slot].pid = 0;
	proc_births->start[slot].inode = proc_pidfd_inode(fd);
	if (fd >= 0)
		sys_close(fd);
	if (proc_start_time(sys_pid(), &ticks) < 0)
		return;
	proc_births->start[slot].ticks = ticks;
	__atomic_store_n(&proc_births->start[slot].pid, sys_pid(), __ATOMIC_RELEASE);
}

pid_t
proc_fork(struct proc_table *table, int slot, int *report)
{
	struct proc_main *p = &table->main[slot];
	int ends[2];
	pid_t pid = high_pipe(ends);

	if (pid < 0)
		return pid;
	sys_nonblocking(ends[0]);
	fds_drop(&p->report);
	p->report = ends[0];
	p->failed = p->adopted = false;
	p->sweep_next = 0;
	pid = proc_fork_as(table, PROC_MAIN, slot);
	if (pid == 0) {
		write_birth(slot);
		*report = ends[1];
		return 0;
	}
	sys_close(ends[1]);
	if (pid < 0) {
		fds_drop(&p->report);
		return pid;
	}
	proc_open(p);
	return pid;
}

pid_t
proc_fork_check(struct proc_table *table, int slot)
{
	return table->main[slot].check != 0 ? -EBUSY : proc_fork_as(table, PROC_CHECK, slot);
}

void
proc_open(struct proc_main *main)
{
	/* Race-free: we are its parent and have not waited.  Refused (EPERM, ENOSYS): by pid. */
	if (main->pid != 0 && !main->adopted && main->pidfd < 0)
		main->pidfd = sys_pidfd_open(main->pid);
	if (main->pidfd < 0)
		main->pidfd = -1;
}

int
proc_read_report(int fd, struct proc_report *report)
{
	ssize_t n = sys_read(fd, report, sizeof(*report));

	if (n == (ssize_t)sizeof(*report)) {
		report->what[sizeof(report->what) - 1] = '\0';
		return 1;
	}
	return n == -EAGAIN ? 0 : -EPIPE;
}

bool
proc_may_pass(int error)
{
	static const int passing[] = { EAGAIN, ENOMEM, EMFILE, ENFILE, ETXTBSY, EIO, EBUSY, ENOBUFS,
		ENOSPC, ESTALE };

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (passing[i] == error)
			return true;
	return false;
}

static int
helper_of(const struct proc_table *table, pid_t pid)
{
	for (int i = 0; i < PROC_HELPERS; i++)
		if (table->helper[i] == pid)
			return i;
	return -1;
}

void
proc_peek(struct proc_table *table, struct proc_end *end)
{
	pid_t pid = sys_peek_end(&end->status);

	end->pid = pid;
	if (pid <= 0) {
		end->whose = pid == 0 ? PROC_NO_MORE : PROC_NO_CHILD;
		return;
	}
	for (end->slot = 0; end->slot < CONF_SERVERS; end->slot++) {
		const struct proc_main *p = &table->main[end->slot];

		/* A child of ours may have got the number that once was an adopted one's. */
		end->whose = p->pid == pid && !p->adopted ? PROC_MAIN :
		    p->sweep == pid ? PROC_SWEEP : PROC_CHECK;
		if (end->whose != PROC_CHECK || p->check == pid)
			return;
	}
	end->slot = helper_of(table, pid);
	end->whose = table->reader == pid ? PROC_READER : table->trial == pid ? PROC_TRIAL :
	    table->metrics == pid ? PROC_METRICS : end->slot >= 0 ? PROC_HELPER : PROC_NOBODY;
	table->reaped += end->whose == PROC_NOBODY;
}

void
proc_forget(struct proc_table *table, const struct proc_end *end)
{
	int32_t *place = place_of(table, end->whose, end->slot);

	/* A sweep may have its successor there already. */
	if (place == NULL || *place != end->pid)
		return;
	*place = 0;
	if (end->whose == PROC_MAIN)
		fds_drop(&table->main[end->slot].pidfd);
}

void
proc_bury(const struct proc_end *end)
{
	sys_bury(end->pid);
}

int
proc_signal(const struct proc_main *main, int signal)
{
	int rc;

	/* The number of one that is not our child may be anybody's at any time. */
	if (main->pid == 0 || (main->adopted && main->pidfd < 0))
		return -ESRCH;
	if (main->adopted)
		return sys_pidfd_kill(main->pidfd, signal);
	if (main->pidfd >= 0) {
		rc = sys_pidfd_kill(main->pidfd, signal);
		if (rc != -EPERM && rc != -ENOSYS && rc != -EINVAL)
			return rc;
	}
	return sys_kill(main->pid, signal);
}

bool
proc_any_gone(const struct proc_table *table)
{
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (table->main[slot].session != 0 && table->main[slot].pid == 0)
			return true;
	return false;
}

/* Until main is reaped its number cannot be anyone else's, as pid or as process group. */
int
proc_signal_group(const struct proc_main *main, int signal)
{
	int rc;

	if (main->pid == 0)
		return -ESRCH;
	if (main->adopted) {
		rc = main->pidfd < 0 ? -ESRCH : sys_pidfd_kill_group(main->pidfd, signal);
		return rc == -EINVAL ? proc_signal(main, signal) : rc;
	}
	rc = sys_kill_group(main->pid, signal);
	return rc == -ESRCH ? proc_signal(main, signal) : rc;
}

static bool
is_known(const struct proc_table *table, pid_t pid)
{
	if (pid == table->reader || pid == table->trial || helper_of(table, pid) >= 0)
		return true;
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (table->main[slot].pid == pid || table->main[slot].sweep == pid ||
		    table->main[slot].check == pid)
			return true;
	return false;
}

/* An orphan's session tells its server, unless it made a session of its own. */
static enum proc_left
whose_orphan(const struct proc_table *table, int slot, pid_t pid)
{
	pid_t session = sys_session_of(pid);

	if (session < 0)
		return PROC_EMPTY;	/* gone; its SIGCHLD is on the way */
	for (int other = 0; other < CONF_SERVERS; other++)
		if (other != slot && table->main[other].pid == session)
			return PROC_EMPTY;
	return session == table->main[slot].session ? PROC_LEFT : PROC_UNSURE;
}

/* Another server's main process may have got the number that once was our session's. */
static pid_t
session_of_slot(const struct proc_table *table, int slot)
{
	for (int other = 0; other < CONF_SERVERS; other++)
		if (other != slot && table->main[other].pid == table->main[slot].session)
			return 0;
	return table->main[slot].session;
}

/*
 * Calls `see` for each child that is neither a main process nor a helper, until it says no.
 * Needs CONFIG_PROC_CHILDREN, which every distribution sets, and our own /proc.
 */
static int
each_orphan(const struct proc_table *table, bool (*see)(void *cookie, pid_t pid), void *cookie)
{
	char path[64], text[1024];
	bool more = true;
	pid_t pid = 0;
	ssize_t n;
	int fd;

	fmt_put(path, sizeof(path), "/proc/self/task/%d/children", (int)sys_pid());
	fd = sys_open(path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	while (more && (n = sys_read(fd, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < n && more; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
				continue;
			}
			more = pid == 0 || is_known(table, pid) || see(cookie, pid);
			pid = 0;
		}
	}
	sys_close(fd);
	return 0;
}

struct look {
	const struct proc_table *table;
	int slot, signal;
	enum proc_left left;
};

static bool
look_at(void *cookie, pid_t pid)
{
	struct look *look = cookie;
	enum proc_left one = whose_orphan(look->table, look->slot, pid);

	if (one != PROC_EMPTY)
		look->left = one;
	return one != PROC_LEFT;
}

enum proc_left
proc_look(const struct proc_table *table, int slot)
{
	struct look look = { .table = table, .slot = slot, .left = PROC_EMPTY };

	/* Whoever outlives an adopted one becomes somebody else's child. */
	if (table->main[slot].adopted)
		return PROC_UNSURE;
	/* Whoever outlives his parent becomes our child: no child, nobody left.  Needs no /proc. */
	if (!sys_any_child())
		return PROC_EMPTY;
	return each_orphan(table, look_at, &look) < 0 ? PROC_UNSURE : look.left;
}

static bool
signal_leader(void *cookie, pid_t pid)
{
	if (sys_session_of(pid) == pid)
		sys_kill(pid, *(const int *)cookie);
	return true;
}

void
proc_signal_leaders(int signal)
{
	static const struct proc_table nothing;

	each_orphan(&nothing, signal_leader, &signal);
}

bool
proc_group_left(const struct proc_table *table, int slot)
{
	return !table->main[slot].adopted && sys_kill_group(table->main[slot].session, 0) != -ESRCH;
}

/* Its number cannot be anybody else's before we have reaped it. */
static bool
signal_one(void *cookie, pid_t pid)
{
	struct look *look = cookie;

	if (sys_session_of(pid) == look->table->main[look->slot].session) {
		sys_kill(pid, look->signal);
		look->left = PROC_LEFT;
	}
	return true;
}

void
proc_signal_session(const struct proc_table *table, int slot, int signal)
{
	struct look look = { .table = table, .slot = slot, .signal = signal };

	if (table->main[slot].adopted)
		return;
	/* Of a session that has a member the number is not free for another group. */
	if (each_orphan(table, signal_one, &look) < 0 || look.left == PROC_LEFT)
		sys_kill_group(session_of_slot(table, slot), signal);
}

/*
 * A helper of ours: the same binary in a role, with default signals, and fds[i] as its fd 3 + i.
 * What it is given stands above LOW_FDS, so none is overwritten before it was moved.
 */
static pid_t
fork_role(struct proc_table *table, enum proc_whose whose, int number, char *const argv[],
    const int fds[], int count)
{
	pid_t pid = proc_fork_as(table, whose, number);

	if (pid != 0)
		return pid;
	sys_signals_default();
	for (int i = 0; i < count; i++)
		if (fds[i] < 0)
			sys_close(3 + i);
		else
			sys_move(fds[i], 3 + i);
	sys_close_from(3 + count);
	/* All signals stay blocked, as main() wants them: Ctrl-C is not meant for a helper. */
	/* The reader reads the INI, whose ${} are filled from all of it. */
	sys_exec(self_path, argv, whose == PROC_READER ? environ : proc_little_environment());
	sys_exit(127);
}

int
proc_start_helper(struct proc_table *table, int number, char *const argv[], const int fds[],
    int count)
{
	pid_t pid;

	if (table->helper[number] != 0)
		return -EBUSY;
	pid = fork_role(table, PROC_HELPER, number, argv, fds, count);
	return pid < 0 ? pid : 0;
}

int
proc_sweep(struct proc_table *table, int slot, const struct proc_broom *broom)
{
	struct proc_main *p = &table->main[slot];
	char role[] = "--role=sweep", me[] = "mcinit", name[CONF_NAME_BYTES];
	char life[16], session[16], signal[16], level[4], json[4], supervisor[16];
	char adopted[4];
	char *argv[] = { me, role, name, life, session, signal, level, json, supervisor, adopted, NULL };
	pid_t pid;

	if (broom->signal > 0 && p->sweep_next != SIGKILL)
		p->sweep_next = (uint8_t)broom->signal;
	if (p->sweep != 0 && !broom->next) {
		/* It may hang at a process that hangs: its work is done again by the next one. */
		if (broom->signal == SIGKILL)
			sys_kill(p->sweep, SIGKILL);
		return 0;
	}
	fmt_put(name, sizeof(name), "%s", broom->name);
	fmt_put(life, sizeof(life), "%d", (int)p->session);
	fmt_put(session, sizeof(session), "%d", (int)session_of_slot(table, slot));
	fmt_put(signal, sizeof(signal), "%d", p->sweep_next);
	fmt_put(level, sizeof(level), "%d", broom->level);
	fmt_put(json, sizeof(json), "%d", broom->json);
	fmt_put(supervisor, sizeof(supervisor), "%d", (int)sys_pid());
	fmt_put(adopted, sizeof(adopted), "%d", p->adopted);
	pid = fork_role(table, PROC_SWEEP, slot, argv, NULL, 0);
	if (pid < 0)
		return pid;
	p->sweep_signal = p->sweep_next;
	p->sweep_next = 0;
	return 0;
}

int
proc_read_conf(struct proc_table *table, char *const argv[])
{
	int ends[2], rc = high_pipe(ends);
	pid_t pid;

	if (rc < 0)
		return rc;
	sys_nonblocking(ends[0]);
	table->reader_pipe = ends[0];
	pid = fork_role(table, PROC_READER, 0, argv, &ends[1], 1);
	sys_close(ends[1]);
	if (pid > 0)
		return 0;
	fds_drop(&table->reader_pipe);
	return pid;
}

int
proc_write_metrics(struct proc_table *table, char *const argv[], int dir)
{
	pid_t pid = table->metrics != 0 ? -EBUSY : fork_role(table, PROC_METRICS, 0, argv, &dir, 1);

	return pid < 0 ? pid : 0;
}

/* reboot(2) does not write back what is dirty, and both may hang: not in process 1. */
void
proc_end_machine(enum step_ending how)
{
	static const int commands[] = { [ENDING_EXIT] = RB_AUTOBOOT, [ENDING_REBOOT] = RB_AUTOBOOT,
		[ENDING_HALT] = RB_HALT_SYSTEM, [ENDING_POWEROFF] = RB_POWER_OFF };
	pid_t pid = sys_fork();

	if (pid > 0)
		return;
	sys_signals_default();
	sys_sync();
	sys_reboot(commands[how]);
	if (pid == 0)
		sys_exit(71);
}
