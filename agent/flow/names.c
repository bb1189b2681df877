// SPDX-License-Identifier: BSD-2-Clause
/* Hubble's enums and texts, indexed by their numbers. */
#include "names.h"

#include "base/cleanup.h"

static const char *const verdicts[] = {
	[VERDICT_UNKNOWN] = "VERDICT_UNKNOWN",
	[VERDICT_FORWARDED] = "FORWARDED",
	[VERDICT_DROPPED] = "DROPPED",
	[VERDICT_ERROR] = "ERROR",
	[VERDICT_AUDIT] = "AUDIT",
	[VERDICT_REDIRECTED] = "REDIRECTED",
	[VERDICT_TRACED] = "TRACED",
	[VERDICT_TRANSLATED] = "TRANSLATED",
};
_Static_assert(ARRAY_SIZE(verdicts) == VERDICT_MAX, "a name for every verdict");

static const char *const directions[] = { "TRAFFIC_DIRECTION_UNKNOWN", "INGRESS", "EGRESS" };

static const char *const l7_types[] = { "UNKNOWN_L7_TYPE", "REQUEST", "RESPONSE", "SAMPLE" };

static const char *const capture_points[] = {
	[0] = "DBG_CAPTURE_POINT_UNKNOWN", [4] = "DBG_CAPTURE_DELIVERY",
	[5] = "DBG_CAPTURE_FROM_LB",	   [6] = "DBG_CAPTURE_AFTER_V46",
	[7] = "DBG_CAPTURE_AFTER_V64",	   [8] = "DBG_CAPTURE_PROXY_PRE",
	[9] = "DBG_CAPTURE_PROXY_POST",	   [10] = "DBG_CAPTURE_SNAT_PRE",
	[11] = "DBG_CAPTURE_SNAT_POST",
};

static const char *const socket_points[] = {
	"SOCK_XLATE_POINT_UNKNOWN",
	"SOCK_XLATE_POINT_PRE_DIRECTION_FWD",
	"SOCK_XLATE_POINT_POST_DIRECTION_FWD",
	"SOCK_XLATE_POINT_PRE_DIRECTION_REV",
	"SOCK_XLATE_POINT_POST_DIRECTION_REV",
};

static const char *const auth_types[] = { "DISABLED", "SPIRE", "TEST_ALWAYS_FAIL" };

static const char *const lost_sources[] = {
	"UNKNOWN_LOST_EVENT_SOURCE",
	"PERF_EVENT_RING_BUFFER",
	"OBSERVER_EVENTS_QUEUE",
	"HUBBLE_RING_BUFFER",
};

static const char *const node_states[] = {
	[NODE_STATE_UNKNOWN] = "UNKNOWN_NODE_STATE",
	[NODE_STATE_CONNECTED] = "NODE_CONNECTED",
	[NODE_STATE_UNAVAILABLE] = "NODE_UNAVAILABLE",
	[NODE_STATE_GONE] = "NODE_GONE",
	[NODE_STATE_ERROR] = "NODE_ERROR",
};
_Static_assert(ARRAY_SIZE(node_states) == NODE_STATE_MAX, "a name for every node state");

static const char *const flow_types[] = { "UNKNOWN_TYPE", "L3_L4", "L7", "SOCK" };

static const char *const ip_versions[] = { "IP_NOT_USED", "IPv4", "IPv6" };

static const char *const tunnel_protocols[] = { "UNKNOWN", "VXLAN", "GENEVE" };

static const char *const trace_reasons[] = {
	"TRACE_REASON_UNKNOWN", "NEW",	      "ESTABLISHED",	 "REPLY", "RELATED", "REOPENED",
	"SRV6_ENCAP",		"SRV6_DECAP", "ENCRYPT_OVERLAY",
};

static const char *const observation_points[] = {
	[0] = "UNKNOWN_POINT", [1] = "TO_PROXY",      [2] = "TO_HOST",	     [3] = "TO_STACK",
	[4] = "TO_OVERLAY",    [5] = "FROM_ENDPOINT", [6] = "FROM_PROXY",    [7] = "FROM_HOST",
	[8] = "FROM_STACK",    [9] = "FROM_OVERLAY",  [10] = "FROM_NETWORK", [11] = "TO_NETWORK",
	[12] = "FROM_CRYPTO",  [13] = "TO_CRYPTO",    [101] = "TO_ENDPOINT",
};

