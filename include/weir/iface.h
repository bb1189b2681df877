/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the datapath counts per interface: the value of the per-CPU array `ifaces`. The agent
 * gives each interface one of WEIR_IFACE_PROBES places; slot 0 belongs to no interface and takes the
 * packets of interfaces that have none.
 */
#pragma once

#include "weir/flow.h"

#define WEIR_IFACE_PROBES 4

/*
 * The i-th place, of a table of mask + 1. Interfaces are numbered one after another, so where one's
 * first place is taken its neighbours mostly are, too: the others are far away, spread by the golden
 * ratio.
 */
#define WEIR_IFACE_PLACE(ifindex, i, mask) (((ifindex) + (i)*0x9E3779B1u) & (mask))

/*
 * The keys of an interface's flows have its ifindex. That may be given to another interface while
 * flows of the first are in the map: theirs have a number of the agent's then, which no interface can
 * have, so that nothing of the two is ever one flow.
 */
#define WEIR_KEY_IFINDEX_OWN 0x80000000u

/* Packets that are in no flow entry, by name. */
enum weir_remainder {
	WEIR_REM_NO_ROOM,	    /* the flow map was full */
	WEIR_REM_FRAGMENT,	    /* later fragment whose first was not seen */
	WEIR_REM_MALFORMED,	    /* headers cut short or contradicting themselves */
	WEIR_REM_LATE,		    /* its flow entry was just being removed */
	WEIR_REM_UNKNOWN_INTERFACE, /* no slot for the interface */
	WEIR_REM_ARP,
	WEIR_REM_NON_IP,
	WEIR_REM_MAX,
};

struct weir_count {
	__u64 packets;
	__u64 bytes;
};
WEIR_ASSERT_SIZE(struct weir_count, 16);

/*
 * Per CPU; written by packet programs with plain adds (softirq, or BH off: they do not nest on a
 * CPU), read by the agent, who writes it only when it gives the slot to an interface.
 */
struct weir_iface {
	__u32 ifindex;	   /* 0: free */
	__u32 key_ifindex; /* what the keys of its flows say: see WEIR_KEY_IFINDEX_OWN */
	__u8 netns;
	__u8 has_ethernet; /* 0: packets begin with layer 3 (tun, IP tunnels, PPP) */
	__u8 echoes;	   /* 1 << hook: both directions by it alone may be one sender's */
	__u8 pad;
	__u32 guessed;	  /* super-packets whose kind could not be read: see datapath/ufo.h */
	__u32 gso_max[2]; /* IPv4, IPv6: longer super-packets the kernel cuts behind our hook */
	struct weir_count raw[WEIR_HOOK_MAX]; /* as the hooks saw them: one skb, its length */
	struct weir_count gso[WEIR_HOOK_MAX]; /* what counting on the wire adds to raw */
	struct weir_count cut; /* the part of gso[WEIR_EGRESS] that the device sees cut */
	struct weir_count remainder[WEIR_REM_MAX]; /* on the wire */
};
WEIR_ASSERT_SIZE(struct weir_iface, 216);

/* Index of the per-CPU array `counters`. */
enum weir_counter {
	WEIR_EVENTS_LOST, /* the ring had no room, or the tuple's next connection began meanwhile */
	WEIR_FLOWS_CREATED,
	WEIR_FLOWS_REFUSED,	 /* packets of new flows that found the map full */
	WEIR_UNANSWERED_REFUSED, /* ... that found too many flows which nobody had answered */
	WEIR_FLOWS_REVIVED,	 /* marked for removal, then a packet came */
	WEIR_DNS_SKIPPED,	 /* DNS answers that were not sampled: too many, or no room */
	WEIR_COUNTER_MAX,
};
