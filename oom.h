/* SPDX-License-Identifier: MIT */
/*
 * oom: how often the kernel has killed for want of memory in our cgroup.
 *
 * A server that is killed so tells nothing itself.  Called by act.c when a server starts and when it has
 * ended by SIGKILL.  It must never block: what it reads is made by the kernel at once.
 */
#ifndef OOM_H
#define OOM_H

#include <stdint.h>

/* The counter of the memory cgroup that we are in, v2 or v1 (since Linux 4.13); -1: there is none. */
int64_t oom_kills(void);

/* Pure: the number behind "oom_kill " at the beginning of a line of such a file, or -1. */
int64_t oom_number(const char *text);

#endif
