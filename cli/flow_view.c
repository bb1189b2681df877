// SPDX-License-Identifier: BSD-2-Clause
/* GetFlowsResponse as JSON -> struct flow_view: nothing but tables. */
#include "flow_view.h"

#include <errno.h>

#include "agent/base/cleanup.h"
#include "agent/base/json_scan.h"

#define AT(member)		  offsetof(struct flow_view, member)
#define FIELD(name, what, member) .key = (name), .kind = (what), .offset = AT(member)
#define TEXT(key, member)	  FIELD(key, JSON_FIELD_TEXT, member)
#define U64(key, member)	  FIELD(key, JSON_FIELD_U64, member)
#define I64(key, member)	  FIELD(key, JSON_FIELD_I64, member)
#define TRISTATE(key, member)	  FIELD(key, JSON_FIELD_TRISTATE, member)
#define TIME(key, member)	  FIELD(key, JSON_FIELD_TIME, member)
#define RAW(key, member)	  FIELD(key, JSON_FIELD_RAW, member)
#define ENUM(key, member, by)	  FIELD(key, JSON_FIELD_ENUM, member), .names = (by)
#define OBJECT(key, member, rows) FIELD(key, JSON_FIELD_OBJECT, member), .fields = (rows)

static const struct json_field ethernet_fields[] = {
	{ TEXT("source", flow.source.mac) },
	{ TEXT("destination", flow.destination.mac) },
	{},
};

static const struct json_field ip_fields[] = {
	{ TEXT("source", flow.source.ip) },
	{ TEXT("destination", flow.destination.ip) },
	{},
};

static const struct json_field port_fields[] = {
	{ U64("source_port", flow.source.port) },
	{ U64("destination_port", flow.destination.port) },
	{},
};

static const struct json_field l4_fields[] = {
	{ OBJECT("TCP", flow.has_ports, port_fields) },
	{ OBJECT("UDP", flow.has_ports, port_fields) },
	{ OBJECT("SCTP", flow.has_ports, port_fields) },
	{},
};

static const struct json_field source_fields[] = {
	{ U64("identity", flow.source.identity) },
	{ TEXT("namespace", flow.source.namespace) },
	{ TEXT("pod_name", flow.source.pod) },
	{},
};

static const struct json_field destination_fields[] = {
	{ U64("identity", flow.destination.identity) },
	{ TEXT("namespace", flow.destination.namespace) },
	{ TEXT("pod_name", flow.destination.pod) },
	{},
};

static const struct json_field source_service_fields[] = {
	{ TEXT("name", flow.source.service) },
	{ TEXT("namespace", flow.source.service_namespace) },
	{},
};

static const struct json_field destination_service_fields[] = {
	{ TEXT("name", flow.destination.service) },
	{ TEXT("namespace", flow.destination.service_namespace) },
	{},
};

static const struct json_field dns_fields[] = {
	{ TEXT("observation_source", flow.dns_source) },
	{},
};

static const struct json_field no_fields[] = { {} };

static const struct json_field l7_fields[] = {
	{ ENUM("type", flow.l7_type, NAMES_L7_TYPE) },
	{ OBJECT("dns", flow.has_dns, dns_fields) },
	{ OBJECT("http", flow.has_http, no_fields) },
	{ OBJECT("kafka", flow.has_kafka, no_fields) },
	{},
};

static const struct json_field event_type_fields[] = {
	{ I64("type", flow.event_type) },
	{ I64("sub_type", flow.event_sub_type) },
	{},
};

static const struct json_field interface_fields[] = {
	{ TEXT("name", flow.interface) },
	{},
};

static const struct json_field ip_trace_fields[] = {
	{ U64("trace_id", flow.ip_trace_id) },
	{},
};

static const struct json_field source_container_fields[] = {
	{ TEXT("name", flow.source.container) },
	{},
};

static const struct json_field source_owner_fields[] = {
	{ U64("pid", flow.source.pid) },
	{ TEXT("comm", flow.source.comm) },
	{ TEXT("unit", flow.source.unit) },
	{ OBJECT("container", flow.source.has_container, source_container_fields) },
	{},
};

static const struct json_field destination_container_fields[] = {
	{ TEXT("name", flow.destination.container) },
	{},
};

static const struct json_field destination_owner_fields[] = {
	{ U64("pid", flow.destination.pid) },
	{ TEXT("comm", flow.destination.comm) },
	{ TEXT("unit", flow.destination.unit) },
	{ OBJECT("container", flow.destination.has_container, destination_container_fields) },
	{},
};

static const struct json_field value_fields[] = {
	{ OBJECT("source", flow.source.has_owner, source_owner_fields) },
	{ OBJECT("destination", flow.destination.has_owner, destination_owner_fields) },
	{ U64("source_port", flow.source.port) }, /* of protocols that are not in l4 */
	{ U64("destination_port", flow.destination.port) },
	{},
};

static const struct json_field extensions_fields[] = {
	{ OBJECT("value", flow.has_values, value_fields) },
	{},
};

