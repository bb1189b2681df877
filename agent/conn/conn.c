// SPDX-License-Identifier: BSD-2-Clause
/*
 * From legs to connections to records. Everything that is learned of a leg, by an event or by the
 * sweep, goes through leg_sync(), which tells what has not been told yet. What a record says is
 * conn_tell.c's, of which legs leg_values.c's, and how connections end conn_end.c's.
 */
#include "conn/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conn/conn_end.h"
#include "conn/conn_heard.h"
#include "conn/conn_party.h"
#include "conn/conn_private.h"
#include "conn/conn_tell.h"
#include "conn/conn_update.h"
#include "conn/leg_belongs.h"
#include "conn/leg_values.h"
#include "log/community_id.h"

int conn_table_new(struct conn_table **ret, const struct conn_options *options,
		   const struct conn_ops *ops, void *ctx)
{
	auto_free struct conn_table *table = calloc(1, sizeof(*table));
	int r;

	if (!table)
		return -ENOMEM;
	table->options = *options;
	table->ops = ops;
	table->ctx = ctx;
	r = conn_maps_init(&table->maps, options->max_flows);
	if (r)
		return r;
	*ret = TAKE_PTR(table);
	return 0;
}

void conn_table_free(struct conn_table **at)
{
	struct conn_table *table = TAKE_PTR(*at);

	if (!table)
		return;
	for (uint32_t i = 1; i <= table->maps.conns.used; i++)
		leg_values_drop(conn_at(&table->maps, i));
	conn_maps_done(&table->maps);
	free(table);
}

void conn_get_stats(const struct conn_table *table, struct conn_stats *ret)
{
	*ret = (struct conn_stats){ .legs = table->maps.legs.count,
				    .connections = table->maps.conns.count,
				    .made_up = table->made_up,
				    .no_room = table->no_room };
}

static void conn_note_packet(struct conn *conn, const struct weir_event *event)
{
	conn->is_packet_noted = true;
	if (event->key.proto == PROTO_TCP)
		return;
	conn->icmp_type = event->icmp_type;
	conn->icmp_code = event->icmp_code;
	if (event->hdr.type != WEIR_EVENT_OPEN)
		(void)community_id_counterpart(event->key.proto, event->icmp_type,
					       &conn->icmp_type);
}

/* TCP says so by its packets. Of others the first one that is seen is the first, but at our start. */
static bool conn_may_be_older(const struct conn_table *table, const struct conn *conn)
{
	return conn->initiator_by == WEIR_BY_PORTS ||
	       (conn->initiator_by == WEIR_BY_FIRST &&
		conn->start_ns < table->options.young_until_ns);
}

/* Who was heard first, or has the higher port, has only likely begun. */
static void conn_ask_listener(const struct conn_table *table, struct conn *conn,
			      const struct weir_flow_key *key)
{
	enum weir_initiator_by by = WEIR_BY_LISTENER;
	int listener = table->ops->listener(table->ctx, key, &by);

	if (listener < 0 || (conn->initiator_by == WEIR_BY_FIRST && conn->initiator != listener))
		return;
	conn->initiator = !listener;
	conn->initiator_by = by & 7;
}

/* A connection that begins with this leg; it is told at once. */
static bool conn_begin(struct conn_table *table, uint32_t leg, const struct sight *sight,
		       bool is_present)
{
	uint32_t index = conn_add(&table->maps, sight->key);
	struct conn *conn = conn_at(&table->maps, index);

	if (!index)
		return false;
	conn->start_ns = sight->flow->start_ns;
	conn->initiator = sight->flow->initiator & 1;
	conn->initiator_by = sight->flow->initiator >> 1;
	if (conn_may_be_older(table, conn))
		conn_ask_listener(table, conn, sight->key);
	if (conn->proto == PROTO_TCP)
		conn->isn = sight->flow->dir[conn->initiator].isn;
	conn_party_ask(table, conn, sight);
	if (sight->event)
		conn_note_packet(conn, sight->event);
	conn_attach_leg(&table->maps, index, leg);
	if (is_present)
		conn_link(&table->maps, sight->hash, index);
	conn_tell_open(table, conn, leg, sight);
	return true;
}

/* The SYN took another interface than what was seen first. */
static void conn_note_syn(struct conn *conn, const struct weir_flow *flow)
{
	if (conn->initiator_by == WEIR_BY_SYN ||
	    flow->initiator != (conn->initiator | WEIR_BY_SYN << 1))
		return;
	conn->initiator_by = WEIR_BY_SYN;
	conn->isn = flow->dir[conn->initiator].isn;
}

