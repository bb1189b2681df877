// SPDX-License-Identifier: BSD-2-Clause
/*
 * A list is a row of `kinds`: stages one after another, each of which collects what there is and
 * then writes it row by row. What was collected is held until the answer ends.
 */
#include "reply_who.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "base/timefmt.h"
#include "base/version.h"
#include "control.h"
#include "history.h"
#include "loop.h"
#include "who/containers.h"
#include "who/endpoints_file.h"
#include "who/listener_walk.h"
#include "who/namespaces.h"
#include "who/sockets.h"
#include "who/who_private.h"
#include "who/who_rows.h"

#include "weir/flow.h"
#include "weir/owner.h"

#define BUDGET_NS    1000000ULL /* of the 2 ms that a callback may take */
#define FRESH_MS     100	/* for a look at who is there now */
#define NAMES_MAX    4096	/* of Kubernetes' namespaces */
#define NAMES_A_LINE 256	/* at most 253 bytes each, so a line stays below 1 MiB */

/* Strings in order, each once. */
struct names {
	char **at;
	size_t count;
};

struct reply_who {
	struct agent *agent;
	struct who *who;
	void (*wake)(void *ctx);
	void *ctx;
	const struct stage *stage; /* of its kind's */
	bool has_begun;		   /* the stage has */
	size_t at, count;	   /* of what the stage writes */
	struct pod **pods;
	size_t pod_count;
	struct container **containers;
	size_t container_count;
	struct namespace **namespaces;
	size_t namespace_count;
	struct names names;
	uint32_t file_version;
	struct watch *fresh_timer;
	bool is_fresh;
	struct listener_walk *walk;
	bool is_walking;
	struct weir_lookup lookups[WEIR_LOOKUPS_MAX]; /* of the rows from `at` rounded down on */
	size_t left_out;
	size_t places_unread;
};

struct stage {
	/* Sets count. REPLY_WAITS: it is called again, unless who wakes has set has_begun. */
	int (*begin)(struct reply_who *reply);
	/* The row at `at`, which moves on. */
	int (*row)(struct reply_who *reply, struct buf *out);
};

/* ---- pods and containers ---- */

static int compare_pods(const void *a, const void *b)
{
	const struct pod *x = *(struct pod *const *)a, *y = *(struct pod *const *)b;
	int order = strcmp(x->namespace, y->namespace);

	if (!order)
		order = strcmp(x->name, y->name);
	return order ? order : strcmp(x->uid, y->uid);
}

static bool take_pod(void *ctx, struct pod *pod)
{
	struct reply_who *reply = ctx;

	if (pod->live)
		reply->pods[reply->pod_count++] = pod_ref(pod);
	return true;
}

static int collect_pods(struct reply_who *reply)
{
	const struct containers *containers = reply->who->containers;
	unsigned int room = containers_sums(containers).pods;

	reply->pods = calloc(room ? room : 1, sizeof(struct pod *));
	if (!reply->pods)
		return -ENOMEM;
	containers_each_pod(containers, take_pod, reply);
	if (reply->pod_count)
		qsort(reply->pods, reply->pod_count, sizeof(struct pod *), compare_pods);
	reply->count = reply->pod_count;
	return 0;
}

static int row_pod(struct reply_who *reply, struct buf *out)
{
	who_row_pod(reply->who, reply->pods[reply->at++], out);
	return 0;
}

static int row_endpoint_pod(struct reply_who *reply, struct buf *out)
{
	who_row_endpoint_pod(reply->who, reply->pods[reply->at++], out);
	return 0;
}

static int compare_containers(const void *a, const void *b)
{
	const struct container *x = *(struct container *const *)a;
	const struct container *y = *(struct container *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->id, y->id);
}

static bool take_container(void *ctx, struct container *container)
{
	struct reply_who *reply = ctx;

	if (!container->is_gone && !container->is_sandbox)
		reply->containers[reply->container_count++] = container_ref(container);
	return true;
}

