/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which flows are asked for: Hubble's FlowFilters in proto3 JSON, with weir's own keys among theirs
 * (docs/schema.md, "Filters"), compiled once and then held against any number of flows, whoever
 * reads them (filter/field.h).
 *
 * Keys of one FlowFilter must all fit, of the values of a key any. A flow is let through if a
 * FlowFilter of the allow list fits, or if there is none, and none of the deny list.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct field_reader;
struct filter;
struct json_object;

/* Borrowed until filter_compile() returns; NULL: empty. */
struct filter_lists {
	struct json_object *allow; /* an array of FlowFilters */
	struct json_object *deny;
	/*
	 * One object, of which the same holds as of the flags of `weir observe`: a key of both sides
	 * is named without its side ("port"), and all that are so must fit on the same side. Must fit
	 * besides what the lists say.
	 */
	struct json_object *either;
};

#define FILTER_ERROR_SIZE 256
struct filter_error {
	char message[FILTER_ERROR_SIZE];
};

/* -EINVAL or -ENOMEM, with *error filled. Lists without any FlowFilter: *ret lets all through. */
int filter_compile(struct filter **ret, const struct filter_lists *lists,
		   struct filter_error *error);
void filter_free(struct filter **at);
/* Allocates nothing. Keeps notes in the filter: not for two threads at once. */
bool filter_match(struct filter *filter, struct field_reader *reader);

enum filter_answer {
	FILTER_NO,
	FILTER_YES,
	FILTER_PAUSED,
};
/*
 * The same, but when it has taken until that time (CLOCK_MONOTONIC) it stops before long, and goes on
 * with the same flow when it is asked again. Each time it gets on a little.
 */
enum filter_answer filter_ask(struct filter *filter, struct field_reader *reader,
			      uint64_t until_ns);
/* What it stopped at is not asked for again. */
void filter_forget(struct filter *filter);
/* Has it that many values that it may take a microsecond or more without a look at the clock? */
bool filter_is_dear(const struct filter *filter);
/* How often a regular expression took too many steps on a text, and so counted as no match. */
uint64_t filter_gave_up(const struct filter *filter);
