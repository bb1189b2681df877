// SPDX-License-Identifier: BSD-2-Clause
/*
 * Short events made whole, and lengths that cannot be.
 */
#include "tests/harness.h"

#include <string.h>

#include "agent/kernel/flow_event.h"
#include "base/cleanup.h"

/* No byte of it is zero but the two: type and dir decide. */
static struct weir_event event_of(enum weir_event_type type, uint16_t len, uint8_t dir)
{
	struct weir_event event;

	memset(&event, 0xa5, sizeof(event));
	event.hdr.len = len;
	event.hdr.type = (uint8_t)type;
	event.hdr.dir = dir;
	return event;
}

static void a_short_one_gets_what_was_left_out(void **state)
{
	static const struct weir_dir no_dir;
	static const struct weir_owner nobody;

	(void)state;
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct weir_event event = event_of(WEIR_EVENT_OPEN, WEIR_EVENT_SHORT, dir), room;
		const struct weir_event *whole = flow_event_whole(&event, WEIR_EVENT_SHORT, &room);

		assert_ptr_equal(whole, &room);
		assert_int_equal(whole->hdr.len, sizeof(*whole));
		event.hdr.len = sizeof(event);
		assert_memory_equal(whole, &event, offsetof(struct weir_event, flow.dir));
		assert_memory_equal(&whole->flow.dir[dir], &event.flow.dir[0], sizeof(no_dir));
		assert_memory_equal(&whole->flow.dir[!dir], &no_dir, sizeof(no_dir));
		assert_memory_equal(&whole->owner, &nobody, sizeof(nobody));
	}
}

static void a_whole_one_is_read_where_it_lies(void **state)
{
	(void)state;
	for (int type = WEIR_EVENT_OPEN; type <= WEIR_EVENT_ICMP_ERROR; type++) {
		struct weir_event room,
			event = event_of((enum weir_event_type)type, (uint16_t)sizeof(event), 1);

		assert_ptr_equal(flow_event_whole(&event, sizeof(event), &room), &event);
	}
}

static void lengths_that_cannot_be_are_refused(void **state)
{
	static const struct {
		enum weir_event_type type;
		uint16_t len;
		size_t size;
	} cases[] = {
		{ WEIR_EVENT_OPEN, WEIR_EVENT_SHORT, WEIR_EVENT_SHORT - 1 },
		{ WEIR_EVENT_OPEN, WEIR_EVENT_SHORT - 1, WEIR_EVENT_SHORT },
		{ WEIR_EVENT_OPEN, WEIR_EVENT_SHORT + 1, sizeof(struct weir_event) },
		{ WEIR_EVENT_OPEN, sizeof(struct weir_event_hdr), sizeof(struct weir_event_hdr) },
		{ WEIR_EVENT_CLOSE, WEIR_EVENT_SHORT, WEIR_EVENT_SHORT },
		{ WEIR_EVENT_CLOSE, sizeof(struct weir_event), sizeof(struct weir_event) - 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct weir_event room, event = event_of(cases[i].type, cases[i].len, 0);

		assert_null(flow_event_whole(&event, cases[i].size, &room));
	}
}

int main(void)
{
	return RUN_TESTS(TEST(a_short_one_gets_what_was_left_out),
			 TEST(a_whole_one_is_read_where_it_lies),
			 TEST(lengths_that_cannot_be_are_refused));
}
