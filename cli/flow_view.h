/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line of GetFlowsResponse, or of another answer that is printed like flows, decoded for the formats that print fields. Texts point into the
 * line, or where it holds escapes into the view's scratch. Whatever is missing or of the wrong
 * type reads as absent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/flow/names.h"

#include "json_fields.h"
#include "text.h"

enum flow_view_kind {
	FLOW_VIEW_NOTHING, /* a response of a kind we do not know */
	FLOW_VIEW_FLOW,
	FLOW_VIEW_LOST,
	FLOW_VIEW_AGENT_EVENT,
	FLOW_VIEW_DEBUG_EVENT,
	FLOW_VIEW_NODE_STATUS,
	FLOW_VIEW_MAX,
};

/* What can be observed. */
enum flow_subject {
	SUBJECT_FLOWS,
	SUBJECT_AGENT_EVENTS,
	SUBJECT_DEBUG_EVENTS,
	SUBJECT_MAX,
};

/* Hubble's numbers of event_type.type. */
enum flow_event_type {
	FLOW_EVENT_DROP = 1,
	FLOW_EVENT_CAPTURE = 3,
	FLOW_EVENT_TRACE = 4,
	FLOW_EVENT_POLICY_VERDICT = 5,
	FLOW_EVENT_TRACE_SOCK = 7,
};

struct flow_side {
	struct text ip;
	struct text mac;
	struct text namespace, pod;
	struct text service_namespace, service;
	struct text names; /* a JSON array of strings */
	/* Of the extensions: who has the socket. */
	struct text comm, unit, container;
	uint64_t pid;
	bool has_endpoint, has_service, has_owner, has_container;
	uint64_t identity;
	uint64_t port;
};

struct flow_fields {
	struct text node_name;
	struct flow_side source, destination;
	struct json_time time;
	bool has_ip, has_ethernet, has_l4, has_ports, has_event_type, has_ip_trace;
	enum tristate is_reply;
	struct enum_value verdict;
	int64_t event_type, event_sub_type;
	bool has_l7, has_dns, has_http, has_kafka;
	bool has_extensions, has_values;
	struct enum_value l7_type;
	struct text dns_source;
	int64_t policy_match;
	struct enum_value direction, capture_point, socket_point, auth_type;
	uint64_t ip_trace_id;
	/* JSON arrays of policies. */
	struct text egress_allowed_by, ingress_allowed_by, egress_denied_by, ingress_denied_by;
	bool has_interface;
	struct text interface; /* its name */
	struct text summary;
};

struct lost_fields {
	struct enum_value source;
	uint64_t count;
	int64_t cpu;
	struct json_time first, last;
};

struct node_status_fields {
	struct enum_value state;
	struct text names; /* a JSON array of strings */
	struct text message;
};

struct flow_view {
	enum flow_view_kind kind;
	struct json_time time; /* of the envelope */
	struct text node_name; /* of the envelope */
	bool has_flow, has_lost, has_node_status;
	struct text agent_event, debug_event; /* JSON: agent_event.h and debug_event.h read them */
	/* The one that kind names; no union, so that no line can mix them up. */
	struct flow_fields flow;
	struct lost_fields lost;
	struct node_status_fields node_status;
	struct buf scratch; /* kept from line to line */
	/* By flow_check(): the line is as -o json would write it. */
	bool is_plain;
};

/* Is it the subject, or what is told beside it whatever it is: losses, states of nodes? */
bool flow_view_is_of(const struct flow_view *view, enum flow_subject subject);
/* The line must outlive what is read from the view. 0, -EBADMSG (no JSON object) or -ENOMEM. */
int flow_view_parse(struct flow_view *view, const char *line, size_t len);
/*
 * The same in parts, for who walks through the line himself: nothing is set yet, and the scratch has room
 * for so many bytes, false: out of memory; the fields of the line's object, or of them just what tells kind and time; all of it is read.
 */
bool flow_view_begin(struct flow_view *view, size_t scratch_len);
extern const struct json_field flow_view_fields[], flow_view_brief[];
void flow_view_end(struct flow_view *view);
void flow_view_done(struct flow_view *view);

#define auto_flow_view __attribute__((cleanup(flow_view_done)))
