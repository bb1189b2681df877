/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flags that make one list of filters, allowed or denied, as Hubble's command joins them: values
 * of one flag are alternatives, different flags must all hold. Flags of either side make two filters,
 * one in which all of them mean the source and one in which all mean the destination.
 */
#pragma once

#include <stddef.h>

#include "filter_key.h"

struct json_out;

#define FILTER_VALUES_MAX 4096

enum filter_side {
	FILTER_LEFT = 1,  /* the filter in which --X means the source */
	FILTER_RIGHT = 2, /* the destination */
};

struct filter_value {
	const struct option_row *row; /* the flag */
	enum filter_key key;
	unsigned int sides; /* enum filter_side, or'ed */
	char *text;
};

/* All zeros is an empty list. */
struct filter_list {
	struct filter_value *values;
	size_t count;
};

void filter_list_done(struct filter_list *list);
/* row->data is a struct filter_flag. 0, or -EINVAL with the reason in Hubble's words. */
int filter_list_add(struct filter_list *list, const struct option_row *row, const char *value,
		    char reason[static OPTION_REASON_SIZE]);
/* The text of the next value of key on that side, from index *at on; NULL behind the last. */
const char *filter_list_next(const struct filter_list *list, enum filter_side side,
			     enum filter_key key, size_t *at);
/* Writes the filters into an array: none, one, or two that are not the same. */
void filter_list_write(const struct filter_list *list, struct json_out *out);
