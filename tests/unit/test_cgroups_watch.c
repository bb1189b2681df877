// SPDX-License-Identifier: BSD-2-Clause
/*
 * Cgroups that are watched: told when they are made and removed, however many and however short.
 */
#include "who/cgroup_watch.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "loop.h"
#include "tests/unit/cgroup_world.h"

#define auto_watch __attribute__((cleanup(cgroup_watch_free)))
#define auto_loop  __attribute__((cleanup(loop_free)))

static int stop(void *ctx)
{
	loop_stop(ctx, 0);
	return 0;
}

static void run_for(struct loop *loop, int ms)
{
	struct watch *timer = NULL;

	assert_int_equal(loop_add_timer(loop, (uint64_t)ms, 0, stop, loop, &timer), 0);
	assert_int_equal(loop_run(loop), 0);
	watch_free(&timer);
}

static char removed[64]; /* what was told last */

static void on_made(void *ctx, uint64_t id, const char *path)
{
	(void)cgroups_created(ctx, id, path);
}

static void on_removed(void *ctx, const char *path)
{
	(void)ctx;
	(void)snprintf(removed, sizeof(removed), "%s", path);
}

static int watch_new(struct cgroup_watch **ret, struct loop *loop, struct cgroups *cgroups)
{
	static const struct cgroup_watch_ops ops = { .made = on_made, .removed = on_removed };

	return cgroup_watch_new(ret, loop, cgroups_mount(cgroups), &ops, cgroups);
}

static struct cgroup_watch_stats watch_stats(const struct cgroup_watch *watch)
{
	struct cgroup_watch_stats stats;

	cgroup_watch_get_stats(watch, &stats);
	return stats;
}

/* Runs the loop until so many were told; slices and events take their time. */
static void run_until_told(struct loop *loop, const struct cgroup_watch *watch, uint64_t told)
{
	for (int i = 0; i < 500 && watch_stats(watch).told < told; i++)
		run_for(loop, 10);
}

static void watched_ones_have_a_name_after_their_end(void **state)
{
	auto_cgroups struct cgroups *cgroups = new_cgroups_of_own();
	auto_loop struct loop *loop = NULL;
	auto_watch struct cgroup_watch *watch = NULL;
	uint64_t before = make("/before"), id[3], told, watched;

	(void)state;
	(void)make("/before/deep");
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(watch_new(&watch, loop, cgroups), 0);
	run_until_told(loop, watch, 3);
	told = watch_stats(watch).told;
	watched = watch_stats(watch).watched;
	assert_int_equal(told, 3);

	id[0] = make("/a.service");
	id[1] = make("/before/deep/b.service");
	run_until_told(loop, watch, told + 2);
	id[2] = make("/a.service/c");
	run_until_told(loop, watch, told + 3);
	unmake("/a.service/c");
	unmake("/a.service");
	unmake("/before/deep/b.service");
	run_for(loop, 50);
	assert_string_equal(removed, "/before/deep/b.service");

	assert_string_equal(cgroups_get(cgroups, id[0])->path, "/a.service");
	assert_string_equal(cgroups_get(cgroups, id[1])->path, "/before/deep/b.service");
	assert_string_equal(cgroups_get(cgroups, id[2])->path, "/a.service/c");
	assert_string_equal(cgroups_get(cgroups, before)->path, "/before");
	assert_int_equal(stats_of(cgroups).lookups, 0);
	assert_int_equal(watch_stats(watch).watched, watched);
}

static void a_tree_made_before_it_is_watched_is_found_whole(void **state)
{
	auto_cgroups struct cgroups *cgroups = new_cgroups_of_own();
	auto_loop struct loop *loop = NULL;
	auto_watch struct cgroup_watch *watch = NULL;
	uint64_t told, id;

	(void)state;
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(watch_new(&watch, loop, cgroups), 0);
	run_until_told(loop, watch, 1);
	told = watch_stats(watch).told;
	(void)make("/1"); /* all before the loop comes around */
	(void)make("/1/2");
	(void)make("/1/2/3");
	id = make("/1/2/3/4");
	run_until_told(loop, watch, told + 4);
	assert_int_equal(watch_stats(watch).told, told + 4);
	unmake("/1/2/3/4");
	assert_string_equal(cgroups_get(cgroups, id)->path, "/1/2/3/4");
	assert_int_equal(stats_of(cgroups).lookups, 0);
}

#define MANY 150

static void many_in_one_directory_are_found_in_slices(void **state)
{
	auto_cgroups struct cgroups *cgroups = new_cgroups_of_own();
	auto_loop struct loop *loop = NULL;
	auto_watch struct cgroup_watch *watch = NULL;
	char name[32];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "/%d.service", i);
		(void)make(name);
	}
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(watch_new(&watch, loop, cgroups), 0);
	assert_int_equal(watch_stats(watch).told, 1);
	run_until_told(loop, watch, MANY + 1);
	run_for(loop, 20);
	assert_int_equal(watch_stats(watch).told, MANY + 1);
	assert_int_equal(watch_stats(watch).watched, MANY + 1);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "/%d.service", i);
		unmake(name);
	}
	for (int i = 0; i < 500 && watch_stats(watch).watched > 1; i++)
		run_for(loop, 10);
	assert_int_equal(watch_stats(watch).watched, 1);
	assert_int_equal(watch_stats(watch).refused, 0);
}

#define SHORT 200

/* As a service that runs "true" would: the agent is another process, which hears of it meanwhile. */
static void those_of_milliseconds_are_named(void **state)
{
	auto_cgroups struct cgroups *cgroups = new_cgroups_of_own();
	auto_loop struct loop *loop = NULL;
	auto_watch struct cgroup_watch *watch = NULL;
	struct cgroup_watch_stats stats;
	uint64_t told, watched;
	pid_t pid;

	(void)state;
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(watch_new(&watch, loop, cgroups), 0);
	told = watch_stats(watch).told;
	watched = watch_stats(watch).watched;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		for (int i = 0; i < SHORT; i++) {
			char name[32];

			(void)snprintf(name, sizeof(name), "/short-%d.service", i);
			(void)mkdir(whole(below(name)), 0755);
			usleep(5000);
			(void)rmdir(whole(below(name)));
		}
		_exit(0);
	}
	for (int i = 0; i < 1000 && !waitpid(pid, NULL, WNOHANG); i++)
		run_for(loop, 10);
	run_for(loop, 50);
	stats = watch_stats(watch);
	print_message("# %d cgroups of 5 ms: %d named, %d gone before\n", SHORT,
		      (int)(stats.told - told), (int)stats.gone);
	assert_int_equal(stats.told - told + stats.gone, SHORT);
	assert_true(stats.told - told >= SHORT / 2);
	assert_int_equal(stats.watched, watched);
}

int main(void)
{
	const char *reason = cgroup_world_open();
	int failed;

	if (reason)
		return skip_all(reason);
	failed = RUN_TESTS(EACH(watched_ones_have_a_name_after_their_end),
			   EACH(a_tree_made_before_it_is_watched_is_found_whole),
			   EACH(many_in_one_directory_are_found_in_slices),
			   EACH(those_of_milliseconds_are_named));
	cgroup_world_close();
	return failed;
}
