// SPDX-License-Identifier: BSD-2-Clause
/*
 * Glances at sockets: how often the kernel is asked, and what is told where it is not.
 */
#include "who/glances.h"

#include <netinet/in.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/harness.h"

#define auto_glances __attribute__((cleanup(glances_free)))

/* A kernel in which process 7 listens at port 80 of each namespace, and 8 at 53 of UDP. */
struct kernel {
	unsigned int asked;
	int error;
	bool is_accepted; /* whatever is asked for has a socket of its own, of process 9 */
	int nsid;	  /* that was asked for last */
};

static int lookup(void *ctx, struct weir_lookup *lookups, size_t count)
{
	struct kernel *kernel = ctx;
	const struct weir_tuple *tuple = &lookups->tuple;
	__be16 port = tuple->port[tuple->own];

	assert_int_equal(count, 1);
	kernel->asked++;
	kernel->nsid = lookups->nsid;
	if (kernel->error)
		return kernel->error;
	if (kernel->is_accepted) {
		lookups->is_found = 1;
		lookups->owner = (struct weir_owner){ .tgid = 9, .via = WEIR_VIA_USER };
	} else if (tuple->proto == IPPROTO_TCP && port == htons(80)) {
		lookups->is_found = 1;
		lookups->owner = (struct weir_owner){ .tgid = 7,
						      .via = WEIR_VIA_CREATOR,
						      .flags = WEIR_OWNER_LISTENER };
	} else if (tuple->proto == IPPROTO_UDP && port == htons(53)) {
		lookups->is_found = 1;
		lookups->owner = (struct weir_owner){ .tgid = 8, .via = WEIR_VIA_CREATOR };
	} else if (port == htons(81)) { /* older than the agent, and not looked at yet */
		lookups->is_found = 1;
	}
	return 0;
}

static struct weir_tuple tuple_of(uint8_t proto, uint16_t port, uint16_t peer)
{
	struct weir_tuple tuple = { .family = 4, .proto = proto, .own = 1 };

	tuple.addr[1][3] = htonl(0x0a000001);
	tuple.addr[0][3] = htonl(0x0a000002);
	tuple.port[1] = htons(port);
	tuple.port[0] = htons(peer);
	return tuple;
}

/* The process at a port; 0: not told. */
static uint32_t at(struct glances *glances, uint8_t proto, uint16_t port, uint16_t peer, int nsid,
		   uint64_t now_ns)
{
	const struct weir_tuple tuple = tuple_of(proto, port, peer);
	struct weir_owner owner = { .tgid = 0 };

	return glance(glances, &tuple, nsid, now_ns, &owner) ? owner.tgid : 0;
}

/* At closed ports, until no more is asked in this time. */
static void exhaust(struct glances *glances, uint64_t now_ns)
{
	for (unsigned int i = 0; i < GLANCES_MAX; i++)
		assert_int_equal(at(glances, IPPROTO_TCP, 9, (uint16_t)i, -1, now_ns), 0);
}

static void who_waits_is_told(void **state)
{
	auto_glances struct glances *glances = NULL;
	struct kernel kernel = { 0 };

	(void)state;
	assert_int_equal(glances_new(&glances, lookup, &kernel), 0);
	assert_int_equal(at(glances, IPPROTO_TCP, 80, 1000, -1, 1), 7);
	assert_int_equal(kernel.nsid, -1);
	assert_int_equal(at(glances, IPPROTO_UDP, 53, 1000, 5, 1), 8);
	assert_int_equal(kernel.nsid, 5);
	assert_int_equal(at(glances, IPPROTO_TCP, 53, 1000, -1, 1), 0);
	assert_int_equal(at(glances, IPPROTO_TCP, 81, 1000, -1, 1), 0);
	kernel.error = -EOPNOTSUPP;
	assert_int_equal(at(glances, IPPROTO_TCP, 80, 1000, -1, 1), 0);
	assert_int_equal(kernel.asked, 5);
}

