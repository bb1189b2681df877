// SPDX-License-Identifier: BSD-2-Clause
/* The fields of Hubble's flow that a record has, one by one. */
#include "log/record_rows.h"

#include <netinet/in.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "base/version.h"
#include "log/observation.h"
#include "log/record_facts.h"
#include "log/record_nat.h"
#include "log/summary.h"
#include "who/party.h"
#include "who/party_json.h"

#include "weir/flow.h"

static const char *const trace_reasons[] = {
	[RECORD_OPEN] = "NEW",
	[RECORD_ESTABLISHED] = "REPLY",
	[RECORD_UPDATE] = "ESTABLISHED",
	[RECORD_CLOSE] = "ESTABLISHED",
};

/* Hubble's names of the TCP flags, by bit. */
static const char *const tcp_flag_keys[] = {
	"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"
};

static void json_at(struct json_out *out, const struct record_row *row,
		    const struct record_telling *telling)
{
	json_time(out, row->key, telling->rec->time_ns);
}

static void json_uuid(struct json_out *out, const struct record_row *row,
		      const struct record_telling *telling)
{
	char text[RECORD_UUID_SIZE];

	record_uuid(telling->seq, telling->context, text);
	json_string(out, row->key, text);
}

static void json_emitter(struct json_out *out, const struct record_row *row,
			 const struct record_telling *telling)
{
	(void)telling;
	json_object_begin(out, row->key);
	json_string(out, "name", "weir");
	json_string(out, "version", WEIR_VERSION);
	json_object_end(out);
}

/* The same of all records. */
static void json_fixed(struct json_out *out, const struct record_row *row,
		       const struct record_telling *telling)
{
	(void)telling;
	json_string(out, row->key, row->text);
}

static void json_ethernet(struct json_out *out, const struct record_row *row,
			  const struct record_telling *telling)
{
	const struct party *party[2];
	char text[MAC_TEXT_SIZE];

	for (unsigned int i = 0; i < 2; i++)
		party[i] = parties_at(telling->sides[i].parties, telling->sides[i].number);
	if (mac_is_zero(party[0]->mac) && mac_is_zero(party[1]->mac))
		return;
	json_object_begin(out, row->key);
	mac_to_str(party[0]->mac, text);
	json_string(out, "source", text);
	mac_to_str(party[1]->mac, text);
	json_string(out, "destination", text);
	json_object_end(out);
}

static void json_ip(struct json_out *out, const struct record_row *row,
		    const struct record_telling *telling)
{
	const struct record *rec = telling->rec;
	char text[ADDR_TEXT_SIZE];
	uint8_t xlated[16];

	json_object_begin(out, row->key);
	addr_to_str(rec->addr[rec->sender], rec->family, text);
	json_string(out, "source", text);
	if (record_source_xlated(rec, telling->context->translations, xlated)) {
		addr_to_str(xlated, rec->family, text);
		json_string(out, "source_xlated", text);
	}
	addr_to_str(rec->addr[!rec->sender], rec->family, text);
	json_string(out, "destination", text);
	json_string(out, "ipVersion", rec->family == WEIR_IPV4 ? "IPv4" : "IPv6");
	json_object_end(out);
}

void record_json_ports(struct json_out *out, const struct record *rec)
{
	if (rec->port[rec->sender])
		json_u64(out, "source_port", rec->port[rec->sender]);
	if (rec->port[!rec->sender])
		json_u64(out, "destination_port", rec->port[!rec->sender]);
}

static void json_tcp(struct json_out *out, const struct record *rec)
{
	json_object_begin(out, "TCP");
	record_json_ports(out, rec);
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

static void json_l4(struct json_out *out, const struct record_row *row,
		    const struct record_telling *telling)
{
	const struct record *rec = telling->rec;

	if (rec->proto != IPPROTO_TCP && rec->proto != IPPROTO_UDP && rec->proto != IPPROTO_ICMP &&
	    rec->proto != IPPROTO_ICMPV6 && rec->proto != IPPROTO_SCTP)
		return;
	json_object_begin(out, row->key);
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
		record_json_ports(out, rec);
		json_object_end(out);
	}
	json_object_end(out);
}

static void json_endpoint(struct json_out *out, const struct record_row *row,
			  const struct record_telling *telling)
{
	party_json_endpoint(out, row->key, &telling->sides[row->end]);
}

static void json_node(struct json_out *out, const struct record_row *row,
		      const struct record_telling *telling)
{
	json_string(out, row->key, telling->context->node_name);
}

