// SPDX-License-Identifier: BSD-2-Clause
/*
 * Records as lines of JSON: a golden file, which hubble observe --input-file takes, word for word;
 * and the rules of Hubble's JSON held against each of its lines: the order of keys, no default
 * values, 64-bit numbers as strings outside the extensions.
 */
#include "record.h"

/* A type of json-c's has the name of a function of ours. */
#define json_bool json_c_bool
#include <json-c/json.h>
#undef json_bool
#include <netinet/in.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "cli/flow_view.h"
#include "tests/harness.h"

#include "who/cgroups.h"
#include "who/containers.h"
#include "who/endpoint_copy.h"
#include "who/labels.h"
#include "who/party.h"
#include "who/processes.h"
#include "who/translations.h"

#include "weir/flow.h"

#define GOLDEN	    "tests/golden/records/records.jsonl"
#define TIME_NS	    1795294803412345678 /* 2026-11-21T21:00:03.412345678Z */
#define START_NS    (TIME_NS - 3200345678)
#define AGENT_START 1795290000123456789

static struct record_context context = { .node_name = "n1",
					 .agent_start_ns = AGENT_START,
					 .netns = "4026532281" };

struct record_case {
	const char *name;
	const char *initiator, *responder;
	struct record rec;	   /* times and so on are filled in */
	struct record_leg legs[1]; /* further ones */
	struct record_more more;   /* behind them */
	bool legs_are_lost;
};

/* What most of the records have. */
#define POD_PLACE    .role = ROLE_ENDPOINT, .ifindex = 12, .ifname = "veth1a2b"
#define UPLINK_PLACE .role = ROLE_UPLINK, .ifindex = 2, .ifname = "eth0"
#define POD_LEG	     POD_PLACE, .is_local = 1, .party = { 1, 2 }
#define UPLINK_LEG   UPLINK_PLACE, .party = { 3, 4 }
#define COUNTS(...)  .has_counts = true, .count = { __VA_ARGS__ }

