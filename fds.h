/* SPDX-License-Identifier: MIT */
/*
 * fds: the close of descriptors that stand in the state of mcinit.
 *
 * A descriptor leaves the state first and is closed when that is committed: in between its number
 * must not become another file's, or an image that goes on from the state before would take the one
 * for the other.  Called by proc, console and act; flushed by world.c.  It must never open anything.
 */
#ifndef FDS_H
#define FDS_H

#include <stdint.h>

/* Takes *fd out of the state, -1 stays -1; it is closed with the next flush. */
void fds_drop(int32_t *fd);

/* What was dropped is out of the committed state: closes it. */
void fds_flush(void);

#endif
