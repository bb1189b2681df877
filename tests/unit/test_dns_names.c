// SPDX-License-Identifier: BSD-2-Clause
/*
 * Names learned from answers: who is told which, for how long, and how many there can be.
 */
#include "who/dns_names.h"

#include <arpa/inet.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "dns_build.h"
#include "tests/harness.h"
#include "weir/dns.h"

#define S(seconds) ((seconds)*1000000000ULL)
#define MANY	   200000

static const uint8_t client_a[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 };
static const uint8_t client_b[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 2 };

static int setup(void **state)
{
	struct dns_names *names = NULL;

	assert_int_equal(dns_names_new(&names), 0);
	*state = names;
	return 0;
}

static int teardown(void **state)
{
	struct dns_names *names = *state;

	dns_names_free(&names);
	return 0;
}

static void learn(struct dns_names *names, const uint8_t *client, const char *name,
		  const char *addr, uint32_t ttl, uint64_t now_ns)
{
	struct dns_build build = { 0 };
	struct dns_message message;

	dns_header(&build, 0x8180, 1, 1);
	dns_question(&build, name, DNS_ANY);
	dns_addr(&build, "@12", ttl, addr);
	message = dns_message_of(&build);
	dns_names_learn(names, client, &message, now_ns);
}

/* The names with a blank behind each; "~" in front if somebody else asked. */
static const char *names_of(struct dns_names *names, const uint8_t *client, const char *addr_text,
			    uint64_t now_ns)
{
	static char text[4096];
	struct dns_names_found found;
	uint8_t addr[16];
	size_t len = 0;
	int family;

	assert_int_equal(addr_parse(addr_text, addr, &family), 0);
	dns_names_find(names, client, addr, now_ns, &found);
	text[0] = '\0';
	if (found.count && !found.is_asker)
		len = (size_t)snprintf(text, sizeof(text), "~");
	for (unsigned int i = 0; i < found.count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s ", found.names[i]);
	return text;
}

static void who_asked_knows_best(void **state)
{
	struct dns_names *names = *state;

	learn(names, client_a, "A.example", "192.0.2.1", 300, S(1));
	learn(names, client_b, "b.example", "192.0.2.1", 300, S(2));
	learn(names, client_b, "six.example", "2001:db8::1", 300, S(2));
	assert_string_equal(names_of(names, client_a, "192.0.2.1", S(3)), "a.example ");
	assert_string_equal(names_of(names, client_b, "192.0.2.1", S(3)), "b.example ");
	assert_string_equal(names_of(names, client_a, "2001:db8::1", S(3)), "~six.example ");
	assert_string_equal(names_of(names, (const uint8_t[16]){ 9 }, "192.0.2.1", S(3)),
			    "~b.example a.example ");
	assert_string_equal(names_of(names, client_a, "192.0.2.2", S(3)), "");
}

static void the_last_name_comes_first_and_each_once(void **state)
{
	struct dns_names *names = *state;
	struct dns_names_stats stats;

	for (int i = 0; i < 3; i++) {
		learn(names, client_a, "one.example", "192.0.2.1", 300, S(1));
		learn(names, client_a, "two.example", "192.0.2.1", 300, S(1));
	}
	assert_string_equal(names_of(names, client_a, "192.0.2.1", S(2)),
			    "two.example one.example ");
	learn(names, client_a, "one.example", "192.0.2.1", 300, S(1));
	assert_string_equal(names_of(names, client_a, "192.0.2.1", S(2)),
			    "one.example two.example ");
	dns_names_get_stats(names, &stats);
	assert_int_equal(stats.pairs, 4); /* two of his, two of anybody's */
	assert_int_equal(stats.texts, 2);
	assert_int_equal(stats.answers, 7);
}

static void a_name_holds_for_its_ttl_within_bounds(void **state)
{
	static const struct {
		uint32_t ttl, holds_s;
	} rows[] = { { 0, 60 },	     { 59, 60 },       { 61, 61 },
		     { 3600, 3600 }, { 86401, 86400 }, { 0x7fffffff, 86400 } };
	struct dns_names *names = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char name[32];
		uint64_t learned = S(1000) + S(1000000) * i;

		snprintf(name, sizeof(name), "n%u.example", rows[i].ttl);
		learn(names, client_a, name, "192.0.2.1", rows[i].ttl, learned);
		assert_row(name, *names_of(names, client_a, "192.0.2.1",
					   learned + S(rows[i].holds_s) - 1));
		assert_row(name,
			   !*names_of(names, client_a, "192.0.2.1", learned + S(rows[i].holds_s)));
	}
	/* A shorter answer takes nothing from a longer one. */
	learn(names, client_a, "x.example", "192.0.2.1", 3600, S(9000000));
	learn(names, client_a, "x.example", "192.0.2.1", 1, S(9000000));
	assert_string_equal(names_of(names, client_a, "192.0.2.1", S(9000000) + S(3599)),
			    "x.example ");
}

static void who_floods_one_address_throws_out_his_own(void **state)
{
	struct dns_names *names = *state;
	struct dns_names_stats stats;
	char name[32];

	learn(names, client_b, "good.example", "192.0.2.7", 300, S(1));
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "n%u.example", i);
		learn(names, client_a, name, "192.0.2.1", 300, S(1));
	}
	assert_string_equal(names_of(names, client_b, "192.0.2.7", S(2)), "good.example ");
	assert_string_equal(names_of(names, client_a, "192.0.2.1", S(2)),
			    "n999.example n998.example n997.example n996.example n995.example "
			    "n994.example n993.example n992.example ");
	dns_names_get_stats(names, &stats);
	assert_int_equal(stats.pairs, 2 + 2 * DNS_NAMES_OF_PAIR);
	assert_int_equal(stats.texts, 1 + DNS_NAMES_OF_PAIR);
	assert_int_equal(stats.evicted, 2 * (1000 - DNS_NAMES_OF_PAIR));
}