static int collect_containers(struct reply_who *reply)
{
	const struct containers *containers = reply->who->containers;
	unsigned int room = containers_sums(containers).containers;

	reply->containers = calloc(room ? room : 1, sizeof(struct container *));
	if (!reply->containers)
		return -ENOMEM;
	containers_each(containers, take_container, reply);
	if (reply->container_count)
		qsort(reply->containers, reply->container_count, sizeof(struct container *),
		      compare_containers);
	reply->count = reply->container_count;
	return 0;
}

static int row_container(struct reply_who *reply, struct buf *out)
{
	who_row_container(reply->containers[reply->at++], out);
	return 0;
}

/* Those of pods were told as pods. */
static int row_endpoint_container(struct reply_who *reply, struct buf *out)
{
	const struct container *container = reply->containers[reply->at++];

	if (!container->pod)
		who_row_endpoint_container(reply->who, container, out);
	return 0;
}

/* ---- the host, and the endpoints file ---- */

static int begin_one(struct reply_who *reply)
{
	reply->count = 1;
	return 0;
}

static int row_host(struct reply_who *reply, struct buf *out)
{
	reply->at++;
	reply->left_out += who_row_endpoint_host(reply->who, reply->agent->node_name, out);
	return 0;
}

static const struct endpoints *file_now(const struct reply_who *reply, uint32_t *ret_version)
{
	*ret_version = 0;
	return reply->who->endpoints ? endpoints_file_now(reply->who->endpoints, ret_version)
				     : NULL;
}

static int begin_file(struct reply_who *reply)
{
	const struct endpoints *endpoints = file_now(reply, &reply->file_version);

	reply->count = endpoints ? endpoints_count(endpoints) : 0;
	return 0;
}

/* Of the version that the answer began with. */
static int file_at(struct reply_who *reply, uint8_t addr[static 16], unsigned int *len,
		   struct endpoint_facts *facts)
{
	uint32_t version;
	const struct endpoints *endpoints = file_now(reply, &version);

	if (!endpoints || version != reply->file_version)
		return -EAGAIN;
	endpoints_at(endpoints, (uint32_t)reply->at++, addr, len, facts);
	return 0;
}

static int row_file(struct reply_who *reply, struct buf *out)
{
	struct endpoint_facts facts;
	unsigned int len;
	uint8_t addr[16];
	int r = file_at(reply, addr, &len, &facts);

	if (!r)
		who_row_endpoint_file(reply->who, addr, len, &facts, out);
	return r;
}

/* ---- Kubernetes' namespaces ---- */

