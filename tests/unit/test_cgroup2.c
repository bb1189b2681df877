// SPDX-License-Identifier: BSD-2-Clause
#include "tests/harness.h"

#include <sys/vfs.h>

#include <linux/magic.h>

#include "base/cleanup.h"
#include "who/cgroup2.h"

static void the_mount_point_is_found_among_others(void **state)
{
	static const struct {
		const char *name, *lines, *point; /* NULL: none */
	} cases[] = {
		{ "alone", "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n",
		  "/sys/fs/cgroup" },
		{ "beside the first version",
		  "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
		  "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
		  "/sys/fs/cgroup/unified" },
		{ "no optional fields, other source", "9 1 0:9 / /c rw - cgroup2 none rw\n", "/c" },
		{ "several optional fields",
		  "9 1 0:9 / /c rw shared:1 master:2 - cgroup2 none rw\n", "/c" },
		{ "not a part of it",
		  "9 1 0:9 /user.slice /mnt rw - cgroup2 none rw\n"
		  "10 1 0:9 / /whole rw - cgroup2 none rw\n",
		  "/whole" },
		{ "a name with blanks", "9 1 0:9 / /a\\040b\\134c\\011 rw - cgroup2 none rw\n",
		  "/a b\\c\t" },
		{ "no octal number", "9 1 0:9 / /a\\04 rw - cgroup2 none rw\n", "/a\\04" },
		{ "no newline at the end", "9 1 0:9 / /c rw - cgroup2 none rw", "/c" },
		{ "another type that begins alike", "9 1 0:9 / /c rw - cgroup2x none rw\n", NULL },
		{ "a name that looks like it", "9 1 0:9 / /cgroup2 rw - tmpfs cgroup2 rw\n", NULL },
		{ "cut short", "9 1 0:9 / - cgroup2 none rw\n", NULL },
		{ "nothing but the end", " - cgroup2 none rw\n", NULL },
		{ "nothing", "\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_file FILE *file =
			fmemopen((void *)(uintptr_t)cases[i].lines, strlen(cases[i].lines), "r");
		char point[64] = "as before";
		int r;

		assert_non_null(file);
		r = cgroup2_find(file, point, sizeof(point));
		assert_row_int(cases[i].name, r, cases[i].point ? 0 : -ENOENT);
		assert_row_str(cases[i].name, point, cases[i].point ? cases[i].point : "as before");
	}
}

static void a_mount_point_that_is_too_long_is_refused(void **state)
{
	char line[] = "9 1 0:9 / /12345678 rw - cgroup2 none rw\n", point[9] = "";
	auto_file FILE *file = fmemopen(line, strlen(line), "r");

	(void)state;
	assert_non_null(file);
	assert_int_equal(cgroup2_find(file, point, sizeof(point)), -ENAMETOOLONG);
	assert_string_equal(point, "");
}

/* Mounted or not, it is the root of cgroup v2, if this kernel has it and lets us. */
static void the_root_is_opened(void **state)
{
	auto_close int fd = cgroup2_open();
	struct statfs fs;

	(void)state;
	if (fd < 0) {
		assert_int_equal(fd, -ENODEV);
		return;
	}
	assert_int_equal(fstatfs(fd, &fs), 0);
	assert_int_equal(fs.f_type, CGROUP2_SUPER_MAGIC);
	assert_int_equal(faccessat(fd, "cgroup.controllers", F_OK, 0), 0);
}

int main(void)
{
	return RUN_TESTS(TEST(the_mount_point_is_found_among_others),
			 TEST(a_mount_point_that_is_too_long_is_refused), TEST(the_root_is_opened));
}
