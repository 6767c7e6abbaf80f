/* SPDX-License-Identifier: MIT */
/*
 * world: the whole mutable state of mcinit, in one mapping of fixed size.
 *
 * Numbers and text only: no pointer, so that another image of the program can map it.  The
 * machines are there twice; a turn works on the draft, and one store makes it the truth.  So a
 * turn that is never finished has never happened.  Called by mcinit.c and act.c.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdint.h>

#include "console.h"
#include "load.h"
#include "proc.h"
#include "step.h"

enum { WORLD_LAYOUT = 2 };

struct world {
	char magic[8];
	uint32_t layout, bytes;		/* WORLD_LAYOUT, sizeof(struct world) */
	uint64_t turns;			/* committed so far */
	uint32_t current;		/* which machine is the truth: 0 or 1 */
	int64_t started;		/* CLOCK_MONOTONIC */
	struct step_machine machine[2];
	struct proc_table proc;
	struct console_table console;
	struct load_text text;		/* what the configuration in force was made from */
};

/* A new mapping, zeroed but for its head; NULL when the kernel has no memory. */
struct world *world_create(void);

/* The truth; a copy of it to work on; and the copy made the truth. */
const struct step_machine *world_now(const struct world *w);
struct step_machine *world_draft(struct world *w);
void world_commit(struct world *w);

#endif
