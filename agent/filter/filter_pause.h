/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a filter stops when its time is up, and goes on with the same flow later. Whatever may take
 * long looks at the clock when it has done a step of it, so that each time at least one is done. Each
 * loop around it notes where it was, and begins there the next time: what was found out up to there
 * need not be found out again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "filter/field.h"
#include "filter/regex.h"

/* Where each loop begins, from the outermost on; zeroes: at its beginning. */
struct filter_pause {
	uint64_t until_ns; /* CLOCK_MONOTONIC */
	bool is_up;
	uint64_t who
		[2]; /* the sides were, when it was up: of others the steps would be other ones */
	unsigned int list, object, term;
	unsigned int value;   /* of a term */
	unsigned int test;    /* of an expression, plus 1 */
	unsigned int side;    /* of what the test asks for, the first or the second */
	unsigned int index;   /* of that field's values */
	unsigned int operand; /* of the test */
	size_t search;	      /* of a regular expression in a text */
};

/* What was noted there, which counts once. NULL: nothing is. */
#define FILTER_GOES_ON(pause, loop) ((pause) ? filter_pause_take(&(pause)->loop) : 0)

static inline unsigned int filter_pause_take(unsigned int *at)
{
	unsigned int value = *at;

	*at = 0;
	return value;
}

/* After a step that does not go back to: round `at` of a loop is done, unless the step itself stopped. */
static inline bool filter_pause_after(struct filter_pause *pause, unsigned int at,
				      unsigned int *ret_at)
{
	if (!pause)
		return false;
	if (!pause->is_up) {
		pause->is_up = time_monotonic_ns() >= pause->until_ns;
		at++;
	}
	if (pause->is_up)
		*ret_at = at;
	return pause->is_up;
}

/* After a round that had steps of its own. */
static inline bool filter_pause_within(struct filter_pause *pause, unsigned int at,
				       unsigned int *ret_at)
{
	if (!pause || !pause->is_up)
		return false;
	*ret_at = at;
	return true;
}

/* False, and is_up: it goes on there. */
static inline bool filter_search(struct filter_pause *pause, struct regex *regex, struct text text)
{
	size_t at = pause ? pause->search : 0;
	enum regex_answer answer;

	if (pause)
		pause->search = 0;
	while ((answer = regex_search(regex, text.bytes, text.len, &at)) == REGEX_MORE) {
		if (!pause || time_monotonic_ns() < pause->until_ns)
			continue;
		pause->is_up = true;
		pause->search = at;
		return false;
	}
	return answer == REGEX_YES;
}
