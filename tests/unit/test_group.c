// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which group of the file is the one that was asked for.
 */
#include "kernel/group.h"

#include <errno.h>

#include "base/cleanup.h"
#include "tests/harness.h"
#include "tests/one_file.h"

static int find_in(const char *text, const char *name, gid_t *ret)
{
	one_file_write(text, strlen(text));
	return group_find(one_file_path(), name, ret);
}

static void the_group_is_found_by_its_whole_name(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		int result;
		gid_t gid;
	} cases[] = {
		{ "alone", "weir:x:990:\n", 0, 990 },
		{ "among others", "root:x:0:\nadm:x:4:a,b\nweir:x:990:a,b\nz:x:991:\n", 0, 990 },
		{ "without a newline", "root:x:0:\nweir:x:990:", 0, 990 },
		{ "the first of two", "weir:x:7:\nweir:x:8:\n", 0, 7 },
		{ "behind what is no group", "# weir\n\nweir\nweir:x:y:\nweir:x:9:\n", 0, 9 },
		{ "a part of a name", "weird:x:990:\nwei:x:991:\n", -ENOENT, 0 },
		{ "a member", "adm:x:4:weir\n", -ENOENT, 0 },
		{ "an empty file", "", -ENOENT, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		gid_t gid = 0;

		assert_row_int(cases[i].name, find_in(cases[i].text, "weir", &gid),
			       cases[i].result);
		assert_row_int(cases[i].name, gid, cases[i].gid);
	}
}

static void a_file_that_is_not_there_has_no_group(void **state)
{
	gid_t gid;

	(void)state;
	assert_int_equal(group_find("/tmp/weir-none/group", "weir", &gid), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_group_is_found_by_its_whole_name),
		TEST(a_file_that_is_not_there_has_no_group),
	};

	return cmocka_run_group_tests_name("group", tests, one_file_begin, one_file_end);
}
