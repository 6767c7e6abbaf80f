/* SPDX-License-Identifier: MIT */
/*
 * become: how a forked child of ours turns into a server.
 *
 * Called by act.c in the child and only there.  Everything that can fail is reported through
 * the exec pipe as {stage, errno} (proc.h); nothing is logged here, because the parent knows
 * the names and the policy.  It must never return to the caller's code, and never leave a
 * signal ignored or blocked: a JVM that inherits an ignored SIGTERM saves no world.
 */
#ifndef BECOME_H
#define BECOME_H

#include "console.h"
#include "equip.h"

/*
 * In this order: session, oom_score_adj, nice, limits, umask, directory, world lock (fd 3),
 * no_new_privs, jar, files and RCON (equip.h), descriptors, dispositions, mask, exec.  `argv` and
 * `jar` come from jvm.c, and a jar with a "*" is replaced in argv by the newest that matches.
 * `report` is the write end of the exec pipe.  MCINIT_SERVER, by which its orphans are known, is
 * the server's name with its pid; variables that filled a secret it does not get.  Of `equip` is
 * filled in what is missing: jar, report, note.
 */
_Noreturn void become_server(const struct conf *conf, int slot, const char *argv[], const char *jar,
    const struct console_slot *console, struct equip_job *equip, int report);

/* The same for its health_command: in its directory, with nothing open but /dev/null. */
_Noreturn void become_check(const struct conf *all, int slot);

/* What a server finds in its environment; with no mark ("") for who is not of its tree. */
const char *const *become_environment(const struct conf_server *conf, const struct conf_list *secret,
    const char *mark);

/* Reports that there was no command line to execute, and ends the child. */
_Noreturn void become_failed(int report, int stage, int error, const char *what);

#endif
