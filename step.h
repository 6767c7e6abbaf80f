/* SPDX-License-Identifier: MIT */
/*
 * step: what mcinit decides.
 *
 * Two machines of the same form, one per server and one for the whole, as one pure function:
 * (configuration, state, event, now) -> state' and actions.  The whole vocabulary is in the
 * lists below; logs, status and traces take their words from them.  Called by the loop in
 * mcinit.c and by the tests.  It must never make a system call, read a clock, keep a pointer
 * or a descriptor in the state, or depend on anything but its arguments.
 *
 * Time is CLOCK_MONOTONIC in ms.  Timers are absolute deadlines kept as data.
 */
#ifndef STEP_H
#define STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "ini/conf.h"
#include "marker.h"

enum {
	STEP_CRASHES = 32,		/* remembered per server; the most that crash_limit can be */
	STEP_ACTS = 160,		/* the most that one event can cause */
	STEP_LATE = 2000,		/* a turn that begins later than this moves all deadlines */
	STEP_PULSE = 1000,		/* how often the time is looked at while it may cost a life */
	STEP_ALIVE = 1000,		/* a server without a ready line is ready when this old */
	STEP_SILENT = 5 * 60 * 1000,	/* a start is complained about this often */
	STEP_DUMP_AHEAD = 2000,		/* the thread dump comes this long before SIGKILL */
	STEP_KILL_WAIT = 10 * 1000,	/* SIGKILL is waited for this long, then said again */
	STEP_TERM_PART = 70,		/* SIGTERM follows the stop command after so many % of the time */
	STEP_TERM_SOON = 6000,		/* ... in a container after this, if nothing says it is stopping */
	STEP_DRAIN = 2000,		/* for what an ended server had printed, under `drop` */
	STEP_DRAIN_BLOCK = 30 * 1000,	/* ... under `block`, where the disk may be slow */
	STEP_QUOTE = 40,		/* console lines that go with a crash report */
	STEP_RCON_BY_MOST = 64 * 1000,	/* the longest wait before RCON is tried again by itself */
	STEP_STOP_REPLY = 2 * 1000,	/* the reply to a stop by RCON, and to whatever goes before it */
	STEP_REPLY_PAUSE = 100,		/* no more lines of a reply for so long: that was all */
	STEP_HUSH = 30 * 1000,		/* so long nothing is said behind what may end a server */
	STEP_QUIET = 60 * 1000,		/* a server that has saved and says nothing for so long is done */
	STEP_QUIET_LOOK = 5 * 1000,	/* ... which is looked at this often */
	STEP_AHEAD_OF_GRACE = 2 * 1000,	/* all has ended so long before the container is killed */
	STEP_PROOF = 10 * 1000,		/* so long may the program of a re-exec take to show that it can */
	STEP_HELPER_LATER = 1000,	/* a console process that cannot be kept running is tried again */
	STEP_HELPER_RATE = 50		/* ... after so many restarts within that time */
};
#define STEP_NEVER	INT64_MAX

/* All lists below grow at their ends only: their numbers stand in the states of older builds. */
enum { STEP_TIMER_ROOM = 16, STEP_WHOLE_TIMER_ROOM = 8 };

/* Fact: what a server is doing. */
#define STEP_STATES(X) \
	X(STOPPED, "stopped") \
	X(STARTING, "starting") \
	X(RUNNING, "running") \
	X(STOPPING, "stopping")		/* or what is left of it is */ \
	X(BACKOFF, "backoff")		/* waits to be started again */ \
	X(FAILED, "failed")		/* gave up */

/* Wish: what the operator wants. */
#define STEP_WISHES(X) \
	X(UP, "up") \
	X(DOWN, "down") \
	X(RESTART, "restart")		/* down, then up */ \
	X(END, "end")			/* down, and mcinit ends with it */

