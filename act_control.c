/* SPDX-License-Identifier: MIT */
/*
 * act_control: what clients of the control socket want becomes events; see act.h.
 *
 * One function per verb.  It must never decide anything: what it refuses, so that who asks hears why, step.c would
 * not do either.
 */
#include <errno.h>
#include <signal.h>		/* numbers only */
#include <string.h>

#include "act_in.h"
#include "control.h"
#include "fmt.h"
#include "log.h"
#include "sys.h"

/* Clients who are let in, who may wait for our end, and events that may wait when one of them asks for more. */
enum { IN_A_TURN = 16, ENDS = 8, QUEUE_MOST = WORLD_QUEUE / 2 };

int
act_slot_of(const struct act_scope *scope, const char *name, size_t bytes)
{
	int only = -1, servers = 0;

	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		const char *one = scope->conf->name[slot];

		if (one[0] == '\0')
			continue;
		only = slot;
		servers++;
		if (strlen(one) == bytes && memcmp(one, name, bytes) == 0)
			return slot;
	}
	return bytes == 1 && *name == '-' && servers == 1 ? only : -1;
}

static void
refuse(struct act_scope *scope, int client, const char *why)
{
	char line[CTL_ANSWER];

	control_tell(client, scope->epoll, line, ctl_answer(line, false, why), true);
}

static void
ask_reexec(struct act_scope *scope, int client, const struct ctl_request *request)
{
	/* It may name any program. */
	if (!control_is_trusted(client))
		refuse(scope, client, "a re-exec is for root and mcinit's own user");
	else if (scope->world->fds.asking >= 0)
		refuse(scope, client, "another re-exec is under way");
	else
		act_reexec_asked(scope, control_release(client, scope->epoll), request->argument);
}

/* ---- servers up and down ---- */

const char *
act_no_such(const char *name)
{
	return *name == '-' && name[1] == '\0' ? "say for which server" : "no server has that name";
}

static void
under_way(struct act_scope *scope, int client)
{
	char line[CTL_ANSWER];

	/* Behind an ok nothing may be forgotten. */
	world_commit();
	control_tell(client, scope->epoll, line, ctl_answer(line, true, ""), true);
}

/* "NAME", "NAME now". */
static void
order(struct act_scope *scope, int client, const struct ctl_request *request, int what)
{
	size_t bytes = strcspn(request->argument, " ");
	const char *rest = request->argument + bytes;
	int slot = act_slot_of(scope, request->argument, bytes);
	bool now = strcmp(rest, " now") == 0;

	if (slot < 0)
		refuse(scope, client, act_no_such(request->argument));
	else if (*rest != '\0' && !now)
		refuse(scope, client, "behind the name there may be \"now\"");
	else if (scope->world->machine.whole.ending)
		refuse(scope, client, "mcinit is stopping all servers, and ends then");
	else {
		act_tell(scope, what, slot, now);
		under_way(scope, client);
	}
}

static void
ask_start(struct act_scope *scope, int client, const struct ctl_request *request)
{
	order(scope, client, request, STEP_START);
}

static void
ask_stop(struct act_scope *scope, int client, const struct ctl_request *request)
{
	bool now = strcmp(request->argument, "* now") == 0;

	if (*request->argument != '\0' && strcmp(request->argument, "*") != 0 && !now) {
		order(scope, client, request, STEP_STOP);
		return;
	}
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (scope->world->machine.server[slot].used)
			act_tell(scope, STEP_STOP, slot, now);
	under_way(scope, client);
}

static void
ask_restart(struct act_scope *scope, int client, const struct ctl_request *request)
{
	order(scope, client, request, STEP_RESTART);
}

static void
ask_kill(struct act_scope *scope, int client, const struct ctl_request *request)
{
	order(scope, client, request, STEP_KILL);
}

/* Its connection is kept, and that is said before the answer. */
static void
tell_it_stays(struct act_scope *scope, int client, const char *how)
{
	char line[2 * CTL_ANSWER];
	size_t n = ctl_data(line, strlen(how) + 1);

	n += fmt_put(line + n, CTL_ANSWER, "%s\n", how);
	control_tell(client, scope->epoll, line, n, false);
}

/* ---- the whole: as the signals that mean it ---- */

static void
signal_us(struct act_scope *scope, int client, int signal)
{
	act_tell(scope, STEP_SIGNAL, -1, signal);
	under_way(scope, client);
}

static void
ask_shutdown(struct act_scope *scope, int client, const struct ctl_request *request)
{
	(void)request;
	signal_us(scope, client, SIGTERM);
}

/* It is answered by act_report_end().  As that may be in a year, the places of others are not for these. */
static void
ask_end(struct act_scope *scope, int client, const struct ctl_request *request)
{
	int wait = 0;

	(void)request;
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		wait += control_matter(i) == ACT_MATTER_END;
	if (wait < ENDS && control_keep(client, ACT_MATTER_END))
		tell_it_stays(scope, client, "waits");
	else
		refuse(scope, client, "too many wait already");
}

static void
ask_reload(struct act_scope *scope, int client, const struct ctl_request *request)
{
	(void)request;
	if (scope->world->machine.whole.ending)
		refuse(scope, client, "mcinit is stopping all servers, and ends then");
	else
		signal_us(scope, client, SIGHUP);
}

static void
ask_rotate(struct act_scope *scope, int client, const struct ctl_request *request)
{
	(void)request;
	act_tell(scope, STEP_ROTATE, -1, 0);
	under_way(scope, client);
}

