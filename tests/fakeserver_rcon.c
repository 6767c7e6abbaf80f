/*
 * SPDX-License-Identifier: MIT
 *
 * The RCON of the fake server: as vanilla has it to the letter, or as --rcon-mode says, or with a
 * fault that an option asks for.  Called by fakeserver.c around its one wait.  It must never be
 * kinder to a client than the server it stands for, and never wait for one.
 *
 * A client is what a thread is in a JVM: while its command is executed or its reply is not taken,
 * nothing is read from it.  That ends what it does, not what is done to it: a command waits for the
 * main thread, and whoever hangs up meanwhile is "gone" in the journal, and closed later.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fakeserver_rcon.h"

#define CLIENTS		(FAKE_RCON_FDS - 1)
#define LONGEST		1460
#define SHORTEST	10
#define LATER		20	/* ms between the two answers of Cuberite */

enum type { COMMAND = 2, LOGIN = 3 };

struct client {
	int		 fd;
	bool		 here, authed, waiting, mute, gone, flooding;
	const char	*closing;	/* why, once all is sent */
	int32_t		 flood_id;
	struct fake_wire wire;
	unsigned char	 in[READ_SIZE];
	size_t		 len;
};

struct request {
	struct client	*client;
	char		*text;
	int32_t		 id;
	int64_t		 number;
	bool		 is_stop;
};

static struct client clients[CLIENTS];
static struct request requests[CLIENTS];	/* in the order in which they came */
static size_t request_count, executed;
static int64_t command_count;
static struct fake_text reply;
static uint64_t noise;	/* 0: not seeded yet */

static bool
is(unsigned int quirk)
{
	return (fake_rcon_mode->quirks & quirk) != 0;
}

/* ---- clients ---- */

static bool
is_idle(const struct client *c)
{
	return !c->waiting && !c->mute && !c->flooding && c->closing == NULL &&
	    c->wire.first == NULL;
}

