/* SPDX-License-Identifier: MIT */
/*
 * The state as a file in run_dir: how it comes to be, what of it is taken over and what is not, and that
 * whatever a power cut or a person has left there, the next start works.
 *
 * With SOAK=1 more of what is random; MCINIT_SEED=SEED does that again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ptrace_lab.h"
#include "sys.h"
#include "world_life.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

enum { SECTOR = 512, PAGE = 4096, SECTORS_MOST = 14 };

static struct {
	char path[64];
	int dir;
	struct world_image good, image;	/* a state with servers, and what is made of it */
} lab;

static struct load_text today;

static void
remove_all(void)
{
	static const char *const names[] = { "state", "state.new", "state.bad" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (unlinkat(lab.dir, names[i], 0) < 0 && errno == EISDIR)
			unlinkat(lab.dir, names[i], AT_REMOVEDIR);
}

static void
write_file(const char *name, const void *bytes, size_t count)
{
	int fd = openat(lab.dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, count), count);
	close(fd);
}

static bool
is_there(const char *name)
{
	struct stat st;

	return fstatat(lab.dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What world_read() says of the file; -ENOENT: there is none. */
static int
read_file(void)
{
	static struct world_image image;
	int fd = openat(lab.dir, "state", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, &image, sizeof(image), 0);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -errno : world_read(&world_lab.read, &image, n > 0 ? (size_t)n : 0);
}

/* A file of a new life, as world_create() makes it; then with servers. */
static int
set_up(void **state)
{
	const char *seed = getenv("MCINIT_SEED");

	(void)state;
	strcpy(lab.path, "/tmp/unit_world_file.XXXXXX");
	assert_non_null(mkdtemp(lab.path));
	lab.dir = open(lab.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(lab.dir >= 0);
	world_lab_begin();
	world_lab_fill();
	world_lab.w->machine.whole.mode = MODE_SERVICE;
	world_lab.w->text = 2;
	world_lab.w->text_before = 1;
	for (uint32_t i = 0; i < WORLD_TEXTS; i++) {
		world_text(i)->bytes = world_text(i)->ini_bytes = 8;
		snprintf(world_text(i)->text, 9, "# text %u", i);
	}
	world_commit();
	world_commit();
	lab.good = *world_lab.map;
	strcpy(today.text, "# today\n");
	today.bytes = today.ini_bytes = 8;
	world_lab.random = seed != NULL ? strtoull(seed, NULL, 10) * 2 + 1 : 20261127;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	remove_all();
	close(lab.dir);
	return rmdir(lab.path);
}

/* ---- how it comes to be ---- */

static int
create(void)
{
	return world_create(lab.dir) == NULL;
}

static const char *wrong;
static long stops, without, with;

/* Whoever looks finds none or a whole one; what was there before counts until the new one does. */
static bool
look(long stop, long call)
{
	int rc = read_file();

	(void)stop;
	(void)call;
	stops++;
	*(rc == -ENOENT ? &without : &with) += 1;
	if (rc != 0 && rc != -ENOENT)
		wrong = "half a state is there";
	if (rc == -ENOENT && with > 0)
		wrong = "there was a state, and there is none";
	return wrong == NULL;
}

static void
whoever_looks_finds_none_or_a_whole_one(void **state)
{
	int rc;

	(void)state;
	for (int again = 0; again < 2; again++) {
		rc = ptrace_lab(create, PTRACE_SYSCALL, look);
		if (rc == PTRACE_LAB_REFUSED)
			skip();
		if (wrong != NULL)
			fail_msg("%s, at stop %ld", wrong, stops);
		assert_int_equal(rc, 0);
		assert_true(stops > 10 && with > 0 && without > 0);
	}
	assert_false(is_there("state.new"));
}

static long kill_at;

static bool
kill_there(long stop, long call)
{
	(void)call;
	return stop < kill_at;
}

static void
killed_in_between_the_next_start_works(void **state)
{
	int rc = PTRACE_LAB_KILLED;

	(void)state;
	remove_all();
	for (kill_at = 1; rc == PTRACE_LAB_KILLED; kill_at++) {
		rc = ptrace_lab(create, PTRACE_SYSCALL, kill_there);
		if (rc == PTRACE_LAB_REFUSED)
			skip();
		assert_true(rc == PTRACE_LAB_KILLED || rc == 0);
		rc = read_file() == 0 || read_file() == -ENOENT ? rc : 1;
		assert_int_not_equal(rc, 1);
		assert_int_equal(create(), 0);
		assert_int_equal(read_file(), 0);
		close(world_fd());
		/* Once more, beside what that leaves. */
		if (kill_at % 2 == 0)
			unlinkat(lab.dir, "state", 0);
	}
	assert_true(kill_at > 10);
}

/* ---- what a power cut leaves ---- */

static bool
want_all(const struct world *w)
{
	(void)w;
	return true;
}

/* Any of its sectors may be lost; it counts when its head and its commit are there. */
static void
any_set_of_its_sectors_may_be_lost_when_it_is_new(void **state)
{
	size_t sectors[SECTORS_MOST], count = 0, head, commit;
	const char *zeros = (const char *)&lab.image.text;
	struct world_image whole;
	long found = 0;
	int fd;

	(void)state;
	remove_all();
	assert_int_equal(create(), 0);
	close(world_fd());
	fd = openat(lab.dir, "state", O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, &whole, sizeof(whole), 0), sizeof(whole));
	close(fd);
	memset(&lab.image.text, 0, SECTOR);
	for (size_t at = 0; at < sizeof(whole); at += SECTOR) {
		size_t n = sizeof(whole) - at < SECTOR ? sizeof(whole) - at : SECTOR;

		if (memcmp((const char *)&whole + at, zeros, n) == 0)
			continue;
		assert_true(count < SECTORS_MOST);
		sectors[count++] = at;
	}
	/* All behind the first one of the head is births and boxes, of which there are none. */
	head = 0;
	commit = offsetof(struct world_image, half[1]);
	for (uint64_t set = 0; set < UINT64_C(1) << count; set++) {
		bool expected = true;
		int rc;

		lab.image = whole;
		for (size_t i = 0; i < count; i++) {
			if (set >> i & 1)
				continue;
			memset((char *)&lab.image + sectors[i], 0, SECTOR);
			expected &= sectors[i] != head && sectors[i] + SECTOR <= commit;
		}
		rc = world_read(&world_lab.read, &lab.image, sizeof(lab.image));
		if ((rc == 0) != expected)
			fail_msg("set %lx of %zu: %d", (unsigned long)set, count, rc);
		found += rc == 0;
	}
	assert_true(count > 2 && found > 0);
}

static void
whatever_a_power_cut_leaves_the_next_start_works(void **state)
{
	char *t = (char *)&lab.image;
	long tries = getenv("SOAK") != NULL && *getenv("SOAK") != '\0' ? 5000 : 300, found = 0;

	(void)state;
	remove_all();
	for (long n = 0; n < tries; n++) {
		uint32_t lost = world_lab_chance(8);
		size_t bytes;
		int rc;

		lab.image = lab.good;
		for (size_t at = 0; at + PAGE < sizeof(lab.image); at += PAGE)
			if (world_lab_chance(32) < lost)
				memset(t + at, 0, PAGE);
		bytes = world_lab_chance(4) == 0 ? world_lab_chance(sizeof(lab.image)) : sizeof(lab.image);
		write_file("state", t, bytes);
		if (world_lab_chance(2) == 0)
			write_file("state.new", t, world_lab_chance(sizeof(lab.image)));
		rc = world_adopt(lab.dir, &today, want_all);
		assert_true(rc == 0 || rc == -ENOENT || rc == -EINVAL || rc == -EPROTO || rc == -EBADMSG);
		found += rc == 0;
		if (rc < 0 && rc != -ENOENT)
			assert_int_equal(world_set_aside(lab.dir), 0);
		if (rc < 0 && world_create(lab.dir) == NULL)
			fail_msg("no start behind try %ld", n);
		close(world_fd());
		assert_int_equal(read_file(), 0);
	}
	/* Each of them was tried, or nothing is proven. */
	assert_true(found > tries / 20 && found < tries);
}

/* ---- what is taken over, and what not ---- */

/* The sums of what was changed on purpose. */
static void
sum(void)
{
	for (int i = 0; i < 2; i++)
		lab.image.half[i].sum = world_sum(lab.image.half[i].records, lab.image.half[i].bytes,
		    lab.image.half[i].turn);
}

/* The first record of a part, in each half. */
static struct world_record *
record_of(int which, int part)
{
	struct world_half *half = &lab.image.half[which];
	struct world_record *record;

	for (uint32_t at = 0; at < half->bytes; at += (uint32_t)sizeof(*record) +
	    ((record->bytes + 7) & ~7U)) {
		record = (void *)(half->records + at);
		if (record->part == part)
			return record;
	}
	fail_msg("no record of part %d", part);
	return NULL;
}

/* An older build knew less of what stands in this one, and nothing of those behind it. */
static void
shorten_rest(int which, uint32_t by)
{
	struct world_half *half = &lab.image.half[which];
	struct world_record *record = record_of(which, PART_REST);
	uint32_t bytes = record->bytes - by;

	record->bytes = bytes;
	half->bytes = (uint32_t)((char *)(record + 1) - half->records) + ((bytes + 7) & ~7U);
}

/* As a person, a disk or another build may have left it. */
#define MADE(name, ...)	static void made_##name(void) { __VA_ARGS__; }
MADE(as_it_was, (void)0)
MADE(head_without_boxes, lab.image.head.head_bytes = offsetof(struct world_head, box))
MADE(head_without_rcon, lab.image.head.head_bytes = offsetof(struct world_head, equip))
MADE(head_without_births, lab.image.head.head_bytes = offsetof(struct world_head, birth))
MADE(one_damaged, lab.image.half[0].records[40] ^= 1)
MADE(other_damaged, lab.image.half[1].records[40] ^= 1)
MADE(fewer_descriptors, for (int i = 0; i < 2; i++) shorten_rest(i,
	sizeof(struct world_fds) - offsetof(struct world_fds, trace)); sum())
MADE(head_without_owner, lab.image.head.head_bytes = offsetof(struct world_head, owner))
MADE(other_boot, lab.image.head.owner.boot[5] ^= 1)
MADE(no_boot, lab.image.head.owner.boot[0] = '\0')
MADE(zeros, memset(&lab.image, 0, sizeof(lab.image)))
MADE(other_magic, lab.image.head.magic[6] = '\n')
MADE(older_layout, lab.image.head.layout--)
MADE(newer_layout, lab.image.head.layout++)
MADE(longer_head, lab.image.head.head_bytes += 8)
MADE(other_texts, lab.image.head.text_bytes += 8)
MADE(more_texts, lab.image.head.texts++)
MADE(newer_part, for (int i = 0; i < 2; i++) record_of(i, PART_NAME)->part = PART_COUNT; sum())
MADE(longer_record, for (int i = 0; i < 2; i++) record_of(i, PART_NAME)->bytes += 8; sum())
MADE(both_damaged, made_one_damaged(); made_other_damaged())
MADE(both_unfinished, lab.image.half[0].turn = lab.image.half[1].turn = 0)
MADE(half_outside, lab.image.head.half_at[1] = sizeof(lab.image) - 8)
MADE(texts_outside, lab.image.head.text_at += 8)
MADE(impossible, for (int i = 0; i < 2; i++)
	((struct proc_main *)(void *)(record_of(i, PART_MAIN) + 1))->pid = 1; sum())

static const struct made {
	const char *what;
	void (*make)(void);
	int rc;
} mades[] = {
#define ROW(name, rc)	{ #name, made_##name, rc }
	ROW(as_it_was, 0), ROW(head_without_boxes, 0), ROW(head_without_rcon, 0),
	ROW(head_without_births, 0), ROW(one_damaged, 0), ROW(other_damaged, 0),
	ROW(fewer_descriptors, 0), ROW(head_without_owner, -ENOENT),
	ROW(other_boot, -ENOENT), ROW(no_boot, -ENOENT), ROW(zeros, -ENOENT), ROW(other_magic, -EINVAL),
	ROW(older_layout, -EPROTO), ROW(newer_layout, -EPROTO), ROW(longer_head, -EPROTO),
	ROW(other_texts, -EPROTO), ROW(more_texts, -EPROTO), ROW(newer_part, -EPROTO),
	ROW(longer_record, -EPROTO), ROW(both_damaged, -EBADMSG), ROW(both_unfinished, -EBADMSG),
	ROW(half_outside, -EBADMSG), ROW(texts_outside, -EBADMSG), ROW(impossible, -EBADMSG),
};

/* Whatever was there, what follows is a start as ever, whose state the one after it finds. */
static void
expect_start(const char *what, int rc)
{
	if (rc != -ENOENT && world_set_aside(lab.dir) != 0)
		fail_msg("%s: cannot be set aside", what);
	if (rc != -ENOENT && (!is_there("state.bad") || is_there("state")))
		fail_msg("%s: was not set aside", what);
	if (world_create(lab.dir) == NULL)
		fail_msg("%s: no start behind it", what);
	close(world_fd());
	assert_false(is_there("state.new"));
	assert_int_equal(world_adopt(lab.dir, &today, want_all), 0);
	close(world_fd());
	remove_all();
}

static void
expect_answer(const char *what, int rc)
{
	static struct world_image left;
	int answer = world_adopt(lab.dir, &today, want_all), fd;

	if (answer != rc)
		fail_msg("%s: %d, not %d", what, answer, rc);
	if (rc == 0) {
		close(world_fd());
		remove_all();
		return;
	}
	fd = openat(lab.dir, "state", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && pread(fd, &left, sizeof(left), 0) == sizeof(left) &&
	    memcmp(&left, &lab.image, sizeof(left)) != 0)
		fail_msg("%s: was written to", what);
	close(fd);
	expect_start(what, rc);
}

static void
what_is_not_ours_whole_or_of_this_build_is_not_taken(void **state)
{
	(void)state;
	remove_all();
	expect_answer("nothing", -ENOENT);
	for (size_t i = 0; i < COUNT(mades); i++) {
		lab.image = lab.good;
		mades[i].make();
		write_file("state", &lab.image, sizeof(lab.image));
		expect_answer(mades[i].what, mades[i].rc);
	}
}

static void
one_that_is_cut_or_too_long_is_not_taken(void **state)
{
	static const struct {
		off_t bytes;
		int rc;
	} cuts[] = { { 0, -EINVAL }, { sizeof(struct world_head) - 1, -EINVAL },
		{ sizeof(struct world_head), -EBADMSG }, { offsetof(struct world_image, text), -EBADMSG },
		{ sizeof(struct world_image) - 1, -EBADMSG }, { sizeof(struct world_image) + 1, 0 },
		{ 64 * (off_t)sizeof(struct world_image) + 1, -EINVAL } };

	(void)state;
	for (size_t i = 0; i < COUNT(cuts); i++) {
		char path[80], what[32];

		lab.image = lab.good;
		write_file("state", &lab.image, sizeof(lab.image));
		snprintf(path, sizeof(path), "%s/state", lab.path);
		assert_int_equal(truncate(path, cuts[i].bytes), 0);
		snprintf(what, sizeof(what), "%lld bytes", (long long)cuts[i].bytes);
		expect_answer(what, cuts[i].rc);
	}
}

static void
what_is_no_file_of_our_own_is_not_taken(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0602, 0777 };

	(void)state;
	lab.image = lab.good;
	for (size_t i = 0; i < COUNT(modes); i++) {
		write_file("state", &lab.image, sizeof(lab.image));
		assert_int_equal(fchmodat(lab.dir, "state", modes[i], 0), 0);
		expect_answer("mode", -EINVAL);
	}
	write_file("other", &lab.image, sizeof(lab.image));
	assert_int_equal(symlinkat("other", lab.dir, "state"), 0);
	expect_answer("a link", -EINVAL);
	unlinkat(lab.dir, "other", 0);
	assert_int_equal(symlinkat("other", lab.dir, "state"), 0);
	expect_answer("a link to nothing", -EINVAL);
	assert_int_equal(mkfifoat(lab.dir, "state", 0600), 0);
	expect_answer("a FIFO", -EINVAL);
	assert_int_equal(mkdirat(lab.dir, "state", 0700), 0);
	expect_answer("a directory", -EINVAL);
	if (geteuid() != 0)
		return;
	write_file("state", &lab.image, sizeof(lab.image));
	assert_int_equal(fchownat(lab.dir, "state", 12345, 0, 0), 0);
	expect_answer("another's", -EINVAL);
}

static bool
want_none(const struct world *w)
{
	(void)w;
	return false;
}

static void
one_that_is_not_wanted_stays_as_it_is(void **state)
{
	(void)state;
	lab.image = lab.good;
	write_file("state", &lab.image, sizeof(lab.image));
	assert_int_equal(world_adopt(lab.dir, &today, want_none), -ENOENT);
	assert_int_equal(read_file(), 0);
	expect_start("not wanted", -ENOENT);
}

static void
what_is_taken_over_is_ours_from_then_on(void **state)
{
	const struct world *w;
	struct equip_rcon rcon;

	(void)state;
	lab.image = lab.good;
	lab.image.head.faults = 2;
	lab.image.head.generation = 41;
	lab.image.head.owner.pid = 1;
	lab.image.head.birth.start[0].ticks = 4711;
	/* Its supervisor was killed before it could be told. */
	lab.image.head.equip.told[1] = (struct equip_told){ .pid = 4712, .rcon = { .on = true,
		.place = { .family = WIRE_IPV4, .port = 30000 } } };
	write_file("state", &lab.image, sizeof(lab.image));
	assert_int_equal(world_adopt(lab.dir, &today, want_all), 0);
	w = world_now();
	assert_int_equal(w->proc.main[0].pid, world_lab.w->proc.main[0].pid);
	assert_int_equal(world_faults(), 0);
	assert_int_equal(world_generation(), 42);
	assert_int_equal(world_owner()->pid, getpid());
	assert_true(w->rcon[0].on && w->rcon[0].place.port == 25575);
	assert_string_equal(w->rcon[0].password, "swordfish");
	assert_true(world_told(1, 4712, &rcon));
	assert_int_equal(rcon.place.port, 30000);
	/* That of today, the one in force, and the one before that. */
	assert_memory_equal(world_text(0)->text, "# today\n", 8);
	assert_memory_equal(world_text(w->text)->text, "# text 2", 8);
	assert_memory_equal(world_text(w->text_before)->text, "# text 1", 8);
	assert_int_equal(world_text_free(w), 2);
	assert_int_equal(read_file(), 0);
	assert_false(is_there("state.new"));
	/* Once more: what was a state is one. */
	close(world_fd());
	assert_int_equal(world_adopt(lab.dir, &today, want_all), 0);
	assert_int_equal(world_generation(), 43);
	/* And at a clean end nobody finds it. */
	world_remove(lab.dir);
	assert_false(is_there("state"));
	close(world_fd());
}

/* Its name is that of a later one by now. */
static void
only_our_own_is_removed(void **state)
{
	int first;

	(void)state;
	assert_int_equal(create(), 0);
	first = world_fd();
	assert_int_equal(renameat(lab.dir, "state", lab.dir, "state.bad"), 0);
	world_remove(lab.dir);
	lab.image = lab.good;
	write_file("state", &lab.image, sizeof(lab.image));
	world_remove(lab.dir);
	assert_true(is_there("state"));
	close(first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_looks_finds_none_or_a_whole_one),
		cmocka_unit_test(killed_in_between_the_next_start_works),
		cmocka_unit_test(any_set_of_its_sectors_may_be_lost_when_it_is_new),
		cmocka_unit_test(whatever_a_power_cut_leaves_the_next_start_works),
		cmocka_unit_test(what_is_not_ours_whole_or_of_this_build_is_not_taken),
		cmocka_unit_test(one_that_is_cut_or_too_long_is_not_taken),
		cmocka_unit_test(what_is_no_file_of_our_own_is_not_taken),
		cmocka_unit_test(one_that_is_not_wanted_stays_as_it_is),
		cmocka_unit_test(what_is_taken_over_is_ours_from_then_on),
		cmocka_unit_test(only_our_own_is_removed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
