/* SPDX-License-Identifier: MIT */
/*
 * console_in: what console.c (all consoles) and console_fifo.c (the FIFOs of one) share with each
 * other and with nobody else.
 */
#ifndef CONSOLE_IN_H
#define CONSOLE_IN_H

#include "console.h"

/* The same above the numbers that a console process has; `fd` is closed.  A -errno stays one. */
int console_high(int fd);

/* Both ends of a pipe up there; 0 or -errno. */
int console_pipe(int32_t *from, int32_t *to);

/* By enum of server.tty: FIFOs, else pipes; nothing; a terminal of its own.  0 or -errno. */
int console_make(struct console_table *table, int slot, const char *name, int tty);

#endif
