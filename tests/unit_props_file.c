/* SPDX-License-Identifier: MIT */
/*
 * The file of props.h: what stays of it, what it is refused for, and that nobody ever sees half of it.
 */
#include "props_lab.h"

static char value[PROPS_VALUE];

static void
it_is_read_changed_and_written(void **state)
{
	struct props_file file;

	(void)state;
	put(NAME, "# mine\r\nserver-port=1\r\n", 0644);
	assert_int_equal(props_open(&file, dir, NAME), 0);
	assert_true(file.is_there);
	assert_true(props_value(&file, "server-port", value));
	assert_string_equal(value, "1");
	assert_int_equal(props_change(&file, "server-port", "25565"), 0);
	assert_int_equal(props_change(&file, "enable-rcon", "true"), 0);
	assert_true(props_value(&file, "server-port", value));
	assert_string_equal(value, "25565");
	assert_string_equal(text_of(NAME), "# mine\r\nserver-port=1\r\n");
	assert_int_equal(props_close(&file, false), 0);
	assert_string_equal(text_of(NAME), "# mine\r\nserver-port=25565\r\nenable-rcon=true\r\n");
	assert_false(is_there(TEMP));
	/* A second time there is nothing to do. */
	assert_int_equal(props_close(&file, false), 0);
}

static void
what_is_as_it_should_be_is_not_written(void **state)
{
	struct stat before;

	(void)state;
	put(NAME, "server-port : 25565", 0640);
	before = stat_of(NAME);
	assert_int_equal(change(NAME, "server-port", "25565", false), 0);
	assert_int_equal(stat_of(NAME).st_ino, before.st_ino);
	assert_int_equal(change(NAME, "server-port", "25565", true), 0);
	assert_int_equal(stat_of(NAME).st_ino, before.st_ino);
	assert_int_equal(change(NAME, "server-port", "25566", false), 0);
	assert_int_not_equal(stat_of(NAME).st_ino, before.st_ino);
	/* Of the same length. */
	assert_string_equal(text_of(NAME), "server-port : 25566");
}

static void
one_that_is_not_there_is_made(void **state)
{
	struct props_file file;

	(void)state;
	assert_int_equal(props_open(&file, dir, "eula.txt"), 0);
	assert_false(file.is_there);
	assert_false(props_value(&file, "eula", value));
	assert_int_equal(props_close(&file, false), 0);
	assert_false(is_there("eula.txt"));
	assert_int_equal(change("eula.txt", "eula", "true", false), 0);
	assert_string_equal(text_of("eula.txt"), "eula=true\n");
	assert_int_equal(mode_of("eula.txt"), 0644);
	assert_int_equal(change("secret", "a", "b", true), 0);
	assert_int_equal(mode_of("secret"), 0600);
	umask(027);
	assert_int_equal(change("masked", "a", "b", false), 0);
	umask(022);
	assert_int_equal(mode_of("masked"), 0640);
}

static void
one_that_somebody_makes_meanwhile_is_his(void **state)
{
	struct props_file file;

	(void)state;
	assert_int_equal(props_open(&file, dir, NAME), 0);
	assert_int_equal(props_change(&file, "a", "1"), 0);
	put(NAME, "b=2\n", 0644);
	assert_int_equal(props_close(&file, false), -EAGAIN);
	assert_string_equal(text_of(NAME), "b=2\n");
}

static void
a_secret_is_for_its_owner(void **state)
{
	static const struct {
		mode_t before, after;
	} modes[] = { { 0644, 0600 }, { 0666, 0600 }, { 0600, 0600 }, { 0240, 0200 },
		{ 0777, 0600 } };

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (geteuid() != 0 && (modes[i].before & 0400) == 0)
			continue;
		put(NAME, "a=1\n", modes[i].before);
		assert_int_equal(change(NAME, "rcon.password", "x", true), 0);
		assert_int_equal(mode_of(NAME), modes[i].after);
		assert_int_equal(unlinkat(dir, NAME, 0), 0);
	}
}

