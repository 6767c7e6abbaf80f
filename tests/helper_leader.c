/* SPDX-License-Identifier: MIT */
/*
 * helper_leader: a server whose first thread ends before its last, for tests/stop.bats.
 *
 *	helper_leader JOURNAL MS
 *
 * It is ready when its first thread has ended: to the kernel a zombie that nobody can reap yet.
 * At SIGTERM the other thread saves for so many milliseconds.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int journal, save_ms;

static void
say(const char *event)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "0 %s %d\n", event, (int)getpid());

	if (write(journal, line, (size_t)n) != n)
		_exit(97);
}

static int
leader_has_ended(void)
{
	char path[64], text[512] = "", *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		_exit(98);
	close(fd);
	end = strrchr(text, ')');
	return end != NULL && strlen(end) > 2 && end[2] == 'Z';
}

static void *
serve(void *unused)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	sigset_t term;
	int number;

	(void)unused;
	while (!leader_has_ended())
		nanosleep(&pause, NULL);
	say("start");
	say("ready");
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigwait(&term, &number);
	say("saving");
	pause.tv_sec = save_ms / 1000;
	pause.tv_nsec = save_ms % 1000 * 1000000L;
	nanosleep(&pause, NULL);
	say("saved");
	_exit(143);
}

int
main(int argc, char *argv[])
{
	pthread_t thread;
	sigset_t all;

	if (argc != 3)
		return 64;
	journal = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	save_ms = (int)strtol(argv[2], NULL, 10);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	if (journal < 0 || pthread_create(&thread, NULL, serve, NULL) != 0)
		return 99;
	pthread_exit(NULL);
}
