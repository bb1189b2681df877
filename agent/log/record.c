// SPDX-License-Identifier: BSD-2-Clause
/*
 * A record as JSON: Hubble's GetFlowsResponse, keys in the order of its declaration, and what
 * Hubble has no field for in flow.extensions.
 */
#include "log/record.h"

#include <netinet/in.h>
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "base/timefmt.h"
#include "base/version.h"
#include "conn/icmp_error.h"
#include "log/community_id.h"
#include "log/observation.h"
#include "log/record_facts.h"
#include "log/record_nat.h"
#include "log/summary.h"
#include "who/party.h"
#include "who/party_json.h"

#include "weir/flow.h"

static const char *const event_names[] = {
	[RECORD_OPEN] = "open",
	[RECORD_ESTABLISHED] = "established",
	[RECORD_UPDATE] = "update",
	[RECORD_CLOSE] = "close",
};
_Static_assert(ARRAY_SIZE(event_names) == RECORD_EVENT_MAX, "a name for each event");

static const char *const close_reasons[] = {
	[WEIR_CLOSE_NONE] = "",
	[WEIR_CLOSE_FIN] = "fin",
	[WEIR_CLOSE_RST] = "rst",
	[WEIR_CLOSE_REFUSED] = "refused",
	[WEIR_CLOSE_TIMEOUT] = "timeout",
	[WEIR_CLOSE_REUSED] = "reused",
	[WEIR_CLOSE_RECLAIMED] = "reclaimed",
	[WEIR_CLOSE_INTERFACE_GONE] = "interface_gone",
	[WEIR_CLOSE_AGENT_STOP] = "agent_stop",
};
_Static_assert(ARRAY_SIZE(close_reasons) == WEIR_CLOSE_MAX, "a name for each reason");

static const char *const trace_reasons[] = {
	[RECORD_OPEN] = "NEW",
	[RECORD_ESTABLISHED] = "REPLY",
	[RECORD_UPDATE] = "ESTABLISHED",
	[RECORD_CLOSE] = "ESTABLISHED",
};

_Static_assert(RECORD_EVENT_MAX <= 16 && WEIR_CLOSE_MAX <= 16 && WEIR_BY_MAX <= 16 &&
		       ROLE_MAX <= 16 && WEIR_HOOK_MAX <= 2 && WEIR_IPV6 < 8 &&
		       RECORD_LEGS_MAX <= 16 && WEIR_VLAN_STACKED < 1 << 15,
	       "struct record has bits for all of them");

/* Hubble's names of the TCP flags, by bit. */
static const char *const tcp_flag_keys[] = {
	"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"
};

const char *record_event_to_str(enum record_event event)
{
	return event < RECORD_EVENT_MAX ? event_names[event] : "unknown";
}

const char *close_reason_to_str(unsigned int reason)
{
	return reason < WEIR_CLOSE_MAX ? close_reasons[reason] : "unknown";
}

void record_put_more(struct record_leg *slot, const struct record_more *more)
{
	memset(slot, 0, sizeof(*slot));
	memcpy(slot, more, sizeof(*more));
}

void record_get_more(const struct record *rec, const struct record_leg *legs,
		     struct record_more *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (rec->has_more && rec->legs && legs)
		memcpy(ret, &legs[rec->legs - 1], sizeof(*ret));
}

static void json_ethernet(struct json_out *out, const struct record *rec,
			  const struct record_context *context)
{
	const struct party *party[2];
	char text[MAC_TEXT_SIZE];

	for (unsigned int i = 0; i < 2; i++)
		party[i] = parties_at(context->parties, rec->party[rec->sender ^ i]);

	if (mac_is_zero(party[0]->mac) && mac_is_zero(party[1]->mac))
		return;
	json_object_begin(out, "ethernet");
	mac_to_str(party[0]->mac, text);
	json_string(out, "source", text);
	mac_to_str(party[1]->mac, text);
	json_string(out, "destination", text);
	json_object_end(out);
}

static void json_ip(struct json_out *out, const struct record *rec,
		    const struct record_context *context)
{
	char text[ADDR_TEXT_SIZE];
	uint8_t xlated[16];

	json_object_begin(out, "IP");
	addr_to_str(rec->addr[rec->sender], rec->family, text);
	json_string(out, "source", text);
	if (record_source_xlated(rec, context->translations, xlated)) {
		addr_to_str(xlated, rec->family, text);
		json_string(out, "source_xlated", text);
	}
	addr_to_str(rec->addr[!rec->sender], rec->family, text);
	json_string(out, "destination", text);
	json_string(out, "ipVersion", rec->family == WEIR_IPV4 ? "IPv4" : "IPv6");
	json_object_end(out);
}

