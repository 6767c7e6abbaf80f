/* SPDX-License-Identifier: MIT */
/*
 * remote_out: a part of remote.c: what is printed on standard output.
 *
 * Text as paint.c makes it, or one JSON object a line.  It must never keep a whole reply, and never
 * count against a server the time in which nobody takes what it said.
 */
#include "remote_in.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "fmt.h"
#include "log.h"
#include "paint.h"
#include "sys.h"

/* So much can be written to a pipe that has any room, so that no write waits. */
enum { PIECE = 4096, BATCH = 16 * 1024 };

static _Alignas(64) struct {
	bool open;			/* between open and close */
	bool begun;			/* JSON: the string of the reply has begun */
	const char *server, *command;
	struct paint paint;
	size_t filled;
	int error;			/* once it has failed, it has failed */
	char bytes[BATCH];
} out;

void
remote_out_begin(void)
{
	const char *no_colour = getenv("NO_COLOR");
	bool tty = sys_is_tty(1);

	out.paint.form = remote.json ? PAINT_JSON : remote.raw ? PAINT_RAW :
	    tty ? PAINT_TERMINAL : PAINT_PLAIN;
	out.paint.colour = tty && !remote.no_colour && (no_colour == NULL || *no_colour == '\0');
}

/* Somebody who shares our standard output may have made it non-blocking. */
int
remote_out_flush(void)
{
	struct pollfd ready = { .fd = 1, .events = POLLOUT };

	for (size_t done = 0; done < out.filled && out.error == 0; ) {
		size_t left = out.filled - done;
		int64_t before = sys_now();
		ssize_t n;

		sys_poll(&ready, 1, -1);
		remote.until += sys_now() - before;
		n = sys_write(1, out.bytes + done, left < PIECE ? left : PIECE);
		if (n >= 0)
			done += (size_t)n;
		else if (n != -EAGAIN)
			out.error = (int)n;
	}
	out.filled = 0;
	return out.error;
}

static void
make_room(size_t room)
{
	if (sizeof(out.bytes) - out.filled < room)
		remote_out_flush();
}

static void
put(const char *text)
{
	size_t count = strlen(text);

	make_room(count);
	memcpy(out.bytes + out.filled, text, count);
	out.filled += count;
}

static void
paint(struct paint *p, const char *bytes, size_t count)
{
	while (count > 0) {
		size_t used;

		make_room(PAINT_ROOM);
		out.filled += paint_put(p, bytes, count, out.bytes + out.filled,
		    sizeof(out.bytes) - out.filled, &used);
		bytes += used;
		count -= used;
	}
}

static void
paint_last(struct paint *p)
{
	make_room(PAINT_ROOM);
	out.filled += paint_end(p, out.bytes + out.filled, sizeof(out.bytes) - out.filled);
}

/* ---- JSON ---- */

static void
put_string(const char *name, const char *text)
{
	struct paint string = { .form = PAINT_JSON };

	put("\"");
	put(name);
	put("\":\"");
	paint(&string, text, strlen(text));
	paint_last(&string);
	put("\"");
}

static void
begin_object(bool with_reply)
{
	if (out.begun)
		return;
	put("{");
	if (out.server != NULL) {
		put_string("server", out.server);
		put(",");
	}
	put_string("command", out.command);
	if (with_reply)
		put(",\"reply\":\"");
	out.begun = true;
}

static void
end_object(int code)
{
	bool reply = out.begun || code == REMOTE_DONE;

	begin_object(reply);
	paint_last(&out.paint);
	put(reply ? "\",\"ok\":" : ",\"ok\":");
	put(code == REMOTE_DONE ? "true" : "false,");
	if (code != REMOTE_DONE)
		put_string("error", remote.why);
	put("}\n");
}

/* ---- replies ---- */

void
remote_out_open(const char *server, const char *command)
{
	out.server = server;
	out.command = command;
	out.open = true;
	out.begun = false;
}

int
remote_out_put(const char *bytes, size_t count)
{
	/* What comes behind a reply can be a line, but not an object. */
	if (remote.json && !out.open)
		return out.error;
	if (remote.json)
		begin_object(true);
	paint(&out.paint, bytes, count);
	return out.error;
}

void
remote_out_break(void)
{
	if (!remote.raw && paint_is_inside(&out.paint))
		paint(&out.paint, "\n", 1);
	/* Colours and half a letter of it are not the next one's. */
	if (!remote.raw)
		paint_last(&out.paint);
}

int
remote_out_close(int code)
{
	if (remote.json && out.open)
		end_object(code);
	else
		paint_last(&out.paint);
	out.open = false;
	return remote_out_flush();
}

