/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the flow map once a second, a batch at a time: tells the connection table what it finds,
 * and has entries removed whose time has passed. The map is the truth: what an event failed to tell is found here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "conn/timeouts.h"
#include "link/tcp_sent.h"

#include "weir/flow.h"

struct addr_set;
struct conn_table;
struct datapath;
struct ifaces;
struct loop;
struct sweep;

struct sweep_options {
	uint32_t max_flows;
	uint64_t update_interval_ns; /* conn_options has the same */
	struct timeouts timeouts;
};

/* What it works with; all of it is the caller's and outlives the sweep. */
struct sweep_parts {
	struct loop *loop;
	struct datapath *datapath; /* read, and told to remove entries */
	struct conn_table *conns;  /* told what is found */
	struct ifaces *ifaces;
	const struct addr_set *addrs;
	void (*after_slice)(void *ctx); /* a slice has told all it had to tell */
	void (*second)(void *ctx); /* once in each, whether there is anything to sweep or not */
	void *ctx;
};

int sweep_new(struct sweep **ret, const struct sweep_parts *parts,
	      const struct sweep_options *options);
void sweep_free(struct sweep **at);
/* Starts a pass now, not at the next second. */
void sweep_soon(struct sweep *sweep);
/* While held no entry is removed, so that the map's sum stays what it is. */
void sweep_hold(struct sweep *sweep, bool hold);
/* What local TCP has sent by entries that were removed. */
const struct tcp_sent *sweep_tcp_retired(const struct sweep *sweep);