/* ---- backups ---- */

static void
hold_is_left(struct act_scope *scope, int client, int slot)
{
	if (control_is_there(client))
		return;
	act_tell(scope, STEP_UNHOLD, slot, client);
	world_commit();
}

/* Its connection keeps the server from saving: when that is gone, it saves again. */
static void
ask_hold(struct act_scope *scope, int client, const struct ctl_request *request)
{
	int slot = act_slot_of(scope, request->argument, strlen(request->argument));

	if (slot < 0)
		refuse(scope, client, act_no_such(request->argument));
	else if (scope->world->machine.server[slot].is != IS_RUNNING)
		refuse(scope, client, "it does not run");
	else if (!control_keep(client, slot + ACT_MATTER_HOLD))
		refuse(scope, client, "too many wait; ask again in a moment");
	else {
		act_tell(scope, STEP_HOLD, slot, client);
		/* It may say save-off as soon as it hears of it. */
		world_commit();
		tell_it_stays(scope, client, "held");
		hold_is_left(scope, client, slot);
		log_info(act_name(scope, slot), "a backup keeps it from saving; save-on follows when that is over");
	}
}

/* ---- consoles ---- */

/* `none`: why there is none to lend. */
static void
lend(struct act_scope *scope, int client, int fd, const char *none)
{
	char line[CTL_ANSWER], why[CTL_ANSWER];
	int rc = fd < 0 ? fd : control_give(client, scope->epoll, line, ctl_answer(line, true, ""), fd);

	if (rc < 0) {
		fmt_put(why, sizeof(why), "cannot lend the console: %s", log_errno(rc));
		refuse(scope, client, rc == -ENOENT || rc == -ENXIO ? none : why);
	}
	if (fd >= 0)
		sys_close(fd);
}

static void
ask_consoles(struct act_scope *scope, int client, const struct ctl_request *request)
{
	(void)request;
	lend(scope, client, console_lend_rings(&scope->world->console), "the consoles cannot be opened; is there a /proc?");
}

static void
ask_input(struct act_scope *scope, int client, const struct ctl_request *request)
{
	int slot = act_slot_of(scope, request->argument, strlen(request->argument));

	if (slot < 0)
		refuse(scope, client, act_no_such(request->argument));
	else
		lend(scope, client, console_lend_input(&scope->world->console, slot),
		    "is not running, is stopping, or has tty = inherit");
}

/* What is answered at once, and adds nothing to what has to be done. */
static bool
only_asks(enum ctl_verb verb)
{
	return verb == CTL_STATUS || verb == CTL_END || verb == CTL_CONSOLES || verb == CTL_INPUT;
}

static void
do_request(struct act_scope *scope, int client, const char *line, size_t bytes)
{
	static void (*const verbs[])(struct act_scope *, int, const struct ctl_request *) = {
		[CTL_REEXEC] = ask_reexec,
		[CTL_RCON] = act_rcon_asked,
		[CTL_STATUS] = act_report,
		[CTL_START] = ask_start,
		[CTL_STOP] = ask_stop,
		[CTL_RESTART] = ask_restart,
		[CTL_KILL] = ask_kill,
		[CTL_SHUTDOWN] = ask_shutdown,
		[CTL_RELOAD] = ask_reload,
		[CTL_ROTATE] = ask_rotate,
		[CTL_END] = ask_end,
		[CTL_HOLD] = ask_hold,
		[CTL_CONSOLES] = ask_consoles,
		[CTL_INPUT] = ask_input,
	};
	_Static_assert(sizeof(verbs) / sizeof(verbs[0]) == CTL_VERB_COUNT, "a verb without a function");
	static _Alignas(64) struct ctl_request request;
	const char *wrong = ctl_parse(&request, line, bytes);
	char late[CTL_ANSWER];

	if (wrong != NULL)
		refuse(scope, client, wrong);
	else if (scope->world->events > QUEUE_MOST && !only_asks(request.verb))
		control_tell(client, scope->epoll, late, ctl_late(late, "mcinit has too much to do; ask again in a moment"),
		    true);
	else
		verbs[request.verb](scope, client, &request);
}

static void
hear_client(struct act_scope *scope, int client)
{
	const char *line;
	int matter = control_matter(client);
	size_t bytes = control_hear(client, scope->epoll, &line);

	if (matter >= ACT_MATTER_HOLD && matter < ACT_MATTER_END)
		hold_is_left(scope, client, matter - ACT_MATTER_HOLD);
	else if (matter >= 0 && matter < ACT_MATTER_HOLD)
		act_rcon_client(scope, client, matter);
	else if (matter < 0 && bytes > 0)
		do_request(scope, client, line, bytes);
}

void
act_hear_client(struct act_scope *scope, int client)
{
	hear_client(scope, client);
	/* There may be a descriptor, or a place, for one who waits. */
	scope->at_the_door = true;
}

void
act_hear_control(struct act_scope *scope)
{
	int listener = scope->world->fds.control, client = CONTROL_NOBODY;

	scope->at_the_door = false;
	if (listener < 0)
		return;
	for (int i = 0; i < IN_A_TURN && client != CONTROL_NOBODY_MORE; i++) {
		client = control_accept(listener, scope->epoll, TAG_CLIENT);
		if (client >= 0)
			hear_client(scope, client);
	}
	/* It is told of once, and the rest is for the next turn; that cannot fail for one that is watched. */
	if (client != CONTROL_NOBODY_MORE)
		sys_epoll_again(scope->epoll, listener, TAG_CONTROL);
}
