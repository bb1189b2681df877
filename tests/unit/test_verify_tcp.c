// SPDX-License-Identifier: BSD-2-Clause
/*
 * What Verify says of TcpOutSegs + TcpRetransSegs: what is in doubt agrees as a whole or not at all, or
 * is between; what no doubt explains is a mismatch.
 */
#include "verify/verify_tcp.h"

#include "base/cleanup.h"
#include "tests/harness.h"

/* What the kernel has counted since the first reading, and what the flow map has. */
struct tcp_case {
	const char *name;
	uint64_t kernel, own, socketless, strange, twice, failed;
	enum verify_result result;
	uint64_t weir; /* that is shown */
	const char *note;
};

static void check(const struct tcp_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct tcp_case *is = &cases[i];
		const struct tcp_reading first = { .weir.segments = { 100, 200, 300, 400 },
						   .before = 1000,
						   .after = 1000,
						   .failed = 7,
						   .elsewhere.tells_dropped = true };
		const struct tcp_reading second = {
			.weir.segments = { [TCP_SENT_OWN] = 100 + is->own,
					   [TCP_SENT_SOCKETLESS] = 200 + is->socketless,
					   [TCP_SENT_STRANGE] = 300 + is->strange,
					   [TCP_SENT_TWICE] = 400 + is->twice },
			.before = 1000 + is->kernel,
			.after = 1000 + is->kernel,
			.failed = 7 + is->failed,
			.elsewhere.tells_dropped = true,
		};
		struct verify_line line;

		verify_tcp_judge(&first, &second, &line);
		assert_row_int(is->name, line.result, is->result);
		assert_row_int(is->name, line.weir, is->weir);
		assert_row_int(is->name, line.kernel, is->kernel);
		assert_row_str(is->name, line.note, is->note);
	}
}

