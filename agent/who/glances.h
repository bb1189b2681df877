/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose the socket at an end is, right now, for a record that is about to be told: of a connection
 * that begins this names who listens there. A question costs 2.4 us, so there are at most
 * GLANCES_MAX in GLANCES_NS; what begins beyond that gets what the last one to the same place was
 * told, if that was a socket that waits for anybody. Nothing is remembered for longer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/owner.h"

struct glances;

#define GLANCES_MAX 128
#define GLANCES_NS  10000000ULL

/* As sockets_lookup(). */
typedef int (*glances_lookup_fn)(void *ctx, struct weir_lookup *lookups, size_t count);

/* -ENOMEM. */
int glances_new(struct glances **ret, glances_lookup_fn lookup, void *ctx);
void glances_free(struct glances **at);

/*
 * nsid: as in struct weir_lookup; now_ns: CLOCK_MONOTONIC. False: there is no such socket, nobody
 * knows whose it is, or too much is asked at the moment.
 */
bool glance(struct glances *glances, const struct weir_tuple *tuple, int nsid, uint64_t now_ns,
	    struct weir_owner *ret);
