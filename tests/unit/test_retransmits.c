// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sockets that send again, and the connections they belong to, against a map of the test's own.
 */
#include "kernel/retransmits.h"

#include "base/addr.h"
#include "base/cleanup.h"
#include "tests/harness.h"

#define OWN_NETNS 4026531840U
#define POD_NETNS 4026532000U
#define TCP_SYN	  0x02
#define SECOND	  1000000000ULL
#define KEEP	  (3600 * SECOND)

#define auto_retransmits __attribute__((cleanup(retransmits_free)))

/* The kernel's side. */
static struct {
	struct weir_retransmit_key keys[16];
	struct weir_retransmit values[16];
	unsigned int count;
	unsigned int reads, lookups;
	uint32_t more; /* entries that are told of beside these: like the first, of other peers */
	struct weir_retransmit_sums sums;
} kernel;

static int kernel_read(void *ctx, retransmits_entry_fn fn, void *fn_ctx)
{
	struct weir_retransmit_key keys[16];
	struct weir_retransmit values[16];
	unsigned int count = kernel.count;

	(void)ctx;
	memcpy(keys, kernel.keys, sizeof(keys));
	memcpy(values, kernel.values, sizeof(values));
	kernel.reads++;
	for (unsigned int i = 0; i < count; i++)
		fn(fn_ctx, &keys[i], &values[i]);
	for (uint32_t i = 0; i < kernel.more; i++) {
		keys[0].addr[1][3]++;
		fn(fn_ctx, &keys[0], &values[0]);
	}
	return 0;
}

static int kernel_lookup(void *ctx, const struct weir_retransmit_key *key,
			 struct weir_retransmit *ret)
{
	(void)ctx;
	kernel.lookups++;
	for (unsigned int i = 0; i < kernel.count; i++) {
		if (!memcmp(&kernel.keys[i], key, sizeof(*key))) {
			*ret = kernel.values[i];
			return 0;
		}
	}
	return -ENOENT;
}

static int kernel_take(void *ctx, const struct weir_retransmit_key *key,
		       struct weir_retransmit *ret)
{
	(void)ctx;
	for (unsigned int i = 0; i < kernel.count; i++) {
		if (memcmp(&kernel.keys[i], key, sizeof(*key)) != 0)
			continue;
		*ret = kernel.values[i];
		kernel.count--;
		kernel.keys[i] = kernel.keys[kernel.count];
		kernel.values[i] = kernel.values[kernel.count];
		return 0;
	}
	return -ENOENT;
}

static const struct retransmits_ops ops = { .read = kernel_read,
					    .lookup = kernel_lookup,
					    .take = kernel_take };

static struct retransmits *begin(void)
{
	const struct retransmits_options options = { .sums = &kernel.sums,
						     .netns = OWN_NETNS,
						     .keep_ns = KEEP };
	struct retransmits *retransmits = NULL;

	memset(&kernel, 0, sizeof(kernel));
	assert_int_equal(retransmits_new(&retransmits, &options, &ops, NULL), 0);
	return retransmits;
}

struct end {
	const char *addr;
	uint16_t port;
};

static const struct end client = { "10.0.0.1", 40000 };
static const struct end server = { "10.0.0.2", 80 };

static void put_addr(__be32 to[static 4], const char *text)
{
	uint8_t addr[16];
	int family;

	assert_int_equal(addr_parse(text, addr, &family), 0);
	memcpy(to, addr, sizeof(addr));
}

static struct weir_retransmit_key key_of(struct end own, struct end other, uint32_t base)
{
	struct weir_retransmit_key key = { .base = base };

	put_addr(key.addr[0], own.addr);
	put_addr(key.addr[1], other.addr);
	key.port[0] = __builtin_bswap16(own.port);
	key.port[1] = __builtin_bswap16(other.port);
	return key;
}

/* The socket says its total, whether there is an entry of it or not. */
static void resend(struct weir_retransmit_key key, uint32_t total, uint32_t now, uint32_t netns)
{
	unsigned int i = 0;

	while (i < kernel.count && memcmp(&kernel.keys[i], &key, sizeof(key)) != 0)
		i++;
	if (i == kernel.count) {
		kernel.keys[kernel.count] = key;
		kernel.values[kernel.count++] =
			(struct weir_retransmit){ .before = total - now, .netns = netns };
	}
	kernel.values[i].total = total;
	kernel.sums.changes++;
}

