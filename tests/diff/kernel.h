/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The datapath in the kernel, on behalf of lo in a network namespace of this process's own, on one
 * CPU. Unlike tests/bpf/bpf_env it is made for speed. All functions return 0 or a count, or a
 * negative errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session.h"
#include "weir/command.h"
#include "weir/event.h"
#include "weir/iface.h"

#define KERNEL_IFINDEX 1
#define KERNEL_NETNS   7
/* What keys say for it: the ifindex is its second owner's. */
#define KERNEL_KEY_IFINDEX (WEIR_KEY_IFINDEX_OWN | KERNEL_IFINDEX)
#define KERNEL_SLOTS	   16
/* First fragments that a session may leave: fewer than the LRU map holds, which then evicts none. */
#define KERNEL_FRAGMENTS 1024
#define KERNEL_KNOCKS	 64 /* places for those without room: the reference's REF_KNOCKS */

struct kernel;

struct kernel_limits {
	uint32_t max_flows, max_unanswered, max_answering, max_one_sided, ring_bytes;
	bool has_pieces; /* takes steps with a `linear` */
};

/* This process alone in a network namespace whose lo is up, and on the CPU that it runs on. */
int kernel_isolate(void);
int kernel_new(struct kernel **ret, const struct kernel_limits *limits);
void kernel_free(struct kernel **kernel);
#define auto_kernel __attribute__((cleanup(kernel_free)))

/* No flows, no counts, no events; the interface as the session has it. */
int kernel_reset(struct kernel *kernel, const struct session *session);

struct kernel_outcome {
	bool is_passed;		 /* the program's verdict is that it has none */
	bool is_unchanged;	 /* the packet */
	uint32_t linear;	 /* bytes that lay in one piece */
	const uint8_t *l3_head;	 /* TC: where the kernel sees layer 3; NULL: nowhere */
	uint64_t from_ns, to_ns; /* CLOCK_MONOTONIC before and after the run */
};

int kernel_packet(struct kernel *kernel, const struct session_step *step,
		  struct kernel_outcome *ret);
/* Runs one command, which receives its result. */
int kernel_command(struct kernel *kernel, struct weir_command *command);

/* -ENOENT: there is none. */
int kernel_flow(const struct kernel *kernel, const struct weir_flow_key *key,
		struct weir_flow *ret);
/* A value of an entry that is there, as no agent would do it. */
int kernel_set_flow(const struct kernel *kernel, const struct weir_flow_key *key,
		    const struct weir_flow *flow);
int kernel_delete_flow(const struct kernel *kernel, const struct weir_flow_key *key);
/* All flows; they are the kernel's and stay until the next call. */
int kernel_flows(struct kernel *kernel, const struct weir_flow_key **ret_keys,
		 const struct weir_flow **ret_flows);
/* The slot that counts for the session, summed over the CPUs; the slots beside it are ignored. */
int kernel_iface(struct kernel *kernel, struct weir_iface *ret);
int kernel_counters(struct kernel *kernel, uint64_t ret[WEIR_COUNTER_MAX]);
int kernel_pressure(const struct kernel *kernel, struct weir_pressure *ret);
/* Empties the ring; the events stay until the next call. */
int kernel_events(struct kernel *kernel, const struct weir_event **ret);
/* Inserts are tried again. */
int kernel_retry(struct kernel *kernel);
int kernel_age_fragments(const struct kernel *kernel, uint32_t seconds);
int kernel_fragment(const struct kernel *kernel, const struct weir_fragment_key *key,
		    struct weir_fragment *ret);
/* -E2BIG: there are more than max. */
int kernel_fragment_keys(const struct kernel *kernel, struct weir_fragment_key *ret, size_t max);
