/* SPDX-License-Identifier: MIT */
/*
 * ask SOCKET: the least that a program can do to hear of the health: it says "status" at mcinit's control
 * socket, and reads to the end.  Used by bench/health.py, for what this machine makes any such program cost.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char answer[4096];
	ssize_t n = -1;

	if (argc == 2 && strlen(argv[1]) < sizeof(address.sun_path)) {
		strcpy(address.sun_path, argv[1]);
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && write(fd, "status\n", 7) == 7)
			while ((n = read(fd, answer, sizeof(answer))) > 0)
				continue;
	}
	return n != 0;
}
