/* SPDX-License-Identifier: MIT */
/*
 * console_in: what console.c (all consoles), console_open.c (how they come to be) and console_fifo.c
 * (the FIFOs of one) share with each other and with nobody else.
 */
#ifndef CONSOLE_IN_H
#define CONSOLE_IN_H

#include "console.h"
#include "ring.h"

/* Our mappings: not a part of the world, because they are pointers. */
struct console_maps {
	struct ring own, heads[CONF_SERVERS];	/* ring_map_head(); of no ring, the head below */
	struct ring_head nobody;		/* what is said to a slot without a ring, nobody hears */
};
extern struct console_maps console_maps;

/* Gives a slot its ring; 0 also if it has one, or -errno (-ENOSPC).  Whether it has. */
int console_claim(const struct console_table *table, int slot);
bool console_has_ring(int slot);

/* The same above the numbers that a console process has; `fd` is closed.  A -errno stays one. */
int console_high(int fd);

/* Both ends of a pipe up there; 0 or -errno. */
int console_pipe(int32_t *from, int32_t *to);

/* By enum of server.tty: FIFOs, else pipes; nothing; a terminal of its own.  0 or -errno. */
int console_make(struct console_table *table, int slot, const char *name, int tty);

#endif