static const struct record_case cases[] = {
	{ .name = "TCP open",
	  .initiator = "10.0.1.5",
	  .responder = "10.0.2.7",
	  .rec = { .event = RECORD_OPEN,
		   .proto = IPPROTO_TCP,
		   .port = { 43210, 5432 },
		   .tcp_flags = 0x02,
		   .initiator_by = WEIR_BY_SYN,
		   POD_LEG } },
	{ .name = "TCP established",
	  .initiator = "10.0.1.5",
	  .responder = "10.0.2.7",
	  .rec = { .event = RECORD_ESTABLISHED,
		   .proto = IPPROTO_TCP,
		   .port = { 43210, 5432 },
		   .tcp_flags = 0x12,
		   .sender = 1,
		   .hook = WEIR_EGRESS,
		   .initiator_by = WEIR_BY_SYN,
		   .rtt_server_ns = 300000,
		   .rtt_client_ns = 112000,
		   POD_LEG } },
	{ .name = "TCP update",
	  .initiator = "10.0.1.5",
	  .responder = "10.0.2.7",
	  .rec = { .event = RECORD_UPDATE,
		   .proto = IPPROTO_TCP,
		   .port = { 43210, 5432 },
		   .tcp_flags = 0xf8,
		   .hook = WEIR_EGRESS,
		   .initiator_by = WEIR_BY_SYN,
		   .rtt_server_ns = 300000,
		   .rtt_client_ns = 112000,
		   COUNTS({ 100, 10000 }, { 700, 1000000 }),
		   UPLINK_LEG } },
	{ .name = "TCP close, two legs",
	  .initiator = "10.0.1.5",
	  .responder = "10.0.2.7",
	  .rec = { .event = RECORD_CLOSE,
		   .proto = IPPROTO_TCP,
		   .port = { 43210, 5432 },
		   .tcp_flags = 0x11,
		   .close_reason = WEIR_CLOSE_FIN,
		   .initiator_by = WEIR_BY_SYN,
		   .rtt_server_ns = 300000,
		   .rtt_client_ns = 112000,
		   .legs = 1,
		   COUNTS({ 120, 12345 }, { 900, 1234567 }),
		   POD_LEG },
	  .legs = { { .ifname = "eth0.100",
		      .role = ROLE_UPLINK,
		      .vlan = WEIR_VLAN_TAGGED | 100,
		      .count = { { 119, 12300 }, { 900, 1238167 } } } } },
	{ .name = "TCP close, legs overwritten",
	  .initiator = "10.0.1.5",
	  .responder = "10.0.2.7",
	  .rec = { .event = RECORD_CLOSE,
		   .proto = IPPROTO_TCP,
		   .port = { 43210, 5432 },
		   .close_reason = WEIR_CLOSE_TIMEOUT,
		   .initiator_by = WEIR_BY_SYNACK,
		   .legs = 1,
		   COUNTS({ 1, 60 }, { 0, 0 }),
		   POD_LEG },
	  .legs_are_lost = true },
	{ .name = "TCP close by the responder, IPv6, VLAN",
	  .initiator = "2001:db8::1",
	  .responder = "2001:db8::ffff:2",
	  .rec = { .event = RECORD_CLOSE,
		   .proto = IPPROTO_TCP,
		   .port = { 60000, 443 },
		   .tcp_flags = 0x04,
		   .sender = 1,
		   .closed_by = 1,
		   .close_reason = WEIR_CLOSE_RST,
		   .initiator_by = WEIR_BY_PORTS,
		   .vlan = WEIR_VLAN_TAGGED | 4094,
		   COUNTS({ 3, 300 }, { 2, 200 }),
		   UPLINK_LEG } },
	{ .name = "TCP refused, loopback",
	  .initiator = "127.0.0.1",
	  .responder = "127.0.0.1",
	  .rec = { .event = RECORD_CLOSE,
		   .proto = IPPROTO_TCP,
		   .port = { 50000, 80 },
		   .tcp_flags = 0x04,
		   .sender = 1,
		   .closed_by = 1,
		   .close_reason = WEIR_CLOSE_REFUSED,
		   .initiator_by = WEIR_BY_SYN,
		   COUNTS({ 1, 74 }, { 1, 54 }),
		   .role = ROLE_LOOPBACK,
		   .hook = WEIR_EGRESS,
		   .ifindex = 1,
		   .ifname = "lo",
		   .is_local = 3 } },
	{ .name = "TCP of port 0 without flags",
	  .initiator = "10.0.1.5",
	  .responder = "10.0.2.7",
	  .rec = { .event = RECORD_OPEN,
		   .proto = IPPROTO_TCP,
		   .port = { 0, 80 },
		   .initiator_by = WEIR_BY_PORTS,
		   UPLINK_LEG } },
	{ .name = "UDP open, IPv6",
	  .initiator = "fe80::1",
	  .responder = "ff02::1:2",
	  .rec = { .event = RECORD_OPEN,
		   .proto = IPPROTO_UDP,
		   .port = { 546, 547 },
		   .initiator_by = WEIR_BY_FIRST,
		   UPLINK_LEG } },
	{ .name = "UDP established",
	  .initiator = "192.168.1.52",
	  .responder = "8.8.8.8",
	  .rec = { .event = RECORD_ESTABLISHED,
		   .proto = IPPROTO_UDP,
		   .port = { 54585, 53 },
		   .sender = 1,
		   .initiator_by = WEIR_BY_FIRST,
		   .is_local = 1,
		   UPLINK_LEG } },
	{ .name = "UDP update",
	  .initiator = "192.168.1.52",
	  .responder = "8.8.8.8",
	  .rec = { .event = RECORD_UPDATE,
		   .proto = IPPROTO_UDP,
		   .port = { 54585, 53 },
		   .hook = WEIR_EGRESS,
		   .initiator_by = WEIR_BY_FIRST,
		   .is_local = 1,
		   COUNTS({ 10, 1000 }, { 9, 9000000000000 }),
		   UPLINK_LEG } },
	{ .name = "UDP close",
	  .initiator = "192.168.1.52",
	  .responder = "8.8.8.8",
	  .rec = { .event = RECORD_CLOSE,
		   .proto = IPPROTO_UDP,
		   .port = { 54585, 53 },
		   .hook = WEIR_EGRESS,
		   .close_reason = WEIR_CLOSE_TIMEOUT,
		   .initiator_by = WEIR_BY_FIRST,
		   .is_local = 1,
		   COUNTS({ 1, 80 }, { 0, 0 }),
		   UPLINK_LEG } },
	{ .name = "ICMPv4 open",
	  .initiator = "192.168.0.89",
	  .responder = "192.168.0.1",
	  .rec = { .event = RECORD_OPEN,
		   .proto = IPPROTO_ICMP,
		   .port = { 77, 77 },
		   .icmp_type = 8,
		   .hook = WEIR_EGRESS,
		   .initiator_by = WEIR_BY_FIRST,
		   UPLINK_LEG } },
	{ .name = "ICMPv4 established",
	  .initiator = "192.168.0.89",
	  .responder = "192.168.0.1",
	  .rec = { .event = RECORD_ESTABLISHED,
		   .proto = IPPROTO_ICMP,
		   .port = { 77, 77 },
		   .sender = 1,
		   .initiator_by = WEIR_BY_FIRST,
		   UPLINK_LEG } },
	{ .name = "ICMPv4 error",
	  .initiator = "192.168.0.1",
	  .responder = "192.168.0.89",
	  .rec = { .event = RECORD_OPEN,
		   .proto = IPPROTO_ICMP,
		   .icmp_type = 3,
		   .icmp_code = 1,
		   .initiator_by = WEIR_BY_FIRST,
		   UPLINK_LEG } },
	{ .name = "ICMPv6 open, id 0",
	  .initiator = "fe80::200:86ff:fe05:80da",
	  .responder = "fe80::260:97ff:fe07:69ea",
	  .rec = { .event = RECORD_OPEN,
		   .proto = IPPROTO_ICMPV6,
		   .icmp_type = 128,
		   .initiator_by = WEIR_BY_FIRST,
		   UPLINK_LEG } },
	{ .name = "ICMPv6 update",
	  .initiator = "fe80::200:86ff:fe05:80da",
	  .responder = "fe80::260:97ff:fe07:69ea",
	  .rec = { .event = RECORD_UPDATE,
		   .proto = IPPROTO_ICMPV6,
		   .icmp_type = 135,
		   .initiator_by = WEIR_BY_FIRST,
		   COUNTS({ 1, 86 }, { 1, 86 }),
		   UPLINK_LEG } },
	{ .name = "ICMPv6 close",
	  .initiator = "fe80::200:86ff:fe05:80da",
	  .responder = "fe80::260:97ff:fe07:69ea",
	  .rec = { .event = RECORD_CLOSE,
		   .proto = IPPROTO_ICMPV6,
		   .icmp_type = 135,
		   .close_reason = WEIR_CLOSE_INTERFACE_GONE,
		   .initiator_by = WEIR_BY_FIRST,
		   COUNTS({ 1, 86 }, { 1, 86 }),
		   UPLINK_LEG } },
	{ .name = "SCTP open",
	  .initiator = "192.168.170.8",
	  .responder = "192.168.170.56",
	  .rec = { .event = RECORD_OPEN,
		   .proto = IPPROTO_SCTP,
		   .port = { 7, 80 },
		   .initiator_by = WEIR_BY_FIRST,
		   UPLINK_LEG } },
	{ .name = "another protocol, no Ethernet",
	  .initiator = "192.0.2.1",
	  .responder = "198.51.100.7",
	  .rec = { .event = RECORD_OPEN,
		   .proto = IPPROTO_GRE,
		   .initiator_by = WEIR_BY_FIRST,
		   .role = ROLE_TUNNEL,
		   .hook = WEIR_EGRESS,
		   .ifindex = 7,
		   .ifname = "tun0",
		   .is_local = 1 } },
	{ .name = "another protocol, IPv6, interface forgotten",
	  .initiator = "2001:db8::1",
	  .responder = "2001:db8::2",
	  .rec = { .event = RECORD_CLOSE,
		   .proto = IPPROTO_RSVP,
		   .close_reason = WEIR_CLOSE_RECLAIMED,
		   .ifindex = 8,
		   COUNTS({ 2, 200 }, { 0, 0 }) } },
	{ .name = "TCP close, overtaken, stalled, two tags, two legs",
	  .initiator = "10.0.1.5",
	  .responder = "10.0.2.7",
	  .rec = { .event = RECORD_CLOSE,
		   .proto = IPPROTO_TCP,
		   .port = { 43210, 5432 },
		   .tcp_flags = 0x11,
		   .close_reason = WEIR_CLOSE_FIN,
		   .initiator_by = WEIR_BY_SYN,
		   .vlan = WEIR_VLAN_TAGGED | WEIR_VLAN_STACKED | 100,
		   .vni = 200,
		   .legs = 2,
		   .has_more = true,
		   .knows_retransmits = 3,
		   COUNTS({ 120, 12345 }, { 900, 1234567 }),
		   UPLINK_LEG },
	  .legs = { { .ifname = "eth1",
		      .role = ROLE_UPLINK,
		      .vlan = WEIR_ENCAPSULATED,
		      .vni = { 1, 0, 2 },
		      .count = { { 119, 12300 }, { 900, 1238167 } } } },
	  .more = { .retransmits = { 0, 71234 },
		    .resent = { 3, 70000 },
		    .zero_windows = { 1, 0 } } },
	{ .name = "UDP close, fragments, in a tunnel",
	  .initiator = "192.168.1.52",
	  .responder = "8.8.8.8",
	  .rec = { .event = RECORD_CLOSE,
		   .proto = IPPROTO_UDP,
		   .port = { 54585, 53 },
		   .close_reason = WEIR_CLOSE_TIMEOUT,
		   .initiator_by = WEIR_BY_FIRST,
		   .vlan = WEIR_ENCAPSULATED | WEIR_VLAN_TAGGED | WEIR_VLAN_STACKED | 7,
		   .vni = 0xabcdef,
		   .legs = 1,
		   .has_more = true,
		   COUNTS({ 1, 80 }, { 3, 4000 }),
		   UPLINK_LEG },
	  .more = { .fragments = { 0, 3 } } },
	{ .name = "TCP update, nothing sent again",
	  .initiator = "10.0.1.5",
	  .responder = "10.0.2.7",
	  .rec = { .event = RECORD_UPDATE,
		   .proto = IPPROTO_TCP,
		   .port = { 43210, 5432 },
		   .initiator_by = WEIR_BY_SYN,
		   .knows_retransmits = 1,
		   COUNTS({ 120, 12345 }, { 900, 1234567 }),
		   POD_LEG } },
	{ .name = "UDP close, an ICMP error",
	  .initiator = "192.168.1.52",
	  .responder = "8.8.8.8",
	  .rec = { .event = RECORD_CLOSE,
		   .proto = IPPROTO_UDP,
		   .port = { 54585, 53 },
		   .hook = WEIR_EGRESS,
		   .close_reason = WEIR_CLOSE_TIMEOUT,
		   .initiator_by = WEIR_BY_FIRST,
		   .is_local = 1,
		   .legs = 1,
		   .has_more = true,
		   COUNTS({ 1, 80 }, { 0, 0 }),
		   UPLINK_LEG },
	  .more = { .has_icmp_error = true, .icmp_type = 3, .icmp_code = 3 } },
	{ .name = "TCP open, of one that listens",
	  .initiator = "10.0.2.7",
	  .responder = "10.0.1.5",
	  .rec = { .event = RECORD_OPEN,
		   .proto = IPPROTO_TCP,
		   .port = { 700, 40000 },
		   .tcp_flags = 0x10,
		   .sender = 1,
		   .initiator_by = WEIR_BY_LISTENER,
		   .is_local = 2,
		   UPLINK_LEG } },
	{ .name = "TCP close, what was sent again is overwritten",
	  .initiator = "10.0.1.5",
	  .responder = "10.0.2.7",
	  .rec = { .event = RECORD_CLOSE,
		   .proto = IPPROTO_TCP,
		   .port = { 43210, 5432 },
		   .close_reason = WEIR_CLOSE_FIN,
		   .initiator_by = WEIR_BY_SYN,
		   .legs = 1,
		   .has_more = true,
		   .knows_retransmits = 3,
		   COUNTS({ 120, 12345 }, { 900, 1234567 }),
		   POD_LEG },
	  .more = { .retransmits = { 0, 5 } },
	  .legs_are_lost = true },
	{ .name = "TCP close, pod to a service that the file names",
	  .initiator = "10.0.1.5",
	  .responder = "10.0.2.7",
	  .rec = { .event = RECORD_CLOSE,
		   .proto = IPPROTO_TCP,
		   .port = { 43210, 5432 },
		   .tcp_flags = 0x11,
		   .close_reason = WEIR_CLOSE_FIN,
		   .initiator_by = WEIR_BY_SYN,
		   .cookie = 8193,
		   COUNTS({ 120, 12345 }, { 900, 1234567 }),
		   POD_PLACE,
		   .is_local = 1,
		   .party = { 5, 6 } } },
	{ .name = "TCP established, the service answers",
	  .initiator = "10.0.2.7",
	  .responder = "10.0.1.5",
	  .rec = { .event = RECORD_ESTABLISHED,
		   .proto = IPPROTO_TCP,
		   .port = { 43210, 80 },
		   .tcp_flags = 0x12,
		   .sender = 1,
		   .hook = WEIR_EGRESS,
		   .initiator_by = WEIR_BY_SYN,
		   .cookie = 8194,
		   .is_local = 2,
		   UPLINK_PLACE,
		   .party = { 6, 7 } } },
	{ .name = "TCP open, before translation",
	  .initiator = "10.0.1.5",
	  .responder = "10.96.0.10",
	  .rec = { .event = RECORD_OPEN,
		   .proto = IPPROTO_TCP,
		   .port = { 43210, 80 },
		   .tcp_flags = 0x02,
		   .initiator_by = WEIR_BY_SYN,
		   .nat = 1,
		   .nat_port = 51000,
		   POD_LEG } },
	{ .name = "TCP established, behind translation",
	  .initiator = "192.0.2.1",
	  .responder = "10.0.2.7",
	  .rec = { .event = RECORD_ESTABLISHED,
		   .proto = IPPROTO_TCP,
		   .port = { 51000, 5432 },
		   .tcp_flags = 0x12,
		   .sender = 1,
		   .initiator_by = WEIR_BY_SYN,
		   .nat = 2,
		   .nat_port = 43210,
		   UPLINK_LEG } },
	{ .name = "ICMPv6 open, before translation",
	  .initiator = "2001:db8::5",
	  .responder = "2001:db8:1::7",
	  .rec = { .event = RECORD_OPEN,
		   .proto = IPPROTO_ICMPV6,
		   .port = { 77, 77 },
		   .icmp_type = 128,
		   .initiator_by = WEIR_BY_FIRST,
		   .nat = 3,
		   .nat_port = 0,
		   POD_LEG } },
};

