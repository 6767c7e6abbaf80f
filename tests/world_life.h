/* SPDX-License-Identifier: MIT */
/*
 * world_life: states as mcinit leaves them, of lives that were never lived, for the tests of what becomes
 * of a state.
 *
 * Included once by each, most often by world_lab.h.  Processes and descriptors have numbers that nobody
 * has; it must never hand one of them to anybody.
 */
#ifndef WORLD_LIFE_H
#define WORLD_LIFE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "console.h"
#include "step.h"
#include "world_in.h"

/* All but the texts, which the reader does not look into. */
struct world_lab_image {
	struct world_head head;
	struct world_half half[2];
};
_Static_assert(sizeof(struct world_lab_image) == offsetof(struct world_image, text),
    "the texts stand behind the commits");

enum { WORLD_LIVES = 8 };

static struct {
	struct world *w;		/* the working copy */
	struct world_image *map;	/* the mapping of world.c */
	struct conf conf;
	struct world_lab_image life[WORLD_LIVES];
	char *image;			/* the bytes that something becomes of, with nothing behind them */
	uint32_t filled[2];		/* so many bytes of its halves may be others than those of a life */
	struct world read;
	int64_t now;
	int32_t number;			/* of the next process or descriptor */
	uint64_t random;
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

static inline uint32_t
world_lab_chance(uint32_t below)
{
	world_lab.random ^= world_lab.random >> 12;
	world_lab.random ^= world_lab.random << 25;
	world_lab.random ^= world_lab.random >> 27;
	return (uint32_t)((world_lab.random * UINT64_C(2685821657736338717)) >> 33) % below;
}

/* ---- a life: processes and descriptors that nobody has, and what happens to them ---- */

static inline void
world_lab_tell(int what, int slot, int32_t a)
{
	struct world *w = world_lab.w;

	if (w->events < WORLD_QUEUE)
		w->event[w->events++] = (struct step_event){ .what = (uint8_t)what, .slot = (int8_t)slot,
			.a = a };
}

static inline void
world_lab_rcon(int slot, bool on)
{
	struct equip_rcon *rcon = &world_lab.w->rcon[slot];

	*rcon = (struct equip_rcon){ .on = on, .place = { .family = slot % 2 ? WIRE_IPV6 : WIRE_IPV4,
		.address = { 127, 0, 0, 1 }, .port = (uint16_t)(25575 + slot) } };
	strcpy(rcon->password, "swordfish");
}

static inline void
world_lab_spawn(int slot)
{
	struct proc_main *p = &world_lab.w->proc.main[slot];
	struct console_slot *c = &world_lab.w->console.slot[slot];

	if (p->pid != 0 || world_lab_chance(8) == 0) {
		world_lab_tell(STEP_SPAWN_FAILED, slot, (int32_t)world_lab_chance(FAILURE_COUNT));
		return;
	}
	p->pid = p->session = world_lab.number++;
	p->pidfd = world_lab.number++;
	c->source = world_lab.number++, c->hold = world_lab.number++, c->sink = world_lab.number++;
	c->dir = world_lab.number++;
	world_lab_rcon(slot, world_lab_chance(2));
	world_lab_tell(STEP_SPAWNED, slot, 0);
	if (world_lab_chance(4) == 0)
		p->report = world_lab.number++;
	else
		world_lab_tell(STEP_EXEC_DONE, slot, 0);
}

static inline void
world_lab_end(int slot)
{
	struct proc_main *p = &world_lab.w->proc.main[slot];

	if (p->pid == 0)
		return;
	p->pid = 0;
	p->pidfd = p->report = -1;
	world_lab_tell(STEP_ENDED, slot, (int32_t[]){ 0, 1 << 8, SIGKILL, STEP_NOT_KNOWN }[
	    world_lab_chance(4)]);
}

static inline void
world_lab_sweep(int slot, int64_t signal)
{
	struct proc_main *p = &world_lab.w->proc.main[slot];

	p->sweep = world_lab_chance(3) == 0 ? world_lab.number++ : 0;
	p->sweep_signal = (uint8_t)signal;
	if (p->sweep == 0)
		world_lab_tell(STEP_TREE, slot, world_lab_chance(4) == 0);
}

static inline void
world_lab_helper(int helper, int slot)
{
	int number = console_number((enum console_role)helper, slot);

	if (world_lab.w->proc.helper[number] == 0)
		world_lab.w->proc.helper[number] = world_lab.number++;
}

static inline void
world_lab_do(const struct step_act *a)
{
	struct world *w = world_lab.w;

	switch ((enum step_action)a->what) {
	case ACT_SPAWN:
		world_lab_spawn(a->slot);
		break;
	case ACT_SIGNAL_MAIN:
	case ACT_SIGNAL_GROUP:
		if (a->a == SIGKILL || world_lab_chance(2) == 0)
			world_lab_end(a->slot);
		break;
	case ACT_SWEEP:
		world_lab_sweep(a->slot, a->a);
		break;
	case ACT_LOOK:
		world_lab_tell(STEP_TREE, a->slot, world_lab_chance(4) == 0);
		break;
	case ACT_COMMAND:
		if (world_lab_chance(4) == 0)
			world_lab_tell(STEP_COMMAND_FAILED, a->slot, 0);
		break;
	case ACT_DRAIN:
		w->console.slot[a->slot].source = w->console.slot[a->slot].hold = -1;
		world_lab_tell(STEP_DRAINED, a->slot, 0);
		break;
	case ACT_HELPER:
		world_lab_helper((int)a->a, a->slot);
		break;
	case ACT_RELOAD:
		w->proc.reader = world_lab.number++;
		w->proc.reader_pipe = world_lab.number++;
		break;
	case ACT_PROVE:
		w->proc.trial = world_lab.number++;
		w->fds.asking = world_lab.number++;
		world_lab_tell(STEP_PROVED, -1, (int32_t)world_lab_chance(2));
		break;
	case ACT_CLOSE:
		world_lab_tell(STEP_CLOSED, -1, 0);
		break;
	case ACT_RCON_OPEN:
		world_lab_tell(world_lab_chance(3) > 0 ? STEP_RCON_UP : STEP_RCON_DOWN, a->slot,
		    (int32_t)world_lab_chance(RCON_END_COUNT));
		break;
	case ACT_ASK:
		if (world_lab_chance(3) > 0)
			world_lab_tell(STEP_ANSWERED, a->slot, (int32_t)world_lab_chance(3) - 1);
		break;
	case ACT_SETTLE:
		world_lab_tell(STEP_ANSWERED, a->slot, STEP_ANSWER);
		break;
	case ACT_ATTEND:
		world_lab_tell(STEP_PRINTED, a->slot, 0);
		break;
	case ACT_CHECK:
		world_lab_tell(STEP_HEALTH, a->slot, (int32_t)world_lab_chance(2));
		break;
	case ACT_RCON_CLOSE:
	case ACT_REFUSE:
	case ACT_WARN:
	case ACT_UNCHECK:
	case ACT_METRICS:
	case ACT_SAVE_ON:
	case ACT_ABANDON:
	case ACT_QUOTE:
	case ACT_UNPLUG:
	case ACT_ROTATE:
	case ACT_RESIZE:
	case ACT_FORGET:
	case ACT_DEBUG:
	case ACT_STATISTICS:
	case ACT_SAY:
	case ACT_FINISH:
	case ACT_UNPROVE:
	case ACT_REEXEC:
	case ACT_ANSWER:
	case ACT_COUNT:
		break;
	}
}

/* What an operator, a console, a helper or the clock may have to say. */
static inline void
world_lab_something(void)
{
	static const uint8_t orders[] = { STEP_START, STEP_STOP, STEP_RESTART, STEP_KILL, STEP_CHANGED };
	static const uint8_t signals[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT, SIGWINCH, SIGTERM };
	int slot = (int)world_lab_chance(4);

	switch (world_lab_chance(12)) {
	case 0:
	case 1:
		world_lab_tell(orders[world_lab_chance(sizeof(orders))], slot, 0);
		break;
	case 2:
		world_lab_tell(STEP_SIGNAL, -1, signals[world_lab_chance(sizeof(signals) -
		    (world_lab_chance(16) > 0))]);
		break;
	case 3:
		world_lab_end(slot);
		break;
	case 4:
		world_lab_tell(STEP_HELPER_ENDED, slot, (int32_t)(world_lab_chance(HELPER_OUTPUT) |
		    world_lab_chance(HELPER_END_COUNT) << 8));
		break;
	case 5:
		world_lab_tell(STEP_PLAYERS, slot, (int32_t)world_lab_chance(100));
		break;
	case 6:
		world_lab_tell(world_lab_chance(2) ? STEP_REAPED : STEP_RESUMED, -1, 0);
		break;
	case 7:
		world_lab_tell(STEP_REEXEC, -1, 0);
		break;
	case 8:
		world_lab.now += world_lab_chance(world_lab_chance(8) == 0 ? 100000 : 2000);
		world_lab_tell(STEP_TICK, -1, 0);
		break;
	default:
		world_lab_tell(STEP_MARKER, slot, (int32_t)(world_lab_chance(MARKER_COUNT) |
		    world_lab_chance(100) << 8));
		break;
	}
}

/* One turn, as mcinit.c has them; false: it has ended. */
static inline bool
world_lab_turn(void)
{
	struct world *w = world_lab.w;
	struct step_event event = w->event[0];

	if (w->events == 0)
		return true;
	memmove(w->event, w->event + 1, (size_t)--w->events * sizeof(w->event[0]));
	world_lab.now += 10;
	step(&world_lab.conf, &w->machine, &event, world_lab.now, &w->acts);
	w->begun = 0;
	for (w->done = 0; w->done < w->acts.count; w->done++)
		world_lab_do(&w->acts.act[w->done]);
	return !w->machine.whole.finished;
}

/* A state before anything has happened, but with all that mcinit opens at its start. */
static inline void
world_lab_begin_life(void)
{
	struct world *w = world_lab.w;
	uint64_t turns = w->turns;

	world_blank(w);
	w->turns = turns;
	w->events = 0;
	step_init(&w->machine, (enum step_mode)world_lab_chance(3), world_lab_chance(2));
	memcpy(w->name, world_lab.conf.name, sizeof(w->name));
	world_lab.number = 100000;
	w->started = world_lab.now = 123456789 + world_lab_chance(1000000);
	w->console.rings = world_lab.number++, w->console.lifeline = world_lab.number++;
	w->console.lifeline_end = world_lab.number++, w->console.reports = world_lab.number++;
	w->console.reports_end = world_lab.number++, w->console.bell = world_lab.number++;
	w->fds.lock = world_lab.number++, w->fds.control = world_lab.number++;
	strcpy(w->console.path, "/run/mcinit");
	world_lab_tell(STEP_CONF, -1, 0);
}

/* So many turns of one that is still under way; then some of the last one is done, and more is told. */
static inline void
world_lab_live(int turns)
{
	struct world *w = world_lab.w;

	world_lab_begin_life();
	for (int i = 0; i < turns; i++) {
		if (!world_lab_turn()) {
			world_lab_begin_life();
			world_lab_turn();
		}
		world_lab_something();
	}
	w->done = (int32_t)world_lab_chance((uint32_t)w->acts.count + 1);
	if (w->done < w->acts.count && w->acts.act[w->done].what == ACT_COMMAND)
		w->begun = 1;
	for (uint32_t i = world_lab_chance(12); i > 0; i--)
		world_lab_something();
	/* In the middle of a fork. */
	if (world_lab_chance(3) == 0) {
		w->proc.forking.whose = PROC_HELPER;
		w->proc.forking.number = PROC_HELPERS - 1;
		w->proc.helper[PROC_HELPERS - 1] = 0;
		world_lab.map->head.birth.pid = world_lab.number++;
	}
}

/* ---- the beginning ---- */

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
world_lab_begin(void)
{
	static const char ini[] = "[log]\ndir = /var/log/mcinit\n[server:a]\ntype = vanilla\n"
	    "start_timeout = 5m\n[server:b]\ntype = paper\nrestart_delay = 0\n[server:c]\n"
	    "type = generic\nrestart = always\n[server:d]\ncommand = ./start.sh\ntty = inherit\n";
	const struct conf_source source = { .text = ini, .bytes = sizeof(ini) - 1, .file = "test.ini",
		.directory = "/srv", .variable = world_lab_variable, .secret = world_lab_variable,
		.say = world_lab_say };

	world_lab_insist(conf_parse(&world_lab.conf, &source, false) == 0, "the INI is wrong");
	world_lab.random = 20261127;
	world_lab.w = world_create(-1);
	world_lab_insist(world_lab.w != NULL, "no state");
	world_lab.map = mmap(NULL, sizeof(*world_lab.map), PROT_READ | PROT_WRITE, MAP_SHARED, world_fd(), 0);
	world_lab_insist(world_lab.map != MAP_FAILED, "no mapping");
	for (int i = 0; i < WORLD_LIVES; i++) {
		world_lab_live(4 << i);
		world_commit();
		world_lab_something();
		world_commit();
		world_lab_insist(world_is_sound(world_lab.w), "a life is not sound");
		memcpy(&world_lab.life[i], world_lab.map, sizeof(world_lab.life[i]));
	}
	world_lab.image = calloc(1, sizeof(struct world_image));
	world_lab_insist(world_lab.image != NULL, "no memory");
	world_lab.filled[0] = world_lab.filled[1] = sizeof(struct world_half);
}

/* Three servers, one of which runs, one stops and one waits; in each place something. */
static inline void
world_lab_fill(void)
{
	static const struct step_event events[] = { { STEP_SPAWNED, 0, 0 }, { STEP_EXEC_DONE, 0, 0 },
		{ STEP_READY, 0, 0 }, { STEP_SPAWNED, 1, 0 }, { STEP_EXEC_DONE, 1, 0 }, { STEP_READY, 1, 0 },
		{ STEP_SPAWNED, 2, 0 }, { STEP_EXEC_DONE, 2, 0 }, { STEP_STOP, 1, 0 },
		{ STEP_ENDED, 2, 1 << 8 } };
	struct world *w = world_lab.w;

	world_lab_begin_life();
	step(&world_lab.conf, &w->machine, &(struct step_event){ STEP_CONF, -1, 0 }, 1000, &w->acts);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		step(&world_lab.conf, &w->machine, &events[i], 1010 + (int64_t)i, &w->acts);
	for (int slot = 0; slot < 3; slot++) {
		struct proc_main *p = &w->proc.main[slot];
		struct console_slot *c = &w->console.slot[slot];

		p->pid = p->session = world_lab.number++;
		p->pidfd = world_lab.number++;
		c->source = world_lab.number++, c->hold = world_lab.number++;
		c->sink = world_lab.number++, c->dir = world_lab.number++;
		w->proc.helper[slot] = world_lab.number++;
		world_lab_rcon(slot, slot < 2);
	}
	w->proc.main[0].noted = 5;
	w->proc.main[1].sweep = world_lab.number++;
	w->proc.main[2].pid = 0;
	w->proc.main[2].pidfd = -1;
	w->proc.helper[2 * CONF_SERVERS] = world_lab.number++;
	w->proc.reader = world_lab.number++;
	w->proc.reader_pipe = world_lab.number++;
	w->fds.asking = world_lab.number++;
	w->done = 1;
	w->events = 0;
	for (int i = 0; i < 8; i++)
		world_lab_tell(STEP_MARKER, i % 3, MARKER_READY);
}

#endif