static void
what_nobody_may_write_stays(void **state)
{
	static const mode_t modes[] = { 0444, 0400, 0555 };
	struct stat before;

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		put(NAME, "a=1\n", modes[i]);
		before = stat_of(NAME);
		assert_int_equal(change(NAME, "a", "2", false), -EACCES);
		assert_int_equal(change(NAME, "a", "2", true), -EACCES);
		assert_int_equal(change(NAME, "a", "1", false), 0);
		assert_string_equal(text_of(NAME), "a=1\n");
		assert_int_equal(stat_of(NAME).st_ino, before.st_ino);
		assert_int_equal(mode_of(NAME), modes[i]);
		assert_false(is_there(TEMP));
		assert_int_equal(unlinkat(dir, NAME, 0), 0);
	}
}

static void
through_a_link_its_file_is_replaced(void **state)
{
	char absolute[128];

	(void)state;
	assert_int_equal(mkdirat(dir, "etc", 0755), 0);
	assert_int_equal(mkdirat(dir, "etc/deep", 0755), 0);
	put("etc/real", "a=1\n", 0640);
	assert_int_equal(symlinkat("etc/deep/second", dir, NAME), 0);
	assert_int_equal(symlinkat("../third", dir, "etc/deep/second"), 0);
	snprintf(absolute, sizeof(absolute), "%s/etc/real", path);
	assert_int_equal(symlinkat(absolute, dir, "etc/third"), 0);
	assert_int_equal(change(NAME, "a", "2", false), 0);
	assert_string_equal(text_of("etc/real"), "a=2\n");
	assert_int_equal(mode_of("etc/real"), 0640);
	assert_true(S_ISREG(stat_of("etc/real").st_mode));
	assert_true(S_ISLNK(stat_of(NAME).st_mode));
	assert_true(S_ISLNK(stat_of("etc/deep/second").st_mode));
	assert_true(S_ISLNK(stat_of("etc/third").st_mode));
	assert_false(is_there("etc/.real.mcinit"));
	assert_false(is_there(TEMP));
	/* The name itself may have a directory. */
	assert_int_equal(change("etc/../etc/deep/second", "a", "3", false), 0);
	assert_string_equal(text_of("etc/real"), "a=3\n");
	assert_int_equal(fchmodat(dir, "etc/real", 0444, 0), 0);
	assert_int_equal(change(NAME, "a", "4", false), -EACCES);
}

static void
a_link_to_nothing_says_what_is_made(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(dir, "etc", 0755), 0);
	assert_int_equal(symlinkat("etc/new", dir, NAME), 0);
	assert_int_equal(change(NAME, "a", "1", false), 0);
	assert_string_equal(text_of("etc/new"), "a=1\n");
	assert_true(S_ISLNK(stat_of(NAME).st_mode));
	assert_int_equal(symlinkat("nowhere/new", dir, "lost"), 0);
	assert_int_equal(change("lost", "a", "1", false), -ENOENT);
	assert_int_equal(symlinkat("loop", dir, "loop"), 0);
	assert_int_equal(change("loop", "a", "1", false), -ELOOP);
	assert_int_equal(symlinkat("etc/", dir, "slash"), 0);
	assert_int_equal(change("slash", "a", "1", false), -EISDIR);
	assert_int_equal(symlinkat("missing/", dir, "slash2"), 0);
	assert_true(change("slash2", "a", "1", false) < 0);
}

static void
what_is_no_file_is_refused_at_once(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(dir, "dir", 0755), 0);
	assert_int_equal(change("dir", "a", "1", false), -EISDIR);
	assert_int_equal(mkfifoat(dir, "fifo", 0666), 0);
	assert_int_equal(change("fifo", "a", "1", false), -ENXIO);
	assert_int_equal(symlinkat("fifo", dir, "link"), 0);
	assert_int_equal(change("link", "a", "1", false), -ENXIO);
	assert_int_equal(symlinkat("/dev/null", dir, "null"), 0);
	assert_int_equal(change("null", "a", "1", false), -ENXIO);
	assert_int_equal(change("dir/missing/x", "a", "1", false), -ENOENT);
	put("file", "a=1\n", 0644);
	assert_int_equal(change("file/x", "a", "1", false), -ENOTDIR);
}

