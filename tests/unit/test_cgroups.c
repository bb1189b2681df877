// SPDX-License-Identifier: BSD-2-Clause
/*
 * Real cgroups, made below one of this program's in the v2 tree, and their names by id, by
 * process and by watching; and tables that are too small. Needs root and a writable cgroup2.
 */
#include "who/cgroups.h"

#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "loop.h"
#include "tests/harness.h"
#include "who/cgroup_watch.h"

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UID "2f6b0c1e-1111-4222-8333-444455556666"

static struct cgroup_mount tree = CGROUP_MOUNT_NONE;
static char own[64]; /* this program's cgroup, "/weir-cgroups-PID" */

#define auto_cgroups __attribute__((cleanup(cgroups_free)))
#define auto_watch   __attribute__((cleanup(cgroup_watch_free)))
#define auto_loop    __attribute__((cleanup(loop_free)))

static struct cgroups *new_cgroups(void)
{
	struct cgroups *cgroups = NULL;

	assert_int_equal(cgroups_new(&cgroups, NULL), 0);
	return cgroups;
}

/* As if only this program's cgroup were mounted: others make cgroups too. */
static struct cgroups *new_cgroups_of_own(void)
{
	char name[] = "/tmp/weir-test-XXXXXX";
	auto_close int fd = mkostemp(name, O_CLOEXEC);
	struct cgroups *cgroups = NULL;

	assert_true(fd >= 0 &&
		    dprintf(fd, "1 2 0:3 / %s%s rw - cgroup2 cgroup2 rw\n", tree.path, own) > 0);
	assert_int_equal(cgroups_new(&cgroups, name), 0);
	assert_true(cgroups_has_v2(cgroups));
	(void)unlink(name);
	return cgroups;
}

static const char *whole(const char *path)
{
	static char text[PATH_MAX];

	(void)snprintf(text, sizeof(text), "%s%s", tree.path, path);
	return text;
}

/* Below own; the returned path is from the root of the tree. */
static const char *below(const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s%s", own, name);
	return path;
}

static uint64_t make(const char *name)
{
	struct stat st;

	assert_int_equal(mkdir(whole(below(name)), 0755), 0);
	assert_int_equal(stat(whole(below(name)), &st), 0);
	return st.st_ino;
}

static void unmake(const char *name)
{
	assert_int_equal(rmdir(whole(below(name))), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_DP)
		(void)rmdir(path);
	return 0;
}

