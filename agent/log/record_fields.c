// SPDX-License-Identifier: BSD-2-Clause
/*
 * A function for each group of fields, found by a table; those of who a side is are in
 * record_party_fields.c.
 */
#include "log/record_fields.h"

#include <netinet/in.h>
#include <string.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "log/community_id.h"
#include "log/observation.h"
#include "log/record_facts.h"
#include "log/record_nat.h"
#include "log/summary.h"
#include "who/party.h"

#include "weir/flow.h"

_Static_assert(RECORD_READER_TEXT >= LABEL_SIZE && RECORD_READER_TEXT >= SUMMARY_SIZE,
	       "any text fits");

static bool number(struct field_value *ret, uint64_t value)
{
	ret->number = value;
	return true;
}

static bool unless_0(struct field_value *ret, uint64_t value)
{
	ret->number = value;
	return value != 0;
}

static bool text(struct field_value *ret, const char *value)
{
	ret->text = value;
	ret->len = strlen(value);
	return ret->len;
}

/* As Hubble's filters call them; NULL: its flows have no such layer. */
static const char *protocol_of(const struct record *rec)
{
	switch (rec->proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	case IPPROTO_ICMP:
		return "icmpv4";
	case IPPROTO_ICMPV6:
		return "icmpv6";
	default:
		return NULL;
	}
}

static bool is_icmp(const struct record *rec)
{
	return rec->proto == IPPROTO_ICMP || rec->proto == IPPROTO_ICMPV6;
}

static bool get_summary(struct record_reader *reader, struct field_value *ret)
{
	struct record_more more;

	record_get_more(reader->rec, reader->legs, &more);
	summary_of(reader->rec, &more, reader->text);
	return text(ret, reader->text);
}

static bool get_uuid(struct record_reader *reader, struct field_value *ret)
{
	record_uuid(reader->seq, reader->context, reader->text);
	return text(ret, reader->text);
}

static bool get_cgroup_id(const struct record_reader *reader, struct field_value *ret)
{
	struct party_side source = record_side(reader->rec, reader->context, 0);
	struct party_side destination = record_side(reader->rec, reader->context, 1);

	return unless_0(ret, record_cgroup_id(&source, &destination));
}

/* What Hubble's flows have, but for their two ends. */
static bool get_flow(struct record_reader *reader, enum field field, struct field_value *ret)
{
	const struct record *rec = reader->rec;

	switch ((int)field) {
	case FIELD_AT:
		return number(ret, rec->time_ns);
	case FIELD_UUID:
		return get_uuid(reader, ret);
	case FIELD_VERDICT:
		return text(ret, RECORD_VERDICT);
	case FIELD_TYPE:
		return number(ret, RECORD_EVENT_TYPE);
	case FIELD_REPLY:
		return number(ret, rec->sender);
	case FIELD_INTERFACE:
		return text(ret, rec->ifname);
	case FIELD_INTERFACE_INDEX:
		return unless_0(ret, rec->ifindex);
	case FIELD_NODE:
		return text(ret, reader->context->node_name);
	case FIELD_IP_VERSION:
		return number(ret, rec->family == WEIR_IPV4 ? 4 : 6);
	case FIELD_SUMMARY:
		return get_summary(reader, ret);
	case FIELD_SOCKET_COOKIE:
		return unless_0(ret, rec->cookie);
	case FIELD_CGROUP_ID:
		return get_cgroup_id(reader, ret);
	default:
		return false;
	}
}

static bool get_point(struct record_reader *reader, enum field field, struct field_value *ret)
{
	const struct observation *point = observation_of(reader->rec->role, reader->rec->hook);

	switch ((int)field) {
	case FIELD_SUB_TYPE:
		return number(ret, point->sub_type);
	case FIELD_DIRECTION:
		return text(ret, point->is_egress ? "egress" : "ingress");
	default:
		return text(ret, point->name);
	}
}

