/* SPDX-License-Identifier: MIT */
/*
 * man FILE: prints that manual page or completion, from the rows of keys.def, the verbs, and what status tells.
 *
 * Built and run by `make man`, and by tests/check-man.sh, which finds a stale one.  A program of its own,
 * so that these texts are not in everybody's binary.  A page FILE is what stands in FILE.in, with lists in
 * the places of the lines `.\"@LIST`.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "ini/conf.h"
#include "report.h"

static void
put(const char *text)
{
	fputs(text, stdout);
}

/* In a page: "-" is a minus, and a dot does not begin a request. */
static void
put_page_text(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '-')
			put("\\-");
		else if (*text == '\\')
			put("\\e");
		else
			putchar(*text);
}

/* ---- pages ---- */

static void
put_page_verb(const char *name, const char *words, const char *options, const char *help)
{
	(void)options;
	put(".TP\n.B ");
	put_page_text(name);
	if (*words != '\0') {
		put(" \\fR");
		put_page_text(words);
		put("\\fP");
	}
	put("\n");
	putchar(help[0] >= 'a' && help[0] <= 'z' ? help[0] - 'a' + 'A' : help[0]);
	put_page_text(help + 1);
	put(".\n");
}

static void
put_value(const char *name, const char *help)
{
	printf(".TP\n.B %s\n", name);
	putchar(help[0] >= 'a' && help[0] <= 'z' ? help[0] - 'a' + 'A' : help[0]);
	put_page_text(help + 1);
	put(".\n");
}

static void
put_list(const char *list)
{
	if (strcmp(list, "verbs") == 0)
		cli_each_verb(put_page_verb);
#define X(member, kind, name, help) put_value(name, help);
	if (strcmp(list, "whole") == 0) {
		REPORT_WHOLE(X)
	}
	if (strcmp(list, "server") == 0) {
		REPORT_SERVER(X)
	}
#undef X
	if (strcmp(list, "example") == 0)
		put(".nf\n$ mcinit status \\-\\-json | jq \\(aq.servers[] | {name, state, players}\\(aq\n"
		    "{\n  \"name\": \"lobby\",\n  \"state\": \"running\",\n  \"players\": 3\n}\n.fi\n");
}

static int
put_page(const char *file)
{
	static char line[1024], in[256];
	FILE *from;

	snprintf(in, sizeof(in), "%s.in", file);
	from = fopen(in, "r");
	if (from == NULL) {
		perror(in);
		return 1;
	}
	put(".\\\" SPDX-License-Identifier: MIT\n.\\\" Made from its .in file by \"make man\"; changes belong there.\n");
	while (fgets(line, sizeof(line), from) != NULL) {
		if (strncmp(line, ".\\\"@", 4) != 0) {
			put(line);
			continue;
		}
		line[strcspn(line, "\n")] = '\0';
		put_list(line + 4);
	}
	fclose(from);
	return 0;
}

/* ---- completions ---- */

static const char names[] = "mcinit status 2>/dev/null | awk 'NR > 3 && /^[^ ]/ { print $1 }'";

static void
put_bash_verb(const char *name, const char *words, const char *options, const char *help)
{
	(void)help;
	printf("\t%s) words='%s'; names=%d ;;\n", name, options, strstr(words, "NAME") != NULL);
}

static void
put_name(const char *name, const char *words, const char *options, const char *help)
{
	(void)words;
	(void)options;
	(void)help;
	printf(" %s", name);
}

static void
put_bash(void)
{
	put("# SPDX-License-Identifier: MIT\n# Made by \"make man\" from the verbs of mcinit; changes belong there.\n"
	    "# shellcheck shell=bash disable=SC2207  # words\n\n"
	    "_mcinit()\n{\n\tlocal verb= words= names=0 i\n"
	    "\tlocal word=${COMP_WORDS[COMP_CWORD]}\n"
	    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	    "\t\tcase ${COMP_WORDS[i]} in\n"
	    "\t\t-c | -o | -S | --trace) ((i++)) ;;\n"
	    "\t\t-*) ;;\n"
	    "\t\t*) verb=${COMP_WORDS[i]}; break ;;\n"
	    "\t\tesac\n\tdone\n"
	    "\tcase $verb in\n"
	    "\t'') words='");
	cli_each_verb(put_name);
	put(" -c -n -d -o -S --trace --help --version' ;;\n");
	cli_each_verb(put_bash_verb);
	printf("\tesac\n\t[ \"$names\" = 0 ] || words+=\" $(%s)\"\n", names);
	put("\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
	    "complete -o default -F _mcinit mcinit\n");
}

