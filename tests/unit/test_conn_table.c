// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pools and hashes of legs and connections: limits, reuse, order; then random operations against
 * plain arrays.
 */
#include "conn/conn_table.h"

#include "base/cleanup.h"
#include "tests/harness.h"

#define auto_maps __attribute__((cleanup(conn_maps_done)))

/* Leg number `interface` of connection number `tuple`. */
static struct weir_flow_key key_of(unsigned int tuple, unsigned int interface)
{
	return (struct weir_flow_key){ .addr = { { 0, 0, 0xffff, tuple }, { 0, 0, 0xffff, ~0U } },
				       .port = { (uint16_t)tuple, 80 },
				       .ifindex = interface,
				       .family = WEIR_IPV4,
				       .proto = 6 };
}

static uint32_t add_leg(struct conn_maps *maps, unsigned int tuple, unsigned int interface)
{
	struct weir_flow_key key = key_of(tuple, interface);

	return leg_add(maps, tuple_hash(&key), &key);
}

static uint32_t find_leg(const struct conn_maps *maps, unsigned int tuple, unsigned int interface)
{
	struct weir_flow_key key = key_of(tuple, interface);

	return leg_find(maps, tuple_hash(&key), &key);
}

static uint32_t find_conn(const struct conn_maps *maps, unsigned int tuple, unsigned int interface)
{
	struct weir_flow_key key = key_of(tuple, interface);

	return conn_find(maps, tuple_hash(&key), &key);
}

static void remove_leg(struct conn_maps *maps, unsigned int tuple, uint32_t leg)
{
	struct weir_flow_key key = key_of(tuple, 0);

	leg_remove(maps, tuple_hash(&key), leg);
}

static unsigned int count_legs(const struct conn_maps *maps, uint32_t conn)
{
	unsigned int count = 0;

	for (uint32_t at = conn_at(maps, conn)->first_leg; at; at = leg_at(maps, at)->next_in_conn)
		count++;
	return count;
}

static uint32_t new_conn(struct conn_maps *maps, unsigned int tuple)
{
	struct weir_flow_key key = key_of(tuple, 0);

	return conn_add(maps, &key);
}

static void link_conn(struct conn_maps *maps, unsigned int tuple, uint32_t conn)
{
	struct weir_flow_key key = key_of(tuple, 0);

	conn_link(maps, tuple_hash(&key), conn);
}

/* A connection of one leg, to be found by its tuple. */
static uint32_t add_conn(struct conn_maps *maps, unsigned int tuple, unsigned int interface)
{
	uint32_t conn = new_conn(maps, tuple), leg = add_leg(maps, tuple, interface);

	assert_true(conn && leg);
	conn_attach_leg(maps, conn, leg);
	link_conn(maps, tuple, conn);
	return conn;
}

static void a_leg_is_found_by_its_whole_key(void **state)
{
	static const struct {
		const char *name;
		struct weir_flow_key key;
	} others[] = {
		{ "address", { .addr = { { 1 }, { 2 } }, .port = { 3, 4 }, .ifindex = 5 } },
		{ "port", { .addr = { { 1 }, { 1 } }, .port = { 3, 5 }, .ifindex = 5 } },
		{ "interface", { .addr = { { 1 }, { 1 } }, .port = { 3, 4 }, .ifindex = 6 } },
		{ "VLAN", { .addr = { { 1 }, { 1 } }, .port = { 3, 4 }, .ifindex = 5, .vlan = 1 } },
		{ "VNI",
		  { .addr = { { 1 }, { 1 } },
		    .port = { 3, 4 },
		    .ifindex = 5,
		    .vni = { 0, 0, 1 } } },
		{ "namespace",
		  { .addr = { { 1 }, { 1 } }, .port = { 3, 4 }, .ifindex = 5, .netns = 1 } },
		{ "family",
		  { .addr = { { 1 }, { 1 } }, .port = { 3, 4 }, .ifindex = 5, .family = 4 } },
		{ "protocol",
		  { .addr = { { 1 }, { 1 } }, .port = { 3, 4 }, .ifindex = 5, .proto = 6 } },
	};
	static const struct weir_flow_key key = { .addr = { { 1 }, { 1 } },
						  .port = { 3, 4 },
						  .ifindex = 5 };
	auto_maps struct conn_maps maps;
	struct weir_flow_key found;
	uint32_t leg, conn;

	(void)state;
	assert_int_equal(conn_maps_init(&maps, 16), 0);
	leg = leg_add(&maps, tuple_hash(&key), &key);
	conn = conn_add(&maps, &key);
	assert_true(leg && conn);
	conn_attach_leg(&maps, conn, leg);
	assert_int_equal(leg_find(&maps, tuple_hash(&key), &key), leg);
	leg_get_key(&maps, leg, &found);
	assert_memory_equal(&found, &key, sizeof(key));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_row_int(others[i].name,
			       leg_find(&maps, tuple_hash(&others[i].key), &others[i].key), 0);
	conn_detach_leg(&maps, leg);
	leg_remove(&maps, tuple_hash(&key), leg);
	assert_int_equal(leg_find(&maps, tuple_hash(&key), &key), 0);
}

