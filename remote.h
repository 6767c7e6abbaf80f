/* SPDX-License-Identifier: MIT */
/*
 * remote: the verb rcon, which asks a server by RCON.
 *
 *	rcon [NAME] COMMAND...		one command, its words joined by blanks
 *	rcon [NAME] -e COMMAND...	each behind an -e
 *	rcon [NAME] [-]			the lines of standard input, or what a person types
 *
 * Through the mcinit that runs, or, with --host, --port or --password-file, by a connection of its
 * own to any server.  Called by cli.c.  It must never print a password, never take one as an
 * argument, and never let a reply do harm to a terminal.
 *
 * Exit codes: 0 all was answered; 1 a command failed, or there was no way to ask; 64 usage, or a
 * command that cannot be sent; 75 no answer in time.  The first that fails is the last, but for a
 * person.  Errors are on standard error, with --json on standard output too.
 */
#ifndef REMOTE_H
#define REMOTE_H

#include <stdbool.h>

/* Reads the command line, the verb and what follows it: 0, or 64 after a complaint. */
int remote_read(int count, char *const words[]);

/* Whether it goes through the mcinit that runs. */
bool remote_needs_mcinit(void);

/* Does what was read; run_dir is that of the mcinit, or NULL. */
int remote_rcon(const char *run_dir);

#endif
