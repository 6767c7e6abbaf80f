/* SPDX-License-Identifier: MIT */
/*
 * equip_rcon: the RCON of a server, found or enabled, a part of equip.c; see equip.h.
 *
 * What server.properties already says is respected, and the property lines of the INI win over all.
 * It must never open a port to the world that nobody asked for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "equip_in.h"
#include "fmt.h"
#include "sys.h"

enum { PORT = 25575, GAME_PORT = 25565, FURTHER = 100, MADE_UP = 24 };

/* What is missing for RCON, and the key that says it. */
enum lack { LACK_NOTHING, LACK_SWITCH, LACK_PORT, LACK_PASSWORD, LACK_RCON_IP, LACK_SERVER_IP };
static const char lack_keys[][16] = { "", "enable-rcon", "rcon.port", "rcon.password", "rcon.ip",
	"server-ip" };

/* ---- what is there ---- */

int
equip_port(const char *text)
{
	size_t n = strspn(text, "0123456789");
	long port = n > 0 && n < 7 && text[n] == '\0' ? strtol(text, NULL, 10) : 0;

	return port > 0 && port < 65536 ? (int)port : 0;
}

/* Empty as java has it: a key without a value is as good as none. */
static bool
has_value(const struct props_file *file, const char *key, char value[PROPS_VALUE])
{
	return props_value(file, key, value) && value[0] != '\0';
}

static bool
is_true(const char *value)
{
	return strcasecmp(value, "true") == 0;
}

/* A server that listens everywhere listens here, too. */
static bool
place_here(struct wire_place *place, const char *host, int port)
{
	static const uint8_t everywhere[16];

	if (!wire_place_of(place, host, port))
		return false;
	return memcmp(place->address, everywhere, sizeof(everywhere)) != 0 ||
	    wire_place_of(place, "127.0.0.1", port);
}

static enum lack
read_rcon(const struct props_file *file, struct equip_rcon *rcon)
{
	char value[PROPS_VALUE];
	int port = PORT;

	memset(rcon, 0, sizeof(*rcon));
	if (!has_value(file, "enable-rcon", value) || !is_true(value))
		return LACK_SWITCH;
	if (has_value(file, "rcon.port", value))
		port = equip_port(value);
	if (port == 0)
		return LACK_PORT;
	if (!has_value(file, "rcon.password", value) ||
	    fmt_put(rcon->password, sizeof(rcon->password), "%s", value) >= sizeof(rcon->password))
		return LACK_PASSWORD;
	if (has_value(file, "rcon.ip", value)) {
		if (!place_here(&rcon->place, value, port))
			return LACK_RCON_IP;
	} else if (!has_value(file, "server-ip", value)) {
		place_here(&rcon->place, "127.0.0.1", port);
	} else if (!place_here(&rcon->place, value, port)) {
		return LACK_SERVER_IP;
	}
	rcon->on = true;
	return LACK_NOTHING;
}

bool
equip_rcon_read(const struct props_file *file, struct equip_rcon *rcon)
{
	return read_rcon(file, rcon) == LACK_NOTHING;
}

/* ---- what kind of server ---- */

/* As strcasestr(), which is no function of standard C. */
static bool
contains(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (; *text != '\0'; text++)
		if (strncasecmp(text, word, n) == 0)
			return true;
	return false;
}

static bool
has_any(const char *text, const char words[][12], size_t count)
{
	for (size_t i = 0; i < count && text != NULL; i++)
		if (contains(text, words[i]))
			return true;
	return false;
}

/* Only paper and what was made of it can have RCON at another address than the game. */
static bool
is_paper(const struct equip_work *work)
{
	static const char jars[][12] = { "paper", "purpur", "folia", "pufferfish", "leaf" };

	/* Its files may have been left behind by one that was here before. */
	return work->conf->type == TYPE_PAPER || (work->conf->type == TYPE_AUTO &&
	    has_any(work->job->jar, jars, sizeof(jars) / sizeof(jars[0])));
}

static bool
is_proxy(const struct equip_work *work)
{
	static const char jars[][12] = { "velocity", "bungee", "waterfall" };

	return has_any(work->job->jar, jars, sizeof(jars) / sizeof(jars[0]));
}

