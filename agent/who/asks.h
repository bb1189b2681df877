/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sides of connections that no event has told the owner of: who only receives, who has accepted and
 * not read yet, who had the socket before the agent. Some milliseconds later, if nothing was told
 * by then, the kernel is asked for the socket that has the tuple: many at once, each once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "weir/owner.h"

struct asks;
struct loop;
struct sockets;

/*
 * Waiting at a time, of those that are still wanted; more are passed over: they are told by their
 * next event.
 */
#define ASKS_MAX     1024
#define ASKS_WAIT_MS 20

struct asks_ops {
	/* Is it still unknown? */
	bool (*is_wanted)(void *ctx, const struct weir_tuple *tuple);
	/* There is a socket, and somebody has it. */
	void (*found)(void *ctx, const struct weir_tuple *tuple, const struct weir_owner *owner);
};

/* All of them live longer. -errno. */
int asks_new(struct asks **ret, struct loop *loop, struct sockets *sockets,
	     const struct asks_ops *ops, void *ctx);
void asks_free(struct asks **at);

/* nsid: of the network namespace that has the tuple's own end, or WEIR_NSID_CURRENT. */
void asks_add(struct asks *asks, const struct weir_tuple *tuple, int nsid);
/* How many were passed over. */
uint64_t asks_refused(const struct asks *asks);
