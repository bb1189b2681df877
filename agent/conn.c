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
#include "community_id.h"
#include "conn_table.h"

#include "weir/lifecycle.h"

#define TCP_FIN	  0x01
#define TCP_SYN	  0x02
#define TCP_RST	  0x04
#define TCP_ACK	  0x10
#define PROTO_TCP 6

/* What is told later than this has the time at which it is told: the log is searched by time. */
#define LATE_NS 20000000
/* A leg that ended less than this before its connection ended with it: two passes of the sweep. */
#define PAST_NS 2000000000

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

/* A leg and its value, for the choice of the one whose totals count. */
struct leg_value {
	struct weir_flow_key key;
	struct record_leg leg;
	struct weir_flow flow;
	bool is_stale; /* it ended, and the connection went on */
};

/* Of a leg that was reaped while others of its connection went on. */
struct past_leg {
	struct past_leg *next;
	uint64_t end_ns;
	struct leg_value value;
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

static void past_free(struct conn *conn)
{
	while (conn->past) {
		struct past_leg *past = conn->past;

		conn->past = past->next;
		free(past);
	}
}

void conn_table_free(struct conn_table **at)
{
	struct conn_table *table = TAKE_PTR(*at);

	if (!table)
		return;
	for (uint32_t i = 1; i <= table->maps.conns.used; i++)
		past_free(conn_at(&table->maps, i));
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
			const struct record_leg *legs, unsigned int count, uint64_t now_ns)
{
	if (rec->time_ns + LATE_NS < now_ns)
		rec->time_ns = now_ns;
	if (rec->time_ns < rec->start_ns) /* of a leg that was seen first, and is told second */
		rec->time_ns = rec->start_ns;
	conn->last_record_ns = rec->time_ns;
	conn->told_flags |= rec->tcp_flags;
	/* Of one leg the record itself says all. */
	table->ops->record(table->ctx, rec, legs, count > 1 ? count : 0);
}

/* The event that tells of the leg's first packet; NULL: another's, or the sweep. */
static const struct weir_event *opening_event(const struct sight *sight)
{
	if (sight->event && sight->event->hdr.type == WEIR_EVENT_OPEN)
		return sight->event;
	return NULL;
}

static void tell_open(struct conn_table *table, struct conn *conn, const struct sight *sight)
{
	const struct weir_event *event = opening_event(sight);
	const struct weir_flow *flow = sight->flow;
	struct record rec;
	int dir = event ? event->hdr.dir & 1 : conn->initiator;

	record_begin(table, &rec, conn, sight->key);
	record_name_iface(table, &rec, sight->key->ifindex);
	rec.event = RECORD_OPEN;
	rec.time_ns = flow->start_ns;
	rec.sender = (uint8_t)(dir != conn->initiator);
	rec.hook = event ? event->hdr.hook : dir_hook(flow->dir[dir].hooks);
	if (event)
		rec.tcp_flags = event->hdr.tcp_flags;
	else if (conn->initiator_by == WEIR_BY_SYN)
		rec.tcp_flags = TCP_SYN;
	conn->reported_packets = packets_of(flow);
	record_send(table, conn, &rec, NULL, 0, sight->now_ns);
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
	} else {
		table->made_up++;
		(void)community_id_counterpart(rec.proto, conn->icmp_type, &rec.icmp_type);
	}
	record_rtt(&rec, flow);
	conn->reported_packets = packets_of(flow);
	conn->is_established_told = true;
	record_send(table, conn, &rec, NULL, 0, sight->now_ns);
}

/*
 * How near the initiator the leg is: its veth or loopback, else the uplink, else the lowest
 * ifindex. One that ended before the connection has not seen all of it.
 */
static uint64_t leg_rank(const struct leg_value *value)
{
	const struct record_leg *leg = &value->leg;
	uint64_t rank = 3;

	if (value->is_stale)
		rank = 4;
	else if (leg->role == ROLE_ENDPOINT &&
		 (leg->hooks[0] & 1 << WEIR_INGRESS || leg->hooks[1] & 1 << WEIR_EGRESS))
		rank = 0;
	else if (leg->role == ROLE_LOOPBACK)
		rank = 1;
	else if (leg->role == ROLE_UPLINK)
		rank = 2;
	return rank << 32 | leg->ifindex;
}

/* All but the flow, which is known. */
static void leg_value_fill(const struct conn_table *table, const struct conn *conn,
			   const struct weir_flow_key *key, struct leg_value *value)
{
	struct record_leg *leg = &value->leg;

	value->key = *key;
	value->is_stale = false;
	*leg = (struct record_leg){ 0 };
	(void)table->ops->iface(table->ctx, key->ifindex, leg);
	leg->ifindex = key->ifindex;
	leg->vlan = key->vlan;
	for (int side = 0; side < 2; side++) {
		leg->count[side] = dir_count(&value->flow, side ^ conn->initiator);
		leg->hooks[side] = value->flow.dir[side ^ conn->initiator].hooks;
	}
}