/* Why a server ended last. */
#define STEP_REASONS(X) \
	X(NONE, "none") \
	X(STOPPED, "stopped") \
	X(CRASHED, "crashed") \
	X(OOM_HEAP, "oom-heap") \
	X(OOM_KILLED, "oom-killed") \
	X(HUNG, "hung") \
	X(CONFIG, "config") \
	X(PORT_TAKEN, "port-taken") \
	X(WORLD_LOCKED, "world-locked") \
	X(RESTART_ASKED, "restart-asked") \
	X(EXEC_FAILED, "exec-failed") \
	X(UNKNOWN, "unknown") \
	X(KILLED, "killed")		/* as the operator wanted */

/* Its RCON. */
#define STEP_RCONS(X) \
	X(AWAY, "away")			/* not connected; it may be one day */ \
	X(NONE, "none")			/* it has none */ \
	X(OPENING, "opening") \
	X(UP, "up")			/* logged in */

/* What was said by RCON and waits for its reply. */
#define STEP_ASKS(X) \
	X(NOTHING) \
	X(PROBE)			/* does it answer? */ \
	X(COUNT)			/* who is online?  A stop wants to know */ \
	X(WARNING)			/* to the players */ \
	X(STOP)				/* the stop command; nothing may follow it */ \
	X(CLIENT)			/* what a client wants to be said */ \
	X(SAVE_ON)			/* it may save again */

/* Why RCON is not there. */
#define STEP_RCON_ENDS(X) \
	X(ABSENT, "it has none") \
	X(REFUSED, "nobody listens there") \
	X(PASSWORD, "the password is wrong") \
	X(LOST, "the connection was lost") \
	X(GARBLED, "what came is no RCON")

/* Why a client's command is not said, or has no reply. */
#define STEP_REFUSALS(X) \
	X(DOWN, "is not running") \
	X(NO_RCON, "has no RCON that mcinit knows of; `mcinit send` types on its console") \
	X(NOT_YET, "cannot be reached by RCON now") \
	X(STOPPING, "is stopping: nothing more may be said to it") \
	X(DEAF, "does not answer") \
	X(LATE, "did not answer in time")

/* Why we are stopping it. */
#define STEP_INTENTS(X) \
	X(NONE, "none") \
	X(ASKED, "asked")		/* the wish says so */ \
	X(OVERDUE, "overdue")		/* start_timeout passed */ \
	X(LEFTOVERS, "leftovers")	/* it ended by itself and left part of its tree behind */ \
	X(HUNG, "hung")			/* it does not answer, and health_action says restart */ \
	X(SAVED, "saved")		/* it has stopped and saved by itself, but does not end */

/* How far the stop has gone. */
#define STEP_RUNGS(X) \
	X(NONE, "none") \
	X(HELD, "held")			/* the stop waits for the exec to be over */ \
	X(COMMAND, "command")		/* the stop command, on its console */ \
	X(TERM, "term") \
	X(DUMP, "dump") \
	X(KILL, "kill") \
	X(ONLINE, "online")		/* before all others: is anybody there? */ \
	X(WARN, "warn")			/* players are warned */ \
	X(RCON, "rcon")			/* the stop command by RCON, or what goes before it there */

#define STEP_TIMERS(X) \
	X(PULSE)			/* so that a pause of all of us is noticed and its length known */ \
	X(READY)			/* old enough to count as running */ \
	X(SILENT)			/* time to complain of a long start */ \
	X(OVERDUE)			/* the start takes longer than start_timeout */ \
	X(STABLE)			/* ran well for stable_after: delay and count start anew */ \
	X(DELAY)			/* of the restart */ \
	X(TERM)				/* SIGTERM behind the stop command */ \
	X(DUMP)				/* the thread dump */ \
	X(KILL)				/* SIGKILL */ \
	X(UNKILLABLE)			/* SIGKILL was sent long ago */ \
	X(DRAIN)			/* what it printed before it ended is waited for no longer */ \
	X(RCON)				/* RCON is tried again, or has taken too long to open */ \
	X(REPLY)			/* what was said by RCON waits no longer */ \
	X(HEALTH)			/* the next probe */ \
	X(WARN)				/* the next warning, or the stop behind the last */ \
	X(QUIET)			/* is it quiet, since it has saved? */

