/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What time it is by the clock on the wall, of moments that the kernel tells by CLOCK_MONOTONIC. NTP
 * slows both clocks down together, so what lies between them changes only when somebody sets the one,
 * or the machine has slept: then it is measured anew.
 */
#pragma once

#include <stdint.h>

struct wall_clock {
	uint64_t offset_ns; /* what makes CLOCK_MONOTONIC the time since 1970 */
	/* The clocks that are read; tests have others. */
	uint64_t (*monotonic_ns)(void);
	uint64_t (*realtime_ns)(void);
};

void wall_clock_init(struct wall_clock *ret);
/*
 * Has it been set? Three looks at clocks, 0.1 us. By how many ns, forward; 0: not, or by less than a
 * microsecond.
 */
int64_t wall_clock_look(struct wall_clock *clock);
