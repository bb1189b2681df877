// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where a frame is counted, and as what: a table of frames, each of which runs in both directions
 * through every entry point, whole and cut at every length. Whatever it is, it must land in one
 * flow or one remainder, come out unchanged, and keep flows + remainders = raw + GSO.
 */
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "bpf_env.h"
#include "checks.h"
#include "pkt_build.h"
#include "tests/harness.h"

#define ETH_BYTES   14
#define PAGED_BYTES 4200
#define TAG_BYTES   4
/* Test runs refuse shorter frames (an IPv6 header behind Ethernet): they are cut by the wrapper. */
#define RUN_MIN 64

#define V4    .from = &v4_client, .to = &v4_server
#define V6    .from = &v6_client, .to = &v6_server
#define HTTPS .proto = IPPROTO_TCP, .sport = PORT_CLIENT, .dport = PORT_HTTPS, .tcp_flags = PKT_ACK
#define DNS   .proto = IPPROTO_UDP, .sport = PORT_CLIENT, .dport = PORT_DNS

#define FLOW		0
#define REMAINDER(name) (1 + WEIR_REM_##name)

#define IS_HTTPS(...) \
	.expect = { .proto = IPPROTO_TCP, .port = { PORT_CLIENT, PORT_HTTPS }, __VA_ARGS__ }
#define IS_DNS(...) \
	.expect = { .proto = IPPROTO_UDP, .port = { PORT_CLIENT, PORT_DNS }, __VA_ARGS__ }
#define IN(name, ...) .expect = { .landing = REMAINDER(name), __VA_ARGS__ }

/* What must be counted, and where. */
struct expect {
	uint32_t landing; /* FLOW, or REMAINDER() */
	uint8_t proto;
	uint8_t dir;
	uint16_t port[2]; /* of sender and receiver */
	uint16_t vlan;
	uint32_t vni;
	/* On the wire, with Ethernet; 0: one packet as long as the frame. */
	uint32_t packets, bytes;
};

struct parse_case {
	const char *name;
	struct pkt_desc desc;
	struct expect expect;
	uint32_t gso_size, gso_segs;
	uint32_t meta_tag; /* PKT_TAG | TCI in the metadata */
	bool is_oneway;	   /* sender and receiver are one and the same */
};

#define IS_LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

