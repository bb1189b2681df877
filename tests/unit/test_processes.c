// SPDX-License-Identifier: BSD-2-Clause
/*
 * Real processes, read from /proc while they live and told from what was seen of them when they
 * have gone; the same pid twice, moves, execs, and a table that is full.
 */
#include "who/processes.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "tests/harness.h"
#include "who/cgroups.h"

#define TICK_NS 10000000ULL

#define auto_cgroups   __attribute__((cleanup(cgroups_free)))
#define auto_processes __attribute__((cleanup(processes_free)))

struct world {
	struct cgroups *cgroups;
	struct processes *processes;
	char exe[64]; /* what was noted; "": nothing */
	int asked;
	int learned;
};

static int noted_exe(void *ctx, uint32_t pid, uint64_t start_ns, char *exe, size_t size)
{
	struct world *world = ctx;

	(void)pid;
	(void)start_ns;
	world->asked++;
	if (!*world->exe)
		return -ENOENT;
	(void)snprintf(exe, size, "%s", world->exe);
	return 0;
}

static void learned(void *ctx)
{
	struct world *world = ctx;

	world->learned++;
}

static void world_done(struct world *world)
{
	processes_free(&world->processes);
	cgroups_free(&world->cgroups);
}

#define auto_world __attribute__((cleanup(world_done)))

/* v1 only where has_v2 is false: no cgroup is looked up by its id. */
static void world_init(struct world *world, uint32_t max, bool has_v2)
{
	const struct processes_options options = {
		.max = max, .get_exe = noted_exe, .learned = learned, .ctx = world
	};

	assert_int_equal(cgroups_new(&world->cgroups, has_v2 ? NULL : "/dev/null"), 0);
	assert_int_equal(processes_new(&world->processes, world->cgroups, &options), 0);
}

static struct processes_stats stats_of(const struct world *world)
{
	struct processes_stats stats;

	processes_get_stats(world->processes, &stats);
	return stats;
}

