// SPDX-License-Identifier: BSD-2-Clause
/*
 * Processes that become other programs: sockets that were used before and after an exec, told in
 * whatever order, and looked up when the process is long the next program.
 */
#include "tests/unit/processes_world.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/harness.h"

/* A process that is the program FIRST, called "before", until it is told to become cat. */
#define FIRST  7U
#define SECOND 8U

struct runner {
	pid_t pid;
	uint64_t start_ns;
	int ends[2];
	char exe[PATH_MAX]; /* before the exec */
};

static void runner_begin(struct runner *runner)
{
	char byte;

	memset(runner, 0, sizeof(*runner));
	assert_true(readlink("/proc/self/exe", runner->exe, sizeof(runner->exe) - 1) > 0);
	assert_int_equal(pipe(runner->ends), 0);
	runner->pid = fork();
	assert_true(runner->pid >= 0);
	if (!runner->pid) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)prctl(PR_SET_NAME, "before");
		(void)!read(runner->ends[0], &byte, 1);
		(void)dup2(runner->ends[0], 0);
		close(runner->ends[1]); /* or it would read for ever */
		execlp("cat", "cat", NULL);
		_exit(1);
	}
	child_await_comm(runner->pid, "before");
	runner->start_ns = child_start(runner->pid);
}

/* The note is there before /proc shows the new program. */
static void runner_exec(const struct runner *runner, struct processes_world *world)
{
	world->program = SECOND;
	(void)snprintf(world->exe, sizeof(world->exe), "cat");
	assert_int_equal(write(runner->ends[1], "", 1), 1);
	child_await_comm(runner->pid, "cat");
}

static void runner_end(struct runner *runner)
{
	close(runner->ends[0]);
	close(runner->ends[1]);
	child_end(runner->pid);
}

/* What a socket tells that was used by that program last; 0: that does not say which. */
static const struct process *get(struct processes_world *world, const struct runner *runner,
				 uint32_t program, const char *comm)
{
	struct process_seen event = process_named(runner->pid, runner->start_ns, comm);
	const struct process *process;

	event.program = program;
	process = processes_get(world->processes, &event);
	assert_non_null(process);
	assert_int_equal(process->pid, runner->pid);
	return process;
}

/* The same, given back at once: it must be this one. */
static void expect(struct processes_world *world, const struct runner *runner, uint32_t program,
		   const char *comm, const struct process *expected)
{
	const struct process *process = get(world, runner, program, comm);

	assert_ptr_equal(process, expected);
	process_unref(&process);
}

static void assert_is_cat(const struct process *process, const struct runner *runner)
{
	assert_string_equal(process->comm, "cat");
	assert_non_null(process->exe);
	assert_int_equal(process->exe[0], '/');
	assert_string_not_equal(process->exe, runner->exe);
	assert_int_not_equal(process->netns, 0);
}

static void assert_is_what_was_seen(const struct process *process)
{
	assert_string_equal(process->comm, "before");
	assert_null(process->exe);
	assert_int_equal(process->uid, 4711);
	assert_int_equal(process->netns, 0);
}

static void what_was_used_before_an_exec_is_of_the_program_that_it_was(void **state)
{
	auto_world struct processes_world world = { 0 };
	const struct process *before, *after;
	struct runner runner;

	(void)state;
	processes_world_init(&world, 0, true);
	runner_begin(&runner);
	runner_exec(&runner, &world);
	before = get(&world, &runner, FIRST, "before");
	assert_is_what_was_seen(before);
	after = get(&world, &runner, SECOND, "cat");
	assert_is_cat(after, &runner);
	for (int i = 0; i < 100; i++) { /* neither takes the other's place */
		expect(&world, &runner, FIRST, "before", before);
		expect(&world, &runner, SECOND, "cat", after);
	}
	assert_int_equal(processes_world_stats(&world).reads, 2);
	assert_int_equal(processes_world_stats(&world).held, 2);
	process_unref(&before);
	process_unref(&after);
	runner_end(&runner);
}

static void what_is_told_late_is_not_of_the_later_program(void **state)
{
	auto_world struct processes_world world = { 0 };
	const struct process *before, *after;
	struct runner runner;

	(void)state;
	processes_world_init(&world, 0, true);
	runner_begin(&runner);
	runner_exec(&runner, &world);
	after = get(&world, &runner, SECOND, "cat");
	before = get(&world, &runner, FIRST, "before");
	assert_is_what_was_seen(before);
	assert_is_cat(after, &runner);
	expect(&world, &runner, 0, "before",
	       after); /* by a socket that waits still: as it is now */
	process_unref(&before);
	process_unref(&after);
	runner_end(&runner);
}

static void what_was_read_in_time_is_kept(void **state)
{
	auto_world struct processes_world world = { 0 };
	const struct process *before, *after;
	struct runner runner;

	(void)state;
	processes_world_init(&world, 0, true);
	runner_begin(&runner);
	before = get(&world, &runner, FIRST, "before");
	assert_string_equal(before->exe, runner.exe);
	runner_exec(&runner, &world);
	after = get(&world, &runner, SECOND, "cat");
	assert_is_cat(after, &runner);
	expect(&world, &runner, FIRST, "before", before);
	expect(&world, &runner, SECOND, "before", after); /* the name of another time, perhaps */
	assert_string_equal(before->comm, "before");
	assert_string_equal(before->exe, runner.exe);
	process_unref(&before);
	process_unref(&after);
	runner_end(&runner);
}

/* /proc shows the old one still, or already the new one: who is asked then cannot know. */
static void an_exec_that_has_begun_is_not_looked_through(void **state)
{
	auto_world struct processes_world world = { .exe = "cat", .program = SECOND };
	const struct process *before;
	struct runner runner;

	(void)state;
	processes_world_init(&world, 0, true);
	runner_begin(&runner);
	before = get(&world, &runner, FIRST, "before");
	assert_is_what_was_seen(before);
	process_unref(&before);
	runner_end(&runner);
}

