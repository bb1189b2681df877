// SPDX-License-Identifier: BSD-2-Clause
/*
 * Processes and cgroups that have gone before anybody looks; and what the programs leave behind.
 */
#include "who_world.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "tests/harness.h"
#include "who/cgroup2.h"
#include "who/execs.h"

static void run_program(struct person *me, void *ctx)
{
	char *const arguments[] = { (char *)ctx, NULL };

	(void)me;
	execv(ctx, arguments);
	_exit(1);
}

static struct weir_owner owner_of(const struct person *person)
{
	return (struct weir_owner){ .tgid = (uint32_t)person->pid,
				    .start_ns = person->start_ticks * WEIR_START_TICK_NS };
}

static void programs_of_processes_that_have_gone_are_known(void **state)
{
	char script[] = "/tmp/weir-test-script.XXXXXX", path[WEIR_EXEC_PATH], small[4];
	auto_who struct who *who = who_begin();
	const char *text = "#!/bin/sh\nexit 0\n";
	int fd = mkstemp(script);
	/* of a script it is the interpreter, as in /proc */
	const char *const programs[][2] = { { "/bin/true", "/bin/true" }, { script, "/bin/sh" } };

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, 0755), 0);
	close(fd);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		struct person *person =
			person_new("runs", false, run_program, (void *)(uintptr_t)programs[i][0]);
		struct weir_owner owner;

		person_wait(person);
		owner = owner_of(person);
		assert_int_equal(sockets_exec(who->sockets, &owner, path, sizeof(path)), 0);
		assert_string_equal(path, programs[i][1]);
		assert_int_equal(sockets_exec(who->sockets, &owner, small, sizeof(small)),
				 -ENAMETOOLONG);
		owner.start_ns += WEIR_START_TICK_NS; /* another process with that number */
		assert_int_equal(sockets_exec(who->sockets, &owner, path, sizeof(path)), -ENOENT);
	}
	unlink(script);
}

static void do_nothing(struct person *me, void *ctx)
{
	(void)me;
	(void)ctx;
}

/* We are older than the programs, and so was told of at the start. */
static void who_was_forked_is_made_of_what_its_parent_is(void **state)
{
	auto_who struct who *who = who_begin();
	struct person *person = person_new("forked", false, do_nothing, NULL);
	struct weir_owner owner;
	char own[WEIR_EXEC_PATH] = "", path[WEIR_EXEC_PATH];

	(void)state;
	assert_true(readlink("/proc/self/exe", own, sizeof(own) - 1) > 0);
	person_wait(person);
	owner = owner_of(person);
	assert_int_equal(sockets_exec(who->sockets, &owner, path, sizeof(path)), 0);
	assert_string_equal(path, own);
}

/* Of the test's own that is told of first; NULL: of none. */
static const struct weir_cgroup_event *told_of(const struct who *who, uint64_t id,
					       enum weir_event_type type)
{
	for (unsigned int i = 0; i < who->cgroup_count; i++) {
		if (who->cgroups[i].id == id && who->cgroups[i].hdr.type == type)
			return &who->cgroups[i];
	}
	return NULL;
}

static void a_cgroup_is_told_when_it_is_made_and_removed(void **state)
{
	auto_close int root = cgroup2_open();
	auto_who struct who *who = who_begin();
	char names[2][64], path[160];
	struct stat st[2];

	(void)state;
	snprintf(names[0], sizeof(names[0]), "weir-test-%d", getpid());
	snprintf(names[1], sizeof(names[1]), "weir-test-%d/in it", getpid());
	for (int i = 0; i < 2; i++) {
		assert_int_equal(mkdirat(root, names[i], 0755), 0);
		assert_int_equal(fstatat(root, names[i], &st[i], 0), 0);
	}
	assert_int_equal(unlinkat(root, names[1], AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(root, names[0], AT_REMOVEDIR), 0);
	who_read(who);
	for (int i = 0; i < 2; i++) {
		const struct weir_cgroup_event *made, *gone;

		snprintf(path, sizeof(path), "/%s", names[i]);
		made = told_of(who, st[i].st_ino, WEIR_EVENT_CGROUP);
		gone = told_of(who, st[i].st_ino, WEIR_EVENT_CGROUP_GONE);
		assert_non_null(made);
		assert_string_equal(made->path, path);
		assert_non_null(gone);
		assert_string_equal(gone->path, path);
		assert_true(made < gone);
	}
}

static unsigned int attached(int cgroup, enum bpf_attach_type type)
{
	uint32_t ids[64], count = ARRAY_SIZE(ids);

	assert_int_equal(bpf_prog_query(cgroup, type, 0, NULL, ids, &count), 0);
	return count;
}

/* In a cgroup of their own: at the root there may be others. */
static void several_stand_side_by_side_and_leave_nothing(void **state)
{
	static const enum bpf_attach_type types[] = { BPF_CGROUP_INET_SOCK_CREATE,
						      BPF_CGROUP_INET4_CONNECT,
						      BPF_CGROUP_INET6_CONNECT };
	auto_close int root = cgroup2_open(), cgroup = -1;
	struct who *one, *two;
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "weir-test-%d", getpid());
	assert_int_equal(mkdirat(root, name, 0755), 0);
	cgroup = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	one = who_begin_in(cgroup);
	two = who_begin_in(cgroup);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(attached(cgroup, types[i]), 2);
	who_end(&one);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(attached(cgroup, types[i]), 1);
	who_end(&two);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(attached(cgroup, types[i]), 0);
	assert_int_equal(unlinkat(root, name, AT_REMOVEDIR), 0);
}

int main(void)
{
	if (!who_can_run(false))
		return 0;
	return RUN_TESTS(TEST(programs_of_processes_that_have_gone_are_known),
			 TEST(who_was_forked_is_made_of_what_its_parent_is),
			 TEST(a_cgroup_is_told_when_it_is_made_and_removed),
			 TEST(several_stand_side_by_side_and_leave_nothing));
}
