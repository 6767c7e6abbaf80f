/* SPDX-License-Identifier: MIT */
/*
 * words: names and sentences of the decision, from the lists of step.h.
 *
 * Pure text.  Called by act.c for the log and by trace.c.  It must never decide anything.
 */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "step.h"

enum { WORDS_SHORT = 48 };		/* room for a duration, status or signal */

const char *words_state(int state);
const char *words_wish(int wish);
const char *words_reason(int reason);
const char *words_event(int event);
const char *words_action(int action);
const char *words_ending(int ending);
const char *words_refusal(int refusal);
const char *words_rcon(int rcon);

/* "SIGTERM", "SIGRTMIN+3", "signal 77". */
void words_signal(char text[WORDS_SHORT], int signal);

/* "350 ms", "2.5 s", "12 min", "3 h 20 min", "4 days". */
void words_duration(char text[WORDS_SHORT], int64_t ms);

/* "exit 1", "SIGKILL". */
void words_status(char text[WORDS_SHORT], int status);

/* The id of a message, for traces. */
const char *words_message_id(int message);

/* The level (LEVEL_ERROR ...) of a message, and its sentence with its two values in it. */
int words_level(int message);
void words_message(char *text, size_t room, int message, int64_t b, int64_t c);

#endif
