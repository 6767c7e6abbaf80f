/* SPDX-License-Identifier: MIT */
/*
 * conf: sections, keys and lines of the INI; see conf.h.
 *
 * Called by load.c.  A reader of ours stands in front of inih, which would cut long names and
 * lines and stumble over NUL bytes.  It must never keep a value that it has complained about,
 * and never repeat in a message what might be a secret.
 */
#include <ini.h>
#include <string.h>
#include <strings.h>

#include "conf_in.h"
#include "fmt.h"

#if !INI_HANDLER_LINENO || !INI_CALL_HANDLER_ON_NEW_SECTION || !INI_USE_STACK || \
    INI_ALLOW_INLINE_COMMENTS || INI_ALLOW_MULTILINE || INI_STOP_ON_FIRST_ERROR
#error "inih needs the -D flags that the Makefile gives"
#endif
_Static_assert(INI_MAX_LINE == CONF_LINE_BYTES, "inih would cut lines");

#define END(s)
#define SECTION(s, help)	char s[sizeof(#s)];
#define KEY(s, key, type, def, range, when, ready, help) \
	char s##_##key##_name[sizeof(#key)], s##_##key##_def[sizeof(def)], \
	    s##_##key##_range[sizeof(range)], s##_##key##_help[sizeof(help)];
struct texts {
#include "keys.def"
};
#undef SECTION
#undef KEY

#define SECTION(s, help)	.s = #s,
#define KEY(s, key, type, def, range, when, ready, help) \
	.s##_##key##_name = #key, .s##_##key##_def = def, \
	.s##_##key##_range = range, .s##_##key##_help = help,
static const struct texts texts = {
#include "keys.def"
};
#undef SECTION
#undef KEY

