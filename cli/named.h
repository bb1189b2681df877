/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows that are found by name, such as the output formats of a command: each begins with its name,
 * and the first is the default.
 */
#pragma once

#include <stddef.h>

#include "agent/base/cleanup.h"
#include "agent/base/options.h"

struct named {
	const void *rows;
	size_t count, size; /* of a row */
};

#define NAMED(array)                                           \
	{                                                      \
		(array), ARRAY_SIZE(array), sizeof((array)[0]) \
	}

/* name NULL: the default. NULL if there is no such row. */
const void *named_find(const struct named *named, const char *name);
/* For the check of an option: 0, or -EINVAL with the reason, which lists the names. what: "output format" */
int named_check(const struct named *named, const char *what, const char *name,
		char reason[static OPTION_REASON_SIZE]);
