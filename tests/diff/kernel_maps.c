// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reading the datapath's maps, and making them as if nothing had ever come.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "agent/kernel/flow_event.h"
#include "agent/kernel/present.h"
#include "tests/diff/kernel_impl.h"

#define FILLER_IFINDEX 77 /* of the slots that are not the session's */

static int update(int fd, uint32_t index, const void *value)
{
	return bpf_map_update_elem(fd, &index, value, BPF_ANY) ? -errno : 0;
}

static int zero(const struct kernel *kernel, int fd, uint32_t entries)
{
	memset(kernel->percpu, 0, (size_t)kernel->cpus * sizeof(*kernel->percpu));
	for (uint32_t i = 0; i < entries; i++) {
		int r = update(fd, i, kernel->percpu);

		if (r)
			return r;
	}
	return 0;
}

static int write_slot(const struct kernel *kernel, uint32_t slot, const struct weir_iface *value)
{
	for (int i = 0; i < kernel->cpus; i++)
		kernel->percpu[i] = *value;
	return update(kernel->ifaces_fd, slot, kernel->percpu);
}

/* Slot 0 is nobody's; in the way to the interface's own are slots of others. */
static int reset_slots(struct kernel *kernel, const struct session *session)
{
	struct weir_iface iface = {
		.ifindex = KERNEL_IFINDEX,
		.key_ifindex = KERNEL_KEY_IFINDEX,
		.netns = KERNEL_NETNS,
		.has_ethernet = session->kind != SESSION_L3,
		.echoes =
			(uint8_t)(1 << WEIR_INGRESS | (session->kind != SESSION_L3) << WEIR_EGRESS),
		.gso_max = { session->gso_max[0], session->gso_max[1] },
	};
	const struct weir_iface filler = { .ifindex = FILLER_IFINDEX };
	struct weir_iface nobody = iface;
	int r;

	nobody.ifindex = 0;
	nobody.key_ifindex = 0;
	nobody.netns = 0;
	kernel->slot = WEIR_IFACE_PLACE(KERNEL_IFINDEX, session->slot % WEIR_IFACE_PROBES,
					KERNEL_SLOTS - 1);
	if (session->kind == SESSION_UNKNOWN)
		kernel->slot = 0;
	r = write_slot(kernel, 0, &nobody);
	for (uint32_t i = 1; !r && i < KERNEL_SLOTS; i++)
		r = write_slot(kernel, i, i == kernel->slot ? &iface : &filler);
	return r;
}

static int delete_fragments(const struct kernel *kernel)
{
	struct weir_fragment_key key;

	while (!bpf_map_get_next_key(kernel->fragments_fd, NULL, &key))
		if (bpf_map_delete_elem(kernel->fragments_fd, &key))
			return -errno;
	return 0;
}

static int delete_flows(struct kernel *kernel)
{
	const struct weir_flow_key *keys = NULL;
	const struct weir_flow *flows;
	int n = kernel_flows(kernel, &keys, &flows);
	__u32 count = (__u32)n;

	if (n <= 0)
		return n;
	return bpf_map_delete_batch(kernel->flows_fd, keys, &count, NULL) ? -errno : 0;
}

int kernel_reset(struct kernel *kernel, const struct session *session)
{
	const struct weir_event *events;
	int r = reset_slots(kernel, session);

	if (!r)
		r = delete_flows(kernel);
	if (!r)
		r = delete_fragments(kernel);
	if (!r)
		r = zero(kernel, kernel->counters_fd, WEIR_COUNTER_MAX);
	if (!r)
		r = zero(kernel, kernel->pressure_fd, 1);
	if (!r)
		r = zero(kernel, kernel->knocks_fd, KERNEL_KNOCKS);
	if (!r)
		r = kernel_retry(kernel);
	if (!r)
		r = kernel_events(kernel, &events);
	return r < 0 ? r : 0;
}

int kernel_retry(struct kernel *kernel)
{
	return zero(kernel, kernel->refuse_fd, 1);
}

int kernel_flow(const struct kernel *kernel, const struct weir_flow_key *key, struct weir_flow *ret)
{
	return bpf_map_lookup_elem(kernel->flows_fd, key, ret) ? -errno : 0;
}

int kernel_set_flow(const struct kernel *kernel, const struct weir_flow_key *key,
		    const struct weir_flow *flow)
{
	return bpf_map_update_elem(kernel->flows_fd, key, flow, BPF_EXIST) ? -errno : 0;
}

int kernel_delete_flow(const struct kernel *kernel, const struct weir_flow_key *key)
{
	return bpf_map_delete_elem(kernel->flows_fd, key) ? -errno : 0;
}

