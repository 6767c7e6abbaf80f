/* SPDX-License-Identifier: MIT */
/*
 * act_rcon: the connections to the RCON of the servers, and what is said there; see act.h.
 *
 * Connections do not outlive an image: they are opened anew.  What comes is handed on to the client
 * that asked, as it comes, and of nobody else's reply more is kept than its beginning.  It must never
 * wait for a server nor for a client, and never say anything that was not decided.
 */
#include <errno.h>
#include <string.h>

#include "act_in.h"
#include "control.h"
#include "equip.h"
#include "fmt.h"
#include "log.h"
#include "players.h"
#include "rcon.h"
#include "sys.h"
#include "wire.h"
#include "words.h"

enum { HIGH = 16, READ = 2048, READS = 32, NOBODY = -1 };

static _Alignas(64) struct line {
	int fd;				/* 0 = none */
	bool on_the_way;
	bool whole;			/* the reply is, but its client has not taken all of it */
	bool line_ended;		/* what comes now is another line of the reply */
	struct rcon rcon;
	uint8_t asked;			/* enum step_ask */
	int client;			/* who hears the reply, or NOBODY */
	uint16_t kept, left, at;	/* bytes of `begin`; of `rest`, and where they begin */
	bool is_list;			/* and it tells who is online */
	int64_t asked_at, took;		/* by sys_now(), and how long a reply took; 0 = none yet */
	char begin[PLAYERS_TEXT];	/* of the reply to a question of ours */
} lines[CONF_SERVERS];
/*
 * What a client that reads slowly has not taken: all pieces of one read, each behind a line of its own,
 * and the end of a line.  Apart, for its memory is hardly ever touched.
 */
enum { PIECE_LEAST = 14, PIECE_LINE = sizeof("data 2048\n") + 1,
	REST = READ + (READ / PIECE_LEAST + 1) * PIECE_LINE };
static _Alignas(64) char rests[CONF_SERVERS][REST];

static const struct equip_rcon *
place_of(const struct act_scope *scope, int slot)
{
	return &scope->world->rcon[slot];
}

/* ---- clients ---- */

static void
tell_done(struct act_scope *scope, int client)
{
	char line[CTL_ANSWER];

	control_tell(client, scope->epoll, line, ctl_answer(line, true, ""), true);
}

static void
tell_why_not(struct act_scope *scope, int client, int slot, const char *why, bool late)
{
	char line[CTL_ANSWER], text[CTL_ANSWER];
	size_t n;

	fmt_put(text, sizeof(text), "%s%s%s", slot >= 0 ? act_name(scope, slot) : "",
	    slot >= 0 ? " " : "", why);
	n = late ? ctl_late(line, text) : ctl_answer(line, false, text);
	control_tell(client, scope->epoll, line, n, true);
}

/* Reads from the server go on when the client has taken what there is. */
static void
watch(struct act_scope *scope, int slot)
{
	struct line *l = &lines[slot];
	bool full = l->left > 0 && l->client != NOBODY;

	if (l->fd != 0)
		sys_epoll_watch(scope->epoll, l->fd, TAG_RCON | (unsigned)slot, !full, false);
	if (l->client != NOBODY)
		control_watch(l->client, scope->epoll, TAG_CLIENT, full);
}

static void is_answered(struct act_scope *scope, int slot);

static void
client_gone(struct act_scope *scope, int slot)
{
	struct line *l = &lines[slot];

	l->client = NOBODY;
	l->left = 0;
	watch(scope, slot);
	if (l->whole)
		is_answered(scope, slot);
}

/* False: it could not take all of it. */
static bool
hand_on(struct act_scope *scope, int slot)
{
	struct line *l = &lines[slot];
	int n = control_send(l->client, scope->epoll, rests[slot] + l->at, l->left);

	if (n < 0) {
		client_gone(scope, slot);
		return true;
	}
	l->at = (uint16_t)(l->at + n);
	l->left = (uint16_t)(l->left - n);
	return l->left == 0;
}

static void
hand_on_text(struct act_scope *scope, int slot, const char *text, size_t bytes)
{
	struct line *l = &lines[slot];
	size_t n;

	if (l->asked != ASK_CLIENT) {
		if (l->line_ended && l->kept < sizeof(l->begin))
			l->begin[l->kept++] = '\n';
		n = bytes < sizeof(l->begin) - l->kept ? bytes : sizeof(l->begin) - l->kept;
		memcpy(l->begin + l->kept, text, n);
		l->kept = (uint16_t)(l->kept + n);
	} else if (l->client != NOBODY) {
		char line[CTL_ANSWER];
		char *to = rests[slot] + (l->left > 0 ? l->at + l->left : (l->at = 0));

		n = ctl_data(line, bytes + l->line_ended);
		memcpy(to, line, n);
		if (l->line_ended)
			to[n++] = '\n';
		memcpy(to + n, text, bytes);
		l->left = (uint16_t)(l->left + n + bytes);
		if (!hand_on(scope, slot))
			watch(scope, slot);
	}
	l->line_ended = false;
}

