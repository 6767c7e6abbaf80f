/* SPDX-License-Identifier: MIT */
/*
 * console_fifo: the FIFOs and the terminal of one server, from before its start until its output
 * has ended; a part of console.c, see console.h.
 *
 * It must never read what a server prints, and never leave a FIFO to the next start.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "console_in.h"
#include "fds.h"
#include "fmt.h"
#include "log.h"
#include "sys.h"

enum { PIPE_ROOM = 1024 * 1024, KILL_LINE = 0x15 };

/* Opens run_dir/NAME, which is ours alone; made again if somebody removed it. */
static int
open_dir(const struct console_table *table, const char *name)
{
	int rc = sys_make_dir_at(table->dir, name, 0700);

	if (rc < 0 && rc != -EEXIST)
		return rc;
	return console_high(sys_open_at(table->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0));
}

static int
make_fifo(int dir, const char *name)
{
	int rc = sys_remove_at(dir, name, false);

	return rc < 0 && rc != -ENOENT ? rc : sys_make_fifo_at(dir, name, 0600);
}

/* Open for reading and writing, so that whoever types never finds nobody at the other end. */
static int
open_input(struct console_slot *c)
{
	int rc = c->dir < 0 ? c->dir : make_fifo(c->dir, "stdin");

	if (rc < 0)
		return rc;
	c->sink = console_high(sys_open_at(c->dir, "stdin", O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0));
	return c->sink < 0 ? c->sink : 0;
}

static int
open_output(struct console_slot *c)
{
	int rc = make_fifo(c->dir, "stdout");

	if (rc < 0)
		return rc;
	c->source = console_high(sys_open_at(c->dir, "stdout", O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0));
	c->hold = c->source < 0 ? c->source :
	    console_high(sys_open_at(c->dir, "stdout", O_WRONLY | O_NONBLOCK | O_NOFOLLOW, 0));
	return c->hold < 0 ? c->hold : 0;
}

static void
let_go(struct console_slot *c)
{
	fds_drop(&c->source);
	fds_drop(&c->hold);
	fds_drop(&c->sink);
	fds_drop(&c->feed);
	fds_drop(&c->dir);
	c->pty = false;
}

/* Without FIFOs a server can be heard and told to stop all the same. */
static int
open_pipes(struct console_slot *c)
{
	int rc = console_pipe(&c->source, &c->hold);

	if (rc == 0)
		rc = console_pipe(&c->feed, &c->sink);
	if (rc < 0)
		return rc;
	sys_nonblocking(c->source);
	return sys_nonblocking(c->sink);
}

static int
open_pty(struct console_slot *c)
{
	c->pty = true;
	c->source = console_high(sys_pty());
	c->hold = c->source < 0 ? c->source : console_high(sys_pty_peer(c->source));
	if (c->hold >= 0)
		sys_tty_copy_size(0, c->source);
	return c->hold < 0 ? c->hold : 0;
}

int
console_make(struct console_table *table, int slot, const char *name, int tty)
{
	struct console_slot *c = &table->slot[slot];
	int rc;

	let_go(c);
	if (tty == TTY_INHERIT)
		return 0;
	c->dir = open_dir(table, name);
	rc = open_input(c);
	if (tty == TTY_PTY)
		return rc < 0 ? rc : open_pty(c);
	if (rc == 0)
		rc = open_output(c);
	if (rc < 0) {
		if (!c->warned)
			log_warn(name, rc, "cannot make its FIFOs in run_dir; nothing can be typed for it");
		c->warned = true;
		let_go(c);
		rc = open_pipes(c);
	}
	sys_pipe_room(c->source, PIPE_ROOM);	/* as large as allowed: 64 KiB do, too */
	return rc;
}

/* A description of our own, so that nobody's O_NONBLOCK or death is the server's. */
static int
open_again(int dir, const char *name, int fd)
{
	char path[32];
	int again = dir < 0 ? -ENOENT : sys_open_at(dir, name, O_RDWR, 0);

	if (again >= 0)
		return again;
	fmt_put(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = sys_open(path, O_RDWR, 0);
	return again < 0 ? fd : again;
}

int
console_become(const struct console_slot *c)
{
	int in, out, rc;

	if (c->hold < 0)
		return 0;		/* tty = inherit */
	in = out = c->hold;
	if (c->pty) {
		sys_tty_own(c->hold);
	} else {
		in = open_again(c->dir, "stdin", c->feed >= 0 ? c->feed : c->sink);
		out = open_again(c->dir, "stdout", c->hold);
	}
	if ((rc = sys_move(in, 0)) < 0 || (rc = sys_move(out, 1)) < 0 || (rc = sys_move(out, 2)) < 0)
		return rc;
	return 0;
}

int
console_type(const struct console_table *table, int slot, const char *command)
{
	const struct console_slot *c = &table->slot[slot];
	char line[600];
	size_t n;
	ssize_t rc;

	if (c->sink < 0)
		return -ENOENT;
	/* In a terminal somebody's half a line may stand before it. */
	n = fmt_put(line, sizeof(line), "%.*s%s\n", c->pty, (char[]){ KILL_LINE, '\0' }, command);
	rc = sys_write(c->sink, line, n);
	return rc < 0 ? (int)rc : 0;
}

void
console_close_input(const struct console_table *table, int slot)
{
	if (table->slot[slot].dir >= 0)
		sys_remove_at(table->slot[slot].dir, "stdin", false);
}

/* One that is there; somebody may have put something else in its place. */
static int
open_fifo(int dir, const char *name, int flags)
{
	int fd = sys_open_at(dir, name, flags | O_NONBLOCK | O_NOFOLLOW, 0);
	struct stat st;

	if (fd < 0)
		return fd;
	if (sys_stat_fd(fd, &st) == 0 && S_ISFIFO(st.st_mode))
		return console_high(fd);
	sys_close(fd);
	return -ENXIO;
}

int
console_lend_input(const struct console_table *table, int slot)
{
	int dir = table->slot[slot].dir;

	/* As who types finds it, so that behind the stop command it is not lent any more. */
	return dir < 0 ? -ENOENT : open_fifo(dir, "stdin", O_WRONLY);
}

int
console_command(const struct console_table *table, int slot, const char *command)
{
	/* First nobody new finds the way in, then it is the last line. */
	console_close_input(table, slot);
	return console_type(table, slot, command);
}

void
console_end(struct console_table *table, int slot)
{
	struct console_slot *c = &table->slot[slot];

	if (c->dir >= 0) {
		sys_remove_at(c->dir, "stdin", false);
		sys_remove_at(c->dir, "stdout", false);
	}
	fds_drop(&c->hold);
	fds_drop(&c->sink);
	fds_drop(&c->feed);
}

void
console_release(struct console_table *table, int slot)
{
	let_go(&table->slot[slot]);
}

int
console_reopen(struct console_table *table, int slot, const char *name, bool pty)
{
	struct console_slot *c = &table->slot[slot];
	int dir, sink;

	let_go(c);
	/* The one who heard what it said may have died with it. */
	console_maps.heads[slot].head->again = 1;
	if (pty)
		return 0;
	dir = console_high(sys_open_at(table->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0));
	if (dir < 0)
		return dir;
	c->dir = dir;
	c->source = open_fifo(c->dir, "stdout", O_RDONLY);
	c->hold = c->source < 0 ? c->source : open_fifo(c->dir, "stdout", O_WRONLY);
	if (c->hold < 0) {
		int rc = c->hold;

		let_go(c);
		return rc;
	}
	sink = open_fifo(c->dir, "stdin", O_RDWR);
	c->sink = sink < 0 ? -1 : sink;
	return 0;
}