#define SECTION(s, help)
#define AT(name)		offsetof(struct texts, name)
#define KEY(s, key, type, def, range, when, ready, help) \
	{ AT(s), AT(s##_##key##_name), AT(s##_##key##_def), AT(s##_##key##_range), \
	    AT(s##_##key##_help), offsetof(struct conf_##s, key), CONF_##type, CONF_##when, \
	    CONF_##ready },
const struct conf_key conf_keys[] = {
#include "keys.def"
};
#undef AT
#undef SECTION
#undef KEY
const int conf_key_count = sizeof(conf_keys) / sizeof(conf_keys[0]);
_Static_assert(sizeof(conf_keys) / sizeof(conf_keys[0]) == CONF_ROWS, "one enumerator per row");

#define SECTION(s, help) { #s, help, offsetof(struct conf, s) },
#define KEY(s, key, type, def, range, when, ready, help)
const struct conf_section conf_sections[CONF_IN_SLOT] = {
#include "keys.def"
};
#undef SECTION
#undef KEY
#undef END

const char *
conf_text(uint16_t at)
{
	return (const char *)&texts + at;
}

/* --- finding --- */

static int
find_row(int section, const char *name)
{
	int i;

	for (i = 0; i < CONF_ROWS; i++)
		if (strcmp(conf_text(conf_keys[i].section), conf_section_name(section)) == 0 &&
		    strcasecmp(conf_text(conf_keys[i].name), name) == 0)
			return i;
	return -1;
}

/* What stands behind "server:" in a section's title, or NULL. */
static const char *
server_part(const char *title)
{
	return strncasecmp(title, "server:", 7) == 0 ? title + 7 : NULL;
}

static int
find_section(const struct conf_job *job, const char *title)
{
	const char *server = server_part(title);
	int i;

	if (server != NULL) {
		i = conf_slot(job->conf, server);
		return i < 0 ? CONF_NOWHERE : CONF_IN_SLOT + i;
	}
	for (i = 0; i < CONF_IN_SLOT; i++)
		if (strcasecmp(conf_sections[i].name, title) == 0)
			return i;
	return CONF_NOWHERE;
}

void *
conf_value(struct conf_job *job, int section, int row)
{
	char *start = (char *)job->conf + conf_sections[CONF_IN_server].offset;

	if (section < CONF_IN_server)
		start = (char *)job->conf + conf_sections[section].offset;
	else if (section == CONF_IN_server)
		start = (char *)&job->base;
	else
		start += (size_t)(section - CONF_IN_SLOT) * sizeof(struct conf_server);
	return start + conf_keys[row].offset;
}

/* --- lines --- */

static bool
good_server_name(const char *name)
{
	size_t n = strspn(name,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	static const char *const taken[] = { "lock", "console", "control", "state", "rings", "mcinit" };

	/* The run_dir, or the directory of the logs, has something else of that name. */
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcmp(name, taken[i]) == 0)
			return false;
	return name[n] == '\0' && name[0] != '-' && n > 0 && n < CONF_NAME_BYTES;
}

static void
add_server(struct conf_job *job, const char *name)
{
	struct conf *conf = job->conf;

	if (conf->servers == CONF_SERVERS || !good_server_name(name))
		return;
	fmt_put(conf->name[conf->servers++], CONF_NAME_BYTES, "%s", name);
}

static void
say_section(struct conf_job *job, const char *title)
{
	const char *server = server_part(title);

	if (job->section >= 0 && job->section_line[job->section] != job->line)
		conf_complain(job, job->line, job->section, -1,
		    "[%s] stands here a second time, first in line %d; put both together", title,
		    job->section_line[job->section]);
	else if (job->section < 0 && server == NULL)
		conf_unknown_section(job, title);
	else if (job->section < 0 && !good_server_name(server))
		conf_complain(job, job->line, CONF_NOWHERE, -1, "[%s]: a server's name is 1 to %d "
		    "letters, digits, _ or -, does not begin with -, and is not lock, console, control, "
		    "state, rings or mcinit", title, CONF_NAME_BYTES - 1);
	else if (job->section < 0)
		conf_complain(job, job->line, CONF_NOWHERE, -1,
		    "[%s]: there are already %d servers, and one mcinit runs no more than that",
		    title, CONF_SERVERS);
}

static void
enter_section(struct conf_job *job, const char *title)
{
	if (job->pass == PASS_NAMES && server_part(title) && find_section(job, title) < 0)
		add_server(job, server_part(title));
	job->section = find_section(job, title);
	if (job->pass == PASS_SAY)
		say_section(job, title);
	if (job->pass == PASS_NAMES && job->section >= 0 && !job->section_line[job->section])
		job->section_line[job->section] = job->line;
}

/* The heap is there as a fixed size; mcinit cannot choose one yet. */
static bool
is_later(int row, const void *value)
{
	int64_t n = 0;

	if (row == CONF_ROW_server_heap)
		memcpy(&n, value, sizeof(n));
	return conf_keys[row].ready == CONF_LATER || n < 0;
}

static void
say_key(struct conf_job *job, int row, const char *text)
{
	int *first = &job->line_of[job->section][row];
	union {
		int64_t number;
		struct conf_list list;
	} value = { .list = { "", 0 } };

	if (job->line > 0 && *first != job->line && !conf_is_list(conf_keys[row].type))
		conf_complain(job, job->line, job->section, row, "set twice, first in line %d",
		    *first);
	else if (!conf_read(job, &conf_keys[row], text, &value))
		conf_complain(job, job->line, job->section, row, "%s", job->why);
	else if (job->later && is_later(row, &value))
		conf_warn_later(job, row);
	if (job->line < 0)
		*first = job->line;
}

static bool
wanted(const struct conf_job *job, int row)
{
	if (job->keep_row < 0)
		return !conf_is_list(conf_keys[row].type);
	return row == job->keep_row;
}

static void
set_key(struct conf_job *job, const char *name, const char *text)
{
	int row;

	/* Most lines of most passes; a full file of 16 servers is read a hundred times. */
	if (job->pass == PASS_KEEP && job->section != job->keep)
		return;
	row = find_row(job->section, name);
	if (row < 0) {
		if (job->pass == PASS_SAY)
			conf_unknown_key(job, name);
		return;
	}
	switch (job->pass) {
	case PASS_NAMES:
		if (job->line_of[job->section][row] == 0)
			job->line_of[job->section][row] = job->line;
		break;
	case PASS_KEEP:
		if (wanted(job, row))
			conf_read(job, &conf_keys[row], text, conf_value(job, job->section, row));
		break;
	case PASS_SECRETS:
		if (conf_keys[row].type == CONF_SECRET)
			conf_read(job, &conf_keys[row], text, &(const char *){ "" });
		break;
	case PASS_SAY:
		say_key(job, row, text);
		break;
	}
}

static int
on_line(void *cookie, const char *section, const char *name, const char *value, int line)
{
	struct conf_job *job = cookie;

	job->line = line;
	/* "\1" stands for a title that conf_next_line() has complained about. */
	if (name == NULL && strcmp(section, "\1") == 0)
		job->section = CONF_NOWHERE;
	else if (name == NULL)
		enter_section(job, section);
	else if (job->section >= 0)
		set_key(job, name, value);
	else if (job->section == CONF_OUTSIDE && job->pass == PASS_SAY)
		conf_complain(job, line, CONF_NOWHERE, -1,
		    "%s: stands outside a section; put [server] or another section above it", name);
	return 1;
}

/* --- overrides --- */

/* Copies text[0..n) without the blanks around it; false when it does not fit. */
static bool
cut_name(char name[INIH_NAME_BYTES], const char *text, size_t n)
{
	while (n > 0 && *text == ' ')
		text++, n--;
	while (n > 0 && text[n - 1] == ' ')
		n--;
	if (n == 0 || n >= INIH_NAME_BYTES)
		return false;
	memcpy(name, text, n);
	name[n] = '\0';
	return true;
}

static void
read_override(struct conf_job *job, const char *text)
{
	char title[INIH_NAME_BYTES], name[INIH_NAME_BYTES];
	const char *dot = strchr(text, '.');
	const char *equal = strchr(text, '=');
	const char *why = NULL;

	job->section = CONF_NOWHERE;
	if (strlen(text) > CONF_LINE_BYTES - 2 || conf_has_control(text, strlen(text)))
		why = "too long, or holds a control character";
	else if (!dot || !equal || dot > equal || !cut_name(title, text, (size_t)(dot - text)) ||
	    !cut_name(name, dot + 1, (size_t)(equal - dot - 1)))
		why = "write SECTION.KEY=VALUE, for example server.heap=4G";
	else
		job->section = find_section(job, title);
	if (job->section >= 0)
		set_key(job, name, equal + 1);
	else if (job->pass == PASS_SAY && why != NULL)
		conf_complain(job, job->line, CONF_NOWHERE, -1, "%s", why);
	else if (job->pass == PASS_SAY && server_part(title) != NULL)
		conf_complain(job, job->line, CONF_NOWHERE, -1, "there is no [%s] in %.200s", title,
		    job->source->file);
	else if (job->pass == PASS_SAY)
		conf_unknown_section(job, title);
}

/* --- the passes --- */

static void
run_pass(struct conf_job *job, enum conf_pass pass, int keep, int row)
{
	int i;

	job->pass = pass;
	job->keep = keep;
	job->keep_row = row;
	job->at = job->source->text;
	job->left = job->source->bytes;
	job->line = 0;
	job->section = CONF_OUTSIDE;
	ini_parse_stream(conf_next_line, job, on_line, job);
	if (pass == PASS_NAMES) {
		job->named = job->conf->servers > 0;
		if (!job->named)
			add_server(job, "server");
	}
	for (i = 0; i < job->source->override_count; i++) {
		job->line = -i - 1;
		read_override(job, job->source->overrides[i]);
	}
}

static void
keep_section(struct conf_job *job, int section)
{
	int row;

	run_pass(job, PASS_KEEP, section, -1);
	for (row = 0; row < CONF_ROWS; row++) {
		if (job->line_of[section][row] == 0 || !conf_is_list(conf_keys[row].type) ||
		    strcmp(conf_text(conf_keys[row].section), conf_section_name(section)) != 0)
			continue;
		conf_again(job, conf_value(job, section, row));
		run_pass(job, PASS_KEEP, section, row);
	}
}

static void
set_defaults(struct conf_job *job)
{
	int row, section;

	for (row = 0; row < CONF_ROWS; row++) {
		for (section = 0; section < CONF_IN_server; section++)
			if (strcmp(conf_sections[section].name, conf_text(conf_keys[row].section)) == 0)
				break;
		conf_read(job, &conf_keys[row], conf_text(conf_keys[row].def), conf_value(job, section, row));
	}
}

static void
keep_servers(struct conf_job *job)
{
	struct conf *conf = job->conf;
	int i;

	for (i = 0; i < conf->servers; i++) {
		conf->server[i] = job->base;
		if (job->named && job->line_of[CONF_IN_server][CONF_ROW_server_dir] == 0)
			conf_read(job, &conf_keys[CONF_ROW_server_dir], conf->name[i],
			    &conf->server[i].dir);
		keep_section(job, CONF_IN_SLOT + i);
	}
}

/* Complains of what cannot be read line by line at all. */
static bool
unreadable(struct conf_job *job)
{
	const struct conf_source *source = job->source;

	if (source->bytes > CONF_TEXT_BYTES)
		conf_complain(job, 0, CONF_NOWHERE, -1,
		    "has %zu bytes; more than %d are taken for a mistake", source->bytes,
		    CONF_TEXT_BYTES);
	else if (source->bytes >= 2 && (memcmp(source->text, "\xFF\xFE", 2) == 0 ||
	    memcmp(source->text, "\xFE\xFF", 2) == 0))
		conf_complain(job, 0, CONF_NOWHERE, -1, "is UTF-16; save it as UTF-8 "
		    "(Notepad: \"Save as\", encoding UTF-8)");
	return job->errors > 0;
}

int
conf_parse(struct conf *conf, const struct conf_source *source, bool later)
{
	struct conf_job job;

	memset(&job, 0, sizeof(job));
	memset(conf, 0, offsetof(struct conf, arena));
	job.conf = conf;
	job.source = source;
	job.later = later;
	job.text = conf->arena + CONF_ARENA_BYTES - CONF_LINE_BYTES;
	conf->secret_env.text = "";
	if (unreadable(&job))
		return job.errors;

	job.pass = PASS_KEEP;
	set_defaults(&job);
	run_pass(&job, PASS_NAMES, 0, 0);
	keep_section(&job, CONF_IN_mcinit);
	keep_section(&job, CONF_IN_log);
	keep_section(&job, CONF_IN_server);
	keep_servers(&job);
	run_pass(&job, PASS_SECRETS, 0, 0);
	run_pass(&job, PASS_SAY, 0, 0);
	job.pass = PASS_KEEP;
	conf_rules(&job);
	conf_say_rest(&job);
	memset(job.text, 0, CONF_LINE_BYTES);
	return job.errors;
}

int
conf_slot(const struct conf *conf, const char *name)
{
	int i;

	for (i = 0; i < CONF_SERVERS; i++)
		if (conf->name[i][0] != '\0' && strcmp(conf->name[i], name) == 0)
			return i;
	return -1;
}

const char *
conf_next(const struct conf_list *list, const char *item)
{
	const char *next = list->text;
	int i;

	for (i = 0; i < list->count; i++) {
		if (item == NULL)
			return next;
		if (next == item)
			item = NULL;
		next += strlen(next) + 1;
	}
	return NULL;
}
