/* SPDX-License-Identifier: MIT */
/*
 * Where RCON is and the way to it, as wire.h promises them; with sockets of this machine.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define LONGEST		"ffff:eeee:dddd:cccc:bbbb:aaaa:9999:8888"

enum { WAIT_MS = 10000 };

/* ---- places ---- */

static void
addresses_are_understood(void **state)
{
	static const struct {
		const char *host;
		uint8_t family, address[16];
	} rows[] = {
		{ "127.0.0.1", WIRE_IPV4, { 127, 0, 0, 1 } },
		{ "localhost", WIRE_IPV4, { 127, 0, 0, 1 } },
		{ "0.0.0.0", WIRE_IPV4, { 0 } },
		{ "255.255.255.255", WIRE_IPV4, { 255, 255, 255, 255 } },
		{ "192.168.1.20", WIRE_IPV4, { 192, 168, 1, 20 } },
		{ "::1", WIRE_IPV6, { [15] = 1 } },
		{ "[::1]", WIRE_IPV6, { [15] = 1 } },
		{ "::", WIRE_IPV6, { 0 } },
		{ "2001:db8::a:b", WIRE_IPV6, { 0x20, 1, 0x0d, 0xb8, [13] = 0xa, [15] = 0xb } },
		{ "::ffff:10.1.2.3", WIRE_IPV6, { [10] = 255, 255, 10, 1, 2, 3 } },
		{ "[" LONGEST "]", WIRE_IPV6,
		    { 255, 255, 0xee, 0xee, 0xdd, 0xdd, 0xcc, 0xcc, 0xbb, 0xbb,
		    0xaa, 0xaa, 0x99, 0x99, 0x88, 0x88 } },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", WIRE_IPV6,
		    { 255, 255, 255, 255, 255, 255,
		    255, 255, 255, 255, 255, 255, 255, 255, 255, 255 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wire_place place;

		memset(&place, 0xff, sizeof(place));
		assert_true(wire_place_of(&place, rows[i].host, 25575));
		assert_int_equal(place.family, rows[i].family);
		assert_memory_equal(place.address, rows[i].address, sizeof(place.address));
		assert_int_equal(place.port, 25575);
		assert_int_equal(place.unused, 0);
	}
}

static void
what_is_no_address_is_refused(void **state)
{
	static const char *const hosts[] = {
		"", " ", "example.org", "localhost.", "LOCALHOST", "127.0.0.1 ", " 127.0.0.1",
		"127.0.0", "127.1",
		"256.0.0.1", "1.2.3.4.5", "0x7f.0.0.1", "::1::", ":::", "[]", "[", "]", "[::1",
		"::1]", "[[::1]]",
		"fe80::1%lo", "12345::", "g::1", "127.0.0.1:25575", "[::1]:25575", LONGEST ":7777",
		"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555", "2130706433",
		"11111111111111111111111111111111111111111111111111111111111111111111111111111111",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct wire_place place;

		assert_false(wire_place_of(&place, hosts[i], 25575));
		assert_int_equal(place.family, 0);
	}
}

static void
ports_have_a_range(void **state)
{
	static const int wrong[] = { 0, -1, 65536, 65537, 131072 + 80, INT32_MAX, INT32_MIN };
	struct wire_place place;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(wire_place_of(&place, "127.0.0.1", wrong[i]));
	assert_true(wire_place_of(&place, "127.0.0.1", 1));
	assert_int_equal(place.port, 1);
	assert_true(wire_place_of(&place, "127.0.0.1", 65535));
	assert_int_equal(place.port, 65535);
}

static void
a_host_and_a_port_are_understood(void **state)
{
	static const struct {
		const char *text, *same;
	} rows[] = {
		{ "127.0.0.1:25575", "127.0.0.1:25575" }, { "localhost:1", "127.0.0.1:1" },
		{ "[::1]:65535", "[::1]:65535" }, { "[2001:DB8:0:0::1]:9", "[2001:db8::1]:9" },
		{ "[" LONGEST "]:25575", "[" LONGEST "]:25575" },
		{ "127.0.0.1:00080", "127.0.0.1:80" },
		{ "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:1",
		    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:1" },
	};
	static const char *const wrong[] = {
		"", ":", "127.0.0.1", "127.0.0.1:", ":25575", "127.0.0.1:0", "127.0.0.1:65536",
		"127.0.0.1:4294967297", "127.0.0.1:99999999999999999999", "127.0.0.1:-1",
		"127.0.0.1:+1",
		"127.0.0.1: 1", "127.0.0.1:1 ", "127.0.0.1:0x50", "::1:25575", "::1", "[::1]",
		"[::1]:", "[::1]25575",
		"[::1:25575", "::1]:25575", "[]:1", "a:1", "127.0.0.1:1:2", "[::1]:1:2", "[::1]:1]",
		"[" LONGEST ":7777:6666]:1", "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555]:1",
	};
	struct wire_place place;
	char text[WIRE_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(wire_place_from(&place, rows[i].text));
		wire_text(&place, text);
		assert_string_equal(text, rows[i].same);
	}
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(wire_place_from(&place, wrong[i]));
}

static void
what_is_told_is_understood_again(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct wire_place place = { .family = i % 2 ? WIRE_IPV6 : WIRE_IPV4 }, again;
		char *text = malloc(WIRE_TEXT);

		assert_non_null(text);
		for (int b = 0; b < (i % 2 ? 16 : 4); b++) {
			seed = seed * 1664525 + 1013904223;
			/* Some have zeros, which are told in short. */
			place.address[b] = i % 3 || seed >> 30 ? (uint8_t)(seed >> 16) : 0;
		}
		place.port = (uint16_t)(1 + seed % 65535);
		wire_text(&place, text);
		assert_true(wire_place_from(&again, text));
		assert_memory_equal(&again, &place, sizeof(place));
		free(text);
	}
}

static void
what_is_of_this_machine_is_known(void **state)
{
	static const char *const here[] = {
		"127.0.0.1:1", "127.255.255.255:1", "localhost:1", "[::1]:1",
	}, *const outside[] = {
		"0.0.0.0:1", "128.0.0.1:1", "126.0.0.1:1", "10.0.0.127:1", "[::]:1", "[::2]:1",
		"[7f00::1]:1", "[1::1]:1", "[fe80::1]:1",
	};
	struct wire_place place = { 0 };

	(void)state;
	assert_false(wire_is_loopback(&place));
	for (size_t i = 0; i < COUNT(here); i++)
		assert_true(wire_place_from(&place, here[i]) && wire_is_loopback(&place));
	for (size_t i = 0; i < COUNT(outside); i++)
		assert_true(wire_place_from(&place, outside[i]) && !wire_is_loopback(&place));
}

/* ---- sockets ---- */

/* A socket bound to a free port of the family; -1: this machine has no such family. */
static int
bind_here(struct wire_place *place, uint8_t family)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	bool is_six = family == WIRE_IPV6;
	struct sockaddr *address = is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four;
	socklen_t bytes = is_six ? sizeof(six) : sizeof(four);
	int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (is_six && (fd < 0 || bind(fd, address, bytes) != 0)) {
		close(fd);
		return -1;
	}
	assert_true(fd >= 0 && (is_six || bind(fd, address, bytes) == 0));
	assert_int_equal(getsockname(fd, address, &bytes), 0);
	assert_true(wire_place_of(place, is_six ? "::1" : "127.0.0.1",
	    ntohs(is_six ? six.sin6_port : four.sin_port)));
	return fd;
}

