/* SPDX-License-Identifier: MIT */
/*
 * marker: what a line of a server's console says about the server.
 *
 * Pure.  Called by the carrier for each line; the decision (step.h) knows the kinds.  It must
 * never take what a player wrote for what the server says, and never look outside the line.
 */
#ifndef MARKER_H
#define MARKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kind, ONCE (heard of at most once in a server's life) or EACH, and its word. */
#define MARKERS(X) \
	X(NONE, EACH, "none") \
	X(STARTING, ONCE, "starting")		/* a Minecraft server or proxy begins */ \
	X(PROGRESS, EACH, "progress")		/* value: percent */ \
	X(READY, ONCE, "ready") \
	X(RCON_UP, ONCE, "rcon-up")		/* value: port */ \
	X(STOPPING, ONCE, "stopping") \
	X(SAVED, EACH, "saved") \
	X(CRASH_REPORT, ONCE, "crash-report") \
	X(OOM, ONCE, "oom") \
	X(EULA, ONCE, "eula") \
	X(BIND, ONCE, "bind") \
	X(SESSION_LOCK, ONCE, "session-lock") \
	X(RESTART_ASKED, ONCE, "restart-asked") \
	X(JVM_OPTION, ONCE, "jvm-option") \
	X(NO_JAR, ONCE, "no-jar") \
	X(OLD_JAVA, ONCE, "old-java")		/* value: class file version that is needed */ \
	X(FATAL, ONCE, "fatal")			/* the JVM itself crashed */ \
	X(WATCHDOG, ONCE, "watchdog") \
	X(JOINED, EACH, "joined") \
	X(LEFT, EACH, "left") \
	X(PAUSED, EACH, "paused")		/* until somebody joins */ \
	X(FLUSHING, EACH, "flushing")		/* what it has saved is not on the disk yet; "saved" follows */

#define X(name, often, word) MARKER_##name,
enum marker_kind { MARKERS(X) MARKER_COUNT };
#undef X

/* The kind of a line without its newline, any bytes; *value is 0 where the kind has none. */
enum marker_kind marker_of(const char *line, size_t bytes, int32_t *value);

bool marker_is_once(int kind);
const char *marker_word(int kind);

#endif
