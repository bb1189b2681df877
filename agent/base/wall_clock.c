// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two clocks cannot be read at once: the one is read between two looks at the other, and what lies
 * between them is known as exactly as those are close. So who is interrupted meanwhile sees a step
 * later, but never one that there was not.
 */
#include "base/wall_clock.h"

#include "base/timefmt.h"

#define TRIES	 5
#define EXACT_NS 1000ULL /* of a measurement, and of what is no step */

/* It is within [low, low + width]. */
struct offset {
	uint64_t low_ns, width_ns;
};

static struct offset read_offset(const struct wall_clock *clock)
{
	uint64_t before_ns = clock->monotonic_ns(), wall_ns = clock->realtime_ns();
	uint64_t after_ns = clock->monotonic_ns();

	return (struct offset){ wall_ns - after_ns, after_ns - before_ns };
}

static uint64_t measure(const struct wall_clock *clock)
{
	struct offset best = read_offset(clock);

	for (int i = 1; i < TRIES && best.width_ns > EXACT_NS; i++) {
		struct offset now = read_offset(clock);

		if (now.width_ns < best.width_ns)
			best = now;
	}
	return best.low_ns + best.width_ns / 2;
}

void wall_clock_init(struct wall_clock *ret)
{
	*ret = (struct wall_clock){ .monotonic_ns = time_monotonic_ns,
				    .realtime_ns = time_realtime_ns };
	ret->offset_ns = measure(ret);
}

int64_t wall_clock_look(struct wall_clock *clock)
{
	struct offset now = read_offset(clock);
	uint64_t known_ns = clock->offset_ns;

	/* Unsigned: what is below the interval is far above it. */
	if (known_ns - (now.low_ns - EXACT_NS) <= now.width_ns + 2 * EXACT_NS)
		return 0;
	clock->offset_ns = measure(clock);
	return (int64_t)(clock->offset_ns - known_ns);
}
