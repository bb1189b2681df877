/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields that have one of a few words: what cannot be is refused, rather than nothing be found. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "filter/field.h"

/* So many words may one stand for. */
#define WHERE_MEANINGS_MAX 2
#define WHERE_WORDS_SIZE   448

/* Has it one of a few words? */
bool where_words_are_few(enum field field);
/*
 * What a text, or a pattern, stands for: itself if a flow may have it, or the words that it is another
 * name of, "icmp" for both versions of it. Returns how many; 0: no flow has it.
 */
size_t where_words_find(enum field field, bool is_pattern, struct text lower,
			struct text ret[static WHERE_MEANINGS_MAX]);
/* What a text is that no flow has: "none of open, close: did you mean "open"?" */
void where_words_explain(enum field field, struct text text, char ret[static WHERE_WORDS_SIZE]);