enum equip_wish
equip_rcon_wish(struct equip_work *work)
{
	const struct conf_server *conf = work->conf;
	bool on = strcasecmp(conf->rcon, "on") == 0;

	if (wire_place_from(&work->rcon.place, conf->rcon)) {
		fmt_put(work->rcon.password, sizeof(work->rcon.password), "%s",
		    conf->rcon_password);
		work->rcon.on = true;
		return EQUIP_NONE;
	}
	if (conf->type == TYPE_GENERIC && on)
		work->job->note(work->job->report, EQUIP_GENERIC, 0, 0, "");
	if (strcasecmp(conf->rcon, "off") == 0 || (conf->type != TYPE_VANILLA &&
	    conf->type != TYPE_PAPER && conf->type != TYPE_AUTO))
		return EQUIP_NONE;
	if (on)
		return EQUIP_ON;
	return conf->type == TYPE_AUTO && is_proxy(work) ? EQUIP_NONE : EQUIP_AUTO;
}

/* ---- a port ---- */

/*
 * Servers that start at the same time choose at the same time, and none of them listens yet:
 * whoever comes to a port first has it.  All go through the list in the same order, so two never
 * both find that the other has not taken it.
 */
int
equip_rcon_claim(struct equip_shared *shared, int slot, int port)
{
	for (int i = 0; i < EQUIP_CLAIMS; i++) {
		uint32_t there = 0, ours = (uint32_t)slot << 16 | (uint32_t)port;

		if (__atomic_compare_exchange_n(&shared->claim[i], &there, ours, false, __ATOMIC_SEQ_CST,
		    __ATOMIC_SEQ_CST))
			return slot;
		if ((there & 0xffff) == (uint32_t)port)
			return (int)(there >> 16) % CONF_SERVERS;
	}
	return slot;
}

static bool
is_same_place(const struct equip_rcon *a, const struct equip_rcon *b)
{
	return a->on && b->on && memcmp(&a->place, &b->place, sizeof(a->place)) == 0;
}

/* Commands, and the stop, would go to whichever of the two was there first. */
int
equip_rcon_twin(const struct equip_work *work)
{
	const struct equip_job *job = work->job;
	const struct equip_told *told;
	int whose;

	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (slot != job->slot && job->conf->name[slot][0] != '\0' &&
		    is_same_place(&job->known[slot], &work->rcon))
			return slot;
	whose = equip_rcon_claim(job->shared, job->slot, work->rcon.place.port);
	if (whose == job->slot)
		return -1;
	/* One that has not told it yet has chosen it, where the server listens. */
	told = &job->shared->told[whose];
	return __atomic_load_n(&told->pid, __ATOMIC_ACQUIRE) == 0 || is_same_place(&told->rcon, &work->rcon) ?
	    whose : -1;
}

/* Another server has it, or will have it by what the INI says. */
static bool
is_of_another(const struct equip_job *job, int port)
{
	struct wire_place place;

	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const struct conf_server *conf = &job->conf->server[slot];
		const char *rcon, *game;

		if (slot == job->slot || job->conf->name[slot][0] == '\0')
			continue;
		rcon = equip_line(conf, "rcon.port");
		game = equip_line(conf, "server-port");
		if ((job->known[slot].on && job->known[slot].place.port == port) ||
		    (rcon != NULL && equip_port(rcon) == port) ||
		    (game != NULL && equip_port(game) == port) ||
		    (wire_place_from(&place, conf->rcon) && place.port == port))
			return true;
	}
	return false;
}

/* Where the server would listen for RCON. */
static void
bind_address(const struct equip_work *work, char host[PROPS_VALUE])
{
	if (has_value(&work->file, "rcon.ip", host))
		return;
	if (is_paper(work))
		fmt_put(host, PROPS_VALUE, "127.0.0.1");
	else if (!has_value(&work->file, "server-ip", host))
		fmt_put(host, PROPS_VALUE, "0.0.0.0");
}

static bool
is_free(const char *host, int port)
{
	struct wire_place place;
	int rc = wire_place_of(&place, host, port) ? wire_is_free(&place) : 0;

	return rc != -EADDRINUSE && rc != -EACCES;
}

static int
port_in(const struct props_file *file, const char *key, int otherwise)
{
	char value[PROPS_VALUE];
	int port = has_value(file, key, value) ? equip_port(value) : 0;

	return port != 0 ? port : otherwise;
}

/* 0: there is none. */
static int
choose_port(const struct equip_work *work)
{
	const struct equip_job *job = work->job;
	int game = port_in(&work->file, "server-port", GAME_PORT);
	int first = port_in(&work->file, "rcon.port", PORT), last = first + FURTHER, port;
	char host[PROPS_VALUE], word[8];

	if (last > 65535)
		last = 65535;
	bind_address(work, host);
	for (port = first; port <= last; port++)
		if (port != game && !is_of_another(job, port) && is_free(host, port) &&
		    equip_rcon_claim(job->shared, job->slot, port) == job->slot)
			break;
	fmt_put(word, sizeof(word), "%d", port <= last ? first : last);
	if (port > last)
		job->note(job->report, EQUIP_NO_PORT, 0, first, word);
	else if (port != first)
		job->note(job->report, EQUIP_PORT, 0, port, word);
	return port <= last ? port : 0;
}

