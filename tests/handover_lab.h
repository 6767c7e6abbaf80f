/* SPDX-License-Identifier: MIT */
/*
 * handover_lab: supervisors that are killed, the console processes that they leave behind, and a
 * server that never notices.
 *
 * Each supervisor is a child that uses console.h as mcinit does in service mode, and no more of
 * it; its console processes are this program in a role, under sanitizers.  All of them become ours
 * when their parent is killed, so that nothing is left of a test.  Included once by a test of it.
 */
#ifndef HANDOVER_LAB_H
#define HANDOVER_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "carrier.h"
#include "console.h"
#include "fds.h"
#include "files.h"
#include "log.h"
#include "output.h"
#include "proc.h"
#include "ring.h"
#include "sys.h"

enum { DEADLINE_S = 60, LINE = 40, HIGH_FD = 100 };

/* What all of them see; the table is as it would be in the world, with numbers of the dead. */
struct shared {
	struct console_table table;
	struct proc_table proc;
	struct proc_birth birth;
	pid_t supervisor, server, output, files, carrier;
	int lives;			/* supervisors that are up */
	bool enough;			/* the server ends */
	uint64_t lines;			/* it has printed */
	uint64_t heard[MARKER_COUNT];
	int64_t heard_value[MARKER_COUNT];
	bool deaf;			/* a supervisor does not hear reports */
	bool close;			/* it ends all */
};

static struct {
	struct shared *shared;
	char path[64], log[96];
	struct conf conf;
	int out, err;			/* of the next supervisor */
	void (*serve)(void);		/* what the server does */
	struct ring own, slot;
} lab;

/* ---- the server ---- */

/*
 * Numbered, of many lengths.  A letter comes first: of a line cut where a full ring ended, digits
 * alone might become one of our own, and would be marked (filter.h).
 */
static size_t
line_of(uint64_t n, char line[LINE + 64])
{
	return (size_t)snprintf(line, LINE + 64, "n%llu %.*s\n", (unsigned long long)n, (int)(n % LINE),
	    "the quick brown fox jumps over the lazy dog");
}

static void
print_lines(uint64_t most)
{
	char bytes[4096];
	size_t filled = 0;

	for (uint64_t n = 0; n < most || filled > 0; ) {
		while (n < most && filled + LINE + 64 < sizeof(bytes))
			filled += line_of(++n, bytes + filled);
		for (size_t done = 0; done < filled; ) {
			ssize_t wrote = write(1, bytes + done, filled - done);

			if (wrote < 0)
				_exit(3);
			done += (size_t)wrote;
		}
		filled = 0;
		__atomic_store_n(&lab.shared->lines, n, __ATOMIC_RELEASE);
		if (__atomic_load_n(&lab.shared->enough, __ATOMIC_ACQUIRE))
			return;
	}
}

static void
flood(void)
{
	print_lines(UINT64_MAX);
}

/* ---- the supervisor ---- */

static void
role(enum console_role which, int slot, pid_t *pid)
{
	if (console_start(&lab.shared->table, &lab.shared->proc, which, slot, &lab.conf) < 0)
		_exit(10);
	*pid = lab.shared->proc.helper[console_number(which, slot)];
}

static void
serve(void)
{
	pid_t pid = fork();

	if (pid < 0)
		_exit(11);
	if (pid == 0) {
		if (console_become(&lab.shared->table.slot[0]) < 0)
			_exit(2);
		sys_close_from(3);
		lab.serve();
		_exit(0);
	}
	lab.shared->server = pid;
}

static void
hear(void)
{
	struct console_report report;

	while (console_hear(&lab.shared->table, &report)) {
		if (report.kind != REPORT_MARKER)
			continue;
		lab.shared->heard_value[report.value] = report.number;
		__atomic_add_fetch(&lab.shared->heard[report.value], 1, __ATOMIC_SEQ_CST);
	}
}

