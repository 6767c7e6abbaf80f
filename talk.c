/* SPDX-License-Identifier: MIT */
/*
 * talk: the verbs logs, send and console; see talk.h.
 *
 * A follower only reads: when it is too slow it is lapped, and says how much it has missed.
 */
#include "talk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "fmt.h"
#include "host.h"
#include "input.h"
#include "log.h"
#include "ring.h"
#include "sys.h"

enum {
	DONE = 0, NO = 1, USAGE = 64,
	FOLLOWED = 10, CONSOLE_LINES = 20, ALL = RING_BYTES,	/* lines: more than it holds */
	LOOK_EACH = 1000, TYPE_EACH = 50, FULL_WAIT = 10, QUIET = 500, REST = 10000,
	BATCH = 16 * 1024
};

/* What is done with a console: its last lines are printed; what comes, too; and it is typed on. */
enum mode { PRINT, FOLLOW, TYPE };

static _Alignas(64) struct {
	const char *run_dir;
	struct ring ring;		/* of the server that is meant */
	char name[CONF_NAME_BYTES];
	struct ring own, one;
	char names[CONF_SERVERS * (CONF_NAME_BYTES + 1)];	/* of those that are not */
	uint64_t at, line;		/* printed up to here; newlines before it */
	struct filter_form form;
	struct filter_state state;
	struct input_line input;
	bool failed;			/* a line was not typed */
	char in[BATCH], out[BATCH];
} talk;

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
 * The link goes by the number of a process.  Seen from another container that is somebody else,
 * whose file may be anything, and too short to be looked at in memory.
 */
static int
open_rings(void)
{
	char path[HOST_PATH + 16], last;
	int fd;

	fmt_put(path, sizeof(path), "%s/console", talk.run_dir);
	fd = sys_open(path, O_RDONLY | O_NONBLOCK, 0);
	return fd < 0 || sys_pread(fd, &last, 1, RING_ALL - 1) == 1 ? fd : -ESTALE;
}

/* Looks for the server `name`, or what there is: how many it has seen, 0 when that is the one. */
static int
look(int fd, const char *name)
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
talk_has_server(const char *run_dir, const char *name, int *error)
{
	int fd, servers;

	talk.run_dir = run_dir;
	fd = open_rings();
	*error = fd < 0 ? fd : 0;
	if (fd < 0)
		return NULL;
	servers = look(fd, name);
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
	talk.run_dir = run_dir;
	rc = open_rings();
	if (rc >= 0)
		rc = look(rc, name);
	if (rc < 0)
		return complain(NO, "cannot read the consoles; is this mcinit's user, container, "
		    "version?", log_errno(rc));
	if (rc == 0 || (rc == 1 && (optional || name == NULL)))
		return DONE;
	return name == NULL ? complain(USAGE, "say for which server", talk.names + 1) :
	    complain(NO, "no server has that name. There is", talk.names + 1);
}

/* ---- printing ---- */

static int
put(size_t count)
{
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

/* Prints what there is now, and not what comes meanwhile.  Whether there was any, or -errno. */
static int
print(void)
{
	uint64_t end = __atomic_load_n(&talk.ring.head->head, __ATOMIC_ACQUIRE);
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
	talk.at = ring_last(&talk.ring, __atomic_load_n(&talk.ring.head->head, __ATOMIC_ACQUIRE),
	    (unsigned)lines);
	talk.line = ring_line_of(&talk.ring, talk.at);
}

/* ---- typing ---- */

static int
type(void)
{
	int rc = talk.input.too_long ? -EMSGSIZE :
	    input_type(talk.run_dir, talk.name, talk.input.text, talk.input.bytes + 1);

	if (rc == 0)
		return DONE;
	talk.failed = true;
	return complain(rc == -EMSGSIZE ? USAGE : NO, talk.name,
	    rc == -EMSGSIZE ? "a command has 4095 bytes at most" :
	    rc == -EAGAIN ? "does not read its console; not typed" :
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
	    host_find_run_dir(talk.run_dir, NULL) < 0 || sys_poll(&out, 1, 0) > 0;
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
		rc = print();
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
	return rc != DONE ? rc : show(TYPE, CONSOLE_LINES);
}

/* ---- for a backup ---- */

/* A line of the server's own: behind its prefix that and nothing else, where players have a name. */
static bool
is_answer(const char *line, size_t bytes, const char *const *answers)
{
	static const char behind[] = "]: ";

	while (bytes > 0 && (line[bytes - 1] == '\r' || line[bytes - 1] == ' '))
		bytes--;
	for (; *answers != NULL; answers++) {
		size_t n = strlen(*answers), all = n + sizeof(behind) - 1;

		if (bytes >= all && memcmp(line + bytes - n, *answers, n) == 0 &&
		    memcmp(line + bytes - all, behind, sizeof(behind) - 1) == 0)
			return true;
	}
	return false;
}

/* What has come since, line by line; true: the answer was among them. */
static bool
hear_answer(char line[INPUT_LINE], size_t *filled, const char *const *answers)
{
	uint64_t end = __atomic_load_n(&talk.ring.head->head, __ATOMIC_ACQUIRE);

	while (talk.at < end) {
		size_t count;
		bool lapped;
		const char *bytes = ring_look(&talk.ring, talk.at, &count, &lapped);

		count = count < sizeof(talk.in) ? count : sizeof(talk.in);
		memcpy(talk.in, bytes, count);
		if (lapped || !ring_held(&talk.ring, talk.at)) {
			talk.at = ring_resume(&talk.ring, &talk.line);
			*filled = 0;
			continue;
		}
		talk.at += count;
		for (size_t i = 0; i < count; i++) {
			if (talk.in[i] != '\n' && *filled < INPUT_LINE)
				line[(*filled)++] = talk.in[i];
			if (talk.in[i] != '\n')
				continue;
			if (is_answer(line, *filled, answers))
				return true;
			*filled = 0;
		}
	}
	return false;
}

int
talk_type(const char *run_dir, const char *name, const char *command, const char *const *answers,
    int64_t until)
{
	static char line[INPUT_LINE];
	char text[256];
	size_t filled = 0, n = fmt_put(text, sizeof(text), "%s\n", command);
	int rc, fd;

	talk.run_dir = run_dir;
	fd = open_rings();
	rc = fd < 0 ? fd : look(fd, name);
	if (rc != 0)
		return rc < 0 ? rc : -ENOENT;
	talk.at = __atomic_load_n(&talk.ring.head->head, __ATOMIC_ACQUIRE);
	rc = input_type(run_dir, name, text, n);
	while (rc == 0 && answers != NULL) {
		uint32_t turn = __atomic_load_n(&talk.ring.head->turn, __ATOMIC_ACQUIRE);

		if (hear_answer(line, &filled, answers))
			break;
		if (sys_now() >= until)
			rc = -ETIMEDOUT;
		else if (__atomic_load_n(&talk.ring.head->closed, __ATOMIC_ACQUIRE))
			rc = -EPIPE;
		else
			ring_wait_news(&talk.ring, turn, TYPE_EACH);
	}
	ring_unmap(&talk.own);
	ring_unmap(&talk.ring);
	sys_close(fd);
	return rc;
}
