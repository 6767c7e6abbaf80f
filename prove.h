/* SPDX-License-Identifier: MIT */
/*
 * prove: a program that is to go on in the place of another mcinit shows that it can.
 *
 * Called by main() as a role: fd 3 is a socket to that mcinit (proc.h), 4 its state, 5 its consoles,
 * and the command line is that mcinit's own.  It must never change any of them: the other one works on
 * them meanwhile.
 */
#ifndef PROVE_H
#define PROVE_H

/* 0: it has said that it can; 1: it has said why not. */
int prove_main(int argc, char *argv[]);

#endif
