/*
 * SPDX-License-Identifier: MIT
 *
 * What the fake server's RCON puts on the wire: a reply cut into packets as a JVM cuts it, and the
 * bytes of a client kept until they are due and taken.  Called by fakeserver_rcon.c and, for the
 * text of a reply, by fakeserver_commands.c.  It must never wait for a client.
 */
#define _GNU_SOURCE
#include <sys/socket.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fakeserver.h"

#define FRAGMENT	4096	/* UTF-16 units of a reply that go into one packet */
#define HEADER		12
#define REPLACEMENT	0xfffdU

/* Each is one send at least, so that a client sees the seams where the server has them. */
struct fake_chunk {
	struct fake_chunk *next;
	int64_t		 due;
	size_t		 len, sent;
	char		 bytes[];
};

static void *
room(void *old, size_t size)
{
	void *new;

	new = realloc(old, size);
	if (new == NULL)
		fake_die(STATUS_SURVIVED, "realloc", strerror(errno));
	return new;
}

void
fake_text_add(struct fake_text *text, const char *bytes, size_t len)
{
	if (text->size < text->len + len + 1) {
		text->size = (text->len + len + 1) * 2;
		text->bytes = room(text->bytes, text->size);
	}
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->bytes[text->len++] = '\0';
}

void
fake_text_flatten(struct fake_text *text)
{
	size_t i, kept;

	for (i = kept = 0; i < text->len; i++)
		if (text->bytes[i] != '\0')
			text->bytes[kept++] = text->bytes[i];
	text->len = kept;
}

/* ---- UTF-16, which is what a JVM counts in ---- */

/* As a JVM decodes: what is no character becomes U+FFFD and takes one byte. */
static size_t
decode(const unsigned char *bytes, size_t len, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	size_t i, more;

	*point = bytes[0];
	if (bytes[0] < 0x80)
		return 1;
	more = bytes[0] >= 0xf0 ? 3 : bytes[0] >= 0xe0 ? 2 : 1;
	*point = bytes[0] & (0x3fU >> more);
	for (i = 1; i <= more && i < len && (bytes[i] & 0xc0) == 0x80; i++)
		*point = *point << 6 | (bytes[i] & 0x3f);
	if (i > more && bytes[0] >= 0xc2 && bytes[0] < 0xf5 && *point >= least[more] &&
	    *point <= 0x10ffff && (*point < 0xd800 || *point > 0xdfff))
		return more + 1;
	*point = REPLACEMENT;
	return 1;
}

static size_t
to_units(const char *text, size_t len, uint16_t *units)
{
	uint32_t point;
	size_t i, n;

	for (i = n = 0; i < len; ) {
		i += decode((const unsigned char *)text + i, len - i, &point);
		if (point >= 0x10000) {
			units[n++] = (uint16_t)(0xd7c0 + (point >> 10));
			point = 0xdc00 | (point & 0x3ff);
		}
		units[n++] = (uint16_t)point;
	}
	return n;
}

static size_t
encode(uint32_t point, char *bytes)
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t i, len;

	len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	for (i = len - 1; i > 0; i--) {
		bytes[i] = (char)(0x80 | (point & 0x3f));
		point >>= 6;
	}
	bytes[0] = (char)(lead[len] | point);
	return len;
}

static bool
is_pair(const uint16_t *units, size_t n)
{
	return n >= 2 && units[0] >> 10 == 0xd800 >> 10 && units[1] >> 10 == 0xdc00 >> 10;
}

/* A half of a pair that stands alone is a question mark, as String.getBytes has it. */
static size_t
to_utf8(const uint16_t *units, size_t n, char *bytes)
{
	uint32_t point;
	size_t i, len;

	for (i = len = 0; i < n; i++) {
		point = units[i];
		if (is_pair(units + i, n - i))
			point = 0x10000 + ((point & 0x3ff) << 10 | (units[++i] & 0x3ff));
		else if (point >= 0xd800 && point < 0xe000)
			point = '?';
		len += encode(point, bytes + len);
	}
	return len;
}

