/* SPDX-License-Identifier: MIT */
/*
 * filter: what becomes of a server's console bytes; see filter.h.
 *
 * One byte at a time, with what is not finished held in the state, so that it does not matter how
 * a stream is cut; only runs of ordinary bytes are copied at once.  It must never read a byte of
 * `in` twice for what it puts: another process may have changed it meanwhile.
 */
#include "filter.h"

#include <string.h>

#include "fmt.h"

enum {
	/* What is held, in filter_state.flags. */
	NOTHING, CR, ESCAPE, SEQUENCE, LETTER, HELD = 7,
	/* And where the stream stands. */
	INSIDE = 8,			/* something of the line was put */
	DECIDED = 16,			/* ... and whether it needs the name in front */
	OBJECT = 32,			/* ... as JSON */
	COLOURED = 64
};

enum {
	ESC = 0x1b, DEL = 0x7f, LETTER_BYTES = 4,
	PARAMETERS = FILTER_SGR - 3,	/* digits ; : of a sequence */
	LOOK_VISIBLE = 64, LOOK_BYTES = 128,
	/* The most that one byte puts: an object's beginning, what was held, itself, or an end. */
	STEP_ROOM = 192,
	/* And the most with which a line begins, as far as it was looked at. */
	LOOK_ROOM = FILTER_NAME + 2 + LOOK_BYTES + STEP_ROOM
};

_Static_assert(sizeof(struct filter_state) == 1 + PARAMETERS / 2 + 1, "the longest sequence fits");
_Static_assert(FILTER_ROOM >= LOOK_ROOM + FILTER_SGR + 8, "a line may have to be ended before");

struct work {
	char *to, *end;			/* what is left of the room */
	struct filter_state *now;
	const struct filter_form *form;
	int64_t wall_ms;
	bool json;
};

/* ---- what is put ---- */

static size_t
left(const struct work *w)
{
	return (size_t)(w->end - w->to);
}

static void
put(struct work *w, const char *bytes, size_t count)
{
	if (count > left(w))
		count = left(w);
	memcpy(w->to, bytes, count);
	w->to += count;
}

static void
put_byte(struct work *w, unsigned char c)
{
	if (w->to < w->end)
		*w->to++ = (char)c;
}

static void
put_code(struct work *w, const char *format, unsigned char c)
{
	if (left(w) >= FMT_JSON)
		w->to += fmt_put(w->to, FMT_JSON, format, c);
}

static void
put_name(struct work *w)
{
	put(w, w->form->name, strnlen(w->form->name, FILTER_NAME));
	put(w, ": ", 2);
}

/* A byte that belongs to no UTF-8 of more bytes, in a form that does no harm. */
static void
show(struct work *w, unsigned char c)
{
	if (w->json && c >= 0x80)
		put_code(w, "\\ufffd", 0);
	else if (w->json && left(w) >= FMT_JSON)
		w->to += fmt_json(w->to, (char)c);
	else if (c >= 0x80 && c < 0xa0)
		put_code(w, "\\x%02x", c);
	else if ((c < 0x20 && c != '\t') || c == DEL)
		put_code(w, "^%c", c ^ 0x40);
	else
		put_byte(w, c);
}

/* ---- lines ---- */

static void
begin_line(struct work *w)
{
	if (w->now->flags & INSIDE)
		return;
	w->now->flags |= INSIDE;
	if (!w->json) {
		if (w->form->prefix)
			put_name(w);
		return;
	}
	w->now->flags |= OBJECT;
	put(w, "{\"time\":\"", 9);
	fmt_time(w->to, FMT_TIME, w->wall_ms);
	w->to += FMT_TIME - 1;
	w->to += fmt_put(w->to, left(w), "\",\"server\":\"%.*s\",\"line\":\"", FILTER_NAME,
	    w->form->name);
}

/* Something visible follows, with which the line may come to look like one of our own. */
static void
begin_text(struct work *w, bool as_own)
{
	begin_line(w);
	if (as_own)
		put_name(w);
	w->now->flags |= DECIDED;
}

static void
close_line(struct work *w)
{
	if (w->json)
		put(w, "\"}", 2);
	else if (w->now->flags & COLOURED)
		put(w, "\033[0m", 4);
	put_byte(w, '\n');
	w->now->flags = 0;
}

/* ---- what is held until it is finished ---- */

static void
hold(struct work *w, int what)
{
	w->now->flags = (uint8_t)((w->now->flags & ~HELD) | what);
	if (what == NOTHING)
		memset(w->now->held, 0, sizeof(w->now->held));
}

