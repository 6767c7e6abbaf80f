/* SPDX-License-Identifier: MIT */
/*
 * daemon: `mcinit -d`: the way into the background, and the word back to who started it.
 *
 * Who started it waits in its terminal until the first state of the servers is known, sees meanwhile
 * what mcinit says, and returns with the code that mcinit would end with.  Called by the set-up in
 * mcinit.c and by its loop.  It must never be called by a process 1.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include <stddef.h>

/*
 * Returns in the daemon alone: twice forked, in a session of its own without a terminal, standard
 * input empty, nothing it makes writable for others.  The descriptor is that of who waits.
 */
int daemon_leave(void);

/*
 * From now on what we say goes into DIR/mcinit.log, whose path is put into `path`, and the terminal
 * is let go.  0 or -errno.
 */
int daemon_log(int waiting, const char *dir, char *path, size_t room);

/* The first state is known: who waits returns with this code. */
void daemon_known(int waiting, int code);

#endif
