/* SPDX-License-Identifier: MIT */
/*
 * print: the rows of keys.def as a table, as a sample INI and as a man page.
 *
 * Called by `mcinit keys` and `mcinit sample`, and by the Makefile for man/mcinit.ini.5.  It
 * must never say anything about a single key that its row does not.
 */
#include <string.h>

#include "conf_in.h"
#include "fmt.h"

enum { LINE_BYTES = 512, RANGE_BYTES = 64, MAN_COLUMNS = 62 };

static const char *const when_words[] = { "now", "next", "boot" };
static const char *const when_long[] = { "at once on reload", "when the server starts next",
    "when mcinit starts next" };

/* What is possible; of a text the range is the length. */
static const char *
range_of(const struct conf_key *key, char text[RANGE_BYTES])
{
	bool length = key->type == CONF_STRING || key->type == CONF_SECRET;

	fmt_put(text, RANGE_BYTES, "%s%s", key->type == CONF_BOOL ? "yes|no" : conf_text(key->range),
	    length && strstr(conf_text(key->range), "..") ? " letters" : "");
	return text;
}

static const char *
or_dash(const char *text)
{
	return *text == '\0' ? "-" : text;
}

static void
put_padded(void (*put)(const char *text), const char *text, size_t width)
{
	char padded[LINE_BYTES];

	fmt_put(padded, sizeof(padded), "%-*s  ", (int)width, text);
	put(padded);
}

void
conf_print_keys(void (*put)(const char *text))
{
	const struct conf_key *key;
	char name[2 * INIH_NAME_BYTES], range[RANGE_BYTES];

	for (key = conf_keys; key < conf_keys + CONF_ROWS; key++) {
		fmt_put(name, sizeof(name), "%s.%s", conf_text(key->section), conf_text(key->name));
		put_padded(put, name, 25);
		put_padded(put, conf_type_name(key->type), 7);
		put_padded(put, or_dash(conf_text(key->def)), 27);
		put_padded(put, or_dash(range_of(key, range)), 53);
		put_padded(put, when_words[key->when], 4);
		put(conf_text(key->help));
		put(key->ready == CONF_LATER ? " (not acted on yet)\n" : "\n");
	}
}

/* Breaks `text` into lines that begin with `mark`. */
static void
put_folded(void (*put)(const char *text), const char *mark, const char *text)
{
	char line[100];
	size_t n, last;

	while (*text != '\0') {
		for (n = 0, last = 0; n < sizeof(line) - 12 && text[n] != '\0'; n++)
			if (text[n] == ' ')
				last = n;
		if (text[n] == '\0' || last == 0)
			last = n;
		fmt_put(line, sizeof(line), "%s%.*s\n", mark, (int)last, text);
		put(line);
		text += last + (text[last] == ' ');
	}
}

static void
put_sample_key(void (*put)(const char *text), const struct conf_key *key)
{
	char line[LINE_BYTES], range[RANGE_BYTES];

	put("\n");
	put_folded(put, "## ", conf_text(key->help));
	if (*range_of(key, range) != '\0') {
		fmt_put(line, sizeof(line), "## Possible: %s\n", range);
		put(line);
	}
	if (key->ready == CONF_LATER)
		put("## This version of mcinit understands the key, but does not act on it yet.\n");
	fmt_put(line, sizeof(line), "# %s =%s%s\n", conf_text(key->name),
	    *conf_text(key->def) ? " " : "", conf_text(key->def));
	put(line);
}

void
conf_print_sample(void (*put)(const char *text))
{
	const struct conf_key *key;
	char line[LINE_BYTES];
	int i;

	put("## mcinit.ini: all keys with their defaults.\n"
	    "##\n"
	    "## Lines with ## explain.  To change a key, remove the \"# \" before it and write\n"
	    "## your value behind the \"=\".  Keys that you leave alone keep their default, so a\n"
	    "## short file is a good file.  \"mcinit check\" tells what is wrong with it.\n");
	for (i = 0; i < CONF_IN_SLOT; i++) {
		fmt_put(line, sizeof(line), "\n\n## %s\n[%s]\n", conf_sections[i].help,
		    conf_sections[i].name);
		put(line);
		for (key = conf_keys; key < conf_keys + CONF_ROWS; key++)
			if (strcmp(conf_text(key->section), conf_sections[i].name) == 0)
				put_sample_key(put, key);
	}
	put("\n\n## More than one server: a section for each.  [server] then holds what they\n"
	    "## share, and each lives in a directory of its own name.\n"
	    "#\n# [server:lobby]\n# [server:survival]\n");
}

/* A "-" is a minus in roff only with a backslash, and a dot that begins a line is a request. */
static void
put_roff(void (*put)(const char *text), const char *text)
{
	char one[2] = "";
	size_t column = 0;

	for (; *text != '\0'; text++) {
		if (*text == ' ' && column > MAN_COLUMNS) {
			put("\n");
			column = 0;
			continue;
		}
		if (column++ == 0 && (*text == '.' || *text == '\''))
			put("\\&");
		one[0] = *text;
		put(*text == '-' ? "\\-" : *text == '\\' ? "\\e" : one);
	}
}

static void
put_man_value(void (*put)(const char *text), const char *what, const char *value)
{
	if (*value == '\0')
		return;
	put(".br\n");
	put(what);
	put(": ");
	put_roff(put, value);
	put("\n");
}