/* The same leg at a later time: what it saw then comes on top. */
static void leg_value_add(struct leg_value *to, const struct leg_value *later)
{
	for (int side = 0; side < 2; side++) {
		to->leg.count[side].packets += later->leg.count[side].packets;
		to->leg.count[side].bytes += later->leg.count[side].bytes;
		to->leg.hooks[side] |= later->leg.hooks[side];
	}
	to->is_stale &= later->is_stale;
}

/* The value of a leg of the connection, unless it has gone or is another connection's by now. */
static bool leg_value_get(const struct conn_table *table, const struct conn *conn,
			  const struct leg *leg, const struct sight *sight, struct leg_value *value)
{
	if (sight && !memcmp(&leg->key, sight->key, sizeof(leg->key)))
		value->flow = *sight->flow;
	else if (table->ops->lookup(table->ctx, &leg->key, &value->flow))
		return false;
	if (value->flow.start_ns != leg->start_ns)
		return false;
	leg_value_fill(table, conn, &leg->key, value);
	return true;
}

static unsigned int past_collect(const struct conn *conn, uint64_t now_ns,
				 struct leg_value values[static RECORD_LEGS_MAX],
				 unsigned int count)
{
	for (const struct past_leg *past = conn->past; past; past = past->next) {
		struct leg_value value = past->value;
		unsigned int i = 0;

		value.is_stale = past->end_ns + PAST_NS < now_ns;
		while (i < count && memcmp(&values[i].key, &value.key, sizeof(value.key)) != 0)
			i++;
		if (i == count && count < RECORD_LEGS_MAX) {
			values[count++] = value;
		} else if (i < count && values[i].flow.start_ns != value.flow.start_ns) {
			leg_value_add(&value, &values[i]);
			values[i] = value;
		}
	}
	return count;
}

/*
 * The values of all legs, the nearest to the initiator first. The one in sight is known; the
 * others are looked up.
 */
static unsigned int legs_collect(const struct conn_table *table, const struct conn *conn,
				 const struct sight *sight, uint64_t now_ns,
				 struct leg_value values[static RECORD_LEGS_MAX])
{
	unsigned int count = 0, nearest = 0;

