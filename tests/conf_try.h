/* SPDX-License-Identifier: MIT */
/*
 * conf_try: what the tests of ini/ share: one configuration, an environment, a secret store, and
 * an ear for complaints.  Included once by each of them.
 */
#ifndef CONF_TRY_H
#define CONF_TRY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ini/conf.h"

enum { HEARD_BYTES = 64 * 1024 };

static struct conf conf;
static char heard[HEARD_BYTES];		/* errors with "E ", warnings with "W ", a line each */
static const char *overrides[8];	/* for the next try; emptied by it */

static const char *const environment[][2] = {
	{ "HEAP", "3G" }, { "EMPTY", "" }, { "BLANKS", "two words" }, { "NESTED", "${HEAP}" },
	{ "QUOTE", "a \"b" }, { "BREAK", "a\nb" }, { "PASSWORD", "hunter2" }, { "_x1", "under" },
};

static int
try_variable(void *cookie, const char *name, char *value, size_t room)
{
	size_t i;

	(void)cookie;
	if (strcmp(name, "LONG") == 0)
		return -E2BIG;
	for (i = 0; i < sizeof(environment) / sizeof(environment[0]); i++)
		if (strcmp(environment[i][0], name) == 0)
			return snprintf(value, room, "%s", environment[i][1]);
	return -ENOENT;
}

static int
try_secret(void *cookie, const char *path, char *value, size_t room)
{
	(void)cookie;
	if (strcmp(path, "/etc/mc/secret") == 0)
		return snprintf(value, room, "hunter2");
	if (strcmp(path, "/empty") == 0)
		return 0;
	if (strcmp(path, "/two-lines") == 0)
		return snprintf(value, room, "hunter2\nhunter2");
	return -ENOENT;
}

static void
try_say(void *cookie, enum conf_severity severity, const char *line)
{
	size_t n = strlen(heard);

	(void)cookie;
	assert_null(strchr(line, '\n'));
	snprintf(heard + n, sizeof(heard) - n, "%c %s\n", severity == CONF_ERROR ? 'E' : 'W', line);
}

static int
try_into(struct conf *into, const void *text, size_t bytes, bool later)
{
	struct conf_source source = { .bytes = bytes, .file = "mcinit.ini",
		.directory = "/etc/mc", .overrides = overrides, .variable = try_variable,
		.secret = try_secret, .say = try_say };
	char *copy = malloc(bytes + 1);		/* no byte more, so that ASan sees a step too far */
	int errors;

	assert_non_null(copy);
	memcpy(copy, text, bytes);
	source.text = realloc(copy, bytes ? bytes : 1);
	while (source.override_count < 8 && overrides[source.override_count] != NULL)
		source.override_count++;
	heard[0] = '\0';
	errors = conf_parse(into, &source, later);
	free((void *)(uintptr_t)source.text);
	memset(overrides, 0, sizeof(overrides));
	return errors;
}

static inline int
try_text(const char *text)
{
	return try_into(&conf, text, strlen(text), false);
}

/* The text must parse. */
static inline void
good(const char *text)
{
	if (try_text(text) == 0)
		return;
	print_error("%s\nsays %s", text, heard);
	fail();
}

/* The text must give exactly this one complaint. */
static inline void
bad(const char *text, const char *complaint)
{
	char whole[2048];

	snprintf(whole, sizeof(whole), "E %s\n", complaint);
	assert_int_equal(try_text(text), 1);
	assert_string_equal(heard, whole);
}

static inline const struct conf_key *
key_of(const char *section, const char *name)
{
	int i;

	for (i = 0; i < conf_key_count; i++)
		if (!strcmp(conf_text(conf_keys[i].section), section) && !strcmp(conf_text(conf_keys[i].name), name))
			return &conf_keys[i];
	fail_msg("no key %s.%s", section, name);
	return NULL;
}

static inline const void *
section_of(const struct conf *c, const char *name)
{
	return !strcmp(name, "mcinit") ? (const void *)&c->mcinit :
	    !strcmp(name, "log") ? (const void *)&c->log : (const void *)&c->server[0];
}

/* The value as conf_show() has it. */
static inline const char *
shown(const char *section, const char *name)
{
	static char text[8192];

	conf_show(key_of(section, name), section_of(&conf, section), text, sizeof(text));
	return text;
}

#define S(list) item_of(&(list), 0)

/* The n-th item of a list, or NULL. */
static inline const char *
item_of(const struct conf_list *list, int n)
{
	const char *item = conf_next(list, NULL);

	while (item != NULL && n-- > 0)
		item = conf_next(list, item);
	return item;
}

#endif
