// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is said of filters that are none, word by word: it is all that a client shows, and where
 * Hubble has words for it, they are Hubble's.
 */
#include "filter/filter.h"

#include <json-c/json.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/num.h"
#include "tests/harness.h"

struct refusal {
	const char *filter, *message;
};

static int compile(struct json_object *allow, struct json_object *either,
		   struct filter_error *error)
{
	struct filter_lists lists = { .allow = allow, .either = either };
	struct filter *untouched = (struct filter *)&lists, *filter = untouched;
	int r = filter_compile(&filter, &lists, error);

	assert_true(r || filter != untouched);
	if (!r)
		filter_free(&filter);
	else
		assert_ptr_equal(filter, untouched);
	return r;
}

static void check(const struct refusal *refusals, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct json_object *list = json_object_new_array();
		struct filter_error error = { "" };

		json_object_array_add(list, json_tokener_parse(refusals[i].filter));
		assert_row_int(refusals[i].filter, compile(list, NULL, &error), -EINVAL);
		assert_row_str(refusals[i].filter, error.message, refusals[i].message);
		json_object_put(list);
	}
}

static const struct refusal in_hubbles_words[] = {
	{ "{\"source_ip\":[\"foo\"]}",
	  "invalid IP address \"foo\" in filter: ParseAddr(\"foo\"): unable to parse IP" },
	{ "{\"source_ip\":[\"10.0.0.0/99\"]}",
	  "invalid IP prefix \"10.0.0.0/99\" in filter: netip.ParsePrefix(\"10.0.0.0/99\"): "
	  "prefix length out of range" },
	{ "{\"destination_ip\":[\"::/129\"]}",
	  "invalid IP prefix \"::/129\" in filter: netip.ParsePrefix(\"::/129\"): "
	  "prefix length out of range" },
	{ "{\"source_ip\":[\"10.0.0.0/x\"]}",
	  "invalid IP prefix \"10.0.0.0/x\" in filter: netip.ParsePrefix(\"10.0.0.0/x\"): "
	  "bad bits after slash: \"x\"" },
	{ "{\"source_ip\":[\"10.0.0.0/08\"]}",
	  "invalid IP prefix \"10.0.0.0/08\" in filter: "
	  "netip.ParsePrefix(\"10.0.0.0/08\"): bad bits after slash: \"08\"" },
	{ "{\"source_ip\":[\"x/8\"]}",
	  "invalid IP prefix \"x/8\" in filter: netip.ParsePrefix(\"x/8\"): "
	  "ParseAddr(\"x\"): unable to parse IP" },
	{ "{\"source_port\":[\"http\"]}",
	  "invalid source port filter: invalid port \"http\": strconv.ParseUint: parsing "
	  "\"http\": invalid syntax" },
	{ "{\"destination_port\":[\"99999\"]}",
	  "invalid destination port filter: invalid port \"99999\": strconv.ParseUint: "
	  "parsing \"99999\": value out of range" },
	{ "{\"source_port\":[\"80-http\"]}",
	  "invalid source port filter: invalid port \"80-http\": strconv.ParseUint: parsing "
	  "\"http\": invalid syntax" },
	{ "{\"source_port\":[\"-1\"]}",
	  "invalid source port filter: invalid port \"-1\": strconv.ParseUint: parsing \"-1\": "
	  "invalid syntax" },
	{ "{\"source_port\":[\"\"]}",
	  "invalid source port filter: invalid port \"\": strconv.ParseUint: parsing \"\": "
	  "invalid syntax" },
	{ "{\"source_port\":[\"80,,81\"]}",
	  "invalid source port filter: invalid port \"\": strconv.ParseUint: parsing \"\": "
	  "invalid syntax" },
	{ "{\"source_port\":[\"90-80\"]}",
	  "invalid source port filter: invalid port \"90-80\": the range ends before it "
	  "begins" },
	{ "{\"protocol\":[\"foo\"]}", "invalid protocol filter: unknown protocol: \"foo\"" },
	{ "{\"http_status_code\":[\"600\"]}",
	  "invalid http status code filter: invalid status code prefix: \"600\"" },
	{ "{\"http_status_code\":[\"99\"]}",
	  "invalid http status code filter: invalid status code prefix: \"99\"" },
	{ "{\"http_status_code\":[\"404+\"]}",
	  "invalid http status code filter: invalid status code prefix: \"404+\"" },
	{ "{\"http_status_code\":[\"+\"]}",
	  "invalid http status code filter: invalid status code prefix: \"+\"" },
	{ "{\"http_path\":[\"(\"]}",
	  "invalid http path filter: (: error parsing regexp: missing closing parenthesis at "
	  "byte 1" },
	{ "{\"http_url\":[\"a**\"]}",
	  "invalid http url filter: a**: error parsing regexp: quantifier does not follow a "
	  "repeatable item at byte 2" },
	{ "{\"dns_query\":[\"[\"]}",
	  "invalid DNS query filter: failed to compile regexp: missing terminating ] for "
	  "character class at byte 1" },
	{ "{\"source_fqdn\":[\",\"]}", "',': invalid rune in pattern" },
	{ "{\"destination_fqdn\":[\"b\\u00fccher\"]}", "'\u00fc': invalid rune in pattern" },
	{ "{\"source_fqdn\":[\" \"]}", "empty pattern" },
	{ "{\"source_fqdn\":[\"a..\"]}", "multiple trailing dots in pattern" },
	{ "{\"node_name\":[\"a/b/c\"]}", "too many slashes in pattern" },
	{ "{\"node_name\":[\"\"]}", "empty pattern" },
	{ "{\"source_label\":[\"a=b=c\"]}",
	  "invalid source label filter: found '=', expected: ',' or 'end of string'" },
	{ "{\"node_labels\":[\"=\"]}",
	  "invalid node label filter: found '=', expected: !, identifier, or 'end of string'" },
	{ "{\"source_cluster_name\":[\"\"]}", "invalid filter, name must not be empty" },
	{ "{\"http_method\":[\"GET\"],\"event_type\":[{\"type\":4}]}",
	  "filtering by http method requires the event type filter to only match 'l7' events" },
	{ "{\"event_type\":[{\"type\":4}],\"http_header\":[{\"key\":\"a\"}]}",
	  "filtering by http headers requires the event type filter to only match 'l7' "
	  "events" },
};

