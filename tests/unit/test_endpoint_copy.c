// SPDX-License-Identifier: BSD-2-Clause
/*
 * Copies of what the endpoints file says: equal ones once, whole, and independent of the file.
 */
#include "who/endpoint_copy.h"

#include "base/cleanup.h"
#include "tests/harness.h"

#define auto_copies __attribute__((cleanup(endpoint_copies_free)))

#define LABELS "k8s:app=cart\0k8s:tier=front\0"
#define NAMES  "cart.example.org\0cart\0"

/* All that a file may say, and nothing. */
static const struct endpoint_facts whole = { "shop", "cart-7d9f",  "cart", "front",
					     "cart", "Deployment", LABELS, NAMES };
static const struct endpoint_facts nothing = { "", "", "", "", "", "", "", "" };

/* Each differs from each other, some only by where a text ends. */
static const struct endpoint_facts different[] = {
	{ "", "", "", "", "", "", "", "" },
	{ "a", "", "", "", "", "", "", "" },
	{ "", "a", "", "", "", "", "", "" },
	{ "", "", "a", "", "", "", "", "" },
	{ "", "", "", "a", "", "", "", "" },
	{ "", "", "", "", "a", "", "", "" },
	{ "", "", "", "", "", "a", "", "" },
	{ "", "", "", "", "", "", "a\0", "" },
	{ "", "", "", "", "", "", "", "a\0" },
	{ "ab", "", "", "", "", "", "", "" },
	{ "a", "b", "", "", "", "", "", "" },
	{ "", "", "", "", "", "", "a\0b\0", "" },
	{ "", "", "", "", "", "", "ab\0", "" },
	{ "", "", "", "", "", "", "a\0", "b\0" },
	{ "", "", "", "", "", "", "", "a\0b\0" },
	{ "shop", "cart-7d9f", "cart", "front", "cart", "Deployment", LABELS, NAMES },
	{ "shop", "cart-7d9g", "cart", "front", "cart", "Deployment", LABELS, NAMES },
	{ "shop", "cart-7d9f", "cart", "front", "cart", "Deployment", LABELS, "cart\0" },
};

static void assert_list(const char *list, const char *expected)
{
	while (*expected) {
		assert_string_equal(list, expected);
		list += strlen(list) + 1;
		expected += strlen(expected) + 1;
	}
	assert_string_equal(list, "");
}

static void assert_facts(const struct endpoint_facts *facts, const struct endpoint_facts *expected)
{
	assert_string_equal(facts->namespace, expected->namespace);
	assert_string_equal(facts->pod, expected->pod);
	assert_string_equal(facts->service, expected->service);
	assert_string_equal(facts->service_namespace, expected->service_namespace);
	assert_string_equal(facts->workload, expected->workload);
	assert_string_equal(facts->workload_kind, expected->workload_kind);
	assert_list(facts->labels, expected->labels);
	assert_list(facts->names, expected->names);
}

static void a_copy_is_whole_and_its_own(void **state)
{
	char pod[] = "cart-7d9f", labels[] = LABELS;
	struct endpoint_facts facts = nothing;
	auto_copies struct endpoint_copies *copies = NULL;
	const struct endpoint_copy *copy;

	(void)state;
	facts.pod = pod;
	facts.labels = labels;
	assert_int_equal(endpoint_copies_new(&copies), 0);
	copy = endpoint_copy_get(copies, &facts);
	assert_non_null(copy);
	memset(pod, 'x', sizeof(pod) - 1);
	memset(labels, 'x', sizeof(labels) - 1);
	assert_string_equal(copy->facts.pod, "cart-7d9f");
	assert_list(copy->facts.labels, LABELS);
	assert_string_equal(copy->facts.names, "");
	endpoint_copy_put(copies, copy);
}

static void equal_facts_are_one_copy_wherever_they_lie(void **state)
{
	char namespace[] = "shop", names[] = NAMES;
	struct endpoint_facts other = whole;
	auto_copies struct endpoint_copies *copies = NULL;
	const struct endpoint_copy *copy;

	(void)state;
	other.namespace = namespace;
	other.names = names;
	assert_int_equal(endpoint_copies_new(&copies), 0);
	copy = endpoint_copy_get(copies, &whole);
	assert_non_null(copy);
	assert_ptr_equal(endpoint_copy_get(copies, &other), copy);
	/* Three holders now; it is there until the last has gone. */
	endpoint_copy_ref(copy);
	endpoint_copy_put(copies, copy);
	endpoint_copy_put(copies, copy);
	assert_facts(&copy->facts, &whole);
	assert_ptr_equal(endpoint_copy_get(copies, &whole), copy);
	endpoint_copy_put(copies, copy);
	endpoint_copy_put(copies, copy);
}

static void what_differs_anywhere_is_another_copy(void **state)
{
	const struct endpoint_copy *held[ARRAY_SIZE(different)];
	auto_copies struct endpoint_copies *copies = NULL;

	(void)state;
	assert_int_equal(endpoint_copies_new(&copies), 0);
	for (size_t i = 0; i < ARRAY_SIZE(different); i++) {
		held[i] = endpoint_copy_get(copies, &different[i]);
		assert_non_null(held[i]);
		for (size_t j = 0; j < i; j++)
			assert_ptr_not_equal(held[i], held[j]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(different); i++) {
		assert_facts(&held[i]->facts, &different[i]);
		assert_ptr_equal(endpoint_copy_get(copies, &different[i]), held[i]);
		endpoint_copy_put(copies, held[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(different); i++)
		endpoint_copy_put(copies, held[i]);
}

static void nothing_may_be_counted_and_given_back(void **state)
{
	auto_copies struct endpoint_copies *copies = NULL;

	(void)state;
	assert_int_equal(endpoint_copies_new(&copies), 0);
	endpoint_copy_ref(NULL);
	endpoint_copy_put(copies, NULL);
}

/* Many more than there are buckets, put back in any order: each chain keeps the others. */
static void random_operations_are_those_of_counts(void **state)
{
	enum {
		MANY = 2000
	};
	static const struct endpoint_copy *held[MANY];
	static unsigned int refs[MANY];
	auto_copies struct endpoint_copies *copies = NULL;

	(void)state;
	srand(3);
	assert_int_equal(endpoint_copies_new(&copies), 0);
	for (int step = 0; step < 40000; step++) {
		unsigned int at = (unsigned int)rand() % MANY;
		struct endpoint_facts facts = nothing;
		const struct endpoint_copy *copy;
		char pod[16];

		snprintf(pod, sizeof(pod), "pod-%u", at);
		facts.pod = pod;
		if (refs[at] && rand() % 2) {
			assert_string_equal(held[at]->facts.pod, pod);
			endpoint_copy_put(copies, held[at]);
			refs[at]--;
			continue;
		}
		copy = endpoint_copy_get(copies, &facts);
		assert_non_null(copy);
		if (refs[at]++)
			assert_ptr_equal(copy, held[at]);
		held[at] = copy;
	}
	for (unsigned int at = 0; at < MANY; at++) {
		while (refs[at]--)
			endpoint_copy_put(copies, held[at]);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(a_copy_is_whole_and_its_own),
			 TEST(equal_facts_are_one_copy_wherever_they_lie),
			 TEST(what_differs_anywhere_is_another_copy),
			 TEST(nothing_may_be_counted_and_given_back),
			 TEST(random_operations_are_those_of_counts));
}
