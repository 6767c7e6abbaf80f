/* SPDX-License-Identifier: MIT */
/*
 * host: where we are; see host.h.
 *
 * It must never change anything but the run_dir and the meaning of Ctrl-Alt-Del.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>

#include "fmt.h"
#include "log.h"
#include "sys.h"

enum { LOOKS = 5, FIRST_PUBLIC = 2 };

enum step_mode
host_mode(void)
{
	if (sys_pid() != 1)
		return MODE_SERVICE;
	return sys_reboot(RB_DISABLE_CAD) == 0 ? MODE_APPLIANCE : MODE_CONTAINER;
}

const char *
host_mode_name(enum step_mode mode)
{
	static const char *const names[] = { "service", "container", "appliance" };

	return names[mode];
}

bool
host_in_container(enum step_mode mode)
{
	static const char *const files[] = { "/.dockerenv", "/run/.containerenv" };
	static const char *const variables[] = { "container", "KUBERNETES_SERVICE_HOST" };
	struct stat st;

	if (mode != MODE_SERVICE)
		return mode == MODE_CONTAINER;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (sys_stat(files[i], &st) == 0)
			return true;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (getenv(variables[i]) != NULL)
			return true;
	return false;
}

/*
 * The i-th default place, or "" behind the last; a place that this host lacks is "-".  From
 * FIRST_PUBLIC on they are in directories where everybody may make one.
 */
static void
default_place(int i, char path[HOST_PATH])
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	unsigned uid = (unsigned)sys_uid();

	path[0] = '\0';
	if (i == 0)
		fmt_put(path, HOST_PATH, "/run/mcinit");
	else if (i == 1)
		fmt_put(path, HOST_PATH, xdg != NULL && *xdg == '/' ? "%s/mcinit" : "-", xdg);
	else if (i == 2)
		fmt_put(path, HOST_PATH, "/dev/shm/mcinit-%u", uid);
	else if (i == 3)
		fmt_put(path, HOST_PATH, "/tmp/mcinit-%u", uid);
}

/* Ours alone, or somebody prepared it to read our secrets. */
static int
open_private_dir(const char *path)
{
	struct stat st;
	int rc = sys_make_dir(path, 0700), fd;

	if (rc < 0 && rc != -EEXIST)
		return rc;
	fd = sys_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd;
	rc = sys_stat_fd(fd, &st);
	if (rc == 0 && (st.st_uid != sys_uid() || (st.st_mode & 027) != 0))
		rc = -EPERM;
	if (rc < 0) {
		sys_close(fd);
		return rc;
	}
	return fd;
}

/*
 * Removes sockets and FIFOs in directory `fd`, two levels deep: an earlier life's ways to reach
 * a process that is gone.  Never a file: whoever names a directory of his own keeps what is in it.
 */
static void
clear_dir(int fd, bool deeper)
{
	struct sys_dir dir = { .fd = fd };
	const char *name;
	struct stat st;

	while ((name = sys_dir_next(&dir)) != NULL) {
		int below;

		if (sys_stat_at(fd, name, &st) < 0)
			continue;
		if (S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode))
			sys_remove_at(fd, name, false);
		if (!deeper || !S_ISDIR(st.st_mode))
			continue;
		below = sys_open_at(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
		if (below < 0)
			continue;
		clear_dir(below, false);
		sys_close(below);
	}
}

static int
lock_dir(int dir, const char *path)
{
	char text[16] = "";
	int fd = sys_open_at(dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600), rc;
	size_t n;

	if (fd < 0)
		return fd;
	/* A verb that looks whether we run holds it for a moment. */
	for (int i = 0; (rc = sys_lock(fd)) == -EWOULDBLOCK && i < LOOKS; i++)
		sys_readable(-1, 10);
	if (rc == -EWOULDBLOCK) {
		sys_pread(fd, text, sizeof(text) - 1, 0);
		log_err(NULL, 0, "another mcinit (pid %d) runs with run_dir %s. Stop it first, or give "
		    "this one a run_dir of its own: -o mcinit.run_dir=DIRECTORY",
		    (int)strtol(text, NULL, 10), path);
		sys_close(fd);
		return -EEXIST;
	}
	/* A file system without locks: one warning, and on. */
	if (rc < 0)
		log_warn(NULL, rc, "cannot lock %s/lock; a second mcinit would not be noticed", path);
	n = fmt_put(text, sizeof(text), "%d\n", (int)sys_pid());
	if (sys_truncate(fd, 0) == 0)
		sys_pwrite(fd, text, n, 0);
	return fd;
}

