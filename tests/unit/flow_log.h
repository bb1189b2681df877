/* SPDX-License-Identifier: BSD-2-Clause */
/* Logs of plain records, and answers of GetFlows read off them. */
#pragma once

#include "filter/filter.h"
#include "log/flow_query.h"
#include "log/history.h"
#include "log/record.h"

#define MS	     1000000ULL
#define START	     (1700000000000 * MS)
#define AT(seconds)  (START + 1000 * MS * (seconds)) /* of records a second apart */
#define auto_history __attribute__((cleanup(history_free)))
#define auto_filter  __attribute__((cleanup(filter_free)))

extern const struct record_context log_context;

/* Records 1 .. count, a second apart: record n is of START + n seconds. */
struct history *log_of(uint64_t capacity, unsigned int count);
void log_add(struct history *history, uint64_t time_ns);
/* One that log_filter() lets through, if is_marked. */
void log_add_marked(struct history *history, uint64_t time_ns, bool is_marked);
struct filter *log_filter(void);

/* Of so many records, without a look at the clock. */
struct log_slice log_slice(unsigned int records);
/* Reads all there is now, a few looked at a time. Sequence numbers; returns how many. */
unsigned int log_read(struct flow_query *query, const struct history *history, unsigned int at_once,
		      uint64_t *seqs, unsigned int room);
/* "3 4 5" */
const char *log_numbers(const uint64_t *seqs, unsigned int count, char text[static 256]);
