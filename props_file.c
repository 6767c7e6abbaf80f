/* SPDX-License-Identifier: MIT */
/*
 * props_file: the second part of props.c: the file that the text is from; see props.h.
 *
 * Called by equip.c, in the child that becomes a server.  It must never leave half a file under a
 * name that others read, never wait at what is no file, and never show a secret, not for a moment.
 */
#include "props.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "fmt.h"
#include "sys.h"

enum { HOPS = 16, LINK_BYTES = 4096, NAME_BYTES = 256 };

/*
 * Where a file really is, behind all links: a name in a directory, which may be of ours to close.
 */
struct place {
	int dir;
	bool opened;
	uid_t linker;			/* who made the links to it, 0 = root or nobody */
	char name[NAME_BYTES];
};

static int
refuse_other(const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return 0;
	return S_ISDIR(st->st_mode) ? -EISDIR : -ENXIO;
}

/* Looked at before it is opened: of a device already that may have an effect. */
static int
open_file(int dir, const char *name, int flags)
{
	struct stat st;
	int fd = sys_open_at(dir, name, O_PATH | (flags & O_NOFOLLOW), 0), rc;

	if (fd < 0)
		return fd;
	rc = sys_stat_fd(fd, &st);
	sys_close(fd);
	if (rc == 0)
		rc = refuse_other(&st);
	if (rc < 0)
		return rc;
	fd = sys_open_at(dir, name, flags | O_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	rc = sys_stat_fd(fd, &st);
	if (rc == 0)
		rc = refuse_other(&st);
	if (rc == 0)
		return fd;
	sys_close(fd);
	return rc;
}

static int
read_all(struct props_file *file, int fd)
{
	char more;

	while (file->bytes < PROPS_MOST) {
		ssize_t n = sys_read(fd, file->text + file->bytes, PROPS_MOST - file->bytes);

		if (n <= 0)
			return (int)n;
		file->bytes += (size_t)n;
	}
	return sys_read(fd, &more, 1) > 0 ? -EFBIG : 0;
}

static void
let_go(struct props_file *file)
{
	sys_unmap(file->text, PROPS_MOST);
	file->text = NULL;
}

int
props_open(struct props_file *file, int dir, const char *name)
{
	int fd = open_file(dir, name, O_RDONLY), rc = 0;

	*file = (struct props_file){ .dir = dir, .name = name, .is_there = fd >= 0 };
	if (fd < 0 && fd != -ENOENT)
		return fd;
	file->text = sys_map_shared(PROPS_MOST);
	if (file->text == NULL)
		rc = -ENOMEM;
	else if (fd >= 0)
		rc = read_all(file, fd);
	if (fd >= 0)
		sys_close(fd);
	if (rc < 0 && file->text != NULL)
		let_go(file);
	return rc;
}

bool
props_value(const struct props_file *file, const char *key, char value[PROPS_VALUE])
{
	return props_get(file->text, file->bytes, key, value);
}

int
props_change(struct props_file *file, const char *key, const char *value)
{
	size_t n;

	if (props_has(file->text, file->bytes, key, value))
		return 0;
	n = props_set(file->text, file->bytes, PROPS_MOST, key, value);
	if (n == 0)
		return -ENOSPC;
	file->bytes = n;
	file->changed = true;
	return 0;
}

static void
leave(struct place *place)
{
	if (place->opened)
		sys_close(place->dir);
	place->opened = false;
}

static int
enter(struct place *place, const char *path)
{
	int dir = sys_open_at(place->dir, path, O_PATH | O_DIRECTORY, 0);

	if (dir < 0)
		return dir;
	leave(place);
	place->dir = dir;
	place->opened = true;
	return 0;
}

/* To what a link says, seen from the directory that the link is in. */
static int
follow(struct place *place, char *link)
{
	char *name = strrchr(link, '/');
	int rc;

	if (name != NULL) {
		char first = *++name;

		/* Cut behind the "/", which may be all that there is. */
		*name = '\0';
		rc = enter(place, link);
		*name = first;
		if (rc < 0)
			return rc;
	} else {
		name = link;
	}
	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EISDIR;
	if (fmt_put(place->name, sizeof(place->name), "%s", name) >= sizeof(place->name))
		return -ENAMETOOLONG;
	return 0;
}

/* Opened, so that what it says and whose it is are of one and the same; its length, or -EINVAL: it is no link. */
static ssize_t
read_link(struct place *place, char link[LINK_BYTES])
{
	int fd = sys_open_at(place->dir, place->name, O_PATH | O_NOFOLLOW, 0);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return fd;
	n = sys_stat_fd(fd, &st);
	if (n == 0 && !S_ISLNK(st.st_mode))
		n = -EINVAL;
	else if (n == 0 && st.st_uid != 0 && place->linker != 0 && place->linker != st.st_uid)
		n = -EPERM;
	if (n == 0)
		n = sys_read_link_at(fd, "", link, LINK_BYTES);
	if (n >= 0 && st.st_uid != 0)
		place->linker = st.st_uid;
	sys_close(fd);
	return n;
}

/* Root is not to write where somebody else's link points, unless that is his as well. */
static int
may_write_there(const struct place *place)
{
	struct stat st;
	int rc;

	if (place->linker == 0 || sys_uid() != 0)
		return 0;
	rc = sys_stat_at(place->dir, place->name, &st);
	if (rc == -ENOENT)
		rc = sys_stat_at(place->dir, ".", &st);
	return rc < 0 ? rc : st.st_uid == place->linker ? 0 : -EPERM;
}

/* Links need not lead to anything: what they name is what is made then. */
static int
find_place(struct place *place, int dir, const char *name)
{
	char link[LINK_BYTES];
	ssize_t n;
	int rc;

	*place = (struct place){ .dir = dir };
	if (fmt_put(link, sizeof(link), "%s", name) >= sizeof(link))
		return -ENAMETOOLONG;
	rc = follow(place, link);
	for (int hops = 0; rc == 0 && hops < HOPS; hops++) {
		n = read_link(place, link);
		if (n == -EINVAL || n == -ENOENT) {
			rc = may_write_there(place);
			if (rc == 0)
				return 0;
		} else if (n < 0) {
			rc = (int)n;
		} else {
			rc = n < LINK_BYTES - 1 ? follow(place, link) : -ENAMETOOLONG;
		}
	}
	leave(place);
	return rc < 0 ? rc : -ELOOP;
}

static bool
is_named(int fd, const struct place *place, const char *name)
{
	struct stat ours, there;

	return sys_stat_fd(fd, &ours) == 0 && sys_stat_at(place->dir, name, &there) == 0 &&
	    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/*
 * Whoever removes a temp, or gives it its name, has its lock: what another has not finished yet is
 * never taken away from under it.  Where there are no locks, one hopes.
 */
static int
lock_temp(int fd, const struct place *place, const char *temp)
{
	return sys_lock(fd) == -EWOULDBLOCK || !is_named(fd, place, temp) ? -EAGAIN : 0;
}

/* What a crash has left. */
static int
remove_old(const struct place *place, const char *temp)
{
	int fd = sys_open_at(place->dir, temp, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0), rc = 0;

	if (fd == -ENOENT)
		return 0;
	/* A link, a socket, or unreadable: of nobody who is writing, or of another user. */
	if (fd < 0)
		return sys_remove_at(place->dir, temp, false);
	rc = lock_temp(fd, place, temp);
	if (rc == 0)
		rc = sys_remove_at(place->dir, temp, false);
	sys_close(fd);
	return rc;
}

static int
write_at(int fd, const char *text, size_t from, size_t to)
{
	while (from < to) {
		ssize_t n = sys_pwrite(fd, text + from, to - from, (off_t)from);

		if (n <= 0)
			return n < 0 ? (int)n : -EIO;
		from += (size_t)n;
	}
	return 0;
}

/* There are file systems without modes, and files of others that everybody may write. */
static int
set_mode(int fd, mode_t mode)
{
	int rc = sys_set_mode(fd, mode);

	return rc == -EPERM || rc == -EOPNOTSUPP ? 0 : rc;
}

/*
 * As the old one, as far as we may.  Not to keep the owner is no failure, not of a secret either:
 * we own it then, and are who reads it.  But what a group may that cannot be kept is not for a
 * group that happens to be ours.  The mode comes first: it is not ours to set on a file of
 * another's (a root without CAP_FOWNER).
 */
static int
take_after(int fd, const struct stat *old, bool secret)
{
	mode_t mode = old->st_mode & (secret ? 0600 : 0777), others = (mode & 0007) << 3;
	int rc = set_mode(fd, mode);

	if (rc < 0)
		return rc;
	if (sys_set_owner(fd, old->st_uid, old->st_gid) == 0 ||
	    sys_set_owner(fd, (uid_t)-1, old->st_gid) == 0)
		return 0;
	return set_mode(fd, mode & (~(mode_t)0070 | others));
}

/* What root makes, or closes to all others, is for a server that may not be root's. */
static void
give_away(int fd, const struct place *place, const struct stat *old, bool secret)
{
	struct stat dir;

	if (sys_uid() != 0 || (old != NULL && (old->st_uid != 0 || !secret)))
		return;
	if (sys_stat_at(place->dir, ".", &dir) == 0 && dir.st_uid != 0)
		sys_set_owner(fd, dir.st_uid, dir.st_gid);
}

/* With nothing that anybody could read before it has the rights it is to have. */
static int
fill_temp(const struct props_file *file, int fd, const struct place *place, const struct stat *old,
    bool secret)
{
	int rc = old != NULL ? take_after(fd, old, secret) : 0;

	give_away(fd, place, old, secret);
	if (rc == 0)
		rc = write_at(fd, file->text, 0, file->bytes);
	return rc == 0 ? sys_flush(fd) : rc;
}

/*
 * It is mounted by itself, so it is that file or none, and only a disk that fails in the middle can
 * spoil it.  What it grows by comes first: should the disk be full, it is cut off again.
 */
static int
write_over(const struct props_file *file, const struct place *place, bool secret)
{
	int fd = open_file(place->dir, place->name, O_WRONLY | O_NOFOLLOW), rc;
	struct stat st;
	size_t old;

	if (fd < 0)
		return fd;
	rc = sys_stat_fd(fd, &st);
	old = rc == 0 ? (size_t)st.st_size : 0;
	if (rc == 0 && secret && (st.st_mode & 0177) != 0)
		rc = set_mode(fd, st.st_mode & 0600);
	if (rc == 0 && file->bytes > old) {
		rc = write_at(fd, file->text, old, file->bytes);
		if (rc == 0)
			rc = sys_flush(fd);
		if (rc < 0)
			sys_truncate(fd, (off_t)old);
	}
	if (rc == 0)
		rc = write_at(fd, file->text, 0, file->bytes < old ? file->bytes : old);
	if (rc == 0 && file->bytes < old)
		rc = sys_truncate(fd, (off_t)file->bytes);
	if (rc == 0)
		rc = sys_flush(fd);
	sys_close(fd);
	return rc;
}

/* The new name has to outlive a power cut; where a directory cannot be flushed, it is as it is. */
static void
flush_dir(int dir)
{
	int fd = sys_open_at(dir, ".", O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return;
	sys_flush(fd);
	sys_close(fd);
}

static int
replace(const struct props_file *file, const struct place *place, const struct stat *old,
    bool secret)
{
	char temp[NAME_BYTES];
	int rc, fd;

	/* Of a name that long the end does not matter. */
	fmt_put(temp, sizeof(temp), ".%.240s.mcinit", place->name);
	rc = remove_old(place, temp);
	if (rc < 0)
		return rc;
	fd = sys_open_at(place->dir, temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW,
	    secret || old != NULL ? 0600 : 0644);
	if (fd < 0)
		return fd == -EEXIST ? -EAGAIN : fd;
	rc = lock_temp(fd, place, temp);
	if (rc < 0) {
		sys_close(fd);
		return rc;
	}
	rc = fill_temp(file, fd, place, old, secret);
	if (rc == 0)
		rc = sys_rename_at(place->dir, temp, place->name);
	if (rc == 0)
		flush_dir(place->dir);
	else if (old != NULL && (rc == -EBUSY || rc == -EXDEV))
		rc = write_over(file, place, secret);
	/* It may be another's already, once it has the name of the file. */
	if (is_named(fd, place, temp))
		sys_remove_at(place->dir, temp, false);
	sys_close(fd);
	return rc;
}

static int
write_back(const struct props_file *file, const struct place *place, bool secret)
{
	struct stat st;
	int rc = sys_stat_at(place->dir, place->name, &st);

	if (rc == -ENOENT)
		return replace(file, place, NULL, secret);
	if (rc == 0)
		rc = refuse_other(&st);
	if (rc < 0)
		return rc;
	/* Somebody has made one since we looked, and we do not know what is in it. */
	if (!file->is_there)
		return -EAGAIN;
	if ((st.st_mode & 0222) == 0)
		return -EACCES;
	return replace(file, place, &st, secret);
}

static bool
can_others_read(const struct place *place)
{
	struct stat st;

	return sys_stat_at(place->dir, place->name, &st) == 0 && (st.st_mode & 0044) != 0;
}

int
props_close(struct props_file *file, bool secret)
{
	struct place place;
	int rc = 0;

	if (file->text == NULL)
		return 0;
	if (file->changed)
		rc = find_place(&place, file->dir, file->name);
	if (file->changed && rc == 0) {
		rc = write_back(file, &place, secret);
		if (rc == 0 && secret && can_others_read(&place))
			rc = PROPS_OPEN;
		leave(&place);
	}
	let_go(file);
	return rc;
}
