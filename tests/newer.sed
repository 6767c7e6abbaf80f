# SPDX-License-Identifier: MIT
#
# Makes an mcinit to come out of this one, for tests/reexec.bats: the records of its state have grown.
# Called by make, on each header of a copy.
/int64_t deadline\[STEP_TIMER_ROOM\];/a uint64_t newer[3];
/bool proving;/a uint64_t newer;
/int32_t trial;/a int32_t newer[3];
/uint32_t noted;/a int32_t newer;
/bool on;.*else nothing/a char newer[10];
/int32_t asking;/a int32_t newer;
