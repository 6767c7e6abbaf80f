/* SPDX-License-Identifier: MIT */
/*
 * What rcon.h says to a server, byte by byte as servers of Minecraft want it, and what it refuses
 * to say and when.
 */
#include "rcon_lab.h"

static void
said(size_t bytes, const char *packet, size_t expected)
{
	assert_int_equal(bytes, expected);
	assert_memory_equal(lab.packet, packet, expected);
}

/* ---- bytes ---- */

static void
a_login_is_said_as_servers_want_it(void **state)
{
	(void)state;
	memset(&lab.r, 0xff, sizeof(lab.r));
	said(rcon_login(&lab.r, lab.packet, "minecraft"),
	    BYTES("\x13\0\0\0\1\0\0\0\3\0\0\0minecraft\0\0"));
}

static void
a_command_is_said_as_servers_want_it(void **state)
{
	(void)state;
	log_in();
	said(rcon_ask(&lab.r, lab.packet, "list", false),
	    BYTES("\x0e\0\0\0\3\0\0\0\2\0\0\0list\0\0"));
	log_in();
	lab.r.id = 7;
	said(rcon_ask(&lab.r, lab.packet, "stop", true),
	    BYTES("\x0e\0\0\0\x09\0\0\0\2\0\0\0stop\0\0"));
	/* Each of its bytes has a place of its own. */
	log_in();
	lab.r.id = 0x01020304;
	said(rcon_ask(&lab.r, lab.packet, "\xc3\xa4", false),
	    BYTES("\x0c\0\0\0\x06\3\2\1\2\0\0\0\xc3\xa4\0\0"));
}

static void
a_probe_is_said_as_servers_want_it(void **state)
{
	(void)state;
	log_in();
	lab.r.id = 4;
	ask("list");
	assert_int_equal(lab.r.id, 6);
	send_many(6, REPLY, "x", RCON_UNITS);
	hears_all("P");
	said(rcon_probe(&lab.r, lab.packet), BYTES("\x0a\0\0\0\7\0\0\0\xc8\0\0\0\0\0"));
}

/* ---- lengths and letters ---- */

static const char *
many(char letter, size_t times)
{
	static char text[2 * RCON_PACKET];

	memset(text, letter, times);
	text[times] = '\0';
	return text;
}

static void
a_command_has_as_many_bytes_as_a_server_reads_at_once(void **state)
{
	char slash[RCON_COMMAND + 3] = "/";

	(void)state;
	log_in();
	assert_int_equal(rcon_ask(&lab.r, lab.packet, many('x', 1446), false), 1460);
	assert_memory_equal(lab.packet, "\xb0\5\0\0\3\0\0\0\2\0\0\0xxxx", 16);
	assert_memory_equal(lab.packet + 12, many('x', 1446), 1446);
	assert_memory_equal(lab.packet + 1458, "\0", 2);
	log_in();
	assert_null(rcon_cannot_say(many('x', 1446)));
	assert_non_null(rcon_cannot_say(many('x', 1447)));
	assert_int_equal(rcon_ask(&lab.r, lab.packet, many('x', 1447), false), 0);
	assert_non_null(rcon_cannot_say(many('x', 2900)));
	/* The slash that is left out does not count. */
	memcpy(slash + 1, many('x', 1446), 1447);
	assert_int_equal(rcon_ask(&lab.r, lab.packet, slash, false), 1460);
	log_in();
	memcpy(slash + 1, many('x', 1447), 1448);
	assert_int_equal(rcon_ask(&lab.r, lab.packet, slash, false), 0);
}

static void
a_password_has_as_many_bytes_too(void **state)
{
	(void)state;
	assert_int_equal(rcon_login(&lab.r, lab.packet, many('p', 1446)), 1460);
	assert_int_equal(rcon_login(&lab.r, lab.packet, many('p', 1447)), 0);
	assert_int_equal(rcon_login(&lab.r, lab.packet, ""), 0);
	assert_int_equal(rcon_login(&lab.r, lab.packet, "/"), 15);
	assert_memory_equal(lab.packet + 12, "/\0", 3);
}

static void
control_bytes_are_refused_wherever_they_are(void **state)
{
	(void)state;
	log_in();
	for (int c = 1; c < 256; c++) {
		bool control = c < ' ' || c == 0x7f;
		char first[] = "?ay", last[] = "say x?", slash[] = "/?";

		first[0] = last[5] = slash[1] = (char)c;
		assert_int_equal(rcon_cannot_say(last) != NULL, control);
		assert_int_equal(rcon_cannot_say(first) != NULL, control);
		assert_int_equal(rcon_cannot_say(slash) != NULL, control);
		if (control)
			assert_int_equal(rcon_ask(&lab.r, lab.packet, last, false), 0);
	}
	/* What was refused has left no trace. */
	ask("list");
	assert_int_equal(lab.r.id, 3);
}

