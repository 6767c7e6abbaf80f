/* SPDX-License-Identifier: MIT */
/*
 * ask: the verbs that an mcinit which runs is asked to do.
 *
 * Called by cli.c.  It must never take silence for an answer.
 *
 * `run_dir` is that of a running mcinit; `words` are the verb and what follows it, then NULL.  Exit
 * codes: 0 done, 1 refused, 3 it does not listen, 64 usage, 75 it did not answer; what was said is on
 * standard output, or on standard error if it is no good news.
 */
#ifndef ASK_H
#define ASK_H

/* reexec [PATH]: another binary in its place, or what stands where its own was. */
int ask_reexec(const char *run_dir, int count, char *const words[]);

#endif
