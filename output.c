/* SPDX-License-Identifier: MIT */
/*
 * output: all consoles to standard output, our own lines to standard error; see output.h.
 *
 * Standard output may be stuck for ever: so it is asked before each write whether it takes some,
 * and gets no more at once than a pipe that says yes has room for.
 */
#include "output.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fmt.h"
#include "sys.h"
#include "writer.h"

enum { BATCH = 4096, AT_ONCE = 4096, TRY_EACH = 1000, LAST_WAIT = 5000, KILLED_WAIT = 2000,
	OPEN_MOST = 64, SERVERS = 0, OWN = 1,
	STREAMS = 2 };

struct stream {
	struct writer_batch batch;
	struct writer *from;		/* whose batch it is */
	bool regular, stuck;
	char bytes[BATCH];
};

static _Alignas(64) struct {
	struct stream stream[STREAMS];
	struct writer server[CONF_SERVERS], own;
	char name[CONF_SERVERS][CONF_NAME_BYTES];	/* the last that was not "": one may leave */
	uint32_t mapped;		/* slots whose ring we have, a bit each */
	bool one;			/* both streams go to the same place */
	bool terminal;			/* standard output is one */
	int turn;			/* the slot that comes next, so that none is forgotten */
	int open;			/* the slot inside whose line standard output stands, or -1 */
	int open_batches;		/* ... and how much of that line there has been */
	int quote;			/* the slot that is quoted, or -1 */
	uint64_t quote_at, quote_end;
	struct filter_state quote_state;
	bool orphaned;			/* PID 1 is gone for good */
	bool killed;			/* ... and did not say that nothing more comes */
	bool dead;			/* ... and a reader with it */
	uint64_t end[CONF_SERVERS], own_end;	/* where the producers were when we saw that */
	int64_t leave_at;		/* at the latest; 0: nothing waits */
} out;

static int
fd_of(const struct stream *s)
{
	return s == &out.stream[SERVERS] ? 1 : 2;
}

static bool
is_idle(const struct stream *s)
{
	return s->batch.done == s->batch.filled;
}

static uint64_t
place_in(const struct stream *s)
{
	int64_t at = s->regular ? sys_place_in(fd_of(s)) : 0;

	return at < 0 ? 0 : (uint64_t)at;
}

/* ---- what there is to write ---- */

/* How a server's bytes are to look, as the configuration in force has it. */
static void
set_form(struct writer *w)
{
	uint32_t form = out.own.ring.head->form;
	const struct ring_head *h = w->ring.head;
	char *name = out.name[w->slot];

	if (h->name[0] != '\0')
		fmt_put(name, CONF_NAME_BYTES, "%.*s", CONF_NAME_BYTES - 1, h->name);
	w->form = (struct filter_form){ .name = name, .json = form & RING_JSON,
		.prefix = form & RING_PREFIX,
		.color = form & RING_COLOR || (form & RING_COLOR_AUTO && out.terminal),
		.raw = h->terminal && out.terminal && !(form & (RING_JSON | RING_PREFIX)) };
}

static void
map_new_slots(void)
{
	uint32_t slots = out.own.ring.head->slots & ~out.mapped;

	for (int slot = 0; slot < CONF_SERVERS && slots != 0; slot++) {
		if (!(slots & 1U << slot) || writer_open(&out.server[slot], slot, RING_OUTPUT) < 0)
			continue;
		out.server[slot].what_was_slow = "the reader of standard output";
		out.mapped |= 1U << slot;
	}
}

static bool
is_inside(int slot)
{
	return filter_is_inside(&out.server[slot].ring.head->place[RING_OUTPUT].now);
}

/* The line that is open is ended where it stands, so that another one can begin. */
static bool
break_line(void)
{
	struct stream *s = &out.stream[SERVERS];

	if (out.open < 0)
		return false;
	s->from = &out.server[out.open];
	out.open = -1;
	writer_break(s->from, &s->batch);
	return s->batch.filled > 0;
}

static bool
fill_from(int slot, int64_t now, bool all, int *wait)
{
	struct stream *s = &out.stream[SERVERS];
	struct writer *w = &out.server[slot];

	if (!w->ring.head->shown)
		return false;
	set_form(w);
	if (out.open >= 0 && out.open != slot) {
		/* Another's line is open: it is ended only when there is something to follow it. */
		if (w->ring.head->head != w->ring.head->place[RING_OUTPUT].tail)
			return break_line();
		return false;
	}
	if (!writer_fill(w, &s->batch, place_in(s), now, all, wait))
		return false;
	s->from = w;
	return true;
}

