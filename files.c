/* SPDX-License-Identifier: MIT */
/*
 * files: one server's log file; see files.h.  What is in DIR beside it is in files_old.c.
 *
 * Its writes may block for as long as a disk does; nobody waits for it but a server under
 * on_full = block.
 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "files_in.h"
#include "fmt.h"
#include "sys.h"
#include "writer.h"

enum { BATCH = 8 * 1024, DIRECT = 128 * 1024, TRY_EACH = 1000, SAY_EACH = 60 * 1000, JOB_EACH = 200,
	LOOK_EACH = 64 };

static _Alignas(64) struct {
	struct writer writer;
	struct writer_batch batch;
	struct files_old old;
	uint32_t pid;			/* our own */
	bool orphaned;			/* PID 1 is gone for good */
	bool killed;			/* ... and did not say that nothing more comes */
	uint64_t end;			/* where the producer was when we saw that */
	unsigned batches;		/* since the last look whether it is */
	int fd;				/* the log, -1 = not open */
	int64_t size, rotate_size;
	ino_t inode;
	dev_t device;
	int64_t rotate_at, rotate_said_at;	/* when to try again after it failed */
	int error;			/* what is in the way, 0 = all is well */
	bool said;			/* ... and whether it was said */
	int64_t try_at, said_at;
	uint64_t lost_before;		/* when it began */
	uint64_t leave_at;		/* told to leave when the producer was here; 0 = not told */
	char bytes[BATCH];
} files;

static struct ring_place *
place(void)
{
	return &files.writer.ring.head->place[RING_FILES];
}

/* With those that are overwritten already, though their place in the file was not yet reached. */
static uint64_t
lost(void)
{
	uint64_t line = place()->line;

	if (!ring_held(&files.writer.ring, place()->tail))
		ring_resume(&files.writer.ring, &line);
	return place()->lost_lines + line - place()->line;
}

static void
report(enum console_report_kind kind, int32_t value, int64_t number)
{
	console_tell(&(struct console_report){ .slot = (int8_t)files.writer.slot,
		.kind = (uint8_t)kind, .value = value, .number = number });
}

/* Said once a minute, however often it comes and goes; the reader wants to know what is missing. */
static void
in_trouble(int error, int64_t now)
{
	if (files.error == 0) {
		files.lost_before = lost();
		files.said = false;
	}
	files.error = error;
	files.try_at = now + TRY_EACH;
	if (files.said_at != 0 && now - files.said_at < SAY_EACH)
		return;
	files.said_at = now;
	files.said = true;
	report(REPORT_FILE_TROUBLE, error, (int64_t)(lost() - files.lost_before));
}

static void
out_of_trouble(void)
{
	if (files.error == 0)
		return;
	files.error = 0;
	if (files.said)
		report(REPORT_FILE_WELL, 0, (int64_t)(lost() - files.lost_before));
}

/* ---- the file ---- */

static void
close_log(void)
{
	if (files.fd >= 0)
		sys_close(files.fd);
	files.fd = -1;
}

static int
check_log(void)
{
	struct stat st;
	int rc = sys_stat_fd(files.fd, &st);

	if (rc < 0)
		return rc;
	/* Another name of the same file may be somebody's trap, or somebody's file. */
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return S_ISREG(st.st_mode) ? -EMLINK : -EEXIST;
	files.size = st.st_size;
	files.inode = st.st_ino;
	files.device = st.st_dev;
	files.batch.file = st.st_ino;
	return 0;
}

static int
open_log(void)
{
	int rc = files_old_open(&files.old);

	if (rc < 0)
		return rc;
	files.fd = sys_open_at(files.old.dir, files.old.name,
	    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0640);
	if (files.fd < 0)
		return files.fd;
	rc = check_log();
	if (rc < 0)
		close_log();
	return rc;
}

/* Whether the name still is our file: somebody may have moved or removed it, or its directory. */
static bool
is_there(void)
{
	struct stat st;

	return files.fd >= 0 && sys_stat_at(AT_FDCWD, files.old.log, &st) == 0 &&
	    st.st_ino == files.inode && st.st_dev == files.device;
}

