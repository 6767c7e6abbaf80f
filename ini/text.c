/* SPDX-License-Identifier: MIT */
/*
 * text: the text of a value: variables, quotes and words, and where strings are stored.
 *
 * Called by value.c.  Everything is bounded by job->text, and what a variable holds is taken as
 * it is: never read for a "$", a quote or a blank again.
 */
#include <errno.h>
#include <string.h>

#include "conf_in.h"
#include "fmt.h"

enum { VARIABLE_BYTES = 96 };

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
conf_has_control(const char *text, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
			return true;
	return false;
}

/* --- the arena --- */

/* base/text, or text alone when base is empty; NULL when the arena is full. */
const char *
conf_store(struct conf *conf, const char *base, const char *text)
{
	char *start = conf->arena + conf->arena_used;
	size_t room = CONF_ARENA_BYTES - conf->arena_used;
	size_t n = strlen(base);
	const char *slash = n > 0 && *text != '\0' && base[n - 1] != '/' ? "/" : "";

	if (n + 1 + strlen(text) >= room)
		return NULL;
	conf->arena_used += fmt_put(start, room, "%s%s%s", base, slash, text) + 1;
	return start;
}

/* While only checking nothing is stored, and there is always room. */
const char *
conf_keep(struct conf_job *job, const char *base, const char *text)
{
	size_t most = CONF_ARENA_BYTES - CONF_LINE_BYTES;
	const char *stored = NULL;

	if (job->pass == PASS_SAY || job->pass == PASS_SECRETS)
		return "";
	if (job->conf->arena_used + strlen(base) + strlen(text) + 2 <= most)
		stored = conf_store(job->conf, base, text);
	job->full = job->full || stored == NULL;
	return stored;
}

/* The items of a list are neighbours, because nothing else is stored while it grows. */
void
conf_add_item(struct conf_job *job, struct conf_list *list, const char *base, const char *text)
{
	const char *stored = conf_keep(job, base, text);

	if (stored == NULL)
		return;
	if (list->count++ == 0)
		list->text = stored;
}

/* Puts the items of a list at the end of the arena, where it can grow. */
void
conf_again(struct conf_job *job, struct conf_list *list)
{
	struct conf_list old = *list;
	const char *item = NULL;

	*list = (struct conf_list){ "", 0 };
	while ((item = conf_next(&old, item)) != NULL)
		conf_add_item(job, list, "", item);
}

/* --- ${NAME}, quotes, words --- */

static void
note_secret(struct conf_job *job, const char *name)
{
	struct conf_list *list = &job->conf->secret_env;
	const char *stored = NULL;

	/* The end of the arena is the value under construction. */
	if (job->conf->arena_used + strlen(name) + 2 <= CONF_ARENA_BYTES - CONF_LINE_BYTES)
		stored = conf_store(job->conf, "", name);
	job->full = job->full || stored == NULL;
	if (stored != NULL && list->count++ == 0)
		list->text = stored;
}

static bool
append(struct conf_job *job, size_t *n, const char *text, size_t bytes)
{
	if (bytes > CONF_LINE_BYTES - 1 - *n)
		return conf_why(job, "longer than %d bytes with its variables filled in",
		    CONF_LINE_BYTES - 1);
	memcpy(job->text + *n, text, bytes);
	*n += bytes;
	return true;
}

/* `fallback` is NULL, or what stands between ":-" and "}", `bytes` long. */
static bool
append_variable(struct conf_job *job, size_t *n, const char *name, const char *fallback,
    size_t bytes)
{
	size_t room = CONF_LINE_BYTES - *n;
	int r = job->source->variable(job->source->cookie, name, job->text + *n, room);

	if (fallback != NULL && (r == -ENOENT || r == 0))
		return append(job, n, fallback, bytes);
	if (r == -ENOENT)
		return conf_why(job, "there is no environment variable %s; set it, or write "
		    "${%s:-default}", name, name);
	if (r < 0 || (size_t)r >= room)
		return conf_why(job, "the value of environment variable %s is too long", name);
	if (conf_has_control(job->text + *n, (size_t)r))
		return conf_why(job,
		    "the value of environment variable %s holds a control character", name);
	if (job->pass == PASS_SECRETS)
		note_secret(job, name);
	*n += (size_t)r;
	return true;
}

