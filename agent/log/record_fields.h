/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stored record as filters read it (filter/field.h): its fields have the values that its JSON has.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "filter/field.h"
#include "log/record.h"
#include "who/party_facts.h"

#define RECORD_READER_TEXT 1024

struct record_reader {
	struct field_reader base;
	const struct record_context *context;
	const struct record *rec;
	const struct record_leg *legs;
	uint64_t seq;
	bool has_facts[2];
	struct party_facts facts[2];   /* of source and destination, where has_facts */
	char text[RECORD_READER_TEXT]; /* what a value is in that is not there as text */
};

void record_reader_init(struct record_reader *reader, const struct record_context *context);
/* The record to be read; as in record_to_json(). */
void record_reader_set(struct record_reader *reader, const struct record *rec, uint64_t seq,
		       const struct record_leg *legs);

/* The reader's own: a field of who a side is, and what is known of that side (end 0: the source). */
bool record_party_field(struct record_reader *reader, enum field field, unsigned int index,
			struct field_value *ret);
const struct party_facts *record_reader_facts(struct record_reader *reader, unsigned int end);