/* The line of a case, as the agent writes it as its record number i + 1. */
static void write_case(struct buf *buf, size_t i)
{
	const struct record_case *row = &cases[i];
	struct record_leg legs[2] = { row->legs[0] };
	struct record rec = row->rec;
	int family;

	assert_int_equal(addr_parse(row->initiator, rec.addr[0], &family), 0);
	assert_int_equal(addr_parse(row->responder, rec.addr[1], &family), 0);
	rec.family = (uint8_t)family;
	rec.conn_id = 0x9f86d081884c7d65;
	rec.start_ns = START_NS;
	rec.time_ns = TIME_NS;
	rec.duration_ns = rec.event == RECORD_CLOSE ? 3200345678 : 3000000000;
	if (rec.has_more)
		record_put_more(&legs[rec.legs - 1], &row->more);
	record_to_json(buf, &rec, i + 1, row->legs_are_lost || !rec.legs ? NULL : legs, &context);
}

static struct json_object *parse(const char *name, const char *line, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, line, (int)len);
	assert_row_int(name, json_tokener_get_error(tokener), json_tokener_success);
	json_tokener_free(tokener);
	return object;
}

static struct json_object *write_and_parse(struct buf *buf, size_t i)
{
	buf_truncate(buf, 0);
	write_case(buf, i);
	assert_row(cases[i].name, !buf->failed);
	return parse(cases[i].name, buf_bytes(buf), buf_len(buf));
}

