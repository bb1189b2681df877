// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kernel counts a packet at several places behind our hook, and each place has its own ways of
 * counting. For each way there is a candidate: what we have counted, as it would be counted there,
 * or bounds of it where the kernel does not tell enough. What got lost in between, as far as the
 * kernel tells, is added to the kernel's count. The best candidate is the answer, so that an exact
 * agreement anywhere outweighs a place where only bounds are known.
 */
#include "verify/verify_judge.h"

#include <string.h>

#include "base/cleanup.h"
#include "verify/verify_candidate.h"

#define UDP_HEADER  8 /* and so long is a fragment header of IPv6 */
#define HEADERS_MAX 256

static struct verify_count between(struct weir_count before, struct weir_count after)
{
	return (struct verify_count){ (int64_t)(after.packets - before.packets),
				      (int64_t)(after.bytes - before.bytes) };
}

static struct verify_count sum(struct verify_count a, struct verify_count b)
{
	return (struct verify_count){ a.packets + b.packets, a.bytes + b.bytes };
}

/* Since the agent has attached: what is in a queue may be older than the first reading. */
static bool has_super_packets(const struct verify_hook *hook)
{
	return hook->second.gso.packets;
}

/* Of a counter that may have gone round. One that goes back has started anew: it tells nothing. */
static int64_t grown(uint32_t before, uint32_t after)
{
	uint32_t by = after - before;

	return by <= INT32_MAX ? by : 0;
}

unsigned int verify_rank(const struct verify_judgement *judgement)
{
	enum verify_result packets = judgement->packets.result, bytes = judgement->bytes.result;
	enum verify_result least = packets < bytes ? packets : bytes;

	return least * (2 * VERIFY_OK + 1) + packets + bytes;
}

static void consider(const struct verify_hook *hook, const struct verify_candidate *candidate,
		     struct verify_judgement *best)
{
	struct verify_judgement judgement;

	verify_candidate_judge(hook, candidate, &judgement);
	if (verify_rank(&judgement) > verify_rank(best))
		*best = judgement;
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

static bool way_is_possible(const struct verify_hook *hook, const struct way *way)
{
	if (hook->is_loopback)
		return way->is_headerless && !way->is_wire;
	return !way->is_headerless || hook->may_skip_header;
}

/* What we counted between the readings, as the device would. */
static struct verify_count passed(const struct verify_hook *hook, bool is_wire)
{
	const struct verify_reading *a = &hook->first, *b = &hook->second;

	return sum(between(a->raw, b->raw),
		   is_wire ? between(a->gso, b->gso) : between(a->cut, b->cut));
}

static const char *way_note(const struct verify_hook *hook, const struct way *way)
{
	if (hook->is_loopback)
		return "";
	/* All that differs then is the tags beside the packets. */
	if (way->is_wire && hook->first.gso.packets == hook->second.gso.packets)
		return way->is_headerless ? "the device counts VLAN tags, and no layer-2 header"
					  : "the device counts VLAN tags";
	return way->note;
}

/* Who may take packets between our hook and the counter, or bring some to our hook alone. */
static const char *lack_of(const struct verify_hook *hook)
{
	if (hook->has_others)
		return "other programs or filters behind weir's may take packets";
	if (hook->has_macvlans)
		return "macvlans send to each other through weir's hook only";
	/* Nothing tells whose they are; a macvlan of another namespace is a reason, others are none. */
	if (hook->takes_others)
		return "it takes in packets to other addresses, too (bridge fdb): if macvlans elsewhere have "
		       "them, these send to each other through weir's hook only";
	return NULL;
}

static struct verify_candidate at_device(const struct verify_hook *hook)
{
	const struct verify_reading *a = &hook->first, *b = &hook->second;
	const struct verify_count cut_tags = between(a->cut_tags, b->cut_tags);
	struct verify_candidate candidate = { .kernel = between(a->kernel, b->kernel),
					      .lack = lack_of(hook),
					      .may_miss_tags = hook->has_tags,
					      .may_have_tags = hook->has_tags,
					      .may_leave_out = hook->has_tunnels };

	candidate.kernel.packets -= cut_tags.packets;
	candidate.kernel.bytes -= cut_tags.bytes;
	candidate.losses.cut_tags = cut_tags.packets;
	if (hook->hook == WEIR_EGRESS)
		candidate.losses.maybe = (int64_t)(b->kernel_dropped - a->kernel_dropped) +
					 grown(a->clsact.dropped, b->clsact.dropped);
	return candidate;
}

static void consider_ways(const struct verify_hook *hook, struct verify_judgement *best)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct verify_candidate candidate = at_device(hook);

		if (!way_is_possible(hook, &ways[i]))
			continue;
		candidate.low = passed(hook, ways[i].is_wire);
		if (ways[i].is_headerless) {
			candidate.low.bytes -= candidate.low.packets * VERIFY_ETH_HEADER;
			candidate.kernel.bytes += candidate.losses.cut_tags * VERIFY_ETH_HEADER;
		}
		candidate.high = candidate.low;
		candidate.is_cut = ways[i].is_wire && has_super_packets(hook);
		candidate.note = way_note(hook, &ways[i]);
		consider(hook, &candidate, best);
	}
}

