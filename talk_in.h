/* SPDX-License-Identifier: MIT */
/*
 * talk_in: what the parts of talk.c share: talk_answer.c types a command and waits for what it brings.
 *
 * It must never be included by another room.
 */
#ifndef TALK_IN_H
#define TALK_IN_H

#include "filter.h"
#include "input.h"
#include "ring.h"
#include "talk.h"

enum { TALK_BATCH = 16 * 1024 };

struct talk {
	struct ring ring;		/* of the server that is meant */
	char name[CONF_NAME_BYTES];
	struct ring own, one;
	char names[CONF_SERVERS * (CONF_NAME_BYTES + 1)];	/* of those that are not */
	uint64_t at, line;		/* printed up to here; newlines before it */
	struct filter_form form;
	struct filter_state state;
	struct input_line input;
	bool person;			/* types at a terminal */
	bool failed;			/* a line was not typed */
	char why[512];			/* why mcinit lent nothing, "" it was not asked */
	char in[TALK_BATCH], out[TALK_BATCH];
};

extern struct talk talk;

/* All consoles; the descriptor, or -errno. */
int talk_open_rings(void);

/* Looks for the server `name`, or what there is: how many it has seen, 0 when that is the one. */
int talk_look(int fd, const char *name);

/* Types on the console of talk.name; as input_type(). */
int talk_type_bytes(const char *bytes, size_t count);

#endif