static int
arrive(int fd)
{
	struct pollfd state = { .fd = fd, .events = POLLOUT };

	assert_int_equal(poll(&state, 1, WAIT_MS), 1);
	return wire_arrived(fd);
}

static void
insist_open_arrives(uint8_t family)
{
	struct wire_place place;
	int listener = bind_here(&place, family), fd, other, on = 0;
	socklen_t bytes = sizeof(on);
	char byte = 0;

	if (listener < 0)
		skip();
	assert_int_equal(listen(listener, 1), 0);
	fd = wire_open(&place);
	assert_true(fd >= 0);
	assert_int_equal(arrive(fd), 0);
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &bytes), 0);
	assert_true(on);
	other = accept(listener, NULL, NULL);
	assert_true(other >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(other, &byte, 1), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(read(fd, &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	/* It did arrive, whatever became of it. */
	close(other);
	assert_int_equal(arrive(fd), 0);
	close(fd);
	close(listener);
}

static void
it_arrives_where_someone_listens(void **state)
{
	(void)state;
	insist_open_arrives(WIRE_IPV4);
}

static void
it_arrives_by_ipv6_as_well(void **state)
{
	(void)state;
	insist_open_arrives(WIRE_IPV6);
}

/* A port that is bound, but not listened at, belongs to nobody else meanwhile. */
static void
it_does_not_arrive_where_nobody_listens(void **state)
{
	struct wire_place place;
	int holder = bind_here(&place, WIRE_IPV4), fd = wire_open(&place);

	(void)state;
	if (fd >= 0) {
		assert_int_equal(arrive(fd), -ECONNREFUSED);
		close(fd);
	} else {
		assert_int_equal(fd, -ECONNREFUSED);
	}
	close(holder);
}

static void
on_its_way_it_has_not_arrived(void **state)
{
	char full[4096] = "";
	int ends[2];

	(void)state;
	/* One that is full cannot be written to either. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	while (write(ends[0], full, sizeof(full)) > 0)
		;
	assert_int_equal(wire_arrived(ends[0]), -EINPROGRESS);
	close(ends[0]);
	close(ends[1]);
	assert_true(wire_arrived(-1) < 0);
}

static void
nowhere_is_not_opened(void **state)
{
	struct wire_place place;

	(void)state;
	/* Refused by the kernel before anything is sent. */
	assert_true(wire_place_of(&place, "255.255.255.255", 1));
	assert_true(wire_open(&place) < 0);
}

static void
insist_free(uint8_t family)
{
	struct wire_place place;
	int holder = bind_here(&place, family);

	if (holder < 0)
		skip();
	assert_int_equal(wire_is_free(&place), -EADDRINUSE);
	assert_int_equal(listen(holder, 1), 0);
	assert_int_equal(wire_is_free(&place), -EADDRINUSE);
	close(holder);
	/* Often, because to ask must not take it. */
	for (int i = 0; i < 10; i++)
		assert_int_equal(wire_is_free(&place), 0);
}

static void
a_port_is_free_until_someone_has_it(void **state)
{
	(void)state;
	insist_free(WIRE_IPV4);
}

static void
a_port_of_ipv6_is_free_as_well(void **state)
{
	(void)state;
	insist_free(WIRE_IPV6);
}

static void
old_connections_are_in_nobodys_way(void **state)
{
	struct wire_place place;
	int listener = bind_here(&place, WIRE_IPV4), fd, other, on = 1;
	char byte;

	(void)state;
	/* As java does it. */
	assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(listen(listener, 1), 0);
	fd = wire_open(&place);
	assert_true(fd >= 0);
	assert_int_equal(arrive(fd), 0);
	other = accept(listener, NULL, NULL);
	close(listener);
	/* The server's side ends first, so it is the one that the kernel remembers. */
	shutdown(other, SHUT_WR);
	assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, WAIT_MS), 1);
	close(fd);
	assert_int_equal(read(other, &byte, 1), 0);
	close(other);
	assert_int_equal(wire_is_free(&place), 0);
}

static void
an_address_of_others_is_not_free(void **state)
{
	struct wire_place place;

	(void)state;
	/* TEST-NET-1: no machine has it. */
	assert_true(wire_place_of(&place, "192.0.2.1", 25575));
	assert_int_equal(wire_is_free(&place), -EADDRNOTAVAIL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_understood),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(ports_have_a_range),
		cmocka_unit_test(a_host_and_a_port_are_understood),
		cmocka_unit_test(what_is_told_is_understood_again),
		cmocka_unit_test(what_is_of_this_machine_is_known),
		cmocka_unit_test(it_arrives_where_someone_listens),
		cmocka_unit_test(it_arrives_by_ipv6_as_well),
		cmocka_unit_test(it_does_not_arrive_where_nobody_listens),
		cmocka_unit_test(on_its_way_it_has_not_arrived),
		cmocka_unit_test(nowhere_is_not_opened),
		cmocka_unit_test(a_port_is_free_until_someone_has_it),
		cmocka_unit_test(a_port_of_ipv6_is_free_as_well),
		cmocka_unit_test(old_connections_are_in_nobodys_way),
		cmocka_unit_test(an_address_of_others_is_not_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
