/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the line editor: whatever is typed, a terminal understands what is drawn, the line is
 * sound text, and the row shows it as it is.
 *
 * The first byte is the width of the terminal, the rest is typed.
 */
#include "edit_lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IN_MOST = 4096 };

static struct edit e;
static struct screen s;

static void
insist(bool right)
{
	if (!right)
		abort();
}

static void
show(void)
{
	insist(e.out_bytes <= sizeof(e.out));
	insist(lab_show(&s, e.out, e.out_bytes));
}

/* The model does not know how wide all letters are. */
static bool
is_known(const char *text)
{
	uint32_t letter;

	for (size_t count; *text != '\0'; text += count) {
		count = lab_decode(text, strlen(text), &letter);
		insist(count > 0);
		if (letter > 0x2ff && lab_width(letter) == 1)
			return false;
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > IN_MOST)
		return 0;
	memset(&e, 0, sizeof(e));
	s.columns = data[0] % (LAB_COLUMNS - 1) + 1;
	s.at = 0;
	lab_erase(&s, 0);
	edit_begin(&e, "> ", s.columns);
	show();
	for (size_t i = 1; i < size; i++) {
		enum edit_news news = edit_take(&e, (char)data[i]);

		insist(e.bytes < sizeof(e.line) && lab_is_sound(e.line, e.bytes));
		if (!is_known(e.line))
			return 0;
		show();
		if (news == EDIT_GOES_ON) {
			insist(lab_wrong(&e, &s) == NULL);
			continue;
		}
		insist(s.at == 0);
		edit_begin(&e, "> ", s.columns);
		show();
	}
	return 0;
}