static void the_own_segments_are_the_kernels(void **state)
{
	static const struct tcp_case cases[] = {
		{ "nothing", .result = VERIFY_OK, .note = "" },
		{ "all", 9, 9, .result = VERIFY_OK, .weir = 9, .note = "" },
		{ "one too few", 9, 8, .result = VERIFY_FAILED, .weir = 8, .note = "" },
		{ "one too many", 9, 10, .result = VERIFY_FAILED, .weir = 10, .note = "" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void what_is_in_doubt_is_in_it_as_a_whole_or_not_at_all(void **state)
{
	static const struct tcp_case cases[] = {
		{ "netfilter's RST", 9, 9, .socketless = 3, .result = VERIFY_OK, .weir = 9,
		  .note = "" },
		{ "TCP's own RST", 9, 6, .socketless = 3, .result = VERIFY_OK, .weir = 9,
		  .note = "3 of no socket" },
		{ "a transparent proxy", 9, 4, .strange = 5, .result = VERIFY_OK, .weir = 9,
		  .note = "5 from an address that no interface has" },
		{ "another namespace's macvlan", 9, 9, .strange = 5, .result = VERIFY_OK, .weir = 9,
		  .note = "" },
		{ "a port of a switch", 9, 9, .twice = 9, .result = VERIFY_OK, .weir = 9,
		  .note = "" },
		{ "the fewest are chosen", 9, 4, .socketless = 5, .strange = 2, .twice = 3,
		  .result = VERIFY_OK, .weir = 9, .note = "5 of no socket" },
		{ "two of them", 9, 4, .socketless = 4, .strange = 1, .result = VERIFY_OK,
		  .weir = 9, .note = "4 of no socket; 1 from an address that no interface has" },
		{ "each that failed is missing", 9, 7, .failed = 2, .result = VERIFY_OK, .weir = 9,
		  .note = "2 that TCP could not send again (TCPRetransFail)" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void some_of_what_is_in_doubt_cannot_be_compared(void **state)
{
	static const struct tcp_case cases[] = {
		{ "some RSTs are TCP's", 9, 7, .socketless = 3, .result = VERIFY_UNKNOWN, .weir = 7,
		  .note = "3 of no socket" },
		{ "one that failed is missing", 9, 8, .failed = 2, .result = VERIFY_UNKNOWN,
		  .weir = 8, .note = "2 that TCP could not send again (TCPRetransFail)" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void more_than_is_in_doubt_is_a_mismatch(void **state)
{
	static const struct tcp_case cases[] = {
		{ "more are missing", 9, 5, .socketless = 3, .result = VERIFY_FAILED, .weir = 5,
		  .note = "3 of no socket" },
		{ "there are more without", 9, 10, .socketless = 3, .result = VERIFY_FAILED,
		  .weir = 10, .note = "3 of no socket" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

/* What is not at a hook, since the first reading. */
static const struct {
	const char *name;
	uint64_t kernel, own;
	struct verify_elsewhere then, now;
	enum verify_result result;
	uint64_t weir;
	const char *note;
} missing[] = {
	{ "all are dropped",
	  9,
	  4,
	  { .tells_dropped = true, .dropped = 2, .filtered = 1 },
	  { .tells_dropped = true, .dropped = 7, .filtered = 1 },
	  VERIFY_OK,
	  9,
	  "5 dropped before a hook" },
	{ "some are dropped elsewhere",
	  9,
	  6,
	  { .tells_dropped = true },
	  { .tells_dropped = true, .dropped = 5 },
	  VERIFY_UNKNOWN,
	  6,
	  "5 dropped before a hook" },
	{ "more are missing than were dropped",
	  9,
	  3,
	  { .tells_dropped = true },
	  { .tells_dropped = true, .dropped = 5 },
	  VERIFY_FAILED,
	  3,
	  "5 dropped before a hook" },
	{ "what had been dropped before is none of it",
	  9,
	  4,
	  { .tells_dropped = true, .dropped = 5 },
	  { .tells_dropped = true, .dropped = 5 },
	  VERIFY_FAILED,
	  4,
	  "" },
	{ "filters before our hook",
	  9,
	  4,
	  { .tells_dropped = true },
	  { .tells_dropped = true, .filtered = 5 },
	  VERIFY_OK,
	  9,
	  "5 dropped by filters at egress" },
	{ "filters behind it",
	  9,
	  9,
	  { .tells_dropped = true },
	  { .tells_dropped = true, .filtered = 5 },
	  VERIFY_OK,
	  9,
	  "" },
	{ "some wait",
	  9,
	  4,
	  { .tells_dropped = true },
	  { .tells_dropped = true, .waiting = 5 },
	  VERIFY_UNKNOWN,
	  4,
	  "up to 5 wait for a neighbour or in a queue" },
	{ "more are missing than wait",
	  9,
	  3,
	  { .tells_dropped = true },
	  { .tells_dropped = true, .waiting = 5 },
	  VERIFY_FAILED,
	  3,
	  "up to 5 wait for a neighbour or in a queue" },
	{ "some had waited",
	  9,
	  12,
	  { .tells_dropped = true, .waiting = 3 },
	  { .tells_dropped = true },
	  VERIFY_UNKNOWN,
	  12,
	  "up to 3 had waited for a neighbour or in a queue" },
	{ "more have come than had waited",
	  9,
	  13,
	  { .tells_dropped = true, .waiting = 3 },
	  { .tells_dropped = true, .waiting = 8 },
	  VERIFY_FAILED,
	  13,
	  "up to 3 had waited for a neighbour or in a queue" },
	{ "all wait, and none of them is TCP's",
	  9,
	  9,
	  { .tells_dropped = true },
	  { .tells_dropped = true, .waiting = 5, .unwatched = 100 },
	  VERIFY_OK,
	  9,
	  "" },
	{ "some have left elsewhere",
	  9,
	  4,
	  { .tells_dropped = true, .unwatched = 100 },
	  { .tells_dropped = true, .unwatched = 105 },
	  VERIFY_UNKNOWN,
	  4,
	  "up to 5 left by interfaces that are not watched" },
	{ "fewer have left elsewhere",
	  9,
	  4,
	  { .tells_dropped = true, .unwatched = 100 },
	  { .tells_dropped = true, .unwatched = 104 },
	  VERIFY_FAILED,
	  4,
	  "up to 4 left by interfaces that are not watched" },
	{ "an interface has gone that was not watched",
	  9,
	  4,
	  { .tells_dropped = true, .unwatched = 100 },
	  { .tells_dropped = true, .unwatched = 50 },
	  VERIFY_FAILED,
	  4,
	  "" },
	{ "the kernel does not tell",
	  9,
	  4,
	  { .waiting = 0 },
	  { .waiting = 0 },
	  VERIFY_UNKNOWN,
	  4,
	  "this kernel does not tell what it drops before a hook" },
	{ "nor does it explain more",
	  9,
	  10,
	  { .waiting = 0 },
	  { .waiting = 0 },
	  VERIFY_FAILED,
	  10,
	  "" },
};

static void what_no_hook_has_seen_is_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
		const struct tcp_reading first = { .elsewhere = missing[i].then };
		const struct tcp_reading second = { .weir.segments[TCP_SENT_OWN] = missing[i].own,
						    .before = missing[i].kernel,
						    .after = missing[i].kernel,
						    .elsewhere = missing[i].now };
		struct verify_line line;

		verify_tcp_judge(&first, &second, &line);
		assert_row_int(missing[i].name, line.result, missing[i].result);
		assert_row_int(missing[i].name, line.weir, missing[i].weir);
		assert_row_str(missing[i].name, line.note, missing[i].note);
	}
}

/* It was counted as nobody's when the first reading was taken; since then its socket was seen. */
static void what_is_found_to_be_of_a_socket_is_no_mismatch(void **state)
{
	const struct tcp_reading first = { .weir.segments[TCP_SENT_SOCKETLESS] = 5 };
	const struct tcp_reading second = { .weir.segments[TCP_SENT_OWN] = 8,
					    .before = 3,
					    .after = 3 };
	struct verify_line line;

	(void)state;
	verify_tcp_judge(&first, &second, &line);
	assert_int_equal(line.result, VERIFY_OK);
	assert_int_equal(line.weir, 3);
	assert_string_equal(line.note, "");
}

static void while_it_moves_it_must_be_between(void **state)
{
	static const struct {
		const char *name;
		uint64_t own;
		enum verify_result result;
	} cases[] = {
		{ "below", 9, VERIFY_FAILED },
		{ "the least", 10, VERIFY_OK },
		{ "the most", 22, VERIFY_OK },
		{ "above", 23, VERIFY_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct tcp_reading first = { .before = 100, .after = 105 };
		const struct tcp_reading second = { .weir.segments[TCP_SENT_OWN] = cases[i].own,
						    .before = 115,
						    .after = 122,
						    .elsewhere.tells_dropped = true };
		struct verify_line line;

		verify_tcp_judge(&first, &second, &line);
		assert_row_int(cases[i].name, line.result, cases[i].result);
		assert_row_str(cases[i].name, line.note, "moving: 10 .. 22");
	}
}

int main(void)
{
	return RUN_TESTS(TEST(the_own_segments_are_the_kernels),
			 TEST(what_is_in_doubt_is_in_it_as_a_whole_or_not_at_all),
			 TEST(some_of_what_is_in_doubt_cannot_be_compared),
			 TEST(more_than_is_in_doubt_is_a_mismatch),
			 TEST(what_no_hook_has_seen_is_missing),
			 TEST(what_is_found_to_be_of_a_socket_is_no_mismatch),
			 TEST(while_it_moves_it_must_be_between));
}