static void values_are_refused_in_hubbles_words(void **state)
{
	(void)state;
	check(in_hubbles_words, ARRAY_SIZE(in_hubbles_words));
}

static const struct refusal by_name[] = {
	{ "{\"foo\":1}", "unknown field \"foo\" in a FlowFilter" },
	{ "{\"port\":[\"1\"]}", "unknown field \"port\" in a FlowFilter" },
	{ "{\"source_ip\":[],\"sourceIp\":[]}", "duplicate field \"sourceIp\" in a FlowFilter" },
	{ "{\"uuid\":[5]}", "uuid: 5 is not a string" },
	{ "{\"uuid\":[null]}", "uuid: null is not a string" },
	{ "{\"uuid\":[\"a\\u0000b\"]}", "uuid: \"a\\u0000b\" is not a string" },
	{ "{\"source_ip\":{\"a\":1}}", "source_ip: {\"a\":1} is not an address or a network" },
	{ "{\"verdict\":[\"dropped\"]}",
	  "verdict: \"dropped\" is not a name or number of that enum" },
	{ "{\"verdict\":[99]}", "verdict: 99 is not a name or number of that enum" },
	{ "{\"event\":[\"begin\"]}", "event: \"begin\" is not a name or number of that enum" },
	{ "{\"drop_reason_desc\":[\"x\"]}",
	  "drop_reason_desc: \"x\" is not a name or number of that enum" },
	{ "{\"ip_version\":[\"v4\"]}", "ip_version: \"v4\" is not an IP version (IPv4, IPv6)" },
	{ "{\"source_identity\":[\"world\"]}", "source_identity: \"world\" is not " NUM_U32_IS },
	{ "{\"source_identity\":[4294967296]}", "source_identity: 4294967296 is not " NUM_U32_IS },
	{ "{\"source_identity\":[-1]}", "source_identity: -1 is not " NUM_U32_IS },
	{ "{\"source_identity\":[\"1-2\"]}", "source_identity: \"1-2\" is not " NUM_U32_IS },
	{ "{\"destination_uid\":[\"root\"]}",
	  "destination_uid: \"root\" is not " NUM_U32_IS " or a range of them" },
	{ "{\"source_netns\":[\"9-1\"]}",
	  "source_netns: \"9-1\" is not " NUM_U32_IS " or a range of them" },
	{ "{\"reply\":[\"true\"]}", "reply: \"true\" is not true or false" },
	{ "{\"tcp_flags\":[{\"FOO\":true}]}",
	  "tcp_flags: {\"FOO\":true} is not an object of TCP flags ({\"SYN\":true})" },
	{ "{\"tcp_flags\":[\"SYN\"]}", "tcp_flags: \"SYN\" is not an object of TCP flags" },
	{ "{\"event_type\":[4]}",
	  "event_type: 4 is not an object of type, match_sub_type and sub_type" },
	{ "{\"event_type\":[{\"type\":\"x\"}]}",
	  "event_type: {\"type\":\"x\"} is not an object of type, match_sub_type and "
	  "sub_type" },
	{ "{\"interface\":[{\"index\":-2}]}",
	  "interface: {\"index\":-2} is not an object of index and name" },
	{ "{\"interface\":[{\"index\":4294967296}]}",
	  "interface: {\"index\":4294967296} is not an object of index and name" },
	{ "{\"interface\":[{\"name\":2}]}",
	  "interface: {\"name\":2} is not an object of index and name" },
	{ "{\"interface\":[{\"names\":\"eth0\"}]}",
	  "interface: {\"names\":\"eth0\"} is not an object of index and name" },
	{ "{\"interface\":[\"eth0\"]}", "interface: \"eth0\" is not an object of index and name" },
	{ "{\"source_workload\":[\"cart\"]}",
	  "source_workload: \"cart\" is not an object of name and kind" },
	{ "{\"http_header\":[{\"name\":\"x\"}]}",
	  "http_header: {\"name\":\"x\"} is not an object of key and value" },
	{ "{\"source_process\":[\"\"]}", "source_process: \"\" is not a name or a pattern" },
	{ "{\"min_bytes\":\"many\"}", "min_bytes: \"many\" is not " NUM_SIZE_SUCH_AS },
	{ "{\"min_bytes\":[1,2]}", "min_bytes: [1,2] is not one value" },
	{ "{\"min_rtt\":5}", "min_rtt: 5 is not " NUM_DURATION_SUCH_AS },
	{ "{\"min_duration\":\"5\"}", "min_duration: \"5\" is not " NUM_DURATION_SUCH_AS },
	{ "{\"where\":\"port > x\"}",
	  "where: byte 7: \"x\" is neither a number nor a service of /etc/services" },
	{ "{\"where\":5}", "where: 5 is not an expression" },
	{ "{\"experimental\":{\"cel_expression\":[\"true\"]}}",
	  "experimental.cel_expression: CEL is not spoken here; say it with --where (the key "
	  "\"where\")" },
	{ "[]", "[] is not an object: a FlowFilter" },
	{ "\"x\"", "\"x\" is not an object: a FlowFilter" },
};

