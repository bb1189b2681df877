// SPDX-License-Identifier: BSD-2-Clause
/*
 * The tree is the one that is mounted here; what is made in it is removed after each test.
 */
#include "tests/unit/cgroup_world.h"

#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct cgroup_mount tree = CGROUP_MOUNT_NONE;
static char own[64]; /* this program's cgroup, "/weir-cgroups-PID" */

const char *whole(const char *path)
{
	static char text[PATH_MAX];

	(void)snprintf(text, sizeof(text), "%s%s", tree.path, path);
	return text;
}

const char *cgroup_world_open(void)
{
	(void)snprintf(own, sizeof(own), "/weir-cgroups-%d", getpid());
	if (cgroup_mount_open(&tree, "/proc/self/mountinfo"))
		return "needs a mount of cgroup2";
	if (mkdir(whole(own), 0755)) {
		cgroup_world_close();
		return "needs root and a cgroup2 that can be written to";
	}
	(void)rmdir(whole(own));
	return NULL;
}

void cgroup_world_close(void)
{
	cgroup_mount_close(&tree);
}

const char *tree_path(void)
{
	return tree.path;
}

struct cgroups *new_cgroups(void)
{
	struct cgroups *cgroups = NULL;

	assert_int_equal(cgroups_new(&cgroups, NULL), 0);
	return cgroups;
}

struct cgroups *new_cgroups_of_own(void)
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

const char *below(const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s%s", own, name);
	return path;
}

uint64_t make(const char *name)
{
	struct stat st;

	assert_int_equal(mkdir(whole(below(name)), 0755), 0);
	assert_int_equal(stat(whole(below(name)), &st), 0);
	return st.st_ino;
}

void unmake(const char *name)
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

int cgroup_world_set_up(void **state)
{
	(void)state;
	return mkdir(whole(own), 0755);
}

int cgroup_world_tear_down(void **state)
{
	(void)state;
	remove_own();
	return 0;
}

pid_t child_in(const char *name)
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

void end_child(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

struct cgroups_stats stats_of(const struct cgroups *cgroups)
{
	struct cgroups_stats stats;

	cgroups_get_stats(cgroups, &stats);
	return stats;
}
