// SPDX-License-Identifier: BSD-2-Clause
/*
 * The sweep: a pass over the flow map each second, in slices of one batch, so that no callback
 * takes long. Where a pass takes more than a tenth of a second's work, as with a million flows, the
 * next one waits until it was a tenth of the time. An entry is marked in one pass and reaped in a later one (weir/command.h).
 */
#include "kernel/sweep.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "conn/conn.h"
#include "kernel/datapath.h"
#include "kernel/present.h"
#include "kernel/tick.h"
#include "link/ifaces.h"
#include "loop.h"

#include "weir/lifecycle.h"

#define PASS_MS	       1000
#define SLICE_MS       1
#define NS_PER_S       1000000000ULL
#define GONE_MS	       100 /* from one pass to the next while interfaces that have gone have entries */
#define NS_PER_MS      1000000ULL
#define REST_TIMES     9 /* as long as the work of a pass, at least */
#define EVENT_GRACE_NS (NS_PER_S / 10)
#define AHEAD	       8	/* entries between the steps of one */
#define SETTLED_NS     NS_PER_S /* what the clocks of packet, event and pass may be apart, and more */

struct sweep {
	struct sweep_parts parts;
	struct sweep_options options;
	struct watch *tick;
	struct watch *slice;

	struct datapath_cursor cursor;
	uint64_t worked_ns; /* in this pass */
	uint64_t began_ns;  /* of this pass, or up to when events had been read by then */
	uint64_t no_room;   /* of the connections' table, then */
	uint64_t settled_ns;
	bool is_whole; /* nothing of this pass has failed */
	bool has_gone; /* entries of interfaces that have gone were seen in it */
	uint64_t rest_until_ns;
	unsigned int holds;
	struct tcp_sent tcp_retired;
	bool is_running;
	bool is_wanted;	  /* again, after the pass that runs */
	struct fill seen; /* in the pass that runs */
	struct fill seen_last;
	struct fill fill;      /* the larger of the two, at any time of the pass */
	uint64_t created_last; /* WEIR_FLOWS_CREATED when the last pass began */
	uint64_t refused_last; /* and what had been refused by then */

	uint64_t now_ns;   /* of the slice */
	uint64_t event_ns; /* up to when all events had been read by then */
	uint32_t jiffies;
	struct tick length; /* of one of them */

	unsigned int commands;
	uint8_t reasons[WEIR_COMMANDS_MAX];
	uint64_t idle_ns[WEIR_COMMANDS_MAX];
};

static uint64_t idle_of(const struct sweep *sweep, const struct weir_flow *flow)
{
	int32_t ticks = INT32_MAX;

	for (int dir = 0; dir < 2; dir++) {
		int32_t since = (int32_t)(sweep->jiffies - flow->dir[dir].last);

		if (flow->dir[dir].packets && since < ticks)
			ticks = since;
	}
	return ticks > 0 ? (uint64_t)ticks * sweep->length.ns : 0;
}

static void reaped(struct sweep *sweep, const struct weir_command *command, uint8_t reason,
		   uint64_t idle_ns)
{
	struct watched *watched = ifaces_of_key(sweep->parts.ifaces, command->key.ifindex);

	tcp_sent_add(&sweep->tcp_retired, sweep->parts.ifaces, sweep->parts.addrs, &command->key,
		     &command->flow);
	if (watched && !(command->key.vlan & WEIR_ENCAPSULATED)) {
		for (int dir = 0; dir < 2; dir++) {
			watched->retired.packets += command->flow.dir[dir].packets;
			watched->retired.bytes += command->flow.dir[dir].bytes;
		}
	}
	conn_reaped(sweep->parts.conns, &command->key, &command->flow, reason,
		    sweep->now_ns - idle_ns, sweep->now_ns);
}

