/* SPDX-License-Identifier: MIT */
/*
 * talk: the verbs logs, send and console; see talk.h.
 *
 * A follower only reads: when it is too slow it is lapped, and says how much it has missed.
 */
#include "talk_in.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "ask.h"
#include "fmt.h"
#include "host.h"
#include "log.h"
#include "sys.h"
#include "typist.h"

enum {
	DONE = 0, NO = 1, USAGE = 64, SIGNALLED = 128,
	FOLLOWED = 10, CONSOLE_LINES = 20, ALL = RING_BYTES,	/* lines: more than it holds */
	PATIENCE = 5000, LOOK_EACH = 1000, TYPE_EACH = 50, UNFINISHED = 200, FULL_WAIT = 10, QUIET = 500, REST = 10000
};

/* What is done with a console: its last lines are printed; what comes, too; and it is typed on. */
enum mode { PRINT, FOLLOW, TYPE };

_Alignas(64) struct talk talk;

static int
complain(int code, const char *of, const char *what)
{
	char text[1024];

	fmt_put(text, sizeof(text), "mcinit: %.200s: %.700s\n", of, what);
	log_print(2, text);
	return code;
}

/* ---- which server ---- */

/*
 * Members of socket_group are lent what they may not open themselves; so is who sees run_dir from another
 * container, where the number of a process in a link is somebody else's.  Or the -errno of the try before, and
 * talk.why says why.
 */
static int
borrow(enum ctl_verb verb, const char *argument, int error)
{
	struct ask ask = { .verb = verb, .argument = argument, .until = sys_now() + PATIENCE, .why = talk.why,
		.room = sizeof(talk.why) };
	int fd;

	talk.why[0] = '\0';
	return ask_descriptor(&ask, &fd) == DONE ? fd : error;
}

/* Somebody else's file may be anything, and too short to be looked at in memory. */
int
talk_open_rings(void)
{
	int fd = sys_open("console", O_RDONLY | O_NONBLOCK, 0);
	char last;

	if (fd >= 0 && sys_pread(fd, &last, 1, RING_ALL - 1) == 1)
		return fd;
	if (fd >= 0)
		sys_close(fd);
	return borrow(CTL_CONSOLES, "", fd < 0 ? fd : -ESTALE);
}

int
talk_type_bytes(const char *bytes, size_t count)
{
	int rc = input_type(".", talk.name, bytes, count), fd;
	ssize_t n;

	talk.why[0] = '\0';
	if (rc != -EACCES)
		return rc;
	fd = borrow(CTL_INPUT, talk.name, rc);
	if (fd < 0)
		return fd;
	n = sys_write(fd, bytes, count);
	sys_close(fd);
	return n < 0 ? (int)n : 0;
}

int
talk_look(int fd, const char *name)
{
	int servers = 0, rc = ring_map(&talk.own, fd, RING_OWN, false);
	size_t n = 0;

	if (rc == 0 && talk.own.head->layout != RING_LAYOUT)
		rc = -ESTALE;		/* of another version */
	for (int slot = 0; rc == 0 && slot < CONF_SERVERS; slot++) {
		/* To look at the others would make memory of them. */
		if (!(talk.own.head->slots & 1U << slot))
			continue;
		rc = ring_map(&talk.one, fd, slot, false);
		if (rc < 0)
			break;
		if (talk.one.head->name[0] == '\0') {
			ring_unmap(&talk.one);
			continue;
		}
		ring_unmap(&talk.ring);
		talk.ring = talk.one;
		memcpy(talk.name, talk.ring.head->name, CONF_NAME_BYTES - 1);
		if (name != NULL && strcmp(talk.name, name) == 0)
			return 0;
		n += fmt_put(talk.names + n, sizeof(talk.names) - n, " %s", talk.name);
		servers++;
	}
	return rc < 0 ? rc : servers == 0 ? INT_MAX : servers;
}

const char *
talk_has_server(const char *name, int *error)
{
	int fd, servers;

	fd = talk_open_rings();
	*error = fd < 0 ? fd : 0;
	if (fd < 0)
		return NULL;
	servers = talk_look(fd, name);
	*error = servers < 0 ? servers : 0;
	ring_unmap(&talk.own);
	ring_unmap(&talk.ring);
	sys_close(fd);
	return servers == 0 || (name == NULL && servers == 1) ? talk.name : NULL;
}

