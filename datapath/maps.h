/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps and switches of the packet programs. The agent sets the sizes before loading.
 */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "pkt.h"
#include "shared.h"
#include "weir/command.h"
#include "weir/config.h"
#include "weir/flow.h"
#include "weir/iface.h"
#include "weir/knock.h"
#include "weir/present.h"
#include "weir/skb_layout.h"

/* Defined in flow.bpf.c, set through the skeleton between open and load. */
extern const volatile struct weir_config cfg;

/* What the kernel must know of a struct weir_flow in a map: where its lock is. */
struct flow_value {
	struct bpf_spin_lock lock;
	__u8 rest[sizeof(struct weir_flow) - sizeof(struct bpf_spin_lock)];
} __attribute__((aligned(8)));
WEIR_ASSERT_SIZE(struct flow_value, sizeof(struct weir_flow));

/*
 * Every leg. Written by the packet programs, read by the agent's sweep in batches, removed by
 * weir_command only. Full: the packets of new flows go to WEIR_REM_NO_ROOM.
 */
struct {
	MAP_OF(HASH, struct weir_flow_key, struct flow_value, 131072);
} flows __weak SEC(".maps");

/* Per interface; the packet programs count, the agent reads and hands out the slots. */
struct {
	MAP_OF(PERCPU_ARRAY, __u32, struct weir_iface, 1024);
} ifaces __weak SEC(".maps");

/* Jiffies until which a CPU does not try to insert, because the map was full. */
struct {
	MAP_OF(PERCPU_ARRAY, __u32, __u64, 1);
} refuse_until __weak SEC(".maps");

/* Ports for the later fragments of a packet; who is not asked for goes first. */
struct {
	MAP_OF(LRU_HASH, struct weir_fragment_key, struct weir_fragment, 4096);
} fragments __weak SEC(".maps");

/* Samples of DNS answers that a CPU may still take; it alone writes them. */
struct dns_bucket {
	__u64 tokens;
	__u64 filled_ns;
};

struct {
	MAP_OF(PERCPU_ARRAY, __u32, struct dns_bucket, 1);
} dns_buckets __weak SEC(".maps");

/* What all CPUs share: see struct weir_pressure. */
struct {
	MAP_OF(ARRAY, __u32, struct weir_pressure, 1);
} pressure __weak SEC(".maps");

/* See weir/skb_layout.h; zero until the agent has found out. */
struct {
	MAP_OF(ARRAY, __u32, struct weir_skb_layout, 1);
} skb_layouts __weak SEC(".maps");

/* See weir/present.h; mapped into the agent's memory. */
struct {
	MAP_OF(ARRAY, __u32, __u64, WEIR_PRESENT_FIRST + 2 * 64);
	__uint(map_flags, BPF_F_MMAPABLE);
} present __weak SEC(".maps");

/* See weir/knock.h. Never full: who comes later takes the place of who came earlier. */
struct {
	MAP_OF(ARRAY, __u32, struct weir_knocks, WEIR_KNOCK_PLACES);
} knocks __weak SEC(".maps");

/*
 * The packet in work, and the one inside it. Not on the stack: what is read back from a map is unknown to the verifier,
 * so it walks the flow path once and not once for each way through the parser (a twentieth of the
 * instructions). Programs of packets do not nest on a CPU.
 */
struct {
	MAP_OF(PERCPU_ARRAY, __u32, struct pkt, PKT_MAX);
} packets __weak SEC(".maps");

/* The agent's wishes and the answers; mapped into its memory. */
struct {
	MAP_OF(ARRAY, __u32, struct weir_command, WEIR_COMMANDS_MAX);
	__uint(map_flags, BPF_F_MMAPABLE);
} commands __weak SEC(".maps");

static __always_inline void flow_lock(struct weir_flow *flow)
{
	bpf_spin_lock((struct bpf_spin_lock *)&flow->lock);
}

static __always_inline void flow_unlock(struct weir_flow *flow)
{
	bpf_spin_unlock((struct bpf_spin_lock *)&flow->lock);
}
