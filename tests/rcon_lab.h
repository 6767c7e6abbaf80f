/* SPDX-License-Identifier: MIT */
/*
 * rcon_lab: a laboratory for rcon.h.  What a server sends is put together packet by packet, and
 * then heard whole, in two pieces cut at each byte, byte by byte, and in pieces as they are read;
 * whatever the pieces, the news, the text and where the conversation stands are the same.
 *
 * Included once by each test of rcon.h.  It must never count units or ask what a packet is for.
 */
#ifndef RCON_LAB_H
#define RCON_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rcon.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
/* A literal with its length, because there are NULs in some. */
#define BYTES(text)	text, sizeof(text) - 1

enum { LAB_IN = 4 * 1024 * 1024, LAB_NEWS = 32, LAB_HEAD = 12 };
enum { REPLY = 0, COMMAND = 2, LOGIN = 3 };

/* Of news: T is left out, for how much text comes at once is nobody's business. */
static const char lab_letter[] = {
	[RCON_MORE] = '.', [RCON_IN] = 'I', [RCON_REFUSED] = 'R', [RCON_TEXT] = 'T',
	[RCON_PROBE] = 'P', [RCON_DONE] = 'D', [RCON_PAUSE] = 'L', [RCON_BROKEN] = 'B',
};

static struct {
	struct rcon r;
	char packet[RCON_PACKET];	/* what was said last */
	char in[LAB_IN];		/* what the server sends */
	size_t filled;
	char text[LAB_IN], news[LAB_NEWS];	/* what was heard */
	size_t bytes, told;
	size_t cut_all;			/* up to this size it is cut at each byte, beyond at some */
} lab = { .cut_all = 2000 };

/* ---- what the server sends ---- */

static void
send_bytes(const char *bytes, size_t count)
{
	assert_true(lab.filled + count <= LAB_IN);
	memcpy(lab.in + lab.filled, bytes, count);
	lab.filled += count;
}

static void
send_number(int32_t number)
{
	char bytes[4];

	for (int i = 0; i < 4; i++)
		bytes[i] = (char)((uint32_t)number >> 8 * i);
	send_bytes(bytes, sizeof(bytes));
}

static void
send_head(int32_t size, int32_t id, int32_t kind)
{
	send_number(size);
	send_number(id);
	send_number(kind);
}

static void
send_packet(int32_t id, int32_t kind, const char *text, size_t bytes)
{
	send_head((int32_t)bytes + RCON_SIZE_LEAST, id, kind);
	send_bytes(text, bytes);
	send_bytes("\0", 2);
}

static void
send_text(int32_t id, int32_t kind, const char *text)
{
	send_packet(id, kind, text, strlen(text));
}

/* One letter so many times. */
static void
send_many(int32_t id, int32_t kind, const char *letter, size_t times)
{
	size_t length = strlen(letter);

	send_head((int32_t)(length * times) + RCON_SIZE_LEAST, id, kind);
	for (size_t i = 0; i < times; i++)
		send_bytes(letter, length);
	send_bytes("\0", 2);
}

/* ---- what is heard ---- */

static void
take_news(enum rcon_news news, const char *bytes, size_t from, size_t piece)
{
	char probe[RCON_PACKET];

	if (news == RCON_REST)
		return;
	if (news == RCON_TEXT) {
		memcpy(lab.text + lab.bytes, bytes + from, piece);
		lab.bytes += piece;
		return;
	}
	assert_true(lab.told + 1 < LAB_NEWS);
	lab.news[lab.told++] = lab_letter[news];
	lab.news[lab.told] = '\0';
	if (news != RCON_BROKEN)
		assert_int_equal(rcon_probe(&lab.r, probe), news == RCON_PROBE ? 14 : 0);
}

