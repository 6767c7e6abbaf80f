/* SPDX-License-Identifier: MIT */
/*
 * What becomes of our standard input, as input.h promises it: its lines wherever the stream is cut,
 * whose they are, and the console process itself on FIFOs, rings and a terminal of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "console.h"
#include "input.h"
#include "ring.h"
#include "sys.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define TEXT(text)	text, sizeof(text) - 1

enum { DEADLINE_S = 20, HIGH = 100, MANY = 1000 };

/* ---- lines ---- */

/* All lines of a stream that ends here, each with its newline; "#\n" for one that is too long. */
static size_t
lines_of(const char *stream, size_t bytes, char *out)
{
	struct input_line line = { .bytes = 0 };
	size_t n = 0;

	for (size_t i = 0; i <= bytes; i++) {
		if (!(i < bytes ? input_take(&line, stream[i]) : input_rest(&line)))
			continue;
		if (line.too_long) {
			memcpy(out + n, "#\n", 2);
			n += 2;
			continue;
		}
		memcpy(out + n, line.text, line.bytes + 1);
		n += line.bytes + 1;
	}
	return n;
}

static void
check_lines(const char *stream, size_t bytes, const char *expected, size_t expected_bytes)
{
	char out[INPUT_LINE + 16];
	size_t n = lines_of(stream, bytes, out);

	assert_int_equal(n, expected_bytes);
	assert_memory_equal(out, expected, n);
}

static void
each_line_is_whole(void **state)
{
	(void)state;
	check_lines(TEXT(""), TEXT(""));
	check_lines(TEXT("a\nbc\n"), TEXT("a\nbc\n"));
	check_lines(TEXT("\n\na\n"), TEXT("\n\na\n"));
	check_lines(TEXT("a\nb"), TEXT("a\nb\n"));
}

static void
control_bytes_are_left_out_but_tabs(void **state)
{
	(void)state;
	check_lines(TEXT("a\r\nb\rc\r\r\n"), TEXT("a\nbc\n"));
	check_lines(TEXT("a\0b\001\003\004\032\033[A\177\n"), TEXT("ab[A\n"));
	check_lines(TEXT("a\tb \n"), TEXT("a\tb \n"));
	check_lines(TEXT("\303\244\233\377\n"), TEXT("\303\244\233\377\n"));
	check_lines(TEXT("\r"), TEXT(""));
	for (int c = 0; c < 256; c++)
		assert_int_equal(input_is_left_out((char)c), (c < 32 && c != '\t') || c == 127);
}

/* Ended behind each of its bytes, a stream has the lines that began before. */
static void
a_stream_may_end_at_every_byte(void **state)
{
	static const char stream[] = "say hi\r\n\n\tx\ny";

	(void)state;
	for (size_t cut = 0; cut < sizeof(stream); cut++) {
		char expected[sizeof(stream) + 1];
		size_t n = 0;

		for (size_t i = 0; i < cut; i++)
			if (stream[i] != '\r')
				expected[n++] = stream[i];
		if (n > 0 && expected[n - 1] != '\n')
			expected[n++] = '\n';
		check_lines(stream, cut, expected, n);
	}
}

static void
a_line_too_long_is_refused_whole(void **state)
{
	char stream[INPUT_LINE + 16], out[INPUT_LINE + 16];

	(void)state;
	memset(stream, 'x', sizeof(stream));
	/* What is left out takes no room in it. */
	memcpy(stream + INPUT_LINE, "\r\n", 2);
	for (size_t bytes = INPUT_LINE; bytes <= INPUT_LINE + 2; bytes++)
		assert_int_equal(lines_of(stream, bytes, out), INPUT_LINE + 1);
	for (size_t bytes = INPUT_LINE + 1; bytes <= INPUT_LINE + 4; bytes++) {
		memset(stream, 'x', sizeof(stream));
		check_lines(stream, bytes, TEXT("#\n"));
		memcpy(stream + bytes, "\nb\n", 3);
		check_lines(stream, bytes + 3, TEXT("#\nb\n"));
	}
}

