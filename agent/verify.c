// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two readings of everything, some time apart, and the differences held against each other.
 *
 * Counters that move are hard to compare: between our reading of weir's and of the kernel's a
 * packet may pass, or be in between the two. Hence: a hook is read until weir's counters are the
 * same before and after the kernel's were read; and the second reading is repeated for a while until
 * both sides agree, because a packet in between heals at once, a miscount never. The flow map cannot
 * be read at one instant: its sum must lie between two readings of the interface's counters, and
 * equal them if those did not move.
 */
#include "verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "datapath.h"
#include "kernel_tcp.h"
#include "link.h"
#include "loop.h"
#include "verify_line.h"
#include "verify_resent.h"

#define SLICE_MS      1
#define TRIES_A_SLICE 24	   /* readings of one interface before others have their turn */
#define AGREE_NS      500000000ULL /* how long both sides may need to agree */
#define ETH_HEADER    14
#define IFACES_MAX    4096

enum phase {
	PHASE_FIRST,
	PHASE_FIRST_SCAN,
	PHASE_WAIT,
	PHASE_SECOND,
	PHASE_SECOND_SCAN,
	PHASE_DONE,
};

/* The counters of one hook. */
struct reading {
	struct weir_count raw, gso; /* weir's */
	struct weir_count cut;	    /* of gso: super-packets too long for the device */
	struct weir_count kernel;
	bool is_quiet; /* weir's did not move while the kernel's were read */
};

/* Sums over the flow map of one interface, between two readings of its own counters. */
struct scan {
	struct weir_count before, after; /* raw + gso - remainders */
	struct weir_count flows;
	uint64_t tcp_sent;
};

struct check {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	enum iface_role role;
	bool may_skip_header; /* see may_skip_header() */
	bool is_gone;
	unsigned int settled; /* 1 << hook: its reading of this phase stays */
	struct reading first[WEIR_HOOK_MAX], second[WEIR_HOOK_MAX];
	struct scan scans[2];
};

struct tcp_scan {
	uint64_t before, after; /* the kernel's */
	uint64_t weir;
};

struct verify {
	struct agent *agent;
	struct watch *timer;
	void (*done)(void *ctx);
	void *ctx;
	uint64_t for_ns;
	uint64_t deadline_ns;
	enum phase phase;
	unsigned int at; /* interface in work */
	struct datapath_cursor cursor;
	bool is_scanning;
	struct tcp_scan tcp[2];
	struct resent_reading resent[2];
	int tcp_error;
	unsigned int count;
	struct check checks[];
};

static bool is_equal(struct weir_count a, struct weir_count b)
{
	return a.packets == b.packets && a.bytes == b.bytes;
}

static struct weir_count kernel_count(const struct link_stats *stats, int hook)
{
	if (hook == WEIR_INGRESS)
		return (struct weir_count){ stats->rx_packets, stats->rx_bytes };
	return (struct weir_count){ stats->tx_packets, stats->tx_bytes };
}

/* Reads both hooks. False: the interface has gone. */
static bool read_hooks(const struct verify *verify, const struct check *check,
		       struct reading ret[static WEIR_HOOK_MAX])
{
	const struct watched *watched = ifaces_find(&verify->agent->ifaces, check->ifindex);
	struct datapath *datapath = verify->agent->datapath;
	struct weir_iface before, after;
	struct link_stats kernel;

	if (!watched || watched->is_gone || !watched->slot)
		return false;
	if (datapath_iface_read(datapath, (uint32_t)watched->slot, &before) ||
	    link_read_stats(verify->agent->link, check->ifindex, &kernel) ||
	    datapath_iface_read(datapath, (uint32_t)watched->slot, &after))
		return false;
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		ret[hook] =
			(struct reading){ .raw = after.raw[hook],
					  .gso = after.gso[hook],
					  .cut = hook == WEIR_EGRESS ? after.cut
								     : (struct weir_count){ 0 },
					  .kernel = kernel_count(&kernel, hook),
					  .is_quiet = is_equal(before.raw[hook], after.raw[hook]) };
	}
	return true;
}

static struct weir_count count_between(struct weir_count before, struct weir_count after)
{
	return (struct weir_count){ after.packets - before.packets, after.bytes - before.bytes };
}

/* What the kernel counted at a hook between the readings. */
static struct weir_count kernel_passed(const struct check *check, int hook)
{
	return count_between(check->first[hook].kernel, check->second[hook].kernel);
}

