/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of what the agent knows now: GetNodes, GetNamespaces and Endpoints. One that may be long is
 * written in slices; pods, containers and namespaces are those that were there when it began.
 */
#pragma once

#include <stddef.h>

struct agent;
struct buf;
struct reply_who;

enum who_kind {
	WHO_ENDPOINTS,
	WHO_PODS,
	WHO_CONTAINERS,
	WHO_NETNS,
	WHO_LISTENERS,
	WHO_NODES,
	WHO_NAMESPACES,
	WHO_KIND_MAX,
};

/* wake is called when an answer that waits can go on. -ENOMEM. */
int reply_who_new(struct reply_who **ret, struct agent *agent, enum who_kind kind,
		  void (*wake)(void *ctx), void *ctx);
/* Also amid the answer. */
void reply_who_free(struct reply_who **at);

/* What reply_who_write() returns. */
enum {
	REPLY_DONE,  /* all is written, with the line that ends the answer */
	REPLY_MORE,  /* call again, when there is room */
	REPLY_WAITS, /* for wake() */
};

/*
 * Writes some more lines, for some 1 ms, and while less than max is in out. -EAGAIN: the endpoints file has changed meanwhile; -errno.
 * An answer that has failed has no end.
 */
int reply_who_write(struct reply_who *reply, struct buf *out, size_t max);