/* Of the whole. */
#define STEP_WHOLE_TIMERS(X) \
	X(HELPERS)			/* time to start the console processes that are missing */ \
	X(CLOSE)			/* the writers are waited for no longer */ \
	X(PROOF)			/* the program of a re-exec is waited for no longer */ \
	X(STATISTICS)			/* the next ones into the log */ \
	X(METRICS)			/* metrics_file is written again */

/* Console processes, as in CONSOLE_ROLES of console.h: the first two for each server. */
#define STEP_HELPERS(X) X(CARRIER) X(FILES) X(OUTPUT) X(INPUT)

/* How one of them ended. */
#define STEP_HELPER_ENDS(X) \
	X(LEFT)				/* its work is done */ \
	X(DIED) \
	X(NOT_STARTED)			/* could not be started */

/* What can happen.  a and b as said here; `slot` is the server, or -1 for the whole. */
#define STEP_EVENTS(X) \
	X(TICK)				/* a deadline is due */ \
	X(CONF)				/* a configuration came into force, the first one too */ \
	X(CHANGED)			/* slot: keys of it wait for its next start */ \
	X(SIGNAL)			/* to mcinit: a = number */ \
	X(REAPED)			/* a child was reaped that is nobody's main process */ \
	X(START)			/* the operator wants slot up */ \
	X(STOP)				/* ... down; a = 1: players are not warned */ \
	X(RESTART)			/* ... down and up; a = 1 likewise */ \
	X(KILL)				/* ... down at once */ \
	X(SPAWNED)			/* forked; whether the exec works is not known yet */ \
	X(SPAWN_FAILED)			/* a = enum step_failure */ \
	X(EXEC_DONE)			/* the program runs */ \
	X(EXEC_FAILED)			/* a = enum step_failure; ENDED follows */ \
	X(READY)			/* players can join */ \
	X(MARKER)			/* on the console: a = enum marker_kind + 256 * its value */ \
	X(PLAYERS)			/* a = how many are online */ \
	X(COMMAND_FAILED)		/* the stop command could not be given */ \
	X(ENDED)			/* the main process is gone: a = wait status, or STEP_NOT_KNOWN */ \
	X(TREE)				/* answer to LOOK and SWEEP: a = 1 if some of its tree is left */ \
	X(DRAINED)			/* answer to DRAIN: all that it printed is taken over */ \
	X(HELPER_ENDED)			/* of slot, or -1: a = enum step_helper + 256 * step_helper_end */ \
	X(CLOSED)			/* answer to CLOSE: the writers have left */ \
	X(RESUMED)			/* another image of mcinit works on this state from now on */ \
	X(ADOPTED)			/* ... started by hand, after the one before was killed */ \
	X(FOUND)			/* slot runs already: its main process is one that holds its world lock */ \
	X(REEXEC)			/* the operator wants another program in our place */ \
	X(PROVED)			/* answer to PROVE: a = 1 if it can go on from here */ \
	X(RCON_UP)			/* answer to RCON_OPEN */ \
	X(RCON_DOWN)			/* ... or later: a = enum step_rcon_end */ \
	X(ANSWERED)			/* answer to ASK: a = how many are online, or enum step_answer */ \
	X(ASKED)			/* client a has a command for slot */ \
	X(UNASKED)			/* ... and has gone */ \
	X(PRINTED)			/* answer to ATTEND: a = 1 if it has printed since the last one */ \
	X(HEALTH)			/* answer to CHECK: a = 1 if it is well */ \
	X(OOM_KILL)			/* of slot: the kernel has killed for want of memory; ENDED follows */ \
	X(REPLYING)			/* before ANSWERED: there may be more lines of the reply */ \
	X(FINAL)			/* what the client wants that is served now may end the server */ \
	X(ROTATE)			/* the operator wants new log files */ \
	X(HOLD)				/* client a keeps slot from saving, as long as it is there */ \
	X(UNHOLD)			/* ... and has gone */

