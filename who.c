/* SPDX-License-Identifier: MIT */
/*
 * who: groups by their names; see who.h.
 *
 * It must never keep more of a line than the number in it, however many members a group has.
 */
#include "who.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "sys.h"

enum { NUMBER_FIELD = 2, PIECE = 1024 };

bool
who_number(const char *text, uint32_t *number)
{
	uint64_t n = 0;

	if (*text == '\0' || strlen(text) > 10)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (uint64_t)(*text - '0');
	}
	*number = (uint32_t)n;
	return n < UINT32_MAX;
}

static bool
end_line(struct who_search *s)
{
	s->number_text[s->digits] = '\0';
	return s->field >= NUMBER_FIELD && !s->other && who_number(s->number_text, &s->number);
}

bool
who_find(struct who_search *s, const char *name, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char c = bytes[i];

		if (c == '\n') {
			if (end_line(s))
				return true;
			memset(s, 0, sizeof(*s));
		} else if (c == ':') {
			s->other |= s->field == 0 && name[s->matched] != '\0';
			s->field += s->field < UINT8_MAX;
		} else if (s->field == 0) {
			s->other |= s->other || c == '\0' || name[s->matched] != c;
			s->matched += !s->other;
		} else if (s->field == NUMBER_FIELD) {
			s->other |= s->digits + 1U >= sizeof(s->number_text);
			if (!s->other)
				s->number_text[s->digits++] = c;
		}
	}
	return false;
}

int
who_group(const char *name, uint32_t *number)
{
	struct who_search s = { .number = 0 };
	char bytes[PIECE];
	bool found = false;
	ssize_t n = 1;
	int fd;

	if (who_number(name, number))
		return 0;
	fd = sys_open("/etc/group", O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	while (!found && (n = sys_read(fd, bytes, sizeof(bytes))) > 0)
		found = who_find(&s, name, bytes, (size_t)n);
	/* The last line may lack its end. */
	found = found || (n == 0 && who_find(&s, name, "\n", 1));
	sys_close(fd);
	*number = s.number;
	return found ? 0 : n < 0 ? (int)n : -ENOENT;
}
