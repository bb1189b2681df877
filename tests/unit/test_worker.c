// SPDX-License-Identifier: BSD-2-Clause
/*
 * The worker beside a real loop: what runs where, in which order, and what is left when it is
 * freed. Nothing here is shared between the threads but what a job carries, so that
 * -fsanitize=thread sees whether the worker hands it over properly.
 */
#include "worker.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "base/cleanup.h"
#include "loop.h"
#include "tests/harness.h"

#define N_JOBS	    100
#define DEADLINE_MS 20000

/* What the jobs of a test tell. */
struct bench {
	struct loop *loop;
	struct worker *worker;
	struct watch *deadline;
	unsigned int ran;	  /* jobs, counted where they run */
	unsigned int given, done; /* counted on the loop's thread */
	unsigned int again;	  /* how often a job's done() gives a new one */
	bool is_late;
	unsigned int order[N_JOBS + 1];
};

struct job {
	struct worker_job job;
	struct bench *bench;
	unsigned int number;
	unsigned int place; /* in the order of running */
	int wait_fd;	    /* it runs until this can be read; -1: it does not wait */
};

static void give(struct bench *bench, int wait_fd);

static void on_run(struct worker_job *at)
{
	struct job *job = (struct job *)at;
	char byte;

	job->place = job->bench->ran++;
	if (job->wait_fd >= 0)
		(void)!read(job->wait_fd, &byte, 1);
}

static void on_done(struct worker_job *at)
{
	auto_free struct job *job = (struct job *)at;
	struct bench *bench = job->bench;

	assert_int_equal(job->place, job->number);
	bench->order[bench->done++] = job->number;
	if (bench->again) {
		bench->again--;
		give(bench, -1);
	}
	if (bench->done == bench->given)
		loop_stop(bench->loop, 0);
}

static void give(struct bench *bench, int wait_fd)
{
	struct job *job = calloc(1, sizeof(*job));

	assert_non_null(job);
	assert_true(bench->given < ARRAY_SIZE(bench->order));
	job->job.run = on_run;
	job->job.done = on_done;
	job->bench = bench;
	job->number = bench->given++;
	job->wait_fd = wait_fd;
	worker_give(bench->worker, &job->job);
}

static int on_deadline(void *ctx)
{
	struct bench *bench = ctx;

	bench->is_late = true;
	loop_stop(bench->loop, 0);
	return 0;
}

static void run(struct bench *bench)
{
	assert_int_equal(loop_run(bench->loop), 0);
	assert_false(bench->is_late);
}

/* All of them, in the order they were given. */
static void assert_done(const struct bench *bench, unsigned int n)
{
	assert_int_equal(bench->given, n);
	assert_int_equal(bench->done, n);
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(bench->order[i], i);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	if (!bench || loop_new(&bench->loop) < 0 || worker_new(&bench->worker, bench->loop) < 0 ||
	    loop_add_timer(bench->loop, DEADLINE_MS, 0, on_deadline, bench, &bench->deadline) < 0)
		return -1;
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	worker_free(&bench->worker);
	watch_free(&bench->deadline);
	loop_free(&bench->loop);
	free(bench);
	return 0;
}

/* ---- running ---- */

static void jobs_run_and_are_done_in_the_order_given(void **state)
{
	struct bench *bench = *state;

	for (int i = 0; i < N_JOBS; i++)
		give(bench, -1);
	run(bench);
	assert_done(bench, N_JOBS);
}

static void a_job_that_is_given_later_runs_too(void **state)
{
	struct bench *bench = *state;

	for (unsigned int i = 1; i <= 10; i++) {
		give(bench, -1); /* the thread waits by now, or does not yet */
		run(bench);
		assert_done(bench, i);
	}
}

static void done_may_give_the_next_job(void **state)
{
	struct bench *bench = *state;

	bench->again = N_JOBS - 1;
	give(bench, -1);
	run(bench);
	assert_done(bench, N_JOBS);
}

/* One job, and which threads had it. */
struct seen {
	struct worker_job job;
	struct bench *bench;
	pthread_t run_by, done_by;
	sigset_t mask;
	bool has_run, is_done;
};

static void seen_run(struct worker_job *at)
{
	struct seen *seen = (struct seen *)at;

	seen->run_by = pthread_self();
	pthread_sigmask(SIG_SETMASK, NULL, &seen->mask);
	__atomic_store_n(&seen->has_run, true, __ATOMIC_RELEASE);
}

static void seen_done(struct worker_job *at)
{
	struct seen *seen = (struct seen *)at;

	seen->done_by = pthread_self();
	seen->is_done = true;
	loop_stop(seen->bench->loop, 0);
}

static void a_job_is_done_on_the_loops_thread_and_run_on_another(void **state)
{
	struct bench *bench = *state;
	struct seen seen = { .job = { .run = seen_run, .done = seen_done }, .bench = bench };

	worker_give(bench->worker, &seen.job);
	run(bench);
	assert_true(pthread_equal(seen.done_by, pthread_self()));
	assert_false(pthread_equal(seen.run_by, pthread_self()));
}

