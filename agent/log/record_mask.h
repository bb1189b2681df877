/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of each record a reader wants: of its rows only those are written. What a field mask takes
 * a part of is written, and then cut.
 */
#pragma once

struct field_mask;
struct json_out;
struct record_mask;
struct record_telling;

/* Takes over the field mask, if it succeeds: *fields is NULL then. -ENOMEM. */
int record_mask_new(struct record_mask **ret, struct field_mask **fields);
void record_mask_free(struct record_mask **at);
/* What is wanted of a flow, into the object that is being written. */
void record_mask_write(struct record_mask *mask, const struct record_telling *telling,
		       struct json_out *out);
