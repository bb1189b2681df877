/* SPDX-License-Identifier: BSD-2-Clause */
/* Hubble's words for the numbers in a flow: enum names, and the texts its compact format prints or its flags take. */
#pragma once

#include <stdint.h>

#include "base/text.h"

enum names {
	/* Enums, by their names in JSON. */
	NAMES_VERDICT,
	NAMES_DIRECTION,
	NAMES_L7_TYPE,
	NAMES_CAPTURE_POINT,
	NAMES_SOCKET_POINT,
	NAMES_AUTH_TYPE,
	NAMES_LOST_SOURCE,
	NAMES_NODE_STATE,
	NAMES_FLOW_TYPE,
	NAMES_IP_VERSION,
	NAMES_TUNNEL_PROTOCOL,
	NAMES_TRACE_REASON,
	NAMES_OBSERVATION_POINT,
	NAMES_AGENT_EVENT_TYPE,
	NAMES_DEBUG_EVENT_TYPE,
	NAMES_DROP_NAME, /* drop_reason_desc */
	/* Texts of the compact format. */
	NAMES_IDENTITY,
	NAMES_TRACE_POINT,
	NAMES_POLICY_MATCH,
	NAMES_SOCKET_TEXT,
	NAMES_DROP_REASON,
	/* Words of --type. */
	NAMES_EVENT_TYPE,
	NAMES_AGENT_EVENT,
	NAMES_MAX,
};

enum verdict {
	VERDICT_UNKNOWN,
	VERDICT_FORWARDED,
	VERDICT_DROPPED,
	VERDICT_ERROR,
	VERDICT_AUDIT,
	VERDICT_REDIRECTED,
	VERDICT_TRACED,
	VERDICT_TRANSLATED,
	VERDICT_MAX,
};

enum node_state {
	NODE_STATE_UNKNOWN,
	NODE_STATE_CONNECTED,
	NODE_STATE_UNAVAILABLE,
	NODE_STATE_GONE,
	NODE_STATE_ERROR,
	NODE_STATE_MAX,
};

/* Those that the agent tells of. The others have names, too. */
enum agent_event_type {
	AGENT_EVENT_STARTED = 2,
	AGENT_EVENT_ENDPOINT_CREATED = 7,
	AGENT_EVENT_ENDPOINT_DELETED = 8,
	AGENT_EVENT_IPCACHE_UPSERTED = 9,
	AGENT_EVENT_IPCACHE_DELETED = 10,
};

/* The value of an enum in JSON: a number, or -1 and the name we do not know. */
struct enum_value {
	int64_t number;
	struct text name;
};

/* NULL if number has no name. */
const char *names_get(enum names names, int64_t number);
struct enum_value names_find(enum names names, struct text name);
