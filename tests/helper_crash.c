/* SPDX-License-Identifier: MIT */
/*
 * helper_crash: makes an mcinit fail again and again, for the scenarios of its recovery.
 *
 *	helper_crash COUNT PAUSE_US PID SIGNAL... <STDERR_OF_MCINIT >>LOG
 *
 * Sends PID one of the signals (in turn) at a random moment of at most PAUSE_US microseconds, and
 * right behind it signal 50; a round is over when mcinit has said both that it failed and that 50
 * has no meaning, and the time to that last line is measured.  All lines go on to standard output;
 * the last one is for a person: "1000 faults: 50 in 100 within 1.23 ms, 99 within 2.34, all within
 * 3.45".  Exits 0, or 1 when mcinit did not answer within the deadline.  It waits by poll() and
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
	failed |= strstr(line, "mcinit itself failed (") != NULL;
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

static int64_t
one_round(pid_t pid, int number)
{
	int64_t sent = now_us();

	failed = answered = false;
	if (kill(pid, number) < 0 || kill(pid, ECHO) < 0) {
		perror("helper_crash: kill");
		return -1;
	}
	while (!failed || !answered) {
		if (!hear(sent + DEADLINE_MS * INT64_C(1000))) {
			fprintf(stderr, "helper_crash: after signal %d: %s, %s\n", number,
			    failed ? "said that it failed" : "never said that it failed",
			    answered ? "heard the next signal" : "never heard the next signal");
			return -1;
		}
	}
	return now_us() - sent;
}

int
main(int argc, char *argv[])
{
	long count = argc > 4 ? strtol(argv[1], NULL, 10) : 0;
	int64_t pause_us = argc > 4 ? strtol(argv[2], NULL, 10) : 0;

	if (count < 1 || count > MOST || pause_us < 1) {
		fprintf(stderr, "usage: helper_crash COUNT PAUSE_US PID SIGNAL...\n");
		return 64;
	}
	srandom((unsigned)now_us());
	for (long i = 0; i < count; i++) {
		int64_t until = now_us() + random() % pause_us;

		while (now_us() < until)
			hear(until);
		took_us[i] = one_round((pid_t)strtol(argv[3], NULL, 10),
		    (int)strtol(argv[4 + i % (argc - 4)], NULL, 10));
		if (took_us[i] < 0) {
			fprintf(stderr, "helper_crash: round %ld of %ld\n", i + 1, count);
			return 1;
		}
	}
	qsort(took_us, (size_t)count, sizeof(took_us[0]), by_size);
	printf("%ld faults: 50 in 100 within %.2f ms, 99 within %.2f, all within %.2f\n", count,
	    (double)took_us[(count - 1) / 2] / 1000, (double)took_us[(count - 1) * 99 / 100] / 1000,
	    (double)took_us[count - 1] / 1000);
	return 0;
}
