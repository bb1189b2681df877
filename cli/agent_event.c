// SPDX-License-Identifier: BSD-2-Clause
/* A row for each type: which notification it has, and how that is put. */
#include "agent_event.h"

#include <inttypes.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_scan.h"
#include "agent/flow/json_value.h"

#include "flow_text.h"
#include "names_text.h"
#include "text.h"

/* By which the agent names a container of no pod. */
#define CONTAINER_LABEL "container:name="

#define AT(member)		  offsetof(struct agent_event, member)
#define FIELD(name, what, member) .key = (name), .kind = (what), .offset = AT(member)
#define TEXT(key, member)	  FIELD(key, JSON_FIELD_TEXT, member)
#define U64(key, member)	  FIELD(key, JSON_FIELD_U64, member)
#define RAW(key, member)	  FIELD(key, JSON_FIELD_RAW, member)
#define OBJECT(key, member, rows) FIELD(key, JSON_FIELD_OBJECT, member), .fields = (rows)

static const struct json_field unknown_fields[] = {
	{ TEXT("type", unknown_type) },
	{ TEXT("notification", unknown_notification) },
	{},
};

static const struct json_field start_fields[] = {
	{ FIELD("time", JSON_FIELD_TIME, start) },
	{},
};

static const struct json_field policy_fields[] = {
	{ RAW("labels", labels) },
	{ U64("revision", revision) },
	{ FIELD("rule_count", JSON_FIELD_I64, rules) },
	{},
};

/* Of an endpoint that is made anew, or has come or gone. */
static const struct json_field endpoint_fields[] = {
	{ U64("id", id) },	   { RAW("labels", labels) },	     { TEXT("error", error) },
	{ TEXT("pod_name", pod) }, { TEXT("namespace", namespace) }, {},
};

static const struct json_field ipcache_fields[] = {
	{ TEXT("cidr", cidr) },
	{ U64("identity", identity) },
	{ RAW("old_identity", old_identity) },
	{ TEXT("host_ip", host_ip) },
	{ TEXT("old_host_ip", old_host_ip) },
	{ U64("encrypt_key", encrypt_key) },
	{},
};

static const struct json_field upsert_fields[] = {
	{ U64("id", id) },
	{ RAW("frontend_address", frontend) },
	{ RAW("backend_addresses", backends) },
	{ TEXT("type", service_type) },
	{ TEXT("traffic_policy", traffic_policy) },
	{ TEXT("name", service) },
	{ TEXT("namespace", namespace) },
	{},
};

static const struct json_field delete_fields[] = { { U64("id", id) }, {} };

static const struct json_field event_fields[] = {
	{ FIELD("type", JSON_FIELD_ENUM, type), .names = NAMES_AGENT_EVENT_TYPE },
	{ OBJECT("unknown", has_unknown, unknown_fields) },
	{ OBJECT("agent_start", has_start, start_fields) },
	{ OBJECT("policy_update", has_policy, policy_fields) },
	{ OBJECT("endpoint_regenerate", has_regenerate, endpoint_fields) },
	{ OBJECT("endpoint_update", has_endpoint, endpoint_fields) },
	{ OBJECT("ipcache_update", has_ipcache, ipcache_fields) },
	{ OBJECT("service_upsert", has_upsert, upsert_fields) },
	{ OBJECT("service_delete", has_delete, delete_fields) },
	{},
};

void agent_event_read(struct agent_event *event, struct text json, struct buf *scratch)
{
	struct json_scan scan;

	*event = (struct agent_event){};
	if (!buf_reserve(scratch, json.len))
		return;
	json_scan_init(&scan, json, scratch);
	json_fields_read(event_fields, &scan, event);
}

void agent_event_type(struct buf *out, const struct agent_event *event)
{
	names_append(out, NAMES_AGENT_EVENT_TYPE, event->type);
}

static void put(struct buf *out, const char *label, struct text text)
{
	buf_append_str(out, label);
	text_append(out, text);
}

/* What is empty is not there. */
static void put_known(struct buf *out, const char *label, struct text text)
{
	if (text.len)
		put(out, label, text);
}

static void put_labels(struct buf *out, const char *label, struct text labels)
{
	buf_append_str(out, label);
	buf_append_char(out, '[');
	flow_text_joined(out, labels, ",");
	buf_append_char(out, ']');
}

static void put_unknown(struct buf *out, struct time_text *times, const struct agent_event *event)
{
	(void)times;
	put(out, "type: ", event->unknown_type);
	put(out, ", notification: ", event->unknown_notification);
}

static void put_start(struct buf *out, struct time_text *times, const struct agent_event *event)
{
	buf_append_str(out, "start time: ");
	flow_text_time(out, times, event->start);
}

static void put_policy(struct buf *out, struct time_text *times, const struct agent_event *event)
{
	(void)times;
	put_labels(out, "labels: ", event->labels);
	buf_printf(out, ", revision: %" PRIu64 ", count: %" PRId64, event->revision, event->rules);
}

static void put_regenerate(struct buf *out, struct time_text *times,
			   const struct agent_event *event)
{
	(void)times;
	buf_printf(out, "id: %" PRIu64, event->id);
	put_labels(out, ", labels: ", event->labels);
	put_known(out, ", error: ", event->error);
}