static void a_connection_is_found_by_its_tuple_alone(void **state)
{
	auto_maps struct conn_maps maps;
	struct weir_flow_key key = key_of(7, 1);
	uint32_t conn;

	(void)state;
	assert_int_equal(conn_maps_init(&maps, 16), 0);
	conn = add_conn(&maps, 7, 1);
	assert_int_equal(find_conn(&maps, 7, 1), conn);
	assert_int_equal(find_conn(&maps, 7, 2), conn);
	assert_int_equal(find_conn(&maps, 8, 1), 0);
	key.vlan = WEIR_VLAN_TAGGED | 100;
	assert_int_equal(conn_find(&maps, tuple_hash(&key), &key), conn);
	key.netns = 1;
	assert_int_equal(conn_find(&maps, tuple_hash(&key), &key), 0);
	key = key_of(7, 1);
	key.proto = 17;
	assert_int_equal(conn_find(&maps, tuple_hash(&key), &key), 0);
	key = key_of(7, 1);
	key.family = WEIR_IPV6;
	assert_int_equal(conn_find(&maps, tuple_hash(&key), &key), 0);
}

static void an_unlinked_connection_gives_way_to_the_next(void **state)
{
	auto_maps struct conn_maps maps;
	uint32_t old, new;

	(void)state;
	assert_int_equal(conn_maps_init(&maps, 16), 0);
	old = add_conn(&maps, 7, 1);
	conn_unlink(&maps, old);
	conn_unlink(&maps, old);
	assert_int_equal(find_conn(&maps, 7, 1), 0);
	new = add_conn(&maps, 7, 2);
	assert_int_equal(find_conn(&maps, 7, 1), new);
	/* The former's last leg takes nothing of the latter along. */
	conn_detach_leg(&maps, find_leg(&maps, 7, 1));
	assert_int_equal(find_conn(&maps, 7, 1), new);
}

static void a_connection_is_found_as_long_as_it_is_there(void **state)
{
	auto_maps struct conn_maps maps;
	uint32_t conn, legs[3];

	(void)state;
	assert_int_equal(conn_maps_init(&maps, 16), 0);
	conn = add_conn(&maps, 7, 0);
	for (unsigned int i = 0; i < 3; i++) {
		legs[i] = i ? add_leg(&maps, 7, i) : find_leg(&maps, 7, 0);
		if (i)
			conn_attach_leg(&maps, conn, legs[i]);
		assert_int_equal(leg_at(&maps, legs[i])->conn, conn);
	}
	assert_int_equal(count_legs(&maps, conn), 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(find_conn(&maps, 7, 99), conn);
		assert_int_equal(conn_at(&maps, conn)->first_leg, legs[i]);
		assert_int_equal(leg_has_others(&maps, legs[i]), i < 2);
		assert_int_equal(leg_has_others(&maps, legs[2]), i < 2);
		conn_detach_leg(&maps, legs[i]);
		assert_int_equal(leg_at(&maps, legs[i])->conn, 0);
	}
	assert_int_equal(conn_at(&maps, conn)->first_leg, 0);
	conn_remove(&maps, conn);
	assert_int_equal(find_conn(&maps, 7, 99), 0);
}

