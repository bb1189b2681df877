// SPDX-License-Identifier: BSD-2-Clause
#include "debug_event.h"

#include <inttypes.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/json_scan.h"
#include "agent/flow/json_value.h"

#include "flow_text.h"
#include "names_text.h"
#include "text.h"

#define RESERVED "reserved:"

#define AT(member)		  offsetof(struct debug_event, member)
#define FIELD(name, what, member) .key = (name), .kind = (what), .offset = AT(member)

static const struct json_field source_fields[] = {
	{ FIELD("ID", JSON_FIELD_U64, id) },
	{ FIELD("namespace", JSON_FIELD_TEXT, namespace) },
	{ FIELD("labels", JSON_FIELD_RAW, labels) },
	{ FIELD("pod_name", JSON_FIELD_TEXT, pod) },
	{},
};

static const struct json_field event_fields[] = {
	{ FIELD("type", JSON_FIELD_ENUM, type), .names = NAMES_DEBUG_EVENT_TYPE },
	{ FIELD("source", JSON_FIELD_OBJECT, has_source), .fields = source_fields },
	{ FIELD("hash", JSON_FIELD_RAW, hash) },
	{ FIELD("message", JSON_FIELD_TEXT, message) },
	{ FIELD("cpu", JSON_FIELD_RAW, cpu) },
	{},
};

void debug_event_read(struct debug_event *event, struct text json, struct buf *scratch)
{
	struct json_scan scan;

	*event = (struct debug_event){};
	if (!buf_reserve(scratch, json.len))
		return;
	json_scan_init(&scan, json, scratch);
	json_fields_read(event_fields, &scan, event);
}

void debug_event_type(struct buf *out, const struct debug_event *event)
{
	names_append(out, NAMES_DEBUG_EVENT_TYPE, event->type);
}

/* The label of what is Cilium's own, in *labels; NULL: it has others, or none. */
static const char *find_reserved(const struct debug_event *event, struct buf *labels)
{
	size_t count = flow_text_joined(labels, event->labels, ",");

	buf_append_char(labels, '\0');
	if (count != 1 || labels->failed ||
	    strncmp(buf_bytes(labels), RESERVED, sizeof(RESERVED) - 1) != 0)
		return NULL;
	return buf_bytes(labels);
}

void debug_event_from(struct buf *out, const struct debug_event *event)
{
	auto_buf struct buf labels = {};
	const char *reserved = find_reserved(event, &labels);

	if (!event->has_source) {
		buf_append_str(out, "N/A");
		return;
	}
	if (event->namespace.len && event->pod.len) {
		text_append(out, event->namespace);
		buf_append_char(out, '/');
		text_append(out, event->pod);
	} else if (reserved) {
		buf_append_str(out, reserved);
	} else {
		buf_printf(out, "ID: %" PRIu64, event->id);
		return;
	}
	buf_printf(out, " (ID: %" PRIu64 ")", event->id);
}

void debug_event_mark(struct buf *out, const struct debug_event *event)
{
	uint64_t hash;

	if (json_value_u64(event->hash, &hash))
		buf_printf(out, "0x%" PRIx64, hash);
	else
		buf_append_str(out, "N/A");
}

void debug_event_cpu(struct buf *out, const struct debug_event *event)
{
	int64_t cpu;

	if (json_value_i64(event->cpu, &cpu))
		buf_printf(out, "%02" PRId64, cpu);
	else
		buf_append_str(out, "N/A");
}
