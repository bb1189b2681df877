// SPDX-License-Identifier: BSD-2-Clause
/* --allowlist and --denylist: whole filters as JSON, from flags and from the environment. */
#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/filter/filter_key.h"
#include "tests/harness.h"
#include "tests/unit/filter_words.h"

static void whole_filters_come_behind_those_of_flags_in_their_spelling(void **state)
{
	static const struct {
		const char *words, *yaml;
	} rows[] = {
		{ "--allowlist|{\"uuid\":[\"b\"]}|--uuid|a",
		  "allowlist:\n    - '{\"uuid\":[\"a\"]}'\n    - '{\"uuid\":[\"b\"]}'\n" },
		{ "--denylist|{\"uuid\":[\"b\"]}{\"uuid\":[\"c\"]}|--denylist| {\"reply\" : [ true ]} ",
		  "denylist:\n    - '{\"uuid\":[\"b\"]}'\n    - '{\"uuid\":[\"c\"]}'\n"
		  "    - '{\"reply\":[true]}'\n" },
		{ "--allowlist|{\"destinationPort\":[\"1\"],\"source_ip\":[\"a\"],"
		  "\"sourceClusterName\":[\"\\u0062\"]}",
		  "allowlist:\n    - '{\"source_ip\":[\"a\"],\"source_cluster_name\":[\"b\"],"
		  "\"destination_port\":[\"1\"]}'\n" },
		{ "--allowlist|{\"uuid\":[\"it's <\\\"\\\\\\n\"],\"verdict\":[2,\"DROPPED\"],"
		  "\"event_type\":[ { \"type\" : 4 } ],\"min_bytes\":\"1\",\"where\":[\"a > b\"]}",
		  "allowlist:\n    - '{\"uuid\":[\"it''s \\u003c\\\"\\\\\\n\"],\"verdict\":[2,\"DROPPED\"],"
		  "\"event_type\":[{\"type\":4}],\"min_bytes\":\"1\",\"where\":[\"a \\u003e b\"]}'\n" },
		{ "--allowlist|{\"uuid\":null,\"source_ip\":[ ]}", "allowlist:\n    - '{}'\n" },
		{ "--allowlist| |--denylist|", "{}\n" },
		{ "--allowlist|{}", "allowlist:\n    - '{}'\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[FILTER_TEXT_SIZE];
		int r = filter_words_run(rows[i].words, text);

		assert_row_str(rows[i].words, text, rows[i].yaml);
		assert_row_int(rows[i].words, r, 0);
	}
}

static void every_key_of_the_agent_is_one_of_the_command(void **state)
{
	static const char *const sides[] = { "source_", "destination_" };

	(void)state;
	for (size_t i = 0; i < 2 * filter_key_count(); i++) {
		const struct filter_key *key = filter_key_at(i / 2);
		char words[128], text[FILTER_TEXT_SIZE], expect[128];

		if (!strcmp(key->name, "experimental"))
			continue;
		snprintf(words, sizeof(words), "--allowlist|{\"%s%s\":[1]}",
			 key->is_sided ? sides[i % 2] : "", key->name);
		snprintf(expect, sizeof(expect), "allowlist:\n    - '%s'\n", strchr(words, '{'));
		assert_row_int(words, filter_words_run(words, text), 0);
		assert_row_str(words, text, expect);
	}
}

static void what_is_no_filter_is_refused(void **state)
{
	static const struct {
		const char *json, *why;
	} rows[] = {
		{ "{x", "invalid character 'x' looking for beginning of object key string" },
		{ "x", "invalid character 'x' looking for beginning of value" },
		{ "{} x", "invalid character 'x' looking for beginning of value" },
		{ "{\"uuid\" [", "invalid character '[' after object key" },
		{ "{\"uuid\":[1 2]}", "invalid character '2' after array element" },
		{ "{\"uuid\":[1]]", "invalid character ']' after object key:value pair" },
		{ "{\"uuid\":[1],}",
		  "invalid character '}' looking for beginning of object key string" },
		{ "{\"uuid\":[1,]}", "invalid character ']' looking for beginning of value" },
		{ "{\"a\\x\"", "invalid character 'x' in string escape code" },
		{ "{\"a\\u12g", "invalid character 'g' in \\u hexadecimal character escape" },
		{ "{\"a\x01", "invalid character '\\x01' in string literal" },
		{ "{\"uuid\":-}", "invalid character '}' in numeric literal" },
		{ "{\"uuid\":1.}", "invalid character '}' after decimal point in numeric literal" },
		{ "{\"uuid\":1e+}", "invalid character '}' in exponent of numeric literal" },
		{ "{\"uuid\":01}", "invalid character '1' after object key:value pair" },
		{ "{\"uuid\":trie}", "invalid character 'i' in literal true (expecting 'u')" },
		{ "{'uuid':1}",
		  "invalid character '\\'' looking for beginning of object key string" },
		{ "{\"uuid\":", "unexpected EOF" },
		{ "{\"uuid\":\"a", "unexpected EOF" },
		{ "[]", "a filter is an object" },
		{ "{\"foo\":1}", "unknown field \"foo\"" },
		{ "{\"source_i\":1}", "unknown field \"source_i\"" },
		{ "{\"uuid\":[],\"uuid\":[]}", "duplicate field \"uuid\"" },
		{ "{\"source_ip\":[],\"sourceIp\":[]}", "duplicate field \"sourceIp\"" },
		{ "{\"experimental\":{}}", "weir knows no CEL: --where takes an expression" },
		{ "{\"uuid\":[\"a\\u0000b\"]}", "uuid: a string holds a NUL" },
	};
	static const char *const flags[] = { "allowlist", "denylist" };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		const char *json = rows[i / 2].json, *flag = flags[i % 2];
		char words[256], text[FILTER_TEXT_SIZE], expect[512];

		snprintf(words, sizeof(words), "--%s|%s", flag, json);
		snprintf(expect, sizeof(expect),
			 "weir: invalid --%s flag: failed to decode '%s': %s\n", flag, json,
			 rows[i / 2].why);
		for (char *at = expect; (at = strchr(at, '\x01'));)
			*at = '?'; /* as the log shows it */
		assert_row_int(json, filter_words_run(words, text), -EINVAL);
		assert_row_str(json, text, expect);
	}
}

