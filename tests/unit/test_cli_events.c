// SPDX-License-Identifier: BSD-2-Clause
/*
 * Agent and debug events in every format, byte for byte: one of each of Hubble's types, with what it
 * may hold and with nothing.
 */
#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "cli/format.h"
#include "tests/harness.h"

#define TIMES	      "\"node_name\":\"n1\",\"time\":\"2023-11-14T22:13:20.123Z\"}"
#define STAMP	      "Nov 14 22:13:20.123"
#define AGENT(fields) "{\"agent_event\":{" fields "}," TIMES "\n"
#define DEBUG(fields) "{\"debug_event\":{" fields "}," TIMES "\n"
#define STARTED \
	AGENT("\"type\":\"AGENT_STARTED\",\"agent_start\":{\"time\":\"2023-11-14T22:13:20Z\"}")
#define CREATED                                                                         \
	AGENT("\"type\":\"ENDPOINT_CREATED\",\"endpoint_update\":{\"id\":\"17324512\"," \
	      "\"labels\":[\"k8s:app=cart\"],\"pod_name\":\"cart-7d9f\",\"namespace\":\"shop\"}")
#define LOOKUP                                                                              \
	DEBUG("\"type\":\"DBG_CT_LOOKUP\",\"source\":{\"ID\":12},\"hash\":43981,\"cpu\":1," \
	      "\"message\":\"hello\"")
#define LOST \
	"{\"lost_events\":{\"source\":\"HUBBLE_RING_BUFFER\",\"num_events_lost\":\"3\"}," TIMES "\n"

/* Every line of text, from begin to end. */
static void assert_prints(const char *name, const struct format_options *options, const char *text,
			  const char *expect)
{
	auto_buf struct buf out = {}, err = {};
	__attribute__((cleanup(format_target_done))) struct format_target target = {
		.options = *options, .out = &out, .err = &err
	};
	const struct format *format = format_find(name);

	time_text_init(&target.times, time_style_find(NULL), false);
	if (format->begin)
		format->begin(&target);
	while (*text) {
		auto_flow_view struct flow_view view = {};
		struct format_record record = { text, strcspn(text, "\n"), &view };

		assert_int_equal(flow_view_parse(&view, record.line, record.len), 0);
		format->record(&target, &record);
		text += record.len + 1;
	}
	if (format->end)
		format->end(&target);
	buf_append_char(&out, '\0');
	assert_row_str(name, buf_bytes(&out), expect);
	assert_int_equal(buf_len(&err), 0);
}