static const struct parse_case cases[] = {
	/* Layer 2 */
	{ .name = "ipv4_tcp_is_a_flow", .desc = { V4, HTTPS, .payload = 100 }, IS_HTTPS() },
	{ .name = "ipv6_tcp_is_a_flow", .desc = { V6, HTTPS, .payload = 100 }, IS_HTTPS() },
	{ .name = "a_vlan_tag_in_the_data_is_part_of_the_key",
	  .desc = { V4, HTTPS, .tag = { PKT_TAG | 100 } },
	  IS_HTTPS(.vlan = WEIR_VLAN_TAGGED | 100) },
	{ .name = "a_vlan_tag_in_front_of_ipv6_is_part_of_the_key",
	  .desc = { V6, DNS, .tag = { PKT_TAG | 4095 } },
	  IS_DNS(.vlan = WEIR_VLAN_TAGGED | 4095) },
	{ .name = "priority_and_dei_of_a_vlan_tag_are_not_part_of_the_key",
	  .desc = { V4, DNS, .tag = { PKT_TAG | 0xf000 | 7 } },
	  IS_DNS(.vlan = WEIR_VLAN_TAGGED | 7) },
	{ .name = "a_priority_tag_is_a_tag_with_id_0",
	  .desc = { V4, DNS, .tag = { PKT_TAG | 0x6000 } },
	  IS_DNS(.vlan = WEIR_VLAN_TAGGED) },
	{ .name = "a_vlan_tag_in_the_metadata_is_part_of_the_key_and_four_bytes_of_the_wire",
	  .desc = { V4, HTTPS, .payload = 46 },
	  IS_HTTPS(.vlan = WEIR_VLAN_TAGGED | 0x123, .packets = 1, .bytes = 100 + 4),
	  .meta_tag = PKT_TAG | 0xe123 },
	{ .name = "the_tag_in_the_metadata_is_the_outer_one_of_two",
	  .desc = { V4, HTTPS, .tag = { PKT_TAG | 5 }, .payload = 46 },
	  IS_HTTPS(.vlan = WEIR_VLAN_TAGGED | WEIR_VLAN_STACKED | 5, .vni = 6, .packets = 1,
		   .bytes = 104 + 4),
	  .meta_tag = PKT_TAG | 6 },
	{ .name = "two_tags_in_the_data_are_both_part_of_the_key",
	  .desc = { V4, HTTPS, .tag = { PKT_TAG | 5, PKT_TAG | 6 } },
	  IS_HTTPS(.vlan = WEIR_VLAN_TAGGED | WEIR_VLAN_STACKED | 6, .vni = 5) },
	{ .name = "arp_has_a_remainder_of_its_own",
	  .desc = { .ethertype = ETHERTYPE_ARP, .payload = 46 },
	  IN(ARP) },
	{ .name = "arp_behind_a_vlan_tag_is_arp",
	  .desc = { .ethertype = ETHERTYPE_ARP, .tag = { PKT_TAG | 9 }, .payload = 46 },
	  IN(ARP) },
	{ .name = "another_ethertype_is_non_ip",
	  .desc = { .ethertype = 0x88cc, .payload = 46 },
	  IN(NON_IP) },
	{ .name = "a_length_instead_of_an_ethertype_is_non_ip",
	  .desc = { .ethertype = 38, .payload = 46 },
	  IN(NON_IP) },
	{ .name = "a_frame_of_an_ethernet_header_only_is_non_ip",
	  .desc = { .ethertype = 0x88cc },
	  IN(NON_IP) },

	/* IPv4 */
	{ .name = "ethernet_padding_is_counted_and_no_payload",
	  .desc = { V4, HTTPS, .padding = 6 },
	  IS_HTTPS() },
	{ .name = "one_word_of_ipv4_options_does_not_move_the_ports",
	  .desc = { V4, HTTPS, .options = 4 },
	  IS_HTTPS() },
	{ .name = "forty_bytes_of_ipv4_options_do_not_move_the_ports",
	  .desc = { V4, DNS, .options = 40 },
	  IS_DNS() },
	{ .name = "an_ihl_below_5_is_malformed",
	  .desc = { V4, HTTPS, .version_ihl = 0x44 },
	  IN(MALFORMED) },
	{ .name = "an_ihl_of_0_is_malformed",
	  .desc = { V4, HTTPS, .version_ihl = 0x40 },
	  IN(MALFORMED) },
	{ .name = "an_ihl_below_5_is_malformed_whatever_is_in_it",
	  .desc = { V4, .proto = 253, .version_ihl = 0x44, .payload = 20 },
	  IN(MALFORMED) },
	{ .name = "an_ihl_beyond_the_packet_is_malformed",
	  .desc = { V4, DNS, .version_ihl = 0x4f },
	  IN(MALFORMED) },
	{ .name = "ipv4_with_version_6_is_malformed",
	  .desc = { V4, HTTPS, .version_ihl = 0x65 },
	  IN(MALFORMED) },
	{ .name = "ipv4_with_version_0_is_malformed",
	  .desc = { V4, HTTPS, .version_ihl = 0x05 },
	  IN(MALFORMED) },
	{ .name = "a_total_length_beyond_the_frame_is_malformed",
	  .desc = { V4, HTTPS, .len_add = 1 },
	  IN(MALFORMED) },
	{ .name = "a_total_length_below_the_header_is_malformed",
	  .desc = { V4, HTTPS, .len_add = -21 },
	  IN(MALFORMED) },
	{ .name = "a_total_length_below_the_header_is_malformed_whatever_is_in_it",
	  .desc = { V4, .proto = 253, .len_add = -1 },
	  IN(MALFORMED) },
	{ .name = "a_total_length_that_cuts_tcp_is_malformed",
	  .desc = { V4, HTTPS, .len_add = -1 },
	  IN(MALFORMED) },
	{ .name = "a_total_length_below_the_frame_leaves_padding",
	  .desc = { V4, HTTPS, .payload = 50, .len_add = -50 },
	  IS_HTTPS() },
	{ .name = "a_total_length_of_0_is_malformed",
	  .desc = { V4, HTTPS, .payload = 20, .is_len_zero = true },
	  IN(MALFORMED) },
	{ .name = "the_first_fragment_of_ipv4_is_in_its_flow",
	  .desc = { V4, DNS, .frag = 0x2000, .payload = 64 },
	  IS_DNS() },
	{ .name = "a_middle_fragment_of_ipv4_has_no_ports",
	  .desc = { V4, DNS, .frag = 0x2000 | 185, .payload = 64 },
	  IN(FRAGMENT) },
	{ .name = "the_last_fragment_of_ipv4_has_no_ports",
	  .desc = { V4, DNS, .frag = 1, .payload = 1 },
	  IN(FRAGMENT) },
	{ .name = "a_later_fragment_at_the_largest_offset_has_no_ports",
	  .desc = { V4, HTTPS, .frag = 0x1fff, .payload = 1 },
	  IN(FRAGMENT) },
	{ .name = "dont_fragment_is_no_fragment",
	  .desc = { V4, HTTPS, .frag = 0x4000 },
	  IS_HTTPS() },
	{ .name = "the_reserved_fragment_bit_is_no_fragment",
	  .desc = { V4, HTTPS, .frag = 0x8000 },
	  IS_HTTPS() },
	{ .name = "a_first_fragment_too_short_for_tcp_is_malformed",
	  .desc = { V4, HTTPS, .frag = 0x2000, .l4_cut = 8 },
	  IN(MALFORMED) },

	/* IPv6 */
	{ .name = "a_payload_length_beyond_the_frame_is_malformed",
	  .desc = { V6, HTTPS, .len_add = 1 },
	  IN(MALFORMED) },
	{ .name = "a_payload_length_that_cuts_udp_is_malformed",
	  .desc = { V6, DNS, .len_add = -1 },
	  IN(MALFORMED) },
	{ .name = "a_payload_length_below_the_frame_leaves_padding",
	  .desc = { V6, DNS, .payload = 50, .len_add = -50 },
	  IS_DNS() },
	{ .name = "a_payload_length_of_0_is_malformed_with_tcp_in_it",
	  .desc = { V6, HTTPS, .is_len_zero = true },
	  IN(MALFORMED) },
	{ .name = "ipv6_with_version_4_is_malformed",
	  .desc = { V6, HTTPS, .version = 4 },
	  IN(MALFORMED) },
	{ .name = "hop_by_hop_options_are_walked",
	  .desc = { V6, HTTPS, .ext = { { .kind = IPPROTO_HOPOPTS } }, .exts = 1 },
	  IS_HTTPS() },
	{ .name = "a_routing_header_is_walked",
	  .desc = { V6, HTTPS, .ext = { { .kind = IPPROTO_ROUTING, .len = 2 } }, .exts = 1 },
	  IS_HTTPS() },
	{ .name = "destination_options_are_walked",
	  .desc = { V6, DNS, .ext = { { .kind = IPPROTO_DSTOPTS, .len = 1 } }, .exts = 1 },
	  IS_DNS() },
	{ .name = "an_authentication_header_is_walked_in_its_own_unit",
	  .desc = { V6, HTTPS, .ext = { { .kind = IPPROTO_AH, .len = 4 } }, .exts = 1 },
	  IS_HTTPS() },
	{ .name = "an_authentication_header_of_an_odd_length_is_walked",
	  .desc = { V6, DNS, .ext = { { .kind = IPPROTO_AH, .len = 3 } }, .exts = 1 },
	  IS_DNS() },
	{ .name = "a_mobility_header_is_walked",
	  .desc = { V6, HTTPS, .ext = { { .kind = IPPROTO_MH, .len = 1 } }, .exts = 1 },
	  IS_HTTPS() },
	{ .name = "a_host_identity_header_is_walked",
	  .desc = { V6, DNS, .ext = { { .kind = 139, .len = 3 } }, .exts = 1 },
	  IS_DNS() },
	{ .name = "a_shim6_header_is_walked",
	  .desc = { V6, DNS, .ext = { { .kind = 140, .len = 1 } }, .exts = 1 },
	  IS_DNS() },
	{ .name = "a_header_of_255_units_is_walked",
	  .desc = { V6, DNS, .ext = { { .kind = IPPROTO_DSTOPTS, .len = 255 } }, .exts = 1 },
	  IS_DNS() },
	{ .name = "several_headers_in_a_row_are_walked",
	  .desc = { V6, HTTPS,
		    .ext = { { .kind = IPPROTO_HOPOPTS },
			     { .kind = IPPROTO_DSTOPTS, .len = 1 },
			     { .kind = IPPROTO_ROUTING, .len = 2 },
			     { .kind = IPPROTO_FRAGMENT, .frag = 1 },
			     { .kind = IPPROTO_AH, .len = 4 },
			     { .kind = IPPROTO_DSTOPTS } },
		    .exts = 6 },
	  IS_HTTPS() },
	{ .name = "eight_headers_are_walked",
	  .desc = { V6, HTTPS,
		    .ext = { { .kind = IPPROTO_DSTOPTS },
			     { .kind = IPPROTO_ROUTING },
			     { .kind = IPPROTO_DSTOPTS },
			     { .kind = IPPROTO_ROUTING },
			     { .kind = IPPROTO_DSTOPTS },
			     { .kind = IPPROTO_ROUTING },
			     { .kind = IPPROTO_DSTOPTS },
			     { .kind = IPPROTO_ROUTING } },
		    .exts = 8 },
	  IS_HTTPS() },
	{ .name = "a_ninth_header_is_malformed",
	  .desc = { V6, HTTPS,
		    .ext = { { .kind = IPPROTO_DSTOPTS },
			     { .kind = IPPROTO_ROUTING },
			     { .kind = IPPROTO_DSTOPTS },
			     { .kind = IPPROTO_ROUTING },
			     { .kind = IPPROTO_DSTOPTS },
			     { .kind = IPPROTO_ROUTING },
			     { .kind = IPPROTO_DSTOPTS },
			     { .kind = IPPROTO_ROUTING },
			     { .kind = IPPROTO_DSTOPTS } },
		    .exts = 9 },
	  IN(MALFORMED) },
	{ .name = "an_extension_header_beyond_the_payload_length_is_malformed",
	  .desc = { V6, DNS, .ext = { { .kind = IPPROTO_DSTOPTS, .len = 2 } }, .exts = 1,
		    .len_add = -20 },
	  IN(MALFORMED) },
	{ .name = "the_first_fragment_of_ipv6_is_in_its_flow",
	  .desc = { V6, DNS, .ext = { { .kind = IPPROTO_FRAGMENT, .frag = 1 } }, .exts = 1,
		    .payload = 64 },
	  IS_DNS() },
	{ .name = "a_whole_packet_with_a_fragment_header_is_in_its_flow",
	  .desc = { V6, HTTPS, .ext = { { .kind = IPPROTO_FRAGMENT } }, .exts = 1 },
	  IS_HTTPS() },
	{ .name = "the_reserved_bits_of_a_fragment_header_are_no_offset",
	  .desc = { V6, HTTPS, .ext = { { .kind = IPPROTO_FRAGMENT, .frag = 6 } }, .exts = 1 },
	  IS_HTTPS() },
	{ .name = "the_reserved_byte_of_a_fragment_header_is_no_length",
	  .desc = { V6, HTTPS, .ext = { { .kind = IPPROTO_FRAGMENT, .len = 9 } }, .exts = 1 },
	  IS_HTTPS() },
	{ .name = "a_middle_fragment_of_ipv6_has_no_ports",
	  .desc = { V6, DNS, .ext = { { .kind = IPPROTO_FRAGMENT, .frag = 8 | 1 } }, .exts = 1,
		    .payload = 60 },
	  IN(FRAGMENT) },
	{ .name = "the_last_fragment_of_ipv6_has_no_ports",
	  .desc = { V6, DNS, .ext = { { .kind = IPPROTO_FRAGMENT, .frag = 0xfff8 } }, .exts = 1,
		    .payload = 1 },
	  IN(FRAGMENT) },
	{ .name = "a_later_fragment_behind_other_headers_has_no_ports",
	  .desc = { V6, HTTPS,
		    .ext = { { .kind = IPPROTO_HOPOPTS },
			     { .kind = IPPROTO_FRAGMENT, .frag = 0x100 } },
		    .exts = 2, .payload = 16 },
	  IN(FRAGMENT) },
	{ .name = "no_next_header_is_a_flow_by_its_number",
	  .desc = { V6, .proto = 59, .payload = 8 },
	  .expect = { .proto = 59 } },

	/* Layer 4 */
	{ .name = "tcp_options_are_no_payload",
	  .desc = { V4, HTTPS, .tcp_options = 40, .payload = 9 },
	  IS_HTTPS() },
	{ .name = "a_data_offset_below_5_is_malformed",
	  .desc = { V4, HTTPS, .doff = 4 },
	  IN(MALFORMED) },
	{ .name = "a_data_offset_beyond_the_packet_is_malformed",
	  .desc = { V4, HTTPS, .doff = 6 },
	  IN(MALFORMED) },
	{ .name = "a_data_offset_into_the_padding_is_malformed",
	  .desc = { V6, HTTPS, .doff = 6, .padding = 4 },
	  IN(MALFORMED) },
	{ .name = "a_cut_tcp_header_is_malformed",
	  .desc = { V6, HTTPS, .l4_cut = 19 },
	  IN(MALFORMED) },
	{ .name = "a_cut_tcp_header_with_padding_behind_it_is_malformed",
	  .desc = { V4, HTTPS, .l4_cut = 13, .padding = 20 },
	  IN(MALFORMED) },
	{ .name = "udp_over_ipv4_is_a_flow", .desc = { V4, DNS, .payload = 22 }, IS_DNS() },
	{ .name = "udp_over_ipv6_is_a_flow", .desc = { V6, DNS, .payload = 22 }, IS_DNS() },
	{ .name = "a_cut_udp_header_is_malformed",
	  .desc = { V4, DNS, .l4_cut = 7 },
	  IN(MALFORMED) },
	{ .name = "a_cut_udp_header_with_padding_behind_it_is_malformed",
	  .desc = { V4, DNS, .l4_cut = 7, .padding = 20 },
	  IN(MALFORMED) },
	{ .name = "the_id_of_an_icmp_echo_request_is_its_key",
	  .desc = { V4, .proto = IPPROTO_ICMP, .icmp_type = 8, .icmp_id = 0x1234, .payload = 48 },
	  .expect = { .proto = IPPROTO_ICMP, .port = { 0x1234, 0x1234 } } },
	{ .name = "the_id_of_an_icmp_echo_reply_is_its_key",
	  .desc = { V4, .proto = IPPROTO_ICMP, .icmp_type = 0, .icmp_id = 0x1234, .payload = 48 },
	  .expect = { .proto = IPPROTO_ICMP, .port = { 0x1234, 0x1234 } } },
	{ .name = "the_id_of_an_icmp_timestamp_is_its_key",
	  .desc = { V4, .proto = IPPROTO_ICMP, .icmp_type = 13, .icmp_id = 1, .payload = 12 },
	  .expect = { .proto = IPPROTO_ICMP, .port = { 1, 1 } } },
	{ .name = "the_id_of_an_icmp_timestamp_reply_is_its_key",
	  .desc = { V4, .proto = IPPROTO_ICMP, .icmp_type = 14, .icmp_id = 1, .payload = 12 },
	  .expect = { .proto = IPPROTO_ICMP, .port = { 1, 1 } } },
	{ .name = "an_icmp_error_has_no_id",
	  .desc = { V4, .proto = IPPROTO_ICMP, .icmp_type = 3, .icmp_code = 4, .icmp_id = 0x1234,
		    .payload = 28 },
	  .expect = { .proto = IPPROTO_ICMP } },
	{ .name = "the_id_of_an_icmpv6_echo_request_is_its_key",
	  .desc = { V6, .proto = IPPROTO_ICMPV6, .icmp_type = 128, .icmp_id = 0xabcd },
	  .expect = { .proto = IPPROTO_ICMPV6, .port = { 0xabcd, 0xabcd } } },
	{ .name = "the_id_of_an_icmpv6_echo_reply_is_its_key",
	  .desc = { V6, .proto = IPPROTO_ICMPV6, .icmp_type = 129, .icmp_id = 0xabcd },
	  .expect = { .proto = IPPROTO_ICMPV6, .port = { 0xabcd, 0xabcd } } },
	{ .name = "an_icmpv6_type_8_is_no_echo",
	  .desc = { V6, .proto = IPPROTO_ICMPV6, .icmp_type = 8, .icmp_id = 0xabcd },
	  .expect = { .proto = IPPROTO_ICMPV6 } },
	{ .name = "an_icmp_type_128_is_no_echo",
	  .desc = { V4, .proto = IPPROTO_ICMP, .icmp_type = 128, .icmp_id = 0xabcd },
	  .expect = { .proto = IPPROTO_ICMP } },
	{ .name = "a_neighbour_solicitation_has_no_id",
	  .desc = { V6, .proto = IPPROTO_ICMPV6, .icmp_type = 135, .icmp_id = 1, .payload = 16 },
	  .expect = { .proto = IPPROTO_ICMPV6 } },
	{ .name = "a_cut_icmp_header_is_malformed",
	  .desc = { V4, .proto = IPPROTO_ICMP, .icmp_type = 8, .l4_cut = 7, .padding = 19 },
	  IN(MALFORMED) },
	{ .name = "gre_is_a_flow_by_its_number",
	  .desc = { V4, .proto = IPPROTO_GRE, .payload = 44 },
	  .expect = { .proto = IPPROTO_GRE } },
	{ .name = "esp_is_a_flow_by_its_number",
	  .desc = { V6, .proto = IPPROTO_ESP, .payload = 44 },
	  .expect = { .proto = IPPROTO_ESP } },
	{ .name = "sctp_is_a_flow",
	  .desc = { V4, .proto = IPPROTO_SCTP, .payload = 44 },
	  .expect = { .proto = IPPROTO_SCTP, .port = { 0x7878, 0x7878 } } },
	{ .name = "an_authentication_header_of_ipv4_is_a_flow_by_its_number",
	  .desc = { V4, .proto = IPPROTO_AH, .payload = 44 },
	  .expect = { .proto = IPPROTO_AH } },
	{ .name = "a_protocol_without_any_payload_is_a_flow",
	  .desc = { V4, .proto = 253 },
	  .expect = { .proto = 253 } },

	/* The order of endpoints */
	{ .name = "ports_order_the_endpoints_of_one_address",
	  .desc = { .from = &v4_client,
		    .to = &v4_client,
		    .proto = IPPROTO_UDP,
		    .sport = 0x0101,
		    .dport = 0x0202 },
	  .expect = { .proto = IPPROTO_UDP, .port = { 0x0101, 0x0202 } } },
	{ .name = "ports_order_the_endpoints_of_one_ipv6_address",
	  .desc = { .from = &v6_client,
		    .to = &v6_client,
		    .proto = IPPROTO_UDP,
		    .sport = 0x0101,
		    .dport = 0x0202 },
	  .expect = { .proto = IPPROTO_UDP, .port = { 0x0101, 0x0202 } } },
	{ .name = "a_sender_to_itself_is_endpoint_0",
	  .desc = { .from = &v4_client,
		    .to = &v4_client,
		    .proto = IPPROTO_UDP,
		    .sport = 9,
		    .dport = 9 },
	  .expect = { .proto = IPPROTO_UDP, .port = { 9, 9 } },
	  .is_oneway = true },
	{ .name = "addresses_are_compared_by_the_machines_own_words",
	  .desc = { .from = &v6_client,
		    .to = &v6_far,
		    .proto = IPPROTO_UDP,
		    .sport = 1,
		    .dport = 2 },
	  .expect = { .proto = IPPROTO_UDP, .dir = IS_LITTLE, .port = { 1, 2 } } },

	/* GSO and GRO: one frame that stands for several */
	{ .name = "segments_are_counted_from_the_payload_where_their_number_is_missing",
	  .desc = { V4, HTTPS, .tcp_options = 12, .payload = 2996 },
	  IS_HTTPS(.packets = 3, .bytes = 3062 + 2 * 66),
	  .gso_size = 1448 },
	{ .name = "the_number_of_segments_counts_where_it_is_known",
	  .desc = { V4, HTTPS, .tcp_options = 12, .payload = 2996 },
	  IS_HTTPS(.packets = 5, .bytes = 3062 + 4 * 66),
	  .gso_size = 1448,
	  .gso_segs = 5 },
	{ .name = "a_number_of_segments_without_a_size_says_nothing",
	  .desc = { V4, HTTPS, .payload = 1000 },
	  IS_HTTPS(),
	  .gso_segs = 5 },
	{ .name = "an_exact_multiple_of_the_size_has_no_segment_more",
	  .desc = { V4, HTTPS, .tcp_options = 12, .payload = 2896 },
	  IS_HTTPS(.packets = 2, .bytes = 2962 + 66),
	  .gso_size = 1448 },
	{ .name = "less_than_one_segment_is_one_packet",
	  .desc = { V4, HTTPS, .payload = 100 },
	  IS_HTTPS(),
	  .gso_size = 1448 },
	{ .name = "no_payload_is_one_packet", .desc = { V4, HTTPS }, IS_HTTPS(), .gso_size = 1448 },
	{ .name = "each_segment_repeats_ipv4_options",
	  .desc = { V4, HTTPS, .options = 8, .payload = 300 },
	  IS_HTTPS(.packets = 3, .bytes = 362 + 2 * 62),
	  .gso_size = 100 },
	{ .name = "each_segment_repeats_ipv6_headers",
	  .desc = { V6, HTTPS, .ext = { { .kind = IPPROTO_DSTOPTS } }, .exts = 1, .payload = 300 },
	  IS_HTTPS(.packets = 2, .bytes = 382 + 82),
	  .gso_size = 299 },
	{ .name = "udp_segments_are_counted",
	  .desc = { V4, DNS, .payload = 1200 },
	  IS_DNS(.packets = 3, .bytes = 1242 + 2 * 42),
	  .gso_size = 500,
	  .gso_segs = 3 },
	{ .name = "udp_segments_over_ipv6_are_counted_without_their_number",
	  .desc = { V6, DNS, .payload = 1200 },
	  IS_DNS(.packets = 3, .bytes = 1262 + 2 * 62),
	  .gso_size = 500 },
	{ .name = "each_segment_repeats_a_tag_in_the_data",
	  .desc = { V4, HTTPS, .tag = { PKT_TAG | 3 }, .payload = 1000 },
	  IS_HTTPS(.vlan = WEIR_VLAN_TAGGED | 3, .packets = 10, .bytes = 1058 + 9 * 58),
	  .gso_size = 100 },
	{ .name = "each_segment_receives_the_tag_of_the_metadata",
	  .desc = { V4, HTTPS, .payload = 1000 },
	  IS_HTTPS(.vlan = WEIR_VLAN_TAGGED | 3, .packets = 10, .bytes = 1054 + 9 * 54 + 10 * 4),
	  .gso_size = 100,
	  .meta_tag = PKT_TAG | 3 },
	{ .name = "a_total_length_of_0_is_the_frames_own_in_a_super_packet",
	  .desc = { V4, HTTPS, .payload = 1000, .is_len_zero = true },
	  IS_HTTPS(.packets = 10, .bytes = 1054 + 9 * 54),
	  .gso_size = 100 },
	{ .name = "a_payload_length_of_0_is_the_frames_own_in_a_super_packet",
	  .desc = { V6, HTTPS, .payload = 1000, .is_len_zero = true },
	  IS_HTTPS(.packets = 10, .bytes = 1074 + 9 * 74),
	  .gso_size = 100 },
	{ .name = "the_jumbo_header_of_a_super_packet_is_on_no_wire",
	  .desc = { V6, HTTPS, .ext = { { .kind = IPPROTO_HOPOPTS } }, .exts = 1, .payload = 1000,
		    .is_len_zero = true },
	  IS_HTTPS(.packets = 10, .bytes = 1000 + 10 * 74),
	  .gso_size = 100 },
	{ .name = "the_jumbo_header_of_a_single_segment_is_on_no_wire",
	  .desc = { V6, HTTPS, .ext = { { .kind = IPPROTO_HOPOPTS } }, .exts = 1, .payload = 1000,
		    .is_len_zero = true },
	  IS_HTTPS(.packets = 1, .bytes = 1000 + 74),
	  .gso_size = 2000 },
	{ .name = "other_options_for_every_hop_are_on_the_wire",
	  .desc = { V6, HTTPS, .ext = { { .kind = IPPROTO_HOPOPTS } }, .exts = 1, .payload = 1000 },
	  IS_HTTPS(.packets = 10, .bytes = 1000 + 10 * 82),
	  .gso_size = 100 },
	{ .name = "a_malformed_super_packet_is_as_many_packets",
	  .desc = { V4, HTTPS, .doff = 4, .payload = 300 },
	  IN(MALFORMED, .packets = 3, .bytes = 354 + 2 * 34),
	  .gso_size = 100,
	  .gso_segs = 3 },
	{ .name = "a_super_packet_of_another_ethertype_is_as_many_packets",
	  .desc = { .ethertype = 0x88cc, .payload = 300 },
	  IN(NON_IP, .packets = 3, .bytes = 314 + 2 * 14),
	  .gso_size = 100,
	  .gso_segs = 3 },
};

