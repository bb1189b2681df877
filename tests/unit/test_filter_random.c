// SPDX-License-Identifier: BSD-2-Clause
/*
 * Random filters on random records: what the agent lets through is what the plainest reading of the
 * filter makes of the record's JSON. And the two matchers of text that have an algorithm, against
 * ones that try everything.
 */
#include "filter/filter.h"

/* A type of json-c's has the name of a function of ours. */
#define json_bool json_c_bool
#include <json-c/json.h>
#undef json_bool

#include "base/buf.h"
#include "base/cleanup.h"
#include "filter/star.h"
#include "log/record_fields.h"
#include "tests/harness.h"
#include "tests/unit/filter_reference.h"
#include "tests/unit/random_records.h"
#include "who/party.h"

#define RECORDS 300
#define FILTERS 1500

struct choice {
	const char *key;
	const char *values[9]; /* JSON */
};

static const struct choice sided[] = {
	{ "ip",
	  { "\"10.0.0.1\"", "\"10.0.0.0/30\"", "\"192.0.0.0/8\"", "\"2000::1\"", "\"::/0\"",
	    "\"0.0.0.0/0\"", "\"2000::/13\"", "\"10.0.0.2/31\"" } },
	{ "pod",
	  { "\"shop/\"", "\"shop/cart\"", "\"/db\"", "\"db\"", "\"/\"", "\"shop/cart-7d9f-\"",
	    "\"x/\"" } },
	{ "fqdn",
	  { "\"*.example.com\"", "\"one\"", "\"*\"", "\"a.*\"", "\"*.example.*\"", "\"nobody\"" } },
	{ "label",
	  { "\"app\"", "\"app=cart\"", "\"!app\"", "\"k8s:app=cart\"", "\"container:app\"",
	    "\"reserved:host\"", "\"tier in (web,db), canary\"", "\"tier notin (web)\"",
	    "\"app!=cart, !vm\"" } },
	{ "service", { "\"/db\"", "\"data/\"", "\"/\"", "\"data/dbx\"" } },
	{ "workload",
	  { "{\"name\":\"cart\"}", "{\"kind\":\"Deployment\"}", "{}",
	    "{\"name\":\"db\",\"kind\":\"StatefulSet\"}",
	    "{\"name\":\"cart\",\"kind\":\"Job\"}" } },
	{ "port", { "\"80\"", "\"443\"", "\"0-1023\"", "\"8080\"", "\"40000-65535\"", "\"1\"" } },
	{ "identity", { "1", "2", "\"1\"", "17324512", "3" } },
	{ "process", { "\"curl\"", "\"c*\"", "\"*\"", "\"nginx\"", "\"*n*x\"", "\"none\"" } },
	{ "container", { "\"app\"", "\"3f4b\"", "\"d*\"", "\"13f4\"", "\"3f4\"" } },
	{ "unit", { "\"nginx\"", "\"*\"", "\"session-*\"", "\"nginx.service\"", "\"ngin\"" } },
	{ "uid", { "0", "\"1-99\"", "1000", "\"33\"" } },
	{ "netns", { "4026531840", "\"1-2\"" } },
};

static const struct choice plain[] = {
	{ "traffic_direction", { "\"EGRESS\"", "\"INGRESS\"" } },
	{ "verdict", { "\"FORWARDED\"", "\"DROPPED\"" } },
	{ "event", { "\"open\"", "\"established\"", "\"update\"", "\"close\"", "\"drop\"" } },
	{ "interface",
	  { "{\"name\":\"eth0\"}", "{\"index\":2}", "{\"name\":\"lo\",\"index\":3}" } },
	{ "event_type",
	  { "{\"type\":4}", "{\"type\":1}", "{}",
	    "{\"type\":4,\"match_sub_type\":true,\"sub_type\":3}",
	    "{\"match_sub_type\":true,\"sub_type\":0}" } },
	{ "protocol", { "\"tcp\"", "\"UDP\"", "\"icmp\"", "\"icmpv6\"", "\"sctp\"", "\"igmp\"" } },
	{ "reply", { "true", "false" } },
	{ "encrypted", { "true", "false" } },
	{ "tcp_flags",
	  { "{\"SYN\":true}", "{\"ACK\":true,\"FIN\":true}", "{}",
	    "{\"RST\":false,\"CWR\":true}" } },
	{ "node_name", { "\"n1\"", "\"n*\"", "\"default/\"", "\"/n1\"", "\"c/*\"", "\"m1\"" } },
	{ "ip_version", { "\"IPv4\"", "\"IPv6\"" } },
	{ "min_bytes", { "\"1000\"", "500000", "0" } },
	{ "min_duration", { "\"1s\"", "\"10s\"" } },
	{ "min_rtt", { "\"1ms\"", "\"10ms\"" } },
};

static const char *random_value(const struct choice *choice)
{
	size_t count = 1;

	while (count < ARRAY_SIZE(choice->values) && choice->values[count])
		count++;
	return choice->values[(size_t)rand() % count];
}

