/* SPDX-License-Identifier: MIT */
/*
 * props_lab: a directory with files in it, for the tests of props_file.c.  Included once by each.
 */
#ifndef PROPS_LAB_H
#define PROPS_LAB_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "props.h"

#define NAME "server.properties"
#define TEMP "." NAME ".mcinit"

enum { NOBODY = 65534, ANOTHER = 54321, SKIPPED = 77 };

static char path[64];
static int dir;

static inline int
make_dir(void **state)
{
	(void)state;
	strcpy(path, "/tmp/unit_props.XXXXXX");
	umask(022);
	if (mkdtemp(path) == NULL)
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -1 : 0;
}

static inline int
remove_dir(void **state)
{
	char command[96];

	(void)state;
	close(dir);
	snprintf(command, sizeof(command), "rm -rf %s", path);
	return system(command);
}

static inline void
put(const char *name, const char *text, mode_t mode)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static inline const char *
text_of(const char *name)
{
	static char text[4096];
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n >= 0);
	text[n] = '\0';
	close(fd);
	return text;
}

static inline struct stat
stat_of(const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

static inline mode_t
mode_of(const char *name)
{
	return stat_of(name).st_mode & 07777;
}

static inline bool
is_there(const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What the open, or else the close, says. */
static inline int
change(const char *name, const char *key, const char *to, bool secret)
{
	struct props_file file;
	int rc = props_open(&file, dir, name);

	if (rc < 0)
		return rc;
	assert_int_equal(props_change(&file, key, to), 0);
	return props_close(&file, secret);
}

/* In a child, whose code is 0, the line where it went wrong, or SKIPPED. */
static inline void
in_child(int (*try)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(try());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIPPED)
		skip();
	if (WEXITSTATUS(status) != 0)
		fail_msg("step %d of the child", WEXITSTATUS(status));
}

/* The directory is opened anew: by its old descriptor it is one without the mounts to come. */
static inline bool
have_mounts_of_our_own(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir >= 0;
}

#define CASE(name)	cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)

#endif
