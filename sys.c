/* SPDX-License-Identifier: MIT */
/*
 * sys: the only door to the kernel.  Thin wrappers, >= 0 or -errno; see sys.h.
 *
 * Called by every room that has effects.  It must never decide anything, log anything, or
 * keep state.
 */
#include "sys.h"

#include <errno.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sys_in.h"

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal	424
#endif
/* Younger than the headers we are built with. */
enum { SIGNAL_PROCESS_GROUP = 1 << 2, INFO_EXIT = 1 << 3 };
struct about_pidfd {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, uids[8];
	int32_t status;
};
#define GET_INFO	_IOWR(0xff, 11, struct about_pidfd)
#ifndef SYS_pidfd_open
#define SYS_pidfd_open		434
#endif

enum { MASK_BYTES = 8 };		/* the kernel's sigset, whatever libc's is */

static int
mask_set(uint64_t mask)
{
	return syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, MASK_BYTES) ? -errno : 0;
}

int
sys_signals_block(void)
{
	return mask_set(~UINT64_C(0));
}

int
sys_signals_unblock(void)
{
	return mask_set(0);
}

/* The kernel's own struct, because libc hides signals 32..34 from sigaction(). */
int
sys_signal_set(int signal, void (*handler)(int))
{
	const struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} action = { .handler = handler };

	return syscall(SYS_rt_sigaction, signal, &action, NULL, MASK_BYTES) ? -errno : 0;
}

int
sys_signal_default(int signal)
{
	return sys_signal_set(signal, SIG_DFL);
}

int
sys_signals_default(void)
{
	for (int signal = 1; signal <= SYS_SIGNALS; signal++)
		if (signal != SIGKILL && signal != SIGSTOP)
			sys_signal_set(signal, SIG_DFL);
	return 0;
}

static int
signalfd_of(uint64_t mask, int flags)
{
	long fd = syscall(SYS_signalfd4, -1, &mask, MASK_BYTES, flags);

	return fd < 0 ? -errno : (int)fd;
}

int
sys_signalfd(void)
{
	/* A read takes any that is pending, also one that is not blocked and on its way to a handler. */
	return signalfd_of(~sys_fault_mask(), SFD_CLOEXEC | SFD_NONBLOCK);
}

int
sys_signalfd_blocking(void)
{
	return signalfd_of(~UINT64_C(0), SFD_CLOEXEC);
}

/* The stop happens between the two masks; SIGCONT, blocked as well, is left pending by it. */
int
sys_suspend(int signal)
{
	uint64_t one = UINT64_C(1) << (signal - 1), pending = 0;

	if (syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &one, NULL, MASK_BYTES) ||
	    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &one, NULL, MASK_BYTES) ||
	    syscall(SYS_rt_sigpending, &pending, MASK_BYTES))
		return -errno;
	return (int)(pending >> (SIGCONT - 1) & 1);
}

int
sys_signal_read(int fd, struct signalfd_siginfo *info, int room)
{
	long n = RETRY(read(fd, info, (size_t)room * sizeof(*info)));

	if (n == -EAGAIN)
		return 0;
	return n < 0 ? (int)n : (int)(n / (long)sizeof(*info));
}

/* kill(0), kill(-1) and kill(1) hit ourselves or everyone: never by a pid gone astray. */
int
sys_kill(pid_t pid, int signal)
{
	if (pid <= 1)
		return -EINVAL;
	return kill(pid, signal) ? -errno : 0;
}

int
sys_kill_group(pid_t group, int signal)
{
	if (group <= 1)
		return -EINVAL;
	return kill(-group, signal) ? -errno : 0;
}

int
sys_pidfd_open(pid_t pid)
{
	long fd = syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : (int)fd;
}

int
sys_pidfd_kill(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) ? -errno : 0;
}

int
sys_pidfd_kill_group(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, SIGNAL_PROCESS_GROUP) ? -errno : 0;
}

int
sys_pidfd_status(int pidfd, int *status)
{
	struct about_pidfd info = { .mask = INFO_EXIT };

	if (ioctl(pidfd, GET_INFO, &info) < 0)
		return -errno;
	if (!(info.mask & INFO_EXIT))
		return -EAGAIN;
	*status = info.status;
	return 0;
}

const char *
sys_own_path(void)
{
	return (const char *)getauxval(AT_EXECFN);
}

pid_t
sys_pid(void)
{
	return getpid();
}

pid_t
sys_parent(void)
{
	return getppid();
}

