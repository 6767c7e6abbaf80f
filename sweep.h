/* SPDX-License-Identifier: MIT */
/*
 * sweep: the helper that walks through /proc for what is left of a server.
 *
 * A role of the same binary, started by proc_sweep().  It may block: a process that hangs in
 * the kernel can hold up whoever reads its environment, and that must not be PID 1.
 */
#ifndef SWEEP_H
#define SWEEP_H

/*
 * argv: mcinit --role=sweep NAME LIFE SESSION SIGNAL LEVEL JSON SUPERVISOR.  Finds all processes
 * of the server, signals them (0: only counts), names them in the log.  Returns 1 if there were
 * any, 0 if not, 2 where /proc does not show our processes.
 */
int sweep_main(int argc, char *argv[]);

#endif