/* ---- a connection ---- */

static void
hang_up(struct act_scope *scope, int slot)
{
	struct line *l = &lines[slot];

	if (l->fd == 0)
		return;
	sys_epoll_remove(scope->epoll, l->fd);
	sys_close(l->fd);
	l->fd = 0;
	l->left = 0;
	l->whole = false;
}

/* Who waits for its reply is told that there is no more of it. */
static void
let_go(struct act_scope *scope, int slot)
{
	struct line *l = &lines[slot];

	hang_up(scope, slot);
	if (l->asked == ASK_CLIENT && l->client != NOBODY)
		tell_why_not(scope, l->client, slot, "hung up: there is no more of the reply", false);
	l->asked = ASK_NOTHING;
	l->client = NOBODY;
}

static void
is_lost(struct act_scope *scope, int slot, enum step_rcon_end how)
{
	let_go(scope, slot);
	act_tell(scope, STEP_RCON_DOWN, slot, how);
	world_commit();
}

/* One packet is one send: a server reads once for each. */
static bool
send_packet(struct act_scope *scope, int slot, const char *packet, size_t bytes)
{
	if (bytes > 0 && sys_send_now(lines[slot].fd, packet, bytes) == (ssize_t)bytes)
		return true;
	is_lost(scope, slot, RCON_END_LOST);
	return false;
}

void
act_rcon_open(struct act_scope *scope, const struct step_act *a)
{
	const struct equip_rcon *place = place_of(scope, a->slot);
	struct line *l = &lines[a->slot];
	int fd;

	hang_up(scope, a->slot);
	act_untell_rcon(scope, a->slot);
	memset(l, 0, sizeof(*l));
	l->client = NOBODY;
	if (!place->on) {
		act_tell(scope, STEP_RCON_DOWN, a->slot, RCON_END_ABSENT);
		return;
	}
	fd = wire_open(&place->place);
	l->fd = fd < 0 ? 0 : sys_move_above(fd, HIGH);
	if (fd >= 0)
		sys_close(fd);
	if (l->fd < 0)
		l->fd = 0;
	l->on_the_way = true;
	if (l->fd == 0 || sys_epoll_watch(scope->epoll, l->fd, TAG_RCON | (unsigned)a->slot, false,
	    true) < 0) {
		hang_up(scope, a->slot);
		act_tell(scope, STEP_RCON_DOWN, a->slot, RCON_END_REFUSED);
	}
}

void
act_rcon_close(struct act_scope *scope, const struct step_act *a)
{
	let_go(scope, a->slot);
	act_untell_rcon(scope, a->slot);
}

static void
is_there(struct act_scope *scope, int slot)
{
	struct line *l = &lines[slot];
	char packet[RCON_PACKET];
	int rc = wire_arrived(l->fd);

	if (rc == -EINPROGRESS)
		return;
	if (rc < 0) {
		is_lost(scope, slot, RCON_END_REFUSED);
		return;
	}
	l->on_the_way = false;
	watch(scope, slot);
	send_packet(scope, slot, packet, rcon_login(&l->rcon, packet, place_of(scope, slot)->password));
}

static void
is_answered(struct act_scope *scope, int slot)
{
	struct line *l = &lines[slot];
	int32_t players = STEP_ANSWER;

	l->whole = l->asked == ASK_CLIENT && l->client != NOBODY && l->left > 0;
	if (l->whole)
		return;
	if (l->asked == ASK_PROBE || l->asked == ASK_COUNT) {
		l->is_list = true;
		players = players_of(l->begin, l->kept);
		l->took = sys_now() - l->asked_at;
	}
	if (l->asked == ASK_CLIENT && l->client != NOBODY)
		tell_done(scope, l->client);
	l->asked = ASK_NOTHING;
	l->client = NOBODY;
	act_tell(scope, STEP_ANSWERED, slot, players);
	world_commit();
}