/* The value at a path such as "flow.IP.source", or NULL. */
static struct json_object *at(struct json_object *object, const char *path)
{
	char name[128], *rest = name, *key;

	snprintf(name, sizeof(name), "%s", path);
	while (object && (key = strsep(&rest, ".")))
		object = json_object_object_get(object, key);
	return object;
}

static const char *text_at(struct json_object *object, const char *path)
{
	const char *text = json_object_get_string(at(object, path));

	return text ? text : "(absent)";
}

static void each_record_is_the_golden_line(void **state)
{
	auto_file FILE *file = fopen(GOLDEN, "re");
	auto_free char *line = NULL;
	size_t size = 0;

	(void)state;
	assert_non_null(file);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf buf = { 0 };

		write_case(&buf, i);
		buf_append_char(&buf, '\0');
		assert_row(cases[i].name, getline(&line, &size, file) > 0);
		assert_row_str(cases[i].name, buf_bytes(&buf), line);
	}
	assert_int_equal(getline(&line, &size, file), -1);
}

/* Hubble's messages: their keys in the order of declaration. */
static const struct message {
	const char *path;
	const char *keys[64];
} messages[] = {
	{ "", { "flow", "node_status", "lost_events", "node_name", "time" } },
	{ "flow",
	  { "time",
	    "uuid",
	    "emitter",
	    "verdict",
	    "drop_reason",
	    "auth_type",
	    "ethernet",
	    "IP",
	    "l4",
	    "tunnel",
	    "source",
	    "destination",
	    "Type",
	    "node_name",
	    "node_labels",
	    "source_names",
	    "destination_names",
	    "l7",
	    "reply",
	    "event_type",
	    "source_service",
	    "destination_service",
	    "traffic_direction",
	    "policy_match_type",
	    "trace_observation_point",
	    "trace_reason",
	    "file",
	    "ip_trace_id",
	    "drop_reason_desc",
	    "is_reply",
	    "debug_capture_point",
	    "interface",
	    "proxy_port",
	    "trace_context",
	    "sock_xlate_point",
	    "socket_cookie",
	    "cgroup_id",
	    "Summary",
	    "extensions" } },
	{ "flow.emitter", { "name", "version" } },
	{ "flow.ethernet", { "source", "destination" } },
	{ "flow.IP", { "source", "source_xlated", "destination", "ipVersion", "encrypted" } },
	{ "flow.l4", { "TCP", "UDP", "ICMPv4", "ICMPv6", "SCTP" } },
	{ "flow.l4.TCP", { "source_port", "destination_port", "flags" } },
	{ "flow.l4.TCP.flags", { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS" } },
	{ "flow.l4.UDP", { "source_port", "destination_port" } },
	{ "flow.l4.SCTP", { "source_port", "destination_port" } },
	{ "flow.l4.ICMPv4", { "type", "code" } },
	{ "flow.l4.ICMPv6", { "type", "code" } },
	{ "flow.source",
	  { "ID", "identity", "cluster_name", "namespace", "labels", "pod_name", "workloads" } },
	{ "flow.destination",
	  { "ID", "identity", "cluster_name", "namespace", "labels", "pod_name", "workloads" } },
	{ "flow.source_service", { "name", "namespace" } },
	{ "flow.destination_service", { "name", "namespace" } },
	{ "flow.event_type", { "type", "sub_type" } },
	{ "flow.interface", { "index", "name" } },
	{ "flow.extensions", { "@type", "value" } },
};

static bool is_default(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return true;
	case json_type_boolean:
		return !json_object_get_boolean(value);
	case json_type_int:
		return json_object_get_int64(value) == 0;
	case json_type_string:
		return json_object_get_string_len(value) == 0;
	case json_type_array:
		return json_object_array_length(value) == 0;
	case json_type_double:
	case json_type_object:
		break;
	}
	return false;
}

static void check_message(const char *name, struct json_object *object,
			  const struct message *message)
{
	unsigned int next = 0;

	json_object_object_foreach(object, key, value)
	{
		while (next < ARRAY_SIZE(message->keys) && message->keys[next] &&
		       strcmp(message->keys[next], key) != 0)
			next++;
		if (next == ARRAY_SIZE(message->keys) || !message->keys[next])
			fail_msg("%s: %s.%s is unknown or out of order", name, message->path, key);
		/* A wrapper type is kept whatever its value. */
		if (is_default(value) && strcmp(key, "is_reply") != 0)
			fail_msg("%s: %s.%s is a default value", name, message->path, key);
	}
}

static void keys_are_hubbles_in_hubbles_order(void **state)
{
	auto_buf struct buf buf = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json_object *line = write_and_parse(&buf, i);

		for (size_t m = 0; m < ARRAY_SIZE(messages); m++) {
			struct json_object *object =
				messages[m].path[0] ? at(line, messages[m].path) : line;

			if (object)
				check_message(cases[i].name, object, &messages[m]);
		}
		assert_row(cases[i].name, at(line, "flow.is_reply"));
		json_object_put(line);
	}
}

