/* SPDX-License-Identifier: BSD-2-Clause */
/* A flow for tests of what reads fields (filter/field.h), written down as text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter/field.h"

#define FLOW_FIELDS_MAX 32

struct flow_field {
	enum field field;
	struct field_value value;
	uint8_t addr[16];
};

struct flow_fields {
	struct field_reader reader;
	struct flow_field values[FLOW_FIELDS_MAX];
	unsigned int count;
	char text[1024];
	/* The fields that were asked for, each time. */
	enum field asked[256];
	unsigned int asked_count;
};

/*
 * "source.pod=cart-1 destination.port=80 source.label=a source.label=b": full names, values without
 * blanks, times as RFC 3339, all other numbers as they are. Fails the test if it is not right.
 */
void flow_fields_set(struct flow_fields *flow, const char *text);
