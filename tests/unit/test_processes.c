// SPDX-License-Identifier: BSD-2-Clause
/*
 * Real processes, read from /proc while they live and told from what was seen of them when they
 * have gone; the same pid twice, moves, and a table that is full.
 */
#include "tests/unit/processes_world.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness.h"
#include "who/cgroups.h"

static void a_living_one_is_completed(void **state)
{
	auto_world struct processes_world world = { 0 };
	pid_t pid = child_begin("a (b) c) 1 2");
	struct process_seen event = seen(pid, child_start(pid) + TICK_NS - 1);
	const struct process *process, *again;
	char self[PATH_MAX] = "";
	struct stat netns;

	(void)state;
	processes_world_init(&world, 0, true);
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
	assert_int_equal(processes_world_stats(&world).reads, 1);
	assert_int_equal(world.asked, 0);
	process_unref(&again);
	process_unref(&process);
	assert_null(process);
	child_end(pid);
}

static void what_is_not_told_is_read(void **state)
{
	auto_world struct processes_world world = { 0 };
	pid_t pid = child_begin("plain");
	struct process_seen event = { .tgid = (uint32_t)pid, .uid = PROCESS_UID_UNKNOWN };
	const struct process *process, *again;

	(void)state;
	processes_world_init(&world, 0, true);
	process = processes_get(world.processes, &event);
	assert_non_null(process);
	assert_true(process->start_ns == child_start(pid));
	assert_int_equal(process->uid, getuid());
	assert_string_equal(process->comm, "plain");
	event.start_ns = process->start_ns + 123;
	again = processes_get(world.processes, &event);
	assert_ptr_equal(again, process);
	process_unref(&again);
	process_unref(&process);
	child_end(pid);
}

static void one_that_has_gone_is_told_from_what_was_seen(void **state)
{
	auto_world struct processes_world world = { .exe = "/usr/bin/curl" };
	pid_t pid = child_begin("curl");
	struct process_seen event = seen(pid, child_start(pid));
	const struct process *process;

	(void)state;
	child_end(pid);
	processes_world_init(&world, 0, true);
	memcpy(event.comm, "0123456789abcdef", sizeof(event.comm)); /* no NUL */
	process = processes_get(world.processes, &event);
	assert_non_null(process);
	assert_string_equal(process->comm, "0123456789abcde");
	assert_string_equal(process->exe, "/usr/bin/curl");
	assert_int_equal(process->netns, 0);
	assert_int_equal(processes_world_stats(&world).gone, 1);
	process_unref(&process);
	event.start_ns = 0; /* and nothing at all is known of this one */
	assert_null(processes_get(world.processes, &event));
}

static void one_that_nobody_has_waited_for_has_the_program_that_was_noted(void **state)
{
	auto_world struct processes_world world = { .exe = "/usr/bin/curl" };
	pid_t pid = child_begin("curl");
	struct process_seen event = seen(pid, child_start(pid));
	const struct process *process;

	(void)state;
	processes_world_init(&world, 0, true);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, NULL, WEXITED | WNOWAIT), 0);
	process = processes_get(world.processes, &event);
	assert_non_null(process);
	assert_string_equal(process->comm, "curl");
	assert_string_equal(process->exe, "/usr/bin/curl");
	process_unref(&process);
	child_end(pid);
}

static void a_program_noted_later_is_told_later(void **state)
{
	auto_world struct processes_world world = { 0 };
	pid_t pid = child_begin("curl");
	struct process_seen event = seen(pid, child_start(pid));
	const struct process *process, *again;

	(void)state;
	child_end(pid);
	processes_world_init(&world, 0, true);
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
	assert_true(processes_world_stats(&world).reads <= 2);
}

static void another_with_the_same_pid_is_another(void **state)
{
	auto_world struct processes_world world = { 0 };
	pid_t pid = child_begin("new");
	struct process_seen now = seen(pid, child_start(pid));
	struct process_seen before = seen(pid, now.start_ns - 3 * TICK_NS);
	const struct process *old, *new, *again;

	(void)state;
	processes_world_init(&world, 0, true);
	memcpy(before.comm, "old", 4);
	old = processes_get(world.processes, &before);
	assert_string_equal(old->comm, "old");
	assert_null(old->exe);
	assert_int_equal(processes_world_stats(&world).gone, 1);
	new = processes_get(world.processes, &now);
	assert_ptr_not_equal(new, old);
	assert_string_equal(new->comm, "new");
	again = processes_get(world.processes, &before); /* a late event of the first one */
	assert_ptr_equal(again, old);
	process_unref(&again);
	assert_int_equal(processes_world_stats(&world).reads, 2);
	process_unref(&old);
	process_unref(&new);
	child_end(pid);
}

static void who_changes_its_name_all_the_time_is_read_a_few_times(void **state)
{
	auto_world struct processes_world world = { 0 };
	pid_t pid = child_begin("main");
	uint64_t start_ns = child_start(pid);

	(void)state;
	processes_world_init(&world, 0, true);
	for (int i = 0; i < 1000; i++) {
		struct process_seen event = process_named(pid, start_ns, "main");
		const struct process *process;

		if (i % 2)
			(void)snprintf(event.comm, sizeof(event.comm), "other-%d", i % 100);
		process = processes_get(world.processes, &event);
		assert_string_equal(process->comm, "main");
		process_unref(&process);
	}
	assert_in_range(processes_world_stats(&world).reads, 2, 1 + 2 * 8);
	child_end(pid);
}