/* What is to be done. */
#define STEP_ACTIONS(X) \
	X(SPAWN)			/* -> SPAWNED or SPAWN_FAILED */ \
	X(SIGNAL_MAIN)			/* a = signal */ \
	X(SIGNAL_GROUP)			/* a = signal, to the main process and its process group */ \
	X(SWEEP)			/* a = signal, to all that is left of the tree; -> TREE */ \
	X(LOOK)				/* is anything of the tree left?  -> TREE */ \
	X(COMMAND)			/* the stop command, and nothing may follow it */ \
	X(DRAIN)			/* take over what it printed  -> DRAINED */ \
	X(ABANDON)			/* ... and what is not there yet is given up */ \
	X(QUOTE)			/* the last a lines of its console into our log */ \
	X(HELPER)			/* start the console process a of slot or -1 */ \
	X(UNPLUG)			/* our standard input is a server's own: nobody else may read it */ \
	X(ROTATE)			/* new log files */ \
	X(RESIZE)			/* our terminal has another size */ \
	X(CLOSE)			/* the writers write out what they have and leave  -> CLOSED */ \
	X(RELOAD)			/* read the INI again; -> CONF when it is good */ \
	X(FORGET)			/* the slot is free: a server that left the INI has ended */ \
	X(DEBUG)			/* toggle the debug messages */ \
	X(STATISTICS)			/* into the log */ \
	X(SAY)				/* a = enum step_message, b and c its values */ \
	X(FINISH)			/* a = exit code, b = enum step_ending: the last action */ \
	X(PROVE)			/* try the program of a re-exec on this state  -> PROVED */ \
	X(UNPROVE)			/* ... and end the attempt, unasked for */ \
	X(REEXEC)			/* execute it; after that all goes on in it  -> RESUMED */ \
	X(ANSWER)			/* a and b as of SAY, to whoever asked for the re-exec */ \
	X(RCON_OPEN)			/* -> RCON_UP or RCON_DOWN */ \
	X(RCON_CLOSE) \
	X(ASK)				/* say by RCON: a = enum step_ask, b of it: client, or s left  -> ANSWERED */ \
	X(REFUSE)			/* to client a: b = enum step_refusal */ \
	X(WARN)				/* type a warning on its console: a = s left */ \
	X(ATTEND)			/* has it printed anything since the last time?  -> PRINTED */ \
	X(CHECK)			/* run health_command  -> HEALTH */ \
	X(UNCHECK)			/* ... and end it, unasked for */ \
	X(SETTLE)			/* no more lines came  -> ANSWERED, or REPLYING if they do now */ \
	X(METRICS)			/* into metrics_file */ \
	X(SAVE_ON)			/* type on its console that it may save again */

/* How mcinit ends. */
#define STEP_ENDINGS(X) X(EXIT, "exit") X(REBOOT, "reboot") X(HALT, "halt") X(POWEROFF, "power off")

/* What kept a server from being started.  The details were logged where they were seen. */
#define STEP_FAILURES(X) \
	X(RETRY, "may work later")	/* no memory, no processes, busy text file */ \
	X(FATAL, "will not work")	/* no such program, no right to it */ \
	X(CONFIG, "configuration")	/* no jar, no such directory */ \
	X(LOCKED, "world locked")

/*
 * What is said, in the order of its life: id, level (ERROR WARN INFO DEBUG) and text.  {b} and
 * {c} stand for the values: {b} a number, {bt} a duration, {br} a reason, {bx} a wait status,
 * {bs} a signal's name, {bd} why RCON is not there.
 */
