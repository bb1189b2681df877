// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the benchmark compares with: a program that does nothing, and a bare look-up with two
 * atomic adds in a hash of entries as large as weir's; and a front that gives each packet another
 * source port and address before it hands it on.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "tests/bench/bench.h"
#include "weir/flow.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
	__uint(max_entries, 1);
} tc_target SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
	__uint(max_entries, 1);
} xdp_target SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct bench_flows);
	__uint(max_entries, 1);
} bench_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct weir_flow_key);
	__type(value, struct weir_flow);
	__uint(max_entries, 131072);
} bench_hash SEC(".maps");

/*
 * The flow's number: each of 0 .. mask once a round (mask + 1: a power of two), in an order like random,
 * another one in each round; or always in that in which they were made, so that one is in memory behind
 * the other.
 */
static __always_inline void vary(void *data, void *end)
{
	__u32 zero = 0, number;
	struct bench_flows *flows = bpf_map_lookup_elem(&bench_flows, &zero);
	__u8 *packet = data;

	if (!flows || data + BENCH_PORT_V6 + 2 > end)
		return;
	if (flows->count_up) {
		number = flows->number++;
	} else if (flows->stride) {
		number = flows->next = (flows->next + flows->stride) & flows->mask;
	} else {
		number = flows->next = flows->next * 1664525 + 1013904223;
		number = (number >> 7 ^ number) & flows->mask;
	}
	if (packet[12] == 0x08) {
		*(__u16 *)(packet + BENCH_PORT_V4) = number;
		*(__u16 *)(packet + BENCH_ADDR_V4) = number >> 16;
	} else {
		*(__u16 *)(packet + BENCH_PORT_V6) = number;
		*(__u16 *)(packet + BENCH_ADDR_V6) = number >> 16;
	}
}

SEC("tc")
int bench_tc(struct __sk_buff *skb)
{
	vary((void *)(long)skb->data, (void *)(long)skb->data_end);
	bpf_tail_call(skb, &tc_target, 0);
	return -1;
}

SEC("xdp")
int bench_xdp(struct xdp_md *xdp)
{
	vary((void *)(long)xdp->data, (void *)(long)xdp->data_end);
	bpf_tail_call(xdp, &xdp_target, 0);
	return XDP_PASS;
}

SEC("tc")
int empty_tc(struct __sk_buff *skb)
{
	return -1;
}

SEC("xdp")
int empty_xdp(struct xdp_md *xdp)
{
	return XDP_PASS;
}

SEC("tc")
int hash_tc(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct weir_flow_key key = {};
	struct weir_flow *flow;

	if (data + BENCH_PORT_V6 + 2 > end)
		return -1;
	if (*(__u8 *)(data + 12) == 0x08) {
		key.port[0] = *(__u16 *)(data + BENCH_PORT_V4);
		key.addr[0][3] = *(__u16 *)(data + BENCH_ADDR_V4);
	} else {
		key.port[0] = *(__u16 *)(data + BENCH_PORT_V6);
		key.addr[0][3] = *(__u16 *)(data + BENCH_ADDR_V6);
	}
	flow = bpf_map_lookup_elem(&bench_hash, &key);
	if (!flow) {
		struct weir_flow none = {};

		bpf_map_update_elem(&bench_hash, &key, &none, BPF_NOEXIST);
		return -1;
	}
	__sync_fetch_and_add(&flow->dir[0].packets, 1);
	__sync_fetch_and_add(&flow->dir[0].bytes, skb->len);
	flow->dir[0].last = bpf_jiffies64();
	return -1;
}