/* One piece, in memory of its own, so that a step out of it is seen; false: no more may come. */
static bool
hear_piece(const char *bytes, size_t count)
{
	char *copy = malloc(count > 0 ? count : 1);
	enum rcon_news news = RCON_TEXT;

	assert_non_null(copy);
	memcpy(copy, bytes, count);
	for (size_t at = 0; news != RCON_MORE && news != RCON_BROKEN && news != RCON_REFUSED; ) {
		size_t used = SIZE_MAX, from = SIZE_MAX, piece = SIZE_MAX;

		news = rcon_hear(&lab.r, copy + at, count - at, &used, &from, &piece);
		assert_true(used <= count - at && (news == RCON_MORE || used > 0));
		assert_true(news != RCON_MORE || used == count - at);
		assert_true((news != RCON_TEXT && news != RCON_REST) ||
		    (piece > 0 && from < used && piece <= used - from));
		if (news != RCON_MORE)
			take_news(news, copy + at, from, piece);
		at += used;
	}
	free(copy);
	return news == RCON_MORE;
}

/* The first piece has `first` bytes, the others `next`. */
static void
hear_in(const struct rcon *before, size_t first, size_t next)
{
	size_t at = 0, n = first;

	lab.r = *before;
	lab.bytes = lab.told = 0;
	lab.news[0] = '\0';
	do {
		n = n < lab.filled - at ? n : lab.filled - at;
		if (!hear_piece(lab.in + at, n))
			break;
		at += n;
		n = next;
	} while (at < lab.filled);
}

static void
insist_same(const struct rcon *once, const char *news, const char *text, size_t bytes)
{
	assert_string_equal(lab.news, news);
	assert_int_equal(lab.bytes, bytes);
	assert_memory_equal(lab.text, text, bytes);
	assert_int_equal(lab.r.state, once->state);
	assert_int_equal(lab.r.last, once->last);
	assert_int_equal(lab.r.id, once->id);
	assert_int_equal(lab.r.probe, once->probe);
	assert_int_equal(lab.r.packets, once->packets);
	assert_int_equal(lab.r.filled, once->filled);
}

/* What was sent leads to this, whatever the pieces are; it leaves an empty wire. */
static void
hears(const char *news, const char *text, size_t bytes)
{
	static const size_t usual[] = { 1, 2, 3, 5, 13, 1448, 4095, 4096, 4097, 65536 };
	struct rcon before = lab.r, once;
	size_t n = lab.filled, step = n <= lab.cut_all ? 1 : n / 32;

	hear_in(&before, n, n);
	once = lab.r;
	insist_same(&once, news, text, bytes);
	for (size_t i = 0; i < COUNT(usual); i++) {
		if (n > LAB_IN / 64 && usual[i] > 1 && usual[i] < 13)
			continue;
		hear_in(&before, usual[i], usual[i]);
		insist_same(&once, news, text, bytes);
	}
	for (size_t cut = 0; cut <= n && n < LAB_IN / 8; ) {
		hear_in(&before, cut, n);
		insist_same(&once, news, text, bytes);
		cut += cut < 20 || cut + 20 > n ? 1 : step;
	}
	lab.filled = 0;
}

static void
hears_text(const char *news, const char *text)
{
	hears(news, text, strlen(text));
}

/* All that was sent as packets with a text that belongs to the reply. */
static void
hears_all(const char *news)
{
	static char text[LAB_IN];
	size_t bytes = 0;

	for (size_t at = 0, n; at < lab.filled; at += LAB_HEAD + n + 2) {
		const unsigned char *size = (const unsigned char *)lab.in + at;

		n = (size[0] | (size_t)size[1] << 8 | (size_t)size[2] << 16) - RCON_SIZE_LEAST;
		memcpy(text + bytes, lab.in + at + LAB_HEAD, n);
		bytes += n;
	}
	hears(news, text, bytes);
}

/* ---- where conversations begin ---- */

static void
log_in(void)
{
	memset(&lab.r, 0, sizeof(lab.r));
	lab.filled = 0;
	assert_int_equal(rcon_login(&lab.r, lab.packet, "minecraft"), 23);
	send_text(lab.r.id, COMMAND, "");
	hears_text("I", "");
}

static void
ask(const char *command)
{
	assert_true(rcon_ask(&lab.r, lab.packet, command, rcon_is_last(command)) > 0);
}

/* Logged in, and with a command that waits for its reply. */
static void
log_in_and_ask(const char *command)
{
	log_in();
	ask(command);
}

#endif
