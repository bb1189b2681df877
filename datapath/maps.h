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
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct weir_flow_key);
	__type(value, struct flow_value);
	__uint(max_entries, 131072);
} flows __weak SEC(".maps");

/* Per interface; the packet programs count, the agent reads and hands out the slots. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct weir_iface);
	__uint(max_entries, 1024);
} ifaces __weak SEC(".maps");

/* Jiffies until which a CPU does not try to insert, because the map was full. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} refuse_until __weak SEC(".maps");

/* Ports for the later fragments of a packet; who is not asked for goes first. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct weir_fragment_key);
	__type(value, struct weir_fragment);
	__uint(max_entries, 4096);
} fragments __weak SEC(".maps");

/* Samples of DNS answers that a CPU may still take; it alone writes them. */
struct dns_bucket {
	__u64 tokens;
	__u64 filled_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct dns_bucket);
	__uint(max_entries, 1);
} dns_buckets __weak SEC(".maps");

/* What all CPUs share: see struct weir_pressure. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct weir_pressure);
	__uint(max_entries, 1);
} pressure __weak SEC(".maps");

/*
 * The packet in work, and the one inside it. Not on the stack: what is read back from a map is unknown to the verifier,
 * so it walks the flow path once and not once for each way through the parser (a twentieth of the
 * instructions). Programs of packets do not nest on a CPU.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct pkt);
	__uint(max_entries, PKT_MAX);
} packets __weak SEC(".maps");

/* The agent's wishes and the answers; mapped into its memory. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct weir_command);
	__uint(max_entries, WEIR_COMMANDS_MAX);
} commands __weak SEC(".maps");

static __always_inline void flow_lock(struct weir_flow *flow)
{
	bpf_spin_lock((struct bpf_spin_lock *)&flow->lock);
}

static __always_inline void flow_unlock(struct weir_flow *flow)
{
	bpf_spin_unlock((struct bpf_spin_lock *)&flow->lock);
}
