/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses and the namespaces that have them: a hash by address, and a list for each namespace.
 * Rows belong to their namespace and go with it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "who/namespaces.h"

#define NS_ADDR_HEADS 1024

struct ns_addr {
	struct ns_addr *next_of_hash, *next_of_namespace;
	struct namespace *ns;
	struct namespace_addr addr;
	uint8_t generation; /* of the namespace's dump that mentioned it last */
};

struct ns_addrs {
	struct ns_addr *heads[NS_ADDR_HEADS];
	uint32_t count;
};

/* Loopback's and link-local ones are everywhere. */
bool ns_addr_is_telling(const struct namespace_addr *addr);
/* 1: it is new, 0: it was known, -ENOSPC, -ENOMEM */
int ns_addrs_add(struct ns_addrs *all, struct namespace *ns, const struct namespace_addr *addr);
/* Was it there? */
bool ns_addrs_remove(struct ns_addrs *all, struct namespace *ns, const struct namespace_addr *addr);
/* Those that were not mentioned since the namespace's generation is what it is. Any? */
bool ns_addrs_sweep(struct ns_addrs *all, struct namespace *ns);
void ns_addrs_clear(struct ns_addrs *all, struct namespace *ns);
/* As namespaces_by_addr(). Those that are unsure do not count. */
int ns_addrs_find(const struct ns_addrs *all, const uint8_t addr[static 16],
		  struct namespace **ret);
