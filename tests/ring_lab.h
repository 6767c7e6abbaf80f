/* SPDX-License-Identifier: MIT */
/*
 * ring_lab: a laboratory for rings: one that is small enough to be lapped often, the memory of all
 * that was ever published in it, and the states in which a process could have been killed.
 *
 * Included once by each test of ring.h and writer.h.  It must never ask the ring what is right.
 */
#ifndef RING_LAB_H
#define RING_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cmocka.h>

#include "console.h"
#include "ring.h"
#include "sys.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define TEXT(text)	text, sizeof(text) - 1

enum {
	SIZE = RING_OWN_BYTES, ALL = 4 << 20, HIGH = 100,
	LONGEST = 2500,			/* line of a flood */
	DEADLINE_S = 60,		/* of a case: a wake-up may be lost */
	STATES = 450
};

/* Whether a processor stops after one instruction; if not, fewer states are looked at. */
#if defined(__x86_64__)
enum { STEPS = 1 };
#define lab_single_step(context, on)	((context)->uc_mcontext.gregs[REG_EFL] = \
	((context)->uc_mcontext.gregs[REG_EFL] & ~0x100) | ((on) ? 0x100 : 0))
#else
enum { STEPS = 0 };
#define lab_single_step(context, on)	((void)(context), (void)(on))
#endif

static const int no_bells[RING_WRITERS] = { -1, -1 };

static struct {
	int rings;
	struct ring ring;
	char *all;			/* all that was published */
	size_t filled;
	uint32_t random;
} lab;

/* What a process would have left, had it been killed then. */
static struct {
	char *heads;			/* RING_HEAD bytes for each */
	uint64_t besides[STATES];	/* what else there was to see */
	size_t count, most;
	const uint64_t *beside;
	char *watched;
	struct sigaction old[2];
} states;

static int
soak(int count)
{
	return getenv("SOAK") != NULL && *getenv("SOAK") != '\0' ? count * 20 : count;
}

static uint32_t
random_below(uint32_t most)
{
	lab.random ^= lab.random << 13;
	lab.random ^= lab.random >> 17;
	lab.random ^= lab.random << 5;
	return lab.random % most;
}

static int
set_up(void **state)
{
	int fd;

	(void)state;
	alarm((unsigned)soak(DEADLINE_S));
	fd = ring_create();
	assert_true(fd >= 0);
	lab.rings = fcntl(fd, F_DUPFD_CLOEXEC, HIGH);
	close(fd);
	/* Where a console process has it. */
	assert_int_equal(dup2(lab.rings, CONSOLE_RINGS), CONSOLE_RINGS);
	assert_int_equal(ring_map(&lab.ring, lab.rings, RING_OWN, true), 0);
	ring_begin(&lab.ring, RING_OWN, "lobby");
	ring_produce(&lab.ring);
	lab.all = malloc(ALL);
	lab.filled = 0;
	lab.random = 2463534242;
	return 0;
}

static void
unmap(struct ring *ring)
{
	munmap(ring->head, RING_PAGE + 2 * ring->head->size);
}

static int
tear_down(void **state)
{
	(void)state;
	unmap(&lab.ring);
	close(lab.rings);
	close(CONSOLE_RINGS);
	free(lab.all);
	free(states.heads);
	states.heads = NULL;
	return 0;
}

#define ON_LAB(test)	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* ---- a producer ---- */

static void
mark_lines(struct ring *ring, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] == '\n')
			ring_line(ring, ring->head->head + i);
}

/* In pieces of the size that the ring wants. */
static void
produce(const char *bytes, size_t count)
{
	while (count > 0) {
		size_t room;
		char *to = ring_room(&lab.ring, &room);
		size_t n = count < room ? count : room;

		assert_true(n > 0 && lab.filled + n <= ALL);
		memcpy(to, bytes, n);
		mark_lines(&lab.ring, to, n);
		ring_publish(&lab.ring, n, no_bells);
		memcpy(lab.all + lab.filled, bytes, n);
		lab.filled += n;
		bytes += n;
		count -= n;
	}
}

