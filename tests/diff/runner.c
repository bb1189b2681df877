// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two kernels: one with room for all that a session may bring, and one whose maps and ring are full
 * after a few flows.
 */
#include "runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "weir/lifecycle.h"

#define WHOLE_EVERY 256 /* steps between comparisons of everything */
#define AGE_SECONDS 31	/* a first fragment is found for 30 */

_Static_assert(KERNEL_KNOCKS == REF_KNOCKS, "who has the same place has it in both");

static const struct kernel_limits large = { .max_flows = 8192,
					    .max_unanswered = 8192,
					    .max_answering = 8192,
					    .max_one_sided = 8192,
					    .ring_bytes = 256 << 10,
					    .has_pieces = true };
static const struct kernel_limits small = { .max_flows = 40,
					    .max_unanswered = 10,
					    .max_answering = 3,
					    .max_one_sided = 4,
					    .ring_bytes = 4096 };

struct runner {
	struct kernel *large, *small;
	struct compare_window *windows;
	size_t windows_len;
	struct runner_totals totals;
	struct runner_watch watch;
};

/* One session under way. */
struct run {
	struct runner *runner;
	const struct session *session;
	struct kernel *kernel;
	struct reference *ref;
	struct compare compare;
	size_t step;
};

int runner_new(struct runner **ret)
{
	auto_runner struct runner *runner = calloc(1, sizeof(*runner));
	int r;

	if (!runner)
		return -ENOMEM;
	r = kernel_isolate();
	if (!r)
		r = kernel_new(&runner->large, &large);
	if (!r)
		r = kernel_new(&runner->small, &small);
	if (r)
		return r;
	*ret = TAKE_PTR(runner);
	return 0;
}

void runner_free(struct runner **runner)
{
	if (!*runner)
		return;
	kernel_free(&(*runner)->large);
	kernel_free(&(*runner)->small);
	free((*runner)->windows);
	free(*runner);
	*runner = NULL;
}

const struct runner_totals *runner_totals(const struct runner *runner)
{
	return &runner->totals;
}

void runner_watch(struct runner *runner, const struct runner_watch *watch)
{
	runner->watch = *watch;
}

static int new_reference(struct reference **ret, const struct session *session)
{
	bool is_known = session->kind != SESSION_UNKNOWN;
	const struct kernel_limits *limits = session->is_small ? &small : &large;
	const struct ref_options options = {
		.ifindex = is_known ? KERNEL_KEY_IFINDEX : 0,
		.netns = is_known ? KERNEL_NETNS : 0,
		.is_known = is_known,
		.has_ethernet = session->kind != SESSION_L3,
		.has_ingress = session->kind != SESSION_L3,
		.gso_max = { session->gso_max[0], session->gso_max[1] },
		.max_flows = limits->max_flows,
		.max_unanswered = limits->max_unanswered,
		.max_answering = limits->max_answering,
		.max_one_sided = limits->max_one_sided,
		.ring_bytes = limits->ring_bytes,
	};

	return reference_new(ret, &options);
}

/* The ring, and what it should have held. */
static int read_events(struct run *run)
{
	int r = compare_events(&run->compare);

	run->runner->totals.events += run->ref->events_len;
	reference_read_events(run->ref);
	return r;
}

static void count_packet(struct runner_totals *totals, const struct session_step *step,
			 const struct reference *ref)
{
	totals->packets++;
	totals->in_pieces += !!step->linear;
	if (ref->remainder == REF_FLOW)
		totals->in_flows++;
	else
		totals->remainder[ref->remainder]++;
}

static int run_packet(struct run *run, const struct session_step *step)
{
	struct compare_window *window = &run->runner->windows[run->step + 1];
	struct kernel_outcome outcome = { 0 };
	struct ref_frame frame = {
		.bytes = step->bytes,
		.len = step->len,
		.is_xdp = step->prog == SESSION_XDP,
		.has_tag = step->has_tag,
		.tci = step->tci,
		.protocol = step->protocol,
		.hook = step->prog == SESSION_TC_OUT ? WEIR_EGRESS : WEIR_INGRESS,
		.gso_size = step->gso_size,
		.gso_segs = step->gso_segs,
	};
	int r = kernel_packet(run->kernel, step, &outcome);

	if (r)
		return r;
	frame.linear = outcome.linear;
	frame.l3_head = outcome.l3_head;
	window->from_ns = outcome.from_ns;
	window->to_ns = outcome.to_ns;
	r = reference_packet(run->ref, &frame, run->step + 1);
	if (r)
		return r;
	count_packet(&run->runner->totals, step, run->ref);
	if (!outcome.is_passed)
		compare_say(&run->compare, "verdict: the packet's fate is decided\n");
	if (!outcome.is_unchanged)
		compare_say(&run->compare, "packet: it is not as it was\n");
	r = compare_iface(&run->compare);
	if (!r && !run->session->is_small)
		r = read_events(run);
	for (size_t i = 0; !r && i < run->ref->touched_len; i++)
		r = compare_flow(&run->compare, &run->ref->touched[i].key);
	if (!r && !run->compare.len && run->runner->watch.packet)
		run->runner->watch.packet(run->runner->watch.ctx, step, run->ref);
	return r;
}

