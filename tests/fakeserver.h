/*
 * SPDX-License-Identifier: MIT
 *
 * What the files of the fake server share: its options, its journal, its console output.
 * Included by fakeserver*.c only; it must never be included by anything of mcinit.
 */
#ifndef FAKESERVER_H
#define FAKESERVER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_SIZE	8192
#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define UNSET		INT64_C(-1)
#define FOREVER		INT64_MAX	/* as a duration: never ends; as a deadline: never comes */

/* Descriptors that fake_rcon_poll may fill in. */
#define FAKE_RCON_FDS	129

enum fake_status { STATUS_USAGE = 64, STATUS_NO_JOURNAL = 97, STATUS_SURVIVED = 99 };

/* One member for each option of the same name; flags are 0 or 1, durations milliseconds. */
struct fake_options {
	int64_t	start_delay, never_ready, crash_after, crash_before_ready, exit_code, crash_signal;
	int64_t	exit_on_start, stop_after, ignore_term, hang, stop_hang, save_time, after_save;
	int64_t	silent, flood, flood_lines, flood_crash, clock, orphans, orphan_life, daemon;
	int64_t	daemon_ignore_term, keep_fds, child_saves, stop_self, report, first, players;
	int64_t	rcon, rcon_after, rcon_port, rcon_never, rcon_delay, rcon_hang, rcon_close;
	int64_t	rcon_garble, rcon_seed, rcon_flood, rcon_half, rcon_drip, rcon_gap, rcon_wrong_id;
	int64_t	rcon_no_stop_reply;
	const char *journal, *last_line, *ready_line, *stop_command;
	const char *rcon_mode, *rcon_password, *rcon_list;
	unsigned int marks;
};

extern struct fake_options opt;
extern int fake_journal_fd;

/* What commands answer: their messages, each with a NUL at its end. */
struct fake_text {
	char	*bytes;
	size_t	 len, size;
};

struct fake_chunk;

/* What goes to one RCON client, and when; latin1, pieces and halve are for its owner to set. */
struct fake_wire {
	struct fake_chunk *first, *last;
	int64_t	pause;
	bool	latin1, pieces, halve, shut;
};

/* fakeserver_options.c: fills opt, FAKESERVER_OPTIONS first, then argv, then the config file. */
void	fake_options_read(char **argv);
void	fake_options_say_marks(void);

/*
 * fakeserver_process.c.  fake_process_parent returns in the child alone.  The two spawns return
 * when the journal names every process they made.
 */
void	fake_process_report(char **argv, char **env);
void	fake_process_parent(void);
void	fake_process_orphans(void);
void	fake_process_daemon(void);

/* fakeserver_io.c: a console line with or without the usual prefix; a journal line in one write. */
void	fake_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void	fake_say_raw(const char *text);
void	fake_journal(const char *format, ...) __attribute__((format(printf, 1, 2)));
void	fake_die(int status, const char *what, const char *value) __attribute__((noreturn));

/* The bytes of many lines at once, and the prefix to build them; returns the prefix's length. */
void	fake_io_put(const char *text, size_t len);
int	fake_io_prefix(char *line, size_t size);

/* Opens the journal, or ends the process; fake_io_catch_signals comes after the report. */
void	fake_io_open(void);
int64_t	fake_io_earlier_starts(void);
void	fake_io_catch_signals(void);

/* Waits for the descriptors, a signal or the deadline; then revents says what there is. */
void	fake_io_poll(struct pollfd *fds, nfds_t count, int64_t deadline);

/* The next signal not yet acted on, 0 when there is none. */
int	fake_io_signal(void);

/* Monotonic milliseconds; a duration of FOREVER gives the deadline FOREVER. */
int64_t	fake_now(void);
int64_t	fake_after(int64_t duration);

/*
 * fakeserver.c, for commands: the main thread's own life.  A save-all occupies it until it calls
 * fake_command_flushed.
 */
void	fake_finish(int code) __attribute__((noreturn));
void	fake_crash(void);
void	fake_hang(void);
void	fake_stop(void);
void	fake_begin_save(void);
void	fake_begin_flush(void);

/* It takes commands now; it is within one, and that one has not returned. */
bool	fake_main_listens(void);
bool	fake_main_busy(void);

/*
 * fakeserver_commands.c: executes a line and changes it.  What the command says goes to the
 * console, or to the text, which has to live until the command has returned.
 */
void	fake_command_run(char *line, struct fake_text *reply);
void	fake_command_flushed(void);

/*
 * fakeserver_rcon.c.  fake_rcon_check ends the process when the options make no sense; open does
 * what a server does about its RCON, which in some modes is early: before it is ready.  poll
 * fills in descriptors and returns how many; turn is for after the wait; execute runs what waits
 * for the main thread; due is when there is something to do next.
 */
void	fake_rcon_check(void);
bool	fake_rcon_is_early(void);
void	fake_rcon_open(void);
nfds_t	fake_rcon_poll(struct pollfd *fds);
void	fake_rcon_turn(const struct pollfd *fds);
void	fake_rcon_execute(void);
int64_t	fake_rcon_due(void);

/*
 * fakeserver_wire.c.  fake_text_flatten takes the ends of the messages out.  packet sends one, text
 * as many as vanilla makes of it; both keep what they are given, late by so many milliseconds.
 * flush sends what is due, and returns false when nobody takes it any more; due is FOREVER when
 * there is nothing to send.
 */
void	fake_text_add(struct fake_text *text, const char *bytes, size_t len);
void	fake_text_flatten(struct fake_text *text);
void	fake_wire_raw(struct fake_wire *wire, const void *bytes, size_t len, int64_t late);
void	fake_wire_packet(struct fake_wire *wire, int32_t id, int32_t type, const char *body,
	    size_t len, int64_t late);
void	fake_wire_text(struct fake_wire *wire, int32_t id, const char *text, size_t len);
bool	fake_wire_flush(struct fake_wire *wire, int fd);
void	fake_wire_clear(struct fake_wire *wire);
int64_t	fake_wire_due(const struct fake_wire *wire);

#endif
