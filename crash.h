/* SPDX-License-Identifier: MIT */
/*
 * crash: mcinit outlives its own faults, by executing itself.
 *
 * A handler on a stack of its own keeps open what the last commit names (world.h), and executes the
 * binary with --state=N as its first argument: same process, same children, and the state as it
 * was at the last commit.  The same way leads into another build on request (act_reexec.c).  Armed by mcinit.c and
 * resume.c once there is a state.  Its handler must never trust anything but that state.
 */
#ifndef CRASH_H
#define CRASH_H

#include <stdbool.h>

/* From here on a fault of this process, and of no child, ends in a new image.  0 or -errno. */
int crash_arm(char *argv[]);
bool crash_armed(void);

/*
 * Executes a program in our place, by its descriptor, or by `path` alone if that is -1; returns -errno,
 * with everything as before, when that cannot be.  All that counts has to be committed.
 */
int crash_exec(int fd, const char *path);

/* What it is executed with.  argv[1] names the state: only a child may put something else there. */
char **crash_argv(void);

/* The state's descriptor out of argv[1], or -1: this is a first start. */
int crash_inherited(int argc, char *argv[]);

/* The most faults in a row, without a completed turn between them. */
enum { CRASH_MOST = 5 };

/*
 * What is left when mcinit cannot go on, which `why` says: reaps, hands signals on, and ends with
 * its servers, whose numbers are taken from the state as far as it can be read.
 */
_Noreturn void crash_last_stand(const char *why);

#endif
