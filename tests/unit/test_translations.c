// SPDX-License-Identifier: BSD-2-Clause
/*
 * Translations: a tuple comes back as it went in; who is equal, who is counted how often, what
 * finds room; and random operations against plain counts.
 */
#include "who/translations.h"

#include <netinet/in.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "tests/harness.h"

#define auto_translations __attribute__((cleanup(translations_free)))

static struct nat_tuple tuple(uint8_t proto, const char *source, uint16_t source_port,
			      const char *destination, uint16_t destination_port)
{
	struct nat_tuple tuple = { .source_port = source_port,
				   .destination_port = destination_port,
				   .proto = proto };
	int family;

	assert_int_equal(addr_parse(source, tuple.source, &family), 0);
	assert_int_equal(addr_parse(destination, tuple.destination, &family), 0);
	tuple.family = (uint8_t)family;
	return tuple;
}

enum {
	SAME_INITIATOR = TRANSLATION_SAME_INITIATOR,
	SAME_RESPONDER = TRANSLATION_SAME_RESPONDER,
	SAME_PORT = TRANSLATION_SAME_PORT,
};

static const struct pair {
	const char *name;
	uint8_t proto;
	const char *source;
	uint16_t source_port;
	const char *destination;
	uint16_t destination_port;
	/* the other */
	const char *other_source;
	uint16_t other_source_port;
	const char *other_destination;
	uint16_t other_destination_port;
	uint8_t is_same;
} pairs[] = {
	{ "dnat", IPPROTO_TCP, "10.0.0.1", 40000, "10.96.0.1", 80, "10.0.0.1", 40000, "10.0.0.2",
	  8080, SAME_INITIATOR },
	{ "redirect to another port", IPPROTO_UDP, "10.0.0.1", 40000, "10.0.0.9", 53, "10.0.0.1",
	  40000, "10.0.0.9", 5353, SAME_INITIATOR | SAME_RESPONDER },
	{ "masquerade", IPPROTO_TCP, "10.0.0.1", 40000, "192.0.2.9", 80, "192.0.2.1", 51000,
	  "192.0.2.9", 80, SAME_RESPONDER | SAME_PORT },
	{ "both", IPPROTO_TCP, "10.0.0.1", 40000, "10.96.0.1", 80, "10.0.0.254", 1, "10.0.0.2",
	  8080, 0 },
	{ "IPv6", IPPROTO_TCP, "fd00::1", 40000, "fd96::1", 80, "fd00::1", 40000, "fd00::2", 65535,
	  SAME_INITIATOR },
	{ "ping", IPPROTO_ICMP, "10.0.0.1", 7, "192.0.2.9", 7, "192.0.2.1", 8, "192.0.2.9", 8,
	  SAME_RESPONDER },
	{ "ping, IPv6", IPPROTO_ICMPV6, "fd00::1", 7, "fd96::1", 7, "fd00::1", 0, "fd00::2", 0,
	  SAME_INITIATOR },
	{ "no ports", IPPROTO_ESP, "10.0.0.1", 0, "10.96.0.1", 0, "10.0.0.1", 0, "10.0.0.2", 0,
	  SAME_INITIATOR | SAME_PORT },
};

static void the_other_tuple_comes_back_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const struct pair *pair = &pairs[i];
		struct nat_tuple own = tuple(pair->proto, pair->source, pair->source_port,
					     pair->destination, pair->destination_port);
		struct nat_answer answer = {
			.other = tuple(pair->proto, pair->other_source, pair->other_source_port,
				       pair->other_destination, pair->other_destination_port),
			.role = i % NAT_ROLE_MAX
		};
		struct translation translation;
		struct nat_tuple back;

		translation_of(&answer, &own, &translation);
		assert_row_int(pair->name, translation.role, i % NAT_ROLE_MAX);
		assert_row_int(pair->name, translation.is_same, pair->is_same);
		assert_row(pair->name, !translation.port || !(translation.is_same & SAME_PORT));
		translation_apply(&translation, answer.other.source_port, &own, &back);
		assert_row(pair->name, nat_tuple_is_equal(&back, &answer.other));
	}
}

static struct translation numbered(uint16_t number)
{
	return (struct translation){ .port = number };
}

static uint32_t get(struct translations *translations, uint16_t number)
{
	struct translation translation = numbered(number);

	return translations_get(translations, &translation, false);
}

static struct translations_stats stats_of(const struct translations *translations)
{
	struct translations_stats stats;

	translations_get_stats(translations, &stats);
	return stats;
}

