// SPDX-License-Identifier: BSD-2-Clause
/* How far words are apart. */
#include "base/spelling.h"

#include "base/cleanup.h"
#include "tests/harness.h"

static void mistakes_are_counted(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} cases[] = {
		{ "", "", 0 },	       { "port", "port", 0 },	   { "", "port", 4 },
		{ "port", "", 4 },     { "prt", "port", 1 },	   { "poort", "port", 1 },
		{ "part", "port", 1 }, { "prot", "port", 1 },	   { "pdo", "pod", 1 },
		{ "pdo", "pid", 2 },   { "opdr", "podr", 1 },	   { "ca", "abc", 3 },
		{ "abcd", "badc", 2 }, { "kitten", "sitting", 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *a = cases[i].a, *b = cases[i].b;

		assert_row_int(a, spelling_distance(a, strlen(a), b, strlen(b)), cases[i].distance);
		assert_row_int(b, spelling_distance(b, strlen(b), a, strlen(a)), cases[i].distance);
	}
}

static void words_too_long_are_far_from_all(void **state)
{
	char word[SPELLING_MAX + 1];

	(void)state;
	memset(word, 'a', sizeof(word));
	assert_int_equal(spelling_distance(word, SPELLING_MAX, "", 0), SPELLING_MAX);
	assert_int_equal(spelling_distance(word, SPELLING_MAX, word, SPELLING_MAX), 0);
	assert_true(spelling_distance(word, SPELLING_MAX + 1, "a", 1) == SIZE_MAX);
	assert_true(spelling_distance("a", 1, word, SPELLING_MAX + 1) == SIZE_MAX);
}

static void of_many_words_the_likeliest_is_meant(void **state)
{
	static const char *const words[] = { "port",	"pod",	    "process",	 "source.process",
					     "DROPPED", "protocol", "NAMESPACE", "nowhere" };
	static const struct {
		const char *word, *found;
	} cases[] = {
		{ "prot", "port" },	   { "pdo", "pod" },	    { "PORT", "port" },
		{ "droped", "DROPPED" },   { "proc", "process" },   { "names", "NAMESPACE" },
		{ "xyz", NULL },	   { "p", NULL },	    { "", NULL },
		{ "protocl", "protocol" }, { "nowhre", "nowhere" },
	};
	char too_long[SPELLING_MAX + 2];
	struct spelling spelling;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *found;

		spelling_begin(&spelling, cases[i].word, strlen(cases[i].word));
		for (size_t j = 0; j < ARRAY_SIZE(words); j++)
			spelling_consider(&spelling, words[j]);
		found = spelling_found(&spelling);
		assert_row_str(cases[i].word, found ? found : "-",
			       cases[i].found ? cases[i].found : "-");
	}
	memset(too_long, 'a', sizeof(too_long));
	too_long[SPELLING_MAX + 1] = '\0';
	spelling_begin(&spelling, too_long, SPELLING_MAX + 1);
	spelling_consider(&spelling, "a");
	spelling_consider(&spelling, too_long);
	assert_null(spelling_found(&spelling));
	spelling_begin(&spelling, too_long, SPELLING_MAX);
	spelling_consider(&spelling, too_long);
	assert_null(spelling_found(&spelling));
}

int main(void)
{
	return RUN_TESTS(TEST(of_many_words_the_likeliest_is_meant), TEST(mistakes_are_counted),
			 TEST(words_too_long_are_far_from_all));
}