static const char *const agent_event_types[] = {
	[0] = "AGENT_EVENT_UNKNOWN",
	[AGENT_EVENT_STARTED] = "AGENT_STARTED",
	[3] = "POLICY_UPDATED",
	[4] = "POLICY_DELETED",
	[5] = "ENDPOINT_REGENERATE_SUCCESS",
	[6] = "ENDPOINT_REGENERATE_FAILURE",
	[AGENT_EVENT_ENDPOINT_CREATED] = "ENDPOINT_CREATED",
	[AGENT_EVENT_ENDPOINT_DELETED] = "ENDPOINT_DELETED",
	[AGENT_EVENT_IPCACHE_UPSERTED] = "IPCACHE_UPSERTED",
	[AGENT_EVENT_IPCACHE_DELETED] = "IPCACHE_DELETED",
	[11] = "SERVICE_UPSERTED",
	[12] = "SERVICE_DELETED",
};

static const char *const debug_event_types[] = {
	"DBG_EVENT_UNKNOWN",
	"DBG_GENERIC",
	"DBG_LOCAL_DELIVERY",
	"DBG_ENCAP",
	"DBG_LXC_FOUND",
	"DBG_POLICY_DENIED",
	"DBG_CT_LOOKUP",
	"DBG_CT_LOOKUP_REV",
	"DBG_CT_MATCH",
	"DBG_CT_CREATED",
	"DBG_CT_CREATED2",
	"DBG_ICMP6_HANDLE",
	"DBG_ICMP6_REQUEST",
	"DBG_ICMP6_NS",
	"DBG_ICMP6_TIME_EXCEEDED",
	"DBG_CT_VERDICT",
	"DBG_DECAP",
	"DBG_PORT_MAP",
	"DBG_ERROR_RET",
	"DBG_TO_HOST",
	"DBG_TO_STACK",
	"DBG_PKT_HASH",
	"DBG_LB6_LOOKUP_FRONTEND",
	"DBG_LB6_LOOKUP_FRONTEND_FAIL",
	"DBG_LB6_LOOKUP_BACKEND_SLOT",
	"DBG_LB6_LOOKUP_BACKEND_SLOT_SUCCESS",
	"DBG_LB6_LOOKUP_BACKEND_SLOT_V2_FAIL",
	"DBG_LB6_LOOKUP_BACKEND_FAIL",
	"DBG_LB6_REVERSE_NAT_LOOKUP",
	"DBG_LB6_REVERSE_NAT",
	"DBG_LB4_LOOKUP_FRONTEND",
	"DBG_LB4_LOOKUP_FRONTEND_FAIL",
	"DBG_LB4_LOOKUP_BACKEND_SLOT",
	"DBG_LB4_LOOKUP_BACKEND_SLOT_SUCCESS",
	"DBG_LB4_LOOKUP_BACKEND_SLOT_V2_FAIL",
	"DBG_LB4_LOOKUP_BACKEND_FAIL",
	"DBG_LB4_REVERSE_NAT_LOOKUP",
	"DBG_LB4_REVERSE_NAT",
	"DBG_LB4_LOOPBACK_SNAT",
	"DBG_LB4_LOOPBACK_SNAT_REV",
	"DBG_CT_LOOKUP4",
	"DBG_RR_BACKEND_SLOT_SEL",
	"DBG_REV_PROXY_LOOKUP",
	"DBG_REV_PROXY_FOUND",
	"DBG_REV_PROXY_UPDATE",
	"DBG_L4_POLICY",
	"DBG_NETDEV_IN_CLUSTER",
	"DBG_NETDEV_ENCAP4",
	"DBG_CT_LOOKUP4_1",
	"DBG_CT_LOOKUP4_2",
	"DBG_CT_CREATED4",
	"DBG_CT_LOOKUP6_1",
	"DBG_CT_LOOKUP6_2",
	"DBG_CT_CREATED6",
	"DBG_SKIP_PROXY",
	"DBG_L4_CREATE",
	"DBG_IP_ID_MAP_FAILED4",
	"DBG_IP_ID_MAP_FAILED6",
	"DBG_IP_ID_MAP_SUCCEED4",
	"DBG_IP_ID_MAP_SUCCEED6",
	"DBG_LB_STALE_CT",
	"DBG_INHERIT_IDENTITY",
	"DBG_SK_LOOKUP4",
	"DBG_SK_LOOKUP6",
	"DBG_SK_ASSIGN",
	"DBG_L7_LB",
	"DBG_SKIP_POLICY",
	"DBG_LB6_LOOPBACK_SNAT",
	"DBG_LB6_LOOPBACK_SNAT_REV",
};

