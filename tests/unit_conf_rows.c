/* SPDX-License-Identifier: MIT */
/*
 * The rows of keys.def: each default and both ends of each range are read, values of each type
 * are right or refused, and what is printed of the rows can be used.
 */
#include "conf_try.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { PRINTED_BYTES = 64 * 1024 };
static char printed[PRINTED_BYTES];
static size_t printed_bytes;

static void
put(const char *text)
{
	size_t n = strlen(text);

	assert_true(printed_bytes + n < sizeof(printed));
	memcpy(printed + printed_bytes, text, n + 1);
	printed_bytes += n;
}

static void
print(void (*what)(void (*put)(const char *text)))
{
	printed_bytes = 0;
	printed[0] = '\0';
	what(put);
}

/* One line in the section of a key; true when it is taken. */
static bool
takes(const struct conf_key *key, const char *value)
{
	static char text[8192];

	snprintf(text, sizeof(text), "[%s]\n%s = %s\n", conf_text(key->section), conf_text(key->name), value);
	return try_text(text) == 0;
}

/* The alternatives of a range, cut out of `copy`. */
static int
parts_of(const char *range, char *copy, char *parts[16])
{
	int n = 0;

	strcpy(copy, range);
	for (parts[n] = strtok(copy, "|"); parts[n] != NULL; parts[n] = strtok(NULL, "|"))
		n++;
	return n;
}

static bool
is_number_type(const struct conf_key *key)
{
	return key->type == CONF_INT || key->type == CONF_SIZE || key->type == CONF_PERCENT ||
	    key->type == CONF_DURATION;
}

static void
rows_are_complete(void **state)
{
	const struct conf_key *key, *other;

	(void)state;
	assert_true(conf_key_count > 60);
	for (key = conf_keys; key < conf_keys + conf_key_count; key++) {
		assert_true(strlen(conf_text(key->help)) > 10);
		assert_true(strlen(conf_text(key->name)) < 40);
		assert_true(conf_text(key->help)[strlen(conf_text(key->help)) - 1] != '.');
		assert_int_equal(strspn(conf_text(key->name), "abcdefghijklmnopqrstuvwxyz_"),
		    strlen(conf_text(key->name)));
		if (is_number_type(key) || key->type == CONF_ENUM)
			assert_true(conf_text(key->range)[0] != '\0' && conf_text(key->def)[0] != '\0');
		for (other = conf_keys; other < key; other++)
			assert_false(!strcmp(conf_text(other->name), conf_text(key->name)) &&
			    !strcmp(conf_text(other->section), conf_text(key->section)));
	}
}

static void
defaults_are_within_their_ranges(void **state)
{
	const struct conf_key *key;
	static char before[8192];

	(void)state;
	for (key = conf_keys; key < conf_keys + conf_key_count; key++) {
		good("");
		snprintf(before, sizeof(before), "%s", shown(conf_text(key->section), conf_text(key->name)));
		if (!takes(key, conf_text(key->def)))
			fail_msg("%s = %s: %s", conf_text(key->name), conf_text(key->def), heard);
		assert_string_equal(shown(conf_text(key->section), conf_text(key->name)), before);
	}
}

/* Both ends are taken, but for rules between keys; the number behind the upper one is not. */
static void
check_interval(const struct conf_key *key, const char *part)
{
	char lo[32], hi[32], beyond[64];
	const char *dots = strstr(part, "..");
	int n = dots ? (int)(dots - part) : (int)strlen(part);
	const char *end;

	snprintf(lo, sizeof(lo), "%.*s", n, part);
	snprintf(hi, sizeof(hi), "%s", dots ? dots + 2 : part);
	end = hi + strspn(hi, "-0123456789");
	if (!takes(key, hi) && !strstr(heard, "change one of them") && !strstr(heard, "the waits"))
		fail_msg("%s = %s: %s", conf_text(key->name), hi, heard);
	if (!takes(key, lo) && !strstr(heard, "change one of them") && !strstr(heard, "the waits"))
		fail_msg("%s = %s: %s", conf_text(key->name), lo, heard);
	if (dots == NULL)
		return;
	snprintf(beyond, sizeof(beyond), "%s%lld%s", hi[0] == '0' ? "0" : "",
	    hi[0] == '0' ? 1000LL : atoll(hi) + 1, end);
	if (takes(key, beyond) || !strstr(heard, " is above "))
		fail_msg("%s = %s: %s", conf_text(key->name), beyond, heard);
}

