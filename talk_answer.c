/* SPDX-License-Identifier: MIT */
/*
 * talk_answer: a part of talk.c: a command that is typed on a console, and the server's own line that answers it.
 *
 * It must never take a player's words for the server's.
 */
#include "talk_in.h"

#include <errno.h>
#include <string.h>

#include "fmt.h"
#include "sys.h"

enum { LOOK_EACH = 50 };

/* A line of the server's own: behind its prefix that and nothing else, where players have a name. */
static bool
is_answer(const char *line, size_t bytes, const char *const *answers)
{
	static const char behind[] = "]: ";

	while (bytes > 0 && (line[bytes - 1] == '\r' || line[bytes - 1] == ' '))
		bytes--;
	for (; *answers != NULL; answers++) {
		size_t n = strlen(*answers), all = n + sizeof(behind) - 1;

		if (bytes >= all && memcmp(line + bytes - n, *answers, n) == 0 &&
		    memcmp(line + bytes - all, behind, sizeof(behind) - 1) == 0)
			return true;
	}
	return false;
}

/* What has come since, line by line; true: the answer was among them. */
static bool
hear_answer(char line[INPUT_LINE], size_t *filled, const char *const *answers)
{
	uint64_t end = __atomic_load_n(&talk.ring.head->head, __ATOMIC_ACQUIRE);

	while (talk.at < end) {
		size_t count;
		bool lapped;
		const char *bytes = ring_look(&talk.ring, talk.at, &count, &lapped);

		count = count < sizeof(talk.in) ? count : sizeof(talk.in);
		memcpy(talk.in, bytes, count);
		if (lapped || !ring_held(&talk.ring, talk.at)) {
			talk.at = ring_resume(&talk.ring, &talk.line);
			*filled = 0;
			continue;
		}
		talk.at += count;
		for (size_t i = 0; i < count; i++) {
			if (talk.in[i] != '\n' && *filled < INPUT_LINE)
				line[(*filled)++] = talk.in[i];
			if (talk.in[i] != '\n')
				continue;
			if (is_answer(line, *filled, answers))
				return true;
			*filled = 0;
		}
	}
	return false;
}

int
talk_type(const char *name, const char *command, const char *const *answers,
    int64_t until)
{
	static char line[INPUT_LINE];
	char text[256];
	size_t filled = 0, n = fmt_put(text, sizeof(text), "%s\n", command);
	int rc, fd;

	fd = talk_open_rings();
	rc = fd < 0 ? fd : talk_look(fd, name);
	if (rc != 0)
		return rc < 0 ? rc : -ENOENT;
	talk.at = __atomic_load_n(&talk.ring.head->head, __ATOMIC_ACQUIRE);
	rc = talk_type_bytes(text, n);
	while (rc == 0 && answers != NULL) {
		uint32_t turn = __atomic_load_n(&talk.ring.head->turn, __ATOMIC_ACQUIRE);

		if (hear_answer(line, &filled, answers))
			break;
		if (sys_now() >= until)
			rc = -ETIMEDOUT;
		else if (__atomic_load_n(&talk.ring.head->closed, __ATOMIC_ACQUIRE))
			rc = -EPIPE;
		else
			ring_wait_news(&talk.ring, turn, LOOK_EACH);
	}
	ring_unmap(&talk.own);
	ring_unmap(&talk.ring);
	sys_close(fd);
	return rc;
}
