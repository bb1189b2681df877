// SPDX-License-Identifier: BSD-2-Clause
/* Regular expressions: bounds of what they may cost, and the same answer whatever they cost. */
#include "filter/regex.h"

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "tests/harness.h"

#define auto_regex __attribute__((cleanup(regex_free)))
#define TEXT_MAX   4096

static struct regex *regex_of(const char *pattern)
{
	char reason[REGEX_REASON_SIZE];
	struct regex *regex = NULL;
	size_t at;

	assert_int_equal(regex_new(&regex, pattern, strlen(pattern), &at, reason), 0);
	return regex;
}

/* So many of the letter, and what follows them. */
static size_t text_of(char text[static TEXT_MAX + 8], const char *letter, size_t count,
		      const char *end)
{
	size_t len = strlen(letter);

	for (size_t i = 0; i < count; i++)
		memcpy(text + i * len, letter, len);
	memcpy(text + count * len, end, strlen(end) + 1);
	return count * len + strlen(end);
}

/* How many parts there were. */
static unsigned int search(struct regex *regex, const char *text, size_t len,
			   enum regex_answer *ret)
{
	unsigned int parts = 0;
	size_t at = 0;

	do {
		*ret = regex_search(regex, text, len, &at);
		parts++;
	} while (*ret == REGEX_MORE);
	return parts;
}

/*
 * From each place it takes 1000 steps or more to find out that there is none: too many for all places
 * at once, and few enough for one.
 */
#define MANY_WAYS "(?:.?){9}"

static const struct row {
	const char *name, *pattern, *letter;
	size_t count;
	const char *end;
	enum regex_answer answer;
	unsigned int parts_min, parts_max, gave_up;
} rows[] = {
	{ "a word", "cart", "a", 200, "cart", REGEX_YES, 1, 1, 0 },
	{ "no word", "cart", "a", 200, "", REGEX_NO, 1, 1, 0 },
	{ "no text", "^$", "", 0, "", REGEX_YES, 1, 1, 0 },
	{ "at the beginning", "^a+b", "a", 400, "b", REGEX_YES, 1, 1, 0 },
	{ "from many places, at the end", MANY_WAYS "\\d\\d", "a", 100, "77", REGEX_YES, 2, 105,
	  0 },
	{ "from many places, nowhere", MANY_WAYS "\\d\\d", "a", 100, "7", REGEX_NO, 2, 105, 0 },
	{ "behind what it looks back at", MANY_WAYS "(?<=a7)\\d\\d", "a", 100, "777", REGEX_YES, 2,
	  105, 0 },
	{ "from places that have two bytes", MANY_WAYS "\\d\\d", "\xc3\xa4", 100, "77", REGEX_YES,
	  2, 105, 0 },
	{ "in what is no text", MANY_WAYS "\\d\\d", "\xa4", 100, "77", REGEX_YES, 1, 105, 0 },
	{ "more than may be", "(?:.?.?){12}(?:.?.?){12}\\d\\d", "a", 100, "", REGEX_NO, 2, 105, 1 },
};

static void it_is_found_in_however_many_parts(void **state)
{
	char text[TEXT_MAX + 8];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		size_t len = text_of(text, row->letter, row->count, row->end);
		auto_regex struct regex *regex = regex_of(row->pattern);
		enum regex_answer answer;
		unsigned int parts = search(regex, text, len, &answer);

		assert_row_int(row->name, answer, row->answer);
		if (parts < row->parts_min || parts > row->parts_max)
			fail_msg("%s: %u parts", row->name, parts);
		assert_row_int(row->name, regex_gave_up(regex), row->gave_up);
		assert_row_int(row->name, regex_match(regex, text, len), row->answer == REGEX_YES);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(it_is_found_in_however_many_parts));
}
