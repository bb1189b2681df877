// SPDX-License-Identifier: BSD-2-Clause
/*
 * One tuple may be used one time after another, and by several networks at a time: SYNs, networks,
 * times, and where the other legs are tell.
 */
#include "conn/leg_belongs.h"

#include <string.h>

/* The packet that both began and ended the connection, at its next interface. */
static bool is_same_packet(const struct conn *conn, const struct sight *sight)
{
	const struct weir_flow *flow = sight->flow;

	return conn->is_ended && conn->close_ns == conn->start_ns &&
	       (flow->state & WEIR_STATE_MASK) == WEIR_CLOSED &&
	       flow->start_ns == flow_end_ns(flow, 0) &&
	       flow->start_ns - conn->start_ns < CONN_SETTLE_NS;
}

/* The initiator's SYN, where both have seen one, tells one use of a tuple from another. */
static bool is_other_syn(const struct conn *conn, const struct weir_flow *flow)
{
	return conn->initiator_by == WEIR_BY_SYN &&
	       flow->initiator == (conn->initiator | WEIR_BY_SYN << 1) &&
	       flow->dir[conn->initiator].isn != conn->isn;
}

/* Has a tunnel of another network carried the same tuple? Networks may use the same addresses. */
static bool is_of_other_network(const struct conn_table *table, const struct conn *conn,
				const struct weir_flow_key *key)
{
	if (!(key->vlan & WEIR_ENCAPSULATED))
		return false;
	for (uint32_t at = conn->first_leg; at; at = leg_at(&table->maps, at)->next_in_conn) {
		const struct leg *leg = leg_at(&table->maps, at);

		if (leg->vlan & WEIR_ENCAPSULATED &&
		    memcmp(leg->vni, key->vni, sizeof(leg->vni)) != 0)
			return true;
	}
	return false;
}

/* Had the interfaces of all its legs gone by then? The sweep is about to tell its end. */
static bool was_left(const struct conn_table *table, const struct conn *conn, uint64_t then_ns)
{
	for (uint32_t at = conn->first_leg; at; at = leg_at(&table->maps, at)->next_in_conn) {
		uint64_t gone_ns =
			table->ops->iface_gone_ns(table->ctx, leg_at(&table->maps, at)->ifindex);

		if (!gone_ns || gone_ns > then_ns)
			return false;
	}
	return true;
}

bool leg_belongs(const struct conn_table *table, const struct conn *conn, const struct sight *sight)
{
	if (is_other_syn(conn, sight->flow) || is_of_other_network(table, conn, sight->key) ||
	    was_left(table, conn, sight->flow->start_ns))
		return false;
	return !conn->is_ended || sight->flow->start_ns < conn->close_ns ||
	       is_same_packet(conn, sight);
}
