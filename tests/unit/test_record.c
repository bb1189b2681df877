// SPDX-License-Identifier: BSD-2-Clause
/*
 * Records as lines of JSON: a golden file, which hubble observe --input-file takes, word for word;
 * what went in can be read back, by others and by our own command.
 */
#include "log/record.h"

#include <json-c/json.h>
#include <netinet/in.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "cli/flow_view.h"
#include "record_cases.h"
#include "tests/harness.h"
#include "tests/json_read.h"

#include "weir/flow.h"

#define GOLDEN "tests/golden/records/records.jsonl"

static void each_record_is_the_golden_line(void **state)
{
	auto_file FILE *file = fopen(GOLDEN, "re");
	auto_free char *line = NULL;
	size_t size = 0;

	(void)state;
	assert_non_null(file);
	for (size_t i = 0; i < record_cases_count(); i++) {
		auto_buf struct buf buf = { 0 };

		record_case_write(&buf, i);
		buf_append_char(&buf, '\0');
		assert_row(record_case_at(i)->name, getline(&line, &size, file) > 0);
		assert_row_str(record_case_at(i)->name, buf_bytes(&buf), line);
	}
	assert_int_equal(getline(&line, &size, file), -1);
}

/* What is at a path of the line of a row of record_cases.c. */
static const struct {
	size_t row;
	const char *path, *text;
} expected[] = {
	{ 0, "flow.time", "2026-11-21T21:00:03.412345678Z" },
	{ 0, "time", "2026-11-21T21:00:03.412345678Z" },
	{ 0, "node_name", "n1" },
	{ 0, "flow.node_name", "n1" },
	{ 0, "flow.verdict", "FORWARDED" },
	{ 0, "flow.IP.source", "10.0.1.5" },
	{ 0, "flow.IP.destination", "10.0.2.7" },
	{ 0, "flow.ethernet.source", "02:00:00:00:00:01" },
	{ 0, "flow.l4.TCP.source_port", "43210" },
	{ 0, "flow.source.identity", "1" },
	{ 0, "flow.destination.identity", "2" },
	{ 0, "flow.trace_observation_point", "FROM_ENDPOINT" },
	{ 0, "flow.event_type.sub_type", "5" },
	{ 0, "flow.traffic_direction", "EGRESS" },
	{ 0, "flow.trace_reason", "NEW" },
	{ 0, "flow.is_reply", "false" },
	{ 0, "flow.extensions.value.start", "2026-11-21T21:00:00.212Z" },
	{ 0, "flow.extensions.value.conn_id", "9f86d081884c7d65" },
	{ 0, "flow.extensions.value.initiator.side", "source" },
	{ 0, "flow.extensions.value.duration_ns", "(absent)" },
	{ 0, "flow.extensions.value.legs", "(absent)" },
	{ 0, "flow.extensions.value.vlan", "(absent)" },
	{ 0, "flow.extensions.value.icmp_id", "(absent)" },
	/* The answer: source and destination change places. */
	{ 1, "flow.IP.source", "10.0.2.7" },
	{ 1, "flow.ethernet.source", "02:00:00:00:00:02" },
	{ 1, "flow.l4.TCP.source_port", "5432" },
	{ 1, "flow.source.identity", "2" },
	{ 1, "flow.destination.identity", "1" },
	{ 1, "flow.is_reply", "true" },
	{ 1, "flow.trace_reason", "REPLY" },
	{ 1, "flow.trace_observation_point", "TO_ENDPOINT" },
	{ 1, "flow.event_type.sub_type", "(absent)" },
	{ 1, "flow.extensions.value.initiator.side", "destination" },
	{ 1, "flow.extensions.value.rtt_ns", "412000" },
	{ 3, "flow.extensions.value.duration_ns", "3200345678" },
	{ 3, "flow.extensions.value.close_reason", "fin" },
	{ 3, "flow.extensions.value.forward.bytes", "12345" },
	{ 4, "flow.extensions.value.legs", "(absent)" },
	{ 4, "flow.extensions.value.rtt_ns", "(absent)" },
	{ 5, "flow.extensions.value.vlan", "4094" },
	{ 6, "flow.ethernet", "(absent)" },
	{ 7, "flow.l4.TCP.source_port", "(absent)" },
	{ 7, "flow.l4.TCP.flags", "{ }" },
	{ 13, "flow.l4.ICMPv4", "{ }" },
	{ 13, "flow.extensions.value.icmp_id", "77" },
	{ 14, "flow.extensions.value.icmp_id", "(absent)" },
	{ 15, "flow.extensions.value.icmp_id", "0" },
	{ 16, "flow.extensions.value.icmp_id", "(absent)" },
	{ 19, "flow.l4", "(absent)" },
	{ 19, "flow.extensions.value.ip_proto", "47" },
	{ 20, "flow.interface.name", "(absent)" },
	{ 20, "flow.extensions.value.encapsulated", "(absent)" },
	{ 20, "flow.extensions.value.forward.resent_or_reordered", "(absent)" },
	{ 21, "flow.extensions.value.forward.resent_or_reordered", "3" },
	{ 21, "flow.extensions.value.reverse.resent_or_reordered", "70000" },
	{ 21, "flow.extensions.value.forward.zero_windows", "1" },
	{ 21, "flow.extensions.value.reverse.zero_windows", "(absent)" },
	{ 21, "flow.extensions.value.forward.fragments", "(absent)" },
	{ 21, "flow.extensions.value.vlan", "100" },
	{ 21, "flow.extensions.value.outer_vlan", "200" },
	{ 21, "flow.extensions.value.encapsulated", "(absent)" },
	{ 21, "flow.extensions.value.forward.retransmits", "0" },
	{ 21, "flow.extensions.value.reverse.retransmits", "71234" },
	{ 22, "flow.extensions.value.forward.retransmits", "(absent)" },
	{ 22, "flow.extensions.value.reverse.fragments", "3" },
	{ 23, "flow.extensions.value.forward.retransmits", "0" },
	{ 23, "flow.extensions.value.reverse.retransmits", "(absent)" },
	{ 24, "flow.extensions.value.icmp_error.type", "3" },
	{ 24, "flow.extensions.value.icmp_error.code", "3" },
	{ 24, "flow.extensions.value.icmp_error.quoted", "192.168.1.52:54585 -> 8.8.8.8:53 UDP" },
	{ 25, "flow.extensions.value.initiator.by", "listener" },
	{ 26, "flow.extensions.value.icmp_error", "(absent)" },
	{ 26, "flow.extensions.value.forward.retransmits", "(absent)" },
	{ 26, "flow.extensions.value.forward.packets", "120" },
	{ 22, "flow.extensions.value.vlan", "7" },
	{ 22, "flow.extensions.value.outer_vlan", "(absent)" },
	{ 22, "flow.extensions.value.encapsulated.vni", "11259375" },
	{ 27, "flow.source.pod_name", "cart-7d9f" },
	{ 27, "flow.source.namespace", "shop" },
	{ 27, "flow.destination.pod_name", "db-0" },
	{ 27, "flow.destination_service.name", "db" },
	{ 27, "flow.source_service", "(absent)" },
	{ 27, "flow.source_names", "(absent)" },
	{ 27, "flow.socket_cookie", "8193" },
	{ 27, "flow.cgroup_id", "4711" },
	{ 27, "flow.extensions.value.source.container.name", "app" },
	{ 27, "flow.extensions.value.source.via", "user" },
	{ 27, "flow.extensions.value.destination.via", "endpoints_file" },
	{ 27, "flow.extensions.value.destination.pid", "(absent)" },
	{ 28, "flow.source.identity", "1" },
	{ 28, "flow.destination.pod_name", "db-0" },
	{ 28, "flow.cgroup_id", "77" },
	{ 28, "flow.extensions.value.source.unit", "nginx.service" },
	{ 28, "flow.extensions.value.source.container", "(absent)" },
	{ 29, "flow.IP.source", "10.0.1.5" },
	{ 29, "flow.IP.source_xlated", "192.0.2.1" },
	{ 29, "flow.extensions.value.nat.source", "192.0.2.1" },
	{ 29, "flow.extensions.value.nat.source_port", "51000" },
	{ 29, "flow.extensions.value.nat.destination", "10.0.2.7" },
	{ 29, "flow.extensions.value.nat.destination_port", "5432" },
	{ 29, "flow.extensions.value.nat.role", "original" },
	{ 30, "flow.IP.source", "10.0.2.7" },
	{ 30, "flow.IP.source_xlated", "(absent)" },
	{ 30, "flow.extensions.value.nat.source", "10.96.0.10" },
	{ 30, "flow.extensions.value.nat.source_port", "80" },
	{ 30, "flow.extensions.value.nat.destination", "10.0.1.5" },
	{ 30, "flow.extensions.value.nat.destination_port", "43210" },
	{ 30, "flow.extensions.value.nat.role", "translated" },
	{ 30, "flow.extensions.value.nat.twin", "true" },
	{ 29, "flow.extensions.value.nat.twin", "(absent)" },
	{ 31, "flow.IP.source_xlated", "(absent)" },
	{ 31, "flow.extensions.value.nat.source", "2001:db8::5" },
	{ 31, "flow.extensions.value.nat.source_port", "(absent)" },
	{ 31, "flow.extensions.value.nat.destination", "2001:db8:2::7" },
	{ 31, "flow.extensions.value.nat.icmp_id", "0" },
	{ 0, "flow.IP.source_xlated", "(absent)" },
	{ 0, "flow.extensions.value.nat", "(absent)" },
	{ 32, "flow.l4", "(absent)" },
	{ 32, "flow.extensions.value.ip_proto", "136" },
	{ 32, "flow.extensions.value.source_port", "7001" },
	{ 32, "flow.extensions.value.destination_port", "7000" },
	{ 33, "flow.extensions.value.source_port", "(absent)" },
	{ 33, "flow.extensions.value.destination_port", "5001" },
	{ 18, "flow.extensions.value.source_port", "(absent)" },
	{ 0, "flow.socket_cookie", "(absent)" },
	{ 0, "flow.cgroup_id", "(absent)" },
	{ 0, "flow.extensions.value.source", "(absent)" },
};

