// SPDX-License-Identifier: BSD-2-Clause
/*
 * Log lines, read from a pipe that stands in for stderr.
 */
#include "base/log.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "tests/harness.h"

static int setup(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	log_init("weir", LOG_LEVEL_INFO);
	return 0;
}

static void a_line_has_the_program_the_text_and_the_error(void **state)
{
	struct captured captured;

	(void)state;
	capture_begin(&captured);
	(void)log_err(-ENOENT, "cannot open %s", "x");
	(void)log_err(0, "--last 12x: not a number");
	(void)log_warn(-EINVAL, "w");
	log_info("%d interfaces", 3);
	assert_string_equal(capture_end(&captured),
			    "weir: cannot open x: No such file or directory\n"
			    "weir: --last 12x: not a number\n"
			    "weir: w: Invalid argument\n"
			    "weir: 3 interfaces\n");
}

static void a_level_that_is_off_is_silent_but_returns_the_error(void **state)
{
	struct captured captured;

	(void)state;
	capture_begin(&captured);
	log_debug("not shown");
	log_set_max_level(LOG_LEVEL_ERR);
	assert_int_equal(log_warn(-EPERM, "not shown"), -EPERM);
	log_info("not shown");
	assert_int_equal(log_err(-EPERM, "shown"), -EPERM);
	log_set_max_level(LOG_LEVEL_DEBUG);
	log_debug("now shown");
	assert_string_equal(capture_end(&captured),
			    "weir: shown: Operation not permitted\nweir: now shown\n");
	assert_int_equal(log_max_level(), LOG_LEVEL_DEBUG);
}

static void errno_survives_a_message(void **state)
{
	struct captured captured;

	(void)state;
	capture_begin(&captured);
	errno = EXDEV;
	log_info("text");
	assert_int_equal(errno, EXDEV);
	capture_end(&captured);
}

static void control_characters_are_shown_as_question_marks(void **state)
{
	struct captured captured;

	(void)state;
	capture_begin(&captured);
	log_info("%s", "a\x1b[31mb\rc\x7f"
		       "d\te\x01h\u00e9");
	assert_string_equal(capture_end(&captured), "weir: a?[31mb?c?d\te?h\u00e9\n");
}

static void what_a_terminal_would_obey_or_cannot_show_is_too(void **state)
{
	struct captured captured;

	(void)state;
	capture_begin(&captured);
	log_info("c1 \xc2\x9b\x33m, over\u202eride, no utf-8 \xff\xc3, cut \xe2\x82");
	assert_string_equal(capture_end(&captured),
			    "weir: c1 ??3m, over???ride, no utf-8 ??, cut ??\n");
}

static void a_text_of_several_lines_becomes_as_many(void **state)
{
	struct captured captured;

	(void)state;
	capture_begin(&captured);
	(void)log_err(-EACCES, "one\n\ntwo\nthree\n\n");
	(void)log_err(0, "\n");
	assert_string_equal(capture_end(&captured),
			    "weir: one\nweir: \nweir: two\nweir: three: Permission denied\n"
			    "weir: \n");
}

static void a_long_text_is_not_cut(void **state)
{
	struct captured captured;
	char text[5001];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	capture_begin(&captured);
	log_info("%s", text);
	capture_end(&captured);
	assert_int_equal(strlen(captured.text), 6 + 5000 + 1);
}

static void set_journal_stream(unsigned int inode_offset)
{
	char text[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(text, sizeof(text), "%ju:%ju", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino + inode_offset);
	setenv("JOURNAL_STREAM", text, 1);
	log_init("weir", LOG_LEVEL_DEBUG);
}

static void under_the_journal_a_line_has_its_priority(void **state)
{
	struct captured captured;

	(void)state;
	capture_begin(&captured);
	set_journal_stream(0);
	(void)log_err(-EPERM, "e");
	(void)log_warn(0, "w");
	log_info("i\nj");
	log_debug("d");
	assert_string_equal(capture_end(&captured),
			    "<3>e: Operation not permitted\n<4>w\n<6>i\n<6>j\n<7>d\n");
}

static void the_journal_of_somebody_else_is_not_ours(void **state)
{
	struct captured captured;

	(void)state;
	capture_begin(&captured);
	set_journal_stream(1);
	log_info("i");
	assert_string_equal(capture_end(&captured), "weir: i\n");
}

#define LOG_TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	return RUN_TESTS(LOG_TEST(a_line_has_the_program_the_text_and_the_error),
			 LOG_TEST(a_level_that_is_off_is_silent_but_returns_the_error),
			 LOG_TEST(errno_survives_a_message),
			 LOG_TEST(control_characters_are_shown_as_question_marks),
			 LOG_TEST(what_a_terminal_would_obey_or_cannot_show_is_too),
			 LOG_TEST(a_text_of_several_lines_becomes_as_many),
			 LOG_TEST(a_long_text_is_not_cut),
			 LOG_TEST(under_the_journal_a_line_has_its_priority),
			 LOG_TEST(the_journal_of_somebody_else_is_not_ours));
}
