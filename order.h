/* SPDX-License-Identifier: MIT */
/*
 * order: the verbs that want something of an mcinit: start, stop, restart, kill, shutdown, reload, rotate.
 *
 * They say it, then look until it has come about (status.h), with progress on a terminal, and say in one line
 * what has.  What they have begun goes on without them.  Called by cli.c.  They must never decide what is
 * to be done: mcinit does.
 *
 * `run_dir` is that of a running mcinit; `words` are the verb and what follows it, then NULL: NAME where a
 * server is meant, --no-wait, --timeout TIME, and for stop and restart --now (no warnings).  Exit codes: 0
 * done, 1 no or failed, 64 usage, 75 not within --timeout.
 */
#ifndef ORDER_H
#define ORDER_H

int order_start(const char *run_dir, int count, char *const words[]);
int order_stop(const char *run_dir, int count, char *const words[]);
int order_restart(const char *run_dir, int count, char *const words[]);
int order_kill(const char *run_dir, int count, char *const words[]);
int order_shutdown(const char *run_dir, int count, char *const words[]);
int order_reload(const char *run_dir, int count, char *const words[]);
int order_rotate(const char *run_dir, int count, char *const words[]);

#endif