/* One run: the packet's part that is there, and what must come of it. */
struct sight {
	enum bpf_env_prog prog;
	const struct pkt_desc *desc;
	struct bpf_env_packet packet;
	size_t len;
	struct expect expect;
};

static int setup(void **state)
{
	return bpf_env_new((struct bpf_env **)state, NULL);
}

static int teardown(void **state)
{
	bpf_env_free((struct bpf_env **)state);
	return 0;
}

static void check_iface(const struct bpf_env *env, const struct sight *sight)
{
	enum weir_hook hook = bpf_env_progs[sight->prog].hook;
	const struct expect *expect = &sight->expect;
	struct weir_iface iface;

	assert_int_equal(bpf_env_iface(env, BPF_ENV_IFINDEX, &iface), 0);
	check_count(&iface.raw[hook], 1, sight->len);
	check_count(&iface.raw[!hook], 0, 0);
	check_count(&iface.gso[hook], expect->packets - 1, (uint64_t)expect->bytes - sight->len);
	check_count(&iface.gso[!hook], 0, 0);
	check_count(&iface.cut, 0, 0);
	for (unsigned int i = 0; i < WEIR_REM_MAX; i++) {
		bool is_there = expect->landing == 1 + i;

		check_count(&iface.remainder[i], is_there ? expect->packets : 0,
			    is_there ? expect->bytes : 0);
	}
}

