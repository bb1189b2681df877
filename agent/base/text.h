/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes owned by someone else (as a rule a JSON document); may hold NULs, and has none at its end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct text {
	const char *bytes;
	size_t len;
};

struct text text_from_str(const char *str);
bool text_is(struct text text, const char *str);