static void
put_man_key(void (*put)(const char *text), const struct conf_key *key)
{
	char range[RANGE_BYTES];

	put(".TP\n.B ");
	put_roff(put, conf_text(key->name));
	put("\n");
	put_roff(put, conf_text(key->help));
	put(".\n");
	put_man_value(put, "Type", conf_type_name(key->type));
	put_man_value(put, "Default", conf_text(key->def));
	put_man_value(put, "Possible", range_of(key, range));
	put_man_value(put, "Takes effect", when_long[key->when]);
	if (key->ready == CONF_LATER)
		put(".br\nThis version understands the key, but does not act on it yet.\n");
}

static const char man_head[] =
    ".\\\" SPDX-License-Identifier: MIT\n"
    ".\\\" Made from ini/keys.def by \"make\"; changes belong there.\n"
    ".TH MCINIT.INI 5 2026-11-21 mcinit \"File formats\"\n"
    ".SH NAME\n"
    "mcinit.ini \\- settings of mcinit, the supervisor for Minecraft servers\n"
    ".SH DESCRIPTION\n"
    "All settings of\n"
    ".BR mcinit (8)\n"
    "stand in one text file.\n"
    "A short one is enough:\n"
    ".PP\n.nf\n.RS\n"
    "[server]\n"
    "dir = /srv/minecraft\n"
    "jar = server.jar\n"
    "heap = 4G\n"
    ".RE\n.fi\n"
    ".PP\n"
    "\\(lqmcinit sample\\(rq prints a file with all keys and their defaults,\n"
    "\\(lqmcinit check\\(rq says everything that is wrong with yours.\n"
    ".SH FORMAT\n"
    ".SS Lines\n"
    "A line is a section\n"
    ".RI ( [section] ),\n"
    "a setting\n"
    ".RI ( \"key = value\" ),\n"
    "a comment that begins with # or ;, or empty.\n"
    "A comment needs a line of its own.\n"
    "Capitals make no difference in the names of sections and keys.\n"
    "Each section, and each key within it, may stand once;\n"
    "only keys whose type has a * may be repeated: each line adds to the ones above,\n"
    "and an empty value clears what they have set.\n"
    ".SS Several servers\n"
    "[server] alone is one server with the name \\(lqserver\\(rq.\n"
    "With one [server:NAME] for each of up to 16 servers, [server] holds what they\n"
    "share.\n"
    "A value in [server:NAME] replaces the shared one, lines of repeatable keys add\n"
    "to it, and the directory of each server is ./NAME if nothing else is said.\n"
    "A name is up to 31 letters, digits, _ and \\-.\n"
    ".SS Values\n"
    ".TP\n.B yes/no\n"
    "yes, true, on, 1 or no, false, off, 0.\n"
    ".TP\n.B time\n"
    "A number with ms, s, m, h or d: 500ms, 10s, 5m, 2h.\nWithout a unit it is seconds.\n"
    ".TP\n.B size\n"
    "A number with K, M, G or T: 512M, 4G.\nK is 1024 bytes.\n"
    "Where a percentage is possible it is one of the memory that there is.\n"
    ".TP\n.B path\n"
    "A relative path starts at the directory of the INI file.\n"
    ".TP\n.B program\n"
    "A path if it has a slash, else a name to look up in PATH.\n"
    ".TP\n.B words, command\n"
    "Words are divided by blanks; single or double quotes keep blanks in a word.\n"
    "A backslash is a character as any other, and no shell is involved.\n"
    "The first word of a command is a program.\n"
    ".TP\n.B text, line, secret\n"
    "The rest of the line.\nOne pair of quotes around all of it is removed.\n"
    "A secret is never printed.\n"
    ".SS Variables\n"
    "${NAME} is replaced by the environment variable NAME,\n"
    "${NAME:\\-default} too, or by the default if the variable is empty or not set.\n"
    "Blanks, quotes and dollar signs in the variable are taken as they are.\n"
    "$$ is a dollar sign.\n"
    ".SS Ranges\n"
    "Below, \\(lqPossible\\(rq shows words and numbers with | between them;\n"
    "1..32 is any number from 1 to 32.\n"
    "For a text they are the number of its letters (bytes).\n"
    "A mistake is said with file, line and key, and mcinit does not start with it;\n"
    "on a reload the settings in force stay.\n";

static const char man_foot[] =
    ".SH EXAMPLES\n"
    "Two servers that share their settings:\n"
    ".PP\n.nf\n.RS\n"
    "[server]\n"
    "heap = 2G\n"
    "jvm_args = \\-XX:+UseG1GC\n"
    "\n"
    "[server:lobby]\n"
    "\n"
    "[server:survival]\n"
    "heap = 6G\n"
    ".RE\n.fi\n"
    ".PP\n"
    "A secret from a container\\(aqs secret file:\n"
    ".PP\n.nf\n.RS\n"
    "[server]\n"
    "rcon_password_file = /run/secrets/rcon\n"
    ".RE\n.fi\n"
    ".SH SEE ALSO\n"
    ".BR mcinit (8)\n";

void
conf_print_man(void (*put)(const char *text))
{
	const struct conf_key *key;
	char line[LINE_BYTES];
	int i;

	put(man_head);
	for (i = 0; i < CONF_IN_SLOT; i++) {
		fmt_put(line, sizeof(line), ".SH \"SECTION [%s]\"\n%s\n", conf_sections[i].name,
		    conf_sections[i].help);
		put(line);
		for (key = conf_keys; key < conf_keys + CONF_ROWS; key++)
			if (strcmp(conf_text(key->section), conf_sections[i].name) == 0)
				put_man_key(put, key);
	}
	put(man_foot);
}
