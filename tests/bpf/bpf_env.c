// SPDX-License-Identifier: BSD-2-Clause
/*
 * Loads the skeleton with small maps and talks to its maps and programs by system calls, as the
 * agent does by its own module: what tests see here does not pass through the agent's code.
 */
#include "bpf_env.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "agent/kernel/flow_event.h"
#include "base/cleanup.h"
#include "pkt_build.h"
#include "weir/config.h"
#include "wrap.h"

#include "weir.skel.h"

#define MAX_FLOWS  256
#define RING_BYTES (256 << 10)
#define KNOCKS	   64
#define RUN_MIN	   64	      /* bytes, less than which are not run as they are */
#define GSO_MAX	   65536      /* a device's own, if nobody has changed it */
#define TC_UNSPEC  0xffffffff /* -1 */

struct bpf_env {
	struct weir_bpf *skel;
	struct ring_buffer *ring;
	struct weir_event *events;
	size_t events_len, events_size;
	struct bpf_env_dns dns[BPF_ENV_DNS_MAX];
	size_t dns_len;
	struct bpf_object *wrap;
	int cpus;
	void *percpu;  /* scratch: one value of `ifaces`, the largest, of all CPUs */
	uint32_t slot; /* of lo; 0: none */
	uint32_t knock_places;
	bool has_ethernet;
	uint8_t echoes;
};

const struct bpf_env_prog_info bpf_env_progs[ENV_PROG_MAX] = {
	[ENV_TC_IN] = { "weir_tc_in", WEIR_INGRESS, true, false, TC_UNSPEC },
	[ENV_TC_OUT] = { "weir_tc_out", WEIR_EGRESS, true, false, TC_UNSPEC },
	[ENV_L3_IN] = { "weir_tc_in", WEIR_INGRESS, false, false, TC_UNSPEC },
	[ENV_L3_OUT] = { "weir_tc_out", WEIR_EGRESS, false, false, TC_UNSPEC },
	[ENV_XDP] = { "weir_xdp", WEIR_INGRESS, true, true, XDP_PASS },
	[ENV_COMMAND] = { "weir_command", WEIR_INGRESS, false, false, 0 },
};

static int log_libbpf(enum libbpf_print_level level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static int log_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

bool bpf_env_is_permitted(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "weir_probe", 4, 4, 1, NULL);
	bool is_permitted = (fd >= 0 || errno != EPERM) && !geteuid();

	if (fd >= 0)
		close(fd);
	return is_permitted;
}

static int store_dns(struct bpf_env *env, const void *data, size_t size)
{
	struct bpf_env_dns *dns;

	if (size > sizeof(dns->record))
		return -EBADMSG;
	if (env->dns_len++ >= BPF_ENV_DNS_MAX)
		return 0;
	dns = &env->dns[env->dns_len - 1];
	dns->size = size;
	memcpy(dns->record, data, size);
	return 0;
}

static int store_event(void *ctx, void *data, size_t size)
{
	struct bpf_env *env = ctx;
	const struct weir_event *event;
	struct weir_event room;

	if (((const struct weir_event_hdr *)data)->type == WEIR_EVENT_DNS)
		return store_dns(env, data, size);
	event = flow_event_whole(data, size, &room);
	if (!event)
		return -EBADMSG;
	if (env->events_len == env->events_size) {
		size_t more = env->events_size ? env->events_size * 2 : 64;
		struct weir_event *events = realloc(env->events, more * sizeof(*events));

		if (!events)
			return -ENOMEM;
		env->events = events;
		env->events_size = more;
	}
	env->events[env->events_len++] = *event;
	return 0;
}

