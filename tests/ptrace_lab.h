/* SPDX-License-Identifier: MIT */
/*
 * ptrace_lab: a function is watched in a child, between any two of its instructions or system calls, as
 * it might be killed there: for tests of what others find then.
 *
 * Included once by each.  It must never be asked about what the child has not yet done.
 */
#ifndef PTRACE_LAB_H
#define PTRACE_LAB_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is said at a stop: go on, or the child is killed there. */
typedef bool ptrace_lab_look(long stop, long call);

enum { PTRACE_LAB_REFUSED = -1, PTRACE_LAB_KILLED = -2 };

/* The number of the system call that it enters; -1: it leaves one, or none is known here. */
static inline long
ptrace_lab_call(pid_t pid)
{
#ifdef PTRACE_GET_SYSCALL_INFO
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) > 0 &&
	    info.op == PTRACE_SYSCALL_INFO_ENTRY)
		return (long)info.entry.nr;
#endif
	(void)pid;
	return -1;
}

/*
 * Calls what() in a child, and look() at each of its stops: `request` is PTRACE_SINGLESTEP or
 * PTRACE_SYSCALL.  The exit code of the child, which is that of what(); REFUSED where nobody may be
 * watched.
 */
static inline int
ptrace_lab(int (*what)(void), int request, ptrace_lab_look *look)
{
	pid_t pid = fork();
	long stop = 0;
	int status;

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(126);
		raise(SIGSTOP);
		_exit(what());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return PTRACE_LAB_REFUSED;
	/* Without TRACESYSGOOD nobody is told which call it is. */
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
	while (WIFSTOPPED(status)) {
		if (stop > 0 && !look(stop, request == PTRACE_SYSCALL ? ptrace_lab_call(pid) : -1)) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return PTRACE_LAB_KILLED;
		}
		stop++;
		if (ptrace(request, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) != pid)
			return PTRACE_LAB_REFUSED;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
