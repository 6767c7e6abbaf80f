/* SPDX-License-Identifier: MIT */
/*
 * helper_crash: makes an mcinit fail again and again, for the scenarios of its recovery.
 *
 *	helper_crash COUNT PAUSE_US PID SIGNAL... <STDERR_OF_MCINIT >>LOG
 *	helper_crash -x COUNT PAUSE_US PID COMMAND [ARG]... <STDERR_OF_MCINIT >>LOG
 *
 * Sends PID one of the signals (in turn) at a random moment of at most PAUSE_US microseconds, and
 * right behind it signal 50; a round is over when mcinit has said both that it failed and that 50
 * has no meaning, and the time to that last line is measured.  All lines go on to standard output;
 * the last one is for a person: "1000 faults: 50 in 100 within 1.23 ms, 99 within 2.34, all within
 * 3.45".  With -x it is COMMAND that makes mcinit go on in a new image, and has to exit with 0, and
 * signal 50 follows while it is at it, after at most PAUSE_US.  Exits 0, or 1 when mcinit did not answer within the deadline.  It waits by poll() and
 * never in steps, so that what it measures is mcinit.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_MS = 20000, MOST = 100000, ECHO = 50 };

static int64_t took_us[MOST];
static char lines[65536];
static size_t len;
static bool failed, answered;

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
understand(const char *line)
{
	failed |= strstr(line, "mcinit itself failed (") != NULL ||
	    strstr(line, "going on as mcinit") != NULL;
	answered |= strstr(line, "has no meaning here") != NULL;
}

/* False: nothing came in time, or nothing comes any more. */
static bool
hear(int64_t until)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	int64_t left = until - now_us();
	struct timespec ts = { .tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000 };
	char *from = lines, *end;
	ssize_t n;

	if (left <= 0 || ppoll(&in, 1, &ts, NULL) <= 0)
		return false;
	n = read(STDIN_FILENO, lines + len, sizeof(lines) - len);
	if (n <= 0 || write(STDOUT_FILENO, lines + len, (size_t)n) != n)
		return false;
	len += (size_t)n;
	while ((end = memchr(from, '\n', len - (size_t)(from - lines))) != NULL) {
		*end = '\0';
		understand(from);
		from = end + 1;
	}
	len -= (size_t)(from - lines);
	memmove(lines, from, len);
	return true;
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Until both are said; the time since `sent` to the last one, or -1. */
static int64_t
wait_for_both(int64_t sent, const char *after)
{
	while (!failed || !answered) {
		if (!hear(sent + DEADLINE_MS * INT64_C(1000))) {
			fprintf(stderr, "helper_crash: after %s: %s, %s\n", after,
			    failed ? "went on in a new image" : "never went on in a new image",
			    answered ? "heard the next signal" : "never heard the next signal");
			return -1;
		}
	}
	return now_us() - sent;
}

static int64_t
one_fault(pid_t pid, const char *number)
{
	int64_t sent = now_us();

	failed = answered = false;
	if (kill(pid, (int)strtol(number, NULL, 10)) < 0 || kill(pid, ECHO) < 0) {
		perror("helper_crash: kill");
		return -1;
	}
	return wait_for_both(sent, number);
}

static void
pause_for(int64_t us)
{
	int64_t until = now_us() + us;

	while (now_us() < until)
		hear(until);
}

static int64_t
one_exec(pid_t pid, char *argv[], int64_t pause_us)
{
	pid_t client = fork();
	int64_t sent, took;
	int status;

	if (client == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	failed = answered = false;
	pause_for(random() % pause_us);
	sent = now_us();
	kill(pid, ECHO);
	took = wait_for_both(sent, argv[0]);
	if (waitpid(client, &status, 0) == client && status == 0)
		return took;
	fprintf(stderr, "helper_crash: %s ended with wait status %#x\n", argv[0], (unsigned)status);
	return -1;
}

int
main(int argc, char *argv[])
{
	bool execs = argc > 1 && strcmp(argv[1], "-x") == 0;
	long count;
	int64_t pause_us;
	pid_t pid;

	argv += execs;
	argc -= execs;
	count = argc > 4 ? strtol(argv[1], NULL, 10) : 0;
	pause_us = argc > 4 ? strtol(argv[2], NULL, 10) : 0;
	if (count < 1 || count > MOST || pause_us < 1) {
		fprintf(stderr, "usage: helper_crash COUNT PAUSE_US PID SIGNAL...\n"
		    "       helper_crash -x COUNT PAUSE_US PID COMMAND [ARG]...\n");
		return 64;
	}
	pid = (pid_t)strtol(argv[3], NULL, 10);
	srandom((unsigned)now_us());
	for (long i = 0; i < count; i++) {
		if (!execs)
			pause_for(random() % pause_us);
		took_us[i] = execs ? one_exec(pid, argv + 4, pause_us) :
		    one_fault(pid, argv[4 + i % (argc - 4)]);
		if (took_us[i] < 0) {
			fprintf(stderr, "helper_crash: round %ld of %ld\n", i + 1, count);
			return 1;
		}
	}
	qsort(took_us, (size_t)count, sizeof(took_us[0]), by_size);
	printf("%ld %s: 50 in 100 within %.2f ms, 99 within %.2f, all within %.2f\n", count,
	    execs ? "re-execs" : "faults",
	    (double)took_us[(count - 1) / 2] / 1000, (double)took_us[(count - 1) * 99 / 100] / 1000,
	    (double)took_us[count - 1] / 1000);
	return 0;
}
