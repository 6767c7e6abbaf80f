/* SPDX-License-Identifier: MIT */
/*
 * The consoles in shared memory, as ring.h promises them: what a reader gets, however far behind it
 * is and whoever is killed, and who wakes whom, also between real processes.
 */
#include <sys/eventfd.h>

#include "ring_lab.h"

enum { LINES = 30000, PIECES = 3000 };

static bool
is_line_start(uint64_t at)
{
	return at == 0 || lab.all[at - 1] == '\n';
}

/* ---- memory ---- */

static void
rings_do_not_overlap_or_shrink(void **state)
{
	struct ring rings[CONF_SERVERS + 1], head;

	(void)state;
	assert_int_equal(ftruncate(lab.rings, 0), -1);
	assert_int_equal(errno, EPERM);
	for (int i = 0; i <= CONF_SERVERS; i++) {
		assert_int_equal(ring_map(&rings[i], lab.rings, i - 1, true), 0);
		ring_begin(&rings[i], i - 1, "x");
		memset(rings[i].bytes, 'A' + i, rings[i].head->size);
		rings[i].head->head = (uint64_t)i;
		assert_int_equal(rings[i].head->size, i == 0 ? RING_OWN_BYTES : RING_BYTES);
	}
	ring_begin(&rings[0], RING_OWN, "y");
	for (int i = 0; i <= CONF_SERVERS; i++) {
		const char *bytes = rings[i].bytes;

		/* What is used already only gets a name. */
		assert_string_equal(rings[i].head->name, i == 0 ? "y" : "x");
		assert_int_equal(bytes[0], 'A' + i);
		assert_memory_equal(bytes, bytes + 1, 2 * rings[i].head->size - 1);
		assert_int_equal(ring_map_head(&head, lab.rings, i - 1), 0);
		assert_int_equal(head.head->head, i);
		assert_null(head.bytes);
		munmap(head.head, RING_HEAD);
		unmap(&rings[i]);
	}
}

static void
bytes_across_the_end_are_seen_whole(void **state)
{
	size_t at, count;
	bool lapped;
	const char *bytes;

	(void)state;
	produce_until(SIZE - 100);
	at = lab.filled;
	produce_line(200);
	bytes = ring_look(&lab.ring, at, &count, &lapped);
	assert_int_equal(count, 200);
	assert_memory_equal(bytes, lab.all + at, count);
}

static void
own_lines_are_whole_or_not_there(void **state)
{
	char line[SIZE / 2];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[SIZE / 4 - 1] = '\n';
	ring_put(&lab.ring, TEXT("a\n"), no_bells);
	ring_put(&lab.ring, line, 0, no_bells);
	ring_put(&lab.ring, line, SIZE / 4 + 1, no_bells);
	/* What was too long has not cost anybody a byte. */
	assert_int_equal(lab.ring.head->reserve, 2);
	for (int i = 1; i <= 12; i++) {
		ring_put(&lab.ring, line, SIZE / 4, no_bells);
		assert_int_equal(ring_line_of(&lab.ring, lab.ring.head->head), 1 + i);
	}
}

/* ---- lines ---- */

/* Several laps of lines of all lengths, with the gaps in the index that the long ones make. */
static void
produce_piece(void)
{
	char open[2 * RING_BLOCK];

	switch (random_below(16)) {
	case 0:
		produce_line(random_below(3 * RING_BLOCK) + 1);
		break;
	case 1:
		for (uint32_t n = random_below(6000); n > 0; n--)
			produce_text("\n");
		break;
	case 2:
		if (random_below(8) == 0)
			produce_line(random_below(2 * SIZE) + 1);
		break;
	case 3:
		/* Up to the end of a block, and no further. */
		produce_line(RING_BLOCK - lab.filled % RING_BLOCK);
		break;
	case 4:
		produce(memset(open, 'o', sizeof(open)), random_below(sizeof(open)));
		break;
	default:
		produce_line(random_below(300) + 1);
	}
}

static void
lines_are_numbered_as_they_come(void **state)
{
	uint64_t counted = 0, lines = 0;

	(void)state;
	while (lab.filled < (size_t)soak(ALL / 24)) {
		produce_piece();
		for (; counted < lab.filled; counted++)
			lines += lab.all[counted] == '\n';
		assert_int_equal(ring_line_of(&lab.ring, lab.filled), lines);
		/* Anywhere in what is held, but for the block in which that begins. */
		for (size_t at = counted, n = lines; at > 0 && at + SIZE - RING_BLOCK > counted;) {
			n -= lab.all[--at] == '\n';
			if (random_below(3000) == 0)
				assert_int_equal(ring_line_of(&lab.ring, at), n);
		}
	}
}