static void
a_name_tells_for_whom_a_line_is(void **state)
{
	static const struct { const char *line, *name; size_t at; } rows[] = {
		{ "lobby: say hi", "lobby", 7 }, { "lobby:say hi", "lobby", 6 },
		{ "lobby:   say", "lobby", 9 }, { "lobby: say a: b", "lobby", 7 },
		{ "lobby:", "lobby", 6 }, { "lobby:  ", "lobby", 8 }, { "lobby", "lobby", 0 },
		{ "lobby2: x", "lobby", 0 }, { "lobby: x", "lobby2", 0 }, { "lob: x", "lobby", 0 },
		{ " lobby: x", "lobby", 0 }, { "say lobby: x", "lobby", 0 }, { "", "lobby", 0 },
		{ ": say", "", 0 }, { "", "", 0 }, { "Lobby: say", "lobby", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct input_line line = { .bytes = 0 };

		for (const char *c = rows[i].line; *c != '\0'; c++)
			input_take(&line, *c);
		input_take(&line, '\n');
		assert_int_equal(input_command(&line, rows[i].name), rows[i].at);
	}
}

/* ---- the console process ---- */

/* The ends that PID 1, a server and whoever types have; -1 = none. */
static struct {
	char run_dir[64];
	struct ring own, heads[CONF_SERVERS];
	int rings, typed, lifeline, reports;
	int fifo[CONF_SERVERS];
	pid_t pid;
} lab;

static const char *
path_of(const char *name, const char *file)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s/%s", lab.run_dir, name, file);
	return path;
}

static void
add_server(int slot, const char *name)
{
	ring_begin(&lab.heads[slot], slot, name);
	lab.own.head->slots |= 1U << slot;
	assert_int_equal(mkdir(path_of(name, ""), 0700), 0);
	assert_int_equal(mkfifo(path_of(name, "stdin"), 0600), 0);
	lab.fifo[slot] = open(path_of(name, "stdin"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_true(lab.fifo[slot] >= 0);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&lab, 0, sizeof(lab));
	strcpy(lab.run_dir, "/tmp/unit_input.XXXXXX");
	assert_non_null(mkdtemp(lab.run_dir));
	lab.rings = ring_create();
	assert_true(lab.rings >= 0);
	assert_int_equal(ring_map(&lab.own, lab.rings, RING_OWN, true), 0);
	ring_begin(&lab.own, RING_OWN, "mcinit");
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		assert_int_equal(ring_map_head(&lab.heads[slot], lab.rings, slot), 0);
		lab.fifo[slot] = -1;
	}
	lab.typed = lab.lifeline = lab.reports = -1;
	return 0;
}

static void
hang_up(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int
tear_down(void **state)
{
	(void)state;
	hang_up(&lab.typed);
	hang_up(&lab.lifeline);
	hang_up(&lab.reports);
	hang_up(&lab.rings);
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		hang_up(&lab.fifo[slot]);
		if (lab.heads[slot].head->name[0] == '\0')
			continue;
		unlink(path_of(lab.heads[slot].head->name, "stdin"));
		rmdir(path_of(lab.heads[slot].head->name, ""));
	}
	return rmdir(lab.run_dir);
}

/* With `input` as its standard input, which is closed here. */
static void
start_on(int input)
{
	char *argv[] = { (char[]){ "mcinit" }, (char[]){ "--role=input" }, lab.run_dir, NULL };
	int life[2], reports[2];

	assert_int_equal(pipe2(life, O_CLOEXEC), 0);
	assert_int_equal(pipe2(reports, O_CLOEXEC | O_NONBLOCK), 0);
	lab.pid = fork();
	assert_true(lab.pid >= 0);
	if (lab.pid == 0) {
		int from[] = { lab.rings, life[0], reports[1] };

		sys_signals_block();
		for (int i = 0; i < 3; i++)
			from[i] = fcntl(from[i], F_DUPFD, HIGH);
		dup2(input, 0);
		for (int i = 0; i < 3; i++)
			dup2(from[i], CONSOLE_RINGS + i);
		sys_close_from(CONSOLE_REPORTS + 1);
		_exit(input_main(3, argv));
	}
	close(input);
	close(life[0]);
	close(reports[1]);
	lab.lifeline = life[1];
	lab.reports = reports[0];
}

/* Of packets, so that the process reads what was sent at once as that. */
static void
start(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	lab.typed = ends[1];
	start_on(ends[0]);
}

static void
say(const char *bytes, size_t count)
{
	assert_int_equal(write(lab.typed, bytes, count), count);
}

static void
check_left(void)
{
	int status;

	assert_int_equal(waitpid(lab.pid, &status, 0), lab.pid);
	assert_int_equal(status, 0);
}

/* Ends the input, and with it the process. */
static void
end(void)
{
	hang_up(&lab.typed);
	check_left();
}

