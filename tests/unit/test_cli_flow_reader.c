// SPDX-License-Identifier: BSD-2-Clause
/* The fields of flows in JSON: each of them, however it is written, and what is absent. */
#include "cli/flow_reader.h"

#include <inttypes.h>

#include "agent/base/addr.h"
#include "agent/base/cleanup.h"
#include "cli/url.h"
#include "tests/harness.h"

/* A value as text. */
static void show(enum field field, const struct field_value *value, char text[static 256])
{
	switch ((enum field_kind)field_row(field)->kind) {
	case FIELD_TEXT:
		snprintf(text, 256, "%.*s", (int)value->len, value->text);
		break;
	case FIELD_ADDR:
		addr_to_str(value->addr,
			    memcmp(value->addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) ? 6 : 4, text);
		break;
	case FIELD_BOOL:
		snprintf(text, 256, "%s", value->number ? "true" : "false");
		break;
	case FIELD_NUMBER:
	case FIELD_DURATION:
	case FIELD_TIME:
	case FIELD_FLAGS:
	case FIELD_KIND_MAX:
		snprintf(text, 256, "%" PRIu64, value->number);
	}
}

/* All values of a field, with "|" between them; "-" if there is none. */
static void show_all(struct flow_reader *reader, enum field field, char text[static 1024])
{
	struct field_value value;
	char one[256];
	size_t len = 0;

	snprintf(text, 1024, "-");
	for (unsigned int i = 0; reader->reader.get(&reader->reader, field, i, &value); i++) {
		show(field, &value, one);
		len += (size_t)snprintf(text + len, 1024 - len, "%s%s", i ? "|" : "", one);
	}
}

static void assert_field(const char *line, const char *name, const char *expect)
{
	auto_flow_reader struct flow_reader reader = {};
	char text[1024], row[1024];
	enum field field;

	assert_row(name, field_find(name, strlen(name), &field));
	flow_reader_set(&reader, text_from_str(line));
	show_all(&reader, field, text);
	snprintf(row, sizeof(row), "%s of %.900s", name, line);
	assert_row_str(row, text, expect);
}

static const char whole[] =
	"{\"flow\":{\"time\":\"1970-01-01T00:00:01.5Z\",\"uuid\":\"u-1\",\"verdict\":\"DROPPED\","
	"\"drop_reason\":133,\"ethernet\":{\"source\":\"02:01\",\"destination\":\"02:02\"},"
	"\"IP\":{\"source\":\"10.0.0.1\",\"source_xlated\":\"192.0.2.1\",\"destination\":\"2001:db8::7\","
	"\"ipVersion\":\"IPv4\",\"encrypted\":true},"
	"\"l4\":{\"TCP\":{\"source_port\":1,\"destination_port\":65535,\"flags\":{\"FIN\":true,"
	"\"SYN\":false,\"ACK\":true,\"NS\":true}}},"
	"\"source\":{\"identity\":7,\"cluster_name\":\"c\",\"namespace\":\"n\",\"labels\":[\"a=b\",\"c\"],"
	"\"pod_name\":\"p\",\"workloads\":[{\"name\":\"w\",\"kind\":\"D\"},{\"name\":\"x\"}]},"
	"\"destination\":{\"identity\":8,\"cluster_name\":\"C\",\"namespace\":\"N\",\"labels\":[\"A\"],"
	"\"pod_name\":\"P\",\"workloads\":[{\"kind\":\"K\",\"name\":\"W\"}]},"
	"\"node_name\":\"n1\",\"node_labels\":[\"l=1\"],\"source_names\":[\"s.example\"],"
	"\"destination_names\":[\"d.example\",\"e\"],"
	"\"l7\":{\"type\":\"REQUEST\",\"dns\":{\"query\":\"q.example.\"},"
	"\"http\":{\"code\":404,\"method\":\"GET\",\"url\":\"http://h:80/a%20b?c\",\"headers\":"
	"[{\"key\":\"K\",\"value\":\"V\"},{\"value\":\"x\",\"key\":\"\\u0059\"}]}},"
	"\"event_type\":{\"type\":1,\"sub_type\":133},"
	"\"source_service\":{\"name\":\"ss\",\"namespace\":\"sn\"},"
	"\"destination_service\":{\"name\":\"ds\",\"namespace\":\"dn\"},"
	"\"traffic_direction\":\"EGRESS\",\"trace_observation_point\":\"TO_STACK\","
	"\"ip_trace_id\":{\"trace_id\":\"77\"},\"drop_reason_desc\":\"POLICY_DENIED\",\"is_reply\":false,"
	"\"interface\":{\"index\":2,\"name\":\"eth0\"},\"trace_context\":{\"parent\":{\"trace_id\":\"t\"}},"
	"\"socket_cookie\":\"18446744073709551615\",\"cgroup_id\":\"9\",\"Summary\":\"S\\n\","
	"\"extensions\":{\"value\":{\"event\":\"close\",\"conn_id\":\"00ff\",\"community_id\":\"1:x\","
	"\"start\":\"1970-01-01T00:00:01Z\",\"duration_ns\":500,\"close_reason\":\"fin\","
	"\"initiator\":{\"side\":\"source\",\"by\":\"syn\"},\"rtt_ns\":30,\"rtt_server_ns\":20,"
	"\"rtt_client_ns\":10,\"forward\":{\"packets\":1,\"bytes\":100,\"retransmits\":3},"
	"\"reverse\":{\"packets\":2,\"bytes\":200},"
	"\"source\":{\"pid\":11,\"comm\":\"curl\",\"exe\":\"/bin/curl\",\"uid\":0,\"netns\":\"4026532281\","
	"\"cgroup\":\"/a\",\"unit\":\"a.service\",\"container\":{\"id\":\"i1\",\"name\":\"c1\"},"
	"\"via\":\"user\"},"
	"\"destination\":{\"pid\":12,\"comm\":\"nginx\",\"exe\":\"/bin/nginx\",\"uid\":33,"
	"\"netns\":4026532282,\"cgroup\":\"/b\",\"unit\":\"b.service\",\"container\":{\"id\":\"i2\","
	"\"name\":\"c2\"},\"via\":\"listener\"},\"ip_proto\":6,\"vlan\":100,"
	"\"encapsulated\":{\"vni\":5},\"nat\":{\"role\":\"translated\",\"twin\":true},\"icmp_id\":3}}},\"node_name\":\"envelope\"}";

