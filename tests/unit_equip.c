/* SPDX-License-Identifier: MIT */
/*
 * What a server's directory gets before it starts: eula.txt, server.properties, RCON; what is told
 * of it, and what is said.
 */
#include "equip_lab.h"

/* ---- the table ---- */

struct row {
	const char *name, *keys;
	bool in_container;
	const char *jar, *also;		/* what is started, and a file that is there */
	const char *before, *after;	/* server.properties; NULL: there is none */
	const char *rcon, *notes;
};

enum { OUT, IN };
#define ENABLED	"enable-rcon=true\nrcon.port=30000\nrcon.password=old\n"
#define MADE(port)	"rcon.port=" port "\nrcon.password=*\nbroadcast-rcon-to-ops=false\n" \
	"enable-rcon=true\n"
#define INSIDE(port)	"rcon.ip=127.0.0.1\n" MADE(port)

static const struct row rows[] = {
	{ "off touches nothing", "type=vanilla\nrcon=off\nrcon_password=x", IN, NULL, NULL,
	    "a=b\n", "a=b\n", "off", "" },
	{ "off touches nothing that is enabled", "type=vanilla\nrcon=off\nrcon_password=x", IN, NULL,
	    NULL, ENABLED, ENABLED, "off", "" },
	{ "a given place", "rcon=[::1]:77\nrcon_password=x", OUT, NULL, NULL, NULL, NULL, "[::1]:77 x",
	    "" },
	{ "a given place and a file", "rcon=localhost:77\nrcon_password=x", IN, NULL, NULL, "a=b", "a=b",
	    "127.0.0.1:77 x", "" },
	{ "a given place of a proxy", "type=velocity\nrcon=127.0.0.1:77\nrcon_password=x", OUT, NULL,
	    NULL, NULL, NULL, "127.0.0.1:77 x", "" },

	{ "a container", "type=vanilla", IN, NULL, NULL, NULL, MADE("25575"), "127.0.0.1:25575 *", "" },
	{ "a container, other bytes stay", "type=auto", IN, "server.jar", NULL, "#x\n motd : \\u00e4 \n",
	    "#x\n motd : \\u00e4 \n" MADE("25575"), "127.0.0.1:25575 *", "" },
	{ "what the file has is taken", "type=vanilla", IN, NULL, NULL,
	    "enable-rcon=false\nrcon.port=30001\nrcon.password=own\n", "enable-rcon=true\n"
	    "rcon.port=30001\nrcon.password=own\nbroadcast-rcon-to-ops=false\n", "127.0.0.1:30001 own",
	    "" },
	{ "what is no port is none", "type=vanilla", IN, NULL, NULL, "rcon.port=0\n", MADE("25575"),
	    "127.0.0.1:25575 *", "" },
	{ "an empty password is none", "type=vanilla", IN, NULL, NULL, "enable-rcon=true\n"
	    "rcon.password=\n", "enable-rcon=true\nrcon.password=*\nrcon.port=25575\n"
	    "broadcast-rcon-to-ops=false\n", "127.0.0.1:25575 *", "" },
	{ "the INI's password", "type=vanilla\nrcon_password=a=b c", IN, NULL, NULL, NULL,
	    "rcon.port=25575\nrcon.password=a=b c\nbroadcast-rcon-to-ops=false\nenable-rcon=true\n",
	    "127.0.0.1:25575 a=b c", "" },
	{ "the port of the game is taken", "type=vanilla", IN, NULL, NULL, "server-port=25575\n",
	    "server-port=25575\n" MADE("25576"), "127.0.0.1:25576 *", "PORT:25576:25575" },
	{ "the last port there is", "type=vanilla", IN, NULL, NULL, "rcon.port=65535\n"
	    "server-port=65535\n", "rcon.port=65535\nserver-port=65535\n", "off",
	    "NO_PORT:65535:65535" },

	{ "vanilla outside of a container", "type=vanilla", OUT, NULL, NULL, "a=b\n", "a=b\n", "off",
	    "CONSOLE" },
	{ "auto outside of a container", "", OUT, "server.jar", NULL, NULL, NULL, "off", "CONSOLE" },
	{ "on outside of a container", "type=vanilla\nrcon=on", OUT, NULL, NULL, NULL, MADE("25575"),
	    "127.0.0.1:25575 *", "" },
	{ "paper", "type=paper", OUT, NULL, NULL, NULL, INSIDE("25575"), "127.0.0.1:25575 *", "" },
	{ "paper by its jar", "", OUT, "Paper-1.21.4-100.jar", NULL, NULL, INSIDE("25575"),
	    "127.0.0.1:25575 *", "" },
	{ "purpur", "", OUT, "purpur.jar", NULL, NULL, INSIDE("25575"), "127.0.0.1:25575 *", "" },
	{ "leaf", "", OUT, "LEAF.jar", NULL, NULL, INSIDE("25575"), "127.0.0.1:25575 *", "" },
	{ "the jar of a type that is said", "type=vanilla", OUT, "paper.jar", NULL, NULL, NULL, "off",
	    "CONSOLE" },
	{ "files of a paper that was here before", "", OUT, "server.jar", "paper.yml", NULL, NULL, "off",
	    "CONSOLE" },
	{ "its newer files, and vanilla now", "type=vanilla", OUT, "server.jar", "config/paper-global.yml",
	    NULL, NULL, "off", "CONSOLE" },
	{ "paper with an address that is open", "type=paper", OUT, NULL, NULL, "rcon.ip=0.0.0.0\n",
	    "rcon.ip=0.0.0.0\n", "off", "CONSOLE" },
	{ "paper with an address of its own", "type=paper", OUT, NULL, NULL, "rcon.ip=127.0.0.2\n",
	    "rcon.ip=127.0.0.2\n" MADE("25575"), "127.0.0.2:25575 *", "" },
	{ "paper, the game open", "type=paper", OUT, NULL, NULL, "server-ip=0.0.0.0\n",
	    "server-ip=0.0.0.0\n" INSIDE("25575"), "127.0.0.1:25575 *", "" },
	{ "paper without an address by the INI", "type=paper\nproperty=rcon.ip=", OUT, NULL, NULL,
	    "a=b\n", "a=b\nrcon.ip=\n", "off", "CONSOLE" },
	{ "a game that nobody outside reaches", "type=vanilla", OUT, NULL, NULL, "server-ip=127.0.0.3\n",
	    "server-ip=127.0.0.3\n" MADE("25575"), "127.0.0.3:25575 *", "" },
	{ "a game that others reach", "type=vanilla", OUT, NULL, NULL, "server-ip=10.0.0.3\n",
	    "server-ip=10.0.0.3\n", "off", "CONSOLE" },

	{ "enabled already", "type=vanilla", OUT, NULL, NULL, ENABLED, ENABLED, "127.0.0.1:30000 old",
	    "" },
	{ "enabled as java reads it", "type=vanilla", OUT, NULL, NULL, "enable-rcon : TRUE\n"
	    "rcon.password \\u006fld", "enable-rcon : TRUE\nrcon.password \\u006fld",
	    "127.0.0.1:25575 old", "" },
	{ "enabled, with an address", "", OUT, NULL, NULL, ENABLED "rcon.ip=::1\nserver-ip=10.0.0.1\n",
	    ENABLED "rcon.ip=::1\nserver-ip=10.0.0.1\n", "[::1]:30000 old", "" },
	{ "enabled, with that of the game", "", OUT, NULL, NULL, ENABLED "server-ip=10.0.0.1\n",
	    ENABLED "server-ip=10.0.0.1\n", "10.0.0.1:30000 old", "" },
	{ "enabled everywhere", "", OUT, NULL, NULL, ENABLED "server-ip=0.0.0.0\n",
	    ENABLED "server-ip=0.0.0.0\n", "127.0.0.1:30000 old", "" },
	{ "enabled everywhere, IPv6", "", OUT, NULL, NULL, ENABLED "server-ip=::\n",
	    ENABLED "server-ip=::\n", "127.0.0.1:30000 old", "" },
	{ "enabled at a name", "", OUT, NULL, NULL, ENABLED "server-ip=play.example\n",
	    ENABLED "server-ip=play.example\n", "off", "UNUSABLE:0:server-ip" },
	{ "enabled, and another password in the INI", "rcon_password=new", OUT, NULL, NULL, ENABLED,
	    "enable-rcon=true\nrcon.port=30000\nrcon.password=new\n", "127.0.0.1:30000 new", "" },
	{ "enabled, and a command", "command=./start.sh", OUT, NULL, NULL, ENABLED, ENABLED,
	    "127.0.0.1:30000 old", "" },
	{ "half enabled outside", "type=vanilla", OUT, NULL, NULL, "enable-rcon=true\n",
	    "enable-rcon=true\n", "off", "CONSOLE" },

	{ "a command and no file", "command=./start.sh", IN, NULL, NULL, NULL, NULL, "off", "" },
	{ "a command and a file", "command=./start.sh", IN, NULL, NULL, "", MADE("25575"),
	    "127.0.0.1:25575 *", "" },
	{ "a command, no file, and on", "command=./start.sh\nrcon=on", IN, NULL, NULL, NULL,
	    MADE("25575"), "127.0.0.1:25575 *", "" },
	{ "a command of a known type", "type=vanilla\ncommand=./start.sh", IN, NULL, NULL, NULL,
	    MADE("25575"), "127.0.0.1:25575 *", "" },
	{ "a proxy", "type=velocity", IN, NULL, NULL, ENABLED, ENABLED, "off", "" },
	{ "a proxy by its jar", "", IN, "velocity-3.jar", NULL, NULL, NULL, "off", "" },
	{ "bedrock", "type=bedrock", IN, NULL, NULL, "a=b\n", "a=b\n", "off", "" },
	{ "generic", "type=generic", IN, NULL, NULL, ENABLED, ENABLED, "off", "" },
	{ "generic and on", "type=generic\nrcon=on", IN, NULL, NULL, NULL, NULL, "off", "GENERIC" },

	{ "property lines", "type=vanilla\nrcon=off\nproperty=motd= A = B\nproperty=a=1\nproperty=a=2",
	    OUT, NULL, NULL, "a=2\n", "a=2\nmotd=A = B\n", "off", "" },
	{ "property lines make a file", "type=bedrock\nproperty=a=1", OUT, NULL, NULL, NULL, "a=1\n",
	    "off", "" },
	{ "property lines, a file that is there", "type=generic\nproperty=a=1", OUT, NULL, NULL, "a=2\n",
	    "a=1\n", "off", "" },
	{ "property lines, no file", "type=generic\nproperty=a=1", OUT, NULL, NULL, NULL, NULL, "off",
	    "NO_PROPERTIES" },
	{ "property lines win", "type=vanilla\nrcon_password=x\nproperty=rcon.port=31000\n"
	    "property=rcon.password=own\nproperty=broadcast-rcon-to-ops=true\nproperty=server-ip=::1",
	    IN, NULL, NULL, "rcon.port=1\n", "rcon.port=31000\nrcon.password=own\n"
	    "broadcast-rcon-to-ops=true\nserver-ip=\\::1\nenable-rcon=true\n", "[::1]:31000 own", "" },
	{ "property lines enable it", "type=vanilla\nproperty=enable-rcon=true", OUT, NULL, NULL, NULL,
	    "enable-rcon=true\nrcon.port=25575\nrcon.password=*\nbroadcast-rcon-to-ops=false\n",
	    "127.0.0.1:25575 *", "" },
	{ "property lines disable it", "type=vanilla\nproperty=enable-rcon=false", IN, NULL, NULL,
	    ENABLED, "enable-rcon=false\nrcon.port=30000\nrcon.password=old\n", "off", "" },
	{ "property lines against on", "type=vanilla\nrcon=on\nproperty=enable-rcon=no", IN, NULL, NULL,
	    NULL, "enable-rcon=no\n", "off", "UNUSABLE:0:enable-rcon" },
	{ "property lines with no port", "type=vanilla\nproperty=rcon.port=x", IN, NULL, NULL, NULL,
	    "rcon.port=x\nrcon.password=*\nbroadcast-rcon-to-ops=false\nenable-rcon=true\n", "off",
	    "UNUSABLE:0:rcon.port" },
	{ "property lines, and the place is given", "rcon=localhost:9\nrcon_password=x\n"
	    "property=rcon.port=9", IN, NULL, NULL, NULL, "rcon.port=9\n", "127.0.0.1:9 x", "" },
};

