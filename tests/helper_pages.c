/* SPDX-License-Identifier: MIT */
/*
 * helper_pages PID: the private memory of a process in KiB, as a kernel with a page of zeroes counts
 * it: there, memory that is only read has none of its own.  Some kernels of virtual machines come
 * without that page; Private_Dirty holds what was only read, too, and pages of nothing but zeroes are
 * taken off it.  Called by private_dirty() of lib.bash.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };

#define PRESENT	(UINT64_C(1) << 63)
#define SHARED	(UINT64_C(1) << 61)	/* a page of a file, or of memory that others map */

/* The sum of Private_Dirty of all mappings, in KiB. */
static long
dirty(const char *pid)
{
	char path[64], line[512];
	long sum = 0, n;
	FILE *smaps;

	(void)snprintf(path, sizeof(path), "/proc/%s/smaps", pid);
	smaps = fopen(path, "re");
	if (smaps == NULL) {
		perror(path);
		exit(1);
	}
	while (fgets(line, sizeof(line), smaps) != NULL)
		if (sscanf(line, "Private_Dirty: %ld", &n) == 1)
			sum += n;
	(void)fclose(smaps);
	return sum;
}

static bool
reading_counts(void)
{
	enum { MANY = 64 };
	long before = dirty("self");
	volatile char *map = mmap(NULL, (size_t)MANY * PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return false;
	for (int i = 0; i < MANY; i++)
		(void)map[(size_t)i * PAGE];
	return dirty("self") - before >= MANY * PAGE / 1024;
}

/* How many pages of [from, to) are there for nothing but zeroes. */
static long
zeroes(int pagemap, int memory, uint64_t from, uint64_t to)
{
	static const char none[PAGE];
	char page[PAGE];
	uint64_t entry;
	long count = 0;

	for (uint64_t at = from; at < to; at += PAGE)
		if (pread(pagemap, &entry, sizeof(entry), (off_t)(at / PAGE * sizeof(entry))) ==
		    sizeof(entry) && (entry & PRESENT) != 0 && (entry & SHARED) == 0 &&
		    pread(memory, page, PAGE, (off_t)at) == PAGE && memcmp(page, none, PAGE) == 0)
			count++;
	return count;
}

/* The same of all that a process may write to and nobody else has. */
static long
zeroes_of(const char *pid)
{
	char path[64], line[512], mode[5];
	uint64_t from, to;
	int pagemap, memory;
	long count = 0;
	FILE *maps;

	(void)snprintf(path, sizeof(path), "/proc/%s/pagemap", pid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "re");
	if (pagemap < 0 || memory < 0 || maps == NULL) {
		perror(path);
		exit(1);
	}
	while (fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &from, &to, mode) == 3 &&
		    strcmp(mode, "rw-p") == 0)
			count += zeroes(pagemap, memory, from, to);
	(void)fclose(maps);
	close(memory);
	close(pagemap);
	return count;
}

int
main(int argc, char **argv)
{
	long sum;

	if (argc != 2) {
		fputs("usage: helper_pages PID\n", stderr);
		return 64;
	}
	sum = dirty(argv[1]);
	if (reading_counts())
		sum -= zeroes_of(argv[1]) * PAGE / 1024;
	printf("%ld\n", sum);
	return 0;
}
