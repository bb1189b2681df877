// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kernel counts a packet at several places behind our hook, and each place has its own ways of
 * counting. For each way there is a candidate: what we have counted, as it would be counted there,
 * or bounds of it where the kernel does not tell enough. What got lost in between, as far as the
 * kernel tells, is added to the kernel's count. The best candidate is the answer, so that an exact
 * agreement anywhere outweighs a place where only bounds are known.
 */
#include "verify/verify_judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define ETH_HEADER  14
#define TAG	    4
#define BUFFER_MAX  65536 /* one that is no super-packet, loopback's included */
#define SEGMENT_MIN 64	  /* no super-packet is cut finer */

struct count {
	int64_t packets, bytes;
};

/* What the kernel tells of packets that passed our hook and are not in its count. */
struct losses {
	int64_t dropped, queued; /* buffers; less are queued than before: negative */
	int64_t queued_bytes;	 /* on the wire */
	int64_t maybe; /* dropped, but some may be of the other direction, or counted too */
};

struct candidate {
	struct count low, high; /* ours, as counted there; the same if that is known exactly */
	struct count kernel;
	struct losses losses;
	const char *note;  /* the way of counting */
	const char *place; /* a qdisc's kind; NULL: the device */
	bool is_cut;	   /* one buffer may be many packets there */
	const char *lack;  /* why any number of ours may not be there; NULL: none */
	bool may_miss_tags, may_have_tags;
	const char *vague; /* why low and high differ; NULL: they don't */
};

struct range {
	int64_t low, high;
};

static struct count between(struct weir_count before, struct weir_count after)
{
	return (struct count){ (int64_t)(after.packets - before.packets),
			       (int64_t)(after.bytes - before.bytes) };
}

