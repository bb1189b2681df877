// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the programs at the tracepoints have noted, and what people are told of them.
 */
#include "kernel/tracing.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "kernel/datapath.h"
#include "kernel/map_bytes.h"
#include "kernel/tracing_load.h"

#define READ_BATCH 256

struct tracing {
	struct tracing_fds fds;
	struct weir_retransmit_sums *sums; /* mapped; NULL */
	char notes[TRACING_PART_MAX][128];
	unsigned int unseen_users;
	int unseen_link; /* while there are any */
	/* While it loads */
	struct tracing_options options;
	struct datapath_maps maps;
	pthread_t thread;
	bool is_started;
};

static int map_sums(struct tracing *tracing)
{
	void *at = mmap(NULL, sizeof(*tracing->sums), PROT_READ, MAP_SHARED,
			tracing->fds.maps[TRACING_MAP_SUMS], 0);

	if (at == MAP_FAILED)
		return -errno;
	tracing->sums = at;
	return 0;
}

static const char *what_is_there(enum tracing_part part)
{
	static const char *const texts[TRACING_PART_MAX] = {
		[TRACING_RETRANSMITS] = "the kernel's tracepoints tell",
		[TRACING_OWNERS] = "who makes and connects sockets is noted with them",
		[TRACING_USERS] = "who sends and receives by a socket is noted with it",
		[TRACING_SENDERS] = "who addresses packets is noted",
		[TRACING_EXECS] = "what short-lived processes were is remembered",
		[TRACING_EXECS_BEGUN] = "a program is told from the next one of its process",
		[TRACING_CGROUPS] = "cgroups are named when they are made",
		[TRACING_UNSEEN] =
			"what is dropped before a hook is counted while somebody verifies",
	};

	return texts[part];
}

/* What is missing, for people. */
static const char *what_is_missing(enum tracing_part part, int error)
{
	switch (error) {
	case -ESRCH:
		return "this kernel has no BTF";
	case -ENOENT:
		return part == TRACING_USERS ? "this kernel lacks the tracepoints (Linux 6.3 has "
					       "them)"
					     : "this kernel lacks the tracepoints";
	case -ENODEV:
		return "there is no cgroup v2";
	default:
		return NULL;
	}
}

static void note(struct tracing *tracing, enum tracing_part part)
{
	char *text = tracing->notes[part];
	size_t size = sizeof(tracing->notes[part]);
	int error = tracing->fds.errors[part];
	const char *known = error ? what_is_missing(part, error) : what_is_there(part);

	if (known)
		snprintf(text, size, "%s", known);
	else if (error == -ENODATA)
		snprintf(text, size, "not asked for");
	else
		snprintf(text, size, "the kernel refuses the programs: %s", strerror(-error));
}

static void *load(void *ctx)
{
	struct tracing *tracing = ctx;

	tracing_load(&tracing->fds, &tracing->options);
	if (tracing->options.cgroup >= 0)
		close(tracing->options.cgroup);
	return NULL;
}

int tracing_begin(struct tracing **ret, const struct tracing_options *options)
{
	struct tracing *tracing = calloc(1, sizeof(*tracing));

	if (!tracing)
		return -ENOMEM;
	tracing->options = *options;
	if (options->maps) {
		tracing->maps = *options->maps;
		tracing->options.maps = &tracing->maps;
	}
	if (options->cgroup >= 0)
		tracing->options.cgroup = fcntl(options->cgroup, F_DUPFD_CLOEXEC, 3);
	tracing->is_started = !pthread_create(&tracing->thread, NULL, load, tracing);
	if (!tracing->is_started)
		(void)load(tracing);
	*ret = tracing;
	return 0;
}

static void join(struct tracing *tracing)
{
	if (tracing->is_started)
		pthread_join(tracing->thread, NULL);
	tracing->is_started = false;
}

void tracing_wait(struct tracing *tracing)
{
	int r;

	join(tracing);
	r = tracing->fds.errors[TRACING_RETRANSMITS];
	if (!r)
		r = map_sums(tracing);
	tracing->fds.errors[TRACING_RETRANSMITS] = r;
	for (enum tracing_part part = 0; part < TRACING_PART_MAX; part++)
		note(tracing, part);
	if (r)
		log_warn(0, "retransmissions are not counted: %s",
			 tracing->notes[TRACING_RETRANSMITS]);
}

