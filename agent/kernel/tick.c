// SPDX-License-Identifier: BSD-2-Clause
/* Ticks between two readings against the time between them: the nearest rate that kernels have. */
#include "kernel/tick.h"

#include <stddef.h>

#include "base/cleanup.h"

#define NS_PER_S 1000000000ULL
#define APART_NS (NS_PER_S / 2) /* enough to tell 250 from 300 a second */

void tick_measure(struct tick *tick, uint32_t jiffies, uint64_t now_ns)
{
	static const uint32_t rates[] = { 100, 250, 300, 1000 };
	uint64_t passed_ns = now_ns - tick->first_ns;
	uint64_t rate, best = UINT64_MAX;

	if (!tick->first_ns) {
		tick->first_ns = now_ns;
		tick->first_jiffies = jiffies;
		return;
	}
	if (tick->ns || passed_ns < APART_NS)
		return;
	rate = (jiffies - tick->first_jiffies) * NS_PER_S / passed_ns;
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		uint64_t off = rate > rates[i] ? rate - rates[i] : rates[i] - rate;

		if (off < best) {
			best = off;
			tick->ns = NS_PER_S / rates[i];
		}
	}
}
