/* SPDX-License-Identifier: MIT */
/*
 * pidfile: mcinit.pid_file, for init systems and scripts.
 *
 * It is made whole under another name and renamed, and locked as long as mcinit runs.  Called by the
 * set-up in mcinit.c and at its end.  It must never be read back to signal anybody: what it says may
 * be of another boot.
 */
#ifndef PIDFILE_H
#define PIDFILE_H

#include <stdint.h>

/*
 * Writes our pid.  *fd is the lock; 0, or -errno after a message: -EEXIST when another mcinit that
 * runs has the file.
 */
int pidfile_write(const char *path, int32_t *fd);

/* At a clean end: removes it, if it is still ours. */
void pidfile_remove(const char *path, int fd);

#endif