static void
both_ends_of_each_range_are_in_it(void **state)
{
	const struct conf_key *key;
	char copy[256], *parts[16];
	int i, n;

	(void)state;
	for (key = conf_keys; key < conf_keys + conf_key_count; key++) {
		if (!is_number_type(key))
			continue;
		n = parts_of(conf_text(key->range), copy, parts);
		for (i = 0; i < n; i++) {
			if (strpbrk(parts[i], "0123456789") != NULL) {
				check_interval(key, parts[i]);
				continue;
			}
			assert_true(takes(key, parts[i]));
			assert_string_equal(shown(conf_text(key->section), conf_text(key->name)), parts[i]);
		}
	}
}

static void
lengths_of_texts_are_checked(void **state)
{
	const struct conf_key *key;
	static char text[2048];
	long most;

	(void)state;
	for (key = conf_keys; key < conf_keys + conf_key_count; key++) {
		if (strstr(conf_text(key->range), "..") == NULL ||
		    (key->type != CONF_STRING && key->type != CONF_SECRET))
			continue;
		most = atol(strstr(conf_text(key->range), "..") + 2);
		memset(text, '0', sizeof(text));
		text[most + 1] = '\0';
		assert_false(takes(key, text));
		assert_non_null(strstr(heard, " are possible"));
		text[most] = '\0';
		assert_true(takes(key, text));
		assert_int_equal(takes(key, ""), conf_text(key->range)[0] == '0');
	}
}

/* Enumerators of conf.h, in their order, with the words that must stand there in the row. */
static void
enumerators_are_in_the_order_of_the_words(void **state)
{
	static const struct { const char *section, *name, *words[8]; int values[8]; } enums[] = {
		{ "mcinit", "log_level", { "error", "warn", "info", "debug" },
		    { LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG } },
		{ "mcinit", "log_format", { "text", "json" }, { FORMAT_TEXT, FORMAT_JSON } },
		{ "log", "format", { "text", "json" }, { FORMAT_TEXT, FORMAT_JSON } },
		{ "mcinit", "when_all_stopped", { "auto", "exit", "stay" },
		    { ALL_STOPPED_AUTO, ALL_STOPPED_EXIT, ALL_STOPPED_STAY } },
		{ "log", "on_full", { "drop", "block" }, { FULL_DROP, FULL_BLOCK } },
		{ "log", "prefix", { "auto", "yes", "no" },
		{ SWITCH_AUTO, SWITCH_ON, SWITCH_OFF } },
		{ "log", "color", { "auto", "yes", "no" }, { SWITCH_AUTO, SWITCH_ON, SWITCH_OFF } },
		{ "server", "allow_root", { "auto", "yes", "no" },
		    { SWITCH_AUTO, SWITCH_ON, SWITCH_OFF } },
		{ "server", "type", { "auto", "vanilla", "paper", "velocity", "bungee", "bedrock",
		    "generic" }, { TYPE_AUTO, TYPE_VANILLA, TYPE_PAPER, TYPE_VELOCITY, TYPE_BUNGEE,
		    TYPE_BEDROCK, TYPE_GENERIC } },
		{ "server", "jvm_preset", { "none", "aikar", "zgc", "small" },
		    { PRESET_NONE, PRESET_AIKAR, PRESET_ZGC, PRESET_SMALL } },
		{ "server", "tty", { "no", "inherit", "pty" }, { TTY_NO, TTY_INHERIT, TTY_PTY } },
		{ "server", "restart", { "on-failure", "always", "no" },
		    { RESTART_ON_FAILURE, RESTART_ALWAYS, RESTART_NO } },
		{ "server", "health_action", { "none", "restart" },
		{ HEALTH_NONE, HEALTH_RESTART } },
	};
	const struct conf_key *key;
	char copy[256], *parts[16];
	size_t i, rows = 0;
	int n, count;

	(void)state;
	for (i = 0; i < COUNT(enums); i++) {
		key = key_of(enums[i].section, enums[i].name);
		count = parts_of(conf_text(key->range), copy, parts);
		for (n = 0; n < count; n++) {
			assert_string_equal(parts[n], enums[i].words[n]);
			assert_int_equal(enums[i].values[n], n);
			assert_true(takes(key, parts[n]));
			assert_int_equal(*(const int *)((const char *)section_of(&conf,
			    conf_text(key->section)) + key->offset), n);
			assert_string_equal(shown(conf_text(key->section), conf_text(key->name)), parts[n]);
		}
		assert_null(enums[i].words[n]);
	}
	for (key = conf_keys; key < conf_keys + conf_key_count; key++)
		rows += key->type == CONF_ENUM;
	assert_int_equal(rows, COUNT(enums));
}