/* What has been typed for a server by now. */
static void
check_typed(int slot, const char *expected)
{
	char got[INPUT_LINE + 1];
	ssize_t n = read(lab.fifo[slot], got, sizeof(got) - 1);

	got[n > 0 ? n : 0] = '\0';
	assert_string_equal(got, expected);
}

static void
check_report(int slot, enum console_report_kind kind, int value)
{
	struct console_report r;

	assert_int_equal(read(lab.reports, &r, sizeof(r)), sizeof(r));
	assert_int_equal(r.slot, slot);
	assert_int_equal(r.kind, kind);
	assert_int_equal(r.value, value);
}

static void
check_no_report(void)
{
	struct console_report r;

	assert_true(read(lab.reports, &r, sizeof(r)) <= 0);
}

static void
one_server_gets_each_line_as_it_is(void **state)
{
	(void)state;
	add_server(3, "lobby");
	start();
	say(TEXT("list\nlobby: say a: b\r\n\nsto"));
	say(TEXT("p"));
	end();
	check_typed(3, "list\nlobby: say a: b\n\nstop\n");
	check_no_report();
}

static void
a_stream_may_be_cut_at_every_byte(void **state)
{
	static const char stream[] = "b: x\r\nno\na:\ty";

	(void)state;
	add_server(0, "a");
	add_server(1, "b");
	for (size_t cut = 1; cut < sizeof(stream) - 1; cut++) {
		start();
		say(stream, cut);
		say(stream + cut, sizeof(stream) - 1 - cut);
		end();
		check_typed(0, "\ty\n");
		check_typed(1, "x\n");
		check_report(-1, REPORT_INPUT_UNKNOWN, 1);
		check_no_report();
		hang_up(&lab.lifeline);
		hang_up(&lab.reports);
	}
}

static void
a_line_for_nobody_is_reported(void **state)
{
	char much[512];

	(void)state;
	add_server(0, "a");
	add_server(1, "b");
	memset(much, 'x', sizeof(much));
	start();
	say(TEXT("list\nc: list\n\nb:\na: list\n"));
	for (size_t bytes = 0; bytes <= INPUT_LINE; bytes += sizeof(much))
		say(much, sizeof(much));
	say(TEXT("\na: stop\n"));
	end();
	check_typed(0, "list\nstop\n");
	check_typed(1, "\n");
	check_report(-1, REPORT_INPUT_UNKNOWN, 1);
	check_report(-1, REPORT_INPUT_UNKNOWN, 1);
	check_report(-1, REPORT_INPUT_UNKNOWN, 2);
	check_no_report();
}

static void
a_server_that_left_is_no_server_any_more(void **state)
{
	(void)state;
	add_server(0, "a");
	add_server(1, "b");
	unlink(path_of("b", "stdin"));
	lab.heads[1].head->name[0] = '\0';
	start();
	say(TEXT("b: list\n"));
	end();
	check_typed(0, "b: list\n");
	/* For the end of the test. */
	ring_begin(&lab.heads[1], 1, "b");
}

static void
a_server_that_does_not_run_or_read_refuses(void **state)
{
	static char line[INPUT_LINE + 1];

	(void)state;
	add_server(0, "gone");
	add_server(1, "dead");
	add_server(2, "full");
	unlink(path_of("gone", "stdin"));
	hang_up(&lab.fifo[1]);
	memset(line, 'x', sizeof(line));
	while (write(lab.fifo[2], line, sizeof(line)) > 0)
		;
	start();
	say(TEXT("gone: a\ndead: b\nfull: c\nfull: d\n"));
	end();
	check_report(0, REPORT_INPUT_REFUSED, ENOENT);
	check_report(1, REPORT_INPUT_REFUSED, ENXIO);
	check_report(2, REPORT_INPUT_REFUSED, EAGAIN);
	check_report(2, REPORT_INPUT_REFUSED, EAGAIN);
	check_no_report();
}

static void
it_leaves_when_pid_1_does(void **state)
{
	(void)state;
	add_server(0, "a");
	start();
	say(TEXT("list\nhalf"));
	/* Now it waits for more. */
	assert_int_equal(sys_readable(lab.fifo[0], DEADLINE_S * 1000), 1);
	hang_up(&lab.lifeline);
	check_left();
	check_typed(0, "list\n");
}

/* ---- on a terminal ---- */

static struct {
	struct termios before;
	int slave;			/* kept open, so that there is one to look at */
} tty;

static struct termios
settings(void)
{
	struct termios now;

	memset(&now, 0, sizeof(now));
	assert_int_equal(tcgetattr(tty.slave, &now), 0);
	return now;
}

