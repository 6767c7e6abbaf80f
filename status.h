/* SPDX-License-Identifier: MIT */
/*
 * status: the verbs that ask an mcinit how it and its servers are: status and health.
 *
 * Called by cli.c; order.c waits with it.  `run_dir` is that of a running mcinit; `words` are the verb and
 * what follows it, then NULL.  They must never change anything.
 */
#ifndef STATUS_H
#define STATUS_H

#include "ini/conf.h"
#include "report.h"

struct status {
	struct report_whole whole;
	struct report_server server[CONF_SERVERS];
	int count;
};

enum { STATUS_WHY = 512, STATUS_PATIENCE = 5000 };

/*
 * Asks the mcinit in the working directory for all servers, or for `name`.  0, or a code of ask.h, and
 * why[STATUS_WHY] says it.
 */
int status_fetch(const char *name, struct status *s, char *why);

/*
 * The same, as it is when mcinit ends: a connection that can be read then, or -1: there is none; and what comes by
 * it, which closes it.  0, and why[] has mcinit's exit code, or another code, ASK_AGAIN among them.
 */
int status_begin_last(char *why);
int status_last(int connection, struct status *s, char *why);

/* status [NAME] [--json] [--watch]: 0, 1 there is no such server, 64 usage, 75 no answer. */
int status_show(const char *run_dir, int count, char *const words[]);

/*
 * health [NAME] [--live|--ready]: 0 well, else 1: --live, which is meant without a word, only for a server that
 * failed, hangs, or stopped without anybody's wish; --ready unless it runs and is well.  Without NAME all have to be.
 */
int status_health(const char *run_dir, int count, char *const words[]);

#endif
