/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patterns with * (any text) and ? (one character), which must match the whole text. A backslash
 * takes what follows literally. ASCII letters match in either case.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Is there a wildcard or a backslash? */
bool glob_is_pattern(const char *bytes, size_t len);
/* The pattern in lower case. */
bool glob_match(const char *pattern, size_t pattern_len, const char *text, size_t len);
/* The text is this one; it in lower case. */
bool glob_is_text(const char *lower, const char *text, size_t len);
char glob_to_lower(char c);
