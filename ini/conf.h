/* SPDX-License-Identifier: MIT */
/*
 * conf: INI text in, struct conf out.
 *
 * Everything that is known of a key stands in its row of keys.def; this header and
 * conf.c turn the rows into a struct, a parser, range checks, the difference of two
 * configurations, and the texts of `mcinit keys`, `mcinit sample` and the man page.
 * Called by load.c (which does the reading) and by whoever wants a setting.
 * It must never open a file, ask the clock, allocate, or keep a pointer into its input.
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CONF_SERVERS = 16,		/* [server:NAME] sections, and slots everywhere else */
	CONF_NAME_BYTES = 32,		/* a server's name with its NUL */
	CONF_TEXT_BYTES = 64 * 1024,	/* the largest INI file */
	CONF_LINE_BYTES = 4096,		/* the longest line, as inih counts; same as INI_MAX_LINE */
	CONF_ARENA_BYTES = 96 * 1024,	/* all strings of one configuration, expanded */
	CONF_ERRORS = 20		/* said one by one; the rest is counted */
};

/*
 * Numbers (INT, SIZE, PERCENT, DURATION in ms) are int64_t.  A word that a row allows instead
 * of a number ("auto|256M..1T") is stored as CONF_WORD(0), CONF_WORD(1), ... in the order of
 * the row; a percentage where a SIZE is expected as CONF_PERCENT(1) .. CONF_PERCENT(100).
 */
#define CONF_WORD(n)	(INT64_MIN + (n))
#define CONF_PERCENT(n)	(INT64_MIN + 1000 + (n))

/* `count` strings, one behind the other, each with its NUL.  Never a null pointer. */
struct conf_list {
	const char *text;
	int count;
};

/* When a changed value takes effect: on reload, at the next server start, or at mcinit's. */
enum conf_when { CONF_NOW, CONF_NEXT, CONF_BOOT };

/* Whether the feature behind a key is there.  A LATER key is accepted and warned about. */
enum conf_ready { CONF_HERE, CONF_LATER };

#define CONF_TYPES(X) \
	X(BOOL, bool)				/* yes no true false on off 1 0 */ \
	X(INT, int64_t)				/* decimal; octal where the row is (umask) */ \
	X(SIZE, int64_t)			/* bytes: 512M 4G 100K; 75% where a row has it */ \
	X(PERCENT, int64_t)			/* 75% */ \
	X(DURATION, int64_t)			/* ms: 500ms 10s 5m 2h, bare is seconds */ \
	X(ENUM, int)				/* index into the words of the row */ \
	X(STRING, const char *)			/* "" when unset */ \
	X(PATH, const char *)			/* absolute, from the INI's directory, or "" */ \
	X(PROGRAM, const char *)		/* a PATH if it has a slash, else for $PATH */ \
	X(WORDS, struct conf_list)		/* count 0 when unset */ \
	X(COMMAND, struct conf_list)		/* WORDS of which the first is a PROGRAM */ \
	X(LIST, struct conf_list)		/* each line adds words; an empty one clears */ \
	X(LINES, struct conf_list)		/* each line adds one item, NAME=VALUE */ \
	X(SECRET, const char *)			/* as STRING, never printed; twin: NAME_file */

#define X(name, ctype) CONF_##name,
enum conf_type { CONF_TYPES(X) CONF_TYPE_COUNT };
#undef X
#define X(name, ctype) typedef ctype conf_##name##_value;
CONF_TYPES(X)
#undef X

/* Enumerators in the order of the row's words; tests/unit_conf_rows.c compares them. */
enum { LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG };		/* mcinit.log_level */
enum { FORMAT_TEXT, FORMAT_JSON };					/* log_format, log.format */
enum { ALL_STOPPED_AUTO, ALL_STOPPED_EXIT, ALL_STOPPED_STAY };	/* mcinit.when_all_stopped */
enum { FULL_DROP, FULL_BLOCK };						/* log.on_full */
enum { SWITCH_AUTO, SWITCH_ON, SWITCH_OFF };				/* auto yes no */
enum { TYPE_AUTO, TYPE_VANILLA, TYPE_PAPER, TYPE_VELOCITY, TYPE_BUNGEE, TYPE_BEDROCK,
	TYPE_GENERIC };							/* server.type */
enum { PRESET_NONE, PRESET_AIKAR, PRESET_ZGC, PRESET_SMALL };		/* server.jvm_preset */
enum { TTY_NO, TTY_INHERIT, TTY_PTY };					/* server.tty */
enum { RESTART_ON_FAILURE, RESTART_ALWAYS, RESTART_NO };		/* server.restart */
enum { HEALTH_NONE, HEALTH_RESTART };					/* server.health_action */

