/* SPDX-License-Identifier: BSD-2-Clause */
/* Within flow_reader: how values come out of JSON. */
#pragma once

#include "agent/base/json_scan.h"

#include "flow_reader.h"

typedef bool (*flow_reader_fn)(struct flow_reader *reader, enum field field, unsigned int index,
			       struct field_value *ret);

/* Where the field's kind does not tell how; NULL where it does. */
extern const flow_reader_fn flow_reader_ways[FIELD_MAX];

/* As it stands in JSON; of length 0 where absent. */
struct text flow_reader_value(const struct flow_reader *reader, enum field field);
/* What was unescaped before is gone with it. */
struct json_scan flow_reader_scan(struct flow_reader *reader, struct text raw);
/* The string unescaped, the number or the bool as written; JSON_NONE where it is absent. */
enum json_kind flow_reader_take(struct flow_reader *reader, enum field field, struct text *ret);
/* A number, or a string of digits. */
bool flow_reader_number(struct flow_reader *reader, enum field field, unsigned int index,
			struct field_value *ret);
void flow_reader_tell(struct field_value *ret, struct text text);
