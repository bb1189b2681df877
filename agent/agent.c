// SPDX-License-Identifier: BSD-2-Clause
/*
 * Wiring: what the ring and rtnetlink tell goes to the tables, what the tables make of it goes to
 * the log, and the clients are told.
 */
#include "agent.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent_ops.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/server.h"
#include "base/timefmt.h"
#include "conn/conn_table.h"
#include "kernel/datapath.h"
#include "kernel/listeners.h"
#include "kernel/retransmits.h"
#include "kernel/tracing.h"
#include "link/link.h"
#include "log/agent_events.h"
#include "log/event_log.h"
#include "log/history.h"
#include "loop.h"
#include "notify.h"
#include "socket/control.h"
#include "who/cgroup2.h"
#include "who/sockets.h"
#include "who/who.h"
#include "worker.h"

#define EVENTS_A_SLICE 1024 /* some 1 ms of work */
#define REST_MS	       5    /* after a drain: what comes meanwhile is read in one go */
#define FAREWELL_MS    500  /* at most, from the first signal on */
#define NS_PER_MS      1000000ULL
#define NS_PER_S       1000000000ULL
#define PASS_NS	       (NS_PER_S * 9 / 10) /* less than between two passes of the sweep */
#define KEEP_MORE_NS   (60 * NS_PER_S)

struct loop *agent_loop(const struct agent *agent)
{
	return agent->loop;
}

/* What is due of the connection table, and everything new to the clients. */
static void agent_settle(void *ctx)
{
	struct agent *agent = ctx;
	uint64_t now = time_monotonic_ns();
	uint64_t next = conn_settle(agent->conns, now);

	watch_set_timer(agent->settle_timer, next ? (next - now) / NS_PER_MS + 1 : 0, 0);
	control_records(agent->control);
	export_records(agent->export);
}

/* A slice of the sweep has told all that it had to tell. */
static void agent_swept(void *ctx)
{
	struct agent *agent = ctx;
	uint64_t now = time_monotonic_ns();

	if (now - agent->swept_ns > PASS_NS) {
		retransmits_pass(agent->retransmits, now);
		agent->swept_ns = now;
	}
	agent_settle(agent);
}

static int settle_due(void *ctx)
{
	agent_settle(ctx);
	return 0;
}

static void ring_event(void *ctx, const struct weir_event *event)
{
	struct agent *agent = ctx;

	agent->events++;
	conn_event(agent->conns, event);
}

static void ring_user(void *ctx, const struct weir_user_event *event)
{
	struct agent *agent = ctx;

	agent->events++;
	who_user(agent->who, event);
}

static void ring_cgroup(void *ctx, const struct weir_cgroup_event *event)
{
	struct agent *agent = ctx;

	agent->events++;
	who_cgroup(agent->who, event);
}

static void ring_dns(void *ctx, const struct weir_dns_event *event)
{
	struct agent *agent = ctx;

	agent->events++;
	who_dns(agent->who, event);
}

static const struct datapath_readers ring_readers = {
	.flow = ring_event,
	.user = ring_user,
	.cgroup = ring_cgroup,
	.dns = ring_dns,
};

/* A full slice is followed by another at once, an emptied ring by a rest. */
static int ring_drain(struct agent *agent)
{
	unsigned int count =
		datapath_ring_drain(agent->datapath, EVENTS_A_SLICE, &ring_readers, agent);

	agent_settle(agent);
	if (count == EVENTS_A_SLICE)
		return watch_set_events(agent->ring_watch, EPOLLIN); /* it is readable still */
	watch_set_events(agent->ring_watch, 0);
	watch_set_timer(agent->rest_timer, REST_MS, 0);
	return 0;
}

static int ring_ready(void *ctx, uint32_t events)
{
	(void)events;
	return ring_drain(ctx);
}

/* The kernel wakes us only for what comes to an empty ring: look once more, then listen. */
static int ring_rested(void *ctx)
{
	struct agent *agent = ctx;

	if (datapath_ring_used(agent->datapath))
		return ring_drain(agent);
	return watch_set_events(agent->ring_watch, EPOLLIN);
}

static void link_iface_set(void *ctx, const struct iface_info *info)
{
	struct agent *agent = ctx;

	ifaces_set(&agent->ifaces, info);
	if (agent->who)
		who_iface_set(agent->who, info);
}

static void link_iface_gone(void *ctx, uint32_t ifindex)
{
	struct agent *agent = ctx;

	ifaces_gone(&agent->ifaces, ifindex);
	if (agent->who)
		who_iface_gone(agent->who, ifindex);
	if (agent->sweep)
		sweep_soon(agent->sweep);
}

