// SPDX-License-Identifier: BSD-2-Clause
/*
 * Around PCRE2. Compiled to machine code where that is allowed: it costs a tenth. Memory that a match
 * needs is taken once, when the expression is compiled.
 */
#include "filter/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define HEAP_MAX_KIB 1024
#define OPTIONS	     (PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C)

struct regex {
	pcre2_code *code;
	pcre2_match_context *context;
	pcre2_match_data *data;
	uint64_t gave_up;
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
	pcre2_set_match_limit(regex->context, REGEX_STEPS_MAX);
	pcre2_set_depth_limit(regex->context, REGEX_STEPS_MAX);
	pcre2_set_heap_limit(regex->context, HEAP_MAX_KIB);
	return 0;
}

int regex_new(struct regex **ret, const char *pattern, size_t len, size_t *ret_at,
	      char reason[static REGEX_REASON_SIZE])
{
	__attribute__((cleanup(regex_free))) struct regex *regex = calloc(1, sizeof(*regex));
	int error;

	if (!regex || set_limits(regex) < 0)
		return -ENOMEM;
	regex->code = pcre2_compile((PCRE2_SPTR)pattern, len, OPTIONS, &error, ret_at, NULL);
	if (!regex->code) {
		pcre2_get_error_message(error, (PCRE2_UCHAR *)reason, REGEX_REASON_SIZE);
		return -EINVAL;
	}
	/* Refused where memory may not be made executable: then it is interpreted. */
	(void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
	/* Takes the memory that the interpreter begins with. */
	(void)regex_match(regex, "", 0);
	regex->gave_up = 0;
	*ret = TAKE_PTR(regex);
	return 0;
}

bool regex_match(struct regex *regex, const char *text, size_t len)
{
	int r = pcre2_match(regex->code, (PCRE2_SPTR)text, len, 0, 0, regex->data, regex->context);

	if (r < 0 && r != PCRE2_ERROR_NOMATCH)
		regex->gave_up++;
	return r >= 0;
}

uint64_t regex_gave_up(const struct regex *regex)
{
	return regex->gave_up;
}
