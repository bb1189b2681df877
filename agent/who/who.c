// SPDX-License-Identifier: BSD-2-Clause
/*
 * Wiring: what is made, what tells whom, and what a party holds.
 */
#include "who/who_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "link/iface.h"
#include "who/cgroup_watch.h"
#include "who/cgroups.h"
#include "who/containers.h"
#include "who/dns_names.h"
#include "who/endpoint_copy.h"
#include "who/endpoints_file.h"
#include "who/glances.h"
#include "who/hosts.h"
#include "who/intern.h"
#include "who/namespaces.h"
#include "who/nat.h"
#include "who/party.h"
#include "who/processes.h"
#include "who/runtime.h"
#include "who/sockets.h"
#include "who/translations.h"

#include "weir/event.h"

static void party_hold(void *ctx, const struct party *party)
{
	struct who *who = ctx;

	if (party->process)
		(void)process_ref(party->process);
	if (party->names)
		(void)intern_get(who->names, party->names);
	endpoint_copy_ref(party->file);
}

static void party_drop(void *ctx, const struct party *party)
{
	struct party copy = *party;
	struct who *who = ctx;

	process_unref(&copy.process);
	intern_put(who->names, &copy.names);
	endpoint_copy_put(who->copies, copy.file);
}

struct container *who_container_of(struct who *who, const struct cgroup_info *cgroup)
{
	struct container *container = NULL;

	if (!cgroup || !cgroup->name.container)
		return NULL;
	container = containers_find(who->containers, cgroup->name.container);
	if (!container)
		runtime_want(who->runtime, cgroup->name.container);
	return container;
}

struct container *who_container_in(struct who *who, uint32_t inode)
{
	const struct namespace *ns =
		who->namespaces ? namespaces_by_inode(who->namespaces, inode) : NULL;
	struct container *container = NULL;

	for (size_t i = 0; ns && i < ns->process_count && !container; i++)
		container = who_container_of(who,
					     cgroups_get(who->cgroups, ns->processes[i].cgroup_id));
	return container;
}

static struct container *party_find(void *ctx, const struct party *party)
{
	struct who *who = ctx;
	struct container *container = NULL;

	if (party->process)
		container = who_container_of(who, party->process->cgroup);
	else if (party->netns)
		container = who_container_in(who, party->netns);
	return container ? container_ref(container) : NULL;
}

static const struct parties_ops party_ops = {
	.find = party_find,
	.unref = container_unref,
	.hold = party_hold,
	.drop = party_drop,
};

/* What the kernel's programs have noted of a process. */
static int process_exec(void *ctx, uint32_t pid, uint64_t start_ns, struct weir_exec *ret)
{
	const struct who *who = ctx;
	const struct weir_owner owner = { .tgid = pid, .start_ns = start_ns };

	return sockets_exec(who->parts.sockets, &owner, ret);
}

static int look_up(void *ctx, struct weir_lookup *lookups, size_t count)
{
	const struct who *who = ctx;

	return sockets_lookup(who->parts.sockets, lookups, count);
}

/*
 * Of what a party points to, or of where its container is looked for, more is known: what was found
 * out of it (parties_knowledge()) may hold no more.
 */
static void learned(void *ctx)
{
	const struct who *who = ctx;

	parties_learned(who->parties);
}

static void container_set(void *ctx, struct container *container)
{
	struct who *who = ctx;

	learned(who);
	endpoint_watch_containers.container_set(&who->endpoint_watch, container);
}

static void container_gone(void *ctx, struct container *container)
{
	struct who *who = ctx;

	endpoint_watch_containers.container_gone(&who->endpoint_watch, container);
}

static void pod_set(void *ctx, struct pod *pod)
{
	struct who *who = ctx;

	learned(who);
	endpoint_watch_containers.pod_set(&who->endpoint_watch, pod);
}

static void pod_gone(void *ctx, struct pod *pod)
{
	struct who *who = ctx;

	endpoint_watch_containers.pod_gone(&who->endpoint_watch, pod);
}

static void namespace_changed(void *ctx, const struct namespace *ns)
{
	(void)ns;
	learned(ctx);
}

static const struct containers_ops container_ops = {
	.container_set = container_set,
	.container_gone = container_gone,
	.pod_set = pod_set,
	.pod_gone = pod_gone,
};

static const struct namespaces_ops namespace_ops = { .changed = namespace_changed };

static int who_tables(struct who *who)
{
	const struct processes_options processes = { .get_exec = process_exec,
						     .learned = learned,
						     .ctx = who };
	int r = intern_new(&who->names);

	if (!r)
		r = endpoint_copies_new(&who->copies);
	if (!r)
		r = dns_names_new(&who->dns);
	if (!r)
		r = cgroups_new(&who->cgroups, NULL);
	if (!r)
		r = processes_new(&who->processes, who->cgroups, &processes);
	if (!r)
		r = containers_new(&who->containers, &container_ops, who);
	if (!r)
		r = parties_new(&who->parties, PARTIES_MAX, &party_ops, who);
	if (!r)
		r = translations_new(&who->translations, TRANSLATIONS_MAX);
	if (!r)
		r = glances_new(&who->glances, look_up, who);
	return r;
}