static bool get_layer4(struct record_reader *reader, enum field field, struct field_value *ret)
{
	const struct record *rec = reader->rec;
	const char *protocol;

	switch ((int)field) {
	case FIELD_PROTOCOL:
		protocol = protocol_of(rec);
		return protocol && text(ret, protocol);
	case FIELD_TCP_FLAGS:
		return rec->proto == IPPROTO_TCP && number(ret, rec->tcp_flags);
	case FIELD_ICMP_TYPE:
		return is_icmp(rec) && number(ret, rec->icmp_type);
	case FIELD_ICMP_CODE:
		return is_icmp(rec) && number(ret, rec->icmp_code);
	default:
		return record_has_icmp_id(rec) && number(ret, rec->port[0]);
	}
}

/* Both are there if either is known. */
static bool get_mac(struct record_reader *reader, unsigned int end, struct field_value *ret)
{
	const struct party *party[2];

	for (unsigned int i = 0; i < 2; i++)
		party[i] = record_reader_facts(reader, i)->party;
	if (mac_is_zero(party[0]->mac) && mac_is_zero(party[1]->mac))
		return false;
	ret->text = reader->text;
	ret->len = mac_to_str(party[end]->mac, reader->text);
	return true;
}

static bool get_end(struct record_reader *reader, enum field field, struct field_value *ret)
{
	unsigned int end = field_row(field)->is_destination;
	const struct record *rec = reader->rec;

	switch ((int)field - (int)end) {
	case FIELD_SOURCE_IP:
		ret->addr = rec->addr[rec->sender ^ end];
		return true;
	case FIELD_SOURCE_PORT:
		return record_has_ports(rec) && unless_0(ret, rec->port[rec->sender ^ end]);
	default:
		return get_mac(reader, end, ret);
	}
}

/* The source alone has one. */
static bool get_xlated(struct record_reader *reader, enum field field, struct field_value *ret)
{
	uint8_t *addr = (uint8_t *)reader->text;

	(void)field;
	ret->addr = addr;
	return record_source_xlated(reader->rec, reader->context->translations, addr);
}

static bool get_nat(struct record_reader *reader, enum field field, struct field_value *ret)
{
	const char *role = record_nat_role(reader->rec, reader->context->translations);

	if (!role)
		return false;
	return field == FIELD_NAT_ROLE ? text(ret, role) : unless_0(ret, reader->rec->nat_has_twin);
}

static bool get_conn_id(struct record_reader *reader, struct field_value *ret)
{
	record_conn_id(reader->rec, reader->text);
	return text(ret, reader->text);
}

static bool get_life(struct record_reader *reader, enum field field, struct field_value *ret)
{
	const struct record *rec = reader->rec;

	switch ((int)field) {
	case FIELD_EVENT:
		return text(ret, record_event_to_str(rec->event));
	case FIELD_CONN_ID:
		return get_conn_id(reader, ret);
	case FIELD_COMMUNITY_ID:
		return community_id(rec, reader->text) && text(ret, reader->text);
	case FIELD_START:
		return number(ret, rec->start_ns);
	case FIELD_DURATION_NS:
		return record_has_duration(rec) && number(ret, rec->duration_ns);
	case FIELD_CLOSE_REASON:
		return rec->event == RECORD_CLOSE &&
		       text(ret, close_reason_to_str(rec->close_reason));
	case FIELD_INITIATOR:
		return text(ret, record_initiator(rec));
	case FIELD_INITIATOR_BY:
		return text(ret, record_initiator_by(rec));
	case FIELD_RTT:
		return unless_0(ret, record_rtt_ns(rec));
	case FIELD_RTT_SERVER:
		return unless_0(ret, rec->rtt_server_ns);
	case FIELD_RTT_CLIENT:
		return unless_0(ret, rec->rtt_client_ns);
	case FIELD_IP_PROTO:
		return number(ret, rec->proto);
	case FIELD_VLAN:
		return rec->vlan & WEIR_VLAN_TAGGED && number(ret, rec->vlan & WEIR_VLAN_ID);
	case FIELD_VNI:
		return rec->vlan & WEIR_ENCAPSULATED && number(ret, rec->vni);
	default:
		return false;
	}
}

static bool get_retransmits(const struct record_reader *reader, unsigned int side,
			    struct field_value *ret)
{
	return record_retransmits(reader->rec, reader->legs, side, &ret->number);
}

