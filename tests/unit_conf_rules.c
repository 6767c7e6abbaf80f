/* SPDX-License-Identifier: MIT */
/*
 * What concerns more than one line of an INI: secrets and their files, rules between keys and
 * between servers, keys that a later version acts on.
 */
#include "conf_try.h"

/* --- secrets --- */

static void
secrets_come_from_text_or_file(void **state)
{
	(void)state;
	good("[server]\nrcon_password = ${PASSWORD}\n");
	assert_string_equal(conf.server[0].rcon_password, "hunter2");
	assert_string_equal(shown("server", "rcon_password"), "(set)");
	assert_int_equal(conf.secret_env.count, 1);
	assert_string_equal(S(conf.secret_env), "PASSWORD");
	good("[server]\nrcon_password_file = ./secret\n");
	assert_string_equal(conf.server[0].rcon_password, "hunter2");
	assert_int_equal(conf.secret_env.count, 0);
	good("[server]\nrcon_password = x\n[server:a]\nrcon_password_file = secret\n[server:b]\n");
	assert_string_equal(conf.server[0].rcon_password, "hunter2");
	assert_string_equal(conf.server[1].rcon_password, "x");
	good("[server]\nrcon_password_file = secret\n[server:a]\nrcon_password = x\n");
	assert_string_equal(conf.server[0].rcon_password, "x");
}

static void
bad_secrets_are_refused_and_never_said(void **state)
{
	static const char *const wrong[][2] = {
		{ "rcon_password_file = /none", "/none: there is no such file" },
		{ "rcon_password_file = /empty", "/empty is empty" },
		{ "rcon_password_file = /two-lines",
		    "/two-lines is not one line of at most 255 bytes" },
		{ "rcon_password_file = secret\nrcon_password = hunter2",
		    "rcon_password is set too; leave one of them out" },
	};
	char text[1024], complaint[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "[server]\n%s\n", wrong[i][0]);
		snprintf(complaint, sizeof(complaint), "mcinit.ini:2: server.rcon_password_file: "
		    "%s",
		    wrong[i][1]);
		bad(text, complaint);
	}
	snprintf(text, sizeof(text), "[server]\nrcon_password = hunter2%0300d\n"
	    "rcon_password = hunter2\nrcon_pasword = hunter2\nproperty = rcon.password hunter2\n"
	    "rcon_password hunter2\nrcon_password: hunter2\nenv = = hunter2\n", 0);
	overrides[0] = "server.rcon_password=${PASSWORD}${hunter2";
	overrides[1] = "server.rcon_pasword=hunter2";
	overrides[2] = "server.property=hunter 2=hunter2";
	assert_int_equal(try_text(text), 10);
	assert_null(strstr(heard, "hunter2"));
}

/* --- rules between keys --- */

static void
a_window_that_delays_fill_is_refused(void **state)
{
	(void)state;
	bad("[server]\ncrash_window = 15s\n", "mcinit.ini:2: server.crash_window: the waits "
	    "between 5 "
	    "crashes take 15s, so crash_limit = 5 can never be reached within crash_window = 15s; "
	    "set crash_window above 15s, or lower crash_limit or restart_delay");
	good("[server]\ncrash_window = 16s\n");
	good("[server]\ncrash_window = 15s\ncrash_limit = 4\n");
	good("[server]\ncrash_window = 1s\nrestart_delay = 0\ncrash_limit = 32\n");
	good("[server]\ncrash_window = 1s\ncrash_limit = 1\n");
	/* 1 2 4 5 5 5 = 22 s */
	assert_int_equal(try_text("[server]\ncrash_window=22s\ncrash_limit=7\n"
	    "restart_delay_max=5\n"), 1);
	good("[server]\ncrash_window=23s\ncrash_limit=7\nrestart_delay_max=5\n");
}

static void
values_must_be_in_order(void **state)
{
	(void)state;
	bad("[server]\nrestart_delay_max = 2m\n\nrestart_delay = 3m\ncrash_window = 1h",
	    "mcinit.ini:4: server.restart_delay: restart_delay = 3m is more than "
	    "restart_delay_max = "
	    "2m; change one of them");
	bad("[server]\nheap = 2G\n[server:a]\nheap_min = 3G\n", "mcinit.ini:4: server:a.heap_min: "
	    "heap_min = 3G is more than heap = 2G; change one of them");
	good("[server]\nheap_min = 3G\nheap = 50%\n");
	good("[server]\nheap_min = 3G\nheap = 3G\noom_heap_max = 3G\n");
	bad("[server]\noom_heap_max = 3G\nheap = 4G\n", "mcinit.ini:3: server.heap: heap = 4G is "
	    "more "
	    "than oom_heap_max = 3G; change one of them");
}

