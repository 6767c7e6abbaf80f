/* SPDX-License-Identifier: MIT */
/*
 * wire: where the RCON of a server is (wire_place.c, pure), and the connection to it (wire.c).
 *
 * Called by act_rcon.c for the connections of mcinit, by remote.c for one of a verb's own, by
 * equip.c, which looks for a port, and by the rules of the INI.  It must never wait, and never ask a
 * resolver.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stdint.h>

enum { WIRE_IPV4 = 4, WIRE_IPV6 = 6, WIRE_TEXT = 48 };

/* Numbers only: a part of the state.  All zero is nowhere. */
struct wire_place {
	uint8_t family;			/* WIRE_IPV4, WIRE_IPV6 */
	uint8_t address[16];		/* as on the wire; of IPv4 the first four bytes */
	uint8_t unused;
	uint16_t port;
};

/* An IPv4 or IPv6 address ("[::1]" too) or "localhost"; false: it is none. */
bool wire_place_of(struct wire_place *place, const char *host, int port);

/* The same from HOST:PORT or [HOST]:PORT. */
bool wire_place_from(struct wire_place *place, const char *text);

/* "127.0.0.1:25575", "[::1]:25575". */
void wire_text(const struct wire_place *place, char text[WIRE_TEXT]);

/* Whether nobody outside of this machine can reach it. */
bool wire_is_loopback(const struct wire_place *place);

/*
 * A socket on its way there, non-blocking, close-on-exec, that sends at once (TCP_NODELAY); or -errno.
 * It is there when it can be written to, and then wire_arrived() is 0, or -errno: it did not get there.
 */
int wire_open(const struct wire_place *place);
int wire_arrived(int fd);

/* Whether a server could listen there now: 0, or -errno (-EADDRINUSE). */
int wire_is_free(const struct wire_place *place);

#endif
