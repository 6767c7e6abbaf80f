/* SPDX-License-Identifier: MIT */
/*
 * console_open: what all consoles share, made anew, taken over from an mcinit that was killed, or
 * found again by one that executed itself; a part of console.c, see console.h.
 *
 * It must never touch the ring of a slot before that has its memory: without blocks of the disk
 * behind it that is a SIGBUS.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "console_in.h"
#include "fds.h"
#include "fmt.h"
#include "log.h"
#include "sys.h"

struct console_maps console_maps;

static void
forget_maps(void)
{
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		console_maps.heads[slot] = (struct ring){ .head = &console_maps.nobody };
}

bool
console_has_ring(int slot)
{
	return console_maps.heads[slot].head != &console_maps.nobody;
}

int
console_claim(const struct console_table *table, int slot)
{
	struct ring ring;
	int rc;

	if (console_has_ring(slot))
		return 0;
	rc = table->persistent ? ring_allocate(table->rings, slot) : 0;
	if (rc == 0)
		rc = ring_map_head(&ring, table->rings, slot);
	if (rc == 0)
		console_maps.heads[slot] = ring;
	return rc;
}

/* ---- the rings ---- */

/*
 * Linux before 3.17, and some containers, have no memfd: then it is a file of nobody's.  It gets
 * its blocks now, because a write to memory for which the disk has none left is a SIGBUS.
 */
static int
make_rings(int dir)
{
	static const char name[] = ".rings";
	int fd = ring_create(), rc;

	if (fd >= 0 || dir < 0)
		return fd;
	sys_remove_at(dir, name, false);
	fd = sys_open_at(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fd;
	sys_remove_at(dir, name, false);
	rc = sys_allocate(fd, RING_ALL);
	if (rc == -EOPNOTSUPP)
		rc = sys_truncate(fd, RING_ALL);
	if (rc == 0)
		return fd;
	sys_close(fd);
	return rc;
}

int
console_lend_rings(const struct console_table *table)
{
	char path[32];
	int rc = table->rings < 0 ? -ENOENT : sys_set_mode(table->rings, 0600);

	/* A memfd is born for everybody (0777): who was lent it to read could open it again to write. */
	if (rc < 0)
		return rc;
	fmt_put(path, sizeof(path), "/proc/self/fd/%d", table->rings);
	return sys_open(path, O_RDONLY, 0);
}

/* With our own ring mapped, which not every file system allows. */
static int
take_rings(struct console_table *table, int fd)
{
	int rc;

	table->rings = console_high(fd);
	if (table->rings < 0)
		return table->rings;
	rc = ring_map(&console_maps.own, table->rings, RING_OWN, true);
	if (rc < 0)
		fds_drop(&table->rings);
	return rc;
}

static bool
is_full(int error)
{
	return error == -ENOSPC || error == -EDQUOT;
}

static int
open_rings(struct console_table *table, bool persistent)
{
	int rc;

	if (!persistent || table->dir < 0)
		return take_rings(table, make_rings(table->dir));
	rc = take_rings(table, ring_file_make(table->dir));
	table->persistent = rc == 0;
	if (rc == 0 || is_full(rc))
		return rc;
	ring_file_remove(table->dir);
	log_warn(NULL, rc, "cannot keep the consoles in run_dir %s; should mcinit be killed, what was "
	    "not yet written is lost", table->path);
	return take_rings(table, make_rings(table->dir));
}

/* For the verbs of our own user, as long as we live. */
static void
make_link(const struct console_table *table)
{
	char target[64] = "rings";

	if (!table->persistent)
		fmt_put(target, sizeof(target), "/proc/%d/fd/%d", (int)sys_pid(), table->rings);
	sys_remove_at(table->dir, "console", false);
	sys_link_at(table->dir, "console", target);
}

/* ---- the rest ---- */

static void
forget_descriptors(struct console_table *table)
{
	table->rings = table->lifeline = table->lifeline_end = table->reports = table->reports_end =
	    table->bell = table->dir = -1;
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		struct console_slot *c = &table->slot[slot];

		c->source = c->hold = c->sink = c->feed = c->dir = c->bell = -1;
	}
}

void
console_init(struct console_table *table)
{
	memset(table, 0, sizeof(*table));
	forget_descriptors(table);
}

