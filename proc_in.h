/* SPDX-License-Identifier: MIT */
/*
 * proc_in: what proc.c, proc_adopt.c and proc_trial.c share with each other and with nobody else.
 */
#ifndef PROC_IN_H
#define PROC_IN_H

#include "proc.h"

enum { LOW_FDS = 16 };		/* what is ours lives above what children rearrange */

/* Where births are written down (proc_born_into()). */
extern struct proc_birth *proc_births;

/* As fork(), of what will be `whose`; whoever goes on from the state knows of the child. */
pid_t proc_fork_as(struct proc_table *table, enum proc_whose whose, int number);

/* What a helper, or compress, may need of our environment: secrets may stand in the rest of it. */
char *const *proc_little_environment(void);

/* The inode of a pidfd, or 0. */
uint64_t proc_pidfd_inode(int pidfd);

#endif
