/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The BPF object on its way into the kernel. Of what libbpf knows of it nothing is kept but the
 * descriptors.
 */
#pragma once

#include "kernel/datapath.h"

/* All maps of the object. */
enum datapath_map {
	MAP_FLOWS,
	MAP_IFACES,
	MAP_EVENTS,
	MAP_COUNTERS,
	MAP_OWNERS,
	MAP_REFUSE_UNTIL,
	MAP_FRAGMENTS,
	MAP_DNS_BUCKETS,
	MAP_PRESSURE,
	MAP_PRESENT,
	MAP_SKB_LAYOUTS,
	MAP_KNOCKS,
	MAP_PACKETS,
	MAP_COMMANDS,
	MAP_RODATA,
	DATAPATH_MAP_MAX,
};

/* -1: not there. */
struct datapath_fds {
	int maps[DATAPATH_MAP_MAX];
	int progs[DATAPATH_PROG_MAX];
};

struct datapath_loading;

/*
 * Makes the maps, and begins to load the programs, by threads: there is time for other things until
 * the end is asked for. What the kernel refuses is logged. On failure fds has nothing open.
 */
int datapath_load_begin(struct datapath_loading **ret, struct datapath_fds *fds,
			const struct datapath_options *options);
int datapath_load_end(struct datapath_loading **at, struct datapath_fds *fds);
/* In place of the end; fds are left as they are. NULL is fine. */
void datapath_load_cancel(struct datapath_loading **at);
void datapath_fds_close(struct datapath_fds *fds);
