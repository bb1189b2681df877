// SPDX-License-Identifier: BSD-2-Clause
#include "who/who_rows.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "link/addr_set.h"
#include "who/cgroups.h"
#include "who/containers.h"
#include "who/endpoints.h"
#include "who/identity.h"
#include "who/listener_walk.h"
#include "who/namespaces.h"
#include "who/party.h"
#include "who/party_json.h"
#include "who/processes.h"
#include "who/who_private.h"

#include "weir/owner.h"

static void json_addr(struct json_out *out, const char *key, const uint8_t addr[static 16],
		      int family)
{
	char text[ADDR_TEXT_SIZE];

	addr_to_str(addr, family, text);
	json_string(out, key, text);
}

static void begin(struct json_out *out, struct buf *buf)
{
	*out = (struct json_out){ .buf = buf };
	json_object_begin(out, NULL);
}

static void end(struct json_out *out)
{
	json_object_end(out);
	buf_append_char(out->buf, '\n');
}

static void json_text(struct json_out *out, const char *key, const char *text)
{
	if (text[0])
		json_string(out, key, text);
}

/* ---- pods and containers ---- */

static int json_ns_addr(void *ctx, const struct namespace_addr *addr)
{
	json_addr(ctx, NULL, addr->addr, addr->family);
	return 0;
}

/* As its runtime tells, or else those that its network namespace has. */
static void json_ips(struct json_out *out, const struct who *who, const struct found_net *net,
		     uint32_t pid)
{
	const struct namespace *ns = NULL;

	json_array_begin(out, "ips");
	for (unsigned int i = 0; i < net->ip_count; i++)
		json_addr(out, NULL, net->ips[i], addr_is_v4(net->ips[i]) ? 4 : 6);
	if (!net->ip_count && !net->is_host && pid && who->namespaces)
		ns = namespaces_by_inode(who->namespaces, namespace_of_process((pid_t)pid));
	if (ns)
		namespace_each_addr(ns, json_ns_addr, out);
	json_array_end(out);
	if (net->is_host)
		json_bool(out, "host_network", true);
}

static void json_pod_ips(struct json_out *out, const struct who *who, const struct pod *pod)
{
	uint32_t pid = pod->pid;

	for (const struct container *at = pod->containers; at && !pid; at = at->next_in_pod) {
		if (!at->is_gone)
			pid = at->pid;
	}
	json_ips(out, who, &pod->net, pid);
}

static unsigned int containers_of(const struct pod *pod)
{
	unsigned int count = 0;

	for (const struct container *at = pod->containers; at; at = at->next_in_pod)
		count += !at->is_gone && !at->is_sandbox;
	return count;
}

void who_row_pod(const struct who *who, const struct pod *pod, struct buf *buf)
{
	struct json_out out;

	begin(&out, buf);
	json_string(&out, "uid", pod->uid);
	party_json_pod(&out, pod);
	json_pod_ips(&out, who, pod);
	json_u64(&out, "containers", containers_of(pod));
	json_string(&out, "runtime", pod->runtime);
	end(&out);
}

static void json_pod_name(struct json_out *out, const struct pod *pod)
{
	json_object_begin(out, "pod");
	json_text(out, "namespace", pod->namespace);
	json_string(out, "name", pod->name);
	json_text(out, "uid", pod->uid);
	json_object_end(out);
}

void who_row_container(const struct container *container, struct buf *buf)
{
	struct json_out out;

	begin(&out, buf);
	json_string(&out, "id", container->id);
	json_string(&out, "name", container->name);
	json_string(&out, "runtime", container->runtime);
	json_text(&out, "image", container->image);
	if (container->pid)
		json_u64(&out, "pid", container->pid);
	if (container->pod)
		json_pod_name(&out, container->pod);
	else
		party_json_container(&out, container);
	end(&out);
}

/* ---- endpoints ---- */

void who_row_endpoint_pod(const struct who *who, const struct pod *pod, struct buf *buf)
{
	struct json_out out;

	begin(&out, buf);
	json_string(&out, "kind", "pod");
	json_string(&out, "name", pod->name);
	party_json_pod(&out, pod);
	json_pod_ips(&out, who, pod);
	end(&out);
}

