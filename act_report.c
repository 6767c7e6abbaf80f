/* SPDX-License-Identifier: MIT */
/*
 * act_report: what is known of mcinit and its servers, for who asks (report.h); a part of act.c, see act.h.
 *
 * From the state and from memory alone, so that it is told at once.  It must never open a file nor look
 * at a process: who asks can do that himself.
 */
#include <errno.h>
#include <signal.h>		/* numbers only */
#include <string.h>

#include "act_in.h"
#include "control.h"
#include "fmt.h"
#include "host.h"
#include "log.h"
#include "metrics.h"
#include "report.h"
#include "sys.h"
#include "words.h"

enum { HEAD = sizeof("data 99999\n") };

/* Pages of its own, which nobody needs between two reports. */
static _Alignas(4096) struct {
	struct report_whole whole;
	struct report_server server;
	char head[CTL_ANSWER], line[REPORT_LINE], text[HEAD + REPORT_LINE];
} out;

static void
word(char *to, size_t room, const char *text)
{
	fmt_put(to, room, "%s", text);
}

static void
fill_whole(const struct act_scope *scope)
{
	const struct world *w = scope->world;
	struct report_whole *r = &out.whole;
	int64_t now = sys_now();

	report_clear(&report_whole_form, r);
	word(r->version, sizeof(r->version), MCINIT_VERSION);
	word(r->mode, sizeof(r->mode), host_mode_name((enum step_mode)w->machine.whole.mode));
	word(r->file, sizeof(r->file), world_text(w->text)->file);
	r->in_container = w->machine.whole.in_container;
	r->pid = sys_pid();
	r->up = now - w->started;
	r->generation = (int64_t)world_generation();
	r->stopping = w->machine.whole.ending;
	r->reaped = (int64_t)w->proc.reaped;
	r->log_lost = log_lost();
	r->file_age = now - (w->in_force_at != 0 ? w->in_force_at : w->started);
	r->reloads = w->reloads;
	r->refused = w->refused;
}

static const char *
health_of(const struct step_server *s, const struct conf_server *conf)
{
	bool asked = conf->health_interval > 0 && (s->rcon_was_up || conf->health_command.count > 0);

	if (s->unhealthy)
		return "unhealthy";
	return s->is == IS_RUNNING && asked ? "healthy" : "unknown";
}

/* Of the time in which a main process lives, and of the time behind it. */
static void
fill_life(const struct act_scope *scope, int slot, int64_t now)
{
	const struct step_server *s = &scope->world->machine.server[slot];
	struct report_server *r = &out.server;

	if (s->main_alive) {
		r->pid = scope->world->proc.main[slot].pid;
		r->up = now - s->started_at;
	}
	if (s->is == IS_STARTING)
		r->progress = s->progress;
	if (s->is == IS_RUNNING) {
		r->players = s->players;
		act_rcon_names(slot, r->names, sizeof(r->names));
	}
	if (s->reason != REASON_NONE)
		word(r->reason, sizeof(r->reason), words_reason(s->reason));
	if (s->reason != REASON_NONE && !s->main_alive && s->failure == 0 && s->started_at != 0)
		words_status(r->status, s->status);
	r->lost = (s->killed && !s->saved && !s->kill_asked) || s->ended_badly;
}

static void
fill_server(const struct act_scope *scope, int slot)
{
	const struct step_server *s = &scope->world->machine.server[slot];
	const struct conf_server *conf = &scope->conf->server[slot];
	struct report_server *r = &out.server;
	int64_t now = sys_now(), span, when;
	const char *next = step_next(s, &when);
	uint64_t bytes, lost;

	report_clear(&report_server_form, r);
	word(r->name, sizeof(r->name), scope->conf->name[slot]);
	word(r->state, sizeof(r->state), words_state(s->is));
	word(r->wish, sizeof(r->wish), words_wish(s->wish));
	r->since = now - s->since;
	fill_life(scope, slot, now);
	r->starts = s->starts;
	r->restarts = s->restarts;
	r->crashes = step_crashes(conf, s, now, &span);
	word(r->health, sizeof(r->health), health_of(s, conf));
	r->misses = s->misses;
	word(r->rcon, sizeof(r->rcon), words_rcon(s->rcon));
	if (s->rcon == RCON_UP && act_rcon_took(slot) > 0)
		r->rcon_took = act_rcon_took(slot);
	if (next != NULL) {
		word(r->next, sizeof(r->next), next);
		r->next_in = when > now ? when - now : 0;
	}
	r->changed = s->changed;
	r->backups = __builtin_popcount(s->holders);
	r->save_off = s->save_off;
	console_count(&scope->world->console, slot, &bytes, &lost);
	r->console_bytes = (int64_t)bytes;
	r->console_lost = (int64_t)lost;
}