/* "key":[...]; prefix: "source_", "destination_" or "" */
static void add_key(struct json_object *object, const char *prefix, const struct choice *choice)
{
	struct json_object *list = json_object_new_array();
	int count = strncmp(choice->key, "min_", 4) ? rand() % 4 : 1;
	char name[64];

	for (int i = 0; i < count; i++)
		json_object_array_add(list, json_tokener_parse(random_value(choice)));
	snprintf(name, sizeof(name), "%s%s", prefix, choice->key);
	json_object_object_add(object, name, list);
}

static struct json_object *random_object(bool is_either)
{
	struct json_object *object = json_object_new_object();

	for (int count = rand() % 4; count; count--) {
		const struct choice *choice = &sided[(size_t)rand() % ARRAY_SIZE(sided)];
		const char *prefix = rand() % 2 ? "source_" : "destination_";

		if (rand() % 2)
			add_key(object, "", &plain[(size_t)rand() % ARRAY_SIZE(plain)]);
		else
			add_key(object, is_either ? "" : prefix, choice);
	}
	return object;
}

static struct json_object *random_list(int max)
{
	struct json_object *list = json_object_new_array();

	for (int count = rand() % (max + 1); count; count--)
		json_object_array_add(list, random_object(false));
	return list;
}

static struct random_record records[RECORDS];
static struct json_object *lines[RECORDS];

static int make_records(void **state)
{
	(void)state;
	srand(7);
	for (int i = 0; i < RECORDS; i++) {
		auto_buf struct buf buf = { 0 };

		random_record(&records[i]);
		record_to_json(&buf, &records[i].rec, records[i].seq, random_legs(&records[i]),
			       random_context(), NULL);
		buf_append_char(&buf, '\0');
		lines[i] = json_tokener_parse(buf_bytes(&buf));
		assert_non_null(lines[i]);
	}
	return 0;
}

static int drop_records(void **state)
{
	(void)state;
	for (int i = 0; i < RECORDS; i++)
		json_object_put(lines[i]);
	return 0;
}

/* More may be known of anybody from now on, though there is not. */
static void learn(void)
{
	parties_learned((struct parties *)random_context()->parties);
}

/* At once, or in parts as small as can be. */
static bool is_let_through(struct filter *filter, struct field_reader *reader)
{
	enum filter_answer answer;

	if (rand() % 4 == 0)
		learn();
	if (rand() % 2)
		return filter_match(filter, reader);
	while ((answer = filter_ask(filter, reader, 0)) == FILTER_PAUSED) {
		if (rand() % 32 == 0)
			learn();
	}
	return answer == FILTER_YES;
}

/* How many of the records are let through. */
static unsigned int check(struct filter *filter, const struct filter_lists *lists)
{
	struct record_reader reader;
	unsigned int count = 0;

	record_reader_init(&reader, random_context());
	for (int i = 0; i < RECORDS; i++) {
		bool is_match, expected;

		record_reader_set(&reader, &records[i].rec, records[i].seq,
				  random_legs(&records[i]));
		is_match = is_let_through(filter, &reader.base);
		expected = reference_match(lists->allow, lists->deny, lists->either, lines[i]);
		if (is_match != expected) {
			fail_msg("allow %s deny %s either %s: %d for %s",
				 json_object_to_json_string(lists->allow),
				 json_object_to_json_string(lists->deny),
				 json_object_to_json_string(lists->either), is_match,
				 json_object_to_json_string(lines[i]));
		}
		count += is_match;
	}
	return count;
}

static void filters_let_through_what_the_reference_does(void **state)
{
	unsigned int all = 0, none = 0, some = 0;

	(void)state;
	srand(11);
	for (int round = 0; round < FILTERS; round++) {
		struct filter_lists lists = { .allow = random_list(3), .deny = random_list(2) };
		struct filter *filter = NULL;
		struct filter_error error;
		unsigned int count;

		if (rand() % 2)
			lists.either = random_object(true);
		if (filter_compile(&filter, &lists, &error))
			fail_msg("%s: %s", json_object_to_json_string(lists.allow), error.message);
		count = check(filter, &lists);
		all += count == RECORDS;
		none += !count;
		some += count && count < RECORDS;
		filter_free(&filter);
		json_object_put(lists.allow);
		json_object_put(lists.deny);
		json_object_put(lists.either);
	}
	/* The filters are worth something. */
	assert_true(some > FILTERS / 3);
	assert_true(all && none);
}

