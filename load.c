/* SPDX-License-Identifier: MIT */
/*
 * load: finds the INI, reads it with everything it refers to; see load.h.
 *
 * It must never be called by PID 1 once servers run, but for load_again(), which is pure.
 */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fmt.h"
#include "log.h"
#include "sys.h"

/* One reading: the text it fills, and whom it tells. */
struct reading {
	struct load_text *text;
	load_say *say;
	void *cookie;
	int errors;
	bool keep;			/* the live environment is asked, and the answers are kept */
};

static void
complain(struct reading *r, const char *line)
{
	r->errors++;
	r->say(r->cookie, CONF_ERROR, line);
}

static void
complain_of(struct reading *r, const char *path, const char *why, const char *do_this)
{
	char line[LOAD_PATH + 512];

	fmt_put(line, sizeof(line), "%s: %s%s%s", path, why, *do_this != '\0' ? ". " : "", do_this);
	complain(r, line);
}

/* ---- records ---- */

static int
keep(struct load_text *text, char letter, const char *name, const char *value)
{
	size_t a = strlen(name) + 1, b = value != NULL ? strlen(value) + 1 : 0;

	if (text->bytes + 1 + a + b > sizeof(text->text))
		return -E2BIG;
	text->text[text->bytes++] = letter;
	memcpy(text->text + text->bytes, name, a);
	text->bytes += (uint32_t)a;
	if (value != NULL)
		memcpy(text->text + text->bytes, value, b);
	text->bytes += (uint32_t)b;
	return 0;
}

/* The record at *at, moving *at behind it; value is NULL for 'o'. */
static char
next_record(const struct load_text *text, uint32_t *at, const char **name, const char **value)
{
	char letter;

	if (*at >= text->bytes)
		return '\0';
	letter = text->text[(*at)++];
	*name = text->text + *at;
	*at += (uint32_t)strlen(*name) + 1;
	*value = NULL;
	if (letter != 'o') {
		/* Only what somebody else wrote lacks it. */
		*value = *at < text->bytes ? text->text + *at : "";
		*at += (uint32_t)strlen(*value) + 1;
	}
	return letter;
}

static const char *
recall(const struct load_text *text, char letter, const char *wanted)
{
	uint32_t at = text->ini_bytes;
	const char *name, *value;
	char found;

	while ((found = next_record(text, &at, &name, &value)) != '\0')
		if (found == letter && strcmp(name, wanted) == 0)
			return value;
	return NULL;
}

/* ---- what the INI refers to ---- */

static int
give(const char *from, char *value, size_t room)
{
	size_t n = strlen(from);

	if (n >= room)
		return -E2BIG;
	memcpy(value, from, n + 1);
	return (int)n;
}

static int
variable(void *cookie, const char *name, char *value, size_t room)
{
	struct reading *r = cookie;
	const char *known = recall(r->text, 'v', name);

	if (known == NULL && r->keep) {
		known = getenv(name);
		if (known != NULL && keep(r->text, 'v', name, known) < 0)
			return -E2BIG;
	}
	return known == NULL ? -ENOENT : give(known, value, room);
}

