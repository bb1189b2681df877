// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two readings of everything, some time apart, and the differences held against each other:
 * verify_read.c reads, verify_pair.c chooses, verify_judge.c compares.
 *
 * Counters that move are hard to compare: between our reading of weir's and of the kernel's a
 * packet may pass, or be in between the two. Hence: a hook is read until weir's counters are the
 * same before and after the kernel's were read; there are several first readings; and the second
 * is repeated for a while until both sides agree. The flow map cannot
 * be read at one instant: its sum must lie between two readings of the interface's counters, and
 * equal them if those did not move.
 */
#include "verify/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "kernel/datapath.h"
#include "kernel/kernel_tcp.h"
#include "kernel/tracing.h"
#include "loop.h"
#include "verify/verify_judge.h"
#include "verify/verify_line.h"
#include "verify/verify_pair.h"
#include "verify/verify_read.h"
#include "verify/verify_resent.h"

#define SLICE_MS      1
#define FIRSTS_MS     5	 /* between two first readings: longer than many wait for a processor */
#define TRIES_A_SLICE 24 /* readings of one interface before others have their turn */
#define AGREE_NS      500000000ULL /* how long both sides may need to agree */
#define IFACES_MAX    4096

enum phase {
	PHASE_FIRST,
	PHASE_FIRST_SCAN,
	PHASE_WAIT,
	PHASE_SECOND,
	PHASE_SECOND_SCAN,
	PHASE_DONE,
};

/* Sums over the flow map of one interface, between two readings of its own counters. */
struct scan {
	struct weir_count before, after; /* raw + gso - remainders */
	struct weir_count flows;
	uint64_t tagged[WEIR_HOOK_MAX]; /* packets with a VLAN tag */
};

struct check {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	enum iface_role role;
	bool is_gone;
	bool receives;	 /* at a hook of its own */
	bool is_settled; /* its readings of this phase stay */
	uint32_t kinds;	 /* of super-packets, by the flows seen */
	struct verify_scene scenes[2];
	struct verify_hook hooks[WEIR_HOOK_MAX];
	struct verify_pair pairs[WEIR_HOOK_MAX];
	struct scan scans[2];
};

struct tcp_scan {
	uint64_t before, after; /* the kernel's */
	uint64_t failed;	/* of them, of those that were sent again */
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
	unsigned int at;	/* interface in work */
	unsigned int rounds;	/* through all of them, in this phase */
	unsigned int unsettled; /* in this round */
	unsigned int pause_ms;	/* before the next slice */
	struct datapath_cursor cursor;
	bool is_scanning;
	struct tcp_scan tcp[2];
	struct resent_pair resent;
	bool is_resent_settled; /* in this phase */
	int tcp_error;
	unsigned int count;
	struct check checks[];
};

static int first_hook(const struct check *check)
{
	return check->receives ? WEIR_INGRESS : WEIR_EGRESS;
}

/* What is known by now of what may lie between the two counts. */
static void check_conclude(struct check *check)
{
	struct verify_hook *in = &check->hooks[WEIR_INGRESS], *out = &check->hooks[WEIR_EGRESS];

	for (int i = 0; i < 2; i++) {
		const struct verify_scene *scene = &check->scenes[i];

		in->joins = in->joins || verify_joins(scene->features);
		in->takes_others = in->takes_others || scene->takes_others;
		in->has_macvlans = in->has_macvlans || scene->has_macvlans;
		out->is_resized = out->is_resized || scene->is_resized;
		out->has_others = out->has_others || scene->has_others;
		out->is_mixed = out->is_mixed || verify_is_mixed(check->kinds, scene->features);
	}
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++)
		check->hooks[hook].tagged =
			(int64_t)(check->scans[1].tagged[hook] - check->scans[0].tagged[hook]);
	/* Of packets with a tag it is not told which super-packets the device takes. */
	out->is_mixed = out->is_mixed || out->has_tags;
}

/* Takes over what was read. True: it may stay. */
static bool check_note(struct check *check, bool is_second,
		       const struct verify_reading readings[static WEIR_HOOK_MAX])
{
	bool is_good = true;

	for (int i = first_hook(check); i < WEIR_HOOK_MAX; i++) {
		is_good = (is_second ? verify_pair_second : verify_pair_first)(
				  &check->pairs[i], &check->hooks[i], &readings[i]) &&
			  is_good;
	}
	return is_good;
}

