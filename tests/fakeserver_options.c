/*
 * SPDX-License-Identifier: MIT
 *
 * The options of the fake server: from the command line, FAKESERVER_OPTIONS and a config file, and
 * the texts that --mark can ask for.  Called once by main() of fakeserver.c, before anything else.
 * It must never pass over a misspelt option: a scenario would test nothing and still be green.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakeserver.h"

enum kind { FLAG, NUMBER, DURATION, TEXT, MARK, CONFIG };

struct fake_options opt = {
	.crash_after = UNSET, .exit_code = 1, .exit_on_start = UNSET, .stop_after = UNSET,
	.flood = UNSET, .daemon = UNSET, .stop_command = "stop",
	.rcon_port = UNSET, .rcon_seed = 1, .rcon_mode = "vanilla",
};

static const struct {
	const char	*name;
	enum kind	 kind;
	void		*target;
} options[] = {
	{ "--start-delay", DURATION, &opt.start_delay },
	{ "--never-ready", FLAG, &opt.never_ready },
	{ "--crash-after", DURATION, &opt.crash_after },
	{ "--crash-before-ready", FLAG, &opt.crash_before_ready },
	{ "--exit", NUMBER, &opt.exit_code },
	{ "--crash-signal", NUMBER, &opt.crash_signal },
	{ "--exit-on-start", NUMBER, &opt.exit_on_start },
	{ "--stop-after", DURATION, &opt.stop_after },
	{ "--ignore-term", FLAG, &opt.ignore_term },
	{ "--hang", FLAG, &opt.hang },
	{ "--stop-hang", FLAG, &opt.stop_hang },
	{ "--save-time", DURATION, &opt.save_time },
	{ "--after-save", DURATION, &opt.after_save },
	{ "--silent", FLAG, &opt.silent },
	{ "--flood", NUMBER, &opt.flood },
	{ "--flood-lines", NUMBER, &opt.flood_lines },
	{ "--flood-crash", FLAG, &opt.flood_crash },
	{ "--clock", DURATION, &opt.clock },
	{ "--orphans", NUMBER, &opt.orphans },
	{ "--orphan-life", DURATION, &opt.orphan_life },
	{ "--daemon", DURATION, &opt.daemon },
	{ "--daemon-ignore-term", FLAG, &opt.daemon_ignore_term },
	{ "--keep-fds", FLAG, &opt.keep_fds },
	{ "--child-saves", FLAG, &opt.child_saves },
	{ "--stop-self", FLAG, &opt.stop_self },
	{ "--report", FLAG, &opt.report },
	{ "--first", NUMBER, &opt.first },
	{ "--players", NUMBER, &opt.players },
	{ "--journal", TEXT, &opt.journal },
	{ "--last-line", TEXT, &opt.last_line },
	{ "--ready-line", TEXT, &opt.ready_line },
	{ "--stop-command", TEXT, &opt.stop_command },
	{ "--rcon", FLAG, &opt.rcon },
	{ "--rcon-after", DURATION, &opt.rcon_after },
	{ "--rcon-port", NUMBER, &opt.rcon_port },
	{ "--rcon-password", TEXT, &opt.rcon_password },
	{ "--rcon-mode", TEXT, &opt.rcon_mode },
	{ "--rcon-never", FLAG, &opt.rcon_never },
	{ "--rcon-delay", DURATION, &opt.rcon_delay },
	{ "--rcon-hang", FLAG, &opt.rcon_hang },
	{ "--rcon-close", NUMBER, &opt.rcon_close },
	{ "--rcon-garble", FLAG, &opt.rcon_garble },
	{ "--rcon-seed", NUMBER, &opt.rcon_seed },
	{ "--rcon-flood", FLAG, &opt.rcon_flood },
	{ "--rcon-half", FLAG, &opt.rcon_half },
	{ "--rcon-drip", DURATION, &opt.rcon_drip },
	{ "--rcon-gap", DURATION, &opt.rcon_gap },
	{ "--rcon-wrong-id", FLAG, &opt.rcon_wrong_id },
	{ "--rcon-no-stop-reply", FLAG, &opt.rcon_no_stop_reply },
	{ "--rcon-list", TEXT, &opt.rcon_list },
	{ "--mark", MARK, NULL },
	{ "--config", CONFIG, NULL },
};

/* What real servers and JVMs print before they end; "raw" lines come without the console prefix. */
static const struct {
	const char	*name;
	bool		 raw;
	const char	*text[2];
} marks[] = {
	{ "crash-report", false, { "Encountered an unexpected exception",
	    "This crash report has been saved to: /data/crash-reports/crash-1-server.txt" } },
	{ "watchdog", false, { "A single server tick took 60.00 seconds (should be max 0.05)",
	    "Considering it to be crashed, server will forcibly shutdown." } },
	{ "eula", false, { "You need to agree to the EULA in order to run the server. "
	    "Go to eula.txt for more info.", NULL } },
	{ "port", false, { "**** FAILED TO BIND TO PORT!",
	    "The exception was: java.net.BindException: Address already in use" } },
	{ "world-lock", true, { "net.minecraft.util.DirectoryLock$LockException: /data/world/"
	    "session.lock: already locked (possibly by other Minecraft instance?)", NULL } },
	{ "restart", false, { "Attempting to restart with ./start.sh", NULL } },
	{ "oom", true, { "Terminating due to java.lang.OutOfMemoryError: Java heap space", NULL } },
	{ "fatal", true, { "# A fatal error has been detected by the Java Runtime Environment:",
	    "#  SIGSEGV (0xb) at pc=0x00007f0000000000, pid=1, tid=2" } },
	{ "jvm-option", true, { "Unrecognized VM option 'UseNoSuchThing'",
	    "Error: Could not create the Java Virtual Machine." } },
	{ "no-jar", true, { "Error: Unable to access jarfile server.jar", NULL } },
	{ "old-java", true, { "java.lang.UnsupportedClassVersionError: Main (class file version "
	    "65.0), this version of the Java Runtime only recognizes up to 61.0", NULL } },
};

