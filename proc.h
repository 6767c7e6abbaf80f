/* SPDX-License-Identifier: MIT */
/*
 * proc: children, seen from PID 1.
 *
 * Forks servers and helpers, reads how their exec went, reaps everything that ends, tells
 * whose it was, and finds out whether anything of a server is left.  Called by act.c and by
 * the loop.  It must never block, and never signal a process that is neither a child of ours nor
 * verified to be the one that was adopted.  What a child does before its exec is in become.c.
 */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ini/conf.h"
#include "step.h"

/* Where the way from fork to the server's first instruction ended. */
#define PROC_STAGES(X) \
	X(FORK, "fork") \
	X(SESSION, "setsid") \
	X(LIMIT, "set its limits") \
	X(DIRECTORY, "change to its directory") \
	X(LOCK, "lock its world") \
	X(JAR, "find its jar") \
	X(STDIO, "set up its descriptors") \
	X(EXEC, "execute") \
	X(EQUIP, "prepare its directory")

#define X(name, text) PROC_##name,
enum proc_stage { PROC_STAGES(X) PROC_STAGE_COUNT };
#undef X

/* "set its limits": what could not be done. */
const char *proc_stage_text(int stage);

/* What a child writes into the close-on-exec pipe; end of file without it means: executed. */
struct proc_report {
	uint8_t stage;
	uint8_t what_bit;		/* which warning of a stage, 0..7; EQUIP: enum equip_note */
	bool warning;			/* it goes on all the same */
	int32_t error;			/* errno */
	int32_t holder;			/* LOCK: the pid written in the lock file, or 0; EQUIP: a port */
	char what[108];			/* the path or word in question */
};

/* The main process of a slot, as PID 1 sees it.  Numbers only: it is a part of the world. */
struct proc_main {
	int32_t pid;			/* 0 = none; from fork to reap */
	int32_t pidfd;			/* -1 = none; closed at reap */
	int32_t report;			/* read end of the exec pipe, -1 = closed */
	int32_t session;		/* pid of the last main process, kept for its leftovers */
	int32_t sweep;			/* pid of the sweep helper, 0 = none */
	uint8_t sweep_signal;		/* what the running one was told to send */
	uint8_t sweep_next;		/* what is still to be sent, or 0 */
	uint8_t warned;			/* warnings already given, one bit each */
	bool failed;			/* this start was reported as failed */
	bool adopted;			/* no child of ours: another mcinit started it */
	uint32_t noted;			/* what its directory made us say (equip.h), one bit each */
	int32_t check;			/* pid of its health_command, 0 = none */
	int64_t oom_kills;		/* how often the kernel had killed here when it was started, and 1; 0 = ? */
};

/* A console process of each kind for each server, and those for all (console.h). */
enum { PROC_HELPERS = 2 * CONF_SERVERS + 2, PROC_HELPER_FDS = 8 };

/* Whose is a child?  `slot` is meaningful for MAIN, SWEEP and CHECK, and for HELPER its number. */
enum proc_whose { PROC_NOBODY, PROC_MAIN, PROC_SWEEP, PROC_READER, PROC_HELPER, PROC_TRIAL,
	PROC_NO_MORE, PROC_NO_CHILD, PROC_CHECK, PROC_METRICS };
struct proc_end {
	enum proc_whose whose;
	int slot;
	int status;
	pid_t pid;
};

struct proc_table {
	struct proc_main main[CONF_SERVERS];
	int32_t helper[PROC_HELPERS];	/* console processes; what each one is, console.c knows */
	int32_t reader;			/* pid of the helper that reads the INI, 0 = none */
	int32_t reader_pipe;		/* read end, -1 = closed */
	uint64_t reaped;		/* children that were nobody's main process nor helper */
	struct {
		uint16_t whose, number;	/* what a child will be that is being forked, or NOBODY */
	} forking;
	int32_t trial;			/* pid of what tries the program of a re-exec, 0 = none */
	int32_t metrics, unused;	/* pid of what writes metrics_file, 0 = none */
};

/*
 * What the kernel and the children themselves write down, whatever becomes of us meanwhile: the
 * number of the child being forked, and of each main process when it was started.
 */
struct proc_birth {
	int32_t pid;			/* 0 = there is none */
	struct {
		int32_t pid, unused;
		uint64_t ticks;		/* start time of this pid, as in /proc/PID/stat */
		uint64_t inode;		/* of its pidfd: unique since Linux 6.9, one for all before */
	} start[CONF_SERVERS];
};

/* What is left of a server whose main process was reaped. */
enum proc_left { PROC_EMPTY, PROC_LEFT, PROC_UNSURE };

void proc_init(struct proc_table *table);

/* Where births are written down, and what makes known that one is to be expected. */
void proc_born_into(struct proc_birth *birth, void (*save)(void));

/* After a fault: a child whose fork we did not live to see gets its place in the table. */
void proc_recover(struct proc_table *table);

/*
 * The main process that an mcinit before us started, if it is still the same: then 0, and `adopted`
 * is set and the pidfd open.  -ESRCH: it has ended, and *status is how, or STEP_NOT_KNOWN.  -ENOSYS:
 * this kernel has no pidfds (before Linux 5.3), so that nobody but its parent can look after it; or
 * another -errno: it cannot be found out now.
 */
