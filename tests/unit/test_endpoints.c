// SPDX-License-Identifier: BSD-2-Clause
/*
 * The endpoints file: what it says of an address, and where exactly it is wrong.
 */
#include "who/endpoints.h"

#include <sys/stat.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "tests/harness.h"
#include "tests/one_file.h"

#define MANY 100000

static int load(struct endpoints **ret, const char *text, char message[512])
{
	message[0] = '\0';
	one_file_write(text, strlen(text));
	return endpoints_load(ret, one_file_path(), message, 512);
}

static bool find(const struct endpoints *endpoints, const char *text, struct endpoint_facts *ret)
{
	uint8_t addr[16];
	int family;

	assert_int_equal(addr_parse(text, addr, &family), 0);
	return endpoints_find(endpoints, addr, ret);
}

static void assert_list(const char *list, const char *expected)
{
	auto_buf struct buf buf = { 0 };

	for (; *list; list += strlen(list) + 1) {
		buf_append_str(&buf, list);
		buf_append_char(&buf, ';');
	}
	buf_append_char(&buf, '\0');
	assert_string_equal(buf_bytes(&buf), expected);
}

static void an_address_is_what_the_file_says(void **state)
{
	static const char text[] =
		"{\n"
		"  \"10.0.2.7\": {\"namespace\": \"shop\", \"pod\": \"db-0\",\n"
		"    \"labels\": {\"app\": \"db\", \"tier\": \"\"}, \"workload\": \"StatefulSet/db\",\n"
		"    \"service\": \"db\", \"names\": [\"db.shop.svc\", \"db.example.org\"]},\n"
		"  \"10.0.0.0/8\": {\"namespace\": \"other\"},\n"
		"  \"10.0.3.0/24\": {},\n"
		"  \"2001:db8::/32\": {\"service\": \"infra/ntp\", \"workload\": \"ntpd\"}\n"
		"}\n";
	struct endpoints *endpoints = NULL;
	struct endpoint_facts facts;
	char message[512];

	(void)state;
	assert_int_equal(load(&endpoints, text, message), 0);
	assert_int_equal(endpoints_count(endpoints), 4);
	assert_true(find(endpoints, "10.0.2.7", &facts));
	assert_string_equal(facts.namespace, "shop");
	assert_string_equal(facts.pod, "db-0");
	assert_string_equal(facts.service, "db");
	assert_string_equal(facts.service_namespace, "shop");
	assert_string_equal(facts.workload, "db");
	assert_string_equal(facts.workload_kind, "StatefulSet");
	assert_list(facts.labels, "k8s:app=db;k8s:tier;");
	assert_list(facts.names, "db.shop.svc;db.example.org;");
	assert_true(find(endpoints, "10.9.9.9", &facts));
	assert_string_equal(facts.namespace, "other");
	assert_string_equal(facts.pod, "");
	assert_list(facts.labels, "");
	assert_list(facts.names, "");
	assert_false(find(endpoints, "10.0.3.1", &facts)); /* it is exempt */
	assert_true(find(endpoints, "2001:db8::7", &facts));
	assert_string_equal(facts.service, "ntp");
	assert_string_equal(facts.service_namespace, "infra");
	assert_string_equal(facts.workload, "ntpd");
	assert_string_equal(facts.workload_kind, "");
	assert_false(find(endpoints, "192.0.2.1", &facts));
	endpoints_free(&endpoints);
	assert_null(endpoints);
	assert_false(endpoints_find(NULL, (const uint8_t[16]){ 0 }, &facts));
}