static void each_is_asked_for_itself_while_there_are_few(void **state)
{
	auto_glances struct glances *glances = NULL;
	struct kernel kernel = { 0 };

	(void)state;
	assert_int_equal(glances_new(&glances, lookup, &kernel), 0);
	for (unsigned int i = 0; i < GLANCES_MAX; i++)
		assert_int_equal(at(glances, IPPROTO_TCP, 80, (uint16_t)i, -1, 1), 7);
	assert_int_equal(kernel.asked, GLANCES_MAX);
}

static void a_flood_to_one_place_is_told_what_the_last_one_was(void **state)
{
	auto_glances struct glances *glances = NULL;
	struct kernel kernel = { 0 };

	(void)state;
	assert_int_equal(glances_new(&glances, lookup, &kernel), 0);
	for (unsigned int i = 0; i < 60000; i++)
		assert_int_equal(at(glances, IPPROTO_TCP, 80, (uint16_t)i, -1, 1), 7);
	assert_int_equal(kernel.asked, GLANCES_MAX);
	/* Other places, to which nobody has looked: */
	assert_int_equal(at(glances, IPPROTO_UDP, 80, 1, -1, 1), 0);
	assert_int_equal(at(glances, IPPROTO_TCP, 80, 1, 3, 1), 0);
	assert_int_equal(at(glances, IPPROTO_UDP, 53, 1, -1, 1), 0);
	assert_int_equal(kernel.asked, GLANCES_MAX);
}

static void a_scan_costs_no_more_than_that(void **state)
{
	auto_glances struct glances *glances = NULL;
	struct kernel kernel = { 0 };

	(void)state;
	assert_int_equal(glances_new(&glances, lookup, &kernel), 0);
	for (unsigned int port = 1; port < 65536; port++)
		(void)at(glances, IPPROTO_TCP, (uint16_t)port, 1000, -1, 1);
	assert_int_equal(kernel.asked, GLANCES_MAX);
}

static void what_was_told_is_soon_forgotten(void **state)
{
	auto_glances struct glances *glances = NULL;
	struct kernel kernel = { 0 };

	(void)state;
	assert_int_equal(glances_new(&glances, lookup, &kernel), 0);
	assert_int_equal(at(glances, IPPROTO_TCP, 80, 1000, -1, GLANCES_NS), 7);
	exhaust(glances, 2 * GLANCES_NS - 1);
	assert_int_equal(at(glances, IPPROTO_TCP, 80, 1000, -1, 2 * GLANCES_NS - 1), 7);
	assert_int_equal(kernel.asked, GLANCES_MAX);
	exhaust(glances, 2 * GLANCES_NS);
	assert_int_equal(at(glances, IPPROTO_TCP, 80, 1000, -1, 2 * GLANCES_NS), 0);
	assert_int_equal(kernel.asked, 2 * GLANCES_MAX);
}

static void a_connection_s_own_socket_is_no_other_s(void **state)
{
	auto_glances struct glances *glances = NULL;
	struct kernel kernel = { .is_accepted = true };

	(void)state;
	assert_int_equal(glances_new(&glances, lookup, &kernel), 0);
	assert_int_equal(at(glances, IPPROTO_TCP, 80, 1000, -1, 1), 9);
	kernel.is_accepted = false;
	exhaust(glances, 1);
	assert_int_equal(at(glances, IPPROTO_TCP, 80, 1001, -1, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waits_is_told),
		cmocka_unit_test(each_is_asked_for_itself_while_there_are_few),
		cmocka_unit_test(a_flood_to_one_place_is_told_what_the_last_one_was),
		cmocka_unit_test(a_scan_costs_no_more_than_that),
		cmocka_unit_test(what_was_told_is_soon_forgotten),
		cmocka_unit_test(a_connection_s_own_socket_is_no_other_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
