/* SPDX-License-Identifier: MIT */
/*
 * edit: one line typed on a terminal; see edit.h.
 *
 * What is typed is made sound when it comes, letter by letter: behind insert() all text is UTF-8
 * without control bytes, and a mark has a letter before it.  It must never let anything else in
 * there, for all the rest believes it.
 */
#include "edit.h"

#include <stdbool.h>
#include <string.h>

#include "fmt.h"

enum {
	ESC = 0x1b, DEL = 0x7f,
	COLUMNS = 80,
	LEAST_ROOM = 4			/* a wide letter, one beside it, the cursor */
};

/* What a byte is taken for, in edit.awaits. */
enum { TEXT, ESCAPE, SEQUENCE, SWALLOW };

_Static_assert(EDIT_OUT >= EDIT_LINE_BYTES + EDIT_PROMPT + 64, "a row fits, with its sequences");

/* ---- letters ---- */

/*
 * Letters of other than one column, in scripts that people chat in: where a terminal knows more,
 * its cursor is off.  Marks come first, for some stand amid wide letters.
 */
static const struct {
	uint32_t first, last : 24, columns : 8;
} odd[] = {
	{ 0x300, 0x36f, 0 }, { 0x483, 0x489, 0 }, { 0x591, 0x5bd, 0 }, { 0x610, 0x61a, 0 },
	{ 0x64b, 0x65f, 0 }, { 0x941, 0x948, 0 }, { 0x94d, 0x94d, 0 }, { 0xe31, 0xe31, 0 },
	{ 0xe34, 0xe3a, 0 }, { 0xe47, 0xe4e, 0 }, { 0x1160, 0x11ff, 0 }, { 0x1ab0, 0x1aff, 0 },
	{ 0x1dc0, 0x1dff, 0 }, { 0x200b, 0x200f, 0 }, { 0x2028, 0x202e, 0 }, { 0x2060, 0x206f, 0 },
	{ 0x20d0, 0x20ff, 0 }, { 0x302a, 0x302d, 0 }, { 0x3099, 0x309a, 0 }, { 0xfe00, 0xfe0f, 0 },
	{ 0xfe20, 0xfe2f, 0 }, { 0xfeff, 0xfeff, 0 }, { 0xe0000, 0xe01ef, 0 },
	{ 0x1100, 0x115f, 2 }, { 0x26a1, 0x26a1, 2 }, { 0x2705, 0x2705, 2 }, { 0x274c, 0x274c, 2 },
	{ 0x2b50, 0x2b50, 2 }, { 0x2e80, 0x303e, 2 }, { 0x3041, 0xa4cf, 2 }, { 0xa960, 0xa97f, 2 },
	{ 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 }, { 0xfe30, 0xfe6f, 2 }, { 0xff01, 0xff60, 2 },
	{ 0xffe0, 0xffe6, 2 }, { 0x1f300, 0x1f64f, 2 }, { 0x1f680, 0x1f6ff, 2 },
	{ 0x1f900, 0x1f9ff, 2 }, { 0x1fa70, 0x1faff, 2 }, { 0x20000, 0x3fffd, 2 },
};

static int
cells_of(uint32_t letter)
{
	for (size_t i = 0; letter >= odd[0].first && i < sizeof(odd) / sizeof(odd[0]); i++)
		if (letter >= odd[i].first && letter <= odd[i].last)
			return odd[i].columns;
	return 1;
}

static bool
is_mark(uint32_t letter)
{
	return cells_of(letter) == 0;
}

