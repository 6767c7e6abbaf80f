/* SPDX-License-Identifier: MIT */
/*
 * remote: the verb rcon; see remote.h.
 *
 * Here are its command line, where commands come from, and what becomes of one that failed.
 */
#include "remote.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "ask.h"
#include "fmt.h"
#include "log.h"
#include "rcon.h"
#include "remote_in.h"
#include "sys.h"
#include "talk.h"
#include "typist.h"

/* Without --timeout; an mcinit keeps to the rcon_timeout of the server, and there others may be first. */
enum { TIMEOUT = 10 * 1000, ANSWER = 10 * 60 * 1000, PORT_MOST = 65535, NAME = 32 };

_Alignas(64) struct remote remote;

static _Alignas(64) struct {
	char prompt[64];
	char name[NAME];		/* of the server that the command is for */
	/* Standard input. */
	char bytes[4096];
	size_t filled, taken;
	bool ended;
	int error;			/* why it cannot be read, or 0 */
	int number;			/* of the line */
} from;

int
remote_fail(int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fmt_vput(remote.why, sizeof(remote.why), format, arguments);
	va_end(arguments);
	/* A command that is no good may be quoted in it. */
	for (char *c = remote.why; *c != '\0'; c++) {
		bool c1 = (unsigned char)*c == 0xc2 && (unsigned char)c[1] < 0xa0;
		bool alone = (unsigned char)*c >= 0x80 && (unsigned char)*c < 0xa0 &&
		    (c == remote.why || (unsigned char)c[-1] < 0x80);

		if ((unsigned char)*c < ' ' || *c == 0x7f || c1 || alone)
			*c = '?';
	}
	return code;
}

int
remote_cannot_print(int error)
{
	return remote_fail(REMOTE_NO, "cannot write to standard output: %s", log_errno(error));
}

static int
complain(int code)
{
	char text[REMOTE_WHY + 16];

	fmt_put(text, sizeof(text), "mcinit: %s\n", remote.why);
	log_print(2, text);
	return code;
}

int
remote_wait(int fd, short events)
{
	struct pollfd fds[] = { { .fd = fd, .events = events },
		{ .fd = typist_signals(), .events = POLLIN } };

	for (;;) {
		int64_t left = remote.until - sys_now();
		int rc;

		/* It may have been heard of where nobody waited. */
		if (fds[1].fd >= 0 && typist_interrupted())
			return -EINTR;
		if (left <= 0)
			return 0;
		rc = sys_poll(fds, 2, left < INT_MAX ? (int)left : INT_MAX);
		if (rc < 0)
			return rc;
		if (fds[1].revents != 0 && typist_interrupted())
			return -EINTR;
		if (fds[0].revents != 0)
			return 1;
	}
}

/* ---- the command line ---- */

static int
read_host(const char *value)
{
	remote.host = value;
	remote.direct = true;
	return REMOTE_DONE;
}

static int
read_port(const char *value)
{
	const char *rest;

	remote.direct = true;
	remote.port = ask_number(value, &rest);
	if (*rest == '\0' && remote.port >= 1 && remote.port <= PORT_MOST)
		return REMOTE_DONE;
	return remote_fail(REMOTE_USAGE, "--port %.100s: give a number from 1 to 65535", value);
}

static int
read_password_file(const char *value)
{
	remote.password_file = value;
	remote.direct = true;
	return REMOTE_DONE;
}

static int
read_timeout(const char *value)
{
	remote.timeout = ask_duration(value);
	if (remote.timeout > 0)
		return REMOTE_DONE;
	return remote_fail(REMOTE_USAGE, "--timeout %.100s: give a time such as 500ms, 10s or 5m, "
	    "up to 24h", value);
}

static int
read_command(const char *value)
{
	const char *wrong = rcon_cannot_say(value);

	if (remote.count == REMOTE_COMMANDS)
		return remote_fail(REMOTE_USAGE, "too many times -e; standard input takes any number "
		    "of commands");
	remote.commands[remote.count++] = value;
	return wrong == NULL ? REMOTE_DONE : remote_fail(REMOTE_USAGE, "%.100s: %s", value, wrong);
}

