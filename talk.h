/* SPDX-License-Identifier: MIT */
/*
 * talk: the verbs that read a server's console and type on it: logs, send, console.
 *
 * They map the rings and write to the FIFOs themselves, with the rights of whoever calls them, so
 * they work however busy mcinit is; who has no right to open them is lent a descriptor by mcinit, if
 * it is a member of socket_group.  Called by cli.c.  They must never change a ring, never hold
 * up a server, and never stop one.  remote.c and backup.c ask it in run_dir, where a verb of this room goes
 * by itself.
 *
 * `run_dir` is that of a running mcinit; `words` are the verb and what follows it, then NULL.
 * NAME may be left out when there is one server.  Exit codes: 0 done, 1 the answer is no (no such
 * server, it does not run), 64 usage; the reason has been said on standard error.
 *
 * To a terminal the console comes through filter.h, so that no control byte does any harm; to
 * anything else byte for byte.  One that nobody reads any more ends with 0, as head(1) wants it.
 */
#ifndef TALK_H
#define TALK_H

#include <stdint.h>

/*
 * logs [-f] [-n LINES] [NAME]: the last lines; without -n all that is held (half a ring), with
 * -f 10 of them, and what comes then, until mcinit or the server is gone for good.
 */
int talk_logs(const char *run_dir, int count, char *const words[]);

/*
 * send [NAME] COMMAND...: types one command, its words joined by blanks.  A first word that is a
 * server's name is NAME.  Control characters are refused: a newline would be a second command.
 */
int talk_send(const char *run_dir, int count, char *const words[]);

/*
 * console [NAME]: the last 20 lines and what comes then, and types the lines of standard input.
 * On a terminal they are edited, what comes is printed above them, and Ctrl-D and Ctrl-C end it.  When that is
 * no terminal it ends by itself: when the input has ended, and half a second (in all 10 s) brought nothing new.
 * 1 if a line could not be typed.
 */
int talk_console(const char *run_dir, int count, char *const words[]);

/*
 * Types `command` on the console of `name`, and waits, at most until `until` (sys_now()), for a line of the
 * server's own that is one of `answers` (NULL behind the last; NULL: for none).  0; -ETIMEDOUT; -ENOENT: it has no
 * console, or another -errno.  For backup.c.
 */
int talk_type(const char *name, const char *command, const char *const *answers,
    int64_t until);

/*
 * The server `name`, or the only one if that is NULL: its name until the next call; or NULL, and *error is
 * 0, there is none, or why that cannot be known.
 */
const char *talk_has_server(const char *name, int *error);

#endif
