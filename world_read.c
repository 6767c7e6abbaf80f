/* SPDX-License-Identifier: MIT */
/*
 * world_read: a state out of the bytes of a mapping, a part of world.c; see world.h.
 *
 * The bytes may be those of an older build, or anybody's.  It must never believe a number before it
 * was looked at, and never do anything: no system call, no signal, no pointer out of the bytes.
 */
#include <errno.h>
#include <string.h>

#include "world_in.h"

#define ONE(member)		{ offsetof(struct world, member), sizeof(((struct world *)0)->member), 1, \
	KIND_ONE }
#define MANY(member, many, of)	{ offsetof(struct world, member), \
	sizeof(((struct world *)0)->member[0]), many, of }
#define TAIL(type, from, base)	{ (base) + offsetof(type, from), sizeof(type) - offsetof(type, from), 1, \
	KIND_ONE }

const struct world_form world_forms[PART_COUNT] = {
	[PART_WHOLE] = ONE(machine.whole),
	[PART_SERVER] = MANY(machine.server, CONF_SERVERS, KIND_EACH_SLOT),
	[PART_ACT] = MANY(acts.act, STEP_ACTS, KIND_COUNTED),
	[PART_EVENT] = MANY(event, WORLD_QUEUE, KIND_COUNTED),
	[PART_MAIN] = MANY(proc.main, CONF_SERVERS, KIND_EACH_SLOT),
	[PART_PROC] = TAIL(struct proc_table, helper, offsetof(struct world, proc)),
	[PART_CONSOLE] = { offsetof(struct world, console), offsetof(struct console_table, slot), 1,
	    KIND_ONE },
	[PART_SLOT] = MANY(console.slot, CONF_SERVERS, KIND_EACH_SLOT),
	[PART_NAME] = MANY(name, CONF_SERVERS, KIND_EACH_SLOT),
	[PART_REST] = { offsetof(struct world, done), offsetof(struct world, events) -
	    offsetof(struct world, done), 1, KIND_ONE },
	[PART_RCON] = MANY(rcon, CONF_SERVERS, KIND_EACH_SLOT),
};

const struct world_fd_place world_fd_places[WORLD_FD_PLACES] = {
#define FD(part, type, member, base)	{ part, offsetof(type, member) - (base) }
#define CONSOLE(member)	FD(PART_CONSOLE, struct console_table, member, 0)
#define SLOT(member)	FD(PART_SLOT, struct console_slot, member, 0)
#define REST(member)	FD(PART_REST, struct world, member, offsetof(struct world, done))
	CONSOLE(rings), CONSOLE(lifeline), CONSOLE(lifeline_end), CONSOLE(reports),
	CONSOLE(reports_end), CONSOLE(bell), CONSOLE(dir),
	SLOT(source), SLOT(hold), SLOT(sink), SLOT(feed), SLOT(dir), SLOT(bell),
	FD(PART_MAIN, struct proc_main, pidfd, 0), FD(PART_MAIN, struct proc_main, report, 0),
	FD(PART_PROC, struct proc_table, reader_pipe, offsetof(struct proc_table, helper)),
	REST(fds.lock), REST(fds.pid_file), REST(fds.trace), REST(fds.waiting),
	REST(fds.control), REST(fds.asking),
};

int32_t *
world_counter(struct world *w, enum world_part part)
{
	return part == PART_ACT ? &w->acts.count : part == PART_EVENT ? &w->events : NULL;
}

/* What is zero shall not be made memory of its own. */
static void
wipe(char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] == '\0')
			continue;
		bytes[i] = '\0';
	}
}

void
world_blank(struct world *w)
{
	/* What is counted means nothing behind its count, and stays untouched. */
	wipe((char *)w, offsetof(struct world, event));
	w->acts.count = 0;
	wipe((char *)w->rcon, sizeof(w->rcon));
	step_init(&w->machine, MODE_SERVICE, false);
	proc_init(&w->proc);
	console_init(&w->console);
	memset(&w->fds, 0xff, sizeof(w->fds));		/* -1 each */
}

uint64_t
world_sum(const char *bytes, size_t count, uint64_t turn)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ turn, word;

	/* Records are padded to words. */
	for (size_t i = 0; i + sizeof(word) <= count; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		sum = (sum ^ word) * UINT64_C(0x100000001b3);
		sum ^= sum >> 29;
	}
	return sum;
}

/* ---- records ---- */

