/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of who.h's module share. */
#pragma once

#include "who/asks.h"
#include "who/endpoint_watch.h"
#include "who/who.h"

struct dns_names;
struct endpoint_copies;
struct endpoints_file;
struct glances;
struct hosts;
struct intern;
struct nat;
struct translations;

struct who {
	struct who_parts parts;
	struct cgroups *cgroups;
	struct cgroup_watch *cgroup_watch;
	struct processes *processes;
	struct endpoint_watch endpoint_watch;
	struct containers *containers;
	struct runtime *runtime;
	struct namespaces *namespaces;
	int namespaces_error; /* why there are none */
	struct endpoints_file *endpoints;
	struct hosts *hosts;
	struct dns_names *dns;
	struct intern *names;
	struct endpoint_copies *copies;
	struct parties *parties;
	struct glances *glances;
	struct asks *asks;
	struct nat *nat;
	struct translations *translations;
	uint64_t nat_unasked;
};

extern const struct asks_ops who_asks_ops;

/* Is the socket of that end of the connection one of another tuple, the twin's? */
bool who_nat_is_elsewhere(const struct who *who, const struct weir_flow_key *key, unsigned int at);
/* Of those that share a network namespace: the pod's sandbox, or whoever has a container. NULL. */
struct container *who_container_in(struct who *who, uint32_t inode);
/* The container that the cgroup is in; one that is not known is asked for. Borrowed. NULL. */
struct cgroup_info;
struct container *who_container_of(struct who *who, const struct cgroup_info *cgroup);
