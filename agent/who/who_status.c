// SPDX-License-Identifier: BSD-2-Clause
/*
 * How it fares: what cannot be known here, and what found no room.
 */
#include "who/who_private.h"

#include <errno.h>
#include <string.h>

#include "who/cgroup_mount.h"
#include "who/cgroups.h"
#include "who/containers.h"
#include "who/dns_names.h"
#include "who/hosts.h"
#include "who/namespaces.h"
#include "who/party.h"
#include "who/processes.h"
#include "who/runtime.h"

static const char *namespaces_detail(int error)
{
	if (error == -EPERM)
		return "to hear of all of them takes CAP_NET_BROADCAST";
	return error ? strerror(-error) : "the kernel tells of all of them";
}

/* The root's own name is asked for, as that of any other would be. */
static int cgroup_names_error(const struct cgroup_mount *mount)
{
	char path[PATH_MAX];
	uint64_t id;
	int r = cgroup_mount_get_id(mount, "/", &id);

	if (!r)
		r = cgroup_mount_get_path(mount, id, path);
	return r < 0 ? r : 0;
}

static const char *cgroup_names_detail(int error)
{
	if (error == -EPERM)
		return "to find them by their ids takes CAP_DAC_READ_SEARCH and open_by_handle_at";
	if (error == -ENOENT)
		return "cgroup v2 is not mounted: what /proc says of processes takes its place";
	return error ? strerror(-error) : "cgroups are found by their ids";
}

void who_capabilities(const struct who *who, who_capability_fn fn, void *ctx)
{
	int names_error = cgroup_names_error(cgroups_mount(who->cgroups));

	fn(ctx, "network_namespaces", !who->namespaces_error,
	   namespaces_detail(who->namespaces_error));
	fn(ctx, "cgroup_names", !names_error, cgroup_names_detail(names_error));
}

void who_losses(const struct who *who, who_loss_fn fn, void *ctx)
{
	struct namespaces_stats namespaces = { 0 };
	struct processes_stats processes;
	struct parties_stats parties;
	struct dns_names_stats dns;
	struct hosts_stats hosts;

	parties_get_stats(who->parties, &parties);
	processes_get_stats(who->processes, &processes);
	if (who->namespaces)
		namespaces_get_stats(who->namespaces, &namespaces);
	dns_names_get_stats(who->dns, &dns);
	hosts_get_stats(who->hosts, &hosts);
	fn(ctx, "sides_without_room", parties.refused);
	fn(ctx, "processes_without_room", processes.refused);
	fn(ctx, "containers_without_room",
	   containers_sums(who->containers).refused + runtime_sums(who->runtime).refused);
	fn(ctx, "namespaces_without_room", namespaces.refused);
	fn(ctx, "names_without_room", dns.refused + dns.evicted + hosts.refused);
	fn(ctx, "owners_not_asked", asks_refused(who->asks));
}
