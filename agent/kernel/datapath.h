/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The BPF side as the agent sees it: loads the programs, reads the maps, runs the commands. Only
 * datapath_load.c knows the skeleton. All counters are in host order, addresses and ports in network order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/command.h"
#include "weir/dns.h"
#include "weir/event.h"
#include "weir/flow.h"
#include "weir/iface.h"

struct datapath;

struct datapath_options {
	uint32_t max_flows;
	uint32_t max_ifaces;	/* a power of two */
	uint64_t ring_bytes;	/* a power of two, at least a page */
	bool want_xdp;		/* load its program too */
	bool want_dns;		/* samples of DNS answers into the ring */
	bool no_events;		/* nothing goes into the ring: for benchmarks */
	uint32_t max_one_sided; /* for benchmarks; 0: an eighth of max_flows */
};

enum datapath_prog {
	DATAPATH_TC_IN,
	DATAPATH_TC_OUT,
	DATAPATH_XDP,
	DATAPATH_COMMAND, /* is run, not attached */
	DATAPATH_PROG_MAX,
};

/*
 * Opens and loads everything; what the kernel refuses is logged. In two steps: the maps are there
 * after the first one, the programs, which the kernel looks at meanwhile, after the second. -errno.
 */
int datapath_begin(struct datapath **ret, const struct datapath_options *options);
int datapath_wait(struct datapath *datapath);
void datapath_free(struct datapath **at);

/* Maps that the programs of other objects share; the descriptors stay the datapath's. */
struct datapath_maps {
	int owners;
	int events;
	int counters;
};
void datapath_maps(const struct datapath *datapath, struct datapath_maps *ret);

/*
 * Lets the programs know the kinds of super-packets, which they guess before. Takes some 12 ms; may be
 * called by another thread. -errno: this kernel does not tell.
 */
int datapath_learn_kinds(const struct datapath *datapath);

int datapath_prog_fd(const struct datapath *datapath, enum datapath_prog prog);
/* Bytes of kernel memory that the maps take, as far as the kernel tells. */
uint64_t datapath_map_bytes(const struct datapath *datapath);

/*
 * The ring. fd: readable when there is something. drain: hands up to max events to who is there for
 * their kind (NULL: nobody), oldest first, and returns how many. An event is checked for length and
 * version before.
 */
struct datapath_readers {
	void (*flow)(void *ctx, const struct weir_event *event);
	void (*user)(void *ctx, const struct weir_user_event *event);
	void (*cgroup)(void *ctx, const struct weir_cgroup_event *event);
	void (*dns)(void *ctx, const struct weir_dns_event *event); /* its data is all there */
};
int datapath_ring_fd(const struct datapath *datapath);
unsigned int datapath_ring_drain(struct datapath *datapath, unsigned int max,
				 const struct datapath_readers *readers, void *ctx);
/* Events of a length or version that is not ours: never, unless something is badly wrong. */
uint64_t datapath_bad_events(const struct datapath *datapath);
/* Bytes in the ring that wait to be read. */
uint64_t datapath_ring_used(const struct datapath *datapath);
/* Up to when all events have been read, as far as is known; see ring_read_until(). */
uint64_t datapath_ring_read_until(const struct datapath *datapath);

struct datapath_iface {
	uint32_t ifindex;
	uint32_t key_ifindex; /* what its flows' keys say; 0: the same */
	bool has_ethernet;
	bool has_ingress; /* false: all packets go out by it, of both directions, as by the loopback */
	uint32_t gso_max[2]; /* longest super-packet that the device takes, IPv4 and IPv6; 0: any */
};

/*
 * Gives the interface a slot whose counters are 0. Returns the slot, or -ENOSPC if all places it may
 * have are taken.
 */
int datapath_iface_add(struct datapath *datapath, const struct datapath_iface *iface);
void datapath_iface_remove(struct datapath *datapath, uint32_t slot);
/* Sums over the CPUs. */
int datapath_iface_read(const struct datapath *datapath, uint32_t slot, struct weir_iface *ret);

int datapath_counters(const struct datapath *datapath, uint64_t ret[static WEIR_COUNTER_MAX]);

/*
 * Reads the flow map in batches. cursor: 0 at first, then as the call left it. Returns the number of
 * entries handed to fn, and sets *ret_done at the end of the map. Entries that come or go meanwhile may be missed or seen.
 */
typedef void (*datapath_flows_fn)(void *ctx, const struct weir_flow_key *keys,
				  const struct weir_flow *flows, uint32_t count);
struct datapath_cursor {
	uint32_t batch;
	bool started;
};
int datapath_sweep(struct datapath *datapath, struct datapath_cursor *cursor, datapath_flows_fn fn,
		   void *ctx, bool *ret_done);
/* One entry. -ENOENT. */
int datapath_lookup(const struct datapath *datapath, const struct weir_flow_key *key,
		    struct weir_flow *ret);

/* The note of which keys may be in the flow map, for who reads all of it. */
struct present *datapath_present(struct datapath *datapath);

/* The commands' places; write up to WEIR_COMMANDS_MAX, run, read the results there. */
struct weir_command *datapath_commands(struct datapath *datapath);
/* Runs the first count commands (0 is fine) and returns the clock of weir_dir.last, low 32 bits, in *ret_jiffies. */
int datapath_run(struct datapath *datapath, unsigned int count, uint32_t *ret_jiffies);
