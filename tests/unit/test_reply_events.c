// SPDX-License-Identifier: BSD-2-Clause
/* GetAgentEvents and GetDebugEvents, line by line. */
#include "socket/reply_events.h"

#include "agent.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "log/event_log.h"
#include "socket/control.h"
#include "socket/reply_who.h"
#include "tests/harness.h"

#define AT(seconds) (1700000000000000000ULL + 1000000000ULL * (seconds))

struct world {
	struct agent agent;
	struct reply_events reply;
	struct buf out;
	uint64_t lost;
};

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	snprintf(world->agent.node_name, sizeof(world->agent.node_name), "n1");
	assert_int_equal(event_log_new(&world->agent.agent_events, 4, 1U << 20), 0);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	event_log_free(&world->agent.agent_events);
	buf_done(&world->out);
	free(world);
	return 0;
}

static void add(struct world *world, unsigned int number)
{
	char text[16];

	snprintf(text, sizeof(text), "{\"x\":%u}", number);
	event_log_add(world->agent.agent_events, AT(number), text_from_str(text));
}

static void begin(struct world *world, const struct log_query *asked)
{
	reply_events_begin(&world->reply, &world->agent, "agent_event", world->agent.agent_events,
			   asked);
}

static void assert_writes(struct world *world, int result, const char *expect)
{
	assert_int_equal(
		reply_events_write(&world->reply, &world->out, CONTROL_OUT_HIGH, &world->lost),
		result);
	buf_append_char(&world->out, '\0');
	assert_string_equal(buf_bytes(&world->out), expect);
	buf_truncate(&world->out, 0);
}

static void an_answer_is_events_and_an_end(void **state)
{
	struct world *world = *state;

	add(world, 1);
	add(world, 2);
	begin(world, &(struct log_query){ .number = 1 });
	assert_writes(world, REPLY_DONE,
		      "{\"agent_event\":{\"x\":2},\"node_name\":\"n1\","
		      "\"time\":\"2023-11-14T22:13:22Z\"}\n"
		      "{\"end\":{\"events\":\"1\",\"lost\":\"0\"}}\n");
	begin(world, &(struct log_query){ .since_ns = AT(3) });
	assert_writes(world, REPLY_DONE, "{\"end\":{\"events\":\"0\",\"lost\":\"0\"}}\n");
}

static void who_follows_waits_for_events(void **state)
{
	struct world *world = *state;

	begin(world, &(struct log_query){ .follow = true });
	assert_writes(world, REPLY_WAITS, "");
	add(world, 1);
	assert_writes(world, REPLY_WAITS,
		      "{\"agent_event\":{\"x\":1},\"node_name\":\"n1\","
		      "\"time\":\"2023-11-14T22:13:21Z\"}\n");
	assert_writes(world, REPLY_WAITS, "");
}

/* The time of that line is now. */
static void what_was_overwritten_is_told(void **state)
{
	static const char expect[] = "{\"lost_events\":{\"source\":\"HUBBLE_RING_BUFFER\","
				     "\"num_events_lost\":\"3\"},\"node_name\":\"n1\",\"time\":\"";
	struct world *world = *state;
	const char *told;

	begin(world, &(struct log_query){ .follow = true });
	for (unsigned int i = 1; i <= 7; i++)
		add(world, i);
	assert_int_equal(
		reply_events_write(&world->reply, &world->out, CONTROL_OUT_HIGH, &world->lost),
		REPLY_WAITS);
	buf_append_char(&world->out, '\0');
	assert_non_null(strstr(buf_bytes(&world->out), "{\"agent_event\":{\"x\":4}"));
	told = strstr(buf_bytes(&world->out), "{\"lost_events\"");
	assert_non_null(told);
	assert_memory_equal(told, expect, sizeof(expect) - 1);
	assert_int_equal(world->lost, 3);
	assert_int_equal(world->reply.lost, 3);
}

static void no_more_is_written_than_a_client_takes(void **state)
{
	struct world *world = *state;
	char blanks[4096];

	add(world, 1);
	memset(blanks, ' ', sizeof(blanks));
	while (buf_len(&world->out) < CONTROL_OUT_HIGH)
		buf_append(&world->out, blanks, sizeof(blanks));
	begin(world, &(struct log_query){ 0 });
	assert_int_equal(
		reply_events_write(&world->reply, &world->out, CONTROL_OUT_HIGH, &world->lost),
		REPLY_MORE);
	assert_int_equal(buf_len(&world->out), CONTROL_OUT_HIGH);
	buf_truncate(&world->out, 0);
	assert_writes(world, REPLY_DONE,
		      "{\"agent_event\":{\"x\":1},\"node_name\":\"n1\","
		      "\"time\":\"2023-11-14T22:13:21Z\"}\n"
		      "{\"end\":{\"events\":\"1\",\"lost\":\"0\"}}\n");
}

static void without_a_log_there_is_the_end_or_waiting(void **state)
{
	struct world *world = *state;

	reply_events_begin(&world->reply, &world->agent, "debug_event", NULL,
			   &(struct log_query){ .number = 20 });
	assert_writes(world, REPLY_DONE, "{\"end\":{\"events\":\"0\",\"lost\":\"0\"}}\n");
	reply_events_begin(&world->reply, &world->agent, "debug_event", NULL,
			   &(struct log_query){ .number = 20, .follow = true });
	assert_writes(world, REPLY_WAITS, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(an_answer_is_events_and_an_end),
		T(who_follows_waits_for_events),
		T(what_was_overwritten_is_told),
		T(no_more_is_written_than_a_client_takes),
		T(without_a_log_there_is_the_end_or_waiting),
#undef T
	};

	return cmocka_run_group_tests_name("test_reply_events", tests, NULL, NULL);
}
