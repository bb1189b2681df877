/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program of tests that share one env, and of tests that are rows of a table.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bpf_env.h"

struct CMUnitTest;

/* The group's; each test makes it empty before it begins. */
extern struct bpf_env *env;

/* Rows that are tests by their name, which is the first member of each. */
struct group_rows {
	const char *prefix;	    /* of the tests' names; NULL: none */
	void (*test)(void **state); /* gets the row as its state */
	const void *rows;
	size_t size, count;		/* of a row; of rows */
	bool (*wants)(const void *row); /* NULL: all */
};

/* The body of main(): the rows, then the others, or 1..0 where that is not permitted. */
int group_run(const char *name, const struct group_rows *rows, size_t row_count,
	      const struct CMUnitTest *others, size_t other_count);
