/* SPDX-License-Identifier: MIT */
/*
 * console: the servers' consoles, seen from PID 1, which never touches a byte of them.
 *
 * It makes the FIFOs and the rings, starts the console processes (the same binary in a role) and
 * hears their reports.  Called by act.c and by the set-up in mcinit.c.  It must never read what
 * a server prints, and never wait for a console process.
 *
 *	server --FIFO--> carrier (carrier.c) --> ring (ring.h) --> output writer (output.c)
 *	   ^                 |markers to PID 1                 --> file writers (files.c)
 *	   `-FIFO-- input (input.c), `mcinit send`, the stop command
 *
 * run_dir/NAME/stdin is the FIFO to a server, made anew for each start, gone while none runs;
 * run_dir/NAME/stdout the one from it; run_dir/console a link to the rings (/proc/PID/fd/N,
 * or run_dir/rings).
 *
 * In service mode the rings are the file run_dir/rings, there until mcinit ends, and still there
 * when it is killed.  Then its console processes see their lifeline hang up: the carrier leaves what
 * it has not read in the FIFO, which the server itself holds open, and the writers write out what
 * there is and leave.  The next mcinit starts others, each of which waits until the one that had
 * its place is gone (console_take_place()): so no byte is lost, and none is there twice.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ini/conf.h"
#include "marker.h"

/* The descriptors of a console process; those that a role has no use for are closed in it. */
enum console_fd {
	CONSOLE_RINGS = 3,		/* the memfd or file of ring.h */
	CONSOLE_LIFELINE,		/* a pipe: hangs up when PID 1 is gone for good */
	CONSOLE_REPORTS,		/* a pipe: records for PID 1, never waits */
	CONSOLE_BELL_OUTPUT,		/* wakes the output writer */
	CONSOLE_BELL_FILES,		/* wakes the file writer of the slot */
	CONSOLE_SOURCE,			/* carrier: what the server prints */
	CONSOLE_SINK,			/* carrier of a pty: what is typed for it */
	CONSOLE_PLACES,			/* run_dir/places: each role locks a byte of it; without a run_dir there is none */
	CONSOLE_FDS
};

/* The roles: word of --role=, and whether there is one for each server. */
#define CONSOLE_ROLES(X) \
	X(CARRIER, "carrier", true) \
	X(FILES, "files", true) \
	X(OUTPUT, "output", false) \
	X(INPUT, "input", false)

#define X(name, word, each) CONSOLE_##name,
enum console_role { CONSOLE_ROLES(X) CONSOLE_ROLE_COUNT };
#undef X

/* What console processes tell PID 1, in records of this size, each written in one piece. */
#define CONSOLE_REPORT_KINDS(X) \
	X(MARKER)		/* value: enum marker_kind, number: its value */ \
	X(PLAYERS)		/* number: how many are online */ \
	X(FILE_TROUBLE)		/* value: errno, number: lines lost so far by it */ \
	X(FILE_WELL)		/* logging goes on; number: lines that were lost */ \
	X(ROTATE_FAILED)	/* value: errno; it goes on in the same file */ \
	X(COMPRESS_FAILED)	/* value: wait status or -errno, number: generation */ \
	X(LOST)			/* value: enum ring_writer, number: lines dropped since the last one */ \
	X(INPUT_REFUSED)	/* a line of our standard input; value: errno */ \
	X(INPUT_UNKNOWN)	/* ... began with no server's name; value: 1, or 2 = too long */

#define X(name) REPORT_##name,
enum console_report_kind { CONSOLE_REPORT_KINDS(X) CONSOLE_REPORT_KIND_COUNT };
#undef X

struct console_report {
	int8_t slot;
	uint8_t kind;
	uint16_t life;			/* of the server, as ring_head.life, modulo 2^16 */
	int32_t value;
	int64_t number;
};

/* The console of one server, as PID 1 holds it; -1 = none. */
struct console_slot {
	int32_t source;			/* what it prints: FIFO, pipe or the master of its pty */
	int32_t hold;			/* keeps `source` from ending before the server has ended */
	int32_t sink;			/* what it reads */
	int32_t feed;			/* its end of `sink` where there is no FIFO */
	int32_t dir;			/* run_dir/NAME */
	int32_t bell;			/* of its file writer */
	bool pty;
	bool warned;			/* of a FIFO that could not be made */
	uint64_t begin;			/* where in its ring this start began */
	uint64_t attended;		/* where it ended when that was asked last */
};

/* Numbers only: it is a part of the world. */
struct console_table {
	char path[256];			/* of the run_dir */
	int32_t rings, lifeline, lifeline_end, reports, reports_end, bell, dir;
	bool persistent;		/* the rings are a file, which outlives us */
	struct console_slot slot[CONF_SERVERS];
};

struct proc_table;

/* A table of nothing. */
void console_init(struct console_table *table);

/*
 * Makes what all consoles share, in a run_dir that is ours; `persistent`: as a file there, if that
 * is possible.  0, or -errno after a message.
 */
