/* SPDX-License-Identifier: MIT */
/*
 * cli: the command line, and the verbs.
 *
 * Called by main() before anything else is set up.  May block and may print; it must never be
 * called once servers run.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>

#include "load.h"

enum { CLI_OVERRIDES = 64 };

struct cli {
	struct load_request request;	/* -c and -o */
	const char *overrides[CLI_OVERRIDES];
	bool check_only;		/* -n */
	bool daemon;			/* -d */
	const char *socket;		/* -S: the socket of the mcinit that is meant */
	const char *trace;		/* --trace FILE */
	char *const *verb;		/* the first word that is no option, and what follows it */
	int words;			/* how many */
	int exit_code;			/* of cli_parse() that said no */
};

/* Fills `cli`; false: it has said why, and exit_code is to be used. */
bool cli_parse(struct cli *cli, int argc, char *argv[]);

/* Does the verb.  The exit code. */
int cli_verb(struct cli *cli);

/* Each verb, for manuals and completions (tools/man.c): what may follow it, all its options, a line of help. */
void cli_each_verb(void (*see)(const char *name, const char *words, const char *options, const char *help));

/* Reads and checks the configuration, says every error and warning.  The exit code: 0 or 78. */
int cli_check(struct cli *cli);

#endif
