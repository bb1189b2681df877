// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where a process is, of several hierarchies; where the tree is mounted; and an agent that sees only a
 * part of it.
 */
#include "tests/unit/cgroup_world.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

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
	assert_true(fd >= 0 && dprintf(fd, lines, tree_path()) > 0);
	r = cgroup_mount_open(&mount, path);
	(void)unlink(path);
	assert_int_equal(r, 0);
	assert_string_equal(mount.path, tree_path());
	assert_true(mount.has_v1);
	cgroup_mount_close(&mount);
	assert_int_equal(cgroup_mount_open(&mount, "/dev/null"), -ENOENT);
	assert_int_equal(cgroup_mount_open(&mount, "/nowhere"), -ENOENT);
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

int main(void)
{
	const char *reason = cgroup_world_open();
	int failed;

	if (reason)
		return skip_all(reason);
	failed = RUN_TESTS(EACH(a_process_names_its_cgroup),
			   TEST(of_several_hierarchies_the_telling_one_counts),
			   TEST(the_mount_is_found_in_mountinfo),
			   EACH(an_agent_in_a_namespace_of_its_own_sees_what_is_in_it));
	cgroup_world_close();
	return failed;
}
