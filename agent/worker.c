// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two lists under one lock, a condition to wake the thread, an eventfd to wake the loop.
 */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "loop.h"

struct job_list {
	struct worker_job *first;
	struct worker_job *last;
};

struct worker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t given;
	struct job_list todo, done;
	bool is_started;
	bool is_ending;
	int event_fd;
	struct watch *watch;
};

static void list_add(struct job_list *list, struct worker_job *job)
{
	job->next = NULL;
	job->before = list->last;
	*(job->before ? &job->before->next : &list->first) = job;
	list->last = job;
}

static void list_remove(struct job_list *list, struct worker_job *job)
{
	*(job->before ? &job->before->next : &list->first) = job->next;
	*(job->next ? &job->next->before : &list->last) = job->before;
}

static struct worker_job *list_take(struct job_list *list)
{
	struct worker_job *job = list->first;

	if (job)
		list_remove(list, job);
	return job;
}

/* The next job, waited for; NULL: the end. */
static struct worker_job *next_job(struct worker *worker)
{
	struct worker_job *job;

	pthread_mutex_lock(&worker->lock);
	while (!worker->todo.first && !worker->is_ending)
		pthread_cond_wait(&worker->given, &worker->lock);
	job = list_take(&worker->todo);
	if (job)
		job->has_begun = true;
	pthread_mutex_unlock(&worker->lock);
	return job;
}

static void *worker_run(void *ctx)
{
	struct worker *worker = ctx;
	struct worker_job *job;

	while ((job = next_job(worker))) {
		uint64_t one = 1;

		job->run(job);
		pthread_mutex_lock(&worker->lock);
		list_add(&worker->done, job);
		pthread_mutex_unlock(&worker->lock);
		(void)!write(worker->event_fd, &one, sizeof(one));
	}
	return NULL;
}

static void finish_jobs(struct worker *worker)
{
	struct worker_job *job;

	do {
		pthread_mutex_lock(&worker->lock);
		job = list_take(&worker->done);
		pthread_mutex_unlock(&worker->lock);
		if (job)
			job->done(job);
	} while (job);
}

static int jobs_done(void *ctx, uint32_t events)
{
	struct worker *worker = ctx;
	uint64_t count;

	(void)events;
	(void)!read(worker->event_fd, &count, sizeof(count));
	finish_jobs(worker);
	return 0;
}

/* The thread takes no signals: they are the loop's. */
static int worker_start(struct worker *worker)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&worker->thread, NULL, worker_run, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	worker->is_started = !r;
	return -r;
}

int worker_new(struct worker **ret, struct loop *loop)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	int r = 0;

	if (!worker)
		return -ENOMEM;
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->given, NULL);
	worker->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->event_fd < 0)
		r = -errno;
	if (!r)
		r = loop_add_fd(loop, worker->event_fd, EPOLLIN, jobs_done, worker, &worker->watch);
	if (!r)
		r = worker_start(worker);
	if (r) {
		worker_free(&worker);
		return r;
	}
	*ret = worker;
	return 0;
}

void worker_free(struct worker **at)
{
	struct worker *worker = *at; /* taken at the end: done() may give another job */
	struct worker_job *job;

	if (!worker)
		return;
	pthread_mutex_lock(&worker->lock);
	worker->is_ending = true;
	pthread_cond_signal(&worker->given);
	pthread_mutex_unlock(&worker->lock);
	if (worker->is_started)
		pthread_join(worker->thread, NULL);
	finish_jobs(worker);
	/* What done() gave since: nobody else runs it now. */
	while ((job = list_take(&worker->todo))) {
		job->run(job);
		job->done(job);
	}
	watch_free(&worker->watch);
	if (worker->event_fd >= 0)
		close(worker->event_fd);
	pthread_cond_destroy(&worker->given);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
	*at = NULL;
}

void worker_give(struct worker *worker, struct worker_job *job)
{
	pthread_mutex_lock(&worker->lock);
	job->has_begun = false;
	list_add(&worker->todo, job);
	pthread_cond_signal(&worker->given);
	pthread_mutex_unlock(&worker->lock);
}

bool worker_take_back(struct worker *worker, struct worker_job *job)
{
	bool is_in_time;

	pthread_mutex_lock(&worker->lock);
	is_in_time = !job->has_begun;
	if (is_in_time)
		list_remove(&worker->todo, job);
	pthread_mutex_unlock(&worker->lock);
	return is_in_time;
}