static void commands_run(struct sweep *sweep)
{
	struct weir_command *commands = datapath_commands(sweep->parts.datapath);
	uint32_t jiffies;
	int r;

	if (!sweep->commands)
		return;
	r = datapath_run(sweep->parts.datapath, sweep->commands, &jiffies);
	if (r)
		log_warn(r, "cannot run commands on flow entries");
	for (unsigned int i = 0; !r && i < sweep->commands; i++) {
		if (commands[i].op == WEIR_CMD_REAP && commands[i].result == WEIR_CMD_DONE)
			reaped(sweep, &commands[i], sweep->reasons[i], sweep->idle_ns[i]);
	}
	sweep->commands = 0;
}

static void command_add(struct sweep *sweep, const struct weir_flow_key *key,
			const struct weir_flow *flow, uint8_t reason, uint64_t idle_ns)
{
	struct weir_command *command;

	if (sweep->holds)
		return;
	command = &datapath_commands(sweep->parts.datapath)[sweep->commands];
	command->key = *key;
	command->start_ns = flow->start_ns;
	command->last[0] = flow->dir[0].last;
	command->last[1] = flow->dir[1].last;
	command->op = flow->state & WEIR_STATE_DYING ? WEIR_CMD_REAP : WEIR_CMD_MARK_DYING;
	sweep->reasons[sweep->commands] = reason;
	sweep->idle_ns[sweep->commands] = idle_ns;
	if (++sweep->commands == WEIR_COMMANDS_MAX)
		commands_run(sweep);
}

/*
 * Its last change is about to be told by an event, which knows more. Where the agent got no processor
 * for a while, or was stopped, the event may be older than the grace and still be in the ring.
 */
static bool is_fresh(const struct sweep *sweep, const struct weir_flow *flow)
{
	uint64_t since = sweep->event_ns - EVENT_GRACE_NS;

	return flow->start_ns > since || flow->reply_ns > since || flow->established_ns > since ||
	       flow->dir[0].end_ns > since || flow->dir[1].end_ns > since;
}

/*
 * Nothing has been left to tell of an entry that was silent for so long when the last pass came by:
 * it has told what events had not, and an update after the last packet. Most entries of a large map
 * are of this kind, and to look one up in the table costs more than all else here.
 */