/* A child that has this name and waits. */
static pid_t begin_child(const char *comm)
{
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		(void)prctl(PR_SET_NAME, comm);
		(void)!write(ends[1], "", 1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static void end_child(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static uint64_t start_of(pid_t pid)
{
	const struct process_ask ask = { .proc = "/proc", .pid = (uint32_t)pid };
	struct process_read read;

	assert_int_equal(process_read(&ask, &read), 0);
	return read.start_ns;
}

/* As an event would tell it: within the tick that /proc knows of. */
static struct process_seen seen(pid_t pid, uint64_t start_ns)
{
	return (struct process_seen){
		.tgid = (uint32_t)pid, .start_ns = start_ns, .uid = 4711, .comm = "thread"
	};
}

static void a_living_one_is_completed(void **state)
{
	auto_world struct world world = { 0 };
	pid_t pid = begin_child("a (b) c) 1 2");
	struct process_seen event = seen(pid, start_of(pid) + TICK_NS - 1);
	const struct process *process, *again;
	char self[PATH_MAX] = "";
	struct stat netns;

	(void)state;
	world_init(&world, 0, true);
	process = processes_get(world.processes, &event);
	assert_non_null(process);
	assert_int_equal(process->pid, pid);
	assert_true(process->start_ns == event.start_ns);
	assert_string_equal(process->comm, "a (b) c) 1 2");
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_string_equal(process->exe, self);
	assert_int_equal(process->uid, 4711);
	assert_int_equal(stat("/proc/self/ns/net", &netns), 0);
	assert_true(process->netns == netns.st_ino);

	again = processes_get(world.processes, &event);
	assert_ptr_equal(again, process);
	assert_int_equal(stats_of(&world).reads, 1);
	assert_int_equal(world.asked, 0);
	process_unref(&again);
	process_unref(&process);
	assert_null(process);
	end_child(pid);
}

static void what_is_not_told_is_read(void **state)
{
	auto_world struct world world = { 0 };
	pid_t pid = begin_child("plain");
	struct process_seen event = { .tgid = (uint32_t)pid, .uid = PROCESS_UID_UNKNOWN };
	const struct process *process, *again;

	(void)state;
	world_init(&world, 0, true);
	process = processes_get(world.processes, &event);
	assert_non_null(process);
	assert_true(process->start_ns == start_of(pid));
	assert_int_equal(process->uid, getuid());
	assert_string_equal(process->comm, "plain");
	event.start_ns = process->start_ns + 123;
	again = processes_get(world.processes, &event);
	assert_ptr_equal(again, process);
	process_unref(&again);
	process_unref(&process);
	end_child(pid);
}

static void one_that_has_gone_is_told_from_what_was_seen(void **state)
{
	auto_world struct world world = { .exe = "/usr/bin/curl" };
	pid_t pid = begin_child("curl");
	struct process_seen event = seen(pid, start_of(pid));
	const struct process *process;

	(void)state;
	end_child(pid);
	world_init(&world, 0, true);
	memcpy(event.comm, "0123456789abcdef", sizeof(event.comm)); /* no NUL */
	process = processes_get(world.processes, &event);
	assert_non_null(process);
	assert_string_equal(process->comm, "0123456789abcde");
	assert_string_equal(process->exe, "/usr/bin/curl");
	assert_int_equal(process->netns, 0);
	assert_int_equal(stats_of(&world).gone, 1);
	process_unref(&process);
	event.start_ns = 0; /* and nothing at all is known of this one */
	assert_null(processes_get(world.processes, &event));
}

static void one_that_nobody_has_waited_for_has_the_program_that_was_noted(void **state)
{
	auto_world struct world world = { .exe = "/usr/bin/curl" };
	pid_t pid = begin_child("curl");
	struct process_seen event = seen(pid, start_of(pid));
	const struct process *process;

	(void)state;
	world_init(&world, 0, true);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, NULL, WEXITED | WNOWAIT), 0);
	process = processes_get(world.processes, &event);
	assert_non_null(process);
	assert_string_equal(process->comm, "curl");
	assert_string_equal(process->exe, "/usr/bin/curl");
	process_unref(&process);
	end_child(pid);
}

static void a_program_noted_later_is_told_later(void **state)
{
	auto_world struct world world = { 0 };
	pid_t pid = begin_child("curl");
	struct process_seen event = seen(pid, start_of(pid));
	const struct process *process, *again;

	(void)state;
	end_child(pid);
	world_init(&world, 0, true);
	process = processes_get(world.processes, &event);
	assert_null(process->exe);
	again = processes_get(world.processes, &event);
	assert_ptr_equal(again, process);
	process_unref(&again);
	assert_int_equal(world.learned, 0);
	(void)snprintf(world.exe, sizeof(world.exe), "/usr/bin/curl");
	again = processes_get(world.processes, &event);
	assert_ptr_equal(again, process);
	assert_string_equal(process->exe, "/usr/bin/curl");
	process_unref(&again);
	again = processes_get(world.processes, &event);
	process_unref(&again);
	assert_int_equal(world.learned, 1);
	process_unref(&process);

	/* never noted: that is not asked for ever */
	*world.exe = '\0';
	world.asked = 0;
	event.tgid++;
	event.start_ns += 5 * TICK_NS;
	for (int i = 0; i < 100; i++) {
		process = processes_get(world.processes, &event);
		process_unref(&process);
	}
	assert_true(world.asked > 0 && world.asked <= 4);
	assert_true(stats_of(&world).reads <= 2);
}

static void another_with_the_same_pid_is_another(void **state)
{
	auto_world struct world world = { 0 };
	pid_t pid = begin_child("new");
	struct process_seen now = seen(pid, start_of(pid));
	struct process_seen before = seen(pid, now.start_ns - 3 * TICK_NS);
	const struct process *old, *new, *again;

	(void)state;
	world_init(&world, 0, true);
	memcpy(before.comm, "old", 4);
	old = processes_get(world.processes, &before);
	assert_string_equal(old->comm, "old");
	assert_null(old->exe);
	assert_int_equal(stats_of(&world).gone, 1);
	new = processes_get(world.processes, &now);
	assert_ptr_not_equal(new, old);
	assert_string_equal(new->comm, "new");
	again = processes_get(world.processes, &before); /* a late event of the first one */
	assert_ptr_equal(again, old);
	process_unref(&again);
	assert_int_equal(stats_of(&world).reads, 2);
	process_unref(&old);
	process_unref(&new);
	end_child(pid);
}

/* As it is noted where the kernel has BTF. */
static struct process_seen named(pid_t pid, uint64_t start_ns, const char *comm)
{
	struct process_seen event = seen(pid, start_ns);

	(void)snprintf(event.comm, sizeof(event.comm), "%s", comm);
	event.is_leader = true;
	return event;
}

static void await_comm(pid_t pid, const char *comm)
{
	const struct process_ask ask = { .proc = "/proc", .pid = (uint32_t)pid };
	struct process_read read;

	do {
		assert_int_equal(process_read(&ask, &read), 0);
	} while (strcmp(read.comm, comm) != 0);
}

static void after_an_exec_it_has_the_new_program(void **state)
{
	auto_world struct world world = { 0 };
	int ends[2];
	pid_t pid;
	struct process_seen event;
	const struct process *held, *now, *again;
	char byte, self[PATH_MAX] = "";

	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		(void)prctl(PR_SET_NAME, "before");
		(void)!read(ends[0], &byte, 1);
		(void)dup2(ends[0], 0);
		close(ends[1]); /* or it would read for ever */
		execlp("cat", "cat", NULL);
		_exit(1);
	}
	world_init(&world, 0, true);
	await_comm(pid, "before");
	event = named(pid, start_of(pid), "before");
	held = processes_get(world.processes, &event);
	assert_string_equal(held->exe, self);
	assert_int_equal(write(ends[1], "", 1), 1);
	await_comm(pid, "cat");
	event = named(pid, event.start_ns, "cat"); /* at once */
	now = processes_get(world.processes, &event);
	assert_string_equal(now->comm, "cat");
	assert_string_not_equal(now->exe, self);
	assert_string_equal(held->comm, "before");
	assert_string_equal(held->exe, self);

	event = named(pid, event.start_ns, "before"); /* told late */
	again = processes_get(world.processes, &event);
	assert_ptr_equal(again, now);
	process_unref(&again);
	process_unref(&held);
	process_unref(&now);
	close(ends[0]);
	close(ends[1]);
	end_child(pid);
}

