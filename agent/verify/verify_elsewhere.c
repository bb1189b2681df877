// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is dropped the kernel's tracepoint tells to the segment; of what waits and of what other interfaces
 * have sent there are only bounds.
 */
#include "verify/verify_elsewhere.h"

#include "agent.h"
#include "kernel/attach.h"
#include "kernel/tracing.h"
#include "link/link.h"

#define SEGMENT_MIN   48  /* bytes of data in a segment of a super-packet: TCP_MIN_SND_MSS */
#define NEIGHBOUR_MAX 416 /* packets of 512 bytes of memory that a neighbour's 212,992 hold */

struct reader {
	const struct agent *agent;
	struct verify_elsewhere *ret;
};

static bool is_seen(const struct agent *agent, uint32_t ifindex)
{
	const struct watched *watched = ifaces_find(&agent->ifaces, ifindex);

	return watched && !watched->is_gone && watched->slot &&
	       watched->hooks[WEIR_EGRESS].kind != ATTACH_NONE;
}

static void add_unseen(void *ctx, const struct weir_unseen_key *key, const struct weir_count *count)
{
	const struct reader *reader = ctx;

	if (key->place == WEIR_UNSEEN_TAG)
		return;
	if (key->place == WEIR_UNSEEN_BEFORE || !is_seen(reader->agent, key->ifindex))
		reader->ret->dropped += count->packets;
	else if (key->place == WEIR_UNSEEN_FILTER)
		reader->ret->filtered += count->packets;
}

/* Masters hand on to their ports, of which each is seen or not. */
static void add_iface(void *ctx, const struct iface_info *info)
{
	const struct reader *reader = ctx;
	struct link *link = reader->agent->link;
	struct link_qdisc qdisc;
	struct link_stats stats;

	if (is_seen(reader->agent, info->ifindex) || !iface_is_network(info))
		return;
	if (!link_read_qdisc(link, info->ifindex, LINK_QDISC_ROOT, &qdisc))
		reader->ret->waiting += qdisc.queued + qdisc.queued_bytes / SEGMENT_MIN;
	if (!iface_is_master(info) && !link_read_stats(link, info->ifindex, &stats))
		reader->ret->unwatched += stats.tx_packets + stats.tx_bytes / SEGMENT_MIN;
}

void verify_elsewhere_read(const struct agent *agent, struct verify_elsewhere *ret)
{
	struct reader reader = { .agent = agent, .ret = ret };
	int neighbours;

	*ret = (struct verify_elsewhere){ .tells_dropped =
						  tracing_unseen_is_counted(agent->tracing) };
	if (ret->tells_dropped)
		tracing_unseen_read(agent->tracing, add_unseen, &reader);
	link_each(agent->link, add_iface, &reader);
	neighbours = link_count_unresolved(agent->link);
	if (neighbours > 0)
		ret->waiting += (uint64_t)neighbours * NEIGHBOUR_MAX;
}