static void other_values_are_refused_by_name(void **state)
{
	(void)state;
	check(by_name, ARRAY_SIZE(by_name));
}

static void lists_and_extensions_must_be_what_they_are(void **state)
{
	static const struct {
		const char *allow, *either, *message;
	} cases[] = {
		{ "{}", NULL, "{} is not a list of FlowFilters" },
		{ "\"x\"", NULL, "\"x\" is not a list of FlowFilters" },
		{ NULL, "[]", "[] is not an object: extensions" },
		{ NULL, "{\"source_port\":[\"1\"]}",
		  "unknown field \"source_port\" in extensions" },
		{ NULL, "{\"port\":[\"x\"]}",
		  "invalid source port filter: invalid port \"x\": strconv.ParseUint: parsing "
		  "\"x\": invalid syntax" },
		{ NULL, "{\"uid\":[\"x\"]}",
		  "source_uid: \"x\" is not " NUM_U32_IS " or a range of them" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json_object *allow =
			cases[i].allow ? json_tokener_parse(cases[i].allow) : NULL;
		struct json_object *either =
			cases[i].either ? json_tokener_parse(cases[i].either) : NULL;
		struct filter_error error = { "" };

		assert_row_int(cases[i].message, compile(allow, either, &error), -EINVAL);
		assert_row_str(cases[i].message, error.message, cases[i].message);
		json_object_put(allow);
		json_object_put(either);
	}
}

/* "[X,X,...]" */
static struct json_object *many(const char *text, int count)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < count; i++)
		json_object_array_add(list, json_tokener_parse(text));
	return list;
}

static struct json_object *ports(int count)
{
	struct json_object *object = json_object_new_object(), *list = json_object_new_array();

	json_object_object_add(object, "source_port", many("\"80\"", count));
	json_object_array_add(list, object);
	return list;
}

static void what_a_filter_costs_has_a_bound(void **state)
{
	const struct {
		struct json_object *list;
		const char *message;
	} cases[] = {
		{ many("{}", 256), NULL },
		{ many("{}", 257), "more than 256 FlowFilters" },
		{ ports(1024), NULL },
		{ ports(1025), "source_port: more than 1024 values in all filters" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct filter_error error = { "" };

		assert_int_equal(compile(cases[i].list, NULL, &error),
				 cases[i].message ? -EINVAL : 0);
		if (cases[i].message)
			assert_string_equal(error.message, cases[i].message);
		json_object_put(cases[i].list);
	}
}

/* However long the value: the message ends in time, and without half a character. */
static void long_values_are_cut(void **state)
{
	static const char *const keys[] = { "uuid",	   "source_ip",	   "source_port",
					    "source_fqdn", "source_label", "http_path",
					    "where",	   "foo" };
	char value[4096];

	(void)state;
	memset(value, '(', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct json_object *object = json_object_new_object();
		struct json_object *list = json_object_new_array();
		struct filter_error error = { "" };

		json_object_object_add(object, keys[i], json_object_new_string(value));
		json_object_array_add(list, object);
		if (i)
			assert_row_int(keys[i], compile(list, NULL, &error), -EINVAL);
		assert_row(keys[i], strlen(error.message) < sizeof(error.message) - 1);
		json_object_put(list);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(values_are_refused_in_hubbles_words),
			 TEST(other_values_are_refused_by_name),
			 TEST(lists_and_extensions_must_be_what_they_are),
			 TEST(what_a_filter_costs_has_a_bound), TEST(long_values_are_cut));
}
