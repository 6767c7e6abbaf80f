/* SPDX-License-Identifier: MIT */
/*
 * helper_program: what an init must cope with, one trouble a mode; for tests/dropin.bats.
 *
 *   hostile COMMAND...     ignores and blocks every signal, then runs COMMAND
 *   pending N COMMAND...   runs COMMAND with signal N waiting for it
 *   die N                  dies of signal N
 *   signals [LAST]         says "ready PID", then "got N" for each signal; LAST (15) ends it
 *   strayed                the same from the group of its parent
 *   group                  the same in two processes of one group: "parent got", "child got"
 *   orphans N              leaves N orphans, waits until each has been reaped, says so
 *   shell COMMAND...       gives COMMAND the terminal; when that stops, says who has it, goes on
 *   lose-foreground        leaves the terminal to a group that is gone
 *   foreground             says whether its group owns the terminal on fd 0
 *   ask                    reads a line from /dev/tty, whatever fd 0 is
 *   ask-late               says "waiting", and asks once its parent's group owns the terminal
 *
 * Signals go by the kernel's numbers: libc hides some.  Nothing here waits for time to pass,
 * but for the pause between two looks at what has no event.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SIGNALS = 64, MASK_BYTES = 8, MOST_ORPHANS = 20000, DEADLINE_S = 60 };

static const uint64_t all_signals = ~UINT64_C(0), no_signals;

static void
set_mask(const uint64_t *mask)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, NULL, MASK_BYTES);
}

static void
set_disposition(int number, void (*handler)(int))
{
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} action = { .handler = handler };

	syscall(SYS_rt_sigaction, number, &action, NULL, MASK_BYTES);
}

static int
run_command(char *argv[])
{
	if (argv[0] != NULL)
		execvp(argv[0], argv);
	perror("helper_program: cannot run the command");
	return 99;
}

static int
hostile(char *argv[])
{
	set_mask(&all_signals);
	for (int n = 1; n <= SIGNALS; n++)
		set_disposition(n, SIG_IGN);
	return run_command(argv);
}

static int
pending(int number, char *argv[])
{
	set_mask(&all_signals);
	kill(getpid(), number);
	return run_command(argv);
}

static int
die(int number)
{
	set_disposition(number, SIG_DFL);
	set_mask(&no_signals);
	kill(getpid(), number);
	return 99;
}

static int
report_signals(const char *who, int last)
{
	int number;

	set_mask(&all_signals);
	printf("%sready %d\n", who, (int)getpid());
	fflush(stdout);
	do {
		number = (int)syscall(SYS_rt_sigtimedwait, &all_signals, NULL, NULL, MASK_BYTES);
		if (number <= 0 || number == SIGCHLD)
			continue;
		printf("%sgot %d\n", who, number);
		fflush(stdout);
	} while (number != last);
	return 0;
}

static int
group(void)
{
	int code;
	pid_t child;

	set_mask(&all_signals);
	child = fork();
	code = report_signals(child == 0 ? "child " : "parent ", SIGTERM);
	if (child > 0)
		kill(child, SIGKILL);
	return code;
}

/* False when the deadline has passed. */
static int
pause_until(time_t end)
{
	const struct timespec pause = { .tv_nsec = 2000000 };

	nanosleep(&pause, NULL);
	return time(NULL) <= end;
}

/* A process is gone from kill()'s view only when it has been reaped. */
static int
wait_until_reaped(const pid_t *orphans, int count)
{
	time_t end = time(NULL) + DEADLINE_S;

	for (int i = 0; i < count; i++)
		while (kill(orphans[i], 0) == 0 || errno != ESRCH) {
			if (pause_until(end))
				continue;
			printf("%d of %d orphans were not reaped\n", count - i, count);
			return 1;
		}
	printf("all %d reaped\n", count);
	return 0;
}

