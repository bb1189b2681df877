// SPDX-License-Identifier: BSD-2-Clause
/* The table of keys: Hubble's in the order of its documentation, then weir's own. */
#include "filter/filter_key.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "filter/filter_enum.h"
#include "filter/filter_term.h"

#define NAME_SIZE 48

#define KEY(text, kind_of, id) .name = (text), .kind = &filter_##kind_of, .field = FIELD_##id
#define SIDED(text, kind_of, id) \
	.name = (text), .kind = &filter_##kind_of, .field = FIELD_SOURCE_##id, .is_sided = true

static const struct filter_key keys[] = {
	{ KEY("uuid", texts, UUID) },
	{ SIDED("ip", addresses, IP) },
	{ SIDED("ip_xlated", addresses, IP_XLATED) },
	{ SIDED("pod", names, POD) },
	{ SIDED("fqdn", domains, NAME) },
	{ SIDED("label", labels, LABEL), .called = "label" },
	{ SIDED("service", names, SERVICE) },
	{ SIDED("workload", workloads, WORKLOAD) },
	{ SIDED("cluster_name", clusters, CLUSTER) },
	{ KEY("traffic_direction", enums, DIRECTION), .names = filter_directions,
	  .absent_is_0 = true },
	{ KEY("verdict", enums, VERDICT), .names = filter_verdicts, .absent_is_0 = true },
	{ KEY("drop_reason_desc", drop_reasons, DROP_REASON_DESC),
	  .names = filter_drop_reason_names, .absent_is_0 = true },
	{ KEY("interface", interfaces, INTERFACE) },
	{ KEY("event_type", event_types, TYPE) },
	{ KEY("http_status_code", statuses, HTTP_STATUS), .called = "http status code",
	  .l7 = "http status code" },
	{ KEY("protocol", protocols, PROTOCOL), .called = "protocol" },
	{ SIDED("port", ports, PORT), .called = "port" },
	{ KEY("reply", replies, REPLY) },
	{ KEY("dns_query", regexes, DNS_QUERY), .called = "DNS query" },
	{ SIDED("identity", numbers, IDENTITY), .absent_is_0 = true },
	{ KEY("http_method", texts, HTTP_METHOD), .is_folded = true, .l7 = "http method" },
	{ KEY("http_path", regexes, HTTP_PATH), .called = "http path", .l7 = "http path" },
	{ KEY("http_url", regexes, HTTP_URL), .called = "http url", .l7 = "http url" },
	{ KEY("http_header", headers, HTTP_HEADER), .l7 = "http headers" },
	{ KEY("tcp_flags", flags, TCP_FLAGS) },
	{ KEY("node_name", nodes, NODE) },
	{ KEY("node_labels", labels, NODE_LABEL), .called = "node label" },
	{ KEY("ip_version", versions, IP_VERSION), .absent_is_0 = true },
	{ KEY("trace_id", texts, TRACE_ID) },
	{ KEY("ip_trace_id", numbers, IP_TRACE_ID), .is_64 = true },
	{ KEY("encrypted", bools, ENCRYPTED), .absent_is_0 = true },
	{ KEY("experimental", cel, UUID) },

	{ SIDED("process", processes, PROCESS) },
	{ SIDED("container", containers, CONTAINER) },
	{ SIDED("unit", units, UNIT) },
	{ SIDED("uid", numbers, UID), .has_ranges = true },
	{ SIDED("netns", numbers, NETNS), .has_ranges = true },
	{ KEY("event", enums, EVENT), .names = filter_events },
	{ KEY("min_bytes", sizes, BYTES), .is_single = true },
	{ KEY("min_duration", durations, DURATION_NS), .is_single = true },
	{ KEY("min_rtt", durations, RTT), .is_single = true },
	{ KEY("where", wheres, AT) },
};

size_t filter_key_count(void)
{
	return ARRAY_SIZE(keys);
}

const struct filter_key *filter_key_at(size_t index)
{
	return &keys[index];
}

bool filter_key_is(const char *name, const char *proto)
{
	bool is_camel = false;

	if (!strcmp(name, proto))
		return true;
	for (; *proto; proto++) {
		char c = *proto;

		if (c == '_') {
			is_camel = true;
			continue;
		}
		if (is_camel && c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		is_camel = false;
		if (*name++ != c)
			return false;
	}
	return !*name;
}

/* ret: the key's name at that side. */
static bool is_of_side(const char *name, const struct filter_key *key, const char *side)
{
	char proto[NAME_SIZE];

	snprintf(proto, sizeof(proto), "%s_%s", side, key->name);
	return filter_key_is(name, proto);
}

static bool is_key(const char *name, enum filter_naming naming, const struct filter_key *key,
		   const char **ret_side)
{
	static const char source[] = "source", destination[] = "destination";

	*ret_side = "";
	if (!key->is_sided)
		return filter_key_is(name, key->name);
	*ret_side = naming == FILTER_DESTINATION ? destination : source;
	if (naming != FILTER_BY_SIDE)
		return filter_key_is(name, key->name);
	if (is_of_side(name, key, source))
		return true;
	*ret_side = destination;
	return is_of_side(name, key, destination);
}

const struct filter_key *filter_key_find(const char *name, enum filter_naming naming,
					 const char **ret_side)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (is_key(name, naming, &keys[i], ret_side))
			return &keys[i];
	}
	return NULL;
}
