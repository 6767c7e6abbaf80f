/* SPDX-License-Identifier: MIT */
/*
 * What conf.h promises of an INI file: lines, sections, servers, lists, variables, overrides.
 * Rules between keys are in unit_conf_rules.c, single values in unit_conf_rows.c, two
 * configurations held against each other in unit_conf_reload.c.
 */
#include <dirent.h>

#include "conf_try.h"

/* --- servers --- */

static void
nothing_is_one_server_with_defaults(void **state)
{
	(void)state;
	good("");
	assert_int_equal(conf.servers, 1);
	assert_string_equal(conf.name[0], "server");
	assert_int_equal(conf_slot(&conf, "server"), 0);
	assert_int_equal(conf_slot(&conf, "other"), -1);
	assert_int_equal(conf_slot(&conf, ""), -1);
	assert_string_equal(conf.server[0].dir, "/etc/mc");
	assert_string_equal(conf.server[0].java, "java");
	assert_string_equal(S(conf.server[0].args), "nogui");
	assert_true(conf.server[0].heap == CONF_WORD(0));
	assert_int_equal(conf.server[0].stop_timeout, 120000);
	assert_int_equal(conf.mcinit.log_level, LEVEL_INFO);
	assert_int_equal(conf.secret_env.count, 0);
}

static void
one_plain_section_is_one_server(void **state)
{
	(void)state;
	good("[server]\ndir = world\nheap = 2G");
	assert_int_equal(conf.servers, 1);
	assert_string_equal(conf.server[0].dir, "/etc/mc/world");
	assert_int_equal(conf.server[0].heap, INT64_C(2) << 30);
}

static void
named_servers_inherit(void **state)
{
	(void)state;
	good("[server:lobby]\nheap=1G\n[server:Survival-2]\n[server]\nheap = 2G\nnice = 3\n");
	assert_int_equal(conf.servers, 2);
	assert_string_equal(conf.name[0], "lobby");
	assert_string_equal(conf.name[1], "Survival-2");
	assert_string_equal(conf.server[0].dir, "/etc/mc/lobby");
	assert_string_equal(conf.server[1].dir, "/etc/mc/Survival-2");
	assert_int_equal(conf.server[0].heap, 1 << 30);
	assert_int_equal(conf.server[1].heap, INT64_C(2) << 30);
	assert_int_equal(conf.server[0].nice, 3);
}

static void
named_servers_may_set_their_directory(void **state)
{
	(void)state;
	good("[server:a]\ndir = /srv/a\n[server:b]\n[server]\n");
	assert_string_equal(conf.server[0].dir, "/srv/a");
	assert_string_equal(conf.server[1].dir, "/etc/mc/b");
	good("[server]\ndir = /srv/all\n[server:a]\n");
	assert_string_equal(conf.server[0].dir, "/srv/all");
}

static void
server_names_are_checked(void **state)
{
	(void)state;
	good("[server:abcdefghijklmnopqrstuvwxyz_-012]\n");
	assert_int_equal(try_text("[server:]\n[server:-a]\n[server:a b]\n[server:a/b]\n"
	    "[server:abcdefghijklmnopqrstuvwxyz_-0123]\n[server:..]\n"), 6);
	bad("[server:a.b]\nheap=1G\nnonsense=1\n", "mcinit.ini:1: [server:a.b]: a server's name is "
	    "1 to 31 letters, digits, _ or -, does not begin with -, and is not lock, console, control, "
	    "state, rings or mcinit");
	assert_int_equal(try_text("[server:lock]\n[server:console]\n[server:control]\n[server:state]\n"
	    "[server:rings]\n[server:mcinit]\n"), 6);
	good("[server:locked]\n");
}

static void
seventeen_servers_are_one_too_many(void **state)
{
	char text[512] = "";
	int i;

	(void)state;
	for (i = 0; i < 17; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "[server:s%d]\n", i);
	bad(text, "mcinit.ini:17: [server:s16]: there are already 16 servers, and one mcinit "
	    "runs no "
	    "more than that");
	text[strlen(text) - strlen("[server:s16]\n")] = '\0';
	good(text);
	assert_int_equal(conf.servers, 16);
}

