/* SPDX-License-Identifier: MIT */
/*
 * helper_control: the control socket of an mcinit that answers as it is told to, for tests/rcon.bats.
 *
 *	helper_control SOCKET PIECE FILE...
 *
 * Greets whoever connects, prints the line that he says, answers with the next FILE in sends of PIECE
 * bytes, and hangs up; behind the last FILE it ends.  A FILE "-" is silence until he hangs up.  It must
 * never understand what it is asked.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static void
hear(int client)
{
	char c = 0;

	while (c != '\n' && read(client, &c, 1) == 1)
		putchar(c);
	fflush(stdout);
}

static void
answer(int client, const char *path, size_t piece)
{
	int fd = strcmp(path, "-") == 0 ? client : open(path, O_RDONLY | O_CLOEXEC);
	char bytes[65536];
	ssize_t n;

	if (fd < 0)
		fail(path);
	while ((n = read(fd, bytes, piece)) > 0)
		if (send(client, bytes, (size_t)n, MSG_NOSIGNAL) != n)
			break;
	if (fd != client)
		close(fd);
}

int
main(int argc, char *argv[])
{
	static const char greeting[] = "mcinit-control 1 0\n";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t piece = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;

	if (piece < 1 || piece > 65536)
		fail("usage: helper_control SOCKET PIECE FILE...");
	strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
	unlink(argv[1]);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 5) < 0)
		fail(argv[1]);
	puts("listens");
	fflush(stdout);
	for (int i = 3; i < argc; i++) {
		int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0 || write(client, greeting, sizeof(greeting) - 1) < 0)
			fail("accept");
		hear(client);
		answer(client, argv[i], piece);
		close(client);
	}
	return 0;
}