static void
try_row(const struct row *row)
{
	const struct equip_rcon *rcon;
	const char *after;

	make_dir(NULL);
	if (row->before != NULL)
		put(PROPERTIES, row->before);
	if (row->also != NULL && strchr(row->also, '/') != NULL)
		assert_int_equal(mkdir("config", 0755), 0);
	if (row->also != NULL)
		put(row->also, "");
	for (int again = 0; again < 2; again++) {
		memset(shared, 0, sizeof(*shared));
		rcon = equip(row->keys, row->in_container, row->jar, 0);
		after = text_of(PROPERTIES);
		if (after == NULL || row->after == NULL ? after != row->after : !is_like(after, row->after))
			fail_msg("%s: the file is:\n%s", row->name, after != NULL ? after : "not there");
		if (!is_like(shown_rcon(rcon), row->rcon))
			fail_msg("%s: RCON is %s", row->name, shown_rcon(rcon));
		/* The second time its port is that of the file. */
		if (strcmp(notes, row->notes) != 0 && (again == 0 || notes[0] != '\0'))
			fail_msg("%s: says %s", row->name, notes);
		assert_null(text_of("eula.txt"));
	}
	remove_dir(NULL);
}

static void
files_and_rcon_as_the_ini_asks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		try_row(&rows[i]);
}

