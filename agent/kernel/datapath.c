// SPDX-License-Identifier: BSD-2-Clause
/*
 * Wraps the programs and maps that are loaded. Kernel memory belongs to the descriptors held here:
 * when the agent ends, however it ends, the kernel takes everything back.
 */
#include "kernel/datapath.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "kernel/datapath_load.h"
#include "kernel/flow_event.h"
#include "kernel/map_bytes.h"
#include "kernel/present.h"
#include "kernel/ring.h"
#include "kernel/skb_layout.h"

#define SWEEP_BATCH 1024

struct datapath {
	struct datapath_fds fds;
	struct datapath_loading *loading; /* NULL: all is loaded */
	struct ring *ring;
	struct weir_command *commands;
	struct present *present;
	struct weir_iface *percpu;  /* scratch: one interface, all CPUs */
	struct weir_flow_key *keys; /* scratch: one batch */
	struct weir_flow *flows;
	uint32_t iface_mask;
	uint32_t *slots; /* slot -> ifindex, 0: free */
	int cpus;
	uint64_t bad_events; /* of another length or version */
};

static int datapath_map(struct datapath *datapath)
{
	size_t size = WEIR_COMMANDS_MAX * sizeof(struct weir_command);
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			datapath->fds.maps[MAP_COMMANDS], 0);

	if (at == MAP_FAILED)
		return log_err(-errno, "cannot map the command table");
	datapath->commands = at;
	return 0;
}

int datapath_begin(struct datapath **ret, const struct datapath_options *options)
{
	struct datapath *datapath = calloc(1, sizeof(*datapath));
	int r = -ENOMEM;

	if (!datapath)
		return -ENOMEM;
	memset(&datapath->fds, 0xff, sizeof(datapath->fds));
	datapath->iface_mask = options->max_ifaces - 1;
	datapath->cpus = libbpf_num_possible_cpus();
	if (datapath->cpus > 0) {
		datapath->percpu = calloc((size_t)datapath->cpus, sizeof(*datapath->percpu));
		datapath->slots = calloc(options->max_ifaces, sizeof(*datapath->slots));
		datapath->keys = calloc(SWEEP_BATCH, sizeof(*datapath->keys));
		datapath->flows = calloc(SWEEP_BATCH, sizeof(*datapath->flows));
		if (datapath->percpu && datapath->slots && datapath->keys && datapath->flows)
			r = datapath_load_begin(&datapath->loading, &datapath->fds, options);
	}
	if (!r)
		r = datapath_map(datapath);
	if (!r)
		r = present_new(&datapath->present, datapath->fds.maps[MAP_PRESENT],
				present_words(options->max_flows));
	if (!r)
		r = ring_new(&datapath->ring, datapath->fds.maps[MAP_EVENTS], options->ring_bytes);
	if (r) {
		datapath_free(&datapath);
		return r;
	}
	*ret = datapath;
	return 0;
}

int datapath_wait(struct datapath *datapath)
{
	return datapath_load_end(&datapath->loading, &datapath->fds);
}

void datapath_free(struct datapath **at)
{
	struct datapath *datapath = TAKE_PTR(*at);

	if (!datapath)
		return;
	datapath_load_cancel(&datapath->loading);
	ring_free(&datapath->ring);
	present_free(&datapath->present);
	if (datapath->commands)
		munmap(datapath->commands, WEIR_COMMANDS_MAX * sizeof(struct weir_command));
	datapath_fds_close(&datapath->fds);
	free(datapath->percpu);
	free(datapath->slots);
	free(datapath->keys);
	free(datapath->flows);
	free(datapath);
}

void datapath_maps(const struct datapath *datapath, struct datapath_maps *ret)
{
	*ret = (struct datapath_maps){ .owners = datapath->fds.maps[MAP_OWNERS],
				       .events = datapath->fds.maps[MAP_EVENTS],
				       .counters = datapath->fds.maps[MAP_COUNTERS] };
}

int datapath_learn_kinds(const struct datapath *datapath)
{
	struct weir_skb_layout layout;
	uint32_t zero = 0;
	int r = skb_layout_read(&layout);

	if (r)
		return r;
	return bpf_map_update_elem(datapath->fds.maps[MAP_SKB_LAYOUTS], &zero, &layout, BPF_ANY);
}

int datapath_prog_fd(const struct datapath *datapath, enum datapath_prog prog)
{
	return datapath->fds.progs[prog];
}

