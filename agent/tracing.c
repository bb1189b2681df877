// SPDX-License-Identifier: BSD-2-Clause
/*
 * A tracepoint that BPF can read has a type btf_trace_NAME in the kernel's BTF: a pointer to a
 * function of one argument more than the tracepoint has. Of what libbpf knows of the object nothing
 * is kept but the descriptors: the kernel's BTF alone takes 6 MB while it is read.
 */
#include "tracing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "map_bytes.h"

#include "weir/trace_config.h"

#include "trace.skel.h"

#define READ_BATCH 256

enum point {
	POINT_RETRANSMIT,
	POINT_RETRANSMIT_SYNACK,
	POINT_MAX,
};

static const struct {
	const char *tracepoint;
	const char *program;
} points[] = {
	[POINT_RETRANSMIT] = { "tcp_retransmit_skb", "weir_resend" },
	[POINT_RETRANSMIT_SYNACK] = { "tcp_retransmit_synack", "weir_resend_ack" },
};
_Static_assert(ARRAY_SIZE(points) == POINT_MAX, "each tracepoint has a program");

struct tracing {
	int links[POINT_MAX]; /* -1: not attached */
	int retransmits;
	int retransmit_sums;
	struct weir_retransmit_sums *sums; /* mapped; NULL */
	char note[128];
};

static unsigned int count_args(const struct btf *btf, const char *tracepoint)
{
	const struct btf_type *type;
	char name[64];
	int id;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return 0;
	type = btf__type_by_id(btf, btf__type_by_id(btf, (__u32)id)->type);
	if (!type || !btf_is_ptr(type))
		return 0;
	type = btf__type_by_id(btf, type->type);
	if (!type || !btf_is_func_proto(type) || btf_vlen(type) < 2)
		return 0;
	return btf_vlen(type) - 1U;
}

/* How many arguments each has. -ESRCH: the kernel has no BTF, -ENOENT: not all of them. */
static int probe(unsigned int args[static POINT_MAX])
{
	struct btf *btf = btf__load_vmlinux_btf();
	long error = libbpf_get_error(btf);
	int r = 0;

	if (error)
		return (int)error;
	for (int point = 0; point < POINT_MAX; point++) {
		args[point] = count_args(btf, points[point].tracepoint);
		if (!args[point])
			r = -ENOENT;
	}
	btf__free(btf);
	return r;
}

static int keep(int *ret, int fd)
{
	*ret = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *ret < 0 ? -errno : 0;
}

static int open_object(struct trace_bpf **ret, const unsigned int args[static POINT_MAX],
		       const struct tracing_options *options)
{
	struct trace_bpf *skel = trace_bpf__open();

	if (!skel)
		return -errno;
	skel->rodata->trace_cfg.netns = options->netns;
	skel->rodata->trace_cfg.retransmit_args = args[POINT_RETRANSMIT];
	*ret = skel;
	return 0;
}

static int map_sums(struct tracing *tracing)
{
	void *at = mmap(NULL, sizeof(*tracing->sums), PROT_READ, MAP_SHARED,
			tracing->retransmit_sums, 0);

	if (at == MAP_FAILED)
		return -errno;
	tracing->sums = at;
	return 0;
}

static int attach(struct tracing *tracing, const struct trace_bpf *skel)
{
	for (int point = 0; point < POINT_MAX; point++) {
		const struct bpf_program *program =
			bpf_object__find_program_by_name(skel->obj, points[point].program);
		struct bpf_link *link;
		int r;

		link = bpf_program__attach(program);
		if (!link)
			return -errno;
		r = keep(&tracing->links[point], bpf_link__fd(link));
		bpf_link__destroy(link);
		if (r)
			return r;
	}
	return 0;
}

static int load(struct tracing *tracing, const struct tracing_options *options)
{
	unsigned int args[POINT_MAX];
	struct trace_bpf *skel = NULL;
	int r = probe(args);

	if (r)
		return r;
	r = open_object(&skel, args, options);
	if (!r)
		r = trace_bpf__load(skel);
	if (!r)
		r = keep(&tracing->retransmits, bpf_map__fd(skel->maps.retransmits));
	if (!r)
		r = keep(&tracing->retransmit_sums, bpf_map__fd(skel->maps.retransmit_sums));
	if (!r)
		r = map_sums(tracing);
	if (!r)
		r = attach(tracing, skel);
	trace_bpf__destroy(skel);
	return r;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void unload(struct tracing *tracing)
{
	for (int point = 0; point < POINT_MAX; point++)
		close_fd(&tracing->links[point]);
	if (tracing->sums)
		munmap(tracing->sums, sizeof(*tracing->sums));
	tracing->sums = NULL;
	close_fd(&tracing->retransmits);
	close_fd(&tracing->retransmit_sums);
}

/* What is missing, for people. */
static void note(struct tracing *tracing, int error)
{
	if (!error)
		snprintf(tracing->note, sizeof(tracing->note), "the kernel's tracepoints tell");
	else if (error == -ESRCH)
		snprintf(tracing->note, sizeof(tracing->note), "this kernel has no BTF");
	else if (error == -ENOENT)
		snprintf(tracing->note, sizeof(tracing->note), "this kernel lacks the tracepoints");
	else
		snprintf(tracing->note, sizeof(tracing->note),
			 "the kernel refuses the programs: %s", strerror(-error));
}

int tracing_new(struct tracing **ret, const struct tracing_options *options)
{
	struct tracing *tracing = calloc(1, sizeof(*tracing));
	int r;

	if (!tracing)
		return -ENOMEM;
	for (int point = 0; point < POINT_MAX; point++)
		tracing->links[point] = -1;
	tracing->retransmits = tracing->retransmit_sums = -1;
	r = load(tracing, options);
	note(tracing, r);
	if (r) {
		log_warn(0, "retransmissions are not counted: %s", tracing->note);
		unload(tracing);
	}
	*ret = tracing;
	return 0;
}

void tracing_free(struct tracing **at)
{
	struct tracing *tracing = TAKE_PTR(*at);

	if (!tracing)
		return;
	unload(tracing);
	free(tracing);
}

bool tracing_has_retransmits(const struct tracing *tracing)
{
	return tracing->links[POINT_RETRANSMIT] >= 0 &&
	       tracing->links[POINT_RETRANSMIT_SYNACK] >= 0;
}

const char *tracing_note(const struct tracing *tracing)
{
	return tracing->note;
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
		r = bpf_map_lookup_batch(tracing->retransmits, is_first ? NULL : &in, &out, keys,
					 values, &count, &opts);
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
	return bpf_map_lookup_elem(tracing->retransmits, key, ret);
}

int tracing_retransmit_take(const struct tracing *tracing, const struct weir_retransmit_key *key,
			    struct weir_retransmit *ret)
{
	int r = tracing_retransmit_lookup(tracing, key, ret);

	return r ? r : bpf_map_delete_elem(tracing->retransmits, key);
}

uint64_t tracing_map_bytes(const struct tracing *tracing)
{
	if (!tracing->sums)
		return 0;
	return map_bytes(tracing->retransmits) + map_bytes(tracing->retransmit_sums);
}