/* ---- eula.txt ---- */

static void
the_eula_is_accepted(void **state)
{
	(void)state;
	equip("type=generic\neula=yes", false, NULL, 0);
	assert_string_equal(text_of("eula.txt"), "eula=true\n");
	assert_int_equal(mode_of("eula.txt"), 0644);
	put("eula.txt", "#by Mojang\r\neula=false\r\nx");
	equip("type=generic\neula=yes", false, NULL, 0);
	assert_string_equal(text_of("eula.txt"), "#by Mojang\r\neula=true\r\nx");
	assert_string_equal(notes, "");
	unlink("eula.txt");
	equip("type=generic\neula=no", false, NULL, 0);
	assert_null(text_of("eula.txt"));
}

static void
an_eula_that_cannot_be_written_is_said(void **state)
{
	(void)state;
	put("eula.txt", "eula=false\n");
	chmod("eula.txt", 0444);
	equip("type=generic\neula=yes", false, NULL, 0);
	assert_string_equal(notes, "EULA:Permission denied");
	put("eula.txt", "eula=TRUE\n");
	unlink("eula.txt");
	assert_int_equal(mkdir("eula.txt", 0755), 0);
	equip("type=generic\neula=yes", false, NULL, 0);
	assert_string_equal(notes, "EULA:Is a directory");
}

