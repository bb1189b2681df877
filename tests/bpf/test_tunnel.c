// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets in packets: the carrier is counted as ever, and what it carries once more, as a flow that
 * is marked encapsulated and enters no interface's sum.
 */
#include <net/ethernet.h>
#include <netinet/in.h>

#include "base/cleanup.h"
#include "checks.h"
#include "group.h"
#include "parse_case.h"
#include "tests/harness.h"
#include "weir/lifecycle.h"

#define PORT_FROM 50000 /* of a tunnel's end: by its flow */
#define POD4	  .from = &v4_pod, .to = &v4_peer
#define POD6	  .from = &v6_pod, .to = &v6_peer
#define IP	  .has_no_layer2 = true

/* What is carried: 14 + 20 + 20 + 30 bytes, and 14 + 40 + 8 + 30. */
static const struct pkt_desc pod4 = { POD4, HTTPS, .payload = 30 };
static const struct pkt_desc pod6 = { POD6, DNS, .payload = 30 };
static const struct pkt_desc ip4 = { IP, POD4, HTTPS, .payload = 30 };
static const struct pkt_desc ip6 = { IP, POD6, DNS, .payload = 30 };

#define UDP_TO(port_) .proto = IPPROTO_UDP, .sport = PORT_FROM, .dport = (port_)
#define IS_UDP_TO(port_, ...)                                                            \
	.expect = { .proto = IPPROTO_UDP, .port = { PORT_FROM, (port_) }, __VA_ARGS__ }, \
	.keeps_ports = true
#define VXLAN(vni_, inner_) \
	UDP_TO(PORT_VXLAN), .tunnel = { .kind = PKT_CARRY_VXLAN, .vni = (vni_) }, .inner = (inner_)
#define IS_VXLAN(...) IS_UDP_TO(PORT_VXLAN, __VA_ARGS__)
#define GENEVE(vni_, inner_)                                                        \
	UDP_TO(PORT_GENEVE), .tunnel = { .kind = PKT_CARRY_GENEVE, .vni = (vni_) }, \
			     .inner = (inner_)