static struct weir_flow_key expected_key(const struct sight *sight)
{
	const struct expect *expect = &sight->expect;
	struct weir_flow_key key = {
		.ifindex = BPF_ENV_IFINDEX,
		.netns = BPF_ENV_NETNS,
		.vlan = expect->vlan,
		.vni = { (uint8_t)(expect->vni >> 16), (uint8_t)(expect->vni >> 8),
			 (uint8_t)expect->vni },
		.family = sight->desc->from->family,
		.proto = expect->proto,
	};
	unsigned int sender = expect->dir;

	memcpy(key.addr[sender], sight->desc->from->bytes, 16);
	memcpy(key.addr[!sender], sight->desc->to->bytes, 16);
	key.port[sender] = htons(expect->port[0]);
	key.port[!sender] = htons(expect->port[1]);
	return key;
}

static void check_event(struct bpf_env *env, const struct sight *sight,
			const struct bpf_env_flow *entry)
{
	static const uint8_t none[6];
	const struct bpf_env_prog_info *prog = &bpf_env_progs[sight->prog];
	const struct pkt_desc *desc = sight->desc;
	bool is_icmp = desc->proto == IPPROTO_ICMP || desc->proto == IPPROTO_ICMPV6;
	const struct weir_event *event;

	assert_int_equal(bpf_env_events(env, &event), 1);
	assert_int_equal(event->hdr.len, sizeof(*event));
	assert_int_equal(event->hdr.type, WEIR_EVENT_OPEN);
	assert_int_equal(event->hdr.version, WEIR_EVENT_VERSION);
	assert_int_equal(event->hdr.hook, prog->hook);
	assert_int_equal(event->hdr.dir, sight->expect.dir);
	assert_int_equal(event->hdr.tcp_flags, desc->tcp_flags);
	assert_memory_equal(&event->key, &entry->key, sizeof(entry->key));
	assert_memory_equal(&event->flow, &entry->flow, sizeof(entry->flow));
	assert_memory_equal(event->eth_src,
			    !prog->has_ethernet ? none
			    : desc->is_reverse	? mac_b
						: mac_a,
			    6);
	assert_memory_equal(event->eth_dst,
			    !prog->has_ethernet ? none
			    : desc->is_reverse	? mac_a
						: mac_b,
			    6);
	assert_int_equal(event->icmp_type, is_icmp ? desc->icmp_type : 0);
	assert_int_equal(event->icmp_code, is_icmp ? desc->icmp_code : 0);
	assert_int_equal(event->pad, 0);
}