void who_row_endpoint_container(const struct who *who, const struct container *container,
				struct buf *buf)
{
	struct json_out out;

	begin(&out, buf);
	json_string(&out, "kind", "container");
	json_string(&out, "name", container->name[0] ? container->name : container->id);
	party_json_container(&out, container);
	json_ips(&out, who, &container->net, container->pid);
	json_string(&out, "id", container->id);
	end(&out);
}

struct addrs {
	uint8_t (*at)[16];
	size_t count, left_out;
};

static void take_addr(void *ctx, const uint8_t addr[static 16])
{
	struct addrs *addrs = ctx;

	if (addrs->at && addrs->count < WHO_ROWS_ADDRS_MAX)
		memcpy(addrs->at[addrs->count++], addr, 16);
	else
		addrs->left_out++;
}

/* IPv4 first. */
static int compare_addrs(const void *a, const void *b)
{
	bool is_a_v4 = addr_is_v4(a), is_b_v4 = addr_is_v4(b);

	return is_a_v4 == is_b_v4 ? memcmp(a, b, 16) : is_b_v4 - is_a_v4;
}

/* Returns how many found no room. */
static size_t json_own_addrs(struct json_out *out, const char *key, const struct who *who)
{
	struct addrs addrs = { .at = calloc(WHO_ROWS_ADDRS_MAX, sizeof(*addrs.at)) };

	addr_set_each(who->parts.addrs, take_addr, &addrs);
	if (addrs.count)
		qsort(addrs.at, addrs.count, sizeof(*addrs.at), compare_addrs);
	json_array_begin(out, key);
	for (size_t i = 0; i < addrs.count; i++) {
		if (!i || memcmp(addrs.at[i], addrs.at[i - 1], 16) != 0)
			json_addr(out, NULL, addrs.at[i], addr_is_v4(addrs.at[i]) ? 4 : 6);
	}
	json_array_end(out);
	free(addrs.at);
	return addrs.left_out;
}

size_t who_row_endpoint_host(const struct who *who, const char *node_name, struct buf *buf)
{
	struct json_out out;
	size_t left_out;

	begin(&out, buf);
	json_string(&out, "kind", "host");
	json_string(&out, "name", node_name);
	json_u64(&out, "identity", IDENTITY_HOST);
	json_array_begin(&out, "labels");
	json_string(&out, NULL, LABEL_HOST);
	json_array_end(&out);
	left_out = json_own_addrs(&out, "ips", who);
	end(&out);
	return left_out;
}

static void json_list(struct json_out *out, const char *key, const char *list)
{
	if (!list[0])
		return;
	json_array_begin(out, key);
	for (; *list; list += strlen(list) + 1)
		json_string(out, NULL, list);
	json_array_end(out);
}

/* "10.0.0.0/8"; of a single address without the length. */
static void json_network(struct json_out *out, const uint8_t addr[static 16], unsigned int len)
{
	bool is_network_v4 = addr_is_v4(addr) && len >= ADDR_V4_LEN;
	char text[ADDR_TEXT_SIZE + 4];
	size_t at = addr_to_str(addr, is_network_v4 ? 4 : 6, text);

	if (len < 128)
		snprintf(text + at, sizeof(text) - at, "/%u",
			 is_network_v4 ? len - ADDR_V4_LEN : len);
	json_array_begin(out, "ips");
	json_string(out, NULL, text);
	json_array_end(out);
}

void who_row_endpoint_file(const struct who *who, const uint8_t addr[static 16], unsigned int len,
			   const struct endpoint_facts *facts, struct buf *buf)
{
	const char *name = facts->pod[0] ? facts->pod : facts->service;
	struct json_out out;

	begin(&out, buf);
	json_string(&out, "kind", "file");
	json_string(&out, "name", name[0] ? name : facts->names);
	party_json_file(&out, facts, len == 128 && addr_set_has(who->parts.addrs, addr));
	json_network(&out, addr, len);
	json_list(&out, "names", facts->names);
	if (facts->service[0]) {
		json_object_begin(&out, "service");
		json_string(&out, "name", facts->service);
		json_text(&out, "namespace", facts->service_namespace);
		json_object_end(&out);
	}
	end(&out);
}

