/* SPDX-License-Identifier: MIT */
/*
 * ring: consoles in shared memory; see ring.h.
 *
 * Whoever reads may be overtaken while he reads, and whoever writes may be killed at any
 * instruction: so first `reserve`, then the bytes, then the index, and `head` at the very last.
 */
#include "ring.h"

#include <errno.h>
#include <string.h>

#include "sys.h"

/* The most that one read of the producer may bring: what a reader can be overtaken by at once. */
enum { CHUNK_PART = 4 };

static const char magic[8] = "console";

static size_t
size_of(int slot)
{
	return slot == RING_OWN ? RING_OWN_BYTES : RING_BYTES;
}

static uint64_t
offset_of(int slot)
{
	return slot == RING_OWN ? 0 :
	    RING_PAGE + RING_OWN_BYTES + (uint64_t)slot * (RING_PAGE + RING_BYTES);
}

int
ring_create(void)
{
	int fd = sys_memfd("mcinit-console"), rc;

	_Static_assert(sizeof(struct ring_head) <= RING_HEAD, "the head has one page");
	_Static_assert(RING_BYTES % RING_PAGE == 0 && RING_OWN_BYTES % RING_PAGE == 0,
	    "each part begins with a page");
	if (fd < 0)
		return fd;
	rc = sys_truncate(fd, (int64_t)offset_of(CONF_SERVERS));
	/* Nobody can make it smaller, so nobody can be hit by SIGBUS. */
	if (rc == 0)
		rc = sys_seal_size(fd);
	if (rc == 0)
		return fd;
	sys_close(fd);
	return rc;
}

int
ring_allocate(int fd, int slot)
{
	int64_t at = (int64_t)offset_of(slot);
	int rc = sys_allocate_part(fd, at, RING_HEAD);

	if (rc == 0)
		rc = sys_allocate_part(fd, at + RING_PAGE, (int64_t)size_of(slot));
	/* A file system that cannot promise blocks gives them when they are written to. */
	return rc == -EOPNOTSUPP || rc == -ENOSYS ? 0 : rc;
}

int
ring_check(int fd)
{
	struct ring_head head;
	ssize_t n = sys_pread(fd, &head, sizeof(head), (off_t)offset_of(RING_OWN));
	char last;

	if (n != (ssize_t)sizeof(head) || sys_pread(fd, &last, 1, RING_ALL - 1) != 1)
		return -ESTALE;
	return memcmp(head.magic, magic, sizeof(magic)) == 0 && head.layout == RING_LAYOUT &&
	    head.size == RING_OWN_BYTES ? 0 : -ESTALE;
}

int
ring_map(struct ring *ring, int fd, int slot, bool writable)
{
	void *map = sys_map_ring(fd, (int64_t)offset_of(slot), RING_PAGE, size_of(slot), writable);

	if (map == NULL)
		return -ENOMEM;
	*ring = (struct ring){ .head = map, .bytes = (char *)map + RING_PAGE, .size = size_of(slot) };
	return 0;
}

int
ring_map_head(struct ring *ring, int fd, int slot)
{
	void *map = sys_map_fd_at(fd, (int64_t)offset_of(slot), RING_HEAD);

	*ring = (struct ring){ .head = map, .size = size_of(slot) };
	return map == NULL ? -ENOMEM : 0;
}

void
ring_unmap(struct ring *ring)
{
	if (ring->head != NULL)
		sys_unmap(ring->head, RING_PAGE + 2 * (size_t)ring->size);
	*ring = (struct ring){ 0 };
}

void
ring_begin(struct ring *ring, int slot, const char *name)
{
	struct ring_head *h = ring->head;
	size_t n = strnlen(name, sizeof(h->name) - 1);

	memset(h->name, 0, sizeof(h->name));
	memcpy(h->name, name, n);
	if (memcmp(h->magic, magic, sizeof(magic)) == 0)
		return;
	h->layout = RING_LAYOUT;
	h->size = (uint32_t)size_of(slot);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(h->magic, magic, sizeof(magic));
}

/* What was counted up to the head; of the two that may be there, the other one is being made. */
static struct ring_count
count_of(const struct ring_head *h)
{
	for (;;) {
		uint64_t head = __atomic_load_n(&h->head, __ATOMIC_ACQUIRE);
		struct ring_count count = h->count[h->count[0].head != head];

		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&h->head, __ATOMIC_RELAXED) == head)
			return count;
	}
}

/* ---- the producer ---- */

