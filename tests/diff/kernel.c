// SPDX-License-Identifier: BSD-2-Clause
/*
 * Loads the datapath, runs packets and commands through it, and reads its maps.
 */
#include "kernel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "agent/kernel/present.h"
#include "base/cleanup.h"
#include "tests/bpf/bpf_env.h"
#include "tests/diff/diff.h"
#include "tests/diff/kernel_impl.h"
#include "tests/diff/kernel_pieces.h"
#include "weir/config.h"

#include "weir.skel.h"

#define TC_NEXT 0xffffffff /* -1 */
#define FOREVER 0x7fffffff /* ticks */

static int log_libbpf(enum libbpf_print_level level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static int log_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

static int load_datapath(struct kernel *kernel, const struct kernel_limits *limits)
{
	struct weir_bpf *skel = weir_bpf__open();

	if (!skel)
		return -errno;
	kernel->skel = skel;
	skel->rodata->cfg.iface_mask = KERNEL_SLOTS - 1;
	/* A full map is tried again when a step says so, and not when the clock does. */
	skel->rodata->cfg.refuse_jiffies = FOREVER;
	skel->rodata->cfg.max_unanswered = limits->max_unanswered;
	skel->rodata->cfg.max_answering = limits->max_answering;
	skel->rodata->cfg.max_one_sided = limits->max_one_sided;
	skel->rodata->cfg.knock_mask = KERNEL_KNOCKS - 1;
	bpf_map__set_max_entries(skel->maps.knocks, KERNEL_KNOCKS);
	bpf_map__set_max_entries(skel->maps.ifaces, KERNEL_SLOTS);
	bpf_map__set_max_entries(skel->maps.flows, limits->max_flows);
	bpf_map__set_max_entries(skel->maps.events, limits->ring_bytes);
	return weir_bpf__load(skel);
}

static void find_fds(struct kernel *kernel)
{
	struct weir_bpf *skel = kernel->skel;

	kernel->xdp_fd = bpf_program__fd(skel->progs.weir_xdp);
	kernel->command_fd = bpf_program__fd(skel->progs.weir_command);
	kernel->flows_fd = bpf_map__fd(skel->maps.flows);
	kernel->ifaces_fd = bpf_map__fd(skel->maps.ifaces);
	kernel->counters_fd = bpf_map__fd(skel->maps.counters);
	kernel->refuse_fd = bpf_map__fd(skel->maps.refuse_until);
	kernel->fragments_fd = bpf_map__fd(skel->maps.fragments);
	kernel->pressure_fd = bpf_map__fd(skel->maps.pressure);
	kernel->knocks_fd = bpf_map__fd(skel->maps.knocks);
	kernel->commands_fd = bpf_map__fd(skel->maps.commands);
}

static int diff_prog_fd(const struct kernel *kernel, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(kernel->diff, name));
}

static int load_diff(struct kernel *kernel)
{
	const int targets[] = { bpf_program__fd(kernel->skel->progs.weir_tc_in),
				bpf_program__fd(kernel->skel->progs.weir_tc_out) };
	struct bpf_map *args, *next;
	char path[4096];
	int r = bpf_env_object_path(path, sizeof(path), "tests/diff/diff.bpf.o");

	if (r)
		return r;
	kernel->diff = bpf_object__open(path);
	if (!kernel->diff)
		return -errno;
	r = bpf_object__load(kernel->diff);
	if (r)
		return r;
	args = bpf_object__find_map_by_name(kernel->diff, "diff_args");
	next = bpf_object__find_map_by_name(kernel->diff, "diff_next");
	for (__u32 i = 0; i < ARRAY_SIZE(targets); i++)
		if (bpf_map_update_elem(bpf_map__fd(next), &i, &targets[i], BPF_ANY))
			return -errno;
	return pieces_map(bpf_map__fd(args), sizeof(struct diff_args), (void **)&kernel->args);
}

static int allocate(struct kernel *kernel, const struct kernel_limits *limits)
{
	kernel->cpus = libbpf_num_possible_cpus();
	if (kernel->cpus < 0)
		return kernel->cpus;
	kernel->max_flows = limits->max_flows;
	kernel->percpu = calloc((size_t)kernel->cpus, sizeof(*kernel->percpu));
	kernel->keys = calloc(limits->max_flows, sizeof(*kernel->keys));
	kernel->flows = calloc(limits->max_flows, sizeof(*kernel->flows));
	return kernel->percpu && kernel->keys && kernel->flows ? 0 : -ENOMEM;
}

int kernel_new(struct kernel **ret, const struct kernel_limits *limits)
{
	auto_kernel struct kernel *kernel = calloc(1, sizeof(*kernel));
	int r;

	if (!kernel)
		return -ENOMEM;
	libbpf_set_print(log_libbpf);
	r = allocate(kernel, limits);
	if (!r)
		r = load_datapath(kernel, limits);
	if (!r)
		r = load_diff(kernel);
	if (r)
		return r;
	kernel->enter_fd = diff_prog_fd(kernel, "diff_enter");
	find_fds(kernel);
	kernel->ring = ring_buffer__new(bpf_map__fd(kernel->skel->maps.events), kernel_store_event,
					kernel, NULL);
	if (!kernel->ring)
		return -errno;
	r = present_new(&kernel->present, bpf_map__fd(kernel->skel->maps.present),
			kernel->skel->rodata->cfg.present_words);
	if (r)
		return r;
	if (limits->has_pieces)
		r = pieces_new(&kernel->pieces, kernel->enter_fd,
			       diff_prog_fd(kernel, "diff_leave"));
	if (r)
		return r;
	*ret = TAKE_PTR(kernel);
	return 0;
}