/* They wait for the end of a pipe, so that they die all at once and after their parent. */
static int
leave_orphans(int count)
{
	static pid_t orphans[MOST_ORPHANS];
	int hold[2], tell[2];
	char byte;

	if (count < 1 || count > MOST_ORPHANS || pipe(hold) < 0 || pipe(tell) < 0)
		return 98;
	if (fork() == 0) {
		for (int i = 0; i < count; i++) {
			pid_t pid = fork();

			if (pid == 0) {
				close(hold[1]);
				_exit(read(hold[0], &byte, 1) == 0 ? 0 : 1);
			}
			if (write(tell[1], &pid, sizeof(pid)) != sizeof(pid) || pid < 0)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < count; i++)
		if (read(tell[0], &orphans[i], sizeof(pid_t)) != sizeof(pid_t) || orphans[i] < 0)
			return 97;
	wait(NULL);
	close(hold[1]);
	return wait_until_reaped(orphans, count);
}

static int
foreground(void)
{
	pid_t owner = tcgetpgrp(0);

	puts(owner < 0 ? "no terminal" : owner == getpgrp() ? "foreground" : "background");
	return 0;
}

/* What a shell with job control does, but it does not touch the terminal after a stop. */
static int
shell(char *argv[])
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		set_disposition(SIGTTOU, SIG_IGN);
		setpgid(0, 0);
		tcsetpgrp(0, getpid());
		set_disposition(SIGTTOU, SIG_DFL);
		exit(run_command(argv));
	}
	setpgid(pid, pid);
	while (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status)) {
		puts(tcgetpgrp(0) == pid ? "stopped with the terminal" : "stopped without it");
		fflush(stdout);
		kill(-pid, SIGCONT);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static int
lose_foreground(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		set_disposition(SIGTTOU, SIG_IGN);
		setpgid(0, 0);
		_exit(tcsetpgrp(0, getpid()) == 0 ? 0 : 1);
	}
	wait(NULL);
	return tcgetpgrp(0) != pid;
}

static int
ask(int late)
{
	char answer[80];
	int fd = open("/dev/tty", O_RDWR);
	time_t end = time(NULL) + DEADLINE_S;
	ssize_t n;

	if (late) {
		puts("waiting");
		fflush(stdout);
	}
	while (late && tcgetpgrp(fd) != getpgid(getppid()) && pause_until(end))
		;
	n = read(fd, answer, sizeof(answer) - 1);
	if (n <= 0) {
		perror("helper_program: no answer");
		return 1;
	}
	answer[n] = '\0';
	printf("answer: %s", answer);
	return 0;
}

int
main(int argc, char *argv[])
{
	const char *mode = argc > 1 ? argv[1] : "";
	int number = argc > 2 ? atoi(argv[2]) : 0;

	if (strcmp(mode, "hostile") == 0)
		return hostile(argv + 2);
	if (strcmp(mode, "pending") == 0 && argc > 3)
		return pending(number, argv + 3);
	if (strcmp(mode, "die") == 0)
		return die(number);
	if (strcmp(mode, "signals") == 0)
		return report_signals("", number > 0 ? number : SIGTERM);
	if (strcmp(mode, "strayed") == 0)
		return setpgid(0, getpgid(getppid())) < 0 ? 97 : report_signals("", SIGTERM);
	if (strcmp(mode, "group") == 0)
		return group();
	if (strcmp(mode, "orphans") == 0)
		return leave_orphans(number);
	if (strcmp(mode, "shell") == 0)
		return shell(argv + 2);
	if (strcmp(mode, "lose-foreground") == 0)
		return lose_foreground();
	if (strcmp(mode, "foreground") == 0)
		return foreground();
	if (strcmp(mode, "ask") == 0 || strcmp(mode, "ask-late") == 0)
		return ask(strcmp(mode, "ask-late") == 0);
	fprintf(stderr, "helper_program: no such mode: %s\n", mode);
	return 64;
}
