/* SPDX-License-Identifier: MIT */
/*
 * prove: a program that is to go on in the place of another mcinit shows that it can; see prove.h.
 *
 * It does what a new image does until that is all there (resume.c), on a copy.
 */
#include "prove.h"

#include <errno.h>

#include "cli.h"
#include "proc.h"
#include "resume.h"
#include "ring.h"
#include "sys.h"
#include "world.h"

enum { SOCKET = 3, STATE, RINGS };

static _Alignas(64) struct conf confs[2];
static struct act_scope scope;

static const char *
why_no_state(int error)
{
	return error == -EPROTO ? "the state is of another version" :
	    error == -EBADMSG ? "the state is damaged" : "there is no state";
}

int
prove_main(int argc, char *argv[])
{
	char word = PROC_YES;
	struct cli cli;
	int rc;

	if (!cli_parse(&cli, argc - 1, argv + 1) || cli.verb != NULL || cli.check_only) {
		proc_say_no(SOCKET, "mcinit " MCINIT_VERSION " does not know the options that the one that "
		    "runs was started with");
		return 1;
	}
	rc = world_copy(STATE);
	if (rc < 0) {
		proc_say_no(SOCKET, "mcinit " MCINIT_VERSION " cannot go on from here: %s",
		    why_no_state(rc));
		return 1;
	}
	scope.world = world_now();
	if (!resume_conf(&scope, confs)) {
		proc_say_no(SOCKET, "mcinit " MCINIT_VERSION " does not take the configuration that is in "
		    "force; what it says of the INI: %s -n -c INI", argv[0]);
		return 1;
	}
	if (ring_check(RINGS) < 0) {
		proc_say_no(SOCKET, "the consoles are of another version than those of mcinit "
		    MCINIT_VERSION);
		return 1;
	}
	return sys_send_now(SOCKET, &word, 1) == 1 ? 0 : 1;
}
