/* SPDX-License-Identifier: MIT */
/*
 * oom: how often the kernel has killed for want of memory in our cgroup; see oom.h.
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
read_counter(const char *mount, const char *path, const char *file)
{
	char text[COUNTERS], whole[PATH];

	fmt_put(whole, sizeof(whole), "%s%s/%s", mount, path, file);
	if (read_text(whole, text, sizeof(text)) < 0) {
		fmt_put(whole, sizeof(whole), "%s/%s", mount, file);
		if (read_text(whole, text, sizeof(text)) < 0)
			return -1;
	}
	return oom_number(text);
}

int64_t
oom_kills(void)
{
	char text[TEXT];
	int64_t kills = -1;

	if (read_text("/proc/self/cgroup", text, sizeof(text)) <= 0)
		return -1;
	for (char *line = text, *end; kills < 0 && line != NULL && *line != '\0'; line = end) {
		char *path;

		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		if (strncmp(line, "0::", 3) == 0)
			kills = read_counter("/sys/fs/cgroup", line + 3, "memory.events");
		else if ((path = path_of(line, "memory")) != NULL)
			kills = read_counter("/sys/fs/cgroup/memory", path, "memory.oom_control");
	}
	return kills;
}