/* Finds the connection that a leg which was just found belongs to, or begins one. */
static bool leg_join(struct conn_table *table, uint32_t leg, const struct sight *sight)
{
	uint32_t present = conn_find(&table->maps, sight->hash, sight->key);
	const struct conn *conn = conn_at(&table->maps, present);
	bool is_older;

	leg_at(&table->maps, leg)->start_ns = sight->flow->start_ns;
	leg_at(&table->maps, leg)->is_closed = false;
	leg_at(&table->maps, leg)->is_first = !flow_packets_before(sight->flow);
	if (present && leg_belongs(table, conn, sight)) {
		conn_attach_leg(&table->maps, present, leg);
		conn_note_syn(conn_at(&table->maps, present), sight->flow);
		conn_party_ask(table, conn_at(&table->maps, present), sight);
		return true;
	}
	/* What is found late of the tuple's former use doesn't take the place of the present one. */
	is_older = present && sight->flow->start_ns < conn->start_ns;
	if (present && !is_older)
		conn_unlink(&table->maps, present);
	return conn_begin(table, leg, sight, !is_older);
}

/*
 * The kernel has begun another connection in this entry, which tells what the former one had
 * counted in the end. If its end was not told by an event, that one was lost.
 */
static void leg_renewed(struct conn_table *table, uint32_t index, const struct sight *sight)
{
	struct leg *leg = leg_at(&table->maps, index);
	struct conn *conn = conn_at(&table->maps, leg->conn);

	if (!conn->is_ended) {
		table->made_up++;
		conn_end_note(conn, sight->flow->start_ns - 1, WEIR_CLOSE_REUSED, 0);
	}
	if (!conn->is_close_told)
		conn_end_tell(table, leg->conn, sight, sight->now_ns);
	conn_end_leave(table, index);
}

/* The sweep was ahead of the event: the connection's first packet is known only now. */
static void leg_note_packet(struct conn_table *table, uint32_t index, const struct sight *sight)
{
	struct conn *conn = conn_at(&table->maps, leg_at(&table->maps, index)->conn);

	if (!sight_opening(sight) || conn->is_packet_noted || conn->first_leg != index)
		return;
	conn_party_ask(table, conn, sight);
	conn_note_packet(conn, sight->event);
}

/* The leg of the sight, made or renewed if need be. 0: an older connection's, or no room. */
static uint32_t leg_of(struct conn_table *table, const struct sight *sight)
{
	uint32_t index = leg_find(&table->maps, sight->hash, sight->key);
	struct leg *leg = leg_at(&table->maps, index);

	if (index && leg->start_ns == sight->flow->start_ns) {
		leg_note_packet(table, index, sight);
		return index;
	}
	if (index && leg->start_ns > sight->flow->start_ns)
		return 0;
	if (index)
		leg_renewed(table, index, sight);
	else
		index = leg_add(&table->maps, sight->hash, sight->key);
	if (!index || !leg_join(table, index, sight)) {
		table->no_room++;
		if (index)
			leg_remove(&table->maps, sight->hash, index);
		return 0;
	}
	if (!sight_opening(sight))
		table->made_up++;
	return index;
}

/* Tells what of the sight is new. Returns leg_of() it. */
static uint32_t leg_sync(struct conn_table *table, const struct sight *sight)
{
	uint32_t index = leg_of(table, sight);
	struct conn *conn;
	bool is_reused;

	if (!index)
		return 0;
	conn = conn_at(&table->maps, leg_at(&table->maps, index)->conn);
	if (!conn->is_established_told && !conn->is_close_told && conn_hear(conn, sight)) {
		if (!sight_opening(sight))
			conn_party_ask(table, conn, sight);
		conn_tell_established(table, conn, index, sight);
		conn_end_move(table, conn, sight->now_ns);
	}
	if (leg_at(&table->maps, index)->is_closed)
		return index;
	is_reused = sight->event && sight->event->hdr.type == WEIR_EVENT_CLOSE;
	if (is_reused || (sight->flow->state & WEIR_STATE_MASK) == WEIR_CLOSED) {
		table->made_up += !sight->event;
		conn_end_leg(table, index, sight, sight->flow->close_reason,
			     is_reused ? sight->event->hdr.time_ns
				       : flow_end_ns(sight->flow, sight->now_ns));
	}
	return index;
}

/* An ICMP error quotes a packet of the connection. The first one says why it fails. */
static void conn_note_error(struct conn *conn, const struct weir_event *event)
{
	if (conn->has_icmp_error || conn->is_close_told)
		return;
	*conn_icmp_error(conn) = (struct icmp_error){ event->icmp_type, event->icmp_code };
	conn->icmp_error_dir = event->hdr.dir & 1;
	conn->has_icmp_error = true;
}

