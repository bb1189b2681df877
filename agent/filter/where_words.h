/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields that have one of a few words, and names of numbers: what cannot be is refused, rather than
 * nothing be found.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "filter/field.h"

struct text;

#define WHERE_WORDS_SIZE 128

/* May a flow have this text, or one of this pattern? In lower case. True of fields of any text. */
bool where_word_may_be(enum field field, bool is_pattern, struct text lower);
/* "open, close" */
void where_words_list(enum field field, char ret[static WHERE_WORDS_SIZE]);

/* Of a field of numbers: the one that has this name. */
bool where_number_find(enum field field, struct text name, uint64_t *ret);
/* What a wrong value of it is not; NULL: its numbers have no names. */
const char *where_number_is_not(enum field field);
