/* SPDX-License-Identifier: MIT */
/*
 * From a ring to a file or a pipe, once and only once, as writer.h promises it: also when a writer
 * is killed after any of its instructions, and its successor after any of its own.
 */
#include <sched.h>
#include <sys/stat.h>

#define RING_LAB_WRITES
#include "ring_lab.h"

/* All there was since the last time. */
static void
check_written(const char *expected)
{
	if (sink->length != strlen(expected) || memcmp(sink->bytes, expected, sink->length) != 0)
		fail_msg("'%.*s' instead of '%s'", (int)sink->length, sink->bytes, expected);
	sink->length = 0;
}

/* ---- what is taken ---- */

static void
check_fill(int64_t now, int wait, const char *expected, int expected_wait)
{
	bool some = writer_fill(&it.writer, &it.batch, sink->length, now, false, &wait);

	assert_int_equal(some, expected != NULL);
	assert_int_equal(wait, expected_wait);
	if (!some)
		return;
	flush();
	check_written(expected);
}

static void
a_line_without_an_end_is_waited_for(void **state)
{
	(void)state;
	start(&raw, INODE);
	check_fill(1000, -1, NULL, -1);
	produce_text("a\nb\n\nc");
	check_fill(1000, -1, "a\nb\n\n", -1);
	check_fill(1000, -1, NULL, WRITER_PARTIAL);
	check_fill(1060, -1, NULL, WRITER_PARTIAL - 60);
	check_fill(1060, 10, NULL, 10);
	check_fill(1060, 1000, NULL, WRITER_PARTIAL - 60);
	check_fill(1000 + WRITER_PARTIAL, -1, "c", -1);
	/* Each beginning has a time of its own. */
	produce_text("d");
	check_fill(5000, -1, NULL, WRITER_PARTIAL);
	produce_text("e\nf");
	check_fill(5050, -1, "de\n", -1);
	check_fill(5050, -1, NULL, WRITER_PARTIAL);
	write_all();
	check_written("f");
	/* Whoever sits at a terminal does not wait for the end of a prompt. */
	lab.ring.head->terminal = 1;
	produce_text("\n> ");
	check_fill(5050, -1, "\n", -1);
	check_fill(5050, -1, "> ", -1);
	check_place();
}

static void
a_long_line_goes_in_pieces(void **state)
{
	(void)state;
	start(&prefixed, INODE);
	produce_line(5 * ROOM);
	produce_text("a\n");
	while (fill(false))
		flush();
	assert_int_equal(sink->length, lab.filled + 2 * strlen("lobby: "));
	assert_memory_equal(sink->bytes + 7, lab.all, 5 * ROOM);
	check_place();
	/* No more than what was asked for, but for one. */
	produce_text("abc\ndef\n");
	it.writer.most = 5;
	sink->length = 0;
	check_fill(1000, -1, "lobby: abc\n", -1);
}

static void
each_form_is_what_the_filter_makes(void **state)
{
	(void)state;
	produce_text("\033[1ma\001\n");
	start(&raw, INODE);
	write_all();
	check_written("\033[1ma\001\n");
	start(&text, INODE);
	produce_text("\033[1ma\001\n");
	write_all();
	check_written("a^A\n");
	start(&prefixed, INODE);
	produce_text("\033[1ma\001\n");
	write_all();
	check_written("lobby: \033[1ma^A\033[0m\n");
}

static void
bytes_of_which_nothing_remains_are_done(void **state)
{
	(void)state;
	start(&text, INODE);
	produce_text("\033[1");
	assert_true(fill(true));
	assert_int_equal(it.batch.filled, 0);
	check_place();
	/* Half a sequence is remembered by whoever comes. */
	start(&text, INODE);
	produce_text("ma\n");
	write_all();
	check_written("a\n");
	/* In the middle of a line, in a block that has no newline yet. */
	produce_until(3 * SIZE - 30);
	produce_line(3 * SIZE + RING_BLOCK - lab.filled);
	produce_text("\033[1m");
	write_all();
	check_place();
}