/* ---- enabling it ---- */

/* A property line has been set, and wins. */
static int
put(struct equip_work *work, const char *key, const char *value)
{
	return equip_line(work->conf, key) != NULL ? 0 : props_change(&work->file, key, value);
}

/* What will do: that of a property line, which nobody overrules, or a free one. */
static bool
find_port(struct equip_work *work, char digits[8])
{
	const char *line = equip_line(work->conf, "rcon.port");
	int port = line != NULL ? equip_port(line) : choose_port(work);

	fmt_put(digits, 8, "%d", port);
	return port != 0 || line != NULL;
}

/* Letters and digits alone: nothing has to be escaped anywhere, and each is as likely. */
static int
make_up(char password[MADE_UP + 1])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" "abcdefghijklmnopqrstuvwxyz"
	    "0123456789";
	enum { LETTERS = sizeof(letters) - 1, FAIR = 256 / LETTERS * LETTERS };
	uint8_t byte;
	int rc;

	for (int n = 0; n < MADE_UP; ) {
		rc = sys_random(&byte, 1);
		if (rc < 0)
			return rc;
		if (byte < FAIR)
			password[n++] = letters[byte % LETTERS];
	}
	password[MADE_UP] = '\0';
	return 0;
}

static bool
find_password(struct equip_work *work, char password[PROPS_VALUE])
{
	const char *own = work->conf->rcon_password;
	int rc;

	if (own[0] == '\0' && has_value(&work->file, "rcon.password", password) &&
	    strlen(password) < EQUIP_PASSWORD)
		return true;
	work->secret = true;
	if (own[0] != '\0') {
		fmt_put(password, PROPS_VALUE, "%s", own);
		return true;
	}
	rc = make_up(password);
	if (rc < 0)
		work->job->note(work->job->report, EQUIP_NO_PASSWORD, -rc, 0, "");
	return rc == 0;
}

/* Under `auto` a port is only opened where nobody outside of this machine can reach it. */
static bool
is_inside(const struct equip_work *work)
{
	bool paper = is_paper(work);
	struct wire_place place;
	char host[PROPS_VALUE];

	if (work->job->in_container)
		return true;
	if (!has_value(&work->file, paper ? "rcon.ip" : "server-ip", host))
		return paper && equip_line(work->conf, "rcon.ip") == NULL;
	return wire_place_of(&place, host, PORT) && wire_is_loopback(&place);
}

static int
enable(struct equip_work *work)
{
	char port[8], password[PROPS_VALUE], host[PROPS_VALUE];
	const struct { const char *key, *value; } settings[] = {
		{ "rcon.port", port }, { "rcon.password", password },
		{ "broadcast-rcon-to-ops", "false" }, { "enable-rcon", "true" },
	};
	int rc = 0;

	if (!find_port(work, port) || !find_password(work, password)) {
		work->said = true;
		return 0;
	}
	if (is_paper(work) && !has_value(&work->file, "rcon.ip", host))
		rc = put(work, "rcon.ip", "127.0.0.1");
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]) && rc == 0; i++)
		rc = put(work, settings[i].key, settings[i].value);
	return rc;
}

static bool
may_enable(struct equip_work *work)
{
	const char *line = equip_line(work->conf, "enable-rcon");

	if (line != NULL && !is_true(line)) {
		work->said = work->wish == EQUIP_AUTO;
		return false;
	}
	if (line != NULL || work->wish == EQUIP_ON || is_inside(work))
		return true;
	work->job->note(work->job->report, EQUIP_CONSOLE, 0, 0, "");
	work->said = true;
	return false;
}

int
equip_rcon_enable(struct equip_work *work)
{
	const char *own = work->conf->rcon_password;
	enum lack lack = read_rcon(&work->file, &work->rcon);
	int rc = 0;

	if (lack == LACK_NOTHING && own[0] != '\0') {
		work->secret = true;
		rc = put(work, "rcon.password", own);
	} else if (lack >= LACK_SWITCH && lack <= LACK_PASSWORD && may_enable(work)) {
		rc = enable(work);
	}
	if (rc < 0)
		return rc;
	lack = read_rcon(&work->file, &work->rcon);
	if (lack != LACK_NOTHING && !work->said)
		work->job->note(work->job->report, EQUIP_UNUSABLE, 0, 0, lack_keys[lack]);
	return 0;
}
