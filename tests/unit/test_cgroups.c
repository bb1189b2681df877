// SPDX-License-Identifier: BSD-2-Clause
/*
 * Names by id, looked up once or told; and tables that are too small.
 */
#include "tests/unit/cgroup_world.h"

#include <sys/stat.h>

static void an_id_gives_path_and_name(void **state)
{
	auto_cgroups struct cgroups *cgroups = new_cgroups();
	const struct cgroup_info *info;
	uint64_t id;

	(void)state;
	(void)make("/pod" UID);
	id = make("/pod" UID "/crio-" ID);
	info = cgroups_get(cgroups, id);
	assert_non_null(info);
	assert_true(info->id == id);
	assert_string_equal(info->path, below("/pod" UID "/crio-" ID));
	assert_string_equal(info->name.container, ID);
	assert_string_equal(info->name.pod, UID);
	assert_int_equal(info->name.runtime, CGROUP_RUNTIME_CRIO);
}

static void the_root_is_the_host(void **state)
{
	auto_cgroups struct cgroups *cgroups = new_cgroups();
	struct stat st;
	const struct cgroup_info *info;

	(void)state;
	assert_int_equal(stat(tree_path(), &st), 0);
	info = cgroups_get(cgroups, st.st_ino);
	assert_non_null(info);
	assert_string_equal(info->path, "/");
	assert_true(info->name.is_root);
}

static void a_name_is_looked_up_once_and_outlives_its_cgroup(void **state)
{
	auto_cgroups struct cgroups *cgroups = new_cgroups();
	const struct cgroup_info *info;
	uint64_t id = make("/nginx.service");

	(void)state;
	info = cgroups_get(cgroups, id);
	assert_non_null(info);
	unmake("/nginx.service");
	for (int i = 0; i < 100; i++)
		assert_ptr_equal(cgroups_get(cgroups, id), info);
	assert_string_equal(info->name.unit, "nginx.service");
	assert_int_equal(stats_of(cgroups).lookups, 1);
}

static void a_miss_is_asked_for_once(void **state)
{
	auto_cgroups struct cgroups *cgroups = new_cgroups();
	uint64_t id = make("/gone");

	(void)state;
	unmake("/gone");
	for (int i = 0; i < 100; i++)
		assert_null(cgroups_get(cgroups, id));
	assert_int_equal(stats_of(cgroups).lookups, 1);
	assert_int_equal(stats_of(cgroups).unnamed, 1);
	assert_null(cgroups_get(cgroups, 0));
	assert_null(cgroups_get(cgroups, UINT64_MAX));
	assert_int_equal(stats_of(cgroups).lookups, 1);
}

static void one_that_was_told_needs_no_look_and_may_be_gone(void **state)
{
	auto_cgroups struct cgroups *cgroups = new_cgroups();
	uint64_t id = make("/short.service"), early;

	(void)state;
	unmake("/short.service");
	cgroups_created(cgroups, id, "/system.slice/short.service");
	assert_string_equal(cgroups_get(cgroups, id)->name.unit, "short.service");
	assert_int_equal(stats_of(cgroups).lookups, 0);

	early = make("/early");
	unmake("/early");
	assert_null(cgroups_get(cgroups, early)); /* its event is still on the way */
	cgroups_created(cgroups, early, "/early");
	assert_string_equal(cgroups_get(cgroups, early)->path, "/early");
	assert_int_equal(stats_of(cgroups).unnamed, 0);
}

static void one_told_without_its_path_is_looked_up_at_once(void **state)
{
	auto_cgroups struct cgroups *cgroups = new_cgroups();
	uint64_t id = make("/some");

	(void)state;
	cgroups_created(cgroups, id, NULL);
	unmake("/some");
	assert_string_equal(cgroups_get(cgroups, id)->path, below("/some"));
	cgroups_created(cgroups, id + 1000000, "not a path");
	assert_null(cgroups_get(cgroups, id + 1000000));
}

static void a_storm_of_new_ones_pushes_out_none_that_was_asked_for(void **state)
{
	auto_cgroups struct cgroups *cgroups = new_cgroups();
	uint64_t first = 1ULL << 40;
	char path[32];

	(void)state;
	cgroups_created(cgroups, first, "/asked.service");
	assert_non_null(cgroups_get(cgroups, first));
	for (uint64_t i = 1; i <= 3ULL * CGROUPS_TOLD_MAX; i++) {
		(void)snprintf(path, sizeof(path), "/storm-%u", (unsigned int)i);
		cgroups_created(cgroups, first + i, path);
	}
	assert_int_equal(stats_of(cgroups).named, CGROUPS_TOLD_MAX + 1);
	assert_int_equal(stats_of(cgroups).dropped, 2ULL * CGROUPS_TOLD_MAX);
	assert_string_equal(cgroups_get(cgroups, first)->name.unit, "asked.service");
	assert_string_equal(cgroups_get(cgroups, first + 3ULL * CGROUPS_TOLD_MAX)->path, path);
}

static void those_used_least_go_first_and_what_is_held_stays_readable(void **state)
{
	auto_cgroups struct cgroups *cgroups = new_cgroups();
	const struct cgroup_info *held;
	uint64_t first = 1ULL << 40;

	(void)state;
	cgroups_created(cgroups, first, "/held");
	held = cgroup_info_ref(cgroups_get(cgroups, first));
	for (uint64_t i = 1; i <= CGROUPS_ASKED_MAX; i++) {
		cgroups_created(cgroups, first + i, "/other");
		assert_non_null(cgroups_get(cgroups, first + i));
	}
	assert_int_equal(stats_of(cgroups).named, CGROUPS_ASKED_MAX);
	assert_null(cgroups_get(cgroups, first));
	assert_string_equal(held->path, "/held");
	cgroups_free(&cgroups);
	assert_string_equal(held->path, "/held");
	cgroup_info_unref(&held);
	assert_null(held);
}

int main(void)
{
	const char *reason = cgroup_world_open();
	int failed;

	if (reason)
		return skip_all(reason);
	failed = RUN_TESTS(EACH(an_id_gives_path_and_name), TEST(the_root_is_the_host),
			   EACH(a_name_is_looked_up_once_and_outlives_its_cgroup),
			   EACH(a_miss_is_asked_for_once),
			   EACH(one_that_was_told_needs_no_look_and_may_be_gone),
			   EACH(one_told_without_its_path_is_looked_up_at_once),
			   TEST(a_storm_of_new_ones_pushes_out_none_that_was_asked_for),
			   TEST(those_used_least_go_first_and_what_is_held_stays_readable));
	cgroup_world_close();
	return failed;
}
