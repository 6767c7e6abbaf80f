/* SPDX-License-Identifier: MIT */
/*
 * Rings in a file, as ring.h and console.h promise them: what is taken over and what is not, who
 * may have put it there, and a disk that has no room for them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "console.h"
#include "proc.h"
#include "ring.h"
#include "sys.h"

static struct {
	char path[64], rings[80], other[80], link[80];
	int dir;
} lab;

static int
set_up(void **state)
{
	(void)state;
	strcpy(lab.path, "/tmp/unit_ring_file.XXXXXX");
	assert_non_null(mkdtemp(lab.path));
	snprintf(lab.rings, sizeof(lab.rings), "%s/rings", lab.path);
	snprintf(lab.other, sizeof(lab.other), "%s/other", lab.path);
	snprintf(lab.link, sizeof(lab.link), "%s/console", lab.path);
	lab.dir = open(lab.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(lab.dir >= 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(lab.dir);
	unlink(lab.rings);
	unlink(lab.other);
	unlink(lab.link);
	return rmdir(lab.path);
}

#define ON_LAB(test)	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* As mcinit leaves it: a descriptor of it. */
static int
make(void)
{
	int fd = ring_file_make(lab.dir);
	struct ring own;

	assert_true(fd >= 0);
	assert_int_equal(ring_map(&own, fd, RING_OWN, true), 0);
	ring_begin(&own, RING_OWN, "mcinit");
	ring_produce(&own);
	ring_put(&own, "hello\n", 6, (int[]){ -1, -1 });
	return fd;
}

static void
check_found(int expected)
{
	int fd = ring_file_find(lab.dir);

	assert_int_equal(fd < 0 ? fd : 0, expected);
	if (fd >= 0)
		close(fd);
}

/* ---- the file ---- */

static void
a_new_one_is_private_sparse_and_whole(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	umask(0);
	fd = make();
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, RING_ALL);
	assert_in_range(st.st_blocks * 512, RING_HEAD + RING_OWN_BYTES, 4 * RING_OWN_BYTES);
	assert_int_equal(ring_allocate(fd, 3), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_in_range(st.st_blocks * 512, RING_BYTES, 2 * RING_BYTES);
	close(fd);
}

static void
what_was_left_is_found_as_it_was(void **state)
{
	struct ring own;
	int fd;

	(void)state;
	check_found(-ENOENT);
	close(make());
	fd = ring_file_find(lab.dir);
	assert_true(fd >= 0);
	assert_int_equal(ring_map(&own, fd, RING_OWN, true), 0);
	assert_int_equal(own.head->head, 6);
	assert_memory_equal(own.bytes, "hello\n", 6);
	close(fd);
	/* One that is made anew has nothing of it. */
	fd = ring_file_make(lab.dir);
	assert_int_equal(ring_map(&own, fd, RING_OWN, true), 0);
	assert_int_equal(own.head->head, 0);
	close(fd);
	/* ... and is none before it has a head. */
	check_found(-ESTALE);
	ring_file_remove(lab.dir);
	check_found(-ENOENT);
}

static void
what_is_not_ours_or_not_whole_is_not_taken(void **state)
{
	int fd = make();

	(void)state;
	assert_int_equal(ftruncate(fd, RING_ALL - 1), 0);
	check_found(-ESTALE);
	assert_int_equal(ftruncate(fd, RING_ALL + 1), 0);
	check_found(-ESTALE);
	assert_int_equal(ftruncate(fd, RING_ALL), 0);
	check_found(0);
	assert_int_equal(fchmod(fd, 0640), 0);
	check_found(-ESTALE);
	assert_int_equal(fchmod(fd, 0600), 0);
	assert_int_equal(link(lab.rings, lab.other), 0);
	check_found(-ESTALE);
	assert_int_equal(unlink(lab.rings), 0);
	assert_int_equal(symlink("other", lab.rings), 0);
	check_found(-ESTALE);
	assert_int_equal(unlink(lab.rings), 0);
	assert_int_equal(mkfifo(lab.rings, 0600), 0);
	check_found(-ESTALE);
	if (geteuid() == 0) {
		assert_int_equal(rename(lab.other, lab.rings), 0);
		check_found(0);
		assert_int_equal(fchown(fd, 12345, 0), 0);
		check_found(-ESTALE);
	}
	close(fd);
}

static void
another_layout_is_not_taken(void **state)
{
	int fd = make();
	struct ring own;

	(void)state;
	assert_int_equal(ring_map(&own, fd, RING_OWN, true), 0);
	own.head->layout++;
	check_found(-ESTALE);
	assert_int_equal(ring_check(fd), -ESTALE);
	own.head->layout--;
	own.head->size--;
	check_found(-ESTALE);
	own.head->size++;
	own.head->magic[0]++;
	check_found(-ESTALE);
	own.head->magic[0]--;
	check_found(0);
	assert_int_equal(ring_check(fd), 0);
	close(fd);
}

