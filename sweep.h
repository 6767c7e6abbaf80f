/* SPDX-License-Identifier: MIT */
/*
 * sweep: the helper that walks through /proc for what is left of a server.
 *
 * A role of the same binary, started by proc_sweep().  It may block: a process that hangs in
 * the kernel can hold up whoever reads its environment, and that must not be PID 1.
 */
#ifndef SWEEP_H
#define SWEEP_H

enum { SWEEP_EMPTY = 0, SWEEP_LEFT = 1, SWEEP_BLIND = 2, SWEEP_NOT_NOW = 3 };

/*
 * argv: mcinit --role=sweep NAME LIFE SESSION SIGNAL LEVEL JSON SUPERVISOR.  Finds all processes
 * of the server, signals them (0: only counts), names them in the log.  Returns 1 if there were
 * any, 0 if not, 2 where /proc does not show our processes, and 3 when it could not be looked into now.
 */
int sweep_main(int argc, char *argv[]);

#endif
