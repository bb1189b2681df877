// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the ring and the sweep bring goes to the tables; what the tables make of it, to the readers.
 */
#include "agent_ring.h"

#include <sys/epoll.h>

#include "agent.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "kernel/datapath.h"
#include "kernel/retransmits.h"
#include "loop.h"
#include "socket/control.h"
#include "who/who.h"

#define EVENTS_A_SLICE 1024 /* some 1 ms of work */
#define REST_MS	       5    /* after a drain: what comes meanwhile is read in one go */
#define NS_PER_MS      1000000ULL
#define NS_PER_S       1000000000ULL
#define PASS_NS	       (NS_PER_S * 9 / 10) /* less than between two passes of the sweep */

void agent_tell_readers(struct agent *agent)
{
	control_records(agent->control);
	export_records(agent->export);
}

/* What is due of the connection table, and everything new to the clients. */
static void agent_settle(void *ctx)
{
	struct agent *agent = ctx;
	uint64_t now = time_monotonic_ns();
	uint64_t next = conn_settle(agent->conns, now);

	watch_set_timer(agent->settle_timer, next ? (next - now) / NS_PER_MS + 1 : 0, 0);
	agent_tell_readers(agent);
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

static void agent_second(void *ctx)
{
	struct agent *agent = ctx;

	ifaces_tick(&agent->ifaces, time_monotonic_ns());
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

bool agent_ring_read(struct agent *agent)
{
	return datapath_ring_drain(agent->datapath, EVENTS_A_SLICE, &ring_readers, agent) <
	       EVENTS_A_SLICE;
}

/* A full slice is followed by another at once, an emptied ring by a rest. */
static int ring_drain(struct agent *agent)
{
	bool is_empty = agent_ring_read(agent);

	agent_settle(agent);
	if (!is_empty)
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

int agent_ring_watch(struct agent *agent)
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
					   .second = agent_second,
					   .ctx = agent };
	int r;

	r = loop_add_fd(agent->loop, datapath_ring_fd(agent->datapath), EPOLLIN, ring_ready, agent,
			&agent->ring_watch);
	if (!r)
		r = loop_add_timer(agent->loop, 0, 0, ring_rested, agent, &agent->rest_timer);
	if (!r)
		r = loop_add_timer(agent->loop, 0, 0, settle_due, agent, &agent->settle_timer);
	if (!r)
		r = sweep_new(&agent->sweep, &parts, &sweep);
	return r ? log_err(r, "cannot set up the event loop") : 0;
}