/* Hubble knows a Struct: everything in it is a number, a string, a list or an object. */
static void extensions_are_a_struct_with_the_contracts_keys(void **state)
{
	static const char *const keys[] = {
		"event",	"conn_id",     "community_id", "start",		"duration_ns",
		"close_reason", "initiator",   "rtt_ns",       "rtt_server_ns", "rtt_client_ns",
		"forward",	"reverse",     "netns",	       "ip_proto",	"vlan",
		"icmp_id",	"legs",	       "outer_vlan",   "icmp_error",	"encapsulated",
		"source",	"destination", "nat",
	};
	auto_buf struct buf buf = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json_object *line = write_and_parse(&buf, i);

		assert_row_str(cases[i].name, text_at(line, "flow.extensions.@type"),
			       "type.googleapis.com/google.protobuf.Struct");
		json_object_object_foreach(at(line, "flow.extensions.value"), key, value)
		{
			size_t known = 0;

			assert_row(key, value);
			while (known < ARRAY_SIZE(keys) && strcmp(keys[known], key) != 0)
				known++;
			assert_row(key, known < ARRAY_SIZE(keys));
		}
		json_object_put(line);
	}
}

static void what_went_in_can_be_read_back(void **state)
{
	static const struct {
		size_t row;
		const char *path, *text;
	} expected[] = {
		{ 0, "flow.time", "2026-11-21T21:00:03.412345678Z" },
		{ 0, "time", "2026-11-21T21:00:03.412345678Z" },
		{ 0, "node_name", "n1" },
		{ 0, "flow.node_name", "n1" },
		{ 0, "flow.verdict", "FORWARDED" },
		{ 0, "flow.IP.source", "10.0.1.5" },
		{ 0, "flow.IP.destination", "10.0.2.7" },
		{ 0, "flow.ethernet.source", "02:00:00:00:00:01" },
		{ 0, "flow.l4.TCP.source_port", "43210" },
		{ 0, "flow.source.identity", "1" },
		{ 0, "flow.destination.identity", "2" },
		{ 0, "flow.trace_observation_point", "FROM_ENDPOINT" },
		{ 0, "flow.event_type.sub_type", "5" },
		{ 0, "flow.traffic_direction", "EGRESS" },
		{ 0, "flow.trace_reason", "NEW" },
		{ 0, "flow.is_reply", "false" },
		{ 0, "flow.extensions.value.start", "2026-11-21T21:00:00.212Z" },
		{ 0, "flow.extensions.value.conn_id", "9f86d081884c7d65" },
		{ 0, "flow.extensions.value.initiator.side", "source" },
		{ 0, "flow.extensions.value.duration_ns", "(absent)" },
		{ 0, "flow.extensions.value.legs", "(absent)" },
		{ 0, "flow.extensions.value.vlan", "(absent)" },
		{ 0, "flow.extensions.value.icmp_id", "(absent)" },
		/* The answer: source and destination change places. */
		{ 1, "flow.IP.source", "10.0.2.7" },
		{ 1, "flow.ethernet.source", "02:00:00:00:00:02" },
		{ 1, "flow.l4.TCP.source_port", "5432" },
		{ 1, "flow.source.identity", "2" },
		{ 1, "flow.destination.identity", "1" },
		{ 1, "flow.is_reply", "true" },
		{ 1, "flow.trace_reason", "REPLY" },
		{ 1, "flow.trace_observation_point", "TO_ENDPOINT" },
		{ 1, "flow.event_type.sub_type", "(absent)" },
		{ 1, "flow.extensions.value.initiator.side", "destination" },
		{ 1, "flow.extensions.value.rtt_ns", "412000" },
		{ 3, "flow.extensions.value.duration_ns", "3200345678" },
		{ 3, "flow.extensions.value.close_reason", "fin" },
		{ 3, "flow.extensions.value.forward.bytes", "12345" },
		{ 4, "flow.extensions.value.legs", "(absent)" },
		{ 4, "flow.extensions.value.rtt_ns", "(absent)" },
		{ 5, "flow.extensions.value.vlan", "4094" },
		{ 6, "flow.ethernet", "(absent)" },
		{ 7, "flow.l4.TCP.source_port", "(absent)" },
		{ 7, "flow.l4.TCP.flags", "{ }" },
		{ 13, "flow.l4.ICMPv4", "{ }" },
		{ 13, "flow.extensions.value.icmp_id", "77" },
		{ 14, "flow.extensions.value.icmp_id", "(absent)" },
		{ 15, "flow.extensions.value.icmp_id", "0" },
		{ 16, "flow.extensions.value.icmp_id", "(absent)" },
		{ 19, "flow.l4", "(absent)" },
		{ 19, "flow.extensions.value.ip_proto", "47" },
		{ 20, "flow.interface.name", "(absent)" },
		{ 20, "flow.extensions.value.encapsulated", "(absent)" },
		{ 20, "flow.extensions.value.forward.resent_or_reordered", "(absent)" },
		{ 21, "flow.extensions.value.forward.resent_or_reordered", "3" },
		{ 21, "flow.extensions.value.reverse.resent_or_reordered", "70000" },
		{ 21, "flow.extensions.value.forward.zero_windows", "1" },
		{ 21, "flow.extensions.value.reverse.zero_windows", "(absent)" },
		{ 21, "flow.extensions.value.forward.fragments", "(absent)" },
		{ 21, "flow.extensions.value.vlan", "100" },
		{ 21, "flow.extensions.value.outer_vlan", "200" },
		{ 21, "flow.extensions.value.encapsulated", "(absent)" },
		{ 21, "flow.extensions.value.forward.retransmits", "0" },
		{ 21, "flow.extensions.value.reverse.retransmits", "71234" },
		{ 22, "flow.extensions.value.forward.retransmits", "(absent)" },
		{ 22, "flow.extensions.value.reverse.fragments", "3" },
		{ 23, "flow.extensions.value.forward.retransmits", "0" },
		{ 23, "flow.extensions.value.reverse.retransmits", "(absent)" },
		{ 24, "flow.extensions.value.icmp_error.type", "3" },
		{ 24, "flow.extensions.value.icmp_error.code", "3" },
		{ 24, "flow.extensions.value.icmp_error.quoted",
		  "192.168.1.52:54585 -> 8.8.8.8:53 UDP" },
		{ 25, "flow.extensions.value.initiator.by", "listener" },
		{ 26, "flow.extensions.value.icmp_error", "(absent)" },
		{ 26, "flow.extensions.value.forward.retransmits", "(absent)" },
		{ 26, "flow.extensions.value.forward.packets", "120" },
		{ 22, "flow.extensions.value.vlan", "7" },
		{ 22, "flow.extensions.value.outer_vlan", "(absent)" },
		{ 22, "flow.extensions.value.encapsulated.vni", "11259375" },
		{ 27, "flow.source.pod_name", "cart-7d9f" },
		{ 27, "flow.source.namespace", "shop" },
		{ 27, "flow.destination.pod_name", "db-0" },
		{ 27, "flow.destination_service.name", "db" },
		{ 27, "flow.source_service", "(absent)" },
		{ 27, "flow.source_names", "(absent)" },
		{ 27, "flow.socket_cookie", "8193" },
		{ 27, "flow.cgroup_id", "4711" },
		{ 27, "flow.extensions.value.source.container.name", "app" },
		{ 27, "flow.extensions.value.source.via", "user" },
		{ 27, "flow.extensions.value.destination.via", "endpoints_file" },
		{ 27, "flow.extensions.value.destination.pid", "(absent)" },
		{ 28, "flow.source.identity", "1" },
		{ 28, "flow.destination.pod_name", "db-0" },
		{ 28, "flow.cgroup_id", "77" },
		{ 28, "flow.extensions.value.source.unit", "nginx.service" },
		{ 28, "flow.extensions.value.source.container", "(absent)" },
		{ 29, "flow.IP.source", "10.0.1.5" },
		{ 29, "flow.IP.source_xlated", "192.0.2.1" },
		{ 29, "flow.extensions.value.nat.source", "192.0.2.1" },
		{ 29, "flow.extensions.value.nat.source_port", "51000" },
		{ 29, "flow.extensions.value.nat.destination", "10.0.2.7" },
		{ 29, "flow.extensions.value.nat.destination_port", "5432" },
		{ 29, "flow.extensions.value.nat.role", "original" },
		{ 30, "flow.IP.source", "10.0.2.7" },
		{ 30, "flow.IP.source_xlated", "(absent)" },
		{ 30, "flow.extensions.value.nat.source", "10.96.0.10" },
		{ 30, "flow.extensions.value.nat.source_port", "80" },
		{ 30, "flow.extensions.value.nat.destination", "10.0.1.5" },
		{ 30, "flow.extensions.value.nat.destination_port", "43210" },
		{ 30, "flow.extensions.value.nat.role", "translated" },
		{ 31, "flow.IP.source_xlated", "(absent)" },
		{ 31, "flow.extensions.value.nat.source", "2001:db8::5" },
		{ 31, "flow.extensions.value.nat.source_port", "(absent)" },
		{ 31, "flow.extensions.value.nat.destination", "2001:db8:2::7" },
		{ 31, "flow.extensions.value.nat.icmp_id", "0" },
		{ 0, "flow.IP.source_xlated", "(absent)" },
		{ 0, "flow.extensions.value.nat", "(absent)" },
		{ 0, "flow.socket_cookie", "(absent)" },
		{ 0, "flow.cgroup_id", "(absent)" },
		{ 0, "flow.extensions.value.source", "(absent)" },
	};
	auto_buf struct buf buf = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		struct json_object *line = write_and_parse(&buf, expected[i].row);

		assert_row_str(expected[i].path, text_at(line, expected[i].path), expected[i].text);
		json_object_put(line);
	}
}