/* ---- network namespaces ---- */

/* Of those that share one nobody knows more than the pod. */
static void json_tenant(struct json_out *out, const struct container *container)
{
	if (!container)
		return;
	if (container->pod) {
		json_pod_name(out, container->pod);
		return;
	}
	json_object_begin(out, "container");
	json_string(out, "id", container->id);
	json_text(out, "name", container->name);
	json_string(out, "runtime", container->runtime);
	json_object_end(out);
}

void who_row_netns(struct who *who, const struct namespace *ns, struct buf *buf)
{
	struct json_out out;

	begin(&out, buf);
	json_u64_str(&out, "netns", ns ? ns->inode : who->parts.netns);
	if (!ns) {
		json_bool(&out, "is_own", true);
		json_own_addrs(&out, "ips", who);
		end(&out);
		return;
	}
	json_text(&out, "name", ns->name);
	json_u64(&out, "nsid", (uint64_t)ns->nsid);
	json_array_begin(&out, "ips");
	namespace_each_addr(ns, json_ns_addr, &out);
	json_array_end(&out);
	json_array_begin(&out, "pids");
	for (size_t i = 0; i < ns->process_count; i++)
		json_u64(&out, NULL, (uint64_t)ns->processes[i].pid);
	json_array_end(&out);
	json_tenant(&out, who_container_in(who, (uint32_t)ns->inode));
	end(&out);
}

/* ---- listeners ---- */

/* Of a listener itself who made it is the owner: nobody "inherits" it. */
static enum party_via via_of(const struct weir_owner *owner)
{
	switch (owner->via) {
	case WEIR_VIA_USER:
		return PARTY_USER;
	case WEIR_VIA_EXISTING:
		return PARTY_EXISTING;
	case WEIR_VIA_CREATOR:
		return PARTY_CREATOR;
	case WEIR_VIA_INHERITED:
		return PARTY_INHERITED;
	default:
		return PARTY_UNKNOWN;
	}
}

/* Held for the caller; 0: nobody knows. */
static uint32_t party_of(struct who *who, const struct weir_owner *owner, uint32_t netns)
{
	struct process_seen seen = { .start_ns = owner->start_ns,
				     .cgroup_id = owner->cgroup_id,
				     .tgid = owner->tgid,
				     .uid = owner->uid };
	struct party party = { .netns = netns, .via = (uint8_t)via_of(owner) };
	uint32_t number;

	if (!party.via || !owner->tgid)
		return 0;
	memcpy(seen.comm, owner->comm, sizeof(seen.comm));
	party.process = processes_get(who->processes, &seen);
	if (!party.process)
		return 0;
	number = parties_get(who->parties, &party);
	process_unref(&party.process);
	return number;
}

static void json_owner(struct json_out *out, struct who *who, const struct weir_owner *owner,
		       uint32_t netns)
{
	const struct party_side side = { .parties = who->parties,
					 .number = party_of(who, owner, netns),
					 .is_local = true };
	const struct container *container = parties_container(who->parties, side.number);

	party_json_owner(out, "owner", &side);
	if (container && container->pod)
		json_pod_name(out, container->pod);
	parties_unref(who->parties, side.number);
}

void who_row_listener(struct who *who, const struct listener_found *found,
		      const struct listener_place *place, const struct weir_lookup *lookup,
		      struct buf *buf)
{
	uint32_t netns = place->inode ? (uint32_t)place->inode : who->parts.netns;
	struct json_out out;

	begin(&out, buf);
	json_string(&out, "protocol", found->proto == IPPROTO_TCP ? "TCP" : "UDP");
	json_addr(&out, "address", found->addr, found->family);
	json_u64(&out, "port", found->port);
	json_u64_str(&out, "netns", netns);
	if (place->inode)
		json_text(&out, "netns_name", place->name);
	else
		json_bool(&out, "is_own_netns", true);
	if (lookup->is_found)
		json_owner(&out, who, &lookup->owner, netns);
	end(&out);
}