uint64_t datapath_map_bytes(const struct datapath *datapath)
{
	uint64_t sum = 0;

	for (enum datapath_map map = 0; map < DATAPATH_MAP_MAX; map++)
		sum += map_bytes(datapath->fds.maps[map]);
	return sum;
}

int datapath_ring_fd(const struct datapath *datapath)
{
	return datapath->fds.maps[MAP_EVENTS];
}

struct drain {
	struct datapath *datapath;
	const struct datapath_readers *readers;
	void *ctx;
};

/* The least that an event has; of flows' events see kernel/flow_event.h. */
static size_t event_size(uint8_t type)
{
	switch (type) {
	case WEIR_EVENT_USER:
		return sizeof(struct weir_user_event);
	case WEIR_EVENT_CGROUP:
	case WEIR_EVENT_CGROUP_GONE:
		return sizeof(struct weir_cgroup_event);
	case WEIR_EVENT_DNS:
		return sizeof(struct weir_dns_event);
	default:
		return sizeof(struct weir_event_hdr);
	}
}

static void drain_dns(const struct drain *drain, const struct weir_dns_event *event)
{
	if (event->len > event->hdr.len - sizeof(*event))
		drain->datapath->bad_events++;
	else if (drain->readers->dns)
		drain->readers->dns(drain->ctx, event);
}

static void drain_flow(const struct drain *drain, const void *record, size_t size)
{
	struct weir_event room;
	const struct weir_event *event = flow_event_whole(record, size, &room);

	if (!event)
		drain->datapath->bad_events++;
	else if (drain->readers->flow)
		drain->readers->flow(drain->ctx, event);
}

static void drain_event(const struct drain *drain, const void *record, size_t size, uint8_t type)
{
	const struct datapath_readers *readers = drain->readers;

	if (type == WEIR_EVENT_USER && readers->user)
		readers->user(drain->ctx, record);
	else if ((type == WEIR_EVENT_CGROUP || type == WEIR_EVENT_CGROUP_GONE) && readers->cgroup)
		readers->cgroup(drain->ctx, record);
	else if (type == WEIR_EVENT_DNS)
		drain_dns(drain, record);
	else if (type < WEIR_EVENT_USER)
		drain_flow(drain, record, size);
}

static void drain_record(void *ctx, const void *record, size_t size)
{
	const struct drain *drain = ctx;
	const struct weir_event_hdr *hdr = record;

	if (size < sizeof(*hdr) || hdr->version != WEIR_EVENT_VERSION ||
	    hdr->len < event_size(hdr->type) || size < hdr->len)
		drain->datapath->bad_events++;
	else
		drain_event(drain, record, size, hdr->type);
}

unsigned int datapath_ring_drain(struct datapath *datapath, unsigned int max,
				 const struct datapath_readers *readers, void *ctx)
{
	struct drain drain = { .datapath = datapath, .readers = readers, .ctx = ctx };

	return ring_read(datapath->ring, max, drain_record, &drain);
}

uint64_t datapath_ring_used(const struct datapath *datapath)
{
	return ring_used(datapath->ring);
}

uint64_t datapath_ring_read_until(const struct datapath *datapath)
{
	return ring_read_until(datapath->ring);
}

uint64_t datapath_bad_events(const struct datapath *datapath)
{
	return datapath->bad_events + ring_skipped(datapath->ring);
}

int datapath_iface_add(struct datapath *datapath, const struct datapath_iface *iface)
{
	const struct weir_iface value = {
		.ifindex = iface->ifindex,
		.key_ifindex = iface->key_ifindex ? iface->key_ifindex : iface->ifindex,
		.has_ethernet = iface->has_ethernet,
		.echoes = (uint8_t)(1 << WEIR_INGRESS | iface->has_ingress << WEIR_EGRESS),
		.gso_max = { iface->gso_max[0] ? iface->gso_max[0] : UINT32_MAX,
			     iface->gso_max[1] ? iface->gso_max[1] : UINT32_MAX },
	};
	uint32_t slot;
	int r;

	for (uint32_t i = 0; i < WEIR_IFACE_PROBES; i++) {
		slot = WEIR_IFACE_PLACE(iface->ifindex, i, datapath->iface_mask);
		if (!slot || datapath->slots[slot])
			continue;
		for (int cpu = 0; cpu < datapath->cpus; cpu++)
			datapath->percpu[cpu] = value;
		r = bpf_map_update_elem(datapath->fds.maps[MAP_IFACES], &slot, datapath->percpu,
					BPF_ANY);
		if (r)
			return r;
		datapath->slots[slot] = iface->ifindex;
		return (int)slot;
	}
	return -ENOSPC;
}

