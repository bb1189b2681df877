// SPDX-License-Identifier: BSD-2-Clause
/*
 * Makes the records: first what all of them have, then what is the event's own. Records are in the
 * order of what they tell of: from the initiator to the responder, whatever the key's order is.
 */
#include "conn/conn_tell.h"

#include <string.h>

#include "conn/conn_heard.h"
#include "conn/conn_nat.h"
#include "conn/leg_totals.h"
#include "conn/leg_values.h"
#include "log/community_id.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/*
 * What is told later than this has the time at which it is told, or at which its place in the log
 * was reserved: the log is searched by time.
 */
#define LATE_NS 20000000

/* The hook that a direction passed; ingress where it passed both. */
static uint8_t dir_hook(uint8_t hooks)
{
	return (hooks & WEIR_DIR_HOOKS) == 1 << WEIR_EGRESS ? WEIR_EGRESS : WEIR_INGRESS;
}

/* The same; where none of its packets came by, the other side's way back. */
static uint8_t way_hook(uint8_t own, uint8_t other)
{
	if (!(own & WEIR_DIR_HOOKS) && other & WEIR_DIR_HOOKS)
		return !dir_hook(other);
	return dir_hook(own);
}

static uint8_t leg_hook(const struct record_leg *leg, int side)
{
	return way_hook(leg->hooks[side], leg->hooks[!side]);
}

static uint32_t vni_of(const uint8_t vni[static 3])
{
	return (uint32_t)vni[0] << 16 | (uint32_t)vni[1] << 8 | vni[2];
}

/*
 * The addresses of an interface go before its connections have ended, and their last records are to
 * say of whom they are as the first have.
 */
static bool conn_is_local(const struct conn_table *table, struct conn *conn, unsigned int at,
			  const uint8_t addr[static 16])
{
	if (!(conn->is_local >> at & 1) && table->ops->is_local(table->ctx, addr))
		conn->is_local |= (1 << at) & 3;
	return conn->is_local >> at & 1;
}

/* What every record of a connection has: who, where, since when. hash: of the key's tuple. */
static void record_begin(const struct conn_table *table, struct record *rec, struct conn *conn,
			 const struct weir_flow_key *key, uint64_t hash)
{
	int init = conn->initiator;

	conn_nat_ask(table, conn, key);
	*rec = (struct record){ .start_ns = conn->start_ns,
				.conn_id = conn_id(conn, hash, table->options.boot_id),
				.initiator_by = conn->initiator_by,
				.cookie = conn->cookie,
				.nat = conn->nat,
				.nat_port = conn->nat_port,
				.nat_has_twin = conn->nat_has_twin,
				.netns = key->netns,
				.family = key->family,
				.proto = key->proto,
				.ifindex = key->ifindex,
				.vlan = key->vlan };
	if (key->proto != PROTO_TCP) {
		rec->icmp_type = conn->icmp_type;
		rec->icmp_code = conn->icmp_code;
	}
	rec->vni = vni_of(key->vni);
	for (int side = 0; side < 2; side++) {
		memcpy(rec->addr[side], key->addr[side ^ init], sizeof(rec->addr[side]));
		rec->port[side] = __builtin_bswap16(key->port[side ^ init]);
		rec->party[side] = conn->party[side ^ init];
		if (conn_is_local(table, conn, (unsigned int)(side ^ init), rec->addr[side]))
			rec->is_local |= 1 << side;
	}
}

/* The interface of a leg of the connection. */
static void record_name_iface(const struct conn_table *table, struct record *rec, uint32_t index)
{
	struct record_leg leg = { 0 };

	leg_get_iface(table, index, &leg);
	rec->ifindex = leg.ifindex;
	rec->role = leg.role;
	memcpy(rec->ifname, leg.ifname, sizeof(rec->ifname));
}

/* 0, which is unknown, where there is none that a record can hold. */
static uint64_t rtt_of(uint64_t asked_ns, uint64_t answered_ns)
{
	if (answered_ns <= asked_ns || answered_ns - asked_ns > RECORD_RTT_MAX)
		return 0;
	return answered_ns - asked_ns;
}

static void record_rtt(struct record *rec, const struct handshake *times)
{
	if (rec->proto != PROTO_TCP || rec->initiator_by != WEIR_BY_SYN)
		return;
	rec->rtt_server_ns = rtt_of(times->syn_ns, times->reply_ns);
	rec->rtt_client_ns = rtt_of(times->reply_ns, times->established_ns);
}

static void record_retransmits(const struct conn_table *table, struct record *rec, int side,
			       const struct leg_value *value, int dir, uint32_t *ret)
{
	if (rec->proto == PROTO_TCP &&
	    table->ops->retransmits(table->ctx, &value->key, &value->flow, dir,
				    rec->event == RECORD_CLOSE, ret))
		rec->knows_retransmits |= 1 << side;
}

