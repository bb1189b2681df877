// SPDX-License-Identifier: BSD-2-Clause
/* The table of keys: which writer a key's values go through. */
#include "filter_key.h"

#include "agent/base/cleanup.h"

#include "filter_value.h"

#define LIST(key, text, kind) [FILTER_##key] = { .name = (text), .write = filter_write_##kind }
#define SINGLE(key, text, kind) \
	[FILTER_##key] = { .name = (text), .write = filter_write_##kind, .is_single = true }

static const struct filter_key_row rows[] = {
	LIST(UUID, "uuid", text),
	LIST(SOURCE_IP, "source_ip", text),
	LIST(SOURCE_IP_XLATED, "source_ip_xlated", text),
	LIST(SOURCE_POD, "source_pod", text),
	LIST(SOURCE_FQDN, "source_fqdn", text),
	LIST(SOURCE_LABEL, "source_label", text),
	LIST(SOURCE_SERVICE, "source_service", text),
	LIST(SOURCE_WORKLOAD, "source_workload", workload),
	LIST(SOURCE_CLUSTER, "source_cluster_name", text),
	LIST(DESTINATION_IP, "destination_ip", text),
	LIST(DESTINATION_POD, "destination_pod", text),
	LIST(DESTINATION_FQDN, "destination_fqdn", text),
	LIST(DESTINATION_LABEL, "destination_label", text),
	LIST(DESTINATION_SERVICE, "destination_service", text),
	LIST(DESTINATION_WORKLOAD, "destination_workload", workload),
	LIST(DESTINATION_CLUSTER, "destination_cluster_name", text),
	LIST(DIRECTION, "traffic_direction", direction),
	LIST(VERDICT, "verdict", verdict),
	LIST(DROP_REASON, "drop_reason_desc", drop_reason),
	LIST(INTERFACE, "interface", interface),
	LIST(TYPE, "event_type", type),
	LIST(HTTP_STATUS, "http_status_code", text),
	LIST(PROTOCOL, "protocol", text),
	LIST(SOURCE_PORT, "source_port", port),
	LIST(DESTINATION_PORT, "destination_port", port),
	LIST(REPLY, "reply", bool),
	LIST(DNS_QUERY, "dns_query", text),
	LIST(SOURCE_IDENTITY, "source_identity", identity),
	LIST(DESTINATION_IDENTITY, "destination_identity", identity),
	LIST(HTTP_METHOD, "http_method", text),
	LIST(HTTP_PATH, "http_path", text),
	LIST(HTTP_URL, "http_url", text),
	LIST(HTTP_HEADER, "http_header", header),
	LIST(TCP_FLAGS, "tcp_flags", tcp_flags),
	LIST(NODE_NAME, "node_name", text),
	LIST(NODE_LABEL, "node_labels", text),
	LIST(IP_VERSION, "ip_version", ip_version),
	LIST(TRACE_ID, "trace_id", text),
	LIST(IP_TRACE_ID, "ip_trace_id", ip_trace_id),
	LIST(ENCRYPTED, "encrypted", bool),
	LIST(DESTINATION_IP_XLATED, "destination_ip_xlated", text),
	LIST(SOURCE_PROCESS, "source_process", text),
	LIST(DESTINATION_PROCESS, "destination_process", text),
	LIST(SOURCE_CONTAINER, "source_container", text),
	LIST(DESTINATION_CONTAINER, "destination_container", text),
	LIST(SOURCE_UNIT, "source_unit", text),
	LIST(DESTINATION_UNIT, "destination_unit", text),
	LIST(SOURCE_UID, "source_uid", uid),
	LIST(DESTINATION_UID, "destination_uid", uid),
	LIST(SOURCE_NETNS, "source_netns", netns),
	LIST(DESTINATION_NETNS, "destination_netns", netns),
	LIST(EVENT, "event", event),
	SINGLE(MIN_BYTES, "min_bytes", bytes),
	SINGLE(MIN_DURATION, "min_duration", duration),
	SINGLE(MIN_RTT, "min_rtt", duration),
	LIST(WHERE, "where", where),
};
_Static_assert(ARRAY_SIZE(rows) == FILTER_KEY_MAX, "a row for each key");

const struct filter_key_row *filter_key_row(enum filter_key key)
{
	return &rows[key];
}
