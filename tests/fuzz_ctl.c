/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what comes by the control socket, in both directions: requests (ctl.h), answers, and lines of
 * reports (report.h).  What is understood is said again and understood as the same; nothing is read behind
 * its end, and no value leaves its room.
 *
 * The first byte chooses what it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REQUEST, ANSWER, SERVER, WHOLE, KINDS };

static void
insist(bool right)
{
	if (!right)
		abort();
}

static void
request(const char *line, size_t bytes)
{
	static struct ctl_request first, second;
	char again[CTL_REQUEST];
	size_t n;

	if (ctl_parse(&first, line, bytes) != NULL)
		return;
	insist(first.verb < CTL_VERB_COUNT && strlen(first.argument) < CTL_ARGUMENT);
	n = ctl_ask(again, first.verb, first.argument);
	insist(n > 0 && n <= sizeof(again) && again[n - 1] == '\n');
	insist(ctl_parse(&second, again, n - 1) == NULL);
	insist(first.verb == second.verb && strcmp(first.argument, second.argument) == 0);
}

/* Of these the caller has made a string. */
static void
answer(const char *line, size_t bytes)
{
	char *text = malloc(bytes + 1);
	const char *rest;
	size_t count;
	bool yes;

	insist(text != NULL);
	memcpy(text, line, bytes);
	text[bytes] = '\0';
	if (ctl_is_answer(text, &yes, &rest))
		insist(rest == text + 3);
	if (ctl_is_late(text, &rest))
		insist(rest >= text && rest <= text + bytes);
	if (ctl_is_data(text, &count))
		insist(count <= 999999999);
	ctl_is_greeting(text);
	free(text);
}

static void
report(const struct report_form *form, const char *line, size_t bytes, void *first, void *second, size_t room)
{
	char again[REPORT_LINE];
	size_t n;

	memset(first, 0, room);
	memset(second, 0, room);
	if (!report_read(form, line, bytes, first))
		return;
	for (int i = 0; i < form->count; i++) {
		const struct report_row *row = &form->rows[i];
		const char *at = (const char *)first + row->at;

		if (row->kind == REPORT_TEXT || row->kind == REPORT_LIST)
			insist(memchr(at, '\0', row->room) != NULL);
	}
	n = report_line(form, first, again);
	insist(n > 0 && n < sizeof(again) && again[n - 1] == '\n' && memchr(again, '\n', n) == again + n - 1);
	insist(report_read(form, again, n - 1, second));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct report_server servers[2];
	static struct report_whole wholes[2];
	char *copy;

	if (size == 0)
		return 0;
	/* In memory of exactly its size, so that ASan sees a step beyond. */
	copy = malloc(size);
	insist(copy != NULL);
	memcpy(copy, data + 1, size - 1);
	switch (data[0] % KINDS) {
	case REQUEST:
		request(copy, size - 1);
		break;
	case ANSWER:
		answer(copy, size - 1);
		break;
	case SERVER:
		report(&report_server_form, copy, size - 1, &servers[0], &servers[1], sizeof(servers[0]));
		break;
	case WHOLE:
		report(&report_whole_form, copy, size - 1, &wholes[0], &wholes[1], sizeof(wholes[0]));
		break;
	}
	free(copy);
	return 0;
}
