// SPDX-License-Identifier: BSD-2-Clause
/*
 * Numbers are strings, as 64-bit numbers in proto3's JSON are.
 */
#include "verify/verify_line.h"

#include <inttypes.h>
#include <stdbool.h>
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

static bool is_between(const struct verify_bounds *bounds, uint64_t weir)
{
	return weir >= bounds->low && weir <= bounds->high;
}

/* Either each of those that failed is missing, or nobody knows how many are. */
enum verify_result verify_between(const struct verify_bounds *bounds)
{
	if (is_between(bounds, bounds->weir) || is_between(bounds, bounds->weir + bounds->failed))
		return VERIFY_OK;
	if (bounds->weir + bounds->failed >= bounds->low &&
	    bounds->weir <= bounds->high + bounds->failed_before)
		return VERIFY_UNKNOWN;
	return VERIFY_FAILED;
}

static void note_between(const struct verify_bounds *bounds, char note[static VERIFY_NOTE_SIZE])
{
	bool is_less = bounds->weir < bounds->low;
	uint64_t failed = is_less ? bounds->failed : bounds->failed_before;
	size_t len = 0;

	if (bounds->low != bounds->high)
		len = (size_t)snprintf(note, VERIFY_NOTE_SIZE, "moving: %" PRIu64 " .. %" PRIu64,
				       bounds->low, bounds->high);
	if (is_between(bounds, bounds->weir) || !failed)
		return;
	snprintf(note + len, VERIFY_NOTE_SIZE - len,
		 "%s%" PRIu64 " that TCP could not send again%s (TCPRetransFail)", len ? "; " : "",
		 failed, is_less ? "" : " before");
}

void verify_report_between(struct verify_report *report, const char *what,
			   const struct verify_bounds *bounds)
{
	struct verify_line line = { .weir = bounds->weir,
				    .kernel = bounds->high,
				    .result = verify_between(bounds) };

	note_between(bounds, line.note);
	verify_report_line(report, what, &line);
}

void verify_report_error(struct verify_report *report, const char *what, uint64_t weir, int error)
{
	struct verify_line line = { .weir = weir, .result = VERIFY_FAILED };

	snprintf(line.note, sizeof(line.note), "%s", strerror(-error));
	verify_report_line(report, what, &line);
}
