// SPDX-License-Identifier: BSD-2-Clause
/*
 * Verify's judgement of what devices count in ways of their own: headers, segments, tags.
 */
#include "verify_world.h"

#include "base/cleanup.h"
#include "tests/harness.h"

static void a_device_has_its_way_of_counting(void **state)
{
	static const struct verdict_case cases[] = {
		{ "nothing", {}, AGREES },
		{ "as we do", { SEEN(5), COUNTED(5) }, AGREES },
		{ "super-packets as one", { SUPERS(1), .kernel = { 1, SUPER } }, AGREES },
		{ "super-packets as segments",
		  { SUPERS(1), CUT(1) },
		  OK,
		  OK,
		  "the device counts segments" },
		{ "those too long as segments",
		  { SUPERS(2), .cut = { 9, MORE }, .kernel = { 11, 2 * SUPER + MORE } },
		  AGREES },
		{ "no header, of a pair",
		  { SEEN(5), .kernel = { 5, 430 }, .may_skip_header = true },
		  OK,
		  OK,
		  "no layer-2 header" },
		{ "no header, of no pair", { SEEN(5), .kernel = { 5, 430 } }, OK, FAILED, "" },
		{ "loopback", { SEEN(5), .kernel = { 5, 430 }, .is_loopback = true }, AGREES },
		{ "loopback with a header",
		  { SEEN(5), COUNTED(5), .is_loopback = true },
		  OK,
		  FAILED,
		  "" },
	};

	(void)state;
	assert_judged(cases, ARRAY_SIZE(cases));
}

static void super_packets_of_some_kinds_have_bounds(void **state)
{
	static const struct verdict_case cases[] = {
		{ "between",
		  { SUPERS(2), .kernel = { 11, 2 * SUPER + MORE }, .is_mixed = true },
		  UNKNOWN,
		  UNKNOWN,
		  "some kinds of super-packets only: 29308 .. 30280" },
		{ "at a bound it agrees",
		  { SUPERS(2), CUT(2), .is_mixed = true },
		  OK,
		  OK,
		  "the device counts segments" },
		{ "more than all segments",
		  { SUPERS(2), .kernel = { 21, 2 * SUPER + 2 * MORE + 60 }, .is_mixed = true },
		  MISMATCH },
		{ "less than one each",
		  { SUPERS(2), .kernel = { 1, SUPER }, .is_mixed = true },
		  MISMATCH },
		{ "and a qdisc knows",
		  { SUPERS(2), .kernel = { 11, 2 * SUPER + MORE }, .qdisc = "pfifo_fast",
		    .out = { 20, 2 * SUPER + 2 * MORE }, .is_mixed = true },
		  OK,
		  OK,
		  "by qdisc pfifo_fast: 0 dropped, 0 more queued" },
		{ "joined by GRO",
		  { SUPERS(2), .kernel = { 11, 2 * SUPER + MORE }, .is_ingress = true,
		    .joins = true },
		  UNKNOWN,
		  UNKNOWN,
		  "GRO joins" },
	};

	(void)state;
	assert_judged(cases, ARRAY_SIZE(cases));
}

static void a_macvlan_counts_the_header_of_some_twice(void **state)
{
	static const struct verdict_case cases[] = {
		{ "of none",
		  { SEEN(5), COUNTED(5), .may_repeat_header = true, .is_ingress = true },
		  AGREES },
		{ "of two",
		  { SEEN(5), .kernel = { 5, 528 }, .may_repeat_header = true, .is_ingress = true },
		  OK,
		  UNKNOWN,
		  "of some the device counts layer 2 twice: 500 .. 570" },
		{ "of more than there were",
		  { SEEN(5), .kernel = { 5, 584 }, .may_repeat_header = true, .is_ingress = true },
		  OK,
		  FAILED,
		  "" },
		{ "not of another number of packets",
		  { SEEN(5), .kernel = { 6, 528 }, .may_repeat_header = true, .is_ingress = true },
		  FAILED,
		  UNKNOWN,
		  "of some the device counts layer 2 twice: 500 .. 570" },
		{ "others never do",
		  { SEEN(5), .kernel = { 5, 528 }, .is_ingress = true },
		  OK,
		  FAILED,
		  "" },
	};

	(void)state;
	assert_judged(cases, ARRAY_SIZE(cases));
}

