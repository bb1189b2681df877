// SPDX-License-Identifier: BSD-2-Clause
/*
 * What it costs the agent to write a record for a client: all of it, and what field masks ask for.
 * The records are of every kind, with sides of every kind.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "flow/field_mask.h"
#include "log/record.h"
#include "log/record_mask.h"
#include "tests/unit/random_records.h"

#define RECORDS		 1024
#define TIMES		 100 /* in a round each record */
#define ROUNDS		 5
#define auto_record_mask __attribute__((cleanup(record_mask_free)))

static const struct row {
	const char *name, *paths; /* NULL: no mask */
} rows[] = {
	{ "no mask", NULL },
	/* As its command asks for text formats. */
	{ "Hubble's default mask",
	  "time,verdict,ethernet,IP,l4,source.identity,source.namespace,"
	  "source.pod_name,destination.identity,destination.namespace,"
	  "destination.pod_name,Type,node_name,l7,event_type,source_service,"
	  "destination_service,is_reply,Summary,ip_trace_id" },
	{ "time, addresses and ports", "time,IP,l4" },
	{ "a part of each side", "source.pod_name,destination.pod_name,l4.TCP.destination_port" },
	{ "time and verdict", "time,verdict" },
};

static struct random_record records[RECORDS];

static void write_all(struct buf *out, struct record_mask *mask)
{
	buf_truncate(out, 0);
	for (int i = 0; i < RECORDS; i++)
		record_to_json(out, &records[i].rec, records[i].seq, random_legs(&records[i]),
			       random_context(), mask);
}

/* ns of processor time a record, of the best of some rounds. */
static double measure(struct buf *out, struct record_mask *mask)
{
	double least = 0;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begun = time_worked_ns();
		double took;

		for (int i = 0; i < TIMES; i++)
			write_all(out, mask);
		took = (double)(time_worked_ns() - begun) / (TIMES * RECORDS);
		least = !round || took < least ? took : least;
	}
	return least;
}

static int measure_row(const struct row *row)
{
	auto_field_mask struct field_mask *fields = NULL;
	auto_record_mask struct record_mask *mask = NULL;
	char reason[OPTION_REASON_SIZE];
	auto_buf struct buf out = {};
	double took;

	if (row->paths &&
	    (field_mask_new(&fields) || field_mask_add_list(fields, row->paths, reason) ||
	     record_mask_new(&mask, &fields)))
		return -1;
	took = measure(&out, mask);
	printf("%-34s %7.0f %9zu\n", row->name, took, buf_len(&out) / RECORDS);
	return 0;
}

int main(void)
{
	srand(1);
	for (int i = 0; i < RECORDS; i++)
		random_record(&records[i]);
	printf("%-34s %7s %9s\n", "a record in JSON", "ns", "bytes");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (measure_row(&rows[i]))
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
