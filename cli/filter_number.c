// SPDX-License-Identifier: BSD-2-Clause
/* strconv.ParseUint: its two complaints. */
#include "filter_number.h"

#include <errno.h>
#include <stdio.h>

#include "agent/base/num.h"
#include "agent/base/quote.h"

#define SHOWN_SIZE 96

int filter_number_parse(const char *text, uint64_t max, uint64_t *ret, char *why, size_t why_size)
{
	char quoted[SHOWN_SIZE];
	int r = num_parse_u64(text, max, ret);

	if (r == 0)
		return 0;
	snprintf(why, why_size, "strconv.ParseUint: parsing %s: %s",
		 quote(text, quoted, sizeof(quoted)),
		 r == -ERANGE ? "value out of range" : "invalid syntax");
	return -EINVAL;
}
