/* SPDX-License-Identifier: MIT */
/*
 * Addresses as text: as inet_ntop() has them, for it is not in mcinit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "wire.h"

static void
check(const struct wire_place *place)
{
	bool six = place->family == WIRE_IPV6;
	char text[WIRE_TEXT], address[INET6_ADDRSTRLEN], expected[WIRE_TEXT + 8];
	struct wire_place again;

	assert_non_null(inet_ntop(six ? AF_INET6 : AF_INET, place->address, address, sizeof(address)));
	snprintf(expected, sizeof(expected), "%s%s%s:%u", six ? "[" : "", address, six ? "]" : "",
	    place->port);
	wire_text(place, text);
	assert_string_equal(text, expected);
	assert_true(wire_place_from(&again, text));
	assert_memory_equal(&again, place, sizeof(again));
}

static void
ipv4(void **state)
{
	static const uint8_t parts[] = { 0, 1, 9, 10, 99, 100, 127, 255 };
	struct wire_place place = { .family = WIRE_IPV4, .port = 1 };

	(void)state;
	for (size_t i = 0; i < 4 * sizeof(parts); i++) {
		place.address[i % 4] = parts[i / 4];
		place.port = (uint16_t)(65535 - i * 2000);
		check(&place);
	}
}

/* Each pattern of groups that are zero or not. */
static void
ipv6(void **state)
{
	static const uint16_t groups[] = { 0x1, 0xab, 0xdef, 0x2001, 0xfe80, 0x10, 0x100, 0xffff };
	struct wire_place place = { .family = WIRE_IPV6, .port = 25575 };

	(void)state;
	/* The first six zero: libc takes it for an IPv4 address of old. */
	for (unsigned pattern = 4; pattern < 256; pattern++) {
		for (int i = 0; i < 8; i++) {
			unsigned group = pattern & 0x80U >> i ? groups[(pattern + (unsigned)i) % 8] : 0;

			place.address[2 * i] = (uint8_t)(group >> 8);
			place.address[2 * i + 1] = (uint8_t)group;
		}
		check(&place);
	}
	assert_true(wire_place_of(&place, "::1", 25575));
	check(&place);
	assert_true(wire_place_of(&place, "::", 1));
	check(&place);
}

static void
ipv4_inside_ipv6(void **state)
{
	struct wire_place place;

	(void)state;
	assert_true(wire_place_of(&place, "::ffff:192.0.2.200", 65535));
	check(&place);
	assert_true(wire_place_of(&place, "[::ffff:0:1]", 1));
	check(&place);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4),
		cmocka_unit_test(ipv6),
		cmocka_unit_test(ipv4_inside_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
