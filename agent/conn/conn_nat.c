// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a tunnel carries is translated elsewhere, if at all.
 */
#include "conn/conn_nat.h"

static bool is_knocking(const struct conn *conn)
{
	return conn->proto == PROTO_TCP && conn->initiator_by == WEIR_BY_SYN &&
	       !conn->is_established_told;
}

void conn_nat_ask(const struct conn_table *table, struct conn *conn,
		  const struct weir_flow_key *key)
{
	unsigned int init = conn->initiator;
	struct conn_nat nat;

	if ((conn->nat_state == CONN_NAT_SETTLED && !conn->nat) || key->vlan & WEIR_ENCAPSULATED)
		return;
	nat = (struct conn_nat){ .key = key,
				 .number = conn->nat,
				 .party = { conn->party[init], conn->party[!init] },
				 .port = conn->nat_port,
				 .state = conn->nat_state,
				 .initiator = (uint8_t)init,
				 .is_knocking = is_knocking(conn),
				 .has_twin = conn->nat_has_twin };
	if (conn->proto != PROTO_TCP)
		nat.icmp_type = conn->icmp_type;
	else if (conn->initiator_by == WEIR_BY_SYN)
		nat.began_ns = conn->start_ns;
	table->ops->nat(table->ctx, &nat);
	conn->nat = nat.number & CONN_NAT_NUMBER_MAX;
	conn->nat_port = nat.port;
	conn->nat_state = nat.state;
	conn->nat_has_twin = nat.has_twin;
	conn->party[init] = (uint16_t)nat.party[0];
	conn->party[!init] = (uint16_t)nat.party[1];
}

void conn_nat_drop(const struct conn_table *table, struct conn *conn)
{
	if (conn->nat_state != CONN_NAT_UNASKED)
		table->ops->nat_drop(table->ctx, conn->nat, conn->nat_state);
}
