// SPDX-License-Identifier: BSD-2-Clause
/*
 * From legs to connections to records. Everything that is learned of a leg, by an event or by the
 * sweep, goes through leg_sync(), which tells what has not been told yet.
 */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conn_table.h"

#include "weir/lifecycle.h"

#define TCP_FIN	  0x01
#define TCP_SYN	  0x02
#define TCP_RST	  0x04
#define TCP_ACK	  0x10
#define PROTO_TCP 6

struct conn_table {
	struct conn_maps maps;
	struct conn_options options;
	const struct conn_ops *ops;
	void *ctx;
	uint32_t closing; /* list, oldest first */
	uint32_t closing_last;
	uint64_t made_up;
	uint64_t no_room;
};

/* What is known of a leg at this moment, and from where. */
struct sight {
	const struct weir_flow_key *key;
	const struct weir_flow *flow;
	const struct weir_event *event; /* NULL: the sweep */
	uint64_t now_ns;
};

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

static struct record_count dir_count(const struct weir_flow *flow, int dir)
{
	const struct weir_dir *d = &flow->dir[dir];

	return (struct record_count){ d->packets - d->base_packets, d->bytes - d->base_bytes };
}

static uint64_t packets_of(const struct weir_flow *flow)
{
	return flow->dir[0].packets + flow->dir[1].packets;
}

/* The hook that a direction passed; ingress where it passed both. */
static uint8_t dir_hook(uint8_t hooks)
{
	return hooks == 1 << WEIR_EGRESS ? WEIR_EGRESS : WEIR_INGRESS;
}

/* What every record of a connection has: who, where, since when. */
static void record_begin(const struct conn_table *table, struct record *rec,
			 const struct conn *conn, const struct weir_flow_key *key)
{
	int init = conn->initiator;

	*rec = (struct record){ .start_ns = conn->start_ns,
				.conn_id = conn->id,
				.initiator_by = conn->initiator_by,
				.netns = key->netns,
				.family = key->family,
				.proto = key->proto,
				.ifindex = key->ifindex,
				.vlan = key->vlan,
				.icmp_type = conn->icmp_type,
				.icmp_code = conn->icmp_code };
	rec->vni = (uint32_t)key->vni[0] << 16 | (uint32_t)key->vni[1] << 8 | key->vni[2];
	for (int side = 0; side < 2; side++) {
		memcpy(rec->addr[side], key->addr[side ^ init], sizeof(rec->addr[side]));
		rec->port[side] = __builtin_bswap16(key->port[side ^ init]);
		memcpy(rec->mac[side], conn->mac[side ^ init], sizeof(rec->mac[side]));
		rec->is_local[side] = table->ops->is_local(table->ctx, rec->addr[side]);
	}
}

static void record_name_iface(const struct conn_table *table, struct record *rec, uint32_t ifindex)
{
	struct record_leg leg = { 0 };

	rec->ifindex = ifindex;
	if (!table->ops->iface(table->ctx, ifindex, &leg))
		return;
	memcpy(rec->ifname, leg.ifname, sizeof(rec->ifname));
	rec->role = leg.role;
}

static void record_rtt(struct record *rec, const struct weir_flow *flow)
{
	if (rec->proto != PROTO_TCP || rec->initiator_by != WEIR_BY_SYN || !flow->reply_ns ||
	    flow->flags & WEIR_FLOW_SYN_REPEATED)
		return;
	rec->rtt_server_ns = flow->reply_ns - flow->start_ns;
	if (flow->established_ns > flow->reply_ns)
		rec->rtt_client_ns = flow->established_ns - flow->reply_ns;
}

static void record_send(struct conn_table *table, struct conn *conn, struct record *rec,
			const struct record_leg *legs, unsigned int count)
{
	conn->last_record_ns = rec->time_ns;
	conn->told_flags |= rec->tcp_flags;
	/* Of one leg the record itself says all. */
	table->ops->record(table->ctx, rec, legs, count > 1 ? count : 0);
}

