// SPDX-License-Identifier: BSD-2-Clause
#include "agent_signals.h"

#include <signal.h>

#include "agent.h"
#include "agent_ring.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "loop.h"
#include "socket/control.h"

#define FAREWELL_MS 500 /* at most, from the first signal on */
#define NS_PER_MS   1000000ULL

/*
 * What goes on is told to have ended with the agent, if anybody listens: in slices, and for so long
 * that a follower who reads gets all of it.
 */
static int farewell(void *ctx)
{
	struct agent *agent = ctx;
	uint64_t now_ns = time_monotonic_ns();

	if (!agent->has_said_farewell && agent_ring_read(agent))
		agent->has_said_farewell = conn_stop(agent->conns, now_ns);
	agent_tell_readers(agent);
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

int agent_signals_watch(struct agent *agent)
{
	int r = loop_add_timer(agent->loop, 0, 0, farewell, agent, &agent->farewell_timer);

	if (!r)
		r = loop_add_signal(agent->loop, SIGTERM, on_signal, agent, &agent->signals[0]);
	if (!r)
		r = loop_add_signal(agent->loop, SIGINT, on_signal, agent, &agent->signals[1]);
	if (!r)
		r = loop_add_signal(agent->loop, SIGHUP, on_hangup, agent, &agent->signals[2]);
	return r;
}
