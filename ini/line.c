/* SPDX-License-Identifier: MIT */
/*
 * line: the reader in front of inih.
 *
 * Called by inih as its fgets().  inih cuts names and lines that are too long, passes over
 * lines without a "=" in silence and reads out of bounds behind a NUL; so it gets to see only
 * lines that are fine, and an innocent one in the stead of each other.
 */
#include <string.h>

#include "conf_in.h"
#include "fmt.h"

/* --- the reader in front of inih --- */

static const char *
wrong_title(const char *line, size_t n)
{
	const char *end = memchr(line, ']', n);

	if (end == NULL)
		return "a section needs a \"]\" at its end";
	if (end == line + 1)
		return "[]: a section needs a name";
	if (end - line - 1 >= INIH_NAME_BYTES)
		return "this section's name is too long to be one of mcinit's";
	for (n -= (size_t)(end + 1 - line); n > 0; n--)
		if (end[n] != ' ' && end[n] != '\t')
			return "there is something behind the \"]\"; comments need their own line";
	return NULL;
}

static const char *
wrong_key(const char *line, size_t n)
{
	size_t name = 0;

	while (name < n && line[name] != '=' && line[name] != ':')
		name++;
	if (name == n)
		return "there is no \"=\"; write \"key = value\"";
	if (line[name] == ':')
		return "there is a \":\" where a \"=\" belongs; write \"key = value\"";
	while (name > 0 && (line[name - 1] == ' ' || line[name - 1] == '\t'))
		name--;
	if (name == 0)
		return "there is no key before the \"=\"";
	if (name >= INIH_NAME_BYTES)
		return "this key's name is too long to be one of mcinit's";
	return NULL;
}

/* What inih would pass over in silence or cut, as text for a person; NULL when it is fine. */
static const char *
wrong_line(const char *line, size_t n)
{
	if (n > CONF_LINE_BYTES - 2)
		return "longer than 4094 bytes";
	if (memchr(line, '\0', n) != NULL)
		return "holds a NUL byte; an INI is plain text";
	if (conf_has_control(line, n))
		return "holds a control character; only tabs are allowed";
	while (n > 0 && (*line == ' ' || *line == '\t'))
		line++, n--;
	if (n == 0 || *line == '#' || *line == ';')
		return NULL;
	return *line == '[' ? wrong_title(line, n) : wrong_key(line, n);
}

/* Cuts the next line off the text, without its end and a byte order mark. */
static const char *
cut_line(struct conf_job *job, size_t *bytes)
{
	const char *line = job->at;
	const char *end = memchr(line, '\n', job->left);
	size_t n = end ? (size_t)(end - line) : job->left;

	job->at += n + (end != NULL);
	job->left -= n + (end != NULL);
	if (++job->line == 1 && n >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0)
		line += 3, n -= 3;
	if (n > 0 && line[n - 1] == '\r')
		n--;
	*bytes = n;
	return line;
}

char *
conf_next_line(char *out, int room, void *cookie)
{
	struct conf_job *job = cookie;
	const char *line, *why;
	size_t n, blank = 0;

	if (job->left == 0 || room < CONF_LINE_BYTES)
		return NULL;
	line = cut_line(job, &n);
	why = wrong_line(line, n);
	if (why == NULL) {
		memcpy(out, line, n);
		memcpy(out + n, "\n", 2);
		return out;
	}
	if (job->pass == PASS_SAY)
		conf_complain(job, job->line, CONF_NOWHERE, -1, "%s", why);
	while (blank < n && (line[blank] == ' ' || line[blank] == '\t'))
		blank++;
	/* The keys below a bad title belong to nobody, least of all to the section above. */
	fmt_put(out, (size_t)room, "%s", blank < n && line[blank] == '[' ? "[\1]\n" : "\n");
	return out;
}