/* The low byte of each, as DataOutputStream.writeBytes has it. */
static size_t
to_latin1(const uint16_t *units, size_t n, char *bytes)
{
	size_t i;

	for (i = 0; i < n; i++)
		bytes[i] = (char)units[i];
	return n;
}

/* ---- packets ---- */

void
fake_wire_raw(struct fake_wire *wire, const void *bytes, size_t len, int64_t late)
{
	struct fake_chunk *chunk;

	if (wire->shut || len == 0)
		return;
	chunk = room(NULL, sizeof(*chunk) + len);
	chunk->next = NULL;
	chunk->due = fake_after(opt.rcon_delay);
	if (chunk->due != FOREVER)
		chunk->due += late;
	chunk->len = len;
	chunk->sent = 0;
	memcpy(chunk->bytes, bytes, len);
	if (wire->first == NULL)
		wire->first = chunk;
	else
		wire->last->next = chunk;
	wire->last = chunk;
}

static void
put_field(char *to, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		to[i] = (char)(value >> i * 8);
}

void
fake_wire_packet(struct fake_wire *wire, int32_t id, int32_t type, const char *body, size_t len,
    int64_t late)
{
	char *packet;
	size_t total;

	total = HEADER + len + 2;
	packet = room(NULL, total);
	put_field(packet, (uint32_t)total - 4);
	put_field(packet + 4, (uint32_t)id);
	put_field(packet + 8, (uint32_t)type);
	memcpy(packet + HEADER, body, len);
	memset(packet + HEADER + len, 0, 2);
	if (wire->halve) {
		fake_wire_raw(wire, packet, total / 2, late);
		wire->shut = true;
	} else if (wire->pieces) {
		fake_wire_raw(wire, packet, HEADER, late);
		fake_wire_raw(wire, packet + HEADER, len, late);
		fake_wire_raw(wire, packet + HEADER + len, 2, late);
	} else {
		fake_wire_raw(wire, packet, total, late);
	}
	free(packet);
}

void
fake_wire_text(struct fake_wire *wire, int32_t id, const char *text, size_t len)
{
	char fragment[FRAGMENT * 3];
	size_t from, n, part, size;
	uint16_t *units;

	units = room(NULL, (len + 1) * sizeof(*units));
	n = to_units(text, len, units);
	from = 0;
	do {
		part = n - from < FRAGMENT ? n - from : FRAGMENT;
		size = wire->latin1 ? to_latin1(units + from, part, fragment) :
		    to_utf8(units + from, part, fragment);
		fake_wire_packet(wire, id, 0, fragment, size, 0);
		from += part;
	} while (from < n);
	free(units);
}

/* ---- the way out ---- */

int64_t
fake_wire_due(const struct fake_wire *wire)
{
	if (wire->first == NULL)
		return FOREVER;
	return wire->first->due > wire->pause ? wire->first->due : wire->pause;
}

static void
drop_first(struct fake_wire *wire)
{
	struct fake_chunk *chunk = wire->first;

	wire->first = chunk->next;
	free(chunk);
}

void
fake_wire_clear(struct fake_wire *wire)
{
	while (wire->first != NULL)
		drop_first(wire);
}

bool
fake_wire_flush(struct fake_wire *wire, int fd)
{
	struct fake_chunk *chunk;
	size_t len;
	ssize_t done;

	while ((chunk = wire->first) != NULL && fake_wire_due(wire) <= fake_now()) {
		len = opt.rcon_drip > 0 ? 1 : chunk->len - chunk->sent;
		done = send(fd, chunk->bytes + chunk->sent, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (done < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (done < 0)
			return false;
		if (opt.rcon_drip > 0)
			wire->pause = fake_after(opt.rcon_drip);
		chunk->sent += (size_t)done;
		if (chunk->sent == chunk->len)
			drop_first(wire);
	}
	return true;
}
