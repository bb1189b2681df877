/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lists say of one thing each: a JSON object with its newline. docs/schema.md has the keys.
 * Some read a file of /proc, which takes up to 50 us.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct container;
struct endpoint_facts;
struct listener_found;
struct listener_place;
struct namespace;
struct pod;
struct weir_lookup;
struct who;

#define WHO_ROWS_ADDRS_MAX 4096 /* of this host, in its row */

void who_row_pod(const struct who *who, const struct pod *pod, struct buf *buf);
void who_row_container(const struct container *container, struct buf *buf);

/* Of endpoints: "kind" is the first key of each. */
void who_row_endpoint_pod(const struct who *who, const struct pod *pod, struct buf *buf);
void who_row_endpoint_container(const struct who *who, const struct container *container,
				struct buf *buf);
/* Returns how many of its addresses found no room. */
size_t who_row_endpoint_host(const struct who *who, const char *node_name, struct buf *buf);
/* len: of an IPv4 network 96 more. */
void who_row_endpoint_file(const struct who *who, const uint8_t addr[static 16], unsigned int len,
			   const struct endpoint_facts *facts, struct buf *buf);

/* ns: NULL is our own. */
void who_row_netns(struct who *who, const struct namespace *ns, struct buf *buf);
/* lookup: whose the socket is, as sockets_lookup() has answered. */
void who_row_listener(struct who *who, const struct listener_found *found,
		      const struct listener_place *place, const struct weir_lookup *lookup,
		      struct buf *buf);
