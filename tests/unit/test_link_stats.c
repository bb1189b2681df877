// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is asked of an interface: its counters and its qdiscs.
 */
#include "tests/unit/link_world.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

/* ---- counters ---- */

static uint64_t counter_of(const char *json, const char *side, const char *name)
{
	const char *at = strstr(json, "\"stats64\"");

	at = at ? strstr(at, side) : NULL;
	at = at ? strstr(at, name) : NULL;
	return at ? strtoull(at + strlen(name), NULL, 10) : UINT64_MAX;
}

static void counters_equal_those_of_ip(void **state)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct link_world *world = *state;
	struct link_stats stats;
	char json[8192];
	size_t len;
	FILE *pipe;

	link_world_open(world);
	for (size_t i = 0; i < 25; i++)
		(void)sendto(fd, json, i, 0, (struct sockaddr *)&to, sizeof(to));
	assert_int_equal(link_read_stats(world->link, 1, &stats), 0);
	pipe = popen("ip -s -j link show lo", "re"); /* NOLINT(cert-env33-c) */
	assert_non_null(pipe);
	len = fread(json, 1, sizeof(json) - 1, pipe);
	json[len] = '\0';
	assert_int_equal(pclose(pipe), 0);
	assert_true(stats.rx_packets >= 25 && stats.rx_bytes > stats.rx_packets * 20);
	assert_int_equal(stats.rx_packets, counter_of(json, "\"rx\"", "\"packets\":"));
	assert_int_equal(stats.rx_bytes, counter_of(json, "\"rx\"", "\"bytes\":"));
	assert_int_equal(stats.tx_packets, counter_of(json, "\"tx\"", "\"packets\":"));
	assert_int_equal(stats.tx_bytes, counter_of(json, "\"tx\"", "\"bytes\":"));
}

static void there_are_no_counters_of_an_interface_that_is_gone(void **state)
{
	struct link_world *world = *state;
	struct link_stats stats = { .rx_packets = 5 };

	link_world_open(world);
	assert_int_equal(link_read_stats(world->link, 4711, &stats), -ENODEV);
	assert_int_equal(stats.rx_packets, 5);
	assert_int_equal(link_read_stats(world->link, 1, &stats), 0);
}

/* ---- qdiscs ---- */

/* Frames that no stack would answer. */
static void send_frames(uint32_t ifindex, unsigned int count)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)ifindex };
	unsigned char frame[100] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };
	auto_close int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	for (unsigned int i = 0; i < count; i++)
		(void)sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to));
}

static void a_qdisc_tells_what_became_of_packets(void **state)
{
	struct link_world *world = *state;
	struct link_qdisc before, after;
	uint32_t v0;

	link_world_open(world);
	sh("ip link add v0 type veth peer name v1 && ip link set v1 up && ip link set v0 up");
	WAIT_UNTIL(world, is_running(world, "v0"));
	v0 = iface_named(world, "v0")->info.ifindex;
	assert_int_equal(link_read_qdisc(world->link, v0, LINK_QDISC_ROOT, &before), 0);
	assert_string_equal(before.kind, "noqueue");
	sh("tc qdisc add dev v0 root handle 5: tbf rate 8kbit burst 1600 limit 1000");
	assert_int_equal(link_read_qdisc(world->link, v0, LINK_QDISC_ROOT, &before), 0);
	assert_string_equal(before.kind, "tbf");
	assert_int_equal(before.handle, 5U << 16);
	send_frames(v0, 100);
	assert_int_equal(link_read_qdisc(world->link, v0, LINK_QDISC_ROOT, &after), 0);
	assert_true(after.packets > before.packets && after.dropped > before.dropped &&
		    after.queued);
	assert_int_equal(after.packets - before.packets + after.dropped - before.dropped +
				 after.queued,
			 100);
	assert_int_equal(after.bytes - before.bytes, (after.packets - before.packets) * 100);
	assert_int_equal(after.queued_bytes, after.queued * 100);
}

