// SPDX-License-Identifier: BSD-2-Clause
/* How far words are apart. */
#include "base/spelling.h"

#include "base/cleanup.h"
#include "base/timefmt.h"
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
					     "DROPPED", "protocol", "NAMESPACE", "nowhere",
					     "ftps",	"https" };
	static const struct {
		const char *word, *found;
	} cases[] = {
		{ "prot", "port" },	   { "pdo", "pod" },	    { "PORT", "port" },
		{ "droped", "DROPPED" },   { "proc", "process" },   { "names", "NAMESPACE" },
		{ "xyz", NULL },	   { "p", NULL },	    { "", NULL },
		{ "protocl", "protocol" }, { "nowhre", "nowhere" }, { "htps", "https" },
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

/* Words of few letters: many are near each other. */
static size_t make_word(char to[static 8])
{
	size_t len = (size_t)random() % 7;

	for (size_t i = 0; i < len; i++)
		to[i] = (char)('a' + random() % 5);
	to[len] = '\0';
	return len;
}

/* By its distance to all of them, and of equals by the first letter. */
static const char *nearest(const char *word, char words[][8], size_t count)
{
	size_t least = strlen(word) < 2 ? 1 : 2 + strlen(word) / 6;
	const char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t distance = spelling_distance(word, strlen(word), words[i], strlen(words[i]));
		bool is_better = found && *found != *word && *words[i] == *word;

		if (distance < least + is_better) {
			least = distance;
			found = words[i];
		}
	}
	return found;
}

static void what_is_far_at_a_glance_is_far(void **state)
{
	unsigned int near = 0;

	(void)state;
	srandom(7);
	for (int round = 0; round < 2000; round++) {
		char words[10][8], word[8];
		size_t len = make_word(word);
		struct spelling spelling;
		const char *wanted;

		spelling_begin(&spelling, word, len);
		for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
			make_word(words[i]);
			spelling_consider(&spelling, words[i]);
		}
		wanted = nearest(word, words, ARRAY_SIZE(words));
		assert_row_str(word, spelling.nearest, wanted ? wanted : "");
		near += wanted && *wanted;
	}
	assert_in_range(near, 200, 1900);
}

/* The agent looks through all services there are while everybody waits. */
static void names_that_are_far_cost_a_fraction_of_their_distance(void **state)
{
	static const char word[] = "htps-proxy";
	uint64_t glance_ns = UINT64_MAX, whole_ns = UINT64_MAX;
	size_t sum = 0;

	(void)state;
	/* The least of some: others use the processor, too. */
	for (int round = 0; round < 5; round++) {
		uint64_t began_ns = time_worked_ns(), middle_ns, end_ns;
		struct spelling spelling;
		char name[32];

		spelling_begin(&spelling, word, strlen(word));
		for (int i = 0; i < 20000; i++) {
			snprintf(name, sizeof(name), "xserver%d", i);
			spelling_consider(&spelling, name);
		}
		middle_ns = time_worked_ns();
		for (int i = 0; i < 20000; i++) {
			snprintf(name, sizeof(name), "xserver%d", i);
			sum += spelling_distance(word, strlen(word), name, strlen(name));
		}
		end_ns = time_worked_ns();
		glance_ns = middle_ns - began_ns < glance_ns ? middle_ns - began_ns : glance_ns;
		whole_ns = end_ns - middle_ns < whole_ns ? end_ns - middle_ns : whole_ns;
	}
	assert_true(sum > 0);
	print_message("# 20,000 names: %llu us, all distances: %llu us\n",
		      (unsigned long long)glance_ns / 1000, (unsigned long long)whole_ns / 1000);
	assert_true(glance_ns < whole_ns / 2);
}

int main(void)
{
	return RUN_TESTS(TEST(of_many_words_the_likeliest_is_meant), TEST(mistakes_are_counted),
			 TEST(words_too_long_are_far_from_all),
			 TEST(what_is_far_at_a_glance_is_far),
			 TEST(names_that_are_far_cost_a_fraction_of_their_distance));
}
