/* SPDX-License-Identifier: MIT */
/*
 * pidfile: mcinit.pid_file; see pidfile.h.
 *
 * It must never leave half a file under the name that others read.
 */
#include "pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fmt.h"
#include "log.h"
#include "sys.h"

enum { HIGH = 16, ROOM = 4096, TRIES = 8 };

/* By whom, for the message alone; 0: by nobody. */
static long
holder(const char *path)
{
	char text[16] = "";
	int fd = sys_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0), rc;

	if (fd < 0)
		return 0;
	rc = sys_lock_shared(fd);
	if (rc == -EWOULDBLOCK && sys_pread(fd, text, sizeof(text) - 1, 0) < 0)
		text[0] = '\0';
	sys_close(fd);
	return rc == -EWOULDBLOCK ? strtol(text, NULL, 10) : 0;
}

static int
refuse(const char *path, long pid)
{
	log_err(NULL, 0, "mcinit.pid_file %s is that of another mcinit (pid %ld), which runs. Stop it "
	    "first, or name another file", path, pid);
	return -EEXIST;
}

static bool
is_same(int fd, const char *path)
{
	struct stat ours, there;

	return sys_stat_fd(fd, &ours) == 0 && sys_stat(path, &there) == 0 &&
	    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/* Not what somebody has put there to have it written to. */
static bool
is_plain(int fd)
{
	struct stat st;

	return sys_stat_fd(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	    st.st_uid == sys_uid();
}

/*
 * The new file, empty and locked, before it has its name: who finds it finds it locked.  Whoever has it is
 * the only one who looks whether there is a holder, and puts another in its place.
 */
static int
open_new(const char *new)
{
	for (int i = 0; i < TRIES; i++) {
		int fd = sys_open(new, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0644), rc;

		if (fd >= 0 && is_plain(fd)) {
			rc = sys_lock(fd);
			/* Without locks it is a pid file all the same. */
			if (rc != -EWOULDBLOCK && is_same(fd, new))
				rc = sys_truncate(fd, 0);
			else if (rc != -EWOULDBLOCK)
				rc = -ESTALE;
			if (rc == 0)
				return fd;
			sys_close(fd);
			if (rc != -ESTALE)
				return rc;
			continue;
		}
		if (fd >= 0)
			sys_close(fd);
		rc = sys_remove_at(AT_FDCWD, new, false);
		if (rc < 0)
			return fd < 0 ? fd : rc;
	}
	return -EBUSY;
}

static int
fill(int fd, const char *path, const char *new)
{
	char text[16];
	size_t n = fmt_put(text, sizeof(text), "%d\n", (int)sys_pid());
	ssize_t written = sys_write(fd, text, n);
	int rc = written == (ssize_t)n ? sys_flush(fd) : written < 0 ? (int)written : -ENOSPC;

	/* The name must not be there before the bytes are, should the power go. */
	return rc < 0 ? rc : sys_rename_at(AT_FDCWD, new, path);
}

/* To name /dev/null for none is natural; to replace it would be the end of it. */
static bool
is_device(const char *path)
{
	struct stat st;

	return sys_stat(path, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode));
}

int
pidfile_write(const char *path, int32_t *fd)
{
	char new[ROOM + 8];
	int made, rc = -ENODEV;
	long pid = 0;

	fmt_put(new, sizeof(new), "%.*s.new", ROOM, path);
	made = is_device(path) ? rc : open_new(new);
	if (made >= 0) {
		pid = holder(path);
		rc = pid == 0 ? fill(made, path, new) : -EEXIST;
		if (rc < 0)
			sys_remove_at(AT_FDCWD, new, false);
	}
	if (made >= 0 && rc == 0)
		*fd = rc = sys_move_above(made, HIGH);
	if (made >= 0)
		sys_close(made);
	if (pid != 0)
		return refuse(path, pid);
	if (made == -EWOULDBLOCK) {
		log_err(NULL, 0, "mcinit.pid_file %s is just being written by another mcinit", path);
		return -EEXIST;
	}
	if (made < 0 || rc < 0)
		log_err(NULL, made < 0 ? made : rc, "cannot write mcinit.pid_file %s", path);
	return made < 0 ? made : rc < 0 ? rc : 0;
}

void
pidfile_remove(const char *path, int fd)
{
	if (fd >= 0 && is_same(fd, path))
		sys_remove_at(AT_FDCWD, path, false);
}