	for (uint32_t at = conn->first_leg; at && count < RECORD_LEGS_MAX;
	     at = leg_at(&table->maps, at)->next_in_conn) {
		if (leg_value_get(table, conn, leg_at(&table->maps, at), sight, &values[count]))
			count++;
	}
	count = past_collect(conn, now_ns, values, count);
	for (unsigned int i = 1; i < count; i++) {
		if (leg_rank(&values[i]) < leg_rank(&values[nearest]))
			nearest = i;
	}
	if (nearest) {
		struct leg_value first = values[0];

		values[0] = values[nearest];
		values[nearest] = first;
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
	unsigned int count = legs_collect(table, conn, sight, sight->now_ns, values);
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
	record_send(table, conn, &rec, legs, count, sight->now_ns);
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
static void tell_close(struct conn_table *table, uint32_t index, const struct sight *sight,
		       uint64_t now_ns)
{
	struct conn *conn = conn_at(&table->maps, index);
	struct leg_value values[RECORD_LEGS_MAX];
	struct record_leg legs[RECORD_LEGS_MAX];
	unsigned int count = legs_collect(table, conn, sight, now_ns, values);
	bool is_by_packet;
	struct record rec;
	int side;

	closing_remove(table, index);
	record_begin(table, &rec, conn, &leg_at(&table->maps, conn->first_leg)->key);
	record_name_iface(table, &rec, rec.ifindex);
	record_totals(&rec, values, count, legs);
	rec.event = RECORD_CLOSE;
	rec.time_ns = sight && now_ns > conn->close_ns ? now_ns : conn->close_ns;
	rec.duration_ns = conn->close_ns - conn->start_ns;
	rec.close_reason = conn->close_reason;
	rec.tcp_flags = close_flags(conn->close_reason, rec.proto);
	is_by_packet = rec.tcp_flags != 0;
	side = is_by_packet && conn->closed_by != conn->initiator;
	rec.sender = rec.closed_by = (uint8_t)side;
	rec.hook = count ? dir_hook(legs[0].hooks[side]) : WEIR_INGRESS;
	conn->is_close_told = true;
	record_send(table, conn, &rec, legs, count, now_ns);
}

static bool all_legs_closed(const struct conn_table *table, const struct conn *conn)
{
	for (uint32_t at = conn->first_leg; at; at = leg_at(&table->maps, at)->next_in_conn) {
		if (!leg_at(&table->maps, at)->is_closed)
			return false;
	}
	return true;
}

static uint64_t flow_end_ns(const struct weir_flow *flow, uint64_t otherwise)
{
	uint64_t end = flow->dir[0].end_ns > flow->dir[1].end_ns ? flow->dir[0].end_ns
								 : flow->dir[1].end_ns;

	return end ? end : otherwise;
}

/*
 * Keeps what a leg has seen for the connection that goes on without it. What finds no memory, or
 * is more than a record tells, is not kept.
 */
static void past_add(const struct conn_table *table, struct conn *conn, const struct sight *sight)
{
	struct leg_value value = { .flow = *sight->flow };
	struct past_leg *past = conn->past;
	unsigned int count = 0;

	leg_value_fill(table, conn, sight->key, &value);
	for (; past && memcmp(&past->value.key, sight->key, sizeof(*sight->key)) != 0; count++)
		past = past->next;
	if (past && past->value.flow.start_ns != sight->flow->start_ns) {
		leg_value_add(&past->value, &value);
	} else if (past) {
		past->value = value;
	} else if (count < RECORD_LEGS_MAX) {
		past = malloc(sizeof(*past));
		if (!past)
			return;
		*past = (struct past_leg){ .next = conn->past, .value = value };
		conn->past = past;
	}
	if (past)
		past->end_ns = sight->now_ns;
}

/* Did one packet both begin and end it? Then it has yet to reach the other interfaces. */
static bool is_one_packet(const struct sight *sight, uint64_t close_ns)
{
	return (sight->flow->state & WEIR_STATE_MASK) == WEIR_CLOSED &&
	       sight->flow->start_ns == close_ns;
}

/* A leg has ended. The connection's end is told when its other legs have ended too, or soon. */
static void leg_closed(struct conn_table *table, struct leg *leg, const struct sight *sight,
		       uint8_t reason, uint64_t close_ns)
{
	uint32_t index = leg->conn;
	struct conn *conn = conn_at(&table->maps, index);
	bool is_short = is_one_packet(sight, close_ns);

	leg->is_closed = true;
	if (conn->is_close_told)
		return;
	if (!conn->close_ns) {
		/* By the kernel's tick the last packet may seem to be before the first. */
		conn->close_ns = close_ns > conn->start_ns ? close_ns : conn->start_ns;
		conn->close_reason = reason;
		conn->closed_by = !!(sight->flow->flags & WEIR_FLOW_CLOSED_BY_1);
	}
	if (all_legs_closed(table, conn) && !is_short) {
		tell_close(table, index, sight, sight->now_ns);
		return;
	}
	if (!conn->is_closing)
		closing_add(table, index);
	/* Whose entry is used again, or may be before it is told, can't be looked up then. */
	if (is_short || (sight->event && (sight->flow->state & WEIR_STATE_MASK) != WEIR_CLOSED))
		past_add(table, conn, sight);
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
	past_free(conn_at(&table->maps, index));
	conn_remove(&table->maps, index);
}

static void conn_note_packet(struct conn *conn, const struct weir_event *event)
{
	int dir = event->hdr.dir & 1;

	memcpy(conn->mac[dir], event->eth_src, sizeof(conn->mac[dir]));
	memcpy(conn->mac[!dir], event->eth_dst, sizeof(conn->mac[!dir]));
	conn->icmp_type = event->icmp_type;
	conn->icmp_code = event->icmp_code;
	if (event->hdr.type != WEIR_EVENT_OPEN)
		(void)community_id_counterpart(event->key.proto, event->icmp_type,
					       &conn->icmp_type);
	conn->is_packet_noted = true;
}

/* A connection that begins with this leg; it is told at once. */
static bool conn_begin(struct conn_table *table, uint32_t leg, const struct sight *sight,
		       bool is_present)
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
	conn->isn = sight->flow->dir[conn->initiator].isn;
	if (sight->event)
		conn_note_packet(conn, sight->event);
	conn_attach_leg(&table->maps, index, leg);
	if (is_present)
		conn_link(&table->maps, index);
	tell_open(table, conn, sight);
	return true;
}

/* The packet that both began and ended the connection, at its next interface. */
static bool is_same_packet(const struct conn *conn, const struct sight *sight)
{
	return conn->close_ns == conn->start_ns &&
	       is_one_packet(sight, flow_end_ns(sight->flow, 0)) &&
	       sight->flow->start_ns - conn->start_ns < CONN_SETTLE_NS;
}

/* The initiator's SYN, where both have seen one, tells one use of a tuple from another. */
static bool is_other_syn(const struct conn *conn, const struct weir_flow *flow)
{
	return conn->initiator_by == WEIR_BY_SYN &&
	       flow->initiator == (conn->initiator | WEIR_BY_SYN << 1) &&
	       flow->dir[conn->initiator].isn != conn->isn;
}

/* Does a leg that was just found belong to the connection, not to another use of its tuple? */
static bool is_leg_of(const struct conn *conn, const struct sight *sight)
{
	if (is_other_syn(conn, sight->flow))
		return false;
	return !conn->close_ns || sight->flow->start_ns < conn->close_ns ||
	       is_same_packet(conn, sight);
}

/* Finds the connection that a leg which was just found belongs to, or begins one. */
static bool leg_join(struct conn_table *table, uint32_t leg, const struct sight *sight)
{
	uint32_t present = conn_find(&table->maps, sight->key);
	const struct conn *conn = conn_at(&table->maps, present);
	bool is_older;

	leg_at(&table->maps, leg)->start_ns = sight->flow->start_ns;
	leg_at(&table->maps, leg)->is_closed = false;
	if (present && is_leg_of(conn, sight)) {
		conn_attach_leg(&table->maps, present, leg);
		return true;
	}
	/* What is found late of the tuple's former use doesn't take the place of the present one. */
	is_older = present && sight->flow->start_ns < conn->start_ns;
	if (present && !is_older)
		conn_unlink(&table->maps, present);
	return conn_begin(table, leg, sight, !is_older);
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
		tell_close(table, leg->conn, NULL, sight->now_ns);
	leg_leave(table, index);
}

/* The sweep was ahead of the event: the connection's first packet is known only now. */
static void leg_note_packet(struct conn_table *table, uint32_t index, const struct sight *sight)
{
	struct conn *conn = conn_at(&table->maps, leg_at(&table->maps, index)->conn);

	if (opening_event(sight) && !conn->is_packet_noted && conn->first_leg == index)
		conn_note_packet(conn, sight->event);
}

/* The leg of the sight, made or renewed if need be. NULL: an older connection's, or no room. */
static struct leg *leg_of(struct conn_table *table, const struct sight *sight)
{
	uint32_t index = leg_find(&table->maps, sight->key);
	struct leg *leg = leg_at(&table->maps, index);

