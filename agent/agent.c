// SPDX-License-Identifier: BSD-2-Clause
/*
 * The agent from its beginning to its end; what its parts do in between is in agent_load.c,
 * agent_ring.c, agent_ops.c and agent_signals.c.
 */
#include "agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent_load.h"
#include "agent_ring.h"
#include "agent_signals.h"
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
#include "kernel/udp_sockets.h"
#include "link/link.h"
#include "log/agent_events.h"
#include "log/event_log.h"
#include "log/history.h"
#include "loop.h"
#include "notify.h"
#include "socket/control.h"
#include "who/sockets.h"
#include "who/watched_file.h"
#include "who/who.h"
#include "worker.h"

#define READY_NS 150000000ULL /* after the start: then it is ready in 200 ms */
#define LOOK_MS	 1

struct loop *agent_loop(const struct agent *agent)
{
	return agent->loop;
}

int agent_check_node_name(const char *text, char reason[static OPTION_REASON_SIZE])
{
	if (strlen(text) <= NODE_NAME_MAX)
		return 0;
	snprintf(reason, OPTION_REASON_SIZE, "longer than %d bytes", NODE_NAME_MAX);
	return -EINVAL;
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
	wall_clock_init(&agent->clock);
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

static int agent_loop_new(struct agent *agent)
{
	int r = loop_new(&agent->loop);

	if (!r)
		r = agent_signals_watch(agent);
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
	return r ? r : agent_ring_watch(agent);
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
	udp_sockets_free(&agent->udp_sockets);
	retransmits_free(&agent->retransmits);
	worker_free(&agent->who_worker);
	sockets_free(&agent->sockets);
	tracing_free(&agent->tracing);
	history_free(&agent->history);
	who_free(&agent->who);
	watched_file_free(&agent->services);
	event_log_free(&agent->agent_events);
	datapath_free(&agent->datapath);
	addr_set_done(&agent->addrs);
	loop_free(&agent->loop);
	free(agent);
}

static void say_watching(const struct agent *agent)
{
	uint32_t attached = ifaces_attached(&agent->ifaces), count = agent->ifaces.count;
	const char *server = agent->options->server;

	if (attached == count)
		log_info("watching %u interfaces, answering at %s", count, server);
	else if (attached)
		log_info("watching %u of %u interfaces, answering at %s", attached, count, server);
	else
		log_warn(0, "watching none of %u interfaces, answering at %s", count, server);
}

/* What was there at the start is attached to: from now on every packet is counted. */
static int check_attached(void *ctx)
{
	struct agent *agent = ctx;

	if (attacher_pending(agent->ifaces.attacher))
		return watch_set_timer(agent->ready_timer, LOOK_MS, 0);
	watch_free(&agent->ready_timer);
	memory_give_back();
	say_watching(agent);
	return 0;
}

/*
 * Ready when whose sockets are is known, and what was there at the start is attached to: clients, who
 * could connect before, are answered. Where there are so many interfaces that it takes longer nobody
 * waits for all of them.
 */
static int check_ready(void *ctx)
{
	struct agent *agent = ctx;
	bool is_late = time_monotonic_ns() - agent->start_ns >= READY_NS;
	int r;

	if (!sockets_is_seeded(agent->sockets) ||
	    (attacher_pending(agent->ifaces.attacher) && !is_late))
		return watch_set_timer(agent->ready_timer, LOOK_MS, 0);
	watch_free(&agent->ready_timer);
	if (control_start(agent->control))
		return -ENOMEM;
	(void)notify_ready();
	r = loop_add_timer(agent->loop, LOOK_MS, 0, check_attached, agent, &agent->ready_timer);
	return r ? r : check_attached(agent);
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
