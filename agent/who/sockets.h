/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose sockets are. The programs that note it (tracing.h, or simpler ones where the kernel lacks
 * what those need) write it into each socket's storage; events of the ring bring it along. This
 * module fills in the sockets that were there before, asks for those of which no event told, and
 * says what this kernel can tell at all.
 *
 * Addresses and ports in network order, all else in host order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/owner.h"

struct datapath_maps;
struct sockets;
struct tracing;
struct worker;

struct sockets_parts {
	const struct datapath_maps *maps; /* read by sockets_new() only */
	struct tracing *tracing;	  /* has to outlive the sockets */
	struct worker *worker; /* has to be freed before them; NULL: nothing is put off */
	int cgroup;	       /* root of cgroup v2, for sockets_new() only; < 0: none */
};

/* Loads what can be loaded, and begins to look at who has which sockets open. -ENOMEM. */
int sockets_new(struct sockets **ret, const struct sockets_parts *parts);
/* The programs go with their descriptors, also if the agent is killed. */
void sockets_free(struct sockets **at);

/* Are the sockets that are older than the agent known, as far as they can be? */
bool sockets_is_seeded(const struct sockets *sockets);

/*
 * Who has the sockets with these tuples, TCP or UDP? tuple.own tells whose side is asked for; nsid:
 * the network namespace as rtnetlink of the agent's numbers it, or WEIR_NSID_CURRENT. The peer may be
 * 0: then it is the listener, or the socket that takes packets from anybody. The answers are is_found
 * and owner: via NONE where there is a socket and nobody knows whose; INHERITED without a cookie;
 * flag WEIR_OWNER_LISTENER where there is a listener and not, or no more, the connection's socket.
 * Any number of them: 0.2 us each, and 2.2 us for every WEIR_LOOKUPS_MAX. -EOPNOTSUPP, -errno.
 */
int sockets_lookup(struct sockets *sockets, struct weir_lookup *lookups, size_t count);

/* What a process that may be gone was made of last: see who/execs.h. The owner tells which. */
int sockets_exec(const struct sockets *sockets, const struct weir_owner *owner,
		 struct weir_exec *ret);

/* What this kernel can tell, a row for each kind, in plain words. */
typedef void (*sockets_capability_fn)(void *ctx, const char *name, bool is_available,
				      const char *detail);
void sockets_capabilities(const struct sockets *sockets, sockets_capability_fn fn, void *ctx);

/* Bytes of kernel memory that the maps of this module take. */
uint64_t sockets_map_bytes(const struct sockets *sockets);
