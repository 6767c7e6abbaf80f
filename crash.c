/* SPDX-License-Identifier: MIT */
/*
 * crash: mcinit outlives its own faults, by executing itself; see crash.h.
 *
 * The handler may run at any instruction of ours, whatever the memory is like by then.
 */
#include "crash.h"

#include <errno.h>
#include <signal.h>		/* types and numbers only */
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>

#include "fmt.h"
#include "log.h"
#include "proc.h"
#include "sys.h"
#include "world.h"

extern char **environ;

/* The state of a processor with all its registers alone takes up to 11 KiB of the stack (AMX). */
enum { ARGUMENTS = 200, STACK = 24 * 1024, SIGNAL_RTMIN_3 = 34 + 3 };

static struct {
	pid_t pid;
	bool armed;
	char state[24];			/* --state=N */
	char *argv[ARGUMENTS + 2];
} frame;
static _Alignas(64) char stack[STACK];
static _Alignas(64) struct world blank;	/* of a state that cannot be read */

int
crash_inherited(int argc, char *argv[])
{
	static const char word[] = "--state=";

	if (argc < 2 || argv[1] == NULL || strncmp(argv[1], word, sizeof(word) - 1) != 0)
		return -1;
	return (int)strtol(argv[1] + sizeof(word) - 1, NULL, 10);
}

/* ---- the exec ---- */

static void
keep(int fd)
{
	sys_keep_at_exec(fd, true);
}

static void
keep_not(int fd)
{
	sys_keep_at_exec(fd, false);
}

static void
keep_state(void)
{
	keep(world_fd());
	world_each_fd(keep);
}

char **
crash_argv(void)
{
	return frame.argv;
}

int
crash_exec(int fd, const char *path)
{
	int rc;

	memset(world_fault(), 0, sizeof(*world_fault()));
	world_next_image(false);
	keep_state();
	rc = sys_exec_fd(fd, path, frame.argv, environ);
	world_each_fd(keep_not);
	keep_not(world_fd());
	world_same_image();
	return rc;
}

/* ---- the handler ---- */

/* It is no business of the supervisor's: the child ends as if there were no handler. */
static void
fail_alone(int signal)
{
	sys_signals_default();
	sys_kill(sys_pid(), signal);
	/* Sent or not: when the handler returns, what failed fails again. */
}

static void
on_fault(int signal, void *information, void *context)
{
	const siginfo_t *info = information;
	struct world_fault *fault;

	(void)context;
	if (sys_pid() != frame.pid) {
		fail_alone(signal);
		return;
	}
	fault = world_fault();
	fault->signal = signal;
	/* Who is outside of our pid namespace has no number here. */
	fault->sender = info->si_code > 0 ? 0 : info->si_pid > 0 ? info->si_pid : WORLD_SENDER_OUTSIDE;
	fault->address = info->si_code <= 0 ? 0 : (uint64_t)(uintptr_t)info->si_addr;
	/* What others send is no sign of anything that is wrong with us. */
	world_next_image(fault->sender == 0 || fault->sender == frame.pid);
	keep_state();
	sys_exec(proc_self(), frame.argv, environ);
	crash_last_stand("it failed, and cannot execute itself");
}

int
crash_arm(char *argv[])
{
	int n = 0, first = crash_inherited(2, argv) >= 0 ? 2 : 1, rc;

	if (world_fd() < 0)
		return -ENOSYS;
	while (argv[n] != NULL)
		n++;
	if (n > ARGUMENTS)
		return -E2BIG;
	fmt_put(frame.state, sizeof(frame.state), "--state=%d", world_fd());
	frame.argv[0] = argv[0];
	frame.argv[1] = frame.state;
	for (int i = first; i <= n; i++)
		frame.argv[2 + i - first] = argv[i];
	frame.pid = sys_pid();
	rc = sys_on_fault(on_fault, stack, sizeof(stack));
	if (rc == 0)
		rc = sys_faults_unblock();
	frame.armed = rc == 0;
	return rc;
}

bool
crash_armed(void)
{
	return frame.armed;
}

/* ---- when nothing helps ---- */

