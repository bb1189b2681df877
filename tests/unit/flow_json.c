// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/flow_json.h"

#include <inttypes.h>

#include <json-c/json.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "filter/glob.h"
#include "tests/harness.h"

#define OURS "flow.extensions.value."

/* A path without "source." is of either end: in the flow, in its extensions, or "source_X". */
static const struct {
	enum field field;
	const char *path;
} paths[] = {
	{ FIELD_AT, "flow.time" },
	{ FIELD_UUID, "flow.uuid" },
	{ FIELD_VERDICT, "flow.verdict" },
	{ FIELD_TYPE, "flow.event_type.type" },
	{ FIELD_SUB_TYPE, "flow.event_type.sub_type" },
	{ FIELD_DIRECTION, "flow.traffic_direction" },
	{ FIELD_POINT, "flow.trace_observation_point" },
	{ FIELD_REPLY, "flow.is_reply" },
	{ FIELD_INTERFACE, "flow.interface.name" },
	{ FIELD_INTERFACE_INDEX, "flow.interface.index" },
	{ FIELD_NODE, "flow.node_name" },
	{ FIELD_NODE_LABEL, "flow.node_labels" },
	{ FIELD_IP_VERSION, "flow.IP.ipVersion" },
	{ FIELD_ENCRYPTED, "flow.IP.encrypted" },
	{ FIELD_DROP_REASON, "flow.drop_reason" },
	{ FIELD_DROP_REASON_DESC, "flow.drop_reason_desc" },
	{ FIELD_SUMMARY, "flow.Summary" },
	{ FIELD_SOCKET_COOKIE, "flow.socket_cookie" },
	{ FIELD_CGROUP_ID, "flow.cgroup_id" },
	{ FIELD_SOURCE_IP, "flow.IP.source" },
	{ FIELD_DESTINATION_IP, "flow.IP.destination" },
	{ FIELD_SOURCE_IP_XLATED, "flow.IP.source_xlated" },
	{ FIELD_SOURCE_MAC, "flow.ethernet.source" },
	{ FIELD_DESTINATION_MAC, "flow.ethernet.destination" },
	{ FIELD_SOURCE_IDENTITY, "flow.source.identity" },
	{ FIELD_DESTINATION_IDENTITY, "flow.destination.identity" },
	{ FIELD_SOURCE_NAMESPACE, "flow.source.namespace" },
	{ FIELD_DESTINATION_NAMESPACE, "flow.destination.namespace" },
	{ FIELD_SOURCE_POD, "flow.source.pod_name" },
	{ FIELD_DESTINATION_POD, "flow.destination.pod_name" },
	{ FIELD_SOURCE_LABEL, "flow.source.labels" },
	{ FIELD_DESTINATION_LABEL, "flow.destination.labels" },
	{ FIELD_SOURCE_WORKLOAD, "flow.source.workloads.name" },
	{ FIELD_DESTINATION_WORKLOAD, "flow.destination.workloads.name" },
	{ FIELD_SOURCE_WORKLOAD_KIND, "flow.source.workloads.kind" },
	{ FIELD_DESTINATION_WORKLOAD_KIND, "flow.destination.workloads.kind" },
	{ FIELD_SOURCE_SERVICE, "flow.source_service.name" },
	{ FIELD_DESTINATION_SERVICE, "flow.destination_service.name" },
	{ FIELD_SOURCE_SERVICE_NAMESPACE, "flow.source_service.namespace" },
	{ FIELD_DESTINATION_SERVICE_NAMESPACE, "flow.destination_service.namespace" },
	{ FIELD_SOURCE_NAME, "flow.source_names" },
	{ FIELD_DESTINATION_NAME, "flow.destination_names" },
	{ FIELD_SOURCE_CLUSTER, "flow.source.cluster_name" },
	{ FIELD_DESTINATION_CLUSTER, "flow.destination.cluster_name" },
	{ FIELD_EVENT, OURS "event" },
	{ FIELD_CONN_ID, OURS "conn_id" },
	{ FIELD_COMMUNITY_ID, OURS "community_id" },
	{ FIELD_START, OURS "start" },
	{ FIELD_DURATION_NS, OURS "duration_ns" },
	{ FIELD_CLOSE_REASON, OURS "close_reason" },
	{ FIELD_INITIATOR, OURS "initiator.side" },
	{ FIELD_INITIATOR_BY, OURS "initiator.by" },
	{ FIELD_RTT, OURS "rtt_ns" },
	{ FIELD_RTT_SERVER, OURS "rtt_server_ns" },
	{ FIELD_RTT_CLIENT, OURS "rtt_client_ns" },
	{ FIELD_FORWARD_BYTES, OURS "forward.bytes" },
	{ FIELD_FORWARD_PACKETS, OURS "forward.packets" },
	{ FIELD_FORWARD_RETRANSMITS, OURS "forward.retransmits" },
	{ FIELD_REVERSE_BYTES, OURS "reverse.bytes" },
	{ FIELD_REVERSE_PACKETS, OURS "reverse.packets" },
	{ FIELD_REVERSE_RETRANSMITS, OURS "reverse.retransmits" },
	{ FIELD_IP_PROTO, OURS "ip_proto" },
	{ FIELD_VLAN, OURS "vlan" },
	{ FIELD_VNI, OURS "encapsulated.vni" },
	{ FIELD_ICMP_ID, OURS "icmp_id" },
	{ FIELD_NAT_ROLE, OURS "nat.role" },
	{ FIELD_NAT_TWIN, OURS "nat.twin" },
	{ FIELD_SOURCE_PID, OURS "source.pid" },
	{ FIELD_DESTINATION_PID, OURS "destination.pid" },
	{ FIELD_SOURCE_PROCESS, OURS "source.comm" },
	{ FIELD_DESTINATION_PROCESS, OURS "destination.comm" },
	{ FIELD_SOURCE_EXE, OURS "source.exe" },
	{ FIELD_DESTINATION_EXE, OURS "destination.exe" },
	{ FIELD_SOURCE_UID, OURS "source.uid" },
	{ FIELD_DESTINATION_UID, OURS "destination.uid" },
	{ FIELD_SOURCE_CGROUP, OURS "source.cgroup" },
	{ FIELD_DESTINATION_CGROUP, OURS "destination.cgroup" },
	{ FIELD_SOURCE_UNIT, OURS "source.unit" },
	{ FIELD_DESTINATION_UNIT, OURS "destination.unit" },
	{ FIELD_SOURCE_CONTAINER, OURS "source.container.name" },
	{ FIELD_DESTINATION_CONTAINER, OURS "destination.container.name" },
	{ FIELD_SOURCE_CONTAINER_ID, OURS "source.container.id" },
	{ FIELD_DESTINATION_CONTAINER_ID, OURS "destination.container.id" },
	{ FIELD_SOURCE_NETNS, OURS "source.netns" },
	{ FIELD_DESTINATION_NETNS, OURS "destination.netns" },
	{ FIELD_SOURCE_VIA, OURS "source.via" },
	{ FIELD_DESTINATION_VIA, OURS "destination.via" },
};

