/* SPDX-License-Identifier: MIT */
/*
 * reload: two configurations held against each other, the one in force and the one to come.
 *
 * Called at a reload.  Strings live in the arena of their configuration, so whatever moves
 * from one to the other is copied; it must never leave a pointer into the old one behind.
 */
#include <string.h>

#include "conf_in.h"

static size_t
list_bytes(const struct conf_list *list)
{
	const char *item = NULL, *end = list->text;

	while ((item = conf_next(list, item)) != NULL)
		end = item + strlen(item) + 1;
	return (size_t)(end - list->text);
}

static bool
same_value(const struct conf_key *key, const void *a, const void *b)
{
	const struct conf_list *one = a, *other = b;

	if (conf_is_many(key->type))
		return one->count == other->count && list_bytes(one) == list_bytes(other) &&
		    memcmp(one->text, other->text, list_bytes(one)) == 0;
	if (conf_is_text(key->type))
		return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
	return memcmp(a, b, conf_size(key->type)) == 0;
}

/* Makes the strings of `value` strings of `conf`; false when its arena is full. */
static bool
adopt_value(struct conf *conf, const struct conf_key *key, void *value)
{
	struct conf_list *list = value, old;
	const char **text = value;
	const char *item = NULL;

	if (conf_is_text(key->type)) {
		*text = conf_store(conf, "", *text);
		return *text != NULL;
	}
	if (!conf_is_many(key->type))
		return true;
	old = *list;
	list->text = conf->arena + conf->arena_used;
	while ((item = conf_next(&old, item)) != NULL)
		if (conf_store(conf, "", item) == NULL)
			return false;
	return true;
}

static bool
is_server_key(const struct conf_key *key)
{
	return strcmp(conf_text(key->section), conf_sections[CONF_IN_server].name) == 0;
}

static bool
adopt_server(struct conf *conf, struct conf_server *server)
{
	int row;

	for (row = 0; row < CONF_ROWS; row++)
		if (is_server_key(&conf_keys[row]) && !adopt_value(conf, &conf_keys[row],
		    (char *)server + conf_keys[row].offset))
			return false;
	return true;
}

static void
swap_slots(struct conf *conf, int a, int b)
{
	struct conf_server server = conf->server[a];
	char name[CONF_NAME_BYTES];

	memcpy(name, conf->name[a], sizeof(name));
	conf->server[a] = conf->server[b];
	memcpy(conf->name[a], conf->name[b], sizeof(name));
	conf->server[b] = server;
	memcpy(conf->name[b], name, sizeof(name));
}

static int
free_slot(const struct conf *conf)
{
	int i;

	for (i = 0; i < CONF_SERVERS; i++)
		if (conf->name[i][0] == '\0')
			return i;
	return -1;
}

/* Gives slot i of `next` to the server that `now` has in slot `from`; whoever is in it moves. */
static int
keep_leaving(struct conf *next, const struct conf *now, int from, int i)
{
	int to = free_slot(next);

	if (to < 0)
		return 1;
	if (next->name[i][0] != '\0')
		swap_slots(next, i, to);
	next->server[i] = now->server[from];
	memcpy(next->name[i], now->name[from], sizeof(next->name[i]));
	next->leaving[i] = true;
	next->servers++;
	return adopt_server(next, &next->server[i]) ? 0 : 1;
}

static const void *
section_of(const struct conf *conf, const struct conf_key *key, int slot)
{
	int i;

	if (slot >= 0)
		return &conf->server[slot];
	for (i = 0; strcmp(conf_sections[i].name, conf_text(key->section)) != 0; i++)
		;
	return (const char *)conf + conf_sections[i].offset;
}

/* A value that only counts at the start of mcinit stays what it was then. */
static int
keep_boot_keys(struct conf *next, const struct conf *now)
{
	const struct conf_key *key;
	const void *old;
	char *new;
	int lost = 0;

	for (key = conf_keys; key < conf_keys + CONF_ROWS; key++) {
		if (key->when != CONF_BOOT || is_server_key(key))
			continue;
		old = (const char *)section_of(now, key, -1) + key->offset;
		new = (char *)next + ((const char *)old - (const char *)now);
		if (same_value(key, old, new))
			continue;
		memcpy(new, old, conf_size(key->type));
		lost += !adopt_value(next, key, new);
	}
	return lost;
}

int
conf_follow(struct conf *next, const struct conf *now, unsigned busy)
{
	int i, slot, lost;

	for (i = 0; i < CONF_SERVERS; i++) {
		slot = now->name[i][0] == '\0' ? -1 : conf_slot(next, now->name[i]);
		if (slot >= 0 && slot != i)
			swap_slots(next, i, slot);
	}
	lost = keep_boot_keys(next, now);
	for (i = 0; i < CONF_SERVERS; i++)
		if ((busy & (1U << i)) != 0 && now->name[i][0] != '\0' &&
		    conf_slot(next, now->name[i]) < 0)
			lost += keep_leaving(next, now, i, i);
	return lost;
}

int
conf_arrange(struct conf *conf, const struct conf *boot, char name[][CONF_NAME_BYTES])
{
	int i, slot;

	for (i = 0; i < CONF_SERVERS; i++) {
		slot = name[i][0] == '\0' ? -1 : conf_slot(conf, name[i]);
		if (slot >= 0 && slot != i)
			swap_slots(conf, i, slot);
	}
	return keep_boot_keys(conf, boot);
}

int
conf_recall(struct conf *conf, const struct conf *before, char name[][CONF_NAME_BYTES])
{
	int i, slot, lost = 0;

	for (i = 0; i < CONF_SERVERS; i++) {
		if (name[i][0] == '\0' || conf_slot(conf, name[i]) >= 0)
			continue;
		/* Of one that left two configurations ago only the name is known. */
		slot = conf_slot(before, name[i]);
		if (slot < 0)
			slot = 0;
		lost += keep_leaving(conf, before, slot, i);
		memcpy(conf->name[i], name[i], sizeof(conf->name[i]));
	}
	return lost;
}

static void
compare_key(const struct conf *a, const struct conf *b, const struct conf_key *key, int slot,
    void (*differs)(void *cookie, const struct conf_key *key, int slot), void *cookie)
{
	const char *one = (const char *)section_of(a, key, slot) + key->offset;
	const char *other = (const char *)section_of(b, key, slot) + key->offset;

	if (!same_value(key, one, other))
		differs(cookie, key, slot);
}

void
conf_compare(const struct conf *a, const struct conf *b,
    void (*differs)(void *cookie, const struct conf_key *key, int slot), void *cookie)
{
	const struct conf_key *key;
	int i;

	for (key = conf_keys; key < conf_keys + CONF_ROWS; key++) {
		if (!is_server_key(key)) {
			compare_key(a, b, key, -1, differs, cookie);
			continue;
		}
		for (i = 0; i < CONF_SERVERS; i++)
			if (a->name[i][0] != '\0' && strcmp(a->name[i], b->name[i]) == 0)
				compare_key(a, b, key, i, differs, cookie);
	}
}
