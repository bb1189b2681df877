// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A VLAN tag beside the packet, as a VLAN device would put it there, for what goes to a UDP port:
 * for kernels without VLAN devices.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TAGGED_PORT 100
#define TAG	    100

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tc")
int tagger(struct __sk_buff *skb)
{
	struct iphdr ip4;
	struct udphdr udp;

	if (skb->protocol != bpf_htons(ETH_P_IP) || skb->vlan_present ||
	    bpf_skb_load_bytes(skb, ETH_HLEN, &ip4, sizeof(ip4)) || ip4.protocol != IPPROTO_UDP ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(ip4), &udp, sizeof(udp)) ||
	    udp.dest != bpf_htons(TAGGED_PORT))
		return TC_ACT_UNSPEC;
	bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), TAG);
	return TC_ACT_UNSPEC;
}
