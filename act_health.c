/* SPDX-License-Identifier: MIT */
/*
 * act_health: whether a server is well, by a command of the INI; see act.h.
 *
 * The command runs in a child of ours, in the server's directory.  It must never wait for it.
 */
#include <errno.h>
#include <signal.h>		/* numbers only */

#include "act_in.h"
#include "become.h"
#include "log.h"
#include "sys.h"

void
act_check(struct act_scope *scope, const struct step_act *a)
{
	pid_t pid = proc_fork_check(&scope->world->proc, a->slot);

	if (pid == 0)
		become_check(scope->conf, a->slot);
	if (pid > 0)
		return;
	/* One that cannot even be killed waits for a disk, as the server does. */
	if (pid != -EBUSY)
		log_warn(act_name(scope, a->slot), (int)pid, "cannot run health_command; trying again later");
	/* That we have no process for it says nothing of the server. */
	act_tell(scope, STEP_HEALTH, a->slot, pid != -EBUSY);
}

void
act_uncheck(struct act_scope *scope, const struct step_act *a)
{
	pid_t pid = scope->world->proc.main[a->slot].check;

	/* Before it has a session of its own it has no group either. */
	if (pid != 0 && sys_kill_group(pid, SIGKILL) == -ESRCH)
		sys_kill(pid, SIGKILL);
}

void
act_check_ended(struct act_scope *scope, int slot, int status)
{
	int code = step_exit_code(status);

	if (code == 126 || code == 127)
		log_warn(act_name(scope, slot), 0, "health_command cannot be executed (code %d); see its path "
		    "and rights", code);
	act_tell(scope, STEP_HEALTH, slot, code == 0);
}
