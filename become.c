/* SPDX-License-Identifier: MIT */
/*
 * become: how a forked child of ours turns into a server; see become.h.
 *
 * It must never return, and never leave a signal ignored or blocked.
 */
#include "become.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "fmt.h"
#include "path.h"
#include "proc.h"
#include "sys.h"

extern char **environ;

enum { LOCK_FD = 3, REPORT_FD = 4, ENVIRONMENT = 2048, MARKS = 512, JAR_BYTES = 256 };

/* Which warning it is: each is given once, however often the server starts. */
enum warning { WARN_LOCK, WARN_OOM, WARN_NOFILE, WARN_CORE, WARN_NICE, WARN_AUTOGROUP };

static void
warn(int report, int stage, enum warning which, int error, const char *what)
{
	struct proc_report r = { .stage = (uint8_t)stage, .what_bit = (uint8_t)which,
		.warning = true, .error = error };

	fmt_put(r.what, sizeof(r.what), "%s", what);
	sys_write(report, &r, sizeof(r));
}

_Noreturn void
become_failed(int report, int stage, int error, const char *what)
{
	struct proc_report r = { .stage = (uint8_t)stage, .error = error };

	fmt_put(r.what, sizeof(r.what), "%s", what);
	sys_write(report, &r, sizeof(r));
	sys_exit(127);
}

/* Of a stage that never ends a start. */
static void
note(int report, enum equip_note which, int error, int number, const char *word)
{
	struct proc_report r = { .stage = PROC_EQUIP, .what_bit = (uint8_t)which, .warning = true,
		.error = error, .holder = number };

	fmt_put(r.what, sizeof(r.what), "%s", word);
	sys_write(report, &r, sizeof(r));
}

static void
write_number(int report, enum warning which, const char *path, int64_t value)
{
	char text[24];
	int fd = sys_open(path, O_WRONLY, 0), rc = fd;
	size_t n;

	if (fd >= 0) {
		n = fmt_put(text, sizeof(text), "%lld", (long long)value);
		rc = (int)sys_write(fd, text, n);
		sys_close(fd);
	}
	if (rc < 0)
		warn(report, PROC_LIMIT, which, -rc, path);
}

static bool
is_number(int64_t value)
{
	return value > CONF_WORD(100);	/* not "inherit" */
}

static void
set_limit(int report, enum warning which, int resource, int64_t value, const char *key)
{
	uint64_t soft = 0, hard = 0;
	int rc = sys_limit_get(resource, &soft, &hard);

	if (rc == 0)
		rc = sys_limit(resource, (uint64_t)value, (uint64_t)value > hard ? (uint64_t)value : hard);
	if (rc < 0)
		warn(report, PROC_LIMIT, which, -rc, key);
}

/* Before any change of uid: afterwards these files in /proc are no longer ours to write. */
static void
set_limits(const struct conf_server *conf, int report)
{
	int rc;

	if (is_number(conf->oom_score_adj))
		write_number(report, WARN_OOM, "/proc/self/oom_score_adj", conf->oom_score_adj);
	if (is_number(conf->limit_nofile))
		set_limit(report, WARN_NOFILE, RLIMIT_NOFILE, conf->limit_nofile, "limit_nofile");
	if (is_number(conf->limit_core))
		set_limit(report, WARN_CORE, RLIMIT_CORE, conf->limit_core, "limit_core");
	if (is_number(conf->umask))
		sys_umask((mode_t)conf->umask);
	if (!is_number(conf->nice))
		return;
	rc = sys_nice((int)conf->nice);
	if (rc < 0)
		warn(report, PROC_LIMIT, WARN_NICE, -rc, "nice");
	/* With autogroup scheduling nice counts only inside the session (sched(7), Linux 2.6.38). */
	if (rc == 0 && sys_executable("/proc/self/autogroup") != -ENOENT)
		write_number(report, WARN_AUTOGROUP, "/proc/self/autogroup", conf->nice);
}

