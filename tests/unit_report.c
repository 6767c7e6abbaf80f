/* SPDX-License-Identifier: MIT */
/*
 * What status tells (report.h), there and back; whether a server is well; and what /proc and cgroups say
 * (sample.h, oom.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oom.h"
#include "report.h"
#include "sample.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static struct report_server s, back;
static char line[REPORT_LINE];

static void
what_is_said_is_understood(void **state)
{
	size_t n;

	(void)state;
	report_clear(&report_server_form, &s);
	strcpy(s.name, "lobby");
	strcpy(s.names, "Alex, Steve");
	s.players = 2;
	s.since = INT64_C(123456789012345678);
	s.lost = 0;
	n = report_line(&report_server_form, &s, line);
	assert_string_equal(line, "server\tname=lobby\tstate_seconds=123456789012345678\tplayers=2\t"
	    "player_names=Alex, Steve\tlast_end_bad=0\n");
	assert_true(report_read(&report_server_form, line, n - 1, &back));
	assert_memory_equal(&s, &back, offsetof(struct report_server, state));
	assert_string_equal(back.names, s.names);
	assert_int_equal(back.since, s.since);
	assert_int_equal(back.lost, 0);
	assert_int_equal(back.pid, REPORT_UNKNOWN);
	assert_string_equal(back.state, "");
}

static void
control_bytes_and_what_is_too_long_do_no_harm(void **state)
{
	size_t n;

	(void)state;
	report_clear(&report_server_form, &s);
	strcpy(s.name, "a\tb\nc");
	n = report_line(&report_server_form, &s, line);
	assert_string_equal(line, "server\tname=a?b?c\n");
	/* All of it as long as can be. */
	for (int i = 0; i < report_server_form.count; i++) {
		const struct report_row *row = &report_server_form.rows[i];
		char *at = (char *)&s + row->at;

		if (row->kind == REPORT_TEXT || row->kind == REPORT_LIST) {
			memset(at, 'x', row->room - 1);
			at[row->room - 1] = '\0';
		} else {
			memcpy(at, &(int64_t){ INT64_C(999999999999999999) }, sizeof(int64_t));
		}
	}
	n = report_line(&report_server_form, &s, line);
	assert_true(n < REPORT_LINE && line[n - 1] == '\n' && line[n] == '\0');
	assert_true(report_read(&report_server_form, line, n - 1, &back));
	assert_string_equal(back.names, s.names);
	assert_int_equal(back.files, INT64_C(999999999999999999));
}

static void
strange_lines_are_taken_for_what_they_are(void **state)
{
	static const struct { const char *line; int taken; int64_t players; const char *name; } rows[] = {
		{ "server\tname=a\tplayers=3", 1, 3, "a" },
		{ "server", 1, -1, "" },
		{ "server\t", 1, -1, "" },
		{ "server\tname", 1, -1, "" },
		{ "server\tname=\tplayers=", 1, -1, "" },
		{ "server\tplayers=-1", 1, -1, "" },
		{ "server\tplayers=1x", 1, -1, "" },
		{ "server\tplayers=9999999999999999999", 1, -1, "" },
		{ "server\tnews=1\tname=a=b", 1, -1, "a=b" },
		{ "server\tname=0123456789012345678901234567890123456789", 1, -1,
		    "0123456789012345678901234567890" },
		{ "servers\tname=a", 0, -1, "" },
		{ "whole\tpid=1", 0, -1, "" },
		{ "", 0, -1, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = strlen(rows[i].line);
		/* Of exactly its size, so that a step beyond is seen. */
		char *copy = malloc(n > 0 ? n : 1);

		memcpy(copy, rows[i].line, n);
		assert_int_equal(report_read(&report_server_form, copy, n, &back), rows[i].taken);
		assert_int_equal(back.players, rows[i].players);
		assert_string_equal(back.name, rows[i].name);
		free(copy);
	}
}

static void
names_are_names_in_json_and_no_two_are_the_same(void **state)
{
	const struct report_form *forms[] = { &report_whole_form, &report_server_form };

	(void)state;
	for (size_t f = 0; f < COUNT(forms); f++)
		for (int i = 0; i < forms[f]->count; i++) {
			const char *name = forms[f]->rows[i].name;

			assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
			assert_in_range(strlen(name), 2, sizeof(forms[f]->rows[i].name) - 1);
			for (int j = 0; j < i; j++)
				assert_string_not_equal(name, forms[f]->rows[j].name);
		}
}

static void
who_is_well(void **state)
{
	static const struct { const char *state, *wish, *health; int alive, ready; } rows[] = {
		{ "running", "up", "healthy", 1, 1 }, { "running", "up", "unknown", 1, 1 },
		{ "running", "up", "unhealthy", 0, 0 }, { "starting", "up", "unknown", 1, 0 },
		{ "stopping", "down", "unknown", 1, 0 }, { "stopping", "restart", "unknown", 1, 0 },
		{ "backoff", "up", "unknown", 1, 0 }, { "failed", "up", "unknown", 0, 0 },
		{ "failed", "down", "unknown", 0, 0 }, { "stopped", "down", "unknown", 1, 0 },
		{ "stopped", "end", "unknown", 1, 0 }, { "stopped", "up", "unknown", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		report_clear(&report_server_form, &s);
		strcpy(s.state, rows[i].state);
		strcpy(s.wish, rows[i].wish);
		strcpy(s.health, rows[i].health);
		assert_int_equal(report_not_alive(&s) == NULL, rows[i].alive);
		assert_int_equal(report_not_ready(&s) == NULL, rows[i].ready);
	}
}

/* ---- /proc ---- */

static void
what_proc_tells(void **state)
{
	int64_t ticks, threads, pages;

	(void)state;
	assert_true(sample_stat("12 (a) b) S 1 12 12 0 -1 4194560 9 8 7 6 500 25 1 2 20 0 42 0 100 5000 77 2", &ticks, &threads, &pages));
	assert_int_equal(ticks, 525);
	assert_int_equal(threads, 42);
	assert_int_equal(pages, 77);
	assert_false(sample_stat("12 (a) S 1 12", &ticks, &threads, &pages));
	assert_false(sample_stat("", &ticks, &threads, &pages));
	assert_int_equal(sample_heap("java\0-Xmx512M\0-Xmx2g\0-jar\0x.jar\0-Xmx9g", 40), INT64_C(2) << 30);
	assert_int_equal(sample_heap("java\0-Xmx1048576", 16), 1048576);
	assert_int_equal(sample_heap("java\0-Xmxmuch", 13), REPORT_UNKNOWN);
	assert_int_equal(sample_heap("java\0-Xmx99999999999g", 21), REPORT_UNKNOWN);
	assert_int_equal(sample_heap("sleep", 5), REPORT_UNKNOWN);
	assert_int_equal(sample_heap("", 0), REPORT_UNKNOWN);
	assert_int_equal(oom_limit_number("max\n"), -1);
	assert_int_equal(oom_limit_number("9223372036854771712\n"), -1);
	assert_int_equal(oom_limit_number("536870912\n"), 536870912);
	assert_int_equal(oom_limit_number(""), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_is_understood),
		cmocka_unit_test(control_bytes_and_what_is_too_long_do_no_harm),
		cmocka_unit_test(strange_lines_are_taken_for_what_they_are),
		cmocka_unit_test(names_are_names_in_json_and_no_two_are_the_same),
		cmocka_unit_test(who_is_well),
		cmocka_unit_test(what_proc_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
