/* SPDX-License-Identifier: MIT */
/*
 * ctl: the language of the control socket; see ctl.h.
 *
 * It must never believe that a line ends, or that its bytes are text.
 */
#include "ctl.h"

#include <stdint.h>
#include <string.h>

#include "fmt.h"

#define HELLO	"mcinit-control "
#define LATE	"late "
#define DATA	"data "

enum { DATA_DIGITS = 9 };		/* more would be past what a size_t of 32 bits can be */

static const struct {
	char word[15];
	uint8_t argument;
} verbs[] = {
#define X(id, word, argument) { word, argument },
	CTL_VERBS(X)
#undef X
};

static bool
is_text(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((unsigned char)bytes[i] < ' ' || bytes[i] == 0x7f)
			return false;
	return true;
}

const char *
ctl_parse(struct ctl_request *request, const char *line, size_t bytes)
{
	const char *blank = memchr(line, ' ', bytes);
	size_t word = blank != NULL ? (size_t)(blank - line) : bytes;
	size_t rest = blank != NULL ? bytes - word - 1 : 0;

	if (!is_text(line, bytes))
		return "a request has no control bytes";
	for (int verb = 0; verb < CTL_VERB_COUNT; verb++) {
		if (strlen(verbs[verb].word) != word || memcmp(line, verbs[verb].word, word) != 0)
			continue;
		if (rest > 0 && verbs[verb].argument == CTL_NONE)
			return "this verb has no argument";
		if (rest == 0 && verbs[verb].argument == CTL_MUST)
			return "this verb needs an argument";
		if (rest >= sizeof(request->argument))
			return "the argument is too long";
		request->verb = (enum ctl_verb)verb;
		memcpy(request->argument, line + bytes - rest, rest);
		request->argument[rest] = '\0';
		return NULL;
	}
	return "this mcinit does not know the verb; it may be older than you";
}

size_t
ctl_ask(char line[CTL_REQUEST], enum ctl_verb verb, const char *argument)
{
	size_t length = strlen(argument);

	if (length >= CTL_ARGUMENT || !is_text(argument, length))
		return 0;
	return fmt_put(line, CTL_REQUEST, "%s%s%s\n", verbs[verb].word, length > 0 ? " " : "", argument);
}

/* A line that is cut still ends, and stays one. */
static size_t
close_line(char line[CTL_ANSWER], size_t n)
{
	if (n > CTL_ANSWER - 2)
		n = CTL_ANSWER - 2;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ')
			line[i] = '?';
	line[n] = '\n';
	line[n + 1] = '\0';
	return n + 1;
}

size_t
ctl_greeting(char line[CTL_ANSWER])
{
	return close_line(line, fmt_put(line, CTL_ANSWER, HELLO "%d " MCINIT_VERSION, CTL_VERSION));
}

size_t
ctl_answer(char line[CTL_ANSWER], bool yes, const char *text)
{
	return close_line(line, fmt_put(line, CTL_ANSWER, "%s %s", yes ? "ok" : "no", text));
}

size_t
ctl_late(char line[CTL_ANSWER], const char *text)
{
	return close_line(line, fmt_put(line, CTL_ANSWER, LATE "%s", text));
}

size_t
ctl_data(char line[CTL_ANSWER], size_t count)
{
	return close_line(line, fmt_put(line, CTL_ANSWER, DATA "%zu", count));
}

bool
ctl_is_greeting(const char *line)
{
	char ours[32];
	size_t n = fmt_put(ours, sizeof(ours), HELLO "%d ", CTL_VERSION);

	return strncmp(line, ours, n) == 0;
}

bool
ctl_is_answer(const char *line, bool *yes, const char **text)
{
	*yes = line[0] == 'o';
	*text = line + 3;
	return strncmp(line, "ok ", 3) == 0 || strncmp(line, "no ", 3) == 0;
}

bool
ctl_is_late(const char *line, const char **text)
{
	*text = line + sizeof(LATE) - 1;
	return strncmp(line, LATE, sizeof(LATE) - 1) == 0;
}

bool
ctl_is_data(const char *line, size_t *count)
{
	const char *digits = line + sizeof(DATA) - 1, *c = digits;

	*count = 0;
	if (strncmp(line, DATA, sizeof(DATA) - 1) != 0)
		return false;
	for (; *c >= '0' && *c <= '9' && c - digits < DATA_DIGITS; c++)
		*count = *count * 10 + (size_t)(*c - '0');
	return c > digits && *c == '\0';
}