#define IS_GENEVE(...) IS_UDP_TO(PORT_GENEVE, __VA_ARGS__)
#define GRE(inner_, ...) \
	.proto = IPPROTO_GRE, .tunnel = { .kind = PKT_CARRY_GRE, ##__VA_ARGS__ }, .inner = (inner_)
#define IS(proto_, ...) .expect = { .proto = IPPROTO_##proto_, ##__VA_ARGS__ }
#define HOLDS_HTTPS(...) \
	.inner = { .proto = IPPROTO_TCP, .port = { PORT_CLIENT, PORT_HTTPS }, ##__VA_ARGS__ }
#define HOLDS_DNS(...) \
	.inner = { .proto = IPPROTO_UDP, .port = { PORT_CLIENT, PORT_DNS }, ##__VA_ARGS__ }
#define INNER(...) (&(const struct pkt_desc){ __VA_ARGS__ })

/* clang-format off */
static const struct parse_case cases[] = {
	/* VXLAN */
	{ .name = "vxlan_carries_ipv4_over_ipv4",
	  .desc = { V4, VXLAN(42, &pod4) }, IS_VXLAN(), HOLDS_HTTPS(.vni = 42) },
	{ .name = "vxlan_carries_ipv6_over_ipv4",
	  .desc = { V4, VXLAN(0xffffff, &pod6) }, IS_VXLAN(), HOLDS_DNS(.vni = 0xffffff) },
	{ .name = "vxlan_carries_ipv4_over_ipv6",
	  .desc = { V6, VXLAN(0x010203, &pod4) }, IS_VXLAN(), HOLDS_HTTPS(.vni = 0x010203) },
	{ .name = "vxlan_carries_ipv6_over_ipv6",
	  .desc = { V6, VXLAN(0, &pod6) }, IS_VXLAN(), HOLDS_DNS() },
	{ .name = "vxlan_has_a_port_of_its_own_in_linux",
	  .desc = { V4, UDP_TO(PORT_VXLAN_LINUX), .inner = &pod4,
		    .tunnel = { .kind = PKT_CARRY_VXLAN, .vni = 1 } },
	  IS_UDP_TO(PORT_VXLAN_LINUX), HOLDS_HTTPS(.vni = 1) },
	{ .name = "vxlan_carries_a_tagged_frame",
	  .desc = { V4, VXLAN(42, INNER(POD4, HTTPS, .shim = { TAG(7) })) },
	  IS_VXLAN(), HOLDS_HTTPS(.vni = 42, .vlan = TAGGED(7)) },
	{ .name = "of_two_tags_in_a_tunnel_the_outer_one_is_not_in_the_key",
	  .desc = { V4, VXLAN(42, INNER(POD6, HTTPS, .shim = { SERVICE_TAG(8), TAG(7) })) },
	  IS_VXLAN(), HOLDS_HTTPS(.vni = 42, .vlan = STACKED(7)) },
	{ .name = "three_tags_in_a_tunnel_hold_nothing",
	  .desc = { V4, VXLAN(42, INNER(POD6, HTTPS, .shim = { TAG(1), TAG(2), TAG(3) })) },
	  IS_VXLAN() },
	{ .name = "labels_in_a_tunnel_are_walked",
	  .desc = { V4, VXLAN(42, INNER(POD4, HTTPS, .shim = { LABEL(16), LABEL(17) })) },
	  IS_VXLAN(), HOLDS_HTTPS(.vni = 42) },
	{ .name = "arp_in_a_tunnel_is_no_flow",
	  .desc = { V4, VXLAN(42, INNER(.ethertype = ETHERTYPE_ARP, .payload = 28)) }, IS_VXLAN() },
	{ .name = "another_ethertype_in_a_tunnel_is_no_flow",
	  .desc = { V6, VXLAN(42, INNER(.ethertype = PKT_LLDP, .payload = 28)) }, IS_VXLAN() },
	{ .name = "a_malformed_packet_in_a_tunnel_is_no_flow",
	  .desc = { V4, VXLAN(42, INNER(POD4, HTTPS, .doff = 4)) }, IS_VXLAN() },
	{ .name = "a_length_in_a_tunnel_beyond_the_frame_is_no_flow",
	  .desc = { V4, VXLAN(42, INNER(POD6, HTTPS, .len_add = 1)) }, IS_VXLAN() },
	{ .name = "padding_in_a_tunnel_is_counted",
	  .desc = { V4, VXLAN(42, INNER(POD4, DNS, .padding = 18)) },
	  IS_VXLAN(), HOLDS_DNS(.vni = 42) },
	{ .name = "ipv4_options_in_a_tunnel_do_not_move_the_ports",
	  .desc = { V4, VXLAN(42, INNER(POD4, HTTPS, .options = 40)) },
	  IS_VXLAN(), HOLDS_HTTPS(.vni = 42) },
	{ .name = "extension_headers_in_a_tunnel_are_walked",
	  .desc = { V4, VXLAN(42, INNER(POD6, HTTPS, .ext = { { .kind = IPPROTO_DSTOPTS },
							      { .kind = IPPROTO_ROUTING, .len = 2 } },
					.exts = 2)) },
	  IS_VXLAN(), HOLDS_HTTPS(.vni = 42) },
	{ .name = "a_first_fragment_in_a_tunnel_is_in_its_flow",
	  .desc = { V4, VXLAN(42, INNER(POD4, DNS, .frag = 0x2000, .payload = 24)) },
	  IS_VXLAN(), HOLDS_DNS(.vni = 42) },
	{ .name = "a_later_fragment_in_a_tunnel_without_its_first_is_no_flow",
	  .desc = { V4, VXLAN(42, INNER(POD4, DNS, .frag = 4, .payload = 24)) }, IS_VXLAN() },
	{ .name = "an_echo_in_a_tunnel_has_an_id",
	  .desc = { V4, VXLAN(42, INNER(POD6, .proto = IPPROTO_ICMPV6, .icmp_type = 128,
					.icmp_id = 77)) },
	  IS_VXLAN(), .inner = { .proto = IPPROTO_ICMPV6, .port = { 77, 77 }, .vni = 42 } },
	{ .name = "an_error_in_a_tunnel_is_a_flow",
	  .desc = { V4, VXLAN(42, INNER(POD4, .proto = IPPROTO_ICMP, .icmp_type = 3, .payload = 28)) },
	  IS_VXLAN(), .inner = { .proto = IPPROTO_ICMP, .vni = 42 } },
	{ .name = "a_tunnel_in_a_tunnel_is_a_flow_of_its_carrier",
	  .desc = { V4, VXLAN(42, INNER(POD4, .proto = IPPROTO_UDP, .sport = 9, .dport = PORT_VXLAN,
					.tunnel = { .kind = PKT_CARRY_VXLAN, .vni = 43 },
					.inner = &pod6)) },
	  IS_VXLAN(), .inner = { .proto = IPPROTO_UDP, .port = { 9, PORT_VXLAN }, .vni = 42 } },
	{ .name = "the_same_addresses_inside_and_outside_are_two_flows",
	  .desc = { V4, VXLAN(0, INNER(V4, UDP_TO(PORT_VXLAN))) },
	  IS_VXLAN(), .inner = { .proto = IPPROTO_UDP, .port = { PORT_FROM, PORT_VXLAN } } },
	{ .name = "vxlan_without_a_network_holds_nothing",
	  .desc = { V4, UDP_TO(PORT_VXLAN), .inner = &pod4,
		    .tunnel = { .kind = PKT_CARRY_VXLAN, .flags = 0x08 } },
	  IS_VXLAN() },
	{ .name = "a_carriers_tag_is_not_that_of_what_it_carries",
	  .desc = { V4, VXLAN(42, &pod4), .shim = { TAG(9) } },
	  IS_VXLAN(.vlan = TAGGED(9)), HOLDS_HTTPS(.vni = 42) },
	{ .name = "a_carriers_two_tags_are_not_those_of_what_it_carries",
	  .desc = { V4, VXLAN(42, INNER(POD4, HTTPS, .shim = { TAG(1) })),
		    .shim = { TAG(9), TAG(10) } },
	  IS_VXLAN(.vlan = STACKED(10), .vni = 9), HOLDS_HTTPS(.vni = 42, .vlan = TAGGED(1)) },
	{ .name = "a_carriers_tag_in_the_metadata_is_its_own",
	  .desc = { V4, VXLAN(42, &pod4) },
	  IS_VXLAN(.vlan = TAGGED(9), .packets = 1, .bytes = 134 + 4),
	  HOLDS_HTTPS(.vni = 42, .packets = 1, .bytes = 84), .meta_tag = PARSE_META | 9 },
	{ .name = "a_carriers_options_do_not_move_what_it_carries",
	  .desc = { V4, VXLAN(42, &pod4), .options = 8 }, IS_VXLAN(), HOLDS_HTTPS(.vni = 42) },
	{ .name = "a_carriers_extension_headers_do_not_move_what_it_carries",
	  .desc = { V6, VXLAN(42, &pod4), .ext = { { .kind = IPPROTO_DSTOPTS } }, .exts = 1 },
	  IS_VXLAN(), HOLDS_HTTPS(.vni = 42) },
	{ .name = "a_carriers_fragment_holds_nothing",
	  .desc = { V4, VXLAN(42, &pod4), .frag = 0x2000 }, IS_VXLAN() },

	/* Geneve */
	{ .name = "geneve_carries_ipv4_over_ipv4",
	  .desc = { V4, GENEVE(42, &pod4) }, IS_GENEVE(), HOLDS_HTTPS(.vni = 42) },
	{ .name = "geneve_carries_ipv6_over_ipv6",
	  .desc = { V6, GENEVE(0xffffff, &pod6) }, IS_GENEVE(), HOLDS_DNS(.vni = 0xffffff) },
	{ .name = "geneve_carries_ipv4_without_ethernet",
	  .desc = { V4, GENEVE(42, &ip4) }, IS_GENEVE(), HOLDS_HTTPS(.vni = 42) },
	{ .name = "geneve_carries_ipv6_without_ethernet",
	  .desc = { V6, GENEVE(42, &ip6) }, IS_GENEVE(), HOLDS_DNS(.vni = 42) },
	{ .name = "geneve_carries_a_tagged_frame",
	  .desc = { V4, GENEVE(42, INNER(POD4, HTTPS, .shim = { TAG(7) })) },
	  IS_GENEVE(), HOLDS_HTTPS(.vni = 42, .vlan = TAGGED(7)) },
	{ .name = "geneves_options_are_skipped",
	  .desc = { V4, UDP_TO(PORT_GENEVE), .inner = &pod4,
		    .tunnel = { .kind = PKT_CARRY_GENEVE, .vni = 42, .options = 3 } },
	  IS_GENEVE(), HOLDS_HTTPS(.vni = 42) },
	{ .name = "as_many_options_as_geneve_may_have_are_skipped",
	  .desc = { V6, UDP_TO(PORT_GENEVE), .inner = &pod6,
		    .tunnel = { .kind = PKT_CARRY_GENEVE, .vni = 42, .options = 63 } },
	  IS_GENEVE(), HOLDS_DNS(.vni = 42) },
	{ .name = "another_version_of_geneve_holds_nothing",
	  .desc = { V4, UDP_TO(PORT_GENEVE), .inner = &pod4,
		    .tunnel = { .kind = PKT_CARRY_GENEVE, .vni = 42, .flags = 0x40 } },
	  IS_GENEVE() },
	{ .name = "geneve_of_another_protocol_holds_nothing",
	  .desc = { V4, UDP_TO(PORT_GENEVE), .inner = &pod4,
		    .tunnel = { .kind = PKT_CARRY_GENEVE, .vni = 42, .proto = PKT_LLDP } },
	  IS_GENEVE() },

	/* GRE */
	{ .name = "gre_carries_ipv4_over_ipv4",
	  .desc = { V4, GRE(&ip4) }, IS(GRE), HOLDS_HTTPS() },
	{ .name = "gre_carries_ipv6_over_ipv4",
	  .desc = { V4, GRE(&ip6) }, IS(GRE), HOLDS_DNS() },
	{ .name = "gre_carries_ipv4_over_ipv6",
	  .desc = { V6, GRE(&ip4) }, IS(GRE), HOLDS_HTTPS() },
	{ .name = "gre_carries_ipv6_over_ipv6",
	  .desc = { V6, GRE(&ip6) }, IS(GRE), HOLDS_DNS() },
	{ .name = "gre_carries_frames",
	  .desc = { V4, GRE(&pod4) }, IS(GRE), HOLDS_HTTPS() },
	{ .name = "gre_carries_tagged_frames",
	  .desc = { V6, GRE(INNER(POD4, HTTPS, .shim = { TAG(7) })) },
	  IS(GRE), HOLDS_HTTPS(.vlan = TAGGED(7)) },
	{ .name = "gre_carries_labels",
	  .desc = { V4, GRE(INNER(IP, POD6, HTTPS, .shim = { LABEL(16) })) },
	  IS(GRE), HOLDS_HTTPS() },
	{ .name = "the_lower_bits_of_gres_key_are_the_network",
	  .desc = { V4, GRE(&ip4, .flags = GRE_HAS_KEY, .vni = 0xab010203) },
	  IS(GRE), HOLDS_HTTPS(.vni = 0x010203) },
	{ .name = "the_upper_bits_of_nvgres_key_are_the_network",
	  .desc = { V4, GRE(&pod4, .flags = GRE_HAS_KEY, .vni = 0xab010203) },
	  IS(GRE), HOLDS_HTTPS(.vni = 0xab0102) },
	{ .name = "gre_with_routing_holds_nothing",
	  .desc = { V4, GRE(&ip4, .flags = GRE_HAS_ROUTING) }, IS(GRE) },
	{ .name = "gre_of_pptp_holds_nothing",
	  .desc = { V4, GRE(&ip4, .flags = GRE_HAS_KEY | 1, .proto = 0x880b) }, IS(GRE) },
	{ .name = "gre_of_another_protocol_holds_nothing",
	  .desc = { V4, GRE(&ip4, .proto = 0x88be) }, IS(GRE) },
	{ .name = "arp_in_gre_is_no_flow",
	  .desc = { V4, GRE(INNER(IP, .ethertype = ETHERTYPE_ARP, .payload = 28)) }, IS(GRE) },
	{ .name = "gre_without_anything_in_it_is_a_flow",
	  .desc = { V4, .proto = IPPROTO_GRE }, IS(GRE) },

	/* IP in IP */
	{ .name = "ipv4_in_ipv4_is_two_flows",
	  .desc = { V4, .proto = IPPROTO_IPIP, .inner = &ip4 }, IS(IPIP), HOLDS_HTTPS() },
	{ .name = "ipv6_in_ipv4_is_two_flows",
	  .desc = { V4, .proto = IPPROTO_IPV6, .inner = &ip6 }, IS(IPV6), HOLDS_DNS() },
	{ .name = "ipv4_in_ipv6_is_two_flows",
	  .desc = { V6, .proto = IPPROTO_IPIP, .inner = &ip4 }, IS(IPIP), HOLDS_HTTPS() },
	{ .name = "ipv6_in_ipv6_is_two_flows",
	  .desc = { V6, .proto = IPPROTO_IPV6, .inner = &ip6 }, IS(IPV6), HOLDS_DNS() },
	{ .name = "ip_in_ip_of_the_wrong_version_holds_nothing",
	  .desc = { V4, .proto = IPPROTO_IPIP, .inner = &ip6 }, IS(IPIP) },
	{ .name = "ip_in_ip_behind_a_tag_is_two_flows",
	  .desc = { V4, .proto = IPPROTO_IPIP, .inner = &ip4, .shim = { TAG(5) } },
	  IS(IPIP, .vlan = TAGGED(5)), HOLDS_HTTPS() },
	{ .name = "ip_in_ip_behind_extension_headers_is_two_flows",
	  .desc = { V6, .proto = IPPROTO_IPV6, .inner = &ip6,
		    .ext = { { .kind = IPPROTO_DSTOPTS } }, .exts = 1 },
	  IS(IPV6), HOLDS_DNS() },
	{ .name = "a_carriers_padding_is_not_of_what_it_carries",
	  .desc = { V4, .proto = IPPROTO_IPIP, .inner = INNER(IP, POD4, .proto = 253), .padding = 6 },
	  IS(IPIP), .inner = { .proto = 253 } },
	{ .name = "what_is_behind_a_carriers_end_is_not_what_it_carries",
	  .desc = { V4, .proto = IPPROTO_IPIP, .inner = &ip4, .len_add = -31 }, IS(IPIP) },
	{ .name = "ip_in_ip_in_ip_is_two_flows",
	  .desc = { V4, .proto = IPPROTO_IPIP,
		    .inner = INNER(IP, POD4, .proto = IPPROTO_IPIP, .inner = &ip4) },
	  IS(IPIP), .inner = { .proto = IPPROTO_IPIP } },
	{ .name = "a_fragment_of_ip_in_ip_holds_nothing",
	  .desc = { V4, .proto = IPPROTO_IPIP, .inner = &ip4, .frag = 0x2000 }, IS(IPIP) },

	/* Super-packets: a segment repeats the headers of both */
	{ .name = "each_segment_repeats_the_headers_of_vxlan",
	  .desc = { V4, VXLAN(42, INNER(POD4, HTTPS, .payload = 1000)) },
	  IS_VXLAN(.packets = 10, .bytes = 1104 + 9 * 104),
	  HOLDS_HTTPS(.vni = 42, .packets = 10, .bytes = 1054 + 9 * 54), .gso_size = 100 },
	{ .name = "the_number_of_segments_in_vxlan_counts_where_it_is_known",
	  .desc = { V6, VXLAN(42, INNER(POD6, HTTPS, .payload = 1000)) },
	  IS_VXLAN(.packets = 7, .bytes = 1144 + 6 * 144),
	  HOLDS_HTTPS(.vni = 42, .packets = 7, .bytes = 1074 + 6 * 74),
	  .gso_size = 100, .gso_segs = 7 },
	{ .name = "each_segment_repeats_tags_inside_and_outside",
	  .desc = { V4, VXLAN(42, INNER(POD4, DNS, .shim = { TAG(1) }, .payload = 1000)),
		    .shim = { TAG(2) } },
	  IS_VXLAN(.vlan = TAGGED(2), .packets = 10, .bytes = 1100 + 9 * 100),
	  HOLDS_DNS(.vni = 42, .vlan = TAGGED(1), .packets = 10, .bytes = 1046 + 9 * 46),
	  .gso_size = 100 },
	{ .name = "the_tag_in_the_metadata_is_repeated_outside_only",
	  .desc = { V4, VXLAN(42, INNER(POD4, HTTPS, .payload = 1000)) },
	  IS_VXLAN(.vlan = TAGGED(2), .packets = 10, .bytes = 1104 + 9 * 104 + 10 * 4),
	  HOLDS_HTTPS(.vni = 42, .packets = 10, .bytes = 1054 + 9 * 54),
	  .gso_size = 100, .meta_tag = PARSE_META | 2 },
	{ .name = "each_segment_repeats_geneves_options",
	  .desc = { V4, UDP_TO(PORT_GENEVE), .inner = INNER(POD6, HTTPS, .payload = 1000),
		    .tunnel = { .kind = PKT_CARRY_GENEVE, .vni = 42, .options = 5 } },
	  IS_GENEVE(.packets = 10, .bytes = 1144 + 9 * 144),
	  HOLDS_HTTPS(.vni = 42, .packets = 10, .bytes = 1074 + 9 * 74), .gso_size = 100 },
	{ .name = "each_segment_repeats_the_headers_of_gre",
	  .desc = { V4, GRE(INNER(IP, POD4, HTTPS, .payload = 1000),
			    .flags = GRE_HAS_KEY | GRE_HAS_SEQUENCE, .vni = 3) },
	  IS(GRE, .packets = 10, .bytes = 1086 + 9 * 86),
	  HOLDS_HTTPS(.vni = 3, .packets = 10, .bytes = 1040 + 9 * 40), .gso_size = 100 },
	{ .name = "each_segment_repeats_the_headers_of_ip_in_ip",
	  .desc = { V4, .proto = IPPROTO_IPV6, .inner = INNER(IP, POD6, HTTPS, .payload = 1000) },
	  IS(IPV6, .packets = 10, .bytes = 1094 + 9 * 94),
	  HOLDS_HTTPS(.packets = 10, .bytes = 1060 + 9 * 60), .gso_size = 100 },
	{ .name = "the_jumbo_header_of_what_is_carried_is_on_no_wire",
	  .desc = { V4, VXLAN(42, INNER(POD6, HTTPS, .ext = { { .kind = IPPROTO_HOPOPTS } },
					.exts = 1, .payload = 1000, .is_len_zero = true)),
		    .is_len_zero = true },
	  IS_VXLAN(.packets = 10, .bytes = 1000 + 10 * 124),
	  HOLDS_HTTPS(.vni = 42, .packets = 10, .bytes = 1000 + 10 * 74), .gso_size = 100 },
	{ .name = "of_a_tunnel_that_nobody_knows_each_segment_repeats_the_carriers_headers",
	  .desc = { V4, GRE(INNER(IP, POD4, HTTPS, .payload = 1000), .flags = GRE_HAS_ROUTING) },
	  IS(GRE, .packets = 11, .bytes = 1082 + 10 * 34), .gso_size = 100, .gso_segs = 11 },
};
/* clang-format on */

static bool gre_is_known(unsigned int flags)
{
	return !(flags & GRE_HAS_ROUTING) && !(flags & 7);
}

/* Four flags, eight versions, and the bits between that nobody has a use for. */
static void every_combination_of_gres_flags_is_walked_or_left_alone(void **state)
{
	static const struct pkt_desc *const inners[] = { &ip4, &ip6, &pod4, &pod6 };

	(void)state;
	for (unsigned int i = 0; i < 256 * (unsigned int)ARRAY_SIZE(inners); i++) {
		unsigned int flags = (i % 16) << 12 | i / 16 % 8 | (i / 128 % 2 ? 0x0ff8 : 0);
		const struct pkt_desc *inner = inners[i / 256];
		uint32_t key = flags & GRE_HAS_KEY ? 0x11223344 : 0;
		struct parse_case row = {
			.desc = { V6, GRE(inner, .flags = (uint16_t)flags, .vni = key) }, IS(GRE)
		};

		if (gre_is_known(flags)) {
			row.inner.proto = inner->proto;
			row.inner.port[0] = inner->sport;
			row.inner.port[1] = inner->dport;
			row.inner.vni = inner->has_no_layer2 ? key & 0xffffff : key >> 8;
		}
		parse_check_whole(&row);
	}
}

static void every_number_of_geneves_options_is_skipped(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 64 * 4; i++) {
		const struct parse_case row = {
			.desc = { V4, UDP_TO(PORT_GENEVE),
				  .tunnel = { .kind = PKT_CARRY_GENEVE,
					      .vni = i,
					      .options = (uint8_t)(i % 64),
					      .flags = (uint16_t)(i / 64 << 6) },
				  .inner = &ip6 },
			IS_GENEVE(),
			.inner = { .proto = i / 64 ? 0 : IPPROTO_UDP,
				   .vni = i,
				   .port = { PORT_CLIENT, PORT_DNS } },
		};

		parse_check_whole(&row);
	}
}

static void of_vxlans_flags_only_the_one_of_the_network_counts(void **state)
{
	(void)state;
	for (unsigned int flags = 0; flags < 256; flags++) {
		const struct parse_case row = {
			.desc = { V4, UDP_TO(PORT_VXLAN),
				  .tunnel = { .kind = PKT_CARRY_VXLAN,
					      .vni = 5,
					      .flags = (uint16_t)(flags ^ 0x08) },
				  .inner = &pod4 },
			IS_VXLAN(),
			.inner = { .proto = flags & 0x08 ? IPPROTO_TCP : 0,
				   .vni = 5,
				   .port = { PORT_CLIENT, PORT_HTTPS } },
		};

		parse_check_whole(&row);
	}
}

/* Only the receiver's port says what it is. */
static void what_comes_from_a_tunnels_port_is_no_tunnel(void **state)
{
	static const uint16_t ports[] = { PORT_VXLAN, PORT_VXLAN_LINUX, PORT_GENEVE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		struct pkt_desc desc = { V4, UDP_TO(PORT_VXLAN), .inner = &pod4,
					 .tunnel = { .kind = PKT_CARRY_VXLAN, .vni = 1 } };

		if (ports[i] == PORT_GENEVE)
			desc.tunnel.kind = PKT_CARRY_GENEVE;
		desc.sport = ports[i];
		desc.dport = PORT_FROM;
		assert_int_equal(bpf_env_reset(env), 0);
		send_desc(env, ENV_TC_IN, &desc);
		send_desc(env, ENV_TC_OUT, &desc);
		send_desc(env, ENV_XDP, &desc);
		assert_false(the_flow(env).key.vlan & WEIR_ENCAPSULATED);
	}
}

static struct bpf_env_flow inner_flow(void)
{
	struct bpf_env_flow flows[2];

	assert_int_equal(bpf_env_flows(env, flows, 2), 2);
	return flows[!(flows[0].key.vlan & WEIR_ENCAPSULATED)];
}

static void what_is_carried_has_a_life_of_its_own(void **state)
{
	static const struct {
		bool is_answer;
		uint8_t flags;
		uint32_t seq, ack;
		enum weir_state state;
	} steps[] = {
		{ false, PKT_SYN, 100, 0, WEIR_SYN_SENT },
		{ true, PKT_SYN | PKT_ACK, 500, 101, WEIR_SYN_RECEIVED },
		{ false, PKT_ACK, 101, 501, WEIR_ESTABLISHED },
		{ false, PKT_FIN | PKT_ACK, 101, 501, WEIR_FIN_I },
		{ true, PKT_FIN | PKT_ACK, 501, 102, WEIR_LAST_ACK_I },
		{ false, PKT_ACK, 102, 502, WEIR_CLOSED },
	};
	const struct weir_event *events;
	unsigned int types[WEIR_EVENT_MAX] = { 0 };
	int n;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct pkt_desc inner = { POD4, TCP(steps[i].flags), .seq = steps[i].seq,
					  .ack = steps[i].ack };
		struct pkt_desc outer = { V4, VXLAN(42, &inner) };

		if (steps[i].is_answer)
			outer = pkt_reversed(&outer);
		outer.sport = outer.dport = PORT_VXLAN;
		send_desc(env, steps[i].is_answer ? ENV_TC_OUT : ENV_TC_IN, &outer);
		assert_int_equal(inner_flow().flow.state, steps[i].state);
		check_balance(env);
	}
	n = bpf_env_events(env, &events);
	for (int i = 0; i < n; i++)
		types[events[i].hdr.type] += !!(events[i].key.vlan & WEIR_ENCAPSULATED);
	assert_int_equal(types[WEIR_EVENT_OPEN], 1);
	assert_int_equal(types[WEIR_EVENT_ESTABLISHED], 1);
	assert_int_equal(types[WEIR_EVENT_CLOSE], 1);
}

static void networks_with_the_same_addresses_are_kept_apart(void **state)
{
	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	for (uint32_t vni = 0; vni < 20; vni++) {
		struct pkt_desc desc = { V4, VXLAN(vni << 16 | vni << 8 | vni, &pod4) };

		send_desc(env, ENV_TC_IN, &desc);
	}
	assert_int_equal(bpf_env_flows(env, NULL, 0), 1 + 20);
	check_balance(env);
}

static void a_full_map_refuses_the_carrier_and_keeps_the_balance(void **state)
{
	static const struct bpf_env_options options = { .max_flows = 1, .refuse_jiffies = 1 << 30 };
	struct pkt_desc desc = { V4, VXLAN(42, &pod4) };
	auto_bpf_env struct bpf_env *small = NULL;

	(void)state;
	assert_int_equal(bpf_env_new(&small, &options), 0);
	send_desc(small, ENV_TC_IN, &desc);
	assert_true(the_flow(small).key.vlan & WEIR_ENCAPSULATED);
	check_remainder(small, WEIR_REM_NO_ROOM, 1, 134);
	assert_int_equal(counter(small, WEIR_FLOWS_REFUSED), 1);
	check_balance(small);
}

/* Where nobody has told whether there are Ethernet headers, TC programs expect none. */
static void an_interface_without_a_slot_has_no_flows_in_its_tunnels(void **state)
{
	struct pkt_desc desc = { V4, VXLAN(42, &pod4) }, bare = desc;
	static const enum bpf_env_prog progs[] = { ENV_TC_IN, ENV_TC_OUT, ENV_XDP };

	(void)state;
	bare.has_no_layer2 = true;
	for (size_t i = 0; i < ARRAY_SIZE(progs); i++) {
		assert_int_equal(bpf_env_reset(env), 0);
		assert_int_equal(bpf_env_place(env, 0), 0);
		send_desc(env, progs[i], bpf_env_progs[progs[i]].is_xdp ? &desc : &bare);
		assert_int_equal(bpf_env_flows(env, NULL, 0), 0);
		check_balance(env);
	}
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		TEST(every_combination_of_gres_flags_is_walked_or_left_alone),
		TEST(every_number_of_geneves_options_is_skipped),
		TEST(of_vxlans_flags_only_the_one_of_the_network_counts),
		TEST(what_comes_from_a_tunnels_port_is_no_tunnel),
		TEST(what_is_carried_has_a_life_of_its_own),
		TEST(networks_with_the_same_addresses_are_kept_apart),
		TEST(a_full_map_refuses_the_carrier_and_keeps_the_balance),
		TEST(an_interface_without_a_slot_has_no_flows_in_its_tunnels),
	};
	static const struct parse_table table = { "tunnel", cases, ARRAY_SIZE(cases), others,
						  ARRAY_SIZE(others) };

	return parse_table_run(&table);
}