/* A broadcast passes every port of a bridge. */
static void a_connection_may_have_very_many_legs(void **state)
{
	auto_maps struct conn_maps maps;
	uint32_t conn;

	(void)state;
	assert_int_equal(conn_maps_init(&maps, 2000), 0);
	conn = add_conn(&maps, 7, 0);
	for (unsigned int i = 1; i < 1000; i++)
		conn_attach_leg(&maps, conn, add_leg(&maps, 7, i));
	for (unsigned int i = 0; i < 1000; i++) {
		uint32_t leg = find_leg(&maps, 7, i);

		assert_int_equal(find_conn(&maps, 7, 0), conn);
		assert_int_equal(count_legs(&maps, conn), 1000 - i);
		conn_detach_leg(&maps, leg);
		remove_leg(&maps, 7, leg);
	}
	assert_int_equal(conn_at(&maps, conn)->first_leg, 0);
	assert_int_equal(maps.legs.count, 0);
}

static void an_exhausted_pool_says_so_and_takes_back(void **state)
{
	auto_maps struct conn_maps maps;
	uint32_t leg;

	(void)state;
	assert_int_equal(conn_maps_init(&maps, 3), 0);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(add_conn(&maps, i, 1), i + 1);
	assert_int_equal(add_leg(&maps, 3, 1), 0);
	assert_int_equal(find_leg(&maps, 3, 1), 0);
	assert_int_equal(new_conn(&maps, 3), 0);
	leg = find_leg(&maps, 1, 1);
	leg_at(&maps, leg)->start_ns = 4711;
	conn_detach_leg(&maps, leg);
	remove_leg(&maps, 1, leg);
	assert_int_equal(add_leg(&maps, 3, 1), leg);
	assert_int_equal(leg_at(&maps, leg)->start_ns, 0);
	assert_int_equal(maps.legs.count, 3);
	assert_int_equal(add_leg(&maps, 4, 1), 0);
	conn_remove(&maps, 2);
	assert_int_equal(new_conn(&maps, 3), 2);
	assert_int_equal(conn_at(&maps, 2)->first_leg, 0);
	assert_int_equal(conn_at(&maps, 2)->is_in_hash, false);
}

static void a_table_without_room_holds_nothing(void **state)
{
	auto_maps struct conn_maps maps;

	(void)state;
	assert_int_equal(conn_maps_init(&maps, 0), 0);
	assert_int_equal(add_leg(&maps, 1, 1), 0);
	assert_int_equal(new_conn(&maps, 1), 0);
	assert_int_equal(find_leg(&maps, 1, 1), 0);
	assert_int_equal(find_conn(&maps, 1, 1), 0);
	conn_maps_done(&maps);
}

static void a_hash_depends_on_every_bit_and_the_seed(void **state)
{
	uint32_t words[12] = { 0 };
	uint64_t zero = hash_bytes(0, words, sizeof(words));

	(void)state;
	assert_true(hash_bytes(1, words, sizeof(words)) != zero);
	assert_true(hash_bytes(0, words, sizeof(words) - 4) != zero);
	for (unsigned int bit = 0; bit < sizeof(words) * 8; bit++) {
		uint64_t one, differ;

		words[bit / 32] ^= 1U << bit % 32;
		one = hash_bytes(0, words, sizeof(words));
		differ = one ^ zero;
		/* Some of the low bits, which choose the bucket, and some of the high ones. */
		assert_true((differ & 0xffff) != 0);
		assert_true(differ >> 32 != 0);
		words[bit / 32] ^= 1U << bit % 32;
	}
}

static void keys_spread_over_the_buckets(void **state)
{
	auto_maps struct conn_maps maps;
	unsigned int longest = 0;

	(void)state;
	assert_int_equal(conn_maps_init(&maps, 4096), 0);
	for (unsigned int i = 0; i < 4096; i++)
		add_conn(&maps, i, 1);
	for (unsigned int i = 0; i <= maps.mask; i++) {
		unsigned int legs = 0, conns = 0;

		for (uint32_t at = maps.heads[i]; at; at = leg_at(&maps, at)->hash_next)
			legs++;
		for (uint32_t at = maps.heads[maps.mask + 1 + i / 2]; at;
		     at = conn_at(&maps, at)->hash_next)
			conns++;
		longest = legs > longest ? legs : longest;
		longest = conns > longest ? conns : longest;
	}
	assert_true(longest < 16);
}

#define TUPLES	   1000
#define INTERFACES 3
#define CAPACITY   1200

/* What there should be. Of a tuple's legs those in the linked connection, in order. */
struct model {
	struct conn_maps maps;
	uint32_t legs[TUPLES][INTERFACES]; /* index, 0: none */
	uint32_t conns[TUPLES];
	unsigned int order[TUPLES][INTERFACES], legs_of[TUPLES];
	unsigned int leg_count, conn_count;
};

