/* SPDX-License-Identifier: MIT */
/*
 * ctl: the language of the control socket.
 *
 * Lines of text.  mcinit greets with "mcinit-control VERSION PROGRAM"; the client says what it wants,
 * a verb and, behind one blank, its argument up to the end of the line; the answer is a line that
 * begins with "ok ", "no " or "late " (it took too long), then mcinit hangs up.  Pure.  Called by
 * act_control.c and ask.c.  It must never do what it is asked for.
 *
 * The argument of most is a server's name, or "-" for the only one; for stop "*" is all of them.  Behind that
 * of stop and restart may stand a blank and "now": players are not warned.  "ok" means that it is under way.
 * Before the answer to status come lines of report.h; they also come before that to end, which is given when
 * mcinit ends, and its "ok" has the exit code.
 *
 * The argument of rcon is a server's name, or "-" for the only one, a blank, and a command.  Before its
 * answer come pieces of the server's reply as that sends them.
 *
 * With the "ok" of consoles and input comes a descriptor: of the rings of all consoles (ring.h), to read, and of
 * the FIFO that a server reads its console from.  So no byte of a console goes through mcinit.
 *
 * What comes before an answer are any number of lines "data COUNT", each with so many bytes behind it.
 */
#ifndef CTL_H
#define CTL_H

#include <stdbool.h>
#include <stddef.h>

enum {
	CTL_VERSION = 1,		/* changes when a client of before would not be understood */
	CTL_ARGUMENT = 1536,		/* bytes, with its NUL: a name and a command of RCON */
	CTL_REQUEST = CTL_ARGUMENT + 32,	/* a line with its newline */
	CTL_ANSWER = 512
};

enum ctl_argument { CTL_NONE, CTL_MAY, CTL_MUST };

/* id, word, whether an argument follows. */
#define CTL_VERBS(X) \
	X(REEXEC, "reexec", CTL_MAY) \
	X(RCON, "rcon", CTL_MUST) \
	X(STATUS, "status", CTL_MAY) \
	X(START, "start", CTL_MUST) \
	X(STOP, "stop", CTL_MAY) \
	X(RESTART, "restart", CTL_MUST) \
	X(KILL, "kill", CTL_MUST) \
	X(SHUTDOWN, "shutdown", CTL_NONE) \
	X(RELOAD, "reload", CTL_NONE) \
	X(ROTATE, "rotate", CTL_NONE) \
	X(END, "end", CTL_NONE) \
	X(HOLD, "hold", CTL_MUST) \
	X(CONSOLES, "consoles", CTL_NONE) \
	X(INPUT, "input", CTL_MUST)

#define X(id, word, argument) CTL_##id,
enum ctl_verb { CTL_VERBS(X) CTL_VERB_COUNT };
#undef X

struct ctl_request {
	enum ctl_verb verb;
	char argument[CTL_ARGUMENT];	/* "" = none */
};

/* A line without its newline: NULL, and *request is filled, or why it is not understood. */
const char *ctl_parse(struct ctl_request *request, const char *line, size_t bytes);

/* The other way: the length of the line with its newline, or 0: the argument cannot be said. */
size_t ctl_ask(char line[CTL_REQUEST], enum ctl_verb verb, const char *argument);

/* Each is a line with its newline; the length. */
size_t ctl_greeting(char line[CTL_ANSWER]);
size_t ctl_answer(char line[CTL_ANSWER], bool yes, const char *text);
size_t ctl_late(char line[CTL_ANSWER], const char *text);
size_t ctl_data(char line[CTL_ANSWER], size_t count);

/* Lines of mcinit without their newlines; false: it does not speak as we do. */
bool ctl_is_greeting(const char *line);
bool ctl_is_answer(const char *line, bool *yes, const char **text);
bool ctl_is_late(const char *line, const char **text);
bool ctl_is_data(const char *line, size_t *count);

#endif
