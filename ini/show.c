/* SPDX-License-Identifier: MIT */
/*
 * show: a value as a user would write it; what it prints reads back as the same value, but for a
 * text that begins or ends in a quote and has both kinds of them, and lines, shown as words.
 *
 * Called for status, differences and messages.  It must never print a SECRET.
 */
#include <string.h>

#include "conf_in.h"
#include "fmt.h"

static size_t
put(char *text, size_t room, size_t used, const char *more, size_t bytes)
{
	if (used + bytes >= room)
		bytes = used < room ? room - used - 1 : 0;
	memcpy(text + used, more, bytes);
	text[used + bytes] = '\0';
	return used + bytes;
}

/* A double quote within double quotes: close them, one in single quotes, open them again. */
static size_t
put_escaped(char *text, size_t room, size_t used, const char *item, bool quoted)
{
	const char *more;

	for (; *item != '\0'; item++) {
		more = *item == '$' ? "$$" : *item == '"' && quoted ? "\"'\"'\"" : NULL;
		used = put(text, room, used, more ? more : item, more ? strlen(more) : 1);
	}
	return used;
}

/* In quotes where it would fall apart otherwise. */
static size_t
put_item(char *text, size_t room, size_t used, const char *item)
{
	bool quoted = *item == '\0' || strpbrk(item, " \t'\"") != NULL;

	used = put(text, room, used, "\"", quoted);
	used = put_escaped(text, room, used, item, quoted);
	return put(text, room, used, "\"", quoted);
}

/* A text keeps what is around it only within quotes, and loses quotes that are around it. */
static void
show_text(const char *value, char *text, size_t room)
{
	size_t used, n = strlen(value);
	bool quoted = n > 0 && (strchr(" \t\"'", value[0]) || strchr(" \t\"'", value[n - 1]));
	const char *quote = strchr(value, '"') ? "'" : "\"";

	used = put(text, room, 0, quote, quoted);
	used = put_escaped(text, room, used, value, false);
	put(text, room, used, quote, quoted);
}

static void
show_list(const struct conf_list *list, char *text, size_t room)
{
	const char *item = NULL;
	size_t used = 0;

	while ((item = conf_next(list, item)) != NULL) {
		used = put(text, room, used, " ", item != list->text);
		used = put_item(text, room, used, item);
	}
}

void
conf_show_number(const struct conf_key *key, int64_t value, char *text, size_t room)
{
	const struct conf_unit *unit = conf_units(key->type);

	if (value <= CONF_WORD(999)) {
		conf_range_word(conf_text(key->range), (int)(value - CONF_WORD(0)), text, room);
	} else if (value <= CONF_PERCENT(1000)) {
		fmt_put(text, room, "%d%%", (int)(value - CONF_PERCENT(0)));
	} else if (conf_is_octal(key)) {
		fmt_put(text, room, "0%llo", (unsigned long long)value);
	} else if (value == 0) {
		fmt_put(text, room, "0");
	} else {
		while (unit->factor == 0 || value % unit->factor != 0)
			unit++;
		fmt_put(text, room, "%lld%s", (long long)(value / unit->factor), unit->name);
	}
}

void
conf_show(const struct conf_key *key, const void *section, char *text, size_t room)
{
	const char *value = (const char *)section + key->offset;

	if (room == 0)
		return;
	text[0] = '\0';
	if (key->type == CONF_BOOL)
		fmt_put(text, room, "%s", *(const bool *)value ? "yes" : "no");
	else if (key->type == CONF_ENUM)
		conf_range_word(conf_text(key->range), *(const int *)value, text, room);
	else if (key->type == CONF_SECRET)
		fmt_put(text, room, "%s", **(const char *const *)value ? "(set)" : "");
	else if (conf_is_many(key->type))
		show_list((const struct conf_list *)value, text, room);
	else if (conf_units(key->type) != NULL)
		conf_show_number(key, *(const int64_t *)value, text, room);
	else
		show_text(*(const char *const *)value, text, room);
}