static void model_attach(struct model *model, unsigned int tuple, unsigned int interface)
{
	uint32_t leg = add_leg(&model->maps, tuple, interface);
	uint32_t *conn = &model->conns[tuple];

	assert_int_equal(leg != 0, model->leg_count < CAPACITY);
	if (!leg)
		return;
	model->leg_count++;
	model->legs[tuple][interface] = leg;
	if (!*conn) {
		*conn = new_conn(&model->maps, tuple);
		assert_int_not_equal(*conn, 0);
		model->conn_count++;
		conn_attach_leg(&model->maps, *conn, leg);
		link_conn(&model->maps, tuple, *conn);
	} else {
		conn_attach_leg(&model->maps, *conn, leg);
	}
	model->order[tuple][model->legs_of[tuple]++] = interface;
}

static void model_detach(struct model *model, unsigned int tuple, unsigned int interface)
{
	unsigned int at = 0, *order = model->order[tuple];

	conn_detach_leg(&model->maps, model->legs[tuple][interface]);
	remove_leg(&model->maps, tuple, model->legs[tuple][interface]);
	model->legs[tuple][interface] = 0;
	model->leg_count--;
	while (order[at] != interface)
		at++;
	model->legs_of[tuple]--;
	memmove(order + at, order + at + 1, (model->legs_of[tuple] - at) * sizeof(*order));
	if (model->legs_of[tuple])
		return;
	conn_remove(&model->maps, model->conns[tuple]);
	model->conns[tuple] = 0;
	model->conn_count--;
}

static void model_check(const struct model *model, unsigned int tuple)
{
	const struct conn_maps *maps = &model->maps;
	uint32_t at = 0;

	assert_int_equal(find_conn(maps, tuple, 99), model->conns[tuple]);
	for (unsigned int i = 0; i < INTERFACES; i++)
		assert_int_equal(find_leg(maps, tuple, i), model->legs[tuple][i]);
	if (!model->conns[tuple])
		return;
	assert_int_equal(count_legs(maps, model->conns[tuple]), model->legs_of[tuple]);
	at = conn_at(maps, model->conns[tuple])->first_leg;
	for (unsigned int i = 0; i < model->legs_of[tuple]; i++) {
		assert_int_equal(at, model->legs[tuple][model->order[tuple][i]]);
		at = leg_at(maps, at)->next_in_conn;
	}
	assert_int_equal(at, 0);
}

static void random_operations_are_those_of_arrays(void **state)
{
	static struct model model;

	(void)state;
	srand(4);
	assert_int_equal(conn_maps_init(&model.maps, CAPACITY), 0);
	for (int step = 0; step < 300000; step++) {
		unsigned int tuple = (unsigned int)rand() % TUPLES;
		unsigned int interface = (unsigned int)rand() % INTERFACES;

		if (!model.legs[tuple][interface])
			model_attach(&model, tuple, interface);
		else if (rand() % 3)
			model_detach(&model, tuple, interface);
		model_check(&model, tuple);
		model_check(&model, (unsigned int)rand() % TUPLES);
		assert_int_equal(model.maps.legs.count, model.leg_count);
		assert_int_equal(model.maps.conns.count, model.conn_count);
	}
	for (unsigned int tuple = 0; tuple < TUPLES; tuple++) {
		for (unsigned int i = 0; i < INTERFACES; i++) {
			if (model.legs[tuple][i])
				model_detach(&model, tuple, i);
		}
	}
	assert_int_equal(model.maps.legs.count + model.maps.conns.count, 0);
	conn_maps_done(&model.maps);
}

int main(void)
{
	return RUN_TESTS(TEST(a_leg_is_found_by_its_whole_key),
			 TEST(a_connection_is_found_by_its_tuple_alone),
			 TEST(an_unlinked_connection_gives_way_to_the_next),
			 TEST(a_connection_is_found_as_long_as_it_is_there),
			 TEST(a_connection_may_have_very_many_legs),
			 TEST(an_exhausted_pool_says_so_and_takes_back),
			 TEST(a_table_without_room_holds_nothing),
			 TEST(a_hash_depends_on_every_bit_and_the_seed),
			 TEST(keys_spread_over_the_buckets),
			 TEST(random_operations_are_those_of_arrays));
}