/* weir's: a container of no pod is told by its label alone. */
static void put_container(struct buf *out, struct text labels)
{
	static const size_t prefix = sizeof(CONTAINER_LABEL) - 1;
	auto_buf struct buf scratch = {};
	struct json_scan scan;
	struct text label;

	if (!labels.len || !buf_reserve(&scratch, labels.len))
		return;
	json_scan_init(&scan, labels, &scratch);
	if (!json_scan_enter_array(&scan))
		return;
	while (json_scan_element(&scan)) {
		if (json_scan_value(&scan, &label) != JSON_STRING || label.len < prefix ||
		    memcmp(label.bytes, CONTAINER_LABEL, prefix) != 0)
			continue;
		put(out,
		    ", container: ", (struct text){ label.bytes + prefix, label.len - prefix });
		return;
	}
}

static void put_endpoint(struct buf *out, struct time_text *times, const struct agent_event *event)
{
	(void)times;
	buf_printf(out, "id: %" PRIu64, event->id);
	put_known(out, ", namespace: ", event->namespace);
	put_known(out, ", pod name: ", event->pod);
	if (!event->pod.len)
		put_container(out, event->labels);
}

static void put_ipcache(struct buf *out, struct time_text *times, const struct agent_event *event)
{
	uint64_t old;

	(void)times;
	put(out, "cidr: ", event->cidr);
	buf_printf(out, ", identity: %" PRIu64, event->identity);
	if (json_value_u64(event->old_identity, &old))
		buf_printf(out, ", old identity: %" PRIu64, old);
	put_known(out, ", host ip: ", event->host_ip);
	put_known(out, ", old host ip: ", event->old_host_ip);
	buf_printf(out, ", encrypt key: %" PRIu64, event->encrypt_key);
}

/* "10.0.0.1:80", "[fd00::1]:80" */
static void put_address(struct buf *out, struct text json)
{
	struct {
		struct text ip;
		uint64_t port;
	} address = {};
	const struct json_field fields[] = {
		{ .key = "ip", .kind = JSON_FIELD_TEXT, .offset = 0 },
		{ .key = "port", .kind = JSON_FIELD_U64, .offset = sizeof(struct text) },
		{},
	};
	auto_buf struct buf scratch = {};
	struct json_scan scan;
	bool is_v6;

	if (!buf_reserve(&scratch, json.len))
		return;
	json_scan_init(&scan, json, &scratch);
	json_fields_read(fields, &scan, &address);
	is_v6 = address.ip.len && memchr(address.ip.bytes, ':', address.ip.len);
	put(out, is_v6 ? "[" : "", address.ip);
	buf_printf(out, "%s:%" PRIu64, is_v6 ? "]" : "", address.port);
}

static void put_backends(struct buf *out, struct text json)
{
	auto_buf struct buf scratch = {};
	struct json_scan scan;
	size_t count = 0;

	if (!json.len || !buf_reserve(&scratch, json.len))
		return;
	json_scan_init(&scan, json, &scratch);
	if (!json_scan_enter_array(&scan))
		return;
	while (json_scan_element(&scan)) {
		buf_append_str(out, count++ ? "," : ", backends: [");
		put_address(out, json_scan_raw(&scan));
	}
	if (count)
		buf_append_char(out, ']');
}

static void put_upsert(struct buf *out, struct time_text *times, const struct agent_event *event)
{
	(void)times;
	buf_printf(out, "id: %" PRIu64, event->id);
	if (event->frontend.len) {
		buf_append_str(out, ", frontend: ");
		put_address(out, event->frontend);
	}
	put_backends(out, event->backends);
	put_known(out, ", type: ", event->service_type);
	put_known(out, ", traffic policy: ", event->traffic_policy);
	put_known(out, ", namespace: ", event->namespace);
	put_known(out, ", name: ", event->service);
}

static void put_delete(struct buf *out, struct time_text *times, const struct agent_event *event)
{
	(void)times;
	buf_printf(out, "id: %" PRIu64, event->id);
}

static const struct {
	size_t has; /* its notification */
	void (*put)(struct buf *out, struct time_text *times, const struct agent_event *event);
} rows[] = {
	{ AT(has_unknown), put_unknown },
	[AGENT_EVENT_STARTED] = { AT(has_start), put_start },
	[3] = { AT(has_policy), put_policy },
	[4] = { AT(has_policy), put_policy },
	[5] = { AT(has_regenerate), put_regenerate },
	[6] = { AT(has_regenerate), put_regenerate },
	[AGENT_EVENT_ENDPOINT_CREATED] = { AT(has_endpoint), put_endpoint },
	[AGENT_EVENT_ENDPOINT_DELETED] = { AT(has_endpoint), put_endpoint },
	[AGENT_EVENT_IPCACHE_UPSERTED] = { AT(has_ipcache), put_ipcache },
	[AGENT_EVENT_IPCACHE_DELETED] = { AT(has_ipcache), put_ipcache },
	[11] = { AT(has_upsert), put_upsert },
	[12] = { AT(has_delete), put_delete },
};

void agent_event_details(struct buf *out, struct time_text *times, const struct agent_event *event)
{
	int64_t type = event->type.number;

	if (type >= 0 && type < (int64_t)ARRAY_SIZE(rows) && rows[type].put &&
	    *(const bool *)((const char *)event + rows[type].has))
		rows[type].put(out, times, event);
	else
		buf_append_str(out, "UNKNOWN");
}