static void check_flow(struct bpf_env *env, const struct sight *sight)
{
	const struct expect *expect = &sight->expect;
	struct bpf_env_flow entry;
	struct weir_flow_key key;
	const struct weir_dir *dir;

	if (expect->landing != FLOW) {
		assert_int_equal(bpf_env_flows(env, &entry, 1), 0);
		return;
	}
	assert_int_equal(bpf_env_flows(env, &entry, 1), 1);
	key = expected_key(sight);
	assert_memory_equal(&entry.key, &key, sizeof(key));
	dir = &entry.flow.dir[expect->dir];
	assert_int_equal(dir->packets, expect->packets);
	assert_int_equal(dir->bytes, expect->bytes);
	assert_int_equal(dir->flags, sight->desc->tcp_flags);
	assert_int_equal(dir->hooks, 1 << bpf_env_progs[sight->prog].hook);
	assert_int_not_equal(dir->last, 0);
	dir = &entry.flow.dir[!expect->dir];
	assert_int_equal(dir->packets, 0);
	assert_int_equal(dir->bytes, 0);
	assert_int_equal(dir->last, 0);
	check_event(env, sight, &entry);
}

/* The packet as test runs take it: not too short, the rest is cut off again by the wrapper. */
static void check_sight(struct bpf_env *env, struct sight *sight)
{
	const struct bpf_env_prog_info *prog = &bpf_env_progs[sight->prog];
	struct bpf_env_result result;

	if (sight->len != sight->packet.len)
		sight->packet.cut_to = sight->len;
	if (sight->packet.len < RUN_MIN) {
		sight->packet.cut_to = sight->len;
		sight->packet.len = RUN_MIN;
	}
	assert_int_equal(bpf_env_reset(env), 0);
	assert_int_equal(bpf_env_run(env, sight->prog, &sight->packet, &result), 0);
	assert_int_equal(result.verdict, prog->verdict);
	assert_true(result.is_unchanged);
	check_balance(env);
	check_iface(env, sight);
	check_flow(env, sight);
}