/* "a.b.c" below the object. A list on the way: its member at index. NULL: not there. */
static struct json_object *at_path(struct json_object *object, const char *path, unsigned int index)
{
	char key[64];

	while (object && *path) {
		size_t len = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)len, path);
		path += len + (path[len] == '.');
		if (!json_object_object_get_ex(object, key, &object))
			return NULL;
		if (json_object_is_type(object, json_type_array)) {
			object = json_object_array_get_idx(object, index);
			index = 0;
		}
	}
	return index ? NULL : object;
}

static bool is_there(struct json_object *line, const char *path)
{
	return at_path(line, path, 0);
}

static const char *protocol_of(struct json_object *line)
{
	static const struct {
		const char *path, *name;
	} protocols[] = {
		{ "flow.l4.TCP", "tcp" },	{ "flow.l4.UDP", "udp" },
		{ "flow.l4.SCTP", "sctp" },	{ "flow.l4.ICMPv4", "icmpv4" },
		{ "flow.l4.ICMPv6", "icmpv6" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (is_there(line, protocols[i].path))
			return protocols[i].name;
	}
	return NULL;
}

/* Whichever of them the flow has. */
static struct json_object *of_layer4(struct json_object *line, const char *member)
{
	static const char *const layers[] = { "TCP", "UDP", "SCTP", "ICMPv4", "ICMPv6" };
	struct json_object *found = NULL;
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(layers) && !found; i++) {
		snprintf(path, sizeof(path), "flow.l4.%s.%s", layers[i], member);
		found = at_path(line, path, 0);
	}
	if (!found) { /* ports of what Hubble has no message for */
		snprintf(path, sizeof(path), OURS "%s", member);
		found = at_path(line, path, 0);
	}
	return found;
}

static uint64_t flags_of(struct json_object *flags)
{
	static const char *const names[] = { "FIN", "SYN", "RST", "PSH", "ACK",
					     "URG", "ECE", "CWR", "NS" };
	uint64_t mask = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		mask |= is_there(flags, names[i]) ? 1ULL << i : 0;
	return mask;
}

static bool show_number(char *text, uint64_t number)
{
	snprintf(text, FLOW_JSON_TEXT, "%" PRIu64, number);
	return true;
}

