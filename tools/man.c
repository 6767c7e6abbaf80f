/* SPDX-License-Identifier: MIT */
/*
 * man: prints man/mcinit.ini.5 from the rows of keys.def.
 *
 * Built and run by `make man`, and by tests/check-man.sh, which finds a stale page.  A program
 * of its own, so that the page's text is not in everybody's binary.
 */
#include <stdio.h>

#include "ini/conf.h"

static void
put(const char *text)
{
	fputs(text, stdout);
}

int
main(void)
{
	conf_print_man(put);
	return 0;
}
