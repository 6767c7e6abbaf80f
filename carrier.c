/* SPDX-License-Identifier: MIT */
/*
 * carrier: from a server's FIFO, or the pty it runs in, into its ring; see carrier.h.
 *
 * It may be killed at any instruction: what it has read and not published is lost then, and
 * nothing else, because the FIFO is still held by PID 1.  SIGTERM ends it between two reads, and
 * loses nothing.  When PID 1 is killed nothing is lost: it publishes what it has read and leaves the
 * rest in the FIFO, which is still held by the server.
 */
#include "carrier.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "ring.h"
#include "sys.h"

enum {
	ROOM_WAIT = 100,		/* ms: how soon a waiting carrier notices that PID 1 is gone */
	TELL_EACH = 100,		/* ms between two records of what changes all the time */
	LAST_WAIT = 1000,		/* for PID 1 to take the last records */
	LOOK_EACH = 64,			/* reads without a pause: then it looks whether PID 1 is gone */
	LINE_HELD = 65536		/* a longer line is not looked at: its beginning may be gone */
};

static const int bells[RING_WRITERS] = { CONSOLE_BELL_OUTPUT, CONSOLE_BELL_FILES };

static _Alignas(64) struct {
	struct ring ring;
	int slot;
	uint64_t line;			/* where the line begins that is being read */
	bool cut;			/* its beginning went with a carrier that was killed */
	int32_t value[MARKER_COUNT];
	uint32_t untold;		/* markers PID 1 has not heard of, a bit each */
	bool players_untold;
	int64_t told_at;
	unsigned looks;			/* reads since the last one; LOOK_EACH: it is time for one */
	int64_t leave_at;		/* at the latest; 0: PID 1 is there */
	char typed[1024];		/* for a pty, not yet written */
	size_t typed_bytes;
} carrier;

/* ---- what it says ---- */

static bool
tell(enum console_report_kind kind, int32_t value, int64_t number)
{
	struct console_report report = { .slot = (int8_t)carrier.slot, .kind = (uint8_t)kind,
		.life = (uint16_t)carrier.ring.head->life, .value = value, .number = number };

	return console_tell(&report);
}

/* How many ms until more can be told; -1: nothing is left to tell. */
static int
tell_news(int64_t now)
{
	struct ring_head *h = carrier.ring.head;
	int64_t wait = carrier.told_at + TELL_EACH - now;
	bool rest = true;

	if (carrier.untold == 0 && !carrier.players_untold)
		return -1;
	for (int kind = 0; kind < MARKER_COUNT; kind++) {
		uint32_t bit = UINT32_C(1) << kind;

		if (!(carrier.untold & bit))
			continue;
		if ((marker_is_once(kind) || wait <= 0) &&
		    tell(REPORT_MARKER, kind, carrier.value[kind])) {
			carrier.untold &= ~bit;
			h->marked |= marker_is_once(kind) ? bit : 0;
		} else {
			rest = false;
		}
	}
	if (wait > 0)
		return rest && !carrier.players_untold ? -1 : (int)wait;
	carrier.told_at = now;
	if (carrier.players_untold && tell(REPORT_PLAYERS, 0, h->players))
		carrier.players_untold = false;
	return rest && !carrier.players_untold ? -1 : TELL_EACH;
}

static void
hear_line(const char *line, size_t bytes)
{
	struct ring_head *h = carrier.ring.head;
	int32_t value;
	enum marker_kind kind = marker_of(line, bytes, &value);

	if (kind == MARKER_NONE)
		return;
	if (kind == MARKER_JOINED || kind == MARKER_LEFT) {
		h->players += kind == MARKER_JOINED ? 1 : h->players > 0 ? -1 : 0;
		carrier.players_untold = true;
		if (kind == MARKER_LEFT || h->players != 1)
			return;
	}
	if (marker_is_once(kind) && (h->marked & UINT32_C(1) << kind))
		return;
	if (marker_is_once(kind))
		h->mark[kind] = value;
	carrier.value[kind] = value;
	carrier.untold |= UINT32_C(1) << kind;
}

/* Another PID 1: what was told may have been on its way to the one that was killed. */
static void
tell_again(void)
{
	struct ring_head *h = carrier.ring.head;

	_Static_assert((int)MARKER_COUNT <= (int)RING_MARKS, "each marker has a place in the head");
	if (!h->again)
		return;
	for (int kind = 0; kind < MARKER_COUNT; kind++) {
		carrier.value[kind] = h->mark[kind];
		carrier.untold |= h->marked & UINT32_C(1) << kind;
	}
	carrier.players_untold = true;
	h->again = 0;
}

/*
 * As memchr() for a newline, which in musl takes twice as long for lines of a usual length: it goes
 * byte by byte to where words are aligned, and again in the word that has it.
 */
static const char *
find_newline(const char *from, const char *end)
{
	const uint64_t ones = UINT64_MAX / 255, newlines = '\n' * ones;

	for (; end - from >= 8; from += 8) {
		uint64_t word, found;

		memcpy(&word, from, sizeof(word));
		word = le64toh(word) ^ newlines;
		found = (word - ones) & ~word & 0x80 * ones;
		if (found != 0)
			return from + __builtin_ctzll(found) / 8;
	}
	for (; from < end; from++)
		if (*from == '\n')
			return from;
	return NULL;
}