static void tell_open(struct conn_table *table, struct conn *conn, const struct sight *sight)
{
	const struct weir_event *event = sight->event;
	const struct weir_flow *flow = sight->flow;
	struct record rec;
	int dir = event ? event->hdr.dir & 1 : conn->initiator;

	record_begin(table, &rec, conn, sight->key);
	record_name_iface(table, &rec, sight->key->ifindex);
	rec.event = RECORD_OPEN;
	rec.time_ns = flow->start_ns;
	rec.sender = (uint8_t)(dir != conn->initiator);
	rec.hook = event ? event->hdr.hook : dir_hook(flow->dir[dir].hooks);
	rec.tcp_flags = event ? event->hdr.tcp_flags : 0;
	conn->reported_packets = packets_of(flow);
	record_send(table, conn, &rec, NULL, 0);
}

static void tell_established(struct conn_table *table, struct conn *conn, const struct sight *sight)
{
	const struct weir_flow *flow = sight->flow;
	struct record rec;
	bool is_tcp = sight->key->proto == PROTO_TCP;

	record_begin(table, &rec, conn, sight->key);
	record_name_iface(table, &rec, sight->key->ifindex);
	rec.event = RECORD_ESTABLISHED;
	rec.time_ns = is_tcp && flow->established_ns ? flow->established_ns : flow->reply_ns;
	if (!rec.time_ns)
		rec.time_ns = sight->now_ns;
	rec.sender = 1;
	rec.hook = dir_hook(flow->dir[!conn->initiator].hooks);
	rec.tcp_flags = is_tcp ? TCP_SYN | TCP_ACK : 0;
	if (sight->event) {
		rec.icmp_type = sight->event->icmp_type;
		rec.icmp_code = sight->event->icmp_code;
	}
	record_rtt(&rec, flow);
	conn->reported_packets = packets_of(flow);
	conn->is_established_told = true;
	record_send(table, conn, &rec, NULL, 0);
}

/* A leg and its value, for the choice of the one whose totals count. */
struct leg_value {
	struct record_leg leg;
	struct weir_flow flow;
};

/* How near the initiator the leg is: its veth or loopback, else the uplink, else the lowest ifindex. */
static uint64_t leg_rank(const struct record_leg *leg)
{
	uint64_t rank = 3;

	if (leg->role == ROLE_ENDPOINT && leg->hooks[0] & 1 << WEIR_INGRESS)
		rank = 0;
	else if (leg->role == ROLE_LOOPBACK)
		rank = 1;
	else if (leg->role == ROLE_UPLINK)
		rank = 2;
	return rank << 32 | leg->ifindex;
}

static void leg_value_fill(const struct conn_table *table, const struct conn *conn,
			   const struct weir_flow_key *key, struct leg_value *value)
{
	struct record_leg *leg = &value->leg;

	*leg = (struct record_leg){ 0 };
	(void)table->ops->iface(table->ctx, key->ifindex, leg);
	leg->ifindex = key->ifindex;
	leg->vlan = key->vlan;
	for (int side = 0; side < 2; side++) {
		leg->count[side] = dir_count(&value->flow, side ^ conn->initiator);
		leg->hooks[side] = value->flow.dir[side ^ conn->initiator].hooks;
	}
}

/*
 * The values of all legs, the nearest to the initiator first. The one in sight is known; the
 * others are looked up. Those that have gone, or are another connection's by now, are left out.
 */
static unsigned int legs_collect(const struct conn_table *table, const struct conn *conn,
				 const struct sight *sight,
				 struct leg_value values[static RECORD_LEGS_MAX])
{
	unsigned int count = 0;

	for (uint32_t at = conn->first_leg; at && count < RECORD_LEGS_MAX;
	     at = leg_at(&table->maps, at)->next_in_conn) {
		const struct leg *leg = leg_at(&table->maps, at);
		struct leg_value *value = &values[count];

		if (sight && !memcmp(&leg->key, sight->key, sizeof(leg->key)))
			value->flow = *sight->flow;
		else if (table->ops->lookup(table->ctx, &leg->key, &value->flow))
			continue;
		if (value->flow.start_ns != leg->start_ns)
			continue;
		leg_value_fill(table, conn, &leg->key, value);
		if (count && leg_rank(&value->leg) < leg_rank(&values[0].leg)) {
			struct leg_value first = values[0];

			values[0] = *value;
			*value = first;
		}
		count++;
	}
	return count;
}

static void record_totals(struct record *rec, const struct leg_value *values, unsigned int count,
			  struct record_leg legs[static RECORD_LEGS_MAX])
{
	const struct record_leg *first = &values[0].leg;

