/* SPDX-License-Identifier: MIT */
/*
 * console_role: what all console processes need; see console.h.
 *
 * It must never wait for PID 1: that would hold up a server.
 */
#include <errno.h>
#include <poll.h>

#include "console.h"
#include "ring.h"
#include "sys.h"

enum { TRY_EACH = 20, LAST_WAIT = 10 * 1000 };

bool
console_tell(const struct console_report *report)
{
	ssize_t n = sys_write(CONSOLE_REPORTS, report, sizeof(*report));

	/* Without PID 1 there is nobody to tell, and nothing to keep it for. */
	return n == (ssize_t)sizeof(*report) || n == -EPIPE;
}

bool
console_orphaned(void)
{
	struct pollfd lifeline = { .fd = CONSOLE_LIFELINE };

	return sys_poll(&lifeline, 1, 0) > 0;
}

/* PID 1 was not killed, but has nothing more to say: what is in the ring is still to be written. */
static bool
is_closed(int slot)
{
	struct ring ring;

	return ring_map_head(&ring, CONSOLE_RINGS, slot < 0 ? RING_OWN : slot) == 0 &&
	    __atomic_load_n(&ring.head->closed, __ATOMIC_ACQUIRE);
}

/*
 * Not on the rings, where there is a run_dir: who was lent those to read could lock them against us.
 */
static int
lock_place(int number)
{
	int rc = sys_lock_byte(CONSOLE_PLACES, number);

	return rc == -EBADF ? sys_lock_byte(CONSOLE_RINGS, number) : rc;
}

bool
console_take_place(enum console_role role, int slot)
{
	struct pollfd lifeline = { .fd = CONSOLE_LIFELINE };
	int64_t leave_at = INT64_MAX;

	for (;;) {
		int rc = lock_place(console_number(role, slot));

		/* Where nothing can be locked, PID 1 alone keeps them apart. */
		if (rc != -EAGAIN && rc != -EACCES)
			return true;
		if (sys_poll(&lifeline, 1, TRY_EACH) > 0) {
			leave_at = sys_now() + (is_closed(slot) ? LAST_WAIT : 0);
			lifeline.fd = -1;	/* from now on only time passes */
		}
		if (sys_now() >= leave_at)
			return false;
	}
}