static void
last_lines_begin_where_a_naive_search_finds_them(void **state)
{
	(void)state;
	for (int i = 0; i < PIECES / 10 && lab.filled < ALL - 4 * SIZE; i++) {
		uint64_t oldest, end, at, expected;
		unsigned wanted = random_below(4) == 0 ? 100000 : random_below(30), n = 0;

		produce_piece();
		end = random_below(3) == 0 && lab.filled > 1000 ? lab.filled - random_below(1000) :
		    lab.filled;
		oldest = lab.filled > SIZE / 2 ? lab.filled - SIZE / 2 : 0;
		expected = end;
		for (at = end; at-- > oldest && n < wanted;)
			if (is_line_start(at)) {
				expected = at;
				n++;
			}
		/* One line is all there is. */
		if (n == 0 && wanted > 0 && end > oldest)
			expected = oldest;
		assert_int_equal(ring_last(&lab.ring, end, wanted), expected);
	}
}

static void
last_lines_of_little_and_of_a_giant(void **state)
{
	(void)state;
	assert_int_equal(ring_last(&lab.ring, 0, 5), 0);
	produce_text("a");
	assert_int_equal(ring_last(&lab.ring, 1, 1), 0);
	assert_int_equal(ring_last(&lab.ring, 1, 0), 1);
	produce_text("\n");
	assert_int_equal(ring_last(&lab.ring, 2, 1), 0);
	produce_text("\nb\nopen");
	/* a, an empty one, b, and one without an end. */
	assert_int_equal(ring_last(&lab.ring, 9, 1), 5);
	assert_int_equal(ring_last(&lab.ring, 9, 2), 3);
	assert_int_equal(ring_last(&lab.ring, 9, 3), 2);
	assert_int_equal(ring_last(&lab.ring, 9, 5), 0);
	assert_int_equal(ring_last(&lab.ring, 5, 1), 3);
	/* A giant, and what follows it. */
	produce_line(3 * SIZE);
	assert_int_equal(ring_last(&lab.ring, lab.filled, 2), lab.filled - SIZE / 2);
	produce_text("b\nc");
	assert_int_equal(ring_last(&lab.ring, lab.filled, 9), lab.filled - 3);
	assert_int_equal(ring_last(&lab.ring, 1000, 9), 1000);
}

static void
one_that_was_lapped_goes_on_at_a_line(void **state)
{
	(void)state;
	for (int i = 0; i < PIECES / 4 && lab.filled < ALL - 4 * SIZE; i++) {
		uint64_t line, at = ring_resume(&lab.ring, &line);
		uint64_t from = lab.filled > SIZE / 2 ? lab.filled - SIZE / 2 : 0;

		while (!is_line_start(from) && from < lab.filled)
			from++;
		assert_int_equal(at, from);
		assert_int_equal(line, lines_before(at));
		produce_piece();
	}
}

/* ---- overtaken readers ---- */

static void
a_reader_a_ring_behind_is_lapped(void **state)
{
	size_t count, room;
	bool lapped;

	(void)state;
	produce_until(SIZE);
	ring_look(&lab.ring, lab.filled - SIZE, &count, &lapped);
	assert_true(!lapped && count == SIZE);
	ring_look(&lab.ring, lab.filled - SIZE - 1, &count, &lapped);
	assert_true(lapped && count == 0);
	/* Where the producer has only said that it will write. */
	ring_room(&lab.ring, &room);
	assert_false(ring_held(&lab.ring, lab.filled + room - SIZE - 1));
	assert_true(ring_held(&lab.ring, lab.filled + room - SIZE));
	ring_publish(&lab.ring, 0, no_bells);
	assert_true(ring_held(&lab.ring, lab.filled - SIZE));
	/* Nonsense is no reason to read anywhere. */
	ring_look(&lab.ring, lab.filled + 1, &count, &lapped);
	assert_true(lapped);
	ring_look(&lab.ring, lab.filled - (UINT64_C(1) << 32), &count, &lapped);
	assert_true(lapped);
}

