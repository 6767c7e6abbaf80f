/* SPDX-License-Identifier: MIT */
/*
 * writer: from a ring to a descriptor, as a writer process does it, once and only once.
 *
 * A batch is made of what the ring holds (filter.h), noted in the ring's head, written, and
 * ticked off.  Whoever comes after a writer that was killed makes the same batch again and, where
 * the descriptor is a regular file, finds by its length how much of it was written.  Called by
 * output.c and files.c.  It must never wait, and never trust bytes that the producer may have
 * overwritten meanwhile.
 */
#ifndef WRITER_H
#define WRITER_H

#include "console.h"
#include "ring.h"

enum {
	WRITER_PARTIAL = 100,		/* ms that a line without an end is waited for */
	WRITER_ROOM = 2 * FILTER_ROOM	/* the least room of a batch */
};

/* What is to be written next, and where it goes. */
struct writer_batch {
	const char *from;		/* what is to be written: `bytes`, or in the ring itself */
	char *bytes;
	size_t room, filled, done;
	size_t direct;			/* raw bytes of the ring for one batch; 0: by way of `bytes` */
	uint64_t file;			/* inode of a regular file; 0: a pipe or the like */
	uint64_t at;			/* where it stands in there, as far as the writer knows */
};

struct writer {
	struct ring ring;
	enum ring_writer as;
	int slot;
	struct filter_form form;
	const char *what_was_slow;	/* for the line that stands where lines are missing */
	size_t most;			/* bytes for the next batch; 0: as many as fit */
	bool recovered;
	int64_t partial_since, told_at;
};

int writer_open(struct writer *w, int slot, enum ring_writer as);

/*
 * The next batch, of whole lines where possible; `at` is the place in the file where it will
 * stand.  False: there is nothing, or only the beginning of a line that may still go on; then
 * *wait is lowered to the ms after which to ask again.  With `all` nothing is held back.
 */
bool writer_fill(struct writer *w, struct writer_batch *batch, uint64_t at, int64_t now, bool all,
    int *wait);

/*
 * What was written straight from the ring may have been overwritten meanwhile (`block` ended): true,
 * and it counts as not written, then it is to be taken back from batch->at on.
 */
bool writer_void(struct writer *w, struct writer_batch *batch);

/* The batch has been written whole. */
void writer_done(struct writer *w, struct writer_batch *batch);

/*
 * The batch that a predecessor left, with what of it is still to be written; `at` is the place now.
 * Where it was not begun the next writer_fill() makes it, in today's form; where nobody can say
 * how much of it was written, or make it again, it counts as written.  Whoever does not call this
 * gets that batch from writer_fill().
 */
void writer_recover(struct writer *w, struct writer_batch *batch, uint64_t at);

/*
 * It leaves with a batch that its descriptor does not take: a successor's writer_recover() goes on
 * behind what was written of it, whatever the descriptor of that is.
 */
void writer_leave(struct writer *w, const struct writer_batch *batch);

/* Ends a line that is open, so that another's may follow. */
void writer_break(struct writer *w, struct writer_batch *batch);

/* Tells PID 1, once a minute, how many lines were lost on this way. */
void writer_tell_lost(struct writer *w, int64_t now);

#endif