/* ---- what is lost ---- */

static void
check_gap(const struct filter_form *form, const char *begins)
{
	char expected[200];
	uint64_t tail, lines;

	produce_text("a\nb");
	start(form, INODE);
	write_all();
	sink->length = 0;
	tail = lab.filled;
	lines = lines_before(tail);
	produce_text("\n");
	produce_until(lab.filled + 2 * SIZE + 100);
	assert_true(fill(false));
	flush();
	snprintf(expected, sizeof(expected),
	    "%s-- %llu lines (%llu bytes) are missing here: the test was too slow --\n", begins,
	    (unsigned long long)(lines_before(place()->tail) - lines),
	    (unsigned long long)(place()->tail - tail));
	check_written(expected);
	assert_int_equal(place()->line, lines_before(place()->tail));
	assert_int_equal(place()->lost_lines, place()->line - lines);
	assert_int_equal(place()->lost_bytes, place()->tail - tail);
	write_all();
	check_place();
	place()->lost_lines = place()->lost_bytes = 0;
}

static void
a_line_stands_where_lines_are_missing(void **state)
{
	(void)state;
	check_gap(&raw, "\n");
	check_gap(&text, "\n");
	check_gap(&prefixed, "\nlobby: ");
}

static void
overtake(int signal)
{
	(void)signal;
	mprotect(it.batch.bytes, ROOM, PROT_READ | PROT_WRITE);
	produce_until(lab.filled + 2 * SIZE);
}

