// SPDX-License-Identifier: BSD-2-Clause
/*
 * Texts held once: random operations against plain counts.
 */
#include "who/intern.h"

#include "base/cleanup.h"
#include "tests/harness.h"

#define TEXTS 500

#define auto_intern __attribute__((cleanup(intern_free)))

static void the_same_text_is_the_same_pointer(void **state)
{
	auto_intern struct intern *intern = NULL;
	char text[] = "/usr/bin/curl";
	const char *one, *other, *empty;

	(void)state;
	assert_int_equal(intern_new(&intern), 0);
	one = intern_get(intern, text);
	other = intern_get(intern, "/usr/bin/curl");
	empty = intern_get(intern, "");
	assert_ptr_equal(one, other);
	text[0] = 'x';
	assert_string_equal(one, "/usr/bin/curl");
	intern_put(intern, &one);
	assert_null(one);
	intern_put(intern, &one);
	assert_string_equal(other, "/usr/bin/curl");
	intern_put(intern, &other);
	assert_string_equal(empty, "");
	intern_put(intern, &empty);
}

static void random_operations_are_those_of_counts(void **state)
{
	auto_intern struct intern *intern = NULL;
	static const char *held[TEXTS];
	static int count[TEXTS];
	char text[32];

	(void)state;
	srand(3);
	assert_int_equal(intern_new(&intern), 0);
	for (int step = 0; step < 100000; step++) {
		int at = rand() % TEXTS;

		(void)snprintf(text, sizeof(text), "/usr/bin/%d", at);
		if (rand() % 2) {
			const char *got = intern_get(intern, text);

			assert_string_equal(got, text);
			assert_true(!count[at] || got == held[at]);
			held[at] = got;
			count[at]++;
		} else if (count[at]) {
			const char *put = held[at];

			intern_put(intern, &put);
			count[at]--;
		}
	}
	for (int i = 0; i < TEXTS; i++) {
		while (count[i]--) {
			const char *put = held[i];

			intern_put(intern, &put);
		}
	}
}

int main(void)
{
	return RUN_TESTS(TEST(the_same_text_is_the_same_pointer),
			 TEST(random_operations_are_those_of_counts));
}
