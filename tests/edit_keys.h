/* SPDX-License-Identifier: MIT */
/*
 * edit_keys: somebody who types at the terminal of edit_lab.h, and looks after each key.
 *
 * Included once by each unit test of edit.h.  It must never accept a row that edit_lab.h
 * finds wrong.
 */
#ifndef EDIT_KEYS_H
#define EDIT_KEYS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "edit_lab.h"

#define UP		"\033[A"
#define DOWN		"\033[B"
#define RIGHT		"\033[C"
#define LEFT		"\033[D"
#define HOME		"\033[H"
#define DELETE		"\033[3~"
#define BACKSPACE	"\x7f"
#define CTRL_A		"\x01"
#define CTRL_B		"\x02"
#define CTRL_C		"\x03"
#define CTRL_D		"\x04"
#define CTRL_E		"\x05"
#define CTRL_F		"\x06"
#define CTRL_H		"\x08"
#define CTRL_K		"\x0b"
#define CTRL_L		"\x0c"
#define CTRL_N		"\x0e"
#define CTRL_P		"\x10"
#define CTRL_U		"\x15"
#define CTRL_W		"\x17"
#define CTRL_Y		"\x19"

#define UE		"\xc3\xbc"		/* two bytes, one column */
#define EURO		"\xe2\x82\xac"		/* three, one */
#define HAN		"\xe6\xbc\xa2"		/* three, two */
#define SMILE		"\xf0\x9f\x98\x80"	/* four, two */
#define ACUTE		"\xcc\x81"		/* two, none */

static struct edit e;
static struct screen s;

static void
show(void)
{
	assert_true(e.out_bytes <= sizeof(e.out));
	s.rang = s.cleared = false;
	assert_true(lab_show(&s, e.out, e.out_bytes));
}

static void
begin_at(const char *prompt, int columns)
{
	const char *wrong;

	s.columns = columns > 0 ? columns : 80;
	edit_begin(&e, prompt, columns);
	show();
	wrong = lab_wrong(&e, &s);
	if (wrong != NULL)
		fail_msg("%s", wrong);
}

static void
begin(void)
{
	begin_at("> ", 40);
}

static int
forget(void **state)
{
	(void)state;
	memset(&e, 0, sizeof(e));
	s.columns = LAB_COLUMNS;
	s.at = s.rows = 0;
	lab_erase(&s, 0);
	begin();
	return 0;
}

static enum edit_news
type(const char *keys)
{
	enum edit_news news = EDIT_GOES_ON;

	for (; *keys != '\0'; keys++) {
		assert_int_equal(news, EDIT_GOES_ON);
		news = edit_take(&e, *keys);
		show();
		if (news == EDIT_GOES_ON && lab_wrong(&e, &s) != NULL)
			fail_msg("%s", lab_wrong(&e, &s));
	}
	return news;
}

static void
type_times(int times, const char *keys)
{
	while (times-- > 0)
		assert_int_equal(type(keys), EDIT_GOES_ON);
}

/* The row, with a | before the column where the cursor stands. */
static const char *
screen(void)
{
	static char text[LAB_ROW + 1];
	char row[LAB_ROW];
	const char *at = row;
	int column = 0;
	size_t n;

	lab_row(&s, row);
	while (column < s.at && *at != '\0') {
		uint32_t letter;

		at += lab_decode(at, strlen(at), &letter);
		column += lab_width(letter);
		while (lab_decode(at, strlen(at), &letter) > 1 && lab_width(letter) == 0)
			at += 2;
	}
	n = (size_t)(at - row);
	memcpy(text, row, n);
	for (; column < s.at; column++)
		text[n++] = ' ';
	sprintf(text + n, "|%s", at);
	return text;
}

#define SEES(keys, expected) do { \
	assert_int_equal(type(keys), EDIT_GOES_ON); \
	assert_string_equal(screen(), expected); \
} while (0)

#define CASE(name)	cmocka_unit_test_setup(name, forget)

#endif