static void json_ports(struct json_out *out, const struct record *rec)
{
	if (rec->port[rec->sender])
		json_u64(out, "source_port", rec->port[rec->sender]);
	if (rec->port[!rec->sender])
		json_u64(out, "destination_port", rec->port[!rec->sender]);
}

static void json_tcp(struct json_out *out, const struct record *rec)
{
	json_object_begin(out, "TCP");
	json_ports(out, rec);
	json_object_begin(out, "flags");
	for (unsigned int bit = 0; bit < ARRAY_SIZE(tcp_flag_keys); bit++) {
		if (rec->tcp_flags & 1U << bit)
			json_bool(out, tcp_flag_keys[bit], true);
	}
	json_object_end(out);
	json_object_end(out);
}

static void json_icmp(struct json_out *out, const struct record *rec, const char *key)
{
	json_object_begin(out, key);
	if (rec->icmp_type)
		json_u64(out, "type", rec->icmp_type);
	if (rec->icmp_code)
		json_u64(out, "code", rec->icmp_code);
	json_object_end(out);
}

/* Hubble's API has no message for these: their ports are extensions. */
static bool has_ports_beside_l4(const struct record *rec)
{
	return rec->proto == IPPROTO_DCCP || rec->proto == IPPROTO_UDPLITE;
}

bool record_has_ports(const struct record *rec)
{
	return rec->proto == IPPROTO_TCP || rec->proto == IPPROTO_UDP ||
	       rec->proto == IPPROTO_SCTP || has_ports_beside_l4(rec);
}

static void json_l4(struct json_out *out, const struct record *rec)
{
	if (rec->proto != IPPROTO_TCP && rec->proto != IPPROTO_UDP && rec->proto != IPPROTO_ICMP &&
	    rec->proto != IPPROTO_ICMPV6 && rec->proto != IPPROTO_SCTP)
		return;
	json_object_begin(out, "l4");
	switch (rec->proto) {
	case IPPROTO_TCP:
		json_tcp(out, rec);
		break;
	case IPPROTO_ICMP:
		json_icmp(out, rec, "ICMPv4");
		break;
	case IPPROTO_ICMPV6:
		json_icmp(out, rec, "ICMPv6");
		break;
	default:
		json_object_begin(out, rec->proto == IPPROTO_UDP ? "UDP" : "SCTP");
		json_ports(out, rec);
		json_object_end(out);
	}
	json_object_end(out);
}

/* The record's source, and its destination. */
struct sides {
	struct party_side at[2];
};

static struct sides sides_of(const struct record *rec, const struct record_context *context)
{
	return (struct sides){ { record_side(rec, context, 0), record_side(rec, context, 1) } };
}

static void json_point(struct json_out *out, const struct record *rec, const struct sides *sides)
{
	const struct observation *point = observation_of(rec->role, rec->hook);

	json_object_begin(out, "event_type");
	json_u64(out, "type", RECORD_EVENT_TYPE);
	if (point->sub_type)
		json_u64(out, "sub_type", point->sub_type);
	json_object_end(out);
	party_json_service(out, "source_service", &sides->at[0]);
	party_json_service(out, "destination_service", &sides->at[1]);
	json_string(out, "traffic_direction", point->is_egress ? "EGRESS" : "INGRESS");
	json_string(out, "trace_observation_point", point->name);
	json_string(out, "trace_reason", trace_reasons[rec->event]);
	json_bool(out, "is_reply", rec->sender != 0);
	json_object_begin(out, "interface");
	json_u64(out, "index", rec->ifindex);
	if (rec->ifname[0])
		json_string(out, "name", rec->ifname);
	json_object_end(out);
}

static void json_socket(struct json_out *out, const struct record *rec, const struct sides *sides)
{
	uint64_t cgroup = record_cgroup_id(&sides->at[0], &sides->at[1]);

	if (rec->cookie)
		json_u64_str(out, "socket_cookie", rec->cookie);
	if (cgroup)
		json_u64_str(out, "cgroup_id", cgroup);
}

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
static void json_side(struct json_out *out, const char *key, const struct record *rec,
		      const struct record_leg *legs, int side)
{
	struct record_more more;
	uint64_t retransmits;

	record_get_more(rec, legs, &more);
	json_object_begin(out, key);
	json_count(out, &rec->count[side]);
	if (record_retransmits(rec, legs, (unsigned int)side, &retransmits))
		json_u64(out, "retransmits", retransmits);
	json_unless_0(out, "resent_or_reordered", more.resent[side]);
	json_unless_0(out, "zero_windows", more.zero_windows[side]);
	json_unless_0(out, "fragments", more.fragments[side]);
	json_object_end(out);
}

