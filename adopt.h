/* SPDX-License-Identifier: MIT */
/*
 * adopt: the servers of an mcinit that was killed.
 *
 * In service mode they live on when mcinit is killed, with their consoles in FIFOs and rings.  The
 * next mcinit, which has the lock of the run_dir, takes its state over: servers that run go on being
 * looked after as if nothing had been, and those that ended meanwhile are judged.  Called by the
 * set-up in mcinit.c.  It must never signal, and never believe a number of a process unverified.
 */
#ifndef ADOPT_H
#define ADOPT_H

#include "act.h"

/*
 * Looks for servers to take over in run_dir; scope->incoming is what today's INI says.  True: then
 * scope->world is the state of then with its configuration, and the consoles are open.  False: there
 * is nothing, or nothing that could be used, which was said.
 */
bool adopt_state(struct act_scope *scope, struct conf confs[2], const char *run_dir);

/*
 * Where there was a state, and it could not be used: servers that hold the lock of their world and
 * print into a FIFO of this run_dir.  With scope->world and consoles new; true: there are some.
 */
bool adopt_by_lock(struct act_scope *scope);

/* If any of these was true, with epoll open: what became of the servers is told, and today's INI is put in force. */
void adopt_work(struct act_scope *scope);

#endif