static void what_went_in_can_be_read_back(void **state)
{
	auto_buf struct buf buf = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		struct json_object *line = record_case_read(&buf, expected[i].row);

		assert_row_str(expected[i].path, json_read_text(line, expected[i].path),
			       expected[i].text);
		json_object_put(line);
	}
}

static void our_own_command_reads_each_line(void **state)
{
	auto_buf struct buf buf = { 0 };

	(void)state;
	for (size_t i = 0; i < record_cases_count(); i++) {
		auto_flow_view struct flow_view view = {};
		const struct record *rec = &record_case_at(i)->rec;
		const char *source =
			rec->sender ? record_case_at(i)->responder : record_case_at(i)->initiator;

		buf_truncate(&buf, 0);
		record_case_write(&buf, i);
		assert_row_int(record_case_at(i)->name,
			       flow_view_parse(&view, buf_bytes(&buf), buf_len(&buf)), 0);
		assert_row_int(record_case_at(i)->name, view.kind, FLOW_VIEW_FLOW);
		assert_row(record_case_at(i)->name, text_is(view.flow.source.ip, source));
		assert_row_int(record_case_at(i)->name, view.flow.is_reply,
			       rec->sender ? TRISTATE_TRUE : TRISTATE_FALSE);
	}
}

/* Added up over two interfaces: the first one's own counts are in its leg. */
static void of_totals_of_many_legs_each_is_told_as_it_is(void **state)
{
	static const struct record_leg legs[] = {
		{ .ifname = "eth0", .role = ROLE_UPLINK, .count = { { 1, 100 }, { 0, 0 } } },
		{ .ifname = "eth1", .role = ROLE_UPLINK, .count = { { 2, 200 }, { 4, 400 } } },
	};
	static const char expected_legs[] =
		"\"legs\":[{\"interface\":\"eth0\",\"role\":\"uplink\","
		"\"forward\":{\"packets\":1,\"bytes\":100},\"reverse\":{\"packets\":0,\"bytes\":0}},"
		"{\"interface\":\"eth1\",\"role\":\"uplink\","
		"\"forward\":{\"packets\":2,\"bytes\":200},"
		"\"reverse\":{\"packets\":4,\"bytes\":400}}]";
	struct record rec = { .event = RECORD_CLOSE,
			      .proto = IPPROTO_UDP,
			      .family = WEIR_IPV4,
			      .ifname = "eth0",
			      .role = ROLE_UPLINK,
			      .count = { { 3, 300 }, { 4, 400 } },
			      .has_counts = true,
			      .is_of_many = true,
			      .legs = 2 };
	auto_buf struct buf buf = { 0 };
	struct json_object *line;

	(void)state;
	record_to_json(&buf, &rec, 1, legs, &record_cases_context, NULL);
	line = json_read("legs", buf_bytes(&buf), buf_len(&buf));
	assert_string_equal(json_read_text(line, "flow.extensions.value.forward.bytes"), "300");
	json_object_put(line);
	assert_non_null(
		memmem(buf_bytes(&buf), buf_len(&buf), expected_legs, strlen(expected_legs)));
	buf_truncate(&buf, 0);
	record_to_json(&buf, &rec, 1, NULL, &record_cases_context, NULL); /* overwritten */
	assert_null(memmem(buf_bytes(&buf), buf_len(&buf), "legs", 4));
}