/* One step of a producer that takes its time, or is killed. */
static void
step(size_t *reserved, size_t *put)
{
	char *to = lab.ring.bytes + lab.filled % SIZE;
	size_t n;

	if (*reserved == 0) {
		ring_room(&lab.ring, reserved);
		*put = 0;
		return;
	}
	switch (random_below(4)) {
	case 0:
		mark_lines(&lab.ring, to, *put);
		memcpy(lab.all + lab.filled, to, *put);
		lab.filled += *put;
		ring_publish(&lab.ring, *put, no_bells);
		*reserved = 0;
		break;
	case 1:
		/* Killed; its successor, which may wait long for something to read. */
		if (random_below(4) > 0)
			break;
		mark_lines(&lab.ring, to, *put);
		lab.ring = (struct ring){ .head = lab.ring.head, .bytes = lab.ring.bytes, .size = lab.ring.size };
		ring_produce(&lab.ring);
		ring_publish(&lab.ring, 0, no_bells);
		*reserved = 0;
		break;
	default:
		n = random_below(900);
		n = n < *reserved - *put ? n : *reserved - *put;
		memset(to + *put, random_below(9) == 0 ? '\n' : 'a' + (int)random_below(26), n);
		*put += n;
	}
}

static void
no_reader_takes_what_was_overwritten_for_right(void **state)
{
	size_t reserved = 0, put = 0, taken = 0, refused = 0;

	(void)state;
	for (int i = 0; i < PIECES * 10 && lab.filled < ALL - SIZE; i++) {
		uint64_t back = random_below(SIZE + SIZE / 2);
		uint64_t at = back < lab.filled ? lab.filled - back : 0;
		size_t count;
		bool lapped;
		const char *bytes = ring_look(&lab.ring, at, &count, &lapped);

		assert_true(!lapped || lab.filled - at > SIZE - SIZE / 4);
		count = count < 3000 ? count : 3000;
		for (uint32_t n = random_below(4); n > 0; n--)
			step(&reserved, &put);
		if (lapped || !ring_held(&lab.ring, at)) {
			refused++;
			continue;
		}
		taken++;
		assert_memory_equal(bytes, lab.all + at, count);
	}
	assert_true(taken > 1000 && refused > 1000);
}

/* ---- who was killed ---- */

static const uint64_t nothing;

static void
publish_some(void)
{
	static const char text[] = "one\n\nthree, which has no end";
	size_t room;
	char *to = ring_room(&lab.ring, &room);

	memcpy(to, text, sizeof(text) - 1);
	mark_lines(&lab.ring, to, sizeof(text) - 1);
	ring_publish(&lab.ring, sizeof(text) - 1, no_bells);
}

/* Whatever its successor takes for published is counted right, and goes on as if nothing was. */
static void
check_successor(uint64_t before)
{
	struct ring_head *h = lab.ring.head;

	lab.ring = (struct ring){ .head = h, .bytes = lab.ring.bytes, .size = lab.ring.size };
	ring_produce(&lab.ring);
	ring_publish(&lab.ring, 0, no_bells);
	assert_true(h->head == before || h->head > before + 10);
	lab.filled = h->head;
	memcpy(lab.all + before, lab.ring.bytes + before % SIZE, lab.filled - before);
	assert_int_equal(h->inside, !is_line_start(lab.filled));
	if (h->head > before)
		assert_memory_equal(lab.all + before, "one\n\nthree", 10);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ring_line_of(&lab.ring, lab.filled), lines_before(lab.filled));
		for (uint64_t at = lab.filled - 9000; at < lab.filled; at += 97)
			assert_int_equal(ring_line_of(&lab.ring, at), lines_before(at));
		produce_until(lab.filled + 5000);
	}
}

static void
a_producer_may_be_killed_anywhere(void **state)
{
	uint64_t before;
	static char bytes[SIZE];
	size_t reserved = 0, published = 0;

	(void)state;
	produce_until(SIZE);
	/* Its first line ends in a block that is not in the index. */
	produce_line(5 * RING_BLOCK - lab.filled % RING_BLOCK - 5);
	produce_text("abc");
	before = lab.filled;
	keep_states_of(publish_some, lab.ring.head, &nothing);
	memcpy(bytes, lab.ring.bytes, SIZE);
	for (size_t i = 0; i < states.count; i++) {
		memcpy(lab.ring.bytes, bytes, SIZE);
		memcpy(lab.ring.head, states.heads + i * RING_HEAD, RING_HEAD);
		reserved += lab.ring.head->reserve > before;
		published += lab.ring.head->head > before;
		check_successor(before);
	}
	assert_true(!STEPS || (reserved > 4 && published > 1));
}

