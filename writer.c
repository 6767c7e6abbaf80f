/* SPDX-License-Identifier: MIT */
/*
 * writer: from a ring to a descriptor, once and only once; see writer.h.
 *
 * A note in the head (ring_note) says all of what is about to be written, and is there before the
 * first byte is; then the place takes over what stands in it, and then it goes.  Each step may be
 * done twice, so it does not matter where a kill cuts this off.
 */
#include "writer.h"

#include <string.h>

#include "fmt.h"
#include "sys.h"

enum { TELL_LOST_EACH = 60 * 1000 };
enum form_bit { RAW = 1, JSON = 2, PREFIX = 4, COLOR = 8, DIRECT = 16 };	/* in ring_note.form */

int
writer_open(struct writer *w, int slot, enum ring_writer as)
{
	w->slot = slot;
	w->as = as;
	w->most = 0;
	w->recovered = false;
	w->partial_since = w->told_at = 0;
	return ring_map(&w->ring, CONSOLE_RINGS, slot, true);
}

static struct ring_place *
place_of(const struct writer *w)
{
	return &w->ring.head->place[w->as];
}

/*
 * What a kill leaves behind is what was stored before it, in the order of the instructions: it is
 * the compiler that must not change it, and not the processor.
 */
static void
keep_order(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* ---- notes ---- */

static struct ring_note
new_note(const struct writer *w, const struct writer_batch *batch, enum ring_note_kind kind)
{
	const struct ring_place *place = place_of(w);
	const struct filter_form *form = &w->form;
	uint64_t tail = __atomic_load_n(&place->tail, __ATOMIC_SEQ_CST);

	return (struct ring_note){ .kind = kind,
		.form = (form->raw ? RAW : 0) | (form->json ? JSON : 0) |
		    (form->prefix ? PREFIX : 0) | (form->color ? COLOR : 0),
		.time = sys_wall_clock(), .file = batch->file, .at = batch->at,
		.from = tail, .tail = tail, .line = place->line,
		.lost_lines = place->lost_lines, .lost_bytes = place->lost_bytes,
		.after = place->now };
}

/* A line about those that are missing, behind the end of one that may be open. */
static size_t
make_gap(const struct writer *w, const struct ring_note *note, const struct filter_form *form,
    struct filter_state *state, const struct writer_batch *batch)
{
	const struct ring_place *place = place_of(w);
	size_t filled = filter_end(form, state, batch->bytes, batch->room), n, used;
	char text[160];

	n = fmt_put(text, sizeof(text),
	    "-- %llu lines (%llu bytes) are missing here: %s was too slow --\n",
	    (unsigned long long)(note->lost_lines - place->lost_lines),
	    (unsigned long long)(note->lost_bytes - place->lost_bytes), w->what_was_slow);
	return filled + filter_put(form, state, text, n, note->time, batch->bytes + filled,
	    batch->room - filled, &used);
}

/*
 * The bytes of a note, from nothing but the note, the place and the ring; the stream behind them in
 * *state.  Of text the note's tail moves back to what there was room for.
 */
static size_t
make(const struct writer *w, struct ring_note *note, struct filter_state *state,
    struct writer_batch *batch)
{
	const struct filter_form form = { .name = w->form.name, .raw = note->form & RAW,
		.json = note->form & JSON, .prefix = note->form & PREFIX,
		.color = note->form & COLOR };
	const char *bytes = w->ring.bytes + note->from % w->ring.size;
	size_t count = (size_t)(note->tail - note->from), filled, used;

	*state = place_of(w)->now;
	batch->from = batch->bytes;
	switch ((enum ring_note_kind)note->kind) {
	case RING_NOTE_TEXT:
		if (note->form & DIRECT && filter_pass(state, bytes, count)) {
			batch->from = bytes;
			return count;
		}
		filled = filter_put(&form, state, bytes, count, note->time, batch->bytes, batch->room,
		    &used);
		note->tail = note->from + used;
		return filled;
	case RING_NOTE_GAP:
		return make_gap(w, note, &form, state, batch);
	case RING_NOTE_BREAK:
		return filter_end(&form, state, batch->bytes, batch->room);
	case RING_NO_NOTE:
		break;
	}
	return 0;
}

static void
forget_note(struct ring_place *place)
{
	keep_order();
	__atomic_store_n(&place->note.kind, RING_NO_NOTE, __ATOMIC_RELEASE);
	keep_order();
}

/* The tail goes first, from which a successor sees that the rest may have to be done again. */
static void
tick_off(struct writer *w)
{
	struct ring_place *place = place_of(w);
	const struct ring_note *note = &place->note;

	ring_advance(&w->ring, w->as, note->tail);
	keep_order();
	place->line = note->line;
	place->line_at = note->tail;
	place->lost_lines = note->lost_lines;
	place->lost_bytes = note->lost_bytes;
	place->now = note->after;
	forget_note(place);
}

/* The batch is to be written from here on; one of no bytes (colours) is done at once. */
static void
begin_batch(struct writer *w, struct writer_batch *batch, const struct ring_note *note)
{
	struct ring_place *place = place_of(w);
	struct ring_note invalid = *note;

	invalid.kind = RING_NO_NOTE;
	invalid.bytes = batch->filled;
	place->note = invalid;
	keep_order();
	__atomic_store_n(&place->note.kind, note->kind, __ATOMIC_RELEASE);
	keep_order();
	if (batch->filled == 0)
		writer_done(w, batch);
}

/* ---- batches ---- */

void
writer_break(struct writer *w, struct writer_batch *batch)
{
	struct ring_note note = new_note(w, batch, RING_NOTE_BREAK);

	batch->done = 0;
	batch->filled = make(w, &note, &note.after, batch);
	begin_batch(w, batch, &note);
}

/*
 * Somebody else moved the tail: this writer was not wanted for a while, or a line was not for it.
 * What was open there ends.
 */
static void
fill_break(struct writer *w, struct writer_batch *batch)
{
	struct ring_note note = new_note(w, batch, RING_NOTE_BREAK);

	note.line = ring_line_of(&w->ring, note.tail);
	/* Lapped already: better a gap with too few lines than with those that nobody wanted. */
	if (!ring_held(&w->ring, note.tail > RING_BLOCK ? note.tail - RING_BLOCK : 0))
		ring_resume(&w->ring, &note.line);
	batch->filled = make(w, &note, &note.after, batch);
	begin_batch(w, batch, &note);
}

static void
fill_gap(struct writer *w, struct writer_batch *batch)
{
	struct ring_note note = new_note(w, batch, RING_NOTE_GAP);
	const struct ring_place *place = place_of(w);

	note.tail = ring_resume(&w->ring, &note.line);
	note.lost_lines += note.line > place->line ? note.line - place->line : 0;
	note.lost_bytes += note.tail - note.from;
	batch->filled = make(w, &note, &note.after, batch);
	begin_batch(w, batch, &note);
}

/* How many of the bytes to take: whole lines, and the beginning of one that has been waited for. */
static size_t
worth_taking(struct writer *w, const char *bytes, size_t count, size_t room, int64_t now, bool all,
    int *wait)
{
	size_t most = count < room ? count : room;
	const char *newline;
	int left;

	if (w->most > 0 && w->most < most)
		most = w->most;
	newline = memrchr(bytes, '\n', most);
	if (newline != NULL) {
		w->partial_since = 0;
		return (size_t)(newline - bytes) + 1;
	}
	if (all || most == room || w->ring.head->terminal)
		return most;
	if (w->partial_since == 0)
		w->partial_since = now;
	left = (int)(w->partial_since + WRITER_PARTIAL - now);
	if (left <= 0)
		return most;
	*wait = *wait < 0 || left < *wait ? left : *wait;
	return 0;
}

bool
writer_fill(struct writer *w, struct writer_batch *batch, uint64_t at, int64_t now, bool all,
    int *wait)
{
	const struct ring_place *place = place_of(w);
	struct ring_note note;
	size_t count;
	bool lapped;
	const char *bytes;

	batch->filled = batch->done = 0;
	batch->at = at;
	if (!w->recovered)
		writer_recover(w, batch, at);
	if (batch->done == batch->filled && place->line_at != place->tail)
		fill_break(w, batch);
	if (batch->done < batch->filled)
		return true;
	note = new_note(w, batch, RING_NOTE_TEXT);
	/* Where the producer waits for us, what we write cannot change meanwhile. */
	if (w->form.raw && batch->direct > 0 && w->ring.head->block && place->wanted)
		note.form |= DIRECT;
	bytes = ring_look(&w->ring, note.from, &count, &lapped);
	if (!lapped) {
		if (count > 0)
			count = worth_taking(w, bytes, count, note.form & DIRECT ? batch->direct :
			    batch->room, now, all, wait);
		if (count == 0)
			return false;
		note.tail += count;
		batch->filled = make(w, &note, &note.after, batch);
		/* From the index, where that is less work than to count them. */
		note.line = note.tail - note.from > RING_BLOCK ? ring_line_of(&w->ring, note.tail) :
		    note.line + ring_newlines(bytes, (size_t)(note.tail - note.from));
		lapped = !ring_held(&w->ring, note.from);
	}
	if (lapped)
		fill_gap(w, batch);
	else
		begin_batch(w, batch, &note);
	return true;
}

bool
writer_void(struct writer *w, struct writer_batch *batch)
{
	struct ring_place *place = place_of(w);

	if (batch->from == batch->bytes || ring_held(&w->ring, place->note.from))
		return false;
	batch->filled = batch->done = 0;
	forget_note(place);
	return true;
}

void
writer_done(struct writer *w, struct writer_batch *batch)
{
	batch->at += batch->filled;
	batch->filled = batch->done = 0;
	if (place_of(w)->note.kind != RING_NO_NOTE)
		tick_off(w);
	w->partial_since = 0;
}

/* How much of a batch is in the file. */
static uint64_t
written_of(const struct ring_note *note, uint64_t file, uint64_t at)
{
	if (note->left > 0)
		return note->left - 1 < note->bytes ? note->left - 1 : note->bytes;
	/*
	 * A pipe does not tell how much it took, and neither does a file that was exchanged or cut:
	 * rather a batch too little than one twice.
	 */
	if (file == 0 || file != note->file || at < note->at)
		return note->bytes;
	return at - note->at < note->bytes ? at - note->at : note->bytes;
}

/* Whether the batch of a note could be made once more, byte for byte. */
static bool
remake(const struct writer *w, struct writer_batch *batch)
{
	struct ring_note note = place_of(w)->note;
	struct filter_state state;
	uint64_t tail = note.tail;
	size_t count;
	bool lapped;

	ring_look(&w->ring, note.from, &count, &lapped);
	if (note.kind == RING_NOTE_TEXT && (lapped || count < tail - note.from))
		return false;
	batch->filled = make(w, &note, &state, batch);
	if (note.kind == RING_NOTE_TEXT && !ring_held(&w->ring, note.from))
		return false;
	return batch->filled == note.bytes && note.tail == tail &&
	    memcmp(&state, &note.after, sizeof(state)) == 0;
}

void
writer_recover(struct writer *w, struct writer_batch *batch, uint64_t at)
{
	struct ring_place *place = place_of(w);
	struct ring_note *note = &place->note;
	uint64_t written = written_of(note, batch->file, at);

	w->recovered = true;
	batch->filled = batch->done = 0;
	batch->at = at;
	note->left = 0;
	if (note->kind == RING_NO_NOTE)
		return;
	if (place->tail != note->from && place->tail != note->tail) {
		forget_note(place);	/* from before this writer was wanted again */
		return;
	}
	/* What has no bytes was done at once, if it was not being taken back. */
	if (place->tail == note->from && note->bytes == 0 && note->kind != RING_NOTE_BREAK) {
		forget_note(place);
		return;
	}
	if (place->tail != note->from || written == note->bytes) {
		tick_off(w);
		return;
	}
	if (remake(w, batch)) {
		batch->at = note->at;
		batch->done = (size_t)written;
		return;
	}
	batch->filled = 0;
	if (written == 0) {
		forget_note(place);
		return;
	}
	/* Begun, and nobody can go on with it: no more than all of it is lost. */
	if (note->kind == RING_NOTE_TEXT) {
		note->lost_lines = place->lost_lines + (note->line - place->line);
		note->lost_bytes = place->lost_bytes + (note->tail - note->from);
	}
	tick_off(w);
}

void
writer_leave(struct writer *w, const struct writer_batch *batch)
{
	struct ring_note *note = &place_of(w)->note;

	if (note->kind != RING_NO_NOTE)
		note->left = batch->done + 1;
}

void
writer_tell_lost(struct writer *w, int64_t now)
{
	struct ring_place *place = place_of(w);
	struct console_report report = { .slot = (int8_t)w->slot, .kind = REPORT_LOST,
		.value = w->as, .number = (int64_t)(place->lost_lines - place->told_lines) };

	if (report.number == 0 || (w->told_at != 0 && now - w->told_at < TELL_LOST_EACH))
		return;
	if (!console_tell(&report))
		return;
	place->told_lines = place->lost_lines;
	w->told_at = now;
}
