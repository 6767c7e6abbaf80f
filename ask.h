/* SPDX-License-Identifier: MIT */
/*
 * ask: the verbs that an mcinit which runs is asked to do.
 *
 * Called by cli.c, and by remote.c, status.c and order.c.  It must never take silence for an answer.
 *
 * `run_dir` is that of a running mcinit; `words` are the verb and what follows it, then NULL.  Exit
 * codes: 0 done, 1 refused, 3 it does not listen, 64 usage, 75 it did not answer; what was said is on
 * standard output, or on standard error if it is no good news.
 */
#ifndef ASK_H
#define ASK_H

#include <stddef.h>
#include <stdint.h>

#include "ctl.h"

/* reexec [PATH]: another binary in its place, or what stands where its own was. */
int ask_reexec(const char *run_dir, int count, char *const words[]);

/*
 * Any verb; nothing is printed.  The code is one of those above, and `why` says it when that is not 0; or
 * ASK_AGAIN: mcinit hung up without an answer, because it failed or ended.
 */
enum { ASK_AGAIN = 111 };
struct ask {
	enum ctl_verb verb;
	const char *argument;
	int64_t until;			/* as sys_now(), for reaching mcinit */
	void (*reached)(void);		/* it listens, and answers when it has an answer */
	int (*wait)(int fd);		/* until there is something to read: 1, 0: too late, or -errno */
	int (*take)(const char *bytes, size_t count);	/* what comes before the answer; 0, or -errno: no more */
	char *why;			/* and behind "ok" what was said there */
	size_t room;
};

int ask_mcinit(const char *run_dir, const struct ask *asked);

/* The same for what is answered with a descriptor: it is in *fd, or that is -1. */
int ask_descriptor(const struct ask *asked, int *fd);

/*
 * Of the verbs' words: digits and what follows them, -1: there are none, or too many; a time as in the INI
 * (500ms, 10s, 5m, 2h; seconds if nothing is said) in ms, -1: it is none, or more than 24h.
 */
int ask_number(const char *text, const char **rest);
int ask_duration(const char *text);

/*
 * What lasts as long as *connection is open, if it is asked of the mcinit in the working directory: hold, end.
 * The code; 0, and it does.
 */
int ask_lasting(const struct ask *asked, int *connection);

/* The answer that such a connection has in the end, as of ask_mcinit(); it is closed. */
int ask_ended(const struct ask *asked, int connection);

#endif