/* How devices count what our hook has seen. */
static const struct way {
	bool is_wire;	    /* segments: it takes no super-packets, or its driver counts so */
	bool is_headerless; /* bytes behind layer 2 */
	const char *note;
} ways[] = {
	{ false, false, "" },
	{ true, false, "the device counts segments" },
	{ false, true, "the device counts no layer-2 header" },
	{ true, true, "the device counts segments, and no layer-2 header" },
};

/*
 * Who counts the bytes behind layer 2: of a veth the end with NAPI, which XDP or GRO brings; a VLAN
 * what comes in; tunnels with a layer 2 of their own what comes in, what goes out, or both.
 */
static bool may_skip_header(const struct watched *watched)
{
	return iface_is_pair(&watched->info) || watched_is_stacked(watched) ||
	       (watched->role == ROLE_TUNNEL && iface_has_ethernet(&watched->info));
}

static bool way_is_possible(const struct check *check, const struct way *way)
{
	if (check->role == ROLE_LOOPBACK)
		return way->is_headerless && !way->is_wire;
	return !way->is_headerless || check->may_skip_header;
}

/* What we counted between the readings, as the device would. */
static struct weir_count weir_passed(const struct check *check, int hook, const struct way *way)
{
	const struct reading *a = &check->first[hook], *b = &check->second[hook];
	struct weir_count passed = count_between(a->raw, b->raw);
	struct weir_count more =
		way->is_wire ? count_between(a->gso, b->gso) : count_between(a->cut, b->cut);

	passed.packets += more.packets;
	passed.bytes += more.bytes;
	if (way->is_headerless)
		passed.bytes -= passed.packets * ETH_HEADER;
	return passed;
}

/* The way in which both sides agree, or, if there is none, the first that is possible. */
static const struct way *hook_way(const struct check *check, int hook, bool *ret_agrees)
{
	struct weir_count kernel = kernel_passed(check, hook);
	const struct way *first = NULL;

	*ret_agrees = true;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		if (!way_is_possible(check, &ways[i]))
			continue;
		if (is_equal(kernel, weir_passed(check, hook, &ways[i])))
			return &ways[i];
		first = first ? first : &ways[i];
	}
	*ret_agrees = false;
	return first;
}

static int first_hook(const struct check *check)
{
	return check->role == ROLE_LOOPBACK ? WEIR_EGRESS : WEIR_INGRESS;
}

/* Takes over what was read at the hooks that have not settled. True: all have. */
static bool check_note(struct check *check, bool is_second,
		       const struct reading readings[static WEIR_HOOK_MAX])
{
	struct reading *notes = is_second ? check->second : check->first;
	unsigned int all = 0;

	for (int hook = first_hook(check); hook < WEIR_HOOK_MAX; hook++) {
		bool agrees = true;

		all |= 1U << hook;
		if (check->settled & 1U << hook)
			continue;
		notes[hook] = readings[hook];
		if (is_second)
			(void)hook_way(check, hook, &agrees);
		if (agrees && readings[hook].is_quiet)
			check->settled |= 1U << hook;
	}
	return check->settled == all;
}

/* One interface, a bounded number of tries. True: it is done. */
static bool read_iface(struct verify *verify, struct check *check, bool is_second)
{
	struct reading readings[WEIR_HOOK_MAX];

	for (int i = 0; i < TRIES_A_SLICE; i++) {
		if (!read_hooks(verify, check, readings)) {
			check->is_gone = true;
			return true;
		}
		if (check_note(check, is_second, readings))
			return true;
	}
	return time_monotonic_ns() > verify->deadline_ns;
}

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
		struct check *check = &verify->checks[i];
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

static struct check *check_find(struct verify *verify, uint32_t ifindex)
{
	for (unsigned int i = 0; i < verify->count; i++) {
		if (verify->checks[i].ifindex == ifindex)
			return &verify->checks[i];
	}
	return NULL;
}

static void scan_entry(void *ctx, const struct weir_flow_key *key, const struct weir_flow *flow)
{
	struct verify *verify = ctx;
	struct check *check = check_find(verify, key->ifindex);
	const struct watched *watched = ifaces_find(&verify->agent->ifaces, key->ifindex);
	int which = verify->phase == PHASE_SECOND_SCAN;

	if (watched)
		verify->tcp[which].weir +=
			watched_tcp_sent(watched, &verify->agent->addrs, key, flow);
	if (!check || key->vlan & WEIR_ENCAPSULATED)
		return;
	for (int dir = 0; dir < 2; dir++) {
		check->scans[which].flows.packets += flow->dir[dir].packets;
		check->scans[which].flows.bytes += flow->dir[dir].bytes;
	}
}

