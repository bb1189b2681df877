/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flow out of a line of text, for what reads flows: "source.ip=10.0.0.1|source.label=k8s:app=cart",
 * with the names of filter/field.h; a field that is named again is a list.
 */
#pragma once

#include "filter/field.h"

#define FLOW_OF_FIELDS 32
#define FLOW_OF_TEXT   1024

struct flow_of {
	struct field_reader base;
	char text[FLOW_OF_TEXT];
	struct {
		enum field field;
		struct field_value value;
		uint8_t addr[16];
	} fields[FLOW_OF_FIELDS];
	unsigned int count;
	unsigned int asked; /* how often a value was asked for */
};

/* A text that is no such line fails the test. */
void flow_of(struct flow_of *ret, const char *text);
