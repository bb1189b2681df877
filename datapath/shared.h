/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps that the packet programs share with those of the other objects. The agent makes them
 * once, for the packet programs, and hands them to the others.
 */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "weir/event.h"
#include "weir/iface.h"
#include "weir/owner.h"

/*
 * What happens, for the agent. Full: WEIR_EVENTS_LOST counts, and the sweep makes up for it, or the
 * look-up of an owner.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} events __weak SEC(".maps");

/* enum weir_counter. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, WEIR_COUNTER_MAX);
} counters __weak SEC(".maps");

/*
 * Whose a socket is: written where its process runs (owners.h), read by the packet programs. It goes
 * with the socket. An accepted one begins with a copy of its listener's.
 */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct weir_socket);
} owners __weak SEC(".maps");