static void a_new_name_has_it_read_again_but_not_for_each_event(void **state)
{
	auto_world struct processes_world world = { 0 };
	pid_t pid = child_begin("main");
	struct process_seen event = seen(pid, child_start(pid));
	const struct process *process;

	(void)state;
	processes_world_init(&world, 0, true);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(event.comm, sizeof(event.comm), "worker-%d", i % 10);
		process = processes_get(world.processes, &event);
		assert_string_equal(process->comm, "main");
		process_unref(&process);
	}
	assert_true(processes_world_stats(&world).reads <= 3);
	assert_int_equal(processes_world_stats(&world).held, 1);
	child_end(pid);
}

static void who_moves_is_held_as_both(void **state)
{
	auto_world struct processes_world world = { 0 };
	struct process_seen event = seen(0x7ffffff0, 9 * TICK_NS);
	const struct process *first, *second, *again;

	(void)state;
	processes_world_init(&world, 0, true);
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
	auto_world struct processes_world world = { 0 };
	struct process_seen event = seen(getpid(), child_start(getpid()));
	const struct process *process;

	(void)state;
	processes_world_init(&world, 0, false);
	process = processes_get(world.processes, &event);
	assert_non_null(process->cgroup);
	assert_int_equal(process->cgroup->path[0], '/');
	process_unref(&process);
}

static void kernel_threads_have_no_program(void **state)
{
	auto_world struct processes_world world = { 0 };
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
	processes_world_init(&world, 0, true);
	process = processes_get(world.processes, &event);
	assert_non_null(process);
	assert_null(process->exe);
	assert_string_equal(process->comm, "kthreadd");
	process_unref(&process);
}

#define SMALL 100

static void a_full_table_refuses_and_says_so(void **state)
{
	auto_world struct processes_world world = { 0 };
	const struct process *held[SMALL];
	struct process_seen event = seen(0x70000000, TICK_NS);

	(void)state;
	processes_world_init(&world, SMALL, true);
	for (int i = 0; i < SMALL; i++) {
		event.tgid++;
		held[i] = processes_get(world.processes, &event);
		assert_non_null(held[i]);
	}
	event.tgid++;
	assert_null(processes_get(world.processes, &event));
	assert_null(processes_get(world.processes, &event));
	assert_int_equal(processes_world_stats(&world).refused, 2);
	process_unref(&held[7]);
	held[7] = processes_get(world.processes, &event);
	assert_non_null(held[7]);
	assert_int_equal(held[7]->pid, event.tgid);
	for (int i = 0; i < SMALL; i++)
		process_unref(&held[i]);
	assert_int_equal(processes_world_stats(&world).held, SMALL);
	assert_int_equal(processes_world_stats(&world).idle, SMALL);
}

static void of_idle_ones_only_so_many_are_kept(void **state)
{
	auto_world struct processes_world world = { .exe = "/same" };
	struct process_seen event = seen(0x70000000, TICK_NS);
	const struct process *process;

	(void)state;
	processes_world_init(&world, 0, true);
	for (int i = 0; i < 3 * PROCESSES_IDLE_MAX; i++) {
		event.tgid++;
		process = processes_get(world.processes, &event);
		process_unref(&process);
	}
	assert_int_equal(processes_world_stats(&world).held, PROCESSES_IDLE_MAX);
	assert_int_equal(processes_world_stats(&world).idle, PROCESSES_IDLE_MAX);
	process = processes_get(world.processes, &event); /* the last one is there still */
	assert_int_equal(processes_world_stats(&world).reads, 3 * PROCESSES_IDLE_MAX);
	process_unref(&process);
}

#define PIDS  50
#define HOLDS 200

/* Against what each one held must still be: nothing is shared, lost, or freed too early. */
static void random_operations_keep_what_is_held(void **state)
{
	auto_world struct processes_world world = { 0 };
	const struct process *held[HOLDS] = { 0 };
	struct {
		uint32_t pid;
		uint64_t start_ns;
		char exe[32];
	} expected[HOLDS];

	(void)state;
	srand(7);
	processes_world_init(&world, 40, false);
	for (int step = 0; step < 20000; step++) {
		int at = rand() % HOLDS;
		struct process_seen event =
			seen(0x70000000 + rand() % PIDS, (uint64_t)(1 + rand() % 3) * 10 * TICK_NS);

		event.cgroup_id = (1ULL << 40) + (uint64_t)(rand() % 2);
		event.program = (uint32_t)rand() % 3;
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
		assert_true(processes_world_stats(&world).held <= 40);
	}
	for (int i = 0; i < HOLDS; i++)
		process_unref(&held[i]);
	assert_int_equal(processes_world_stats(&world).held, processes_world_stats(&world).idle);
	assert_true(processes_world_stats(&world).refused > 0);
}

int main(void)
{
	return RUN_TESTS(
		TEST(a_living_one_is_completed), TEST(what_is_not_told_is_read),
		TEST(one_that_has_gone_is_told_from_what_was_seen),
		TEST(one_that_nobody_has_waited_for_has_the_program_that_was_noted),
		TEST(a_program_noted_later_is_told_later),
		TEST(another_with_the_same_pid_is_another),
		TEST(who_changes_its_name_all_the_time_is_read_a_few_times),
		TEST(a_new_name_has_it_read_again_but_not_for_each_event),
		TEST(who_moves_is_held_as_both), TEST(without_v2_the_process_tells_its_cgroup),
		TEST(kernel_threads_have_no_program), TEST(a_full_table_refuses_and_says_so),
		TEST(of_idle_ones_only_so_many_are_kept),
		TEST(random_operations_keep_what_is_held));
}