/* The producer laps when the first byte is put, of what is made, and of what is made again. */
static void
bytes_that_are_overwritten_meanwhile_are_not_written(void **state)
{
	struct sigaction act = { .sa_handler = overtake }, old;

	(void)state;
	for (int i = 0; i < 2; i++) {
		produce_until(lab.filled + 1000);
		start(&raw, INODE);
		assert_true(i == 0 || fill(true));
		start(&raw, INODE);
		it.batch.bytes = mmap(NULL, ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		sigaction(SIGSEGV, &act, &old);
		assert_true(fill(true));
		sigaction(SIGSEGV, &old, NULL);
		assert_int_equal(place()->note.kind, RING_NOTE_GAP);
		write_all();
		munmap(it.batch.bytes, ROOM);
	}
}

/* All lines are there or counted, for any speeds of a producer and a writer. */
static void
lines_that_are_lost_are_counted(void **state)
{
	uint64_t read = 0;

	(void)state;
	start(&raw, INODE);
	for (int i = 0; i < soak(300) && lab.filled < ALL - 4 * SIZE; i++) {
		bool large = random_below(10) == 0;

		if (random_below(20) == 0)
			produce_line(random_below(SIZE));
		produce_until(lab.filled + random_below(large ? 2 * SIZE : 5000));
		for (uint32_t n = random_below(8); n > 0 && fill(random_below(2) == 0); n--) {
			bool gap = place()->note.kind == RING_NOTE_GAP;

			flush();
			if (gap)
				sink->length = 0;
			for (uint64_t at = 0; at < sink->length; at++)
				read += sink->bytes[at] == '\n';
			sink->length = 0;
			assert_int_equal(place()->line, read + place()->lost_lines);
		}
	}
	write_all();
	check_place();
	assert_true(place()->lost_lines > 100 && read > 100);
}

static void
one_that_was_not_wanted_goes_on_at_the_end(void **state)
{
	uint64_t lines;

	(void)state;
	start(&raw, INODE);
	produce_text("a\nopen");
	write_all();
	check_written("a\nopen");
	/* What PID 1 does when log files are asked for again. */
	produce_text("\n");
	produce_until(5 * SIZE);
	place()->tail = lab.filled;
	start(&raw, INODE);
	assert_true(fill(true));
	flush();
	check_written("\n");
	check_place();
	lines = place()->line;
	/* What comes after that is not missing. */
	produce_text("b\n");
	produce_until(lab.filled + 2 * SIZE);
	assert_true(fill(true));
	flush();
	assert_int_equal(place()->lost_lines, lines_before(place()->tail) - lines);
	sink->length = 0;
	write_all();
	/* A write from before that time is nobody's business any more. */
	produce_text("c\n");
	assert_true(fill(true));
	produce_text("d\n");
	place()->tail = lab.filled;
	start(&raw, INODE);
	produce_text("e\n");
	sink->length = 0;
	write_all();
	check_written("e\n");
	check_place();
}

/* ---- reports ---- */

/* The count that was told, or -1. */
static int64_t
told(int reports, int64_t now)
{
	struct console_report report;

	writer_tell_lost(&it.writer, now);
	if (read(reports, &report, sizeof(report)) != (ssize_t)sizeof(report))
		return -1;
	assert_true(report.kind == REPORT_LOST && report.slot == RING_OWN);
	assert_int_equal(report.value, RING_FILES);
	return report.number;
}

static void
losses_are_told_once_a_minute(void **state)
{
	int ends[2], high[2];
	char byte = 'x';

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	for (int i = 0; i < 2; i++) {
		high[i] = fcntl(ends[i], F_DUPFD_CLOEXEC, HIGH);
		close(ends[i]);
	}
	assert_int_equal(dup2(high[1], CONSOLE_REPORTS), CONSOLE_REPORTS);
	start(&raw, INODE);
	assert_int_equal(told(high[0], 1000), -1);
	place()->lost_lines = 5;
	assert_int_equal(told(high[0], 1000), 5);
	place()->lost_lines = 7;
	assert_int_equal(told(high[0], 1001), -1);
	assert_int_equal(told(high[0], 60999), -1);
	assert_int_equal(told(high[0], 61000), 2);
	assert_int_equal(told(high[0], 200000), -1);
	/* A successor does not tell it again; whom nobody heard tries again. */
	start(&raw, INODE);
	assert_int_equal(told(high[0], 200000), -1);
	place()->lost_lines = 8;
	while (write(CONSOLE_REPORTS, &byte, 1) == 1)
		;
	writer_tell_lost(&it.writer, 300000);
	while (read(high[0], &byte, 1) == 1)
		;
	assert_int_equal(told(high[0], 300001), 1);
	close(high[0]);
	close(high[1]);
	close(CONSOLE_REPORTS);
}

/* ---- kills ---- */

static void
check_exact(void)
{
	size_t n = mask(sink->bytes, sink->length);

	if (n != kills.length || memcmp(sink->bytes, kills.expected, n) != 0)
		fail_msg("killed at %zu: '%.*s' instead of '%.*s'", (size_t)kills.killed_at, (int)n,
		    sink->bytes, (int)kills.length, kills.expected);
}

/* Of one batch at most the rest is missing, and nothing is there twice. */
static void
check_once(void)
{
	bool same = kills.next_file == kills.file;
	size_t first = (size_t)kills.killed_at, n = (size_t)sink->length;
	size_t rest = same ? n - first : n, missing = kills.length - first - rest;

	assert_true(first + rest <= kills.length);
	assert_memory_equal(sink->bytes + n - rest, kills.expected + kills.length - rest, rest);
	assert_true(missing <= (kills.note.kind != RING_NO_NOTE ? kills.note.bytes : 0));
}

static const char colourful[] = "1\n\n\033[31mred\033[0m caf\xc3\xa9 \"q\"\r\n\033[1"
    "mbold\n\033[32m\x9b\001 a line that is cut\nopen \xe2\x82\xac\033";

static void
each_byte_is_written_once_whenever_killed(void **state)
{
	const struct filter_form *const forms[] = { &raw, &text, &prefixed, &json };

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		produce_text(colourful);
		set_kills(forms[i], forms[i], MOST);
		check_kills(check_exact, 60);
		if (i == 0)
			assert_memory_equal(kills.expected, colourful, sizeof(colourful) - 1);
		/* The next one begins where this one ended. */
		place()->tail = lab.filled;
	}
}