static void
produce_text(const char *text)
{
	produce(text, strlen(text));
}

/* A line of so many bytes, with its end. */
static void
produce_line(size_t bytes)
{
	char *line = malloc(bytes);

	for (size_t i = 0; i + 1 < bytes; i++)
		line[i] = (char)('a' + random_below(26));
	line[bytes - 1] = '\n';
	produce(line, bytes);
	free(line);
}

/* Each with a number of its own at its end, until so many bytes have been published in all. */
static void
produce_until(size_t filled)
{
	char line[80];

	while (lab.filled < filled) {
		snprintf(line, sizeof(line), "%.*s <%08zu>\n", (int)random_below(40),
		    "the quick brown fox jumps over the lazy dog", lab.filled);
		produce_text(line);
	}
}

/* ---- a producer of its own ---- */

/* Line n of a flood: its number, and what follows from it; no two alike. */
static size_t
flood_line(uint64_t n, char *line)
{
	uint64_t hash = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
	size_t length = (size_t)(hash >> 40) % (n % 64 == 0 ? LONGEST : 80);
	size_t at = (size_t)snprintf(line, LONGEST, "%llu %016llx ", (unsigned long long)n,
	    (unsigned long long)hash);

	for (; at < length; at++)
		line[at] = (char)('a' + (hash >> at % 56) % 26);
	line[at++] = '\n';
	return at;
}

/* Under `block`, with no limit: a wake-up that is lost must not go unnoticed. */
static void
put_waiting(const char *bytes, size_t count, const int bells[RING_WRITERS])
{
	while (count > 0) {
		size_t room;
		char *to = ring_room(&lab.ring, &room);
		size_t n = count < room ? count : room;

		if (n == 0) {
			ring_wait_room(&lab.ring, -1);
			continue;
		}
		memcpy(to, bytes, n);
		mark_lines(&lab.ring, to, n);
		ring_publish(&lab.ring, n, bells);
		bytes += n;
		count -= n;
	}
}

static pid_t
flood(int lines, const int bells[RING_WRITERS])
{
	pid_t pid = fork();
	char line[LONGEST + 1];

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	for (int n = 0; n < lines; n++)
		put_waiting(line, flood_line((uint64_t)n, line), bells);
	lab.ring.head->closed = 1;
	ring_publish_end(&lab.ring);
	sys_bell_ring(bells[RING_FILES]);
	_exit(0);
}

static void
check_ended(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- what is right ---- */

static uint64_t
lines_before(uint64_t at)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < at; i++)
		n += lab.all[i] == '\n';
	return n;
}

/* ---- kills ---- */

/* Remembers the ring's head and *beside, if one of them has changed. */
static void
keep_state(void)
{
	size_t n = states.count;

	if (states.beside == NULL || n == states.most)
		return;
	if (n > 0 && states.besides[n - 1] == *states.beside &&
	    memcmp(states.heads + (n - 1) * RING_HEAD, lab.ring.head, RING_HEAD) == 0)
		return;
	memcpy(states.heads + n * RING_HEAD, lab.ring.head, RING_HEAD);
	states.besides[n] = *states.beside;
	states.count++;
}

/*
 * The head cannot be written while it is watched: each instruction that wants to is let through
 * alone, and looked at when it has.
 */
static void
on_store(int signal, siginfo_t *info, void *context)
{
	ucontext_t *to = context;
	bool before = signal == SIGSEGV, all = states.count == states.most;
	char *at = info->si_addr;

	if (before && (at < states.watched || at >= states.watched + RING_HEAD)) {
		sigaction(SIGSEGV, &states.old[0], NULL);
		return;
	}
	if (!before)
		keep_state();
	mprotect(states.watched, RING_HEAD, PROT_READ | (before || all ? PROT_WRITE : 0));
	lab_single_step(to, before && !all);
}