/* Narrow fields give what they got, and their sums are wider than they are. */
static void the_longest_times_are_told_whole(void **state)
{
	struct record rec = { .event = RECORD_CLOSE,
			      .proto = IPPROTO_TCP,
			      .family = WEIR_IPV4,
			      .duration_ns = UINT64_MAX >> 6,
			      .rtt_server_ns = RECORD_RTT_MAX,
			      .rtt_client_ns = RECORD_RTT_MAX };
	auto_buf struct buf buf = { 0 };
	struct json_object *line;

	(void)state;
	record_to_json(&buf, &rec, 1, NULL, &record_cases_context, NULL);
	line = json_read("longest", buf_bytes(&buf), buf_len(&buf));
	assert_string_equal(json_read_text(line, "flow.extensions.value.duration_ns"),
			    "288230376151711743");
	assert_string_equal(json_read_text(line, "flow.extensions.value.rtt_server_ns"),
			    "8796093022207");
	assert_string_equal(json_read_text(line, "flow.extensions.value.rtt_client_ns"),
			    "8796093022207");
	assert_string_equal(json_read_text(line, "flow.extensions.value.rtt_ns"), "17592186044414");
	json_object_put(line);
}

static void names_of_events_and_reasons_are_total(void **state)
{
	(void)state;
	assert_string_equal(record_event_to_str(RECORD_OPEN), "open");
	assert_string_equal(record_event_to_str(RECORD_ESTABLISHED), "established");
	assert_string_equal(record_event_to_str(RECORD_UPDATE), "update");
	assert_string_equal(record_event_to_str(RECORD_CLOSE), "close");
	assert_string_equal(record_event_to_str(RECORD_EVENT_MAX), "unknown");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_FIN), "fin");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_RST), "rst");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_REFUSED), "refused");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_TIMEOUT), "timeout");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_REUSED), "reused");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_RECLAIMED), "reclaimed");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_INTERFACE_GONE), "interface_gone");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_AGENT_STOP), "agent_stop");
	assert_string_equal(close_reason_to_str(WEIR_CLOSE_MAX), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_record_is_the_golden_line),
		TEST(what_went_in_can_be_read_back),
		TEST(our_own_command_reads_each_line),
		TEST(the_longest_times_are_told_whole),
		TEST(names_of_events_and_reasons_are_total),
		TEST(of_totals_of_many_legs_each_is_told_as_it_is),
	};

	return cmocka_run_group_tests_name("record", tests, record_parties_begin,
					   record_parties_end);
}
