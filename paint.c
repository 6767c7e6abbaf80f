/* SPDX-License-Identifier: MIT */
/*
 * paint: the bytes of a reply to what is printed; see paint.h.
 *
 * Letters come out of utf.h, codes are taken out of letters, and a look is only drawn in front of a
 * letter that has it.  It must never put more for a byte than STEP_ROOM.
 */
#include "paint.h"

#include <string.h>

#include "fmt.h"

enum {
	SECTION = 0xa7, DEL = 0x7f, C1 = 0x80, C1_END = 0xa0,
	CODE = 7,			/* "x" and six digits */
	SGR = 48,			/* the longest, with all styles and a colour of six digits */
	/* The most for a byte: three of no letter before it, a code that is none, a \r. */
	STEP_ROOM = 8 * (SGR + 8)
};

_Static_assert((int)PAINT_ROOM >= (int)STEP_ROOM, "a byte can be taken");

enum { BOLD = 1, ITALIC = 2, UNDERLINE = 4, BLINK = 8, STRIKE = 16 };

/* A colour: none, one of the sixteen, or RGB with six digits. */
enum { NO_COLOUR = 0, FIRST_COLOUR = 1, RGB = 1 << 24 };

/* Of the codes 0 to f. */
static const uint8_t colours[16] = {
	30, 34, 32, 36, 31, 35, 33, 37, 90, 94, 92, 96, 91, 95, 93, 97
};

static const struct {
	char code, style;
	char sgr[4];
} styles[] = {
	{ 'l', BOLD, ";1" }, { 'o', ITALIC, ";3" }, { 'n', UNDERLINE, ";4" }, { 'k', BLINK, ";5" },
	{ 'm', STRIKE, ";9" },
};

struct work {
	struct paint *now;
	char *to, *end;
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
put_utf(struct work *w, uint32_t letter)
{
	char bytes[UTF_BYTES];
	size_t count = letter < 0x80 ? 1 : letter < 0x800 ? 2 : letter < 0x10000 ? 3 : UTF_BYTES;
	static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = count - 1; i > 0; i--, letter >>= 6)
		bytes[i] = (char)(0x80 | (letter & 0x3f));
	bytes[0] = (char)(first[count] | letter);
	put(w, bytes, count);
}

/* The look of what follows, if it is another one than that of what was before. */
static void
draw(struct work *w, struct paint_look look)
{
	struct paint_look *drawn = &w->now->drawn;
	char text[SGR];
	size_t n;

	if (look.colour == drawn->colour && look.styles == drawn->styles)
		return;
	*drawn = look;
	n = fmt_put(text, sizeof(text), "\033[0");
	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++)
		if (look.styles & styles[i].style)
			n += fmt_put(text + n, sizeof(text) - n, "%s", styles[i].sgr);
	if (look.colour >= RGB)
		n += fmt_put(text + n, sizeof(text) - n, ";38;2;%u;%u;%u", look.colour >> 16 & 0xff,
		    look.colour >> 8 & 0xff, look.colour & 0xff);
	else if (look.colour >= FIRST_COLOUR && look.colour - FIRST_COLOUR < sizeof(colours))
		n += fmt_put(text + n, sizeof(text) - n, ";%u", colours[look.colour - FIRST_COLOUR]);
	text[n++] = 'm';
	put(w, text, n);
}

static void
put_json(struct work *w, uint32_t letter)
{
	if (letter < C1 && left(w) >= FMT_JSON)
		w->to += fmt_json(w->to, (char)letter);
	else if (letter >= C1 && letter < C1_END && left(w) >= FMT_JSON)
		w->to += fmt_put(w->to, FMT_JSON, "\\u%04x", letter);
	else
		put_utf(w, letter);
}

static void
put_shown(struct work *w, uint32_t letter)
{
	if (letter == '\n') {
		draw(w, (struct paint_look){ 0 });
		put(w, "\n", 1);
		return;
	}
	if (w->now->colour)
		draw(w, w->now->wanted);
	if (left(w) < 8)
		return;
	if ((letter < ' ' && letter != '\t') || letter == DEL)
		w->to += fmt_put(w->to, 8, "^%c", (int)(letter ^ 0x40));
	else if (letter >= C1 && letter < C1_END)
		w->to += fmt_put(w->to, 8, "\\x%02x", letter);
	else
		put_utf(w, letter);
}

static void
put_letter(struct work *w, uint32_t letter)
{
	switch ((enum paint_form)w->now->form) {
	case PAINT_JSON:
		put_json(w, letter);
		break;
	case PAINT_TERMINAL:
		put_shown(w, letter);
		break;
	case PAINT_PLAIN:
	case PAINT_RAW:
		put_utf(w, letter);
		break;
	}
	w->now->inside = letter != '\n';
}

/* ---- codes ---- */

static int
digit_of(uint32_t letter)
{
	if (letter >= '0' && letter <= '9')
		return (int)letter - '0';
	letter |= 0x20;
	return letter >= 'a' && letter <= 'f' ? (int)letter - 'a' + 10 : -1;
}

