/* SPDX-License-Identifier: MIT */
/*
 * The state that outlives an image, as world.h promises it: what is committed is read again, whole, by
 * this build and by another; what is not whole, or cannot be, is not believed; and whatever a power cut
 * leaves of its file, the next start works.
 *
 * With SOAK=1 ten million states are mutated; MCINIT_SEED=SEED mutates that way again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <cmocka.h>

#include "world_lab.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

enum { SECTOR = 512, PAGE = 4096 };

static uint64_t random_state = 20261127;

static uint32_t
chance(uint32_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * UINT64_C(2685821657736338717)) >> 33) % below;
}

static bool
soak(void)
{
	return getenv("SOAK") != NULL && *getenv("SOAK") != '\0';
}

static int
set_up(void **state)
{
	const char *seed = getenv("MCINIT_SEED");

	(void)state;
	if (seed != NULL)
		random_state = strtoull(seed, NULL, 10) * 2 + 1;
	world_lab_begin();
	return 0;
}

static int
read_image(const void *image)
{
	return world_read(&world_lab.read, image, sizeof(struct world_image));
}

static const struct world_half *
newest(void)
{
	return &world_lab.image->half[world_lab.image->half[1].turn > world_lab.image->half[0].turn];
}

/* ---- there and back ---- */

static void
what_is_committed_is_read_again(void **state)
{
	const struct world *w = world_lab.w, *r = &world_lab.read;

	(void)state;
	world_commit();
	assert_int_equal(read_image(world_lab.image), 0);
	assert_int_equal(r->turns, w->turns);
	assert_memory_equal(&r->machine.whole, &w->machine.whole, sizeof(w->machine.whole));
	assert_memory_equal(r->machine.server, w->machine.server, sizeof(w->machine.server));
	assert_memory_equal(&r->proc, &w->proc, sizeof(w->proc));
	assert_memory_equal(&r->console, &w->console, sizeof(w->console));
	assert_memory_equal(r->name, w->name, sizeof(w->name));
	assert_memory_equal(&r->fds, &w->fds, sizeof(w->fds));
	assert_int_equal(r->acts.count, w->acts.count);
	assert_memory_equal(r->acts.act, w->acts.act, (size_t)w->acts.count * sizeof(w->acts.act[0]));
	assert_int_equal(r->events, w->events);
	assert_memory_equal(r->event, w->event, (size_t)w->events * sizeof(w->event[0]));
	assert_int_equal(r->done, w->done);
}

static void
each_action_has_a_row(void **state)
{
	(void)state;
	for (int what = 0; what < ACT_COUNT; what++)
		if (world_act_rules[what].about == 0)
			fail_msg("no row for %s", words_action(what));
}

/* ---- other builds ---- */

/* The records of the newest commit again, each as `change` makes it. */
static struct world_image other;

static void
rewrite(void (*change)(struct world_record *record))
{
	const struct world_half *from = newest();
	struct world_half *to = &other.half[0];
	struct world_record record, changed;

	memset(&other, 0, sizeof(other));
	other.head = world_lab.image->head;
	to->turn = from->turn;
	for (uint32_t at = 0; at < from->bytes; at += (record.bytes + 7) & ~7U) {
		memcpy(&record, from->records + at, sizeof(record));
		at += (uint32_t)sizeof(record);
		changed = record;
		change(&changed);
		if (changed.bytes == 0)
			continue;
		memcpy(to->records + to->bytes, &changed, sizeof(changed));
		to->bytes += (uint32_t)sizeof(changed);
		memcpy(to->records + to->bytes, from->records + at,
		    changed.bytes < record.bytes ? changed.bytes : record.bytes);
		to->bytes += (changed.bytes + 7) & ~7U;
	}
	to->sum = world_sum(to->records, to->bytes, to->turn);
}

static int changed_part;
static uint32_t changed_by;

static void
shorten(struct world_record *record)
{
	if (record->part == changed_part)
		record->bytes = record->bytes > changed_by ? record->bytes - changed_by : 0;
}

static void
lengthen(struct world_record *record)
{
	if (record->part == changed_part)
		record->bytes += changed_by;
}

