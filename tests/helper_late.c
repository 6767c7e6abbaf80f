/* SPDX-License-Identifier: MIT */
/*
 * helper_late: an mcinit that takes its time to show that it can go on; for tests/reexec.bats.
 *
 * Waits until there is a file of its own name with ".go" behind it, then is the program of its own name
 * with ".real" behind it.  While there is one with ".flood" behind it, it talks without end instead.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 4096, SOCKET = 3 };

static const char *
beside(const char *what)
{
	static char path[ROOM + 16];
	ssize_t n = readlink("/proc/self/exe", path, ROOM);

	snprintf(path + (n > 0 ? n : 0), sizeof(path) - (size_t)(n > 0 ? n : 0), "%s", what);
	return path;
}

int
main(int argc, char *argv[], char *environment[])
{
	struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };

	(void)argc;
	while (access(beside(".flood"), F_OK) == 0)
		send(SOCKET, "Nonsense", 8, MSG_NOSIGNAL);
	while (access(beside(".go"), F_OK) != 0)
		nanosleep(&pause, NULL);
	execve(beside(".real"), argv, environment);
	return 127;
}
