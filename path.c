/* SPDX-License-Identifier: MIT */
/*
 * path: executes a program that is looked up in PATH; see path.h.
 *
 * It must never try a shell.
 */
#include "path.h"

#include <errno.h>
#include <string.h>

#include "fmt.h"
#include "sys.h"

enum { PATH_BYTES = 4096 };

int
path_exec(const char *path, char *const argv[], char *const envp[], bool *no_interpreter)
{
	const char *dir = path != NULL ? path : "/usr/local/bin:/usr/bin:/bin";
	char file[PATH_BYTES];
	int result = -ENOENT;

	if (argv[0][0] == '\0' || strchr(argv[0], '/') != NULL)
		dir = "";
	for (;; dir++) {
		int bytes = (int)strcspn(dir, ":"), error = -ENOENT;

		/* An empty element is the current directory. */
		if (fmt_put(file, sizeof(file), "%.*s%s%s", bytes, dir, bytes > 0 ? "/" : "",
		    argv[0]) < sizeof(file))
			error = sys_exec(file, argv, envp);
		if (error == -EACCES)
			result = error;
		else if (error == -ENOENT)
			*no_interpreter |= sys_executable(file) == 0;
		else if (error != -ENOTDIR)
			return error;
		dir += bytes;
		if (*dir == '\0')
			return result;
	}
}