static void
a_gap_is_told_once_whenever_killed(void **state)
{
	const struct filter_form *const forms[] = { &raw, &json };

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		start(forms[i], INODE);
		produce_text("open");
		write_all();
		produce_until(lab.filled + 2 * SIZE);
		set_kills(forms[i], forms[i], 0);
		states.most = 150;	/* with the last of the gap, which is what this is about */
		check_kills(check_exact, 70);
		place()->tail = lab.filled;
	}
}

/* As long as the batches take to be lapped, too: what is in one is there or counted. */
static void
check_counted(void)
{
	uint64_t before_it = 0, seen = 0, total = lines_before(lab.filled);
	uint64_t all = place()->lost_lines, batch = kills.note.line - kills.line;
	const char *at = sink->bytes, *end = at + sink->length;

	while ((at = memchr(at, '<', (size_t)(end - at))) != NULL) {
		uint64_t number = 1 + strtoull(at + 1, NULL, 10);

		/* In order, so none twice. */
		if (end - at > 9 && at[9] == '>') {
			assert_true(number > before_it);
			before_it = number;
			seen++;
		}
		at++;
	}
	all += seen;
	assert_true(kills.begun ? all >= total && all <= total + batch : all == total);
	assert_true(all == seen || kills.begun || kills.meanwhile > 0);
}

static void
what_nobody_can_go_on_with_is_counted(void **state)
{
	(void)state;
	produce_until(200);
	set_kills(&prefixed, &prefixed, 60);
	kills.meanwhile = lab.filled + SIZE + SIZE / 4;
	states.most = 120;
	check_kills(check_counted, 0);
	set_kills(&prefixed, &renamed, 60);
	check_kills(check_counted, 0);
}

/* Lines are what they were, whatever the form they were put in. */
static void
check_plain(void)
{
	char *to = sink->bytes, *end = to + sink->length, *stop;

	for (char *from = to; from < end; from = stop) {
		char *tail = stop = (char *)memchr(from, '\n', (size_t)(end - from)) + 1;

		if (*from == '{') {
			from = (char *)memmem(from, (size_t)(end - from), "\"line\":\"", 8) + 8;
			tail -= 2;
			tail[-1] = '\n';
		} else if (memcmp(from, "lobby: ", 7) == 0) {
			from += 7;
		}
		memmove(to, from, (size_t)(tail - from));
		to += tail - from;
	}
	assert_int_equal(to - sink->bytes, lab.filled);
	assert_memory_equal(sink->bytes, lab.all, lab.filled);
}

static void
a_form_that_changes_meanwhile_loses_nothing(void **state)
{
	const struct filter_form *const forms[] = { &prefixed, &text, &json, &raw, &prefixed };

	(void)state;
	produce_until(200);
	for (size_t i = 1; i < COUNT(forms); i++) {
		set_kills(forms[i - 1], forms[i], 60);
		check_kills(check_plain, 0);
	}
}

static void
a_pipe_and_a_file_that_was_exchanged_get_nothing_twice(void **state)
{
	(void)state;
	produce_text(colourful);
	set_kills(&prefixed, &prefixed, MOST);
	kills.file = kills.next_file = NO_FILE;
	check_kills(check_once, 0);
	set_kills(&prefixed, &prefixed, MOST);
	kills.next_file = INODE + 1;
	check_kills(check_once, 0);
}

/* Cut by somebody, or another one with the inode of the old one. */
static void
a_file_that_became_shorter_gets_nothing_twice(void **state)
{
	(void)state;
	start(&raw, INODE);
	produce_text("a\nbcd\n");
	it.writer.most = 2;
	assert_true(fill(true));
	flush();
	it.writer.most = 0;
	assert_true(fill(true));
	sink->length = 1;
	start(&raw, INODE);
	produce_text("e\n");
	write_all();
	assert_memory_equal(sink->bytes + 1, "e\n", 2);
	/* At its beginning nothing can have been written. */
	place()->tail = place()->line_at = place()->line = sink->length = 0;
	start(&raw, INODE);
	assert_true(fill(true));
	start(&raw, INODE);
	write_all();
	check_written("a\nbcd\ne\n");
	/* It grew by what another wrote: all is there. */
	produce_text("f\n");
	assert_true(fill(true));
	sink->length = 100;
	start(&raw, INODE);
	write_all();
	assert_int_equal(sink->length, 100);
	check_place();
}

