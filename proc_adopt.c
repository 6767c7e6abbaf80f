/* SPDX-License-Identifier: MIT */
/*
 * proc_adopt: main processes that another mcinit has started, a part of proc.c; see proc.h.
 *
 * They are no children of ours, and their numbers are not kept for us: what is done to them goes by
 * their pidfd.  It must never take a process for one that it was not compared with.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fds.h"
#include "fmt.h"
#include "proc_in.h"
#include "step.h"
#include "sys.h"

enum { STAT_STARTED = 22, STAT_STATUS = 52 };	/* fields of /proc/PID/stat */

/* Number `field` of /proc/PID/stat, from 4 on; 0 or -errno. */
static int
read_stat(pid_t pid, int field, uint64_t *value)
{
	char path[32], text[1024], *at;
	ssize_t n;
	int fd;

	fmt_put(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = sys_open(path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	n = sys_read(fd, text, sizeof(text) - 1);
	sys_close(fd);
	if (n <= 0)
		return n < 0 ? (int)n : -ESRCH;
	text[n] = '\0';
	/* The name may hold anything, so count from the last ')', behind field 2. */
	at = strrchr(text, ')');
	for (int i = 2; at != NULL && i < field; i++)
		at = strchr(at + 1, ' ');
	if (at == NULL)
		return -EPROTO;
	*value = strtoull(at + 1, NULL, 10);
	return 0;
}

int
proc_start_time(pid_t pid, uint64_t *ticks)
{
	return read_stat(pid, STAT_STARTED, ticks);
}

uint64_t
proc_pidfd_inode(int pidfd)
{
	struct stat st;

	return pidfd >= 0 && sys_stat_fd(pidfd, &st) == 0 ? st.st_ino : 0;
}

/* ---- adoption ---- */

/* 0: the number still means the process that was started; -ESRCH: not any more; or it cannot be known. */
static int
is_same(const struct proc_main *main, int slot)
{
	uint64_t ticks;
	int rc = proc_births->start[slot].pid == main->pid ? proc_start_time(main->pid, &ticks) : -ESRCH;

	if (rc == 0 && ticks != proc_births->start[slot].ticks)
		rc = -ESRCH;
	return rc == -ENOENT ? -ESRCH : rc;
}

/* The pidfd first: whatever the number means from now on, it is looked at once, and is that one. */
static int
open_same(const struct proc_main *main, int slot)
{
	uint64_t inode = proc_births->start[slot].inode;
	int fd = sys_pidfd_open(main->pid), rc = is_same(main, slot), above;

	/* Where there are no pidfds it may have ended long ago all the same. */
	if (fd < 0)
		return fd == -ESRCH || rc == -ESRCH ? -ESRCH : fd == -EPERM ? -ENOSYS : fd;
	/* Its own pidfd it may not have got, so that its inode was not written down. */
	if (rc == 0 && inode != 0 && proc_pidfd_inode(fd) != inode)
		rc = -ESRCH;
	above = rc < 0 ? rc : sys_move_above(fd, LOW_FDS);
	sys_close(fd);
	return above;
}

int
proc_adopt(struct proc_table *table, int slot, int *status)
{
	struct proc_main *p = &table->main[slot];
	int fd;

	p->adopted = true;
	p->pidfd = p->report = -1;
	/* What the sweep was sent for, and did not live to do. */
	if (p->sweep != 0 && p->sweep_next != SIGKILL && p->sweep_signal != 0)
		p->sweep_next = p->sweep_signal;
	p->sweep = 0;
	*status = STEP_NOT_KNOWN;
	if (p->pid == 0)
		return -ESRCH;
	fd = open_same(p, slot);
	if (fd < 0)
		return fd;
	p->pidfd = fd;
	if (sys_readable(fd, 0) != 1)
		return 0;
	*status = proc_adopted_status(p);
	return -ESRCH;
}

int
proc_take(struct proc_table *table, int slot, pid_t pid)
{
	struct proc_main *p = &table->main[slot];
	int fd = sys_pidfd_open(pid), above;
	uint64_t ticks;

	if (fd < 0)
		return fd;
	above = proc_start_time(pid, &ticks) < 0 ? -ESRCH : sys_move_above(fd, LOW_FDS);
	sys_close(fd);
	if (above < 0)
		return above;
	proc_births->start[slot].pid = pid;
	proc_births->start[slot].ticks = ticks;
	proc_births->start[slot].inode = proc_pidfd_inode(above);
	p->pid = p->session = pid;
	p->pidfd = above;
	p->adopted = true;
	return 0;
}

/* To whom the kernel does not tell how a process ended, it tells 0, as if that had been well. */
static bool
may_know(pid_t pid)
{
	char path[32];
	struct stat st;

	fmt_put(path, sizeof(path), "/proc/%d", (int)pid);
	return sys_stat(path, &st) == 0 && (sys_uid() == 0 || st.st_uid == sys_uid());
}

int
proc_adopted_status(const struct proc_main *main)
{
	uint64_t value;
	int status;

	if (sys_pidfd_status(main->pidfd, &status) == 0)
		return status;
	/* Its parent has not waited for it yet; and looked at before that, the number was still its. */
	if (may_know(main->pid) && read_stat(main->pid, STAT_STATUS, &value) == 0 &&
	    sys_pidfd_kill(main->pidfd, 0) == 0)
		return (int)(value & 0xffff);
	/* It was waited for just now. */
	return sys_pidfd_status(main->pidfd, &status) == 0 ? status : STEP_NOT_KNOWN;
}

void
proc_adopted_gone(struct proc_main *main)
{
	main->pid = 0;
	fds_drop(&main->pidfd);
}
