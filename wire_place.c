/* SPDX-License-Identifier: MIT */
/*
 * wire_place: where the RCON of a server is, as text and as numbers, a part of wire.c; see wire.h.
 *
 * Pure, so that the rules of the INI can ask it, too.  It must never look a name up: "localhost" is
 * 127.0.0.1, and no other name is known.
 */
#include <arpa/inet.h>
#include <string.h>

#include "wire.h"

enum { HOST = 46, PORT_MOST = 65535 };

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

static size_t
put_port(char *to, unsigned port)
{
	char digits[5];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + port % 10);
	while ((port /= 10) > 0);
	for (size_t i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	to[n] = '\0';
	return n;
}

void
wire_text(const struct wire_place *place, char text[WIRE_TEXT])
{
	bool six = place->family == WIRE_IPV6;
	size_t n = 0;

	if (six)
		text[n++] = '[';
	if (inet_ntop(six ? AF_INET6 : AF_INET, place->address, text + n, INET6_ADDRSTRLEN) == NULL)
		text[n] = '\0';
	n += strlen(text + n);
	if (six && n <= WIRE_TEXT - 8)
		text[n++] = ']';
	text[n++] = ':';
	put_port(text + n, place->port);
}

bool
wire_is_loopback(const struct wire_place *place)
{
	static const uint8_t six[16] = { [15] = 1 };

	return place->family == WIRE_IPV4 ? place->address[0] == 127 :
	    place->family == WIRE_IPV6 && memcmp(place->address, six, sizeof(six)) == 0;
}
