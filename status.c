/* SPDX-License-Identifier: MIT */
/*
 * status: the verbs that ask an mcinit how it and its servers are; see status.h.
 *
 * What a server says about itself (names of players) goes to a terminal and into JSON only through paint.c.
 */
#include "status.h"

#include <errno.h>
#include <signal.h>		/* numbers only */
#include <string.h>

#include "ask.h"
#include "fmt.h"
#include "log.h"
#include "paint.h"
#include "sample.h"
#include "sys.h"
#include "words.h"

enum { DONE = 0, NO = 1, USAGE = 64, AGAIN_EACH = 1000, OUT = 16 * 1024, CELL = 96 };

static _Alignas(64) struct {
	struct status now;
	struct status *fill;		/* what the lines that come go into */
	size_t filled;			/* of a line that is not whole yet */
	char line[REPORT_LINE];
	int64_t busy[CONF_SERVERS], up[CONF_SERVERS];	/* when it was looked at before */
	char name[CONF_SERVERS][REPORT_NAME];
	size_t used;
	int error;
	char out[OUT];
} my;

/* ---- asking ---- */

static void
take_line(void)
{
	struct status *s = my.fill;

	if (s->count < CONF_SERVERS &&
	    report_read(&report_server_form, my.line, my.filled, &s->server[s->count]))
		s->count++;
	else if (strncmp(my.line, report_whole_form.word, strlen(report_whole_form.word)) == 0)
		report_read(&report_whole_form, my.line, my.filled, &s->whole);
}

static int
take(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] == '\n') {
			take_line();
			my.filled = 0;
		} else if (my.filled < sizeof(my.line)) {
			my.line[my.filled++] = bytes[i];
		} else {
			return -EPROTO;
		}
	}
	return 0;
}

static void
make_room(struct status *s)
{
	report_clear(&report_whole_form, &s->whole);
	s->count = 0;
	my.fill = s;
	my.filled = 0;
}

int
status_fetch(const char *name, struct status *s, char *why)
{
	struct ask ask = { .verb = CTL_STATUS, .argument = name != NULL ? name : "",
		.until = sys_now() + STATUS_PATIENCE, .take = take, .why = why, .room = STATUS_WHY };
	int code;

	/* It fails now and then, and goes on: then its next image answers. */
	do {
		make_room(s);
		code = ask_mcinit(".", &ask);
	} while (code == ASK_AGAIN && sys_now() < ask.until && sys_readable(-1, 1) == 0);
	return code == ASK_AGAIN ? NO : code;
}

int
status_begin_last(char *why)
{
	struct ask ask = { .verb = CTL_END, .argument = "", .until = sys_now() + STATUS_PATIENCE, .why = why,
		.room = STATUS_WHY };
	int connection;

	ask_lasting(&ask, &connection);
	return connection;
}

int
status_last(int connection, struct status *s, char *why)
{
	struct ask ask = { .verb = CTL_END, .argument = "", .until = sys_now() + STATUS_PATIENCE, .take = take,
		.why = why, .room = STATUS_WHY };

	make_room(s);
	return ask_ended(&ask, connection);
}

static int
complain(int code, const char *why)
{
	char text[STATUS_WHY + 16];

	fmt_put(text, sizeof(text), "mcinit: %s\n", why);
	log_print(2, text);
	return code;
}

/* ---- printing ---- */

static void
flush(void)
{
	for (size_t done = 0; done < my.used && my.error == 0; ) {
		ssize_t n = sys_write(1, my.out + done, my.used - done);

		if (n == -EAGAIN)
			sys_readable(-1, 10);
		else if (n < 0)
			my.error = (int)n;
		else
			done += (size_t)n;
	}
	my.used = 0;
}

__attribute__((format(printf, 1, 2)))
static void
put(const char *format, ...)
{
	va_list arguments;

	if (sizeof(my.out) - my.used < 1024)
		flush();
	va_start(arguments, format);
	my.used += fmt_vput(my.out + my.used, sizeof(my.out) - my.used, format, arguments);
	va_end(arguments);
}

/* Through paint.c, as a JSON string or for eyes. */
static void
put_text(enum paint_form form, const char *text, size_t bytes)
{
	struct paint paint = { .form = form };
	size_t used;

	while (bytes > 0) {
		if (sizeof(my.out) - my.used < 1024)
			flush();
		my.used += paint_put(&paint, text, bytes, my.out + my.used, sizeof(my.out) - my.used, &used);
		text += used;
		bytes -= used;
	}
	my.used += paint_end(&paint, my.out + my.used, sizeof(my.out) - my.used);
}

/* ---- JSON ---- */

static void
put_string(const char *text, size_t bytes)
{
	put("\"");
	put_text(PAINT_JSON, text, bytes);
	put("\"");
}

