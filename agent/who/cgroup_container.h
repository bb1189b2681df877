/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a component of a cgroup's path is that of a container, and whose: how each runtime names
 * its cgroups.
 */
#pragma once

#include <stdbool.h>

#include "who/cgroup_name.h"
#include "who/part.h"

/* Where in the path: a component, those next to it, and what is above. */
struct cgroup_walk {
	struct part rest; /* above the parent */
	struct part parent;
	struct part part;
	struct part child; /* nearer to the leaf */
};

struct cgroup_container {
	enum cgroup_runtime runtime;
	struct part id;
	struct part task; /* of Amazon ECS */
	bool is_escaped;  /* systemd's way */
	bool is_in_unit;  /* the unit around it is the service that is its owner */
};

/* *ret is set in any case. */
bool cgroup_container_find(const struct cgroup_walk *walk, struct cgroup_container *ret);