/* --- lists --- */

static void
lists_add_up_and_clear(void **state)
{
	(void)state;
	good("[server]\njvm_args = -a -b\nenv = A=1\njvm_args = -c\nenv = B=2 3\n");
	assert_int_equal(conf.server[0].jvm_args.count, 3);
	assert_string_equal(item_of(&conf.server[0].jvm_args, 2), "-c");
	assert_int_equal(conf.server[0].env.count, 2);
	assert_string_equal(item_of(&conf.server[0].env, 1), "B=2 3");
	assert_null(item_of(&conf.server[0].env, 2));
	good("[server]\njvm_args = -a\njvm_args =\njvm_args = -b\nenv = A=1\nenv =\n");
	assert_int_equal(conf.server[0].jvm_args.count, 1);
	assert_string_equal(S(conf.server[0].jvm_args), "-b");
	assert_int_equal(conf.server[0].env.count, 0);
	assert_non_null(conf.server[0].env.text);
}

static void
lists_are_inherited_added_to_and_cleared(void **state)
{
	(void)state;
	good("[server:a]\nenv=B=2\n[server:b]\nenv=\nenv=C=3\n[server:c]\n[server]\nenv=A=1\n");
	assert_int_equal(conf.server[0].env.count, 2);
	assert_string_equal(S(conf.server[0].env), "A=1");
	assert_string_equal(item_of(&conf.server[0].env, 1), "B=2");
	assert_int_equal(conf.server[1].env.count, 1);
	assert_string_equal(S(conf.server[1].env), "C=3");
	assert_int_equal(conf.server[2].env.count, 1);
	assert_string_equal(S(conf.server[2].env), "A=1");
}

static void
long_interleaved_lists_fit(void **state)
{
	static char text[CONF_TEXT_BYTES];
	size_t n = (size_t)sprintf(text, "[server]\n");
	int i;

	(void)state;
	for (i = 0; n < sizeof(text) - 64; i++)
		n += (size_t)sprintf(text + n, "env = A%d=1\njvm_args = -D%d\n", i, i);
	good(text);
	assert_int_equal(conf.server[0].env.count, i);
	assert_int_equal(conf.server[0].jvm_args.count, i);
}

static void
commands_are_replaced(void **state)
{
	(void)state;
	good("[server:a]\ncommand = x y\nargs =\n[server]\ncommand = p q r\n");
	assert_int_equal(conf.server[0].command.count, 2);
	assert_string_equal(S(conf.server[0].command), "x");
	assert_int_equal(conf.server[0].args.count, 0);
}

/* --- words and variables --- */

static void
quotes_group_and_backslashes_do_not(void **state)
{
	(void)state;
	good("[server]\nargs = a\"b c\"d 'e \"f' \"\" C:\\dir\\ \tg\n");
	assert_int_equal(conf.server[0].args.count, 5);
	assert_string_equal(S(conf.server[0].args), "ab cd");
	assert_string_equal(item_of(&conf.server[0].args, 1), "e \"f");
	assert_string_equal(item_of(&conf.server[0].args, 2), "");
	assert_string_equal(item_of(&conf.server[0].args, 3), "C:\\dir\\");
	assert_string_equal(item_of(&conf.server[0].args, 4), "g");
	assert_string_equal(shown("server", "args"), "\"ab cd\" \"e \"'\"'\"f\" \"\" C:\\dir\\ g");
	bad("[server]\nargs = it's\n",
	    "mcinit.ini:2: server.args: a quote (') is opened, but not closed");
}

static void
a_text_loses_one_pair_of_quotes(void **state)
{
	(void)state;
	good("[server]\njar = \"my server.jar\"\nstop_message = 'a' b 'c'\nenv = \"A= x \"\n");
	assert_string_equal(conf.server[0].jar, "my server.jar");
	assert_string_equal(conf.server[0].stop_message, "'a' b 'c'");
	assert_string_equal(S(conf.server[0].env), "A= x ");
	good("[server]\nstop_message = Don't\njar = \"\n");
	assert_string_equal(conf.server[0].stop_message, "Don't");
	assert_string_equal(conf.server[0].jar, "\"");
}

