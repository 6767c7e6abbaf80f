/* SPDX-License-Identifier: MIT */
/*
 * ring: the console of each server, and mcinit's own lines, as rings in shared memory.
 *
 * One memfd holds them all, or in service mode a file (ring_file.c), so that they outlive mcinit:
 * mcinit's own ring, then one per slot.  A ring has one producer (the
 * server's carrier; PID 1 for its own lines), at most two writers that remember in its head how
 * far they are, and any number of followers that only read.  Called by the console processes,
 * by console.c and log.c in PID 1, and by the verbs that follow.  It must never wait but in
 * ring_wait_room() and ring_wait_news(), and PID 1 must never map more than heads and its own ring.
 *
 * A position is a count of bytes since the beginning of all time.  Under `drop` the producer
 * waits for nobody: whoever is more than a ring behind is lapped, and goes on at a later line.
 */
#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter.h"
#include "ini/conf.h"

enum {
	RING_HEAD = 4096, RING_BYTES = 1024 * 1024, RING_OWN_BYTES = 64 * 1024,
	/* Heads and bytes begin where a page does, on machines with the largest ones, too. */
	RING_PAGE = 64 * 1024,
	RING_ALL = RING_PAGE + RING_OWN_BYTES + CONF_SERVERS * (RING_PAGE + RING_BYTES),
	RING_BLOCK = 4096, RING_LAYOUT = 3, RING_MARKS = 32,
	RING_OWN = -1			/* the slot of mcinit's own lines */
};
enum ring_writer { RING_OUTPUT, RING_FILES, RING_WRITERS };

/* What a write under way is made of: bytes of the ring, a line about lost ones, a line's end. */
enum ring_note_kind { RING_NO_NOTE, RING_NOTE_TEXT, RING_NOTE_GAP, RING_NOTE_BREAK };

/* All that a successor needs to make the same write again, and to see how much of it was done. */
struct ring_note {
	uint32_t kind;			/* set last, and the last to go */
	uint32_t form;			/* in which form it was made; bits of writer.c's own */
	uint64_t bytes;			/* that come out of it */
	int64_t time;			/* that stands in it */
	uint64_t file, at;		/* it goes to this inode, at this place in it */
	uint64_t left;			/* its writer gave up behind left - 1 of its bytes; 0 = it did not */
	uint64_t from;			/* the tail before, and the place's new values behind it: */
	uint64_t tail, line, lost_lines, lost_bytes;
	struct filter_state after;
};

/* How far a writer is, kept here so that its successor goes on where it was killed. */
struct ring_place {
	uint64_t tail;			/* all before it is written, or given up */
	uint64_t line, line_at;		/* the newlines before there; PID 1 moves the tail alone */
	uint64_t lost_lines, lost_bytes;	/* ever, lapped for the most part */
	uint64_t told_lines;		/* lost ones that PID 1 has been told of */
	uint32_t wanted;		/* under `block` the producer waits for it */
	uint32_t asleep;		/* wants to hear its bell */
	struct filter_state now;	/* the stream at tail */
	struct ring_note note;
};

/* What belongs to one value of the head. */
struct ring_count {
	uint64_t head;
	uint64_t lines, indexed;	/* newlines before it; blocks in the index */
};

struct ring_head {
	char magic[8];			/* "" = this slot never had a server */
	uint32_t layout, size;
	char name[CONF_NAME_BYTES];
	uint64_t head;			/* all before it can be read */
	uint64_t reserve;		/* the producer may be writing up to here */
	struct ring_count count[2];	/* the one of the head, and the one before or behind it */
	uint32_t turn;			/* changes with each publication: followers wait for that */
	uint32_t closed;		/* nothing more will come: write out the rest and leave */
	uint32_t block;			/* on_full = block */
	uint32_t producer_asleep;	/* the producer waits for room */
	uint32_t slots, form;		/* of our own ring: slots in use; enum ring_form */
	uint32_t shown;			/* on our standard output */
	uint32_t terminal;		/* its bytes are for a terminal (tty = pty): as they come */
	uint32_t rotate, rotated;	/* how often rotation was asked for; what of it is done */
	uint32_t leave;			/* the pid of a file writer that is to leave */
	uint32_t inside;		/* the producer stands inside a line */
	int32_t players;		/* online, as the console tells */
	uint32_t marked;		/* markers of this life that came once, a bit each */
	uint32_t life;			/* counts the starts of the server */
	uint32_t again;			/* PID 1 is another one: its carrier tells `marked` once more */
	int32_t mark[RING_MARKS];	/* the values of `marked` */
	struct ring_place place[RING_WRITERS];
	uint64_t index[RING_BYTES / RING_BLOCK];	/* newlines before each that is held */
};

