/* SPDX-License-Identifier: MIT */
/*
 * files_old: the old log files of one server; see files_in.h.
 *
 * Their numbers tell their age.  It must never remove what has no number behind the log's name.
 */
#include "files_in.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>		/* numbers only */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fmt.h"
#include "path.h"
#include "sys.h"

extern char **environ;

enum { NAME_ROOM = 128 };

void
files_old_set(struct files_old *old, const char *path, const char *server, int64_t keep,
    char *const *compress)
{
	fmt_put(old->path, sizeof(old->path), "%s", path);
	fmt_put(old->name, sizeof(old->name), "%s.log", server);
	fmt_put(old->log, sizeof(old->log), "%s/%s", old->path, old->name);
	old->dir = -1;
	old->keep = keep;
	for (int i = 0; compress != NULL && compress[i] != NULL && i < FILES_WORDS - 2; i++)
		old->compress[i] = compress[i];
}

static bool
is_same_dir(const struct files_old *old)
{
	struct stat ours, now;

	return old->dir >= 0 && sys_stat_fd(old->dir, &ours) == 0 && sys_stat(old->path, &now) == 0 &&
	    ours.st_ino == now.st_ino && ours.st_dev == now.st_dev;
}

int
files_old_open(struct files_old *old)
{
	int rc;

	if (is_same_dir(old))
		return 0;
	if (old->dir >= 0)
		sys_close(old->dir);
	old->dir = -1;
	rc = sys_make_dir(old->path, 0750);
	if (rc < 0 && rc != -EEXIST)
		return rc;
	old->dir = sys_open(old->path, O_RDONLY | O_DIRECTORY, 0);
	return old->dir < 0 ? old->dir : 0;
}

/* NAME.log.N or NAME.log.N.SUFFIX: N and where the suffix begins, else 0. */
static int64_t
generation_of(const struct files_old *old, const char *file, const char **suffix)
{
	size_t length = strlen(old->name);
	char *end;
	int64_t n;

	*suffix = "";
	if (strncmp(file, old->name, length) != 0 || file[length] != '.' || file[length + 1] < '1' ||
	    file[length + 1] > '9')
		return 0;
	n = strtoll(file + length + 1, &end, 10);
	*suffix = end;
	/* What has more digits is a date, or somebody's joke. */
	return (*end == '\0' || *end == '.') && end - file - (ptrdiff_t)length <= 7 ? n : 0;
}

/* Removes number n; with only_partial, what a compressor that was ended left of it. */
static void
remove_old(const struct files_old *old, int64_t number, bool only_partial)
{
	struct sys_dir dir = { .fd = sys_open_at(old->dir, ".", O_RDONLY | O_DIRECTORY, 0) };
	const char *name, *suffix;

	if (dir.fd < 0)
		return;
	while ((name = sys_dir_next(&dir)) != NULL) {
		int64_t n = generation_of(old, name, &suffix);

		if (n == number && (!only_partial || *suffix != '\0'))
			sys_remove_at(old->dir, name, false);
	}
	sys_close(dir.fd);
}

/* What there is: the highest number, and of those above a certain one; 0 = none. */
struct survey {
	int64_t highest, lowest, not_compressed;
	int64_t names;
};

static struct survey
survey(const struct files_old *old, int64_t above)
{
	struct sys_dir dir = { .fd = sys_open_at(old->dir, ".", O_RDONLY | O_DIRECTORY, 0) };
	struct survey is = { 0 };
	const char *name, *suffix;

	if (dir.fd < 0)
		return is;
	while ((name = sys_dir_next(&dir)) != NULL) {
		int64_t n = generation_of(old, name, &suffix);

		is.highest = n > is.highest ? n : is.highest;
		/* What a job is just making stands beside what it makes it of. */
		if (n <= above || (old->job != 0 && n == old->job_of && *suffix != '\0'))
			continue;
		is.names++;
		is.lowest = is.lowest == 0 || n < is.lowest ? n : is.lowest;
		if (*suffix == '\0' && (is.not_compressed == 0 || n < is.not_compressed))
			is.not_compressed = n;
	}
	sys_close(dir.fd);
	return is;
}

/* Numbers may be missing, so the oldest goes as often as there is one too many. */
static void
remove_oldest(const struct files_old *old)
{
	struct survey is = survey(old, 0);

	for (; is.names > old->keep; is = survey(old, is.lowest))
		remove_old(old, is.lowest, false);
}

int
files_old_add(struct files_old *old)
{
	char name[NAME_ROOM];
	int rc;

	fmt_put(name, sizeof(name), "%s.%lld", old->name,
	    (long long)survey(old, 0).highest + 1);
	rc = sys_rename_new_at(old->dir, old->name, name);
	if (rc == 0)
		remove_oldest(old);
	return rc;
}

/* ---- compressing ---- */

_Noreturn static void
become_job(const struct files_old *old)
{
	char path[1024 + NAME_ROOM];
	const char *argv[FILES_WORDS];
	bool no_interpreter = false;
	int n = 0, null = sys_open("/dev/null", O_RDWR, 0);

	for (; old->compress[n] != NULL; n++)
		argv[n] = old->compress[n];
	fmt_put(path, sizeof(path), "%s/%s.%lld", old->path, old->name, (long long)old->job_of);
	argv[n++] = path;
	argv[n] = NULL;
	if (null >= 0) {
		sys_move(null, 0);
		sys_move(null, 1);
	}
	sys_close_from(3);
	sys_nice(10);			/* the server has the right of way */
	/* Whoever comes after us does this file anew: two at a time would be its end. */
	sys_death_signal(SIGKILL);
	sys_signals_default();
	sys_signals_unblock();
	path_exec(getenv("PATH"), (char *const *)argv, environ, &no_interpreter);
	sys_exit(127);
}

static int
start_job(struct files_old *old)
{
	int64_t next;
	pid_t pid;

	if (old->dir < 0 || old->compress[0] == NULL)
		return 0;
	next = survey(old, old->failed_up_to).not_compressed;
	if (next == 0)
		return 0;
	old->job_of = next;
	remove_old(old, next, true);
	pid = sys_fork();
	if (pid == 0)
		become_job(old);
	if (pid > 0)
		old->job = pid;
	return pid < 0 ? (int)pid : 0;
}

int
files_old_work(struct files_old *old, int *generation)
{
	int status, rc = 0;
	pid_t pid = old->job != 0 ? sys_reap(&status) : 0;

	*generation = (int)old->job_of;
	if (old->job != 0 && pid == 0)
		return 0;
	if (pid > 0) {
		old->job = 0;
		/* What it leaves behind is its own business; what failed once is not tried again. */
		old->failed_up_to = old->job_of;
		rc = status;
	}
	if (rc == 0 && (rc = start_job(old)) < 0) {
		old->failed_up_to = old->job_of;
		*generation = (int)old->job_of;
	}
	return rc;
}