/* A leg of the connection, endpoint 0 the client; isn 0: its SYN was not seen. */
struct leg {
	struct weir_flow_key key;
	struct weir_flow flow;
};

static struct leg leg_of(struct end a, struct end b, uint32_t isn_a, uint32_t isn_b)
{
	struct leg leg = { .key = { .family = WEIR_IPV4, .proto = 6 } };

	put_addr(leg.key.addr[0], a.addr);
	put_addr(leg.key.addr[1], b.addr);
	leg.key.port[0] = __builtin_bswap16(a.port);
	leg.key.port[1] = __builtin_bswap16(b.port);
	leg.flow.dir[0].isn = isn_a;
	leg.flow.dir[0].flags = isn_a ? TCP_SYN : 0;
	leg.flow.dir[1].isn = isn_b;
	leg.flow.dir[1].flags = isn_b ? TCP_SYN : 0;
	return leg;
}

/* -1: nothing is known. */
static long ask_end(struct retransmits *retransmits, const struct leg *leg, int dir, bool is_end)
{
	uint32_t value;

	if (!retransmits_get(retransmits, &leg->key, &leg->flow, dir, is_end, &value))
		return -1;
	return (long)value;
}

static long ask(struct retransmits *retransmits, const struct leg *leg, int dir)
{
	return ask_end(retransmits, leg, dir, false);
}

static unsigned int held(const struct retransmits *retransmits)
{
	struct retransmits_stats stats;

	retransmits_get_stats(retransmits, &stats);
	return (unsigned int)stats.sockets;
}

static void both_ends_of_a_connection_have_their_own(void **state)
{
	auto_retransmits struct retransmits *retransmits = begin();
	struct leg leg = leg_of(client, server, 1000, 5000);

	(void)state;
	resend(key_of(client, server, 1000), 3, 1, OWN_NETNS);
	resend(key_of(server, client, 5001), 7, 2,
	       POD_NETNS); /* who accepts begins behind its SYN */
	retransmits_pass(retransmits, SECOND);
	assert_int_equal(ask(retransmits, &leg, 0), 3);
	assert_int_equal(ask(retransmits, &leg, 1), 7);
}

static void nothing_is_read_where_nothing_has_changed(void **state)
{
	auto_retransmits struct retransmits *retransmits = begin();
	struct leg leg = leg_of(client, server, 1000, 5000);

	(void)state;
	for (int i = 0; i < 100; i++) {
		retransmits_pass(retransmits, i * SECOND);
	}
	assert_int_equal(kernel.reads, 0);
	assert_int_equal(ask(retransmits, &leg, 0), -1);
	assert_int_equal(ask_end(retransmits, &leg, 0, true), -1);
	assert_int_equal(kernel.reads + kernel.lookups, 0);
	resend(key_of(client, server, 1000), 1, 1, OWN_NETNS);
	for (int i = 100; i < 200; i++)
		retransmits_pass(retransmits, i * SECOND);
	assert_int_equal(kernel.reads, 1);
}

/* Between two passes who asks for the last time gets what is there by then. */
static void the_last_answer_is_the_newest(void **state)
{
	auto_retransmits struct retransmits *retransmits = begin();
	struct leg leg = leg_of(client, server, 1000, 5000);

	(void)state;
	leg.flow.initiator = WEIR_BY_SYN << 1;
	resend(key_of(client, server, 1000), 1, 1, OWN_NETNS);
	retransmits_pass(retransmits, SECOND);
	resend(key_of(client, server, 1000), 3, 1, OWN_NETNS);
	resend(key_of(server, client, 5001), 7, 2, POD_NETNS);
	assert_int_equal(ask(retransmits, &leg, 0), 1);
	assert_int_equal(ask_end(retransmits, &leg, 0, true), 3);
	assert_int_equal(ask_end(retransmits, &leg, 1, true), 7);
	assert_int_equal(kernel.reads, 1);
	assert_int_equal(kernel.lookups, 2);
	retransmits_pass(retransmits, 2 * SECOND);
	assert_int_equal(ask(retransmits, &leg, 1), 7);
	assert_int_equal(held(retransmits), 2);
	for (int i = 3; i < 70; i++)
		retransmits_pass(retransmits, i * SECOND);
	assert_int_equal(kernel.count + held(retransmits), 0);
}