/* What is left of a server is more than its main process: that may have been a start script. */
static bool
is_left(const struct world *w, int slot)
{
	const struct step_server *s = &w->machine.server[slot];
	const struct proc_main *p = &w->proc.main[slot];

	if (p->pid != 0)
		return true;
	return s->used && s->is != IS_STOPPED && s->is != IS_FAILED && s->is != IS_BACKOFF &&
	    p->session != 0 && (proc_group_left(&w->proc, slot) || proc_look(&w->proc, slot) == PROC_LEFT);
}

static bool
any_left(const struct world *w)
{
	/* Of a state that cannot be read no server is known: each child may be one. */
	if (w == &blank)
		return sys_any_child();
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (is_left(w, slot))
			return true;
	return false;
}

static void
hand_on(const struct world *w)
{
	if (w == &blank)
		proc_signal_leaders(SIGTERM);
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const struct step_server *s = &w->machine.server[slot];
		const struct proc_main *p = &w->proc.main[slot];

		if (p->pid == 0 && is_left(w, slot))
			proc_signal_session(&w->proc, slot, SIGTERM);
		else if (s->group && s->exec_done)
			proc_signal_group(p, SIGTERM);
		else
			proc_signal(p, SIGTERM);
	}
}

/* Of their ends no signal tells. */
static bool
any_adopted(struct world *w)
{
	bool any = false;

	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		struct proc_main *p = &w->proc.main[slot];

		if (p->adopted && p->pid != 0 && (p->pidfd < 0 || sys_readable(p->pidfd, 0) == 1))
			p->pid = 0;
		any |= p->adopted && p->pid != 0;
	}
	return any;
}

/* The exit code of the last server that ended; what ends by SIGTERM has done as it was told. */
static void
reap_all(struct world *w, int *code)
{
	int status;
	pid_t pid;

	while ((pid = sys_reap(&status)) > 0) {
		for (int slot = 0; slot < CONF_SERVERS; slot++) {
			if (w->proc.main[slot].pid != pid || w->proc.main[slot].adopted)
				continue;
			w->proc.main[slot].pid = 0;
			*code = step_exit_code(status) == 128 + SIGTERM ? 0 : step_exit_code(status);
		}
	}
}

static bool
is_machine(const struct world *w)
{
	if (w != &blank)
		return w->machine.whole.mode == MODE_APPLIANCE;
	return sys_pid() == 1 && sys_reboot(RB_DISABLE_CAD) == 0;
}

/* A machine is not left without a process 1; as a rule it starts again, which may help. */
_Noreturn static void
leave(const struct world *w, int code, enum step_ending how)
{
	int status;

	if (!is_machine(w))
		sys_exit(code);
	proc_end_machine(how);
	for (;;)
		if (sys_reap(&status) <= 0)
			sys_readable(-1, 1000);
}

_Noreturn void
crash_last_stand(const char *why)
{
	struct world *w = world_restore();
	struct signalfd_siginfo info;
	int signals, code = 1;

	sys_signals_block();
	sys_signals_default();
	log_to_ring(NULL, -1);
	log_err(NULL, 0, "mcinit cannot go on: %s. Nothing but reaping and signals from now on; no server "
	    "is started again. Stop it, and please report this", why);
	if (w == NULL)
		w = &blank;
	/* All that was left to do is to leave. */
	if (w->done < w->acts.count && w->acts.act[w->done].what == ACT_FINISH)
		leave(w, (int)w->acts.act[w->done].a, (enum step_ending)w->acts.act[w->done].b);
	proc_recover(&w->proc);
	signals = sys_signalfd_blocking();
	for (;;) {
		bool adopted = any_adopted(w);

		reap_all(w, &code);
		if (!any_left(w))
			leave(w, code, ENDING_EXIT);
		if (adopted && sys_readable(signals, 1000) == 0)
			continue;
		if (signals < 0 || sys_signal_read(signals, &info, 1) != 1)
			sys_readable(-1, 1000);
		else if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT ||
		    info.ssi_signo == SIGPWR || info.ssi_signo == SIGNAL_RTMIN_3)
			hand_on(w);
	}
}