static void remove_own(void)
{
	(void)nftw(whole(own), remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int before_each(void **state)
{
	(void)state;
	return mkdir(whole(own), 0755);
}

static int after_each(void **state)
{
	(void)state;
	remove_own();
	return 0;
}

/* A child in that cgroup, until end_child(). */
static pid_t child_in(const char *name)
{
	char procs[PATH_MAX + 16], text[16];
	auto_close int fd = -1;
	pid_t pid;

	(void)snprintf(procs, sizeof(procs), "%s/cgroup.procs", whole(below(name)));
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		pause();
		_exit(0);
	}
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	(void)snprintf(text, sizeof(text), "%d", pid);
	assert_true(fd >= 0 && write(fd, text, strlen(text)) > 0);
	return pid;
}

static void end_child(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static struct cgroups_stats stats_of(const struct cgroups *cgroups)
{
	struct cgroups_stats stats;

	cgroups_get_stats(cgroups, &stats);
	return stats;
}

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
	assert_int_equal(stat(tree.path, &st), 0);
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

static void a_process_names_its_cgroup(void **state)
{
	auto_cgroups struct cgroups *cgroups = new_cgroups();
	const struct cgroup_info *info;
	uint64_t id = make("/libpod-" ID);
	pid_t pid = child_in("/libpod-" ID);

	(void)state;
	info = cgroups_of_pid(cgroups, "/proc", (uint32_t)pid);
	end_child(pid);
	assert_non_null(info);
	assert_true(info->id == id);
	assert_string_equal(info->path, below("/libpod-" ID));
	assert_int_equal(info->name.runtime, CGROUP_RUNTIME_PODMAN);
	assert_null(cgroups_of_pid(cgroups, "/proc", (uint32_t)pid));
}

/* A /proc with one process whose cgroup file has this text. */
static const struct cgroup_info *of_text(struct cgroups *cgroups, const char *text)
{
	char dir[] = "/tmp/weir-test-XXXXXX", path[64];
	const struct cgroup_info *info;
	FILE *file;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/7", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/7/cgroup", dir);
	file = fopen(path, "we");
	assert_non_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
	info = cgroups_of_pid(cgroups, dir, 7);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/7", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
	return info;
}

static void check_path(const struct cgroup_info *info, const char *path)
{
	assert_non_null(info);
	assert_string_equal(info->path, path);
}

static void of_several_hierarchies_the_telling_one_counts(void **state)
{
	auto_cgroups struct cgroups *hybrid = new_cgroups();
	auto_cgroups struct cgroups *v1 = NULL;
	const struct cgroup_info *info;

	(void)state;
	/* a runtime that makes v1's trees only */
	info = of_text(hybrid,
		       "4:memory:/kubepods/pod" UID "/" ID "\n0::/system.slice/crio.service\n");
	check_path(info, "/kubepods/pod" UID "/" ID);
	assert_true(info->id == 0);
	/* nothing is told by either: the root has its id */
	info = of_text(hybrid, "4:memory:/build/1234\n0::/\n");
	check_path(info, "/");
	assert_true(info->id != 0);

	assert_int_equal(cgroups_new(&v1, "/dev/null"), 0);
	assert_false(cgroups_has_v2(v1));
	check_path(of_text(v1,
			   "5:pids:/a\n4:cpu,cpuacct:/b\n1:name=systemd:/system.slice/x.service\n"),
		   "/system.slice/x.service");
	check_path(of_text(v1, "9:memory:/c\n5:pids:/a\n4:cpu,cpuacct:/b\n"), "/a");
	check_path(of_text(v1, "4:memory:/only\n0::/\n"), "/only");
	check_path(of_text(v1, "4:memory:/\n"), "/");
	check_path(of_text(v1, "3:cpu:/a:b:c\n"), "/a:b:c");
	assert_null(of_text(v1, ""));
	assert_null(of_text(v1, "nonsense\n:\n::\n0:\n1::relative\n\n"));
	assert_null(cgroups_get(v1, 1));
}

static void the_mount_is_found_in_mountinfo(void **state)
{
	static const char lines[] =
		"short line\n"
		"1 2 0:3 / /nowhere\\040at\\134all rw - cgroup2 cgroup2 rw\n"
		"2 2 0:3 / /proc rw shared:7 master:8 - cgroup2 covered rw\n"
		"3 2 0:4 / /v1 rw - cgroup cgroup rw,cpu\n"
		"4 2 0:3 /part /proc/self/fd rw - cgroup2 cgroup2 rw\n"
		"5 2 0:3 / %s rw,relatime shared:7 - cgroup2 cgroup2 rw,nsdelegate\n";
	char path[] = "/tmp/weir-test-XXXXXX";
	struct cgroup_mount mount = CGROUP_MOUNT_NONE;
	auto_close int fd = mkstemp(path);
	int r;

	(void)state;
	assert_true(fd >= 0 && dprintf(fd, lines, tree.path) > 0);
	r = cgroup_mount_open(&mount, path);
	(void)unlink(path);
	assert_int_equal(r, 0);
	assert_string_equal(mount.path, tree.path);
	assert_true(mount.has_v1);
	cgroup_mount_close(&mount);
	assert_int_equal(cgroup_mount_open(&mount, "/dev/null"), -ENOENT);
	assert_int_equal(cgroup_mount_open(&mount, "/nowhere"), -ENOENT);
}

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

static void an_agent_in_a_namespace_of_its_own_sees_what_is_in_it(void **state)
{
	uint64_t inside, outside;
	pid_t pid;
	int status;

	(void)state;
	(void)make("/ns");
	inside = make("/ns/in.service");
	outside = make("/out.service");
	pid = child_in("/ns");
	end_child(pid);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct cgroups *cgroups = NULL;
		const struct cgroup_info *info;
		FILE *file = fopen(whole(below("/ns/cgroup.procs")), "we");
		bool is_right;

		if (!file || fputs("0", file) < 0 || fclose(file) ||
		    unshare(CLONE_NEWCGROUP | CLONE_NEWNS) ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("none", "/mnt", "cgroup2", 0, NULL) || cgroups_new(&cgroups, NULL))
			_exit(77);
		info = cgroups_get(cgroups, inside);
		is_right = info && !strcmp(info->name.unit, "in.service");
		info = cgroups_get(cgroups, outside);
		is_right = is_right && (!info || !strcmp(info->name.unit, "out.service"));
		cgroups_free(&cgroups);
		_exit(is_right ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		return; /* no such namespaces here */
	assert_int_equal(status, 0);
}

#define EACH(name) cmocka_unit_test_setup_teardown(name, before_each, after_each)

int main(void)
{
	(void)snprintf(own, sizeof(own), "/weir-cgroups-%d", getpid());
	if (cgroup_mount_open(&tree, "/proc/self/mountinfo"))
		return skip_all("needs a mount of cgroup2");
	if (mkdir(whole(own), 0755)) {
		cgroup_mount_close(&tree);
		return skip_all("needs root and a cgroup2 that can be written to");
	}
	(void)rmdir(whole(own));
	int failed = RUN_TESTS(EACH(an_id_gives_path_and_name), TEST(the_root_is_the_host),
			       EACH(a_name_is_looked_up_once_and_outlives_its_cgroup),
			       EACH(a_miss_is_asked_for_once),
			       EACH(one_that_was_told_needs_no_look_and_may_be_gone),
			       EACH(one_told_without_its_path_is_looked_up_at_once),
			       TEST(a_storm_of_new_ones_pushes_out_none_that_was_asked_for),
			       TEST(those_used_least_go_first_and_what_is_held_stays_readable),
			       EACH(a_process_names_its_cgroup),
			       TEST(of_several_hierarchies_the_telling_one_counts),
			       TEST(the_mount_is_found_in_mountinfo),
			       EACH(watched_ones_have_a_name_after_their_end),
			       EACH(a_tree_made_before_it_is_watched_is_found_whole),
			       EACH(many_in_one_directory_are_found_in_slices),
			       EACH(those_of_milliseconds_are_named),
			       EACH(an_agent_in_a_namespace_of_its_own_sees_what_is_in_it));
	cgroup_mount_close(&tree);
	return failed;
}
