/* SPDX-License-Identifier: MIT */
/*
 * sweep: the helper that walks through /proc for what is left of a server; see sweep.h.
 *
 * Of the server is a child of mcinit's that is in the server's session or carries its mark
 * (MCINIT_SERVER) in the environment it was started with, and whoever descends from one.  Of a
 * server that was adopted only the mark counts, for whoever outlives it is no child of mcinit's.  It
 * must never signal a process without that mark that is no descendant of its own parent.
 */
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fmt.h"
#include "log.h"
#include "sys.h"

enum { CANNOT_SEE = SWEEP_BLIND, NOT_NOW = SWEEP_NOT_NOW, USAGE = 64 };

enum { PROCESSES = 32768, DONE = 2 * PROCESSES, NAMED = 10, ROUNDS = 100 };

struct process {
	pid_t pid, parent, session;
	char state;
	bool member;
	uint64_t started;
	char name[16];
};

static _Alignas(64) struct {
	const char *server;
	pid_t self, supervisor, own_session;
	pid_t life;		/* pid of the main process, whatever became of it */
	pid_t session;		/* the same, or 0: the number is somebody else's now */
	bool adopted;		/* another mcinit was its parent: it is no child of ours */
	int signal;
	int named, signalled;
	struct {
		pid_t pid;
		uint64_t started;
	} done[DONE];		/* who had his signal: a hash table by pid */
	bool missed;		/* something could not be read, for want of memory or descriptors */
	int count;
	struct process list[PROCESSES];
} sweep;

