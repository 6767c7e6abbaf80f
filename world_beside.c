/* SPDX-License-Identifier: MIT */
/*
 * world_beside: what stands in the mapping beside the commits, and which descriptors a state names; a part
 * of world.c, see world.h.
 *
 * It is not under the sum of a commit: after a fault it must never be believed before it was looked at.
 */
#include "world.h"

#include <string.h>

#include "world_in.h"

struct load_text *
world_text(uint32_t which)
{
	return &world_mapped->text[which];
}

uint32_t
world_text_free(const struct world *w)
{
	return w->text == 1 ? 2 : 1;
}

static struct world_box *
current_box(void)
{
	return &world_mapped->head.box[world_now()->boxes % 2];
}

struct world_box *
world_box(uint32_t kind, int slot)
{
	struct world_box *box = current_box();

	memset(box, 0, sizeof(*box));
	box->slot = slot;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&box->kind, kind, __ATOMIC_RELEASE);
	return box;
}

void
world_box_done(void)
{
	/* What the other one held was told long ago. */
	world_mapped->head.box[(world_now()->boxes + 1) % 2].kind = 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	world_now()->boxes++;
	world_commit();
}

struct world_box *
world_box_left(void)
{
	struct world_box *box = current_box();

	return box->kind != 0 ? box : NULL;
}

struct equip_shared *
world_equip(void)
{
	return &world_mapped->head.equip;
}

/* A child may be writing it, or have been killed while it was: no sum tells that it is right. */
bool
world_told(int slot, int32_t pid, struct equip_rcon *rcon)
{
	const struct equip_told *told = &world_mapped->head.equip.told[slot];

	if (pid == 0 || __atomic_load_n(&told->pid, __ATOMIC_ACQUIRE) != pid)
		return false;
	*rcon = told->rcon;
	return world_rcon_is(rcon);
}

struct world_owner *
world_owner(void)
{
	return &world_mapped->head.owner;
}

struct world_fault *
world_fault(void)
{
	return &world_mapped->head.fault;
}

uint64_t
world_generation(void)
{
	return world_mapped->head.generation;
}

void
world_next_image(bool fault)
{
	world_mapped->head.generation++;
	world_mapped->head.faults += fault;
}

void
world_same_image(void)
{
	world_mapped->head.generation--;
}

int
world_faults(void)
{
	return (int)world_mapped->head.faults;
}

void
world_settled(void)
{
	world_mapped->head.faults = 0;
}

/* ---- descriptors ---- */

void
world_each_fd(void (*see)(int fd))
{
	const struct world_half *half = world_newest(world_mapped);
	struct world_record record;
	int32_t fd;

	for (uint32_t at = 0; half != NULL && at + sizeof(record) <= half->bytes &&
	    half->bytes <= sizeof(half->records); at += (record.bytes + 7) & ~7U) {
		memcpy(&record, half->records + at, sizeof(record));
		at += sizeof(record);
		for (int i = 0; i < WORLD_FD_PLACES; i++) {
			if (world_fd_places[i].part != record.part ||
			    world_fd_places[i].offset + sizeof(fd) > record.bytes)
				continue;
			memcpy(&fd, half->records + at + world_fd_places[i].offset, sizeof(fd));
			if (fd > 2)
				see(fd);
		}
	}
}

void
world_each_place(void (*see)(int32_t *fd))
{
	for (int i = 0; i < WORLD_FD_PLACES; i++) {
		const struct world_form *form = &world_forms[world_fd_places[i].part];

		for (int n = 0; n < form->count; n++)
			see((int32_t *)(void *)((char *)world_now() + form->offset + (size_t)n * form->size +
			    world_fd_places[i].offset));
	}
}
