/* SPDX-License-Identifier: MIT */
/*
 * rcon: the language of RCON, as Minecraft servers speak it; see rcon.h.
 *
 * It must never trust a size that comes in, and never keep more of a reply than where it is in it.
 */
#include "rcon.h"

#include <string.h>

/* Of packets: what is said, and what a server answers with; LOGIN_OK is COMMAND as well. */
enum { KIND_REPLY = 0, KIND_COMMAND = 2, KIND_LOGIN = 3, KIND_NONE = 200 };
enum { REFUSED = -1, FIRST = 1, LAST = 0x3fffffff, END = 2 };

enum state { APART, LOGGING_IN, IDLE, ASKED, PROBED };
enum is { IS_IN, IS_REFUSED, IS_REPLY, IS_ANSWER_TO_PROBE, IS_REST, IS_NOTHING, IS_WRONG };

/* ---- out ---- */

static void
put_number(char *to, int32_t number)
{
	for (int i = 0; i < 4; i++)
		to[i] = (char)((uint32_t)number >> 8 * i & 0xff);
}

static size_t
put_packet(char packet[RCON_PACKET], int32_t id, int32_t kind, const char *text, size_t bytes)
{
	put_number(packet, (int32_t)bytes + RCON_SIZE_LEAST);
	put_number(packet + 4, id);
	put_number(packet + 8, kind);
	memcpy(packet + RCON_HEAD, text, bytes);
	memset(packet + RCON_HEAD + bytes, 0, END);
	return RCON_HEAD + bytes + END;
}

static void
begin(struct rcon *r, enum state state)
{
	r->state = (uint8_t)state;
	r->id = r->id >= FIRST && r->id < LAST - 1 ? r->id + 2 : FIRST;
	r->probe = r->id + 1;
	r->packets = 0;
	r->last = false;
}

size_t
rcon_login(struct rcon *r, char packet[RCON_PACKET], const char *password)
{
	size_t bytes = strlen(password);

	if (bytes == 0 || bytes > RCON_COMMAND)
		return 0;
	memset(r, 0, sizeof(*r));
	begin(r, LOGGING_IN);
	return put_packet(packet, r->id, KIND_LOGIN, password, bytes);
}

static const char *
without_slash(const char *command)
{
	return command + (*command == '/');
}

const char *
rcon_cannot_say(const char *command)
{
	command = without_slash(command);
	if (*command == '\0')
		return "the command is empty";
	if (strlen(command) > RCON_COMMAND)
		return "a command has 1446 bytes at most: a server hangs up on a longer one";
	for (const unsigned char *c = (const unsigned char *)command; *c != '\0'; c++)
		if (*c < 0x20 || *c == 0x7f)
			return "a command has no control characters";
	return NULL;
}

bool
rcon_is_last(const char *command)
{
	static const char *const words[] = { "stop", "end", "shutdown", "restart" };
	size_t length, space;

	/* A server leaves a slash out as well. */
	command += strspn(command, "/ ");
	length = strcspn(command, " ");
	/* "minecraft:stop" */
	space = strcspn(command, ": ");
	if (space < length) {
		command += space + 1;
		length -= space + 1;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == length && memcmp(words[i], command, length) == 0)
			return true;
	return false;
}

size_t
rcon_ask(struct rcon *r, char packet[RCON_PACKET], const char *command, bool last)
{
	if (r->state != IDLE || rcon_cannot_say(command) != NULL)
		return 0;
	command = without_slash(command);
	begin(r, ASKED);
	r->last = last;
	return put_packet(packet, r->id, KIND_COMMAND, command, strlen(command));
}

size_t
rcon_probe(const struct rcon *r, char packet[RCON_PACKET])
{
	return r->state == PROBED ? put_packet(packet, r->probe, KIND_NONE, "", 0) : 0;
}

/* ---- in ---- */

static int32_t
number_at(const uint8_t *from)
{
	return (int32_t)(from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
	    (uint32_t)from[3] << 24);
}

/* Of a command before: what it says behind its reply comes before the reply to the next. */
static bool
is_of_before(const struct rcon *r, int32_t id)
{
	return id >= FIRST && id < r->id;
}

static bool
is_rest(const struct rcon *r, int32_t id)
{
	return r->state == IDLE ? id == r->id : id == r->id - 2 && r->packets == 0;
}

static enum is
login_is(const struct rcon *r, int32_t id, int32_t kind, uint32_t text)
{
	if (kind == KIND_COMMAND && (id == r->id || id == REFUSED))
		return id == r->id ? IS_IN : IS_REFUSED;
	/* Others than Minecraft servers begin with an empty one. */
	return kind == KIND_REPLY && text == 0 ? IS_NOTHING : IS_WRONG;
}

