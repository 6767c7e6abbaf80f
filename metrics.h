/* SPDX-License-Identifier: MIT */
/*
 * metrics: what a report tells, in the text format of Prometheus.
 *
 * One row per metric.  Called by cli.c as the verb metrics, and by main() as the helper that keeps
 * metrics_file up to date.  It must never leave half a file under that name.
 */
#ifndef METRICS_H
#define METRICS_H

/* metrics: on standard output.  The exit code. */
int metrics_show(const char *run_dir, int count, char *const words[]);

/*
 * The helper: --role=metrics FILE, with run_dir as descriptor 3.  Exit code 0, or the errno of what went
 * wrong, and METRICS_NO_ANSWER.
 */
enum { METRICS_NO_ANSWER = 126 };
int metrics_main(int argc, char *argv[]);

#endif
