// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which interface gets a slot of its own: all of them, where there are as many as a host may have,
 * however its numbers lie.
 */
#include "tests/harness.h"

#include <unistd.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "tests/at_once.h"

#define SLOTS 1024

static struct datapath *datapath;
static uint32_t slots[1 << 16]; /* by ifindex; 0: none */

static void add(uint32_t ifindex)
{
	const struct datapath_iface iface = { .ifindex = ifindex, .has_ethernet = true };
	int slot = datapath_iface_add(datapath, &iface);

	if (slot <= 0)
		fail_msg("no slot for interface %u: %d", ifindex, slot);
	assert_in_range(slot, 1, SLOTS - 1);
	slots[ifindex] = (uint32_t)slot;
}

static void take(uint32_t ifindex)
{
	datapath_iface_remove(datapath, slots[ifindex]);
	slots[ifindex] = 0;
}

static int setup(void **state)
{
	const struct datapath_options options = { .max_flows = 64,
						  .max_ifaces = SLOTS,
						  .ring_bytes = 4096 };

	(void)state;
	memset(slots, 0, sizeof(slots));
	return datapath_new(&datapath, &options);
}

static int teardown(void **state)
{
	(void)state;
	datapath_free(&datapath);
	return 0;
}

/* A host whose own interfaces have the first numbers, and whose pods come and go for long. */
static void crowds_that_come_and_go_all_get_slots_beside_those_that_stay(void **state)
{
	enum {
		STAY = 40,
		AT_ONCE = 400,
		IN_ALL = 8 * SLOTS
	};

	(void)state;
	for (uint32_t i = 1; i <= STAY; i++)
		add(i);
	for (uint32_t i = STAY + 1; i <= IN_ALL; i++) {
		if (i > STAY + AT_ONCE)
			take(i - AT_ONCE);
		add(i);
	}
	for (uint32_t i = 1; i <= STAY; i++)
		assert_int_equal(slots[i], i);
}

static void no_two_interfaces_share_a_slot(void **state)
{
	static bool is_taken[SLOTS];

	(void)state;
	/* The first places of each four are the same one. */
	for (uint32_t i = 1; i <= 100; i++) {
		for (uint32_t lap = 0; lap < 4; lap++)
			add(i + lap * SLOTS);
	}
	for (size_t i = 0; i < ARRAY_SIZE(slots); i++) {
		assert_false(slots[i] && is_taken[slots[i]]);
		is_taken[slots[i]] = slots[i] != 0;
	}
}

static void a_slot_is_read_as_it_was_given(void **state)
{
	const struct datapath_iface iface = { .ifindex = 5,
					      .has_ethernet = true,
					      .gso_max = { 65536, 0 } };
	struct weir_iface read;
	int slot = datapath_iface_add(datapath, &iface);

	(void)state;
	assert_true(slot > 0);
	assert_int_equal(datapath_iface_read(datapath, (uint32_t)slot, &read), 0);
	assert_int_equal(read.ifindex, 5);
	assert_true(read.has_ethernet);
	assert_int_equal(read.gso_max[0], 65536);
	assert_int_equal(read.gso_max[1], UINT32_MAX); /* any */
}

/* A UDP packet at the ingress of lo, which is where test runs are. */
static void pass_one(void)
{
	uint8_t packet[64] = { [12] = 8,  [14] = 0x45, [17] = 50, [23] = 17,
			       [26] = 10, [30] = 10,   [33] = 1,  [39] = 30 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	assert_int_equal(bpf_prog_test_run_opts(datapath_prog_fd(datapath, DATAPATH_TC_IN), &opts),
			 0);
}

struct found {
	uint32_t count;
	uint64_t packets[2]; /* of the first key, and of the second */
};

static void find(void *ctx, const struct weir_flow_key *keys, const struct weir_flow *flows,
		 uint32_t count)
{
	struct found *found = ctx;

	found->count += count;
	for (uint32_t i = 0; i < count; i++)
		found->packets[keys[i].ifindex != 1] += flows[i].dir[0].packets;
}

static void what_the_next_interface_of_an_ifindex_counts_is_its_own(void **state)
{
	const struct datapath_iface first = { .ifindex = 1, .has_ethernet = true };
	const struct datapath_iface second = { .ifindex = 1,
					       .key_ifindex = WEIR_KEY_IFINDEX_OWN | 1,
					       .has_ethernet = true };
	struct datapath_cursor cursor = { 0 };
	struct found found = { 0 };
	struct weir_iface counted;
	bool is_done;
	int slot;

	(void)state;
	slot = datapath_iface_add(datapath, &first);
	assert_true(slot > 0);
	for (int i = 0; i < 3; i++)
		pass_one();
	datapath_iface_remove(datapath, (uint32_t)slot);
	pass_one(); /* of nobody */
	slot = datapath_iface_add(datapath, &second);
	assert_true(slot > 0);
	assert_int_equal(datapath_iface_read(datapath, (uint32_t)slot, &counted), 0);
	assert_int_equal(counted.raw[WEIR_INGRESS].packets, 0);
	pass_one();
	assert_int_equal(datapath_iface_read(datapath, (uint32_t)slot, &counted), 0);
	assert_int_equal(counted.raw[WEIR_INGRESS].packets, 1);
	assert_int_equal(datapath_sweep(datapath, &cursor, find, &found, &is_done), 2);
	assert_int_equal(found.packets[0], 3);
	assert_int_equal(found.packets[1], 1);
}

#define SLOT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	if (geteuid())
		return skip_all("needs root");
	return RUN_TESTS(SLOT_TEST(crowds_that_come_and_go_all_get_slots_beside_those_that_stay),
			 SLOT_TEST(no_two_interfaces_share_a_slot),
			 SLOT_TEST(a_slot_is_read_as_it_was_given),
			 SLOT_TEST(what_the_next_interface_of_an_ifindex_counts_is_its_own));
}
