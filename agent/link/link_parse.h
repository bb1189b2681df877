/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of rtnetlink -> what the link knows of the world. Without state; what is shorter than
 * it should be is not read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "link/iface.h"

struct link_qdisc;
struct link_stats;
struct nlmsghdr;

struct link_iface {
	struct iface_info info; /* but for has_default_route */
	uint32_t peer;		/* of a pair: the other end, if it is in this namespace; else 0 */
	bool has_moved;		/* into another namespace: a reason to be deleted */
	int32_t moved_nsid;	/* into which; -1: it has no number in ours */
};

struct link_addr {
	uint32_t ifindex;
	uint8_t family;	    /* 4 or 6 */
	uint8_t prefix_len; /* the same address may be there with two */
	uint8_t addr[16];   /* IPv4 mapped */
};

/* RTM_NEWLINK, RTM_DELLINK. False: it is not of an interface itself. */
bool link_parse_iface(const struct nlmsghdr *nlh, struct link_iface *ret);
/* RTM_NEWADDR, RTM_DELADDR. False: of another family. */
bool link_parse_addr(const struct nlmsghdr *nlh, struct link_addr *ret);
/* RTM_NEWROUTE, RTM_DELROUTE: a default route of the main table? */
bool link_parse_is_default_route(const struct nlmsghdr *nlh);
/* The outgoing interface of each hop of such a route; fn's first result but 0 ends it. */
typedef int (*link_parse_hop_fn)(void *ctx, uint32_t oif);
int link_parse_hops(const struct nlmsghdr *nlh, link_parse_hop_fn fn, void *ctx);
/* RTM_NEWSTATS. False: there are no counters in it. */
bool link_parse_stats(const struct nlmsghdr *nlh, struct link_stats *ret);
/* RTM_NEWQDISC. False: there are no counters in it. */
bool link_parse_qdisc(const struct nlmsghdr *nlh, struct link_qdisc *ret);
