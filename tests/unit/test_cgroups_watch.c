// SPDX-License-Identifier: BSD-2-Clause
/*
 * Cgroups that are watched: told when they are made and removed, however many and however short.
 */
#include "who/cgroup_watch.h"

#include <stdlib.h>
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

/* Every other one waits for the word that it has been heard of: it has to be named. */
static bool waits_for_word(int number)
{
	return number % 2 == 0;
}

/* As a service that runs "true" would, in another process than the agent. */
static void make_short_ones(int words)
{
	for (int i = 0; i < SHORT; i++) {
		char name[32], word;

		(void)snprintf(name, sizeof(name), "/short-%d.service", i);
		(void)mkdir(whole(below(name)), 0755);
		if (waits_for_word(i) && read(words, &word, 1) != 1)
			_exit(1);
		(void)rmdir(whole(below(name)));
	}
	_exit(0);
}

struct short_ones {
	struct cgroups *cgroups;
	int words;
	int named; /* of those that wait */
};

static void on_short_made(void *ctx, uint64_t id, const char *path)
{
	static const char prefix[] = "/short-";
	struct short_ones *ones = ctx;
	int number;

	(void)cgroups_created(ones->cgroups, id, path);
	if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
		return;
	number = (int)strtol(path + sizeof(prefix) - 1, NULL, 10);
	if (!waits_for_word(number))
		return;
	ones->named++;
	assert_int_equal(write(ones->words, "", 1), 1);
}

static void those_that_live_until_they_are_heard_of_are_named(void **state)
{
	static const struct cgroup_watch_ops ops = { .made = on_short_made, .removed = on_removed };
	auto_cgroups struct cgroups *cgroups = new_cgroups_of_own();
	struct short_ones ones = { .cgroups = cgroups };
	auto_loop struct loop *loop = NULL;
	auto_watch struct cgroup_watch *watch = NULL;
	struct cgroup_watch_stats before, after;
	int words[2], status = -1;
	pid_t pid, ended = 0;

	(void)state;
	assert_int_equal(pipe(words), 0);
	ones.words = words[1];
	assert_int_equal(loop_new(&loop), 0);
	(void)make("/before");
	assert_int_equal(cgroup_watch_new(&watch, loop, cgroups_mount(cgroups), &ops, &ones), 0);
	run_until_told(loop, watch, 2); /* the first walk is over: it would find short ones, too */
	before = watch_stats(watch);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		(void)close(words[1]);
		make_short_ones(words[0]);
	}
	for (int i = 0; i < 1000 && !ended; i++) {
		run_for(loop, 10);
		ended = waitpid(pid, &status, WNOHANG);
	}
	(void)close(words[0]);
	(void)close(words[1]); /* a child that waits still gives up */
	if (!ended)
		(void)waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	for (int i = 0; i < 500 && watch_stats(watch).watched > before.watched; i++)
		run_for(loop, 10);
	after = watch_stats(watch);
	assert_int_equal(ones.named, SHORT / 2);
	assert_int_equal(after.told - before.told + after.gone, SHORT);
	assert_int_equal(after.watched, before.watched);
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
			   EACH(those_that_live_until_they_are_heard_of_are_named));
	cgroup_world_close();
	return failed;
}
