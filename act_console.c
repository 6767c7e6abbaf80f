/* SPDX-License-Identifier: MIT */
/*
 * act_console: what is done for the consoles, and what their processes report; see act.h.
 *
 * It must never look at what a server printed, and never wait for a console process.
 */
#include <errno.h>
#include <signal.h>		/* numbers only */

#include "act_in.h"
#include "log.h"
#include "ring.h"
#include "sys.h"
#include "words.h"

/* ---- what they report ---- */

static void
marker(struct act_scope *scope, const struct console_report *r)
{
	act_tell(scope, STEP_MARKER, r->slot, (int32_t)(r->value | r->number << 8));
}

static void
players(struct act_scope *scope, const struct console_report *r)
{
	act_tell(scope, STEP_PLAYERS, r->slot, (int32_t)r->number);
}

static void
file_trouble(struct act_scope *scope, const struct console_report *r)
{
	log_err(act_name(scope, r->slot), r->value, "its log in %s cannot be written; %lld lines of it "
	    "are lost so far. It goes on by itself when that is mended", scope->conf->log.dir,
	    (long long)r->number);
}

static void
file_well(struct act_scope *scope, const struct console_report *r)
{
	log_info(act_name(scope, r->slot), "its log in %s is written again; %lld lines are missing in it",
	    scope->conf->log.dir, (long long)r->number);
}

static void
rotate_failed(struct act_scope *scope, const struct console_report *r)
{
	log_err(act_name(scope, r->slot), r->value, "its log in %s cannot be given a number and grows "
	    "on; mcinit needs the right to rename files there", scope->conf->log.dir);
}

static void
compress_failed(struct act_scope *scope, const struct console_report *r)
{
	const struct conf_list *compress = &scope->conf->log.compress;
	char status[WORDS_SHORT];

	words_status(status, r->value < 0 ? 0 : r->value);
	log_err(act_name(scope, r->slot), r->value < 0 ? r->value : 0, "%s failed%s%s%s for its log "
	    "number %lld, which stays as it is", compress->count > 0 ? compress->text : "log.compress",
	    r->value < 0 ? "" : " (", r->value < 0 ? "" : status, r->value < 0 ? "" : ")",
	    (long long)r->number);
}

static void
lost(struct act_scope *scope, const struct console_report *r)
{
	log_warn(act_name(scope, r->slot), 0, "%lld lines were dropped on the way to %s, which is too "
	    "slow (log.on_full = drop)", (long long)r->number,
	    r->value == RING_FILES ? "its log file" : r->slot < 0 ? "standard error" :
	    "standard output");
}

static void
input_refused(struct act_scope *scope, const struct console_report *r)
{
	log_warn(act_name(scope, r->slot), 0, "%s; a line of standard input was not typed",
	    r->value == EAGAIN ? "does not read its console" : "is not running");
}

static void
input_unknown(struct act_scope *scope, const struct console_report *r)
{
	(void)scope;
	log_warn(NULL, 0, "%s", r->value == 2 ? "a line of standard input is too long (4095 bytes); it "
	    "was not typed" : "standard input: begin the line with the server's name: NAME: command");
}

void
act_tell_console(struct act_scope *scope, const struct console_report *report)
{
	static void (*const on[])(struct act_scope *, const struct console_report *) = {
		[REPORT_MARKER] = marker,
		[REPORT_PLAYERS] = players,
		[REPORT_FILE_TROUBLE] = file_trouble,
		[REPORT_FILE_WELL] = file_well,
		[REPORT_ROTATE_FAILED] = rotate_failed,
		[REPORT_COMPRESS_FAILED] = compress_failed,
		[REPORT_LOST] = lost,
		[REPORT_INPUT_REFUSED] = input_refused,
		[REPORT_INPUT_UNKNOWN] = input_unknown,
	};

	_Static_assert(sizeof(on) / sizeof(on[0]) == CONSOLE_REPORT_KIND_COUNT, "a report nobody hears");
	on[report->kind](scope, report);
}

static bool
writers_run(const struct act_scope *scope)
{
	const struct proc_table *proc = &scope->world->proc;
	bool run = console_runs(proc, CONSOLE_OUTPUT, -1) || console_runs(proc, CONSOLE_INPUT, -1);

	for (int slot = 0; slot < CONF_SERVERS; slot++)
		run |= console_runs(proc, CONSOLE_FILES, slot);
	return run;
}

