/* SPDX-License-Identifier: MIT */
/*
 * conf_in: what the files of ini/ share with each other; nobody else includes it.
 *
 * line.c hands good lines to inih, conf.c knows sections and keys and the order of things,
 * value.c a value by its type, text.c its variables, quotes and words, rules.c what concerns
 * several keys, say.c what is said about mistakes; show.c prints values, print.c the rows, and
 * reload.c holds two configurations against each other.
 */
#ifndef CONF_IN_H
#define CONF_IN_H

#include "conf.h"

enum {
	INIH_NAME_BYTES = 50,		/* inih cuts longer names of sections and keys */
	CONF_PATH_BYTES = 1024,		/* with its NUL; rules.c keeps two of them on the stack */
	CONF_MESSAGE_BYTES = 768
};

#define SECTION(s, help) CONF_IN_##s,
#define KEY(s, key, type, def, range, when, ready, help)
#define END(s)
/* [server:NAME] of slot i is CONF_IN_SLOT + i; [server] holds the defaults. */
enum {
#include "keys.def"
	CONF_IN_SLOT, CONF_SECTIONS = CONF_IN_SLOT + CONF_SERVERS
};
#undef SECTION
#undef KEY

#define SECTION(s, help)
#define KEY(s, key, type, def, range, when, ready, help) CONF_ROW_##s##_##key,
enum {
#include "keys.def"
	CONF_ROWS
};
#undef SECTION
#undef KEY
#undef END

struct conf_section {
	const char *name, *help;
	size_t offset;			/* in struct conf; of [server]: of slot 0 */
};
extern const struct conf_section conf_sections[CONF_IN_SLOT];

/*
 * The text is read several times, which keeps each list in one piece of the arena and each
 * complaint in the order of the file:  NAMES finds sections and keys, KEEP stores the values of
 * one section, SECRETS the names of variables in secrets, SAY checks all and complains.
 */
enum conf_pass { PASS_NAMES, PASS_KEEP, PASS_SECRETS, PASS_SAY };

/* One conf_parse() under way. */
struct conf_job {
	struct conf *conf;
	const struct conf_source *source;
	bool later;
	bool named;			/* there is a [server:NAME] */
	bool full;			/* the arena was too small */
	int errors;

	const char *at;			/* the text not yet read */
	size_t left;
	int line;			/* in the INI; -n is the n-th override */
	enum conf_pass pass;
	int keep, keep_row;		/* for PASS_KEEP; row -1: all but lists */
	int section;			/* of the current line, or OUTSIDE or NOWHERE */

	struct conf_server base;	/* [server] */
	int line_of[CONF_SECTIONS][CONF_ROWS];	/* where a key is set, 0 = nowhere */
	int section_line[CONF_SECTIONS];
	bool bad[CONF_SECTIONS];	/* holds an error, so the rules would guess */
	char why[CONF_MESSAGE_BYTES / 3];	/* what is wrong with the value */
	char *text;			/* CONF_LINE_BYTES for a value: the end of the arena */
};

/* Where a line belongs that belongs to no section. */
enum { CONF_OUTSIDE = -1, CONF_NOWHERE = -2 };

/* conf.c */
void *conf_value(struct conf_job *job, int section, int row);

/* say.c */
/* Complains of `section.key` at `line`; with row -1 the message names its subject itself. */
void conf_complain(struct conf_job *job, int line, int section, int row, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Leaves the reason for a complaint in job->why; always false. */
bool conf_why(struct conf_job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));
void conf_warn_later(struct conf_job *job, int row);
void conf_unknown_key(struct conf_job *job, const char *name);
void conf_unknown_section(struct conf_job *job, const char *name);
void conf_say_rest(struct conf_job *job);
const char *conf_section_name(int section);

/* line.c: an ini_reader of inih; `cookie` is the job. */
char *conf_next_line(char *out, int room, void *cookie);

/* text.c */
bool conf_has_control(const char *text, size_t bytes);
/* base/text, or text alone when base is empty, into the arena; NULL when it is full. */
const char *conf_store(struct conf *conf, const char *base, const char *text);
/* The same within a parse: nothing is stored while only checking, and `full` is noted. */
const char *conf_keep(struct conf_job *job, const char *base, const char *text);
void conf_add_item(struct conf_job *job, struct conf_list *list, const char *base,
    const char *text);
void conf_again(struct conf_job *job, struct conf_list *list);
/* The whole value into job->text, variables filled in, without one pair of quotes around it. */
bool conf_take_all(struct conf_job *job, const char *text);
/* The next word into job->text: 1, 0 when there is none, -1 with a reason. */
int conf_take_word(struct conf_job *job, const char **cursor);

/* value.c */
bool conf_read(struct conf_job *job, const struct conf_key *key, const char *text, void *value);
bool conf_is_list(enum conf_type type);		/* lines add up */
bool conf_is_many(enum conf_type type);		/* the value is a struct conf_list */
bool conf_is_text(enum conf_type type);		/* the value is a const char * */
bool conf_is_octal(const struct conf_key *key);
size_t conf_size(enum conf_type type);
const char *conf_type_name(enum conf_type type);	/* for people: "size" */
/* The n-th word of a range into `word`; false when there are fewer. */
bool conf_range_word(const char *range, int n, char *word, size_t room);
struct conf_unit {
	const char *name;
	int64_t factor;
};
const struct conf_unit *conf_units(enum conf_type type);	/* ends in a null name */

/* show.c */
void conf_show_number(const struct conf_key *key, int64_t value, char *text, size_t room);

/* rules.c */
void conf_rules(struct conf_job *job);

#endif
