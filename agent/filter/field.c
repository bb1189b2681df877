// SPDX-License-Identifier: BSD-2-Clause
/* The table of fields. */
#include "filter/field.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define FIELD(id, text, what, words) \
	[FIELD_##id] = { .name = (text), .about = (words), .kind = (what) }
/* max 0: of 64 bits */
#define NUMBER(id, text, most, words) \
	[FIELD_##id] = { .name = (text), .about = (words), .kind = FIELD_NUMBER, .max = (most) }
#define SIDED(id, text, what, words)                                                             \
	[FIELD_SOURCE_##                                                                         \
		id] = { .name = (text), .about = (words), .kind = (what), .is_source = true },   \
		[FIELD_DESTINATION_##id] = {                                                     \
			.name = (text), .about = (words), .kind = (what), .is_destination = true \
		}
#define SIDED_NUMBER(id, text, most, words)                \
	[FIELD_SOURCE_##id] = { .name = (text),            \
				.about = (words),          \
				.kind = FIELD_NUMBER,      \
				.max = (most),             \
				.is_source = true },       \
	[FIELD_DESTINATION_##id] = { .name = (text),       \
				     .about = (words),     \
				     .kind = FIELD_NUMBER, \
				     .max = (most),        \
				     .is_destination = true }

static const struct field_row rows[] = {
	FIELD(AT, "time", FIELD_TIME, "when it happened"),
	FIELD(UUID, "uuid", FIELD_TEXT, "the record"),
	FIELD(VERDICT, "verdict", FIELD_TEXT, "FORWARDED, DROPPED"),
	NUMBER(TYPE, "type", UINT8_MAX, "Hubble's event type: 4 is trace"),
	NUMBER(SUB_TYPE, "sub_type", UINT8_MAX, "and its sub-type"),
	FIELD(DIRECTION, "direction", FIELD_TEXT, "ingress, egress"),
	FIELD(POINT, "point", FIELD_TEXT, "observation point: TO_STACK"),
	FIELD(REPLY, "reply", FIELD_BOOL, "sent by who did not begin"),
	FIELD(INTERFACE, "interface", FIELD_TEXT, "name of the interface"),
	NUMBER(INTERFACE_INDEX, "interface.index", UINT32_MAX, "and its index"),
	FIELD(NODE, "node", FIELD_TEXT, "name of the machine"),
	FIELD(NODE_LABEL, "node_label", FIELD_TEXT, "its labels"),
	FIELD(PROTOCOL, "protocol", FIELD_TEXT, "tcp, udp, icmpv4, icmpv6, sctp, dns, http"),
	NUMBER(IP_VERSION, "ip_version", 6, "4, 6, or 0"),
	FIELD(ENCRYPTED, "encrypted", FIELD_BOOL, "by WireGuard or IPsec"),
	FIELD(TCP_FLAGS, "flags", FIELD_FLAGS, "TCP flags: SYN, ACK"),
	NUMBER(ICMP_TYPE, "icmp_type", UINT8_MAX, "type of ICMP"),
	NUMBER(ICMP_CODE, "icmp_code", UINT8_MAX, "code of ICMP"),
	NUMBER(DROP_REASON, "drop_reason", UINT32_MAX, "number of the drop reason"),
	FIELD(DROP_REASON_DESC, "drop_reason_desc", FIELD_TEXT, "name of the drop reason"),
	FIELD(SUMMARY, "summary", FIELD_TEXT, "the summary"),
	FIELD(TRACE_ID, "trace_id", FIELD_TEXT, "of HTTP tracing"),
	FIELD(IP_TRACE_ID, "ip_trace_id", FIELD_NUMBER, "in an IP option"),
	FIELD(DNS_QUERY, "dns_query", FIELD_TEXT, "name that was asked for"),
	FIELD(HTTP_METHOD, "http_method", FIELD_TEXT, "GET, POST"),
	FIELD(HTTP_URL, "http_url", FIELD_TEXT, "URL"),
	FIELD(HTTP_PATH, "http_path", FIELD_TEXT, "path of the URL"),
	NUMBER(HTTP_STATUS, "http_status", UINT32_MAX, "status of the answer"),
	FIELD(HTTP_HEADER, "http_header", FIELD_TEXT, "headers, Key:Value"),
	FIELD(SOCKET_COOKIE, "socket_cookie", FIELD_NUMBER, "of the local socket"),
	FIELD(CGROUP_ID, "cgroup_id", FIELD_NUMBER, "of the local process"),
	SIDED(IP, "ip", FIELD_ADDR, "address"),
	SIDED(IP_XLATED, "ip_xlated", FIELD_ADDR, "address behind translation"),
	SIDED_NUMBER(PORT, "port", UINT16_MAX, "port of TCP, UDP, SCTP"),
	SIDED(MAC, "mac", FIELD_TEXT, "MAC address"),
	SIDED_NUMBER(IDENTITY, "identity", UINT32_MAX, "1 host, 2 world, or of the pod"),
	SIDED(NAMESPACE, "namespace", FIELD_TEXT, "namespace of the pod"),
	SIDED(POD, "pod", FIELD_TEXT, "name of the pod"),
	SIDED(LABEL, "label", FIELD_TEXT, "labels: k8s:app=cart"),
	SIDED(WORKLOAD, "workload", FIELD_TEXT, "name of the workload"),
	SIDED(WORKLOAD_KIND, "workload_kind", FIELD_TEXT, "Deployment, DaemonSet"),
	SIDED(SERVICE, "service", FIELD_TEXT, "name of the service"),
	SIDED(SERVICE_NAMESPACE, "service_namespace", FIELD_TEXT, "namespace of the service"),
	SIDED(NAME, "name", FIELD_TEXT, "DNS names"),
	SIDED(CLUSTER, "cluster", FIELD_TEXT, "name of the cluster"),
	FIELD(EVENT, "event", FIELD_TEXT, "open, established, update, close"),
	FIELD(CONN_ID, "conn_id", FIELD_TEXT, "the connection"),
	FIELD(COMMUNITY_ID, "community_id", FIELD_TEXT, "community id of the connection"),
	FIELD(START, "start", FIELD_TIME, "when the connection began"),
	FIELD(DURATION_NS, "duration", FIELD_DURATION, "how long it has been"),
	FIELD(CLOSE_REASON, "close_reason", FIELD_TEXT, "fin, rst, refused, timeout"),
	FIELD(INITIATOR, "initiator", FIELD_TEXT, "which side began: source, destination"),
	FIELD(INITIATOR_BY, "initiator_by", FIELD_TEXT, "how that is known: syn"),
	FIELD(RTT, "rtt", FIELD_DURATION, "handshake round trip"),
	FIELD(RTT_SERVER, "rtt_server", FIELD_DURATION, "of it, to the server"),
	FIELD(RTT_CLIENT, "rtt_client", FIELD_DURATION, "of it, to the client"),
	FIELD(BYTES, "bytes", FIELD_NUMBER, "on the wire, both ways"),
	FIELD(PACKETS, "packets", FIELD_NUMBER, "both ways"),
	FIELD(RETRANSMITS, "retransmits", FIELD_NUMBER, "both ways"),
	FIELD(FORWARD_BYTES, "forward.bytes", FIELD_NUMBER, "sent by who began"),
	FIELD(FORWARD_PACKETS, "forward.packets", FIELD_NUMBER, "sent by who began"),
	FIELD(FORWARD_RETRANSMITS, "forward.retransmits", FIELD_NUMBER, "sent again by who began"),
	FIELD(REVERSE_BYTES, "reverse.bytes", FIELD_NUMBER, "sent by the other"),
	FIELD(REVERSE_PACKETS, "reverse.packets", FIELD_NUMBER, "sent by the other"),
	FIELD(REVERSE_RETRANSMITS, "reverse.retransmits", FIELD_NUMBER, "sent again by the other"),
	NUMBER(IP_PROTO, "ip_proto", UINT8_MAX, "number of the protocol"),
	NUMBER(VLAN, "vlan", 4095, "VLAN id"),
	NUMBER(VNI, "vni", 0xffffff, "of a tunnel"),
	NUMBER(ICMP_ID, "icmp_id", UINT16_MAX, "of an echo"),
	FIELD(NAT_ROLE, "nat.role", FIELD_TEXT, "of a translated one: original, translated"),
	FIELD(NAT_TWIN, "nat.twin", FIELD_BOOL, "the other half was seen, too"),
	SIDED_NUMBER(PID, "pid", INT32_MAX, "process id"),
	SIDED(PROCESS, "process", FIELD_TEXT, "name of the process"),
	SIDED(EXE, "exe", FIELD_TEXT, "path of its program"),
	SIDED_NUMBER(UID, "uid", UINT32_MAX, "user id"),
	SIDED(CGROUP, "cgroup", FIELD_TEXT, "path of its cgroup"),
	SIDED(UNIT, "unit", FIELD_TEXT, "systemd unit"),
	SIDED(CONTAINER, "container", FIELD_TEXT, "name of the container"),
	SIDED(CONTAINER_ID, "container_id", FIELD_TEXT, "id of the container"),
	SIDED_NUMBER(NETNS, "netns", UINT32_MAX, "inode of the network namespace"),
	SIDED(VIA, "via", FIELD_TEXT, "how the owner is known"),
};
_Static_assert(ARRAY_SIZE(rows) == FIELD_MAX, "a row for each field");

const struct field_row *field_row(enum field field)
{
	return &rows[field];
}

bool field_is_who(enum field field)
{
	const struct field_row *row = field_row(field);

	switch ((int)field - (int)row->is_destination) {
	case FIELD_SOURCE_IP:
	case FIELD_SOURCE_IP_XLATED:
	case FIELD_SOURCE_PORT:
	case FIELD_SOURCE_MAC:
		return false;
	default:
		return row->is_source || row->is_destination;
	}
}

static bool is_name(const struct field_row *row, const char *name, size_t len)
{
	return strlen(row->name) == len && memcmp(row->name, name, len) == 0;
}

/* Takes the prefix off the name where it has it. */
static bool take_prefix(const char **name, size_t *len, const char *prefix)
{
	size_t prefix_len = strlen(prefix);

	if (*len <= prefix_len || memcmp(*name, prefix, prefix_len) != 0)
		return false;
	*name += prefix_len;
	*len -= prefix_len;
	return true;
}

unsigned int field_find(const char *name, size_t len, enum field *ret)
{
	bool is_source = take_prefix(&name, &len, "source.");
	bool is_destination = !is_source && take_prefix(&name, &len, "destination.");

	for (unsigned int i = 0; i < FIELD_MAX; i++) {
		if (!is_name(&rows[i], name, len))
			continue;
		if ((is_source && !rows[i].is_source) ||
		    (is_destination && !rows[i].is_destination))
			continue;
		*ret = (enum field)i;
		return rows[i].is_source && !is_source ? 2 : 1;
	}
	return 0;
}

void field_to_str(enum field field, char text[static FIELD_NAME_SIZE])
{
	const struct field_row *row = field_row(field);

	snprintf(text, FIELD_NAME_SIZE, "%s%s",
		 row->is_source	       ? "source."
		 : row->is_destination ? "destination."
				       : "",
		 row->name);
}
