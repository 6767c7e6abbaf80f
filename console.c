/* SPDX-License-Identifier: MIT */
/*
 * console: the servers' consoles, seen from PID 1; see console.h.
 *
 * It must never read what a server prints, and never wait for a console process.
 */
#include "console_in.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>		/* numbers only */
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "fds.h"
#include "fmt.h"
#include "log.h"
#include "proc.h"
#include "ring.h"
#include "sys.h"

enum { HIGH = 16, HELPER_OUTPUT_NUMBER = 2 * CONF_SERVERS, ARGUMENTS = 32 };

static struct ring *const own = &console_maps.own, *const heads = console_maps.heads;

int
console_high(int fd)
{
	int high;

	if (fd < 0 || fd >= HIGH)
		return fd;
	high = sys_move_above(fd, HIGH);
	sys_close(fd);
	return high;
}

int
console_pipe(int32_t *from, int32_t *to)
{
	int ends[2], rc = sys_pipe(ends);

	if (rc < 0)
		return rc;
	*from = console_high(ends[0]);
	*to = console_high(ends[1]);
	rc = *from < 0 ? *from : *to < 0 ? *to : 0;
	if (rc < 0) {
		fds_drop(from);
		fds_drop(to);
	}
	return rc;
}

void
console_take_log(const struct console_table *table)
{
	log_to_ring(own, table->bell);
}

/* ---- settings ---- */

static bool
same_list(const struct conf_list *a, const struct conf_list *b)
{
	const char *x = conf_next(a, NULL), *y = conf_next(b, NULL);

	while (x != NULL && y != NULL && strcmp(x, y) == 0) {
		x = conf_next(a, x);
		y = conf_next(b, y);
	}
	return x == y;
}

static bool
same_files(const struct conf_log *a, const struct conf_log *b)
{
	return strcmp(a->dir, b->dir) == 0 && a->rotate_size == b->rotate_size &&
	    a->rotate_keep == b->rotate_keep && a->format == b->format &&
	    same_list(&a->compress, &b->compress);
}

int
console_number(enum console_role role, int slot)
{
	switch (role) {
	case CONSOLE_CARRIER:
		return slot;
	case CONSOLE_FILES:
		return CONF_SERVERS + slot;
	case CONSOLE_OUTPUT:
	case CONSOLE_INPUT:
	case CONSOLE_ROLE_COUNT:
		break;
	}
	return HELPER_OUTPUT_NUMBER + (role == CONSOLE_INPUT);
}

void
console_which(int number, enum console_role *role, int *slot)
{
	*slot = number < HELPER_OUTPUT_NUMBER ? number % CONF_SERVERS : -1;
	if (number < HELPER_OUTPUT_NUMBER)
		*role = number < CONF_SERVERS ? CONSOLE_CARRIER : CONSOLE_FILES;
	else
		*role = number == HELPER_OUTPUT_NUMBER ? CONSOLE_OUTPUT : CONSOLE_INPUT;
}

bool
console_runs(const struct proc_table *proc, enum console_role role, int slot)
{
	return proc->helper[console_number(role, slot)] != 0;
}

static void
let_files_leave(struct console_table *table, const struct proc_table *proc, int slot)
{
	heads[slot].head->leave = (uint32_t)proc->helper[console_number(CONSOLE_FILES, slot)];
	if (table->slot[slot].bell >= 0)
		sys_bell_ring(table->slot[slot].bell);
}

static int
configure_slot(const struct console_table *table, const struct conf *conf, int slot)
{
	int rc = console_claim(table, slot);
	struct ring_head *h = heads[slot].head;

	if (rc < 0)
		return rc;
	ring_begin(&heads[slot], slot, conf->name[slot]);
	own->head->slots |= 1U << slot;
	h->block = conf->log.on_full == FULL_BLOCK;
	h->shown = conf->log.stdout;
	/* A writer that comes later begins with what comes then. */
	if (!h->place[RING_OUTPUT].wanted && h->shown)
		h->place[RING_OUTPUT].tail = h->head;
	h->place[RING_OUTPUT].wanted = h->shown;
	if (!h->place[RING_FILES].wanted && conf->log.dir[0] != '\0') {
		h->place[RING_FILES].tail = h->head;
		h->rotated = h->rotate;
	}
	h->place[RING_FILES].wanted = conf->log.dir[0] != '\0';
	return 0;
}

