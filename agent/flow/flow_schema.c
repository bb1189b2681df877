// SPDX-License-Identifier: BSD-2-Clause
/* Hubble's API 1.19.4: nothing but tables. */
#include "flow_schema.h"

#include "base/cleanup.h"

#include "json_key.h"

#define NAME(key)	      .name = (key), .len = sizeof(key) - 1
#define STRING(key)	      NAME(key), .kind = SCHEMA_STRING
#define NUMBER(key)	      NAME(key), .kind = SCHEMA_NUMBER
#define NUMBER_64(key)	      NAME(key), .kind = SCHEMA_NUMBER_64
#define BOOL(key)	      NAME(key), .kind = SCHEMA_BOOL
#define NUMBER_VALUE(key)     NAME(key), .kind = SCHEMA_NUMBER_VALUE
#define BOOL_VALUE(key)	      NAME(key), .kind = SCHEMA_BOOL_VALUE
#define TIME(key)	      NAME(key), .kind = SCHEMA_TIME
#define ANY(key)	      NAME(key), .kind = SCHEMA_ANY
#define ENUM(key, by)	      NAME(key), .kind = SCHEMA_ENUM, .names = (by)
#define MESSAGE(key, message) NAME(key), .kind = SCHEMA_MESSAGE, .fields = (message)
#define LIST		      .is_list = true

static const struct schema_field emitter[] = {
	{ STRING("name") },
	{ STRING("version") },
	{},
};

static const struct schema_field ethernet[] = {
	{ STRING("source") },
	{ STRING("destination") },
	{},
};

static const struct schema_field ip[] = {
	{ STRING("source") },	   { STRING("source_xlated") },
	{ STRING("destination") }, { ENUM("ipVersion", NAMES_IP_VERSION) },
	{ BOOL("encrypted") },	   {},
};

static const struct schema_field tcp_flags[] = {
	{ BOOL("FIN") }, { BOOL("SYN") }, { BOOL("RST") }, { BOOL("PSH") }, { BOOL("ACK") },
	{ BOOL("URG") }, { BOOL("ECE") }, { BOOL("CWR") }, { BOOL("NS") },  {},
};

static const struct schema_field tcp[] = {
	{ NUMBER("source_port") },
	{ NUMBER("destination_port") },
	{ MESSAGE("flags", tcp_flags) },
	{},
};

static const struct schema_field ports[] = {
	{ NUMBER("source_port") },
	{ NUMBER("destination_port") },
	{},
};

static const struct schema_field icmp[] = {
	{ NUMBER("type") },
	{ NUMBER("code") },
	{},
};

static const struct schema_field vrrp[] = {
	{ NUMBER("type") },
	{ NUMBER("vrid") },
	{ NUMBER("priority") },
	{},
};

static const struct schema_field igmp[] = {
	{ NUMBER("type") },
	{ STRING("group_address") },
	{},
};

static const struct schema_field l4[] = {
	{ MESSAGE("TCP", tcp) },     { MESSAGE("UDP", ports) },
	{ MESSAGE("ICMPv4", icmp) }, { MESSAGE("ICMPv6", icmp) },
	{ MESSAGE("SCTP", ports) },  { MESSAGE("VRRP", vrrp) },
	{ MESSAGE("IGMP", igmp) },   {},
};

static const struct schema_field tunnel[] = {
	{ ENUM("protocol", NAMES_TUNNEL_PROTOCOL) },
	{ MESSAGE("IP", ip) },
	{ MESSAGE("l4", l4) },
	{ NUMBER("vni") },
	{},
};

static const struct schema_field workload[] = {
	{ STRING("name") },
	{ STRING("kind") },
	{},
};

static const struct schema_field endpoint[] = {
	{ NUMBER("ID") },
	{ NUMBER("identity") },
	{ STRING("cluster_name") },
	{ STRING("namespace") },
	{ STRING("labels"), LIST },
	{ STRING("pod_name") },
	{ MESSAGE("workloads", workload), LIST },
	{},
};

static const struct schema_field dns[] = {
	{ STRING("query") },	    { STRING("ips"), LIST },	      { NUMBER("ttl") },
	{ STRING("cnames"), LIST }, { STRING("observation_source") }, { NUMBER("rcode") },
	{ STRING("qtypes"), LIST }, { STRING("rrtypes"), LIST },      {},
};

static const struct schema_field http_header[] = {
	{ STRING("key") },
	{ STRING("value") },
	{},
};