/* All states in which that could have been killed; *beside is what else there is to see. */
static void
keep_states_of(void (*action)(void), struct ring_head *watched, const uint64_t *beside)
{
	struct sigaction act = { .sa_sigaction = on_store, .sa_flags = SA_SIGINFO };

	states.watched = (char *)watched;
	states.beside = beside;
	states.count = 0;
	states.most = states.most > 0 ? states.most : STATES;
	states.heads = malloc((size_t)STATES * RING_HEAD);
	keep_state();
	sigaction(SIGSEGV, &act, &states.old[0]);
	sigaction(SIGTRAP, &act, &states.old[1]);
	mprotect(watched, RING_HEAD, PROT_READ);
	action();
	mprotect(watched, RING_HEAD, PROT_READ | PROT_WRITE);
	sigaction(SIGSEGV, &states.old[0], NULL);
	sigaction(SIGTRAP, &states.old[1], NULL);
	states.beside = NULL;
}

/* ---- a writer ---- */

#ifdef RING_LAB_WRITES
#include "writer.h"

enum { ROOM = 2048, INODE = 7, NO_FILE = 0, MOST = 11, SINK = 1 << 20, NOON = 1000 };

static const struct filter_form raw = { .name = "lobby", .raw = true }, text = { .name = "lobby" },
    prefixed = { .name = "lobby", .prefix = true, .color = true },
    renamed = { .name = "the-other", .prefix = true, .color = true },
    json = { .name = "lobby", .json = true };

/* What was written, in memory that a child shares. */
static struct sink {
	uint64_t length;
	char bytes[SINK];
} *sink;

static struct {
	struct writer writer;
	struct writer_batch batch;
	char bytes[ROOM];
} it;