static void link_addr_set(void *ctx, uint32_t ifindex, const uint8_t addr[static 16], int family,
			  bool is_there)
{
	struct agent *agent = ctx;
	bool was_there = addr_set_has(&agent->addrs, addr);

	if (is_there)
		(void)addr_set_add(&agent->addrs, ifindex, addr);
	else
		addr_set_remove(&agent->addrs, ifindex, addr);
	/* It may be at several interfaces. */
	if (addr_set_has(&agent->addrs, addr) != was_there)
		agent_tell_address(agent, addr, family, is_there);
}

static const struct link_ops link_ops = {
	.iface_set = link_iface_set,
	.iface_gone = link_iface_gone,
	.addr_set = link_addr_set,
};

/*
 * What goes on is told to have ended with the agent, if anybody listens: in slices, and for so long
 * that a follower who reads gets all of it.
 */
static int farewell(void *ctx)
{
	struct agent *agent = ctx;
	uint64_t now_ns = time_monotonic_ns();

	if (!agent->has_said_farewell && datapath_ring_drain(agent->datapath, EVENTS_A_SLICE,
							     &ring_readers, agent) < EVENTS_A_SLICE)
		agent->has_said_farewell = conn_stop(agent->conns, now_ns);
	control_records(agent->control);
	export_records(agent->export);
	if (now_ns >= agent->farewell_ns ||
	    (agent->has_said_farewell && control_is_drained(agent->control) &&
	     export_is_drained(agent->export)))
		loop_stop(agent->loop, 0);
	else
		watch_set_timer(agent->farewell_timer, 1, 0);
	return 0;
}

static int on_signal(void *ctx, int signo)
{
	struct agent *agent = ctx;

	log_debug("signal %d: ending", signo);
	if (agent->farewell_ns || (!control_is_busy(agent->control) && !agent->export)) {
		loop_stop(agent->loop, 0);
		return 0;
	}
	agent->farewell_ns = time_monotonic_ns() + FAREWELL_MS * NS_PER_MS;
	return farewell(agent);
}

static int on_hangup(void *ctx, int signo)
{
	const struct agent *agent = ctx;

	(void)signo;
	export_reopen(agent->export);
	return 0;
}

static uint64_t boot_id(void)
{
	auto_file FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	char text[40] = "";

	if (!file || !fgets(text, sizeof(text), file))
		return 0;
	return hash_bytes(0, text, 36);
}

static void agent_names(struct agent *agent)
{
	struct stat st;

	if (agent->options->node_name) {
		snprintf(agent->node_name, sizeof(agent->node_name), "%s",
			 agent->options->node_name);
	} else if (gethostname(agent->node_name, sizeof(agent->node_name) - 1)) {
		snprintf(agent->node_name, sizeof(agent->node_name), "localhost");
	}
	if (!stat("/proc/self/ns/net", &st)) {
		agent->netns_inode = (uint32_t)st.st_ino;
		snprintf(agent->netns, sizeof(agent->netns), "%llu", (unsigned long long)st.st_ino);
	}
	agent->context = (struct record_context){ .node_name = agent->node_name,
						  .netns = agent->netns,
						  .agent_start_ns = time_realtime_ns() };
	agent->start_ns = time_monotonic_ns();
	agent->wall_offset_ns = time_realtime_ns() - time_monotonic_ns();
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
		who_iface_set(ctx, &watched->info);
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
	return r ? r : listeners_new(&agent->listeners);
}

static int agent_attach(struct agent *agent)
{
	int r = ifaces_init(&agent->ifaces, agent->loop, agent->datapath, &agent->options->ifaces);

	if (r)
		return log_err(r, "cannot start the worker");
	r = link_new(&agent->link, agent->loop, &link_ops, agent);
	return r ? log_err(r, "cannot watch the interfaces") : 0;
}

static int agent_load(struct agent *agent)
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

static int agent_watch(struct agent *agent)
{
	const struct sweep_options sweep = { .max_flows = (uint32_t)agent->options->max_flows,
					     .update_interval_ns =
						     agent->options->update_interval_ns,
					     .timeouts = agent->options->timeouts };
	const struct sweep_parts parts = { .loop = agent->loop,
					   .datapath = agent->datapath,
					   .conns = agent->conns,
					   .ifaces = &agent->ifaces,
					   .addrs = &agent->addrs,
					   .after_slice = agent_swept,
					   .ctx = agent };
	int r;

	r = loop_add_fd(agent->loop, datapath_ring_fd(agent->datapath), EPOLLIN, ring_ready, agent,
			&agent->ring_watch);
	if (!r)
		r = loop_add_timer(agent->loop, 0, 0, ring_rested, agent, &agent->rest_timer);
	if (!r)
		r = loop_add_timer(agent->loop, 0, 0, farewell, agent, &agent->farewell_timer);
	if (!r)
		r = loop_add_timer(agent->loop, 0, 0, settle_due, agent, &agent->settle_timer);
	if (!r)
		r = sweep_new(&agent->sweep, &parts, &sweep);
	return r ? log_err(r, "cannot set up the event loop") : 0;
}