static const struct option {
	const char *word;
	int (*read)(const char *value);
	bool *flag;			/* NULL: it has a value */
} options[] = {
	{ "--host", read_host, NULL },
	{ "--port", read_port, NULL },
	{ "--password-file", read_password_file, NULL },
	{ "--timeout", read_timeout, NULL },
	{ "-e", read_command, NULL },
	{ "--json", NULL, &remote.json },
	{ "--raw", NULL, &remote.raw },
	{ "--no-color", NULL, &remote.no_colour },
};

/* With "--host=ADDRESS" its value is behind the "=". */
static const struct option *
option_of(const char *word, const char **value)
{
	size_t length = strcspn(word, "=");

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct option *o = &options[i];

		*value = NULL;
		if (strcmp(word, o->word) == 0)
			return o;
		*value = word + length + 1;
		if (o->flag == NULL && word[1] == '-' && word[length] == '=' &&
		    strlen(o->word) == length && strncmp(o->word, word, length) == 0)
			return o;
	}
	return NULL;
}

/* What does not fit is too long for a command by far, and refused as such. */
static void
add_word(const char *word)
{
	size_t n = strlen(remote.line);

	fmt_put(remote.line + n, sizeof(remote.line) - n, "%s%s", remote.words++ > 0 ? " " : "", word);
}

static int
read_words(int count, char *const words[])
{
	bool all = false;

	for (int i = 1; i < count; i++) {
		const char *value;
		/* Of a command no word is an option, whoever wrote it; behind NAME there may be -e. */
		bool free = !all && (remote.words == 0 || remote.count > 0 ||
		    (remote.words == 1 && strcmp(words[i], "-e") == 0));
		const struct option *o = free ? option_of(words[i], &value) : NULL;
		int code = REMOTE_DONE;

		if (o == NULL && free && strcmp(words[i], "--") == 0)
			all = true;
		/* A command may have numbers below zero. */
		else if (o == NULL && free && remote.words == 0 && words[i][0] == '-' &&
		    words[i][1] != '\0')
			return remote_fail(REMOTE_USAGE, "rcon has no option %.100s", words[i]);
		else if (o == NULL)
			add_word(words[i]);
		else if (o->flag != NULL)
			*o->flag = true;
		else if (value == NULL && i + 1 == count)
			return remote_fail(REMOTE_USAGE, "a value is missing behind %s", words[i]);
		else
			code = o->read(value != NULL ? value : words[++i]);
		if (code != REMOTE_DONE)
			return code;
	}
	return REMOTE_DONE;
}

/* Which of the forms of remote.h it is. */
static int
read_form(void)
{
	size_t first = strcspn(remote.line, " ");
	const char *wrong;

	remote.input = remote.count == 0 && (remote.words == 0 || strcmp(remote.line, "-") == 0 ||
	    (remote.words == 2 && strcmp(remote.line + first, " -") == 0 && !remote.direct));
	if (remote.json && remote.raw)
		return remote_fail(REMOTE_USAGE, "either --json or --raw");
	if (remote.count > 0 && (remote.words > 1 || (remote.words == 1 && remote.direct)))
		return remote_fail(REMOTE_USAGE, "either -e or a command: %.100s", remote.line);
	if (remote.input || remote.count > 0) {
		remote.line[first] = '\0';
		if (remote.words > 0 && strcmp(remote.line, "-") != 0)
			remote.name = remote.line;
		return REMOTE_DONE;
	}
	remote.commands[remote.count++] = remote.line;
	wrong = rcon_cannot_say(remote.line);
	/* There may be a name in front of it. */
	if (wrong != NULL && (remote.direct || remote.words < 2 ||
	    strlen(remote.line) <= RCON_COMMAND))
		return remote_fail(REMOTE_USAGE, "%.100s: %s", remote.line, wrong);
	return REMOTE_DONE;
}

int
remote_read(int count, char *const words[])
{
	int code;

	code = read_words(count, words);
	if (code == REMOTE_DONE)
		code = read_form();
	if (code == REMOTE_DONE && remote.direct)
		code = remote_wire_begin();
	return code == REMOTE_DONE ? code : complain(code);
}

