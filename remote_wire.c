/* SPDX-License-Identifier: MIT */
/*
 * remote_wire: a part of remote.c: a connection of its own to a server's RCON.
 *
 * One for all commands.  It must never send a packet in two pieces, nor two packets that could be
 * read at once, nor a command a second time.
 */
#include "remote_in.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fmt.h"
#include "log.h"
#include "rcon.h"
#include "sys.h"
#include "typist.h"
#include "wire.h"

enum {
	PORT = 25575,
	AFTER = 50,			/* what comes behind the last reply is waited for so long */
	PAUSE = 100,			/* a server that sends line by line has sent the last one */
	IDLE = 3000			/* any other that has answered, and may have more to say */
};

static _Alignas(64) struct {
	int fd;				/* 0: none */
	bool localhost;			/* ::1 is as good */
	bool refused;			/* nobody listens there */
	struct wire_place place;
	char text[WIRE_TEXT];
	char password[RCON_COMMAND + 2];
	struct rcon rcon;
	bool line_ended;		/* what comes now is another line */
	bool hearing;			/* a reply is waited for, and not the rest of one */
	size_t filled, taken;
	char bytes[64 * 1024];
	char packet[RCON_PACKET];
} wire;

/* ---- the command line ---- */

static int
cut_line(ssize_t bytes)
{
	char *end;

	wire.password[bytes < 0 ? 0 : bytes] = '\0';
	end = strpbrk(wire.password, "\r\n");
	if (end != NULL)
		*end = '\0';
	if (wire.password[0] == '\0')
		return remote_fail(REMOTE_USAGE, "%s: its first line is to be the password, and is "
		    "empty", remote.password_file);
	return REMOTE_DONE;
}

/* A file, or standard input: what comes in pieces. */
static int
read_password(int fd)
{
	ssize_t bytes = 0, n = 1;

	while (n > 0 && bytes < (ssize_t)sizeof(wire.password) - 1 &&
	    memchr(wire.password, '\n', (size_t)bytes) == NULL) {
		n = sys_read(fd, wire.password + bytes, sizeof(wire.password) - 1 - (size_t)bytes);
		bytes += n > 0 ? n : 0;
	}
	if (n < 0)
		return remote_fail(REMOTE_NO, "cannot read %s: %s", remote.password_file,
		    log_errno((int)n));
	return cut_line(bytes);
}