static int env_load(struct bpf_env *env, const struct bpf_env_options *options)
{
	struct weir_bpf *skel = weir_bpf__open();

	if (!skel)
		return -errno;
	env->skel = skel;
	skel->rodata->cfg.iface_mask = BPF_ENV_SLOTS - 1;
	skel->rodata->cfg.events = !options->has_no_events;
	skel->rodata->cfg.dns = options->has_dns;
	skel->rodata->cfg.dns_xdp =
		options->has_dns &&
		libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_load_bytes, NULL) == 1;
	skel->rodata->cfg.gso_types =
		libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_probe_read_kernel,
					NULL) == 1;
	if (options->max_unanswered)
		skel->rodata->cfg.max_unanswered = options->max_unanswered;
	if (options->max_answering)
		skel->rodata->cfg.max_answering = options->max_answering;
	if (options->max_one_sided)
		skel->rodata->cfg.max_one_sided = options->max_one_sided;
	if (options->refuse_jiffies)
		skel->rodata->cfg.refuse_jiffies = options->refuse_jiffies;
	env->knock_places = options->knock_places ? options->knock_places : KNOCKS;
	skel->rodata->cfg.knock_mask = env->knock_places - 1;
	bpf_map__set_max_entries(skel->maps.knocks, env->knock_places);
	bpf_map__set_max_entries(skel->maps.ifaces, BPF_ENV_SLOTS);
	bpf_map__set_max_entries(skel->maps.flows,
				 options->max_flows ? options->max_flows : MAX_FLOWS);
	bpf_map__set_max_entries(skel->maps.events,
				 options->ring_bytes ? options->ring_bytes : RING_BYTES);
	return weir_bpf__load(skel);
}

int bpf_env_new(struct bpf_env **ret, const struct bpf_env_options *options)
{
	static const struct bpf_env_options defaults;
	auto_bpf_env struct bpf_env *env = calloc(1, sizeof(*env));
	int r;

	if (!env)
		return -ENOMEM;
	libbpf_set_print(log_libbpf);
	env->cpus = libbpf_num_possible_cpus();
	if (env->cpus < 0)
		return env->cpus;
	env->percpu = calloc((size_t)env->cpus, sizeof(struct weir_iface));
	if (!env->percpu)
		return -ENOMEM;
	env->echoes = BPF_ENV_ECHOES(options && options->has_ingress);
	r = env_load(env, options ? options : &defaults);
	if (r)
		return r;
	env->ring = ring_buffer__new(bpf_map__fd(env->skel->maps.events), store_event, env, NULL);
	if (!env->ring)
		return -errno;
	r = bpf_env_reset(env);
	if (r)
		return r;
	*ret = TAKE_PTR(env);
	return 0;
}

void bpf_env_free(struct bpf_env **env)
{
	if (!*env)
		return;
	ring_buffer__free((*env)->ring);
	weir_bpf__destroy((*env)->skel);
	bpf_object__close((*env)->wrap);
	free((*env)->percpu);
	free((*env)->events);
	free(*env);
	*env = NULL;
}

struct weir_bpf *bpf_env_skel(const struct bpf_env *env)
{
	return env->skel;
}

int bpf_env_prog_fd(const struct bpf_env *env, enum bpf_env_prog prog)
{
	const struct bpf_program *program =
		bpf_object__find_program_by_name(env->skel->obj, bpf_env_progs[prog].name);

	return program ? bpf_program__fd(program) : -ENOENT;
}