static bool
fill_servers(int64_t now, bool all, int *wait)
{
	/* A line that does not end must not be all that is ever seen. */
	if (out.open >= 0 && out.open_batches < OPEN_MOST && fill_from(out.open, now, all, wait))
		return true;
	for (int i = 0; i < CONF_SERVERS; i++) {
		int slot = (out.turn + i) % CONF_SERVERS, breaks = out.open >= 0;

		if (slot != out.open && out.mapped & 1U << slot && fill_from(slot, now, all, wait)) {
			/* The end of the open line goes first, then it is this one's turn. */
			out.turn = breaks ? slot : (slot + 1) % CONF_SERVERS;
			return true;
		}
	}
	return out.open >= 0 && fill_from(out.open, now, all, wait);
}

/* ---- our own lines, and what they quote ---- */

static bool
fill_quote(struct writer_batch *batch)
{
	struct writer *w = &out.server[out.quote];
	struct filter_form form = w->form;
	size_t count, used = 0;
	bool lapped;
	const char *bytes = ring_look(&w->ring, out.quote_at, &count, &lapped);

	if (out.quote_at + count > out.quote_end)
		count = (size_t)(out.quote_end - out.quote_at);
	if (lapped || count == 0) {
		batch->filled = filter_end(&form, &out.quote_state, batch->bytes, batch->room);
		out.quote = -1;
		return batch->filled > 0;
	}
	form.raw = false;
	form.prefix = true;
	form.json = out.own.ring.head->form & RING_OWN_JSON;
	batch->filled = filter_put(&form, &out.quote_state, bytes, count, sys_wall_clock(),
	    batch->bytes, batch->room, &used);
	if (!ring_held(&w->ring, out.quote_at))
		batch->filled = used = 0;
	out.quote_at += used;
	return true;
}

/* An order among our lines: "\001SLOT BEGIN END LINES". */
static void
take_order(const char *from, size_t bytes, uint64_t tail)
{
	char text[100] = "", *rest;
	size_t n = bytes < sizeof(text) - 1 ? bytes : sizeof(text) - 1;
	uint64_t last;
	int slot;

	memcpy(text, from, n);
	if (!ring_held(&out.own.ring, tail))
		return;
	ring_advance(&out.own.ring, RING_OUTPUT, tail + strcspn(text, "\n") + 1);
	slot = (int)strtol(text + 1, &rest, 10);
	if (slot < 0 || slot >= CONF_SERVERS || !(out.mapped & 1U << slot))
		return;
	out.quote = slot;
	out.quote_at = strtoull(rest, &rest, 10);
	out.quote_end = strtoull(rest, &rest, 10);
	last = ring_last(&out.server[slot].ring, out.quote_end, (unsigned)strtoul(rest, NULL, 10));
	out.quote_at = last > out.quote_at ? last : out.quote_at;
	out.quote_state = (struct filter_state){ 0 };
	set_form(&out.server[slot]);
}

static bool
own_has_news(void)
{
	const struct ring_head *h = out.own.ring.head;

	return out.quote >= 0 || h->place[RING_OUTPUT].tail != h->head;
}

static bool
fill_own(int64_t now, bool all, int *wait)
{
	struct stream *s = &out.stream[OWN];
	uint64_t tail = out.own.ring.head->place[RING_OUTPUT].tail;
	size_t count;
	bool lapped;
	const char *bytes = ring_look(&out.own.ring, tail, &count, &lapped), *order;

	s->from = NULL;
	s->batch.filled = s->batch.done = 0;
	if (out.quote >= 0 && fill_quote(&s->batch))
		return true;
	if (!lapped && count > 0 && bytes[0] == '\001') {
		take_order(bytes, count, tail);
		return true;
	}
	order = lapped ? NULL : memchr(bytes, '\001', count);
	out.own.most = order != NULL ? (size_t)(order - bytes) : 0;
	if (!writer_fill(&out.own, &s->batch, place_in(s), now, all, wait))
		return false;
	s->from = &out.own;
	return true;
}

/* ---- writing ---- */

static void
batch_done(struct stream *s)
{
	if (s->from != NULL)
		writer_done(s->from, &s->batch);
	s->batch.filled = s->batch.done = 0;
	if (s == &out.stream[SERVERS] && s->from != NULL) {
		int slot = s->from->slot;

		out.open_batches = out.open == slot ? out.open_batches + 1 : 0;
		out.open = is_inside(slot) ? slot : out.open == slot ? -1 : out.open;
	}
}