static ssize_t
read_whole(int fd, char *bytes, size_t room)
{
	size_t used = 0;
	ssize_t n;

	while (used < room && (n = sys_read(fd, bytes + used, room - used)) != 0) {
		if (n < 0)
			return n;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

/* A regular file only: a FIFO or a device could keep us waiting for ever. */
static int
open_regular(const char *path, struct stat *st)
{
	int fd = sys_open(path, O_RDONLY | O_NONBLOCK, 0), rc;

	if (fd < 0)
		return fd;
	rc = sys_stat_fd(fd, st);
	if (rc == 0 && !S_ISREG(st->st_mode))
		rc = S_ISDIR(st->st_mode) ? -EISDIR : -ENOTSUP;
	if (rc < 0) {
		sys_close(fd);
		return rc;
	}
	return fd;
}

static int
read_secret(const char *path, char *value, size_t room)
{
	struct stat st;
	int fd = open_regular(path, &st);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read_whole(fd, value, room);
	sys_close(fd);
	if (n < 0)
		return (int)n;
	if ((size_t)n == room)
		return -E2BIG;
	while (n > 0 && (value[n - 1] == '\n' || value[n - 1] == '\r'))
		n--;
	value[n] = '\0';
	return memchr(value, '\0', (size_t)n) != NULL ? -EINVAL : (int)n;
}

static int
secret(void *cookie, const char *path, char *value, size_t room)
{
	struct reading *r = cookie;
	const char *known = recall(r->text, 's', path);
	int n;

	if (known != NULL)
		return give(known, value, room);
	if (!r->keep)
		return -ENOENT;
	n = read_secret(path, value, room);
	return n >= 0 && keep(r->text, 's', path, value) < 0 ? -E2BIG : n;
}

static void
relay(void *cookie, enum conf_severity severity, const char *line)
{
	const struct reading *r = cookie;

	r->say(r->cookie, severity, line);
}

static int
parse(struct reading *r, struct conf *conf, bool later)
{
	enum { OVERRIDES = 128 };
	const char *overrides[OVERRIDES], *name, *value;
	uint32_t at = r->text->ini_bytes;
	int count = 0;
	char letter;

	while ((letter = next_record(r->text, &at, &name, &value)) != '\0')
		if (letter == 'o' && count < OVERRIDES)
			overrides[count++] = name;
	return conf_parse(conf, &(struct conf_source){
		.text = r->text->text, .bytes = r->text->ini_bytes,
		.file = r->text->file[0] != '\0' ? r->text->file : "defaults",
		.directory = r->text->directory,
		.overrides = overrides, .override_count = count,
		.variable = variable, .secret = secret, .say = relay, .cookie = r,
	}, later);
}

/* ---- may we trust the file? ---- */

/*
 * Whoever can write or replace the INI of a root mcinit is root.  A sticky directory (/tmp)
 * keeps others from replacing what is not theirs.
 */
static bool
others_may_change(const struct stat *st)
{
	bool theirs = st->st_uid != 0 && st->st_uid != sys_uid();
	bool open_to_all = (st->st_mode & S_IWOTH) || ((st->st_mode & S_IWGRP) && st->st_gid != 0);

	if (S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) && !theirs)
		return false;
	return theirs || open_to_all;
}

static void
check_owner(struct reading *r, const char *what, const struct stat *st)
{
	char line[2 * LOAD_PATH + 400];

	if (!others_may_change(st))
		return;
	fmt_put(line, sizeof(line), "%s: mcinit runs as root, but %s %s can be changed by others (owner "
	    "%u:%u, mode %03o), who could make root run anything. Run mcinit as that user (container: "
	    "--user %u:%u), or keep the INI where only root may write, for example /etc/mcinit.ini",
	    r->text->file, S_ISDIR(st->st_mode) ? "the directory" : "the file", what,
	    (unsigned)st->st_uid, (unsigned)st->st_gid, (unsigned)st->st_mode & 07777,
	    (unsigned)st->st_uid, (unsigned)st->st_gid);
	complain(r, line);
}

static void
check_directories(struct reading *r, const char *path)
{
	char above[LOAD_PATH];
	struct stat st;
	char *slash;

	fmt_put(above, sizeof(above), "%s", path);
	while (r->errors == 0 && (slash = strrchr(above, '/')) != NULL) {
		slash[slash == above] = '\0';
		if (sys_stat(above, &st) == 0)
			check_owner(r, above, &st);
		if (slash == above)
			break;
	}
}

static void
check_trust(struct reading *r, int fd, const struct stat *st)
{
	char link[64], real[LOAD_PATH];

	if (sys_uid() != 0)
		return;
	check_owner(r, r->text->file, st);
	check_directories(r, r->text->file);
	fmt_put(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (sys_read_link(link, real, sizeof(real)) > 0 && strcmp(real, r->text->file) != 0)
		check_directories(r, real);
}

/* ---- which file? ---- */

static bool
is_file(const char *path)
{
	struct stat st;

	return sys_stat(path, &st) == 0;
}

static int
set_paths(struct load_text *text, const char *file)
{
	char here[LOAD_PATH] = "";
	const char *slash;
	size_t n;

	if (file[0] != '/' && sys_working_dir(here, sizeof(here)) < 0)
		return -ENOENT;
	while (file[0] == '.' && file[1] == '/')
		file += 2;
	n = fmt_put(text->file, sizeof(text->file), "%s%s%s", here,
	    file[0] != '/' && here[1] != '\0' ? "/" : "", file);
	if (n >= sizeof(text->file))
		return -ENAMETOOLONG;
	slash = strrchr(text->file, '/');
	fmt_put(text->directory, sizeof(text->directory), "%.*s",
	    slash == text->file ? 1 : (int)(slash - text->file), text->file);
	return 0;
}

/* 1 an INI, 0 none but a server.jar to run with defaults, or -errno. */
static int
find(struct reading *r, const char *asked)
{
	static const char *const files[] = { "./mcinit.ini", "/data/mcinit.ini", "/etc/mcinit.ini" };
	static const char *const jars[] = { "./server.jar", "/data/server.jar" };
	int rc;

	if (asked != NULL)
		return (rc = set_paths(r->text, asked)) < 0 ? rc : 1;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (is_file(files[i]))
			return (rc = set_paths(r->text, files[i])) < 0 ? rc : 1;
	for (size_t i = 0; i < sizeof(jars) / sizeof(jars[0]); i++) {
		if (!is_file(jars[i]))
			continue;
		rc = set_paths(r->text, jars[i]);
		r->text->file[0] = '\0';
		return rc;
	}
	return -ENOENT;
}

static const char *
why_not(int error)
{
	switch (-error) {
	case EISDIR:
		return "is a directory, not an INI file";
	case ENOTSUP:
		return "is not a regular file";
	case EACCES:
		return "may not be read by this user";
	case ENOENT:
		return "does not exist";
	}
	return log_errno(error);
}

static void
read_ini(struct reading *r)
{
	struct load_text *text = r->text;
	struct stat st;
	int fd = open_regular(text->file, &st);
	ssize_t n;

	if (fd < 0) {
		complain_of(r, text->file, why_not(fd), "`mcinit sample` prints an INI to begin with");
		return;
	}
	check_trust(r, fd, &st);
	n = r->errors > 0 ? 0 : read_whole(fd, text->text, CONF_TEXT_BYTES + 1);
	sys_close(fd);
	if (n < 0)
		complain_of(r, text->file, why_not((int)n), "");
	else if (n > CONF_TEXT_BYTES)
		complain_of(r, text->file, "is larger than 64 KiB", "Is it an INI file?");
	else
		text->ini_bytes = text->bytes = (uint32_t)n;
}

int
load_read(struct load_text *text, struct conf *conf, const struct load_request *request,
    bool later, load_say *say, void *cookie)
{
	struct reading r = { .text = text, .say = say, .cookie = cookie, .keep = true };
	int found;

	text->ini_bytes = text->bytes = 0;
	text->file[0] = text->directory[0] = '\0';
	found = find(&r, request->file);
	if (found < 0) {
		complain(&r, found != -ENOENT ? "the path of the INI is too long" : "no ./mcinit.ini, "
		    "/data/mcinit.ini or /etc/mcinit.ini, and no ./server.jar or /data/server.jar. "
		    "`mcinit sample > mcinit.ini` makes an INI to begin with, -c FILE names another");
		return r.errors;
	}
	if (found == 1)
		read_ini(&r);
	for (int i = 0; i < request->count; i++)
		if (keep(text, 'o', request->overrides[i], NULL) < 0)
			complain_of(&r, "-o", "too much of it", "");
	if (r.errors > 0)
		return r.errors;
	return parse(&r, conf, later);
}

int
load_again(const struct load_text *text, struct conf *conf, load_say *say, void *cookie)
{
	/* Without `keep` the text is only read. */
	struct reading r = { .text = (struct load_text *)(uintptr_t)text, .say = say,
		.cookie = cookie };

	return parse(&r, conf, false);
}

static void
say_nothing(void *cookie, enum conf_severity severity, const char *line)
{
	(void)cookie;
	(void)severity;
	(void)line;
}

/* Who reads a configuration expects all of it: the defaults, but for the server that they are of. */
void
load_nothing(struct conf *conf)
{
	conf_parse(conf, &(struct conf_source){ .text = "", .file = "defaults", .directory = "/",
		.variable = variable, .secret = secret, .say = say_nothing }, false);
	memset(conf->name, 0, sizeof(conf->name));
	conf->servers = 0;
	conf->mcinit.when_all_stopped = ALL_STOPPED_STAY;
}

size_t
load_bytes(const struct load_text *text)
{
	return offsetof(struct load_text, text) + text->bytes;
}

bool
load_is_whole(const struct load_text *text, size_t bytes)
{
	return bytes >= offsetof(struct load_text, text) && text->bytes <= sizeof(text->text) &&
	    text->ini_bytes <= CONF_TEXT_BYTES && text->ini_bytes <= text->bytes &&
	    bytes == load_bytes(text) && memchr(text->file, '\0', sizeof(text->file)) != NULL &&
	    memchr(text->directory, '\0', sizeof(text->directory)) != NULL &&
	    (text->bytes == text->ini_bytes || text->text[text->bytes - 1] == '\0');
}

void
load_say_in_log(void *cookie, enum conf_severity severity, const char *line)
{
	(void)cookie;
	if (severity == CONF_ERROR)
		log_err(NULL, 0, "%s", line);
	else
		log_warn(NULL, 0, "%s", line);
}

int
load_role(const struct load_request *request)
{
	static _Alignas(64) struct load_text text;
	static _Alignas(64) struct conf conf;
	const char *bytes = (const char *)&text;
	size_t left;

	if (load_read(&text, &conf, request, true, load_say_in_log, NULL) > 0)
		return 78;
	for (left = load_bytes(&text); left > 0; ) {
		ssize_t n = sys_write(3, bytes, left);

		if (n < 0)
			return 71;
		bytes += n;
		left -= (size_t)n;
	}
	return 0;
}
