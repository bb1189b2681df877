/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of any kind, with sides of any kind: rand() chooses. */
#pragma once

#include "log/record.h"

struct random_record {
	struct record rec;
	struct record_leg legs[2];
	bool has_legs; /* they were not overwritten */
	uint64_t seq;
};

/* The parties and so on of all random records. */
const struct record_context *random_context(void);
void random_record(struct random_record *ret);
/* NULL: they were overwritten. */
const struct record_leg *random_legs(const struct random_record *record);