static void scan_begin(struct verify *verify, int which)
{
	sweep_hold(verify->agent->sweep, true);
	verify->is_scanning = true;
	verify->cursor = (struct datapath_cursor){ 0 };
	verify->tcp[which].weir = sweep_tcp_retired(verify->agent->sweep);
	resent_read(verify->agent->tracing, which ? &verify->resent[0] : NULL,
		    &verify->resent[which]);
	if (!verify->tcp_error)
		verify->tcp_error = kernel_tcp_sent(&verify->tcp[which].before);
	scan_bound(verify, which, false);
}

static void scan_end(struct verify *verify, int which)
{
	scan_bound(verify, which, true);
	if (!verify->tcp_error)
		verify->tcp_error = kernel_tcp_sent(&verify->tcp[which].after);
	verify->is_scanning = false;
	sweep_hold(verify->agent->sweep, false);
}

/* One slice of a scan. True: it is done. */
static bool scan_step(struct verify *verify, int which)
{
	bool done = false;

	if (!verify->is_scanning)
		scan_begin(verify, which);
	if (datapath_sweep(verify->agent->datapath, &verify->cursor, scan_entry, verify, &done) < 0)
		done = true;
	if (done)
		scan_end(verify, which);
	return done;
}

/* One slice of reading the interfaces. True: all are read. */
static bool read_step(struct verify *verify, bool is_second)
{
	if (verify->at < verify->count &&
	    read_iface(verify, &verify->checks[verify->at], is_second))
		verify->checks[verify->at++].settled = 0; /* for the next phase */
	return verify->at >= verify->count;
}

static void next_phase(struct verify *verify, enum phase phase, uint64_t wait_ms)
{
	verify->phase = phase;
	verify->at = 0;
	verify->deadline_ns = time_monotonic_ns() + AGREE_NS;
	watch_set_timer(verify->timer, wait_ms, 0);
}

static int verify_step(void *ctx)
{
	struct verify *verify = ctx;
	bool done;

	switch (verify->phase) {
	case PHASE_FIRST:
		done = read_step(verify, false);
		if (done)
			next_phase(verify, PHASE_FIRST_SCAN, SLICE_MS);
		break;
	case PHASE_FIRST_SCAN:
		done = scan_step(verify, 0);
		if (done)
			next_phase(verify, PHASE_WAIT, verify->for_ns / 1000000 + 1);
		break;
	case PHASE_WAIT:
		done = true;
		next_phase(verify, PHASE_SECOND, SLICE_MS);
		break;
	case PHASE_SECOND:
		done = read_step(verify, true);
		if (done)
			next_phase(verify, PHASE_SECOND_SCAN, SLICE_MS);
		break;
	case PHASE_SECOND_SCAN:
		done = scan_step(verify, 1);
		if (done)
			verify->phase = PHASE_DONE;
		break;
	case PHASE_DONE:
	default:
		return 0;
	}
	if (!done)
		watch_set_timer(verify->timer, SLICE_MS, 0);
	if (verify->phase == PHASE_DONE)
		verify->done(verify->ctx);
	return 0;
}

static void add_check(void *ctx, struct watched *watched)
{
	struct verify *verify = ctx;
	struct check *check = &verify->checks[verify->count];

	if (watched->is_gone || !watched->slot || verify->count >= IFACES_MAX)
		return;
	verify->count++;
	check->ifindex = watched->info.ifindex;
	check->role = watched->role;
	check->may_skip_header = may_skip_header(watched);
	memcpy(check->name, watched->info.name, sizeof(check->name));
}

int verify_new(struct verify **ret, struct agent *agent, uint64_t for_ns, void (*done)(void *ctx),
	       void *ctx)
{
	struct verify *verify = calloc(1, sizeof(*verify) + IFACES_MAX * sizeof(struct check));
	int r;

	if (!verify)
		return -ENOMEM;
	verify->agent = agent;
	verify->for_ns = for_ns;
	verify->done = done;
	verify->ctx = ctx;
	ifaces_each(&agent->ifaces, add_check, verify);
	r = loop_add_timer(agent->loop, 0, 0, verify_step, verify, &verify->timer);
	if (r) {
		verify_free(&verify);
		return r;
	}
	next_phase(verify, PHASE_FIRST, SLICE_MS);
	*ret = verify;
	return 0;
}