static void what_lies_too_deep_is_refused(void **state)
{
	static const struct {
		size_t depth; /* of the arrays in the object */
		int result;
	} rows[] = { { 31, 0 }, { 32, -EINVAL }, { 3000, -EINVAL } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char words[2 * 3000 + 64] = "--allowlist|{\"uuid\":", text[FILTER_TEXT_SIZE];
		size_t len = strlen(words);

		memset(words + len, '[', rows[i].depth);
		memset(words + len + rows[i].depth, ']', rows[i].depth);
		memcpy(words + len + 2 * rows[i].depth, "}", sizeof("}"));
		assert_int_equal(filter_words_run(words, text), rows[i].result);
	}
}

static void whole_filters_come_from_the_environment_too(void **state)
{
	char text[FILTER_TEXT_SIZE];

	(void)state;
	setenv("HUBBLE_ALLOWLIST", "{\"uuid\":[\"a\"]} {\"uuid\":[\"b\"]}", 1);
	setenv("HUBBLE_DENYLIST", "{\"uuid\":[\"c\"]}", 1);
	assert_int_equal(filter_words_run("", text), 0);
	assert_string_equal(text,
			    "allowlist:\n    - '{\"uuid\":[\"a\"]}'\n    - '{\"uuid\":[\"b\"]}'\n"
			    "denylist:\n    - '{\"uuid\":[\"c\"]}'\n");
	setenv("WEIR_DENYLIST", "{\"uuid\":[\"d\"]}", 1);
	assert_int_equal(filter_words_run("--allowlist={\"uuid\":[\"e\"]}", text), 0);
	assert_string_equal(text, "allowlist:\n    - '{\"uuid\":[\"e\"]}'\n"
				  "denylist:\n    - '{\"uuid\":[\"d\"]}'\n");
	unsetenv("WEIR_DENYLIST");
	setenv("HUBBLE_DENYLIST", "{x", 1);
	assert_int_equal(filter_words_run("", text), -EINVAL);
	assert_string_equal(text, "weir: invalid --denylist flag: failed to decode '{x': invalid "
				  "character 'x' looking for beginning of object key string\n");
	unsetenv("HUBBLE_ALLOWLIST");
	unsetenv("HUBBLE_DENYLIST");
}

static void filters_come_from_the_environment_and_not_does_not(void **state)
{
	char text[FILTER_TEXT_SIZE];

	(void)state;
	setenv("WEIR_TO_PORT", "80", 1);
	setenv("WEIR_NOT", "true", 1);
	assert_int_equal(filter_words_run("--uuid|a", text), 0);
	assert_string_equal(
		text, "allowlist:\n    - '{\"uuid\":[\"a\"],\"destination_port\":[\"80\"]}'\n");
	/* A flag wins over what excludes it. */
	assert_int_equal(filter_words_run("--port|1", text), 0);
	assert_string_equal(text, "allowlist:\n    - '{\"source_port\":[\"1\"]}'\n"
				  "    - '{\"destination_port\":[\"1\"]}'\n");
	/* It would deny what the variable allows. */
	assert_int_equal(filter_words_run("--not", text), -EINVAL);
	assert_string_equal(text, "weir: trailing --not found in the arguments\n");
	unsetenv("WEIR_TO_PORT");
	unsetenv("WEIR_NOT");
}

int main(void)
{
	log_init("weir", LOG_LEVEL_INFO);
	return RUN_TESTS(TEST(whole_filters_come_behind_those_of_flags_in_their_spelling),
			 TEST(every_key_of_the_agent_is_one_of_the_command),
			 TEST(what_is_no_filter_is_refused), TEST(what_lies_too_deep_is_refused),
			 TEST(whole_filters_come_from_the_environment_too),
			 TEST(filters_come_from_the_environment_and_not_does_not));
}
