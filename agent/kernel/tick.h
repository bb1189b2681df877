/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The length of the kernel's tick, in which flow entries say when they were last seen. The kernel
 * does not tell it: it is found by reading its clock twice.
 */
#pragma once

#include <stdint.h>

/* Begins as {}. */
struct tick {
	uint64_t ns; /* 0: not known yet */
	uint64_t first_ns;
	uint32_t first_jiffies;
};

/* A reading: what the two clocks say at the same time. */
void tick_measure(struct tick *tick, uint32_t jiffies, uint64_t now_ns);
