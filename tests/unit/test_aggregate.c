// SPDX-License-Identifier: BSD-2-Clause
/* Groups of flows: what counts where, in which order, and what happens when there is no room. */
#include "filter/aggregate.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "filter/where.h"
#include "tests/harness.h"
#include "tests/unit/aggregate_stories.h"

/* By who began: "a" talks to "b" at port 80. */
#define FORTH \
	"source.pod=a destination.pod=b source.port=4000 destination.port=80 initiator=source "
#define BACK                                                                           \
	"source.pod=b destination.pod=a source.port=80 destination.port=4000 reply=1 " \
	"initiator=destination "

static void a_connection_counts_once_with_its_latest_totals(void **state)
{
	static const struct story stories[] = {
		{ "nothing", "pod", { NULL }, PODS TAIL },
		{ "all its life",
		  "pod,port",
		  { FORTH "conn_id=1 event=open", BACK "conn_id=1 event=established rtt=200",
		    FORTH "conn_id=1 event=update rtt=200 bytes=100 packets=10",
		    BACK "conn_id=1 event=update rtt=200 bytes=250 packets=20",
		    FORTH "conn_id=1 event=close rtt=200 bytes=300 packets=25" },
		  HEAD("\"source.pod\",\"destination.pod\",\"destination.port\"") "{\"key\":[\"a\","
										  "\"b\",\"80\"]," COUNTS(
											  1, 5, 300,
											  25,
											  0) ",\"rtts\":\"1\",\"rtt_median_ns\":"
											     "\"200\",\"rtt_p99_ns\":\"200\"}" TAIL },
		{ "three of them",
		  "pod",
		  { FORTH "conn_id=1 event=update bytes=100 packets=1",
		    FORTH "conn_id=2 event=update bytes=1000 packets=2",
		    FORTH "conn_id=3 event=close bytes=10 packets=3",
		    FORTH "conn_id=1 event=close bytes=101 packets=4" },
		  PODS "{\"key\":[\"a\",\"b\"]," COUNTS(3, 4, 1111, 9, 0) "}" TAIL },
		{ "reset totals do no harm",
		  "pod",
		  { FORTH "conn_id=1 event=update bytes=100 packets=10",
		    FORTH "conn_id=1 event=update bytes=40 packets=4" },
		  PODS "{\"key\":[\"a\",\"b\"]," COUNTS(1, 2, 40, 4, 0) "}" TAIL },
		{ "drops",
		  "pod",
		  { FORTH "conn_id=1 verdict=DROPPED", FORTH "conn_id=1 verdict=DROPPED",
		    FORTH "conn_id=1 verdict=FORWARDED" },
		  PODS "{\"key\":[\"a\",\"b\"]," COUNTS(1, 3, 0, 0, 2) "}" TAIL },
	};

	(void)state;
	assert_stories(stories, ARRAY_SIZE(stories));
}

static void flows_without_an_id_are_told_apart_by_their_ends(void **state)
{
#define SYN "source.ip=10.0.0.1 source.port=4000 destination.ip=10.0.0.2 destination.port=80 "
#define ACK "source.ip=10.0.0.2 source.port=80 destination.ip=10.0.0.1 destination.port=4000 "
	static const struct story stories[] = {
		{ "both ways",
		  "ip",
		  { SYN "protocol=tcp", ACK "protocol=tcp reply=1", SYN "protocol=tcp reply=0" },
		  HEAD("\"source.ip\",\"destination.ip\"") "{\"key\":[\"10.0.0.1\",\"10.0.0.2\"]," COUNTS(
			  1, 3, 0, 0, 0) "}" TAIL },
		{ "another protocol",
		  "source.ip",
		  { SYN "protocol=tcp", SYN "protocol=udp" },
		  HEAD("\"source.ip\"") "{\"key\":[\"10.0.0.1\"]," COUNTS(2, 2, 0, 0, 0) "}" TAIL },
		{ "without addresses",
		  "protocol",
		  { "protocol=tcp" },
		  HEAD("\"protocol\"") "{\"key\":[\"tcp\"]," COUNTS(0, 1, 0, 0, 0) "}" TAIL },
	};

	(void)state;
	assert_stories(stories, ARRAY_SIZE(stories));
}

