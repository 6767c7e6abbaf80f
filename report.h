/* SPDX-License-Identifier: MIT */
/*
 * report: what status tells of mcinit and of its servers.
 *
 * One row per value: its name, which is the same on the control socket, in JSON and in the manual, its
 * kind, and its place.  mcinit fills a struct and makes a line of it, the verbs make the struct of the
 * line again: "server<tab>name=lobby<tab>state=running<tab>...".  Pure.  Called by act_report.c, status.c
 * and order.c.  It must never read anything but what it is given, and never believe a line.
 *
 * A value that is not known is left out of the line, and null in JSON.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REPORT_UNKNOWN = -1,		/* in the place of a number */
	REPORT_LINE = 2048,		/* bytes of a line, at most, with its newline and its NUL */
	REPORT_WORD = 16, REPORT_STATUS = 48, REPORT_NAME = 32, REPORT_NAMES = 512, REPORT_PATH = 256
};

/* MILLI is a number of thousandths; LIST is text, with a comma and a blank between its items. */
enum report_kind { REPORT_TEXT, REPORT_LIST, REPORT_NUMBER, REPORT_MILLI, REPORT_FLAG };

/* member, kind, name, help */
#define REPORT_WHOLE(X) \
	X(version, TEXT, "version", "of the mcinit that runs") \
	X(mode, TEXT, "mode", "service, container or appliance") \
	X(in_container, FLAG, "in_container", "whether this is a container") \
	X(pid, NUMBER, "pid", "of mcinit") \
	X(up, MILLI, "uptime_seconds", "since mcinit was started; a re-exec does not begin anew") \
	X(generation, NUMBER, "generation", "how often it has executed itself") \
	X(stopping, FLAG, "stopping", "a stop of all servers was asked for") \
	X(reaped, NUMBER, "orphans_reaped", "ended processes that were nobody's") \
	X(log_lost, NUMBER, "log_lines_lost", "lines of mcinit's own log that found no room") \
	X(file, TEXT, "config", "the INI; none: defaults") \
	X(file_age, MILLI, "config_age_seconds", "since it came into force") \
	X(reloads, NUMBER, "reloads", "that came into force") \
	X(refused, NUMBER, "reloads_refused", "that were no good")

#define REPORT_SERVER(X) \
	X(name, TEXT, "name", "of the server") \
	X(state, TEXT, "state", "stopped, starting, running, stopping, backoff or failed") \
	X(wish, TEXT, "wish", "what the operator wants: up, down, restart or end") \
	X(since, MILLI, "state_seconds", "for how long it has been in this state") \
	X(progress, NUMBER, "progress_percent", "of the start, as its console tells") \
	X(pid, NUMBER, "pid", "of its main process") \
	X(up, MILLI, "uptime_seconds", "since its main process was started") \
	X(players, NUMBER, "players", "who are online") \
	X(names, LIST, "player_names", "of those, as far as it tells them") \
	X(starts, NUMBER, "starts", "of it, ever") \
	X(restarts, NUMBER, "restarts", "by mcinit, since it was last started by hand") \
	X(crashes, NUMBER, "crashes", "within crash_window") \
	X(reason, TEXT, "last_end", "why it ended last: stopped, crashed, oom-heap, ...") \
	X(status, TEXT, "last_status", "how: exit code or signal") \
	X(lost, FLAG, "last_end_bad", "that stop did not let it save") \
	X(health, TEXT, "health", "healthy, unhealthy, or unknown") \
	X(misses, NUMBER, "misses", "questions in a row without an answer") \
	X(rcon, TEXT, "rcon", "up, opening, away or none") \
	X(rcon_took, MILLI, "rcon_seconds", "the last reply took so long") \
	X(next, TEXT, "next", "what happens next by itself: restart, warning, sigterm, sigkill, ...") \
	X(next_in, MILLI, "next_seconds", "and in how long") \
	X(changed, FLAG, "changes_pending", "keys of the INI wait for its next start") \
	X(backups, NUMBER, "backups", "clients that keep it from saving, each for a backup") \
	X(save_off, FLAG, "save_off", "it was told not to save, and save-on was not said yet") \
	X(console_bytes, NUMBER, "console_bytes", "that it has printed") \
	X(console_lost, NUMBER, "console_lines_lost", "that are missing in the log") \
	X(memory, NUMBER, "memory_bytes", "that its main process has in memory") \
	X(heap, NUMBER, "heap_max_bytes", "that its java heap can have") \
	X(limit, NUMBER, "memory_limit_bytes", "that it and all beside it can have") \
	X(cpu, MILLI, "cpu_percent", "100 is one processor") \
	X(busy, MILLI, "cpu_seconds", "that its main process has used") \
	X(threads, NUMBER, "threads", "of its main process") \
	X(files, NUMBER, "open_files", "of its main process")

struct report_whole {
	char version[REPORT_WORD], mode[REPORT_WORD], file[REPORT_PATH];
	int64_t in_container, pid, up, generation, stopping, reaped, log_lost, file_age, reloads, refused;
};

struct report_server {
	char name[REPORT_NAME], state[REPORT_WORD], wish[REPORT_WORD], reason[REPORT_WORD];
	char status[REPORT_STATUS], health[REPORT_WORD], rcon[REPORT_WORD], next[REPORT_WORD];
	char names[REPORT_NAMES];
	int64_t since, progress, pid, up, players, starts, restarts, crashes, lost, misses, rcon_took, next_in,
	    changed, backups, save_off, console_bytes, console_lost, memory, heap, limit, cpu, busy, threads, files;
};

/* Without pointers: those would cost each process pages of its own. */
struct report_row {
	uint8_t kind;			/* enum report_kind */
	uint16_t at, room;		/* in its struct */
	char name[22];
};

/* A kind of line, and the word that it begins with. */
struct report_form {
	char word[8];
	const struct report_row *rows;
	int count;
};
extern const struct report_form report_whole_form, report_server_form;

/* Nothing is known. */
void report_clear(const struct report_form *form, void *values);

/* A line with its newline and a NUL; the length.  What finds no room, or has no place in a line, is left out. */
size_t report_line(const struct report_form *form, const void *values, char line[REPORT_LINE]);

/* Fills `values`; false: the line is another kind's.  What it does not know it leaves out. */
bool report_read(const struct report_form *form, const char *line, size_t bytes, void *values);

/* Whether all is well: the name says what is not, or NULL. */
const char *report_not_alive(const struct report_server *s);
const char *report_not_ready(const struct report_server *s);

#endif
