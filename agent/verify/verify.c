// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two readings of everything, some time apart, and the differences held against each other:
 * verify_read.c reads, verify_scan.c reads the flow map, verify_pair.c chooses, verify_judge.c
 * compares, verify_write.c tells.
 *
 * Counters that move are hard to compare: between our reading of weir's and of the kernel's a
 * packet may pass, or be in between the two. Hence: a hook is read until weir's counters are the
 * same before and after the kernel's were read; there are several first readings; and the second
 * is repeated for a while until both sides agree. The flow map's sum must lie between two readings
 * of the interface's counters, and equal them if those did not move.
 */
#include "verify/verify_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "kernel/tracing.h"
#include "loop.h"

#define SLICE_MS      1
#define TRIES_A_SLICE 24	   /* readings of one interface before others have their turn */
#define AGREE_NS      500000000ULL /* how long both sides may need to agree */
#define IFACES_MAX    4096

void verify_conclude(struct verify_check *check)
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
static bool check_note(struct verify_check *check, bool is_second,
		       const struct verify_reading readings[static WEIR_HOOK_MAX])
{
	bool is_good = true;

	for (int i = verify_first_hook(check); i < WEIR_HOOK_MAX; i++) {
		is_good = (is_second ? verify_pair_second : verify_pair_first)(
				  &check->pairs[i], &check->hooks[i], &readings[i]) &&
			  is_good;
	}
	return is_good;
}

/* One interface, a bounded number of tries. First readings are to be some time apart. */
static void read_iface(struct verify *verify, struct verify_check *check, bool is_second)
{
	struct verify_reading readings[WEIR_HOOK_MAX];
	bool is_enough = false;

	for (int i = 0; i < TRIES_A_SLICE && !is_enough; i++) {
		if (!verify_read_hooks(verify->agent, check->key_ifindex, readings))
			check->is_gone = true;
		check->is_settled = check->is_gone || check_note(check, is_second, readings);
		is_enough = check->is_settled || (!is_second && readings[WEIR_INGRESS].is_quiet &&
						  readings[WEIR_EGRESS].is_quiet);
	}
}

static void read_scene(struct verify *verify, struct verify_check *check, bool is_second)
{
	verify_read_scene(verify->agent, check->key_ifindex, &check->scenes[is_second]);
	verify_conclude(check);
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
	verify->pause_ms = is_second ? SLICE_MS : VERIFY_FIRSTS_MS;
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
		struct verify_check *check = &verify->checks[verify->at++];

		if (!verify->rounds)
			read_scene(verify, check, is_second);
		read_iface(verify, check, is_second);
		verify->unsettled += !check->is_settled;
		return false;
	}
	read_resent(verify, is_second);
	return !next_round(verify, is_second);
}

static void next_phase(struct verify *verify, enum verify_phase phase, uint64_t wait_ms)
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
		done = verify_scan_step(verify, 0);
		if (done) {
			log_debug("verify: counting on %u interfaces", verify->count);
			next_phase(verify, PHASE_WAIT, verify->for_ns / 1000000 + 1);
		}
		break;
	case PHASE_WAIT:
		log_debug("verify: comparing");
		done = true;
		next_phase(verify, PHASE_SECOND, SLICE_MS);
		break;
	case PHASE_SECOND:
		done = read_step(verify, true);
		if (done)
			next_phase(verify, PHASE_SECOND_SCAN, SLICE_MS);
		break;
	case PHASE_SECOND_SCAN:
		done = verify_scan_step(verify, 1);
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
	struct verify_check *check = &verify->checks[verify->count];
	const struct iface_info *info = &watched->info;

	if (watched->is_gone || !watched_is_whole(watched) || verify->count >= IFACES_MAX)
		return;
	verify->count++;
	check->key_ifindex = watched->key_ifindex;
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
	struct verify *verify =
		calloc(1, sizeof(*verify) + IFACES_MAX * sizeof(struct verify_check));
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
	verify->is_counting_unseen = !tracing_unseen_begin(agent->tracing);
	next_phase(verify, PHASE_FIRST, SLICE_MS);
	*ret = verify;
	return 0;
}

void verify_free(struct verify **at)
{
	struct verify *verify = TAKE_PTR(*at);

	if (!verify)
		return;
	verify_scan_cancel(verify);
	if (verify->is_counting_unseen)
		tracing_unseen_end(verify->agent->tracing);
	watch_free(&verify->timer);
	free(verify);
}
