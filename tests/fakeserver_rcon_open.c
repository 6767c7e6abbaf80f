/*
 * SPDX-License-Identifier: MIT
 *
 * How the RCON of the fake server comes up: the modes, server.properties, and the listener.  Called
 * by fakeserver.c, once at the start and once when a server would open it.  It must never open what
 * a server with these properties would not, unless an option says the port.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "fakeserver_rcon.h"

#define CUBERITE (OWN_SOURCE | PREFIX_OF_PASSWORD | BAD_LOGIN_CLOSES | UNKNOWN_CLOSES | IN_PIECES)

static const struct fake_rcon_mode modes[] = {
	{ "vanilla", STRICT, 0, 0 },
	{ "paper", STRICT, 0, EARLY | OWN_SOURCE | BLANK_IS_NOTHING },
	{ "sponge", FRAMED, READ_SIZE, OWN_SOURCE },
	{ "cuberite", FRAMED, 1500, CUBERITE | EMPTY_FIRST },
	{ "cuberite-late", FRAMED, 1500, CUBERITE | EMPTY_LAST },
	{ "pumpkin", ONE_A_READ, 1464, OWN_SOURCE | BAD_LOGIN_CLOSES | UNKNOWN_IS_LOGIN | BY_LINE },
	{ "source", FRAMED, READ_SIZE, OWN_SOURCE | EMPTY_BEFORE_LOGIN | ZERO_IS_MIRRORED },
	{ "latin1", STRICT, 0, LATIN1 },
};

const struct fake_rcon_mode *fake_rcon_mode;
int fake_rcon_listener = -1;

static struct {
	char	enabled[16], port[16], ip[64], server_ip[64], password[256];
} settings;

const char *
fake_rcon_password(void)
{
	return settings.password;
}

void
fake_rcon_check(void)
{
	size_t i;

	for (i = 0; i < COUNT(modes); i++)
		if (strcmp(modes[i].name, opt.rcon_mode) == 0)
			fake_rcon_mode = &modes[i];
	if (fake_rcon_mode == NULL)
		fake_die(STATUS_USAGE, "--rcon-mode", opt.rcon_mode);
	if (opt.rcon_port > 65535)
		fake_die(STATUS_USAGE, "--rcon-port", "past 65535");
}

bool
fake_rcon_is_early(void)
{
	return (fake_rcon_mode->quirks & EARLY) != 0;
}

static void
take_setting(const char *key, const char *value)
{
	const struct { const char *key; char *to; size_t size; } known[] = {
		{ "enable-rcon", settings.enabled, sizeof(settings.enabled) },
		{ "rcon.port", settings.port, sizeof(settings.port) },
		{ "rcon.ip", settings.ip, sizeof(settings.ip) },
		{ "server-ip", settings.server_ip, sizeof(settings.server_ip) },
		{ "rcon.password", settings.password, sizeof(settings.password) },
	};
	size_t i;

	for (i = 0; i < COUNT(known); i++)
		if (strcmp(known[i].key, key) == 0)
			snprintf(known[i].to, known[i].size, "%s", value);
}

static void
read_settings(void)
{
	char line[1024], *key, *value;
	FILE *file;
	size_t len;

	memset(&settings, 0, sizeof(settings));
	snprintf(settings.port, sizeof(settings.port), "25575");
	file = fopen("server.properties", "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		key = line + strspn(line, " \t");
		value = strchr(key, '=');
		if (*key == '#' || *key == '!' || value == NULL)
			continue;
		len = (size_t)(value - key);
		while (len > 0 && isblank((unsigned char)key[len - 1]))
			len--;
		key[len] = '\0';
		value++;
		take_setting(key, value + strspn(value, " \t"));
	}
	if (file != NULL)
		fclose(file);
	if (opt.rcon_port != UNSET)
		snprintf(settings.port, sizeof(settings.port), "%d", (int)opt.rcon_port);
	if (opt.rcon_password != NULL)
		snprintf(settings.password, sizeof(settings.password), "%s", opt.rcon_password);
}

/* The family of `ip`, and its address; 0: it is none. */
static int
address_of(struct sockaddr_in6 *address, const char *ip, int port)
{
	struct sockaddr_in *four = (struct sockaddr_in *)address;

	memset(address, 0, sizeof(*address));
	address->sin6_port = htons((uint16_t)port);
	address->sin6_family = AF_INET6;
	if (inet_pton(AF_INET6, ip, &address->sin6_addr) == 1)
		return AF_INET6;
	four->sin_family = AF_INET;
	return inet_pton(AF_INET, ip, &four->sin_addr) == 1 ? AF_INET : 0;
}

/* Returns the port, or 0 when somebody else has it. */
static int
bind_listener(const char *ip, int port)
{
	struct sockaddr_in6 address;
	int family = address_of(&address, ip, port), on = 1;
	socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(address);

	fake_rcon_listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fake_rcon_listener < 0)
		return 0;
	setsockopt(fake_rcon_listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fake_rcon_listener, (struct sockaddr *)&address, size) == 0 &&
	    listen(fake_rcon_listener, 50) == 0 &&
	    getsockname(fake_rcon_listener, (struct sockaddr *)&address, &size) == 0)
		return ntohs(address.sin6_port);
	close(fake_rcon_listener);
	fake_rcon_listener = -1;
	return 0;
}

/* Port 0 is for tests only, which find in the journal what they got; a server has no use for it. */
void
fake_rcon_open(void)
{
	const char *ip;
	int port;

	if ((!opt.rcon && opt.rcon_port == UNSET) || opt.rcon_never)
		return;
	read_settings();
	if (opt.rcon_port == UNSET && strcasecmp(settings.enabled, "true") != 0)
		return;
	port = (int)strtol(settings.port, NULL, 10);
	ip = settings.ip[0] != '\0' ? settings.ip :
	    settings.server_ip[0] != '\0' ? settings.server_ip : "0.0.0.0";
	if (opt.rcon_port == UNSET && (port < 1 || port > 65535)) {
		fake_say("Invalid rcon port %d found in server.properties, rcon disabled!", port);
		return;
	}
	if (settings.password[0] == '\0') {
		fake_say("No rcon password set in server.properties, rcon disabled!");
		return;
	}
	port = bind_listener(ip, port);
	if (port == 0) {
		fake_journal("rcon failed %d", errno);
		fake_say("Unable to initialise RCON on %s:%s", ip, settings.port);
		return;
	}
	fake_journal("rcon open %d", port);
	fake_say("RCON running on %s:%d", ip, port);
}