static const struct {
	const char *field, *is;
} all_fields[] = {
	{ "time", "1500000000" },
	{ "uuid", "u-1" },
	{ "verdict", "DROPPED" },
	{ "type", "1" },
	{ "sub_type", "133" },
	{ "direction", "egress" },
	{ "point", "TO_STACK" },
	{ "reply", "false" },
	{ "interface", "eth0" },
	{ "interface.index", "2" },
	{ "node", "n1" },
	{ "node_label", "l=1" },
	{ "protocol", "tcp|dns|http" },
	{ "ip_version", "4" },
	{ "encrypted", "true" },
	{ "flags", "273" },
	{ "icmp_type", "-" },
	{ "icmp_code", "-" },
	{ "drop_reason", "133" },
	{ "drop_reason_desc", "POLICY_DENIED" },
	{ "summary", "S\n" },
	{ "trace_id", "t" },
	{ "ip_trace_id", "77" },
	{ "dns_query", "q.example." },
	{ "http_method", "GET" },
	{ "http_url", "http://h:80/a%20b?c" },
	{ "http_path", "/a b" },
	{ "http_status", "404" },
	{ "http_header", "K:V|Y:x" },
	{ "socket_cookie", "18446744073709551615" },
	{ "cgroup_id", "9" },
	{ "source.ip", "10.0.0.1" },
	{ "destination.ip", "2001:db8::7" },
	{ "source.ip_xlated", "192.0.2.1" },
	{ "destination.ip_xlated", "-" },
	{ "source.port", "1" },
	{ "destination.port", "65535" },
	{ "source.mac", "02:01" },
	{ "destination.mac", "02:02" },
	{ "source.identity", "7" },
	{ "destination.identity", "8" },
	{ "source.namespace", "n" },
	{ "destination.namespace", "N" },
	{ "source.pod", "p" },
	{ "destination.pod", "P" },
	{ "source.label", "a=b|c" },
	{ "destination.label", "A" },
	{ "source.workload", "w|x" },
	{ "destination.workload", "W" },
	{ "source.workload_kind", "D|" },
	{ "destination.workload_kind", "K" },
	{ "source.service", "ss" },
	{ "destination.service", "ds" },
	{ "source.service_namespace", "sn" },
	{ "destination.service_namespace", "dn" },
	{ "source.name", "s.example" },
	{ "destination.name", "d.example|e" },
	{ "source.cluster", "c" },
	{ "destination.cluster", "C" },
	{ "event", "close" },
	{ "conn_id", "00ff" },
	{ "community_id", "1:x" },
	{ "start", "1000000000" },
	{ "duration", "500" },
	{ "close_reason", "fin" },
	{ "initiator", "source" },
	{ "initiator_by", "syn" },
	{ "rtt", "30" },
	{ "rtt_server", "20" },
	{ "rtt_client", "10" },
	{ "bytes", "300" },
	{ "packets", "3" },
	{ "retransmits", "3" },
	{ "forward.bytes", "100" },
	{ "forward.packets", "1" },
	{ "forward.retransmits", "3" },
	{ "reverse.bytes", "200" },
	{ "reverse.packets", "2" },
	{ "reverse.retransmits", "-" },
	{ "ip_proto", "6" },
	{ "vlan", "100" },
	{ "vni", "5" },
	{ "icmp_id", "3" },
	{ "nat.role", "translated" },
	{ "nat.twin", "true" },
	{ "source.pid", "11" },
	{ "destination.pid", "12" },
	{ "source.process", "curl" },
	{ "destination.process", "nginx" },
	{ "source.exe", "/bin/curl" },
	{ "destination.exe", "/bin/nginx" },
	{ "source.uid", "0" },
	{ "destination.uid", "33" },
	{ "source.cgroup", "/a" },
	{ "destination.cgroup", "/b" },
	{ "source.unit", "a.service" },
	{ "destination.unit", "b.service" },
	{ "source.container", "c1" },
	{ "destination.container", "c2" },
	{ "source.container_id", "i1" },
	{ "destination.container_id", "i2" },
	{ "source.netns", "4026532281" },
	{ "destination.netns", "4026532282" },
	{ "source.via", "user" },
	{ "destination.via", "listener" },
};

