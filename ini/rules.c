/* SPDX-License-Identifier: MIT */
/*
 * rules: what concerns more than one key, or more than one server.
 *
 * Called by conf_parse() when all values are known.  A server with a mistake in it is left out:
 * its other values would be blamed for what is missing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_in.h"
#include "wire.h"

enum { SHOWN_BYTES = 32 };

static struct conf_server *
server_at(struct conf_job *job, int i)
{
	return &job->conf->server[i];
}

/* Where server i, or [server] for it, sets a key; 0 = nowhere. */
static int
line_of(const struct conf_job *job, int i, int row)
{
	int line = job->line_of[CONF_IN_SLOT + i][row];

	return line != 0 ? line : job->line_of[CONF_IN_server][row];
}

/* The first of `rows` that somebody has set: defaults are not to blame. */
static int
to_blame(const struct conf_job *job, int i, const int *rows, size_t count)
{
	size_t n;

	for (n = 0; n < count; n++)
		if (line_of(job, i, rows[n]) != 0)
			return rows[n];
	return rows[0];
}

/* --- secrets from files --- */

static void
say_unreadable(struct conf_job *job, int i, const char *path, int r)
{
	static const struct { int error; const char *text; } errors[] = {
		{ -ENOENT, "there is no such file" }, { -EACCES, "mcinit may not read it" },
		{ -E2BIG, "it is too long for a password" }, { -EISDIR, "it is a directory" },
	};
	int row = CONF_ROW_server_rcon_password_file;
	size_t n;

	for (n = 0; n < sizeof(errors) / sizeof(errors[0]); n++) {
		if (errors[n].error != r)
			continue;
		conf_complain(job, line_of(job, i, row), CONF_IN_SLOT + i, row, "%.200s: %s", path,
		    errors[n].text);
		return;
	}
	conf_complain(job, line_of(job, i, row), CONF_IN_SLOT + i, row,
	    "%.200s: cannot be read (error %d)", path, -r);
}

static void
read_secret(struct conf_job *job, int i, struct conf_server *server)
{
	const char *path = server->rcon_password_file, *stored;
	int row = CONF_ROW_server_rcon_password_file, section = CONF_IN_SLOT + i;
	int r = job->source->secret(job->source->cookie, path, job->text, CONF_LINE_BYTES);

	if (r < 0) {
		say_unreadable(job, i, path, r);
		return;
	}
	if (r == 0 || r > 255 || conf_has_control(job->text, (size_t)r)) {
		conf_complain(job, line_of(job, i, row), section, row, "%.200s %s", path,
		    r == 0 ? "is empty" : "is not one line of at most 255 bytes");
		return;
	}
	job->text[r] = '\0';
	stored = conf_keep(job, "", job->text);
	if (stored != NULL)
		server->rcon_password = stored;
}

/* A server's own password, or file of it, stands for both of what it inherits. */
static void
take_secret(struct conf_job *job, int i)
{
	struct conf_server *server = server_at(job, i);
	const int *own = job->line_of[CONF_IN_SLOT + i];
	bool own_text = own[CONF_ROW_server_rcon_password] != 0 && *server->rcon_password;
	bool own_file = own[CONF_ROW_server_rcon_password_file] != 0 && *server->rcon_password_file;

	if (own_file && !own_text)
		server->rcon_password = "";
	if (own_text && !own_file)
		server->rcon_password_file = "";
	if (*server->rcon_password_file == '\0')
		return;
	if (*server->rcon_password != '\0')
		conf_complain(job, line_of(job, i, CONF_ROW_server_rcon_password_file),
		    CONF_IN_SLOT + i, CONF_ROW_server_rcon_password_file,
		    "rcon_password is set too; leave one of them out");
	else
		read_secret(job, i, server);
}

/* --- one server --- */

static void
check_order(struct conf_job *job, int i)
{
	static const struct { int low, high; bool zero_is_none; } orders[] = {
		{ CONF_ROW_server_restart_delay, CONF_ROW_server_restart_delay_max, false },
		{ CONF_ROW_server_heap_min, CONF_ROW_server_heap, false },
		{ CONF_ROW_server_heap, CONF_ROW_server_oom_heap_max, true },
	};
	char low[SHOWN_BYTES], high[SHOWN_BYTES];
	int64_t a, b;
	size_t n;
	int blame;

	for (n = 0; n < sizeof(orders) / sizeof(orders[0]); n++) {
		a = *(int64_t *)conf_value(job, CONF_IN_SLOT + i, orders[n].low);
		b = *(int64_t *)conf_value(job, CONF_IN_SLOT + i, orders[n].high);
		if (a < 0 || b < 0 || a <= b || (b == 0 && orders[n].zero_is_none))
			continue;
		conf_show_number(&conf_keys[orders[n].low], a, low, sizeof(low));
		conf_show_number(&conf_keys[orders[n].high], b, high, sizeof(high));
		blame = to_blame(job, i, &orders[n].low, 2);
		conf_complain(job, line_of(job, i, blame), CONF_IN_SLOT + i, blame,
		    "%s = %s is more than %s = %s; change one of them",
		    conf_text(conf_keys[orders[n].low].name), low,
		    conf_text(conf_keys[orders[n].high].name), high);
	}
}