/* Whether `letter` makes a code; a colour ends the styles before it, as in the game. */
static bool
apply(struct paint *p, uint32_t letter)
{
	int digit = digit_of(letter);

	if (digit >= 0) {
		p->wanted = (struct paint_look){ .colour = FIRST_COLOUR + (uint32_t)digit };
		return true;
	}
	letter |= 0x20;
	if (letter == 'r') {
		p->wanted = (struct paint_look){ 0 };
		return true;
	}
	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++)
		if (letter == (unsigned char)styles[i].code) {
			p->wanted.styles |= (uint8_t)styles[i].style;
			return true;
		}
	return false;
}

/* It had begun as a colour of six digits: the digits are codes by themselves then. */
static void
break_code(struct work *w)
{
	struct paint *p = w->now;
	uint8_t count = p->code_bytes;

	p->code_bytes = 0;
	if (count == 0)
		return;
	put_letter(w, SECTION);
	put_letter(w, (unsigned char)p->code[0]);
	for (uint8_t i = 1; i < count; i++)
		apply(p, (unsigned char)p->code[i]);
}

/* A letter behind U+00A7; false: that was no code. */
static bool
take_code(struct paint *p, uint32_t letter)
{
	uint32_t colour = RGB;

	p->section = false;
	if (p->code_bytes == 0 && (letter | 0x20) != 'x')
		return apply(p, letter);
	if (p->code_bytes > 0 && digit_of(letter) < 0)
		return false;
	p->code[p->code_bytes++] = (char)letter;
	if (p->code_bytes < CODE)
		return true;
	for (int i = 1; i < CODE; i++)
		colour |= (uint32_t)digit_of((unsigned char)p->code[i]) << 4 * (CODE - 1 - i);
	p->wanted = (struct paint_look){ .colour = colour };
	p->code_bytes = 0;
	return true;
}

static void
take_letter(struct work *w, uint32_t letter)
{
	struct paint *p = w->now;

	if (p->section) {
		if (take_code(p, letter))
			return;
		break_code(w);
		/* What was broken ended before this U+00A7, which may yet begin another code. */
		if (take_code(p, letter))
			return;
		put_letter(w, SECTION);
	}
	if (letter == SECTION && p->form != PAINT_JSON) {
		p->section = true;
		return;
	}
	break_code(w);
	put_letter(w, letter);
}

/* ---- bytes ---- */

static void
take_with_newline(struct work *w, uint32_t letter)
{
	struct paint *p = w->now;

	if (p->cr && letter != '\n')
		take_letter(w, '\r');
	p->cr = letter == '\r' && p->form == PAINT_TERMINAL;
	if (!p->cr)
		take_letter(w, letter);
}

static void
take_latin1(struct work *w)
{
	struct paint *p = w->now;

	for (uint8_t i = 0; i < p->bytes; i++)
		take_with_newline(w, p->held[i]);
	p->bytes = 0;
}

static void
take(struct work *w, unsigned char byte)
{
	struct paint *p = w->now;
	enum utf_is is = utf_take(&p->utf, byte);

	if (is == UTF_WRONG && p->bytes > 0) {
		take_latin1(w);
		is = utf_take(&p->utf, byte);
	}
	if (is == UTF_LETTER) {
		p->bytes = 0;
		take_with_newline(w, p->utf.code);
		return;
	}
	p->held[p->bytes++] = byte;
	if (is == UTF_WRONG)
		take_latin1(w);
}

size_t
paint_put(struct paint *p, const char *in, size_t bytes, char *out, size_t room, size_t *used)
{
	struct work w = { .now = p, .to = out, .end = out + room };

	if (p->form == PAINT_RAW) {
		*used = bytes < room ? bytes : room;
		put(&w, in, *used);
		if (*used > 0)
			p->inside = in[*used - 1] != '\n';
		return *used;
	}
	for (*used = 0; *used < bytes && left(&w) >= STEP_ROOM; )
		take(&w, (unsigned char)in[(*used)++]);
	return (size_t)(w.to - out);
}

/* What is not whole at the end, as it came. */
static void
put_rest(struct work *w)
{
	struct paint *p = w->now;

	take_latin1(w);
	if (p->cr)
		take_letter(w, '\r');
	for (uint8_t i = 0; i < p->code_bytes; i++) {
		put_letter(w, SECTION);
		put_letter(w, (unsigned char)p->code[i]);
	}
	if (p->section)
		put_letter(w, SECTION);
}

size_t
paint_end(struct paint *p, char *out, size_t room)
{
	struct work w = { .now = p, .to = out, .end = out + room };

	if (p->form != PAINT_RAW) {
		put_rest(&w);
		if (p->form != PAINT_JSON && p->inside)
			put_letter(&w, '\n');
	}
	*p = (struct paint){ .form = p->form, .colour = p->colour };
	return (size_t)(w.to - out);
}

bool
paint_is_inside(const struct paint *p)
{
	return p->inside;
}
