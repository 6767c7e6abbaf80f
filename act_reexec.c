/* SPDX-License-Identifier: MIT */
/*
 * act_reexec: another program in our place: it is tried, executed, and whoever asked is told; see
 * act.h.
 *
 * Of this the state has who asked, and that it goes on; an image that fails on the way leaves all else
 * as it was.  It must never execute what was not tried on the configuration in force; only where
 * there is no /proc it has to be found again by its name.
 */
#include <errno.h>
#include <signal.h>		/* numbers only */
#include <string.h>

#include "act_in.h"
#include "crash.h"
#include "fds.h"
#include "fmt.h"
#include "log.h"
#include "sys.h"
#include "words.h"

#define SELF	"/proc/self/exe"

enum { LAST_WORDS = 1000 };		/* more than a socket holds of what it said before it ended */

static struct {
	int socket, program;		/* to who tries it, and the program itself; 0 = none */
	bool can;			/* it has said so */
	unsigned accepted;		/* configurations, when it was tried */
} trial;
static _Alignas(64) char path[CTL_ARGUMENT];
static _Alignas(64) char reason[PROC_REASON];	/* why not */

static const char failed_meanwhile[] = "mcinit itself failed meanwhile; ask again";

/* Who asked may have gone; nobody else is there to tell. */
static void
answer(struct act_scope *scope, bool yes, const char *text)
{
	char line[CTL_ANSWER];
	int32_t *asking = &scope->world->fds.asking;

	if (*asking < 0)
		return;
	sys_send_now(*asking, line, ctl_answer(line, yes, text));
	fds_drop(asking);
}

static void
refuse(struct act_scope *scope, const char *why)
{
	char text[CTL_ANSWER];

	fmt_put(text, sizeof(text), "re-exec refused: %s", why);
	log_err(NULL, 0, "%s", text);
	answer(scope, false, text);
}

static void
close_trial(struct act_scope *scope)
{
	if (trial.socket > 0) {
		sys_epoll_remove(scope->epoll, trial.socket);
		sys_close(trial.socket);
	}
	if (trial.program > 0)
		sys_close(trial.program);
	trial.socket = trial.program = 0;
}

/* ---- asked ---- */

/* Where we were executed from: a new build has that name by now. */
static void
find_own_path(void)
{
	static const char gone[] = " (deleted)";
	ssize_t n = strcmp(proc_self(), SELF) == 0 ? sys_read_link(SELF, path, CTL_ARGUMENT) : -1;
	size_t end = sizeof(gone) - 1;

	if (n < 0)
		fmt_put(path, CTL_ARGUMENT, "%s", proc_self());
	else if ((size_t)n > end && strcmp(path + (size_t)n - end, gone) == 0)
		path[(size_t)n - end] = '\0';
}

void
act_reexec_asked(struct act_scope *scope, int client, const char *asked_for)
{
	scope->world->fds.asking = client;
	if (*asked_for != '\0')
		fmt_put(path, sizeof(path), "%s", asked_for);
	else
		find_own_path();
	act_tell(scope, STEP_REEXEC, -1, 0);
	world_commit();
}

void
act_prove(struct act_scope *scope, const struct step_act *a)
{
	struct proc_trial child = { .path = path, .argv = crash_argv(),
		.state = world_fd(), .rings = scope->world->console.rings };
	int rc;

	(void)a;
	close_trial(scope);
	trial.can = false;
	trial.accepted = scope->accepted;
	fmt_put(reason, sizeof(reason),
	    "%s is no mcinit that can go on from here", path);
	if (!crash_armed()) {
		refuse(scope, "this kernel cannot keep the state of mcinit over an exec");
	} else if (path[0] == '\0') {
		refuse(scope, failed_meanwhile);
	} else if ((rc = proc_try(&scope->world->proc, &child, &trial.socket)) < 0) {
		refuse(scope, rc == -EBUSY ? "the program of the last one still hangs" : log_errno(rc));
	} else {
		/* Without epoll all that it says is heard at its end. */
		sys_epoll_add(scope->epoll, trial.socket, TAG_TRIAL);
		log_info(NULL, "re-exec: trying %s", path);
		return;
	}
	act_tell(scope, STEP_PROVED, -1, 0);
}

