/* SPDX-License-Identifier: MIT */
/*
 * A commit of the state that is not all there: whatever part of its writes got lost, and at whichever
 * instruction it was broken off, the last one or the one before is found, whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ptrace_lab.h"
#include "world_life.h"

/* Of so many blocks each subset is tried. */
enum { SECTOR = 512, PAGE = 4096, BLOCKS_MOST = 128, ALL_OF = 14 };

/* The mapping with a commit, and with the next one, and what is read of each. */
static struct world_lab_image before, after;
static struct world_image torn;
static struct world of_before, of_after, *const read_now = &world_lab.read;

static bool
soak(void)
{
	return getenv("SOAK") != NULL && *getenv("SOAK") != '\0';
}

static int
read_all(const void *image)
{
	memset(read_now, 0xa5, sizeof(*read_now));
	return world_read(read_now, image, sizeof(struct world_image));
}

static int
set_up(void **state)
{
	struct world *w;

	(void)state;
	world_lab_begin();
	w = world_lab.w;
	/* What the last one writes over is quite another state. */
	world_lab_live(100);
	world_commit();
	world_lab.map->head.birth.pid = 0;
	world_lab_fill();
	for (int i = 0; i < 150; i++)
		world_lab_tell(STEP_PLAYERS, i % 3, i);
	world_commit();
	memcpy(&before, world_lab.map, sizeof(before));
	assert_int_equal(read_all(world_lab.map), 0);
	of_before = *read_now;
	/* Something in its beginning, middle and end, and one record more. */
	w->machine.whole.helpers++;
	w->machine.server[1].players += 17;
	w->proc.main[0].warned = 3;
	w->proc.reader = world_lab.number++;
	w->console.slot[2].begin += 4711;
	w->read_faults++;
	world_lab_tell(STEP_TICK, -1, 0);
	world_commit();
	memcpy(&after, world_lab.map, sizeof(after));
	assert_int_equal(read_all(world_lab.map), 0);
	of_after = *read_now;
	memcpy(&torn, world_lab.map, sizeof(torn));
	return 0;
}

/* Neither none nor a mixture. */
static void
expect_one_of_both(const char *how, unsigned long which)
{
	int rc = read_all(&torn);

	if (rc != 0)
		fail_msg("%s %lu: %d", how, which, rc);
	if (memcmp(read_now, &of_before, sizeof(of_before)) != 0 &&
	    memcmp(read_now, &of_after, sizeof(of_after)) != 0)
		fail_msg("%s %lu: a mixture, turn %llu", how, which, (unsigned long long)read_now->turns);
}

static void
broken_off_at_each_byte(void **state)
{
	const char *a = (const char *)&after, *b = (const char *)&before;
	char *t = (char *)&torn;

	(void)state;
	memcpy(&torn, &before, sizeof(before));
	for (size_t i = 0; i < sizeof(before); i++) {
		if (a[i] == b[i])
			continue;
		t[i] = a[i];
		expect_one_of_both("byte", i);
	}
	for (size_t i = sizeof(before); i > 0; i--) {
		if (a[i - 1] == b[i - 1])
			continue;
		t[i - 1] = b[i - 1];
		expect_one_of_both("byte from behind", i);
	}
}

/* ---- blocks ---- */

static size_t blocks[BLOCKS_MOST], count, block_bytes;

static size_t
bytes_of(size_t block)
{
	return blocks[block] + block_bytes < sizeof(before) ? block_bytes : sizeof(before) - blocks[block];
}

static void
find_dirty(size_t bytes)
{
	block_bytes = bytes;
	count = 0;
	for (size_t at = 0; at < sizeof(before); at += bytes) {
		assert_true(count < BLOCKS_MOST);
		blocks[count] = at;
		if (memcmp((const char *)&before + at, (const char *)&after + at, bytes_of(count)) != 0)
			count++;
	}
	assert_true(count > 0);
}

