/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs at the kernel's tracepoints, and their maps: the only module that knows their
 * skeleton. They are extras: not every kernel has the tracepoints, the type information (BTF) by
 * which their arguments are read, or lets programs there. Then there is nothing to read here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "weir/retransmit.h"

struct tracing;

struct tracing_options {
	uint32_t netns; /* inode of the network namespace whose retransmissions are summed */
};

/* Loads and attaches what the kernel has. -ENOMEM. */
int tracing_new(struct tracing **ret, const struct tracing_options *options);
void tracing_free(struct tracing **at);

/* Does the kernel tell what TCP sends again? */
bool tracing_has_retransmits(const struct tracing *tracing);
/* Why it does or doesn't, for people. */
const char *tracing_note(const struct tracing *tracing);
/* In memory that the kernel writes: as long as nothing changes here, nothing does in the map. */
const volatile struct weir_retransmit_sums *tracing_retransmit_sums(const struct tracing *tracing);
/*
 * Hands all entries to fn; one may be missed, or seen twice, if others come or go meanwhile. -errno.
 */
typedef void (*tracing_retransmit_fn)(void *ctx, const struct weir_retransmit_key *key,
				      const struct weir_retransmit *value);
int tracing_retransmits_read(const struct tracing *tracing, tracing_retransmit_fn fn, void *ctx);
int tracing_retransmit_lookup(const struct tracing *tracing, const struct weir_retransmit_key *key,
			      struct weir_retransmit *ret);
/* Removes an entry, and tells what it was at last. -ENOENT. */
int tracing_retransmit_take(const struct tracing *tracing, const struct weir_retransmit_key *key,
			    struct weir_retransmit *ret);

/* Bytes of kernel memory that the maps take. */
uint64_t tracing_map_bytes(const struct tracing *tracing);
