// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two namespaces may have the same address, and an interface the same address with two prefixes.
 */
#include "who/namespace_addrs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn/conn_table.h"

static struct ns_addr **head_of(struct ns_addrs *all, const uint8_t addr[static 16])
{
	return &all->heads[hash_bytes(0, addr, 16) % NS_ADDR_HEADS];
}

bool ns_addr_is_telling(const struct namespace_addr *addr)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (addr->family == 4)
		return addr->addr[12] != 127;
	return memcmp(addr->addr, one, sizeof(one)) != 0 &&
	       !(addr->addr[0] == 0xfe && (addr->addr[1] & 0xc0) == 0x80);
}

static bool is_same(const struct namespace_addr *a, const struct namespace_addr *b)
{
	return a->ifindex == b->ifindex && a->prefix_len == b->prefix_len &&
	       !memcmp(a->addr, b->addr, sizeof(a->addr));
}

int ns_addrs_add(struct ns_addrs *all, struct namespace *ns, const struct namespace_addr *addr)
{
	struct ns_addr **head = head_of(all, addr->addr), *row;

	for (row = *head; row; row = row->next_of_hash) {
		if (row->ns != ns || !is_same(&row->addr, addr))
			continue;
		row->generation = ns->addr_generation;
		return 0;
	}
	if (ns->addr_count == NAMESPACE_ADDRS_MAX || all->count == NAMESPACES_ADDRS_MAX)
		return -ENOSPC;
	row = calloc(1, sizeof(*row));
	if (!row)
		return -ENOMEM;
	row->ns = ns;
	row->addr = *addr;
	row->generation = ns->addr_generation;
	row->next_of_hash = *head;
	row->next_of_namespace = ns->addrs;
	*head = ns->addrs = row;
	ns->addr_count++;
	all->count++;
	return 1;
}

/* *at is in its namespace's list. */
static void remove_at(struct ns_addrs *all, struct namespace *ns, struct ns_addr **at)
{
	struct ns_addr *row = *at, **in_hash = head_of(all, row->addr.addr);

	while (*in_hash != row)
		in_hash = &(*in_hash)->next_of_hash;
	*in_hash = row->next_of_hash;
	*at = row->next_of_namespace;
	free(row);
	ns->addr_count--;
	all->count--;
}

bool ns_addrs_remove(struct ns_addrs *all, struct namespace *ns, const struct namespace_addr *addr)
{
	for (struct ns_addr **at = &ns->addrs; *at; at = &(*at)->next_of_namespace) {
		if (!is_same(&(*at)->addr, addr))
			continue;
		remove_at(all, ns, at);
		return true;
	}
	return false;
}

bool ns_addrs_sweep(struct ns_addrs *all, struct namespace *ns)
{
	struct ns_addr **at = &ns->addrs;
	bool has_any = false;

	while (*at) {
		if ((*at)->generation == ns->addr_generation) {
			at = &(*at)->next_of_namespace;
			continue;
		}
		remove_at(all, ns, at);
		has_any = true;
	}
	return has_any;
}

void ns_addrs_clear(struct ns_addrs *all, struct namespace *ns)
{
	while (ns->addrs)
		remove_at(all, ns, &ns->addrs);
}

int ns_addrs_find(const struct ns_addrs *all, const uint8_t addr[static 16], struct namespace **ret)
{
	const struct ns_addr *row = *head_of((struct ns_addrs *)all, addr);
	struct namespace *found = NULL;

	for (; row; row = row->next_of_hash) {
		if (row->ns->is_unsure || row->ns == found ||
		    memcmp(row->addr.addr, addr, sizeof(row->addr.addr)) != 0)
			continue;
		if (found)
			return -ENOTUNIQ;
		found = row->ns;
	}
	if (!found)
		return -ENOENT;
	*ret = found;
	return 0;
}
