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

enum { HIGH = 16, ROOM = 4096 };

/* By whom, for the message alone; 0: by nobody. */
static long
holder(const char *path)
{
	char text[16] = "";
	int fd = sys_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0), rc;

	if (fd < 0)
		return 0;
	rc = sys_lock(fd);
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

/* With its lock before it has its name: who finds it finds it locked. */
static int
make(const char *path, const char *new)
{
	char text[16];
	size_t n = fmt_put(text, sizeof(text), "%d\n", (int)sys_pid());
	int fd, rc;

	sys_remove_at(AT_FDCWD, new, false);
	fd = sys_open(new, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
	if (fd < 0)
		return fd;
	rc = sys_lock(fd);
	/* Without locks it is a pid file all the same. */
	if (rc < 0 && rc != -EWOULDBLOCK)
		rc = 0;
	if (rc == 0 && sys_write(fd, text, n) != (ssize_t)n)
		rc = -ENOSPC;
	/* The name must not be there before the bytes are, should the power go. */
	if (rc == 0)
		rc = sys_flush(fd);
	if (rc == 0)
		rc = sys_rename_at(AT_FDCWD, new, path);
	if (rc == 0)
		return fd;
	sys_remove_at(AT_FDCWD, new, false);
	sys_close(fd);
	return rc;
}

int
pidfile_write(const char *path, int32_t *fd)
{
	char new[ROOM + 8];
	long pid = holder(path);
	int made;

	if (pid != 0)
		return refuse(path, pid);
	fmt_put(new, sizeof(new), "%.*s.new", ROOM, path);
	made = make(path, new);
	/* Two at a time: the name is that of the later one. */
	if (made >= 0 && !is_same(made, path)) {
		sys_close(made);
		return refuse(path, holder(path));
	}
	if (made < 0) {
		log_err(NULL, made, "cannot write mcinit.pid_file %s", path);
		return made;
	}
	*fd = sys_move_above(made, HIGH);
	sys_close(made);
	return *fd < 0 ? *fd : 0;
}

void
pidfile_remove(const char *path, int fd)
{
	if (fd >= 0 && is_same(fd, path))
		sys_remove_at(AT_FDCWD, path, false);
}