void conn_event(struct conn_table *table, const struct weir_event *event)
{
	bool is_error = event->hdr.type == WEIR_EVENT_ICMP_ERROR;
	struct sight sight = { .key = &event->key,
			       .flow = &event->flow,
			       .event = is_error ? NULL : event, /* of no packet of its own */
			       .hash = tuple_hash(&event->key),
			       .now_ns = event->hdr.time_ns };
	uint32_t index = leg_sync(table, &sight);

	if (index && is_error)
		conn_note_error(conn_at(&table->maps, leg_at(&table->maps, index)->conn), event);
}

void conn_owned(struct conn_table *table, const struct weir_flow_key *key, unsigned int at,
		const struct weir_owner *owner)
{
	uint32_t index = conn_find(&table->maps, tuple_hash(key), key);
	struct conn *conn = conn_at(&table->maps, index);

	if (index && !conn->is_close_told)
		conn_party_own(table, conn, key, at, owner);
}

bool conn_get_party(struct conn_table *table, const struct weir_flow_key *key, unsigned int at,
		    uint32_t *ret)
{
	uint32_t index = conn_find(&table->maps, tuple_hash(key), key);

	*ret = conn_at(&table->maps, index)->party[at];
	return index != 0;
}

bool conn_get_nat(struct conn_table *table, const struct weir_flow_key *key, uint32_t *ret,
		  unsigned int *ret_initiator)
{
	uint32_t index = conn_find(&table->maps, tuple_hash(key), key);
	const struct conn *conn = conn_at(&table->maps, index);

	*ret = conn->nat;
	*ret_initiator = conn->initiator;
	return index && conn->nat;
}

uint64_t conn_expect(const struct conn_table *table, const struct weir_flow_key *key)
{
	uint64_t place = leg_place(tuple_hash(key), key);

	leg_expect(&table->maps, place, 0);
	return place;
}

void conn_expect_step(const struct conn_table *table, uint64_t expected, unsigned int step)
{
	leg_expect(&table->maps, expected, step);
}

void conn_seen(struct conn_table *table, const struct weir_flow_key *key,
	       const struct weir_flow *flow, uint64_t last_ns, uint64_t now_ns)
{
	struct sight sight = {
		.key = key, .flow = flow, .hash = tuple_hash(key), .now_ns = now_ns
	};
	uint32_t index = leg_sync(table, &sight);

	if (index)
		conn_update(table, index, &sight, last_ns);
}

/* Has the connection a leg beside this one that goes on? */
static bool goes_on_without(const struct conn_table *table, uint32_t index)
{
	const struct conn *conn = conn_at(&table->maps, leg_at(&table->maps, index)->conn);

	for (uint32_t at = conn->first_leg; at; at = leg_at(&table->maps, at)->next_in_conn) {
		if (at != index && !leg_at(&table->maps, at)->is_closed)
			return true;
	}
	return false;
}

/* Nothing more comes of the leg. Returns it, or 0. */
static uint32_t leg_ended(struct conn_table *table, const struct sight *sight, uint8_t reason,
			  uint64_t last_ns)
{
	uint32_t index = leg_sync(table, sight);
	struct leg *leg = leg_at(&table->maps, index);

	if (!index || leg->is_closed)
		return index;
	if (!goes_on_without(table, index))
		conn_end_leg(table, index, sight, reason, last_ns);
	leg->is_closed = true;
	return index;
}

void conn_gone(struct conn_table *table, const struct weir_flow_key *key,
	       const struct weir_flow *flow, uint64_t last_ns, uint64_t now_ns)
{
	struct sight sight = {
		.key = key, .flow = flow, .hash = tuple_hash(key), .now_ns = now_ns
	};

	(void)leg_ended(table, &sight, WEIR_CLOSE_INTERFACE_GONE, last_ns);
}

void conn_reaped(struct conn_table *table, const struct weir_flow_key *key,
		 const struct weir_flow *flow, uint8_t reason, uint64_t last_ns, uint64_t now_ns)
{
	struct sight sight = {
		.key = key, .flow = flow, .hash = tuple_hash(key), .now_ns = now_ns
	};
	uint32_t index = leg_ended(table, &sight, reason, last_ns);
	struct conn *conn = conn_at(&table->maps, leg_at(&table->maps, index)->conn);

	if (!index)
		return;
	if (!conn->is_close_told && leg_has_others(&table->maps, index))
		leg_values_keep(table, conn, index, &sight);
	else if (!conn->is_close_told)
		conn_end_tell(table, leg_at(&table->maps, index)->conn, &sight, now_ns);
	conn_end_leave(table, index);
	leg_remove(&table->maps, sight.hash, index);
}