static void
put_list(const char *text)
{
	const char *next;

	put("[");
	for (; *text != '\0'; text = next) {
		const char *end = strstr(text, ", ");
		size_t n = end != NULL ? (size_t)(end - text) : strlen(text);

		put_string(text, n);
		next = end != NULL ? end + 2 : text + n;
		put("%s", *next != '\0' ? "," : "");
	}
	put("]");
}

static void
put_value(const struct report_row *row, const void *values)
{
	const char *at = (const char *)values + row->at;
	int64_t number = 0;

	if (row->kind == REPORT_LIST) {
		put_list(at);
		return;
	}
	if (row->kind == REPORT_TEXT && *at != '\0') {
		put_string(at, strlen(at));
		return;
	}
	if (row->kind != REPORT_TEXT)
		memcpy(&number, at, sizeof(number));
	if (row->kind == REPORT_TEXT || number == REPORT_UNKNOWN)
		put("null");
	else if (row->kind == REPORT_FLAG)
		put(number != 0 ? "true" : "false");
	else if (row->kind == REPORT_MILLI)
		put("%lld.%03lld", (long long)(number / 1000), (long long)(number % 1000));
	else
		put("%lld", (long long)number);
}

static void
put_object(const struct report_form *form, const void *values)
{
	for (int i = 0; i < form->count; i++) {
		put("%s\"%s\":", i > 0 ? "," : "", form->rows[i].name);
		put_value(&form->rows[i], values);
	}
}

static void
put_json(const struct status *s)
{
	put("{");
	put_object(&report_whole_form, &s->whole);
	put(",\"servers\":[");
	for (int i = 0; i < s->count; i++) {
		put(i > 0 ? ",{" : "{");
		put_object(&report_server_form, &s->server[i]);
		put("}");
	}
	put("]}\n");
}

/* ---- the table ---- */

static void
put_size(char cell[CELL], int64_t bytes)
{
	int64_t mib = bytes >> 20;

	if (mib < 10240)
		fmt_put(cell, CELL, "%lldM", (long long)mib);
	else
		fmt_put(cell, CELL, "%lld.%lldG", (long long)(mib / 1024), (long long)(mib % 1024 * 10 / 1024));
}

static void
memory_cell(const struct report_server *s, char cell[CELL])
{
	char used[CELL], most[CELL] = "";
	int64_t limit = s->heap != REPORT_UNKNOWN ? s->heap : s->limit;

	cell[0] = '\0';
	if (s->memory == REPORT_UNKNOWN)
		return;
	put_size(used, s->memory);
	if (limit != REPORT_UNKNOWN)
		put_size(most, limit);
	fmt_put(cell, CELL, "%s%s%s%s", used, *most != '\0' ? " (" : "", most,
	    *most == '\0' ? "" : s->heap != REPORT_UNKNOWN ? " heap)" : " limit)");
}

static void
state_cell(const struct report_server *s, char cell[CELL])
{
	if (s->progress > 0)
		fmt_put(cell, CELL, "%s %lld %%", s->state, (long long)s->progress);
	else
		fmt_put(cell, CELL, "%s", s->state);
}

static void
next_cell(const struct report_server *s, char cell[CELL])
{
	char in[WORDS_SHORT];

	cell[0] = '\0';
	if (s->next[0] == '\0')
		return;
	words_duration(in, s->next_in);
	fmt_put(cell, CELL, "%s in %s", s->next, in);
}

static void
end_cell(const struct report_server *s, char cell[CELL])
{
	fmt_put(cell, CELL, "%s%s%s%s", s->reason, s->status[0] != '\0' ? " (" : "", s->status,
	    s->status[0] != '\0' ? ")" : "");
}

static void
put_server(const struct report_server *s)
{
	char state[CELL], since[WORDS_SHORT], memory[CELL], next[CELL], end[CELL], players[24] = "", cpu[24] = "";

	state_cell(s, state);
	words_duration(since, s->since);
	memory_cell(s, memory);
	next_cell(s, next);
	end_cell(s, end);
	if (s->players != REPORT_UNKNOWN)
		fmt_put(players, sizeof(players), "%lld", (long long)s->players);
	if (s->cpu != REPORT_UNKNOWN)
		fmt_put(cpu, sizeof(cpu), "%lld %%", (long long)(s->cpu / 1000));
	put("%-16s %-14s %-12s %7s %-20s %6s  %-9s %s%s%s\n", s->name, state, since, players, memory, cpu,
	    strcmp(s->health, "unknown") == 0 ? "" : s->health, next, next[0] != '\0' && end[0] != '\0' ? "; " : "",
	    end[0] != '\0' ? end : "");
	if (s->names[0] != '\0') {
		put("  online: ");
		put_text(PAINT_TERMINAL, s->names, strlen(s->names));
		put("\n");
	}
	if (s->crashes > 0)
		put("  crashes within crash_window: %lld; restarts: %lld\n", (long long)s->crashes,
		    (long long)s->restarts);
	if (s->changed == 1)
		put("  keys of the INI wait for its next start\n");
}

