/* SPDX-License-Identifier: MIT */
/*
 * trace: what the decision was told and what it answered; see trace.h.
 *
 * It must never write outside the room it is given; what does not fit is left out.
 */
#include "trace.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fmt.h"
#include "words.h"

struct page {
	char *text;
	size_t room, used;
};

__attribute__((format(printf, 2, 3)))
static void
put(struct page *page, const char *format, ...)
{
	va_list arguments;
	size_t n;

	va_start(arguments, format);
	n = fmt_vput(page->text + page->used, page->room - page->used, format, arguments);
	va_end(arguments);
	page->used += n < page->room - page->used ? n : page->room - page->used - 1;
}

static const void *
section_of(const struct conf *conf, const char *section, int slot)
{
	if (strcmp(section, "mcinit") == 0)
		return &conf->mcinit;
	return strcmp(section, "log") == 0 ? (const void *)&conf->log :
	    (const void *)&conf->server[slot];
}

/*
 * The rules belong into a bug report; words of a user's own may hold his secrets.  Of some it matters
 * whether there are any: those are told by a word that stands for them.
 */
static bool
is_rule(const struct conf_key *key, const char **stands_for)
{
	int type = key->type;

	*stands_for = type == CONF_COMMAND ? "/command" :
	    strcmp(conf_text(key->name), "stop_command") == 0 ? "stop" :
	    strcmp(conf_text(key->section), "log") == 0 && type == CONF_PATH ? "/log" : NULL;
	return *stands_for != NULL || type == CONF_BOOL || type == CONF_INT || type == CONF_SIZE ||
	    type == CONF_PERCENT || type == CONF_DURATION || type == CONF_ENUM;
}

static void
put_section(struct page *page, const struct conf *conf, const char *section, int slot)
{
	char value[1024];

	for (int i = 0; i < conf_key_count; i++) {
		const struct conf_key *key = &conf_keys[i];
		const char *stands_for;

		if (strcmp(conf_text(key->section), section) != 0 || !is_rule(key, &stands_for))
			continue;
		conf_show(key, section_of(conf, section, slot), value, sizeof(value));
		if (stands_for != NULL && *value != '\0')
			fmt_put(value, sizeof(value), "%s", stands_for);
		if (strcmp(value, conf_text(key->def)) == 0)
			continue;
		if (slot < 0)
			put(page, "conf %s.%s=%s\n", section, conf_text(key->name), value);
		else
			put(page, "conf server:%s.%s=%s\n", conf->name[slot], conf_text(key->name), value);
	}
}

void
trace_head(char *text, size_t room, const struct step_whole *whole, const struct conf *conf)
{
	struct page page = { .text = text, .room = room };

	put(&page, "mcinit-trace 1 %d %d\n", whole->mode, whole->in_container);
	put_section(&page, conf, "mcinit", -1);
	put_section(&page, conf, "log", -1);
	for (int slot = 0; slot < CONF_SERVERS; slot++) {
		if (conf->name[slot][0] == '\0' || conf->leaving[slot])
			continue;
		put(&page, "conf server:%s.dir=/%s\n", conf->name[slot], conf->name[slot]);
		put_section(&page, conf, "server", slot);
	}
}

void
trace_turn(char *text, size_t room, int64_t now, const struct step_event *event,
    const struct step_acts *acts, const struct step_machine *after)
{
	struct page page = { .text = text, .room = room };

	put(&page, "@%lld %s %d %d\n", (long long)now, words_event(event->what), event->slot, event->a);
	for (int i = 0; i < acts->count; i++) {
		const struct step_act *act = &acts->act[i];

		if (act->what == ACT_SAY)
			put(&page, " -> SAY %d %s %lld %lld\n", act->slot,
			    words_message_id((int)act->a), (long long)act->b, (long long)act->c);
		else
			put(&page, " -> %s %d %lld %lld\n", words_action(act->what), act->slot,
			    (long long)act->a, (long long)act->b);
	}
	if (event->slot >= 0)
		put(&page, " = %d %s\n", event->slot, words_state(after->server[event->slot].is));
}

bool
trace_read(const char *line, int64_t *now, struct step_event *event)
{
	const char *end;
	char *rest;

	if (*line != '@')
		return false;
	*now = strtoll(line + 1, &rest, 10);
	rest += strspn(rest, " ");
	end = rest + strcspn(rest, " ");
	for (int i = 0; i < STEP_EVENT_COUNT; i++) {
		const char *name = words_event(i);

		if (strlen(name) != (size_t)(end - rest) || strncmp(name, rest, strlen(name)) != 0)
			continue;
		event->what = (uint8_t)i;
		event->slot = (int8_t)strtol(end, &rest, 10);
		event->a = (int32_t)strtol(rest, NULL, 10);
		return true;
	}
	return false;
}
