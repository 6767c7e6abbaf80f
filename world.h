/* SPDX-License-Identifier: MIT */
/*
 * world: the whole mutable state of mcinit, and how it outlives the image that works on it.
 *
 * `struct world` is the working copy, in ordinary memory.  world_commit() puts it into the mapping
 * (a memfd as process 1, else a file in run_dir): what was not committed has
 * never happened, and whoever restores finds the last commit, whole.  Numbers and text only, no
 * pointer: another build of the program maps it, too.  Called by mcinit.c, act, crash.c, resume.c,
 * adopt.c and prove.c.  It must never do what is not committed yet, and never commit what is not whole.
 *
 * The mapping is made of records of known sizes.  A newer build reads the state of an older one:
 * records grow at their ends only, zero means "as before", and so do the lists of step.h.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "console.h"
#include "equip.h"
#include "load.h"
#include "proc.h"
#include "step.h"

enum {
	WORLD_LAYOUT = 4,		/* changes when records do not only grow */
	WORLD_QUEUE = 256,		/* events that wait for their turn */
	WORLD_TEXTS = 3,		/* configurations: of the start, in force, and before or to come */
	WORLD_BOX = 160,
	WORLD_SENDER_OUTSIDE = -1
};

/* The descriptors of mcinit that belong to nobody else; -1 = none. */
struct world_fds {
	int32_t lock, pid_file, trace;
	int32_t waiting;		/* -d: to who waits for our first state */
	int32_t control;		/* the socket that verbs come by */
	int32_t asking;			/* who asked for a re-exec, until that has its answer */
};

struct world {
	struct step_machine machine;

	/* The facts: processes and consoles, and which server has which slot. */
	struct proc_table proc;
	struct console_table console;
	char name[CONF_SERVERS][CONF_NAME_BYTES];

	/* One record, up to `fds`, which it grows behind. */
	int32_t done;			/* so many of the acts are done */
	int32_t begun;			/* the next one, which must not be done twice, has begun */
	uint32_t text, text_before;	/* of the texts in the mapping, in force and before that */
	uint32_t held;			/* an appliance without a configuration */
	uint32_t level;			/* of the log; USR2 toggles it */
	uint32_t read_faults;		/* mcinit failed so often while this reload went on */
	uint64_t log_at;		/* where our own lines ended */
	uint64_t boxes;			/* news taken out of the box, ever */
	int64_t started;		/* CLOCK_MONOTONIC */
	uint64_t turns;			/* commits so far */
	struct world_fds fds;
	int64_t in_force_at;		/* since when the configuration is */
	uint32_t reloads, refused;	/* that came into force, and that did not */
	uint32_t socket_group, unused;	/* whose members may use the control socket, and 1; 0 = nobody's */

	/* What comes next, and what the last turn wants done. */
	int32_t events;
	struct step_event event[WORLD_QUEUE];
	struct step_acts acts;

	/* As of the last start of each; off until that was executed. */
	struct equip_rcon rcon[CONF_SERVERS];
};

/*
 * News on their way from the kernel into an event: what was read and is not told yet would be lost
 * with the image.  Cleared before it is filled, so that the first bytes tell whether it was.
 */
struct world_box {
	uint32_t kind;			/* the reader's word for what it is, 0 = empty */
	int32_t slot;
	_Alignas(8) char bytes[WORLD_BOX];
};

/* How the last image ended. */
struct world_fault {
	int32_t signal;			/* 0 = by its own wish */
	int32_t sender;			/* pid, or WORLD_SENDER_OUTSIDE; 0 = the processor */
	uint64_t address;
};

/* Who works on a state. */
struct world_owner {
	int32_t pid;
	uint64_t ticks;			/* its start time, as in /proc/PID/stat */
	char boot[40];			/* /proc/sys/kernel/random/boot_id, "" unknown */
	uint8_t build[20];
};

/* ---- a life ---- */

/*
 * The working copy, with a new mapping: a file `dir`/state if dir >= 0, else a memfd.  NULL when
 * there is no room for it.
 */
struct world *world_create(int dir);

/*
 * The mapping of the image before us, by its descriptor.  0; -EINVAL: it is none of ours; -EPROTO:
 * it has another form, of another build: world_import().
 */
int world_attach(int fd);

/*
 * The state that an mcinit of this boot left behind in `dir`, which nobody works on any more, into
 * the working copy and a new mapping in its place; text 0 becomes `text`, that of the start of today.
 * 0; -ENOENT: there is none, or it is of another boot, or not `wanted`; -EINVAL, -EPROTO, -EBADMSG as of
 * world_attach() and world_read(), with the file as it was; or another -errno.  The working copy is then
 * of no use.
 */
int world_adopt(int dir, const struct load_text *text, bool (*wanted)(const struct world *w));

/* Writes down who works on the state, so that it can be adopted. */
void world_sign(void);

/* What was adopted turns out to be of no use: its mapping goes, and another can be made. */
void world_discard(void);

/* A state that cannot be read is set aside as state.bad, for whoever wants to know why. */
int world_set_aside(int dir);

/*
 * Reads the state behind `fd` into the working copy, and the rest into a new mapping of the same
 * kind in its place, or where a file cannot be made, into memory alone.  0, or -errno as of
 * world_read().
 */
int world_import(int fd);

/*
 * The same out of a copy, of a state that others work on meanwhile, into memory alone: what the program
 * of a re-exec sees of it.
 */
int world_copy(int fd);

/* The last commit into the working copy; NULL: there is none that is whole. */
struct world *world_restore(void);

/* What is committed survives from here on; then what was dropped (fds.h) is closed. */
void world_commit(void);

/* The working copy is there; the descriptor of the mapping. */
struct world *world_now(void);
int world_fd(void);

/* A clean end: nobody shall adopt what has ended. */
void world_remove(int dir);

/* ---- in the mapping, beside the commits ---- */

/* The texts of configurations; `which` is below WORLD_TEXTS. */
struct load_text *world_text(uint32_t which);

/* The text that is neither in force nor of the start: for the next one. */
uint32_t world_text_free(const struct world *w);

/* The box to read news into, emptied; and what it held is told (commits). */
struct world_box *world_box(uint32_t kind, int slot);
void world_box_done(void);
/* The box of the image before us, if it was filled and not told; else NULL. */
struct world_box *world_box_left(void);

/*
 * What children on their way to the exec write down, and what child `pid` of slot has told about its
 * RCON; false: nothing yet, or nothing that could be.
 */
struct equip_shared *world_equip(void);
bool world_told(int slot, int32_t pid, struct equip_rcon *rcon);

struct world_owner *world_owner(void);
struct world_fault *world_fault(void);
uint64_t world_generation(void);	/* images since the start, this one not counted */
/* One image more; by a fault: counted until world_settled().  For the handler: touches no more. */
void world_next_image(bool fault);
void world_same_image(void);		/* it did not come to that, and there was no fault */
int world_faults(void);
void world_settled(void);

/* Calls `see` for each descriptor of the last commit.  For the handler, too. */
void world_each_fd(void (*see)(int fd));
/* For each place of one in the working copy. */
void world_each_place(void (*see)(int32_t *fd));

/* ---- pure: for world.c and the tests (world_read.c) ---- */

/*
 * Reads the last whole commit out of `bytes` at `image` into *w.  0; -EINVAL: no state at all;
 * -EPROTO: of a newer or foreign layout; -EBADMSG: damaged.  *w is then of no use.
 */
int world_read(struct world *w, const void *image, size_t bytes);

/* Whether all that *w says can be: numbers in their ranges, text with its end. */
bool world_is_sound(const struct world *w);

#endif
