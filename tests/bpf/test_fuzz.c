// SPDX-License-Identifier: BSD-2-Clause
/*
 * The datapath in the kernel against the reference of tests/reference: the sessions that once showed
 * a difference, and random ones of a fixed seed. WEIR_FUZZ_PACKETS says how many packets (320,000);
 * more of them, and of other seeds: make fuzz-datapath.
 */
#include <time.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "bpf_env.h"
#include "tests/diff/corpus.h"
#include "tests/diff/fuzz.h"
#include "tests/harness.h"

#define SEED	20261122
#define PACKETS 320000

static struct runner *runner;

static uint64_t packets(void)
{
	const char *wanted = getenv("WEIR_FUZZ_PACKETS");
	uint64_t n;

	return wanted && !num_parse_u64(wanted, UINT64_MAX, &n) ? n : PACKETS;
}

static int setup(void **state)
{
	(void)state;
	return runner_new(&runner);
}

static int teardown(void **state)
{
	(void)state;
	runner_free(&runner);
	return 0;
}

static void a_session_of_the_corpus(void **state)
{
	const struct corpus_row *row = *state;

	assert_int_equal(fuzz_text(runner, row->session, true, stderr), 0);
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void random_sessions_are_the_same_in_kernel_and_reference(void **state)
{
	const struct runner_totals *totals = runner_totals(runner);
	struct timespec start;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint64_t i = 0; totals->packets < packets(); i++)
		assert_int_equal(fuzz_seed(runner, SEED, i, false, stderr), 0);
	fuzz_report(totals, seconds_since(&start), stdout);
}

/* Else the comparison would be of little. */
static void random_sessions_take_every_way(void **state)
{
	const struct runner_totals *totals = runner_totals(runner);

	(void)state;
	if (packets() < PACKETS)
		return; /* too few to meet all */
	assert_int_equal(fuzz_missing(totals, stderr), 0);
	for (size_t i = 0; i < WEIR_REM_MAX; i++)
		assert_true(totals->remainder[i] > PACKETS / 1000);
	assert_true(totals->in_flows > PACKETS / 2);
	assert_true(totals->in_pieces > PACKETS / 100);
	assert_true(totals->inner > PACKETS / 10);
	assert_true(totals->quoted > PACKETS / 200);
	assert_true(totals->renewed > PACKETS / 100);
	assert_true(totals->fragments > PACKETS / 100);
	assert_true(totals->passed > PACKETS / 20000);
	assert_true(totals->let_in > PACKETS / 1000);
	assert_true(totals->commands > PACKETS / 100);
}

static void a_session_reads_as_it_was_printed(void **state)
{
	auto_session struct session session = { 0 }, again = { 0 };
	auto_free char *text = NULL, *text_again = NULL;
	size_t len, line = 0;
	FILE *to;

	(void)state;
	assert_int_equal(session_make(&session, SEED, 1, SESSION_STEPS), 0);
	to = open_memstream(&text, &len);
	assert_non_null(to);
	session_print(&session, to);
	fclose(to);
	assert_int_equal(session_parse(&again, text, &line), 0);
	assert_int_equal(again.len, SESSION_STEPS);
	to = open_memstream(&text_again, &len);
	assert_non_null(to);
	session_print(&again, to);
	fclose(to);
	assert_string_equal(text_again, text);
}

int main(void)
{
	static const struct CMUnitTest of_corpus = TEST(a_session_of_the_corpus);
	static const struct CMUnitTest others[] = {
		TEST(random_sessions_are_the_same_in_kernel_and_reference),
		TEST(random_sessions_take_every_way),
		TEST(a_session_reads_as_it_was_printed),
	};
	auto_free struct CMUnitTest *tests = NULL;

	if (!bpf_env_is_permitted())
		return skip_all("needs root");
	tests = calloc(corpus_len + ARRAY_SIZE(others), sizeof(*tests));
	if (!tests)
		return 1;
	for (size_t i = 0; i < corpus_len; i++) {
		tests[i] = of_corpus;
		tests[i].name = corpus[i].name;
		tests[i].initial_state = (void *)&corpus[i];
	}
	memcpy(&tests[corpus_len], others, sizeof(others));
	return _cmocka_run_group_tests("fuzz", tests, corpus_len + ARRAY_SIZE(others), setup,
				       teardown);
}