/* Puts one record where it belongs; false: it belongs nowhere. */
__attribute__((nonnull)) static bool
take(struct world *w, const struct world_record *record, const char *bytes)
{
	const struct world_form *form;
	int32_t *counter;
	char *to;

	if (record->part >= PART_COUNT)
		return false;
	form = &world_forms[record->part];
	if (record->index >= form->count || record->bytes > form->size)
		return false;
	counter = world_counter(w, record->part);
	if (counter != NULL && record->index != *counter)
		return false;
	to = (char *)w + form->offset + (size_t)record->index * form->size;
	/* What has no beginning of its own (world_blank()) is zero where an older one knew less. */
	if (counter != NULL) {
		memset(to, 0, form->size);
		++*counter;
	}
	memcpy(to, bytes, record->bytes);
	return true;
}

static int
take_all(struct world *w, const char *records, uint32_t bytes)
{
	struct world_record record;

	world_blank(w);
	for (uint32_t at = 0; at < bytes; at += (record.bytes + 7) & ~7U) {
		if (bytes - at < sizeof(record))
			return -EBADMSG;
		memcpy(&record, records + at, sizeof(record));
		at += sizeof(record);
		if (record.bytes > bytes - at || !take(w, &record, records + at))
			return -EPROTO;
	}
	return 0;
}

/* ---- the mapping ---- */

/* A half of the image as it is there, checked as far as it is read: its turn, 0 if it is not whole. */
static uint64_t
whole_half(const char *image, const struct world_head *head, int which, const char **records,
    uint32_t *bytes)
{
	const char *at = image + head->half_at[which];
	struct { uint64_t turn, sum; uint32_t bytes, unused; } half;

	memcpy(&half, at, sizeof(half));
	/* The next one must have a number, too. */
	if (half.turn == 0 || half.turn > INT64_MAX ||
	    half.bytes > head->half_bytes - sizeof(half) || half.bytes % 8 != 0 ||
	    world_sum(at + sizeof(half), half.bytes, half.turn) != half.sum)
		return 0;
	*records = at + sizeof(half);
	*bytes = half.bytes;
	return half.turn;
}

static bool
fits(uint32_t at, uint64_t bytes, size_t all)
{
	return at % 8 == 0 && at <= all && bytes <= all - at;
}

/* 0 when all that the head points at is there. */
static int
check_head(const struct world_head *head, size_t bytes)
{
	const size_t fixed = offsetof(struct world_head, owner);

	if (memcmp(head->magic, "mcinit\r\n", sizeof(head->magic)) != 0)
		return -EINVAL;
	if (head->layout != WORLD_LAYOUT || head->text_bytes != sizeof(struct load_text) ||
	    head->head_bytes < fixed || head->head_bytes > sizeof(*head) ||
	    head->texts != WORLD_TEXTS)
		return -EPROTO;
	if (head->bytes > bytes || head->head_bytes > bytes || head->half_bytes < 24 ||
	    !fits(head->half_at[0], head->half_bytes, bytes) ||
	    !fits(head->half_at[1], head->half_bytes, bytes) ||
	    !fits(head->text_at, (uint64_t)head->text_bytes * head->texts, bytes))
		return -EBADMSG;
	return 0;
}

/* The kernel writes it down at any time, so it stands beside the commits: no sum tells that it is right. */
static bool
birth_is(const struct world_head *head, const struct proc_table *table)
{
	if (head->head_bytes < offsetof(struct world_head, birth) + sizeof(head->birth))
		return true;
	return world_birth_is(&head->birth, table);
}

int
world_read(struct world *w, const void *image, size_t bytes)
{
	const char *records[2];
	uint32_t counts[2];
	uint64_t turns[2];
	struct world_head head;
	int rc;

	memset(&head, 0, sizeof(head));
	memcpy(&head, image, bytes < sizeof(head) ? bytes : sizeof(head));
	rc = check_head(&head, bytes);
	if (rc < 0)
		return rc;
	for (int i = 0; i < 2; i++)
		turns[i] = whole_half(image, &head, i, &records[i], &counts[i]);
	rc = -EBADMSG;
	for (int i = 0; i < 2 && rc == -EBADMSG; i++) {
		int which = (turns[1] > turns[0]) ^ i;

		if (turns[which] == 0)
			continue;
		rc = take_all(w, records[which], counts[which]);
		/* By this one it is told which half is the next to be written over. */
		w->turns = turns[which];
		if (rc == 0 && (!world_is_sound(w) || !birth_is(&head, &w->proc)))
			rc = -EBADMSG;
	}
	return rc;
}

const struct world_half *
world_newest(const struct world_image *image)
{
	const struct world_half *a = &image->half[0], *b = &image->half[1];

	if (a->turn == 0 && b->turn == 0)
		return NULL;
	return a->turn > b->turn ? a : b;
}
