/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Request lines, and for each that is none the code and the very words of the answer, since they are
 * all that a client shows.
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"
#include "socket/request.h"
#include "tests/harness.h"

/* Parses; what is refused leaves the request as it was. */
int parse_line(const char *line, size_t len, struct request *ret, struct request_error *error);
/* {"method":METHOD,"params":PARAMS} */
int parse_params(const char *method, const char *params, struct request *ret,
		 struct request_error *error);

struct refusal {
	const char *line;
	const char *message;
};

void assert_refused(const char *line, size_t len, const char *code, const char *message);
/* Of {"method":METHOD,"params":PARAMS}: the message is what comes after "params.". */
void assert_params_refused(const char *method, const char *params, const char *message);
/* Each of these lines, by that code. */
void assert_all_refused(const struct refusal *cases, size_t count, const char *code);
