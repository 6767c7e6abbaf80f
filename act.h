/* SPDX-License-Identifier: MIT */
/*
 * act: actions become effects, and effects become events.
 *
 * One short function per action of step.h, and one per source of news (a report of a child, an
 * end, the new INI).  Called by the loop in mcinit.c, and by resume.c and adopt.c on the way into it.
 * It must never look at the machines to decide anything: what is to be done has been decided.
 */
#ifndef ACT_H
#define ACT_H

#include <stdbool.h>

#include "world.h"

enum { ACT_REAP = 1024, ACT_HEAR = 64 };

/* What an epoll tag means: a kind, and a slot in the low byte. */
enum act_tag { TAG_SIGNALS = 0x100, TAG_REPORT = 0x200, TAG_READER = 0x300, TAG_CONSOLE = 0x400,
	TAG_MAIN = 0x500, TAG_CONTROL = 0x600, TAG_CLIENT = 0x700, TAG_TRIAL = 0x800, TAG_RCON = 0x900 };

struct act_scope {
	struct world *world;
	struct conf *conf;		/* in force */
	struct conf *next;		/* to parse the next one into */
	struct load_text *incoming;	/* what the reader sends */
	size_t received;
	int epoll, signals;
	char *const *reader_argv;	/* how the reader is started */
	unsigned accepted;		/* configurations that came into force under this image */
	bool more_to_reap;		/* the last round ended at ACT_REAP */
	bool at_the_door;		/* somebody may wait to be let in */
	bool in_doubt;			/* the next act was begun by the image before us */
	bool finished;
	int exit_code;
};

/* Appends an event for a coming turn, to be committed; takes the oldest, false when there is none. */
void act_tell(struct act_scope *scope, int what, int slot, int32_t a);
bool act_next(struct act_scope *scope, struct step_event *event);

/* Tells that the main process of slot was executed, and takes over where its RCON is. */
void act_executed(struct act_scope *scope, int slot);

/* Does what the last turn wants done, and commits after each. */
void act_all(struct act_scope *scope);

/* Children ended: at most ACT_REAP of them are reaped. */
void act_reap(struct act_scope *scope);

/* The exec pipe of a slot, or the pipe of the reader, has something to say. */
void act_hear_report(struct act_scope *scope, int slot);
void act_hear_reader(struct act_scope *scope);

/* An adopted main process may have ended. */
void act_hear_main(struct act_scope *scope, int slot);

/* Console processes have reported: at most ACT_HEAR reports are taken. */
void act_hear_console(struct act_scope *scope);

/* The RCON of a server can be written to, has something to say, or has hung up. */
void act_hear_rcon(struct act_scope *scope, int slot);

/* Somebody connects to the control socket, says something there, or tries the program of a re-exec. */
void act_hear_control(struct act_scope *scope);
void act_hear_client(struct act_scope *scope, int client);
void act_hear_trial(struct act_scope *scope);

/* In a new image: who asked for it is told, and what the one before tried is over. */
void act_reexec_over(struct act_scope *scope);

/* A signal waits for us; true: children have ended. */
bool act_hear_signal(struct act_scope *scope);

/* Reads the INI, with what was begun of it begun anew. */
void act_reload_again(struct act_scope *scope);

/*
 * Puts scope->next in force, which was parsed from scope->incoming, as a reload does; at a `start`
 * with the keys that only count then.
 */
void act_accept(struct act_scope *scope, bool start);

/*
 * In a new image, with everything open again and no child forgotten: news that the one before had read
 * and not told, and the act that it was at.
 */
void act_resume(struct act_scope *scope);

#endif
