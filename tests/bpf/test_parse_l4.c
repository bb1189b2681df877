// SPDX-License-Identifier: BSD-2-Clause
/*
 * Layer 4: ports and ids, TCP's flags, headers that are cut, and the order of endpoints.
 */
#include <netinet/in.h>

#include "base/cleanup.h"
#include "checks.h"
#include "group.h"
#include "parse_case.h"
#include "tests/harness.h"

#define IS_LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* clang-format off */
static const struct parse_case cases[] = {
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
	{ .name = "no_window_is_counted",
	  .desc = { V4, HTTPS, .is_zero_window = true }, IS_HTTPS() },
	{ .name = "no_window_in_a_syn_is_none_of_a_window_that_closed",
	  .desc = { V6, TCP(PKT_SYN), .is_zero_window = true }, IS_HTTPS() },
	{ .name = "no_window_in_a_fin_is_none_of_a_window_that_closed",
	  .desc = { V4, TCP(PKT_FIN | PKT_ACK), .is_zero_window = true }, IS_HTTPS() },
	{ .name = "no_window_in_a_rst_is_none_of_a_window_that_closed",
	  .desc = { V4, TCP(PKT_RST), .is_zero_window = true }, IS_HTTPS() },
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
	{ .name = "the_id_of_an_icmp_information_request_is_its_key",
	  .desc = { V4, .proto = IPPROTO_ICMP, .icmp_type = 15, .icmp_id = 0xffff },
	  .expect = { .proto = IPPROTO_ICMP, .port = { 0xffff, 0xffff } } },
	{ .name = "the_id_of_an_icmp_mask_reply_is_its_key",
	  .desc = { V4, .proto = IPPROTO_ICMP, .icmp_type = 18, .icmp_id = 1, .payload = 4 },
	  .expect = { .proto = IPPROTO_ICMP, .port = { 1, 1 } } },
	{ .name = "the_id_of_an_icmp_timestamp_is_its_key",
	  .desc = { V4, .proto = IPPROTO_ICMP, .icmp_type = 13, .icmp_id = 1, .payload = 12 },
	  .expect = { .proto = IPPROTO_ICMP, .port = { 1, 1 } } },
	{ .name = "the_id_of_an_icmp_timestamp_reply_is_its_key",
	  .desc = { V4, .proto = IPPROTO_ICMP, .icmp_type = 14, .icmp_id = 1, .payload = 12 },
	  .expect = { .proto = IPPROTO_ICMP, .port = { 1, 1 } } },
	{ .name = "the_id_of_an_icmp_extended_echo_request_is_its_key",
	  .desc = { V4, .proto = IPPROTO_ICMP, .icmp_type = 42, .icmp_id = 5, .payload = 12 },
	  .expect = { .proto = IPPROTO_ICMP, .port = { 5, 5 } } },
	{ .name = "the_id_of_an_icmpv6_extended_echo_request_is_its_key",
	  .desc = { V6, .proto = IPPROTO_ICMPV6, .icmp_type = 160, .icmp_id = 5, .payload = 12 },
	  .expect = { .proto = IPPROTO_ICMPV6, .port = { 5, 5 } } },
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
	{ .name = "an_icmpv6_error_has_no_id",
	  .desc = { V6, .proto = IPPROTO_ICMPV6, .icmp_type = 2, .icmp_id = 0xabcd, .payload = 60 },
	  .expect = { .proto = IPPROTO_ICMPV6 } },
	{ .name = "a_neighbour_solicitation_has_no_id",
	  .desc = { V6, .proto = IPPROTO_ICMPV6, .icmp_type = 135, .icmp_id = 1, .payload = 16 },
	  .expect = { .proto = IPPROTO_ICMPV6 } },
	{ .name = "a_cut_icmp_header_is_malformed",
	  .desc = { V4, .proto = IPPROTO_ICMP, .icmp_type = 8, .l4_cut = 7, .padding = 19 },
	  IN(MALFORMED) },
	{ .name = "esp_is_a_flow_by_its_number",
	  .desc = { V6, .proto = IPPROTO_ESP, .payload = 44 },
	  .expect = { .proto = IPPROTO_ESP } },
	{ .name = "sctp_over_ipv4_has_ports",
	  .desc = { V4, .proto = IPPROTO_SCTP, .sport = 5000, .dport = 2905, .payload = 20 },
	  .expect = { .proto = IPPROTO_SCTP, .port = { 5000, 2905 } } },
	{ .name = "sctp_over_ipv6_has_ports",
	  .desc = { V6, .proto = IPPROTO_SCTP, .sport = 5000, .dport = 2905, .payload = 20 },
	  .expect = { .proto = IPPROTO_SCTP, .port = { 5000, 2905 } } },
	{ .name = "sctp_without_a_chunk_has_ports",
	  .desc = { V4, .proto = IPPROTO_SCTP, .sport = 5000, .dport = 2905 },
	  .expect = { .proto = IPPROTO_SCTP, .port = { 5000, 2905 } } },
	{ .name = "dccp_over_ipv4_has_ports",
	  .desc = { V4, .proto = IPPROTO_DCCP, .sport = 1, .dport = 65535, .payload = 8 },
	  .expect = { .proto = IPPROTO_DCCP, .port = { 1, 65535 } } },
	{ .name = "dccp_over_ipv6_has_ports",
	  .desc = { V6, .proto = IPPROTO_DCCP, .sport = 1, .dport = 65535, .payload = 8 },
	  .expect = { .proto = IPPROTO_DCCP, .port = { 1, 65535 } } },
	{ .name = "udp_lite_over_ipv4_has_ports",
	  .desc = { V4, .proto = IPPROTO_UDPLITE, .sport = 7, .dport = 8, .payload = 8 },
	  .expect = { .proto = IPPROTO_UDPLITE, .port = { 7, 8 } } },
	{ .name = "udp_lite_over_ipv6_has_ports",
	  .desc = { V6, .proto = IPPROTO_UDPLITE, .sport = 7, .dport = 8 },
	  .expect = { .proto = IPPROTO_UDPLITE, .port = { 7, 8 } } },
	{ .name = "udp_lite_to_a_tunnels_port_is_no_tunnel",
	  .desc = { V4, .proto = IPPROTO_UDPLITE, .sport = 7, .dport = PORT_VXLAN, .payload = 50 },
	  .expect = { .proto = IPPROTO_UDPLITE, .port = { 7, PORT_VXLAN } } },
	{ .name = "a_cut_sctp_header_is_malformed",
	  .desc = { V4, .proto = IPPROTO_SCTP, .l4_cut = 11 }, IN(MALFORMED) },
	{ .name = "a_cut_sctp_header_with_padding_behind_it_is_malformed",
	  .desc = { V6, .proto = IPPROTO_SCTP, .l4_cut = 11, .padding = 20 }, IN(MALFORMED) },
	{ .name = "a_cut_dccp_header_is_malformed",
	  .desc = { V6, .proto = IPPROTO_DCCP, .l4_cut = 11, .padding = 1 }, IN(MALFORMED) },
	{ .name = "a_cut_udp_lite_header_is_malformed",
	  .desc = { V4, .proto = IPPROTO_UDPLITE, .l4_cut = 7, .padding = 4 }, IN(MALFORMED) },
	{ .name = "an_empty_sctp_packet_is_malformed",
	  .desc = { V4, .proto = IPPROTO_SCTP, .len_add = -12 }, IN(MALFORMED) },
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
	{ .name = "an_echo_request_to_oneself_comes_from_endpoint_0",
	  .desc = { .from = &v4_client, .to = &v4_client, .proto = IPPROTO_ICMP, .icmp_type = 8,
		    .icmp_id = 7 },
	  .expect = { .proto = IPPROTO_ICMP, .port = { 7, 7 } },
	  .is_oneway = true },
	{ .name = "an_echo_reply_to_oneself_comes_from_endpoint_1",
	  .desc = { .from = &v4_client, .to = &v4_client, .proto = IPPROTO_ICMP, .icmp_type = 0,
		    .icmp_id = 7 },
	  .expect = { .proto = IPPROTO_ICMP, .port = { 7, 7 }, .dir = 1 },
	  .is_oneway = true },
	{ .name = "a_timestamp_reply_to_oneself_comes_from_endpoint_1",
	  .desc = { .from = &v4_server, .to = &v4_server, .proto = IPPROTO_ICMP, .icmp_type = 14,
		    .icmp_id = 7, .payload = 12 },
	  .expect = { .proto = IPPROTO_ICMP, .port = { 7, 7 }, .dir = 1 },
	  .is_oneway = true },
	{ .name = "an_extended_echo_reply_to_oneself_comes_from_endpoint_1",
	  .desc = { .from = &v4_server, .to = &v4_server, .proto = IPPROTO_ICMP, .icmp_type = 43,
		    .icmp_id = 7 },
	  .expect = { .proto = IPPROTO_ICMP, .port = { 7, 7 }, .dir = 1 },
	  .is_oneway = true },
	{ .name = "an_icmpv6_extended_echo_reply_to_oneself_comes_from_endpoint_1",
	  .desc = { .from = &v6_server, .to = &v6_server, .proto = IPPROTO_ICMPV6, .icmp_type = 161,
		    .icmp_id = 7 },
	  .expect = { .proto = IPPROTO_ICMPV6, .port = { 7, 7 }, .dir = 1 },
	  .is_oneway = true },
	{ .name = "an_icmpv6_echo_reply_to_oneself_comes_from_endpoint_1",
	  .desc = { .from = &v6_server, .to = &v6_server, .proto = IPPROTO_ICMPV6, .icmp_type = 129,
		    .icmp_id = 7 },
	  .expect = { .proto = IPPROTO_ICMPV6, .port = { 7, 7 }, .dir = 1 },
	  .is_oneway = true },
	{ .name = "an_icmpv6_echo_request_to_oneself_comes_from_endpoint_0",
	  .desc = { .from = &v6_server, .to = &v6_server, .proto = IPPROTO_ICMPV6, .icmp_type = 128,
		    .icmp_id = 0xffff },
	  .expect = { .proto = IPPROTO_ICMPV6, .port = { 0xffff, 0xffff } },
	  .is_oneway = true },
	{ .name = "addresses_are_compared_by_the_machines_own_words",
	  .desc = { .from = &v6_client,
		    .to = &v6_far,
		    .proto = IPPROTO_UDP,
		    .sport = 1,
		    .dport = 2 },
	  .expect = { .proto = IPPROTO_UDP, .dir = IS_LITTLE, .port = { 1, 2 } } },
};
/* clang-format on */

