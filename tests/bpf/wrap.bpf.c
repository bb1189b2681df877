// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Test runs of TC programs refuse frames whose IP header is cut, and VLAN tags in the metadata.
 * This makes them out of frames that they accept, then becomes the program under test.
 */
#include "wrap.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Written by the test before each run. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct wrap_args);
	__uint(max_entries, 1);
} wrap_args SEC(".maps");

/* The program under test. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} wrap_next SEC(".maps");

SEC("tc")
int wrap(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct wrap_args *args = bpf_map_lookup_elem(&wrap_args, &zero);

	if (!args)
		return WRAP_FAILED;
	if (args->cut_to && bpf_skb_change_tail(skb, args->cut_to, 0))
		return WRAP_FAILED;
	if (args->tag_proto && bpf_skb_vlan_push(skb, bpf_htons(args->tag_proto), args->tci))
		return WRAP_FAILED;
	bpf_tail_call(skb, &wrap_next, 0);
	return WRAP_FAILED;
}