void
ring_produce(struct ring *ring)
{
	struct ring_head *h = ring->head;
	struct ring_count count = count_of(h);

	ring->lines = count.lines;
	ring->indexed = count.indexed;
	/*
	 * One that was killed had overwritten what its last `reserve` says, and that is not undone
	 * by what it did not publish: readers are told so until the head has passed it.
	 */
	ring->soiled = h->reserve - h->head <= ring->size / CHUNK_PART ? h->reserve : h->head;
	h->inside = h->head > 0 && ring->bytes[(h->head - 1) % ring->size] != '\n';
	h->producer_asleep = 0;
}

static void
reserve(const struct ring *ring, uint64_t until)
{
	if (until < ring->soiled)
		until = ring->soiled;
	__atomic_store_n(&ring->head->reserve, until, __ATOMIC_SEQ_CST);
}

/* How far the producer may go without overwriting what a writer still needs. */
static size_t
room_before_writers(const struct ring *ring)
{
	const struct ring_head *h = ring->head;
	uint64_t room = ring->size;

	for (int i = 0; i < RING_WRITERS; i++) {
		/* In one order with `producer_asleep`: see ring_wait_room(). */
		uint64_t tail = __atomic_load_n(&h->place[i].tail, __ATOMIC_SEQ_CST);
		uint64_t behind = h->head - tail;

		if (!h->place[i].wanted)
			continue;
		behind = behind < ring->size ? behind : ring->size;
		room = ring->size - behind < room ? ring->size - behind : room;
	}
	return (size_t)room;
}

char *
ring_room(struct ring *ring, size_t *bytes)
{
	struct ring_head *h = ring->head;
	size_t room = ring->size / CHUNK_PART;

	if (h->block) {
		size_t left = room_before_writers(ring);

		room = left < room ? left : room;
	}
	*bytes = room;
	reserve(ring, h->head + room);
	/* Whoever sees a byte that is put there sees this as well. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ring->bytes + h->head % ring->size;
}

void
ring_line(struct ring *ring, uint64_t newline)
{
	struct ring_head *h = ring->head;
	uint64_t blocks = ring->size / RING_BLOCK, last = newline / RING_BLOCK;

	/* Those that are not held any more, or never were, are left out: in PID 1 this must end. */
	if (last >= blocks && ring->indexed < last - blocks)
		ring->indexed = last - blocks;
	for (; ring->indexed <= last; ring->indexed++)
		h->index[ring->indexed % blocks] = ring->lines;
	ring->lines++;
}

void
ring_publish(struct ring *ring, size_t bytes, const int bells[RING_WRITERS])
{
	struct ring_head *h = ring->head;

	if (bytes > 0) {
		/* Not the one of the head: killed before the head moves, nothing has happened. */
		struct ring_count *next = &h->count[h->count[0].head == h->head];

		h->inside = ring->bytes[(h->head + bytes - 1) % ring->size] != '\n';
		__atomic_thread_fence(__ATOMIC_RELEASE);
		*next = (struct ring_count){ h->head + bytes, ring->lines, ring->indexed };
	}
	__atomic_store_n(&h->head, h->head + bytes, __ATOMIC_SEQ_CST);
	reserve(ring, h->head);
	__atomic_add_fetch(&h->turn, 1, __ATOMIC_SEQ_CST);
	sys_futex_wake(&h->turn);
	for (int i = 0; i < RING_WRITERS; i++)
		if (__atomic_exchange_n(&h->place[i].asleep, 0, __ATOMIC_SEQ_CST) && bells[i] >= 0)
			sys_bell_ring(bells[i]);
}

void
ring_publish_end(struct ring *ring)
{
	__atomic_add_fetch(&ring->head->turn, 1, __ATOMIC_SEQ_CST);
	sys_futex_wake(&ring->head->turn);
}

void
ring_wait_room(struct ring *ring, int timeout_ms)
{
	struct ring_head *h = ring->head;

	__atomic_store_n(&h->producer_asleep, 1, __ATOMIC_SEQ_CST);
	if (room_before_writers(ring) == 0)
		sys_futex_wait(&h->producer_asleep, 1, timeout_ms);
	__atomic_store_n(&h->producer_asleep, 0, __ATOMIC_SEQ_CST);
}

void
ring_put(struct ring *ring, const char *line, size_t bytes, const int bells[RING_WRITERS])
{
	size_t room;
	char *to;

	if (bytes == 0 || bytes > ring->size / CHUNK_PART)
		return;
	to = ring_room(ring, &room);
	if (bytes > room)
		return;
	memcpy(to, line, bytes);
	ring_line(ring, ring->head->head + bytes - 1);
	ring_publish(ring, bytes, bells);
}

/* ---- those who read ---- */

bool
ring_held(const struct ring *ring, uint64_t at)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&ring->head->reserve, __ATOMIC_RELAXED) - at <= ring->size;
}

