/* SPDX-License-Identifier: MIT */
/*
 * A reload: conf_follow() keeps servers in their slots and carries over what must stay, and
 * conf_compare() finds what differs.
 */
#include "conf_try.h"

static struct conf now, next;
static char differences[4096];

static void
differs(void *cookie, const struct conf_key *key, int slot)
{
	size_t n = strlen(differences);

	assert_ptr_equal(cookie, differences);
	snprintf(differences + n, sizeof(differences) - n, "%d:%s.%s ", slot, conf_text(key->section),
	    conf_text(key->name));
}

static const char *
compared(void)
{
	differences[0] = '\0';
	conf_compare(&now, &next, differs, differences);
	return differences;
}

static void
read_both(const char *text, const char *next_text)
{
	assert_int_equal(try_into(&now, text, strlen(text), false), 0);
	assert_int_equal(try_into(&next, next_text, strlen(next_text), false), 0);
}

/* No string of `next` may live in `now`. */
static void
assert_own_strings(void)
{
	const char *low = (const char *)&now, *high = low + sizeof(now);
	const struct conf_key *key;
	const char *section, *text;
	int i;

	for (key = conf_keys; key < conf_keys + conf_key_count; key++)
		for (i = 0; i < CONF_SERVERS; i++) {
			section = strcmp(conf_text(key->section), "server") ? section_of(&next, conf_text(key->section)) :
			    &next.server[i];
			if (key->type == CONF_BOOL || key->type == CONF_ENUM ||
			    key->type == CONF_INT || key->type == CONF_SIZE ||
			    key->type == CONF_PERCENT || key->type == CONF_DURATION)
				continue;
			/* A list begins with its text. */
			text = *(const char *const *)(section + key->offset);
			assert_false(text >= low && text < high);
		}
}

static void
equal_texts_do_not_differ(void **state)
{
	static const char text[] = "[server]\nenv = A=1\nargs = a b\nrcon_password = x\nheap = "
	    "1G\n";

	(void)state;
	read_both(text, text);
	assert_string_equal(compared(), "");
}

static void
each_difference_is_named(void **state)
{
	(void)state;
	read_both("[server:a]\nheap=1G\nenv=A=1\nargs=a b\n[server:b]\n[log]\nprefix=no\n",
	    "[server:a]\nheap=2G\nenv=A=2\nargs='a b'\nrcon_password=x\n[server:b]\ntype=paper\n"
	    "eula=yes\njava=java8\n[mcinit]\nlog_level=debug\n");
	assert_string_equal(compared(), "-1:mcinit.log_level -1:log.prefix 1:server.type "
	    "1:server.java 0:server.args 0:server.heap 0:server.env 1:server.eula "
	    "0:server.rcon_password ");
}

static void
lists_differ_by_item_not_by_letter(void **state)
{
	(void)state;
	read_both("[server]\nargs = ab c\n", "[server]\nargs = a bc\n");
	assert_string_equal(compared(), "0:server.args ");
	read_both("[server]\nargs = a b\n", "[server]\nargs = a\n");
	assert_string_equal(compared(), "0:server.args ");
}

static void
servers_keep_their_slots(void **state)
{
	(void)state;
	read_both("[server:a]\n[server:b]\nnice=2\n[server:c]\n",
	    "[server:x]\nnice=9\n[server:c]\n[server:b]\nnice=3\n[server:a]\n");
	assert_int_equal(conf_follow(&next, &now, 7), 0);
	assert_int_equal(next.servers, 4);
	assert_string_equal(next.name[0], "a");
	assert_string_equal(next.name[1], "b");
	assert_string_equal(next.name[2], "c");
	assert_string_equal(next.name[3], "x");
	assert_int_equal(next.server[3].nice, 9);
	assert_string_equal(next.server[1].dir, "/etc/mc/b");
	assert_string_equal(compared(), "1:server.nice ");
}

static void
busy_servers_leave_in_their_slots(void **state)
{
	int i;

	(void)state;
	read_both("[server]\nenv=A=1\n[server:a]\nargs=x y\n[server:b]\n[server:c]\njar=c.jar\n",
	    "[server:n]\n[server:m]\n[server:o]\n");
	assert_int_equal(conf_follow(&next, &now, 1 << 0 | 1 << 2), 0);
	assert_int_equal(next.servers, 5);
	assert_string_equal(next.name[0], "a");
	assert_string_equal(next.name[2], "c");
	for (i = 0; i < CONF_SERVERS; i++)
		assert_int_equal(next.leaving[i], i == 0 || i == 2);
	assert_true(conf_slot(&next, "b") < 0);
	assert_true(conf_slot(&next, "n") >= 0 && conf_slot(&next, "m") >= 0 &&
	    conf_slot(&next, "o") >= 0);
	assert_own_strings();
	assert_string_equal(compared(), "");
	assert_string_equal(next.server[2].jar, "c.jar");
	assert_string_equal(conf_next(&next.server[0].env, NULL), "A=1");
	assert_int_equal(next.server[0].args.count, 2);
	assert_string_equal(next.server[conf_slot(&next, "m")].dir, "/etc/mc/m");
}

