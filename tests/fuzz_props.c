/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the text of a properties file: whatever is in it, a key has the value that it was given,
 * all that is not its line stays byte for byte, other keys say what they said, and nothing is read
 * or written outside of the room.
 *
 * The key is up to the first NUL, the value up to the next; the rest is the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "props.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IN_MOST = 2048, ROOM = 16 * IN_MOST };

static void
insist(bool right)
{
	if (!right)
		abort();
}

/* From a buffer of exactly its size, so that ASan sees a step beyond. */
static char *
copy_of(const char *text, size_t bytes)
{
	char *copy = malloc(bytes > 0 ? bytes : 1);

	insist(copy != NULL);
	if (bytes > 0)
		memcpy(copy, text, bytes);
	return copy;
}

static bool
get(const char *text, size_t bytes, const char *key, char value[PROPS_VALUE])
{
	char *copy = copy_of(text, bytes);
	bool is_there = props_get(copy, bytes, key, value);

	free(copy);
	insist(strlen(value) < PROPS_VALUE && (is_there || value[0] == '\0'));
	insist(!is_there || props_has(text, bytes, key, value));
	return is_there;
}

/* With as much room as it needs, and with one byte less, which changes nothing. */
static size_t
set(char *text, size_t bytes, const char *key, const char *value)
{
	char *before = copy_of(text, bytes), *copy;
	size_t n = props_set(text, bytes, ROOM, key, value);

	insist(n > 0 && n <= ROOM && props_has(text, n, key, value));
	copy = copy_of(text, n);
	insist(props_set(copy, n, n, key, value) == n && memcmp(copy, text, n) == 0);
	free(copy);
	if (n > bytes) {
		copy = realloc(copy_of(before, bytes), n - 1 > 0 ? n - 1 : 1);
		insist(copy != NULL && props_set(copy, bytes, n - 1, key, value) == 0);
		insist(memcmp(copy, before, bytes) == 0);
		free(copy);
	}
	free(before);
	return n;
}

static size_t
common_head(const char *one, size_t bytes, const char *other, size_t count)
{
	size_t n = 0;

	while (n < bytes && n < count && one[n] == other[n])
		n++;
	return n;
}

static size_t
common_tail(const char *one, size_t bytes, const char *other, size_t count, size_t head)
{
	size_t n = 0;

	while (n + head < bytes && n + head < count && one[bytes - 1 - n] == other[count - 1 - n])
		n++;
	return n;
}

/* What is gone is of one line: but for those before which it goes on there is no line end in it. */
static void
compare(const char *before, size_t bytes, const char *after, size_t n, bool was_there)
{
	size_t head = common_head(before, bytes, after, n);
	size_t tail = common_tail(before, bytes, after, n, head);

	insist(was_there || head == bytes);
	for (size_t i = head; i + tail < bytes; i++) {
		if (before[i] != '\n' && before[i] != '\r')
			continue;
		insist(i > 0);
		insist(before[i - 1] == '\\' || (before[i] == '\n' && before[i - 1] == '\r'));
	}
}

/* Where every value there is can be had, to see that there is none. */
static bool
can_be_told(const char *text, size_t bytes)
{
	return bytes < PROPS_VALUE / 2 && memchr(text, '\0', bytes) == NULL &&
	    memmem(text, bytes, "\\u", 2) == NULL;
}

static bool
is_utf8(const char *text, size_t bytes)
{
	char line[2 * IN_MOST], probe[PROPS_VALUE];

	if (bytes + 2 > PROPS_VALUE)
		return false;
	memcpy(line, "a=", 2);
	/* One line of it is read as it is, unless it is taken for Latin-1. */
	for (size_t i = 0; i < bytes; i++)
		line[2 + i] = (text[i] & 0x80) != 0 ? text[i] : 'x';
	return props_get(line, bytes + 2, "a", probe) && strlen(probe) == bytes;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const others[] = { "a", "b", "ab", "server-port" };
	static char text[ROOM], other[ROOM];
	char key[IN_MOST + 1], value[IN_MOST + 1], was[4][PROPS_VALUE], is[PROPS_VALUE];
	const char *rest = (const char *)data;
	size_t n, m, bytes = size;
	bool had[4], was_there;

	if (size > IN_MOST)
		return 0;
	for (int i = 0; i < 2; i++) {
		n = strnlen(rest, bytes);
		memcpy(i == 0 ? key : value, rest, n);
		(i == 0 ? key : value)[n] = '\0';
		n += n < bytes;
		rest += n;
		bytes -= n;
	}
	if (key[0] == '\0')
		return 0;
	for (int i = 0; i < 4; i++)
		had[i] = get(rest, bytes, others[i], was[i]);
	memcpy(text, rest, bytes);
	memcpy(other, rest, bytes);
	was_there = get(rest, bytes, key, is);
	n = set(text, bytes, key, value);
	if (is_utf8(value, strlen(value)))
		insist(get(text, n, key, is) && strcmp(is, value) == 0);
	compare(rest, bytes, text, n, was_there || !can_be_told(rest, bytes));
	/* Whether a file is UTF-8 may hang on the line that is gone. */
	for (int i = 0; i < 4 && is_utf8(rest, bytes); i++)
		insist(strcmp(others[i], key) == 0 ||
		    (get(text, n, others[i], is) == had[i] && strcmp(is, was[i]) == 0));
	m = set(other, bytes, key, "another");
	n = set(text, n, key, "another");
	insist(n == m && memcmp(text, other, n) == 0);
	return 0;
}