/* ---- block ---- */

static size_t
room_now(void)
{
	size_t room;

	ring_room(&lab.ring, &room);
	ring_publish(&lab.ring, 0, no_bells);
	return room;
}

static void
block_waits_for_writers_that_are_wanted(void **state)
{
	struct ring_place *place = lab.ring.head->place;

	(void)state;
	produce_until(SIZE - SIZE / 8);
	assert_int_equal(room_now(), SIZE / 4);
	lab.ring.head->block = 1;
	place[RING_FILES].wanted = 1;
	assert_int_equal(room_now(), SIZE - lab.filled);
	produce(lab.all, SIZE - lab.filled);
	assert_int_equal(room_now(), 0);
	/* Without room nothing is reserved that the writer still needs. */
	assert_true(ring_held(&lab.ring, 0));
	ring_advance(&lab.ring, RING_FILES, 1);
	assert_int_equal(room_now(), 1);
	ring_advance(&lab.ring, RING_FILES, 1000);
	assert_int_equal(room_now(), 1000);
	/* It has room up to the last byte that is needed, and the slower one counts. */
	place[RING_OUTPUT].tail = 10;
	place[RING_OUTPUT].wanted = 1;
	assert_int_equal(room_now(), 10);
	place[RING_OUTPUT].wanted = 0;
	place[RING_FILES].tail = lab.filled;
	assert_int_equal(room_now(), SIZE / 4);
	/* A ring behind and more (it was not wanted for a while). */
	lab.ring.head->block = 0;
	produce_until(3 * SIZE);
	lab.ring.head->block = 1;
	assert_int_equal(room_now(), 0);
	lab.ring.head->block = 0;
	assert_int_equal(room_now(), SIZE / 4);
}

/* ---- wake-ups ---- */

static void
a_bell_rings_once_for_who_sleeps(void **state)
{
	int bells[RING_WRITERS] = { sys_bell(), sys_bell() };
	eventfd_t rung;

	(void)state;
	assert_true(ring_sleep(&lab.ring, RING_FILES));
	for (int i = 0; i < 3; i++)
		ring_put(&lab.ring, TEXT("a\n"), bells);
	assert_int_equal(eventfd_read(bells[RING_FILES], &rung), 0);
	assert_int_equal(rung, 1);
	assert_int_equal(eventfd_read(bells[RING_OUTPUT], &rung), -1);
	/* There is news already; nobody sleeps then, but a bell may ring. */
	assert_false(ring_sleep(&lab.ring, RING_FILES));
	ring_awake(&lab.ring, RING_FILES);
	ring_publish(&lab.ring, 0, bells);
	assert_int_equal(eventfd_read(bells[RING_FILES], &rung), -1);
	ring_advance(&lab.ring, RING_FILES, 6);
	assert_true(ring_sleep(&lab.ring, RING_FILES));
	/* A producer that begins knows not whether the one before had rung it. */
	ring_publish(&lab.ring, 0, bells);
	assert_int_equal(eventfd_read(bells[RING_FILES], &rung), 0);
	lab.ring.head->closed = 1;
	assert_false(ring_sleep(&lab.ring, RING_FILES));
	close(bells[0]);
	close(bells[1]);
}

/* ---- processes ---- */

/* A writer that copies line by line and advances by odd amounts, asleep whenever it can be. */
static void
block_loses_nothing(void **state)
{
	int bells[RING_WRITERS] = { -1, sys_bell() }, lines = soak(LINES);
	struct pollfd bell = { .fd = bells[RING_FILES], .events = POLLIN };
	char expected[LONGEST + 1];
	size_t length = 0, at = 0, count;
	uint64_t n = 0, tail = 0;
	pid_t pid;

	(void)state;
	lab.ring.head->block = lab.ring.head->place[RING_FILES].wanted = 1;
	pid = flood(lines, bells);
	for (;;) {
		uint32_t turn = __atomic_load_n(&lab.ring.head->turn, __ATOMIC_ACQUIRE);
		bool lapped, awake = lab.ring.head->closed || n % 2 == 0;
		const char *bytes = ring_look(&lab.ring, tail, &count, &lapped);

		assert_false(lapped);
		count = count < 5000 ? count : 1 + random_below(5000);
		for (size_t i = 0; i < count; i++) {
			if (at == length) {
				length = flood_line(n++, expected);
				at = 0;
			}
			if (bytes[i] != expected[at++])
				fail_msg("line %llu is wrong", (unsigned long long)n - 1);
		}
		assert_true(ring_held(&lab.ring, tail));
		ring_advance(&lab.ring, RING_FILES, tail += count);
		if (count > 0)
			continue;
		if (!awake)
			ring_wait_news(&lab.ring, turn, -1);
		else if (ring_sleep(&lab.ring, RING_FILES))
			poll(&bell, 1, -1);
		else if (lab.ring.head->closed && lab.ring.head->head == tail)
			break;
		ring_awake(&lab.ring, RING_FILES);
		sys_bell_clear(bell.fd);
	}
	assert_true(n == (uint64_t)lines && at == length);
	check_ended(pid);
	close(bell.fd);
}