static void a_mistake_is_told_with_its_line_and_field(void **state)
{
	static const struct {
		const char *text, *message; /* behind the path */
	} rows[] = {
		{ "{\n\"10.0.0.1\": {\"namespace\": \"a\",\n  \"pod\": 7}}",
		  ":3: pod: must be a string" },
		{ "{\"10.0.0.1\":\n{\"namespace\": null}}", ":2: namespace: must be a string" },
		{ "{\"10.0.0.1\": {\"namespace\": \"\"}}", ":1: namespace: must not be empty" },
		{ "{\"10.0.0.1\": {\n\"pod\": \"x\"\n}}", ":2: pod: needs a namespace beside it" },
		{ "{\"10.0.0.1\": {\"service\": [\"x\"]}}", ":1: service: must be a string" },
		{ "{\"10.0.0.1\": {\"service\": \"a/b/c\"}}",
		  ":1: service: has a part that is empty, or too many" },
		{ "{\"10.0.0.1\": {\"workload\": \"/b\"}}",
		  ":1: workload: has a part that is empty, or too many" },
		{ "{\"10.0.0.1\": {\"workload\": \"b/\"}}",
		  ":1: workload: has a part that is empty, or too many" },
		{ "{\"10.0.0.1\": {\"labels\": [\"a=b\"]}}",
		  ":1: labels: must be an object of keys and values" },
		{ "{\"10.0.0.1\": {\"labels\": {\"a\":\n\n1}}}",
		  ":3: labels: a: must be a string" },
		{ "{\"10.0.0.1\": {\"labels\": {\"\": \"x\"}}}",
		  ":1: labels: a key must not be empty" },
		{ "{\"10.0.0.1\": {\"names\": \"x\"}}", ":1: names: must be an array of strings" },
		{ "{\"10.0.0.1\": {\"names\": [\"x\",\n2]}}", ":2: names: must be a string" },
		{ "{\"10.0.0.1\": {\"names\": [\"x\",\n[]]}}", ":2: names: must be a string" },
		{ "{\"10.0.0.1\": {\n\"Pod\": \"x\"}}", ":2: Pod: no field is called so" },
		{ "{\"10.0.0.1\": {\"namespace\": \"x\",\n\"namespace\": \"y\"}}",
		  ":2: namespace: stands here twice" },
		{ "{\"10.0.0.1\": \"shop\"}", ":1: 10.0.0.1: must be an object" },
		{ "{\n\n\"10.0.0.300\": {}}",
		  ":3: 10.0.0.300: neither an address nor a network such as 10.0.0.0/8" },
		{ "{\"\": {}}", ":1: : neither an address nor a network such as 10.0.0.0/8" },
		{ "{\"10.0.0.1/8\": {}}", ":1: 10.0.0.1/8: has bits beyond its prefix" },
		{ "{\"10.0.0.1\": {},\n\"10.0.0.2\": {},\n\"10.0.0.1/32\": {}}",
		  ":3: the same address or network as in line 1" },
		{ "[]", ":1: must be an object of addresses" },
		{ "", ":1: the file ends here" },
		{ "{\n\"10.0.0.1\": {\"namespace\": \"x\"\n", ":3: the file ends here" },
		{ "{\"10.0.0.1\": {}}\n{}", ":2: more behind the end" },
		{ "{\"10.0.0.1\": {},\n\"10.0.0.2\" {}}", ":2: a colon belongs here" },
		{ "{\"10.0.0.1\": {\"names\": [yes]}}", ":1: a text needs quotes" },
	};
	struct endpoints *endpoints = NULL;
	const size_t path_len = strlen(one_file_path());
	char message[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_row_int(rows[i].text, load(&endpoints, rows[i].text, message), -EINVAL);
		assert_int_equal(strncmp(message, one_file_path(), path_len), 0);
		assert_row_str(rows[i].text, message + path_len, rows[i].message);
		assert_null(endpoints);
	}
}

struct bound {
	const char *before, *item, *after, *message;
	int max;
};

/* With as many items as there may be, and with more than that. */
static void check_bound(const struct bound *bound, int more)
{
	struct endpoints *endpoints = NULL;
	auto_buf struct buf buf = { 0 };
	char message[512];

	buf_printf(&buf, "{\"::1\": {%s", bound->before);
	for (int n = 0; n < bound->max + more; n++)
		buf_append_str(&buf, bound->item);
	buf_printf(&buf, "%s}}", bound->after);
	buf_append_char(&buf, '\0');
	assert_row_int(bound->message, load(&endpoints, buf_bytes(&buf), message),
		       more ? -EINVAL : 0);
	if (more)
		assert_row(bound->message, strstr(message, bound->message));
	endpoints_free(&endpoints);
}

