/* SPDX-License-Identifier: MIT */
/*
 * sample: what /proc tells of a server's main process, for a report (report.h).
 *
 * Called by status.c and metrics.c.  What it may not see stays unknown.  It must never be called by process 1: a
 * process of its own may wait for a lock of another's memory.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "report.h"

/* Fills memory, heap, limit, cpu (of its whole life), threads and files of `s`, which has its pid. */
void sample_take(struct report_server *s);

/* Pure: of /proc/PID/stat, from behind its command: ticks of processor time, threads, pages in memory; or false. */
bool sample_stat(const char *text, int64_t *ticks, int64_t *threads, int64_t *pages);

/* Pure: the largest heap that a java command line, with a NUL behind each word, allows; or REPORT_UNKNOWN. */
int64_t sample_heap(const char *words, size_t bytes);

#endif