static int
lock_holder(int fd)
{
	char text[16] = "";
	ssize_t n = sys_pread(fd, text, sizeof(text) - 1, 0);

	return n > 0 ? (int)strtol(text, NULL, 10) : 0;
}

/* A link somebody made to a file of his choice is locked like any other, but not written to. */
static void
write_holder(int fd)
{
	char text[16];
	struct stat st;
	size_t n = fmt_put(text, sizeof(text), "%d\n", (int)sys_pid());

	if (sys_stat_fd(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	    sys_truncate(fd, 0) == 0)
		sys_pwrite(fd, text, n, 0);
}

/*
 * The lock belongs to the open file, so it lives in the server as long as the server does, and
 * no mcinit can start a second one on this world, whatever became of the first mcinit.
 */
static void
lock_world(int report)
{
	static const char file[] = ".mcinit.lock";
	struct proc_report r = { .stage = PROC_LOCK };
	int fd = sys_open(file, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0644), rc;

	/* Another user's file, a read-only disk: a lock needs no right to write. */
	if (fd == -EACCES || fd == -EPERM || fd == -EROFS)
		fd = sys_open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0) {
		warn(report, PROC_LOCK, WARN_LOCK, -fd, file);
		sys_close(LOCK_FD);
		return;
	}
	rc = sys_lock(fd);
	if (rc == -EWOULDBLOCK) {
		r.error = EWOULDBLOCK;
		r.holder = lock_holder(fd);
		fmt_put(r.what, sizeof(r.what), "%s", file);
		sys_write(report, &r, sizeof(r));
		sys_exit(127);
	}
	if (rc < 0)
		warn(report, PROC_LOCK, WARN_LOCK, -rc, file);
	write_holder(fd);
	sys_move(fd, LOCK_FD);
	if (fd != LOCK_FD)
		sys_close(fd);
}