/* A single quote stands in none of them but "'s". */
static void
put_quoted(const char *text, const char *quote)
{
	for (; *text != '\0'; text++)
		if (*text == '\'')
			put(quote);
		else
			putchar(*text);
}

static void
put_zsh_verb(const char *name, const char *words, const char *options, const char *help)
{
	(void)words;
	(void)options;
	printf("\t\t'%s:", name);
	put_quoted(help, "'\\''");
	put("'\n");
}

static void
put_zsh_options(const char *name, const char *words, const char *options, const char *help)
{
	(void)help;
	if (*options == '\0' && strstr(words, "NAME") == NULL)
		return;
	printf("\t%s) options=(%s); names=%d ;;\n", name, options, strstr(words, "NAME") != NULL);
}

static void
put_zsh(void)
{
	put("#compdef mcinit\n# SPDX-License-Identifier: MIT\n"
	    "# Made by \"make man\" from the verbs of mcinit; changes belong there.\n\n"
	    "_mcinit()\n{\n\tlocal -a verbs options servers\n\tlocal verb names=0 i\n\tverbs=(\n");
	cli_each_verb(put_zsh_verb);
	put("\t)\n\tfor ((i = 2; i < CURRENT; i++)); do\n"
	    "\t\tcase ${words[i]} in\n"
	    "\t\t-c | -o | -S | --trace) ((i++)) ;;\n"
	    "\t\t-*) ;;\n"
	    "\t\t*) verb=${words[i]}; break ;;\n"
	    "\t\tesac\n\tdone\n"
	    "\tif [[ -z $verb ]]; then\n"
	    "\t\t_describe -t verbs verb verbs\n"
	    "\t\tcompadd -- -c -n -d -o -S --trace --help --version\n\t\treturn\n\tfi\n"
	    "\tcase $verb in\n");
	cli_each_verb(put_zsh_options);
	put("\tesac\n\tcompadd -- $options\n");
	printf("\t(( names )) && servers=(${(f)\"$(%s)\"})\n", names);
	put("\tcompadd -- $servers\n\t[[ $verb == (check|reexec) ]] && _files\n}\n\n_mcinit \"$@\"\n");
}

static void
put_fish_verb(const char *name, const char *words, const char *options, const char *help)
{
	char option[64];

	printf("complete -c mcinit -n __fish_use_subcommand -f -a %s -d '", name);
	put_quoted(help, "\\'");
	put("'\n");
	while (sscanf(options, "%63s", option) == 1) {
		bool is_long = option[1] == '-';

		printf("complete -c mcinit -n '__fish_seen_subcommand_from %s' -%c %s\n", name, is_long ? 'l' :
		    's', option + (is_long ? 2 : 1));
		options += strspn(options, " ") + strlen(option);
	}
	if (strstr(words, "NAME") != NULL)
		printf("complete -c mcinit -n '__fish_seen_subcommand_from %s' -f -a '(__mcinit_servers)'\n", name);
}

static void
put_fish(void)
{
	put("# SPDX-License-Identifier: MIT\n# Made by \"make man\" from the verbs of mcinit; changes belong there.\n\n");
	printf("function __mcinit_servers\n\t%s\nend\n\n", names);
	cli_each_verb(put_fish_verb);
}

int
main(int argc, char *argv[])
{
	const char *file = argc > 1 ? argv[1] : "";

	if (strstr(file, ".ini.5") != NULL)
		conf_print_man(put);
	else if (strstr(file, ".bash") != NULL)
		put_bash();
	else if (strstr(file, ".fish") != NULL)
		put_fish();
	else if (strstr(file, "_mcinit") != NULL)
		put_zsh();
	else
		return put_page(file);
	return 0;
}
