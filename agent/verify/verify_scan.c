// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sums over the flow map, of each interface and of what TCP has sent. It cannot be read at one instant:
 * the bounds are read before and after, and no entry is removed meanwhile. It is done several times,
 * the second time until what TCP has sent agrees with one of the first.
 */
#include "verify/verify_private.h"

#include "agent.h"
#include "base/timefmt.h"

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
		const struct watched *watched =
			ifaces_of_key(&verify->agent->ifaces, check->key_ifindex);
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

static struct verify_check *check_find(struct verify *verify, uint32_t key_ifindex)
{
	for (unsigned int i = 0; i < verify->count; i++) {
		if (verify->checks[i].key_ifindex == key_ifindex)
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

/* Of a tunnel in a tunnel. */
static void scan_carried(struct verify_check *check, const struct weir_flow *flow)
{
	if (check->role != ROLE_TUNNEL)
		return;
	for (int dir = 0; dir < 2; dir++) {
		if (flow->dir[dir].hooks & 1U << WEIR_EGRESS)
			check->hooks[WEIR_EGRESS].has_tunnels = true;
	}
}

static void scan_entry(struct verify *verify, const struct weir_flow_key *key,
		       const struct weir_flow *flow)
{
	struct verify_check *check = check_find(verify, key->ifindex);
	int which = verify->phase == PHASE_SECOND_SCAN;

	verify_tcp_add(&verify->tcp, verify->agent, key, flow);
	if (!check)
		return;
	if (key->vlan & WEIR_ENCAPSULATED) {
		scan_carried(check, flow);
		return;
	}
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

static void scan_begin(struct verify *verify, int which)
{
	sweep_hold(verify->agent->sweep, true);
	verify->is_scanning = true;
	verify->cursor = (struct datapath_cursor){ 0 };
	for (unsigned int i = 0; i < verify->count; i++)
		verify->checks[i].scans[which] = (struct verify_scan){ 0 };
	verify_tcp_begin(&verify->tcp, verify->agent);
	scan_bound(verify, which, false);
}

/* True: another one would tell no more, or there is no time for it. */
static bool scan_end(struct verify *verify, int which)
{
	bool is_enough;

	scan_bound(verify, which, true);
	is_enough = verify_tcp_end(&verify->tcp, verify->agent, which);
	verify->is_scanning = false;
	verify->pause_ms = VERIFY_FIRSTS_MS;
	sweep_hold(verify->agent->sweep, false);
	return is_enough || time_monotonic_ns() >= verify->deadline_ns;
}

bool verify_scan_step(struct verify *verify, int which)
{
	bool done = false;

	if (!verify->is_scanning)
		scan_begin(verify, which);
	if (datapath_sweep(verify->agent->datapath, &verify->cursor, scan_batch, verify, &done) < 0)
		done = true;
	return done && scan_end(verify, which);
}

void verify_scan_cancel(struct verify *verify)
{
	if (verify->is_scanning)
		sweep_hold(verify->agent->sweep, false);
	verify->is_scanning = false;
}