/* With delays that fill the window crash_limit crashes never fall into it: no end of restarts. */
static void
check_crash_window(struct conf_job *job, int i)
{
	static const int rows[] = { CONF_ROW_server_crash_window, CONF_ROW_server_restart_delay,
	    CONF_ROW_server_crash_limit, CONF_ROW_server_restart_delay_max };
	const struct conf_server *server = server_at(job, i);
	char window[SHOWN_BYTES], sum[SHOWN_BYTES];
	int64_t delay = server->restart_delay, total = 0;
	int n, blame;

	for (n = 1; n < server->crash_limit; n++) {
		total += delay;
		delay *= 2;
		if (delay > server->restart_delay_max)
			delay = server->restart_delay_max;
	}
	if (total < server->crash_window)
		return;
	conf_show_number(&conf_keys[rows[0]], server->crash_window, window, sizeof(window));
	conf_show_number(&conf_keys[rows[0]], total, sum, sizeof(sum));
	blame = to_blame(job, i, rows, sizeof(rows) / sizeof(rows[0]));
	conf_complain(job, line_of(job, i, blame), CONF_IN_SLOT + i, blame,
	    "the waits between %d crashes take %s, so crash_limit = %d can never be reached within "
	    "crash_window = %s; set crash_window above %s, or lower crash_limit or restart_delay",
	    (int)server->crash_limit, sum, (int)server->crash_limit, window, sum);
}

static bool
is_word(const struct conf_server *server, const char *word)
{
	return strcasecmp(server->rcon, word) == 0;
}

static void
check_rcon(struct conf_job *job, int i)
{
	static const char without[][12] = { [TYPE_VELOCITY] = "velocity", [TYPE_BUNGEE] = "bungee",
		[TYPE_BEDROCK] = "bedrock", [TYPE_GENERIC] = "" };
	const struct conf_server *server = server_at(job, i);
	int row = CONF_ROW_server_rcon, line = line_of(job, i, row);
	struct wire_place place;

	if (is_word(server, "auto") || is_word(server, "off"))
		return;
	if (is_word(server, "on")) {
		if (without[server->type][0] != '\0')
			conf_complain(job, line, CONF_IN_SLOT + i, row, "a server of type %s has no "
			    "RCON that could be enabled; leave it at auto, or say where there is "
			    "one: HOST:PORT", without[server->type]);
	} else if (!wire_place_from(&place, server->rcon)) {
		conf_complain(job, line, CONF_IN_SLOT + i, row, "\"%.60s\" is neither auto, on, "
		    "off, nor HOST:PORT with an address (127.0.0.1:25575, [::1]:25575) or localhost",
		    server->rcon);
	} else if (server->rcon_password[0] == '\0') {
		conf_complain(job, line, CONF_IN_SLOT + i, row, "HOST:PORT needs rcon_password or "
		    "rcon_password_file");
	}
}

static void
check_forms(struct conf_job *job, int i)
{
	const struct conf_server *server = server_at(job, i);
	int row = CONF_ROW_server_cpu_affinity;

	if (server->cpu_affinity[strspn(server->cpu_affinity, "0123456789,-")] != '\0')
		conf_complain(job, line_of(job, i, row), CONF_IN_SLOT + i, row,
		    "\"%.60s\" is not a list of processors such as 0-3,6", server->cpu_affinity);
}

/* --- between servers --- */

/* Without ".", "..", and needless slashes; symbolic links are the business of the world lock. */
static void
normalise(char out[CONF_PATH_BYTES], const char *path)
{
	size_t used = 0, n;

	for (; *path != '\0'; path += n) {
		path += *path == '/';
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && path[0] == '.'))
			continue;
		if (n == 2 && memcmp(path, "..", 2) == 0) {
			while (used > 0 && out[--used] != '/')
				;
			continue;
		}
		if (used + n + 2 > CONF_PATH_BYTES)
			break;
		out[used++] = '/';
		memcpy(out + used, path, n);
		used += n;
	}
	out[used] = '\0';
}

