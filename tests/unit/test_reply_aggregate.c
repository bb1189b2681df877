// SPDX-License-Identifier: BSD-2-Clause
/* GetFlows with aggregate_by on a log of the test's own: when a table is told, and of what. */
#include "socket/reply_aggregate.h"

#include <netinet/in.h>

#include "agent.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "filter/aggregate.h"
#include "filter/where.h"
#include "log/flow_query.h"
#include "log/history.h"
#include "loop.h"
#include "socket/control.h"
#include "socket/reply_who.h"
#include "tests/harness.h"

#include "weir/flow.h"

#define DEADLINE_MS 20000

struct world {
	struct agent agent;
	struct aggregate *aggregate;
	struct reply_aggregate *reply;
	struct flow_query query;
	struct buf out;
	struct watch *deadline;
	unsigned int woken;
	bool is_late;
};

static int on_deadline(void *ctx)
{
	struct world *world = ctx;

	world->is_late = true;
	loop_stop(world->agent.loop, 0);
	return 0;
}

static void on_wake(void *ctx)
{
	struct world *world = ctx;

	world->woken++;
	loop_stop(world->agent.loop, 0);
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct where_error error;

	assert_non_null(world);
	world->agent.context = (struct record_context){ .node_name = "n1", .netns = "1" };
	world->query.context = &world->agent.context;
	assert_int_equal(loop_new(&world->agent.loop), 0);
	assert_int_equal(loop_add_timer(world->agent.loop, DEADLINE_MS, 0, on_deadline, world,
					&world->deadline),
			 0);
	assert_int_equal(history_new(&world->agent.history, 4096, NULL, NULL), 0);
	assert_int_equal(aggregate_new(&world->aggregate, &aggregate_limits_default), 0);
	assert_int_equal(aggregate_add_fields(world->aggregate, "port", &error), 0);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	reply_aggregate_free(&world->reply);
	aggregate_free(&world->aggregate);
	history_free(&world->agent.history);
	watch_free(&world->deadline);
	loop_free(&world->agent.loop);
	buf_done(&world->out);
	free(world);
	return 0;
}

/* A record of connection `id`, told by who began or by the other, to the port. */
static void add(struct world *world, uint64_t id, unsigned int sender, uint16_t port,
		uint64_t bytes)
{
	struct record rec = {
		.time_ns = 1700000000000000000ULL,
		.conn_id = id,
		.family = WEIR_IPV4,
		.proto = IPPROTO_TCP,
		.event = RECORD_UPDATE,
		.sender = sender,
		.initiator_by = 1,
		.port = { 40000, port },
		.has_counts = true,
		.count = { { 1, bytes }, { 1, bytes } },
	};

	history_add(world->agent.history, &rec, NULL, 0);
}

static int step(struct world *world, unsigned int records)
{
	struct log_slice slice;

	log_slice_begin(&slice, records, 1000000000ULL);
	return reply_aggregate_write(world->reply, &world->query, &slice, &world->out,
				     CONTROL_OUT_HIGH);
}

/* Until it waits, or is done. */
static int run(struct world *world)
{
	int r;

	do
		r = step(world, 100);
	while (r == REPLY_MORE);
	return r;
}

static void begin(struct world *world)
{
	assert_int_equal(
		reply_aggregate_new(&world->reply, &world->agent, world->aggregate, on_wake, world),
		0);
	assert_int_equal(flow_query_start(&world->query, world->agent.history), 0);
}

#define GROUP(port, flows, records, bytes, packets)                                 \
	"{\"key\":[\"" #port "\"],\"flows\":\"" #flows "\",\"records\":\"" #records \
	"\",\"bytes\":\"" #bytes "\",\"packets\":\"" #packets                       \
	"\",\"drops\":\"0\",\"first\":\"2023-11-14T22:13:20Z\",\"last\":\"2023-11-14T22:13:20Z\"}"
#define TABLE(groups) \
	"{\"aggregate\":{\"fields\":[\"destination.port\"],\"groups\":[" groups "]}}\n"

static void assert_told(struct world *world, const char *expect)
{
	assert_false(world->out.failed);
	buf_append_char(&world->out, '\0');
	assert_string_equal(buf_bytes(&world->out), expect);
	buf_truncate(&world->out, 0);
}

static void a_table_is_told_once_at_the_end(void **state)
{
	struct world *world = *state;

	add(world, 1, 0, 80, 100);
	add(world, 2, 1, 443, 10);
	add(world, 1, 1, 80, 200);
	begin(world);
	assert_int_equal(step(world, 2), REPLY_MORE);
	assert_told(world, "");
	assert_int_equal(run(world), REPLY_DONE);
	assert_told(world, TABLE(GROUP(80, 1, 2, 400, 2) "," GROUP(443, 1, 1, 20, 2)));
}

