// SPDX-License-Identifier: BSD-2-Clause
/* Network namespaces, and who listens in them. */
#include "socket/reply_who_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "loop.h"
#include "who/listener_walk.h"
#include "who/namespaces.h"
#include "who/sockets.h"
#include "who/who_private.h"
#include "who/who_rows.h"

#include "weir/flow.h"

#define FRESH_MS 100 /* for a look at who is there now */

/* ---- network namespaces ---- */

static int on_fresh(void *ctx)
{
	struct reply_who *reply = ctx;

	reply->is_fresh = true;
	reply->wake(reply->ctx);
	return 0;
}

int reply_who_begin_fresh(struct reply_who *reply)
{
	int r;

	if (reply->is_fresh || !reply->who->namespaces)
		return 0;
	if (reply->fresh_timer)
		return REPLY_WAITS;
	namespaces_look(reply->who->namespaces);
	r = loop_add_timer(reply->agent->loop, FRESH_MS, 0, on_fresh, reply, &reply->fresh_timer);
	return r < 0 ? r : REPLY_WAITS;
}

static int take_namespace(void *ctx, const struct namespace *ns)
{
	struct reply_who *reply = ctx;

	reply->namespaces[reply->namespace_count++] = namespace_ref((struct namespace *)ns);
	return 0;
}

static int compare_namespaces(const void *a, const void *b)
{
	const struct namespace *x = *(struct namespace *const *)a;
	const struct namespace *y = *(struct namespace *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->inode > y->inode) - (x->inode < y->inode);
}

int reply_who_collect_netns(struct reply_who *reply)
{
	struct namespaces_stats stats = { .known = 0 };

	if (reply->who->namespaces)
		namespaces_get_stats(reply->who->namespaces, &stats);
	reply->namespaces = calloc(stats.known + 1U, sizeof(struct namespace *));
	if (!reply->namespaces)
		return -ENOMEM;
	if (reply->who->namespaces)
		namespaces_each(reply->who->namespaces, take_namespace, reply);
	if (reply->namespace_count)
		qsort(reply->namespaces, reply->namespace_count, sizeof(struct namespace *),
		      compare_namespaces);
	reply->count = reply->namespace_count + 1;
	return 0;
}

int reply_who_row_netns(struct reply_who *reply, struct buf *out)
{
	size_t at = reply->at++;

	if (!at || !reply->namespaces[at - 1]->is_gone)
		who_row_netns(reply->who, at ? reply->namespaces[at - 1] : NULL, out);
	return 0;
}

/* ---- listeners ---- */

static void walk_done(struct worker_job *job)
{
	struct listener_walk *walk = (struct listener_walk *)job;
	struct reply_who *reply = walk->owner;

	if (!reply) { /* nobody waits for it any more */
		listener_walk_free(&walk);
		return;
	}
	reply->is_walking = false;
	reply->count = walk->count;
	reply->left_out += walk->left_out;
	reply->places_unread = walk->places_unread;
	reply->has_begun = true;
	reply->wake(reply->ctx);
}

static void set_place(struct listener_place *place, const struct namespace *ns)
{
	place->inode = ns->inode;
	place->nsid = ns->nsid;
	place->pid = ns->process_count ? ns->processes[0].pid : 0;
	memcpy(place->name, ns->name, sizeof(place->name));
}

int reply_who_begin_listeners(struct reply_who *reply)
{
	int r;

	if (reply->is_walking)
		return REPLY_WAITS;
	r = reply_who_collect_netns(reply);
	if (r)
		return r;
	reply->walk = listener_walk_new(reply->count);
	if (!reply->walk)
		return -ENOMEM;
	reply->walk->owner = reply;
	reply->walk->job.done = walk_done;
	reply->walk->places[0].nsid = WEIR_NSID_CURRENT;
	for (size_t i = 0; i < reply->namespace_count; i++)
		set_place(&reply->walk->places[i + 1], reply->namespaces[i]);
	reply->is_walking = true;
	worker_give(reply->agent->who_worker, &reply->walk->job);
	return REPLY_WAITS;
}

static bool is_place_gone(const struct reply_who *reply, uint32_t place)
{
	return place && reply->namespaces[place - 1]->is_gone;
}

/* As many as can be asked for at once. */
static void ask_owners(struct reply_who *reply)
{
	const struct listener_walk *walk = reply->walk;
	size_t count = walk->count - reply->at;

	memset(reply->lookups, 0, sizeof(reply->lookups));
	if (count > WEIR_LOOKUPS_MAX)
		count = WEIR_LOOKUPS_MAX;
	for (size_t i = 0; i < count; i++) {
		const struct listener_found *found = &walk->found[reply->at + i];
		struct weir_lookup *lookup = &reply->lookups[i];

		if (is_place_gone(reply, found->place)) /* its number may be another's */
			continue;
		memcpy(lookup->tuple.addr[0], found->addr, sizeof(found->addr));
		lookup->tuple.port[0] = htons(found->port);
		lookup->tuple.family = found->family == 4 ? WEIR_IPV4 : WEIR_IPV6;
		lookup->tuple.proto = found->proto;
		lookup->nsid = walk->places[found->place].nsid;
	}
	/* Without an answer nobody is known to own them. */
	if (reply->agent->sockets)
		(void)sockets_lookup(reply->agent->sockets, reply->lookups, count);
}

int reply_who_row_listener(struct reply_who *reply, struct buf *out)
{
	const struct listener_walk *walk = reply->walk;
	size_t in_batch = reply->at % WEIR_LOOKUPS_MAX;
	const struct listener_found *found = &walk->found[reply->at];

	if (!in_batch)
		ask_owners(reply);
	if (!is_place_gone(reply, found->place))
		who_row_listener(reply->who, found, &walk->places[found->place],
				 &reply->lookups[in_batch], out);
	reply->at++;
	return 0;
}
