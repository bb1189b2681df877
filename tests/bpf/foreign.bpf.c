// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Other people's programs, for the end-to-end tests: they count what they see, and one drops what
 * goes to a UDP port.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define DROPPED_PORT 6666

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Packets seen, by program; in the last the dropped ones. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 5);
} foreign_seen SEC(".maps");

static __always_inline void count(__u32 index)
{
	__u64 *value = bpf_map_lookup_elem(&foreign_seen, &index);

	if (value)
		__sync_fetch_and_add(value, 1);
}

SEC("tc")
int foreign_tcx(struct __sk_buff *skb)
{
	count(0);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int foreign_clsact(struct __sk_buff *skb)
{
	count(1);
	return TC_ACT_UNSPEC;
}

SEC("xdp")
int foreign_xdp(struct xdp_md *xdp)
{
	count(2);
	return XDP_PASS;
}

SEC("tc")
int foreign_drop(struct __sk_buff *skb)
{
	struct iphdr ip4;
	struct udphdr udp;

	count(3);
	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN, &ip4, sizeof(ip4)) || ip4.protocol != IPPROTO_UDP ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(ip4), &udp, sizeof(udp)) ||
	    udp.dest != bpf_htons(DROPPED_PORT))
		return TC_ACT_UNSPEC;
	count(4);
	return TC_ACT_SHOT;
}