static void
one_slash_is_left_out(void **state)
{
	static const struct {
		const char *command, *text;
	} rows[] = {
		{ "/list", "list" }, { "//set stone", "/set stone" }, { "///x", "//x" },
		{ "list /", "list /" },
		{ " /list", " /list" }, { "//", "/" }, { " ", " " }, { "/ ", " " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t length = strlen(rows[i].text);

		log_in();
		assert_int_equal(rcon_ask(&lab.r, lab.packet, rows[i].command, false), 14 + length);
		assert_memory_equal(lab.packet + 12, rows[i].text, length + 2);
		assert_int_equal(lab.packet[0], 10 + length);
	}
	log_in();
	assert_int_equal(rcon_ask(&lab.r, lab.packet, "", false), 0);
	assert_int_equal(rcon_ask(&lab.r, lab.packet, "/", false), 0);
	assert_non_null(rcon_cannot_say(""));
	assert_non_null(rcon_cannot_say("/"));
}

/* ---- when ---- */

static void
cannot_ask(void)
{
	struct rcon before = lab.r;

	assert_int_equal(rcon_ask(&lab.r, lab.packet, "list", false), 0);
	assert_memory_equal(&lab.r, &before, sizeof(before));
}

static void
cannot_probe(void)
{
	assert_int_equal(rcon_probe(&lab.r, lab.packet), 0);
}

static void
nothing_is_asked_before_the_login(void **state)
{
	(void)state;
	memset(&lab.r, 0, sizeof(lab.r));
	cannot_ask();
	cannot_probe();
	rcon_login(&lab.r, lab.packet, "x");
	cannot_ask();
	cannot_probe();
	send_text(-1, COMMAND, "");
	hears_text("R", "");
	cannot_ask();
	cannot_probe();
}

static void
nothing_is_asked_while_a_reply_is_to_come(void **state)
{
	(void)state;
	log_in();
	cannot_probe();
	ask("list");
	cannot_ask();
	cannot_probe();
	/* Half of it is here. */
	send_text(3, REPLY, "There are");
	lab.filled -= 1;
	hears_text("", "There are");
	cannot_ask();
	cannot_probe();
	send_bytes("", 1);
	hears_text("D", "");
	cannot_probe();
	ask("help");
	send_many(5, REPLY, "x", RCON_UNITS);
	hears_all("P");
	cannot_ask();
	send_many(5, REPLY, "x", 10);
	hears_all("");
	cannot_ask();
	send_text(6, REPLY, "Unknown request c8");
	hears_text("D", "");
	cannot_probe();
	ask("list");
}

static void
nothing_is_asked_behind_the_end(void **state)
{
	(void)state;
	log_in();
	assert_int_equal(rcon_hung_up(&lab.r), RCON_BROKEN);
	cannot_ask();
	cannot_probe();
	log_in_and_ask("list");
	send_many(3, REPLY, "x", RCON_UNITS);
	hears_all("P");
	assert_int_equal(rcon_hung_up(&lab.r), RCON_BROKEN);
	cannot_ask();
	cannot_probe();
	/* A new connection is a new conversation. */
	log_in_and_ask("list");
}

static void
numbers_are_positive_and_do_not_come_back_soon(void **state)
{
	int32_t before = 0x3ffffff0;

	(void)state;
	log_in();
	lab.r.id = before;
	for (int i = 0; i < 20; i++) {
		ask("list");
		assert_true(lab.r.id > 0 && lab.r.probe > 0 && lab.r.id != lab.r.probe);
		assert_true(lab.r.id == before + 2 || (lab.r.id == 1 && before > 0x3ffffffc));
		before = lab.r.id;
		send_text(before, REPLY, "x");
		hears_text("D", "x");
	}
	assert_true(before < 100);
}

static void
last_commands_are_known_by_their_first_word(void **state)
{
	static const char *const last[] = {
		"stop", "end", "shutdown", "restart", "/stop", "stop now", " stop", "/ stop",
		"stop ",
		"//stop", "minecraft:stop", "/spigot:restart", "minecraft:stop now",
	}, *const others[] = {
		"", "/", " ", "stopp", "sto", "stopsound @a", "say stop", "list", "ends",
		"restarting", "save-all",
		":", "minecraft:", "minecraft:say stop", "say minecraft:stop", "stop:x",
		"execute run stop",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(last); i++)
		assert_true(rcon_is_last(last[i]));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(rcon_is_last(others[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_is_said_as_servers_want_it),
		cmocka_unit_test(a_command_is_said_as_servers_want_it),
		cmocka_unit_test(a_probe_is_said_as_servers_want_it),
		cmocka_unit_test(a_command_has_as_many_bytes_as_a_server_reads_at_once),
		cmocka_unit_test(a_password_has_as_many_bytes_too),
		cmocka_unit_test(control_bytes_are_refused_wherever_they_are),
		cmocka_unit_test(one_slash_is_left_out),
		cmocka_unit_test(nothing_is_asked_before_the_login),
		cmocka_unit_test(nothing_is_asked_while_a_reply_is_to_come),
		cmocka_unit_test(nothing_is_asked_behind_the_end),
		cmocka_unit_test(numbers_are_positive_and_do_not_come_back_soon),
		cmocka_unit_test(last_commands_are_known_by_their_first_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
