/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow log: the last `capacity` records, oldest overwritten first. Records are named by their
 * sequence number, from 1; a reader keeps the number that it wants next and sees by itself what it has missed.
 *
 * What is told later than it happened has a place reserved for it, so that the log is in the order
 * of what happened. Until all is told there, readers see nothing of the place and what is behind it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "log/record.h"

struct history;

/* drop: called with each record that is overwritten, before that; NULL: nobody cares. */
int history_new(struct history **ret, uint64_t capacity,
		void (*drop)(void *ctx, const struct record *rec), void *ctx);
void history_free(struct history **at);

/*
 * Copies the record and its legs in. The first leg is what the record itself tells of: only the
 * others are kept, unless rec->is_of_many. Of those there is room for a quarter as many as for
 * records: the oldest legs may go before their record does.
 */
void history_add(struct history *history, const struct record *rec, const struct record_leg *legs,
		 unsigned int count);
/* Reserves the next place: its number, for one call of history_fill() or history_void(). */
uint64_t history_reserve(struct history *history);
/* False: the place that was reserved has been overwritten. */
bool history_has_place(const struct history *history, uint64_t place);
/* history_add() into the place, which must be there still. */
void history_fill(struct history *history, uint64_t place, const struct record *rec,
		  const struct record_leg *legs, unsigned int count);
/* Nothing will be told there: readers pass over the place, and it counts as no record. */
void history_void(struct history *history, uint64_t place);

/*
 * The first number that can't be read yet: that of the next record, unless a place before it is
 * reserved. Records oldest .. next-1 are there.
 */
uint64_t history_next(const struct history *history);
uint64_t history_oldest(const struct history *history);
/* From this number on times run on; before it the clock was set back. 0: never. */
uint64_t history_orderly(const struct history *history);
uint64_t history_capacity(const struct history *history);
/* How many records can be read now, and how many could ever. */
uint64_t history_count(const struct history *history);
uint64_t history_seen(const struct history *history);
/* The number of the first of the last `count` records; the oldest if there are not so many. */
uint64_t history_last(const struct history *history, uint64_t count);
/* How many numbers before seq, which is the oldest or a later one, have no record. */
uint64_t history_voids(const struct history *history, uint64_t seq);
/*
 * NULL if it is not there (any more, or yet). A void place has is_void and the time of the record
 * before it. *ret_legs: its further legs, or NULL if they were overwritten.
 */
const struct record *history_get(const struct history *history, uint64_t seq,
				 const struct record_leg **ret_legs);
/* The number of a record that is there. */
uint64_t history_seq(const struct history *history, const struct record *rec);
