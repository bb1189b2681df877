// SPDX-License-Identifier: BSD-2-Clause
#include "conn/timeouts.h"

#include <netinet/in.h>
#include <stdbool.h>

#include "weir/lifecycle.h"

#define NS_PER_S 1000000000ULL

/* Who has to leave early, from which percentage of the map on, and after how much silence. */
struct pressure {
	bool (*is_meant)(const struct weir_flow *flow);
	uint64_t (*used)(const struct fill *fill);
	unsigned int percent;
	uint64_t timeout_ns;
	uint8_t reason; /* WEIR_CLOSE_TIMEOUT: its end is told already, or is an ordinary one */
};

static bool is_unanswered(const struct weir_flow *flow)
{
	return flow->flags & WEIR_FLOW_UNANSWERED;
}

/* It began with a SYN-ACK, and nobody was heard since. */
static bool is_answering(const struct weir_flow *flow)
{
	return flow->flags & WEIR_FLOW_ANSWERING;
}

/* It began in the middle of a connection, and the other side was never heard. */
static bool is_one_sided(const struct weir_flow *flow)
{
	return flow->flags & WEIR_FLOW_ONE_SIDED;
}

/* However it began. */
static bool is_of_one_side(const struct weir_flow *flow)
{
	return !(flow->dir[0].hooks & WEIR_DIR_HOOKS) || !(flow->dir[1].hooks & WEIR_DIR_HOOKS);
}

static bool is_closed(const struct weir_flow *flow)
{
	return (flow->state & WEIR_STATE_MASK) == WEIR_CLOSED;
}

static uint64_t all_used(const struct fill *fill)
{
	return fill->used;
}

static uint64_t unanswered_used(const struct fill *fill)
{
	return fill->unanswered;
}

static uint64_t answering_used(const struct fill *fill)
{
	return fill->answering;
}

static uint64_t one_sided_used(const struct fill *fill)
{
	return fill->one_sided;
}

/* The datapath lets the unanswered have three quarters of the map, the next a sixteenth, then an eighth. */
static const struct pressure pressures[] = {
	{ is_closed, all_used, 50, 2 * NS_PER_S, WEIR_CLOSE_TIMEOUT },
	{ is_unanswered, unanswered_used, 60, 3 * NS_PER_S, WEIR_CLOSE_RECLAIMED },
	{ is_answering, answering_used, 5, 3 * NS_PER_S, WEIR_CLOSE_RECLAIMED },
	{ is_one_sided, one_sided_used, 10, 3 * NS_PER_S, WEIR_CLOSE_RECLAIMED },
	{ is_of_one_side, all_used, 90, 3 * NS_PER_S, WEIR_CLOSE_RECLAIMED },
};

static uint64_t of_packets(const struct timeouts *timeouts, uint8_t proto, bool is_answered)
{
	switch (proto) {
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return timeouts->udp_ns * (is_answered ? 3 : 1);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return timeouts->icmp_ns;
	default:
		return timeouts->other_ns;
	}
}

static uint64_t of_state(const struct timeouts *timeouts, uint8_t proto, uint8_t state)
{
	switch (state) {
	case WEIR_SYN_SENT:
	case WEIR_SYN_RECEIVED:
		return timeouts->syn_ns;
	case WEIR_ESTABLISHED:
		return timeouts->tcp_ns;
	case WEIR_ONE_WAY:
	case WEIR_TWO_WAY:
		return of_packets(timeouts, proto, state == WEIR_TWO_WAY);
	default:
		return timeouts->closing_ns;
	}
}

uint64_t timeout_of(const struct timeouts *timeouts, const struct fill *fill,
		    const struct weir_flow_key *key, const struct weir_flow *flow,
		    uint8_t *ret_reason)
{
	uint64_t ns = of_state(timeouts, key->proto, flow->state & WEIR_STATE_MASK);

	*ret_reason = WEIR_CLOSE_TIMEOUT;
	for (unsigned int i = 0; i < sizeof(pressures) / sizeof(pressures[0]); i++) {
		const struct pressure *pressure = &pressures[i];

		if (pressure->used(fill) * 100 <= fill->room * pressure->percent ||
		    !pressure->is_meant(flow) || ns <= pressure->timeout_ns)
			continue;
		ns = pressure->timeout_ns;
		*ret_reason = pressure->reason;
	}
	return ns;
}