static void so_it_is_if_no_syn_was_seen(void **state)
{
	auto_retransmits struct retransmits *retransmits = begin();
	struct leg leg = leg_of(client, server, 0, 0);

	(void)state;
	resend(key_of(server, client, 5001), 7, 2, POD_NETNS);
	assert_int_equal(ask_end(retransmits, &leg, 1, true), 2);
	assert_int_equal(kernel.reads, 1);
}

static void another_use_of_the_tuple_is_another_connection(void **state)
{
	auto_retransmits struct retransmits *retransmits = begin();
	struct leg first = leg_of(client, server, 1000, 5000);
	struct leg second = leg_of(client, server, 2000, 6000);

	(void)state;
	resend(key_of(client, server, 1000), 3, 1, OWN_NETNS);
	resend(key_of(client, server, 2000), 1, 1, OWN_NETNS);
	retransmits_pass(retransmits, SECOND);
	assert_int_equal(ask(retransmits, &first, 0), 3);
	assert_int_equal(ask(retransmits, &second, 0), 1);
	assert_int_equal(ask(retransmits, &second, 1), -1);
}

static void a_sequence_number_may_be_the_last_of_its_circle(void **state)
{
	auto_retransmits struct retransmits *retransmits = begin();
	struct leg leg = leg_of(client, server, 1000, UINT32_MAX);

	(void)state;
	resend(key_of(server, client, 0), 4, 1, OWN_NETNS);
	retransmits_pass(retransmits, SECOND);
	assert_int_equal(ask(retransmits, &leg, 1), 4);
}

static void an_older_connection_counts_from_when_it_was_seen(void **state)
{
	auto_retransmits struct retransmits *retransmits = begin();
	struct weir_retransmit_key key = key_of(client, server, 1000);
	struct leg leg = leg_of(client, server, 0, 0);

	(void)state;
	resend(key, 102, 2, OWN_NETNS);
	retransmits_pass(retransmits, SECOND);
	assert_int_equal(ask(retransmits, &leg, 0), 2);
	for (int i = 2; i < 12; i++) /* it rests, and its entry goes */
		retransmits_pass(retransmits, i * SECOND);
	assert_int_equal(kernel.count, 0);
	resend(key, 105, 1, OWN_NETNS);
	retransmits_pass(retransmits, 13 * SECOND);
	assert_int_equal(ask(retransmits, &leg, 0), 5);
}

static void an_older_connection_is_the_one_that_goes_on(void **state)
{
	auto_retransmits struct retransmits *retransmits = begin();
	struct leg leg = leg_of(client, server, 0, 0);

	(void)state;
	resend(key_of(client, server, 1000), 2, 2, OWN_NETNS);
	retransmits_pass(retransmits, SECOND);
	assert_int_equal(ask_end(retransmits, &leg, 0, true), 2);
	assert_int_equal(ask(retransmits, &leg, 0), -1); /* the tuple's next use */
	resend(key_of(client, server, 2000), 1, 1, OWN_NETNS);
	retransmits_pass(retransmits, 2 * SECOND);
	assert_int_equal(ask(retransmits, &leg, 0), 1);
}

static void an_entry_that_rests_leaves_the_kernel_with_its_last_value(void **state)
{
	auto_retransmits struct retransmits *retransmits = begin();
	struct weir_retransmit_key key = key_of(client, server, 1000);
	struct leg leg = leg_of(client, server, 1000, 5000);

	(void)state;
	resend(key, 3, 1, OWN_NETNS);
	retransmits_pass(retransmits, SECOND);
	retransmits_pass(retransmits, 2 * SECOND);
	retransmits_pass(retransmits, 3 * SECOND);
	assert_int_equal(kernel.count, 1);
	kernel.values[0].total = 4; /* between the look and the removal: no change is told yet */
	retransmits_pass(retransmits, 4 * SECOND);
	assert_int_equal(kernel.count, 0);
	assert_int_equal(ask(retransmits, &leg, 0), 4);
	assert_int_equal(held(retransmits), 1);
}