/* A "*" stands for any letters; nothing else is special. */
static bool
matches(const char *name, const char *pattern)
{
	const char *star = NULL, *retry = NULL;

	while (*name != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			retry = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star != NULL) {
			pattern = star + 1;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* The file here that matches and has the highest version (1.21.10 is above 1.21.4), or "". */
static void
find_jar(const char *pattern, char found[JAR_BYTES])
{
	struct sys_dir dir = { .fd = sys_open(".", O_RDONLY | O_DIRECTORY, 0) };
	const char *name;

	found[0] = '\0';
	if (dir.fd < 0)
		return;
	while ((name = sys_dir_next(&dir)) != NULL)
		if (matches(name, pattern) && strverscmp(name, found) > 0)
			fmt_put(found, JAR_BYTES, "%s", name);
	sys_close(dir.fd);
}

/*
 * Puts the file that a pattern means into the command line, and returns its name; a jar that is
 * missing ends the start.
 */
static const char *
choose_jar(const char *argv[], const char *jar, int report)
{
	static char found[JAR_BYTES];
	struct stat st;
	int rc = 0;

	if (jar == NULL)
		return NULL;
	if (strchr(jar, '*') != NULL) {
		find_jar(jar, found);
		for (int i = 0; argv[i] != NULL; i++)
			if (argv[i] == jar)
				argv[i] = found;
		rc = found[0] != '\0' ? 0 : -ENOENT;
	} else {
		rc = sys_stat(jar, &st);
	}
	if (rc >= 0)
		return strchr(jar, '*') != NULL ? found : jar;
	find_jar("*.jar", found);
	become_failed(report, PROC_JAR, -rc, found);
}

/* Variables that are about mcinit itself, not about whoever it starts. */
static bool
is_ours(const char *variable)
{
	static const char *const ours[] = { "MCINIT_SERVER=", "LISTEN_PID=", "LISTEN_FDS=",
		"LISTEN_FDNAMES=", "NOTIFY_SOCKET=", "WATCHDOG_PID=", "WATCHDOG_USEC=" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strncmp(variable, ours[i], strlen(ours[i])) == 0)
			return true;
	return false;
}

static bool
has_name_of(const char *variable, const char *other)
{
	size_t n = strcspn(other, "=");

	return strncmp(variable, other, n) == 0 && variable[n] == '=';
}

/* Whether the list has the variable's name, as NAME or as NAME=VALUE. */
static bool
is_listed(const struct conf_list *list, const char *variable)
{
	for (const char *own = conf_next(list, NULL); own != NULL; own = conf_next(list, own))
		if (has_name_of(variable, own))
			return true;
	return false;
}

/* A later line of the same name wins; java would take the first, a shell the last. */
static bool
is_listed_behind(const struct conf_list *list, const char *item)
{
	for (const char *own = conf_next(list, item); own != NULL; own = conf_next(list, own))
		if (has_name_of(own, item))
			return true;
	return false;
}

/* The child's own copy-on-write memory: PID 1 never pays for it. */
static _Alignas(64) const char *server_environment[ENVIRONMENT + 1];

const char *const *
become_environment(const struct conf_server *conf, const struct conf_list *secret, const char *mark)
{
	static _Alignas(64) char marked[MARKS];
	const char *outer = getenv("MCINIT_SERVER");
	int n = 0;

	for (char **e = environ; conf->env_inherit && *e != NULL && n < ENVIRONMENT - 1; e++)
		if (!is_ours(*e) && !is_listed(&conf->env, *e) && !is_listed(secret, *e))
			server_environment[n++] = *e;
	for (const char *own = conf_next(&conf->env, NULL); own != NULL && n < ENVIRONMENT - 1;
	    own = conf_next(&conf->env, own))
		if (!is_ours(own) && !is_listed_behind(&conf->env, own))
			server_environment[n++] = own;
	/*
	 * Not the name alone: the next start of the same server is another tree.  Behind the marks
	 * of an mcinit above us, which inherits our orphans when we are gone.
	 */
	if (fmt_put(marked, sizeof(marked), "MCINIT_SERVER=%s%s/%d:", outer != NULL ? outer : "", mark,
	    (int)sys_pid()) >= sizeof(marked))
		fmt_put(marked, sizeof(marked), "MCINIT_SERVER=%s/%d:", mark, (int)sys_pid());
	if (mark[0] != '\0')
		server_environment[n++] = marked;
	server_environment[n] = NULL;
	return server_environment;
}

/* PATH as the server will see it; mcinit's own where it gets none. */
static const char *
search_path(void)
{
	for (int i = 0; server_environment[i] != NULL; i++)
		if (has_name_of(server_environment[i], "PATH"))
			return server_environment[i] + sizeof("PATH");
	return getenv("PATH");
}

_Noreturn void
become_server(const struct conf *all, int slot, const char *argv[], const char *jar,
    const struct console_slot *console, struct equip_job *equip, int report)
{
	const struct conf_server *conf = &all->server[slot];
	bool no_interpreter = false;
	int rc = sys_session();

	if (rc < 0)
		become_failed(report, PROC_SESSION, -rc, "");
	set_limits(conf, report);
	rc = sys_change_dir(conf->dir);
	if (rc < 0)
		become_failed(report, PROC_DIRECTORY, -rc, conf->dir);
	lock_world(report);
	if (conf->no_new_privs)
		sys_no_new_privileges();
	equip->jar = choose_jar(argv, jar, report);
	equip->report = report;
	equip->note = note;
	equip_server(equip);
	rc = console_become(console);
	if (rc < 0)
		become_failed(report, PROC_STDIO, -rc, "console");
	rc = sys_move_private(report, REPORT_FD);
	if (rc < 0)
		become_failed(report, PROC_STDIO, -rc, "");
	sys_close_from(REPORT_FD + 1);
	become_environment(conf, &all->secret_env, all->name[slot]);
	sys_signals_default();
	sys_signals_unblock();
	rc = path_exec(search_path(), (char *const *)argv, (char *const *)server_environment,
	    &no_interpreter);
	become_failed(REPORT_FD, PROC_EXEC, -rc, argv[0]);
}
