/* SPDX-License-Identifier: MIT */
/*
 * act_control: what clients of the control socket want becomes events; see act.h.
 *
 * One function per verb.  It must never decide anything but whether a request can be understood.
 */
#include "act_in.h"
#include "control.h"

static void
refuse(struct act_scope *scope, int client, const char *why)
{
	char line[CTL_ANSWER];

	control_tell(client, scope->epoll, line, ctl_answer(line, false, why), true);
}

static void
ask_reexec(struct act_scope *scope, int client, const struct ctl_request *request)
{
	if (scope->world->fds.asking >= 0)
		refuse(scope, client, "another re-exec is under way");
	else
		act_reexec_asked(scope, control_release(client, scope->epoll), request->argument);
}

void
act_hear_client(struct act_scope *scope, int client)
{
	static void (*const verbs[])(struct act_scope *, int, const struct ctl_request *) = {
		[CTL_REEXEC] = ask_reexec,
		[CTL_RCON] = act_rcon_asked,
	};
	_Static_assert(sizeof(verbs) / sizeof(verbs[0]) == CTL_VERB_COUNT, "a verb without a function");
	static _Alignas(64) struct ctl_request request;
	const char *line, *wrong;
	int matter = control_matter(client);
	size_t bytes = control_hear(client, scope->epoll, &line);

	if (matter >= 0) {
		act_rcon_client(scope, client, matter);
	} else if (bytes > 0) {
		wrong = ctl_parse(&request, line, bytes);
		if (wrong != NULL)
			refuse(scope, client, wrong);
		else
			verbs[request.verb](scope, client, &request);
	}
	/* There may be a descriptor, or a place, for one who waits. */
	act_hear_control(scope);
}

void
act_hear_control(struct act_scope *scope)
{
	if (scope->world->fds.control >= 0)
		control_accept(scope->world->fds.control, scope->epoll, TAG_CLIENT);
}
