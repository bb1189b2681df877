// SPDX-License-Identifier: BSD-2-Clause
/*
 * Verify's judgement of a hook, from both sides' counters: what agrees, what is a mismatch, and
 * what cannot be compared, which needs a reason and bounds.
 */
#include "verify/verify_judge.h"

#include "base/cleanup.h"
#include "tests/harness.h"

/* A super-packet of ten segments, and what counting these adds. */
#define SUPER (54 + 1460 * 10ULL)
#define MORE  (9 * 54ULL)

/* What has passed between the readings. Ours is raw and, of super-packets, what segments add. */
struct world {
	struct weir_count raw, gso, cut;
	struct weir_count kernel;
	uint64_t dropped_by_device;
	uint32_t dropped_by_clsact;
	const char *qdisc; /* NULL: none */
	struct weir_count out;
	uint32_t dropped;
	int queued, queued_bytes;
	int64_t tagged;
	bool duplicates;
	uint32_t guessed;
	bool may_repeat_header, is_resized;
	bool is_ingress, is_loopback, may_skip_header, has_tags, is_mixed, joins, has_others;
	bool takes_others, has_macvlans, has_tunnels;
	struct weir_count cut_tags;
};

/* Before, the queue held 100 packets, and everything had counted something. */
static struct verify_hook hook_of(const struct world *world)
{
	struct verify_hook hook = {
		.hook = world->is_ingress ? WEIR_INGRESS : WEIR_EGRESS,
		.is_loopback = world->is_loopback,
		.may_skip_header = world->may_skip_header,
		.may_repeat_header = world->may_repeat_header,
		.is_resized = world->is_resized,
		.has_tags = world->has_tags,
		.tagged = world->tagged,
		.is_mixed = world->is_mixed,
		.joins = world->joins,
		.has_others = world->has_others,
		.takes_others = world->takes_others,
		.has_macvlans = world->has_macvlans,
		.has_tunnels = world->has_tunnels,
		.longest = 65536,
		.first = { .raw = { 1000, 100000 },
			   .kernel = { 500, 70000 },
			   .kernel_dropped = 3,
			   .guessed = UINT32_MAX - 1,
			   .cut_tags = { 4, 64 },
			   .clsact = { .handle = 0xffff0000, .kind = "clsact", .dropped = 7 } },
	};
	struct verify_reading *first = &hook.first, *second = &hook.second;

	if (world->qdisc) {
		first->root = (struct link_qdisc){ .handle = 1,
						   .packets = 400,
						   .bytes = 60000,
						   .dropped = UINT32_MAX - 1000,
						   .queued = 100,
						   .queued_bytes = 10000 };
		snprintf(first->root.kind, sizeof(first->root.kind), "%s", world->qdisc);
	}
	first->root.duplicates = world->duplicates;
	*second = *first;
	second->raw.packets += world->raw.packets;
	second->raw.bytes += world->raw.bytes;
	second->gso = world->gso;
	second->cut = world->cut;
	second->guessed += world->guessed;
	second->kernel.packets += world->kernel.packets;
	second->kernel.bytes += world->kernel.bytes;
	second->cut_tags.packets += world->cut_tags.packets;
	second->cut_tags.bytes += world->cut_tags.bytes;
	second->kernel_dropped += world->dropped_by_device;
	second->clsact.dropped += world->dropped_by_clsact;
	second->root.packets += world->out.packets;
	second->root.bytes += world->out.bytes;
	second->root.dropped += world->dropped;
	second->root.queued += (uint32_t)world->queued;
	second->root.queued_bytes += (uint32_t)world->queued_bytes;
	return hook;
}

struct verdict_case {
	const char *name;
	struct world world;
	enum verify_result packets, bytes;
	const char *note; /* a part of that of the bytes; "": none */
};

static void assert_judged(const struct verdict_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct verify_hook hook = hook_of(&cases[i].world);
		struct verify_judgement judgement;

		verify_judge(&hook, &judgement);
		assert_row_int(cases[i].name, judgement.packets.result, cases[i].packets);
		assert_row_int(cases[i].name, judgement.bytes.result, cases[i].bytes);
		if (cases[i].note[0])
			assert_row(cases[i].name, strstr(judgement.bytes.note, cases[i].note));
		else
			assert_row_str(cases[i].name, judgement.bytes.note, "");
		/* What agrees is shown as the same. */
		if (judgement.packets.result == VERIFY_OK)
			assert_row(cases[i].name,
				   judgement.packets.weir == judgement.packets.kernel);
		if (judgement.bytes.result == VERIFY_OK)
			assert_row(cases[i].name, judgement.bytes.weir == judgement.bytes.kernel);
	}
}

#define OK	 VERIFY_OK
#define FAILED	 VERIFY_FAILED
#define UNKNOWN	 VERIFY_UNKNOWN
#define AGREES	 OK, OK, ""
#define MISMATCH FAILED, FAILED, ""