/* Some super-packets are one to the device, some are their segments. */
static void consider_mixture(const struct verify_hook *hook, struct verify_judgement *best)
{
	struct verify_candidate candidate = at_device(hook);

	if (hook->is_loopback || (!hook->is_mixed && !hook->joins))
		return;
	candidate.low = passed(hook, false);
	candidate.high = passed(hook, true);
	if (hook->may_skip_header) /* and of the frames that came to no hook, too */
		candidate.low.bytes -=
			(candidate.high.packets + candidate.losses.cut_tags) * VERIFY_ETH_HEADER;
	candidate.is_cut = true;
	candidate.note = "";
	candidate.vague = hook->joins ? "GRO joins some of what the device has counted apart"
				      : "the device takes some kinds of super-packets only";
	consider(hook, &candidate, best);
}

/*
 * What the kernel cuts behind our hook was counted by a size that holds no more (BIG TCP was set
 * up while the agent ran, say): nothing may have been cut, or some.
 */
static void consider_resized(const struct verify_hook *hook, struct verify_judgement *best)
{
	struct verify_candidate candidate = at_device(hook);

	if (!hook->is_resized)
		return;
	candidate.low = between(hook->first.raw, hook->second.raw);
	candidate.high = candidate.low;
	candidate.note = "the device takes other super-packets than it did";
	if (hook->is_loopback)
		candidate.low.bytes = candidate.high.bytes -=
			candidate.low.packets * VERIFY_ETH_HEADER;
	consider(hook, &candidate, best);
	candidate.high = passed(hook, true);
	candidate.is_cut = true;
	candidate.vague = "some may have been cut";
	consider(hook, &candidate, best);
}

/*
 * Cut into fragments a super-packet may have one packet more than as datagrams, and each differs by UDP's
 * header at most, but for the first, whose headers the one more repeats.
 */
static void consider_guessed(const struct verify_hook *hook, struct verify_judgement *best)
{
	struct verify_candidate candidate = at_device(hook);
	const int64_t guessed = (uint32_t)(hook->second.guessed - hook->first.guessed);

	if (!guessed)
		return;
	candidate.low = candidate.high = passed(hook, true);
	candidate.low.packets -= guessed;
	candidate.low.bytes -= candidate.high.packets * UDP_HEADER + guessed * HEADERS_MAX;
	candidate.high.packets += guessed;
	candidate.high.bytes += candidate.high.packets * UDP_HEADER + guessed * HEADERS_MAX;
	candidate.is_cut = true;
	candidate.note = "";
	candidate.vague = "the kernel does not tell which super-packets are cut into IP fragments";
	consider(hook, &candidate, best);
}

/* A macvlan adds a header to what others on the same interface send to all, which has one. */
static void consider_repeated(const struct verify_hook *hook, struct verify_judgement *best)
{
	struct verify_candidate candidate = at_device(hook);

	if (!hook->may_repeat_header)
		return;
	candidate.low = candidate.high = passed(hook, false);
	candidate.high.bytes += candidate.high.packets * VERIFY_ETH_HEADER;
	candidate.note = "";
	candidate.vague = "of some the device counts layer 2 twice";
	consider(hook, &candidate, best);
}

bool verify_has_queue(const struct link_qdisc *qdisc)
{
	return qdisc->kind[0] && strcmp(qdisc->kind, "noqueue") != 0;
}

/* A qdisc counts on the wire, whatever the device does behind it. */
static void consider_qdisc(const struct verify_hook *hook, struct verify_judgement *best)
{
	const struct link_qdisc *a = &hook->first.root, *b = &hook->second.root;
	struct verify_candidate candidate = {
		.low = passed(hook, true),
		.kernel = { (int64_t)(b->packets - a->packets), (int64_t)(b->bytes - a->bytes) },
		.losses = { .dropped = grown(a->dropped, b->dropped),
			    .queued = (int64_t)b->queued - a->queued,
			    .queued_bytes = (int64_t)b->queued_bytes - a->queued_bytes,
			    .maybe = grown(hook->first.clsact.dropped,
					   hook->second.clsact.dropped) },
		.note = "",
		.place = b->kind,
		.is_cut = has_super_packets(hook),
		.lack = lack_of(hook),
		.may_miss_tags = hook->has_tags,
	};

	if (hook->hook != WEIR_EGRESS || !verify_has_queue(b) || a->handle != b->handle ||
	    strcmp(a->kind, b->kind) != 0)
		return;
	/* What passes by the qdisc passes by our hook, too. */
	if (between(hook->first.kernel, hook->second.kernel).packets > candidate.kernel.packets)
		return;
	candidate.high = candidate.low;
	if (a->duplicates || b->duplicates) {
		candidate.high = sum(candidate.low, candidate.low);
		candidate.vague = "it duplicates";
	}
	consider(hook, &candidate, best);
}

/* What is shown if nothing agrees. */
static struct verify_judgement plainly(const struct verify_hook *hook)
{
	struct verify_count ours = passed(hook, false);
	struct verify_count kernel = between(hook->first.kernel, hook->second.kernel);

	if (hook->is_loopback)
		ours.bytes -= ours.packets * VERIFY_ETH_HEADER;
	return (struct verify_judgement){
		.packets = { .weir = (uint64_t)ours.packets, .kernel = (uint64_t)kernel.packets },
		.bytes = { .weir = (uint64_t)ours.bytes, .kernel = (uint64_t)kernel.bytes },
	};
}

void verify_judge(const struct verify_hook *hook, struct verify_judgement *ret)
{
	struct verify_judgement best = plainly(hook);

	consider_ways(hook, &best);
	consider_mixture(hook, &best);
	consider_repeated(hook, &best);
	consider_guessed(hook, &best);
	consider_resized(hook, &best);
	consider_qdisc(hook, &best);
	*ret = best;
}
