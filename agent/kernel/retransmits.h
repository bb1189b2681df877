/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which connections the segments belong to that local TCP has sent again. The kernel's map has an
 * entry for each socket that lately did; here is what was read of it, kept until the connection has
 * been told the last time. Where nothing is sent again nothing is read, and nothing held.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "weir/flow.h"
#include "weir/retransmit.h"

struct retransmits;

#define RETRANSMITS_KEPT_MAX 65536

typedef void (*retransmits_entry_fn)(void *ctx, const struct weir_retransmit_key *key,
				     const struct weir_retransmit *value);

struct retransmits_ops {
	/* Hands every entry of the kernel's map to fn. -errno. */
	int (*read)(void *ctx, retransmits_entry_fn fn, void *fn_ctx);
	/* One entry. -ENOENT. */
	int (*lookup)(void *ctx, const struct weir_retransmit_key *key,
		      struct weir_retransmit *ret);
	/* Removes one, and says what it was at last. -ENOENT. */
	int (*take)(void *ctx, const struct weir_retransmit_key *key, struct weir_retransmit *ret);
};

struct retransmits_options {
	const volatile struct weir_retransmit_sums *sums; /* written by the kernel */
	uint32_t netns;	  /* the agent's own, whose loopback is watched */
	uint64_t keep_ns; /* longer than a connection goes without a record */
};

/* ops and ctx must live as long. -errno. */
int retransmits_new(struct retransmits **ret, const struct retransmits_options *options,
		    const struct retransmits_ops *ops, void *ctx);
void retransmits_free(struct retransmits **at);

/* Once a second: reads what is new, and removes what rests. */
void retransmits_pass(struct retransmits *retransmits, uint64_t now_ns);

/*
 * How many segments the sender of direction dir has sent again, of the connection that flow is a
 * leg of. False: none that is known. is_end: nobody will ask again, so it is looked up if there is
 * something new since the last pass.
 */
bool retransmits_get(struct retransmits *retransmits, const struct weir_flow_key *key,
		     const struct weir_flow *flow, int dir, bool is_end, uint32_t *ret);

struct retransmits_stats {
	uint64_t sockets; /* held here */
	uint64_t no_room; /* sockets that found no place here */
};
void retransmits_get_stats(const struct retransmits *retransmits, struct retransmits_stats *ret);