	for (unsigned int i = 0; i < count; i++)
		legs[i] = values[i].leg;
	if (!count)
		return;
	memcpy(rec->ifname, first->ifname, sizeof(rec->ifname));
	rec->ifindex = first->ifindex;
	rec->role = first->role;
	rec->vlan = first->vlan;
	rec->count[0] = first->count[0];
	rec->count[1] = first->count[1];
	rec->has_counts = true;
	record_rtt(rec, &values[0].flow);
}

static void tell_update(struct conn_table *table, struct conn *conn, const struct sight *sight)
{
	struct leg_value values[RECORD_LEGS_MAX];
	struct record_leg legs[RECORD_LEGS_MAX];
	unsigned int count = legs_collect(table, conn, sight, values);
	const struct weir_flow *flow = sight->flow;
	uint8_t seen = flow->dir[0].flags | flow->dir[1].flags;
	struct record rec;

	record_begin(table, &rec, conn, sight->key);
	record_totals(&rec, values, count, legs);
	rec.event = RECORD_UPDATE;
	rec.time_ns = sight->now_ns;
	rec.duration_ns = rec.time_ns - conn->start_ns;
	rec.hook = count ? dir_hook(legs[0].hooks[0]) : WEIR_INGRESS;
	rec.tcp_flags = (uint8_t)((seen & ~conn->told_flags) | (seen & TCP_ACK));
	conn->reported_packets = packets_of(flow);
	record_send(table, conn, &rec, legs, count);
}

static uint8_t close_flags(uint8_t reason, uint8_t proto)
{
	if (proto != PROTO_TCP)
		return 0;
	switch (reason) {
	case WEIR_CLOSE_FIN:
		return TCP_FIN | TCP_ACK;
	case WEIR_CLOSE_RST:
	case WEIR_CLOSE_REFUSED:
		return TCP_RST;
	default:
		return 0;
	}
}

static void closing_remove(struct conn_table *table, uint32_t index)
{
	struct conn *conn = conn_at(&table->maps, index);

	if (!conn->is_closing)
		return;
	if (conn->closing_prev)
		conn_at(&table->maps, conn->closing_prev)->closing_next = conn->closing_next;
	else
		table->closing = conn->closing_next;
	if (conn->closing_next)
		conn_at(&table->maps, conn->closing_next)->closing_prev = conn->closing_prev;
	else
		table->closing_last = conn->closing_prev;
	conn->closing_prev = conn->closing_next = 0;
	conn->is_closing = false;
}

static void closing_add(struct conn_table *table, uint32_t index)
{
	struct conn *conn = conn_at(&table->maps, index);

	conn->closing_prev = table->closing_last;
	if (table->closing_last)
		conn_at(&table->maps, table->closing_last)->closing_next = index;
	else
		table->closing = index;
	table->closing_last = index;
	conn->is_closing = true;
}

/* sight: a leg whose value is at hand, or NULL. */
static void tell_close(struct conn_table *table, uint32_t index, const struct sight *sight)
{
	struct conn *conn = conn_at(&table->maps, index);
	struct leg_value values[RECORD_LEGS_MAX];
	struct record_leg legs[RECORD_LEGS_MAX];
	unsigned int count = legs_collect(table, conn, sight, values);
	bool is_by_packet;
	struct record rec;
	int side;

	closing_remove(table, index);
	record_begin(table, &rec, conn, &leg_at(&table->maps, conn->first_leg)->key);
	record_name_iface(table, &rec, rec.ifindex);
	record_totals(&rec, values, count, legs);
	rec.event = RECORD_CLOSE;
	rec.time_ns = sight ? sight->now_ns : conn->close_ns;
	rec.duration_ns = conn->close_ns - conn->start_ns;
	rec.close_reason = conn->close_reason;
	rec.tcp_flags = close_flags(conn->close_reason, rec.proto);
	is_by_packet = rec.tcp_flags != 0;
	side = is_by_packet && conn->closed_by != conn->initiator;
	rec.sender = rec.closed_by = (uint8_t)side;
	rec.hook = count ? dir_hook(legs[0].hooks[side]) : WEIR_INGRESS;
	conn->is_close_told = true;
	record_send(table, conn, &rec, legs, count);
}