static void keys_say_what_fields_do(void **state)
{
	static const struct story stories[] = {
		{ "every kind",
		  "reply,uid,rtt,time,flags,ip",
		  { "reply=1 initiator=source source.uid=1000 rtt=412000 "
		    "time=2026-11-21T21:00:03.412Z flags=18 source.ip=10.0.0.1 "
		    "destination.ip=2001:db8::1" },
		  HEAD("\"reply\",\"source.uid\",\"destination.uid\",\"rtt\",\"time\",\"flags\","
		       "\"source.ip\",\"destination.ip\"") "{\"key\":[\"true\",\"1000\",\"\",\"412us\",\"2026-11-21T21:00:03.412Z\","
							   "\"SYN+ACK\",\"10.0.0.1\",\"2001:db8::1\"]," COUNTS(
								   1, 1, 0, 0,
								   0) ",\"rtts\":\"1\",\"rtt_median_ns\":\"412672\",\"rtt_p99_ns\":\"412672\","
								      "\"first\":\"2026-11-21T21:00:03.412Z\",\"last\":\"2026-11-21T21:00:03.412Z\"}" TAIL },
		{ "a list",
		  "source.label",
		  { "conn_id=1 source.label=a source.label=b", "conn_id=2 source.label=a,b",
		    "conn_id=3 source.label=a source.label=b" },
		  HEAD("\"source.label\"") "{\"key\":[\"a,b\"]," COUNTS(
			  2, 2, 0, 0, 0) "},"
					 "{\"key\":[\"a,b\"]," COUNTS(1, 1, 0, 0, 0) "}" TAIL },
		{ "no flags, and flags that are not known",
		  "flags",
		  { "conn_id=1 flags=0", "conn_id=1 flags=0", "conn_id=2" },
		  HEAD("\"flags\"") "{\"key\":[\"none\"]," COUNTS(
			  1, 2, 0, 0, 0) "},{\"key\":[\"\"]," COUNTS(1, 1, 0, 0, 0) "}" TAIL },
		{ "blanks around names",
		  " protocol , reply",
		  { "protocol=tcp reply=0" },
		  HEAD("\"protocol\",\"reply\"") "{\"key\":[\"tcp\",\"false\"]," COUNTS(
			  0, 1, 0, 0, 0) "}" TAIL },
		{ "what began is the source",
		  "source.pod,process",
		  { BACK "conn_id=1 source.process=sshd destination.process=ssh" },
		  HEAD("\"source.pod\",\"source.process\",\"destination.process\"") "{\"key\":[\"a\",\"ssh\",\"sshd\"]," COUNTS(
			  1, 1, 0, 0, 0) "}" TAIL },
		{ "a reply of which nobody knows who began",
		  "destination.pod",
		  { "source.pod=b destination.pod=a reply=1 conn_id=1",
		    "source.pod=a destination.pod=b conn_id=2" },
		  HEAD("\"destination.pod\"") "{\"key\":[\"b\"]," COUNTS(2, 2, 0, 0, 0) "}" TAIL },
	};

	(void)state;
	assert_stories(stories, ARRAY_SIZE(stories));
}

static void groups_are_ordered_by_bytes_then_flows_then_records(void **state)
{
	static const struct story stories[] = {
		{ "order",
		  "source.pod",
		  { "source.pod=few conn_id=1 bytes=5 packets=1 event=update",
		    "source.pod=more conn_id=2 bytes=6 packets=1 event=update",
		    "source.pod=two conn_id=3", "source.pod=two conn_id=4",
		    "source.pod=twice conn_id=5", "source.pod=twice conn_id=5",
		    "source.pod=once conn_id=6", "source.pod=alone conn_id=7" },
		  HEAD("\"source.pod\"") "{\"key\":[\"more\"]," COUNTS(
			  1, 1, 6, 1,
			  0) "},"
			     "{\"key\":[\"few\"]," COUNTS(
				     1, 1, 5, 1,
				     0) "},"
					"{\"key\":[\"two\"]," COUNTS(
						2, 2, 0, 0,
						0) "},"
						   "{\"key\":[\"twice\"]," COUNTS(
							   1, 2, 0, 0,
							   0) "},"
							      "{\"key\":[\"once\"]," COUNTS(
								      1, 1, 0, 0,
								      0) "},"
									 "{\"key\":[\"alone\"]," COUNTS(
										 1, 1, 0, 0,
										 0) "}" TAIL },
	};

	(void)state;
	assert_stories(stories, ARRAY_SIZE(stories));
}

