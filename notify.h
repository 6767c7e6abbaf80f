/* SPDX-License-Identifier: MIT */
/*
 * notify: what a service manager is told, as sd_notify(3) has it: systemd, Podman, s6 with a relay.
 *
 * By the socket that NOTIFY_SOCKET names: READY when the first state of the servers is known, STATUS,
 * RELOADING, STOPPING, more time for a start or stop that takes long, and WATCHDOG.  Called by the loop in
 * mcinit.c.  It must never wait for anybody, and never be missed: a manager that does not read is told later.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "step.h"

/* Looks whether somebody wants to be told; in each image. */
void notify_open(void);

/* Tells what has changed, and what is due. */
void notify_tell(const struct conf *conf, const struct step_machine *m, bool reloading, int64_t now);

/* When something is due whatever happens: as sys_now(), or STEP_NEVER. */
int64_t notify_due(void);

#endif
