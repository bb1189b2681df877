// SPDX-License-Identifier: BSD-2-Clause
/* Numbers in JSON, in each form that proto3 takes. */
#include "agent/flow/json_value.h"

#include <inttypes.h>
#include <stdio.h>

#include "agent/base/cleanup.h"
#include "tests/harness.h"

static void numbers_are_whole_however_they_are_written(void **state)
{
	static const struct {
		const char *text, *unsigned_number, *signed_number; /* "-": none */
	} rows[] = {
		{ "0", "0", "0" },
		{ "80", "80", "80" },
		{ "80.0", "80", "80" },
		{ "8e1", "80", "80" },
		{ "1E3", "1000", "1000" },
		{ "1.5e1", "15", "15" },
		{ "3000000000.0", "3000000000", "3000000000" },
		{ "-5", "-", "-5" },
		{ "-5.0", "-", "-5" },
		{ "18446744073709551615", "18446744073709551615", "-" },
		{ "80.5", "-", "-" },
		{ "1e400", "-", "-" },
		{ "1e17", "-", "-" },
		{ "e", "-", "-" },
		{ "1e", "-", "-" },
		{ ".", "-", "-" },
		{ "0x1.8p3", "-", "-" },
		{ "", "-", "-" },
		{ "true", "-", "-" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct text text = text_from_str(rows[i].text);
		char is_unsigned[24] = "-", is_signed[24] = "-";
		uint64_t u64;
		int64_t i64;

		if (json_value_u64(text, &u64))
			snprintf(is_unsigned, sizeof(is_unsigned), "%" PRIu64, u64);
		if (json_value_i64(text, &i64))
			snprintf(is_signed, sizeof(is_signed), "%" PRId64, i64);
		assert_row_str(rows[i].text, is_unsigned, rows[i].unsigned_number);
		assert_row_str(rows[i].text, is_signed, rows[i].signed_number);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(numbers_are_whole_however_they_are_written));
}