void
console_configure(struct console_table *table, const struct proc_table *proc,
    const struct conf *old, const struct conf *conf)
{
	const struct conf_log *log = &conf->log;
	int used = 0;

	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		if (conf->name[slot][0] == '\0')
			continue;
		used++;
		configure_slot(table, conf, slot);	/* if it fails, so does its start */
		if (!same_files(&old->log, log))
			let_files_leave(table, proc, slot);
	}
	own->head->form =
	    (log->prefix == SWITCH_ON || (log->prefix == SWITCH_AUTO && used > 1) ? RING_PREFIX : 0) |
	    (log->color == SWITCH_ON ? RING_COLOR : 0) |
	    (log->color == SWITCH_AUTO ? RING_COLOR_AUTO : 0) |
	    (log->format == FORMAT_JSON ? RING_JSON : 0) |
	    (conf->mcinit.log_format == FORMAT_JSON ? RING_OWN_JSON : 0);
	/* A ring that was not there before is looked into only after the bell. */
	sys_bell_ring(table->bell);
}

/* ---- a start and an end ---- */

int
console_claim_slot(struct console_table *table, int slot, const struct conf *conf)
{
	return console_has_ring(slot) ? 0 : configure_slot(table, conf, slot);
}

int
console_prepare(struct console_table *table, int slot, const struct conf *conf)
{
	struct ring_head *h;

	if (!console_has_ring(slot)) {
		int rc = configure_slot(table, conf, slot);

		if (rc < 0) {
			log_err(conf->name[slot], rc, "no room for its console in run_dir %s: 1 MiB. Free "
			    "some there, then start it", table->path);
			return rc;
		}
		sys_bell_ring(table->bell);
	}
	h = heads[slot].head;
	table->slot[slot].begin = h->head;
	h->life++;
	h->marked = 0;
	h->players = 0;
	h->terminal = conf->server[slot].tty == TTY_PTY;
	return console_make(table, slot, conf->name[slot], conf->server[slot].tty);
}

void
console_forget(struct console_table *table, const struct proc_table *proc, int slot)
{
	console_end(table, slot);
	console_release(table, slot);
	let_files_leave(table, proc, slot);
	heads[slot].head->name[0] = '\0';
}

/* ---- console processes ---- */

/* Nobody types into /dev/null, and what is closed was made that at the start. */
static bool
has_input(void)
{
	struct stat st;

	return sys_stat_fd(0, &st) == 0 &&
	    !(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)) && !S_ISDIR(st.st_mode);
}

struct words {
	const char *word[ARGUMENTS + 1];
	int count;
	char number[3][24];
};

static void
add(struct words *w, const char *word)
{
	if (w->count < ARGUMENTS)
		w->word[w->count++] = word;
}

static void
add_number(struct words *w, int at, int64_t value)
{
	fmt_put(w->number[at], sizeof(w->number[at]), "%lld", (long long)value);
	add(w, w->number[at]);
}

static void
add_files(struct words *w, const struct conf_log *log)
{
	add(w, log->dir);
	add_number(w, 1, log->rotate_size);
	add_number(w, 2, log->rotate_keep);
	add(w, log->format == FORMAT_JSON ? "json" : "raw");
	for (const char *s = conf_next(&log->compress, NULL); s != NULL; s = conf_next(&log->compress, s))
		add(w, s);
}