static int
take(const char *path, bool clear)
{
	int dir = open_private_dir(path), fd;

	if (dir < 0)
		return dir;
	fd = lock_dir(dir, path);
	/* An mcinit before us may have had a socket_group; one that runs has it still. */
	if (fd >= 0)
		sys_set_mode(dir, 0700);
	if (fd >= 0 && clear)
		clear_dir(dir, true);
	sys_close(dir);
	return fd;
}

static const char *
why_not(int error)
{
	return error == -EPERM ? "belongs to another user, or others may enter it (want mode 0700)" :
	    log_errno(error);
}

int
host_run_dir(const char *asked, bool clear, char path[HOST_PATH])
{
	char reasons[1024] = "";
	size_t used = 0;

	if (*asked != '\0') {
		int fd = take(asked, clear);

		fmt_put(path, HOST_PATH, "%s", asked);
		if (fd < 0 && fd != -EEXIST)
			log_err(NULL, 0, "mcinit.run_dir %s cannot be used: %s", asked, why_not(fd));
		return fd;
	}
	for (int i = 0; default_place(i, path), *path != '\0'; i++) {
		int fd = *path == '-' ? -ENOENT : take(path, clear);
		size_t n;

		if (fd >= 0 || fd == -EEXIST)
			return fd;
		n = fmt_put(reasons + used, sizeof(reasons) - used, "%s%s: %s",
		    used > 0 ? "; " : "", path, why_not(fd));
		if (*path != '-' && n < sizeof(reasons) - used)
			used += n;
		reasons[used] = '\0';
	}
	log_err(NULL, 0, "no usable run_dir (%s). Name one with mcinit.run_dir", reasons);
	return -ENOENT;
}

/* What stands where anybody can make a directory may be anybody's. */
static bool
is_of_us(const char *dir)
{
	struct stat st;

	return sys_stat_at(AT_FDCWD, dir, &st) == 0 && st.st_uid == sys_uid();
}

/* Its socket stays behind where an mcinit was killed; one that is stopped lets nobody in for a while. */
static bool
answers(const char *path)
{
	int fd = sys_connect_here(path);

	if (fd >= 0)
		sys_close(fd);
	/* Of a path that is too long for a socket its mode tells. */
	return fd >= 0 || fd == -EAGAIN || (fd == -ENAMETOOLONG && sys_writable(path) == 0);
}

/* By an mcinit, by one of our own user if `ours`: 0, or -ESRCH; -EACCES if we may not know. */
static int
is_held(const char *dir, bool ours)
{
	char path[HOST_PATH + 16];
	struct stat st;
	int fd, rc;

	fmt_put(path, sizeof(path), "%s/lock", dir);
	/* It may be somebody else's, and a FIFO. */
	fd = sys_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	/* Members of socket_group may not hold the lock, and so not look at it: but at its socket. */
	if (fd == -EACCES) {
		fmt_put(path, sizeof(path), "%s/control", dir);
		return (!ours || is_of_us(dir)) && answers(path) ? 0 : fd;
	}
	if (fd < 0)
		return -ESRCH;
	/* Shared, so that two who look do not take each other for an mcinit. */
	rc = sys_lock_shared(fd);
	if (sys_stat_fd(fd, &st) < 0 || !S_ISREG(st.st_mode) || (ours && st.st_uid != sys_uid()))
		rc = 0;
	sys_close(fd);
	return rc == -EWOULDBLOCK ? 0 : -ESRCH;
}

int
host_find_run_dir(const char *asked, char path[HOST_PATH])
{
	char hidden[HOST_PATH] = "";

	if (*asked != '\0') {
		if (path != NULL)
			fmt_put(path, HOST_PATH, "%s", asked);
		return is_held(asked, false);
	}
	for (int i = 0; default_place(i, path), *path != '\0'; i++) {
		int rc = *path != '-' ? is_held(path, i >= FIRST_PUBLIC) : -ESRCH;

		if (rc == 0)
			return 0;
		if (rc == -EACCES && hidden[0] == '\0')
			fmt_put(hidden, sizeof(hidden), "%s", path);
	}
	fmt_put(path, HOST_PATH, "%s", hidden);
	return hidden[0] != '\0' ? -EACCES : -ESRCH;
}