/* ---- passwords ---- */

static void
a_password_is_made_once_and_kept(void **state)
{
	char first[EQUIP_PASSWORD];

	(void)state;
	strcpy(first, equip("type=vanilla", true, NULL, 0)->password);
	assert_int_equal(mode_of(PROPERTIES), 0600);
	for (int i = 0; i < 3; i++)
		assert_string_equal(equip("type=vanilla", true, NULL, 0)->password, first);
	unlink(PROPERTIES);
	assert_string_not_equal(equip("type=vanilla", true, NULL, 0)->password, first);
}

static void
each_letter_is_made_up(void **state)
{
	int seen[128] = { 0 }, kinds = 0;

	(void)state;
	for (int i = 0; i < 50; i++) {
		unlink(PROPERTIES);
		for (const char *c = equip("type=vanilla", true, NULL, 0)->password; *c != '\0'; c++)
			kinds += seen[(unsigned char)*c]++ == 0;
		memset(shared, 0, sizeof(*shared));
	}
	assert_int_equal(kinds, 62);
}

/* Only who has put a password into it makes it a secret. */
static void
a_file_with_a_password_of_ours_is_secret(void **state)
{
	static const struct { const char *keys, *before; int mode; } files[] = {
		{ "type=vanilla", "a=b\n", 0600 },
		{ "type=vanilla\nrcon_password=x", "a=b\n", 0600 },
		{ "type=vanilla\nrcon_password=new", ENABLED, 0600 },
		{ "type=vanilla\nrcon_password=old\nproperty=a=1", ENABLED, 0600 },
		{ "type=vanilla\nrcon=off\nproperty=rcon.password=x", "a=b\n", 0600 },
		{ "type=vanilla\nrcon=off\nproperty=a=1", ENABLED, 0644 },
		{ "type=vanilla\nproperty=a=1", ENABLED, 0644 },
		{ "type=vanilla", "rcon.password=own\n", 0644 },
		{ "rcon=localhost:1\nrcon_password=x\nproperty=a=1", "a=b\n", 0644 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		unlink(PROPERTIES);
		put(PROPERTIES, files[i].before);
		equip(files[i].keys, true, NULL, 0);
		if (mode_of(PROPERTIES) != files[i].mode)
			fail_msg("%s: mode %o", files[i].keys, (unsigned)mode_of(PROPERTIES));
	}
}

static void
the_longest_password_is_told_whole(void **state)
{
	char keys[512], password[EQUIP_PASSWORD];

	(void)state;
	memset(password, 'p', sizeof(password) - 1);
	password[sizeof(password) - 1] = '\0';
	snprintf(keys, sizeof(keys), "type=vanilla\nrcon_password=%s", password);
	assert_string_equal(equip(keys, true, NULL, 0)->password, password);
	/* One that no client of ours could say is none. */
	unlink(PROPERTIES);
	snprintf(keys, sizeof(keys), "enable-rcon=true\nrcon.password=%sx\n", password);
	put(PROPERTIES, keys);
	assert_true(is_like(equip("type=vanilla", true, NULL, 0)->password, "*"));
}

/* ---- ports ---- */

static void
a_port_that_somebody_has_is_passed_over(void **state)
{
	int fds[3];

	(void)state;
	if (!alone)
		skip();
	fds[0] = listener("0.0.0.0", 25575);
	fds[1] = listener("127.0.0.1", 25576);
	fds[2] = listener("127.0.0.2", 25577);
	assert_string_equal(strchr(equip("type=paper", false, NULL, 0)->password, ' ') ? "" : notes,
	    "PORT:25577:25575");
	assert_true(is_like(shown_rcon(&shared->told[0].rcon), "127.0.0.1:25577 *"));
	unlink(PROPERTIES);
	memset(shared, 0, sizeof(*shared));
	/* Everywhere is there, too. */
	equip("type=vanilla", true, NULL, 0);
	assert_true(is_like(shown_rcon(&shared->told[0].rcon), "127.0.0.1:25578 *"));
	/* What is enabled is not ours to move. */
	put(PROPERTIES, "enable-rcon=true\nrcon.port=25575\nrcon.password=x\n");
	equip("type=vanilla", true, NULL, 0);
	assert_string_equal(shown_rcon(&shared->told[0].rcon), "127.0.0.1:25575 x");
	assert_string_equal(notes, "");
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
}

static void
a_hundred_ports_further_it_is_given_up(void **state)
{
	int fds[101];

	(void)state;
	if (!alone)
		skip();
	for (int i = 0; i < 101; i++)
		fds[i] = listener("127.0.0.1", 25575 + i);
	equip("type=vanilla\nproperty=a=1", true, NULL, 0);
	assert_false(shared->told[0].rcon.on);
	assert_string_equal(notes, "NO_PORT:25575:25675");
	assert_string_equal(text_of(PROPERTIES), "a=1\n");
	close(fds[100]);
	equip("type=vanilla", true, NULL, 0);
	assert_true(is_like(shown_rcon(&shared->told[0].rcon), "127.0.0.1:25675 *"));
	for (int i = 0; i < 100; i++)
		close(fds[i]);
}

/* By what is known of them, by what the INI says of them, and by what they chose just now. */
static void
the_ports_of_other_servers_are_taken(void **state)
{
	static const char keys[] = "type=vanilla\n[server:a]\n[server:b]\nproperty=server-port=25575\n"
	    "[server:c]\nproperty=rcon.port=25576\n[server:d]\nrcon=localhost:25577\nrcon_password=x";

	(void)state;
	known[2].on = true;
	known[2].place.port = 25578;
	known[3].place.port = 25579;
	known[7].on = true;		/* of a slot that nobody uses */
	known[7].place.port = 25579;
	equip(keys, true, NULL, 0);
	assert_int_equal(shared->told[0].rcon.place.port, 25579);
	assert_string_equal(notes, "PORT:25579:25575");
	unlink(PROPERTIES);
	memset(known, 0, sizeof(known));
	equip("type=vanilla\n[server:a]\n[server:b]", true, NULL, 0);
	assert_int_equal(shared->told[0].rcon.place.port, 25575);
	unlink(PROPERTIES);
	equip("type=vanilla\n[server:a]\n[server:b]", true, NULL, 1);
	assert_int_equal(shared->told[1].rcon.place.port, 25576);
}

/* All at once, and none listens yet. */
static void
servers_that_start_together_choose_different_ports(void **state)
{
	char keys[512] = "type=vanilla";
	int status, used[64] = { 0 };

	(void)state;
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		snprintf(keys + strlen(keys), sizeof(keys) - strlen(keys), "\n[server:s%d]", slot);
	for (int round = 0; round < 6; round++) {
		memset(shared, 0, sizeof(*shared));
		memset(used, 0, sizeof(used));
		for (int slot = 0; slot < CONF_SERVERS; slot++) {
			char dir[32];

			snprintf(dir, sizeof(dir), "%d.%d", round, slot);
			assert_int_equal(mkdir(dir, 0755), 0);
			if (fork() == 0) {
				if (chdir(dir) == 0)
					equip(keys, true, NULL, slot);
				_exit(0);
			}
		}
		while (wait(&status) > 0)
			assert_int_equal(status, 0);
		for (int slot = 0; slot < CONF_SERVERS; slot++) {
			int port = shared->told[slot].rcon.place.port - 25575;

			assert_true(shared->told[slot].rcon.on && port >= 0 && port < 64);
			assert_int_equal(used[port]++, 0);
		}
	}
}

static void
a_list_that_is_full_takes_nobodys_port_away(void **state)
{
	(void)state;
	for (int i = 0; i < EQUIP_CLAIMS; i++)
		shared->claim[i] = 1000 + (uint32_t)i;
	assert_true(equip("type=vanilla", true, NULL, 0)->on);
}

/* Commands for one would go to the other. */
static void
the_same_place_is_only_of_the_first(void **state)
{
	static const char two[] = "type=vanilla\n[server:a]\n[server:b]";
	struct equip_rcon first;

	(void)state;
	put(PROPERTIES, ENABLED);
	first = *equip(two, true, NULL, 0);
	assert_true(first.on);
	/* On its way, and known. */
	assert_false(equip(two, true, NULL, 1)->on);
	assert_string_equal(notes, "TWIN:30000:a");
	memset(shared->claim, 0, sizeof(shared->claim));
	known[0] = first;
	assert_false(equip(two, true, NULL, 1)->on);
	/* Again itself, and behind another address. */
	assert_true(equip(two, true, NULL, 0)->on);
	put(PROPERTIES, ENABLED "server-ip=127.0.0.2\n");
	assert_true(equip(two, true, NULL, 1)->on);
}

/* ---- files that are not for us ---- */

static void
what_cannot_be_written_counts_as_it_is(void **state)
{
	(void)state;
	put(PROPERTIES, "a=b\n");
	chmod(PROPERTIES, 0444);
	assert_false(equip("type=vanilla", true, NULL, 0)->on);
	assert_string_equal(notes, "UNWRITTEN:Permission denied");
	assert_string_equal(text_of(PROPERTIES), "a=b\n");
	unlink(PROPERTIES);
	put(PROPERTIES, ENABLED);
	chmod(PROPERTIES, 0444);
	assert_string_equal(shown_rcon(equip("type=vanilla\nrcon_password=new\nproperty=rcon.port=1",
	    true, NULL, 0)), "127.0.0.1:30000 old");
	assert_string_equal(notes, "UNWRITTEN:Permission denied");
	/* That there was nothing to write is no failure. */
	equip("type=vanilla\nrcon_password=old", true, NULL, 0);
	assert_string_equal(notes, "");
	/* Nor does a given place need the file. */
	assert_string_equal(shown_rcon(equip("rcon=localhost:1\nrcon_password=x\nproperty=a=1", true,
	    NULL, 0)), "127.0.0.1:1 x");
	assert_string_equal(notes, "UNWRITTEN:Permission denied");
}

static void
what_cannot_be_read_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(mkdir(PROPERTIES, 0755), 0);
	assert_false(equip("type=vanilla\nproperty=a=1", true, NULL, 0)->on);
	assert_string_equal(notes, "UNREADABLE:Is a directory");
	rmdir(PROPERTIES);
	assert_int_equal(mkfifo(PROPERTIES, 0644), 0);
	assert_false(equip("type=vanilla", true, NULL, 0)->on);
	assert_string_equal(notes, "UNREADABLE:No such device or address");
}

