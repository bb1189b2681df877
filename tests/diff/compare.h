/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the kernel's maps hold what the reference's do. What is compared by value is all but
 * clocks: a time of the reference is the number of a step, and the kernel's must lie between the
 * times before and after that step; `last`, in ticks, is left out.
 */
#pragma once

#include <stdbool.h>

#include "kernel.h"
#include "tests/reference/reference.h"

#define COMPARE_TEXT 4096

struct compare_window {
	uint64_t from_ns, to_ns;
};

struct compare {
	struct kernel *kernel;
	const struct reference *ref;
	const struct compare_window *windows; /* by the reference's time */
	char text[COMPARE_TEXT];	      /* what is different, a line each */
	size_t len;
};

/* Each returns 0, also if there are differences (text then is not empty), or a negative errno. */
int compare_iface(struct compare *compare);
int compare_events(struct compare *compare);
int compare_flow(struct compare *compare, const struct weir_flow_key *key);
/* All flows, counters and fragments. */
int compare_whole(struct compare *compare);
void compare_value(struct compare *compare, const struct weir_flow *kernel,
		   const struct weir_flow *ref);
void compare_say(struct compare *compare, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