/* A test program is <build>/tests/<kind>/<name>. */
int bpf_env_object_path(char *ret, size_t size, const char *name)
{
	char exe[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (len < 0)
		return -errno;
	for (int i = 0; i < 3; i++)
		while (len > 0 && exe[--len] != '/')
			;
	exe[len] = '\0';
	return (size_t)snprintf(ret, size, "%s/%s", exe, name) < size ? 0 : -ENAMETOOLONG;
}

static int env_empty(const struct bpf_map *map)
{
	uint8_t key[sizeof(struct weir_flow_key)]; /* the longest there is */
	int fd = bpf_map__fd(map);

	while (!bpf_map_get_next_key(fd, NULL, key)) {
		if (bpf_map_delete_elem(fd, key))
			return -errno;
	}
	return 0;
}

static int env_zero(const struct bpf_env *env, const struct bpf_map *map, __u32 entries)
{
	memset(env->percpu, 0, (size_t)env->cpus * sizeof(struct weir_iface));
	for (__u32 i = 0; i < entries; i++) {
		if (bpf_map_update_elem(bpf_map__fd(map), &i, env->percpu, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int env_read_slot(const struct bpf_env *env)
{
	return bpf_map_lookup_elem(bpf_map__fd(env->skel->maps.ifaces), &env->slot, env->percpu)
		       ? -errno
		       : 0;
}

static int env_write_slot(const struct bpf_env *env)
{
	return bpf_map_update_elem(bpf_map__fd(env->skel->maps.ifaces), &env->slot, env->percpu,
				   BPF_ANY)
		       ? -errno
		       : 0;
}

int bpf_env_place(struct bpf_env *env, uint32_t slot)
{
	struct weir_iface *copies = env->percpu;
	int r = env_zero(env, env->skel->maps.ifaces, BPF_ENV_SLOTS);

	env->slot = slot;
	env->has_ethernet = true;
	if (r || !slot)
		return r;
	for (int i = 0; i < env->cpus; i++) {
		copies[i].ifindex = BPF_ENV_IFINDEX;
		copies[i].key_ifindex = BPF_ENV_IFINDEX;
		copies[i].netns = BPF_ENV_NETNS;
		copies[i].has_ethernet = true;
		copies[i].echoes = env->echoes;
		copies[i].gso_max[0] = copies[i].gso_max[1] = GSO_MAX;
	}
	return env_write_slot(env);
}

/* Whether lo's packets begin with Ethernet; its counters go on. */
static int env_set_ethernet(struct bpf_env *env, bool has_ethernet)
{
	struct weir_iface *copies = env->percpu;
	int r;

	if (!env->slot || env->has_ethernet == has_ethernet)
		return 0;
	r = env_read_slot(env);
	for (int i = 0; i < env->cpus; i++)
		copies[i].has_ethernet = has_ethernet;
	env->has_ethernet = has_ethernet;
	return r ? r : env_write_slot(env);
}

int bpf_env_set_gso_max(struct bpf_env *env, const uint32_t gso_max[2])
{
	struct weir_iface *copies = env->percpu;
	int r = env_read_slot(env);

	for (int i = 0; i < env->cpus; i++)
		memcpy(copies[i].gso_max, gso_max, sizeof(copies[i].gso_max));
	return r ? r : env_write_slot(env);
}

int bpf_env_end_refusal(const struct bpf_env *env)
{
	return env_zero(env, env->skel->maps.refuse_until, 1);
}

int bpf_env_reset(struct bpf_env *env)
{
	const struct weir_event *events;
	const struct bpf_env_dns *dns;
	int r = bpf_env_place(env, BPF_ENV_IFINDEX);

	if (!r)
		r = env_empty(env->skel->maps.flows);
	if (!r)
		r = env_empty(env->skel->maps.fragments);
	if (!r)
		r = bpf_env_set_unanswered(env, 0);
	if (!r)
		r = env_zero(env, env->skel->maps.counters, WEIR_COUNTER_MAX);
	if (!r)
		r = env_zero(env, env->skel->maps.knocks, env->knock_places);
	if (!r)
		r = bpf_env_end_refusal(env);
	if (!r)
		r = bpf_env_events(env, &events);
	(void)bpf_env_dns(env, &dns);
	return r < 0 ? r : 0;
}

static int env_open_wrap(struct bpf_env *env)
{
	char path[PATH_MAX];
	int r = bpf_env_object_path(path, sizeof(path), "tests/bpf/wrap.bpf.o");

	if (r)
		return r;
	env->wrap = bpf_object__open(path);
	if (!env->wrap)
		return -errno;
	return bpf_object__load(env->wrap);
}

/* Makes the wrapper do to the packet what a test run's context cannot, and then run fd. */
static int env_wrap(struct bpf_env *env, const struct bpf_env_packet *packet, int fd)
{
	struct wrap_args args = {
		.cut_to = (__u32)packet->cut_to,
		.tci = packet->tci,
		.tag_proto = packet->tag_proto,
	};
	__u32 zero = 0;
	int r = env->wrap ? 0 : env_open_wrap(env);

	if (r)
		return r;
	if (bpf_map_update_elem(bpf_object__find_map_fd_by_name(env->wrap, "wrap_args"), &zero,
				&args, BPF_ANY) ||
	    bpf_map_update_elem(bpf_object__find_map_fd_by_name(env->wrap, "wrap_next"), &zero, &fd,
				BPF_ANY))
		return -errno;
	return bpf_program__fd(bpf_object__find_program_by_name(env->wrap, "wrap"));
}

/*
 * Test runs of TC programs refuse frames that are too short for the header their ethertype
 * promises. Those are made longer, and cut again by the wrapper.
 */
static size_t env_lengthen(struct bpf_env_packet *packet, uint8_t longer[static RUN_MIN])
{
	size_t len = packet->cut_to ? packet->cut_to : packet->len;

	if (packet->len >= RUN_MIN)
		return len;
	memset(longer, 0, RUN_MIN);
	memcpy(longer, packet->data, packet->len);
	packet->data = longer;
	packet->len = RUN_MIN;
	packet->cut_to = len;
	return len;
}

int bpf_env_run(struct bpf_env *env, enum bpf_env_prog prog, const struct bpf_env_packet *packet,
		struct bpf_env_result *ret)
{
	uint8_t out[PKT_MAX + 512], longer[RUN_MIN];
	struct bpf_env_packet run = *packet;
	size_t len = env_lengthen(&run, longer);
	struct __sk_buff ctx = { .gso_size = packet->gso_size,
				 .gso_segs = packet->gso_segs,
				 .wire_len = packet->wire_len };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = run.data, .data_out = out,
		    .data_size_in = (__u32)run.len, .data_size_out = sizeof(out),
		    .repeat = (int)packet->repeat);
	int fd = bpf_env_prog_fd(env, prog);

	if (bpf_env_progs[prog].is_xdp) {
		opts.data_size_in = (__u32)len;
	} else {
		int r = env_set_ethernet(env, bpf_env_progs[prog].has_ethernet);

		if (r)
			return r;
		opts.ctx_in = &ctx;
		opts.ctx_size_in = sizeof(ctx);
		if (run.cut_to || run.tag_proto)
			fd = env_wrap(env, &run, fd);
	}
	if (fd < 0)
		return fd;
	if (bpf_prog_test_run_opts(fd, &opts))
		return -errno;
	ret->verdict = opts.retval;
	ret->is_unchanged = opts.data_size_out == len && !memcmp(out, packet->data, len);
	return 0;
}

int bpf_env_events(struct bpf_env *env, const struct weir_event **ret)
{
	int r;

	env->events_len = 0;
	r = ring_buffer__consume(env->ring);
	*ret = env->events;
	return r < 0 ? r : (int)env->events_len;
}

size_t bpf_env_dns(struct bpf_env *env, const struct bpf_env_dns **ret)
{
	size_t len = env->dns_len;

	*ret = env->dns;
	env->dns_len = 0;
	return len;
}

int64_t bpf_env_command(struct bpf_env *env, struct weir_command *commands, size_t n)
{
	uint8_t frame[64] = { 0 };
	uint32_t count = (uint32_t)n;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame));
	int fd = bpf_map__fd(env->skel->maps.commands);

	for (__u32 i = 0; i < n && i < WEIR_COMMANDS_MAX; i++) {
		if (bpf_map_update_elem(fd, &i, &commands[i], BPF_ANY))
			return -errno;
	}
	memcpy(frame, &count, sizeof(count));
	if (bpf_prog_test_run_opts(bpf_env_prog_fd(env, ENV_COMMAND), &opts))
		return -errno;
	for (__u32 i = 0; i < n && i < WEIR_COMMANDS_MAX; i++) {
		if (bpf_map_lookup_elem(fd, &i, &commands[i]))
			return -errno;
	}
	return opts.retval;
}
