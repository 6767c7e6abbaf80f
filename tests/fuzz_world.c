/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the bytes of a state: whatever somebody made of them, the reader refuses or accepts; what it
 * accepts is sound, and the decision goes on from it without a fault.
 *
 * The input is a list of mutations of a real state (world_lab.h).
 */
#include "world_lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (world_lab.w == NULL)
		world_lab_begin();
	world_lab_try(data, size);
	return 0;
}
