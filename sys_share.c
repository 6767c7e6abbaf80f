/* SPDX-License-Identifier: MIT */
/*
 * sys_share: the third part of sys.c: what processes share (memory, bells, FIFOs, terminals);
 * see sys.h.
 *
 * It must never decide anything, log anything, or keep state.
 */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "sys_in.h"

/* On 32-bit machines the call of this name takes 32-bit times, which those of musl are not. */
#ifdef SYS_futex_time64
#define FUTEX_WAIT_CALL	SYS_futex_time64
#else
#define FUTEX_WAIT_CALL	SYS_futex
#endif
#ifndef SYS_futex
#define SYS_futex	SYS_futex_time64
#endif

void *
sys_map_fd_at(int fd, int64_t at, size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)at);

	return p == MAP_FAILED ? NULL : p;
}

void *
sys_map_ring(int fd, int64_t at, size_t head, size_t body, bool writable)
{
	int rights = PROT_READ | (writable ? PROT_WRITE : 0), how = MAP_SHARED | MAP_FIXED;
	size_t all = head + 2 * body;
	char *p = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *first, *again;

	if (p == MAP_FAILED)
		return NULL;
	first = mmap(p, head + body, rights, how, fd, (off_t)at);
	again = mmap(p + head + body, body, rights, how, fd, (off_t)at + (off_t)head);
	if (first != MAP_FAILED && again != MAP_FAILED)
		return p;
	munmap(p, all);
	return NULL;
}

int
sys_seal_size(int fd)
{
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ? -errno : 0;
}

int
sys_allocate_part(int fd, int64_t at, int64_t bytes)
{
	return RETRY(fallocate(fd, 0, (off_t)at, (off_t)bytes)) < 0 ? -errno : 0;
}

/* A record lock: of the process, so a child has none of it, an exec keeps it and an end drops it. */
int
sys_lock_byte(int fd, int64_t at)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)at,
		.l_len = 1 };

	return RETRY(fcntl(fd, F_SETLK, &lock)) < 0 ? -errno : 0;
}

void
sys_futex_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

void
sys_futex_wait(const uint32_t *word, uint32_t value, int timeout_ms)
{
	struct timespec most = { .tv_sec = timeout_ms / 1000,
		.tv_nsec = (long)(timeout_ms % 1000) * 1000000 };

	syscall(FUTEX_WAIT_CALL, word, FUTEX_WAIT, value, timeout_ms < 0 ? NULL : &most, NULL, 0);
}

int
sys_bell(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

void
sys_bell_ring(int bell)
{
	uint64_t one = 1;

	RETRY(write(bell, &one, sizeof(one)));
}

void
sys_bell_clear(int bell)
{
	uint64_t count;

	RETRY(read(bell, &count, sizeof(count)));
}

int
sys_poll(struct pollfd *fds, unsigned count, int timeout_ms)
{
	int n = poll(fds, count, timeout_ms);

	return n < 0 ? (errno == EINTR ? 0 : -errno) : n;
}

int
sys_poll_admit(struct pollfd *fds, unsigned count, int timeout_ms, int signal)
{
	struct timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };
	sigset_t mask;
	int n;

	/* Of libc, which knows all signals that can be meant here. */
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigdelset(&mask, signal);
	n = ppoll(fds, count, timeout_ms < 0 ? NULL : &timeout, &mask);
	return n < 0 ? (errno == EINTR ? 0 : -errno) : n;
}

int
sys_make_fifo_at(int dir, const char *name, mode_t mode)
{
	return mkfifoat(dir, name, mode) ? -errno : 0;
}

int
sys_make_dir_at(int dir, const char *name, mode_t mode)
{
	return mkdirat(dir, name, mode) ? -errno : 0;
}

int
sys_link_at(int dir, const char *name, const char *target)
{
	return symlinkat(target, dir, name) ? -errno : 0;
}

/* RENAME_NOREPLACE (Linux 3.15) is not known to every file system; then a look has to do. */
int
sys_rename_at(int dir, const char *from, const char *to)
{
	return renameat(dir, from, dir, to) ? -errno : 0;
}

int
sys_rename_new_at(int dir, const char *from, const char *to)
{
	struct stat st;

	if (syscall(SYS_renameat2, dir, from, dir, to, 1 /* RENAME_NOREPLACE */) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (fstatat(dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	return renameat(dir, from, dir, to) ? -errno : 0;
}

int
sys_pipe_room(int fd, int bytes)
{
	int n = fcntl(fd, F_SETPIPE_SZ, bytes);

	return n < 0 ? -errno : n;
}

int
sys_waiting_bytes(int fd)
{
	int n = 0;

	return ioctl(fd, FIONREAD, &n) < 0 ? -errno : n;
}

int64_t
sys_place_in(int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR);

	return at < 0 ? -errno : (int64_t)at;
}

bool
sys_is_tty(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0;
}

int
sys_pty(void)
{
	int master = sys_open("/dev/ptmx", O_RDWR | O_NONBLOCK, 0), unlock = 0;

	if (master < 0)
		return master;
	if (ioctl(master, TIOCSPTLCK, &unlock) == 0)
		return master;
	unlock = -errno;
	sys_close(master);
	return unlock;
}

/* TIOCGPTPEER (Linux 4.13) needs no /dev/pts of this namespace; before that, by its number. */
int
sys_pty_peer(int master)
{
	long peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

	return peer < 0 ? -errno : (int)peer;
}

int
sys_tty_own(int fd)
{
	return ioctl(fd, TIOCSCTTY, 0) ? -errno : 0;
}

int
sys_tty_copy_size(int from, int to)
{
	struct winsize size;

	return ioctl(from, TIOCGWINSZ, &size) || ioctl(to, TIOCSWINSZ, &size) ? -errno : 0;
}

int
sys_tty_columns(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

/* Keys one by one and unseen, as the program in the pty wants them; Ctrl-C stays a signal to us. */
int
sys_tty_keys(int fd, struct termios *before)
{
	struct termios keys;

	if (ioctl(fd, TCGETS, before))
		return -errno;
	keys = *before;
	keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
	/* What was typed before a Ctrl-C has been typed. */
	keys.c_lflag |= NOFLSH;
	keys.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
	return ioctl(fd, TCSETS, &keys) ? -errno : 0;
}

int
sys_tty_typing(int fd, const struct termios *before, bool on)
{
	struct termios keys;

	if (ioctl(fd, TCGETS, &keys))
		return -errno;
	keys.c_cc[VINTR] = on ? _POSIX_VDISABLE : before->c_cc[VINTR];
	keys.c_cc[VSUSP] = on ? _POSIX_VDISABLE : before->c_cc[VSUSP];
	return ioctl(fd, TCSETS, &keys) ? -errno : 0;
}

int
sys_tty_restore(int fd, const struct termios *before)
{
	return ioctl(fd, TCSETS, before) ? -errno : 0;
}

int
sys_signal_block(int signal)
{
	uint64_t one = UINT64_C(1) << (signal - 1);

	return syscall(SYS_rt_sigprocmask, SIG_BLOCK, &one, NULL, sizeof(one)) ? -errno : 0;
}

int
sys_signal_admit(int signal)
{
	uint64_t one = UINT64_C(1) << (signal - 1), waiting = 0;

	if (syscall(SYS_rt_sigpending, &waiting, sizeof(waiting)) || !(waiting & one))
		return 0;
	return syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &one, NULL, sizeof(one)) ? -errno : 0;
}