static void
forms_of_texts_are_checked(void **state)
{
	static const char *const fine[] = { "auto", "ON", "off", "localhost:1", "127.0.0.1:65535",
	    "[::1]:9" };
	static const char *const wrong[] = { "yes", "h", "h:", ":1", "h:1", "localhost:0",
	    "localhost:65536", "localhost:1x", "a b:1", "localhost:999999", "::1:9" };
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		snprintf(text, sizeof(text), "[server]\nrcon = %s\nrcon_password = x\n", fine[i]);
		good(text);
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "[server]\nrcon = %s\nrcon_password = x\n", wrong[i]);
		assert_int_equal(try_text(text), 1);
	}
	good("[server]\ncpu_affinity = 0-3,6\n");
	bad("[server]\ncpu_affinity = all\n", "mcinit.ini:2: server.cpu_affinity: \"all\" is not a "
	    "list of processors such as 0-3,6");
}

static void
rcon_is_where_there_is_some(void **state)
{
	static const char *const without[] = { "velocity", "bungee", "bedrock" };
	char text[128], complaint[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		snprintf(text, sizeof(text), "[server]\ntype = %s\nrcon = on\n", without[i]);
		snprintf(complaint, sizeof(complaint), "mcinit.ini:3: server.rcon: a server of type %s has "
		    "no RCON that could be enabled; leave it at auto, or say where there is one: HOST:PORT",
		    without[i]);
		bad(text, complaint);
		snprintf(text, sizeof(text), "[server]\ntype = %s\nrcon = auto\n", without[i]);
		good(text);
	}
	good("[server]\ntype = bungee\nrcon = localhost:1\nrcon_password = x\n");
	good("[server]\ntype = generic\nrcon = on\n");
	bad("[server]\nrcon = localhost:1\n", "mcinit.ini:2: server.rcon: HOST:PORT needs "
	    "rcon_password or rcon_password_file");
	good("[server]\nrcon = localhost:1\nrcon_password_file = secret\n");
	bad("[server]\nrcon = play.example:1\nrcon_password = x\n", "mcinit.ini:2: server.rcon: "
	    "\"play.example:1\" is neither auto, on, off, nor HOST:PORT with an address "
	    "(127.0.0.1:25575, [::1]:25575) or localhost");
}

static void
two_servers_never_share_an_rcon(void **state)
{
	(void)state;
	bad("[server]\nrcon_password = x\n[server:a]\nrcon = localhost:7\n[server:b]\n"
	    "rcon = 127.0.0.1:7\n", "mcinit.ini:6: server:b.rcon: servers a and b have the same RCON, "
	    "127.0.0.1:7; give each its own port");
	bad("[server]\nrcon_password = x\n[server:a]\nrcon = localhost:7\n[server:b]\n"
	    "property = rcon.port=7\n", "mcinit.ini:4: server:a.rcon: servers a and b have the same "
	    "RCON, localhost:7; give each its own port");
	bad("[server]\nrcon_password = x\n[server:a]\nproperty=rcon.port=7\n"
	    "property=server-ip=10.0.0.1\n[server:b]\nrcon = 10.0.0.1:7\n", "mcinit.ini:7: "
	    "server:b.rcon: servers a and b have the same RCON, 10.0.0.1:7; give each its own port");
	good("[server]\nrcon_password = x\n[server:a]\nrcon = 10.0.0.1:7\n[server:b]\n"
	    "rcon = 10.0.0.2:7\n");
	good("[server]\nrcon_password = x\n[server:a]\nrcon = 10.0.0.1:7\n[server:b]\n"
	    "property = rcon.port=7\n");
	good("[server]\nrcon_password = x\n[server:a]\nrcon = localhost:7\n[server:b]\n"
	    "property = rcon.port=8\n");
}

static void
two_servers_never_share_a_directory(void **state)
{
	static const char *const same[] = { "x", "./x", "/etc/mc/x", "/etc/mc/x/", "y/../x",
	    "//etc///mc/./x", "../mc/x", "/../../etc/mc/q/r/../../x/." };
	char text[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		snprintf(text, sizeof(text), "[server:x]\n[server:b]\ndir = %s\n", same[i]);
		bad(text, "mcinit.ini:3: server:b.dir: servers x and b have the same directory "
		    "/etc/mc/x; give each its own");
	}
	good("[server:x]\n[server:b]\ndir = x/x\n[server:c]\ndir=/\n");
	bad("[server:a]\n[server:b]\n[server]\ndir = /srv\n", "mcinit.ini:4: server:b.dir: "
	    "servers a "
	    "and b have the same directory /srv; give each its own");
	bad("[server:a]\ndir = b\n[server:b]\n", "mcinit.ini:2: server:a.dir: servers a and b "
	    "have the "
	    "same directory /etc/mc/b; give each its own");
}

