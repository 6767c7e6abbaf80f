/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the console bytes: whatever a server prints, in whatever pieces, what comes out harms no
 * terminal, is JSON where it should be, forges no line of mcinit's own, and is the same however
 * it was cut.
 *
 * The first three bytes are the form, the room and how it is cut; the rest is what was printed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAME	"lobby: "
#define OPEN	"{\"time\":\"2026-11-25T12:00:00.123Z\",\"server\":\"lobby\",\"line\":\""

/* A byte may begin an object, and a gap end it. */
enum { IN_MOST = 4096, BYTE_MOST = 160, OUT_MOST = IN_MOST * BYTE_MOST + FILTER_ROOM };

struct output {
	char bytes[OUT_MOST];
	size_t filled;
};

static struct filter_form form;
static unsigned seed;

static void
insist(bool right)
{
	if (!right)
		abort();
}

static size_t
chance(size_t below)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % below;
}

/* ---- as a writer does it, and its successor ---- */

static size_t
put_exactly(struct filter_state *state, const char *in, size_t bytes, char *out, size_t room,
    size_t *used)
{
	char *from = malloc(bytes), *to = malloc(room);
	size_t n;

	memcpy(from, in, bytes);
	n = filter_put(&form, state, from, bytes, 1795608000123, to, room, used);
	insist(n <= room && *used > 0 && *used <= bytes);
	memcpy(out, to, n);
	free(from);
	free(to);
	return n;
}

static void
end(struct output *o, struct filter_state *state)
{
	char *to = malloc(FILTER_ROOM);
	bool inside = filter_is_inside(state);
	size_t n = filter_end(&form, state, to, FILTER_ROOM);

	insist(n <= FILTER_ROOM && inside == (n > 0) && !filter_is_inside(state));
	memcpy(o->bytes + o->filled, to, n);
	o->filled += n;
	free(to);
}

static void
run(struct output *o, const char *in, size_t bytes, bool cut, bool gaps)
{
	struct filter_state state = { 0 }, before;
	size_t at = 0, there = bytes;

	o->filled = 0;
	while (at < bytes) {
		static char again[OUT_MOST];
		size_t room = FILTER_ROOM + (cut ? chance(600) : bytes * BYTE_MOST), used, n;

		if (cut)
			there = at + 1 + chance(chance(4) == 0 || bytes - at < 9 ? bytes - at : 9);
		before = state;
		n = put_exactly(&state, in + at, there - at, o->bytes + o->filled, room, &used);
		insist(put_exactly(&before, in + at, used, again, room, &there) == n);
		insist(there == used);
		insist(memcmp(again, o->bytes + o->filled, n) == 0);
		insist(memcmp(&before, &state, sizeof(state)) == 0);
		o->filled += n;
		at += used;
		there = bytes;
		if (gaps && chance(8) == 0)
			end(o, &state);
	}
	end(o, &state);
}

/* ---- what may come out ---- */

/* The bytes of the letter that stands here; 0: it is none. */
static size_t
letter_at(const char *text, size_t bytes, unsigned *code)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c = (unsigned char)text[0];
	size_t length = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;

	if (length == 0 || length > bytes)
		return 0;
	*code = length == 1 ? c : c & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	return *code < least[length] || *code > 0x10ffff || (*code >> 11) == 0x1b ? 0 : length;
}

