// SPDX-License-Identifier: BSD-2-Clause
/* Nothing but tables. What both sides have is said once, by macros. */
#include "flow_reader_places.h"

#include "flow_reader.h"

#define AT(member) offsetof(struct flow_reader_values, member)
#define PLACE(name, id)                                                             \
	{                                                                           \
		.key = (name), .kind = JSON_FIELD_RAW, .offset = AT(at[FIELD_##id]) \
	}
#define WITHIN(name, member, rows)                                                               \
	{                                                                                        \
		.key = (name), .kind = JSON_FIELD_OBJECT, .offset = AT(member), .fields = (rows) \
	}
#define NOTHING_IN(name, member) WITHIN(name, member, nothing)

static const struct json_field nothing[] = { {} };

static const struct json_field ethernet[] = {
	PLACE("source", SOURCE_MAC),
	PLACE("destination", DESTINATION_MAC),
	{},
};

static const struct json_field ip[] = {
	PLACE("source", SOURCE_IP),	      PLACE("source_xlated", SOURCE_IP_XLATED),
	PLACE("destination", DESTINATION_IP), PLACE("ipVersion", IP_VERSION),
	PLACE("encrypted", ENCRYPTED),	      {},
};

static const struct json_field ports[] = {
	PLACE("source_port", SOURCE_PORT),
	PLACE("destination_port", DESTINATION_PORT),
	PLACE("flags", TCP_FLAGS),
	{},
};

static const struct json_field icmp[] = {
	PLACE("type", ICMP_TYPE),
	PLACE("code", ICMP_CODE),
	{},
};

static const struct json_field l4[] = {
	WITHIN("TCP", tcp, ports),	NOTHING_IN("VRRP", vrrp),
	WITHIN("UDP", udp, ports),	NOTHING_IN("IGMP", igmp),
	WITHIN("ICMPv4", icmpv4, icmp), WITHIN("ICMPv6", icmpv6, icmp),
	WITHIN("SCTP", sctp, ports),	{},
};

static const struct json_field dns[] = {
	PLACE("query", DNS_QUERY),
	{},
};

static const struct json_field http[] = {
	PLACE("code", HTTP_STATUS),
	PLACE("method", HTTP_METHOD),
	PLACE("url", HTTP_URL),
	PLACE("headers", HTTP_HEADER),
	{},
};

static const struct json_field l7[] = {
	WITHIN("dns", dns, dns),
	WITHIN("http", http, http),
	NOTHING_IN("kafka", kafka),
	{},
};

static const struct json_field event_type[] = {
	PLACE("type", TYPE),
	PLACE("sub_type", SUB_TYPE),
	{},
};

static const struct json_field interface[] = {
	PLACE("index", INTERFACE_INDEX),
	PLACE("name", INTERFACE),
	{},
};

static const struct json_field trace_parent[] = {
	PLACE("trace_id", TRACE_ID),
	{},
};

static const struct json_field trace_context[] = {
	WITHIN("parent", trace_parent, trace_parent),
	{},
};

static const struct json_field ip_trace_id[] = {
	PLACE("trace_id", IP_TRACE_ID),
	{},
};

static const struct json_field initiator[] = {
	PLACE("side", INITIATOR),
	PLACE("by", INITIATOR_BY),
	{},
};

static const struct json_field nat[] = {
	PLACE("role", NAT_ROLE),
	PLACE("twin", NAT_TWIN),
	{},
};

static const struct json_field encapsulated[] = {
	PLACE("vni", VNI),
	{},
};

#define SENT(name, SENDER)                                  \
	static const struct json_field name[] = {           \
		PLACE("packets", SENDER##_PACKETS),         \
		PLACE("bytes", SENDER##_BYTES),             \
		PLACE("retransmits", SENDER##_RETRANSMITS), \
		{},                                         \
	}

SENT(forward, FORWARD);
SENT(reverse, REVERSE);

#define ENDPOINT(name, SIDE)                           \
	static const struct json_field name[] = {      \
		PLACE("identity", SIDE##_IDENTITY),    \
		PLACE("cluster_name", SIDE##_CLUSTER), \
		PLACE("namespace", SIDE##_NAMESPACE),  \
		PLACE("labels", SIDE##_LABEL),         \
		PLACE("pod_name", SIDE##_POD),         \
		PLACE("workloads", SIDE##_WORKLOAD),   \
		{},                                    \
	}

ENDPOINT(source, SOURCE);
ENDPOINT(destination, DESTINATION);

#define SERVICE(name, SIDE)                                   \
	static const struct json_field name[] = {             \
		PLACE("name", SIDE##_SERVICE),                \
		PLACE("namespace", SIDE##_SERVICE_NAMESPACE), \
		{},                                           \
	}

SERVICE(source_service, SOURCE);
SERVICE(destination_service, DESTINATION);

#define CONTAINER(name, SIDE)                     \
	static const struct json_field name[] = { \
		PLACE("id", SIDE##_CONTAINER_ID), \
		PLACE("name", SIDE##_CONTAINER),  \
		{},                               \
	}

CONTAINER(source_container, SOURCE);
CONTAINER(destination_container, DESTINATION);

#define OWNER(name, SIDE, container_member, container_fields)            \
	static const struct json_field name[] = {                        \
		PLACE("pid", SIDE##_PID),                                \
		PLACE("comm", SIDE##_PROCESS),                           \
		PLACE("exe", SIDE##_EXE),                                \
		PLACE("uid", SIDE##_UID),                                \
		PLACE("netns", SIDE##_NETNS),                            \
		PLACE("cgroup", SIDE##_CGROUP),                          \
		PLACE("unit", SIDE##_UNIT),                              \
		WITHIN("container", container_member, container_fields), \
		PLACE("via", SIDE##_VIA),                                \
		{},                                                      \
	}

OWNER(source_owner, SOURCE, source_container, source_container);
OWNER(destination_owner, DESTINATION, destination_container, destination_container);

static const struct json_field value[] = {
	PLACE("event", EVENT),
	PLACE("conn_id", CONN_ID),
	PLACE("community_id", COMMUNITY_ID),
	PLACE("start", START),
	PLACE("duration_ns", DURATION_NS),
	PLACE("close_reason", CLOSE_REASON),
	WITHIN("initiator", initiator, initiator),
	PLACE("rtt_ns", RTT),
	PLACE("rtt_server_ns", RTT_SERVER),
	PLACE("rtt_client_ns", RTT_CLIENT),
	WITHIN("forward", forward, forward),
	WITHIN("reverse", reverse, reverse),
	WITHIN("source", source_owner, source_owner),
	WITHIN("destination", destination_owner, destination_owner),
	PLACE("ip_proto", IP_PROTO),
	PLACE("source_port", SOURCE_PORT), /* of protocols that are not in l4 */
	PLACE("destination_port", DESTINATION_PORT),
	PLACE("vlan", VLAN),
	WITHIN("encapsulated", encapsulated, encapsulated),
	PLACE("icmp_id", ICMP_ID),
	WITHIN("nat", nat, nat),
	{},
};

static const struct json_field extensions[] = {
	WITHIN("value", value, value),
	{},
};

static const struct json_field flow[] = {
	PLACE("time", AT),
	PLACE("uuid", UUID),
	PLACE("verdict", VERDICT),
	PLACE("drop_reason", DROP_REASON),
	WITHIN("ethernet", ethernet, ethernet),
	WITHIN("IP", ip, ip),
	WITHIN("l4", l4, l4),
	WITHIN("source", source, source),
	WITHIN("destination", destination, destination),
	PLACE("node_name", NODE),
	PLACE("node_labels", NODE_LABEL),
	PLACE("source_names", SOURCE_NAME),
	PLACE("destination_names", DESTINATION_NAME),
	WITHIN("l7", l7, l7),
	WITHIN("event_type", event_type, event_type),
	WITHIN("source_service", source_service, source_service),
	WITHIN("destination_service", destination_service, destination_service),
	PLACE("traffic_direction", DIRECTION),
	PLACE("trace_observation_point", POINT),
	WITHIN("ip_trace_id", ip_trace_id, ip_trace_id),
	PLACE("drop_reason_desc", DROP_REASON_DESC),
	PLACE("is_reply", REPLY),
	WITHIN("interface", interface, interface),
	WITHIN("trace_context", trace_context, trace_context),
	PLACE("socket_cookie", SOCKET_COOKIE),
	PLACE("cgroup_id", CGROUP_ID),
	PLACE("Summary", SUMMARY),
	WITHIN("extensions", extensions, extensions),
	{},
};

const struct json_field flow_reader_places[] = {
	WITHIN("flow", flow, flow),
	{},
};
