// SPDX-License-Identifier: BSD-2-Clause
/*
 * GSO and GRO: one frame that stands for several. What their layer 2 adds is in test_parse_l2.c,
 * and what tunnels add in test_tunnel.c.
 */
#include <net/ethernet.h>
#include <netinet/in.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "agent/kernel/skb_layout.h"
#include "base/cleanup.h"
#include "checks.h"
#include "group.h"
#include "parse_case.h"
#include "tests/harness.h"
#include "weir/config.h"

#include "weir.skel.h"

/* clang-format off */
static const struct parse_case cases[] = {
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
	/* Fragments of a datagram: the first has UDP's header. */
	{ .name = "what_is_cut_into_fragments_repeats_no_header_of_udp",
	  .desc = { V4, DNS, .payload = 592 },
	  IS_DNS(.packets = 7, .bytes = 634 + 6 * 34, .is_cut = true),
	  .gso_size = 96 },
	{ .name = "the_last_fragment_may_hold_what_is_left_for_the_header",
	  .desc = { V4, DNS, .payload = 192 },
	  IS_DNS(.packets = 3, .bytes = 234 + 2 * 34, .is_cut = true),
	  .gso_size = 96 },
	{ .name = "fragments_of_ipv6_have_a_header_each_that_is_in_no_buffer",
	  .desc = { V6, DNS, .payload = 592 },
	  IS_DNS(.packets = 7, .bytes = 654 + 8 + 6 * 62, .is_cut = true),
	  .gso_size = 96 },
	{ .name = "what_fits_one_fragment_is_none",
	  .desc = { V6, DNS, .payload = 88 },
	  IS_DNS(),
	  .gso_size = 96 },
	{ .name = "a_number_of_segments_says_that_they_are_datagrams",
	  .desc = { V4, DNS, .payload = 192 },
	  IS_DNS(.packets = 2, .bytes = 234 + 42),
	  .gso_size = 96,
	  .gso_segs = 2 },
	{ .name = "udp_segments_over_ipv6_are_counted_without_their_number",
	  .desc = { V6, DNS, .payload = 1200 },
	  IS_DNS(.packets = 3, .bytes = 1262 + 2 * 62),
	  .gso_size = 500 },
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
	{ .name = "each_segment_repeats_the_headers_in_front_of_a_later_fragment",
	  .desc = { V6, DNS,
		    .ext = { { .kind = IPPROTO_DSTOPTS, .len = 1 },
			     { .kind = IPPROTO_FRAGMENT, .frag = 0x100 } },
		    .exts = 2, .payload = 296 },
	  IN(FRAGMENT, .packets = 3, .bytes = 378 + 2 * 78),
	  .gso_size = 100, .gso_segs = 3 },
	{ .name = "each_segment_repeats_the_header_of_sctp",
	  .desc = { V4, .proto = IPPROTO_SCTP, .sport = 1, .dport = 2, .payload = 300 },
	  .expect = { .proto = IPPROTO_SCTP, .port = { 1, 2 }, .packets = 3, .bytes = 346 + 2 * 46 },
	  .gso_size = 0xffff, .gso_segs = 3 },
	{ .name = "each_segment_repeats_the_header_of_udp_lite",
	  .desc = { V6, .proto = IPPROTO_UDPLITE, .sport = 1, .dport = 2, .payload = 300 },
	  .expect = { .proto = IPPROTO_UDPLITE, .port = { 1, 2 }, .packets = 3,
		      .bytes = 362 + 2 * 62 },
	  .gso_size = 100 },
	{ .name = "each_segment_repeats_the_ip_header_of_what_has_no_header_that_we_know",
	  .desc = { V4, .proto = IPPROTO_ESP, .payload = 300 },
	  .expect = { .proto = IPPROTO_ESP, .packets = 3, .bytes = 334 + 2 * 34 },
	  .gso_size = 100, .gso_segs = 3 },
};
/* clang-format on */