static const char *const identities[] = {
	"unknown",     "host",		 "world",   "unmanaged",  "health",	"init",
	"remote-node", "kube-apiserver", "ingress", "world-ipv4", "world-ipv6",
};

static const char *const trace_points[] = {
	"to-endpoint",	 "to-proxy",   "to-host",     "to-stack",   "to-overlay",
	"from-endpoint", "from-proxy", "from-host",   "from-stack", "from-overlay",
	"from-network",	 "to-network", "from-crypto", "to-crypto",
};

static const char *const policy_matches[] = {
	"none", "L3-Only", "L3-L4", "L4-Only", "all", "L3-Proto", "Proto-Only",
};

static const char *const socket_texts[] = {
	[1] = "pre-xlate-fwd",
	[2] = "post-xlate-fwd",
	[3] = "pre-xlate-rev",
	[4] = "post-xlate-rev",
};

static const char *const drop_reasons[] = {
	[0] = "Success",
	[130] = "Invalid source mac",
	[131] = "Invalid destination mac",
	[132] = "Invalid source ip",
	[133] = "Policy denied",
	[134] = "Invalid packet",
	[135] = "CT: Truncated or invalid header",
	[136] = "Fragmentation needed",
	[137] = "CT: Unknown L4 protocol",
	[138] = "CT: Can't create entry from packet",
	[139] = "Unsupported L3 protocol",
	[140] = "Missed tail call",
	[141] = "Error writing to packet",
	[142] = "Unknown L4 protocol",
	[143] = "Unknown ICMPv4 code",
	[144] = "Unknown ICMPv4 type",
	[145] = "Unknown ICMPv6 code",
	[146] = "Unknown ICMPv6 type",
	[147] = "Error retrieving tunnel key",
	[148] = "Error retrieving tunnel options",
	[149] = "Invalid Geneve option",
	[150] = "Unknown L3 target address",
	[151] = "Stale or unroutable IP",
	[152] = "No matching local container found",
	[153] = "Error while correcting L3 checksum",
	[154] = "Error while correcting L4 checksum",
	[155] = "CT: Map insertion failed",
	[156] = "Invalid IPv6 extension header",
	[157] = "IP fragmentation not supported",
	[158] = "Service backend not found",
	[160] = "No tunnel/encapsulation endpoint (datapath BUG!)",
	[161] = "NAT 46/64 not enabled",
	[162] = "Reached EDT rate-limiting drop horizon",
	[163] = "Unknown connection tracking state",
	[164] = "Local host is unreachable",
	[165] = "No configuration available to perform policy decision",
	[166] = "Unsupported L2 protocol",
	[167] = "No mapping for NAT masquerade",
	[168] = "Unsupported protocol for NAT masquerade",
	[169] = "FIB lookup failed",
	[170] = "Encapsulation traffic is prohibited",
	[171] = "Invalid identity",
	[172] = "Unknown sender",
	[173] = "NAT not needed",
	[174] = "Is a ClusterIP",
	[175] = "First logical datagram fragment not found",
	[176] = "Forbidden ICMPv6 message",
	[177] = "Denied by LB src range check",
	[178] = "Socket lookup failed",
	[179] = "Socket assign failed",
	[180] = "Proxy redirection not supported for protocol",
	[181] = "Policy denied by denylist",
	[182] = "VLAN traffic disallowed by VLAN filter",
	[183] = "Incorrect VNI from VTEP",
	[184] = "Failed to update or lookup TC buffer",
	[185] = "No SID was found for the IP address",
	[186] = "SRv6 state was removed during tail call",
	[187] = "L3 translation from IPv4 to IPv6 failed (NAT46)",
	[188] = "L3 translation from IPv6 to IPv4 failed (NAT64)",
	[189] = "Authentication required",
	[190] = "No conntrack map found",
	[191] = "No nat map found",
	[192] = "Invalid ClusterID",
	[193] = "Unsupported packet protocol for DSR encapsulation",
	[194] = "No egress gateway found",
	[195] = "Traffic is unencrypted",
	[196] = "TTL exceeded",
	[197] = "No node ID found",
	[198] = "Rate limited",
	[199] = "IGMP handled",
	[200] = "IGMP subscribed",
	[201] = "Multicast handled",
	[202] = "Host datapath not ready",
	[203] = "Endpoint policy program not available",
	[204] = "No Egress IP configured",
	[205] = "Punt to proxy",
};