static enum is
what_is(const struct rcon *r, int32_t id, int32_t kind, uint32_t text)
{
	enum state state = (enum state)r->state;

	if (state == APART)
		return IS_WRONG;
	if (state == LOGGING_IN)
		return login_is(r, id, kind, text);
	if (kind != KIND_REPLY && kind != KIND_COMMAND)
		return IS_WRONG;
	if (id == r->id && state != IDLE)
		return IS_REPLY;
	/* One that takes a probe for a login refuses it. */
	if (state == PROBED && (id == r->probe || id == REFUSED))
		return IS_ANSWER_TO_PROBE;
	if (is_rest(r, id) && text > 0)
		return IS_REST;
	return is_of_before(r, id) || id == r->id || id == r->probe ? IS_NOTHING : IS_WRONG;
}

static void
begin_packet(struct rcon *r)
{
	int32_t size = number_at(r->head), id = number_at(r->head + 4), kind = number_at(r->head + 8);

	if (size < RCON_SIZE_LEAST || size > RCON_SIZE_MOST) {
		r->is = IS_WRONG;
		return;
	}
	r->left = (uint32_t)size - 8;
	r->is = (uint8_t)what_is(r, id, kind, r->left - END);
	r->bytes = r->units = 0;
	r->not_utf = false;
	memset(&r->utf, 0, sizeof(r->utf));
}

/* Old servers write Latin-1, where each byte is a unit. */
static void
count_units(struct rcon *r, const char *bytes, size_t count)
{
	r->bytes += (uint32_t)count;
	for (size_t i = 0; i < count && !r->not_utf; i++) {
		enum utf_is is = utf_take(&r->utf, (unsigned char)bytes[i]);

		r->not_utf = is == UTF_WRONG;
		r->units += is != UTF_LETTER ? 0 : r->utf.code > 0xffff ? 2 : 1;
	}
}

static enum rcon_news
end_reply(struct rcon *r)
{
	uint32_t units = r->not_utf || r->utf.left > 0 ? r->bytes : r->units;
	bool first = r->packets++ == 0;

	if (r->state == PROBED)
		return RCON_MORE;
	if (units == RCON_UNITS && r->last)
		return RCON_MORE;
	if (units == RCON_UNITS) {
		r->state = PROBED;
		return RCON_PROBE;
	}
	/* Cuberite answers each command twice, once with nothing; its replies are of this kind. */
	if (first && r->bytes == 0 && number_at(r->head + 8) == KIND_COMMAND)
		return RCON_MORE;
	if (r->by_line && !r->last)
		return RCON_PAUSE;
	r->state = IDLE;
	return RCON_DONE;
}

static enum rcon_news
end_packet(struct rcon *r)
{
	r->filled = 0;
	switch ((enum is)r->is) {
	case IS_IN:
		r->state = IDLE;
		return RCON_IN;
	case IS_REFUSED:
		return RCON_REFUSED;
	case IS_REPLY:
		return end_reply(r);
	case IS_ANSWER_TO_PROBE:
		r->state = IDLE;
		return RCON_DONE;
	case IS_REST:
		r->by_line = true;
		return RCON_PAUSE;
	case IS_NOTHING:
		return RCON_MORE;
	case IS_WRONG:
		break;
	}
	return RCON_BROKEN;
}

static void
take_head(struct rcon *r, const char *bytes, size_t count, size_t *used)
{
	while (r->filled < RCON_HEAD && *used < count)
		r->head[r->filled++] = (uint8_t)bytes[(*used)++];
	if (r->filled == RCON_HEAD)
		begin_packet(r);
}

enum rcon_news
rcon_hear(struct rcon *r, const char *bytes, size_t count, size_t *used, size_t *from,
    size_t *piece)
{
	enum rcon_news news = RCON_MORE;

	for (*used = 0; *used < count && news == RCON_MORE; ) {
		size_t n, there;

		if (r->filled < RCON_HEAD) {
			take_head(r, bytes, count, used);
			if (r->filled == RCON_HEAD && r->is == IS_WRONG)
				return RCON_BROKEN;
			continue;
		}
		there = count - *used;
		n = r->left > END ? r->left - END : r->left;
		n = n < there ? n : there;
		if (r->left > END && (r->is == IS_REPLY || r->is == IS_REST)) {
			count_units(r, bytes + *used, n);
			*from = *used;
			*piece = n;
			news = r->is == IS_REPLY ? RCON_TEXT : RCON_REST;
		}
		*used += n;
		r->left -= (uint32_t)n;
		if (r->left == 0)
			news = end_packet(r);
	}
	return news;
}

/* ---- nothing ---- */

enum rcon_news
rcon_idle(struct rcon *r)
{
	/* A server may print nothing and say nothing; but then it is not known whether it lives. */
	if (r->state != ASKED || r->packets == 0 || r->filled > 0)
		return RCON_MORE;
	r->state = IDLE;
	return RCON_DONE;
}

enum rcon_news
rcon_hung_up(struct rcon *r)
{
	/* What ends a server may end the connection, and Cuberite hangs up on a probe. */
	bool whole = (r->last && r->state == ASKED) || (r->state == PROBED && r->filled == 0 &&
	    number_at(r->head + 8) == KIND_COMMAND);

	r->state = APART;
	return whole ? RCON_DONE : RCON_BROKEN;
}
