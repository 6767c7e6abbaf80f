/* SPDX-License-Identifier: MIT */
/*
 * remote_in: what the parts of remote.c share.
 *
 * remote_wire.c has the connection to a server, remote_out.c standard output.  It must never be included
 * by another room.
 */
#ifndef REMOTE_IN_H
#define REMOTE_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum remote_code {
	REMOTE_DONE = 0, REMOTE_NO = 1, REMOTE_USAGE = 64, REMOTE_LATE = 75,
	REMOTE_SIGNALLED = 128		/* and the signal's number */
};

enum { REMOTE_COMMANDS = 256, REMOTE_LINE = 2048, REMOTE_WHY = 512 };

struct remote {
	/* What the command line says. */
	const char *name;		/* of the server, or NULL */
	const char *host, *password_file;
	int port, timeout;		/* timeout 0: it was not said */
	bool direct;			/* not through an mcinit */
	bool json, raw, no_colour;
	bool input;			/* the commands are on standard input */
	const char *commands[REMOTE_COMMANDS];	/* of -e */
	int count;
	char line[REMOTE_LINE];		/* the words, joined by blanks */
	int words;

	/* Of the command that is asked now. */
	int64_t until;			/* as sys_now(); put off while nobody takes what we print */
	char why[REMOTE_WHY];		/* why it failed */
};

extern struct remote remote;

/* Puts the reason into remote.why, and returns the code. */
int remote_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
int remote_cannot_print(int error);

/* Until `fd` is ready: 1; 0: remote.until is over; -EINTR: the person wants no more; or -errno. */
int remote_wait(int fd, short events);

/* ---- remote_wire.c ---- */

/* Takes place and password from the command line, before anything else; a code. */
int remote_wire_begin(void);

/* HOST:PORT. */
const char *remote_wire_text(void);

/* Connects and logs in, unless that has been done; a code. */
int remote_wire_open(void);

/*
 * Asks, and gives the reply to remote_out_put().  After the `final` one the connection is closed,
 * and what comes behind its reply for a moment belongs to it.  A code.
 */
int remote_wire_ask(const char *command, bool final);

/* Before a command: prints what else came behind the reply before. */
void remote_wire_look(void);

/* There are no more commands: prints what came behind the last reply, and hangs up. */
void remote_wire_end(void);

/* ---- remote_out.c ---- */

void remote_out_begin(void);

/* The replies follow, each: open, any number of puts, close.  `server` may be NULL. */
void remote_out_open(const char *server, const char *command);
int remote_out_put(const char *bytes, size_t count);	/* 0 or -errno: nobody takes it */
void remote_out_break(void);		/* what follows is another packet, so another line */
int remote_out_close(int code);		/* REMOTE_DONE, else remote.why is put */

/* All that was put. */
int remote_out_flush(void);

#endif
