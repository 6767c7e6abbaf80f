/* SPDX-License-Identifier: MIT */
/*
 * Consoles of a supervisor that is killed, as console.h promises them: its console processes leave,
 * those of the next one go on, and each byte of a server is written once, in order.
 */
#include "handover_lab.h"

static int
soak(int count, int usual)
{
	return getenv("SOAK") != NULL && *getenv("SOAK") != '\0' ? count : usual;
}

/* ---- many, under a flood ---- */

static int64_t mark;

static bool
out_has_grown(void)
{
	return size_of(lab.out) >= mark;
}

static void
nothing_is_lost_or_doubled_under_a_flood(void **state)
{
	int count = soak(1000, 20), n = 0;
	char expected[32], *own, *at;
	struct reader r = { 0 };
	int64_t bytes;

	(void)state;
	start_supervisor();
	for (int i = 1; i <= count; i++) {
		/* At any moment: also before the one before has let its place go. */
		mark = size_of(lab.out) + i * 7919 % 3 * i * 4099 % 65536;
		until_true(out_has_grown);
		kill_supervisor();
		start_supervisor();
	}
	end_all();
	check_log(lab.shared->lines);
	check_file(&r, lab.out);
	assert_int_equal(r.lines, lab.shared->lines);
	print_message("%d hand-overs, %llu lines\n", count, (unsigned long long)lab.shared->lines);
	/* So are the supervisor's own lines. */
	bytes = size_of(lab.err);
	own = calloc(1, (size_t)bytes + 1);
	assert_int_equal(pread(lab.err, own, (size_t)bytes, 0), bytes);
	for (at = own; (at = strstr(at, "life ")) != NULL; at++) {
		snprintf(expected, sizeof(expected), "life %d\n", ++n);
		assert_memory_equal(at, expected, strlen(expected));
	}
	free(own);
	assert_int_equal(n, count + 1);
}

/* ---- who leaves, and who waits ---- */

static bool
ring_is_lapped(void)
{
	return lab.slot.head->head > 2 * RING_BYTES;
}

/* With a server that never pauses, and nobody to come. */
static void
all_leave_under_an_endless_flood(void **state)
{
	pid_t carrier;

	(void)state;
	lab.conf.log.on_full = FULL_DROP;
	start_supervisor();
	look_into_rings();
	until_true(ring_is_lapped);
	carrier = lab.shared->carrier;
	kill_supervisor();
	check_left(carrier);
	check_left(lab.shared->files);
	check_left(lab.shared->output);
	assert_int_equal(waitpid(lab.shared->server, NULL, WNOHANG), 0);
	start_supervisor();
	end_all();
}

static bool
carrier_has_place(void)
{
	return holder(CONSOLE_CARRIER, 0) == lab.shared->carrier;
}

static bool
files_has_place(void)
{
	return holder(CONSOLE_FILES, 0) == lab.shared->files;
}

static bool
output_has_place(void)
{
	return holder(CONSOLE_OUTPUT, -1) == lab.shared->output;
}

static bool
some_is_written(void)
{
	return size_of(lab.out) > 0 && lab.slot.head->place[RING_FILES].tail > 0;
}

/* Held, they cannot leave: nobody takes their place, not even after several supervisors. */
static void
a_successor_waits_for_its_place(void **state)
{
	pid_t old[3];

	(void)state;
	start_supervisor();
	look_into_rings();
	until_true(some_is_written);
	until_true(carrier_has_place);
	old[0] = lab.shared->carrier;
	old[1] = lab.shared->files;
	old[2] = lab.shared->output;
	for (int i = 0; i < 3; i++)
		hold(old[i]);
	kill_supervisor();
	start_supervisor();
	kill_supervisor();
	/* Those of the second one never had a place, and leave all the same. */
	check_left(lab.shared->carrier);
	check_left(lab.shared->files);
	check_left(lab.shared->output);
	start_supervisor();
	assert_int_equal(holder(CONSOLE_CARRIER, 0), old[0]);
	assert_int_equal(holder(CONSOLE_FILES, 0), old[1]);
	assert_int_equal(holder(CONSOLE_OUTPUT, -1), old[2]);
	for (int i = 0; i < 3; i++)
		let_go(old[i]);
	for (int i = 0; i < 3; i++)
		check_left(old[i]);
	until_true(carrier_has_place);
	until_true(files_has_place);
	until_true(output_has_place);
	end_all();
	check_log(lab.shared->lines);
}