static struct count sum(struct count a, struct count b)
{
	return (struct count){ a.packets + b.packets, a.bytes + b.bytes };
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

static int64_t longest(const struct verify_hook *hook)
{
	return hook->longest > BUFFER_MAX ? hook->longest : BUFFER_MAX;
}

/* ---- notes ---- */

static void note_add(struct verify_line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note_add(struct verify_line *line, const char *format, ...)
{
	size_t len = strlen(line->note);
	va_list args;

	if (len + 2 < sizeof(line->note))
		len += (size_t)snprintf(line->note + len, sizeof(line->note) - len, "%s",
					len ? "; " : "");
	va_start(args, format);
	vsnprintf(line->note + len, sizeof(line->note) - len, format, args);
	va_end(args);
}

static void note_losses(struct verify_line *line, const struct candidate *candidate)
{
	const struct losses *losses = &candidate->losses;

	if (candidate->place) {
		note_add(line, "by qdisc %s: %" PRId64 " dropped, %" PRId64 " %s queued",
			 candidate->place, losses->dropped,
			 losses->queued < 0 ? -losses->queued : losses->queued,
			 losses->queued < 0 ? "fewer" : "more");
	}
	if (losses->maybe)
		note_add(line, "%" PRId64 " dropped by clsact or the device", losses->maybe);
}

/* ---- one line ---- */

/* n buffers, each of which is min to max: of packets, of bytes. */
static struct range of_buffers(int64_t n, int64_t min, int64_t max)
{
	return n < 0 ? (struct range){ n * max, n * min } : (struct range){ n * min, n * max };
}

/* What the kernel may have counted. */
static struct range range_of_packets(const struct verify_hook *hook,
				     const struct candidate *candidate)
{
	int64_t max = candidate->is_cut ? longest(hook) / SEGMENT_MIN : 1;
	struct range dropped = of_buffers(candidate->losses.dropped, 1, max);
	struct range queued = of_buffers(candidate->losses.queued, 1, max);
	struct range range = { candidate->low.packets - dropped.high - queued.high -
				       candidate->losses.maybe * max,
			       candidate->high.packets - dropped.low - queued.low };

	if (candidate->lack)
		range.low = 0;
	return range;
}

static struct range range_of_bytes(const struct verify_hook *hook,
				   const struct candidate *candidate)
{
	/* With the headers that each of its segments repeats a super-packet is at most twice as long. */
	int64_t max = candidate->is_cut ? 2 * longest(hook) : longest(hook) + ETH_HEADER + TAG;
	struct range dropped = of_buffers(candidate->losses.dropped, ETH_HEADER, max);
	int64_t tags = TAG * candidate->high.packets, queued = candidate->losses.queued_bytes;
	struct range range = {
		candidate->low.bytes - queued - dropped.high - candidate->losses.maybe * max -
			(candidate->may_miss_tags ? tags : 0),
		candidate->high.bytes - queued - dropped.low + (candidate->may_have_tags ? tags : 0)
	};

	if (candidate->lack)
		range.low = 0;
	return range;
}

static bool is_exact(const struct candidate *candidate)
{
	return candidate->low.packets == candidate->high.packets &&
	       candidate->low.bytes == candidate->high.bytes;
}

static bool is_within(struct range range, int64_t value)
{
	return value >= range.low && value <= range.high;
}

static void why_unknown(struct verify_line *line, const struct candidate *candidate,
			struct range range)
{
	if (candidate->vague)
		note_add(line, "%s: %" PRId64 " .. %" PRId64, candidate->vague, range.low,
			 range.high);
	if (candidate->lack)
		note_add(line, "%s", candidate->lack);
}

static void judge_packets(const struct verify_hook *hook, const struct candidate *candidate,
			  struct verify_line *ret)
{
	const struct losses *losses = &candidate->losses;
	int64_t told = candidate->kernel.packets + losses->dropped + losses->queued;
	struct range range = range_of_packets(hook, candidate);
	bool is_exact = candidate->low.packets == candidate->high.packets;
	bool is_told = is_exact && told == candidate->low.packets;

	if (is_exact && told + losses->maybe == candidate->low.packets) {
		told += losses->maybe;
		is_told = true;
	}
	*ret = (struct verify_line){ .weir = (uint64_t)candidate->low.packets,
				     .kernel = (uint64_t)told,
				     .result = VERIFY_FAILED };
	if (is_told)
		ret->result = VERIFY_OK;
	else if (is_within(range, candidate->kernel.packets))
		ret->result = VERIFY_UNKNOWN;
	if (candidate->note[0])
		note_add(ret, "%s", candidate->note);
	note_losses(ret, candidate);
	if (ret->result != VERIFY_UNKNOWN)
		return;
	why_unknown(ret, candidate, range);
	if (losses->dropped || losses->queued || losses->maybe)
		note_add(ret, "one buffer may be many packets");
}

/*
 * A tag beside the packet is bytes on one side only. How many there were the flow map knows, if
 * nothing has moved between the readings and its own.
 */
static bool tags_explain(const struct verify_hook *hook, const struct candidate *candidate,
			 int64_t told, struct verify_line *line)
{
	int64_t bytes = TAG * hook->tagged, ours = candidate->low.bytes;

	if (hook->tagged <= 0 || !is_exact(candidate) || candidate->losses.dropped)
		return false;
	if (candidate->may_miss_tags && told + bytes == ours)
		note_add(line, "less the VLAN tags of %" PRId64 " packets", hook->tagged);
	else if (candidate->may_have_tags && told - bytes == ours)
		note_add(line, "with the VLAN tags of %" PRId64 " packets", hook->tagged);
	else
		return false;
	line->weir = (uint64_t)told;
	return true;
}

/* Nothing but tags widens the bounds: then they are what is between, and four bytes each. */
static bool can_be_tags(const struct candidate *candidate, int64_t told)
{
	const struct losses *losses = &candidate->losses;

	if (!is_exact(candidate) || candidate->lack || losses->dropped || losses->maybe)
		return true;
	return (candidate->low.bytes - told) % TAG == 0;
}

static void judge_bytes(const struct verify_hook *hook, const struct candidate *candidate,
			struct verify_line *ret)
{
	const struct losses *losses = &candidate->losses;
	int64_t told = candidate->kernel.bytes + losses->queued_bytes;
	struct range range = range_of_bytes(hook, candidate);

	*ret = (struct verify_line){ .weir = (uint64_t)candidate->low.bytes,
				     .kernel = (uint64_t)told,
				     .result = VERIFY_FAILED };
	if (is_exact(candidate) && told == candidate->low.bytes && !losses->dropped)
		ret->result = VERIFY_OK;
	else if (is_within(range, candidate->kernel.bytes) && can_be_tags(candidate, told))
		ret->result = VERIFY_UNKNOWN;
	if (candidate->note[0])
		note_add(ret, "%s", candidate->note);
	note_losses(ret, candidate);
	if (ret->result == VERIFY_UNKNOWN && tags_explain(hook, candidate, told, ret))
		ret->result = VERIFY_OK;
	if (ret->result != VERIFY_UNKNOWN)
		return;
	why_unknown(ret, candidate, range);
	if (losses->dropped || losses->maybe)
		note_add(ret, "the bytes of what is dropped are not counted");
	if (candidate->may_miss_tags || candidate->may_have_tags)
		note_add(ret, "VLAN tags are bytes on one side only");
}

unsigned int verify_rank(const struct verify_judgement *judgement)
{
	enum verify_result packets = judgement->packets.result, bytes = judgement->bytes.result;
	enum verify_result least = packets < bytes ? packets : bytes;

	return least * (2 * VERIFY_OK + 1) + packets + bytes;
}

static void consider(const struct verify_hook *hook, const struct candidate *candidate,
		     struct verify_judgement *best)
{
	struct verify_judgement judgement;

	judge_packets(hook, candidate, &judgement.packets);
	judge_bytes(hook, candidate, &judgement.bytes);
	if (verify_rank(&judgement) > verify_rank(best))
		*best = judgement;
}

/* ---- candidates ---- */

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
static struct count passed(const struct verify_hook *hook, bool is_wire)
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

static struct candidate at_device(const struct verify_hook *hook)
{
	const struct verify_reading *a = &hook->first, *b = &hook->second;
	struct candidate candidate = { .kernel = between(a->kernel, b->kernel),
				       .lack = lack_of(hook),
				       .may_miss_tags = hook->has_tags,
				       .may_have_tags = hook->has_tags };

	if (hook->hook == WEIR_EGRESS)
		candidate.losses.maybe = (int64_t)(b->kernel_dropped - a->kernel_dropped) +
					 grown(a->clsact.dropped, b->clsact.dropped);
	return candidate;
}

static void consider_ways(const struct verify_hook *hook, struct verify_judgement *best)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct candidate candidate = at_device(hook);

		if (!way_is_possible(hook, &ways[i]))
			continue;
		candidate.low = passed(hook, ways[i].is_wire);
		if (ways[i].is_headerless)
			candidate.low.bytes -= candidate.low.packets * ETH_HEADER;
		candidate.high = candidate.low;
		candidate.is_cut = ways[i].is_wire && has_super_packets(hook);
		candidate.note = way_note(hook, &ways[i]);
		consider(hook, &candidate, best);
	}
}

