/* SPDX-License-Identifier: MIT */
/*
 * wire: where the RCON of a server is, and the connection to it; see wire.h.
 *
 * It must never look a name up: "localhost" is 127.0.0.1, and no other name is known.
 */
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sys.h"

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

/* The length of the address as the kernel wants it. */
static unsigned
address_of(const struct wire_place *place, struct sockaddr_storage *to)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;
	struct sockaddr_in *four = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	if (place->family == WIRE_IPV6) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(place->port);
		memcpy(&six->sin6_addr, place->address, sizeof(six->sin6_addr));
		return sizeof(*six);
	}
	four->sin_family = AF_INET;
	four->sin_port = htons(place->port);
	memcpy(&four->sin_addr, place->address, sizeof(four->sin_addr));
	return sizeof(*four);
}

int
wire_open(const struct wire_place *place)
{
	struct sockaddr_storage address;
	unsigned bytes = address_of(place, &address);

	return sys_connect_to(&address, bytes);
}

int
wire_arrived(int fd)
{
	return sys_socket_error(fd);
}

int
wire_is_free(const struct wire_place *place)
{
	struct sockaddr_storage address;
	unsigned bytes = address_of(place, &address);

	return sys_try_address(&address, bytes);
}