/* What is written, and what is shown of it; NULL = refused. */
static const struct vector { const char *section, *name, *text, *shown; } vectors[] = {
	{ "server", "eula", "yes", "yes" }, { "server", "eula", "TRUE", "yes" },
	{ "server", "eula", "On", "yes" }, { "server", "eula", "1", "yes" },
	{ "server", "eula", "no", "no" }, { "server", "eula", "false", "no" },
	{ "server", "eula", "off", "no" }, { "server", "eula", "0", "no" },
	{ "server", "eula", "", NULL }, { "server", "eula", "maybe", NULL },
	{ "server", "eula", "2", NULL }, { "server", "eula", "yes no", NULL },
	{ "server", "eula", "01", NULL }, { "server", "eula", "y", NULL },
	{ "server", "eula", "'yes'", "yes" },

	{ "server", "heap", "4G", "4G" }, { "server", "heap", "4g", "4G" },
	{ "server", "heap", "4GB", "4G" }, { "server", "heap", "4GiB", "4G" },
	{ "server", "heap", "4gib", "4G" }, { "server", "heap", "4096M", "4G" },
	{ "server", "heap", "1536M", "1536M" }, { "server", "heap", "1048577K", "1048577K" },
	{ "server", "heap", "1073741824", "1G" }, { "server", "heap", "1073741825B", "1073741825" },
	{ "server", "heap", "1T", "1T" }, { "server", "heap", "AUTO", "auto" },
	{ "server", "heap", "75%", "75%" }, { "server", "heap", "5%", "5%" },
	{ "server", "heap", "007G", "7G" }, { "server", "heap", "\"4G\"", "4G" },
	{ "server", "heap", "4%", NULL }, { "server", "heap", "96%", NULL },
	{ "server", "heap", "999999999999%", NULL }, { "server", "heap", "4096", NULL },
	{ "server", "heap", "4foo", NULL }, { "server", "heap", "4 G", NULL },
	{ "server", "heap", "4GG", NULL }, { "server", "heap", "G", NULL },
	{ "server", "heap", "", NULL }, { "server", "heap", "-4G", NULL },
	{ "server", "heap", "+4G", NULL }, { "server", "heap", "1.5G", NULL },
	{ "server", "heap", "0x4G", NULL }, { "server", "heap", "4P", NULL },
	{ "server", "heap", "9223372036854775808", NULL }, { "server", "heap", "8388608T", NULL },
	{ "server", "heap", "18446744073709551617", NULL },
	{ "server", "heap", "4294967296G", NULL },
	{ "server", "heap", "5T", NULL }, { "server", "heap", "0", NULL },
	{ "server", "heap", "4G ; four", NULL }, { "server", "heap", "auto2", NULL },
	{ "server", "heap", "4Gi", NULL }, { "server", "heap", "4iB", NULL },
	{ "server", "heap_min", "50%", NULL }, { "server", "heap_min", "1G", "1G" },
	{ "server", "rss_limit", "0", "0" }, { "server", "rss_limit", "1M", NULL },
	{ "server", "limit_core", "0", "0" }, { "server", "limit_core", "inherit", "inherit" },

	{ "server", "restart_delay", "500ms", "500ms" }, { "server", "restart_delay", "10", "10s" },
	{ "server", "restart_delay", "10s", "10s" }, { "server", "restart_delay", "1m", "1m" },
	{ "server", "restart_delay", "0", "0" }, { "server", "restart_delay", "60S", "1m" },
	{ "server", "restart_delay", "1500MS", "1500ms" },
	{ "server", "crash_window", "24h", "1d" }, { "server", "crash_window", "1D", "1d" },
	{ "server", "crash_window", "90m", "90m" }, { "server", "crash_window", "2h", "2h" },
	{ "server", "crash_window", "86401", NULL }, { "server", "crash_window", "2d", NULL },
	{ "server", "restart_delay", "-1s", NULL }, { "server", "restart_delay", "1.5s", NULL },
	{ "server", "restart_delay", "1m30s", NULL }, { "server", "restart_delay", "1 s", NULL },
	{ "server", "restart_delay", "s", NULL }, { "server", "restart_delay", "1x", NULL },
	{ "server", "restart_delay", "9223372036854775807", NULL },
	{ "server", "restart_delay", "9223372036854775807d", NULL },
	{ "server", "start_timeout", "500ms", NULL }, { "server", "start_timeout", "0", "0" },
	{ "mcinit", "grace", "unset", "unset" }, { "mcinit", "grace", "30", "30s" },

	{ "server", "nice", "-20", "-20" }, { "server", "nice", "-0", "0" },
	{ "server", "nice", "5", "5" }, { "server", "nice", "05", "5" },
	{ "server", "nice", "Inherit", "inherit" }, { "server", "nice", "--5", NULL },
	{ "server", "nice", "- 5", NULL }, { "server", "nice", "+5", NULL },
	{ "server", "nice", "5s", NULL }, { "server", "nice", "0x5", NULL },
	{ "server", "nice", "-21", NULL }, { "server", "nice", "20", NULL },
	{ "server", "nice", "1e1", NULL }, { "server", "nice", "-", NULL },
	{ "server", "nice", "-9223372036854775808", NULL },
	{ "server", "oom_score_adj", "-1000", "-1000" },
	{ "server", "umask", "027", "027" }, { "server", "umask", "27", "027" },
	{ "server", "umask", "0", "00" }, { "server", "umask", "777", "0777" },
	{ "server", "umask", "028", NULL }, { "server", "umask", "1000", NULL },
	{ "server", "umask", "-1", NULL },
	{ "server", "cgroup_cpu", "150%", "150%" }, { "server", "cgroup_cpu", "150", NULL },
	{ "server", "cgroup_cpu", "-5%", NULL }, { "server", "cgroup_cpu", "none", "none" },

	{ "server", "restart", "ALWAYS", "always" }, { "server", "restart", "off", "no" },
	{ "server", "restart", "false", "no" }, { "server", "restart", "yes", NULL },
	{ "server", "restart", "on_failure", NULL }, { "server", "restart", "", NULL },
	{ "log", "prefix", "on", "yes" }, { "log", "prefix", "0", "no" },
	{ "server", "type", "forge", NULL }, { "server", "health_action", "off", NULL },

	{ "server", "dir", ".", "/etc/mc" }, { "server", "dir", "./", "/etc/mc" },
	{ "server", "dir", "a", "/etc/mc/a" }, { "server", "dir", "./a/b/", "/etc/mc/a/b/" },
	{ "server", "dir", "././/a", "/etc/mc/a" }, { "server", "dir", "../a", "/etc/mc/../a" },
	{ "server", "dir", ".a", "/etc/mc/.a" }, { "server", "dir", "..", "/etc/mc/.." },
	{ "server", "dir", "/a b", "/a b" }, { "server", "dir", "", NULL },
	{ "mcinit", "run_dir", "", "" }, { "mcinit", "run_dir", "run", "/etc/mc/run" },
	{ "server", "java", "java21", "java21" },
	{ "server", "java", "jdk/java", "/etc/mc/jdk/java" },
	{ "server", "java", "/opt/java", "/opt/java" },
	{ "server", "java", "./java", "/etc/mc/java" },
	{ "server", "java", "", NULL },
	{ "server", "command", "./start.sh ./x y", "/etc/mc/start.sh ./x y" },
	{ "server", "command", "start.sh ./x", "start.sh ./x" },
	{ "server", "command", "'/opt/a b' c", "\"/opt/a b\" c" }, { "server", "command", "", "" },
	{ "server", "args", "./x y/z", "./x y/z" }, { "server", "args", "$$x", "$$x" },
	{ "server", "jar", "@unix_args.txt", "@unix_args.txt" }, { "server", "jar", "", NULL },
	{ "server", "jar", "a\tb", "a\tb" }, { "server", "jar", "\" a\"", "\" a\"" },
	{ "server", "env", "A=", "A=" }, { "server", "env", "A=b=c d", "\"A=b=c d\"" },
	{ "server", "env", "A", NULL }, { "server", "env", "=A", NULL },
	{ "server", "env", "A =b", NULL }, { "server", "env", "A=$$b", "A=$$b" },
	{ "server", "property", "motd=\"x\"", "\"motd=\"'\"'\"x\"'\"'\"\"" },
	{ "server", "stop_warn", "60 30 10 5", "60 30 10 5" }, { "server", "stop_warn", "0", NULL },
	{ "server", "stop_warn", "3601", NULL }, { "server", "stop_warn", "10s", NULL },
	{ "server", "stop_warn", "5 five", NULL }, { "server", "stop_warn", "", "" },
	{ "server", "capabilities", "a b", "a b" },
};