static void
tell(struct act_scope *scope, int client, size_t bytes)
{
	size_t head = ctl_data(out.head, bytes);

	memcpy(out.text, out.head, head);
	memcpy(out.text + head, out.line, bytes);
	control_tell(client, scope->epoll, out.text, head + bytes, false);
}

/* Of all servers, or of the one in `only`; `last` is said behind "ok". */
static void
report(struct act_scope *scope, int client, int only, const char *last)
{
	char line[CTL_ANSWER];

	fill_whole(scope);
	tell(scope, client, report_line(&report_whole_form, &out.whole, out.line));
	for (int slot = 0; slot < CONF_SERVERS && control_is_there(client); slot++) {
		if (!scope->world->machine.server[slot].used || (only >= 0 && slot != only))
			continue;
		fill_server(scope, slot);
		tell(scope, client, report_line(&report_server_form, &out.server, out.line));
	}
	if (control_is_there(client))
		control_tell(client, scope->epoll, line, ctl_answer(line, true, last), true);
	sys_give_back(&out, sizeof(out));
}

void
act_report(struct act_scope *scope, int client, const struct ctl_request *request)
{
	const char *name = request->argument;
	int only = *name == '\0' ? -1 : act_slot_of(scope, name, strlen(name));
	char line[CTL_ANSWER];

	if (*name != '\0' && only < 0)
		control_tell(client, scope->epoll, line, ctl_answer(line, false, act_no_such(name)), true);
	else
		report(scope, client, only, "");
}

void
act_report_end(struct act_scope *scope, int exit_code)
{
	char last[CTL_ANSWER];

	fmt_put(last, sizeof(last), "%d", exit_code);
	for (int client = 0; client < CONTROL_CLIENTS; client++)
		if (control_matter(client) == ACT_MATTER_END)
			report(scope, client, -1, last);
}

/* ---- metrics_file ---- */

static bool metrics_failed;		/* and that was said */

static void
complain(const struct act_scope *scope, int error)
{
	if (!metrics_failed)
		log_warn(NULL, error, "metrics_file %s is not written; trying each metrics_interval",
		    scope->conf->mcinit.metrics_file);
	metrics_failed = true;
}

void
act_metrics(struct act_scope *scope, const struct step_act *a)
{
	char *argv[] = { (char[]){ "mcinit" }, (char[]){ "--role=metrics" },
		(char *)(uintptr_t)scope->conf->mcinit.metrics_file, NULL };
	int rc;

	(void)a;
	/* One that hangs at a dead disk had its time; when it has ended the next one may. */
	if (scope->world->proc.metrics != 0) {
		sys_kill(scope->world->proc.metrics, SIGKILL);
		complain(scope, -ETIMEDOUT);
		return;
	}
	rc = proc_write_metrics(&scope->world->proc, argv, scope->world->console.dir);
	if (rc < 0)
		complain(scope, rc);
}

void
act_metrics_ended(struct act_scope *scope, int status)
{
	int code = step_exit_code(status);

	if (code != 0)
		complain(scope, code < METRICS_NO_ANSWER ? -code : code == 128 + SIGKILL ? -ETIMEDOUT : 0);
	else if (metrics_failed)
		log_info(NULL, "metrics_file %s is written again", scope->conf->mcinit.metrics_file);
	metrics_failed = code != 0;
}