/* Of both sides, as far as they are known. */
static bool get_all_retransmits(const struct record_reader *reader, struct field_value *ret)
{
	struct field_value reverse;

	if (!get_retransmits(reader, 1, &reverse))
		return get_retransmits(reader, 0, ret);
	if (!get_retransmits(reader, 0, ret))
		ret->number = 0;
	ret->number += reverse.number;
	return true;
}

static bool get_count(struct record_reader *reader, enum field field, struct field_value *ret)
{
	const struct record_count *count = reader->rec->count;

	if (!reader->rec->has_counts)
		return false;
	switch ((int)field) {
	case FIELD_BYTES:
		return number(ret, count[0].bytes + count[1].bytes);
	case FIELD_PACKETS:
		return number(ret, count[0].packets + count[1].packets);
	case FIELD_RETRANSMITS:
		return get_all_retransmits(reader, ret);
	case FIELD_FORWARD_BYTES:
		return number(ret, count[0].bytes);
	case FIELD_FORWARD_PACKETS:
		return number(ret, count[0].packets);
	case FIELD_FORWARD_RETRANSMITS:
		return get_retransmits(reader, 0, ret);
	case FIELD_REVERSE_BYTES:
		return number(ret, count[1].bytes);
	case FIELD_REVERSE_PACKETS:
		return number(ret, count[1].packets);
	default:
		return get_retransmits(reader, 1, ret);
	}
}

typedef bool (*get_fn)(struct record_reader *reader, enum field field, struct field_value *ret);

/* NULL: of who a side is, or what no record has. */
static const get_fn getters[FIELD_MAX] = {
	[FIELD_AT... FIELD_TYPE] = get_flow,
	[FIELD_SUB_TYPE... FIELD_POINT] = get_point,
	[FIELD_REPLY... FIELD_NODE] = get_flow,
	[FIELD_PROTOCOL] = get_layer4,
	[FIELD_IP_VERSION] = get_flow,
	[FIELD_TCP_FLAGS... FIELD_ICMP_CODE] = get_layer4,
	[FIELD_SUMMARY] = get_flow,
	[FIELD_SOCKET_COOKIE... FIELD_CGROUP_ID] = get_flow,
	[FIELD_SOURCE_IP... FIELD_DESTINATION_IP] = get_end,
	[FIELD_SOURCE_IP_XLATED] = get_xlated,
	[FIELD_SOURCE_PORT... FIELD_DESTINATION_MAC] = get_end,
	[FIELD_EVENT... FIELD_RTT_CLIENT] = get_life,
	[FIELD_BYTES... FIELD_REVERSE_RETRANSMITS] = get_count,
	[FIELD_IP_PROTO... FIELD_VNI] = get_life,
	[FIELD_ICMP_ID] = get_layer4,
	[FIELD_NAT_ROLE... FIELD_NAT_TWIN] = get_nat,
};

static bool reader_get(struct field_reader *base, enum field field, unsigned int index,
		       struct field_value *ret)
{
	struct record_reader *reader = (struct record_reader *)base;

	if (!getters[field])
		return record_party_field(reader, field, index, ret);
	return !index && getters[field](reader, field, ret);
}

static uint64_t reader_who(struct field_reader *base, bool is_destination)
{
	const struct record_reader *reader = (struct record_reader *)base;
	unsigned int side = reader->rec->sender ^ is_destination;
	uint64_t known = parties_knowledge(reader->context->parties, reader->rec->party[side]);

	return known << 1 | (reader->rec->is_local >> side & 1);
}

const struct party_facts *record_reader_facts(struct record_reader *reader, unsigned int end)
{
	struct party_side side;

	if (!reader->has_facts[end]) {
		side = record_side(reader->rec, reader->context, end);
		reader->facts[end] = party_facts_of(&side);
		reader->has_facts[end] = true;
	}
	return &reader->facts[end];
}

void record_reader_init(struct record_reader *reader, const struct record_context *context)
{
	reader->base = (struct field_reader){ .get = reader_get, .who = reader_who };
	reader->context = context;
}

void record_reader_set(struct record_reader *reader, const struct record *rec, uint64_t seq,
		       const struct record_leg *legs)
{
	reader->rec = rec;
	reader->seq = seq;
	reader->legs = legs;
	reader->has_facts[0] = reader->has_facts[1] = false;
}