static const struct schema_field http[] = {
	{ NUMBER("code") },
	{ STRING("method") },
	{ STRING("url") },
	{ STRING("protocol") },
	{ MESSAGE("headers", http_header), LIST },
	{},
};

static const struct schema_field kafka[] = {
	{ NUMBER("error_code") },     { NUMBER("api_version") }, { STRING("api_key") },
	{ NUMBER("correlation_id") }, { STRING("topic") },	 {},
};

static const struct schema_field l7[] = {
	{ ENUM("type", NAMES_L7_TYPE) }, { NUMBER_64("latency_ns") }, { MESSAGE("dns", dns) },
	{ MESSAGE("http", http) },	 { MESSAGE("kafka", kafka) }, {},
};

static const struct schema_field event_type[] = {
	{ NUMBER("type") },
	{ NUMBER("sub_type") },
	{},
};

static const struct schema_field service[] = {
	{ STRING("name") },
	{ STRING("namespace") },
	{},
};

static const struct schema_field file[] = {
	{ STRING("name") },
	{ NUMBER("line") },
	{},
};

static const struct schema_field ip_trace_id[] = {
	{ NUMBER_64("trace_id") },
	{ NUMBER("ip_option_type") },
	{},
};

static const struct schema_field interface[] = {
	{ NUMBER("index") },
	{ STRING("name") },
	{},
};

static const struct schema_field trace_parent[] = {
	{ STRING("trace_id") },
	{},
};

static const struct schema_field trace_context[] = {
	{ MESSAGE("parent", trace_parent) },
	{},
};

static const struct schema_field policy[] = {
	{ STRING("name") },	   { STRING("namespace") }, { STRING("labels"), LIST },
	{ NUMBER_64("revision") }, { STRING("kind") },	    {},
};

static const struct schema_field aggregate[] = {
	{ NUMBER("ingress_flow_count") },
	{ NUMBER("egress_flow_count") },
	{ NUMBER("unknown_direction_flow_count") },
	{},
};

const struct schema_field schema_flow[] = {
	{ TIME("time") },
	{ STRING("uuid") },
	{ MESSAGE("emitter", emitter) },
	{ ENUM("verdict", NAMES_VERDICT) },
	{ NUMBER("drop_reason") },
	{ ENUM("auth_type", NAMES_AUTH_TYPE) },
	{ MESSAGE("ethernet", ethernet) },
	{ MESSAGE("IP", ip) },
	{ MESSAGE("l4", l4) },
	{ MESSAGE("tunnel", tunnel) },
	{ MESSAGE("source", endpoint) },
	{ MESSAGE("destination", endpoint) },
	{ ENUM("Type", NAMES_FLOW_TYPE) },
	{ STRING("node_name") },
	{ STRING("node_labels"), LIST },
	{ STRING("source_names"), LIST },
	{ STRING("destination_names"), LIST },
	{ MESSAGE("l7", l7) },
	{ BOOL("reply") },
	{ MESSAGE("event_type", event_type) },
	{ MESSAGE("source_service", service) },
	{ MESSAGE("destination_service", service) },
	{ ENUM("traffic_direction", NAMES_DIRECTION) },
	{ NUMBER("policy_match_type") },
	{ ENUM("trace_observation_point", NAMES_OBSERVATION_POINT) },
	{ ENUM("trace_reason", NAMES_TRACE_REASON) },
	{ MESSAGE("file", file) },
	{ MESSAGE("ip_trace_id", ip_trace_id) },
	{ ENUM("drop_reason_desc", NAMES_DROP_NAME) },
	{ BOOL_VALUE("is_reply") },
	{ ENUM("debug_capture_point", NAMES_CAPTURE_POINT) },
	{ MESSAGE("interface", interface) },
	{ NUMBER("proxy_port") },
	{ MESSAGE("trace_context", trace_context) },
	{ ENUM("sock_xlate_point", NAMES_SOCKET_POINT) },
	{ NUMBER_64("socket_cookie") },
	{ NUMBER_64("cgroup_id") },
	{ STRING("Summary") },
	{ ANY("extensions") },
	{ MESSAGE("egress_allowed_by", policy), LIST },
	{ MESSAGE("ingress_allowed_by", policy), LIST },
	{ MESSAGE("egress_denied_by", policy), LIST },
	{ MESSAGE("ingress_denied_by", policy), LIST },
	{ STRING("policy_log"), LIST },
	{ MESSAGE("aggregate", aggregate) },
	{},
};
_Static_assert(ARRAY_SIZE(schema_flow) <= SCHEMA_FIELDS_MAX, "the longest message");

