/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the lines of a console: whatever is printed, its kind and value are ones that there are,
 * nothing is read past the line, prompts and colours change nothing, and what a player says is
 * never taken for what the server says.
 *
 * The first byte chooses what else is made of the line; the rest is the line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "marker.h"
#include "marker_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IN_MOST = 4096 };

struct said {
	enum marker_kind kind;
	int32_t value;
};

static void
insist(bool right)
{
	if (!right)
		abort();
}

/* From a buffer of exactly its size, so that ASan sees a step beyond. */
static struct said
hear(const char *before, const char *line, size_t bytes, const char *after)
{
	size_t n = strlen(before), more = strlen(after), all = n + bytes + more;
	char *copy = malloc(all > 0 ? all : 1);
	struct said said = { .value = -1 };

	insist(copy != NULL);
	memcpy(copy, before, n);
	memcpy(copy + n, line, bytes);
	memcpy(copy + n + bytes, after, more);
	said.kind = marker_of(all > 0 ? copy : copy + 1, all, &said.value);
	free(copy);
	insist(said.kind < MARKER_COUNT);
	switch (said.kind) {
	case MARKER_PROGRESS:
		insist(said.value >= 0 && said.value <= 100);
		break;
	case MARKER_RCON_UP:
		insist(said.value > 0 && said.value <= 65535);
		break;
	case MARKER_OLD_JAVA:
		insist(said.value > 44 && said.value < 1000);
		break;
	default:
		insist(said.value == 0);
	}
	return said;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const spoken[] = {
		VANILLA "<Steve> ", VANILLA "[Not Secure] <Steve> ",
		OLD "<Steve> ", CRAFTBUKKIT "[Admin] Steve: ", PAPER "Steve: ", PAPER "<Steve> ",
		FML "<Steve> ", FORGE "<Steve> ", FORGE_FILE "<Steve> ", NEOFORGE "* Steve ",
		FABRIC "<Steve> ", PAPER "[Steve] ", "\r\033[K" PAPER "\033[m<Steve> ",
		"[12:34:56] [Async Chat Thread - #3/INFO]: ",
		PAPER "Steve issued server command: /say ", PAPER "Steve \xc2\xbb ",
	};
	static const char *const known[] = {
		VANILLA, OLD, PAPER, FORGE, FABRIC, BEDROCK, "", "Caused by: ",
	};
	const char *line = (const char *)data + 1;
	size_t bytes = size - 1;
	struct said said, again;

	if (size < 1 || bytes > IN_MOST)
		return 0;
	said = hear("", line, bytes, "");
	(void)hear(known[data[0] >> 4 & 7], line, bytes, "");
	insist(hear(spoken[data[0] & 15], line, bytes, "").kind == MARKER_NONE);
	/* Only so much of a line is looked at, and a colour takes some of that. */
	if (bytes > 400)
		return 0;
	again = hear("\r> \033[31m\r", line, bytes, "");
	insist(again.kind == said.kind && again.value == said.value);
	again = hear("", line, bytes, "\r");
	insist(again.kind == said.kind && again.value == said.value);
	return 0;
}
