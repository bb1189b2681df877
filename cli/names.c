// SPDX-License-Identifier: BSD-2-Clause
/* Hubble's enums and texts, indexed by their numbers. */
#include "names.h"

#include <inttypes.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"

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
	[NAMES_IDENTITY] = LIST(identities),
	[NAMES_TRACE_POINT] = LIST(trace_points),
	[NAMES_POLICY_MATCH] = LIST(policy_matches),
	[NAMES_SOCKET_TEXT] = LIST(socket_texts),
	[NAMES_DROP_REASON] = LIST(drop_reasons),
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

void names_append(struct buf *out, enum names names, struct enum_value value)
{
	const char *name = names_get(names, value.number);

	if (name)
		buf_append_str(out, name);
	else if (value.name.len)
		text_append(out, value.name);
	else
		buf_printf(out, "%" PRId64, value.number);
}
