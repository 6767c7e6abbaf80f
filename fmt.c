/* SPDX-License-Identifier: MIT */
/*
 * fmt: text into a room of fixed size; see fmt.h.
 *
 * It must never write outside the room, and never read a string beyond its precision.
 */
#include "fmt.h"

#include <stdbool.h>
#include <string.h>

struct sink {
	char *text;
	size_t room, length;
};

/* One conversion: what stands between % and its letter. */
struct form {
	bool left, zero;
	int width, precision;		/* precision -1 = none */
	int longs;			/* 0 int, 1 long or size_t, 2 long long */
};

enum { DIGITS = 24 };			/* 64 bits in octal, and the NUL */

static void
add(struct sink *sink, char c)
{
	if (sink->length + 1 < sink->room)
		sink->text[sink->length] = c;
	sink->length++;
}

static void
pad(struct sink *sink, char c, int count)
{
	while (count-- > 0)
		add(sink, c);
}

static void
add_field(struct sink *sink, const struct form *form, const char *bytes, size_t count)
{
	int gap = form->width - (int)count;

	if (!form->left)
		pad(sink, ' ', gap);
	for (size_t i = 0; i < count; i++)
		add(sink, bytes[i]);
	if (form->left)
		pad(sink, ' ', gap);
}

static void
add_string(struct sink *sink, const struct form *form, const char *string)
{
	size_t count = form->precision < 0 ? strlen(string) :
	    strnlen(string, (size_t)form->precision);

	add_field(sink, form, string, count);
}

static void
add_number(struct sink *sink, const struct form *form, unsigned long long value, bool negative,
    unsigned base)
{
	char digits[DIGITS];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value > 0);
	if (form->zero && !form->left) {
		if (negative)
			add(sink, '-');
		pad(sink, '0', form->width - (int)(sizeof(digits) - at) - negative);
		add_field(sink, &(struct form){ 0 }, digits + at, sizeof(digits) - at);
		return;
	}
	if (negative)
		digits[--at] = '-';
	add_field(sink, form, digits + at, sizeof(digits) - at);
}

static long long
take_signed(const struct form *form, va_list *arguments)
{
	if (form->longs == 0)
		return va_arg(*arguments, int);
	return form->longs == 1 ? va_arg(*arguments, long) : va_arg(*arguments, long long);
}

static unsigned long long
take_unsigned(const struct form *form, va_list *arguments)
{
	if (form->longs == 0)
		return va_arg(*arguments, unsigned);
	return form->longs == 1 ? va_arg(*arguments, unsigned long) :
	    va_arg(*arguments, unsigned long long);
}

static int
take_count(const char **format, va_list *arguments)
{
	int count = 0;

	if (**format == '*') {
		(*format)++;
		count = va_arg(*arguments, int);
		return count < 0 ? 0 : count;
	}
	for (; **format >= '0' && **format <= '9'; (*format)++)
		count = count * 10 + (**format - '0');
	return count;
}

static struct form
read_form(const char **format, va_list *arguments)
{
	struct form form = { .precision = -1 };

	for (; **format == '-' || **format == '0'; (*format)++) {
		form.left |= **format == '-';
		form.zero |= **format == '0';
	}
	form.width = take_count(format, arguments);
	if (**format == '.') {
		(*format)++;
		form.precision = take_count(format, arguments);
	}
	for (; **format == 'l' || **format == 'z'; (*format)++)
		form.longs++;
	return form;
}

static void
convert(struct sink *sink, char letter, const struct form *form, va_list *arguments)
{
	long long number;
	char c;

	switch (letter) {
	case 's':
		add_string(sink, form, va_arg(*arguments, const char *));
		break;
	case 'c':
		c = (char)va_arg(*arguments, int);
		add_field(sink, form, &c, 1);
		break;
	case 'd':
		number = take_signed(form, arguments);
		add_number(sink, form, number < 0 ? -(unsigned long long)number :
		    (unsigned long long)number, number < 0, 10);
		break;
	case 'u':
	case 'x':
	case 'o':
		add_number(sink, form, take_unsigned(form, arguments), false,
		    letter == 'u' ? 10 : letter == 'x' ? 16 : 8);
		break;
	default:
		add(sink, letter);
		break;
	}
}

size_t
fmt_vput(char *text, size_t room, const char *format, va_list arguments)
{
	struct sink sink = { .text = text, .room = room };
	va_list rest;

	/* An array type cannot be passed on by address on every machine; a copy can. */
	va_copy(rest, arguments);
	while (*format != '\0') {
		struct form form;

		if (*format != '%') {
			add(&sink, *format++);
			continue;
		}
		format++;
		form = read_form(&format, &rest);
		if (*format != '\0')
			convert(&sink, *format++, &form, &rest);
	}
	va_end(rest);
	text[sink.length < room ? sink.length : room - 1] = '\0';
	return sink.length;
}

size_t
fmt_put(char *text, size_t room, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = fmt_vput(text, room, format, arguments);
	va_end(arguments);
	return length;
}

/*
 * Days since 1970 to a date: eras of 400 years that begin in March, so that the leap day is the
 * last of its year.  (gmtime_r would bring malloc along, by way of the time zones.)
 */
static void
date_of(int64_t days, int *year, int *month, int *day)
{
	enum { ERA = 146097, TO_ERA = 719468 };
	int64_t in_era = (days + TO_ERA) % ERA, era = (days + TO_ERA) / ERA;
	int64_t of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / (ERA - 1)) / 365;
	int64_t of_year = in_era - (365 * of_era + of_era / 4 - of_era / 100);
	int64_t from_march = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * from_march + 2) / 5 + 1);
	*month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
	*year = (int)(of_era + era * 400 + (*month <= 2));
}

void
fmt_time(char *text, size_t room, int64_t ms)
{
	int64_t since = ms < 0 ? 0 : ms, seconds = since / 1000;
	int year, month, day;

	date_of(seconds / 86400, &year, &month, &day);
	fmt_put(text, room, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day,
	    (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60), (int)(seconds % 60),
	    (int)(since % 1000));
}

size_t
fmt_json(char to[FMT_JSON], char byte)
{
	unsigned char c = (unsigned char)byte;

	if (c < 0x20 || c == 0x7f)
		return fmt_put(to, FMT_JSON, "\\u%04x", c);
	if (c != '"' && c != '\\') {
		to[0] = byte;
		return 1;
	}
	to[0] = '\\';
	to[1] = byte;
	return 2;
}
