// SPDX-License-Identifier: BSD-2-Clause
/*
 * Parses, and looks at what is left where nothing was to change.
 */
#include "tests/unit/request_lines.h"

#include <string.h>

#define UNTOUCHED 0xee
#define LINE_SIZE 512

int parse_line(const char *line, size_t len, struct request *ret, struct request_error *error)
{
	struct request untouched;
	int r;

	memset(&untouched, UNTOUCHED, sizeof(untouched));
	memset(ret, UNTOUCHED, sizeof(*ret));
	*error = (struct request_error){ 0 };
	r = request_parse(line, len, ret, error);
	if (r)
		assert_memory_equal(ret, &untouched, sizeof(untouched));
	return r;
}

static int line_of(char line[static LINE_SIZE], const char *method, const char *params)
{
	int len = snprintf(line, LINE_SIZE, "{\"method\":\"%s\",\"params\":%s}", method, params);

	assert_in_range(len, 1, LINE_SIZE - 1);
	return len;
}

int parse_params(const char *method, const char *params, struct request *ret,
		 struct request_error *error)
{
	char line[LINE_SIZE];
	int len = line_of(line, method, params);

	return parse_line(line, (size_t)len, ret, error);
}

void assert_refused(const char *line, size_t len, const char *code, const char *message)
{
	struct request_error error;
	struct request request;

	assert_row_int(line, parse_line(line, len, &request, &error), -EINVAL);
	assert_row_str(line, error.message, message);
	assert_row_str(line, error.code, code);
}

void assert_params_refused(const char *method, const char *params, const char *message)
{
	char line[LINE_SIZE], whole[LINE_SIZE];
	int len = line_of(line, method, params);

	snprintf(whole, sizeof(whole), "params.%s", message);
	assert_refused(line, (size_t)len, "INVALID_ARGUMENT", whole);
}

void assert_all_refused(const struct refusal *cases, size_t count, const char *code)
{
	for (size_t i = 0; i < count; i++)
		assert_refused(cases[i].line, strlen(cases[i].line), code, cases[i].message);
}