static void
take(struct act_scope *scope, int slot, const char *bytes, size_t count)
{
	struct line *l = &lines[slot];
	size_t used, from, piece;
	char packet[RCON_PACKET];

	for (; l->fd != 0; bytes += used, count -= used) {
		switch (rcon_hear(&l->rcon, bytes, count, &used, &from, &piece)) {
		case RCON_MORE:
			return;
		case RCON_IN:
			l->rcon.by_line = scope->conf->server[slot].type == TYPE_GENERIC;
			act_tell(scope, STEP_RCON_UP, slot, 0);
			world_commit();
			break;
		case RCON_TEXT:
			hand_on_text(scope, slot, bytes + from, piece);
			break;
		case RCON_PROBE:
			send_packet(scope, slot, packet, rcon_probe(&l->rcon, packet));
			break;
		case RCON_DONE:
			is_answered(scope, slot);
			break;
		case RCON_PAUSE:
			l->line_ended = l->rcon.packets > 0;
			break;
		case RCON_REST:
			/* Who asked has been told that this is all, and has gone. */
			break;
		case RCON_REFUSED:
			log_err(act_name(scope, slot), 0, "RCON refuses the password; see rcon.password in its "
			    "server.properties, and rcon_password");
			is_lost(scope, slot, RCON_END_PASSWORD);
			break;
		case RCON_BROKEN:
			is_lost(scope, slot, RCON_END_GARBLED);
			break;
		}
	}
}

static void
has_hung_up(struct act_scope *scope, int slot)
{
	if (lines[slot].asked != ASK_NOTHING && rcon_hung_up(&lines[slot].rcon) == RCON_DONE)
		is_answered(scope, slot);
	is_lost(scope, slot, RCON_END_LOST);
}

void
act_hear_rcon(struct act_scope *scope, int slot)
{
	struct line *l = &lines[slot];
	char bytes[READ];

	if (l->fd != 0 && l->on_the_way) {
		is_there(scope, slot);
		return;
	}
	/* The others have their turns, too. */
	for (int i = 0; i < READS && l->fd != 0 && l->left == 0; i++) {
		ssize_t n = sys_read(l->fd, bytes, sizeof(bytes));

		if (n == -EAGAIN)
			break;
		if (n <= 0)
			has_hung_up(scope, slot);
		else
			take(scope, slot, bytes, (size_t)n);
	}
	if (l->line_ended && l->asked != ASK_NOTHING)
		act_tell(scope, STEP_REPLYING, slot, 0);
}

void
act_settle(struct act_scope *scope, const struct step_act *a)
{
	struct line *l = &lines[a->slot];

	if (l->asked == ASK_NOTHING)
		return;
	/* There is more, and somebody who has not made room for it, or we are late ourselves. */
	if (l->left > 0 || sys_waiting_bytes(l->fd) > 0)
		act_tell(scope, STEP_REPLYING, a->slot, 0);
	else if (rcon_idle(&l->rcon) == RCON_DONE)
		is_answered(scope, a->slot);
}

/* ---- what is said ---- */

/* The words of the INI, with the seconds in them. */
static void
put_warning(char *text, size_t room, const struct conf_server *conf, int seconds)
{
	static const char mark[] = "{seconds}";
	const char *from = conf->stop_message, *at;
	size_t n = fmt_put(text, room, "%s ", step_say_command(conf));

	while ((at = strstr(from, mark)) != NULL && n < room) {
		n += fmt_put(text + n, room - n, "%.*s%d", (int)(at - from), from, seconds);
		from = at + sizeof(mark) - 1;
	}
	if (n < room)
		fmt_put(text + n, room - n, "%s", from);
}

void
act_warn(struct act_scope *scope, const struct step_act *a)
{
	char text[512];
	int rc;

	put_warning(text, sizeof(text), &scope->conf->server[a->slot], (int)a->a);
	rc = console_type(&scope->world->console, a->slot, text);
	if (rc < 0)
		log_warn(act_name(scope, a->slot), rc, "does not read its console: players were not warned");
}

void
act_save_on(struct act_scope *scope, const struct step_act *a)
{
	int rc = console_type(&scope->world->console, a->slot, "save-on");

	if (rc < 0)
		log_err(act_name(scope, a->slot), rc, "does not read its console: save-on was not said behind a backup. Say "
		    "it yourself, or its world is not saved any more");
	else
		log_info(act_name(scope, a->slot), "a backup is over; said \"save-on\" on its console");
}

/* Whether it is one that asked this server: its place may be another's by now. */
static bool
is_his(int client, int slot)
{
	return control_is_there(client) && control_matter(client) == slot;
}

/* The command of a client; "" if it has gone. */
static const char *
command_of(int client, int slot)
{
	static _Alignas(64) struct ctl_request request;
	const char *line, *command;
	size_t bytes = control_said(client, &line);

	if (!is_his(client, slot) || control_is_served(client) || ctl_parse(&request, line, bytes) != NULL)
		return "";
	command = strchr(request.argument, ' ');
	return command != NULL ? command + 1 : "";
}

