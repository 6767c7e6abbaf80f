/* SPDX-License-Identifier: MIT */
/*
 * become_check: how a forked child of ours turns into health_command; see become.h.
 *
 * It must never return, and never have anything open that is ours.
 */
#include "become.h"

#include <fcntl.h>
#include <stdlib.h>

#include "path.h"
#include "sys.h"

enum { WORDS = 256, CANNOT_EXECUTE = 126, NOT_FOUND = 127, STDIO = 3 };

_Noreturn void
become_check(const struct conf *all, int slot)
{
	const struct conf_server *conf = &all->server[slot];
	static _Alignas(64) const char *argv[WORDS + 1];
	int null = sys_open("/dev/null", O_RDWR, 0), n = 0;
	bool no_interpreter = false;

	for (const char *word = conf_next(&conf->health_command, NULL); word != NULL && n < WORDS;
	    word = conf_next(&conf->health_command, word))
		argv[n++] = word;
	argv[n] = NULL;
	/* A session of its own: all of it can be ended. */
	sys_session();
	for (int fd = 0; fd < STDIO; fd++)
		if (null >= 0)
			sys_move(null, fd);
		else
			sys_close(fd);
	sys_close_from(STDIO);
	if (sys_change_dir(conf->dir) < 0)
		sys_exit(CANNOT_EXECUTE);
	if (conf->no_new_privs)
		sys_no_new_privileges();
	sys_signals_default();
	sys_signals_unblock();
	path_exec(getenv("PATH"), (char *const *)argv,
	    (char *const *)(uintptr_t)become_environment(conf, &all->secret_env, ""), &no_interpreter);
	sys_exit(NOT_FOUND);
}
