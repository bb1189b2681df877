// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Packets that are dropped where no hook sees them, or behind it: of local TCP, on their way out; and
 * frames that the kernel cannot take the VLAN tag off. It is attached while somebody verifies only:
 * every packet that the kernel drops comes by here.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/if_ether.h>
#include <linux/in.h>

#include <bpf/bpf_helpers.h>

#include "trace.h"
#include "trace_kernel.h"
#include "weir/iface.h"
#include "weir/unseen.h"

#define NO_MAC_HEADER 0xffff
#define TAG_NEEDS     6 /* behind Ethernet: the tag, and two bytes of what it stands before */

/* Written here, read by the agent. Full: what has no entry is missing. */
struct {
	MAP_OF(HASH, struct weir_unseen_key, struct weir_count, WEIR_UNSEEN_MAX);
} unseen SEC(".maps");

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
				    struct weir_unseen_key *key)
{
	if (BPF_CORE_READ(skb, mac_header) == NO_MAC_HEADER ||
	    IS_REASON(reason, SKB_DROP_REASON_NETFILTER_DROP))
		return 1;
	key->ifindex = BPF_CORE_READ(skb, dev, ifindex);
	key->place = IS_REASON(reason, SKB_DROP_REASON_TC_EGRESS) ? WEIR_UNSEEN_FILTER
								  : WEIR_UNSEEN_DEVICE;
	return BPF_CORE_READ(skb, dev, nd_net.net, ns.inum) == trace_cfg.netns;
}

static __always_inline void unseen_add(const struct weir_unseen_key *key, __u64 packets,
				       __u64 bytes)
{
	struct weir_count *sum = bpf_map_lookup_elem(&unseen, key);

	if (!sum) {
		struct weir_count zero = {};

		bpf_map_update_elem(&unseen, key, &zero, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&unseen, key);
	}
	if (!sum)
		return;
	__sync_fetch_and_add(&sum->packets, packets);
	__sync_fetch_and_add(&sum->bytes, bytes);
}

/* What an interface has received is not on its way out, or is not ours. */
static __always_inline void observe_sent(const struct sk_buff *skb, __u32 reason)
{
	const struct sock *sock = BPF_CORE_READ(skb, sk);
	struct weir_unseen_key key = { .place = WEIR_UNSEEN_BEFORE };

	if (!sock || !is_tcp(sock) ||
	    BPF_CORE_READ((const struct sock_common *)sock, skc_net.net, ns.inum) !=
		    trace_cfg.netns)
		return;
	if (place_of(skb, reason, &key))
		unseen_add(&key, segments_of(skb), BPF_CORE_READ(skb, len));
}

/*
 * The kernel takes the tag off before it asks any hook. A second tag, behind one that is beside the
 * packet by then, has passed the hook.
 */
static __always_inline void observe_received(const struct sk_buff *skb)
{
	struct weir_unseen_key key = { .place = WEIR_UNSEEN_TAG };
	__be16 proto = BPF_CORE_READ(skb, protocol);
	__u32 len = BPF_CORE_READ(skb, len);

	if ((proto != bpf_htons(ETH_P_8021Q) && proto != bpf_htons(ETH_P_8021AD)) ||
	    len >= TAG_NEEDS || BPF_CORE_READ(skb, vlan_tci) ||
	    BPF_CORE_READ(skb, dev, nd_net.net, ns.inum) != trace_cfg.netns)
		return;
	key.ifindex = BPF_CORE_READ(skb, dev, ifindex);
	unseen_add(&key, 1, len + BPF_CORE_READ(skb, mac_len));
}

SEC("tp_btf/kfree_skb")
int weir_unseen(__u64 *ctx)
{
	const struct sk_buff *skb = (const void *)ctx[0];
	__u32 reason = 0;

	if (bpf_core_type_exists(enum skb_drop_reason))
		reason = (__u32)ctx[2];
	if (BPF_CORE_READ(skb, skb_iif))
		observe_received(skb);
	else
		observe_sent(skb, reason);
	return 0;
}