/* Below this length the frame contradicts itself, or does not say what it is. */
static size_t needed_len(const struct parse_case *row, const struct packet *packet)
{
	if (row->expect.landing == REMAINDER(ARP) || row->expect.landing == REMAINDER(NON_IP))
		return ETH_BYTES + (row->desc.tag[0] && !row->meta_tag ? TAG_BYTES : 0);
	return packet->l3_end;
}

static bool can_run(enum bpf_env_prog prog, const struct parse_case *row)
{
	bool is_plain = !row->gso_size && !row->gso_segs && !row->meta_tag;

	if (prog == ENV_COMMAND || (prog == ENV_XDP && !is_plain))
		return false;
	return bpf_env_progs[prog].has_ethernet ||
	       (row->desc.from && !row->desc.tag[0] && !row->meta_tag);
}

/* The first len bytes (with Ethernet) of the row's packet as prog sees it. */
static void check_row(struct bpf_env *env, enum bpf_env_prog prog, const struct parse_case *row,
		      const struct packet *packet, const struct pkt_desc *desc, size_t len)
{
	size_t skip = bpf_env_progs[prog].has_ethernet ? 0 : ETH_BYTES;
	struct sight sight = {
		.prog = prog,
		.desc = desc,
		.packet = {
			.data = packet->data + skip,
			.len = packet->len - skip,
			.gso_size = row->gso_size,
			.gso_segs = row->gso_segs,
			.has_tag = row->meta_tag,
			.tci = (uint16_t)row->meta_tag,
		},
		.len = len - skip,
		.expect = row->expect,
	};
	struct expect *expect = &sight.expect;

	if (!expect->packets || len < packet->len) {
		expect->packets = 1;
		expect->bytes = (uint32_t)len + (row->meta_tag ? TAG_BYTES : 0);
	}
	expect->bytes -= expect->packets * (uint32_t)skip;
	if (desc->is_reverse && !row->is_oneway) {
		expect->dir = !expect->dir;
		expect->port[0] = row->expect.port[1];
		expect->port[1] = row->expect.port[0];
	}
	if (len < needed_len(row, packet))
		expect->landing = REMAINDER(MALFORMED);
	check_sight(env, &sight);
}

static void check_lengths(struct bpf_env *env, const struct parse_case *row, bool is_cut)
{
	const struct pkt_desc both[2] = { row->desc, pkt_reversed(&row->desc) };

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		struct packet packet;

		pkt_build(&packet, &both[i]);
		for (enum bpf_env_prog prog = 0; prog < ENV_PROG_MAX; prog++) {
			size_t skip = bpf_env_progs[prog].has_ethernet ? 0 : ETH_BYTES;

			if (!can_run(prog, row))
				continue;
			if (!is_cut)
				check_row(env, prog, row, &packet, &both[i], packet.len);
			for (size_t len = ETH_BYTES + skip; is_cut && len < packet.len; len++)
				check_row(env, prog, row, &packet, &both[i], len);
		}
	}
}

/* The row is told by the test's initial state; the group's state is in env_of_group. */
static struct bpf_env *env_of_group;

static int setup_group(void **state)
{
	(void)state;
	return setup((void **)&env_of_group);
}

static int teardown_group(void **state)
{
	(void)state;
	return teardown((void **)&env_of_group);
}

static void row_lands_where_it_belongs(void **state)
{
	check_lengths(env_of_group, *state, false);
}

static void row_cut_anywhere_lands_once(void **state)
{
	check_lengths(env_of_group, *state, true);
}

/* All frames of the table, one after the other, without a reset: sums of many flows. */
static void the_whole_table_together_keeps_the_balance(void **state)
{
	struct bpf_env *env = env_of_group;
	struct bpf_env_sums sums;
	uint64_t runs = 0;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct packet packet;
		struct bpf_env_result result;

		pkt_build(&packet, &cases[i].desc);
		for (enum bpf_env_prog prog = 0; prog < ENV_PROG_MAX; prog++) {
			struct bpf_env_packet run = {
				.data = packet.data,
				.len = RUN_MIN > packet.len ? RUN_MIN : packet.len,
				.gso_size = cases[i].gso_size,
				.gso_segs = cases[i].gso_segs,
				.has_tag = cases[i].meta_tag,
				.tci = (uint16_t)cases[i].meta_tag,
			};

			if (!can_run(prog, &cases[i]) || !bpf_env_progs[prog].has_ethernet)
				continue;
			assert_int_equal(bpf_env_run(env, prog, &run, &result), 0);
			runs++;
			check_balance(env);
		}
	}
	assert_int_equal(bpf_env_sums(env, &sums), 0);
	assert_int_equal(sums.raw.packets, runs);
}