/* One interface, a bounded number of tries. First readings are to be some time apart. */
static void read_iface(struct verify *verify, struct check *check, bool is_second)
{
	struct verify_reading readings[WEIR_HOOK_MAX];
	bool is_enough = false;

	for (int i = 0; i < TRIES_A_SLICE && !is_enough; i++) {
		if (!verify_read_hooks(verify->agent, check->ifindex, readings))
			check->is_gone = true;
		check->is_settled = check->is_gone || check_note(check, is_second, readings);
		is_enough = check->is_settled || (!is_second && readings[WEIR_INGRESS].is_quiet &&
						  readings[WEIR_EGRESS].is_quiet);
	}
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

static void scan_tagged(struct check *check, int which, const struct weir_dir *dir)
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
	struct check *check = check_find(verify, key->ifindex);
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

/* One slice of a scan. True: it is done. */
static bool scan_step(struct verify *verify, int which)
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

static void read_scene(struct verify *verify, struct check *check, bool is_second)
{
	verify_read_scene(verify->agent, check->ifindex, &check->scenes[is_second]);
	check_conclude(check);
}

static void read_resent(struct verify *verify, bool is_second)
{
	if (!verify->is_resent_settled)
		verify->is_resent_settled =
			resent_read(verify->agent->tracing, is_second, &verify->resent);
	verify->unsettled += !verify->is_resent_settled;
}

/* As of nobody anything is read yet. */
static void unsettle(struct verify *verify)
{
	for (unsigned int i = 0; i < verify->count; i++)
		verify->checks[i].is_settled = false;
	verify->is_resent_settled = false;
}

/*
 * Does another round begin? Of first readings there are several rounds, even if nothing moves: what
 * waits for a processor does not move either.
 */
static bool next_round(struct verify *verify, bool is_second)
{
	bool is_forced = !is_second && verify->rounds + 1 < VERIFY_FIRSTS_MAX;

	if ((!verify->unsettled && !is_forced) || time_monotonic_ns() >= verify->deadline_ns)
		return false;
	if (is_forced)
		unsettle(verify);
	verify->rounds++;
	verify->unsettled = 0;
	verify->at = 0;
	verify->pause_ms = is_second ? SLICE_MS : FIRSTS_MS;
	return true;
}

/*
 * One slice of reading the interfaces, of which each has its turn, and what TCP has sent again; and
 * again until all have settled or the time is over. True: that is so.
 */
static bool read_step(struct verify *verify, bool is_second)
{
	while (verify->at < verify->count && verify->checks[verify->at].is_settled)
		verify->at++;
	if (verify->at < verify->count) {
		struct check *check = &verify->checks[verify->at++];

		if (!verify->rounds)
			read_scene(verify, check, is_second);
		read_iface(verify, check, is_second);
		verify->unsettled += !check->is_settled;
		return false;
	}
	read_resent(verify, is_second);
	return !next_round(verify, is_second);
}

static void next_phase(struct verify *verify, enum phase phase, uint64_t wait_ms)
{
	unsettle(verify);
	verify->phase = phase;
	verify->rounds = 0;
	verify->unsettled = 0;
	verify->at = 0;
	verify->deadline_ns = time_monotonic_ns() + AGREE_NS;
	watch_set_timer(verify->timer, wait_ms, 0);
}

static int verify_step(void *ctx)
{
	struct verify *verify = ctx;
	bool done;

	verify->pause_ms = SLICE_MS;
	switch (verify->phase) {
	case PHASE_FIRST:
		done = read_step(verify, false);
		if (done)
			next_phase(verify, PHASE_FIRST_SCAN, SLICE_MS);
		break;
	case PHASE_FIRST_SCAN:
		done = scan_step(verify, 0);
		if (done) {
			log_debug("verify: counting on %u interfaces", verify->count);
			next_phase(verify, PHASE_WAIT, verify->for_ns / 1000000 + 1);
		}
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
		watch_set_timer(verify->timer, verify->pause_ms, 0);
	if (verify->phase == PHASE_DONE)
		verify->done(verify->ctx);
	return 0;
}

/*
 * Who counts the bytes behind layer 2: of a veth the end with NAPI, which XDP or GRO brings; a VLAN
 * what comes in; tunnels with a layer 2 of their own what comes in, what goes out, or both.
 */
static bool may_skip_header(const struct watched *watched)
{
	return iface_is_pair(&watched->info) || watched_is_stacked(watched) ||
	       (watched->role == ROLE_TUNNEL && iface_has_ethernet(&watched->info));
}

static void add_check(void *ctx, struct watched *watched)
{
	struct verify *verify = ctx;
	struct check *check = &verify->checks[verify->count];
	const struct iface_info *info = &watched->info;

	if (watched->is_gone || !watched->slot || verify->count >= IFACES_MAX)
		return;
	verify->count++;
	check->ifindex = info->ifindex;
	check->role = watched->role;
	check->receives = iface_receives(info);
	memcpy(check->name, info->name, sizeof(check->name));
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		check->hooks[hook] = (struct verify_hook){
			.hook = hook,
			.is_loopback = watched->role == ROLE_LOOPBACK,
			.may_skip_header = may_skip_header(watched),
			.may_repeat_header = hook == WEIR_INGRESS && iface_is_macvlan(info),
			.longest = info->gso_max[0] > info->gso_max[1] ? info->gso_max[0]
								       : info->gso_max[1],
		};
	}
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

static void write_hook(const struct check *check, int index, struct verify_report *report)
{
	const struct verify_hook *hook = &check->hooks[index];
	const char *name = index == WEIR_INGRESS ? "ingress" : "egress";
	struct verify_judgement judgement;
	struct verify_line *lines[] = { &judgement.packets, &judgement.bytes };
	static const char *const units[] = { "packets", "bytes" };
	char what[64];

	verify_judge(hook, &judgement);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!lines[i]->note[0] && !(hook->first.is_quiet && hook->second.is_quiet))
			snprintf(lines[i]->note, sizeof(lines[i]->note), "read while it moved");
		snprintf(what, sizeof(what), "%s %s %s", check->name, name, units[i]);
		verify_report_line(report, what, lines[i]);
	}
}