static void our_own_command_reads_each_line(void **state)
{
	auto_buf struct buf buf = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_flow_view struct flow_view view = {};
		const struct record *rec = &cases[i].rec;
		const char *source = rec->sender ? cases[i].responder : cases[i].initiator;

		buf_truncate(&buf, 0);
		write_case(&buf, i);
		assert_row_int(cases[i].name,
			       flow_view_parse(&view, buf_bytes(&buf), buf_len(&buf)), 0);
		assert_row_int(cases[i].name, view.kind, FLOW_VIEW_FLOW);
		assert_row(cases[i].name, text_is(view.flow.source.ip, source));
		assert_row_int(cases[i].name, view.flow.is_reply,
			       rec->sender ? TRISTATE_TRUE : TRISTATE_FALSE);
	}
}

/* RFC 9562, 5.8: the 13th digit is the version, the first two bits of the 17th the variant. */
static void check_uuid(const char *uuid)
{
	assert_int_equal(strlen(uuid), 36);
	for (int i = 0; i < 36; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		assert_true(is_dash ? uuid[i] == '-' : strchr("0123456789abcdef", uuid[i]) != NULL);
	}
	assert_int_equal(uuid[14], '8');
	assert_non_null(strchr("89ab", uuid[19]));
}

static void uuid_of(uint64_t seq, uint64_t agent_start_ns, char ret[static 37])
{
	const struct record_context other = { .node_name = "n1",
					      .agent_start_ns = agent_start_ns,
					      .netns = "1" };
	struct record rec = { .proto = IPPROTO_UDP, .family = WEIR_IPV4 };
	auto_buf struct buf buf = { 0 };
	struct json_object *line;

	record_to_json(&buf, &rec, seq, NULL, &other);
	line = parse("uuid", buf_bytes(&buf), buf_len(&buf));
	snprintf(ret, 37, "%s", text_at(line, "flow.uuid"));
	json_object_put(line);
}

