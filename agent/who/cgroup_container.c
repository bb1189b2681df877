// SPDX-License-Identifier: BSD-2-Clause
/*
 * A finder for each way to name a container; the first that knows the component is right.
 */
#include "who/cgroup_container.h"

#include "base/cleanup.h"

#define ID_LEN	  64 /* hex digits of what OCI runtimes call a container */
#define BUILD_LEN 25 /* BuildKit's ids, base 36 */

/* "cri-containerd-<id>.scope", "crio-<id>", "system.slice:docker:<id>"; conmon has no id there. */
static bool find_by_prefix(const struct cgroup_walk *walk, struct cgroup_container *ret)
{
	static const struct {
		const char *prefix;
		enum cgroup_runtime runtime;
		bool is_in_unit;
	} rows[] = {
		{ "cri-containerd", CGROUP_RUNTIME_CONTAINERD, false },
		{ "nerdctl", CGROUP_RUNTIME_CONTAINERD, false },
		{ "crio", CGROUP_RUNTIME_CRIO, false },
		{ "docker", CGROUP_RUNTIME_DOCKER, false },
		{ "libpod", CGROUP_RUNTIME_PODMAN, false },
		{ "libpod-payload", CGROUP_RUNTIME_PODMAN, true },
	};
	struct part prefix, id, slice;

	if (part_at_last(walk->part, ':', &prefix, &id)) {
		if (!part_at_last(prefix, ':', &slice, &prefix))
			return false;
	} else {
		struct part part = walk->part;

		if (part_ends(part, ".scope"))
			part = part_cut(part, strlen(".scope"));
		if (!part_at_last(part, '-', &prefix, &id))
			return false;
	}
	for (size_t i = 0; part_is_hex(id, ID_LEN) && i < ARRAY_SIZE(rows); i++) {
		if (part_is(prefix, rows[i].prefix)) {
			*ret = (struct cgroup_container){ .runtime = rows[i].runtime,
							  .id = id,
							  .is_in_unit = rows[i].is_in_unit };
			return true;
		}
	}
	return false;
}

/* ecs/<task>/<id>, ecs/<cluster>/<task>/<id>, and Fargate's ids. */
static bool find_ecs(const struct cgroup_walk *walk, struct cgroup_container *ret)
{
	struct part rest = walk->rest, before, after, above;

	if (!part_is_hex(walk->part, ID_LEN) &&
	    !(part_at_last(walk->part, '-', &before, &after) &&
	      part_is_hex(before, PART_HASH_LEN) && part_is_digits(after)))
		return false;
	if (!part_is_hex(walk->parent, PART_HASH_LEN) && !part_is_uuid(walk->parent))
		return false;
	above = part_take_leaf(&rest);
	if (!part_is(above, "ecs")) /* then of a cluster */
		above = part_take_leaf(&rest);
	if (!part_is(above, "ecs"))
		return false;
	*ret = (struct cgroup_container){ .runtime = CGROUP_RUNTIME_ECS,
					  .id = walk->part,
					  .task = walk->parent };
	return true;
}

static bool is_build_id(struct part part)
{
	for (size_t i = 0; i < part.len; i++) {
		if (!part_digit(part.at[i]) && !(part.at[i] >= 'a' && part.at[i] <= 'z'))
			return false;
	}
	return part.len == BUILD_LEN;
}

static bool is_top(const struct cgroup_walk *walk)
{
	struct part rest = walk->rest;

	return !part_take_leaf(&rest).len;
}

/* docker/<id> and the like: the directory says whose it is; a bare id is somebody's. */
static bool find_by_parent(const struct cgroup_walk *walk, struct cgroup_container *ret)
{
	const struct part part = walk->part, parent = walk->parent;
	enum cgroup_runtime runtime = CGROUP_RUNTIME_UNKNOWN;
	bool is_id = part_is_hex(part, ID_LEN);

	if (part_is(parent, "docker")) {
		runtime = CGROUP_RUNTIME_DOCKER;
	} else if (part_is(parent, "buildkit")) {
		runtime = CGROUP_RUNTIME_BUILDKIT;
		is_id = is_build_id(part);
	} else if (part_is(parent, "k8s.io") || (part_is(parent, "default") && is_top(walk))) {
		runtime = CGROUP_RUNTIME_CONTAINERD; /* its namespaces; ids may be any name */
		is_id = true;
	} else if (part_is(parent, "lxc") || part_is(parent, "lxc.payload")) {
		runtime = CGROUP_RUNTIME_LXC;
		is_id = true;
	} else if (part_is(parent, "libpod_parent")) {
		is_id = false; /* a pod, which has libpod-<id> in it */
	}
	*ret = (struct cgroup_container){ .runtime = runtime, .id = part };
	return is_id;
}

static bool find_lxc(const struct cgroup_walk *walk, struct cgroup_container *ret)
{
	*ret = (struct cgroup_container){ .runtime = CGROUP_RUNTIME_LXC };
	return part_between(walk->part, "lxc.payload.", "", &ret->id);
}

/* "qemu\x2d6\x2dvm1": what libvirt tells systemd-machined. */
static bool take_libvirt_name(struct part name, struct part *ret)
{
	static const char dash[] = "\\x2d";
	struct part rest;

	if (!part_between(name, "qemu\\x2d", "", &rest) &&
	    !part_between(name, "lxc\\x2d", "", &rest))
		return false;
	while (rest.len && part_digit(*rest.at))
		rest = part_from(rest, 1);
	return part_between(rest, dash, "", ret);
}

static bool find_machine(const struct cgroup_walk *walk, struct cgroup_container *ret)
{
	struct part name;

	if (part_is(walk->child, "supervisor"))
		return false;
	*ret = (struct cgroup_container){ .runtime = CGROUP_RUNTIME_NSPAWN, .is_escaped = true };
	if (part_between(walk->part, "systemd-nspawn@", ".service", &ret->id))
		return true;
	if (!part_starts(walk->parent, "machine") || !part_ends(walk->parent, ".slice") ||
	    !part_between(walk->part, "machine-", ".scope", &name))
		return false;
	if (take_libvirt_name(name, &ret->id))
		ret->runtime = CGROUP_RUNTIME_LIBVIRT;
	else
		ret->id = name;
	return true;
}

static bool (*const finders[])(const struct cgroup_walk *walk, struct cgroup_container *ret) = {
	find_by_prefix, find_ecs, find_by_parent, find_lxc, find_machine,
};

bool cgroup_container_find(const struct cgroup_walk *walk, struct cgroup_container *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(finders); i++) {
		if (finders[i](walk, ret))
			return true;
	}
	return false;
}
