// SPDX-License-Identifier: BSD-2-Clause
/*
 * A list is a row of `kinds`: stages one after another, each of which collects what there is and
 * then writes it row by row. What was collected is held until the answer ends.
 */
#include "socket/reply_who.h"

#include <errno.h>
#include <stdlib.h>

#include "agent.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "base/timefmt.h"
#include "loop.h"
#include "socket/control.h"
#include "socket/reply_who_private.h"
#include "who/containers.h"
#include "who/listener_walk.h"
#include "who/namespaces.h"

#define BUDGET_NS 1000000ULL /* of the 2 ms that a callback may take */

static const struct stage endpoints_stages[] = {
	{ reply_who_collect_pods, reply_who_row_endpoint_pod },
	{ reply_who_collect_containers, reply_who_row_endpoint_container },
	{ reply_who_begin_one, reply_who_row_host },
	{ reply_who_begin_file, reply_who_row_file },
	{},
};
static const struct stage pods_stages[] = { { reply_who_collect_pods, reply_who_row_pod }, {} };
static const struct stage containers_stages[] = {
	{ reply_who_collect_containers, reply_who_row_container }, {}
};
static const struct stage netns_stages[] = {
	{ reply_who_begin_fresh, NULL },
	{ reply_who_collect_netns, reply_who_row_netns },
	{},
};
static const struct stage listeners_stages[] = {
	{ reply_who_begin_fresh, NULL },
	{ reply_who_begin_listeners, reply_who_row_listener },
	{},
};
static const struct stage nodes_stages[] = { { reply_who_begin_one, reply_who_row_node }, {} };
static const struct stage namespaces_stages[] = {
	{ reply_who_begin_names, reply_who_name_of_pod },
	{ reply_who_begin_file, reply_who_name_of_file },
	{ reply_who_begin_namespaces, reply_who_row_namespaces },
	{},
};

static const struct stage *const kinds[] = {
	[WHO_ENDPOINTS] = endpoints_stages,   [WHO_PODS] = pods_stages,
	[WHO_CONTAINERS] = containers_stages, [WHO_NETNS] = netns_stages,
	[WHO_LISTENERS] = listeners_stages,   [WHO_NODES] = nodes_stages,
	[WHO_NAMESPACES] = namespaces_stages,
};
_Static_assert(ARRAY_SIZE(kinds) == WHO_KIND_MAX, "stages for each kind");

/* What is missing is said. */
static void write_end(const struct reply_who *reply, struct buf *buf)
{
	struct json_out out = { .buf = buf };

	json_object_begin(&out, NULL);
	json_object_begin(&out, "end");
	if (reply->left_out)
		json_u64_str(&out, "left_out", reply->left_out);
	if (reply->places_unread)
		json_u64_str(&out, "netns_unread", reply->places_unread);
	json_object_end(&out);
	json_object_end(&out);
	buf_append_char(buf, '\n');
}

static int begin_stage(struct reply_who *reply)
{
	int r;

	if (reply->has_begun)
		return 0;
	reply->at = 0;
	reply->count = 0;
	r = reply->stage->begin(reply);
	if (!r)
		reply->has_begun = true;
	return r;
}

int reply_who_write(struct reply_who *reply, struct buf *out, size_t max)
{
	uint64_t deadline_ns = time_monotonic_ns() + BUDGET_NS;

	while (reply->stage->begin) {
		int r = begin_stage(reply);

		while (!r && reply->at < reply->count) {
			if (buf_len(out) >= max || time_monotonic_ns() >= deadline_ns)
				return REPLY_MORE;
			r = reply->stage->row(reply, out);
		}
		if (r)
			return r;
		reply->stage++;
		reply->has_begun = false;
	}
	write_end(reply, out);
	return REPLY_DONE;
}

int reply_who_new(struct reply_who **ret, struct agent *agent, enum who_kind kind,
		  void (*wake)(void *ctx), void *ctx)
{
	struct reply_who *reply = calloc(1, sizeof(*reply));

	if (!reply)
		return -ENOMEM;
	reply->agent = agent;
	reply->who = agent->who;
	reply->wake = wake;
	reply->ctx = ctx;
	reply->stage = kinds[kind];
	*ret = reply;
	return 0;
}

void reply_who_free(struct reply_who **at)
{
	struct reply_who *reply = TAKE_PTR(*at);

	if (!reply)
		return;
	for (size_t i = 0; i < reply->pod_count; i++)
		pod_unref(&reply->pods[i]);
	for (size_t i = 0; i < reply->container_count; i++)
		container_unref(&reply->containers[i]);
	for (size_t i = 0; i < reply->namespace_count; i++)
		namespace_unref(&reply->namespaces[i]);
	for (size_t i = 0; i < reply->names.count; i++)
		free(reply->names.at[i]);
	if (reply->is_walking)
		reply->walk->owner = NULL;
	else
		listener_walk_free(&reply->walk);
	watch_free(&reply->fresh_timer);
	free(reply->pods);
	free(reply->containers);
	free(reply->namespaces);
	free(reply->names.at);
	free(reply);
}