void kernel_free(struct kernel **kernel)
{
	struct kernel *k = *kernel;

	if (!k)
		return;
	ring_buffer__free(k->ring);
	present_free(&k->present);
	pieces_free(&k->pieces);
	pieces_unmap(k->args, sizeof(*k->args));
	bpf_object__close(k->diff);
	weir_bpf__destroy(k->skel);
	free(k->events);
	free(k->keys);
	free(k->flows);
	free(k->percpu);
	free(k);
	*kernel = NULL;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int run_xdp(struct kernel *kernel, const struct session_step *step,
		   struct kernel_outcome *ret)
{
	uint8_t out[SESSION_FRAME_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = step->bytes, .data_size_in = step->len,
		    .data_out = out, .data_size_out = sizeof(out));

	if (bpf_prog_test_run_opts(kernel->xdp_fd, &opts))
		return -errno;
	ret->linear = step->len;
	ret->is_passed = opts.retval == XDP_PASS;
	ret->is_unchanged =
		opts.data_size_out == step->len && memcmp(out, step->bytes, step->len) == 0;
	return 0;
}

/*
 * A test run takes the protocol of an interface without Ethernet from bytes 12 and 13, looks
 * whether an IP header is there, and the true bytes come back behind that.
 */
static int run_tc(struct kernel *kernel, const struct session_step *step,
		  struct kernel_outcome *ret)
{
	uint8_t in[SESSION_FRAME_MAX], out[SESSION_FRAME_MAX];
	struct __sk_buff ctx = { .gso_size = step->gso_size, .gso_segs = step->gso_segs };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_out = out,
		    .data_size_in = step->len, .data_size_out = sizeof(out), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx));

	memcpy(in, step->bytes, step->len);
	if (step->len < SESSION_TC_MIN) {
		memset(in + step->len, 0, SESSION_TC_MIN - step->len);
		opts.data_size_in = SESSION_TC_MIN;
		kernel->args->cut_to = step->len;
	}
	if (step->protocol) {
		memcpy(&kernel->args->protocol, in + 12, 2);
		kernel->args->has_protocol = 1;
		in[12] = (uint8_t)(step->protocol >> 8);
		in[13] = (uint8_t)step->protocol;
	}
	if (bpf_prog_test_run_opts(kernel->enter_fd, &opts))
		return -errno;
	ret->is_passed = opts.retval == TC_NEXT;
	ret->is_unchanged =
		opts.data_size_out == step->len && memcmp(out, step->bytes, step->len) == 0;
	return 0;
}

static int run_pieces(struct kernel *kernel, const struct session_step *step,
		      struct kernel_outcome *ret)
{
	uint16_t protocol = step->protocol;
	int r;

	if (!kernel->pieces)
		return -EOPNOTSUPP;
	if (!protocol)
		protocol = (uint16_t)(step->bytes[12] << 8 | step->bytes[13]);
	r = pieces_send(kernel->pieces, step->bytes, step->len, step->linear, protocol);
	if (r)
		return r;
	ret->is_passed = kernel->args->has_left;
	ret->is_unchanged = kernel->args->len == step->len &&
			    memcmp(kernel->args->head, step->bytes, DIFF_HEAD) == 0;
	return 0;
}

int kernel_packet(struct kernel *kernel, const struct session_step *step,
		  struct kernel_outcome *ret)
{
	int r;

	ret->from_ns = now_ns();
	if (step->prog == SESSION_XDP) {
		r = run_xdp(kernel, step, ret);
	} else {
		memset(kernel->args, 0, offsetof(struct diff_args, head));
		kernel->args->prog = step->prog;
		kernel->args->tci = step->tci;
		kernel->args->has_tag = step->has_tag;
		kernel->args->is_on = 1;
		r = step->linear ? run_pieces(kernel, step, ret) : run_tc(kernel, step, ret);
		kernel->args->is_on = 0;
		ret->linear = kernel->args->linear;
		ret->l3_head = kernel->args->has_l3_head ? kernel->args->l3_head : NULL;
	}
	ret->to_ns = now_ns();
	return r;
}

int kernel_command(struct kernel *kernel, struct weir_command *command)
{
	uint8_t frame[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame));
	__u32 first = 0, one = 1;

	memcpy(frame, &one, sizeof(one));
	if (bpf_map_update_elem(kernel->commands_fd, &first, command, BPF_ANY) ||
	    bpf_prog_test_run_opts(kernel->command_fd, &opts) ||
	    bpf_map_lookup_elem(kernel->commands_fd, &first, command))
		return -errno;
	return 0;
}