static void every_field_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all_fields); i++)
		assert_field(whole, all_fields[i].field, all_fields[i].is);
	assert_int_equal(ARRAY_SIZE(all_fields), FIELD_MAX);
}

/* In any order, and again and again. */
static void a_reader_may_be_asked_in_any_order(void **state)
{
	auto_flow_reader struct flow_reader reader = {};
	char text[1024];

	(void)state;
	flow_reader_set(&reader, text_from_str(whole));
	for (size_t i = ARRAY_SIZE(all_fields); i--;) {
		enum field field;

		field_find(all_fields[i].field, strlen(all_fields[i].field), &field);
		show_all(&reader, field, text);
		assert_row_str(all_fields[i].field, text, all_fields[i].is);
	}
	flow_reader_set(&reader, text_from_str("{\"flow\":{\"uuid\":\"other\"}}"));
	show_all(&reader, FIELD_UUID, text);
	assert_string_equal(text, "other");
	show_all(&reader, FIELD_VERDICT, text);
	assert_string_equal(text, "-");
}

static void what_is_no_flow_has_no_fields(void **state)
{
	static const char lost[] = "{\"lost_events\":{\"source\":3,\"num_events_lost\":\"4\"},"
				   "\"node_name\":\"n\"}";
	static const char *const lines[] = { lost, "{}", "[]", "", "{\"flow\":7}", "{\"flow\"" };
	auto_flow_reader struct flow_reader reader = {};
	struct field_value value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		flow_reader_set(&reader, text_from_str(lines[i]));
		for (unsigned int field = 0; field < FIELD_MAX; field++)
			assert_row(lines[i], !reader.reader.get(&reader.reader, field, 0, &value));
	}
}

