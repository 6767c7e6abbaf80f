/* SPDX-License-Identifier: MIT */
/*
 * host: where we are.  The mode, whether this is a container, and the run_dir.
 *
 * Called by mcinit.c at the start, before anything runs, and by the verbs.  It must never mount,
 * sync or kill; its one reboot(2) only turns Ctrl-Alt-Del into a signal, and tells a machine by it.
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>

#include "step.h"

enum { HOST_PATH = 256 };

/*
 * APPLIANCE: process 1 where reboot(RB_DISABLE_CAD) succeeds, which it does in the first pid
 * namespace only.  CONTAINER: another process 1.  SERVICE: the rest.
 */
enum step_mode host_mode(void);
const char *host_mode_name(enum step_mode mode);

/* Also true under `docker run --init` and in Kubernetes, where we are not process 1. */
bool host_in_container(enum step_mode mode);

/*
 * Finds, makes and locks run_dir: the one `asked` for, or the first usable default.  A locked
 * one belongs to another mcinit.  Returns the locked descriptor, or -errno after a message;
 * `path` is the directory.  With `clear`, sockets and FIFOs of an earlier life are removed.
 */
int host_run_dir(const char *asked, bool clear, char path[HOST_PATH]);

/*
 * The run_dir of a running mcinit: the one `asked` for, or the first default place whose lock is
 * held.  0, or -ESRCH; or -EACCES: there is none, but `path` is a place that we may not look into.
 * `path` may be NULL when one is asked for.
 */
int host_find_run_dir(const char *asked, char path[HOST_PATH]);

#endif