static void
variables_are_filled_in(void **state)
{
	(void)state;
	good("[server]\nheap = ${HEAP}\njar = $${HEAP}-${_x1}-${NONE:-x}${NONE:-}${EMPTY:-y z}$$\n"
	    "args = ${NESTED} ${BLANKS}x ${EMPTY} ${EMPTY:-} \"${EMPTY}\" ${NONE:-a b} ${QUOTE}\n");
	assert_int_equal(conf.server[0].heap, INT64_C(3) << 30);
	assert_string_equal(conf.server[0].jar, "${HEAP}-under-xy z$");
	assert_int_equal(conf.server[0].args.count, 5);
	assert_string_equal(S(conf.server[0].args), "${HEAP}");
	assert_string_equal(item_of(&conf.server[0].args, 1), "two wordsx");
	assert_string_equal(item_of(&conf.server[0].args, 2), "");
	assert_string_equal(item_of(&conf.server[0].args, 3), "a b");
	assert_string_equal(item_of(&conf.server[0].args, 4), "a \"b");
	good("[server]\nenv = A=1\nenv = ${EMPTY}\n");
	assert_int_equal(conf.server[0].env.count, 1);
}

static void
bad_variables_are_named(void **state)
{
	static const char *const wrong[] = { "$", "a$b", "${", "${HEAP", "${}", "${:-x}", "${1A}",
	    "${A-B}", "${HEAP:x}", "${A:-${B}}", "${A:-$$}", "$HEAP", "${BREAK}", "${LONG}",
	    "${A B}", "${HEAP:}" };
	char line[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(line, sizeof(line), "[server]\njar = %s\nargs = %s\nenv=A=%s\n", wrong[i],
		    wrong[i], wrong[i]);
		if (try_text(line) != 3)
			fail_msg("%s says %s", line, heard);
	}
	bad("[server]\nheap = ${HEEP}\n", "mcinit.ini:2: server.heap: there is no environment "
	    "variable HEEP; set it, or write ${HEEP:-default}");
	bad("[server]\njar = ${BREAK}\n", "mcinit.ini:2: server.jar: the value of environment "
	    "variable BREAK holds a control character");
}

/* --- lines --- */

static void
comments_blanks_and_case_are_free(void **state)
{
	(void)state;
	good("\n# a\n ; b\n\t[SERVER]\n\tJava\t=  /opt/java \t\nRESTART=ALWAYS\r\n\r\nheap = 1g");
	assert_string_equal(conf.server[0].java, "/opt/java");
	assert_int_equal(conf.server[0].restart, RESTART_ALWAYS);
	assert_int_equal(conf.server[0].heap, 1 << 30);
	good("[server]\nstop_message = a ; b # c = d\n");
	assert_string_equal(conf.server[0].stop_message, "a ; b # c = d");
}

static void
windows_files_are_taken(void **state)
{
	(void)state;
	good("\xEF\xBB\xBF[server]\r\njar = a.jar\r\n");
	assert_string_equal(conf.server[0].jar, "a.jar");
	good("[server]\njar = s\xC3\xA4ger\xFF.jar\n");
	assert_string_equal(conf.server[0].jar, "s\xC3\xA4ger\xFF.jar");
	bad("\xFF\xFE[\0s\0", "mcinit.ini: is UTF-16; save it as UTF-8 (Notepad: \"Save as\", "
	    "encoding UTF-8)");
	bad("\xFE\xFF", "mcinit.ini: is UTF-16; save it as UTF-8 (Notepad: \"Save as\", "
	    "encoding UTF-8)");
}