static void a_qdisc_that_is_not_there_is_told(void **state)
{
	struct link_qdisc qdisc = { .queued = 5 };
	struct link_world *world = *state;

	link_world_open(world);
	assert_int_equal(link_read_qdisc(world->link, 1, LINK_QDISC_CLSACT, &qdisc), -ENOENT);
	assert_int_equal(link_read_qdisc(world->link, 4711, LINK_QDISC_ROOT, &qdisc), -ENODEV);
	assert_int_equal(qdisc.queued, 5);
	/* The next answer belongs to the next question. */
	assert_int_equal(link_read_qdisc(world->link, 1, LINK_QDISC_ROOT, &qdisc), 0);
}

static void filters_of_clsact_are_noticed_at_egress(void **state)
{
	static const char *const filters[] = { "ingress", "egress" };
	struct link_world *world = *state;
	struct link_qdisc qdisc;

	link_world_open(world);
	assert_int_equal(link_has_egress_filters(world->link, 1), 0);
	sh("tc qdisc add dev lo clsact");
	assert_int_equal(link_read_qdisc(world->link, 1, LINK_QDISC_CLSACT, &qdisc), 0);
	assert_string_equal(qdisc.kind, "clsact");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(link_has_egress_filters(world->link, 1), 0);
		sh("tc filter add dev lo %s protocol all prio 1 u32 match u32 0 0 flowid 1:1",
		   filters[i]);
	}
	assert_int_equal(link_has_egress_filters(world->link, 1), 1);
}

static void addresses_that_are_taken_in_for_others_are_noticed(void **state)
{
	struct link_world *world = *state;
	unsigned int lower;

	link_world_open(world);
	sh("ip link add below type veth peer name other");
	sh("ip link set below up");
	lower = if_nametoindex("below");
	/* Multicast, which is taken in as well, is nobody else's; and what a bridge learns is not here. */
	sh("ip maddr add 33:33:00:00:47:11 dev below");
	assert_int_equal(link_has_more_addresses(world->link, lower), 0);
	sh("bridge fdb add 02:00:00:00:47:11 dev below self");
	assert_int_equal(link_has_more_addresses(world->link, lower), 1);
	assert_int_equal(link_has_more_addresses(world->link, if_nametoindex("other")), 0);
	sh("bridge fdb del 02:00:00:00:47:11 dev below self");
	assert_int_equal(link_has_more_addresses(world->link, lower), 0);
}

static void macvlans_are_told_from_others_for_whom_addresses_are_taken_in(void **state)
{
	struct link_world *world = *state;
	unsigned int lower, other;

	link_world_open(world);
	sh("ip link add below type veth peer name other");
	lower = if_nametoindex("below");
	other = if_nametoindex("other");
	if (system("ip link add mac0 link other type macvlan mode bridge && " /* NOLINT(cert-env33-c) */
		   "ip link add tap0 link below type macvtap mode bridge") != 0) {
		print_message("# not tried: needs macvlan and macvtap\n");
		return;
	}
	link_world_settle(world);
	assert_true(link_has_macvlan(world->link, lower));
	assert_true(link_has_macvlan(world->link, other));
	sh("ip link del tap0");
	link_world_settle(world);
	assert_false(link_has_macvlan(world->link, lower));
	assert_true(link_has_macvlan(world->link, other));
	sh("ip link del mac0");
	link_world_settle(world);
	assert_false(link_has_macvlan(world->link, lower));
	assert_false(link_has_macvlan(world->link, other));
}

int main(void)
{
	const char *reason = link_world_why_not();

	if (reason)
		return skip_all(reason);
	return RUN_TESTS(NET_TEST(a_qdisc_tells_what_became_of_packets),
			 NET_TEST(a_qdisc_that_is_not_there_is_told),
			 NET_TEST(filters_of_clsact_are_noticed_at_egress),
			 NET_TEST(addresses_that_are_taken_in_for_others_are_noticed),
			 NET_TEST(macvlans_are_told_from_others_for_whom_addresses_are_taken_in),
			 NET_TEST(counters_equal_those_of_ip),
			 NET_TEST(there_are_no_counters_of_an_interface_that_is_gone));
}
