/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --aggregate-by: flows counted by the values of some of their fields, instead of shown.
 *
 * A connection counts once, however many records tell of it, and belongs to the group of its latest
 * record: names become known late. Records carry totals since its start, so the latest ones are its
 * bytes and packets. All its records are of that group, and so are their times. Sides are by who began: in what the responder sent they are swapped. Where a
 * record names no connection (Hubble's do not), addresses, ports and protocol stand for one.
 *
 * A translated connection (NAT) whose original half was seen, too, moves the same packets once more:
 * it does not count.
 *
 * All is bounded. What is in no group of its own goes to a last one, "other"; a connection that
 * cannot be remembered is counted when it ends, and the records of it are told.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct aggregate;
struct buf;
struct field_reader;
struct where_error;

#define AGGREGATE_FIELDS_MAX 8
#define AGGREGATE_LINE_MAX   (256U << 10) /* bytes of a line of JSON, but for its last group */

struct aggregate_limits {
	uint32_t groups;
	uint32_t conns;	  /* remembered at a time */
	uint32_t buckets; /* of RTTs, of all groups */
};

/* 10,000 groups, 196,608 connections (16 MiB), 1,048,576 buckets (8 MiB, twice that at worst). */
extern const struct aggregate_limits aggregate_limits_default;

int aggregate_new(struct aggregate **ret, const struct aggregate_limits *limits);
void aggregate_free(struct aggregate **at);
/*
 * "source.pod"; "pod": that of who began and that of the other, but "port" alone is the port that was
 * called. Before the first flow. -EINVAL with *error, whose place is in the name.
 */
int aggregate_add_field(struct aggregate *aggregate, struct text name, struct where_error *error);
/* "pod, port" */
int aggregate_add_fields(struct aggregate *aggregate, const char *names, struct where_error *error);

/* The next name of such a list without blanks around it. *names is NULL behind the last one. */
bool aggregate_next_name(const char **names, struct text *ret);

/* Counts a record, unless it is of the second half of a connection. */
void aggregate_add(struct aggregate *aggregate, struct field_reader *reader);
/* How many records have changed what is counted: whether there is something new. */
uint64_t aggregate_changes(const struct aggregate *aggregate);

struct aggregate_row {
	bool is_other;	/* all that had no room of its own: no key */
	uint64_t flows; /* connections */
	uint64_t records;
	uint64_t bytes, packets; /* both ways */
	uint64_t drops;		 /* records of drops */
	uint64_t rtts;		 /* connections whose RTT is known */
	uint64_t rtt_median_ns, rtt_p99_ns;
	uint64_t first_ns, last_ns; /* since 1970; 0: no record had a time */
};

/* Puts groups in order: by bytes, flows, records, key; "other" last. Returns how many there are. */
unsigned int aggregate_sort(struct aggregate *aggregate);
/*
 * The same in steps of less than 1 ms each, between which no flow is counted. True: that was
 * the last one.
 */
void aggregate_sort_begin(struct aggregate *aggregate);
bool aggregate_sort_step(struct aggregate *aggregate);
/* Of those in order, until the next flow is counted. */
void aggregate_row(const struct aggregate *aggregate, unsigned int index,
		   struct aggregate_row *ret);
/* Appends a value of the row's key; nothing where it is not known. */
void aggregate_value(const struct aggregate *aggregate, unsigned int index, unsigned int column,
		     struct buf *out);
/*
 * Appends a line of JSON (schema.md 5) with the groups in order from *next on, and moves that. False:
 * there are more. All lines but the last have "more".
 */
bool aggregate_to_json(const struct aggregate *aggregate, unsigned int *next, struct buf *out);

static inline void cleanup_aggregate(struct aggregate **at)
{
	aggregate_free(at);
}

#define auto_aggregate __attribute__((cleanup(cleanup_aggregate)))
