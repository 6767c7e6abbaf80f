/* SPDX-License-Identifier: MIT */
/*
 * path: executes a program that is looked up in PATH.
 *
 * As execvp() does, but without its fallback to a shell, with the errno that tells most, and
 * with a word on what is missing.  Called in a forked child by become.c and dropin.c.
 */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>

/*
 * Only returns when nothing could be executed: -errno.  `path` is the PATH to search, or NULL
 * for the usual one; a name with a slash is taken as it is.  *no_interpreter is set when a file
 * was there and what has to run it (#! line, dynamic loader) was not.
 */
int path_exec(const char *path, char *const argv[], char *const envp[], bool *no_interpreter);

#endif
