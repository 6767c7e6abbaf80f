/* SPDX-License-Identifier: MIT */
/*
 * backup: the verb backup: a command that runs while a server keeps still.
 *
 *	backup [NAME] [--timeout TIME] -- COMMAND [ARG]...
 *
 * Says save-off and "save-all flush", waits until that is done, runs COMMAND, and then save-on is said: by
 * mcinit, which is told first, and does it too when COMMAND, this client, or mcinit itself fails or is
 * killed.  TIME is for the save (2m).  Called by cli.c.  It must never run COMMAND on a world that is not saved.
 *
 * Exit code: that of COMMAND, or 128 and its signal; 1 it was not run, 64 usage, 75 the save took too long, 126
 * and 127 COMMAND cannot be run.
 */
#ifndef BACKUP_H
#define BACKUP_H

int backup_main(const char *run_dir, int count, char *const words[]);

#endif