/*
 * Makes `talk` be about the server `name`, about the only one if `name` is NULL or, with
 * `optional`, none's.  DONE, or another code after a complaint.
 */
static int
begin(const char *run_dir, const char *name, bool optional)
{
	int rc;

	/* A reader that has enough, and a server that ends just now, are told by -EPIPE. */
	sys_signal_block(SIGPIPE);
	rc = sys_change_dir(run_dir);
	if (rc >= 0)
		rc = talk_open_rings();
	if (rc >= 0)
		rc = talk_look(rc, name);
	if (rc < 0)
		return complain(NO, "cannot read the consoles; is this mcinit's user, container, "
		    "version?", talk.why[0] != '\0' ? talk.why : log_errno(rc));
	if (rc == 0 || (rc == 1 && (optional || name == NULL)))
		return DONE;
	return name == NULL ? complain(USAGE, "say for which server", talk.names + 1) :
	    complain(NO, "no server has that name. There is", talk.names + 1);
}

/* ---- printing ---- */

static int
put(size_t count)
{
	if (talk.person)
		return typist_print(talk.out, count);
	for (size_t done = 0; done < count; ) {
		ssize_t n = sys_write(1, talk.out + done, count - done);

		/* Somebody who shares our standard output may have made it non-blocking. */
		if (n == -EAGAIN)
			sys_readable(-1, FULL_WAIT);
		else if (n < 0)
			return (int)n;
		else
			done += (size_t)n;
	}
	return 0;
}

static size_t
close_line(void)
{
	return filter_end(&talk.form, &talk.state, talk.out, sizeof(talk.out));
}

/* We were lapped. */
static size_t
skip(void)
{
	uint64_t line;
	size_t n = close_line();

	talk.at = ring_resume(&talk.ring, &line);
	n += fmt_put(talk.out + n, sizeof(talk.out) - n, "-- %llu lines were skipped --\n",
	    (unsigned long long)(line - talk.line));
	talk.line = line;
	return n;
}

static uint64_t
end_now(void)
{
	return __atomic_load_n(&talk.ring.head->head, __ATOMIC_ACQUIRE);
}

/* Prints what there is up to `end`.  Whether there was any, or -errno. */
static int
print(uint64_t end)
{
	int rc = 0, some = talk.at < end;

	while (talk.at < end && rc == 0) {
		size_t count, used = 0, n;
		bool lapped;
		const char *bytes = ring_look(&talk.ring, talk.at, &count, &lapped);

		/* It may be overwritten meanwhile: a copy, then a look whether it was right. */
		count = count < sizeof(talk.in) ? count : sizeof(talk.in);
		memcpy(talk.in, bytes, count);
		if (lapped || !ring_held(&talk.ring, talk.at))
			n = skip();
		else
			n = filter_put(&talk.form, &talk.state, talk.in, count, 0, talk.out,
			    sizeof(talk.out), &used);
		talk.at += used;
		for (size_t i = 0; i < used; i++)
			talk.line += talk.in[i] == '\n';
		rc = put(n);
	}
	return rc < 0 ? rc : some;
}

static void
go_back(int lines)
{
	talk.at = ring_last(&talk.ring, end_now(), (unsigned)lines);
	talk.line = ring_line_of(&talk.ring, talk.at);
}

/* ---- typing ---- */

static const char too_long[] = "a command has 4095 bytes at most";

static int
type(void)
{
	int rc = talk.input.too_long ? -EMSGSIZE :
	    talk_type_bytes(talk.input.text, talk.input.bytes + 1);

	if (rc == 0)
		return DONE;
	talk.failed = true;
	return complain(rc == -EMSGSIZE ? USAGE : NO, talk.name,
	    rc == -EMSGSIZE ? too_long :
	    rc == -EAGAIN ? "does not read its console; not typed" : talk.why[0] != '\0' ? talk.why :
	    rc == -ENOENT || rc == -ENXIO || rc == -EPIPE ?
	    "is not running, or has tty = inherit" : log_errno(rc));
}

