/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmocka with what it needs, and a few helpers. A test is `static void name_as_a_sentence(void
 * **state)`; a program ends in RUN_TESTS(TEST(name), ...). Tests print TAP when
 * CMOCKA_MESSAGE_OUTPUT says so.
 */
#pragma once

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEST(name) cmocka_unit_test(name)

/* The body of main(): returns the number of tests that failed. */
#define RUN_TESTS(...)                                                                             \
	({                                                                                         \
		const struct CMUnitTest run_tests[] = { __VA_ARGS__ };                             \
		cmocka_run_group_tests_name(program_invocation_short_name, run_tests, NULL, NULL); \
	})

/* For a program whose setup cannot run: `return skip_all("needs CAP_BPF");` before RUN_TESTS. */
static inline int skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	return 0;
}

/* In a table-driven test: which row is it that failed? */
#define assert_row(name, claim)                                     \
	do {                                                        \
		if (!(claim))                                       \
			fail_msg("%s: not so: %s", (name), #claim); \
	} while (0)

#define assert_row_int(name, is, expected)                                                       \
	do {                                                                                     \
		long long row_is = (long long)(is), row_expected = (long long)(expected);        \
		if (row_is != row_expected)                                                      \
			fail_msg("%s: %s is %lld, not %lld", (name), #is, row_is, row_expected); \
	} while (0)

#define assert_row_str(name, is, expected)                                                  \
	do {                                                                                \
		const char *row_is = (is), *row_expected = (expected);                      \
		if (strcmp(row_is, row_expected) != 0)                                      \
			fail_msg("%s: \"%s\" is not \"%s\"", (name), row_is, row_expected); \
	} while (0)

/* What a piece of code writes to stderr: begin, run it, end. One at a time, up to 64 KiB. */
struct captured {
	int stderr_was;
	int pipe_end;
	char text[8192];
};

static inline void capture_begin(struct captured *captured)
{
	int ends[2];

	fflush(stderr);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	captured->stderr_was = dup(STDERR_FILENO);
	assert_true(captured->stderr_was >= 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	captured->pipe_end = ends[0];
}

/* Returns the text, cut at the size of captured->text. */
static inline const char *capture_end(struct captured *captured)
{
	size_t len = 0;
	ssize_t got;

	fflush(stderr);
	dup2(captured->stderr_was, STDERR_FILENO);
	close(captured->stderr_was);
	while ((got = read(captured->pipe_end, captured->text + len,
			   sizeof(captured->text) - 1 - len)) > 0)
		len += (size_t)got;
	close(captured->pipe_end);
	captured->text[len] = '\0';
	return captured->text;
}