/* The old one gets its number first: killed in between, there is no log, and one is made. */
static int
rotate(void)
{
	int rc;

	if (files.size == 0)
		return 0;
	rc = files_old_add(&files.old);
	if (rc < 0)
		return rc;
	close_log();
	return open_log();
}

/* ---- writing ---- */

static bool
is_idle(void)
{
	return files.batch.filled == files.batch.done;
}

/* Nothing is begun that the same file would have to have the rest of. */
static bool
at_line_start(void)
{
	return is_idle() && !filter_is_inside(&place()->now);
}

/* A log that grows is better than none. */
static void
cannot_rotate(int error, int64_t now)
{
	files.rotate_at = now + TRY_EACH;
	if (files.rotate_said_at != 0 && now - files.rotate_said_at < SAY_EACH)
		return;
	files.rotate_said_at = now;
	report(REPORT_ROTATE_FAILED, error, 0);
}

/* Everything that has to be right before a batch is made: 0, or what is in the way. */
static int
make_ready(int64_t now)
{
	struct ring_head *h = files.writer.ring.head;
	uint32_t asked = h->rotate;
	int rc = 0;

	if (!is_there()) {
		close_log();
		rc = open_log();
	}
	if (rc < 0 || !at_line_start())
		return rc;
	if ((h->rotated == asked && files.size < files.rotate_size) || now < files.rotate_at)
		return 0;
	rc = rotate();
	if (rc == 0)
		h->rotated = asked;
	if (rc == 0 || files.fd < 0)
		return rc;
	cannot_rotate(-rc, now);
	return 0;
}

/* From where the batch began on; not in a file that has taken the place of that one meanwhile. */
static void
take_back(void)
{
	int64_t at = (int64_t)files.batch.at;

	if (files.batch.file == files.inode && at < files.size && sys_truncate(files.fd, at) == 0)
		files.size = at;
}

/* Takes as much of the batch as the disk does: 0, or what is in the way. */
static int
flush(void)
{
	while (files.batch.done < files.batch.filled) {
		ssize_t n = sys_write(files.fd, files.batch.from + files.batch.done,
		    files.batch.filled - files.batch.done);

		if (n <= 0)
			return n < 0 ? (int)n : -ENOSPC;
		files.batch.done += (size_t)n;
		files.size += n;
	}
	if (writer_void(&files.writer, &files.batch))
		take_back();
	else
		writer_done(&files.writer, &files.batch);
	files.try_at = 0;
	/* How many lines are missing is known only when their place is reached. */
	if (ring_held(&files.writer.ring, place()->tail))
		out_of_trouble();
	return 0;
}

/* One batch: true if there was something to do. */
static bool
work(int64_t now, bool all, int *wait)
{
	uint32_t rotated = files.writer.ring.head->rotated;
	int rc = 0;

	if (files.error != 0 && now < files.try_at && !all) {
		*wait = (int)(files.try_at - now);
		return false;
	}
	if (is_idle() || !is_there()) {
		rc = make_ready(now);
		if (rc == 0 && is_idle() &&
		    !writer_fill(&files.writer, &files.batch, (uint64_t)files.size, now, all, wait)) {
			out_of_trouble();
			return files.writer.ring.head->rotated != rotated;
		}
	}
	if (rc == 0)
		rc = flush();
	if (rc < 0) {
		in_trouble(-rc, now);
		*wait = TRY_EACH;
	}
	return rc == 0;
}

/* ---- the process ---- */

static void
set_up(int argc, char *argv[])
{
	static char name[CONF_NAME_BYTES];

	/* Of its own: in the ring it may be another server's before all is written. */
	fmt_put(name, sizeof(name), "%.*s", CONF_NAME_BYTES - 1, files.writer.ring.head->name);
	files.fd = -1;
	files.batch.bytes = files.bytes;
	files.batch.room = sizeof(files.bytes);
	files.batch.direct = DIRECT;
	files.pid = (uint32_t)sys_pid();
	files.rotate_size = strtoll(argv[4], NULL, 10);
	files.writer.what_was_slow = "the disk of this log";
	files.writer.form = (struct filter_form){ .name = name, .raw = argv[6][0] == 'r',
		.json = argv[6][0] == 'j' };
	files_old_set(&files.old, argv[3], name, strtoll(argv[5], NULL, 10),
	    argc > 7 ? argv + 7 : NULL);
}

