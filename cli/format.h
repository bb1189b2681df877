/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output formats of flows and events: a row each. begin and end may be NULL. A record is one line of an
 * answer or of a file; what is for people rather than data (node status) goes to `err`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/buf.h"
#include "agent/base/options.h"

#include "flow_view.h"
#include "table.h"
#include "text.h"
#include "time_text.h"

struct field_mask;
struct groups;

struct format_options {
	enum flow_subject subject; /* what the records tell of, but for losses and nodes */
	bool want_colour;
	bool want_names; /* instead of addresses */
	bool want_node;
	bool want_process;
	bool want_interface;
	bool want_policies; /* that decided */
	/* Of json. */
	bool is_foreign;	       /* the lines are not as our agent writes them */
	bool want_bare;		       /* without the envelope */
	const struct field_mask *mask; /* NULL: all fields */
};

struct format_record {
	const char *line; /* a GetFlowsResponse, without the newline */
	size_t len;
	const struct flow_view *view; /* of the line; NULL for formats that do not want it */
};

/* Where records go; what is not options belongs to the format. All zeros before begin(). */
struct format_target {
	struct format_options options;
	struct time_text times;
	struct buf *out, *err;
	bool has_begun;	       /* dict: a record was printed */
	struct table table;    /* table: all that were */
	struct groups *groups; /* format_groups */
	struct buf scratch;    /* json */
	struct text unknown;   /* json: a key of the last record that was left out */
};

void format_target_done(struct format_target *target);

struct format {
	const char *name;
	bool want_view;
	bool want_process;
	bool want_interface;
	bool is_held;	 /* nothing is printed before the end */
	bool takes_mask; /* a field mask makes sense */
	void (*begin)(struct format_target *target);
	void (*record)(struct format_target *target, const struct format_record *record);
	void (*end)(struct format_target *target);
};

/* NULL: the default, compact. NULL if there is no such format. */
const struct format *format_find(const char *name);
/* For the option: -EINVAL with the reason. */
int format_check(const char *name, char reason[static OPTION_REASON_SIZE]);

/* For --aggregate-by, whose table or JSON it is. */
extern const struct format format_groups;

/* The functions behind the rows. */
void format_compact_record(struct format_target *target, const struct format_record *record);
void format_dict_record(struct format_target *target, const struct format_record *record);
void format_table_begin(struct format_target *target);
void format_table_record(struct format_target *target, const struct format_record *record);
void format_table_end(struct format_target *target);
void format_json_record(struct format_target *target, const struct format_record *record);