int console_open(struct console_table *table, const char *run_dir, bool persistent);

/*
 * The same with the rings that an mcinit has left there when it was killed: their places, counts
 * and bytes stay, all descriptors are new ones.  Of *table only `begin`, `pty` and `warned` of the
 * slots are kept (all zero is fine); then console_reopen() is for each server that still runs.  0;
 * or -errno, with nothing open and nothing said, where there is nothing to take over (-ENOENT), or
 * nothing of this layout (-ESTALE), or no memory: console_open() then makes all anew.
 */
int console_adopt(struct console_table *table, const char *run_dir);

/*
 * After mcinit executed itself, with all descriptors of *table as they were: maps the rings again.
 * 0, or -errno with nothing said: they are of another layout (-ESTALE), or there is no memory.
 */
int console_resume(struct console_table *table);

/*
 * After console_adopt(), for a server that runs since before: the FIFOs that it has, as they are,
 * for a carrier to be started.  One that was told to stop has no stdin any more.  With `pty` there
 * is nothing to open: its terminal has gone with the other mcinit.  0, or -errno: -ENOENT where
 * it has no FIFOs (tty = inherit), or somebody removed them.
 */
int console_reopen(struct console_table *table, int slot, const char *name, bool pty);

/* At the very end: removes what a killed mcinit would leave. */
void console_finish(const struct console_table *table);

/* From now on our own lines go through the ring, too: the output writer is soon to come. */
void console_take_log(const struct console_table *table);

/* What [log] says, into the rings; file writers whose settings changed are told to leave. */
void console_configure(struct console_table *table, const struct proc_table *proc,
    const struct conf *old, const struct conf *conf);

/* A ring for the slot, if it has none.  0 or -errno. */
int console_claim_slot(struct console_table *table, int slot, const struct conf *conf);

/* New FIFOs, or a pty, for the next start of a server.  0 or -errno. */
int console_prepare(struct console_table *table, int slot, const struct conf *conf);

/* In the child: descriptors 0, 1 and 2 of the server.  0 or -errno. */
int console_become(const struct console_slot *console);

/* Starts a console process; 0 also when there is nothing to do for it. */
int console_start(struct console_table *table, struct proc_table *proc, enum console_role role,
    int slot, const struct conf *conf);

/* Which one a helper of proc.c is, and the other way round. */
int console_number(enum console_role role, int slot);
void console_which(int number, enum console_role *role, int *slot);
bool console_runs(const struct proc_table *proc, enum console_role role, int slot);

/* Ends the one that reads our standard input. */
void console_unplug(const struct proc_table *proc);

/*
 * Types a command on the console of a server, with its newline.  0 or -errno.  The stop command: nothing
 * can be typed behind it any more, by nobody new; nor when it was said elsewhere.
 */
int console_type(const struct console_table *table, int slot, const char *command);
int console_command(const struct console_table *table, int slot, const char *command);
void console_close_input(const struct console_table *table, int slot);

/*
 * For somebody else, who then needs us no more: all rings, to read; the way into a server's console.  A new
 * descriptor, or -errno: -ENOENT, -ENXIO: it does not run, is stopping, or has tty = inherit.
 */
int console_lend_rings(const struct console_table *table);
int console_lend_input(const struct console_table *table, int slot);

/* The server has ended: its output will end, too.  Then all of it is let go. */
void console_end(struct console_table *table, int slot);
void console_release(struct console_table *table, int slot);

/* A server left for good: its slot may get another one. */
void console_forget(struct console_table *table, const struct proc_table *proc, int slot);

/* Whether the bytes are a report: one that picks nothing that is not there. */
bool console_is_report(const struct console_report *report);
/* ... and of the life of its server that is now. */
bool console_is_of_now(const struct console_report *report);

/* The next report: false when there is none. */
bool console_hear(struct console_table *table, struct console_report *report);

/* The last lines since the start into our log (false: there are none); rotation; our terminal's size. */
bool console_quote(struct console_table *table, int slot, int lines);
void console_rotate(struct console_table *table);
void console_resize(const struct console_table *table);

/* No line comes any more: the writers write out what they have and leave. */
void console_close(struct console_table *table);

/* For statistics: printed, and lost on the way to a writer. */
void console_count(const struct console_table *table, int slot, uint64_t *bytes, uint64_t *lost);

/* ---- for the roles (console_role.c) ---- */

/* Sends a report; false when PID 1 has no room for it right now. */
bool console_tell(const struct console_report *report);

/* Whether PID 1 is gone for good. */
bool console_orphaned(void);

/*
 * First thing in each role: waits until no other process has this role for this slot, whoever
 * started it (it may be one of an mcinit that was killed).  Ours until we end, so a role must
 * never open and close the rings once more.  False: PID 1 is gone meanwhile, and we are not needed.
 */
bool console_take_place(enum console_role role, int slot);

#endif
