/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regular expressions of PCRE2, for texts that come from outside and expressions that do: the steps
 * that a match may take are bounded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct regex;

#define REGEX_STEPS_MAX	  10000 /* of a match that begins at one place: some 0.2 ms */
#define REGEX_REASON_SIZE 128

/* -EINVAL with the place in the pattern and what is wrong there, or -ENOMEM. */
int regex_new(struct regex **ret, const char *pattern, size_t len, size_t *ret_at,
	      char reason[static REGEX_REASON_SIZE]);
void regex_free(struct regex **at);
/* Anywhere in the text. */
bool regex_match(struct regex *regex, const char *text, size_t len);

enum regex_answer {
	REGEX_NO,
	REGEX_YES,
	REGEX_MORE, /* call again: that was as much as may be done at a time, 1 ms or less */
};
/* The same in parts. *at: 0 at first, and then as it was left. */
enum regex_answer regex_search(struct regex *regex, const char *text, size_t len, size_t *at);
/* How many texts took too many steps: they count as no match. */
uint64_t regex_gave_up(const struct regex *regex);