static void one_that_has_gone_had_the_name_that_was_told(void **state)
{
	auto_world struct world world = { 0 };
	struct process_seen event = named(0x7ffffff0, 9 * TICK_NS, "sh");
	const struct process *first, *second, *third;

	(void)state;
	world_init(&world, 0, true);
	first = processes_get(world.processes, &event);
	(void)snprintf(world.exe, sizeof(world.exe), "/usr/bin/curl");
	event = named(0x7ffffff0, 9 * TICK_NS, "curl");
	second = processes_get(world.processes, &event);
	assert_string_equal(second->comm, "curl");
	assert_string_equal(second->exe, "/usr/bin/curl");
	assert_string_equal(first->comm, "sh");
	assert_null(first->exe);
	third = processes_get(world.processes, &event);
	assert_ptr_equal(third, second);
	process_unref(&first);
	process_unref(&second);
	process_unref(&third);
	assert_int_equal(stats_of(&world).held, 1);
}

static void who_changes_its_name_all_the_time_is_read_a_few_times(void **state)
{
	auto_world struct world world = { 0 };
	pid_t pid = begin_child("main");
	uint64_t start_ns = start_of(pid);

	(void)state;
	world_init(&world, 0, true);
	for (int i = 0; i < 1000; i++) {
		struct process_seen event = named(pid, start_ns, "main");
		const struct process *process;

		if (i % 2)
			(void)snprintf(event.comm, sizeof(event.comm), "other-%d", i % 100);
		process = processes_get(world.processes, &event);
		assert_string_equal(process->comm, "main");
		process_unref(&process);
	}
	assert_in_range(stats_of(&world).reads, 2, 1 + 2 * 8);
	end_child(pid);
}

