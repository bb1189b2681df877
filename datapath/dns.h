/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Samples of DNS answers, for the names of addresses. An answer passes several hooks on its way: it
 * is taken at the last one, where the addresses are those that its receiver sees. That is where it
 * leaves an interface towards him (a pod's veth, loopback), or where it comes in, if a socket of
 * this network namespace waits for it.
 *
 * Who was not asked is not listened to: the flow must have begun with a packet the other way.
 */
#pragma once

#include <bpf/bpf_endian.h>

#include "counters.h"
#include "maps.h"
#include "pkt.h"
#include "weir/dns.h"

#define DNS_TOKEN_NS 1000000 /* of each CPU: a sample a millisecond */
#define DNS_BURST    1000

#define DNS_IS_ANSWER 0x80 /* of the third byte */
#define DNS_OPCODE    0x78
#define DNS_RCODE     0x0f /* of the fourth */

struct dns_head {
	__u16 id;
	__u8 flags[2];
	__u16 questions;
	__u16 answers;
};

/* Multicast is asked of nobody in particular. */
static __always_inline int dns_was_asked_for(const struct pkt *p)
{
	const struct weir_flow *flow;

	if (p->key.port[p->dir & 1] == bpf_htons(WEIR_MDNS_PORT))
		return 1;
	flow = bpf_map_lookup_elem(&flows, &p->key);
	return flow && (flow->initiator & 1) != (p->dir & 1);
}

/* Most of a packet is not in its linear part. XDP has this since Linux 5.18. */
static __always_inline int dns_load(void *ctx, int is_xdp, const struct pkt *p, void *to, __u32 len)
{
	return is_xdp ? (int)bpf_xdp_load_bytes(ctx, p->hdr_len, to, len)
		      : (int)bpf_skb_load_bytes(ctx, p->hdr_len, to, len);
}

/* One that names something? */
static __always_inline int dns_is_useful(void *ctx, int is_xdp, const struct pkt *p)
{
	struct dns_head head;

	return !dns_load(ctx, is_xdp, p, &head, sizeof(head)) &&
	       (head.flags[0] & (DNS_IS_ANSWER | DNS_OPCODE)) == DNS_IS_ANSWER &&
	       !(head.flags[1] & DNS_RCODE) && head.answers;
}

/* Does somebody in this network namespace wait for it? Else it goes on, and leaves elsewhere. */
static __always_inline int dns_is_ours(void *ctx, const struct pkt *p)
{
	__u32 from = p->dir & 1, to = ~p->dir & 1;
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *sock;

	if (p->key.family == WEIR_IPV4) {
		tuple.ipv4.saddr = p->key.addr[from][3];
		tuple.ipv4.daddr = p->key.addr[to][3];
		tuple.ipv4.sport = p->key.port[from];
		tuple.ipv4.dport = p->key.port[to];
		sock = bpf_sk_lookup_udp(ctx, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
	} else {
		__builtin_memcpy(tuple.ipv6.saddr, p->key.addr[from], sizeof(tuple.ipv6.saddr));
		__builtin_memcpy(tuple.ipv6.daddr, p->key.addr[to], sizeof(tuple.ipv6.daddr));
		tuple.ipv6.sport = p->key.port[from];
		tuple.ipv6.dport = p->key.port[to];
		sock = bpf_sk_lookup_udp(ctx, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
	}
	if (!sock)
		return 0;
	bpf_sk_release(sock);
	return 1;
}

/* A token of this CPU's, and half of the ring free: the rest of it is for connections. */
static __always_inline int dns_may_sample(__u64 now)
{
	__u32 zero = 0;
	struct dns_bucket *bucket = bpf_map_lookup_elem(&dns_buckets, &zero);
	__u64 more;

	if (!bucket)
		return 0;
	more = (now - bucket->filled_ns) / DNS_TOKEN_NS;
	if (more) {
		bucket->filled_ns = now;
		bucket->tokens =
			more < DNS_BURST - bucket->tokens ? bucket->tokens + more : DNS_BURST;
	}
	if (!bucket->tokens || bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >
				       bpf_ringbuf_query(&events, BPF_RB_RING_SIZE) / 2)
		return 0;
	bucket->tokens--;
	return 1;
}

static __always_inline void dns_fill(struct weir_dns_event *event, const struct pkt *p, __u64 now,
				     __u32 size, __u32 len, __u32 wire_len)
{
	event->hdr.len = sizeof(*event) + size;
	event->hdr.type = WEIR_EVENT_DNS;
	event->hdr.version = WEIR_EVENT_VERSION;
	event->hdr.hook = p->hook;
	event->hdr.dir = p->dir;
	event->hdr.tcp_flags = 0;
	event->hdr.pad = 0;
	event->hdr.time_ns = now;
	event->key = p->key;
	event->len = len;
	event->wire_len = wire_len;
	event->pad = 0;
}

/*
 * size: of the data in the record, a constant. The length goes through an empty asm, so that the
 * verifier sees the very register that is compared.
 */
static __always_inline int dns_emit(void *ctx, int is_xdp, const struct pkt *p, __u64 now,
				    __u32 wire_len, const __u32 size)
{
	struct weir_dns_event *event;
	__u32 len = wire_len;

	event = bpf_ringbuf_reserve(&events, sizeof(*event) + size, 0);
	if (!event)
		return 0;
	asm volatile("" : "+r"(len));
	if (len > size)
		len = size;
	if (len < WEIR_DNS_MIN || dns_load(ctx, is_xdp, p, event->data, len)) {
		bpf_ringbuf_discard(event, 0);
		return 0;
	}
	dns_fill(event, p, now, size, len, wire_len);
	bpf_ringbuf_submit(event, 0);
	return 1;
}

static __always_inline void dns_sample(void *ctx, int is_xdp, const struct pkt *p)
{
	__u32 len = p->l3_end - p->hdr_len;
	__u64 now = bpf_ktime_get_ns();
	int is_sampled = 0;

	if (dns_may_sample(now)) {
		is_sampled = len <= WEIR_DNS_SHORT
				     ? dns_emit(ctx, is_xdp, p, now, len, WEIR_DNS_SHORT)
				     : dns_emit(ctx, is_xdp, p, now, len, WEIR_DNS_LONG);
	}
	if (!is_sampled)
		counter_add(WEIR_DNS_SKIPPED, 1);
}

/* A packet from a DNS server's port. */
static __always_inline void dns_observe(void *ctx, int is_xdp, const struct pkt *p)
{
	if (p->gso_size || p->hdr_len + WEIR_DNS_MIN > p->l3_end ||
	    !dns_is_useful(ctx, is_xdp, p) || !dns_was_asked_for(p))
		return;
	if (p->hook == WEIR_EGRESS || dns_is_ours(ctx, p))
		dns_sample(ctx, is_xdp, p);
}
