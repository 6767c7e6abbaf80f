/* SPDX-License-Identifier: MIT */
/*
 * say: what is wrong with the INI, in a person's words: place, key, reason, and the name that
 * was probably meant.
 *
 * Called by the rest of ini/.  It must never repeat a value that is, or may be, a secret.
 */
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "conf_in.h"
#include "fmt.h"

const char *
conf_section_name(int section)
{
	return conf_sections[section < CONF_IN_SLOT ? section : CONF_IN_server].name;
}

static void
say(struct conf_job *job, enum conf_severity severity, const char *line)
{
	job->source->say(job->source->cookie, severity, line);
}

/* An override whose key is unknown, or a property, may hold a secret as one of type SECRET does. */
static size_t
put_place(const struct conf_job *job, char *out, size_t room, int line, int row)
{
	const char *text;
	size_t shown;

	if (line > 0)
		return fmt_put(out, room, "%.200s:%d: ", job->source->file, line);
	if (line == 0)
		return fmt_put(out, room, "%.200s: ", job->source->file);
	text = job->source->overrides[-line - 1];
	if (conf_has_control(text, strlen(text)))
		return fmt_put(out, room, "-o (the %d. one): ", -line);
	shown = strlen(text);
	if (row < 0 || conf_keys[row].type == CONF_SECRET || conf_keys[row].type == CONF_LINES)
		shown = strcspn(text, "=");
	return fmt_put(out, room, "-o %.*s: ", shown > 120 ? 120 : (int)shown, text);
}

static size_t
put_key(const struct conf_job *job, char *out, size_t room, int section, int row)
{
	bool named = section >= CONF_IN_SLOT && job->named;

	if (row < 0)
		return 0;
	return fmt_put(out, room, "%s%s%s.%s: ", conf_section_name(section), named ? ":" : "",
	    named ? job->conf->name[section - CONF_IN_SLOT] : "",
	    conf_text(conf_keys[row].name));
}

void
conf_complain(struct conf_job *job, int line, int section, int row, const char *format, ...)
{
	char text[CONF_MESSAGE_BYTES];
	va_list ap;
	size_t n;

	if (section >= 0)
		job->bad[section] = true;
	if (++job->errors > CONF_ERRORS)
		return;
	n = put_place(job, text, sizeof(text), line, row);
	n += put_key(job, text + n, sizeof(text) - n, section, row);
	va_start(ap, format);
	fmt_vput(text + n, sizeof(text) - n, format, ap);
	va_end(ap);
	say(job, CONF_ERROR, text);
}

bool
conf_why(struct conf_job *job, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fmt_vput(job->why, sizeof(job->why), format, ap);
	va_end(ap);
	return false;
}

void
conf_warn_later(struct conf_job *job, int row)
{
	char text[CONF_MESSAGE_BYTES];
	size_t n;

	n = put_place(job, text, sizeof(text), job->line, row);
	n += put_key(job, text + n, sizeof(text) - n, job->section, row);
	fmt_put(text + n, sizeof(text) - n,
	    "understood, but this version does not act on it yet");
	say(job, CONF_WARNING, text);
}

static size_t
smallest(size_t a, size_t b, size_t c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

/* How many letters to change, add or leave out; both shorter than INIH_NAME_BYTES. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[INIH_NAME_BYTES] = { 0 };
	size_t width = strlen(b), i, j, corner, above;

	for (j = 1; j <= width; j++)
		row[j] = j;
	for (i = 1; i <= strlen(a); i++) {
		corner = row[0];
		row[0] = i;
		for (j = 1; j <= width; j++) {
			above = row[j];
			row[j] = smallest(above + 1, row[j - 1] + 1,
			    corner + (strncasecmp(&a[i - 1], &b[j - 1], 1) != 0));
			corner = above;
		}
	}
	return row[width];
}

/* Offers `known` to whoever wrote `name`, when it is near and nearer than *best. */
static void
offer(const char *name, const char *known, const char **nearest, size_t *best)
{
	size_t d = distance(name, known);

	if (d >= *best || d > 1 + strlen(name) / 4)
		return;
	*nearest = known;
	*best = d;
}

void
conf_unknown_key(struct conf_job *job, const char *name)
{
	const char *nearest = NULL, *elsewhere = NULL;
	size_t best = INIH_NAME_BYTES;
	int i;

	for (i = 0; i < CONF_ROWS; i++) {
		if (strcmp(conf_text(conf_keys[i].section), conf_section_name(job->section)) == 0)
			offer(name, conf_text(conf_keys[i].name), &nearest, &best);
		else if (strcasecmp(conf_text(conf_keys[i].name), name) == 0)
			elsewhere = conf_text(conf_keys[i].section);
	}
	/* "password" is far from "rcon_password" by letters, but hardly by meaning. */
	for (i = 0; i < CONF_ROWS && !nearest && strlen(name) > 3; i++)
		if (strcmp(conf_text(conf_keys[i].section), conf_section_name(job->section)) == 0 &&
		    strstr(conf_text(conf_keys[i].name), name) != NULL)
			nearest = conf_text(conf_keys[i].name);
	if (elsewhere != NULL)
		conf_complain(job, job->line, job->section, -1,
		    "%s.%s: unknown key; it belongs into [%s]",
		    conf_section_name(job->section), name, elsewhere);
	else
		conf_complain(job, job->line, job->section, -1, "%s.%s: unknown key%s%s%s",
		    conf_section_name(job->section), name, nearest ? "; did you mean \"" : "",
		    nearest ? nearest : "", nearest ? "\"?" : "; \"mcinit keys\" lists all");
}

void
conf_unknown_section(struct conf_job *job, const char *name)
{
	const char *nearest = NULL;
	size_t best = INIH_NAME_BYTES;
	int i;

	for (i = 0; i < CONF_IN_SLOT; i++)
		offer(name, conf_sections[i].name, &nearest, &best);
	conf_complain(job, job->line, CONF_NOWHERE, -1,
	    "[%s]: unknown section%s%s%s; there are [mcinit] [log] [server] and [server:NAME]",
	    name, nearest ? "; did you mean [" : "", nearest ? nearest : "", nearest ? "]?" : "");
}

void
conf_say_rest(struct conf_job *job)
{
	char text[64];

	if (job->full)
		conf_complain(job, 0, CONF_NOWHERE, -1, "all values together are longer than "
		    "%d bytes; use fewer or shorter ones", CONF_ARENA_BYTES - CONF_LINE_BYTES);
	if (job->errors <= CONF_ERRORS)
		return;
	fmt_put(text, sizeof(text), "... and %d more", job->errors - CONF_ERRORS);
	say(job, CONF_ERROR, text);
}
