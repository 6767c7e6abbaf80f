/* SPDX-License-Identifier: MIT */
/*
 * console_role: what all console processes need; see console.h.
 *
 * It must never wait: a console process that waits for PID 1 holds up a server.
 */
#include <errno.h>
#include <poll.h>

#include "console.h"
#include "sys.h"

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
