/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the INI: whatever the bytes are, conf_parse() must come back, complain of what is wrong
 * and leave the rest of memory alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ini/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
variable(void *cookie, const char *name, char *value, size_t room)
{
	(void)cookie;
	return name[0] == 'U' ? -ENOENT : snprintf(value, room, "${%s}", name);
}

static void
say(void *cookie, enum conf_severity severity, const char *line)
{
	(void)cookie;
	if (severity == CONF_ERROR && (line[0] == '\0' || strchr(line, '\n')))
		abort();
}

static void
differs(void *cookie, const struct conf_key *key, int slot)
{
	(void)cookie, (void)key, (void)slot;
	abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf conf, again;
	struct conf_source source = { .text = (const char *)data, .bytes = size, .file = "f",
		.directory = "/d", .variable = variable, .secret = variable, .say = say };

	if (conf_parse(&conf, &source, true) != 0)
		return 0;
	if (conf_parse(&again, &source, false) != 0 || conf_follow(&again, &conf, 0xffff) != 0)
		abort();
	conf_compare(&conf, &again, differs, NULL);
	return 0;
}
