/* SPDX-License-Identifier: MIT */
/*
 * rcon: the language of RCON, as Minecraft servers speak it.
 *
 * Bytes in, bytes out.  Pure: whoever calls it has the connection, and the clock.  Called by act_rcon.c
 * for the connection that mcinit keeps to each server, and by remote.c for one of a verb's own.  It
 * must never have two packets on their way to the server that it could read at once, and never say
 * anything behind a last command.
 *
 * A packet is a size (of what follows it), a number that comes back in the reply, and a kind, each of
 * four bytes, little end first; text; and two zeros.  Each packet has to be sent with one call: vanilla
 * servers read once for each, and hang up if that is not exactly one packet.
 *
 * A reply is cut into packets of 4096 UTF-16 units.  One of fewer ends it; behind one of exactly so
 * many a probe is sent, a packet of a kind that no server knows, and what comes before the answer to
 * it belongs to the reply.  Servers of other kinds send a packet for each line; the end of those is
 * silence.
 */
#ifndef RCON_H
#define RCON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utf.h"

enum {
	RCON_COMMAND = 1446,		/* bytes of a command, at most: a server reads 1460 at once */
	RCON_PACKET = RCON_COMMAND + 14,
	RCON_UNITS = 4096,		/* of UTF-16, in a packet of a reply that goes on */
	RCON_SIZE_LEAST = 10,		/* of a packet without its size: one without text */
	RCON_SIZE_MOST = 1024 * 1024,
	RCON_HEAD = 12
};

/* All zero is a conversation that has not begun.  Numbers only. */
struct rcon {
	uint8_t state;
	bool last;			/* nothing may follow the command that waits for its reply */
	int32_t id, probe;		/* of the command, and of the probe behind it */

	/* The packet that comes in. */
	uint8_t filled;			/* bytes of its head */
	uint8_t head[RCON_HEAD];
	uint8_t is;			/* what it is to us */
	uint32_t left;			/* bytes of text and end still to come */

	/* Its text, and the reply so far. */
	struct utf utf;
	bool not_utf;
	uint32_t bytes, units;
	uint32_t packets;

	/* It sends a packet for each line: the caller knows, once it has logged in, or it was seen. */
	bool by_line;
};

enum rcon_news {
	RCON_MORE,			/* all bytes are taken, and there are more to come */
	RCON_IN,			/* logged in */
	RCON_REFUSED,			/* the password is wrong, or none was accepted */
	RCON_TEXT,			/* a piece of the reply */
	RCON_PROBE,			/* rcon_probe() is to be sent now */
	RCON_DONE,			/* the reply is whole */
	RCON_PAUSE,			/* ... if nothing comes for a moment; what does is another line */
	RCON_REST,			/* a piece of what belongs to the reply that seemed whole */
	RCON_BROKEN			/* this is no RCON, or not for us: hang up */
};

/*
 * What to send; each returns how many bytes, and 0 when it cannot be said: rcon_cannot_say() tells why
 * of a command, and of a password that it is too long or empty.  A command may begin with one "/",
 * which is left out.  `last`: "stop" and its like.  Only to be called when nothing is waited for.
 */
size_t rcon_login(struct rcon *r, char packet[RCON_PACKET], const char *password);
size_t rcon_ask(struct rcon *r, char packet[RCON_PACKET], const char *command, bool last);
size_t rcon_probe(const struct rcon *r, char packet[RCON_PACKET]);

/* Why a command cannot be sent, or NULL. */
const char *rcon_cannot_say(const char *command);

/* Whether a command ends a server, so that nothing may follow it. */
bool rcon_is_last(const char *command);

/*
 * What came: tells the first news in it.  *used bytes were taken, and for TEXT and REST `bytes` + *from
 * has *piece bytes of the reply.  To be called again with the rest until it is MORE.  What comes behind BROKEN or
 * REFUSED is not to be given to it.
 */
enum rcon_news rcon_hear(struct rcon *r, const char *bytes, size_t count, size_t *used,
    size_t *from, size_t *piece);

/*
 * Nothing came for a while, or nothing will: the server has hung up.  DONE: what is there is all of the
 * reply; MORE: wait on (idle only); BROKEN: it is cut off.
 */
enum rcon_news rcon_idle(struct rcon *r);
enum rcon_news rcon_hung_up(struct rcon *r);

#endif
