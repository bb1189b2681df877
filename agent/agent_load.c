// SPDX-License-Identifier: BSD-2-Clause
#include "agent_load.h"

#include <stdio.h>
#include <sys/resource.h>

#include "agent.h"
#include "agent_ops.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/services.h"
#include "conn/conn_table.h"
#include "kernel/datapath.h"
#include "kernel/descriptors.h"
#include "kernel/listeners.h"
#include "kernel/retransmits.h"
#include "kernel/tracing.h"
#include "kernel/udp_sockets.h"
#include "link/link.h"
#include "log/history.h"
#include "socket/services_file.h"
#include "who/cgroup2.h"
#include "who/sockets.h"
#include "who/who.h"
#include "worker.h"

#define KEEP_MORE_NS 60000000000ULL
/* Who is silent for longer, answered UDP, begins anew: to us, and to an agent that had been here before. */
#define OLDEST_UDP(options) (3 * (options)->timeouts.udp_ns)

static uint64_t boot_id(void)
{
	auto_file FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	char text[40] = "";

	if (!file || !fgets(text, sizeof(text), file))
		return 0;
	return hash_bytes(0, text, 36);
}

/* Kernels before 5.11 charge maps to RLIMIT_MEMLOCK. Where it can't be raised the load will tell. */
static void raise_memlock(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	(void)setrlimit(RLIMIT_MEMLOCK, &limit);
}

/*
 * What takes long at the start is the kernel's: it verifies the packet programs and those at the
 * tracepoints, and to attach to an interface it waits for all its processors. So the former go on
 * by threads while this one goes on to the interfaces, which the attacher begins with at once.
 */
static int agent_begin_load(struct agent *agent, const struct datapath_maps *maps, int cgroup)
{
	const struct agent_options *options = agent->options;
	const struct tracing_options tracing = { .netns = agent->netns_inode,
						 .cgroup = cgroup,
						 .maps = maps };
	const struct conn_options conns = { .max_flows = (uint32_t)options->max_flows,
					    .update_interval_ns = options->update_interval_ns,
					    .young_until_ns = agent->start_ns + OLDEST_UDP(options),
					    .boot_id = boot_id() };
	int r = tracing_begin(&agent->tracing, &tracing);

	if (!r)
		r = history_new(&agent->history, options->log_capacity, agent_record_dropped,
				agent);
	if (!r)
		r = conn_table_new(&agent->conns, &conns, agent_conn_ops(), agent);
	return r;
}

static void tell_who(void *ctx, struct watched *watched)
{
	if (!watched->is_gone)
		who_iface_set(ctx, watched->key_ifindex, &watched->info);
}

/* Interfaces that are not watched have no flows for which who is who would be asked. */
static int agent_load_who(struct agent *agent)
{
	const struct str_list *runtimes = &agent->options->runtimes;
	const struct who_options options = { .endpoints = agent->options->endpoints,
					     .runtimes = (const char *const *)runtimes->items,
					     .runtime_count = runtimes->count };
	const struct who_parts parts = { .loop = agent->loop,
					 .worker = agent->who_worker,
					 .addrs = &agent->addrs,
					 .sockets = agent->sockets,
					 .conns = agent->conns,
					 .netns = agent->netns_inode,
					 .has_cgroup_events =
						 tracing_has(agent->tracing, TRACING_CGROUPS),
					 .endpoints = agent_endpoint_ops(),
					 .ctx = agent };
	int r = who_new(&agent->who, &parts, &options);

	if (r)
		return r;
	agent->context.parties = who_parties(agent->who);
	agent->context.translations = who_translations(agent->who);
	ifaces_each(&agent->ifaces, tell_who, agent->who);
	return 0;
}

static int agent_end_load(struct agent *agent, const struct datapath_maps *maps, int cgroup)
{
	const struct agent_options *options = agent->options;
	struct sockets_parts sockets = { .maps = maps, .cgroup = cgroup };
	struct retransmits_options retransmits = {
		.netns = agent->netns_inode,
		.keep_ns =
			options->timeouts.tcp_ns + 2 * options->update_interval_ns + KEEP_MORE_NS,
	};
	int r = worker_new(&agent->who_worker, agent->loop);

	if (r)
		return r;
	tracing_wait(agent->tracing);
	sockets.tracing = agent->tracing;
	sockets.worker = agent->who_worker;
	r = sockets_new(&agent->sockets, &sockets);
	if (r)
		return r;
	retransmits.sums = tracing_retransmit_sums(agent->tracing);
	r = retransmits_new(&agent->retransmits, &retransmits, agent_retransmits_ops(), agent);
	if (!r)
		r = agent_load_who(agent);
	if (!r)
		r = services_file_new(&agent->services, agent->loop, agent->who_worker,
				      services_file);
	if (!r)
		r = udp_sockets_new(&agent->udp_sockets);
	return r ? r : listeners_new(&agent->listeners);
}

static int agent_attach(struct agent *agent)
{
	int r = ifaces_init(&agent->ifaces, agent->loop, agent->datapath, &agent->options->ifaces);

	if (r)
		return log_err(r, "cannot start the worker");
	r = link_new(&agent->link, agent->loop, agent_link_ops(), agent);
	return r ? log_err(r, "cannot watch the interfaces") : 0;
}

int agent_load(struct agent *agent)
{
	const struct agent_options *options = agent->options;
	const struct datapath_options datapath = { .max_flows = (uint32_t)options->max_flows,
						   .max_ifaces = (uint32_t)options->max_interfaces,
						   .ring_bytes = options->ring_bytes,
						   .want_xdp = options->ifaces.xdp.count,
						   .want_dns = options->dns };
	auto_close int cgroup = cgroup2_open();
	struct datapath_maps maps;
	int r;

	raise_memlock();
	descriptors_raise();
	r = datapath_begin(&agent->datapath, &datapath);
	if (r)
		return r;
	datapath_maps(agent->datapath, &maps);
	r = agent_begin_load(agent, &maps, cgroup);
	if (r)
		return log_err(r, "cannot make the flow log");
	r = datapath_wait(agent->datapath);
	if (!r)
		r = agent_attach(agent);
	if (r)
		return r;
	r = agent_end_load(agent, &maps, cgroup);
	if (r)
		return log_err(r, "cannot make the tables of who is who");
	if (options->export.file)
		r = export_new(&agent->export, agent, &options->export);
	return r ? log_err(r, "cannot begin the export") : 0;
}
