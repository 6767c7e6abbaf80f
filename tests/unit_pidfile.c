/* SPDX-License-Identifier: MIT */
/*
 * The PID file, as pidfile.h promises it: whatever a power cut or a person has left in its place, the
 * next start writes it anew, whoever reads it finds none or a whole one, and nobody is signalled for what
 * stood in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <cmocka.h>

#include "pidfile.h"
#include "ptrace_lab.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static struct {
	char dir[64], path[80], new[88], other[80];
	pid_t stranger;			/* whose number stands in old files */
	char stale[16];
} lab;

/* To see that none is left open. */
static int
lowest_free(void)
{
	int fd = dup(2);

	close(fd);
	return fd;
}

static void
put(const char *path, const void *bytes, size_t count)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, count), count);
	close(fd);
}

/* What stands in a file; "-": there is none. */
static const char *
content(const char *path)
{
	static char text[5000];
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return fd < 0 ? "-" : text;
}

static void
remove_all(void)
{
	const char *const paths[] = { lab.path, lab.new, lab.other };

	for (size_t i = 0; i < COUNT(paths); i++)
		if (unlink(paths[i]) < 0 && errno == EISDIR)
			rmdir(paths[i]);
}

static int
set_up(void **state)
{
	(void)state;
	strcpy(lab.dir, "/tmp/unit_pidfile.XXXXXX");
	assert_non_null(mkdtemp(lab.dir));
	snprintf(lab.path, sizeof(lab.path), "%s/pid", lab.dir);
	snprintf(lab.new, sizeof(lab.new), "%s.new", lab.path);
	snprintf(lab.other, sizeof(lab.other), "%s/other", lab.dir);
	lab.stranger = fork();
	if (lab.stranger == 0)
		for (;;)
			pause();
	snprintf(lab.stale, sizeof(lab.stale), "%d\n", (int)lab.stranger);
	return 0;
}

/* Nobody has done anything to him. */
static int
tear_down(void **state)
{
	int status, rc;

	(void)state;
	remove_all();
	rc = rmdir(lab.dir) < 0 || waitpid(lab.stranger, &status, WNOHANG | WUNTRACED | WCONTINUED) != 0;
	kill(lab.stranger, SIGKILL);
	waitpid(lab.stranger, NULL, 0);
	return rc;
}

/* Ours, whole, locked, under its one name. */
static void
expect_written(const char *behind)
{
	int32_t fd = -1;
	char text[16];
	struct stat st;
	int again, rc = pidfile_write(lab.path, &fd), free_fd;

	if (rc != 0)
		fail_msg("behind %s: %d", behind, rc);
	snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (strcmp(content(lab.path), text) != 0)
		fail_msg("behind %s it says \"%s\"", behind, content(lab.path));
	assert_string_equal(content(lab.new), "-");
	assert_int_equal(lstat(lab.path, &st), 0);
	assert_true(S_ISREG(st.st_mode) && st.st_nlink == 1 && (st.st_mode & 07777) == 0644);
	assert_true(fd >= 16);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	again = open(lab.path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(again, LOCK_EX | LOCK_NB), -1);
	close(again);
	free_fd = lowest_free();
	pidfile_remove(lab.path, fd);
	assert_string_equal(content(lab.path), "-");
	close(fd);
	assert_int_equal(lowest_free(), free_fd);
	remove_all();
}

/* ---- what may stand there ---- */

static const struct {
	const char *text;
	size_t bytes;
} lefts[] = {
#define LEFT(text)	{ text, sizeof(text) - 1 }
	LEFT(""), LEFT("1"), LEFT("1\n"), LEFT("12"), LEFT("0\n"), LEFT("-1\n"), LEFT("-"), LEFT("\n"),
	LEFT("99999999999999999999\n"), LEFT("2147483647\n"), LEFT("\0\0\0\0\0"), LEFT("12\00034\n"),
	LEFT("mcinit\n"), LEFT("\377\376\001\002\n\n\n"), LEFT("   \t"), LEFT("0x10\n"),
};

static void
whatever_stands_there_is_written_over(void **state)
{
	char noise[4096];

	(void)state;
	umask(022);
	expect_written("nothing");
	for (size_t i = 0; i < COUNT(lefts); i++) {
		put(lab.path, lefts[i].text, lefts[i].bytes);
		put(lab.new, lefts[i].text, lefts[i].bytes);
		expect_written(lefts[i].text);
	}
	for (size_t n = 0; n <= strlen(lab.stale); n++) {
		put(lab.path, lab.stale, n);
		expect_written("a part of another's number");
		put(lab.new, lab.stale, n);
		expect_written("a part of another's number that never got its name");
	}
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)(i * 167 + i / 256);
	put(lab.path, noise, sizeof(noise));
	expect_written("noise");
	put(lab.path, lab.stale, strlen(lab.stale));
	assert_int_equal(chmod(lab.path, 0), 0);
	expect_written("what nobody may read");
}

static void
what_is_no_file_is_replaced_and_not_followed(void **state)
{
	const char *const places[] = { lab.path, lab.new };
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd;

	(void)state;
	for (size_t i = 0; i < COUNT(places); i++) {
		put(lab.other, "other", 5);
		assert_int_equal(symlink("other", places[i]), 0);
		fd = open(lab.other, O_RDONLY | O_CLOEXEC);
		expect_written("a link");
		assert_int_equal(lseek(fd, 0, SEEK_END), 5);
		close(fd);
		assert_int_equal(symlink("other", places[i]), 0);
		expect_written("a link to nothing");
		put(lab.other, "other", 5);
		assert_int_equal(link(lab.other, places[i]), 0);
		fd = open(lab.other, O_RDONLY | O_CLOEXEC);
		expect_written("another name of a file");
		assert_int_equal(lseek(fd, 0, SEEK_END), 5);
		close(fd);
		assert_int_equal(mkfifo(places[i], 0600), 0);
		expect_written("a FIFO");
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		snprintf(name.sun_path, sizeof(name.sun_path), "%s", places[i]);
		assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
		expect_written("a socket");
		close(fd);
	}
}

