// SPDX-License-Identifier: BSD-2-Clause
/*
 * Greedy: whatever can be left out without the difference going away stays out.
 */
#include "shrink.h"

#include <string.h>

#include "base/cleanup.h"

struct shrinker {
	struct runner *runner;
	struct session *session;
	struct runner_difference *difference;
};

/* Does it still differ? Keeps what was told if so. */
static int still_differs(struct shrinker *s, const struct session *session)
{
	struct runner_difference difference;
	int r = runner_run(s->runner, session, &difference);

	if (r > 0)
		*s->difference = difference;
	return r;
}

static int leave_out_steps(struct shrinker *s, size_t from, size_t to)
{
	auto_session struct session fewer = { 0 };
	int r = session_copy(&fewer, s->session, from, to);

	if (!r)
		r = still_differs(s, &fewer);
	if (r > 0) {
		session_free(s->session);
		*s->session = fewer;
		fewer = (struct session){ 0 };
	}
	return r;
}

/* Pieces of half the session, of a quarter, ... of one step, from the end. */
static int shrink_steps(struct shrinker *s)
{
	int r = 0;

	for (size_t piece = s->session->len; piece && r >= 0; piece /= 2) {
		for (size_t to = s->session->len; to && r >= 0;) {
			size_t from = to > piece ? to - piece : 0;

			r = leave_out_steps(s, from, to);
			to = from;
		}
	}
	return r < 0 ? r : 0;
}

/* The step is as `changed` if that still differs. Its bytes are in the place of the session's. */
static int try_step(struct shrinker *s, size_t number, const struct session_step *changed)
{
	struct session_step *step = &s->session->steps[number];
	const struct session_step was = *step;
	int r;

	*step = *changed;
	session_settle(s->session, step);
	r = still_differs(s, s->session);
	if (r <= 0)
		*step = was;
	return r;
}

static int shrink_marks(struct shrinker *s, size_t number)
{
	const struct session_step step = s->session->steps[number];
	const bool is_marked[] = { step.has_tag, step.gso_size, step.linear,
				   step.prog != SESSION_TC_IN };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(is_marked) && r >= 0; i++) {
		struct session_step without = s->session->steps[number];

		if (!is_marked[i])
			continue;
		without.has_tag &= i != 0;
		without.gso_size = i == 1 ? 0 : without.gso_size;
		without.linear = i == 2 ? 0 : without.linear;
		without.prog = i == 3 ? SESSION_TC_IN : without.prog;
		r = try_step(s, number, &without);
	}
	return r < 0 ? r : 0;
}

static int shrink_len(struct shrinker *s, size_t number)
{
	int r = 0;

	for (uint32_t piece = s->session->steps[number].len; piece && r >= 0; piece /= 2) {
		struct session_step shorter = s->session->steps[number];

		if (shorter.len < piece + SESSION_FRAME_MIN)
			continue;
		shorter.len -= piece;
		r = try_step(s, number, &shorter);
	}
	return r < 0 ? r : 0;
}

/* Zeros wherever they do not matter: what is left is what does. */
static int shrink_bytes(struct shrinker *s, size_t number)
{
	struct session_step *step = &s->session->steps[number];
	int r = 0;

	for (uint32_t piece = step->len; piece && r >= 0; piece /= 2) {
		for (uint32_t at = 0; at < step->len && r >= 0; at += piece) {
			static const uint8_t zeros[SESSION_FRAME_MAX];
			uint8_t was[SESSION_FRAME_MAX];
			uint32_t len = step->len - at < piece ? step->len - at : piece;

			if (memcmp(step->bytes + at, zeros, len) == 0)
				continue;
			memcpy(was, step->bytes + at, len);
			memset(step->bytes + at, 0, len);
			r = still_differs(s, s->session);
			if (r <= 0)
				memcpy(step->bytes + at, was, len);
		}
	}
	return r < 0 ? r : 0;
}

int shrink(struct runner *runner, struct session *session, struct runner_difference *difference)
{
	struct shrinker s = { runner, session, difference };
	int r = 0;

	/* Nothing behind the difference can matter. */
	if (difference->step + 1 < session->len)
		r = leave_out_steps(&s, difference->step + 1, session->len);
	for (unsigned int round = 0; round < 2 && r >= 0; round++) {
		r = shrink_steps(&s);
		for (size_t i = 0; i < session->len && r >= 0; i++) {
			if (session->steps[i].op != SESSION_PACKET)
				continue;
			r = shrink_marks(&s, i);
			if (!r)
				r = shrink_len(&s, i);
			if (!r)
				r = shrink_bytes(&s, i);
		}
	}
	return r < 0 ? r : 0;
}
