/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of the interfaces, addresses and default routes, and who is told when it changes:
 * notifications and dumps come in as facts, differences go out through the link's callbacks. A dump
 * is a burst of facts between link_known_begin() and its end, after which what was not mentioned is
 * gone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/link_rows.h"

struct iface_info;
struct link_addr;
struct link_iface;
struct link_ops;

struct link_known {
	const struct link_ops *ops;
	void *ctx;
	struct link_rows ifaces;
	struct link_rows addrs;
	struct link_rows oifs;	/* the interfaces that hold a default route */
	struct link_rows found; /* the same, of the dump that is running */
	uint32_t generation;	/* of the running dump; rows it mentions carry it */
	/* For the owner to act upon, and to clear. */
	bool has_unsure;      /* see link_known_take_unsure() */
	bool may_lack_routes; /* some may have gone in silence */
};

void link_known_init(struct link_known *ret, const struct link_ops *ops, void *ctx);
void link_known_done(struct link_known *known);

/* is_unsure: it is a pair, and which is its other end must be asked again. -ENOMEM. */
int link_known_set_iface(struct link_known *known, const struct link_iface *iface, bool is_unsure);
void link_known_remove_iface(struct link_known *known, const struct link_iface *iface);
int link_known_add_addr(struct link_known *known, const struct link_addr *addr);
void link_known_remove_addr(struct link_known *known, const struct link_addr *addr);
/* The dump that is running mentions a default route by way of that interface. */
int link_known_add_route(struct link_known *known, uint32_t oif);

/* The next interface from *at on of which we are unsure, and no longer are; 0: none. */
uint32_t link_known_take_unsure(struct link_known *known, size_t *at);

/* On top of that interface. */
bool link_known_has_macvlan(const struct link_known *known, uint32_t ifindex);

void link_known_each(const struct link_known *known,
		     void (*fn)(void *ctx, const struct iface_info *info), void *ctx);

void link_known_begin(struct link_known *known);
/* Routes are dumped by family: begins the first, the second goes on. */
void link_known_begin_routes(struct link_known *known);
void link_known_end_routes(struct link_known *known);
void link_known_end_ifaces(struct link_known *known);
void link_known_end_addrs(struct link_known *known);
