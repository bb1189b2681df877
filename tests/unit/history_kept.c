// SPDX-License-Identifier: BSD-2-Clause
/*
 * All of a record, its legs too, is made of its number.
 */
#include "tests/unit/history_kept.h"

#include <string.h>

void kept_legs(struct record_leg legs[static RECORD_SLOTS_MAX], uint64_t seq)
{
	for (unsigned int i = 0; i < RECORD_SLOTS_MAX; i++) {
		legs[i] = (struct record_leg){ .ifindex = (uint32_t)seq, .vlan = (uint16_t)i };
		legs[i].count[0].packets = seq * RECORD_SLOTS_MAX + i;
		legs[i].count[1].bytes = ~legs[i].count[0].packets;
	}
}

void kept_add(struct history *history, unsigned int legs_count)
{
	uint64_t seq = history_next(history);
	struct record rec = { .time_ns = seq * 1000, .conn_id = ~seq };
	struct record_leg legs[RECORD_SLOTS_MAX];

	kept_legs(legs, seq);
	history_add(history, &rec, legs, legs_count);
	assert_int_equal(history_next(history), seq + 1);
}

bool kept_get(const struct history *history, uint64_t seq, const struct record_leg **ret_legs)
{
	const struct record *rec = history_get(history, seq, ret_legs);

	if (!rec)
		return false;
	assert_int_equal(history_seq(history, rec), seq);
	assert_int_equal(rec->time_ns, seq * 1000);
	assert_int_equal(rec->conn_id, ~seq);
	return true;
}

void kept_assert_legs(const struct record_leg *legs, uint64_t seq, unsigned int count)
{
	struct record_leg expected[RECORD_SLOTS_MAX];

	kept_legs(expected, seq);
	assert_memory_equal(legs, expected + 1, (count - 1) * sizeof(*legs));
}

bool kept_fill(struct history *history, uint64_t place, unsigned int legs_count)
{
	struct record rec = { .time_ns = place * 1000, .conn_id = ~place };
	struct record_leg legs[RECORD_SLOTS_MAX];

	if (!history_has_place(history, place))
		return false;
	kept_legs(legs, place);
	history_fill(history, place, &rec, legs, legs_count);
	return true;
}

void kept_add_behind(struct history *history, uint64_t seq)
{
	struct record rec = { .time_ns = seq * 1000, .conn_id = ~seq };

	history_add(history, &rec, NULL, 0);
}