bool
remote_needs_mcinit(void)
{
	return !remote.direct;
}

/* ---- one command ---- */

static int
cannot_know_names(int error)
{
	return remote_fail(REMOTE_NO, "cannot find out which servers there are: %s. Is this mcinit's user, "
	    "container, version?", log_errno(error));
}

/* Takes a server's name off the beginning of a command, or says that nobody knows whether it is one. */
static int
take_name(const char **command, const char **server)
{
	size_t n = strcspn(*command, " ");
	int error;

	*server = remote.name;
	if (remote.name != NULL || n >= sizeof(from.name) || (*command)[n] == '\0')
		return REMOTE_DONE;
	memcpy(from.name, *command, n);
	from.name[n] = '\0';
	if (talk_has_server(from.name, &error) == NULL)
		return error < 0 ? cannot_know_names(error) : REMOTE_DONE;
	*server = from.name;
	*command += n + 1;
	return REMOTE_DONE;
}

static int
wait_for_mcinit(int fd)
{
	return remote_wait(fd, POLLIN);
}

static void
start_clock(int otherwise)
{
	remote.until = sys_now() + (remote.timeout > 0 ? remote.timeout : otherwise);
}

/* What the greeting took does not matter. */
static void
mcinit_is_reached(void)
{
	typist_said();
	if (remote.timeout == 0)
		start_clock(ANSWER);
}

static int
through_mcinit(const char *server, const char *command)
{
	static char argument[CTL_ARGUMENT];
	struct ask asked = { .verb = CTL_RCON, .argument = argument, .until = remote.until,
		.reached = mcinit_is_reached, .wait = wait_for_mcinit, .take = remote_out_put, .why = remote.why,
		.room = sizeof(remote.why) };
	int code, rc;

	fmt_put(argument, sizeof(argument), "%s %s", server != NULL ? server : "-", command);
	code = ask_mcinit(".", &asked);
	rc = remote_out_flush();
	if (code == ASK_AGAIN)
		code = REMOTE_NO;
	return rc == 0 ? code : remote_cannot_print(rc);
}

static int
ask(const char *text, bool final)
{
	const char *server = NULL, *command = text, *wrong;
	int code = REMOTE_DONE, rc;

	if (remote.direct)
		remote_wire_look();
	else
		code = take_name(&command, &server);
	remote_out_open(server, command);
	wrong = rcon_cannot_say(command);
	start_clock(TIMEOUT);
	if (code != REMOTE_DONE)
		wrong = NULL;
	else if (wrong != NULL && from.number > 0)
		code = remote_fail(REMOTE_USAGE, "line %d of standard input: %s", from.number,
		    wrong);
	else if (wrong != NULL)
		code = remote_fail(REMOTE_USAGE, "%.100s: %s", command, wrong);
	else
		code = remote.direct ? remote_wire_ask(command, final) :
		    through_mcinit(server, command);
	rc = remote_out_close(code);
	if (rc < 0 && code == REMOTE_DONE)
		code = remote_cannot_print(rc);
	return code == REMOTE_DONE ? code : complain(code);
}

/* ---- where commands come from ---- */

static bool
is_nothing(const char *line)
{
	return *line == '#' || line[strspn(line, " \t")] == '\0';
}

static void
ask_for_person(char *line)
{
	if (is_nothing(line))
		return;
	ask(line, false);
	remote_out_flush();
	typist_go_on();
}

/* From a terminal as from a file: waits, and EOF is the end. */
static void
read_more(void)
{
	ssize_t n;

	while ((n = sys_read(0, from.bytes, sizeof(from.bytes))) == -EAGAIN)
		sys_readable(0, -1);
	from.taken = 0;
	from.filled = n > 0 ? (size_t)n : 0;
	from.ended = n <= 0;
	from.error = n < 0 ? (int)n : 0;
}