static void
two_servers_never_share_a_port(void **state)
{
	(void)state;
	bad("[server:a]\nproperty=server-port=1\nproperty=server-port=2\n[server:b]\n"
	    "property=server-port= 2\n", "mcinit.ini:5: server:b.property: port 2 is server-port "
	    "of "
	    "server a and server-port of server b; give each its own");
	assert_int_equal(try_text("[server:a]\n[server:b]\n[server]\nproperty=rcon.port=2\n"), 1);
	assert_int_equal(try_text("[server:a]\nproperty=rcon.port=2\n[server:b]\n"
	    "property=server-port=2\n"), 1);
	bad("[server]\nproperty=rcon.port=2\nproperty=server-port=2\n", "mcinit.ini:2: "
	    "server.property: port 2 is server-port of server server and rcon.port of server "
	    "server; "
	    "give each its own");
	good("[server:a]\nproperty=server-port=1\n[server:b]\nproperty=server-port=2\n");
	good("[server:a]\nproperty=server-port=1\nproperty=server-ip=10.0.0.1\n[server:b]\n"
	    "property=server-port=1\nproperty=server-ip=10.0.0.2\n");
	good("[server:a]\nproperty=server-port=1\n[server:b]\nproperty=query.port=1\n");
}

static void
one_server_at_most_has_our_terminal(void **state)
{
	(void)state;
	bad("[server:a]\ntty = inherit\n[server:b]\ntty = inherit\n", "mcinit.ini:4: server:b.tty: "
	    "servers a and b cannot both have our terminal; \"pty\" gives one of its own");
	assert_int_equal(try_text("[server]\ntty = inherit\n[server:a]\n[server:b]\n"), 1);
	good("[server:a]\ntty = inherit\n[server:b]\ntty = pty\n[server:c]\ntty = pty\n");
}

static void
a_wrong_value_is_not_blamed_twice(void **state)
{
	(void)state;
	bad("[server]\nrestart_delay = 5m\nrestart_delay_max = 9x\n", "mcinit.ini:3: "
	    "server.restart_delay_max: \"9x\" is not a time such as 500ms, 10s, 5m or 2h "
	    "(possible: "
	    "0..24h)");
}

/* --- keys of later versions --- */

static void
later_keys_are_warned_about(void **state)
{
	static const char text[] = "[server]\nrss_limit = 1G\nheap = auto\nnice = 1\n[server:a]\n"
	    "heap = 50%\n[server:b]\nheap = 1G\n[server:c]\ndisk_min_free = 1M\n";
	static const char known[] = ": understood, but this version does not act on it yet\n";
	char expected[1024];

	(void)state;
	overrides[0] = "server.user=steve";
	assert_int_equal(try_into(&conf, text, strlen(text), true), 0);
	snprintf(expected, sizeof(expected), "W mcinit.ini:2: server.rss_limit%sW mcinit.ini:3: "
	    "server.heap"
	    "%sW mcinit.ini:6: server:a.heap%sW mcinit.ini:10: server:c.disk_min_free%s"
	    "W -o server.user=steve: server.user%s", known, known, known, known, known);
	assert_string_equal(heard, expected);
	good(text);
	assert_string_equal(heard, "");
	assert_int_equal(try_into(&conf, "", 0, true), 0);
	assert_string_equal(heard, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_come_from_text_or_file),
		cmocka_unit_test(bad_secrets_are_refused_and_never_said),
		cmocka_unit_test(a_window_that_delays_fill_is_refused),
		cmocka_unit_test(values_must_be_in_order),
		cmocka_unit_test(forms_of_texts_are_checked),
		cmocka_unit_test(rcon_is_where_there_is_some),
		cmocka_unit_test(two_servers_never_share_an_rcon),
		cmocka_unit_test(two_servers_never_share_a_directory),
		cmocka_unit_test(two_servers_never_share_a_port),
		cmocka_unit_test(one_server_at_most_has_our_terminal),
		cmocka_unit_test(a_wrong_value_is_not_blamed_twice),
		cmocka_unit_test(later_keys_are_warned_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
