// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets are told from the reference, behind which the kernel's counters were compared with it;
 * sums from the kernel's maps.
 */
#include "told.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>

#include "agent/kernel/remainders.h"
#include "base/addr.h"
#include "base/cleanup.h"
#include "weir/iface.h"

static void tell_endpoint(const struct weir_flow_key *key, size_t end, FILE *to)
{
	char addr[ADDR_TEXT_SIZE];

	addr_to_str((const uint8_t *)key->addr[end], key->family, addr);
	fprintf(to, "\t%s\t%u", addr, ntohs(key->port[end]));
}

/* Networks, protocol and endpoints, the sender first. */
static void tell_key(const struct weir_flow_key *key, size_t dir, FILE *to)
{
	unsigned int network = (unsigned int)(key->vni[0] << 16 | key->vni[1] << 8 | key->vni[2]);
	bool is_inner = key->vlan & WEIR_ENCAPSULATED;

	fprintf(to, "\t%d\t%u\t%u\t%u", key->vlan & WEIR_VLAN_ID,
		!is_inner && (key->vlan & WEIR_VLAN_STACKED) ? network : 0, is_inner ? network : 0,
		key->proto);
	tell_endpoint(key, dir, to);
	tell_endpoint(key, !dir, to);
	fputc('\n', to);
}

static void tell_packet(void *ctx, const struct session_step *step, const struct reference *ref)
{
	struct told *told = ctx;

	if (ref->remainder != REF_FLOW) {
		fprintf(told->to, "packet\t%u\t%s\n", step->number,
			remainder_name((unsigned int)ref->remainder));
		return;
	}
	/* What is inside was asked for first. */
	for (size_t i = ref->touched_len; i--;) {
		const struct ref_touched *touched = &ref->touched[i];
		bool is_inner = touched->key.vlan & WEIR_ENCAPSULATED;

		fprintf(told->to, "packet\t%u\t%s", step->number,
			touched->is_quoted ? "quoted"
			: is_inner	   ? "inner"
					   : "outer");
		tell_key(&touched->key, touched->dir, told->to);
	}
}

static void tell_dir(struct told *told, const struct weir_flow_key *key,
		     const struct weir_flow *flow, size_t d)
{
	const char *place = key->vlan & WEIR_ENCAPSULATED ? "inner" : "outer";
	const struct weir_dir *dir = &flow->dir[d];

	fprintf(told->to, "flow\t%" PRIu64 "\t%" PRIu64 "\t%s", (uint64_t)dir->packets,
		(uint64_t)dir->bytes, place);
	tell_key(key, d, told->to);
	if (key->proto != IPPROTO_TCP)
		return;
	fprintf(told->to, "tcp\t%u\t%d\t%d\t%s", dir->resent, dir->zero_windows,
		!!flow->established_ns, place);
	tell_key(key, d, told->to);
}

/* Flows of their own that no sum of the interface has are told, and not added. */
static void tell_flow(struct told *told, const struct weir_flow_key *key,
		      const struct weir_flow *flow)
{
	for (size_t d = 0; d < 2; d++) {
		const struct weir_dir *dir = &flow->dir[d];

		if (!dir->packets)
			continue;
		tell_dir(told, key, flow, d);
		if (!(key->vlan & WEIR_ENCAPSULATED)) {
			told->left.packets -= dir->packets;
			told->left.bytes -= dir->bytes;
		}
	}
}

static void tell_remainder(struct told *told, const struct weir_count *count, const char *name)
{
	if (count->packets)
		fprintf(told->to, "remainder\t%" PRIu64 "\t%" PRIu64 "\t%s\n",
			(uint64_t)count->packets, (uint64_t)count->bytes, name);
	told->left.packets -= count->packets;
	told->left.bytes -= count->bytes;
}

static void tell_end(void *ctx, struct kernel *kernel)
{
	struct told *told = ctx;
	const struct weir_flow_key *keys;
	const struct weir_flow *flows;
	struct weir_iface iface;
	int n = kernel_flows(kernel, &keys, &flows);

	told->result = n < 0 ? n : kernel_iface(kernel, &iface);
	if (told->result)
		return;
	for (size_t i = 0; i < WEIR_HOOK_MAX; i++) {
		told->left.packets += iface.raw[i].packets + iface.gso[i].packets;
		told->left.bytes += iface.raw[i].bytes + iface.gso[i].bytes;
	}
	for (int i = 0; i < n; i++)
		tell_flow(told, &keys[i], &flows[i]);
	for (size_t i = 0; i < WEIR_REM_MAX; i++)
		tell_remainder(told, &iface.remainder[i], remainder_name((unsigned int)i));
}

void told_watch(struct told *told, struct runner *runner)
{
	runner_watch(runner, &(struct runner_watch){ tell_packet, tell_end, told });
}