static int names_add(struct reply_who *reply, const char *name)
{
	struct names *names = &reply->names;
	size_t low = 0, high = names->count;
	char *copy;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(names->at[middle], name);

		if (!order)
			return 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (names->count == NAMES_MAX) {
		reply->left_out++;
		return 0;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	memmove(names->at + low + 1, names->at + low, (names->count - low) * sizeof(*names->at));
	names->at[low] = copy;
	names->count++;
	return 0;
}

static int begin_names(struct reply_who *reply)
{
	reply->names.at = calloc(NAMES_MAX, sizeof(*reply->names.at));
	return reply->names.at ? collect_pods(reply) : -ENOMEM;
}

static int name_of_pod(struct reply_who *reply, struct buf *out)
{
	const struct pod *pod = reply->pods[reply->at++];

	(void)out;
	return pod->namespace[0] ? names_add(reply, pod->namespace) : 0;
}

static int name_of_file(struct reply_who *reply, struct buf *out)
{
	struct endpoint_facts facts;
	unsigned int len;
	uint8_t addr[16];
	int r = file_at(reply, addr, &len, &facts);

	(void)out;
	return !r && facts.pod[0] && facts.namespace[0] ? names_add(reply, facts.namespace) : r;
}

/* There is a line even if there is none of them. */
static int begin_namespaces(struct reply_who *reply)
{
	reply->count = reply->names.count ? reply->names.count : 1;
	return 0;
}

static int row_namespaces(struct reply_who *reply, struct buf *buf)
{
	struct json_out out = { .buf = buf };

	json_object_begin(&out, NULL);
	json_array_begin(&out, "namespaces");
	for (size_t i = 0; i < NAMES_A_LINE && reply->at < reply->names.count; i++) {
		json_object_begin(&out, NULL);
		json_string(&out, "namespace", reply->names.at[reply->at++]);
		json_object_end(&out);
	}
	if (!reply->names.count)
		reply->at++;
	json_array_end(&out);
	json_object_end(&out);
	buf_append_char(buf, '\n');
	return 0;
}

/* ---- the node ---- */

static int row_node(struct reply_who *reply, struct buf *buf)
{
	const struct agent *agent = reply->agent;
	struct json_out out = { .buf = buf };

	reply->at++;
	json_object_begin(&out, NULL);
	json_array_begin(&out, "nodes");
	json_object_begin(&out, NULL);
	json_string(&out, "name", agent->node_name);
	json_string(&out, "version", "weir v" WEIR_VERSION);
	json_string(&out, "address", agent->options->server);
	json_string(&out, "state", "NODE_CONNECTED");
	json_object_begin(&out, "tls");
	json_object_end(&out);
	json_u64_str(&out, "uptime_ns", time_monotonic_ns() - agent->start_ns);
	json_u64_str(&out, "num_flows", history_count(agent->history));
	json_u64_str(&out, "max_flows", history_capacity(agent->history));
	json_u64_str(&out, "seen_flows", history_seen(agent->history));
	json_object_end(&out);
	json_array_end(&out);
	json_object_end(&out);
	buf_append_char(buf, '\n');
	return 0;
}

/* ---- network namespaces ---- */

static int on_fresh(void *ctx)
{
	struct reply_who *reply = ctx;

	reply->is_fresh = true;
	reply->wake(reply->ctx);
	return 0;
}

/* Nobody tells of a namespace without an interface: it is looked for, and given time to be found. */
static int begin_fresh(struct reply_who *reply)
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

/* Our own is the first of the count. */
static int collect_namespaces(struct reply_who *reply)
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

static int row_netns(struct reply_who *reply, struct buf *out)
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

static int begin_listeners(struct reply_who *reply)
{
	int r;

	if (reply->is_walking)
		return REPLY_WAITS;
	r = collect_namespaces(reply);
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

static int row_listener(struct reply_who *reply, struct buf *out)
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

/* ---- all of them ---- */

static const struct stage endpoints_stages[] = {
	{ collect_pods, row_endpoint_pod },
	{ collect_containers, row_endpoint_container },
	{ begin_one, row_host },
	{ begin_file, row_file },
	{},
};
static const struct stage pods_stages[] = { { collect_pods, row_pod }, {} };
static const struct stage containers_stages[] = { { collect_containers, row_container }, {} };
static const struct stage netns_stages[] = {
	{ begin_fresh, NULL },
	{ collect_namespaces, row_netns },
	{},
};
static const struct stage listeners_stages[] = {
	{ begin_fresh, NULL },
	{ begin_listeners, row_listener },
	{},
};
static const struct stage nodes_stages[] = { { begin_one, row_node }, {} };
static const struct stage namespaces_stages[] = {
	{ begin_names, name_of_pod },
	{ begin_file, name_of_file },
	{ begin_namespaces, row_namespaces },
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

int reply_who_write(struct reply_who *reply, struct buf *out)
{
	uint64_t deadline_ns = time_monotonic_ns() + BUDGET_NS;

	while (reply->stage->begin) {
		int r = begin_stage(reply);

		while (!r && reply->at < reply->count) {
			if (buf_len(out) >= CONTROL_OUT_HIGH || time_monotonic_ns() >= deadline_ns)
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
