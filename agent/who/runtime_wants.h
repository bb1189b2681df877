/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ids of containers that somebody has seen and nobody knows: when each is to be asked for, and
 * who has been asked already. Times are CLOCK_MONOTONIC.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "who/listing.h"

struct want {
	char id[FOUND_ID_MAX + 1];
	unsigned int tries;
	uint64_t due_ns;
	uint64_t asked; /* a bit for each place that has been asked in this try */
	bool is_over;	/* nobody knows it; kept, so that it is not asked for again */
};

struct wants {
	struct want *at; /* room for RUNTIME_WANTS_MAX */
	size_t count;
};

int wants_init(struct wants *ret);
void wants_done(struct wants *wants);
/* False: no room, even after forgetting one that is over. One that is there stays as it is. */
bool wants_add(struct wants *wants, const char *id, uint64_t now_ns);
void wants_remove(struct wants *wants, size_t index);
/* All that are there have been asked in vain: later again, or never. True: never. */
bool wants_missed(struct want *want, uint64_t now_ns);
