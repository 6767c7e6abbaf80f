/* SPDX-License-Identifier: MIT */
/*
 * oom: the memory cgroup that we are in: its limit, and how often the kernel has killed there.
 *
 * A server that is killed so tells nothing itself.  Called by act.c when a server starts and when it has
 * ended by SIGKILL, and by sample.c.  It must never block: what it reads is made by the kernel at once.
 */
#ifndef OOM_H
#define OOM_H

#include <stdint.h>

/* The counter of the memory cgroup that we are in, v2 or v1 (since Linux 4.13); -1: there is none. */
int64_t oom_kills(void);

/* What the cgroup of a process can have in memory, in bytes; -1: no limit, or no cgroup.  And pure, of such a file. */
int64_t oom_limit(int64_t pid);
int64_t oom_limit_number(const char *text);

/* Pure: the number behind "oom_kill " at the beginning of a line of such a file, or -1. */
int64_t oom_number(const char *text);

#endif
