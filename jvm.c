/* SPDX-License-Identifier: MIT */
/*
 * jvm: the command line of a server from its configuration; see jvm.h.
 *
 * It must never make a system call or keep anything between two calls.
 */
#include "jvm.h"

#include <errno.h>

#include "fmt.h"

static void
add(struct jvm_line *line, const char *word)
{
	if (line->count < JVM_WORDS)
		line->argv[line->count] = word;
	line->count++;
}

static void
add_list(struct jvm_line *line, const struct conf_list *list)
{
	for (const char *word = conf_next(list, NULL); word != NULL; word = conf_next(list, word))
		add(line, word);
}

/* java reads k, m and g as powers of 1024, and no fractions. */
static void
add_size(struct jvm_line *line, const char *option, int64_t bytes)
{
	char *word = line->text + line->used;
	size_t room = sizeof(line->text) - line->used;
	size_t n;
	const char *unit = bytes % (1 << 20) == 0 ? "m" : "k";

	if (bytes <= 0)
		return;			/* auto or a percentage: java's own default */
	n = fmt_put(word, room, "%s%lld%s", option,
	    (long long)(bytes >> (*unit == 'm' ? 20 : 10)), unit);
	if (n >= room)
		return;
	line->used += n + 1;
	add(line, word);
}

const char *
jvm_jar(const struct conf_server *conf)
{
	return conf->command.count > 0 || conf->jar[0] == '@' ? NULL : conf->jar;
}

int
jvm_line(struct jvm_line *line, const struct conf_server *conf)
{
	line->count = 0;
	line->used = 0;
	if (conf->command.count > 0) {
		add_list(line, &conf->command);
	} else {
		add(line, conf->java);
		add_size(line, "-Xms", conf->heap_min);
		add_size(line, "-Xmx", conf->heap);
		add_list(line, &conf->jvm_args);
		if (jvm_jar(conf) != NULL)
			add(line, "-jar");
		add(line, conf->jar);
		add_list(line, &conf->args);
	}
	if (line->count > JVM_WORDS)
		return -E2BIG;
	line->argv[line->count] = NULL;
	return 0;
}
