/* SPDX-License-Identifier: MIT */
/*
 * notify: what a service manager is told; see notify.h.
 *
 * It must never say that all is ready twice, nor that it goes on for ever.
 */
#include "notify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fmt.h"
#include "log.h"
#include "sys.h"

enum {
	LINE = 256,
	MORE_EACH = 10 * 1000,		/* a start that takes long asks for more time so often */
	MORE = 30 * 1000,		/* ... and for so much */
	MARGIN = 12 * 1000		/* behind the last SIGKILL of a stop */
};

static struct {
	int fd;				/* 0: nobody wants to know */
	bool ready, stopping, reloading;
	int64_t watchdog, watchdog_at;	/* ms, 0 = none; the next one */
	int64_t more_at;		/* of a start: the next one */
	int64_t end;			/* of the stop, as it was told */
	int running, servers, players;	/* as they were told */
} notify;

static int64_t
number_of(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	int64_t n = text != NULL ? strtoll(text, &end, 10) : 0;

	return text != NULL && end != text && *end == '\0' && n > 0 ? n : 0;
}

void
notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	int64_t us = number_of("WATCHDOG_USEC"), pid = number_of("WATCHDOG_PID");
	int fd;

	memset(&notify, 0, sizeof(notify));
	if (path == NULL || *path == '\0')
		return;
	fd = sys_connect_datagram(path);
	if (fd < 0) {
		log_warn(NULL, fd, "cannot tell the service manager anything, by NOTIFY_SOCKET=%s", path);
		return;
	}
	notify.fd = sys_move_above(fd, 16);
	sys_close(fd);
	if (notify.fd < 0)
		notify.fd = 0;
	notify.players = notify.running = -1;
	/* Half of it would do; a machine that is busy may be late. */
	if (us > 0 && (pid == 0 || pid == sys_pid()))
		notify.watchdog = us / 1000 / 3 > 0 ? us / 1000 / 3 : 1;
}

static bool
say(const char *text)
{
	return sys_send_now(notify.fd, text, strlen(text)) >= 0;
}

/* How the servers are, in a line for `systemctl status`. */
static void
tell_status(const struct step_machine *m)
{
	int running = 0, servers = 0, players = 0;
	char text[LINE];

	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const struct step_server *s = &m->server[slot];

		servers += s->used;
		running += s->used && s->is == IS_RUNNING;
		players += s->used && s->is == IS_RUNNING ? s->players : 0;
	}
	if (running == notify.running && servers == notify.servers && players == notify.players)
		return;
	fmt_put(text, sizeof(text), "STATUS=%d of %d server%s running, %d player%s online", running, servers,
	    servers == 1 ? "" : "s", players, players == 1 ? "" : "s");
	if (!say(text))
		return;
	notify.running = running;
	notify.servers = servers;
	notify.players = players;
}

static void
tell_ready(const struct conf *conf, const struct step_machine *m, int64_t now)
{
	char text[LINE];

	if (notify.ready)
		return;
	if (step_settled(conf, m) >= 0) {
		fmt_put(text, sizeof(text), "READY=1\nMAINPID=%d", (int)sys_pid());
		notify.ready = say(text);
	} else if (now >= notify.more_at) {
		fmt_put(text, sizeof(text), "EXTEND_TIMEOUT_USEC=%lld", MORE * 1000LL);
		say(text);
	}
}

static void
tell_reload(bool reloading, int64_t now)
{
	char text[LINE];

	if (reloading == notify.reloading || !notify.ready)
		return;
	if (reloading)
		/* Rounded up: one that lies before the signal that asked for it is not believed. */
		fmt_put(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(now + 1) * 1000);
	else
		fmt_put(text, sizeof(text), "READY=1");
	if (say(text))
		notify.reloading = reloading;
}

/* By then the last of them has had its SIGKILL; before it is known, what the INI gives them. */
static int64_t
end_of_stop(const struct conf *conf, const struct step_machine *m, int64_t now)
{
	int64_t end = now;

	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const struct step_server *s = &m->server[slot];
		int64_t by = s->deadline[TIMER_KILL] != STEP_NEVER ? s->deadline[TIMER_KILL] :
		    s->deadline[TIMER_WARN] != STEP_NEVER ? s->deadline[TIMER_WARN] + conf->server[slot].stop_timeout :
		    now;

		if (s->used && by > end)
			end = by;
	}
	return end + MARGIN;
}

static void
tell_stop(const struct conf *conf, const struct step_machine *m, int64_t now)
{
	int64_t end;
	char text[LINE];

	if (!m->whole.ending)
		return;
	if (!notify.stopping)
		notify.stopping = say("STOPPING=1");
	end = end_of_stop(conf, m, now);
	if (end <= notify.end)
		return;
	fmt_put(text, sizeof(text), "EXTEND_TIMEOUT_USEC=%lld", (long long)(end - now) * 1000);
	if (say(text))
		notify.end = end + MARGIN / 2;
}

void
notify_tell(const struct conf *conf, const struct step_machine *m, bool reloading, int64_t now)
{
	if (notify.fd == 0)
		return;
	if (!m->whole.ending)
		tell_ready(conf, m, now);
	/* Whatever became of it: what is due and not put off would have the loop spin. */
	if (notify.ready || m->whole.ending)
		notify.more_at = STEP_NEVER;
	else if (now >= notify.more_at)
		notify.more_at = now + MORE_EACH;
	tell_reload(reloading, now);
	tell_stop(conf, m, now);
	tell_status(m);
	if (notify.watchdog > 0 && now >= notify.watchdog_at) {
		say("WATCHDOG=1");
		notify.watchdog_at = now + notify.watchdog;
	}
}

int64_t
notify_due(void)
{
	int64_t due = STEP_NEVER;

	if (notify.fd == 0)
		return due;
	if (notify.watchdog > 0)
		due = notify.watchdog_at;
	return notify.more_at < due ? notify.more_at : due;
}
