/* SPDX-License-Identifier: MIT */
/*
 * world_lab: what may become of the bytes of a state: for the tests and the fuzzer of its reader.
 *
 * Included once by each.  world_read.c and world_sound.c have no system call to make (make
 * check-layers proves it), so nothing can be started or signalled by what is read here.  What is looked
 * for is a wrong access, a state that is believed and is not sound, and one that the decision fails at.
 */
#ifndef WORLD_LAB_H
#define WORLD_LAB_H

#include <sanitizer/asan_interface.h>

#include "words.h"
#include "world_life.h"

/*
 * What becomes of the bytes is a program: which life they are of, whether their sums are made right
 * afterwards and how many of them there are, then instructions of so many bytes each.
 */
enum { WORLD_LIFE = 4, WORLD_STEP = 8, WORLD_STEPS = 24 };

/* ---- mutations ---- */

static inline struct world_half *
world_lab_half(int which)
{
	return &((struct world_image *)(void *)world_lab.image)->half[which];
}

static inline void
world_lab_reset(const struct world_lab_image *life)
{
	memcpy(world_lab.image, &life->head, sizeof(life->head));
	for (int i = 0; i < 2; i++) {
		uint32_t used = (uint32_t)offsetof(struct world_half, records) + life->half[i].bytes;

		memcpy(world_lab_half(i), &life->half[i], used > world_lab.filled[i] ? used :
		    world_lab.filled[i]);
		world_lab.filled[i] = used;
	}
}

/* From here on the half is not what it was, up to there. */
static inline void
world_lab_touch(int which, size_t end)
{
	if (world_lab.filled[which] < end)
		world_lab.filled[which] = (uint32_t)end;
}

static inline void
world_lab_put(int which, size_t at, uint64_t value, size_t bytes)
{
	if (at + bytes > sizeof(struct world_half))
		return;
	memcpy((char *)world_lab_half(which) + at, &value, bytes);
	world_lab_touch(which, at + bytes);
}

/* The n-th record of a half, wherever it stands by now, and its length with its head; 0: there is none. */
static inline uint32_t
world_lab_record(int which, uint32_t n, uint32_t *length)
{
	const struct world_half *half = world_lab_half(which);
	struct world_record record;
	uint32_t at = 0, all = half->bytes <= sizeof(half->records) ? half->bytes : 0;

	for (*length = 0; at + sizeof(record) <= all; at += *length) {
		memcpy(&record, half->records + at, sizeof(record));
		*length = (uint32_t)sizeof(record) + ((record.bytes + 7) & ~7U);
		if (record.bytes > all - at - sizeof(record) || *length > all - at)
			break;
		if (n-- == 0)
			return at;
	}
	*length = 0;
	return 0;
}

/* Bytes behind `at` move, by so many; what is moved out of the half is gone. */
static inline void
world_lab_move(int which, uint32_t at, int32_t by)
{
	struct world_half *half = world_lab_half(which);
	uint32_t behind = half->bytes - at;

	if (by > 0 && half->bytes + (uint32_t)by > sizeof(half->records))
		return;
	memmove(half->records + at + by, half->records + at, behind);
	half->bytes += (uint32_t)by;
	world_lab_touch(which, offsetof(struct world_half, records) + half->bytes);
}

/* A record is left out, there twice, in another place, or as long as that of another build. */
static inline void
world_lab_restructure(int how, int which, uint32_t n, uint32_t to, uint32_t value)
{
	static char kept[4096];
	struct world_half *half = world_lab_half(which);
	uint32_t length, other_length, at = world_lab_record(which, n, &length), other;
	struct world_record record;
	int32_t by;

	if (length == 0 || length > sizeof(kept))
		return;
	memcpy(kept, half->records + at, length);
	memcpy(&record, kept, sizeof(record));
	switch (how) {
	case 0:
	case 1:
		world_lab_move(which, at + length, -(int32_t)length);
		if (how == 0)
			return;
		/* fall through */
	case 2:
		at = world_lab_record(which, to, &other_length);
		world_lab_move(which, at, (int32_t)length);
		if (at + length <= half->bytes)
			memcpy(half->records + at, kept, length);
		return;
	case 3:
		by = (int32_t)(value % 17 * 8) - 64;
		if (by >= (int32_t)(length - sizeof(record)) || -by > (int32_t)(length - sizeof(record)))
			by = 0;
		world_lab_move(which, at + length, by);
		record.bytes = record.bytes > (uint32_t)-by || by >= 0 ? record.bytes + (uint32_t)by : 0;
		memcpy(half->records + at, &record, sizeof(record));
		return;
	default:
		other = world_lab_record(which, to, &other_length);
		if (other_length == 0)
			return;
		memcpy(half->records + at, half->records + other, 4);
		memcpy(half->records + other, kept, 4);
		return;
	}
}

