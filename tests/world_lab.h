/* SPDX-License-Identifier: MIT */
/*
 * world_lab: a state as mcinit leaves it, and what may become of its bytes: for the tests and the
 * fuzzer of the state's reader.
 *
 * Included once by each.  world_read.c and world_sound.c have no system call to make (make
 * check-layers), so what is looked for here is a wrong access, and a state that is believed and is not
 * sound.  It must never hand a descriptor or a process of a state to anybody.
 */
#ifndef WORLD_LAB_H
#define WORLD_LAB_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "step.h"
#include "words.h"
#include "world_in.h"

/* An instruction of a mutation: what, a place, a value. */
enum { WORLD_STEP = 8, WORLD_STEPS = 24 };

static struct {
	struct world *w;		/* the working copy */
	struct world_image *image;	/* the mapping */
	struct conf conf;
	struct world read;
	int64_t now;
	struct {
		uint32_t at;
		uint64_t was;
	} undo[4 * WORLD_STEPS];
	int undos;
	uint32_t full;			/* bytes of a commit, before anything became of it */
	long accepted, refused, driven;
} world_lab;

static inline void
world_lab_insist(bool right, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "world_lab: %s\n", what);
	abort();
}

static inline int
world_lab_variable(void *cookie, const char *name, char *value, size_t room)
{
	(void)cookie, (void)name, (void)value, (void)room;
	return -1;
}

static inline void
world_lab_say(void *cookie, enum conf_severity severity, const char *line)
{
	(void)cookie, (void)severity;
	fprintf(stderr, "%s\n", line);
}

static inline void
world_lab_event(int what, int slot, int32_t a)
{
	const struct step_event event = { .what = (uint8_t)what, .slot = (int8_t)slot, .a = a };

	world_lab.now += 10;
	step(&world_lab.conf, &world_lab.w->machine, &event, world_lab.now, &world_lab.w->acts);
}

/* Three servers, one of which runs, one stops and one waits; numbers that nobody has. */
static inline void
world_lab_fill(void)
{
	struct world *w = world_lab.w;
	int32_t number = 100000;

	memcpy(w->name, world_lab.conf.name, sizeof(w->name));
	w->started = world_lab.now = 123456789;
	world_lab_event(STEP_CONF, -1, 0);
	for (int slot = 0; slot < 3; slot++) {
		struct proc_main *p = &w->proc.main[slot];
		struct console_slot *c = &w->console.slot[slot];

		world_lab_event(STEP_SPAWNED, slot, 0);
		world_lab_event(STEP_EXEC_DONE, slot, 0);
		world_lab_event(STEP_READY, slot, 0);
		p->pid = p->session = number++;
		p->pidfd = number++;
		c->source = number++, c->hold = number++, c->sink = number++, c->dir = number++;
		w->proc.helper[slot] = number++;
	}
	world_lab_event(STEP_STOP, 1, 0);
	world_lab_event(STEP_ENDED, 2, 1 << 8);
	w->proc.main[1].sweep = number++;
	w->proc.main[2].pid = 0;
	w->proc.main[2].pidfd = -1;
	w->proc.helper[2 * CONF_SERVERS] = number++;
	w->proc.reader = number++;
	w->proc.reader_pipe = number++;
	w->console.rings = number++, w->console.reports = number++, w->console.bell = number++;
	w->fds.lock = number++, w->fds.control = number++, w->fds.asking = number++;
	w->done = 1;
	strcpy(w->console.path, "/run/mcinit");
	for (int i = 0; i < 8; i++)
		w->event[w->events++] = (struct step_event){ .what = STEP_MARKER, .slot = (int8_t)(i % 3),
			.a = MARKER_READY };
}

static inline void
world_lab_begin(void)
{
	static const char ini[] = "[server:a]\ntype = vanilla\n[server:b]\ntype = paper\n"
	    "[server:c]\ntype = generic\nrestart = always\n";
	const struct conf_source source = { .text = ini, .bytes = sizeof(ini) - 1, .file = "test.ini",
		.directory = "/srv", .variable = world_lab_variable, .secret = world_lab_variable,
		.say = world_lab_say };

	world_lab_insist(conf_parse(&world_lab.conf, &source, false) == 0, "the INI is wrong");
	world_lab.w = world_create(-1);
	world_lab_insist(world_lab.w != NULL, "no state");
	world_lab_fill();
	world_commit();
	world_commit();
	world_lab.image = mmap(NULL, sizeof(*world_lab.image), PROT_READ | PROT_WRITE, MAP_SHARED, world_fd(),
	    0);
	world_lab_insist(world_lab.image != MAP_FAILED, "no mapping");
	world_lab.full = world_lab.image->half[0].bytes;
}

/* ---- mutations ---- */

static inline void
world_lab_put(uint32_t at, uint64_t value, uint32_t bytes)
{
	char *to = (char *)world_lab.image + at;

	if (world_lab.undos == 4 * WORLD_STEPS || at + 8 > offsetof(struct world_image, text))
		return;
	world_lab.undo[world_lab.undos].at = at;
	memcpy(&world_lab.undo[world_lab.undos++].was, to, 8);
	memcpy(to, &value, bytes);
}

static inline void
world_lab_undo(void)
{
	while (world_lab.undos > 0) {
		world_lab.undos--;
		memcpy((char *)world_lab.image + world_lab.undo[world_lab.undos].at,
		    &world_lab.undo[world_lab.undos].was, 8);
	}
}

