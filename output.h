/* SPDX-License-Identifier: MIT */
/*
 * output: the console process that writes what all servers print to our standard output, and
 * mcinit's own lines to our standard error.
 *
 * A role of the binary (mcinit --role=output), started by console.c; it lives as long as PID 1
 * does.  The two may be the same terminal, pipe or file: then no line stands inside another.
 * It must never let one that is stuck hold up the other, and never change their flags, because
 * others share them.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

int output_main(int argc, char *argv[]);

#endif
