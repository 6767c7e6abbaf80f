/*
 * SPDX-License-Identifier: MIT
 *
 * A server on its console and its RCON and nothing more: what a scenario needs to see how mcinit
 * treats a server that is slow, crashes, hangs, floods, forks or refuses to end, in milliseconds
 * and without a JVM.  Scenarios run it as the command of a server or as "java"; it writes what
 * happened to it to a journal.  It must never behave better than a JVM: where HotSpot loses output,
 * ignores a signal or hangs, so does this.  It must never be linked to the release binary.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fakeserver.h"

#define FLOOD_LINE	100
#define FLOOD_BATCH	40	/* 4000 bytes: one write that poll has promised not to block */

enum phase { STARTING, READY, SAVING, LINGERING };
enum timer {
	PROGRESS, CRASH, DONE, OPEN, STOP, CLOCK, FLOOD, FLUSHED, SAVED, MURMUR, END, TIMERS
};

static struct {
	enum phase	phase;
	int64_t		started, due[TIMERS];
	int		code;
	bool		signalled, deaf, hung, save_off;
	int64_t		flood_from, flooded;
	int		progress;
} server;

static struct {
	char	bytes[LINE_SIZE];
	size_t	len, journaled, executed;
	bool	eof;
} input;

_Noreturn void
fake_finish(int code)
{
	fake_journal("exit %d", code);
	_exit(code);
}

void
fake_crash(void)
{
	sigset_t set;
	int number;

	fake_options_say_marks();
	number = (int)opt.crash_signal;
	if (number == 0)
		fake_finish((int)opt.exit_code);
	fake_journal("crash-signal %d", number);
	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	kill(getpid(), number);
	fake_finish(STATUS_SURVIVED);
}

void
fake_begin_save(void)
{
	server.phase = SAVING;
	server.due[PROGRESS] = server.due[DONE] = server.due[STOP] = FOREVER;
	server.due[FLUSHED] = server.due[OPEN] = FOREVER;
	fake_journal("saving %d", getpid());
	fake_say("Stopping server");
	fake_say("Saving players");
	fake_say("Saving worlds");
	fake_say("Saving chunks for level 'ServerLevel[world]'/minecraft:overworld");
	server.due[SAVED] = fake_after(opt.save_time);
}

static void
on_saved(void)
{
	fake_journal("saved %d", getpid());
	fake_say("ThreadedAnvilChunkStorage (world): All chunks are saved");
	fake_say("ThreadedAnvilChunkStorage: All dimensions are saved");
	server.phase = LINGERING;
	server.due[END] = fake_after(opt.after_save);
	if (!opt.silent)
		server.due[MURMUR] = fake_after(500);
	else
		server.due[CLOCK] = server.due[FLOOD] = FOREVER;
}

static void
on_murmur(void)
{
	fake_say("Flushing Chunk IO");
	server.due[MURMUR] = fake_after(500);
}

static void
on_end(void)
{
	fake_finish(server.code);
}

static void
dump_threads(void)
{
	fake_say_raw("Full thread dump OpenJDK 64-Bit Server VM (17.0.15+6 mixed mode):\n\n"
	    "\"Server thread\" #21 prio=8 os_prio=0 cpu=1.00ms elapsed=1.00s tid=0x1 nid=0x2 "
	    "runnable\n   java.lang.Thread.State: RUNNABLE\n\tat FakeServer.tick(fakeserver.c)\n");
}

/* A JVM whose hooks already run takes no notice of a further signal. */
static void
on_signal(int number)
{
	if (number == SIGQUIT) {
		dump_threads();
		return;
	}
	if (opt.ignore_term || server.hung || server.signalled)
		return;
	server.signalled = true;
	server.code = 128 + number;
	if (server.phase == LINGERING)
		server.due[END] = fake_now();
	else if (server.phase != SAVING)
		fake_begin_save();
}

static void
on_progress(void)
{
	fake_say("Preparing spawn area: %d%%", server.progress);
	server.progress += 25;
	if (server.progress < 100 && !opt.silent && !opt.never_ready)
		server.due[PROGRESS] = fake_after(opt.start_delay / 4);
}

static void
greet_players(void)
{
	int64_t i;

	for (i = 1; i <= opt.players; i++) {
		fake_say("Player%" PRId64 "[/127.0.0.1:%d] logged in with entity id %" PRId64
		    " at (0.5, 64.0, 0.5)", i, 40000 + (int)i, i);
		fake_say("Player%" PRId64 " joined the game", i);
	}
}

static void
start_flood(void)
{
	if (opt.flood == UNSET)
		return;
	server.flood_from = fake_now();
	server.due[FLOOD] = server.flood_from;
}

void
fake_hang(void)
{
	server.hung = true;
	server.due[CLOCK] = server.due[FLOOD] = server.due[STOP] = FOREVER;
	server.due[OPEN] = FOREVER;
}

