// SPDX-License-Identifier: BSD-2-Clause
/*
 * Around PCRE2. Compiled to machine code where that is allowed: it costs a tenth. Memory that a match
 * needs is taken once, when the expression is compiled.
 *
 * PCRE2 limits the steps from each place where a match may begin, and a text has as many of those as
 * it has bytes. So the whole text is given few steps for each, which is enough as a rule, and if it is
 * not, one place after the other is given all it may have.
 */
#include "filter/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"

#define HEAP_MAX_KIB 1024
#define STEPS_MIN    8 /* from each place, however long the text is */
#define OPTIONS	     (PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C)

struct regex {
	pcre2_code *code;
	pcre2_match_context *context;
	pcre2_match_data *data;
	uint64_t gave_up;
	bool is_anchored; /* it begins at one place only */
};

void regex_free(struct regex **at)
{
	struct regex *regex = TAKE_PTR(*at);

	if (!regex)
		return;
	pcre2_match_data_free(regex->data);
	pcre2_match_context_free(regex->context);
	pcre2_code_free(regex->code);
	free(regex);
}

static int set_limits(struct regex *regex)
{
	regex->context = pcre2_match_context_create(NULL);
	regex->data = pcre2_match_data_create(1, NULL);
	if (!regex->context || !regex->data)
		return -ENOMEM;
	pcre2_set_depth_limit(regex->context, REGEX_STEPS_MAX);
	pcre2_set_heap_limit(regex->context, HEAP_MAX_KIB);
	return 0;
}

int regex_new(struct regex **ret, const char *pattern, size_t len, size_t *ret_at,
	      char reason[static REGEX_REASON_SIZE])
{
	__attribute__((cleanup(regex_free))) struct regex *regex = calloc(1, sizeof(*regex));
	uint32_t options = 0;
	int error;

	if (!regex || set_limits(regex) < 0)
		return -ENOMEM;
	regex->code = pcre2_compile((PCRE2_SPTR)pattern, len, OPTIONS, &error, ret_at, NULL);
	if (!regex->code) {
		pcre2_get_error_message(error, (PCRE2_UCHAR *)reason, REGEX_REASON_SIZE);
		return -EINVAL;
	}
	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_ALLOPTIONS, &options);
	regex->is_anchored = options & PCRE2_ANCHORED;
	/* Refused where memory may not be made executable: then it is interpreted. */
	(void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
	/* Takes the memory that the interpreter begins with. */
	(void)regex_match(regex, "", 0);
	regex->gave_up = 0;
	*ret = TAKE_PTR(regex);
	return 0;
}

static int match(struct regex *regex, struct text text, size_t at, uint32_t options, size_t steps)
{
	pcre2_set_match_limit(regex->context, (uint32_t)steps);
	return pcre2_match(regex->code, (PCRE2_SPTR)text.bytes, text.len, at, options, regex->data,
			   regex->context);
}

static enum regex_answer answer_of(struct regex *regex, int r)
{
	if (r < 0 && r != PCRE2_ERROR_NOMATCH)
		regex->gave_up++;
	return r >= 0 ? REGEX_YES : REGEX_NO;
}

/* Wherever it begins. */
static enum regex_answer search_all(struct regex *regex, struct text text, size_t *at)
{
	size_t steps = STEPS_MIN + (size_t)2 * REGEX_STEPS_MAX / (text.len + 1);
	bool is_whole = regex->is_anchored || steps > REGEX_STEPS_MAX;
	int r = match(regex, text, 0, 0, is_whole ? REGEX_STEPS_MAX : steps);

	if (r != PCRE2_ERROR_MATCHLIMIT || is_whole)
		return answer_of(regex, r);
	*at = 1;
	return REGEX_MORE;
}

/* No character, so no match, begins in the middle of one. */
static size_t next_place(struct text text, size_t place)
{
	do
		place++;
	while (place < text.len && ((unsigned char)text.bytes[place] & 0xc0) == 0x80);
	return place;
}

/* *at: 0, or the next place where it may begin, plus 1. */
enum regex_answer regex_search(struct regex *regex, const char *text, size_t len, size_t *at)
{
	const struct text all = { text, len };
	int r;

	if (!*at)
		return search_all(regex, all, at);
	if (*at > len + 1)
		return REGEX_NO;
	r = match(regex, all, *at - 1, PCRE2_ANCHORED, REGEX_STEPS_MAX);
	if (r != PCRE2_ERROR_NOMATCH)
		return answer_of(regex, r);
	*at = next_place(all, *at - 1) + 1;
	return *at > len + 1 ? REGEX_NO : REGEX_MORE;
}

bool regex_match(struct regex *regex, const char *text, size_t len)
{
	enum regex_answer answer;
	size_t at = 0;

	do
		answer = regex_search(regex, text, len, &at);
	while (answer == REGEX_MORE);
	return answer == REGEX_YES;
}

uint64_t regex_gave_up(const struct regex *regex)
{
	return regex->gave_up;
}
