/* SPDX-License-Identifier: MIT */
/*
 * value: one value of the INI by its type: text to value, with its range.
 *
 * Called by conf.c for each line, each default and each override.  On a mistake the reason is
 * left in job->why and the value untouched.  It must never put a SECRET, or what a variable
 * put into one, into a reason.
 */
#include <string.h>
#include <strings.h>

#include "conf_in.h"
#include "fmt.h"

enum { WORD_BYTES = 32 };

static const struct conf_unit int_units[] = { { "", 1 }, { NULL, 0 } };
static const struct conf_unit percent_units[] = { { "%", 1 }, { NULL, 0 } };
/* conf_show() takes the first unit that divides the number. */
static const struct conf_unit duration_units[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 },
	{ "", 1000 }, { NULL, 0 }
};
/* A percentage is no multiple of anything: factor 0. */
static const struct conf_unit size_units[] = {
	{ "T", INT64_C(1) << 40 }, { "G", 1 << 30 }, { "M", 1 << 20 }, { "K", 1 << 10 }, { "", 1 },
	{ "TB", INT64_C(1) << 40 }, { "GB", 1 << 30 }, { "MB", 1 << 20 }, { "KB", 1 << 10 },
	{ "TiB", INT64_C(1) << 40 }, { "GiB", 1 << 30 }, { "MiB", 1 << 20 }, { "KiB", 1 << 10 },
	{ "B", 1 }, { "%", 0 }, { NULL, 0 }
};

static bool read_bool(struct conf_job *, const struct conf_key *, const char *, void *);
static bool read_number(struct conf_job *, const struct conf_key *, const char *, void *);
static bool read_enum(struct conf_job *, const struct conf_key *, const char *, void *);
static bool read_string(struct conf_job *, const struct conf_key *, const char *, void *);
static bool read_path(struct conf_job *, const struct conf_key *, const char *, void *);
static bool read_words(struct conf_job *, const struct conf_key *, const char *, void *);
static bool read_item(struct conf_job *, const struct conf_key *, const char *, void *);

/* `form` completes "is not ..."; with `many` values, `read` gets the text as the file has it. */
static const struct {
	const char *name;
	bool many, adds, text;
	bool (*read)(struct conf_job *, const struct conf_key *, const char *, void *);
	const struct conf_unit *units;
	const char *form;
} types[] = {
	[CONF_BOOL] = { "yes/no", .read = read_bool, .form = "yes or no" },
	[CONF_INT] = { "number", .read = read_number, .units = int_units,
	    .form = "a whole number" },
	[CONF_SIZE] = { "size", .read = read_number, .units = size_units,
	    .form = "a size such as 512M or 4G" },
	[CONF_PERCENT] = { "percent", .read = read_number, .units = percent_units,
	    .form = "a percentage such as 75%" },
	[CONF_DURATION] = { "time", .read = read_number, .units = duration_units,
	    .form = "a time such as 500ms, 10s, 5m or 2h" },
	[CONF_ENUM] = { "choice", .read = read_enum },
	[CONF_STRING] = { "text", .text = true, .read = read_string },
	[CONF_PATH] = { "path", .text = true, .read = read_path },
	[CONF_PROGRAM] = { "program", .text = true, .read = read_path },
	[CONF_WORDS] = { "words", .many = true, .read = read_words },
	[CONF_COMMAND] = { "command", .many = true, .read = read_words },
	[CONF_LIST] = { "words*", .many = true, .adds = true, .read = read_words },
	[CONF_LINES] = { "line*", .many = true, .adds = true, .read = read_item },
	[CONF_SECRET] = { "secret", .text = true, .read = read_string },
};
_Static_assert(sizeof(types) / sizeof(types[0]) == CONF_TYPE_COUNT, "one row per type");

#define X(name, ctype) sizeof(conf_##name##_value),
static const unsigned char sizes[] = { CONF_TYPES(X) };
#undef X

bool
conf_is_list(enum conf_type type)
{
	return types[type].adds;
}

bool
conf_is_many(enum conf_type type)
{
	return types[type].many;
}

bool
conf_is_text(enum conf_type type)
{
	return types[type].text;
}

const struct conf_unit *
conf_units(enum conf_type type)
{
	return types[type].units;
}

const char *
conf_type_name(enum conf_type type)
{
	return types[type].name;
}

size_t
conf_size(enum conf_type type)
{
	return sizes[type];
}

