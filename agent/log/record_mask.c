// SPDX-License-Identifier: BSD-2-Clause
/*
 * The rows that are wanted, looked up once; nothing is asked of the field mask while records are
 * written.
 */
#include "log/record_mask.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "flow/field_mask.h"
#include "flow/flow_json.h"
#include "flow/flow_schema.h"
#include "log/record_rows.h"

/* A field that is wanted. */
struct part {
	struct record_row row;
	const struct schema_field *field;
	const struct field_mask *inner; /* what of it; NULL: all */
};

struct record_mask {
	struct field_mask *fields;
	struct buf whole, scratch; /* of a field that is cut */
	unsigned int count;
	struct part parts[RECORD_ROWS];
};

static void add_row(struct record_mask *mask, const struct record_row *row)
{
	struct part part = { .row = *row,
			     .field = schema_find(schema_flow, text_from_str(row->key)) };

	if (!field_mask_wants(mask->fields, part.field, &part.inner))
		return;
	if (part.inner)
		part.row.key = NULL;
	mask->parts[mask->count++] = part;
}

int record_mask_new(struct record_mask **ret, struct field_mask **fields)
{
	struct record_mask *mask = calloc(1, sizeof(*mask));

	if (!mask)
		return -ENOMEM;
	mask->fields = TAKE_PTR(*fields);
	for (const struct record_row *row = record_rows; row->write; row++)
		add_row(mask, row);
	*ret = mask;
	return 0;
}

void record_mask_free(struct record_mask **at)
{
	struct record_mask *mask = TAKE_PTR(*at);

	if (!mask)
		return;
	field_mask_free(&mask->fields);
	buf_done(&mask->whole);
	buf_done(&mask->scratch);
	free(mask);
}

static void write_cut(struct record_mask *mask, const struct part *part,
		      const struct record_telling *telling, struct json_out *out)
{
	struct flow_json json = { .scratch = &mask->scratch };
	struct json_out whole = { .buf = &mask->whole };
	struct text value;

	buf_truncate(&mask->whole, 0);
	part->row.write(&whole, &part->row, telling);
	value = (struct text){ buf_bytes(&mask->whole), buf_len(&mask->whole) };
	if (value.len)
		flow_json_field(&json, part->field, value, part->inner, out);
	out->buf->failed |= mask->whole.failed || mask->scratch.failed;
}

void record_mask_write(struct record_mask *mask, const struct record_telling *telling,
		       struct json_out *out)
{
	for (unsigned int i = 0; i < mask->count; i++) {
		const struct part *part = &mask->parts[i];

		if (part->inner)
			write_cut(mask, part, telling, out);
		else
			part->row.write(out, &part->row, telling);
	}
}
