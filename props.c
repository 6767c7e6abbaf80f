/* SPDX-License-Identifier: MIT */
/*
 * props: text of a properties file, read as java.util.Properties reads it, and changed; see
 * props.h.
 *
 * Pure.  Called by equip.c, by props_file.c and by tests.  It must never move a byte that has
 * nothing to do with the key, and never take a line for something else than java does.  All that
 * means something is ASCII, so a line is read by bytes; only what it says is read by UTF-16 units,
 * as java has them.
 */
#include "props.h"

#include <stdint.h>
#include <string.h>

/* In the place of a unit: there is none any more, and a \u that java refuses the whole file for. */
enum { END = -1, MALFORMED = -2 };

enum { UNIT_MOST = 6 };			/* bytes of a unit that is escaped */

/* Where one reads.  What makes a line go on is not part of the line: peek() steps over it. */
struct cursor {
	const char *text;
	size_t bytes, at;
	size_t taken;			/* behind the last byte that was taken */
	size_t reach;			/* the same, or behind the last "\" that makes it go on */
	bool latin;			/* not UTF-8 */
	bool dangling;			/* the text ends where a line would go on */
	uint16_t second;		/* half of a pair, to be given next */
};

/* The line that counts: its value begins at `at`, and all of it is over at `end`. */
struct found {
	struct cursor value;
	size_t at, end;
	bool separated;
	bool dangling;
};

static bool
is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\f';
}

/*
 * The bytes of a character, or 0.  As strict as java's decoder: no long forms, no half of a pair.
 */
static size_t
utf8_of(const char *text, size_t bytes, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)text[0];
	size_t n = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (n == 0 || n > bytes || first > 0xf4)
		return 0;
	*code = n == 1 ? first : first & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (*code < least[n] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return n;
}

static struct cursor
begin(const char *text, size_t bytes)
{
	struct cursor c = { .text = text, .bytes = bytes };
	uint32_t code;

	for (size_t at = 0, n; at < bytes && !c.latin; at += n) {
		n = utf8_of(text + at, bytes - at, &code);
		c.latin = n == 0;
	}
	return c;
}

static void
take(struct cursor *c, size_t bytes)
{
	c->at += bytes;
	c->taken = c->reach = c->at;
}

/* A character, of which a pair is the first half so far. */
static int
take_unit(struct cursor *c)
{
	uint32_t code = (unsigned char)c->text[c->at];
	size_t n = c->latin ? 1 : utf8_of(c->text + c->at, c->bytes - c->at, &code);

	take(c, n > 0 ? n : 1);
	if (code < 0x10000)
		return (int)code;
	c->second = (uint16_t)(0xdc00 | (code & 0x3ff));
	return (int)(0xd800 | ((code - 0x10000) >> 10));
}

/* Over a "\" that ends a line, its line end and the blanks before what it goes on with. */
static bool
go_on(struct cursor *c)
{
	size_t at = c->at;

	if (at >= c->bytes || c->text[at] != '\\' ||
	    (at + 1 < c->bytes && !is_line_end(c->text[at + 1])))
		return false;
	c->reach = ++at;
	if (at + 1 < c->bytes && c->text[at] == '\r' && c->text[at + 1] == '\n')
		at++;
	if (at < c->bytes)
		at++;
	c->dangling = at == c->bytes;
	while (at < c->bytes && is_blank(c->text[at]))
		at++;
	c->at = at;
	return true;
}

/* The next byte of the line, which take() takes, or END. */
static int
peek(struct cursor *c)
{
	while (go_on(c))
		;
	if (c->at >= c->bytes || is_line_end(c->text[c->at]))
		return END;
	return (unsigned char)c->text[c->at];
}

/*
 * To the next line that says something.  One of a "\" alone goes on in nothing: the next is read as
 * if there were none before it, so it may be a comment (Java 9; before, it could not).
 */
static bool
next_line(struct cursor *c)
{
	while (c->at < c->bytes) {
		char first = c->text[c->at];

		if (is_blank(first) || is_line_end(first)) {
			c->at++;
		} else if (first == '#' || first == '!') {
			while (c->at < c->bytes && !is_line_end(c->text[c->at]))
				c->at++;
		} else if (!go_on(c)) {
			take(c, 0);
			return true;
		}
	}
	return false;
}