static void json_icmp_error(struct json_out *out, const struct record *rec,
			    const struct record_leg *legs)
{
	char quoted[ICMP_QUOTED_SIZE];
	struct record_more more;

	record_get_more(rec, legs, &more);
	if (!more.has_icmp_error)
		return;
	json_object_begin(out, "icmp_error");
	json_u64(out, "type", more.icmp_type);
	json_u64(out, "code", more.icmp_code);
	icmp_quoted_to_str(rec, more.icmp_quoted, quoted);
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

/* The first leg is not kept apart: the record has all of it. */
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

/* Echo and timestamp have one, as the datapath takes it for the ports. */
bool record_has_icmp_id(const struct record *rec)
{
	uint8_t type = rec->icmp_type;

	if (rec->proto == IPPROTO_ICMP)
		return type == 0 || type == 8 || (type >= 13 && type <= 18);
	return rec->proto == IPPROTO_ICMPV6 && (type == 128 || type == 129);
}

static void json_extensions(struct json_out *out, const struct record *rec,
			    const struct record_leg *legs, const struct sides *sides,
			    const struct record_context *context)
{
	char text[COMMUNITY_ID_SIZE];

	json_object_begin(out, "extensions");
	json_string(out, "@type", "type.googleapis.com/google.protobuf.Struct");
	json_object_begin(out, "value");
	json_string(out, "event", record_event_to_str(rec->event));
	record_conn_id(rec, text);
	json_string(out, "conn_id", text);
	if (community_id(rec, text))
		json_string(out, "community_id", text);
	json_life(out, rec);
	if (rec->has_counts) {
		json_side(out, "forward", rec, legs, 0);
		json_side(out, "reverse", rec, legs, 1);
	}
	party_json_owner(out, "source", &sides->at[0]);
	party_json_owner(out, "destination", &sides->at[1]);
	json_string(out, "netns", context->netns);
	json_u64(out, "ip_proto", rec->proto);
	if (has_ports_beside_l4(rec))
		json_ports(out, rec);
	json_tags(out, rec->vlan, rec->vni);
	if (record_has_icmp_id(rec))
		json_u64(out, "icmp_id", rec->port[0]);
	json_icmp_error(out, rec, legs);
	json_legs(out, rec, legs);
	record_nat_json(out, rec, context->translations);
	json_object_end(out);
	json_object_end(out);
}

static void json_flow(struct json_out *out, const struct record *rec, uint64_t seq,
		      const struct record_leg *legs, const struct record_context *context)
{
	struct sides sides = sides_of(rec, context);
	char summary[SUMMARY_SIZE], uuid[RECORD_UUID_SIZE];
	struct record_more more;

	record_get_more(rec, legs, &more);
	json_object_begin(out, "flow");
	json_time(out, "time", rec->time_ns);
	record_uuid(seq, context, uuid);
	json_string(out, "uuid", uuid);
	json_object_begin(out, "emitter");
	json_string(out, "name", "weir");
	json_string(out, "version", WEIR_VERSION);
	json_object_end(out);
	json_string(out, "verdict", RECORD_VERDICT);
	json_ethernet(out, rec, context);
	json_ip(out, rec, context);
	json_l4(out, rec);
	party_json_endpoint(out, "source", &sides.at[0]);
	party_json_endpoint(out, "destination", &sides.at[1]);
	json_string(out, "Type", "L3_L4");
	json_string(out, "node_name", context->node_name);
	party_json_names(out, "source_names", &sides.at[0]);
	party_json_names(out, "destination_names", &sides.at[1]);
	json_point(out, rec, &sides);
	json_socket(out, rec, &sides);
	summary_of(rec, &more, summary);
	json_string(out, "Summary", summary);
	json_extensions(out, rec, legs, &sides, context);
	json_object_end(out);
}

void record_to_json(struct buf *buf, const struct record *rec, uint64_t seq,
		    const struct record_leg *legs, const struct record_context *context)
{
	struct json_out out = { .buf = buf };

	json_object_begin(&out, NULL);
	json_flow(&out, rec, seq, legs, context);
	json_string(&out, "node_name", context->node_name);
	json_time(&out, "time", rec->time_ns);
	json_object_end(&out);
	buf_append_char(buf, '\n');
}