/* So that a container is known before it says anything, if it ever does. path: NULL is not known. */
static void cgroup_made(void *ctx, uint64_t id, const char *path)
{
	struct who *who = ctx;
	const struct container *container =
		who_container_of(who, cgroups_created(who->cgroups, id, path));

	parties_learned(who->parties);	     /* those in its namespace may be in a container */
	if (container && container->is_gone) /* it begins anew */
		runtime_want(who->runtime, container->id);
}

static void cgroup_removed(void *ctx, const char *path)
{
	const struct who *who = ctx;
	char text[CGROUP_NAME_TEXT];
	struct cgroup_name name;

	(void)cgroup_name_parse(path, text, sizeof(text), &name);
	if (name.is_container && name.container)
		runtime_gone(who->runtime, name.container);
}

/* Of each that is made and removed the kernel tells by events, or else by inotify. */
static void who_watch_cgroups(struct who *who)
{
	static const struct cgroup_watch_ops ops = { .made = cgroup_made,
						     .removed = cgroup_removed };
	int r;

	if (who->parts.has_cgroup_events || !cgroups_has_v2(who->cgroups))
		return;
	r = cgroup_watch_new(&who->cgroup_watch, who->parts.loop, cgroups_mount(who->cgroups), &ops,
			     who);
	if (r)
		log_warn(r, "cannot watch cgroups: those of short life may stay without a name");
}

static struct runtime_options which_runtimes(const struct who_options *options)
{
	const char *const *first = options->runtimes;

	if (!options->runtime_count || !strcmp(*first, "auto"))
		return (struct runtime_options){ 0 };
	return (struct runtime_options){
		.sockets = first,
		.socket_count = strcmp(*first, "none") ? options->runtime_count : 0,
		.no_files = true,
	};
}

static int who_watches(struct who *who, const struct who_options *options)
{
	const struct runtime_options runtime = which_runtimes(options);
	struct loop *loop = who->parts.loop;
	struct worker *worker = who->parts.worker;
	int r = runtime_new(&who->runtime, loop, who->containers, &runtime);

	if (!r)
		r = asks_new(&who->asks, loop, who->parts.sockets, &who_asks_ops, who);
	if (!r)
		r = hosts_new(&who->hosts, loop, worker, HOSTS_PATH, NULL, NULL);
	if (!r)
		r = nat_new(&who->nat, worker);
	if (!r && options->endpoints)
		r = endpoints_file_new(&who->endpoints, loop, worker, options->endpoints, NULL,
				       NULL);
	if (r)
		return r;
	who->namespaces_error = namespaces_new(&who->namespaces, loop, worker, &namespace_ops, who);
	if (who->namespaces_error)
		log_warn(who->namespaces_error,
			 "cannot watch network namespaces: pods are known by their processes only");
	who_watch_cgroups(who);
	return 0;
}

int who_new(struct who **ret, const struct who_parts *parts, const struct who_options *options)
{
	struct who *who = calloc(1, sizeof(*who));
	int r;

	if (!who)
		return -ENOMEM;
	who->parts = *parts;
	who->endpoint_watch = (struct endpoint_watch){ parts->endpoints, parts->ctx };
	r = who_tables(who);
	if (!r)
		r = who_watches(who, options);
	if (r) {
		who_free(&who);
		return r;
	}
	*ret = who;
	return 0;
}

void who_free(struct who **at)
{
	struct who *who = TAKE_PTR(*at);

	if (!who)
		return;
	asks_free(&who->asks);
	glances_free(&who->glances);
	nat_free(&who->nat);
	runtime_free(&who->runtime);
	cgroup_watch_free(&who->cgroup_watch);
	namespaces_free(&who->namespaces);
	endpoints_file_free(&who->endpoints);
	hosts_free(&who->hosts);
	parties_free(&who->parties);
	translations_free(&who->translations);
	containers_free(&who->containers);
	processes_free(&who->processes);
	cgroups_free(&who->cgroups);
	dns_names_free(&who->dns);
	endpoint_copies_free(&who->copies);
	intern_free(&who->names);
	free(who);
}

struct parties *who_parties(const struct who *who)
{
	return who->parties;
}

void who_cgroup(struct who *who, const struct weir_cgroup_event *event)
{
	bool is_cut = memchr(event->path, '\0', sizeof(event->path)) == NULL;

	if (event->hdr.type == WEIR_EVENT_CGROUP)
		cgroup_made(who, event->id, is_cut ? NULL : event->path);
	else if (!is_cut)
		cgroup_removed(who, event->path);
}

void who_dns(struct who *who, const struct weir_dns_event *event)
{
	dns_names_event(who->dns, event, time_monotonic_ns());
}

void who_iface_set(struct who *who, uint32_t key_ifindex, const struct iface_info *info)
{
	if (who->namespaces)
		namespaces_set_iface(who->namespaces, key_ifindex,
				     info->is_peer_elsewhere ? info->peer_nsid : -1);
}

void who_iface_gone(struct who *who, uint32_t key_ifindex)
{
	if (who->namespaces)
		namespaces_remove_iface(who->namespaces, key_ifindex);
}