void
act_unprove(struct act_scope *scope, const struct step_act *a)
{
	(void)a;
	if (scope->world->proc.trial != 0)
		sys_kill(scope->world->proc.trial, SIGKILL);
	close_trial(scope);
}

/* ---- tried ---- */

/* It may be any program: one that never stops talking is not listened to for ever. */
static void
hear_trial(struct act_scope *scope, int most)
{
	char text[PROC_REASON];
	int fd;

	for (int i = 0; i < most && trial.socket > 0; i++) {
		ssize_t n = sys_receive_with_fd(trial.socket, text, sizeof(text) - 1, &fd);

		if (n == -EAGAIN)
			return;
		if (n <= 0) {
			if (fd >= 0)
				sys_close(fd);
			/* Its end says the rest; until then there is nothing more to hear. */
			sys_epoll_remove(scope->epoll, trial.socket);
			return;
		}
		text[n] = '\0';
		if (text[0] == PROC_FILE && fd >= 0 && trial.program == 0)
			trial.program = fd;
		else if (fd >= 0)
			sys_close(fd);
		trial.can |= text[0] == PROC_YES;
		if (text[0] == PROC_NO)
			fmt_put(reason, sizeof(reason), "%s", text + 1);
	}
}

void
act_hear_trial(struct act_scope *scope)
{
	hear_trial(scope, ACT_HEAR);
}

void
act_trial_ended(struct act_scope *scope, int status)
{
	/* Of an attempt that was given up. */
	if (trial.socket == 0)
		return;
	hear_trial(scope, LAST_WORDS);
	if (status == 0 && trial.can && trial.program > 0) {
		act_tell(scope, STEP_PROVED, -1, 1);
		return;
	}
	refuse(scope, reason);
	close_trial(scope);
	act_tell(scope, STEP_PROVED, -1, 0);
}

/* ---- done ---- */

void
act_reexec(struct act_scope *scope, const struct step_act *a)
{
	/* Without /proc it must be found again by its name. */
	int fd = strcmp(proc_self(), SELF) == 0 ? trial.program : -1;
	char why[CTL_ANSWER];

	(void)a;
	/* It has not seen the one that is in force by now. */
	if (trial.program > 0 && trial.accepted != scope->accepted) {
		act_tell(scope, STEP_REEXEC, -1, 0);
	} else if (trial.program > 0) {
		fmt_put(why, sizeof(why), "cannot execute %s: %s", path,
		    log_errno(crash_exec(fd, path)));
		refuse(scope, why);
	} else {
		refuse(scope, failed_meanwhile);
	}
	close_trial(scope);
}

void
act_answer(struct act_scope *scope, const struct step_act *a)
{
	char text[CTL_ANSWER];

	words_message(text, sizeof(text), (int)a->a, a->b, a->c);
	answer(scope, false, text);
}

/* What a carrier has read would be lost with it; what the others have not written is in the ring. */
static void
end_helper(const struct proc_table *p, int number)
{
	enum console_role role;
	int slot;

	console_which(number, &role, &slot);
	sys_kill(p->helper[number], role == CONSOLE_CARRIER ? SIGTERM : SIGKILL);
	/* It may have been stopped by somebody. */
	sys_kill(p->helper[number], SIGCONT);
}

/* Those of another build give way to ours. */
static void
replace_helpers(const struct proc_table *p)
{
	uint8_t build[sizeof(world_owner()->build)];

	sys_build_id(build);
	if (memcmp(build, world_owner()->build, sizeof(build)) == 0)
		return;
	for (int i = 0; i < PROC_HELPERS; i++)
		if (p->helper[i] != 0)
			end_helper(p, i);
	world_sign();
}

void
act_reexec_over(struct act_scope *scope)
{
	struct proc_table *p = &scope->world->proc;
	char text[CTL_ANSWER];

	replace_helpers(p);
	if (p->trial != 0) {
		sys_kill(p->trial, SIGKILL);
		act_tell(scope, STEP_PROVED, -1, 0);
	}
	if (world_fault()->signal != 0) {
		fmt_put(text, sizeof(text), "re-exec refused: %s", failed_meanwhile);
		answer(scope, false, text);
		return;
	}
	fmt_put(text, sizeof(text), "mcinit " MCINIT_VERSION " goes on, generation %llu, pid %d",
	    (unsigned long long)world_generation(), (int)sys_pid());
	answer(scope, true, text);
}
