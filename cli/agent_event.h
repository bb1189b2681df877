/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's AgentEvent, read out of JSON and put into Hubble's words. Also of types that weir's agent
 * never tells of: files may have them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "json_fields.h"

struct buf;
struct time_text;

/* Only the keys of its notification are filled; those that are absent are 0. */
struct agent_event {
	struct enum_value type;
	bool has_unknown, has_start, has_policy, has_regenerate, has_endpoint, has_ipcache;
	bool has_upsert, has_delete;
	struct text unknown_type, unknown_notification;
	struct json_time start;
	uint64_t revision;
	int64_t rules;
	uint64_t id;
	struct text labels; /* a JSON array */
	struct text error;
	struct text namespace, pod;
	struct text cidr, host_ip, old_host_ip;
	uint64_t identity, encrypt_key;
	struct text old_identity;      /* as written; wrapped: 0 is not the same as absent */
	struct text frontend, service; /* a JSON object; a name */
	struct text backends;	       /* a JSON array of objects */
	struct text service_type, traffic_policy;
};

/* Texts are in json or in scratch. What is no object is an event of which nothing is known. */
void agent_event_read(struct agent_event *event, struct text json, struct buf *scratch);
/* "AGENT_STARTED" */
void agent_event_type(struct buf *out, const struct agent_event *event);
/* "start time: Nov 14 22:13:20.000"; UNKNOWN where the type has not its notification. */
void agent_event_details(struct buf *out, struct time_text *times, const struct agent_event *event);
