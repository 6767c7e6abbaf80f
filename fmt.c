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