static int64_t
number_of(const char *option, const char *text, bool is_duration)
{
	static const struct { const char *name; int64_t factor; } units[] = {
		{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
	};
	char *end;
	long long value;
	size_t i;

	if (is_duration && strcmp(text, "forever") == 0)
		return FOREVER;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || end == text || value < 0 || value > INT64_C(1000000000000))
		fake_die(STATUS_USAGE, option, text);
	for (i = 0; is_duration && i < COUNT(units); i++)
		if (strcmp(end, units[i].name) == 0)
			return value * units[i].factor;
	if (is_duration || *end != '\0')
		fake_die(STATUS_USAGE, option, text);
	return value;
}

static void
add_mark(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(marks); i++) {
		if (strcmp(marks[i].name, name) != 0)
			continue;
		opt.marks |= 1U << i;
		return;
	}
	fake_die(STATUS_USAGE, "--mark", name);
}

/* Words that a java command line may hold beside the options above: 2 for those with a value. */
static int
java_words(const char *word)
{
	static const char *const ignored[] = { "-X", "-D", "--add-", "--nogui" };
	size_t i;

	if (strcmp(word, "-jar") == 0)
		return 2;
	for (i = 0; i < COUNT(ignored); i++)
		if (strncmp(word, ignored[i], strlen(ignored[i])) == 0)
			return 1;
	if (word[0] == '-')
		fake_die(STATUS_USAGE, "unknown option", word);
	return 1;
}

/* Returns how many words were used; a config option leaves its file name in *config. */
static int
take_option(const char *word, const char *value, const char **config)
{
	size_t i;

	for (i = 0; i < COUNT(options) && strcmp(options[i].name, word) != 0; i++)
		;
	if (i == COUNT(options))
		return java_words(word);
	if (options[i].kind != FLAG && value == NULL)
		fake_die(STATUS_USAGE, "value missing after", word);
	switch (options[i].kind) {
	case FLAG:
		*(int64_t *)options[i].target = 1;
		return 1;
	case NUMBER:
	case DURATION:
		*(int64_t *)options[i].target =
		    number_of(word, value, options[i].kind == DURATION);
		break;
	case TEXT:
		*(const char **)options[i].target = value;
		break;
	case MARK:
		add_mark(value);
		break;
	case CONFIG:
		*config = value;
		break;
	}
	return 2;
}

static void
read_words(char **word, const char **config)
{
	while (*word != NULL)
		if (take_option(word[0], word[1], config) == 2 && *++word == NULL)
			return;
		else
			word++;
}

static void
read_environment(const char **config)
{
	static char text[4096];
	static char *words[256];
	const char *value;
	char *next;
	size_t n;

	value = getenv("FAKESERVER_OPTIONS");
	if (value == NULL)
		return;
	if (snprintf(text, sizeof(text), "%s", value) >= (int)sizeof(text))
		fake_die(STATUS_USAGE, "FAKESERVER_OPTIONS", "too long");
	n = 0;
	for (next = strtok(text, " \t"); next && n < COUNT(words) - 1; next = strtok(NULL, " \t"))
		words[n++] = next;
	read_words(words, config);
}

/* One option a line, the rest of the line is its value: the way to give a text with blanks. */
static void
read_file(const char *name)
{
	static char text[16384];
	const char *config = NULL;
	char *line, *value, *rest;
	FILE *file;

	file = fopen(name, "re");
	if (file == NULL)
		fake_die(STATUS_USAGE, "cannot open the config file", name);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		value = strchr(line, ' ');
		if (value != NULL)
			*value++ = '\0';
		if (*line != '#' && *line != '\0')
			take_option(line, value, &config);
	}
	if (config != NULL)
		fake_die(STATUS_USAGE, "a config file names a config file", config);
}

void
fake_options_read(char **argv)
{
	const char *config = NULL;

	read_environment(&config);
	if (argv[0] != NULL)
		read_words(argv + 1, &config);
	if (config != NULL)
		read_file(config);
}

void
fake_options_say_marks(void)
{
	size_t i, j;

	for (i = 0; i < COUNT(marks); i++)
		for (j = 0; (opt.marks & 1U << i) && j < 2 && marks[i].text[j]; j++)
			if (marks[i].raw)
				fake_say_raw(marks[i].text[j]);
			else
				fake_say("%s", marks[i].text[j]);
	if (opt.last_line != NULL)
		fake_say_raw(opt.last_line);
}