#define STEP_MESSAGES(X) \
	X(READY, INFO, "running after {bt}") \
	X(PROGRESS, DEBUG, "starting: {b} %") \
	X(LONG_START, WARN, "still starting after {bt}; set start_timeout to end such a start") \
	X(OVERDUE, ERROR, "not ready within start_timeout = {bt}; ending this start") \
	X(STOPPING, INFO, "stopping; it has {bt} to save before SIGKILL") \
	X(HURRY, WARN, "asked again: SIGTERM to all of its processes; SIGKILL stays {bt} away") \
	X(LEFTOVERS, WARN, "ended ({bx}) but left processes behind; ending them first") \
	X(WAITING, INFO, "ended ({bx}); waiting for the rest of its processes") \
	X(TERM, WARN, "has not ended {bt} after its stop command; SIGTERM") \
	X(DUMP, WARN, "does not end; asking for a thread dump, SIGKILL in {bt}") \
	X(KILL, ERROR, "did not end within stop_timeout = {bt}; SIGKILL to all of its processes") \
	X(KILL_ASKED, WARN, "SIGKILL to all of its processes, as asked") \
	X(UNKILLABLE, ERROR, "processes of it are still there {bt} after SIGKILL; it is not " \
	    "started again before they are gone") \
	X(ENDED_WELL, INFO, "stopped ({bx})") \
	X(ENDED_BY_ITSELF, INFO, "ended by itself ({bx}); it stays stopped") \
	X(ENDED_KILLED, ERROR, "stopped by SIGKILL: what it had not saved is lost") \
	X(CRASHED, ERROR, "ended: {br} ({cx})") \
	X(NOT_STARTED, ERROR, "could not be started: {br}") \
	X(EULA, ERROR, "the Minecraft EULA is not accepted. Read https://aka.ms/MinecraftEULA; if you " \
	    "agree, write eula=true into eula.txt in its directory") \
	X(JAVA, ERROR, "needs Java {b}. Install Java {b} or set \"java = /path/to/java\"") \
	X(ASKED_AGAIN, INFO, "asked to be started again (/restart)") \
	X(NOT_DRAINED, WARN, "what it printed last could not be taken over within {bt}; some of it " \
	    "may be missing in the log") \
	X(NOT_WRITTEN, WARN, "not all of the consoles could be written within {bt}; leaving all the same") \
	X(RESTART_IN, INFO, "starting again in {bt}") \
	X(RESTART_NOW, INFO, "starting again") \
	X(NO_RESTART, ERROR, "not starting again (restart = no)") \
	X(GAVE_UP, ERROR, "gave up after {b} crashes in {ct}. Mend the cause, then reload (SIGHUP) " \
	    "or start mcinit again") \
	X(GAVE_UP_UNREADY, ERROR, "gave up after {b} starts in a row that were never ready. Mend the " \
	    "cause, then reload (SIGHUP) or start mcinit again") \
	X(GAVE_UP_RESTARTS, ERROR, "gave up: restart_limit = {b} restarts are used up") \
	X(GAVE_UP_AT_ONCE, ERROR, "not restarting: trying again cannot help. Mend the cause, then " \
	    "reload (SIGHUP)") \
	X(STABLE, DEBUG, "ran well for {bt}: crashes forgotten") \
	X(WAITS, INFO, "waits until the server that leaves its directory has ended") \
	X(LEAVING, INFO, "no longer in the configuration; stopping it") \
	X(SIGNAL, INFO, "{bs}: stopping all servers") \
	X(SIGNAL_AGAIN, WARN, "{bs} again") \
	X(IGNORED, DEBUG, "{bs} has no meaning here") \
	X(NO_RELOAD, WARN, "reload refused: mcinit is stopping") \
	X(LATE, WARN, "the clock ran on by {bt} while mcinit did not: all deadlines moved by as much") \
	X(ALL_ENDED, INFO, "all servers have ended; leaving with exit code {b}") \
	X(ALL_REST, INFO, "all servers have ended; waiting for signals (when_all_stopped = stay)") \
	X(ODD, ERROR, "event {b} in state {c} was not expected; please report it with a --trace") \
	X(NO_REEXEC, WARN, "re-exec refused: mcinit is leaving") \
	X(NO_PROOF, ERROR, "re-exec refused: the program did not show within {bt} that it can go on from " \
	    "here") \
	X(GRACE, INFO, "a stop may take {bt}: give the container that long (docker stop -t, " \
	    "stop_grace_period, terminationGracePeriodSeconds), and set \"grace\" to what it has") \
	X(GRACE_SHORT, WARN, "grace leaves {bt} to save and end, less than stop_timeout = {ct}: give the " \
	    "container more time") \
	X(RCON_UP, DEBUG, "RCON is up") \
	X(RCON_AWAY, WARN, "RCON does not work: {bd}. Its console does the work meanwhile; see enable-rcon, " \
	    "rcon.port and rcon.password in its server.properties") \
	X(WARNING, INFO, "players are warned; it stops in {bt}") \
	X(NOT_WARNED, INFO, "players are not warned: the container may be killed too soon; set \"grace\" to " \
	    "the time it has") \
	X(NOBODY, DEBUG, "nobody is online to be warned") \
	X(NO_REPLY, WARN, "did not reply to its stop command by RCON within {bt}; typing it on its console") \
	X(SAVED, WARN, "has saved and printed nothing for {bt}, but does not end; SIGKILL to all of its " \
	    "processes") \
	X(ENDED_SAVED, INFO, "stopped by SIGKILL after it had saved") \
	X(MISSED, DEBUG, "did not answer its {b}. probe in a row") \
	X(UNHEALTHY, ERROR, "does not answer: {b} probes in a row without a reply") \
	X(HUNG, ERROR, "does not answer: asking for a thread dump, then ending it (health_action = restart)") \
	X(HEALTHY, INFO, "answers again") \
	X(OOM_KILLED, ERROR, "the kernel killed it for want of memory: give the container or machine more, or " \
	    "lower \"heap\"") \
	X(ENDED_BADLY, ERROR, "ended in the middle of its stop: {br} ({cx}). What it had not saved is lost")