/* A successor may have another reader, who wants what this one did not take. */
static bool
is_for_successor(void)
{
	return console_orphaned() && !__atomic_load_n(&out.own.ring.head->closed, __ATOMIC_ACQUIRE);
}

/* As much as goes without waiting; whoever hung up gets nothing more, and holds up nothing. */
static void
flush(struct stream *s)
{
	while (!is_idle(s)) {
		size_t left = s->batch.filled - s->batch.done;
		ssize_t n;

		if (!s->regular && sys_writable_now(fd_of(s)) == 0)
			break;
		n = sys_write(fd_of(s), s->batch.bytes + s->batch.done,
		    s->regular || left < AT_ONCE ? left : AT_ONCE);
		if (n == -EAGAIN || n == -ENOSPC || n == -EDQUOT || n == 0)
			break;
		if (n < 0 && is_for_successor()) {
			out.dead = true;
			break;
		}
		s->batch.done = n < 0 ? s->batch.filled : s->batch.done + (size_t)n;
		/* An end that was ordered does not come later for it. */
		if (out.killed)
			out.leave_at = 0;
	}
	s->stuck = !is_idle(s);
	if (!s->stuck)
		batch_done(s);
}

/* Whether something that was waiting has gone out. */
static bool
push(struct stream *s)
{
	if (is_idle(s))
		return false;
	flush(s);
	return !s->stuck;
}

/* One round; false: there was nothing to do, or what there is has to wait. */
static bool
work(int64_t now, bool all, int *wait)
{
	struct stream *servers = &out.stream[SERVERS], *own = &out.stream[OWN];
	bool moved = false;

	map_new_slots();
	/* Where both go to one place a line of theirs is ended before ours is even made. */
	if (is_idle(own) && is_idle(servers) && out.one && out.open >= 0 && own_has_news() && break_line())
		moved = push(servers);
	if (is_idle(own) && (!out.one || is_idle(servers)))
		moved |= fill_own(now, all, wait) && is_idle(own);
	if (!out.one || is_idle(servers))
		moved |= push(own);
	if (is_idle(servers) && (!out.one || is_idle(own)))
		moved |= fill_servers(now, all, wait) && is_idle(servers);
	return push(servers) || moved;
}

/* ---- beginning, waiting ---- */

static void
set_up_stream(struct stream *s)
{
	struct stat st;

	s->batch.bytes = s->bytes;
	s->batch.room = sizeof(s->bytes);
	s->regular = sys_stat_fd(fd_of(s), &st) == 0 && S_ISREG(st.st_mode);
	s->batch.file = s->regular ? st.st_ino : 0;
}

static bool
same_place(void)
{
	struct stat a, b;

	return sys_stat_fd(1, &a) == 0 && sys_stat_fd(2, &b) == 0 && a.st_ino == b.st_ino &&
	    a.st_dev == b.st_dev && !(S_ISCHR(a.st_mode) && a.st_rdev != b.st_rdev);
}

/* What a predecessor had begun to write; it had no more than one batch for each stream. */
static void
recover(void)
{
	struct stream *servers = &out.stream[SERVERS], *own = &out.stream[OWN];

	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		struct writer *w = &out.server[slot];

		if (!(out.mapped & 1U << slot) || !is_idle(servers))
			continue;
		set_form(w);
		servers->from = w;
		writer_recover(w, &servers->batch, place_in(servers));
		if (is_inside(slot))
			out.open = slot;
	}
	own->from = &out.own;
	writer_recover(&out.own, &own->batch, place_in(own));
}

/* Whether there is nothing to do until a bell rings. */
static bool
fall_asleep(void)
{
	bool servers_stuck = out.stream[SERVERS].stuck, own_stuck = out.stream[OWN].stuck, quiet;

	if (out.one)
		servers_stuck = own_stuck = servers_stuck || own_stuck;
	/* What is stuck has news all the time; it waits for its reader, and not for a bell. */
	quiet = own_stuck || (ring_sleep(&out.own.ring, RING_OUTPUT) && out.quote < 0);
	for (int slot = 0; slot < CONF_SERVERS && !servers_stuck; slot++)
		if (out.mapped & 1U << slot && out.server[slot].ring.head->shown &&
		    !ring_sleep(&out.server[slot].ring, RING_OUTPUT) &&
		    out.server[slot].partial_since == 0)
			quiet = false;
	return quiet;
}