int proc_adopt(struct proc_table *table, int slot, int *status);

/*
 * Takes a process for the main one of slot, which the caller then has to make sure of: with its pidfd
 * open the number means this one.  0 or -errno.
 */
int proc_take(struct proc_table *table, int slot, pid_t pid);

/* How an adopted main process ended, whose pidfd says that it has: a wait status or STEP_NOT_KNOWN. */
int proc_adopted_status(const struct proc_main *main);

/* An adopted main process is gone. */
void proc_adopted_gone(struct proc_main *main);

/* When the process was started, in ticks since boot; 0 or -errno. */
int proc_start_time(pid_t pid, uint64_t *ticks);

/* How the binary is found again: a path for execve(). */
const char *proc_self(void);

/*
 * Finds out how helpers will find the binary: /proc/self/exe, or where there is no /proc the
 * path that we were executed by.  To be called before the working directory changes.
 */
void proc_set_self(void);

/*
 * Forks.  In the child returns 0 and puts the write end of a new exec pipe into *report.  In
 * the parent returns the pid and fills table->main[slot]; the caller registers its `report`.
 * Or -errno, with nothing left open.
 */
pid_t proc_fork(struct proc_table *table, int slot, int *report);

/* Forks what is to be the health_command of slot: 0 in the child; -EBUSY: the last one still runs. */
pid_t proc_fork_check(struct proc_table *table, int slot);

/* A pidfd of a main process that has none, where the kernel has them. */
void proc_open(struct proc_main *main);

/* Next report of a child: 1 and *report, 0 nothing yet, -EPIPE: closed, so it was executed. */
int proc_read_report(int fd, struct proc_report *report);

/* Whether a failure may pass by itself (no memory, busy text file). */
bool proc_may_pass(int error);

/*
 * One ended child, PROC_NO_MORE when no further has ended, PROC_NO_CHILD when there is none.  It
 * stays a zombie until it is buried, when its end is not lost any more, and in the table until it is
 * forgotten: a commit between that and what its end means would lose it.
 */
void proc_peek(struct proc_table *table, struct proc_end *end);
void proc_forget(struct proc_table *table, const struct proc_end *end);
void proc_bury(const struct proc_end *end);

/* Whether any server's main process was reaped: only then it matters who else was. */
bool proc_any_gone(const struct proc_table *table);

/* Signals the main process, by its pidfd where there is one; or it and its process group. */
int proc_signal(const struct proc_main *main, int signal);
int proc_signal_group(const struct proc_main *main, int signal);

/*
 * What is left of slot's tree, as far as can be told at once.  UNSURE: there are orphans whose
 * owner only the sweep helper can find out, or there is no /proc to look into.
 */
enum proc_left proc_look(const struct proc_table *table, int slot);

/* Without /proc: whether the process group of slot's main process still has a member. */
bool proc_group_left(const struct proc_table *table, int slot);

/* Without a table: signals each child that leads a session, as servers do. */
void proc_signal_leaders(int signal);

/* Writes the disks back and reboots, halts or powers off, in a child of ours. */
void proc_end_machine(enum step_ending how);

/*
 * Without a helper, when no process can be forked: signals those of our children that are in
 * the session of slot, and its process group.
 */
void proc_signal_session(const struct proc_table *table, int slot, int signal);

/* What the sweep helper has to know. */
struct proc_broom {
	const char *name;		/* the server's */
	int signal;			/* 0 = only count */
	int level;			/* for its log lines */
	bool json;
	bool next;			/* in the place of one that has ended, and is not forgotten yet */
};

/*
 * Starts the sweep helper (sweep.c) for slot, or remembers in sweep_next what comes after the
 * one that runs.  Its end is reported by proc_peek(), with the exit code of sweep.h.
 */
int proc_sweep(struct proc_table *table, int slot, const struct proc_broom *broom);

/*
 * Starts console process `number` with fds[i] as its descriptor 3 + i (-1: none there).  0, or
 * -EBUSY while the one before it has not been reaped, or -errno.
 */
int proc_start_helper(struct proc_table *table, int number, char *const argv[], const int fds[],
    int count);

/*
 * How the program of a re-exec is tried: it is executed as a child, with --role=prove in the place of
 * argv[1], a socket of sys_pair() as its fd 3, the state as 4 and the rings as 5.  What it sends, and
 * what the child sends that cannot execute it, is one of these and, behind NO, the reason as text.
 */
enum proc_word { PROC_FILE = 'F', PROC_YES = 'Y', PROC_NO = 'N' };	/* FILE comes with the program */
enum { PROC_REASON = 400 };
struct proc_trial {
	const char *path;
	char **argv;
	int state, rings;
};

/* Starts that; *socket is our end.  0, -EBUSY while the one before has not been reaped, or -errno. */
int proc_try(struct proc_table *table, const struct proc_trial *trial, int *socket);

/* For both who answer: NO, and why. */
void proc_say_no(int socket, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Starts the helper that reads the INI (load.c); argv is what mcinit itself was started with. */
int proc_read_conf(struct proc_table *table, char *const argv[]);

/* Starts the helper that writes metrics_file (metrics.c), with `dir` as its fd 3.  0; -EBUSY: one is at it. */
int proc_write_metrics(struct proc_table *table, char *const argv[], int dir);

#endif
