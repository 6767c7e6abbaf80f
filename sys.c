/* SPDX-License-Identifier: MIT */
/*
 * sys: the only door to the kernel.  Thin wrappers, >= 0 or -errno; see sys.h.
 *
 * Called by every room that has effects.  It must never decide anything, log anything, or
 * keep state.
 */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal	424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open		434
#endif
#ifndef SYS_close_range
#define SYS_close_range		436
#endif

enum { MASK_BYTES = 8 };		/* the kernel's sigset, whatever libc's is */

#define RETRY(call) ({ \
	long result_; \
	do \
		result_ = (long)(call); \
	while (result_ == -1 && errno == EINTR); \
	result_ == -1 ? -errno : result_; \
})

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
static int
disposition_set(int signal, void (*handler)(int))
{
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} action = { .handler = handler };

	return syscall(SYS_rt_sigaction, signal, &action, NULL, MASK_BYTES) ? -errno : 0;
}

int
sys_signals_default(void)
{
	for (int signal = 1; signal <= SYS_SIGNALS; signal++)
		if (signal != SIGKILL && signal != SIGSTOP)
			disposition_set(signal, SIG_DFL);
	return 0;
}

int
sys_signal_ignore(int signal)
{
	return disposition_set(signal, SIG_IGN);
}

int
sys_signal_default(int signal)
{
	return disposition_set(signal, SIG_DFL);
}

static int
signalfd_all(int flags)
{
	uint64_t all = ~UINT64_C(0);
	long fd = syscall(SYS_signalfd4, -1, &all, MASK_BYTES, flags);

	return fd < 0 ? -errno : (int)fd;
}

int
sys_signalfd(void)
{
	return signalfd_all(SFD_CLOEXEC | SFD_NONBLOCK);
}

int
sys_signalfd_blocking(void)
{
	return signalfd_all(SFD_CLOEXEC);
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
sys_open(const char *path, int flags, mode_t mode)
{
	return (int)RETRY(open(path, flags | O_CLOEXEC | O_NOCTTY, mode));
}

int
sys_open_at(int dir, const char *name, int flags, mode_t mode)
{
	return (int)RETRY(openat(dir, name, flags | O_CLOEXEC | O_NOCTTY, mode));
}

/* Linux frees the descriptor before it can report EINTR: a retry would close a stranger's. */
int
sys_close(int fd)
{
	return close(fd) && errno != EINTR ? -errno : 0;
}

ssize_t
sys_read(int fd, void *bytes, size_t count)
{
	return RETRY(read(fd, bytes, count));
}

ssize_t
sys_write(int fd, const void *bytes, size_t count)
{
	return RETRY(write(fd, bytes, count));
}

ssize_t
sys_pread(int fd, void *bytes, size_t count, off_t at)
{
	return RETRY(pread(fd, bytes, count, at));
}

ssize_t
sys_pwrite(int fd, const void *bytes, size_t count, off_t at)
{
	return RETRY(pwrite(fd, bytes, count, at));
}

ssize_t
sys_send_now(int socket, const void *bytes, size_t count)
{
	return RETRY(send(socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL));
}

int
sys_writable_now(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
	long n = RETRY(poll(&poll_fd, 1, 0));

	if (n < 0)
		return (int)n;
	return n == 1 && (poll_fd.revents & POLLOUT);
}

int
sys_readable(int fd, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int n = poll(&poll_fd, 1, timeout_ms);

	return n < 0 ? -errno : n;
}

int
sys_pipe(int ends[2])
{
	return pipe2(ends, O_CLOEXEC) ? -errno : 0;
}

int
sys_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

/* dup2(n, n) succeeds and keeps close-on-exec: the exec'd program would miss the descriptor. */
int
sys_move(int fd, int to)
{
	if (fd == to)
		return fcntl(fd, F_SETFD, 0) < 0 ? -errno : to;
	return (int)RETRY(dup2(fd, to));
}

int
sys_move_private(int fd, int to)
{
	return (int)RETRY(dup3(fd, to, O_CLOEXEC));
}

int
sys_move_above(int fd, int lowest)
{
	return (int)RETRY(fcntl(fd, F_DUPFD_CLOEXEC, lowest));
}

static int
close_by_number(int lowest)
{
	uint64_t soft = 1024, hard = 1024;

	sys_limit_get(RLIMIT_NOFILE, &soft, &hard);
	if (soft > 65536)
		soft = 65536;
	for (int fd = lowest; fd < (int)soft; fd++)
		close(fd);
	return 0;
}

/* close_range came with Linux 5.9; a seccomp filter may answer EPERM for it. */
int
sys_close_from(int lowest)
{
	if (syscall(SYS_close_range, (unsigned)lowest, ~0U, 0) == 0)
		return 0;
	return close_by_number(lowest);
}

int
sys_stat_fd(int fd, struct stat *st)
{
	return fstat(fd, st) ? -errno : 0;
}

int
sys_stat(const char *path, struct stat *st)
{
	return stat(path, st) ? -errno : 0;
}

int
sys_stat_at(int dir, const char *name, struct stat *st)
{
	return fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) ? -errno : 0;
}

int
sys_executable(const char *path)
{
	return access(path, X_OK) ? -errno : 0;
}

int
sys_truncate(int fd, off_t size)
{
	return RETRY(ftruncate(fd, size)) < 0 ? -errno : 0;
}

int
sys_lock(int fd)
{
	return (int)RETRY(flock(fd, LOCK_EX | LOCK_NB));
}

int
sys_make_dir(const char *path, mode_t mode)
{
	return mkdir(path, mode) ? -errno : 0;
}

int
sys_remove_at(int dir, const char *name, bool directory)
{
	return unlinkat(dir, name, directory ? AT_REMOVEDIR : 0) ? -errno : 0;
}

int
sys_change_dir(const char *path)
{
	return chdir(path) ? -errno : 0;
}

int
sys_working_dir(char *path, size_t room)
{
	/* Of libc's getcwd() a caller without a buffer would get an allocated one. */
	return syscall(SYS_getcwd, path, room) < 0 ? -errno : 0;
}

ssize_t
sys_read_link(const char *path, char *target, size_t room)
{
	ssize_t n = readlink(path, target, room - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	return n;
}

/* struct linux_dirent64: inode 8 bytes, offset 8, record length 2, type 1, name. */
const char *
sys_dir_next(struct sys_dir *dir)
{
	for (;;) {
		const char *record = dir->records + dir->at;
		unsigned short length;

		if (dir->at >= dir->filled) {
			dir->at = 0;
			dir->filled = RETRY(syscall(SYS_getdents64, dir->fd, dir->records,
			    sizeof(dir->records)));
			if (dir->filled <= 0)
				return NULL;
			record = dir->records;
		}
		memcpy(&length, record + 16, sizeof(length));
		dir->at += length;
		if (strcmp(record + 19, ".") != 0 && strcmp(record + 19, "..") != 0)
			return record + 19;
	}
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
sys_epoll_remove(int epoll, int fd)
{
	struct epoll_event unused = { 0 };

	return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &unused) ? -errno : 0;
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

void *
sys_map_shared(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void *
sys_map_fd(int fd, size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

int
sys_memfd(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	return fd < 0 ? -errno : fd;
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
sys_is_tty(int fd)
{
	return isatty(fd);
}

int
sys_reboot(int command)
{
	return reboot(command) ? -errno : 0;
}

void
sys_sync(void)
{
	sync();
}