static bool all_legs_closed(const struct conn_table *table, const struct conn *conn)
{
	for (uint32_t at = conn->first_leg; at; at = leg_at(&table->maps, at)->next_in_conn) {
		if (!leg_at(&table->maps, at)->is_closed)
			return false;
	}
	return true;
}

/* A leg has ended. The connection's end is told when its other legs have ended too, or soon. */
static void leg_closed(struct conn_table *table, struct leg *leg, const struct sight *sight,
		       uint8_t reason, uint64_t close_ns)
{
	uint32_t index = leg->conn;
	struct conn *conn = conn_at(&table->maps, index);

	leg->is_closed = true;
	if (conn->is_close_told)
		return;
	if (!conn->close_ns) {
		conn->close_ns = close_ns;
		conn->close_reason = reason;
		conn->closed_by = !!(sight->flow->flags & WEIR_FLOW_CLOSED_BY_1);
	}
	if (all_legs_closed(table, conn))
		tell_close(table, index, sight);
	else if (!conn->is_closing)
		closing_add(table, index);
}

static void leg_leave(struct conn_table *table, uint32_t leg)
{
	uint32_t index = leg_at(&table->maps, leg)->conn;

	if (!index)
		return;
	conn_detach_leg(&table->maps, leg);
	if (conn_at(&table->maps, index)->legs)
		return;
	closing_remove(table, index);
	conn_remove(&table->maps, index);
}

static void conn_note_packet(struct conn *conn, const struct weir_event *event)
{
	int dir = event->hdr.dir & 1;

	memcpy(conn->mac[dir], event->eth_src, sizeof(conn->mac[dir]));
	memcpy(conn->mac[!dir], event->eth_dst, sizeof(conn->mac[!dir]));
	conn->icmp_type = event->icmp_type;
	conn->icmp_code = event->icmp_code;
}

/* A connection that begins with this leg; it is told at once. */
static bool conn_begin(struct conn_table *table, uint32_t leg, const struct sight *sight)
{
	const struct weir_flow_key *key = sight->key;
	uint32_t index = conn_add(&table->maps);
	struct conn *conn = conn_at(&table->maps, index);
	struct weir_flow_key tuple = *key;

	if (!index)
		return false;
	tuple.ifindex = 0;
	tuple.vlan = 0;
	conn->start_ns = sight->flow->start_ns;
	conn->id = hash_bytes(
		hash_bytes(table->options.boot_id, &conn->start_ns, sizeof(conn->start_ns)), &tuple,
		sizeof(tuple));
	conn->initiator = sight->flow->initiator & 1;
	conn->initiator_by = sight->flow->initiator >> 1;
	if (sight->event)
		conn_note_packet(conn, sight->event);
	conn_attach_leg(&table->maps, index, leg);
	conn_link(&table->maps, index);
	tell_open(table, conn, sight);
	return true;
}

/* Finds the connection that a leg which has just begun belongs to, or begins one. */
static bool leg_join(struct conn_table *table, uint32_t leg, const struct sight *sight)
{
	uint32_t index = conn_find(&table->maps, sight->key);
	const struct conn *conn = conn_at(&table->maps, index);

	leg_at(&table->maps, leg)->start_ns = sight->flow->start_ns;
	leg_at(&table->maps, leg)->is_closed = false;
	if (index && conn->close_ns && sight->flow->start_ns > conn->close_ns) {
		conn_unlink(&table->maps, index);
		index = 0;
	}
	if (!index)
		return conn_begin(table, leg, sight);
	conn_attach_leg(&table->maps, index, leg);
	return true;
}

/*
 * The kernel has begun another connection in this entry. If the end of the former was not told
 * by an event, that one was lost, and with it the former's totals.
 */
static void leg_renewed(struct conn_table *table, uint32_t index, const struct sight *sight)
{
	struct leg *leg = leg_at(&table->maps, index);
	struct conn *conn = conn_at(&table->maps, leg->conn);

	if (!conn->is_close_told && !conn->close_ns) {
		table->made_up++;
		conn->close_ns = sight->flow->start_ns - 1;
		conn->close_reason = WEIR_CLOSE_REUSED;
	}
	if (!conn->is_close_told)
		tell_close(table, leg->conn, NULL);
	leg_leave(table, index);
}