static void a_uuid_is_well_formed_and_never_twice_the_same(void **state)
{
	static const uint64_t starts[] = { 0, 1ULL << 48, (1ULL << 48) - 1, 1ULL << 59 };
	char first[37], before[37] = "", uuid[37];

	(void)state;
	uuid_of(1, AGENT_START, first);
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		for (uint64_t seq = starts[i]; seq < starts[i] + 300; seq++) {
			uuid_of(seq, AGENT_START, uuid);
			check_uuid(uuid);
			assert_string_not_equal(uuid, before);
			if (seq != 1)
				assert_string_not_equal(uuid, first);
			memcpy(before, uuid, sizeof(before));
		}
	}
	/* Neither does another run of the agent make the same. */
	uuid_of(1, AGENT_START + 1000, uuid);
	check_uuid(uuid);
	assert_string_not_equal(uuid, first);
	uuid_of(UINT64_MAX, UINT64_MAX, uuid);
	check_uuid(uuid);
}

/* Narrow fields give what they got, and their sums are wider than they are. */
static void the_longest_times_are_told_whole(void **state)
{
	struct record rec = { .event = RECORD_CLOSE,
			      .proto = IPPROTO_TCP,
			      .family = WEIR_IPV4,
			      .duration_ns = UINT64_MAX >> 6,
			      .rtt_server_ns = RECORD_RTT_MAX,
			      .rtt_client_ns = RECORD_RTT_MAX };
	auto_buf struct buf buf = { 0 };
	struct json_object *line;

	(void)state;
	record_to_json(&buf, &rec, 1, NULL, &context);
	line = parse("longest", buf_bytes(&buf), buf_len(&buf));
	assert_string_equal(text_at(line, "flow.extensions.value.duration_ns"),
			    "288230376151711743");
	assert_string_equal(text_at(line, "flow.extensions.value.rtt_server_ns"), "8796093022207");
	assert_string_equal(text_at(line, "flow.extensions.value.rtt_client_ns"), "8796093022207");
	assert_string_equal(text_at(line, "flow.extensions.value.rtt_ns"), "17592186044414");
	json_object_put(line);
}