static bool
told_to_leave(void)
{
	const struct ring_head *h = files.writer.ring.head;

	if (files.leave_at == 0 && h->leave == files.pid)
		files.leave_at = h->head | 1;
	return files.leave_at != 0;
}

/* Another one will go on where we leave; else the rest is ours to write. */
static bool
has_successor(void)
{
	const char *name = files.writer.ring.head->name;
	size_t n = strnlen(name, CONF_NAME_BYTES);

	return place()->wanted && strncmp(files.old.name, name, n) == 0 &&
	    strcmp(files.old.name + n, ".log") == 0;
}

static bool
may_leave(void)
{
	return is_idle() && (place()->tail >= files.leave_at || (has_successor() && at_line_start()));
}

/* What is half written is taken back: the successor may have another place or form for it. */
static void
give_back(void)
{
	struct ring_place *p = place();

	if (is_idle() || p->note.kind == RING_NO_NOTE || files.fd < 0 || files.inode != p->note.file ||
	    (uint64_t)files.size != p->note.at + files.batch.done)
		return;
	if (files.batch.done > 0 && sys_truncate(files.fd, (int64_t)p->note.at) < 0)
		return;
	__atomic_store_n(&p->note.kind, RING_NO_NOTE, __ATOMIC_RELEASE);
}

/* It costs as much as a small write, and who is busy has a server: so it is not asked each time. */
static void
look_for_pid1(void)
{
	const struct ring_head *h = files.writer.ring.head;

	files.batches = 0;
	if (files.orphaned || !console_orphaned())
		return;
	files.orphaned = true;
	files.killed = !__atomic_load_n(&h->closed, __ATOMIC_ACQUIRE);
	files.end = __atomic_load_n(&h->head, __ATOMIC_ACQUIRE);
	files.try_at = 0;
}

/* A successor may be waiting for our place, and what comes from here on is for that. */
static bool
has_handed_over(void)
{
	return files.killed && is_idle() && place()->tail >= files.end;
}

static void
wait_for_news(int wait)
{
	struct pollfd fds[] = { { .fd = CONSOLE_BELL_FILES, .events = POLLIN },
		{ .fd = files.orphaned ? -1 : CONSOLE_LIFELINE } };

	if (files.old.job != 0 && (wait < 0 || wait > JOB_EACH))
		wait = JOB_EACH;
	/* In trouble there is news all the time, and nothing to do about it. */
	if (files.error != 0 || ring_sleep(&files.writer.ring, RING_FILES) ||
	    files.writer.partial_since != 0)
		sys_poll(fds, 2, wait);
	ring_awake(&files.writer.ring, RING_FILES);
	sys_bell_clear(CONSOLE_BELL_FILES);
}

int
files_main(int argc, char *argv[])
{
	int slot;

	if (argc < 7)
		return 64;
	slot = (int)strtol(argv[2], NULL, 10);
	if (!console_take_place(CONSOLE_FILES, slot))
		return 0;
	if (writer_open(&files.writer, slot, RING_FILES) < 0)
		return 71;
	set_up(argc, argv);
	if (open_log() == 0)
		writer_recover(&files.writer, &files.batch, (uint64_t)files.size);
	for (;;) {
		int wait = -1, failed, generation;
		bool told = told_to_leave(), last = (files.orphaned && !files.killed) ||
		    (told && !has_successor());

		if ((told && may_leave()) || has_handed_over())
			return 0;
		if (work(sys_now(), last, &wait)) {
			if (++files.batches >= LOOK_EACH)
				look_for_pid1();
			continue;
		}
		if (told)
			give_back();
		/* Of one that was killed there may be the beginning of a line, which is waited for. */
		if (last || told || (files.killed && (wait < 0 || files.error != 0)))
			return 0;
		if (!files.orphaned) {
			look_for_pid1();
			if (files.orphaned)
				continue;
			failed = files_old_work(&files.old, &generation);
			if (failed != 0)
				report(REPORT_COMPRESS_FAILED, failed, generation);
			writer_tell_lost(&files.writer, sys_now());
		}
		wait_for_news(wait);
	}
}
