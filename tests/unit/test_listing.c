// SPDX-License-Identifier: BSD-2-Clause
/* Bounds of what a runtime may tell. */
#include "who/listing.h"

#include "base/cleanup.h"
#include "tests/harness.h"

#define TEXT(str) text_from_str(str)

static void texts_are_cut_between_characters(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		const char *expect;
	} rows[] = {
		{ "abc", 3, "abc" },
		{ "abcd", 3, "abc" },
		{ "ab\xc3\xa4", 3, "ab" },
		{ "ab\xc3\xa4", 4, "ab\xc3\xa4" },
		{ "a\xf0\x9f\x90\xb3", 4, "a" },
		{ "\x80\x80\x80\x80\x80\x80", 5, "\x80" }, /* no characters at all */
		{ "", 5, "" },
	};
	auto_listing struct listing *listing = listing_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row_str(rows[i].text, listing_text(listing, TEXT(rows[i].text), rows[i].max),
			       rows[i].expect);
}

static void ids_that_are_no_names_are_refused(void **state)
{
	static const char *const bad[] = {
		"", ".", "..", ".hidden", "a/b", "a b", "a\n", "\xc3\xa4"
	};
	auto_listing struct listing *listing = listing_new();
	char id[FOUND_ID_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_row(bad[i], !listing_add(listing, TEXT(bad[i])));
	memset(id, 'a', sizeof(id));
	assert_null(listing_add(listing, (struct text){ id, sizeof(id) - 1 }));
	assert_non_null(listing_add(listing, (struct text){ id, sizeof(id) - 2 }));
	assert_non_null(listing_add(listing, TEXT("my_web.1-a")));
	assert_int_equal(listing->count, 2);
}

static void labels_are_bounded_one_by_one_and_together(void **state)
{
	auto_listing struct listing *listing = listing_new();
	struct found *found = listing_add(listing, TEXT("a"));
	char key[65536], name[16];

	(void)state;
	memset(key, 'k', sizeof(key));
	listing_label(listing, found, (struct text){ key, sizeof(key) },
		      (struct text){ key, sizeof(key) });
	assert_int_equal(found->label_count, 1);
	assert_int_equal(strlen(found->labels[0].key), LABEL_KEY_MAX);
	assert_int_equal(strlen(found->labels[0].value), LABEL_VALUE_MAX);
	listing_label(listing, found, TEXT(""), TEXT("no key"));
	listing_label(listing, found, TEXT("io.kubernetes.pod.uid"), TEXT("kubelet's own"));
	assert_int_equal(found->label_count, 1);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "k%d", i);
		listing_label(listing, found, TEXT(name), TEXT("a\n\x1b[31mb"));
	}
	assert_int_equal(found->label_count, LABELS_MAX);
	assert_string_equal(found->labels[LABELS_MAX - 1].value, "a\n\x1b[31mb");
	assert_int_equal(listing->refused, 100 - (LABELS_MAX - 1));

	found = listing_add(listing, TEXT("b"));
	for (int i = 0; i < 64; i++)
		listing_label(listing, found, (struct text){ key, 300 }, (struct text){ key, 200 });
	assert_int_equal(found->label_count, LABELS_BYTES_MAX / 502);
}

static void too_many_containers_are_refused_and_counted(void **state)
{
	auto_listing struct listing *listing = listing_new();
	char id[16];

	(void)state;
	for (int i = 0; i < LISTING_MAX + 3; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		(void)listing_add(listing, TEXT(id));
	}
	assert_int_equal(listing->count, LISTING_MAX);
	assert_int_equal(listing->refused, 3);
}

static void texts_have_a_bound_in_all(void **state)
{
	auto_listing struct listing *listing = listing_new();
	char text[60000];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (int i = 0; i < 1000; i++)
		(void)listing_text(listing, (struct text){ text, sizeof(text) }, sizeof(text));
	assert_true(listing->bytes <= LISTING_BYTES_MAX);
	assert_string_equal(
		listing_text(listing, (struct text){ text, sizeof(text) }, sizeof(text)), "");
}

static void addresses_are_read_once_each(void **state)
{
	auto_listing struct listing *listing = listing_new();
	struct found *found = listing_add(listing, TEXT("a"));
	static const uint8_t v4[16] = { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = 7 };

	(void)state;
	assert_true(listing_ip(found, TEXT("10.0.0.7")));
	assert_true(listing_ip(found, TEXT("10.0.0.7")));
	assert_false(listing_ip(found, TEXT("")));
	assert_false(listing_ip(found, TEXT("10.0.0")));
	assert_true(listing_ip(found, TEXT("fd00::7")));
	assert_int_equal(found->net.ip_count, 2);
	assert_memory_equal(found->net.ips[0], v4, 16);
	assert_true(listing_ip(found, TEXT("fd00::8")));
	assert_true(listing_ip(found, TEXT("fd00::9")));
	assert_false(listing_ip(found, TEXT("fd00::a")));
	assert_int_equal(found->net.ip_count, FOUND_IPS_MAX);
}

int main(void)
{
	return RUN_TESTS(TEST(texts_are_cut_between_characters),
			 TEST(ids_that_are_no_names_are_refused),
			 TEST(labels_are_bounded_one_by_one_and_together),
			 TEST(too_many_containers_are_refused_and_counted),
			 TEST(texts_have_a_bound_in_all), TEST(addresses_are_read_once_each));
}