static void names_of_events_and_reasons_are_total(void **state)
{
	(void)state;
	assert_string_equal(record_event_to_str(RECORD_OPEN), "open");
	assert_string_equal(record_event_to_str(RECORD_ESTABLISHED), "established");
	assert_string_equal(record_event_to_str(RECORD_UPDATE), "update");
	assert_string_equal(record_event_to_str(RECORD_CLOSE), "close");
	assert_string_equal(record_event_to_str(RECORD_EVENT_MAX), "unknown");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_FIN), "fin");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_RST), "rst");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_REFUSED), "refused");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_TIMEOUT), "timeout");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_REUSED), "reused");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_RECLAIMED), "reclaimed");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_INTERFACE_GONE), "interface_gone");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_AGENT_STOP), "agent_stop");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_MAX), "unknown");
}

static const struct label cart_labels[] = { { "app", "cart" } };
static struct pod cart_pod = { .namespace = "shop",
			       .name = "cart-7d9f",
			       .labels = cart_labels,
			       .label_count = 1,
			       .workload = { .name = "cart", .kind = "Deployment" } };
static struct container cart_container = {
	.id = "0a1b2c", .name = "app", .runtime = "containerd", .pod = &cart_pod
};
static const struct cgroup_info cart_cgroup = { .id = 4711,
						.path = "/kubepods/pod1/0a1b2c",
						.name = { .container = "0a1b2c" } };
static const struct cgroup_info nginx_cgroup = { .id = 77,
						 .path = "/system.slice/nginx.service",
						 .name = { .unit = "nginx.service" } };
static const struct process cart = { .pid = 4242,
				     .comm = "cart",
				     .exe = "/app/cart",
				     .uid = 1000,
				     .netns = 4026532300,
				     .cgroup_id = 4711,
				     .cgroup = &cart_cgroup };
static const struct process nginx = { .pid = 800,
				      .comm = "nginx",
				      .exe = "/usr/sbin/nginx",
				      .uid = 33,
				      .netns = 4026532281,
				      .cgroup_id = 77,
				      .cgroup = &nginx_cgroup };
static const struct endpoint_copy db = { .facts = { "shop", "db-0", "db", "shop", "db",
						    "StatefulSet", "k8s:app=db\0", "" } };

static struct container *party_find(void *ctx, const struct party *party)
{
	(void)ctx;
	return party->process == &cart ? &cart_container : NULL;
}

static void party_unref(struct container **at)
{
	*at = NULL;
}

static void party_keep(void *ctx, const struct party *party)
{
	(void)ctx;
	(void)party;
}

static const struct parties_ops party_ops = {
	.find = party_find, .unref = party_unref, .hold = party_keep, .drop = party_keep
};

/* Parties 1 to 4, by their MAC addresses; 5 is a pod, 6 of the endpoints file, 7 a unit. */
static struct parties *make_parties(void)
{
	const struct party whole[] = {
		{ .process = &cart, .mac = { 2, 0, 0, 0, 0, 5 }, .via = PARTY_USER },
		{ .file = &db,
		  .names = "db.example.org,db",
		  .mac = { 2, 0, 0, 0, 0, 6 },
		  .via = PARTY_FILE },
		{ .process = &nginx, .mac = { 2, 0, 0, 0, 0, 7 }, .via = PARTY_INHERITED },
	};
	struct parties *parties;

	if (parties_new(&parties, 7, &party_ops, NULL))
		return NULL;
	for (uint8_t i = 1; i <= 4; i++)
		(void)parties_get(parties, &(const struct party){ .mac = { 2, 0, 0, 0, 0, i } });
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		(void)parties_get(parties, &whole[i]);
	return parties;
}

/* A service's, its masqueraded twin's, and one of ICMP, whose id is 0 afterwards. */
static struct translations *make_translations(void)
{
	static const struct {
		const char *initiator, *responder; /* NULL: the same */
		uint16_t port;
		enum nat_role role;
	} rows[] = {
		{ "192.0.2.1", "10.0.2.7", 5432, NAT_ORIGINAL },
		{ "10.0.1.5", "10.96.0.10", 80, NAT_TRANSLATED },
		{ NULL, "2001:db8:2::7", 0, NAT_ORIGINAL },
	};
	struct translations *translations;
	int family;

	if (translations_new(&translations, ARRAY_SIZE(rows)))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct translation translation = {
			.port = rows[i].port,
			.role = (uint8_t)rows[i].role,
			.is_same = rows[i].initiator ? 0 : TRANSLATION_SAME_INITIATOR
		};

		if (rows[i].initiator)
			(void)addr_parse(rows[i].initiator, translation.addr[0], &family);
		(void)addr_parse(rows[i].responder, translation.addr[1], &family);
		(void)translations_get(translations, &translation, false);
	}
	return translations;
}

int main(void)
{
	int r;

	context.parties = make_parties();
	context.translations = make_translations();
	if (!context.parties || !context.translations)
		return 1;
	r = RUN_TESTS(TEST(each_record_is_the_golden_line), TEST(keys_are_hubbles_in_hubbles_order),
		      TEST(extensions_are_a_struct_with_the_contracts_keys),
		      TEST(what_went_in_can_be_read_back), TEST(our_own_command_reads_each_line),
		      TEST(a_uuid_is_well_formed_and_never_twice_the_same),
		      TEST(the_longest_times_are_told_whole),
		      TEST(names_of_events_and_reasons_are_total));
	parties_free((struct parties **)&context.parties);
	translations_free((struct translations **)&context.translations);
	return r;
}
