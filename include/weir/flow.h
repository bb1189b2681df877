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
#define WEIR_ENCAPSULATED 0x2000 /* an inner flow: vni is its network, no interface sum counts it */
#define WEIR_VLAN_STACKED \
	0x4000 /* two tags (802.1ad): the id is the inner one's, vni the outer's */

/*
 * Endpoints are sorted, so that both directions of a connection share one entry: endpoint 0 is
 * the smaller one by the machine's own comparison of (address words, port). Direction d is the
 * one whose sender is endpoint d.
 */
struct weir_flow_key {
	__be32 addr[2][4]; /* IPv4 as ::ffff:a.b.c.d */
	__be16 port[2];	   /* ICMP echo: the id, twice; protocols without ports: 0 */
	__u32 ifindex;	   /* the interface's: see weir_iface.key_ifindex */
	__u16 vlan;
	__u8 vni[3]; /* network order: of VXLAN and Geneve, GRE's key; or see WEIR_VLAN_STACKED */
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

/*
 * weir_dir.hooks: of which the hooks are these bits; and of TCP that left, by the first packet at
 * egress, who sent it. Neither of the two: another one did, it came in by some interface before.
 */
#define WEIR_DIR_HOOKS	    ((1 << WEIR_HOOK_MAX) - 1)
#define WEIR_DIR_SOCKET	    0x04 /* a TCP socket of this machine */
#define WEIR_DIR_SOCKETLESS 0x08 /* the kernel, for no socket that it names */
/* A TCP packet came that stands nowhere near where its sender was, and none since that does. */
#define WEIR_DIR_ASTRAY 0x80

/* How the initiator of a connection was told. */
enum weir_initiator_by {
	WEIR_BY_UNKNOWN,
	WEIR_BY_SYN,	  /* it sent the SYN */
	WEIR_BY_SYNACK,	  /* the other side sent the SYN-ACK; the SYN was not seen */
	WEIR_BY_FIRST,	  /* not TCP: it sent the first packet seen, or what that answers */
	WEIR_BY_PORTS,	  /* older than the agent: TCP, it has the higher port; UDP, a client's */
	WEIR_BY_LISTENER, /* the same, and the agent knows that the other side listens */
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
#define WEIR_FLOW_UNANSWERED   0x04 /* it counts as one in weir_pressure.unanswered */
#define WEIR_FLOW_ICMP_ERROR   0x08 /* an ICMP error spoke of it; an event told so */
#define WEIR_FLOW_ONE_SIDED    0x10 /* it counts as one in weir_pressure.one_sided */
/* Of direction 0; of direction 1 the bit above it. */
#define WEIR_FLOW_ASKED_0   0x20 /* it has sent a SYN that is not the connection's */
#define WEIR_FLOW_ANSWERING 0x80 /* it counts as one in weir_pressure.answering */
/* Those that nobody has answered; none has two of them. */
#define WEIR_FLOW_WAITING (WEIR_FLOW_UNANSWERED | WEIR_FLOW_ANSWERING | WEIR_FLOW_ONE_SIDED)

/*
 * Counters run on over the life of the map's entry, also when the tuple is used again for a new
 * connection; base_* is what they stood at when the present connection began.
 * packets, bytes, resent, fragments: atomic adds. All else: last writer wins; under weir_flow.lock,
 * but for last, flags, hooks, zero_windows and next_seq.
 */
struct weir_dir {
	__u64 packets;	    /* on the wire: GSO and GRO undone */
	__u64 bytes;	    /* with layer 2 and VLAN tag, without FCS */
	__u32 last;	    /* jiffies of the last packet, their low 32 bits */
	__u8 flags;	    /* TCP flags seen, OR'ed */
	__u8 hooks;	    /* WEIR_DIR_*, OR'ed; no hook: no packet yet */
	__u16 zero_windows; /* TCP: packets that offered no window; stays at its maximum */
	__u32 isn;	    /* TCP: sequence number of the SYN; host order */
	__u32 next_seq;	    /* TCP: behind the highest byte seen, or behind the FIN; host order */
	__u64 base_packets;
	__u64 base_bytes;
	__u64 end_ns;	 /* first FIN or RST, CLOCK_MONOTONIC; 0 before */
	__u32 resent;	 /* TCP: packets with data that began below next_seq */
	__u32 fragments; /* IP fragments, the first ones included */
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

/*
 * By what a later fragment finds its first (RFC 791, 8200), and what is known of its datagram: an
 * entry of the map `fragments`.
 */
struct weir_fragment_key {
	__be32 src[4]; /* IPv4 as ::ffff:a.b.c.d */
	__be32 dst[4];
	__u32 id;   /* as in the packet */
	__u16 vlan; /* as in the flow's key, and so are the next three */
	__u8 vni[3];
	__u8 netns;
	__u8 proto; /* what the IP header names; of IPv6, whose fragments may differ in that: 0 */
	__u8 pad;
};
WEIR_ASSERT_SIZE(struct weir_fragment_key, 44);

struct weir_fragment {
	__be16 port[2]; /* of the sender and of the receiver */
	__u32 seconds;	/* CLOCK_MONOTONIC, when the entry was made */
	__u32 owed;	/* what is yet to come, 0: nothing; see datapath/fragments.h; atomic adds */
	__u32 ifindex;	/* as in the flow's key, where the first was seen first */
	__u8 hook;	/* and there */
	__u8 proto;	/* of layer 4 */
	__u8 is_answer; /* see struct pkt */
	__u8 has_first; /* 0: later ones alone were seen, and only seconds and owed are told */
};
WEIR_ASSERT_SIZE(struct weir_fragment, 20);

/*
 * The one entry of the map `pressure`: what all CPUs share. Flows that nobody has answered yet, or
 * ever, by the packet they began with: a question (TCP until it is established, others until who asked
 * goes on after an answer), a SYN-ACK, or one from the middle of a TCP connection (both until the other
 * side is heard; a RST is no answer, nor is what takes the only way that the other side's took: see
 * weir_iface.echoes). Kept below weir_config's bounds, so that no flood of one kind takes another's room.
 */
struct weir_pressure {
	__u64 unanswered;
	__u64 answering;
	__u64 one_sided;
};
WEIR_ASSERT_SIZE(struct weir_pressure, 24);
