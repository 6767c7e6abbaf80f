/*
 * SPDX-License-Identifier: MIT
 *
 * The lines of a server that has a lot to say, for bench/console.py: prints them as fast as they
 * are taken, and proves of log files that they hold what was printed.  Each line is 100 bytes and
 * like no other, so that one that is lost, doubled or moved is found.
 * It must never be what is slow: the lines of a block are made once, and later only numbered.
 *
 *	lines put BYTES NOTE		prints them, notes in the file NOTE when it began (CLOCK_MONOTONIC,
 *					ns), and stays
 *	lines check BYTES FILE...	reads the files as one, oldest first; 0 if they hold the lines,
 *					or tell of each gap how large it is; prints what is missing
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 100, LINES = 5000, BLOCK = LINE * LINES, WRITE = 125000, NUMBER = 8 };

static const char prefix[] = "[12:34:56 INFO]: ";
static const char *const says[] = {
	"<Steve> has anyone seen my second best pickaxe, I left it somewhere near the old mine",
	"Alex moved too quickly! 10.120394,0.0,-3.4012 and was set back to where it came from.",
	"Can't keep up! Is the server overloaded? Running 2034ms or 40 ticks behind, catching up",
	"[WorldEdit] Steve: 38420 blocks have been changed, //undo takes them back if need be",
	"Steve was slain by Zombie, who had nothing but a rusty shovel and a little bit of luck",
	"Preparing chunks for the region around spawn, which takes as long as its disk takes it",
	"UUID of player Alex is 8667ba71-b85a-4004-af54-457a9734eed7, says the session service",
	"Alex issued server command: /tp Steve 1204 64 -881 and was told that it is not allowed",
};

static char block[BLOCK], in[BLOCK];

static void
put_number(char *to, uint64_t n)
{
	for (int i = NUMBER - 1; i >= 0; i--, n >>= 4)
		to[i] = "0123456789abcdef"[n & 15];
}

/* Line: prefix, what is said, number of the line in its block, number of the block. */
static void
make_block(void)
{
	const size_t from = sizeof(prefix) - 1, end = LINE - 2 * NUMBER - 3;

	for (size_t i = 0; i < LINES; i++) {
		char *line = block + i * LINE;

		memcpy(line, prefix, from);
		memcpy(line + from, says[i * 7 % 8], end - from);
		line[end] = line[LINE - NUMBER - 2] = ' ';
		put_number(line + end + 1, i);
		line[LINE - 1] = '\n';
	}
}

static void
number_block(uint64_t number)
{
	char digits[NUMBER];

	put_number(digits, number);
	for (size_t i = 0; i < LINES; i++)
		memcpy(block + (i + 1) * LINE - NUMBER - 1, digits, NUMBER);
}

/* ---- put ---- */

static void
note_start(const char *path)
{
	struct timespec t;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		exit(97);
	clock_gettime(CLOCK_MONOTONIC, &t);
	dprintf(fd, "%lld\n", (long long)t.tv_sec * 1000000000 + t.tv_nsec);
	close(fd);
}

static void
put(uint64_t bytes, const char *note)
{
	note_start(note);
	for (uint64_t at = 0; at < bytes;) {
		size_t from = at % BLOCK, most = BLOCK - from;
		ssize_t n;

		if (from == 0)
			number_block(at / BLOCK);
		most = most < WRITE ? most : WRITE;
		n = write(1, block + from, bytes - at < most ? (size_t)(bytes - at) : most);
		if (n < 0 && errno != EINTR)
			exit(98);
		at += n > 0 ? (uint64_t)n : 0;
	}
	for (;;)
		pause();
}

/* ---- check ---- */

static char **files;
static int file = -1;

/* Up to so many bytes of all files together. */
static size_t
get(char *to, size_t bytes)
{
	size_t all = 0;

	while (all < bytes) {
		ssize_t n = file < 0 ? 0 : read(file, to + all, bytes - all);

		if (n < 0)
			exit(97);
		all += (size_t)n;
		if (n > 0)
			continue;
		if (*files == NULL)
			break;
		if (file >= 0)
			close(file);
		file = open(*files++, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			exit(97);
	}
	return all;
}

/*
 * Whether here a line says how many are missing, perhaps behind the first `kept` bytes of one: the
 * bytes of them.  0: it does not, or not what is true.
 */
static uint64_t
gap_in(const char *at, size_t have, size_t kept, size_t *length)
{
	unsigned long long lines, bytes;
	char text[LINE + 1] = "";
	size_t from = kept > 0 ? kept + 1 : 0;
	int n = 0;

	if (kept > 0 && at[kept] != '\n')
		return 0;
	memcpy(text, at + from, have - from < LINE ? have - from : LINE);
	if (sscanf(text, "-- %llu lines (%llu bytes) are missing here: %*[a-z ] --%n", &lines, &bytes,
	    &n) < 2 || n == 0 || text[n] != '\n' || lines * LINE != bytes + kept)
		return 0;
	*length = from + (size_t)n + 1;
	return bytes;
}

static size_t
same_bytes(const char *a, const char *b)
{
	size_t n = 0;

	while (n < LINE && a[n] == b[n])
		n++;
	return n;
}

/* Takes one line, or the gap that is told of in its place; false: it is another. */
static bool
take(const char *from, size_t have, const char *line, uint64_t *missing, size_t *used, uint64_t *at)
{
	size_t same = have >= LINE ? same_bytes(from, line) : 0;
	uint64_t gap;

	*used = LINE;
	*at += same;
	if (same == LINE)
		return true;
	gap = have > LINE ? gap_in(from, have, same, used) : 0;
	*at += gap;
	*missing += gap;
	return gap > 0;
}

static int
check(uint64_t bytes)
{
	uint64_t at = 0, missing = 0, numbered = UINT64_MAX;
	size_t have = 0, from = 0, used;

	for (;;) {
		if (have - from < 3 * LINE) {
			memmove(in, in + from, have -= from);
			from = 0;
			have += get(in + have, sizeof(in) - have);
		}
		if (have == from)
			break;
		if (at / BLOCK != numbered)
			number_block(numbered = at / BLOCK);
		if (!take(in + from, have - from, block + at % BLOCK, &missing, &used, &at)) {
			fprintf(stderr, "lines: another line than that at %llu: %.*s\n",
			    (unsigned long long)at, (int)(have - from < LINE ? have - from : LINE),
			    in + from);
			return 1;
		}
		from += used;
	}
	printf("%llu\n", (unsigned long long)missing);
	return at != bytes;
}

int
main(int argc, char *argv[])
{
	make_block();
	if (argc == 4 && strcmp(argv[1], "put") == 0)
		put(strtoull(argv[2], NULL, 10), argv[3]);
	if (argc < 4 || strcmp(argv[1], "check") != 0)
		return 64;
	files = argv + 3;
	return check(strtoull(argv[2], NULL, 10));
}