uid_t
sys_uid(void)
{
	return geteuid();
}

pid_t
sys_fork(void)
{
	/* Without the atfork handlers and locks that a program with one thread has no use for. */
	pid_t pid = _Fork();

	return pid < 0 ? -errno : pid;
}

int
sys_exec(const char *file, char *const argv[], char *const envp[])
{
	execve(file, argv, envp);
	return -errno;
}

_Noreturn void
sys_exit(int code)
{
	for (;;)
		_exit(code);
}

pid_t
sys_reap(int *status)
{
	return (pid_t)RETRY(waitpid(-1, status, WNOHANG));
}

int
sys_any_child(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

pid_t
sys_reap_all(int *status)
{
	return (pid_t)RETRY(waitpid(-1, status, WNOHANG | WUNTRACED));
}

int
sys_session(void)
{
	return setsid() < 0 ? -errno : 0;
}

pid_t
sys_session_of(pid_t pid)
{
	pid_t session = getsid(pid);

	return session < 0 ? -errno : session;
}

int
sys_group(pid_t pid, pid_t group)
{
	return setpgid(pid, group) ? -errno : 0;
}

pid_t
sys_own_group(void)
{
	return getpgrp();
}

int
sys_subreaper(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL) ? -errno : 0;
}

int
sys_death_signal(int signal)
{
	return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0UL, 0UL, 0UL) ? -errno : 0;
}

int
sys_limit(int resource, uint64_t soft, uint64_t hard)
{
	uint64_t limit[2] = { soft, hard };

	/* musl's setrlimit() stops all threads first; we have none, and that is 4 KiB of code. */
	return syscall(SYS_prlimit64, 0, resource, limit, NULL) ? -errno : 0;
}

int
sys_limit_get(int resource, uint64_t *soft, uint64_t *hard)
{
	uint64_t limit[2];

	if (syscall(SYS_prlimit64, 0, resource, NULL, limit))
		return -errno;
	*soft = limit[0];
	*hard = limit[1];
	return 0;
}

int
sys_nice(int value)
{
	return setpriority(PRIO_PROCESS, 0, value) ? -errno : 0;
}

mode_t
sys_umask(mode_t mask)
{
	return umask(mask);
}

int
sys_no_new_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) ? -errno : 0;
}

int
sys_epoll(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int
sys_epoll_add(int epoll, int fd, uint64_t tag)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .u64 = tag } };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int
sys_epoll_add_edge(int epoll, int fd, uint64_t tag)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data = { .u64 = tag } };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int
sys_epoll_again(int epoll, int fd, uint64_t tag)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data = { .u64 = tag } };

	return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) ? -errno : 0;
}

int
sys_epoll_remove(int epoll, int fd)
{
	struct epoll_event unused = { 0 };

	return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &unused) ? -errno : 0;
}

int
sys_epoll_watch(int epoll, int fd, uint64_t tag, bool in, bool out)
{
	struct epoll_event event = { .events = (in ? EPOLLIN : 0) | (out ? EPOLLOUT : 0),
		.data = { .u64 = tag } };

	/* Else that the other side has gone would be told again and again. */
	if (!in && !out)
		return sys_epoll_remove(epoll, fd);
	if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0)
		return 0;
	return errno != ENOENT || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* EINTR is "nothing yet": the caller looks at the clock and comes again. */
int
sys_epoll_wait(int epoll, uint64_t *tags, int room, int timeout_ms)
{
	enum { AT_ONCE = 16 };
	struct epoll_event events[AT_ONCE];
	int n = epoll_wait(epoll, events, room < AT_ONCE ? room : AT_ONCE, timeout_ms);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++)
		tags[i] = events[i].data.u64;
	return n;
}

static int64_t
clock_ms(clockid_t clock)
{
	struct timespec t = { 0 };

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
sys_now(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t
sys_wall_clock(void)
{
	return clock_ms(CLOCK_REALTIME);
}

pid_t
sys_tty_group(int fd)
{
	pid_t group = tcgetpgrp(fd);

	return group < 0 ? -errno : group;
}

int
sys_tty_set_group(int fd, pid_t group)
{
	return tcsetpgrp(fd, group) ? -errno : 0;
}

int
sys_reboot(int command)
{
	return reboot(command) ? -errno : 0;
}

int
sys_flush(int fd)
{
	int rc;

	do
		rc = fsync(fd);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

void
sys_sync(void)
{
	sync();
}
