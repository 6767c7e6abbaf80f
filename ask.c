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

enum { DONE = 0, NO = 1, NO_SUPERVISOR = 3, USAGE = 64, LATE = 75, PATIENCE = 30 * 1000, LOOK_AGAIN = 20 };

/* What came and was not taken yet. */
static struct {
	int fd;
	int64_t until;
	size_t filled, taken;
	char bytes[2 * CTL_ANSWER + 1];	/* with a NUL behind the last line */
} in;

static int
complain(int code, const char *what, const char *detail)
{
	char text[1024];

	fmt_put(text, sizeof(text), "mcinit: %s%.800s\n", what, detail);
	log_print(2, text);
	return code;
}

/* The next line without its newline; 0, or -ETIMEDOUT, -EPIPE: there comes none, or another -errno. */
static int
next_line(char **line)
{
	memmove(in.bytes, in.bytes + in.taken, in.filled - in.taken);
	in.filled -= in.taken;
	in.taken = 0;
	for (;;) {
		char *end = memchr(in.bytes, '\n', in.filled);
		int64_t left = in.until - sys_now();
		ssize_t n;

		if (end != NULL) {
			*end = '\0';
			*line = in.bytes;
			in.taken = (size_t)(end - in.bytes) + 1;
			return 0;
		}
		if (in.filled == sizeof(in.bytes) - 1)
			return -EPROTO;
		if (left <= 0 || sys_readable(in.fd, (int)left) == 0)
			return -ETIMEDOUT;
		n = sys_read(in.fd, in.bytes + in.filled, sizeof(in.bytes) - 1 - in.filled);
		if (n <= 0)
			return n == 0 || n == -ECONNRESET ? -EPIPE : (int)n;
		in.filled += (size_t)n;
	}
}

static int
say_no_line(int error)
{
	if (error == -ETIMEDOUT)
		return complain(LATE, "mcinit does not answer", "");
	return complain(NO, error == -EPIPE ? "mcinit hung up without an answer: it failed, or it ended. "
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

/* Says `line`, and prints what comes back. */
static int
ask(const char *run_dir, const char *line, size_t bytes)
{
	const char *text;
	char *said = NULL;
	bool yes;
	int rc = sys_change_dir(run_dir);

	in.until = sys_now() + PATIENCE;
	in.fd = rc < 0 ? rc : connect_in_time();
	if (in.fd == -EAGAIN)
		return say_no_line(-ETIMEDOUT);
	if (in.fd < 0)
		return complain(NO_SUPERVISOR, "cannot reach the mcinit that runs, by its socket "
		    "\"control\" in run_dir: ", log_errno(in.fd));
	rc = next_line(&said);
	if (rc < 0)
		return say_no_line(rc);
	if (!ctl_is_greeting(said))
		return complain(NO, "mcinit speaks another language than this one: it says ", said);
	if (sys_send_now(in.fd, line, bytes) != (ssize_t)bytes)
		return say_no_line(-EPIPE);
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