/* weir against itself: all flows and remainders are what the interface's counters say. */
static void write_sum(const struct check *check, struct verify_report *report)
{
	const struct scan *scan = &check->scans[1];
	const struct verify_bounds packets = { .weir = scan->flows.packets,
					       .low = scan->before.packets,
					       .high = scan->after.packets };
	const struct verify_bounds bytes = { .weir = scan->flows.bytes,
					     .low = scan->before.bytes,
					     .high = scan->after.bytes };
	char what[64];

	snprintf(what, sizeof(what), "%s sum of flows, packets", check->name);
	verify_report_between(report, what, &packets);
	snprintf(what, sizeof(what), "%s sum of flows, bytes", check->name);
	verify_report_between(report, what, &bytes);
}

/* What could not be sent again never came to a hook, unless it was dropped behind it. */
static void write_tcp(const struct verify *verify, struct verify_report *report)
{
	static const char what[] = "TcpOutSegs + TcpRetransSegs";
	const struct tcp_scan *a = &verify->tcp[0], *b = &verify->tcp[1];
	const struct verify_bounds bounds = {
		.weir = b->weir - a->weir,
		.low = b->before > a->after ? b->before - a->after : 0,
		.high = b->after - a->before,
		.failed = b->failed - a->failed,
	};

	if (verify->tcp_error)
		verify_report_error(report, what, bounds.weir, verify->tcp_error);
	else
		verify_report_between(report, what, &bounds);
}

void verify_write(struct verify *verify, struct buf *out, struct verify_summary *ret)
{
	struct verify_report report = { .out = out };

	for (unsigned int i = 0; i < verify->count; i++) {
		struct check *check = &verify->checks[i];

		if (check->is_gone)
			continue;
		check_conclude(check);
		for (int hook = first_hook(check); hook < WEIR_HOOK_MAX; hook++)
			write_hook(check, hook, &report);
		write_sum(check, &report);
	}
	write_tcp(verify, &report);
	resent_write(verify->agent->tracing, &verify->resent, &report);
	*ret = report.summary;
}