static void
a_directory_is_an_error_and_stays(void **state)
{
	const char *const places[] = { lab.path, lab.new };
	int free_fd = lowest_free();
	int32_t fd = -1;
	struct stat st;

	(void)state;
	for (size_t i = 0; i < COUNT(places); i++) {
		assert_int_equal(mkdir(places[i], 0755), 0);
		assert_true(pidfile_write(lab.path, &fd) < 0);
		assert_int_equal(fd, -1);
		assert_int_equal(lowest_free(), free_fd);
		assert_string_equal(content(places[!i]), "-");
		assert_int_equal(stat(places[i], &st), 0);
		assert_true(S_ISDIR(st.st_mode));
		assert_int_equal(rmdir(places[i]), 0);
		expect_written("a directory");
	}
	snprintf(lab.other, sizeof(lab.other), "%s/none/pid", lab.dir);
	assert_int_equal(pidfile_write(lab.other, &fd), -ENOENT);
	snprintf(lab.other, sizeof(lab.other), "%s/other", lab.dir);
}

/* ---- others ---- */

static void
one_that_runs_keeps_it(void **state)
{
	int32_t fd = -1;
	int theirs;

	(void)state;
	put(lab.path, lab.stale, strlen(lab.stale));
	theirs = open(lab.path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(theirs, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(pidfile_write(lab.path, &fd), -EEXIST);
	assert_int_equal(fd, -1);
	assert_string_equal(content(lab.path), lab.stale);
	assert_string_equal(content(lab.new), "-");
	/* As soon as it has ended, it is nobody's. */
	close(theirs);
	expect_written("one that ran");
}

static void
only_our_own_is_removed(void **state)
{
	int32_t fd = -1;

	(void)state;
	assert_int_equal(pidfile_write(lab.path, &fd), 0);
	assert_int_equal(rename(lab.path, lab.other), 0);
	pidfile_remove(lab.path, fd);
	put(lab.path, lab.stale, strlen(lab.stale));
	pidfile_remove(lab.path, fd);
	assert_string_equal(content(lab.path), lab.stale);
	pidfile_remove(lab.path, -1);
	assert_string_equal(content(lab.path), lab.stale);
	close(fd);
	remove_all();
}

/* ---- at each system call ---- */

static const char *before;		/* what stood there */
static long kill_at, flushed, renamed, written, known;
static const char *wrong;

static int
write_it(void)
{
	int32_t fd = -1;

	return pidfile_write(lab.path, &fd) != 0;
}

/* Whole, or as it was: whoever reads it may send a signal to what it says. */
static bool
look(long stop, long call)
{
	const char *now = content(lab.path);
	char *end;
	long pid = strtol(now, &end, 10);

	if (strcmp(now, before) != 0 && (pid <= 1 || strcmp(end, "\n") != 0 || pid == lab.stranger))
		wrong = "half a file stands there";
	known += call >= 0;
	if (call == SYS_fsync)
		flushed = written > 0 ? stop : 0;
	if (call == SYS_write || call == SYS_pwrite64)
		written = stop;
	if (call == SYS_renameat2
#ifdef SYS_renameat
	    || call == SYS_renameat
#endif
#ifdef SYS_rename
	    || call == SYS_rename
#endif
	    )
		renamed = stop;
	return wrong == NULL && (kill_at == 0 || stop < kill_at);
}

static int
watch(void)
{
	flushed = renamed = written = 0;
	before = strcmp(content(lab.path), "-") == 0 ? "-" : lab.stale;
	return ptrace_lab(write_it, PTRACE_SYSCALL, look);
}

static void
whoever_reads_finds_none_or_a_whole_one(void **state)
{
	int rc;

	(void)state;
	kill_at = 0;
	for (int old = 0; old < 2; old++) {
		if (old)
			put(lab.path, lab.stale, strlen(lab.stale));
		rc = watch();
		if (rc == PTRACE_LAB_REFUSED)
			skip();
		if (wrong != NULL)
			fail_msg("%s", wrong);
		assert_int_equal(rc, 0);
		/* A power cut behind the rename finds its bytes on the disk. */
		if (known > 0 && (renamed == 0 || written == 0 || flushed == 0 || flushed > renamed || written > flushed))
			fail_msg("written %ld, flushed %ld, renamed %ld", written, flushed, renamed);
		remove_all();
	}
}

static void
killed_in_between_the_next_one_writes_it(void **state)
{
	int rc = PTRACE_LAB_KILLED;

	(void)state;
	for (kill_at = 1; rc == PTRACE_LAB_KILLED; kill_at++) {
		for (int old = 0; old < 2; old++) {
			if (old)
				put(lab.path, lab.stale, strlen(lab.stale));
			rc = watch();
			if (rc == PTRACE_LAB_REFUSED)
				skip();
			if (wrong != NULL)
				fail_msg("%s", wrong);
			expect_written("one that was killed");
		}
	}
	assert_int_equal(rc, 0);
	assert_true(kill_at > 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_stands_there_is_written_over),
		cmocka_unit_test(what_is_no_file_is_replaced_and_not_followed),
		cmocka_unit_test(a_directory_is_an_error_and_stays),
		cmocka_unit_test(one_that_runs_keeps_it),
		cmocka_unit_test(only_our_own_is_removed),
		cmocka_unit_test(whoever_reads_finds_none_or_a_whole_one),
		cmocka_unit_test(killed_in_between_the_next_one_writes_it),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
