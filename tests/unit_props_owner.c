/* SPDX-License-Identifier: MIT */
/*
 * Whose a file of props.h is, and who may read it: owner and mode stay, what root makes is for a server that
 * is not root's, and no link leads root astray.
 */
#include "props_lab.h"

static void
mode_and_owner_stay(void **state)
{
	static const mode_t modes[] = { 0600, 0644, 0664, 0200 | 0400, 0755, 0666 };

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		put(NAME, "a=1\n", modes[i]);
		assert_int_equal(change(NAME, "a", "2", false), 0);
		assert_int_equal(mode_of(NAME), modes[i]);
		assert_int_equal(unlinkat(dir, NAME, 0), 0);
	}
	if (geteuid() != 0)
		return;
	put(NAME, "a=1\n", 0640);
	assert_int_equal(fchownat(dir, NAME, NOBODY, NOBODY, 0), 0);
	assert_int_equal(change(NAME, "a", "2", false), 0);
	assert_int_equal(stat_of(NAME).st_uid, NOBODY);
	assert_int_equal(stat_of(NAME).st_gid, NOBODY);
	assert_int_equal(mode_of(NAME), 0640);
	assert_int_equal(change(NAME, "a", "3", true), 0);
	assert_int_equal(stat_of(NAME).st_uid, NOBODY);
	assert_int_equal(mode_of(NAME), 0600);
}

static int
as_nobody(void)
{
	struct stat st;

	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		return SKIPPED;
	if (change(NAME, "a", "2", false) != 0 || fstatat(dir, NAME, &st, 0) < 0)
		return 1;
	if (st.st_uid != NOBODY || st.st_gid != NOBODY)
		return 2;
	/* The group of root may not write any more, and neither may ours. */
	if ((st.st_mode & 0777) != 0644)
		return 3;
	return 0;
}

static void
the_rights_of_a_group_are_for_no_other(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put(NAME, "a=1\n", 0664);
	assert_int_equal(chmod(path, 0777), 0);
	in_child(as_nobody);
	assert_string_equal(text_of(NAME), "a=2\n");
}

/* In the directory of another user. */
static void
what_root_makes_is_for_the_owner_of_the_directory(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(fchown(dir, NOBODY, NOBODY), 0);
	assert_int_equal(change(NAME, "a", "1", true), 0);
	assert_int_equal(stat_of(NAME).st_uid, NOBODY);
	assert_int_equal(stat_of(NAME).st_gid, NOBODY);
	assert_int_equal(mode_of(NAME), 0600);
	assert_int_equal(unlinkat(dir, NAME, 0), 0);
	assert_int_equal(change(NAME, "a", "1", false), 0);
	assert_int_equal(stat_of(NAME).st_uid, NOBODY);
	/* One of root's that he can read, until it is closed to all others. */
	put(NAME, "a=0\n", 0644);
	assert_int_equal(fchownat(dir, NAME, 0, 0, 0), 0);
	assert_int_equal(change(NAME, "a", "1", false), 0);
	assert_int_equal(stat_of(NAME).st_uid, 0);
	assert_int_equal(change(NAME, "a", "2", true), 0);
	assert_int_equal(stat_of(NAME).st_uid, NOBODY);
}

static void
link_of(uid_t uid, const char *to, const char *name)
{
	unlinkat(dir, name, 0);
	assert_int_equal(symlinkat(to, dir, name), 0);
	assert_int_equal(fchownat(dir, name, uid, uid, AT_SYMLINK_NOFOLLOW), 0);
}

static void
root_follows_links_of_others_only_to_what_is_theirs(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put("roots", "a=0\n", 0644);
	put("his", "a=0\n", 0644);
	assert_int_equal(fchownat(dir, "his", NOBODY, NOBODY, 0), 0);
	assert_int_equal(mkdirat(dir, "sub", 0755), 0);
	link_of(NOBODY, "roots", NAME);
	assert_int_equal(change(NAME, "a", "1", true), -EPERM);
	link_of(NOBODY, "second", NAME);
	link_of(0, "roots", "second");
	assert_int_equal(change(NAME, "a", "1", true), -EPERM);
	link_of(0, "second", NAME);
	link_of(NOBODY, "roots", "second");
	assert_int_equal(change(NAME, "a", "1", true), -EPERM);
	/* Nor from one to another, to what is the last one's. */
	put("theirs", "a=0\n", 0644);
	assert_int_equal(fchownat(dir, "theirs", ANOTHER, ANOTHER, 0), 0);
	link_of(NOBODY, "second", NAME);
	link_of(ANOTHER, "theirs", "second");
	assert_int_equal(change(NAME, "a", "1", true), -EPERM);
	assert_string_equal(text_of("theirs"), "a=0\n");
	/* Neither to where there is nothing yet. */
	link_of(NOBODY, "sub/new", NAME);
	assert_int_equal(change(NAME, "a", "1", true), -EPERM);
	assert_string_equal(text_of("roots"), "a=0\n");
	assert_int_equal(mode_of("roots"), 0644);
	assert_false(is_there("sub/new"));
	link_of(NOBODY, "his", NAME);
	assert_int_equal(change(NAME, "a", "1", false), 0);
	assert_string_equal(text_of("his"), "a=1\n");
	link_of(0, "roots", NAME);
	assert_int_equal(change(NAME, "a", "1", false), 0);
	assert_string_equal(text_of("roots"), "a=1\n");
	assert_int_equal(fchownat(dir, "sub", NOBODY, NOBODY, 0), 0);
	link_of(NOBODY, "sub/new", NAME);
	assert_int_equal(change(NAME, "a", "1", false), 0);
	assert_int_equal(stat_of("sub/new").st_uid, NOBODY);
}

static int
over_one_of_others(void)
{
	char file[96], outside[96];

	snprintf(file, sizeof(file), "%s/" NAME, path);
	snprintf(outside, sizeof(outside), "%s/outside", path);
	if (!have_mounts_of_our_own() || mount(outside, file, NULL, MS_BIND, NULL) < 0 ||
	    setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		return SKIPPED;
	return change(NAME, "a", "2", true) != PROPS_OPEN || strcmp(text_of(NAME), "a=2\n") != 0;
}

/* Its mode is not for us to set, and all the same it is for us to write. */
static void
one_that_everybody_may_write_is_written_and_said_to_be_open(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put(NAME, "a=0\n", 0666);
	put("outside", "a=0\n", 0666);
	assert_int_equal(fchmodat(dir, "outside", 0666, 0), 0);
	assert_int_equal(fchown(dir, NOBODY, NOBODY), 0);
	in_child(over_one_of_others);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(mode_and_owner_stay),
		CASE(the_rights_of_a_group_are_for_no_other),
		CASE(what_root_makes_is_for_the_owner_of_the_directory),
		CASE(root_follows_links_of_others_only_to_what_is_theirs),
		CASE(one_that_everybody_may_write_is_written_and_said_to_be_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
