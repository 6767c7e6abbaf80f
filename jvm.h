/* SPDX-License-Identifier: MIT */
/*
 * jvm: the command line of a server from its configuration.
 *
 * Pure: words in, words out.  Called by act.c in the child, before it becomes the server.  It
 * must never look at the file system; whether java and the jar are there is not its business.
 */
#ifndef JVM_H
#define JVM_H

#include "ini/conf.h"

enum { JVM_WORDS = 512, JVM_TEXT = 256 };

/* argv points into the configuration and into `text`; it lives as long as both. */
struct jvm_line {
	int count;
	const char *argv[JVM_WORDS + 1];	/* ends with NULL */
	size_t used;
	char text[JVM_TEXT];
};

/* The words to execute.  Returns 0, or -E2BIG when they are more than JVM_WORDS. */
int jvm_line(struct jvm_line *line, const struct conf_server *conf);

/* The jar that the line needs, or NULL: with `command`, or when `jar` is an @FILE. */
const char *jvm_jar(const struct conf_server *conf);

#endif
