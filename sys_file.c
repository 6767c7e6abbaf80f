/* SPDX-License-Identifier: MIT */
/*
 * sys_file: the second part of sys.c: descriptors, files, memory; see sys.h.
 *
 * It must never decide anything, log anything, or keep state.
 */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys_in.h"

#ifndef SYS_close_range
#define SYS_close_range		436
#endif

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
sys_change_dir_fd(int dir)
{
	return fchdir(dir) ? -errno : 0;
}

int
sys_writable(const char *path)
{
	return access(path, W_OK) ? -errno : 0;
}

int
sys_executable(const char *path)
{
	return access(path, X_OK) ? -errno : 0;
}

int
sys_allocate(int fd, off_t size)
{
	return RETRY(fallocate(fd, 0, 0, size)) < 0 ? -errno : 0;
}

int
sys_set_mode(int fd, mode_t mode)
{
	return fchmod(fd, mode) ? -errno : 0;
}

int
sys_set_owner(int fd, uid_t user, gid_t group)
{
	return fchown(fd, user, group) ? -errno : 0;
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
sys_lock_shared(int fd)
{
	return (int)RETRY(flock(fd, LOCK_SH | LOCK_NB));
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
	return sys_read_link_at(AT_FDCWD, path, target, room);
}

ssize_t
sys_read_link_at(int dir, const char *name, char *target, size_t room)
{
	ssize_t n = readlinkat(dir, name, target, room - 1);

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