static void it_is_forgotten_when_its_connection_was_told_the_last_time(void **state)
{
	auto_retransmits struct retransmits *retransmits = begin();
	struct leg leg = leg_of(client, server, 1000, 5000);

	(void)state;
	resend(key_of(client, server, 1000), 3, 1, OWN_NETNS);
	retransmits_pass(retransmits, SECOND);
	assert_int_equal(ask_end(retransmits, &leg, 0, true), 3);
	for (int i = 2; i < 70; i++)
		retransmits_pass(retransmits, i * SECOND);
	assert_int_equal(kernel.count, 0);
	assert_int_equal(held(retransmits), 0);
}

static void a_connection_that_lives_is_remembered_for_long(void **state)
{
	auto_retransmits struct retransmits *retransmits = begin();
	struct leg leg = leg_of(client, server, 1000, 5000);

	(void)state;
	resend(key_of(client, server, 1000), 3, 1, OWN_NETNS);
	resend(key_of(server, client, 777), 1, 1, POD_NETNS); /* nobody asks for it */
	retransmits_pass(retransmits, SECOND);
	assert_int_equal(ask(retransmits, &leg, 0), 3);
	for (int i = 2; i < 600; i++)
		retransmits_pass(retransmits, i * SECOND);
	assert_int_equal(held(retransmits), 1);
	assert_int_equal(ask(retransmits, &leg, 0), 3);
	for (int i = 600; i < 8000; i++)
		retransmits_pass(retransmits, i * SECOND);
	assert_int_equal(held(retransmits), 0);
}

static void of_others_loopbacks_nothing_is_kept(void **state)
{
	static const struct end a = { "127.0.0.1", 40000 }, b = { "127.0.0.1", 80 };
	auto_retransmits struct retransmits *retransmits = begin();
	struct leg leg = leg_of(a, b, 1000, 5000);

	(void)state;
	resend(key_of(a, b, 1000), 3, 1, POD_NETNS);
	resend(key_of(b, a, 5001), 1, 1, OWN_NETNS);
	retransmits_pass(retransmits, SECOND);
	assert_int_equal(kernel.count, 1);
	assert_int_equal(held(retransmits), 1);
	assert_int_equal(ask(retransmits, &leg, 0), -1);
	assert_int_equal(ask(retransmits, &leg, 1), 1);
}

static void what_finds_no_place_is_counted(void **state)
{
	auto_retransmits struct retransmits *retransmits = begin();
	struct retransmits_stats stats;

	(void)state;
	resend(key_of(client, server, 0), 1, 1, OWN_NETNS);
	kernel.more = RETRANSMITS_KEPT_MAX;
	retransmits_pass(retransmits, SECOND);
	retransmits_get_stats(retransmits, &stats);
	assert_int_equal(stats.sockets, RETRANSMITS_KEPT_MAX);
	assert_int_equal(stats.no_room, 1);
}

int main(void)
{
	return RUN_TESTS(TEST(both_ends_of_a_connection_have_their_own),
			 TEST(nothing_is_read_where_nothing_has_changed),
			 TEST(the_last_answer_is_the_newest), TEST(so_it_is_if_no_syn_was_seen),
			 TEST(another_use_of_the_tuple_is_another_connection),
			 TEST(a_sequence_number_may_be_the_last_of_its_circle),
			 TEST(an_older_connection_counts_from_when_it_was_seen),
			 TEST(an_older_connection_is_the_one_that_goes_on),
			 TEST(an_entry_that_rests_leaves_the_kernel_with_its_last_value),
			 TEST(it_is_forgotten_when_its_connection_was_told_the_last_time),
			 TEST(a_connection_that_lives_is_remembered_for_long),
			 TEST(of_others_loopbacks_nothing_is_kept),
			 TEST(what_finds_no_place_is_counted));
}
