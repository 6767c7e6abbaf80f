/* SPDX-License-Identifier: MIT */
/*
 * filter_lab: a laboratory for streams of bytes.  Each also comes cut in two at each byte, and byte
 * by byte, and into the smallest room; and each call is made twice, the second time as a successor
 * would make it.
 *
 * Included once by each test of filter.h.  It must never know what the right output is.
 */
#ifndef FILTER_LAB_H
#define FILTER_LAB_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "fmt.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define TIME		"2026-11-25T12:00:00.123Z"
#define OPEN		"{\"time\":\"" TIME "\",\"server\":\"lobby\",\"line\":\""
#define CLOSE		"\"}\n"

/* A literal with its length, because there are NULs in some. */
#define ROW(in, out)	{ in, sizeof(in) - 1, out, sizeof(out) - 1 }
#define SAME(text)	ROW(text, text)

enum { LARGE = 1 << 17 };

static const int64_t noon = 1795608000123;	/* TIME */

struct row {
	const char *in;
	size_t in_bytes;
	const char *out;
	size_t out_bytes;
};

static const struct filter_form raw = { .name = "lobby", .raw = true },
    text = { .name = "lobby" }, colored = { .name = "lobby", .color = true },
    prefixed = { .name = "lobby", .prefix = true },
    prefixed_colored = { .name = "lobby", .prefix = true, .color = true },
    json = { .name = "lobby", .json = true },
    json_colored = { .name = "lobby", .json = true, .color = true };

static struct {
	const struct filter_form *form;
	struct filter_state state;
	size_t room;
	char out[LARGE];
	size_t filled;
} lab;

static void
begin(const struct filter_form *form, size_t room)
{
	lab.form = form;
	lab.state = (struct filter_state){ 0 };
	lab.room = room;
	lab.filled = 0;
}

/* One call, with input and room of exactly their sizes, so that ASan sees a step beyond. */
static size_t
put_once(struct filter_state *state, const char *in, size_t bytes, char *out, size_t *used)
{
	char *from = malloc(bytes > 0 ? bytes : 1), *to = malloc(lab.room);
	size_t put;

	memcpy(from, in, bytes);
	*used = SIZE_MAX;
	put = filter_put(lab.form, state, from, bytes, noon, to, lab.room, used);
	assert_true(put <= lab.room && *used <= bytes);
	assert_true(bytes == 0 || *used > 0);
	memcpy(out, to, put);
	free(from);
	free(to);
	return put;
}

static size_t
put(const char *in, size_t bytes)
{
	static char again[LARGE];
	struct filter_state before = lab.state;
	size_t used, used_again, n = put_once(&lab.state, in, bytes, lab.out + lab.filled, &used);

	assert_int_equal(put_once(&before, in, used, again, &used_again), n);
	assert_int_equal(used_again, used);
	assert_memory_equal(again, lab.out + lab.filled, n);
	assert_memory_equal(&before, &lab.state, sizeof(before));
	lab.filled += n;
	return used;
}

/* All of it, `first` bytes and then `piece` more at a time; what was not taken comes again. */
static void
feed(const char *in, size_t bytes, size_t first, size_t piece)
{
	size_t at = 0, there = first;

	while (at < bytes) {
		there = there < bytes ? there : bytes;
		at += put(in + at, there - at);
		there += piece;
	}
}

static void
end(void)
{
	char *to = malloc(FILTER_ROOM);
	size_t n = filter_end(lab.form, &lab.state, to, FILTER_ROOM);

	assert_true(n <= FILTER_ROOM);
	memcpy(lab.out + lab.filled, to, n);
	lab.filled += n;
	free(to);
}

static void
check(const char *out, size_t bytes)
{
	if (lab.filled != bytes || memcmp(lab.out, out, bytes) != 0)
		fail_msg("'%.*s' instead of '%.*s'", (int)lab.filled, lab.out, (int)bytes, out);
}

static void
check_whole(const struct filter_form *form, const struct row *row)
{
	begin(form, LARGE / 2);
	feed(row->in, row->in_bytes, row->in_bytes, 1);
	check(row->out, row->out_bytes);
	begin(form, FILTER_ROOM);
	feed(row->in, row->in_bytes, row->in_bytes, 1);
	check(row->out, row->out_bytes);
}

static void
check_cut(const struct filter_form *form, const struct row *row)
{
	for (size_t cut = 1; cut <= row->in_bytes; cut++) {
		begin(form, FILTER_ROOM);
		feed(row->in, row->in_bytes, cut, row->in_bytes);
		check(row->out, row->out_bytes);
	}
	begin(form, FILTER_ROOM);
	feed(row->in, row->in_bytes, 1, 1);
	check(row->out, row->out_bytes);
}

static void
check_rows(const struct filter_form *form, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		check_whole(form, &rows[i]);
		check_cut(form, &rows[i]);
	}
}

/* For lines whose look depends on where they are cut. */
static void
check_rows_whole(const struct filter_form *form, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_whole(form, &rows[i]);
}

#define CHECK(form, ...) do {							\
	static const struct row checked[] = { __VA_ARGS__ };			\
	check_rows(form, checked, COUNT(checked));				\
} while (0)

#endif
