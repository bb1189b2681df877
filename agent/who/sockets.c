// SPDX-License-Identifier: BSD-2-Clause
#include "sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "execs.h"
#include "kernel/map_bytes.h"
#include "kernel/tracing.h"
#include "sockets_load.h"
#include "worker.h"

#define LOOKUPS_BYTES (WEIR_LOOKUPS_MAX * sizeof(struct weir_lookup))

struct sockets {
	const struct tracing *tracing;
	struct sockets_fds fds;
	struct weir_lookup *lookups; /* mapped; NULL */
	bool is_seeded;
	char owners_note[160];
	char lookup_note[96];
};

/* What is there already: sockets that are open, and what the processes are. */
struct seed {
	struct worker_job job;
	struct sockets *sockets;
	int existing; /* the iterator; -1: none */
	int execs;    /* tracing's map; -1: none */
};

static void seed_run(struct worker_job *job)
{
	const struct seed *seed = (const struct seed *)job;
	char nothing[64];
	ssize_t got;

	do {
		got = seed->existing < 0 ? 0 : read(seed->existing, nothing, sizeof(nothing));
	} while (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)));
	if (got < 0)
		log_warn(-errno, "cannot look at who has which sockets open");
	execs_seed(seed->execs);
}

static void seed_done(struct worker_job *job)
{
	struct seed *seed = (struct seed *)job;

	seed->sockets->is_seeded = true;
	if (seed->existing >= 0)
		close(seed->existing);
	free(seed);
}

static int sockets_seed(struct sockets *sockets, struct worker *worker)
{
	int link = tracing_existing_fd(sockets->tracing);
	struct seed *seed = calloc(1, sizeof(*seed));

	if (!seed)
		return -ENOMEM;
	seed->job = (struct worker_job){ .run = seed_run, .done = seed_done };
	seed->sockets = sockets;
	seed->existing = link < 0 ? -1 : bpf_iter_create(link);
	seed->execs = tracing_execs_fd(sockets->tracing);
	if (worker) {
		worker_give(worker, &seed->job);
	} else {
		seed_run(&seed->job);
		seed_done(&seed->job);
	}
	return 0;
}

static void map_lookups(struct sockets *sockets)
{
	void *at;

	if (sockets->fds.lookup_error)
		return;
	at = mmap(NULL, LOOKUPS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, sockets->fds.lookups, 0);
	if (at == MAP_FAILED)
		sockets->fds.lookup_error = -errno;
	else
		sockets->lookups = at;
}

static void note_refusal(char *text, size_t size, int error)
{
	snprintf(text, size, "the kernel refuses the programs: %s", strerror(-error));
}

static void note(struct sockets *sockets)
{
	const char *why = tracing_note(sockets->tracing, TRACING_OWNERS);
	char *text = sockets->owners_note;
	size_t size = sizeof(sockets->owners_note);
	int error = sockets->fds.link_error;

	if (tracing_has(sockets->tracing, TRACING_OWNERS) || error == -ENODATA)
		snprintf(text, size, "%s", why);
	else if (error)
		note_refusal(text, size, error);
	else
		snprintf(text, size, "of new sockets, without when the process began: %s", why);
	text = sockets->lookup_note;
	size = sizeof(sockets->lookup_note);
	error = sockets->fds.lookup_error;
	if (error)
		note_refusal(text, size, error);
	else
		snprintf(text, size, "sockets are found by their addresses");
}

int sockets_new(struct sockets **ret, const struct sockets_parts *parts)
{
	struct sockets *sockets = calloc(1, sizeof(*sockets));
	int r;

	if (!sockets)
		return -ENOMEM;
	sockets->tracing = parts->tracing;
	sockets_load(&sockets->fds, parts->maps,
		     tracing_has(parts->tracing, TRACING_OWNERS) ? -1 : parts->cgroup);
	map_lookups(sockets);
	note(sockets);
	if (!tracing_has(parts->tracing, TRACING_OWNERS))
		log_warn(0, "who has a socket is not wholly known: %s", sockets->owners_note);
	r = sockets_seed(sockets, parts->worker);
	if (r) {
		sockets_free(&sockets);
		return r;
	}
	*ret = sockets;
	return 0;
}

void sockets_free(struct sockets **at)
{
	struct sockets *sockets = TAKE_PTR(*at);

	if (!sockets)
		return;
	if (sockets->lookups)
		munmap(sockets->lookups, LOOKUPS_BYTES);
	sockets_fds_close(&sockets->fds);
	free(sockets);
}

bool sockets_is_seeded(const struct sockets *sockets)
{
	return sockets->is_seeded;
}

int sockets_lookup(struct sockets *sockets, struct weir_lookup *lookups, size_t count)
{
	if (!sockets->lookups)
		return -EOPNOTSUPP;
	while (count) {
		uint32_t n = count < WEIR_LOOKUPS_MAX ? (uint32_t)count : WEIR_LOOKUPS_MAX;
		uint32_t packet[16] = { n };
		DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet,
				    .data_size_in = sizeof(packet));
		int r;

		memcpy(sockets->lookups, lookups, n * sizeof(*lookups));
		r = bpf_prog_test_run_opts(sockets->fds.lookup, &opts);
		if (r)
			return r;
		memcpy(lookups, sockets->lookups, n * sizeof(*lookups));
		lookups += n;
		count -= n;
	}
	return 0;
}

int sockets_exec(const struct sockets *sockets, const struct weir_owner *owner,
		 struct weir_exec *ret)
{
	return execs_lookup(tracing_execs_fd(sockets->tracing), owner->tgid, owner->start_ns, ret);
}

void sockets_capabilities(const struct sockets *sockets, sockets_capability_fn fn, void *ctx)
{
	const struct tracing *tracing = sockets->tracing;

	fn(ctx, "socket_owners", tracing_has(tracing, TRACING_OWNERS) || !sockets->fds.link_error,
	   sockets->owners_note);
	fn(ctx, "socket_users", tracing_has(tracing, TRACING_USERS),
	   tracing_note(tracing, TRACING_USERS));
	fn(ctx, "socket_lookups", !sockets->fds.lookup_error, sockets->lookup_note);
	fn(ctx, "short_lived_processes", tracing_has(tracing, TRACING_EXECS),
	   tracing_note(tracing, TRACING_EXECS));
	fn(ctx, "short_lived_cgroups", tracing_has(tracing, TRACING_CGROUPS),
	   tracing_note(tracing, TRACING_CGROUPS));
}

uint64_t sockets_map_bytes(const struct sockets *sockets)
{
	return map_bytes(sockets->fds.lookups);
}
