// SPDX-License-Identifier: BSD-2-Clause
/*
 * Layer 2, and what may stand between it and layer 3: tags, labels, PPPoE, and all that is not IP.
 */
#include <net/ethernet.h>
#include <netinet/in.h>

#include "base/cleanup.h"
#include "checks.h"
#include "group.h"
#include "parse_case.h"
#include "tests/harness.h"

#define ETHERTYPE_OF_NOBODY 0x88b5
#define PPP_LCP		    0xc021
#define L2_BYTES	    14
#define SHIM_BYTES	    4

/* clang-format off */
static const struct parse_case cases[] = {
	{ .name = "ipv4_tcp_is_a_flow", .desc = { V4, HTTPS, .payload = 100 }, IS_HTTPS() },
	{ .name = "ipv6_tcp_is_a_flow", .desc = { V6, HTTPS, .payload = 100 }, IS_HTTPS() },

	/* One tag */
	{ .name = "a_vlan_tag_in_the_data_is_part_of_the_key",
	  .desc = { V4, HTTPS, .shim = { TAG(100) } }, IS_HTTPS(.vlan = TAGGED(100)) },
	{ .name = "a_vlan_tag_in_front_of_ipv6_is_part_of_the_key",
	  .desc = { V6, DNS, .shim = { TAG(4095) } }, IS_DNS(.vlan = TAGGED(4095)) },
	{ .name = "priority_and_dei_of_a_vlan_tag_are_not_part_of_the_key",
	  .desc = { V4, DNS, .shim = { TAG(0xf000 | 7) } }, IS_DNS(.vlan = TAGGED(7)) },
	{ .name = "a_priority_tag_is_a_tag_with_id_0",
	  .desc = { V4, DNS, .shim = { TAG(0x6000) } }, IS_DNS(.vlan = TAGGED(0)) },
	{ .name = "a_service_tag_alone_is_a_tag",
	  .desc = { V4, HTTPS, .shim = { SERVICE_TAG(200) } }, IS_HTTPS(.vlan = TAGGED(200)) },
	{ .name = "a_tag_of_the_time_before_802_1ad_alone_is_a_tag",
	  .desc = { V6, HTTPS, .shim = { { PKT_QINQ, 300 } } }, IS_HTTPS(.vlan = TAGGED(300)) },
	{ .name = "a_vlan_tag_in_the_metadata_is_part_of_the_key_and_four_bytes_of_the_wire",
	  .desc = { V4, HTTPS, .payload = 46 },
	  IS_HTTPS(.vlan = TAGGED(0x123), .packets = 1, .bytes = 100 + 4),
	  .meta_tag = PARSE_META | 0xe123 },
	{ .name = "a_service_tag_in_the_metadata_is_a_tag",
	  .desc = { V6, DNS, .payload = 38 },
	  IS_DNS(.vlan = TAGGED(0), .packets = 1, .bytes = 100 + 4),
	  .meta_tag = PARSE_META, .meta_proto = PKT_8021AD },

	/* Two tags */
	{ .name = "two_tags_in_the_data_are_both_part_of_the_key",
	  .desc = { V4, HTTPS, .shim = { TAG(5), TAG(6) } },
	  IS_HTTPS(.vlan = STACKED(6), .vni = 5) },
	{ .name = "a_service_tag_is_the_outer_one_of_two",
	  .desc = { V6, DNS, .shim = { SERVICE_TAG(0xe000 | 4094), TAG(0x2000 | 1) } },
	  IS_DNS(.vlan = STACKED(1), .vni = 4094) },
	{ .name = "a_tag_of_the_time_before_802_1ad_is_the_outer_one_of_two",
	  .desc = { V4, DNS, .shim = { { PKT_QINQ, 0x123 }, TAG(0x456) } },
	  IS_DNS(.vlan = STACKED(0x456), .vni = 0x123) },
	{ .name = "two_service_tags_are_two_tags",
	  .desc = { V4, HTTPS, .shim = { SERVICE_TAG(256), SERVICE_TAG(4095) } },
	  IS_HTTPS(.vlan = STACKED(4095), .vni = 256) },
	{ .name = "two_priority_tags_are_two_tags",
	  .desc = { V4, HTTPS, .shim = { TAG(0), TAG(0) } }, IS_HTTPS(.vlan = STACKED(0)) },
	{ .name = "the_tag_in_the_metadata_is_the_outer_one_of_two",
	  .desc = { V4, HTTPS, .shim = { TAG(5) }, .payload = 46 },
	  IS_HTTPS(.vlan = STACKED(5), .vni = 6, .packets = 1, .bytes = 104 + 4),
	  .meta_tag = PARSE_META | 6 },
	{ .name = "a_service_tag_in_the_metadata_is_the_outer_one_of_two",
	  .desc = { V6, HTTPS, .shim = { TAG(4095) }, .payload = 46 },
	  IS_HTTPS(.vlan = STACKED(4095), .vni = 4095, .packets = 1, .bytes = 124 + 4),
	  .meta_tag = PARSE_META | 0xffff, .meta_proto = PKT_8021AD },

	/* More tags than anybody has use for */
	{ .name = "three_tags_in_the_data_are_non_ip",
	  .desc = { V4, HTTPS, .shim = { SERVICE_TAG(1), TAG(2), TAG(3) } }, IN(NON_IP) },
	{ .name = "four_tags_in_the_data_are_non_ip",
	  .desc = { V6, HTTPS, .shim = { TAG(1), TAG(2), TAG(3), TAG(4) } }, IN(NON_IP),
	  .needs = L2_BYTES + 3 * SHIM_BYTES },
	{ .name = "two_tags_in_the_data_behind_one_in_the_metadata_are_non_ip",
	  .desc = { V4, HTTPS, .shim = { TAG(1), TAG(2) }, .payload = 38 },
	  IN(NON_IP, .packets = 1, .bytes = 100 + 4), .meta_tag = PARSE_META | 3 },

	/* Labels */
	{ .name = "a_label_in_front_of_ipv4_is_a_flow",
	  .desc = { V4, HTTPS, .shim = { LABEL(16) } }, IS_HTTPS() },
	{ .name = "a_label_in_front_of_ipv6_is_a_flow",
	  .desc = { V6, DNS, .shim = { LABEL(0xfffff) } }, IS_DNS() },
	{ .name = "a_multicast_label_is_a_label",
	  .desc = { V4, DNS, .shim = { { PKT_MPLS_MULTICAST, 17 } } }, IS_DNS() },
	{ .name = "labels_are_walked_to_their_bottom",
	  .desc = { V6, HTTPS, .shim = { LABEL(16), LABEL(0), LABEL(3) } }, IS_HTTPS() },
	{ .name = "labels_behind_a_tag_are_walked",
	  .desc = { V4, HTTPS, .shim = { TAG(7), LABEL(16), LABEL(17) } },
	  IS_HTTPS(.vlan = TAGGED(7)) },
	{ .name = "labels_behind_two_tags_are_walked",
	  .desc = { V4, DNS, .shim = { SERVICE_TAG(7), TAG(8), LABEL(16) } },
	  IS_DNS(.vlan = STACKED(8), .vni = 7) },
	{ .name = "eight_labels_are_walked",
	  .desc = { V4, HTTPS, .shim = { LABEL(1), LABEL(2), LABEL(3), LABEL(4), LABEL(5),
					 LABEL(6), LABEL(7), LABEL(8) } },
	  IS_HTTPS() },
	{ .name = "a_ninth_label_is_non_ip",
	  .desc = { V4, HTTPS, .shim = { LABEL(1), LABEL(2), LABEL(3), LABEL(4), LABEL(5),
					 LABEL(6), LABEL(7), LABEL(8), LABEL(9) } },
	  IN(NON_IP), .needs = L2_BYTES + 8 * SHIM_BYTES + 1 },
	{ .name = "a_label_in_front_of_another_version_is_non_ip",
	  .desc = { V4, HTTPS, .version_ihl = 0x05, .shim = { LABEL(16) } },
	  IN(NON_IP), .needs = L2_BYTES + SHIM_BYTES + 1 },
	{ .name = "a_label_in_front_of_a_control_word_is_non_ip",
	  .desc = { .shim = { LABEL(16) }, .payload = 46 },
	  IN(NON_IP), .needs = L2_BYTES + SHIM_BYTES + 1 },

	/* PPPoE */
	{ .name = "ipv4_in_a_pppoe_session_is_a_flow",
	  .desc = { V4, HTTPS, .shim = { PPPOE } }, IS_HTTPS() },
	{ .name = "ipv6_in_a_pppoe_session_is_a_flow",
	  .desc = { V6, DNS, .shim = { PPPOE } }, IS_DNS() },
	{ .name = "a_pppoe_session_behind_a_tag_is_a_flow",
	  .desc = { V4, HTTPS, .shim = { TAG(7), PPPOE } }, IS_HTTPS(.vlan = TAGGED(7)) },
	{ .name = "a_pppoe_session_behind_two_tags_is_a_flow",
	  .desc = { V6, HTTPS, .shim = { SERVICE_TAG(7), TAG(8), PPPOE } },
	  IS_HTTPS(.vlan = STACKED(8), .vni = 7) },
	{ .name = "a_pppoe_session_behind_a_tag_in_the_metadata_is_a_flow",
	  .desc = { V4, DNS, .shim = { PPPOE }, .payload = 50 },
	  IS_DNS(.vlan = TAGGED(9), .packets = 1, .bytes = 100 + 4), .meta_tag = PARSE_META | 9 },
	{ .name = "ipv4_in_a_pppoe_session_with_a_number_of_one_byte_is_a_flow",
	  .desc = { V4, HTTPS, .shim = { { PKT_PPPOE, PKT_PPP_SHORT | 0x21 } } }, IS_HTTPS() },
	{ .name = "ipv6_in_a_pppoe_session_with_a_number_of_one_byte_is_a_flow",
	  .desc = { V6, DNS, .shim = { TAG(7), { PKT_PPPOE, PKT_PPP_SHORT | 0x57 } } },
	  IS_DNS(.vlan = TAGGED(7)) },
	{ .name = "another_number_of_one_byte_in_a_pppoe_session_is_non_ip",
	  .desc = { .shim = { { PKT_PPPOE, PKT_PPP_SHORT | 0x3d } }, .payload = 40 }, IN(NON_IP),
	  .needs = 14 + 8 },
	{ .name = "what_ppp_says_to_itself_is_non_ip",
	  .desc = { .shim = { { PKT_PPPOE, PPP_LCP } }, .payload = 40 }, IN(NON_IP) },
	{ .name = "pppoe_discovery_is_non_ip",
	  .desc = { .ethertype = PKT_PPPOE_DISCOVERY, .payload = 46 }, IN(NON_IP) },

	/* What is not IP */
	{ .name = "arp_has_a_remainder_of_its_own",
	  .desc = { .ethertype = ETHERTYPE_ARP, .payload = 46 }, IN(ARP) },
	{ .name = "arp_behind_a_vlan_tag_is_arp",
	  .desc = { .ethertype = ETHERTYPE_ARP, .shim = { TAG(9) }, .payload = 46 }, IN(ARP) },
	{ .name = "arp_behind_two_tags_is_arp",
	  .desc = { .ethertype = ETHERTYPE_ARP, .shim = { SERVICE_TAG(9), TAG(9) }, .payload = 46 },
	  IN(ARP) },
	{ .name = "arp_behind_a_tag_in_the_metadata_is_arp",
	  .desc = { .ethertype = ETHERTYPE_ARP, .payload = 46 },
	  IN(ARP, .packets = 1, .bytes = 60 + 4), .meta_tag = PARSE_META | 9 },
	{ .name = "another_ethertype_is_non_ip",
	  .desc = { .ethertype = PKT_LLDP, .payload = 46 }, IN(NON_IP) },
	{ .name = "another_ethertype_behind_a_tag_is_non_ip",
	  .desc = { .ethertype = ETHERTYPE_OF_NOBODY, .shim = { TAG(9) }, .payload = 46 },
	  IN(NON_IP) },
	{ .name = "another_ethertype_behind_two_tags_is_non_ip",
	  .desc = { .ethertype = PKT_LLDP, .shim = { TAG(9), TAG(10) }, .payload = 46 },
	  IN(NON_IP) },
	{ .name = "a_length_instead_of_an_ethertype_is_non_ip",
	  .desc = { .ethertype = 38, .payload = 46 }, IN(NON_IP) },
	{ .name = "the_largest_length_is_no_ethertype",
	  .desc = { .ethertype = 1500, .payload = 46 }, IN(NON_IP) },
	{ .name = "a_frame_of_an_ethernet_header_only_is_non_ip",
	  .desc = { .ethertype = PKT_LLDP }, IN(NON_IP) },
	{ .name = "transparent_bridging_is_nothing_without_a_tunnel",
	  .desc = { .ethertype = PKT_BRIDGED, .payload = 46 }, IN(NON_IP) },

	/* Super-packets */
	{ .name = "each_segment_repeats_a_tag_in_the_data",
	  .desc = { V4, HTTPS, .shim = { TAG(3) }, .payload = 1000 },
	  IS_HTTPS(.vlan = TAGGED(3), .packets = 10, .bytes = 1058 + 9 * 58), .gso_size = 100 },
	{ .name = "each_segment_repeats_two_tags_in_the_data",
	  .desc = { V4, HTTPS, .shim = { SERVICE_TAG(2), TAG(3) }, .payload = 1000 },
	  IS_HTTPS(.vlan = STACKED(3), .vni = 2, .packets = 10, .bytes = 1062 + 9 * 62),
	  .gso_size = 100 },
	{ .name = "each_segment_receives_the_tag_of_the_metadata",
	  .desc = { V4, HTTPS, .payload = 1000 },
	  IS_HTTPS(.vlan = TAGGED(3), .packets = 10, .bytes = 1054 + 9 * 54 + 10 * 4),
	  .gso_size = 100, .meta_tag = PARSE_META | 3 },
	{ .name = "each_segment_has_the_tag_of_the_metadata_and_that_of_the_data",
	  .desc = { V6, DNS, .shim = { TAG(3) }, .payload = 1000 },
	  IS_DNS(.vlan = STACKED(3), .vni = 2, .packets = 10, .bytes = 1066 + 9 * 66 + 10 * 4),
	  .gso_size = 100, .gso_segs = 10, .meta_tag = PARSE_META | 2 },
	{ .name = "each_segment_repeats_the_labels",
	  .desc = { V4, HTTPS, .shim = { LABEL(16), LABEL(17) }, .payload = 1000 },
	  IS_HTTPS(.packets = 10, .bytes = 1062 + 9 * 62), .gso_size = 100 },
	{ .name = "each_segment_repeats_the_pppoe_header",
	  .desc = { V4, HTTPS, .shim = { PPPOE }, .payload = 1000 },
	  IS_HTTPS(.packets = 10, .bytes = 1062 + 9 * 62), .gso_size = 100 },
	{ .name = "a_super_packet_of_another_ethertype_is_as_many_packets",
	  .desc = { .ethertype = PKT_LLDP, .payload = 300 },
	  IN(NON_IP, .packets = 3, .bytes = 314 + 2 * 14), .gso_size = 100, .gso_segs = 3 },
	{ .name = "a_super_packet_with_three_tags_repeats_them",
	  .desc = { V4, HTTPS, .shim = { TAG(1), TAG(2), TAG(3) }, .payload = 300 },
	  IN(NON_IP, .packets = 3, .bytes = 366 + 2 * 26), .gso_size = 100, .gso_segs = 3 },
};
/* clang-format on */