/* ---- drop ---- */

static struct follower {
	struct ring ring;
	uint64_t at, line, read, skipped;
} follower;

/* A whole line, if there is one and it was right; false: the producer has to go on first. */
static bool
follow_line(void)
{
	struct follower *f = &follower;
	char copy[LONGEST + 1], expected[LONGEST + 1];
	const char *bytes, *newline;
	size_t count, length;
	uint64_t line;
	bool lapped;

	bytes = ring_look(&f->ring, f->at, &count, &lapped);
	count = count < sizeof(copy) ? count : sizeof(copy);
	memcpy(copy, bytes, count);
	line = ring_line_of(&f->ring, f->at);
	if (!lapped && ring_held(&f->ring, f->at > RING_BLOCK ? f->at - RING_BLOCK : 0))
		assert_int_equal(line, f->line);
	if (lapped || !ring_held(&f->ring, f->at)) {
		f->at = ring_resume(&f->ring, &line);
		f->skipped += line - f->line;
		f->line = line;
		return true;
	}
	newline = memchr(copy, '\n', count);
	if (newline == NULL)
		return false;
	length = flood_line(f->line, expected);
	assert_int_equal(newline + 1 - copy, length);
	assert_memory_equal(copy, expected, length);
	f->at += length;
	f->line++;
	f->read++;
	return true;
}

/* Reads for a while, falls behind, and so on, until the ring is closed. */
static void
follow(int seed)
{
	struct follower *f = &follower;
	const struct ring_head *h;
	uint64_t until = 2 * SIZE;

	assert_int_equal(ring_map(&f->ring, lab.rings, RING_OWN, false), 0);
	lab.random += (uint32_t)seed;
	h = f->ring.head;
	for (;;) {
		uint32_t turn = __atomic_load_n(&h->turn, __ATOMIC_ACQUIRE);
		bool closed = __atomic_load_n(&h->closed, __ATOMIC_ACQUIRE);

		if (__atomic_load_n(&h->head, __ATOMIC_ACQUIRE) < until && !closed) {
			ring_wait_news(&f->ring, turn, -1);
			continue;
		}
		if (random_below(2000) == 0)
			until = f->at + random_below(3 * SIZE);
		if (follow_line())
			continue;
		if (closed)
			break;
		ring_wait_news(&f->ring, turn, -1);
	}
}

static void
followers_count_what_they_skip(void **state)
{
	int lines = soak(LINES);
	pid_t pids[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] > 0)
			continue;
		follow(i * 7919);
		_exit(follower.read + follower.skipped != (uint64_t)lines || follower.read == 0 ||
		    follower.skipped == 0);
	}
	check_ended(flood(lines, no_bells));
	check_ended(pids[0]);
	check_ended(pids[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_LAB(rings_do_not_overlap_or_shrink),
		ON_LAB(bytes_across_the_end_are_seen_whole),
		ON_LAB(own_lines_are_whole_or_not_there),
		ON_LAB(lines_are_numbered_as_they_come),
		ON_LAB(last_lines_begin_where_a_naive_search_finds_them),
		ON_LAB(last_lines_of_little_and_of_a_giant),
		ON_LAB(one_that_was_lapped_goes_on_at_a_line),
		ON_LAB(a_reader_a_ring_behind_is_lapped),
		ON_LAB(no_reader_takes_what_was_overwritten_for_right),
		ON_LAB(a_producer_may_be_killed_anywhere),
		ON_LAB(block_waits_for_writers_that_are_wanted),
		ON_LAB(a_bell_rings_once_for_who_sleeps),
		ON_LAB(block_loses_nothing),
		ON_LAB(followers_count_what_they_skip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
