// SPDX-License-Identifier: BSD-2-Clause
/*
 * The interface between this host and an end (of a pod, say) is the one at which what the end
 * sends comes in, or what it is sent goes out.
 */
#include "conn/conn_party.h"

static bool is_behind(const struct weir_flow *flow, unsigned int at)
{
	return flow->dir[at].hooks & 1 << WEIR_INGRESS || flow->dir[!at].hooks & 1 << WEIR_EGRESS;
}

static bool is_knocking(const struct weir_flow_key *key, const struct weir_flow *flow)
{
	enum weir_state state = flow->state & WEIR_STATE_MASK;

	return key->proto == PROTO_TCP && (state == WEIR_SYN_SENT || state == WEIR_SYN_RECEIVED);
}

/* Of two sockets of this host that of who began. One that does not tell its cookie has one still. */
static void note_cookie(struct conn *conn, unsigned int at, const struct weir_owner *owner)
{
	if (owner->cookie && (at == conn->initiator || !conn->cookie))
		conn->cookie = owner->cookie <= UINT32_MAX ? (uint32_t)owner->cookie : 0;
}

void conn_party_ask(const struct conn_table *table, struct conn *conn, const struct sight *sight)
{
	const struct weir_event *event = sight->event;

	for (unsigned int at = 0; at < 2; at++) {
		struct conn_side side = { .key = sight->key,
					  .was = conn->party[at],
					  .at = (uint8_t)at,
					  .is_behind = is_behind(sight->flow, at),
					  .is_knocking = is_knocking(sight->key, sight->flow) };

		if (event && event->hdr.dir == at && event->owner.via) {
			side.owner = &event->owner;
			side.is_by_packet = true;
		}
		if (event && !conn->is_packet_noted)
			side.mac = event->hdr.dir == at ? event->eth_src : event->eth_dst;
		conn->party[at] = (uint16_t)table->ops->party(table->ctx, &side);
		if (side.owner)
			note_cookie(conn, at, side.owner);
	}
}

void conn_party_own(const struct conn_table *table, struct conn *conn,
		    const struct weir_flow_key *key, unsigned int at,
		    const struct weir_owner *owner)
{
	const struct conn_side side = { .key = key,
					.owner = owner,
					.was = conn->party[at],
					.at = (uint8_t)at,
					.is_owner_only = true };

	conn->party[at] = (uint16_t)table->ops->party(table->ctx, &side);
	note_cookie(conn, at, owner);
}

void conn_party_drop(const struct conn_table *table, struct conn *conn)
{
	for (unsigned int at = 0; at < 2; at++)
		table->ops->party_drop(table->ctx, conn->party[at]);
}
