/* SPDX-License-Identifier: MIT */
/*
 * files_in: what files.c (the log that is written) and files_old.c (those that were) share with
 * each other and with nobody else.
 */
#ifndef FILES_IN_H
#define FILES_IN_H

#include <stdint.h>
#include <sys/types.h>

enum { FILES_WORDS = 24 };

/* The directory of the logs, and the old ones in it: NAME.log.1, NAME.log.2.gz, ... */
struct files_old {
	char path[1024];		/* of the directory */
	char name[64];			/* of the log in it */
	char log[1024 + 64];		/* both */
	int dir;			/* -1 = not open */
	int64_t keep;
	const char *compress[FILES_WORDS];	/* the file's path goes behind them; [0] NULL = none */
	pid_t job;			/* one compresses, 0 = none */
	int64_t job_of, failed_up_to;	/* which one; those that were tried in vain */
};

void files_old_set(struct files_old *old, const char *path, const char *server, int64_t keep,
    char *const *compress);

/* The directory, opened anew where it is not any more what its path means; made if it is gone. */
int files_old_open(struct files_old *old);

/* The log becomes the newest old one, and those beyond `keep` go.  0 or -errno. */
int files_old_add(struct files_old *old);

/*
 * Compresses one at a time, those with the lowest numbers first.  0, or what became of number
 * *generation: a wait status, or -errno if it could not be started.
 */
int files_old_work(struct files_old *old, int *generation);

#endif