/* The first thing that is told is when it all began. */
static int agent_events_new(struct agent *agent)
{
	int r = event_log_new(&agent->agent_events, AGENT_EVENTS_MAX, AGENT_EVENTS_BYTES_MAX);

	if (r)
		return log_err(r, "cannot make the log of events");
	agent_events_start(agent->agent_events, agent->context.agent_start_ns);
	return 0;
}

/* Before anything is made that has to be removed: a signal then waits for the loop. */
static int agent_loop_new(struct agent *agent)
{
	int r = loop_new(&agent->loop);

	if (!r)
		r = loop_add_signal(agent->loop, SIGTERM, on_signal, agent, &agent->signals[0]);
	if (!r)
		r = loop_add_signal(agent->loop, SIGINT, on_signal, agent, &agent->signals[1]);
	if (!r)
		r = loop_add_signal(agent->loop, SIGHUP, on_hangup, agent, &agent->signals[2]);
	return r ? log_err(r, "cannot make the event loop") : 0;
}

static int agent_open(struct agent *agent)
{
	char reason[OPTION_REASON_SIZE];
	struct server server;
	int r = server_parse(&server, agent->options->server, reason);

	if (r) {
		log_err(0, "--server %s: %s", agent->options->server, reason);
		return r;
	}
	agent_names(agent);
	r = agent_events_new(agent);
	if (!r)
		r = agent_loop_new(agent);
	if (!r)
		r = control_new(&agent->control, agent, &server);
	if (!r)
		r = agent_load(agent);
	return r ? r : agent_watch(agent);
}

int agent_new(struct agent **ret, const struct agent_options *options)
{
	struct agent *agent = calloc(1, sizeof(*agent));
	int r;

	if (!agent)
		return log_err(-ENOMEM, "cannot start");
	agent->options = options;
	r = agent_open(agent);
	if (r) {
		agent_free(&agent);
		return r;
	}
	*ret = agent;
	return 0;
}

void agent_free(struct agent **at)
{
	struct agent *agent = TAKE_PTR(*at);

	if (!agent)
		return;
	control_free(&agent->control); /* first: answers that run use all the rest */
	export_free(&agent->export);
	link_free(&agent->link);
	ifaces_done(&agent->ifaces);
	sweep_free(&agent->sweep);
	watch_free(&agent->ring_watch);
	watch_free(&agent->rest_timer);
	watch_free(&agent->farewell_timer);
	watch_free(&agent->settle_timer);
	watch_free(&agent->ready_timer);
	watch_free(&agent->signals[0]);
	watch_free(&agent->signals[1]);
	watch_free(&agent->signals[2]);
	conn_table_free(&agent->conns);
	listeners_free(&agent->listeners);
	retransmits_free(&agent->retransmits);
	worker_free(&agent->who_worker);
	sockets_free(&agent->sockets);
	tracing_free(&agent->tracing);
	history_free(&agent->history);
	who_free(&agent->who);
	event_log_free(&agent->agent_events);
	datapath_free(&agent->datapath);
	addr_set_done(&agent->addrs);
	loop_free(&agent->loop);
	free(agent);
}

/*
 * Ready when what was there at the start is attached to, and whose sockets are is known: from then
 * on every packet is counted, and clients, who could connect before, are answered.
 */
static int check_ready(void *ctx)
{
	struct agent *agent = ctx;

	if (attacher_pending(agent->ifaces.attacher) || !sockets_is_seeded(agent->sockets)) {
		watch_set_timer(agent->ready_timer, 1, 0);
		return 0;
	}
	watch_free(&agent->ready_timer);
	memory_give_back();
	if (control_start(agent->control))
		return -ENOMEM;
	log_info("watching %u interfaces, answering at %s", agent->ifaces.count,
		 agent->options->server);
	(void)notify_ready();
	return 0;
}

int agent_run(struct agent *agent)
{
	int r = loop_add_timer(agent->loop, 1, 0, check_ready, agent, &agent->ready_timer);

	if (r)
		return r;
	r = loop_run(agent->loop);
	(void)notify_stopping();
	return r;
}