static const struct {
	const char *fields, *expect;
} agent_events[] = {
	{ "\"type\":\"AGENT_STARTED\",\"agent_start\":{\"time\":\"2023-11-14T22:13:20Z\"}",
	  "AGENT_STARTED (start time: Nov 14 22:13:20.000)" },
	{ "\"type\":2,\"agentStart\":{}", "AGENT_STARTED (start time: N/A)" },
	{ "\"unknown\":{\"type\":\"x\",\"notification\":\"{y}\"}",
	  "AGENT_EVENT_UNKNOWN (type: x, notification: {y})" },
	{ "\"type\":\"POLICY_UPDATED\",\"policy_update\":{\"labels\":[\"a=b\",\"c\"],"
	  "\"revision\":\"7\",\"rule_count\":\"2\"}",
	  "POLICY_UPDATED (labels: [a=b,c], revision: 7, count: 2)" },
	{ "\"type\":\"POLICY_DELETED\",\"policy_update\":{}",
	  "POLICY_DELETED (labels: [], revision: 0, count: 0)" },
	{ "\"type\":\"ENDPOINT_REGENERATE_SUCCESS\",\"endpoint_regenerate\":{\"id\":\"5\","
	  "\"labels\":[\"k8s:a\"]}",
	  "ENDPOINT_REGENERATE_SUCCESS (id: 5, labels: [k8s:a])" },
	{ "\"type\":\"ENDPOINT_REGENERATE_FAILURE\",\"endpoint_regenerate\":{\"id\":\"5\","
	  "\"error\":\"no\"}",
	  "ENDPOINT_REGENERATE_FAILURE (id: 5, labels: [], error: no)" },
	{ "\"type\":\"ENDPOINT_CREATED\",\"endpoint_update\":{\"id\":\"5\","
	  "\"pod_name\":\"cart\",\"namespace\":\"shop\"}",
	  "ENDPOINT_CREATED (id: 5, namespace: shop, pod name: cart)" },
	{ "\"type\":\"ENDPOINT_DELETED\",\"endpoint_update\":{}", "ENDPOINT_DELETED (id: 0)" },
	/* weir's: it has no pod to be called by. */
	{ "\"type\":\"ENDPOINT_DELETED\",\"endpoint_update\":{\"id\":\"5\",\"labels\":"
	  "[\"a\",\"container:name=w\\u001b[1meb\"]}",
	  "ENDPOINT_DELETED (id: 5, container: w^[[1meb)" },
	{ "\"type\":\"IPCACHE_UPSERTED\",\"ipcache_update\":{\"cidr\":\"10.0.0.1/32\","
	  "\"identity\":5,\"old_identity\":0,\"host_ip\":\"1.1.1.1\","
	  "\"old_host_ip\":\"2.2.2.2\",\"encrypt_key\":3,\"namespace\":\"shop\"}",
	  "IPCACHE_UPSERTED (cidr: 10.0.0.1/32, identity: 5, old identity: 0, "
	  "host ip: 1.1.1.1, old host ip: 2.2.2.2, encrypt key: 3)" },
	{ "\"type\":\"IPCACHE_DELETED\",\"ipcache_update\":{\"cidr\":\"fd00::1/128\","
	  "\"old_identity\":null}",
	  "IPCACHE_DELETED (cidr: fd00::1/128, identity: 0, encrypt key: 0)" },
	{ "\"type\":\"SERVICE_UPSERTED\",\"service_upsert\":{\"id\":\"3\","
	  "\"frontend_address\":{\"ip\":\"10.96.0.1\",\"port\":443},"
	  "\"backend_addresses\":[{\"ip\":\"fd00::1\",\"port\":6443},{\"ip\":\"10.0.0.1\"}],"
	  "\"type\":\"ClusterIP\",\"traffic_policy\":\"Cluster\",\"name\":\"api\","
	  "\"namespace\":\"default\"}",
	  "SERVICE_UPSERTED (id: 3, frontend: 10.96.0.1:443, "
	  "backends: [[fd00::1]:6443,10.0.0.1:0], type: ClusterIP, "
	  "traffic policy: Cluster, namespace: default, name: api)" },
	{ "\"type\":\"SERVICE_UPSERTED\",\"service_upsert\":{\"backend_addresses\":[]}",
	  "SERVICE_UPSERTED (id: 0)" },
	{ "\"type\":\"SERVICE_DELETED\",\"service_delete\":{\"id\":3}", "SERVICE_DELETED (id: 3)" },
	/* What does not go together. */
	{ "", "AGENT_EVENT_UNKNOWN (UNKNOWN)" },
	{ "\"type\":\"AGENT_STARTED\"", "AGENT_STARTED (UNKNOWN)" },
	{ "\"type\":\"AGENT_STARTED\",\"endpoint_update\":{}", "AGENT_STARTED (UNKNOWN)" },
	{ "\"type\":\"NEW\\n\",\"agent_start\":{}", "NEW\\n (UNKNOWN)" },
	{ "\"type\":1,\"agent_start\":{}", "1 (UNKNOWN)" },
	{ "\"type\":13", "13 (UNKNOWN)" },
	{ "\"type\":9223372036854775807", "9223372036854775807 (UNKNOWN)" },
	{ "\"type\":\"ENDPOINT_CREATED\",\"endpoint_update\":{\"labels\":{\"a\":1},"
	  "\"id\":-1,\"pod_name\":[]}",
	  "ENDPOINT_CREATED (id: 0)" },
};

static void each_type_of_agent_event_has_its_details(void **state)
{
	static const struct format_options plain = { .subject = SUBJECT_AGENT_EVENTS };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(agent_events); i++) {
		char line[1024], expect[512];

		snprintf(line, sizeof(line), "{\"agent_event\":{%s}," TIMES "\n",
			 agent_events[i].fields);
		snprintf(expect, sizeof(expect), STAMP ": %s\n", agent_events[i].expect);
		assert_prints("compact", &plain, line, expect);
	}
}

