/* SPDX-License-Identifier: MIT */
/*
 * act: actions become effects, and effects become events.
 *
 * One short function per action of step.h, and one per source of news (a report of a child, an
 * end, the new INI).  Called by the loop in mcinit.c, and by nobody else.  It must never look
 * at the machines to decide anything: what is to be done has been decided.
 */
#ifndef ACT_H
#define ACT_H

#include <stdbool.h>

#include "world.h"

enum { ACT_QUEUE = 256, ACT_REAP = 1024, ACT_HEAR = 64 };

/* What an epoll tag means: a kind, and a slot in the low byte. */
enum act_tag { TAG_SIGNALS = 0x100, TAG_REPORT = 0x200, TAG_READER = 0x300, TAG_CONSOLE = 0x400 };

struct act_scope {
	struct world *world;
	struct conf *conf;		/* in force */
	struct conf *next;		/* to parse the next one into */
	struct load_text *incoming;	/* what the reader sends */
	size_t received;
	int epoll;
	char *const *reader_argv;	/* how the reader is started */
	bool more_to_reap;		/* the last round ended at ACT_REAP */
	bool finished;
	int exit_code;
	struct step_event queue[ACT_QUEUE];
	int head, count;
};

/* Appends an event for a coming turn; takes the oldest, false when there is none. */
void act_tell(struct act_scope *scope, int what, int slot, int32_t a);
bool act_next(struct act_scope *scope, struct step_event *event);

/* Does it. */
void act(struct act_scope *scope, const struct step_act *what);

/* Children ended: at most ACT_REAP of them are reaped. */
void act_reap(struct act_scope *scope);

/* The exec pipe of a slot, or the pipe of the reader, has something to say. */
void act_hear_report(struct act_scope *scope, int slot);
void act_hear_reader(struct act_scope *scope);

/* Console processes have reported: at most ACT_HEAR reports are taken. */
void act_hear_console(struct act_scope *scope);

#endif