static void
start_on_terminal(bool pty)
{
	lab.typed = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(lab.typed >= 0);
	assert_int_equal(grantpt(lab.typed), 0);
	assert_int_equal(unlockpt(lab.typed), 0);
	tty.slave = open(ptsname(lab.typed), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(tty.slave >= 0);
	tty.before = settings();
	assert_true(tty.before.c_lflag & ICANON);
	lab.heads[0].head->terminal = pty;
	start_on(dup(tty.slave));
}

/* Until the terminal is in single keys, or out of them. */
static void
wait_for_keys(bool wanted)
{
	time_t end = time(NULL) + DEADLINE_S;

	while (!(settings().c_lflag & ICANON) != wanted) {
		sched_yield();
		assert_true(time(NULL) < end);
	}
}

static void
wait_for_typed(int slot, const char *expected)
{
	time_t end = time(NULL) + DEADLINE_S;

	while (sys_waiting_bytes(lab.fifo[slot]) < (int)strlen(expected)) {
		sched_yield();
		assert_true(time(NULL) < end);
	}
	check_typed(slot, expected);
}

/* The process has left, and the terminal is what it was. */
static void
check_terminal_left(void)
{
	struct termios now;

	check_left();
	now = settings();
	assert_memory_equal(&now, &tty.before, sizeof(now));
	close(tty.slave);
}

static void
keys_go_to_a_pty_as_they_come(void **state)
{
	(void)state;
	add_server(0, "a");
	start_on_terminal(true);
	wait_for_keys(true);
	say(TEXT("x\t\033[A\r"));
	wait_for_typed(0, "x\t\033[A\r");
	hang_up(&lab.lifeline);
	check_terminal_left();
	check_no_report();
}

static void
a_key_that_is_refused_is_reported_once(void **state)
{
	(void)state;
	add_server(0, "a");
	unlink(path_of("a", "stdin"));
	start_on_terminal(true);
	wait_for_keys(true);
	say(TEXT("x"));
	assert_int_equal(sys_readable(lab.reports, DEADLINE_S * 1000), 1);
	check_report(0, REPORT_INPUT_REFUSED, ENOENT);
	/* All but the last few have been read by the end of it. */
	for (int i = 0; i < MANY; i++) {
		say(TEXT("x"));
		sched_yield();
	}
	hang_up(&lab.lifeline);
	check_terminal_left();
	check_no_report();
}

static void
lines_come_back_when_it_is_no_pty_any_more(void **state)
{
	(void)state;
	add_server(0, "a");
	start_on_terminal(true);
	wait_for_keys(true);
	lab.heads[0].head->terminal = 0;
	wait_for_keys(false);
	say(TEXT("li"));
	say(TEXT("st\n"));
	wait_for_typed(0, "list\n");
	/* The other way round it is the next line that makes the difference. */
	lab.heads[0].head->terminal = 1;
	say(TEXT("a\n"));
	wait_for_typed(0, "a\n");
	wait_for_keys(true);
	hang_up(&lab.lifeline);
	check_terminal_left();
}

static void
a_terminal_before_several_servers_stays_as_it_is(void **state)
{
	(void)state;
	add_server(0, "a");
	add_server(1, "b");
	start_on_terminal(true);
	say(TEXT("b: x\n"));
	wait_for_typed(1, "x\n");
	assert_true(settings().c_lflag & ICANON);
	/* Ctrl-D on an empty line. */
	say(TEXT("\004"));
	check_terminal_left();
}

#define ON_LAB(test)	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_whole),
		cmocka_unit_test(control_bytes_are_left_out_but_tabs),
		cmocka_unit_test(a_stream_may_end_at_every_byte),
		cmocka_unit_test(a_line_too_long_is_refused_whole),
		cmocka_unit_test(a_name_tells_for_whom_a_line_is),
		ON_LAB(one_server_gets_each_line_as_it_is),
		ON_LAB(a_stream_may_be_cut_at_every_byte),
		ON_LAB(a_line_for_nobody_is_reported),
		ON_LAB(a_server_that_left_is_no_server_any_more),
		ON_LAB(a_server_that_does_not_run_or_read_refuses),
		ON_LAB(it_leaves_when_pid_1_does),
		ON_LAB(keys_go_to_a_pty_as_they_come),
		ON_LAB(a_key_that_is_refused_is_reported_once),
		ON_LAB(lines_come_back_when_it_is_no_pty_any_more),
		ON_LAB(a_terminal_before_several_servers_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
