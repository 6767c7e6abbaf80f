/* SPDX-License-Identifier: MIT */
/*
 * metrics: what a report tells, in the text format of Prometheus; see metrics.h.
 *
 * Names and units are as Prometheus wants them: seconds, bytes, _total for what only grows.
 */
#include "metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>		/* numbers only */
#include <string.h>

#include "fmt.h"
#include "log.h"
#include "sample.h"
#include "status.h"
#include "sys.h"

enum { TEXT = 64 * 1024, RUN_DIR = 3, PATH = 1024 };

/* member, name without its prefix, type, 1000 for thousandths, help */
#define WHOLE(X) \
	X(up, "uptime_seconds", "gauge", 1000, "Time since mcinit was started") \
	X(generation, "generations_total", "counter", 1, "Times that mcinit executed itself") \
	X(reaped, "orphans_reaped_total", "counter", 1, "Ended processes that were nobody's") \
	X(log_lost, "log_lines_lost_total", "counter", 1, "Lines of mcinit's own log that found no room") \
	X(reloads, "reloads_total", "counter", 1, "Reloads that came into force") \
	X(refused, "reloads_refused_total", "counter", 1, "Reloads that were no good") \
	X(stopping, "stopping", "gauge", 1, "Whether a stop of all servers was asked for")
#define SERVER(X) \
	X(up, "uptime_seconds", "gauge", 1000, "Time since the main process was started") \
	X(players, "players", "gauge", 1, "Players who are online") \
	X(starts, "starts_total", "counter", 1, "Starts of the server") \
	X(crashes, "crashes_in_window", "gauge", 1, "Crashes within crash_window") \
	X(misses, "health_misses", "gauge", 1, "Questions in a row without an answer") \
	X(rcon_took, "rcon_reply_seconds", "gauge", 1000, "Time that the last reply by RCON took") \
	X(console_bytes, "console_bytes_total", "counter", 1, "Bytes that the server has printed") \
	X(console_lost, "console_lines_lost_total", "counter", 1, "Console lines that are missing in the log") \
	X(memory, "memory_bytes", "gauge", 1, "Memory of the main process") \
	X(heap, "heap_max_bytes", "gauge", 1, "What the java heap can have") \
	X(limit, "memory_limit_bytes", "gauge", 1, "What the cgroup can have") \
	X(busy, "cpu_seconds_total", "counter", 1000, "Processor time of the main process") \
	X(threads, "threads", "gauge", 1, "Threads of the main process") \
	X(files, "open_files", "gauge", 1, "Open files of the main process")

struct row {
	uint16_t at, part;
	char name[28], type[8], help[52];
};
#define X(member, name, type, part, help) { offsetof(struct report_whole, member), part, name, type, help },
static const struct row whole_rows[] = { WHOLE(X) };
#undef X
#define X(member, name, type, part, help) { offsetof(struct report_server, member), part, name, type, help },
static const struct row server_rows[] = { SERVER(X) };
#undef X
static const char states[][10] = { "stopped", "starting", "running", "stopping", "backoff", "failed" };

static _Alignas(64) struct {
	struct status status;
	size_t used;
	char text[TEXT];
} my;

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* What there is of 16 servers fits by far. */
__attribute__((format(printf, 1, 2)))
static void
put(const char *format, ...)
{
	va_list arguments;
	size_t n;

	va_start(arguments, format);
	n = fmt_vput(my.text + my.used, sizeof(my.text) - my.used, format, arguments);
	va_end(arguments);
	if (n < sizeof(my.text) - my.used)
		my.used += n;
}

static void
put_head(const char *of, const char *name, const char *type, const char *help)
{
	put("# HELP mcinit_%s%s %s.\n# TYPE mcinit_%s%s %s\n", of, name, help, of, name, type);
}

static void
put_value(const struct row *row, const void *values, const char *of, const char *labels)
{
	int64_t n;

	memcpy(&n, (const char *)values + row->at, sizeof(n));
	if (n == REPORT_UNKNOWN)
		return;
	if (row->part == 1000)
		put("mcinit_%s%s%s %lld.%03lld\n", of, row->name, labels, (long long)(n / 1000), (long long)(n % 1000));
	else
		put("mcinit_%s%s%s %lld\n", of, row->name, labels, (long long)n);
}