static void
stop_self(void)
{
	fake_journal("stop-self %d", getpid());
	raise(SIGSTOP);
	fake_journal("continued %d", getpid());
}

/* Before anyone is told that the server is ready, unless it is to come late. */
static void
open_rcon(void)
{
	if (fake_rcon_is_early())
		return;
	if (opt.rcon_after > 0)
		server.due[OPEN] = fake_after(opt.rcon_after);
	else
		fake_rcon_open();
}

static void
on_done(void)
{
	int64_t took;

	took = fake_now() - server.started;
	server.due[PROGRESS] = FOREVER;
	fake_say("Time elapsed: %" PRId64 " ms", took);
	if (fake_rcon_is_early())
		fake_rcon_open();
	if (opt.ready_line != NULL)
		fake_say("%s", opt.ready_line);
	else
		fake_say("Done (%d.%03ds)! For help, type \"help\"", (int)(took / 1000),
		    (int)(took % 1000));
	open_rcon();
	greet_players();
	server.phase = READY;
	if (opt.orphans > 0)
		fake_process_orphans();
	if (opt.daemon != UNSET)
		fake_process_daemon();
	fake_journal("ready %d", getpid());
	start_flood();
	if (opt.crash_after != UNSET && !opt.crash_before_ready)
		server.due[CRASH] = fake_after(opt.crash_after);
	if (opt.stop_after != UNSET)
		server.due[STOP] = fake_after(opt.stop_after);
	if (opt.hang)
		fake_hang();
	if (opt.stop_self)
		stop_self();
}

/* A player's /stop, or whatever --mark says. */
static void
on_stop(void)
{
	if (opt.marks == 0 && opt.last_line == NULL)
		fake_say("[Player1: Stopping the server]");
	fake_options_say_marks();
	fake_begin_save();
}

static void
on_clock(void)
{
	fake_say("clock %" PRId64, fake_now());
	/* Whoever wants to know whether we were held up need not read what we say. */
	fake_journal("clock %d", getpid());
	server.due[CLOCK] = fake_after(opt.clock);
}

/* How many lines the rate allows now: all of a batch at rate 0, none past --flood-lines. */
static int64_t
flood_share(void)
{
	int64_t lines;

	lines = FLOOD_BATCH;
	if (opt.flood > 0)
		lines = (fake_now() - server.flood_from) * opt.flood / 1000 + 1 - server.flooded;
	if (opt.flood_lines > 0 && lines > opt.flood_lines - server.flooded)
		lines = opt.flood_lines - server.flooded;
	return lines < FLOOD_BATCH ? lines : FLOOD_BATCH;
}

static size_t
flood_line(char *line, int64_t number)
{
	int len;

	len = fake_io_prefix(line, FLOOD_LINE);
	len += snprintf(line + len, (size_t)(FLOOD_LINE - len), "flood %010" PRId64 " ", number);
	memset(line + len, 'x', (size_t)(FLOOD_LINE - len));
	line[FLOOD_LINE - 1] = '\n';
	return FLOOD_LINE;
}

static void
on_flood(void)
{
	char batch[FLOOD_BATCH * FLOOD_LINE];
	int64_t share;
	size_t len;

	len = 0;
	for (share = flood_share(); share > 0; share--)
		len += flood_line(batch + len, ++server.flooded);
	fake_io_put(batch, len);
	if (opt.flood_lines == 0 || server.flooded < opt.flood_lines) {
		server.due[FLOOD] = opt.flood == 0 ? fake_now() :
		    server.flood_from + server.flooded * 1000 / opt.flood;
		return;
	}
	fake_journal("flooded %" PRId64, server.flooded);
	if (opt.flood_crash)
		fake_crash();
}

static void
on_flushed(void)
{
	fake_journal("flushed %d", getpid());
	fake_command_flushed();
}

/* ---- what commands do to the main thread ---- */

void
fake_stop(void)
{
	if (opt.stop_hang)
		server.deaf = true;
	else
		fake_begin_save();
}

void
fake_begin_flush(void)
{
	server.due[FLUSHED] = fake_after(opt.save_time);
}

bool
fake_main_listens(void)
{
	return server.phase == READY && !server.deaf && !fake_main_busy();
}

bool
fake_main_busy(void)
{
	return server.hung || server.due[FLUSHED] != FOREVER;
}

/* ---- the console ---- */

static char *
line_end(size_t from)
{
	return memchr(input.bytes + from, '\n', input.len - from);
}