/* What takes long in a filter, and what it is asked of. */
static const struct choice slow[] = {
	{ "where",
	  { "\"pod =~ '^cart-.*f' or process ~ *n*x\"", "\"label =~ 'app=.*t' and not port 80\"",
	    "\"not (summary =~ 'TCP.*(ACK|SYN)' or interface ~ e*)\"",
	    "\"dst name ~ (*.com, one) or src label !~ (*app*, *web*)\"",
	    "\"container =~ '(a|p)+' and event in (open, close)\"",
	    "\"src label = dst label or src uid < dst uid\"" } },
	{ "source_label", { "\"app=cart\"", "\"!app\"", "\"tier in (web,db)\"", "\"canary\"" } },
	{ "http_path", { "\"/a\"", "\"x.*y\"" } },
	{ "destination_pod", { "\"shop/cart\"", "\"/db\"" } },
	{ "source_unit", { "\"ngin*\"", "\"*.service\"", "\"nginx\"", "\"none\"" } },
	{ "destination_container", { "\"a*p\"", "\"3f4\"", "\"none*\"" } },
	{ "destination_fqdn", { "\"*.example.com\"", "\"one\"", "\"w*.org\"", "\"x\"" } },
};

static struct filter *slow_filter(struct json_object *allow, struct json_object *deny)
{
	struct filter_lists lists = { .allow = allow, .deny = deny };
	struct filter *filter = NULL;
	struct filter_error error;

	if (filter_compile(&filter, &lists, &error))
		fail_msg("%s: %s", json_object_to_json_string(allow), error.message);
	return filter;
}

static struct json_object *slow_list(int max)
{
	struct json_object *list = json_object_new_array();

	for (int count = rand() % (max + 1); count; count--) {
		struct json_object *object = json_object_new_object();

		for (size_t i = 0; i < ARRAY_SIZE(slow); i++) {
			if (rand() % 4 == 0)
				add_key(object, "", &slow[i]);
		}
		json_object_array_add(list, object);
	}
	return list;
}

/* The second filter is asked at once, and nobody tells it who is who. Returns how often one stopped. */
static unsigned int check_parts(struct filter *filter, struct filter *unnoted)
{
	struct record_reader reader, other;
	unsigned int pauses = 0;

	record_reader_init(&reader, random_context());
	record_reader_init(&other, random_context());
	other.base.who = NULL;
	for (int i = 0; i < RECORDS; i++) {
		const struct record_leg *legs = random_legs(&records[i]);
		enum filter_answer answer;

		record_reader_set(&reader, &records[i].rec, records[i].seq, legs);
		record_reader_set(&other, &records[i].rec, records[i].seq, legs);
		while ((answer = filter_ask(filter, &reader.base, 0)) == FILTER_PAUSED) {
			pauses++;
			if (rand() % 16 == 0)
				learn();
			/* It is gone: another one follows, and this one is asked from the beginning. */
			if (rand() % 16 == 0)
				filter_forget(filter);
		}
		assert_int_equal(answer == FILTER_YES, filter_match(unnoted, &other.base));
	}
	return pauses;
}

static void what_is_asked_in_parts_gets_the_same_answer(void **state)
{
	unsigned int pauses = 0;

	(void)state;
	srand(13);
	for (int round = 0; round < 300; round++) {
		struct json_object *allow = slow_list(3), *deny = slow_list(2);
		struct filter *filter = slow_filter(allow, deny);
		struct filter *unnoted = slow_filter(allow, deny);

		pauses += check_parts(filter, unnoted);
		filter_free(&filter);
		filter_free(&unnoted);
		json_object_put(allow);
		json_object_put(deny);
	}
	assert_true(pauses > 30000);
}

static bool may_dot(char c)
{
	return c != '_';
}

static bool try_all(struct text pattern, struct text text, bool (*may)(char c))
{
	struct text rest = { pattern.bytes + 1, pattern.len - 1 };

	if (!pattern.len)
		return !text.len;
	if (*pattern.bytes != '*')
		return text.len && *text.bytes == *pattern.bytes &&
		       try_all(rest, (struct text){ text.bytes + 1, text.len - 1 }, may);
	for (;; text.bytes++, text.len--) {
		if (try_all(rest, text, may))
			return true;
		if (!text.len || (may && !may(*text.bytes)))
			return false;
	}
}

static struct text random_text(char *bytes, size_t max, const char *letters)
{
	size_t len = (size_t)rand() % (max + 1);

	for (size_t i = 0; i < len; i++)
		bytes[i] = letters[(size_t)rand() % strlen(letters)];
	return (struct text){ bytes, len };
}

static void stars_stand_for_whatever_fits(void **state)
{
	unsigned int matches = 0;

	(void)state;
	srand(5);
	for (int i = 0; i < 300000; i++) {
		char pattern_bytes[8], text_bytes[12];
		struct text pattern = random_text(pattern_bytes, 8, "a_*b*");
		struct text text = random_text(text_bytes, 12, "aab_");
		bool (*may)(char c) = rand() % 2 ? may_dot : NULL;
		bool is_match = star_match(pattern, text, may);

		if (is_match != try_all(pattern, text, may))
			fail_msg("%.*s on %.*s: %d", (int)pattern.len, pattern.bytes, (int)text.len,
				 text.bytes, is_match);
		matches += is_match;
	}
	assert_true(matches > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(filters_let_through_what_the_reference_does),
					    TEST(what_is_asked_in_parts_gets_the_same_answer),
					    TEST(stars_stand_for_whatever_fits) };

	return cmocka_run_group_tests_name("test_filter_random", tests, make_records, drop_records);
}
