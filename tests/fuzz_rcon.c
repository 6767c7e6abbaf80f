/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what a server says to RCON: whatever comes, nothing is read or pointed at outside of what
 * came, it comes to an end, and the news, the text and where the conversation stands are the same
 * however it is cut.  Three questions are asked, the last one a last command, as soon as they may
 * be.
 *
 * The first four bytes choose the cuts; of the rest, bytes and short words for packets make up
 * what comes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rcon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CUTS = 4, STREAM = 20 * 1024, NEWS = 512, RAW = 0x7f, WORD = 5, LONG = 248, SMALL = 512,
    ASKED_MOST = 3 };

#define PRIME		UINT64_C(0x100000001b3)

/* What a conversation came to; `text` and `rest` are sums, because order and bytes are all that matter. */
struct course {
	struct rcon r;
	uint64_t text, rest, bytes;
	uint8_t news[NEWS];
	size_t told;
	int asked;
	bool over;
};

static char stream[STREAM];
static size_t filled;

static void
insist(bool right)
{
	if (!right)
		abort();
}

static void
put(const void *bytes, size_t count)
{
	count = count < STREAM - filled ? count : STREAM - filled;
	memcpy(stream + filled, bytes, count);
	filled += count;
}

static void
put_number(int32_t number)
{
	uint8_t bytes[4];

	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)((uint32_t)number >> 8 * i);
	put(bytes, sizeof(bytes));
}

/* A packet: who, how many of which letter; some lengths are those at which something happens. */
static void
put_packet(const uint8_t word[WORD])
{
	static const char *const letters[] = {
		"a", "\xc2\xa7", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xe9", "\n", "\xed\xa0\x80",
		"\xf0",
	};
	static const int32_t kinds[] = { 0, 0, 0, 2, 2, 0, 3, 200 };
	static const uint16_t lengths[] = { 4096, 4095, 4097, 2048, 1024, 8192, 0, 1 };
	const char *letter = letters[word[2] & 7];
	int32_t id = (int32_t)(word[0] & 15) - 1;
	size_t many = word[3] >= LONG ? lengths[word[3] - LONG] : word[3] >> 3;
	size_t length = strlen(letter);

	put_number((int32_t)(many * length) + RCON_SIZE_LEAST + (word[4] == 1 ? -1 : word[4] == 2));
	put_number(id);
	put_number(kinds[word[1] & 7]);
	for (size_t i = 0; i < many; i++)
		put(letter, length);
	put("\0", 2);
}

static void
make_stream(const uint8_t *data, size_t size)
{
	filled = 0;
	for (size_t at = 0; at < size && filled < STREAM; ) {
		size_t n = data[at] & RAW;

		if (data[at] <= RAW) {
			n = n < size - at - 1 ? n : size - at - 1;
			put(data + at + 1, n);
			at += 1 + n;
		} else if (size - at > WORD) {
			put_packet(data + at + 1);
			at += 1 + WORD;
		} else {
			return;
		}
	}
}

static void
ask(struct course *c)
{
	char packet[RCON_PACKET];
	bool last = ++c->asked == ASKED_MOST;

	insist(rcon_ask(&c->r, packet, last ? "stop" : "list", last) == 18);
	insist(rcon_ask(&c->r, packet, "list", false) == 0);
}

static void
take_news(struct course *c, enum rcon_news news)
{
	char packet[RCON_PACKET];

	c->news[c->told++ % NEWS] = (uint8_t)news;
	insist(news != RCON_PROBE || !c->r.last);
	c->over = news == RCON_BROKEN || news == RCON_REFUSED;
	insist(c->over || rcon_probe(&c->r, packet) == (news == RCON_PROBE ? 14 : 0));
	/* Where it may be over it is, whenever the packet came. */
	if ((news == RCON_IN || news == RCON_DONE || (news == RCON_PAUSE && rcon_idle(&c->r) == RCON_DONE)) &&
	    c->asked < ASKED_MOST)
		ask(c);
}

static void
hear(struct course *c, const char *bytes, size_t count)
{
	enum rcon_news news = RCON_TEXT;

	for (size_t at = 0; news != RCON_MORE && !c->over; ) {
		size_t used = SIZE_MAX, from = SIZE_MAX, piece = SIZE_MAX;

		news = rcon_hear(&c->r, bytes + at, count - at, &used, &from, &piece);
		insist(used <= count - at && (news == RCON_MORE ? used == count - at : used > 0));
		if (news == RCON_TEXT || news == RCON_REST) {
			uint64_t *sum = news == RCON_TEXT ? &c->text : &c->rest;

			insist(piece > 0 && from < used && piece <= used - from);
			for (size_t i = 0; i < piece; i++)
				*sum = (*sum ^ (uint8_t)bytes[at + from + i]) * PRIME;
			c->bytes += piece;
		} else if (news != RCON_MORE) {
			take_news(c, news);
		}
		at += used;
	}
}

static void
begin(struct course *c)
{
	char packet[RCON_PACKET];

	memset(c, 0, sizeof(*c));
	insist(rcon_login(&c->r, packet, "x") == 15);
}

/* In memory of exactly its size, so that ASan sees a step beyond. */
static void
hear_copy(struct course *c, const char *bytes, size_t count)
{
	char *copy = malloc(count > 0 ? count : 1);

	insist(copy != NULL);
	memcpy(copy, bytes, count);
	hear(c, copy, count);
	free(copy);
}

static void
hear_cut(struct course *c, uint32_t seed, size_t most)
{
	begin(c);
	for (size_t at = 0, n; at < filled && !c->over; at += n) {
		seed = seed * 1664525 + 1013904223;
		n = 1 + (seed >> 8) % most;
		n = n < filled - at ? n : filled - at;
		hear_copy(c, stream + at, n);
	}
}

static void
insist_same(const struct course *a, const struct course *b)
{
	insist(a->text == b->text && a->rest == b->rest && a->bytes == b->bytes && a->told == b->told);
	insist(memcmp(a->news, b->news, a->told < NEWS ? a->told : NEWS) == 0);
	insist(a->r.state == b->r.state && a->r.id == b->r.id && a->r.probe == b->r.probe);
	insist(a->r.last == b->r.last && a->r.packets == b->r.packets &&
	    a->r.filled == b->r.filled);
}

/* Silence and an end have an answer, and behind the end nothing more is expected. */
static void
end(struct course *c)
{
	char packet[RCON_PACKET];
	struct rcon idle = c->r, gone = c->r;
	enum rcon_news news = rcon_idle(&idle);

	insist(news == RCON_MORE || news == RCON_DONE);
	insist(news == RCON_MORE || rcon_ask(&idle, packet, "list", false) == 18);
	news = rcon_hung_up(&gone);
	insist(news == RCON_BROKEN || news == RCON_DONE);
	insist(rcon_ask(&gone, packet, "list", false) == 0 && rcon_probe(&gone, packet) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct course whole, cut;
	uint32_t seed;

	if (size < CUTS)
		return 0;
	memcpy(&seed, data, CUTS);
	make_stream(data + CUTS, size - CUTS);
	begin(&whole);
	hear_copy(&whole, stream, filled);
	hear_cut(&cut, seed, filled / 16 + 1 + (seed & 0xff));
	insist_same(&whole, &cut);
	/* Byte by byte where that does not take too long. */
	if (filled <= SMALL) {
		hear_cut(&cut, seed, 1);
		insist_same(&whole, &cut);
	}
	if (!whole.over)
		end(&whole);
	return 0;
}
