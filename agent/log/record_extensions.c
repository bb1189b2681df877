// SPDX-License-Identifier: BSD-2-Clause
/* What a record tells that Hubble's flow has no field for: the Struct in flow.extensions. */
#include <string.h>

#include "base/json_out.h"
#include "conn/icmp_error.h"
#include "log/community_id.h"
#include "log/record_facts.h"
#include "log/record_nat.h"
#include "log/record_rows.h"
#include "who/party_json.h"

#include "weir/flow.h"

static void json_count(struct json_out *out, const struct record_count *count)
{
	json_u64(out, "packets", count->packets);
	json_u64(out, "bytes", count->bytes);
}

static void json_leg_count(struct json_out *out, const char *key, const struct record_count *count)
{
	json_object_begin(out, key);
	json_count(out, count);
	json_object_end(out);
}

static void json_unless_0(struct json_out *out, const char *key, uint64_t value)
{
	if (value)
		json_u64(out, key, value);
}

/* What one side has sent. */
static void json_side(struct json_out *out, const char *key, const struct record_telling *telling,
		      unsigned int side)
{
	const struct record_more *more = &telling->more;
	uint64_t retransmits;

	json_object_begin(out, key);
	json_count(out, &telling->rec->count[side]);
	if (record_retransmits(telling->rec, telling->legs, side, &retransmits))
		json_u64(out, "retransmits", retransmits);
	json_unless_0(out, "resent_or_reordered", more->resent[side]);
	json_unless_0(out, "zero_windows", more->zero_windows[side]);
	json_unless_0(out, "fragments", more->fragments[side]);
	json_object_end(out);
}

static void json_icmp_error(struct json_out *out, const struct record_telling *telling)
{
	const struct record_more *more = &telling->more;
	char quoted[ICMP_QUOTED_SIZE];

	if (!more->has_icmp_error)
		return;
	json_object_begin(out, "icmp_error");
	json_u64(out, "type", more->icmp_type);
	json_u64(out, "code", more->icmp_code);
	icmp_quoted_to_str(telling->rec, more->icmp_quoted, quoted);
	json_string(out, "quoted", quoted);
	json_object_end(out);
}

/* VLAN tags and tunnel: see struct weir_flow_key. */
static void json_tags(struct json_out *out, uint16_t vlan, uint32_t vni)
{
	if (vlan & WEIR_VLAN_TAGGED)
		json_u64(out, "vlan", vlan & WEIR_VLAN_ID);
	if (vlan & WEIR_VLAN_STACKED && !(vlan & WEIR_ENCAPSULATED))
		json_u64(out, "outer_vlan", vni & WEIR_VLAN_ID);
	if (!(vlan & WEIR_ENCAPSULATED))
		return;
	json_object_begin(out, "encapsulated");
	json_u64(out, "vni", vni);
	json_object_end(out);
}

static void json_leg(struct json_out *out, const struct record_leg *leg)
{
	json_object_begin(out, NULL);
	if (leg->ifname[0])
		json_string(out, "interface", leg->ifname);
	json_string(out, "role", iface_role_to_str(leg->role));
	json_tags(out, leg->vlan,
		  (uint32_t)leg->vni[0] << 16 | (uint32_t)leg->vni[1] << 8 | leg->vni[2]);
	json_leg_count(out, "forward", &leg->count[0]);
	json_leg_count(out, "reverse", &leg->count[1]);
	json_object_end(out);
}

/* The first leg is not kept apart where the record has all of it. */
static void json_legs(struct json_out *out, const struct record *rec, const struct record_leg *legs)
{
	struct record_leg first = { .role = rec->role,
				    .vlan = rec->vlan,
				    .vni = { (uint8_t)(rec->vni >> 16), (uint8_t)(rec->vni >> 8),
					     (uint8_t)rec->vni } };
	unsigned int further = rec->legs - rec->has_more;

	if (!rec->has_counts || (rec->legs && !legs))
		return;
	memcpy(first.ifname, rec->ifname, sizeof(first.ifname));
	memcpy(first.count, rec->count, sizeof(first.count));
	json_array_begin(out, "legs");
	if (!rec->is_of_many)
		json_leg(out, &first);
	for (unsigned int i = 0; i < further; i++)
		json_leg(out, &legs[i]);
	json_array_end(out);
}

static void json_life(struct json_out *out, const struct record *rec)
{
	uint64_t rtt = record_rtt_ns(rec);

	json_time(out, "start", rec->start_ns);
	if (record_has_duration(rec))
		json_u64(out, "duration_ns", rec->duration_ns);
	if (rec->event == RECORD_CLOSE)
		json_string(out, "close_reason", close_reason_to_str(rec->close_reason));
	json_object_begin(out, "initiator");
	json_string(out, "side", record_initiator(rec));
	json_string(out, "by", record_initiator_by(rec));
	json_object_end(out);
	if (rtt)
		json_u64(out, "rtt_ns", rtt);
	if (rec->rtt_server_ns)
		json_u64(out, "rtt_server_ns", rec->rtt_server_ns);
	if (rec->rtt_client_ns)
		json_u64(out, "rtt_client_ns", rec->rtt_client_ns);
}

void record_json_extensions(struct json_out *out, const struct record_row *row,
			    const struct record_telling *telling)
{
	const struct record *rec = telling->rec;
	char text[COMMUNITY_ID_SIZE];

	json_object_begin(out, row->key);
	json_string(out, "@type", "type.googleapis.com/google.protobuf.Struct");
	json_object_begin(out, "value");
	json_string(out, "event", record_event_to_str(rec->event));
	record_conn_id(rec, text);
	json_string(out, "conn_id", text);
	if (community_id(rec, text))
		json_string(out, "community_id", text);
	json_life(out, rec);
	if (rec->has_counts) {
		json_side(out, "forward", telling, 0);
		json_side(out, "reverse", telling, 1);
	}
	party_json_owner(out, "source", &telling->sides[0]);
	party_json_owner(out, "destination", &telling->sides[1]);
	json_string(out, "netns", telling->context->netns);
	json_u64(out, "ip_proto", rec->proto);
	if (record_has_ports_beside_l4(rec))
		record_json_ports(out, rec);
	json_tags(out, rec->vlan, rec->vni);
	if (record_has_icmp_id(rec))
		json_u64(out, "icmp_id", rec->port[0]);
	json_icmp_error(out, telling);
	json_legs(out, rec, telling->legs);
	record_nat_json(out, rec, telling->context->translations);
	json_object_end(out);
	json_object_end(out);
}