/* Whoever still has the one that was there goes on with that. */
static void
a_new_one_takes_the_place_of_anything_but_a_directory(void **state)
{
	int old = make(), fd;

	(void)state;
	assert_int_equal(rename(lab.rings, lab.other), 0);
	assert_int_equal(symlink("other", lab.rings), 0);
	fd = make();
	close(fd);
	check_found(0);
	assert_int_equal(ring_check(old), 0);
	close(old);
	ring_file_remove(lab.dir);
	assert_int_equal(mkdir(lab.rings, 0700), 0);
	assert_true(ring_file_make(lab.dir) < 0);
	assert_int_equal(rmdir(lab.rings), 0);
}

/* ---- what consoles make of it ---- */

static struct console_table table;
static struct proc_table proc;
static struct conf conf;

static void
check_link(const char *expected)
{
	char target[80] = "";

	assert_int_equal(readlink(lab.link, target, sizeof(target) - 1), strlen(expected));
	assert_string_equal(target, expected);
}

static void
consoles_are_persistent_or_not(void **state)
{
	char target[64];
	int fd;

	(void)state;
	assert_int_equal(console_adopt(&table, lab.path), -ENOENT);
	assert_int_equal(table.rings, -1);
	assert_int_equal(table.dir, -1);
	assert_int_equal(console_open(&table, lab.path, false), 0);
	check_found(-ENOENT);
	snprintf(target, sizeof(target), "/proc/%d/fd/%d", (int)getpid(), table.rings);
	check_link(target);
	console_finish(&table);
	assert_int_equal(access(lab.link, F_OK), -1);
	assert_int_equal(console_open(&table, lab.path, true), 0);
	check_link("rings");
	check_found(0);
	fd = table.rings;
	/* What another layout has left cannot be gone on with. */
	assert_int_equal(unlink(lab.link), 0);
	assert_int_equal(console_resume(&table), 0);
	check_link("rings");
	assert_int_equal(table.rings, fd);
	assert_int_equal(ftruncate(fd, 100), 0);
	assert_int_equal(console_resume(&table), -ESTALE);
	assert_int_equal(console_adopt(&table, lab.path), -ESTALE);
	assert_int_equal(console_open(&table, lab.path, true), 0);
	check_found(0);
	console_finish(&table);
	check_found(-ENOENT);
}

/* A directory is in the way: then they end with mcinit. */
static void
consoles_do_without_the_file(void **state)
{
	(void)state;
	assert_int_equal(mkdir(lab.rings, 0700), 0);
	assert_int_equal(console_open(&table, lab.path, true), 0);
	assert_false(table.persistent);
	assert_int_equal(ring_check(table.rings), 0);
	console_finish(&table);
	assert_int_equal(rmdir(lab.rings), 0);
}

static void
set_conf(void)
{
	memset(&conf, 0, sizeof(conf));
	conf.servers = 1;
	strcpy(conf.name[0], "lobby");
	conf.log.dir = "";
	conf.log.stdout = true;
	conf.server[0].tty = TTY_INHERIT;
}

/* Its exit code; a SIGBUS is what it must not be. */
static int
on_small_disk(const char *options)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", lab.path, "tmpfs", 0, options) < 0)
		return 2;
	if (console_open(&table, lab.path, true) < 0)
		return 3;
	set_conf();
	proc_init(&proc);
	console_configure(&table, &proc, &conf, &conf);
	if (console_prepare(&table, 0, &conf) != -ENOSPC)
		return 4;
	/* All that may be said to a server that has no console. */
	if (console_start(&table, &proc, CONSOLE_FILES, 0, &conf) != -EBUSY ||
	    console_quote(&table, 0, 40))
		return 5;
	console_rotate(&table);
	console_configure(&table, &proc, &conf, &conf);
	console_end(&table, 0);
	console_forget(&table, &proc, 0);
	if (mount("none", lab.path, NULL, MS_REMOUNT, "size=4m") < 0 ||
	    console_prepare(&table, 0, &conf) != 0)
		return 6;
	console_close(&table);
	return 0;
}

static int
code_on_small_disk(const char *options)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(on_small_disk(options));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
a_full_disk_is_an_error_and_no_fault(void **state)
{
	int code = code_on_small_disk("size=16k");

	(void)state;
	if (code == 2)
		skip();
	assert_int_equal(code, 3);
	assert_int_equal(code_on_small_disk("size=200k"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_LAB(a_new_one_is_private_sparse_and_whole),
		ON_LAB(what_was_left_is_found_as_it_was),
		ON_LAB(what_is_not_ours_or_not_whole_is_not_taken),
		ON_LAB(another_layout_is_not_taken),
		ON_LAB(a_new_one_takes_the_place_of_anything_but_a_directory),
		ON_LAB(consoles_are_persistent_or_not),
		ON_LAB(consoles_do_without_the_file),
		ON_LAB(a_full_disk_is_an_error_and_no_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