static void
there_is_a_largest_file(void **state)
{
	struct props_file file;
	char name[96];

	(void)state;
	snprintf(name, sizeof(name), "%s/" NAME, path);
	put(NAME, "a=1\n", 0644);
	assert_int_equal(truncate(name, PROPS_MOST + 1), 0);
	assert_int_equal(props_open(&file, dir, NAME), -EFBIG);
	assert_int_equal(props_close(&file, false), 0);
	assert_int_equal(truncate(name, PROPS_MOST), 0);
	assert_int_equal(props_open(&file, dir, NAME), 0);
	assert_int_equal(file.bytes, PROPS_MOST);
	assert_int_equal(props_change(&file, "b", "1"), -ENOSPC);
	assert_int_equal(props_close(&file, false), 0);
	assert_int_equal(stat_of(NAME).st_size, PROPS_MOST);
}

static void
a_temp_of_an_earlier_crash_is_in_nobodys_way(void **state)
{
	(void)state;
	put(NAME, "a=1\n", 0644);
	put(TEMP, "half of a", 0400);
	assert_int_equal(change(NAME, "a", "2", false), 0);
	assert_string_equal(text_of(NAME), "a=2\n");
	assert_false(is_there(TEMP));
	/* Nor what somebody planted there: it is not followed. */
	put("mine", "x", 0644);
	assert_int_equal(symlinkat("mine", dir, TEMP), 0);
	assert_int_equal(change(NAME, "a", "3", false), 0);
	assert_string_equal(text_of("mine"), "x");
	assert_int_equal(mkfifoat(dir, TEMP, 0666), 0);
	assert_int_equal(change(NAME, "a", "4", false), 0);
	assert_string_equal(text_of(NAME), "a=4\n");
	assert_false(is_there(TEMP));
}

