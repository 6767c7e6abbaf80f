/* SPDX-License-Identifier: MIT */
/*
 * who: groups by their names, from /etc/group.
 *
 * What libc has for it needs memory of its own, and libraries.  Called by mcinit.c at the start.  It must
 * never take a name that is not there for a number, nor a number that is none for another.
 */
#ifndef WHO_H
#define WHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A name, or a number in digits alone.  0; -ENOENT: there is no such group; or another -errno. */
int who_group(const char *name, uint32_t *number);

/* Pure: a number as the kernel has it, below the one that means none. */
bool who_number(const char *text, uint32_t *number);

/*
 * Pure: reads a file of lines "NAME:...:NUMBER:...", in pieces of any size; true: `name` was found.  All
 * zero is a search that has not begun.
 */
struct who_search {
	uint32_t number;		/* when it was found */
	uint8_t field;			/* of the line */
	bool other;			/* it is not this one's */
	uint8_t matched, digits;
	char number_text[11];
};
bool who_find(struct who_search *s, const char *name, const char *bytes, size_t count);

#endif
