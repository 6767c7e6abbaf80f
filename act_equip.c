/* SPDX-License-Identifier: MIT */
/*
 * act_equip: what a child finds and makes in its server's directory (equip.h), seen from here; a
 * part of act.c, see act.h.
 *
 * Children write into memory that we share with them: it must never be believed before it was
 * looked at, and never be waited for.
 */
#include "act_in.h"

#include <string.h>

#include "log.h"

enum { LINE = 1024 };
_Static_assert(EQUIP_NOTE_COUNT <= 32, "proc_main.noted has no bit left");

/* While a child is on its way to the exec, its port stands nowhere else. */
static bool
any_on_its_way(const struct proc_table *table)
{
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (table->main[slot].report >= 0)
			return true;
	return false;
}

void
act_equip(const struct act_scope *scope, int slot)
{
	struct equip_shared *shared = world_equip();
	struct world *w = scope->world;

	memset(&w->rcon[slot], 0, sizeof(w->rcon[slot]));
	shared->told[slot].pid = 0;
	if (!any_on_its_way(&w->proc))
		memset(shared->claim, 0, sizeof(shared->claim));
}

void
act_executed(struct act_scope *scope, int slot)
{
	struct equip_rcon rcon;

	if (world_told(slot, scope->world->proc.main[slot].pid, &rcon))
		scope->world->rcon[slot] = rcon;
	act_tell(scope, STEP_EXEC_DONE, slot, 0);
	if (!scope->world->rcon[slot].on)
		act_tell(scope, STEP_RCON_DOWN, slot, RCON_END_ABSENT);
}

void
act_note_once(const struct act_scope *scope, int slot, const struct proc_report *r)
{
	struct proc_main *p = &scope->world->proc.main[slot];
	const char *name = act_name(scope, slot);
	enum equip_note note = (enum equip_note)r->what_bit;
	char line[LINE];

	if (p->noted & UINT32_C(1) << note)
		return;
	p->noted |= UINT32_C(1) << note;
	equip_note_text(line, sizeof(line), note, scope->conf->server[slot].dir, r->what,
	    (int)r->holder);
	if (equip_note_level(note) == LEVEL_WARN)
		log_warn(name, r->error, "%s", line);
	else
		log_info(name, "%s", line);
}
