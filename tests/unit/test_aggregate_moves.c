// SPDX-License-Identifier: BSD-2-Clause
/* What goes along when a connection changes its group, and what is taken back (NAT). */
#include "base/cleanup.h"
#include "filter/aggregate.h"
#include "tests/harness.h"
#include "tests/unit/aggregate_stories.h"

static void a_connection_belongs_to_the_group_of_its_latest_record(void **state)
{
	static const struct story stories[] = {
		{ "a name that comes late",
		  "destination.pod",
		  { "conn_id=1 event=open time=2026-11-21T21:00:00Z",
		    "conn_id=1 event=established rtt=100 time=2026-11-21T21:00:01Z",
		    "conn_id=1 event=update bytes=10 packets=1 verdict=DROPPED "
		    "time=2026-11-21T21:00:02Z",
		    "conn_id=1 event=close bytes=30 packets=3 destination.pod=db "
		    "time=2026-11-21T21:00:03Z" },
		  HEAD("\"destination.pod\"") "{\"key\":[\"db\"]," COUNTS(
			  1, 4, 30, 3,
			  1) ",\"rtts\":\"1\",\"rtt_median_ns\":\"100\",\"rtt_p99_ns\":\"100\",\"first\":"
			     "\"2026-11-21T21:00:00Z\",\"last\":\"2026-11-21T21:00:03Z\"}" TAIL },
		{ "one leaves, one stays",
		  "event",
		  { "conn_id=1 event=open", "conn_id=2 event=open",
		    "conn_id=2 event=close bytes=7 packets=1" },
		  HEAD("\"event\"") "{\"key\":[\"close\"]," COUNTS(
			  1, 2, 7, 1, 0) "},"
					 "{\"key\":[\"open\"]," COUNTS(1, 1, 0, 0, 0) "}" TAIL },
	};

	(void)state;
	assert_stories(stories, ARRAY_SIZE(stories));
}

#define AT(second) "time=2026-11-21T07:00:0" #second "Z "
#define SEEN(a, b) \
	",\"first\":\"2026-11-21T07:00:0" #a "Z\",\"last\":\"2026-11-21T07:00:0" #b "Z\"}"

static void times_are_of_the_connections_that_are_in_a_group_now(void **state)
{
	static const struct story stories[] = {
		{ "who leaves takes its times along, first and last ones",
		  "event",
		  { AT(1) "conn_id=1 event=open", AT(5) "conn_id=2 event=open",
		    AT(6) "conn_id=3 event=open", AT(7) "conn_id=3 event=update",
		    AT(8) "conn_id=1 event=close bytes=1 packets=1" },
		  HEAD("\"event\"") "{\"key\":[\"close\"]," COUNTS(1, 2, 1, 1, 0)
			  SEEN(1, 8) ",{\"key\":[\"update\"]," COUNTS(1, 2, 0, 0, 0)
				  SEEN(6, 7) ",{\"key\":[\"open\"]," COUNTS(1, 1, 0, 0, 0)
					  SEEN(5, 5) TAIL },
		{ "who has ended stays, and so do records of no connection",
		  "protocol",
		  { AT(2) "conn_id=1 protocol=tcp event=close", AT(4) "conn_id=2 protocol=tcp",
		    AT(1) "conn_id=3 protocol=tcp", AT(5) "conn_id=3 protocol=udp",
		    AT(3) "protocol=udp", AT(6) "conn_id=3 protocol=sctp" },
		  HEAD("\"protocol\"") "{\"key\":[\"tcp\"]," COUNTS(2, 2, 0, 0, 0) SEEN(
			  2, 4) ",{\"key\":[\"sctp\"]," COUNTS(1, 3, 0, 0, 0)
			  SEEN(1, 6) ",{\"key\":[\"udp\"]," COUNTS(0, 1, 0, 0, 0) SEEN(3, 3) TAIL },
	};

	(void)state;
	assert_stories(stories, ARRAY_SIZE(stories));
}

static void of_a_translated_connection_that_was_seen_twice_one_half_counts(void **state)
{
	static const struct story stories[] = {
		{ "the original one",
		  "protocol",
		  { "protocol=tcp conn_id=1 nat.role=original nat.twin=1 bytes=10 packets=1",
		    "protocol=tcp conn_id=2 nat.role=translated nat.twin=1 bytes=10 packets=1",
		    "protocol=udp conn_id=2 nat.role=translated nat.twin=1 bytes=10 packets=1" },
		  HEAD("\"protocol\"") "{\"key\":[\"tcp\"]," COUNTS(1, 1, 10, 1, 0) "}" TAIL },
		{ "any that was seen alone",
		  "protocol",
		  { "protocol=tcp conn_id=1 nat.role=original bytes=10 packets=1",
		    "protocol=tcp conn_id=2 nat.role=translated bytes=10 packets=1" },
		  HEAD("\"protocol\"") "{\"key\":[\"tcp\"]," COUNTS(2, 2, 20, 2, 0) "}" TAIL },
		{ "what it has told before the other was seen is taken back",
		  "protocol",
		  { "protocol=tcp conn_id=1 bytes=3 packets=1 rtt=9",
		    "protocol=tcp conn_id=2 bytes=5 packets=2 rtt=5 verdict=DROPPED nat.role=translated",
		    "protocol=tcp conn_id=2 bytes=9 packets=3 rtt=5 nat.role=translated nat.twin=1" },
		  HEAD("\"protocol\"") "{\"key\":[\"tcp\"]," COUNTS(
			  1, 1, 3, 1, 0) ",\"rtts\":\"1\",\"rtt_median_ns\":\"9\",\"rtt_p99_ns\":"
					 "\"9\"}" TAIL },
	};

	(void)state;
	assert_stories(stories, ARRAY_SIZE(stories));
}

static void what_changes_nothing_is_no_change(void **state)
{
	static const char half[] = "conn_id=1 nat.role=translated nat.twin=1";
	auto_aggregate struct aggregate *aggregate = NULL;

	(void)state;
	aggregate_of(&aggregate, "protocol", NULL);
	aggregate_add_flow(aggregate, half);
	assert_int_equal(aggregate_changes(aggregate), 0);
	aggregate_add_flow(aggregate, "conn_id=1");
	assert_int_equal(aggregate_changes(aggregate), 1);
	aggregate_add_flow(aggregate, half);
	assert_int_equal(aggregate_changes(aggregate), 2);
	aggregate_add_flow(aggregate, half);
	assert_int_equal(aggregate_changes(aggregate), 2);
}

int main(void)
{
	return RUN_TESTS(TEST(a_connection_belongs_to_the_group_of_its_latest_record),
			 TEST(times_are_of_the_connections_that_are_in_a_group_now),
			 TEST(of_a_translated_connection_that_was_seen_twice_one_half_counts),
			 TEST(what_changes_nothing_is_no_change));
}
