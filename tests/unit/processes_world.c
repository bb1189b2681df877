// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/processes_world.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/harness.h"
#include "who/cgroups.h"

#include "weir/owner.h"

static int noted_exec(void *ctx, uint32_t pid, uint64_t start_ns, struct weir_exec *ret)
{
	struct processes_world *world = ctx;

	(void)pid;
	world->asked++;
	if (!*world->exe)
		return -ENOENT;
	*ret = (struct weir_exec){ .start_ns = start_ns, .program = world->program };
	(void)snprintf(ret->path, sizeof(ret->path), "%s", world->exe);
	return 0;
}

static void learned(void *ctx)
{
	struct processes_world *world = ctx;

	world->learned++;
}

void processes_world_init(struct processes_world *world, uint32_t max, bool has_v2)
{
	const struct processes_options options = {
		.max = max, .get_exec = noted_exec, .learned = learned, .ctx = world
	};

	assert_int_equal(cgroups_new(&world->cgroups, has_v2 ? NULL : "/dev/null"), 0);
	assert_int_equal(processes_new(&world->processes, world->cgroups, &options), 0);
}

void processes_world_done(struct processes_world *world)
{
	processes_free(&world->processes);
	cgroups_free(&world->cgroups);
}

struct processes_stats processes_world_stats(const struct processes_world *world)
{
	struct processes_stats stats;

	processes_get_stats(world->processes, &stats);
	return stats;
}

pid_t child_begin(const char *comm)
{
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
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

void child_end(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static struct process_read read_child(pid_t pid)
{
	const struct process_ask ask = { .proc = "/proc", .pid = (uint32_t)pid };
	struct process_read read;

	assert_int_equal(process_read(&ask, &read), 0);
	return read;
}

uint64_t child_start(pid_t pid)
{
	return read_child(pid).start_ns;
}

void child_await_comm(pid_t pid, const char *comm)
{
	while (strcmp(read_child(pid).comm, comm) != 0)
		;
}

struct process_seen seen(pid_t pid, uint64_t start_ns)
{
	return (struct process_seen){
		.tgid = (uint32_t)pid, .start_ns = start_ns, .uid = 4711, .comm = "thread"
	};
}

struct process_seen process_named(pid_t pid, uint64_t start_ns, const char *comm)
{
	struct process_seen event = seen(pid, start_ns);

	(void)snprintf(event.comm, sizeof(event.comm), "%s", comm);
	event.is_leader = true;
	return event;
}