static bool
is_rest(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* How long a letter is that begins so; 0: none does. */
static size_t
length_of(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xc0 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf8 ? 4 : 0;
}

/* The letter at *at, which is moved behind it. */
static uint32_t
read_letter(const char *text, size_t *at)
{
	unsigned char c = (unsigned char)text[(*at)++];
	uint32_t letter = c < 0x80 ? c : c & 0xffU >> (length_of(c) + 1);

	for (; is_rest(text[*at]); (*at)++)
		letter = letter << 6 | ((unsigned char)text[*at] & 0x3f);
	return letter;
}

/* How many columns are taken by what stands between two places. */
static int
width(const char *text, size_t from, size_t to)
{
	int columns = 0;

	while (from < to)
		columns += cells_of(read_letter(text, &from));
	return columns;
}

/* ---- places: a letter and its marks are one for a person ---- */

static size_t
before(const struct edit *e, size_t at)
{
	while (at > 0) {
		size_t end;

		do
			at--;
		while (is_rest(e->line[at]));
		end = at;
		if (!is_mark(read_letter(e->line, &end)))
			break;
	}
	return at;
}

static size_t
after(const struct edit *e, size_t at)
{
	if (at < e->bytes)
		(void)read_letter(e->line, &at);
	for (size_t end = at; end < e->bytes && is_mark(read_letter(e->line, &end)); )
		at = end;
	return at;
}

/* Of a name, or of all that stands between blanks. */
static bool
is_of_word(char c, bool blanks)
{
	if (blanks)
		return c != ' ';
	return (unsigned char)c >= 0x80 || c == '_' || (c >= '0' && c <= '9') ||
	    ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static size_t
word_left(const struct edit *e, bool blanks)
{
	size_t at = e->at;

	for (int inside = 0; inside < 2; inside++)
		while (at > 0 && is_of_word(e->line[before(e, at)], blanks) == inside)
			at = before(e, at);
	return at;
}

static size_t
word_right(const struct edit *e)
{
	size_t at = e->at;

	for (int inside = 0; inside < 2; inside++)
		while (at < e->bytes && is_of_word(e->line[at], false) == inside)
			at = after(e, at);
	return at;
}

/* ---- what is drawn ---- */

static void
put(struct edit *e, const char *bytes, size_t count)
{
	if (count > sizeof(e->out) - e->out_bytes)
		return;
	memcpy(e->out + e->out_bytes, bytes, count);
	e->out_bytes += count;
}

static void
put_text(struct edit *e, const char *text)
{
	put(e, text, strlen(text));
}

static int
columns_of(const struct edit *e)
{
	return e->columns > 0 ? e->columns : COLUMNS;
}

/* The columns that the prompt takes: all of it or none. */
static int
prompt_of(const struct edit *e)
{
	int columns = width(e->prompt, 0, strlen(e->prompt));

	return columns_of(e) - columns < LEAST_ROOM ? 0 : columns;
}

/* Chooses what is seen.  Some of the line is seen before the cursor, for who goes back in it. */
static void
scroll(struct edit *e)
{
	int room = columns_of(e) - prompt_of(e);

	if (width(e->line, 0, e->bytes) < room) {
		e->from = 0;
	} else if (e->at <= e->from || width(e->line, e->from, e->at) >= room) {
		e->from = e->at;
		while (e->from > 0 && width(e->line, before(e, e->from), e->at) <= room / 2)
			e->from = before(e, e->from);
	}
}

static void
draw(struct edit *e)
{
	int column = prompt_of(e), room = columns_of(e) - column;
	char right[16];
	size_t to;

	scroll(e);
	put_text(e, "\r");
	if (column > 0)
		put_text(e, e->prompt);
	for (to = e->from; to < e->bytes; to = after(e, to)) {
		room -= width(e->line, to, after(e, to));
		if (room <= 0)
			break;
	}
	put(e, e->line + e->from, to - e->from);
	put_text(e, "\033[K");
	if (e->at == to)
		return;
	column += width(e->line, e->from, e->at);
	put_text(e, "\r");
	/* To a terminal 0 is 1. */
	if (column > 0)
		put(e, right, fmt_put(right, sizeof(right), "\033[%dC", column));
}

/* ---- the line ---- */

/* Sound text only.  At the end, where most is typed, the row need not be drawn again. */
static void
insert(struct edit *e, const char *text, size_t count)
{
	size_t from = e->from;

	if (e->bytes + count >= sizeof(e->line)) {
		e->too_long = true;
		put_text(e, "\a");
		return;
	}
	/* A mark would be the first to be seen, without its letter. */
	if (e->from == e->at)
		e->from = 0;
	memmove(e->line + e->at + count, e->line + e->at, e->bytes - e->at + 1);
	memcpy(e->line + e->at, text, count);
	e->at += count;
	e->bytes += count;
	scroll(e);
	if (e->at == e->bytes && e->from == from)
		put(e, text, count);
	else
		draw(e);
}

/* Takes out what stands between the cursor and another place. */
static void
cut(struct edit *e, size_t to, bool keep)
{
	size_t first = to < e->at ? to : e->at, end = to < e->at ? e->at : to;

	if (keep && first < end) {
		memcpy(e->killed, e->line + first, end - first);
		e->killed[end - first] = '\0';
	}
	memmove(e->line + first, e->line + end, e->bytes - end + 1);
	e->bytes -= end - first;
	e->at = first;
	if (e->bytes == 0)
		e->too_long = false;
}

static void
take_text(struct edit *e, char c)
{
	/* Of so many bytes: a smaller one is written too long, or a control character (C1). */
	static const uint32_t least[] = { 0, ' ', 0xa0, 0x800, 0x10000 };
	size_t count, end = 0;
	uint32_t letter;

	if (!is_rest(c))
		e->letter_bytes = 0;
	else if (e->letter_bytes == 0)
		return;
	e->letter[e->letter_bytes++] = c;
	e->letter[e->letter_bytes] = '\0';
	count = length_of((unsigned char)e->letter[0]);
	if (e->letter_bytes < count)
		return;
	e->letter_bytes = 0;
	if (count == 0)
		return;
	letter = read_letter(e->letter, &end);
	if (letter >= least[count] && letter <= 0x10ffff && letter >> 11 != 0xd800 >> 11 &&
	    !(e->at == 0 && is_mark(letter)))
		insert(e, e->letter, count);
}

/* ---- the history ---- */

/* The line so many lines back, at least one; NULL: there are not so many. */
static const char *
line_back(const struct edit *e, unsigned back)
{
	size_t at = e->history_bytes;

	for (; back > 0; back--) {
		if (at == 0)
			return NULL;
		do
			at--;
		while (at > 0 && e->history[at - 1] != '\0');
	}
	return e->history + at;
}

/* False: there is no need. */
static bool
remember(struct edit *e, const char *line)
{
	const char *last = line_back(e, 1);
	size_t bytes = strlen(line) + 1;

	if (bytes == 1 || (last != NULL && strcmp(last, line) == 0))
		return false;
	while (e->history_bytes + bytes > sizeof(e->history)) {
		size_t oldest = strlen(e->history) + 1;

		e->history_bytes -= oldest;
		memmove(e->history, e->history + oldest, e->history_bytes);
	}
	memcpy(e->history + e->history_bytes, line, bytes);
	e->history_bytes += bytes;
	return true;
}

/* What was made of an older line is lost no more than the unfinished one: it becomes the last. */
static void
look_back(struct edit *e, unsigned back)
{
	const char *now = e->back > 0 ? line_back(e, e->back) : NULL, *text;

	if (line_back(e, back) == NULL)
		return;
	if (e->back == 0) {
		memcpy(e->unfinished, e->line, e->bytes + 1);
		e->unfinished_too_long = e->too_long;
	} else if (!e->too_long && now != NULL && strcmp(now, e->line) != 0 && remember(e, e->line) && back > 0) {
		back++;
	}
	/* The oldest may have had to go just now. */
	while (line_back(e, back) == NULL)
		back--;
	text = back > 0 ? line_back(e, back) : e->unfinished;
	e->back = back;
	e->too_long = back == 0 && e->unfinished_too_long;
	e->at = e->bytes = strlen(text);
	memcpy(e->line, text, e->bytes + 1);
	e->from = 0;
}

/* ---- keys ---- */

enum origin { CONTROL, ALT, LETTER, TILDE };
enum deed { MOVE, ERASE, KILL, YANK, OLDER, NEWER, CLEAR, ENTER, GIVE_UP, END_OR_ERASE };
enum where { HERE, HOME, LEFT, WORD_LEFT, BLANK_LEFT, RIGHT, WORD_RIGHT, END };

#define CTRL(c) ((c) & 0x1f)

static const struct {
	uint8_t origin, key, deed, where;
} keys[] = {
	{ CONTROL, CTRL('A'), MOVE, HOME }, { CONTROL, CTRL('B'), MOVE, LEFT },
	{ CONTROL, CTRL('E'), MOVE, END }, { CONTROL, CTRL('F'), MOVE, RIGHT },
	{ CONTROL, CTRL('H'), ERASE, LEFT }, { CONTROL, DEL, ERASE, LEFT },
	{ CONTROL, CTRL('K'), KILL, END }, { CONTROL, CTRL('U'), KILL, HOME },
	{ CONTROL, CTRL('W'), KILL, BLANK_LEFT }, { CONTROL, CTRL('Y'), YANK, HERE },
	{ CONTROL, CTRL('P'), OLDER, HERE }, { CONTROL, CTRL('N'), NEWER, HERE },
	{ CONTROL, CTRL('L'), CLEAR, HERE }, { CONTROL, CTRL('C'), GIVE_UP, END },
	{ CONTROL, CTRL('D'), END_OR_ERASE, RIGHT },
	{ CONTROL, '\r', ENTER, END }, { CONTROL, '\n', ENTER, END },
	{ ALT, 'b', MOVE, WORD_LEFT }, { ALT, 'f', MOVE, WORD_RIGHT },
	{ ALT, 'd', KILL, WORD_RIGHT }, { ALT, DEL, KILL, WORD_LEFT },
	{ LETTER, 'A', OLDER, HERE }, { LETTER, 'B', NEWER, HERE },
	{ LETTER, 'C', MOVE, RIGHT }, { LETTER, 'D', MOVE, LEFT },
	{ LETTER, 'F', MOVE, END }, { LETTER, 'H', MOVE, HOME },
	{ TILDE, 1, MOVE, HOME }, { TILDE, 7, MOVE, HOME },
	{ TILDE, 4, MOVE, END }, { TILDE, 8, MOVE, END }, { TILDE, 3, ERASE, RIGHT },
};

static size_t
place_of(const struct edit *e, enum where where)
{
	switch (where) {
	case HERE:
		break;
	case HOME:
		return 0;
	case LEFT:
		return before(e, e->at);
	case WORD_LEFT:
	case BLANK_LEFT:
		return word_left(e, where == BLANK_LEFT);
	case RIGHT:
		return after(e, e->at);
	case WORD_RIGHT:
		return word_right(e);
	case END:
		return e->bytes;
	}
	return e->at;
}

static enum edit_news
enter(struct edit *e)
{
	if (e->back > 0 && !e->unfinished_too_long)
		remember(e, e->unfinished);
	/* Half a line would be taken for a whole one when it comes back. */
	if (!e->too_long)
		remember(e, e->line);
	put_text(e, "\r\n");
	return e->too_long ? EDIT_IS_TOO_LONG : EDIT_IS_LINE;
}

/* It says so behind what was typed, where a person looks later for what was done. */
static enum edit_news
give_up(struct edit *e)
{
	int columns = columns_of(e);

	e->at = e->bytes;
	if (columns > 2) {
		e->columns = columns - 2;
		draw(e);
		put_text(e, "^C");
		e->columns = columns;
	}
	put_text(e, "\r\n");
	return e->bytes > 0 ? EDIT_IS_OFF : EDIT_IS_END;
}

static enum edit_news
perform(struct edit *e, enum deed deed, size_t to)
{
	switch (deed) {
	case MOVE:
		e->at = to;
		break;
	case END_OR_ERASE:
		if (e->bytes == 0) {
			put_text(e, "\r\n");
			return EDIT_IS_END;
		}
		cut(e, to, false);
		break;
	case ERASE:
	case KILL:
		cut(e, to, deed == KILL);
		break;
	case YANK:
		insert(e, e->killed, strlen(e->killed));
		return EDIT_GOES_ON;
	case OLDER:
		look_back(e, e->back + 1);
		break;
	case NEWER:
		if (e->back > 0)
			look_back(e, e->back - 1);
		break;
	case CLEAR:
		put_text(e, "\033[H\033[2J");
		break;
	case ENTER:
		return enter(e);
	case GIVE_UP:
		return give_up(e);
	}
	draw(e);
	return EDIT_GOES_ON;
}

static enum edit_news
press(struct edit *e, enum origin origin, unsigned key)
{
	e->awaits = TEXT;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].origin == origin && keys[i].key == key)
			return perform(e, keys[i].deed, place_of(e, keys[i].where));
	return EDIT_GOES_ON;
}

