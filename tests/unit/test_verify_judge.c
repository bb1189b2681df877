// SPDX-License-Identifier: BSD-2-Clause
/*
 * Verify's judgement of a hook, from both sides' counters: what agrees, what is a mismatch, and
 * what cannot be compared, which needs a reason and bounds.
 */
#include "verify_world.h"

#include "base/cleanup.h"
#include "tests/harness.h"

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
		const struct verify_world world = { .raw = { 50, 3000 },
						    .kernel = cases[i].kernel };
		struct verify_hook hook = verify_world_hook(&world);
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
	return RUN_TESTS(TEST(without_a_reason_a_difference_is_a_mismatch),
			 TEST(a_qdisc_tells_what_it_holds_and_what_it_dropped),
			 TEST(a_qdisc_may_duplicate), TEST(others_behind_us_drop_and_redirect),
			 TEST(a_better_reading_has_a_higher_rank),
			 TEST(what_moved_while_it_was_read_is_no_mismatch));
}