/* Two clients of a service, and what one client has masqueraded to two servers. */
static void connections_share_what_they_have_in_common(void **state)
{
	static const struct {
		const char *name, *source, *destination, *other_source, *other_destination;
		uint16_t port, other_port;
	} rows[] = {
		{ "service", "10.0.0.1", "10.96.0.1", "10.0.0.1", "10.0.0.2", 80, 8080 },
		{ "service", "10.0.0.7", "10.96.0.1", "10.0.0.7", "10.0.0.2", 80, 8080 },
		{ "masquerade", "10.0.0.1", "192.0.2.8", "192.0.2.1", "192.0.2.8", 443, 443 },
		{ "masquerade", "10.0.0.1", "192.0.2.9", "192.0.2.1", "192.0.2.9", 53, 53 },
	};
	auto_translations struct translations *translations = NULL;
	uint32_t numbers[ARRAY_SIZE(rows)];

	(void)state;
	assert_int_equal(translations_new(&translations, 4), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct nat_tuple own = tuple(IPPROTO_TCP, rows[i].source, (uint16_t)(40000 + i),
					     rows[i].destination, rows[i].port);
		struct nat_answer answer = {
			.other = tuple(IPPROTO_TCP, rows[i].other_source, (uint16_t)(50000 + i),
				       rows[i].other_destination, rows[i].other_port)
		};
		struct translation translation;

		translation_of(&answer, &own, &translation);
		numbers[i] = translations_get(translations, &translation, false);
		assert_row(rows[i].name, numbers[i]);
	}
	assert_int_equal(numbers[0], numbers[1]);
	assert_int_equal(numbers[2], numbers[3]);
	assert_int_not_equal(numbers[0], numbers[2]);
	assert_int_equal(stats_of(translations).held, 2);
}

static void the_last_holder_frees_the_place(void **state)
{
	auto_translations struct translations *translations = NULL;
	uint32_t one, two;

	(void)state;
	assert_int_equal(translations_new(&translations, 2), 0);
	one = get(translations, 1);
	two = get(translations, 2);
	assert_int_not_equal(one, two);
	assert_int_equal(get(translations, 3), 0);
	assert_int_equal(stats_of(translations).refused, 1);
	translations_ref(translations, one);
	translations_unref(translations, one);
	assert_int_equal(get(translations, 3), 0);
	translations_unref(translations, one);
	assert_int_equal(get(translations, 3), one);
	assert_int_equal(translations_at(translations, one)->port, 3);
	assert_int_equal(translations_at(translations, two)->port, 2);
	translations_ref(translations, 0);
	translations_unref(translations, 0);
	assert_int_equal(stats_of(translations).held, 2);
}

/* A flood must not take the room of those that get answers. */
static void half_open_connections_have_three_quarters(void **state)
{
	auto_translations struct translations *translations = NULL;
	struct translation translation;

	(void)state;
	assert_int_equal(translations_new(&translations, 16), 0);
	for (uint16_t i = 0; i < 20; i++) {
		translation = numbered(i);
		assert_int_equal(translations_get(translations, &translation, true) != 0, i < 12);
	}
	/* One that is there is found all the same. */
	translation = numbered(3);
	assert_int_not_equal(translations_get(translations, &translation, true), 0);
	for (uint16_t i = 100; i < 104; i++)
		assert_int_not_equal(get(translations, i), 0);
	assert_int_equal(get(translations, 104), 0);
	assert_int_equal(stats_of(translations).refused, 8 + 1);
}

static void random_operations_agree_with_plain_counts(void **state)
{
	enum {
		KINDS = 40,
		ROOM = 24,
	};
	auto_translations struct translations *translations = NULL;
	uint32_t refs[KINDS] = { 0 }, numbers[KINDS] = { 0 }, held = 0;

	(void)state;
	srand(4);
	assert_int_equal(translations_new(&translations, ROOM), 0);
	for (unsigned int step = 0; step < 20000; step++) {
		unsigned int kind = (unsigned int)rand() % KINDS;

		if (rand() % 2) {
			uint32_t number = get(translations, (uint16_t)kind);

			assert_int_equal(number != 0, refs[kind] || held < ROOM);
			if (!number)
				continue;
			assert_true(!refs[kind] || number == numbers[kind]);
			numbers[kind] = number;
			held += !refs[kind]++;
		} else if (refs[kind]) {
			translations_unref(translations, numbers[kind]);
			held -= !--refs[kind];
		}
		assert_int_equal(stats_of(translations).held, held);
		if (refs[kind])
			assert_int_equal(translations_at(translations, numbers[kind])->port, kind);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(the_other_tuple_comes_back_as_it_was),
			 TEST(connections_share_what_they_have_in_common),
			 TEST(the_last_holder_frees_the_place),
			 TEST(half_open_connections_have_three_quarters),
			 TEST(random_operations_agree_with_plain_counts));
}