static void every_combination_of_tcp_flags_is_kept(void **state)
{
	struct bpf_env *env = env_of_group;
	struct bpf_env_flow entry;

	(void)state;
	for (unsigned int flags = 0; flags < 256; flags++) {
		struct pkt_desc desc = { V4, .proto = IPPROTO_TCP, .tcp_flags = (uint8_t)flags };

		assert_int_equal(bpf_env_reset(env), 0);
		send_desc(env, ENV_TC_IN, &desc);
		assert_int_equal(bpf_env_flows(env, &entry, 1), 1);
		assert_int_equal(entry.flow.dir[0].flags, flags);
	}
}

static void flags_and_hooks_of_a_direction_add_up(void **state)
{
	struct bpf_env *env = env_of_group;
	struct pkt_desc there = { V4, HTTPS };
	struct pkt_desc back = pkt_reversed(&there);
	struct bpf_env_flow entry;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	send_desc(env, ENV_TC_IN, &there);
	there.tcp_flags = PKT_PSH | PKT_ACK | PKT_CWR;
	send_desc(env, ENV_XDP, &there);
	send_desc(env, ENV_TC_OUT, &back);
	assert_int_equal(bpf_env_flows(env, &entry, 1), 1);
	assert_int_equal(entry.flow.dir[0].flags, PKT_PSH | PKT_ACK | PKT_CWR);
	assert_int_equal(entry.flow.dir[0].hooks, 1 << WEIR_INGRESS);
	assert_int_equal(entry.flow.dir[0].packets, 2);
	assert_int_equal(entry.flow.dir[1].flags, PKT_ACK);
	assert_int_equal(entry.flow.dir[1].hooks, 1 << WEIR_EGRESS);
	send_desc(env, ENV_TC_IN, &back);
	assert_int_equal(bpf_env_flows(env, &entry, 1), 1);
	assert_int_equal(entry.flow.dir[1].hooks, 1 << WEIR_EGRESS | 1 << WEIR_INGRESS);
}

static void an_interface_is_found_in_each_of_its_places(void **state)
{
	struct bpf_env *env = env_of_group;
	struct pkt_desc desc = { V4, HTTPS };
	struct weir_iface iface;

	(void)state;
	for (uint32_t slot = BPF_ENV_IFINDEX; slot < BPF_ENV_IFINDEX + WEIR_IFACE_PROBES; slot++) {
		assert_int_equal(bpf_env_place(env, slot), 0);
		send_desc(env, ENV_TC_IN, &desc);
		send_desc(env, ENV_XDP, &desc);
		assert_int_equal(bpf_env_iface(env, slot, &iface), 0);
		assert_int_equal(iface.raw[WEIR_INGRESS].packets, 2);
	}
}

static void packets_of_an_interface_without_a_slot_are_counted_in_slot_0(void **state)
{
	static const uint32_t slots[] = { 0, BPF_ENV_IFINDEX + WEIR_IFACE_PROBES };
	struct bpf_env *env = env_of_group;
	struct pkt_desc desc = { V4, HTTPS };
	struct weir_iface iface;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(slots); i++) {
		assert_int_equal(bpf_env_reset(env), 0);
		assert_int_equal(bpf_env_place(env, slots[i]), 0);
		for (enum bpf_env_prog prog = 0; prog < ENV_COMMAND; prog++)
			send_desc(env, prog, &desc);
		assert_int_equal(bpf_env_iface(env, 0, &iface), 0);
		check_count(&iface.raw[WEIR_INGRESS], 3, 3 * UINT64_C(54));
		check_count(&iface.raw[WEIR_EGRESS], 2, 2 * UINT64_C(54));
		check_count(&iface.remainder[WEIR_REM_UNKNOWN_INTERFACE], 5, 5 * UINT64_C(54));
		assert_int_equal(bpf_env_flows(env, NULL, 0), 0);
		check_balance(env);
	}
}

/* gso_max: of a frame of 14 bytes of Ethernet, headers and 1000 of payload in 10 segments. */
static void check_cut(bool is_v6, enum bpf_env_prog prog, uint32_t gso_max, bool is_cut)
{
	struct bpf_env *env = env_of_group;
	const struct pkt_desc v4 = { V4, HTTPS, .payload = 1000 };
	const struct pkt_desc v6 = {
		V6,	   HTTPS,	    .ext = { { .kind = IPPROTO_HOPOPTS } },
		.exts = 1, .payload = 1000, .is_len_zero = true
	};
	const uint32_t either[2] = { is_v6 ? 0 : gso_max, is_v6 ? gso_max : 0 };
	uint64_t bytes = is_v6 ? UINT64_C(9) * 74 - 8 : UINT64_C(9) * 54;
	struct bpf_env_result result;
	struct packet packet;
	struct bpf_env_packet run = { .data = packet.data, .gso_size = 100 };
	struct weir_iface iface;

	pkt_build(&packet, is_v6 ? &v6 : &v4);
	run.len = packet.len;
	assert_int_equal(bpf_env_reset(env), 0);
	assert_int_equal(bpf_env_set_gso_max(env, either), 0);
	assert_int_equal(bpf_env_run(env, prog, &run, &result), 0);
	assert_int_equal(bpf_env_iface(env, BPF_ENV_IFINDEX, &iface), 0);
	check_count(&iface.gso[bpf_env_progs[prog].hook], 9, bytes);
	check_count(&iface.cut, is_cut ? 9 : 0, is_cut ? bytes : 0);
}

static void what_the_kernel_cuts_behind_the_egress_hook_is_counted_apart(void **state)
{
	(void)state;
	check_cut(false, ENV_TC_OUT, 1054, true);
	check_cut(false, ENV_TC_OUT, 1055, false);
	check_cut(true, ENV_TC_OUT, 1082, true);
	check_cut(true, ENV_TC_OUT, 1083, false);
	check_cut(false, ENV_TC_IN, 1, false);
	check_cut(true, ENV_TC_IN, 1, false);
}

/* Bytes 12 and 13, which are the protocol to a test run, are those of `spelled`; the rest is 0. */
static void check_l3_of(struct bpf_env *env, uint16_t spelled, enum weir_remainder remainder,
			unsigned int headers)
{
	uint8_t data[RUN_MIN] = { 0 };
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
	check_count(&iface.remainder[remainder], 3, RUN_MIN + UINT64_C(2) * headers);
	check_balance(env);
}

