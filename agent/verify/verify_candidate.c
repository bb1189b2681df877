// SPDX-License-Identifier: BSD-2-Clause
/*
 * One candidate against the kernel's count, packets and bytes apart: the same, within what may lie
 * between the two, or neither; and the words for that.
 */
#include "verify/verify_candidate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TAG	    4
#define BUFFER_MAX  65536 /* one that is no super-packet, loopback's included */
#define SEGMENT_MIN 64	  /* no super-packet is cut finer */
#define IP_HEADER   20	  /* at least */

struct range {
	int64_t low, high;
};

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

static void note_losses(struct verify_line *line, const struct verify_candidate *candidate)
{
	const struct verify_losses *losses = &candidate->losses;

	if (candidate->place) {
		note_add(line, "by qdisc %s: %" PRId64 " dropped, %" PRId64 " %s queued",
			 candidate->place, losses->dropped,
			 losses->queued < 0 ? -losses->queued : losses->queued,
			 losses->queued < 0 ? "fewer" : "more");
	}
	if (losses->cut_tags)
		note_add(line, "%" PRId64 " more, whose VLAN tag is cut short, came to no hook",
			 losses->cut_tags);
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
				     const struct verify_candidate *candidate)
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
				   const struct verify_candidate *candidate)
{
	/* With the headers that each of its segments repeats a super-packet is at most twice as long. */
	int64_t max =
		candidate->is_cut ? 2 * longest(hook) : longest(hook) + VERIFY_ETH_HEADER + TAG;
	struct range dropped = of_buffers(candidate->losses.dropped, VERIFY_ETH_HEADER, max);
	int64_t tags = TAG * candidate->high.packets, queued = candidate->losses.queued_bytes;
	struct range range = {
		candidate->low.bytes - queued - dropped.high - candidate->losses.maybe * max -
			(candidate->may_miss_tags ? tags : 0),
		candidate->high.bytes - queued - dropped.low + (candidate->may_have_tags ? tags : 0)
	};

	/*
	 * A tunnel counts a packet without what it has put in front, and that ends where the kernel has
	 * noted the inner header. In a packet of another tunnel that one's note stands, as long as
	 * something is left to the device, be it a checksum (iptunnel_handle_offloads()); else it is
	 * deleted before it comes here. No program is told.
	 */
	if (candidate->may_leave_out && range.low > candidate->low.packets * IP_HEADER)
		range.low = candidate->low.packets * IP_HEADER;
	if (candidate->lack)
		range.low = 0;
	return range;
}

static bool is_exact(const struct verify_candidate *candidate)
{
	return candidate->low.packets == candidate->high.packets &&
	       candidate->low.bytes == candidate->high.bytes;
}

static bool is_within(struct range range, int64_t value)
{
	return value >= range.low && value <= range.high;
}

static void why_unknown(struct verify_line *line, const struct verify_candidate *candidate,
			struct range range)
{
	if (candidate->vague)
		note_add(line, "%s: %" PRId64 " .. %" PRId64, candidate->vague, range.low,
			 range.high);
	if (candidate->lack)
		note_add(line, "%s", candidate->lack);
}

static void judge_packets(const struct verify_hook *hook, const struct verify_candidate *candidate,
			  struct verify_line *ret)
{
	const struct verify_losses *losses = &candidate->losses;
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
static bool tags_explain(const struct verify_hook *hook, const struct verify_candidate *candidate,
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
static bool can_be_tags(const struct verify_candidate *candidate, int64_t told)
{
	const struct verify_losses *losses = &candidate->losses;

	if (!is_exact(candidate) || candidate->lack || candidate->may_leave_out ||
	    losses->dropped || losses->maybe)
		return true;
	return (candidate->low.bytes - told) % TAG == 0;
}

static void judge_bytes(const struct verify_hook *hook, const struct verify_candidate *candidate,
			struct verify_line *ret)
{
	const struct verify_losses *losses = &candidate->losses;
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
	if (candidate->may_leave_out) {
		note_add(ret,
			 "of packets of another tunnel the device may leave out the outer headers: "
			 "%" PRId64 " .. %" PRId64,
			 range.low, range.high);
	}
	if (losses->dropped || losses->maybe)
		note_add(ret, "the bytes of what is dropped are not counted");
	if (candidate->may_miss_tags || candidate->may_have_tags)
		note_add(ret, "VLAN tags are bytes on one side only");
}

/*
 * Where it never stands still while it is read the kernel's count may be off by what has moved: that is
 * no mismatch. moved: at both readings.
 */
static void allow_for_moving(struct verify_line *line, struct range range, int64_t kernel,
			     uint64_t moved)
{
	range.low -= (int64_t)moved;
	range.high += (int64_t)moved;
	if (line->result != VERIFY_FAILED || !is_within(range, kernel))
		return;
	line->result = VERIFY_UNKNOWN;
	note_add(line, "%" PRIu64 " moved while it was read", moved);
}

void verify_candidate_judge(const struct verify_hook *hook,
			    const struct verify_candidate *candidate, struct verify_judgement *ret)
{
	const struct weir_count *first = &hook->first.moved, *second = &hook->second.moved;

	judge_packets(hook, candidate, &ret->packets);
	judge_bytes(hook, candidate, &ret->bytes);
	if (first->packets + second->packets == 0)
		return;
	allow_for_moving(&ret->packets, range_of_packets(hook, candidate),
			 candidate->kernel.packets, first->packets + second->packets);
	allow_for_moving(&ret->bytes, range_of_bytes(hook, candidate), candidate->kernel.bytes,
			 first->bytes + second->bytes);
}