static void memory_is_bounded_and_the_unused_go_first(void **state)
{
	struct dns_names *names = *state;
	struct dns_names_stats stats;
	char name[128], addr[32], text[136];
	uint64_t start = time_monotonic_ns();

	learn(names, client_b, "used.example", "192.0.2.7", 86400, S(1));
	learn(names, client_b, "unused.example", "192.0.2.8", 86400, S(1));
	for (unsigned int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "host-%u.%.*s.example", i, (int)(i % 59 + 1),
			 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
		snprintf(addr, sizeof(addr), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		learn(names, i % 2 ? client_a : client_b, name, addr, 86400, S(2));
		if (i % 1000 == 0)
			assert_string_equal(names_of(names, client_b, "192.0.2.7", S(3)),
					    "used.example ");
	}
	dns_names_get_stats(names, &stats);
	printf("# %u names, %u texts in %zu bytes; %llu ns an answer\n", stats.pairs, stats.texts,
	       stats.bytes, (unsigned long long)(time_monotonic_ns() - start) / MANY);
	assert_in_range(stats.bytes, 1, 4 << 20);
	assert_in_range(stats.pairs, 10000, DNS_NAMES_MAX);
	assert_int_equal(stats.evicted + stats.pairs, 2 * (MANY + 2));
	assert_string_equal(names_of(names, client_b, "192.0.2.8", S(3)), "");
	snprintf(text, sizeof(text), "%s ", name);
	assert_string_equal(names_of(names, client_a, addr, S(3)), text);
}

/* As long as names can be: then there is room for fewer. */
static void long_names_are_bounded_alike(void **state)
{
	struct dns_names *names = *state;
	struct dns_names_stats stats;
	char label[61], name[256], addr[32];

	memset(label, 'y', sizeof(label) - 1);
	label[60] = '\0';
	for (unsigned int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "%u.%s.%s.%s", i, label, label, label);
		snprintf(addr, sizeof(addr), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		learn(names, client_a, name, addr, 86400, S(2));
	}
	dns_names_get_stats(names, &stats);
	assert_in_range(stats.bytes, 1, 4 << 20);
	assert_in_range(stats.texts, 4000, 10000);
	assert_int_equal(stats.texts * 2, stats.pairs);
}

static void events_name_the_client_by_the_servers_place(void **state)
{
	struct dns_names *names = *state;
	struct dns_build build = { 0 };
	auto_free struct weir_dns_event *event = calloc(1, sizeof(*event) + WEIR_DNS_SHORT);

	assert_non_null(event);
	dns_header(&build, 0x8180, 1, 1);
	dns_question(&build, "a.example", DNS_A);
	dns_addr(&build, "@12", 300, "192.0.2.1");
	memcpy(event->data, build.bytes, build.len);
	event->len = (__u16)build.len;
	memcpy(event->key.addr[0], client_a, 16);
	memcpy(event->key.addr[1], client_b, 16);
	event->hdr.dir = 1;
	event->key.port[1] = htons(53);
	dns_names_event(names, event, S(1));
	assert_string_equal(names_of(names, client_a, "192.0.2.1", S(2)), "a.example ");
	assert_string_equal(names_of(names, client_b, "192.0.2.1", S(2)), "~a.example ");
	/* mDNS: nobody's in particular. */
	build.len = 0;
	dns_header(&build, 0x8400, 0, 1);
	dns_addr(&build, "printer.local", 300, "192.0.2.9");
	memcpy(event->data, build.bytes, build.len);
	event->len = (__u16)build.len;
	event->key.port[1] = htons(5353);
	dns_names_event(names, event, S(1));
	assert_string_equal(names_of(names, client_a, "192.0.2.9", S(2)), "~printer.local ");
}

static void what_is_of_no_use_is_counted(void **state)
{
	struct dns_names *names = *state;
	const struct dns_message nothing = { .bytes = (const uint8_t *)"", .len = 0 };
	struct dns_build build = { 0 };
	struct dns_message message;
	struct dns_names_stats stats;

	dns_names_learn(names, client_a, &nothing, S(1));
	dns_header(&build, 0x8183, 1, 0);
	dns_question(&build, "a.example", DNS_A);
	message = dns_message_of(&build);
	dns_names_learn(names, client_a, &message, S(1));
	dns_names_get_stats(names, &stats);
	assert_int_equal(stats.answers, 2);
	assert_int_equal(stats.malformed, 1);
	assert_int_equal(stats.useless, 1);
	assert_int_equal(stats.pairs, 0);
}

#define NAMES_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	return RUN_TESTS(NAMES_TEST(who_asked_knows_best),
			 NAMES_TEST(the_last_name_comes_first_and_each_once),
			 NAMES_TEST(a_name_holds_for_its_ttl_within_bounds),
			 NAMES_TEST(who_floods_one_address_throws_out_his_own),
			 NAMES_TEST(memory_is_bounded_and_the_unused_go_first),
			 NAMES_TEST(long_names_are_bounded_alike),
			 NAMES_TEST(events_name_the_client_by_the_servers_place),
			 NAMES_TEST(what_is_of_no_use_is_counted));
}