/* ---- what is done ---- */

void
act_command(struct act_scope *scope, const struct step_act *a)
{
	const char *command = step_stop_command(&scope->conf->server[a->slot]);
	int rc = console_command(&scope->world->console, a->slot, command);

	if (rc == 0) {
		log_debug(act_name(scope, a->slot), "typed \"%s\" on its console", command);
		return;
	}
	log_warn(act_name(scope, a->slot), rc, "does not read its console: \"%s\" was not typed", command);
	act_tell(scope, STEP_COMMAND_FAILED, a->slot, 0);
}

static int
start_helper(struct act_scope *scope, enum console_role role, int slot)
{
	int rc = console_start(&scope->world->console, &scope->world->proc, role, slot, scope->conf);

	if (rc < 0 && rc != -EBUSY) {
		log_err(act_name(scope, slot), rc, "cannot start a console process; trying again");
		if (!console_runs(&scope->world->proc, CONSOLE_OUTPUT, -1))
			log_rescue();
	}
	return rc;
}

void
act_helper(struct act_scope *scope, const struct step_act *a)
{
	if (start_helper(scope, (enum console_role)a->a, a->slot) < 0)
		act_tell(scope, STEP_HELPER_ENDED, a->slot,
		    (int32_t)a->a | HELPER_END_NOT_STARTED << 8);
}

/* A carrier that is not there now, and may be wanted, takes over what is left. */
void
act_drain(struct act_scope *scope, const struct step_act *a)
{
	console_end(&scope->world->console, a->slot);
	if (!console_runs(&scope->world->proc, CONSOLE_CARRIER, a->slot))
		start_helper(scope, CONSOLE_CARRIER, a->slot);
	if (!console_runs(&scope->world->proc, CONSOLE_CARRIER, a->slot))
		act_tell(scope, STEP_DRAINED, a->slot, 0);
}

void
act_abandon(struct act_scope *scope, const struct step_act *a)
{
	if (console_runs(&scope->world->proc, CONSOLE_CARRIER, a->slot))
		sys_kill(scope->world->proc.helper[a->slot], SIGKILL);
	console_release(&scope->world->console, a->slot);
}

void
act_unplug(struct act_scope *scope, const struct step_act *a)
{
	(void)a;
	console_unplug(&scope->world->proc);
}

void
act_quote(struct act_scope *scope, const struct step_act *a)
{
	if (!console_quote(&scope->world->console, a->slot, (int)a->a))
		log_info(act_name(scope, a->slot), "it printed nothing");
}

void
act_rotate(struct act_scope *scope, const struct step_act *a)
{
	(void)a;
	console_rotate(&scope->world->console);
}

void
act_resize(struct act_scope *scope, const struct step_act *a)
{
	(void)a;
	console_resize(&scope->world->console);
}

void
act_close(struct act_scope *scope, const struct step_act *a)
{
	(void)a;
	console_close(&scope->world->console);
	if (!writers_run(scope))
		act_tell(scope, STEP_CLOSED, -1, 0);
}

void
act_helper_ended(struct act_scope *scope, const struct proc_end *end)
{
#define X(name, word, each) word,
	static const char names[][8] = { CONSOLE_ROLES(X) };
#undef X
	enum console_role role;
	int slot, status = end->status;
	bool left = status == 0;

	console_which(end->slot, &role, &slot);
	if (role == CONSOLE_OUTPUT && !left)
		log_rescue();
	/* What it said before it ended comes first. */
	act_hear_console(scope);
	proc_forget(&scope->world->proc, end);
	if (!left)
		log_warn(act_name(scope, slot), 0, "a console process (%s) ended (%s %d)",
		    names[role], (status & 0x7f) != 0 ? "signal" : "exit",
		    (status & 0x7f) != 0 ? status & 0x7f : status >> 8);
	/* After an abandoned drain the slot may have its next start already. */
	if (role == CONSOLE_CARRIER && left && scope->world->machine.server[slot].draining)
		console_release(&scope->world->console, slot);
	act_tell(scope, STEP_HELPER_ENDED, slot,
	    (int32_t)role | (left ? HELPER_END_LEFT : HELPER_END_DIED) << 8);
	/* One that died may have a successor, which writes the rest. */
	if (left && !writers_run(scope))
		act_tell(scope, STEP_CLOSED, -1, 0);
}