/* Those in the set were written; and the number of the half may be none yet. */
static void
try_set(uint64_t set)
{
	struct world_half *half = &torn.half[of_after.turns % 2];
	uint64_t turn;

	for (size_t i = 0; i < count; i++)
		memcpy((char *)&torn + blocks[i], (const char *)(set >> i & 1 ? &after : &before) + blocks[i],
		    bytes_of(i));
	expect_one_of_both("set", (unsigned long)set);
	turn = half->turn;
	half->turn = 0;
	expect_one_of_both("set without a number", (unsigned long)set);
	half->turn = turn;
}

/* Each set of them where they are few; else those of one, all but one, two, and any. */
static void
try_sets(size_t all_of)
{
	if (count <= all_of) {
		for (uint64_t set = 0; set < UINT64_C(1) << count; set++)
			try_set(set);
		return;
	}
	assert_true(count < 64);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++) {
			try_set(UINT64_C(1) << i | UINT64_C(1) << j);
			try_set(~(UINT64_C(1) << i | UINT64_C(1) << j));
		}
	for (int n = 0; n < 5000; n++)
		try_set((uint64_t)world_lab_chance(UINT32_MAX) << 32 | world_lab_chance(UINT32_MAX));
}

static void
any_set_of_sectors_is_lost(void **state)
{
	(void)state;
	memcpy(&torn, &before, sizeof(before));
	find_dirty(SECTOR);
	try_sets(soak() ? 24 : ALL_OF);
	print_message("%zu sectors\n", count);
}

static void
any_set_of_pages_is_lost(void **state)
{
	(void)state;
	memcpy(&torn, &before, sizeof(before));
	find_dirty(PAGE);
	try_sets(soak() ? 24 : ALL_OF);
}

/* Then there is nothing that could say where the commits are. */
static void
only_without_its_head_there_is_none(void **state)
{
	(void)state;
	memcpy(&torn, &after, sizeof(after));
	memset(&torn, 0, SECTOR);
	assert_int_equal(read_all(&torn), -EINVAL);
	memcpy(&torn, &after, sizeof(after));
	torn.half[0].turn = torn.half[1].turn = 0;
	assert_int_equal(read_all(&torn), -EBADMSG);
}

/* ---- instructions ---- */

static long seen[3];			/* stops with: the older one, none beside it, the new one */
static const char *wrong;

/* Who goes by the number alone, as the handler of faults does, must find what is whole, too. */
static bool
look(long stop, long call)
{
	const struct world_half *half = &world_lab.map->half[(of_after.turns + 1) % 2];
	uint64_t turn = __atomic_load_n(&half->turn, __ATOMIC_ACQUIRE);

	(void)call;
	seen[turn == 0 ? 1 : turn == of_after.turns - 1 ? 0 : 2]++;
	if (turn != 0 && (half->bytes > sizeof(half->records) ||
	    world_sum(half->records, half->bytes, turn) != half->sum))
		wrong = "a half has a number, and is not whole";
	if (stop % 64 != 0 && turn == 0)
		return wrong == NULL;
	if (read_all(world_lab.map) != 0)
		wrong = "nothing can be read";
	else if (turn != of_after.turns + 1 && memcmp(read_now, &of_after, sizeof(of_after)) != 0)
		wrong = "another one than the last is read";
	return wrong == NULL;
}

static int
commit(void)
{
	world_commit();
	return 0;
}

static void
broken_off_at_each_instruction(void **state)
{
	int rc;

	(void)state;
	memcpy(world_lab.map, &after, sizeof(after));
	rc = ptrace_lab(commit, PTRACE_SINGLESTEP, look);
	if (rc == PTRACE_LAB_REFUSED)
		skip();
	if (wrong != NULL)
		fail_msg("%s (instructions: %ld before, %ld in it, %ld behind it)", wrong, seen[0], seen[1],
		    seen[2]);
	assert_int_equal(rc, 0);
	assert_true(seen[0] > 0 && seen[1] > 1000 && seen[2] > 0);
	assert_int_equal(read_all(world_lab.map), 0);
	assert_int_equal(read_now->turns, of_after.turns + 1);
	print_message("%ld instructions\n", seen[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_off_at_each_byte),
		cmocka_unit_test(any_set_of_sectors_is_lost),
		cmocka_unit_test(any_set_of_pages_is_lost),
		cmocka_unit_test(only_without_its_head_there_is_none),
		cmocka_unit_test(broken_off_at_each_instruction),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
