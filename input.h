/* SPDX-License-Identifier: MIT */
/*
 * input: the console process that pumps our standard input to the servers.
 *
 * A role of the binary (mcinit --role=input RUN_DIR), started by console.c.  Line by line: with
 * one server each line is for it, with several "NAME: command" tells for whom.  A terminal in
 * front of the only server goes key by key when that runs in a pty.  It leaves when the input
 * has ended, which stops nobody, and on SIGTERM, when a server is to have our terminal.  Where it
 * is killed its successor knows what the terminal was like, and drops the rest of a line whose
 * beginning had been read.  It must never wait for a server that does not read.
 *
 * The verbs of talk.c that type a command share what makes and types a line.
 */
#ifndef INPUT_H
#define INPUT_H

#include <stdbool.h>
#include <stddef.h>

enum { INPUT_LINE = 4095 };		/* the longest line: with its newline one write, uncut */

/* A line as it comes together; all zero is the beginning of a stream. */
struct input_line {
	char text[INPUT_LINE + 1];
	size_t bytes;			/* behind them stands the newline, once it is whole */
	bool whole;
	bool too_long;			/* not to be typed: half a command is another one */
};

/*
 * The next byte of a stream; true: the line is whole, until the next call.  Control bytes but the
 * tab are left out, so that \r\n is \n, and no line can be a keystroke (Ctrl-C, Ctrl-D, an arrow)
 * to a server in a pty.
 */
bool input_take(struct input_line *line, char c);

/* The stream has ended; true: with a line that lacked its newline. */
bool input_rest(struct input_line *line);

bool input_is_left_out(char c);

/* Where the command begins in a whole line "NAME: command" for `name`; 0: it is not for that. */
size_t input_command(const struct input_line *line, const char *name);

/*
 * Types a line with its newline, or keys.  Never waits.  0 or -errno: ENOENT, ENXIO, EPIPE say
 * that the server does not run or is stopping, EAGAIN that it does not read.
 */
int input_type(const char *run_dir, const char *name, const char *bytes, size_t count);

int input_main(int argc, char *argv[]);

#endif