/* ---- a real file ---- */

/* Writes in pieces of any size until the ring is closed. */
static _Noreturn void
be_a_writer(int fd, uint32_t seed)
{
	struct stat st;

	fstat(fd, &st);
	lab.random += seed;
	it.writer.ring.head = NULL;
	start(&raw, st.st_ino);
	sink->length = (uint64_t)st.st_size;
	for (;;) {
		bool closed = __atomic_load_n(&lab.ring.head->closed, __ATOMIC_SEQ_CST);

		if (!fill(closed)) {
			if (closed)
				_exit(0);
			sched_yield();
			continue;
		}
		while (it.batch.done < it.batch.filled) {
			size_t n = 1 + random_below((uint32_t)(it.batch.filled - it.batch.done));

			if (write(fd, it.bytes + it.batch.done, n) != (ssize_t)n)
				_exit(1);
			it.batch.done += n;
			sink->length += n;
		}
		writer_done(&it.writer, &it.batch);
	}
}

/* What goes through a ring under `block`, while its writer is killed all the time. */
static void
a_file_is_exact_after_many_kills(void **state)
{
	int fd = sys_memfd("log"), lines = soak(6000), status = -1;
	char line[LONGEST + 1], got[LONGEST + 1];
	off_t at = 0, until = 0;
	struct stat st;
	pid_t producer;

	(void)state;
	fcntl(fd, F_SETFL, O_APPEND);
	lab.ring.head->block = place()->wanted = 1;
	producer = flood(lines, no_bells);
	while (status != 0) {
		pid_t writer = fork();

		if (writer == 0)
			be_a_writer(fd, (uint32_t)until);
		until += 1 + random_below(40000);
		while (waitpid(writer, &status, WNOHANG) == 0)
			if (fstat(fd, &st) == 0 && st.st_size >= until)
				kill(writer, SIGKILL);
			else
				sched_yield();
		assert_true(status == 0 || status == SIGKILL);
	}
	check_ended(producer);
	for (int n = 0; n < lines; n++) {
		size_t length = flood_line((uint64_t)n, line);

		assert_int_equal(pread(fd, got, length, at), length);
		assert_memory_equal(got, line, length);
		at += (off_t)length;
	}
	assert_int_equal(lseek(fd, 0, SEEK_END), at);
	assert_int_equal(place()->lost_bytes, 0);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_WRITER(a_line_without_an_end_is_waited_for),
		ON_WRITER(a_long_line_goes_in_pieces),
		ON_WRITER(each_form_is_what_the_filter_makes),
		ON_WRITER(bytes_of_which_nothing_remains_are_done),
		ON_WRITER(bytes_that_are_overwritten_meanwhile_are_not_written),
		ON_WRITER(a_line_stands_where_lines_are_missing),
		ON_WRITER(lines_that_are_lost_are_counted),
		ON_WRITER(one_that_was_not_wanted_goes_on_at_the_end),
		ON_WRITER(losses_are_told_once_a_minute),
		ON_WRITER(each_byte_is_written_once_whenever_killed),
		ON_WRITER(a_gap_is_told_once_whenever_killed),
		ON_WRITER(what_nobody_can_go_on_with_is_counted),
		ON_WRITER(a_form_that_changes_meanwhile_loses_nothing),
		ON_WRITER(a_pipe_and_a_file_that_was_exchanged_get_nothing_twice),
		ON_WRITER(a_file_that_became_shorter_gets_nothing_twice),
		ON_WRITER(a_file_is_exact_after_many_kills),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