/* What there is on standard input; false: it has ended. */
static bool
type_input(void)
{
	char bytes[1024];
	ssize_t n = sys_read(0, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < n; i++)
		if (input_take(&talk.input, bytes[i]))
			type();
	if (n > 0 || n == -EAGAIN)
		return true;
	if (input_rest(&talk.input))
		type();
	return false;
}

/* ---- the verbs ---- */

static bool
is_over(int64_t *looked)
{
	const struct ring_head *head = talk.ring.head;
	struct pollfd out = { .fd = 1 };
	int64_t now = sys_now();

	if (__atomic_load_n(&head->closed, __ATOMIC_ACQUIRE))
		return true;
	if (now - *looked < LOOK_EACH)
		return false;
	*looked = now;
	/* The slot is another server's, mcinit is gone, or nobody reads us (unasked POLLERR). */
	return strncmp(head->name, talk.name, CONF_NAME_BYTES) != 0 ||
	    host_find_run_dir(".", NULL) < 0 || sys_poll(&out, 1, 0) > 0;
}

/* What comes after the last lines of a console, or of our input; true: that was it. */
static bool
wait_for_news(enum mode *mode, uint32_t turn, int timeout, int64_t *ended)
{
	const uint32_t *now = &talk.ring.head->turn;

	if (*mode == TYPE) {
		/* Nothing can wait for both; a moment later nobody notices. */
		if (sys_readable(0, timeout) == 0 || type_input())
			return false;
		*mode = FOLLOW;
		*ended = sys_now();
		return sys_is_tty(0);
	}
	ring_wait_news(&talk.ring, turn, *ended > 0 ? QUIET : LOOK_EACH);
	return *ended > 0 && (sys_now() - *ended >= REST ||
	    turn == __atomic_load_n(now, __ATOMIC_ACQUIRE));
}

/* ---- a person at a terminal ---- */

static uint64_t
end_of_whole_lines(uint64_t end)
{
	uint64_t begun;
	size_t count;
	bool lapped;

	if (end == talk.at || *ring_look(&talk.ring, end - 1, &count, &lapped) == '\n' || lapped)
		return end;
	begun = ring_last(&talk.ring, end, 1);
	return begun > talk.at ? begun : talk.at;
}

/* What may be printed now: half a line is no news, unless nothing follows: then it may be a question. */
static uint64_t
end_of_news(bool last)
{
	static uint64_t before;
	static int64_t since;
	uint64_t end = end_now(), part;

	if (end != before)
		since = sys_now();
	before = end;
	if (last)
		return end;
	/* Keys are looked at in between. */
	if (end - talk.at > TALK_BATCH) {
		part = end_of_whole_lines(talk.at + TALK_BATCH);
		return part > talk.at ? part : talk.at + TALK_BATCH;
	}
	return sys_now() - since >= UNFINISHED ? end : end_of_whole_lines(end);
}

/* What has come, above the line that is being typed. */
static int
print_above(bool last)
{
	uint64_t end = end_of_news(last);
	int rc;

	if (talk.at >= end && !last)
		return 0;
	typist_hide();
	rc = print(end);
	if (rc >= 0)
		rc = put(close_line());
	if (rc == -EINTR) {
		/* He may want to leave; if not, it goes on, and lacks the rest of a batch. */
		filter_end(&talk.form, &talk.state, talk.out, sizeof(talk.out));
		typist_hide();
		rc = 0;
	}
	if (rc >= 0 && !last)
		typist_show();
	return rc < 0 ? rc : 1;
}

static void
type_line(const char *line)
{
	for (; *line != '\0'; line++)
		input_take(&talk.input, *line);
	input_take(&talk.input, '\n');
	type();
}

/* Until Ctrl-C, Ctrl-D, a signal, or the end of mcinit: -errno of the printing, or 0. */
static int
type_and_print(const char *prompt)
{
	enum typist_news news = TYPIST_NOTHING;
	int64_t looked = sys_now();
	bool last = false;
	char *line;
	int rc = 0;

	while (news != TYPIST_END && rc >= 0 && !last) {
		last = is_over(&looked);
		rc = print_above(last);
		if (rc < 0 || last)
			break;
		/* Nothing can wait for both; a moment later nobody notices. */
		news = typist_wait(rc > 0 ? 0 : TYPE_EACH, &line);
		if (news == TYPIST_LINE)
			type_line(line);
		if (news == TYPIST_TOO_LONG)
			talk.failed = complain(USAGE, talk.name, too_long) != DONE;
		if (news != TYPIST_NOTHING && news != TYPIST_END)
			typist_begin(prompt);
	}
	return rc < 0 ? rc : 0;
}

