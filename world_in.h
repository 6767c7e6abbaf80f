/* SPDX-License-Identifier: MIT */
/*
 * world_in: the form of the mapping, which world.c and world_beside.c write, world_read.c reads and
 * world_sound.c looks through, and nobody else knows.
 */
#ifndef WORLD_IN_H
#define WORLD_IN_H

#include "world.h"

enum { WORLD_HALF = 32 * 1024 };	/* more than all records of a commit */

/* At the beginning of the mapping; it grows at its end only. */
struct world_head {
	char magic[8];
	uint32_t layout, head_bytes, bytes;	/* of this struct, and of the whole mapping */
	uint32_t half_at[2], half_bytes;
	uint32_t text_at, text_bytes, texts;
	uint32_t faults;		/* in a row */
	uint64_t generation;
	struct world_owner owner;
	struct world_fault fault;
	struct proc_birth birth;
	struct world_box box[2];
	struct equip_shared equip;
};

/* One of two commits: the newer one of those that are whole counts. */
struct world_half {
	uint64_t turn;			/* 0 while it is being written; set last */
	uint64_t sum;			/* of the records */
	uint32_t bytes, unused;		/* of the records */
	char records[WORLD_HALF - 24];
};

/* A record: this, and `bytes` of a part of struct world, up to the next multiple of eight. */
struct world_record {
	uint16_t part, index;
	uint32_t bytes;
};

struct world_image {
	struct world_head head;
	struct world_half half[2];
	struct load_text text[WORLD_TEXTS];
};

/* The parts of struct world; the list grows at its end only. */
enum world_part { PART_WHOLE, PART_SERVER, PART_ACT, PART_EVENT, PART_MAIN, PART_PROC, PART_CONSOLE,
	PART_SLOT, PART_NAME, PART_REST, PART_RCON, PART_COUNT };
enum world_kind { KIND_ONE, KIND_EACH_SLOT, KIND_COUNTED };
struct world_form {
	uint32_t offset, size;		/* in struct world, of one record */
	uint16_t count;			/* of records, at most */
	uint8_t kind;
};
extern const struct world_form world_forms[PART_COUNT];

/* Where descriptors stand: in a record of a part, so many bytes from its beginning. */
struct world_fd_place {
	uint8_t part;
	uint16_t offset;
};
enum { WORLD_FD_PLACES = 22, WORLD_FDS_MOST = WORLD_FD_PLACES * CONF_SERVERS };
extern const struct world_fd_place world_fd_places[WORLD_FD_PLACES];

/* The mapping, or NULL: there is none (world.c). */
extern struct world_image *world_mapped;

/* What one of these says can be (world_sound.c): that of the child being forked, if there is one. */
bool world_act_is(const struct step_act *act);
bool world_event_is(const struct step_event *event);
bool world_rcon_is(const struct equip_rcon *rcon);
bool world_birth_is(const struct proc_birth *birth, const struct proc_table *table);

/* How many records of a part are written, or for each slot: whether there is anything to write. */
int32_t *world_counter(struct world *w, enum world_part part);

/* A state in which nothing has happened. */
void world_blank(struct world *w);

uint64_t world_sum(const char *bytes, size_t count, uint64_t turn);

/* The newest half of an image of ours that was written to its end, by its turn alone; or NULL. */
const struct world_half *world_newest(const struct world_image *image);

#endif
