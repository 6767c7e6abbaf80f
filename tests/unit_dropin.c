/* SPDX-License-Identifier: MIT */
/*
 * What dropin.h promises of the command line: which ones are its own, what the flags and
 * variables mean, how signals are called.  What it does with them is in dropin.bats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dropin.h"
#include "ini/conf.h"

enum { MOST_WORDS = 16 };

static struct dropin_options options;
static char line_copy[200];
static char *words[MOST_WORDS];
static char *no_environment[] = { NULL };

/* A command line of single words; "''" is an empty one.  Returns argc. */
static int
split(const char *line)
{
	static char empty[] = "";
	int n = 0;

	assert_true(strlen(line) < sizeof(line_copy));
	strcpy(line_copy, line);
	for (char *word = strtok(line_copy, " "); word != NULL; word = strtok(NULL, " ")) {
		assert_true(n < MOST_WORDS - 1);
		words[n++] = strcmp(word, "''") == 0 ? empty : word;
	}
	words[n] = NULL;
	return n;
}

static bool
asked(const char *line)
{
	int argc = split(line);

	return dropin_asked(argc, words);
}

static bool
parse(const char *line, char *envp[])
{
	split(line);
	return dropin_parse(&options, words, envp);
}

static bool
is_zero(int code)
{
	return options.as_zero[code / 32] >> code % 32 & 1;
}

static void
two_dashes_and_a_program_ask_for_it(void **state)
{
	(void)state;
	assert_true(asked("mcinit -- java"));
	assert_true(asked("mcinit -- ''"));
	assert_true(asked("mcinit -g -- java -jar x"));
	assert_true(asked("mcinit -gsvvw -p TERM -pTERM -e 3 -e3 -ge 3 -- java"));
	assert_true(asked("mcinit -h -- java"));
	assert_true(asked("mcinit -- --"));
}

static void
other_command_lines_do_not(void **state)
{
	char *none[] = { NULL };

	(void)state;
	assert_false(dropin_asked(0, none));
	assert_false(asked("mcinit"));
	assert_false(asked("mcinit --"));
	assert_false(asked("mcinit -g --"));
	assert_false(asked("mcinit -g"));
	assert_false(asked("mcinit -h"));
	assert_false(asked("mcinit - -- java"));
	assert_false(asked("mcinit --help -- java"));
	assert_false(asked("mcinit -S socket -- java"));
	assert_false(asked("mcinit -gn -- java"));
	assert_false(asked("mcinit -c file -- java"));
	assert_false(asked("mcinit backup server -- java"));
	assert_false(asked("mcinit -e 3 server -- java"));
	assert_false(asked("mcinit -p"));
}

static void
a_wrong_value_is_still_asked_for_and_then_refused(void **state)
{
	static const char *const lines[] = {
		"mcinit -p -- java", "mcinit -p NOSUCH -- java", "mcinit -p '' -- java",
		"mcinit -p 0 -- java", "mcinit -p 65 -- java", "mcinit -e -- java",
		"mcinit -e 256 -- java", "mcinit -e -1 -- java", "mcinit -e +1 -- java",
		"mcinit -e 1x -- java", "mcinit -e '' -- java",
		"mcinit -e 99999999999999999999 -- java", "mcinit -e 3 -e x -- java",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_true(asked(lines[i]));
		assert_false(parse(lines[i], no_environment));
		assert_true(options.problem[0] == '-');
	}
	assert_false(parse("mcinit -e 256 -- java", no_environment));
	assert_non_null(strstr(options.problem, "256"));
}

static void
flags_mean_what_they_say(void **state)
{
	(void)state;
	assert_true(parse("mcinit -- java -g -e 3", no_environment));
	assert_false(options.on['g'] || options.on['s'] || options.on['w']);
	assert_int_equal(options.verbosity, LEVEL_WARN);
	assert_int_equal(options.death_signal, 0);
	assert_string_equal(options.program[0], "java");
	assert_string_equal(options.program[3], "3");
	assert_null(options.program[4]);
	for (int code = 0; code < 256; code++)
		assert_false(is_zero(code));

	assert_true(parse("mcinit -gwve 0 -s -pKILL -e255 -e 31 -e 32 -- java", no_environment));
	assert_true(options.on['g'] && options.on['s'] && options.on['w']);
	assert_int_equal(options.verbosity, LEVEL_INFO);
	assert_int_equal(options.death_signal, 9);
	for (int code = 0; code < 256; code++)
		assert_int_equal(is_zero(code),
		    code == 0 || code == 31 || code == 32 || code == 255);

	assert_true(parse("mcinit -vvvvvv -- java", no_environment));
	assert_int_equal(options.verbosity, LEVEL_DEBUG);
}

static void
variables_stand_for_flags(void **state)
{
	char group[] = "MCINIT_KILL_PROCESS_GROUP=", reaper[] = "MCINIT_SUBREAPER=0";
	char level[40] = "MCINIT_VERBOSITY=0", other[] = "MCINIT_SUBREAPERS=1";
	char *set[] = { group, reaper, level, NULL }, *unset[] = { other, NULL };

	(void)state;
	assert_true(parse("mcinit -vvv -- java", set));
	assert_true(options.on['g'] && options.on['s']);
	assert_int_equal(options.verbosity, LEVEL_ERROR);
	strcpy(level, "MCINIT_VERBOSITY=7");
	assert_true(parse("mcinit -- java", set));
	assert_int_equal(options.verbosity, LEVEL_DEBUG);
	strcpy(level, "MCINIT_VERBOSITY=-7");
	assert_true(parse("mcinit -- java", set));
	assert_int_equal(options.verbosity, LEVEL_ERROR);
	assert_true(parse("mcinit -- java", unset));
	assert_false(options.on['s']);
}

static void
signals_have_names_and_numbers(void **state)
{
	static const struct {
		const char *text;
		int number;
	} row[] = {
		{ "HUP", 1 }, { "SIGHUP", 1 }, { "sigterm", 15 }, { "TERM", 15 }, { "15", 15 },
		{ "KILL", 9 }, { "PWR", 30 }, { "SYS", 31 }, { "64", 64 }, { "1", 1 },
		{ "RTMIN", 34 }, { "SIGRTMIN+3", 37 }, { "RTMIN+30", 64 }, { "RTMAX", 64 },
		{ "RTMAX-14", 50 }, { "RTMAX-30", 34 },
		{ "", 0 }, { "0", 0 }, { "65", 0 }, { "-1", 0 }, { "SIG", 0 }, { "SIG15", 0 },
		{ "TER", 0 }, { "TERMS", 0 }, { "RTMIN+31", 0 }, { "RTMIN+", 0 }, { "RTMIN-1", 0 },
		{ "RTMAX+1", 0 }, { "RTMAX-31", 0 }, { "RTMINX", 0 }, { " 15", 0 }, { "15 ", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (dropin_signal(row[i].text) != row[i].number)
			fail_msg("\"%s\" is %d", row[i].text, dropin_signal(row[i].text));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_dashes_and_a_program_ask_for_it),
		cmocka_unit_test(other_command_lines_do_not),
		cmocka_unit_test(a_wrong_value_is_still_asked_for_and_then_refused),
		cmocka_unit_test(flags_mean_what_they_say),
		cmocka_unit_test(variables_stand_for_flags),
		cmocka_unit_test(signals_have_names_and_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
