/* SPDX-License-Identifier: MIT */
/*
 * helper_race: sends a signal at every moment of a start, for the scenarios of the stop.
 *
 *	helper_race [-1] RUNS SPAN_US SIGNAL COMMAND [ARG]...
 *
 * Runs COMMAND so many times, one after the other; the moments are spread evenly over SPAN_US
 * microseconds, and count from when COMMAND has blocked SIGNAL: until then it cannot be blamed for
 * losing it.  With -1 it is process 1 of a namespace of its own.  Exits 0 when every
 * run ended with code 0; the first that did not is the last, and is described.  It must never
 * leave a COMMAND running.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_US = 30 * 1000 * 1000, PAUSE_NS = 200 * 1000 };

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

_Noreturn static void
become(char *argv[], bool as_pid1)
{
	if (as_pid1 && (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0)) {
		perror("helper_race: mount");
		_exit(99);
	}
	execvp(argv[0], argv);
	perror("helper_race: exec");
	_exit(99);
}

static pid_t
launch(char *argv[], bool as_pid1)
{
	unsigned long flags = SIGCHLD | (as_pid1 ? CLONE_NEWPID | CLONE_NEWNS : 0);
	pid_t pid = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);

	if (pid == 0)
		become(argv, as_pid1);
	return pid;
}

/* It alone: those of faults are blocked for a moment only. */
static bool
blocks(pid_t pid, int number)
{
	char path[64], text[4096], *line;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	line = strstr(text, "SigBlk:\t");
	return line != NULL && (strtoull(line + 8, NULL, 16) >> (number - 1) & 1) != 0;
}

static bool
has_ended(pid_t pid, int *status)
{
	return waitpid(pid, status, WNOHANG) == pid;
}

/* Busy until then: a sleep would be too coarse to hit every moment. */
static void
spin_until(int64_t then)
{
	while (now_us() < then)
		;
}

static bool
wait_for_end(pid_t pid, int *status)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int64_t end = now_us() + DEADLINE_US;

	while (!has_ended(pid, status)) {
		if (now_us() > end)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* What a killed COMMAND leaves behind becomes ours, one generation after the other. */
static void
end_all(void)
{
	char path[64], text[256];
	FILE *file;
	pid_t pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	do {
		file = fopen(path, "re");
		pid = file != NULL && fgets(text, sizeof(text), file) != NULL ?
		    (pid_t)strtol(text, NULL, 10) : 0;
		if (file != NULL)
			fclose(file);
		if (pid > 1)
			kill(pid, SIGKILL);
	} while (pid > 1 && waitpid(pid, NULL, 0) == pid);
}

/* NULL, or what went wrong. */
static const char *
run(char *argv[], bool as_pid1, int64_t after, int number, int *status)
{
	int64_t end = now_us() + DEADLINE_US;
	pid_t pid = launch(argv, as_pid1);

	*status = 0;
	if (pid < 0)
		return "could not be started";
	while (!blocks(pid, number)) {
		if (has_ended(pid, status))
			return "ended before it blocked the signal";
		if (now_us() > end)
			break;
	}
	spin_until(now_us() + after);
	kill(pid, number);
	if (!wait_for_end(pid, status)) {
		end_all();
		return "lost the signal";
	}
	return *status == 0 ? NULL : "ended with another code than 0";
}

int
main(int argc, char *argv[])
{
	bool as_pid1 = argc > 1 && strcmp(argv[1], "-1") == 0;
	int bad = 0, runs, number, status;
	int64_t span;

	argv += as_pid1;
	argc -= as_pid1;
	if (argc < 5) {
		fprintf(stderr, "usage: helper_race [-1] RUNS SPAN_US SIGNAL COMMAND [ARG]...\n");
		return 64;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
	runs = (int)strtol(argv[1], NULL, 10);
	number = (int)strtol(argv[3], NULL, 10);
	span = strtoll(argv[2], NULL, 10);
	for (int i = 0; i < runs && bad == 0; i++) {
		int64_t after = span * i / runs;
		const char *wrong = run(argv + 4, as_pid1, after, number, &status);

		if (wrong == NULL)
			continue;
		bad++;
		fprintf(stderr, "helper_race: signal after %lld us: %s (wait status %#x)\n",
		    (long long)after, wrong, (unsigned)status);
	}
	printf("%d runs, %d bad\n", runs, bad);
	return bad > 0;
}