/* Opened anew for each, and closed here: nobody else has it, and what they lock there is theirs. */
static int
open_places(const struct console_table *table)
{
	return console_high(sys_open_at(table->dir, "places", O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
}

int
console_start(struct console_table *table, struct proc_table *proc, enum console_role role,
    int slot, const struct conf *conf)
{
#define X(name, word, each) "--role=" word,
	static const char roles[][16] = { CONSOLE_ROLES(X) };
#undef X
	struct console_slot *c = &table->slot[slot < 0 ? 0 : slot];
	int fds[CONSOLE_FDS - 3] = { table->rings, table->lifeline, table->reports_end, table->bell,
		-1, -1, -1, -1 }, rc;
	struct words words = { .count = 0 };

	if (role == CONSOLE_INPUT && !has_input())
		return 0;
	/* Its start will make one, or fail. */
	if (slot >= 0 && !console_has_ring(slot))
		return -EBUSY;
	if (slot >= 0 && c->bell < 0)
		c->bell = console_high(sys_bell());
	if (slot >= 0 && c->bell < 0)
		return c->bell;
	if (role == CONSOLE_CARRIER && c->source < 0)
		return 0;
	add(&words, "mcinit");
	add(&words, roles[role]);
	if (slot >= 0) {
		fds[CONSOLE_BELL_FILES - 3] = c->bell;
		add_number(&words, 0, slot);
	}
	if (role == CONSOLE_CARRIER) {
		fds[CONSOLE_SOURCE - 3] = c->source;
		fds[CONSOLE_SINK - 3] = c->pty ? c->sink : -1;
	} else if (role == CONSOLE_FILES) {
		add_files(&words, &conf->log);
	} else if (role == CONSOLE_INPUT) {
		add(&words, table->path);
	}
	words.word[words.count] = NULL;
	if (table->dir >= 0) {
		rc = fds[CONSOLE_PLACES - 3] = open_places(table);
		if (rc < 0)
			return rc;
	}
	rc = proc_start_helper(proc, console_number(role, slot), (char *const *)words.word, fds, CONSOLE_FDS - 3);
	if (fds[CONSOLE_PLACES - 3] >= 0)
		sys_close(fds[CONSOLE_PLACES - 3]);
	return rc;
}

void
console_unplug(const struct proc_table *proc)
{
	if (console_runs(proc, CONSOLE_INPUT, -1))
		sys_kill(proc->helper[console_number(CONSOLE_INPUT, -1)], SIGTERM);
}

/* ---- the rest ---- */

bool
console_is_report(const struct console_report *report)
{
	if (report->slot < -1 || report->slot >= CONF_SERVERS ||
	    report->kind >= CONSOLE_REPORT_KIND_COUNT)
		return false;
	if (report->kind > REPORT_PLAYERS)
		return true;
	return report->slot >= 0 && report->number >= 0 && report->number < 1 << 23 &&
	    (report->kind != REPORT_MARKER || (report->value >= 0 && report->value < MARKER_COUNT));
}

/* Theirs is the memory that a server's bytes go through. */
bool
console_is_of_now(const struct console_report *report)
{
	return console_is_report(report) && (report->kind > REPORT_PLAYERS ||
	    report->life == (uint16_t)heads[report->slot].head->life);
}

bool
console_hear(struct console_table *table, struct console_report *report)
{
	for (;;) {
		ssize_t n = sys_read(table->reports, report, sizeof(*report));

		if (n != (ssize_t)sizeof(*report))
			return false;
		if (console_is_of_now(report))
			return true;
	}
}

/* A line that begins with a control byte is no line of ours, but an order to the output writer. */
bool
console_quote(struct console_table *table, int slot, int lines)
{
	uint64_t begin = table->slot[slot].begin, end = heads[slot].head->head;
	int bells[RING_WRITERS] = { table->bell, -1 };
	char order[100];
	size_t n;

	if (begin == end)
		return false;
	log_info(heads[slot].head->name, "its last lines:");
	n = fmt_put(order, sizeof(order), "\001%d %llu %llu %d\n", slot, (unsigned long long)begin,
	    (unsigned long long)end, lines);
	ring_put(own, order, n, bells);
	return true;
}

void
console_rotate(struct console_table *table)
{
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		if (table->slot[slot].bell < 0)
			continue;
		heads[slot].head->rotate++;
		sys_bell_ring(table->slot[slot].bell);
	}
}

void
console_resize(const struct console_table *table)
{
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (table->slot[slot].pty)
			sys_tty_copy_size(0, table->slot[slot].source);
}

void
console_close(struct console_table *table)
{
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		if (!(own->head->slots & 1U << slot))
			continue;
		heads[slot].head->closed = 1;
		ring_publish_end(&heads[slot]);
		if (table->slot[slot].bell >= 0)
			sys_bell_ring(table->slot[slot].bell);
	}
	own->head->closed = 1;
	sys_bell_ring(table->bell);
	/* The lifeline tells the one that waits for our standard input. */
	fds_drop(&table->lifeline_end);
}

void
console_count(const struct console_table *table, int slot, uint64_t *bytes, uint64_t *lost)
{
	const struct ring_head *h = heads[slot].head;

	(void)table;
	*bytes = h->head;
	*lost = h->place[RING_OUTPUT].lost_lines + h->place[RING_FILES].lost_lines;
}
