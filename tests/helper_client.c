/* SPDX-License-Identifier: MIT */
/*
 * helper_client: clients of the control socket that behave badly, for tests/control.bats.
 *
 *	helper_client SOCKET COUNT SECONDS <WORDS
 *
 * Connects so many times, says on each connection what stands on standard input, and prints what
 * comes back on any, until all are hung up or the seconds are over: then "N open".  Says "connected"
 * first, when all are.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1000, WORDS = 16 * 1024 * 1024 };

static char words[WORDS];
static struct pollfd clients[MOST];

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("helper_client");
		exit(1);
	}
	return fd;
}

static size_t
read_words(void)
{
	size_t n = 0;
	ssize_t got;

	while (n < sizeof(words) && (got = read(STDIN_FILENO, words + n, sizeof(words) - n)) > 0)
		n += (size_t)got;
	return n;
}

/* Until they are taken, or nobody takes them any more. */
static void
say(int fd, size_t count)
{
	for (size_t done = 0; done < count; ) {
		ssize_t n = send(fd, words + done, count - done, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		done += (size_t)n;
	}
}

static int
hear(struct pollfd *client)
{
	char text[4096];
	ssize_t n = read(client->fd, text, sizeof(text));

	if (n > 0)
		return write(STDOUT_FILENO, text, (size_t)n) == n ? 0 : 1;
	close(client->fd);
	client->fd = -1;
	return 1;
}

int
main(int argc, char *argv[])
{
	int count = argc == 4 ? atoi(argv[2]) : 0, open = count;
	time_t end = time(NULL) + (argc == 4 ? atoi(argv[3]) : 0);
	size_t bytes;

	if (count < 1 || count > MOST) {
		fprintf(stderr, "usage: helper_client SOCKET COUNT SECONDS <WORDS\n");
		return 64;
	}
	bytes = read_words();
	for (int i = 0; i < count; i++)
		clients[i] = (struct pollfd){ .fd = connect_to(argv[1]), .events = POLLIN };
	printf("connected\n");
	fflush(stdout);
	for (int i = 0; i < count; i++)
		say(clients[i].fd, bytes);
	while (open > 0 && time(NULL) <= end && poll(clients, (nfds_t)count, 1000) >= 0)
		for (int i = 0; i < count; i++)
			if (clients[i].fd >= 0 && clients[i].revents != 0)
				open -= hear(&clients[i]);
	printf("%d open\n", open);
	return 0;
}
