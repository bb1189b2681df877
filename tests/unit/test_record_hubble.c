// SPDX-License-Identifier: BSD-2-Clause
/*
 * The rules of Hubble's JSON held against the line of each record: the order of keys, no default
 * values, 64-bit numbers as strings outside the extensions.
 */
#include <json-c/json.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "record_cases.h"
#include "tests/harness.h"
#include "tests/json_read.h"

/* Hubble's messages: their keys in the order of declaration. */
static const struct message {
	const char *path;
	const char *keys[64];
} messages[] = {
	{ "", { "flow", "node_status", "lost_events", "node_name", "time" } },
	{ "flow",
	  { "time",
	    "uuid",
	    "emitter",
	    "verdict",
	    "drop_reason",
	    "auth_type",
	    "ethernet",
	    "IP",
	    "l4",
	    "tunnel",
	    "source",
	    "destination",
	    "Type",
	    "node_name",
	    "node_labels",
	    "source_names",
	    "destination_names",
	    "l7",
	    "reply",
	    "event_type",
	    "source_service",
	    "destination_service",
	    "traffic_direction",
	    "policy_match_type",
	    "trace_observation_point",
	    "trace_reason",
	    "file",
	    "ip_trace_id",
	    "drop_reason_desc",
	    "is_reply",
	    "debug_capture_point",
	    "interface",
	    "proxy_port",
	    "trace_context",
	    "sock_xlate_point",
	    "socket_cookie",
	    "cgroup_id",
	    "Summary",
	    "extensions" } },
	{ "flow.emitter", { "name", "version" } },
	{ "flow.ethernet", { "source", "destination" } },
	{ "flow.IP", { "source", "source_xlated", "destination", "ipVersion", "encrypted" } },
	{ "flow.l4", { "TCP", "UDP", "ICMPv4", "ICMPv6", "SCTP" } },
	{ "flow.l4.TCP", { "source_port", "destination_port", "flags" } },
	{ "flow.l4.TCP.flags", { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS" } },
	{ "flow.l4.UDP", { "source_port", "destination_port" } },
	{ "flow.l4.SCTP", { "source_port", "destination_port" } },
	{ "flow.l4.ICMPv4", { "type", "code" } },
	{ "flow.l4.ICMPv6", { "type", "code" } },
	{ "flow.source",
	  { "ID", "identity", "cluster_name", "namespace", "labels", "pod_name", "workloads" } },
	{ "flow.destination",
	  { "ID", "identity", "cluster_name", "namespace", "labels", "pod_name", "workloads" } },
	{ "flow.source_service", { "name", "namespace" } },
	{ "flow.destination_service", { "name", "namespace" } },
	{ "flow.event_type", { "type", "sub_type" } },
	{ "flow.interface", { "index", "name" } },
	{ "flow.extensions", { "@type", "value" } },
};

static bool is_default(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return true;
	case json_type_boolean:
		return !json_object_get_boolean(value);
	case json_type_int:
		return json_object_get_int64(value) == 0;
	case json_type_string:
		return json_object_get_string_len(value) == 0;
	case json_type_array:
		return json_object_array_length(value) == 0;
	case json_type_double:
	case json_type_object:
		break;
	}
	return false;
}

static void check_message(const char *name, struct json_object *object,
			  const struct message *message)
{
	unsigned int next = 0;

	json_object_object_foreach(object, key, value)
	{
		while (next < ARRAY_SIZE(message->keys) && message->keys[next] &&
		       strcmp(message->keys[next], key) != 0)
			next++;
		if (next == ARRAY_SIZE(message->keys) || !message->keys[next])
			fail_msg("%s: %s.%s is unknown or out of order", name, message->path, key);
		/* A wrapper type is kept whatever its value. */
		if (is_default(value) && strcmp(key, "is_reply") != 0)
			fail_msg("%s: %s.%s is a default value", name, message->path, key);
	}
}

static void keys_are_hubbles_in_hubbles_order(void **state)
{
	auto_buf struct buf buf = { 0 };

	(void)state;
	for (size_t i = 0; i < record_cases_count(); i++) {
		struct json_object *line = record_case_read(&buf, i);

		for (size_t m = 0; m < ARRAY_SIZE(messages); m++) {
			struct json_object *object =
				messages[m].path[0] ? json_read_at(line, messages[m].path) : line;

			if (object)
				check_message(record_case_at(i)->name, object, &messages[m]);
		}
		assert_row(record_case_at(i)->name, json_read_at(line, "flow.is_reply"));
		json_object_put(line);
	}
}

static const char *const extension_keys[] = {
	"event",	 "conn_id",	  "community_id", "start",
	"duration_ns",	 "close_reason",  "initiator",	  "rtt_ns",
	"rtt_server_ns", "rtt_client_ns", "forward",	  "reverse",
	"netns",	 "ip_proto",	  "vlan",	  "icmp_id",
	"legs",		 "outer_vlan",	  "icmp_error",	  "encapsulated",
	"source",	 "destination",	  "source_port",  "destination_port",
	"nat",
};

static bool is_extension(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(extension_keys); i++) {
		if (!strcmp(extension_keys[i], key))
			return true;
	}
	return false;
}

static void check_extensions(struct json_object *object)
{
	json_object_object_foreach(object, key, value)
	{
		assert_row(key, value && is_extension(key));
	}
}

/* Hubble knows a Struct: everything in it is a number, a string, a list or an object. */
static void extensions_are_a_struct_with_the_contracts_keys(void **state)
{
	auto_buf struct buf buf = { 0 };

	(void)state;
	for (size_t i = 0; i < record_cases_count(); i++) {
		struct json_object *line = record_case_read(&buf, i);

		assert_row_str(record_case_at(i)->name,
			       json_read_text(line, "flow.extensions.@type"),
			       "type.googleapis.com/google.protobuf.Struct");
		check_extensions(json_read_at(line, "flow.extensions.value"));
		json_object_put(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys_are_hubbles_in_hubbles_order),
		TEST(extensions_are_a_struct_with_the_contracts_keys),
	};

	return cmocka_run_group_tests_name("record_hubble", tests, record_parties_begin,
					   record_parties_end);
}
