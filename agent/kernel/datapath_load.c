// SPDX-License-Identifier: BSD-2-Clause
/*
 * The verifier takes most of the agent's time to start, 8 to 25 ms a program, and looks at as many
 * programs at once as there are threads that ask. libbpf loads the programs of an object one after
 * another. So the object is opened several times: the first one makes the maps, and each of the
 * others takes these and loads one program.
 */
#include "kernel/datapath_load.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "kernel/present.h"

#include "weir/config.h"
#include "weir/present.h"

#include "weir.skel.h"

/* The object, opened for a program of it or for the maps. */
struct part {
	struct weir_bpf *skel;
	pthread_t thread;
	bool is_started;
	int r;
};

struct datapath_loading {
	struct part progs[DATAPATH_PROG_MAX];
	struct part maps;
};

static int libbpf_log(enum libbpf_print_level level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Line by line: the verifier's words come as one text of many kilobytes. */
static int libbpf_log(enum libbpf_print_level level, const char *format, va_list args)
{
	auto_free char *text = NULL;
	char *line, *at = NULL;

	if (level == LIBBPF_DEBUG || log_max_level() < LOG_LEVEL_DEBUG)
		return 0;
	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		return 0;
	}
	flockfile(stderr); /* what is said of one program stays together */
	for (line = strtok_r(text, "\n", &at); line; line = strtok_r(NULL, "\n", &at))
		log_debug("%s", line);
	funlockfile(stderr);
	return 0;
}

static struct bpf_map *part_map(const struct part *part, enum datapath_map map)
{
	struct bpf_map *const maps[DATAPATH_MAP_MAX] = {
		[MAP_FLOWS] = part->skel->maps.flows,
		[MAP_IFACES] = part->skel->maps.ifaces,
		[MAP_EVENTS] = part->skel->maps.events,
		[MAP_COUNTERS] = part->skel->maps.counters,
		[MAP_OWNERS] = part->skel->maps.owners,
		[MAP_REFUSE_UNTIL] = part->skel->maps.refuse_until,
		[MAP_FRAGMENTS] = part->skel->maps.fragments,
		[MAP_DNS_BUCKETS] = part->skel->maps.dns_buckets,
		[MAP_PRESSURE] = part->skel->maps.pressure,
		[MAP_PRESENT] = part->skel->maps.present,
		[MAP_SKB_LAYOUTS] = part->skel->maps.skb_layouts,
		[MAP_KNOCKS] = part->skel->maps.knocks,
		[MAP_PACKETS] = part->skel->maps.packets,
		[MAP_COMMANDS] = part->skel->maps.commands,
		[MAP_RODATA] = part->skel->maps.rodata,
	};

	return maps[map];
}

static struct bpf_program *part_prog(const struct part *part, enum datapath_prog prog)
{
	struct bpf_program *const progs[DATAPATH_PROG_MAX] = {
		[DATAPATH_TC_IN] = part->skel->progs.weir_tc_in,
		[DATAPATH_TC_OUT] = part->skel->progs.weir_tc_out,
		[DATAPATH_XDP] = part->skel->progs.weir_xdp,
		[DATAPATH_COMMAND] = part->skel->progs.weir_command,
	};

	return progs[prog];
}

static int part_open(struct part *part)
{
	int r = 0;

	part->skel = weir_bpf__open();
	if (!part->skel)
		return -errno;
	for (enum datapath_prog prog = 0; prog < DATAPATH_PROG_MAX && !r; prog++)
		r = bpf_program__set_autoload(part_prog(part, prog), false);
	return r;
}

/* Else DNS answers that XDP takes are not sampled. */
static bool can_load_xdp(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_load_bytes, NULL) == 1;
}

/* Else what kind of super-packet one is has to be guessed. */
static bool can_read_kernel(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_probe_read_kernel, NULL) ==
	       1;
}

static int load_maps(struct part *part, const struct datapath_options *options)
{
	const uint32_t words = present_words(options->max_flows);
	int r = part_open(part);

	if (r)
		return r;
	part->skel->rodata->cfg.iface_mask = options->max_ifaces - 1;
	part->skel->rodata->cfg.events = !options->no_events;
	part->skel->rodata->cfg.dns = options->want_dns;
	part->skel->rodata->cfg.dns_xdp = options->want_dns && options->want_xdp && can_load_xdp();
	part->skel->rodata->cfg.gso_types = can_read_kernel();
	part->skel->rodata->cfg.max_unanswered = options->max_flows - options->max_flows / 4;
	part->skel->rodata->cfg.max_answering = options->max_flows / 16;
	part->skel->rodata->cfg.max_one_sided =
		options->max_one_sided ? options->max_one_sided : options->max_flows / 8;
	part->skel->rodata->cfg.present_words = words;
	r = bpf_map__set_max_entries(part_map(part, MAP_FLOWS), options->max_flows);
	if (!r)
		r = bpf_map__set_max_entries(part_map(part, MAP_PRESENT),
					     WEIR_PRESENT_FIRST + 2 * words);
	if (!r)
		r = bpf_map__set_max_entries(part_map(part, MAP_IFACES), options->max_ifaces);
	if (!r)
		r = bpf_map__set_max_entries(part_map(part, MAP_EVENTS),
					     (uint32_t)options->ring_bytes);
	return r ? r : weir_bpf__load(part->skel);
}