/* musl's stdio.h makes stdout a macro with parentheses, which no member can be called by. */
#undef stdout

#define SECTION(s, help)				struct conf_##s {
#define KEY(s, key, type, def, range, when, ready, help)	conf_##type##_value key;
#define END(s)						};
#include "keys.def"
#undef SECTION
#undef KEY
#undef END

struct conf {
	struct conf_mcinit mcinit;
	struct conf_log log;
	struct conf_server server[CONF_SERVERS];
	char name[CONF_SERVERS][CONF_NAME_BYTES];	/* "" = the slot is free */
	bool leaving[CONF_SERVERS];	/* no longer in the INI, kept until it has ended */
	int servers;			/* slots in use, leaving ones included */
	struct conf_list secret_env;	/* variables that filled a SECRET: not for any server */
	size_t arena_used;
	char arena[CONF_ARENA_BYTES];
};

/* One row of keys.def, for whoever walks over all of them. */
struct conf_key {
	uint16_t section, name;		/* texts: conf_text() */
	uint16_t def, range;		/* as a user would write them */
	uint16_t help;
	uint16_t offset;		/* in struct conf_SECTION */
	uint8_t type, when, ready;	/* enum conf_type, conf_when, conf_ready */
};
extern const struct conf_key conf_keys[];
extern const int conf_key_count;

/* A text of a row; rows hold offsets, for a pointer costs a static-pie 32 bytes. */
const char *conf_text(uint16_t at);

enum conf_severity { CONF_ERROR, CONF_WARNING };

/* What conf_parse() reads, and whom it asks and tells. */
struct conf_source {
	const char *text;		/* the INI; need not end in a newline or NUL */
	size_t bytes;
	const char *file;		/* its name, for messages */
	const char *directory;		/* absolute; relative paths start here */
	const char *const *overrides;	/* SECTION.KEY=VALUE, as -o takes them */
	int override_count;
	/* The value of environment variable `name`: its length, or -ENOENT, or -E2BIG. */
	int (*variable)(void *cookie, const char *name, char *value, size_t room);
	/* The content of a secret's file, trailing newline cut: its length, or -errno. */
	int (*secret)(void *cookie, const char *path, char *value, size_t room);
	/* One complaint, whole: "mcinit.ini:14: server.nice: 99 is above 19". */
	void (*say)(void *cookie, enum conf_severity, const char *line);
	void *cookie;
};

/*
 * Reads all of `source` into `conf`, whatever was in it before: defaults, then the file, then
 * the overrides, then the rules between keys.  Complains through source->say, of everything at
 * once.  Returns the number of errors; unless it is 0, `conf` must not be used.  With `later`
 * each LATER key that is set gets a warning (`mcinit check`, and each start).
 */
int conf_parse(struct conf *conf, const struct conf_source *source, bool later);

/* The slot of the server called `name`, or -1. */
int conf_slot(const struct conf *conf, const char *name);

/*
 * Makes `next` fit to take over from `now`: a server of both keeps its slot, one that only
 * `now` has and whose bit is set in `busy` is copied into `next` as leaving, BOOT keys keep
 * the value of `now`.  Returns the number of servers that found no slot (0 = fits).
 */
int conf_follow(struct conf *next, const struct conf *now, unsigned busy);

/*
 * Makes a configuration that was parsed again what it was: each server in the slot where `name` has
 * it, BOOT keys as in `boot`; then (conf_recall) those that only `before` has as leaving.  Both
 * return how many values found no room.
 */
int conf_arrange(struct conf *conf, const struct conf *boot, char name[][CONF_NAME_BYTES]);
int conf_recall(struct conf *conf, const struct conf *before, char name[][CONF_NAME_BYTES]);

/*
 * Calls `differs` for each row whose value is not the same in both; slot is -1 outside the
 * servers.  Servers are compared slot by slot, where both have the same name there.
 */
void conf_compare(const struct conf *a, const struct conf *b,
    void (*differs)(void *cookie, const struct conf_key *key, int slot), void *cookie);

/* A value as a user would write it, into `text`; a SECRET as "(set)" or "". */
void conf_show(const struct conf_key *key, const void *section, char *text, size_t room);

/*
 * `mcinit keys`, `mcinit sample`, and man/mcinit.ini.5 (tools/man.c: the linker leaves it out of
 * the binary), all of them from the rows.
 */
void conf_print_keys(void (*put)(const char *text));
void conf_print_sample(void (*put)(const char *text));
void conf_print_man(void (*put)(const char *text));

/* Walks a list: the first item for item == NULL, NULL behind the last. */
const char *conf_next(const struct conf_list *list, const char *item);

#endif
