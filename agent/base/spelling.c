// SPDX-License-Identifier: BSD-2-Clause
/* The distance is that of Damerau and Levenshtein, in which no letter is moved twice. */
#include "spelling.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A beginning that is shorter says nothing. */
#define BEGINNING_MIN 3

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t spelling_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	/* The distances of what a has up to its letters i - 2, i - 1 and i to each beginning of b. */
	size_t rows[3][SPELLING_MAX + 1];

	if (a_len > SPELLING_MAX || b_len > SPELLING_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *swapped = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]),
				       least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], swapped[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

/* At most as many bytes as can be looked at. Returns how many. */
static size_t to_lower(const char *text, size_t len, char to[static SPELLING_MAX])
{
	len = least(len, SPELLING_MAX);
	for (size_t i = 0; i < len; i++)
		to[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
	return len;
}

/* Of a word of one letter nothing is left by a mistake; longer ones may have one for each six. */
static size_t mistakes_max(size_t len)
{
	return len < 2 ? 0 : 1 + len / 6;
}

/* Which letters there are, as bits; some share one. */
static uint64_t letters_of(const char *lower, size_t len)
{
	uint64_t letters = 0;

	for (size_t i = 0; i < len; i++)
		letters |= 1ULL << (lower[i] & 63);
	return letters;
}

/* It has to be nearer than that: than what was found by now, or as near, if it begins as the word does. */
static size_t limit_of(const struct spelling *spelling, const char *lower)
{
	bool is_better = spelling->nearest[0] && spelling->begins_otherwise && spelling->len &&
			 lower[0] == spelling->word[0];

	return spelling->distance + is_better;
}

/*
 * Is it not? Most names are not, and this tells it at a fraction of the price: a mistake adds one
 * letter, or takes one away, at most.
 */
static bool is_far(const struct spelling *spelling, const char *lower, size_t len, size_t limit)
{
	size_t longer = len > spelling->len ? len - spelling->len : spelling->len - len;
	uint64_t letters = letters_of(lower, len);

	return longer >= limit ||
	       (size_t)__builtin_popcountll(letters & ~spelling->letters) >= limit ||
	       (size_t)__builtin_popcountll(spelling->letters & ~letters) >= limit;
}

void spelling_begin(struct spelling *spelling, const char *word, size_t len)
{
	*spelling = (struct spelling){ .distance = 0 };
	if (len > SPELLING_MAX)
		return; /* nothing is nearer than that */
	spelling->distance = mistakes_max(len) + 1;
	spelling->len = to_lower(word, len, spelling->word);
	spelling->letters = letters_of(spelling->word, spelling->len);
}

static void consider_nearest(struct spelling *spelling, const char *name, const char *lower,
			     size_t len)
{
	size_t limit = limit_of(spelling, lower), distance;

	if (is_far(spelling, lower, len, limit))
		return;
	distance = spelling_distance(spelling->word, spelling->len, lower, len);
	if (distance >= limit)
		return;
	spelling->distance = distance;
	spelling->begins_otherwise = !len || lower[0] != spelling->word[0];
	snprintf(spelling->nearest, sizeof(spelling->nearest), "%s", name);
}

void spelling_consider(struct spelling *spelling, const char *name)
{
	char lower[SPELLING_MAX];
	size_t len = strlen(name);

	if (len > SPELLING_MAX)
		return;
	lower[0] = '\0';
	to_lower(name, len, lower);
	consider_nearest(spelling, name, lower, len);
	if (spelling->len >= BEGINNING_MIN && len >= spelling->len &&
	    !memcmp(lower, spelling->word, spelling->len) &&
	    (!spelling->longer[0] || len < strlen(spelling->longer)))
		snprintf(spelling->longer, sizeof(spelling->longer), "%s", name);
}

const char *spelling_found(const struct spelling *spelling)
{
	/* A slip of one letter is likelier than half a word, and that likelier than two slips. */
	if (spelling->distance > 1 && spelling->longer[0])
		return spelling->longer;
	return spelling->nearest[0] ? spelling->nearest : NULL;
}
