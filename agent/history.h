/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow log: the last `capacity` records, oldest overwritten first. Records are named by their
 * sequence number, from 1; a reader keeps the number that it wants next and sees by itself what it has missed.
 */
#pragma once

#include <stdint.h>

#include "record.h"

struct history;

int history_new(struct history **ret, uint64_t capacity);
void history_free(struct history **at);

/*
 * Copies the record and its legs in. The first leg is what the record itself tells of: only the
 * others are kept, at most RECORD_SLOTS_MAX - 1. Of those there is room for a quarter as many as for
 * records: the oldest legs may go before their record does.
 */
void history_add(struct history *history, const struct record *rec, const struct record_leg *legs,
		 unsigned int count);
/* The number that the next record will get; records oldest .. next-1 are there. */
uint64_t history_next(const struct history *history);
uint64_t history_oldest(const struct history *history);
uint64_t history_capacity(const struct history *history);
/* NULL if it is not there (any more). *ret_legs: its further legs, or NULL if they were overwritten. */
const struct record *history_get(const struct history *history, uint64_t seq,
				 const struct record_leg **ret_legs);
/* The number of a record that is there. */
uint64_t history_seq(const struct history *history, const struct record *rec);
