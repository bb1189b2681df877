// SPDX-License-Identifier: BSD-2-Clause
/* The pieces of a flow in Hubble's words. */
#include "flow_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "agent/base/best_name.h"
#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_scan.h"

#include "colour.h"
#include "format.h"
#include "json_fields.h"
#include "names_text.h"
#include "time_text.h"

/* On a policy verdict the word tells what the policy decided. */
static const struct verdict_row {
	enum colour colour;
	const char *policy_word;
} verdict_rows[] = {
	[VERDICT_UNKNOWN] = { COLOUR_NONE, NULL },
	[VERDICT_FORWARDED] = { COLOUR_GREEN, "ALLOWED" },
	[VERDICT_DROPPED] = { COLOUR_RED, "DENIED" },
	[VERDICT_ERROR] = { COLOUR_RED, "DENIED" },
	[VERDICT_AUDIT] = { COLOUR_YELLOW, "AUDITED" },
	[VERDICT_REDIRECTED] = { COLOUR_GREEN, "ALLOWED" },
	[VERDICT_TRACED] = { COLOUR_YELLOW, NULL },
	[VERDICT_TRANSLATED] = { COLOUR_YELLOW, NULL },
};
_Static_assert(ARRAY_SIZE(verdict_rows) == VERDICT_MAX, "a row for every verdict");

/* What of a policy is printed. */
struct policy_fields {
	struct text name, kind;
};

void flow_text_time(struct buf *out, struct time_text *times, struct json_time time)
{
	if (time.is_set)
		time_text_append(times, time.ns, out);
	else
		buf_append_str(out, "N/A");
}

size_t flow_text_joined(struct buf *out, struct text names, const char *separator)
{
	auto_buf struct buf scratch = {};
	struct json_scan scan;
	size_t count = 0;
	struct text name;

	if (!names.len || !buf_reserve(&scratch, names.len))
		return 0;
	json_scan_init(&scan, names, &scratch);
	if (!json_scan_enter_array(&scan))
		return 0;
	while (json_scan_element(&scan)) {
		if (json_scan_value(&scan, &name) != JSON_STRING)
			continue;
		if (count++)
			buf_append_str(out, separator);
		text_append(out, name);
	}
	return count;
}

static void append_qualified(struct buf *out, struct text namespace, struct text name)
{
	text_append(out, namespace);
	if (namespace.len)
		buf_append_char(out, '/');
	text_append(out, name);
}

/* The first of its names, and what else it is called. */
static void append_best(struct buf *out, const struct flow_side *side)
{
	const struct best_name_facts facts = {
		.has_pod = side->pod.len,
		.has_service = side->service.len,
		.has_container = side->container.len,
		.has_comm = side->comm.len,
		.has_dns = side->names.len,
		.unit = side->unit.bytes,
		.unit_len = side->unit.len,
	};
	struct text namespace = side->has_service ? side->service_namespace : side->namespace;

	switch (best_name_pick(&facts)) {
	case BEST_NAME_POD:
		append_qualified(out, namespace, side->pod);
		return;
	case BEST_NAME_SERVICE:
		append_qualified(out, namespace, side->service);
		return;
	case BEST_NAME_CONTAINER:
		text_append(out, side->container);
		return;
	case BEST_NAME_UNIT:
		text_append(out, side->unit);
		return;
	case BEST_NAME_COMM:
		text_append(out, side->comm);
		return;
	case BEST_NAME_DNS:
		if (flow_text_joined(out, side->names, ","))
			return;
		break;
	case BEST_NAME_ADDRESS:
	case BEST_NAME_MAX:
		break;
	}
	text_append(out, side->ip);
}

static void append_name(struct buf *out, const struct flow_side *side, bool want_names)
{
	if (want_names)
		append_best(out, side);
	else
		text_append(out, side->ip);
}

