/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the programs at the kernel's tracepoints share. They are an object of their own, because
 * libbpf reads all of the kernel's type information for an object that needs any of it.
 */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "shared.h"
#include "weir/retransmit.h"
#include "weir/trace_config.h"

/* Defined in trace_retransmit.bpf.c, set through the skeleton between open and load. */
extern const volatile struct weir_trace_config trace_cfg;

/*
 * Sockets that lately sent something again. Written here, read by the agent, who removes what
 * rests. Full: counted in weir_retransmit_sums.refused, and made up for later.
 */
struct {
	MAP_OF(HASH, struct weir_retransmit_key, struct weir_retransmit, WEIR_RETRANSMITS_MAX);
} retransmits __weak SEC(".maps");

struct {
	MAP_OF(ARRAY, __u32, struct weir_retransmit_sums, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
} retransmit_sums __weak SEC(".maps");

/*
 * What processes were made of, for when they are gone. Written here and by the agent at its start;
 * who is not asked for goes first.
 */
struct {
	MAP_OF(LRU_HASH, __u32, struct weir_exec, WEIR_EXECS_MAX);
} execs __weak SEC(".maps");

static __always_inline void events_lost(void)
{
	__u32 index = WEIR_EVENTS_LOST;
	__u64 *value = bpf_map_lookup_elem(&counters, &index);

	if (value)
		__sync_fetch_and_add(value, 1); /* a packet's program may come in between */
}