_Noreturn static void
supervise(bool first)
{
	struct shared *s = lab.shared;
	int rc;

	sys_signals_block();
	dup2(lab.err, 2);
	dup2(lab.out, 1);
	dup2(open("/dev/null", O_RDONLY), 0);
	proc_init(&s->proc);
	proc_born_into(&s->birth, fds_flush);
	rc = first ? console_open(&s->table, lab.path, true) : console_adopt(&s->table, lab.path);
	if (rc < 0)
		_exit(12);
	console_configure(&s->table, &s->proc, &lab.conf, &lab.conf);
	if (first ? console_prepare(&s->table, 0, &lab.conf) < 0 :
	    console_reopen(&s->table, 0, "lobby", false) < 0)
		_exit(13);
	console_take_log(&s->table);
	if (first)
		serve();
	role(CONSOLE_OUTPUT, -1, &s->output);
	if (*lab.conf.log.dir != '\0')
		role(CONSOLE_FILES, 0, &s->files);
	role(CONSOLE_CARRIER, 0, &s->carrier);
	log_info(NULL, "life %d", s->lives + 1);
	__atomic_add_fetch(&s->lives, 1, __ATOMIC_SEQ_CST);
	while (!s->close) {
		struct pollfd reports = { .fd = s->deaf ? -1 : s->table.reports, .events = POLLIN };

		poll(&reports, 1, 1);
		if (reports.revents != 0)
			hear();
	}
	/* The server has ended: so does what it printed, and then all of it. */
	console_end(&s->table, 0);
	fds_flush();
	waitpid(s->carrier, NULL, 0);
	hear();
	console_close(&s->table);
	fds_flush();
	while (waitpid(-1, NULL, 0) > 0)
		;
	console_finish(&s->table);
	_exit(0);
}

/* ---- the test ---- */

static void
until_true(bool (*is_true)(void))
{
	while (!is_true())
		poll(NULL, 0, 1);
}

static void
start_supervisor(void)
{
	int lives = lab.shared->lives, status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		supervise(lives == 0);
	lab.shared->supervisor = pid;
	while (__atomic_load_n(&lab.shared->lives, __ATOMIC_SEQ_CST) == lives) {
		if (waitpid(lab.shared->supervisor, &status, WNOHANG) != 0)
			fail_msg("a supervisor ended: %#x", (unsigned)status);
		poll(NULL, 0, 1);
	}
}

/* It alone; what it had becomes ours. */
static void
kill_supervisor(void)
{
	int status;

	kill(lab.shared->supervisor, SIGKILL);
	assert_int_equal(waitpid(lab.shared->supervisor, &status, 0), lab.shared->supervisor);
	assert_int_equal(status, SIGKILL);
}

/* Of one that was left behind. */
static void
check_left(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static char
state_of(pid_t pid)
{
	char path[64], text[256] = "", *state;
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	state = n > 0 ? strrchr(text, ')') : NULL;
	return state != NULL ? state[2] : 'X';
}

static bool
is_over(pid_t pid)
{
	return state_of(pid) == 'Z' || state_of(pid) == 'X';
}

/* The server ends, then the supervisor, and all that was left behind has ended, too. */
static void
end_all(void)
{
	int status;
	pid_t pid;

	lab.shared->enough = true;
	/* Of the first supervisor it is still the child, and shows as its zombie. */
	while (kill(lab.shared->server, 0) == 0 && !is_over(lab.shared->server))
		poll(NULL, 0, 1);
	lab.shared->close = true;
	while ((pid = waitpid(-1, &status, 0)) > 0)
		if (status != 0)
			fail_msg("%d ended: %#x", (int)pid, (unsigned)status);
}

static void
hold(pid_t pid)
{
	kill(pid, SIGSTOP);
	while (state_of(pid) != 'T')
		poll(NULL, 0, 1);
}

static void
let_go(pid_t pid)
{
	kill(pid, SIGCONT);
}

/* Who has a role, or 0. */
static pid_t
holder(enum console_role which, int slot)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
		.l_start = console_number(which, slot), .l_len = 1 };
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/places", lab.path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETLK, &lock), 0);
	close(fd);
	return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

/* Maps what they share; it stays the same from one supervisor to the next. */
static void
look_into_rings(void)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/rings", lab.path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ring_map(&lab.own, fd, RING_OWN, true), 0);
	assert_int_equal(ring_map(&lab.slot, fd, 0, true), 0);
	close(fd);
}

static int
new_file(const char *name)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", lab.path, name);
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	return fd;
}

/* A server that floods would go on for ever, and fill the disk. */
static void
on_alarm(int signal)
{
	static const char late[] = "too late\n";

	(void)!write(STDERR_FILENO, late, sizeof(late) - 1);
	if (lab.shared->server > 0)
		kill(lab.shared->server, SIGKILL);
	if (lab.shared->supervisor > 0)
		kill(lab.shared->supervisor, SIGKILL);
	_exit(128 + signal);
}