static void
rename_part(struct world_record *record)
{
	if (record->part == changed_part)
		record->part = PART_COUNT;
}

static void
an_older_one_knew_less(void **state)
{
	(void)state;
	for (changed_part = 0; changed_part < PART_COUNT; changed_part++)
		for (changed_by = 0; changed_by < world_forms[changed_part].size; changed_by += 8) {
			rewrite(shorten);
			if (read_image(&other) != 0)
				fail_msg("part %d without its last %u bytes", changed_part, changed_by);
		}
	/* What it did not know is as if it had never been. */
	changed_part = PART_REST;
	changed_by = sizeof(struct world_fds) - offsetof(struct world_fds, waiting);
	rewrite(shorten);
	assert_int_equal(read_image(&other), 0);
	assert_int_equal(world_lab.read.fds.lock, world_lab.w->fds.lock);
	assert_int_equal(world_lab.read.fds.control, -1);
	assert_int_equal(world_lab.read.fds.asking, -1);
}

static void
a_newer_one_knows_more_and_is_not_guessed_at(void **state)
{
	(void)state;
	for (changed_part = 0; changed_part < PART_COUNT; changed_part++) {
		/* Of none there may be none. */
		changed_by = 8;
		rewrite(lengthen);
		assert_int_equal(read_image(&other), -EPROTO);
		rewrite(rename_part);
		assert_int_equal(read_image(&other), -EPROTO);
	}
	changed_part = -1;
	rewrite(shorten);
	other.head.layout++;
	assert_int_equal(read_image(&other), -EPROTO);
	other.head.layout -= 2;
	assert_int_equal(read_image(&other), -EPROTO);
}

static void
keep(struct world_record *record)
{
	(void)record;
}

static void
a_record_that_is_cut_off_is_no_record(void **state)
{
	struct world_half *half = &other.half[0];
	long whole = 0;
	uint32_t all;

	(void)state;
	rewrite(keep);
	all = half->bytes;
	for (half->bytes = 0; half->bytes < all; half->bytes += 8) {
		struct world_record record;
		bool ends_here = false;

		for (uint32_t at = 0; at <= half->bytes && !ends_here;
		    at += (uint32_t)sizeof(record) + ((record.bytes + 7) & ~7U)) {
			memcpy(&record, half->records + at, sizeof(record));
			ends_here = at == half->bytes;
		}
		half->sum = world_sum(half->records, half->bytes, half->turn);
		/* Without the records behind, what is there may not be possible. */
		if (read_image(&other) == 0 && !ends_here)
			fail_msg("cut to %u of %u bytes", half->bytes, all);
		whole += read_image(&other) == 0;
	}
	assert_true(whole > 0);
}

static void
a_head_may_be_shorter_and_stand_elsewhere(void **state)
{
	static char elsewhere[sizeof(struct world_image)];
	const struct world_image *image = world_lab.image;
	struct world_head head = image->head;

	(void)state;
	memcpy(elsewhere, image, sizeof(elsewhere));
	head.head_bytes = offsetof(struct world_head, owner);
	memset(elsewhere, 0xaa, offsetof(struct world_image, half[0]));
	head.half_at[0] = head.head_bytes;
	memmove(elsewhere + head.half_at[0], &image->half[0], sizeof(image->half[0]));
	memcpy(elsewhere, &head, head.head_bytes);
	assert_int_equal(read_image(elsewhere), 0);
	assert_int_equal(world_lab.read.turns, newest()->turn);
	head.magic[0]++;
	memcpy(elsewhere, &head, head.head_bytes);
	assert_int_equal(read_image(elsewhere), -EINVAL);
}

/* ---- what cannot be ---- */

struct wrong {
	const char *what;
	void (*make)(struct world *w);
};