static void
wait_for_news(int wait, bool last)
{
	const struct stream *a = &out.stream[SERVERS], *b = &out.stream[OWN];
	struct pollfd fds[] = {
		{ .fd = CONSOLE_BELL_OUTPUT, .events = POLLIN },
		{ .fd = last ? -1 : CONSOLE_LIFELINE },
		{ .fd = a->stuck && !a->regular ? 1 : -1, .events = POLLOUT },
		{ .fd = b->stuck && !b->regular ? 2 : -1, .events = POLLOUT },
	};

	if ((a->stuck && a->regular) || (b->stuck && b->regular) || last)
		wait = wait < 0 || wait > TRY_EACH ? TRY_EACH : wait;
	if (fall_asleep())
		sys_poll(fds, 4, wait);
	sys_bell_clear(CONSOLE_BELL_OUTPUT);
}

/* ---- without PID 1 ---- */

static void
look_for_pid1(void)
{
	const struct ring_head *own = out.own.ring.head;

	if (out.orphaned || !console_orphaned())
		return;
	out.orphaned = true;
	out.killed = is_for_successor();
	out.own_end = __atomic_load_n(&own->head, __ATOMIC_ACQUIRE);
	map_new_slots();
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (out.mapped & 1U << slot)
			out.end[slot] = __atomic_load_n(&out.server[slot].ring.head->head, __ATOMIC_ACQUIRE);
}

/* What comes from here on is for a successor, who may be waiting for our place. */
static bool
has_handed_over(void)
{
	bool all = out.killed && is_idle(&out.stream[SERVERS]) && is_idle(&out.stream[OWN]) &&
	    out.quote < 0 && out.own.ring.head->place[RING_OUTPUT].tail >= out.own_end;

	for (int slot = 0; slot < CONF_SERVERS && all; slot++) {
		const struct ring_head *h = (out.mapped & 1U << slot) != 0 ?
		    out.server[slot].ring.head : NULL;

		all = h == NULL || !h->shown || h->place[RING_OUTPUT].tail >= out.end[slot];
	}
	return all;
}

/* Nothing goes on: whether it is time to leave. */
static bool
may_leave(int64_t now, int wait)
{
	bool stuck = out.stream[SERVERS].stuck || out.stream[OWN].stuck;

	if (!out.orphaned)
		return false;
	if (out.leave_at == 0)
		out.leave_at = now + (out.killed ? KILLED_WAIT : LAST_WAIT);
	if (now >= out.leave_at || out.dead)
		return true;
	/* Of one that was killed there may be the beginning of a line, which is waited for. */
	return !stuck && (!out.killed || wait < 0);
}

static void
leave(void)
{
	for (int i = 0; i < STREAMS && out.killed; i++)
		if (!is_idle(&out.stream[i]) && out.stream[i].from != NULL)
			writer_leave(out.stream[i].from, &out.stream[i].batch);
}

/* ---- the process ---- */

static bool
set_up(void)
{
	out.open = out.quote = -1;
	if (writer_open(&out.own, RING_OWN, RING_OUTPUT) < 0)
		return false;
	out.own.form = (struct filter_form){ .name = "mcinit", .raw = true };
	out.own.what_was_slow = "the reader of standard error";
	set_up_stream(&out.stream[SERVERS]);
	set_up_stream(&out.stream[OWN]);
	out.one = same_place();
	out.terminal = sys_is_tty(1);
	map_new_slots();
	recover();
	return true;
}

int
output_main(int argc, char *argv[])
{
	(void)argv;
	if (!console_take_place(CONSOLE_OUTPUT, -1))
		return 0;
	if (argc != 2 || !set_up())
		return 71;
	for (;;) {
		int wait = -1;
		int64_t now = sys_now();

		look_for_pid1();
		if (has_handed_over())
			return 0;
		if (work(now, out.orphaned && !out.killed, &wait))
			continue;
		if (may_leave(now, wait))
			break;
		for (int slot = 0; slot < CONF_SERVERS && !out.killed; slot++)
			if (out.mapped & 1U << slot)
				writer_tell_lost(&out.server[slot], now);
		if (!out.killed)
			writer_tell_lost(&out.own, now);
		wait_for_news(wait, out.orphaned);
	}
	leave();
	return 0;
}
