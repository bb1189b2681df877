// SPDX-License-Identifier: BSD-2-Clause
#include "conn/conn_heard.h"

#include <string.h>

#include "conn/leg_totals.h"
#include "conn/leg_values.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08

/* A RST is what a host sends back to anything: whoever has sent no more has agreed to nothing. */
static bool is_only_reset(uint8_t tcp_flags)
{
	return (tcp_flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH)) == TCP_RST;
}

/*
 * A TCP socket that is connected to itself is both sides, though all its packets go in direction 0. They leave
 * by the loopback of its namespace, and nowhere else do such come in: that would be forged.
 */
static bool is_to_itself(const struct sight *sight)
{
	const struct weir_flow_key *key = sight->key;

	return key->proto == PROTO_TCP && key->port[0] == key->port[1] &&
	       !memcmp(key->addr[0], key->addr[1], sizeof(key->addr[0])) &&
	       sight->flow->dir[0].hooks & 1 << WEIR_EGRESS;
}

static unsigned int sides_heard(const struct sight *sight)
{
	const struct weir_flow *flow = sight->flow;
	unsigned int sides = is_to_itself(sight) ? BOTH_SIDES : flow_sides(flow);

	for (unsigned int dir = 0; dir < 2; dir++) {
		if (is_only_reset(flow->dir[dir].flags))
			sides &= ~(1U << dir);
	}
	return sides;
}

bool conn_hear(struct conn *conn, const struct sight *sight)
{
	const struct weir_flow *flow = sight->flow;

	conn->heard |= sides_heard(sight) & BOTH_SIDES;
	conn->is_shaken |= flow->established_ns != 0;
	if (conn->proto != PROTO_TCP)
		return flow->reply_ns || conn->heard == BOTH_SIDES;
	return conn->is_shaken && conn->heard == BOTH_SIDES;
}

/* May other legs have seen what this one of several has not, be it the answer or another SYN? */
static bool may_lack(const struct conn_table *table, const struct conn *conn,
		     const struct sight *sight, unsigned int is_local)
{
	const struct weir_flow *flow = sight->flow;
	struct record_leg leg = { 0 };

	if (!leg_at(&table->maps, conn->first_leg)->next_in_conn)
		return false;
	if (flow_sides(flow) != BOTH_SIDES)
		return true;
	if (conn->proto != PROTO_TCP)
		return false;
	if (!flow->reply_ns || !flow->established_ns)
		return true;
	return is_local && table->ops->iface(table->ctx, sight->key->ifindex, &leg) && leg.is_edge;
}

uint32_t conn_heard_get(const struct conn_table *table, const struct conn *conn,
			const struct sight *sight, unsigned int is_local, struct handshake *ret)
{
	const struct weir_flow *flow = sight->flow;
	uint64_t packets = flow_packets(flow);
	struct leg_values values;
	struct leg_totals totals;
	struct record_count count[2];

	*ret = (struct handshake){ flow->start_ns, flow->reply_ns, flow->established_ns };
	if (may_lack(table, conn, sight, is_local)) {
		leg_values_collect(table, conn, sight, sight->now_ns, &values);
		leg_totals_choose(&values, is_local, &totals);
		leg_totals_handshake(&values, &totals, conn->initiator, ret);
		for (int side = 0; side < 2; side++)
			leg_totals_add(&values, &totals, side, &count[side]);
		packets = count[0].packets + count[1].packets;
	}
	if (flow->flags & WEIR_FLOW_SYN_REPEATED)
		*ret = (struct handshake){ 0 };
	return (uint32_t)packets;
}