static void every_combination_of_tcp_flags_is_kept(void **state)
{
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

/* Types that are answered have an id (RFC 792, 950, 4443, 8335). */
static bool is_answered(uint8_t proto, unsigned int type)
{
	static const uint8_t v4[] = { 0, 8, 13, 14, 15, 16, 17, 18, 42, 43 };

	if (proto == IPPROTO_ICMPV6)
		return type == 128 || type == 129 || type == 160 || type == 161;
	for (size_t i = 0; i < ARRAY_SIZE(v4); i++)
		if (type == v4[i])
			return true;
	return false;
}

static void check_icmp_types(const struct pkt_addr *from, const struct pkt_addr *to, uint8_t proto)
{
	for (unsigned int type = 0; type < 256; type++) {
		struct pkt_desc desc = { .from = from,
					 .to = to,
					 .proto = proto,
					 .icmp_type = (uint8_t)type,
					 .icmp_code = (uint8_t)~type,
					 .icmp_id = 0x0102 };
		uint16_t id = is_answered(proto, type) ? htons(0x0102) : 0;
		const struct weir_event *event;
		struct bpf_env_flow entry;

		assert_int_equal(bpf_env_reset(env), 0);
		send_desc(env, ENV_TC_OUT, &desc);
		entry = the_flow(env);
		assert_int_equal(entry.key.proto, proto);
		assert_int_equal(entry.key.port[0], id);
		assert_int_equal(entry.key.port[1], id);
		assert_int_equal(bpf_env_events(env, &event), 1);
		assert_int_equal(event->icmp_type, type);
		assert_int_equal(event->icmp_code, (uint8_t)~type);
	}
}

static void the_id_is_the_key_of_every_icmp_type_that_is_answered(void **state)
{
	(void)state;
	check_icmp_types(&v4_client, &v4_server, IPPROTO_ICMP);
	check_icmp_types(&v6_client, &v6_server, IPPROTO_ICMPV6);
}

static void an_icmp_request_and_its_reply_are_one_flow(void **state)
{
	static const uint8_t pairs[][2] = { { 8, 0 }, { 13, 14 }, { 15, 16 }, { 17, 18 } };

	(void)state;
	for (size_t i = 0; i <= ARRAY_SIZE(pairs); i++) {
		bool is_v6 = i == ARRAY_SIZE(pairs);
		struct pkt_desc ask = { V4, .proto = IPPROTO_ICMP, .icmp_id = 9 }, answer;

		if (is_v6)
			ask = (struct pkt_desc){ V6, .proto = IPPROTO_ICMPV6, .icmp_id = 9 };
		ask.icmp_type = is_v6 ? 128 : pairs[i][0];
		answer = pkt_reversed(&ask);
		answer.icmp_type = is_v6 ? 129 : pairs[i][1];
		assert_int_equal(bpf_env_reset(env), 0);
		send_desc(env, ENV_TC_IN, &ask);
		send_desc(env, ENV_TC_OUT, &answer);
		assert_int_equal(the_flow(env).flow.dir[0].packets, 1);
		assert_int_equal(the_flow(env).flow.dir[1].packets, 1);
	}
}

/* All that is not layer 4 to us and no extension header either: behind both IPs. */
static bool is_by_number(unsigned int proto, bool is_v6)
{
	static const uint8_t known[] = { IPPROTO_TCP,  IPPROTO_UDP,  IPPROTO_ICMP,   IPPROTO_ICMPV6,
					 IPPROTO_SCTP, IPPROTO_DCCP, IPPROTO_UDPLITE };
	static const uint8_t ext[] = { IPPROTO_HOPOPTS,
				       IPPROTO_ROUTING,
				       IPPROTO_FRAGMENT,
				       IPPROTO_AH,
				       IPPROTO_DSTOPTS,
				       IPPROTO_MH,
				       139,
				       140 };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (proto == known[i])
			return false;
	for (size_t i = 0; is_v6 && i < ARRAY_SIZE(ext); i++)
		if (proto == ext[i])
			return false;
	return true;
}

static void every_other_protocol_is_a_flow_by_its_number(void **state)
{
	unsigned int seen = 0;

	(void)state;
	for (unsigned int i = 0; i < 512; i++) {
		bool is_v6 = i & 1;
		struct parse_case row = { .desc = { V4, .proto = (uint8_t)(i / 2), .payload = 30 },
					  .expect = { .proto = (uint8_t)(i / 2) } };

		if (!is_by_number(i / 2, is_v6))
			continue;
		if (is_v6) {
			row.desc.from = &v6_client;
			row.desc.to = &v6_server;
		}
		parse_check_whole(&row);
		seen++;
	}
	assert_int_equal(seen, 256 - 7 + 256 - 7 - 8);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		TEST(every_combination_of_tcp_flags_is_kept),
		TEST(flags_and_hooks_of_a_direction_add_up),
		TEST(the_id_is_the_key_of_every_icmp_type_that_is_answered),
		TEST(an_icmp_request_and_its_reply_are_one_flow),
		TEST(every_other_protocol_is_a_flow_by_its_number),
	};
	static const struct parse_table table = { "parse_l4", cases, ARRAY_SIZE(cases), others,
						  ARRAY_SIZE(others) };

	return parse_table_run(&table);
}
