// SPDX-License-Identifier: BSD-2-Clause
/*
 * Numbers are strings, as 64-bit numbers in proto3's JSON are.
 */
#include "verify/verify_line.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json_out.h"

void verify_report_line(struct verify_report *report, const char *what,
			const struct verify_line *line)
{
	struct json_out out = { .buf = report->out };

	json_object_begin(&out, NULL);
	json_string(&out, "check", what);
	json_u64_str(&out, "weir", line->weir);
	json_u64_str(&out, "kernel", line->kernel);
	if (line->result == VERIFY_UNKNOWN)
		json_bool(&out, "comparable", false);
	else
		json_bool(&out, "ok", line->result == VERIFY_OK);
	if (line->note[0])
		json_string(&out, "note", line->note);
	json_object_end(&out);
	buf_append_char(report->out, '\n');
	report->summary.failed += line->result == VERIFY_FAILED;
	report->summary.not_comparable += line->result == VERIFY_UNKNOWN;
}

void verify_report_between(struct verify_report *report, const char *what, uint64_t weir,
			   uint64_t low, uint64_t high)
{
	struct verify_line line = { .weir = weir,
				    .kernel = high,
				    .result = weir >= low && weir <= high ? VERIFY_OK
									  : VERIFY_FAILED };

	if (low != high)
		snprintf(line.note, sizeof(line.note), "moving: %llu .. %llu",
			 (unsigned long long)low, (unsigned long long)high);
	verify_report_line(report, what, &line);
}

void verify_report_error(struct verify_report *report, const char *what, uint64_t weir, int error)
{
	struct verify_line line = { .weir = weir, .result = VERIFY_FAILED };

	snprintf(line.note, sizeof(line.note), "%s", strerror(-error));
	verify_report_line(report, what, &line);
}
