// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sessions in memory: appending, copying, and what a step must keep to.
 */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void session_free(struct session *session)
{
	for (size_t i = 0; i < session->len; i++)
		free(session->steps[i].bytes);
	free(session->steps);
	*session = (struct session){ 0 };
}

static void settle_xdp(struct session_step *step)
{
	if (step->len > SESSION_XDP_MAX)
		step->len = SESSION_XDP_MAX;
	step->linear = step->gso_size = step->gso_segs = 0;
	step->has_tag = false;
}

static void settle_tc(const struct session *session, struct session_step *step)
{
	if (step->len <= SESSION_TC_MAX)
		step->linear = 0;
	if (step->linear && step->linear < SESSION_FRAME_MIN)
		step->linear = SESSION_FRAME_MIN;
	if (!step->linear && step->len > SESSION_TC_MAX)
		step->len = SESSION_TC_MAX;
	/* Neither a packet socket nor a cut leaves GSO as it is told. */
	if (step->linear || step->len < SESSION_TC_MIN)
		step->gso_size = step->gso_segs = 0;
	if (session->kind == SESSION_ETHERNET)
		step->protocol = 0;
}

void session_settle(const struct session *session, struct session_step *step)
{
	if (step->op != SESSION_PACKET)
		return;
	if (session->is_small)
		step->linear = 0;
	if (!step->has_tag)
		step->tci = 0;
	if (!step->gso_size)
		step->gso_segs = 0;
	if (step->prog == SESSION_XDP)
		settle_xdp(step);
	else
		settle_tc(session, step);
}

int session_add(struct session *session, const struct session_step *step)
{
	struct session_step copy = *step;

	if (session->len == session->size) {
		size_t size = session->size ? session->size * 2 : 64;
		struct session_step *steps =
			realloc(session->steps, size * sizeof(*session->steps));

		if (!steps)
			return -ENOMEM;
		session->steps = steps;
		session->size = size;
	}
	session_settle(session, &copy);
	copy.bytes = NULL;
	if (copy.op == SESSION_PACKET) {
		copy.bytes = calloc(1, copy.len);
		if (!copy.bytes)
			return -ENOMEM;
		memcpy(copy.bytes, step->bytes, copy.len);
	}
	session->steps[session->len++] = copy;
	return 0;
}

int session_copy(struct session *ret, const struct session *from, size_t leave_from,
		 size_t leave_to)
{
	auto_session struct session copy = *from;

	copy.steps = NULL;
	copy.len = copy.size = 0;
	for (size_t i = 0; i < from->len; i++) {
		int r = i >= leave_from && i < leave_to ? 0 : session_add(&copy, &from->steps[i]);

		if (r)
			return r;
	}
	*ret = copy;
	copy = (struct session){ 0 };
	return 0;
}