static void
put_states(const struct status *s)
{
	put_head("server_", "state", "gauge", "What the server is doing: 1 for the state that it is in");
	for (int i = 0; i < s->count; i++)
		for (size_t n = 0; n < COUNT(states); n++)
			put("mcinit_server_state{server=\"%s\",state=\"%s\"} %d\n", s->server[i].name, states[n],
			    strcmp(s->server[i].state, states[n]) == 0);
	put_head("server_", "healthy", "gauge", "Whether it answers, where it is asked");
	for (int i = 0; i < s->count; i++)
		if (strcmp(s->server[i].health, "unknown") != 0)
			put("mcinit_server_healthy{server=\"%s\"} %d\n", s->server[i].name,
			    strcmp(s->server[i].health, "healthy") == 0);
}

static void
make_text(const struct status *s)
{
	char labels[REPORT_NAME + 16];

	my.used = 0;
	put_head("", "info", "gauge", "The mcinit that runs");
	put("mcinit_info{version=\"%s\",mode=\"%s\"} 1\n", s->whole.version, s->whole.mode);
	for (size_t i = 0; i < COUNT(whole_rows); i++) {
		put_head("", whole_rows[i].name, whole_rows[i].type, whole_rows[i].help);
		put_value(&whole_rows[i], &s->whole, "", "");
	}
	put_states(s);
	for (size_t i = 0; i < COUNT(server_rows); i++) {
		put_head("server_", server_rows[i].name, server_rows[i].type, server_rows[i].help);
		for (int n = 0; n < s->count; n++) {
			fmt_put(labels, sizeof(labels), "{server=\"%s\"}", s->server[n].name);
			put_value(&server_rows[i], &s->server[n], "server_", labels);
		}
	}
}

static int
look(char *why)
{
	int code = status_fetch(NULL, &my.status, why);

	for (int i = 0; code == 0 && i < my.status.count; i++)
		sample_take(&my.status.server[i]);
	if (code == 0)
		make_text(&my.status);
	return code;
}

int
metrics_show(const char *run_dir, int count, char *const words[])
{
	char why[STATUS_WHY], text[STATUS_WHY + 16];
	int code = sys_change_dir(run_dir);

	(void)count;
	(void)words;
	sys_signal_block(SIGPIPE);
	if (code < 0)
		fmt_put(why, sizeof(why), "cannot go to %.200s: %s", run_dir, log_errno(code));
	code = code < 0 ? 1 : look(why);
	for (size_t done = 0; code == 0 && done < my.used; ) {
		ssize_t n = sys_write(1, my.text + done, my.used - done);

		done += n > 0 ? (size_t)n : 0;
		if (n > 0)
			continue;
		fmt_put(why, sizeof(why), "cannot write to standard output: %s", log_errno((int)n));
		code = 1;
	}
	if (code == 0)
		return 0;
	fmt_put(text, sizeof(text), "mcinit: %s\n", why);
	log_print(2, text);
	return code;
}

/* ---- the file ---- */

/* For whoever collects them: nothing in it is secret. */
static int
write_file(const char *path)
{
	char temp[PATH];
	int fd, rc = 0;
	size_t done = 0;

	if (fmt_put(temp, sizeof(temp), "%s.mcinit", path) >= sizeof(temp))
		return -ENAMETOOLONG;
	/* What a helper before us left, or has open: it goes on in a file without a name. */
	sys_remove_at(AT_FDCWD, temp, false);
	fd = sys_open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
	if (fd < 0)
		return fd;
	while (done < my.used && rc == 0) {
		ssize_t n = sys_write(fd, my.text + done, my.used - done);

		if (n > 0)
			done += (size_t)n;
		else
			rc = n < 0 ? (int)n : -ENOSPC;
	}
	if (rc == 0)
		rc = sys_set_mode(fd, 0644);
	sys_close(fd);
	if (rc == 0)
		rc = sys_rename_at(AT_FDCWD, temp, path);
	if (rc < 0)
		sys_remove_at(AT_FDCWD, temp, false);
	return rc;
}

int
metrics_main(int argc, char *argv[])
{
	char why[STATUS_WHY];
	int rc;

	if (argc != 3)
		return 64;
	rc = sys_change_dir_fd(RUN_DIR);
	if (rc == 0 && look(why) != 0)
		return METRICS_NO_ANSWER;
	if (rc == 0)
		rc = write_file(argv[2]);
	return -rc < METRICS_NO_ANSWER ? -rc : EIO;
}