/* So many packets of 100 bytes that we saw, and that the kernel did; what a qdisc has sent of them. */
#define SEEN(n)		.raw = { n, (n)*100ULL }
#define COUNTED(n)	.kernel = { n, (n)*100ULL }
#define BEHIND(kind, n) .qdisc = (kind), .out = { n, (n)*100ULL }
/* Super-packets that we saw, tags beside them included; and segments of them that the kernel did. */
#define TAGGED(n, tags) .raw = { n, (n)*SUPER }, .gso = { (n)*9ULL, (n)*MORE + (tags) }
#define SUPERS(n)	TAGGED(n, 0)
#define CUT(n)		.kernel = { (n)*10ULL, (n) * (SUPER + MORE) }

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

static void without_a_reason_a_difference_is_a_mismatch(void **state)
{
	static const struct verdict_case cases[] = {
		{ "one packet less", { SEEN(5), COUNTED(4) }, MISMATCH },
		{ "one packet more", { SEEN(5), COUNTED(6) }, MISMATCH },
		{ "one byte less", { SEEN(5), .kernel = { 5, 499 } }, OK, FAILED, "" },
		{ "between one and its segments",
		  { SUPERS(2), .kernel = { 11, 2 * SUPER + MORE } },
		  MISMATCH },
		{ "less, and the qdisc has not dropped it",
		  { SEEN(5), COUNTED(4), BEHIND("tbf", 4) },
		  MISMATCH },
		{ "less, and there is no queue",
		  { SEEN(5), COUNTED(4), .qdisc = "noqueue" },
		  MISMATCH },
		{ "drops at ingress are not behind us",
		  { SEEN(5), COUNTED(4), .dropped_by_clsact = 1, .is_ingress = true },
		  MISMATCH },
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

static void a_qdisc_tells_what_it_holds_and_what_it_dropped(void **state)
{
	static const struct verdict_case cases[] = {
		{ "it holds some",
		  { SEEN(5), COUNTED(2), BEHIND("tbf", 2), .queued = 3, .queued_bytes = 300 },
		  OK,
		  OK,
		  "by qdisc tbf: 0 dropped, 3 more queued" },
		{ "it lets go of some",
		  { COUNTED(3), BEHIND("tbf", 3), .queued = -3, .queued_bytes = -300 },
		  OK,
		  OK,
		  "3 fewer queued" },
		{ "it drops some: their bytes are not known",
		  { SEEN(5), COUNTED(2), BEHIND("tbf", 2), .dropped = 3 },
		  OK,
		  UNKNOWN,
		  "3 dropped, 0 more queued; the bytes of what is dropped" },
		{ "its count goes round",
		  { SEEN(2000), COUNTED(500), BEHIND("tbf", 500), .dropped = 1500 },
		  OK,
		  UNKNOWN,
		  "1500 dropped" },
		{ "its count starts anew",
		  { SEEN(5), COUNTED(2), BEHIND("tbf", 2), .dropped = (uint32_t)-3 },
		  MISMATCH },
		{ "too many bytes for what is dropped",
		  { .raw = { 5, 500000 }, COUNTED(2), BEHIND("tbf", 2), .dropped = 3 },
		  OK,
		  FAILED,
		  "3 dropped" },
		{ "too few bytes for what is dropped",
		  { .raw = { 5, 220 }, COUNTED(2), BEHIND("tbf", 2), .dropped = 3 },
		  OK,
		  FAILED,
		  "3 dropped" },
		{ "super-packets dropped",
		  { SUPERS(3), .kernel = { 1, SUPER }, .qdisc = "pfifo",
		    .out = { 10, SUPER + MORE }, .dropped = 2 },
		  UNKNOWN,
		  UNKNOWN,
		  "2 dropped" },
		{ "super-packets held: their bytes are known",
		  { SUPERS(3), .kernel = { 1, SUPER }, .qdisc = "pfifo",
		    .out = { 10, SUPER + MORE }, .queued = 2, .queued_bytes = 2 * (SUPER + MORE) },
		  UNKNOWN,
		  OK,
		  "2 more queued" },
		{ "what passes by the qdisc passes by us",
		  { SEEN(5), .kernel = { 6, 560 }, BEHIND("tbf", 2), .queued = 3,
		    .queued_bytes = 300 },
		  MISMATCH },
		{ "more than it can have got",
		  { SEEN(5), COUNTED(6), BEHIND("tbf", 6) },
		  MISMATCH },
	};

	(void)state;
	assert_judged(cases, ARRAY_SIZE(cases));
}

static void a_qdisc_may_duplicate(void **state)
{
	static const struct verdict_case cases[] = {
		{ "netem may duplicate",
		  { SEEN(5), COUNTED(7), BEHIND("netem", 7), .duplicates = true },
		  UNKNOWN,
		  UNKNOWN,
		  "it duplicates: 500 .. 1000" },
		{ "once",
		  { SEEN(5), COUNTED(11), BEHIND("netem", 11), .duplicates = true },
		  MISMATCH },
	};

	(void)state;
	assert_judged(cases, ARRAY_SIZE(cases));
}

static void others_behind_us_drop_and_redirect(void **state)
{
	static const struct verdict_case cases[] = {
		{ "clsact has dropped as many",
		  { SEEN(5), COUNTED(2), .dropped_by_clsact = 3 },
		  OK,
		  UNKNOWN,
		  "3 dropped by clsact or the device; the bytes of what is dropped" },
		{ "those were of the other direction",
		  { SEEN(5), COUNTED(5), .dropped_by_clsact = 3 },
		  OK,
		  OK,
		  "3 dropped by clsact" },
		{ "some were",
		  { SEEN(5), COUNTED(4), .dropped_by_clsact = 3 },
		  UNKNOWN,
		  UNKNOWN,
		  "3 dropped by clsact" },
		{ "more are missing than were dropped",
		  { SEEN(5), COUNTED(1), .dropped_by_clsact = 3 },
		  FAILED,
		  UNKNOWN,
		  "3 dropped by clsact" },
		{ "the device has dropped as many",
		  { SEEN(5), COUNTED(2), .dropped_by_device = 3 },
		  OK,
		  UNKNOWN,
		  "3 dropped by clsact or the device" },
		{ "dropped before a qdisc",
		  { SEEN(5), COUNTED(1), .dropped_by_clsact = 3, BEHIND("tbf", 1), .queued = 1,
		    .queued_bytes = 100 },
		  OK,
		  UNKNOWN,
		  "1 more queued; 3 dropped by clsact" },
		{ "programs have taken some",
		  { SEEN(5), COUNTED(1), .has_others = true },
		  UNKNOWN,
		  UNKNOWN,
		  "behind weir's may take packets" },
		{ "programs make none", { SEEN(5), COUNTED(6), .has_others = true }, MISMATCH },
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

static void a_better_reading_has_a_higher_rank(void **state)
{
	static const enum verify_result order[][2] = { { FAILED, FAILED }, { FAILED, UNKNOWN },
						       { FAILED, OK },	   { UNKNOWN, UNKNOWN },
						       { UNKNOWN, OK },	   { OK, OK } };

	(void)state;
	for (size_t i = 1; i < ARRAY_SIZE(order); i++) {
		struct verify_judgement worse = { { .result = order[i - 1][0] },
						  { .result = order[i - 1][1] } };
		struct verify_judgement better = { { .result = order[i][0] },
						   { .result = order[i][1] } };
		struct verify_judgement turned = { { .result = order[i][1] },
						   { .result = order[i][0] } };

		assert_true(verify_rank(&better) > verify_rank(&worse));
		assert_int_equal(verify_rank(&better), verify_rank(&turned));
	}
}

/* It never stood still while it was read: two packets of 60 bytes at the one reading, one at the other. */
static void what_moved_while_it_was_read_is_no_mismatch(void **state)
{
	static const struct {
		const char *name;
		struct weir_count kernel;
		enum verify_result packets, bytes;
		const char *note; /* of the packets */
	} cases[] = {
		{ "all", { 50, 3000 }, VERIFY_OK, VERIFY_OK, "" },
		{ "three fewer",
		  { 47, 2820 },
		  VERIFY_UNKNOWN,
		  VERIFY_UNKNOWN,
		  "3 moved while it was read" },
		{ "three more",
		  { 53, 3180 },
		  VERIFY_UNKNOWN,
		  VERIFY_UNKNOWN,
		  "3 moved while it was read" },
		{ "four fewer", { 46, 2760 }, VERIFY_FAILED, VERIFY_FAILED, "" },
		{ "four more", { 54, 3240 }, VERIFY_FAILED, VERIFY_FAILED, "" },
		{ "as many, of other bytes", { 50, 2819 }, VERIFY_OK, VERIFY_FAILED, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct world world = { .raw = { 50, 3000 }, .kernel = cases[i].kernel };
		struct verify_hook hook = hook_of(&world);
		struct verify_judgement judgement;

		hook.first.moved = (struct weir_count){ 2, 120 };
		hook.second.moved = (struct weir_count){ 1, 60 };
		verify_judge(&hook, &judgement);
		assert_row_int(cases[i].name, judgement.packets.result, cases[i].packets);
		assert_row_int(cases[i].name, judgement.bytes.result, cases[i].bytes);
		assert_row_str(cases[i].name, judgement.packets.note, cases[i].note);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(a_device_has_its_way_of_counting),
			 TEST(without_a_reason_a_difference_is_a_mismatch),
			 TEST(super_packets_of_some_kinds_have_bounds),
			 TEST(a_qdisc_tells_what_it_holds_and_what_it_dropped),
			 TEST(a_qdisc_may_duplicate), TEST(others_behind_us_drop_and_redirect),
			 TEST(a_macvlan_counts_the_header_of_some_twice),
			 TEST(what_macvlans_send_each_other_is_not_comparable_below_them),
			 TEST(a_device_may_take_longer_super_packets_than_it_did),
			 TEST(where_the_kind_of_super_packets_is_guessed_they_may_be_of_the_other),
			 TEST(tags_are_bytes_on_one_side),
			 TEST(a_frame_whose_tag_is_cut_short_comes_to_no_hook),
			 TEST(of_a_tunnel_in_a_tunnel_headers_may_be_left_out),
			 TEST(a_better_reading_has_a_higher_rank),
			 TEST(what_moved_while_it_was_read_is_no_mismatch));
}