static void json_names(struct json_out *out, const struct record_row *row,
		       const struct record_telling *telling)
{
	party_json_names(out, row->key, &telling->sides[row->end]);
}

static void json_event_type(struct json_out *out, const struct record_row *row,
			    const struct record_telling *telling)
{
	const struct observation *point = observation_of(telling->rec->role, telling->rec->hook);

	json_object_begin(out, row->key);
	json_u64(out, "type", RECORD_EVENT_TYPE);
	if (point->sub_type)
		json_u64(out, "sub_type", point->sub_type);
	json_object_end(out);
}

static void json_service(struct json_out *out, const struct record_row *row,
			 const struct record_telling *telling)
{
	party_json_service(out, row->key, &telling->sides[row->end]);
}

static void json_direction(struct json_out *out, const struct record_row *row,
			   const struct record_telling *telling)
{
	const struct observation *point = observation_of(telling->rec->role, telling->rec->hook);

	json_string(out, row->key, point->is_egress ? "EGRESS" : "INGRESS");
}

static void json_point(struct json_out *out, const struct record_row *row,
		       const struct record_telling *telling)
{
	json_string(out, row->key, observation_of(telling->rec->role, telling->rec->hook)->name);
}

static void json_trace_reason(struct json_out *out, const struct record_row *row,
			      const struct record_telling *telling)
{
	json_string(out, row->key, trace_reasons[telling->rec->event]);
}

static void json_is_reply(struct json_out *out, const struct record_row *row,
			  const struct record_telling *telling)
{
	json_bool(out, row->key, telling->rec->sender != 0);
}

static void json_interface(struct json_out *out, const struct record_row *row,
			   const struct record_telling *telling)
{
	const struct record *rec = telling->rec;

	json_object_begin(out, row->key);
	json_u64(out, "index", rec->ifindex);
	if (rec->ifname[0])
		json_string(out, "name", rec->ifname);
	json_object_end(out);
}

static void json_cookie(struct json_out *out, const struct record_row *row,
			const struct record_telling *telling)
{
	if (telling->rec->cookie)
		json_u64_str(out, row->key, telling->rec->cookie);
}

static void json_cgroup(struct json_out *out, const struct record_row *row,
			const struct record_telling *telling)
{
	uint64_t cgroup = record_cgroup_id(&telling->sides[0], &telling->sides[1]);

	if (cgroup)
		json_u64_str(out, row->key, cgroup);
}

static void json_summary(struct json_out *out, const struct record_row *row,
			 const struct record_telling *telling)
{
	char text[SUMMARY_SIZE];

	summary_of(telling->rec, &telling->more, text);
	json_string(out, row->key, text);
}

/* In the order in which Hubble declares them. */
const struct record_row record_rows[] = {
	{ .key = "time", .write = json_at },
	{ .key = "uuid", .write = json_uuid },
	{ .key = "emitter", .write = json_emitter },
	{ .key = "verdict", .write = json_fixed, .text = RECORD_VERDICT },
	{ .key = "ethernet", .write = json_ethernet },
	{ .key = "IP", .write = json_ip },
	{ .key = "l4", .write = json_l4 },
	{ .key = "source", .write = json_endpoint },
	{ .key = "destination", .write = json_endpoint, .end = 1 },
	{ .key = "Type", .write = json_fixed, .text = "L3_L4" },
	{ .key = "node_name", .write = json_node },
	{ .key = "source_names", .write = json_names },
	{ .key = "destination_names", .write = json_names, .end = 1 },
	{ .key = "event_type", .write = json_event_type },
	{ .key = "source_service", .write = json_service },
	{ .key = "destination_service", .write = json_service, .end = 1 },
	{ .key = "traffic_direction", .write = json_direction },
	{ .key = "trace_observation_point", .write = json_point },
	{ .key = "trace_reason", .write = json_trace_reason },
	{ .key = "is_reply", .write = json_is_reply },
	{ .key = "interface", .write = json_interface },
	{ .key = "socket_cookie", .write = json_cookie },
	{ .key = "cgroup_id", .write = json_cgroup },
	{ .key = "Summary", .write = json_summary },
	{ .key = "extensions", .write = record_json_extensions },
	{},
};
_Static_assert(ARRAY_SIZE(record_rows) == RECORD_ROWS + 1, "as many as record_rows.h says");

void record_rows_write(const struct record_telling *telling, struct json_out *out)
{
	for (const struct record_row *row = record_rows; row->write; row++)
		row->write(out, row, telling);
}