/* gso_max: of a frame of 14 bytes of Ethernet, headers and 1000 of payload in 10 segments. */
static void check_cut(bool is_v6, enum bpf_env_prog prog, uint32_t gso_max, bool is_cut)
{
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

/* What has no family is measured as IPv4 is, whatever came before it. */
static void what_is_not_ip_is_cut_where_ipv4_is(void **state)
{
	static const struct pkt_desc v6 = { V6, HTTPS };
	static const struct pkt_desc arp = { .ethertype = ETHERTYPE_ARP, .payload = 300 };
	static const uint32_t gso_max[2] = { 1, 100000 };
	struct bpf_env_packet run = { .gso_size = 100, .gso_segs = 3 };
	struct bpf_env_result result;
	struct weir_iface iface;
	struct packet packet;

	(void)state;
	pkt_build(&packet, &arp);
	run.data = packet.data;
	run.len = packet.len;
	assert_int_equal(bpf_env_reset(env), 0);
	assert_int_equal(bpf_env_set_gso_max(env, gso_max), 0);
	send_desc(env, ENV_TC_OUT, &v6);
	assert_int_equal(bpf_env_run(env, ENV_TC_OUT, &run, &result), 0);
	assert_int_equal(bpf_env_iface(env, BPF_ENV_IFINDEX, &iface), 0);
	check_count(&iface.cut, 2, UINT64_C(2) * 14);
}

/* wire_len: what the kernel says of three segments of 100 bytes behind headers of 114. */
static void check_told(enum bpf_env_prog prog, uint32_t wire_len, uint64_t each)
{
	/* UDP is all that can be read; 72 bytes behind it are headers as well */
	static const struct pkt_desc desc = { V4, .proto = IPPROTO_UDP, .sport = 1, .dport = 4790,
					      .payload = 372 };
	struct bpf_env_packet run = { .gso_size = 100, .gso_segs = 3, .wire_len = wire_len };
	struct bpf_env_result result;
	struct weir_iface iface;
	struct packet packet;

	pkt_build(&packet, &desc);
	run.data = packet.data;
	run.len = packet.len;
	assert_int_equal(packet.len, 414);
	assert_int_equal(bpf_env_reset(env), 0);
	assert_int_equal(bpf_env_run(env, prog, &run, &result), 0);
	assert_int_equal(bpf_env_iface(env, BPF_ENV_IFINDEX, &iface), 0);
	check_balance(env);
	check_count(&iface.gso[bpf_env_progs[prog].hook], 2, 2 * each);
}

static void headers_that_we_cannot_read_are_as_long_as_the_kernel_says_on_the_way_out(void **state)
{
	(void)state;
	check_told(ENV_TC_OUT, 414 + 2 * 114, 114);
	check_told(ENV_TC_OUT, 0, 42);
	check_told(ENV_TC_OUT, 414 + 2 * 34, 42);
	check_told(ENV_TC_OUT, 414 + 2 * 114 + 1, 42);
	check_told(ENV_TC_IN, 414 + 2 * 114, 42);
}

static void learn(const struct weir_skb_layout *layout)
{
	const struct bpf_map *map =
		bpf_object__find_map_by_name(bpf_env_skel(env)->obj, "skb_layouts");
	uint32_t zero = 0;

	assert_int_equal(bpf_map_update_elem(bpf_map__fd(map), &zero, layout, BPF_ANY), 0);
}

/* Two of 96 bytes and UDP's 8 in the first, if they are fragments; in a test run they are not. */
static void check_kind(const char *name, uint64_t more_packets, uint64_t more_bytes,
		       bool is_guessed)
{
	static const struct pkt_desc desc = { V4, DNS, .payload = 192 };
	struct bpf_env_packet run = { .gso_size = 96 };
	struct bpf_env_result result;
	struct weir_iface iface;
	struct packet packet;

	pkt_build(&packet, &desc);
	run.data = packet.data;
	run.len = packet.len;
	assert_int_equal(bpf_env_reset(env), 0);
	assert_int_equal(bpf_env_run(env, ENV_TC_IN, &run, &result), 0);
	assert_int_equal(bpf_env_iface(env, BPF_ENV_IFINDEX, &iface), 0);
	assert_row_int(name, iface.gso[WEIR_INGRESS].packets, more_packets);
	assert_row_int(name, iface.gso[WEIR_INGRESS].bytes, more_bytes);
	assert_row_int(name, iface.guessed, is_guessed);
}

static void what_the_kernel_has_of_a_packet_is_believed_where_it_is_known(void **state)
{
	struct weir_skb_layout layout = { 0 };
	int r = skb_layout_read(&layout);

	(void)state;
	check_kind("not known", 2, 68, true);
	if (r) {
		print_message("# SKIP needs BTF: %s\n", strerror(-r));
		return;
	}
	assert_int_equal(layout.is_known, 1);
	learn(&layout);
	check_kind("known", 1, 42, false);
	learn(&(struct weir_skb_layout){ 0 });
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		TEST(what_the_kernel_cuts_behind_the_egress_hook_is_counted_apart),
		TEST(what_is_not_ip_is_cut_where_ipv4_is),
		TEST(headers_that_we_cannot_read_are_as_long_as_the_kernel_says_on_the_way_out),
		TEST(what_the_kernel_has_of_a_packet_is_believed_where_it_is_known),
	};
	static const struct parse_table table = { "gso", cases, ARRAY_SIZE(cases), others,
						  ARRAY_SIZE(others) };

	return parse_table_run(&table);
}