static void
a_leaving_server_may_come_back(void **state)
{
	static struct conf third;
	static const char text[] = "[server:n]\n[server:a]\n";

	(void)state;
	read_both("[server:b]\n[server:a]\n", "[server:n]\n");
	assert_int_equal(conf_follow(&next, &now, 1 << 1), 0);
	assert_true(next.leaving[1]);
	assert_int_equal(try_into(&third, text, strlen(text), false), 0);
	assert_int_equal(conf_follow(&third, &next, 1 << 0 | 1 << 1), 0);
	assert_string_equal(third.name[0], "n");
	assert_string_equal(third.name[1], "a");
	assert_false(third.leaving[1]);
	assert_int_equal(third.servers, 2);
	/* And one that still leaves goes on leaving. */
	assert_int_equal(try_into(&third, "[server:n]\n", 11, false), 0);
	assert_int_equal(conf_follow(&third, &next, 1 << 0 | 1 << 1), 0);
	assert_true(third.leaving[1]);
}

static void
too_many_find_no_slot(void **state)
{
	char text[512] = "";
	int i;

	(void)state;
	for (i = 0; i < 15; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "[server:s%d]\n", i);
	read_both("[server:a]\n[server:b]\n", text);
	assert_int_equal(conf_follow(&next, &now, 3), 1);
	read_both("[server:a]\n[server:b]\n", text);
	assert_int_equal(conf_follow(&next, &now, 1), 0);
	assert_int_equal(next.servers, 16);
}

static void
boot_keys_stay(void **state)
{
	(void)state;
	read_both("[mcinit]\nrun_dir = /run/one\nlog_level = warn\n",
	    "[mcinit]\nrun_dir = /run/two\npid_file = /run/pid\nlog_level = debug\n");
	assert_int_equal(conf_follow(&next, &now, 1), 0);
	assert_string_equal(next.mcinit.run_dir, "/run/one");
	assert_string_equal(next.mcinit.pid_file, "");
	assert_own_strings();
	assert_string_equal(compared(), "-1:mcinit.log_level ");
}

static void
what_does_not_fit_is_counted(void **state)
{
	static char text[CONF_TEXT_BYTES];
	size_t n = (size_t)sprintf(text, "[server:a]\n");
	int i;

	(void)state;
	for (i = 0; i < 15; i++)
		n += (size_t)sprintf(text + n, "jvm_args = %03900d\n", i);
	assert_int_equal(try_into(&now, text, n, false), 0);
	text[strlen("[server:")] = 'b';
	assert_int_equal(try_into(&next, text, n, false), 0);
	assert_int_equal(conf_follow(&next, &now, 1), 1);
}

static void
a_text_that_does_not_fit_is_counted(void **state)
{
	static char text[CONF_TEXT_BYTES];
	size_t n = 0;
	int i;

	(void)state;
	/* Three times the same long list fills nearly all there is. */
	n = (size_t)sprintf(text, "[server]\n");
	for (i = 0; i < 8; i++)
		n += (size_t)sprintf(text + n, "jvm_args = %03900d\n", i);
	sprintf(text + n, "[server:a]\njvm_args = x\n[server:b]\njvm_args = x\n");
	assert_int_equal(try_into(&next, text, strlen(text), false), 0);
	sprintf(text, "[server:z]\ndir = /%01000d\njava = /%01000d\njar = %01000d\n"
	    "stop_message = %0250d\nstop_command = %0250d\nargs = %01000d\n"
	    "rcon_password = %0250d\n", 1, 2, 3, 4, 5, 6, 7);
	assert_int_equal(try_into(&now, text, strlen(text), false), 0);
	assert_int_equal(conf_follow(&next, &now, 1), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_do_not_differ),
		cmocka_unit_test(each_difference_is_named),
		cmocka_unit_test(lists_differ_by_item_not_by_letter),
		cmocka_unit_test(servers_keep_their_slots),
		cmocka_unit_test(busy_servers_leave_in_their_slots),
		cmocka_unit_test(a_leaving_server_may_come_back),
		cmocka_unit_test(too_many_find_no_slot),
		cmocka_unit_test(boot_keys_stay),
		cmocka_unit_test(what_does_not_fit_is_counted),
		cmocka_unit_test(a_text_that_does_not_fit_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