#define WRONG(name, ...)	static void wrong_##name(struct world *w) { __VA_ARGS__; }
WRONG(pid_one, w->proc.main[0].pid = 1)
WRONG(pid_negative, w->proc.reader = -5)
WRONG(session_one, w->proc.main[0].session = 1)
WRONG(same_child, w->proc.reader = w->proc.main[0].pid)
WRONG(same_helper, w->proc.helper[3] = w->proc.helper[0])
WRONG(same_trial, w->proc.trial = w->proc.main[1].sweep)
WRONG(forking, w->proc.forking.whose = PROC_MAIN; w->proc.forking.number = CONF_SERVERS)
WRONG(forking_whose, w->proc.forking.whose = PROC_NO_MORE)
WRONG(sweep_signal, w->proc.main[0].sweep_signal = 65)
WRONG(flag, memset(&w->proc.main[0].failed, 2, 1))
WRONG(standard_output, w->fds.trace = 1)
WRONG(same_descriptor, w->fds.trace = w->console.slot[0].source)
WRONG(descriptor_minus_two, w->console.rings = -2)
WRONG(path_without_end, memset(w->console.path, 'x', sizeof(w->console.path)))
WRONG(name_without_end, memset(w->name[15], 'x', sizeof(w->name[15])))
WRONG(server_without_name, w->machine.server[7].used = true)
WRONG(same_name, memcpy(w->name[9], w->name[1], sizeof(w->name[9])))
WRONG(act_without_name, w->done = 0; w->acts.act[0] = (struct step_act){ ACT_SPAWN, 7, 0, 0, 0 })
WRONG(state_unknown, w->machine.server[0].is = IS_COUNT)
WRONG(wish_unknown, w->machine.server[0].wish = WISH_COUNT)
WRONG(rung_unknown, w->machine.server[0].rung = RUNG_COUNT)
WRONG(flag_of_server, memset(&w->machine.server[0].used, 7, 1))
WRONG(flag_of_whole, memset(&w->machine.whole.proving, 7, 1))
WRONG(mode_unknown, w->machine.whole.mode = MODE_APPLIANCE + 1)
WRONG(ending_unknown, w->machine.whole.how = ENDING_COUNT)
WRONG(tries, w->machine.server[0].tries = -1)
WRONG(unready, w->machine.server[0].unready = INT32_MAX)
WRONG(time_far, w->machine.server[0].stop_at = INT64_MAX)
WRONG(deadline_long_ago, w->machine.server[0].deadline[TIMER_KILL] = INT64_MIN)
WRONG(crash_far, w->machine.server[0].crash_at[31] = INT64_MIN)
WRONG(whole_deadline, w->machine.whole.deadline[0] = INT64_MIN)
WRONG(started, w->started = INT64_MIN)
WRONG(done_too_much, w->done = w->acts.count + 1)
WRONG(done_negative, w->done = -1)
WRONG(text, w->text = WORLD_TEXTS)
WRONG(text_before, w->text_before = WORLD_TEXTS)
WRONG(level, w->level = 99)
WRONG(event_unknown, w->event[0].what = STEP_EVENT_COUNT)
WRONG(event_slot, w->event[0].slot = CONF_SERVERS)
#define ACT(...)	(w->acts.act[0] = (struct step_act){ __VA_ARGS__ })
WRONG(act_unknown, ACT(ACT_COUNT, -1, 0, 0, 0))
WRONG(act_slot, ACT(ACT_SPAWN, CONF_SERVERS, 0, 0, 0))
WRONG(act_of_nobody, ACT(ACT_SPAWN, -1, 0, 0, 0))
WRONG(act_of_a_server, ACT(ACT_RELOAD, 0, 0, 0, 0))
WRONG(signal_zero, ACT(ACT_SIGNAL_MAIN, 0, 0, 0, 0))
WRONG(signal_large, ACT(ACT_SIGNAL_GROUP, 0, 65, 0, 0))
WRONG(sweep_large, ACT(ACT_SWEEP, 0, 65, 0, 0))
WRONG(lines, ACT(ACT_QUOTE, 0, 1000, 0, 0))
WRONG(helper_unknown, ACT(ACT_HELPER, -1, HELPER_COUNT, 0, 0))
WRONG(helper_of_nobody, ACT(ACT_HELPER, -1, HELPER_CARRIER, 0, 0))
WRONG(helper_of_a_server, ACT(ACT_HELPER, 0, HELPER_OUTPUT, 0, 0))
WRONG(message, ACT(ACT_SAY, -1, SAY_COUNT, 0, 0))
WRONG(answer, ACT(ACT_ANSWER, -1, -1, 0, 0))
WRONG(code, ACT(ACT_FINISH, -1, 256, 0, 0))
WRONG(ending, ACT(ACT_FINISH, -1, 0, ENDING_COUNT, 0))