static void
values_of_each_type(void **state)
{
	const struct vector *v;
	const struct conf_key *key;

	(void)state;
	assert_true(COUNT(vectors) >= 120);
	for (v = vectors; v < vectors + COUNT(vectors); v++) {
		key = key_of(v->section, v->name);
		if (takes(key, v->text) != (v->shown != NULL))
			fail_msg("%s = %s: %s", v->name, v->text, heard);
		if (v->shown != NULL)
			assert_string_equal(shown(v->section, v->name), v->shown);
	}
}

static void
what_is_shown_reads_back(void **state)
{
	const struct vector *v;
	const struct conf_key *key;
	char text[256];

	(void)state;
	for (v = vectors; v < vectors + COUNT(vectors); v++) {
		if (v->shown == NULL)
			continue;
		key = key_of(v->section, v->name);
		if (key->type == CONF_LINES)
			continue;
		snprintf(text, sizeof(text), "%s", v->shown);
		assert_true(takes(key, text));
		assert_string_equal(shown(v->section, v->name), text);
	}
}

static void
messages_name_the_bound(void **state)
{
	(void)state;
	bad("[server]\nnice = 99\n", "mcinit.ini:2: server.nice: 99 is above 19");
	bad("[server]\nnice = -99\n", "mcinit.ini:2: server.nice: -99 is below -20");
	bad("[server]\nstart_timeout = 500ms\n",
	    "mcinit.ini:2: server.start_timeout: 500ms is below 2s");
	bad("[server]\nstart_timeout = 25h\n",
	    "mcinit.ini:2: server.start_timeout: 25h is above 24h");
	bad("[server]\nheap = 96%\n", "mcinit.ini:2: server.heap: 96% is above 95%");
	bad("[server]\nheap_min = 50%\n", "mcinit.ini:2: server.heap_min: 50%: this cannot be "
	    "a percentage (possible: auto|16M..4T)");
	bad("[server]\nrestart = sometimes\n", "mcinit.ini:2: server.restart: \"sometimes\" is "
	    "not one "
	    "of on-failure|always|no");
	bad("[server]\neula = maybe\n", "mcinit.ini:2: server.eula: \"maybe\" is not yes or no");
	bad("[server]\nheap =\n", "mcinit.ini:2: server.heap: has no value; leave the line out "
	    "to get "
	    "auto");
	bad("[server]\nheap = 4G # four\n", "mcinit.ini:2: server.heap: \"4G # four\" is not a "
	    "size "
	    "such as 512M or 4G (possible: auto|16M..4T|5%..95%); comments need their own line");
	bad("[server]\nenv = A B\n", "mcinit.ini:2: server.env: write NAME=VALUE behind the \"=\"");
	bad("[mcinit]\nsocket_group = 0123456789012345678901234567890123456789\n", "mcinit.ini:2: "
	    "mcinit.socket_group: has 40 bytes, and at most 31 are possible");
}