/* The offset of the n-th record of a half, wherever it stands by now. */
static inline uint32_t
world_lab_record(int which, uint32_t n)
{
	const struct world_half *half = &world_lab.image->half[which];
	struct world_record record;
	uint32_t at = 0;

	for (; n > 0 && at + sizeof(record) <= sizeof(half->records); n--) {
		memcpy(&record, half->records + at, sizeof(record));
		at += (uint32_t)sizeof(record) + ((record.bytes + 7) & ~7U);
		if (at >= half->bytes)
			at = 0;
	}
	return (uint32_t)((const char *)half - (const char *)world_lab.image) +
	    (uint32_t)offsetof(struct world_half, records) + at;
}

static inline void
world_lab_mutate(const uint8_t step[WORLD_STEP])
{
	static const int32_t odd[] = { -1, 0, 1, 2, 3, 15, 16, 17, 64, 65, 127, 128, 255, 256, 65535,
		1 << 20, INT32_MAX, INT32_MIN };
	uint32_t place = step[1] | (uint32_t)step[2] << 8, which = step[0] >> 7;
	uint32_t value = step[3] | (uint32_t)step[4] << 8 | (uint32_t)step[5] << 16 | (uint32_t)step[6] << 24;
	uint32_t half = (uint32_t)offsetof(struct world_image, half[0]) +
	    which * (uint32_t)sizeof(struct world_half);
	uint32_t record = world_lab_record((int)which, step[7]);
	uint32_t inside = half + (uint32_t)offsetof(struct world_half, records) +
	    place % world_lab.full;

	switch (step[0] & 7) {
	case 0:
		world_lab_put(place % (uint32_t)sizeof(struct world_head), value, 1);
		break;
	case 1:
		world_lab_put(inside, value, 1);
		break;
	case 2:
		world_lab_put(inside & ~3U, (uint64_t)odd[value % (sizeof(odd) / sizeof(odd[0]))], 4);
		break;
	case 3:
		world_lab_put(inside & ~7U, (uint64_t)(int64_t)(int32_t)value << (step[7] & 31), 8);
		break;
	case 4:				/* part, index */
		world_lab_put(record, value, 4);
		break;
	case 5:
		world_lab_put(record + 4, value & 0xffff, 4);
		break;
	case 6:
		world_lab_put(half + (uint32_t)offsetof(struct world_half, bytes), step[7] & 1 ? value :
		    (value % sizeof(world_lab.image->half[0].records)) & ~7U, 4);
		break;
	case 7:				/* in a record that is there */
		world_lab_put(record + 8 + (place & 0x7fcU), (uint64_t)odd[value % (sizeof(odd) / sizeof(odd[0]))],
		    4);
		break;
	}
}

/* Else all would be refused for their sums alone. */
static inline void
world_lab_sum(int which)
{
	struct world_half *half = &world_lab.image->half[which];
	uint32_t at = (uint32_t)((char *)half - (char *)world_lab.image);

	if (half->bytes <= sizeof(half->records))
		world_lab_put(at + (uint32_t)offsetof(struct world_half, sum),
		    world_sum(half->records, half->bytes, half->turn), 8);
}

/* The decision goes on from a state that is sound, and orders what can be. */
static inline void
world_lab_drive(void)
{
	static struct world w;
	static const struct step_event events[] = { { STEP_RESUMED, -1, 0 }, { STEP_TICK, -1, 0 },
		{ STEP_ENDED, 0, 0 }, { STEP_TREE, 1, 0 }, { STEP_SIGNAL, -1, SIGTERM }, { STEP_TREE, 0, 0 },
		{ STEP_HELPER_ENDED, 0, HELPER_CARRIER | HELPER_END_DIED << 8 }, { STEP_DRAINED, 0, 0 } };
	char text[1024];

	/* Who goes on from it looks the servers up by their names, and gives up if one is not there. */
	if (memcmp(world_lab.read.name, world_lab.conf.name, sizeof(world_lab.conf.name)) != 0)
		return;
	w = world_lab.read;
	for (int i = w.done; i < w.acts.count; i++)
		if (w.acts.act[i].what == ACT_SAY)
			words_message(text, sizeof(text), (int)w.acts.act[i].a, w.acts.act[i].b,
			    w.acts.act[i].c);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		step(&world_lab.conf, &w.machine, &events[i], world_lab.now + (int64_t)i * 1000, &w.acts);
		for (int a = 0; a < w.acts.count; a++)
			world_lab_insist(world_act_is(&w.acts.act[a]), "an action that cannot be");
	}
	world_lab.driven++;
}

/* One life of the bytes: mutated as `program` says, read, and as before again. */
static inline void
world_lab_try(const uint8_t *program, size_t bytes)
{
	size_t size = sizeof(struct world_image);
	int rc;

	for (int i = 0; i < WORLD_STEPS && bytes >= WORLD_STEP; i++, bytes -= WORLD_STEP) {
		world_lab_mutate(program);
		program += WORLD_STEP;
	}
	/* What is left over of the program: whether the sums fit, and whether it is cut off. */
	for (int which = 0; which < 2; which++)
		if (bytes < 1 || (program[0] & 15) != 0)
			world_lab_sum(which);
	if (bytes >= 3)
		size = (size_t)(program[1] | program[2] << 8) * 8;
	rc = world_read(&world_lab.read, world_lab.image, size < sizeof(struct world_image) ? size :
	    sizeof(struct world_image));
	world_lab_insist(rc <= 0, "an odd answer");
	if (rc == 0) {
		world_lab.accepted++;
		world_lab_insist(world_is_sound(&world_lab.read), "an unsound state was believed");
		if (bytes == 0 || (program[0] & 16) != 0)
			world_lab_drive();
	} else {
		world_lab.refused++;
	}
	world_lab_undo();
}

#endif
