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
	world_lab_begin();
	if (seed != NULL)
		random_state = strtoull(seed, NULL, 10) * 2 + 1;
	world_lab_fill();
	world_commit();
	world_commit();
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
	return &world_lab.map->half[world_lab.map->half[1].turn > world_lab.map->half[0].turn];
}

/* ---- there and back ---- */

/* What is read is not what happened to stand in that memory. */
static int
read_over_garbage(const void *image)
{
	memset(&world_lab.read, 0xa5, sizeof(world_lab.read));
	return read_image(image);
}

static void
check_same(const struct world *r, const struct world *w)
{
	const size_t rest = offsetof(struct world, done);

	assert_memory_equal(&r->machine, &w->machine, sizeof(w->machine));
	assert_memory_equal(&r->proc, &w->proc, sizeof(w->proc));
	assert_memory_equal(&r->console, &w->console, sizeof(w->console));
	assert_memory_equal(r->name, w->name, sizeof(w->name));
	assert_memory_equal((const char *)r + rest, (const char *)w + rest,
	    offsetof(struct world, events) - rest);
	assert_int_equal(r->acts.count, w->acts.count);
	assert_memory_equal(r->acts.act, w->acts.act, (size_t)w->acts.count * sizeof(w->acts.act[0]));
	assert_int_equal(r->events, w->events);
	assert_memory_equal(r->event, w->event, (size_t)w->events * sizeof(w->event[0]));
}

static void
what_is_committed_is_read_again(void **state)
{
	(void)state;
	world_commit();
	assert_int_equal(read_over_garbage(world_lab.map), 0);
	check_same(&world_lab.read, world_lab.w);
}

/* Whatever life it was, at each turn of it. */
static void
each_turn_of_a_life_is_sound_and_read_again(void **state)
{
	(void)state;
	for (int life = 0; life < (soak() ? 20000 : 100); life++) {
		world_lab_live((int)world_lab_chance(60));
		for (int turn = 0; turn < 20; turn++) {
			if (!world_is_sound(world_lab.w))
				fail_msg("life %d, turn %d is not sound", life, turn);
			world_commit();
			assert_int_equal(read_over_garbage(world_lab.map), 0);
			check_same(&world_lab.read, world_lab.w);
			world_lab_something();
			if (!world_lab_turn())
				break;
		}
	}
	world_lab.map->head.birth.pid = 0;
	world_lab_fill();
	world_commit();
	world_commit();
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
	other.head = world_lab.map->head;
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
			/* Each one knew at least of whose session it was. */
			if (changed_part == PART_MAIN && world_forms[PART_MAIN].size - changed_by <
			    offsetof(struct proc_main, sweep))
				break;
			rewrite(shorten);
			if (read_image(&other) != 0)
				fail_msg("part %d without its last %u bytes", changed_part, changed_by);
		}
	/* What it did not know is as if it had never been, whatever stands in our memory. */
	changed_part = PART_EVENT;
	changed_by = sizeof(struct step_event) - offsetof(struct step_event, a);
	rewrite(shorten);
	assert_int_equal(read_over_garbage(&other), 0);
	assert_int_equal(world_lab.read.events, world_lab.w->events);
	for (int i = 0; i < world_lab.read.events; i++)
		assert_int_equal(world_lab.read.event[i].a, 0);
	changed_part = PART_ACT;
	changed_by = sizeof(struct step_act) - offsetof(struct step_act, b);
	rewrite(shorten);
	assert_int_equal(read_over_garbage(&other), 0);
	assert_true(world_lab.read.acts.count > 0);
	for (int i = 0; i < world_lab.read.acts.count; i++)
		assert_true(world_lab.read.acts.act[i].b == 0 && world_lab.read.acts.act[i].c == 0);
	changed_part = PART_REST;
	changed_by = offsetof(struct world, events) - offsetof(struct world, fds.waiting);
	rewrite(shorten);
	assert_int_equal(read_image(&other), 0);
	assert_int_equal(world_lab.read.fds.lock, world_lab.w->fds.lock);
	assert_int_equal(world_lab.read.fds.control, -1);
	assert_int_equal(world_lab.read.fds.asking, -1);
	/* One that knew nothing of RCON, and one to which its password was the last of it. */
	changed_part = PART_RCON;
	for (int i = 0; i < 2; i++) {
		changed_by = i == 0 ? sizeof(struct equip_rcon) : sizeof(struct equip_rcon) -
		    offsetof(struct equip_rcon, on);
		assert_true(world_lab.w->rcon[0].on);
		rewrite(shorten);
		assert_int_equal(read_over_garbage(&other), 0);
		assert_false(world_lab.read.rcon[0].on);
		assert_int_equal(world_lab.read.rcon[0].place.port, i == 0 ? 0 : 25575);
	}
	changed_part = PART_MAIN;
	changed_by = sizeof(struct proc_main) - offsetof(struct proc_main, noted);
	rewrite(shorten);
	assert_int_equal(read_over_garbage(&other), 0);
	assert_int_equal(world_lab.w->proc.main[0].noted, 5);
	assert_int_equal(world_lab.read.proc.main[0].noted, 0);
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
	const struct world_image *image = world_lab.map;
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

/* ---- beside the records ---- */

