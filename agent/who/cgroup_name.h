/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the path of a cgroup says about who runs in it: container, pod, systemd unit, user. Text in,
 * text out; nothing is asked of the system. Who made a path decides its form, so all of this is
 * what the names look like, and no more.
 *
 * The nearest container up from the leaf counts, because containers make cgroups of their own. Of
 * several pods in a path the last one counts (a node may itself be a container). Whether a container
 * is a pod's sandbox (pause) cannot be seen here: it looks like its siblings. Monitors (conmon,
 * LXC's, nspawn's supervisor) are not the workload and name no container.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cgroup_runtime {
	CGROUP_RUNTIME_NONE,	/* no container */
	CGROUP_RUNTIME_UNKNOWN, /* a container; by whom the path doesn't say */
	CGROUP_RUNTIME_CONTAINERD,
	CGROUP_RUNTIME_CRIO,
	CGROUP_RUNTIME_DOCKER,
	CGROUP_RUNTIME_PODMAN,
	CGROUP_RUNTIME_BUILDKIT,
	CGROUP_RUNTIME_ECS,
	CGROUP_RUNTIME_LXC,
	CGROUP_RUNTIME_NSPAWN,
	CGROUP_RUNTIME_LIBVIRT,
	CGROUP_RUNTIME_MAX,
};

enum cgroup_qos {
	CGROUP_QOS_NONE, /* not said */
	CGROUP_QOS_GUARANTEED,
	CGROUP_QOS_BURSTABLE,
	CGROUP_QOS_BESTEFFORT,
	CGROUP_QOS_MAX,
};

/* Texts are NULL where the path doesn't say. They are as hostile as the path: not escaped. */
struct cgroup_name {
	const char *container; /* its whole id (64 hex digits); LXC, nspawn, libvirt: its name */
	const char *outer;     /* the container or node around that one, or around the pod */
	const char *pod;       /* uid: a UUID with dashes, or a static pod's 32 hex digits */
	const char *task;      /* of Amazon ECS */
	const char *unit;      /* "nginx.service"; in a container: of its own systemd */
	const char *slice;     /* the nearest one of the unit, or of the path if it has no unit */
	const char *session;   /* of logind: "4" of session-4.scope */
	enum cgroup_runtime runtime;
	enum cgroup_qos qos;
	uint32_t user; /* uid, if has_user: of user-<uid>.slice or user@<uid>.service */
	bool has_user;
	bool is_container; /* the cgroup is the container's own, not one that it has made in it */
	bool is_root;	   /* "/": the host itself, or what the kernel does by itself */
};

/* Enough for the texts of any path. */
#define CGROUP_NAME_TEXT 2048

/*
 * path: as in /proc/PID/cgroup or below the mount, with or without "/.." in front (another
 * namespace's) and " (deleted)" behind. The texts of *ret are put into text, of size bytes;
 * returns how many they take. A text that doesn't fit is left out.
 */
size_t cgroup_name_parse(const char *path, char *text, size_t size, struct cgroup_name *ret);

/* "cri-o"; NULL for none and unknown. */
const char *cgroup_runtime_name(enum cgroup_runtime runtime);
