/* SPDX-License-Identifier: MIT */
/*
 * proc: children, seen from PID 1; see proc.h.
 *
 * It must never block, and never signal a process that it has not forked itself or that has
 * been reaped.
 */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "fmt.h"
#include "sys.h"

extern char **environ;

static const char *self_path = "/proc/self/exe";

enum { LOW_FDS = 16 };		/* pipe ends live above what children rearrange */

void
proc_init(struct proc_table *table)
{
	memset(table, 0, sizeof(*table));
	table->reader_pipe = -1;
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		table->main[slot].pidfd = table->main[slot].report = -1;
}

void
proc_set_self(const char *path)
{
	if (sys_executable("/proc/self/exe") < 0)
		self_path = path;
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

pid_t
proc_fork(struct proc_table *table, int slot, int *report)
{
	struct proc_main *p = &table->main[slot];
	int ends[2];
	pid_t pid = high_pipe(ends);

	if (pid < 0)
		return pid;
	pid = sys_fork();
	if (pid == 0) {
		*report = ends[1];
		return 0;
	}
	sys_close(ends[1]);
	if (pid < 0) {
		sys_close(ends[0]);
		return pid;
	}
	sys_nonblocking(ends[0]);
	p->pid = p->session = pid;
	p->report = ends[0];
	p->failed = false;
	/* Race-free: we are its parent and have not waited.  Refused (EPERM, ENOSYS): by pid. */
	p->pidfd = sys_pidfd_open(pid);
	if (p->pidfd < 0)
		p->pidfd = -1;
	return pid;
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

static void
forget_main(struct proc_main *p)
{
	if (p->pidfd >= 0)
		sys_close(p->pidfd);
	p->pidfd = -1;
	p->pid = 0;
}

void
proc_reap(struct proc_table *table, struct proc_end *end)
{
	pid_t pid = sys_reap(&end->status);

	if (pid <= 0) {
		end->whose = pid == 0 ? PROC_NO_MORE : PROC_NO_CHILD;
		return;
	}
	for (end->slot = 0; end->slot < CONF_SERVERS; end->slot++) {
		struct proc_main *p = &table->main[end->slot];

		if (p->pid == pid) {
			end->whose = PROC_MAIN;
			forget_main(p);
			return;
		}
		if (p->sweep == pid) {
			end->whose = PROC_SWEEP;
			p->sweep = 0;
			return;
		}
	}
	end->whose = PROC_NOBODY;
	if (table->reader == pid) {
		end->whose = PROC_READER;
		table->reader = 0;
	} else {
		table->reaped++;
	}
}

int
proc_signal(const struct proc_main *main, int signal)
{
	int rc;

	if (main->pid == 0)
		return -ESRCH;
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
	rc = sys_kill_group(main->pid, signal);
	return rc == -ESRCH ? proc_signal(main, signal) : rc;
}

static bool
is_known(const struct proc_table *table, pid_t pid)
{
	if (pid == table->reader)
		return true;
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (table->main[slot].pid == pid || table->main[slot].sweep == pid)
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

/* The list of our children; needs CONFIG_PROC_CHILDREN, which every distribution sets. */
static int
open_children(void)
{
	char path[64];

	fmt_put(path, sizeof(path), "/proc/self/task/%d/children", (int)sys_pid());
	return sys_open(path, O_RDONLY, 0);
}

enum proc_left
proc_look(const struct proc_table *table, int slot)
{
	enum proc_left left = PROC_EMPTY;
	char text[1024];
	int fd = open_children();
	pid_t pid = 0;
	ssize_t n;

	if (fd < 0)
		return PROC_UNSURE;
	while (left != PROC_LEFT && (n = sys_read(fd, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < n && left != PROC_LEFT; i++) {
			enum proc_left one;

			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
				continue;
			}
			one = pid == 0 || is_known(table, pid) ? PROC_EMPTY :
			    whose_orphan(table, slot, pid);
			pid = 0;
			if (one != PROC_EMPTY)
				left = one;
		}
	}
	sys_close(fd);
	return left;
}

/* A helper of ours: the same binary in a role, with default signals, and `out` as its fd 3. */
static pid_t
fork_role(char *const argv[], int out)
{
	pid_t pid = sys_fork();

	if (pid != 0)
		return pid;
	sys_signals_default();
	if (out >= 0)
		sys_move(out, 3);
	sys_close_from(out >= 0 ? 4 : 3);
	sys_signals_unblock();
	sys_exec(self_path, argv, environ);
	sys_exit(127);
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

int
proc_sweep(struct proc_table *table, int slot, const struct proc_broom *broom)
{
	struct proc_main *p = &table->main[slot];
	char role[] = "--role=sweep", me[] = "mcinit", name[CONF_NAME_BYTES];
	char session[16], signal[16], alone[4], level[4], json[4], supervisor[16];
	char *argv[] = { me, role, name, session, signal, alone, level, json, supervisor, NULL };
	pid_t pid;

	if (p->sweep != 0) {
		if (broom->signal > 0 && p->sweep_next != SIGKILL)
			p->sweep_next = (uint8_t)broom->signal;
		/* It may hang at a process that hangs; the next one does not wait for it. */
		if (broom->signal == SIGKILL)
			sys_kill(p->sweep, SIGKILL);
		return 0;
	}
	fmt_put(name, sizeof(name), "%s", broom->name);
	fmt_put(session, sizeof(session), "%d", (int)session_of_slot(table, slot));
	fmt_put(signal, sizeof(signal), "%d", broom->signal);
	fmt_put(alone, sizeof(alone), "%d", broom->alone);
	fmt_put(level, sizeof(level), "%d", broom->level);
	fmt_put(json, sizeof(json), "%d", broom->json);
	fmt_put(supervisor, sizeof(supervisor), "%d", (int)sys_pid());
	pid = fork_role(argv, -1);
	if (pid < 0)
		return pid;
	p->sweep = pid;
	p->sweep_signal = (uint8_t)broom->signal;
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
	pid = fork_role(argv, ends[1]);
	sys_close(ends[1]);
	if (pid < 0) {
		sys_close(ends[0]);
		return pid;
	}
	sys_nonblocking(ends[0]);
	table->reader = pid;
	table->reader_pipe = ends[0];
	return 0;
}
