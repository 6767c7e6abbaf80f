/* SPDX-License-Identifier: MIT */
/*
 * helper_tty: types on a terminal and reads what comes, for the scenarios of job control.
 *
 * helper_tty STEP... -- COMMAND [ARG]...: runs COMMAND as the leader of a session on a terminal
 * of its own, without echo.  A step is `wait:TEXT` (until TEXT comes behind what was found
 * last), `send:TEXT`, key by key, or `paste:TEXT`, in one go (in TEXT ^C, ^Z are control characters
 * and ^M is the Enter key).  It copies all output and exits with COMMAND's code or 128+signal; 99 when a step
 * or COMMAND took longer than the deadline.  It must never wait for time to pass.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_S = 20, LATE = 99 };

static char seen[1 << 16];
static size_t seen_bytes, found;

static void
fail(const char *what, const char *value)
{
	fprintf(stderr, "helper_tty: %s: %s (%s)\n", what, value, strerror(errno));
	exit(LATE);
}

static int
left_ms(void)
{
	static time_t end;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (end == 0)
		end = now.tv_sec + DEADLINE_S;
	return now.tv_sec >= end ? 0 : (int)(end - now.tv_sec) * 1000;
}

/* Whether there may be more: false when the last holder of the terminal is gone. */
static int
read_more(int terminal, const char *step)
{
	struct pollfd ready = { .fd = terminal, .events = POLLIN };
	ssize_t n;

	if (poll(&ready, 1, left_ms()) == 0)
		fail("too late", step);
	n = read(terminal, seen + seen_bytes, sizeof(seen) - 1 - seen_bytes);
	if (n <= 0)
		return 0;
	if (write(1, seen + seen_bytes, (size_t)n) != n)
		fail("cannot copy", step);
	seen_bytes += (size_t)n;
	if (seen_bytes == sizeof(seen) - 1)
		fail("too much output", step);
	return 1;
}

static void
wait_for(int terminal, const char *text, const char *step)
{
	const char *at;

	while ((at = memmem(seen + found, seen_bytes - found, text, strlen(text))) == NULL)
		if (!read_more(terminal, step))
			fail("the terminal was closed before", step);
	found = (size_t)(at - seen) + strlen(text);
}

static void
type(int terminal, const char *keys, size_t count, const char *step)
{
	if (write(terminal, keys, count) != (ssize_t)count)
		fail("cannot type", step);
}

static void
send_keys(int terminal, const char *text, int in_one_go, const char *step)
{
	char keys[256];
	size_t count = 0;

	for (; *text != '\0' && count < sizeof(keys); text++) {
		keys[count] = *text;
		if (*text == '^' && text[1] != '\0')
			keys[count] = (char)(*++text & 0x1f);
		if (in_one_go)
			count++;
		else
			type(terminal, keys, 1, step);
	}
	if (*text != '\0')
		fail("too many keys", step);
	if (in_one_go)
		type(terminal, keys, count, step);
}

/* The command's end of the terminal, quiet before the first key is typed. */
static int
open_slave(int terminal)
{
	struct termios mode;
	int fd = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || tcgetattr(fd, &mode) < 0)
		fail("no terminal", ptsname(terminal));
	mode.c_lflag &= ~(tcflag_t)(ECHO | ECHOCTL);
	mode.c_oflag &= ~(tcflag_t)OPOST;
	tcsetattr(fd, TCSANOW, &mode);
	return fd;
}

static void
run_command(int slave, char *argv[])
{
	setsid();
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		fail("no controlling terminal", argv[0]);
	dup2(slave, 0);
	dup2(slave, 1);
	dup2(slave, 2);
	execvp(argv[0], argv);
	fail("cannot run", argv[0]);
}

static int
outcome(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail("lost", "the command");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int
main(int argc, char *argv[])
{
	int command = 1, slave, terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	pid_t pid;

	while (command < argc && strcmp(argv[command], "--") != 0)
		command++;
	if (command + 1 >= argc || terminal < 0 || grantpt(terminal) < 0 ||
	    unlockpt(terminal) < 0)
		fail("usage: helper_tty STEP... -- COMMAND", "or no terminal");
	slave = open_slave(terminal);
	pid = fork();
	if (pid == 0)
		run_command(slave, argv + command + 1);
	close(slave);
	for (int i = 1; i < command; i++) {
		if (strncmp(argv[i], "wait:", 5) == 0)
			wait_for(terminal, argv[i] + 5, argv[i]);
		else if (strncmp(argv[i], "send:", 5) == 0)
			send_keys(terminal, argv[i] + 5, 0, argv[i]);
		else if (strncmp(argv[i], "paste:", 6) == 0)
			send_keys(terminal, argv[i] + 6, 1, argv[i]);
		else
			fail("no such step", argv[i]);
	}
	while (read_more(terminal, "the end"))
		;
	alarm(DEADLINE_S);
	return outcome(pid);
}
