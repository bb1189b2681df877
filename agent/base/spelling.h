/* SPDX-License-Identifier: BSD-2-Clause */
/* How far two words are apart as people mistype them, and which of many was meant: "did you mean". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPELLING_MAX 64 /* bytes of a word */

/*
 * Letters added, left out, changed, or swapped with the next. SIZE_MAX: one of them is too long to
 * be looked at.
 */
size_t spelling_distance(const char *a, size_t a_len, const char *b, size_t b_len);

/* A word, and what is offered for it one by one; ASCII letters are the same in either case. */
struct spelling {
	char word[SPELLING_MAX];
	size_t len, distance;
	uint64_t letters;		/* of the word, as bits */
	char nearest[SPELLING_MAX + 1]; /* empty: nothing is near */
	bool begins_otherwise;		/* than the word */
	char longer[SPELLING_MAX + 1];	/* the shortest that begins with the word */
};

void spelling_begin(struct spelling *spelling, const char *word, size_t len);
/* Of equals one that begins with the same letter counts, as people mistype it least, then the first. */
void spelling_consider(struct spelling *spelling, const char *name);
/* What was probably meant; NULL: nothing of it. Good as long as spelling is. */
const char *spelling_found(const struct spelling *spelling);