static void groups_without_room_are_one_that_is_told(void **state)
{
	static const struct aggregate_limits limits = { .groups = 2, .conns = 100, .buckets = 100 };
	auto_aggregate struct aggregate *aggregate = NULL;

	(void)state;
	aggregate_of(&aggregate, "source.pod", &limits);
	aggregate_add_flow(aggregate, "source.pod=a conn_id=1 bytes=1 packets=1");
	aggregate_add_flow(aggregate, "source.pod=b conn_id=2 bytes=2 packets=1");
	aggregate_add_flow(aggregate, "source.pod=c conn_id=3 bytes=100 packets=1 rtt=50");
	aggregate_add_flow(aggregate, "source.pod=d conn_id=4 bytes=200 packets=1 rtt=60");
	aggregate_add_flow(aggregate, "source.pod=a conn_id=5 bytes=3 packets=1");
	/* One finds a group later. */
	aggregate_add_flow(aggregate, "source.pod=b conn_id=4 bytes=201 packets=2");
	assert_aggregate(
		aggregate, "other",
		HEAD("\"source.pod\"") "{\"key\":[\"b\"]," COUNTS(
			2, 3, 203, 3,
			0) ",\"rtts\":\"1\",\"rtt_median_ns\":\"60\",\"rtt_p99_"
			   "ns\":\"60\"},{\"key\":[\"a\"]," COUNTS(
				   2, 2, 4, 2,
				   0) "}],"
				      "\"other\":{" COUNTS(1, 1, 100, 1,
							   0) ",\"rtts\":\"1\",\"rtt_median_ns\":"
							      "\"50\",\"rtt_p99_ns\":\"50\"}}}\n");
}

static void connections_without_room_are_counted_when_they_end(void **state)
{
	static const struct aggregate_limits limits = { .groups = 9, .conns = 1, .buckets = 100 };
	auto_aggregate struct aggregate *aggregate = NULL;

	(void)state;
	aggregate_of(&aggregate, "source.pod", &limits);
	aggregate_add_flow(aggregate, "source.pod=a conn_id=1 event=open");
	aggregate_add_flow(aggregate, "source.pod=a conn_id=2 event=open");
	aggregate_add_flow(aggregate,
			   "source.pod=a conn_id=2 event=update bytes=10 packets=1 rtt=7");
	aggregate_add_flow(aggregate,
			   "source.pod=a conn_id=2 event=close bytes=20 packets=2 rtt=7");
	assert_aggregate(
		aggregate, "no room yet",
		HEAD("\"source.pod\"") "{\"key\":[\"a\"]," COUNTS(
			2, 4, 20, 2,
			0) ",\"rtts\":\"1\",\"rtt_median_ns\":\"7\",\"rtt_p99_ns\":\"7\"}],"
			   "\"not_told_apart\":\"3\"}}\n");
	/* Who ends makes room. */
	aggregate_add_flow(aggregate, "source.pod=a conn_id=1 event=close bytes=5 packets=1 rtt=9");
	aggregate_add_flow(aggregate, "source.pod=a conn_id=3 event=open");
	assert_int_equal(aggregate_changes(aggregate), 6);
	assert_aggregate(
		aggregate, "ends",
		HEAD("\"source.pod\"") "{\"key\":[\"a\"]," COUNTS(
			3, 6, 25, 3,
			0) ",\"rtts\":\"2\",\"rtt_median_ns\":\"7\",\"rtt_p99_ns\":\"9\"}],"
			   "\"not_told_apart\":\"3\"}}\n");
}

static void rtts_without_room_are_left_out_and_counted_once(void **state)
{
	static const struct aggregate_limits limits = { .groups = 9, .conns = 9, .buckets = 1 };
	auto_aggregate struct aggregate *aggregate = NULL;

	(void)state;
	aggregate_of(&aggregate, "source.pod", &limits);
	aggregate_add_flow(aggregate, "source.pod=a conn_id=1 rtt=7");
	aggregate_add_flow(aggregate, "source.pod=a conn_id=2 rtt=8");
	aggregate_add_flow(aggregate, "source.pod=a conn_id=2 rtt=8");
	aggregate_add_flow(aggregate, "source.pod=b conn_id=2 rtt=8");
	assert_aggregate(
		aggregate, "left out",
		HEAD("\"source.pod\"") "{\"key\":[\"b\"]," COUNTS(
			1, 3, 0, 0,
			0) "},"
			   "{\"key\":[\"a\"]," COUNTS(
				   1, 1, 0, 0,
				   0) ",\"rtts\":\"1\",\"rtt_median_ns\":"
				      "\"7\",\"rtt_p99_ns\":\"7\"}],\"rtts_left_out\":\"1\"}}\n");
}

