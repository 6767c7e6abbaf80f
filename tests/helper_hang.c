/* SPDX-License-Identifier: MIT */
/*
 * helper_hang: a program that does nothing, and does not end; for tests/reexec.bats.
 */
#include <unistd.h>

int
main(void)
{
	for (;;)
		pause();
}
