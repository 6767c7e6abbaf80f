/* SPDX-License-Identifier: MIT */
/*
 * load: finds the INI, reads it with everything it refers to, and makes a configuration of it.
 *
 * Reading may block (a disk, a network file system), so as PID 1 it happens at the start only;
 * later in a helper, load_role(), that hands the text to PID 1 through a pipe.  What was read
 * is kept with the ${} values and secrets it asked for, so that it can be parsed again without
 * a look at a file or environment that changed meanwhile.  Called by mcinit.c, cli.c, act.c.
 */
#ifndef LOAD_H
#define LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "ini/conf.h"

enum { LOAD_PATH = 1024, LOAD_RECORDS = 32 * 1024 };

/*
 * `text` holds ini_bytes of INI, then records up to `bytes`: a letter, and one or two strings
 * with their NULs. 'o' SECTION.KEY=VALUE; 'v' NAME VALUE; 's' PATH CONTENT.
 */
struct load_text {
	uint32_t ini_bytes, bytes;
	char file[LOAD_PATH];		/* absolute; "" = no INI, defaults */
	char directory[LOAD_PATH];	/* absolute; relative paths start here */
	char text[CONF_TEXT_BYTES + LOAD_RECORDS];
};

/* What the command line says of the configuration. */
struct load_request {
	const char *file;		/* -c, or NULL */
	const char *const *overrides;	/* -o, in order */
	int count;
};

typedef void load_say(void *cookie, enum conf_severity severity, const char *line);

/* A complaint as a line of the log; the cookie is not used. */
load_say load_say_in_log;

/*
 * Finds and reads the INI and parses it into `conf`.  Complains through `say`.  Returns 0, or
 * the number of errors.  With `later`, warns of keys that do nothing yet.
 */
int load_read(struct load_text *text, struct conf *conf, const struct load_request *request,
    bool later, load_say *say, void *cookie);

/* Parses what load_read() kept; asks neither files nor environment. */
int load_again(const struct load_text *text, struct conf *conf, load_say *say, void *cookie);

/* A configuration without servers, for a machine that has no INI it could use. */
void load_nothing(struct conf *conf);

/* The bytes of `text` that mean something: what goes through the pipe, and into the state. */
size_t load_bytes(const struct load_text *text);

/* Whether `bytes` of `text`, as they came out of a pipe, are whole. */
bool load_is_whole(const struct load_text *text, size_t bytes);

/* The helper's main(): reads, complains on stderr, writes the text to fd 3.  0 or 78. */
int load_role(const struct load_request *request);

#endif