/* Bytes 12 and 13, which are the protocol to a test run, are those of `spelled`; the rest is 0. */
static void check_l3_of(uint16_t spelled, enum weir_remainder remainder, unsigned int headers)
{
	uint8_t data[64] = { 0 };
	struct bpf_env_packet run = {
		.data = data, .len = sizeof(data), .gso_size = 10, .gso_segs = 3
	};
	struct bpf_env_result result;
	struct weir_iface iface;

	spelled = htons(spelled);
	memcpy(data + 12, &spelled, sizeof(spelled));
	assert_int_equal(bpf_env_reset(env), 0);
	assert_int_equal(bpf_env_run(env, ENV_L3_OUT, &run, &result), 0);
	assert_int_equal(result.verdict, bpf_env_progs[ENV_L3_OUT].verdict);
	assert_true(result.is_unchanged);
	assert_int_equal(bpf_env_iface(env, BPF_ENV_IFINDEX, &iface), 0);
	check_count(&iface.remainder[remainder], 3, 64 + UINT64_C(2) * headers);
	check_balance(env);
}

static void without_layer_2_the_protocol_of_the_packet_tells_what_it_is(void **state)
{
	(void)state;
	check_l3_of(PKT_LLDP, WEIR_REM_NON_IP, 0);
	check_l3_of(ETHERTYPE_ARP, WEIR_REM_ARP, 0);
	check_l3_of(ETHERTYPE_IP, WEIR_REM_MALFORMED, 0);
	check_l3_of(ETHERTYPE_VLAN, WEIR_REM_NON_IP, 4);
	check_l3_of(PKT_PPPOE, WEIR_REM_NON_IP, 8);
	check_l3_of(PKT_MPLS, WEIR_REM_NON_IP, 8 * 4); /* label 0 without end */
}

