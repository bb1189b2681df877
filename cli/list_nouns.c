// SPDX-License-Identifier: BSD-2-Clause
/* The tables of what can be listed. */
#include "list.h"

#include <string.h>

#include "agent/base/cleanup.h"

static const struct list_column interface_columns[] = {
	{ "INDEX", "interface.index", LIST_ALWAYS, NULL, NULL },
	{ "NAME", "interface.name", LIST_ALWAYS, NULL, NULL },
	{ "ROLE", "role", LIST_ALWAYS, NULL, NULL },
	{ "KIND", "kind", LIST_ALWAYS, NULL, NULL },
	{ "INGRESS", "ingress", LIST_ALWAYS, NULL, NULL },
	{ "EGRESS", "egress", LIST_ALWAYS, NULL, NULL },
	{ "PACKETS-IN", "wire.ingress.packets", LIST_ALWAYS, NULL, NULL },
	{ "BYTES-IN", "wire.ingress.bytes", LIST_ALWAYS, NULL, NULL },
	{ "PACKETS-OUT", "wire.egress.packets", LIST_ALWAYS, NULL, NULL },
	{ "BYTES-OUT", "wire.egress.bytes", LIST_ALWAYS, NULL, NULL },
	{ "RAW-PACKETS-IN", "raw.ingress.packets", LIST_WIDE, NULL, NULL },
	{ "RAW-BYTES-IN", "raw.ingress.bytes", LIST_WIDE, NULL, NULL },
	{ "RAW-PACKETS-OUT", "raw.egress.packets", LIST_WIDE, NULL, NULL },
	{ "RAW-BYTES-OUT", "raw.egress.bytes", LIST_WIDE, NULL, NULL },
	{ "REMAINDERS", "remainders", LIST_WIDE, list_append_remainders, NULL },
	{ "NOTE", "note", LIST_WIDE, NULL, NULL },
	{},
};

static const struct list_column endpoint_columns[] = {
	{ "KIND", "kind", LIST_ALWAYS, NULL, NULL },
	{ "NAMESPACE", "namespace", LIST_ALWAYS, NULL, NULL },
	{ "NAME", "name", LIST_ALWAYS, NULL, NULL },
	{ "IPS", "ips", LIST_ALWAYS, list_append_list, NULL },
	{ "IDENTITY", "identity", LIST_ALWAYS, NULL, NULL },
	{ "LABELS", "labels", LIST_ALWAYS, list_append_list, NULL },
	{ "WORKLOAD", "workloads", LIST_WIDE, list_append_workload, NULL },
	{ "SERVICE", "service", LIST_WIDE, list_append_named, NULL },
	{ "NAMES", "names", LIST_WIDE, list_append_list, NULL },
	{},
};

static const struct list_column pod_columns[] = {
	{ "NAMESPACE", "namespace", LIST_ALWAYS, NULL, NULL },
	{ "NAME", "pod_name", LIST_ALWAYS, NULL, NULL },
	{ "UID", "uid", LIST_ALWAYS, NULL, NULL },
	{ "IPS", "ips", LIST_ALWAYS, list_append_list, NULL },
	{ "WORKLOAD", "workloads", LIST_ALWAYS, list_append_workload, NULL },
	{ "CONTAINERS", "containers", LIST_ALWAYS, NULL, NULL },
	{ "RUNTIME", "runtime", LIST_ALWAYS, NULL, NULL },
	{ "IDENTITY", "identity", LIST_WIDE, NULL, NULL },
	{ "LABELS", "labels", LIST_WIDE, list_append_list, NULL },
	{},
};

static const struct list_column container_columns[] = {
	{ "ID", "id", LIST_NARROW, list_append_short_id, NULL },
	{ "ID", "id", LIST_WIDE, NULL, NULL },
	{ "NAME", "name", LIST_ALWAYS, NULL, NULL },
	{ "RUNTIME", "runtime", LIST_ALWAYS, NULL, NULL },
	{ "POD", "pod", LIST_ALWAYS, list_append_named, NULL },
	{ "PID", "pid", LIST_ALWAYS, NULL, NULL },
	{ "IMAGE", "image", LIST_ALWAYS, NULL, NULL },
	{},
};

