/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fragments belong to their connection: the first one, which has the ports, leaves them here for
 * the later ones of its datagram. What comes before its first, or long after it, or when the whole
 * has passed, is counted as a fragment only.
 *
 * An id may be used again soon, so it must be known when a datagram has passed. Where one fragment
 * ends another one begins, but at both ends of the whole: each owes what stands for its end, and pays
 * what stands for its beginning. When nothing is owed the whole has passed, in whatever order, and by
 * however many hooks.
 */
#pragma once

#include "maps.h"
#include "parse_step.h"
#include "pkt.h"

/* What Linux gives the fragments of a packet to arrive. */
#define FRAGMENT_SECONDS 30

/* Of struct pkt's frag_bits (RFC 8200, 4.5). */
#define FRAGMENT_MORE	0x0001
#define FRAGMENT_OFFSET 0xfff8

static __always_inline __u32 fragment_clock(void)
{
	return bpf_ktime_get_ns() / 1000000000;
}

/*
 * What stands for a place in the datagram; for its beginning 0 does. Hashed, and by its square, for the
 * places are at the same distances: one fragment that comes twice shall not make up for another one that
 * does not, nor two ends at a place for a beginning at twice that.
 */
static __always_inline __u32 fragment_edge(__u32 place)
{
	place *= 0x9e3779b1;
	place ^= place >> 15;
	return place * (place | 1);
}

static __always_inline __u32 fragment_owes(const struct pkt *p)
{
	__u32 from = p->frag_bits & FRAGMENT_OFFSET, to = from + p->l3_end - p->frag_at;

	return (p->frag_bits & FRAGMENT_MORE ? fragment_edge(to) : 0) - fragment_edge(from);
}

static __always_inline struct weir_fragment *fragment_seen(struct pkt *p)
{
	/* Of IPv6 the first fragment alone says what the packet carries (RFC 8200, 4.5). */
	p->frag.proto = p->key.family == WEIR_IPV4 ? p->key.proto : 0;
	p->frag.vlan = p->key.vlan;
	p->frag.vni[0] = p->key.vni[0];
	p->frag.vni[1] = p->key.vni[1];
	p->frag.vni[2] = p->key.vni[2];
	p->frag.netns = p->key.netns;
	return bpf_map_lookup_elem(&fragments, &p->frag);
}

/* Another CPU may have saved it just now, in the second behind the one that was read here. */
static __always_inline int fragment_is_old(const struct weir_fragment *seen, __u32 now)
{
	return now + 1 - seen->seconds > FRAGMENT_SECONDS + 1;
}

/* The first fragment of that datagram, at a further hook? At the same one another datagram begins. */
static __always_inline int fragment_is_further(const struct weir_fragment *seen,
					       const struct weir_fragment *first)
{
	return (seen->ifindex != first->ifindex || seen->hook != first->hook) &&
	       seen->port[0] == first->port[0] && seen->port[1] == first->port[1] &&
	       seen->proto == first->proto && seen->is_answer == first->is_answer;
}

static __always_inline int fragment_save(struct pkt *p, const __be16 *ports)
{
	struct weir_fragment first = { .port = { ports[0], ports[1] },
				       .seconds = fragment_clock(),
				       .owed = fragment_owes(p),
				       .ifindex = p->key.ifindex,
				       .hook = p->hook,
				       .proto = p->key.proto,
				       .is_answer = p->is_answer,
				       .has_first = 1 };
	struct weir_fragment *seen = fragment_seen(p);

	if (seen && !fragment_is_old(seen, first.seconds)) {
		if (!seen->has_first) {
			first.owed += seen->owed;
		} else if (fragment_is_further(seen, &first)) {
			__sync_fetch_and_add(&seen->owed, first.owed);
			return 0;
		}
	}
	bpf_map_update_elem(&fragments, &p->frag, &first, BPF_ANY);
	return 0;
}

/* The first one may come yet, or just now on another CPU: it must know then what has passed. */
static __always_inline int fragment_overtake(struct pkt *p, __u32 now, __u64 how)
{
	struct weir_fragment later = { .seconds = now, .owed = fragment_owes(p) };

	bpf_map_update_elem(&fragments, &p->frag, &later, how);
	return WEIR_REM_FRAGMENT;
}

/* Ports and protocol of a later fragment: PARSE_OK, or the remainder's number. */
static __always_inline int fragment_find(struct pkt *p, __be16 *ports)
{
	__u32 now = fragment_clock();
	struct weir_fragment *seen = fragment_seen(p);

	if (!seen)
		return fragment_overtake(p, now, BPF_NOEXIST);
	if (!seen->owed || fragment_is_old(seen, now))
		return fragment_overtake(p, now, BPF_ANY);
	__sync_fetch_and_add(&seen->owed, fragment_owes(p));
	if (!seen->has_first)
		return WEIR_REM_FRAGMENT;
	ports[0] = seen->port[0];
	ports[1] = seen->port[1];
	p->key.proto = seen->proto;
	p->is_answer = seen->is_answer;
	return PARSE_OK;
}