static const struct spelling {
	const char *flow, *field, *is;
} spellings[] = {
		/* Enums by number. */
		{ "\"verdict\":2", "verdict", "DROPPED" },
		{ "\"verdict\":0", "verdict", "VERDICT_UNKNOWN" },
		{ "\"verdict\":99", "verdict", "-" },
		{ "\"traceObservationPoint\":101", "point", "TO_ENDPOINT" },
		{ "\"trafficDirection\":1", "direction", "ingress" },
		{ "\"traffic_direction\":\"TRAFFIC_DIRECTION_UNKNOWN\"", "direction", "-" },
		{ "\"dropReasonDesc\":133", "drop_reason_desc", "POLICY_DENIED" },
		{ "\"drop_reason\":\"181\"", "drop_reason_desc", "POLICY_DENY" },
		{ "\"IP\":{\"ipVersion\":2}", "ip_version", "6" },
		{ "\"IP\":{\"ipVersion\":\"IPv6\"}", "ip_version", "6" },
		/* lowerCamel. */
		{ "\"nodeName\":\"n\"", "node", "n" },
		{ "\"l4\":{\"UDP\":{\"sourcePort\":53}}", "source.port", "53" },
		{ "\"source\":{\"podName\":\"p\"}", "source.pod", "p" },
		{ "\"isReply\":true", "reply", "true" },
		{ "\"eventType\":{\"subType\":3}", "sub_type", "3" },
}, leftovers[] = {
		/* What JSON leaves out is the default, where there is the message. */
		{ "\"event_type\":{\"type\":4}", "sub_type", "0" },
		{ "\"event_type\":{}", "type", "0" },
		{ "\"uuid\":\"\"", "sub_type", "-" },
		{ "\"l4\":{\"ICMPv4\":{}}", "icmp_type", "0" },
		{ "\"l4\":{\"ICMPv6\":{\"type\":128}}", "icmp_type", "128" },
		{ "\"l4\":{\"TCP\":{}}", "flags", "0" },
		{ "\"l4\":{\"UDP\":{}}", "flags", "-" },
		{ "", "ip_version", "0" },
		{ "\"IP\":{\"encrypted\":false}", "encrypted", "false" },
		{ "\"IP\":{}", "encrypted", "-" },
		{ "\"l4\":{\"TCP\":{\"source_port\":0}}", "source.port", "-" },
		{ "\"l7\":{\"http\":{\"code\":0}}", "http_status", "-" },
		{ "\"is_reply\":null", "reply", "-" },
		/* Protocols. */
		{ "\"l4\":{\"UDP\":{}},\"l7\":{\"dns\":{}}", "protocol", "udp|dns" },
		{ "\"l4\":{\"ICMPv4\":{}}", "protocol", "icmpv4" },
		{ "\"l4\":{\"ICMPv6\":{}}", "protocol", "icmpv6" },
		{ "\"l4\":{\"SCTP\":{}}", "protocol", "sctp" },
		{ "\"l4\":{\"VRRP\":{}}", "protocol", "vrrp" },
		{ "\"l4\":{\"IGMP\":{}},\"l7\":{\"kafka\":{}}", "protocol", "igmp|kafka" },
		{ "\"l4\":{}", "protocol", "-" },
		/* Wrong ones. */
		{ "\"IP\":{\"source\":\"10.0.0.256\"}", "source.ip", "-" },
		{ "\"IP\":{\"source\":\"10.0.0.1\\u0000\"}", "source.ip", "-" },
		{ "\"IP\":{\"source\":7}", "source.ip", "-" },
		{ "\"source\":{\"identity\":-1}", "source.identity", "-" },
		{ "\"source\":{\"labels\":[7,\"a\",null,{}]}", "source.label", "|a||" },
		{ "\"source\":{\"labels\":{\"a\":1}}", "source.label", "-" },
		{ "\"source\":{\"workloads\":[7,{}]}", "source.workload", "|" },
		{ "\"time\":\"yesterday\"", "time", "-" },
		{ "\"uuid\":7", "uuid", "-" },
		{ "\"extensions\":{\"value\":{\"reverse\":{\"bytes\":7}}}", "bytes", "7" },
		{ "\"extensions\":{\"value\":{}}", "bytes", "-" },
		{ "\"l7\":{\"http\":{\"url\":\"/%2\"}}", "http_path", "-" },
};

static void assert_spellings(const struct spelling *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char line[256];

		snprintf(line, sizeof(line), "{\"flow\":{%s}}", rows[i].flow);
		assert_field(line, rows[i].field, rows[i].is);
	}
}

static void a_flow_may_be_written_in_other_ways(void **state)
{
	(void)state;
	assert_spellings(spellings, ARRAY_SIZE(spellings));
}

static void what_json_leaves_out_or_has_wrong_is_told_apart(void **state)
{
	(void)state;
	assert_spellings(leftovers, ARRAY_SIZE(leftovers));
}

static void the_path_of_a_url_is_gos(void **state)
{
	static const struct {
		const char *url, *path;
	} cases[] = {
		{ "http://example.com/index.html", "/index.html" },
		{ "http://example.com:8080/a/b?c=/d#/e", "/a/b" },
		{ "http://example.com", "" },
		{ "http://example.com?x", "" },
		{ "//example.com/x", "/x" },
		{ "/only/path?x", "/only/path" },
		{ "relative/path", "relative/path" },
		{ "", "" },
		{ "/a%2Fb%20c", "/a/b c" },
		{ "/a%2", NULL },
		{ "/a%zz", NULL },
		{ "http://[::1]:80/v6", "/v6" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf scratch = {};
		struct text path = {};
		bool is_known = url_path(text_from_str(cases[i].url), &scratch, &path);

		assert_row_int(cases[i].url, is_known, cases[i].path != NULL);
		assert_row(cases[i].url, !is_known || text_is(path, cases[i].path));
	}
}

int main(void)
{
	return RUN_TESTS(TEST(every_field_is_found), TEST(a_reader_may_be_asked_in_any_order),
			 TEST(what_is_no_flow_has_no_fields),
			 TEST(a_flow_may_be_written_in_other_ways),
			 TEST(what_json_leaves_out_or_has_wrong_is_told_apart),
			 TEST(the_path_of_a_url_is_gos));
}