static const struct list_column netns_columns[] = {
	{ "NETNS", "netns", LIST_ALWAYS, NULL, NULL },
	{ "NAME", "", LIST_ALWAYS, list_append_netns_name, NULL },
	{ "IPS", "ips", LIST_ALWAYS, list_append_list, NULL },
	{ "POD/CONTAINER", "", LIST_ALWAYS, list_append_tenant, NULL },
	{ "PIDS", "pids", LIST_ALWAYS, list_append_list, NULL },
	{ "NSID", "nsid", LIST_WIDE, NULL, NULL },
	{},
};

static const struct list_column listener_columns[] = {
	{ "PROTOCOL", "protocol", LIST_ALWAYS, NULL, NULL },
	{ "ADDRESS", "address", LIST_ALWAYS, NULL, NULL },
	{ "PORT", "port", LIST_ALWAYS, NULL, NULL },
	{ "NETNS", "", LIST_ALWAYS, list_append_netns, NULL },
	{ "PID", "owner.pid", LIST_ALWAYS, NULL, NULL },
	{ "PROCESS", "owner.comm", LIST_ALWAYS, NULL, NULL },
	{ "UNIT", "owner.unit", LIST_ALWAYS, NULL, NULL },
	{ "CONTAINER", "owner.container", LIST_ALWAYS, list_append_container, NULL },
	{ "POD", "pod", LIST_ALWAYS, list_append_named, NULL },
	{ "UID", "owner.uid", LIST_WIDE, NULL, NULL },
	{ "EXE", "owner.exe", LIST_WIDE, NULL, NULL },
	{ "CGROUP", "owner.cgroup", LIST_WIDE, NULL, NULL },
	{ "VIA", "owner.via", LIST_WIDE, NULL, NULL },
	{},
};

/* These two are Hubble's. */
static const struct list_column node_columns[] = {
	{ "NAME", "name", LIST_ALWAYS, NULL, NULL },
	{ "STATUS", "state", LIST_ALWAYS, list_append_state, NULL },
	{ "AGE", "uptime_ns", LIST_ALWAYS, list_append_age, "N/A" },
	{ "FLOWS/S", "", LIST_ALWAYS, list_append_rate, "N/A" },
	{ "CURRENT/MAX-FLOWS", "", LIST_ALWAYS, list_append_fill, "N/A" },
	{ "VERSION", "version", LIST_WIDE, NULL, "N/A" },
	{ "ADDRESS", "address", LIST_WIDE, NULL, "" },
	{ "TLS", "tls", LIST_WIDE, list_append_tls, "N/A" },
	{},
};

static const struct list_column namespace_columns[] = {
	{ "NAMESPACE", "namespace", LIST_ALWAYS, NULL, NULL },
	{ "CLUSTER", "cluster", LIST_WIDE, NULL, "" },
	{},
};

#define KIND(kind) "{\"extensions\":{\"kind\":\"" kind "\"}}"

static const struct list_noun nouns[] = {
	{ "interfaces", "Interfaces", "{}", NULL, interface_columns, NULL },
	{ "endpoints", "Endpoints", KIND("endpoints"), NULL, endpoint_columns, NULL },
	{ "pods", "Endpoints", KIND("pods"), NULL, pod_columns, NULL },
	{ "containers", "Endpoints", KIND("containers"), NULL, container_columns, NULL },
	{ "listeners", "Endpoints", KIND("listeners"), NULL, listener_columns, NULL },
	{ "netns", "Endpoints", KIND("netns"), NULL, netns_columns, NULL },
	{ "nodes", "GetNodes", "{}", "nodes", node_columns, "node" },
	{ "namespaces", "GetNamespaces", "{}", "namespaces", namespace_columns, NULL },
};

const struct list_noun *list_noun_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(nouns); i++) {
		const struct list_noun *noun = &nouns[i];

		if (!strcmp(noun->name, name) || (noun->alias && !strcmp(noun->alias, name)))
			return noun;
	}
	return NULL;
}

const char *list_noun_name(size_t index)
{
	return index < ARRAY_SIZE(nouns) ? nouns[index].name : NULL;
}