/* Parameters are held two in a byte, '0' as 1 to ';' as 12; 0 is where they end. */
static unsigned
parameter(const struct work *w, size_t i)
{
	return w->now->held[i / 2] >> i % 2 * 4 & 0xf;
}

static size_t
count_parameters(const struct work *w)
{
	size_t n = 0;

	while (n < PARAMETERS && parameter(w, n) != 0)
		n++;
	return n;
}

static void
put_sequence(struct work *w, bool live)
{
	if (live && !w->json)
		put_byte(w, ESC);
	else
		show(w, ESC);
	if ((w->now->flags & HELD) == SEQUENCE)
		put_byte(w, '[');
	for (size_t i = 0, count = count_parameters(w); i < count; i++)
		put_byte(w, (unsigned char)('0' - 1 + parameter(w, i)));
}

/* Its m has come. */
static void
put_colour(struct work *w)
{
	/* ESC [ m or ESC [ 0 m; whoever resets in another way is reset once more. */
	bool reset = w->now->held[0] <= 1;

	if (w->form->color && (w->json || !reset || w->now->flags & INSIDE)) {
		begin_line(w);
		put_sequence(w, true);
		put_byte(w, 'm');
		w->now->flags = (uint8_t)((w->now->flags & ~COLOURED) | (reset ? 0 : COLOURED));
	}
	hold(w, NOTHING);
}

/* Two bytes that begin no letter: too long for what they say, a surrogate, or past the last. */
static bool
is_no_letter(unsigned first, unsigned second)
{
	unsigned both = first << 8 | second;

	return both - 0xe080 < 0x20 || both - 0xeda0 < 0x20 || both - 0xf080 < 0x10 ||
	    both - 0xf490 < 0x30;
}

/* False: c belongs to another letter. */
static bool
take_letter(struct work *w, unsigned char c)
{
	uint8_t *letter = w->now->held;
	size_t count = strnlen((const char *)letter, LETTER_BYTES - 1);

	if ((c & 0xc0) != 0x80 || (count == 1 && is_no_letter(letter[0], c)))
		return false;
	letter[count++] = c;
	if (count < (letter[0] < 0xe0 ? 2 : letter[0] < 0xf0 ? 3 : LETTER_BYTES))
		return true;
	begin_text(w, false);
	if (letter[0] == 0xc2 && c < 0xa0)
		put_code(w, w->json ? "\\u%04x" : "\\x%02x", c);
	else
		put(w, (const char *)letter, count);
	hold(w, NOTHING);
	return true;
}

static bool
take_parameter(struct work *w, unsigned char c)
{
	size_t count = count_parameters(w);

	if (c < '0' || c > ';' || count == PARAMETERS)
		return false;
	w->now->held[count / 2] |= (uint8_t)((c - '0' + 1) << count % 2 * 4);
	return true;
}

/* Whether c goes on with what is held; else that is only text. */
static bool
take_more(struct work *w, unsigned char c)
{
	int what = w->now->flags & HELD;

	if (what == ESCAPE && c == '[') {
		hold(w, SEQUENCE);
		return true;
	}
	if (what == SEQUENCE && c == 'm') {
		put_colour(w);
		return true;
	}
	return (what == SEQUENCE && take_parameter(w, c)) || (what == LETTER && take_letter(w, c));
}

static void
put_held(struct work *w)
{
	int what = w->now->flags & HELD;

	begin_text(w, false);
	if (what == CR)
		show(w, '\r');
	if (what == ESCAPE || what == SEQUENCE)
		put_sequence(w, false);
	for (int i = 0; what == LETTER && i < LETTER_BYTES - 1 && w->now->held[i] != 0; i++)
		show(w, w->now->held[i]);
	hold(w, NOTHING);
}

/* ---- bytes ---- */

static void
take(struct work *w, unsigned char c, bool as_own)
{
	if (w->now->flags & HELD) {
		if (take_more(w, c))
			return;
		if (c == '\n' && (w->now->flags & HELD) == CR)
			hold(w, NOTHING);
		else
			put_held(w);
	}
	if (c == '\n') {
		begin_line(w);
		close_line(w);
	} else if (c == '\r' || c == ESC) {
		hold(w, c == ESC ? ESCAPE : CR);
	} else if (c >= 0xc2 && c <= 0xf4) {
		hold(w, LETTER);
		w->now->held[0] = c;
	} else {
		begin_text(w, as_own);
		show(w, c);
	}
}