static void
what_cannot_be_is_not_believed(void **state)
{
#define ROW(name)	{ #name, wrong_##name }
	static const struct wrong wrongs[] = { ROW(pid_one), ROW(pid_negative), ROW(session_one),
		ROW(same_child), ROW(same_helper), ROW(same_trial), ROW(forking), ROW(forking_whose),
		ROW(sweep_signal), ROW(flag), ROW(standard_output), ROW(same_descriptor),
		ROW(descriptor_minus_two), ROW(path_without_end), ROW(name_without_end),
		ROW(server_without_name), ROW(same_name), ROW(act_without_name),
		ROW(state_unknown), ROW(wish_unknown), ROW(rung_unknown), ROW(flag_of_server),
		ROW(flag_of_whole), ROW(mode_unknown), ROW(ending_unknown), ROW(tries), ROW(unready),
		ROW(time_far), ROW(deadline_long_ago), ROW(crash_far), ROW(whole_deadline), ROW(started),
		ROW(done_too_much), ROW(done_negative), ROW(text), ROW(text_before), ROW(level),
		ROW(event_unknown), ROW(event_slot), ROW(act_unknown), ROW(act_slot),
		ROW(act_of_nobody), ROW(act_of_a_server), ROW(signal_zero), ROW(signal_large),
		ROW(sweep_large), ROW(lines), ROW(helper_unknown), ROW(helper_of_nobody),
		ROW(helper_of_a_server), ROW(message), ROW(answer), ROW(code), ROW(ending) };
	static struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		w = *world_lab.w;
		assert_true(world_is_sound(&w));
		wrongs[i].make(&w);
		if (world_is_sound(&w))
			fail_msg("believed: %s", wrongs[i].what);
	}
}

/* Its number may be another's before we are told that it has ended. */
static void
an_adopted_process_may_share_its_number(void **state)
{
	static struct world w;

	(void)state;
	w = *world_lab.w;
	w.proc.main[0].adopted = true;
	w.proc.reader = w.proc.main[0].pid;
	assert_true(world_is_sound(&w));
}

/* ---- torn ---- */

/* The image with a commit, and with the next one; what the next one wrote may be lost by sectors. */
static struct world_image before, after, torn;

static void
commit_twice(void)
{
	world_commit();
	before = *world_lab.image;
	world_lab_event(STEP_SIGNAL, -1, SIGHUP);
	world_lab.w->proc.reader += 1000;
	world_lab.w->event[world_lab.w->events++] = (struct step_event){ .what = STEP_TICK, .slot = -1 };
	world_commit();
	after = *world_lab.image;
}

static void
expect_one_of_both(const char *how, long which)
{
	int rc = read_image(&torn);
	uint64_t turn = world_lab.read.turns;

	if (rc != 0 || (turn != world_lab.w->turns && turn != world_lab.w->turns - 1))
		fail_msg("%s %ld: %d, turn %llu", how, which, rc, (unsigned long long)turn);
	if (world_lab.read.proc.reader != world_lab.w->proc.reader - (turn == world_lab.w->turns ? 0 : 1000))
		fail_msg("%s %ld: a mixture", how, which);
}

static void
a_commit_that_is_torn_is_the_one_before(void **state)
{
	const size_t bytes = offsetof(struct world_image, text);
	char *t = (char *)&torn;
	const char *b = (const char *)&before, *a = (const char *)&after;
	long tries = soak() ? 1000000 : 20000;

	(void)state;
	commit_twice();
	/* Written from its beginning, and broken off at each byte. */
	torn = before;
	for (size_t i = 0; i < bytes; i++) {
		if (a[i] == b[i])
			continue;
		t[i] = a[i];
		expect_one_of_both("byte", (long)i);
	}
	for (long n = 0; n < tries; n++) {
		uint32_t size = chance(2) ? SECTOR : PAGE, part = 1 + chance(15);

		torn = before;
		for (size_t at = 0; at < bytes; at += size)
			if (chance(16) < part)
				memcpy(t + at, a + at, at + size < bytes ? size : bytes - at);
		/* The number of what is being written is taken away first. */
		if (chance(4) == 0)
			torn.half[world_lab.w->turns % 2].turn = 0;
		expect_one_of_both("try", n);
	}
}

