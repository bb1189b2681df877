/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One packet on its way through the datapath: made by an entry point, filled by parse.h, counted
 * by counters.h and flow_table.h.
 */
#pragma once

#include "cursor.h"
#include "weir/flow.h"

/* Index of the map `packets`. */
enum pkt_place {
	PKT_OUTER,
	PKT_INNER, /* in a tunnel, or quoted by an error */
	PKT_MAX,
};

/* What is behind layer 4 that somebody else wants to look at: most packets have nothing there. */
enum pkt_more {
	PKT_NOTHING_MORE,
	PKT_VXLAN,  /* RFC 7348 */
	PKT_GENEVE, /* RFC 8926 */
	PKT_GRE,    /* RFC 2784, 2890, 7637 */
	PKT_IPIP,   /* RFC 2003, 4213: IP in IP, either in either */
	PKT_QUOTED, /* an ICMP error, and the packet that it speaks of */
	PKT_DNS,    /* from a DNS server's port */
};

enum pkt_fragment {
	PKT_WHOLE,
	PKT_FIRST_FRAGMENT, /* has the ports, if there are any */
	PKT_LATER_FRAGMENT,
};

/* What is known of the other side of a flow for which there was no room: the packet answers it. */
#define PKT_HEARD	 1
#define PKT_HEARD_SYNACK 2

struct pkt {
	struct weir_flow_key key;

	/* Nothing unless told, and hence zeroed for each packet, by pkt_clear(). */
	__u32 l2;   /* where the packet begins: 0, but for what is in a tunnel */
	__s32 shed; /* bytes of the headers that no packet on the wire has, less those only it has */
	__u32 payload; /* TCP */
	__u32 seq;     /* TCP, host order */
	__u32 ack;     /* TCP, host order */
	__u8 tcp_flags;
	__u8 is_zero_window; /* TCP: the sender can take no more */
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 tag_in_metadata;
	__u8 fragment;	 /* enum pkt_fragment */
	__u8 more;	 /* enum pkt_more; it begins at hdr_len */
	__u8 is_answer;	 /* ICMP: to a message of the same id */
	__u8 input;	 /* enum weir_input, to its flow */
	__u8 is_guessed; /* what kind of super-packet it is */
	__u8 echoes;	 /* see struct weir_iface */
	__u8 heard;	 /* PKT_HEARD_*, or 0 */
	__u64 macs[2];	 /* destination and source as in the frame (12 bytes), or 0 */

	/* Always told, or read only where they are. */
	__u32 len;		       /* as the hook saw it, layer 2 included */
	__u32 hdr_len;		       /* headers that each segment repeats */
	__u32 l3;		       /* where layer 3 begins */
	__u32 l3_end;		       /* and where it ends by its own length, without padding */
	__u32 l4;		       /* where layer 4 begins, behind IPv6 extension headers */
	__u32 gso_size;		       /* payload of a segment; 0: not segmented */
	__u32 gso_segs;		       /* 0: unknown */
	__u32 segs;		       /* packets on the wire */
	__u32 wire;		       /* their bytes */
	__be16 proto;		       /* ethertype of what comes next */
	__u8 hook;		       /* enum weir_hook */
	__u8 dir;		       /* direction: the sender is endpoint dir of the key */
	struct weir_fragment_key frag; /* of a fragment, and so are the next two */
	__u32 frag_at;		       /* where its piece of the datagram begins in the packet */
	__u16 frag_bits;	       /* and in the datagram: as IPv6 has it, in host order */
	__u8 waits;		       /* what a flow does that begins with it */
	__u64 refusing_until;	       /* jiffies; kept from packet to packet */
	__u64 hash;		       /* of the key, if it came until then: weir_present_hash() */
};

#define PKT_CLEAR_FROM __builtin_offsetof(struct pkt, l2)
#define PKT_CLEAR_TO   __builtin_offsetof(struct pkt, len)
_Static_assert(PKT_CLEAR_FROM % 8 == 0 && PKT_CLEAR_TO % 8 == 0, "cleared in whole words");

#define PKT_KEY_TAIL (__builtin_offsetof(struct weir_flow_key, vlan) / 8)
_Static_assert(PKT_KEY_TAIL * 8 == __builtin_offsetof(struct weir_flow_key, vlan), "a whole word");

/*
 * The last word of a key. It is hashed and compared by words soon after it is written, which would
 * have to wait for the pieces of a word that was written by pieces.
 */
union key_tail {
	struct {
		__u16 vlan;
		__u8 vni[3];
		__u8 netns;
		__u8 family;
		__u8 proto;
	};
	__u64 word;
};

static __always_inline void pkt_set_protocol(struct pkt *p, __u8 family, __u8 proto)
{
	__u64 *word = (__u64 *)p + PKT_KEY_TAIL;

	*word |= (union key_tail){ .family = family, .proto = proto }.word;
}

/*
 * By words and not by memset, which would clear byte by byte what it does not know to be aligned:
 * each field read next would wait for all of them.
 */
static __always_inline void pkt_clear(struct pkt *p, __u32 ifindex, __u8 netns, __u8 hook)
{
	__u64 *words = (__u64 *)p;

	p->key.ifindex = ifindex;
	words[PKT_KEY_TAIL] = (union key_tail){ .netns = netns }.word;
	p->hook = hook;
	for (__u32 i = PKT_CLEAR_FROM / 8; i < PKT_CLEAR_TO / 8; i++)
		words[i] = 0;
}

/* Segments and bytes as on the wire (schema: GSO and GRO undone, an offloaded tag included). */
static __always_inline void pkt_measure(struct pkt *p)
{
	p->segs = 1;
	p->wire = p->len - p->shed;
	if (p->gso_size) {
		p->segs = p->gso_segs;
		if (!p->segs && p->len > p->hdr_len)
			p->segs = (p->len - p->hdr_len + p->gso_size - 1) / p->gso_size;
		if (!p->segs)
			p->segs = 1;
		p->wire += (p->segs - 1) * (p->hdr_len - p->shed);
	}
	if (p->tag_in_metadata)
		p->wire += p->segs * 4;
}