static void
a_temp_that_another_writes_is_left_to_him(void **state)
{
	int fd;

	(void)state;
	put(NAME, "a=1\n", 0644);
	put(TEMP, "half of a", 0600);
	fd = openat(dir, TEMP, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(change(NAME, "a", "2", false), -EAGAIN);
	assert_string_equal(text_of(TEMP), "half of a");
	assert_string_equal(text_of(NAME), "a=1\n");
	close(fd);
	assert_int_equal(change(NAME, "a", "2", false), 0);
	assert_false(is_there(TEMP));
}

/* Many at a time: whoever reads finds all of a file, of one or of another. */
static void
nobody_sees_half_of_it(void **state)
{
	enum { WRITERS = 4, TIMES = 60 };
	int status;

	(void)state;
	put(NAME, "a=0\nb=0\n", 0644);
	for (int w = 0; w < WRITERS; w++) {
		if (fork() != 0)
			continue;
		for (int i = 0; i < TIMES; i++) {
			const char *to = i % 2 ? "1" : "a value that is longer than before";
			struct props_file file;
			int rc = props_open(&file, dir, NAME);

			if (rc != 0 || !props_value(&file, "b", value) ||
			    !props_value(&file, "a", value) || file.text[file.bytes - 1] != '\n')
				_exit(1);
			props_change(&file, "a", to);
			rc = props_close(&file, false);
			if (rc != 0 && rc != -EAGAIN)
				_exit(2);
		}
		_exit(0);
	}
	for (int w = 0; w < WRITERS; w++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_false(is_there(TEMP));
}

static int
on_mounts(void)
{
	char file[96], there[96];
	struct stat before, after;

	snprintf(file, sizeof(file), "%s/" NAME, path);
	snprintf(there, sizeof(there), "%s/outside", path);
	if (!have_mounts_of_our_own() || mount(there, file, NULL, MS_BIND, NULL) < 0)
		return SKIPPED;
	if (stat(there, &before) < 0)
		return 1;
	if (change(NAME, "a", "a value that is longer than before", false) != 0 ||
	    strcmp(text_of("outside"), "# x\na=a value that is longer than before\nb=1\n") != 0)
		return 2;
	if (change(NAME, "a", "1", false) != 0 || strcmp(text_of("outside"), "# x\na=1\nb=1\n") != 0)
		return 3;
	if (stat(there, &after) < 0 || after.st_ino != before.st_ino ||
	    after.st_mode != before.st_mode)
		return 4;
	if (change(NAME, "rcon.password", "x", true) != 0 || mode_of("outside") != 0600)
		return 5;
	if (is_there(TEMP))
		return 6;
	if (mount(NULL, file, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		return 7;
	if (change(NAME, "a", "2", false) != -EROFS || is_there(TEMP) ||
	    strcmp(text_of("outside"), "# x\na=1\nb=1\nrcon.password=x\n") != 0)
		return 8;
	close(dir);
	if (umount(file) < 0 || mount(path, path, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		return 9;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (change(NAME, "a", "2", false) != -EROFS || change("new", "a", "2", false) != -EROFS)
		return 10;
	return change(NAME, "a", "0", false) != 0 ? 11 : 0;
}

static void
a_file_that_is_mounted_is_written_over(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put(NAME, "a=0\n", 0644);
	put("outside", "# x\na=0\nb=1\n", 0640);
	in_child(on_mounts);
	assert_string_equal(text_of(NAME), "a=0\n");
	assert_int_equal(mode_of("outside"), 0600);
}

static int
on_full_disk(void)
{
	static char much[256 * 1024];
	char file[96], disk[96], there[128];
	struct stat st;
	int fd;

	snprintf(file, sizeof(file), "%s/" NAME, path);
	snprintf(disk, sizeof(disk), "%s/disk", path);
	snprintf(there, sizeof(there), "%s/real", disk);
	if (!have_mounts_of_our_own() || mount("none", disk, "tmpfs", 0, "size=64k") < 0)
		return SKIPPED;
	put("disk/real", "a=0\n", 0644);
	fd = openat(dir, "disk/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, much, 4096) > 0)
		;
	/* Beside it there is no room for a new one, and in its place none to grow. */
	if (change("disk/real", "a", "2", false) != -ENOSPC || is_there("disk/.real.mcinit") ||
	    strcmp(text_of("disk/real"), "a=0\n") != 0)
		return 1;
	if (mount(there, file, NULL, MS_BIND, NULL) < 0)
		return 2;
	memset(much, 'x', sizeof(much) - 1);
	if (change(NAME, "b", much, false) != -ENOSPC || fstatat(dir, NAME, &st, 0) < 0 ||
	    st.st_size != 4 || strcmp(text_of(NAME), "a=0\n") != 0 || is_there(TEMP))
		return 3;
	return 0;
}

static void
on_a_full_disk_it_stays_as_it_was(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put(NAME, "a=0\n", 0644);
	assert_int_equal(mkdirat(dir, "disk", 0755), 0);
	in_child(on_full_disk);
	assert_string_equal(text_of(NAME), "a=0\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(it_is_read_changed_and_written),
		CASE(what_is_as_it_should_be_is_not_written),
		CASE(one_that_is_not_there_is_made),
		CASE(one_that_somebody_makes_meanwhile_is_his),
		CASE(a_secret_is_for_its_owner),
		CASE(what_nobody_may_write_stays),
		CASE(through_a_link_its_file_is_replaced),
		CASE(a_link_to_nothing_says_what_is_made),
		CASE(what_is_no_file_is_refused_at_once),
		CASE(there_is_a_largest_file),
		CASE(a_temp_of_an_earlier_crash_is_in_nobodys_way),
		CASE(a_temp_that_another_writes_is_left_to_him),
		CASE(nobody_sees_half_of_it),
		CASE(a_file_that_is_mounted_is_written_over),
		CASE(on_a_full_disk_it_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
