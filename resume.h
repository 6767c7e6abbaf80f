/* SPDX-License-Identifier: MIT */
/*
 * resume: what a new image of mcinit finds, and what it makes of it.
 *
 * Called by the set-up in mcinit.c when there is a state to go on from.  It must never read the
 * INI, and never do anything to a server but what the image before it had decided.
 */
#ifndef RESUME_H
#define RESUME_H

#include "act.h"

/*
 * Behind an exec of ourselves: the state by its descriptor.  A fault from then on comes back to
 * here (crash_arm).  Does not return when there is nothing to go on from.
 */
void resume_open(struct act_scope *scope, int fd);

/*
 * Then the configuration from its text, and the consoles; our own descriptors are closed at an
 * exec again.  `confs` is room for two.
 */
void resume_state(struct act_scope *scope, struct conf confs[2]);

/*
 * The configuration that stands in the state, into confs[0], and in confs[1] the one before; false:
 * it cannot be read.  For an mcinit that takes over, too.
 */
bool resume_conf(struct act_scope *scope, struct conf confs[2]);

/* Then, with epoll and signals open: what was open is heard again, and what was begun is ended. */
void resume_work(struct act_scope *scope);

#endif
