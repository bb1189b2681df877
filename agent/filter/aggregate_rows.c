// SPDX-License-Identifier: BSD-2-Clause
/* The groups that are in order (aggregate_order.c), as rows and as JSON. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "filter/aggregate_private.h"

void aggregate_row(const struct aggregate *aggregate, unsigned int index, struct aggregate_row *ret)
{
	const struct aggregate_group *group = &aggregate->groups[aggregate->order[index].group];

	*ret = (struct aggregate_row){
		.is_other = aggregate->order[index].group == AGGREGATE_OTHER,
		.flows = group->flows,
		.records = group->records,
		.bytes = group->bytes,
		.packets = group->packets,
		.drops = group->drops,
		.rtts = group->rtts.total,
		.rtt_median_ns = sketch_quantile(&group->rtts, 500),
		.rtt_p99_ns = sketch_quantile(&group->rtts, 990),
		.first_ns = group->shown_first_ns,
		.last_ns = group->shown_last_ns,
	};
}

void aggregate_value(const struct aggregate *aggregate, unsigned int index, unsigned int column,
		     struct buf *out)
{
	uint32_t group = aggregate->order[index].group;

	if (group != AGGREGATE_OTHER)
		aggregate_key_show(&aggregate->columns, aggregate->groups[group].key, column, out);
}

static void write_key(const struct aggregate *aggregate, unsigned int index, struct json_out *out)
{
	json_array_begin(out, "key");
	for (unsigned int i = 0; i < aggregate->columns.count; i++) {
		auto_buf struct buf value = {};

		aggregate_value(aggregate, index, i, &value);
		buf_append_char(&value, '\0');
		json_string(out, NULL, value.failed ? "" : buf_bytes(&value));
	}
	json_array_end(out);
}

static void write_row(const struct aggregate *aggregate, unsigned int index, struct json_out *out)
{
	struct aggregate_row row;

	aggregate_row(aggregate, index, &row);
	json_object_begin(out, row.is_other ? "other" : NULL);
	if (!row.is_other)
		write_key(aggregate, index, out);
	json_u64_str(out, "flows", row.flows);
	json_u64_str(out, "records", row.records);
	json_u64_str(out, "bytes", row.bytes);
	json_u64_str(out, "packets", row.packets);
	json_u64_str(out, "drops", row.drops);
	if (row.rtts) {
		json_u64_str(out, "rtts", row.rtts);
		json_u64_str(out, "rtt_median_ns", row.rtt_median_ns);
		json_u64_str(out, "rtt_p99_ns", row.rtt_p99_ns);
	}
	if (row.first_ns) {
		json_time(out, "first", row.first_ns);
		json_time(out, "last", row.last_ns);
	}
	json_object_end(out);
}

static bool is_other(const struct aggregate *aggregate, unsigned int index)
{
	return index < aggregate->ordered && aggregate->order[index].group == AGGREGATE_OTHER;
}

static void write_tail(const struct aggregate *aggregate, unsigned int *next, struct json_out *out)
{
	if (is_other(aggregate, *next))
		write_row(aggregate, (*next)++, out);
	if (*next < aggregate->ordered) {
		json_bool(out, "more", true);
		return;
	}
	if (aggregate->not_told_apart)
		json_u64_str(out, "not_told_apart", aggregate->not_told_apart);
	if (aggregate->rtts_left_out)
		json_u64_str(out, "rtts_left_out", aggregate->rtts_left_out);
}

bool aggregate_to_json(const struct aggregate *aggregate, unsigned int *next, struct buf *out)
{
	struct json_out json = { .buf = out };
	size_t begin = buf_len(out);

	json_object_begin(&json, NULL);
	json_object_begin(&json, "aggregate");
	json_array_begin(&json, "fields");
	for (unsigned int i = 0; i < aggregate->columns.count; i++)
		json_string(&json, NULL, aggregate->columns.rows[i].name);
	json_array_end(&json);
	json_array_begin(&json, "groups");
	while (*next < aggregate->ordered && !is_other(aggregate, *next) && !out->failed &&
	       buf_len(out) - begin < AGGREGATE_LINE_MAX)
		write_row(aggregate, (*next)++, &json);
	json_array_end(&json);
	write_tail(aggregate, next, &json);
	json_object_end(&json);
	json_object_end(&json);
	buf_append_char(out, '\n');
	return out->failed || *next >= aggregate->ordered;
}