/* Some super-packets are one to the device, some are their segments. */
static void consider_mixture(const struct verify_hook *hook, struct verify_judgement *best)
{
	struct candidate candidate = at_device(hook);

	if (hook->is_loopback || (!hook->is_mixed && !hook->joins))
		return;
	candidate.low = passed(hook, false);
	candidate.high = passed(hook, true);
	if (hook->may_skip_header)
		candidate.low.bytes -= candidate.high.packets * ETH_HEADER;
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
	struct candidate candidate = at_device(hook);

	if (!hook->is_resized)
		return;
	candidate.low = between(hook->first.raw, hook->second.raw);
	candidate.high = candidate.low;
	candidate.note = "the device takes other super-packets than it did";
	if (hook->is_loopback)
		candidate.low.bytes = candidate.high.bytes -= candidate.low.packets * ETH_HEADER;
	consider(hook, &candidate, best);
	candidate.high = passed(hook, true);
	candidate.is_cut = true;
	candidate.vague = "some may have been cut";
	consider(hook, &candidate, best);
}

/* A macvlan adds a header to what others on the same interface send to all, which has one. */
static void consider_repeated(const struct verify_hook *hook, struct verify_judgement *best)
{
	struct candidate candidate = at_device(hook);

	if (!hook->may_repeat_header)
		return;
	candidate.low = candidate.high = passed(hook, false);
	candidate.high.bytes += candidate.high.packets * ETH_HEADER;
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
	struct candidate candidate = {
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
	struct count ours = passed(hook, false);
	struct count kernel = between(hook->first.kernel, hook->second.kernel);

	if (hook->is_loopback)
		ours.bytes -= ours.packets * ETH_HEADER;
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
	consider_resized(hook, &best);
	consider_qdisc(hook, &best);
	*ret = best;
}