void
act_ask(struct act_scope *scope, const struct step_act *a)
{
	const struct conf_server *conf = &scope->conf->server[a->slot];
	struct line *l = &lines[a->slot];
	char packet[RCON_PACKET], warning[512];
	const char *command = "list";
	size_t bytes;
	bool last;

	if (a->a == ASK_STOP) {
		command = step_stop_command(conf);
		console_close_input(&scope->world->console, a->slot);
	} else if (a->a == ASK_WARNING) {
		put_warning(warning, sizeof(warning), conf, (int)a->b);
		command = warning;
	} else if (a->a == ASK_SAVE_ON) {
		command = "save-on";
	} else if (a->a == ASK_CLIENT) {
		command = command_of((int)a->b, a->slot);
	}
	/* It went with the image before us, and its client, too. */
	if (l->fd == 0) {
		act_tell(scope, STEP_RCON_DOWN, a->slot, RCON_END_LOST);
		return;
	}
	if (*command == '\0') {
		act_tell(scope, STEP_ANSWERED, a->slot, STEP_NOT_ASKED);
		return;
	}
	l->asked = (uint8_t)a->a;
	l->client = a->a == ASK_CLIENT ? (int)a->b : NOBODY;
	if (a->a == ASK_CLIENT)
		control_serve((int)a->b);
	l->asked_at = sys_now();
	if (a->a != ASK_CLIENT) {
		l->kept = 0;
		l->is_list = false;
	}
	l->line_ended = false;
	last = a->a == ASK_STOP || rcon_is_last(command);
	bytes = rcon_ask(&l->rcon, packet, command, last);
	/* Before it is said: it may be our last act. */
	if (last && a->a == ASK_CLIENT) {
		act_tell(scope, STEP_FINAL, a->slot, 0);
		world_commit();
	}
	/* Those of a client may hold a password. */
	if (send_packet(scope, a->slot, packet, bytes) && a->a != ASK_PROBE && a->a != ASK_CLIENT)
		log_debug(act_name(scope, a->slot), "said \"%s\" by RCON", command);
}

void
act_refuse(struct act_scope *scope, const struct step_act *a)
{
	struct line *l = &lines[a->slot];
	bool served = l->asked == ASK_CLIENT && l->client == a->a;

	/* Of the one whose reply is late it is known here whether he still waits. */
	if (!is_his((int)a->a, a->slot) || (a->b == REFUSED_LATE) != served)
		return;
	if (served)
		l->client = NOBODY;
	tell_why_not(scope, (int)a->a, a->slot, served && l->left > 0 ? "waits no longer for its reply to be read" :
	    words_refusal((int)a->b), a->b == REFUSED_LATE || a->b == REFUSED_DEAF);
}

/* ---- clients that have asked ---- */

void
act_rcon_asked(struct act_scope *scope, int client, const struct ctl_request *request)
{
	size_t bytes = strcspn(request->argument, " ");
	int slot = act_slot_of(scope, request->argument, bytes);
	const char *command = request->argument + bytes + (request->argument[bytes] == ' ');
	const char *wrong = rcon_cannot_say(command);

	if (slot < 0)
		tell_why_not(scope, client, -1, *request->argument == '-' ? "say for which server" :
		    "no server has that name", false);
	else if (wrong != NULL)
		tell_why_not(scope, client, -1, wrong, false);
	else if (!control_keep(client, slot))
		tell_why_not(scope, client, slot, "is asked by too many at a time; ask again in a moment", true);
	else {
		act_tell(scope, STEP_ASKED, slot, client);
		world_commit();
	}
}

/* One that waits has gone, or can take more. */
void
act_rcon_client(struct act_scope *scope, int client, int slot)
{
	struct line *l = &lines[slot];

	if (!control_is_there(client)) {
		if (l->client == client)
			client_gone(scope, slot);
		act_tell(scope, STEP_UNASKED, slot, client);
		world_commit();
	} else if (l->client == client && l->left > 0 && hand_on(scope, slot)) {
		watch(scope, slot);
		if (l->whole)
			is_answered(scope, slot);
	}
}

int64_t
act_rcon_took(int slot)
{
	return lines[slot].took;
}

size_t
act_rcon_names(int slot, char *names, size_t room)
{
	const struct line *l = &lines[slot];

	names[0] = '\0';
	return l->is_list ? players_names(l->begin, l->kept, names, room) : 0;
}

void
act_attend(struct act_scope *scope, const struct step_act *a)
{
	uint64_t bytes, lost, *before = &scope->world->console.slot[a->slot].attended;

	console_count(&scope->world->console, a->slot, &bytes, &lost);
	/* What it has printed and nobody has taken yet is ours to take: that is not its silence. */
	act_tell(scope, STEP_PRINTED, a->slot, bytes != *before ||
	    sys_waiting_bytes(scope->world->console.slot[a->slot].source) > 0 ||
	    !console_runs(&scope->world->proc, CONSOLE_CARRIER, a->slot));
	*before = bytes;
}
