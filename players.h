/* SPDX-License-Identifier: MIT */
/*
 * players: how many are online, by the reply to "list".
 *
 * Servers, plugins and languages word it in many ways, so it goes by the numbers alone.  Pure.
 * Called by act_rcon.c.  It must never guess: what is not sure is not known.
 */
#ifndef PLAYERS_H
#define PLAYERS_H

#include <stddef.h>
#include <stdint.h>

enum { PLAYERS_NOT_KNOWN = -1 /* STEP_ANSWER */, PLAYERS_MOST = 1000000, PLAYERS_TEXT = 448,
	PLAYERS_NAME = 40 };

/* The first number in the reply, of which the first PLAYERS_TEXT bytes are enough. */
int32_t players_of(const char *reply, size_t bytes);

/*
 * Who they are, if as many names stand behind the last colon as there are players: "Alex, Steve"; else "".
 * The length; `names` always ends with a NUL.
 */
size_t players_names(const char *reply, size_t bytes, char *names, size_t room);

#endif
