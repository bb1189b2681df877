/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watches the interfaces, addresses and default routes of a network namespace by rtnetlink
 * (libmnl). link_new() reads everything that is there, before it returns, through the same
 * callbacks. A burst that overflows the socket (ENOBUFS) is followed by a fresh dump whose
 * differences are told. The link must not be freed in its callbacks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "link/iface.h"

struct link;
struct loop;

struct link_ops {
	/* New, or something of it changed (name, master, flags, role). */
	void (*iface_set)(void *ctx, const struct iface_info *info);
	/* Deleted, or moved into another namespace. */
	void (*iface_gone)(void *ctx, uint32_t ifindex);
	/* Filters or a queueing discipline there were removed: who has some looks after them. */
	void (*tc_removed)(void *ctx, uint32_t ifindex);
	/* A local address was added or removed; 16 bytes, IPv4 mapped. */
	void (*addr_set)(void *ctx, uint32_t ifindex, const uint8_t addr[static 16], int family,
			 bool is_there);
};

/* ops and ctx must live as long as the link. -errno on failure. */
int link_new(struct link **ret, struct loop *loop, const struct link_ops *ops, void *ctx);
void link_free(struct link **link);

/* The kernel's own counters of an interface (IFLA_STATS64), for `weir status --verify`. */
struct link_stats {
	uint64_t rx_packets, rx_bytes;
	uint64_t tx_packets, tx_bytes;
	uint64_t tx_dropped; /* in none of the others */
};

/* One fresh request to the kernel on a socket of its own; 2.5 us. -ENODEV if it is gone. */
int link_read_stats(struct link *link, uint32_t ifindex, struct link_stats *ret);

/* iface_info.gso_max as it is now: the kernel does not tell when somebody sets it. */
int link_read_gso_max(struct link *link, uint32_t ifindex, uint32_t ret[static 2]);

/* What a qdisc has counted; packets are those on the wire, but dropped and queued are buffers. */
struct link_qdisc {
	uint32_t handle; /* another one is another qdisc */
	char kind[16];
	uint64_t packets, bytes; /* that have left it */
	uint32_t dropped;	 /* as 32 bits; no bytes are counted */
	uint32_t queued, queued_bytes;
	bool duplicates; /* netem may send a packet twice */
};

enum link_qdisc_place {
	LINK_QDISC_ROOT,
	LINK_QDISC_CLSACT, /* holds filters, and packets never; dropped is of both directions */
};

/* -ENOENT: there is none at this place. -ENODEV */
int link_read_qdisc(struct link *link, uint32_t ifindex, enum link_qdisc_place place,
		    struct link_qdisc *ret);
/* Has clsact any filters at egress? 1, 0, -errno. */
int link_has_egress_filters(struct link *link, uint32_t ifindex);
/*
 * Does the device take in what is sent to other unicast addresses than its own? It does for macvlans
 * above it, of which nothing else tells if they are in other namespaces; but also for a VLAN or a
 * bridge, or because somebody has said so (bridge fdb add). 1, 0, -errno.
 */
int link_has_more_addresses(struct link *link, uint32_t ifindex);
/* Is there a macvlan or macvtap above it in this namespace? */
bool link_has_macvlan(const struct link *link, uint32_t ifindex);
/* Neighbours whose address is being asked for, of all interfaces: packets wait for it. -errno. */
int link_count_unresolved(struct link *link);
/* Hands all interfaces to fn, those that nobody attaches to as well. */
void link_each(const struct link *link, void (*fn)(void *ctx, const struct iface_info *info),
	       void *ctx);