static const struct schema_field lost_event[] = {
	{ ENUM("source", NAMES_LOST_SOURCE) },
	{ NUMBER_64("num_events_lost") },
	{ NUMBER_VALUE("cpu") },
	{ TIME("first") },
	{ TIME("last") },
	{},
};

static const struct schema_field node_status[] = {
	{ ENUM("state_change", NAMES_NODE_STATE) },
	{ STRING("node_names"), LIST },
	{ STRING("message") },
	{},
};

static const struct schema_field unknown_event[] = {
	{ STRING("type") },
	{ STRING("notification") },
	{},
};

static const struct schema_field agent_start[] = { { TIME("time") }, {} };

static const struct schema_field policy_update[] = {
	{ STRING("labels"), LIST },
	{ NUMBER_64("revision") },
	{ NUMBER_64("rule_count") },
	{},
};

static const struct schema_field endpoint_regenerate[] = {
	{ NUMBER_64("id") },
	{ STRING("labels"), LIST },
	{ STRING("error") },
	{},
};

static const struct schema_field endpoint_update[] = {
	{ NUMBER_64("id") },	{ STRING("labels"), LIST }, { STRING("error") },
	{ STRING("pod_name") }, { STRING("namespace") },    {},
};

static const struct schema_field ipcache_update[] = {
	{ STRING("cidr") },	 { NUMBER("identity") },    { NUMBER_VALUE("old_identity") },
	{ STRING("host_ip") },	 { STRING("old_host_ip") }, { NUMBER("encrypt_key") },
	{ STRING("namespace") }, { STRING("pod_name") },    {},
};

static const struct schema_field service_address[] = {
	{ STRING("ip") },
	{ NUMBER("port") },
	{},
};

static const struct schema_field service_upsert[] = {
	{ NUMBER_64("id") },
	{ MESSAGE("frontend_address", service_address) },
	{ MESSAGE("backend_addresses", service_address), LIST },
	{ STRING("type") },
	{ STRING("traffic_policy") },
	{ STRING("name") },
	{ STRING("namespace") },
	{ STRING("ext_traffic_policy") },
	{ STRING("int_traffic_policy") },
	{},
};

static const struct schema_field service_delete[] = { { NUMBER("id") }, {} };

static const struct schema_field agent_event[] = {
	{ ENUM("type", NAMES_AGENT_EVENT_TYPE) },
	{ MESSAGE("unknown", unknown_event) },
	{ MESSAGE("agent_start", agent_start) },
	{ MESSAGE("policy_update", policy_update) },
	{ MESSAGE("endpoint_regenerate", endpoint_regenerate) },
	{ MESSAGE("endpoint_update", endpoint_update) },
	{ MESSAGE("ipcache_update", ipcache_update) },
	{ MESSAGE("service_upsert", service_upsert) },
	{ MESSAGE("service_delete", service_delete) },
	{},
};

static const struct schema_field debug_event[] = {
	{ ENUM("type", NAMES_DEBUG_EVENT_TYPE) },
	{ MESSAGE("source", endpoint) },
	{ NUMBER_VALUE("hash") },
	{ NUMBER_VALUE("arg1") },
	{ NUMBER_VALUE("arg2") },
	{ NUMBER_VALUE("arg3") },
	{ STRING("message") },
	{ NUMBER_VALUE("cpu") },
	{},
};

const struct schema_field schema_response[] = {
	{ MESSAGE("flow", schema_flow) },
	{ MESSAGE("node_status", node_status) },
	{ MESSAGE("lost_events", lost_event) },
	{ MESSAGE("agent_event", agent_event) },
	{ MESSAGE("debug_event", debug_event) },
	{ STRING("node_name") },
	{ TIME("time") },
	{},
};

/* The names of a field in JSON begin alike: most others are seen not to be it at once. */
static bool is_field(const struct schema_field *field, struct text name)
{
	return name.len && *name.bytes == *field->name && json_key_is(name, field->name);
}

const struct schema_field *schema_find(const struct schema_field *fields, struct text name)
{
	return schema_find_from(fields, fields, name);
}

const struct schema_field *schema_find_from(const struct schema_field *fields,
					    const struct schema_field *first, struct text name)
{
	for (const struct schema_field *field = first; field->kind; field++) {
		if (is_field(field, name))
			return field;
	}
	for (; fields < first; fields++) {
		if (is_field(fields, name))
			return fields;
	}
	return NULL;
}
