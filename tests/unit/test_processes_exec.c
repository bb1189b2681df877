// SPDX-License-Identifier: BSD-2-Clause
/*
 * Processes that become other programs: sockets that were used before and after an exec, told in
 * whatever order, and looked up when the process is long the next program.
 */
#include "tests/unit/processes_world.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "tests/harness.h"

/* A process that is the program FIRST, called "before", until it is told to become cat. */
#define FIRST  7U
#define SECOND 8U

struct runner {
	pid_t pid;
	uint64_t start_ns;
	int ends[2];
	char exe[PATH_MAX]; /* before the exec */
	bool has_gone;	    /* long ago: there is nothing to be read of it */
};

/* What each test begins with: the process that it is about, and what it holds until the end. */
struct story {
	struct processes_world world;
	struct runner runner;
	const struct process *held[4];
	unsigned int count;
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

/* What the kernel has noted by then, whatever /proc shows. */
static void note_exec(struct story *story, const char *exe)
{
	story->world.program = SECOND;
	(void)snprintf(story->world.exe, sizeof(story->world.exe), "%s", exe);
}

/* The note is there before /proc shows the new program. */
static void becomes_cat(struct story *story)
{
	note_exec(story, "cat");
	assert_int_equal(write(story->runner.ends[1], "", 1), 1);
	child_await_comm(story->runner.pid, "cat");
}

static void runner_end(struct runner *runner)
{
	close(runner->ends[0]);
	close(runner->ends[1]);
	child_end(runner->pid);
}

static int begin_of_one_that_has_gone(void **state)
{
	struct story *story = calloc(1, sizeof(*story));

	if (!story)
		return -1;
	processes_world_init(&story->world, 0, true);
	story->runner =
		(struct runner){ .pid = 0x7ffffff0, .start_ns = 9 * TICK_NS, .has_gone = true };
	*state = story;
	return 0;
}

static int begin(void **state)
{
	struct story *story;

	if (begin_of_one_that_has_gone(state))
		return -1;
	story = *state;
	runner_begin(&story->runner);
	return 0;
}

static void give_back(struct story *story)
{
	while (story->count)
		process_unref(&story->held[--story->count]);
}

static int end(void **state)
{
	struct story *story = *state;

	give_back(story);
	if (!story->runner.has_gone)
		runner_end(&story->runner);
	processes_world_done(&story->world);
	free(story);
	return 0;
}

/* What a socket tells that was used by that program last; 0: that does not say which. */
static const struct process *get(struct story *story, uint32_t program, const char *comm)
{
	struct process_seen event = process_named(story->runner.pid, story->runner.start_ns, comm);
	const struct process *process;

	event.program = program;
	process = processes_get(story->world.processes, &event);
	assert_non_null(process);
	assert_int_equal(process->pid, story->runner.pid);
	return process;
}

static const struct process *hold(struct story *story, uint32_t program, const char *comm)
{
	assert_true(story->count < ARRAY_SIZE(story->held));
	return story->held[story->count++] = get(story, program, comm);
}

/* Given back at once: it must be this one. */
static void expect(struct story *story, uint32_t program, const char *comm,
		   const struct process *expected)
{
	const struct process *process = get(story, program, comm);

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
	struct story *story = *state;
	const struct process *before, *after;

	becomes_cat(story);
	before = hold(story, FIRST, "before");
	assert_is_what_was_seen(before);
	after = hold(story, SECOND, "cat");
	assert_is_cat(after, &story->runner);
	for (int i = 0; i < 100; i++) { /* neither takes the other's place */
		expect(story, FIRST, "before", before);
		expect(story, SECOND, "cat", after);
	}
	assert_int_equal(processes_world_stats(&story->world).reads, 2);
	assert_int_equal(processes_world_stats(&story->world).held, 2);
}

static void what_is_told_late_is_not_of_the_later_program(void **state)
{
	struct story *story = *state;
	const struct process *before, *after;

	becomes_cat(story);
	after = hold(story, SECOND, "cat");
	before = hold(story, FIRST, "before");
	assert_is_what_was_seen(before);
	assert_is_cat(after, &story->runner);
	expect(story, 0, "before", after); /* by a socket that waits still: as it is now */
}

static void what_was_read_in_time_is_kept(void **state)
{
	struct story *story = *state;
	const struct process *before, *after;

	before = hold(story, FIRST, "before");
	assert_string_equal(before->exe, story->runner.exe);
	becomes_cat(story);
	after = hold(story, SECOND, "cat");
	assert_is_cat(after, &story->runner);
	expect(story, FIRST, "before", before);
	expect(story, SECOND, "before", after); /* the name of another time, perhaps */
	assert_string_equal(before->comm, "before");
	assert_string_equal(before->exe, story->runner.exe);
}

/* /proc shows the old one still, or already the new one: who is asked then cannot know. */
static void an_exec_that_has_begun_is_not_looked_through(void **state)
{
	struct story *story = *state;
	const struct process *before;

	note_exec(story, "cat");
	before = hold(story, FIRST, "before");
	assert_is_what_was_seen(before);
}

static void after_two_execs_each_program_is_told_apart(void **state)
{
	struct story *story = *state;
	const struct process *programs[3];

	becomes_cat(story);
	programs[1] = hold(story, FIRST, "before");
	programs[0] = hold(story, FIRST - 1, "sh");
	programs[2] = hold(story, SECOND, "cat");
	assert_string_equal(programs[0]->comm, "sh");
	assert_null(programs[0]->exe);
	assert_is_what_was_seen(programs[1]);
	assert_is_cat(programs[2], &story->runner);
	expect(story, FIRST - 1, "sh", programs[0]);
	expect(story, FIRST, "before", programs[1]);
	expect(story, 0, "sh", programs[2]);
}

static void of_one_that_has_gone_the_note_is_of_its_last_program(void **state)
{
	struct story *story = *state;
	const struct process *before, *after;

	note_exec(story, "/bin/cat");
	before = hold(story, FIRST, "before");
	assert_is_what_was_seen(before);
	after = hold(story, SECOND, "cat");
	assert_string_equal(after->comm, "cat");
	assert_string_equal(after->exe, "/bin/cat");
	expect(story, FIRST, "before", before);
	assert_null(before->exe);
}

/* Held of a socket that did not say which program: it may be any that the process has been. */
static void who_was_held_as_no_certain_program_is_looked_at_again(void **state)
{
	struct story *story = *state;
	const struct process *waiting, *after;

	waiting = hold(story, 0, "before");
	assert_string_equal(waiting->exe, story->runner.exe);
	expect(story, FIRST, "before", waiting); /* no exec was noted since */
	expect(story, FIRST, "before", waiting);
	assert_int_equal(processes_world_stats(&story->world).reads, 2);
	becomes_cat(story);
	after = hold(story, SECOND, "cat");
	assert_is_cat(after, &story->runner);
	expect(story, FIRST, "before", waiting);
}

static void who_was_looked_at_as_a_later_program_is_no_earlier_one(void **state)
{
	struct story *story = *state;
	const struct process *waiting, *before;

	becomes_cat(story);
	waiting = hold(story, 0, "before");
	assert_is_cat(waiting, &story->runner);
	before = hold(story, FIRST, "before");
	assert_is_what_was_seen(before);
	expect(story, SECOND, "cat", waiting);
}

/* Kernels that do not tell which program it was: the name of its next socket shows that. */
static void a_new_name_shows_an_exec_that_nobody_tells_of(void **state)
{
	struct story *story = *state;
	const struct process *held, *now;

	held = hold(story, 0, "before");
	assert_string_equal(held->exe, story->runner.exe);
	becomes_cat(story);
	now = hold(story, 0, "cat"); /* at once */
	assert_is_cat(now, &story->runner);
	assert_string_equal(held->comm, "before");
	assert_string_equal(held->exe, story->runner.exe);
	expect(story, 0, "before", now); /* told late */
}

static void one_that_has_gone_had_the_name_that_was_told(void **state)
{
	struct story *story = *state;
	const struct process *first, *second;

	first = hold(story, 0, "sh");
	(void)snprintf(story->world.exe, sizeof(story->world.exe), "/usr/bin/curl");
	second = hold(story, 0, "curl");
	assert_string_equal(second->comm, "curl");
	assert_string_equal(second->exe, "/usr/bin/curl");
	assert_string_equal(first->comm, "sh");
	assert_null(first->exe);
	expect(story, 0, "curl", second);
	give_back(story);
	assert_int_equal(processes_world_stats(&story->world).held, 1);
}

#define STORY(name, setup) cmocka_unit_test_setup_teardown(name, setup, end)

int main(void)
{
	return RUN_TESTS(
		STORY(what_was_used_before_an_exec_is_of_the_program_that_it_was, begin),
		STORY(what_is_told_late_is_not_of_the_later_program, begin),
		STORY(what_was_read_in_time_is_kept, begin),
		STORY(an_exec_that_has_begun_is_not_looked_through, begin),
		STORY(after_two_execs_each_program_is_told_apart, begin),
		STORY(of_one_that_has_gone_the_note_is_of_its_last_program,
		      begin_of_one_that_has_gone),
		STORY(who_was_held_as_no_certain_program_is_looked_at_again, begin),
		STORY(who_was_looked_at_as_a_later_program_is_no_earlier_one, begin),
		STORY(a_new_name_shows_an_exec_that_nobody_tells_of, begin),
		STORY(one_that_has_gone_had_the_name_that_was_told, begin_of_one_that_has_gone));
}