static void
show_stays_within_its_room(void **state)
{
	char text[16];
	size_t room;

	(void)state;
	good("[server]\nargs = \"a b\" $$c 'd\"e' f\nrcon_password = hunter2\n");
	for (room = 0; room <= sizeof(text); room++) {
		memset(text, '#', sizeof(text));
		conf_show(key_of("server", "args"), &conf.server[0], text, room);
		if (room > 0)
			assert_int_equal(strlen(text), room - 1);
		if (room < sizeof(text))
			assert_int_equal(text[room], '#');
	}
}

/* --- what is printed --- */

static void
keys_are_a_table(void **state)
{
	const char *line;
	int lines = 0;

	(void)state;
	print(conf_print_keys);
	for (line = printed; *line != '\0'; line = strchr(line, '\n') + 1)
		lines++;
	assert_int_equal(lines, conf_key_count);
	assert_non_null(strstr(printed, "\nserver.crash_limit         number   5 "));
	/* The columns stand below each other. */
	for (line = printed; *line != '\0'; line = strchr(line, '\n') + 1) {
		assert_true(line[26] == ' ' && line[27] != ' ' && line[35] == ' ');
		assert_true(line[36] != ' ' && line[64] == ' ' && line[65] != ' ');
		assert_true(line[119] == ' ' && line[120] != ' ' && line[125] == ' ');
	}
}