/* ---- the file ---- */

static bool
want_all(const struct world *w)
{
	(void)w;
	return true;
}

static void
write_file(int dir, const char *name, const void *bytes, size_t count)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, count), count);
	close(fd);
}

/* Any of its pages may be missing, and its end. */
static void
whatever_a_power_cut_leaves_the_next_start_works(void **state)
{
	static struct load_text text;
	char path[] = "/tmp/unit_world.XXXXXX", *t = (char *)&torn;
	long tries = soak() ? 5000 : 300, found = 0;
	int dir;

	(void)state;
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	world_lab.w->machine.whole.mode = MODE_SERVICE;
	world_commit();
	for (long n = 0; n < tries; n++) {
		size_t bytes = sizeof(torn);
		uint32_t lost = chance(8);
		int rc;

		torn = *world_lab.image;
		for (size_t at = 0; at + PAGE < sizeof(torn); at += PAGE)
			if (chance(32) < lost)
				memset(t + at, 0, PAGE);
		if (chance(4) == 0)
			bytes = chance(sizeof(torn));
		write_file(dir, "state", &torn, bytes);
		if (chance(2) == 0)
			write_file(dir, "state.new", &torn, chance(sizeof(torn)));
		rc = world_adopt(dir, &text, want_all);
		assert_true(rc == 0 || rc == -ENOENT || rc == -EINVAL || rc == -EPROTO || rc == -EBADMSG);
		found += rc == 0;
		if (rc < 0)
			world_set_aside(dir);
		if (rc < 0 && world_create(dir) == NULL)
			fail_msg("no start behind try %ld", n);
		close(world_fd());
	}
	/* Each of them was tried, or nothing is proven. */
	assert_true(found > tries / 20 && found < tries);
	unlinkat(dir, "state", 0);
	unlinkat(dir, "state.bad", 0);
	unlinkat(dir, "state.new", 0);
	close(dir);
	assert_int_equal(rmdir(path), 0);
}

/* ---- anything ---- */

static void
whatever_becomes_of_its_bytes_is_refused_or_sound(void **state)
{
	uint8_t program[WORLD_STEP * WORLD_STEPS];
	long tries = soak() ? 10000000 : 50000;

	(void)state;
	for (long n = 0; n < tries; n++) {
		size_t bytes = (size_t)(1 + chance(chance(4) == 0 ? WORLD_STEPS : 3)) * WORLD_STEP;

		for (size_t i = 0; i < bytes; i++)
			program[i] = (uint8_t)chance(256);
		/* Some with the rest that is no step. */
		if (bytes < sizeof(program) && chance(4) == 0)
			bytes += chance(4);
		world_lab_try(program, bytes);
	}
	printf("%ld mutated states: %ld accepted, %ld refused, %ld gone on from\n", tries,
	    world_lab.accepted, world_lab.refused, world_lab.driven);
	/* A reader that refuses all proves nothing, and neither does one that takes all. */
	assert_true(world_lab.accepted > tries / 20 && world_lab.refused > tries / 20 &&
	    world_lab.driven > tries / 100);
	/* And the bytes are what they were. */
	assert_int_equal(read_image(world_lab.image), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_committed_is_read_again),
		cmocka_unit_test(each_action_has_a_row),
		cmocka_unit_test(an_older_one_knew_less),
		cmocka_unit_test(a_newer_one_knows_more_and_is_not_guessed_at),
		cmocka_unit_test(a_record_that_is_cut_off_is_no_record),
		cmocka_unit_test(a_head_may_be_shorter_and_stand_elsewhere),
		cmocka_unit_test(what_cannot_be_is_not_believed),
		cmocka_unit_test(an_adopted_process_may_share_its_number),
		cmocka_unit_test(whatever_becomes_of_its_bytes_is_refused_or_sound),
		cmocka_unit_test(a_commit_that_is_torn_is_the_one_before),
		cmocka_unit_test(whatever_a_power_cut_leaves_the_next_start_works),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