void datapath_iface_remove(struct datapath *datapath, uint32_t slot)
{
	if (!slot || slot > datapath->iface_mask || !datapath->slots[slot])
		return;
	memset(datapath->percpu, 0, (size_t)datapath->cpus * sizeof(*datapath->percpu));
	(void)bpf_map_update_elem(datapath->fds.maps[MAP_IFACES], &slot, datapath->percpu, BPF_ANY);
	datapath->slots[slot] = 0;
}

static void count_add(struct weir_count *sum, const struct weir_count *value)
{
	sum->packets += value->packets;
	sum->bytes += value->bytes;
}

int datapath_iface_read(const struct datapath *datapath, uint32_t slot, struct weir_iface *ret)
{
	int r = bpf_map_lookup_elem(datapath->fds.maps[MAP_IFACES], &slot, datapath->percpu);

	if (r)
		return r;
	*ret = (struct weir_iface){ .ifindex = datapath->percpu[0].ifindex,
				    .key_ifindex = datapath->percpu[0].key_ifindex,
				    .netns = datapath->percpu[0].netns,
				    .has_ethernet = datapath->percpu[0].has_ethernet };
	memcpy(ret->gso_max, datapath->percpu[0].gso_max, sizeof(ret->gso_max));
	for (int cpu = 0; cpu < datapath->cpus; cpu++) {
		for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
			count_add(&ret->raw[hook], &datapath->percpu[cpu].raw[hook]);
			count_add(&ret->gso[hook], &datapath->percpu[cpu].gso[hook]);
		}
		count_add(&ret->cut, &datapath->percpu[cpu].cut);
		ret->guessed += datapath->percpu[cpu].guessed;
		for (int rem = 0; rem < WEIR_REM_MAX; rem++)
			count_add(&ret->remainder[rem], &datapath->percpu[cpu].remainder[rem]);
	}
	return 0;
}

int datapath_counters(const struct datapath *datapath, uint64_t ret[static WEIR_COUNTER_MAX])
{
	auto_free uint64_t *values = calloc((size_t)datapath->cpus, sizeof(*values));

	if (!values)
		return -ENOMEM;
	for (uint32_t counter = 0; counter < WEIR_COUNTER_MAX; counter++) {
		int r = bpf_map_lookup_elem(datapath->fds.maps[MAP_COUNTERS], &counter, values);

		if (r)
			return r;
		ret[counter] = 0;
		for (int cpu = 0; cpu < datapath->cpus; cpu++)
			ret[counter] += values[cpu];
	}
	return 0;
}

int datapath_sweep(struct datapath *datapath, struct datapath_cursor *cursor, datapath_flows_fn fn,
		   void *ctx, bool *ret_done)
{
	DECLARE_LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t count = SWEEP_BATCH, next = 0;
	int r = bpf_map_lookup_batch(datapath->fds.maps[MAP_FLOWS],
				     cursor->started ? &cursor->batch : NULL, &next, datapath->keys,
				     datapath->flows, &count, &opts);

	if (r && r != -ENOENT)
		return r;
	cursor->started = r == 0;
	cursor->batch = next;
	*ret_done = r == -ENOENT;
	fn(ctx, datapath->keys, datapath->flows, count);
	return (int)count;
}

int datapath_lookup(const struct datapath *datapath, const struct weir_flow_key *key,
		    struct weir_flow *ret)
{
	return bpf_map_lookup_elem(datapath->fds.maps[MAP_FLOWS], key, ret);
}

struct present *datapath_present(struct datapath *datapath)
{
	return datapath->present;
}

struct weir_command *datapath_commands(struct datapath *datapath)
{
	return datapath->commands;
}

int datapath_run(struct datapath *datapath, unsigned int count, uint32_t *ret_jiffies)
{
	uint32_t packet[16] = { count };
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet,
			    .data_size_in = sizeof(packet));
	int r = bpf_prog_test_run_opts(datapath->fds.progs[DATAPATH_COMMAND], &opts);

	if (r)
		return r;
	*ret_jiffies = opts.retval;
	return 0;
}