	if (index && leg->start_ns == sight->flow->start_ns) {
		leg_note_packet(table, index, sight);
		return leg;
	}
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
	if (!opening_event(sight))
		table->made_up++;
	return leg_at(&table->maps, index);
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
	if (!conn->is_established_told && !conn->is_close_told &&
	    flow_is_established(sight->key, sight->flow))
		tell_established(table, conn, sight);
	if (leg->is_closed)
		return leg;
	is_reused = sight->event && sight->event->hdr.type == WEIR_EVENT_CLOSE;
	if (is_reused || (sight->flow->state & WEIR_STATE_MASK) == WEIR_CLOSED) {
		table->made_up += !sight->event;
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
	if (now_ns < conn->last_record_ns + table->options.update_interval_ns)
		return;
	if (conn->reported_packets != packets_of(flow))
		tell_update(table, conn, &sight);
}

/* Has the connection a leg beside this one that goes on? */
static bool goes_on_without(const struct conn_table *table, const struct leg *leg)
{
	const struct conn *conn = conn_at(&table->maps, leg->conn);

	for (uint32_t at = conn->first_leg; at; at = leg_at(&table->maps, at)->next_in_conn) {
		const struct leg *other = leg_at(&table->maps, at);

		if (other != leg && !other->is_closed)
			return true;
	}
	return false;
}

void conn_reaped(struct conn_table *table, const struct weir_flow_key *key,
		 const struct weir_flow *flow, uint8_t reason, uint64_t last_ns, uint64_t now_ns)
{
	struct sight sight = { .key = key, .flow = flow, .now_ns = now_ns };
	struct leg *leg = leg_sync(table, &sight);
	uint32_t index = leg_find(&table->maps, key);
	struct conn *conn;

	if (!leg)
		return;
	conn = conn_at(&table->maps, leg->conn);
	if (!leg->is_closed && !goes_on_without(table, leg))
		leg_closed(table, leg, &sight, reason, last_ns);
	if (!conn->is_close_told && conn->legs > 1)
		past_add(table, conn, &sight);
	else if (!conn->is_close_told)
		tell_close(table, leg->conn, &sight, now_ns);
	leg_leave(table, index);
	leg_remove(&table->maps, index);
}

uint64_t conn_settle(struct conn_table *table, uint64_t now_ns)
{
	while (table->closing) {
		uint64_t due = conn_at(&table->maps, table->closing)->close_ns + CONN_SETTLE_NS;

		if (due > now_ns)
			return due;
		tell_close(table, table->closing, NULL, now_ns);
	}
	return 0;
}