static int
set_up(void **state)
{
	static char dir[sizeof(lab.log)];

	(void)state;
	signal(SIGALRM, on_alarm);
	alarm(DEADLINE_S * (getenv("SOAK") != NULL && *getenv("SOAK") != '\0' ? 30 : 1));
	memset(&lab, 0, sizeof(lab));
	lab.shared = mmap(NULL, sizeof(*lab.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	    -1, 0);
	assert_true(lab.shared != MAP_FAILED);
	strcpy(lab.path, "/tmp/unit_handover.XXXXXX");
	assert_non_null(mkdtemp(lab.path));
	snprintf(dir, sizeof(dir), "%s/logs", lab.path);
	snprintf(lab.log, sizeof(lab.log), "%.80s/lobby.log", dir);
	lab.conf.servers = 1;
	strcpy(lab.conf.name[0], "lobby");
	lab.conf.log.dir = dir;
	lab.conf.log.stdout = true;
	lab.conf.log.rotate_size = INT64_C(1) << 40;
	lab.conf.log.rotate_keep = 1;
	lab.conf.log.on_full = FULL_BLOCK;
	lab.conf.log.prefix = SWITCH_OFF;
	lab.conf.log.color = SWITCH_OFF;
	lab.serve = flood;
	lab.out = new_file("out");
	lab.err = new_file("err");
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "out", "err", "more", "rings", "places", "console", "lobby/stdin",
		"lobby/stdout", "logs/lobby.log", "lobby", "logs", "" };
	char path[128];
	pid_t left[] = { lab.shared->supervisor, lab.shared->server };

	(void)state;
	/* Only what a failed test has left is still there, and not yet waited for. */
	for (size_t i = 0; i < 2; i++)
		if (left[i] > 0 && waitpid(left[i], NULL, WNOHANG) == 0)
			kill(left[i], SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) >= 0)
		poll(NULL, 0, 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", lab.path, names[i]);
		remove(path);
	}
	close(lab.out);
	close(lab.err);
	munmap(lab.shared, sizeof(*lab.shared));
	return 0;
}

#define ON_LAB(test)	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* ---- what was written ---- */

/* Lines 1, 2, 3 ... and nothing else, as far as they go: how many, from any number of files. */
struct reader {
	uint64_t lines;
	char expected[LINE + 64];
	size_t length, at;
};

static void
check_bytes(struct reader *r, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; ) {
		size_t n;

		if (r->at == r->length) {
			r->length = line_of(r->lines + 1, r->expected);
			r->at = 0;
		}
		n = r->length - r->at < count - i ? r->length - r->at : count - i;
		if (memcmp(r->expected + r->at, bytes + i, n) != 0)
			fail_msg("behind line %llu: \"%.*s\" instead of \"%.*s\"",
			    (unsigned long long)r->lines, (int)(count - i < 200 ? count - i : 200),
			    bytes + i, (int)(r->length - r->at), r->expected + r->at);
		r->at += n;
		i += n;
		r->lines += r->at == r->length;
	}
}

static void
check_file(struct reader *r, int fd)
{
	static char bytes[1 << 20];
	off_t at = 0;
	ssize_t n;

	for (; (n = pread(fd, bytes, sizeof(bytes), at)) > 0; at += n)
		check_bytes(r, bytes, (size_t)n);
	assert_int_equal(n, 0);
}

static void
check_log(uint64_t lines)
{
	struct reader r = { 0 };
	int fd = open(lab.log, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	check_file(&r, fd);
	close(fd);
	assert_int_equal(r.lines, lines);
	assert_int_equal(r.at, r.length);
}

static int64_t
size_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_size;
}

/* A console process of a supervisor is this program, too. */
static bool
play_role(int argc, char *argv[], int *code)
{
	static const struct {
		const char *word;
		int (*main)(int argc, char *argv[]);
	} roles[] = { { "--role=carrier", carrier_main }, { "--role=files", files_main },
		{ "--role=output", output_main } };

	for (size_t i = 0; argc > 1 && i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(argv[1], roles[i].word) != 0)
			continue;
		*code = roles[i].main(argc, argv);
		return true;
	}
	return false;
}

#endif