static void what_macvlans_send_each_other_is_not_comparable_below_them(void **state)
{
	static const struct verdict_case cases[] = {
		{ "nothing",
		  { SEEN(5), COUNTED(5), .takes_others = true, .has_macvlans = true,
		    .is_ingress = true },
		  AGREES },
		{ "four of five",
		  { SEEN(5), COUNTED(1), .takes_others = true, .has_macvlans = true,
		    .is_ingress = true },
		  UNKNOWN,
		  UNKNOWN,
		  "macvlans send to each other through weir's hook only" },
		{ "four of five, and none is known to be there",
		  { SEEN(5), COUNTED(1), .takes_others = true, .is_ingress = true },
		  UNKNOWN,
		  UNKNOWN,
		  "it takes in packets to other addresses, too (bridge fdb): if macvlans elsewhere "
		  "have them, these send to each other through weir's hook only" },
		{ "more than our hook has seen",
		  { SEEN(5), COUNTED(6), .takes_others = true, .has_macvlans = true,
		    .is_ingress = true },
		  MISMATCH },
		{ "and without macvlans nothing is missed",
		  { SEEN(5), COUNTED(1), .is_ingress = true },
		  MISMATCH },
	};

	(void)state;
	assert_judged(cases, ARRAY_SIZE(cases));
}

static void a_device_may_take_longer_super_packets_than_it_did(void **state)
{
	static const struct verdict_case cases[] = {
		{ "all that we took for cut were not",
		  { SUPERS(5), .cut = { 45, 5 * MORE }, .kernel = { 5, 5 * SUPER },
		    .is_resized = true },
		  OK,
		  OK,
		  "takes other super-packets than it did" },
		{ "some were",
		  { SUPERS(5), .cut = { 45, 5 * MORE }, .kernel = { 14, 5 * SUPER + MORE },
		    .is_resized = true },
		  UNKNOWN,
		  UNKNOWN,
		  "some may have been cut" },
		{ "more than there were",
		  { SUPERS(5), .cut = { 45, 5 * MORE }, .kernel = { 51, 6 * SUPER + 6 * MORE },
		    .is_resized = true },
		  MISMATCH },
		{ "it has not changed",
		  { SUPERS(5), .cut = { 45, 5 * MORE }, .kernel = { 5, 5 * SUPER } },
		  MISMATCH },
	};

	(void)state;
	assert_judged(cases, ARRAY_SIZE(cases));
}

static void where_the_kind_of_super_packets_is_guessed_they_may_be_of_the_other(void **state)
{
	static const struct verdict_case cases[] = {
		{ "they are of that kind",
		  { SUPERS(5), .guessed = 5, .kernel = { 50, 5 * SUPER + 5 * MORE } },
		  OK,
		  OK,
		  "counts segments" },
		{ "of the other",
		  { SUPERS(5), .guessed = 5, .kernel = { 45, 5 * SUPER + 5 * MORE - 45 * 8ULL } },
		  UNKNOWN,
		  UNKNOWN,
		  "which super-packets are cut into IP fragments" },
		{ "two packets less each",
		  { SUPERS(5), .guessed = 5, .kernel = { 40, 5 * SUPER + 1 } },
		  MISMATCH },
		{ "nothing was guessed",
		  { SUPERS(5), .kernel = { 45, 5 * SUPER + 5 * MORE - 45 * 8ULL } },
		  MISMATCH },
	};

	(void)state;
	assert_judged(cases, ARRAY_SIZE(cases));
}

static void tags_are_bytes_on_one_side(void **state)
{
	static const struct verdict_case cases[] = {
		{ "beside single packets: all that differs",
		  { SEEN(5), .gso = { 0, 20 }, .kernel = { 5, 520 } },
		  OK,
		  OK,
		  "the device counts VLAN tags" },
		{ "cut, and the tags stay beside",
		  { TAGGED(2, 40), CUT(2), .has_tags = true, .tagged = 10 },
		  OK,
		  OK,
		  "less the VLAN tags of 10 packets" },
		{ "the flow map has moved on",
		  { TAGGED(2, 40), CUT(2), .has_tags = true, .tagged = 12 },
		  OK,
		  UNKNOWN,
		  "VLAN tags are bytes on one side only" },
		{ "in the frame at the device",
		  { .raw = { 6, 500 + SUPER },
		    .gso = { 9, MORE + 20 },
		    .kernel = { 6, 520 + SUPER },
		    .is_ingress = true,
		    .has_tags = true,
		    .tagged = 5 },
		  OK,
		  OK,
		  "with the VLAN tags of 5 packets" },
		{ "more than tags can be",
		  { TAGGED(2, 40), .kernel = { 20, 2 * SUPER + 2 * MORE - 100 }, .has_tags = true,
		    .tagged = 10 },
		  OK,
		  FAILED,
		  "the device counts segments" },
		{ "no tag has three bytes",
		  { TAGGED(2, 40), .kernel = { 20, 2 * SUPER + 2 * MORE - 3 }, .has_tags = true,
		    .tagged = 10 },
		  OK,
		  FAILED,
		  "the device counts segments" },
		{ "no tag was seen",
		  { SUPERS(2), .kernel = { 20, 2 * SUPER + 2 * MORE - 40 } },
		  OK,
		  FAILED,
		  "the device counts segments" },
	};

	(void)state;
	assert_judged(cases, ARRAY_SIZE(cases));
}