static int
hex_of(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The digits may stand in several lines. */
static int
take_hex(struct cursor *c)
{
	int unit = 0;

	for (int i = 0; i < 4; i++) {
		int digit = hex_of(peek(c));

		if (digit < 0)
			return MALFORMED;
		unit = unit << 4 | digit;
		take(c, 1);
	}
	return unit;
}

static int
take_escape(struct cursor *c)
{
	static const char letters[] = "tnrf", meant[] = "\t\n\r\f";
	const char *letter;

	take(c, 1);
	/* There is a byte, or peek() would have taken the "\" for one that goes on. */
	if (c->text[c->at] == 'u') {
		take(c, 1);
		return take_hex(c);
	}
	letter = memchr(letters, c->text[c->at], sizeof(letters) - 1);
	if (letter == NULL)
		return take_unit(c);
	take(c, 1);
	return meant[letter - letters];
}

static bool
is_separator(int unit)
{
	return unit == '=' || unit == ':' || unit == ' ' || unit == '\t' || unit == '\f';
}

/* The next unit that the line says, its name alone or all of it. */
static int
next_unit(struct cursor *c, bool name)
{
	int unit = c->second, byte;

	c->second = 0;
	if (unit != 0)
		return unit;
	byte = peek(c);
	if (byte == END || (name && is_separator(byte)))
		return END;
	return byte == '\\' ? take_escape(c) : take_unit(c);
}

/* The same of text that nobody has escaped. */
static int
next_plain(struct cursor *c)
{
	int unit = c->second;

	c->second = 0;
	if (unit != 0)
		return unit;
	return c->at < c->bytes ? take_unit(c) : END;
}

/* Reads to the end of the name or of the value. */
static bool
is_same(struct cursor *c, bool name, struct cursor other)
{
	bool same = true;
	int unit;

	do {
		unit = next_unit(c, name);
		same = same && unit == next_plain(&other);
	} while (unit >= 0);
	return same;
}

/* To the end of the line; true: java takes it. */
static bool
skip_line(struct cursor *c)
{
	bool right = true;
	int unit;

	do {
		unit = next_unit(c, false);
		right = right && unit != MALFORMED;
	} while (unit != END);
	return right;
}

/* Blanks, and among them one sign at most: a second one is of the value. */
static bool
skip_separator(struct cursor *c)
{
	bool any = false, sign = false;

	for (int byte = peek(c); is_separator(byte); byte = peek(c)) {
		if (!is_blank((char)byte) && sign)
			break;
		sign = sign || !is_blank((char)byte);
		any = true;
		take(c, 1);
	}
	return any;
}

/* The last line of the key, with `dangling` in any case. */
static bool
find(const char *text, size_t bytes, const char *key, struct found *found)
{
	struct cursor c = begin(text, bytes), name = begin(key, strlen(key));
	bool is_there = false;

	while (next_line(&c)) {
		struct found line = { .at = 0 };

		if (!is_same(&c, true, name)) {
			skip_line(&c);
			continue;
		}
		line.separated = skip_separator(&c);
		line.at = c.taken;
		line.value = c;
		if (!skip_line(&c))
			continue;
		/*
		 * Blanks behind the last "\" of a text without an end are not worth a line's end.
		 */
		line.end = c.at < bytes ? c.at : c.reach;
		*found = line;
		is_there = true;
	}
	found->dangling = c.dangling;
	return is_there && name.bytes > 0;
}

static size_t
put_utf8(char to[4], uint32_t code)
{
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i > 0; i--, code >>= 6)
		to[i] = (char)(0x80 | (code & 0x3f));
	to[0] = (char)(n == 1 ? code : (0xf00U >> n & 0xf0) | code);
	return n;
}

/* A character as a number; 0 for one that no text of ours can have, END behind the last. */
static int
next_character(struct cursor *c)
{
	int unit = next_unit(c, false), second;

	if (unit < 0 || (unit & 0xf800) != 0xd800)
		return unit;
	second = (unit & 0xfc00) == 0xd800 ? next_unit(c, false) : 0;
	if (second < 0 || (second & 0xfc00) != 0xdc00)
		return 0;
	return 0x10000 + ((unit & 0x3ff) << 10 | (second & 0x3ff));
}

