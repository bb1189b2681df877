/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of a FlowFilter in proto3 JSON and how a flag's value becomes one of theirs. In the
 * order of declaration, which is the one Hubble prints them in; weir's own come last.
 */
#pragma once

#include "agent/base/options.h"

struct json_out;

enum filter_key {
	FILTER_UUID,
	FILTER_SOURCE_IP,
	FILTER_SOURCE_IP_XLATED,
	FILTER_SOURCE_POD,
	FILTER_SOURCE_FQDN,
	FILTER_SOURCE_LABEL,
	FILTER_SOURCE_SERVICE,
	FILTER_SOURCE_WORKLOAD,
	FILTER_SOURCE_CLUSTER,
	FILTER_DESTINATION_IP,
	FILTER_DESTINATION_POD,
	FILTER_DESTINATION_FQDN,
	FILTER_DESTINATION_LABEL,
	FILTER_DESTINATION_SERVICE,
	FILTER_DESTINATION_WORKLOAD,
	FILTER_DESTINATION_CLUSTER,
	FILTER_DIRECTION,
	FILTER_VERDICT,
	FILTER_DROP_REASON,
	FILTER_INTERFACE,
	FILTER_TYPE,
	FILTER_HTTP_STATUS,
	FILTER_PROTOCOL,
	FILTER_SOURCE_PORT,
	FILTER_DESTINATION_PORT,
	FILTER_REPLY,
	FILTER_DNS_QUERY,
	FILTER_SOURCE_IDENTITY,
	FILTER_DESTINATION_IDENTITY,
	FILTER_HTTP_METHOD,
	FILTER_HTTP_PATH,
	FILTER_HTTP_URL,
	FILTER_HTTP_HEADER,
	FILTER_TCP_FLAGS,
	FILTER_NODE_NAME,
	FILTER_NODE_LABEL,
	FILTER_IP_VERSION,
	FILTER_TRACE_ID,
	FILTER_IP_TRACE_ID,
	FILTER_ENCRYPTED,

	/* Ours. */
	FILTER_DESTINATION_IP_XLATED,
	FILTER_SOURCE_PROCESS,
	FILTER_DESTINATION_PROCESS,
	FILTER_SOURCE_CONTAINER,
	FILTER_DESTINATION_CONTAINER,
	FILTER_SOURCE_UNIT,
	FILTER_DESTINATION_UNIT,
	FILTER_SOURCE_UID,
	FILTER_DESTINATION_UID,
	FILTER_SOURCE_NETNS,
	FILTER_DESTINATION_NETNS,
	FILTER_EVENT,
	FILTER_MIN_BYTES,
	FILTER_MIN_DURATION,
	FILTER_MIN_RTT,
	FILTER_WHERE,
	FILTER_KEY_MAX,

	/* No keys of the filter: namespaces, which go in front of the names of pods and services. */
	FILTER_SOURCE_NAMESPACE = FILTER_KEY_MAX,
	FILTER_DESTINATION_NAMESPACE,
};

/*
 * Writes what stands for value in the filter, as an element of a list. 0, or -EINVAL with the
 * reason in Hubble's words, and then nothing of use is written.
 */
typedef int (*filter_write_fn)(struct json_out *out, const char *value,
			       char reason[static OPTION_REASON_SIZE]);

struct filter_key_row {
	const char *name;
	filter_write_fn write;
	bool is_single; /* a value, no list: the last one given counts */
};

/* Of a key below FILTER_KEY_MAX. */
const struct filter_key_row *filter_key_row(enum filter_key key);
