/* SPDX-License-Identifier: MIT */
/*
 * act_reload: the INI is read again, by a helper, and put in force; see act.h.
 *
 * It must never open the INI itself: a dead disk would stop process 1.
 */
#include <errno.h>
#include <signal.h>		/* numbers only */
#include <string.h>

#include "act_in.h"
#include "fds.h"
#include "log.h"
#include "sys.h"

static void
close_reader(struct act_scope *scope)
{
	struct proc_table *table = &scope->world->proc;

	if (table->reader_pipe < 0)
		return;
	sys_epoll_remove(scope->epoll, table->reader_pipe);
	fds_drop(&table->reader_pipe);
}

void
act_reload(struct act_scope *scope, const struct step_act *a)
{
	(void)a;
	scope->world->read_faults = 0;
	act_reload_again(scope);
}

void
act_reload_again(struct act_scope *scope)
{
	struct proc_table *table = &scope->world->proc;
	int rc;

	if (world_text(scope->world->text)->file[0] == '\0' && scope->conf->servers > 0) {
		log_warn(NULL, 0, "reload: there is no INI; mcinit was started with defaults");
		scope->world->refused++;
		return;
	}
	/* A reader that hangs at a dead disk is given up: the newest request counts. */
	if (table->reader != 0)
		sys_kill(table->reader, SIGKILL);
	close_reader(scope);
	scope->received = 0;
	rc = proc_read_conf(table, scope->reader_argv);
	if (rc == 0 && (rc = sys_epoll_add(scope->epoll, table->reader_pipe, TAG_READER)) < 0) {
		sys_kill(table->reader, SIGKILL);
		table->reader = 0;
		close_reader(scope);
	}
	scope->world->refused += rc < 0;
	if (rc < 0)
		log_err(NULL, rc, "reload: cannot read the INI; the configuration stays as it is");
	else
		log_info(NULL, "reload: reading %s", world_text(scope->world->text)->file[0] != '\0' ?
		    world_text(scope->world->text)->file : "the INI");
}

void
act_hear_reader(struct act_scope *scope)
{
	struct proc_table *table = &scope->world->proc;
	char *to = (char *)scope->incoming;
	ssize_t n;

	if (table->reader_pipe < 0)
		return;
	while (scope->received < sizeof(*scope->incoming)) {
		n = sys_read(table->reader_pipe, to + scope->received,
		    sizeof(*scope->incoming) - scope->received);
		if (n == -EAGAIN)
			return;
		if (n <= 0)
			break;
		scope->received += (size_t)n;
	}
	close_reader(scope);
}

/* Which servers have keys that wait for their next start. */
struct difference {
	const struct act_scope *scope;
	bool boot_only;
	bool pending[CONF_SERVERS];
};

static void
differs(void *cookie, const struct conf_key *key, int slot)
{
	struct difference *d = cookie;
	const char *name = slot < 0 ? NULL : d->scope->conf->name[slot];

	if (d->boot_only) {
		if (key->when == CONF_BOOT && slot < 0)
			log_warn(NULL, 0, "reload: %s.%s changes only when mcinit itself is started again; it "
			    "stays as it was", conf_text(key->section), conf_text(key->name));
		return;
	}
	log_info(name, "reload: %s.%s changed, %s", conf_text(key->section), conf_text(key->name),
	    key->when == CONF_NOW ? "in force now" : "in force at the next start");
	if (slot >= 0)
		d->pending[slot] |= key->when == CONF_NEXT;
}

static unsigned
slots_in_use(const struct act_scope *scope)
{
	unsigned busy = 0;

	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (scope->world->machine.server[slot].used)
			busy |= 1U << slot;
	return busy;
}

/* The text before is kept: settings of a server that leaves stand in no other. */
void
act_take_text(struct act_scope *scope)
{
	struct world *w = scope->world;
	uint32_t to = world_text_free(w);

	memcpy(world_text(to), scope->incoming, load_bytes(scope->incoming));
	/* There was none at the start: this is where it begins.  Nobody reads that text before the commit. */
	if (w->held)
		memcpy(world_text(0), scope->incoming, load_bytes(scope->incoming));
	w->held = 0;
	scope->accepted++;
	w->in_force_at = sys_now();
	sys_give_back(scope->incoming, sizeof(*scope->incoming));
	w->text_before = w->text;
	w->text = to;
	memcpy(w->name, scope->conf->name, sizeof(w->name));
}

static void
put_in_force(struct act_scope *scope)
{
	struct conf *old = scope->conf;
	struct difference d = { .scope = scope };

	conf_compare(old, scope->next, differs, &d);
	scope->conf = scope->next;
	scope->next = old;
	act_take_text(scope);
	console_configure(&scope->world->console, &scope->world->proc, old, scope->conf);
	if (old->mcinit.log_level != scope->conf->mcinit.log_level ||
	    old->mcinit.log_format != scope->conf->mcinit.log_format)
		log_set(scope->conf->mcinit.log_level,
		    scope->conf->mcinit.log_format == FORMAT_JSON);
	scope->world->level = (uint32_t)log_level();
	/* First what waits for the next start, then the starts that CONF may cause. */
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (d.pending[slot]) {
			scope->world->proc.main[slot].warned = 0;
			scope->world->proc.main[slot].noted = 0;
			act_tell(scope, STEP_CHANGED, slot, 0);
		}
	act_tell(scope, STEP_CONF, -1, 0);
	sys_give_back(old, sizeof(*old));
}

void
act_accept(struct act_scope *scope, bool start)
{
	struct difference d = { .scope = scope, .boot_only = true };
	int without;

	if (start)
		conf_arrange(scope->conf, scope->next, scope->world->name);
	conf_compare(scope->conf, scope->next, differs, &d);
	without = conf_follow(scope->next, scope->conf, slots_in_use(scope));
	if (without > 0) {
		log_err(NULL, 0, "reload refused: %d servers find no place beside those that still stop; "
		    "reload again when they have ended", without);
		scope->world->refused++;
		return;
	}
	put_in_force(scope);
	scope->world->reloads += !start;
	log_info(NULL, "reload done: %d servers", scope->conf->servers);
}

void
act_reader_ended(struct act_scope *scope, int status)
{
	act_hear_reader(scope);
	close_reader(scope);
	if (status == 0 && load_is_whole(scope->incoming, scope->received) &&
	    load_again(scope->incoming, scope->next, load_say_in_log, NULL) == 0) {
		act_accept(scope, false);
		return;
	}
	scope->world->refused++;
	log_err(NULL, 0, "reload refused; the configuration stays as it was");
}
