/*
 * SPDX-License-Identifier: MIT
 *
 * The commands of the fake server, from its console or by RCON: those of a server that scenarios
 * need, and echo, long and color, whose reply a test can foretell.  Called by fakeserver.c and
 * fakeserver_rcon.c when the main thread takes commands.  It must never answer anywhere but where
 * the command came from.
 *
 *	echo TEXT	TEXT
 *	long N [KIND]	N UTF-16 units, in characters whose UTF-8 has KIND bytes (1), or 4, 1, 2 and
 *			3 in turn (mixed).  With i units before it, a character is the (i % 26)-th
 *			from a, U+00E0, U+4E00 or U+1F600; the last is of 1 byte if only that fits.
 *	color		text with formatting codes, one of them of six digits
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakeserver.h"

#define SECTION	"\xc2\xa7"

static struct fake_text *answer_to;	/* NULL: the console */
static struct fake_text *flush_for;
static bool save_off;

static void
answer_bytes(const char *bytes, size_t len)
{
	struct fake_text line = { 0 };
	char prefix[64];
	int n;

	if (answer_to != NULL) {
		fake_text_add(answer_to, bytes, len);
		return;
	}
	/* fake_say has no room for the longest. */
	n = fake_io_prefix(prefix, sizeof(prefix));
	fake_text_add(&line, prefix, (size_t)n);
	fake_text_add(&line, bytes, len);
	fake_text_add(&line, "\n", 1);
	fake_text_flatten(&line);
	fake_io_put(line.bytes, line.len);
	free(line.bytes);
}

static void __attribute__((format(printf, 1, 2)))
answer(const char *format, ...)
{
	char line[LINE_SIZE];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	answer_bytes(line, len < (int)sizeof(line) ? (size_t)len : sizeof(line) - 1);
}

static void
command_list(const char *unused)
{
	char names[4096] = "";
	int64_t i;
	int len;

	(void)unused;
	if (opt.rcon_list != NULL) {
		answer("%s", opt.rcon_list);
		return;
	}
	len = 0;
	for (i = 1; i <= opt.players && len < (int)sizeof(names) - 32; i++)
		len += snprintf(names + len, sizeof(names) - (size_t)len, "%sPlayer%" PRId64,
		    i > 1 ? ", " : "", i);
	answer("There are %" PRId64 " of a max of 20 players online: %s", opt.players, names);
}

/* It speaks to all: the one who said it gets no feedback. */
static void
command_say(const char *text)
{
	fake_say("[%s] %s", answer_to != NULL ? "Rcon" : "Server", text);
}

static void
command_save_all(const char *unused)
{
	(void)unused;
	answer("Saving the game (this may take a moment!)");
	flush_for = answer_to;
	fake_begin_flush();
}

void
fake_command_flushed(void)
{
	answer_to = flush_for;
	answer("Saved the game");
}

static void
switch_saving(bool off)
{
	if (save_off == off)
		answer("Saving is already turned %s", off ? "off" : "on");
	else
		answer("Automatic saving is now %s", off ? "disabled" : "enabled");
	save_off = off;
}

static void
command_save_off(const char *unused)
{
	(void)unused;
	switch_saving(true);
}

static void
command_save_on(const char *unused)
{
	(void)unused;
	switch_saving(false);
}

static void
command_help(const char *unused)
{
	(void)unused;
	answer("/help [<command>]");
	answer("/list [uuids]");
	answer("/stop");
}

static void
command_restart(const char *unused)
{
	(void)unused;
	fake_say("Attempting to restart with ./start.sh");
	fake_begin_save();
}

static void
command_crash(const char *unused)
{
	(void)unused;
	fake_crash();
}

static void
command_exit(const char *code)
{
	fake_finish((int)strtol(code, NULL, 10));
}

static void
command_hang(const char *unused)
{
	(void)unused;
	fake_hang();
}

static void
command_echo(const char *text)
{
	if (*text != '\0')
		answer("%s", text);
}

/* The character with i units before it; returns its bytes. */
static int
pattern(char *bytes, int kind, unsigned int i)
{
	unsigned int n = i % 26;

	switch (kind) {
	case 2:
		bytes[0] = (char)0xc3;
		bytes[1] = (char)(0xa0 + n);
		return 2;
	case 3:
		memcpy(bytes, "\xe4\xb8", 2);
		bytes[2] = (char)(0x80 + n);
		return 3;
	case 4:
		memcpy(bytes, "\xf0\x9f\x98", 3);
		bytes[3] = (char)(0x80 + n);
		return 4;
	}
	bytes[0] = (char)('a' + n);
	return 1;
}

static void
command_long(const char *words)
{
	static const int mixed[] = { 4, 1, 2, 3 };
	unsigned int i, turn;
	unsigned long n;
	char *kinds, *text;
	int kind;
	size_t len;

	n = strtoul(words, &kinds, 10);
	kinds += *kinds == ' ';
	text = n > 100000000 ? NULL : malloc(n * 3 + 4);
	if (text == NULL) {
		answer("Expected a length that there is room for");
		return;
	}
	for (i = turn = 0, len = 0; i < n; turn++) {
		kind = *kinds == 'm' ? mixed[turn % COUNT(mixed)] : *kinds - '0';
		if (i + 1 == n && kind == 4)
			kind = 1;
		len += (size_t)pattern(text + len, kind, i);
		i += kind == 4 ? 2 : 1;
	}
	answer_bytes(text, len);
	free(text);
}

static void
command_color(const char *unused)
{
	(void)unused;
	answer(SECTION "aGreen " SECTION "lbold" SECTION "r " SECTION "x" SECTION "1" SECTION "2"
	    SECTION "e" SECTION "4" SECTION "5" SECTION "fHex" SECTION "r plain");
}

/* The reply comes first: the rest is done by the main thread after it has returned. */
static void
command_stop(void)
{
	answer("Stopping the server");
	fake_stop();
}

void
fake_command_run(char *line, struct fake_text *reply)
{
	static const struct { const char *word; void (*run)(const char *); } commands[] = {
		{ "list", command_list }, { "say", command_say }, { "save-all", command_save_all },
		{ "save-off", command_save_off }, { "save-on", command_save_on },
		{ "help", command_help }, { "restart", command_restart },
		{ "crash", command_crash }, { "exit", command_exit }, { "hang", command_hang },
		{ "echo", command_echo }, { "long", command_long }, { "color", command_color },
	};
	char *rest;
	size_t i, len;

	answer_to = reply;
	line += *line == '/';
	len = strcspn(line, " ");
	rest = line + len + (line[len] == ' ');
	line[len] = '\0';
	if (strcmp(line, opt.stop_command) == 0) {
		command_stop();
		return;
	}
	for (i = 0; i < COUNT(commands); i++) {
		if (strcmp(commands[i].word, line) != 0)
			continue;
		commands[i].run(rest);
		return;
	}
	answer("Unknown or incomplete command, see below for error");
	answer("%s%s%s<--[HERE]", line, *rest != '\0' ? " " : "", rest);
}