/* The leg of the sight, made or renewed if need be. NULL: an older connection's, or no room. */
static struct leg *leg_of(struct conn_table *table, const struct sight *sight)
{
	uint32_t index = leg_find(&table->maps, sight->key);
	struct leg *leg = leg_at(&table->maps, index);

	if (index && leg->start_ns == sight->flow->start_ns)
		return leg;
	if (index && leg->start_ns > sight->flow->start_ns)
		return NULL;
	if (index)
		leg_renewed(table, index, sight);
	else
		index = leg_add(&table->maps, sight->key);
	if (!index || !leg_join(table, index, sight)) {
		table->no_room++;
		if (index)
			leg_remove(&table->maps, index);
		return NULL;
	}
	if (!sight->event || sight->event->hdr.type != WEIR_EVENT_OPEN)
		table->made_up++;
	return leg_at(&table->maps, index);
}

static uint64_t flow_end_ns(const struct weir_flow *flow, uint64_t otherwise)
{
	uint64_t end = flow->dir[0].end_ns > flow->dir[1].end_ns ? flow->dir[0].end_ns
								 : flow->dir[1].end_ns;

	return end ? end : otherwise;
}

/* Has the handshake been completed, or an answer been seen? */
static bool flow_is_established(const struct weir_flow_key *key, const struct weir_flow *flow)
{
	if (key->proto == PROTO_TCP)
		return flow->established_ns != 0;
	return flow->reply_ns != 0;
}

static struct leg *leg_sync(struct conn_table *table, const struct sight *sight)
{
	struct leg *leg = leg_of(table, sight);
	struct conn *conn;
	bool is_reused;

	if (!leg)
		return NULL;
	conn = conn_at(&table->maps, leg->conn);
	if (!conn->is_established_told && flow_is_established(sight->key, sight->flow))
		tell_established(table, conn, sight);
	if (leg->is_closed)
		return leg;
	is_reused = sight->event && sight->event->hdr.type == WEIR_EVENT_CLOSE;
	if (is_reused || (sight->flow->state & WEIR_STATE_MASK) == WEIR_CLOSED) {
		leg_closed(table, leg, sight, sight->flow->close_reason,
			   is_reused ? sight->event->hdr.time_ns
				     : flow_end_ns(sight->flow, sight->now_ns));
	}
	return leg;
}

void conn_event(struct conn_table *table, const struct weir_event *event)
{
	struct sight sight = { .key = &event->key,
			       .flow = &event->flow,
			       .event = event,
			       .now_ns = event->hdr.time_ns };

	(void)leg_sync(table, &sight);
}

void conn_seen(struct conn_table *table, const struct weir_flow_key *key,
	       const struct weir_flow *flow, uint64_t now_ns)
{
	struct sight sight = { .key = key, .flow = flow, .now_ns = now_ns };
	struct leg *leg = leg_sync(table, &sight);
	struct conn *conn;

	if (!leg || leg->is_closed)
		return;
	conn = conn_at(&table->maps, leg->conn);
	/* Of several legs the first speaks for the connection. */
	if (leg_at(&table->maps, conn->first_leg) != leg || conn->close_ns)
		return;
	if (now_ns - conn->last_record_ns < table->options.update_interval_ns)
		return;
	if (conn->reported_packets != packets_of(flow))
		tell_update(table, conn, &sight);
}

void conn_reaped(struct conn_table *table, const struct weir_flow_key *key,
		 const struct weir_flow *flow, uint8_t reason, uint64_t last_ns, uint64_t now_ns)
{
	struct sight sight = { .key = key, .flow = flow, .now_ns = now_ns };
	struct leg *leg = leg_sync(table, &sight);

	if (!leg)
		return;
	if (!leg->is_closed)
		leg_closed(table, leg, &sight, reason, last_ns);
	leg_leave(table, leg_find(&table->maps, key));
	leg_remove(&table->maps, leg_find(&table->maps, key));
}

uint64_t conn_settle(struct conn_table *table, uint64_t now_ns)
{
	while (table->closing) {
		uint64_t due = conn_at(&table->maps, table->closing)->close_ns + CONN_SETTLE_NS;

		if (due > now_ns)
			return due;
		tell_close(table, table->closing, NULL);
	}
	return 0;
}
