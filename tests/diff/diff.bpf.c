// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Test runs of TC programs make no frames with a cut IP header, with a VLAN tag in the metadata, or
 * of an interface without Ethernet; and none of several pieces, which a packet socket makes: for it
 * these programs stand before and behind the one under test at the egress of lo.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "diff.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct diff_args);
	__uint(max_entries, 1);
} diff_args SEC(".maps");

/* The programs under test. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 2);
} diff_next SEC(".maps");

SEC("tc")
int diff_enter(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct diff_args *args = bpf_map_lookup_elem(&diff_args, &zero);

	if (!args || !args->is_on)
		return TC_ACT_SHOT;
	if (args->cut_to && bpf_skb_change_tail(skb, args->cut_to, 0))
		return DIFF_FAILED;
	if (args->has_protocol && bpf_skb_store_bytes(skb, 12, &args->protocol, 2, 0))
		return DIFF_FAILED;
	if (args->has_tag && bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), args->tci))
		return DIFF_FAILED;
	args->linear = skb->data_end - skb->data;
	args->has_l3_head = !bpf_skb_load_bytes_relative(skb, 0, args->l3_head,
							 sizeof(args->l3_head), BPF_HDR_START_NET);
	bpf_tail_call(skb, &diff_next, args->prog);
	return DIFF_FAILED;
}

/* Reached only if the program under test leaves the packet's fate to others. */
SEC("tc")
int diff_leave(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct diff_args *args = bpf_map_lookup_elem(&diff_args, &zero);

	if (!args || !args->is_on)
		return TC_ACT_SHOT;
	args->len = skb->len;
	args->has_left = !bpf_skb_load_bytes(skb, 0, args->head, sizeof(args->head));
	return TC_ACT_STOLEN;
}
