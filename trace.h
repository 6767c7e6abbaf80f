/* SPDX-License-Identifier: MIT */
/*
 * trace: what the decision was told and what it answered, as lines of text.
 *
 * `mcinit --trace FILE` writes them; tests/unit_trace.c replays them, so that a bug report is a
 * test.  Pure text.  Called by the loop in mcinit.c.  The form:
 *
 *	mcinit-trace 1 MODE IN_CONTAINER
 *	conf SECTION.KEY=VALUE			(what differs from the defaults)
 *	@MS EVENT SLOT A
 *	 -> ACTION SLOT A B			(none, one or more; SAY SLOT MESSAGE B C)
 *	 = SLOT STATE				(of the event's server, afterwards)
 */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "step.h"

enum { TRACE_LINES = 16 * 1024 };

/* Begins `text` with the first line and those of the configuration. */
void trace_head(char *text, size_t room, const struct step_whole *whole, const struct conf *conf);

/* One turn. */
void trace_turn(char *text, size_t room, int64_t now, const struct step_event *event,
    const struct step_acts *acts, const struct step_machine *after);

/* Reads an "@" line back; false if it is none. */
bool trace_read(const char *line, int64_t *now, struct step_event *event);

#endif
