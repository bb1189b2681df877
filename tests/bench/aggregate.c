// SPDX-License-Identifier: BSD-2-Clause
/*
 * What counting costs at its limits: a record, and the longest of the steps that others wait for the
 * end of: records of half a millisecond while the tables grow, a step of putting groups in order, a
 * line of the table.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "filter/aggregate.h"
#include "filter/field.h"
#include "filter/where.h"

#define CONNS	   196608U
#define GROUPS	   10000U
#define RECORDS	   4U /* of each connection */
#define AT_A_TIME  32U
#define TABLES	   20U
#define START_NS   1795294803000000000ULL
#define EVENT_TEXT "update"

struct flow {
	struct field_reader base;
	uint64_t conn, record;
	char conn_id[17], pod[64];
};

static bool text(struct field_value *ret, const char *value)
{
	ret->text = value;
	ret->len = strlen(value);
	return true;
}

static bool number(struct field_value *ret, uint64_t value)
{
	ret->number = value;
	return true;
}

static bool get(struct field_reader *reader, enum field field, unsigned int index,
		struct field_value *ret)
{
	struct flow *flow = (struct flow *)reader;

	if (index)
		return false;
	switch ((int)field) {
	case FIELD_CONN_ID:
		return text(ret, flow->conn_id);
	case FIELD_SOURCE_POD:
	case FIELD_DESTINATION_POD:
		return text(ret, flow->pod);
	case FIELD_EVENT:
		return text(ret, EVENT_TEXT);
	case FIELD_BYTES:
	case FIELD_PACKETS:
		return number(ret, flow->record * 1000);
	case FIELD_RTT:
		return number(ret, flow->conn * 997 % 10000000 + 1000);
	case FIELD_AT:
		return number(ret, START_NS + flow->record);
	default:
		return false;
	}
}

static void set(struct flow *flow, uint64_t n)
{
	flow->conn = n % CONNS;
	flow->record = n / CONNS;
	snprintf(flow->conn_id, sizeof(flow->conn_id), "%016llx",
		 (unsigned long long)(flow->conn * 0x2545f4914f6cdd1dULL));
	snprintf(flow->pod, sizeof(flow->pod), "a-name-that-begins-like-all-others-%u",
		 (unsigned int)(flow->conn % GROUPS));
}

static uint64_t since(uint64_t begun, uint64_t *longest)
{
	uint64_t took = time_worked_ns() - begun;

	*longest = took > *longest ? took : *longest;
	return took;
}

static void count(struct aggregate *aggregate)
{
	struct flow flow = { .base = { .get = get } };
	uint64_t longest = 0, sum = 0;

	for (uint64_t n = 0; n < (uint64_t)CONNS * RECORDS; n += AT_A_TIME) {
		uint64_t begun = time_worked_ns();

		for (uint64_t i = 0; i < AT_A_TIME; i++) {
			set(&flow, n + i);
			aggregate_add(aggregate, &flow.base);
		}
		sum += since(begun, &longest);
	}
	printf("a record counted: %.0f ns; the longest %u took %.2f ms\n",
	       (double)sum / (CONNS * RECORDS), AT_A_TIME, (double)longest / 1e6);
}

static void show(struct aggregate *aggregate)
{
	uint64_t step = 0, line = 0, sum = 0, begun;
	auto_buf struct buf out = { 0 };
	bool is_done;

	for (unsigned int i = 0; i < TABLES; i++) {
		unsigned int next = 0;

		aggregate_sort_begin(aggregate);
		do {
			begun = time_worked_ns();
			is_done = aggregate_sort_step(aggregate);
			sum += since(begun, &step);
		} while (!is_done);
		do {
			buf_truncate(&out, 0);
			begun = time_worked_ns();
			is_done = aggregate_to_json(aggregate, &next, &out);
			(void)since(begun, &line);
		} while (!is_done);
	}
	printf("%u groups of %u connections in order: %.2f ms, the longest step %.2f ms; the longest "
	       "line %.2f ms\n",
	       GROUPS, CONNS, (double)sum / TABLES / 1e6, (double)step / 1e6, (double)line / 1e6);
}

int main(void)
{
	auto_aggregate struct aggregate *aggregate = NULL;
	struct where_error error;

	if (aggregate_new(&aggregate, &aggregate_limits_default) ||
	    aggregate_add_fields(aggregate, "pod", &error))
		return EXIT_FAILURE;
	count(aggregate);
	show(aggregate);
	return EXIT_SUCCESS;
}
