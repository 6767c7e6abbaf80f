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

enum fake_status { STATUS_USAGE = 64, STATUS_NO_JOURNAL = 97, STATUS_SURVIVED = 99 };

/* One member for each option of the same name; flags are 0 or 1, durations milliseconds. */
struct fake_options {
	int64_t	start_delay, never_ready, crash_after, crash_before_ready, exit_code, crash_signal;
	int64_t	exit_on_start, stop_after, ignore_term, hang, stop_hang, save_time, after_save;
	int64_t	silent, flood, flood_lines, flood_crash, clock, orphans, orphan_life, daemon;
	int64_t	daemon_ignore_term, keep_fds, child_saves, stop_self, report, first, players;
	const char *journal, *last_line, *ready_line, *stop_command;
	unsigned int marks;
};

extern struct fake_options opt;
extern int fake_journal_fd;

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

/* Waits for the descriptor, a signal or the deadline; true when the descriptor has something. */
bool	fake_io_poll(struct pollfd *in, int64_t deadline);

/* The next signal not yet acted on, 0 when there is none. */
int	fake_io_signal(void);

/* Monotonic milliseconds; a duration of FOREVER gives the deadline FOREVER. */
int64_t	fake_now(void);
int64_t	fake_after(int64_t duration);

#endif