static void without_layer_2_the_protocol_of_the_packet_tells_what_it_is(void **state)
{
	(void)state;
	check_l3_of(env_of_group, 0x88cc, WEIR_REM_NON_IP, 0);
	check_l3_of(env_of_group, ETHERTYPE_ARP, WEIR_REM_ARP, 0);
	check_l3_of(env_of_group, ETHERTYPE_VLAN, WEIR_REM_NON_IP, 4);
	check_l3_of(env_of_group, ETHERTYPE_IP, WEIR_REM_MALFORMED, 0);
}

/*
 * lo of a namespace of its own, with weir_tc_out at its egress. A packet socket hands it frames
 * of which only the first bytes are directly readable, the rest is in pages: what a test run
 * cannot do. Loopback brings them back as they are.
 */
struct paged {
	int netns_was, send, receive;
};

static void paged_done(const struct paged *paged)
{
	if (paged->send >= 0)
		close(paged->send);
	if (paged->receive >= 0)
		close(paged->receive);
	if (paged->netns_was >= 0) {
		setns(paged->netns_was, CLONE_NEWNET);
		close(paged->netns_was);
	}
}

#define auto_paged __attribute__((cleanup(paged_done)))

static int paged_socket(void)
{
	struct sockaddr_ll lo = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = BPF_ENV_IFINDEX,
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&lo, sizeof(lo)), 0);
	return fd;
}

static void paged_init(struct paged *paged, const struct bpf_env *env)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = BPF_ENV_IFINDEX, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, attach, .prog_fd = bpf_env_prog_fd(env, ENV_TC_OUT));
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct timeval patience = { .tv_sec = 10 };
	auto_close int control = -1;
	int on = 1;

	paged->netns_was = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(paged->netns_was >= 0);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ioctl(control, SIOCSIFFLAGS, &up), 0);
	paged->send = paged_socket();
	paged->receive = paged_socket();
	assert_int_equal(setsockopt(paged->send, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)), 0);
	assert_int_equal(
		setsockopt(paged->receive, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)), 0);
	assert_int_equal(
		setsockopt(paged->receive, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)),
		0);
	assert_int_equal(bpf_tc_hook_create(&hook), 0);
	assert_int_equal(bpf_tc_attach(&hook, &attach), 0);
}

/* Of the packet, the first `linear` bytes are readable. The frame must come back unchanged. */
static void paged_pass(const struct paged *paged, const struct packet *packet, size_t linear)
{
	struct virtio_net_hdr vnet = { .hdr_len = (uint16_t)linear };
	struct iovec iov[2] = { { &vnet, sizeof(vnet) }, { (void *)packet->data, packet->len } };
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };
	uint8_t back[PKT_MAX];
	uint16_t ethertype;
	size_t tag = 0;

	memcpy(&ethertype, packet->data + 12, sizeof(ethertype));
	if (ethertype == htons(ETH_P_8021Q) || ethertype == htons(ETH_P_8021AD))
		tag = TAG_BYTES; /* the stack takes it off as it comes back */
	assert_int_equal(sendmsg(paged->send, &message, 0), sizeof(vnet) + packet->len);
	assert_int_equal(recv(paged->receive, back, sizeof(back), MSG_TRUNC), packet->len - tag);
	assert_memory_equal(back, packet->data, 12);
	assert_memory_equal(back + 12, packet->data + 12 + tag, packet->len - 12 - tag);
}

/* Longer than a page: the socket would keep a shorter one in one piece. */
static void check_paged(struct bpf_env *env, const struct paged *paged,
			const struct parse_case *row)
{
	struct pkt_desc desc = row->desc;
	struct sight sight = { .prog = ENV_TC_OUT, .desc = &desc, .expect = row->expect };
	struct packet packet;
	size_t headers;

	pkt_build(&packet, &desc);
	headers = packet.len - desc.payload - desc.padding;
	desc.padding = (uint16_t)(PAGED_BYTES - packet.len);
	pkt_build(&packet, &desc);
	sight.len = packet.len;
	sight.expect.packets = 1;
	sight.expect.bytes = (uint32_t)packet.len;
	for (size_t linear = ETH_BYTES; linear <= headers; linear++) {
		assert_int_equal(bpf_env_reset(env), 0);
		paged_pass(paged, &packet, linear);
		check_balance(env);
		check_iface(env, &sight);
		check_flow(env, &sight);
	}
}

static void headers_that_are_not_directly_readable_are_read_all_the_same(void **state)
{
	struct bpf_env *env = env_of_group;
	auto_paged struct paged paged = { -1, -1, -1 };
	unsigned int rows = 0;

	(void)state;
	paged_init(&paged, env);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct parse_case *row = &cases[i];

		/* Padding would make lying lengths true; so far into a packet nobody looks. */
		if (row->gso_size || row->gso_segs || row->meta_tag ||
		    row->expect.landing == REMAINDER(MALFORMED) ||
		    row->desc.ext[0].len == UINT8_MAX)
			continue;
		check_paged(env, &paged, row);
		rows++;
	}
	assert_true(rows > ARRAY_SIZE(cases) / 3);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		TEST(the_whole_table_together_keeps_the_balance),
		TEST(every_combination_of_tcp_flags_is_kept),
		TEST(flags_and_hooks_of_a_direction_add_up),
		TEST(an_interface_is_found_in_each_of_its_places),
		TEST(packets_of_an_interface_without_a_slot_are_counted_in_slot_0),
		TEST(what_the_kernel_cuts_behind_the_egress_hook_is_counted_apart),
		TEST(headers_that_are_not_directly_readable_are_read_all_the_same),
		TEST(without_layer_2_the_protocol_of_the_packet_tells_what_it_is),
	};
	static struct CMUnitTest tests[2 * ARRAY_SIZE(cases) + ARRAY_SIZE(others)];
	static char cut_names[ARRAY_SIZE(cases)][128];
	size_t n = 0;

	if (!bpf_env_is_permitted())
		return skip_all("needs root");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		tests[n++] = (struct CMUnitTest)cmocka_unit_test_prestate(
			row_lands_where_it_belongs, (void *)&cases[i]);
		tests[n - 1].name = cases[i].name;
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].gso_size || cases[i].gso_segs)
			continue;
		snprintf(cut_names[i], sizeof(cut_names[i]), "cut_anywhere:_%s", cases[i].name);
		tests[n++] = (struct CMUnitTest)cmocka_unit_test_prestate(
			row_cut_anywhere_lands_once, (void *)&cases[i]);
		tests[n - 1].name = cut_names[i];
	}
	memcpy(&tests[n], others, sizeof(others));
	n += ARRAY_SIZE(others);
	return _cmocka_run_group_tests("parse", tests, n, setup_group, teardown_group);
}
