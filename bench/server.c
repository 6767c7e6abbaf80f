/*
 * SPDX-License-Identifier: MIT
 *
 * The program that mcinit and its peers supervise while bench/run measures them.  It takes its
 * orders from the environment alone, because some of the peers start a program without arguments,
 * and notes what happens to it, with the time, on a board in shared memory.
 * It must never do more than its part between two notes: that would be charged to the supervisor.
 *
 *	BENCH_PART	park	does nothing
 *			blink	notes its start, lives for BENCH_LIFE ms, notes its end
 *			term	notes SIGTERM and ends
 *			orphans	makes BENCH_ORPHANS of them, BENCH_WAVE at a time, then parks;
 *				with BENCH_HOLD process 1 sees none of a wave before all ended
 *	BENCH_BOARD	the board, a file that bench/run has made
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LIVES = 1024, WAVE = 8192 };

/* bench/run knows this layout. */
struct board {
	uint64_t up;			/* how often the program got to its part */
	uint64_t go;			/* from bench/run: begin */
	uint64_t done;
	uint64_t signalled;		/* when SIGTERM came */
	uint64_t ended;			/* ... and when it was over */
	uint64_t orphans;		/* how many there were */
	uint64_t zombie_time;		/* from their common end until the last was reaped */
	uint64_t asked, granted;	/* bench/run is to stop process 1 or to let it go on */
	uint64_t let_go;		/* from bench/run: when it went on */
	uint64_t start[LIVES], end[LIVES];
};

static struct board *board;

static uint64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void
nap(long microseconds)
{
	struct timespec t = { microseconds / 1000000, microseconds % 1000000 * 1000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

static long
setting(const char *name, long otherwise)
{
	const char *value = getenv(name);

	return value == NULL ? otherwise : strtol(value, NULL, 10);
}

static _Noreturn void
park(void)
{
	for (;;)
		pause();
}

static void
open_board(void)
{
	const char *name = getenv("BENCH_BOARD");
	void *map = MAP_FAILED;
	int fd;

	fd = name == NULL ? -1 : open(name, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		map = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		_exit(97);
	close(fd);
	board = map;
}

static void
blink(uint64_t started)
{
	uint64_t life = __atomic_fetch_add(&board->up, 1, __ATOMIC_SEQ_CST);

	if (life >= LIVES)
		return;
	board->start[life] = started;
	if (life >= (uint64_t)setting("BENCH_LIVES", LIVES)) {
		board->done = 1;
		return;
	}
	nap(setting("BENCH_LIFE", 5) * 1000);
	board->end[life] = now();
	_exit(0);
}

static void
on_term(int number)
{
	(void)number;
	board->signalled = now();
	board->ended = now();
	_exit(0);
}

/*
 * Makes a wave of children in `middle`, whose end hands them to the supervisor.  They hold their
 * breath until the pipe breaks, so that they are all there when they end.  In a session of their
 * own, as daemons are: with autogroup scheduling (Linux 2.6.38) it depends on the session who runs
 * before whom, and only some of the supervisors give a session to the program itself.
 */
static void
make_wave(int hold[2], long count, pid_t *wave)
{
	pid_t middle = fork();
	char byte;

	if (middle < 0)
		_exit(98);
	if (middle > 0) {
		while (waitpid(middle, NULL, 0) < 0 && errno == EINTR)
			;
		return;
	}
	setsid();
	close(hold[1]);
	for (long i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			_exit(0);
		if (pid > 0) {
			wave[i] = pid;
			continue;
		}
		while (read(hold[0], &byte, 1) < 0)
			;
		_exit(0);
	}
	_exit(0);
}

/* Only from outside the namespace can process 1 be stopped. */
static void
ask(void)
{
	uint64_t turn = __atomic_add_fetch(&board->asked, 1, __ATOMIC_SEQ_CST);

	while (__atomic_load_n(&board->granted, __ATOMIC_SEQ_CST) != turn)
		nap(50);
}

static bool
is_zombie(pid_t pid)
{
	char name[32], text[64];
	ssize_t n = 0;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return strstr(text, ") Z ") != NULL;
}

/* Lets a wave end, and returns from when on it was up to process 1 alone. */
static uint64_t
end_wave(int hold[2], const pid_t *wave, long count, bool at_once)
{
	uint64_t before;

	if (at_once)
		ask();
	before = now();
	close(hold[1]);
	close(hold[0]);
	if (!at_once)
		return before;
	for (long i = 0; i < count && wave[i] > 0; i++)
		while (!is_zombie(wave[i]))
			nap(50);
	ask();
	return board->let_go;
}

static void
orphans(void)
{
	size_t bytes = WAVE * sizeof(pid_t);
	pid_t *wave = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long left = setting("BENCH_ORPHANS", 1000), size = setting("BENCH_WAVE", 1000);
	bool at_once = setting("BENCH_HOLD", 0) != 0;
	int hold[2];

	for (; wave != MAP_FAILED && size > 0 && size <= WAVE && left > 0; left -= size) {
		uint64_t before;

		memset(wave, 0, bytes);
		if (pipe(hold) < 0)
			_exit(98);
		make_wave(hold, size, wave);
		before = end_wave(hold, wave, size, at_once);
		for (long i = 0; i < size && wave[i] > 0; i++) {
			/* A zombie still takes signals. */
			while (kill(wave[i], 0) == 0)
				nap(50);
			board->orphans++;
		}
		board->zombie_time += now() - before;
	}
	board->done = 1;
}

int
main(void)
{
	uint64_t started = now();
	const char *part = getenv("BENCH_PART");

	open_board();
	if (part != NULL && strcmp(part, "blink") == 0) {
		blink(started);
		park();
	}
	if (part != NULL && strcmp(part, "term") == 0)
		signal(SIGTERM, on_term);
	__atomic_fetch_add(&board->up, 1, __ATOMIC_SEQ_CST);
	if (part != NULL && strcmp(part, "orphans") == 0) {
		while (__atomic_load_n(&board->go, __ATOMIC_SEQ_CST) == 0)
			nap(1000);
		orphans();
	}
	park();
}
