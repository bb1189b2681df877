// SPDX-License-Identifier: BSD-2-Clause
/*
 * A list that is worked off from its end, in slices of less than a millisecond. If it is full those
 * leave it that are not wanted any more: when the agent is late, what it reads next often tells who
 * they are, or that they have ended.
 */
#include "who/asks.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "loop.h"
#include "who/sockets.h"

#define SLICE 256
#define PURGE 256 /* that a purge must have removed for another one to be worth its while */

struct ask {
	struct weir_tuple tuple;
	int nsid;
};

struct asks {
	struct sockets *sockets;
	const struct asks_ops *ops;
	void *ctx;
	struct watch *timer;
	uint32_t count;
	uint64_t refused;
	bool is_waiting; /* for the timer */
	bool is_wanted;	 /* the whole list, nearly, when that was looked at last */
	struct ask list[ASKS_MAX];
};

/* Asks the kernel for those of the slice that are still wanted. */
static void asks_slice(struct asks *asks, const struct ask *slice, uint32_t count)
{
	struct weir_lookup lookups[SLICE];
	size_t wanted = 0;
	int r;

	for (uint32_t i = 0; i < count; i++) {
		if (asks->ops->is_wanted(asks->ctx, &slice[i].tuple))
			lookups[wanted++] = (struct weir_lookup){ .tuple = slice[i].tuple,
								  .nsid = slice[i].nsid };
	}
	r = wanted ? sockets_lookup(asks->sockets, lookups, wanted) : 0;
	for (size_t i = 0; r >= 0 && i < wanted; i++) {
		if (!lookups[i].is_found || !lookups[i].owner.tgid)
			continue;
		asks->ops->found(asks->ctx, &lookups[i].tuple, &lookups[i].owner);
	}
}

static int asks_due(void *ctx)
{
	struct asks *asks = ctx;
	uint32_t count = asks->count < SLICE ? asks->count : SLICE;

	asks_slice(asks, &asks->list[asks->count - count], count);
	asks->count -= count;
	asks->is_wanted = false;
	asks->is_waiting = asks->count;
	return asks->count ? watch_set_timer(asks->timer, 1, 0) : 0;
}

int asks_new(struct asks **ret, struct loop *loop, struct sockets *sockets,
	     const struct asks_ops *ops, void *ctx)
{
	struct asks *asks = calloc(1, sizeof(*asks));
	int r;

	if (!asks)
		return -ENOMEM;
	asks->sockets = sockets;
	asks->ops = ops;
	asks->ctx = ctx;
	r = loop_add_timer(loop, 0, 0, asks_due, asks, &asks->timer);
	if (r) {
		asks_free(&asks);
		return r;
	}
	*ret = asks;
	return 0;
}

void asks_free(struct asks **at)
{
	struct asks *asks = TAKE_PTR(*at);

	if (!asks)
		return;
	watch_free(&asks->timer);
	free(asks);
}

static void purge(struct asks *asks)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < asks->count; i++) {
		if (asks->ops->is_wanted(asks->ctx, &asks->list[i].tuple))
			asks->list[kept++] = asks->list[i];
	}
	asks->is_wanted = asks->count - kept < PURGE;
	asks->count = kept;
}

void asks_add(struct asks *asks, const struct weir_tuple *tuple, int nsid)
{
	if (asks->count == ASKS_MAX && !asks->is_wanted)
		purge(asks);
	if (asks->count == ASKS_MAX) {
		asks->refused++;
		return;
	}
	asks->list[asks->count++] = (struct ask){ .tuple = *tuple, .nsid = nsid };
	if (asks->is_waiting)
		return;
	asks->is_waiting = true;
	(void)watch_set_timer(asks->timer, ASKS_WAIT_MS, 0);
}

uint64_t asks_refused(const struct asks *asks)
{
	return asks->refused;
}
