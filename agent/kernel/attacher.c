// SPDX-License-Identifier: BSD-2-Clause
/*
 * The policy of attaching: TCX links, else clsact; XDP at the ingress where it is wished for, else
 * TC. Jobs run one after another, so what one finds out about the kernel the next one knows.
 */
#include "kernel/attacher.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "kernel/datapath.h"
#include "worker.h"

struct attacher {
	struct worker *worker;
	const struct datapath *datapath;
	struct attacher_options options;
	unsigned int pending;
	int clsact_fd;	     /* see clsact_lock(); -1: another agent's */
	enum attach_tcx tcx; /* the worker's while a job runs */
};

struct attach_job {
	struct worker_job job;
	struct attacher *attacher;
	struct attach_result result;
	bool is_detach;
};

/*
 * clsact filters carry one handle for all agents, so only one agent of a network namespace may
 * use them, and clean up what a dead one left. Abstract sockets are a namespace's own and go with
 * their holder: a bound one is the lock.
 */
static int clsact_lock(void)
{
	static const char name[] = "\0weir-agent/clsact";
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(addr.sun_path, name, sizeof(name) - 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr,
			   offsetof(struct sockaddr_un, sun_path) + sizeof(name) - 1))
		return -1;
	return TAKE_FD(fd);
}

static void note(struct attach_result *result, const char *what, int error)
{
	snprintf(result->note, sizeof(result->note), "%s: %s", what, strerror(-error));
}

static int attach_tc(struct attacher *attacher, struct attach_result *result, int hook)
{
	static const enum datapath_prog programs[WEIR_HOOK_MAX] = { DATAPATH_TC_IN,
								    DATAPATH_TC_OUT };
	int fd = datapath_prog_fd(attacher->datapath, programs[hook]);
	bool is_egress = hook == WEIR_EGRESS;
	int r = -EOPNOTSUPP;

	if (attacher->options.mode != ATTACH_MODE_CLSACT && attacher->tcx != ATTACH_TCX_ABSENT) {
		r = attach_tcx(&result->hooks[hook], fd, result->ifindex, is_egress);
		if (!r)
			attacher->tcx = ATTACH_TCX_PRESENT;
		else if (r == -EINVAL || r == -EOPNOTSUPP) /* what a kernel without TCX says */
			attacher->tcx = ATTACH_TCX_ABSENT;
	}
	if (!r || r == -ENODEV || attacher->options.mode == ATTACH_MODE_TCX)
		return r;
	if (attacher->clsact_fd < 0)
		return -EBUSY;
	return attach_clsact(&result->hooks[hook], fd, result->ifindex, is_egress);
}

static void attach_hook(struct attacher *attacher, struct attach_result *result, int hook)
{
	int r;

	if (hook == WEIR_INGRESS && result->want_xdp) {
		r = attach_xdp(&result->hooks[hook],
			       datapath_prog_fd(attacher->datapath, DATAPATH_XDP), result->ifindex);
		if (!r || r == -ENODEV)
			return;
		note(result, "no XDP", r);
		log_warn(r, "%s: cannot attach XDP, TC takes its place", result->name);
	}
	r = attach_tc(attacher, result, hook);
	if (!r || r == -ENODEV) /* it vanished meanwhile: rtnetlink is about to tell */
		return;
	result->errors++;
	note(result, hook == WEIR_INGRESS ? "no ingress" : "no egress", r);
	log_warn(r, "%s: cannot attach at %s", result->name,
		 hook == WEIR_INGRESS ? "ingress" : "egress");
}

static void job_run(struct worker_job *at)
{
	struct attach_job *job = (struct attach_job *)at;
	struct attach_result *result = &job->result;

	if (job->is_detach) {
		for (int hook = 0; hook < WEIR_HOOK_MAX; hook++)
			attach_detach(&result->hooks[hook]);
		return;
	}
	if (job->attacher->clsact_fd >= 0)
		(void)attach_clean_stale(result->ifindex);
	if (result->want_ingress)
		attach_hook(job->attacher, result, WEIR_INGRESS);
	attach_hook(job->attacher, result, WEIR_EGRESS);
}

static void job_done(struct worker_job *at)
{
	struct attach_job *job = (struct attach_job *)at;
	struct attacher *attacher = job->attacher;

	attacher->pending--;
	if (!job->is_detach)
		attacher->options.attached(attacher->options.ctx, &job->result);
	free(job);
}

static struct attach_job *job_new(struct attacher *attacher)
{
	struct attach_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->job.run = job_run;
	job->job.done = job_done;
	job->attacher = attacher;
	return job;
}

static void job_give(struct attach_job *job)
{
	job->attacher->pending++;
	worker_give(job->attacher->worker, &job->job);
}

int attacher_attach(struct attacher *attacher, const struct attach_result *want)
{
	struct attach_job *job = job_new(attacher);

	if (!job)
		return -ENOMEM;
	job->result = *want;
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++)
		job->result.hooks[hook] = (struct attachment){ .link_fd = -1 };
	job_give(job);
	return 0;
}

void attacher_detach(struct attacher *attacher, struct attachment hooks[static WEIR_HOOK_MAX])
{
	struct attach_job *job = job_new(attacher);

	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		if (!job)
			attach_detach(&hooks[hook]);
		else
			job->result.hooks[hook] = hooks[hook];
		hooks[hook] = (struct attachment){ .link_fd = -1 };
	}
	if (!job)
		return;
	job->is_detach = true;
	job_give(job);
}

unsigned int attacher_pending(const struct attacher *attacher)
{
	return attacher->pending;
}

enum attach_tcx attacher_tcx(const struct attacher *attacher)
{
	return __atomic_load_n(&attacher->tcx, __ATOMIC_RELAXED);
}

int attacher_new(struct attacher **ret, struct loop *loop, const struct datapath *datapath,
		 const struct attacher_options *options)
{
	struct attacher *attacher = calloc(1, sizeof(*attacher));
	int r;

	if (!attacher)
		return -ENOMEM;
	attacher->datapath = datapath;
	attacher->options = *options;
	attacher->clsact_fd = clsact_lock();
	r = worker_new(&attacher->worker, loop);
	if (r) {
		attacher_free(&attacher);
		return r;
	}
	*ret = attacher;
	return 0;
}

void attacher_free(struct attacher **at)
{
	struct attacher *attacher = *at;

	if (!attacher)
		return;
	worker_free(&attacher->worker);
	if (attacher->clsact_fd >= 0)
		close(attacher->clsact_fd);
	free(attacher);
	*at = NULL;
}