/* What few connections have: then it takes the place behind the legs. Returns how many there are. */
static unsigned int record_add_more(const struct conn_table *table, struct record *rec,
				    struct conn *conn, const struct leg_values *values,
				    const struct leg_totals *totals, struct record_leg *legs)
{
	static const struct record_more nothing;
	struct record_more more = { 0 };

	for (int side = 0; side < 2; side++) {
		record_retransmits(table, rec, side, &values->at[totals->first[side]],
				   side ^ conn->initiator, &more.retransmits[side]);
		leg_totals_add_more(values, totals, side, conn->initiator, &more);
	}
	if (conn->has_icmp_error) {
		more.has_icmp_error = true;
		more.icmp_type = conn_icmp_error(conn)->type;
		more.icmp_code = conn_icmp_error(conn)->code;
		more.icmp_quoted = conn->icmp_error_dir != conn->initiator;
	}
	if (!memcmp(&more, &nothing, sizeof(more)))
		return values->count;
	record_put_more(&legs[values->count], &more);
	rec->has_more = true;
	return values->count + 1;
}

/* Returns how many of legs the record has. */
static unsigned int record_totals(const struct conn_table *table, struct record *rec,
				  struct conn *conn, const struct leg_values *values,
				  struct record_leg legs[static RECORD_SLOTS_MAX])
{
	const struct record_leg *first = &values->at[0].leg;
	struct leg_totals totals;
	struct handshake times;

	for (unsigned int i = 0; i < values->count; i++)
		legs[i] = values->at[i].leg;
	if (!values->count)
		return 0;
	memcpy(rec->ifname, first->ifname, sizeof(rec->ifname));
	rec->ifindex = first->ifindex;
	rec->role = first->role;
	rec->vlan = first->vlan;
	rec->vni = vni_of(first->vni);
	leg_totals_choose(values, rec->is_local, &totals);
	for (int side = 0; side < 2; side++)
		leg_totals_add(values, &totals, side, &rec->count[side]);
	rec->has_counts = true;
	rec->is_of_many = totals.of[0] != 1 || totals.of[1] != 1;
	leg_totals_handshake(values, &totals, conn->initiator, &times);
	record_rtt(rec, &times);
	return record_add_more(table, rec, conn, values, &totals, legs);
}

/* The time of a record that comes into the log at now_ns. */
static void record_set_time(struct record *rec, uint64_t now_ns)
{
	if (rec->time_ns + LATE_NS < now_ns)
		rec->time_ns = now_ns;
	if (rec->time_ns < rec->start_ns) /* of a leg that was seen first, and is told second */
		rec->time_ns = rec->start_ns;
}

/* Of one leg, and nothing more, the record itself says all. */
static unsigned int legs_beside(unsigned int count)
{
	return count > 1 ? count : 0;
}

static void record_send(struct conn_table *table, struct conn *conn, struct record *rec,
			const struct record_leg *legs, unsigned int count, uint64_t now_ns)
{
	record_set_time(rec, now_ns);
	if (!conn->is_ended)
		conn->last_record_ns = rec->time_ns;
	conn->told_flags |= rec->tcp_flags;
	table->ops->record(table->ctx, rec, legs, legs_beside(count));
}

/* Into the place that the connection's end has, if it has one still. */
static bool record_place(struct conn_table *table, struct conn *conn, struct record *rec,
			 const struct record_leg *legs, unsigned int count)
{
	const struct conn_kept *kept = conn->kept;

	if (!kept || !kept->place)
		return false;
	record_set_time(rec, kept->place_ns);
	return table->ops->fill(table->ctx, kept->place, rec, legs, legs_beside(count));
}

void conn_tell_open(struct conn_table *table, struct conn *conn, uint32_t leg,
		    const struct sight *sight)
{
	const struct weir_event *event = sight_opening(sight);
	const struct weir_flow *flow = sight->flow;
	struct record rec;
	int dir = event ? event->hdr.dir & 1 : conn->initiator;

	record_begin(table, &rec, conn, sight->key, sight->hash);
	record_name_iface(table, &rec, leg);
	rec.event = RECORD_OPEN;
	rec.time_ns = flow->start_ns;
	rec.sender = (uint8_t)(dir != conn->initiator);
	rec.hook = event ? event->hdr.hook : dir_hook(flow->dir[dir].hooks);
	if (event)
		rec.tcp_flags = event->hdr.tcp_flags;
	else if (conn->initiator_by == WEIR_BY_SYN)
		rec.tcp_flags = TCP_SYN;
	conn->reported_packets = (uint32_t)flow_packets(flow);
	record_send(table, conn, &rec, NULL, 0, sight->now_ns);
}

