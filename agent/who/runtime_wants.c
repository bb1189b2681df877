// SPDX-License-Identifier: BSD-2-Clause
/* A short array: who is wanted is found within milliseconds, or not at all. */
#include "runtime_wants.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#include "who/runtime.h"

static const uint64_t pauses_ns[] = { 200000000, 1000000000, 5000000000 };

int wants_init(struct wants *ret)
{
	*ret = (struct wants){ .at = calloc(RUNTIME_WANTS_MAX, sizeof(*ret->at)) };
	return ret->at ? 0 : -ENOMEM;
}

void wants_done(struct wants *wants)
{
	free(wants->at);
	*wants = (struct wants){ 0 };
}

void wants_remove(struct wants *wants, size_t index)
{
	wants->count--;
	memmove(&wants->at[index], &wants->at[index + 1],
		(wants->count - index) * sizeof(*wants->at));
}

/* The oldest one that is over goes. */
static bool make_room(struct wants *wants)
{
	for (size_t i = 0; i < wants->count; i++) {
		if (wants->at[i].is_over) {
			wants_remove(wants, i);
			return true;
		}
	}
	return false;
}

bool wants_add(struct wants *wants, const char *id, uint64_t now_ns)
{
	struct want *want;

	for (size_t i = 0; i < wants->count; i++) {
		if (!strcmp(wants->at[i].id, id))
			return true;
	}
	if (wants->count == RUNTIME_WANTS_MAX && !make_room(wants))
		return false;
	want = &wants->at[wants->count++];
	*want = (struct want){ .due_ns = now_ns };
	memcpy(want->id, id, strlen(id) + 1);
	return true;
}

bool wants_missed(struct want *want, uint64_t now_ns)
{
	want->asked = 0;
	if (want->tries == ARRAY_SIZE(pauses_ns)) {
		want->is_over = true;
		return true;
	}
	want->due_ns = now_ns + pauses_ns[want->tries++];
	return false;
}
