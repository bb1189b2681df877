// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the datapath has left in its maps.
 */
#include <errno.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "bpf_env.h"
#include "weir/config.h"
#include "weir/knock.h"

#include "weir.skel.h"

static int result_of(int syscall_result)
{
	return syscall_result ? -errno : 0;
}

static int flows_fd(const struct bpf_env *env)
{
	return bpf_map__fd(bpf_env_skel(env)->maps.flows);
}

static int fragments_fd(const struct bpf_env *env)
{
	return bpf_map__fd(bpf_env_skel(env)->maps.fragments);
}

int bpf_env_flows(const struct bpf_env *env, struct bpf_env_flow *ret, size_t max)
{
	struct weir_flow_key key, *last = NULL;
	int fd = flows_fd(env), n = 0;

	while (!bpf_map_get_next_key(fd, last, &key)) {
		if ((size_t)n < max) {
			ret[n].key = key;
			if (bpf_map_lookup_elem(fd, &key, &ret[n].flow))
				return -errno;
		}
		n++;
		last = &key;
	}
	return errno == ENOENT ? n : -errno;
}

int bpf_env_set_flow(const struct bpf_env *env, const struct bpf_env_flow *flow)
{
	return result_of(bpf_map_update_elem(flows_fd(env), &flow->key, &flow->flow, BPF_ANY));
}

int bpf_env_del_flow(const struct bpf_env *env, const struct weir_flow_key *key)
{
	return result_of(bpf_map_delete_elem(flows_fd(env), key));
}

int bpf_env_fragments(const struct bpf_env *env, struct bpf_env_fragment *ret, size_t max)
{
	struct weir_fragment_key key, *last = NULL;
	int fd = fragments_fd(env), n = 0;

	while (!bpf_map_get_next_key(fd, last, &key)) {
		if ((size_t)n < max) {
			ret[n].key = key;
			if (bpf_map_lookup_elem(fd, &key, &ret[n].fragment))
				return -errno;
		}
		n++;
		last = &key;
	}
	return errno == ENOENT ? n : -errno;
}

int bpf_env_set_fragment(const struct bpf_env *env, const struct bpf_env_fragment *fragment)
{
	return result_of(bpf_map_update_elem(fragments_fd(env), &fragment->key, &fragment->fragment,
					     BPF_ANY));
}

int bpf_env_set_unanswered(const struct bpf_env *env, uint64_t unanswered)
{
	const struct weir_pressure pressure = { .unanswered = unanswered };
	int fd = bpf_map__fd(bpf_env_skel(env)->maps.pressure);
	__u32 zero = 0;

	return result_of(bpf_map_update_elem(fd, &zero, &pressure, BPF_ANY));
}

int bpf_env_pressure(const struct bpf_env *env, struct weir_pressure *ret)
{
	int fd = bpf_map__fd(bpf_env_skel(env)->maps.pressure);
	__u32 zero = 0;

	return result_of(bpf_map_lookup_elem(fd, &zero, ret));
}

int bpf_env_knocks(const struct bpf_env *env)
{
	const struct bpf_map *map = bpf_env_skel(env)->maps.knocks;
	struct weir_knocks place;
	int n = 0;

	for (__u32 i = 0; i < bpf_map__max_entries(map); i++) {
		if (bpf_map_lookup_elem(bpf_map__fd(map), &i, &place))
			return -errno;
		n += place.left[WEIR_INGRESS] || place.left[WEIR_EGRESS];
	}
	return n;
}

int bpf_env_unanswered(const struct bpf_env *env, uint64_t *ret)
{
	struct weir_pressure pressure = { 0 };
	int r = bpf_env_pressure(env, &pressure);

	*ret = pressure.unanswered;
	return r;
}

static void count_add(struct weir_count *sum, const struct weir_count *count)
{
	sum->packets += count->packets;
	sum->bytes += count->bytes;
}

/* The copies of all CPUs, of each `size` bytes, the caller's; *cpus: how many, or what failed. */
static void *read_percpu(const struct bpf_map *map, uint32_t index, size_t size, int *cpus)
{
	auto_free void *copies = NULL;

	*cpus = libbpf_num_possible_cpus();
	if (*cpus < 0)
		return NULL;
	copies = calloc((size_t)*cpus, size);
	if (!copies || bpf_map_lookup_elem(bpf_map__fd(map), &index, copies)) {
		*cpus = -errno;
		return NULL;
	}
	return TAKE_PTR(copies);
}

int bpf_env_iface(const struct bpf_env *env, uint32_t slot, struct weir_iface *ret)
{
	int cpus;
	auto_free struct weir_iface *copies =
		read_percpu(bpf_env_skel(env)->maps.ifaces, slot, sizeof(*copies), &cpus);

	if (!copies)
		return cpus;
	*ret = (struct weir_iface){ .ifindex = copies->ifindex, .netns = copies->netns };
	for (int i = 0; i < cpus; i++) {
		for (size_t j = 0; j < WEIR_HOOK_MAX; j++) {
			count_add(&ret->raw[j], &copies[i].raw[j]);
			count_add(&ret->gso[j], &copies[i].gso[j]);
		}
		count_add(&ret->cut, &copies[i].cut);
		ret->guessed += copies[i].guessed;
		for (size_t j = 0; j < WEIR_REM_MAX; j++)
			count_add(&ret->remainder[j], &copies[i].remainder[j]);
	}
	return 0;
}

int bpf_env_counter(const struct bpf_env *env, enum weir_counter counter, uint64_t *ret)
{
	int cpus;
	auto_free uint64_t *copies =
		read_percpu(bpf_env_skel(env)->maps.counters, counter, sizeof(*copies), &cpus);

	if (!copies)
		return cpus;
	*ret = 0;
	for (int i = 0; i < cpus; i++)
		*ret += copies[i];
	return 0;
}

static int sum_ifaces(const struct bpf_env *env, struct bpf_env_sums *sums)
{
	struct weir_iface iface = { 0 };

	for (uint32_t slot = 0; slot < BPF_ENV_SLOTS; slot++) {
		int r = bpf_env_iface(env, slot, &iface);

		if (r)
			return r;
		for (size_t i = 0; i < WEIR_HOOK_MAX; i++) {
			count_add(&sums->raw, &iface.raw[i]);
			count_add(&sums->gso, &iface.gso[i]);
		}
		for (size_t i = 0; i < WEIR_REM_MAX; i++)
			count_add(&sums->remainders, &iface.remainder[i]);
	}
	return 0;
}

int bpf_env_sums(const struct bpf_env *env, struct bpf_env_sums *ret)
{
	size_t max = bpf_map__max_entries(bpf_env_skel(env)->maps.flows);
	auto_free struct bpf_env_flow *flows = calloc(max, sizeof(*flows));
	int n;

	if (!flows)
		return -ENOMEM;
	*ret = (struct bpf_env_sums){ 0 };
	n = bpf_env_flows(env, flows, max);
	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		ret->marked.unanswered += !!(flows[i].flow.flags & WEIR_FLOW_UNANSWERED);
		ret->marked.answering += !!(flows[i].flow.flags & WEIR_FLOW_ANSWERING);
		ret->marked.one_sided += !!(flows[i].flow.flags & WEIR_FLOW_ONE_SIDED);
		if (flows[i].key.vlan & WEIR_ENCAPSULATED)
			continue;
		for (size_t d = 0; d < 2; d++) {
			ret->flows.packets += flows[i].flow.dir[d].packets;
			ret->flows.bytes += flows[i].flow.dir[d].bytes;
		}
	}
	return sum_ifaces(env, ret);
}