static enum edit_news
take_sequence(struct edit *e, unsigned char c)
{
	if (c >= '0' && c <= '9') {
		e->number = (uint16_t)(e->number < 1000 ? e->number * 10 + c - '0' : e->number);
	} else if (c == ';') {
		e->first = e->first > 0 ? e->first : e->number;
		e->number = 0;
	} else if (c == '[') {
		/* The function keys of a Linux console have one byte more. */
		e->awaits = SWALLOW;
	} else if (c == '~') {
		return press(e, TILDE, e->first > 0 ? e->first : e->number);
	} else if ((c == 'C' || c == 'D') && e->number > 2) {
		/* With Alt or Ctrl; 2 is Shift. */
		return press(e, ALT, c == 'C' ? 'f' : 'b');
	} else if (c >= '@') {
		return press(e, LETTER, c);
	}
	return EDIT_GOES_ON;
}

enum edit_news
edit_take(struct edit *e, char byte)
{
	unsigned char c = (unsigned char)byte;

	e->out_bytes = 0;
	/* Who pressed Esc by itself is still heard with Enter and Ctrl-C. */
	if (c < ' ' || (c == DEL && e->awaits != ESCAPE)) {
		enum edit_news news;

		e->letter_bytes = 0;
		news = press(e, CONTROL, c);
		e->awaits = c == ESC ? ESCAPE : TEXT;
		return news;
	}
	switch (e->awaits) {
	case ESCAPE:
		if (c != '[' && c != 'O')
			return press(e, ALT, c);
		e->awaits = SEQUENCE;
		e->first = e->number = 0;
		break;
	case SEQUENCE:
		return take_sequence(e, c);
	case SWALLOW:
		e->awaits = TEXT;
		break;
	default:
		take_text(e, byte);
		break;
	}
	return EDIT_GOES_ON;
}

/* ---- the whole ---- */

static void
empty(struct edit *e)
{
	e->too_long = false;
	e->bytes = e->at = e->from = 0;
	e->line[0] = '\0';
	e->letter_bytes = 0;
}

void
edit_begin(struct edit *e, const char *prompt, int columns)
{
	e->columns = columns;
	e->awaits = TEXT;
	e->back = 0;
	e->prompt[0] = '\0';
	/* Typed, to be as sound as what is typed. */
	empty(e);
	for (; *prompt != '\0'; prompt++)
		if ((unsigned char)*prompt >= ' ' && *prompt != DEL)
			take_text(e, *prompt);
	while (e->bytes >= sizeof(e->prompt))
		e->bytes = before(e, e->bytes);
	memcpy(e->prompt, e->line, e->bytes);
	e->prompt[e->bytes] = '\0';
	empty(e);
	edit_show(e);
}

void
edit_hide(struct edit *e)
{
	e->out_bytes = 0;
	put_text(e, "\r\033[K");
}

void
edit_show(struct edit *e)
{
	e->out_bytes = 0;
	draw(e);
}
