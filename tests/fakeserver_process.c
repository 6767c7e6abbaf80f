/*
 * SPDX-License-Identifier: MIT
 *
 * The fake server as a process among processes: it reports what exec gave it, and makes the
 * relatives that real servers have: a start script above, orphans and daemons below.  Called by
 * fakeserver.c.  It must never change what it reports, nor leave a relative that tests cannot find.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fakeserver.h"

static int life_fd = -1;	/* open as long as the server lives; the daemon holds its peer */

static void __attribute__((format(printf, 2, 3)))
report(const char *key, const char *format, ...)
{
	char value[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	fake_say("report %s %s", key, value);
	fake_journal("report %s %s", key, value);
}

/* Reports the lines of a /proc file that begin with one of the blank-separated keys, or all. */
static void
report_file(const char *path, const char *name, const char *keys)
{
	char line[4096], word[64];
	FILE *file;

	file = fopen(path, "re");
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(word, sizeof(word), " %.*s ", (int)strcspn(line, ":"), line);
		if (keys == NULL)
			report(name, "%s", line);
		else if (strstr(keys, word) != NULL)
			report(strtok(word, " "), "%s", line + strcspn(line, "\t") + 1);
	}
	fclose(file);
}

static void
report_fds(void)
{
	char link[32], target[PATH_MAX];
	struct dirent *entry;
	ssize_t len;
	DIR *dir;
	int fd;

	dir = opendir("/proc/self/fd");
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		fd = (int)strtol(entry->d_name, NULL, 10);
		if (entry->d_name[0] == '.' || fd == dirfd(dir) || fd == fake_journal_fd)
			continue;
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = '\0';
		report("fd", "%d %s flags=%#o", fd, target, (unsigned int)fcntl(fd, F_GETFL));
	}
	if (dir != NULL)
		closedir(dir);
}

static void
report_limit(const char *key, int resource)
{
	struct rlimit limit;

	getrlimit(resource, &limit);
	report(key, "%jd:%jd", (intmax_t)limit.rlim_cur, (intmax_t)limit.rlim_max);
}

/* Runs before any handler exists: the signal sets are the ones that exec left. */
void
fake_process_report(char **argv, char **env)
{
	char cwd[PATH_MAX];
	mode_t mask;
	int i;

	report("pid", "%d", getpid());
	report("ppid", "%d", getppid());
	report("sid", "%d", getsid(0));
	report("pgid", "%d", getpgrp());
	report_file("/proc/self/status", NULL, " Uid Gid Groups SigPnd ShdPnd SigBlk SigIgn SigCgt"
	    " CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Cpus_allowed_list ");
	report_fds();
	mask = umask(0);
	umask(mask);
	report("umask", "%04o", (unsigned int)mask);
	report("nice", "%d", getpriority(PRIO_PROCESS, 0));
	report_file("/proc/self/oom_score_adj", "oom_score_adj", NULL);
	report_file("/proc/self/cgroup", "cgroup", NULL);
	report_limit("nofile", RLIMIT_NOFILE);
	report_limit("core", RLIMIT_CORE);
	report("cwd", "%s", getcwd(cwd, sizeof(cwd)) != NULL ? cwd : "?");
	for (i = 0; argv[i] != NULL; i++)
		report("arg", "%d %s", i, argv[i]);
	for (; *env != NULL; env++)
		if (strncmp(*env, "FAKE_", 5) == 0 || strncmp(*env, "MCINIT", 6) == 0)
			report("env", "%s", *env);
}

static void
fake_wait(int64_t duration)
{
	int64_t end, left;

	end = fake_after(duration);
	while ((left = end - fake_now()) > 0)
		(void)poll(NULL, 0, left > INT_MAX ? INT_MAX : (int)left);
}

static void
become_plain(const char *name, int keep)
{
	static const int ours[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE };
	sigset_t set;
	size_t i;
	int fd;

	for (i = 0; i < COUNT(ours); i++)
		signal(ours[i], SIG_DFL);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	prctl(PR_SET_NAME, name);
	/* The JVM closes these in what it runs, so that a world lock does not leak; sh does not. */
	for (fd = 3; fd < 256 && !opt.keep_fds; fd++)
		if (fd != fake_journal_fd && fd != keep)
			close(fd);
	if (opt.keep_fds && life_fd >= 0)
		close(life_fd);
}

static _Noreturn void
run_orphan(void)
{
	become_plain("fake-orphan", -1);
	fake_wait(opt.orphan_life);
	_exit(0);
}

void
fake_process_orphans(void)
{
	int64_t i;
	pid_t between, orphan;

	between = fork();
	for (i = 0; between == 0 && i < opt.orphans; i++) {
		orphan = fork();
		if (orphan == 0)
			run_orphan();
		if (orphan < 0)
			fake_journal("fork-failed %d", errno);
		else
			fake_journal("orphan %d", orphan);
	}
	if (between == 0)
		_exit(0);
	if (between > 0)
		waitpid(between, NULL, 0);
}

static _Noreturn void
run_daemon(int life)
{
	struct pollfd end = { .fd = life, .events = POLLIN };
	int fd, null;

	become_plain("fake-daemon", life);
	if (opt.daemon_ignore_term) {
		signal(SIGTERM, SIG_IGN);
		signal(SIGINT, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
	}
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (fd = 0; fd < 3 && !opt.keep_fds; fd++)
		dup2(null, fd);
	fake_journal("daemon %d", getpid());
	(void)!write(life, "", 1);
	while (poll(&end, 1, -1) < 0)
		;
	fake_wait(opt.daemon);
	fake_journal("daemon-exit %d", getpid());
	_exit(0);
}

/* The socket tells the server that the daemon is set up, and the daemon that the server ended. */
void
fake_process_daemon(void)
{
	int pair[2];
	char byte;
	pid_t between;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		fake_die(STATUS_SURVIVED, "socketpair", strerror(errno));
	life_fd = pair[0];
	between = fork();
	if (between == 0) {
		setsid();
		if (fork() == 0)
			run_daemon(pair[1]);
		_exit(0);
	}
	close(pair[1]);
	waitpid(between, NULL, 0);
	if (read(pair[0], &byte, 1) != 1)
		fake_journal("fork-failed %d", errno);
}

/* As sh that runs a start script: no handlers, waits, and hands on the status of its child. */
void
fake_process_parent(void)
{
	int status;
	pid_t child;

	fake_journal("parent %d", getpid());
	child = fork();
	if (child <= 0)
		return;
	while (waitpid(child, &status, 0) < 0)
		;
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	fake_journal("parent-exit %d", status);
	_exit(status);
}
