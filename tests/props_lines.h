/* SPDX-License-Identifier: MIT */
/*
 * Properties files that people and editors have made, and worse ones: what a key says in them, and
 * which bytes change when it is given another value.  For tests/unit_props.c, and through
 * tests/helper_props.c for java itself, which has to read the same.
 */
#ifndef PROPS_LINES_H
#define PROPS_LINES_H

#include <stddef.h>

struct props_bytes {
	const char *at;
	size_t count;
};

/* The text is `head` `old` `tail`, and `head` `new` `tail` once the key has the value `set`. */
struct props_sample {
	const char *what;
	struct props_bytes head, old, tail;
	const char *key, *value;	/* NULL: it has none that can be told */
	const char *set;
	struct props_bytes new;
};

#define B(literal) { literal, sizeof(literal) - 1 }
#define BOM "\xef\xbb\xbf"

static const struct props_sample props_samples[] = {
	/* Line ends. */
	{ "nothing", B(""), B(""), B(""), "a", NULL, "1", B("a=1\n") },
	{ "LF", B("a="), B("1"), B("\nb=2\n"), "a", "1", "7", B("7") },
	{ "CRLF", B("a=1\r\nb="), B("2"), B("\r\nc=3\r\n"), "b", "2", "7", B("7") },
	{ "CR", B("a=1\rb="), B("2"), B("\rc=3\r"), "b", "2", "7", B("7") },
	{ "mixed ends", B("a=1\r\nb=2\rc="), B("3"), B("\n\r\rd=4"), "c", "3", "x", B("x") },
	{ "a new line, LF", B("a=1\n"), B(""), B(""), "b", NULL, "2", B("b=2\n") },
	{ "a new line, CRLF", B("a=1\r\n"), B(""), B(""), "b", NULL, "2", B("b=2\r\n") },
	{ "a new line, CR", B("a=1\r"), B(""), B(""), "b", NULL, "2", B("b=2\r") },
	{ "a new line behind CR of mixed ends", B("a=1\nc=3\r\nd=4\r"), B(""), B(""), "b", NULL,
	    "2",
	    B("b=2\r") },
	{ "no end of the last line", B("a=1\r\nc=3"), B(""), B(""), "b", NULL, "2",
	    B("\r\nb=2\r\n") },
	{ "no line end at all", B("a=1"), B(""), B(""), "b", NULL, "2", B("\nb=2\n") },
	{ "the last line has no end", B("b=1\na="), B("1"), B(""), "a", "1", "22", B("22") },
	{ "empty lines at the end", B("a=1\n\n\n"), B(""), B(""), "b", NULL, "2", B("b=2\n") },
	{ "blanks at the end", B("a=1\n  \t"), B(""), B(""), "b", NULL, "2", B("\nb=2\n") },
	{ "blanks alone", B(" "), B(""), B(""), "b", NULL, "2", B("\nb=2\n") },

	/* Separators. */
	{ "a colon", B("a:"), B("1"), B("\n"), "a", "1", "7", B("7") },
	{ "a blank", B("a "), B("1"), B("\n"), "a", "1", "7", B("7") },
	{ "a tab", B("a\t"), B("1"), B("\n"), "a", "1", "7", B("7") },
	{ "a form feed", B("a\f"), B("1"), B("\n"), "a", "1", "7", B("7") },
	{ "a vertical tab is no blank", B("a\v=1\na="), B("2"), B("\n"), "a", "2", "7", B("7") },
	{ "blanks on all sides", B(" \t\fa \t\f= \t\f"), B("1 "), B("\n"), "a", "1 ", "7", B("7") },
	{ "a sign of the value", B("a==\n"), B(""), B(""), "x", NULL, "7", B("x=7\n") },
	{ "two signs", B("a="), B("=1"), B("\n"), "a", "=1", "=2", B("\\=2") },
	{ "a colon behind a sign", B("a = "), B(": 1"), B("\n"), "a", ": 1", ":", B("\\:") },
	{ "a sign behind blanks", B("a   :  "), B("1"), B("\n"), "a", "1", "b", B("b") },
	{ "a blank keeps a sign from the value", B("a "), B("1"), B("\n"), "a", "1", "=:",
	    B("\\=:") },
	{ "no value", B("a="), B(""), B("\n"), "a", "", "7", B("7") },
	{ "no value, no end", B("a="), B(""), B(""), "a", "", "7", B("7") },
	{ "no separator", B("b\na"), B(""), B("\nc"), "a", "", "7", B("=7") },
	{ "no separator, no end", B("a"), B(""), B(""), "a", "", "7", B("=7") },
	{ "a separator and no more", B("a "), B(""), B("\n"), "a", "", "7", B("7") },
	{ "to nothing", B("a="), B("1"), B("\nb=2\n"), "a", "1", "", B("") },
	{ "to nothing, behind a blank", B("a "), B("1"), B("\nb=2\n"), "a", "1", "", B("") },
	{ "no key", B("=1\n:2\na="), B("3"), B("\n"), "a", "3", "7", B("7") },

	/* One of several. */
	{ "the last counts", B("a=1\nb=2\na="), B("3"), B("\nb=4\n"), "a", "3", "1", B("1") },
	{ "the last counts, spelled otherwise", B("a=1\n\\u0061 : "), B("3"), B("\n"), "a", "3",
	    "7",
	    B("7") },
	{ "a key that begins so", B("server-port-x=1\nserver-portal=2\nserver-port="), B("3"),
	    B("\n"),
	    "server-port", "3", "25565", B("25565") },
	{ "a key that is longer", B("server=1\n"), B(""), B(""), "server-port", NULL, "2",
	    B("server-port=2\n") },
	{ "a large letter", B("A=1\n"), B(""), B(""), "a", NULL, "2", B("a=2\n") },

	/* Comments. */
	{ "a comment alone", B("# a=1"), B(""), B(""), "a", NULL, "2", B("\na=2\n") },
	{ "comments", B("#a=1\n!a=2\n  \t#a=3\na="), B("4"), B("\n#a=5\n"), "a", "4", "7", B("7") },
	{ "a comment goes on nowhere", B("# x\\\na="), B("1"), B("\n"), "a", "1", "7", B("7") },
	{ "a comment ends with a \\", B("# x\\"), B(""), B(""), "a", NULL, "7", B("\na=7\n") },
	{ "a comment of CR", B("# x\ra="), B("1"), B("\r"), "a", "1", "7", B("7") },
	{ "a # in a value", B("a="), B("1 # 2"), B("\n"), "a", "1 # 2", "#", B("#") },
	{ "a # in a key", B("a#b=1\na="), B("2"), B("\n"), "a", "2", "!", B("!") },
	{ "a key with a # before it", B("#a=1\n\\#a="), B("2"), B("\n"), "#a", "2", "7", B("7") },
	{ "a new key of signs", B(""), B(""), B(""), "#a b=c:\\!", NULL, "7",
	    B("\\#a\\ b\\=c\\:\\\\!=7\n") },

	/* Lines that go on. */
	{ "a value goes on", B("a="), B("1,\\\n  \t2"), B("\nb=3\n"), "a", "1,2", "7", B("7") },
	{ "a value goes on, CRLF", B("a="), B("1\\\r\n 2\\\r\n\f3"), B("\r\nb=3\r\n"), "a", "123",
	    "7",
	    B("7") },
	{ "a value goes on, CR", B("a="), B("1\\\r 2"), B("\rb=3\r"), "a", "12", "7", B("7") },
	{ "a value begins in the next line", B("a="), B("\\\n  1"), B("\n"), "a", "1", "7",
	    B("7") },
	{ "a key goes on", B("ser\\\n  ver="), B("1"), B("\n"), "server", "1", "7", B("7") },
	{ "a separator goes on", B("a \\\n = "), B("\\\n 1"), B("\n"), "a", "1", "7", B("7") },
	{ "it goes on in nothing", B("a="), B("1\\\n"), B("\nb=2\n"), "a", "1", "7", B("7") },
	{ "it goes on in blanks", B("a="), B("1\\\n  "), B("\nb=2\n"), "a", "1", "7", B("7") },
	{ "what is no comment", B("a="), B("1\\\n#2"), B("\nb=2\n"), "a", "1#2", "7", B("7") },
	{ "what is no key", B("b=1\\\na=2\na="), B("3"), B("\n"), "a", "3", "7", B("7") },
	{ "what is no key at all", B("b=1\\\na=2\n"), B(""), B(""), "a", NULL, "7", B("a=7\n") },
	{ "a blank line begins so", B("\\\n#b\na="), B("3"), B("\n"), "a", "3", "7", B("7") },
	{ "two \\ end a line", B("b=1\\\\\na="), B("3"), B("\n"), "a", "3", "7", B("7") },
	{ "three \\ do not", B("b=1\\\\\\\na=3\n"), B(""), B(""), "a", NULL, "7", B("a=7\n") },
	{ "four \\", B("a="), B("1\\\\\\\\"), B("\nb=2\n"), "a", "1\\\\", "\\", B("\\\\") },
	{ "a \\ at the end of it all", B("b=1\\"), B(""), B(""), "a", NULL, "7", B("\n\na=7\n") },
	{ "a \\ at the end, CRLF", B("c=1\r\nb=1\\"), B(""), B(""), "a", NULL, "7",
	    B("\r\n\r\na=7\r\n") },
	{ "a \\ at the end, CR", B("c=1\rb=1\\"), B(""), B(""), "a", NULL, "7", B("\r\ra=7\r") },
	{ "a \\ before the last line end", B("b=1\\\n"), B(""), B(""), "a", NULL, "7",
	    B("\na=7\n") },
	{ "a \\ before the last CRLF", B("b=1\\\r\n"), B(""), B(""), "a", NULL, "7",
	    B("\r\na=7\r\n") },
	{ "a \\ before the last CR", B("c=1\nb=1\\\r"), B(""), B(""), "a", NULL, "7",
	    B("\ra=7\r") },
	{ "a \\ before blanks at the end", B("b=1\\\n  "), B(""), B(""), "a", NULL, "7",
	    B("\na=7\n") },
	{ "two \\ at the end", B("b=1\\\\"), B(""), B(""), "a", NULL, "7", B("\na=7\n") },
	{ "the key's own \\ at the end", B("a="), B("1\\"), B(""), "a", "1", "7", B("7") },
	{ "the key's own \\ before the last end", B("a="), B("1\\"), B("\n"), "a", "1", "7",
	    B("7") },
	{ "a \\ behind the key, and no more", B("a"), B("\\"), B(""), "a", "", "7", B("=7") },

	/* Escapes. */
	{ "a dot that needs none", B("rcon\\.port="), B("1"), B("\n"), "rcon.port", "1", "7",
	    B("7") },
	{ "a dot by its number", B("rcon\\u002eport="), B("1"), B("\n"), "rcon.port", "1", "7",
	    B("7") },
	{ "a dot by its number, large", B("rcon\\u002Eport="), B("1"), B("\n"), "rcon.port", "1",
	    "7",
	    B("7") },
	{ "signs in a key", B("a\\=b\\:c\\ d="), B("1"), B("\n"), "a=b:c d", "1", "7", B("7") },
	{ "signs by their number", B("a\\u003db="), B("1"), B("\n"), "a=b", "1", "7", B("7") },
	{ "a \\ in a key", B("a\\\\="), B("1"), B("\n"), "a\\", "1", "7", B("7") },
	{ "letters", B("a="), B("\\t\\n\\r\\f\\a\\b\\\\\\'"), B("\n"), "a", "\t\n\r\fab\\'",
	    "\t\n\r\f\x01",
	    B("\\t\\n\\r\\f\\u0001") },
	{ "a blank at the beginning", B("a="), B("\\  1"), B("\n"), "a", "  1", "  2", B("\\  2") },
	{ "a number that goes on", B("a="), B("\\u00\\\n  4\\\n1x"), B("\n"), "a", "Ax", "7",
	    B("7") },
	{ "a number too many", B("a="), B("\\u00411"), B("\n"), "a", "A1", "7", B("7") },
	{ "a large U", B("a="), B("\\U0041"), B("\n"), "a", "U0041", "7", B("7") },
	{ "a number of another line", B("b=\\u00zz\na="), B("1"), B("\n"), "a", "1", "7", B("7") },
	{ "no number", B("a=1\na=\\u12\n"), B(""), B(""), "b", NULL, "7", B("b=7\n") },
	{ "no number in the value", B("a="), B("1"), B("\na=\\u00=1\n"), "a", "1", "7", B("7") },
	{ "no number in the key", B("a="), B("1"), B("\na\\u00=1\n"), "a", "1", "7", B("7") },
	{ "no number before a \\", B("a="), B("1"), B("\na=\\u00\\\\\nb=2\n"), "a", "1", "7",
	    B("7") },

	/* Charsets. */
	{ "UTF-8", B("m=\xc3\xbc\na="), B("\xc3\xa9\xe2\x82\xac"), B("\n"), "a",
	    "\xc3\xa9\xe2\x82\xac",
	    "\xc3\xbc", B("\\u00FC") },
	{ "UTF-8 of four bytes", B("a="), B("\xf0\x9f\x98\x80"), B("\n"), "a", "\xf0\x9f\x98\x80",
	    "x\xf0\x9f\x98\x81", B("x\\uD83D\\uDE01") },
	{ "a pair", B("a="), B("\\uD83D\\uDE00"), B("\n"), "a", "\xf0\x9f\x98\x80",
	    "\xe2\x82\xac", B("\\u20AC") },
	{ "half a pair", B("a="), B("\\uD83D!"), B("\n"), "a", NULL, "7", B("7") },
	{ "the other half", B("a="), B("\\uDE00\\uD83D"), B("\n"), "a", NULL, "7", B("7") },
	{ "Latin-1", B("m=\xfc\na="), B("\xe9"), B("\n"), "a", "\xc3\xa9", "\xc3\xbc",
	    B("\\u00FC") },
	{ "Latin-1 that looks like UTF-8", B("m=\xfc\na="), B("\xc3\xa9"), B("\n"), "a",
	    "\xc3\x83\xc2\xa9", "\xc3\xa9", B("\\u00E9") },
	{ "UTF-8 that is cut", B("a="), B("1"), B("\nm=\xe2\x82"), "a", "1", "7", B("7") },
	{ "UTF-8 that is too long", B("m=\xc0\xaf\na="), B("\xc3\xa9"), B("\n"), "a",
	    "\xc3\x83\xc2\xa9", "7", B("7") },
	{ "half a pair in UTF-8", B("m=\xed\xa0\xbd\na="), B("\xc3\xa9"), B("\n"), "a",
	    "\xc3\x83\xc2\xa9", "7", B("7") },
	{ "a key of UTF-8", B("\xc3\xbc="), B("1"), B("\n"), "\xc3\xbc", "1", "7", B("7") },
	{ "a key of Latin-1", B("\xfc="), B("1"), B("\n"), "\xc3\xbc", "1", "7", B("7") },
	{ "a key by its number", B("\\u00fc="), B("1"), B("\n"), "\xc3\xbc", "1", "7", B("7") },
	{ "a new key of UTF-8", B("a=1\n"), B(""), B(""), "\xf0\x9f\x98\x80\xc3\xbc", NULL, "7",
	    B("\\uD83D\\uDE00\\u00FC=7\n") },
	{ "an escape before UTF-8", B("a="), B("\\\xf0\x9f\x98\x80"), B("\n"), "a",
	    "\xf0\x9f\x98\x80",
	    "7", B("7") },
	{ "no blank: NEL, no-break space", B("a="), B("\xc2\xa0" "1\xc2\x85"), B("\nb=1\n"), "a",
	    "\xc2\xa0" "1\xc2\x85", "\xc2\xa0", B("\\u00A0") },
	{ "a BOM alone", B(BOM), B(""), B(""), "a", NULL, "7", B("\na=7\n") },
	{ "a BOM before the key", B(BOM "a=1\n"), B(""), B(""), "a", NULL, "7", B("a=7\n") },
	{ "a BOM before a comment", B(BOM "# x\r\na="), B("1"), B("\r\n"), "a", "1", "7", B("7") },
	{ "a BOM before a line end", B(BOM "\na="), B("1"), B("\n"), "a", "1", "7", B("7") },
	{ "a BOM of a Latin-1 file", B(BOM "a=1\nm=\xfc\n"), B(""), B(""), "a", NULL, "7",
	    B("a=7\n") },
	{ "a NUL in the value", B("a="), B("1\0" "2"), B("\nb=3\n"), "a", NULL, "1", B("1") },
	{ "a NUL by its number", B("a="), B("1\\u00002"), B("\nb=3\n"), "a", NULL, "1", B("1") },
	{ "a NUL in a key", B("a\0=1\na="), B("2"), B("\n"), "a", "2", "7", B("7") },
	{ "a NUL between keys", B("\0\na="), B("2"), B("\n\0"), "a", "2", "7", B("7") },

	/* What a server leaves behind. */
	{ "as vanilla writes it",
	    B("#Minecraft server properties\n#Wed Nov 25 12:00:00 UTC 2026\nenable-rcon=true\nmotd="),
	    B("A Minecraft Server"), B("\nrcon.password=\nrcon.port=25575\nserver-port=25565\n"),
	    "motd", "A Minecraft Server", "\xc2\xa7" "cHi", B("\\u00A7cHi") },
	{ "eula.txt", B("#By changing the setting below to TRUE you are indicating your agreement\n"
	    "#Sun Jan 01 00:00:00 UTC 2023\neula="), B("false"), B("\n"), "eula", "false", "true",
	    B("true") },
	{ "a colon that java escaped", B("generator-settings={}\nlevel-type="),
	    B("minecraft\\:normal"), B("\nmax-players=20\n"), "level-type", "minecraft:normal",
	    "minecraft:flat", B("minecraft:flat") },
};

/* Values of which each byte might be taken for something else. */
static const char *const props_values[] = {
	"", " ", "  x  ", "\t", "\f\f", "\n", "\r\n", "\\", "\\\\", "x\\", "\\n", "\\u0041", "=",
	"==", ":",
	"= :", "#", "!", "# x", " #", "a=b", "a:b", "a b", "\x01\x1f\x7f", "\xc2\x80", "\xc2\xa0",
	"\xc3\xa9", "\xc4\x8c", "\xc4\xa0\xc4\x89", "\xe2\x82\xac", "\xef\xbb\xbf", "\xef\xbf\xbf",
	"\xf0\x9f\x98\x80",
	"\xf4\x8f\xbf\xbf", "x\xf0\x90\x80\x80y", "very \\\n long = \xc2\xa7" "c\t!",
};

enum {
	PROPS_SAMPLES = sizeof(props_samples) / sizeof(props_samples[0]),
	PROPS_VALUES = sizeof(props_values) / sizeof(props_values[0])
};

#endif
