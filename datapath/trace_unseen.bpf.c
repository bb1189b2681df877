// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Packets of local TCP that are dropped on their way out. It is attached while somebody verifies only:
 * every packet that the kernel drops comes by here.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/in.h>

#include <bpf/bpf_helpers.h>

#include "trace.h"
#include "trace_kernel.h"
#include "weir/unsent.h"

#define NO_MAC_HEADER 0xffff

/* Written here, read by the agent. Full: what has no entry is missing. */
struct {
	MAP_OF(HASH, struct weir_unsent_key, __u64, WEIR_UNSENT_MAX);
} unsent SEC(".maps");

/* Why it was dropped: since Linux 5.17. */
#define IS_REASON(reason, name)                                    \
	(bpf_core_enum_value_exists(enum skb_drop_reason, name) && \
	 (reason) == bpf_core_enum_value(enum skb_drop_reason, name))

/* A request, or what is left of a connection, is TCP's; of others the socket says so. */
static __always_inline int is_tcp(const struct sock *sock)
{
	__u8 state = BPF_CORE_READ((const struct sock_common *)sock, skc_state);

	return state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV ||
	       BPF_CORE_READ(sock, sk_protocol) == IPPROTO_TCP;
}

static __always_inline __u64 segments_of(const struct sk_buff *skb)
{
	const struct skb_shared_info *shared =
		(const void *)(BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, end));
	__u64 segments = BPF_CORE_READ(shared, gso_segs);

	return segments ? segments : 1;
}

/*
 * No device has seen what has no layer 2 yet: it waits for a neighbour, say. What has come to the other
 * end of a pair, in another namespace, still has its socket. Returns whether it is dropped here.
 */
static __always_inline int place_of(const struct sk_buff *skb, __u32 reason,
				    struct weir_unsent_key *key)
{
	if (BPF_CORE_READ(skb, mac_header) == NO_MAC_HEADER ||
	    IS_REASON(reason, SKB_DROP_REASON_NETFILTER_DROP))
		return 1;
	key->ifindex = BPF_CORE_READ(skb, dev, ifindex);
	key->place = IS_REASON(reason, SKB_DROP_REASON_TC_EGRESS) ? WEIR_UNSENT_FILTER
								  : WEIR_UNSENT_DEVICE;
	return BPF_CORE_READ(skb, dev, nd_net.net, ns.inum) == trace_cfg.netns;
}

static __always_inline void unsent_add(const struct weir_unsent_key *key, __u64 segments)
{
	__u64 *sum = bpf_map_lookup_elem(&unsent, key);

	if (!sum) {
		__u64 zero = 0;

		bpf_map_update_elem(&unsent, key, &zero, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&unsent, key);
	}
	if (sum)
		__sync_fetch_and_add(sum, segments);
}

/* What an interface has received is not on its way out, or is not ours. */
SEC("tp_btf/kfree_skb")
int weir_unsent(__u64 *ctx)
{
	const struct sk_buff *skb = (const void *)ctx[0];
	const struct sock *sock = BPF_CORE_READ(skb, sk);
	struct weir_unsent_key key = { .place = WEIR_UNSENT_BEFORE };
	__u32 reason = 0;

	if (!sock || BPF_CORE_READ(skb, skb_iif) || !is_tcp(sock) ||
	    BPF_CORE_READ((const struct sock_common *)sock, skc_net.net, ns.inum) !=
		    trace_cfg.netns)
		return 0;
	if (bpf_core_type_exists(enum skb_drop_reason))
		reason = (__u32)ctx[2];
	if (place_of(skb, reason, &key))
		unsent_add(&key, segments_of(skb));
	return 0;
}