static void
a_read_only_disk_is_said(void **state)
{
	(void)state;
	if (getuid() != 0)
		skip();
	put(PROPERTIES, ENABLED);
	put("eula.txt", "");
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount(path, path, NULL, MS_BIND, NULL) != 0 ||
	    mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) != 0)
		skip();
	assert_int_equal(chdir(path), 0);
	assert_string_equal(shown_rcon(equip("type=paper\neula=yes\nproperty=a=1", true, NULL, 0)),
	    "127.0.0.1:30000 old");
	assert_string_equal(notes, "EULA:Read-only file system UNWRITTEN:Read-only file system");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(umount2(path, MNT_DETACH), 0);
}

/* ---- whatever happens ---- */

/* Killed at any time: the file is as it was or as it is to be, and what is told is told whole. */
static void
killed_in_the_middle_all_is_whole(void **state)
{
	const struct equip_told *told = &shared->told[0];
	const char *text;
	unsigned wrote = 0, rounds;

	(void)state;
	/* All before it, or all behind it, would prove nothing. */
	for (rounds = 0; rounds < 100 || wrote == 0; rounds++) {
		pid_t pid;

		assert_true(rounds < 3000);

		unlink(PROPERTIES);
		put(PROPERTIES, "a=b\n");
		memset(shared, 0, sizeof(*shared));
		pid = fork();
		if (pid == 0) {
			equip("type=vanilla", true, NULL, 0);
			_exit(0);
		}
		usleep(rounds * 120);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		text = text_of(PROPERTIES);
		assert_true(strcmp(text, "a=b\n") == 0 || is_like(text, "a=b\n" MADE("25575")));
		wrote += strcmp(text, "a=b\n") != 0;
		assert_true(told->pid == 0 || (told->pid == pid && told->rcon.on &&
		    told->rcon.place.port == 25575 && strlen(told->rcon.password) == 24));
	}
	print_message("%u of %u were written\n", wrote, rounds);
	assert_true(wrote < rounds);
}

