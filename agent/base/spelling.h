/* SPDX-License-Identifier: BSD-2-Clause */
/* How far two words are apart as people mistype them: for "did you mean". */
#pragma once

#include <stddef.h>

#define SPELLING_MAX 40 /* bytes of a word */

/*
 * Letters added, left out, changed, or swapped with the next. SIZE_MAX: one of them is too long to
 * be looked at.
 */
size_t spelling_distance(const char *a, size_t a_len, const char *b, size_t b_len);
