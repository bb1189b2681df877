// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whose the segments of a flow entry are, by what the datapath has noted and where they left.
 */
#include "link/tcp_sent.h"

#include <netinet/in.h>
#include <string.h>

#include "base/cleanup.h"
#include "link/addr_set.h"
#include "link/ifaces.h"
#include "tests/harness.h"

#define SENT   (1 << WEIR_EGRESS)
#define SOCKET (SENT | WEIR_DIR_SOCKET)
#define KERNEL (SENT | WEIR_DIR_SOCKETLESS)

enum {
	ETH = 2,
	LO,
	VLAN,
	VRF,
	VRF_PORT,
	SWITCH,
	SWITCH_PORT,
	BRIDGE_PORT,
	UNKNOWN
};

static struct watched interfaces[] = {
	{ .key_ifindex = ETH, .info = { .ifindex = ETH } },
	{ .key_ifindex = LO, .info = { .ifindex = LO }, .role = ROLE_LOOPBACK },
	{ .key_ifindex = VLAN, .info = { .ifindex = VLAN, .kind = "vlan" } },
	{ .key_ifindex = VRF, .info = { .ifindex = VRF, .kind = "vrf" }, .slot = 1 },
	{ .key_ifindex = VRF_PORT, .info = { .ifindex = VRF_PORT, .master = VRF } },
	{ .key_ifindex = SWITCH, .info = { .ifindex = SWITCH, .kind = "openvswitch" }, .slot = 2 },
	{ .key_ifindex = SWITCH_PORT, .info = { .ifindex = SWITCH_PORT, .master = SWITCH } },
	{ .key_ifindex = BRIDGE_PORT,
	  .info = { .ifindex = BRIDGE_PORT, .master = 99 } }, /* which is not watched */
};

static const uint8_t local[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1 };
static const uint8_t strange[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 9 };

static void whose_a_segment_is(void **state)
{
	static const struct {
		const char *name;
		uint32_t ifindex;
		uint8_t hooks;
		bool is_strange;
		uint8_t proto; /* 0: TCP */
		uint16_t vlan;
		enum tcp_sender sender; /* TCP_SENDER_MAX: nobody's here */
	} cases[] = {
		{ "a socket's", ETH, SOCKET, .sender = TCP_SENT_OWN },
		{ "what came in by another interface", ETH, SENT, .sender = TCP_SENDER_MAX },
		{ "what comes in", ETH, 1 << WEIR_INGRESS, .sender = TCP_SENDER_MAX },
		{ "the kernel's", ETH, KERNEL, .sender = TCP_SENT_SOCKETLESS },
		{ "the kernel's first, then a socket's", ETH, SOCKET | WEIR_DIR_SOCKETLESS,
		  .sender = TCP_SENT_OWN },
		{ "the kernel's, in another's name", ETH, KERNEL, true, .sender = TCP_SENDER_MAX },
		{ "a socket's, in another's name", ETH, SOCKET, true, .sender = TCP_SENT_STRANGE },
		{ "the same on loopback", LO, SOCKET, true, .sender = TCP_SENT_OWN },
		{ "on a VLAN", VLAN, SOCKET, .sender = TCP_SENDER_MAX },
		{ "with a tag", ETH, SOCKET, .vlan = WEIR_VLAN_TAGGED | 5, .sender = TCP_SENT_OWN },
		{ "in a tunnel", ETH, SOCKET, .vlan = WEIR_ENCAPSULATED, .sender = TCP_SENDER_MAX },
		{ "of UDP", ETH, SOCKET, .proto = IPPROTO_UDP, .sender = TCP_SENDER_MAX },
		{ "at a VRF", VRF, SOCKET, .sender = TCP_SENT_TWICE },
		{ "at a VRF's port", VRF_PORT, SOCKET, .sender = TCP_SENT_OWN },
		{ "at a switch", SWITCH, SOCKET, .sender = TCP_SENT_OWN },
		{ "at a switch's port", SWITCH_PORT, SOCKET, .sender = TCP_SENT_TWICE },
		{ "at a bridge's port", BRIDGE_PORT, SOCKET, .sender = TCP_SENT_OWN },
		{ "at an interface that is not known", UNKNOWN, SOCKET, .sender = TCP_SENDER_MAX },
	};
	static struct ifaces ifaces;
	struct addr_set addrs = { 0 };

	(void)state;
	assert_int_equal(addr_set_add(&addrs, ETH, local), 0);
	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++)
		ifaces.buckets[interfaces[i].info.ifindex] = &interfaces[i];
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct weir_flow_key key = { .ifindex = cases[i].ifindex,
					     .vlan = cases[i].vlan,
					     .proto = cases[i].proto ? cases[i].proto
								     : IPPROTO_TCP };
		struct weir_flow flow = { .dir[1] = { .packets = 7, .hooks = cases[i].hooks } };
		struct tcp_sent expected = { 0 }, sent = { 0 };

		memcpy(key.addr[1], cases[i].is_strange ? strange : local, 16);
		if (cases[i].sender < TCP_SENDER_MAX)
			expected.segments[cases[i].sender] = 7;
		tcp_sent_add(&sent, &ifaces, &addrs, &key, &flow);
		for (int sender = 0; sender < TCP_SENDER_MAX; sender++)
			assert_row_int(cases[i].name, sent.segments[sender],
				       expected.segments[sender]);
	}
	addr_set_done(&addrs);
}

int main(void)
{
	return RUN_TESTS(TEST(whose_a_segment_is));
}
