/* SPDX-License-Identifier: MIT */
/*
 * wire: the connection to where the RCON of a server is; see wire.h.
 *
 * It must never wait for anybody.
 */
#include "wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "sys.h"

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