static void
scan(const char *from, size_t bytes)
{
	const char *end = from + bytes, *newline;
	uint64_t at = carrier.ring.head->head;

	while ((newline = find_newline(from, end)) != NULL) {
		size_t length;

		at += (uint64_t)(newline - from);
		length = (size_t)(at - carrier.line);
		if (!carrier.cut && length < LINE_HELD)
			hear_line(carrier.ring.bytes + carrier.line % RING_BYTES, length);
		ring_line(&carrier.ring, at);
		carrier.line = ++at;
		carrier.cut = false;
		from = newline + 1;
	}
}

/* ---- what it carries ---- */

/* More was read, or nothing is there now (-EAGAIN), or the end: 0 or another -errno. */
static ssize_t
carry(void)
{
	size_t room;
	char *to = ring_room(&carrier.ring, &room);
	ssize_t n;

	sys_signal_admit(SIGTERM);
	if (room == 0) {
		ring_wait_room(&carrier.ring, ROOM_WAIT);
		carrier.looks = LOOK_EACH;
		return 1;
	}
	carrier.looks++;
	n = sys_read(CONSOLE_SOURCE, to, room);
	if (n > 0) {
		scan(to, (size_t)n);
		ring_publish(&carrier.ring, (size_t)n, bells);
	}
	return n;
}

/* What somebody typed goes to the terminal; what that has no room for waits. */
static void
pass_typed(void)
{
	ssize_t n;

	if (carrier.typed_bytes == 0) {
		n = sys_read(CONSOLE_SINK, carrier.typed, sizeof(carrier.typed));
		carrier.typed_bytes = n > 0 ? (size_t)n : 0;
	}
	if (carrier.typed_bytes == 0)
		return;
	n = sys_write(CONSOLE_SOURCE, carrier.typed, carrier.typed_bytes);
	if (n <= 0)
		return;
	carrier.typed_bytes -= (size_t)n;
	memmove(carrier.typed, carrier.typed + n, carrier.typed_bytes);
}

/* Until there is something to carry; false: PID 1 is gone, and the FIFO waits for its successor. */
static bool
wait_for_output(int timeout)
{
	struct pollfd fds[3] = {
		{ .fd = CONSOLE_LIFELINE },
		{ .fd = CONSOLE_SOURCE, .events = POLLIN },
		{ .fd = carrier.ring.head->terminal && carrier.typed_bytes == 0 ? CONSOLE_SINK : -1,
		    .events = POLLIN },
	};

	if (carrier.typed_bytes > 0)
		fds[1].events |= POLLOUT;
	ring_publish(&carrier.ring, 0, bells);	/* takes back what was reserved */
	sys_poll_admit(fds, 3, timeout, SIGTERM);
	if (fds[2].revents != 0 || fds[1].revents & POLLOUT)
		pass_typed();
	return fds[0].revents == 0;
}

/*
 * PID 1 is gone, and what is not read waits in the FIFO for its successor.  When the server is
 * gone, too, it would go with us: then we go on to its end, as long as there is room.
 */
static bool
may_leave(void)
{
	struct pollfd source = { .fd = CONSOLE_SOURCE };
	int64_t now;

	carrier.looks = 0;
	if (!console_orphaned())
		return false;
	now = sys_now();
	if (carrier.leave_at == 0)
		carrier.leave_at = now + LAST_WAIT;
	sys_poll(&source, 1, 0);
	return !(source.revents & POLLHUP) || now >= carrier.leave_at;
}

/* The last line may lack its end; the next start's first line is not to be glued to it. */
static void
finish(void)
{
	int64_t until = sys_now() + LAST_WAIT;

	if (carrier.ring.head->inside) {
		size_t room;
		char *to = ring_room(&carrier.ring, &room);

		if (room > 0) {
			*to = '\n';
			scan(to, 1);
			ring_publish(&carrier.ring, 1, bells);
		}
	}
	carrier.told_at = 0;
	while (tell_news(sys_now()) > 0 && sys_now() < until) {
		struct pollfd reports = { .fd = CONSOLE_REPORTS, .events = POLLOUT };

		sys_poll(&reports, 1, LAST_WAIT);
		carrier.told_at = 0;
	}
}

int
carrier_main(int argc, char *argv[])
{
	int rc;

	if (argc != 3)
		return 64;
	carrier.slot = (int)strtol(argv[2], NULL, 10);
	if (!console_take_place(CONSOLE_CARRIER, carrier.slot))
		return 0;
	rc = ring_map(&carrier.ring, CONSOLE_RINGS, carrier.slot, true);
	if (rc < 0)
		return 71;
	ring_produce(&carrier.ring);
	carrier.line = carrier.ring.head->head;
	carrier.cut = carrier.ring.head->inside;
	/* The one before may have been killed between its last publication and the bells, or at those. */
	ring_publish(&carrier.ring, 0, bells);
	for (int i = 0; i < RING_WRITERS; i++)
		sys_bell_ring(bells[i]);
	tell_again();
	for (;;) {
		ssize_t n = carry();
		int wait = tell_news(sys_now());
		bool look = n > 0 ? carrier.looks >= LOOK_EACH : n == -EAGAIN && !wait_for_output(wait);

		if (n <= 0 && n != -EAGAIN)
			break;
		if (look && may_leave())
			return 0;
	}
	if (console_orphaned())
		return 0;
	finish();
	return 0;
}