/* An octal row is one whose range ends in an octal number: "0..0777". */
bool
conf_is_octal(const struct conf_key *key)
{
	const char *dots = strstr(conf_text(key->range), "..0");

	return key->type == CONF_INT && dots != NULL && dots[3] >= '0' && dots[3] <= '7';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* --- ranges --- */

/* Cuts the next alternative off a range. */
static bool
next_part(const char **range, char part[WORD_BYTES])
{
	size_t n = strcspn(*range, "|");

	if (**range == '\0')
		return false;
	fmt_put(part, WORD_BYTES, "%.*s", (int)n, *range);
	*range += n + ((*range)[n] == '|');
	return true;
}

static bool
is_interval(const char *part)
{
	return is_digit(part[0]) || (part[0] == '-' && is_digit(part[1]));
}

bool
conf_range_word(const char *range, int n, char *word, size_t room)
{
	char part[WORD_BYTES];

	while (next_part(&range, part)) {
		if (is_interval(part) || n-- > 0)
			continue;
		fmt_put(word, room, "%s", part);
		return true;
	}
	return false;
}

/* Which of the words of a range `text` is, or -1. */
static int
word_index(const char *range, const char *text)
{
	char word[WORD_BYTES];
	int i;

	for (i = 0; conf_range_word(range, i, word, sizeof(word)); i++)
		if (strcasecmp(word, text) == 0)
			return i;
	return -1;
}

/* Digits and a unit; no sign but the minus of an INT, no blanks, nothing behind. */
static bool
number(enum conf_type type, int64_t numeral, const char *text, int64_t *value)
{
	bool minus = type == CONF_INT && *text == '-';
	const char *s = text + minus;
	const struct conf_unit *unit;
	int64_t n = 0;

	if (!is_digit(*s))
		return false;
	for (; is_digit(*s); s++)
		if (*s - '0' >= numeral || __builtin_mul_overflow(n, numeral, &n) ||
		    __builtin_add_overflow(n, *s - '0', &n))
			return false;
	for (unit = types[type].units; unit->name && strcasecmp(unit->name, s) != 0; unit++)
		;
	if (unit->name == NULL)
		return false;
	if (unit->factor == 0) {
		*value = CONF_PERCENT(n);
		return n <= 1000;
	}
	*value = minus ? -n : n;
	return !__builtin_mul_overflow(*value, unit->factor, value);
}

static bool
is_percent(int64_t value)
{
	return value <= CONF_PERCENT(1000);
}

/* Whether `value` lies in one of the intervals; if not, `bound` becomes one that it violates. */
static bool
within(enum conf_type type, int64_t numeral, const char *range, int64_t value,
    char bound[WORD_BYTES], bool *below)
{
	char part[WORD_BYTES], *high;
	int64_t lo, hi;

	bound[0] = '\0';
	*below = false;
	while (next_part(&range, part)) {
		if (!is_interval(part))
			continue;
		high = strstr(part, "..");
		if (high != NULL) {
			*high = '\0';
			high += 2;
		}
		if (!number(type, numeral, part, &lo) ||
		    !number(type, numeral, high ? high : part, &hi) ||
		    is_percent(lo) != is_percent(value))
			continue;
		if (value >= lo && value <= hi)
			return true;
		*below = value < lo;
		fmt_put(bound, WORD_BYTES, "%s", *below || !high ? part : high);
	}
	return false;
}

static bool
has_interval(const char *range)
{
	char part[WORD_BYTES];

	while (next_part(&range, part))
		if (is_interval(part))
			return true;
	return false;
}

static bool
check_length(struct conf_job *job, const struct conf_key *key, const char *text)
{
	char bound[WORD_BYTES];
	bool below;

	if (!has_interval(conf_text(key->range)) ||
	    within(CONF_INT, 10, conf_text(key->range), (int64_t)strlen(text), bound, &below))
		return true;
	if (*text == '\0')
		return conf_why(job, "is empty; leave the line out to get \"%s\"", conf_text(key->def));
	return conf_why(job, "has %zu bytes, and at %s %s are possible", strlen(text),
	    below ? "least" : "most", bound);
}

/* --- one reader per kind of type --- */

static bool
not_a(struct conf_job *job, const struct conf_key *key, const char *form, const char *text)
{
	bool comment = strstr(text, " ;") != NULL || strstr(text, " #") != NULL;
	bool words = key->type != CONF_ENUM && conf_text(key->range)[0] != '\0';

	if (*text == '\0')
		return conf_why(job, "has no value; leave the line out to get %s", conf_text(key->def));
	return conf_why(job, "\"%.60s\" is not %s%s%s%s%s", text, form, words ? " (possible: " : "",
	    words ? conf_text(key->range) : "", words ? ")" : "",
	    comment ? "; comments need their own line" : "");
}

/* 1, 0, or -1 for what is neither. */
static int
truth(const char *text)
{
	static const char words[] = "no|yes|false|true|off|on";
	int i = word_index(words, text);

	if (i < 0 && (strcmp(text, "0") == 0 || strcmp(text, "1") == 0))
		i = *text - '0';
	return i < 0 ? -1 : i & 1;
}

static bool
read_bool(struct conf_job *job, const struct conf_key *key, const char *text, void *value)
{
	int i = truth(text);

	if (i < 0)
		return not_a(job, key, types[key->type].form, text);
	*(bool *)value = i;
	return true;
}

static bool
read_enum(struct conf_job *job, const struct conf_key *key, const char *text, void *value)
{
	static const char *const same[] = { "no", "yes" };
	char form[128];
	int i = word_index(conf_text(key->range), text), yes = truth(text);

	/* "restart = off" and "prefix = true" are as good as no and yes. */
	if (i < 0 && yes >= 0)
		i = word_index(conf_text(key->range), same[yes]);
	fmt_put(form, sizeof(form), "one of %s", conf_text(key->range));
	if (i < 0)
		return not_a(job, key, form, text);
	*(int *)value = i;
	return true;
}

static bool
read_number(struct conf_job *job, const struct conf_key *key, const char *text, void *value)
{
	int64_t numeral = conf_is_octal(key) ? 8 : 10, n = 0;
	int word = word_index(conf_text(key->range), text);
	char bound[WORD_BYTES];
	bool below;

	if (word < 0 && !number(key->type, numeral, text, &n))
		return not_a(job, key, types[key->type].form, text);
	if (word >= 0)
		n = CONF_WORD(word);
	else if (!within(key->type, numeral, conf_text(key->range), n, bound, &below))
		return bound[0] != '\0' ?
		    conf_why(job, "%.60s is %s %s", text, below ? "below" : "above", bound) :
		    conf_why(job, "%.60s: this cannot be a percentage (possible: %s)", text,
		    conf_text(key->range));
	*(int64_t *)value = n;
	return true;
}

static bool
read_string(struct conf_job *job, const struct conf_key *key, const char *text, void *value)
{
	const char *stored;

	if (!check_length(job, key, text))
		return false;
	stored = *text == '\0' ? "" : conf_keep(job, "", text);
	if (stored != NULL)
		*(const char **)value = stored;
	return true;
}

/* Cuts "./" off, so that the same file has the same name in messages; "." becomes "". */
static const char *
without_dot(const char *path)
{
	while (path[0] == '.' && (path[1] == '/' || path[1] == '\0'))
		for (path++; *path == '/'; path++)
			;
	return path;
}

/* Where a path starts: "", or the INI's directory.  A program without a slash is for $PATH. */
static const char *
base_of(const struct conf_job *job, const char *path, bool program)
{
	return *path == '/' || (program && strchr(path, '/') == NULL) ? "" : job->source->directory;
}

static bool
check_path(struct conf_job *job, const char *base, const char *path)
{
	if (strlen(base) + strlen(path) + 2 > CONF_PATH_BYTES)
		return conf_why(job, "a path of more than %d bytes", CONF_PATH_BYTES - 1);
	return true;
}

static bool
read_path(struct conf_job *job, const struct conf_key *key, const char *text, void *value)
{
	const char *base = base_of(job, text, key->type == CONF_PROGRAM);
	const char *stored;

	if (!check_path(job, base, text))
		return false;
	if (*text == '\0' && conf_text(key->def)[0] != '\0')
		return not_a(job, key, "", text);
	stored = *text == '\0' ? "" : conf_keep(job, base, *base ? without_dot(text) : text);
	if (stored != NULL)
		*(const char **)value = stored;
	return true;
}

static bool
check_word(struct conf_job *job, const struct conf_key *key, const char *word)
{
	char bound[WORD_BYTES];
	int64_t n;
	bool below;

	if (key->type != CONF_LIST || conf_text(key->range)[0] == '\0')
		return true;
	if (!number(CONF_INT, 10, word, &n))
		return not_a(job, key, types[CONF_INT].form, word);
	if (!within(CONF_INT, 10, conf_text(key->range), n, bound, &below))
		return conf_why(job, "%.60s is %s %s", word, below ? "below" : "above", bound);
	return true;
}

static bool
is_empty(const char *text)
{
	return text[strspn(text, " \t")] == '\0';
}

static bool
read_words(struct conf_job *job, const struct conf_key *key, const char *text, void *value)
{
	struct conf_list *list = value;
	const char *base = "";
	bool program = key->type == CONF_COMMAND;
	int r;

	if (key->type != CONF_LIST || is_empty(text))
		*list = (struct conf_list){ "", 0 };
	while ((r = conf_take_word(job, &text)) > 0) {
		if (!check_word(job, key, job->text))
			return false;
		if (program)
			base = base_of(job, job->text, true);
		if (!check_path(job, base, *base ? job->text : ""))
			return false;
		conf_add_item(job, list, base, *base ? without_dot(job->text) : job->text);
		program = false;
		base = "";
	}
	return r == 0;
}

/* One NAME=VALUE.  A reason names only NAME: the rest may be a password. */
static bool
read_item(struct conf_job *job, const struct conf_key *key, const char *text, void *value)
{
	struct conf_list *list = value;
	size_t name;

	(void)key;
	if (is_empty(text))
		*list = (struct conf_list){ "", 0 };
	if (!conf_take_all(job, text))
		return false;
	name = strcspn(job->text, "=");
	if (job->text[0] == '\0')
		return true;
	if (name == 0 || job->text[name] == '\0')
		return conf_why(job, "write NAME=VALUE behind the \"=\"");
	if (strcspn(job->text, " \t") < name)
		return conf_why(job, "write NAME=VALUE, with no blank before the second \"=\"");
	conf_add_item(job, list, "", job->text);
	return true;
}

bool
conf_read(struct conf_job *job, const struct conf_key *key, const char *text, void *value)
{
	job->why[0] = '\0';
	if (types[key->type].many)
		return types[key->type].read(job, key, text, value);
	return conf_take_all(job, text) && types[key->type].read(job, key, job->text, value);
}
