/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The BPF object on its way into the kernel. Of what libbpf knows of it nothing is kept but the
 * descriptors.
 */
#pragma once

#include "datapath.h"

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

/* What the kernel refuses is logged. On failure *ret has nothing open. */
int datapath_load(struct datapath_fds *ret, const struct datapath_options *options);
void datapath_fds_close(struct datapath_fds *fds);
