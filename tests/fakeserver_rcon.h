/*
 * SPDX-License-Identifier: MIT
 *
 * How the RCON of the fake server differs from vanilla's, and what it listens on.  Included by
 * fakeserver_rcon*.c only; it must never be included by anything of mcinit.
 */
#ifndef FAKESERVER_RCON_H
#define FAKESERVER_RCON_H

#include "fakeserver.h"

/*
 * Options: --rcon opens as server.properties says, --rcon-port (0: any) and --rcon-password in its
 * stead; --rcon-after DURATION behind the line that says ready, --rcon-never not at all.  What may
 * be wrong:
 *	--rcon-delay DURATION	every packet comes so much later
 *	--rcon-drip DURATION	every byte is a send of its own, so far from the last
 *	--rcon-hang		no command is executed or answered
 *	--rcon-close N		the N-th is executed, and the connection closed in answer
 *	--rcon-garble		noise in answer to commands, of --rcon-seed N
 *	--rcon-flood		packets without an end in answer to one
 *	--rcon-half		half a packet in answer to one, and nothing from then on
 *	--rcon-wrong-id		the answer has the id after the right one
 *	--rcon-no-stop-reply	stop is executed and not answered
 *	--rcon-list TEXT	what list says, on the console too
 *
 * Journal, each behind "rcon": open PORT, failed ERRNO, connect, full, login ok|bad, refused TEXT
 * (not logged in), command TEXT, probe TYPE, gone (hung up while an answer was due), closed WHY:
 * eof, error, strict, frame, login, probe, asked.
 */

#define READ_SIZE	8192	/* what a BufferedInputStream takes from a socket at once */

enum framing { STRICT, FRAMED, ONE_A_READ };

enum quirk {
	EARLY = 1 << 0,			/* opens before the server is ready */
	OWN_SOURCE = 1 << 1,		/* each command has a reply of its own */
	BLANK_IS_NOTHING = 1 << 2,
	PREFIX_OF_PASSWORD = 1 << 3,
	BAD_LOGIN_CLOSES = 1 << 4,
	UNKNOWN_CLOSES = 1 << 5,
	UNKNOWN_IS_LOGIN = 1 << 6,
	ZERO_IS_MIRRORED = 1 << 7,
	EMPTY_BEFORE_LOGIN = 1 << 8,
	EMPTY_FIRST = 1 << 9,
	EMPTY_LAST = 1 << 10,
	IN_PIECES = 1 << 11,
	BY_LINE = 1 << 12,
	LATIN1 = 1 << 13,
};

struct fake_rcon_mode {
	const char	*name;
	enum framing	 framing;
	int		 longest;	/* of a framed request, the size field included */
	unsigned int	 quirks;
};

/* fakeserver_rcon_open.c; the listener is -1 as long as there is none. */
extern const struct fake_rcon_mode *fake_rcon_mode;
extern int fake_rcon_listener;

const char *fake_rcon_password(void);

#endif