static const struct json_field flow_fields[] = {
	{ TIME("time", flow.time) },
	{ ENUM("verdict", flow.verdict, NAMES_VERDICT) },
	{ ENUM("auth_type", flow.auth_type, NAMES_AUTH_TYPE) },
	{ OBJECT("ethernet", flow.has_ethernet, ethernet_fields) },
	{ OBJECT("IP", flow.has_ip, ip_fields) },
	{ OBJECT("l4", flow.has_l4, l4_fields) },
	{ OBJECT("source", flow.source.has_endpoint, source_fields) },
	{ OBJECT("destination", flow.destination.has_endpoint, destination_fields) },
	{ TEXT("node_name", flow.node_name) },
	{ RAW("source_names", flow.source.names) },
	{ RAW("destination_names", flow.destination.names) },
	{ OBJECT("l7", flow.has_l7, l7_fields) },
	{ OBJECT("event_type", flow.has_event_type, event_type_fields) },
	{ OBJECT("source_service", flow.source.has_service, source_service_fields) },
	{ OBJECT("destination_service", flow.destination.has_service, destination_service_fields) },
	{ ENUM("traffic_direction", flow.direction, NAMES_DIRECTION) },
	{ I64("policy_match_type", flow.policy_match) },
	{ OBJECT("ip_trace_id", flow.has_ip_trace, ip_trace_fields) },
	{ TRISTATE("is_reply", flow.is_reply) },
	{ ENUM("debug_capture_point", flow.capture_point, NAMES_CAPTURE_POINT) },
	{ ENUM("sock_xlate_point", flow.socket_point, NAMES_SOCKET_POINT) },
	{ OBJECT("interface", flow.has_interface, interface_fields) },
	{ TEXT("Summary", flow.summary) },
	{ OBJECT("extensions", flow.has_extensions, extensions_fields) },
	{ RAW("egress_allowed_by", flow.egress_allowed_by) },
	{ RAW("ingress_allowed_by", flow.ingress_allowed_by) },
	{ RAW("egress_denied_by", flow.egress_denied_by) },
	{ RAW("ingress_denied_by", flow.ingress_denied_by) },
	{},
};

static const struct json_field lost_fields[] = {
	{ ENUM("source", lost.source, NAMES_LOST_SOURCE) },
	{ U64("num_events_lost", lost.count) },
	{ I64("cpu", lost.cpu) },
	{ TIME("first", lost.first) },
	{ TIME("last", lost.last) },
	{},
};

static const struct json_field node_status_fields[] = {
	{ ENUM("state_change", node_status.state, NAMES_NODE_STATE) },
	{ RAW("node_names", node_status.names) },
	{ TEXT("message", node_status.message) },
	{},
};

const struct json_field flow_view_fields[] = {
	{ OBJECT("flow", has_flow, flow_fields) },
	{ OBJECT("lost_events", has_lost, lost_fields) },
	{ OBJECT("node_status", has_node_status, node_status_fields) },
	{ RAW("agent_event", agent_event) },
	{ RAW("debug_event", debug_event) },
	{ TEXT("node_name", node_name) },
	{ TIME("time", time) },
	{},
};

static const struct json_field brief_flow_fields[] = {
	{ TIME("time", flow.time) },
	{},
};

const struct json_field flow_view_brief[] = {
	{ OBJECT("flow", has_flow, brief_flow_fields) },
	{ OBJECT("lost_events", has_lost, no_fields) },
	{ OBJECT("node_status", has_node_status, no_fields) },
	{ RAW("agent_event", agent_event) },
	{ RAW("debug_event", debug_event) },
	{ TIME("time", time) },
	{},
};

static bool is_object(struct text json)
{
	return json.len && json.bytes[0] == '{';
}

static enum flow_view_kind find_kind(const struct flow_view *view)
{
	if (view->has_flow)
		return FLOW_VIEW_FLOW;
	if (view->has_lost)
		return FLOW_VIEW_LOST;
	if (is_object(view->agent_event))
		return FLOW_VIEW_AGENT_EVENT;
	if (is_object(view->debug_event))
		return FLOW_VIEW_DEBUG_EVENT;
	return view->has_node_status ? FLOW_VIEW_NODE_STATUS : FLOW_VIEW_NOTHING;
}

bool flow_view_is_of(const struct flow_view *view, enum flow_subject subject)
{
	static const enum flow_view_kind kinds[] = {
		[SUBJECT_FLOWS] = FLOW_VIEW_FLOW,
		[SUBJECT_AGENT_EVENTS] = FLOW_VIEW_AGENT_EVENT,
		[SUBJECT_DEBUG_EVENTS] = FLOW_VIEW_DEBUG_EVENT,
	};
	_Static_assert(ARRAY_SIZE(kinds) == SUBJECT_MAX, "a kind for every subject");

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i] == view->kind)
			return i == subject;
	}
	return true;
}

bool flow_view_begin(struct flow_view *view, size_t scratch_len)
{
	struct buf scratch = view->scratch;
	bool has_room;

	buf_truncate(&scratch, 0);
	has_room = buf_reserve(&scratch, scratch_len);
	*view = (struct flow_view){ .scratch = scratch };
	return has_room;
}

void flow_view_end(struct flow_view *view)
{
	view->kind = find_kind(view);
}

int flow_view_parse(struct flow_view *view, const char *line, size_t len)
{
	struct json_scan scan;

	if (!flow_view_begin(view, len))
		return -ENOMEM;
	json_scan_init(&scan, (struct text){ line, len }, &view->scratch);
	json_fields_read(flow_view_fields, &scan, view);
	if (!json_scan_is_done(&scan))
		return -EBADMSG;
	flow_view_end(view);
	return 0;
}

void flow_view_done(struct flow_view *view)
{
	buf_done(&view->scratch);
	*view = (struct flow_view){};
}