void tracing_free(struct tracing **at)
{
	struct tracing *tracing = TAKE_PTR(*at);

	if (!tracing)
		return;
	join(tracing);
	if (tracing->unseen_users)
		close(tracing->unseen_link);
	if (tracing->sums)
		munmap(tracing->sums, sizeof(*tracing->sums));
	tracing_fds_close(&tracing->fds);
	free(tracing);
}

bool tracing_has(const struct tracing *tracing, enum tracing_part part)
{
	return !tracing->fds.errors[part];
}

const char *tracing_note(const struct tracing *tracing, enum tracing_part part)
{
	return tracing->notes[part];
}

int tracing_existing_fd(const struct tracing *tracing)
{
	return tracing->fds.links[PROG_EXISTING];
}

int tracing_execs_fd(const struct tracing *tracing)
{
	return tracing->fds.maps[TRACING_MAP_EXECS];
}

const volatile struct weir_retransmit_sums *tracing_retransmit_sums(const struct tracing *tracing)
{
	static const struct weir_retransmit_sums nothing;

	return tracing->sums ? tracing->sums : &nothing;
}

int tracing_retransmits_read(const struct tracing *tracing, tracing_retransmit_fn fn, void *ctx)
{
	struct weir_retransmit_key keys[READ_BATCH];
	struct weir_retransmit values[READ_BATCH];
	DECLARE_LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t count, in = 0, out = 0;
	bool is_first = true;
	int r;

	do {
		count = READ_BATCH;
		r = bpf_map_lookup_batch(tracing->fds.maps[TRACING_MAP_RETRANSMITS],
					 is_first ? NULL : &in, &out, keys, values, &count, &opts);
		if (r && r != -ENOENT)
			return r;
		for (uint32_t i = 0; i < count; i++)
			fn(ctx, &keys[i], &values[i]);
		is_first = false;
		in = out;
	} while (!r);
	return 0;
}

int tracing_retransmit_lookup(const struct tracing *tracing, const struct weir_retransmit_key *key,
			      struct weir_retransmit *ret)
{
	return bpf_map_lookup_elem(tracing->fds.maps[TRACING_MAP_RETRANSMITS], key, ret);
}

int tracing_retransmit_take(const struct tracing *tracing, const struct weir_retransmit_key *key,
			    struct weir_retransmit *ret)
{
	int r = tracing_retransmit_lookup(tracing, key, ret);

	return r ? r : bpf_map_delete_elem(tracing->fds.maps[TRACING_MAP_RETRANSMITS], key);
}

int tracing_unseen_begin(struct tracing *tracing)
{
	int fd;

	if (!tracing_has(tracing, TRACING_UNSEEN))
		return tracing->fds.errors[TRACING_UNSEEN];
	if (!tracing->unseen_users) {
		fd = bpf_raw_tracepoint_open(NULL, tracing->fds.links[PROG_UNSEEN]);
		if (fd < 0)
			return -errno;
		tracing->unseen_link = fd;
	}
	tracing->unseen_users++;
	return 0;
}

void tracing_unseen_end(struct tracing *tracing)
{
	if (!--tracing->unseen_users)
		close(tracing->unseen_link);
}

bool tracing_unseen_is_counted(const struct tracing *tracing)
{
	return tracing->unseen_users > 0;
}

void tracing_unseen_read(const struct tracing *tracing, tracing_unseen_fn fn, void *ctx)
{
	int map = tracing->fds.maps[TRACING_MAP_UNSEEN];
	struct weir_unseen_key key, *before = NULL;
	struct weir_count count;

	for (int i = 0; i < WEIR_UNSEEN_MAX && !bpf_map_get_next_key(map, before, &key); i++) {
		if (!bpf_map_lookup_elem(map, &key, &count))
			fn(ctx, &key, &count);
		before = &key;
	}
}

struct weir_count tracing_unseen_lookup(const struct tracing *tracing,
					const struct weir_unseen_key *key)
{
	struct weir_count count = { 0 };

	(void)bpf_map_lookup_elem(tracing->fds.maps[TRACING_MAP_UNSEEN], key, &count);
	return count;
}

uint64_t tracing_map_bytes(const struct tracing *tracing)
{
	uint64_t sum = 0;

	for (int map = 0; map < TRACING_MAP_MAX; map++)
		sum += map_bytes(tracing->fds.maps[map]);
	return sum;
}