static void a_frame_whose_tag_is_cut_short_comes_to_no_hook(void **state)
{
	static const struct verdict_case cases[] = {
		{ "three are told",
		  { SEEN(5), .kernel = { 8, 550 }, .cut_tags = { 3, 50 }, .is_ingress = true },
		  OK,
		  OK,
		  "3 more, whose VLAN tag is cut short, came to no hook" },
		{ "their header is not counted either",
		  { SEEN(5), .kernel = { 8, 438 }, .cut_tags = { 3, 50 }, .is_ingress = true,
		    .may_skip_header = true },
		  OK,
		  OK,
		  "the device counts no layer-2 header; 3 more" },
		{ "nor beside segments that GRO joins",
		  { SUPERS(2), .kernel = { 14, 2 * SUPER + MORE + 50 - 14 * 14ULL },
		    .cut_tags = { 3, 50 }, .is_ingress = true, .may_skip_header = true,
		    .joins = true },
		  UNKNOWN,
		  UNKNOWN,
		  "GRO joins" },
		{ "one more is not",
		  { SEEN(5), .kernel = { 9, 566 }, .cut_tags = { 3, 50 }, .is_ingress = true },
		  MISMATCH },
		{ "the kernel has not counted them",
		  { SEEN(5), COUNTED(5), .cut_tags = { 3, 50 }, .is_ingress = true },
		  MISMATCH },
	};

	(void)state;
	assert_judged(cases, ARRAY_SIZE(cases));
}

static void of_a_tunnel_in_a_tunnel_headers_may_be_left_out(void **state)
{
	static const struct verdict_case cases[] = {
		{ "of none",
		  { SEEN(5), .kernel = { 5, 430 }, .has_tunnels = true, .may_skip_header = true },
		  OK,
		  OK,
		  "the device counts no layer-2 header" },
		{ "of two",
		  { SEEN(5), .kernel = { 5, 330 }, .has_tunnels = true, .may_skip_header = true },
		  OK,
		  UNKNOWN,
		  "of packets of another tunnel the device may leave out the outer headers: 100 .. 500" },
		{ "down to an IP header",
		  { SEEN(5), .kernel = { 5, 99 }, .has_tunnels = true, .may_skip_header = true },
		  OK,
		  FAILED,
		  "" },
		{ "and none is added",
		  { SEEN(5), .kernel = { 5, 501 }, .has_tunnels = true, .may_skip_header = true },
		  OK,
		  FAILED,
		  "" },
		{ "a packet too few is one too few",
		  { SEEN(5), .kernel = { 4, 330 }, .has_tunnels = true, .may_skip_header = true },
		  FAILED,
		  UNKNOWN,
		  "may leave out" },
		{ "a qdisc counts them whole",
		  { SEEN(5), .kernel = { 5, 330 }, BEHIND("tbf", 5), .has_tunnels = true,
		    .may_skip_header = true },
		  OK,
		  OK,
		  "by qdisc tbf" },
		{ "no other tunnel's were seen",
		  { SEEN(5), .kernel = { 5, 330 }, .may_skip_header = true },
		  OK,
		  FAILED,
		  "" },
	};

	(void)state;
	assert_judged(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	return RUN_TESTS(TEST(a_device_has_its_way_of_counting),
			 TEST(super_packets_of_some_kinds_have_bounds),
			 TEST(a_macvlan_counts_the_header_of_some_twice),
			 TEST(what_macvlans_send_each_other_is_not_comparable_below_them),
			 TEST(a_device_may_take_longer_super_packets_than_it_did),
			 TEST(where_the_kind_of_super_packets_is_guessed_they_may_be_of_the_other),
			 TEST(tags_are_bytes_on_one_side),
			 TEST(a_frame_whose_tag_is_cut_short_comes_to_no_hook),
			 TEST(of_a_tunnel_in_a_tunnel_headers_may_be_left_out));
}