static void
drop_all(struct console_table *table)
{
	fds_drop(&table->rings);
	fds_drop(&table->lifeline);
	fds_drop(&table->lifeline_end);
	fds_drop(&table->reports);
	fds_drop(&table->reports_end);
	fds_drop(&table->bell);
	fds_drop(&table->dir);
}

/* Without a run_dir, as a machine may be, there are pipes instead of FIFOs. */
static void
open_dir(struct console_table *table, const char *run_dir)
{
	int fd = console_high(sys_open(run_dir, O_RDONLY | O_DIRECTORY, 0));

	fmt_put(table->path, sizeof(table->path), "%s", run_dir);
	table->dir = fd < 0 ? -1 : fd;
}

static int
open_pipes(struct console_table *table)
{
	int rc;

	table->bell = console_high(sys_bell());
	if (table->bell < 0)
		return table->bell;
	if ((rc = console_pipe(&table->lifeline, &table->lifeline_end)) < 0 ||
	    (rc = console_pipe(&table->reports, &table->reports_end)) < 0)
		return rc;
	sys_nonblocking(table->reports);
	return sys_nonblocking(table->reports_end);
}

/* Our own ring, and those of the slots that it names. */
static int
find_maps(const struct console_table *table)
{
	uint32_t slots = console_maps.own.head->slots;
	int rc = 0;

	for (int slot = 0; slot < CONF_SERVERS && rc == 0; slot++)
		if (slots & 1U << slot)
			rc = console_claim(table, slot);
	return rc;
}

int
console_open(struct console_table *table, const char *run_dir, bool persistent)
{
	int rc;

	console_init(table);
	forget_maps();
	open_dir(table, run_dir);
	rc = open_rings(table, persistent);
	if (rc == 0)
		rc = open_pipes(table);
	if (rc < 0) {
		log_err(NULL, rc, is_full(rc) ? "no room for the consoles in run_dir %s: they take 72 KiB, "
		    "and 1 MiB for each server. Free some there, or name another mcinit.run_dir" :
		    "cannot set up the consoles in run_dir %s", table->path);
		return rc;
	}
	ring_begin(&console_maps.own, RING_OWN, "mcinit");
	ring_produce(&console_maps.own);
	make_link(table);
	return 0;
}

/* What the one before us said to its console processes is not said to ours. */
static void
take_back(struct ring_head *h)
{
	h->closed = 0;
	h->leave = 0;
}

int
console_adopt(struct console_table *table, const char *run_dir)
{
	int rc;

	forget_descriptors(table);
	forget_maps();
	table->persistent = true;
	open_dir(table, run_dir);
	rc = table->dir < 0 ? -ENOENT : ring_file_find(table->dir);
	if (rc >= 0)
		rc = take_rings(table, rc);
	if (rc == 0)
		rc = find_maps(table);
	if (rc == 0)
		rc = open_pipes(table);
	if (rc < 0) {
		drop_all(table);
		forget_maps();
		return rc;
	}
	take_back(console_maps.own.head);
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (console_has_ring(slot))
			take_back(console_maps.heads[slot].head);
	ring_produce(&console_maps.own);
	make_link(table);
	return 0;
}

/*
 * Whoever has news takes back first that somebody sleeps, then rings: one that failed in between leaves
 * a sleeper whom nobody would wake.
 */
static void
ring_all(const struct console_table *table)
{
	sys_bell_ring(table->bell);
	for (int slot = 0; slot < CONF_SERVERS; slot++)
		if (table->slot[slot].bell >= 0)
			sys_bell_ring(table->slot[slot].bell);
}

int
console_resume(struct console_table *table)
{
	struct stat st;
	int rc = ring_check(table->rings);

	forget_maps();
	if (rc == 0)
		rc = ring_map(&console_maps.own, table->rings, RING_OWN, true);
	if (rc == 0)
		rc = find_maps(table);
	if (rc < 0)
		return rc;
	ring_produce(&console_maps.own);
	ring_all(table);
	if (table->dir >= 0 && sys_stat_at(table->dir, "console", &st) < 0)
		make_link(table);
	return 0;
}

void
console_finish(const struct console_table *table)
{
	if (table->dir < 0)
		return;
	sys_remove_at(table->dir, "console", false);
	sys_remove_at(table->dir, "places", false);
	if (table->persistent)
		ring_file_remove(table->dir);
}
