/* SPDX-License-Identifier: MIT */
/*
 * world: the whole mutable state of mcinit, in one mapping; see world.h.
 *
 * It must never keep a pointer in the mapping, nor change the truth in place.
 */
#include "world.h"

#include <string.h>

#include "sys.h"

struct world *
world_create(void)
{
	struct world *w = NULL;
	int fd = sys_memfd("mcinit-world");

	if (fd >= 0 && sys_truncate(fd, sizeof(*w)) == 0)
		w = sys_map_fd(fd, sizeof(*w));
	if (fd >= 0)
		sys_close(fd);
	if (w == NULL)
		w = sys_map_shared(sizeof(*w));
	if (w == NULL)
		return NULL;
	memcpy(w->magic, "mcinit\r\n", sizeof(w->magic));
	w->layout = WORLD_LAYOUT;
	w->bytes = sizeof(*w);
	w->started = sys_now();
	proc_init(&w->proc);
	return w;
}

const struct step_machine *
world_now(const struct world *w)
{
	return &w->machine[w->current];
}

struct step_machine *
world_draft(struct world *w)
{
	const struct step_machine *now = &w->machine[w->current];
	struct step_machine *next = &w->machine[!w->current];

	next->whole = now->whole;
	/* A slot that nobody uses stays a page that nobody touched. */
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (now->server[slot].used || next->server[slot].used)
			next->server[slot] = now->server[slot];
	return next;
}

void
world_commit(struct world *w)
{
	/* Everything of the draft is stored before the one word that makes it the truth. */
	__atomic_store_n(&w->current, !w->current, __ATOMIC_RELEASE);
	w->turns++;
}
