// SPDX-License-Identifier: BSD-2-Clause
/*
 * Identity numbers, labels, and which name is the best.
 */
#include "who/identity.h"

#include "base/best_name.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "tests/harness.h"

static void an_identity_is_a_hash_of_24_bits_that_never_changes(void **state)
{
	static const struct {
		const char *namespace, *name;
		uint32_t identity;
	} rows[] = {
		/* FNV-1a of "shop/cart-7d9f", "/web" and "/", folded; computed elsewhere. */
		{ "shop", "cart-7d9f", 24190567 },
		{ "", "web", 19757429 },
		{ NULL, "web", 19757429 },
		{ NULL, NULL, 17602420 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t identity = identity_of(rows[i].namespace, rows[i].name);

		assert_row_int(rows[i].name ? rows[i].name : "nobody", identity, rows[i].identity);
		assert_int_equal(identity >> 24, 1);
	}
	assert_int_not_equal(identity_of("a", "b"), identity_of("b", "a"));
	assert_int_not_equal(identity_of("a", "bc"), identity_of("ab", "c"));
}

static void labels_are_written_as_hubble_writes_them(void **state)
{
	static const struct {
		enum label_source source;
		const char *key, *value, *text;
	} rows[] = {
		{ LABEL_K8S, "app", "cart", "k8s:app=cart" },
		{ LABEL_K8S, "app.kubernetes.io/name", "db", "k8s:app.kubernetes.io/name=db" },
		{ LABEL_K8S, "empty", "", "k8s:empty" },
		{ LABEL_CONTAINER, "maintainer", NULL, "container:maintainer" },
		{ LABEL_CONTAINER, "a=b", "c=d", "container:a=b=c=d" },
		{ LABEL_RESERVED, "host", NULL, LABEL_HOST },
		{ LABEL_RESERVED, "world", NULL, LABEL_WORLD },
		{ LABEL_K8S, "bad", "x\xff\xc3", "k8s:bad=x\ufffd\ufffd" },
		{ LABEL_K8S, "lines", "a\nb", "k8s:lines=a\nb" }, /* who prints it escapes it */
	};
	char text[LABEL_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = label_to_str(rows[i].source, rows[i].key, rows[i].value, text);

		assert_row_str(rows[i].text, text, rows[i].text);
		assert_int_equal(len, strlen(text));
	}
}

static void a_label_of_64_kib_is_cut(void **state)
{
	auto_free char *value = malloc(65536);
	char text[LABEL_SIZE];
	size_t len;

	(void)state;
	assert_non_null(value);
	memset(value, 'x', 65535);
	value[65535] = '\0';
	len = label_to_str(LABEL_CONTAINER, "huge", value, text);
	assert_int_equal(len, strlen(text));
	assert_int_equal(len, LABEL_SIZE - 1);
	assert_string_equal(text + len - 3, "\u2026");
	assert_int_equal(strncmp(text, "container:huge=xxx", 18), 0);
}

static void what_runs_there_names_it_best(void **state)
{
	static const struct {
		const char *name;
		struct best_name_facts facts;
		enum best_name best;
	} rows[] = {
		{ "nothing", {}, BEST_NAME_ADDRESS },
		{ "a name", { .has_dns = true }, BEST_NAME_DNS },
		{ "a process", { .has_dns = true, .has_comm = true }, BEST_NAME_COMM },
		{ "a service of systemd",
		  { .has_comm = true, .unit = "nginx.service", .unit_len = 13 },
		  BEST_NAME_UNIT },
		{ "a session",
		  { .has_comm = true, .unit = "session-3.scope", .unit_len = 15 },
		  BEST_NAME_COMM },
		{ "a user",
		  { .has_comm = true, .unit = "user@1000.service", .unit_len = 17 },
		  BEST_NAME_COMM },
		{ "no more than a suffix",
		  { .has_comm = true, .unit = ".service", .unit_len = 8 },
		  BEST_NAME_COMM },
		{ "a unit cut short",
		  { .has_comm = true, .unit = "nginx.service", .unit_len = 12 },
		  BEST_NAME_COMM },
		{ "a container",
		  { .has_container = true, .unit = "docker.service", .unit_len = 14 },
		  BEST_NAME_CONTAINER },
		{ "a service", { .has_service = true, .has_comm = true }, BEST_NAME_SERVICE },
		{ "a pod",
		  { .has_pod = true, .has_service = true, .has_container = true },
		  BEST_NAME_POD },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row_int(rows[i].name, best_name_pick(&rows[i].facts), rows[i].best);
}

int main(void)
{
	return RUN_TESTS(TEST(an_identity_is_a_hash_of_24_bits_that_never_changes),
			 TEST(labels_are_written_as_hubble_writes_them),
			 TEST(a_label_of_64_kib_is_cut), TEST(what_runs_there_names_it_best));
}