#define X(name, ...) STEP_##name,
enum step_event_name { STEP_EVENTS(X) STEP_EVENT_COUNT };
#undef X
#define X(name, ...) IS_##name,
enum step_state { STEP_STATES(X) IS_COUNT };
#undef X
#define X(name, ...) WISH_##name,
enum step_wish { STEP_WISHES(X) WISH_COUNT };
#undef X
#define X(name, ...) REASON_##name,
enum step_reason { STEP_REASONS(X) REASON_COUNT };
#undef X
#define X(name, ...) INTENT_##name,
enum step_intent { STEP_INTENTS(X) INTENT_COUNT };
#undef X
#define X(name, ...) RCON_##name,
enum step_rcon { STEP_RCONS(X) RCON_STATE_COUNT };
#undef X
#define X(name, ...) ASK_##name,
enum step_ask { STEP_ASKS(X) STEP_ASK_COUNT };
#undef X
#define X(name, ...) RCON_END_##name,
enum step_rcon_end { STEP_RCON_ENDS(X) RCON_END_COUNT };
#undef X
#define X(name, ...) REFUSED_##name,
enum step_refusal { STEP_REFUSALS(X) REFUSED_COUNT };
#undef X
#define X(name, ...) RUNG_##name,
enum step_rung { STEP_RUNGS(X) RUNG_COUNT };
#undef X
#define X(name, ...) TIMER_##name,
enum step_timer { STEP_TIMERS(X) TIMER_COUNT };
#undef X
#define X(name, ...) WHOLE_##name,
enum step_whole_timer { STEP_WHOLE_TIMERS(X) WHOLE_TIMER_COUNT };
#undef X
#define X(name, ...) HELPER_##name,
enum step_helper { STEP_HELPERS(X) HELPER_COUNT };
#undef X
#define X(name, ...) HELPER_END_##name,
enum step_helper_end { STEP_HELPER_ENDS(X) HELPER_END_COUNT };
#undef X
#define X(name, ...) ACT_##name,
enum step_action { STEP_ACTIONS(X) ACT_COUNT };
#undef X
#define X(name, ...) ENDING_##name,
enum step_ending { STEP_ENDINGS(X) ENDING_COUNT };
#undef X
#define X(name, ...) FAILURE_##name,
enum step_failure { STEP_FAILURES(X) FAILURE_COUNT };
#undef X
#define X(name, ...) SAY_##name,
enum step_message { STEP_MESSAGES(X) SAY_COUNT };
#undef X