static void
notes_are_sentences_for_the_log(void **state)
{
	char text[1024], small[16];

	(void)state;
	equip_note_text(text, sizeof(text), EQUIP_PORT, "/srv", "25575", 25577);
	assert_string_equal(text, "RCON gets port 25577: port 25575 is taken");
	equip_note_text(text, sizeof(text), EQUIP_NO_PROPERTIES, "/srv/{word}", "x", 1);
	assert_string_equal(text, "the property lines of the INI are not used: there is no "
	    "/srv/{word}/server.properties, and a server of this type makes none");
	for (int note = 0; note < EQUIP_NOTE_COUNT; note++) {
		int level = equip_note_level((enum equip_note)note);

		assert_true(level == LEVEL_WARN || level == LEVEL_INFO);
		equip_note_text(text, sizeof(text), (enum equip_note)note, "D", "W", 7);
		assert_true(strlen(text) > 30 && text[strlen(text) - 1] != '.');
		assert_null(strchr(text, '{'));
		for (size_t room = 1; room <= sizeof(small); room++) {
			equip_note_text(small, room, (enum equip_note)note, "D", "W", 7);
			assert_int_equal(strlen(small), room - 1);
			assert_memory_equal(small, text, room - 1);
		}
	}
}

int
main(void)
{
#define IN_DIR(test)	cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_and_rcon_as_the_ini_asks),
		IN_DIR(the_eula_is_accepted),
		IN_DIR(an_eula_that_cannot_be_written_is_said),
		IN_DIR(a_password_is_made_once_and_kept),
		IN_DIR(each_letter_is_made_up),
		IN_DIR(a_file_with_a_password_of_ours_is_secret),
		IN_DIR(the_longest_password_is_told_whole),
		IN_DIR(a_port_that_somebody_has_is_passed_over),
		IN_DIR(a_hundred_ports_further_it_is_given_up),
		IN_DIR(the_ports_of_other_servers_are_taken),
		IN_DIR(servers_that_start_together_choose_different_ports),
		IN_DIR(a_list_that_is_full_takes_nobodys_port_away),
		IN_DIR(the_same_place_is_only_of_the_first),
		IN_DIR(what_cannot_be_written_counts_as_it_is),
		IN_DIR(what_cannot_be_read_is_left_alone),
		IN_DIR(a_read_only_disk_is_said),
		IN_DIR(killed_in_the_middle_all_is_whole),
		cmocka_unit_test(notes_are_sentences_for_the_log),
	};

	return cmocka_run_group_tests(tests, set_up_all, NULL);
}