/* The other half again, under this one's number or another. */
static inline void
world_lab_copy_half(int which, uint32_t value)
{
	struct world_half *to = world_lab_half(which);
	const struct world_half *from = world_lab_half(!which);

	if (value & 1 && from->bytes <= sizeof(from->records)) {
		memcpy(to->records, from->records, from->bytes);
		to->bytes = from->bytes;
		world_lab_touch(which, offsetof(struct world_half, records) + from->bytes);
	}
	to->turn = value & 2 ? (uint64_t)(int32_t)value >> 8 : from->turn;
}

static inline void
world_lab_mutate(const uint8_t step[WORLD_STEP])
{
	static const int32_t odd[] = { -1, 0, 1, 2, 3, 15, 16, 17, 64, 65, 127, 128, 255, 256, 65535,
		1 << 20, INT32_MAX, INT32_MIN };
	const size_t records = offsetof(struct world_half, records);
	uint32_t place = step[1] | (uint32_t)step[2] << 8, length;
	uint32_t value = step[3] | (uint32_t)step[4] << 8 | (uint32_t)step[5] << 16 | (uint32_t)step[6] << 24;
	int which = step[0] >> 7;
	uint32_t used = world_lab_half(which)->bytes;
	uint32_t record = world_lab_record(which, step[7], &length);
	uint32_t inside = place % (used > 0 && used <= WORLD_HALF - records ? used : 1);
	uint64_t strange = (uint64_t)odd[value % (sizeof(odd) / sizeof(odd[0]))];

	switch (step[0] & 15) {
	case 0:
		world_lab.image[place % sizeof(struct world_head)] = (char)value;
		break;
	case 1:
		world_lab_put(which, records + inside, value, 1);
		break;
	case 2:
		world_lab_put(which, records + (inside & ~3U), strange, 4);
		break;
	case 3:
		world_lab_put(which, records + (inside & ~7U), (uint64_t)(int64_t)(int32_t)value <<
		    (step[7] & 31), 8);
		break;
	case 4:				/* part, index */
		world_lab_put(which, records + record, value, 4);
		break;
	case 5:
		world_lab_put(which, records + record + 4, value & 0xffff, 4);
		break;
	case 6:
		world_lab_put(which, offsetof(struct world_half, bytes), step[7] & 1 ? value :
		    (value % (WORLD_HALF - records)) & ~7U, 4);
		break;
	case 7:				/* in a record that is there */
		world_lab_put(which, records + record + 8 + (place & 0x7fcU), strange, 4);
		break;
	case 8:
		world_lab_copy_half(which, value);
		break;
	case 9:				/* in the head, all of a number */
		memcpy(world_lab.image + place % (sizeof(struct world_head) / 4) * 4, &strange, 4);
		break;
	default:
		world_lab_restructure((step[0] & 15) - 10, which, step[7], place & 0xff, value);
		break;
	}
}

/* Else all would be refused for their sums alone. */
static inline void
world_lab_sum(int which)
{
	struct world_half *half = world_lab_half(which);

	if (half->bytes <= sizeof(half->records))
		half->sum = world_sum(half->records, half->bytes, half->turn);
}

/* ---- going on from it ---- */

/* Times so far away, and counts so high, that one more turn may make them what cannot be. */
static inline bool
world_lab_is_far(const struct step_machine *m)
{
	const int64_t far = INT64_C(1) << 57;
	const int32_t many = 1 << 29;
	bool is = m->whole.helpers_at > far || m->whole.helpers_at < -far || m->whole.helpers > many;

	for (int i = 0; i < STEP_WHOLE_TIMER_ROOM; i++)
		is |= m->whole.deadline[i] < -far || (m->whole.deadline[i] > far &&
		    m->whole.deadline[i] != STEP_NEVER);
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const struct step_server *s = &m->server[slot];
		const int64_t times[] = { s->since, s->started_at, s->stop_at, s->kill_at };

		is |= s->tries > many || s->unready > many || s->restarts > many;
		for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
			is |= times[i] > far || times[i] < -far;
		for (int i = 0; i < STEP_CRASHES; i++)
			is |= s->crash_at[i] > far || s->crash_at[i] < -far;
		for (int i = 0; i < STEP_TIMER_ROOM; i++)
			is |= s->deadline[i] < -far || (s->deadline[i] > far && s->deadline[i] != STEP_NEVER);
	}
	return is;
}

