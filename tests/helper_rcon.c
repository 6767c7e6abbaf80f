/* SPDX-License-Identifier: MIT */
/*
 * helper_rcon: a TCP client that says bytes and tells which came back, for tests/fakeserver.bats.
 *
 *	helper_rcon [-t MS] PORT STEP...
 *
 * to 127.0.0.1.  What it sends is one send each, so one segment; what it prints is one line each:
 *	HEX	sends these bytes (blanks may stand between them)
 *	get N	the next N bytes, in hexadecimal
 *	recv	what one recv() gives, in hexadecimal
 *	packet	the next packet, in hexadecimal
 *	show	the next packet, as "ID TYPE TEXT"
 *	end	what comes until the end, in hexadecimal, if anything; then "closed" or "reset"
 *	shut	sends no more
 *	wait	says "ready" and waits for a byte on standard input
 * A step that is not done within MS (10000) milliseconds prints "timeout" and ends it, as an end
 * that was not expected does.  It must never send what it was not told to.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 16 * 1024 * 1024 };

static unsigned char bytes[MOST];
static size_t at_hand;
static int fd, limit = 10000;

static _Noreturn void
end(const char *word, int code)
{
	printf("%s\n", word);
	exit(code);
}

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
connect_to(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		end(errno == ECONNREFUSED ? "refused" : strerror(errno), 1);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void
print_hex(size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%s%02x", i > 0 ? " " : "", bytes[i]);
	printf("\n");
	at_hand -= n;
	memmove(bytes, bytes + n, at_hand);
}

static void
say(const char *hex)
{
	static unsigned char said[65536];
	size_t n = 0;
	int used;

	while (n < sizeof(said) && sscanf(hex, " %2hhx%n", &said[n], &used) == 1) {
		hex += used;
		n++;
	}
	if (hex[strspn(hex, " ")] != '\0' || n == 0)
		end("bad step", 64);
	if (send(fd, said, n, MSG_NOSIGNAL) != (ssize_t)n)
		end("not sent", 1);
}

/* One recv(): what it gives, 0 at the end, -1 when the connection was reset. */
static int
hear(int64_t deadline)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	int64_t left = deadline - now();
	ssize_t n;

	if (left <= 0 || poll(&in, 1, (int)left) == 0)
		end("timeout", 2);
	n = recv(fd, bytes + at_hand, sizeof(bytes) - at_hand, 0);
	at_hand += n > 0 ? (size_t)n : 0;
	return (int)n;
}

static void
need(size_t n)
{
	int64_t deadline = now() + limit;
	int got = 1;

	while (at_hand < n && got > 0)
		got = hear(deadline);
	if (got <= 0)
		end(got == 0 ? "closed" : "reset", 3);
}

static int32_t
field(size_t at)
{
	return (int32_t)((uint32_t)bytes[at] | (uint32_t)bytes[at + 1] << 8 |
	    (uint32_t)bytes[at + 2] << 16 | (uint32_t)bytes[at + 3] << 24);
}

static size_t
need_packet(void)
{
	size_t total;

	need(4);
	total = (size_t)(uint32_t)field(0) + 4;
	if (total < 14 || total > sizeof(bytes))
		end("bad size", 4);
	need(total);
	return total;
}

static void
show(void)
{
	size_t total = need_packet();

	printf("%d %d %.*s\n", field(4), field(8), (int)total - 14, (char *)bytes + 12);
	at_hand -= total;
	memmove(bytes, bytes + total, at_hand);
}

static void
until_end(void)
{
	int64_t deadline = now() + limit;
	int got;

	while ((got = hear(deadline)) > 0)
		;
	if (at_hand > 0)
		print_hex(at_hand);
	printf("%s\n", got == 0 ? "closed" : "reset");
}

static void
await(void)
{
	char byte;

	printf("ready\n");
	fflush(stdout);
	if (read(STDIN_FILENO, &byte, 1) != 1)
		end("no word", 1);
}

/* Returns how many words the step is made of. */
static int
step(const char *word, const char *value)
{
	if (strcmp(word, "get") == 0 && value != NULL) {
		need(strtoul(value, NULL, 10));
		print_hex(strtoul(value, NULL, 10));
		return 2;
	}
	if (strcmp(word, "recv") == 0) {
		if (at_hand == 0)
			need(1);
		print_hex(at_hand);
	} else if (strcmp(word, "packet") == 0) {
		print_hex(need_packet());
	} else if (strcmp(word, "show") == 0) {
		show();
	} else if (strcmp(word, "end") == 0) {
		until_end();
	} else if (strcmp(word, "shut") == 0) {
		shutdown(fd, SHUT_WR);
	} else if (strcmp(word, "wait") == 0) {
		await();
	} else {
		say(word);
	}
	fflush(stdout);
	return 1;
}

int
main(int argc, char *argv[])
{
	int i = 1;

	if (argc > 3 && strcmp(argv[1], "-t") == 0) {
		limit = atoi(argv[2]);
		i = 3;
	}
	if (i >= argc)
		end("usage: helper_rcon [-t MS] PORT STEP...", 64);
	connect_to(atoi(argv[i++]));
	while (i < argc)
		i += step(argv[i], argv[i + 1]);
	return 0;
}
