// SPDX-License-Identifier: BSD-2-Clause
/* Records are taken out of the lines that wait, and nothing else. */
#include "socket/json_lines.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "tests/harness.h"

#define FLOW  "{\"flow\":{\"time\":\"x\"}}\n"
#define LOST  "{\"lost_events\":{\"num_events_lost\":\"5\"}}\n"
#define END   "{\"end\":{\"flows\":\"2\",\"lost\":\"0\"}}\n"
#define ERROR "{\"error\":{\"code\":\"X\"}}\n"

static const struct {
	const char *name, *lines, *left;
	uint64_t dropped;
} rows[] = {
	{ "nothing", "", "", 0 },
	{ "the first line stays, a part of it may have been sent", FLOW, FLOW, 0 },
	{ "records behind it go", FLOW FLOW FLOW, FLOW, 2 },
	{ "a part of a line is none", "e\":{}}\n" FLOW, "e\":{}}\n", 1 },
	{ "what was lost is still told", FLOW LOST FLOW LOST FLOW, FLOW LOST LOST, 2 },
	{ "answers that have ended stay whole", FLOW FLOW END FLOW FLOW, FLOW FLOW END, 2 },
	{ "so do refused requests", FLOW FLOW ERROR FLOW, FLOW FLOW ERROR, 1 },
	{ "an end alone", END, END, 0 },
	{ "a key that begins alike is another", FLOW "{\"flows\":1}\n", FLOW "{\"flows\":1}\n", 0 },
	{ "a key further in is no first one", FLOW "{\"a\":{\"flow\":1}}\n",
	  FLOW "{\"a\":{\"flow\":1}}\n", 0 },
	{ "a last line without its end", FLOW LOST "{\"flow\":{\"ti", FLOW LOST, 1 },
};

static void records_go_and_all_else_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_buf struct buf buf = { 0 };

		/* What has been sent before is no line of these. */
		buf_append_str(&buf, "{\"end\":{}}\n");
		buf_consume(&buf, buf_len(&buf) - 1);
		buf_append_str(&buf, rows[i].lines);
		buf_consume(&buf, 1);
		assert_row_int(rows[i].name, json_lines_drop(&buf, "flow"), rows[i].dropped);
		buf_append_char(&buf, '\0');
		assert_row_str(rows[i].name, buf_bytes(&buf), rows[i].left);
	}
}

static void of_events_it_is_theirs(void **state)
{
	auto_buf struct buf buf = { 0 };

	(void)state;
	buf_append_str(&buf, FLOW "{\"agent_event\":{}}\n" LOST "{\"agent_event\":{}}\n" FLOW);
	assert_int_equal(json_lines_drop(&buf, "agent_event"), 2);
	buf_append_char(&buf, '\0');
	assert_string_equal(buf_bytes(&buf), FLOW LOST FLOW);
}

int main(void)
{
	return RUN_TESTS(TEST(records_go_and_all_else_stays), TEST(of_events_it_is_theirs));
}
