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

enum { PLAYERS_NOT_KNOWN = -1 /* STEP_ANSWER */, PLAYERS_MOST = 1000000, PLAYERS_TEXT = 128 };

/* The first number in the reply, of which the first PLAYERS_TEXT bytes are enough. */
int32_t players_of(const char *reply, size_t bytes);

#endif