static const char *const drop_names[] = {
	[0] = "DROP_REASON_UNKNOWN",
	[130] = "INVALID_SOURCE_MAC",
	[131] = "INVALID_DESTINATION_MAC",
	[132] = "INVALID_SOURCE_IP",
	[133] = "POLICY_DENIED",
	[134] = "INVALID_PACKET_DROPPED",
	[135] = "CT_TRUNCATED_OR_INVALID_HEADER",
	[136] = "CT_MISSING_TCP_ACK_FLAG",
	[137] = "CT_UNKNOWN_L4_PROTOCOL",
	[138] = "CT_CANNOT_CREATE_ENTRY_FROM_PACKET",
	[139] = "UNSUPPORTED_L3_PROTOCOL",
	[140] = "MISSED_TAIL_CALL",
	[141] = "ERROR_WRITING_TO_PACKET",
	[142] = "UNKNOWN_L4_PROTOCOL",
	[143] = "UNKNOWN_ICMPV4_CODE",
	[144] = "UNKNOWN_ICMPV4_TYPE",
	[145] = "UNKNOWN_ICMPV6_CODE",
	[146] = "UNKNOWN_ICMPV6_TYPE",
	[147] = "ERROR_RETRIEVING_TUNNEL_KEY",
	[148] = "ERROR_RETRIEVING_TUNNEL_OPTIONS",
	[149] = "INVALID_GENEVE_OPTION",
	[150] = "UNKNOWN_L3_TARGET_ADDRESS",
	[151] = "STALE_OR_UNROUTABLE_IP",
	[152] = "NO_MATCHING_LOCAL_CONTAINER_FOUND",
	[153] = "ERROR_WHILE_CORRECTING_L3_CHECKSUM",
	[154] = "ERROR_WHILE_CORRECTING_L4_CHECKSUM",
	[155] = "CT_MAP_INSERTION_FAILED",
	[156] = "INVALID_IPV6_EXTENSION_HEADER",
	[157] = "IP_FRAGMENTATION_NOT_SUPPORTED",
	[158] = "SERVICE_BACKEND_NOT_FOUND",
	[160] = "NO_TUNNEL_OR_ENCAPSULATION_ENDPOINT",
	[161] = "FAILED_TO_INSERT_INTO_PROXYMAP",
	[162] = "REACHED_EDT_RATE_LIMITING_DROP_HORIZON",
	[163] = "UNKNOWN_CONNECTION_TRACKING_STATE",
	[164] = "LOCAL_HOST_IS_UNREACHABLE",
	[165] = "NO_CONFIGURATION_AVAILABLE_TO_PERFORM_POLICY_DECISION",
	[166] = "UNSUPPORTED_L2_PROTOCOL",
	[167] = "NO_MAPPING_FOR_NAT_MASQUERADE",
	[168] = "UNSUPPORTED_PROTOCOL_FOR_NAT_MASQUERADE",
	[169] = "FIB_LOOKUP_FAILED",
	[170] = "ENCAPSULATION_TRAFFIC_IS_PROHIBITED",
	[171] = "INVALID_IDENTITY",
	[172] = "UNKNOWN_SENDER",
	[173] = "NAT_NOT_NEEDED",
	[174] = "IS_A_CLUSTERIP",
	[175] = "FIRST_LOGICAL_DATAGRAM_FRAGMENT_NOT_FOUND",
	[176] = "FORBIDDEN_ICMPV6_MESSAGE",
	[177] = "DENIED_BY_LB_SRC_RANGE_CHECK",
	[178] = "SOCKET_LOOKUP_FAILED",
	[179] = "SOCKET_ASSIGN_FAILED",
	[180] = "PROXY_REDIRECTION_NOT_SUPPORTED_FOR_PROTOCOL",
	[181] = "POLICY_DENY",
	[182] = "VLAN_FILTERED",
	[183] = "INVALID_VNI",
	[184] = "INVALID_TC_BUFFER",
	[185] = "NO_SID",
	[186] = "MISSING_SRV6_STATE",
	[187] = "NAT46",
	[188] = "NAT64",
	[189] = "AUTH_REQUIRED",
	[190] = "CT_NO_MAP_FOUND",
	[191] = "SNAT_NO_MAP_FOUND",
	[192] = "INVALID_CLUSTER_ID",
	[193] = "UNSUPPORTED_PROTOCOL_FOR_DSR_ENCAP",
	[194] = "NO_EGRESS_GATEWAY",
	[195] = "UNENCRYPTED_TRAFFIC",
	[196] = "TTL_EXCEEDED",
	[197] = "NO_NODE_ID",
	[198] = "DROP_RATE_LIMITED",
	[199] = "IGMP_HANDLED",
	[200] = "IGMP_SUBSCRIBED",
	[201] = "MULTICAST_HANDLED",
	[202] = "DROP_HOST_NOT_READY",
	[203] = "DROP_EP_NOT_READY",
	[204] = "DROP_NO_EGRESS_IP",
	[205] = "DROP_PUNT_PROXY",
};