static bool show_sum(struct json_object *line, const char *what, char *text)
{
	char forward[64], reverse[64];
	struct json_object *a, *b;

	snprintf(forward, sizeof(forward), OURS "forward.%s", what);
	snprintf(reverse, sizeof(reverse), OURS "reverse.%s", what);
	a = at_path(line, forward, 0);
	b = at_path(line, reverse, 0);
	return (a || b) && show_number(text, json_object_get_uint64(a) + json_object_get_uint64(b));
}

static bool show_plain(struct json_object *value, enum field field, char *text)
{
	uint64_t ns;

	if (!value)
		return false;
	snprintf(text, FLOW_JSON_TEXT, "%s", json_object_get_string(value));
	if (field_row(field)->kind == FIELD_TIME) {
		assert_int_equal(time_from_rfc3339(text, &ns), 0);
		return show_number(text, ns);
	}
	if (field_row(field)->kind == FIELD_BOOL)
		return show_number(text, json_object_get_boolean(value));
	if (field == FIELD_IP_VERSION)
		return show_number(text, !strcmp(text, "IPv4") ? 4 : 6);
	for (; field == FIELD_DIRECTION && *text; text++)
		*text = glob_to_lower(*text);
	return true;
}

static bool show_layer4(struct json_object *line, enum field field, char *text)
{
	const char *protocol = protocol_of(line);
	bool is_icmp = protocol && !strncmp(protocol, "icmp", 4);

	switch ((int)field) {
	case FIELD_PROTOCOL:
		snprintf(text, FLOW_JSON_TEXT, "%s", protocol ? protocol : "");
		return protocol;
	case FIELD_TCP_FLAGS:
		return of_layer4(line, "flags") &&
		       show_number(text, flags_of(of_layer4(line, "flags")));
	case FIELD_ICMP_TYPE:
		return is_icmp &&
		       show_number(text, json_object_get_uint64(of_layer4(line, "type")));
	case FIELD_ICMP_CODE:
		return is_icmp &&
		       show_number(text, json_object_get_uint64(of_layer4(line, "code")));
	case FIELD_SOURCE_PORT:
		return show_plain(of_layer4(line, "source_port"), field, text);
	default:
		return show_plain(of_layer4(line, "destination_port"), field, text);
	}
}

static const char *path_of(enum field field)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (paths[i].field == field)
			return paths[i].path;
	}
	return NULL;
}

/* A workload without a kind has "": there are as many of both. */
static bool is_kind_left_out(struct json_object *line, enum field field, unsigned int index)
{
	return (field == FIELD_SOURCE_WORKLOAD_KIND &&
		at_path(line, path_of(FIELD_SOURCE_WORKLOAD), index)) ||
	       (field == FIELD_DESTINATION_WORKLOAD_KIND &&
		at_path(line, path_of(FIELD_DESTINATION_WORKLOAD), index));
}

bool flow_json_value(struct json_object *line, enum field field, unsigned int index,
		     char text[static FLOW_JSON_TEXT])
{
	const char *path = path_of(field);

	text[0] = '\0';
	if (path && show_plain(at_path(line, path, index), field, text))
		return true;
	if (is_kind_left_out(line, field, index))
		return true;
	if (path && field != FIELD_SUB_TYPE)
		return false;
	if (index)
		return false;
	switch ((int)field) {
	case FIELD_SUB_TYPE:
		return is_there(line, "flow.event_type") && show_number(text, 0);
	case FIELD_BYTES:
		return show_sum(line, "bytes", text);
	case FIELD_PACKETS:
		return show_sum(line, "packets", text);
	case FIELD_RETRANSMITS:
		return show_sum(line, "retransmits", text);
	case FIELD_PROTOCOL:
	case FIELD_TCP_FLAGS:
	case FIELD_ICMP_TYPE:
	case FIELD_ICMP_CODE:
	case FIELD_SOURCE_PORT:
	case FIELD_DESTINATION_PORT:
		return show_layer4(line, field, text);
	default:
		return false;
	}
}

static bool is_mapped(const uint8_t addr[static 16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(addr, mapped, sizeof(mapped));
}

void flow_json_text(const struct field_value *value, enum field field,
		    char text[static FLOW_JSON_TEXT])
{
	enum field_kind kind = field_row(field)->kind;

	if (kind == FIELD_TEXT)
		snprintf(text, FLOW_JSON_TEXT, "%.*s", (int)value->len, value->text);
	else if (kind == FIELD_ADDR)
		(void)addr_to_str(value->addr, is_mapped(value->addr) ? 4 : 6, text);
	else
		(void)show_number(text, value->number);
}