static void
check_dirs(struct conf_job *job, int a, int b)
{
	char one[CONF_PATH_BYTES], other[CONF_PATH_BYTES];
	int row = CONF_ROW_server_dir, blame = line_of(job, b, row) != 0 ? b : a;

	normalise(one, server_at(job, a)->dir);
	normalise(other, server_at(job, b)->dir);
	if (strcmp(one, other) != 0)
		return;
	conf_complain(job, line_of(job, blame, row), CONF_IN_SLOT + blame, row,
	    "servers %s and %s have the same directory %.200s; give each its own",
	    job->conf->name[a], job->conf->name[b], *one ? one : "/");
}

/* What `property` sets last, or NULL. */
static const char *
property(const struct conf_server *server, const char *name)
{
	const char *item = NULL, *value = NULL;
	size_t n = strlen(name);

	while ((item = conf_next(&server->property, item)) != NULL)
		if (strncmp(item, name, n) == 0 && item[n] == '=')
			value = item + n + 1 + strspn(item + n + 1, " \t");
	return value;
}

static bool
same_address(const struct conf_server *a, const struct conf_server *b)
{
	const char *one = property(a, "server-ip"), *other = property(b, "server-ip");

	return !one || !other || !*one || !*other || strcmp(one, other) == 0;
}

/* Servers a and b are the same one when its own two ports are compared. */
static void
check_ports(struct conf_job *job, int a, int b, const char *port_a, const char *port_b)
{
	const char *one = property(server_at(job, a), port_a);
	const char *other = property(server_at(job, b), port_b);
	int row = CONF_ROW_server_property;

	if (!one || !other || strcmp(one, other) != 0 ||
	    !same_address(server_at(job, a), server_at(job, b)))
		return;
	conf_complain(job, line_of(job, b, row), CONF_IN_SLOT + b, row,
	    "port %.10s is %s of server %s and %s of server %s; give each its own", other, port_a,
	    job->conf->name[a], port_b, job->conf->name[b]);
}

/* Whether the HOST:PORT of a is where b has its RCON, by its own or by its property lines. */
static bool
meets(const struct conf_server *a, const struct conf_server *b)
{
	const char *port = property(b, "rcon.port"), *ip = property(b, "rcon.ip");
	struct wire_place one, other;

	if (!wire_place_from(&one, a->rcon))
		return false;
	if (wire_place_from(&other, b->rcon))
		return memcmp(&one, &other, sizeof(one)) == 0;
	if (port == NULL || strtol(port, NULL, 10) != one.port)
		return false;
	if (ip == NULL || *ip == '\0')
		ip = property(b, "server-ip");
	return ip == NULL || !wire_place_of(&other, ip, one.port) ? wire_is_loopback(&one) :
	    memcmp(&one, &other, sizeof(one)) == 0;
}

static void
check_places(struct conf_job *job, int a, int b)
{
	int row = CONF_ROW_server_rcon, blame = line_of(job, b, row) != 0 ? b : a;

	if (meets(server_at(job, a), server_at(job, b)) ||
	    meets(server_at(job, b), server_at(job, a)))
		conf_complain(job, line_of(job, blame, row), CONF_IN_SLOT + blame, row,
		    "servers %s and %s have the same RCON, %.60s; give each its own port",
		    job->conf->name[a], job->conf->name[b], server_at(job, blame)->rcon);
}

static void
check_terminal(struct conf_job *job, int a, int b)
{
	int row = CONF_ROW_server_tty, blame = line_of(job, b, row) != 0 ? b : a;

	if (server_at(job, a)->tty == TTY_INHERIT && server_at(job, b)->tty == TTY_INHERIT)
		conf_complain(job, line_of(job, blame, row), CONF_IN_SLOT + blame, row,
		    "servers %s and %s cannot both have our terminal; \"pty\" gives one of its own",
		    job->conf->name[a], job->conf->name[b]);
}

static void
check_pair(struct conf_job *job, int a, int b)
{
	static const char game[] = "server-port", rcon[] = "rcon.port";

	check_dirs(job, a, b);
	check_terminal(job, a, b);
	check_ports(job, a, b, game, game);
	check_ports(job, a, b, rcon, rcon);
	check_ports(job, a, b, game, rcon);
	check_ports(job, a, b, rcon, game);
	check_places(job, a, b);
}

static bool
is_good(const struct conf_job *job, int i)
{
	return !job->bad[CONF_IN_server] && !job->bad[CONF_IN_SLOT + i];
}

void
conf_rules(struct conf_job *job)
{
	int servers = job->conf->servers, i, j;
	bool good[CONF_SERVERS];

	for (i = 0; i < servers; i++) {
		take_secret(job, i);
		good[i] = is_good(job, i);
		if (!good[i])
			continue;
		check_order(job, i);
		check_crash_window(job, i);
		check_forms(job, i);
		check_rcon(job, i);
		check_ports(job, i, i, "server-port", "rcon.port");
	}
	for (i = 0; i < servers; i++)
		for (j = i + 1; j < servers; j++)
			if (good[i] && good[j])
				check_pair(job, i, j);
}
