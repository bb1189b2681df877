/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Per-CPU counters: the datapath's own, and those of each interface.
 */
#pragma once

#include "maps.h"
#include "pkt.h"

static __always_inline void counter_add(enum weir_counter counter, __u64 n)
{
	__u32 index = counter;
	__u64 *value = bpf_map_lookup_elem(&counters, &index);

	if (value)
		*value += n;
}

/* So many flows more, or less, of these flags wait for an answer, if they are of those that do. */
static __always_inline void pressure_add(__u8 flags, __s64 n)
{
	__u32 zero = 0;
	struct weir_pressure *shared = bpf_map_lookup_elem(&pressure, &zero);
	__u64 *count;

	if (!shared || !(flags & WEIR_FLOW_WAITING))
		return;
	count = &shared->unanswered;
	if (flags & WEIR_FLOW_ANSWERING)
		count = &shared->answering;
	else if (flags & WEIR_FLOW_ONE_SIDED)
		count = &shared->one_sided;
	__sync_fetch_and_add(count, n);
}

/* The slot of the interface, or slot 0 (whose ifindex is 0) if it has none. */
static __always_inline struct weir_iface *iface_find(__u32 ifindex)
{
	struct weir_iface *iface;
	__u32 slot;

	for (__u32 i = 0; i < WEIR_IFACE_PROBES; i++) {
		slot = WEIR_IFACE_PLACE(ifindex, i, cfg.iface_mask);
		iface = bpf_map_lookup_elem(&ifaces, &slot);
		if (iface && iface->ifindex == ifindex)
			return iface;
	}
	slot = 0;
	return bpf_map_lookup_elem(&ifaces, &slot);
}

static __always_inline void iface_count(struct weir_iface *iface, const struct pkt *p)
{
	__u32 hook = p->hook & 1;

	iface->raw[hook].packets += 1;
	iface->raw[hook].bytes += p->len;
	if (p->segs != 1 || p->wire != p->len) {
		iface->gso[hook].packets += p->segs - 1;
		iface->guessed += p->is_guessed;
		iface->gso[hook].bytes += (__u64)p->wire - p->len; /* may be less: p->shed */
		if (hook == WEIR_EGRESS && p->len >= iface->gso_max[p->key.family == WEIR_IPV6]) {
			iface->cut.packets += p->segs - 1;
			iface->cut.bytes += (__u64)(p->segs - 1) * (p->hdr_len - p->shed) - p->shed;
		}
	}
}

static __always_inline void iface_remainder(struct weir_iface *iface, const struct pkt *p,
					    __u32 remainder)
{
	if (remainder >= WEIR_REM_MAX)
		return;
	iface->remainder[remainder].packets += p->segs;
	iface->remainder[remainder].bytes += p->wire;
}
