/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What kernel*.c share.
 */
#pragma once

#include "tests/diff/kernel.h"

struct kernel {
	struct weir_bpf *skel;
	struct bpf_object *diff;
	struct diff_args *args;
	struct pieces *pieces;
	struct ring_buffer *ring;
	struct present *present; /* each reading of all flows notes them, as the agent's sweep */
	int enter_fd, xdp_fd, command_fd;
	int flows_fd, ifaces_fd, counters_fd, refuse_fd, fragments_fd, pressure_fd, knocks_fd,
		commands_fd;

	struct weir_event *events;
	size_t events_len, events_size;
	uint32_t max_flows;
	struct weir_flow_key *keys; /* max_flows of them, of the last reading */
	struct weir_flow *flows;
	int cpus;
	struct weir_iface *percpu; /* scratch: a value of `ifaces`, the largest one, of all CPUs */
	uint32_t slot;		   /* of the session's interface; 0: it has none */
};

/* Of struct ring_buffer: ctx is the kernel. */
int kernel_store_event(void *ctx, void *data, size_t size);
