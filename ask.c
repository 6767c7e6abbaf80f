/* SPDX-License-Identifier: MIT */
/*
 * ask: the verbs that an mcinit which runs is asked to do; see ask.h.
 *
 * One line there, lines back.  An mcinit that fails before it has heard us hangs up, and goes on.
 */
#include "ask.h"

#include <errno.h>
#include <string.h>

#include "ctl.h"
#include "fmt.h"
#include "log.h"
#include "sys.h"

enum { DONE = 0, NO = 1, NO_SUPERVISOR = 3, USAGE = 64, LATE = 75, PATIENCE = 30 * 1000, LOOK_AGAIN = 5,
	OVERTIME = 64, TIMEOUT_MOST = 24 * 60 * 60 * 1000 };

/* What came and was not taken yet, and for whom. */
static _Alignas(64) struct {
	int fd;
	int64_t until;
	const struct ask *asked;		/* NULL: for a person, and patiently */
	bool reached, sparing;		/* sparing: what comes behind is another's to read */
	int late;			/* reads since it was too late */
	int beside;			/* a descriptor that came, 0: none */
	size_t filled, taken;
	char bytes[16 * 1024 + 1];	/* with a NUL behind the last line */
} in;

static int
complain(int code, const char *what, const char *detail)
{
	char text[1024];

	if (in.asked != NULL) {
		fmt_put(in.asked->why, in.asked->room, "%s%s", what, detail);
		return code;
	}
	fmt_put(text, sizeof(text), "mcinit: %s%.800s", what, detail);
	/* It may come from another program than we think. */
	for (char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	fmt_put(text + strlen(text), sizeof(text) - strlen(text), "\n");
	log_print(2, text);
	return code;
}

static int
wait(void)
{
	int64_t left = in.until - sys_now();

	if (in.asked != NULL && in.asked->wait != NULL)
		return in.asked->wait(in.fd);
	/* The answer may be there already, where time went by while we were stopped; one without end is not waited for. */
	if (left <= 0 && in.late++ == OVERTIME)
		return 0;
	return sys_readable(in.fd, left > 0 ? (int)left : 0);
}

static void
start(const struct ask *asked, int64_t until, bool reached)
{
	in.asked = asked;
	in.until = until;
	in.reached = reached;
	in.late = 0;
}

static void
drop_beside(void)
{
	if (in.beside > 0)
		sys_close(in.beside);
	in.beside = 0;
}

/* More behind what is there; 0, or -ETIMEDOUT, -EPIPE: there comes none, or another -errno. */
static int
read_more(void)
{
	int rc = wait(), came;
	ssize_t n;

	if (rc <= 0)
		return rc == 0 ? -ETIMEDOUT : rc;
	n = sys_receive_with_fd(in.fd, in.bytes + in.filled,
	    in.sparing ? 1 : sizeof(in.bytes) - 1 - in.filled, &came);
	if (came > 0) {
		drop_beside();
		in.beside = came;
	}
	if (n <= 0)
		return n == 0 || n == -ECONNRESET ? -EPIPE : (int)n;
	in.filled += (size_t)n;
	return 0;
}

static void
move_up(void)
{
	memmove(in.bytes, in.bytes + in.taken, in.filled - in.taken);
	in.filled -= in.taken;
	in.taken = 0;
}

/* The next line without its newline; 0, or -errno as above. */
static int
next_line(char **line)
{
	move_up();
	for (;;) {
		char *end = memchr(in.bytes, '\n', in.filled);
		int rc;

		if (end != NULL) {
			*end = '\0';
			*line = in.bytes;
			in.taken = (size_t)(end - in.bytes) + 1;
			return 0;
		}
		if (in.filled >= 2 * (size_t)CTL_ANSWER)
			return -EPROTO;
		rc = read_more();
		if (rc < 0)
			return rc;
	}
}

static int
say_no_line(int error)
{
	if (error == -ETIMEDOUT && in.reached)
		return complain(LATE, "no answer yet: the server is slow, or others are served first; --timeout "
		    "makes it wait longer", "");
	if (error == -ETIMEDOUT)
		return complain(LATE, "mcinit does not answer", "");
	if (error == -EINTR)
		return complain(NO, "given up; the server ", in.reached ? "may have been told, and may do it" :
		    "was not told");
	return complain(in.asked != NULL && error == -EPIPE ? ASK_AGAIN : NO, error == -EPIPE ? "mcinit hung up without an answer: it failed, or it ended. "
	    "Look into its log, then ask again" : "cannot hear mcinit: ",
	    error == -EPIPE ? "" : log_errno(error));
}

/* One that is stopped lets the first of us wait there, and then nobody. */
static int
connect_in_time(void)
{
	int fd;

	while ((fd = sys_connect_here("control")) == -EAGAIN && sys_now() < in.until)
		sys_readable(-1, LOOK_AGAIN);
	return fd;
}

/*
 * What only asks is said at once: where a crowd comes, who has not spoken when he is looked at may not be let in.
 * What changes something is said to one whose greeting is understood.
 */
static bool
is_said_at_once(void)
{
	return in.asked != NULL && (in.asked->verb == CTL_STATUS || in.asked->verb == CTL_CONSOLES ||
	    in.asked->verb == CTL_INPUT);
}

static const char unreachable[] = "cannot reach the mcinit that runs, by its socket \"control\" in run_dir: ";

/* Says `line` to an mcinit that greets us, once; DONE, or -EPIPE: it was not heard, or another code. */
static int
try_to_begin(const char *line, size_t bytes)
{
	char *said = NULL;
	int rc;

	in.filled = in.taken = 0;
	drop_beside();
	in.fd = connect_in_time();
	if (in.fd == -EAGAIN)
		return say_no_line(-ETIMEDOUT);
	if (in.fd < 0)
		return complain(NO_SUPERVISOR, unreachable, log_errno(in.fd));
	if (is_said_at_once() && sys_send_now(in.fd, line, bytes) != (ssize_t)bytes)
		return -EPIPE;
	rc = next_line(&said);
	if (rc < 0)
		return rc == -EPIPE ? rc : say_no_line(rc);
	if (!ctl_is_greeting(said))
		return complain(NO, "mcinit speaks another language than this one: it says ", said);
	if (!is_said_at_once() && sys_send_now(in.fd, line, bytes) != (ssize_t)bytes)
		return -EPIPE;
	return DONE;
}

/* The same, until it is heard; DONE, or another code after a complaint. */
static int
begin(const char *run_dir, const char *line, size_t bytes)
{
	int rc = sys_change_dir(run_dir);

	in.fd = -1;
	if (rc < 0)
		return complain(NO_SUPERVISOR, unreachable, log_errno(rc));
	while ((rc = try_to_begin(line, bytes)) == -EPIPE && sys_now() < in.until) {
		sys_close(in.fd);
		sys_readable(-1, 1);
	}
	return rc == -EPIPE ? say_no_line(rc) : rc;
}

/* Says `line`, and prints what comes back. */
static int
ask(const char *run_dir, const char *line, size_t bytes)
{
	const char *text;
	char *said = NULL;
	bool yes;
	int rc;

	start(NULL, sys_now() + PATIENCE, false);
	rc = begin(run_dir, line, bytes);
	if (rc != DONE)
		return rc;
	rc = next_line(&said);
	if (rc < 0)
		return say_no_line(rc);
	if (!ctl_is_answer(said, &yes, &text))
		return complain(NO, "this is no answer: ", said);
	if (!yes)
		return complain(NO, text, "");
	in.bytes[in.taken - 1] = '\n';
	in.bytes[in.taken] = '\0';
	log_print(1, text);
	return DONE;
}

int
ask_reexec(const char *run_dir, int count, char *const words[])
{
	char line[CTL_REQUEST], here[CTL_ARGUMENT] = "", path[CTL_ARGUMENT + CTL_ARGUMENT] = "";
	size_t bytes;

	if (count > 1 && words[1][0] == '\0')
		return complain(USAGE, "the PATH is empty", "");
	/* It works in another directory than we do. */
	if (count > 1 && words[1][0] != '/' && sys_working_dir(here, sizeof(here)) < 0)
		return complain(USAGE, "cannot find out the working directory; name the whole path", "");
	if (count > 1)
		fmt_put(path, sizeof(path), "%s%s%s", here, *here != '\0' ? "/" : "", words[1]);
	bytes = strlen(path) < sizeof(path) - 1 ? ctl_ask(line, CTL_REEXEC, path) : 0;
	if (bytes == 0)
		return complain(USAGE, "the path is too long, or has control bytes", "");
	return ask(run_dir, line, bytes);
}

/* ---- for other rooms ---- */

/* `left` bytes of the reply; 0 or -errno. */
static int
take_data(size_t left)
{
	for (;;) {
		size_t there = in.filled - in.taken, n = there < left ? there : left;
		int rc = n > 0 && in.asked->take != NULL ? in.asked->take(in.bytes + in.taken, n) : 0;

		in.taken += n;
		left -= n;
		if (rc < 0 || left == 0)
			return rc;
		move_up();
		rc = read_more();
		if (rc < 0)
			return rc;
	}
}

static int
take_answer(const char *said)
{
	const char *text;
	bool yes;

	if (ctl_is_late(said, &text))
		return complain(LATE, text, "");
	if (!ctl_is_answer(said, &yes, &text))
		return complain(NO, "this is no answer: ", said);
	return complain(yes ? DONE : NO, text, "");
}

static int
hear_reply(void)
{
	size_t count;
	char *said = NULL;
	int rc;

	for (;;) {
		rc = next_line(&said);
		if (rc == 0 && ctl_is_data(said, &count))
			rc = in.asked->take != NULL ? take_data(count) : -EPROTO;
		else if (rc == 0)
			break;
		if (rc < 0)
			return say_no_line(rc);
	}
	return take_answer(said);
}

int
ask_mcinit(const char *run_dir, const struct ask *asked)
{
	char line[CTL_REQUEST];
	size_t bytes;
	int code;

	start(asked, asked->until, false);
	bytes = ctl_ask(line, asked->verb, asked->argument);
	if (bytes == 0)
		return complain(USAGE, "it is too long to be asked for, or has control bytes", "");
	code = begin(run_dir, line, bytes);
	if (code == DONE) {
		in.reached = true;
		if (asked->reached != NULL)
			asked->reached();
		code = hear_reply();
	}
	if (in.fd >= 0)
		sys_close(in.fd);
	return code;
}

int
ask_descriptor(const struct ask *asked, int *fd)
{
	int code;

	/* It fails now and then, and goes on: then its next image answers. */
	while ((code = ask_mcinit(".", asked)) == ASK_AGAIN && sys_now() < asked->until)
		sys_readable(-1, 1);
	*fd = in.beside > 0 ? in.beside : -1;
	in.beside = 0;
	if (code == DONE && *fd < 0)
		return complain(NO, "mcinit gave no descriptor; is this process at its limit of them?", "");
	return code;
}

/* That it lasts is data, of which nobody wants to know more. */
static int
hear_that_it_lasts(void)
{
	char *said = NULL;
	size_t count;
	int rc = next_line(&said), code;

	if (rc == 0 && !ctl_is_data(said, &count)) {
		code = take_answer(said);
		return code == DONE ? complain(NO, "this is no answer: ", said) : code;
	}
	if (rc == 0)
		rc = take_data(count);
	return rc < 0 ? say_no_line(rc) : DONE;
}

int
ask_lasting(const struct ask *asked, int *connection)
{
	char line[CTL_REQUEST];
	size_t bytes = ctl_ask(line, asked->verb, asked->argument);
	int code;

	start(asked, asked->until, false);
	in.sparing = true;
	code = begin(".", line, bytes);
	if (code == DONE)
		code = hear_that_it_lasts();
	in.sparing = false;
	if (code != DONE && in.fd >= 0)
		sys_close(in.fd);
	*connection = code == DONE ? in.fd : -1;
	return code;
}

int
ask_ended(const struct ask *asked, int connection)
{
	int code;

	start(asked, asked->until, true);
	in.fd = connection;
	in.filled = in.taken = 0;
	code = hear_reply();
	sys_close(connection);
	return code;
}

/* ---- words ---- */

int
ask_number(const char *text, const char **rest)
{
	int n = 0;

	for (*rest = text; **rest >= '0' && **rest <= '9'; (*rest)++) {
		if (n > TIMEOUT_MOST)
			return -1;
		n = n * 10 + (**rest - '0');
	}
	return *rest > text ? n : -1;
}

int
ask_duration(const char *text)
{
	static const struct {
		const char *unit;
		int ms;
	} units[] = { { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	const char *unit;
	int n = ask_number(text, &unit);

	for (size_t i = 0; n > 0 && i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(unit, units[i].unit) == 0)
			return n <= TIMEOUT_MOST / units[i].ms ? n * units[i].ms : -1;
	return -1;
}