static int open_gate(void *ctx)
{
	const int *gate = ctx;

	return write(*gate, "", 1) == 1 ? 0 : -errno;
}

static void the_loop_goes_on_while_a_job_runs(void **state)
{
	struct bench *bench = *state;
	struct watch *timer = NULL;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	give(bench, ends[0]);
	give(bench, -1);
	/* Nothing but the loop's own timer ends the first job. */
	assert_int_equal(loop_add_timer(bench->loop, 1, 0, open_gate, &ends[1], &timer), 0);
	run(bench);
	assert_done(bench, 2);
	watch_free(&timer);
	close(ends[0]);
	close(ends[1]);
}

/* ---- taking back ---- */

static void a_job_that_has_not_begun_can_be_taken_back(void **state)
{
	struct bench *bench = *state;
	struct seen seen[3] = {};
	int gate[2];

	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	give(bench, gate[0]);
	/* Behind it, at the first place, in the midst and at the last. */
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		seen[i] = (struct seen){ .job = { .run = seen_run, .done = seen_done },
					 .bench = bench };
		worker_give(bench->worker, &seen[i].job);
	}
	assert_true(worker_take_back(bench->worker, &seen[1].job));
	assert_true(worker_take_back(bench->worker, &seen[2].job));
	assert_true(worker_take_back(bench->worker, &seen[0].job));
	give(bench, -1);
	assert_int_equal(write(gate[1], "", 1), 1);
	run(bench);
	assert_done(bench, 2);
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
		assert_false(seen[i].has_run || seen[i].is_done);
	close(gate[0]);
	close(gate[1]);
}

static void a_job_that_has_begun_cannot(void **state)
{
	struct bench *bench = *state;
	struct seen seen = { .job = { .run = seen_run, .done = seen_done }, .bench = bench };

	worker_give(bench->worker, &seen.job);
	while (!__atomic_load_n(&seen.has_run, __ATOMIC_ACQUIRE))
		sched_yield();
	assert_false(worker_take_back(bench->worker, &seen.job));
	run(bench);
	assert_true(seen.is_done);
}

/* ---- signals ---- */

static void the_thread_takes_no_signals_and_the_callers_mask_stays(void **state)
{
	static const int signals[] = { SIGINT,	SIGTERM, SIGHUP,  SIGUSR1, SIGUSR2,
				       SIGALRM, SIGPIPE, SIGCHLD, SIGPROF };
	struct bench *bench = *state;
	struct seen seen = { .job = { .run = seen_run, .done = seen_done }, .bench = bench };
	sigset_t before, after;

	/* A mask of our own, to be seen again. */
	worker_free(&bench->worker);
	sigemptyset(&before);
	sigaddset(&before, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(worker_new(&bench->worker, bench->loop), 0);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	worker_give(bench->worker, &seen.job);
	run(bench);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		assert_int_equal(sigismember(&seen.mask, signals[i]), 1);
		assert_int_equal(sigismember(&after, signals[i]), signals[i] == SIGUSR1);
	}
	sigemptyset(&before);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- freeing ---- */

static void freeing_waits_until_every_job_is_done(void **state)
{
	struct bench *bench = *state;

	for (int i = 0; i < N_JOBS; i++)
		give(bench, -1);
	worker_free(&bench->worker);
	assert_null(bench->worker);
	assert_done(bench, N_JOBS);
}

static void what_done_gives_while_the_worker_is_freed_is_finished(void **state)
{
	struct bench *bench = *state;

	bench->again = 5;
	for (int i = 0; i < 3; i++)
		give(bench, -1);
	worker_free(&bench->worker);
	assert_done(bench, 3 + 5);
}

static void a_worker_that_was_not_made_is_freed(void **state)
{
	struct worker *worker = NULL;

	(void)state;
	worker_free(&worker);
	assert_null(worker);
}

#define LOOP_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	return RUN_TESTS(LOOP_TEST(jobs_run_and_are_done_in_the_order_given),
			 LOOP_TEST(a_job_that_is_given_later_runs_too),
			 LOOP_TEST(done_may_give_the_next_job),
			 LOOP_TEST(a_job_is_done_on_the_loops_thread_and_run_on_another),
			 LOOP_TEST(the_loop_goes_on_while_a_job_runs),
			 LOOP_TEST(a_job_that_has_not_begun_can_be_taken_back),
			 LOOP_TEST(a_job_that_has_begun_cannot),
			 LOOP_TEST(the_thread_takes_no_signals_and_the_callers_mask_stays),
			 LOOP_TEST(freeing_waits_until_every_job_is_done),
			 LOOP_TEST(what_done_gives_while_the_worker_is_freed_is_finished),
			 TEST(a_worker_that_was_not_made_is_freed));
}