static void an_empty_log_has_an_empty_table(void **state)
{
	struct world *world = *state;

	begin(world);
	assert_int_equal(run(world), REPLY_DONE);
	assert_told(world, TABLE(""));
}

static void who_follows_gets_a_table_at_once_and_when_it_has_changed(void **state)
{
	struct world *world = *state;
	uint64_t told_ns;

	world->query.log.follow = true;
	world->query.log.number = 10;
	add(world, 1, 0, 80, 100);
	add(world, 1, 0, 80, 101);
	begin(world);
	assert_int_equal(step(world, 1), REPLY_MORE);
	assert_told(world, "");
	assert_int_equal(run(world), REPLY_WAITS);
	told_ns = time_monotonic_ns();
	assert_told(world, TABLE(GROUP(80, 1, 2, 202, 2)));
	/* Nothing new: nothing is told, and nothing wakes. */
	assert_int_equal(run(world), REPLY_WAITS);
	assert_told(world, "");
	add(world, 1, 0, 80, 150);
	assert_int_equal(run(world), REPLY_WAITS);
	assert_told(world, "");
	assert_int_equal(loop_run(world->agent.loop), 0);
	assert_false(world->is_late);
	assert_int_equal(world->woken, 1);
	assert_in_range(time_monotonic_ns() - told_ns, 900000000, UINT64_MAX);
	assert_int_equal(run(world), REPLY_WAITS);
	assert_told(world, TABLE(GROUP(80, 1, 3, 300, 2)));
}

static void a_table_of_many_lines_is_of_one_moment(void **state)
{
	struct world *world = *state;
	unsigned int lines = 0;
	bool has_more = true;

	for (unsigned int i = 1; i <= 4000; i++)
		add(world, i, 0, (uint16_t)i, 5000 - i);
	world->query.log.follow = true;
	world->query.log.number = 4000;
	begin(world);
	while (has_more) {
		assert_int_equal(step(world, 100000), REPLY_MORE);
		if (!buf_len(&world->out))
			continue;
		buf_append_char(&world->out, '\0');
		has_more = strstr(buf_bytes(&world->out), "\"more\":true");
		assert_null(strstr(buf_bytes(&world->out), "[\"4001\"]"));
		buf_truncate(&world->out, 0);
		/* It comes too late for this one. */
		if (lines++ == 0)
			add(world, 5000, 0, 4001, 9000);
	}
	assert_in_range(lines, 2, 4);
	/* What came meanwhile is counted next. */
	assert_int_equal(aggregate_changes(world->aggregate), 4000);
	assert_int_equal(run(world), REPLY_WAITS);
	assert_int_equal(aggregate_changes(world->aggregate), 4001);
	assert_told(world, "");
}

static void nothing_is_written_while_there_is_no_room(void **state)
{
	struct world *world = *state;
	size_t len;

	add(world, 1, 0, 80, 100);
	begin(world);
	for (len = 0; len < CONTROL_OUT_HIGH; len++)
		buf_append_char(&world->out, 'x');
	for (int i = 0; i < 10; i++)
		assert_int_equal(step(world, 100), REPLY_MORE);
	assert_int_equal(buf_len(&world->out), len);
	buf_truncate(&world->out, 0);
	assert_int_equal(run(world), REPLY_DONE);
	assert_told(world, TABLE(GROUP(80, 1, 1, 200, 2)));
}

static void there_are_only_so_many_at_a_time(void **state)
{
	struct world *world = *state;

	world->agent.aggregates = REPLY_AGGREGATES_MAX;
	assert_int_equal(
		reply_aggregate_new(&world->reply, &world->agent, world->aggregate, on_wake, world),
		-EBUSY);
	world->agent.aggregates = REPLY_AGGREGATES_MAX - 1;
	begin(world);
	assert_int_equal(world->agent.aggregates, REPLY_AGGREGATES_MAX);
	reply_aggregate_free(&world->reply);
	assert_int_equal(world->agent.aggregates, REPLY_AGGREGATES_MAX - 1);
}

int main(void)
{
#define WITH_WORLD(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	return RUN_TESTS(WITH_WORLD(a_table_is_told_once_at_the_end),
			 WITH_WORLD(an_empty_log_has_an_empty_table),
			 WITH_WORLD(who_follows_gets_a_table_at_once_and_when_it_has_changed),
			 WITH_WORLD(a_table_of_many_lines_is_of_one_moment),
			 WITH_WORLD(nothing_is_written_while_there_is_no_room),
			 WITH_WORLD(there_are_only_so_many_at_a_time));
}
