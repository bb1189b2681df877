// SPDX-License-Identifier: BSD-2-Clause
/*
 * Random lives of connections, whose names change on the way, against a reference that remembers
 * everything and sums up at the end.
 */
#include "filter/aggregate.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "filter/where.h"
#include "tests/harness.h"
#include "tests/unit/flow_fields.h"

#define CONNS	4000
#define RECORDS 30000
#define PODS	40

static uint64_t seed = 4711;

static unsigned int roll(unsigned int sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int)(seed >> 33) % sides;
}

struct life {
	unsigned int pod; /* of its latest record; PODS: not known */
	uint64_t bytes, packets, rtt;
	unsigned int records, drops;
	uint64_t first, last; /* seconds of the day */
	bool has_ended;
};

static struct life lives[CONNS];

struct sum {
	uint64_t flows, records, bytes, packets, drops, rtts;
	uint64_t first, last;
};

static struct sum sums[PODS + 1];

/* first 0: nothing was seen. */
static void see(uint64_t *first, uint64_t *last, uint64_t second)
{
	*first = !*first || second < *first ? second : *first;
	*last = second > *last ? second : *last;
}

/* What happens next to the connection. */
static void live(struct aggregate *aggregate, unsigned int id)
{
	struct life *life = &lives[id];
	bool is_reply = roll(2), is_drop = roll(10) == 0;
	unsigned int second = 1 + roll(86399);
	struct flow_fields fields;
	char flow[256], pod[32] = "";

	if (!life->records || roll(20) == 0)
		life->pod = roll(PODS + 1);
	life->has_ended = life->records && roll(12) == 0;
	life->records++;
	life->drops += is_drop;
	life->bytes += roll(10000);
	life->packets += roll(10);
	see(&life->first, &life->last, second);
	if (!life->rtt && roll(3) == 0)
		life->rtt = 1 + roll(1000000);
	if (life->pod < PODS)
		snprintf(pod, sizeof(pod), " %s.pod=pod-%u", is_reply ? "destination" : "source",
			 life->pod);
	snprintf(flow, sizeof(flow),
		 "conn_id=%u event=%s initiator=%s bytes=%" PRIu64 " packets=%" PRIu64
		 " rtt=%" PRIu64 " verdict=%s time=2026-11-21T%02u:%02u:%02uZ%s",
		 id, life->has_ended ? "close" : "update", is_reply ? "destination" : "source",
		 life->bytes, life->packets, life->rtt, is_drop ? "DROPPED" : "FORWARDED",
		 second / 3600, second / 60 % 60, second % 60, pod);
	flow_fields_set(&fields, flow);
	aggregate_add(aggregate, &fields.reader);
}

static unsigned int sum_up(void)
{
	unsigned int groups = 0;

	for (unsigned int i = 0; i < CONNS; i++) {
		const struct life *life = &lives[i];
		struct sum *sum = &sums[life->pod];

		if (!life->records)
			continue;
		groups += !sum->flows;
		sum->flows++;
		sum->records += life->records;
		sum->drops += life->drops;
		sum->bytes += life->bytes;
		sum->packets += life->packets;
		sum->rtts += life->rtt != 0;
		see(&sum->first, &sum->last, life->first);
		see(&sum->first, &sum->last, life->last);
	}
	return groups;
}

static unsigned int pod_of(const struct aggregate *aggregate, unsigned int index)
{
	auto_buf struct buf name = {};

	aggregate_value(aggregate, index, 0, &name);
	buf_append_char(&name, '\0');
	if (!*buf_bytes(&name))
		return PODS;
	assert_memory_equal(buf_bytes(&name), "pod-", 4);
	return (unsigned int)strtoul(buf_bytes(&name) + 4, NULL, 10);
}

static void assert_rows(const struct aggregate *aggregate, unsigned int count)
{
	uint64_t last_bytes = UINT64_MAX;

	for (unsigned int i = 0; i < count; i++) {
		const struct sum *sum = &sums[pod_of(aggregate, i)];
		struct aggregate_row row;

		aggregate_row(aggregate, i, &row);
		assert_int_equal(row.flows, sum->flows);
		assert_int_equal(row.records, sum->records);
		assert_int_equal(row.bytes, sum->bytes);
		assert_int_equal(row.packets, sum->packets);
		assert_int_equal(row.drops, sum->drops);
		assert_int_equal(row.rtts, sum->rtts);
		assert_int_equal(row.first_ns / 1000000000 % 86400, sum->first);
		assert_int_equal(row.last_ns / 1000000000 % 86400, sum->last);
		assert_true(row.bytes <= last_bytes);
		last_bytes = row.bytes;
	}
}

static void random_lives_sum_up(void **state)
{
	auto_aggregate struct aggregate *aggregate = NULL;
	struct where_error error;
	unsigned int groups, i = 0;

	(void)state;
	assert_int_equal(aggregate_new(&aggregate, &aggregate_limits_default), 0);
	assert_int_equal(aggregate_add_fields(aggregate, "source.pod", &error), 0);
	while (i < RECORDS) {
		unsigned int id = roll(CONNS);

		if (lives[id].has_ended)
			continue;
		live(aggregate, id);
		i++;
	}
	groups = sum_up();
	assert_int_equal(groups, PODS + 1);
	assert_int_equal(aggregate_changes(aggregate), RECORDS);
	assert_int_equal(aggregate_sort(aggregate), groups);
	assert_rows(aggregate, groups);
}

int main(void)
{
	return RUN_TESTS(TEST(random_lives_sum_up));
}