static int
set_up_writer(void **state)
{
	set_up(state);
	sink = mmap(NULL, sizeof(*sink), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(sink != MAP_FAILED);
	memset(&it, 0, sizeof(it));
	return 0;
}

static void
stop(void)
{
	if (it.writer.ring.head != NULL)
		unmap(&it.writer.ring);
	it.writer.ring.head = NULL;
}

static int
tear_down_writer(void **state)
{
	stop();
	munmap(sink, sizeof(*sink));
	return tear_down(state);
}

#define ON_WRITER(test)	cmocka_unit_test_setup_teardown(test, set_up_writer, tear_down_writer)

static struct ring_place *
place(void)
{
	return &lab.ring.head->place[RING_FILES];
}

/* A new process, of which nothing is known but what is in the ring. */
static void
start(const struct filter_form *form, uint64_t file)
{
	stop();
	memset(&it, 0x5a, sizeof(it));
	assert_int_equal(writer_open(&it.writer, RING_OWN, RING_FILES), 0);
	it.writer.form = *form;
	it.writer.what_was_slow = "the test";
	it.batch = (struct writer_batch){ .bytes = it.bytes, .room = ROOM, .file = file };
}

/* A byte at a time, if a kill can come between any two. */
static void
flush(void)
{
	struct writer_batch *batch = &it.batch;

	while (batch->done < batch->filled) {
		size_t n = states.beside != NULL ? 1 : batch->filled - batch->done;

		assert_true(sink->length + n <= SINK);
		memcpy(sink->bytes + sink->length, batch->bytes + batch->done, n);
		sink->length += n;
		batch->done += n;
		keep_state();
	}
	writer_done(&it.writer, batch);
}

static bool
fill(bool all)
{
	int wait = -1;

	return writer_fill(&it.writer, &it.batch, sink->length, NOON, all, &wait);
}

static void
write_all(void)
{
	while (fill(true))
		flush();
}

/* As long as the stream stands inside a line, that is ended. */
static void
write_to_the_end(void)
{
	write_all();
	if (!filter_is_inside(&place()->now))
		return;
	writer_break(&it.writer, &it.batch);
	flush();
}

static void
check_place(void)
{
	assert_int_equal(place()->tail, lab.filled);
	assert_int_equal(place()->line, lines_before(lab.filled));
	assert_int_equal(place()->note.kind, RING_NO_NOTE);
}

/* ---- kills of writers ---- */

static struct {
	char head[RING_HEAD], bytes[SIZE];
	size_t filled;
} before;

static void
remember(void)
{
	memcpy(before.head, lab.ring.head, RING_HEAD);
	memcpy(before.bytes, lab.ring.bytes, SIZE);
	before.filled = lab.filled;
}

static void
bring_back(const char *head)
{
	memcpy(lab.ring.head, head, RING_HEAD);
	memcpy(lab.ring.bytes, before.bytes, SIZE);
	lab.filled = before.filled;
	ring_produce(&lab.ring);
}

/* What a writer does until it is killed, and what its successor finds. */
static struct {
	const struct filter_form *form, *next;
	uint64_t file, next_file;	/* of another file nothing is there */
	size_t most;
	size_t meanwhile;		/* so much has been published until then */
	char expected[SINK];		/* had nobody been killed */
	size_t length;
	/* The state that is looked at. */
	struct ring_note note;
	uint64_t line, killed_at;
	bool begun;			/* a part of a batch is written */
} kills;

static void
start_first(void)
{
	start(kills.form, kills.file);
	it.writer.most = kills.most;
}

static void
start_next(void)
{
	produce_until(kills.meanwhile);
	start(kills.next, kills.next_file);
	it.writer.most = kills.meanwhile > 0 ? 0 : kills.most;
}

static void
bring_back_state(const char *head, uint64_t length, const char *written)
{
	const struct ring_place *p = place();

	bring_back(head);
	memcpy(sink->bytes, written, length);
	sink->length = kills.next_file == kills.file ? length : 0;
	kills.note = p->note;
	kills.line = p->line;
	kills.killed_at = length;
	kills.begun = p->note.kind != RING_NO_NOTE && p->tail == p->note.from &&
	    length > p->note.at && length < p->note.at + p->note.bytes;
}

/*
 * A successor for each state, and then `check`.  One in `often` is killed as well, after each of
 * its own instructions.
 */
static void
kill_all(void (*check)(void), size_t often)
{
	char *written = malloc(SINK), *heads;
	uint64_t *lengths = malloc(sizeof(states.besides));
	size_t count;

	keep_states_of(write_to_the_end, it.writer.ring.head, &sink->length);
	memcpy(written, sink->bytes, sink->length);
	heads = states.heads;
	count = states.count;
	memcpy(lengths, states.besides, sizeof(states.besides));
	states.heads = NULL;
	for (size_t i = 0; i < count; i++) {
		bring_back_state(heads + i * RING_HEAD, lengths[i], written);
		start_next();
		if (often > 0 && i % often == often - 1) {
			kill_all(check, 0);
			continue;
		}
		write_to_the_end();
		check_place();
		check();
	}
	free(heads);
	free(written);
	free(lengths);
}

/* The time is another one each time. */
static size_t
mask(char *bytes, size_t count)
{
	static const char key[] = "{\"time\":\"";
	char *at = bytes;

	while ((at = memmem(at, count - (size_t)(at - bytes), key, sizeof(key) - 1)) != NULL) {
		at += sizeof(key) - 1;
		memset(at, '0', 24);
	}
	return count;
}

static void
set_kills(const struct filter_form *form, const struct filter_form *next, size_t most)
{
	memset(&kills, 0, sizeof(kills));
	states.most = STATES;
	kills.form = form;
	kills.next = next;
	kills.file = kills.next_file = INODE;
	kills.most = most;
}

/* Kills all of them, with what is in the ring now. */
static void
check_kills(void (*check)(void), size_t often)
{
	remember();
	sink->length = 0;
	start_first();
	write_to_the_end();
	kills.length = mask(sink->bytes, sink->length);
	memcpy(kills.expected, sink->bytes, kills.length);
	bring_back(before.head);
	sink->length = 0;
	start_first();
	kill_all(check, often / (size_t)soak(1) + (often > 0));
	bring_back(before.head);
}

#endif
#endif