/* ---- a server that ends meanwhile ---- */

static void
print_some(void)
{
	print_lines(3000);
}

static bool
server_is_gone(void)
{
	return waitpid(lab.shared->server, NULL, WNOHANG) != 0;
}

/* Its FIFO has nobody but the carrier then. */
static void
what_a_server_left_is_carried_to_its_end(void **state)
{
	(void)state;
	lab.serve = print_some;
	lab.conf.log.stdout = false;
	start_supervisor();
	look_into_rings();
	hold(lab.shared->carrier);
	kill_supervisor();
	until_true(server_is_gone);
	let_go(lab.shared->carrier);
	check_left(lab.shared->carrier);
	start_supervisor();
	end_all();
	check_log(3000);
}

/* ---- standard output ---- */

static int pipe_ends[2];

static bool
pipe_is_full(void)
{
	struct pollfd end = { .fd = pipe_ends[1], .events = POLLOUT };

	return poll(&end, 1, 0) == 0 && lab.slot.head->head - lab.slot.head->place[RING_OUTPUT].tail >
	    RING_BYTES / 2;
}

static void
read_pipe(struct reader *r)
{
	char bytes[4096];
	ssize_t n;

	fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK);
	while ((n = read(pipe_ends[0], bytes, sizeof(bytes))) > 0)
		check_bytes(r, bytes, (size_t)n);
}

/* Nobody reads it, so what it holds up is the successor's. */
static void
a_stuck_output_keeps_nobody_and_loses_nothing(void **state)
{
	struct reader r = { 0 };
	int file = lab.out;

	(void)state;
	assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
	lab.out = pipe_ends[1];
	start_supervisor();
	look_into_rings();
	until_true(pipe_is_full);
	kill_supervisor();
	check_left(lab.shared->output);
	lab.out = file;
	start_supervisor();
	until_true(some_is_written);
	end_all();
	read_pipe(&r);
	assert_true(r.lines > 0);
	check_file(&r, file);
	assert_int_equal(r.lines, lab.shared->lines);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
}

/* Its reader has died with the supervisor. */
static void
a_dead_output_takes_nothing(void **state)
{
	struct reader r = { 0 };
	int file = lab.out;

	(void)state;
	assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
	lab.out = pipe_ends[1];
	start_supervisor();
	look_into_rings();
	until_true(pipe_is_full);
	hold(lab.shared->output);
	kill_supervisor();
	read_pipe(&r);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	let_go(lab.shared->output);
	check_left(lab.shared->output);
	lab.out = file;
	start_supervisor();
	end_all();
	check_file(&r, file);
	assert_int_equal(r.lines, lab.shared->lines);
}

/* ---- what the lines say ---- */

static void
be_ready(void)
{
	static const char text[] = "[12:00:00] [Server thread/INFO]: Done (1.234s)! For help, type \"help\"\n";

	if (write(1, text, sizeof(text) - 1) < 0)
		_exit(3);
	while (!__atomic_load_n(&lab.shared->enough, __ATOMIC_ACQUIRE))
		poll(NULL, 0, 1);
}

static bool
ready_is_marked(void)
{
	return lab.slot.head->marked & UINT32_C(1) << MARKER_READY;
}

static bool
ready_is_heard(void)
{
	return __atomic_load_n(&lab.shared->heard[MARKER_READY], __ATOMIC_SEQ_CST) > 0;
}

static void
what_was_not_heard_is_told_again(void **state)
{
	(void)state;
	lab.serve = be_ready;
	lab.shared->deaf = true;
	start_supervisor();
	look_into_rings();
	until_true(ready_is_marked);
	kill_supervisor();
	lab.shared->deaf = false;
	start_supervisor();
	until_true(ready_is_heard);
	end_all();
	assert_int_equal(lab.shared->heard[MARKER_READY], 1);
}

/* ---- FIFOs ---- */