static void a_debug_event_has_what_is_known_of_it(void **state)
{
	static const struct format_options plain = { .subject = SUBJECT_DEBUG_EVENTS };
	static const struct {
		const char *fields, *expect;
	} cases[] = {
		{ "\"type\":\"DBG_CT_LOOKUP\",\"source\":{\"ID\":12},\"hash\":43981,\"cpu\":1,"
		  "\"message\":\"hello\"",
		  "ID: 12 DBG_CT_LOOKUP MARK: 0xabcd CPU: 01 (hello)" },
		{ "", "N/A DBG_EVENT_UNKNOWN MARK: N/A CPU: N/A ()" },
		{ "\"type\":68,\"source\":{},\"hash\":0,\"cpu\":0,\"message\":\"a\\nb\"",
		  "ID: 0 DBG_LB6_LOOPBACK_SNAT_REV MARK: 0x0 CPU: 00 (a\\nb)" },
		{ "\"source\":{\"ID\":1,\"namespace\":\"shop\",\"pod_name\":\"cart\"},\"cpu\":127",
		  "shop/cart (ID: 1) DBG_EVENT_UNKNOWN MARK: N/A CPU: 127 ()" },
		{ "\"source\":{\"ID\":1,\"pod_name\":\"cart\"}",
		  "ID: 1 DBG_EVENT_UNKNOWN MARK: N/A CPU: N/A ()" },
		{ "\"source\":{\"ID\":1,\"labels\":[\"reserved:host\"]}",
		  "reserved:host (ID: 1) DBG_EVENT_UNKNOWN MARK: N/A CPU: N/A ()" },
		{ "\"source\":{\"ID\":1,\"labels\":[\"reserved:host\",\"x\"]}",
		  "ID: 1 DBG_EVENT_UNKNOWN MARK: N/A CPU: N/A ()" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[512], expect[256];

		snprintf(line, sizeof(line), "{\"debug_event\":{%s}," TIMES "\n", cases[i].fields);
		snprintf(expect, sizeof(expect), STAMP ": %s\n", cases[i].expect);
		assert_prints("compact", &plain, line, expect);
	}
}

static void each_format_of_agent_events_is_hubbles(void **state)
{
	static const struct format_options plain = { .subject = SUBJECT_AGENT_EVENTS };
	static const struct format_options node = { .subject = SUBJECT_AGENT_EVENTS,
						    .want_node = true };

	(void)state;
	assert_prints("compact", &node, STARTED CREATED LOST,
		      STAMP " [n1]: AGENT_STARTED (start time: Nov 14 22:13:20.000)\n" STAMP
			    " [n1]: ENDPOINT_CREATED (id: 17324512, namespace: shop, "
			    "pod name: cart-7d9f)\n" STAMP
			    " EVENTS LOST: HUBBLE_RING_BUFFER CPU(0) 3\n");
	assert_prints("dict", &plain, STARTED CREATED,
		      "  TIMESTAMP: " STAMP "\n"
		      "       TYPE: AGENT_STARTED\n"
		      "    DETAILS: start time: Nov 14 22:13:20.000\n"
		      "------------\n"
		      "  TIMESTAMP: " STAMP "\n"
		      "       TYPE: ENDPOINT_CREATED\n"
		      "    DETAILS: id: 17324512, namespace: shop, pod name: cart-7d9f\n");
	assert_prints("dict", &node, STARTED,
		      "  TIMESTAMP: " STAMP "\n"
		      "       NODE: n1\n"
		      "       TYPE: AGENT_STARTED\n"
		      "    DETAILS: start time: Nov 14 22:13:20.000\n");
	assert_prints(
		"table", &plain, STARTED CREATED LOST,
		"TIMESTAMP             TYPE               DETAILS\n" STAMP
		"   AGENT_STARTED      start time: Nov 14 22:13:20.000\n" STAMP
		"   ENDPOINT_CREATED   id: 17324512, namespace: shop, pod name: cart-7d9f\n" STAMP
		"   EVENTS LOST        HUBBLE_RING_BUFFER CPU(0) - 3\n");
	assert_prints("tab", &node, STARTED,
		      "TIMESTAMP             NODE   TYPE            DETAILS\n" STAMP
		      "   n1     AGENT_STARTED   start time: Nov 14 22:13:20.000\n");
	assert_prints("json", &plain, STARTED CREATED, STARTED CREATED);
}

static void each_format_of_debug_events_is_hubbles(void **state)
{
	static const struct format_options plain = { .subject = SUBJECT_DEBUG_EVENTS };

	(void)state;
	assert_prints("dict", &plain, LOOKUP,
		      "  TIMESTAMP: " STAMP "\n"
		      "       TYPE: DBG_CT_LOOKUP\n"
		      "       FROM: ID: 12\n"
		      "       MARK: 0xabcd\n"
		      "        CPU: 01\n"
		      "    MESSAGE: hello\n");
	assert_prints(
		"table", &plain, LOOKUP LOST,
		"TIMESTAMP             FROM        TYPE            CPU/MARK    MESSAGE\n" STAMP
		"   ID: 12      DBG_CT_LOOKUP   01 0xabcd   hello\n" STAMP
		"   -           EVENTS LOST     -           HUBBLE_RING_BUFFER CPU(0) - 3\n");
	assert_prints("jsonpb", &plain, LOOKUP, LOOKUP);
}

static void what_is_foreign_is_written_in_hubbles_form(void **state)
{
	static const struct format_options foreign = { .subject = SUBJECT_AGENT_EVENTS,
						       .is_foreign = true };
	static const struct format_options bare = { .subject = SUBJECT_AGENT_EVENTS,
						    .want_bare = true };

	(void)state;
	assert_prints("json", &foreign,
		      "{\"time\":\"2023-11-14T22:13:20Z\",\"agentEvent\":{\"ipcacheUpdate\":"
		      "{\"identity\":5,\"cidr\":\"10.0.0.1/32\",\"oldIdentity\":0,\"hostIp\":\"\"},"
		      "\"type\":9}}\n",
		      "{\"agent_event\":{\"type\":\"IPCACHE_UPSERTED\",\"ipcache_update\":"
		      "{\"cidr\":\"10.0.0.1/32\",\"identity\":5,\"old_identity\":0}},"
		      "\"time\":\"2023-11-14T22:13:20Z\"}\n");
	assert_prints("json", &bare, STARTED,
		      "{\"type\":\"AGENT_STARTED\","
		      "\"agent_start\":{\"time\":\"2023-11-14T22:13:20Z\"}}\n");
}

int main(void)
{
	return RUN_TESTS(TEST(each_type_of_agent_event_has_its_details),
			 TEST(a_debug_event_has_what_is_known_of_it),
			 TEST(each_format_of_agent_events_is_hubbles),
			 TEST(each_format_of_debug_events_is_hubbles),
			 TEST(what_is_foreign_is_written_in_hubbles_form));
}