static void names_and_lists_are_bounded(void **state)
{
	static const struct bound bounds[] = {
		{ "\"namespace\": \"", "x", "\"", "namespace: is longer than 253 bytes", 253 },
		{ "\"names\": [\"x\"", ",\"x\"", "]", "names: more than 16", 15 },
		{ "\"labels\": {\"a\": \"x\"", ",\"a\":\"x\"", "}", "labels: more than 64", 63 },
		{ "\"labels\": {\"a\": \"", "x", "\"}", "labels: a: is longer than 511 bytes",
		  511 - 6 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		check_bound(&bounds[i], 0);
		check_bound(&bounds[i], 1);
	}
}

static void what_is_no_file_is_refused_at_once(void **state)
{
	struct endpoints *endpoints = NULL;
	char message[512], fifo[64];

	(void)state;
	assert_int_equal(endpoints_load(&endpoints, "/nowhere/x", message, sizeof(message)),
			 -ENOENT);
	assert_string_equal(message, "/nowhere/x: No such file or directory");
	assert_int_equal(endpoints_load(&endpoints, "/", message, sizeof(message)), -EISDIR);
	snprintf(fifo, sizeof(fifo), "%s.fifo", one_file_path());
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(endpoints_load(&endpoints, fifo, message, sizeof(message)), -EINVAL);
	unlink(fifo);
}

/* Each of a pod of its own; two addresses in three are of IPv4. */
static void append_many(struct buf *buf, unsigned int count)
{
	buf_append_str(buf, "{\n");
	for (unsigned int i = 0; i < count; i++) {
		if (i % 3)
			buf_printf(buf, "\"10.%u.%u.%u\"", i >> 16, i >> 8 & 255, i & 255);
		else
			buf_printf(buf, "\"2001:db8::%x:%x\"", i >> 16, i & 0xffff);
		buf_printf(buf,
			   ": {\"namespace\": \"ns-%u\", \"pod\": \"service-%u-7d9f6c5b8-%05x\", "
			   "\"labels\": {\"app\": \"service-%u\", \"pod-template-hash\": "
			   "\"7d9f6c5b8\"}, \"workload\": \"Deployment/service-%u\"}%s\n",
			   i % 50, i / 10, i, i / 10, i / 10, i + 1 < count ? "," : "");
	}
	buf_append_str(buf, "}\n");
}

static void a_hundred_thousand_load_soon_and_are_found_in_no_time(void **state)
{
	struct endpoints *endpoints = NULL;
	auto_buf struct buf buf = { 0 };
	struct endpoint_facts facts;
	uint8_t addr[16] = { [10] = 0xff, [11] = 0xff, [12] = 10 };
	char message[512] = "";
	uint64_t start, loaded, found;
	unsigned int hits = 0;

	(void)state;
	append_many(&buf, MANY);
	assert_false(buf.failed);
	one_file_write(buf_bytes(&buf), buf_len(&buf));
	start = time_monotonic_ns();
	assert_int_equal(endpoints_load(&endpoints, one_file_path(), message, sizeof(message)), 0);
	loaded = time_monotonic_ns();
	for (unsigned int i = 0, n = 12345; i < 1000000; i++, n = n * 1103515245 + 12345) {
		addr[13] = (uint8_t)(n >> 24) & 1;
		addr[14] = (uint8_t)(n >> 16);
		addr[15] = (uint8_t)(n >> 8);
		hits += endpoints_find(endpoints, addr, &facts);
	}
	found = time_monotonic_ns();
	printf("# %zu bytes loaded in %llu ms into %zu bytes; a look-up takes %llu ns\n",
	       buf_len(&buf), (unsigned long long)(loaded - start) / 1000000,
	       endpoints_bytes(endpoints), (unsigned long long)(found - loaded) / 1000000);
	assert_in_range(hits, 300000, 800000);
	/* Ten times what it takes, for sanitizers and busy machines. */
	assert_in_range((found - loaded) / 1000000, 0, 10000);
	assert_in_range((loaded - start) / 1000000, 0, 10000);
	assert_in_range(endpoints_bytes(endpoints), 1, 16 << 20);
	assert_true(find(endpoints, "10.1.0.1", &facts));
	assert_string_equal(facts.pod, "service-6553-7d9f6c5b8-10001");
	assert_string_equal(facts.namespace, "ns-37");
	endpoints_free(&endpoints);
}

static void too_many_are_refused(void **state)
{
	struct endpoints *endpoints = NULL;
	auto_buf struct buf buf = { 0 };
	char message[512] = "";

	(void)state;
	append_many(&buf, ENDPOINTS_MAX + 1);
	one_file_write(buf_bytes(&buf), buf_len(&buf));
	assert_int_equal(endpoints_load(&endpoints, one_file_path(), message, sizeof(message)),
			 -EINVAL);
	assert_string_equal(message + strlen(one_file_path()),
			    ":131074: more than 131072 endpoints");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_address_is_what_the_file_says),
		TEST(a_mistake_is_told_with_its_line_and_field),
		TEST(names_and_lists_are_bounded),
		TEST(what_is_no_file_is_refused_at_once),
		TEST(a_hundred_thousand_load_soon_and_are_found_in_no_time),
		TEST(too_many_are_refused),
	};

	return cmocka_run_group_tests_name("endpoints", tests, one_file_begin, one_file_end);
}
