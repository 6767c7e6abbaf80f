/* SPDX-License-Identifier: MIT */
/*
 * ring_file: rings in a file, which outlive the mcinit that made them; see ring.h.
 *
 * It must never use what another user could have put there.
 */
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "sys.h"

static const char name[] = "rings";

void
ring_file_remove(int dir)
{
	sys_remove_at(dir, name, false);
}

int
ring_file_make(int dir)
{
	int fd, rc;

	/* Whoever still has the old one goes on with that, and with nobody else. */
	ring_file_remove(dir);
	fd = sys_open_at(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fd;
	rc = sys_truncate(fd, RING_ALL);
	if (rc == 0)
		rc = ring_allocate(fd, RING_OWN);
	if (rc == 0)
		return fd;
	sys_close(fd);
	ring_file_remove(dir);
	return rc;
}

int
ring_file_find(int dir)
{
	/* Should it be a FIFO, nobody waits for its other end. */
	int fd = sys_open_at(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0), rc;
	struct stat st;

	if (fd < 0)
		return fd == -ENOENT ? fd : -ESTALE;
	rc = sys_stat_fd(fd, &st);
	if (rc == 0 && (!S_ISREG(st.st_mode) || st.st_uid != sys_uid() || (st.st_mode & 077) != 0 ||
	    st.st_nlink != 1 || st.st_size != RING_ALL))
		rc = -ESTALE;
	if (rc == 0)
		rc = ring_check(fd);
	if (rc == 0)
		return fd;
	sys_close(fd);
	return rc;
}
