/* SPDX-License-Identifier: MIT */
/*
 * report: what status tells of mcinit and of its servers; see report.h.
 *
 * It must never write past a value's room, whoever wrote the line.
 */
#include "report.h"

#include <string.h>

#include "fmt.h"

#define X(member, kind, name, help) \
	{ REPORT_##kind, offsetof(struct report_whole, member), \
	    sizeof(((struct report_whole *)0)->member), name },
static const struct report_row whole_rows[] = { REPORT_WHOLE(X) };
#undef X
#define X(member, kind, name, help) \
	{ REPORT_##kind, offsetof(struct report_server, member), \
	    sizeof(((struct report_server *)0)->member), name },
static const struct report_row server_rows[] = { REPORT_SERVER(X) };
#undef X

const struct report_form report_whole_form = { "whole", whole_rows,
	sizeof(whole_rows) / sizeof(whole_rows[0]) };
const struct report_form report_server_form = { "server", server_rows,
	sizeof(server_rows) / sizeof(server_rows[0]) };

static bool
is_text(const struct report_row *row)
{
	return row->kind == REPORT_TEXT || row->kind == REPORT_LIST;
}

void
report_clear(const struct report_form *form, void *values)
{
	for (int i = 0; i < form->count; i++) {
		char *at = (char *)values + form->rows[i].at;

		if (is_text(&form->rows[i]))
			*at = '\0';
		else
			memcpy(at, &(int64_t){ REPORT_UNKNOWN }, sizeof(int64_t));
	}
}

size_t
report_line(const struct report_form *form, const void *values, char line[REPORT_LINE])
{
	size_t n = fmt_put(line, REPORT_LINE, "%s", form->word), added;

	for (int i = 0; i < form->count; i++) {
		const struct report_row *row = &form->rows[i];
		const char *at = (const char *)values + row->at;
		int64_t number = 0;

		if (!is_text(row))
			memcpy(&number, at, sizeof(number));
		if (is_text(row) ? *at == '\0' : number == REPORT_UNKNOWN)
			continue;
		if (is_text(row))
			added = fmt_put(line + n, REPORT_LINE - 1 - n, "\t%s=%s", row->name, at);
		else
			added = fmt_put(line + n, REPORT_LINE - 1 - n, "\t%s=%lld", row->name, (long long)number);
		if (added >= REPORT_LINE - 1 - n)
			break;
		for (size_t c = n + 1; c < n + added; c++)
			if ((unsigned char)line[c] < ' ' || line[c] == 0x7f)
				line[c] = '?';
		n += added;
	}
	line[n] = '\n';
	line[n + 1] = '\0';
	return n + 1;
}

/* A whole number that fits, or -1. */
static int64_t
number_in(const char *text, size_t bytes)
{
	int64_t n = 0;

	if (bytes == 0 || bytes > 18)
		return REPORT_UNKNOWN;
	for (size_t i = 0; i < bytes; i++) {
		if (text[i] < '0' || text[i] > '9')
			return REPORT_UNKNOWN;
		n = n * 10 + (text[i] - '0');
	}
	return n;
}

static void
take(const struct report_form *form, const char *name, size_t length, const char *value, size_t bytes,
    void *values)
{
	for (int i = 0; i < form->count; i++) {
		const struct report_row *row = &form->rows[i];
		char *at = (char *)values + row->at;

		if (strlen(row->name) != length || memcmp(row->name, name, length) != 0)
			continue;
		if (is_text(row))
			fmt_put(at, row->room, "%.*s", (int)bytes, value);
		else
			memcpy(at, &(int64_t){ number_in(value, bytes) }, sizeof(int64_t));
		return;
	}
}

bool
report_read(const struct report_form *form, const char *line, size_t bytes, void *values)
{
	size_t at = strlen(form->word);

	report_clear(form, values);
	if (bytes < at || memcmp(line, form->word, at) != 0 || (bytes > at && line[at] != '\t'))
		return false;
	while (at < bytes) {
		const char *part = line + at + 1;
		const char *end = memchr(part, '\t', bytes - at - 1), *equals;
		size_t length = end != NULL ? (size_t)(end - part) : bytes - at - 1;

		equals = memchr(part, '=', length);
		if (equals != NULL)
			take(form, part, (size_t)(equals - part), equals + 1,
			    length - (size_t)(equals + 1 - part), values);
		at += 1 + length;
	}
	return true;
}

/* ---- is it well ---- */

static bool
is(const char *text, const char *word)
{
	return strcmp(text, word) == 0;
}

const char *
report_not_alive(const struct report_server *s)
{
	if (is(s->state, "failed"))
		return "it failed";
	if (is(s->state, "stopped") && (is(s->wish, "up") || is(s->wish, "restart")))
		return "it stopped, and nobody here wanted that";
	return is(s->health, "unhealthy") ? "it does not answer" : NULL;
}

const char *
report_not_ready(const struct report_server *s)
{
	const char *why = report_not_alive(s);

	if (why != NULL || is(s->state, "running"))
		return why;
	return is(s->state, "starting") ? "it is starting" : is(s->state, "stopping") ? "it is stopping" :
	    is(s->state, "backoff") ? "it crashed, and waits to be started again" : "it is stopped";
}