/* Puts brackets around what was appended since start if it holds a colon. */
static void bracket(struct buf *out, size_t start)
{
	size_t len = buf_len(out) - start;

	if (out->failed || !len || !memchr(buf_bytes(out) + start, ':', len))
		return;
	buf_append_str(out, "[]");
	if (out->failed)
		return;
	memmove(out->data + out->start + start + 1, out->data + out->start + start, len);
	out->data[out->start + start] = '[';
}

static void append_port(struct buf *out, uint64_t port, bool want_colour)
{
	buf_append_char(out, ':');
	colour_begin(out, want_colour, COLOUR_YELLOW);
	buf_append_u64(out, port);
	colour_end(out, want_colour, COLOUR_YELLOW);
}

void flow_text_host(struct buf *out, const struct flow_fields *flow, const struct flow_side *side,
		    const struct format_options *options)
{
	size_t start;

	if (!flow->has_ip && !flow->has_ethernet)
		return;
	colour_begin(out, options->want_colour, COLOUR_CYAN);
	start = buf_len(out);
	if (!flow->has_ip) {
		text_append(out, side->mac);
	} else {
		append_name(out, side, options->want_names);
		if (side->port) {
			bracket(out, start);
			append_port(out, side->port, options->want_colour);
		}
	}
	colour_end(out, options->want_colour, COLOUR_CYAN);
}

void flow_text_process(struct buf *out, const struct flow_side *side)
{
	if (!side->comm.len && !side->unit.len)
		return;
	buf_append_str(out, " [");
	if (side->comm.len) {
		text_append(out, side->comm);
		buf_printf(out, "/%" PRIu64, side->pid);
	}
	if (side->comm.len && side->unit.len)
		buf_append_char(out, ' ');
	text_append(out, side->unit);
	buf_append_char(out, ']');
}

void flow_text_identity(struct buf *out, uint64_t identity, bool want_colour)
{
	const char *name =
		identity > UINT32_MAX ? NULL : names_get(NAMES_IDENTITY, (int64_t)identity);

	colour_begin(out, want_colour, COLOUR_MAGENTA);
	if (name)
		buf_printf(out, "(%s)", name);
	else
		buf_printf(out, "(ID:%" PRIu64 ")", identity);
	colour_end(out, want_colour, COLOUR_MAGENTA);
}

static const char *l7_protocol(const struct flow_fields *flow)
{
	if (flow->has_dns)
		return "dns";
	if (flow->has_http)
		return "http";
	return flow->has_kafka ? "kafka" : "l7";
}

static void append_l7_type(struct buf *out, const struct flow_fields *flow)
{
	size_t start;

	buf_printf(out, "%s-", l7_protocol(flow));
	start = buf_len(out);
	names_append(out, NAMES_L7_TYPE, flow->l7_type);
	if (out->failed)
		return;
	for (char *c = out->data + out->start + start; c < out->data + out->end; c++)
		*c = (char)tolower((unsigned char)*c);
	if (flow->has_dns) {
		buf_append_char(out, ' ');
		text_append(out, flow->dns_source);
	}
}

static void append_trace(struct buf *out, const struct flow_fields *flow)
{
	names_append(out, NAMES_TRACE_POINT,
		     (struct enum_value){ .number = (uint8_t)flow->event_sub_type });
}

static void append_drop(struct buf *out, const struct flow_fields *flow)
{
	uint8_t reason = (uint8_t)flow->event_sub_type;
	const char *text = names_get(NAMES_DROP_REASON, reason);

	if (text)
		buf_append_str(out, text);
	else
		buf_printf(out, "%u, 0", reason);
}

static void append_policy_verdict(struct buf *out, const struct flow_fields *flow)
{
	const char *match = names_get(NAMES_POLICY_MATCH, flow->policy_match);

	buf_printf(out, "policy-verdict:%s ", match ? match : "unknown");
	names_append(out, NAMES_DIRECTION, flow->direction);
}

static void append_capture(struct buf *out, const struct flow_fields *flow)
{
	names_append(out, NAMES_CAPTURE_POINT, flow->capture_point);
}