static void a_new_name_has_it_read_again_but_not_for_each_event(void **state)
{
	auto_world struct world world = { 0 };
	pid_t pid = begin_child("main");
	struct process_seen event = seen(pid, start_of(pid));
	const struct process *process;

	(void)state;
	world_init(&world, 0, true);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(event.comm, sizeof(event.comm), "worker-%d", i % 10);
		process = processes_get(world.processes, &event);
		assert_string_equal(process->comm, "main");
		process_unref(&process);
	}
	assert_true(stats_of(&world).reads <= 3);
	assert_int_equal(stats_of(&world).held, 1);
	end_child(pid);
}

static void who_moves_is_held_as_both(void **state)
{
	auto_world struct world world = { 0 };
	struct process_seen event = seen(0x7ffffff0, 9 * TICK_NS);
	const struct process *first, *second, *again;

	(void)state;
	world_init(&world, 0, true);
	cgroups_created(world.cgroups, 1ULL << 40, "/system.slice/ssh.service");
	event.cgroup_id = 1ULL << 40;
	first = processes_get(world.processes, &event);
	assert_string_equal(first->cgroup->name.unit, "ssh.service");
	event.cgroup_id++;
	second = processes_get(world.processes, &event);
	assert_ptr_not_equal(first, second);
	assert_null(second->cgroup);
	cgroups_created(world.cgroups, event.cgroup_id, "/user.slice/user-7.slice/session-1.scope");
	again = processes_get(world.processes, &event);
	assert_ptr_equal(again, second);
	assert_string_equal(second->cgroup->name.session, "1");
	process_unref(&again);
	event.cgroup_id = 0;
	again = processes_get(world.processes, &event);
	assert_true(again == first || again == second);
	process_unref(&again);
	process_unref(&first);
	process_unref(&second);
}

static void without_v2_the_process_tells_its_cgroup(void **state)
{
	auto_world struct world world = { 0 };
	struct process_seen event = seen(getpid(), start_of(getpid()));
	const struct process *process;

	(void)state;
	world_init(&world, 0, false);
	process = processes_get(world.processes, &event);
	assert_non_null(process->cgroup);
	assert_int_equal(process->cgroup->path[0], '/');
	process_unref(&process);
}

static void kernel_threads_have_no_program(void **state)
{
	auto_world struct world world = { 0 };
	struct process_seen event = { .tgid = 2 };
	const struct process *process;
	char comm[32] = "";
	FILE *file = fopen("/proc/2/comm", "re");

	(void)state;
	if (file) {
		(void)!fgets(comm, sizeof(comm), file);
		(void)fclose(file);
	}
	if (strcmp(comm, "kthreadd\n") != 0)
		return; /* another pid namespace */
	world_init(&world, 0, true);
	process = processes_get(world.processes, &event);
	assert_non_null(process);
	assert_null(process->exe);
	assert_string_equal(process->comm, "kthreadd");
	process_unref(&process);
}

#define SMALL 100

static void a_full_table_refuses_and_says_so(void **state)
{
	auto_world struct world world = { 0 };
	const struct process *held[SMALL];
	struct process_seen event = seen(0x70000000, TICK_NS);

	(void)state;
	world_init(&world, SMALL, true);
	for (int i = 0; i < SMALL; i++) {
		event.tgid++;
		held[i] = processes_get(world.processes, &event);
		assert_non_null(held[i]);
	}
	event.tgid++;
	assert_null(processes_get(world.processes, &event));
	assert_null(processes_get(world.processes, &event));
	assert_int_equal(stats_of(&world).refused, 2);
	process_unref(&held[7]);
	held[7] = processes_get(world.processes, &event);
	assert_non_null(held[7]);
	assert_int_equal(held[7]->pid, event.tgid);
	for (int i = 0; i < SMALL; i++)
		process_unref(&held[i]);
	assert_int_equal(stats_of(&world).held, SMALL);
	assert_int_equal(stats_of(&world).idle, SMALL);
}