static bool
is_control(unsigned code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* The bytes of the SGR sequence that stands here, or 0. */
static size_t
colour_at(const char *text, size_t bytes)
{
	size_t n = 2;

	if (bytes < 3 || text[0] != '\033' || text[1] != '[')
		return 0;
	while (n < bytes && text[n] >= '0' && text[n] <= ';')
		n++;
	return n < bytes && text[n] == 'm' && n < FILTER_SGR ? n + 1 : 0;
}

static void
check_text(const struct output *o)
{
	bool coloured = false;

	for (size_t i = 0, n; i < o->filled; i += n) {
		const char *at = o->bytes + i;
		unsigned code;

		n = colour_at(at, o->filled - i);
		if (n > 0) {
			insist(form.color);
			coloured = n != 3 && !(n == 4 && at[2] == '0');
			continue;
		}
		n = letter_at(at, o->filled - i, &code);
		if (n == 0) {
			insist((unsigned char)*at >= 0xa0);
			n = 1;
			continue;
		}
		insist(code == '\n' || code == '\t' || !is_control(code));
		insist(code != '\n' || !coloured);
	}
	insist(o->filled == 0 || o->bytes[o->filled - 1] == '\n');
}

/* What a person would see of a line must not look like ours. */
static void
check_line(const char *line, size_t bytes)
{
	char seen[65];
	size_t n = 0, colour;

	for (size_t i = 0; i < bytes && n < sizeof(seen) - 1; i += colour > 0 ? colour : 1) {
		colour = colour_at(line + i, bytes - i);
		if (colour == 0)
			seen[n++] = line[i];
	}
	seen[n] = '\0';
	insist(strncmp(seen + strspn(seen, " \t"), "{\"time\"", 7) != 0);
	insist(strncmp(seen + strspn(seen, "0123456789TZ-:.+ \t"), "mcinit: ", 8) != 0);
	if (form.prefix)
		insist(strncmp(seen, NAME, sizeof(NAME) - 1) == 0);
}

static void
check_lines(const struct output *o)
{
	const char *line = o->bytes, *all_end = o->bytes + o->filled, *newline;

	for (; line < all_end; line = newline + 1) {
		newline = memchr(line, '\n', (size_t)(all_end - line));
		check_line(line, (size_t)(newline - line));
	}
}

/* Inside the string of an object: the bytes of what stands here. */
static size_t
check_json_byte(const char *text, size_t bytes)
{
	unsigned code;
	size_t n = letter_at(text, bytes, &code);

	insist(n > 0 && !is_control(code));
	if (code != '\\')
		return n;
	insist(bytes >= 2);
	if (text[1] == '"' || text[1] == '\\')
		return 2;
	insist(text[1] == 'u' && bytes >= 6);
	for (n = 2; n < 6; n++)
		insist(memchr("0123456789abcdef", text[n], 16) != NULL);
	return 6;
}

static void
check_json(const struct output *o)
{
	for (size_t i = 0; i < o->filled; i += 3) {
		insist(o->filled - i > sizeof(OPEN));
		insist(memcmp(o->bytes + i, OPEN, sizeof(OPEN) - 1) == 0);
		for (i += sizeof(OPEN) - 1; i < o->filled && o->bytes[i] != '"';)
			i += check_json_byte(o->bytes + i, o->filled - i);
		insist(o->filled - i >= 3 && memcmp(o->bytes + i, "\"}\n", 3) == 0);
	}
}

static void
check(const struct output *o, const char *in, size_t bytes, bool gaps)
{
	if (form.raw) {
		insist(gaps || o->filled - bytes <= 1);
		insist(gaps || memcmp(o->bytes, in, bytes) == 0);
	} else if (form.json) {
		check_json(o);
	} else {
		check_text(o);
		check_lines(o);
	}
}

/* Whether a line has the name in front may depend on how it was cut, where it is not asked for. */
static void
strip_names(struct output *o)
{
	enum { LENGTH = sizeof(NAME) - 1 };
	size_t to = 0;

	for (size_t i = 0; i < o->filled;) {
		if (o->filled - i >= LENGTH && memcmp(o->bytes + i, NAME, LENGTH) == 0)
			i += LENGTH;
		else
			o->bytes[to++] = o->bytes[i++];
	}
	o->filled = to;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct output whole, cut;
	const char *in = (const char *)data + 3;
	size_t bytes;
	bool gaps;

	if (size < 4 || size - 3 > IN_MOST)
		return 0;
	bytes = size - 3;
	form = (struct filter_form){ .name = "lobby", .raw = (data[0] & 15) == 15,
		.json = data[0] & 1, .prefix = data[0] & 2, .color = data[0] & 4 };
	gaps = data[0] & 16;
	seed = data[1] | (unsigned)data[2] << 8;
	run(&whole, in, bytes, false, false);
	check(&whole, in, bytes, false);
	run(&cut, in, bytes, true, gaps);
	check(&cut, in, bytes, gaps);
	if (gaps)
		return 0;
	if (!form.prefix) {
		strip_names(&whole);
		strip_names(&cut);
	}
	insist(whole.filled == cut.filled && memcmp(whole.bytes, cut.bytes, cut.filled) == 0);
	return 0;
}