/* One that can be told. */
static inline struct step_event
world_lab_any_event(void)
{
	static const int32_t values[] = { 0, 1, 2, 3, 9, 15, 0x100, 0x201, 0x1ff, 0x3202, STEP_NOT_KNOWN };
	struct step_event event;

	do {
		event = (struct step_event){ .what = (uint8_t)world_lab_chance(STEP_EVENT_COUNT),
			.slot = (int8_t)((int)world_lab_chance(world_lab_chance(4) == 0 ? 17 : 5) - 1),
			.a = values[world_lab_chance(sizeof(values) / sizeof(values[0]))] };
	} while (!world_event_is(&event));
	return event;
}

/* The decision goes on from a state that is sound, orders what can be, and leaves one that is sound. */
static inline void
world_lab_drive(uint64_t seed)
{
	static struct world w;
	bool far = world_lab_is_far(&world_lab.read.machine);
	char text[1024];

	w = world_lab.read;
	world_lab.random = seed | 1;
	world_lab.now = 200000000;
	for (int i = w.done; i < w.acts.count; i++)
		if (w.acts.act[i].what == ACT_SAY)
			words_message(text, sizeof(text), (int)w.acts.act[i].a, w.acts.act[i].b,
			    w.acts.act[i].c);
	for (int i = 0; i < 12; i++) {
		/* First what was told, then anything. */
		struct step_event event = i < w.events && i < 6 ? w.event[i] : world_lab_any_event();

		world_lab.now += world_lab_chance(i % 4 == 3 ? 1000000 : 1000);
		step(&world_lab.conf, &w.machine, &event, world_lab.now, &w.acts);
		step_deadline(&w.machine);
		step_settled(&world_lab.conf, &w.machine);
		for (int a = 0; a < w.acts.count; a++)
			world_lab_insist(world_act_is(&w.acts.act[a]), "an action that cannot be");
	}
	w.done = w.acts.count;
	w.begun = 0;
	world_lab_insist(far || world_is_sound(&w), "an unsound state comes of a sound one");
	world_lab.driven++;
}

/* As resume.c does with what it finds: the child that was being forked, and the servers by their names. */
static inline void
world_lab_resume(uint64_t seed)
{
	static struct conf conf;
	struct world_image *image = (void *)world_lab.image;
	bool forked = world_lab.read.proc.forking.whose != PROC_NOBODY;

	if (forked && image->head.head_bytes >= offsetof(struct world_head, box)) {
		proc_born_into(&image->head.birth, world_commit);
		proc_recover(&world_lab.read.proc);
		proc_born_into(&world_lab.map->head.birth, world_commit);
	}
	if (forked || seed % 8 == 0)
		world_lab_insist(world_is_sound(&world_lab.read), "an unsound state was believed");
	/* Servers are looked up by their names; without them nobody goes on. */
	if (memcmp(world_lab.read.name, world_lab.conf.name, sizeof(world_lab.conf.name)) == 0) {
		/* Of a part: so more of them can be read in the same time. */
		if (seed / 8 % 4 == 0)
			world_lab_drive(seed);
	} else if (seed / 8 % 16 == 0) {
		conf = world_lab.conf;
		conf_arrange(&conf, &world_lab.conf, world_lab.read.name);
		conf_recall(&conf, &world_lab.conf, world_lab.read.name);
	}
}

/* The bytes of a life, as `program` says, are read. */
static inline void
world_lab_try(const uint8_t *program, size_t bytes)
{
	static const uint8_t none[WORLD_LIFE];
	const uint8_t *life = bytes >= WORLD_LIFE ? program : none;
	size_t size = sizeof(struct world_image), at = WORLD_LIFE;
	uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
	int rc;

	world_lab_reset(&world_lab.life[life[0] % WORLD_LIVES]);
	for (int i = 0; i < WORLD_STEPS && at + WORLD_STEP <= bytes; i++, at += WORLD_STEP) {
		world_lab_mutate(program + at);
		seed = (seed ^ program[at + 3]) * UINT64_C(0x100000001b3) + program[at + 1];
	}
	seed = (seed ^ seed >> 32) * UINT64_C(0x9e3779b97f4a7c15) >> 8;
	for (int which = 0; which < 2; which++)
		if ((life[1] & 15) != 15)
			world_lab_sum(which);
	if (life[1] & 128 && (size_t)(life[2] | life[3] << 8) * 8 < size)
		size = (size_t)(life[2] | life[3] << 8) * 8;
	ASAN_POISON_MEMORY_REGION(world_lab.image + size, sizeof(struct world_image) - size);
	rc = world_read(&world_lab.read, world_lab.image, size);
	ASAN_UNPOISON_MEMORY_REGION(world_lab.image + size, sizeof(struct world_image) - size);
	world_lab_insist(rc <= 0, "an odd answer");
	if (rc < 0) {
		world_lab.refused++;
		return;
	}
	world_lab.accepted++;
	world_lab_resume(seed);
}

#endif