_Static_assert((int)TIMER_COUNT <= STEP_TIMER_ROOM &&
    (int)WHOLE_TIMER_COUNT <= STEP_WHOLE_TIMER_ROOM, "a timer without a place in the state");

/* In the place of a wait status: it ended while no mcinit was there to wait for it. */
enum { STEP_NOT_KNOWN = -1 };

/* Where we are: decides what signals mean and what when_all_stopped = auto is. */
enum step_mode { MODE_SERVICE, MODE_CONTAINER, MODE_APPLIANCE };

struct step_server {
	bool used;			/* the slot has a server */
	bool leaving;			/* gone from the INI: forgotten when it has ended */
	uint8_t is, wish, reason, intent, rung;
	uint8_t failure;		/* enum step_failure + 1 of this start, or 0 */
	bool spawning;			/* SPAWN was given, its answer is not there yet */
	bool main_alive;		/* forked and not reaped */
	bool exec_done;
	bool was_ready;			/* this start reached running */
	bool changed;			/* keys wait for its next start */
	bool waits;			/* for a leaving server to be out of its directory */
	bool killed;			/* this stop needed SIGKILL */
	bool stuck;			/* ... and that did not help */
	bool swept;			/* the leftovers had their SIGTERM */
	bool asked_down;		/* it rests because the operator said so */
	bool by_itself;			/* it rests and the operator had no part in it */
	bool group;			/* as started: TERM goes to the process group */
	bool jvm;			/* as started: SIGQUIT means thread dump, exit 3 out of memory */
	bool console;			/* as started: we hear it, and it hears us (not tty = inherit) */
	bool by_line;			/* as started: it is ready when it says so, whatever its age */
	bool draining;			/* its tree is gone, what it printed is still on the way */
	bool missing[HELPER_OUTPUT];	/* console processes that are to be started again */
	bool has_files;			/* a file writer runs for it */
	uint8_t progress;		/* of the start, in percent */
	int32_t java;			/* that it says it needs, 0 = it did not say */
	int32_t players;		/* online, by its console */
	uint32_t marks;			/* what its console said since the start: 1 << enum marker_kind */
	int32_t status;			/* wait status of the last main process */
	int32_t tries;			/* restarts in a row, for the growing delay */
	int32_t unready;		/* starts in a row that never got ready */
	int32_t restarts;		/* since the operator started it */
	uint32_t crashes;		/* since then; the newest STEP_CRASHES of them in crash_at */
	int64_t crash_at[STEP_CRASHES];
	int64_t since;			/* when `is` last changed */
	int64_t started_at, stop_at, kill_at;
	int64_t deadline[STEP_TIMER_ROOM];

	uint8_t rcon, asks;		/* enum step_rcon, step_ask */
	bool rcon_was_up;		/* since the start */
	bool rcon_over;			/* the stop command was said there, or may have been: never again */
	bool stop_next;			/* ... follows what waits for its reply */
	bool in_doubt;			/* ... was said by an image that did not live to hear the reply */
	bool overdue;			/* the reply did not come in time */
	bool unhealthy;
	bool checking;			/* health_command runs */
	bool paused;			/* it sleeps while nobody is online */
	bool saved;			/* ... its world, behind its stop */
	bool attended;			/* ATTEND was given, its answer is not there yet */
	bool oom_killed;
	bool probe_due;			/* as soon as nothing else waits for its reply */
	bool hushed;			/* somebody else said there what may end it: not a word for a while */
	int32_t rcon_tries;		/* in a row that failed */
	int32_t misses;			/* probes in a row without a reply */
	int32_t client;			/* whose command waits for its reply, or the last */
	uint32_t clients;		/* who waits with a command, 1 << client */
	int64_t quiet_at;		/* since when it has printed nothing */
	int64_t missed_at;		/* the last time that a probe was missed */
	bool replying;			/* the reply is whole if no more of it comes before TIMER_REPLY */
	int64_t reply_by;		/* the end of the time for all of it */
	bool ended_badly;		/* by itself, in the middle of the stop that was asked for */
	bool final;			/* what waits for its reply may end the server */
	int32_t starts;			/* ever */
	bool kill_asked;		/* its SIGKILL is what the operator wanted */
	bool save_off;			/* somebody has told it not to save, or may have */
	uint32_t holders;		/* who still wants that, 1 << client */
};

