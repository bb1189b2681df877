// SPDX-License-Identifier: BSD-2-Clause
/*
 * The policy of attaching: TCX links, else clsact; XDP at the ingress where it is wished for, else
 * TC. Jobs run one after another, so what one finds out about the kernel the next one knows. Where
 * descriptors are scarce clsact, which takes none, is what is left.
 */
#include "kernel/attacher.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "kernel/datapath.h"
#include "kernel/descriptors.h"
#include "kernel/ethtool.h"
#include "worker.h"

#define REST_MAX_NS 100000000

struct attacher {
	struct worker *worker;
	const struct datapath *datapath;
	struct attacher_options options;
	unsigned int pending;
	int clsact_fd;	     /* see clsact_lock(); -1: another agent's */
	enum attach_tcx tcx; /* the worker's while a job runs */
	bool has_learned;    /* the worker's: the kinds of super-packets, or tried to */
	bool has_changed;    /* interfaces have come or gone since the last attachment */
	bool had_changed;    /* the worker's, as is turn_ns: and so it was then */
	uint64_t turn_ns;    /* when the next may begin; 0: at once */
};

struct attach_job {
	struct worker_job job;
	struct attacher *attacher;
	struct attach_result result;
	bool is_forgotten;
};

struct look_job {
	struct worker_job job;
	struct attacher *attacher;
	struct attach_look *looks;
	unsigned int count;
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

/* What attach_tc() says where clsact is another agent's. */
#define IS_ANOTHERS (-EADDRINUSE)

static const char *reason_of(int error)
{
	if (error == IS_ANOTHERS)
		return "another weir-agent uses clsact in this network namespace";
	return strerror(-error);
}

/* Why a hook is not as wished: in the note, and once in the log. */
static void note(struct attach_result *result, const char *what, const char *said,
		 const char *reason)
{
	size_t len = strlen(result->note);

	snprintf(result->note + len, sizeof(result->note) - len, "%s%s: %s", len ? "; " : "", what,
		 reason);
	if (!result->is_again)
		log_warn(0, "%s: cannot attach %s: %s", result->name, said, reason);
}

static void note_error(struct attach_result *result, const char *what, const char *said, int error)
{
	note(result, what, said, reason_of(error));
	result->lacks_room = result->lacks_room || error == -EMFILE || error == -ENFILE ||
			     error == -ENOMEM || error == -ENOSPC;
}

static int attach_tc(struct attacher *attacher, struct attach_result *result, int hook)
{
	static const enum datapath_prog programs[WEIR_HOOK_MAX] = { DATAPATH_TC_IN,
								    DATAPATH_TC_OUT };
	int fd = datapath_prog_fd(attacher->datapath, programs[hook]);
	bool is_egress = hook == WEIR_EGRESS;
	int r = -EOPNOTSUPP;

	if (attacher->options.mode != ATTACH_MODE_CLSACT && attacher->tcx != ATTACH_TCX_ABSENT) {
		r = descriptors_are_scarce()
			    ? -EMFILE
			    : attach_tcx(&result->hooks[hook], fd, result->ifindex, is_egress);
		if (!r)
			attacher->tcx = ATTACH_TCX_PRESENT;
		else if (r == -EINVAL || r == -EOPNOTSUPP) /* what a kernel without TCX says */
			attacher->tcx = ATTACH_TCX_ABSENT;
	}
	if (!r || r == -ENODEV || attacher->options.mode == ATTACH_MODE_TCX)
		return r;
	if (attacher->clsact_fd < 0)
		return r == -EMFILE || r == -ENFILE ? r : IS_ANOTHERS;
	return attach_clsact(&result->hooks[hook], fd, result->ifindex, is_egress);
}

static void attach_hook(struct attacher *attacher, struct attach_result *result, int hook)
{
	int r;

	if (hook == WEIR_INGRESS && result->want_xdp) {
		r = descriptors_are_scarce()
			    ? -EMFILE
			    : attach_xdp(&result->hooks[hook],
					 datapath_prog_fd(attacher->datapath, DATAPATH_XDP),
					 result->ifindex);
		if (!r || r == -ENODEV)
			return;
		note_error(result, "no XDP", "XDP, TC takes its place", r);
	}
	r = attach_tc(attacher, result, hook);
	if (!r || r == -ENODEV) /* it vanished meanwhile: rtnetlink is about to tell */
		return;
	result->errors++;
	if (hook == WEIR_INGRESS)
		note_error(result, "no ingress", "at ingress", r);
	else
		note_error(result, "no egress", "at egress", r);
}

static void give_way(const struct attacher *attacher)
{
	uint64_t now_ns = time_monotonic_ns();

	if (now_ns < attacher->turn_ns) {
		const struct timespec rest = { .tv_nsec = (long)(attacher->turn_ns - now_ns) };

		(void)nanosleep(&rest, NULL);
	}
}

/*
 * While a link is attached the kernel holds its lock on all interfaces and waits for its processors:
 * nobody else can add or remove one meanwhile. Where somebody does, he gets as much of the time as
 * we take; most of what comes and goes has then gone before its turn has come. What is told during
 * one attachment only may have come in one go.
 */
static void turn_over(struct attacher *attacher, uint64_t begin_ns)
{
	bool has_changed = __atomic_exchange_n(&attacher->has_changed, false, __ATOMIC_RELAXED);
	uint64_t now_ns = time_monotonic_ns(), took_ns = now_ns - begin_ns;

	attacher->turn_ns = 0;
	if (has_changed && attacher->had_changed)
		attacher->turn_ns = now_ns + (took_ns < REST_MAX_NS ? took_ns : REST_MAX_NS);
	attacher->had_changed = has_changed;
}

/* Once, and only where there may be such packets: it is a matter of milliseconds. */
static void learn_kinds(struct attacher *attacher, const struct attach_result *result)
{
	int r;

	if (attacher->has_learned ||
	    (!result->takes_super && !ethtool_is_driver(result->name, "virtio_net")))
		return;
	attacher->has_learned = true;
	r = datapath_learn_kinds(attacher->datapath);
	if (r)
		log_warn(r, "the kinds of super-packets are guessed");
}

static void job_attach(struct worker_job *at)
{
	struct attach_job *job = (struct attach_job *)at;
	struct attacher *attacher = job->attacher;
	struct attach_result *result = &job->result;
	uint64_t begin_ns;

	give_way(attacher);
	if (__atomic_load_n(&job->is_forgotten, __ATOMIC_RELAXED))
		return;
	learn_kinds(attacher, result);
	begin_ns = time_monotonic_ns();
	if (attacher->clsact_fd >= 0 && !result->is_again)
		(void)attach_clean_stale(result->ifindex);
	if (result->want_xdp && !result->has_ingress)
		note(result, "no XDP", "XDP", "it is watched at egress only");
	if (result->want_ingress)
		attach_hook(attacher, result, WEIR_INGRESS);
	if (result->want_egress)
		attach_hook(attacher, result, WEIR_EGRESS);
	turn_over(attacher, begin_ns);
}

static void job_attached(struct worker_job *at)
{
	struct attach_job *job = (struct attach_job *)at;
	struct attacher *attacher = job->attacher;

	attacher->pending--;
	attacher->options.attached(attacher->options.ctx, &job->result);
	free(job);
}

static void job_detach(struct worker_job *at)
{
	struct attach_job *job = (struct attach_job *)at;

	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++)
		attach_detach(&job->result.hooks[hook]);
}