/* The next line; false: there is none.  One too long for a command is cut, but not to one. */
static bool
next_line(char line[REMOTE_LINE])
{
	size_t n = 0;

	for (;;) {
		char c;

		if (from.taken == from.filled && !from.ended)
			read_more();
		if (from.taken == from.filled)
			break;
		c = from.bytes[from.taken++];
		if (c == '\n')
			break;
		/* No text has one, so it is to be seen that this is none. */
		if (n < REMOTE_LINE - 1)
			line[n++] = (char)(c != '\0' ? c : '\001');
	}
	if (from.taken == from.filled && from.ended && n == 0)
		return false;
	if (n > 0 && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	from.number++;
	return true;
}

/* Whether nothing follows, as far as that is known without waiting. */
static bool
is_final(void)
{
	if (from.taken == from.filled && !from.ended && sys_readable(0, 0) == 1)
		read_more();
	return from.taken == from.filled && from.ended;
}

static int
ask_for_input(void)
{
	char line[REMOTE_LINE];
	int code = REMOTE_DONE;

	while (code == REMOTE_DONE && next_line(line))
		if (!is_nothing(line))
			code = ask(line, is_final());
	if (code == REMOTE_DONE && from.error < 0)
		return remote_fail(REMOTE_NO, "cannot read standard input: %s", log_errno(from.error));
	return code;
}

static int
ask_for_words(void)
{
	int code = REMOTE_DONE;

	for (int i = 0; i < remote.count && code == REMOTE_DONE; i++)
		code = ask(remote.commands[i], i + 1 == remote.count);
	return code;
}

/* Until there are no more lines; a code. */
static int
let_type(void)
{
	enum typist_news news;
	char *line;
	int signal, rc = typist_open();

	if (rc > 0)
		return REMOTE_SIGNALLED + rc;
	if (rc < 0)
		return remote_fail(REMOTE_NO, "cannot read keys from the terminal: %s", log_errno(rc));
	do {
		typist_begin(from.prompt);
		news = typist_wait(-1, &line);
		if (news == TYPIST_LINE)
			ask_for_person(line);
		if (news == TYPIST_TOO_LONG)
			complain(remote_fail(REMOTE_USAGE, "the command is too long, and was not sent"));
	} while (news != TYPIST_END);
	signal = typist_close();
	return signal != 0 ? REMOTE_SIGNALLED + signal : REMOTE_DONE;
}

static int
ask_at_terminal(void)
{
	const char *name = remote.name;
	int code;

	if (remote.direct)
		name = remote_wire_text();
	else if (name == NULL)
		name = talk_has_server(NULL, &code);
	fmt_put(from.prompt, sizeof(from.prompt), "%s> ", name != NULL ? name : "rcon");
	code = REMOTE_DONE;
	/* A password that is wrong is better said before anything was typed. */
	start_clock(TIMEOUT);
	if (remote.direct)
		code = remote_wire_open();
	if (code == REMOTE_DONE)
		code = let_type();
	return code == REMOTE_DONE || code > REMOTE_SIGNALLED ? code : complain(code);
}

/* A word alone that is the name of a server is no command for another. */
static void
find_lone_name(void)
{
	int error;

	if (remote.direct || remote.input || remote.words != 1 || remote.commands[0] != remote.line ||
	    talk_has_server(remote.line, &error) == NULL)
		return;
	remote.name = remote.line;
	remote.count = 0;
	remote.input = true;
}

int
remote_rcon(const char *run_dir)
{
	int code;

	/* A reader that has enough, and a server that ends just now, are told by -EPIPE. */
	sys_signal_block(SIGPIPE);
	/* Relative, it is so once only. */
	if (run_dir != NULL && (code = sys_change_dir(run_dir)) < 0)
		return complain(remote_fail(REMOTE_NO, "cannot go to %.200s: %s", run_dir,
		    log_errno(code)));
	find_lone_name();
	if (remote.name != NULL && talk_has_server(remote.name, &code) == NULL)
		return complain(code < 0 ? cannot_know_names(code) :
		    remote_fail(REMOTE_USAGE, "no server is called %.100s", remote.name));
	remote_out_begin();
	if (!remote.input)
		code = ask_for_words();
	else if (sys_is_tty(0) && sys_is_tty(1))
		code = ask_at_terminal();
	else
		code = ask_for_input();
	if (remote.direct)
		remote_wire_end();
	return code;
}