static int
password_from_file(void)
{
	int fd = sys_open(remote.password_file, O_RDONLY, 0), code;
	char text[REMOTE_WHY];
	struct stat st;

	if (fd < 0)
		return remote_fail(REMOTE_NO, "cannot open %s: %s", remote.password_file,
		    log_errno(fd));
	if (sys_stat_fd(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & S_IROTH) {
		fmt_put(text, sizeof(text), "mcinit: warning: everybody here can read %s: "
		    "chmod 600\n", remote.password_file);
		log_print(2, text);
	}
	code = read_password(fd);
	sys_close(fd);
	return code;
}

static int
find_password(void)
{
	const char *from = remote.password_file, *named = getenv("MCINIT_RCON_PASSWORD");

	if (from != NULL && strcmp(from, "-") != 0)
		return password_from_file();
	if (from != NULL && remote.input)
		return remote_fail(REMOTE_USAGE, "--password-file -: the commands come on standard "
		    "input");
	if (from != NULL && sys_is_tty(0))
		return remote_fail(REMOTE_USAGE, "--password-file -: a terminal would show it");
	if (from != NULL)
		return read_password(0);
	if (named == NULL || *named == '\0')
		return remote_fail(REMOTE_USAGE, "the password is missing: --password-file FILE, or "
		    "MCINIT_RCON_PASSWORD in the environment");
	fmt_put(wire.password, sizeof(wire.password), "%s", named);
	return REMOTE_DONE;
}

int
remote_wire_begin(void)
{
	const char *host = remote.host != NULL ? remote.host : "127.0.0.1";
	int code;

	wire.localhost = strcmp(host, "localhost") == 0;
	if (!wire_place_of(&wire.place, host, remote.port > 0 ? remote.port : PORT))
		return remote_fail(REMOTE_USAGE, "--host %.100s: give an address, such as 192.0.2.1 or "
		    "::1, or \"localhost\"; names are not looked up", host);
	wire_text(&wire.place, wire.text);
	code = find_password();
	if (code == REMOTE_DONE && strlen(wire.password) > RCON_COMMAND)
		return remote_fail(REMOTE_USAGE, "a password has %d bytes at most", RCON_COMMAND);
	return code;
}

const char *
remote_wire_text(void)
{
	return wire.text;
}

/* ---- the connection ---- */

static void
hang_up(void)
{
	if (wire.fd > 0)
		sys_close(wire.fd);
	wire.fd = 0;
	wire.hearing = false;
	wire.filled = wire.taken = 0;
}

static int
fail_wait(int rc, const char *what)
{
	if (rc == -EINTR)
		return remote_fail(REMOTE_NO, "%s: given up; the server %s", wire.text, wire.hearing ?
		    "was told, and may do it" : "was not told");
	if (rc < 0)
		return remote_fail(REMOTE_NO, "%s: %s", wire.text, log_errno(rc));
	return remote_fail(REMOTE_LATE, "%s: timed out, %s", wire.text, what);
}

static int
fail_connect(int rc)
{
	wire.refused = rc == -ECONNREFUSED;
	return remote_fail(REMOTE_NO, "%s: %s%s", wire.text, log_errno(rc), !wire.refused ? "" :
	    ". Is RCON on there (server.properties: enable-rcon=true, rcon.port), and the server "
	    "ready?");
}

static int
connect_once(void)
{
	int fd = wire_open(&wire.place), rc;

	wire.refused = false;
	if (fd < 0)
		return fail_connect(fd);
	wire.fd = fd;
	rc = remote_wait(fd, POLLOUT);
	if (rc <= 0)
		return fail_wait(rc, "there is no way to it, or a firewall is in it");
	rc = wire_arrived(fd);
	return rc < 0 ? fail_connect(rc) : REMOTE_DONE;
}

static int
connect_there(void)
{
	char why[REMOTE_WHY];
	int code = connect_once();

	if (!wire.refused || !wire.localhost)
		return code;
	/* It may be on the other loopback; if not, the usual one is named. */
	hang_up();
	memcpy(why, remote.why, sizeof(why));
	wire_place_of(&wire.place, "::1", wire.place.port);
	code = connect_once();
	if (code == REMOTE_DONE)
		wire_text(&wire.place, wire.text);
	else
		wire_place_of(&wire.place, "127.0.0.1", wire.place.port);
	if (wire.refused)
		memcpy(remote.why, why, sizeof(why));
	return code;
}

static int
say(size_t bytes)
{
	ssize_t n = sys_send_now(wire.fd, wire.packet, bytes);

	if (n == (ssize_t)bytes)
		return REMOTE_DONE;
	return remote_fail(REMOTE_NO, "%s: cannot send: %s", wire.text,
	    n < 0 ? log_errno((int)n) : "it does not take a whole packet");
}

/* Nothing comes any more. */
static int
fail_end(ssize_t n)
{
	if (n < 0 && n != -ECONNRESET && n != -EPIPE)
		return remote_fail(REMOTE_NO, "%s: %s", wire.text, log_errno((int)n));
	return remote_fail(REMOTE_NO, "%s: the server hung up before its reply was whole",
	    wire.text);
}

static int
fail_broken(void)
{
	return remote_fail(REMOTE_NO, "%s: what came is garbled, or no RCON. Is this the port of "
	    "rcon.port?", wire.text);
}

/* A piece of a reply, or of what came behind it. */
static int
print(enum rcon_news is, size_t from, size_t count)
{
	char text[REMOTE_WHY];
	int rc;

	/* The object of that is closed. */
	if (is == RCON_REST && wire.hearing && remote.json) {
		fmt_put(text, sizeof(text), "mcinit: %s: part of the reply before came after the next "
		    "command and is not in the JSON: ask for one at a time\n", wire.text);
		log_print(2, text);
		return REMOTE_DONE;
	}
	if (wire.line_ended)
		remote_out_break();
	wire.line_ended = false;
	rc = remote_out_put(wire.bytes + from, count);
	return rc == 0 ? REMOTE_DONE : remote_cannot_print(rc);
}

/* What is there: the first news of importance, or MORE.  `code` is that of printing. */
static enum rcon_news
take(int *code)
{
	for (*code = REMOTE_DONE; wire.taken < wire.filled && *code == REMOTE_DONE; ) {
		size_t used, from, piece;
		enum rcon_news news = rcon_hear(&wire.rcon, wire.bytes + wire.taken,
		    wire.filled - wire.taken, &used, &from, &piece);

		if (news == RCON_TEXT || news == RCON_REST)
			*code = print(news, wire.taken + from, piece);
		wire.taken += used;
		if (news == RCON_PROBE)
			*code = say(rcon_probe(&wire.rcon, wire.packet));
		else if (news == RCON_PAUSE)
			wire.line_ended = true;
		else if (news != RCON_MORE && news != RCON_TEXT && news != RCON_REST)
			return news;
	}
	return RCON_MORE;
}

/* Reads what is there; 1, 0: that is all, or -errno. */
static ssize_t
refill(void)
{
	ssize_t n = sys_read(wire.fd, wire.bytes, sizeof(wire.bytes));

	wire.taken = 0;
	wire.filled = n > 0 ? (size_t)n : 0;
	return n;
}

/*
 * Until there is more: 1; 0: too late, or, after a silence, what is there is all of the reply
 * (`whole`); or -errno.
 */
static int
wait_for_more(bool *whole)
{
	int64_t until = remote.until, now = sys_now(), silence = wire.rcon.by_line ? PAUSE : IDLE;
	int rc;

	*whole = false;
	/* A flood leaves no silence to look at the clock in. */
	if (now >= until)
		return 0;
	if (now + silence < until)
		remote.until = now + silence;
	rc = remote_wait(wire.fd, POLLIN);
	remote.until = until;
	if (rc != 0)
		return rc;
	*whole = rcon_idle(&wire.rcon) == RCON_DONE;
	return *whole ? 0 : remote_wait(wire.fd, POLLIN);
}

/* Hears until the news are the wanted ones; any others fail. */
static int
hear(enum rcon_news wanted)
{
	for (;;) {
		int code, rc;
		enum rcon_news news = take(&code);
		bool whole;
		ssize_t n;

		if (code != REMOTE_DONE || news == wanted)
			return code;
		if (news == RCON_REFUSED)
			return remote_fail(REMOTE_NO, "%s: wrong password", wire.text);
		if (news != RCON_MORE)
			return fail_broken();
		remote_out_flush();
		rc = wait_for_more(&whole);
		if (whole)
			return REMOTE_DONE;
		if (rc <= 0)
			return fail_wait(rc, "without a whole reply; --timeout makes it wait longer");
		n = refill();
		if (n == -EAGAIN)
			continue;
		if (n <= 0)
			return rcon_hung_up(&wire.rcon) == RCON_DONE ? REMOTE_DONE : fail_end(n);
	}
}

int
remote_wire_open(void)
{
	size_t bytes;
	int code;

	if (wire.fd > 0)
		return REMOTE_DONE;
	code = connect_there();
	if (code == REMOTE_DONE) {
		bytes = rcon_login(&wire.rcon, wire.packet, wire.password);
		code = say(bytes);
		explicit_bzero(wire.packet, bytes);
	}
	if (code == REMOTE_DONE)
		code = hear(RCON_IN);
	if (code != REMOTE_DONE)
		hang_up();
	return code;
}

/* ---- commands ---- */

/* What came behind a reply that seemed whole, up to now or until they hang up or time is over. */
static void
hear_rest(bool wait)
{
	ssize_t n;
	int code;

	wire.line_ended = true;
	wire.hearing = false;
	while (take(&code) == RCON_MORE && code == REMOTE_DONE) {
		remote_out_flush();
		/* One that never stops talking is not listened to for ever. */
		if (sys_now() >= remote.until || (typist_signals() >= 0 && typist_interrupted()) ||
		    (wait && remote_wait(wire.fd, POLLIN) <= 0))
			break;
		n = refill();
		if (n == -EAGAIN && !wait)
			return;
		if (n <= 0)
			break;
	}
	hang_up();
}

static void
part(void)
{
	sys_shut_down(wire.fd);
	remote.until = sys_now() + AFTER;
	hear_rest(true);
}

/* They may have hung up since, and then nothing is lost by asking anew. */
void
remote_wire_look(void)
{
	remote.until = sys_now() + AFTER;
	if (wire.fd > 0)
		hear_rest(false);
	remote_out_break();
}

int
remote_wire_ask(const char *command, bool final)
{
	bool last = rcon_is_last(command);
	int code = remote_wire_open();

	if (code == REMOTE_DONE)
		code = say(rcon_ask(&wire.rcon, wire.packet, command, last));
	wire.hearing = code == REMOTE_DONE;
	if (code == REMOTE_DONE) {
		typist_said();
		code = hear(RCON_DONE);
	}
	if (code != REMOTE_DONE) {
		hang_up();
		return code;
	}
	if (final)
		part();
	else if (last)
		hang_up();
	else
		hear_rest(false);
	return REMOTE_DONE;
}

void
remote_wire_end(void)
{
	if (wire.fd > 0)
		part();
	remote_out_break();
	remote_out_flush();
}