static ssize_t
read_file(pid_t pid, const char *file, char *text, size_t room)
{
	char path[64];
	ssize_t n, used = 0;
	int fd;

	fmt_put(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = sys_open(path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	while ((size_t)used < room - 1 &&
	    (n = sys_read(fd, text + used, room - 1 - (size_t)used)) > 0)
		used += n;
	sys_close(fd);
	text[used] = '\0';
	return used;
}

/* /proc/PID/stat: the name may hold spaces and parentheses, so count from the last ')'. */
static bool
read_process(pid_t pid, struct process *p)
{
	char text[1024], *open, *close, *field;
	int parent, session;
	unsigned long long started;

	ssize_t n = read_file(pid, "stat", text, sizeof(text));

	/* One that has ended meanwhile has no file, or an empty one. */
	sweep.missed |= n < 0 && n != -ENOENT && n != -ESRCH;
	if (n <= 0)
		return false;
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (open == NULL || close == NULL || close[1] == '\0')
		return false;
	*close = '\0';
	fmt_put(p->name, sizeof(p->name), "%.15s", open + 1);
	field = close + 2;
	p->state = *field;
	p->pid = pid;
	p->member = false;
	/* Fields 4 (parent) to 6 (session), and 22 (start time). */
	parent = (int)strtol(field + 1, &field, 10);
	strtol(field, &field, 10);
	session = (int)strtol(field, &field, 10);
	for (int i = 7; i < 22; i++)
		strtoll(field, &field, 10);
	started = strtoull(field, &field, 10);
	p->parent = parent;
	p->session = session;
	p->started = started;
	return p->state != 'Z' && p->state != 'X';
}

static void
list_processes(void)
{
	struct sys_dir dir = { .fd = sys_open("/proc", O_RDONLY | O_DIRECTORY, 0) };
	const char *name;

	sweep.count = 0;
	sweep.missed |= dir.fd < 0;
	if (dir.fd < 0)
		return;
	while ((name = sys_dir_next(&dir)) != NULL) {
		pid_t pid = (pid_t)strtol(name, NULL, 10);

		if (pid > 1 && pid != sweep.self && sweep.count < PROCESSES &&
		    read_process(pid, &sweep.list[sweep.count]))
			sweep.count++;
	}
	sys_close(dir.fd);
}

/* Whether it was started with the mark of this life of the server; unreadable is no. */
static bool
has_mark(pid_t pid)
{
	static _Alignas(64) char text[128 * 1024];
	char mark[64];
	size_t length;
	ssize_t n = read_file(pid, "environ", text, sizeof(text));

	if (n <= 0)
		return false;
	length = fmt_put(mark, sizeof(mark), "%s/%d:", sweep.server, (int)sweep.life);
	for (char *p = text; p < text + n; p += strlen(p) + 1) {
		if (strncmp(p, "MCINIT_SERVER=", 14) != 0)
			continue;
		/* One mark for each mcinit above it, the outermost first. */
		for (p += 14; *p != '\0'; p += strcspn(p, ":"), p += *p == ':')
			if (strncmp(p, mark, length) == 0)
				return true;
		return false;
	}
	return false;
}

/* A direct child of mcinit: its helpers share its session, a server and its heirs never do. */
static bool
is_of_server(const struct process *p)
{
	/* Of its session nobody keeps the number for us; the mark nobody else has. */
	if (sweep.adopted)
		return p->session != sweep.own_session && has_mark(p->pid);
	if (p->parent != sweep.supervisor || p->session == sweep.own_session)
		return false;
	if (sweep.session > 1 && p->session == sweep.session)
		return true;
	return has_mark(p->pid);
}

/* The kernel lists /proc by ascending pid. */
static bool
parent_is_member(const struct process *p)
{
	int low = 0, high = sweep.count;

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (sweep.list[middle].pid == p->parent)
			return sweep.list[middle].member;
		if (sweep.list[middle].pid < p->parent)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static int
find_members(void)
{
	int members = 0;
	bool more = true;

	for (int i = 0; i < sweep.count; i++) {
		sweep.list[i].member = is_of_server(&sweep.list[i]);
		members += sweep.list[i].member;
	}
	while (more && members > 0) {
		more = false;
		for (int i = 0; i < sweep.count; i++) {
			if (sweep.list[i].member || !parent_is_member(&sweep.list[i]))
				continue;
			sweep.list[i].member = true;
			members++;
			more = true;
		}
	}
	return members;
}

static void
name_it(const struct process *p)
{
	static const char *const did[] = { "is left", "ends by SIGTERM", "is killed" };

	if (sweep.named++ < NAMED)
		log_warn(sweep.server, 0, "%s (pid %d) %s", p->name, (int)p->pid,
		    did[sweep.signal == SIGTERM ? 1 : sweep.signal == SIGKILL ? 2 : 0]);
}

/* By the pidfd; where the kernel refuses that, by the number that was checked a moment ago. */
static void
send(int fd, pid_t pid, int signal)
{
	int rc = fd < 0 ? -ENOSYS : sys_pidfd_kill(fd, signal);

	if (rc == -ENOSYS || rc == -EPERM || rc == -EINVAL)
		sys_kill(pid, signal);
}

/* The pidfd first, then the check that the number still means the same process. */
static void
signal_it(const struct process *p)
{
	struct process now;
	int fd = sys_pidfd_open(p->pid);

	if (sys_parent() != sweep.supervisor || !read_process(p->pid, &now) ||
	    now.started != p->started) {
		if (fd >= 0)
			sys_close(fd);
		return;
	}
	name_it(p);
	sweep.signalled++;
	send(fd, p->pid, sweep.signal);
	/* A stopped process would sleep through SIGTERM. */
	if (sweep.signal == SIGTERM)
		send(fd, p->pid, SIGCONT);
	if (fd >= 0)
		sys_close(fd);
}

/* Marks the process as signalled; false if it was already.  A full table signals twice. */
static bool
is_first_time(const struct process *p)
{
	for (int i = 0; i < DONE; i++) {
		int at = (int)(((unsigned)p->pid + (unsigned)i) % DONE);

		if (sweep.done[at].pid == p->pid && sweep.done[at].started == p->started)
			return false;
		if (sweep.done[at].pid == 0) {
			sweep.done[at].pid = p->pid;
			sweep.done[at].started = p->started;
			return true;
		}
	}
	return true;
}

/* Whoever was forked while we walked is found in the next round. */
static int
one_round(void)
{
	int members;

	list_processes();
	/* Without mcinit its children are children of another, among which are strangers. */
	if (sys_parent() != sweep.supervisor)
		return 0;
	members = find_members();
	sweep.signalled = 0;
	for (int i = 0; i < sweep.count && members > 0; i++)
		if (sweep.list[i].member && is_first_time(&sweep.list[i]))
			signal_it(&sweep.list[i]);
	return members;
}

/* No /proc, or that of another pid namespace: its numbers would be other processes'. */
static bool
proc_is_ours(void)
{
	char target[32];

	return sys_read_link("/proc/self", target, sizeof(target)) > 0 &&
	    strtol(target, NULL, 10) == sweep.self;
}

int
sweep_main(int argc, char *argv[])
{
	int members = 0;

	if (argc != 10)
		return USAGE;
	sweep.server = argv[2];
	sweep.life = (int)strtol(argv[3], NULL, 10);
	sweep.session = (int)strtol(argv[4], NULL, 10);
	sweep.signal = (int)strtol(argv[5], NULL, 10);
	log_open();
	log_set((int)strtol(argv[6], NULL, 10), (int)strtol(argv[7], NULL, 10) != 0);
	sweep.self = sys_pid();
	sweep.supervisor = (int)strtol(argv[8], NULL, 10);
	sweep.adopted = strtol(argv[9], NULL, 10) != 0;
	sweep.own_session = sys_session_of(0);
	if (!proc_is_ours())
		return CANNOT_SEE;
	if (sweep.signal == 0) {
		list_processes();
		members = sys_parent() == sweep.supervisor ? find_members() : 0;
		return members > 0 ? SWEEP_LEFT : sweep.missed ? NOT_NOW : SWEEP_EMPTY;
	}
	for (int round = 0; round < ROUNDS; round++) {
		int found = one_round();

		members = found > members ? found : members;
		if (sweep.signalled == 0)
			break;
	}
	if (sweep.named > NAMED)
		log_warn(sweep.server, 0, "and %d processes more", sweep.named - NAMED);
	return sweep.missed ? NOT_NOW : members > 0 ? SWEEP_LEFT : SWEEP_EMPTY;
}