const char *
ring_look(const struct ring *ring, uint64_t at, size_t *bytes, bool *lapped)
{
	uint64_t head = __atomic_load_n(&ring->head->head, __ATOMIC_ACQUIRE);

	*lapped = head - at > ring->size || !ring_held(ring, at);
	*bytes = *lapped ? 0 : (size_t)(head - at);
	return ring->bytes + at % ring->size;
}

uint64_t
ring_newlines(const char *bytes, size_t count)
{
	const char *end = bytes + count, *at;
	uint64_t n = 0;

	for (; (at = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL; bytes = at + 1)
		n++;
	return n;
}

uint64_t
ring_line_of(const struct ring *ring, uint64_t at)
{
	const struct ring_head *h = ring->head;
	struct ring_count count = count_of(h);
	uint64_t block;

	if (at == 0)
		return 0;
	block = (at - 1) / RING_BLOCK;
	/* A block gets into the index with the first newline in or behind it. */
	if (block >= count.indexed)
		return count.lines;
	return h->index[block % (ring->size / RING_BLOCK)] +
	    ring_newlines(ring->bytes + block * RING_BLOCK % ring->size,
	    (size_t)(at - block * RING_BLOCK));
}

/* The first beginning of a line from `from` on, `end` if there is none. */
static uint64_t
line_start(const struct ring *ring, uint64_t from, uint64_t end)
{
	const char *at = ring->bytes + (from - 1) % ring->size, *newline;

	if (from == 0)
		return 0;
	newline = memchr(at, '\n', (size_t)(end - from) + 1);
	return newline == NULL ? end : from + (uint64_t)(newline - at);
}

uint64_t
ring_resume(const struct ring *ring, uint64_t *line)
{
	const struct ring_head *h = ring->head;

	for (;;) {
		uint64_t head = __atomic_load_n(&h->head, __ATOMIC_ACQUIRE);
		uint64_t from = head > ring->size / 2 ? head - ring->size / 2 : 0;
		uint64_t at = line_start(ring, from, head);

		*line = ring_line_of(ring, at);
		if (ring_held(ring, from > RING_BLOCK ? from - RING_BLOCK : 0))
			return at;
	}
}

/* Where the last `lines` lines before `end` begin, of what there is from `oldest` on. */
static uint64_t
last_from(const struct ring *ring, uint64_t oldest, uint64_t end, unsigned lines)
{
	uint64_t at = end;

	if (ring->bytes[(end - 1) % ring->size] == '\n')
		at--;
	for (; lines > 0; lines--) {
		const char *from = ring->bytes + oldest % ring->size;
		const char *newline = memrchr(from, '\n', (size_t)(at - oldest));

		if (newline == NULL)
			break;
		at = oldest + (uint64_t)(newline - from);
	}
	if (lines == 0)
		return at + 1;
	at = line_start(ring, oldest, end);
	return at < end ? at : oldest;	/* rather the rest of a long line than nothing */
}

uint64_t
ring_last(const struct ring *ring, uint64_t end, unsigned lines)
{
	const struct ring_head *h = ring->head;

	for (;;) {
		uint64_t oldest = __atomic_load_n(&h->reserve, __ATOMIC_ACQUIRE), at;

		oldest = oldest > ring->size / 2 ? oldest - ring->size / 2 : 0;
		if (end <= oldest || lines == 0)
			return end;
		at = last_from(ring, oldest, end, lines);
		if (ring_held(ring, oldest > 0 ? oldest - 1 : 0))
			return at;
	}
}

void
ring_wait_news(const struct ring *ring, uint32_t turn, int timeout_ms)
{
	sys_futex_wait(&ring->head->turn, turn, timeout_ms);
}

void
ring_advance(struct ring *ring, enum ring_writer writer, uint64_t tail)
{
	struct ring_head *h = ring->head;

	__atomic_store_n(&h->place[writer].tail, tail, __ATOMIC_SEQ_CST);
	if (__atomic_exchange_n(&h->producer_asleep, 0, __ATOMIC_SEQ_CST))
		sys_futex_wake(&h->producer_asleep);
}

bool
ring_sleep(struct ring *ring, enum ring_writer writer)
{
	struct ring_place *place = &ring->head->place[writer];

	__atomic_store_n(&place->asleep, 1, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&ring->head->head, __ATOMIC_SEQ_CST) == place->tail &&
	    !__atomic_load_n(&ring->head->closed, __ATOMIC_SEQ_CST);
}

void
ring_awake(struct ring *ring, enum ring_writer writer)
{
	__atomic_store_n(&ring->head->place[writer].asleep, 0, __ATOMIC_SEQ_CST);
}