static void after_two_execs_each_program_is_told_apart(void **state)
{
	auto_world struct processes_world world = { 0 };
	const struct process *programs[3];
	struct runner runner;

	(void)state;
	processes_world_init(&world, 0, true);
	runner_begin(&runner);
	runner_exec(&runner, &world);
	programs[1] = get(&world, &runner, FIRST, "before");
	programs[0] = get(&world, &runner, FIRST - 1, "sh");
	programs[2] = get(&world, &runner, SECOND, "cat");
	assert_string_equal(programs[0]->comm, "sh");
	assert_null(programs[0]->exe);
	assert_is_what_was_seen(programs[1]);
	assert_is_cat(programs[2], &runner);
	expect(&world, &runner, FIRST - 1, "sh", programs[0]);
	expect(&world, &runner, FIRST, "before", programs[1]);
	expect(&world, &runner, 0, "sh", programs[2]);
	for (int i = 0; i < 3; i++)
		process_unref(&programs[i]);
	runner_end(&runner);
}

static void of_one_that_has_gone_the_note_is_of_its_last_program(void **state)
{
	auto_world struct processes_world world = { .exe = "/bin/cat", .program = SECOND };
	struct runner gone = { .pid = 0x7ffffff0, .start_ns = 9 * TICK_NS };
	const struct process *before, *after;

	(void)state;
	processes_world_init(&world, 0, true);
	before = get(&world, &gone, FIRST, "before");
	assert_is_what_was_seen(before);
	after = get(&world, &gone, SECOND, "cat");
	assert_string_equal(after->comm, "cat");
	assert_string_equal(after->exe, "/bin/cat");
	expect(&world, &gone, FIRST, "before", before);
	assert_null(before->exe);
	process_unref(&before);
	process_unref(&after);
}

/* Held of a socket that did not say which program: it may be any that the process has been. */
static void who_was_held_as_no_certain_program_is_looked_at_again(void **state)
{
	auto_world struct processes_world world = { 0 };
	const struct process *waiting, *before, *after;
	struct runner runner;

	(void)state;
	processes_world_init(&world, 0, true);
	runner_begin(&runner);
	waiting = get(&world, &runner, 0, "before");
	assert_string_equal(waiting->exe, runner.exe);
	expect(&world, &runner, FIRST, "before", waiting); /* no exec was noted since */
	expect(&world, &runner, FIRST, "before", waiting);
	assert_int_equal(processes_world_stats(&world).reads, 2);
	runner_exec(&runner, &world);
	after = get(&world, &runner, SECOND, "cat");
	assert_is_cat(after, &runner);
	expect(&world, &runner, FIRST, "before", waiting);
	process_unref(&waiting);
	process_unref(&after);
	runner_end(&runner);

	/* and if it was looked at when it had become another one */
	runner_begin(&runner);
	runner_exec(&runner, &world);
	waiting = get(&world, &runner, 0, "before");
	assert_is_cat(waiting, &runner);
	before = get(&world, &runner, FIRST, "before");
	assert_is_what_was_seen(before);
	expect(&world, &runner, SECOND, "cat", waiting);
	process_unref(&before);
	process_unref(&waiting);
	runner_end(&runner);
}

/* Kernels that do not tell which program it was: the name of its next socket shows that. */
static void a_new_name_shows_an_exec_that_nobody_tells_of(void **state)
{
	auto_world struct processes_world world = { 0 };
	const struct process *held, *now;
	struct runner runner;

	(void)state;
	processes_world_init(&world, 0, true);
	runner_begin(&runner);
	held = get(&world, &runner, 0, "before");
	assert_string_equal(held->exe, runner.exe);
	runner_exec(&runner, &world);
	now = get(&world, &runner, 0, "cat"); /* at once */
	assert_is_cat(now, &runner);
	assert_string_equal(held->comm, "before");
	assert_string_equal(held->exe, runner.exe);
	expect(&world, &runner, 0, "before", now); /* told late */
	process_unref(&held);
	process_unref(&now);
	runner_end(&runner);
}

static void one_that_has_gone_had_the_name_that_was_told(void **state)
{
	auto_world struct processes_world world = { 0 };
	struct runner gone = { .pid = 0x7ffffff0, .start_ns = 9 * TICK_NS };
	const struct process *first, *second;

	(void)state;
	processes_world_init(&world, 0, true);
	first = get(&world, &gone, 0, "sh");
	(void)snprintf(world.exe, sizeof(world.exe), "/usr/bin/curl");
	second = get(&world, &gone, 0, "curl");
	assert_string_equal(second->comm, "curl");
	assert_string_equal(second->exe, "/usr/bin/curl");
	assert_string_equal(first->comm, "sh");
	assert_null(first->exe);
	expect(&world, &gone, 0, "curl", second);
	process_unref(&first);
	process_unref(&second);
	assert_int_equal(processes_world_stats(&world).held, 1);
}

int main(void)
{
	return RUN_TESTS(TEST(what_was_used_before_an_exec_is_of_the_program_that_it_was),
			 TEST(what_is_told_late_is_not_of_the_later_program),
			 TEST(what_was_read_in_time_is_kept),
			 TEST(an_exec_that_has_begun_is_not_looked_through),
			 TEST(after_two_execs_each_program_is_told_apart),
			 TEST(of_one_that_has_gone_the_note_is_of_its_last_program),
			 TEST(who_was_held_as_no_certain_program_is_looked_at_again),
			 TEST(a_new_name_shows_an_exec_that_nobody_tells_of),
			 TEST(one_that_has_gone_had_the_name_that_was_told));
}