static void of_idle_ones_only_so_many_are_kept(void **state)
{
	auto_world struct world world = { .exe = "/same" };
	struct process_seen event = seen(0x70000000, TICK_NS);
	const struct process *process;

	(void)state;
	world_init(&world, 0, true);
	for (int i = 0; i < 3 * PROCESSES_IDLE_MAX; i++) {
		event.tgid++;
		process = processes_get(world.processes, &event);
		process_unref(&process);
	}
	assert_int_equal(stats_of(&world).held, PROCESSES_IDLE_MAX);
	assert_int_equal(stats_of(&world).idle, PROCESSES_IDLE_MAX);
	process = processes_get(world.processes, &event); /* the last one is there still */
	assert_int_equal(stats_of(&world).reads, 3 * PROCESSES_IDLE_MAX);
	process_unref(&process);
}

#define PIDS  50
#define HOLDS 200

/* Against what each one held must still be: nothing is shared, lost, or freed too early. */
static void random_operations_keep_what_is_held(void **state)
{
	auto_world struct world world = { 0 };
	const struct process *held[HOLDS] = { 0 };
	struct {
		uint32_t pid;
		uint64_t start_ns;
		char exe[32];
	} expected[HOLDS];

	(void)state;
	srand(7);
	world_init(&world, 40, false);
	for (int step = 0; step < 20000; step++) {
		int at = rand() % HOLDS;
		struct process_seen event =
			seen(0x70000000 + rand() % PIDS, (uint64_t)(1 + rand() % 3) * 10 * TICK_NS);

		event.cgroup_id = (1ULL << 40) + (uint64_t)(rand() % 2);
		if (held[at]) {
			assert_int_equal(held[at]->pid, expected[at].pid);
			assert_true(held[at]->start_ns == expected[at].start_ns);
			assert_string_equal(held[at]->exe, expected[at].exe);
			process_unref(&held[at]);
		}
		event.is_leader = rand() % 2;
		(void)snprintf(event.comm, sizeof(event.comm), "c%d", rand() % 5);
		(void)snprintf(world.exe, sizeof(world.exe), "/bin/%s", event.comm);
		held[at] = processes_get(world.processes, &event);
		if (!held[at])
			continue;
		expected[at].pid = event.tgid;
		expected[at].start_ns = event.start_ns;
		(void)snprintf(expected[at].exe, sizeof(expected[at].exe), "%s", held[at]->exe);
		assert_true(stats_of(&world).held <= 40);
	}
	for (int i = 0; i < HOLDS; i++)
		process_unref(&held[i]);
	assert_int_equal(stats_of(&world).held, stats_of(&world).idle);
	assert_true(stats_of(&world).refused > 0);
}

int main(void)
{
	return RUN_TESTS(
		TEST(a_living_one_is_completed), TEST(what_is_not_told_is_read),
		TEST(one_that_has_gone_is_told_from_what_was_seen),
		TEST(one_that_nobody_has_waited_for_has_the_program_that_was_noted),
		TEST(a_program_noted_later_is_told_later),
		TEST(another_with_the_same_pid_is_another),
		TEST(after_an_exec_it_has_the_new_program),
		TEST(one_that_has_gone_had_the_name_that_was_told),
		TEST(who_changes_its_name_all_the_time_is_read_a_few_times),
		TEST(a_new_name_has_it_read_again_but_not_for_each_event),
		TEST(who_moves_is_held_as_both), TEST(without_v2_the_process_tells_its_cgroup),
		TEST(kernel_threads_have_no_program), TEST(a_full_table_refuses_and_says_so),
		TEST(of_idle_ones_only_so_many_are_kept),
		TEST(random_operations_keep_what_is_held));
}