/* MARK_DYING or REAP: the kernel is told of the entry what the agent would have read. */
static int run_command(struct run *run, const struct session_step *step)
{
	struct ref_entry *entry = reference_pick(run->ref, step->number);
	enum weir_command_op op = step->op == SESSION_MARK ? WEIR_CMD_MARK_DYING : WEIR_CMD_REAP;
	struct weir_command command = { .op = op };
	struct weir_flow flow = { 0 };
	uint32_t result;
	int r;

	if (entry) {
		command.key = entry->key;
		r = kernel_flow(run->kernel, &entry->key, &flow);
		if (r)
			return r;
	}
	command.start_ns = flow.start_ns + (step->twist == SESSION_OTHER_START);
	command.last[0] = flow.dir[0].last;
	command.last[1] = flow.dir[1].last;
	command.last[step->number & 1] -= step->twist == SESSION_MOVED;
	r = kernel_command(run->kernel, &command);
	if (r)
		return r;
	result = reference_command(run->ref, entry, op, step->twist != SESSION_OTHER_START,
				   step->twist != SESSION_MOVED, &flow);
	if (command.result != result) {
		compare_say(&run->compare, "command: kernel %u, reference %u\n", command.result,
			    result);
	} else if (op == WEIR_CMD_REAP && result == WEIR_CMD_DONE) {
		compare_value(&run->compare, &command.flow, &flow);
	}
	run->runner->totals.commands++;
	return 0;
}

static int run_kill(struct run *run, uint32_t number)
{
	struct ref_entry *entry = reference_pick(run->ref, number);
	struct weir_flow flow;
	int r;

	if (!entry)
		return 0;
	r = kernel_flow(run->kernel, &entry->key, &flow);
	if (r)
		return r;
	flow.state |= WEIR_STATE_DEAD;
	entry->flow.state |= WEIR_STATE_DEAD;
	return kernel_set_flow(run->kernel, &entry->key, &flow);
}

static int run_bury(struct run *run, uint32_t number)
{
	struct ref_entry *entry = reference_pick(run->ref, number);
	int r;

	if (!entry || !(entry->flow.state & WEIR_STATE_DEAD))
		return 0;
	r = kernel_delete_flow(run->kernel, &entry->key);
	reference_delete(run->ref, entry);
	return r;
}

static int run_step(struct run *run, const struct session_step *step)
{
	switch ((enum session_op)step->op) {
	case SESSION_PACKET:
		return run_packet(run, step);
	case SESSION_MARK:
	case SESSION_REAP:
		return run_command(run, step);
	case SESSION_AGE:
		reference_age_fragments(run->ref);
		return kernel_age_fragments(run->kernel, AGE_SECONDS);
	case SESSION_RETRY:
		run->ref->is_refusing = false;
		return kernel_retry(run->kernel);
	case SESSION_READ:
		return read_events(run);
	case SESSION_KILL:
		return run_kill(run, step->number);
	case SESSION_BURY:
		return run_bury(run, step->number);
	case SESSION_OP_MAX:
		break;
	}
	return -EINVAL;
}

static int run_steps(struct run *run)
{
	int r = 0;

	for (; run->step < run->session->len; run->step++) {
		r = run_step(run, &run->session->steps[run->step]);
		if (!r && !run->compare.len && run->step % WHOLE_EVERY == WHOLE_EVERY - 1)
			r = compare_whole(&run->compare);
		if (r || run->compare.len)
			return r;
	}
	r = read_events(run);
	return r ? r : compare_whole(&run->compare);
}

static int make_windows(struct runner *runner, size_t len)
{
	if (len <= runner->windows_len)
		return 0;
	free(runner->windows);
	runner->windows_len = 0;
	runner->windows = calloc(len, sizeof(*runner->windows));
	if (!runner->windows)
		return -ENOMEM;
	runner->windows_len = len;
	return 0;
}

static void add_totals(struct runner_totals *totals, const struct reference *ref)
{
	totals->inner += ref->seen_inner;
	totals->quoted += ref->seen_quoted;
	totals->renewed += ref->seen_renewed;
	totals->fragments += ref->seen_fragments;
	totals->passed += ref->seen_passed;
	totals->let_in += ref->seen_let_in;
	for (size_t state = 0; state < WEIR_STATE_MAX; state++) {
		for (size_t input = 0; input < WEIR_INPUT_MAX; input++) {
			totals->step[state][0][input] += ref->seen_step[state][0][input];
			totals->step[state][1][input] += ref->seen_step[state][1][input];
		}
	}
}

int runner_run(struct runner *runner, const struct session *session, struct runner_difference *ret)
{
	auto_reference struct reference *ref = NULL;
	struct run run = { .runner = runner, .session = session };
	int r = new_reference(&ref, session);

	if (!r)
		r = make_windows(runner, session->len + 1);
	if (r)
		return r;
	run.ref = ref;
	run.kernel = session->is_small ? runner->small : runner->large;
	run.compare.kernel = run.kernel;
	run.compare.ref = ref;
	run.compare.windows = runner->windows;
	ref->iface.gso_max[0] = session->gso_max[0];
	ref->iface.gso_max[1] = session->gso_max[1];
	r = kernel_reset(run.kernel, session);
	if (!r)
		r = run_steps(&run);
	if (r) {
		fprintf(stderr, "step %zu: %s\n", run.step, strerror(-r));
		return r;
	}
	add_totals(&runner->totals, ref);
	ret->step = run.step;
	memcpy(ret->text, run.compare.text, sizeof(ret->text));
	if (run.compare.len)
		return 1;
	if (runner->watch.end)
		runner->watch.end(runner->watch.ctx, run.kernel);
	return 0;
}
