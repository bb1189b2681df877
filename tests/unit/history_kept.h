/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of which every byte tells which number they have in the flow log, so that parted or mixed-up
 * ones show.
 */
#pragma once

#include "base/cleanup.h"
#include "log/history.h"
#include "tests/harness.h"

#define auto_history __attribute__((cleanup(history_free)))

/* The legs of record seq. */
void kept_legs(struct record_leg legs[static RECORD_SLOTS_MAX], uint64_t seq);
/* A record of so many legs in all, of which the first is in itself. */
void kept_add(struct history *history, unsigned int legs_count);
/* kept_add() where the place can't be seen at once. */
void kept_add_behind(struct history *history, uint64_t seq);
/* Into the place, or none if it has gone; as kept_add() does. */
bool kept_fill(struct history *history, uint64_t place, unsigned int legs_count);
/* Is the record there and unchanged? *ret_legs as history_get() gives them. */
bool kept_get(const struct history *history, uint64_t seq, const struct record_leg **ret_legs);
/* All but the first of them. */
void kept_assert_legs(const struct record_leg *legs, uint64_t seq, unsigned int count);