struct step_whole {
	uint8_t mode;			/* enum step_mode */
	bool in_container;
	bool ending;			/* a stop of all was asked for; one-way */
	bool finished;			/* FINISH was given; nothing happens any more */
	bool rest_said;
	bool closing;			/* CLOSE was given */
	bool consoles;			/* the output writer was started */
	bool input;			/* our standard input is pumped, or was used up */
	bool missing[HELPER_COUNT];	/* of those that are not a server's */
	int32_t helpers;		/* restarts of console processes since helpers_at */
	int64_t helpers_at;
	int64_t deadline[STEP_WHOLE_TIMER_ROOM];
	uint8_t how;			/* enum step_ending */
	uint32_t odd;			/* unexpected events, ever */
	bool proving;			/* PROVE was given, its answer is not there yet */
	bool grace_said;
	int64_t grace_end;		/* all has to have ended by then, or 0 */
};

/* The machines' part of the state: numbers only. */
struct step_machine {
	struct step_whole whole;
	struct step_server server[CONF_SERVERS];
};

struct step_event {
	uint8_t what;			/* enum step_event_name */
	int8_t slot;
	int32_t a;
};

struct step_act {
	uint8_t what;			/* enum step_action */
	int8_t slot;
	int64_t a, b, c;
};

struct step_acts {
	int count;
	struct step_act act[STEP_ACTS];
};

/*
 * A machine in which nothing has happened yet, of one that was or of zeroes.  A free slot is all
 * zeroes: nobody writes to it, and it costs no memory.
 */
void step_init(struct step_machine *m, enum step_mode mode, bool in_container);

/*
 * One event.  Changes `m`, and fills `acts` with what is to be done, in this order.  Events
 * that come out of an action are for the next calls.
 */
void step(const struct conf *conf, struct step_machine *m, const struct step_event *event,
    int64_t now, struct step_acts *acts);

/* The earliest deadline, or STEP_NEVER: when to come back with TICK if nothing else happens. */
int64_t step_deadline(const struct step_machine *m);

/* The first invariant that `m` violates, as a sentence, or NULL. */
const char *step_broken(const struct step_machine *m);

/* The code that mcinit would end with by now, or -1 while a server is still on its way. */
int step_settled(const struct conf *conf, const struct step_machine *m);

/* Crashes inside the window that ends now, and the time from the first of them until now. */
int step_crashes(const struct conf_server *conf, const struct step_server *s, int64_t now, int64_t *span);

/* What happens next by itself to a server, as a word, and when; NULL: nothing. */
const char *step_next(const struct step_server *s, int64_t *when);

/* The delay before the `try`-th restart in a row (1, 2, ...), from the doubling rule. */
int64_t step_delay(const struct conf_server *conf, int try);

/* The console command that stops a server of this kind, "" if there is none. */
const char *step_stop_command(const struct conf_server *conf);

/* What else can come of a question by RCON. */
enum step_answer {
	STEP_ANSWER = -1,		/* a reply, of which nobody knows how many are online */
	STEP_NOT_ASKED = -2		/* it was not said: who wanted it has gone */
};

/* How many clients there are, at most: they are bits of a number. */
enum { STEP_CLIENTS = 32 };

/* Whether a command may be said to players there, and how: with the text behind it. */
const char *step_say_command(const struct conf_server *conf);

/* Wait status as exit code: its own, or 128 + signal; of one that is not known 255. */
int step_exit_code(int status);

#endif