/* How the output writer writes. */
enum ring_form { RING_PREFIX = 1, RING_COLOR = 2, RING_COLOR_AUTO = 4, RING_JSON = 8,
	RING_OWN_JSON = 16 };

/* One mapping of one ring.  `bytes` is mapped twice in a row, so nothing ever wraps. */
struct ring {
	struct ring_head *head;
	char *bytes;
	uint64_t size;			/* of our own knowledge: others can write into the head */
	uint64_t lines, indexed;	/* of the producer, until it publishes */
	uint64_t soiled;		/* a producer before it may have written up to here */
};

/* The memfd with all rings, sealed to its size; or -errno. */
int ring_create(void);

/*
 * The same as the file `rings` of a directory that is ours, of mode 0600: made anew, or the one
 * that an mcinit has left there, as it is.  It cannot be sealed: whoever makes it shorter, as our
 * own user, ends us by SIGBUS; so does a disk that is full, for what ring_allocate() has not been
 * called for.  A descriptor, or -errno: of ring_file_find() -ENOENT, or -ESTALE for what is not
 * ours, not whole, or of another layout.
 */
int ring_file_make(int dir);
int ring_file_find(int dir);
void ring_file_remove(int dir);

/* Whether the rings behind a descriptor are whole and of our layout: 0, or -ESTALE. */
int ring_check(int fd);

/* Gives a slot the memory or blocks that it will use.  0 or -errno (-ENOSPC). */
int ring_allocate(int fd, int slot);

/* Maps the ring of a slot, or its head alone (bytes NULL).  0 or -errno. */
int ring_map(struct ring *ring, int fd, int slot, bool writable);
int ring_map_head(struct ring *ring, int fd, int slot);
void ring_unmap(struct ring *ring);	/* of ring_map(), or none (head NULL) */

/* Makes a ring that never was used one of `name`; a used one only gets the name. */
void ring_begin(struct ring *ring, int slot, const char *name);

/* ---- the producer ---- */

/* To be called once, before the rest. */
void ring_produce(struct ring *ring);

/*
 * Where the next bytes go, and how many may be put there; 0: the writers have to write first
 * (block).  Until ring_publish() nobody sees them.
 */
char *ring_room(struct ring *ring, size_t *bytes);

/* There is a newline at this position, which is not published yet. */
void ring_line(struct ring *ring, uint64_t newline);

/* `bytes` more can be read; wakes writers by their bells (eventfd, -1 = none) and followers. */
void ring_publish(struct ring *ring, size_t bytes, const int bells[RING_WRITERS]);

/* Only the head need be mapped: `closed` or the like has changed, followers look. */
void ring_publish_end(struct ring *ring);

/* Waits until a writer has moved, at most so long. */
void ring_wait_room(struct ring *ring, int timeout_ms);

/* One whole line of mcinit's own; never waits. */
void ring_put(struct ring *ring, const char *line, size_t bytes, const int bells[RING_WRITERS]);

/* ---- those who read ---- */

/* What there is behind `at`; lapped, and nothing, when what was there has been overwritten. */
const char *ring_look(const struct ring *ring, uint64_t at, size_t *bytes, bool *lapped);

/* After the bytes from `at` on were used: whether they were what they should be. */
bool ring_held(const struct ring *ring, uint64_t at);

/*
 * Where one that was lapped goes on, half a ring behind the producer, and the newlines before it:
 * at the beginning of a line, or at the end of what there is of a line that fills half a ring.
 */
uint64_t ring_resume(const struct ring *ring, uint64_t *line);

/* The newlines before `at`; right if all of the RING_BLOCK before it is still held afterwards. */
uint64_t ring_line_of(const struct ring *ring, uint64_t at);

/* The newlines in these bytes. */
uint64_t ring_newlines(const char *bytes, size_t count);

/*
 * Where the last `lines` lines before `end` begin, as far as they are held (half a ring): at the
 * beginning of a line, but where one line is all that is held.  One without an end counts.
 */
uint64_t ring_last(const struct ring *ring, uint64_t end, unsigned lines);

/* Waits until `turn` is another one, at most so long. */
void ring_wait_news(const struct ring *ring, uint32_t turn, int timeout_ms);

/* A writer: its place is now at `tail`; the producer is woken if it waits for that. */
void ring_advance(struct ring *ring, enum ring_writer writer, uint64_t tail);

/* A writer before it waits for its bell; false: there is news already. */
bool ring_sleep(struct ring *ring, enum ring_writer writer);
void ring_awake(struct ring *ring, enum ring_writer writer);

#endif