/* Takes "# " away before each key, and nothing else. */
static void
uncomment(char *text)
{
	char *to = text, *line, *end;

	for (line = text; *line != '\0'; line = end) {
		end = strchr(line, '\n') + 1;
		if (line[0] == '#' && line[1] == ' ' && line[2] != '[')
			line += 2;
		memmove(to, line, (size_t)(end - line));
		to += end - line;
	}
	*to = '\0';
}

static void
sample_parses_with_and_without_comments(void **state)
{
	const struct conf_key *key;
	char line[128];

	(void)state;
	print(conf_print_sample);
	assert_int_equal(try_into(&conf, printed, printed_bytes, true), 0);
	assert_string_equal(heard, "");
	for (key = conf_keys; key < conf_keys + conf_key_count; key++) {
		snprintf(line, sizeof(line), "\n# %s =%s%s\n", conf_text(key->name), *conf_text(key->def) ? " " : "",
		    conf_text(key->def));
		assert_non_null(strstr(printed, line));
	}
	uncomment(printed);
	assert_non_null(strstr(printed, "\nheap = auto\n"));
	good(printed);
}

static void
man_page_has_every_key(void **state)
{
	const struct conf_key *key;
	char line[64];
	size_t i, n;

	(void)state;
	print(conf_print_man);
	for (key = conf_keys; key < conf_keys + conf_key_count; key++) {
		snprintf(line, sizeof(line), "\n.TP\n.B %s\n", conf_text(key->name));
		assert_non_null(strstr(printed, line));
	}
	for (i = 0; printed[i] != '\0'; i += n + 1) {
		n = strcspn(printed + i, "\n");
		assert_true(n < 200 && (n == 0 || printed[i + n - 1] != ' '));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_complete),
		cmocka_unit_test(defaults_are_within_their_ranges),
		cmocka_unit_test(both_ends_of_each_range_are_in_it),
		cmocka_unit_test(lengths_of_texts_are_checked),
		cmocka_unit_test(enumerators_are_in_the_order_of_the_words),
		cmocka_unit_test(values_of_each_type),
		cmocka_unit_test(what_is_shown_reads_back),
		cmocka_unit_test(messages_name_the_bound),
		cmocka_unit_test(show_stays_within_its_room),
		cmocka_unit_test(keys_are_a_table),
		cmocka_unit_test(sample_parses_with_and_without_comments),
		cmocka_unit_test(man_page_has_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