/* Of what the event tells, the leg in sight need not be the one that has it. */
static uint64_t established_ns(const struct record *rec, const struct sight *sight,
			       const struct handshake *times)
{
	uint64_t at_ns = 0;

	if (rec->proto == PROTO_TCP)
		at_ns = sight->flow->established_ns ? sight->flow->established_ns
						    : times->established_ns;
	if (!at_ns)
		at_ns = sight->flow->reply_ns;
	return at_ns ? at_ns : sight->now_ns;
}

void conn_tell_established(struct conn_table *table, struct conn *conn, uint32_t leg,
			   const struct sight *sight)
{
	const struct weir_dir *dir = sight->flow->dir;
	struct handshake times;
	struct record rec;

	conn->is_established_told = true;
	record_begin(table, &rec, conn, sight->key, sight->hash);
	record_name_iface(table, &rec, leg);
	conn->reported_packets = conn_heard_get(table, conn, sight, rec.is_local, &times);
	rec.event = RECORD_ESTABLISHED;
	rec.time_ns = established_ns(&rec, sight, &times);
	rec.sender = 1;
	rec.hook = way_hook(dir[!conn->initiator].hooks, dir[conn->initiator].hooks);
	rec.tcp_flags = rec.proto == PROTO_TCP ? TCP_SYN | TCP_ACK : 0;
	if (sight->event) {
		rec.icmp_type = sight->event->icmp_type;
		rec.icmp_code = sight->event->icmp_code;
	} else {
		table->made_up++;
		(void)community_id_counterpart(rec.proto, conn->icmp_type, &rec.icmp_type);
	}
	record_rtt(&rec, &times);
	record_send(table, conn, &rec, NULL, 0, sight->now_ns);
}

static uint8_t flags_seen(const struct sight *sight, const struct leg_values *values)
{
	uint8_t seen = sight->flow->dir[0].flags | sight->flow->dir[1].flags;

	for (unsigned int i = 0; i < values->count; i++)
		seen |= values->at[i].flow.dir[0].flags | values->at[i].flow.dir[1].flags;
	return seen;
}

bool conn_tell_update(struct conn_table *table, struct conn *conn, const struct sight *sight,
		      bool is_sure)
{
	struct leg_values values;
	struct record_leg legs[RECORD_SLOTS_MAX];
	struct record rec;
	unsigned int count;
	uint32_t packets;
	uint8_t seen;

	leg_values_collect(table, conn, sight, sight->now_ns, &values);
	record_begin(table, &rec, conn, sight->key, sight->hash);
	rec.event = RECORD_UPDATE;
	count = record_totals(table, &rec, conn, &values, legs);
	packets = (uint32_t)(rec.count[0].packets + rec.count[1].packets);
	if (!is_sure && packets == conn->reported_packets)
		return false;
	conn->reported_packets = packets;
	rec.time_ns = sight->now_ns;
	rec.duration_ns = rec.time_ns - conn->start_ns;
	rec.hook = values.count ? leg_hook(&legs[0], 0) : WEIR_INGRESS;
	seen = flags_seen(sight, &values);
	rec.tcp_flags = (uint8_t)((seen & ~conn->told_flags) | (seen & TCP_ACK));
	record_send(table, conn, &rec, legs, count, sight->now_ns);
	return true;
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

void conn_tell_close(struct conn_table *table, struct conn *conn, const struct leg_values *values,
		     uint64_t now_ns)
{
	struct record_leg legs[RECORD_SLOTS_MAX];
	struct weir_flow_key key;
	bool is_by_packet;
	struct record rec;
	unsigned int count;
	int side;

	leg_get_key(&table->maps, conn->first_leg, &key);
	record_begin(table, &rec, conn, &key, conn_hash(conn));
	record_name_iface(table, &rec, conn->first_leg);
	rec.event = RECORD_CLOSE;
	count = record_totals(table, &rec, conn, values, legs);
	rec.time_ns = conn->close_ns;
	rec.duration_ns = conn->close_ns - conn->start_ns;
	rec.close_reason = conn->close_reason;
	rec.tcp_flags = close_flags(conn->close_reason, rec.proto);
	is_by_packet = rec.tcp_flags != 0;
	side = is_by_packet && conn->closed_by != conn->initiator;
	rec.sender = rec.closed_by = (uint8_t)side;
	rec.hook = values->count ? leg_hook(&legs[0], side) : WEIR_INGRESS;
	conn->is_close_told = true;
	if (!record_place(table, conn, &rec, legs, count))
		record_send(table, conn, &rec, legs, count, now_ns);
}