void verify_free(struct verify **at)
{
	struct verify *verify = TAKE_PTR(*at);

	if (!verify)
		return;
	if (verify->is_scanning)
		sweep_hold(verify->agent->sweep, false);
	watch_free(&verify->timer);
	free(verify);
}

static bool write_hook(const struct check *check, int hook, struct buf *out)
{
	const char *name = hook == WEIR_INGRESS ? "ingress" : "egress";
	bool ok, is_quiet = check->first[hook].is_quiet && check->second[hook].is_quiet;
	const struct way *way = hook_way(check, hook, &ok);
	struct weir_count kernel = kernel_passed(check, hook);
	struct weir_count weir = weir_passed(check, hook, way);
	const char *note = check->role == ROLE_LOOPBACK ? "" : way->note;
	char what[64];

	if (!note[0] && !is_quiet)
		note = "read while it moved";
	snprintf(what, sizeof(what), "%s %s packets", check->name, name);
	ok = verify_line(out, what, weir.packets, kernel.packets, weir.packets == kernel.packets,
			 note);
	snprintf(what, sizeof(what), "%s %s bytes", check->name, name);
	return verify_line(out, what, weir.bytes, kernel.bytes, weir.bytes == kernel.bytes, note) &&
	       ok;
}

static bool is_between(uint64_t value, uint64_t low, uint64_t high)
{
	return value >= low && value <= high;
}

/* weir against itself: all flows and remainders are what the interface's counters say. */
static bool write_sum(const struct check *check, struct buf *out)
{
	const struct scan *scan = &check->scans[1];
	bool is_moving = !is_equal(scan->before, scan->after);
	char what[64], note[96] = "";
	bool ok;

	if (is_moving) {
		snprintf(note, sizeof(note), "moving: %llu .. %llu",
			 (unsigned long long)scan->before.packets,
			 (unsigned long long)scan->after.packets);
	}
	snprintf(what, sizeof(what), "%s sum of flows, packets", check->name);
	ok = verify_line(out, what, scan->flows.packets, scan->after.packets,
			 is_between(scan->flows.packets, scan->before.packets, scan->after.packets),
			 note);
	if (is_moving) {
		snprintf(note, sizeof(note), "moving: %llu .. %llu",
			 (unsigned long long)scan->before.bytes,
			 (unsigned long long)scan->after.bytes);
	}
	snprintf(what, sizeof(what), "%s sum of flows, bytes", check->name);
	return verify_line(out, what, scan->flows.bytes, scan->after.bytes,
			   is_between(scan->flows.bytes, scan->before.bytes, scan->after.bytes),
			   note) &&
	       ok;
}

static bool write_tcp(const struct verify *verify, struct buf *out)
{
	const struct tcp_scan *a = &verify->tcp[0], *b = &verify->tcp[1];
	uint64_t weir = b->weir - a->weir, low, high;
	char note[96] = "";

	if (verify->tcp_error)
		return verify_line(out, "TcpOutSegs + TcpRetransSegs", weir, 0, false,
				   strerror(-verify->tcp_error));
	low = b->before > a->after ? b->before - a->after : 0;
	high = b->after - a->before;
	if (low != high)
		snprintf(note, sizeof(note), "moving: %llu .. %llu", (unsigned long long)low,
			 (unsigned long long)high);
	return verify_line(out, "TcpOutSegs + TcpRetransSegs", weir, high,
			   is_between(weir, low, high), note);
}

bool verify_write(const struct verify *verify, struct buf *out)
{
	bool ok = true;

	for (unsigned int i = 0; i < verify->count; i++) {
		const struct check *check = &verify->checks[i];

		if (check->is_gone)
			continue;
		for (int hook = first_hook(check); hook < WEIR_HOOK_MAX; hook++)
			ok = write_hook(check, hook, out) && ok;
		ok = write_sum(check, out) && ok;
	}
	ok = write_tcp(verify, out) && ok;
	return resent_write(verify->agent->tracing, &verify->resent[0], &verify->resent[1], out) &&
	       ok;
}
