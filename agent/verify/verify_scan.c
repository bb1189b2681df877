// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sums over the flow map, of each interface and of what TCP has sent. It cannot be read at one instant:
 * the bounds are read before and after, and no entry is removed meanwhile.
 */
#include "verify/verify_private.h"

#include "agent.h"
#include "kernel/kernel_tcp.h"
#include "kernel/tracing.h"

static struct weir_count own_sum(const struct weir_iface *iface, const struct watched *watched)
{
	struct weir_count sum = { 0 };

	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		sum.packets += iface->raw[hook].packets + iface->gso[hook].packets;
		sum.bytes += iface->raw[hook].bytes + iface->gso[hook].bytes;
	}
	for (int rem = 0; rem < WEIR_REM_MAX; rem++) {
		sum.packets -= iface->remainder[rem].packets;
		sum.bytes -= iface->remainder[rem].bytes;
	}
	sum.packets -= watched->retired.packets;
	sum.bytes -= watched->retired.bytes;
	return sum;
}

static void scan_bound(struct verify *verify, int which, bool is_after)
{
	for (unsigned int i = 0; i < verify->count; i++) {
		struct verify_check *check = &verify->checks[i];
		const struct watched *watched = ifaces_find(&verify->agent->ifaces, check->ifindex);
		struct weir_iface iface;
		struct weir_count sum;

		if (!watched || !watched->slot ||
		    datapath_iface_read(verify->agent->datapath, (uint32_t)watched->slot, &iface)) {
			check->is_gone = true;
			continue;
		}
		sum = own_sum(&iface, watched);
		if (is_after)
			check->scans[which].after = sum;
		else
			check->scans[which].before = sum;
	}
}

static struct verify_check *check_find(struct verify *verify, uint32_t ifindex)
{
	for (unsigned int i = 0; i < verify->count; i++) {
		if (verify->checks[i].ifindex == ifindex)
			return &verify->checks[i];
	}
	return NULL;
}

static void scan_tagged(struct verify_check *check, int which, const struct weir_dir *dir)
{
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		if (!(dir->hooks & 1U << hook))
			continue;
		check->hooks[hook].has_tags = true;
		check->scans[which].tagged[hook] += dir->packets;
	}
}

static void scan_entry(struct verify *verify, const struct weir_flow_key *key,
		       const struct weir_flow *flow)
{
	struct verify_check *check = check_find(verify, key->ifindex);
	const struct watched *watched = ifaces_find(&verify->agent->ifaces, key->ifindex);
	int which = verify->phase == PHASE_SECOND_SCAN;

	if (watched)
		verify->tcp[which].weir +=
			watched_tcp_sent(watched, &verify->agent->addrs, key, flow);
	if (!check || key->vlan & WEIR_ENCAPSULATED)
		return;
	check->kinds |= verify_kinds_of(key);
	for (int dir = 0; dir < 2; dir++) {
		check->scans[which].flows.packets += flow->dir[dir].packets;
		check->scans[which].flows.bytes += flow->dir[dir].bytes;
		if (key->vlan & WEIR_VLAN_TAGGED)
			scan_tagged(check, which, &flow->dir[dir]);
	}
}

static void scan_batch(void *ctx, const struct weir_flow_key *keys, const struct weir_flow *flows,
		       uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		scan_entry(ctx, &keys[i], &flows[i]);
}

/* A SYN-ACK that is sent again is in both counters (tcp_make_synack(), tcp_rtx_synack()). */
static int read_tcp_sent(const struct verify *verify, uint64_t *ret)
{
	uint64_t sent;
	int r = kernel_tcp_sent(&sent);

	if (!r)
		*ret = sent - tracing_retransmit_sums(verify->agent->tracing)->synacks;
	return r;
}

static void scan_begin(struct verify *verify, int which)
{
	sweep_hold(verify->agent->sweep, true);
	verify->is_scanning = true;
	verify->cursor = (struct datapath_cursor){ 0 };
	verify->tcp[which].weir = sweep_tcp_retired(verify->agent->sweep);
	if (!verify->tcp_error)
		verify->tcp_error = read_tcp_sent(verify, &verify->tcp[which].before);
	scan_bound(verify, which, false);
}

static void scan_end(struct verify *verify, int which)
{
	scan_bound(verify, which, true);
	if (!verify->tcp_error)
		verify->tcp_error = read_tcp_sent(verify, &verify->tcp[which].after);
	if (!verify->tcp_error)
		verify->tcp_error = kernel_tcp_failed(&verify->tcp[which].failed);
	verify->is_scanning = false;
	sweep_hold(verify->agent->sweep, false);
}

bool verify_scan_step(struct verify *verify, int which)
{
	bool done = false;

	if (!verify->is_scanning)
		scan_begin(verify, which);
	if (datapath_sweep(verify->agent->datapath, &verify->cursor, scan_batch, verify, &done) < 0)
		done = true;
	if (done)
		scan_end(verify, which);
	return done;
}

void verify_scan_cancel(struct verify *verify)
{
	if (verify->is_scanning)
		sweep_hold(verify->agent->sweep, false);
	verify->is_scanning = false;
}
