/* SPDX-License-Identifier: MIT */
/*
 * sample: what /proc tells of a server's main process; see sample.h.
 *
 * It must never take a number for another that is not there.
 */
#include "sample.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fmt.h"
#include "oom.h"
#include "sys.h"

enum { TEXT = 2048, WORDS = 8192, TICKS = 100 };	/* USER_HZ is 100 everywhere that Linux runs */

static ssize_t
read_of(int64_t pid, const char *file, char *text, size_t room)
{
	char path[64];
	ssize_t n;
	int fd;

	fmt_put(path, sizeof(path), "/proc/%lld/%s", (long long)pid, file);
	fd = sys_open(path, O_RDONLY, 0);
	n = fd < 0 ? fd : sys_read(fd, text, room - 1);
	if (fd >= 0)
		sys_close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n;
}

bool
sample_stat(const char *text, int64_t *ticks, int64_t *threads, int64_t *pages)
{
	/* The command may have any byte in it, but no ")" comes behind its end. */
	const char *at = strrchr(text, ')');
	int64_t user = -1, system = -1;

	*threads = *pages = -1;
	for (int field = 2; at != NULL && field < 24; field++) {
		at = strchr(at + 1, ' ');
		if (at == NULL)
			return false;
		if (field + 1 == 14)
			user = strtoll(at + 1, NULL, 10);
		else if (field + 1 == 15)
			system = strtoll(at + 1, NULL, 10);
		else if (field + 1 == 20)
			*threads = strtoll(at + 1, NULL, 10);
		else if (field + 1 == 24)
			*pages = strtoll(at + 1, NULL, 10);
	}
	*ticks = user + system;
	return at != NULL && user >= 0 && system >= 0 && *threads > 0 && *pages >= 0;
}

/* "512M", "2g", "1048576"; as java, no blanks. */
static int64_t
size_of(const char *text)
{
	char *end;
	int64_t n = strtoll(text, &end, 10);
	int shift = (*end | 0x20) == 'k' ? 10 : (*end | 0x20) == 'm' ? 20 : (*end | 0x20) == 'g' ? 30 :
	    (*end | 0x20) == 't' ? 40 : 0;

	return n > 0 && n < INT64_MAX >> shift ? n << shift : REPORT_UNKNOWN;
}

int64_t
sample_heap(const char *words, size_t bytes)
{
	int64_t heap = REPORT_UNKNOWN;

	/* The last one counts; behind the jar they are the server's own. */
	for (size_t at = 0; at < bytes; at += strnlen(words + at, bytes - at) + 1) {
		if (strncmp(words + at, "-Xmx", 4) == 0)
			heap = size_of(words + at + 4);
		else if (strcmp(words + at, "-jar") == 0)
			break;
	}
	return heap;
}

/* Ours can be seen, and root's eyes see all. */
static int64_t
count_files(int64_t pid)
{
	struct sys_dir dir;
	struct stat st;
	char path[64];
	int64_t n = 0;

	fmt_put(path, sizeof(path), "/proc/%lld/fd", (long long)pid);
	/* Since Linux 6.2 its size says how many there are. */
	if (sys_stat(path, &st) == 0 && st.st_size > 0)
		return st.st_size;
	dir = (struct sys_dir){ .fd = sys_open(path, O_RDONLY | O_DIRECTORY, 0) };
	if (dir.fd < 0)
		return REPORT_UNKNOWN;
	while (sys_dir_next(&dir) != NULL)
		n++;
	sys_close(dir.fd);
	return n;
}

void
sample_take(struct report_server *s)
{
	static _Alignas(64) char words[WORDS];
	char text[TEXT];
	int64_t ticks, threads, pages;
	ssize_t n;

	if (s->pid <= 0)
		return;
	if (read_of(s->pid, "stat", text, sizeof(text)) > 0 && sample_stat(text, &ticks, &threads, &pages)) {
		s->memory = pages * (int64_t)sys_page();
		s->threads = threads;
		s->busy = ticks * 1000 / TICKS;
		if (s->up > 0)
			s->cpu = ticks * 1000 / TICKS * 100 * 1000 / s->up;
	}
	n = read_of(s->pid, "cmdline", words, sizeof(words));
	if (n > 0)
		s->heap = sample_heap(words, (size_t)n);
	s->files = count_files(s->pid);
	s->limit = oom_limit(s->pid);
}
