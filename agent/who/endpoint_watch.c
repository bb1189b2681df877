// SPDX-License-Identifier: BSD-2-Clause
/* What was told is noted at the pod or container itself, and moves to whatever takes its place. */
#include "who/endpoint_watch.h"

#include <string.h>

#include "who/containers.h"
#include "who/party_facts.h"

static const struct found_net nowhere;

static bool has_address(const uint8_t (*ips)[16], unsigned int count, const uint8_t *addr)
{
	while (count--) {
		if (!memcmp(ips[count], addr, 16))
			return true;
	}
	return false;
}

static void tell_addresses(const struct endpoint_watch *watch, struct endpoint_told *told,
			   const struct found_net *net, const struct party_facts *facts)
{
	unsigned int kept = 0;

	if (net->is_host)
		net = &nowhere;
	for (unsigned int i = 0; i < told->ip_count; i++) {
		if (!has_address(net->ips, net->ip_count, told->ips[i]))
			watch->ops->address(watch->ctx, told->ips[i], facts, false);
		else
			memmove(told->ips[kept++], told->ips[i], 16);
	}
	told->ip_count = kept;
	for (unsigned int i = 0; i < net->ip_count; i++) {
		if (has_address(told->ips, told->ip_count, net->ips[i]))
			continue;
		memcpy(told->ips[told->ip_count++], net->ips[i], 16);
		watch->ops->address(watch->ctx, net->ips[i], facts, true);
	}
}

static void come(const struct endpoint_watch *watch, struct endpoint_told *told,
		 const struct found_net *net, const struct party_facts *facts)
{
	if (!told->is_there)
		watch->ops->endpoint(watch->ctx, facts, true);
	told->is_there = true;
	tell_addresses(watch, told, net, facts);
}

static void go(const struct endpoint_watch *watch, struct endpoint_told *told,
	       const struct party_facts *facts)
{
	if (!told->is_there)
		return;
	tell_addresses(watch, told, &nowhere, facts);
	told->is_there = false;
	watch->ops->endpoint(watch->ctx, facts, false);
}

static void container_gone(void *ctx, struct container *container)
{
	go(ctx, &container->told, &(struct party_facts){ .container = container });
}

/* One that turns out to be in a pod is no endpoint any more: the pod is. */
static void container_set(void *ctx, struct container *container)
{
	if (container->pod || container->is_sandbox)
		container_gone(ctx, container);
	else if (!container->is_gone)
		come(ctx, &container->told, &container->net,
		     &(struct party_facts){ .container = container });
}

/* As long as only its uid is known it can't be told by any name. */
static void pod_set(void *ctx, struct pod *pod)
{
	if (pod->live && pod->name[0])
		come(ctx, &pod->told, &pod->net, &(struct party_facts){ .pod = pod });
}

static void pod_gone(void *ctx, struct pod *pod)
{
	go(ctx, &pod->told, &(struct party_facts){ .pod = pod });
}

const struct containers_ops endpoint_watch_containers = {
	.container_set = container_set,
	.container_gone = container_gone,
	.pod_set = pod_set,
	.pod_gone = pod_gone,
};