static void
fifos_are_found_as_they_are(void **state)
{
	static struct console_table table;
	char path[96], bytes[8];
	struct console_slot *c = &table.slot[0];
	int fd;

	(void)state;
	assert_int_equal(console_open(&table, lab.path, true), 0);
	console_configure(&table, &lab.shared->proc, &lab.conf, &lab.conf);
	assert_int_equal(console_prepare(&table, 0, &lab.conf), 0);
	/* As the server has it. */
	snprintf(path, sizeof(path), "%s/lobby/stdout", lab.path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(write(fd, "before\n", 7), 7);
	assert_int_equal(console_adopt(&table, lab.path), 0);
	assert_int_equal(console_reopen(&table, 0, "lobby", false), 0);
	assert_int_equal(read(c->source, bytes, sizeof(bytes)), 7);
	assert_memory_equal(bytes, "before\n", 7);
	assert_int_equal(console_command(&table, 0, "stop"), 0);
	/* Behind it nothing can be typed any more, neither by the next one. */
	assert_int_equal(console_adopt(&table, lab.path), 0);
	assert_int_equal(console_reopen(&table, 0, "lobby", false), 0);
	assert_int_equal(c->sink, -1);
	assert_int_equal(console_command(&table, 0, "stop"), -ENOENT);
	/* Of a terminal there is nothing, and what is no FIFO is not one. */
	assert_int_equal(console_reopen(&table, 0, "lobby", true), 0);
	assert_int_equal(c->source, -1);
	assert_false(c->pty);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(console_reopen(&table, 0, "lobby", false), -ENOENT);
	close(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(console_reopen(&table, 0, "lobby", false), -ENXIO);
	assert_int_equal(console_reopen(&table, 0, "nobody", false), -ENOENT);
	assert_int_equal(c->hold, -1);
	assert_int_equal(c->dir, -1);
	close(fd);
	console_end(&table, 0);
	console_finish(&table);
}

/* ---- what a console process that went mad may say ---- */

static void
what_picks_nothing_is_no_report(void **state)
{
	static const struct { struct console_report report; bool is; } cases[] = {
		{ { .slot = 0, .kind = REPORT_MARKER, .value = MARKER_READY }, true },
		{ { .slot = 0, .kind = REPORT_MARKER, .value = MARKER_COUNT - 1, .number = 25565 }, true },
		{ { .slot = CONF_SERVERS - 1, .kind = REPORT_PLAYERS, .number = 1000 }, true },
		{ { .slot = -1, .kind = REPORT_LOST, .value = RING_OUTPUT, .number = INT64_MAX }, true },
		{ { .slot = -1, .kind = REPORT_MARKER, .value = MARKER_READY }, false },
		{ { .slot = 0, .kind = REPORT_MARKER, .value = MARKER_COUNT }, false },
		{ { .slot = 0, .kind = REPORT_MARKER, .value = -1 }, false },
		{ { .slot = 0, .kind = REPORT_MARKER, .number = -1 }, false },
		{ { .slot = 0, .kind = REPORT_MARKER, .number = 1 << 23 }, false },
		{ { .slot = -1, .kind = REPORT_PLAYERS }, false },
		{ { .slot = 0, .kind = REPORT_PLAYERS, .number = -1 }, false },
		{ { .slot = CONF_SERVERS, .kind = REPORT_LOST }, false },
		{ { .slot = -2, .kind = REPORT_LOST }, false },
		{ { .slot = 0, .kind = CONSOLE_REPORT_KIND_COUNT }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (console_is_report(&cases[i].report) != cases[i].is)
			fail_msg("case %zu", i);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		ON_LAB(nothing_is_lost_or_doubled_under_a_flood),
		ON_LAB(all_leave_under_an_endless_flood),
		ON_LAB(a_successor_waits_for_its_place),
		ON_LAB(what_a_server_left_is_carried_to_its_end),
		ON_LAB(a_stuck_output_keeps_nobody_and_loses_nothing),
		ON_LAB(a_dead_output_takes_nothing),
		ON_LAB(what_was_not_heard_is_told_again),
		ON_LAB(fifos_are_found_as_they_are),
		cmocka_unit_test(what_picks_nothing_is_no_report),
	};
	int code;

	sys_signals_block();
	if (play_role(argc, argv, &code))
		return code;
	sys_signals_unblock();
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
	proc_set_self();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