static void
put_table(const struct status *s)
{
	const struct report_whole *w = &s->whole;
	char up[WORDS_SHORT], age[WORDS_SHORT];

	words_duration(up, w->up);
	words_duration(age, w->file_age);
	put("mcinit %s, %s mode, pid %lld, up %s%s; ", w->version, w->mode, (long long)w->pid, up,
	    w->stopping == 1 ? ", stopping" : "");
	put_text(PAINT_TERMINAL, w->file[0] != '\0' ? w->file : "no INI", strlen(w->file[0] != '\0' ? w->file : "no INI"));
	put(", in force for %s\n\n", age);
	put("%-16s %-14s %-12s %7s %-20s %6s  %-9s %s\n", "NAME", "STATE", "FOR", "PLAYERS", "MEMORY", "CPU",
	    "HEALTH", "NEXT, LAST END");
	for (int i = 0; i < s->count; i++)
		put_server(&s->server[i]);
}

/* ---- status ---- */

/* Of the time since it was looked at before, where that is known. */
static void
since_before(struct report_server *s, int i)
{
	int64_t busy = s->cpu != REPORT_UNKNOWN && s->up > 0 ? s->cpu * s->up : 0;

	if (strcmp(my.name[i], s->name) == 0 && busy > 0 && s->up > my.up[i] && my.busy[i] > 0 && my.up[i] > 0)
		s->cpu = busy > my.busy[i] ? (busy - my.busy[i]) / (s->up - my.up[i]) : 0;
	fmt_put(my.name[i], sizeof(my.name[i]), "%s", s->name);
	my.busy[i] = busy;
	my.up[i] = s->up;
}

static int
show(const char *name, bool json, bool watch)
{
	char why[STATUS_WHY];
	int code = status_fetch(name, &my.now, why);

	if (code != DONE)
		return complain(code, why);
	for (int i = 0; i < my.now.count; i++) {
		sample_take(&my.now.server[i]);
		since_before(&my.now.server[i], i);
	}
	if (json)
		put_json(&my.now);
	else if (watch && sys_is_tty(1))
		put("\033[H\033[J");
	if (!json)
		put_table(&my.now);
	if (watch && !json && !sys_is_tty(1))
		put("\n");
	flush();
	return my.error == 0 ? DONE : my.error == -EPIPE ? NO : complain(NO, "cannot write to standard output");
}

static int
usage(const char *form, const char *word)
{
	char text[STATUS_WHY];

	fmt_put(text, sizeof(text), "%s, and not %.100s", form, word);
	return complain(USAGE, text);
}

static int
enter(const char *run_dir)
{
	int rc = sys_change_dir(run_dir);
	char text[STATUS_WHY];

	/* Who has read enough is told by -EPIPE. */
	sys_signal_block(SIGPIPE);
	if (rc == 0)
		return DONE;
	fmt_put(text, sizeof(text), "cannot go to %.200s: %s", run_dir, log_errno(rc));
	return complain(NO, text);
}

int
status_show(const char *run_dir, int count, char *const words[])
{
	bool json = false, watch = false;
	const char *name = NULL;
	int code;

	for (int i = 1; i < count; i++)
		if (strcmp(words[i], "--json") == 0)
			json = true;
		else if (strcmp(words[i], "--watch") == 0)
			watch = true;
		else if (words[i][0] != '-' && name == NULL)
			name = words[i];
		else
			return usage("status [NAME] [--json] [--watch]", words[i]);
	code = enter(run_dir);
	if (code != DONE)
		return code;
	do
		code = show(name, json, watch);
	while (watch && code == DONE && sys_readable(-1, AGAIN_EACH) == 0);
	return code;
}

/* ---- health ---- */

int
status_health(const char *run_dir, int count, char *const words[])
{
	char why[STATUS_WHY];
	bool ready = false;
	const char *name = NULL;
	int code;

	for (int i = 1; i < count; i++)
		if (strcmp(words[i], "--ready") == 0)
			ready = true;
		else if (strcmp(words[i], "--live") == 0)
			ready = false;
		else if (words[i][0] != '-' && name == NULL)
			name = words[i];
		else
			return usage("health [NAME] [--live|--ready]", words[i]);
	code = enter(run_dir);
	if (code == DONE)
		code = status_fetch(name, &my.now, why);
	if (code != DONE)
		return complain(NO, why);
	code = DONE;
	for (int i = 0; i < my.now.count; i++) {
		const struct report_server *s = &my.now.server[i];
		const char *wrong = ready ? report_not_ready(s) : report_not_alive(s);

		put("%s: %s\n", s->name, wrong != NULL ? wrong : s->state);
		if (wrong != NULL)
			code = NO;
	}
	flush();
	return my.error == 0 ? code : complain(NO, "cannot write to standard output");
}
