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

/* What most definitions of a map say. */
#define MAP_OF(map_type, key_type, value_type, entries) \
	__uint(type, BPF_MAP_TYPE_##map_type);          \
	__type(key, key_type);                          \
	__type(value, value_type);                      \
	__uint(max_entries, entries)

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
	MAP_OF(PERCPU_ARRAY, __u32, __u64, WEIR_COUNTER_MAX);
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