static int
show_to_person(void)
{
	char prompt[CONF_NAME_BYTES + sizeof("> ")];
	int signal, rc = typist_open();

	if (rc != 0)
		return rc > 0 ? SIGNALLED + rc : complain(NO, "cannot read keys from the terminal", log_errno(rc));
	talk.form = (struct filter_form){ .name = talk.name, .color = true };
	talk.person = true;
	go_back(CONSOLE_LINES);
	fmt_put(prompt, sizeof(prompt), "%s> ", talk.name);
	typist_begin(prompt);
	rc = type_and_print(prompt);
	signal = typist_close();
	if (signal != 0)
		return SIGNALLED + signal;
	if (rc < 0 && rc != -EPIPE)
		return complain(NO, "cannot write to standard output", log_errno(rc));
	return talk.failed ? NO : DONE;
}

/* ---- anybody else ---- */

static int
show(enum mode mode, int lines)
{
	int64_t looked = sys_now(), ended = 0;
	bool last = mode == PRINT;
	int rc;

	talk.form = (struct filter_form){ .name = talk.name, .raw = !sys_is_tty(1), .color = true };
	go_back(lines);
	for (;;) {
		uint32_t turn = __atomic_load_n(&talk.ring.head->turn, __ATOMIC_ACQUIRE);

		/* Asked first, so that what came before the end is printed. */
		last = last || is_over(&looked);
		/* And not what comes meanwhile. */
		rc = print(end_now());
		if (rc < 0 || last)
			break;
		last = wait_for_news(&mode, turn, rc > 0 ? 0 : TYPE_EACH, &ended);
	}
	if (rc >= 0 && !talk.form.raw)
		rc = put(close_line());
	if (rc < 0 && rc != -EPIPE)
		return complain(NO, "cannot write to standard output", log_errno(rc));
	return talk.failed ? NO : DONE;
}

static int
number(const char *text, const char **rest)
{
	int n = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		if (n < ALL)
			n = n * 10 + (*text - '0');
	*rest = text;
	return n;
}

int
talk_logs(const char *run_dir, int count, char *const words[])
{
	const char *name = NULL;
	enum mode mode = PRINT;
	int lines = -1, rc;

	for (int i = 1; i < count; i++) {
		const char *word = words[i], *rest = "";

		if (strcmp(word, "-f") == 0)
			mode = FOLLOW;
		else if (strcmp(word, "-n") == 0 && i + 1 < count)
			lines = number(words[++i], &rest);
		else if (word[0] != '-' && name == NULL)
			name = word;
		else
			rest = word;
		if (*rest != '\0')
			return complain(USAGE, "logs [-f] [-n LINES] [NAME], and not", words[i]);
	}
	rc = begin(run_dir, name, false);
	if (lines < 0)
		lines = mode == FOLLOW ? FOLLOWED : ALL;
	return rc != DONE ? rc : show(mode, lines);
}

int
talk_send(const char *run_dir, int count, char *const words[])
{
	int rc = begin(run_dir, words[1], true), i;

	if (rc != DONE)
		return rc;
	i = count > 1 && strcmp(words[1], talk.name) == 0 ? 2 : 1;
	if (count <= i)
		return complain(USAGE, "send", "the command is missing");
	for (; i < count; i++) {
		for (const char *c = words[i]; *c != '\0'; c++) {
			if (input_is_left_out(*c))
				return complain(USAGE, talk.name, "a command has no control bytes");
			input_take(&talk.input, *c);
		}
		input_take(&talk.input, i + 1 < count ? ' ' : '\n');
	}
	return type();
}

int
talk_console(const char *run_dir, int count, char *const words[])
{
	int rc = begin(run_dir, words[1], false);

	(void)count;
	if (rc != DONE)
		return rc;
	return sys_is_tty(0) && sys_is_tty(1) ? show_to_person() : show(TYPE, CONSOLE_LINES);
}