/*
 * A device without Ethernet header that carries labels. One label in front, TTL and protocol of
 * the IPv4 header lie where a test run looks for the protocol.
 */
static void labels_are_walked_without_layer_2(void **state)
{
	const struct pkt_desc desc = {
		.has_no_layer2 = true,
		.shim = { LABEL(16) },
		V4,
		.ttl = PKT_MPLS >> 8,
		.proto = PKT_MPLS & 0xff,
		.payload = 64,
	};
	struct bpf_env_flow entry;
	struct packet packet;

	(void)state;
	pkt_build(&packet, &desc);
	for (enum bpf_env_prog prog = ENV_L3_IN; prog <= ENV_L3_OUT; prog++) {
		assert_int_equal(bpf_env_reset(env), 0);
		send_packet(env, prog, &packet);
		entry = the_flow(env);
		assert_int_equal(entry.key.proto, desc.proto);
		assert_memory_equal(entry.key.addr[0], v4_client.bytes, 16);
		assert_int_equal(entry.flow.dir[0].bytes, packet.len);
		check_balance(env);
	}
}

/* Every ethertype but those that are walked or have a remainder of their own. */
static void an_ethertype_that_nobody_knows_is_non_ip(void **state)
{
	static const uint16_t known[] = { ETHERTYPE_IP, ETHERTYPE_IPV6,	    ETHERTYPE_ARP,
					  PKT_8021Q,	PKT_8021AD,	    PKT_QINQ,
					  PKT_MPLS,	PKT_MPLS_MULTICAST, PKT_PPPOE };
	uint64_t packets = 0;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	for (unsigned int type = 0; type <= UINT16_MAX; type++) {
		struct pkt_desc desc = { .ethertype = (uint16_t)type, .payload = 50 };
		bool is_known = type == 0;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			is_known |= type == known[i];
		if (is_known)
			continue;
		send_desc(env, ENV_TC_IN, &desc);
		packets++;
	}
	check_remainder(env, WEIR_REM_NON_IP, packets, packets * 64);
	check_balance(env);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		TEST(without_layer_2_the_protocol_of_the_packet_tells_what_it_is),
		TEST(labels_are_walked_without_layer_2),
		TEST(an_ethertype_that_nobody_knows_is_non_ip),
	};
	static const struct parse_table table = { "parse_l2", cases, ARRAY_SIZE(cases), others,
						  ARRAY_SIZE(others) };

	return parse_table_run(&table);
}