static void *part_run(void *ctx)
{
	struct part *part = ctx;

	part->r = weir_bpf__load(part->skel);
	return NULL;
}

/* Begins to load the program. Where there is no thread to be had, it is loaded on return. */
static void part_start(struct part *part, const struct part *maps, enum datapath_prog prog)
{
	part->r = part_open(part);
	if (!part->r)
		part->r = bpf_program__set_autoload(part_prog(part, prog), true);
	for (enum datapath_map map = 0; map < DATAPATH_MAP_MAX && !part->r; map++)
		part->r = bpf_map__reuse_fd(part_map(part, map), bpf_map__fd(part_map(maps, map)));
	if (part->r)
		return;
	part->is_started = !pthread_create(&part->thread, NULL, part_run, part);
	if (!part->is_started)
		(void)part_run(part);
}

static int keep(int *ret, int fd)
{
	*ret = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *ret < 0 ? -errno : 0;
}

/* Whatever is loaded, or is being. Returns what was the matter with a program. */
static int loading_join(struct datapath_loading *loading)
{
	int r = 0;

	for (enum datapath_prog prog = 0; prog < DATAPATH_PROG_MAX; prog++) {
		struct part *part = &loading->progs[prog];

		if (part->is_started)
			pthread_join(part->thread, NULL);
		part->is_started = false;
		if (!r)
			r = part->r;
	}
	return r;
}

static int loading_fail(struct datapath_fds *fds, int error)
{
	datapath_fds_close(fds);
	if (error == -EPERM)
		return log_err(error, "cannot load the BPF programs: that takes root, or the "
				      "capabilities BPF, PERFMON and NET_ADMIN");
	return log_err(error, "cannot load the BPF programs (--debug shows the kernel's words)");
}

void datapath_load_cancel(struct datapath_loading **at)
{
	struct datapath_loading *loading = TAKE_PTR(*at);

	if (!loading)
		return;
	(void)loading_join(loading);
	for (enum datapath_prog prog = 0; prog < DATAPATH_PROG_MAX; prog++)
		weir_bpf__destroy(loading->progs[prog].skel);
	weir_bpf__destroy(loading->maps.skel);
	free(loading);
	malloc_trim(0);
}

int datapath_load_begin(struct datapath_loading **ret, struct datapath_fds *fds,
			const struct datapath_options *options)
{
	struct datapath_loading *loading = calloc(1, sizeof(*loading));
	int r;

	memset(fds, 0xff, sizeof(*fds));
	if (!loading)
		return loading_fail(fds, -ENOMEM);
	libbpf_set_print(libbpf_log);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	r = load_maps(&loading->maps, options);
	for (enum datapath_map map = 0; map < DATAPATH_MAP_MAX && !r; map++)
		r = keep(&fds->maps[map], bpf_map__fd(part_map(&loading->maps, map)));
	for (enum datapath_prog prog = 0; prog < DATAPATH_PROG_MAX && !r; prog++) {
		if (prog != DATAPATH_XDP || options->want_xdp)
			part_start(&loading->progs[prog], &loading->maps, prog);
	}
	if (r) {
		datapath_load_cancel(&loading);
		return loading_fail(fds, r);
	}
	*ret = loading;
	return 0;
}

int datapath_load_end(struct datapath_loading **at, struct datapath_fds *fds)
{
	struct datapath_loading *loading = *at;
	int r = loading_join(loading);

	for (enum datapath_prog prog = 0; prog < DATAPATH_PROG_MAX && !r; prog++) {
		const struct part *part = &loading->progs[prog];

		if (part->skel)
			r = keep(&fds->progs[prog], bpf_program__fd(part_prog(part, prog)));
	}
	datapath_load_cancel(at);
	return r ? loading_fail(fds, r) : 0;
}

void datapath_fds_close(struct datapath_fds *fds)
{
	for (enum datapath_map map = 0; map < DATAPATH_MAP_MAX; map++) {
		if (fds->maps[map] >= 0)
			close(fds->maps[map]);
	}
	for (enum datapath_prog prog = 0; prog < DATAPATH_PROG_MAX; prog++) {
		if (fds->progs[prog] >= 0)
			close(fds->progs[prog]);
	}
	memset(fds, 0xff, sizeof(*fds));
}