/* Ordinary bytes, up to one that is not. */
static size_t
take_run(struct work *w, const char *in, size_t bytes)
{
	size_t most = bytes < left(w) ? bytes : left(w), n;
	char *to = w->to;
	bool json = w->json;

	for (n = 0; n < most; n++) {
		unsigned char c = (unsigned char)in[n];

		if (c < 0x20 || c >= DEL || (json && (c == '"' || c == '\\')))
			break;
		to[n] = (char)c;
	}
	w->to += n;
	return n;
}

/* ---- lines that look like our own ---- */

/* Whether c may be byte n of an SGR sequence, which nobody sees. */
static bool
is_of_sequence(size_t n, unsigned char c)
{
	if (n < 2)
		return c == (n == 0 ? ESC : '[');
	return c == 'm' || (c >= '0' && c <= ';' && n < FILTER_SGR - 1);
}

/* Whether the line that begins here looks like one of our own, or still could when it is whole. */
static bool
looks_own(const char *in, size_t bytes)
{
	static const char text[] = "mcinit: ", object[] = "{\"time\"";
	static const char before[] = "0123456789TZ-:.+ \t";
	const char *word = NULL;
	size_t visible = 0, sequence = 0;
	bool blank = true;

	for (size_t i = 0; i < bytes && i < LOOK_BYTES; i++) {
		unsigned char c = (unsigned char)in[i];

		if (sequence > 0 || c == ESC) {
			if (!is_of_sequence(sequence, c))
				return false;
			sequence = c == 'm' ? 0 : sequence + 1;
			continue;
		}
		if (visible++ == LOOK_VISIBLE)
			return false;
		if (word == NULL && (c == 'm' || (c == '{' && blank)))
			word = c == 'm' ? text : object;
		if (word == NULL) {
			if (memchr(before, c, sizeof(before) - 1) == NULL)
				return false;
			blank &= c == ' ' || c == '\t';
			continue;
		}
		if (c != (unsigned char)*word++)
			return false;
		if (*word == '\0')
			return true;
	}
	return true;
}

/* ---- the whole ---- */

static size_t
put_all(struct work *w, const char *in, size_t bytes)
{
	bool plain = !w->json && !w->form->prefix;
	size_t at = 0;

	while (at < bytes) {
		bool as_own = false;

		if ((w->now->flags & (HELD | DECIDED)) == DECIDED)
			at += take_run(w, in + at, bytes - at);
		if (at == bytes || left(w) < STEP_ROOM)
			break;
		if (plain && (w->now->flags & (HELD | DECIDED)) == 0) {
			/* What is looked at is also taken: a successor is given no more. */
			if (left(w) < LOOK_ROOM)
				break;
			as_own = looks_own(in + at, bytes - at);
		}
		take(w, (unsigned char)in[at++], as_own);
	}
	return at;
}

static size_t
put_raw(struct work *w, const char *in, size_t bytes)
{
	size_t count = bytes < left(w) ? bytes : left(w);

	if (count == 0)
		return 0;
	put(w, in, count);
	w->now->flags = w->to[-1] == '\n' ? 0 : INSIDE | DECIDED;
	return count;
}

/* Read once: what it says must not be what another process makes of it meanwhile. */
bool
filter_pass(struct filter_state *state, const char *in, size_t bytes)
{
	if (state->flags & (HELD | OBJECT))
		return false;
	if (bytes > 0)
		state->flags = in[bytes - 1] == '\n' ? 0 : INSIDE | DECIDED;
	return true;
}

size_t
filter_end(const struct filter_form *form, struct filter_state *state, char *out, size_t room)
{
	struct work w = { .to = out, .end = out + room, .now = state, .form = form,
		.json = state->flags & OBJECT };

	if (state->flags & INSIDE) {
		if (state->flags & HELD)
			put_held(&w);
		close_line(&w);
	}
	memset(state, 0, sizeof(*state));
	return (size_t)(w.to - out);
}

size_t
filter_put(const struct filter_form *form, struct filter_state *state, const char *in, size_t bytes,
    int64_t wall_ms, char *out, size_t room, size_t *used)
{
	struct work w = { .to = out, .end = out + room, .now = state, .form = form,
		.wall_ms = wall_ms, .json = form->json && !form->raw };

	if ((state->flags & INSIDE && w.json != !!(state->flags & OBJECT)) ||
	    (form->raw && state->flags & HELD))
		w.to += filter_end(form, state, out, room);
	*used = form->raw ? put_raw(&w, in, bytes) : put_all(&w, in, bytes);
	return (size_t)(w.to - out);
}

bool
filter_is_inside(const struct filter_state *state)
{
	return state->flags & INSIDE;
}