/* Takes "$$" or "${...}" at `s`; returns what follows, or NULL.  The value is not read again. */
static const char *
expand(struct conf_job *job, const char *s, const char *end, size_t *n)
{
	char name[VARIABLE_BYTES];
	const char *start = s + 2, *close, *fallback = NULL;
	size_t length;

	if (s + 1 < end && s[1] == '$')
		return append(job, n, "$", 1) ? s + 2 : NULL;
	if (s + 1 >= end || s[1] != '{') {
		conf_why(job, "a single \"$\"; write \"$$\" for a dollar sign, ${NAME} for a "
		    "variable");
		return NULL;
	}
	close = memchr(start, '}', (size_t)(end - start));
	length = strspn(start, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	if (close != NULL && start + length + 2 <= close && memcmp(start + length, ":-", 2) == 0)
		fallback = start + length + 2;
	if (close == NULL || (fallback == NULL && start + length != close) || length == 0 ||
	    length >= sizeof(name) || (*start >= '0' && *start <= '9')) {
		conf_why(job, "a \"${\" that is neither ${NAME} nor ${NAME:-default}");
		return NULL;
	}
	if (fallback != NULL && memchr(fallback, '$', (size_t)(close - fallback)) != NULL) {
		conf_why(job, "a \"$\" inside ${NAME:-default}; variables cannot be nested");
		return NULL;
	}
	memcpy(name, start, length);
	name[length] = '\0';
	if (!append_variable(job, n, name, fallback,
	    fallback ? (size_t)(close - fallback) : 0))
		return NULL;
	return close + 1;
}

/* The whole value into job->text, without blanks and one pair of quotes around it. */
bool
conf_take_all(struct conf_job *job, const char *s)
{
	const char *end;
	size_t n = 0;

	while (is_blank(*s))
		s++;
	for (end = s + strlen(s); end > s && is_blank(end[-1]); end--)
		;
	if (end - s >= 2 && (*s == '"' || *s == '\'') && memchr(s + 1, *s, (size_t)(end - s - 1)) ==
	    end - 1)
		s++, end--;
	while (s < end) {
		if (*s == '$')
			s = expand(job, s, end, &n);
		else
			s = append(job, &n, s, 1) ? s + 1 : NULL;
		if (s == NULL)
			return false;
	}
	job->text[n] = '\0';
	return true;
}

/* One word at *cursor, which is no blank, into job->text. */
static bool
take_one(struct conf_job *job, const char **cursor, size_t *n, bool *quoted)
{
	const char *s = *cursor, *end = s + strlen(s);
	char quote = '\0';

	*n = 0;
	*quoted = false;
	while (*s != '\0' && (quote != '\0' || !is_blank(*s))) {
		if (*s == '$') {
			s = expand(job, s, end, n);
		} else if (*s == quote || (quote == '\0' && (*s == '"' || *s == '\''))) {
			quote = (char)(quote == '\0' ? *s : '\0');
			*quoted = true;
			s++;
		} else {
			s = append(job, n, s, 1) ? s + 1 : NULL;
		}
		if (s == NULL)
			return false;
	}
	if (quote != '\0')
		return conf_why(job, "a quote (%c) is opened, but not closed", quote);
	job->text[*n] = '\0';
	*cursor = s;
	return true;
}

/* A variable stays within its word; one that is empty makes no word unless there are quotes. */
int
conf_take_word(struct conf_job *job, const char **cursor)
{
	bool quoted = false;
	size_t n = 0;

	while (n == 0 && !quoted) {
		while (is_blank(**cursor))
			(*cursor)++;
		if (**cursor == '\0')
			return 0;
		if (!take_one(job, cursor, &n, &quoted))
			return -1;
	}
	return 1;
}