static void
bad_lines_are_refused(void **state)
{
	static const char *const wrong[][2] = {
		{ "heap 4G", "there is no \"=\"; write \"key = value\"" },
		{ "heap: 4G", "there is a \":\" where a \"=\" belongs; write \"key = value\"" },
		{ "= 4G", "there is no key before the \"=\"" },
		{ "[log", "a section needs a \"]\" at its end" },
		{ "[]", "[]: a section needs a name" },
		{ "[log] # x", "there is something behind the \"]\"; comments need their own "
		    "line" },
		{ "[lllllllllllllllllllllllllllllllllllllllllllllllllog]",
		    "this section's name is too long to be one of mcinit's" },
		{ "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhheap = 1",
		    "this key's name is too long to be one of mcinit's" },
		{ "jar = a\x01", "holds a control character; only tabs are allowed" },
		{ "jar = a\x7f", "holds a control character; only tabs are allowed" },
		{ "jar = a\rb", "holds a control character; only tabs are allowed" },
		{ "# \x1b[0m", "holds a control character; only tabs are allowed" },
	};
	char text[256], complaint[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "[server]\nnice = 1\n%s\n", wrong[i][0]);
		snprintf(complaint, sizeof(complaint), "mcinit.ini:3: %s", wrong[i][1]);
		bad(text, complaint);
	}
}

static void
keys_below_a_bad_title_belong_to_nobody(void **state)
{
	(void)state;
	bad("[server]\nheap = 1G\n[log # x\nheap = 2G\nnonsense = 1\n",
	    "mcinit.ini:3: a section needs a \"]\" at its end");
	bad("[server]\nheap = 1G\n[lug]\nheap = 2G\nnonsense = 1\n", "mcinit.ini:3: [lug]: unknown "
	    "section; did you mean [log]?; there are [mcinit] [log] [server] and [server:NAME]");
	/* What the reader gives inih in the stead of a bad title cannot be written by a user. */
	assert_int_equal(try_text("[?]\n"), 1);
	assert_int_equal(try_text("[\1]\n"), 1);
}

static void
a_nul_is_refused(void **state)
{
	static const char text[] = "[server]\nnice = 1\0\n\0\n";

	(void)state;
	assert_int_equal(try_into(&conf, text, sizeof(text) - 1, false), 2);
	assert_string_equal(heard, "E mcinit.ini:2: holds a NUL byte; an INI is plain text\n"
	    "E mcinit.ini:3: holds a NUL byte; an INI is plain text\n");
}

static void
lines_and_files_have_a_largest_size(void **state)
{
	static char text[CONF_TEXT_BYTES + 1];
	int n = sprintf(text, "[server]\nargs = ");

	(void)state;
	memset(text + n, 'a', CONF_LINE_BYTES - 2 - strlen("args = "));
	good(text);
	assert_int_equal(strlen(S(conf.server[0].args)), CONF_LINE_BYTES - 2 - strlen("args = "));
	strcat(text, "a\nnice = 1\n");
	bad(text, "mcinit.ini:2: longer than 4094 bytes");
	memset(text, '\n', sizeof(text));
	assert_int_equal(try_into(&conf, text, CONF_TEXT_BYTES, false), 0);
	assert_int_equal(try_into(&conf, text, CONF_TEXT_BYTES + 1, false), 1);
}

static void
values_have_a_largest_sum(void **state)
{
	static char text[CONF_TEXT_BYTES];
	int i, n;

	(void)state;
	n = sprintf(text, "[server]\n");
	for (i = 0; i < 15; i++) {
		n += sprintf(text + n, "jvm_args = ");
		memset(text + n, 'a', 4000);
		n += sprintf(text + n + 4000, "\n") + 4000;
	}
	good(text);
	/* Each server's own list holds the inherited one as well. */
	for (i = 0; i < 3; i++)
		n += sprintf(text + n, "[server:s%d]\njvm_args = b\n", i);
	bad(text, "mcinit.ini: all values together are longer than 94208 bytes; use fewer or "
	    "shorter "
	    "ones");
}

/* --- names --- */

static void
unknown_names_get_the_nearest(void **state)
{
	(void)state;
	bad("[server]\nheep = 4G\n",
	    "mcinit.ini:2: server.heep: unknown key; did you mean \"heap\"?");
	bad("[server:a]\nCrashLimit = 4\n",
	    "mcinit.ini:2: server.CrashLimit: unknown key; did you mean \"crash_limit\"?");
	bad("[server]\npassword = hunter2\n",
	    "mcinit.ini:2: server.password: unknown key; did you mean \"rcon_password\"?");
	bad("[server]\nxyzzy = 4G\n",
	    "mcinit.ini:2: server.xyzzy: unknown key; \"mcinit keys\" lists all");
	bad("[server]\nrotate_keep = 4\n",
	    "mcinit.ini:2: server.rotate_keep: unknown key; it belongs into [log]");
	bad("[sever]\nheap = 4G\n", "mcinit.ini:1: [sever]: unknown section; did you mean "
	    "[server]?; "
	    "there are [mcinit] [log] [server] and [server:NAME]");
	bad("[boot]\nx = 1\ny = 2\n", "mcinit.ini:1: [boot]: unknown section; there are [mcinit] "
	    "[log] [server] and [server:NAME]");
	bad("heap = 4G\n[server]\n", "mcinit.ini:1: heap: stands outside a section; put [server] "
	    "or "
	    "another section above it");
}