static void a_side_may_stand_before_a_field(void **state)
{
	auto_aggregate struct aggregate *aggregate = NULL;

	(void)state;
	aggregate_of(&aggregate, "src pod,dst  port,src host", &aggregate_limits_default);
	assert_aggregate(aggregate, "sides",
			 HEAD("\"source.pod\",\"destination.port\",\"source.ip\"") "]}}\n");
}

static void names_of_fields_are_checked(void **state)
{
	static const struct {
		const char *names;
		size_t at;
		const char *message;
	} cases[] = {
		{ "", 0, "a field has no name" },
		{ "pod,,port", 4, "a field has no name" },
		{ "pod,", 4, "a field has no name" },
		{ "pod, ", 5, "a field has no name" },
		{ "pod,  prot", 6, "no field is called \"prot\": did you mean \"port\"?" },
		{ "pod,prot", 4, "no field is called \"prot\": did you mean \"port\"?" },
		{ "pod,source.rtt", 11, "\"rtt\" is no field of a side" },
		{ "pod,source.pod", 4, "source.pod stands there twice" },
		{ "pod,dst pod", 4, "destination.pod stands there twice" },
		{ "src rtt", 0, "no field is called \"src rtt\": weir-where(7) lists them" },
		{ "dst source.pod", 0,
		  "no field is called \"dst source.pod\": weir-where(7) lists them" },
		{ "src", 0, "no field is called \"src\": weir-where(7) lists them" },
		{ "port,destination.port", 5, "destination.port stands there twice" },
		{ "pod,ip,uid,exe,rtt", 15, "more than 8 fields (one of both sides is two)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_aggregate struct aggregate *aggregate = NULL;
		struct where_error error;

		assert_int_equal(aggregate_new(&aggregate, &aggregate_limits_default), 0);
		assert_row_int(cases[i].names,
			       aggregate_add_fields(aggregate, cases[i].names, &error), -EINVAL);
		assert_row_str(cases[i].names, error.message, cases[i].message);
		assert_row_int(cases[i].names, error.at, cases[i].at);
	}
}

/* Values of any length: they are cut, the lines stay within their bound. */
static void long_keys_and_many_groups_make_lines_of_a_bounded_length(void **state)
{
	auto_aggregate struct aggregate *aggregate = NULL;
	auto_buf struct buf out = {};
	char flow[900], value[400];
	unsigned int next = 0, lines = 1, count;

	(void)state;
	aggregate_of(&aggregate, "source.pod,destination.pod", NULL);
	memset(value, 'x', sizeof(value));
	for (unsigned int i = 0; i < 2000; i++) {
		snprintf(flow, sizeof(flow), "source.pod=%04u%.390s destination.pod=%.240s", i,
			 value, value);
		aggregate_add_flow(aggregate, flow);
	}
	count = aggregate_sort(aggregate);
	assert_int_equal(count, 2000);
	while (!aggregate_to_json(aggregate, &next, &out)) {
		assert_in_range(buf_len(&out), AGGREGATE_LINE_MAX, AGGREGATE_LINE_MAX + 1024);
		assert_memory_equal(out.data + out.end - 16, "],\"more\":true}}\n", 16);
		assert_null(memchr(out.data, '\n', out.end - 1));
		buf_truncate(&out, 0);
		lines++;
	}
	assert_int_equal(next, 2000);
	/* Two keys of 250 and 240 bytes, and what stands around them. */
	assert_int_equal(lines, 5);
	buf_truncate(&out, 0);
	aggregate_value(aggregate, 0, 0, &out);
	assert_int_equal(buf_len(&out), 250);
	assert_memory_equal(out.data + 247, "\xe2\x80\xa6", 3);
}

int main(void)
{
	return RUN_TESTS(TEST(a_connection_counts_once_with_its_latest_totals),
			 TEST(flows_without_an_id_are_told_apart_by_their_ends),
			 TEST(keys_say_what_fields_do),
			 TEST(groups_are_ordered_by_bytes_then_flows_then_records),
			 TEST(groups_without_room_are_one_that_is_told),
			 TEST(connections_without_room_are_counted_when_they_end),
			 TEST(rtts_without_room_are_left_out_and_counted_once),
			 TEST(a_side_may_stand_before_a_field), TEST(names_of_fields_are_checked),
			 TEST(long_keys_and_many_groups_make_lines_of_a_bounded_length));
}
