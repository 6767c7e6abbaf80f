/* SPDX-License-Identifier: MIT */
/*
 * oom: the memory cgroup that we are in: its limit, and how often the kernel has killed there; see oom.h.
 *
 * It must never read more than its small buffers hold, however long the names of cgroups are.
 */
#include "oom.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fmt.h"
#include "sys.h"

enum { TEXT = 2048, COUNTERS = 256, PATH = 1024 };
#define NO_LIMIT	(INT64_C(1) << 60)

static int
read_text(const char *path, char *text, size_t room)
{
	int fd = sys_open(path, O_RDONLY, 0);
	ssize_t n = fd < 0 ? fd : sys_read(fd, text, room - 1);

	if (fd >= 0)
		sys_close(fd);
	text[n > 0 ? n : 0] = '\0';
	return (int)n;
}

int64_t
oom_number(const char *text)
{
	static const char word[] = "oom_kill ";

	for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, word, sizeof(word) - 1) == 0)
			return strtoll(line + sizeof(word) - 1, NULL, 10);
		if (*line == '\0')
			break;
	}
	return -1;
}

/* Of "12:cpu,memory:/a/b" the path, where the controllers in the middle have this name; else NULL. */
static char *
path_of(char *line, const char *controller)
{
	char *names = strchr(line, ':'), *path = names == NULL ? NULL : strchr(names + 1, ':');
	size_t length = strlen(controller);

	if (path == NULL)
		return NULL;
	*path++ = '\0';
	for (char *name = names + 1; ; name++) {
		if (strncmp(name, controller, length) == 0 && (name[length] == ',' || name[length] == '\0'))
			return path;
		name = strchr(name, ',');
		if (name == NULL)
			return NULL;
	}
}

/* In a container the path may be that of the host, and what is mounted is our own part of it. */
static int64_t
read_number(const char *mount, const char *path, const char *file, int64_t (*number)(const char *))
{
	char text[COUNTERS], whole[PATH];

	fmt_put(whole, sizeof(whole), "%s%s/%s", mount, path, file);
	if (read_text(whole, text, sizeof(text)) < 0) {
		fmt_put(whole, sizeof(whole), "%s/%s", mount, file);
		if (read_text(whole, text, sizeof(text)) < 0)
			return -1;
	}
	return number(text);
}

/* Of the memory cgroup in the text of /proc/PID/cgroup, by its file in version 2 and in version 1. */
static int64_t
of_cgroup(char text[TEXT], const char *file, const char *file_1, int64_t (*number)(const char *))
{
	int64_t found = -1;

	for (char *line = text, *end; found < 0 && line != NULL && *line != '\0'; line = end) {
		char *path;

		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		if (strncmp(line, "0::", 3) == 0)
			found = read_number("/sys/fs/cgroup", line + 3, file, number);
		else if ((path = path_of(line, "memory")) != NULL)
			found = read_number("/sys/fs/cgroup/memory", path, file_1, number);
	}
	return found;
}

int64_t
oom_kills(void)
{
	char text[TEXT];

	if (read_text("/proc/self/cgroup", text, sizeof(text)) <= 0)
		return -1;
	return of_cgroup(text, "memory.events", "memory.oom_control", oom_number);
}

/* "max", and what version 1 says instead, are no limits. */
int64_t
oom_limit_number(const char *text)
{
	int64_t n = *text >= '0' && *text <= '9' ? strtoll(text, NULL, 10) : -1;

	return n < NO_LIMIT ? n : -1;
}

int64_t
oom_limit(int64_t pid)
{
	static _Alignas(64) char before[TEXT];
	static int64_t limit;
	char process[40], text[TEXT];

	fmt_put(process, sizeof(process), "/proc/%lld/cgroup", (long long)pid);
	/* Servers are mostly in one: it is asked once. */
	if (read_text(process, text, sizeof(text)) > 0 && strcmp(text, before) != 0) {
		memcpy(before, text, sizeof(before));
		limit = of_cgroup(text, "memory.max", "memory.limit_in_bytes", oom_limit_number);
	}
	return text[0] != '\0' ? limit : -1;
}