static void append_trace_sock(struct buf *out, const struct flow_fields *flow)
{
	int64_t point =
		flow->socket_point.number ? flow->socket_point.number : flow->event_sub_type;
	const char *text = names_get(NAMES_SOCKET_TEXT, point);

	buf_append_str(out, text ? text : "UNKNOWN");
}

static void (*const type_rows[])(struct buf *out, const struct flow_fields *flow) = {
	[FLOW_EVENT_DROP] = append_drop,
	[FLOW_EVENT_CAPTURE] = append_capture,
	[FLOW_EVENT_TRACE] = append_trace,
	[FLOW_EVENT_POLICY_VERDICT] = append_policy_verdict,
	[FLOW_EVENT_TRACE_SOCK] = append_trace_sock,
};

void flow_text_type(struct buf *out, const struct flow_fields *flow)
{
	uint64_t type = (uint64_t)flow->event_type;

	if (flow->has_l7)
		append_l7_type(out, flow);
	else if (type < ARRAY_SIZE(type_rows) && type_rows[type])
		type_rows[type](out, flow);
	else
		buf_append_str(out, "UNKNOWN");
}

/* " BY allow-all (CiliumNetworkPolicy)"; a list is of those that allowed, or of those that denied. */
static size_t append_policies(struct buf *out, struct text policies, size_t count)
{
	static const struct json_field fields[] = {
		{ .key = "name",
		  .kind = JSON_FIELD_TEXT,
		  .offset = offsetof(struct policy_fields, name) },
		{ .key = "kind",
		  .kind = JSON_FIELD_TEXT,
		  .offset = offsetof(struct policy_fields, kind) },
		{},
	};
	auto_buf struct buf scratch = {};
	struct json_scan scan;

	if (!policies.len || !buf_reserve(&scratch, policies.len))
		return count;
	json_scan_init(&scan, policies, &scratch);
	if (!json_scan_enter_array(&scan))
		return count;
	while (json_scan_element(&scan)) {
		struct policy_fields policy = {};

		json_fields_read(fields, &scan, &policy);
		if (scan.failed)
			break;
		buf_append_str(out, count++ ? ", " : " BY ");
		text_append(out, policy.name);
		if (!policy.kind.len)
			continue;
		buf_append_str(out, " (");
		text_append(out, policy.kind);
		buf_append_char(out, ')');
	}
	return count;
}

static void append_all_policies(struct buf *out, const struct flow_fields *flow)
{
	const struct text lists[] = { flow->egress_allowed_by, flow->ingress_allowed_by,
				      flow->egress_denied_by, flow->ingress_denied_by };
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		count = append_policies(out, lists[i], count);
}

void flow_text_verdict(struct buf *out, const struct flow_fields *flow,
		       const struct format_options *options)
{
	bool want_colour = options->want_colour;
	bool is_known = names_get(NAMES_VERDICT, flow->verdict.number);
	const struct verdict_row *row =
		&verdict_rows[is_known ? flow->verdict.number : VERDICT_UNKNOWN];

	colour_begin(out, want_colour, row->colour);
	if (row->policy_word && flow->event_type == FLOW_EVENT_POLICY_VERDICT)
		buf_append_str(out, row->policy_word);
	else
		names_append(out, NAMES_VERDICT, flow->verdict);
	colour_end(out, want_colour, row->colour);
	if (options->want_policies && flow->event_type == FLOW_EVENT_POLICY_VERDICT)
		append_all_policies(out, flow);
}

void flow_text_summary(struct buf *out, const struct flow_fields *flow, bool want_colour)
{
	if (flow->ip_trace_id)
		buf_printf(out, "IP Trace ID: %" PRIu64 "; ", flow->ip_trace_id);
	text_append(out, flow->summary);
	if (flow->auth_type.number) {
		buf_append_str(out, "; Auth: ");
		colour_begin(out, want_colour, COLOUR_GREEN);
		names_append(out, NAMES_AUTH_TYPE, flow->auth_type);
		colour_end(out, want_colour, COLOUR_GREEN);
	}
}