static void
nothing_stands_twice(void **state)
{
	(void)state;
	bad("[server]\nheap = 4G\nnice = 1\nheap = 2G\n",
	    "mcinit.ini:4: server.heap: set twice, first in line 2");
	bad("[server:a]\n[server]\n[SERVER:a]\n", "mcinit.ini:3: [SERVER:a] stands here a second "
	    "time, first in line 1; put both together");
	good("[server:a]\n[server:A]\n");
}

static void
all_errors_come_at_once(void **state)
{
	char text[2048] = "[server]\nheap = 99x\n[log]\n[lag]\n";
	int i;

	(void)state;
	assert_int_equal(try_text("x=1\n[server]\nheap = 99x\nnice = 99\nheep = "
	    "1\njunk\n[lag]\n"), 6);
	assert_string_equal(heard,
	    "E mcinit.ini:1: x: stands outside a section; put [server] or another section above "
	    "it\n"
	    "E mcinit.ini:3: server.heap: \"99x\" is not a size such as 512M or 4G (possible: "
	    "auto|16M..4T|5%..95%)\n"
	    "E mcinit.ini:4: server.nice: 99 is above 19\n"
	    "E mcinit.ini:5: server.heep: unknown key; did you mean \"heap\"?\n"
	    "E mcinit.ini:6: there is no \"=\"; write \"key = value\"\n"
	    "E mcinit.ini:7: [lag]: unknown section; did you mean [log]?; there are [mcinit] [log] "
	    "[server] and [server:NAME]\n");
	for (i = 0; i < 30; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "junk\n");
	assert_int_equal(try_text(text), 32);
	assert_non_null(strstr(heard, "E mcinit.ini:22: "));
	assert_null(strstr(heard, "E mcinit.ini:23: "));
	assert_non_null(strstr(heard, "\nE ... and 12 more\n"));
}

/* --- overrides --- */

static void
overrides_come_last(void **state)
{
	(void)state;
	overrides[0] = "server.heap=1G";
	overrides[1] = "Mcinit.Log_Level = debug";
	overrides[2] = "server.env=C=3";
	overrides[3] = "server.heap=2G";
	overrides[4] = "server.jar=a=b.c";
	good("[server]\nheap=4G\nenv=A=1\n");
	assert_int_equal(conf.server[0].heap, INT64_C(2) << 30);
	assert_int_equal(conf.mcinit.log_level, LEVEL_DEBUG);
	assert_string_equal(shown("server", "env"), "A=1 C=3");
	assert_string_equal(conf.server[0].jar, "a=b.c");
	overrides[0] = "server:a.heap=1G";
	overrides[1] = "server.heap=2G";
	overrides[2] = "server:b.env=";
	good("[server:a]\n[server:b]\n[server]\nenv=A=1\n");
	assert_int_equal(conf.server[0].heap, 1 << 30);
	assert_int_equal(conf.server[1].heap, INT64_C(2) << 30);
	assert_int_equal(conf.server[0].env.count, 1);
	assert_int_equal(conf.server[1].env.count, 0);
	overrides[0] = "server:server.env=A=1";
	good("");
	assert_int_equal(conf.server[0].env.count, 1);
}

