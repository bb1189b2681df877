/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a record is told: a row for each field of Hubble's flow that it may have, by which all of it
 * is written, or only what a mask lets through (record_mask.h).
 */
#pragma once

#include <stdint.h>

#include "log/record.h"
#include "who/party_facts.h"

struct json_out;
struct record_row;

/* A record, and what its fields are made of. */
struct record_telling {
	const struct record *rec;
	uint64_t seq;
	const struct record_leg *legs;
	const struct record_context *context;
	struct party_side sides[2]; /* the record's source, and its destination */
	struct record_more more;
};

/* Writes a field, or nothing if this record has none. */
typedef void (*record_write_fn)(struct json_out *out, const struct record_row *row,
				const struct record_telling *telling);

struct record_row {
	const char *key; /* as Hubble's schema has it; NULL in a copy: the value alone is written */
	record_write_fn write;
	unsigned int end; /* of a side: 0 the source, 1 the destination */
	const char *text; /* of a field that is always the same */
};

/* Without the row that ends them, whose write is NULL. */
#define RECORD_ROWS 25

extern const struct record_row record_rows[];

void record_rows_write(const struct record_telling *telling, struct json_out *out);

/* For a row, in files of their own. */
void record_json_extensions(struct json_out *out, const struct record_row *row,
			    const struct record_telling *telling);
/* Keys of the object that is being written. */
void record_json_ports(struct json_out *out, const struct record *rec);
