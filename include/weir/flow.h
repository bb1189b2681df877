/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One leg: a connection as seen at one interface. The key and the value of the kernel's flow map.
 *
 * The kernel keeps 48 bytes in front of an element's key; with 48 bytes of key and 160 of value
 * an element fills four cache lines exactly: two for the look-up and what both directions share,
 * and one for the counters of each direction.
 */
#pragma once

#include "weir/types.h"

enum weir_family {
	WEIR_IPV4 = 4,
	WEIR_IPV6 = 6,
};

/* weir_flow_key.vlan: the 12 bits of the VLAN id, and what else marks the leg. */
#define WEIR_VLAN_ID	  0x0fff
#define WEIR_VLAN_TAGGED  0x1000
#define WEIR_ENCAPSULATED 0x2000 /* an inner flow: vni is valid, no interface sum counts it */

/*
 * Endpoints are sorted, so that both directions of a connection share one entry: endpoint 0 is
 * the smaller one by the machine's own comparison of (address words, port). Direction d is the
 * one whose sender is endpoint d.
 */
struct weir_flow_key {
	__be32 addr[2][4]; /* IPv4 as ::ffff:a.b.c.d */
	__be16 port[2];	   /* ICMP echo: the id, twice; protocols without ports: 0 */
	__u32 ifindex;
	__u16 vlan;
	__u8 vni[3]; /* network order */
	__u8 netns;  /* the agent's number of the network namespace */
	__u8 family; /* enum weir_family */
	__u8 proto;  /* IPPROTO_* */
};
WEIR_ASSERT_SIZE(struct weir_flow_key, 48);
WEIR_ASSERT_OFFSET(struct weir_flow_key, ifindex, 36);
WEIR_ASSERT_OFFSET(struct weir_flow_key, proto, 47);

/* Where a packet was seen. weir_dir.hooks holds 1 << hook. */
enum weir_hook {
	WEIR_INGRESS,
	WEIR_EGRESS,
	WEIR_HOOK_MAX,
};

/* How the initiator of a connection was told. */
enum weir_initiator_by {
	WEIR_BY_UNKNOWN,
	WEIR_BY_SYN,	/* it sent the SYN */
	WEIR_BY_SYNACK, /* the other side sent the SYN-ACK; the SYN was not seen */
	WEIR_BY_FIRST,	/* not TCP: it sent the first packet seen */
	WEIR_BY_PORTS,	/* TCP older than the agent: it has the higher port */
	WEIR_BY_MAX,
};

enum weir_close_reason {
	WEIR_CLOSE_NONE,
	WEIR_CLOSE_FIN,
	WEIR_CLOSE_RST,
	WEIR_CLOSE_REFUSED,
	WEIR_CLOSE_TIMEOUT,
	WEIR_CLOSE_REUSED,
	WEIR_CLOSE_RECLAIMED,
	WEIR_CLOSE_INTERFACE_GONE,
	WEIR_CLOSE_AGENT_STOP,
	WEIR_CLOSE_MAX,
};

/* weir_flow.flags */
#define WEIR_FLOW_SYN_REPEATED 0x01 /* SYN or SYN-ACK seen more than once: no handshake RTT */
#define WEIR_FLOW_CLOSED_BY_1  0x02 /* direction 1 ended it (else direction 0) */

/*
 * Counters run on over the life of the map's entry, also when the tuple is used again for a new
 * connection; base_* is what they stood at when the present connection began.
 * packets, bytes: atomic adds. All else: last writer wins; under weir_flow.lock, but for last,
 * flags and hooks.
 */
struct weir_dir {
	__u64 packets; /* on the wire: GSO and GRO undone */
	__u64 bytes;   /* with layer 2 and VLAN tag, without FCS */
	__u64 last;    /* jiffies of the last packet, 0 before the first */
	__u8 flags;    /* TCP flags seen, OR'ed */
	__u8 hooks;    /* 1 << enum weir_hook, OR'ed */
	__u16 pad;
	__u32 isn; /* TCP: sequence number of the SYN; host order */
	__u64 base_packets;
	__u64 base_bytes;
	__u64 end_ns;  /* first FIN or RST, CLOCK_MONOTONIC; 0 before */
	__u32 fin_seq; /* TCP: acknowledging this or more acknowledges the FIN; host order */
	__u32 retransmits;
};
WEIR_ASSERT_SIZE(struct weir_dir, 64);

/*
 * lock is held for changes of the life cycle only; a packet of a connection in a steady state
 * reads state and adds to its direction without it. Times: ns, CLOCK_MONOTONIC, 0 = not yet.
 */
struct weir_flow {
	__u32 lock;	   /* struct bpf_spin_lock in the map, 0 in copies */
	__u8 state;	   /* enum weir_state of lifecycle.h, and WEIR_STATE_DYING, _DEAD */
	__u8 initiator;	   /* direction of the initiator, and enum weir_initiator_by << 1 */
	__u8 close_reason; /* enum weir_close_reason */
	__u8 flags;
	__u64 start_ns;	      /* first packet; with the key it names the connection's leg */
	__u64 reply_ns;	      /* first packet from the other side (TCP: the SYN-ACK) */
	__u64 established_ns; /* TCP: the ACK that completes the handshake */
	struct weir_dir dir[2];
};
WEIR_ASSERT_SIZE(struct weir_flow, 160);
WEIR_ASSERT_OFFSET(struct weir_flow, dir, 32);
