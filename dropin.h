/* SPDX-License-Identifier: MIT */
/*
 * dropin: one program with no INI, `mcinit [flags] -- PROGRAM [ARG]...`.
 *
 * Flags, exit codes and forwarding are those of the small container inits, so that mcinit can
 * take their place in an image.  Called by main() alone; it must never read a configuration,
 * restart the program or end anything but itself.
 */
#ifndef DROPIN_H
#define DROPIN_H

#include <stdbool.h>
#include <stdint.h>

/* What the command line and the MCINIT_* variables ask for. */
struct dropin_options {
	bool on[128];			/* by letter: g h l s w */
	int verbosity;			/* -v: a level of log_set(), 0 errors to 3 all */
	int death_signal;		/* -p: sent to us when our parent dies; 0: none */
	uint32_t as_zero[256 / 32];	/* -e: one bit for each exit code that becomes 0 */
	char **program;			/* argv of the program */
	char problem[160];		/* why dropin_parse() said no */
};

/* The flags of this mode, for a person, with a newline at the end. */
extern const char dropin_help[];

/*
 * Whether the command line asks for this mode: a `--` with something behind it, and only
 * drop-in flags before it.  A wrong value of such a flag is for dropin_main() to refuse.
 */
bool dropin_asked(int argc, char *argv[]);

/* Pure.  False: `problem` says which flag is wrong and what it takes. */
bool dropin_parse(struct dropin_options *options, char *argv[], char *envp[]);

/* "TERM", "SIGTERM", "15", "RTMIN+3", "RTMAX-1": its number, or 0.  RTMIN is 34 here. */
int dropin_signal(const char *text);

/*
 * Runs one program with no INI; returns never but by sys_exit().  main() has blocked all signals
 * and set them to their default action, fds 0-2 are open.  argv is main's.  It closes every
 * descriptor from 3 up in this process (the program keeps them), so it calls log_open() itself
 * and nobody does before.
 */
_Noreturn void dropin_main(int argc, char *argv[], char *envp[]);

#endif