static void
accept_client(void)
{
	struct client *c;
	int fd, on = 1;

	for (c = clients; c < clients + CLIENTS && c->here; c++)
		;
	fd = accept4(fake_rcon_listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (c == clients + CLIENTS) {
		fake_journal("rcon full");
		close(fd);
		return;
	}
	/* Pieces that are sent one by one are to arrive one by one. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->here = true;
	c->wire.latin1 = is(LATIN1);
	c->wire.pieces = is(IN_PIECES);
	fake_journal("rcon connect");
	fake_say("Thread RCON Client /127.0.0.1 started");
}

static void
close_client(struct client *c, const char *why)
{
	close(c->fd);
	c->here = false;
	fake_wire_clear(&c->wire);
	fake_journal("rcon closed %s", why);
	fake_say("Thread RCON Client /127.0.0.1 shutting down");
}

/* Its command is still executed, so a thread that waits for that lives on. */
static void
lose(struct client *c)
{
	if (!c->waiting) {
		close_client(c, "error");
		return;
	}
	fake_wire_clear(&c->wire);
	c->wire.shut = true;
}

/* Sends what is due now; what a reply sets off may end the process before the next turn. */
static void
push(struct client *c)
{
	char letters[4096];

	if (c->flooding && c->wire.first == NULL) {
		memset(letters, 'x', sizeof(letters));
		fake_wire_packet(&c->wire, c->flood_id, 0, letters, sizeof(letters), 0);
	}
	if (!fake_wire_flush(&c->wire, c->fd)) {
		lose(c);
		return;
	}
	if (c->closing != NULL && c->wire.first == NULL)
		close_client(c, c->closing);
}

/* ---- requests ---- */

/* As Java: a field that is not all there is 0. */
static int32_t
field(const unsigned char *bytes, size_t n, size_t at)
{
	uint32_t value;
	size_t i;

	if (at + 4 > n)
		return 0;
	for (value = 0, i = 4; i-- > 0; )
		value = value << 8 | bytes[at + i];
	return (int32_t)value;
}

static void
refuse(struct client *c)
{
	fake_wire_packet(&c->wire, -1, COMMAND, "", 0, 0);
	if (is(BAD_LOGIN_CLOSES))
		c->closing = "login";
}

static void
take_login(struct client *c, int32_t id, const char *text)
{
	if (is(PREFIX_OF_PASSWORD))
		c->authed = strncmp(fake_rcon_password(), text, strlen(text)) == 0;
	else
		c->authed = *text != '\0' && strcmp(fake_rcon_password(), text) == 0;
	fake_journal("rcon login %s", c->authed ? "ok" : "bad");
	if (is(EMPTY_BEFORE_LOGIN))
		fake_wire_packet(&c->wire, id, 0, "", 0, 0);
	if (c->authed)
		fake_wire_packet(&c->wire, id, COMMAND, "", 0, 0);
	else
		refuse(c);
}

static void
take_probe(struct client *c, int32_t id, int32_t type)
{
	char text[64];
	int len;

	if (is(UNKNOWN_CLOSES)) {
		c->closing = "probe";
		return;
	}
	len = type == 0 && is(ZERO_IS_MIRRORED) ? 0 :
	    snprintf(text, sizeof(text), "Unknown request %x", (unsigned int)type);
	fake_wire_packet(&c->wire, id, 0, text, (size_t)len, 0);
}

/* Vanilla has one source for all of RCON, and clears it for each command that comes in. */
static void
enqueue(struct client *c, int32_t id, const char *text)
{
	struct request *r = &requests[request_count++];

	if (!is(OWN_SOURCE))
		reply.len = 0;
	r->client = c;
	r->id = id;
	r->number = command_count;
	r->is_stop = strcmp(text + (*text == '/'), opt.stop_command) == 0;
	r->text = strdup(text);
	if (r->text == NULL)
		fake_die(STATUS_SURVIVED, "strdup", strerror(errno));
	c->waiting = true;
}

static void
take_command(struct client *c, int32_t id, const char *text)
{
	if (!c->authed) {
		fake_journal("rcon refused %s", text);
		if (!is(UNKNOWN_IS_LOGIN))
			refuse(c);
		return;
	}
	fake_journal("rcon command %s", text);
	command_count++;
	if (opt.rcon_hang) {
		c->mute = true;
		return;
	}
	if (is(BLANK_IS_NOTHING) && text[strspn(text, " \t\r\n")] == '\0') {
		fake_wire_packet(&c->wire, id, 0, "", 0, 0);
		return;
	}
	if (is(EMPTY_FIRST))
		fake_wire_packet(&c->wire, id, COMMAND, "", 0, 0);
	enqueue(c, id, text);
}

/* The text ends at its first NUL, and the last byte is never part of it. */
static void
take_request(struct client *c, const unsigned char *bytes, size_t n)
{
	int32_t id = field(bytes, n, 4), type = field(bytes, n, 8);
	char text[READ_SIZE + 1];
	size_t len;
	bool known;

	known = type == COMMAND || type == LOGIN;
	if (!known)
		fake_journal("rcon probe %x", (unsigned int)type);
	if (known && n < 13) {
		close_client(c, "strict");
		return;
	}
	len = n < 13 ? 0 : strnlen((const char *)bytes + 12, n - 13);
	memcpy(text, bytes + 12, len);
	text[len] = '\0';
	if (type == COMMAND)
		take_command(c, id, text);
	else if (type == LOGIN || is(UNKNOWN_IS_LOGIN))
		take_login(c, id, text);
	else
		take_probe(c, id, type);
}

/*
 * One read is one request, or the end: two that arrive together are of the wrong size, and so is
 * one that arrives in two.  What is past the longest goes with the stream's buffer, unseen.
 */
static void
read_strict(struct client *c)
{
	ssize_t n;

	n = recv(c->fd, c->in, sizeof(c->in), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > LONGEST)
		n = LONGEST;
	if (n <= 0)
		close_client(c, n == 0 ? "eof" : "error");
	else if (n < SHORTEST || field(c->in, (size_t)n, 0) != n - 4)
		close_client(c, "strict");
	else
		take_request(c, c->in, (size_t)n);
}

/* The bytes of a whole request at hand, or 0; -1 when there can be none. */
static int
frame(const struct client *c)
{
	int32_t size;

	if (c->len < 4)
		return 0;
	size = field(c->in, c->len, 0);
	if (size < SHORTEST || size > fake_rcon_mode->longest - 4)
		return -1;
	return c->len >= (size_t)size + 4 ? size + 4 : 0;
}

static void
take_frame(struct client *c)
{
	unsigned char packet[READ_SIZE];
	int n = frame(c);

	if (n < 0)
		close_client(c, "frame");
	if (n <= 0)
		return;
	memcpy(packet, c->in, (size_t)n);
	c->len -= (size_t)n;
	memmove(c->in, c->in + n, c->len);
	take_request(c, packet, (size_t)n);
}

static void
read_framed(struct client *c)
{
	ssize_t n;

	n = recv(c->fd, c->in + c->len, sizeof(c->in) - c->len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close_client(c, n == 0 ? "eof" : "error");
		return;
	}
	c->len += (size_t)n;
	take_frame(c);
}

/* ---- replies ---- */

static void
garble(struct client *c)
{
	unsigned char bytes[512];
	size_t i, n;

	if (noise == 0)
		noise = (uint64_t)opt.rcon_seed * 2 + 1;
	for (i = 0, n = 1; i < n; i++) {
		noise ^= noise << 13;
		noise ^= noise >> 7;
		noise ^= noise << 17;
		bytes[i] = (unsigned char)(noise >> 32);
		if (i == 0)
			n = 1 + noise % sizeof(bytes);
	}
	fake_wire_raw(&c->wire, bytes, n, 0);
}

static void
answer_lines(struct client *c, int32_t id)
{
	size_t from, len;
	int64_t late = 0;

	for (from = 0; from < reply.len; from += len + 1) {
		len = strcspn(reply.bytes + from, "\n");
		fake_wire_packet(&c->wire, id, 0, reply.bytes + from, len, late);
		late += opt.rcon_gap;
	}
}

static void
answer_text(struct client *c, int32_t id)
{
	const char *text;

	if (is(BY_LINE)) {
		answer_lines(c, id);
		return;
	}
	fake_text_flatten(&reply);
	text = reply.len > 0 ? reply.bytes : "";
	if (!is(IN_PIECES)) {
		fake_wire_text(&c->wire, id, text, reply.len);
		return;
	}
	fake_wire_packet(&c->wire, id, COMMAND, text, reply.len,
	    is(EMPTY_FIRST) ? LATER : 0);
	if (is(EMPTY_LAST))
		fake_wire_packet(&c->wire, id, COMMAND, "", 0, LATER);
}

static void
answer(const struct request *r)
{
	struct client *c = r->client;

	c->waiting = false;
	if (opt.rcon_close > 0 && r->number == opt.rcon_close) {
		close_client(c, "asked");
		return;
	}
	if (r->is_stop && opt.rcon_no_stop_reply)
		return;
	if (opt.rcon_flood) {
		c->flooding = true;
		c->flood_id = r->id;
	} else if (opt.rcon_garble) {
		garble(c);
	} else {
		c->mute = c->wire.halve = opt.rcon_half != 0;
		answer_text(c, opt.rcon_wrong_id ? r->id + 1 : r->id);
	}
	push(c);
}

/* All that were executed, with the same words: what one source gathers is read by all who wait. */
static void
answer_executed(void)
{
	size_t i;

	for (i = 0; i < executed; i++) {
		answer(&requests[i]);
		free(requests[i].text);
	}
	request_count -= executed;
	memmove(requests, requests + executed, request_count * sizeof(requests[0]));
	executed = 0;
	reply.len = 0;
}

void
fake_rcon_execute(void)
{
	for (;;) {
		if (fake_main_busy())
			return;
		if (executed > 0 && (is(OWN_SOURCE) || executed == request_count ||
		    !fake_main_listens()))
			answer_executed();
		if (executed == request_count || !fake_main_listens())
			return;
		fake_command_run(requests[executed++].text, &reply);
	}
}

/* ---- the wait ---- */

int64_t
fake_rcon_due(void)
{
	struct client *c;
	int64_t due, next;

	next = FOREVER;
	for (c = clients; c < clients + CLIENTS; c++) {
		if (!c->here)
			continue;
		due = fake_wire_due(&c->wire);
		/* What is due already waits for the client; a request at hand waits for us. */
		if (fake_rcon_mode->framing == FRAMED && is_idle(c) && frame(c) != 0)
			next = 0;
		else if (due > fake_now() && due < next)
			next = due;
	}
	return next;
}

static short
events_of(const struct client *c)
{
	short events;

	if (is_idle(c))
		return POLLIN;
	events = c->gone ? 0 : POLLRDHUP;
	if (c->flooding || c->closing != NULL || fake_wire_due(&c->wire) <= fake_now())
		events |= POLLOUT;
	return events;
}

/* One that is of no interest is left out: poll would tell again and again that it hung up. */
nfds_t
fake_rcon_poll(struct pollfd *fds)
{
	short events;
	size_t i;

	if (fake_rcon_listener < 0)
		return 0;
	fds[0] = (struct pollfd){ .fd = fake_rcon_listener, .events = POLLIN };
	for (i = 0; i < CLIENTS; i++) {
		events = clients[i].here ? events_of(&clients[i]) : 0;
		fds[i + 1].fd = events != 0 ? clients[i].fd : -1;
		fds[i + 1].events = events;
		fds[i + 1].revents = 0;
	}
	return CLIENTS + 1;
}

static void
serve(struct client *c, short revents)
{
	if (!is_idle(c) && !c->gone && (revents & (POLLRDHUP | POLLHUP | POLLERR))) {
		c->gone = true;
		fake_journal("rcon gone");
	}
	if (c->mute && c->gone) {
		close_client(c, "eof");
		return;
	}
	if (!is_idle(c))
		push(c);
	else if (revents != 0 && fake_rcon_mode->framing == STRICT)
		read_strict(c);
	else if (revents != 0)
		read_framed(c);
	else if (fake_rcon_mode->framing == FRAMED && frame(c) != 0)
		take_frame(c);
	if (c->here)
		push(c);
}

void
fake_rcon_turn(const struct pollfd *fds)
{
	size_t i;

	if (fake_rcon_listener < 0)
		return;
	for (i = 0; i < CLIENTS; i++)
		if (clients[i].here)
			serve(&clients[i], fds[i + 1].revents);
	if (fds[0].revents != 0)
		accept_client();
}
