/* SPDX-License-Identifier: MIT */
/*
 * fds: the close of descriptors that stand in the state of mcinit; see fds.h.
 *
 * What is dropped and not yet closed stands in no state: an exec closes it, as all the others that
 * do not stand there.
 */
#include "fds.h"

#include "sys.h"

enum { DROPPED = 160 };		/* more than all that one transition can let go */

static int32_t dropped[DROPPED];
static int count;

void
fds_drop(int32_t *fd)
{
	if (*fd >= 0 && count < DROPPED)
		dropped[count++] = *fd;
	else if (*fd >= 0)
		sys_close(*fd);
	*fd = -1;
}

void
fds_flush(void)
{
	while (count > 0)
		sys_close(dropped[--count]);
}