static const char *const event_types[] = {
	[1] = "drop",		[2] = "debug",	    [3] = "capture", [4] = "trace",
	[5] = "policy-verdict", [7] = "trace-sock", [129] = "l7",    [130] = "agent",
};

static const char *const agent_events[] = {
	"unspecified",
	"message",
	"agent-started",
	"endpoint-regenerate-success",
	"endpoint-regenerate-failure",
	"policy-updated",
	"policy-deleted",
	"endpoint-created",
	"endpoint-deleted",
	"ipcache-upserted",
	"ipcache-deleted",
};

static const struct name_list {
	const char *const *names;
	size_t count;
} lists[] = {
#define LIST(names)                      \
	{                                \
		names, ARRAY_SIZE(names) \
	}
	[NAMES_VERDICT] = LIST(verdicts),
	[NAMES_DIRECTION] = LIST(directions),
	[NAMES_L7_TYPE] = LIST(l7_types),
	[NAMES_CAPTURE_POINT] = LIST(capture_points),
	[NAMES_SOCKET_POINT] = LIST(socket_points),
	[NAMES_AUTH_TYPE] = LIST(auth_types),
	[NAMES_LOST_SOURCE] = LIST(lost_sources),
	[NAMES_NODE_STATE] = LIST(node_states),
	[NAMES_DROP_NAME] = LIST(drop_names),
	[NAMES_IDENTITY] = LIST(identities),
	[NAMES_TRACE_POINT] = LIST(trace_points),
	[NAMES_POLICY_MATCH] = LIST(policy_matches),
	[NAMES_SOCKET_TEXT] = LIST(socket_texts),
	[NAMES_DROP_REASON] = LIST(drop_reasons),
	[NAMES_FLOW_TYPE] = LIST(flow_types),
	[NAMES_IP_VERSION] = LIST(ip_versions),
	[NAMES_TUNNEL_PROTOCOL] = LIST(tunnel_protocols),
	[NAMES_TRACE_REASON] = LIST(trace_reasons),
	[NAMES_OBSERVATION_POINT] = LIST(observation_points),
	[NAMES_AGENT_EVENT_TYPE] = LIST(agent_event_types),
	[NAMES_DEBUG_EVENT_TYPE] = LIST(debug_event_types),
	[NAMES_EVENT_TYPE] = LIST(event_types),
	[NAMES_AGENT_EVENT] = LIST(agent_events),
#undef LIST
};
_Static_assert(ARRAY_SIZE(lists) == NAMES_MAX, "a list for every kind of name");

const char *names_get(enum names names, int64_t number)
{
	const struct name_list *list = &lists[names];

	if (number < 0 || (uint64_t)number >= list->count)
		return NULL;
	return list->names[number];
}

struct enum_value names_find(enum names names, struct text name)
{
	const struct name_list *list = &lists[names];

	for (size_t i = 0; i < list->count; i++) {
		if (list->names[i] && text_is(name, list->names[i]))
			return (struct enum_value){ (int64_t)i, name };
	}
	return (struct enum_value){ -1, name };
}
