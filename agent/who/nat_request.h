/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks conntrack for entries by tuple. The kernel answers within the call, so none is waited for;
 * 2.5 us a request.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "who/conntrack.h"

struct nat_stats;

#define NAT_REQUEST_MAX 32 /* at once: their answers fit into the socket's default buffer */

struct nat_request {
	int fd;
	uint32_t seq;
};

struct nat_request_item {
	struct nat_tuple tuple;
	/* The answer */
	struct conntrack_entry entry;
	bool is_found;
	bool is_done;
};

/* May load kernel modules, and so take its time. -EPERM, -EPROTONOSUPPORT, -EINVAL: no ctnetlink. */
int nat_request_open(struct nat_request *ret);
void nat_request_close(struct nat_request *request);
/* Each tuple as it is, and where that is no entry's, reversed. n <= NAT_REQUEST_MAX */
void nat_request_run(struct nat_request *request, struct nat_request_item *items, size_t n,
		     struct nat_stats *stats);