int kernel_flows(struct kernel *kernel, const struct weir_flow_key **ret_keys,
		 const struct weir_flow **ret_flows)
{
	__u32 count = kernel->max_flows, next = 0;

	if (bpf_map_lookup_batch(kernel->flows_fd, NULL, &next, kernel->keys, kernel->flows, &count,
				 NULL) &&
	    errno != ENOENT)
		return -errno;
	present_begin(kernel->present, true);
	for (__u32 i = 0; i < count; i++)
		present_add(kernel->present, &kernel->keys[i]);
	present_end(kernel->present, true);
	*ret_keys = kernel->keys;
	*ret_flows = kernel->flows;
	return (int)count;
}

static void count_add(struct weir_count *sum, const struct weir_count *count)
{
	sum->packets += count->packets;
	sum->bytes += count->bytes;
}

int kernel_iface(struct kernel *kernel, struct weir_iface *ret)
{
	const struct weir_iface *copies = kernel->percpu;

	if (bpf_map_lookup_elem(kernel->ifaces_fd, &kernel->slot, kernel->percpu))
		return -errno;
	*ret = (struct weir_iface){ 0 };
	for (int i = 0; i < kernel->cpus; i++) {
		for (size_t j = 0; j < WEIR_HOOK_MAX; j++) {
			count_add(&ret->raw[j], &copies[i].raw[j]);
			count_add(&ret->gso[j], &copies[i].gso[j]);
		}
		count_add(&ret->cut, &copies[i].cut);
		for (size_t j = 0; j < WEIR_REM_MAX; j++)
			count_add(&ret->remainder[j], &copies[i].remainder[j]);
	}
	return 0;
}

int kernel_counters(struct kernel *kernel, uint64_t ret[WEIR_COUNTER_MAX])
{
	const uint64_t *copies = (const uint64_t *)kernel->percpu;

	for (__u32 index = 0; index < WEIR_COUNTER_MAX; index++) {
		if (bpf_map_lookup_elem(kernel->counters_fd, &index, kernel->percpu))
			return -errno;
		ret[index] = 0;
		for (int i = 0; i < kernel->cpus; i++)
			ret[index] += copies[i];
	}
	return 0;
}

int kernel_pressure(const struct kernel *kernel, struct weir_pressure *ret)
{
	__u32 first = 0;

	return bpf_map_lookup_elem(kernel->pressure_fd, &first, ret) ? -errno : 0;
}

int kernel_store_event(void *ctx, void *data, size_t size)
{
	struct kernel *kernel = ctx;
	const struct weir_event *event;
	struct weir_event room;

	event = flow_event_whole(data, size, &room);
	if (!event)
		return -EBADMSG;
	if (kernel->events_len == kernel->events_size) {
		size_t more = kernel->events_size ? kernel->events_size * 2 : 64;
		struct weir_event *events = realloc(kernel->events, more * sizeof(*events));

		if (!events)
			return -ENOMEM;
		kernel->events = events;
		kernel->events_size = more;
	}
	kernel->events[kernel->events_len++] = *event;
	return 0;
}

int kernel_events(struct kernel *kernel, const struct weir_event **ret)
{
	int r;

	kernel->events_len = 0;
	r = ring_buffer__consume(kernel->ring);
	*ret = kernel->events;
	return r < 0 ? r : (int)kernel->events_len;
}

int kernel_fragment(const struct kernel *kernel, const struct weir_fragment_key *key,
		    struct weir_fragment *ret)
{
	return bpf_map_lookup_elem(kernel->fragments_fd, key, ret) ? -errno : 0;
}

int kernel_fragment_keys(const struct kernel *kernel, struct weir_fragment_key *ret, size_t max)
{
	const struct weir_fragment_key *last = NULL;
	struct weir_fragment_key key;
	size_t n = 0;

	while (!bpf_map_get_next_key(kernel->fragments_fd, last, &key)) {
		if (n == max)
			return -E2BIG;
		ret[n] = key;
		last = &ret[n++];
	}
	return errno == ENOENT ? (int)n : -errno;
}

/* An update moves an entry to the front of its chain: not while going along the chains. */
int kernel_age_fragments(const struct kernel *kernel, uint32_t seconds)
{
	struct weir_fragment_key keys[KERNEL_FRAGMENTS];
	int n = kernel_fragment_keys(kernel, keys, KERNEL_FRAGMENTS);

	for (int i = 0; i < n; i++) {
		struct weir_fragment first;
		int r = kernel_fragment(kernel, &keys[i], &first);

		if (r)
			return r;
		first.seconds -= seconds;
		if (bpf_map_update_elem(kernel->fragments_fd, &keys[i], &first, BPF_EXIST))
			return -errno;
	}
	return n < 0 ? n : 0;
}
