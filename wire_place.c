/* SPDX-License-Identifier: MIT */
/*
 * wire_place: where the RCON of a server is, as text and as numbers, a part of wire.c; see wire.h.
 *
 * Pure, so that the rules of the INI can ask it, too.  It must never look a name up: "localhost" is
 * 127.0.0.1, and no other name is known.
 */
#include "wire.h"

#include <arpa/inet.h>
#include <string.h>

#include "fmt.h"

enum { HOST = 46, PORT_MOST = 65535, GROUPS = 8 };

bool
wire_place_of(struct wire_place *place, const char *host, int port)
{
	size_t length = strlen(host);
	char text[HOST];

	memset(place, 0, sizeof(*place));
	if (host[0] == '[' && length > 2 && host[length - 1] == ']') {
		host++;
		length -= 2;
	}
	if (length >= sizeof(text) || port < 1 || port > PORT_MOST)
		return false;
	memcpy(text, host, length);
	text[length] = '\0';
	if (strcmp(text, "localhost") == 0)
		strcpy(text, "127.0.0.1");
	place->port = (uint16_t)port;
	if (inet_pton(AF_INET, text, place->address) == 1)
		place->family = WIRE_IPV4;
	else if (inet_pton(AF_INET6, text, place->address) == 1)
		place->family = WIRE_IPV6;
	return place->family != 0;
}

bool
wire_place_from(struct wire_place *place, const char *text)
{
	const char *colon = strrchr(text, ':');
	char host[HOST + 2];
	int port = 0;

	/* An address of IPv6 has colons of its own, so it stands in brackets. */
	if (colon == NULL || colon == text || colon[1] == '\0' || (size_t)(colon - text) >= sizeof(host) ||
	    (memchr(text, ':', (size_t)(colon - text)) != NULL && text[0] != '['))
		return false;
	for (const char *c = colon + 1; *c != '\0'; c++) {
		if (*c < '0' || *c > '9' || port > PORT_MOST)
			return false;
		port = port * 10 + (*c - '0');
	}
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	return wire_place_of(place, host, port);
}

static unsigned
group_of(const uint8_t address[16], int group)
{
	const uint8_t *at = address + 2 * (size_t)group;

	return (unsigned)at[0] << 8 | at[1];
}

/* Where the first of the longest runs of zeros begins, and its length: 0 if that is not two. */
static int
longest_zeros(const uint8_t address[16], int *length)
{
	int best = 0;

	*length = 0;
	for (int i = 0; i < GROUPS; i++) {
		int n = 0;

		while (i + n < GROUPS && group_of(address, i + n) == 0)
			n++;
		if (n > 1 && n > *length) {
			best = i;
			*length = n;
		}
	}
	return best;
}

static size_t
put_four(char *to, size_t room, const uint8_t address[4])
{
	return fmt_put(to, room, "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
}

/* inet_ntop() would bring all of printf with it. */
static size_t
put_six(char *to, size_t room, const uint8_t address[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	int length, zeros = longest_zeros(address, &length);
	size_t n = 0;

	if (memcmp(address, mapped, sizeof(mapped)) == 0) {
		n = fmt_put(to, room, "::ffff:");
		return n + put_four(to + n, room - n, address + sizeof(mapped));
	}
	for (int i = 0; i < GROUPS; i++) {
		if (length > 0 && i == zeros) {
			n += fmt_put(to + n, room - n, "::");
			i += length - 1;
			continue;
		}
		n += fmt_put(to + n, room - n, "%s%x", n > 0 && to[n - 1] != ':' ? ":" : "",
		    group_of(address, i));
	}
	return n;
}

void
wire_text(const struct wire_place *place, char text[WIRE_TEXT])
{
	char address[HOST];
	bool six = place->family == WIRE_IPV6;

	if (six)
		put_six(address, sizeof(address), place->address);
	else
		put_four(address, sizeof(address), place->address);
	fmt_put(text, WIRE_TEXT, "%s%s%s:%u", six ? "[" : "", address, six ? "]" : "", place->port);
}

bool
wire_is_loopback(const struct wire_place *place)
{
	static const uint8_t six[16] = { [15] = 1 };

	return place->family == WIRE_IPV4 ? place->address[0] == 127 :
	    place->family == WIRE_IPV6 && memcmp(place->address, six, sizeof(six)) == 0;
}