bool
props_get(const char *text, size_t bytes, const char *key, char value[PROPS_VALUE])
{
	struct found found = { .at = 0 };
	bool right = find(text, bytes, key, &found);
	size_t n = 0, more;
	char utf8[4];

	for (int code = END; right && (code = next_character(&found.value)) != END; n += more) {
		more = put_utf8(utf8, (uint32_t)code);
		right = code > 0 && n + more < PROPS_VALUE;
		if (right)
			memcpy(value + n, utf8, more);
	}
	value[right ? n : 0] = '\0';
	return right;
}

bool
props_has(const char *text, size_t bytes, const char *key, const char *value)
{
	struct found found = { .at = 0 };

	return find(text, bytes, key, &found) &&
	    is_same(&found.value, false, begin(value, strlen(value)));
}

/* A unit as it may stand in the name of a line, or in the value behind any separator. */
static size_t
escape(char to[UNIT_MOST], int unit, bool name, bool first)
{
	static const char letters[] = "tnrf\\", meant[] = "\t\n\r\f\\";
	static const char digits[] = "0123456789ABCDEF";
	const char *letter = unit < 0x80 ? memchr(meant, unit, sizeof(meant) - 1) : NULL;
	bool special = (first || name) && is_separator(unit);

	to[0] = '\\';
	if (letter != NULL) {
		to[1] = letters[letter - meant];
		return 2;
	}
	if (special || (first && name && (unit == '#' || unit == '!'))) {
		to[1] = (char)unit;
		return 2;
	}
	if (unit >= ' ' && unit <= '~') {
		to[0] = (char)unit;
		return 1;
	}
	to[1] = 'u';
	for (int i = 0; i < 4; i++)
		to[2 + i] = digits[unit >> (12 - 4 * i) & 15];
	return UNIT_MOST;
}

/* Returns its length, also where there is no room for it. */
static size_t
put_escaped(char *to, size_t room, const char *text, bool name)
{
	struct cursor c = begin(text, strlen(text));
	char one[UNIT_MOST];
	size_t n = 0, more;

	for (int unit = next_plain(&c); unit != END; unit = next_plain(&c)) {
		more = escape(one, unit, name, n == 0);
		if (n + more <= room)
			memcpy(to + n, one, more);
		n += more;
	}
	return n;
}

/* Of mixed ones the last: behind a CR at the very end any other would be half of its line end. */
static const char *
line_end_of(const char *text, size_t bytes)
{
	size_t at = bytes;

	while (at > 0 && !is_line_end(text[at - 1]))
		at--;
	if (at == 0)
		return "\n";
	if (text[at - 1] == '\r')
		return "\r";
	return at > 1 && text[at - 2] == '\r' ? "\r\n" : "\n";
}

static char *
put_text(char *to, const char *text)
{
	while (*text != '\0')
		*to++ = *text++;
	return to;
}

/*
 * A "\" at the very end would make the new line a part of its own: an empty line is between them.
 */
static size_t
append(char *text, size_t bytes, size_t room, const char *key, const char *value, bool dangling)
{
	const char *line_end = line_end_of(text, bytes);
	size_t name = put_escaped(text, 0, key, true), n = put_escaped(text, 0, value, false);
	int before = (bytes > 0 && !is_line_end(text[bytes - 1])) + dangling;
	size_t more = name + 1 + n + (size_t)(before + 1) * strlen(line_end);
	char *to = text + bytes;

	if (more > room - bytes)
		return 0;
	while (before-- > 0)
		to = put_text(to, line_end);
	to += put_escaped(to, name, key, true);
	*to++ = '=';
	to += put_escaped(to, n, value, false);
	put_text(to, line_end);
	return bytes + more;
}

size_t
props_set(char *text, size_t bytes, size_t room, const char *key, const char *value)
{
	struct found found = { .at = 0 };
	size_t n, rest;
	char *to;

	if (key[0] == '\0' || bytes > room)
		return 0;
	if (!find(text, bytes, key, &found))
		return append(text, bytes, room, key, value, found.dangling);
	if (is_same(&found.value, false, begin(value, strlen(value))))
		return bytes;
	to = text + found.at;
	rest = bytes - found.end;
	n = put_escaped(to, 0, value, false);
	if (n + !found.separated + rest > room - found.at)
		return 0;
	memmove(to + n + !found.separated, text + found.end, rest);
	if (!found.separated)
		*to++ = '=';
	put_escaped(to, n, value, false);
	return (size_t)(to - text) + n + rest;
}
