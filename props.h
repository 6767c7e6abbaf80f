/* SPDX-License-Identifier: MIT */
/*
 * props: server.properties and eula.txt, changed in place: every byte that is not asked for stays.
 *
 * The grammar is that of java.util.Properties: comments "#" and "!", lines that go on behind a "\",
 * "=", ":" or a blank behind the key, \uXXXX, and of several lines with one key the last.
 * props_get() and props_set() are pure.  Called by equip.c, in the child that becomes a server.  It
 * must never leave a file half written, and never write one that is already as it should be.
 */
#ifndef PROPS_H
#define PROPS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	PROPS_MOST = 2 * 1024 * 1024,	/* bytes of a file */
	PROPS_VALUE = 1024		/* of a value, with its NUL */
};

/*
 * The value of `key` as UTF-8 text; false: there is none, or none that a text can say (too long, a
 * NUL, half of a surrogate pair).  A file that is no UTF-8 is taken for Latin-1.  A line with a \u
 * that is none is of no key: java refuses the file for it.
 */
bool props_get(const char *text, size_t bytes, const char *key, char value[PROPS_VALUE]);

/* Whether `key` has this `value` already, however it is spelled. */
bool props_has(const char *text, size_t bytes, const char *key, const char *value);

/*
 * Gives `key` the `value`: in the place of the last line of that key (all lines that it goes on
 * in), or as a new line at the end, which has the same line end as the others.  What is not ASCII,
 * and what would be read as something else, is escaped, so that it is the same in either charset.
 * Returns the new length, or 0: there is no room, or the key is empty.  Text that has the value
 * already stays as it is, byte for byte.
 */
size_t props_set(char *text, size_t bytes, size_t room, const char *key, const char *value);

/* A file that is being changed.  Its text has room for PROPS_MOST bytes. */
struct props_file {
	int dir;
	const char *name;
	char *text;
	size_t bytes;
	bool is_there, changed;
};

/*
 * Reads `name` in the directory `dir`, which both have to outlive `file`; one that is not there is
 * empty.  0 or -errno: -EFBIG it is too large, -EISDIR and -ENXIO: it is no file; then there is
 * nothing to close.  Never waits for anybody, as at a FIFO.
 */
int props_open(struct props_file *file, int dir, const char *name);

/* As above, on the text of the file; false or -ENOSPC: no room. */
bool props_value(const struct props_file *file, const char *key, char value[PROPS_VALUE]);
int props_change(struct props_file *file, const char *key, const char *value);

/*
 * Writes it, if it was changed: a new file in its place (temp, fsync, rename), with the owner and
 * the mode that it had; `secret`: nobody but the owner may read it (mode 0600 and less).  A new
 * file has 0644 less the umask, or 0600.  Through a link to a file it is that file that is
 * replaced; but root follows other users' links only to what is theirs (-EPERM).  What root makes is
 * given to the owner of its directory.  A single file that is mounted there (EBUSY at the rename,
 * EXDEV) is written over, with fsync.  0; PROPS_OPEN: it is written, and others can read the secret in
 * it (a file system without modes, a file of another user); or -errno with the file as it was, but for
 * a disk that fails while it is written over: -EROFS and -EACCES: it is not for us to write, -EAGAIN:
 * somebody else is just making it.  One that nobody has the right to write (0444) is not for root
 * either.  Lets go of the memory in any case.
 */
enum { PROPS_OPEN = 1 };
int props_close(struct props_file *file, bool secret);

#endif