/* The reader thread of a real server takes lines at once; the journal has them when it would. */
static void
read_stdin(void)
{
	ssize_t got;
	char *end;
	size_t len;

	got = read(STDIN_FILENO, input.bytes + input.len, sizeof(input.bytes) - 1 - input.len);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0)
		input.len += (size_t)got;
	else
		input.eof = true;
	if ((input.eof || input.len == sizeof(input.bytes) - 1) && input.len > input.journaled &&
	    input.bytes[input.len - 1] != '\n')
		input.bytes[input.len++] = '\n';
	while ((end = line_end(input.journaled)) != NULL) {
		len = (size_t)(end - input.bytes) - input.journaled;
		fake_journal("command %.*s", (int)len, input.bytes + input.journaled);
		input.journaled += len + 1;
	}
	if (input.eof)
		fake_journal("eof");
}

/* The main thread executes them: not before it is ready, not while it saves or hangs. */
static void
execute_lines(void)
{
	size_t from;
	char *end;

	while (fake_main_listens() && input.executed < input.journaled) {
		from = input.executed;
		end = line_end(from);
		input.executed = (size_t)(end - input.bytes) + 1;
		*end = '\0';
		if (end > input.bytes + from && end[-1] == '\r')
			end[-1] = '\0';
		if (input.bytes[from] != '\0')
			fake_command_run(input.bytes + from, NULL);
	}
	if (server.phase > READY || server.deaf)
		input.executed = input.journaled;
	memmove(input.bytes, input.bytes + input.executed, input.len - input.executed);
	input.len -= input.executed;
	input.journaled -= input.executed;
	input.executed = 0;
}

/* ---- life ---- */

static void
run_timers(void)
{
	static void (*const handlers[TIMERS])(void) = {
		[PROGRESS] = on_progress, [DONE] = on_done, [CRASH] = fake_crash, [STOP] = on_stop,
		[OPEN] = fake_rcon_open, [CLOCK] = on_clock, [FLOOD] = on_flood,
		[FLUSHED] = on_flushed, [SAVED] = on_saved, [MURMUR] = on_murmur, [END] = on_end,
	};
	int i;

	for (i = 0; i < TIMERS; i++) {
		if (server.due[i] > fake_now())
			continue;
		server.due[i] = FOREVER;
		handlers[i]();
	}
}

static void
wait_for_event(void)
{
	struct pollfd fds[1 + FAKE_RCON_FDS] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	int64_t next;
	int i;

	next = fake_rcon_due();
	for (i = 0; i < TIMERS; i++)
		if (server.due[i] < next)
			next = server.due[i];
	if (input.eof || server.hung || input.len >= sizeof(input.bytes) - 1)
		fds[0].fd = -1;
	fake_io_poll(fds, 1 + fake_rcon_poll(fds + 1), next);
	if (fds[0].revents != 0)
		read_stdin();
	fake_rcon_turn(fds + 1);
}

/* With --first N the later starts are those of a healthy server. */
static void
behave(void)
{
	opt.crash_after = opt.exit_on_start = UNSET;
	opt.hang = opt.stop_hang = opt.never_ready = opt.ignore_term = opt.stop_self = 0;
	opt.flood_crash = opt.rcon_after = opt.rcon_never = opt.rcon_delay = opt.rcon_hang = 0;
	opt.rcon_close = opt.rcon_garble = opt.rcon_flood = opt.rcon_half = opt.rcon_drip = opt.rcon_gap = 0;
	opt.rcon_wrong_id = opt.rcon_no_stop_reply = 0;
}

static void
start(void)
{
	fake_journal("start %d", getpid());
	if (opt.exit_on_start != UNSET) {
		fake_options_say_marks();
		fake_finish((int)opt.exit_on_start);
	}
	fake_say("Starting minecraft server version 1.21.4");
	fake_say("Loading properties");
	fake_say("Default game type: SURVIVAL");
	fake_say("Starting Minecraft server on *:25565");
	fake_say("Preparing level \"world\"");
	server.due[PROGRESS] = fake_now();
	if (!opt.never_ready)
		server.due[DONE] = fake_after(opt.start_delay);
	if (opt.crash_after != UNSET && opt.crash_before_ready)
		server.due[CRASH] = fake_after(opt.crash_after);
	if (opt.clock > 0)
		server.due[CLOCK] = fake_now();
}

int
main(int argc, char **argv, char **env)
{
	int i, number;

	(void)argc;
	for (i = 0; i < TIMERS; i++)
		server.due[i] = FOREVER;
	server.started = fake_now();
	fake_options_read(argv);
	fake_rcon_check();
	fake_io_open();
	if (opt.first > 0 && fake_io_earlier_starts() >= opt.first)
		behave();
	if (opt.report)
		fake_process_report(argv, env);
	if (opt.child_saves)
		fake_process_parent();
	fake_io_catch_signals();
	start();
	for (;;) {
		wait_for_event();
		while ((number = fake_io_signal()) != 0)
			on_signal(number);
		run_timers();
		execute_lines();
		fake_rcon_execute();
	}
}