static bool is_settled(const struct sweep *sweep, uint64_t idle_ns)
{
	return sweep->now_ns - idle_ns < sweep->settled_ns;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Its interface makes no events any more: where all have been read, no entry is too fresh to tell. */
static void sweep_gone(struct sweep *sweep, const struct weir_flow_key *key,
		       const struct weir_flow *flow, uint64_t idle_ns)
{
	sweep->has_gone = true;
	if (!is_fresh(sweep, flow) || !datapath_ring_used(sweep->parts.datapath))
		conn_gone(sweep->parts.conns, key, flow, sweep->now_ns - idle_ns, sweep->now_ns);
	command_add(sweep, key, flow, WEIR_CLOSE_INTERFACE_GONE, idle_ns);
}

static void sweep_entry(struct sweep *sweep, const struct weir_flow_key *key,
			const struct weir_flow *flow)
{
	struct watched *watched = ifaces_of_key(sweep->parts.ifaces, key->ifindex);
	bool is_gone = !watched || watched->is_gone;
	uint64_t idle_ns;
	uint8_t reason;

	sweep->seen.used++;
	sweep->seen.unanswered += !!(flow->flags & WEIR_FLOW_UNANSWERED);
	sweep->seen.answering += !!(flow->flags & WEIR_FLOW_ANSWERING);
	sweep->seen.one_sided += !!(flow->flags & WEIR_FLOW_ONE_SIDED);
	sweep->fill.used = larger(sweep->fill.used, sweep->seen.used);
	sweep->fill.unanswered = larger(sweep->fill.unanswered, sweep->seen.unanswered);
	sweep->fill.answering = larger(sweep->fill.answering, sweep->seen.answering);
	sweep->fill.one_sided = larger(sweep->fill.one_sided, sweep->seen.one_sided);
	if (watched)
		watched->flows_seen++;
	idle_ns = idle_of(sweep, flow);
	if (is_gone) {
		sweep_gone(sweep, key, flow, idle_ns);
		return;
	}
	if (!is_settled(sweep, idle_ns) && !is_fresh(sweep, flow))
		conn_seen(sweep->parts.conns, key, flow, sweep->now_ns - idle_ns, sweep->now_ns);
	if (sweep->length.ns &&
	    idle_ns >= timeout_of(&sweep->options.timeouts, &sweep->fill, key, flow, &reason))
		command_add(sweep, key, flow, reason, idle_ns);
}

/*
 * Each entry's place in the table of connections is somewhere in many megabytes, and has to be
 * found by way of two others: with entries on their way side by side, their waits go by together.
 */
static void sweep_batch(void *ctx, const struct weir_flow_key *keys, const struct weir_flow *flows,
			uint32_t count)
{
	struct sweep *sweep = ctx;
	uint64_t expected[CONN_STEPS * AHEAD] = { 0 };

	for (uint32_t i = 0; i < count + CONN_STEPS * AHEAD; i++) {
		uint64_t *slot = &expected[i % ARRAY_SIZE(expected)];
		uint32_t seen =
			i - CONN_STEPS * AHEAD; /* beyond count until the first is through */

		if (seen < count) {
			present_add(datapath_present(sweep->parts.datapath), &keys[seen]);
			sweep_entry(sweep, &keys[seen], &flows[seen]);
		}
		*slot = 0;
		if (i < count && !is_settled(sweep, idle_of(sweep, &flows[i])))
			*slot = conn_expect(sweep->parts.conns, &keys[i]);
		for (unsigned int step = 1; step < CONN_STEPS; step++)
			conn_expect_step(sweep->parts.conns,
					 expected[(i - step * AHEAD) % ARRAY_SIZE(expected)], step);
	}
}

/* What did not find room in the connections' table is to be tried again. */
static void settled_begin(struct sweep *sweep)
{
	uint64_t silence_ns = sweep->options.update_interval_ns + SETTLED_NS;
	struct conn_stats stats;

	conn_get_stats(sweep->parts.conns, &stats);
	sweep->settled_ns = 0;
	if (sweep->is_whole && stats.no_room == sweep->no_room && sweep->began_ns > silence_ns)
		sweep->settled_ns = sweep->began_ns - silence_ns;
	sweep->no_room = stats.no_room;
	/* What an event was still to tell then has been left to it. */
	sweep->began_ns = datapath_ring_read_until(sweep->parts.datapath);
	sweep->is_whole = true;
}

/* Without the counters nothing is known to have been refused. */
static void pass_count(struct sweep *sweep)
{
	uint64_t counters[WEIR_COUNTER_MAX], refused = sweep->refused_last;

	if (!datapath_counters(sweep->parts.datapath, counters)) {
		sweep->created_last = counters[WEIR_FLOWS_CREATED];
		refused = counters[WEIR_FLOWS_REFUSED] + counters[WEIR_UNANSWERED_REFUSED];
	}
	present_begin(datapath_present(sweep->parts.datapath), refused != sweep->refused_last);
	sweep->refused_last = refused;
}

static void pass_begin(struct sweep *sweep)
{
	settled_begin(sweep);
	pass_count(sweep);
	sweep->is_running = true;
	sweep->has_gone = false;
	sweep->seen = (struct fill){ .room = sweep->options.max_flows };
	sweep->fill = sweep->seen_last;
	sweep->cursor = (struct datapath_cursor){ 0 };
	sweep->worked_ns = 0;
}

/* What has gone is not to stay for another second; but there is a rest before the next pass. */
static void tick_soon(struct sweep *sweep)
{
	uint64_t rest_ms = REST_TIMES * sweep->worked_ns / NS_PER_MS + 1;

	watch_set_timer(sweep->tick, larger(rest_ms, GONE_MS), PASS_MS);
}

static void pass_done(struct sweep *sweep)
{
	sweep->is_running = false;
	present_end(datapath_present(sweep->parts.datapath), sweep->is_whole);
	sweep->seen_last = sweep->seen;
	sweep->rest_until_ns = sweep->now_ns + REST_TIMES * sweep->worked_ns;
	ifaces_sweep_done(sweep->parts.ifaces);
	if (sweep->has_gone)
		tick_soon(sweep);
	if (sweep->is_wanted) {
		sweep->is_wanted = false;
		sweep_soon(sweep);
	}
}

static int sweep_slice(void *ctx)
{
	struct sweep *sweep = ctx;
	uint64_t worked_ns = time_worked_ns();
	bool done = false;
	int r;

	sweep->event_ns = datapath_ring_read_until(sweep->parts.datapath);
	sweep->now_ns = time_monotonic_ns();
	r = datapath_run(sweep->parts.datapath, 0, &sweep->jiffies);
	if (!r) {
		tick_measure(&sweep->length, sweep->jiffies, sweep->now_ns);
		r = datapath_sweep(sweep->parts.datapath, &sweep->cursor, sweep_batch, sweep,
				   &done);
	}
	if (r < 0) {
		log_warn(r, "cannot read the flow map");
		sweep->is_whole = false;
		done = true;
	}
	commands_run(sweep);
	sweep->worked_ns += time_worked_ns() - worked_ns;
	if (done)
		pass_done(sweep);
	else
		watch_set_timer(sweep->slice, SLICE_MS, 0);
	sweep->parts.after_slice(sweep->parts.ctx);
	return 0;
}

void sweep_soon(struct sweep *sweep)
{
	if (sweep->is_running) {
		sweep->is_wanted = true;
		return;
	}
	pass_begin(sweep);
	watch_set_timer(sweep->slice, SLICE_MS, 0);
}

/* Nothing is read while the map is empty and no flow has been made. */
static int sweep_tick(void *ctx)
{
	struct sweep *sweep = ctx;
	uint64_t counters[WEIR_COUNTER_MAX];

	sweep->parts.second(sweep->parts.ctx);
	if (sweep->is_running || time_monotonic_ns() < sweep->rest_until_ns)
		return 0;
	if (!sweep->seen_last.used && sweep->length.ns &&
	    !datapath_counters(sweep->parts.datapath, counters) &&
	    counters[WEIR_FLOWS_CREATED] == sweep->created_last)
		return 0;
	pass_begin(sweep);
	return sweep_slice(sweep); /* the first one now: a small map wakes us once a second */
}

void sweep_hold(struct sweep *sweep, bool hold)
{
	if (hold)
		sweep->holds++;
	else
		sweep->holds--;
}

const struct tcp_sent *sweep_tcp_retired(const struct sweep *sweep)
{
	return &sweep->tcp_retired;
}

int sweep_new(struct sweep **ret, const struct sweep_parts *parts,
	      const struct sweep_options *options)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));
	int r;

	if (!sweep)
		return -ENOMEM;
	sweep->parts = *parts;
	sweep->options = *options;
	sweep->seen_last.room = options->max_flows;
	r = loop_add_timer(parts->loop, PASS_MS, PASS_MS, sweep_tick, sweep, &sweep->tick);
	if (!r)
		r = loop_add_timer(parts->loop, 0, 0, sweep_slice, sweep, &sweep->slice);
	if (r) {
		sweep_free(&sweep);
		return r;
	}
	*ret = sweep;
	return 0;
}

void sweep_free(struct sweep **at)
{
	struct sweep *sweep = TAKE_PTR(*at);

	if (!sweep)
		return;
	watch_free(&sweep->tick);
	watch_free(&sweep->slice);
	free(sweep);
}
