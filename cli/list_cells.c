// SPDX-License-Identifier: BSD-2-Clause
/* Cells of lists. What a row does not have leaves its cell empty. */
#include "list.h"

#include <inttypes.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/timefmt.h"

#include "json_in.h"
#include "text.h"

#define NS_PER_SECOND 1000000000ULL

void list_append_value(struct buf *out, struct json_object *value)
{
	uint64_t number;

	if (json_in_u64(value, "", &number))
		buf_append_u64(out, number);
	else
		text_append(out, json_in_text(value, ""));
}

static void append_remainder(void *context, const char *name, struct json_object *value)
{
	struct buf *out = context;
	uint64_t packets = 0, bytes = 0;

	json_in_u64(value, "packets", &packets);
	json_in_u64(value, "bytes", &bytes);
	if (!packets && !bytes)
		return;
	text_append(out, text_from_str(name));
	buf_printf(out, "=%" PRIu64 "/%" PRIu64 "B ", packets, bytes);
}

/* arp=1/60B no_room=2/3000B */
void list_append_remainders(struct buf *out, struct json_object *value)
{
	size_t before = buf_len(out);

	json_in_each(value, append_remainder, out);
	if (buf_len(out) > before)
		buf_truncate(out, buf_len(out) - 1);
}

/* With commas between them. */
void list_append_list(struct buf *out, struct json_object *value)
{
	for (size_t i = 0; i < json_in_len(value); i++) {
		if (i)
			buf_append_char(out, ',');
		list_append_value(out, json_in_at(value, i));
	}
}

#define ID_SHOWN 12 /* of a container's, as runtimes show it */

void list_append_short_id(struct buf *out, struct json_object *value)
{
	struct text id = json_in_text(value, "");

	if (id.len > ID_SHOWN)
		id.len = ID_SHOWN;
	text_append(out, id);
}

/* What has {"namespace", "name"}: "shop/cart". */
void list_append_named(struct buf *out, struct json_object *value)
{
	struct text namespace = json_in_text(value, "namespace");

	text_append(out, namespace);
	if (namespace.len)
		buf_append_char(out, '/');
	text_append(out, json_in_text(value, "name"));
}

/* The name, or where there is none the id. */
void list_append_container(struct buf *out, struct json_object *value)
{
	struct json_object *name = json_in_get(value, "name");

	if (name)
		list_append_value(out, name);
	else
		list_append_short_id(out, json_in_get(value, "id"));
}

/* Deployment/cart */
void list_append_workload(struct buf *out, struct json_object *value)
{
	struct json_object *workload = json_in_at(value, 0);
	struct text kind = json_in_text(workload, "kind");

	text_append(out, kind);
	if (kind.len)
		buf_append_char(out, '/');
	text_append(out, json_in_text(workload, "name"));
}

/* A pod, or a container of none. */
void list_append_tenant(struct buf *out, struct json_object *value)
{
	struct json_object *pod = json_in_object(value, "pod");

	if (pod)
		list_append_named(out, pod);
	else
		list_append_container(out, json_in_object(value, "container"));
}

/* Those of no name by their number; "host" is the agent's own. */
void list_append_netns(struct buf *out, struct json_object *value)
{
	struct json_object *name = json_in_get(value, "netns_name");
	bool is_own = false;

	if (json_in_bool(value, "is_own_netns", &is_own) && is_own)
		buf_append_str(out, "host");
	else
		list_append_value(out, name ? name : json_in_get(value, "netns"));
}

void list_append_netns_name(struct buf *out, struct json_object *value)
{
	bool is_own = false;

	if (json_in_bool(value, "is_own", &is_own) && is_own)
		buf_append_str(out, "host");
	else
		list_append_value(out, json_in_get(value, "name"));
}

/* NODE_CONNECTED: Connected */
void list_append_state(struct buf *out, struct json_object *value)
{
	struct text state = json_in_text(value, "");
	const size_t skip = sizeof("NODE_") - 1;

	if (state.len <= skip || memcmp(state.bytes, "NODE_", skip) != 0) {
		text_append(out, state);
		return;
	}
	text_append(out, (struct text){ state.bytes + skip, 1 });
	for (size_t i = skip + 1; i < state.len; i++) {
		char lower = state.bytes[i];

		if (lower >= 'A' && lower <= 'Z')
			lower |= 0x20;
		text_append(out, (struct text){ &lower, 1 });
	}
}

static uint64_t round_to_seconds(uint64_t ns)
{
	return ns / NS_PER_SECOND + (ns % NS_PER_SECOND >= NS_PER_SECOND / 2);
}

/* From here on as Hubble has it: whole seconds, also in the rate. */
void list_append_age(struct buf *out, struct json_object *value)
{
	char text[DURATION_SIZE];
	uint64_t ns, seconds;

	if (!json_in_u64(value, "", &ns))
		return;
	seconds = round_to_seconds(ns);
	if (!seconds)
		return;
	duration_to_go(seconds * NS_PER_SECOND, text);
	buf_append_str(out, text);
}

void list_append_rate(struct buf *out, struct json_object *value)
{
	uint64_t seen, ns, seconds;

	if (!json_in_u64(value, "seen_flows", &seen) || !json_in_u64(value, "uptime_ns", &ns))
		return;
	seconds = round_to_seconds(ns);
	if (seconds)
		buf_printf(out, "%.2f", (double)seen / (double)seconds);
}

void list_append_fill(struct buf *out, struct json_object *value)
{
	uint64_t used, max;

	if (!json_in_u64(value, "num_flows", &used) || !json_in_u64(value, "max_flows", &max) ||
	    !max)
		return;
	buf_printf(out, "%" PRIu64 "/%" PRIu64 " (%6.2f%%)", used, max,
		   (double)used * 100.0 / (double)max);
}

void list_append_tls(struct buf *out, struct json_object *value)
{
	bool is_enabled = false;

	json_in_bool(value, "enabled", &is_enabled);
	if (value)
		buf_append_str(out, is_enabled ? "Enabled" : "Disabled");
}