static void job_detached(struct worker_job *at)
{
	struct attach_job *job = (struct attach_job *)at;
	const struct attacher_options *options = &job->attacher->options;

	job->attacher->pending--;
	if (options->detached && job->result.key_ifindex)
		options->detached(options->ctx, job->result.key_ifindex);
	free(job);
}

static struct attach_job *job_new(struct attacher *attacher)
{
	struct attach_job *job = calloc(1, sizeof(*job));

	if (job)
		job->attacher = attacher;
	return job;
}

static void job_give(struct attach_job *job)
{
	job->attacher->pending++;
	worker_give(job->attacher->worker, &job->job);
}

static void note_change(struct attacher *attacher)
{
	__atomic_store_n(&attacher->has_changed, true, __ATOMIC_RELAXED);
}

struct attach_job *attacher_attach(struct attacher *attacher, const struct attach_result *want)
{
	struct attach_job *job = job_new(attacher);

	if (!job)
		return NULL;
	job->job.run = job_attach;
	job->job.done = job_attached;
	job->result = *want;
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++)
		job->result.hooks[hook] = (struct attachment){ .link_fd = -1 };
	note_change(attacher);
	job_give(job);
	return job;
}

bool attacher_forget(struct attacher *attacher, struct attach_job *job)
{
	note_change(attacher);
	__atomic_store_n(&job->is_forgotten, true, __ATOMIC_RELAXED);
	if (!worker_take_back(attacher->worker, &job->job))
		return false;
	attacher->pending--;
	free(job);
	return true;
}

bool attacher_detach(struct attacher *attacher, uint32_t key_ifindex,
		     struct attachment hooks[static WEIR_HOOK_MAX])
{
	struct attach_job *job;

	if (hooks[WEIR_INGRESS].kind == ATTACH_NONE && hooks[WEIR_EGRESS].kind == ATTACH_NONE)
		return false;
	job = job_new(attacher);
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		if (!job)
			attach_detach(&hooks[hook]);
		else
			job->result.hooks[hook] = hooks[hook];
		hooks[hook] = (struct attachment){ .link_fd = -1 };
	}
	if (!job)
		return false;
	job->result.key_ifindex = key_ifindex;
	job->job.run = job_detach;
	job->job.done = job_detached;
	job_give(job);
	return true;
}

static void job_look(struct worker_job *at)
{
	const struct look_job *job = (const struct look_job *)at;
	const struct datapath *datapath = job->attacher->datapath;

	for (unsigned int i = 0; i < job->count; i++) {
		struct attach_look *look = &job->looks[i];
		enum datapath_prog program = look->hook.kind == ATTACH_XDP ? DATAPATH_XDP
					     : look->hook.is_egress	   ? DATAPATH_TC_OUT
									   : DATAPATH_TC_IN;

		look->error =
			attach_look(&look->sight, &look->hook, datapath_prog_fd(datapath, program));
	}
}

static void job_looked(struct worker_job *at)
{
	struct look_job *job = (struct look_job *)at;
	const struct attacher_options *options = &job->attacher->options;

	options->looked(options->ctx, job->looks, job->count);
	free(job->looks);
	free(job);
}

int attacher_look(struct attacher *attacher, struct attach_look *looks, unsigned int count)
{
	struct look_job *job = calloc(1, sizeof(*job));

	if (!job) {
		free(looks);
		return -ENOMEM;
	}
	*job = (struct look_job){ .job = { .run = job_look, .done = job_looked },
				  .attacher = attacher,
				  .looks = looks,
				  .count = count };
	worker_give(attacher->worker, &job->job);
	return 0;
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