/* The child that is being forked stands beside the commits, and gets a place when it is found. */
static void
a_child_that_is_being_forked_is_nobody_elses(void **state)
{
	const struct world *w = world_lab.w;
	const int32_t wrong[] = { 1, -1, w->proc.main[0].pid, w->proc.main[1].sweep, w->proc.helper[1],
		w->proc.reader };
	struct proc_birth *birth = &world_lab.map->head.birth;

	(void)state;
	for (int forking = 0; forking < 2; forking++) {
		world_lab.w->proc.forking.whose = forking ? PROC_TRIAL : PROC_NOBODY;
		birth->pid = 0;
		world_commit();
		world_commit();
		for (size_t i = 0; i < COUNT(wrong); i++) {
			birth->pid = wrong[i];
			/* Who was forked last has its place by now. */
			assert_int_equal(read_image(world_lab.map), forking ? -EBADMSG : 0);
		}
		birth->pid = world_lab.number++;
		assert_int_equal(read_image(world_lab.map), 0);
		/* A head that knows of no births. */
		birth->pid = 1;
		world_lab.map->head.head_bytes = offsetof(struct world_head, birth) + 8;
		assert_int_equal(read_image(world_lab.map), 0);
		world_lab.map->head.head_bytes = sizeof(struct world_head);
		birth->pid = 0;
	}
	world_lab.w->proc.forking.whose = PROC_NOBODY;
	world_commit();
	world_commit();
}

/* It writes that down itself, and may be killed while it does. */
static void
what_a_child_has_told_is_its_own_and_whole(void **state)
{
	struct equip_told *told = &world_equip()->told[3];
	struct equip_rcon rcon;

	(void)state;
	memset(told, 0, sizeof(*told));
	assert_false(world_told(3, 0, &rcon));
	assert_false(world_told(3, 4711, &rcon));
	told->rcon = world_lab.w->rcon[0];
	assert_true(told->rcon.on);
	assert_false(world_told(3, 0, &rcon));
	assert_false(world_told(3, 4711, &rcon));
	told->pid = 4711;
	assert_false(world_told(3, 4712, &rcon));
	assert_false(world_told(2, 4711, &rcon));
	assert_true(world_told(3, 4711, &rcon));
	assert_memory_equal(&rcon, &world_lab.w->rcon[0], sizeof(rcon));
	told->rcon.place.port = 0;
	assert_false(world_told(3, 4711, &rcon));
	told->rcon.place.port = 1;
	memset(told->rcon.password, 'x', sizeof(told->rcon.password));
	assert_false(world_told(3, 4711, &rcon));
	memset(told, 0, sizeof(*told));
}

/* By that number the next commit chooses the half that it writes over. */
static void
the_number_of_a_turn_is_that_of_its_half(void **state)
{
	(void)state;
	world_commit();
	memcpy(&other, world_lab.map, sizeof(world_lab.life[0]));
	for (int i = 0; i < 2; i++) {
		struct world_half *half = &other.half[i];

		if (half->turn != world_lab.w->turns)
			continue;
		other.half[!i].turn = 0;
		half->turn = 77;
		half->sum = world_sum(half->records, half->bytes, 77);
		assert_int_equal(read_image(&other), 0);
		assert_int_equal(world_lab.read.turns, 77);
		half->turn = UINT64_MAX;
		half->sum = world_sum(half->records, half->bytes, UINT64_MAX);
		assert_int_equal(read_image(&other), -EBADMSG);
	}
}

/* ---- anything ---- */

static void
whatever_becomes_of_its_bytes_is_refused_or_sound(void **state)
{
	uint8_t program[WORLD_LIFE + WORLD_STEP * WORLD_STEPS];
	long tries = soak() ? 10000000 : 20000;

	(void)state;
	for (long n = 0; n < tries; n++) {
		size_t bytes = WORLD_LIFE +
		    (size_t)(1 + chance(chance(4) == 0 ? WORLD_STEPS : 3)) * WORLD_STEP;

		for (size_t i = 0; i < bytes; i++)
			program[i] = (uint8_t)chance(256);
		if (chance(16) > 0)
			program[1] &= 127;
		world_lab_try(program, bytes);
	}
	printf("%ld mutated states: %ld accepted, %ld refused, %ld gone on from\n", tries,
	    world_lab.accepted, world_lab.refused, world_lab.driven);
	/* A reader that refuses all proves nothing, and neither does one that takes all. */
	assert_true(world_lab.accepted > tries / 20 && world_lab.refused > tries / 20 &&
	    world_lab.driven > tries / 100);
	/* And the bytes are what they were. */
	assert_int_equal(read_image(world_lab.map), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_committed_is_read_again),
		cmocka_unit_test(each_turn_of_a_life_is_sound_and_read_again),
		cmocka_unit_test(an_older_one_knew_less),
		cmocka_unit_test(a_newer_one_knows_more_and_is_not_guessed_at),
		cmocka_unit_test(a_record_that_is_cut_off_is_no_record),
		cmocka_unit_test(a_head_may_be_shorter_and_stand_elsewhere),
		cmocka_unit_test(a_child_that_is_being_forked_is_nobody_elses),
		cmocka_unit_test(what_a_child_has_told_is_its_own_and_whole),
		cmocka_unit_test(the_number_of_a_turn_is_that_of_its_half),
		cmocka_unit_test(whatever_becomes_of_its_bytes_is_refused_or_sound),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