static void
bad_overrides_are_named(void **state)
{
	static const char *const wrong[][2] = {
		{ "server.heap=99x", "-o server.heap=99x: server.heap: \"99x\" is not a size "
		    "such as "
		    "512M or 4G (possible: auto|16M..4T|5%..95%)" },
		{ "server.nice=99", "-o server.nice=99: server.nice: 99 is above 19" },
		{ "heap=4G", "-o heap: write SECTION.KEY=VALUE, for example server.heap=4G" },
		{ "server.heap", "-o server.heap: write SECTION.KEY=VALUE, for example "
		    "server.heap=4G" },
		{ "server:x.heap=4G", "-o server:x.heap: there is no [server:x] in mcinit.ini" },
		{ "server.pasword=hunter2", "-o server.pasword: server.pasword: unknown key; "
		    "\"mcinit keys\" lists all" },
		{ "log.heap=1", "-o log.heap: log.heap: unknown key; it belongs into [server]" },
		{ "a\nb.c=d", "-o (the 1. one): too long, or holds a control character" },
		{ ".=", "-o .: write SECTION.KEY=VALUE, for example server.heap=4G" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		overrides[0] = wrong[i][0];
		bad("", wrong[i][1]);
	}
}

/* --- files --- */

static size_t
read_file(const char *path, char *text, size_t room)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL)
		fail_msg("%s cannot be read; the tests run in the top directory", path);
	n = fread(text, 1, room, f);
	fclose(f);
	return n;
}

static void
samples_are_good(void **state)
{
	static const char *const files[] = { "ini/demo.ini", "ini/container.ini", "ini/pi.ini" };
	static char text[CONF_TEXT_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(try_into(&conf, text, read_file(files[i], text, sizeof(text)),
		    true),
		    0);
		assert_string_equal(heard, "");
		assert_int_equal(conf.servers, 1);
	}
}

static void
bad_corpus_is_bad(void **state)
{
	static char text[2 * CONF_TEXT_BYTES];
	struct dirent *entry;
	char path[512];
	DIR *dir = opendir("tests/bad-ini");
	int seen = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "tests/bad-ini/%s", entry->d_name);
		if (try_into(&conf, text, read_file(path, text, sizeof(text)), true) < 1)
			fail_msg("%s is accepted", path);
		assert_string_not_equal(heard, "");
		seen++;
	}
	closedir(dir);
	assert_true(seen >= 20);
}

static void
a_huge_line_is_bad(void **state)
{
	static char text[10 << 20];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(try_into(&conf, text, sizeof(text), true), 1);
	memset(text, 0, CONF_TEXT_BYTES);
	assert_int_equal(try_into(&conf, text, CONF_TEXT_BYTES, true), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_one_server_with_defaults),
		cmocka_unit_test(one_plain_section_is_one_server),
		cmocka_unit_test(named_servers_inherit),
		cmocka_unit_test(named_servers_may_set_their_directory),
		cmocka_unit_test(server_names_are_checked),
		cmocka_unit_test(seventeen_servers_are_one_too_many),
		cmocka_unit_test(lists_add_up_and_clear),
		cmocka_unit_test(lists_are_inherited_added_to_and_cleared),
		cmocka_unit_test(long_interleaved_lists_fit),
		cmocka_unit_test(commands_are_replaced),
		cmocka_unit_test(quotes_group_and_backslashes_do_not),
		cmocka_unit_test(a_text_loses_one_pair_of_quotes),
		cmocka_unit_test(variables_are_filled_in),
		cmocka_unit_test(bad_variables_are_named),
		cmocka_unit_test(comments_blanks_and_case_are_free),
		cmocka_unit_test(windows_files_are_taken),
		cmocka_unit_test(bad_lines_are_refused),
		cmocka_unit_test(keys_below_a_bad_title_belong_to_nobody),
		cmocka_unit_test(a_nul_is_refused),
		cmocka_unit_test(lines_and_files_have_a_largest_size),
		cmocka_unit_test(values_have_a_largest_sum),
		cmocka_unit_test(unknown_names_get_the_nearest),
		cmocka_unit_test(nothing_stands_twice),
		cmocka_unit_test(all_errors_come_at_once),
		cmocka_unit_test(overrides_come_last),
		cmocka_unit_test(bad_overrides_are_named),
		cmocka_unit_test(samples_are_good),
		cmocka_unit_test(bad_corpus_is_bad),
		cmocka_unit_test(a_huge_line_is_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
