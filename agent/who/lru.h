/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of items in the order in which they were used; the ring's own link stands between the
 * newest (next) and the oldest (prev). An item embeds its link first.
 */
#pragma once

#include <stdbool.h>

struct lru {
	struct lru *prev, *next;
};

static inline void lru_init(struct lru *ring)
{
	ring->prev = ring->next = ring;
}

static inline bool lru_is_empty(const struct lru *ring)
{
	return ring->next == ring;
}

static inline void lru_add(struct lru *ring, struct lru *link)
{
	link->prev = ring;
	link->next = ring->next;
	ring->next->prev = link;
	ring->next = link;
}

static inline void lru_remove(struct lru *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
}
